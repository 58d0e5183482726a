// SPDX-License-Identifier: GPL-2.0
/*
 * Pins that outlive a program: what is found, what is not found any more, and
 * when it is unpinned
 *
 * The fake back end hands out the page that is pinned already, as the real ones
 * do, even if the user has replaced it since. Its ops assert from inside what must
 * hold at every moment: each unpin undoes one pin, once; a page that was replaced
 * is not pinned anew before its old pin is gone, unless the case says so; what is
 * read by way of a pin is pinned for that, and within a page; what is about to be
 * pinned is seen by vfio_ccw_pins_any(). After each case nothing is pinned,
 * reserved or allocated.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "vfio_ccw_pins.h"

#define PAGE		4096ULL
#define RD		VFIO_CCW_PIN_READ
#define WR		VFIO_CCW_PIN_WRITE
#define BOTH		(RD | WR)

#define MAX_PINS	2600U
#define HOST		0x4000000000ULL
#define VERSION		0x1000000000000000ULL

/* The last page that has an address */
#define LAST_PAGE	(U64_MAX / PAGE)

/* Moments at which a case lets something happen */
enum moment {
	NEVER,
	IN_BEGIN,	/* before the sequence is read */
	BEFORE_PIN,
	AFTER_PIN,
	IN_UNPIN,
};

/**
 * struct fake_pin - one pin call in effect
 * @page: its first page
 * @pages: its length
 * @dir: for what
 * @host: host address of the first page
 * @seq: the address space's sequence when it was pinned
 */
struct fake_pin {
	u64 page;
	u32 pages;
	u32 dir;
	u64 host;
	unsigned long seq;
};

/**
 * struct fake - a back end, and a store
 * @test: the running test
 * @pins: the store under test
 * @pin: pin calls in effect
 * @npins: how many
 * @calls: pin calls, failed ones included
 * @unpins: unpin calls
 * @copies: copies
 * @seq: moves when the address space gives anything up
 * @reserved: pages reserved
 * @most: pages that may be
 * @refuse: directions that cannot be pinned for, together
 * @err: what a pin for these answers
 * @no_memory: pins that fail with -ENOMEM from now on
 * @relieved: calls of relieve
 * @relief: what relieve answers
 * @drains: calls of wanted, not later
 * @laters: calls of wanted, later
 * @gone: calls of gone
 * @old: a page that was replaced may be pinned anew
 * @when: call @what then, once
 * @what: what happens
 */
struct fake {
	struct kunit *test;
	struct vfio_ccw_pins pins;
	struct fake_pin pin[MAX_PINS];
	unsigned int npins;
	unsigned int calls;
	unsigned int unpins;
	unsigned int copies;
	unsigned long seq;
	unsigned int reserved;
	unsigned int most;
	unsigned int refuse;
	int err;
	unsigned int no_memory;
	unsigned int relieved;
	bool relief;
	unsigned int drains;
	unsigned int laters;
	unsigned int gone;
	bool old;
	enum moment when;
	void (*what)(struct fake *f);
};

static void happens(struct fake *f, enum moment moment)
{
	if (f->when != moment)
		return;
	f->when = NEVER;
	f->what(f);
}

/* The pin in effect that has @page, the oldest if there are several */
static struct fake_pin *pin_of(struct fake *f, u64 page)
{
	unsigned int i;

	for (i = 0; i < f->npins; i++)
		if (page - f->pin[i].page < f->pin[i].pages)
			return &f->pin[i];
	return NULL;
}

/* Host address of @page as the address space has it now */
static u64 host_now(const struct fake *f, u64 page)
{
	return HOST + (page & 0xffffff) * PAGE + f->seq * VERSION;
}

static u64 host_of(struct fake *f, u64 page)
{
	const struct fake_pin *pin = pin_of(f, page);

	return pin ? pin->host + (page - pin->page) * PAGE : host_now(f, page);
}

static int fake_pin(void *ctx, u64 iova, unsigned int npages, unsigned int dir,
		    u64 *host)
{
	struct fake *f = ctx;
	const struct fake_pin *had;
	unsigned long seq;
	unsigned int i;
	bool any;

	lockdep_assert_not_held(&f->pins.lock);
	f->calls++;
	KUNIT_EXPECT_EQ(f->test, iova % PAGE, 0ULL);
	KUNIT_EXPECT_GT(f->test, npages, 0U);
	KUNIT_EXPECT_LE(f->test, npages, VFIO_CCW_PIN_MAX);
	KUNIT_EXPECT_NE(f->test, dir, 0U);
	any = vfio_ccw_pins_any(&f->pins, iova, npages * PAGE) ||
	      f->pins.alone[0] || f->pins.alone[1] || f->pins.alone[2];
	KUNIT_EXPECT_TRUE(f->test, any);
	happens(f, BEFORE_PIN);
	if (f->no_memory) {
		f->no_memory--;
		return -ENOMEM;
	}
	if (f->refuse && (dir & f->refuse) == f->refuse)
		return f->err;
	for (i = 0; i < npages; i++) {
		had = pin_of(f, iova / PAGE + i);
		if (had && !f->old)
			KUNIT_EXPECT_EQ_MSG(f->test, had->seq, f->seq,
					    "an old page is pinned anew");
		host[i] = host_of(f, iova / PAGE + i);
	}
	if (f->npins == MAX_PINS) {
		KUNIT_FAIL(f->test, "too many pins");
		return -EIO;
	}
	seq = f->seq;
	f->pin[f->npins++] = (struct fake_pin){
		.page = iova / PAGE,
		.pages = npages,
		.dir = dir,
		.host = host[0],
		.seq = seq,
	};
	happens(f, AFTER_PIN);
	return 0;
}

static void fake_unpin(void *ctx, u64 iova, unsigned int npages)
{
	struct fake *f = ctx;
	unsigned int i;

	lockdep_assert_not_held(&f->pins.lock);
	f->unpins++;
	happens(f, IN_UNPIN);
	for (i = 0; i < f->npins; i++) {
		if (f->pin[i].page != iova / PAGE || f->pin[i].pages != npages)
			continue;
		for (f->npins--; i < f->npins; i++)
			f->pin[i] = f->pin[i + 1];
		return;
	}
	KUNIT_FAIL(f->test, "unpin of %llx, %u, without a pin",
		   (unsigned long long)iova, npages);
}

static void fake_copy(void *ctx, u64 host, void *buf, size_t len)
{
	struct fake *f = ctx;
	bool pinned = false;
	unsigned int i;

	lockdep_assert_held(&f->pins.lock);
	f->copies++;
	KUNIT_EXPECT_GT(f->test, len, (size_t)0);
	KUNIT_EXPECT_LE(f->test, host % PAGE + len, PAGE);
	for (i = 0; i < f->npins; i++)
		if (host - f->pin[i].host < f->pin[i].pages * PAGE)
			pinned |= f->pin[i].dir & RD;
	KUNIT_EXPECT_TRUE(f->test, pinned);
	for (i = 0; i < len; i++)
		((u8 *)buf)[i] = host + i + (host + i) / PAGE * 7;
}

static unsigned long fake_begin(void *ctx)
{
	struct fake *f = ctx;

	lockdep_assert_not_held(&f->pins.lock);
	happens(f, IN_BEGIN);
	return f->seq;
}

static bool fake_retry(void *ctx, unsigned long seq)
{
	struct fake *f = ctx;

	lockdep_assert_held(&f->pins.lock);
	return f->seq != seq;
}

static bool fake_reserve(void *ctx, unsigned int pages)
{
	struct fake *f = ctx;

	lockdep_assert_held(&f->pins.lock);
	if (f->reserved + pages > f->most)
		return false;
	f->reserved += pages;
	return true;
}

static void fake_unreserve(void *ctx, unsigned int pages)
{
	struct fake *f = ctx;

	KUNIT_EXPECT_GE(f->test, f->reserved, pages);
	f->reserved -= pages;
}

static bool fake_relieve(void *ctx)
{
	struct fake *f = ctx;

	lockdep_assert_not_held(&f->pins.lock);
	f->relieved++;
	if (vfio_ccw_pins_let_go(&f->pins, UINT_MAX))
		vfio_ccw_pins_drain(&f->pins);
	return f->relief;
}

static void fake_wanted(void *ctx, bool later)
{
	struct fake *f = ctx;

	if (later)
		f->laters++;
	else
		f->drains++;
}

static void fake_gone(void *ctx)
{
	struct fake *f = ctx;

	lockdep_assert_not_held(&f->pins.lock);
	f->gone++;
}

