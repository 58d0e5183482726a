/* SPDX-License-Identifier: GPL-2.0 */
/* Configuration options: IS_ENABLED() of one defined as 1 */
#ifndef USER_LINUX_KCONFIG_H
#define USER_LINUX_KCONFIG_H

/* Defined as 1: the placeholder shifts a 1 into the second argument */
#define USER_SECOND(unused, val, ...)	val
#define USER_PLACE_1			0,
#define USER_IS_SET3(junk_or_zero)	USER_SECOND(junk_or_zero 1, 0, 0)
#define USER_IS_SET2(val)		USER_IS_SET3(USER_PLACE_##val)
#define USER_IS_SET(val)		USER_IS_SET2(val)
#define IS_ENABLED(option)		USER_IS_SET(option)
#define IS_BUILTIN(option)		USER_IS_SET(option)
#define IS_REACHABLE(option)		USER_IS_SET(option)

#endif
