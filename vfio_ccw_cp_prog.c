// SPDX-License-Identifier: GPL-2.0
/*
 * Channel programs: arrays that grow, and memory for what the channel fetches
 *
 * Owns: the memory of a program. All of it is kept for the next program, up to
 * the limits below.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#include "vfio_ccw_cp_prog.h"

/* Bytes kept for the next program: of the arena, and of each array */
#define CP_ARENA_KEEP	(2 * VFIO_CCW_ALLOC_MAX)
#define CP_ARRAY_KEEP	(32U << 10)

/**
 * cp_prog_grow_vec() - make room in an array, the slow path of vec_reserve()
 * @v: the array
 * @size: bytes of one element
 * @need: elements that there has to be room for, those in use included
 *
 * Pointers to elements become invalid.
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM; then the array is as it was.
 */
int cp_prog_grow_vec(struct cp_vec *v, size_t size, u32 need)
{
	u32 max = roundup_pow_of_two(max(need, 16U));
	void *p;

	if (need <= CP_ARRAY_TIGHT)
		max = need;
	p = kvmalloc_array(max, size, GFP_KERNEL_ACCOUNT);
	if (!p)
		return -ENOMEM;
	if (v->n)
		memcpy(p, v->p, v->n * size);
	kvfree(v->p);
	v->p = p;
	v->max = max;
	return 0;
}

/* Empty an array; free it if an uncommon program has made it large */
static void vec_trim(struct cp_vec *v, size_t size)
{
	v->n = 0;
	if (v->max * size <= CP_ARRAY_KEEP && !CP_ARRAY_TIGHT)
		return;
	kvfree(v->p);
	v->p = NULL;
	v->max = 0;
}

/**
 * cp_prog_trim() - give back the arrays that an uncommon program has made large
 * @p: the program, which is not needed any more
 *
 * Context: process context, may sleep.
 */
void cp_prog_trim(struct cp_prog *p)
{
	prog_for_all_vecs(p, vec_trim);
}

static int prog_grow_arena(struct vfio_ccw_cp *cp, struct cp_prog *p, u32 size)
{
	u32 n = p->blocks.n;
	struct cp_block *b;
	int err;

	err = vec_reserve(&p->blocks, 1);
	if (err)
		return err;
	b = prog_block(p, n);
	b->used = 0;
	/* Blocks of 4, 16, 64, 64... KiB: most programs need only the first */
	b->size = n < 2 ? CP_PAGE_SIZE << 2 * n : VFIO_CCW_ALLOC_MAX;
	b->size = max_t(u32, b->size, ALIGN(size, CP_PAGE_SIZE));
	b->mem = cp->ops->alloc(cp->ctx, b->size, &b->host);
	if (!b->mem)
		return -ENOMEM;
	p->blocks.n++;
	return 0;
}

/**
 * cp_prog_alloc_within() - memory for host CCWs, lists or copied data
 * @cp: the channel-program object
 * @p: the program that uses it
 * @size: bytes, at most VFIO_CCW_ALLOC_MAX
 * @align: the memory begins at a multiple of this, a power of two of at most
 *	4 KiB
 * @within_page: the memory must not cross a 4 KiB boundary
 * @host: where to put its host absolute address, which is below 2 GiB
 *
 * Context: process context, may sleep.
 * Return: the memory, which is the program's until its release, or NULL if
 * there is none.
 */
void *cp_prog_alloc_within(struct vfio_ccw_cp *cp, struct cp_prog *p,
			   u32 size, u32 align, bool within_page,
			   u32 *host)
{
	struct cp_block *b;
	u32 off;

	for (;; p->block++) {
		if (p->block == p->blocks.n && prog_grow_arena(cp, p, size))
			return NULL;
		b = prog_block(p, p->block);
		off = ALIGN(b->used, align);
		if (within_page && prog_page_room(off) < size)
			off = ALIGN(off, CP_PAGE_SIZE);
		if (off + size <= b->size)
			break;
	}
	b->used = off + size;
	*host = b->host + off;
	return b->mem + off;
}

/**
 * cp_prog_trim_arena() - take back what a program had of the arena
 * @cp: the channel-program object
 * @p: the program, which the channel does not use any more
 *
 * Keeps CP_ARENA_KEEP bytes for the next program and frees the rest.
 *
 * Context: process context, may sleep.
 */
void cp_prog_trim_arena(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	struct cp_block *b;
	u32 i, kept = 0;
	u32 total = 0;

	for (i = 0; i < p->blocks.n; i++) {
		b = prog_block(p, i);
		b->used = 0;
		total += b->size;
		if (total <= CP_ARENA_KEEP) {
			*prog_block(p, kept++) = *b;
			continue;
		}
		cp->ops->free(cp->ctx, b->mem, b->size);
	}
	p->blocks.n = kept;
}

static void vec_free(struct cp_vec *v, size_t size)
{
	kvfree(v->p);
}

/**
 * cp_prog_free() - free the memory of a program
 * @cp: the channel-program object
 * @p: the program, released
 *
 * Context: process context, may sleep.
 */
void cp_prog_free(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	u32 i;

	for (i = 0; i < p->blocks.n; i++)
		cp->ops->free(cp->ctx, prog_block(p, i)->mem,
			      prog_block(p, i)->size);
	kvfree(p->blocks.p);
	prog_for_all_vecs(p, vec_free);
}

/**
 * cp_prog_cmp_order() - compare two references by where they begin, for sort()
 * @a: a struct cp_order
 * @b: another one
 *
 * Context: any; pure.
 * Return: less than, equal to or greater than 0 as @a begins before, with or
 * behind @b.
 */
int cp_prog_cmp_order(const void *a, const void *b)
{
	const struct cp_order *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return 0;
}

/**
 * cp_prog_reason_of() - what an error of vfio_ccw_mem_ops means for the guest
 * @err: -errno
 *
 * Context: any; pure.
 * Return: the check that the guest is to be told, or CP_OK if the trouble is
 * the host's.
 */
enum cp_reason cp_prog_reason_of(int err)
{
	switch (err) {
	case -EPERM:
		return CP_PROT;
	case -EFAULT:
	case -EINVAL:
	case -ENOENT:
		return CP_PROG;
	default:
		return CP_OK;
	}
}