static void *fake_alloc_record(void *ctx)
{
	struct fake *f = ctx;

	lockdep_assert_not_held(&f->pins.lock);
	return kzalloc(VFIO_CCW_PINS_RECORD, GFP_KERNEL_ACCOUNT);
}

static void fake_free_record(void *ctx, void *record)
{
	kfree(record);
}

static const struct vfio_ccw_pins_ops fake_ops = {
	.pin = fake_pin,
	.unpin = fake_unpin,
	.copy = fake_copy,
	.begin = fake_begin,
	.retry = fake_retry,
	.reserve = fake_reserve,
	.unreserve = fake_unreserve,
	.relieve = fake_relieve,
	.wanted = fake_wanted,
	.gone = fake_gone,
	.alloc_record = fake_alloc_record,
	.free_record = fake_free_record,
};

/* The counters are those of the pins that there are */
static void expect_counts(struct fake *f, unsigned int pins,
			  unsigned int pages)
{
	struct vfio_ccw_pins *p = &f->pins;
	struct vfio_ccw_pins_count count;
	unsigned long gone = 0;
	unsigned int i;

	vfio_ccw_pins_count(p, &count);
	KUNIT_EXPECT_EQ(f->test, count.pages, pages);
	KUNIT_EXPECT_EQ(f->test, count.pins, pins);
	KUNIT_EXPECT_EQ(f->test, count.given_up, p->stale);
	KUNIT_EXPECT_EQ(f->test, count.going, 0U);
	KUNIT_EXPECT_EQ(f->test, count.stats.added, p->stats.added);
	KUNIT_EXPECT_EQ(f->test, p->pins, pins);
	KUNIT_EXPECT_EQ(f->test, p->pages, pages);
	KUNIT_EXPECT_EQ(f->test, p->nr_going, 0U);
	KUNIT_EXPECT_EQ(f->test, f->npins, pins);
	KUNIT_EXPECT_EQ(f->test, f->reserved, pages);
	KUNIT_EXPECT_LE(f->test, p->stale, p->pins);
	KUNIT_EXPECT_LE(f->test, p->fresh_pages, p->pages);
	for (i = 0; i < VFIO_CCW_PINS_NR_WHY; i++)
		gone += p->stats.gone[i];
	KUNIT_EXPECT_EQ(f->test, p->stats.added - gone,
			(unsigned long)p->fresh_pages);
}

/* Nothing is kept: a chunk's record and a few of pins stay, for the next one */
static void expect_few_records(struct fake *f)
{
	struct list_head *at;
	u32 n = 0;

	for (at = f->pins.spare.next; at != &f->pins.spare; at = at->next)
		n++;
	KUNIT_EXPECT_LE(f->test, n, 8U);
	KUNIT_EXPECT_EQ(f->test, f->pins.chunks, 1U);
}

/* A translation begins, at a moment when all that was given up is gone */
static void admit(struct fake *f)
{
	vfio_ccw_pins_admit(&f->pins, true, vfio_ccw_pins_gen(&f->pins));
}

static u32 find(struct fake *f, u64 page, u32 pages, u32 dir)
{
	static u64 host[4096];
	const struct fake_pin *pin;
	u32 n, i;

	n = vfio_ccw_pins_find(&f->pins, 0, page, pages, dir, host);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ(f->test, host[i], host_now(f, page + i));
		pin = pin_of(f, page + i);
		KUNIT_EXPECT_NOT_NULL(f->test, pin);
	}
	return n;
}

static int add(struct fake *f, u64 page, u32 pages, u32 dir)
{
	static u64 host[VFIO_CCW_PIN_MAX];

	return vfio_ccw_pins_add(&f->pins, 0, page, pages, dir, host);
}

/* A program comes and goes: it uses @pages, and finds @found of them */
static void program(struct fake *f, u64 page, u32 pages, u32 dir, u32 found)
{
	KUNIT_EXPECT_TRUE(f->test, vfio_ccw_pins_drain(&f->pins));
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ_MSG(f->test, find(f, page, pages, dir), found,
			    "of %u pages from %llx for %u", pages,
			    (unsigned long long)page, dir);
	if (found < pages)
		KUNIT_EXPECT_EQ(f->test, add(f, page + found, pages - found,
					     dir), 0);
	vfio_ccw_pins_end(&f->pins, 0);
}

static void give_up(struct fake *f)
{
	f->seq++;
	vfio_ccw_pins_give_up(&f->pins, VFIO_CCW_PINS_NOTIFIED);
}

static int pins_init(struct kunit *test)
{
	struct fake *f = kvzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	f->test = test;
	f->most = UINT_MAX;
	f->err = -EPERM;
	f->relief = true;
	vfio_ccw_pins_init(&f->pins, &fake_ops, f, 0x123456789abcdefULL);
	f->pins.max = VFIO_CCW_PINS_PAGES;
	test->priv = f;
	return 0;
}

static void pins_exit(struct kunit *test)
{
	struct fake *f = test->priv;
	unsigned int slot;

	if (!f)
		return;
	for (slot = 0; slot < VFIO_CCW_PINS_LEASES; slot++)
		if (f->pins.leased[slot])
			vfio_ccw_pins_end(&f->pins, slot);
	vfio_ccw_pins_give_up(&f->pins, VFIO_CCW_PINS_ENDED);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(&f->pins));
	expect_counts(f, 0, 0);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_any(&f->pins, 0, U64_MAX));
	KUNIT_EXPECT_PTR_EQ(test, f->pins.flight, NULL);
	vfio_ccw_pins_free(&f->pins);
	KUNIT_EXPECT_EQ(test, f->pins.chunks, 0U);
	kvfree(f);
}

/* Finding */

/* The second program makes no call; a part of a pin is enough for it */
static void found_without_a_call(struct kunit *test)
{
	struct fake *f = test->priv;

	program(f, 100, 4, RD, 0);
	KUNIT_EXPECT_EQ(test, f->calls, 1U);
	program(f, 100, 4, RD, 4);
	program(f, 102, 1, RD, 1);
	program(f, 103, 5, RD, 1);
	KUNIT_EXPECT_EQ(test, f->calls, 2U);
	program(f, 100, 8, RD, 8);
	KUNIT_EXPECT_EQ(test, f->calls, 2U);
	expect_counts(f, 2, 8);
	KUNIT_EXPECT_EQ(test, f->pins.stats.found, 14UL);
	KUNIT_EXPECT_EQ(test, f->pins.stats.added, 8UL);
}

/* Across the records of the table, and through a pin of the largest size */
static void found_across_chunks(struct kunit *test)
{
	struct fake *f = test->priv;

	program(f, VFIO_CCW_PINS_CHUNK - 1, 2, RD, 0);
	program(f, VFIO_CCW_PINS_CHUNK - 1, 2, RD, 2);
	program(f, 1000, VFIO_CCW_PIN_MAX, WR, 0);
	program(f, 1000, VFIO_CCW_PIN_MAX + 1, WR, VFIO_CCW_PIN_MAX);
	program(f, 1000, VFIO_CCW_PIN_MAX + 1, WR, VFIO_CCW_PIN_MAX + 1);
	expect_counts(f, 3, VFIO_CCW_PIN_MAX + 3);
}

/* Nothing is kept where nothing may be, and nothing is found without leave */
static void kept_only_where_allowed(struct kunit *test)
{
	struct fake *f = test->priv;
	u64 host[8];

	program(f, 100, 4, RD, 0);
	vfio_ccw_pins_admit(&f->pins, false, vfio_ccw_pins_gen(&f->pins));
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, find(f, 100, 4, RD), 0U);
	KUNIT_EXPECT_EQ(test, add(f, 200, 4, RD), 1);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_gap(&f->pins, 99, 8, RD), 8U);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_read(&f->pins, 100 * PAGE, host,
						    8));
	vfio_ccw_pins_end(&f->pins, 0);
	vfio_ccw_pins_give_up(&f->pins, VFIO_CCW_PINS_ENDED);
	KUNIT_EXPECT_EQ(test, f->pins.stats.gone[VFIO_CCW_PINS_ENDED], 4UL);
	vfio_ccw_pins_drain(&f->pins);
	f->pins.max = 0;
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, find(f, 100, 4, RD), 0U);
	KUNIT_EXPECT_EQ(test, add(f, 200, 1, RD), 1);
	vfio_ccw_pins_end(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, f->calls, 1U);
	expect_counts(f, 0, 0);
}

