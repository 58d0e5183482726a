/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a string of bytes to a guest, its channel program and its device
 *
 * The first byte says how: an even one is followed by everything in literal
 * form (see literal.c), an odd one by choices for a generator that builds
 * programs with a meaning (see generate.c), or, with bit 6, programs that cross
 * themselves (see crowded.c). Bit 7: lists in the pages of the CCWs, or a program
 * that is resumed while it runs. Before that come changes of storage during the
 * translation. Where the bytes end, zeros follow.
 */
#ifndef FUZZ_SCENARIO_H
#define FUZZ_SCENARIO_H

#include "world.h"

struct bytes {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t take(struct bytes *b)
{
	if (!b->left)
		return 0;
	b->left--;
	return *b->at++;
}

static inline uint32_t take_n(struct bytes *b, unsigned int n)
{
	uint32_t v = 0;

	while (n--)
		v = v << 8 | take(b);
	return v;
}

/* 0 to @n - 1 */
static inline uint32_t below(struct bytes *b, uint32_t n)
{
	return n ? (n > 256 ? take_n(b, 3) : take(b)) % n : 0;
}

/* True @percent times of a hundred; never when the bytes have ended */
static inline bool often(struct bytes *b, unsigned int percent)
{
	return take(b) * 100u + 99u >= (100 - percent) * 256u + 99u;
}

/* One change of storage, when the n-th read of the translation is made */
struct change {
	uint8_t read, how;
	int16_t offset;		/* from the read's address */
	uint8_t value;
};

#define CHANGE_AFTER	0x01	/* after the bytes were read, not before */
#define CHANGE_XOR	0x02	/* value is exclusive-ored, not stored */
#define CHANGE_ALL	0x04	/* with every read from this one on */

#define MAX_CHANGES	12

struct scenario {
	struct change change[MAX_CHANGES];
	unsigned int nr_changes, nr_reads;
	bool scramble;		/* whatever has been read is not there any more */
	uint32_t noise;
	unsigned int fail_kind, fail_nth;
};

void scenario_literal(struct world *w, struct bytes *b);
/* @together: lists, and some of the data, in the pages of the CCWs */
void scenario_generate(struct world *w, struct bytes *b, bool together);
/* @running: resumed while it runs */
void scenario_crowded(struct world *w, struct bytes *b, bool running);

/* Builds and checks one; false if something is wrong, w->error says what */
struct outcome {
	enum w_result result;
	int rc;
	bool changing, failing;
	unsigned int losses, copies;	/* with a store */
};

bool scenario_run(struct world *w, const uint8_t *data, size_t size,
		  struct outcome *out);
/* The same with a store of kept pins; the bytes say also what happens to it */
bool scenario_run_kept(struct world *w, const uint8_t *data, size_t size,
		       struct outcome *out);

#define SCENARIO_PAGES	64

#endif
