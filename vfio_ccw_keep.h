/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages that stay pinned between programs
 */
#ifndef VFIO_CCW_KEEP_H
#define VFIO_CCW_KEEP_H

#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "vfio_ccw_pins.h"
#include "vfio_ccw_private.h"

void vfio_ccw_keep_init(struct vfio_ccw_device *dev);
int vfio_ccw_keep_open(struct vfio_ccw_device *dev);
void vfio_ccw_keep_close(struct vfio_ccw_device *dev);
void vfio_ccw_keep_disable(struct vfio_ccw_device *dev);
void vfio_ccw_keep_drop(struct vfio_ccw_device *dev);
void vfio_ccw_keep_empty(struct vfio_ccw_device *dev);
int vfio_ccw_keep_settle(struct vfio_ccw_device *dev, u32 gen);
bool vfio_ccw_keep_relieve(struct vfio_ccw_device *dev);
unsigned int vfio_ccw_keep_default(void);
int vfio_ccw_keep_register(void);
void vfio_ccw_keep_unregister(void);

/**
 * vfio_ccw_keep_admit() - a translation begins
 * @dev: device that is open
 *
 * Nothing is kept for a thread of another address space than that which has
 * opened the device: nobody tells when that one gives memory up.
 *
 * Context: may sleep; xlate_mutex is held.
 * Return: as vfio_ccw_keep_settle().
 */
static inline int vfio_ccw_keep_admit(struct vfio_ccw_device *dev)
{
	u32 gen = vfio_ccw_pins_gen(&dev->pins);

	lockdep_assert_held(&dev->xlate_mutex);
	if (unlikely(gen != dev->keep.settled || current->mm != dev->keep.mm))
		return vfio_ccw_keep_settle(dev, gen);
	dev->keep.doubt = false;
	vfio_ccw_pins_admit(&dev->pins, true, gen);
	return 0;
}

#endif /* VFIO_CCW_KEEP_H */
