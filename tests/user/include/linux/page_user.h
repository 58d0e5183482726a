/* SPDX-License-Identifier: GPL-2.0 */
/* Pages of 4 KiB, as on s390 */
#ifndef USER_LINUX_PAGE_USER_H
#define USER_LINUX_PAGE_USER_H

#include <linux/const.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x)	(((x) + PAGE_SIZE - 1) & PAGE_MASK)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

#endif
