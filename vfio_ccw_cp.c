// SPDX-License-Identifier: GPL-2.0
/*
 * Channel programs: fetch, plan, pin, emit, complete, release
 *
 * Owns: the only path by which anything that a guest wrote can become an
 * address that the channel uses, and the order of its stages. The records, and
 * the files that hold the stages, are in vfio_ccw_cp_prog.h.
 *
 * Guest storage is read before anything is pinned, each CCW, IDAW and MIDAW
 * once.
 */
#include <kunit/visibility.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#include "vfio_ccw_cp.h"
#include "vfio_ccw_cp_prog.h"
#include "vfio_ccw_format.h"

/*
 * A program smaller than this, in CCWs and in words of lists, cannot have grown
 * an array beyond CP_ARRAY_KEEP: skip the trim. A power of two
 */
#define CP_FEW		256U

static void cp_clear_vec(struct cp_vec *v, size_t size)
{
	v->n = 0;
}

static void cp_reset_part(struct cp_prog *p)
{
	prog_for_all_vecs(p, cp_clear_vec);
	memset_startat(p, 0, runs);
}

static __always_inline void cp_end_part(struct vfio_ccw_cp *cp,
					struct cp_prog *p)
{
	if (p->claimed)
		cp_pin_unpin_program(cp, p);
	if (unlikely(p->held))
		cp_pin_hold_program(cp, p, false);
	prog_reset_arena(cp, p);
	/* No array grows unless one of these does */
	if (CP_ARRAY_TIGHT ||
	    unlikely((p->ccws.n | p->words.n | p->copies.n) >= CP_FEW))
		cp_prog_trim(p);
	cp_reset_part(p);
}

/**
 * cp_release_part() - unpin one part of a program and forget it
 * @cp: the channel-program object
 * @p: the part, in any stage, or none
 *
 * Context: process context, may sleep; the channel does not use the part.
 */
void cp_release_part(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	if (p->dirty)
		cp_end_part(cp, p);
}

/* From the records of all CCWs to host CCWs */
static __always_inline int cp_build_program(struct vfio_ccw_cp *cp,
					    struct cp_prog *p)
{
	int err = 0;

	if (p->extents.n)
		err = cp_pin_make_runs(p);
	if (!err && p->copies.n)
		err = cp_pin_copy_outputs(cp, p);
	if (err)
		return err;
	/* One ORB serves all parts, and a later tail may have IDALs of 2 KiB */
	cp->host_block = p->uses_2k || (cp->orb & VFIO_CCW_ORB_S) ?
		cp->block : VFIO_CCW_IDA_BLOCK_4K;
	err = p->runs ? cp_pin_program(cp, p) : 0;
	if (!err)
		err = cp_emit_program(cp, p);
	return err;
}

/**
 * cp_build_tail() - from the entries of a tail to its host CCWs
 * @cp: the channel-program object, with what the ORB says
 * @tail: the tail, whose branches are its entries
 *
 * Context: process context, may sleep on user memory.
 * Return: as vfio_ccw_cp_translate(). After an error @tail is to be released.
 */
int cp_build_tail(struct vfio_ccw_cp *cp, struct cp_prog *tail)
{
	int err = cp_fetch_program(cp, tail);

	return err ?: cp_build_program(cp, tail);
}

/**
 * vfio_ccw_cp_alloc() - allocate a channel-program object
 * @ops: guest memory, and memory for the channel
 * @ctx: first argument of every op
 *
 * Context: process context, may sleep.
 * Return: the object, which vfio_ccw_cp_free() frees, or NULL if there is no
 * memory.
 */
struct vfio_ccw_cp *vfio_ccw_cp_alloc(const struct vfio_ccw_mem_ops *ops,
				      void *ctx)
{
	struct vfio_ccw_cp *cp;

	cp = kzalloc(sizeof(*cp), GFP_KERNEL_ACCOUNT);
	if (!cp)
		return NULL;
	cp->ops = ops;
	cp->ctx = ctx;
	cp->tail = CP_NONE;
	cp->fresh = CP_NONE;
	spin_lock_init(&cp->lock);
	cp->chunk = kmalloc(CP_CHUNK_MAX, GFP_KERNEL_ACCOUNT);
	cp->null = ops->alloc(ctx, CP_PAGE_SIZE, &cp->null_host);
	if (!cp->chunk || !cp->null) {
		vfio_ccw_cp_free(cp);
		return NULL;
	}
	cp_emit_null_page(cp);
	return cp;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_alloc);

/**
 * vfio_ccw_cp_keep() - let programs use what is kept pinned
 * @cp: the object, without a program
 * @pins: what the device keeps
 * @slot: the slot that programs of @cp have there
 *
 * Context: any.
 */
