// SPDX-License-Identifier: GPL-2.0
/*
 * What follows a step of the state machine, and who waits for it
 *
 * Owns: the work items of a device and their workqueue. They take what atomic
 * contexts have noted to the state machine, do what its steps leave to do (struct
 * vfio_ccw_effects), and bring deadlines to it. Requests, which do the same in
 * the user's own thread, use these functions, too.
 *
 * Code that steps the state machine between vfio_ccw_work_lock() and
 * vfio_ccw_work_unlock() need not do anything else: these see to what follows.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/delay.h>
#include <linux/dev_printk.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/time64.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <asm/timex.h>

#include "css.h"

#include "compat/vfio_ccw_compat.h"
#include "vfio_ccw_counter.h"
#include "vfio_ccw_fsm.h"
#include "vfio_ccw_irq.h"
#include "vfio_ccw_keep.h"
#include "vfio_ccw_private.h"
#include "vfio_ccw_slots.h"
#include "vfio_ccw_trace.h"
#include "vfio_ccw_work.h"

/*
 * An upper bound of the quiesce ladder, with a margin for a busy host. It is
 * never reached; passing it is reported and ends the wait.
 */
#define WORK_QUIESCE_MS	40000

/* Carries events from atomic contexts; one item per device, in order */
struct workqueue_struct *vfio_ccw_wq;

/*
 * From atomic contexts to the state machine
 */

/**
 * vfio_ccw_work_post() - note an event and queue the worker
 * @dev: bound subchannel
 * @event: event
 * @mask: VFIO_CCW_EVENT_PATHGONE: the paths lost, most significant bit first
 *
 * Context: any; the subchannel lock is held.
 */
void vfio_ccw_work_post(struct vfio_ccw_device *dev, enum vfio_ccw_event event,
			u8 mask)
{
	lockdep_assert_held(&dev->sch->lock);
	vfio_ccw_fsm_post(&dev->fsm, event, mask);
	vfio_ccw_work_queue(dev);
}

/**
 * vfio_ccw_work_store_locked() - STORE SUBCHANNEL
 * @dev: bound subchannel
 * @schib: result
 *
 * A loss that this finds is posted to the state machine.
 *
 * Context: any; the subchannel lock is held.
 * Return: 0; -ENODEV if the subchannel is gone or has another device, -EACCES if
 *	its device does not work.
 */
int vfio_ccw_work_store_locked(struct vfio_ccw_device *dev,
			       struct vfio_ccw_schib *schib)
{
	int rc = vfio_ccw_fsm_store(&dev->fsm, schib);

	lockdep_assert_held(&dev->sch->lock);
	if (rc)
		vfio_ccw_work_queue(dev);
	return rc;
}

/**
 * vfio_ccw_work_store() - STORE SUBCHANNEL for the user
 * @dev: bound subchannel
 * @schib: result
 *
 * A loss that this finds is posted to the state machine.
 *
 * Context: process context; takes the subchannel lock.
 * Return: 0, or -ENODEV if the subchannel or its device is gone.
 */
int vfio_ccw_work_store(struct vfio_ccw_device *dev,
			struct vfio_ccw_schib *schib)
{
	int rc;

	spin_lock_irq(&dev->sch->lock);
	rc = vfio_ccw_work_store_locked(dev, schib);
	spin_unlock_irq(&dev->sch->lock);
	return rc ? -ENODEV : 0;
}

static void work_run(struct work_struct *work)
{
	struct vfio_ccw_device *dev =
		container_of(work, struct vfio_ccw_device, work);
	struct vfio_ccw_effects fx;

	vfio_ccw_work_lock(dev, &fx);
	vfio_ccw_fsm_drain(&dev->fsm, &fx);
	vfio_ccw_work_unlock(dev, &fx);

	if (vfio_ccw_irq_fresh_crw(dev))
		vfio_ccw_irq_signal(dev, VFIO_CCW_CRW_IRQ_INDEX);
}

/*
 * What follows a step
 */

