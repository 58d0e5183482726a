// SPDX-License-Identifier: GPL-2.0
/*
 * A generator of channel programs with a meaning
 *
 * Most choices are right, a few are wrong: a program that is wrong in every
 * second CCW never gets to the third. The bytes decide; the same bytes give
 * the same program.
 */
#include <string.h>

#include "scenario.h"
#include "tests/cp_build.h"

#define CTL_S	0x08000000u
#define CTL_F	0x00800000u
#define CTL_P	0x00400000u
#define CTL_I	0x00200000u
#define CTL_U	0x00080000u
#define CTL_H	0x00020000u
#define CTL_T	0x00010000u
#define CTL_L	0x00000080u
#define CTL_D	0x00000040u

#define MAX_DATA	14
#define LISTS_AT	0xa00u		/* in the page of the CCWs, if there */
#define MAX_SEGMENTS	5
#define MAX_IN_SEGMENT	7

struct gen {
	struct world *w;
	struct bytes *b;
	uint32_t ctl;
	uint64_t low, high;		/* last host addresses */
	uint64_t code;			/* program pages */
	unsigned int code_pages;
	uint32_t code_next;		/* offset of the next free CCW place */
	uint64_t lists;
	uint32_t list_next, list_end;
	uint64_t data[MAX_DATA];
	uint8_t perm[MAX_DATA];
	unsigned int nr_data;
	uint64_t segment[MAX_SEGMENTS];
	unsigned int length[MAX_SEGMENTS];
	unsigned int nr_segments;
	unsigned int suspended;
	uint64_t stop[W_MAX_STAGES];	/* CCWs with S, by stage */
	bool in_tail;			/* makes CCWs for after a suspension */
	bool together;			/* CCWs, lists and data in one page */
};

static uint64_t host_for(struct gen *g)
{
	uint8_t how = take(g->b);

	/* Next to the one before, either way, or anywhere */
	switch (how & 7) {
	case 0:
	case 1:
		g->low += W_PAGE;
		break;
	case 2:
		g->low = W_HOST_LOW + (how * 0x35000ull & 0x1fffff000ull) %
		      0x1f000000;
		break;
	case 3:
		g->high += W_PAGE;
		return g->high;
	default:
		g->high = W_HOST_HIGH + (uint64_t)how * 0x10203000 +
		       (uint64_t)g->w->nr_pages * 0x7000;
		return g->high;
	}
	if (g->low < W_HOST_LOW || g->low >= W_ARENA - W_PAGE)
		g->low = W_HOST_LOW;
	return g->low;
}

static bool map_page(struct gen *g, uint64_t iova, unsigned int perm)
{
	uint64_t host = host_for(g);

	if (g->w->nr_pages >= SCENARIO_PAGES - 2)
		return false;
	return w_map(g->w, iova, host, perm) || w_map_any(g->w, iova, perm);
}

static void add_data_page(struct gen *g, uint64_t iova)
{
	uint8_t perm = W_READ | W_WRITE;

	if (often(g->b, 6))
		perm = W_READ;
	if (g->nr_data == MAX_DATA || !map_page(g, iova, perm))
		return;
	g->perm[g->nr_data] = perm;
	g->data[g->nr_data++] = iova;
}

