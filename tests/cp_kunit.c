// SPDX-License-Identifier: GPL-2.0
/*
 * Channel programs: guest programs and the host programs that must come of
 * them, both written down byte by byte from the Principles of Operation. Those
 * that a channel can be asked about, too, are in golden/.
 *
 * The fake guest has a handful of pages; its mem ops check from inside what
 * must hold at every moment: nothing is read after the first pin, every pin
 * and unpin lies within public claims, every unpin undoes one pin, no byte is
 * read twice. After each case nothing is pinned, held or allocated.
 *
 * All cases run a second time with a store of kept pins (vfio_ccw_pins.c), in
 * which nothing is left from one program to the next: everything is as without.
 * What is found there is the third suite's.
 *
 * Host memory is placed at fixed addresses, so that the expected bytes are
 * literals: the driver's own page at HOST_NULL, the blocks for host CCWs and
 * lists from HOST_CCWS on, every 64 KiB.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "cp_build.h"
#include "golden/table.h"
#include "vfio_ccw_cp.h"

#define PAGE		4096U
#define MAX_PAGES	64
#define MAX_PINS	32768

#define MAX_BLOCKS	128

/* Guest pages of most tests */
#define PROG		0x20000U	/* channel programs */
#define DATA		0x30000U	/* data, two pages; host not contiguous */
#define HIGH		0x38000U	/* data, host page above 2 GiB */
#define RDONLY		0x3c000U	/* data, may only be read */
#define NOWHERE		0x60000U	/* not mapped */

/* Guest pages without end: they read as zeros and take any pin */
#define VAST		0x40000000U
#define VAST_PAGES	40000U
#define VAST_HOST	0x8000000000ULL

#define PROG_HOST	0x7f020000U
#define DATA_HOST	0x12345000U
#define DATA2_HOST	0x2abcd000U
#define HIGH_HOST	0x1234567000ULL
#define RDONLY_HOST	0x5555000U

/**
 * struct guest_page - one page of the guest
 * @iova: its guest address
 * @host: its host address
 * @rdonly: the channel may not store into it
 * @wronly: nobody may read it
 * @broken: errno of any use, or 0
 * @pins: pin calls in effect
 * @holds: references of quarantine in effect
 * @data: contents
 * @seen: bytes that were read
 */
struct guest_page {
	u64 iova;
	u64 host;
	bool rdonly;
	bool wronly;
	int broken;
	int pins;
	int holds;
	u8 data[PAGE];
	u8 seen[PAGE];
};

/**
 * struct pin_record - one pin call in effect
 * @iova: its first page
 * @npages: its length
 * @dir: for what
 */
struct pin_record {
	u64 iova;
	unsigned int npages;
	unsigned int dir;
};

/**
 * struct block - one allocation for the channel
 * @mem: contents
 * @host: host address
 * @size: bytes
 */
struct block {
	u8 *mem;
	u32 host;
	size_t size;
};

/**
 * struct world - the fake guest and host
 * @test: the running test
 * @cp: the program under test
 * @page: pages of the guest
 * @npages: how many
 * @pin: pin calls in effect
 * @npins: how many
 * @block: allocations in effect
 * @nblocks: how many
 * @next_host: address of the next allocation
 * @reads: read calls, and reads by way of a kept page
 * @pin_calls: pin calls, failed ones included
 * @fail_after: calls of alloc, pin and read until one fails; 0 is never
 * @fail_err: how it fails
 * @no_memory: it was an allocation that failed
 * @twice: bytes may be read twice: ahead of need, or for another use
 * @resumed: reads are allowed while pages are pinned
 * @scramble: destroy what has been read
 * @pins: what is kept
 * @keeps: the program has it
 * @forgets: nothing is left in it when a program starts
 * @seq: moves when the user's memory is given up
 * @give_up_at: calls of alloc, pin, read and copy until memory is given up; 0 is
 *	never
 * @full: nothing more may be kept
 * @relieved: calls of relieve
 * @copied: reads by way of a kept page
 */
struct world {
	struct kunit *test;
	struct vfio_ccw_cp *cp;
	struct guest_page page[MAX_PAGES];
	unsigned int npages;
	struct pin_record pin[MAX_PINS];
	unsigned int npins;
	struct block block[MAX_BLOCKS];
	unsigned int nblocks;
	u32 next_host;
	unsigned int reads;
	unsigned int pin_calls;
	unsigned int fail_after;
	int fail_err;
	bool no_memory;
	bool twice;
	bool resumed;
	bool scramble;
	struct vfio_ccw_pins pins;
	bool keeps;
	bool forgets;
	unsigned long seq;
	unsigned int give_up_at;
	bool full;
	unsigned int relieved;
	unsigned int copied;
};

static struct guest_page *guest_page(struct world *w, u64 iova)
{
	unsigned int i;

	for (i = 0; i < w->npages; i++)
		if (w->page[i].iova == (iova & ~(u64)(PAGE - 1)))
			return &w->page[i];
	return NULL;
}

static bool is_vast(u64 iova)
{
	return iova >= VAST && iova < VAST + VAST_PAGES * PAGE;
}

/* All of the user's memory is given up, and may be other memory from now on */
static void give_up(struct world *w)
{
	w->seq++;
	vfio_ccw_pins_give_up(&w->pins, VFIO_CCW_PINS_NOTIFIED);
}

static int inject(struct world *w)
{
	if (w->give_up_at && !--w->give_up_at)
		give_up(w);
	if (w->fail_after && !--w->fail_after)
		return w->fail_err;
	return 0;
}

/* Hand out bytes that have not been read before, which all are there */
static void take_bytes(struct world *w, struct guest_page *g, u64 iova,
		       void *buf, size_t len)
{
	bool again = false;
	u32 off;
	size_t i;

	for (i = 0; i < len; i++) {
		if (i && !((iova + i) % PAGE))
			g = guest_page(w, iova + i);
		off = (iova + i) % PAGE;
		((u8 *)buf)[i] = g->data[off];
		again |= g->seen[off];
		g->seen[off] = 1;
		if (w->scramble)
			g->data[off] ^= 0x5a;
	}
	if (!w->twice)
		KUNIT_EXPECT_FALSE_MSG(w->test, again, "%llx + %zu read twice",
				       (unsigned long long)iova, len);
}

/* No page is pinned to be read, which would count with those that are used */
static void no_second_read(struct world *w)
{
	memset(w->pins.missed, 0, sizeof(w->pins.missed));
}

static int fake_read(void *ctx, u64 iova, void *buf, size_t len)
{
	struct world *w = ctx;
	struct guest_page *g;
	size_t i;

	w->reads++;
	if (w->forgets)
		no_second_read(w);
	KUNIT_EXPECT_GT(w->test, len, 0);
	if (!w->resumed && !w->keeps)
		KUNIT_EXPECT_EQ_MSG(w->test, w->npins, 0, "read after pin");
	if (!w->resumed)
		KUNIT_EXPECT_FALSE_MSG(w->test,
				       vfio_ccw_cp_uses(w->cp, 0, U64_MAX),
				       "read after pin");
	if (inject(w))
		return w->fail_err;
	for (i = 0; i < len; i += PAGE - (iova + i) % PAGE) {
		g = guest_page(w, iova + i);
		if (!g)
			return -EINVAL;
		if (g->broken)
			return g->broken;
		if (g->wronly)
			return -EPERM;
	}
	take_bytes(w, guest_page(w, iova), iova, buf, len);
	return 0;
}

/* Does the program claim it, or the store know of it? */
static bool claimed(struct world *w, u64 iova, u64 length)
{
	return vfio_ccw_cp_uses(w->cp, iova, length) ||
	       (w->keeps && vfio_ccw_pins_any(&w->pins, iova, length));
}

static int fake_pin(void *ctx, u64 iova, unsigned int npages, unsigned int dir,
		    u64 *host)
{
	struct world *w = ctx;
	struct guest_page *g;
	unsigned int i;
	bool known;

	w->pin_calls++;
	KUNIT_EXPECT_EQ(w->test, iova % PAGE, 0);
	KUNIT_EXPECT_GT(w->test, npages, 0);
	KUNIT_EXPECT_LE(w->test, npages, VFIO_CCW_PIN_MAX);
	KUNIT_EXPECT_NE(w->test, dir, 0);
	for (i = 0; i < npages; i++) {
		known = claimed(w, iova + (u64)i * PAGE, PAGE);
		KUNIT_EXPECT_TRUE(w->test, known);
	}
	if (inject(w))
		return w->fail_err;
	for (i = 0; i < npages; i++) {
		if (is_vast(iova + (u64)i * PAGE))
			continue;
		g = guest_page(w, iova + (u64)i * PAGE);
		if (!g)
			return -EINVAL;
		if (g->broken)
			return g->broken;
		if (g->rdonly && dir & VFIO_CCW_PIN_WRITE)
			return -EPERM;
		if (g->wronly && dir & VFIO_CCW_PIN_READ)
			return -EPERM;
	}
	KUNIT_ASSERT_LT(w->test, w->npins, MAX_PINS);
	for (i = 0; i < npages; i++) {
		host[i] = VAST_HOST + iova - VAST + (u64)i * PAGE;
		if (is_vast(iova + (u64)i * PAGE))
			continue;
		g = guest_page(w, iova + (u64)i * PAGE);
		g->pins++;
		host[i] = g->host;
	}
	w->pin[w->npins++] = (struct pin_record){
		.iova = iova,
		.npages = npages,
		.dir = dir,
	};
	return 0;
}

static void fake_unpin(void *ctx, u64 iova, unsigned int npages)
{
	struct world *w = ctx;
	unsigned int i, k;

	KUNIT_EXPECT_TRUE(w->test, claimed(w, iova, (u64)npages * PAGE));
	for (i = 0; i < w->npins; i++) {
		if (w->pin[i].iova != iova || w->pin[i].npages != npages)
			continue;
		for (k = 0; k < npages; k++)
			if (!is_vast(iova + (u64)k * PAGE))
				guest_page(w, iova + (u64)k * PAGE)->pins--;
		w->pin[i] = w->pin[--w->npins];
		return;
	}
	KUNIT_FAIL(w->test, "unpin of %llx, %u, without a pin",
		   (unsigned long long)iova, npages);
}

static void *fake_alloc(void *ctx, size_t size, u32 *host)
{
	struct world *w = ctx;
	struct block *b = &w->block[w->nblocks];

	KUNIT_EXPECT_EQ(w->test, size % PAGE, 0);
	KUNIT_EXPECT_GT(w->test, size, 0);
	KUNIT_EXPECT_LE(w->test, size, VFIO_CCW_ALLOC_MAX);
	if (inject(w)) {
		w->no_memory = true;
		return NULL;
	}
	KUNIT_ASSERT_LT(w->test, w->nblocks, MAX_BLOCKS);
	b->mem = kzalloc(size, GFP_KERNEL);
	if (!b->mem)
		return NULL;
	b->host = w->next_host;
	b->size = size;
	*host = b->host;
	w->next_host += VFIO_CCW_ALLOC_MAX;
	w->nblocks++;
	return b->mem;
}

static void fake_free(void *ctx, void *mem, size_t size)
{
	struct world *w = ctx;
	unsigned int i;

	for (i = 0; i < w->nblocks; i++) {
		if (w->block[i].mem != mem)
			continue;
		KUNIT_EXPECT_EQ(w->test, w->block[i].size, size);
		kfree(mem);
		w->block[i] = w->block[--w->nblocks];
		return;
	}
	KUNIT_FAIL(w->test, "free of what was not allocated");
}

static struct guest_page *host_page(struct world *w, u64 host)
{
	unsigned int i;

	for (i = 0; i < w->npages; i++)
		if (w->page[i].host == host)
			return &w->page[i];
	return NULL;
}

static void fake_hold(void *ctx, u64 host)
{
	struct world *w = ctx;
	struct guest_page *g = host_page(w, host);

	KUNIT_ASSERT_NOT_NULL(w->test, g);
	KUNIT_EXPECT_GT_MSG(w->test, g->pins, 0, "held before it is unpinned");
	g->holds++;
}

static void fake_unhold(void *ctx, u64 host)
{
	struct world *w = ctx;
	struct guest_page *g = host_page(w, host);

	KUNIT_ASSERT_NOT_NULL(w->test, g);
	KUNIT_EXPECT_GT(w->test, g->holds, 0);
	g->holds--;
}

static const struct vfio_ccw_mem_ops fake_ops = {
	.read = fake_read,
	.pin = fake_pin,
	.unpin = fake_unpin,
	.alloc = fake_alloc,
	.free = fake_free,
	.hold = fake_hold,
	.unhold = fake_unhold,
};

static void fake_copy(void *ctx, u64 host, void *buf, size_t len)
{
	struct world *w = ctx;
	u64 off = host % PAGE;
	struct guest_page *g = host_page(w, host - off);

	if (!g || !g->pins || off + len > PAGE || g->wronly) {
		KUNIT_FAIL(w->test, "copy of %zu at %llx", len,
			   (unsigned long long)host);
		return;
	}
	w->reads++;
	w->copied++;
	take_bytes(w, g, g->iova + off, buf, len);
}

static unsigned long fake_begin(void *ctx)
{
	return ((struct world *)ctx)->seq;
}

static bool fake_retry(void *ctx, unsigned long seq)
{
	return ((struct world *)ctx)->seq != seq;
}

static bool fake_reserve(void *ctx, unsigned int pages)
{
	return !((struct world *)ctx)->full;
}

static void fake_unreserve(void *ctx, unsigned int pages)
{
}

static bool fake_relieve(void *ctx)
{
	struct world *w = ctx;

	w->relieved++;
	if (!vfio_ccw_pins_let_go(&w->pins, UINT_MAX))
		return false;
	vfio_ccw_pins_drain(&w->pins);
	return true;
}

static void fake_wanted(void *ctx, bool later)
{
}

static void fake_gone(void *ctx)
{
}

static void *fake_alloc_record(void *ctx)
{
	return kzalloc(VFIO_CCW_PINS_RECORD, GFP_KERNEL_ACCOUNT);
}

static void fake_free_record(void *ctx, void *record)
{
	kfree(record);
}

static const struct vfio_ccw_pins_ops fake_pins_ops = {
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

static struct guest_page *add_page(struct world *w, u64 iova, u64 host)
{
	struct guest_page *g = &w->page[w->npages];

	KUNIT_ASSERT_LT(w->test, w->npages, MAX_PAGES);
	w->npages++;
	g->iova = iova;
	g->host = host;
	return g;
}

/* Store the bytes of a literal into guest memory */
static void poke(struct world *w, u64 iova, const void *bytes, size_t len)
{
	struct guest_page *g;
	size_t i;

	for (i = 0; i < len; i++) {
		g = guest_page(w, iova + i);
		KUNIT_ASSERT_NOT_NULL(w->test, g);
		g->data[(iova + i) % PAGE] = ((const u8 *)bytes)[i];
		g->seen[(iova + i) % PAGE] = 0;
	}
}

/* A doubleword of guest memory, as it is printed: most significant byte first */
static void poke64(struct world *w, u64 iova, u64 value)
{
	__be64 raw = cpu_to_be64(value);

	poke(w, iova, &raw, sizeof(raw));
}

/* Host memory at @host: what the channel would fetch there */
static const void *peek(struct world *w, u32 host, size_t len)
{
	unsigned int i;

	for (i = 0; i < w->nblocks; i++)
		if (host - w->block[i].host < w->block[i].size &&
		    len <= w->block[i].size - (host - w->block[i].host))
			return w->block[i].mem + (host - w->block[i].host);
	KUNIT_FAIL_AND_ABORT(w->test, "%x is no memory of the driver", host);
	return NULL;
}

static u64 peek64(struct world *w, u32 host)
{
	return be64_to_cpup(peek(w, host, sizeof(__be64)));
}

#define expect64(fake, addr, value)					\
do {									\
	struct world *__w = (fake);					\
	u32 __addr = (addr);						\
	u64 __got = peek64(__w, __addr);				\
									\
	KUNIT_EXPECT_EQ_MSG(__w->test, __got, (u64)(value),		\
			    "got %llx at %x", (unsigned long long)__got, \
			    __addr);					\
} while (0)

/* Bits of ORB word 1 that most tests use */
#define FORMAT1	VFIO_CCW_ORB_F
#define IDAW2	VFIO_CCW_ORB_H
#define BLK2K	VFIO_CCW_ORB_T
#define PREF	VFIO_CCW_ORB_P
#define SUSP	VFIO_CCW_ORB_S
#define MIDAF	VFIO_CCW_ORB_D

/* Everything that is kept is given up, and what no program uses unpinned */
static void forget(struct world *w)
{
	if (!w->keeps)
		return;
	vfio_ccw_pins_give_up(&w->pins, VFIO_CCW_PINS_ENDED);
	vfio_ccw_pins_drain(&w->pins);
}

static int start(struct world *w, u32 ctl, u32 cpa)
{
	struct vfio_ccw_orb orb = {
		.ctl = cpu_to_be32(ctl),
		.cpa = cpu_to_be32(cpa),
	};

	KUNIT_EXPECT_EQ(w->test, vfio_ccw_cp_check_orb(&orb), 0);
	if (w->forgets)
		forget(w);
	if (w->keeps)
		vfio_ccw_pins_admit(&w->pins, true,
				    vfio_ccw_pins_gen(&w->pins));
	return vfio_ccw_cp_translate(w->cp, &orb);
}

/* Translate, which must succeed; returns the host's program address */
static u32 host_start(struct world *w, u32 ctl, u32 cpa)
{
	struct vfio_ccw_orb orb;

	KUNIT_ASSERT_EQ(w->test, start(w, ctl, cpa), 0);
	vfio_ccw_cp_host_orb(w->cp, 0x1000, &orb);
	return be32_to_cpu(orb.cpa);
}

/* Status of a start function with the given host cpa and subchannel status */
static struct vfio_ccw_irb host_irb(u32 cpa, u8 sch)
{
	struct vfio_ccw_irb irb = {
		.scsw.ctl = cpu_to_be32(VFIO_CCW_SCSW_F | VFIO_CCW_FC_START |
					VFIO_CCW_SC_PRIM | VFIO_CCW_SC_SEC |
					VFIO_CCW_SC_PEND),
		.scsw.cpa = cpu_to_be32(cpa),
		.scsw.status = cpu_to_be32(0x0c000000 | sch << 16),
	};

	return irb;
}

/* The guest's cpa for a program check at host CCW @ccw */
static u32 checked_at(struct world *w, u32 ccw)
{
	struct vfio_ccw_irb irb = host_irb(ccw + 8, VFIO_CCW_CS_PROG);

	vfio_ccw_cp_complete(w->cp, &irb);
	KUNIT_EXPECT_EQ(w->test, be32_to_cpu(irb.scsw.status), 0x0c200000U);
	return be32_to_cpu(irb.scsw.cpa);
}

/* The same where a page may not be used so: it must be a protection check */
static u32 protected_at(struct world *w, u32 ccw)
{
	struct vfio_ccw_irb irb = host_irb(ccw + 8, VFIO_CCW_CS_PROG);

	vfio_ccw_cp_complete(w->cp, &irb);
	KUNIT_EXPECT_EQ(w->test, be32_to_cpu(irb.scsw.status), 0x0c100000U);
	return be32_to_cpu(irb.scsw.cpa);
}

static void expect_balance(struct world *w)
{
	unsigned int i;

	forget(w);
	KUNIT_EXPECT_EQ(w->test, w->npins, 0);
	for (i = 0; i < w->npages; i++) {
		KUNIT_EXPECT_EQ(w->test, w->page[i].pins, 0);
		KUNIT_EXPECT_EQ(w->test, w->page[i].holds, 0);
	}
	KUNIT_EXPECT_FALSE(w->test, vfio_ccw_cp_uses(w->cp, 0, U64_MAX));
}

/* Forget what was read, for the next program */
static void reread(struct world *w)
{
	unsigned int i;

	for (i = 0; i < w->npages; i++)
		memset(w->page[i].seen, 0, PAGE);
}

static int cp_init(struct kunit *test)
{
	struct world *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	w->test = test;
	w->next_host = HOST_NULL;
	w->fail_err = -EIO;
	test->priv = w;
	add_page(w, PROG, PROG_HOST);
	add_page(w, PROG + PAGE, PROG_HOST + PAGE);
	add_page(w, DATA, DATA_HOST);
	add_page(w, DATA + PAGE, DATA2_HOST);
	add_page(w, HIGH, HIGH_HOST);
	add_page(w, RDONLY, RDONLY_HOST)->rdonly = true;
	w->cp = vfio_ccw_cp_alloc(&fake_ops, w);
	return w->cp ? 0 : -ENOMEM;
}

static void cp_exit(struct kunit *test)
{
	struct world *w = test->priv;

	if (!w)
		return;
	vfio_ccw_cp_release(w->cp);
	expect_balance(w);
	vfio_ccw_cp_release(w->cp);
	vfio_ccw_cp_free(w->cp);
	KUNIT_EXPECT_EQ(test, w->nblocks, 0);
	if (w->keeps)
		vfio_ccw_pins_free(&w->pins);
}

/* From now on the program has a store */
static void keep(struct world *w)
{
	vfio_ccw_pins_init(&w->pins, &fake_pins_ops, w, 0x123456789abcdefULL);
	w->pins.max = 2 * VFIO_CCW_CP_MAX_PAGES;
	w->keeps = true;
	vfio_ccw_cp_keep(w->cp, &w->pins, 1);
}

static int cp_again_init(struct kunit *test)
{
	int err = cp_init(test);
	struct world *w = test->priv;

	if (err)
		return err;
	keep(w);
	w->forgets = true;
	return 0;
}

static int cp_kept_init(struct kunit *test)
{
	int err = cp_init(test);

	if (!err)
		keep(test->priv);
	return err;
}

/* The table of golden programs */

static void golden_guest(struct world *w, const struct golden *c)
{
	const struct mapping *m;
	struct guest_page *g;
	const char *hex;
	unsigned int n;
	u64 iova;
	u8 byte;

	w->npages = 0;
	for (m = c->map; m < c->map + ARRAY_SIZE(c->map); m++)
		for (n = 0; n < m->npages; n++) {
			g = add_page(w, m->iova + (u64)n * PAGE,
				     m->host ? m->host + (u64)n * PAGE :
				     VAST_HOST + 2ULL * w->npages * PAGE);
			g->rdonly = m->perm == W_READ;
			g->wronly = m->perm == W_WRITE;
		}
	for (n = 0; n < ARRAY_SIZE(c->mem) && c->mem[n].hex; n++) {
		hex = c->mem[n].hex;
		for (iova = c->mem[n].iova; golden_byte(&hex, &byte); iova++)
			poke(w, iova, &byte, 1);
	}
}

/* What the channel will fetch is, byte by byte, what the case says */
static void golden_host(struct world *w, const struct image *image)
{
	const char *hex = image->hex;
	u64 host = image->iova;
	u8 byte, got;

	for (; golden_byte(&hex, &byte); host++) {
		got = *(const u8 *)peek(w, host, 1);
		KUNIT_EXPECT_EQ_MSG(w->test, got, byte, "%02x, not %02x at %llx",
				    got, byte, (unsigned long long)host);
	}
}

static void golden(struct kunit *test)
{
	const struct golden *c = test->param_value;
	struct world *w = test->priv;
	struct vfio_ccw_orb orb = {
		.ctl = cpu_to_be32(c->ctl),
		.cpa = cpu_to_be32(c->cpa),
	};
	struct vfio_ccw_irb irb;
	unsigned int i;
	int err;

	w->twice = true;
	golden_guest(w, c);
	err = vfio_ccw_cp_check_orb(&orb);
	if (!err)
		err = vfio_ccw_cp_translate(w->cp, &orb);
	KUNIT_ASSERT_EQ(test, err, c->rc);
	if (err)
		return;
	vfio_ccw_cp_host_orb(w->cp, 0, &orb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(orb.cpa), HOST_CCWS);
	if (c->orb)
		KUNIT_EXPECT_EQ(test, be32_to_cpu(orb.ctl), c->orb);
	for (i = 0; i < ARRAY_SIZE(c->host) && c->host[i].hex; i++)
		golden_host(w, &c->host[i]);
	if (c->reads)
		KUNIT_EXPECT_EQ(test, w->reads, c->reads);
	if (c->pins)
		KUNIT_EXPECT_EQ(test, w->pin_calls, c->pins);
	if (!c->guard)
		return;
	irb = host_irb(c->guard + 8, VFIO_CCW_CS_PROG);
	vfio_ccw_cp_complete(w->cp, &irb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.cpa), c->scsw[1]);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.status) >> 16 & 0xff,
			c->scsw[2] >> 16 & 0xff);
}

