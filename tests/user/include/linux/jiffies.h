/* SPDX-License-Identifier: GPL-2.0 */
/* Time in milliseconds */
#ifndef USER_LINUX_JIFFIES_H
#define USER_LINUX_JIFFIES_H

#include <linux/types.h>

#define HZ			1000
#define msecs_to_jiffies(ms)	((unsigned long)(ms))
#define jiffies_to_msecs(j)	((unsigned int)(j))
#define time_after(a, b)	((long)((b) - (a)) < 0)
#define time_before(a, b)	time_after(b, a)

#endif
