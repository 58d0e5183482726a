/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The slots of translated programs
 */
#ifndef VFIO_CCW_SLOTS_H
#define VFIO_CCW_SLOTS_H

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/types.h>

#include "vfio_ccw_private.h"

struct vfio_ccw_cp;
struct vfio_ccw_effects;

void vfio_ccw_slot_init(struct vfio_ccw_device *dev);
struct vfio_ccw_cp *vfio_ccw_slot_fill(struct vfio_ccw_device *dev,
				       unsigned int slot);
void vfio_ccw_slot_put(struct vfio_ccw_device *dev, struct vfio_ccw_cp *cp);
void vfio_ccw_slot_retire(struct vfio_ccw_device *dev,
			  const struct vfio_ccw_effects *fx);
void vfio_ccw_slot_hand_over(struct vfio_ccw_device *dev,
			     const struct vfio_ccw_effects *fx);
void vfio_ccw_slot_take_over(struct vfio_ccw_device *dev);
void vfio_ccw_slot_begin_resume(struct vfio_ccw_device *dev,
				struct vfio_ccw_cp *cp);
void vfio_ccw_slot_end_resume(struct vfio_ccw_device *dev,
			      struct vfio_ccw_cp *cp);
void vfio_ccw_slot_free_all(struct vfio_ccw_device *dev);
bool vfio_ccw_slot_all_idle(struct vfio_ccw_device *dev);
bool vfio_ccw_slot_others_busy(struct vfio_ccw_device *dev);
bool vfio_ccw_slot_any_uses(struct vfio_ccw_device *dev, u64 iova, u64 length);

/**
 * vfio_ccw_slot_of() - where a program is
 * @dev: bound subchannel
 * @cp: a program of it, whose slot is in use
 *
 * Context: any.
 * Return: its slot.
 */
static inline unsigned int vfio_ccw_slot_of(struct vfio_ccw_device *dev,
					    const struct vfio_ccw_cp *cp)
{
	unsigned int slot;

	for (slot = 0; slot < VFIO_CCW_NR_CPS - 1; slot++)
		if (dev->cps[slot] == cp)
			break;
	return slot;
}

/**
 * vfio_ccw_slot_set_ended() - the user may know of the end of a program from now on
 * @dev: bound subchannel
 * @cp: the program; whoever releases fsm_mutex retires it or hands it over
 *
 * Context: fsm_mutex is held.
 */
static inline void vfio_ccw_slot_set_ended(struct vfio_ccw_device *dev,
					   const struct vfio_ccw_cp *cp)
{
	unsigned int slot = vfio_ccw_slot_of(dev, cp);

	lockdep_assert_held(&dev->fsm_mutex);
	WRITE_ONCE(dev->cps_ends[slot], dev->cps_ends[slot] + 1);
}

/**
 * vfio_ccw_slot_get() - take a free program
 * @dev: bound subchannel
 *
 * Allocates the program if its slot is used for the first time.
 *
 * Context: may sleep; xlate_mutex is held, fsm_mutex is not.
 * Return: the program, for vfio_ccw_slot_put() or, once started, for
 *	vfio_ccw_slot_retire(); -EAGAIN if all are in use, or -ENOMEM.
 */
static inline struct vfio_ccw_cp *vfio_ccw_slot_get(struct vfio_ccw_device *dev)
{
	unsigned int slot;

	lockdep_assert_held(&dev->xlate_mutex);
	for (slot = 0; slot < VFIO_CCW_NR_CPS; slot++)
		if (!test_and_set_bit_lock(slot, &dev->cps_used))
			break;
	if (slot == VFIO_CCW_NR_CPS)
		return ERR_PTR(-EAGAIN);
	return dev->cps[slot] ?: vfio_ccw_slot_fill(dev, slot);
}

#endif /* VFIO_CCW_SLOTS_H */
