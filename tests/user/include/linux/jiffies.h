/* SPDX-License-Identifier: GPL-2.0 */
/* See kernel.h here. Time stands still unless a test moves it. */
#ifndef USER_LINUX_JIFFIES_H
#define USER_LINUX_JIFFIES_H

#define HZ			100UL
#define msecs_to_jiffies(ms)	((ms) * HZ / 1000)
#define time_after(a, b)	((long)((b) - (a)) < 0)

extern unsigned long jiffies;

#endif /* USER_LINUX_JIFFIES_H */
