// SPDX-License-Identifier: GPL-2.0
/*
 * Channel programs: CCWs, from guest storage to records
 *
 * Owns: how the guest's program is read: each CCW once, segment by segment, and
 * where it goes on from each.
 *
 * What the guest got wrong is judged by the channel: a *guard*, an all-zero
 * doubleword, stands where a CCW cannot be used. It is a program check at the
 * CCW in question.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#include "vfio_ccw_cp_prog.h"
#include "vfio_ccw_format.h"

/* Most CCWs in one segment, 32 KiB; one more where two must stay together */
#define CP_SEGMENT_MAX	4096U

/*
 * Read what follows @iova in its page, up to the size of the next read. All or
 * nothing: *@fault says why there is nothing, or CP_OK.
 */
static __always_inline int fetch_chunk(struct vfio_ccw_cp *cp,
				       struct cp_prog *p, u32 iova,
				       enum cp_reason *fault)
{
	u32 len = min(cp->chunk_next, prog_page_room(iova));
	int err;

	cp->chunk_len = 0;
	cp->chunk_next = CP_CHUNK_MAX;
	err = prog_read_guest(cp, p, iova, cp->chunk, len, fault);
	if (err || *fault)
		return err;
	cp->chunk_iova = iova;
	cp->chunk_len = len;
	return 0;
}

/*
 * The index finds a CCW by its address and the way in which it is reached. It is
 * built when the program first branches. It is a binary tree: the bits of a key
 * lead from the root, CCW 0, to the first free place. No path is longer than a
 * key, whatever addresses the guest chooses.
 */

static u32 *fetch_children_of(const struct cp_prog *p, u32 i)
{
	return p->nodes.p[i].child;
}

/* The low bits come first, in which the CCWs of one program differ most */
static u64 fetch_key_of(u32 iova, enum cp_way way)
{
	u32 low = iova % VFIO_CCW_CCW_SIZE;

	return (u64)way << 32 | low << 29 | iova / VFIO_CCW_CCW_SIZE;
}

static u32 fetch_find_ccw(const struct cp_prog *p, u32 iova, enum cp_way way)
{
	u64 key = fetch_key_of(iova, way);
	u32 i = p->nodes.n ? 0 : CP_NONE;
	const struct cp_ccw *c;

	for (; i != CP_NONE; key >>= 1) {
		c = prog_ccw(p, i);
		if (c->iova == iova && c->way == way)
			break;
		i = fetch_children_of(p, i)[key & 1];
	}
	return i;
}

/* Add CCW @i, which has a node, to the index; no other CCW has its key */
static void fetch_index_ccw(struct cp_prog *p, u32 i)
{
	const struct cp_ccw *c = prog_ccw(p, i);
	u64 key = fetch_key_of(c->iova, c->way);
	u32 root = i ? 0 : CP_NONE;
	u32 *at = &root;

	for (; *at != CP_NONE; key >>= 1)
		at = &fetch_children_of(p, *at)[key & 1];
	fetch_children_of(p, i)[0] = CP_NONE;
	fetch_children_of(p, i)[1] = CP_NONE;
	*at = i;
}

/**
 * cp_fetch_index_ccws() - from now on, find CCWs by their address
 * @p: the program
 *
 * Adds the records that are not in the index yet. From then on each CCW that is
 * fetched is added, too.
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int cp_fetch_index_ccws(struct cp_prog *p)
{
	u32 more = p->ccws.n - p->nodes.n;
	int err;

	p->indexed = true;
	err = vec_reserve(&p->nodes, more);
	if (err)
		return err;
	for (; more; more--) {
		fetch_index_ccw(p, p->nodes.n);
		p->nodes.n++;
	}
	return 0;
}

/* One CCW and what it names */

/*
 * Output may be copied when the program starts if, of these, the ORB has P alone.
 * With S the guest may change the data before a resume, with M at any time; and a
 * storage key has to be compared by the channel.
 */
