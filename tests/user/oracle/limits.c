// SPDX-License-Identifier: GPL-2.0
/* The declared limits at n - 1, n and n + 1, and what the interface promises */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "tap.h"
#include "user_shim.h"
#include "world.h"
#include "tests/cp_build.h"

#define FMT1	0x00c0ff00u
#define FMT0	0x0040ff00u
#define ORB_S	0x08000000u	/* suspend control */
#define ORB_H	0x00020000u	/* format-2 IDAWs */
#define ORB_2K	0x00010000u	/* of 2 KiB */
#define ORB_D	0x00000040u	/* MIDAWs */

/* In the variant with tight arrays the translator keeps none of them */
#ifndef CP_ARRAY_TIGHT
#define CP_ARRAY_TIGHT	0
#endif

static void map_range(struct world *w, uint64_t iova, unsigned int npages)
{
	for (; npages; npages--, iova += W_PAGE)
		if (!w_map_any(w, iova, W_READ | W_WRITE))
			w_error(w, "the test has no room for its pages");
}

static void set_orb(struct world *w, uint32_t ctl, uint32_t cpa)
{
	ch_put32(w->orb, 1);
	ch_put32(w->orb + 4, ctl);
	ch_put32(w->orb + 8, cpa);
}

static bool check_as(struct world *w, int rc_wanted)
{
	struct w_want want = { .rc = rc_wanted };
	enum w_result result;
	int rc;

	result = w_check(w, &want, &rc);
	if (result != (rc_wanted ? W_REFUSED : W_EQUAL)) {
		w_error(w, "result %d, answered %d", result, rc);
		printf("# %s\n", w->error);
		return false;
	}
	return true;
}

/* A CCW of the format that the ORB says */
static void put_ccw(struct world *w, uint64_t iova, uint8_t cmd, uint8_t flags,
		    uint32_t count, uint32_t cda)
{
	uint8_t raw[8];

	if (ch_be32(w->orb + 4) & 0x00800000u) {
		w_put_ccw(w, iova, cmd, flags, count, cda);
		return;
	}
	ch_put32(raw, (uint32_t)cmd << 24 | cda);
	ch_put32(raw + 4, (uint32_t)flags << 24 | count);
	w_put(w, iova, raw, 8);
}

/* A chain of @n commands at ascending addresses */
static void build_ccws(struct world *w, unsigned int n)
{
	unsigned int i;

	map_range(w, 0x10000, n / 512 + 1);
	for (i = 0; i < n; i++)
		w_put_ccw(w, 0x10000 + 8 * i, CMD_NOOP,
			  i + 1 < n ? CCW_CC | CCW_SLI : CCW_SLI, 1, 0);
	set_orb(w, FMT1, 0x10000);
}

/* @n segments of two CCWs, each before the one it comes from in storage */
static void build_segments(struct world *w, unsigned int n)
{
	uint64_t at = 0x10000 + 32ull * n;
	unsigned int i;

	map_range(w, 0x10000, n / 128 + 2);
	set_orb(w, FMT1, (uint32_t)at);
	for (i = 1; i < n; i++, at -= 32) {
		w_put_ccw(w, at, CMD_NOOP, CCW_CC | CCW_SLI, 1, 0);
		w_put_ccw(w, at + 8, CMD_TIC, 0, 0, (uint32_t)at - 32);
		w_put_ccw(w, at + 16, CMD_NOOP, CCW_SLI, 1, 0);
	}
	w_put_ccw(w, at, CMD_NOOP, CCW_SLI, 1, 0);
}

/* Input into @n pages, sixteen with each CCW; the device has little to say */
static void build_pages(struct world *w, unsigned int n)
{
	uint64_t at = 0x10000, data = 0x1000000;
	unsigned int here;

	map_range(w, at, 5);
	map_range(w, data, n);
	set_orb(w, FMT1, (uint32_t)at);
	for (; n; n -= here, at += 8, data += 16 * W_PAGE) {
		here = n < 16 ? n : 16;
		w_put_ccw(w, at, CMD_READ, n > 16 ? CCW_CC | CCW_SLI : CCW_SLI,
			  (uint16_t)(here * W_PAGE - 1), (uint32_t)data);
	}
	w->nr_steps = 1;
	w->step[0] = (struct w_step){ .bytes = 3, .status = 0x0c };
}

