// SPDX-License-Identifier: GPL-2.0
/* Runs the table of cases, also with every failure that can happen */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "tap.h"
#include "user_shim.h"
#include "world.h"
#include "tests/golden/table.h"

static unsigned int put_hex(struct world *w, uint64_t iova, const char *hex,
			    bool compare)
{
	uint8_t byte;

	for (; golden_byte(&hex, &byte); iova++) {
		if (!compare)
			w_put(w, iova, &byte, 1);
		else if (w_find(w, iova)->data[iova & 4095] != byte)
			return (unsigned int)iova;
	}
	return 0;
}

static void set_world(struct world *w, const struct golden *c)
{
	unsigned int i, j;

	w_reset(w);
	for (i = 0; i < 6 && c->map[i].npages; i++) {
		const struct mapping *m = &c->map[i];
		unsigned int perm = m->perm ? m->perm : W_READ | W_WRITE;

		for (j = 0; j < m->npages; j++) {
			if (m->host ? !w_map(w, m->iova + j * 4096ull,
					     m->host + j * 4096ull, perm) :
				      !w_map_any(w, m->iova + j * 4096ull, perm))
				w_error(w, "the case maps a page twice");
			else
				w->page[w->nr_pages - 1].key = m->key;
		}
	}
	for (i = 0; i < 8 && c->mem[i].hex; i++)
		put_hex(w, c->mem[i].iova, c->mem[i].hex, false);
	for (i = 0; i < 8 && c->step[i].status; i++)
		w->step[w->nr_steps++] = c->step[i];
	for (i = 0; i < 4 && c->edit[i].len; i++)
		w->edit[w->nr_edits++] = c->edit[i];
	w->hide_cpa = c->hide_cpa;
	w->refusals = c->refusals;
	w->rsch = c->rsch;
	w->rsch_refused = c->rsch_refused;
	ch_put32(w->orb, 0x12345678);
	ch_put32(w->orb + 4, c->ctl);
	ch_put32(w->orb + 8, c->cpa);
}

static bool last_scsw_is(struct world *w, const struct golden *c)
{
	const struct channel *ch = &w->guest.ch;
	uint32_t got[3];
	unsigned int i;

	if (!c->scsw[0])
		return true;
	if (!ch->nr_irbs) {
		w_error(w, "no interruption at all");
		return false;
	}
	for (i = 0; i < 3; i++)
		got[i] = ch_be32(ch->irb[ch->nr_irbs - 1].raw + 4 * i);
	if (got[0] == c->scsw[0] && (c->no_cpa || got[1] == c->scsw[1]) &&
	    got[2] == c->scsw[2])
		return true;
	w_error(w, "SCSW %08x %08x %08x, the manual says %08x %08x %08x",
		got[0], got[1], got[2], c->scsw[0], c->scsw[1], c->scsw[2]);
	return false;
}

static bool check_case(struct world *w, const struct golden *c)
{
	struct w_want want = { .rc = c->rc };
	enum w_result result;
	unsigned int i, at;
	int rc;

	result = w_check(w, &want, &rc);
	if (result == W_REFUSED && c->rc)
		return true;
	if (result != W_EQUAL) {
		w_error(w, "answered %d, result %d", rc, result);
		return false;
	}
	if (w->variant_used && !c->may_differ)
		w_error(w, "runs only as variant %u", w->variant_used);
	if ((w->variant_used & (CH_PAST_END | CH_READ_ONLY)) !=
	    (c->past_end ? CH_PAST_END : 0) + (c->read_only ? CH_READ_ONLY : 0))
		w_error(w, "not the declared difference: %x", w->variant_used);
	/* Literals are those of the variant without any freedom */
	if (!w->variant_used)
		last_scsw_is(w, c);
	for (i = 0; i < 4 && c->after[i].hex; i++) {
		at = put_hex(w, c->after[i].iova, c->after[i].hex, true);
		if (at)
			w_error(w, "storage at %x is not as expected", at);
	}
	return !w->error[0];
}

static bool run_case(struct world *w, const struct golden *c)
{
	set_world(w, c);
	return check_case(w, c);
}

/* With a store of kept pins; memory is given up at moment @nth of a kind */
static bool run_kept(struct world *w, const struct golden *c,
		     enum w_moment when, unsigned int nth, uint64_t pages,
		     bool unmap)
{
	set_world(w, c);
	w->keeps = true;
	/* what is kept is not read by the operation */
	w->warm = when != W_LOSS_READ;
	w->loss[0] = (struct w_loss){ when, nth, pages, unmap };
	w->nr_losses = 1;
	if (check_case(w, c))
		return true;
	printf("# %s, lost at %u: %s\n", c->name, nth, w->error);
	return false;
}