#define CP_ORB_COPY	(VFIO_CCW_ORB_P | VFIO_CCW_ORB_S | VFIO_CCW_ORB_M | \
			 VFIO_CCW_ORB_KEY)

static int fetch_plan_direct(struct vfio_ccw_cp *cp, struct cp_prog *p,
			     struct cp_ccw *c)
{
	u32 room = c->dir == CP_BACK ? c->addr + 1 : cp->limit - c->addr;
	u32 *copy;

	c->kind = CP_DIRECT;
	if (c->count > room) {
		c->good = room;
		c->reason = CP_PROG;
	}
	if (c->dir != CP_OUT || c->good > CP_COPY_MAX || c->reason ||
	    (cp->orb & CP_ORB_COPY) != VFIO_CCW_ORB_P)
		return cp_pin_add_direct(p, c);

	copy = vec_push(&p->copies);
	if (!copy)
		return -ENOMEM;
	*copy = c - prog_ccw(p, 0);
	c->kind = CP_COPY;
	return 0;
}

static __always_inline void fetch_decode_ccw(const struct vfio_ccw_cp *cp,
					     struct cp_ccw *c, const void *raw)
{
	const struct vfio_ccw_ccw0 *ccw0 = raw;
	const struct vfio_ccw_ccw1 *ccw1 = raw;

	if (cp->fmt1) {
		c->cmd = ccw1->cmd;
		c->flags = ccw1->flags;
		c->count = be16_to_cpu(ccw1->count);
		c->addr = be32_to_cpu(ccw1->cda);
		return;
	}
	c->cmd = ccw0->cmd;
	c->flags = ccw0->flags;
	c->count = be16_to_cpu(ccw0->count);
	c->addr = ccw0->cda[0] << 16 | ccw0->cda[1] << 8 | ccw0->cda[2];
}

/*
 * PoP chapter 15, "Transfer in Channel". In format 0 the low four bits of the
 * command make a TIC, in format 1 all eight. Other commands of format 1 that end
 * in these four bits are invalid, except in a data chain, which ignores commands.
 */
static bool fetch_is_tic(const struct vfio_ccw_cp *cp, const struct cp_ccw *c)
{
	if (cp->fmt1)
		return c->cmd == VFIO_CCW_CCW_CMD_TIC;
	return (c->cmd & 0x0f) == VFIO_CCW_CCW_CMD_TIC;
}

static bool fetch_tic_valid(const struct vfio_ccw_cp *cp,
			    const struct cp_ccw *c)
{
	return !cp->fmt1 || (!c->flags && !c->count && c->addr < CP_LIMIT_31);
}

/* PoP chapter 15, "CCW Flags" and "Count"; chapter 16, "Program Check" */
static bool fetch_ccw_valid(const struct vfio_ccw_cp *cp,
			    const struct cp_ccw *c)
{
	if (c->dir == CP_CMD || c->addr >= cp->limit)
		return false;
	/* The suspend flag needs the ORB's consent, and is invalid in a data chain */
	if (c->flags & VFIO_CCW_CCW_F_S &&
	    (!(cp->orb & VFIO_CCW_ORB_S) || c->way != CP_CMD))
		return false;
	if (c->flags & VFIO_CCW_CCW_F_MIDA &&
	    (!(cp->orb & VFIO_CCW_ORB_D) ||
	     c->flags & (VFIO_CCW_CCW_F_IDA | VFIO_CCW_CCW_F_SKIP)))
		return false;
	if (c->count)
		return true;
	return cp->fmt1 && c->way == CP_CMD &&
	       !(c->flags & VFIO_CCW_CCW_F_CD);
}

/* NO-OP never transfers data, nor does input that is skipped */
static bool fetch_transfers_nothing(const struct cp_ccw *c)
{
	if (!c->count)
		return true;
	if (c->way == CP_CMD && c->cmd == VFIO_CCW_CCW_CMD_NOOP)
		return true;
	return c->dir != CP_OUT && (c->flags & VFIO_CCW_CCW_F_SKIP);
}