/* Input into @n pages that are no neighbours, a CCW for each: @n runs */
static void build_runs(struct world *w, unsigned int n)
{
	uint64_t at = 0x10000, data = 0x1000000;

	map_range(w, at, 5);
	set_orb(w, FMT1, (uint32_t)at);
	for (; n; n--, at += 8, data += 2 * W_PAGE) {
		map_range(w, data, 1);
		w_put_ccw(w, at, CMD_READ, n > 1 ? CCW_CC | CCW_SLI : CCW_SLI,
			  16, (uint32_t)data);
	}
}

/* The same, the pages descending */
static void build_runs_down(struct world *w, unsigned int n)
{
	uint64_t at = 0x10000, data = 0x1000000 + 2 * W_PAGE * n;

	map_range(w, at, 5);
	set_orb(w, FMT1, (uint32_t)at);
	for (; n; n--, at += 8, data -= 2 * W_PAGE) {
		map_range(w, data, 1);
		w_put_ccw(w, at, CMD_READ, n > 1 ? CCW_CC | CCW_SLI : CCW_SLI,
			  16, (uint32_t)data);
	}
}

/* One run, of which every second page is missing: that and @n - 1 pieces */
static void build_pieces(struct world *w, unsigned int n)
{
	uint64_t at = 0x10000, data = 0x1000000;
	unsigned int i;

	map_range(w, at, 5);
	for (i = 0; i < n - 1; i++)
		map_range(w, data + 2 * W_PAGE * i, 1);
	set_orb(w, FMT1, (uint32_t)at);
	for (i = 0; i < 2 * (n - 1); i += 16, at += 8)
		w_put_ccw(w, at, CMD_READ, CCW_CC | CCW_SLI,
			  (i + 16 < 2 * (n - 1) ? 16 : 2 * (n - 1) - i) * W_PAGE - 1,
			  (uint32_t)data + i * W_PAGE);
	w_put_ccw(w, at, CMD_NOOP, CCW_SLI, 1, 0);
	w->nr_steps = 1;
	w->step[0] = (struct w_step){ .bytes = 3, .status = 0x0c };
}

/* @n IDAWs, thirty-two with each CCW, all of one list */
static void build_idaws(struct world *w, unsigned int n)
{
	unsigned int i, here;
	uint64_t at = 0x10000;
	uint8_t idaw[4];

	map_range(w, 0x8000, 3);
	map_range(w, at, 5);
	for (i = 0; i < 32; i++) {
		ch_put32(idaw, 0x9000 + i % 3 * 2048);
		w_put(w, 0x8000 + 4 * i, idaw, 4);
	}
	set_orb(w, FMT1, (uint32_t)at);
	for (; n; n -= here, at += 8) {
		here = n < 32 ? n : 32;
		w_put_ccw(w, at, CMD_WRITE,
			  n > 32 ? CCW_CC | CCW_SLI | CCW_IDA : CCW_SLI | CCW_IDA,
			  (uint16_t)(here * 2048 - 1), 0x8000);
	}
	w->nr_steps = 1;
	w->step[0] = (struct w_step){ .bytes = 2050, .status = 0x0c };
}

/* @n times a NO-OP and a TIC, which a status modifier skips: @n branches */
static void build_branches(struct world *w, unsigned int n)
{
	uint32_t end = 0x10000 + 16 * n;
	unsigned int i;

	map_range(w, 0x10000, n / 256 + 1);
	for (i = 0; i < n; i++) {
		w_put_ccw(w, 0x10000 + 16 * i, CMD_NOOP, CCW_CC | CCW_SLI, 1,
			  0);
		w_put_ccw(w, 0x10008 + 16 * i, CMD_TIC, 0, 0, end);
	}
	w_put_ccw(w, end, CMD_NOOP, CCW_SLI, 1, 0);
	set_orb(w, FMT1, 0x10000);
}

/* @n small outputs, to be copied */
static void build_copies(struct world *w, unsigned int n)
{
	unsigned int i;

	map_range(w, 0x8000, 1);
	map_range(w, 0x10000, n / 512 + 1);
	for (i = 0; i < n; i++)
		w_put_ccw(w, 0x10000 + 8 * i, CMD_WRITE,
			  i + 1 < n ? CCW_CC | CCW_SLI : CCW_SLI, 200,
			  0x8000 + i);
	set_orb(w, FMT1, 0x10000);
}

