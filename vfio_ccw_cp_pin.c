// SPDX-License-Identifier: GPL-2.0
/*
 * Channel programs: the pages that a program uses
 *
 * Owns: every pin that is not kept (vfio_ccw_pins.c has those). Extents, as
 * planning finds them, become runs: every page once, ascending, with the
 * directions in which it is used. Small output is copied instead, where the device
 * cannot tell the difference.
 *
 * Invariants:
 *   - Every extent lies in exactly one stretch of the array of host addresses,
 *     so that finding a page at emission is one subtraction.
 *   - The claims (the runs, all of them) are public from before the first pin
 *     until after the last unpin.
 */
#include <kunit/visibility.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

#include "vfio_ccw_cp.h"
#include "vfio_ccw_cp_prog.h"
#include "vfio_ccw_format.h"

/* Extents: the pages that are used, in the order of use */

/* Add pages @first to @last to the extents, which have room for one more */
static __always_inline void pin_note_pages(struct cp_prog *p, u64 first,
					   u64 last, u32 dir)
{
	struct cp_extent *e = prog_extent(p, p->extents.n);

	if (p->extents.n && prog_join_extent(e - 1, first, last, dir))
		return;
	prog_set_extent(e, first, last - first + 1, dir);
	p->extents.n++;
}

static __always_inline int pin_add_area(struct cp_prog *p, u64 addr, u32 len,
					u8 dir)
{
	int err = vec_reserve(&p->extents, 1);

	if (!err)
		pin_note_pages(p, addr >> CP_PAGE_SHIFT,
			       (addr + len - 1) >> CP_PAGE_SHIFT,
			       prog_pin_dir(dir));
	return err;
}

/**
 * cp_pin_add_area() - note that a program transfers an area of guest storage
 * @p: the program
 * @addr: guest address of its first byte
 * @len: bytes, not 0; the area does not wrap
 * @dir: CP_OUT, CP_IN or CP_BACK
 *
 * The extent that covers the area is the last one of the program.
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int cp_pin_add_area(struct cp_prog *p, u64 addr, u32 len, u8 dir)
{
	return pin_add_area(p, addr, len, dir);
}

/**
 * cp_pin_add_direct() - cp_pin_add_area() for all that a CCW can reach directly
 * @p: the program
 * @c: a CCW with direct data. Its data goes down from cp_ccw.addr for read
 *	backward; cp_ccw.extent is set
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int cp_pin_add_direct(struct cp_prog *p, struct cp_ccw *c)
{
	u64 addr = c->addr;
	int err;

	if (c->dir == CP_BACK)
		addr -= c->good - 1;
	err = pin_add_area(p, addr, c->good, c->dir);
	c->extent = p->extents.n - 1;
	return err;
}

/* From extents to runs: every page once, ascending, one direction each */

/* Make room for the host addresses of @pages pages */
static int pin_reserve_hosts(struct cp_prog *p, u32 pages)
{
	int err;

	p->hosts.n = 0;
	err = vec_reserve(&p->hosts, pages);
	p->hosts.n = pages;
	return err;
}

/* Do the extents ascend, and so serve as runs? Gives them host addresses if so */
static bool pin_extents_ascend(struct cp_prog *p, u64 *pages)
{
	struct cp_extent *e = p->extents.p;
	struct cp_extent *end = e + p->extents.n;
	u64 page = 0;

	*pages = 0;
	for (; e < end; e++) {
		if (e->page < page)
			return false;
		page = e->page + e->pages;
		e->host = *pages;
		*pages += e->pages;
	}
	return true;
}

static int pin_sort_extents(struct cp_prog *p)
{
	struct cp_order *order;
	u32 i;
	int err;

	p->order.n = 0;
	err = vec_reserve(&p->order, p->extents.n);
	if (err)
		return err;
	order = p->order.p;
	for (i = 0; i < p->extents.n; i++) {
		order[i].at = prog_extent(p, i)->page;
		order[i].index = i;
	}
	sort(order, p->extents.n, sizeof(*order), cp_prog_cmp_order, NULL);
	return 0;
}