/* How many pages one call is to pin */
static void gaps(struct kunit *test)
{
	struct fake *f = test->priv;
	struct vfio_ccw_pins *p = &f->pins;
	u32 n;

	program(f, 100, 4, RD, 0);
	admit(f);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_gap(p, 90, 100, RD), 10U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_gap(p, 99, 100, RD), 1U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_gap(p, 104, 3, RD), 3U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_gap(p, 104, 1, RD), 1U);
	/* what is kept for another direction is no end of a gap */
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_gap(p, 100, 20, WR), 20U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_gap(p, 90, 20, BOTH), 20U);
	for (n = VFIO_CCW_PIN_MAX - 1; n <= VFIO_CCW_PIN_MAX + 1; n++)
		KUNIT_EXPECT_EQ(test, vfio_ccw_pins_gap(p, 5000, n, RD),
				min(n, VFIO_CCW_PIN_MAX));
	give_up(f);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_gap(p, 90, 100, RD), 100U);
}

/* Addresses at which something may wrap */
static void edges_of_addresses(struct kunit *test)
{
	static const struct {
		u64 page;
		u32 pages;
	} at[] = {
		{ 0, 1 },
		{ 0x7ffff, 2 },			/* 2 GiB */
		{ 0xfffff, 2 },			/* 4 GiB */
		{ LAST_PAGE, 1 },
		{ LAST_PAGE - 64, 64 },
		{ LAST_PAGE - 511, 511 },
	};
	struct fake *f = test->priv;
	u64 iova;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(at); i++)
		program(f, at[i].page, at[i].pages, RD, 0);
	for (i = 0; i < ARRAY_SIZE(at); i++)
		program(f, at[i].page, at[i].pages, RD, at[i].pages);
	iova = U64_MAX - PAGE + 1;
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_any(&f->pins, iova, PAGE));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_any(&f->pins, U64_MAX, 1));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_any(&f->pins, U64_MAX, U64_MAX));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_any(&f->pins, PAGE, PAGE));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_any(&f->pins, PAGE, U64_MAX));
	vfio_ccw_pins_unmap(&f->pins, iova, U64_MAX);
	program(f, LAST_PAGE, 1, RD, 0);
	program(f, LAST_PAGE - 64, 64, RD, 64);
}

/* Directions */

static void other_direction_is_not_found(struct kunit *test)
{
	struct fake *f = test->priv;

	program(f, 10, 2, RD, 0);
	program(f, 20, 2, WR, 0);
	program(f, 30, 2, BOTH, 0);
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, find(f, 10, 2, WR), 0U);
	KUNIT_EXPECT_EQ(test, find(f, 10, 2, BOTH), 0U);
	KUNIT_EXPECT_EQ(test, find(f, 20, 2, RD), 0U);
	KUNIT_EXPECT_EQ(test, find(f, 20, 2, BOTH), 0U);
	KUNIT_EXPECT_EQ(test, find(f, 30, 2, RD), 2U);
	KUNIT_EXPECT_EQ(test, find(f, 30, 2, WR), 2U);
	KUNIT_EXPECT_EQ(test, find(f, 30, 2, BOTH), 2U);
}

/* Kept for output, now needed for input: both programs find it from then on */
static void used_both_ways_in_turns(struct kunit *test)
{
	static const u32 sizes[] = { 1, 2, 64, 70 };
	struct fake *f = test->priv;
	u64 page = 1000;
	u32 i, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++, page += 1000) {
		n = sizes[i];
		program(f, page, n, RD, 0);
		program(f, page, n, WR, 0);
		KUNIT_EXPECT_EQ(test, f->pin[f->npins - 1].dir, BOTH);
		program(f, page, n, RD, n);
		program(f, page, n, WR, n);
		program(f, page, n, BOTH, n);
		KUNIT_EXPECT_EQ(test, f->calls, 2 * (i + 1));
	}
	/* a part that nobody has used the other way is not pinned for that */
	program(f, page, 4, RD, 0);
	program(f, page, 6, WR, 0);
	KUNIT_EXPECT_EQ(test, f->pin[f->npins - 1].dir, WR);
	/* nor is what was kept and is given up */
	program(f, page + 100, 2, RD, 0);
	vfio_ccw_pins_give_up(&f->pins, VFIO_CCW_PINS_NOTIFIED);
	program(f, page + 100, 2, WR, 0);
	KUNIT_EXPECT_EQ(test, f->pin[f->npins - 1].dir, WR);
}

/* Both together are refused, each alone is not: as without what is kept */
static void both_directions_are_refused(struct kunit *test)
{
	struct fake *f = test->priv;

	program(f, 10, 2, RD, 0);
	f->refuse = BOTH;
	program(f, 10, 2, WR, 0);
	KUNIT_EXPECT_EQ(test, f->calls, 3U);
	KUNIT_EXPECT_EQ(test, f->pin[f->npins - 1].dir, WR);
	program(f, 10, 2, WR, 2);
	KUNIT_EXPECT_EQ(test, f->calls, 3U);
	expect_counts(f, 2, 4);
}

/* The error is that of the direction that is needed, and nothing stays */
static void direction_is_refused(struct kunit *test)
{
	static const int errnos[] = { -EPERM, -EFAULT, -EIO, -EINTR };
	struct fake *f = test->priv;
	unsigned int i;

	program(f, 10, 2, RD, 0);
	f->refuse = WR;
	for (i = 0; i < ARRAY_SIZE(errnos); i++) {
		f->err = errnos[i];
		admit(f);
		vfio_ccw_pins_begin(&f->pins, 0);
		KUNIT_EXPECT_EQ(test, add(f, 10, 2, WR), errnos[i]);
		KUNIT_EXPECT_EQ(test, add(f, 12, 2, WR), errnos[i]);
		KUNIT_EXPECT_EQ(test, find(f, 10, 2, RD), 2U);
		vfio_ccw_pins_end(&f->pins, 0);
		expect_counts(f, 1, 2);
	}
}

/* A page that is pinned anew stays with its newest pin, whichever goes first */
static void pinned_anew(struct kunit *test)
{
	struct fake *f = test->priv;

	program(f, 10, 4, RD, 0);
	program(f, 12, 4, WR, 0);
	expect_counts(f, 2, 8);
	program(f, 10, 2, RD, 2);
	program(f, 12, 4, WR, 4);
	/* the older one goes */
	vfio_ccw_pins_unmap(&f->pins, 10 * PAGE, PAGE);
	vfio_ccw_pins_drain(&f->pins);
	expect_counts(f, 1, 4);
	program(f, 12, 4, WR, 4);
	/* the newer one goes */
	program(f, 14, 8, RD, 0);
	vfio_ccw_pins_unmap(&f->pins, 21 * PAGE, PAGE);
	vfio_ccw_pins_drain(&f->pins);
	expect_counts(f, 1, 4);
	program(f, 12, 2, WR, 2);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_any(&f->pins, 15 * PAGE, 1));
}

/* Giving up */

static void not_found_after_giving_up(struct kunit *test)
{
	struct fake *f = test->priv;

	program(f, 10, 3, RD, 0);
	program(f, 20, 5, WR, 0);
	give_up(f);
	KUNIT_EXPECT_EQ(test, f->pins.stale, f->pins.pins);
	KUNIT_EXPECT_EQ(test, f->pins.fresh_pages, 0U);
	KUNIT_EXPECT_EQ(test, f->pins.stats.gone[VFIO_CCW_PINS_NOTIFIED], 8UL);
	KUNIT_EXPECT_EQ(test, f->drains, 1U);
	KUNIT_EXPECT_EQ(test, f->npins, 2U);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(&f->pins));
	expect_counts(f, 0, 0);
	KUNIT_EXPECT_EQ(test, f->gone, 2U);
	give_up(f);
	KUNIT_EXPECT_EQ(test, f->pins.stats.gone[VFIO_CCW_PINS_NOTIFIED], 8UL);
	/* nothing was there to be drained */
	KUNIT_EXPECT_EQ(test, f->drains, 1U);
	program(f, 10, 3, RD, 0);
	program(f, 10, 3, RD, 3);
}

/* What a program uses is unpinned at its end, not before and not later */
static void given_up_while_in_use(struct kunit *test)
{
	struct fake *f = test->priv;

	program(f, 10, 3, RD, 0);
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, find(f, 10, 3, RD), 3U);
	KUNIT_EXPECT_EQ(test, add(f, 20, 2, RD), 0);
	give_up(f);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(&f->pins));
	vfio_ccw_pins_expire(&f->pins);
	expect_counts(f, 2, 5);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_leased(&f->pins, 0, 12 * PAGE, 1));
	/* a translation that goes on finds and keeps nothing more */
	KUNIT_EXPECT_EQ(test, find(f, 10, 3, RD), 0U);
	KUNIT_EXPECT_EQ(test, add(f, 30, 2, RD), 1);
	/* one that begins while it runs may, if the old pages are not asked for */
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 1);
	KUNIT_EXPECT_EQ(test, add(f, 30, 2, RD), 0);
	KUNIT_EXPECT_EQ(test, find(f, 30, 2, RD), 2U);
	vfio_ccw_pins_end(&f->pins, 0);
	expect_counts(f, 1, 2);
	vfio_ccw_pins_end(&f->pins, 1);
	expect_counts(f, 1, 2);
}

