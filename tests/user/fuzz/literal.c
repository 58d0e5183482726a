// SPDX-License-Identifier: GPL-2.0
/*
 * Everything in literal form, in this order
 *
 *	ORB words 1 and 2			8 bytes
 *	mappings, count				1
 *	   page number / 2^20 pages above 4 GiB	4, bit 0 the latter
 *	   pages, permissions			1, 1
 *	images, count				1
 *	   address as above, length		5, 1
 *	   that many bytes
 *	steps of the device, count		1
 *	   command, bytes, status, flags	1, 3, 1, 1
 *	   check, addresses			1, 1
 *	edits at a suspension, count		1
 *	   stage, address, length, bytes	1, 5, 1, ...
 */
#include "scenario.h"

static uint64_t take_address(struct bytes *b)
{
	uint64_t high = take(b) & 1;

	return high << 32 | take_n(b, 4);
}

static void take_mappings(struct world *w, struct bytes *b)
{
	unsigned int n = take(b) % 8 + 1, pages, perm;
	uint64_t iova;
	uint32_t number;

	while (n--) {
		number = take_n(b, 4);
		iova = (uint64_t)(number & 0xffff) << 12 |
		       (uint64_t)(number >> 31) << 32;
		pages = take(b) % 24 + 1;
		perm = take(b) & 3;
		for (; pages; pages--, iova += W_PAGE)
			w_map_any(w, iova, perm ? perm : W_READ | W_WRITE);
	}
}

static void take_images(struct world *w, struct bytes *b)
{
	unsigned int n = take(b) % 16, len;
	uint64_t iova;
	uint8_t byte;

	while (n--) {
		iova = take_address(b);
		for (len = take(b); len; len--, iova++) {
			byte = take(b);
			if (w_find(w, iova))
				w_put(w, iova, &byte, 1);
		}
	}
}

static void take_steps(struct world *w, struct bytes *b)
{
	unsigned int n = take(b) % (W_MAX_STEPS + 1);
	struct w_step *step;

	while (n--) {
		step = &w->step[w->nr_steps++];
		step->cmd = take(b);
		step->bytes = take_n(b, 3);
		if (step->bytes == 0xffffff)
			step->bytes = W_ALL;
		step->status = take(b);
		step->flags = take(b);
		step->check = take(b) & 0x0e;
		step->addresses = take(b) & 0x0f;
		/* A device ends what it has begun */
		if (!(step->flags & W_STEP_REFUSED))
			step->status |= 0x0c;
	}
}

static void take_edits(struct world *w, struct bytes *b)
{
	unsigned int n = take(b) % (W_MAX_EDITS + 1), i;
	struct w_edit *e;

	while (n--) {
		e = &w->edit[w->nr_edits++];
		e->stage = take(b);
		e->iova = take_address(b);
		e->len = take(b) % 17;
		for (i = 0; i < e->len; i++)
			e->bytes[i] = take(b);
		if (!w_find(w, e->iova) || !w_find(w, e->iova + 15))
			w->nr_edits--;
	}
}

void scenario_literal(struct world *w, struct bytes *b)
{
	ch_put32(w->orb + 4, take_n(b, 4));
	ch_put32(w->orb + 8, take_n(b, 4));
	take_mappings(w, b);
	take_images(w, b);
	take_steps(w, b);
	take_edits(w, b);
}
