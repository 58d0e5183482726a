/* SPDX-License-Identifier: GPL-2.0 */
/* Compile-time assertions */
#ifndef USER_LINUX_BUILD_BUG_H
#define USER_LINUX_BUILD_BUG_H

#include <assert.h>

#undef static_assert
#define static_assert(expr, ...) user_static_assert(expr, ##__VA_ARGS__, #expr)
#define user_static_assert(expr, msg, ...) _Static_assert(expr, msg)

#define BUILD_BUG_ON_MSG(cond, msg)	_Static_assert(!(cond), msg)
#define BUILD_BUG_ON(cond) \
	BUILD_BUG_ON_MSG(cond, "BUILD_BUG_ON: " #cond)
#define BUILD_BUG_ON_ZERO(e)	((int)sizeof(struct { int : (-!!(e)); }))

#endif
