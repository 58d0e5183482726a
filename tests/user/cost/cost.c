// SPDX-License-Identifier: GPL-2.0
/*
 * No program of n CCWs and words costs more than n log n
 *
 * The translator is compiled so that it calls a function in each basic block. A
 * step is one of these calls, eight bytes read, or one page that a pin call names.
 * Programs of the shapes that make its loops longest are translated, reported on
 * and released at n, 2n and 4n; what grows with the square is 16 times as much
 * at 4n. So with a store of kept pins, too: an empty one, one that has what the
 * program uses, and some that have what makes the most work for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "user_shim.h"
#include "world.h"
#include "tests/cp_build.h"

#define FMT1	0x00c0ff00u
#define PROG	0x10000u
#define DATA	0x1000000u

/* From n to 4n, n log n grows by less than 4.8 where n is 1024 or more */
#define MOST_AT_2N	240	/* percent */
#define MOST_AT_4N	500

/* Pins for 4n: all can be kept, with those of the pages that have the program */
#define MOST_KEPT	2000

static unsigned long long blocks, steps_made;

void __sanitizer_cov_trace_pc(void)
{
	blocks += !w_checking;
}

static void map_range(struct world *w, uint64_t iova, unsigned int npages)
{
	for (; npages; npages--, iova += W_PAGE)
		if (!w_find(w, iova))
			w_map_any(w, iova, W_READ | W_WRITE);
}

static void map_program(struct world *w, unsigned int n)
{
	map_range(w, PROG, n / 512 + 1);
}

/* CCW @i of @n */
static void put(struct world *w, unsigned int i, unsigned int n, uint8_t cmd,
		uint32_t count, uint32_t cda)
{
	w_put_ccw(w, PROG + 8 * i, cmd, i + 1 < n ? CCW_CC | CCW_SLI : CCW_SLI,
		  count, cda);
}

/* Small outputs, where they are and what is there */

static void outputs_of_one_area(struct world *w, unsigned int n)
{
	unsigned int i;

	map_range(w, DATA, 1);
	for (i = 0; i < n; i++)
		put(w, i, n, 0x01, 16, DATA);
}

static void outputs_next_to_each_other(struct world *w, unsigned int n)
{
	unsigned int i;

	map_range(w, DATA, 1);
	for (i = 0; i < n; i++)
		put(w, i, n, 0x01, 64, DATA + i % 256);
}

static void outputs_of_a_hole(struct world *w, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		put(w, i, n, 0x01, 16, DATA + 8 * (i % 8));
}

static void outputs_amid_input(struct world *w, unsigned int n)
{
	unsigned int i;

	map_range(w, DATA, 64);
	for (i = 0; i < n; i++)
		put(w, i, n, i % 2 ? 0x02 : 0x01, 16,
		    DATA + W_PAGE * (63 - i % 64));
}

/* Pages */

static void pages_descending(struct world *w, unsigned int n)
{
	unsigned int i;

	map_range(w, DATA, 2 * n);
	for (i = 0; i < n; i++)
		put(w, i, n, 0x02, 16, DATA + 2 * W_PAGE * (n - i));
}

static void pages_of_many_ccws(struct world *w, unsigned int n)
{
	unsigned int i;

	map_range(w, DATA, 80);
	for (i = 0; i < n; i++)
		put(w, i, n, i % 3 ? 0x02 : 0x01, 0xffff,
		    DATA + W_PAGE * (i * 37 % 64));
}

static void every_second_page_missing(struct world *w, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n * 3 / 2; i++)
		map_range(w, DATA + 2 * W_PAGE * i, 1);
	for (i = 0; i < n; i++)
		put(w, i, n, 0x02, 3 * W_PAGE, DATA + 3 * W_PAGE * i);
}

static void missing_pages_both_ways(struct world *w, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		put(w, i, n, i % 2 ? 0x01 : 0x02, 3 * W_PAGE,
		    DATA + 3 * W_PAGE * (i / 2));
}

/* Lists */

static void idaws_descending(struct world *w, unsigned int n)
{
	uint8_t raw[4];
	unsigned int i;

	map_range(w, DATA, 34);
	for (i = 0; i < 32; i++) {
		ch_put32(raw, DATA + W_PAGE * (33 - i));
		w_put(w, DATA + 4 * i, raw, 4);
	}
	for (i = 0; i < n; i++)
		w_put_ccw(w, PROG + 8 * i, CMD_READ,
			  i + 1 < n ? CCW_CC | CCW_SLI | CCW_IDA : CCW_SLI | CCW_IDA,
			  0xffff, DATA);
}