static int fetch_plan_ccw(struct vfio_ccw_cp *cp, struct cp_prog *p,
			  struct cp_ccw *c)
{
	c->dir = c->way == CP_CMD ? prog_direction_of(c->cmd) : c->way;
	if (!fetch_ccw_valid(cp, c)) {
		prog_set_guard(c, CP_PROG);
		return 0;
	}
	c->good = c->count;
	/* The channel suspends before it executes this: a resume fetches it again */
	c->stop = c->flags & VFIO_CCW_CCW_F_S;
	if (c->stop || fetch_transfers_nothing(c)) {
		c->kind = CP_NOTHING;
		return 0;
	}
	if (c->flags & VFIO_CCW_CCW_F_MIDA)
		return cp_ida_plan_midal(cp, p, c);
	if (c->flags & VFIO_CCW_CCW_F_IDA)
		return cp_ida_plan_idal(cp, p, c);
	return fetch_plan_direct(cp, p, c);
}

/* Can there be a CCW at @iova? */
static bool fetch_ccw_reachable(const struct vfio_ccw_cp *cp, u32 iova)
{
	return iova % VFIO_CCW_CCW_SIZE == 0 && iova < cp->limit;
}

/*
 * The CCW at @iova: in the chunk, or read with what follows. Returns 0 or -errno;
 * *@fault says why no CCW can be fetched from there, or CP_OK.
 */
static __always_inline int fetch_ahead(struct vfio_ccw_cp *cp,
				       struct cp_prog *p, u32 iova,
				       const u8 **raw, enum cp_reason *fault)
{
	*fault = CP_PROG;
	if (!fetch_ccw_reachable(cp, iova))
		return 0;
	*fault = CP_OK;
	*raw = prog_in_chunk(cp, iova, VFIO_CCW_CCW_SIZE);
	if (*raw)
		return 0;
	*raw = cp->chunk;
	return fetch_chunk(cp, p, iova, fault);
}

/* Read CCW @c; one that cannot be read becomes a guard */
static int fetch_raw(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     struct cp_ccw *c)
{
	enum cp_reason fault;
	const u8 *raw;
	int err;

	err = fetch_ahead(cp, p, c->iova, &raw, &fault);
	if (err)
		return err;
	if (fault) {
		prog_set_guard(c, fault);
		c->no_ccw = true;
		return 0;
	}
	fetch_decode_ccw(cp, c, raw);
	return 0;
}

/* PoP chapter 15, "Transfer in Channel": a TIC must not lead to a TIC */
static int fetch_plan_tic(const struct vfio_ccw_cp *cp, struct cp_ccw *c,
			  bool second)
{
	if (second)
		c->way = CP_SECOND_TIC;
	if (fetch_tic_valid(cp, c) && !second)
		c->kind = CP_TIC;
	else
		prog_set_guard(c, CP_PROG);
	return 0;
}

static int fetch_ccw(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     const struct cp_branch *b, bool first)
{
	struct cp_ccw *c;
	int err;

	if (p->ccws.n == VFIO_CCW_CP_MAX_CCWS)
		return -E2BIG;
	err = vec_reserve(&p->ccws, 1);
	if (err)
		return err;
	c = prog_ccw(p, p->ccws.n);
	*c = (struct cp_ccw){
		.iova = b->iova,
		.way = b->way,
		.segment = p->segments.n - 1,
		.extent = CP_NONE,
		.resume = CP_NONE,
		.skippable = b->chained,
	};
	err = fetch_raw(cp, p, c);
	if (!err && c->kind != CP_GUARD)
		err = fetch_is_tic(cp, c) ?
			fetch_plan_tic(cp, c, first && b->by_tic) :
			fetch_plan_ccw(cp, p, c);
	if (err)
		return err;
	p->ccws.n++;
	return p->indexed ? cp_fetch_index_ccws(p) : 0;
}