/*
 * Every case again, with what it uses kept from before; and all its memory, or a
 * part of it, given up at each moment that there is
 */
static void run_cases_kept(struct world *w)
{
	static const char * const moments[W_LOSS_MOMENTS] = {
		"before the start", "before each read", "before each pin",
		"after each pin", "at each command",
	};
	static const uint64_t parts[] = { ~0ull, 0x5555555555555555ull };
	enum w_moment when;
	unsigned int nth, part, total;
	bool ok = true, happened;
	size_t i;

	for (i = 0; ok && i < ARRAY_SIZE(goldens); i++) {
		set_world(w, &goldens[i]);
		w->keeps = true;
		ok = check_case(w, &goldens[i]);
		if (!ok)
			printf("# %s: %s\n", goldens[i].name, w->error);
	}
	tap_ok(ok, "all cases with a store");
	for (when = 0; when < W_LOSS_MOMENTS; when++) {
		total = 0;
		ok = true;
		for (i = 0; ok && i < ARRAY_SIZE(goldens); i++) {
			for (part = 0; part < 4; part++) {
				for (nth = 0, happened = true; ok &&
				     (happened || nth < 2) && nth < 12; nth++) {
					ok = run_kept(w, &goldens[i], when,
						      nth, parts[part / 2],
						      part % 2);
					happened = w->losses;
					total += happened;
				}
			}
		}
		tap_ok(ok && total > ARRAY_SIZE(goldens),
		       "all cases with kept pins, lost %s (%u times)",
		       moments[when], total);
	}
}

static void run_cases(struct world *w)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(goldens); i++) {
		run_case(w, &goldens[i]);
		if (!tap_ok(!w->error[0], "%s", goldens[i].name))
			printf("# %s\n", w->error);
	}
}

static bool one_failure(struct world *w, const struct golden *c,
			unsigned int kind, unsigned int n, bool *happened)
{
	struct w_want want = { .may_refuse = true };
	enum w_result result;
	int rc;

	set_world(w, c);
	switch (kind) {
	case 0:
		user_fail_nth = n;
		break;
	case 1:
		w->fail_read = n;
		break;
	case 2:
		w->fail_pin = n;
		break;
	case 3:
		w->fail_alloc = n;
		break;
	}
	w->failed = kind == 0;
	result = w_check(w, &want, &rc);
	*happened = kind ? w->failed : !user_fail_nth;
	user_fail_nth = 0;
	if (*happened && result == W_REFUSED && rc != -ENOMEM)
		w_error(w, "answered %d to failure %u of kind %u", rc, n, kind);
	if (*happened && result != W_REFUSED && !w->resume_rc)
		w_error(w, "failure %u of kind %u went by", n, kind);
	if (w->cp)
		w_drop(w);
	if (user_blocks)
		w_error(w, "%ld blocks left after failure %u", user_blocks, n);
	return !w->error[0];
}

/* Every step that can fail for the host's reasons, failed once */
static void fail_everything(struct world *w)
{
	static const char * const kinds[] = {
		"allocation", "read", "pin", "allocation below 2 GiB"
	};
	unsigned int kind, n, total;
	bool happened, ok;
	size_t i;

	w_drop(w);
	for (kind = 0; kind < 4; kind++) {
		total = 0;
		ok = true;
		for (i = 0; ok && i < ARRAY_SIZE(goldens); i++) {
			if (goldens[i].rc)
				continue;
			for (n = 1, happened = true; ok && happened; n++) {
				ok = one_failure(w, &goldens[i], kind, n,
						 &happened);
				total += happened;
			}
			if (!ok)
				printf("# %s: %s\n", goldens[i].name, w->error);
		}
		tap_ok(ok && total, "%u failures of a %s leave nothing behind",
		       total, kinds[kind]);
	}
}

int main(void)
{
	struct world *w = w_new(256);

	run_cases(w);
	run_cases_kept(w);
	fail_everything(w);
	w_free(w);
	limit_cases();
	api_cases();
	tap_ok(!user_blocks, "no block of memory is left");
	tap_ok(!user_warnings, "no warning was given");
	return tap_done();
}