/* Two programs: the pin goes with the last of them */
static void two_programs_use_it(struct kunit *test)
{
	struct fake *f = test->priv;
	struct vfio_ccw_pins *p = &f->pins;
	u64 host[3];

	admit(f);
	vfio_ccw_pins_begin(p, 0);
	KUNIT_EXPECT_EQ(test, add(f, 10, 3, RD), 0);
	vfio_ccw_pins_begin(p, 3);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_leased(p, 3, 0, U64_MAX));
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_find(p, 3, 11, 1, RD, host), 1U);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_leased(p, 3, 0, U64_MAX));
	give_up(f);
	vfio_ccw_pins_end(p, 0);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_leased(p, 0, 0, U64_MAX));
	expect_counts(f, 1, 3);
	/* a new lease of the first slot has not got it */
	vfio_ccw_pins_begin(p, 0);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_leased(p, 0, 0, U64_MAX));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(p));
	vfio_ccw_pins_end(p, 3);
	expect_counts(f, 0, 0);
	vfio_ccw_pins_end(p, 0);
}

static const struct moment_case {
	const char *name;
	enum moment when;
} moment_cases[] = {
	{ "before the sequence is read", IN_BEGIN },
	{ "before the page is pinned", BEFORE_PIN },
	{ "after it is pinned", AFTER_PIN },
};

KUNIT_ARRAY_PARAM_DESC(moment, moment_cases, name);

/* The program that pins just then runs; no later one finds that page */
static void given_up_while_pinning(struct kunit *test)
{
	const struct moment_case *c = test->param_value;
	struct fake *f = test->priv;

	program(f, 10, 1, RD, 0);
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	f->when = c->when;
	f->what = give_up;
	KUNIT_EXPECT_EQ(test, add(f, 20, 3, RD), 0);
	KUNIT_EXPECT_EQ(test, f->pins.stale, f->pins.pins);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_leased(&f->pins, 0, 20 * PAGE, 1));
	KUNIT_EXPECT_EQ(test, find(f, 20, 3, RD), 0U);
	KUNIT_EXPECT_EQ(test, f->pins.stats.gone[VFIO_CCW_PINS_NOTIFIED], 4UL);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(&f->pins));
	expect_counts(f, 1, 3);
	vfio_ccw_pins_end(&f->pins, 0);
	expect_counts(f, 0, 0);
	program(f, 20, 3, RD, 0);
}

/* Settled: there is nothing to drain, whether anything is kept, or used, or not */
static void settled_unless_given_up(struct kunit *test)
{
	struct fake *f = test->priv;
	struct vfio_ccw_pins *p = &f->pins;

	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_settled(p));
	program(f, 10, 2, RD, 0);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_settled(p));
	give_up(f);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_settled(p));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(p));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_settled(p));

	admit(f);
	vfio_ccw_pins_begin(p, 0);
	KUNIT_EXPECT_EQ(test, add(f, 10, 2, RD), 0);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_settled(p));
	give_up(f);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(p));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_settled(p));
	vfio_ccw_pins_end(p, 0);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_settled(p));
}

static void drains_meanwhile(struct fake *f)
{
	struct vfio_ccw_pins *p = &f->pins;

	KUNIT_EXPECT_FALSE(f->test, vfio_ccw_pins_settled(p));
	give_up(f);
	KUNIT_EXPECT_FALSE(f->test, vfio_ccw_pins_settled(p));
	KUNIT_EXPECT_FALSE(f->test, vfio_ccw_pins_drain(p));
	KUNIT_EXPECT_TRUE(f->test, vfio_ccw_pins_old(p, 21 * PAGE, 1, true));
	KUNIT_EXPECT_FALSE(f->test, vfio_ccw_pins_old(p, 21 * PAGE, 1, false));
	KUNIT_EXPECT_FALSE(f->test, vfio_ccw_pins_old(p, 23 * PAGE, 1, true));
}

/* Another device asks meanwhile: what comes of it may be handed out to it */
static void not_clean_while_pinning(struct kunit *test)
{
	const struct moment_case *c = test->param_value;
	struct fake *f = test->priv;

	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	f->when = c->when;
	f->what = drains_meanwhile;
	KUNIT_EXPECT_EQ(test, add(f, 20, 3, RD), 0);
	KUNIT_EXPECT_EQ(test, f->when, NEVER);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_old(&f->pins, 20 * PAGE, 1,
						  false));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(&f->pins));
	vfio_ccw_pins_end(&f->pins, 0);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(&f->pins));
}

static void old_while_unpinned(struct fake *f)
{
	KUNIT_EXPECT_TRUE(f->test, vfio_ccw_pins_old(&f->pins, 10 * PAGE, PAGE,
						     false));
	KUNIT_EXPECT_FALSE(f->test, vfio_ccw_pins_settled(&f->pins));
}

/* A page is old from when it is given up until it is unpinned */
static void old_until_unpinned(struct kunit *test)
{
	struct fake *f = test->priv;
	struct vfio_ccw_pins *p = &f->pins;

	program(f, 10, 2, RD, 0);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_old(p, 0, U64_MAX, true));
	give_up(f);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_old(p, 0, U64_MAX, false));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_old(p, 12 * PAGE - 1, 1, false));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_old(p, 12 * PAGE, PAGE, false));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_old(p, 9 * PAGE, PAGE, false));
	f->when = IN_UNPIN;
	f->what = old_while_unpinned;
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(p));
	KUNIT_EXPECT_EQ(test, f->when, NEVER);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_old(p, 0, U64_MAX, true));
}

static void moves_sequence(struct fake *f)
{
	f->seq++;
}

/* The sequence has moved, the callback is still on its way */
static void sequence_moves_while_pinning(struct kunit *test)
{
	const struct moment_case *c = test->param_value;
	struct fake *f = test->priv;

	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	f->when = c->when;
	f->what = moves_sequence;
	KUNIT_EXPECT_EQ(test, add(f, 20, 3, RD), 0);
	KUNIT_EXPECT_EQ(test, f->pins.stale, c->when == IN_BEGIN ? 0U : 1U);
	KUNIT_EXPECT_EQ(test, f->drains, c->when == IN_BEGIN ? 0U : 1U);
	vfio_ccw_pins_end(&f->pins, 0);
	expect_counts(f, c->when == IN_BEGIN, c->when == IN_BEGIN ? 3 : 0);
}

/* What was given up before the translation began must be gone by then */
static void admitted_too_early(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 gen = vfio_ccw_pins_gen(&f->pins);

	give_up(f);
	vfio_ccw_pins_admit(&f->pins, true, gen);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, add(f, 10, 1, RD), 1);
	KUNIT_EXPECT_EQ(test, f->calls, 0U);
	admit(f);
	KUNIT_EXPECT_EQ(test, add(f, 10, 1, RD), 0);
}

/* A program that runs while all numbers of generations are used */
static void generations_wrap(struct kunit *test)
{
	struct fake *f = test->priv;

	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, add(f, 10, 2, RD), 0);
	f->pins.gen = U32_MAX;
	f->pins.stale = 1;
	f->pins.fresh_pages = 0;
	f->pins.stats.gone[VFIO_CCW_PINS_NOTIFIED] = 2;
	admit(f);
	KUNIT_EXPECT_EQ(test, add(f, 20, 3, RD), 0);
	do {
		give_up(f);
		KUNIT_EXPECT_NE(test, vfio_ccw_pins_gen(&f->pins), 0U);
		KUNIT_EXPECT_EQ(test, f->pins.stale, f->pins.pins);
		admit(f);
		KUNIT_EXPECT_EQ(test, find(f, 10, 2, RD), 0U);
		KUNIT_EXPECT_EQ(test, find(f, 20, 3, RD), 0U);
	} while (vfio_ccw_pins_gen(&f->pins) != 3);
	KUNIT_EXPECT_EQ(test, f->pins.stats.gone[VFIO_CCW_PINS_NOTIFIED], 5UL);
	vfio_ccw_pins_end(&f->pins, 0);
	expect_counts(f, 0, 0);
}

