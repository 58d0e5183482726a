/* SPDX-License-Identifier: GPL-2.0 */
/* A WARN is a test failure, a BUG ends the process */
#ifndef USER_LINUX_BUG_H
#define USER_LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include "user_shim.h"

#define WARN_ON(cond)		user_warn(cond, __FILE__, __LINE__, #cond)
#define WARN_ON_ONCE(cond)	WARN_ON(cond)
#define WARN(cond, ...) \
	({ bool __w = user_warn(cond, __FILE__, __LINE__, #cond); \
	   if (__w) \
		user_printk(__VA_ARGS__); \
	   __w; })
#define WARN_ONCE(cond, ...)	WARN(cond, __VA_ARGS__)
#define BUG()			user_bug(__FILE__, __LINE__, "BUG")
#define BUG_ON(cond) \
	do { if (unlikely(cond)) user_bug(__FILE__, __LINE__, #cond); } while (0)

#endif
