// SPDX-License-Identifier: GPL-2.0
/*
 * The slots of translated programs
 *
 * Owns: the programs of a device, from their allocation to their release, and
 * those in quarantine.
 *
 * A slot is in use (a bit of cps_used) from the start of a translation until the
 * program's pages are unpinned. Whoever sets the bit owns the program; START
 * SUBCHANNEL with condition code 0 gives it to the state machine, whose effects
 * give it back here: to be retired, handed over to work that may wait for the
 * locks of the iommu back end, or put into quarantine.
 *
 * A program in quarantine may still be run by the channel. Its memory is kept
 * until the state machine says that the channel has stopped.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/dev_printk.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/math.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "css.h"

#include "vfio_ccw_cio.h"
#include "vfio_ccw_counter.h"
#include "vfio_ccw_cp.h"
#include "vfio_ccw_fsm.h"
#include "vfio_ccw_keep.h"
#include "vfio_ccw_pins.h"
#include "vfio_ccw_private.h"
#include "vfio_ccw_slots.h"

/* Each slot can have a lease of what is kept */
static_assert(VFIO_CCW_NR_CPS <= VFIO_CCW_PINS_LEASES);

/**
 * vfio_ccw_slot_init() - prepare the slots of a device
 * @dev: device that nobody else knows of yet
 *
 * Context: any.
 */
void vfio_ccw_slot_init(struct vfio_ccw_device *dev)
{
	unsigned int slot;

	spin_lock_init(&dev->cps_lock);
	/* Even: no program has ended */
	for (slot = 0; slot < VFIO_CCW_NR_CPS; slot++)
		dev->cps_ends[slot] = round_down(VFIO_CCW_FIRST(u32), 2);
}

/**
 * vfio_ccw_slot_fill() - allocate the program of a slot
 * @dev: bound subchannel
 * @slot: a slot that the caller has taken and that has no program yet
 *
 * For vfio_ccw_slot_get() alone.
 *
 * Context: may sleep; xlate_mutex is held, fsm_mutex is not.
 * Return: the program; or -ENOMEM, and the slot is free again.
 */
struct vfio_ccw_cp *vfio_ccw_slot_fill(struct vfio_ccw_device *dev,
				       unsigned int slot)
{
	struct vfio_ccw_cp *cp = vfio_ccw_cp_alloc(&vfio_ccw_mem_ops, dev);

	if (!cp) {
		clear_bit_unlock(slot, &dev->cps_used);
		return ERR_PTR(-ENOMEM);
	}
	/* Changes only while the device is not open, and so has no programs */
	if (dev->pins.max)
		vfio_ccw_cp_keep(cp, &dev->pins, slot);
	spin_lock(&dev->cps_lock);
	dev->cps[slot] = cp;
	spin_unlock(&dev->cps_lock);
	return cp;
}

/* Frees the slot's program, if it has one, so that its next use allocates another */
static void slot_empty(struct vfio_ccw_device *dev, unsigned int slot)
{
	struct vfio_ccw_cp *cp;

	spin_lock(&dev->cps_lock);
	cp = dev->cps[slot];
	dev->cps[slot] = NULL;
	spin_unlock(&dev->cps_lock);
	vfio_ccw_cp_free(cp);
}

/* The pages of the slot's program are unpinned: wake those who wait for that */
static void slot_free(struct vfio_ccw_device *dev, unsigned int slot)
{
	/* A program that was not started leaves it even */
	WRITE_ONCE(dev->cps_ends[slot], round_up(dev->cps_ends[slot], 2));
	clear_bit_unlock(slot, &dev->cps_used);
	if (wq_has_sleeper(&dev->wait))
		wake_up_all(&dev->wait);
}

/* Unpins the program's pages and frees the slot */
static void slot_put(struct vfio_ccw_device *dev, struct vfio_ccw_cp *cp)
{
	unsigned int slot = vfio_ccw_slot_of(dev, cp);

	lockdep_assert_not_held(&dev->fsm_mutex);
	vfio_ccw_cp_release(cp);
	slot_free(dev, slot);
}

/**
 * vfio_ccw_slot_put() - release a program that was not started
 * @dev: bound subchannel
 * @cp: program from vfio_ccw_slot_get()
 *
 * Context: may sleep; fsm_mutex is not held.
 */
void vfio_ccw_slot_put(struct vfio_ccw_device *dev, struct vfio_ccw_cp *cp)
{
	slot_put(dev, cp);
}

/*
 * The device may have been closed and opened since the program was allocated, and keep
 * pages or not otherwise than then: the slot gets another one
 */
