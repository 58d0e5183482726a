/* SPDX-License-Identifier: GPL-2.0 */
/* WARN and BUG */
#ifndef USER_ASM_BUG_H
#define USER_ASM_BUG_H

#include <linux/bug.h>

#endif
