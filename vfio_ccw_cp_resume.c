// SPDX-License-Identifier: GPL-2.0
/*
 * Channel programs: suspended, and resumed
 *
 * Owns: at which CCWs the channel can be suspended, and the tails that such a
 * program goes on in. The parts of a program are the one that was started and
 * its tails.
 */
#include <kunit/visibility.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/types.h>

#include "vfio_ccw_cp.h"
#include "vfio_ccw_cp_prog.h"
#include "vfio_ccw_format.h"

/*
 * Find the CCW that the program is suspended at by the channel-program address in
 * the status. PoP figure 16-6: that is the address of the CCW plus 8; accept that
 * of the CCW itself, too.
 */
static bool resume_find_suspended(struct vfio_ccw_cp *cp, u32 host_cpa,
				  struct cp_found *found)
{
	u32 back;

	for (back = VFIO_CCW_CCW_SIZE; ; back -= VFIO_CCW_CCW_SIZE) {
		if (cp_status_find_ccw(cp, host_cpa - back, found) && found->ccw &&
		    found->ccw->iova == found->iova && found->ccw->stop)
			return true;
		if (!back)
			return false;
	}
}

/* Does the host CCW of @c suspend the channel? */
static bool resume_ccw_suspends(const struct cp_ccw *c)
{
	return c->way == CP_CMD && c->kind != CP_TIC && c->kind != CP_GUARD &&
	       c->flags & VFIO_CCW_CCW_F_S;
}

/*
 * BIT(n) of each part that the channel may be in or come to: those with a CCW at
 * which it may be suspended, and those that such a CCW leads into
 */
static u32 resume_parts_needed(const struct vfio_ccw_cp *cp)
{
	const struct cp_segment *s;
	const struct cp_prog *p;
	const struct cp_ccw *c;
	u32 mask = 0;
	u32 own;

	for_each_part(p, cp) {
		if (prog_part_hidden(cp, p))
			continue;
		own = prog_part_index(cp, p);
		for_each_segment(s, p) {
			c = prog_last_ccw(p, s);
			if (c->stop)
				mask |= BIT(c->home ? c->home - 1 : own) |
					BIT(own);
		}
	}
	return mask;
}

/* The resume was refused: the channel is not in the tail that was put in place */
static void resume_forget_fresh(struct vfio_ccw_cp *cp)
{
	const struct cp_prog *p = &cp->prog[cp->fresh];
	const struct cp_segment *s;

	for_each_segment(s, p)
		prog_last_ccw(p, s)->stop = false;
	cp->fresh = CP_NONE;
}

/* The channel is suspended at @found, and so at no other CCW */
static void resume_only_stop(struct vfio_ccw_cp *cp,
			     const struct cp_found *found)
{
	const struct cp_segment *s;
	const struct cp_prog *p;
	struct cp_ccw *c;

	for_each_part(p, cp) {
		for_each_segment(s, p) {
			c = prog_last_ccw(p, s);
			c->stop = c == found->ccw;
		}
	}
}

/*
 * Release the parts that the channel has left behind. Returns one of them, which
 * is free then, or NULL if there is none.
 */
static struct cp_prog *resume_free_part(struct vfio_ccw_cp *cp)
{
	struct cp_prog *found = NULL;
	struct cp_prog *p;

	for_each_part(p, cp) {
		if (!prog_part_hidden(cp, p))
			continue;
		cp_release_part(cp, p);
		found = p;
	}
	return found;
}

/*
 * Does @c need an entry in the tail? While the program runs, only a CCW that still
 * suspends the channel may be rewritten. The channel may have executed any other
 * one, and be about to fetch what follows it.
 */
static bool resume_needs_entry(const struct vfio_ccw_cp *cp,
			       const struct cp_ccw *c)
{
	return c->stop && (!cp->running || resume_ccw_suspends(c));
}

/* Would one more tail leave no part to prepare the next one in? */
static bool resume_too_many_tails(const struct vfio_ccw_cp *cp)
{
	u32 free = cp->hidden & (BIT(CP_PROGS) - 1);

	return cp->running && !(free & (free - 1));
}