KUNIT_ARRAY_PARAM_DESC(golden, goldens, name);

/*
 * The last word of a list cannot be read: what the list of another program left
 * in its place is no word of this one
 */
static void idal_without_its_last_word(struct kunit *test)
{
	struct world *w = test->priv;
	u32 i, host;

	w->twice = true;
	for (i = 0; i < 2; i++) {
		/* Its second word is wrong, so that nobody looks at the third */
		poke64(w, PROG,
		       CCW1(CMD_READ, CCW_SLI | CCW_IDA, 0x3000, PROG + 0x100));
		poke64(w, PROG + 0x100, DATA);
		poke64(w, PROG + 0x108, DATA + 0x1008);
		poke64(w, PROG + 0x110, HIGH);
		host_start(w, FORMAT1 | IDAW2, PROG);

		/* The count says that there is a third; or the first word does */
		poke64(w, PROG, CCW1(CMD_READ, CCW_SLI | CCW_IDA,
				     i ? 0x2000 : 0x3000, PROG + 0x1ff0));
		poke64(w, PROG + 0x1ff0, i ? 0x30800 : 0x30000);
		poke64(w, PROG + 0x1ff8, DATA + PAGE);
		host = host_start(w, FORMAT1 | IDAW2, PROG);
		expect64(w, 0x40010018, 0x2abcd000);
		expect64(w, 0x40010020, 0x7ffffffffffff001);
		KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
		KUNIT_EXPECT_EQ(test, guest_page(w, HIGH)->pins, 0);
		KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, HIGH, PAGE));
	}
}

/* Read backward */

static void backward_idal(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	/* One byte of the first block (its offset is 0), then 0x1fff more */
	poke64(w, PROG,
	       CCW1(CMD_BACKWARD, CCW_SLI | CCW_IDA, 0x2000, PROG + 0x100));
	poke64(w, PROG + 0x100, HIGH);
	poke64(w, PROG + 0x108, DATA + 0x1fff);
	poke64(w, PROG + 0x110, DATA + 0xfff);
	host = host_start(w, FORMAT1 | IDAW2, PROG);
	expect64(w, host, 0x0c24200040010010);
	expect64(w, 0x40010010, 0x1234567000);
	expect64(w, 0x40010018, 0x2abcdfff);
	expect64(w, 0x40010020, 0x12345fff);
}

/* Data chaining */

/* A write chained to a skipped "read" is all output; through a TIC as well */
static void chained_output_is_not_skipped(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG, CCW1(CMD_WRITE, CCW_CD | CCW_SLI, 1, RDONLY));
	poke64(w, PROG + 8, TIC1(PROG + 0x100));
	poke64(w, PROG + 0x100,
	       CCW1(CMD_READ, CCW_SLI | CCW_SKIP, 2, RDONLY + 0x10));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x01a0000105555000);
	expect64(w, host + 8, 0x0800000040010018);
	expect64(w, host + 24, 0x0030000205555010);
}

/* One CCW, chained to a read and to a write: two host CCWs */
static void chained_both_ways(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	w->twice = true;
	poke64(w, PROG, CCW1(CMD_SEARCH, CCW_CC, 1, DATA));
	poke64(w, PROG + 8, TIC1(PROG + 0x100));
	poke64(w, PROG + 16, CCW1(CMD_WRITE, CCW_CD, 1, DATA));
	poke64(w, PROG + 24, TIC1(PROG + 0x200));
	poke64(w, PROG + 0x100, CCW1(CMD_READ, CCW_CD, 1, DATA));
	poke64(w, PROG + 0x108, TIC1(PROG + 0x200));
	poke64(w, PROG + 0x200,
	       CCW1(CMD_WRITE, CCW_SLI | CCW_SKIP, 0x10, DATA + PAGE));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host + 8, 0x0800000040010028);
	expect64(w, host + 16, 0x0180000112345000);
	expect64(w, host + 24, 0x0800000040010040);
	expect64(w, host + 0x28, 0x0280000112345000);
	expect64(w, host + 0x30, 0x0800000040010050);
	/* output is not skipped; input is, and is no command either */
	expect64(w, host + 0x40, 0x013000102abcd000);
	expect64(w, host + 0x50, 0x0030001040000000);
}

/*
 * Write, chained to a read whose second CCW is a write if a status modifier
 * passes over the first: the read is put elsewhere, to make room for both.
 */
static void chained_or_a_command(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, chain;

	w->twice = true;
	poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	poke64(w, PROG + 8, CCW1(CMD_WRITE, CCW_CC, 0x10, DATA));
	poke64(w, PROG + 16, CCW1(CMD_READ, CCW_CD, 0x10, DATA + 0x100));
	poke64(w, PROG + 24, CCW1(CMD_WRITE, CCW_SLI, 0x10, DATA + 0x200));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x0340000140000000);
	expect64(w, host + 8, 0x0140001012345000);
	chain = (u32)peek64(w, host + 16);
	KUNIT_EXPECT_EQ(test, peek64(w, host + 16) >> 32, 0x08000000ULL);
	expect64(w, chain, 0x0280001012345100);
	expect64(w, chain + 8, 0x0020001012345200);
	expect64(w, chain + 16, 0);
	expect64(w, (u32)peek64(w, host + 24), 0x0120001012345200);
	KUNIT_EXPECT_EQ(test, checked_at(w, chain + 8), PROG + 32);
}

/*
 * The same behind any number of other segments: room for one more may have to
 * be made just then.
 */
static void chained_or_a_command_behind_others(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, at, n, i;

	w->twice = true;
	for (n = 0; n < 40; n++) {
		vfio_ccw_cp_free(w->cp);
		w->cp = vfio_ccw_cp_alloc(&fake_ops, w);
		KUNIT_ASSERT_NOT_NULL(test, w->cp);
		for (i = 0; i < n; i++) {
			at = PROG + 32 * i;
			poke64(w, at, CCW1(CMD_NOOP, CCW_CC, 1, 0));
			poke64(w, at + 8, TIC1(at + 32));
			poke64(w, at + 16, 0);
		}
		at = PROG + 32 * n;
		poke64(w, at, CCW1(CMD_NOOP, CCW_CC, 1, 0));
		poke64(w, at + 8, CCW1(CMD_WRITE, CCW_CC, 0x10, DATA));
		poke64(w, at + 16, CCW1(CMD_READ, CCW_CD, 0x10, DATA + 0x100));
		poke64(w, at + 24,
		       CCW1(CMD_WRITE, CCW_SLI, 0x10, DATA + 0x200));
		host = host_start(w, FORMAT1, PROG);
		for (i = 0; i < n; i++)
			host = (u32)peek64(w, host + 8);
		expect64(w, host + 8, 0x0140001012345000);
		expect64(w, (u32)peek64(w, host + 16), 0x0280001012345100);
		expect64(w, (u32)peek64(w, host + 24), 0x0120001012345200);
		expect64(w, host + 32, 0);
	}
}

/* TIC */

/* SEARCH; TIC *-8; READ: on a hit the READ comes next */
static void search_falls_through(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG, CCW1(CMD_SEARCH, CCW_CC, 5, DATA));
	poke64(w, PROG + 8, TIC1(PROG));
	poke64(w, PROG + 16, CCW1(CMD_READ_DATA, 0, 0x1000, DATA + PAGE));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x3140000512345000);
	expect64(w, host + 8, 0x0800000040010000);
	expect64(w, host + 16, 0x060010002abcd000);
	expect64(w, host + 24, 0);
}

/* After data chaining there is no status modifier: nothing read behind a TIC */
static void no_fall_through_in_data_chain(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_cp_stats stats;

	poke64(w, PROG, CCW1(CMD_READ, CCW_CD | CCW_SLI, 5, DATA));
	poke64(w, PROG + 8, TIC1(PROG + 0x400));
	poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	poke64(w, PROG + 0x400, CCW1(0x00, CCW_SLI, 5, DATA));
	host_start(w, FORMAT1, PROG);
	vfio_ccw_cp_stats(w->cp, &stats);
	KUNIT_EXPECT_EQ(test, stats.ccws, 3);
	KUNIT_EXPECT_EQ(test, stats.segments, 2);
}

/* The same where what it runs into is a TIC: its copy, not a TIC to a TIC */
static void runs_into_a_tic(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	w->twice = true;
	/* 08: NOP, chained to the TIC at 10, where the program starts */
	poke64(w, PROG + 0x10, TIC1(PROG + 0x100));
	poke64(w, PROG + 0x18, CCW1(CMD_NOOP, 0, 7, 0));
	poke64(w, PROG + 0x100, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	poke64(w, PROG + 0x108, TIC1(PROG + 8));
	poke64(w, PROG + 0x110, 0);
	poke64(w, PROG + 0x08, CCW1(CMD_NOOP, CCW_CC, 3, 0));
	host = host_start(w, FORMAT1, PROG + 0x10);
	expect64(w, host, 0x0800000040010010);
	expect64(w, host + 8, 0);
	expect64(w, host + 16, 0x0340000140000000);
	expect64(w, host + 24, 0x0800000040010030);
	expect64(w, host + 48, 0x0340000340000000);
	expect64(w, host + 56, 0x0800000040010010);
	expect64(w, host + 64, 0x0800000040010050);
	expect64(w, host + 80, 0x0300000740000000);
}

/* Each TIC back to one of its own program, and to the middle of another */
static void tic_loops_end(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	w->twice = true;
	poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	poke64(w, PROG + 8, TIC1(PROG + 0x208));
	poke64(w, PROG + 16, 0);
	poke64(w, PROG + 0x200, CCW1(CMD_NOOP, CCW_CC, 2, 0));
	poke64(w, PROG + 0x208, CCW1(CMD_NOOP, CCW_CC, 3, 0));
	poke64(w, PROG + 0x210, TIC1(PROG));
	poke64(w, PROG + 0x218, TIC1(PROG + 0x200));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host + 8, 0x0800000040010020);
	expect64(w, host + 0x20, 0x0340000340000000);
	expect64(w, host + 0x28, 0x0800000040010000);
	/* behind the TIC at 210 there is another, to 200, which runs on to 208 */
	expect64(w, host + 0x30, 0x0800000040010040);
	expect64(w, host + 0x40, 0x0340000240000000);
	expect64(w, host + 0x48, 0x0800000040010020);
	expect64(w, host + 0x50, 0x0800000040010000);
}

/* What the guest got wrong */

/* The ORB names no CCW at all */
static void orb_without_program(struct kunit *test)
{
	static const u32 cpa[] = { NOWHERE, PROG + 4, 0x80020000, 0x7ffffff8 };
	struct world *w = test->priv;
	u32 host, i;

	for (i = 0; i < ARRAY_SIZE(cpa); i++) {
		host = host_start(w, FORMAT1, cpa[i]);
		expect64(w, host, 0);
		KUNIT_EXPECT_EQ(test, checked_at(w, host), cpa[i] + 8);
	}
	host = host_start(w, 0, 0x1000000);
	expect64(w, host, 0);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), 0x1000008);
}

/* The last CCW of memory, of 24 bits and of 31 bits */
static void program_at_the_end(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG + 0x1ff8, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1, PROG + 0x1ff8);
	expect64(w, host, 0x0320000140000000);

	add_page(w, 0xfff000, 0x100000);
	poke64(w, 0xfffff8, CCW0(CMD_NOOP, 0, CCW_CC, 1));
	host = host_start(w, 0, 0xfffff8);
	expect64(w, host, 0x0340000140000000);
	expect64(w, host + 8, 0);
	KUNIT_EXPECT_EQ(test, checked_at(w, host + 8), 0x1000008);

	add_page(w, 0x7ffff000, 0x101000);
	poke64(w, 0x7ffffff8, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	host = host_start(w, FORMAT1, 0x7ffffff8);
	expect64(w, host, 0x0340000140000000);
	expect64(w, host + 8, 0);
	KUNIT_EXPECT_EQ(test, checked_at(w, host + 8), 0x80000008);
}

/* A page of the program may not be read: protection, not program check */
static void program_protected(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	guest_page(w, PROG + PAGE)->broken = -EPERM;
	poke64(w, PROG + 0xff8, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	host = host_start(w, FORMAT1, PROG + 0xff8);
	expect64(w, host + 8, 0);
	KUNIT_EXPECT_EQ(test, protected_at(w, host + 8), PROG + 0x1008);
}

/* Data that is not there: the CCW starts, and stops where the data should be */
static void data_nowhere(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI, 1, NOWHERE));
	poke64(w, PROG + 16, CCW1(CMD_READ, CCW_SLI, 0x1000, DATA + 0x1800));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x0340000140000000);
	/* an IDAL address that is not on a doubleword boundary */
	expect64(w, host + 8, 0x0264000140000004);
	KUNIT_EXPECT_EQ(test, checked_at(w, host + 8), PROG + 16);
	/* one good block, then an IDAW that is not on a block boundary */
	expect64(w, host + 16, 0x0224100040010020);
	expect64(w, 0x40010020, 0x2abcd800);
	expect64(w, 0x40010028, 0x7ffffffffffff001);
	KUNIT_EXPECT_EQ(test, checked_at(w, host + 16), PROG + 24);
	/* A channel that took the odd IDAL address would find no storage */
	KUNIT_EXPECT_EQ(test, be32_to_cpup(peek(w, 0x40000004, 4)),
			0x7fffffffU);
	KUNIT_EXPECT_EQ(test, be32_to_cpup(peek(w, 0x40000008, 4)),
			0xfffff001U);
}

static void data_beyond_addresses(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	add_page(w, 0xfff000, 0x3000000);
	add_page(w, 0x1000000, 0x3001000);
	poke64(w, PROG, CCW0(CMD_READ, 0xfffff8, CCW_SLI, 0x10));
	host = host_start(w, 0, PROG);
	expect64(w, host, 0x0224001040010010);
	expect64(w, 0x40010010, 0x3000ff8);
	expect64(w, 0x40010018, 0x7ffffffffffff001);
	reread(w);

	add_page(w, 0x7ffff000, 0x4000000);
	add_page(w, 0x80000000, 0x4001000);
	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI, 0x10, 0x7ffffff8));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x0224001040010010);
	expect64(w, 0x40010010, 0x4000ff8);
	expect64(w, 0x40010018, 0x7ffffffffffff001);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
}

/* A list ends where the addresses of its format of CCWs do, mapped or not */
static void list_beyond_addresses(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	add_page(w, 0xfff000, 0x3000000);
	add_page(w, 0x1000000, 0x3001000);
	add_page(w, 0x7ffff000, 0x4000000);
	add_page(w, 0x80000000, 0x4001000);
	poke64(w, 0xfffff8, DATA + 0x800);
	poke64(w, 0x1000000, DATA + PAGE);
	poke64(w, 0x7ffffff8, DATA);
	poke64(w, 0x80000000, DATA + PAGE);

	/* A second word is needed because the first block is entered late */
	poke64(w, PROG, CCW0(CMD_READ, 0xfffff8, CCW_IDA, 0x1000));
	host = host_start(w, IDAW2, PROG);
	expect64(w, host, 0x0204100040010010);
	expect64(w, 0x40010010, 0x12345800);
	expect64(w, 0x40010018, 0x7ffffffffffff001);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
	KUNIT_EXPECT_EQ(test, guest_page(w, 0x1000000)->seen[0], 0);
	reread(w);

	/* ... or because of the count */
	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI | CCW_IDA, 0x2000, 0x7ffffff8));
	host = host_start(w, FORMAT1 | IDAW2, PROG);
	expect64(w, 0x40010010, 0x12345000);
	expect64(w, 0x40010018, 0x7ffffffffffff001);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
	KUNIT_EXPECT_EQ(test, guest_page(w, 0x80000000)->seen[0], 0);
	reread(w);

	/* Format 1 reaches across 16 MiB */
	poke64(w, 0xfffff8, DATA + 0x800);
	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI | CCW_IDA, 0x1000, 0xfffff8));
	host_start(w, FORMAT1 | IDAW2, PROG);
	expect64(w, 0x40010010, 0x12345800);
	expect64(w, 0x40010018, 0x2abcd000);
}

/* A 64-bit IDAW at the end of everything neither wraps nor fails the program */
static void idaw_at_the_end_of_addresses(struct kunit *test)
{
	struct world *w = test->priv;

	add_page(w, 0xfffffffffffff000ULL, 0x3000000);
	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI | CCW_IDA, 0x20, PROG + 0x100));
	poke64(w, PROG + 0x100, 0xfffffffffffffff0ULL);
	poke64(w, PROG + 0x108, DATA);
	host_start(w, FORMAT1 | IDAW2, PROG);
	expect64(w, 0x40010010, 0x3000ff0);
	expect64(w, 0x40010018, 0x12345000);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, ~0ULL, 1));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, ~0ULL - 8, ~0ULL));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, DATA + PAGE, 0x1000));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, DATA, 0));
}

/* Pins */

static void read_only_page(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	/* Input */
	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI, 0x40, RDONLY));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x0224004040000004);
	KUNIT_EXPECT_EQ(test, protected_at(w, host), PROG + 8);
	reread(w);

	/* Output, and on the second page only, input */
	poke64(w, PROG, CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 0x40, RDONLY));
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_SLI, 0x80, RDONLY - 0x40));
	add_page(w, RDONLY - PAGE, 0x6666000);
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x0160004005555000);
	expect64(w, host + 8, 0x0224008040010018);
	expect64(w, 0x40010018, 0x6666fc0);
	expect64(w, 0x40010020, 0x7ffffffffffff001);
	KUNIT_EXPECT_EQ(test, protected_at(w, host + 8), PROG + 16);
	KUNIT_EXPECT_EQ(test, guest_page(w, RDONLY)->pins, 1);
}

/* One page, both ways: pinned once. Neighbours: one call. Order: none */
static void pages_are_pinned_once(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_cp_stats stats;

	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x100, HIGH));
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + PAGE));
	poke64(w, PROG + 16,
	       CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 0x10, DATA + 0x1800));
	poke64(w, PROG + 24, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA));
	poke64(w, PROG + 32,
	       CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 0x100, DATA + 0x20));
	poke64(w, PROG + 40, CCW1(CMD_READ, CCW_SLI, 0x100, HIGH));
	host_start(w, FORMAT1, PROG);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA + PAGE)->pins, 1);
	KUNIT_EXPECT_EQ(test, guest_page(w, HIGH)->pins, 1);
	KUNIT_EXPECT_EQ(test, w->pin_calls, 2);
	vfio_ccw_cp_stats(w->cp, &stats);
	KUNIT_EXPECT_EQ(test, stats.pages, 3);
	KUNIT_EXPECT_EQ(test, stats.pins, 2);
	KUNIT_EXPECT_EQ(test, stats.ccws, 6);
	KUNIT_EXPECT_EQ(test, stats.reads, 1);
}

/* Neighbours are one call however they are named: a few count as one run */
static void neighbours_of_a_list_are_pinned_together(struct kunit *test)
{
	struct world *w = test->priv;
	u32 i, way;

	for (way = 0; way < 2; way++) {
		reread(w);
		poke64(w, PROG,
		       CCW1(CMD_READ, CCW_SLI | CCW_IDA, 0x4000, PROG + 0x100));
		for (i = 0; i < 4; i++)
			poke64(w, PROG + 0x100 + 8 * i,
			       VAST + (way ? 3 - i : i) * PAGE);
		w->pin_calls = 0;
		KUNIT_EXPECT_EQ(test, start(w, FORMAT1 | IDAW2, PROG), 0);
		KUNIT_EXPECT_EQ(test, w->pin_calls, 1);
	}
}