/*
 * May @c end with status modifier, so that the channel skips the next CCW? The
 * SEARCH commands of disks do that when they find their record. The command of a
 * data chain is not known here: any output chain may be one.
 */
static bool fetch_ccw_searches(const struct cp_ccw *c)
{
	if (c->way != CP_CMD)
		return c->way == CP_OUT;
	/* Test the bits first in which most commands are not a search */
	return c->cmd & 0x60 && (c->cmd & 0x03) == 0x01 &&
		(c->cmd & 0x0f) != 0x05;
}

/* Can a search skip @c, the last CCW of a chain, and run on behind it? */
static bool fetch_passed_over(const struct cp_ccw *c)
{
	return c->skippable && fetch_ccw_searches(c - 1);
}

/* Move @b to what follows the CCW just fetched; *@more is false if nothing does */
static int fetch_follow_ccw(struct vfio_ccw_cp *cp, struct cp_prog *p,
			    struct cp_branch *b, bool *more)
{
	struct cp_ccw *c = prog_ccw(p, p->ccws.n - 1);
	int err;

	/* A status modifier may skip a TIC or a guard */
	*more = b->chained;
	b->iova += VFIO_CCW_CCW_SIZE;
	if (c->kind == CP_GUARD) {
		b->chained = false;
		b->way = CP_CMD;
		return 0;
	}
	if (c->kind == CP_TIC) {
		b->chained = false;
		c->first = p->branches.n;
		err = cp_fetch_index_ccws(p);
		if (err)
			return err;
		err = prog_add_branch(p, c->addr, c->way, true, false);
		b->way = CP_CMD;
		return err;
	}
	b->chained = false;
	if (c->flags & VFIO_CCW_CCW_F_CD) {
		b->way = c->dir;
	} else if (c->flags & VFIO_CCW_CCW_F_CC) {
		b->way = CP_CMD;
		b->chained = true;
	} else {
		b->way = CP_CMD;
		*more = fetch_passed_over(c);
		return 0;
	}
	*more = true;
	return 0;
}

/* CCWs of the usual kind */

/* Flags that a CCW of the usual kind may have */
#define CP_FLAGS_PLAIN	(VFIO_CCW_CCW_F_CC | VFIO_CCW_CCW_F_SLI | \
			 VFIO_CCW_CCW_F_PCI | VFIO_CCW_CCW_F_IDA)

/*
 * Decode @c from @raw. True if it is of the usual kind: a valid command with a
 * count, and no flag that makes it depend on other CCWs. False leaves it to
 * fetch_ccw(), which knows all kinds.
 */
static __always_inline bool fetch_decode_plain(const struct vfio_ccw_cp *cp,
					       struct cp_ccw *c,
					       const void *raw)
{
	fetch_decode_ccw(cp, c, raw);
	c->dir = prog_direction_of(c->cmd);
	c->good = c->count;
	return likely(!(c->flags & ~CP_FLAGS_PLAIN) && c->dir != CP_CMD &&
		      c->count && c->addr < cp->limit);
}

static __always_inline int fetch_plan_plain(struct vfio_ccw_cp *cp,
					    struct cp_prog *p, struct cp_ccw *c)
{
	if (c->cmd == VFIO_CCW_CCW_CMD_NOOP) {
		c->kind = CP_NOTHING;
		return 0;
	}
	if (c->flags & VFIO_CCW_CCW_F_IDA)
		return cp_ida_plan_idal(cp, p, c);
	if (c->dir != CP_IN || c->count > cp->limit - c->addr)
		return fetch_plan_direct(cp, p, c);
	c->kind = CP_DIRECT;
	return cp_pin_add_direct(p, c);
}

/*
 * Fetch CCWs of the usual kind that are command-chained, for as long as they lie
 * in the chunk and there is room for their records. The program must not have
 * branched. *@more is false after the last CCW of the program.
 */