static void slot_end_quarantine(struct vfio_ccw_device *dev)
{
	unsigned int slot;

	for (slot = 0; slot < VFIO_CCW_NR_CPS; slot++) {
		if (!test_and_clear_bit(slot, &dev->cps_quarantined))
			continue;
		/* Its pages have been unpinned; now they are let go */
		slot_empty(dev, slot);
		slot_free(dev, slot);
	}
}

/* The channel may still run the program: its memory stays */
static void slot_quarantine(struct vfio_ccw_device *dev, struct vfio_ccw_cp *cp)
{
	vfio_ccw_keep_drop(dev);
	vfio_ccw_cp_quarantine(cp);
	set_bit(vfio_ccw_slot_of(dev, cp), &dev->cps_quarantined);
	/*
	 * The channel may have stopped just now. Pairs with the full barrier of
	 * test_and_clear_bit() above: the flag is cleared before that.
	 */
	smp_mb__after_atomic();
	if (!READ_ONCE(dev->fsm.quarantined))
		slot_end_quarantine(dev);
	wake_up_all(&dev->wait);
	if (vfio_ccw_may_log())
		dev_err(&dev->sch->dev,
			"The channel did not stop; its memory is kept\n");
}

/*
 * Is the program that has ended being resumed? Its new tail is still being
 * translated then, so the thread that resumes it has to release it.
 */
static bool slot_leave_to_resumer(struct vfio_ccw_device *dev,
				  const struct vfio_ccw_effects *fx)
{
	bool left;

	spin_lock(&dev->cps_lock);
	left = dev->resuming == fx->retired;
	if (left) {
		dev->resume_ended = true;
		dev->resume_stuck = fx->mask & VFIO_CCW_FX_QUARANTINE;
	}
	spin_unlock(&dev->cps_lock);
	return left;
}

/**
 * vfio_ccw_slot_begin_resume() - keep a program while its tail is translated
 * @dev: bound subchannel
 * @cp: program that is started
 *
 * If the program ends from now on, vfio_ccw_slot_end_resume() releases it.
 *
 * Context: fsm_mutex and xlate_mutex are held.
 */
void vfio_ccw_slot_begin_resume(struct vfio_ccw_device *dev,
				struct vfio_ccw_cp *cp)
{
	lockdep_assert_held(&dev->xlate_mutex);
	lockdep_assert_held(&dev->fsm_mutex);
	WARN_ON_ONCE(dev->resuming);
	spin_lock(&dev->cps_lock);
	dev->resume_ended = false;
	dev->resume_stuck = false;
	WRITE_ONCE(dev->resuming, cp);
	spin_unlock(&dev->cps_lock);
}

/**
 * vfio_ccw_slot_end_resume() - the resume of a program was issued or given up
 * @dev: bound subchannel
 * @cp: program of vfio_ccw_slot_begin_resume()
 *
 * Context: may sleep; xlate_mutex is held, fsm_mutex is not.
 */
void vfio_ccw_slot_end_resume(struct vfio_ccw_device *dev,
			      struct vfio_ccw_cp *cp)
{
	bool ended, stuck;

	lockdep_assert_held(&dev->xlate_mutex);
	WARN_ON_ONCE(dev->resuming != cp);
	spin_lock(&dev->cps_lock);
	WRITE_ONCE(dev->resuming, NULL);
	ended = dev->resume_ended;
	stuck = dev->resume_stuck;
	spin_unlock(&dev->cps_lock);

	if (ended && stuck)
		slot_quarantine(dev, cp);
	else if (ended)
		slot_put(dev, cp);
}

/**
 * vfio_ccw_slot_hand_over() - leave a program that has ended to other work
 * @dev: bound subchannel
 * @fx: says which program, and whether it goes into quarantine
 *
 * Nothing is unpinned here. The caller queues work that calls
 * vfio_ccw_slot_take_over().
 *
 * Context: any.
 */
void vfio_ccw_slot_hand_over(struct vfio_ccw_device *dev,
			     const struct vfio_ccw_effects *fx)
{
	unsigned int slot;

	if (WARN_ON_ONCE(!fx->retired))
		return;
	slot = vfio_ccw_slot_of(dev, fx->retired);
	if (fx->mask & VFIO_CCW_FX_QUARANTINE)
		set_bit(slot, &dev->cps_stuck);
	/* Pairs with the barrier in vfio_ccw_slot_take_over() */
	smp_wmb();
	set_bit(slot, &dev->cps_ended);
}

