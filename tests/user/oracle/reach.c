// SPDX-License-Identifier: GPL-2.0
/*
 * Everything that a channel could reach from a host program
 *
 * Not one run but all: any device may end any command early, or present status
 * modifier with any of them. Each CCW is looked at once for every way in which
 * it can take control (as a command; in a data chain of output, input or
 * backward input). What is asked of each:
 *
 *	it lies in memory allocated for this program, and so do its IDAWs and
 *	MIDAWs, and no input may be stored over any of them
 *
 *	every block of data that it designates with its full count is a page
 *	pinned for that direction, or memory of this program that holds no part
 *	of the program
 *
 *	a CCW that transfers nothing has such an address, too: nothing depends
 *	on the channel's not looking
 *
 *	whatever follows it, next to it or one further, is such a CCW again or
 *	stops the channel
 *
 * What was found is noted, so that the caller can ask the converse: that nothing
 * is pinned but that, and in no other direction. Where a list is cut short, by an
 * error of the guest's, pages behind that may be pinned that nobody gets to.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

enum way { WAY_COMMAND, WAY_OUTPUT, WAY_INPUT, WAY_BACKWARD, WAYS };

struct visit {
	uint32_t addr;
	uint8_t way;
	bool after_tic;
	bool first;
};

struct extent {
	uint64_t addr;
	uint32_t len;
	bool store;
};

struct reach {
	struct world *w;
	struct visit *todo;
	unsigned int nr_todo, max_todo;
	struct extent *ext;
	unsigned int nr_ext, max_ext;
	uint64_t *seen;		/* address << 3 | after TIC << 2 | way, hashed */
	unsigned int nr_seen, size_seen;
	bool ida4k, ida8, midaws;
	bool cut;		/* a list ends before the count does */
};

static bool seen_before(struct reach *r, uint64_t key)
{
	uint64_t *old = r->seen;
	unsigned int i, slot, size = r->size_seen;

	if (2 * r->nr_seen >= size) {
		r->size_seen = size ? 2 * size : 1024;
		r->seen = calloc(r->size_seen, sizeof(*r->seen));
		r->nr_seen = 0;
		for (i = 0; i < size; i++)
			if (old[i])
				seen_before(r, old[i]);
		free(old);
	}
	slot = (unsigned int)((key * 0x9e3779b97f4a7c15ull) >> 32);
	for (slot &= r->size_seen - 1; r->seen[slot];
	     slot = (slot + 1) & (r->size_seen - 1))
		if (r->seen[slot] == key)
			return true;
	r->seen[slot] = key;
	r->nr_seen++;
	return false;
}

static void go(struct reach *r, uint64_t addr, uint8_t way, bool after_tic,
	       bool first)
{
	uint64_t key = addr << 4 | (unsigned int)after_tic << 3 | way << 1 | 1;

	if (seen_before(r, key))
		return;
	if (r->nr_todo == r->max_todo) {
		r->max_todo = 2 * r->max_todo + 64;
		r->todo = realloc(r->todo, r->max_todo * sizeof(*r->todo));
	}
	r->todo[r->nr_todo++] = (struct visit){ (uint32_t)addr, way, after_tic,
						first };
}

static const uint8_t *program(struct reach *r, uint64_t addr, unsigned int len,
			      unsigned int align, const char *what)
{
	struct w_alloc *a = w_find_alloc(r->w, addr, len);

	if (!a || addr & (align - 1)) {
		w_error(r->w, "%s at %llx is not of the host program", what,
			(unsigned long long)addr);
		return NULL;
	}
	memset(a->program + (addr - a->host), 1, len);
	return a->mem + (addr - a->host);
}

/* Data of one CCW; judged when the whole program is known */
static void data(struct reach *r, uint64_t addr, uint32_t len, bool store)
{
	if (r->nr_ext == r->max_ext) {
		r->max_ext = 2 * r->max_ext + 256;
		r->ext = realloc(r->ext, r->max_ext * sizeof(*r->ext));
	}
	r->ext[r->nr_ext++] = (struct extent){ addr, len, store };
}

static void idaws(struct reach *r, uint64_t list, uint32_t count, uint8_t way)
{
	uint32_t block = r->ida4k ? 4096 : 2048, size = r->ida8 ? 8 : 4, len;
	bool store = way != WAY_OUTPUT;
	const uint8_t *p;
	bool first;
	uint64_t addr;

	/* Where a list or a word is not aligned, the channel stops */
	r->cut |= list & (size - 1);
	for (first = true; count && !(list & (size - 1)); first = false,
	     count -= len, list += size) {
		p = program(r, list, size, size, "IDAW");
		if (!p)
			return;
		addr = size == 8 ? ch_be64(p) : ch_be32(p);
		if ((size == 4 && (addr & 0x80000000u)) ||
		    (!first && (addr & (block - 1)) !=
		     (way == WAY_BACKWARD ? block - 1 : 0))) {
			r->cut = true;
			return;
		}
		if (way == WAY_BACKWARD) {
			len = (uint32_t)(addr & (block - 1)) + 1;
			if (len > count)
				len = count;
			data(r, addr - (len - 1), len, store);
		} else {
			len = block - (uint32_t)(addr & (block - 1));
			if (len > count)
				len = count;
			data(r, addr, len, store);
		}
	}
}

