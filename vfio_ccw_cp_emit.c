// SPDX-License-Identifier: GPL-2.0
/*
 * Channel programs: records to host CCWs and lists
 *
 * Owns: every word that the channel fetches, those that a resume rewrites and
 * the ORB included.
 *
 * Invariants:
 *   - Every slot that follows the last CCW of a segment is a guard or a TIC of
 *     the driver: the channel never runs on into unrelated memory.
 *   - What the guest got wrong is judged by the channel: a *guard*, an all-zero
 *     doubleword, stands where the CCW cannot be used, and a *poisoned* data
 *     address, one that the architecture does not allow, stands where the data
 *     cannot be reached. Both are a program check at the CCW in question.
 */
#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#include "vfio_ccw_cp.h"
#include "vfio_ccw_cp_prog.h"
#include "vfio_ccw_format.h"

/*
 * A poisoned address is invalid in two ways, for a channel that checks only one.
 * An IDAW of CP_POISON is not on a block boundary (CP_POISON_BACK: not at the end
 * of a block), and no machine has storage there. A CCW whose first data address
 * is poisoned has its IDAL at offset CP_POISON_OFF of the driver's own page, which
 * is not a doubleword boundary, and finds CP_POISON there.
 */
#define CP_POISON	0x7ffffffffffff001ULL
#define CP_POISON_BACK	0x7ffffffffffff000ULL
#define CP_POISON_OFF	4U

/**
 * cp_emit_null_page() - prepare the driver's own page
 * @cp: the channel-program object, with a page of zeros
 *
 * Puts the poisoned IDAW there that a CCW names whose first data address is
 * poisoned.
 *
 * Context: any; nobody else uses @cp yet.
 */
void cp_emit_null_page(struct vfio_ccw_cp *cp)
{
	const __be64 poison = cpu_to_be64(CP_POISON);

	memcpy(cp->null + CP_POISON_OFF, &poison, sizeof(poison));
}

/**
 * struct cp_list - a host IDAL or MIDAL in the making
 * @w: its words
 * @n: number of words so far
 * @extent: extent in which the last page was found
 * @reason: why it ends with a poisoned address, or CP_OK
 */
struct cp_list {
	__be64 *w;
	u32 n;
	const struct cp_extent *extent;
	enum cp_reason reason;
};

static struct cp_list emit_new_list(const struct cp_prog *p,
				    const struct cp_ccw *c)
{
	return (struct cp_list){ .extent = prog_extent(p, c->extent) };
}

static enum cp_reason emit_host_reason(u64 host, u8 dir)
{
	if (host & (dir == CP_OUT ? CP_HOST_PROT_READ : CP_HOST_PROT_WRITE))
		return CP_PROT;
	if (host & (dir == CP_OUT ? CP_HOST_NO_READ : CP_HOST_NO_WRITE))
		return CP_PROG;
	return CP_OK;
}

/*
 * The host address of guest address @addr, for direction @dir. The search goes on
 * from the extent of the address before: addresses are emitted in the order in
 * which they were planned. @end is the end of the extents.
 */
static __always_inline u64 emit_host_addr_before(const struct cp_prog *p,
						 const struct cp_extent *end,
						 struct cp_list *list, u64 addr,
						 u8 dir)
{
	const struct cp_extent *e = list->extent;
	u64 page = addr >> CP_PAGE_SHIFT;
	u64 host;

	for (; unlikely(page - e->page >= e->pages); list->extent = e) {
		/* Not reached: every address emitted was planned before */
		if (WARN_ON_ONCE(++e == end)) {
			list->reason = CP_PROG;
			return 0;
		}
	}
	host = *prog_host(p, e->host + (u32)(page - e->page));
	if (unlikely(host & CP_PAGE_MASK)) {
		list->reason = emit_host_reason(host, dir);
		host &= ~(u64)CP_PAGE_MASK;
	}
	return host | (addr & CP_PAGE_MASK);
}

