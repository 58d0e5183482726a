/* SPDX-License-Identifier: GPL-2.0 */
/* Sorting through the C library */
#ifndef USER_LINUX_SORT_H
#define USER_LINUX_SORT_H

#include <stdlib.h>

#include <linux/types.h>

typedef int (*cmp_func_t)(const void *a, const void *b);
typedef int (*cmp_r_func_t)(const void *a, const void *b, const void *priv);
typedef void (*swap_func_t)(void *a, void *b, int size);

static inline __maybe_unused void sort(void *base, size_t num, size_t size,
				       cmp_func_t cmp, swap_func_t swap_fn)
{
	(void)swap_fn;
	if (num)
		qsort(base, num, size, cmp);
}

#endif
