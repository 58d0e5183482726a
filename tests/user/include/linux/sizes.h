/* SPDX-License-Identifier: GPL-2.0 */
/* Sizes by name */
#ifndef USER_LINUX_SIZES_H
#define USER_LINUX_SIZES_H

#define SZ_512		0x00000200
#define SZ_1K		0x00000400
#define SZ_2K		0x00000800
#define SZ_4K		0x00001000
#define SZ_64K		0x00010000
#define SZ_1M		0x00100000
#define SZ_16M		0x01000000
#define SZ_2G		0x80000000UL

#endif
