/* SPDX-License-Identifier: GPL-2.0 */
/* kvmalloc() and friends */
#ifndef USER_LINUX_VMALLOC_H
#define USER_LINUX_VMALLOC_H

#include <linux/slab.h>

#endif
