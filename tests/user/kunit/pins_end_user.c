// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a program beside whatever another thread does with the store
 *
 * vfio_ccw_pins_end() takes no lock. So it is compiled here with something that
 * happens after each of its looks, as if another thread had done that just then.
 */
#include <kunit/test.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/limits.h>
#include <linux/slab.h>

/* What happens after look number @look, from 1 */
static struct {
	unsigned int look;
	void (*what)(void *ctx);
	void *ctx;
} between;

static void looked(void)
{
	if (between.look && !--between.look)
		between.what(between.ctx);
}

#undef READ_ONCE
#define READ_ONCE(x)							\
({									\
	__typeof__(x) looked_at = __atomic_load_n(&(x), __ATOMIC_RELAXED); \
									\
	looked();							\
	looked_at;							\
})

#include "vfio_ccw_pins.h"

/* Looks of a program's end that are tried; it takes fewer */
#define MOST_LOOKS	4u

#define OLD		10ULL	/* page that was given up while it was in use */
#define KEPT		20ULL
#define OTHER		30ULL

/**
 * struct bench - a store, and a back end that only counts
 * @pins: the store
 * @pinned: pages pinned
 * @old: the page OLD is
 * @err: what a pin answers
 */
struct bench {
	struct vfio_ccw_pins pins;
	unsigned int pinned;
	bool old;
	int err;
};

static int bench_pin(void *ctx, u64 iova, unsigned int npages, unsigned int dir,
		     u64 *host)
{
	struct bench *b = ctx;

	if (b->err)
		return b->err;
	b->pinned += npages;
	b->old |= iova >> 12 == OLD;
	*host = iova;
	return 0;
}

static void bench_unpin(void *ctx, u64 iova, unsigned int npages)
{
	struct bench *b = ctx;

	b->pinned -= npages;
	b->old &= iova >> 12 != OLD;
}

static unsigned long bench_begin(void *ctx)
{
	return 0;
}

static bool bench_retry(void *ctx, unsigned long seq)
{
	return false;
}

static bool bench_reserve(void *ctx, unsigned int pages)
{
	return true;
}

static void bench_unreserve(void *ctx, unsigned int pages)
{
}

/* Work would unpin what is not in use: it has been here before the program's end */
static void bench_wanted(void *ctx, bool later)
{
}

static void bench_gone(void *ctx)
{
}

static void *bench_alloc_record(void *ctx)
{
	return kzalloc(VFIO_CCW_PINS_RECORD, GFP_KERNEL_ACCOUNT);
}

static void bench_free_record(void *ctx, void *record)
{
	kfree(record);
}

static const struct vfio_ccw_pins_ops bench_ops = {
	.pin = bench_pin,
	.unpin = bench_unpin,
	.begin = bench_begin,
	.retry = bench_retry,
	.reserve = bench_reserve,
	.unreserve = bench_unreserve,
	.wanted = bench_wanted,
	.gone = bench_gone,
	.alloc_record = bench_alloc_record,
	.free_record = bench_free_record,
};

static int bench_add(struct bench *b, unsigned int slot, u64 page)
{
	u64 host;

	return vfio_ccw_pins_add(&b->pins, slot, page, 1, VFIO_CCW_PIN_READ,
				 &host);
}

/* Another program pins a page, for which there is room */
static void one_more(void *ctx)
{
	struct bench *b = ctx;

	b->pins.max = 3;
	bench_add(b, 1, OTHER);
}

/* ... for which the oldest has to go, and then it cannot be pinned */
static void one_less(void *ctx)
{
	struct bench *b = ctx;

	b->err = -EPERM;
	bench_add(b, 1, OTHER);
}

static const struct meeting {
	const char *name;
	void (*what)(void *ctx);
} meetings[] = {
	{ "another program pins a page", one_more },
	{ "another program sends a page away", one_less },
};

KUNIT_ARRAY_PARAM_DESC(meeting, meetings, name);

/* What was given up in use is unpinned by who used it, and without any work */
static void given_up_goes_at_the_end(struct kunit *test)
{
	const struct meeting *m = test->param_value;
	struct bench b;
	unsigned int look;

	for (look = 1; look <= MOST_LOOKS; look++) {
		b = (struct bench){};
		vfio_ccw_pins_init(&b.pins, &bench_ops, &b, 1);
		b.pins.max = 2;
		vfio_ccw_pins_admit(&b.pins, true, b.pins.gen);
		vfio_ccw_pins_begin(&b.pins, 0);
		KUNIT_EXPECT_EQ(test, bench_add(&b, 0, OLD), 0);
		vfio_ccw_pins_give_up(&b.pins, VFIO_CCW_PINS_NOTIFIED);
		KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(&b.pins));

		/* What it keeps is looked for first when room is needed */
		vfio_ccw_pins_admit(&b.pins, true, b.pins.gen);
		vfio_ccw_pins_begin(&b.pins, 1);
		KUNIT_EXPECT_EQ(test, bench_add(&b, 1, KEPT), 0);
		vfio_ccw_pins_end(&b.pins, 1);
		list_move(b.pins.used.prev, &b.pins.used);
		vfio_ccw_pins_begin(&b.pins, 1);

		between.look = look;
		between.what = m->what;
		between.ctx = &b;
		vfio_ccw_pins_end(&b.pins, 0);
		between.look = 0;
		KUNIT_EXPECT_FALSE_MSG(test, b.old, "look %u", look);
		KUNIT_EXPECT_EQ(test, b.pins.stale, 0U);

		vfio_ccw_pins_end(&b.pins, 1);
		vfio_ccw_pins_give_up(&b.pins, VFIO_CCW_PINS_ENDED);
		KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_drain(&b.pins));
		KUNIT_EXPECT_EQ(test, b.pinned, 0U);
		vfio_ccw_pins_free(&b.pins);
	}
}

static struct kunit_case end_cases[] = {
	KUNIT_CASE_PARAM(given_up_goes_at_the_end, meeting_gen_params),
	{}
};

static struct kunit_suite end_suite = {
	.name = "vfio_ccw_pins_end",
	.test_cases = end_cases,
};

kunit_test_suites(&end_suite);