static void midaws_of_a_byte(struct world *w, unsigned int n)
{
	uint8_t raw[16] = { 0 };
	unsigned int i;

	map_range(w, DATA, 34);
	for (i = 0; i < 256; i++) {
		raw[5] = i < 255 ? 0 : 0x80;
		raw[7] = 1;
		ch_put64(raw + 8, DATA + W_PAGE * (33 - i % 33));
		w_put(w, DATA + 16 * i, raw, 16);
	}
	for (i = 0; i < n; i++)
		w_put_ccw(w, PROG + 8 * i, CMD_READ,
			  i + 1 < n ? CCW_CC | CCW_SLI | CCW_MIDA : CCW_SLI | CCW_MIDA,
			  256, DATA);
}

/* Segments: @at(k) is where the k-th is */

static void segments(struct world *w, unsigned int n,
		     uint32_t (*at)(unsigned int k))
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		map_range(w, at(i), 1);
		w_put_ccw(w, at(i), CMD_NOOP,
			  i + 1 < n ? CCW_CC | CCW_SLI : CCW_SLI, 1, 0);
		if (i + 1 < n)
			w_put_ccw(w, at(i) + 8, CMD_TIC, 0, 0, at(i + 1));
	}
	map_range(w, PROG, 1);
	w_put_ccw(w, PROG, CMD_NOOP, CCW_CC | CCW_SLI, 1, 0);
	w_put_ccw(w, PROG + 8, CMD_TIC, 0, 0, at(0));
}

static uint32_t far_apart(unsigned int k)
{
	return 0x20000 + 0x20000 * k;
}

static void segments_far_apart(struct world *w, unsigned int n)
{
	segments(w, n, far_apart);
}

/* Where a multiplicative hash, as the kernel has it, gives ten zero bits */
static uint32_t colliding(unsigned int k)
{
	static uint32_t found[1024];
	static unsigned int n;
	uint32_t v;

	if (!n)
		for (v = 0x20000 / 8; n < 1024; v++)
			if (!(v * 0x61c88647u >> 22) && v % 512 < 510 &&
			    (!n || found[n - 1] >> 12 != v >> 9))
				found[n++] = 8 * v;
	return found[k];
}

static void segments_that_collide(struct world *w, unsigned int n)
{
	segments(w, n, colliding);
}

static void tics_to_one_place(struct world *w, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (i % 2)
			w_put_ccw(w, PROG + 8 * i, CMD_TIC, 0, 0, PROG);
		else
			put(w, i, n, 0x03, 1, 0);
	put(w, n - 1, n, 0x03, 1, 0);
}

/* Interruptions, as many as there are CCWs; addresses of the program and others */
static void report(struct world *w, unsigned int n)
{
	struct vfio_ccw_irb irb;
	struct vfio_ccw_orb orb;
	unsigned int i;

	vfio_ccw_cp_host_orb(w->cp, 0, &orb);
	for (i = 0; i < n; i++) {
		memset(&irb, 0, sizeof(irb));
		ch_put32((uint8_t *)&irb, 0x00804009);
		ch_put32((uint8_t *)&irb + 4, i % 2 ? 0x1000 :
			 ch_be32((uint8_t *)&orb.cpa) + 8 * i);
		vfio_ccw_cp_complete(w->cp, &irb);
	}
}

/* The second CCW has the suspend flag; the tail is all the rest */
static void resume(struct world *w, unsigned int n)
{
	put(w, 1, n, 0x02, 16, DATA);
	vfio_ccw_cp_begin_resume(w->cp, true, 0);
	w->resumed = true;
	if (vfio_ccw_cp_prepare_resume(w->cp))
		w_error(w, "it was refused");
	vfio_ccw_cp_commit_resume(w->cp);
	vfio_ccw_cp_resumed(w->cp);
}

static void suspended(struct world *w, unsigned int n)
{
	pages_of_many_ccws(w, n);
	w_put_ccw(w, PROG + 8, CMD_READ, CCW_CC | CCW_SLI | CCW_S, 16, DATA);
}

