/* SPDX-License-Identifier: GPL-2.0 */
/* Minimum, maximum, swap */
#ifndef USER_LINUX_MINMAX_H
#define USER_LINUX_MINMAX_H

#define USER_CMP(op, x, y) \
	({ __typeof__(x) __x = (x); __typeof__(y) __y = (y); \
	   __x op __y ? __x : __y; })
#define USER_CMP_T(op, t, x, y) \
	({ t __x = (t)(x); t __y = (t)(y); __x op __y ? __x : __y; })

#ifndef min
#define min(x, y)		USER_CMP(<, x, y)
#endif
#ifndef max
#define max(x, y)		USER_CMP(>, x, y)
#endif
#define min_t(t, x, y)		USER_CMP_T(<, t, x, y)
#define max_t(t, x, y)		USER_CMP_T(>, t, x, y)
#define min3(x, y, z)		min(min(x, y), z)
#define max3(x, y, z)		max(max(x, y), z)
#define umin(x, y)		min_t(unsigned long long, x, y)
#define umax(x, y)		max_t(unsigned long long, x, y)
#define clamp(v, lo, hi)	min(max(v, lo), hi)
#define clamp_t(t, v, lo, hi)	min_t(t, max_t(t, v, lo), hi)
#define in_range(v, start, len)	((v) - (start) < (len))
#define swap(a, b) \
	do { __typeof__(a) __t = (a); (a) = (b); (b) = __t; } while (0)

#endif