/**
 * vfio_ccw_work_set_timers() - set or drop the deadlines that steps asked for
 * @dev: bound subchannel
 * @fx: what is left to do
 *
 * Context: fsm_mutex is held.
 */
void vfio_ccw_work_set_timers(struct vfio_ccw_device *dev,
			      const struct vfio_ccw_effects *fx)
{
	lockdep_assert_held(&dev->fsm_mutex);
	if (fx->mask & VFIO_CCW_FX_TIMER)
		mod_delayed_work(vfio_ccw_wq, &dev->timer,
				 msecs_to_jiffies(fx->timer_ms));
	else if (fx->mask & VFIO_CCW_FX_TIMER_OFF)
		cancel_delayed_work(&dev->timer);
	/* A jiffy is long: work_end_hold() itself waits for the rest of the time */
	if (fx->mask & VFIO_CCW_FX_HOLD)
		mod_delayed_work(vfio_ccw_wq, &dev->hold, 0);
}

/**
 * vfio_ccw_work_apply() - do what steps left to do
 * @dev: bound subchannel
 * @fx: what is left to do
 *
 * Pages are unpinned before the user is signalled, so that a user who knows of the
 * end of a program finds its memory released.
 *
 * Context: may sleep; fsm_mutex is not held.
 */
void vfio_ccw_work_apply(struct vfio_ccw_device *dev,
			 const struct vfio_ccw_effects *fx)
{
	u32 mask = fx->mask;

	lockdep_assert_not_held(&dev->fsm_mutex);
	if (trace_vfio_ccw_effects_enabled())
		trace_vfio_ccw_effects(dev->sch->schid, mask, fx->timer_ms,
				       fx->retired);
	if (fx->retired || unlikely(mask & VFIO_CCW_FX_UNQUARANTINE))
		vfio_ccw_slot_retire(dev, fx);
	if (unlikely(mask & VFIO_CCW_FX_WAKE))
		wake_up_all(&dev->wait);
	if (mask & VFIO_CCW_FX_SIGNAL_IO)
		vfio_ccw_irq_signal(dev, VFIO_CCW_IO_IRQ_INDEX);
	if (likely(!(mask & (VFIO_CCW_FX_SIGNAL_REQ | VFIO_CCW_FX_UNREG |
			     VFIO_CCW_FX_WORK))))
		return;
	if (mask & VFIO_CCW_FX_SIGNAL_REQ) {
		vfio_ccw_keep_drop(dev);
		vfio_ccw_irq_signal(dev, VFIO_CCW_REQ_IRQ_INDEX);
	}
	if (mask & VFIO_CCW_FX_UNREG)
		queue_work(system_long_wq, &dev->unreg_work);
	if (mask & VFIO_CCW_FX_WORK)
		vfio_ccw_work_queue(dev);
}

/**
 * vfio_ccw_work_defer() - do what steps left to do, but unpin nothing
 * @dev: bound subchannel
 * @fx: what is left to do; cleared of what other work does
 *
 * For callers that hold locks of the iommu back end, or must not wait for a user
 * who holds them. Other work unpins, then signals the user.
 *
 * Context: may sleep; fsm_mutex is not held.
 */
void vfio_ccw_work_defer(struct vfio_ccw_device *dev,
			 struct vfio_ccw_effects *fx)
{
	const u32 signals = VFIO_CCW_FX_SIGNAL_IO | VFIO_CCW_FX_SIGNAL_REQ;

	if (fx->retired) {
		vfio_ccw_slot_hand_over(dev, fx);
		fx->retired = NULL;
		if (fx->mask & VFIO_CCW_FX_SIGNAL_REQ)
			vfio_ccw_keep_drop(dev);
		atomic_or(fx->mask & signals, &dev->signal_late);
		fx->mask &= ~signals;
		queue_work(vfio_ccw_wq, &dev->unpin);
	}
	if (fx->mask)
		vfio_ccw_work_apply(dev, fx);
}