/* For what the page at @iova is pinned: 0 if it is not */
static unsigned int pinned_for(struct world *w, u64 iova)
{
	unsigned int i;

	for (i = 0; i < w->npins; i++)
		if (iova - w->pin[i].iova < (u64)w->pin[i].npages * PAGE)
			return w->pin[i].dir;
	return 0;
}

/* Output may come from memory that cannot be stored into, and the reverse */
static void pages_are_pinned_as_used(struct kunit *test)
{
	static const u64 second[] = { VAST + 2 * PAGE, VAST - 2 * PAGE };
	const unsigned int both = VFIO_CCW_PIN_READ | VFIO_CCW_PIN_WRITE;
	struct world *w = test->priv;
	u32 i;

	add_page(w, second[1], 0x6000000);
	/* In ascending order and not */
	for (i = 0; i < ARRAY_SIZE(second); i++) {
		reread(w);
		poke64(w, PROG,
		       CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 0x1000, VAST));
		poke64(w, PROG + 8,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x1000, second[i]));
		poke64(w, PROG + 16,
		       CCW1(CMD_BACKWARD, CCW_CC | CCW_SLI, 0x1000,
			    second[i] + 4 * PAGE - 1));
		poke64(w, PROG + 24,
		       CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 0x800,
			    second[i] + 5 * PAGE));
		poke64(w, PROG + 32,
		       CCW1(CMD_READ, CCW_SLI, 0x800, second[i] + 5 * PAGE));
		KUNIT_EXPECT_EQ(test, start(w, FORMAT1, PROG), 0);
		KUNIT_EXPECT_EQ(test, pinned_for(w, VAST), VFIO_CCW_PIN_READ);
		KUNIT_EXPECT_EQ(test, pinned_for(w, second[i]),
				VFIO_CCW_PIN_WRITE);
		KUNIT_EXPECT_EQ(test, pinned_for(w, second[i] + 3 * PAGE),
				VFIO_CCW_PIN_WRITE);
		KUNIT_EXPECT_EQ(test, pinned_for(w, second[i] + 5 * PAGE),
				both);
		KUNIT_EXPECT_EQ(test, pinned_for(w, second[i] + PAGE), 0);
	}
}

/**
 * struct use_case - input into two areas
 * @addr: where they begin, pages from VAST on
 * @pages: how long they are
 * @used: BIT(n) of each page that is used then
 * @pins: pin calls that do
 */
struct use_case {
	u32 addr[2];
	u32 pages[2];
	u32 used;
	u32 pins;
};

static const struct use_case use_cases[] = {
	{ { 2, 2 }, { 1, 1 }, 0x004, 1 },
	{ { 2, 3 }, { 1, 1 }, 0x00c, 1 },
	{ { 3, 2 }, { 1, 1 }, 0x00c, 1 },
	{ { 2, 4 }, { 1, 1 }, 0x014, 2 },
	{ { 4, 2 }, { 1, 1 }, 0x014, 2 },
	{ { 2, 5 }, { 2, 2 }, 0x06c, 2 },
	{ { 5, 2 }, { 2, 2 }, 0x06c, 2 },
	{ { 2, 3 }, { 3, 1 }, 0x01c, 1 },
	{ { 3, 2 }, { 1, 3 }, 0x01c, 1 },
	{ { 2, 3 }, { 2, 3 }, 0x03c, 1 },
	{ { 3, 2 }, { 3, 2 }, 0x03c, 1 },
};

/* Areas that meet are one, and what lies between others is not touched */
static void pages_between_are_left_alone(struct kunit *test)
{
	struct world *w = test->priv;
	const struct use_case *c;
	struct vfio_ccw_cp_stats stats;
	u32 i, n;
	bool used;

	for (i = 0; i < ARRAY_SIZE(use_cases); i++) {
		c = &use_cases[i];
		reread(w);
		for (n = 0; n < 2; n++)
			poke64(w, PROG + 8 * n,
			       CCW1(CMD_READ, CCW_SLI | (n ? 0 : CCW_CC),
				    c->pages[n] * PAGE,
				    VAST + c->addr[n] * PAGE));
		KUNIT_EXPECT_EQ(test, start(w, FORMAT1, PROG), 0);
		for (n = 0; n < 12; n++) {
			used = vfio_ccw_cp_uses(w->cp, VAST + n * PAGE, PAGE);
			KUNIT_EXPECT_EQ_MSG(test, used, !!(c->used & BIT(n)),
					    "page %u of case %u", n, i);
			KUNIT_EXPECT_EQ(test, !!pinned_for(w, VAST + n * PAGE),
					used);
		}
		vfio_ccw_cp_stats(w->cp, &stats);
		KUNIT_EXPECT_EQ(test, stats.pages, hweight32(c->used));
		KUNIT_EXPECT_EQ(test, stats.pins, c->pins);
	}
}

/*
 * One bad page among eight: the others are pinned, in few calls, which look at half
 * of what is left after a failure and at twice as much after a success
 */
static void one_bad_page(struct kunit *test)
{
	static const unsigned int calls[] = { 7, 9, 9, 11, 7, 9, 7, 7 };
	struct world *w = test->priv;
	u32 host, i, bad;

	for (i = 0; i < 8; i++)
		add_page(w, 0x50000 + i * PAGE, 0x500000 + i * PAGE);
	for (bad = 0; bad < 8; bad++) {
		guest_page(w, 0x50000 + bad * PAGE)->broken = -EFAULT;
		poke64(w, PROG, CCW1(CMD_READ, CCW_SLI, 0x8000, 0x50000));
		w->pin_calls = 0;
		reread(w);
		host = host_start(w, FORMAT1, PROG);
		KUNIT_EXPECT_EQ(test, w->pin_calls, calls[bad]);
		for (i = 0; i < bad; i++)
			expect64(w, 0x40010010 + 8 * i, 0x500000 + i * PAGE);
		if (bad)
			expect64(w, 0x40010010 + 8 * bad, 0x7ffffffffffff001);
		KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
		for (i = 0; i < 8; i++)
			KUNIT_EXPECT_EQ(test,
					guest_page(w, 0x50000 + i * PAGE)->pins,
					i != bad);
		vfio_ccw_cp_release(w->cp);
		guest_page(w, 0x50000 + bad * PAGE)->broken = 0;
	}
}

/* Used both ways but may only be read: output still works */
static void read_only_page_used_both_ways(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG, CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 0x140, RDONLY));
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_SLI, 0x40, RDONLY));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x0160014005555000);
	expect64(w, host + 8, 0x0224004040000004);
	KUNIT_EXPECT_EQ(test, protected_at(w, host + 8), PROG + 16);
	KUNIT_EXPECT_EQ(test, guest_page(w, RDONLY)->pins, 1);
	reread(w);

	/* Not even that */
	guest_page(w, RDONLY)->broken = -EPERM;
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x0164014040000004);
	KUNIT_EXPECT_EQ(test, protected_at(w, host), PROG + 8);
}

/* Used both ways but may only be written to: input still works */
static void write_only_page_used_both_ways(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	guest_page(w, DATA)->wronly = true;
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x140, DATA));
	poke64(w, PROG + 8, CCW1(CMD_WRITE, CCW_SLI, 0x40, DATA));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x0260014012345000);
	expect64(w, host + 8, 0x0124004040000004);
	KUNIT_EXPECT_EQ(test, protected_at(w, host + 8), PROG + 16);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
	reread(w);

	/* Input alone does not ask for more; output alone gets nothing */
	poke64(w, PROG + 8, CCW1(CMD_WRITE, CCW_SLI, 0x40, DATA + PAGE));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x0260014012345000);
	expect64(w, host + 8, 0x012000402abcd000);
	reread(w);
	poke64(w, PROG, CCW1(CMD_WRITE, CCW_SLI, 0x40, DATA));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x0124004040000004);
	KUNIT_EXPECT_EQ(test, protected_at(w, host), PROG + 8);
}

/* What cannot be read is not asked for again in smaller parts */
static void nothing_is_asked_for_twice(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	guest_page(w, DATA)->wronly = true;
	/* The CCW in the way, its list, and the second page of a list */
	poke64(w, PROG,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_IDA, 0x1000, DATA));
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_IDA, 0x1f00, DATA - 8));
	poke64(w, PROG + 16, TIC1(DATA + 0x100));
	add_page(w, DATA - PAGE, 0x6666000);
	poke64(w, DATA - 8, HIGH);
	host = host_start(w, FORMAT1 | IDAW2, PROG);
	KUNIT_EXPECT_EQ(test, protected_at(w, host), PROG + 8);
	KUNIT_EXPECT_EQ(test, protected_at(w, host + 8), PROG + 16);
	KUNIT_EXPECT_EQ(test, protected_at(w, host + 16), PROG + 24);
	/* PROG, list, both pages of a list, the CCW of the TIC */
	KUNIT_EXPECT_EQ(test, w->reads, 5);
}

/* Small output data */

static void small_output_is_copied(struct kunit *test)
{
	static const u8 data[16] = "define extent...";
	struct world *w = test->priv;
	u32 host;

	poke(w, PROG + 0x80, data, sizeof(data));
	poke(w, RDONLY, "locate", 7);
	poke64(w, PROG, CCW1(0x63, CCW_CC | CCW_SLI, 0x10, PROG + 0x80));
	poke64(w, PROG + 8, CCW1(0x47, CCW_CC | CCW_SLI, 7, RDONLY));
	poke64(w, PROG + 16, CCW1(CMD_READ_DATA, CCW_SLI, 0x1000, DATA));
	host = host_start(w, FORMAT1 | PREF, PROG);
	expect64(w, host, 0x6360001040010020);
	expect64(w, host + 8, 0x4760000740010030);
	expect64(w, host + 16, 0x0620100012345000);
	KUNIT_EXPECT_MEMEQ(test, peek(w, 0x40010020, 16), data, 16);
	KUNIT_EXPECT_MEMEQ(test, peek(w, 0x40010030, 7), "locate", 7);
	KUNIT_EXPECT_EQ(test, w->pin_calls, 1);
	/* the first came along with the program */
	KUNIT_EXPECT_EQ(test, w->reads, 2);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, PROG, 0x1000));
}

/* Outputs that lie close together are read at once, but not across a page */
static void small_outputs_are_read_together(struct kunit *test)
{
	static const u32 last[] = { 0x209, 0x20a, 0x212 };
	struct world *w = test->priv;
	unsigned int i;
	u32 host;

	poke(w, RDONLY + 0x10, "extent", 7);
	poke(w, RDONLY + 0x100, "locate", 7);
	poke(w, RDONLY + 0xff9, "orient", 7);
	poke64(w, PROG, CCW1(0x63, CCW_CC | CCW_SLI, 7, RDONLY + 0x10));
	poke64(w, PROG + 8, CCW1(0x47, CCW_CC | CCW_SLI, 7, RDONLY + 0x100));
	poke64(w, PROG + 16, CCW1(0x4b, CCW_SLI, 7, RDONLY + 0xff9));
	host = host_start(w, FORMAT1 | PREF, PROG);
	expect64(w, host, 0x6360000740010020);
	expect64(w, host + 8, 0x4760000740010028);
	expect64(w, host + 16, 0x4b20000740010030);
	KUNIT_EXPECT_MEMEQ(test, peek(w, 0x40010020, 7), "extent", 7);
	KUNIT_EXPECT_MEMEQ(test, peek(w, 0x40010028, 7), "locate", 7);
	KUNIT_EXPECT_MEMEQ(test, peek(w, 0x40010030, 7), "orient", 7);
	KUNIT_EXPECT_EQ(test, w->pin_calls, 0);
	/* the program, two areas together, and one too far away */
	KUNIT_EXPECT_EQ(test, w->reads, 3);

	/* 512 bytes from the first one on, one byte more, and more for both */
	poke64(w, PROG + 8, CCW1(0x47, CCW_CC | CCW_SLI, 7, RDONLY + 0x17));
	for (i = 0; i < ARRAY_SIZE(last); i++) {
		poke64(w, PROG + 16, CCW1(0x4b, CCW_SLI, 7, RDONLY + last[i]));
		reread(w);
		w->reads = 0;
		KUNIT_EXPECT_EQ(test, start(w, FORMAT1 | PREF, PROG), 0);
		KUNIT_EXPECT_EQ(test, w->reads, i ? 3 : 2);
	}
}

/**
 * struct copy_case - an output CCW behind an input CCW
 * @name: what matters
 * @ctl: bits of ORB word 1
 * @in: input CCW
 * @out: output CCW
 * @want: host CCW that must come of it
 */
struct copy_case {
	const char *name;
	u32 ctl;
	u64 in;
	u64 out;
	u64 want;
};

static const struct copy_case copy_cases[] = {
	{ "copied", FORMAT1 | PREF,
	  CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x100, HIGH),
	  CCW1(CMD_WRITE, CCW_SLI, 0x100, DATA),
	  0x0120010040010028 },
	{ "one byte too large", FORMAT1 | PREF,
	  CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x100, HIGH),
	  CCW1(CMD_WRITE, CCW_SLI, 0x101, DATA),
	  0x0120010112345000 },
	{ "no prefetch", FORMAT1,
	  CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x100, HIGH),
	  CCW1(CMD_WRITE, CCW_SLI, 0x100, DATA),
	  0x0120010012345000 },
	{ "suspend control", FORMAT1 | PREF | SUSP,
	  CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x100, HIGH),
	  CCW1(CMD_WRITE, CCW_SLI, 0x100, DATA),
	  0x0120010012345000 },
	{ "modification control", FORMAT1 | PREF | VFIO_CCW_ORB_M,
	  CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x100, HIGH),
	  CCW1(CMD_WRITE, CCW_SLI, 0x100, DATA), 0x0120010012345000 },
	{ "with a key", FORMAT1 | PREF | 0x10000000,
	  CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x100, HIGH),
	  CCW1(CMD_WRITE, CCW_SLI, 0x100, DATA),
	  0x0120010012345000 },
	{ "read before", FORMAT1 | PREF,
	  CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x100, DATA),
	  CCW1(CMD_WRITE, CCW_SLI, 0x100, DATA),
	  0x0120010012345000 },
	{ "last byte read before", FORMAT1 | PREF,
	  CCW1(CMD_READ, CCW_CC | CCW_SLI, 1, DATA + 0x10),
	  CCW1(CMD_WRITE, CCW_SLI, 0x11, DATA),
	  0x0120001112345000 },
	{ "byte behind read before", FORMAT1 | PREF,
	  CCW1(CMD_READ, CCW_CC | CCW_SLI, 1, DATA + 0x10),
	  CCW1(CMD_WRITE, CCW_SLI, 0x10, DATA),
	  0x0120001040010018 },
	{ "byte ahead read before", FORMAT1 | PREF,
	  CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA),
	  CCW1(CMD_WRITE, CCW_SLI, 0x10, DATA + 0x10),
	  0x0120001040010018 },
	{ "not there", FORMAT1 | PREF,
	  CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA),
	  CCW1(CMD_WRITE, CCW_SLI, 0x10, 0x60010),
	  0x0124001040000004 },
};

KUNIT_ARRAY_PARAM_DESC(copy, copy_cases, name);

static void small_output(struct kunit *test)
{
	const struct copy_case *c = test->param_value;
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG, c->in);
	poke64(w, PROG + 8, c->out);
	host = host_start(w, c->ctl, PROG);
	expect64(w, host + 8, c->want);
}

/* Input backward by a list covers what is before its address, near it and far */
static void small_output_behind_backward_input(struct kunit *test)
{
	static const u32 last[] = { 0xff, 0xfff };
	struct world *w = test->priv;
	unsigned int i;
	u32 host;

	for (i = 0; i < ARRAY_SIZE(last); i++) {
		poke64(w, PROG,
		       CCW1(CMD_BACKWARD, CCW_CC | CCW_SLI | CCW_IDA,
			    last[i] - 0xf, PROG + 0x100));
		poke64(w, PROG + 8, CCW1(CMD_WRITE, CCW_SLI, 0x10, DATA + 0x10));
		poke64(w, PROG + 0x100, DATA + last[i]);
		reread(w);
		host = host_start(w, FORMAT1 | PREF | IDAW2, PROG);
		expect64(w, host + 8, 0x0120001012345010);
	}
}

/* Output across pages, and input in the second of them only */
static void small_output_across_pages(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + PAGE));
	poke64(w, PROG + 8, CCW1(CMD_WRITE, CCW_SLI, 0x20, DATA + 0xff0));
	host = host_start(w, FORMAT1 | PREF, PROG);
	KUNIT_EXPECT_EQ(test, peek64(w, host + 8) >> 32, 0x01240020U);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA + PAGE)->pins, 1);
}

/* A list begins in what was read with the program, and ends behind it */
static void idal_across_the_first_read(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	w->twice = true;
	poke64(w, PROG,
	       CCW1(CMD_READ, CCW_SLI | CCW_IDA, 0x2000, PROG + 0x1f8));
	poke64(w, PROG + 0x1f8, DATA + PAGE);
	poke64(w, PROG + 0x200, HIGH);
	host = host_start(w, FORMAT1 | IDAW2, PROG);
	expect64(w, host, 0x0224200040010010);
	expect64(w, 0x40010010, 0x2abcd000);
	expect64(w, 0x40010018, 0x1234567000);
}

/* A range that would end behind the last address ends there */
static void claims_to_the_end_of_addresses(struct kunit *test)
{
	struct world *w = test->priv;

	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI, 0x10, DATA + PAGE));
	host_start(w, FORMAT1, PROG);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, DATA, U64_MAX));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, DATA + PAGE, U64_MAX));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, HIGH, U64_MAX));
}

/* Input on both sides and on the same page: pinned, to be safe */
static void small_output_amid_input(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA));
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, HIGH));
	poke64(w, PROG + 16,
	       CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 0x10, DATA + 0x100));
	poke64(w, PROG + 24, CCW1(CMD_WRITE, CCW_SLI, 0x10, DATA + 0x1100));
	host = host_start(w, FORMAT1 | PREF, PROG);
	expect64(w, host + 16, 0x0160001012345100);
	expect64(w, host + 24, 0x0120001040010038);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA + PAGE)->pins, 0);
}

/*
 * Sixteen extents, which is what their array has room for at first, then two
 * outputs that need one more each
 */
static void small_output_behind_many_inputs(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, i;

	for (i = 0; i < 16; i++)
		poke64(w, PROG + 8 * i,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x100,
			    VAST + 2 * i * PAGE));
	poke64(w, PROG + 0x80,
	       CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 0x40, VAST + 512));
	poke64(w, PROG + 0x88,
	       CCW1(CMD_WRITE, CCW_SLI, 0x40, VAST + 6 * PAGE + 512));
	host = host_start(w, FORMAT1 | PREF, PROG);
	KUNIT_EXPECT_EQ(test, w->npins, 16);
	/* An IDAL each, because these pages are above 2 GiB */
	i = peek64(w, host + 0x80);
	expect64(w, host + 0x80, 0x0164004000000000 | i);
	expect64(w, i, VAST_HOST + 512);
	i = peek64(w, host + 0x88);
	expect64(w, host + 0x88, 0x0124004000000000 | i);
	expect64(w, i, VAST_HOST + 6 * PAGE + 512);
}

/* MIDAWs */

static void midaws_that_are_an_idal(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_orb orb;
	u32 host;

	poke64(w, PROG,
	       CCW1(CMD_READ, CCW_SLI | CCW_MIDA, 0x1200, PROG + 0x100));
	poke64(w, PROG + 0x100, 0x100);
	poke64(w, PROG + 0x108, DATA + 0xf00);
	poke64(w, PROG + 0x110, 0x1000);
	poke64(w, PROG + 0x118, HIGH);
	poke64(w, PROG + 0x120, MIDAW(MIDAW_LAST, 0x100));
	poke64(w, PROG + 0x128, DATA + PAGE);
	host = host_start(w, FORMAT1 | MIDAF, PROG);
	vfio_ccw_cp_host_orb(w->cp, 0, &orb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(orb.ctl), 0x00820000U);
	expect64(w, host, 0x0224120040010010);
	expect64(w, 0x40010010, 0x12345f00);
	expect64(w, 0x40010018, 0x1234567000);
	expect64(w, 0x40010020, 0x2abcd000);
}

static void midaws_of_any_shape(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_orb orb;
	u32 host;

	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI | CCW_MIDA, 0x30, PROG + 0x100));
	poke64(w, PROG + 0x100, 0x10);
	poke64(w, PROG + 0x108, DATA + 7);
	poke64(w, PROG + 0x110, MIDAW(MIDAW_SKIP, 0x18));
	poke64(w, PROG + 0x118, 0x7777777777);
	poke64(w, PROG + 0x120, MIDAW(MIDAW_LAST | MIDAW_DTIC, 8));
	poke64(w, PROG + 0x128, HIGH + 1);
	host = host_start(w, FORMAT1 | MIDAF, PROG);
	vfio_ccw_cp_host_orb(w->cp, 0, &orb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(orb.ctl), 0x00820040U);
	expect64(w, host, 0x0221003040010010);
	expect64(w, 0x40010010, 0x10);
	expect64(w, 0x40010018, 0x12345007);
	expect64(w, 0x40010020, 0x400018);
	expect64(w, 0x40010028, 0x40000777);
	expect64(w, 0x40010030, 0xa00008);
	expect64(w, 0x40010038, 0x1234567001);
	KUNIT_EXPECT_EQ(test, w->pin_calls, 2);
}