static void map_everything(struct gen *g)
{
	bool wide = !(g->ctl & CTL_F) || often(g->b, 70);
	uint64_t at, seed;
	unsigned int i, n;
	uint8_t fill[64];

	g->code = 0x10000 + (below(g->b, 64) << 12);
	g->code_pages = 1 + below(g->b, 2);
	for (i = 0; i < g->code_pages; i++)
		map_page(g, g->code + i * W_PAGE, W_READ | W_WRITE);
	g->lists = 0x200000 + (below(g->b, 64) << 12);
	if (!g->together)
		map_page(g, g->lists, W_READ);
	if (often(g->b, 50))
		map_page(g, g->lists + W_PAGE, W_READ | W_WRITE);
	g->list_next = often(g->b, 20) ? 0xf80 : below(g->b, 64) * 16;
	g->list_end = w_find(g->w, g->lists + W_PAGE) ? 0x2000 : 0x1000;
	if (g->together) {
		g->lists = g->code;
		g->list_next = LISTS_AT;
		g->list_end = W_PAGE;
	}
	n = 2 + below(g->b, MAX_DATA - 2);
	at = (wide ? 0x400000 : 0x2000000) + (below(g->b, 256) << 12);
	for (i = 0; i < n; i++) {
		add_data_page(g, at);
		if (often(g->b, 70))
			at += W_PAGE;
		else if (g->ctl & CTL_H && often(g->b, 30))
			at = 0x100000000ull + (below(g->b, 16) << 12);
		else
			at = 0x400000 + (below(g->b, 512) << 12);
	}
	/* Data to be written: every page looks different */
	for (i = 0; i < g->nr_data; i++) {
		seed = g->data[i] >> 12;
		for (n = 0; n < sizeof(fill); n++)
			fill[n] = (uint8_t)(seed * 13 + n * 5 + i);
		for (n = 0; n < W_PAGE; n += sizeof(fill)) {
			fill[0]++;
			w_put(g->w, g->data[i] + n, fill, sizeof(fill));
		}
	}
}

static uint8_t any_command(struct gen *g)
{
	static const uint8_t cmds[] = {
		0x01, 0x02, 0x01, 0x02, 0x06, 0x05, 0x04, 0xe4, 0x0c, 0x07,
		0x31, 0x29, 0x47, 0x63, 0xde, 0x85, 0x0f, 0x1f, 0x03, 0x03,
		0x14, 0x2c, 0x12, 0x0a, 0x09, 0xdb, 0xf4, 0x0c, 0xe7, 0xa5,
	};

	if (often(g->b, 2))
		return take(g->b);
	return cmds[below(g->b, sizeof(cmds))];
}

/* Pages from this one on that follow each other in guest storage */
static unsigned int run_of(const struct gen *g, unsigned int i)
{
	unsigned int n = 1;

	while (w_find(g->w, g->data[i] + (uint64_t)n * W_PAGE))
		n++;
	return n;
}

static unsigned int run_before(const struct gen *g, unsigned int i)
{
	unsigned int n = 1;

	while (g->data[i] >= (uint64_t)n * W_PAGE &&
	       w_find(g->w, g->data[i] - (uint64_t)n * W_PAGE))
		n++;
	return n;
}

static uint32_t some_count(struct gen *g)
{
	switch (below(g->b, 6)) {
	case 0:
		return 1 + below(g->b, 16);
	case 1:
		return 1 + below(g->b, 300);
	case 2:
		return 2048 + below(g->b, 3) - 1;
	case 3:
		return 4096 + below(g->b, 3) - 1;
	case 4:
		return 1 + below(g->b, 12000);
	default:
		return 1 + below(g->b, 65535);
	}
}

static uint32_t some_offset(struct gen *g)
{
	static const uint16_t offsets[] = { 0, 0, 1, 2047, 2048, 4095, 4088, 8 };

	return often(g->b, 50) ? offsets[below(g->b, 8)] : below(g->b, 4096);
}

/* An address that a CCW can hold, and a count that fits it if it is to */
static uint32_t direct(struct gen *g, uint8_t cmd, uint32_t *count)
{
	unsigned int i = below(g->b, g->nr_data), room;
	uint32_t offset = some_offset(g);
	uint64_t limit = g->ctl & CTL_F ? 0x80000000ull : 0x01000000ull;

	*count = some_count(g);
	/* Parameters stand behind the CCWs: nothing is read into these */
	if (g->together && !ch_is_input(cmd) && often(g->b, 30)) {
		offset = LISTS_AT - 0x100 + below(g->b, 64);
		*count = 1 + *count % 0x180;
		return (uint32_t)(g->code + offset);
	}
	while (g->data[i] >= limit && i)
		i--;
	room = ch_is_backward(cmd) ?
	       offset + 1 + (run_before(g, i) - 1) * W_PAGE :
	       run_of(g, i) * W_PAGE - offset;
	if (*count > room && !often(g->b, 4))
		*count = 1 + *count % room;
	return (uint32_t)(g->data[i] + offset);
}