/* Give the tail an entry for every CCW at which the channel may be suspended */
static int resume_add_entries(struct vfio_ccw_cp *cp, struct cp_prog *tail)
{
	const struct cp_segment *s;
	const struct cp_prog *p;
	struct cp_ccw *c;
	int err;

	/* One entry may run into another: the index finds that */
	err = cp_fetch_index_ccws(tail);
	if (err)
		return err;
	for_each_part(p, cp) {
		for_each_segment(s, p) {
			c = prog_last_ccw(p, s);
			c->resume = CP_NONE;
			/* The part that it leads into may be gone, and another */
			if (c->home &&
			    prog_part_hidden(cp, &cp->prog[c->home - 1]))
				c->home = 0;
			if (!resume_needs_entry(cp, c))
				continue;
			c->resume = tail->branches.n;
			err = prog_add_branch(tail, c->iova, CP_CMD, false,
					      false);
			if (err)
				return err;
		}
	}
	return 0;
}

/*
 * Is there a CCW at which the channel may be suspended, and which is to go on, or
 * was made to by a resume that was refused? All others would only suspend the
 * channel again: take them out of the tail.
 */
static bool resume_any_goes_on(struct vfio_ccw_cp *cp,
			       const struct cp_prog *tail)
{
	const struct cp_segment *s;
	const struct cp_prog *p;
	struct cp_ccw *c;
	bool any = false;

	for_each_part(p, cp) {
		for_each_segment(s, p) {
			c = prog_last_ccw(p, s);
			if (c->resume == CP_NONE)
				continue;
			if (resume_ccw_suspends(c) &&
			    resume_ccw_suspends(prog_ccw_resumed(tail, c)))
				c->resume = CP_NONE;
			else
				any = true;
		}
	}
	return any;
}

/**
 * vfio_ccw_cp_begin_resume() - a started program may be resumed
 * @cp: the program
 * @suspended: it is suspended, and no resume is pending: the channel executes
 *	nothing until it is resumed
 * @host_cpa: channel-program address of the host's SCSW if it is suspended, or
 *	anything else if the host has not stored one
 *
 * Settles at which CCWs it can be suspended, and which parts of the program the
 * channel has left behind. A suspended one has left every part without a CCW at
 * which it can be suspended, and a tail that was never put in place. One that
 * runs may be in any. vfio_ccw_cp_prepare_resume() may rebuild the parts that were
 * left behind, even if the program ends meanwhile.
 *
 * Context: any, does not sleep; the caller excludes vfio_ccw_cp_complete(),
 *	release and another resume.
 */
void vfio_ccw_cp_begin_resume(struct vfio_ccw_cp *cp, bool suspended,
			      u32 host_cpa)
{
	struct cp_found found;
	struct cp_prog *p;
	u32 parts;

	cp->dirty = true;
	cp->resumed = true;
	cp->running = !suspended;
	for_each_part(p, cp)
		if (!p->dirty || cp->tail == prog_part_index(cp, p))
			cp->hidden |= BIT(prog_part_index(cp, p));
	if (!suspended)
		return;
	if (cp->fresh != CP_NONE)
		resume_forget_fresh(cp);
	if (resume_find_suspended(cp, host_cpa, &found))
		resume_only_stop(cp, &found);
	/* No place of suspension is left: the program runs, and may be in any part */
	parts = resume_parts_needed(cp);
	if (parts)
		cp->hidden = ~parts;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_begin_resume);

/**
 * vfio_ccw_cp_prepare_resume() - translate what follows a suspend flag anew
 * @cp: the started program, after vfio_ccw_cp_begin_resume()
 *
 * PoP chapter 15, "Suspension and Resumption": the channel never executes a CCW
 * with the suspend flag. When it is resumed, or gets there with a resume
 * pending, it fetches that CCW again, as the guest has it now, and all behind
 * it. The program in place is not touched; vfio_ccw_cp_commit_resume() puts the
 * new tail in place.
 *
 * The tail is one for every CCW at which the channel can be suspended, or come
 * to: just one if the program is suspended and the status of that says where.
 *
 * A CCW from which the guest has not taken the suspend flag stays as it is. If
 * there is no other one, no tail is made.
 *
 * Context: process context, may sleep on user memory; the program must not be
 * resumed until the tail is committed. It may end meanwhile, but not be
 * released.
 * Return: 0; -EINVAL if it is suspended and there is no CCW at which it can be;
 * -EBUSY if there are too many by now, because the channel stores no address
 * and the program branches; -E2BIG if it has been resumed too often while it
 * runs (VFIO_CCW_CP_MAX_TAILS); errors as vfio_ccw_cp_translate(). After an
 * error the program is as it was.
 */
