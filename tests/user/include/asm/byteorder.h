/* SPDX-License-Identifier: GPL-2.0 */
/* Byte order */
#ifndef USER_ASM_BYTEORDER_H
#define USER_ASM_BYTEORDER_H

#include <linux/byteorder.h>

#endif
