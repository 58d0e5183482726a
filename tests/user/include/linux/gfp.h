/* SPDX-License-Identifier: GPL-2.0 */
/* Allocation flags: only "may sleep" means something here */
#ifndef USER_LINUX_GFP_H
#define USER_LINUX_GFP_H

#include <linux/types.h>

#define __GFP_SLEEPS		0x01u
#define __GFP_ZERO		0x02u
#define __GFP_NOWARN		0x04u
#define __GFP_ACCOUNT		0x08u
#define __GFP_NORETRY		0x10u
#define __GFP_DMA		0x20u
#define GFP_DMA			__GFP_DMA
#define GFP_KERNEL		__GFP_SLEEPS
#define GFP_KERNEL_ACCOUNT	(__GFP_SLEEPS | __GFP_ACCOUNT)
#define GFP_NOWAIT		0u
#define GFP_ATOMIC		0u

static inline bool user_gfp_sleeps(gfp_t gfp)
{
	return gfp & __GFP_SLEEPS;
}

#endif