/* Only an address that is used has to stay in its page */
static void midaws_skipped_beyond_their_page(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG,
	       CCW1(CMD_READ, CCW_SLI | CCW_MIDA, 0x2860, PROG + 0x100));
	poke64(w, PROG + 0x100, MIDAW(MIDAW_SKIP, 0x20));
	poke64(w, PROG + 0x108, 0x7777777ff8);
	poke64(w, PROG + 0x110, MIDAW(MIDAW_SKIP, 0x20));
	poke64(w, PROG + 0x118, 0x60fe0);
	poke64(w, PROG + 0x120, MIDAW(MIDAW_SKIP, 0x2810));
	poke64(w, PROG + 0x128, DATA + 1);
	poke64(w, PROG + 0x130, MIDAW(MIDAW_LAST, 0x10));
	poke64(w, PROG + 0x138, DATA);
	host = host_start(w, FORMAT1 | MIDAF, PROG);
	expect64(w, host, 0x0221286040010010);
	expect64(w, 0x40010010, 0x400020);
	expect64(w, 0x40010018, 0x40020ff8);
	expect64(w, 0x40010020, 0x400020);
	expect64(w, 0x40010028, 0x40000fe0);
	expect64(w, 0x40010030, 0x402810);
	expect64(w, 0x40010038, 0x40020000);
	expect64(w, 0x40010040, 0x800010);
	expect64(w, 0x40010048, 0x12345000);
	KUNIT_EXPECT_EQ(test, w->pin_calls, 1);
	peek(w, 0x40020000, 0x10000);
	reread(w);

	/* Output is not skipped, so that it has an area */
	poke64(w, PROG,
	       CCW1(CMD_WRITE, CCW_SLI | CCW_MIDA, 0x2860, PROG + 0x100));
	host = host_start(w, FORMAT1 | MIDAF, PROG);
	expect64(w, host, 0x0124286040000004);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
}

/**
 * struct midaw_case - a list of two MIDAWs, the second not usable
 * @name: what is wrong
 * @word: first doubleword of the second MIDAW
 * @addr: its second doubleword
 */
struct midaw_case {
	const char *name;
	u64 word;
	u64 addr;
};

static const struct midaw_case midaw_cases[] = {
	{ "reserved byte", 0x0100000000800010, 0x30010 },
	{ "reserved flag", 0x810010, 0x30010 },
	{ "no count", 0x800000, 0x30010 },
	{ "across a boundary", 0x800011, 0x30ff0 },
	{ "not mapped", 0x800010, 0x60000 },
};

KUNIT_ARRAY_PARAM_DESC(midaw, midaw_cases, name);

static void bad_midaws(struct kunit *test)
{
	const struct midaw_case *c = test->param_value;
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI | CCW_MIDA, 0x20, PROG + 0x100));
	poke64(w, PROG + 0x100, 0x10);
	poke64(w, PROG + 0x108, DATA);
	poke64(w, PROG + 0x110, c->word);
	poke64(w, PROG + 0x118, c->addr);
	host = host_start(w, FORMAT1 | MIDAF, PROG);
	expect64(w, host, 0x0221002040010010);
	expect64(w, 0x40010010, 0x10);
	expect64(w, 0x40010018, 0x12345000);
	expect64(w, 0x40010020, 0x1f0000);
	expect64(w, 0x40010028, 0x40000000);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
}

static void bad_midaw_lists(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	w->twice = true;
	/* not on a quadword; nowhere; first one bad; first one not mapped */
	poke64(w, PROG,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_MIDA, 0x20, PROG + 0x108));
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_MIDA, 0x20, NOWHERE));
	poke64(w, PROG + 16,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_MIDA, 0x20, PROG + 0x200));
	poke64(w, PROG + 24,
	       CCW1(CMD_READ, CCW_SLI | CCW_MIDA, 0x20, PROG + 0x210));
	poke64(w, PROG + 0x210, MIDAW(MIDAW_LAST, 0x20));
	poke64(w, PROG + 0x218, 0x60000);
	host = host_start(w, FORMAT1 | MIDAF, PROG);
	expect64(w, host, 0x0264002040000004);
	expect64(w, host + 8, 0x0264002040000004);
	expect64(w, host + 16, 0x0264002040000004);
	expect64(w, host + 24, 0x0224002040000004);
	KUNIT_EXPECT_EQ(test, checked_at(w, host + 24), PROG + 32);
	reread(w);

	/* A list may not go on into the next page */
	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI | CCW_MIDA, 0x20, PROG + 0xff0));
	poke64(w, PROG + 0xff0, 0x10);
	poke64(w, PROG + 0xff8, DATA);
	host = host_start(w, FORMAT1 | MIDAF, PROG);
	expect64(w, 0x40010010, 0x10);
	expect64(w, 0x40010018, 0x12345000);
	expect64(w, 0x40010020, 0x1f0000);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
}

/* The list ends early or late: left to the channel, as it is */
static void midaws_of_other_length(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_MIDA, 0x30, PROG + 0x100));
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_SLI | CCW_MIDA, 8, PROG + 0x100));
	poke64(w, PROG + 0x100, MIDAW(MIDAW_LAST, 0x10));
	poke64(w, PROG + 0x108, DATA);
	w->twice = true;
	host = host_start(w, FORMAT1 | MIDAF, PROG);
	expect64(w, host, 0x0261003040010020);
	expect64(w, 0x40010020, 0x800010);
	expect64(w, 0x40010028, 0x12345000);
	expect64(w, host + 8, 0x0221000840010040);
	expect64(w, 0x40010040, 0x800010);
}

/* A long list of single bytes stays one list, within one page */
static void many_midaws(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, i;

	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI | CCW_MIDA, 0x100, PROG + PAGE));
	for (i = 0; i < 256; i++) {
		poke64(w, PROG + PAGE + 16 * i,
		       MIDAW(i < 255 ? 0 : MIDAW_LAST, 1));
		poke64(w, PROG + 0x1008 + 16 * i, DATA + 2 * i);
	}
	host = host_start(w, FORMAT1 | MIDAF, PROG);
	expect64(w, host, 0x0221010040020000);
	for (i = 0; i < 256; i++)
		expect64(w, 0x40020008 + 16 * i, DATA_HOST + 2 * i);
}

/* A channel takes no list across a page: each stands in one, where there is room */
static void midaws_do_not_cross_a_page(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, list, i, k;

	w->twice = true;
	for (i = 0; i < 100; i++) {
		poke64(w, PROG + PAGE + 16 * i,
		       MIDAW(i < 99 ? 0 : MIDAW_LAST, 1));
		poke64(w, PROG + 0x1008 + 16 * i, DATA + 2 * i);
	}
	for (k = 0; k < 12; k++)
		poke64(w, PROG + 8 * k,
		       CCW1(CMD_READ, (k < 11 ? CCW_CC : 0) | CCW_SLI | CCW_MIDA,
			    100, PROG + PAGE));
	host = host_start(w, FORMAT1 | MIDAF, PROG);
	for (k = 0; k < 12; k++) {
		list = (u32)peek64(w, host + 8 * k);
		KUNIT_EXPECT_EQ(test, list % 16, 0U);
		KUNIT_EXPECT_EQ_MSG(test, list / PAGE,
				    (list + 16 * 100 - 1) / PAGE,
				    "list %u at %x", k, list);
		for (i = 0; i < 100; i++) {
			expect64(w, list + 16 * i, i < 99 ? 1 : 0x800001);
			expect64(w, list + 16 * i + 8, DATA_HOST + 2 * i);
		}
	}
}

/* Limits: at the limit all is well, one above is -E2BIG with nothing pinned */

static void room_for_long_program(struct world *w)
{
	u32 i;

	for (i = 0; i < 20; i++)
		add_page(w, 0x100000 + i * PAGE, 0x6000000 + i * PAGE);
}

/* @n command-chained NO-OPs from 0x100000 on, and the last one */
static void long_program(struct world *w, u32 n)
{
	u32 i;

	for (i = 0; i < n - 1; i++)
		poke64(w, 0x100000 + 8 * i, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	poke64(w, 0x100000 + 8 * i, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
}

static void limit_of_ccws(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_cp_stats stats;
	u32 i;

	room_for_long_program(w);
	for (i = VFIO_CCW_CP_MAX_CCWS - 1; i <= VFIO_CCW_CP_MAX_CCWS; i++) {
		reread(w);
		long_program(w, i);
		KUNIT_EXPECT_EQ(test, start(w, FORMAT1, 0x100000), 0);
		vfio_ccw_cp_stats(w->cp, &stats);
		KUNIT_EXPECT_EQ(test, stats.ccws, i);
		/* 512 bytes, the rest of that page, and page by page */
		KUNIT_EXPECT_EQ(test, stats.reads, 17);
	}
	long_program(w, i);
	KUNIT_EXPECT_EQ(test, start(w, FORMAT1, 0x100000), -E2BIG);
	expect_balance(w);
}

/* A run too long for one piece is two, joined so that any CCW can be skipped */
static void long_segment(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, next;

	room_for_long_program(w);
	long_program(w, 4099);
	/* a TIC right behind the joint, which is skipped like any other CCW */
	poke64(w, 0x100000 + 8 * 4097, TIC1(0x100000));
	host = host_start(w, FORMAT1, 0x100000);
	expect64(w, host + 8 * 4095, 0x0340000140000000);
	expect64(w, host + 8 * 4098, 0);
	next = host + 8 * 4099;
	expect64(w, next, 0x0340000140000000);
	expect64(w, next + 8, 0x0800000000000000 | host);
	expect64(w, next + 16, 0x0320000140000000);
	expect64(w, next + 24, 0);
	expect64(w, host + 8 * 4096, 0x0800000000000000 | next);
	expect64(w, host + 8 * 4097, peek64(w, next + 8));
	KUNIT_EXPECT_EQ(test, checked_at(w, next + 16), 0x100000 + 8 * 4099);
	KUNIT_EXPECT_EQ(test, checked_at(w, host + 8 * 4095),
			0x100000 + 8 * 4096);
}

/*
 * The piece ends before a data chain whose head a status modifier may pass over:
 * behind it is the CCW that is a command then, not its twin in the chain
 */
static void long_segment_before_a_data_chain(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, chain, cmd;

	w->twice = true;
	room_for_long_program(w);
	long_program(w, 4097);
	poke64(w, 0x100000 + 8 * 4096,
	       CCW1(CMD_READ, CCW_CD, 0x10, DATA + 0x100));
	poke64(w, 0x100000 + 8 * 4097,
	       CCW1(CMD_WRITE, CCW_SLI, 0x10, DATA + 0x200));
	host = host_start(w, FORMAT1, 0x100000);
	expect64(w, host + 8 * 4095, 0x0340000140000000);
	KUNIT_EXPECT_EQ(test, peek64(w, host + 8 * 4096) >> 32, 0x08000000ULL);
	chain = (u32)peek64(w, host + 8 * 4096);
	expect64(w, chain, 0x0280001012345100);
	expect64(w, chain + 8, 0x0020001012345200);
	KUNIT_EXPECT_EQ(test, peek64(w, host + 8 * 4097) >> 32, 0x08000000ULL);
	cmd = (u32)peek64(w, host + 8 * 4097);
	expect64(w, cmd, 0x0120001012345200);
	KUNIT_EXPECT_EQ(test, checked_at(w, cmd), 0x100000U + 8 * 4098);
}

/* @n segments: TICs from each to the next */
static void limit_of_segments(struct kunit *test)
{
	struct world *w = test->priv;
	u32 i, n;

	w->twice = true;
	room_for_long_program(w);
	for (n = VFIO_CCW_CP_MAX_SEGMENTS - 1;
	     n <= VFIO_CCW_CP_MAX_SEGMENTS + 1; n++) {
		for (i = 0; i < n; i++) {
			poke64(w, 0x100000 + 32 * i,
			       CCW1(CMD_NOOP, CCW_CC, 1, 0));
			poke64(w, 0x100008 + 32 * i,
			       TIC1(0x100020 + 32 * i));
			poke64(w, 0x100010 + 32 * i, 0);
			poke64(w, 0x100018 + 32 * i, 0);
		}
		poke64(w, 0x100008 + 32 * (n - 1),
		       CCW1(CMD_NOOP, CCW_SLI, 1, 0));
		KUNIT_EXPECT_EQ(test, start(w, FORMAT1, 0x100000),
				n > VFIO_CCW_CP_MAX_SEGMENTS ? -E2BIG : 0);
	}
	expect_balance(w);
}

/* @n pages: 16 to a CCW of 65535 bytes, the last one shorter */
static void limit_of_pages(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_cp_stats stats;
	u32 i, n, count;

	room_for_long_program(w);
	for (n = VFIO_CCW_CP_MAX_PAGES - 1; n <= VFIO_CCW_CP_MAX_PAGES + 1;
	     n++) {
		reread(w);
		for (i = 0; i < n; i += 16) {
			count = min(n - i, 16U) * PAGE - 1;
			poke64(w, 0x100000 + i / 2,
			       CCW1(CMD_READ, CCW_CC | CCW_SLI, count,
				    VAST + i * PAGE));
		}
		poke64(w, 0x100000 + i / 2, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
		KUNIT_EXPECT_EQ(test, start(w, FORMAT1, 0x100000),
				n > VFIO_CCW_CP_MAX_PAGES ? -E2BIG : 0);
		vfio_ccw_cp_stats(w->cp, &stats);
		KUNIT_EXPECT_EQ(test, stats.pages,
				n > VFIO_CCW_CP_MAX_PAGES ? 0 : n);
		KUNIT_EXPECT_EQ(test, stats.pins,
				n > VFIO_CCW_CP_MAX_PAGES ? 0 : 64);
	}
	expect_balance(w);
}

/* The same when the pages do not ascend: the last 16 go first */
static void limit_of_pages_in_any_order(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_cp_stats stats;
	u32 i, n, count;

	room_for_long_program(w);
	for (n = VFIO_CCW_CP_MAX_PAGES - 1; n <= VFIO_CCW_CP_MAX_PAGES + 1;
	     n++) {
		reread(w);
		poke64(w, 0x100000,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0xffff,
			    VAST + (n - 16) * PAGE));
		for (i = 0; i < n - 16; i += 16) {
			count = min(n - 16 - i, 16U) * PAGE - 1;
			poke64(w, 0x100008 + i / 2,
			       CCW1(CMD_READ, CCW_CC | CCW_SLI, count,
				    VAST + i * PAGE));
		}
		poke64(w, 0x100008 + i / 2, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
		KUNIT_EXPECT_EQ(test, start(w, FORMAT1, 0x100000),
				n > VFIO_CCW_CP_MAX_PAGES ? -E2BIG : 0);
		vfio_ccw_cp_stats(w->cp, &stats);
		KUNIT_EXPECT_EQ(test, stats.pages,
				n > VFIO_CCW_CP_MAX_PAGES ? 0 : n);
	}
	expect_balance(w);
}

/* From @at on, input into @n pages that are no neighbours, then @last */
static void scattered_program(struct world *w, u32 at, u32 page, u32 n,
			      u64 last)
{
	u32 i;

	reread(w);
	for (i = 0; i < n; i++)
		poke64(w, at + 8 * i,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10,
			    VAST + (page + 2 * i) * PAGE));
	poke64(w, at + 8 * n, last);
}

/* What unmapping may have to wait for: ranges that take a pin call each */
static void limit_of_runs(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_cp_stats stats;
	u32 n;

	room_for_long_program(w);
	for (n = VFIO_CCW_CP_MAX_RUNS - 1; n <= VFIO_CCW_CP_MAX_RUNS + 1; n++) {
		scattered_program(w, 0x100000, 0, n,
				  CCW1(CMD_NOOP, CCW_SLI, 1, 0));
		KUNIT_EXPECT_EQ(test, start(w, FORMAT1, 0x100000),
				n > VFIO_CCW_CP_MAX_RUNS ? -E2BIG : 0);
		vfio_ccw_cp_stats(w->cp, &stats);
		KUNIT_EXPECT_EQ(test, stats.pins,
				n > VFIO_CCW_CP_MAX_RUNS ? 0 : n);
	}
	/* One page more between any two: a single run */
	scattered_program(w, 0x100000, 0, n,
			  CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, VAST + PAGE));
	for (n = 0; n < VFIO_CCW_CP_MAX_RUNS; n++)
		poke64(w, 0x100000 + 8 * (VFIO_CCW_CP_MAX_RUNS + 2 + n),
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10,
			    VAST + (2 * n + 1) * PAGE));
	poke64(w, 0x100000 + 8 * (VFIO_CCW_CP_MAX_RUNS + 2 + n),
	       CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	KUNIT_EXPECT_EQ(test, start(w, FORMAT1, 0x100000), 0);
	vfio_ccw_cp_stats(w->cp, &stats);
	KUNIT_EXPECT_EQ(test, stats.pages, 2 * VFIO_CCW_CP_MAX_RUNS + 2);
	KUNIT_EXPECT_LE(test, w->npins, 10);
}

/* The tail of a resumed program counts with the rest of it */
static void limit_of_runs_of_a_tail(struct kunit *test)
{
	const u32 half = VFIO_CCW_CP_MAX_RUNS / 2;
	struct world *w = test->priv;
	u32 n, host;

	w->resumed = true;
	room_for_long_program(w);
	for (n = half - 1; n <= half + 1; n++) {
		scattered_program(w, 0x100000, 0, half,
				  CCW1(CMD_NOOP, CCW_CC | CCW_SLI | CCW_S, 1, 0));
		poke64(w, 0x100000 + 8 * (half + 1),
		       CCW1(CMD_NOOP, CCW_SLI, 1, 0));
		host = host_start(w, FORMAT1 | SUSP, 0x100000);
		scattered_program(w, 0x100000 + 8 * (half + 1), 10000, n,
				  CCW1(CMD_NOOP, CCW_SLI, 1, 0));
		poke64(w, 0x100000 + 8 * half,
		       CCW1(CMD_NOOP, CCW_CC | CCW_SLI, 1, 0));
		vfio_ccw_cp_begin_resume(w->cp, true, host + 8 * (half + 1));
		KUNIT_EXPECT_EQ(test, vfio_ccw_cp_prepare_resume(w->cp),
				n > half ? -E2BIG : 0);
		KUNIT_EXPECT_EQ(test, w->npins, n > half ? half : half + n);
		vfio_ccw_cp_release(w->cp);
		expect_balance(w);
	}
}

/* @n IDAWs of 2 KiB, 32 to a CCW; all CCWs share one list */
static void limit_of_idaws(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_cp_stats stats;
	u32 i, n, count;

	w->twice = true;
	room_for_long_program(w);
	for (i = 0; i < 16; i++)
		poke64(w, PROG + 8 * i, IDAWS1(DATA, DATA + 0x800));
	for (n = VFIO_CCW_CP_MAX_IDAWS - 1; n <= VFIO_CCW_CP_MAX_IDAWS + 1;
	     n++) {
		for (i = 0; i < n; i += 32) {
			count = min(n - i, 32U) * 2048 - 1;
			poke64(w, 0x100000 + i / 4,
			       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_IDA, count,
				    PROG));
		}
		poke64(w, 0x100000 + i / 4, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
		KUNIT_EXPECT_EQ(test, start(w, FORMAT1, 0x100000),
				n > VFIO_CCW_CP_MAX_IDAWS ? -E2BIG : 0);
		vfio_ccw_cp_stats(w->cp, &stats);
		KUNIT_EXPECT_EQ(test, stats.idaws,
				n > VFIO_CCW_CP_MAX_IDAWS ? 0 : n);
	}
	expect_balance(w);
}

static void limit_of_midaws(struct kunit *test)
{
	struct world *w = test->priv;
	u32 i, n;

	w->twice = true;
	room_for_long_program(w);
	for (i = 0; i < 256; i++) {
		poke64(w, PROG + 16 * i, MIDAW(i < 255 ? 0 : MIDAW_LAST, 1));
		poke64(w, PROG + 16 * i + 8, DATA + i);
	}
	n = VFIO_CCW_CP_MAX_IDAWS / 256;
	for (i = 0; i < n; i++)
		poke64(w, 0x100000 + 8 * i,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_MIDA, 0x100,
			    PROG));
	poke64(w, 0x100000 + 8 * n, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	KUNIT_EXPECT_EQ(test, start(w, FORMAT1 | MIDAF, 0x100000), 0);
	poke64(w, 0x100000 + 8 * n,
	       CCW1(CMD_READ, CCW_SLI | CCW_MIDA, 1, PROG));
	KUNIT_EXPECT_EQ(test, start(w, FORMAT1 | MIDAF, 0x100000), -E2BIG);
	expect_balance(w);
}

/* The host's own trouble */

/* Every guest error that an op may report, and what it must come to */
static void guest_errnos(struct kunit *test)
{
	static const int errnos[] = { -EFAULT, -EINVAL, -ENOENT, -EPERM };
	struct world *w = test->priv;
	u32 host, i;

	for (i = 0; i < ARRAY_SIZE(errnos); i++) {
		reread(w);
		guest_page(w, DATA)->broken = errnos[i];
		poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x40, DATA));
		poke64(w, PROG + 8,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_IDA, 0x40,
			    DATA + 0x800));
		poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
		host = host_start(w, FORMAT1 | IDAW2, PROG);
		expect64(w, host, 0x0264004040000004);
		expect64(w, host + 8, 0x0264004040000004);
		if (errnos[i] == -EPERM) {
			KUNIT_EXPECT_EQ(test, protected_at(w, host), PROG + 8);
			KUNIT_EXPECT_EQ(test, protected_at(w, host + 8),
					PROG + 16);
		} else {
			KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
			KUNIT_EXPECT_EQ(test, checked_at(w, host + 8),
					PROG + 16);
		}
	}
}

