/* SPDX-License-Identifier: GPL-2.0 */
/* Unaligned access */
#ifndef USER_ASM_UNALIGNED_H
#define USER_ASM_UNALIGNED_H

#include <linux/unaligned.h>

#endif