static const struct limit {
	const char *name;
	void (*build)(struct world *w, unsigned int n);
	unsigned int limit;
} limits[] = {
	{ "CCWs", build_ccws, VFIO_CCW_CP_MAX_CCWS },
	{ "segments", build_segments, VFIO_CCW_CP_MAX_SEGMENTS },
	{ "pages", build_pages, VFIO_CCW_CP_MAX_PAGES },
	{ "IDAWs", build_idaws, VFIO_CCW_CP_MAX_IDAWS },
	{ "runs", build_runs, VFIO_CCW_CP_MAX_RUNS },
	{ "runs, descending", build_runs_down, VFIO_CCW_CP_MAX_RUNS },
	{ "pieces of a run", build_pieces, VFIO_CCW_CP_MAX_RUNS },
};

static void with_n(struct world *w, const struct limit *l, unsigned int n,
		   int rc)
{
	w_reset(w);
	w->max_commands = 2 * VFIO_CCW_CP_MAX_CCWS;
	l->build(w, n);
	tap_ok(check_as(w, rc), "%u %s: %s", n, l->name,
	       rc ? "refused" : "runs");
	tap_ok(!user_large, "no large array is kept of it");
}

/* Arrays that grow with something that has no limit of its own */
static const struct limit others[] = {
	{ "branches", build_branches, 3000 },
	{ "small outputs", build_copies, 400 },
	/* Where the translator goes on in another way, see vfio_ccw_cp_pin.c */
	{ "small outputs that are read together", build_copies, 8 },
	{ "pages of one pin", build_pages, VFIO_CCW_PIN_MAX },
	{ "pages of two pins", build_pages, 2 * VFIO_CCW_PIN_MAX },
};

/* Ends of programs in which CCWs belong together, each a command and its flags */
static const struct form {
	const char *name;
	struct { uint8_t cmd, flags; } ccw[6];
} forms[] = {
	{ "search, data chain", { { 0x31, 0x60 }, { 0x02, 0xa0 }, { 0x01, 0x20 } } },
	{ "search, TIC, READ", { { 0x31, 0x60 }, { 0x08, 0 }, { 0x02, 0x20 } } },
	{ "search, READ, WRITE", { { 0x31, 0x60 }, { 0x02, 0x60 }, { 0x01, 0x20 } } },
	{ "search, longer data chain", { { 0x31, 0x60 }, { 0x01, 0xa0 },
		{ 0x02, 0xa0 }, { 0x01, 0xa0 }, { 0x02, 0x20 } } },
	{ "data chain", { { 0x02, 0xa0 }, { 0x01, 0xa0 }, { 0x02, 0x20 } } },
	{ "search, search, data chain", { { 0x31, 0x60 }, { 0x03, 0x60 },
		{ 0x31, 0x60 }, { 0x02, 0xa0 }, { 0x01, 0x20 } } },
	{ "search, suspend flag, READ", { { 0x31, 0x60 }, { 0x02, 0x62 },
		{ 0x01, 0x60 }, { 0x03, 0x20 } } },
};

/* The @n-th form behind @at CCWs; the search succeeds or not */
static void build_form(struct world *w, unsigned int n, unsigned int at,
		       bool found, uint32_t format)
{
	const struct form *f = &forms[n];
	uint64_t iova = 0x10000 + 8ull * at;
	unsigned int i;

	w_reset(w);
	w->max_commands = 2 * VFIO_CCW_CP_MAX_CCWS;
	map_range(w, 0x8000, 1);
	map_range(w, 0x10000, at / 512 + 2);
	map_range(w, 0x200000, 1);
	set_orb(w, format | ORB_S, 0x10000);
	put_ccw(w, 0x8000, CMD_NOOP, CCW_SLI, 1, 0);
	for (i = 0; i < at; i++)
		put_ccw(w, 0x10000 + 8 * i, CMD_NOOP, CCW_CC | CCW_SLI, 1, 0);
	for (i = 0; i < 6 && f->ccw[i].cmd; i++, iova += 8)
		if (f->ccw[i].cmd == 0x08)
			put_ccw(w, iova, CMD_TIC, 0, 0, 0x8000);
		else
			put_ccw(w, iova, f->ccw[i].cmd, f->ccw[i].flags, 4,
				0x200000 + 16 * i);
	w->nr_steps = 1;
	w->step[0] = (struct w_step){ .cmd = 0x31, .bytes = 4,
				      .status = found ? 0x4c : 0x0c };
}

