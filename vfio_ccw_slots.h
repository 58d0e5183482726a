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
int vfio_ccw_slot_wait_ended(struct vfio_ccw_device *dev);

/**
 * vfio_ccw_slot_any_ended() - is a slot in use whose program is not started?
 * @dev: bound subchannel
 *
 * Context: any.
 * Return: true if a program is being unpinned or will be, or is translated.
 */
static inline bool vfio_ccw_slot_any_ended(struct vfio_ccw_device *dev)
{
	unsigned long used = READ_ONCE(dev->cps_used) &
			     ~READ_ONCE(dev->cps_quarantined);

	return hweight_long(used) > !!READ_ONCE(dev->fsm.cp);
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