static __always_inline int fetch_plain(struct vfio_ccw_cp *cp,
				       struct cp_prog *p, struct cp_segment *s,
				       struct cp_branch *b, bool *more)
{
	struct cp_ccw *c = prog_ccw(p, p->ccws.n);
	u32 segment = p->segments.n - 1;
	bool chained = b->chained;
	u32 iova = b->iova;
	enum cp_reason fault;
	u32 room, left;
	const u8 *raw;
	int err;

	err = fetch_ahead(cp, p, iova, &raw, &fault);
	/* fetch_any() makes guards, and ends segments that are full */
	if (err || fault ||
	    s->ccws > CP_SEGMENT_MAX - CP_CHUNK_MAX / VFIO_CCW_CCW_SIZE)
		return err;
	room = (cp->chunk_iova + cp->chunk_len - iova) / VFIO_CCW_CCW_SIZE;
	room = min(room, p->ccws.max - p->ccws.n);
	for (left = room; left; ) {
		*c = (struct cp_ccw){
			.iova = iova,
			.segment = segment,
			.extent = CP_NONE,
			.resume = CP_NONE,
			.skippable = chained,
		};
		if (!fetch_decode_plain(cp, c, raw))
			break;
		err = fetch_plan_plain(cp, p, c);
		if (unlikely(err))
			break;
		chained = c->flags & VFIO_CCW_CCW_F_CC;
		left--;
		if (!chained) {
			*more = false;
			break;
		}
		iova += VFIO_CCW_CCW_SIZE;
		raw += VFIO_CCW_CCW_SIZE;
		c++;
	}
	b->iova = iova;
	b->chained = chained;
	p->ccws.n += room - left;
	s->ccws += room - left;
	return err;
}

/* Segments, and what leads from one to another */

/*
 * True if @c, fetched as part of a data chain, would translate differently when a
 * status modifier skips the head of the chain and makes @c a command.
 */
static bool fetch_ccw_ambiguous(const struct cp_ccw *c)
{
	enum cp_way dir = prog_direction_of(c->cmd);

	if (c->way == CP_CMD || c->no_ccw)
		return false;
	return c->kind == CP_TIC ||
	       (dir != CP_CMD && (c->kind == CP_GUARD || dir != c->way));
}

static __always_inline int fetch_new_segment(struct cp_prog *p, u32 iova)
{
	struct cp_segment *s;

	if (p->segments.n == VFIO_CCW_CP_MAX_SEGMENTS)
		return -E2BIG;
	s = vec_push(&p->segments);
	if (!s)
		return -ENOMEM;
	*s = (struct cp_segment){
		.iova = iova,
		.first = p->ccws.n,
		.link = CP_NONE,
		.link_skip = CP_NONE,
		.branch_skip = CP_NONE,
	};
	return 0;
}

/*
 * An ambiguous CCW follows the head of its data chain, which a status modifier
 * may skip. One host CCW cannot be both a part of the chain and a command: make
 * the chain, from its head on, a segment of its own, and fetch the CCW a second
 * time, as a command, for the way that skips the head. @ccws is how many CCWs at
 * the end are of that chain. @link is the ambiguous CCW if that has been fetched
 * before, so that only the head is new, or CP_NONE.
 */
static int fetch_split_chain(struct cp_prog *p, u32 ccws, u32 link)
{
	u32 head = p->ccws.n - ccws;
	u32 iova = prog_ccw(p, head)->iova;
	u32 at = prog_ccw(p, head)->segment;
	struct cp_segment *s = prog_segment(p, at);
	u32 i;
	int err;

	err = cp_fetch_index_ccws(p);
	if (err)
		return err;
	if (s->ccws > ccws) {
		err = fetch_new_segment(p, iova);
		if (err)
			return err;
		s = prog_segment(p, at);
		s->ccws -= ccws;
		s->link = head;
		s->branch_skip = p->branches.n;
		at = p->segments.n - 1;
		s = prog_segment(p, at);
		s->first = head;
		s->ccws = ccws;
		for (i = head; i < p->ccws.n; i++)
			prog_ccw(p, i)->segment = at;
	}
	s->link = link;
	return prog_add_branch(p, iova + VFIO_CCW_CCW_SIZE, CP_CMD, false,
			       false);
}