static const uint32_t formats[] = { FMT1, FMT0 };

/* Where the translator takes a new read, or a new piece of memory */
static void joint_cases(struct world *w, unsigned int format)
{
	static const unsigned int joints[] = { 64, 512, 2048, 3584, 4096 };
	unsigned int i, n, at;
	bool ok;

	for (i = 0; i < sizeof(joints) / sizeof(*joints); i++) {
		for (n = 0; n < sizeof(forms) / sizeof(*forms); n++) {
			ok = true;
			for (at = joints[i] - 6; ok && at <= joints[i] + 1; at++) {
				build_form(w, n, at, true, formats[format]);
				ok = check_as(w, 0) && !w->variant_used;
				build_form(w, n, at, false, formats[format]);
				ok = ok && check_as(w, 0) && !w->variant_used;
			}
			tap_ok(ok, "%s at the joint behind %u CCWs, format %u (%u)",
			       forms[n].name, joints[i], 1 - format, at);
		}
	}
}

/* Ways to name the data of one CCW: its command, its flags, the ORB, the block */
static const struct data {
	const char *name;
	uint8_t cmd, flags;
	uint32_t ctl;
	unsigned int block;
} data[] = {
	{ "output", CMD_WRITE, 0, 0, 0 },
	{ "input", CMD_READ, 0, 0, 0 },
	{ "input backward", CMD_BACKWARD, 0, 0, 0 },
	{ "no operation", CMD_NOOP, 0, 0, 0 },
	{ "input that is skipped", CMD_READ, CCW_SKIP, 0, 0 },
	{ "output, IDAWs of format 1", CMD_WRITE, CCW_IDA, 0, 2048 },
	{ "input, IDAWs of 2K", CMD_READ, CCW_IDA, ORB_H | ORB_2K, 2048 },
	{ "output, IDAWs of 4K", CMD_WRITE, CCW_IDA, ORB_H, 4096 },
	{ "input backward, IDAWs of format 1", CMD_BACKWARD, CCW_IDA, 0, 2048 },
	{ "input backward, IDAWs of 4K", CMD_BACKWARD, CCW_IDA, ORB_H, 4096 },
	{ "input, MIDAWs", CMD_READ, CCW_MIDA, ORB_D, 4096 },
	{ "output, MIDAWs", CMD_WRITE, CCW_MIDA, ORB_D, 4096 },
};

#define LIST	0x8000u
#define AREA	0x200000u
#define BLOCKS	40u	/* pages there; no two blocks of a list are neighbours */

/* The list of @count bytes, the first of them at offset @off of its block */
static void put_list(struct world *w, const struct data *d, unsigned int count,
		     unsigned int off)
{
	bool back = d->cmd == CMD_BACKWARD;
	unsigned int i, left, len;
	uint8_t raw[16] = { 0 };
	uint32_t addr;

	off %= d->block;
	for (i = 0, left = count; left; i++, left -= len) {
		addr = AREA + W_PAGE * (i * 7 % BLOCKS) +
			(i ? back ? d->block - 1 : 0 : off);
		len = back ? addr % d->block + 1 : d->block - addr % d->block;
		len = len < left ? len : left;
		ch_put32(raw, addr);
		if (d->ctl & ORB_D) {
			memset(raw, 0, 4);
			raw[5] = len == left ? 0x80 : 0;
			raw[6] = (uint8_t)(len >> 8);
			raw[7] = (uint8_t)len;
			ch_put64(raw + 8, addr);
			w_put(w, LIST + 16 * i, raw, 16);
		} else if (d->ctl & ORB_H) {
			ch_put64(raw, addr);
			w_put(w, LIST + 8 * i, raw, 8);
		} else {
			w_put(w, LIST + 4 * i, raw, 4);
		}
	}
}