int vfio_ccw_cp_prepare_resume(struct vfio_ccw_cp *cp)
{
	struct cp_prog *tail;
	int err;

	if (cp->tail != CP_NONE)
		cp_release_part(cp, &cp->prog[cp->tail]);
	cp->tail = CP_NONE;
	if (!resume_parts_needed(cp))
		return cp->running ? 0 : -EINVAL;
	tail = resume_free_part(cp);
	if (!tail)
		return cp->running ? -E2BIG : -EBUSY;
	tail->dirty = true;
	err = resume_add_entries(cp, tail);
	if (!err && tail->branches.n)
		err = cp_build_tail(cp, tail);
	if (!err && resume_any_goes_on(cp, tail)) {
		cp->tail = prog_part_index(cp, tail);
		if (!resume_too_many_tails(cp))
			return 0;
		cp->tail = CP_NONE;
		err = -E2BIG;
	}
	cp_release_part(cp, tail);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_prepare_resume);

/*
 * Replace CCW @c of @p with that of the tail. It stays a place of suspension until
 * vfio_ccw_cp_resumed() says that the resume is accepted.
 */
static void resume_commit_ccw(const struct vfio_ccw_cp *cp,
			      const struct cp_prog *p, struct cp_ccw *c)
{
	const struct cp_prog *tail = &cp->prog[cp->tail];
	const struct cp_ccw *new = prog_ccw_resumed(tail, c);

	cp_emit_in_place(p, c, tail, new);
	c->flags = new->flags;
	/* What it transfers is noted in the tail alone */
	c->kind = new->kind == CP_TIC || new->kind == CP_GUARD ? new->kind :
								 CP_NOTHING;
	c->reason = new->reason;
	c->home = cp->tail + 1;
	c->resume = CP_NONE;
}

/**
 * vfio_ccw_cp_commit_resume() - let a program go on in its new tail
 * @cp: the program, after vfio_ccw_cp_prepare_resume()
 *
 * Rewrites in place each host CCW that has the suspend flag and that the guest
 * has changed, and the two behind it, so that they lead into the tail. Each is
 * stored whole, the one with the flag last. A channel that runs meanwhile finds
 * one or the other there when it fetches: it is suspended, and the RESUME
 * SUBCHANNEL that the caller issues next lets it fetch again; or it goes on as
 * if it had come later. Does nothing if no tail is prepared.
 *
 * Context: any, does not sleep.
 */
void vfio_ccw_cp_commit_resume(struct vfio_ccw_cp *cp)
{
	const struct cp_segment *s;
	const struct cp_prog *p;
	struct cp_ccw *c;

	if (cp->tail == CP_NONE)
		return;
	/* In all parts, before a CCW of any of them becomes a TIC */
	for_each_part(p, cp)
		cp_emit_links_in_place(cp, p, &cp->prog[cp->tail]);
	for_each_part(p, cp) {
		for_each_segment(s, p) {
			c = prog_last_ccw(p, s);
			if (c->resume != CP_NONE)
				resume_commit_ccw(cp, p, c);
		}
	}
	cp->hidden &= ~BIT(cp->tail);
	/* From now on a running channel may be in it, even if the resume is refused */
	cp->fresh = cp->running ? CP_NONE : cp->tail;
	cp->tail = CP_NONE;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_commit_resume);

/**
 * vfio_ccw_cp_resumed() - a resume is accepted, or was pending already
 * @cp: the program, after vfio_ccw_cp_commit_resume()
 *
 * A suspended program has left the place where it was suspended, unless the CCW
 * there has the flag again. The channel fetches anew each CCW that it comes to, so
 * it can be suspended only at host CCWs that have the flag now.
 *
 * Context: any, does not sleep; the caller excludes the other functions but
 * vfio_ccw_cp_uses().
 */
void vfio_ccw_cp_resumed(struct vfio_ccw_cp *cp)
{
	const struct cp_segment *s;
	const struct cp_prog *p;
	struct cp_ccw *c;

	for_each_part(p, cp) {
		if (prog_part_hidden(cp, p))
			continue;
		for_each_segment(s, p) {
			c = prog_last_ccw(p, s);
			c->stop = c->stop && resume_ccw_suspends(c);
		}
	}
	cp->fresh = CP_NONE;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_resumed);
