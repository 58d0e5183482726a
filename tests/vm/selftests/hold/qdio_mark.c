// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the kernel take an I/O subchannel for one of a QDIO device, which no
 * emulator has: write the subchannel's folder in sysfs to the parameter "mark",
 * and to "unmark" to make it what it was. The mark is in the kernel's copy of the
 * subchannel-information block, where drivers look for it when they are bound;
 * it lasts until the block is stored anew. The parameter "look" stores it, and
 * then tells whether the subchannel is enabled.
 *
 * For the self-tests alone; never installed.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/spinlock.h>

#include "cio.h"
#include "css.h"
#include "ioasm.h"

#include "sysfs_object.h"

static int set_mark(const char *text, const struct kernel_param *param)
{
	struct kobject *kobj = sysfs_object(text);
	struct subchannel *sch;

	if (IS_ERR_OR_NULL(kobj))
		return PTR_ERR(kobj) ?: -EINVAL;

	sch = to_subchannel(kobj_to_dev(kobj));
	spin_lock_irq(&sch->lock);
	sch->schib.pmcw.qf = !!param->arg;
	spin_unlock_irq(&sch->lock);
	kobject_put(kobj);
	return 0;
}

/* What the channel subsystem says, not the kernel's copy */
static bool enabled;

static int look(const char *text, const struct kernel_param *param)
{
	struct kobject *kobj = sysfs_object(text);
	struct schib schib;
	int cc;

	if (IS_ERR_OR_NULL(kobj))
		return PTR_ERR(kobj) ?: -EINVAL;

	cc = stsch(to_subchannel(kobj_to_dev(kobj))->schid, &schib);
	kobject_put(kobj);
	if (cc)
		return -ENODEV;
	enabled = schib.pmcw.ena;
	return 0;
}

static const struct kernel_param_ops look_ops = {
	.set = look,
	.get = param_get_bool,
};
module_param_cb(look, &look_ops, &enabled, 0600);
MODULE_PARM_DESC(look, "folder of a subchannel; then, whether that is enabled");

static const struct kernel_param_ops mark_ops = {
	.set = set_mark,
};
module_param_cb(mark, &mark_ops, (void *)1, 0200);
MODULE_PARM_DESC(mark, "folder of a subchannel that gets the QDIO mark");
module_param_cb(unmark, &mark_ops, NULL, 0200);
MODULE_PARM_DESC(unmark, "folder of a subchannel that loses it");

MODULE_DESCRIPTION("Marks a subchannel as one of a QDIO device");
MODULE_LICENSE("GPL");
