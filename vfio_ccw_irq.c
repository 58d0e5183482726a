// SPDX-License-Identifier: GPL-2.0
/*
 * What the user is told of: eventfds and channel reports
 *
 * Owns: the eventfds of a device and the ring of its channel reports. Neither
 * knows why a signal or a report is made: that is for those above.
 */
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/eventfd.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/spinlock.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_ccw.h>

#include "css.h"

#include "vfio_ccw_counter.h"
#include "vfio_ccw_irq.h"
#include "vfio_ccw_private.h"

/* Overflow, in the native order of an s390. PoP, "Channel-Report Word" */
#define IRQ_CRW_OVERFLOW	BIT(29)

/**
 * vfio_ccw_irq_init() - no eventfd and no report
 * @dev: device that nobody else knows of yet
 *
 * Context: any.
 */
void vfio_ccw_irq_init(struct vfio_ccw_device *dev)
{
	spin_lock_init(&dev->trigger_lock);
	spin_lock_init(&dev->crw_lock);
	dev->crws.seq = VFIO_CCW_FIRST(u32);
}

/*
 * Eventfds
 */

/**
 * vfio_ccw_irq_signal() - signal an eventfd of the user, if there is one
 * @dev: bound subchannel
 * @index: VFIO_CCW_*_IRQ_INDEX
 *
 * Context: any but a hard interrupt; the subchannel lock is not held.
 */
void vfio_ccw_irq_signal(struct vfio_ccw_device *dev, unsigned int index)
{
	lockdep_assert_not_held(&dev->sch->lock);
	spin_lock(&dev->trigger_lock);
	if (dev->trigger[index])
		eventfd_signal(dev->trigger[index]);
	spin_unlock(&dev->trigger_lock);
}

/* Takes over the reference to @ctx, NULL for none; drops the one before */
static void irq_set_trigger(struct vfio_ccw_device *dev, unsigned int index,
			    struct eventfd_ctx *ctx)
{
	spin_lock(&dev->trigger_lock);
	swap(dev->trigger[index], ctx);
	spin_unlock(&dev->trigger_lock);
	if (ctx)
		eventfd_ctx_put(ctx);
}

/**
 * vfio_ccw_irq_has_trigger() - has the user set an eventfd?
 * @dev: bound subchannel
 * @index: VFIO_CCW_*_IRQ_INDEX
 *
 * Context: any.
 * Return: true if so; it may change at any time.
 */
bool vfio_ccw_irq_has_trigger(struct vfio_ccw_device *dev, unsigned int index)
{
	/* A hint for a message only */
	return data_race(dev->trigger[index]);
}

/**
 * vfio_ccw_irq_release_triggers() - drop all eventfds
 * @dev: bound subchannel
 *
 * Context: may sleep; life_mutex is held, and nobody sets one meanwhile.
 */
void vfio_ccw_irq_release_triggers(struct vfio_ccw_device *dev)
{
	unsigned int index;

	lockdep_assert_held(&dev->life_mutex);
	for (index = 0; index < ARRAY_SIZE(dev->trigger); index++)
		irq_set_trigger(dev, index, NULL);
}

static long irq_set_eventfd(struct vfio_ccw_device *dev, unsigned int index,
			    const void __user *data)
{
	struct eventfd_ctx *ctx = NULL;
	s32 fd;

	if (copy_from_user(&fd, data, sizeof(fd)))
		return -EFAULT;
	if (fd < -1)
		return -EINVAL;
	if (fd >= 0)
		ctx = eventfd_ctx_fdget(fd);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	irq_set_trigger(dev, index, ctx);
	return 0;
}

static long irq_set_bool(struct vfio_ccw_device *dev, unsigned int index,
			 const void __user *data)
{
	u8 trigger;

	if (copy_from_user(&trigger, data, sizeof(trigger)))
		return -EFAULT;
	if (trigger)
		vfio_ccw_irq_signal(dev, index);
	return 0;
}

/**
 * vfio_ccw_irq_set() - VFIO_DEVICE_SET_IRQS
 * @dev: device that is open
 * @arg: the user's struct vfio_irq_set
 *
 * Each index has one interrupt, and nothing can be masked.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL, -EFAULT, or why the file descriptor was refused.
 */
long vfio_ccw_irq_set(struct vfio_ccw_device *dev, void __user *arg)
{
	const unsigned long minsz = offsetofend(struct vfio_irq_set, count);
	struct vfio_irq_set set;
	unsigned int index;
	size_t size;
	int rc;

	if (copy_from_user(&set, arg, minsz))
		return -EFAULT;
	rc = vfio_set_irqs_validate_and_prepare(&set, 1, VFIO_CCW_NUM_IRQS,
						&size);
	if (rc)
		return rc;
	if ((set.flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) !=
	    VFIO_IRQ_SET_ACTION_TRIGGER)
		return -EINVAL;

	index = array_index_nospec(set.index, VFIO_CCW_NUM_IRQS);
	switch (set.flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_NONE:
		if (set.count)
			vfio_ccw_irq_signal(dev, index);
		else
			irq_set_trigger(dev, index, NULL);
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL:
		return set.count ? irq_set_bool(dev, index, arg + minsz) :
				   -EINVAL;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return set.count ? irq_set_eventfd(dev, index, arg + minsz) :
				   -EINVAL;
	default:
		return -EINVAL;
	}
}