/*
 * Give each extent its place in cp_prog.hosts, such that a page has one place
 * however many extents hold it, and collect the directions of each page.
 */
static int pin_place_extents(struct cp_prog *p)
{
	const struct cp_order *order = p->order.p;
	u64 first = 0, end = 0;
	struct cp_extent *e;
	u32 i, j, host = 0;
	u64 more;
	int err;

	p->dirs.n = 0;
	for (i = 0; i < p->extents.n; i++) {
		e = prog_extent(p, order[i].index);
		if (!i || e->page > end) {
			first = e->page;
			end = first;
			host = p->dirs.n;
		}
		more = max(end, e->page + e->pages) - end;
		if (more > VFIO_CCW_CP_MAX_PAGES - p->dirs.n)
			return -E2BIG;
		err = vec_reserve(&p->dirs, more);
		if (err)
			return err;
		memset(p->dirs.p + p->dirs.n, 0, more);
		p->dirs.n += more;
		end += more;
		e->host = host + (e->page - first);
		for (j = 0; j < e->pages; j++)
			p->dirs.p[e->host + j] |= e->dir;
	}
	return pin_reserve_hosts(p, p->dirs.n);
}

static int pin_add_run(struct cp_prog *p, u64 page, u32 pages, u32 dir,
		       u32 host)
{
	struct cp_extent *last = p->sorted.p + p->sorted.n;

	if (p->sorted.n) {
		last--;
		if (last->dir == dir && last->page + last->pages == page) {
			last->pages += pages;
			return 0;
		}
	}
	last = vec_push(&p->sorted);
	if (!last)
		return -ENOMEM;
	*last = (struct cp_extent){
		.page = page,
		.pages = pages,
		.dir = dir,
		.host = host,
	};
	return 0;
}

static int pin_runs_of_sorted(struct cp_prog *p)
{
	const struct cp_order *order = p->order.p;
	const u8 *dirs = p->dirs.p;
	u32 i, host, n, done = 0;
	struct cp_extent *e;
	int err;

	p->sorted.n = 0;
	for (i = 0; i < p->extents.n; i++) {
		e = prog_extent(p, order[i].index);
		for (host = max(done, e->host); host < e->host + e->pages;
		     host += n) {
			for (n = 1; host + n < e->host + e->pages &&
			     dirs[host + n] == dirs[host]; n++)
				;
			done = host + n;
			err = pin_add_run(p, e->page + (host - e->host), n,
					  dirs[host], host);
			if (err)
				return err;
		}
	}
	p->runs_sorted = true;
	p->runs = p->sorted.n;
	return 0;
}

/**
 * cp_pin_make_runs() - from the extents of a program to its runs
 * @p: the program, whose extents are complete
 *
 * Gives each extent its place among the host addresses, and makes room for
 * these.
 *
 * Context: process context, may sleep.
 * Return: 0; -E2BIG if there are more than VFIO_CCW_CP_MAX_PAGES pages; -ENOMEM.
 */
int cp_pin_make_runs(struct cp_prog *p)
{
	u64 pages;
	int err;

	if (pin_extents_ascend(p, &pages)) {
		if (pages > VFIO_CCW_CP_MAX_PAGES)
			return -E2BIG;
		p->runs_sorted = false;
		p->runs = p->extents.n;
		return pin_reserve_hosts(p, pages);
	}
	err = pin_sort_extents(p);
	if (!err)
		err = pin_place_extents(p);
	if (!err)
		err = pin_runs_of_sorted(p);
	return err;
}