static void midaws(struct reach *r, uint64_t list, uint32_t count, uint8_t way)
{
	uint64_t begin = list;
	const uint8_t *p;
	uint32_t len;

	r->cut |= list & 15;
	for (; count && !(list & 15); count -= len, list += 16) {
		p = program(r, list, 16, 16, "MIDAW");
		if (!p)
			return;
		len = ch_be16(p + 6);
		if (!len || len > count) {
			r->cut = true;
			return;
		}
		if (list != begin && !(list & (W_PAGE - 1)))
			w_error(r->w, "a list of MIDAWs goes on at %llx",
				(unsigned long long)list);
		/* Skip means nothing to output */
		if (!(p[5] & 0x40) || way == WAY_OUTPUT)
			data(r, ch_be64(p + 8) -
			     (way == WAY_BACKWARD ? len - 1 : 0), len,
			     way != WAY_OUTPUT);
		r->cut |= p[5] & 0x80 && count != len;
		if (p[5] & 0x80)
			return;
	}
}

static bool pinned(struct reach *r, uint64_t addr)
{
	struct w_page *page = w_find_host(r->w, addr);

	return page && page->pins;
}

static void designated(struct reach *r, const uint8_t *ccw, uint8_t way)
{
	uint32_t count = ch_be16(ccw + 2), cda = ch_be32(ccw + 4);
	bool skip = (ccw[1] & 0x10) && way != WAY_OUTPUT;

	if (skip || !count) {
		if (!w_find_alloc(r->w, cda, 1) && !pinned(r, cda))
			w_error(r->w, "a CCW that transfers nothing names %x",
				cda);
		return;
	}
	if (ccw[1] & 0x01) {
		if (r->midaws)
			midaws(r, cda, count, way);
	} else if (ccw[1] & 0x04) {
		idaws(r, cda, count, way);
	} else if (way == WAY_BACKWARD) {
		data(r, (uint64_t)cda - (count - 1), count, true);
	} else {
		data(r, cda, count, way == WAY_INPUT);
	}
}

static uint8_t way_of(uint8_t cmd)
{
	if (ch_is_backward(cmd))
		return WAY_BACKWARD;
	return ch_is_input(cmd) ? WAY_INPUT : WAY_OUTPUT;
}

static const char * const ways[] = {
	"command", "chained output", "chained input", "chained backward"
};

static void visit(struct reach *r, struct visit v)
{
	const uint8_t *ccw = program(r, v.addr, 8, 8, "CCW");
	uint8_t way = v.way;

	if (!ccw)
		return;
	if (ccw[0] == 0x08) {
		if (r->w->trace)
			printf("#\treach %x: TIC to %x\n", v.addr,
			       ch_be32(ccw + 4));
		/* One that stops the channel leads nowhere */
		r->cut |= v.first;
		if (v.first || v.after_tic || ccw[1] || ccw[2] || ccw[3] ||
		    (ccw[4] & 0x80) || (ccw[7] & 7))
			return;
		go(r, ch_be32(ccw + 4), way, true, false);
		return;
	}
	if (way == WAY_COMMAND) {
		if (!(ccw[0] & 0x0f) || (ccw[0] & 0x0f) == 0x08)
			return;
		way = way_of(ccw[0]);
	} else if (!ch_be16(ccw + 2)) {
		return;
	}
	if (r->w->trace)
		printf("#\treach %x as %s: %08x %08x\n", v.addr,
		       ways[v.way], ch_be32(ccw), ch_be32(ccw + 4));
	designated(r, ccw, way);
	if (ccw[1] & 0x80) {
		go(r, v.addr + 8ull, way, false, false);
	} else if (ccw[1] & 0x40) {
		go(r, v.addr + 8ull, WAY_COMMAND, false, false);
		go(r, v.addr + 16ull, WAY_COMMAND, false, false);
	}
}

static void judge(struct reach *r, const struct extent *e)
{
	struct ch_storage mem = w_host_storage(r->w);
	uint64_t addr = e->addr, end = e->addr + e->len;

	/* Every 4 bytes: a stray word of the program would be hit */
	for (; addr < end; addr = (addr | 3) + 1) {
		struct w_page *page = w_find_host(r->w, addr);

		/* A key may refuse the channel, whose business that is */
		if (mem.probe(mem.ctx, addr, e->store) == CH_ADDRESSING)
			return;
		if (!page)
			continue;
		page->reached |= e->store ? VFIO_CCW_PIN_WRITE :
					    VFIO_CCW_PIN_READ;
		addr |= W_PAGE - 1;
	}
}

bool w_reach(struct world *w, uint64_t cpa, bool first,
	     const uint8_t host_orb[12])
{
	uint32_t ctl = ch_be32(host_orb + 4);
	struct reach r = { .w = w };
	unsigned int i;

	r.ida8 = ctl & 0x00020000u;
	r.ida4k = r.ida8 && !(ctl & 0x00010000u);
	r.midaws = ctl & 0x00000040u;
	for (i = 0; i < w->nr_pages; i++)
		w->page[i].reached = 0;
	for (i = 0; i < w->nr_allocs; i++)
		memset(w->alloc[i].program, 0, w->alloc[i].size);
	if (!(ctl & 0x00800000u))
		w_error(w, "host program is not of format 1");
	go(&r, cpa, WAY_COMMAND, false, first);
	while (r.nr_todo && !w->error[0])
		visit(&r, r.todo[--r.nr_todo]);
	for (i = 0; i < r.nr_ext && !w->error[0]; i++)
		judge(&r, &r.ext[i]);
	w->cut = r.cut;
	free(r.todo);
	free(r.ext);
	free(r.seen);
	return !w->error[0];
}