/* The numbers of leases: none is that of a pin that nobody has used */
static void leases_wrap(struct kunit *test)
{
	struct fake *f = test->priv;

	f->pins.lease[0] = U32_MAX - 1;
	program(f, 10, 2, RD, 0);
	program(f, 20, 1, RD, 0);
	KUNIT_EXPECT_NE(test, f->pins.lease[0], 0U);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_leased(&f->pins, 0, 0, U64_MAX));
	vfio_ccw_pins_begin(&f->pins, 1);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_leased(&f->pins, 1, 0, U64_MAX));
	vfio_ccw_pins_end(&f->pins, 1);
}

/* Time */

/* It goes when it was not used for so many ticks */
static void unused_for_a_while(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 i;

	program(f, 10, 2, RD, 0);
	KUNIT_EXPECT_EQ(test, f->laters, 1U);
	for (i = 1; i < VFIO_CCW_PINS_TICKS; i++) {
		KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_expire(&f->pins));
		expect_counts(f, 1, 2);
	}
	program(f, 11, 1, RD, 1);
	for (i = 1; i < VFIO_CCW_PINS_TICKS; i++) {
		KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_expire(&f->pins));
		expect_counts(f, 1, 2);
	}
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_expire(&f->pins));
	expect_counts(f, 0, 0);
	KUNIT_EXPECT_EQ(test, f->pins.stats.gone[VFIO_CCW_PINS_UNUSED], 2UL);
	KUNIT_EXPECT_NE(test, f->pins.chunks, 0U);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_expire(&f->pins));
	expect_few_records(f);
	/* it begins anew */
	program(f, 10, 2, RD, 0);
	KUNIT_EXPECT_EQ(test, f->laters, 2U);
}

/* However many these are, they go together */
static void all_unused_go(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 i;

	for (i = 0; i < 10; i++)
		program(f, 10 * i, 2, RD, 0);
	for (i = 1; i < VFIO_CCW_PINS_TICKS; i++)
		KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_expire(&f->pins));
	expect_counts(f, 10, 20);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_expire(&f->pins));
	expect_counts(f, 0, 0);
}

/* Only what was not used goes, and the count begins at the end of a program */
static void in_use_for_a_while(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 i;

	program(f, 10, 2, RD, 0);
	program(f, 20, 3, RD, 0);
	program(f, 30, 4, RD, 0);
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 2);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, find(f, 20, 3, RD), 3U);
	for (i = 0; i < 2 * VFIO_CCW_PINS_TICKS; i++)
		KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_expire(&f->pins));
	expect_counts(f, 1, 3);
	vfio_ccw_pins_end(&f->pins, 0);
	vfio_ccw_pins_end(&f->pins, 2);
	for (i = 1; i < VFIO_CCW_PINS_TICKS; i++)
		vfio_ccw_pins_expire(&f->pins);
	expect_counts(f, 1, 3);
	vfio_ccw_pins_expire(&f->pins);
	expect_counts(f, 0, 0);
}

static void ticks_wrap(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 i;

	f->pins.tick = U32_MAX - 1;
	program(f, 10, 2, RD, 0);
	for (i = 1; i < VFIO_CCW_PINS_TICKS; i++)
		vfio_ccw_pins_expire(&f->pins);
	expect_counts(f, 1, 2);
	vfio_ccw_pins_expire(&f->pins);
	expect_counts(f, 0, 0);
}

/* The oldest goes, and not the one whose turn is the smallest number */
static void turns_wrap(struct kunit *test)
{
	struct fake *f = test->priv;
	u64 old[3] = { 100, 101, 102 };		/* the oldest first */
	u64 page;

	f->pins.max = 3;
	f->pins.turn = U32_MAX - 6;
	for (page = 100; page < 103; page++)
		program(f, page, 1, RD, 0);
	for (; page < 115; page++) {
		program(f, old[0], 1, RD, 1);
		program(f, page, 1, RD, 0);
		KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_any(&f->pins,
							   old[1] * PAGE, PAGE));
		old[1] = old[0];
		old[0] = old[2];
		old[2] = page;
		expect_counts(f, 3, 3);
	}
	KUNIT_EXPECT_LT(test, f->pins.turn, 100U);
}

/* Unmap */

static const struct range_case {
	const char *name;
	u64 iova;
	u64 length;
	bool meets;
} range_cases[] = {
	{ "all below", 0, 10 * PAGE, false },
	{ "the byte before", 10 * PAGE - 1, 1, false },
	{ "its first byte", 10 * PAGE, 1, true },
	{ "up to its first byte", 0, 10 * PAGE + 1, true },
	{ "a byte amid it", 11 * PAGE + 77, 1, true },
	{ "exactly it", 10 * PAGE, 4 * PAGE, true },
	{ "its last byte", 14 * PAGE - 1, 1, true },
	{ "the byte behind", 14 * PAGE, 1, false },
	{ "all above", 14 * PAGE, U64_MAX, false },
	{ "its last byte to the end", 14 * PAGE - 1, U64_MAX, true },
	{ "everything", 0, U64_MAX, true },
	{ "no byte of it", 11 * PAGE, 0, false },
	{ "the last byte of all", U64_MAX, 1, false },
};

KUNIT_ARRAY_PARAM_DESC(range, range_cases, name);

static void ranges(struct kunit *test)
{
	const struct range_case *c = test->param_value;
	struct fake *f = test->priv;
	struct vfio_ccw_pins *p = &f->pins;

	program(f, 10, 4, RD, 0);
	program(f, 100, 1, RD, 0);
	/* nobody uses that one */
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_unmap(p, 100 * PAGE, PAGE));
	vfio_ccw_pins_drain(p);
	f->drains = 0;
	admit(f);
	vfio_ccw_pins_begin(p, 0);
	KUNIT_EXPECT_EQ(test, find(f, 13, 1, RD), 1U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_any(p, c->iova, c->length),
			c->meets);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_leased(p, 0, c->iova, c->length),
			c->meets);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_leased(p, 1, c->iova, c->length));
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_unmap(p, c->iova, c->length),
			c->meets);
	KUNIT_EXPECT_EQ(test, f->drains, (unsigned int)c->meets);
	KUNIT_EXPECT_EQ(test, p->stats.gone[VFIO_CCW_PINS_UNMAPPED],
			c->meets ? 5UL : 1UL);
	KUNIT_EXPECT_EQ(test, find(f, 10, 4, RD), c->meets ? 0U : 4U);
	expect_counts(f, 1, 4);
	vfio_ccw_pins_end(p, 0);
	expect_counts(f, !c->meets, c->meets ? 0 : 4);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_any(p, 0, U64_MAX), !c->meets);
}

static void unmaps_20(struct fake *f)
{
	vfio_ccw_pins_unmap(&f->pins, 20 * PAGE, PAGE);
}

static void unmaps_30(struct fake *f)
{
	vfio_ccw_pins_unmap(&f->pins, 30 * PAGE, PAGE);
}

/* The unmap sees what is being pinned, and that is not kept */
static void unmapped_while_pinning(struct kunit *test)
{
	const struct moment_case *c = test->param_value;
	struct fake *f = test->priv;

	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	f->when = c->when;
	f->what = unmaps_30;
	KUNIT_EXPECT_EQ(test, add(f, 19, 2, RD), 0);
	KUNIT_EXPECT_EQ(test, find(f, 19, 2, RD), 2U);
	f->when = c->when;
	f->what = unmaps_20;
	KUNIT_EXPECT_EQ(test, add(f, 19, 2, WR), 0);
	KUNIT_EXPECT_EQ(test, find(f, 19, 2, RD), 0U);
	KUNIT_EXPECT_EQ(test, f->pins.stats.gone[VFIO_CCW_PINS_UNMAPPED], 4UL);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(&f->pins));
	vfio_ccw_pins_end(&f->pins, 0);
	expect_counts(f, 0, 0);
	/* who waits for a pin that fails is told */
	f->gone = 0;
	f->refuse = RD;
	admit(f);
	f->when = c->when == AFTER_PIN ? BEFORE_PIN : c->when;
	f->what = unmaps_30;
	KUNIT_EXPECT_EQ(test, add(f, 19, 2, RD), -EPERM);
	KUNIT_EXPECT_EQ(test, f->gone, 0U);
	f->when = c->when == AFTER_PIN ? BEFORE_PIN : c->when;
	f->what = unmaps_20;
	KUNIT_EXPECT_EQ(test, add(f, 19, 2, RD), -EPERM);
	KUNIT_EXPECT_EQ(test, f->gone, 1U);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_any(&f->pins, 0, U64_MAX));
	expect_counts(f, 0, 0);
}

