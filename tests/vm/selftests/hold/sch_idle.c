// SPDX-License-Identifier: GPL-2.0
/*
 * A driver of I/O subchannels, for those whose driver_override names it. When the
 * common I/O layer purges ignored devices (/proc/cio_ignore), it takes the driver
 * data of every I/O subchannel for that of its own driver. Here it finds a device
 * that nobody uses; or none, with a subchannel that is bound while the parameter
 * "empty" is set.
 *
 * For the self-tests alone; never installed.
 */
#include <linux/device.h>
#include <linux/module.h>

#include "cio.h"
#include "css.h"
#include "device.h"
#include "io_sch.h"

static bool empty;
module_param(empty, bool, 0600);
MODULE_PARM_DESC(empty, "the next subchannels have no driver data");

/* As if its unregistration were queued already: nothing more is done with it */
static struct ccw_device_private idle_private = {
	.state = DEV_STATE_OFFLINE,
	.todo = CDEV_TODO_UNREG_EVAL,
};

static struct ccw_device idle_device = {
	.private = &idle_private,
};

static struct io_subchannel_private idle_data = {
	.cdev = &idle_device,
};

static int idle_probe(struct subchannel *sch)
{
	set_io_private(sch, empty ? NULL : &idle_data);
	return 0;
}

static struct css_device_id idle_subchannels[] = {
	{ .match_flags = 0x1, .type = SUBCHANNEL_TYPE_IO, },
	{ },
};

static struct css_driver idle_driver = {
	.probe		 = idle_probe,
	.subchannel_type = idle_subchannels,
	.drv		 = {
		.owner	= THIS_MODULE,
		.name	= "sch_idle",
	},
};

module_driver(idle_driver, css_driver_register, css_driver_unregister);

MODULE_DESCRIPTION("Has subchannels, and data that looks like an idle device");
MODULE_LICENSE("GPL");