static void build_data(struct world *w, const struct data *d, uint32_t format,
		       unsigned int count, unsigned int off)
{
	uint32_t cda = AREA + off;

	w_reset(w);
	map_range(w, LIST, 1);
	map_range(w, 0x10000, 1);
	map_range(w, AREA, BLOCKS);
	set_orb(w, format | d->ctl, 0x10000);
	if (d->cmd == CMD_BACKWARD)
		cda += 20 * W_PAGE;
	if (d->block)
		put_list(w, d, count, off);
	put_ccw(w, 0x10000, d->cmd, d->flags | CCW_CC | CCW_SLI, count,
		d->block ? LIST : cda);
	/* Input right behind what is copied, or not */
	put_ccw(w, 0x10008, CMD_READ, CCW_SLI, 4, AREA + 38 * W_PAGE);
}

/* Counts and places at which data is copied, pinned or listed in another way */
static void data_cases(struct world *w, unsigned int format)
{
	static const unsigned int counts[] = {
		1, 255, 256, 257, 2047, 2048, 2049, 4095, 4096, 4097, 61440,
		61441, 65534, 65535,
	};
	static const unsigned int offs[] = { 0, 1, 2047, 2048, 4095 };
	unsigned int n, c, o;
	bool ok;

	for (n = 0; n < sizeof(data) / sizeof(*data); n++) {
		ok = true;
		for (c = 0; ok && c < sizeof(counts) / sizeof(*counts); c++) {
			for (o = 0; ok && o < sizeof(offs) / sizeof(*offs); o++) {
				build_data(w, &data[n], formats[format],
					   counts[c], offs[o]);
				ok = check_as(w, 0);
				if (!ok)
					printf("# %u bytes at %u\n", counts[c],
					       offs[o]);
			}
		}
		tap_ok(ok, "%s of each length at each place, format %u",
		       data[n].name, 1 - format);
	}
}

void limit_cases(void)
{
	struct world *w = w_new(VFIO_CCW_CP_MAX_PAGES + 64);
	unsigned int i, n;

	with_n(w, &limits[0], 255, 0);
	with_n(w, &limits[0], 256, 0);
	with_n(w, &limits[0], 257, 0);
	with_n(w, &limits[1], 17, 0);
	for (i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		with_n(w, &limits[i], limits[i].limit - 1, 0);
		with_n(w, &limits[i], limits[i].limit, 0);
		with_n(w, &limits[i], limits[i].limit + 1, -E2BIG);
	}
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		for (n = others[i].limit - 1; n <= others[i].limit + 1; n++)
			with_n(w, &others[i], n, 0);
	for (i = 0; i < 2; i++) {
		joint_cases(w, i);
		data_cases(w, i);
	}
	w_free(w);
}

/* A program with a list, direct data, and a place of suspension behind it */
static void build_mixed(struct world *w)
{
	static const uint8_t list[] = { 0, 0, 0, 0, 0, 0, 0x40, 0,
					0, 0, 0, 0, 0, 0, 0x60, 0 };

	w_reset(w);
	map_range(w, 0x1000, 8);
	w_put(w, 0x1100, list, sizeof(list));
	w_put_ccw(w, 0x1000, CMD_WRITE, CCW_CC, 0x1000, 0x2800);
	w_put_ccw(w, 0x1008, CMD_READ, CCW_CC | CCW_IDA, 0x2000, 0x1100);
	w_put_ccw(w, 0x1010, CMD_READ, CCW_CC | CCW_SLI, 0x1000, 0x7000);
	w_put_ccw(w, 0x1018, CMD_READ, CCW_SLI | CCW_S, 0x1000, 0x7000);
	set_orb(w, FMT1 | ORB_S | ORB_H, 0x1000);
}

static bool translate(struct world *w)
{
	struct vfio_ccw_orb orb;

	if (!w->cp)
		w->cp = vfio_ccw_cp_alloc(w_mem_ops(), w);
	memcpy(&orb, w->orb, sizeof(orb));
	return !vfio_ccw_cp_check_orb(&orb) &&
	       !vfio_ccw_cp_translate(w->cp, &orb);
}

