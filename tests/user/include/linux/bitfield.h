/* SPDX-License-Identifier: GPL-2.0 */
/* Fields of a word by mask */
#ifndef USER_LINUX_BITFIELD_H
#define USER_LINUX_BITFIELD_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/byteorder.h>
#include <linux/types.h>

#define __bf_shf(mask)		(__builtin_ffsll((long long)(mask)) - 1)

#define FIELD_MAX(mask) \
	((__typeof__(mask))((mask) >> __bf_shf(mask)))
#define FIELD_FIT(mask, val) \
	(!((((__typeof__(mask))(val)) << __bf_shf(mask)) & ~(mask)))
#define FIELD_PREP(mask, val) \
	(((__typeof__(mask))(val) << __bf_shf(mask)) & (mask))
#define FIELD_PREP_CONST(mask, val)	FIELD_PREP(mask, val)
#define FIELD_GET(mask, reg) \
	((__typeof__(mask))(((reg) & (mask)) >> __bf_shf(mask)))
#define FIELD_MODIFY(mask, reg, val) \
	(*(reg) = (*(reg) & ~(mask)) | FIELD_PREP(mask, val))

/*
 * One set of accessors per word type: @type as stored, @base as computed with,
 * @to and @from between them.
 */
#define USER_BITFIELD(name, type, base, to, from)			\
static inline __maybe_unused type name##_encode_bits(base v, base field) \
{									\
	return to((base)((v << __bf_shf(field)) & field));		\
}									\
static inline __maybe_unused type name##_replace_bits(type old, base v,	\
						      base field)	\
{									\
	return to((base)((from(old) & ~field) |				\
			 ((v << __bf_shf(field)) & field)));		\
}									\
static inline __maybe_unused void name##p_replace_bits(type *p, base v,	\
						       base field)	\
{									\
	*p = name##_replace_bits(*p, v, field);				\
}									\
static inline __maybe_unused base name##_get_bits(type v, base field)	\
{									\
	return (base)((from(v) & field) >> __bf_shf(field));		\
}

#define USER_SAME(x) (x)
USER_BITFIELD(u8, u8, u8, USER_SAME, USER_SAME)
USER_BITFIELD(u16, u16, u16, USER_SAME, USER_SAME)
USER_BITFIELD(u32, u32, u32, USER_SAME, USER_SAME)
USER_BITFIELD(u64, u64, u64, USER_SAME, USER_SAME)
USER_BITFIELD(be16, __be16, u16, cpu_to_be16, be16_to_cpu)
USER_BITFIELD(be32, __be32, u32, cpu_to_be32, be32_to_cpu)
USER_BITFIELD(be64, __be64, u64, cpu_to_be64, be64_to_cpu)

#endif
