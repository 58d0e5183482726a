/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between kernel versions, all of them
 *
 * The driver is written against the newest interface that it supports; what an
 * older kernel lacks is made up for here, and no other file asks for it. Kbuild
 * looks for each interface in the kernel's own headers, because distributions
 * port them back without a change of the version.
 */
#ifndef VFIO_CCW_COMPAT_H
#define VFIO_CCW_COMPAT_H

#include <linux/kobject.h>
#include <linux/list_lru.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/workqueue.h>

/* Newer kernels want to be told that a queue has workers of each CPU */
#ifdef VFIO_CCW_HAS_WQ_PERCPU
#define VFIO_CCW_WQ_PERCPU	WQ_PERCPU
#else
#define VFIO_CCW_WQ_PERCPU	0
#endif

/*
 * Parameters of a function that list_lru_walk_one() calls for each @item of a list,
 * with its own @ctx. Older kernels tell the list's lock, too.
 */
#ifdef VFIO_CCW_HAS_LRU_WALK_LOCK
#define VFIO_CCW_LRU_ARGS						\
	struct list_head *item, struct list_lru_one *list,		\
	spinlock_t *lock, void *ctx
#else
#define VFIO_CCW_LRU_ARGS						\
	struct list_head *item, struct list_lru_one *list, void *ctx
#endif

/*
 * In newer kernels VFIO_DEVICE_GET_REGION_INFO is an operation of its own, and
 * the core deals with the user's memory
 */
#ifdef VFIO_CCW_HAS_REGION_INFO_CAPS
#define VFIO_CCW_REGION_INFO_OP(fn)	.get_region_info_caps = (fn),

/* vfio_ccw_compat_region_info() - nothing is left to do for the driver */
static inline long
vfio_ccw_compat_region_info(struct vfio_device *vdev, unsigned long arg,
			    int (*fn)(struct vfio_device *vdev,
				      struct vfio_region_info *info,
				      struct vfio_info_cap *caps))
{
	return -ENOTTY;
}
#else
#define VFIO_CCW_REGION_INFO_OP(fn)

/*
 * vfio_ccw_compat_region_info() - VFIO_DEVICE_GET_REGION_INFO around @fn, which
 * fills in all but the capability chain's place
 */
static inline long
vfio_ccw_compat_region_info(struct vfio_device *vdev, unsigned long arg,
			    int (*fn)(struct vfio_device *vdev,
				      struct vfio_region_info *info,
				      struct vfio_info_cap *caps))
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	void __user *uinfo = (void __user *)arg;
	struct vfio_region_info info = {};
	struct vfio_info_cap caps = {};
	long rc;

	if (copy_from_user(&info, uinfo, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	rc = fn(vdev, &info, &caps);
	if (rc)
		goto out;

	if (caps.size) {
		info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
		if (info.argsz < sizeof(info) + caps.size) {
			info.argsz = sizeof(info) + caps.size;
			info.cap_offset = 0;
		} else {
			vfio_info_cap_shift(&caps, sizeof(info));
			info.cap_offset = sizeof(info);
			if (copy_to_user(uinfo + sizeof(info), caps.buf,
					 caps.size)) {
				rc = -EFAULT;
				goto out;
			}
		}
	}
	rc = copy_to_user(uinfo, &info, minsz) ? -EFAULT : 0;
out:
	kfree(caps.buf);
	return rc;
}
#endif

/*
 * vfio_ccw_compat_debug_root() - directory of @vdev in debugfs, NULL if the
 * kernel has none (CONFIG_VFIO_DEBUGFS)
 */
static inline struct dentry *
vfio_ccw_compat_debug_root(struct vfio_device *vdev)
{
#ifdef CONFIG_VFIO_DEBUGFS
	return vdev->debug_root;
#else
	return NULL;
#endif
}

/*
 * vfio_ccw_compat_flush_release() - the last reference to @kobj has been
 * dropped: wait until it is released (CONFIG_DEBUG_KOBJECT_RELEASE puts that
 * off)
 */
static inline void vfio_ccw_compat_flush_release(struct kobject *kobj)
{
#ifdef CONFIG_DEBUG_KOBJECT_RELEASE
	flush_delayed_work(&kobj->release);
#endif
}

#endif /* VFIO_CCW_COMPAT_H */