/* While a thread unpins, others see that it is not done */
static void looks_from_unpin(struct fake *f)
{
	struct vfio_ccw_pins *p = &f->pins;

	KUNIT_EXPECT_GT(f->test, p->nr_going, 0U);
	KUNIT_EXPECT_FALSE(f->test, vfio_ccw_pins_gone(p, p->going_seq));
	KUNIT_EXPECT_TRUE(f->test, vfio_ccw_pins_gone(p, p->going_seq - 2));
	KUNIT_EXPECT_TRUE(f->test, vfio_ccw_pins_any(p, 10 * PAGE, PAGE));
	KUNIT_EXPECT_TRUE(f->test, vfio_ccw_pins_any(p, 20 * PAGE, PAGE));
	KUNIT_EXPECT_EQ(f->test, find(f, 10, 1, RD), 0U);
	/* nothing is left for this one, and it does not wait */
	KUNIT_EXPECT_TRUE(f->test, vfio_ccw_pins_drain(p));
	/* nor are pages that are going in the way of what is to be kept */
	KUNIT_EXPECT_EQ(f->test, p->pages, 0U);
	KUNIT_EXPECT_EQ(f->test, f->reserved, 0U);
}

static void seen_until_unpinned(struct kunit *test)
{
	struct fake *f = test->priv;

	f->pins.going_seq = U32_MAX - 1;
	program(f, 10, 1, RD, 0);
	program(f, 20, 1, RD, 0);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_gone(&f->pins,
						   f->pins.going_seq));
	admit(f);
	give_up(f);
	f->when = IN_UNPIN;
	f->what = looks_from_unpin;
	vfio_ccw_pins_drain(&f->pins);
	KUNIT_EXPECT_EQ(test, f->when, NEVER);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_gone(&f->pins,
						   f->pins.going_seq));
	KUNIT_EXPECT_EQ(test, f->unpins, 2U);
}

/* Bounds */

/* One page too many: the oldest goes, and that before anything is pinned */
static void bound_of_pages(struct kunit *test)
{
	struct fake *f = test->priv;

	f->pins.max = 10;
	program(f, 100, 4, RD, 0);
	program(f, 200, 5, RD, 0);		/* n - 1 */
	expect_counts(f, 2, 9);
	program(f, 300, 1, RD, 0);		/* n */
	expect_counts(f, 3, 10);
	program(f, 100, 4, RD, 4);		/* now 200 is the oldest */
	program(f, 400, 1, RD, 0);		/* n + 1 */
	expect_counts(f, 3, 6);
	KUNIT_EXPECT_EQ(test, f->pins.stats.gone[VFIO_CCW_PINS_BOUND], 5UL);
	program(f, 300, 1, RD, 1);
	program(f, 100, 4, RD, 4);
	program(f, 200, 5, RD, 0);
	expect_counts(f, 3, 10);
	/* as much as there may be at all, and more */
	program(f, 500, 10, RD, 0);
	expect_counts(f, 1, 10);
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	f->calls = 0;
	KUNIT_EXPECT_EQ(test, add(f, 600, 11, RD), 1);
	KUNIT_EXPECT_EQ(test, find(f, 500, 10, RD), 10U);
	/* nothing that is in use goes for anything */
	KUNIT_EXPECT_EQ(test, add(f, 700, 1, RD), 1);
	KUNIT_EXPECT_EQ(test, f->calls, 0U);
	expect_counts(f, 1, 10);
}

static void bound_of_pins(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 n;

	for (n = 1; n <= VFIO_CCW_PINS_MAX + 1; n++) {
		program(f, 100 * n, 1, RD, 0);
		KUNIT_EXPECT_EQ(test, f->npins, min(n, VFIO_CCW_PINS_MAX));
	}
	expect_counts(f, VFIO_CCW_PINS_MAX, VFIO_CCW_PINS_MAX);
	program(f, 200, 1, RD, 1);
	program(f, 100, 1, RD, 0);
	/* those of running programs count */
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	for (n = 0; n < VFIO_CCW_PINS_MAX; n++)
		KUNIT_EXPECT_EQ(test, add(f, 0x1000000 + 2 * n, 1, RD), 0);
	KUNIT_EXPECT_EQ(test, add(f, 7, 1, RD), 1);
	expect_counts(f, VFIO_CCW_PINS_MAX, VFIO_CCW_PINS_MAX);
}

/* What all devices keep together is somebody else's to count */
static void refused_by_all_devices(struct kunit *test)
{
	struct fake *f = test->priv;

	f->most = 6;
	program(f, 100, 4, RD, 0);
	program(f, 200, 2, RD, 0);
	program(f, 300, 3, RD, 0);
	expect_counts(f, 2, 5);
	program(f, 200, 2, RD, 2);
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, add(f, 400, 7, RD), 1);
	expect_counts(f, 0, 0);
	f->most = 0;
	KUNIT_EXPECT_EQ(test, add(f, 400, 1, RD), 1);
	KUNIT_EXPECT_EQ(test, f->calls, 3U);
	f->most = 1;
	KUNIT_EXPECT_EQ(test, add(f, 400, 1, RD), 0);
	KUNIT_EXPECT_EQ(test, add(f, 500, 1, RD), 1);
	vfio_ccw_pins_end(&f->pins, 0);
	/* a pin that fails gives back what it had reserved */
	f->most = 3;
	f->refuse = RD;
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, add(f, 600, 2, RD), -EPERM);
	expect_counts(f, 1, 1);
}

/* However many are in use, each search for the oldest is short and gets on */
static void oldest_behind_those_in_use(struct kunit *test)
{
	struct fake *f = test->priv;
	unsigned int tries = 0;
	u64 host;
	u32 n;

	f->pins.max = 1001;
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	for (n = 0; n < 1000; n++)
		KUNIT_EXPECT_EQ(test, add(f, 2 * n, 1, RD), 0);
	vfio_ccw_pins_begin(&f->pins, 1);
	program(f, 5000, 1, RD, 0);
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	for (n = 0; n < 1000; n++)
		KUNIT_EXPECT_EQ(test, find(f, 2 * n, 1, RD), 1U);
	/* 5000 is the oldest */
	KUNIT_EXPECT_EQ(test, add(f, 6000, 1, RD), 0);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_any(&f->pins, 5000 * PAGE, PAGE));
	vfio_ccw_pins_end(&f->pins, 0);
	vfio_ccw_pins_end(&f->pins, 1);
	/* put one that is not in use behind a thousand that are */
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	for (n = 0; n < 1000; n++)
		KUNIT_EXPECT_EQ(test, find(f, 2 * n, 1, RD), 1U);
	f->pins.max = 1002;
	KUNIT_EXPECT_EQ(test, add(f, 8000, 1, RD), 0);
	vfio_ccw_pins_begin(&f->pins, 2);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_find(&f->pins, 2, 6000, 1, RD,
						 &host), 1U);
	vfio_ccw_pins_end(&f->pins, 2);
	while (add(f, 7000, 1, RD) && tries < 100)
		tries++;
	KUNIT_EXPECT_GT(test, tries, 5U);
	KUNIT_EXPECT_LT(test, tries, 20U);
	expect_counts(f, 1002, 1002);
}

/* Memory */

static void let_go_the_oldest(struct kunit *test)
{
	struct fake *f = test->priv;
	struct vfio_ccw_pins *p = &f->pins;
	struct vfio_ccw_pins_count count;

	program(f, 100, 4, RD, 0);
	program(f, 200, 5, RD, 0);
	program(f, 300, 6, RD, 0);
	program(f, 100, 4, RD, 4);
	admit(f);
	vfio_ccw_pins_begin(p, 0);
	KUNIT_EXPECT_EQ(test, find(f, 200, 1, RD), 1U);
	vfio_ccw_pins_count(p, &count);
	KUNIT_EXPECT_EQ(test, count.used, 1U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_let_go(p, 0), 0U);
	KUNIT_EXPECT_EQ(test, f->drains, 0U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_let_go(p, 1), 6U);
	KUNIT_EXPECT_EQ(test, f->drains, 1U);
	KUNIT_EXPECT_EQ(test, f->unpins, 0U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_let_go(p, 7), 4U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_let_go(p, 7), 0U);
	KUNIT_EXPECT_EQ(test, p->stats.gone[VFIO_CCW_PINS_MEMORY], 10UL);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(p));
	expect_counts(f, 1, 5);
}

