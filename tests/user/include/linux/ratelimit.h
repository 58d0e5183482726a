/* SPDX-License-Identifier: GPL-2.0 */
/* Rate limits: nothing is suppressed here */
#ifndef USER_LINUX_RATELIMIT_H
#define USER_LINUX_RATELIMIT_H

#include <linux/types.h>

struct ratelimit_state {
	int interval;
	int burst;
};

#define DEFINE_RATELIMIT_STATE(name, interval_init, burst_init) \
	struct ratelimit_state name = { interval_init, burst_init }
#define DEFAULT_RATELIMIT_INTERVAL	5000
#define DEFAULT_RATELIMIT_BURST		10

static inline bool __ratelimit(struct ratelimit_state *rs)
{
	return rs != NULL;
}

#endif