/* A program that comes by every stage, list and kind of pin there is */
static void varied_program(struct world *w)
{
	w->twice = true;
	poke64(w, PROG, CCW1(0x63, CCW_CC | CCW_SLI, 0x10, PROG + 0x400));
	poke64(w, PROG + 8, CCW1(CMD_SEARCH, CCW_CC, 5, DATA));
	poke64(w, PROG + 16, TIC1(PROG + 8));
	poke64(w, PROG + 24,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x1000, DATA + 0x800));
	poke64(w, PROG + 32,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_IDA, 0x800, PROG + 0x200));
	poke64(w, PROG + 40,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_MIDA, 0x30, PROG + 0x300));
	poke64(w, PROG + 48,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_SKIP, 0x2000, 0));
	poke64(w, PROG + 56,
	       CCW1(CMD_BACKWARD, CCW_CC | CCW_SLI | CCW_SKIP, 0x2000, 0));
	poke64(w, PROG + 64, CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 0x100, RDONLY));
	poke64(w, PROG + 72, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x100, RDONLY));
	poke64(w, PROG + 80, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x1000, 0x60800));
	poke64(w, PROG + 88,
	       CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 0x10, DATA + PAGE));
	poke64(w, PROG + 96, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	poke64(w, PROG + 104, TIC1(PROG + PAGE));
	poke64(w, PROG + 0x200, HIGH);
	poke64(w, PROG + 0x300, 0x10);
	poke64(w, PROG + 0x308, DATA + 7);
	poke64(w, PROG + 0x310, MIDAW(MIDAW_LAST, 0x20));
	poke64(w, PROG + 0x318, HIGH + 1);
	poke64(w, PROG + PAGE, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
}

/*
 * Fail the first, second, ... call of an op until the program gets through:
 * each time the error comes out, and nothing stays behind.
 */
static void ops_fail_one_by_one(struct kunit *test)
{
	static const int errnos[] = { -EIO, -ENOMEM, -EINTR };
	struct world *w = test->priv;
	unsigned int n, i;
	int err;

	for (i = 0; i < ARRAY_SIZE(errnos); i++) {
		for (n = 1; n < 100; n++) {
			vfio_ccw_cp_free(w->cp);
			w->cp = vfio_ccw_cp_alloc(&fake_ops, w);
			KUNIT_ASSERT_NOT_NULL(test, w->cp);
			varied_program(w);
			w->fail_after = n;
			w->fail_err = errnos[i];
			w->no_memory = false;
			err = start(w, FORMAT1 | IDAW2 | PREF | MIDAF, PROG);
			if (w->fail_after)
				break;
			/* an allocation can only fail in one way */
			KUNIT_EXPECT_EQ(test, err,
					w->no_memory ? -ENOMEM : errnos[i]);
			expect_balance(w);
		}
		KUNIT_EXPECT_EQ(test, err, 0);
		KUNIT_EXPECT_GT(test, n, 12);
		w->fail_after = 0;
	}
}

/* The same with the errors that are the guest's: the program starts */
static void ops_refuse_one_by_one(struct kunit *test)
{
	static const int errnos[] = { -EFAULT, -EPERM };
	struct world *w = test->priv;
	unsigned int n, i;
	int err;

	for (i = 0; i < ARRAY_SIZE(errnos); i++) {
		for (n = 1; n < 100; n++) {
			varied_program(w);
			w->fail_after = n;
			w->fail_err = errnos[i];
			w->no_memory = false;
			err = start(w, FORMAT1 | IDAW2 | PREF | MIDAF, PROG);
			KUNIT_EXPECT_EQ(test, err, w->no_memory ? -ENOMEM : 0);
			if (w->fail_after)
				break;
		}
		KUNIT_EXPECT_GT(test, n, 12);
		w->fail_after = 0;
	}
}

/* The host's trouble with a page that can be pinned in part only */
static void trouble_with_a_bad_page(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int n, i;
	int err = 0;

	add_page(w, RDONLY + PAGE, RDONLY_HOST + PAGE)->rdonly = true;
	for (n = 1; n < 20; n++) {
		reread(w);
		poke64(w, PROG,
		       CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 0x2000, RDONLY));
		poke64(w, PROG + 8, CCW1(CMD_READ, CCW_SLI, 0x2000, RDONLY));
		w->no_memory = false;
		w->fail_after = n;
		err = start(w, FORMAT1, PROG);
		if (w->fail_after)
			break;
		KUNIT_EXPECT_EQ(test, err, w->no_memory ? -ENOMEM : -EIO);
		expect_balance(w);
	}
	w->fail_after = 0;
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_GT(test, n, 5);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, pinned_for(w, RDONLY + i * PAGE),
				VFIO_CCW_PIN_READ);
}

static void no_room_at_all(struct kunit *test)
{
	struct world *w = test->priv;

	vfio_ccw_cp_free(w->cp);
	w->fail_after = 1;
	w->cp = vfio_ccw_cp_alloc(&fake_ops, w);
	KUNIT_EXPECT_NULL(test, w->cp);
	KUNIT_EXPECT_EQ(test, w->nblocks, 0);
	vfio_ccw_cp_free(NULL);
	w->cp = vfio_ccw_cp_alloc(&fake_ops, w);
	KUNIT_ASSERT_NOT_NULL(test, w->cp);
}

/* Memory that changes after each read: the program is what was read */
static void memory_changes_behind_our_back(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	w->scramble = true;
	poke64(w, PROG, CCW1(CMD_SEARCH, CCW_CC, 5, DATA));
	poke64(w, PROG + 8, TIC1(PROG));
	poke64(w, PROG + 16,
	       CCW1(CMD_READ_DATA, CCW_CC | CCW_SLI | CCW_IDA, 0x800,
		    PROG + PAGE));
	poke64(w, PROG + 24,
	       CCW1(CMD_WRITE, CCW_SLI | CCW_IDA, 0x10, PROG + 0x1100));
	poke64(w, PROG + PAGE, DATA + 0x800);
	poke64(w, PROG + 0x1100, HIGH + 0x10);
	host = host_start(w, FORMAT1 | IDAW2 | BLK2K, PROG);
	expect64(w, host, 0x3140000512345000);
	expect64(w, host + 8, 0x0800000040010000);
	expect64(w, host + 16, 0x0664080040010028);
	expect64(w, host + 24, 0x0124001040010038);
	expect64(w, 0x40010028, 0x12345800);
	expect64(w, 0x40010038, 0x1234567010);
}

/* What is kept for the next program is enough for the same again */
static void steady_state_allocates_nothing(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int blocks = 0, i;
	u32 next = 0;

	for (i = 0; i < 3; i++) {
		varied_program(w);
		KUNIT_EXPECT_EQ(test, start(w, FORMAT1 | IDAW2 | PREF | MIDAF,
					    PROG), 0);
		if (i) {
			KUNIT_EXPECT_EQ(test, w->next_host, next);
			KUNIT_EXPECT_EQ(test, w->nblocks, blocks);
		}
		next = w->next_host;
		blocks = w->nblocks;
	}
}

/* A large program's memory goes back; what an old one left is never a CCW */
static void memory_goes_back(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int i;
	size_t kept = 0;
	u32 host;

	room_for_long_program(w);
	long_program(w, VFIO_CCW_CP_MAX_CCWS);
	for (i = 0; i < VFIO_CCW_CP_MAX_CCWS - 1; i++)
		poke64(w, 0x100000 + 8 * i,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x20, DATA + 0xff0));
	KUNIT_EXPECT_EQ(test, start(w, FORMAT1, 0x100000), 0);
	KUNIT_EXPECT_GT(test, w->nblocks, 4);
	vfio_ccw_cp_release(w->cp);
	for (i = 0; i < w->nblocks; i++)
		kept += w->block[i].size;
	KUNIT_EXPECT_LE(test, kept, (size_t)33 * PAGE);
	KUNIT_EXPECT_EQ(test, w->pin_calls, 1);

	poke64(w, PROG, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1, PROG);
	expect64(w, host, 0x0320000140000000);
	expect64(w, host + 8, 0);
}

/* Status */

/* Where PoP figure 16-6 makes the address valid, whichever CCW it is */
static void addresses_of_status(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_irb irb;
	u32 host;

	poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	poke64(w, PROG + 8, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	poke64(w, PROG + 16, TIC1(PROG + 0x400));
	poke64(w, PROG + 0x400, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1, PROG);

	irb = host_irb(host + 8, 0);
	vfio_ccw_cp_complete(w->cp, &irb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.cpa), PROG + 8);
	irb = host_irb(host + 16, 0);
	vfio_ccw_cp_complete(w->cp, &irb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.cpa), PROG + 16);
	/* behind the TIC: slots 3 and 4 are what follows it and a guard */
	irb = host_irb(host + 0x30, 0);
	vfio_ccw_cp_complete(w->cp, &irb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.cpa), PROG + 0x408);
	/* start pending: the address of the ORB */
	irb = host_irb(host, 0);
	vfio_ccw_cp_complete(w->cp, &irb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.cpa), PROG);
	/* nothing of this program */
	irb = host_irb(0x12345678, 0);
	vfio_ccw_cp_complete(w->cp, &irb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.cpa), 0);
}

/* Ended at host CCW @host: may the program have read over the guest's? */
static bool overwrote(struct world *w, u32 host)
{
	return vfio_ccw_cp_overwrote(w->cp, host + 8);
}

static const struct overwritten_case {
	const char *name;
	u32 ctl;
	u64 ccw;		/* at PROG, chained to a no-operation */
	u64 list[4];		/* at PROG + 0x100 */
	bool next;		/* over the no-operation at PROG + 8 */
} overwritten_cases[] = {
	{ "read ipl, 24 bytes to itself", FORMAT1,
	  CCW1(CMD_READ, CCW_CC, 24, PROG), {}, true },
	{ "itself alone", FORMAT1,
	  CCW1(CMD_READ, CCW_CC, 8, PROG), {}, false },
	{ "one byte of the next", FORMAT1,
	  CCW1(CMD_READ, CCW_CC, 9, PROG), {}, true },
	{ "the last byte of the next", FORMAT1,
	  CCW1(CMD_READ, CCW_CC, 100, PROG + 15), {}, true },
	{ "all behind the next", FORMAT1,
	  CCW1(CMD_READ, CCW_CC, 100, PROG + 16), {}, false },
	{ "output", FORMAT1,
	  CCW1(CMD_WRITE, CCW_CC, 0x200, PROG), {}, false },
	{ "skipped", FORMAT1,
	  CCW1(CMD_READ, CCW_CC | CCW_SKIP, 24, PROG), {}, false },
	{ "backward to its first byte", FORMAT1,
	  CCW1(CMD_BACKWARD, CCW_CC, 8, PROG + 8), {}, true },
	{ "backward from its last byte", FORMAT1,
	  CCW1(CMD_BACKWARD, CCW_CC, 1, PROG + 15), {}, true },
	{ "backward from behind it", FORMAT1,
	  CCW1(CMD_BACKWARD, CCW_CC, 4, PROG + 19), {}, false },
	{ "backward from before it", FORMAT1,
	  CCW1(CMD_BACKWARD, CCW_CC, 4, PROG + 7), {}, false },
	{ "second idaw, up to it", FORMAT1 | IDAW2,
	  CCW1(CMD_READ, CCW_CC | CCW_IDA, 0x1009, PROG + 0x100),
	  { DATA, PROG }, true },
	{ "second idaw, not up to it", FORMAT1 | IDAW2,
	  CCW1(CMD_READ, CCW_CC | CCW_IDA, 0x1008, PROG + 0x100),
	  { DATA, PROG }, false },
	{ "second idaw, behind one byte, up to it", FORMAT1 | IDAW2,
	  CCW1(CMD_READ, CCW_CC | CCW_IDA, 10, PROG + 0x100),
	  { DATA + 0xfff, PROG }, true },
	{ "second idaw, behind eight bytes, not up to it", FORMAT1 | IDAW2,
	  CCW1(CMD_READ, CCW_CC | CCW_IDA, 16, PROG + 0x100),
	  { DATA + 0xff8, PROG }, false },
	{ "idaw, backward", FORMAT1 | IDAW2,
	  CCW1(CMD_BACKWARD, CCW_CC | CCW_IDA, 4, PROG + 0x100),
	  { PROG + 18 }, true },
	{ "idaw, backward from behind it", FORMAT1 | IDAW2,
	  CCW1(CMD_BACKWARD, CCW_CC | CCW_IDA, 4, PROG + 0x100),
	  { PROG + 19 }, false },
	{ "idaw, backward to its block's first byte", FORMAT1 | IDAW2,
	  CCW1(CMD_BACKWARD, CCW_CC | CCW_IDA, 0x20, PROG + 0x100),
	  { PROG + 12, DATA + 0xfff }, true },
	{ "second idaw, backward to its last byte", FORMAT1 | IDAW2,
	  CCW1(CMD_BACKWARD, CCW_CC | CCW_IDA, 0xff2, PROG + 0x100),
	  { DATA, PROG + 0xfff }, true },
	{ "second idaw, backward, not down to it", FORMAT1 | IDAW2,
	  CCW1(CMD_BACKWARD, CCW_CC | CCW_IDA, 0xff1, PROG + 0x100),
	  { DATA, PROG + 0xfff }, false },
	{ "where no ccw can be", FORMAT1 | IDAW2,
	  CCW1(CMD_READ, CCW_CC | CCW_IDA, 8, PROG + 0x100),
	  { 0xfffffff8 }, false },
	{ "midaw, up to it", FORMAT1 | MIDAF,
	  CCW1(CMD_READ, CCW_CC | CCW_MIDA, 9, PROG + 0x100),
	  { MIDAW(MIDAW_LAST, 9), PROG }, true },
	{ "midaw, not up to it, and a page", FORMAT1 | MIDAF,
	  CCW1(CMD_READ, CCW_CC | CCW_MIDA, 0x1008, PROG + 0x100),
	  { 8, PROG, MIDAW(MIDAW_LAST, 0x1000), DATA }, false },
	{ "second midaw", FORMAT1 | MIDAF,
	  CCW1(CMD_READ, CCW_CC | CCW_MIDA, 16, PROG + 0x100),
	  { 8, DATA, MIDAW(MIDAW_LAST, 8), PROG + 8 }, true },
	{ "second midaw, behind it", FORMAT1 | MIDAF,
	  CCW1(CMD_READ, CCW_CC | CCW_MIDA, 16, PROG + 0x100),
	  { 8, DATA, MIDAW(MIDAW_LAST, 8), PROG + 16 }, false },
	{ "second midaw, skipped", FORMAT1 | MIDAF,
	  CCW1(CMD_READ, CCW_CC | CCW_MIDA, 16, PROG + 0x100),
	  { 8, DATA, MIDAW(MIDAW_LAST | MIDAW_SKIP, 8), PROG + 8 }, false },
};

KUNIT_ARRAY_PARAM_DESC(overwritten, overwritten_cases, name);

/* Whose CCW has been read over, that is told of; a CCW itself may be gone */
static void overwritten_ccws(struct kunit *test)
{
	const struct overwritten_case *c = test->param_value;
	struct world *w = test->priv;
	unsigned int i;
	u32 host;

	poke64(w, PROG, c->ccw);
	poke64(w, PROG + 8, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	for (i = 0; i < ARRAY_SIZE(c->list); i++)
		poke64(w, PROG + 0x100 + 8 * i, c->list[i]);
	host = host_start(w, c->ctl, PROG);
	KUNIT_EXPECT_EQ(test, overwrote(w, host + 8), c->next);
	KUNIT_EXPECT_FALSE(test, overwrote(w, host));
	/* Status without an address, and of a start that is pending still */
	KUNIT_EXPECT_FALSE(test, overwrote(w, -8));
	KUNIT_EXPECT_FALSE(test, overwrote(w, host - 8));
}

/* Each CCW has its own list, which ends before what the channel cannot use */
static void overwritten_by_lists(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, i, flag;

	w->twice = true;
	for (i = 0; i < 2; i++) {
		flag = i ? CCW_MIDA : CCW_IDA;
		poke64(w, PROG, CCW1(CMD_READ, CCW_CC | flag, 0x1010,
				     PROG + 0x100));
		poke64(w, PROG + 8, CCW1(CMD_WRITE, CCW_CC | flag, 16,
					 PROG + 0x120));
		poke64(w, PROG + 16, CCW1(CMD_READ, CCW_CC | flag, 8,
					  PROG + 0x130));
		poke64(w, PROG + 24, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
		poke64(w, PROG + 0x100, i ? MIDAW(0, 0x1000) : DATA);
		poke64(w, PROG + 0x108, i ? DATA : 1);
		poke64(w, PROG + 0x110, 0);
		poke64(w, PROG + 0x118, 0);
		poke64(w, PROG + 0x120, i ? MIDAW(MIDAW_LAST, 16) : PROG);
		poke64(w, PROG + 0x128, PROG);
		poke64(w, PROG + 0x130, i ? MIDAW(MIDAW_LAST, 8) : PROG + 24);
		poke64(w, PROG + 0x138, PROG + 24);
		host = host_start(w, FORMAT1 | (i ? MIDAF : IDAW2), PROG);
		KUNIT_EXPECT_FALSE(test, overwrote(w, host));
		KUNIT_EXPECT_FALSE(test, overwrote(w, host + 8));
		KUNIT_EXPECT_FALSE(test, overwrote(w, host + 16));
		KUNIT_EXPECT_TRUE(test, overwrote(w, host + 24));
	}
}

/* What comes behind where it ended was not executed, unless it can have come back */
static void overwritten_afterwards(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, i;

	w->twice = true;
	for (i = 0; i < 2; i++) {
		poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC | CCW_SLI, 1, 0));
		poke64(w, PROG + 8, CCW1(CMD_NOOP, CCW_CC | CCW_SLI, 1, 0));
		poke64(w, PROG + 16, CCW1(CMD_READ, CCW_CC | CCW_SLI, 16,
					  PROG + 8));
		poke64(w, PROG + 24, i ? TIC1(PROG) : CCW1(CMD_NOOP, 0, 1, 0));
		host = host_start(w, FORMAT1, PROG);
		KUNIT_EXPECT_EQ(test, overwrote(w, host + 8), !!i);
		KUNIT_EXPECT_FALSE(test, overwrote(w, host));
		KUNIT_EXPECT_FALSE(test, overwrote(w, host + 16));
		KUNIT_EXPECT_FALSE(test, overwrote(w, host + 24));
		/* The guard behind it, to which only a device in error leads */
		KUNIT_EXPECT_FALSE(test, overwrote(w, host + 40));
	}
}

/* The guest sees its own ORB: format and address limit; not what was started */
static void bits_of_status(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_irb irb;
	struct vfio_ccw_orb orb;
	u32 host;

	poke64(w, PROG, CCW0(CMD_NOOP, 0, CCW_SLI, 1));
	host = host_start(w, VFIO_CCW_ORB_A | VFIO_CCW_ORB_X |
			  VFIO_CCW_ORB_LPM | VFIO_CCW_ORB_KEY, PROG);
	vfio_ccw_cp_host_orb(w->cp, 1, &orb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(orb.ctl), 0xf082ff80U);
	irb = host_irb(host + 8, 0);
	vfio_ccw_cp_complete(w->cp, &irb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.ctl), 0x00104007U);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.cpa), PROG + 8);

	/* format 1: incorrect length is as the guest wants it */
	reread(w);
	host_start(w, FORMAT1, PROG);
	vfio_ccw_cp_host_orb(w->cp, 1, &orb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(orb.ctl), 0x00820000U);
}

/* After a clear, and without a start function, there is no address */
static void status_without_address(struct kunit *test)
{
	static const u32 fc[] = {
		VFIO_CCW_FC_CLEAR, VFIO_CCW_FC_HALT, 0,
		VFIO_CCW_FC_START | VFIO_CCW_FC_CLEAR,
	};
	struct world *w = test->priv;
	struct vfio_ccw_irb irb;
	u32 host, i;

	poke64(w, PROG, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1, PROG);
	for (i = 0; i < ARRAY_SIZE(fc); i++) {
		irb = host_irb(host + 8, 0);
		irb.scsw.ctl = cpu_to_be32(fc[i] | VFIO_CCW_SCSW_L |
					   VFIO_CCW_SC_PEND);
		irb.esw.erw = cpu_to_be32(VFIO_CCW_ERW_F | VFIO_CCW_ERW_C);
		irb.esw.faddr[0] = cpu_to_be32(host);
		irb.esw.saddr = cpu_to_be32(host);
		vfio_ccw_cp_complete(w->cp, &irb);
		KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.cpa), 0);
		KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.erw), 0);
		KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.faddr[0]), 0);
		KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.saddr), 0);
	}
}

/**
 * struct esw_case - a format-0 extended-status word
 * @name: what is in it
 * @erw: extended-report word as stored by the host
 * @faddr: failing-storage address as stored by the host
 * @saddr: secondary-CCW address as stored by the host
 * @want_erw: extended-report word for the guest
 * @want_faddr: failing-storage address for the guest
 * @want_saddr: secondary-CCW address for the guest
 */
struct esw_case {
	const char *name;
	u32 erw;
	u32 faddr[2];
	u32 saddr;
	u32 want_erw;
	u32 want_faddr[2];
	u32 want_saddr;
};

/* The program: READ to DATA, READ to HIGH, READ to a page above 2 GiB */
static const struct esw_case esw_cases[] = {
	{ "no address", 0x10000000, { 0x11111111, 0x22222222 }, 0x33333333,
	  0x10000000, { 0, 0 }, 0 },
	{ "31 bits, data", 0x02000000, { 0x12345678 }, 0,
	  0x02000000, { 0x30678, 0 }, 0 },
	{ "64 bits, data", 0x02400000, { 0x12, 0x34567123 }, 0,
	  0x02400000, { 0, 0x38123 }, 0 },
	{ "31 bits, guest address has more", 0x02000000, { 0x06000004 }, 0,
	  0x02400000, { 0x5, 0x00000004 }, 0 },
	{ "31 bits, a CCW", 0x02000000, { 0x40010008 }, 0,
	  0x02000000, { 0x20008, 0 }, 0 },
	{ "64 bits, a CCW", 0x02400000, { 0, 0x40010010 }, 0,
	  0x02400000, { 0, 0x20010 }, 0 },
	{ "31 bits, a list of the driver's", 0x02000000, { 0x40010020 }, 0,
	  0, { 0, 0 }, 0 },
	{ "64 bits, not ours", 0x02400000, { 0x99, 0x99999999 }, 0,
	  0, { 0, 0 }, 0 },
	{ "secondary CCW", 0x00800000, { 0 }, 0x40010010,
	  0x00800000, { 0, 0 }, 0x20010 },
	{ "secondary CCW not ours", 0x00800000, { 0 }, 0x50010010,
	  0, { 0, 0 }, 0 },
	{ "sense count stays", 0x01180000, { 0x12345678 }, 0x40010010,
	  0x01180000, { 0, 0 }, 0 },
};

