// SPDX-License-Identifier: GPL-2.0
/*
 * Holds a reference to what a folder of sysfs stands for, as anybody in the
 * kernel may who has looked a device up: write the folder's path to the
 * parameter "path", or nothing to let go.
 *
 * For the self-tests alone; never installed.
 */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/mutex.h>

#include "sysfs_object.h"

static DEFINE_MUTEX(held_mutex);
static struct kobject *held;	/* held_mutex */

static int set_path(const char *text, const struct kernel_param *param)
{
	struct kobject *kobj = sysfs_object(text);

	if (IS_ERR(kobj))
		return PTR_ERR(kobj);

	mutex_lock(&held_mutex);
	swap(held, kobj);
	mutex_unlock(&held_mutex);
	kobject_put(kobj);
	return 0;
}

static const struct kernel_param_ops path_ops = {
	.set = set_path,
};
module_param_cb(path, &path_ops, NULL, 0200);
MODULE_PARM_DESC(path, "folder in sysfs whose object is held");

static int __init hold_init(void)
{
	return 0;
}

static void __exit hold_exit(void)
{
	kobject_put(held);
}

module_init(hold_init);
module_exit(hold_exit);

MODULE_DESCRIPTION("Holds a reference to an object of sysfs");
MODULE_LICENSE("GPL");
