// SPDX-License-Identifier: GPL-2.0
/*
 * A generator of programs that cross themselves
 *
 * A dozen CCWs next to each other, each of which may lead to any other: chains
 * that are entered in the middle, heads of chains that a status modifier passes
 * over, several suspend flags. Data and lists are simple and right, so that a
 * program goes far.
 */
#include <string.h>

#include "scenario.h"
#include "tests/cp_build.h"

#define CODE		0x1000u
#define LISTS		0x2000u
#define DATA		0x4000u
#define DATA_PAGES	4
#define HOLE		0x9000u
#define MAX_CCWS	12

#define CTL_FMT1	0x00800000u
#define CTL_SUSPEND	0x08000000u
#define CTL_IDAW2	0x00020000u

struct crowd {
	struct world *w;
	struct bytes *b;
	uint32_t ctl;
	unsigned int n;			/* CCWs */
};

static void put(const struct crowd *g, uint8_t raw[8], uint8_t cmd,
		uint8_t flags, uint8_t count, uint32_t cda)
{
	ch_put64(raw, g->ctl & CTL_FMT1 ? CCW1(cmd, flags, count, cda) :
					  CCW0(cmd, cda, flags, count));
}

/* The last one does not go on: behind it is nothing */
static void some_ccw(const struct crowd *g, uint8_t raw[8], bool last)
{
	static const uint8_t cmds[] = {
		0x01, 0x02, 0x01, 0x02, 0x31, 0x0c, 0x03, 0x07, 0x04, 0x00,
	};
	uint8_t flags = often(g->b, 95) ? 0x20 : 0;
	uint8_t count = 1 + below(g->b, 8);
	uint32_t cda;

	if (often(g->b, last ? 60 : 22)) {
		put(g, raw, 0x08, 0, 0, CODE + 8 * below(g->b, g->n));
		return;
	}
	if (!last)
		flags |= often(g->b, 35) ? 0x80 : 0x40;
	if (often(g->b, 5))
		flags |= 0x10;
	if (often(g->b, g->ctl & CTL_SUSPEND ? 30 : 1))
		flags |= 0x02;
	cda = DATA + W_PAGE * below(g->b, DATA_PAGES) +
	      0x100 * below(g->b, 8) + below(g->b, 4);
	if (often(g->b, 3))
		cda = HOLE;
	if (often(g->b, 12)) {
		flags |= 0x04;
		cda = LISTS + 16 * below(g->b, 16);
	}
	put(g, raw, cmds[below(g->b, sizeof(cmds))], flags, count, cda);
}

static void map_all(const struct crowd *g)
{
	uint8_t raw[8];
	unsigned int i;

	w_map_any(g->w, CODE, W_READ | W_WRITE);
	w_map_any(g->w, LISTS, W_READ | W_WRITE);
	for (i = 0; i < DATA_PAGES; i++)
		w_map_any(g->w, DATA + W_PAGE * i, W_READ | W_WRITE);
	for (i = 0; i < 16; i++) {
		ch_put64(raw, DATA + W_PAGE * below(g->b, DATA_PAGES) +
			 below(g->b, W_PAGE));
		if (g->ctl & CTL_IDAW2)
			w_put(g->w, LISTS + 16 * i, raw, 8);
		else
			w_put(g->w, LISTS + 16 * i, raw + 4, 4);
	}
}

/* From CCW @k on, one with the suspend flag, or @k */
static unsigned int with_flag(const struct crowd *g, unsigned int k,
			      unsigned int at)
{
	const uint8_t *code = w_find(g->w, CODE)->data;
	unsigned int i;

	for (i = 0; i < g->n; i++)
		if (code[8 * ((k + i) % g->n) + at] & 0x02)
			return (k + i) % g->n;
	return k;
}

/* While it is suspended: a flag goes, or a CCW becomes another one */
static void some_edit(const struct crowd *g, unsigned int stage)
{
	struct w_edit *e = &g->w->edit[g->w->nr_edits++];
	unsigned int at = g->ctl & CTL_FMT1 ? 1 : 4;
	unsigned int k = below(g->b, g->n);
	const uint8_t *code = w_find(g->w, CODE)->data;

	e->stage = stage;
	if (often(g->b, 65)) {
		k = with_flag(g, k, at);
		e->iova = CODE + 8 * k + at;
		e->len = 1;
		e->bytes[0] = code[8 * k + at] & (uint8_t)~0x02;
		return;
	}
	e->iova = CODE + 8 * k;
	e->len = 8;
	some_ccw(g, e->bytes, k + 1 == g->n);
	/* The same flag, other data: what leads there must be kept up */
	if (often(g->b, 50))
		e->bytes[at] |= code[8 * k + at] & 0x02;
}