static __always_inline u64 emit_host_addr(const struct cp_prog *p,
					  struct cp_list *list, u64 addr,
					  u8 dir)
{
	return emit_host_addr_before(p, prog_extent(p, p->extents.n), list,
				     addr, dir);
}

/* Add IDAWs for @len bytes from @addr up, or for read backward from @addr down */
static void emit_put_area(struct vfio_ccw_cp *cp, const struct cp_prog *p,
			  struct cp_list *list, u64 addr, u32 len, u8 dir)
{
	u32 block = cp->host_block;
	u64 host;
	u32 n;

	while (len) {
		host = emit_host_addr(p, list, addr, dir);
		if (list->reason)
			return;
		list->w[list->n++] = cpu_to_be64(host);
		if (dir == CP_BACK) {
			n = min_t(u32, len, (addr & (block - 1)) + 1);
			addr -= n;
		} else {
			n = min_t(u32, len, block - (addr & (block - 1)));
			addr += n;
		}
		len -= n;
	}
}

static void emit_put_idaws(const struct cp_prog *p, struct cp_list *list,
			   const struct cp_ccw *c)
{
	const u64 *word = p->words.p + c->first;
	const u64 *end = word + c->words;
	const struct cp_extent *last = prog_extent(p, p->extents.n);
	struct cp_list l = *list;
	__be64 *to = l.w;
	u64 host;

	for (; word < end; word++) {
		host = emit_host_addr_before(p, last, &l, *word, c->dir);
		if (unlikely(l.reason))
			break;
		*to++ = cpu_to_be64(host);
	}
	list->n = to - l.w;
	list->reason = l.reason;
}

static __always_inline u64 emit_make_ccw(const struct cp_ccw *c, u8 flags,
					 u32 cda)
{
	u8 cmd = c->cmd;

	/*
	 * The channel ignores the command of a CCW in a data chain, unless a
	 * status modifier skips the head of the chain and makes this a command.
	 * Then only the direction that the data is pinned for is safe; zero is
	 * a program check.
	 */
	if (c->way != CP_CMD && prog_direction_of(cmd) != c->dir)
		cmd = 0;
	return (u64)cmd << 56 | (u64)flags << 48 | (u64)c->count << 32 | cda;
}

static u64 emit_make_tic(u32 host)
{
	return (u64)VFIO_CCW_CCW_CMD_TIC << 56 | host;
}

static u8 emit_plain_flags(const struct cp_ccw *c)
{
	return c->flags & ~(VFIO_CCW_CCW_F_IDA | VFIO_CCW_CCW_F_MIDA);
}

/* A CCW whose first data address is poisoned */
static u64 emit_poisoned_ccw(const struct vfio_ccw_cp *cp, struct cp_ccw *c,
			     enum cp_reason reason)
{
	c->reason = reason;
	return emit_make_ccw(c, emit_plain_flags(c) | VFIO_CCW_CCW_F_IDA,
			     cp->null_host + CP_POISON_OFF);
}

/* A CCW with the IDAL @list at @host */
static u64 emit_finish_idal(const struct vfio_ccw_cp *cp, struct cp_ccw *c,
			    struct cp_list *list, u32 host)
{
	if (list->reason)
		c->reason = list->reason;
	if (!c->reason)
		return emit_make_ccw(c, emit_plain_flags(c) |
				     VFIO_CCW_CCW_F_IDA, host);
	if (!list->n)
		return emit_poisoned_ccw(cp, c, c->reason);
	list->w[list->n] = cpu_to_be64(c->dir == CP_BACK ? CP_POISON_BACK :
							   CP_POISON);
	return emit_make_ccw(c, emit_plain_flags(c) | VFIO_CCW_CCW_F_IDA, host);
}

/* An IDAL that names the driver's own page for any count; one for each program */
static u32 emit_null_list(struct vfio_ccw_cp *cp, struct cp_prog *p, bool back)
{
	u32 n = BIT(16) / cp->host_block;
	u32 *host = back ? &p->null_list_back : &p->null_list;
	__be64 *w;
	u32 i;

	if (*host)
		return *host;
	w = prog_alloc(cp, p, n * sizeof(*w), host);
	if (!w)
		return 0;
	for (i = 0; i < n; i++)
		w[i] = cpu_to_be64(cp->null_host +
				   (back ? cp->host_block - 1 : 0));
	return *host;
}

