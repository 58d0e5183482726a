/* SPDX-License-Identifier: GPL-2.0 */
/* Big- and little-endian to the processor's order and back */
#ifndef USER_LINUX_BYTEORDER_H
#define USER_LINUX_BYTEORDER_H

#include <linux/types.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define USER_BE(bits, x)	__builtin_bswap##bits(x)
#define USER_LE(bits, x)	(x)
#else
#define USER_BE(bits, x)	(x)
#define USER_LE(bits, x)	__builtin_bswap##bits(x)
#endif

/* Usable in static initialisers, unlike functions */
#define cpu_to_be16(x)	((__be16)USER_BE(16, (u16)(x)))
#define cpu_to_be32(x)	((__be32)USER_BE(32, (u32)(x)))
#define cpu_to_be64(x)	((__be64)USER_BE(64, (u64)(x)))
#define be16_to_cpu(x)	((u16)USER_BE(16, (u16)(x)))
#define be32_to_cpu(x)	((u32)USER_BE(32, (u32)(x)))
#define be64_to_cpu(x)	((u64)USER_BE(64, (u64)(x)))
#define cpu_to_le16(x)	((__le16)USER_LE(16, (u16)(x)))
#define cpu_to_le32(x)	((__le32)USER_LE(32, (u32)(x)))
#define cpu_to_le64(x)	((__le64)USER_LE(64, (u64)(x)))
#define le16_to_cpu(x)	((u16)USER_LE(16, (u16)(x)))
#define le32_to_cpu(x)	((u32)USER_LE(32, (u32)(x)))
#define le64_to_cpu(x)	((u64)USER_LE(64, (u64)(x)))

static inline u16 be16_to_cpup(const __be16 *p)
{
	return be16_to_cpu(*p);
}

static inline u32 be32_to_cpup(const __be32 *p)
{
	return be32_to_cpu(*p);
}

static inline u64 be64_to_cpup(const __be64 *p)
{
	return be64_to_cpu(*p);
}

static inline void be32_add_cpu(__be32 *p, u32 val)
{
	*p = cpu_to_be32(be32_to_cpu(*p) + val);
}

#endif
