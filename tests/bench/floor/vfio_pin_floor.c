// SPDX-License-Identifier: GPL-2.0
/*
 * The floor under the cost of a channel program: the bare pins of its pages
 *
 * A mediated device of no hardware. A write hands it a list of page runs; it
 * pins every run and unpins it again, which is the least that any driver has
 * to do for a program that uses those pages. Measured in the same virtual
 * machine, with the same mappings, it tells how much of an I/O's cost is the
 * kernel's own.
 *
 * For the benchmark alone; never installed.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/mdev.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#define FLOOR_MAX_RUNS	1024	/* runs in one write */
#define FLOOR_MAX_PAGES	512	/* pages in one run, the limit of one pin call */

/**
 * struct floor_run - one run of pages, as the user writes it
 * @iova: guest address of the first page, page aligned, host byte order
 * @npages: number of pages
 * @write: 1 if the device stores into them
 */
struct floor_run {
	__u64 iova;
	__u32 npages;
	__u32 write;
};

/**
 * struct floor_device - the open device
 * @vdev: the VFIO device
 * @pages: scratch for one pin call
 * @runs: the list being worked on; one writer at a time is the caller's rule
 */
struct floor_device {
	struct vfio_device vdev;
	struct page *pages[FLOOR_MAX_PAGES];
	struct floor_run runs[FLOOR_MAX_RUNS];
};

static struct device *floor_parent_dev;
static struct mdev_parent floor_parent;

static struct mdev_type floor_type = {
	.sysfs_name = "pin",
	.pretty_name = "Bare pins",
};

static struct mdev_type *floor_types[] = { &floor_type };

static int floor_init_dev(struct vfio_device *vdev)
{
	return 0;
}

static int floor_open_device(struct vfio_device *vdev)
{
	return 0;
}

static void floor_close_device(struct vfio_device *vdev)
{
}

/* Nothing stays pinned between two writes, so there is nothing to give up. */
static void floor_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
}

static int floor_pin_all(struct floor_device *floor, unsigned int nruns,
			 unsigned int *done)
{
	for (*done = 0; *done < nruns; ++*done) {
		struct floor_run *run = &floor->runs[*done];
		int prot = run->write ? IOMMU_WRITE : IOMMU_READ;
		int ret;

		if (!run->npages || run->npages > FLOOR_MAX_PAGES)
			return -EINVAL;
		ret = vfio_pin_pages(&floor->vdev, run->iova, run->npages,
				     prot, floor->pages);
		if (ret < 0)
			return ret;
		if (ret != run->npages)
			return -EFAULT;
	}
	return 0;
}

static ssize_t floor_write(struct vfio_device *vdev, const char __user *buf,
			   size_t count, loff_t *ppos)
{
	struct floor_device *floor =
		container_of(vdev, struct floor_device, vdev);
	unsigned int nruns = count / sizeof(struct floor_run);
	unsigned int done, i;
	int ret;

	if (count % sizeof(struct floor_run) || nruns > FLOOR_MAX_RUNS)
		return -EINVAL;
	if (copy_from_user(floor->runs, buf, count))
		return -EFAULT;
	ret = floor_pin_all(floor, nruns, &done);
	for (i = 0; i < done; i++)
		vfio_unpin_pages(vdev, floor->runs[i].iova,
				 floor->runs[i].npages);
	return ret ?: count;
}

static const struct vfio_device_ops floor_ops = {
	.name = "vfio-pin-floor",
	.init = floor_init_dev,
	.open_device = floor_open_device,
	.close_device = floor_close_device,
	.write = floor_write,
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.dma_unmap = floor_dma_unmap,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
};

static int floor_probe(struct mdev_device *mdev)
{
	struct floor_device *floor;
	int ret;

	floor = vfio_alloc_device(floor_device, vdev, &mdev->dev, &floor_ops);
	if (IS_ERR(floor))
		return PTR_ERR(floor);
	ret = vfio_register_emulated_iommu_dev(&floor->vdev);
	if (ret) {
		vfio_put_device(&floor->vdev);
		return ret;
	}
	dev_set_drvdata(&mdev->dev, floor);
	return 0;
}

static void floor_remove(struct mdev_device *mdev)
{
	struct floor_device *floor = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&floor->vdev);
	vfio_put_device(&floor->vdev);
}

static struct mdev_driver floor_driver = {
	.device_api = "vfio-pin-floor",
	.max_instances = 1,
	.driver = {
		.name = "vfio_pin_floor",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
	.probe = floor_probe,
	.remove = floor_remove,
};

static int __init floor_init(void)
{
	int ret;

	floor_parent_dev = root_device_register("vfio_pin_floor");
	if (IS_ERR(floor_parent_dev))
		return PTR_ERR(floor_parent_dev);
	ret = mdev_register_driver(&floor_driver);
	if (ret)
		goto err_device;
	ret = mdev_register_parent(&floor_parent, floor_parent_dev,
				   &floor_driver, floor_types,
				   ARRAY_SIZE(floor_types));
	if (ret)
		goto err_driver;
	return 0;

err_driver:
	mdev_unregister_driver(&floor_driver);
err_device:
	root_device_unregister(floor_parent_dev);
	return ret;
}

static void __exit floor_exit(void)
{
	mdev_unregister_parent(&floor_parent);
	mdev_unregister_driver(&floor_driver);
	root_device_unregister(floor_parent_dev);
}

module_init(floor_init);
module_exit(floor_exit);

MODULE_DESCRIPTION("Bare page pins, the floor for the vfio-ccw benchmark");
MODULE_LICENSE("GPL");
