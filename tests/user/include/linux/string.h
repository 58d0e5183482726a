/* SPDX-License-Identifier: GPL-2.0 */
/* Memory and strings */
#ifndef USER_LINUX_STRING_H
#define USER_LINUX_STRING_H

#include <string.h>
#include <strings.h>

#include <linux/types.h>

static inline __maybe_unused void *memchr_inv(const void *start, int c,
					      size_t bytes)
{
	const u8 *p = start;

	for (; bytes; bytes--, p++)
		if (*p != (u8)c)
			return (void *)p;
	return NULL;
}

static inline __maybe_unused ssize_t strscpy(char *dst, const char *src,
					     size_t size)
{
	size_t len = strnlen(src, size);

	if (!size)
		return -7;
	if (len == size)
		len--;
	memcpy(dst, src, len);
	dst[len] = 0;
	return src[len] ? -7 : (ssize_t)len;
}

#define memset_after(obj, v, member) \
	memset((u8 *)(obj) + offsetofend(__typeof__(*(obj)), member), v, \
	       sizeof(*(obj)) - offsetofend(__typeof__(*(obj)), member))
#define memset_startat(obj, v, member) \
	memset((u8 *)(obj) + offsetof(__typeof__(*(obj)), member), v, \
	       sizeof(*(obj)) - offsetof(__typeof__(*(obj)), member))

#endif