/*
 * The program runs into CCW @i, which has been fetched before: end the segment
 * with a TIC to it. If a status modifier may skip CCW @i, a second TIC leads to
 * what follows it. Behind a TIC, a guard or a place of suspension that may not be
 * fetched yet, and needs a branch.
 */
static int fetch_link_segment(struct cp_prog *p, struct cp_segment *s, u32 i,
			      const struct cp_branch *b)
{
	const struct cp_ccw *c = prog_ccw(p, i);
	u32 next = prog_ccw_behind(p, i, 1);

	if (fetch_ccw_ambiguous(c) && prog_ccw(p, p->ccws.n - 1)->skippable)
		return fetch_split_chain(p, 1, i);
	s->link = i;
	if (!b->chained)
		return 0;
	if (c->kind != CP_TIC && c->kind != CP_GUARD && !c->stop &&
	    (c->flags & (VFIO_CCW_CCW_F_CC | VFIO_CCW_CCW_F_CD) ||
	     !fetch_ccw_searches(prog_ccw(p, p->ccws.n - 1))) &&
	    (next == CP_NONE || !fetch_ccw_ambiguous(prog_ccw(p, next)))) {
		s->branch_skip = CP_LOOKUP;
		return 0;
	}
	s->branch_skip = p->branches.n;
	return prog_add_branch(p, b->iova + VFIO_CCW_CCW_SIZE, CP_CMD, false,
			       false);
}

/*
 * The first two CCWs of a data chain whose head may be skipped go into the same
 * segment, from which fetch_split_chain() may have to take both.
 */
static bool fetch_segment_full(const struct cp_prog *p,
			       const struct cp_segment *s,
			       const struct cp_branch *b)
{
	return s->ccws >= CP_SEGMENT_MAX &&
		(b->way == CP_CMD || !prog_ccw(p, p->ccws.n - 1)->skippable);
}

/* Segment @s is full: begin another one, which it leads to */
static int fetch_continue_segment(struct cp_prog *p, struct cp_segment *s,
				  const struct cp_branch *b)
{
	s->link = p->ccws.n;
	if (b->chained)
		s->branch_skip = CP_LOOKUP;
	return fetch_new_segment(p, b->iova);
}

/* The index of the CCW that branch @b leads to, or CP_NONE if not fetched yet */
static u32 fetch_find_branch(const struct cp_prog *p, const struct cp_branch *b)
{
	u32 i;

	if (!p->indexed)
		return CP_NONE;
	i = fetch_find_ccw(p, b->iova, b->way);
	if (b->by_tic && (i == CP_NONE || prog_ccw(p, i)->kind == CP_TIC))
		i = fetch_find_ccw(p, b->iova, CP_SECOND_TIC);
	return i;
}

/*
 * @c, just fetched, has the suspend flag. The channel executes neither it nor
 * what follows it before a resume, which fetches both again. So @c ends its
 * segment, and the two guards behind it belong to it alone: a resume makes them
 * lead into the tail, even while the channel runs. What follows is fetched only
 * for a status modifier that skips @c, as a branch.
 */
static int fetch_end_at_stop(struct cp_prog *p, const struct cp_ccw *c)
{
	return c->skippable ? fetch_split_chain(p, 1, CP_NONE) : 0;
}

/*
 * As fetch_follow_ccw(), for the last CCW of a chain that fetch_plain() fetched
 */
static __always_inline bool fetch_passes_end(const struct cp_prog *p,
					     struct cp_branch *b)
{
	if (likely(!fetch_passed_over(prog_ccw(p, p->ccws.n - 1))))
		return false;
	b->iova += VFIO_CCW_CCW_SIZE;
	return true;
}