/* Where a CCW of up to 4 KiB that transfers nothing points */
static __always_inline u32 emit_null_addr(const struct vfio_ccw_cp *cp,
					  const struct cp_ccw *c)
{
	return cp->null_host + (c->dir == CP_BACK ? CP_PAGE_SIZE - 1 : 0);
}

/* A count beyond 4 KiB needs a list: the driver has but one page of its own */
static int emit_nothing(struct vfio_ccw_cp *cp, struct cp_prog *p,
			struct cp_ccw *c, u64 *ccw)
{
	u32 host = emit_null_list(cp, p, c->dir == CP_BACK);

	if (!host)
		return -ENOMEM;
	*ccw = emit_make_ccw(c, emit_plain_flags(c) | VFIO_CCW_CCW_F_IDA, host);
	return 0;
}

static int emit_copy(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     struct cp_ccw *c, u64 *ccw)
{
	u32 host;
	void *to;

	to = prog_alloc(cp, p, c->good, &host);
	if (!to)
		return -ENOMEM;
	memcpy(to, p->bytes.p + c->first, c->good);
	*ccw = emit_make_ccw(c, emit_plain_flags(c), host);
	return 0;
}

/* Can the host CCW address its data directly? Within a page that 31 bits reach */
static bool emit_stays_direct(const struct cp_ccw *c, u64 host)
{
	u32 off = host & CP_PAGE_MASK;

	if (c->reason || host >= CP_LIMIT_31)
		return false;
	return c->dir == CP_BACK ? c->count <= off + 1 :
				   c->count <= CP_PAGE_SIZE - off;
}

/* The data crosses a page, or lies beyond what a CCW can address */
static noinline int emit_direct_as_idal(struct vfio_ccw_cp *cp,
					struct cp_prog *p, struct cp_ccw *c,
					u64 *ccw)
{
	struct cp_list list = emit_new_list(p, c);
	u32 n, at;

	n = prog_idaws_needed(cp->host_block, c->addr, c->good, c->dir) + 1;
	list.w = prog_alloc(cp, p, n * sizeof(*list.w), &at);
	if (!list.w)
		return -ENOMEM;
	emit_put_area(cp, p, &list, c->addr, c->good, c->dir);
	*ccw = emit_finish_idal(cp, c, &list, at);
	return 0;
}

static __always_inline int emit_direct(struct vfio_ccw_cp *cp,
				       struct cp_prog *p, struct cp_ccw *c,
				       u64 *ccw)
{
	struct cp_list list = emit_new_list(p, c);
	u64 host = emit_host_addr(p, &list, c->addr, c->dir);

	if (unlikely(list.reason))
		*ccw = emit_poisoned_ccw(cp, c, list.reason);
	else if (likely(emit_stays_direct(c, host)))
		*ccw = emit_make_ccw(c, emit_plain_flags(c), host);
	else
		return emit_direct_as_idal(cp, p, c, ccw);
	return 0;
}

static int emit_idal(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     struct cp_ccw *c, u64 *ccw)
{
	struct cp_list list = emit_new_list(p, c);
	u32 at;

	if (!c->words) {
		*ccw = emit_poisoned_ccw(cp, c, c->reason);
		return 0;
	}
	list.w = prog_alloc(cp, p, (c->words + 1) * sizeof(*list.w), &at);
	if (!list.w)
		return -ENOMEM;
	emit_put_idaws(p, &list, c);
	*ccw = emit_finish_idal(cp, c, &list, at);
	return 0;
}

