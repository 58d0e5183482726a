/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Seeing what a device does: debugfs and the s390 debug feature
 */
#ifndef VFIO_CCW_DEBUGFS_H
#define VFIO_CCW_DEBUGFS_H

#include <asm/debug.h>

#include "css.h"

struct vfio_ccw_device;
struct vfio_device;

extern debug_info_t *vfio_ccw_debug_msg;
extern debug_info_t *vfio_ccw_debug_trace;

int vfio_ccw_debugfs_register(void);
void vfio_ccw_debugfs_unregister(void);
void vfio_ccw_debugfs_add(struct vfio_ccw_device *dev,
			  struct vfio_device *vdev);

/* A line for the debug feature; levels as for the other cio drivers */
#define VFIO_CCW_MSG(dev, level, fmt, ...)				\
do {									\
	const struct subchannel *sch_ = (dev)->sch;			\
									\
	debug_sprintf_event(vfio_ccw_debug_msg, level, "0.%x.%04x: " fmt, \
			    sch_->schid.ssid, sch_->schid.sch_no,	\
			    ##__VA_ARGS__);				\
} while (0)

#endif /* VFIO_CCW_DEBUGFS_H */