static void work_unpin(struct work_struct *work)
{
	struct vfio_ccw_device *dev =
		container_of(work, struct vfio_ccw_device, unpin);
	u32 mask;

	vfio_ccw_slot_take_over(dev);
	mask = atomic_xchg(&dev->signal_late, 0);
	if (mask & VFIO_CCW_FX_SIGNAL_IO)
		vfio_ccw_irq_signal(dev, VFIO_CCW_IO_IRQ_INDEX);
	if (mask & VFIO_CCW_FX_SIGNAL_REQ)
		vfio_ccw_irq_signal(dev, VFIO_CCW_REQ_IRQ_INDEX);
}

/*
 * Deadlines
 */

/* Unpins nothing: quiescing depends on it, and so does a host that goes down */
static void work_time_out(struct work_struct *work)
{
	struct vfio_ccw_device *dev =
		container_of(work, struct vfio_ccw_device, timer.work);
	struct vfio_ccw_effects fx;

	vfio_ccw_work_lock(dev, &fx);
	vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_TIMEOUT, NULL, &fx);
	vfio_ccw_work_unlock_deferred(dev, &fx);
}

/* Microseconds until the status that is held back may be presented */
static unsigned long work_hold_left(struct vfio_ccw_device *dev)
{
	/* The other side is the read that has taken the ending status */
	u64 since = READ_ONCE(dev->hold_since);
	u64 passed = (get_tod_clock_fast() - since) >> 12;

	return passed < VFIO_CCW_HOLD_MS * USEC_PER_MSEC ?
	       VFIO_CCW_HOLD_MS * USEC_PER_MSEC - passed : 0;
}

static void work_end_hold(struct work_struct *work)
{
	struct vfio_ccw_device *dev =
		container_of(work, struct vfio_ccw_device, hold.work);
	struct vfio_ccw_effects fx;
	unsigned long left = work_hold_left(dev);

	if (left)
		usleep_range(left, left + 100);
	vfio_ccw_work_lock(dev, &fx);
	if (!work_hold_left(dev))
		vfio_ccw_fsm_unhold(&dev->fsm, &fx);
	else if (dev->fsm.holding)
		fx.mask |= VFIO_CCW_FX_HOLD;	/* another hold has begun */
	vfio_ccw_work_unlock(dev, &fx);
}

/*
 * Waiting
 */

/**
 * vfio_ccw_work_wait_quiesced() - wait until the state is not QUIESCING
 * @dev: bound subchannel
 * @killable: a fatal signal ends the wait; the quiescing goes on by itself
 *
 * Context: may sleep, at most as long as the quiesce ladder takes; fsm_mutex is
 *	not held.
 * Return: what vfio_ccw_fsm_result() says: 0, -ENODEV or -EIO; -EINTR if killed.
 */
int vfio_ccw_work_wait_quiesced(struct vfio_ccw_device *dev, bool killable)
{
	const long limit = msecs_to_jiffies(WORK_QUIESCE_MS);
	struct vfio_ccw_effects fx;
	int rc;

	lockdep_assert_not_held(&dev->fsm_mutex);
	if (!killable)
		wait_event_timeout(dev->wait, READ_ONCE(dev->fsm.state) !=
				   VFIO_CCW_STATE_QUIESCING, limit);
	else if (wait_event_killable_timeout(dev->wait,
					     READ_ONCE(dev->fsm.state) !=
					     VFIO_CCW_STATE_QUIESCING,
					     limit) < 0)
		return -EINTR;
	vfio_ccw_work_lock(dev, &fx);
	rc = vfio_ccw_fsm_result(&dev->fsm);
	vfio_ccw_work_unlock(dev, &fx);
	if (rc != -EINPROGRESS)
		return rc;
	if (vfio_ccw_may_log())
		dev_err(&dev->sch->dev, "quiescing has no end\n");
	return -EIO;
}

/**
 * vfio_ccw_work_flush() - wait for work that has effects yet to apply
 * @dev: bound subchannel
 *
 * On return, the effects of what happened before the call are applied: signals
 * were sent, pages are unpinned. A deadline that has not passed stays set: after
 * a reset, a new request may have set it.
 *
 * Context: may sleep; fsm_mutex is not held.
 */
