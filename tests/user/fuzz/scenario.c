// SPDX-License-Identifier: GPL-2.0
/* Runs what the bytes describe, also while storage changes */
#include <errno.h>
#include <string.h>

#include "scenario.h"
#include "user_shim.h"

static uint8_t *byte_at(struct world *w, uint64_t iova)
{
	struct w_page *page = w_find(w, iova);

	return page ? &page->data[iova & (W_PAGE - 1)] : NULL;
}

static void apply(struct world *w, const struct change *c, uint64_t iova)
{
	uint8_t *p = byte_at(w, iova + (uint64_t)(int64_t)c->offset);

	if (p)
		*p = c->how & CHANGE_XOR ? *p ^ c->value : c->value;
}

static void mutate(struct world *w, uint64_t iova, size_t len, bool after)
{
	struct scenario *s = w->mutate_ctx;
	unsigned int i;
	uint8_t *p;

	for (i = 0; i < s->nr_changes; i++) {
		const struct change *c = &s->change[i];

		if (!!(c->how & CHANGE_AFTER) == after &&
		    (c->read == s->nr_reads ||
		     (c->how & CHANGE_ALL && c->read < s->nr_reads)))
			apply(w, c, iova);
	}
	if (!after)
		return;
	s->nr_reads++;
	for (i = 0; s->scramble && i < len; i++) {
		p = byte_at(w, iova + i);
		s->noise = s->noise * 1103515245 + 12345;
		/* One bit here and there: most of it stays plausible */
		if (p && !(s->noise >> 28))
			*p ^= (uint8_t)(1u << (s->noise >> 16 & 7));
	}
}

static void take_changes(struct world *w, struct scenario *s, struct bytes *b)
{
	unsigned int i;
	uint8_t how = take(b);

	memset(s, 0, sizeof(*s));
	if ((how & 7) == 1) {
		s->fail_kind = take(b) % 4;
		s->fail_nth = 1 + take(b) % 16;
	}
	if ((how & 7) < 6)
		return;
	w->mutate = mutate;
	w->mutate_ctx = s;
	s->scramble = how & 8;
	s->noise = how;
	s->nr_changes = how >> 4 < MAX_CHANGES ? how >> 4 : MAX_CHANGES;
	for (i = 0; i < s->nr_changes; i++) {
		s->change[i].read = take(b) % 8;
		s->change[i].how = take(b);
		s->change[i].offset = (int16_t)(take_n(b, 2) % 1024 - 256);
		s->change[i].value = take(b);
	}
}

static void order_failure(struct world *w, const struct scenario *s)
{
	switch (s->fail_kind) {
	case 0:
		user_fail_nth = s->fail_nth;
		break;
	case 1:
		w->fail_read = s->fail_nth;
		break;
	case 2:
		w->fail_pin = s->fail_nth;
		break;
	case 3:
		w->fail_alloc = s->fail_nth;
		break;
	}
}

/* What is kept, and what becomes of it: from a digest of all the bytes */
static void plan_store(struct world *w, const uint8_t *data, size_t size)
{
	static const unsigned int nths[W_LOSS_MOMENTS] = { 1, 8, 6, 6, 6 };
	uint64_t h = 0xcbf29ce484222325ull;
	struct w_loss *loss;
	unsigned int n;

	while (size--)
		h = (h ^ *data++) * 0x100000001b3ull;
	w->keeps = true;
	w->warm = h >> 60;
	w->keep_max = h >> 57 & 3 ? 0 : 1 + (h >> 50 & 7);
	for (n = h >> 47 & 3; n; n--) {
		h = (h ^ n) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 29;
		loss = &w->loss[w->nr_losses++];
		loss->when = (h >> 8) % W_LOSS_MOMENTS;
		loss->nth = (h >> 16) % nths[loss->when] +
			    (loss->when != W_LOSS_BEFORE &&
			     loss->when != W_LOSS_RUN);
		loss->unmap = !(h >> 24 & 3);
		loss->pages = h >> 28 & 3 ? ~0ull : h * 0x2545f4914f6cdd1dull;
	}
}

static bool run_scenario(struct world *w, const uint8_t *data, size_t size,
			 struct outcome *out, bool keeps)
{
	static const int misses[] = { -EINVAL, -EFAULT, -ENOENT, -EINVAL };
	struct bytes b = { data, size };
	struct w_want want = { 0 };
	struct scenario s;
	uint8_t kind;

	w_reset(w);
	kind = take(&b);
	w->miss_errno = misses[kind >> 1 & 3];
	w->hide_cpa = kind & 8;
	w->refusals = (kind >> 4 & 3) % 3;
	take_changes(w, &s, &b);
	if ((kind & 0x41) == 0x41)
		scenario_crowded(w, &b, kind & 0x80);
	else if (kind & 1)
		scenario_generate(w, &b, kind & 0x80);
	else
		scenario_literal(w, &b);
	if (keeps)
		plan_store(w, data, size);
	order_failure(w, &s);
	if (s.fail_nth)
		w->failed = true;
	out->failing = s.fail_nth;
	out->changing = w->mutate;
	want.may_refuse = true;
	out->result = w_check(w, &want, &out->rc);
	user_fail_nth = 0;
	if (out->result == W_REFUSED && out->rc != -E2BIG &&
	    out->rc != -EOPNOTSUPP && !(out->rc == -ENOMEM && out->failing) &&
	    !(out->rc == -EINVAL && ch_be32(w->orb + 4) & 0x3e))
		w_error(w, "answered %d", out->rc);
	out->losses = w->losses;
	out->copies = w->copies;
	return !w->error[0];
}

bool scenario_run(struct world *w, const uint8_t *data, size_t size,
		  struct outcome *out)
{
	return run_scenario(w, data, size, out, false);
}

bool scenario_run_kept(struct world *w, const uint8_t *data, size_t size,
		       struct outcome *out)
{
	return run_scenario(w, data, size, out, true);
}