/* A pin for which there is no memory: first lets go, then tries again, once */
static void pinned_when_memory_is_short(struct kunit *test)
{
	struct fake *f = test->priv;
	u64 host[8];

	program(f, 100, 4, RD, 0);
	f->calls = 0;
	f->no_memory = 1;
	program(f, 200, 4, RD, 0);
	KUNIT_EXPECT_EQ(test, f->calls, 2U);
	KUNIT_EXPECT_EQ(test, f->relieved, 1U);
	expect_counts(f, 1, 4);
	f->no_memory = 2;
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, add(f, 300, 4, RD), -ENOMEM);
	KUNIT_EXPECT_EQ(test, f->calls, 4U);
	expect_counts(f, 0, 0);
	f->relief = false;
	f->no_memory = 1;
	KUNIT_EXPECT_EQ(test, add(f, 300, 4, RD), -ENOMEM);
	KUNIT_EXPECT_EQ(test, f->calls, 5U);
	KUNIT_EXPECT_EQ(test, f->relieved, 3U);
	KUNIT_EXPECT_EQ(test, add(f, 300, 4, RD), 0);
	/* to read is not worth what others keep */
	f->no_memory = 1;
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_read(&f->pins, 8 * PAGE, host, 8));
	f->pins.round++;
	f->pins.missed_until = jiffies + 1000 * HZ;
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_read(&f->pins, 8 * PAGE, host, 8));
	KUNIT_EXPECT_EQ(test, f->no_memory, 0U);
	KUNIT_EXPECT_EQ(test, f->relieved, 3U);
	expect_counts(f, 1, 4);
}

/* For one program alone: seen by nobody, but relieved in the same way */
static void pinned_for_one_program(struct kunit *test)
{
	struct fake *f = test->priv;
	u64 host[4];

	program(f, 100, 4, RD, 0);
	admit(f);
	vfio_ccw_pins_begin(&f->pins, 0);
	KUNIT_EXPECT_EQ(test, find(f, 100, 1, RD), 1U);
	f->no_memory = 1;
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_pin(&f->pins, 0, 100 * PAGE, 4,
						RD, host), 0);
	KUNIT_EXPECT_EQ(test, host[3], host_now(f, 103));
	KUNIT_EXPECT_EQ(test, f->relieved, 1U);
	KUNIT_EXPECT_EQ(test, f->npins, 2U);
	fake_unpin(f, 100 * PAGE, 4);
	expect_counts(f, 1, 4);
	f->refuse = RD;
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_pin(&f->pins, 0, 100 * PAGE, 4,
						RD, host), -EPERM);
	KUNIT_EXPECT_EQ(test, f->relieved, 1U);
	vfio_ccw_pins_unpinned(&f->pins, 0);
}

/*
 * What a program has pinned for itself is handed out again, even if it was given
 * up since: until that is unpinned, nothing that is pinned may be kept
 */
static void given_up_beside_the_store(struct kunit *test)
{
	struct fake *f = test->priv;
	struct vfio_ccw_pins *p = &f->pins;
	u64 host[4];
	u32 i;

	for (i = 0; i < 2; i++) {
		/* the second time, with the last of all numbers */
		if (i)
			p->gen = U32_MAX;
		vfio_ccw_pins_begin(p, 2);
		KUNIT_EXPECT_EQ(test, vfio_ccw_pins_pin(p, 2, 100 * PAGE, 4,
							RD, host), 0);
		KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_settled(p));
		KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(p));
		give_up(f);
		KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_settled(p));
		KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(p));
		/* more of it does not make it newer */
		KUNIT_EXPECT_EQ(test, vfio_ccw_pins_pin(p, 2, 200 * PAGE, 4,
							RD, host), 0);
		KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(p));
		fake_unpin(f, 100 * PAGE, 4);
		fake_unpin(f, 200 * PAGE, 4);
		vfio_ccw_pins_unpinned(p, 2);
		KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(p));
		vfio_ccw_pins_end(p, 2);
	}
	/* its translation began before: it may have been handed out what was old then */
	admit(f);
	give_up(f);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_pin(p, 1, 100 * PAGE, 4, RD,
						host), 0);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(p));
	fake_unpin(f, 100 * PAGE, 4);
	vfio_ccw_pins_unpinned(p, 1);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(p));
	/* one that begins after that is no hindrance */
	admit(f);
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_pin(p, 1, 100 * PAGE, 4, RD,
						host), 0);
	program(f, 300, 1, RD, 0);
	program(f, 300, 1, RD, 1);
	fake_unpin(f, 100 * PAGE, 4);
	vfio_ccw_pins_unpinned(p, 1);
}

/* Records of the table do not gather, whatever pages a guest uses */
static void records_are_bounded(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 i, n;

	f->pins.max = UINT_MAX;
	for (i = 0; i < 3; i++) {
		/* two pages, each in a chunk of its own: the most pins can use */
		for (n = 0; n < VFIO_CCW_PINS_MAX; n++)
			program(f, 0x1000000 * (i + 1) + 63 + 128 * n, 2, RD,
				0);
		KUNIT_EXPECT_LE(test, f->pins.chunks, 4100U);
		for (n = 0; n < VFIO_CCW_PINS_MAX; n++)
			program(f, 0x1000000 * (i + 1) + 63 + 128 * n, 2, RD,
				2);
	}
	/* three chunks each */
	for (n = 0; n < VFIO_CCW_PINS_MAX; n++)
		program(f, 0x8000063 + 256 * n, 67, RD, 0);
	expect_counts(f, VFIO_CCW_PINS_MAX, 67 * VFIO_CCW_PINS_MAX);
	for (n = 0; n < VFIO_CCW_PINS_MAX; n++)
		program(f, 0x8000063 + 256 * n, 67, RD, 67);
	vfio_ccw_pins_give_up(&f->pins, VFIO_CCW_PINS_ENDED);
	vfio_ccw_pins_drain(&f->pins);
	KUNIT_EXPECT_LE(test, f->pins.chunks, 4096U);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_expire(&f->pins));
	expect_few_records(f);
}

/* Device closed and opened again */
static void used_again_after_free(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 i;

	for (i = 0; i < 3; i++) {
		program(f, 100, 4, RD, 0);
		program(f, 100, 4, RD, 4);
		vfio_ccw_pins_give_up(&f->pins, VFIO_CCW_PINS_ENDED);
		KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(&f->pins));
		vfio_ccw_pins_free(&f->pins);
		KUNIT_EXPECT_EQ(test, f->pins.chunks, 0U);
		KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_any(&f->pins, 0, U64_MAX));
	}
}

/* Reading */

/* The next read is another program's, and soon, however slow the machine is */
static void soon(struct fake *f)
{
	f->pins.round++;
	f->pins.missed_until = jiffies + 1000 * HZ;
}

static bool read_now(struct fake *f, u64 iova, size_t len)
{
	static u8 buf[2 * PAGE];
	u64 host = host_now(f, iova / PAGE) + iova % PAGE;
	u8 want;
	size_t i;

	memset(buf, 0xee, sizeof(buf));
	if (!vfio_ccw_pins_read(&f->pins, iova, buf, len))
		return false;
	for (i = 0; i < len; i++) {
		want = host + i + (host + i) / PAGE * 7;
		if (buf[i] != want)
			KUNIT_FAIL(f->test, "byte %zu read at %llx", i,
				   (unsigned long long)iova);
	}
	KUNIT_EXPECT_EQ(f->test, buf[len], 0xee);
	return true;
}

static bool reads(struct fake *f, u64 iova, size_t len)
{
	soon(f);
	return read_now(f, iova, len);
}

/* The first read does without; the second pins the page, the third uses that */
static void read_by_way_of_a_pin(struct kunit *test)
{
	struct fake *f = test->priv;

	admit(f);
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE + 8, 16));
	KUNIT_EXPECT_EQ(test, f->calls, 0U);
	KUNIT_EXPECT_TRUE(test, reads(f, 10 * PAGE, PAGE));
	KUNIT_EXPECT_EQ(test, f->calls, 1U);
	KUNIT_EXPECT_EQ(test, f->pin[0].dir, RD);
	KUNIT_EXPECT_TRUE(test, reads(f, 11 * PAGE - 1, 1));
	KUNIT_EXPECT_EQ(test, f->calls, 1U);
	KUNIT_EXPECT_EQ(test, f->copies, 2U);
	KUNIT_EXPECT_EQ(test, f->pins.stats.read, 2UL);
	/* never across the end of a page, kept or not */
	program(f, 11, 1, RD, 0);
	admit(f);
	KUNIT_EXPECT_FALSE(test, reads(f, 11 * PAGE - 1, 2));
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, PAGE + 1));
	KUNIT_EXPECT_FALSE(test, reads(f, 12 * PAGE - 8, 16));
	KUNIT_EXPECT_TRUE(test, reads(f, 12 * PAGE - 8, 8));
	/* nobody uses it: it goes as others do */
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_leased(&f->pins, 0, 0, U64_MAX));
	KUNIT_EXPECT_EQ(test, vfio_ccw_pins_let_go(&f->pins, 100), 2U);
	vfio_ccw_pins_drain(&f->pins);
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, 8));
}

