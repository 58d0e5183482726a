// SPDX-License-Identifier: GPL-2.0
/*
 * Pins that outlive a program, against a model: a guest's pages whose memory is
 * replaced at any moment, a back end that knows each pin, and programs that come
 * and go, in an order of chance
 *
 * After every step: what a program uses is pinned at the same place for all that it
 * needs, and is not older than its start; what the store says of any page is what
 * the back end knows; the bounds hold; the counters are exact. Every allocation
 * and every pin may fail.
 */
#include <stdio.h>
#include <stdlib.h>

#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "user_shim.h"
#include "vfio_ccw_pins.h"

#define NR_PAGES	200u
#define FIRST_PAGE	0x7ffc1ULL	/* chunks, and 2 GiB, lie amid them */
#define RUN_MAX		70u
#define KEPT_MAX	150u		/* pages */
#define MAX_PINS	400u
#define MAX_USES	(8 * RUN_MAX)
#define SLOTS		VFIO_CCW_PINS_LEASES
#define NOBODY		(-1)

#define STEPS		600000u
#define ROUNDS		8u

/* One pin call in effect; @slot: by a program for itself, or NOBODY */
struct model_pin {
	u32 at, pages, dir;
	int slot;
	u32 version[RUN_MAX];
};

/* A page that a program uses; @kept: it is in the store for it */
struct model_use {
	u32 at, dir, version;
	bool kept;
};

struct model_program {
	bool running;
	bool keeps;
	u32 least[NR_PAGES];	/* versions when it was started */
	struct model_use use[MAX_USES];
	u32 uses;
};

struct model {
	struct kunit *test;
	struct vfio_ccw_pins pins;
	u64 random;
	u32 version[NR_PAGES];
	u8 perm[NR_PAGES];		/* directions that work */
	struct model_pin pin[MAX_PINS];
	u32 npins;
	struct model_program program[SLOTS];
	unsigned long seq;
	u32 reserved, most;
	int by;				/* who pins: slot, or NOBODY */
	u32 events;			/* that took anything away */
	u32 least[NR_PAGES];		/* versions when this translation began */
	bool wanted;
	u32 fail_pin;
	u32 busy;			/* percent */
	bool calm;			/* nothing happens by chance */
	unsigned int step;
	struct {
		u32 found, added, refused, alone, failed, read, events, late;
	} count;
};

static u32 draw(struct model *m, u32 below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (m->random >> 20) % below;
}

static bool often(struct model *m, u32 percent)
{
	return !m->calm && draw(m, 100) < percent;
}

static void failed(struct model *m, int line, const char *what)
{
	KUNIT_FAIL_AND_ABORT(m->test, "line %d, step %u: %s", line, m->step,
			     what);
}