/* Does an IDAL say exactly the same as the MIDAWs of @c? */
static bool emit_midal_is_idal(const struct vfio_ccw_cp *cp,
			       const struct cp_prog *p, const struct cp_ccw *c)
{
	const u64 *w = p->words.p + c->first;
	u32 mask = cp->host_block - 1;
	u32 i, sum = 0;
	bool last;

	if (c->reason || c->dir == CP_BACK)
		return false;
	for (i = 0; i < c->words; i++, w += 2) {
		last = i == c->words - 1;
		if (prog_midaw_flags(w[0]) !=
		    (last ? VFIO_CCW_MIDAW_F_LAST : 0))
			return false;
		if ((i && w[1] & mask) ||
		    (!last && (w[1] + prog_midaw_count(w[0])) & mask))
			return false;
		sum += prog_midaw_count(w[0]);
	}
	return sum == c->count;
}

static int emit_midal_as_idal(struct vfio_ccw_cp *cp, struct cp_prog *p,
			      struct cp_ccw *c, u64 *ccw)
{
	const u64 *w = p->words.p + c->first;
	struct cp_list list = emit_new_list(p, c);
	u32 i, at;

	list.w = prog_alloc(cp, p, (CP_IDAWS_MAX + 1) * sizeof(*list.w), &at);
	if (!list.w)
		return -ENOMEM;
	for (i = 0; i < c->words && !list.reason; i++, w += 2)
		emit_put_area(cp, p, &list, w[1], prog_midaw_count(w[0]),
			      c->dir);
	*ccw = emit_finish_idal(cp, c, &list, at);
	return 0;
}

/*
 * The host address of MIDAW @w, which is skipped. A channel may check it all the
 * same: it crosses a page exactly where the guest's does. Then it points at memory
 * that is used for nothing else, allocated once for each program.
 */
static int emit_skipped_addr(struct vfio_ccw_cp *cp, struct cp_prog *p,
			     const struct cp_ccw *c, const u64 *w, u64 *host)
{
	u32 count = prog_midaw_count(w[0]);
	u32 off = w[1] & CP_PAGE_MASK;

	*host = cp->null_host | off;
	if (c->dir == CP_BACK || off + count <= CP_PAGE_SIZE)
		return 0;
	if (!p->skipped &&
	    !cp_prog_alloc_within(cp, p, VFIO_CCW_ALLOC_MAX, CP_PAGE_SIZE,
				  false, &p->skipped))
		return -ENOMEM;
	*host = p->skipped + (count > CP_PAGE_SIZE ? 0 : off);
	return 0;
}

/* Does the list end at MIDAW @word, but not with the CCW's count? */
static bool emit_midaw_ends_wrong(u64 word, u32 left)
{
	if (prog_midaw_flags(word) & VFIO_CCW_MIDAW_F_LAST)
		return prog_midaw_count(word) != left;
	return prog_midaw_count(word) >= left;
}

static int emit_put_midaws(struct vfio_ccw_cp *cp, struct cp_prog *p,
			   struct cp_list *list, const struct cp_ccw *c)
{
	const u64 *w = p->words.p + c->first;
	u32 left = c->count;
	u64 host;
	u32 i;

	for (i = 0; i < c->words; i++, w += 2) {
		if (!prog_midaw_skips(c, w[0]))
			host = emit_host_addr(p, list, w[1], c->dir);
		else if (emit_skipped_addr(cp, p, c, w, &host))
			return -ENOMEM;
		if (list->reason) {
			/* The channel checks the MIDAW before its page */
			if (emit_midaw_ends_wrong(w[0], left))
				list->reason = CP_PROG;
			return 0;
		}
		left -= min(left, prog_midaw_count(w[0]));
		list->w[list->n++] = cpu_to_be64(w[0]);
		list->w[list->n++] = cpu_to_be64(host);
	}
	return 0;
}

static int emit_midal(struct vfio_ccw_cp *cp, struct cp_prog *p,
		      struct cp_ccw *c, u64 *ccw)
{
	struct cp_list list = emit_new_list(p, c);
	u32 at;
	int err;