/* Does CCW @k become another one while the program is suspended? */
static bool replaced(const struct crowd *g, unsigned int k)
{
	unsigned int i;

	for (i = 0; i < g->w->nr_edits; i++)
		if (g->w->edit[i].len == 8 &&
		    g->w->edit[i].iova == CODE + 8 * k)
			return true;
	return false;
}

/* Does anything of CCW @k change? */
static bool edited(const struct crowd *g, unsigned int k)
{
	unsigned int i;

	for (i = 0; i < g->w->nr_edits; i++)
		if ((g->w->edit[i].iova - CODE) / 8 == k)
			return true;
	return false;
}

/*
 * While it runs: flags go, each with a resume, or the CCW with the flag becomes a TIC.
 * Nothing else may change, because a place of suspension is not the only way to what is
 * behind it
 */
static void while_running(const struct crowd *g)
{
	unsigned int at = g->ctl & CTL_FMT1 ? 1 : 4;
	const uint8_t *code = w_find(g->w, CODE)->data;
	unsigned int n, k;
	struct w_edit *e;

	for (n = 0; n < 8 && g->w->nr_edits < W_MAX_EDITS; n++) {
		if (!often(g->b, 45))
			continue;
		g->w->rsch |= 1u << n;
		if (often(g->b, 20))
			continue;
		k = with_flag(g, below(g->b, g->n), at);
		if (replaced(g, k))
			continue;
		e = &g->w->edit[g->w->nr_edits];
		e->stage = W_AT(n);
		/* Only what is valid but for the flag is a place of suspension */
		if (code[8 * k] && code[8 * k + at] & 0x02 &&
		    !edited(g, k) && often(g->b, 25)) {
			e->iova = CODE + 8 * k;
			e->len = 8;
			put(g, e->bytes, 0x08, 0, 0,
			    CODE + 8 * below(g->b, g->n));
			g->w->nr_edits++;
			continue;
		}
		e->iova = CODE + 8 * k + at;
		e->len = 1;
		e->bytes[0] = code[8 * k + at] & (uint8_t)~0x02;
		g->w->nr_edits++;
	}
	g->w->rsch_refused = often(g->b, 25);
}

static void script(const struct crowd *g)
{
	unsigned int n = below(g->b, 10);
	struct w_step *step;

	while (n--) {
		step = &g->w->step[g->w->nr_steps++];
		*step = (struct w_step){ .bytes = W_ALL, .status = 0x0c };
		if (often(g->b, 15))
			step->bytes = below(g->b, 8);
		if (often(g->b, 35))
			step->status |= 0x40;
		if (often(g->b, 3))
			step->status |= 0x02;
	}
}

void scenario_crowded(struct world *w, struct bytes *b, bool running)
{
	struct crowd g = { .w = w, .b = b, .ctl = 0x0040ff00 };
	unsigned int k, stage;
	uint8_t raw[8];

	g.ctl |= often(b, 60) ? CTL_FMT1 : 0;
	g.ctl |= often(b, 60) ? CTL_SUSPEND : 0;
	g.ctl |= often(b, 50) ? CTL_IDAW2 : 0;
	g.n = 4 + below(b, MAX_CCWS - 3);
	map_all(&g);
	for (k = 0; k < g.n; k++) {
		some_ccw(&g, raw, k + 1 == g.n);
		w_put(w, CODE + 8 * k, raw, 8);
	}
	for (stage = 0; g.ctl & CTL_SUSPEND && stage < 4; stage++)
		for (k = 1 + below(b, 2); k; k--)
			some_edit(&g, stage);
	script(&g);
	if (running && g.ctl & CTL_SUSPEND)
		while_running(&g);
	ch_put32(w->orb + 4, g.ctl);
	ch_put32(w->orb + 8, CODE + 8 * below(b, g.n));
}