static void put_idaw(struct gen *g, uint64_t *at, uint64_t addr)
{
	uint8_t raw[8];
	unsigned int size = g->ctl & CTL_H ? 8 : 4;

	ch_put64(raw, addr);
	if (w_find(g->w, *at) && w_find(g->w, *at + size - 1))
		w_put(g->w, *at, raw + 8 - size, size);
	*at += size;
}

static uint64_t data_block(struct gen *g, uint8_t cmd, uint32_t block,
			   bool first)
{
	uint64_t addr = g->data[below(g->b, g->nr_data)];
	uint32_t offset = some_offset(g);

	if (!(g->ctl & CTL_H) && addr >> 31)
		addr = g->data[0];
	if (often(g->b, 1))
		return addr + W_PAGE * 77 + offset;
	if (first || often(g->b, 1))
		return addr + offset;
	addr += offset & ~(block - 1) & (W_PAGE - 1);
	return ch_is_backward(cmd) ? addr + block - 1 : addr;
}

static uint32_t list_place(struct gen *g, uint32_t align, uint32_t size)
{
	uint32_t at = (g->list_next + align - 1) & ~(align - 1);

	if (often(g->b, 1))
		at += 2;
	if (at + size > g->list_end && !often(g->b, 2)) {
		at = g->together ? LISTS_AT : 0;
		g->list_next = 0;
	}
	g->list_next = at + size + below(g->b, 3) * 8;
	return at;
}

static uint32_t indirect(struct gen *g, uint8_t cmd, uint32_t *count)
{
	uint32_t block = g->ctl & CTL_H && !(g->ctl & CTL_T) ? 4096 : 2048;
	uint32_t size = g->ctl & CTL_H ? 8 : 4, left, first, place;
	uint64_t addr, at;

	*count = some_count(g);
	place = list_place(g, size, (*count / block + 2) * size);
	at = g->lists + place;
	addr = data_block(g, cmd, block, true);
	first = ch_is_backward(cmd) ? (uint32_t)(addr & (block - 1)) + 1 :
		block - (uint32_t)(addr & (block - 1));
	put_idaw(g, &at, addr);
	for (left = *count > first ? *count - first : 0; left;
	     left -= left < block ? left : block)
		put_idaw(g, &at, data_block(g, cmd, block, false));
	return (uint32_t)g->lists + place;
}

static uint32_t midaws(struct gen *g, uint32_t *count)
{
	unsigned int n = 1 + below(g->b, 6), i;
	uint32_t place = list_place(g, 16, n * 16), len;
	uint8_t raw[16] = { 0 };
	uint64_t addr;

	*count = 0;
	for (i = 0; i < n; i++) {
		addr = data_block(g, 0x02, 4096, true);
		len = 1 + below(g->b, 4096);
		if ((addr & 4095) + len > 4096 && !often(g->b, 1))
			len = 4096 - (uint32_t)(addr & 4095);
		raw[5] = i + 1 == n ? 0x80 : 0;
		if (often(g->b, 8)) {
			raw[5] |= 0x40;
			addr = often(g->b, 50) ? ~0ull : addr;
		}
		if (often(g->b, 1))
			raw[take(g->b) % 6] ^= 1;
		raw[6] = (uint8_t)(len >> 8);
		raw[7] = (uint8_t)len;
		ch_put64(raw + 8, addr);
		if (w_find(g->w, g->lists + place + 16 * i) &&
		    w_find(g->w, g->lists + place + 16 * i + 15))
			w_put(g->w, g->lists + place + 16 * i, raw, 16);
		*count += len;
	}
	return (uint32_t)g->lists + place;
}

static void put_ccw(struct gen *g, uint64_t at, uint8_t cmd, uint8_t flags,
		    uint32_t count, uint32_t cda)
{
	uint8_t raw[8];

	if (g->ctl & CTL_F) {
		ch_put64(raw, CCW1(cmd, flags, count, cda));
	} else {
		ch_put64(raw, CCW0(cmd, cda, flags, count));
		/* Means nothing */
		raw[5] = (uint8_t)(count * 3);
	}
	if (often(g->b, 1))
		raw[take(g->b) & 7] ^= (uint8_t)(1u << (take(g->b) & 7));
	if (w_find(g->w, at) && w_find(g->w, at + 7))
		w_put(g->w, at, raw, 8);
}