/* Each TIC leads to a CCW with the suspend flag */
static uint32_t stop_at(unsigned int k)
{
	return DATA + 16 * k;
}

static void places_of_suspension(struct world *w, unsigned int n)
{
	unsigned int i;

	map_range(w, PROG, 2 * n / 512 + 1);
	map_range(w, DATA, n / 256 + 1);
	for (i = 0; i < n; i++) {
		put(w, 2 * i, 2 * n + 1, 0x03, 1, 0);
		w_put_ccw(w, PROG + 16 * i + 8, CMD_TIC, 0, 0, stop_at(i));
		w_put_ccw(w, stop_at(i), CMD_NOOP, CCW_SLI | CCW_S, 1, 0);
	}
	put(w, 2 * n, 2 * n + 1, 0x03, 1, 0);
}

/* All of these become TICs, while the channel may come to any of them */
static void resume_at_tics(struct world *w, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		w_put_ccw(w, stop_at(i), CMD_TIC, 0, 0, PROG + 16 * n);
	vfio_ccw_cp_begin_resume(w->cp, false, 0);
	w->resumed = true;
	if (vfio_ccw_cp_prepare_resume(w->cp))
		w_error(w, "it was refused");
	vfio_ccw_cp_commit_resume(w->cp);
	vfio_ccw_cp_resumed(w->cp);
}

/* What is kept */

/* Every second page, each by a pin of its own; then all of them, in long runs */
static void second_pages(struct world *w, unsigned int n)
{
	unsigned int i;

	map_range(w, DATA, 2 * n);
	for (i = 0; i < n; i++)
		put(w, i, n, 0x02, 16, DATA + 2 * W_PAGE * i);
}

static void all_pages(struct world *w, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n / 8; i++)
		put(w, i, n / 8, 0x02, 0xffff, DATA + 16 * W_PAGE * i);
}

/* As many pins as there may be, of which each new one takes the place */
static void other_pages(struct world *w, unsigned int n)
{
	unsigned int i;

	map_range(w, PROG, 2048 / 512 + 1);
	map_range(w, DATA + 0x4000000, 4096);
	for (i = 0; i < 2048; i++)
		put(w, i, 2048, 0x02, 16, DATA + 0x4000000 + 2 * W_PAGE * i);
}

/* Two pages each, in two records of the table */
static void pages_astride(struct world *w, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		map_range(w, DATA + W_PAGE * (63 + 128 * i), 2);
		put(w, i, n, 0x02, 0x1800, DATA + W_PAGE * (63 + 128 * i));
	}
}

/* Kept for output, needed for input */
static void pages_for_output(struct world *w, unsigned int n)
{
	unsigned int i;

	map_range(w, DATA, 2 * n);
	for (i = 0; i < n; i++)
		put(w, i, n, 0x01, 2048, DATA + 2 * W_PAGE * i);
}

static const struct shape {
	const char *name;
	void (*build)(struct world *w, unsigned int n);
	unsigned int most;		/* 4n */
	uint32_t ctl;
	void (*then)(struct world *w, unsigned int n);
	void (*before)(struct world *w, unsigned int n);	/* kept */
} shapes[] = {
	{ "small outputs of one area", outputs_of_one_area, 8000 },
	{ "small outputs next to each other", outputs_next_to_each_other, 8000 },
	{ "small outputs that are not there", outputs_of_a_hole, 8000 },
	{ "small outputs amid input", outputs_amid_input, 8000 },
	{ "pages that descend", pages_descending, MOST_KEPT },
	{ "pages that many CCWs use", pages_of_many_ccws, 8000 },
	{ "every second page missing", every_second_page_missing, 1024 },
	{ "missing pages, used both ways", missing_pages_both_ways, 8000 },
	{ "IDAWs of descending pages", idaws_descending, 2000, 0 },
	{ "MIDAWs of one byte", midaws_of_a_byte, 240, 0x40 },
	{ "segments far apart", segments_far_apart, 1000 },
	{ "segments that collide in a hash", segments_that_collide, 1000 },
	{ "segments and interruptions", segments_far_apart, 1000, 0, report },
	{ "TICs to one place", tics_to_one_place, 8000 },
	{ "TICs and interruptions", tics_to_one_place, 8000, 0, report },
	{ "a resume", suspended, 8000, 0x08000000u, resume },
	{ "a resume where TICs come to stand", places_of_suspension, 1000,
	  0x08000000u, resume_at_tics },
};