/* Add one CCW of any kind to the last segment, or end that segment before it */
static int fetch_any(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     struct cp_branch *b, bool *more)
{
	struct cp_segment *s = prog_segment(p, p->segments.n - 1);
	bool first = !s->ccws;
	struct cp_ccw *c;
	int err = 0;
	u32 i;

	i = first ? CP_NONE : fetch_find_ccw(p, b->iova, b->way);
	if (i != CP_NONE) {
		*more = false;
		return fetch_link_segment(p, s, i, b);
	}
	if (fetch_segment_full(p, s, b))
		err = fetch_continue_segment(p, s, b);
	if (!err)
		err = fetch_ccw(cp, p, b, first);
	if (err)
		return err;
	s = prog_segment(p, p->segments.n - 1);
	s->ccws++;
	c = prog_ccw(p, p->ccws.n - 1);
	if (c->stop) {
		*more = false;
		return fetch_end_at_stop(p, c);
	}
	if (s->ccws > 1 && c[-1].skippable && fetch_ccw_ambiguous(c))
		err = fetch_split_chain(p, 2, CP_NONE);
	return err ?: fetch_follow_ccw(cp, p, b, more);
}

/*
 * Fetch from branch @at on, until the program ends, leaves by a TIC, or runs into
 * a CCW that has been fetched before. A full segment goes on in another one.
 */
static int fetch_segment(struct vfio_ccw_cp *cp, struct cp_prog *p, u32 at)
{
	struct cp_branch *branch = prog_branch(p, at);
	struct cp_branch b = *branch;
	bool more = true;
	int err;

	branch->ccw = fetch_find_branch(p, &b);
	if (branch->ccw != CP_NONE)
		return 0;
	branch->ccw = p->ccws.n;
	err = fetch_new_segment(p, b.iova);
	while (!err) {
		if (likely(!p->indexed && b.way == CP_CMD)) {
			err = fetch_plain(cp, p,
					  prog_segment(p, p->segments.n - 1),
					  &b, &more);
			/* The first CCW of a program cannot be skipped */
			if (!err && !more && p->ccws.n > 1)
				more = fetch_passes_end(p, &b);
			if (err || likely(!more))
				break;
		}
		err = fetch_any(cp, p, &b, &more);
		if (!more)
			break;
	}
	return err;
}

/* Find out where the second TIC at the end of each segment leads */
static void fetch_resolve_links(struct cp_prog *p)
{
	struct cp_segment *s;
	struct cp_ccw *c;

	for_each_segment(s, p) {
		if (s->branch_skip == CP_NONE)
			continue;
		if (s->branch_skip != CP_LOOKUP) {
			s->link_skip = prog_branch(p, s->branch_skip)->ccw;
			continue;
		}
		c = prog_ccw(p, s->link);
		s->link_skip = fetch_find_ccw(p, c->iova + VFIO_CCW_CCW_SIZE,
					      CP_CMD);
		if (s->link_skip == CP_NONE)
			s->link_skip = prog_ccw_behind(p, s->link, 1);
	}
}

/**
 * cp_fetch_program() - fetch from the branches that are there on
 * @cp: the channel-program object
 * @p: the program
 *
 * Whatever is wrong with the guest's program becomes a guard. Pages that are to
 * be pinned are noted as extents, small output as cp_prog.copies.
 *
 * Context: process context, may sleep on user memory.
 * Return: 0; -E2BIG if one of the VFIO_CCW_CP_MAX_* is exceeded; -ENOMEM; any
 * other error of the memory ops that is not the guest's.
 */
int cp_fetch_program(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	u32 at;
	int err = 0;

	cp->chunk_len = 0;
	cp->chunk_next = CP_CHUNK_FIRST;
	for (at = 0; !err && at < p->branches.n; at++)
		err = fetch_segment(cp, p, at);
	/* One segment alone has nothing to be linked to */
	if (!err && p->segments.n > 1)
		fetch_resolve_links(p);
	return err;
}
