/* SPDX-License-Identifier: GPL-2.0 */
/* Allocation with a balance and a failure to order */
#ifndef USER_LINUX_SLAB_H
#define USER_LINUX_SLAB_H

#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/types.h>
#include "user_shim.h"

static inline void *kmalloc(size_t size, gfp_t gfp)
{
	return user_alloc(size, gfp & __GFP_ZERO, user_gfp_sleeps(gfp));
}

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

static inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, gfp);
}

static inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

static inline void *krealloc(const void *p, size_t size, gfp_t gfp)
{
	return user_realloc((void *)p, size, gfp & __GFP_ZERO,
			    user_gfp_sleeps(gfp));
}

static inline void *krealloc_array(void *p, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return krealloc(p, bytes, gfp);
}

static inline void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *p = kmalloc(len, gfp);

	if (p)
		memcpy(p, src, len);
	return p;
}

#define kvmalloc(size, gfp)		kmalloc(size, gfp)
#define kvzalloc(size, gfp)		kzalloc(size, gfp)
#define kvmalloc_array(n, size, gfp)	kmalloc_array(n, size, gfp)
#define kvcalloc(n, size, gfp)		kcalloc(n, size, gfp)
#define kvrealloc(p, size, gfp)		krealloc(p, size, gfp)
#define kmemdup_array(src, n, size, gfp) kmemdup(src, array_size(n, size), gfp)
#define kmalloc_obj(obj, gfp)		kmalloc(sizeof(obj), gfp)
#define ksize(p)			user_size(p)

static inline void kfree(const void *p)
{
	user_free(p);
}

static inline void kvfree(const void *p)
{
	user_free(p);
}

#define kfree_sensitive(p)	kfree(p)
#define kvfree_sensitive(p, len) kvfree(p)

#endif