/*
 * Channel reports
 */

/**
 * vfio_ccw_irq_push_crw() - keep a channel report for the user
 * @dev: bound subchannel
 * @crw: the report, big-endian as the hardware would store it
 *
 * Nothing is kept while the device is not open. If the ring is full the report
 * is lost, and the newest one in the ring says so (PoP chapter 17, overflow).
 *
 * Context: any; takes crw_lock.
 * Return: true if the caller has to queue the worker, which tells the user.
 */
bool vfio_ccw_irq_push_crw(struct vfio_ccw_device *dev, u32 crw)
{
	struct vfio_ccw_crws *crws = &dev->crws;
	unsigned long flags;
	bool kept = false;
	u32 *last;

	spin_lock_irqsave(&dev->crw_lock, flags);
	if (!crws->open)
		goto out;
	if (crws->len == VFIO_CCW_NR_CRWS) {
		last = &crws->ring[(crws->head + crws->len - 1) %
				   VFIO_CCW_NR_CRWS];
		*last |= IRQ_CRW_OVERFLOW;
		dev->stats.crws_lost++;
		goto out;
	}
	crws->ring[(crws->head + crws->len++) % VFIO_CCW_NR_CRWS] = crw;
	WRITE_ONCE(crws->signal, true);
	kept = true;
out:
	spin_unlock_irqrestore(&dev->crw_lock, flags);
	return kept;
}

/**
 * vfio_ccw_irq_fresh_crw() - is there a report that the user was not told of?
 * @dev: bound subchannel
 *
 * Context: process context; for the worker alone. Takes crw_lock.
 * Return: true once for any number of reports.
 */
bool vfio_ccw_irq_fresh_crw(struct vfio_ccw_device *dev)
{
	bool fresh;

	/* chp_event queues the worker after it has set this */
	if (!READ_ONCE(dev->crws.signal))
		return false;
	spin_lock_irq(&dev->crw_lock);
	fresh = dev->crws.signal;
	WRITE_ONCE(dev->crws.signal, false);
	spin_unlock_irq(&dev->crw_lock);
	return fresh;
}

/**
 * vfio_ccw_irq_peek_crw() - the oldest report
 * @dev: bound subchannel
 * @seq: result: its identity, for vfio_ccw_irq_take_crw()
 *
 * Context: process context; read_mutex is held. Takes crw_lock.
 * Return: the report, or 0 if there is none.
 */
u32 vfio_ccw_irq_peek_crw(struct vfio_ccw_device *dev, u32 *seq)
{
	struct vfio_ccw_crws *crws = &dev->crws;
	u32 crw = 0;

	lockdep_assert_held(&dev->read_mutex);
	spin_lock_irq(&dev->crw_lock);
	if (crws->len)
		crw = crws->ring[crws->head];
	*seq = crws->seq;
	spin_unlock_irq(&dev->crw_lock);
	return crw;
}

/**
 * vfio_ccw_irq_take_crw() - the user has read a report
 * @dev: bound subchannel
 * @seq: its identity; nothing happens if it is not the oldest one any more
 *
 * Context: process context; read_mutex is held. Takes crw_lock.
 * Return: true if there is another one, of which the user has to be told.
 */
bool vfio_ccw_irq_take_crw(struct vfio_ccw_device *dev, u32 seq)
{
	struct vfio_ccw_crws *crws = &dev->crws;
	bool more;

	lockdep_assert_held(&dev->read_mutex);
	spin_lock_irq(&dev->crw_lock);
	if (crws->len && crws->seq == seq) {
		crws->head = (crws->head + 1) % VFIO_CCW_NR_CRWS;
		crws->len--;
		crws->seq++;
	}
	more = crws->len;
	spin_unlock_irq(&dev->crw_lock);
	return more;
}

/**
 * vfio_ccw_irq_reset_crws() - drop all reports
 * @dev: bound subchannel
 * @open: keep reports from now on, until the next call
 *
 * Context: process context; life_mutex is held. Takes crw_lock.
 */
void vfio_ccw_irq_reset_crws(struct vfio_ccw_device *dev, bool open)
{
	struct vfio_ccw_crws *crws = &dev->crws;

	lockdep_assert_held(&dev->life_mutex);
	spin_lock_irq(&dev->crw_lock);
	crws->head = 0;
	crws->len = 0;
	crws->seq++;
	WRITE_ONCE(crws->signal, false);
	crws->open = open;
	spin_unlock_irq(&dev->crw_lock);
}
