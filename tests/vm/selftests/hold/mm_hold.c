// SPDX-License-Identifier: GPL-2.0
/*
 * Holds the lock of an address space as a page fault does for as long as a file
 * system in user space makes it: whoever writes to the parameter "hold" holds the
 * lock of its own address space for reading, and returns when it is killed. "held"
 * reads as how many do.
 *
 * For the self-tests alone; never installed.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sysfs.h>

static atomic_t held;

static int hold(const char *text, const struct kernel_param *param)
{
	/* Others read "held" meanwhile, and hold locks of their own */
	kernel_param_unlock(THIS_MODULE);
	if (!mmap_read_lock_killable(current->mm)) {
		atomic_inc(&held);
		while (!fatal_signal_pending(current))
			schedule_timeout_killable(HZ);
		atomic_dec(&held);
		mmap_read_unlock(current->mm);
	}
	kernel_param_lock(THIS_MODULE);
	return -EINTR;
}

static const struct kernel_param_ops hold_ops = {
	.set = hold,
};
module_param_cb(hold, &hold_ops, NULL, 0200);
MODULE_PARM_DESC(hold, "written to by whoever is to hold the lock until it is killed");

static int get_held(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%d\n", atomic_read(&held));
}

static const struct kernel_param_ops held_ops = {
	.get = get_held,
};
module_param_cb(held, &held_ops, NULL, 0400);
MODULE_PARM_DESC(held, "how many hold the lock of their address space");

MODULE_DESCRIPTION("Holds the lock of an address space");
MODULE_LICENSE("GPL");