void vfio_ccw_work_flush(struct vfio_ccw_device *dev)
{
	lockdep_assert_not_held(&dev->fsm_mutex);
	flush_work(&dev->work);
	flush_work(&dev->timer.work);
	flush_work(&dev->hold.work);
	/* Each of them may leave something to this one */
	flush_work(&dev->unpin);
	flush_work(&dev->keep.drain);
}

/* Usually nothing is queued or running, and no other thread is needed to know */
static bool work_is_busy(struct vfio_ccw_device *dev)
{
	return work_busy(&dev->work) || work_busy(&dev->unpin) ||
	       work_busy(&dev->timer.work) || work_busy(&dev->hold.work) ||
	       work_busy(&dev->keep.drain);
}

static void work_flush(struct work_struct *work)
{
	struct vfio_ccw_device *dev =
		container_of(work, struct vfio_ccw_device, flush_work);
	unsigned int asked = READ_ONCE(dev->flush_asked);

	vfio_ccw_work_flush(dev);
	WRITE_ONCE(dev->flush_done, asked);
	wake_up_all(&dev->wait);
}

/**
 * vfio_ccw_work_flush_killable() - vfio_ccw_work_flush(), until a fatal signal
 * @dev: bound subchannel
 *
 * The work may have to wait for a lock of the iommu back end, and a user can
 * hold that for as long as it likes.
 *
 * Context: may sleep; life_mutex is held, fsm_mutex is not.
 * Return: 0, or -EINTR if killed.
 */
int vfio_ccw_work_flush_killable(struct vfio_ccw_device *dev)
{
	unsigned int asked;

	lockdep_assert_held(&dev->life_mutex);
	if (!work_is_busy(dev))
		return 0;
	/* Pairs with that in work_flush(): the work is queued after this */
	asked = dev->flush_asked + 1;
	WRITE_ONCE(dev->flush_asked, asked);
	queue_work(system_long_wq, &dev->flush_work);
	return wait_event_killable(dev->wait, READ_ONCE(dev->flush_done) ==
				   asked) ? -EINTR : 0;
}

/*
 * Lifetime
 */

/**
 * vfio_ccw_work_init() - prepare the work of a device
 * @dev: device that nobody else knows of yet
 *
 * Context: any.
 */
void vfio_ccw_work_init(struct vfio_ccw_device *dev)
{
	init_waitqueue_head(&dev->wait);
	INIT_WORK(&dev->work, work_run);
	INIT_WORK(&dev->unpin, work_unpin);
	INIT_WORK(&dev->flush_work, work_flush);
	INIT_DELAYED_WORK(&dev->timer, work_time_out);
	INIT_DELAYED_WORK(&dev->hold, work_end_hold);
	dev->flush_asked = VFIO_CCW_FIRST(unsigned int);
	dev->flush_done = VFIO_CCW_FIRST(unsigned int);
}

/**
 * vfio_ccw_work_disable() - end the work of a device for good
 * @dev: device that no callback of the common I/O layer finds any more
 *
 * On return no work runs or is queued, and none can be.
 *
 * Context: may sleep.
 */
void vfio_ccw_work_disable(struct vfio_ccw_device *dev)
{
	/* Each may queue another one, but not one that is disabled */
	disable_work_sync(&dev->flush_work);
	disable_work_sync(&dev->work);
	disable_delayed_work_sync(&dev->timer);
	disable_delayed_work_sync(&dev->hold);
	disable_work_sync(&dev->unpin);
}

/**
 * vfio_ccw_work_register() - make the workqueue
 *
 * Context: process context; may sleep.
 * Return: 0, or -ENOMEM.
 */
int __init vfio_ccw_work_register(void)
{
	vfio_ccw_wq = alloc_workqueue("vfio_ccw", VFIO_CCW_WQ_PERCPU, 0);
	return vfio_ccw_wq ? 0 : -ENOMEM;
}

/**
 * vfio_ccw_work_unregister() - destroy the workqueue
 *
 * Context: process context; may sleep; no device is bound.
 */
void vfio_ccw_work_unregister(void)
{
	destroy_workqueue(vfio_ccw_wq);
}