#define expect(m, cond)							\
do {									\
	if (!(cond))							\
		failed(m, __LINE__, #cond);				\
} while (0)

static u64 host_of(u32 at, u32 version)
{
	return (u64)version << 32 | (u64)at << 12;
}

static u32 at_of(u64 host)
{
	return (u32)host >> 12;
}

static u32 version_of(u64 host)
{
	return host >> 32;
}

static bool has(const struct model_pin *pin, u32 at)
{
	return at - pin->at < pin->pages;
}

/* Directions for which a page is pinned at the place it had in @version */
static u32 pinned_for(const struct model *m, u32 at, u32 version)
{
	u32 i, dir = 0;

	for (i = 0; i < m->npins; i++)
		if (has(&m->pin[i], at) &&
		    m->pin[i].version[at - m->pin[i].at] == version)
			dir |= m->pin[i].dir;
	return dir;
}

static u64 iova_of(u32 at)
{
	return (FIRST_PAGE + at) << 12;
}

/* What may happen at any moment, from another thread */
static void meanwhile(struct model *m)
{
	struct vfio_ccw_pins *p = &m->pins;
	u32 at = draw(m, NR_PAGES), n = 1 + draw(m, 40), i;
	int by = m->by;

	m->count.events++;
	m->by = NOBODY;
	switch (draw(m, 8)) {
	case 0:
	case 1:
	case 2:
		m->seq++;
		vfio_ccw_pins_give_up(p, VFIO_CCW_PINS_NOTIFIED);
		for (i = at; i < NR_PAGES && i < at + n; i++)
			m->version[i]++;
		m->events++;
		break;
	case 3:
		vfio_ccw_pins_unmap(p, iova_of(at), n << 12);
		m->events++;
		break;
	case 4:
		vfio_ccw_pins_let_go(p, draw(m, 20));
		m->events++;
		break;
	case 5:
		vfio_ccw_pins_drain(p);
		break;
	case 6:
		vfio_ccw_pins_expire(p);
		m->events++;
		break;
	case 7:
		vfio_ccw_pins_any(p, iova_of(at), n << 12);
		vfio_ccw_pins_leased(p, draw(m, SLOTS), iova_of(at), n << 12);
		vfio_ccw_pins_gone(p, p->going_seq);
		break;
	}
	m->by = by;
}

static int model_pin(void *ctx, u64 iova, unsigned int npages, unsigned int dir,
		     u64 *host)
{
	struct model *m = ctx;
	struct model_pin *pin = &m->pin[m->npins];
	u32 at = (iova >> 12) - FIRST_PAGE, i, j;

	expect(m, !user_atomic);
	expect(m, npages && npages <= RUN_MAX && at + npages <= NR_PAGES);
	if (m->by == NOBODY)
		expect(m, vfio_ccw_pins_any(&m->pins, iova, npages << 12));
	if (often(m, m->busy))
		meanwhile(m);
	if (m->fail_pin && !--m->fail_pin) {
		m->count.failed++;
		return often(m, 70) ? -ENOMEM : -EINTR;
	}
	for (i = 0; i < npages; i++)
		if (dir & ~m->perm[at + i])
			return -EPERM;
	pin = &m->pin[m->npins];
	expect(m, m->npins < MAX_PINS);
	*pin = (struct model_pin){ at, npages, dir, m->by };
	for (i = 0; i < npages; i++) {
		pin->version[i] = m->version[at + i];
		for (j = 0; j < m->npins; j++)
			if (has(&m->pin[j], at + i))
				pin->version[i] =
					m->pin[j].version[at + i - m->pin[j].at];
		host[i] = host_of(at + i, pin->version[i]);
	}
	m->npins++;
	if (often(m, m->busy))
		meanwhile(m);
	return 0;
}

/*
 * To a back end it does not matter which of several pins of the same pages goes,
 * and it is not told: what is left may be for what any of them was.
 */
static void model_unpin(void *ctx, u64 iova, unsigned int npages)
{
	struct model *m = ctx;
	u32 at = (iova >> 12) - FIRST_PAGE, i, found = MAX_PINS;

	expect(m, !user_atomic);
	if (m->by == NOBODY)
		expect(m, vfio_ccw_pins_any(&m->pins, iova, npages << 12));
	for (i = 0; i < m->npins; i++) {
		if (m->pin[i].at != at || m->pin[i].pages != npages ||
		    m->pin[i].slot != m->by)
			continue;
		if (found == MAX_PINS)
			found = i;
		m->pin[i].dir |= m->pin[found].dir;
	}
	expect(m, found < MAX_PINS);
	for (m->npins--; found < m->npins; found++)
		m->pin[found] = m->pin[found + 1];
}

static void model_copy(void *ctx, u64 host, void *buf, size_t len)
{
	struct model *m = ctx;
	u32 at = at_of(host), version = version_of(host);

	expect(m, len && (host & 0xfff) + len <= 4096);
	expect(m, pinned_for(m, at, version) & VFIO_CCW_PIN_READ);
	expect(m, version >= m->least[at]);
	memset(buf, version, len);
	m->count.read++;
}

static unsigned long model_begin(void *ctx)
{
	struct model *m = ctx;

	if (often(m, 5))
		meanwhile(m);
	return m->seq;
}

static bool model_retry(void *ctx, unsigned long seq)
{
	struct model *m = ctx;

	return m->seq != seq;
}

static bool model_reserve(void *ctx, unsigned int pages)
{
	struct model *m = ctx;

	if (m->reserved + pages > m->most)
		return false;
	m->reserved += pages;
	return true;
}

static void model_unreserve(void *ctx, unsigned int pages)
{
	struct model *m = ctx;

	expect(m, m->reserved >= pages);
	m->reserved -= pages;
}

/* Its unpins are the store's, whoever pins */
static bool model_relieve(void *ctx)
{
	struct model *m = ctx;
	int by = m->by;
	u32 n;

	m->by = NOBODY;
	n = vfio_ccw_pins_let_go(&m->pins, UINT_MAX);
	vfio_ccw_pins_drain(&m->pins);
	m->by = by;
	m->events++;
	return n;
}

static void model_wanted(void *ctx, bool later)
{
	struct model *m = ctx;

	m->wanted |= !later;
}

static void model_gone(void *ctx)
{
	struct model *m = ctx;

	expect(m, !user_atomic);
	if (often(m, 5))
		meanwhile(m);
}

static void *model_alloc_record(void *ctx)
{
	struct model *m = ctx;

	expect(m, !user_atomic);
	return kzalloc(VFIO_CCW_PINS_RECORD, GFP_KERNEL_ACCOUNT);
}

static void model_free_record(void *ctx, void *record)
{
	kfree(record);
}

static const struct vfio_ccw_pins_ops model_ops = {
	.pin = model_pin,
	.unpin = model_unpin,
	.copy = model_copy,
	.begin = model_begin,
	.retry = model_retry,
	.reserve = model_reserve,
	.unreserve = model_unreserve,
	.relieve = model_relieve,
	.wanted = model_wanted,
	.gone = model_gone,
	.alloc_record = model_alloc_record,
	.free_record = model_free_record,
};

/* What must hold between any two steps */

static void check_counters(struct model *m)
{
	struct vfio_ccw_pins *p = &m->pins;
	u32 i, pins = 0, pages = 0;
	unsigned long gone = 0;

	for (i = 0; i < m->npins; i++) {
		if (m->pin[i].slot != NOBODY)
			continue;
		pins++;
		pages += m->pin[i].pages;
	}
	for (i = 0; i < VFIO_CCW_PINS_NR_WHY; i++)
		gone += p->stats.gone[i];
	expect(m, p->pins == pins && p->pages == pages && !p->nr_going);
	expect(m, p->pages <= p->max && p->pins <= VFIO_CCW_PINS_MAX);
	expect(m, m->reserved == pages);
	expect(m, p->stale <= p->pins && p->fresh_pages <= p->pages);
	expect(m, p->stats.added - gone == p->fresh_pages);
	expect(m, !p->flight && !user_atomic);
	/* what is given up and not in use does not wait for nobody */
	expect(m, !p->stale || m->wanted);
}

static void check_page(struct model *m, u32 at)
{
	bool kept = false;
	u32 i;

	for (i = 0; i < m->npins; i++)
		kept |= m->pin[i].slot == NOBODY && has(&m->pin[i], at);
	expect(m, vfio_ccw_pins_any(&m->pins, iova_of(at), 4096) == kept);
	for (i = 0; i < SLOTS; i++)
		if (vfio_ccw_pins_leased(&m->pins, i, iova_of(at) + 4095, 1))
			expect(m, kept && m->program[i].running);
}

static void check_program(struct model *m, unsigned int slot)
{
	const struct model_program *g = &m->program[slot];
	const struct model_use *use = g->use;

	for (; use < g->use + g->uses; use++) {
		expect(m, !(use->dir & ~pinned_for(m, use->at, use->version)));
		expect(m, use->version >= g->least[use->at] || !use->kept);
		if (use->kept)
			expect(m, vfio_ccw_pins_leased(&m->pins, slot,
						       iova_of(use->at), 4096));
	}
}

static void check(struct model *m)
{
	u32 i;

	check_counters(m);
	check_page(m, draw(m, NR_PAGES));
	for (i = 0; i < SLOTS; i++)
		if (m->program[i].running)
			check_program(m, i);
	if (m->step % 16)
		return;
	for (i = 0; i < NR_PAGES; i++)
		check_page(m, i);
}

/* A program, as the translator and the driver make it */

static void note(struct model_program *g, u32 at, u32 n, u32 dir,
		 const u64 *host, bool kept)
{
	for (; n; n--, at++, host++)
		g->use[g->uses++] = (struct model_use){
			at, dir, version_of(*host), kept,
		};
}

static void pin_alone(struct model *m, unsigned int slot, u32 at, u32 n,
		      u32 dir, u64 *host)
{
	m->by = slot;
	if (!vfio_ccw_pins_pin(&m->pins, slot, iova_of(at), n, dir, host)) {
		note(&m->program[slot], at, n, dir, host, false);
		m->count.alone++;
	}
	m->by = NOBODY;
}

static void run(struct model *m, unsigned int slot, u32 at, u32 pages, u32 dir)
{
	struct model_program *g = &m->program[slot];
	u32 first = at, end = at + pages, n, kept = 0, events = m->events;
	u64 host[RUN_MAX];
	int err;

	while (at < end) {
		n = vfio_ccw_pins_find(&m->pins, slot, FIRST_PAGE + at, end - at,
				       dir, host);
		expect(m, n <= end - at);
		note(g, at, n, dir, host, true);
		m->count.found += n;
		at += n;
		if (at == end)
			break;
		n = vfio_ccw_pins_gap(&m->pins, FIRST_PAGE + at, end - at, dir);
		expect(m, n && n <= end - at);
		if (often(m, m->busy / 2))
			meanwhile(m);
		err = vfio_ccw_pins_add(&m->pins, slot, FIRST_PAGE + at, n, dir,
					host);
		expect(m, err <= 1);
		m->count.added += !err;
		m->count.refused += err > 0;
		if (err > 0)
			pin_alone(m, slot, at, n, dir, host);
		else if (!err)
			note(g, at, n, dir, host, true);
		if (err)
			events = ~m->events;
		at += n;
		check_program(m, slot);
	}
	/* All of it is found again if nothing was taken away meanwhile */
	if (events != m->events || !g->keeps)
		return;
	kept = vfio_ccw_pins_find(&m->pins, slot, FIRST_PAGE + first, pages,
				  dir, host);
	expect(m, kept == pages);
	m->count.late++;
}

static void read_some(struct model *m)
{
	u32 at = draw(m, NR_PAGES), off = draw(m, 4096), len = 1 + draw(m, 64);
	u8 buf[64];

	if (vfio_ccw_pins_read(&m->pins, iova_of(at) + off, buf, len)) {
		expect(m, off + len <= 4096);
		expect(m, buf[0] == buf[len - 1]);
	}
}

/*
 * An old page that a program got from one that has ended since, while nothing
 * could be kept: the store does not know of that
 */
static bool handed_on(const struct model *m)
{
	const struct model_pin *pin = m->pin;
	u32 i;

	for (; pin < m->pin + m->npins; pin++)
		for (i = 0; pin->slot != NOBODY && i < pin->pages; i++)
			if (!m->program[pin->slot].keeps &&
			    pin->version[i] != m->version[pin->at + i])
				return true;
	return false;
}

static void start(struct model *m, unsigned int slot)
{
	struct model_program *g = &m->program[slot];
	u32 gen = vfio_ccw_pins_gen(&m->pins), n;

	memcpy(m->least, m->version, sizeof(m->least));
	memcpy(g->least, m->version, sizeof(g->least));
	g->running = true;
	g->uses = 0;
	g->keeps = vfio_ccw_pins_drain(&m->pins) && often(m, 95);
	g->keeps = g->keeps && !handed_on(m);
	vfio_ccw_pins_admit(&m->pins, g->keeps, gen);
	for (n = draw(m, 5); n; n--)
		read_some(m);
	vfio_ccw_pins_begin(&m->pins, slot);
	for (n = 1 + draw(m, 6); n; n--) {
		u32 pages = often(m, 85) ? 1 + draw(m, 4) : 1 + draw(m, RUN_MAX);
		u32 at = draw(m, NR_PAGES - pages);

		m->fail_pin = often(m, m->busy) ? 1 + draw(m, 3) : 0;
		if (often(m, m->busy))
			user_fail_nth = 1 + draw(m, 4);
		run(m, slot, at, pages, 1 + draw(m, 3));
		user_fail_nth = 0;
		if (often(m, 10))
			read_some(m);
	}
	m->fail_pin = 0;
}

static void end(struct model *m, unsigned int slot)
{
	u32 i;

	for (i = m->npins; i--; ) {
		if (m->pin[i].slot != (int)slot)
			continue;
		m->by = slot;
		model_unpin(m, iova_of(m->pin[i].at), m->pin[i].pages);
		m->by = NOBODY;
		i = m->npins;
	}
	m->program[slot].running = false;
	m->program[slot].uses = 0;
	vfio_ccw_pins_unpinned(&m->pins, slot);
	vfio_ccw_pins_end(&m->pins, slot);
	/* In the end: nothing of its is left that was given up */
	for (i = 0; i < SLOTS; i++)
		if (m->program[i].running)
			return;
	expect(m, !m->pins.stale || m->wanted);
}

static void step(struct model *m)
{
	unsigned int slot = draw(m, SLOTS);
	u32 at;

	switch (draw(m, 12)) {
	case 0:
		if (often(m, 5 * m->busy))
			meanwhile(m);
		break;
	case 1:
		at = draw(m, NR_PAGES);
		/* to change what may be done with it unmaps it, or is told */
		vfio_ccw_pins_unmap(&m->pins, iova_of(at), 4096);
		m->perm[at] = often(m, 97) ? 3 : draw(m, 4);
		break;
	case 2:
		m->most = often(m, 80) ? UINT_MAX : draw(m, 2 * KEPT_MAX);
		break;
	default:
		if (m->program[slot].running)
			end(m, slot);
		else
			start(m, slot);
	}
	/* The work that was asked for runs sooner or later */
	if (m->wanted && often(m, 50)) {
		m->wanted = false;
		if (!vfio_ccw_pins_drain(&m->pins))
			m->wanted = true;
	}
}

static void finish(struct model *m)
{
	u32 i;

	for (i = 0; i < SLOTS; i++)
		if (m->program[i].running)
			end(m, i);
	vfio_ccw_pins_give_up(&m->pins, VFIO_CCW_PINS_ENDED);
	while (m->pins.pins)
		expect(m, vfio_ccw_pins_drain(&m->pins));
	check_counters(m);
	expect(m, !m->npins && !m->reserved);
	expect(m, !vfio_ccw_pins_any(&m->pins, 0, U64_MAX));
	vfio_ccw_pins_free(&m->pins);
	expect(m, !m->pins.chunks);
}

static void random_steps(struct kunit *test)
{
	struct model *m = test->priv;
	u32 round;

	for (round = 0; round < ROUNDS; round++) {
		vfio_ccw_pins_init(&m->pins, &model_ops, m, m->random);
		m->pins.max = round ? KEPT_MAX : 0;
		m->busy = round % 2 ? 2 : 15;
		if (round == 2)
			m->pins.gen = U32_MAX - 100;
		memset(m->perm, 3, sizeof(m->perm));
		m->most = UINT_MAX;
		for (m->step = 0; m->step < STEPS / ROUNDS; m->step++) {
			step(m);
			check(m);
		}
		finish(m);
	}
	printf("# %u pages found, %u adds, %u refused, %u runs alone\n",
	       m->count.found, m->count.added, m->count.refused, m->count.alone);
	printf("# %u pins failed, %u reads, %u events, %u runs found again\n",
	       m->count.failed, m->count.read, m->count.events, m->count.late);
	KUNIT_EXPECT_GT(test, m->count.found, STEPS / 3);
	KUNIT_EXPECT_GT(test, m->count.added, STEPS / 4);
	KUNIT_EXPECT_GT(test, m->count.refused, STEPS / 20);
	KUNIT_EXPECT_GT(test, m->count.alone, STEPS / 20);
	KUNIT_EXPECT_GT(test, m->count.failed, STEPS / 100);
	KUNIT_EXPECT_GT(test, m->count.read, STEPS / 100);
	KUNIT_EXPECT_GT(test, m->count.late, STEPS / 20);
}

/* The first, second, ... allocation of an add fails: it pins nothing */
static void allocations_fail_one_by_one(struct kunit *test)
{
	struct model *m = test->priv;
	u64 host[RUN_MAX];
	u32 n;
	int err = 1;

	vfio_ccw_pins_init(&m->pins, &model_ops, m, 1);
	m->pins.max = KEPT_MAX;
	m->most = UINT_MAX;
	memset(m->perm, 3, sizeof(m->perm));
	m->random = 0;			/* nothing happens meanwhile */
	vfio_ccw_pins_admit(&m->pins, true, vfio_ccw_pins_gen(&m->pins));
	vfio_ccw_pins_begin(&m->pins, 0);
	for (n = 1; err; n++) {
		user_fail_nth = n;
		err = vfio_ccw_pins_add(&m->pins, 0, FIRST_PAGE + 60, 70,
					VFIO_CCW_PIN_READ, host);
		KUNIT_EXPECT_EQ(test, m->npins, err ? 0u : 1u);
		KUNIT_EXPECT_EQ(test, err, user_fail_nth ? 0 : 1);
		user_fail_nth = 0;
		m->wanted = true;
		check_counters(m);
		if (!err || n % 2)
			continue;
		/* with nothing there at all, and with what the last one left */
		vfio_ccw_pins_end(&m->pins, 0);
		vfio_ccw_pins_free(&m->pins);
		KUNIT_EXPECT_EQ(test, m->pins.chunks, 0u);
		vfio_ccw_pins_begin(&m->pins, 0);
	}
	/* a record, the table, and one chunk or more */
	KUNIT_EXPECT_GE(test, n, 4u);
	vfio_ccw_pins_end(&m->pins, 0);
	finish(m);
}

/* A page is read, and again @later jiffies on by another program; is it kept? */
static bool kept_if_read_again(struct model *m, u32 at, unsigned long later)
{
	u8 byte;

	vfio_ccw_pins_admit(&m->pins, true, vfio_ccw_pins_gen(&m->pins));
	expect(m, !vfio_ccw_pins_read(&m->pins, iova_of(at), &byte, 1));
	jiffies += later;
	vfio_ccw_pins_admit(&m->pins, true, vfio_ccw_pins_gen(&m->pins));
	return vfio_ccw_pins_read(&m->pins, iova_of(at), &byte, 1);
}

/* Half a second is as long when the clock begins anew in the midst of it */
static void jiffies_wrap(struct kunit *test)
{
	const unsigned long half = msecs_to_jiffies(VFIO_CCW_PINS_TICK_MS);
	struct model *m = test->priv;
	unsigned long before;
	u32 at = 0;

	vfio_ccw_pins_init(&m->pins, &model_ops, m, 1);
	m->pins.max = KEPT_MAX;
	m->most = UINT_MAX;
	memset(m->perm, 3, sizeof(m->perm));
	m->calm = true;
	for (before = 0; before < 3 * half; before += half / 5) {
		jiffies = -before;
		KUNIT_EXPECT_TRUE(test, kept_if_read_again(m, at++, half));
		jiffies = -before;
		KUNIT_EXPECT_FALSE(test, kept_if_read_again(m, at++, half + 1));
	}
	jiffies = 0;
	m->wanted = true;
	finish(m);
}

/* Nothing happens meanwhile */

static unsigned long calm_begin(void *ctx)
{
	struct model *m = ctx;

	return m->seq;
}

static void calm_gone(void *ctx)
{
}

static const struct vfio_ccw_pins_ops calm_ops = {
	.pin = model_pin,
	.unpin = model_unpin,
	.copy = model_copy,
	.begin = calm_begin,
	.retry = model_retry,
	.reserve = model_reserve,
	.unreserve = model_unreserve,
	.relieve = model_relieve,
	.wanted = model_wanted,
	.gone = calm_gone,
	.alloc_record = model_alloc_record,
	.free_record = model_free_record,
};

/*
 * No memory for a record: what is kept goes, with its records, for a program; not for
 * a page that is only read
 */
static void kept_pages_make_way_for_records(struct kunit *test)
{
	struct model *m = test->priv;
	u64 host[RUN_MAX], word;
	u32 n;

	vfio_ccw_pins_init(&m->pins, &calm_ops, m, 1);
	m->pins.max = KEPT_MAX;
	m->most = UINT_MAX;
	memset(m->perm, 3, sizeof(m->perm));
	/* the record of the pin, and that of a chunk */
	for (n = 1; n <= 2; n++) {
		vfio_ccw_pins_admit(&m->pins, true, vfio_ccw_pins_gen(&m->pins));
		vfio_ccw_pins_begin(&m->pins, 0);
		KUNIT_EXPECT_EQ(test, vfio_ccw_pins_add(&m->pins, 0, FIRST_PAGE,
							70, VFIO_CCW_PIN_READ,
							host), 0);
		vfio_ccw_pins_end(&m->pins, 0);
		/* one that is spare would be taken, and none allocated */
		KUNIT_EXPECT_NULL(test, m->pins.record);
		KUNIT_EXPECT_EQ(test, m->npins, 1u);
		m->events = 0;
		user_fail_nth = n;
		m->pins.keeping = true;
		KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_read(&m->pins,
							    iova_of(150),
							    &word, 8));
		m->pins.round++;
		m->pins.missed_until = jiffies + 1000 * HZ;
		KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_read(&m->pins,
							    iova_of(150),
							    &word, 8));
		KUNIT_EXPECT_EQ(test, user_fail_nth, 0ul);
		KUNIT_EXPECT_EQ(test, m->npins, 1u);
		KUNIT_EXPECT_EQ(test, m->events, 0u);
		vfio_ccw_pins_admit(&m->pins, true, vfio_ccw_pins_gen(&m->pins));
		vfio_ccw_pins_begin(&m->pins, 0);
		user_fail_nth = n - !!m->pins.record;
		KUNIT_EXPECT_EQ(test, vfio_ccw_pins_add(&m->pins, 0,
							FIRST_PAGE + 150, 4,
							VFIO_CCW_PIN_READ,
							host), 1);
		KUNIT_EXPECT_EQ(test, user_fail_nth, 0ul);
		KUNIT_EXPECT_EQ(test, m->events, 1u);
		KUNIT_EXPECT_EQ(test, m->npins, 0u);
		KUNIT_EXPECT_EQ(test, m->pins.chunks, 0u);
		vfio_ccw_pins_end(&m->pins, 0);
		vfio_ccw_pins_free(&m->pins);
	}
	finish(m);
}

static int model_init(struct kunit *test)
{
	struct model *m = calloc(1, sizeof(*m));

	m->test = test;
	m->random = 0x9e3779b97f4a7c15ULL;
	m->by = NOBODY;
	test->priv = m;
	return 0;
}

static void model_exit(struct kunit *test)
{
	user_fail_nth = 0;
	user_atomic = 0;
	free(test->priv);
}

static struct kunit_case model_cases[] = {
	KUNIT_CASE(random_steps),
	KUNIT_CASE(allocations_fail_one_by_one),
	KUNIT_CASE(jiffies_wrap),
	KUNIT_CASE(kept_pages_make_way_for_records),
	{}
};

static struct kunit_suite model_suite = {
	.name = "vfio_ccw_pins_model",
	.init = model_init,
	.exit = model_exit,
	.test_cases = model_cases,
};

kunit_test_suites(&model_suite);