/* The first of @n runs that does not end before @page, or @n */
static u32 pin_find_run(const struct cp_prog *p, u32 n, u64 page)
{
	const struct cp_extent *run = prog_runs(p);
	u32 lo = 0, hi = n;
	u32 mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (run[mid].page + run[mid].pages > page)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* Copies of small output */

static void pin_widen_input(struct cp_prog *p, const struct cp_ccw *c, u64 addr,
			    u32 len)
{
	if (c->dir == CP_BACK)
		addr -= len - 1;
	p->input[0] = min(p->input[0], addr);
	p->input[1] = max(p->input[1], addr + len - 1);
}

/* Find the first and the last guest address that input may store at */
static void pin_find_input(const struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	const struct cp_ccw *c;
	const u64 *w;
	u32 k, off;

	p->input[0] = U64_MAX;
	p->input[1] = 0;
	for_each_ccw(c, p) {
		w = p->words.p + c->first;
		if (c->dir == CP_OUT)
			continue;
		if (c->kind == CP_DIRECT)
			pin_widen_input(p, c, c->addr, c->good);
		for (k = 0; c->kind == CP_IDAL && k < c->words; k++) {
			off = w[k] & (cp->block - 1);
			pin_widen_input(p, c, w[k], c->dir == CP_BACK ?
					off + 1 : cp->block - off);
		}
		for (k = 0; c->kind == CP_MIDAL && k < c->words; k++, w += 2)
			pin_widen_input(p, c, w[1], prog_midaw_count(w[0]));
	}
}

/* May input store into the area of @c? True also for input to the same page */
static bool pin_input_overlaps(const struct cp_prog *p, const struct cp_ccw *c)
{
	const struct cp_extent *run = prog_runs(p);
	u64 last = c->addr + c->good - 1;
	u32 i;

	if (last < p->input[0] || c->addr > p->input[1])
		return false;
	for (i = pin_find_run(p, p->runs, c->addr >> CP_PAGE_SHIFT);
	     i < p->runs; i++) {
		if (run[i].page > last >> CP_PAGE_SHIFT)
			break;
		if (run[i].dir & VFIO_CCW_PIN_WRITE)
			return true;
	}
	return false;
}

/* How many more outputs are looked at for a read in common */
#define CP_NEAR		8

/*
 * Small outputs often lie close together, in ascending order: read that of @c to
 * the chunk together with those of the CCWs from @next to @end that are near and
 * in the same page. After a failure each output is read alone.
 */
static int pin_read_copies(struct vfio_ccw_cp *cp, struct cp_prog *p,
			   const struct cp_ccw *c, const u32 *next,
			   const u32 *end)
{
	u64 last = (u64)c->addr + c->good;
	u64 limit = (u64)c->addr + min(CP_CHUNK_FIRST, prog_page_room(c->addr));
	const struct cp_ccw *other;
	enum cp_reason fault;
	int err;

	end = min(end, next + CP_NEAR);
	for (; next < end; next++) {
		other = prog_ccw(p, *next);
		if (other->addr < c->addr || other->addr + other->good > limit)
			break;
		last = max(last, (u64)other->addr + other->good);
	}
	if (last > limit || last == (u64)c->addr + c->good)
		return 0;
	cp->chunk_len = 0;
	err = prog_read_guest(cp, p, c->addr, cp->chunk, last - c->addr,
			      &fault);
	if (err || fault)
		return err;
	cp->chunk_iova = c->addr;
	cp->chunk_len = last - c->addr;
	return 0;
}

/*
 * Copy the output of the CCW whose index is at @at; the indices that follow end
 * at @end. *@copied is false if it has to be pinned instead.
 */
static int pin_copy_output(struct vfio_ccw_cp *cp, struct cp_prog *p,
			   const u32 *at, const u32 *end, bool *copied)
{
	struct cp_ccw *c = prog_ccw(p, *at);
	enum cp_reason fault = CP_OK;
	const void *known;
	void *to;
	int err;

	*copied = false;
	if (pin_input_overlaps(p, c))
		return 0;
	err = vec_reserve(&p->bytes, CP_COPY_MAX);
	if (err)
		return err;
	to = p->bytes.p + p->bytes.n;
	known = prog_in_chunk(cp, c->addr, c->good);
	if (!known) {
		err = pin_read_copies(cp, p, c, at + 1, end);
		known = prog_in_chunk(cp, c->addr, c->good);
	}
	if (known)
		memcpy(to, known, c->good);
	else if (!err)
		err = prog_read_guest(cp, p, c->addr, to, c->good, &fault);
	if (err || fault)
		return err;
	c->first = p->bytes.n;
	p->bytes.n += c->good;
	*copied = true;
	return 0;
}

/*
 * Make new runs with the output areas that could not be copied. This waits for
 * the last copy, because each copy looks at the runs.
 */
static int pin_copies(struct cp_prog *p)
{
	const u32 *at = p->copies.p;
	const u32 *end = at + p->copies.n;
	struct cp_ccw *c;
	int err = 0;

	p->runs = 0;
	for (; at < end && !err; at++) {
		c = prog_ccw(p, *at);
		if (c->kind == CP_DIRECT)
			err = cp_pin_add_direct(p, c);
	}
	return err ?: cp_pin_make_runs(p);
}

/**
 * cp_pin_copy_outputs() - copy small output data instead of pinning it
 * @cp: the channel-program object
 * @p: the program, with its runs made
 *
 * Copies where that is the same to the device: the ORB allows the data to be
 * fetched ahead, and nothing that the program reads in can become the data that
 * it writes out. What cannot be copied becomes CP_DIRECT, and new runs are made
 * with it.
 *
 * Context: process context, may sleep on user memory.
 * Return: 0, or -errno for trouble of the host.
 */
int cp_pin_copy_outputs(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	const u32 *at = p->copies.p;
	const u32 *end = at + p->copies.n;
	bool again = false;
	bool copied;
	int err;

	pin_find_input(cp, p);
	for (; at < end; at++) {
		err = pin_copy_output(cp, p, at, end, &copied);
		if (err)
			return err;
		if (copied)
			continue;
		prog_ccw(p, *at)->kind = CP_DIRECT;
		again = true;
	}
	return again ? pin_copies(p) : 0;
}

/* Pin and unpin */

/*
 * Are there more than VFIO_CCW_CP_MAX_RUNS runs? Pieces count, too, and so do all
 * parts after a resume: an unmap may have to wait for a call to unpin each.
 */
static bool pin_too_many_runs(const struct vfio_ccw_cp *cp,
			      const struct cp_prog *p)
{
	const struct cp_prog *part;
	u32 n = 0;

	if (likely(!cp->resumed))
		return p->runs + p->pieces.n > VFIO_CCW_CP_MAX_RUNS;
	for_each_part(part, cp)
		n += part->runs + part->pieces.n;
	return n > VFIO_CCW_CP_MAX_RUNS;
}

static int pin_pages(struct vfio_ccw_cp *cp, u64 iova, u32 pages, u32 dir,
		     u64 *host)
{
	if (cp->pins)
		return vfio_ccw_pins_pin(cp->pins, cp->slot, iova, pages, dir,
					 host);
	return cp->ops->pin(cp->ctx, iova, pages, dir, host);
}

/*
 * Pin @pages pages of @run from its page @at on for @dir. Returns 0 or -errno for
 * trouble of the host; *@fault says why they cannot be pinned, or CP_OK.
 */
static int pin_piece(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     const struct cp_extent *run, u32 at, u32 pages, u32 dir,
		     enum cp_reason *fault)
{
	struct cp_piece *piece;
	int err;

	err = vec_reserve(&p->pieces, 1);
	if (err)
		return err;
	piece = p->pieces.p + p->pieces.n;
	piece->iova = (run->page + at) << CP_PAGE_SHIFT;
	piece->pages = pages;
	piece->host = run->host + at;
	p->pins++;
	err = pin_pages(cp, piece->iova, pages, dir, prog_host(p, piece->host));
	*fault = cp_prog_reason_of(err);
	if (err)
		return *fault ? 0 : err;
	p->pieces.n++;
	p->own = true;
	return pin_too_many_runs(cp, p) ? -E2BIG : 0;
}

/* CP_HOST_* of a page that cannot be pinned for @dir because of @fault */
static u64 pin_host_bits(enum cp_reason fault, u32 dir)
{
	bool prot = fault == CP_PROT;
	u64 bits = 0;

	if (dir & VFIO_CCW_PIN_READ)
		bits |= prot ? CP_HOST_PROT_READ : CP_HOST_NO_READ;
	if (dir & VFIO_CCW_PIN_WRITE)
		bits |= prot ? CP_HOST_PROT_WRITE : CP_HOST_NO_WRITE;
	return bits;
}

/*
 * Page @at of @run cannot be pinned for all that the program does with it. Pin it
 * for one direction if that works; CP_HOST_* bits make the channel report the
 * other.
 */
static int pin_bad_page(struct vfio_ccw_cp *cp, struct cp_prog *p,
			const struct cp_extent *run, u32 at,
			enum cp_reason fault)
{
	const u32 both = VFIO_CCW_PIN_READ | VFIO_CCW_PIN_WRITE;
	u64 *host = prog_host(p, run->host + at);
	enum cp_reason one;
	u64 bits = 0;
	u32 dir;
	int err;

	for (dir = VFIO_CCW_PIN_READ; run->dir == both && dir < both; dir++) {
		err = pin_piece(cp, p, run, at, 1, dir, &one);
		if (err)
			return err;
		if (!one) {
			*host |= bits ?: pin_host_bits(fault, both ^ dir);
			return 0;
		}
		bits |= pin_host_bits(one, dir);
	}
	*host = CP_HOST_UNPINNED | (bits ?: pin_host_bits(fault, run->dir));
	return 0;
}

/*
 * Pin the pages of @run from its page @at up to @end in pieces: they are too many
 * for one call, or some page cannot be pinned.
 */
static int pin_pieces(struct vfio_ccw_cp *cp, struct cp_prog *p,
		      const struct cp_extent *run, u32 at, u32 end, u32 step)
{
	enum cp_reason fault;
	int err;

	while (at < end) {
		step = min3(step, end - at, VFIO_CCW_PIN_MAX);
		err = pin_piece(cp, p, run, at, step, run->dir, &fault);
		if (err)
			return err;
		if (!fault) {
			at += step;
			step *= 2;
			continue;
		}
		if (step > 1) {
			step /= 2;
			continue;
		}
		err = pin_bad_page(cp, p, run, at, fault);
		if (err)
			return err;
		at++;
	}
	return 0;
}

/* The pages of @run from @at up to @end cannot be pinned by one call */
static int pin_faulty(struct vfio_ccw_cp *cp, struct cp_prog *p,
		      const struct cp_extent *run, u32 at, u32 end,
		      enum cp_reason fault)
{
	if (end - at == 1)
		return pin_bad_page(cp, p, run, at, fault);
	return pin_pieces(cp, p, run, at, end, (end - at) / 2);
}

/* Pin the pages of @run from its page @at on for this program alone */
static int pin_run(struct vfio_ccw_cp *cp, struct cp_prog *p,
		   struct cp_extent *run, u32 at)
{
	u32 pages = run->pages - at;
	enum cp_reason fault;
	int err;

	if (unlikely(pages > VFIO_CCW_PIN_MAX))
		return pin_pieces(cp, p, run, at, run->pages, VFIO_CCW_PIN_MAX);
	p->pins++;
	err = pin_pages(cp, (run->page + at) << CP_PAGE_SHIFT, pages, run->dir,
			prog_host(p, run->host + at));
	if (likely(!err)) {
		run->pinned = true;
		run->from = at;
		p->own = true;
		return 0;
	}
	fault = cp_prog_reason_of(err);
	return fault ? pin_faulty(cp, p, run, at, run->pages, fault) : err;
}

/*
 * Find the pages of @run among those that are kept, and pin what is not there so
 * that it is kept. If that is not possible, all the rest is pinned without looking,
 * so that what is kept does not make a run count as more than it would alone.
 */
static int pin_find_run_kept(struct vfio_ccw_cp *cp, struct cp_prog *p,
			     struct cp_extent *run)
{
	enum cp_reason fault;
	u32 at, end;
	int err;

	for (at = 0; ; at = end) {
		at += vfio_ccw_pins_find(cp->pins, cp->slot, run->page + at,
					 run->pages - at, run->dir,
					 prog_host(p, run->host + at));
		if (at >= run->pages)
			return 0;
		end = at + vfio_ccw_pins_gap(cp->pins, run->page + at,
					     run->pages - at, run->dir);
		err = vfio_ccw_pins_add(cp->pins, cp->slot, run->page + at,
					end - at, run->dir,
					prog_host(p, run->host + at));
		if (err > 0)
			return pin_run(cp, p, run, at);
		p->pins++;
		if (likely(!err))
			continue;
		fault = cp_prog_reason_of(err);
		if (fault)
			err = pin_faulty(cp, p, run, at, end, fault);
		if (err)
			return err;
	}
}

static void pin_begin_lease(struct vfio_ccw_cp *cp)
{
	vfio_ccw_pins_begin(cp->pins, cp->slot);
	WRITE_ONCE(cp->leased, true);
}

/**
 * cp_pin_end() - end the use of what is kept, and unpin what cannot stay
 * @cp: the channel-program object; the program has undone its own pins
 *
 * Context: process context, may sleep.
 */
void cp_pin_end(struct vfio_ccw_cp *cp)
{
	if (!cp->pinned)
		return;
	cp->pinned = false;
	if (READ_ONCE(cp->pins->alone[cp->slot]))
		vfio_ccw_pins_unpinned(cp->pins, cp->slot);
	if (!cp->leased)
		return;
	WRITE_ONCE(cp->leased, false);
	vfio_ccw_pins_end(cp->pins, cp->slot);
}

/**
 * cp_pin_program() - claim and pin the runs of a program
 * @cp: the channel-program object
 * @p: the program
 *
 * A page that cannot be pinned for all that the program does with it is no
 * error: its CP_HOST_* bits say what must be refused.
 *
 * A tail after a resume pins for itself: a program may be resumed for ever, and a
 * lease ends with the program alone.
 *
 * Context: process context, may sleep on user memory.
 * Return: 0; -E2BIG if there are more than VFIO_CCW_CP_MAX_RUNS; any other
 * error of the memory ops that is not the guest's. After an error
 * cp_pin_unpin_program() undoes what was done.
 */
int cp_pin_program(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	struct cp_extent *run = prog_runs(p);
	struct cp_extent *end = run + p->runs;
	bool keeps = cp->pins && !cp->resumed;
	int err;

	if (unlikely(pin_too_many_runs(cp, p)))
		return -E2BIG;
	spin_lock(&cp->lock);
	p->claimed = p->runs;
	spin_unlock(&cp->lock);

	cp->pinned = cp->pins;
	if (keeps && !cp->leased)
		pin_begin_lease(cp);
	for (; run < end; run++) {
		err = keeps ? pin_find_run_kept(cp, p, run) :
			      pin_run(cp, p, run, 0);
		if (err)
			return err;
	}
	return 0;
}

static void pin_withdraw_claims(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	spin_lock(&cp->lock);
	p->claimed = 0;
	spin_unlock(&cp->lock);
}

/* Unpin what the program has pinned for itself */
static noinline void pin_unpin_own(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	const struct cp_piece *piece = p->pieces.p;
	const struct cp_extent *run = prog_runs(p);
	const struct cp_extent *end = run + p->runs;
	u32 i;

	for (i = 0; i < p->pieces.n; i++, piece++)
		cp->ops->unpin(cp->ctx, piece->iova, piece->pages);
	for (; run < end; run++)
		if (run->pinned)
			cp->ops->unpin(cp->ctx,
				       (run->page + run->from) << CP_PAGE_SHIFT,
				       run->pages - run->from);
	p->own = false;
}

/**
 * cp_pin_unpin_program() - unpin what a program has pinned, withdraw its claims
 * @cp: the channel-program object
 * @p: the program
 *
 * Context: process context, may sleep.
 */
void cp_pin_unpin_program(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	if (p->own)
		pin_unpin_own(cp, p);
	pin_withdraw_claims(cp, p);
}

/**
 * cp_pin_hold_program() - take or drop a reference to every page that is pinned
 * @cp: the channel-program object
 * @p: the program
 * @hold: take; else drop
 *
 * For quarantine: the references outlive the pins.
 *
 * Context: process context, may sleep.
 */
void cp_pin_hold_program(struct vfio_ccw_cp *cp, struct cp_prog *p, bool hold)
{
	u64 host;
	u32 i;

	for (i = 0; i < p->hosts.n; i++) {
		host = *prog_host(p, i);
		if (host & CP_HOST_UNPINNED)
			continue;
		host &= ~(u64)CP_PAGE_MASK;
		if (hold)
			cp->ops->hold(cp->ctx, host);
		else
			cp->ops->unhold(cp->ctx, host);
	}
	p->held = hold;
}

static void pin_quarantine_part(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	if (!p->claimed)
		return;
	cp_pin_hold_program(cp, p, true);
	cp_pin_unpin_program(cp, p);
}

/**
 * vfio_ccw_cp_quarantine() - unpin a program that the channel may still use
 * @cp: the program
 *
 * For a channel that could not be stopped. Each page gets a reference of its
 * own before it is unpinned, so that memory that may still be written to is
 * not given to anyone else, while the user can unmap it. The host program
 * stays as it is until vfio_ccw_cp_release().
 *
 * Context: process context, may sleep.
 */
void vfio_ccw_cp_quarantine(struct vfio_ccw_cp *cp)
{
	struct cp_prog *p;

	for_each_part(p, cp)
		pin_quarantine_part(cp, p);
	cp_pin_end(cp);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_quarantine);

/**
 * vfio_ccw_cp_uses() - does a program use guest memory in this range?
 * @cp: the program, in any stage
 * @iova: guest address
 * @length: bytes
 *
 * Context: any; concurrent with every other function but vfio_ccw_cp_free().
 * Return: true from before the first page of the range is pinned or found until
 * after the last is unpinned or not used any longer; also if the range meets a
 * pin that is kept and of which the program uses another page, because a pin is
 * undone as a whole.
 */
bool vfio_ccw_cp_uses(struct vfio_ccw_cp *cp, u64 iova, u64 length)
{
	u64 last = length > U64_MAX - iova ? U64_MAX : iova + length - 1;
	bool uses = false;
	struct cp_prog *p;
	u32 i;

	if (!length)
		return false;
	spin_lock(&cp->lock);
	for_each_part(p, cp) {
		/* Runs are made, and may move, until the first of them is claimed */
		if (!p->claimed)
			continue;
		i = pin_find_run(p, p->claimed, iova >> CP_PAGE_SHIFT);
		uses = i < p->claimed &&
			prog_runs(p)[i].page <= last >> CP_PAGE_SHIFT;
		if (uses)
			break;
	}
	spin_unlock(&cp->lock);
	return uses || (READ_ONCE(cp->leased) &&
			vfio_ccw_pins_leased(cp->pins, cp->slot, iova, length));
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_uses);
