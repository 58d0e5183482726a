/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What follows a step of the state machine, and who waits for it
 */
#ifndef VFIO_CCW_WORK_H
#define VFIO_CCW_WORK_H

#include <linux/compiler.h>
#include <linux/kconfig.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "vfio_ccw_fsm.h"
#include "vfio_ccw_private.h"
#include "vfio_ccw_slots.h"

extern struct workqueue_struct *vfio_ccw_wq;

int vfio_ccw_work_register(void);
void vfio_ccw_work_unregister(void);
void vfio_ccw_work_init(struct vfio_ccw_device *dev);
void vfio_ccw_work_disable(struct vfio_ccw_device *dev);

void vfio_ccw_work_post(struct vfio_ccw_device *dev, enum vfio_ccw_event event,
			u8 mask);
int vfio_ccw_work_store_locked(struct vfio_ccw_device *dev,
			       struct vfio_ccw_schib *schib);
int vfio_ccw_work_store(struct vfio_ccw_device *dev,
			struct vfio_ccw_schib *schib);

void vfio_ccw_work_set_timers(struct vfio_ccw_device *dev,
			      const struct vfio_ccw_effects *fx);
void vfio_ccw_work_apply(struct vfio_ccw_device *dev,
			 const struct vfio_ccw_effects *fx);
void vfio_ccw_work_defer(struct vfio_ccw_device *dev,
			 struct vfio_ccw_effects *fx);
int vfio_ccw_work_wait_quiesced(struct vfio_ccw_device *dev, bool killable);
void vfio_ccw_work_flush(struct vfio_ccw_device *dev);
int vfio_ccw_work_flush_killable(struct vfio_ccw_device *dev);

/**
 * vfio_ccw_work_queue() - queue the worker
 * @dev: bound subchannel
 *
 * It takes queued status and posted events to the state machine, and tells the
 * user of channel reports.
 *
 * Context: any.
 */
static inline void vfio_ccw_work_queue(struct vfio_ccw_device *dev)
{
	queue_work(vfio_ccw_wq, &dev->work);
}

/**
 * vfio_ccw_work_lock() - take the state machine
 * @dev: bound subchannel
 * @fx: set to "nothing to do"; collects what the steps leave to do
 *
 * fsm_mutex is held for so short that it is nearly always free. Trying it first
 * costs half of what mutex_lock() does, which begins with a look for another
 * task to run. Lockdep learns the order of locks from mutex_lock() alone.
 *
 * Context: may sleep; see the lock order of struct vfio_ccw_device.
 */
static inline void vfio_ccw_work_lock(struct vfio_ccw_device *dev,
				      struct vfio_ccw_effects *fx)
{
	*fx = (struct vfio_ccw_effects){};
	if (IS_ENABLED(CONFIG_LOCKDEP) || !mutex_trylock(&dev->fsm_mutex))
		mutex_lock(&dev->fsm_mutex);
}

/**
 * vfio_ccw_work_settle() - do what must be done before fsm_mutex is released
 * @dev: bound subchannel
 * @fx: what is left to do
 *
 * Takes status that came in since this holder issued an instruction: a fast
 * device has presented it by now, and a work item costs more than all the rest
 * of an I/O.
 *
 * Marks a program that has ended, because after the release the user can know of that,
 * and give up its pages.
 *
 * Sets deadlines, because after the release an earlier step could cancel the
 * deadline of a later one.
 *
 * Context: fsm_mutex is held.
 */
static inline void vfio_ccw_work_settle(struct vfio_ccw_device *dev,
					struct vfio_ccw_effects *fx)
{
	lockdep_assert_held(&dev->fsm_mutex);
	if (dev->fsm.attended)
		vfio_ccw_fsm_drain(&dev->fsm, fx);
	if (fx->retired)
		vfio_ccw_slot_set_ended(dev, fx->retired);
	if (unlikely(fx->mask & (VFIO_CCW_FX_TIMER | VFIO_CCW_FX_TIMER_OFF |
				 VFIO_CCW_FX_HOLD)))
		vfio_ccw_work_set_timers(dev, fx);
}

/**
 * vfio_ccw_work_unlock() - release the state machine, do what its steps left
 * @dev: bound subchannel
 * @fx: what is left to do
 *
 * Context: may sleep and unpin; fsm_mutex is held, no lock of the iommu back end
 *	is.
 */
static inline void vfio_ccw_work_unlock(struct vfio_ccw_device *dev,
					struct vfio_ccw_effects *fx)
{
	vfio_ccw_work_settle(dev, fx);
	mutex_unlock(&dev->fsm_mutex);
	if (fx->mask || fx->retired)
		vfio_ccw_work_apply(dev, fx);
}

/**
 * vfio_ccw_work_unlock_deferred() - release the state machine, unpin nothing
 * @dev: bound subchannel
 * @fx: what is left to do
 *
 * Like vfio_ccw_work_unlock(), but leaves the unpinning to other work.
 *
 * Context: may sleep; fsm_mutex is held, and perhaps locks of the iommu back end.
 */
static inline void vfio_ccw_work_unlock_deferred(struct vfio_ccw_device *dev,
						 struct vfio_ccw_effects *fx)
{
	vfio_ccw_work_settle(dev, fx);
	mutex_unlock(&dev->fsm_mutex);
	vfio_ccw_work_defer(dev, fx);
}

#endif /* VFIO_CCW_WORK_H */
