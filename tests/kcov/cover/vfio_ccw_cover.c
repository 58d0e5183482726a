// SPDX-License-Identifier: GPL-2.0
/*
 * Which code of the driver was run
 *
 * A compiler that is asked for coverage calls a function before each basic block.
 * The kernel has that function with CONFIG_KCOV, which the test kernels are built
 * without, and lets it tell a thread of the system calls that this one makes itself.
 * This module has it instead, for every test kernel: it notes in a map, one byte for
 * two of the driver's code, what was run by anybody, workers and interrupts included.
 *
 * /dev/vfio_ccw_cover: written, the address at which the code begins (eight bytes);
 * mapped, the map.
 *
 * For the tests alone; never installed.
 */
#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "vfio_ccw_cover.h"

static u8 *cover_map;
/* Where the driver's code begins: until that is told, nothing is near the end */
static unsigned long cover_base = -2UL * COVER_SIZE;

void __sanitizer_cov_trace_pc(void);

notrace void __sanitizer_cov_trace_pc(void)
{
	unsigned long at = (_RET_IP_ - READ_ONCE(cover_base)) / 2;

	/* Who reads it stops at no moment: whatever it sees was run */
	if (at < COVER_SIZE)
		WRITE_ONCE(cover_map[at], 1);
}
EXPORT_SYMBOL(__sanitizer_cov_trace_pc);

static ssize_t cover_write(struct file *file, const char __user *buf,
			   size_t count, loff_t *ppos)
{
	unsigned long base;

	if (count != sizeof(base))
		return -EINVAL;
	if (copy_from_user(&base, buf, sizeof(base)))
		return -EFAULT;
	WRITE_ONCE(cover_base, base);
	return count;
}

static int cover_mmap(struct file *file, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, cover_map, vma->vm_pgoff);
}

static const struct file_operations cover_fops = {
	.owner	= THIS_MODULE,
	.write	= cover_write,
	.mmap	= cover_mmap,
};

static struct miscdevice cover_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "vfio_ccw_cover",
	.fops	= &cover_fops,
	.mode	= 0600,
};

static int __init cover_init(void)
{
	int rc;

	cover_map = vmalloc_user(COVER_SIZE);
	if (!cover_map)
		return -ENOMEM;
	rc = misc_register(&cover_device);
	if (rc)
		vfree(cover_map);
	return rc;
}
module_init(cover_init);

static void __exit cover_exit(void)
{
	misc_deregister(&cover_device);
	vfree(cover_map);
}
module_exit(cover_exit);

MODULE_DESCRIPTION("Coverage of vfio_ccw, for its tests");
MODULE_LICENSE("GPL");