	if (emit_midal_is_idal(cp, p, c))
		return emit_midal_as_idal(cp, p, c, ccw);
	if (!c->words) {
		*ccw = emit_poisoned_ccw(cp, c, c->reason);
		return 0;
	}
	list.w = cp_prog_alloc_within(cp, p, (c->words + 1) * CP_MIDAW_SIZE,
				      CP_MIDAW_SIZE, true, &at);
	if (!list.w)
		return -ENOMEM;
	err = emit_put_midaws(cp, p, &list, c);
	if (err)
		return err;
	/* Channels refuse to go backward by MIDAWs, whatever these name */
	if (list.reason)
		c->reason = c->dir == CP_BACK ? CP_PROG : list.reason;
	if (!list.n) {
		*ccw = emit_poisoned_ccw(cp, c, c->reason);
		return 0;
	}
	/* A MIDAW with reserved bits and without a count is a program check */
	list.w[list.n] = cpu_to_be64((u64)VFIO_CCW_MIDAW_F_ZERO << 16);
	list.w[list.n + 1] = cpu_to_be64(cp->null_host);
	p->uses_midal = true;
	*ccw = emit_make_ccw(c, emit_plain_flags(c) | VFIO_CCW_CCW_F_MIDA, at);
	return 0;
}

static u32 emit_host_of_ccw(const struct cp_prog *p, u32 i)
{
	const struct cp_segment *s = prog_segment(p, prog_ccw(p, i)->segment);

	return s->host + (i - s->first) * VFIO_CCW_CCW_SIZE;
}

/*
 * PoP figure 16-6: if a TIC leads where no CCW can be, the address reported is
 * the TIC's, so that it is the TIC that becomes the guard.
 */
static void emit_tic(struct cp_prog *p, struct cp_ccw *c, u64 *ccw)
{
	u32 target = prog_branch(p, c->first)->ccw;

	if (prog_ccw(p, target)->no_ccw)
		prog_set_guard(c, prog_ccw(p, target)->reason);
	else
		*ccw = emit_make_tic(emit_host_of_ccw(p, target));
}

static noinline int emit_other(struct vfio_ccw_cp *cp, struct cp_prog *p,
			       struct cp_ccw *c, u64 *ccw)
{
	*ccw = 0;
	switch (c->kind) {
	case CP_NOTHING:
		return emit_nothing(cp, p, c, ccw);
	case CP_COPY:
		return emit_copy(cp, p, c, ccw);
	case CP_IDAL:
		return emit_idal(cp, p, c, ccw);
	case CP_MIDAL:
		return emit_midal(cp, p, c, ccw);
	case CP_TIC:
		emit_tic(p, c, ccw);
		return 0;
	default:
		return 0;
	}
}

static __always_inline int emit_ccw(struct vfio_ccw_cp *cp, struct cp_prog *p,
				    struct cp_ccw *c, u64 *ccw)
{
	if (c->kind == CP_DIRECT)
		return emit_direct(cp, p, c, ccw);
	if (c->kind != CP_NOTHING || c->count > CP_PAGE_SIZE)
		return emit_other(cp, p, c, ccw);
	*ccw = emit_make_ccw(c, emit_plain_flags(c), emit_null_addr(cp, c));
	return 0;
}

/* Allocate the host CCWs of @s; a segment that may suspend has two guards */
static __always_inline int emit_place_segment(struct vfio_ccw_cp *cp,
					      struct cp_prog *p,
					      struct cp_segment *s)
{
	u32 guards = cp->orb & VFIO_CCW_ORB_S ? 2 : 1;

	s->slots = s->ccws + (s->link == CP_NONE ? 0 : 2) + guards;
	s->mem = prog_alloc(cp, p, s->slots * VFIO_CCW_CCW_SIZE, &s->host);
	return s->mem ? 0 : -ENOMEM;
}

/* A CCW that leads to host CCW @slot of @s, or where that leads if it is a TIC */
static __be64 emit_like_slot(const struct cp_segment *s, u32 slot)
{
	if (be64_to_cpu(s->mem[slot]) >> 56 == VFIO_CCW_CCW_CMD_TIC)
		return s->mem[slot];
	return cpu_to_be64(emit_make_tic(s->host + slot * VFIO_CCW_CCW_SIZE));
}