KUNIT_ARRAY_PARAM_DESC(esw, esw_cases, name);

static void extended_status(struct kunit *test)
{
	const struct esw_case *c = test->param_value;
	struct world *w = test->priv;
	struct vfio_ccw_irb irb;
	u32 host, i;

	add_page(w, 0x500000000ULL, 0x06000000);
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA));
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, HIGH));
	poke64(w, PROG + 16,
	       CCW1(CMD_READ, CCW_SLI | CCW_IDA, 1, PROG + 0x100));
	poke64(w, PROG + 0x100, 0x500000000ULL);
	host = host_start(w, FORMAT1 | IDAW2, PROG);
	irb = host_irb(host + 8, VFIO_CCW_CS_CDC);
	irb.scsw.ctl |= cpu_to_be32(VFIO_CCW_SCSW_L);
	irb.esw.logout = cpu_to_be32(0x01800000);
	irb.esw.erw = cpu_to_be32(c->erw);
	for (i = 0; i < 2; i++)
		irb.esw.faddr[i] = cpu_to_be32(c->faddr[i]);
	irb.esw.saddr = cpu_to_be32(c->saddr);
	vfio_ccw_cp_complete(w->cp, &irb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.logout), 0x01800000U);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.erw), c->want_erw);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.faddr[0]), c->want_faddr[0]);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.faddr[1]), c->want_faddr[1]);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.saddr), c->want_saddr);
}

/* Of the extended control word only sense data are the guest's */
static void extended_control(struct kunit *test)
{
	static const struct {
		u32 ctl, erw, want;
		unsigned int bytes;
	} cases[] = {
		{ 0, 0, 0, 0 },
		{ 0, 0x01180000, 0, 0 },
		{ VFIO_CCW_SCSW_E, 0, 0, 0 },
		{ VFIO_CCW_SCSW_E, 0x00180000, 0, 0 },
		{ VFIO_CCW_SCSW_E, 0x01180000, VFIO_CCW_SCSW_E, 24 },
		{ VFIO_CCW_SCSW_E, 0x01200000, VFIO_CCW_SCSW_E, 32 },
		{ VFIO_CCW_SCSW_E, 0x013f0000, VFIO_CCW_SCSW_E, 32 },
		/* a subchannel that does not count */
		{ VFIO_CCW_SCSW_E, 0x01000000, VFIO_CCW_SCSW_E, 32 },
	};
	struct world *w = test->priv;
	struct vfio_ccw_irb irb;
	unsigned int i, k, want;
	u32 host;

	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI, 0x10, DATA));
	host = host_start(w, FORMAT1, PROG);
	for (i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		irb = host_irb(host + 8, 0);
		irb.scsw.ctl |= cpu_to_be32(cases[i / 2].ctl);
		irb.esw.erw = cpu_to_be32(cases[i / 2].erw);
		memset(irb.ecw, 0x5a, sizeof(irb.ecw));
		memset(irb.emw, 0xa5, sizeof(irb.emw));
		if (i & 1)
			vfio_ccw_cp_strip(&irb);
		else
			vfio_ccw_cp_complete(w->cp, &irb);
		KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.ctl) &
				VFIO_CCW_SCSW_E, cases[i / 2].want);
		for (k = 0; k < 32; k++) {
			want = 0;
			if (k < cases[i / 2].bytes)
				want = 0x5a;
			KUNIT_EXPECT_EQ(test, irb.ecw[k], want);
			KUNIT_EXPECT_EQ(test, irb.emw[k], 0);
		}
	}
}

/* A protection check is made only of a program check, and only there */
static void checks_stay_what_they_are(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_irb irb;
	u32 host;

	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 1, RDONLY));
	poke64(w, PROG + 8, CCW1(0xf0, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1, PROG);
	irb = host_irb(host + 8, VFIO_CCW_CS_CDC);
	vfio_ccw_cp_complete(w->cp, &irb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.status), 0x0c080000U);
	KUNIT_EXPECT_EQ(test, protected_at(w, host), PROG + 8);
	KUNIT_EXPECT_EQ(test, checked_at(w, host + 8), PROG + 16);
}

static void orbs_refused(struct kunit *test)
{
	struct vfio_ccw_orb orb = {};
	u32 bit;

	for (bit = BIT(1); bit <= BIT(5); bit <<= 1) {
		orb.ctl = cpu_to_be32(bit);
		KUNIT_EXPECT_EQ(test, vfio_ccw_cp_check_orb(&orb), -EINVAL);
	}
	orb.ctl = cpu_to_be32(VFIO_CCW_ORB_B | BIT(1));
	KUNIT_EXPECT_EQ(test, vfio_ccw_cp_check_orb(&orb), -EOPNOTSUPP);
	orb.ctl = cpu_to_be32(~(u32)(VFIO_CCW_ORB_B | VFIO_CCW_ORB_ZERO));
	KUNIT_EXPECT_EQ(test, vfio_ccw_cp_check_orb(&orb), 0);
}

/**
 * struct orb_case - word 1 of an ORB
 * @guest: as the guest has it
 * @host: as the channel is to see it, for a single NO-OP
 */
struct orb_case {
	u32 guest;
	u32 host;
};

/* PoP chapter 15, "Operation-Request Block"; the host's is F, and H, always */
static const struct orb_case orb_cases[] = {
	{ 0x00800000, 0x00820000 },
	{ 0x10800000, 0x10820000 },	/* the key, bit by bit */
	{ 0x20800000, 0x20820000 },
	{ 0x40800000, 0x40820000 },
	{ 0x80800000, 0x80820000 },
	{ 0x08800000, 0x08830000 },	/* S: IDALs may come, of 2 KiB blocks */
	{ 0x08820000, 0x08820000 },
	{ 0x08830000, 0x08830000 },
	{ 0x04800000, 0x04820000 },	/* C, M, Y */
	{ 0x02800000, 0x02820000 },
	{ 0x01800000, 0x01820000 },
	{ 0x00000000, 0x00820080 },	/* no F: incorrect length of format 0 */
	{ 0x00000080, 0x00820080 },
	{ 0x00c00000, 0x00c20000 },	/* P, I */
	{ 0x00a00000, 0x00a20000 },
	{ 0x00900000, 0x00820000 },	/* A: the guest's limit is not the host's */
	{ 0x00880000, 0x008a0000 },	/* U */
	{ 0x00820000, 0x00820000 },	/* H and T: there is no IDAL */
	{ 0x00830000, 0x00820000 },
	{ 0x00810000, 0x00820000 },
	{ 0x0080ff00, 0x0082ff00 },	/* LPM */
	{ 0x00808000, 0x00828000 },
	{ 0x00800100, 0x00820100 },
	{ 0x00800080, 0x00820080 },	/* L */
	{ 0x00800040, 0x00820000 },	/* D: there is no MIDAL, but one may come */
	{ 0x08800040, 0x08830040 },
	{ 0x00800001, 0x00820000 },	/* X: there is no more of the host's */
};

static void bits_of_the_orb(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_orb orb;
	u32 i;

	poke64(w, PROG, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	for (i = 0; i < ARRAY_SIZE(orb_cases); i++) {
		reread(w);
		KUNIT_EXPECT_EQ(test, start(w, orb_cases[i].guest, PROG), 0);
		vfio_ccw_cp_host_orb(w->cp, 7, &orb);
		KUNIT_EXPECT_EQ_MSG(test, be32_to_cpu(orb.ctl),
				    orb_cases[i].host, "case %u", i);
	}
}

/* Suspend and resume */

static int prepare_resume(struct vfio_ccw_cp *cp, u32 cpa)
{
	vfio_ccw_cp_begin_resume(cp, true, cpa);
	return vfio_ccw_cp_prepare_resume(cp);
}

/* Put in place, and RESUME SUBCHANNEL accepted */
static void commit_resume(struct vfio_ccw_cp *cp)
{
	vfio_ccw_cp_commit_resume(cp);
	vfio_ccw_cp_resumed(cp);
}

/* Where the TIC at @host leads */
static u32 target(struct world *w, u32 host)
{
	u64 tic = peek64(w, host);

	KUNIT_EXPECT_EQ(w->test, tic >> 32, 0x08000000U);
	return (u32)tic;
}

/*
 * The guest clears the flag, and gives the CCWs behind new addresses. Nothing
 * of a CCW with the flag is looked at before, nor what only it leads to
 */
static void resume_in_a_new_tail(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_orb orb;
	u32 host, stop, tail;

	poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA + PAGE));
	poke64(w, PROG + 16, CCW1(CMD_READ, CCW_SLI, 0x20, DATA + 0x100));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	vfio_ccw_cp_host_orb(w->cp, 0, &orb);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(orb.ctl), 0x08830000U);
	stop = target(w, host + 8);
	expect64(w, stop, 0x0262001040000000);
	expect64(w, stop + 8, 0);
	expect64(w, stop + 16, 0);
	/* for a status modifier */
	expect64(w, target(w, host + 16), 0x0220002012345100);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, DATA + PAGE, PAGE));

	reread(w);
	w->resumed = true;
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, HIGH));
	poke64(w, PROG + 16,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x30, DATA + PAGE));
	poke64(w, PROG + 24, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, stop + 8), 0);
	/* nothing has changed yet, and all of it is pinned */
	expect64(w, stop, 0x0262001040000000);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, DATA, PAGE));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, DATA + PAGE, PAGE));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, HIGH, PAGE));

	commit_resume(w->cp);
	tail = 0x40020000;
	expect64(w, host, 0x0340000140000000);
	expect64(w, host + 8, 0x0800000000000000 | stop);
	expect64(w, stop, 0x0264001040020028);
	expect64(w, stop + 8, TIC1(tail + 8));
	expect64(w, stop + 16, TIC1(tail + 16));
	expect64(w, tail + 8, 0x026000302abcd000);
	expect64(w, tail + 16, 0x0320000140000000);
	expect64(w, tail + 24, 0);
	expect64(w, tail + 32, 0);
	KUNIT_EXPECT_EQ(test, checked_at(w, stop), PROG + 16);
	KUNIT_EXPECT_EQ(test, checked_at(w, tail + 16), PROG + 32);
	/* a second time, nothing happens */
	commit_resume(w->cp);
	expect64(w, stop, 0x0264001040020028);
}

/* The guest's failing-storage address for host byte @host, 0 if not valid */
static u32 failing_address(struct world *w, u32 host)
{
	struct vfio_ccw_irb irb = host_irb(0, VFIO_CCW_CS_CDC);

	irb.scsw.ctl |= cpu_to_be32(VFIO_CCW_SCSW_L);
	irb.esw.erw = cpu_to_be32(VFIO_CCW_ERW_F);
	irb.esw.faddr[0] = cpu_to_be32(host);
	vfio_ccw_cp_complete(w->cp, &irb);
	return be32_to_cpu(irb.esw.faddr[0]);
}

/*
 * A suspended program can end while a resume is prepared: its status is
 * completed from what the channel can have been in, and nothing else is looked
 * at, because it may be half-made
 */
static void ends_while_resume_is_prepared(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, stop, tail;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC, 0x10, DATA + PAGE));
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA + PAGE));
	poke64(w, PROG + 16,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA + 0x100));
	poke64(w, PROG + 24, CCW1(CMD_READ, CCW_SLI, 0x20, DATA + 0x100));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	KUNIT_EXPECT_EQ(test, failing_address(w, DATA2_HOST), DATA + PAGE);
	stop = target(w, host + 8);
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA));
	vfio_ccw_cp_begin_resume(w->cp, true, stop + 8);
	KUNIT_EXPECT_EQ(test, checked_at(w, stop), PROG + 16);
	KUNIT_EXPECT_EQ(test, vfio_ccw_cp_prepare_resume(w->cp), 0);
	tail = 0x40020000;
	/* Not in place, it is no part of the program */
	KUNIT_EXPECT_EQ(test, checked_at(w, stop), PROG + 16);
	KUNIT_EXPECT_EQ(test, checked_at(w, tail), 0U);
	commit_resume(w->cp);
	KUNIT_EXPECT_EQ(test, checked_at(w, tail), PROG + 16);
	tail = target(w, tail + 8);
	KUNIT_EXPECT_EQ(test, checked_at(w, tail), PROG + 24);

	/* Suspended in the tail, it has left the program behind */
	vfio_ccw_cp_begin_resume(w->cp, true, tail + 8);
	KUNIT_EXPECT_EQ(test, checked_at(w, stop), 0U);
	KUNIT_EXPECT_EQ(test, checked_at(w, tail), PROG + 24);
	KUNIT_EXPECT_EQ(test, failing_address(w, DATA2_HOST), 0U);
	KUNIT_EXPECT_EQ(test, failing_address(w, DATA_HOST), DATA);
	poke64(w, PROG + 16,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + 0x100));
	KUNIT_EXPECT_EQ(test, vfio_ccw_cp_prepare_resume(w->cp), 0);
	commit_resume(w->cp);
	KUNIT_EXPECT_EQ(test, checked_at(w, tail), PROG + 24);

	/* The next program in its place is seen whole */
	host = host_start(w, FORMAT1 | SUSP, PROG);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
}

/* What a tail reads to counts as soon as it is in place, and not before */
static void overwritten_by_a_tail(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, skip, stop, tail;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA));
	poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	stop = target(w, host + 8);
	skip = target(w, host + 16);
	KUNIT_EXPECT_FALSE(test, overwrote(w, skip));
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI, 8, PROG + 16));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, stop + 8), 0);
	tail = 0x40020008;
	KUNIT_EXPECT_FALSE(test, overwrote(w, tail));
	commit_resume(w->cp);
	KUNIT_EXPECT_EQ(test, target(w, stop + 8), tail);
	KUNIT_EXPECT_TRUE(test, overwrote(w, tail));
	KUNIT_EXPECT_FALSE(test, overwrote(w, skip));
}

/*
 * What was read before it was suspended is no matter for the tail, nor for the place
 * itself: both have been fetched since
 */
static void overwritten_before_a_tail(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, stop;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 24, PROG + 8));
	poke64(w, PROG + 8, CCW1(CMD_NOOP, CCW_CC | CCW_S, 1, 0));
	poke64(w, PROG + 16, CCW1(CMD_READ, CCW_CC | CCW_SLI, 8, PROG + 32));
	poke64(w, PROG + 24, CCW1(CMD_NOOP, CCW_CC | CCW_SLI, 1, 0));
	poke64(w, PROG + 32, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	stop = target(w, host + 8);
	/* Passed over by a status modifier, and none of it was fetched again */
	KUNIT_EXPECT_TRUE(test, overwrote(w, target(w, host + 16)));
	KUNIT_EXPECT_TRUE(test, overwrote(w, stop));

	poke64(w, PROG + 8, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, stop + 8), 0);
	commit_resume(w->cp);
	KUNIT_EXPECT_FALSE(test, overwrote(w, stop));
	stop = target(w, stop + 8);
	KUNIT_EXPECT_FALSE(test, overwrote(w, stop));
	KUNIT_EXPECT_FALSE(test, overwrote(w, stop + 8));
	KUNIT_EXPECT_TRUE(test, overwrote(w, stop + 16));
}

/* What replaces a CCW reads to elsewhere, and leads elsewhere */
static void overwritten_until_a_resume(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, skip, stop;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_SEARCH, CCW_CC | CCW_SLI, 5, DATA));
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 8, PROG + 16));
	poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	stop = target(w, host + 8);
	skip = target(w, host + 16);
	KUNIT_EXPECT_FALSE(test, overwrote(w, skip));
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI, 8, DATA));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, stop + 8), 0);
	commit_resume(w->cp);
	expect64(w, stop, 0x0260000812345000);
	KUNIT_EXPECT_FALSE(test, overwrote(w, skip));
}

/* Resumed, ended, started again: nothing adds up */
static void resume_and_start_again(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int i, blocks = 0;
	u32 host;

	w->resumed = true;
	w->twice = true;
	for (i = 0; i < 100; i++) {
		poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_S, 0x10, DATA));
		poke64(w, PROG + 8, TIC1(PROG));
		host = host_start(w, FORMAT1 | SUSP, PROG);
		poke64(w, PROG, CCW1(CMD_READ, CCW_CC, 0x10, DATA));
		KUNIT_ASSERT_EQ(test, prepare_resume(w->cp, host + 8), 0);
		commit_resume(w->cp);
		if (!i)
			blocks = w->nblocks;
		KUNIT_EXPECT_EQ(test, w->nblocks, blocks);
		KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
	}
}

/* Each suspension is in the tail of the one before */
static void resume_tail_after_tail(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, cpa, i;

	w->resumed = true;
	w->twice = true;
	for (i = 0; i < 6; i++)
		poke64(w, PROG + 8 * i,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10,
			    DATA + i * 0x10));
	poke64(w, PROG + 8 * i, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	cpa = host + 8;
	for (i = 0; i < 6; i++) {
		poke64(w, PROG + 8 * i,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + i * 0x10));
		KUNIT_ASSERT_EQ(test, prepare_resume(w->cp, cpa), 0);
		commit_resume(w->cp);
		expect64(w, cpa - 8, 0x0260001012345000 + i * 0x10);
		KUNIT_EXPECT_EQ(test, checked_at(w, cpa - 8),
				PROG + 8 * i + 8);
		/* where the channel is suspended next */
		if (i < 5)
			cpa = target(w, cpa) + 8;
		KUNIT_EXPECT_LE(test, guest_page(w, DATA)->pins, 2);
	}
	KUNIT_EXPECT_LE(test, w->nblocks, 4);
}

/* The flag is still there: suspended again at the same place, then resumed */
static void resume_without_clearing(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA));
	poke64(w, PROG + 8, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, host + 8), 0);
	commit_resume(w->cp);
	expect64(w, host, 0x0262001040000000);
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + 0x10));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, host + 8), 0);
	commit_resume(w->cp);
	expect64(w, host, 0x0260001012345010);
	expect64(w, peek64(w, host + 8) & 0x7fffffff, 0x0320000140000000);
	/* it cannot be suspended there any more */
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, host + 8),
			-EINVAL);
}

/* The suspended CCW has become a TIC; or it is gone */
static void resume_of_another_ccw(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, stop;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_SLI | CCW_S, 0x10, DATA));
	poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_SLI, 2, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	stop = target(w, host + 8);
	poke64(w, PROG + 8, TIC1(PROG + 0x100));
	poke64(w, PROG + 0x100, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	/* a channel that names the CCW itself is understood, too */
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, stop), 0);
	commit_resume(w->cp);
	expect64(w, target(w, stop), 0x0320000140000000);
	/* no TIC leads to that TIC, and another is behind it for a modifier */
	expect64(w, host + 8, peek64(w, stop));
	expect64(w, target(w, host + 16), 0x0320000240000000);

	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_SLI | CCW_S, 0x10, DATA));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	stop = target(w, host + 8);
	guest_page(w, PROG)->broken = -EPERM;
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, stop + 8), 0);
	commit_resume(w->cp);
	expect64(w, stop, 0);
	KUNIT_EXPECT_EQ(test, protected_at(w, stop), PROG + 16);
}

/* A page of the tail cannot be had for host reasons: still suspended */
static void resume_fails(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int n;
	u32 host;
	int err;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA));
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_SLI, 0x10, HIGH));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	for (n = 1; n < 20; n++) {
		poke64(w, PROG,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + PAGE));
		w->fail_after = n;
		err = prepare_resume(w->cp, host + 8);
		if (w->fail_after)
			break;
		KUNIT_EXPECT_LT(test, err, 0);
		commit_resume(w->cp);
		expect64(w, host, 0x0262001040000000);
		KUNIT_EXPECT_EQ(test, w->npins, 0);
	}
	KUNIT_EXPECT_GT(test, n, 3);
	KUNIT_EXPECT_EQ(test, err, 0);
	w->fail_after = 0;
}

static void resume_of_nothing(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), -EINVAL);
	commit_resume(w->cp);
	poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC | CCW_S, 1, 0));
	poke64(w, PROG + 8, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1, PROG);
	/* the flag without ORB.S is a program check */
	expect64(w, host, 0);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, host + 8),
			-EINVAL);
	/* without a CCW that has the flag nothing is touched either */
	reread(w);
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC, 1, DATA));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, host + 8),
			-EINVAL);
	commit_resume(w->cp);
	expect64(w, host, 0x0240000112345000);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
	/* its status is that of a program that runs */
	KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
}

/*
 * The channel names no CCW: in a straight program it is always the first one
 * with the flag. Two of them next to each other, as hard as it gets.
 */
static void resume_without_address(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, tail;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA));
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA + 0x10));
	poke64(w, PROG + 16, CCW1(CMD_READ, CCW_SLI, 0x10, DATA + 0x20));
	host = host_start(w, FORMAT1 | SUSP, PROG);

	/* the guest has not done anything: nothing happens */
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), 0);
	commit_resume(w->cp);
	expect64(w, host, 0x0262001040000000);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 0);

	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + 8));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), 0);
	commit_resume(w->cp);
	expect64(w, host, 0x0260001012345008);
	tail = target(w, host + 8);
	expect64(w, tail, 0x0262001040000000);
	expect64(w, target(w, host + 16), 0x0220001012345020);

	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + 0x18));
	poke64(w, PROG + 16, CCW1(CMD_READ, CCW_SLI, 0x10, DATA + PAGE));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), 0);
	commit_resume(w->cp);
	expect64(w, tail, 0x0260001012345018);
	expect64(w, target(w, tail + 8), 0x022000102abcd000);
	/* the first tail may still be needed, the new one is */
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 2);
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), -EINVAL);
}

/*
 * SEARCH; TIC; and a flag on either side: it may be suspended at either, so
 * both are kept up to date, until it is clear which.
 */