static void orb_bits(void)
{
	struct vfio_ccw_orb orb = { 0 };
	bool ok = true;
	unsigned int bit;
	int rc, want;

	for (bit = 0; bit < 32; bit++) {
		ch_put32((uint8_t *)&orb.ctl, FMT1 | 1u << bit);
		rc = vfio_ccw_cp_check_orb(&orb);
		want = bit == 18 ? -EOPNOTSUPP :
		       bit >= 1 && bit <= 5 ? -EINVAL : 0;
		if (rc != want) {
			printf("# bit %u of ORB word 1: %d\n", bit, rc);
			ok = false;
		}
	}
	tap_ok(ok, "ORB: transport mode and reserved bits are refused, nothing else");
}

/* A program of every kind; or @n of something, whose arrays are not large yet */
static void steady_state(struct world *w, const struct limit *l, unsigned int n)
{
	unsigned long allocs;
	bool ok;

	build_mixed(w);
	if (l) {
		w_reset(w);
		l->build(w, n);
	}
	ok = translate(w) && (vfio_ccw_cp_release(w->cp), translate(w));
	vfio_ccw_cp_release(w->cp);
	allocs = user_allocs;
	w->alloc_calls = 0;
	ok = ok && translate(w);
	tap_ok(ok && (user_allocs == allocs || CP_ARRAY_TIGHT) &&
	       !w->alloc_calls, "the same program again allocates nothing, %u %s",
	       n, l ? l->name : "of every kind");
	vfio_ccw_cp_release(w->cp);
}

static void quarantine(struct world *w)
{
	unsigned int i, held = 0;
	uint8_t orb[12];
	bool ok;

	build_mixed(w);
	ok = translate(w);
	vfio_ccw_cp_host_orb(w->cp, 7, (struct vfio_ccw_orb *)orb);
	vfio_ccw_cp_quarantine(w->cp);
	for (i = 0; i < w->nr_pages; i++)
		held += w->page[i].holds;
	tap_ok(ok && !w->nr_pins && held >= 5,
	       "quarantine: nothing pinned, %u pages held", held);
	tap_ok(!vfio_ccw_cp_uses(w->cp, 0, 0x10000),
	       "quarantine claims nothing");
	tap_ok(w_find_alloc(w, ch_be32(orb + 8), 8),
	       "quarantine keeps the host program");
	vfio_ccw_cp_release(w->cp);
	for (held = 0, i = 0; i < w->nr_pages; i++)
		held += w->page[i].holds;
	tap_ok(!held && !w->error[0], "release ends a quarantine");
}

static void claims(struct world *w)
{
	build_mixed(w);
	tap_ok(translate(w) && vfio_ccw_cp_uses(w->cp, 0x6000, 1) &&
	       vfio_ccw_cp_uses(w->cp, 0x6fff, 1) &&
	       vfio_ccw_cp_uses(w->cp, 0, ~0ull) &&
	       vfio_ccw_cp_uses(w->cp, 0x5000, 0x1001) &&
	       vfio_ccw_cp_uses(w->cp, 0x7fff, ~0ull - 0x7fff),
	       "claims every page it has pinned");
	tap_ok(!vfio_ccw_cp_uses(w->cp, 0x5000, 0x1000) &&
	       !vfio_ccw_cp_uses(w->cp, 0x8000, ~0ull - 0x8000) &&
	       !vfio_ccw_cp_uses(w->cp, 0x6000, 0),
	       "claims no other page");
	vfio_ccw_cp_release(w->cp);
	tap_ok(!vfio_ccw_cp_uses(w->cp, 0, ~0ull), "claims nothing in the end");
}

static bool leaks(const struct vfio_ccw_irb *irb)
{
	const uint8_t *raw = (const uint8_t *)irb;

	return w_is_host_address(ch_be32(raw + 4)) ||
	       w_is_host_address(ch_be32(raw + 20)) ||
	       (ch_be32(raw + 16) & 0x00400000u &&
		w_is_host_address(ch_be64(raw + 20))) ||
	       w_is_host_address(ch_be32(raw + 28));
}

