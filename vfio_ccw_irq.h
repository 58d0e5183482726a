/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the user is told of: eventfds and channel reports
 */
#ifndef VFIO_CCW_IRQ_H
#define VFIO_CCW_IRQ_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct vfio_ccw_device;

void vfio_ccw_irq_init(struct vfio_ccw_device *dev);
void vfio_ccw_irq_signal(struct vfio_ccw_device *dev, unsigned int index);
long vfio_ccw_irq_set(struct vfio_ccw_device *dev, void __user *arg);
bool vfio_ccw_irq_has_trigger(struct vfio_ccw_device *dev, unsigned int index);
void vfio_ccw_irq_release_triggers(struct vfio_ccw_device *dev);

bool vfio_ccw_irq_push_crw(struct vfio_ccw_device *dev, u32 crw);
bool vfio_ccw_irq_fresh_crw(struct vfio_ccw_device *dev);
u32 vfio_ccw_irq_peek_crw(struct vfio_ccw_device *dev, u32 *seq);
bool vfio_ccw_irq_take_crw(struct vfio_ccw_device *dev, u32 seq);
void vfio_ccw_irq_reset_crws(struct vfio_ccw_device *dev, bool open);

#endif /* VFIO_CCW_IRQ_H */