/**
 * vfio_ccw_slot_take_over() - retire the programs that were handed over
 * @dev: bound subchannel
 *
 * Context: may sleep; fsm_mutex is not held.
 */
void vfio_ccw_slot_take_over(struct vfio_ccw_device *dev)
{
	struct vfio_ccw_effects fx = {};
	unsigned int slot;

	for (slot = 0; slot < VFIO_CCW_NR_CPS; slot++) {
		/* A full barrier; pairs with vfio_ccw_slot_hand_over() */
		if (!test_and_clear_bit(slot, &dev->cps_ended))
			continue;
		fx.mask = test_and_clear_bit(slot, &dev->cps_stuck) ?
			VFIO_CCW_FX_QUARANTINE : 0;
		fx.retired = dev->cps[slot];
		vfio_ccw_slot_retire(dev, &fx);
	}
}

static noinline void slot_retire_rare(struct vfio_ccw_device *dev,
				      const struct vfio_ccw_effects *fx)
{
	if (fx->retired && !slot_leave_to_resumer(dev, fx)) {
		if (fx->mask & VFIO_CCW_FX_QUARANTINE)
			slot_quarantine(dev, fx->retired);
		else
			slot_put(dev, fx->retired);
	}
	/* A program that entered quarantine since then stays there */
	if ((fx->mask & VFIO_CCW_FX_UNQUARANTINE) &&
	    !READ_ONCE(dev->fsm.quarantined))
		slot_end_quarantine(dev);
}

/**
 * vfio_ccw_slot_retire() - unpin a program that has ended, or quarantine it
 * @dev: bound subchannel
 * @fx: has a retired program, VFIO_CCW_FX_UNQUARANTINE, or both
 *
 * Context: may sleep; fsm_mutex is not held.
 */
void vfio_ccw_slot_retire(struct vfio_ccw_device *dev,
			  const struct vfio_ccw_effects *fx)
{
	const u32 rare = VFIO_CCW_FX_QUARANTINE | VFIO_CCW_FX_UNQUARANTINE;

	/* Set under fsm_mutex while the program had not ended yet */
	if (likely(!(fx->mask & rare) &&
		   READ_ONCE(dev->resuming) != fx->retired))
		slot_put(dev, fx->retired);
	else
		slot_retire_rare(dev, fx);
}

/**
 * vfio_ccw_slot_free_all() - free the programs that are not in use
 * @dev: bound subchannel
 *
 * A program in quarantine is never freed: the channel may write to it.
 *
 * Context: may sleep; nobody starts a program meanwhile.
 */
void vfio_ccw_slot_free_all(struct vfio_ccw_device *dev)
{
	unsigned int slot;

	for (slot = 0; slot < VFIO_CCW_NR_CPS; slot++)
		if (!test_bit(slot, &dev->cps_used))
			slot_empty(dev, slot);
}

/**
 * vfio_ccw_slot_all_idle() - is no slot in use, but for the quarantine?
 * @dev: bound subchannel
 *
 * Context: any.
 * Return: true if no program is translated, started or being unpinned.
 */
bool vfio_ccw_slot_all_idle(struct vfio_ccw_device *dev)
{
	return READ_ONCE(dev->cps_used) == READ_ONCE(dev->cps_quarantined);
}

/**
 * vfio_ccw_slot_others_busy() - is a program in use that is not started?
 * @dev: bound subchannel
 *
 * Context: any.
 * Return: true if a program is being translated or unpinned, or something that
 *	was kept is.
 */
bool vfio_ccw_slot_others_busy(struct vfio_ccw_device *dev)
{
	return vfio_ccw_any_unstarted(dev) || READ_ONCE(dev->pins.nr_going);
}

/**
 * vfio_ccw_slot_any_uses() - does any program use guest memory in a range?
 * @dev: bound subchannel
 * @iova: guest address
 * @length: bytes
 *
 * Context: may be called with locks of the iommu back end held; takes cps_lock.
 * Return: true if a program has pinned, or has claimed and will pin, a page of
 *	the range.
 */
bool vfio_ccw_slot_any_uses(struct vfio_ccw_device *dev, u64 iova, u64 length)
{
	bool used = false;
	unsigned int slot;

	spin_lock(&dev->cps_lock);
	for (slot = 0; slot < VFIO_CCW_NR_CPS && !used; slot++)
		used = dev->cps[slot] &&
		       vfio_ccw_cp_uses(dev->cps[slot], iova, length);
	spin_unlock(&dev->cps_lock);
	return used;
}
