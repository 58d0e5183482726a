/* SPDX-License-Identifier: GPL-2.0 */
/* Spinlocks of a single thread: they know that they are held */
#ifndef USER_LINUX_SPINLOCK_H
#define USER_LINUX_SPINLOCK_H

#include <linux/bug.h>
#include <linux/lockdep.h>
#include <linux/types.h>

typedef struct spinlock {
	bool held;
} spinlock_t;

#define DEFINE_SPINLOCK(name)	spinlock_t name = { false }

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->held = false;
}

static inline void spin_lock(spinlock_t *lock)
{
	WARN_ON(lock->held);
	lock->held = true;
	user_atomic++;
}

static inline void spin_unlock(spinlock_t *lock)
{
	WARN_ON(!lock->held);
	lock->held = false;
	user_atomic--;
}

#define spin_lock_irq(l)		spin_lock(l)
#define spin_unlock_irq(l)		spin_unlock(l)
#define spin_lock_bh(l)			spin_lock(l)
#define spin_unlock_bh(l)		spin_unlock(l)
#define spin_lock_irqsave(l, flags)	do { (flags) = 0; spin_lock(l); } while (0)
#define spin_unlock_irqrestore(l, flags) \
	do { (void)(flags); spin_unlock(l); } while (0)
#define assert_spin_locked(l)		lockdep_assert_held(l)

#endif