static void strip(void)
{
	struct vfio_ccw_irb irb;
	uint8_t *raw = (uint8_t *)&irb;
	bool ok = true;
	unsigned int wide;

	for (wide = 0; wide < 2; wide++) {
		memset(raw, 0x11, sizeof(irb));
		ch_put32(raw, 0x04804017);
		ch_put32(raw + 4, W_ARENA + 8);
		ch_put32(raw + 16, wide ? 0x02c00000 : 0x02800000);
		if (wide)
			ch_put64(raw + 20, W_HOST_HIGH);
		else
			ch_put32(raw + 20, W_HOST_LOW);
		ch_put32(raw + 28, W_ARENA);
		vfio_ccw_cp_strip(&irb);
		ok = ok && !leaks(&irb) && raw[8] == 0x11 && !raw[32] &&
		     !raw[95];
	}
	tap_ok(ok, "strip takes addresses and the host's words out of a status");
}

static int prepare_resume(struct vfio_ccw_cp *cp, uint32_t cpa)
{
	vfio_ccw_cp_begin_resume(cp, true, cpa);
	return vfio_ccw_cp_prepare_resume(cp);
}

/* Where a suspended program is left, or replaced, instead of resumed */
static void suspended_ways(struct world *w)
{
	uint32_t cpa;
	uint8_t orb[12];
	bool ok;
	int rc;

	build_mixed(w);
	w_put_ccw(w, 0x1010, CMD_READ, CCW_SLI, 0x1000, 0x7000);
	ok = translate(w);
	rc = prepare_resume(w->cp, 0);
	tap_ok(ok && rc == -EINVAL, "no resumption where no CCW suspends (%d)",
	       rc);
	build_mixed(w);
	set_orb(w, FMT1 | ORB_H, 0x1000);
	ok = translate(w);
	rc = prepare_resume(w->cp, 0);
	tap_ok(ok && rc == -EINVAL, "no resumption without suspend control (%d)",
	       rc);
	build_mixed(w);
	ok = translate(w);
	vfio_ccw_cp_host_orb(w->cp, 7, (struct vfio_ccw_orb *)orb);
	cpa = ch_be32(orb + 8);
	w->resumed = true;
	rc = prepare_resume(w->cp, cpa + 8 * 1000);
	tap_ok(ok && !rc, "resumption without the address of a CCW (%d)", rc);
	rc = prepare_resume(w->cp, W_HOST_LOW + 8);
	tap_ok(!rc, "resumption with an address of nobody (%d)", rc);
	vfio_ccw_cp_commit_resume(w->cp);
	vfio_ccw_cp_resumed(w->cp);
	ok = !prepare_resume(w->cp, 0) && !prepare_resume(w->cp, 0);
	tap_ok(ok && !w->error[0], "a tail is prepared again before it is used");
	vfio_ccw_cp_release(w->cp);
	tap_ok(!w->nr_pins, "a prepared tail is released with its program");
	w->resumed = false;
	ok = translate(w) && translate(w);
	tap_ok(ok && !w->error[0], "a new program takes the place of an old one");
	vfio_ccw_cp_release(w->cp);
}

static void statistics(struct world *w)
{
	struct vfio_ccw_cp_stats st;

	build_mixed(w);
	w_put_ccw(w, 0x1010, CMD_READ, CCW_SLI, 0x1000, 0x7000);
	translate(w);
	vfio_ccw_cp_stats(w->cp, &st);
	tap_ok(st.ccws == 3 && st.segments == 1 && st.idaws == 2,
	       "statistics: %u CCWs, %u segments, %u IDAWs", st.ccws,
	       st.segments, st.idaws);
	/* 2000 and 3000; 4000 and 6000; 7000 */
	tap_ok(st.pages == 5 && st.pins >= 2 && st.pins <= 3,
	       "pages next to each other are pinned together: %u pages, %u calls",
	       st.pages, st.pins);
	vfio_ccw_cp_release(w->cp);
}

void api_cases(void)
{
	struct world *w = w_new(64);

	orb_bits();
	strip();
	steady_state(w, NULL, 0);
	steady_state(w, &limits[0], 255);
	steady_state(w, &limits[0], 256);
	/* in an array of 32 KiB, the largest that is kept */
	steady_state(w, &limits[3], 4000);
	claims(w);
	quarantine(w);
	suspended_ways(w);
	statistics(w);
	if (!tap_ok(w_drop(w), "nothing is left of any of these"))
		printf("# %s\n", w->error);
	w_free(w);
}
