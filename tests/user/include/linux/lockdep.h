/* SPDX-License-Identifier: GPL-2.0 */
/* Locks are known to be held or not */
#ifndef USER_LINUX_LOCKDEP_H
#define USER_LINUX_LOCKDEP_H

#include <linux/bug.h>

#define lockdep_assert_held(l)		WARN_ON(!(l)->held)
#define lockdep_assert_not_held(l)	WARN_ON((l)->held)
#define lockdep_assert(cond)		WARN_ON(!(cond))
#define lockdep_is_held(l)		((l)->held)
#define might_lock(l)			((void)(l))

struct lock_class_key { char unused; };

#endif
