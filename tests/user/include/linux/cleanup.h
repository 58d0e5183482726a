/* SPDX-License-Identifier: GPL-2.0 */
/* Scope-bound release: __free(), guard() and scoped_guard() */
#ifndef USER_LINUX_CLEANUP_H
#define USER_LINUX_CLEANUP_H

#include <linux/compiler.h>

#define DEFINE_FREE(name, type, code) \
static inline __maybe_unused void __free_##name(void *p) \
{ type _T = *(type *)p; code; }

#define __free(name)	__cleanup(__free_##name)

#define no_free_ptr(p) \
	({ __typeof__(p) __ptr = (p); (p) = NULL; __ptr; })
#define return_ptr(p)	return no_free_ptr(p)

/* One guard type per lock type: remembers the lock, releases it at scope end */
#define DEFINE_GUARD(name, type, lock, unlock) \
struct user_guard_##name { type _T; }; \
static inline __maybe_unused struct user_guard_##name \
user_guard_##name##_enter(type _T) \
{ lock; return (struct user_guard_##name){ _T }; } \
static inline __maybe_unused void \
user_guard_##name##_exit(struct user_guard_##name *g) \
{ type _T = g->_T; unlock; }

#define guard(name) \
	struct user_guard_##name __cleanup(user_guard_##name##_exit) \
	__maybe_unused __UNIQUE_ID(guard) = user_guard_##name##_enter
#define scoped_guard(name, arg) \
	for (struct user_guard_##name __scope \
	     __cleanup(user_guard_##name##_exit) = \
	     user_guard_##name##_enter(arg), *__once = &__scope; \
	     __once; __once = NULL)

#endif
