/* SPDX-License-Identifier: GPL-2.0 */
/* Pages of 4 KiB, as on s390, and big allocations */
#ifndef USER_LINUX_MM_H
#define USER_LINUX_MM_H

#include <linux/slab.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))

#endif
