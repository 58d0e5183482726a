/* SPDX-License-Identifier: GPL-2.0 */
/* Pages and big allocations */
#ifndef USER_LINUX_MM_H
#define USER_LINUX_MM_H

#include <linux/page_user.h>
#include <linux/slab.h>

#endif