static const struct shape kept_shapes[] = {
	{ "all pages, every second one kept", all_pages, MOST_KEPT / 2,
	  .before = second_pages },
	{ "pages for which others have to go", pages_descending,
	  MOST_KEPT,
	  .before = other_pages },
	{ "pages astride records for which others have to go", pages_astride,
	  MOST_KEPT, .before = other_pages },
	{ "pages astride records", pages_astride, MOST_KEPT,
	  .before = pages_astride },
	{ "pages kept for output", pages_descending, MOST_KEPT / 2,
	  .before = pages_for_output },
};

enum how {
	ALONE,
	COLD,		/* an empty store */
	WARM,		/* the program was there before, or shape.before */
	STALE,		/* ... and all is given up as soon as it is admitted */
};

static const char * const hows[] = {
	"", ", to be kept", ", kept", ", given up meanwhile",
};

/* Fill the store, and admit the program that is measured */
static void prepare_store(struct world *w, const struct shape *s,
			  unsigned int n, enum how how,
			  const struct vfio_ccw_orb *orb)
{
	w->keeps = how != ALONE;
	w_attach_store(w);
	if (how == ALONE)
		return;
	w_admit(w);
	if (how != COLD) {
		if (s->before)
			s->before(w, n);
		if (vfio_ccw_cp_translate(w->cp, orb))
			w_error(w, "what is to be kept was refused");
		vfio_ccw_cp_release(w->cp);
		if (s->before)
			s->build(w, n);
		w_admit(w);
	}
	if (how == STALE) {
		w->loss[0] = (struct w_loss){ W_LOSS_BEFORE, 0, ~0ull, false };
		w->nr_losses = 1;
		w_lose(w, W_LOSS_BEFORE, 0);
	}
}

static unsigned long long steps(struct world *w, const struct shape *s,
				unsigned int n, enum how how)
{
	struct vfio_ccw_orb orb;
	unsigned long long pages;
	int rc;

	w_reset(w);
	map_program(w, n);
	s->build(w, n);
	ch_put32(w->orb + 4, FMT1 | s->ctl);
	ch_put32(w->orb + 8, PROG);
	memcpy(&orb, w->orb, sizeof(orb));
	w->resumed = false;
	prepare_store(w, s, n, how, &orb);
	w->read_bytes = 0;
	w->pin_pages = 0;
	blocks = 0;
	rc = vfio_ccw_cp_translate(w->cp, &orb);
	if (rc)
		w_error(w, "%u: answered %d", n, rc);
	else if (s->then)
		s->then(w, n);
	vfio_ccw_cp_release(w->cp);
	pages = w->pin_pages;
	if (w->keeps) {
		steps_made = blocks;
		w_forget(w);
		blocks = steps_made;
	}
	return blocks + w->read_bytes / 8 + pages;
}

static void grows(struct world *w, const struct shape *s, enum how how)
{
	unsigned int n = s->most / 4;
	unsigned long long one = steps(w, s, n, how);
	unsigned long long two = steps(w, s, 2 * n, how);
	unsigned long long four = steps(w, s, 4 * n, how);
	bool ok;

	ok = one > n && two * 100 <= one * MOST_AT_2N &&
	     four * 100 <= one * MOST_AT_4N && !w->error[0];
	if (!tap_ok(ok, "%s%s: %llu, %llu, %llu steps at %u, %u, %u", s->name,
		    hows[how], one, two, four, n, 2 * n, 4 * n))
		printf("# %s\n", w->error);
}

int main(void)
{
	struct world *w = w_new(20000);
	enum how how;
	unsigned int i;

	w->cp = vfio_ccw_cp_alloc(w_mem_ops(), w);
	for (how = ALONE; how <= STALE; how++)
		for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
			grows(w, &shapes[i], how);
	for (i = 0; i < sizeof(kept_shapes) / sizeof(*kept_shapes); i++) {
		grows(w, &kept_shapes[i], WARM);
		grows(w, &kept_shapes[i], STALE);
	}
	w_free(w);
	tap_ok(!user_warnings, "no warning was given");
	return tap_done();
}