static __be64 emit_link_to(const struct cp_prog *p, u32 i)
{
	const struct cp_segment *s;

	if (i == CP_NONE)
		return 0;
	s = prog_segment(p, prog_ccw(p, i)->segment);
	return emit_like_slot(s, i - s->first);
}

/* Links are guards until all segments are written */
static __always_inline int emit_segment(struct vfio_ccw_cp *cp,
					struct cp_prog *p,
					const struct cp_segment *s)
{
	struct cp_ccw *c = prog_ccw(p, s->first);
	struct cp_ccw *end = c + s->ccws;
	__be64 *to = s->mem;
	u32 guards = s->slots - s->ccws;
	u64 ccw;
	int err;

	do {
		err = emit_ccw(cp, p, c, &ccw);
		if (unlikely(err))
			return err;
		*to++ = cpu_to_be64(ccw);
	} while (++c < end);
	*to = 0;
	if (unlikely(guards > 1))
		memset(to, 0, guards * sizeof(*to));
	return 0;
}

/* Sort by host address, for completion; cp_prog.order is free after pinning */
static int emit_sort_segments(struct cp_prog *p)
{
	struct cp_order *order;
	u32 i;
	int err;

	p->order.n = 0;
	err = vec_reserve(&p->order, p->segments.n);
	if (err)
		return err;
	order = p->order.p;
	for (i = 0; i < p->segments.n; i++) {
		order[i].at = prog_segment(p, i)->host;
		order[i].index = i;
	}
	sort(order, p->segments.n, sizeof(*order), cp_prog_cmp_order, NULL);
	return 0;
}

static int emit_segments(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	struct cp_segment *s;
	int err;

	for_each_segment(s, p) {
		err = emit_place_segment(cp, p, s);
		if (err)
			return err;
	}
	err = emit_sort_segments(p);
	if (err)
		return err;
	for_each_segment(s, p) {
		err = emit_segment(cp, p, s);
		if (err)
			return err;
	}
	for_each_segment(s, p) {
		if (s->link == CP_NONE)
			continue;
		s->mem[s->ccws] = emit_link_to(p, s->link);
		s->mem[s->ccws + 1] = emit_link_to(p, s->link_skip);
	}
	return 0;
}

/**
 * cp_emit_program() - write the host CCWs and lists of a program
 * @cp: the channel-program object
 * @p: the program, pinned
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int cp_emit_program(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	struct cp_segment *s = p->segments.p;
	int err;

	if (unlikely(p->segments.n > 1))
		return emit_segments(cp, p);
	err = emit_place_segment(cp, p, s);
	return err ?: emit_segment(cp, p, s);
}

/* What the host's ORB takes from the guest's unchanged */
#define CP_ORB_PASSED	(VFIO_CCW_ORB_KEY | VFIO_CCW_ORB_S | VFIO_CCW_ORB_C | \
			 VFIO_CCW_ORB_M | VFIO_CCW_ORB_Y | VFIO_CCW_ORB_P | \
			 VFIO_CCW_ORB_I | VFIO_CCW_ORB_U | \
			 VFIO_CCW_ORB_LPM | VFIO_CCW_ORB_L)

/**
 * vfio_ccw_cp_host_orb() - the ORB that starts a translated program
 * @cp: the program
 * @intparm: interruption parameter, the driver's own
 * @orb: where to put it
 *
 * The guest's own address limit and ORB extension mean nothing to the host and
 * are left out.
 *
 * Context: any; the caller excludes translation and release.
 */
void vfio_ccw_cp_host_orb(const struct vfio_ccw_cp *cp, u32 intparm,
			  struct vfio_ccw_orb *orb)
{
	const struct cp_prog *p = &cp->prog[0];
	u32 ctl = cp->orb & CP_ORB_PASSED;