static void resume_without_address_of_branches(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int i;
	u32 host;
	int err;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_SEARCH, CCW_CC, 5, DATA));
	poke64(w, PROG + 8, TIC1(PROG + 0x100));
	poke64(w, PROG + 16,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA + 0x10));
	poke64(w, PROG + 24, CCW1(CMD_READ, CCW_SLI, 0x10, DATA + 0x20));
	poke64(w, PROG + 0x100,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA + 0x100));
	poke64(w, PROG + 0x108,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA + 0x110));
	poke64(w, PROG + 0x110, TIC1(PROG));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	poke64(w, PROG + 16,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + 0x1010));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), 0);
	commit_resume(w->cp);
	/* one goes on, the other is as it was: flag and all */
	expect64(w, host + 16, 0x026000102abcd010);
	expect64(w, target(w, host + 8), 0x0262001040000000);
	/* the guest plays on; there is always room, and nothing breaks */
	for (i = 0; i < 20; i++) {
		poke64(w, PROG + 16,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10,
			    DATA + 0x1010));
		poke64(w, PROG + 0x108,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI | (i & 1 ? 0 : CCW_S),
			    0x10, DATA + 0x1010));
		err = prepare_resume(w->cp, 0);
		commit_resume(w->cp);
		poke64(w, PROG + 0x100 * (i & 1),
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + 0x100));
		err = err ?: prepare_resume(w->cp, 0);
		commit_resume(w->cp);
		if (err)
			break;
	}
	KUNIT_EXPECT_EQ(test, err, 0);
	/* an address settles it */
	host = (u32)peek64(w, host + 8);
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, host + 8), 0);
	commit_resume(w->cp);
}

/*
 * Suspended at either of two neighbours, the first of which now chains data:
 * each has host CCWs of its own behind it
 */
static void resume_without_address_of_neighbours(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, first, second;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_SEARCH, CCW_CC, 5, DATA));
	poke64(w, PROG + 8, CCW1(CMD_NOOP, CCW_CC | CCW_S, 1, 0));
	poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_SLI | CCW_S, 8, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	first = target(w, host + 8);
	second = target(w, host + 16);
	expect64(w, first, 0x0342000140000000);
	expect64(w, second, 0x0322000840000000);
	poke64(w, PROG + 8,
	       CCW1(CMD_BACKWARD, CCW_CD | CCW_SLI, 2, DATA + 0x10));
	poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_SLI, 2, DATA + 0x20));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), 0);
	commit_resume(w->cp);
	expect64(w, first, 0x0ca0000212345010);
	expect64(w, target(w, first + 8), 0x0020000212345020);
	expect64(w, second, 0x0320000240000000);
}

/*
 * RESUME SUBCHANNEL was refused when all was in place: it is suspended there
 * still, whatever has become of the flag, and what it leads into is kept
 */
static void resume_is_refused(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, tail, i;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA));
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA + 0x10));
	poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	/* a tail is forgotten when the next one is in place: they are never too many */
	for (i = 0; i < 3 * VFIO_CCW_CP_MAX_TAILS; i++) {
		poke64(w, PROG,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + PAGE + i));
		KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, i == 0 || i == 2 ?
						     host + 8 : 0), 0);
		vfio_ccw_cp_commit_resume(w->cp);
		expect64(w, host, 0x026000102abcd000 + i);
		KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
		tail = target(w, host + 8);
		expect64(w, tail, 0x0262001040000000);
		KUNIT_EXPECT_EQ(test, checked_at(w, tail), PROG + 16);
	}
	/* the flag is there again, and in the host's CCW, too */
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), 0);
	vfio_ccw_cp_commit_resume(w->cp);
	expect64(w, host, 0x0262001040000000);
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), 0);
	commit_resume(w->cp);
	/* accepted: now it is the next one at which it can be suspended */
	tail = target(w, host + 8);
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + 0x1010));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), 0);
	commit_resume(w->cp);
	expect64(w, tail, 0x026000102abcd010);
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), -EINVAL);
}

/*
 * A resume was refused when all was in place, and the next one fails: the CCW there
 * has its data, and what it leads into, in the first one's tail still
 */
static void resume_fails_after_a_refusal(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, tail;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA));
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_SLI, 0x10, DATA + 0x10));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), 0);
	vfio_ccw_cp_commit_resume(w->cp);
	tail = target(w, host + 8);
	w->fail_after = 1;
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), -EIO);
	expect64(w, host, 0x0260001012345000);
	expect64(w, tail, 0x0220001012345010);
	KUNIT_EXPECT_EQ(test, target(w, host + 8), tail);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
}

/*
 * A tail was prepared and never put in place: it suspends nobody, and completion
 * must not look at it from the beginning of the next resume on, which builds
 * another in its place
 */
static void resume_forgets_what_was_prepared(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, tail;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA));
	poke64(w, PROG + 8,
	       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA + 0x10));
	poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), 0);
	/* in memory of its own, where no status leads yet */
	tail = target(w, 0x40020008);
	expect64(w, tail, 0x0262001040000000);
	KUNIT_EXPECT_EQ(test, checked_at(w, tail), 0U);

	vfio_ccw_cp_begin_resume(w->cp, true, 0);
	KUNIT_EXPECT_EQ(test, checked_at(w, tail), 0U);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
	KUNIT_EXPECT_EQ(test, vfio_ccw_cp_prepare_resume(w->cp), 0);
	commit_resume(w->cp);
	KUNIT_EXPECT_EQ(test, target(w, host + 8), tail);
	KUNIT_EXPECT_EQ(test, checked_at(w, tail), PROG + 16);
}

/* A resume while the program runs, with condition code @cc */
static int resume_running(struct world *w, int cc)
{
	int err;

	vfio_ccw_cp_begin_resume(w->cp, false, 0x11111118);
	err = vfio_ccw_cp_prepare_resume(w->cp);
	if (err)
		return err;
	vfio_ccw_cp_commit_resume(w->cp);
	if (cc != 1)
		vfio_ccw_cp_resumed(w->cp);
	return 0;
}

/*
 * The guest lengthens its program while it runs, again and again: nothing that
 * the channel may be in is released or rewritten, up to a limit
 */
static void resume_while_running(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, stop, i, n;

	w->resumed = true;
	w->twice = true;
	for (n = 0; n < 3; n++) {
		poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC, 1, 0));
		for (i = 1; i < 16; i++)
			poke64(w, PROG + 8 * i,
			       CCW1(CMD_WRITE, CCW_CC | CCW_SLI | CCW_S, 8,
				    DATA + 16 * i));
		host = host_start(w, FORMAT1 | SUSP | VFIO_CCW_ORB_P, PROG);
		stop = target(w, host + 8);
		/* nothing has changed: nothing is made */
		KUNIT_EXPECT_EQ(test, resume_running(w, n), 0);
		expect64(w, stop, 0x0162000840000000);
		for (i = 1; i <= VFIO_CCW_CP_MAX_TAILS; i++) {
			poke64(w, PROG + 8 * i,
			       CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 8,
				    DATA + 16 * i));
			KUNIT_ASSERT_EQ(test, resume_running(w, n), 0);
			/* not a copy: input may still be on its way there */
			expect64(w, stop, 0x0160000812345000 + 16 * i);
			KUNIT_EXPECT_EQ(test, checked_at(w, stop),
					PROG + 8 * i + 8);
			stop = target(w, stop + 8);
			expect64(w, stop, 0x0162000840000000);
			KUNIT_EXPECT_EQ(test, resume_running(w, n), 0);
			KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, i);
		}
		poke64(w, PROG + 8 * i,
		       CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 8, DATA + 16 * i));
		KUNIT_EXPECT_EQ(test, resume_running(w, n), -E2BIG);
		expect64(w, stop, 0x0162000840000000);
		KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
		/* suspended in the last one, it has left the others behind */
		KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, stop + 8), 0);
		commit_resume(w->cp);
		KUNIT_EXPECT_EQ(test, checked_at(w, host), 0U);
		KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 2);
		/* it can have these, too, then; one more was for the resume */
		for (i++; i <= 2 * VFIO_CCW_CP_MAX_TAILS + 1; i++) {
			poke64(w, PROG + 8 * i,
			       CCW1(CMD_WRITE, CCW_CC | CCW_SLI, 8,
				    DATA + 16 * i));
			KUNIT_EXPECT_EQ(test, resume_running(w, n),
					i <= 2 * VFIO_CCW_CP_MAX_TAILS ?
					0 : -E2BIG);
		}
	}
}

/*
 * Refused with status pending, and it runs: the only place of suspension has lost its
 * flag, so that there is nothing left to make a tail of
 */
static void resume_while_running_of_nothing(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, i;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI | CCW_S, 8, DATA));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI, 8, DATA));
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, resume_running(w, 1), 0);
		expect64(w, host, 0x0220000812345000);
		KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
	}
}

/*
 * What takes the place of a flag cannot be executed, or is a TIC of format 0, in which
 * flags have no meaning: either has the bit of the flag, and suspends nobody
 */
static void resume_while_running_of_a_bit(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, stop, i;
	u64 now;

	w->resumed = true;
	w->twice = true;
	for (i = 0; i < 2; i++) {
		poke64(w, PROG, CCW0(CMD_NOOP, 0, CCW_CC, 1));
		poke64(w, PROG + 8, CCW0(CMD_READ, DATA, CCW_SLI | CCW_S, 8));
		poke64(w, PROG + 64, CCW0(CMD_READ, DATA, CCW_SLI, 8));
		host = host_start(w, SUSP, PROG);
		stop = target(w, host + 8);
		expect64(w, stop, 0x0222000840000000);
		poke64(w, PROG + 8, i ? CCW0(0x08, PROG + 64, CCW_S, 1) :
					CCW0(CMD_READ, DATA, CCW_S, 0));
		KUNIT_EXPECT_EQ(test, resume_running(w, 0), 0);
		now = peek64(w, stop);
		KUNIT_EXPECT_EQ(test, now >> 32, i ? 0x08000000U : 0U);
		poke64(w, PROG + 8, CCW0(CMD_READ, DATA, CCW_SLI, 8));
		KUNIT_EXPECT_EQ(test, resume_running(w, 0), 0);
		expect64(w, stop, now);
		KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, stop + 8), -EINVAL);
	}
}

/*
 * All resumes were refused, with status pending: it may be suspended at any of the
 * places, and no part can be rebuilt. Which error that is depends on what it does now
 */
static void resume_without_a_part(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, last, stop, i;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC, 1, 0));
	for (i = 1; i < 16; i++)
		poke64(w, PROG + 8 * i,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 8, DATA));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	stop = target(w, host + 8);
	for (i = 1; i <= VFIO_CCW_CP_MAX_TAILS; i++) {
		poke64(w, PROG + 8 * i,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 8, DATA));
		KUNIT_ASSERT_EQ(test, resume_running(w, 1), 0);
		stop = target(w, stop + 8);
	}
	/* One more if it is suspended, though nobody knows where */
	poke64(w, PROG + 8 * i, CCW1(CMD_READ, CCW_CC | CCW_SLI, 8, DATA));
	KUNIT_ASSERT_EQ(test, prepare_resume(w->cp, 0), 0);
	vfio_ccw_cp_commit_resume(w->cp);
	last = stop;
	stop = target(w, stop + 8);
	expect64(w, stop, 0x0262000840000000);

	poke64(w, PROG + 8 * i + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI, 8, DATA));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, resume_running(w, 1), -E2BIG);
	/* Nothing has changed, and nothing was released */
	expect64(w, stop, 0x0262000840000000);
	KUNIT_EXPECT_EQ(test, checked_at(w, stop), PROG + 8 * i + 16);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);

	/* Once it is known where it is suspended, it has left the others behind */
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, last + 8), 0);
	commit_resume(w->cp);
	KUNIT_EXPECT_EQ(test, checked_at(w, last), PROG + 8 * i + 8);
	KUNIT_EXPECT_EQ(test, checked_at(w, host), 0U);
	expect64(w, target(w, last + 8), 0x0260000812345000);
}

/*
 * One of two places goes on, and the other would only suspend the channel again: that
 * one leads nowhere, and once it is suspended there, the tail is not needed
 */
static void resume_one_of_two_places(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, first, second;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, CCW1(CMD_SEARCH, CCW_CC, 5, DATA));
	poke64(w, PROG + 8, CCW1(CMD_NOOP, CCW_CC | CCW_S, 1, 0));
	poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_SLI | CCW_S, 8, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	first = target(w, host + 8);
	second = target(w, host + 16);
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_SLI, 8, DATA + PAGE));
	KUNIT_EXPECT_EQ(test, resume_running(w, 0), 0);
	expect64(w, first, 0x022000082abcd000);
	expect64(w, second, 0x0322000840000000);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA + PAGE)->pins, 1);

	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, second + 8), 0);
	commit_resume(w->cp);
	expect64(w, second, 0x0322000840000000);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA + PAGE)->pins, 0);
}

/*
 * Resumed once while it runs, it has yet to go from the first tail on when the CCW that
 * this ends at becomes a TIC. No TIC of the driver's leads to that: a TIC must not lead
 * to a TIC
 */
static void resume_while_running_to_a_tic(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, stop, next, i;

	w->resumed = true;
	w->twice = true;
	/* Reached by command chaining, or by a status modifier */
	for (i = 0; i < 2; i++) {
		poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC, 1, 0));
		poke64(w, PROG + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S,
					 0x10, DATA));
		poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_CC | CCW_SLI, 1, 0));
		poke64(w, PROG + 24, CCW1(CMD_NOOP, CCW_CC | CCW_SLI, 1, 0));
		poke64(w, PROG + 16 + 8 * i,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA));
		poke64(w, PROG + 64, CCW1(CMD_READ, CCW_SLI, 0x20, DATA));
		host = host_start(w, FORMAT1 | SUSP, PROG);
		stop = target(w, host + 8);
		poke64(w, PROG + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10,
					 DATA));
		KUNIT_EXPECT_EQ(test, resume_running(w, 0), 0);
		next = stop + 8 + 8 * i;
		expect64(w, target(w, next), 0x0262001040000000);

		poke64(w, PROG + 16 + 8 * i, TIC1(PROG + 64));
		KUNIT_EXPECT_EQ(test, resume_running(w, 0), 0);
		expect64(w, target(w, next), 0x0220002012345000);
	}
}

/*
 * The tail that a CCW leads into is released when the channel is suspended elsewhere,
 * and its place taken by a shorter one: nobody follows the CCW there any more
 */
static void resume_while_running_after_suspension(struct kunit *test)
{
	struct world *w = test->priv;
	u32 stop[3] = { PROG + 0x400, PROG + 0x800, PROG + 0x900 };
	u32 host, at, i;

	w->resumed = true;
	w->twice = true;
	for (i = 0; i < 3; i++) {
		poke64(w, PROG + 16 * i, CCW1(CMD_NOOP, CCW_CC | CCW_SLI, 1, 0));
		poke64(w, PROG + 16 * i + 8, TIC1(stop[i]));
		poke64(w, stop[i], CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 8,
					DATA));
		poke64(w, stop[i] + 8, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	}
	poke64(w, PROG + 16 * i, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	at = target(w, host + 40);
	expect64(w, at, 0x0262000840000000);

	/* A long way from the first one: that of the second has high numbers */
	for (i = 0; i < 100; i++)
		poke64(w, stop[0] + 8 * i,
		       CCW1(CMD_NOOP, CCW_CC | CCW_SLI, 1, 0));
	poke64(w, stop[0] + 8 * i, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	poke64(w, stop[1], CCW1(CMD_READ, CCW_CC | CCW_SLI, 8, DATA));
	KUNIT_EXPECT_EQ(test, resume_running(w, 0), 0);

	poke64(w, stop[2], CCW1(CMD_READ, CCW_CC | CCW_SLI, 8, DATA));
	poke64(w, stop[2] + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 8,
				    DATA));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, at + 8), 0);
	commit_resume(w->cp);
	expect64(w, at, 0x0260000812345000);
	expect64(w, target(w, at + 8), 0x0262000840000000);

	poke64(w, stop[2] + 8, CCW1(CMD_READ, CCW_SLI, 8, DATA));
	KUNIT_EXPECT_EQ(test, resume_running(w, 0), 0);
	expect64(w, target(w, at + 8), 0x0220000812345000);
}

/* A place that the channel has left behind is none again when the resume is accepted */
static void resume_past_another_place(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, at[2], i;

	w->resumed = true;
	w->twice = true;
	for (i = 0; i < 2; i++) {
		poke64(w, PROG + 16 * i, CCW1(CMD_NOOP, CCW_CC | CCW_SLI, 1, 0));
		poke64(w, PROG + 16 * i + 8, TIC1(PROG + 0x100 + 16 * i));
		poke64(w, PROG + 0x100 + 16 * i,
		       CCW1(CMD_READ, CCW_SLI | CCW_S, 8, DATA));
	}
	poke64(w, PROG + 16 * i, CCW1(CMD_NOOP, CCW_SLI, 1, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	for (i = 0; i < 2; i++)
		at[i] = target(w, host + 16 * i + 8);
	poke64(w, PROG + 0x100, CCW1(CMD_READ, CCW_SLI, 8, DATA));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, at[0] + 8), 0);
	commit_resume(w->cp);
	expect64(w, at[0], 0x0220000812345000);
	poke64(w, PROG + 0x110, CCW1(CMD_READ, CCW_SLI, 8, DATA));
	KUNIT_EXPECT_EQ(test, resume_running(w, 0), 0);
	expect64(w, at[1], 0x0222000840000000);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
}

/*
 * Refused with status pending, that of its suspension perhaps: it may stand
 * where it was to be suspended, or have gone on into the tail
 */
static void resume_while_running_is_refused(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, stop, tail, i;

	w->resumed = true;
	w->twice = true;
	for (i = 0; i < 2; i++) {
		poke64(w, PROG, CCW1(CMD_NOOP, CCW_CC, 1, 0));
		poke64(w, PROG + 8,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA));
		poke64(w, PROG + 16,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10,
			    DATA + 0x10));
		host = host_start(w, FORMAT1 | SUSP, PROG);
		stop = target(w, host + 8);
		poke64(w, PROG + 8,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA));
		KUNIT_EXPECT_EQ(test, resume_running(w, 1), 0);
		expect64(w, stop, 0x0260001012345000);
		tail = target(w, stop + 8);
		expect64(w, tail, 0x0262001040000000);
		/* still running: what it may have passed stays as it is */
		poke64(w, PROG + 8,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + 0x20));
		KUNIT_EXPECT_EQ(test, resume_running(w, 1), 0);
		expect64(w, stop, 0x0260001012345000);
		KUNIT_EXPECT_EQ(test, target(w, stop + 8), tail);
		/* suspended, the first time before the tail */
		poke64(w, PROG + 16,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, DATA + 0x10));
		KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, i ? tail + 8 :
						     stop + 8), 0);
		commit_resume(w->cp);
		if (i)
			expect64(w, tail, 0x0260001012345010);
		else
			expect64(w, stop, 0x0260001012345020);
	}
}

/* Released with a tail that was prepared, committed, or neither */
static void release_in_any_stage(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, i;

	w->resumed = true;
	w->twice = true;
	vfio_ccw_cp_release(w->cp);
	for (i = 0; i < 3; i++) {
		poke64(w, PROG,
		       CCW1(CMD_READ, CCW_CC | CCW_SLI | CCW_S, 0x10, DATA));
		poke64(w, PROG + 8, CCW1(CMD_READ, CCW_SLI, 0x10, HIGH));
		host = host_start(w, FORMAT1 | SUSP, PROG);
		if (i > 0)
			KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, host + 8),
					0);
		if (i > 1)
			commit_resume(w->cp);
		vfio_ccw_cp_release(w->cp);
		expect_balance(w);
		vfio_ccw_cp_release(w->cp);
	}
}

/* Quarantine */

static void quarantine_keeps_the_pages(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	w->resumed = true;
	w->twice = true;
	vfio_ccw_cp_quarantine(w->cp);
	guest_page(w, DATA + PAGE)->broken = -EFAULT;
	poke64(w, PROG, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x2000, DATA));
	poke64(w, PROG + 8, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x10, HIGH));
	poke64(w, PROG + 16, CCW1(CMD_NOOP, CCW_SLI | CCW_S, 1, 0));
	host = host_start(w, FORMAT1 | SUSP, PROG);
	poke64(w, PROG + 16, CCW1(CMD_READ, CCW_CC | CCW_SLI, 0x2000, DATA));
	poke64(w, PROG + 24, CCW1(CMD_READ, CCW_SLI, 0x10, HIGH));
	KUNIT_EXPECT_EQ(test, prepare_resume(w->cp, host + 8), 0);
	vfio_ccw_cp_quarantine(w->cp);
	forget(w);
	KUNIT_EXPECT_EQ(test, w->npins, 0);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, 0, ~0ULL));
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->holds, 2);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA + PAGE)->holds, 0);
	KUNIT_EXPECT_EQ(test, guest_page(w, HIGH)->holds, 2);
	/* the channel may still be at it */
	KUNIT_EXPECT_NE(test, peek64(w, host), 0);
	vfio_ccw_cp_quarantine(w->cp);
	KUNIT_EXPECT_EQ(test, guest_page(w, HIGH)->holds, 2);
	vfio_ccw_cp_release(w->cp);
	expect_balance(w);
}

/* A translation that fails half-way leaves nothing to quarantine */
static void quarantine_of_nothing(struct kunit *test)
{
	struct world *w = test->priv;

	poke64(w, PROG, CCW1(CMD_READ, CCW_SLI, 0x10, DATA));
	w->fail_after = 3;
	w->fail_err = -ENOMEM;
	KUNIT_EXPECT_EQ(test, start(w, FORMAT1, PROG), -ENOMEM);
	vfio_ccw_cp_quarantine(w->cp);
	expect_balance(w);
}

/* What is kept */

/* A program ends, and all that was given up is unpinned */
static void end_program(struct world *w)
{
	vfio_ccw_cp_release(w->cp);
	KUNIT_EXPECT_TRUE(w->test, vfio_ccw_pins_drain(&w->pins));
	KUNIT_EXPECT_EQ(w->test, w->npins, w->pins.pins);
	reread(w);
}