/* The S flag of the CCW goes away at the suspension that it causes, or not */
static void suspend_here(struct gen *g, uint64_t at, uint8_t flags)
{
	struct w_edit *e = &g->w->edit[g->w->nr_edits];

	if (g->w->nr_edits == W_MAX_EDITS)
		return;
	g->w->nr_edits++;
	e->stage = g->suspended + (often(g->b, 20) ? 1 : 0);
	e->iova = at + (g->ctl & CTL_F ? 1 : 4);
	e->len = 1;
	e->bytes[0] = flags & (uint8_t)~0x02;
	if (often(g->b, 30) && g->ctl & CTL_F) {
		/* Another command, too: the byte in front */
		e->iova--;
		e->len = 2;
		e->bytes[1] = e->bytes[0];
		e->bytes[0] = any_command(g);
	}
	if (g->suspended < W_MAX_STAGES)
		g->stop[g->suspended] = at;
	g->suspended++;
}

/* @effective: of the data chain this CCW is in, or 0 */
static uint8_t one_ccw(struct gen *g, uint64_t at, bool last, uint8_t effective)
{
	uint8_t cmd = any_command(g), use = effective ? effective : cmd;
	uint8_t flags = 0;
	uint32_t count, cda;

	if (effective && (cmd & 0x0f) == 0x08)
		cmd = 0;
	if (often(g->b, 75))
		flags |= 0x20;
	if (!last || often(g->b, 5))
		flags |= often(g->b, 20) ? 0x80 : 0x40;
	if (often(g->b, 6))
		flags |= 0x08;
	if (ch_is_input(use) ? often(g->b, 12) : often(g->b, 3))
		flags |= 0x10;
	if (g->ctl & CTL_S ? !effective && often(g->b, 15) : often(g->b, 1))
		flags |= g->in_tail ? 0 : 0x02;
	if (g->ctl & CTL_D && !ch_is_backward(use) && !(flags & 0x10) &&
	    often(g->b, 50)) {
		cda = midaws(g, &count);
		flags |= 0x01;
	} else if (often(g->b, 45)) {
		cda = indirect(g, use, &count);
		flags |= 0x04;
	} else {
		cda = direct(g, use, &count);
	}
	if ((use == 0x03 && !effective) || (flags & 0x10 && ch_is_input(use)))
		cda = often(g->b, 50) ? take_n(g->b, 4) & 0x7fffffff : cda;
	if (g->ctl & CTL_F ? often(g->b, 3) && !(flags & 0x80) && !effective :
	    often(g->b, 1))
		count = 0;
	if (flags & 0x02)
		suspend_here(g, at, flags);
	put_ccw(g, at, cmd, flags, count, cda);
	return flags & 0x80 ? use : 0;
}

static uint64_t some_target(struct gen *g)
{
	unsigned int s = below(g->b, g->nr_segments);
	uint64_t at = g->segment[s];

	if (often(g->b, 40))
		at += 8ull * below(g->b, g->length[s]);
	if (often(g->b, 2))
		at += 4;
	if (often(g->b, 1))
		at += 16 * W_PAGE;
	return at;
}

static void put_tic(struct gen *g, uint64_t at)
{
	uint8_t cmd = 0x08, flags = 0;
	uint32_t count = 0;

	if (!(g->ctl & CTL_F)) {
		cmd |= (uint8_t)(take(g->b) & 0xf0);
		flags = take(g->b);
		count = take(g->b);
	} else if (often(g->b, 2)) {
		flags = 0x40;
	}
	put_ccw(g, at, cmd, flags, count, (uint32_t)some_target(g));
}

static void one_segment(struct gen *g, unsigned int s)
{
	unsigned int i, n = g->length[s];
	bool end = often(g->b, 60);
	uint8_t effective = 0;

	for (i = 0; i < n; i++) {
		uint64_t at = g->segment[s] + 8ull * i;

		if (i + 1 == n && !end)
			put_tic(g, at);
		else if (i && i + 1 < n && often(g->b, 8))
			put_tic(g, at);
		else
			effective = one_ccw(g, at, i + 1 == n, effective);
	}
}

/*
 * What stands behind a suspended CCW, next to it or one further, is something
 * else when the program is resumed
 */