	/* Format 0 always suppresses incorrect length of immediate commands */
	if (!cp->fmt1)
		ctl |= VFIO_CCW_ORB_L;
	ctl |= VFIO_CCW_ORB_F | VFIO_CCW_ORB_H;
	if (cp->host_block == VFIO_CCW_IDA_BLOCK_2K)
		ctl |= VFIO_CCW_ORB_T;
	if (p->uses_midal || ctl & VFIO_CCW_ORB_S)
		ctl |= cp->orb & VFIO_CCW_ORB_D;
	orb->intparm = cpu_to_be32(intparm);
	orb->ctl = cpu_to_be32(ctl);
	/* The program begins where its first segment does */
	orb->cpa = cpu_to_be32(prog_segment(p, 0)->host);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_host_orb);

/* @link leads to CCW @i of @p: let it lead where that does, if @tail makes it a TIC */
static void emit_follow_tic(const struct cp_prog *p, const struct cp_prog *tail,
			    u32 i, __be64 *link)
{
	const struct cp_segment *from;
	const struct cp_ccw *new;

	if (i == CP_NONE || prog_ccw(p, i)->resume == CP_NONE)
		return;
	new = prog_ccw_resumed(tail, prog_ccw(p, i));
	if (new->kind != CP_TIC)
		return;
	from = prog_segment(tail, new->segment);
	WRITE_ONCE(*link, from->mem[new - prog_ccw(tail, from->first)]);
}

/**
 * cp_emit_links_in_place() - before cp_emit_in_place() makes TICs of CCWs
 * @cp: the channel-program object
 * @p: the part of the program that the channel is in, or may come to
 * @tail: the tail; cp_ccw.resume says which CCWs of @p it replaces
 *
 * PoP chapter 15: a TIC must not lead to a TIC. So a link that leads to a CCW
 * which becomes one has to lead where that does; and so have the two host CCWs that an
 * earlier resume has made lead into another part.
 *
 * Context: any, does not sleep.
 */
void cp_emit_links_in_place(const struct vfio_ccw_cp *cp,
			    const struct cp_prog *p, const struct cp_prog *tail)
{
	const struct cp_segment *s;
	const struct cp_prog *home;
	u8 index;

	for_each_segment(s, p) {
		index = prog_last_ccw(p, s)->home;
		if (!index) {
			emit_follow_tic(p, tail, s->link, s->mem + s->ccws);
			emit_follow_tic(p, tail, s->link_skip,
					s->mem + s->ccws + 1);
			continue;
		}
		home = &cp->prog[index - 1];
		emit_follow_tic(home, tail, s->ahead, s->mem + s->ccws);
		emit_follow_tic(home, tail, s->ahead_skip,
				s->mem + s->ccws + 1);
	}
}

/**
 * cp_emit_in_place() - let a host CCW, and the two behind it, lead into a tail
 * @p: the part of the program that the channel is in, or may come to
 * @c: its CCW with the suspend flag; the two host CCWs behind that are guards
 *	and nobody else's
 * @tail: the tail
 * @new: the CCW of the tail that takes the place of @c
 *
 * Each doubleword is stored whole. Those behind come first: the channel looks at
 * them when the suspend flag has gone.
 *
 * Context: any, does not sleep.
 */
void cp_emit_in_place(const struct cp_prog *p, const struct cp_ccw *c,
		      const struct cp_prog *tail, const struct cp_ccw *new)
{
	const struct cp_segment *from = prog_segment(tail, new->segment);
	struct cp_segment *s = prog_segment(p, c->segment);
	u32 slot = new - prog_ccw(tail, from->first);
	u32 i = c - prog_ccw(p, 0);
	__be64 *mem = s->mem + (i - s->first);

	s->ahead = prog_ccw_of_slot(from, slot + 1);
	s->ahead_skip = prog_ccw_of_slot(from, slot + 2);

	WRITE_ONCE(mem[1], emit_like_slot(from, slot + 1));
	WRITE_ONCE(mem[2], emit_like_slot(from, slot + 2));
	WRITE_ONCE(mem[0], from->mem[slot]);
}