/* The second time there is no call to pin, nor to read; the program is the same */
static void kept_for_the_next(struct kunit *test)
{
	struct world *w = test->priv;
	struct vfio_ccw_cp_stats stats;
	u32 host, i;

	poke64(w, PROG, 0x0260010000030f80);
	poke64(w, PROG + 8, 0x0220100000038000);
	for (i = 0; i < 4; i++) {
		w->pin_calls = 0;
		w->reads = 0;
		host = host_start(w, FMT1, PROG);
		expect64(w, host, 0x0264010040010018);
		expect64(w, host + 8, 0x0224100040010030);
		expect64(w, 0x40010018, 0x12345f80);
		expect64(w, 0x40010020, 0x2abcd000);
		expect64(w, 0x40010030, 0x1234567000);
		/* the second time, the page of the program is pinned to be read */
		KUNIT_EXPECT_EQ(test, w->pin_calls, i < 2 ? 2 - i : 0);
		KUNIT_EXPECT_EQ(test, w->reads, 1);
		KUNIT_EXPECT_EQ(test, w->copied, i);
		vfio_ccw_cp_stats(w->cp, &stats);
		KUNIT_EXPECT_EQ(test, stats.pins, i < 1 ? 2 : 0);
		KUNIT_EXPECT_EQ(test, stats.pages, 3);
		end_program(w);
	}
	KUNIT_EXPECT_EQ(test, w->npins, 3);
}

/* What the guest has given up in between is pinned anew, where it is now */
static void kept_until_given_up(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG, 0x0220010000030000);
	host = host_start(w, FMT1, PROG);
	expect64(w, host, 0x0220010012345000);
	end_program(w);
	give_up(w);
	guest_page(w, DATA)->host = 0x11111000;
	end_program(w);
	KUNIT_EXPECT_EQ(test, w->npins, 0);
	host = host_start(w, FMT1, PROG);
	expect64(w, host, 0x0220010011111000);
	/* given up while it is in use: it is not let go, but not kept either */
	give_up(w);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(&w->pins));
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, DATA, PAGE));
	end_program(w);
	KUNIT_EXPECT_EQ(test, w->npins, 0);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, 0, U64_MAX));
}

/*
 * Memory is given up at the first, second, ... call of an op: the program is right,
 * and in the end nothing is kept that was pinned before
 */
static void given_up_at_any_moment(struct kunit *test)
{
	struct world *w = test->priv;
	unsigned int n, warm;
	u32 gen;

	for (warm = 0; warm < 2; warm++) {
		for (n = 1; n < 100; n++) {
			varied_program(w);
			if (warm) {
				KUNIT_EXPECT_EQ(test, start(w, FMT1 | IDAW2 |
							    PREF | MIDAF, PROG),
						0);
				end_program(w);
			}
			gen = vfio_ccw_pins_gen(&w->pins);
			w->give_up_at = n;
			varied_program(w);
			KUNIT_EXPECT_EQ(test, start(w, FMT1 | IDAW2 | PREF |
						    MIDAF, PROG), 0);
			KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, DATA,
								 PAGE));
			if (w->give_up_at)
				break;
			KUNIT_EXPECT_NE(test, vfio_ccw_pins_gen(&w->pins), gen);
			KUNIT_EXPECT_EQ(test, w->pins.stale, w->pins.pins);
			end_program(w);
			KUNIT_EXPECT_EQ(test, w->npins, 0);
		}
		w->give_up_at = 0;
		KUNIT_EXPECT_GT(test, n, warm ? 3 : 12);
		end_program(w);
		give_up(w);
		end_program(w);
	}
}

/* An unmap of pages next to those that are used meets the pin of them all */
static void claims_of_kept_neighbours(struct kunit *test)
{
	struct world *w = test->priv;

	poke64(w, PROG, 0x0220500000000000 | VAST);
	KUNIT_EXPECT_EQ(test, start(w, FMT1, PROG), 0);
	end_program(w);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, 0, U64_MAX));
	poke64(w, PROG, 0x0220001000000000 | (VAST + 2 * PAGE));
	KUNIT_EXPECT_EQ(test, start(w, FMT1, PROG), 0);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, VAST + 2 * PAGE, 1));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, VAST, 1));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_cp_uses(w->cp, VAST + 5 * PAGE - 1, 1));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, VAST + 5 * PAGE, 1));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, 0, VAST));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_unmap(&w->pins, VAST, PAGE));
	KUNIT_EXPECT_TRUE(test, vfio_ccw_pins_any(&w->pins, VAST, PAGE));
	end_program(w);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_any(&w->pins, VAST, U64_MAX));
}

/* A page that is bad amid those that are kept is what it is without them */
static void bad_page_amid_kept(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, i, n;

	for (i = 0; i < 8; i++)
		add_page(w, 0x50000 + i * PAGE, 0x500000 + i * PAGE);
	for (n = 0; n < 9; n++) {
		guest_page(w, 0x53000)->broken = 0;
		/* what is kept: from page n on, or all but the bad one */
		if (n == 3) {
			poke64(w, PROG, 0x0260300000050000);
			poke64(w, PROG + 8, 0x0220400000054000);
		} else {
			poke64(w, PROG, 0x0220800000050000 + n * PAGE -
			       ((u64)n << 44));
		}
		if (n < 8)
			KUNIT_EXPECT_EQ(test, start(w, FMT1, PROG), 0);
		end_program(w);
		/* its memory goes, and the user says so */
		guest_page(w, 0x53000)->broken = -EFAULT;
		vfio_ccw_pins_unmap(&w->pins, 0x53000, PAGE);
		end_program(w);
		poke64(w, PROG, 0x0220800000050000);
		host = host_start(w, FMT1, PROG);
		for (i = 0; i < 3; i++)
			expect64(w, 0x40010010 + 8 * i, 0x500000 + i * PAGE);
		expect64(w, 0x40010010 + 8 * 3, 0x7ffffffffffff001);
		KUNIT_EXPECT_EQ(test, checked_at(w, host), PROG + 8);
		for (i = 0; i < 8; i++)
			KUNIT_EXPECT_EQ(test, !!guest_page(w, 0x50000 +
							   i * PAGE)->pins,
					i != 3);
		forget(w);
		end_program(w);
		KUNIT_EXPECT_EQ(test, w->npins, 0);
	}
}

/* Kept for output; for input it is refused, and output works on */
static void read_only_page_that_is_kept(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, i;

	for (i = 0; i < 3; i++) {
		poke64(w, PROG, 0x012010000003c000);
		host = host_start(w, FMT1, PROG);
		expect64(w, host, 0x0120100005555000);
		end_program(w);
		KUNIT_EXPECT_EQ(test, pinned_for(w, RDONLY),
				VFIO_CCW_PIN_READ);
		poke64(w, PROG, 0x022010000003c000);
		host = host_start(w, FMT1, PROG);
		expect64(w, host, 0x0224100040000004);
		KUNIT_EXPECT_EQ(test, protected_at(w, host), PROG + 8);
		end_program(w);
		/* both ways in one program: output still works */
		poke64(w, PROG, 0x016010000003c000);
		poke64(w, PROG + 8, 0x022010000003c000);
		host = host_start(w, FMT1, PROG);
		expect64(w, host, 0x0160100005555000);
		expect64(w, host + 8, 0x0224100040000004);
		KUNIT_EXPECT_EQ(test, protected_at(w, host + 8), PROG + 16);
		end_program(w);
	}
}

/* Kept for input, and nobody may read it: it is no program, and no output */
static void write_only_page_that_is_kept(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, i;

	add_page(w, 0x50000, 0x500000)->wronly = true;
	for (i = 0; i < 3; i++) {
		poke64(w, PROG, 0x0220100000050000);
		host = host_start(w, FMT1, PROG);
		expect64(w, host, 0x0220100000500000);
		end_program(w);
		poke64(w, PROG, 0x0120100000050000);
		host = host_start(w, FMT1, PROG);
		KUNIT_EXPECT_EQ(test, protected_at(w, host), PROG + 8);
		end_program(w);
		poke64(w, 0x50000, 0x0320000100000000);
		host = host_start(w, FMT1, 0x50000);
		KUNIT_EXPECT_EQ(test, protected_at(w, host), 0x50008);
		end_program(w);
	}
	KUNIT_EXPECT_EQ(test, pinned_for(w, 0x50000), VFIO_CCW_PIN_WRITE);
}

/*
 * As many runs as there may be, of which parts are kept by another program and
 * nothing more can be: none counts as more than it does alone
 */
static void limit_of_runs_amid_kept(struct kunit *test)
{
	struct world *w = test->priv;
	u64 host;
	u32 n, i;

	room_for_long_program(w);
	for (i = 0; i < VFIO_CCW_CP_MAX_RUNS - 1; i++)
		poke64(w, 0x100000 + 8 * i, 0x0260001000000000 |
		       (VAST + (4 * i + 1) * PAGE));
	poke64(w, 0x100000 + 8 * i, 0x0320000100000000);
	KUNIT_EXPECT_EQ(test, start(w, FMT1, 0x100000), 0);
	vfio_ccw_pins_begin(&w->pins, 3);
	for (i = 0; i < VFIO_CCW_CP_MAX_RUNS - 1; i++)
		KUNIT_EXPECT_EQ(test, vfio_ccw_pins_find(&w->pins, 3,
							 VAST / PAGE + 4 * i + 1,
							 1, VFIO_CCW_PIN_WRITE,
							 &host), 1);
	end_program(w);
	w->full = true;
	for (n = VFIO_CCW_CP_MAX_RUNS - 1; n <= VFIO_CCW_CP_MAX_RUNS + 1; n++) {
		for (i = 0; i < n; i++)
			poke64(w, 0x100000 + 8 * i, 0x0260300000000000 |
			       (VAST + 4 * i * PAGE));
		poke64(w, 0x100000 + 8 * n, 0x0320000100000000);
		KUNIT_EXPECT_EQ(test, start(w, FMT1, 0x100000),
				n > VFIO_CCW_CP_MAX_RUNS ? -E2BIG : 0);
		end_program(w);
	}
	vfio_ccw_pins_end(&w->pins, 3);
}

/* The first page of a run is found, the rest is pinned for the program alone */
static void found_in_part(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host, i;

	poke64(w, PROG, 0x0220100000030000);
	KUNIT_EXPECT_EQ(test, start(w, FMT1, PROG), 0);
	end_program(w);
	w->full = true;
	for (i = 0; i < 3; i++) {
		no_second_read(w);
		poke64(w, PROG, 0x0220200000030000);
		host = host_start(w, FMT1, PROG);
		expect64(w, 0x40010010, DATA_HOST);
		expect64(w, 0x40010018, DATA2_HOST);
		expect64(w, host, 0x0224200040010010);
		KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
		KUNIT_EXPECT_EQ(test, guest_page(w, DATA + PAGE)->pins, 1);
		KUNIT_EXPECT_EQ(test, w->pins.pins, 1);
		end_program(w);
		KUNIT_EXPECT_EQ(test, guest_page(w, DATA + PAGE)->pins, 0);
	}
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
}

/* A tail has its own pins, so that none of a program that goes on gathers */
static void tail_pins_for_itself(struct kunit *test)
{
	struct world *w = test->priv;
	u32 cpa, i;

	w->resumed = true;
	w->twice = true;
	poke64(w, PROG, 0x0220100000030000);
	KUNIT_EXPECT_EQ(test, start(w, FMT1, PROG), 0);
	end_program(w);
	for (i = 0; i < 20; i++)
		poke64(w, PROG + 8 * i, 0x0262100000030000);
	cpa = host_start(w, FMT1 | SUSP, PROG) + 8;
	for (i = 0; i < 19; i++) {
		poke64(w, PROG + 8 * i, 0x0260100000030000);
		KUNIT_ASSERT_EQ(test, prepare_resume(w->cp, cpa), 0);
		commit_resume(w->cp);
		expect64(w, cpa - 8, 0x0260100012345000);
		cpa = target(w, cpa) + 8;
		/* the kept one, that of the tail, and that of the one before */
		KUNIT_EXPECT_GT(test, guest_page(w, DATA)->pins, 1);
		KUNIT_EXPECT_LE(test, guest_page(w, DATA)->pins, 3);
		KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_leased(&w->pins, 1, DATA,
							      PAGE));
	}
	end_program(w);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
}

/* Held before it is unpinned; what was kept and found as what was pinned for it */
static void quarantine_of_kept_pages(struct kunit *test)
{
	struct world *w = test->priv;
	u32 host;

	poke64(w, PROG, 0x0220100000030000);
	KUNIT_EXPECT_EQ(test, start(w, FMT1, PROG), 0);
	end_program(w);
	poke64(w, PROG, 0x0260200000030000);
	poke64(w, PROG + 8, 0x0220100000038000);
	host = host_start(w, FMT1, PROG);
	/* with the page of the program */
	KUNIT_EXPECT_EQ(test, w->npins, 4);
	/* as the driver does: given up first, unpinned by the end of the lease */
	vfio_ccw_pins_give_up(&w->pins, VFIO_CCW_PINS_ENDED);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_drain(&w->pins));
	vfio_ccw_cp_quarantine(w->cp);
	KUNIT_EXPECT_EQ(test, w->npins, 0);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->holds, 1);
	KUNIT_EXPECT_EQ(test, guest_page(w, DATA + PAGE)->holds, 1);
	KUNIT_EXPECT_EQ(test, guest_page(w, HIGH)->holds, 1);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_cp_uses(w->cp, 0, U64_MAX));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_pins_any(&w->pins, 0, U64_MAX));
	KUNIT_EXPECT_NE(test, peek64(w, host), 0);
	vfio_ccw_cp_quarantine(w->cp);
	KUNIT_EXPECT_EQ(test, guest_page(w, HIGH)->holds, 1);
	vfio_ccw_cp_release(w->cp);
	expect_balance(w);
}

/* No memory to pin more: what is kept goes, and the program starts */
static void kept_pages_make_room(struct kunit *test)
{
	struct world *w = test->priv;
	u32 alone;

	w->fail_err = -ENOMEM;
	for (alone = 0; alone < 2; alone++) {
		w->full = false;
		poke64(w, PROG, 0x0220100000030000);
		KUNIT_EXPECT_EQ(test, start(w, FMT1, PROG), 0);
		end_program(w);
		KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 1);
		w->full = alone;
		poke64(w, PROG, 0x0220100000038000);
		/* the read, or none, and then the pin */
		w->fail_after = 2;
		KUNIT_EXPECT_EQ(test, start(w, FMT1, PROG), alone ? -ENOMEM : 0);
		KUNIT_EXPECT_EQ(test, w->fail_after, 0);
		KUNIT_EXPECT_EQ(test, guest_page(w, DATA)->pins, 0);
		end_program(w);
		forget(w);
	}
	KUNIT_EXPECT_EQ(test, w->relieved, 2);
}

static struct kunit_case cp_cases[] = {
	KUNIT_CASE_PARAM(golden, golden_gen_params),
	KUNIT_CASE(idal_without_its_last_word),
	KUNIT_CASE(backward_idal),
	KUNIT_CASE(chained_output_is_not_skipped),
	KUNIT_CASE(chained_both_ways),
	KUNIT_CASE(chained_or_a_command),
	KUNIT_CASE(chained_or_a_command_behind_others),
	KUNIT_CASE(search_falls_through),
	KUNIT_CASE(no_fall_through_in_data_chain),
	KUNIT_CASE(runs_into_a_tic),
	KUNIT_CASE(tic_loops_end),
	KUNIT_CASE(orb_without_program),
	KUNIT_CASE(program_at_the_end),
	KUNIT_CASE(program_protected),
	KUNIT_CASE(data_nowhere),
	KUNIT_CASE(data_beyond_addresses),
	KUNIT_CASE(list_beyond_addresses),
	KUNIT_CASE(idaw_at_the_end_of_addresses),
	KUNIT_CASE(read_only_page),
	KUNIT_CASE(pages_are_pinned_once),
	KUNIT_CASE(neighbours_of_a_list_are_pinned_together),
	KUNIT_CASE(pages_are_pinned_as_used),
	KUNIT_CASE(pages_between_are_left_alone),
	KUNIT_CASE(one_bad_page),
	KUNIT_CASE(read_only_page_used_both_ways),
	KUNIT_CASE(write_only_page_used_both_ways),
	KUNIT_CASE(nothing_is_asked_for_twice),
	KUNIT_CASE(small_output_is_copied),
	KUNIT_CASE(small_outputs_are_read_together),
	KUNIT_CASE_PARAM(small_output, copy_gen_params),
	KUNIT_CASE(small_output_behind_backward_input),
	KUNIT_CASE(small_output_across_pages),
	KUNIT_CASE(idal_across_the_first_read),
	KUNIT_CASE(claims_to_the_end_of_addresses),
	KUNIT_CASE(small_output_amid_input),
	KUNIT_CASE(small_output_behind_many_inputs),
	KUNIT_CASE(midaws_that_are_an_idal),
	KUNIT_CASE(midaws_of_any_shape),
	KUNIT_CASE(midaws_skipped_beyond_their_page),
	KUNIT_CASE_PARAM(bad_midaws, midaw_gen_params),
	KUNIT_CASE(bad_midaw_lists),
	KUNIT_CASE(midaws_of_other_length),
	KUNIT_CASE(many_midaws),
	KUNIT_CASE(midaws_do_not_cross_a_page),
	KUNIT_CASE(limit_of_ccws),
	KUNIT_CASE(long_segment),
	KUNIT_CASE(long_segment_before_a_data_chain),
	KUNIT_CASE(limit_of_segments),
	KUNIT_CASE(limit_of_pages),
	KUNIT_CASE(limit_of_pages_in_any_order),
	KUNIT_CASE(limit_of_runs),
	KUNIT_CASE(limit_of_runs_of_a_tail),
	KUNIT_CASE(limit_of_idaws),
	KUNIT_CASE(limit_of_midaws),
	KUNIT_CASE(guest_errnos),
	KUNIT_CASE(ops_fail_one_by_one),
	KUNIT_CASE(ops_refuse_one_by_one),
	KUNIT_CASE(trouble_with_a_bad_page),
	KUNIT_CASE(no_room_at_all),
	KUNIT_CASE(memory_changes_behind_our_back),
	KUNIT_CASE(steady_state_allocates_nothing),
	KUNIT_CASE(memory_goes_back),
	KUNIT_CASE(addresses_of_status),
	KUNIT_CASE_PARAM(overwritten_ccws, overwritten_gen_params),
	KUNIT_CASE(overwritten_by_lists),
	KUNIT_CASE(overwritten_afterwards),
	KUNIT_CASE(bits_of_status),
	KUNIT_CASE(status_without_address),
	KUNIT_CASE_PARAM(extended_status, esw_gen_params),
	KUNIT_CASE(extended_control),
	KUNIT_CASE(checks_stay_what_they_are),
	KUNIT_CASE(orbs_refused),
	KUNIT_CASE(bits_of_the_orb),
	KUNIT_CASE(resume_in_a_new_tail),
	KUNIT_CASE(ends_while_resume_is_prepared),
	KUNIT_CASE(overwritten_by_a_tail),
	KUNIT_CASE(overwritten_before_a_tail),
	KUNIT_CASE(overwritten_until_a_resume),
	KUNIT_CASE(resume_and_start_again),
	KUNIT_CASE(resume_tail_after_tail),
	KUNIT_CASE(resume_without_clearing),
	KUNIT_CASE(resume_of_another_ccw),
	KUNIT_CASE(resume_fails),
	KUNIT_CASE(resume_of_nothing),
	KUNIT_CASE(resume_without_address),
	KUNIT_CASE(resume_without_address_of_branches),
	KUNIT_CASE(resume_without_address_of_neighbours),
	KUNIT_CASE(resume_is_refused),
	KUNIT_CASE(resume_fails_after_a_refusal),
	KUNIT_CASE(resume_forgets_what_was_prepared),
	KUNIT_CASE(resume_while_running),
	KUNIT_CASE(resume_while_running_of_nothing),
	KUNIT_CASE(resume_while_running_of_a_bit),
	KUNIT_CASE(resume_without_a_part),
	KUNIT_CASE(resume_one_of_two_places),
	KUNIT_CASE(resume_while_running_to_a_tic),
	KUNIT_CASE(resume_while_running_after_suspension),
	KUNIT_CASE(resume_past_another_place),
	KUNIT_CASE(resume_while_running_is_refused),
	KUNIT_CASE(release_in_any_stage),
	KUNIT_CASE(quarantine_keeps_the_pages),
	KUNIT_CASE(quarantine_of_nothing),
	{}
};

static struct kunit_suite cp_suite = {
	.name = "vfio_ccw_cp",
	.init = cp_init,
	.exit = cp_exit,
	.test_cases = cp_cases,
};

static struct kunit_suite cp_again_suite = {
	.name = "vfio_ccw_cp_again",
	.init = cp_again_init,
	.exit = cp_exit,
	.test_cases = cp_cases,
};

static struct kunit_case cp_kept_cases[] = {
	KUNIT_CASE(kept_for_the_next),
	KUNIT_CASE(kept_until_given_up),
	KUNIT_CASE(given_up_at_any_moment),
	KUNIT_CASE(claims_of_kept_neighbours),
	KUNIT_CASE(bad_page_amid_kept),
	KUNIT_CASE(read_only_page_that_is_kept),
	KUNIT_CASE(write_only_page_that_is_kept),
	KUNIT_CASE(limit_of_runs_amid_kept),
	KUNIT_CASE(found_in_part),
	KUNIT_CASE(tail_pins_for_itself),
	KUNIT_CASE(quarantine_of_kept_pages),
	KUNIT_CASE(kept_pages_make_room),
	{}
};

static struct kunit_suite cp_kept_suite = {
	.name = "vfio_ccw_cp_kept",
	.init = cp_kept_init,
	.exit = cp_exit,
	.test_cases = cp_kept_cases,
};

kunit_test_suites(&cp_suite, &cp_again_suite, &cp_kept_suite);

MODULE_DESCRIPTION("Tests of the translation of channel programs");
MODULE_LICENSE("GPL");