static void change_tails(struct gen *g)
{
	unsigned int s;

	g->in_tail = true;
	for (s = 0; s < g->suspended && s < W_MAX_STAGES; s++) {
		struct w_edit *e = &g->w->edit[g->w->nr_edits];
		uint64_t at = g->stop[s] + 8 + 8 * below(g->b, 2);
		struct w_page *page = w_find(g->w, at);
		uint8_t old[8];

		if (g->w->nr_edits == W_MAX_EDITS || !page || at & 7 ||
		    !often(g->b, 60))
			continue;
		memcpy(old, page->data + (at & (W_PAGE - 1)), sizeof(old));
		if (often(g->b, 25))
			put_tic(g, at);
		else
			one_ccw(g, at, often(g->b, 50), 0);
		e->stage = s;
		e->iova = at;
		e->len = sizeof(old);
		memcpy(e->bytes, page->data + (at & (W_PAGE - 1)), sizeof(old));
		w_put(g->w, at, old, sizeof(old));
		g->w->nr_edits++;
	}
	g->in_tail = false;
}

static void place_segments(struct gen *g)
{
	uint32_t size = g->together ? LISTS_AT - 0x100 : g->code_pages * W_PAGE;
	uint32_t need;
	unsigned int s;

	g->nr_segments = 1 + below(g->b, MAX_SEGMENTS);
	for (s = 0; s < g->nr_segments; s++) {
		g->length[s] = 1 + below(g->b, MAX_IN_SEGMENT);
		need = 8 * g->length[s];
		/* One of them ends where the pages do */
		if (often(g->b, 10) && g->code_next < size - need - 256) {
			g->segment[s] = g->code + size - need;
			continue;
		}
		if (often(g->b, 50))
			g->code_next += 8 * below(g->b, 80);
		if (g->code_next + need > size - 64)
			g->code_next = 0;
		g->segment[s] = g->code + g->code_next;
		g->code_next += need;
	}
}

static void script(struct gen *g)
{
	unsigned int n = below(g->b, 12);
	struct w_step *step;

	while (n--) {
		step = &g->w->step[g->w->nr_steps++];
		*step = (struct w_step){ .bytes = W_ALL, .status = 0x0c };
		if (!often(g->b, 70))
			step->bytes = some_count(g);
		if (often(g->b, 15))
			step->status |= 0x40;
		if (often(g->b, 4))
			step->status |= 0x02;
		if (often(g->b, 2))
			step->status |= 0x01;
		if (often(g->b, 8))
			step->flags |= W_STEP_LATE;
		if (often(g->b, 6))
			step->flags |= W_STEP_IMMEDIATE;
		if (often(g->b, 1)) {
			step->flags |= W_STEP_REFUSED;
			step->status = 0x02;
		}
		if (often(g->b, 2)) {
			step->check = CH_CHECK_DATA;
			step->addresses = take(g->b) & 0x0f;
		}
	}
}

static uint32_t control(struct gen *g)
{
	uint32_t ctl = 0x0000ff00;

	ctl |= often(g->b, 60) ? CTL_F : 0;
	ctl |= often(g->b, 80) ? CTL_P : 0;
	ctl |= often(g->b, 60) ? CTL_H : 0;
	ctl |= often(g->b, 40) ? CTL_T : 0;
	ctl |= often(g->b, 25) ? CTL_S : 0;
	ctl |= often(g->b, 20) ? CTL_D : 0;
	ctl |= often(g->b, 10) ? CTL_U : 0;
	ctl |= often(g->b, 10) ? CTL_I : 0;
	ctl |= often(g->b, 50) ? CTL_L : 0;
	ctl |= often(g->b, 20) ? (uint32_t)take(g->b) << 28 : 0;
	return ctl;
}

void scenario_generate(struct world *w, struct bytes *b, bool together)
{
	struct gen g = { .w = w, .b = b, .together = together };
	unsigned int s;

	g.ctl = control(&g);
	map_everything(&g);
	script(&g);
	place_segments(&g);
	for (s = 0; s < g.nr_segments; s++)
		one_segment(&g, s);
	change_tails(&g);
	ch_put32(w->orb + 4, g.ctl);
	ch_put32(w->orb + 8, (uint32_t)g.segment[0] +
		 (often(b, 1) ? take(b) : 0));
}