/* One program may read a page as often as it likes: that alone is not worth a pin */
static void not_pinned_for_one_program(struct kunit *test)
{
	struct fake *f = test->priv;

	admit(f);
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, 8));
	KUNIT_EXPECT_FALSE(test, read_now(f, 10 * PAGE, 8));
	KUNIT_EXPECT_FALSE(test, read_now(f, 10 * PAGE + 8, 8));
	expect_counts(f, 0, 0);
	admit(f);
	KUNIT_EXPECT_TRUE(test, read_now(f, 10 * PAGE, 8));
	expect_counts(f, 1, 1);
}

static void rounds_wrap(struct kunit *test)
{
	struct fake *f = test->priv;
	u64 page;

	f->pins.round = U32_MAX - 3;
	for (page = 10; page < 14; page++) {
		admit(f);
		KUNIT_EXPECT_FALSE(test, reads(f, page * PAGE, 8));
		KUNIT_EXPECT_FALSE(test, read_now(f, page * PAGE, 8));
		KUNIT_EXPECT_TRUE(test, reads(f, page * PAGE, 8));
	}
	KUNIT_EXPECT_LT(test, f->pins.round, 100U);
	expect_counts(f, 4, 4);
}

/* Nor is a page that programs read now and then */
static void not_pinned_if_read_seldom(struct kunit *test)
{
	struct fake *f = test->priv;
	bool again;
	u32 n;

	for (n = 0; n < 3; n++) {
		admit(f);
		f->pins.missed_until = jiffies - 1;
		KUNIT_EXPECT_FALSE(test, read_now(f, 10 * PAGE, 8));
		again = time_after(f->pins.missed_until, jiffies);
		KUNIT_EXPECT_TRUE(test, again);
	}
	expect_counts(f, 0, 0);
	/* what is missed meanwhile does not make it a shorter time */
	KUNIT_EXPECT_FALSE(test, reads(f, 11 * PAGE, 8));
	KUNIT_EXPECT_TRUE(test, reads(f, 10 * PAGE, 8));
	expect_counts(f, 1, 1);
}

/* Nor if the other program was that of another user */
static void not_pinned_for_the_next_user(struct kunit *test)
{
	struct fake *f = test->priv;

	admit(f);
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, 8));
	vfio_ccw_pins_free(&f->pins);
	admit(f);
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, 8));
	expect_counts(f, 0, 0);
	KUNIT_EXPECT_TRUE(test, reads(f, 10 * PAGE, 8));
	expect_counts(f, 1, 1);
}

/* What was read in between is another page, or one at the same place */
static void read_of_many_pages(struct kunit *test)
{
	struct fake *f = test->priv;
	u32 n;

	admit(f);
	for (n = 0; n < VFIO_CCW_PINS_MISSED; n++)
		KUNIT_EXPECT_FALSE(test, reads(f, n * PAGE, 8));
	for (n = 0; n < VFIO_CCW_PINS_MISSED; n++)
		KUNIT_EXPECT_TRUE(test, reads(f, n * PAGE, 8));
	expect_counts(f, VFIO_CCW_PINS_MISSED, VFIO_CCW_PINS_MISSED);
	for (n = 0; n < 10; n++) {
		KUNIT_EXPECT_FALSE(test, reads(f, 0x100 * PAGE, 8));
		KUNIT_EXPECT_FALSE(test, reads(f, 0x200 * PAGE, 8));
	}
	expect_counts(f, VFIO_CCW_PINS_MISSED, VFIO_CCW_PINS_MISSED);
}

/* A page that is kept for input alone may not be readable */
static void not_read_if_kept_for_input(struct kunit *test)
{
	struct fake *f = test->priv;

	program(f, 10, 2, WR, 0);
	admit(f);
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, 8));
	f->refuse = RD;
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, 8));
	KUNIT_EXPECT_EQ(test, f->copies, 0U);
	KUNIT_EXPECT_EQ(test, f->calls, 3U);
	expect_counts(f, 1, 2);
	f->refuse = 0;
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, 8));
	KUNIT_EXPECT_TRUE(test, reads(f, 10 * PAGE, 8));
	program(f, 10, 1, BOTH, 1);
}

static void not_read_after_giving_up(struct kunit *test)
{
	struct fake *f = test->priv;

	program(f, 10, 2, RD, 0);
	admit(f);
	KUNIT_EXPECT_TRUE(test, reads(f, 10 * PAGE, 8));
	give_up(f);
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, 8));
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, 8));
	KUNIT_EXPECT_EQ(test, f->calls, 1U);
	/* also if it happens while the page is pinned to be read */
	vfio_ccw_pins_drain(&f->pins);
	admit(f);
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, 8));
	f->when = AFTER_PIN;
	f->what = give_up;
	KUNIT_EXPECT_FALSE(test, reads(f, 10 * PAGE, 8));
	KUNIT_EXPECT_EQ(test, f->copies, 1U);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(&f->pins));
	expect_counts(f, 0, 0);
}

static struct kunit_case pins_cases[] = {
	KUNIT_CASE(found_without_a_call),
	KUNIT_CASE(found_across_chunks),
	KUNIT_CASE(kept_only_where_allowed),
	KUNIT_CASE(gaps),
	KUNIT_CASE(edges_of_addresses),
	KUNIT_CASE(other_direction_is_not_found),
	KUNIT_CASE(used_both_ways_in_turns),
	KUNIT_CASE(both_directions_are_refused),
	KUNIT_CASE(direction_is_refused),
	KUNIT_CASE(pinned_anew),
	KUNIT_CASE(not_found_after_giving_up),
	KUNIT_CASE(given_up_while_in_use),
	KUNIT_CASE(two_programs_use_it),
	KUNIT_CASE_PARAM(given_up_while_pinning, moment_gen_params),
	KUNIT_CASE(settled_unless_given_up),
	KUNIT_CASE_PARAM(not_clean_while_pinning, moment_gen_params),
	KUNIT_CASE(old_until_unpinned),
	KUNIT_CASE_PARAM(sequence_moves_while_pinning, moment_gen_params),
	KUNIT_CASE(admitted_too_early),
	KUNIT_CASE(generations_wrap),
	KUNIT_CASE(leases_wrap),
	KUNIT_CASE(unused_for_a_while),
	KUNIT_CASE(all_unused_go),
	KUNIT_CASE(in_use_for_a_while),
	KUNIT_CASE(ticks_wrap),
	KUNIT_CASE(turns_wrap),
	KUNIT_CASE_PARAM(ranges, range_gen_params),
	KUNIT_CASE_PARAM(unmapped_while_pinning, moment_gen_params),
	KUNIT_CASE(seen_until_unpinned),
	KUNIT_CASE(bound_of_pages),
	KUNIT_CASE(bound_of_pins),
	KUNIT_CASE(refused_by_all_devices),
	KUNIT_CASE(oldest_behind_those_in_use),
	KUNIT_CASE(let_go_the_oldest),
	KUNIT_CASE(pinned_when_memory_is_short),
	KUNIT_CASE(pinned_for_one_program),
	KUNIT_CASE(given_up_beside_the_store),
	KUNIT_CASE(records_are_bounded),
	KUNIT_CASE(used_again_after_free),
	KUNIT_CASE(read_by_way_of_a_pin),
	KUNIT_CASE(not_pinned_for_one_program),
	KUNIT_CASE(rounds_wrap),
	KUNIT_CASE(not_pinned_if_read_seldom),
	KUNIT_CASE(not_pinned_for_the_next_user),
	KUNIT_CASE(read_of_many_pages),
	KUNIT_CASE(not_read_if_kept_for_input),
	KUNIT_CASE(not_read_after_giving_up),
	{}
};

static struct kunit_suite pins_suite = {
	.name = "vfio_ccw_pins",
	.init = pins_init,
	.exit = pins_exit,
	.test_cases = pins_cases,
};

kunit_test_suites(&pins_suite);

MODULE_DESCRIPTION("Tests of pins that outlive a program");
MODULE_LICENSE("GPL");
