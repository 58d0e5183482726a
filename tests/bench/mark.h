/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A branch that is never taken: the plugins of the profile (profile/insn_count.c,
 * profile/insn_total.c) know it by its target. Nobody else does.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#include <stdint.h>

#define MARK_FROM	0xa7045a01	/* count from here on */
#define MARK_TO		0xa7045a02	/* and no more */
#define MARK_WRITE	0xa7045a03	/* write what was counted */
#define MARK_CLEAR	0xa7045a04	/* forget what was counted */

static inline __attribute__((always_inline)) void mark(uint32_t insn)
{
	asm volatile(".long %0" : : "i" (insn) : "memory");
}

#endif /* BENCH_MARK_H */
