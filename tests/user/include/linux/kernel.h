/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel's catch-all header brings */
#ifndef USER_LINUX_KERNEL_H
#define USER_LINUX_KERNEL_H

#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/kconfig.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/types.h>
#include "user_shim.h"

#define might_sleep()	user_might_sleep(__FILE__, __LINE__)
#define cond_resched()	might_sleep()

#endif
