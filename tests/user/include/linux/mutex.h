/* SPDX-License-Identifier: GPL-2.0 */
/* Mutexes of a single thread */
#ifndef USER_LINUX_MUTEX_H
#define USER_LINUX_MUTEX_H

#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/types.h>

struct mutex {
	bool held;
};

#define DEFINE_MUTEX(name)	struct mutex name = { false }

static inline void mutex_init(struct mutex *lock)
{
	lock->held = false;
}

static inline void mutex_destroy(struct mutex *lock)
{
	WARN_ON(lock->held);
}

static inline void mutex_lock(struct mutex *lock)
{
	user_might_sleep(__FILE__, __LINE__);
	WARN_ON(lock->held);
	lock->held = true;
}

static inline bool mutex_trylock(struct mutex *lock)
{
	bool got = !lock->held;

	lock->held = true;
	return got;
}

static inline void mutex_unlock(struct mutex *lock)
{
	WARN_ON(!lock->held);
	lock->held = false;
}

#define mutex_is_locked(l)	((l)->held)

DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))

#endif