void vfio_ccw_cp_keep(struct vfio_ccw_cp *cp, struct vfio_ccw_pins *pins,
		      unsigned int slot)
{
	cp->pins = pins;
	cp->slot = slot;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_keep);

/**
 * vfio_ccw_cp_free() - undo vfio_ccw_cp_alloc()
 * @cp: the object, or NULL
 *
 * Releases the program in it first, in whatever stage that is.
 *
 * Context: process context, may sleep; no other function on @cp runs.
 */
void vfio_ccw_cp_free(struct vfio_ccw_cp *cp)
{
	struct cp_prog *p;

	if (!cp)
		return;
	for_each_part(p, cp) {
		cp_release_part(cp, p);
		cp_prog_free(cp, p);
	}
	if (cp->null)
		cp->ops->free(cp->ctx, cp->null, CP_PAGE_SIZE);
	kfree(cp->chunk);
	kfree(cp);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_free);

/* Decode the guest's ORB */
static void cp_note_orb(struct vfio_ccw_cp *cp, const struct vfio_ccw_orb *orb)
{
	cp->orb = be32_to_cpu(orb->ctl);
	cp->fmt1 = cp->orb & VFIO_CCW_ORB_F;
	cp->limit = cp->fmt1 ? CP_LIMIT_31 : CP_LIMIT_24;
	cp->block = VFIO_CCW_IDA_BLOCK_2K;
	if ((cp->orb & VFIO_CCW_ORB_H) && !(cp->orb & VFIO_CCW_ORB_T))
		cp->block = VFIO_CCW_IDA_BLOCK_4K;
}

/**
 * vfio_ccw_cp_translate() - translate the guest's channel program
 * @cp: the channel-program object; releases the program in it first
 * @orb: the guest's ORB, accepted by vfio_ccw_cp_check_orb()
 *
 * Whatever is wrong with the program itself is left for the channel to find
 * and to report. On success everything that the program uses is pinned,
 * by itself or by what is kept.
 *
 * Context: process context, may sleep on user memory.
 * Return: 0; -E2BIG if one of the VFIO_CCW_CP_MAX_* is exceeded; -ENOMEM; any
 * other error of the memory ops that is not the guest's. After an error
 * nothing is pinned.
 */
int vfio_ccw_cp_translate(struct vfio_ccw_cp *cp,
			  const struct vfio_ccw_orb *orb)
{
	struct cp_prog *p = &cp->prog[0];
	int err;

	if (unlikely(cp->dirty))
		vfio_ccw_cp_release(cp);
	cp->dirty = true;
	p->dirty = true;
	cp_note_orb(cp, orb);
	err = prog_add_branch(p, be32_to_cpu(orb->cpa), CP_CMD, false, false);
	if (!err)
		err = cp_fetch_program(cp, p);
	if (!err)
		err = cp_build_program(cp, p);
	if (err)
		vfio_ccw_cp_release(cp);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_translate);

/* Release what only a resume can have made */
static void cp_release_tails(struct vfio_ccw_cp *cp)
{
	unsigned int i;

	for (i = 1; i < CP_PROGS; i++)
		cp_release_part(cp, &cp->prog[i]);
	cp->resumed = false;
	cp->running = false;
	cp->tail = CP_NONE;
	cp->fresh = CP_NONE;
	cp->hidden = 0;
}

/**
 * vfio_ccw_cp_release() - end a program
 * @cp: the program, in any stage, or none
 *
 * Unpins everything and withdraws the claims. Some memory is kept for the next
 * program. Can be called twice.
 *
 * Context: process context, may sleep; the channel does not use the program.
 */
void vfio_ccw_cp_release(struct vfio_ccw_cp *cp)
{
	if (!cp->dirty)
		return;
	cp->dirty = false;
	cp_end_part(cp, &cp->prog[0]);
	if (unlikely(cp->resumed))
		cp_release_tails(cp);
	if (cp->pinned)
		cp_pin_end(cp);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_release);

/**
 * vfio_ccw_cp_stats() - what a program came to
 * @cp: the program
 * @stats: where to put it; of the start and of the tail after a resume together
 *
 * Context: any; the caller excludes translation and release.
 */
void vfio_ccw_cp_stats(const struct vfio_ccw_cp *cp,
		       struct vfio_ccw_cp_stats *stats)
{
	const struct cp_prog *p;

	*stats = (struct vfio_ccw_cp_stats){};
	for_each_part(p, cp) {
		stats->ccws += p->ccws.n;
		stats->segments += p->segments.n;
		stats->idaws += p->idaws;
		stats->pages += p->hosts.n;
		stats->pins += p->pins;
		stats->reads += p->reads;
	}
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_stats);
