/* SPDX-License-Identifier: GPL-2.0 */
/* Halves of a word */
#ifndef USER_LINUX_WORDPART_H
#define USER_LINUX_WORDPART_H

#define upper_32_bits(n)	((u32)((u64)(n) >> 32))
#define lower_32_bits(n)	((u32)((u64)(n) & 0xffffffff))

#endif
