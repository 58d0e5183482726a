// SPDX-License-Identifier: GPL-2.0
/*
 * The bounded, reproducible part of the fuzzing
 *
 * check_fuzz COUNT CORPUS		corpus, then COUNT programs from seeds
 * check_fuzz -s SEED...			some of them, one after another
 * check_fuzz -f FILE...		inputs
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"
#include "tap.h"
#include "user_shim.h"

#define LARGEST	2048

/* In a seed: one of the programs that cross themselves */
#define CROWDED	(1ull << 32)

static struct {
	unsigned long result[4], long_runs, checks, suspended, variants, late;
	unsigned long changing, failing, input, output, tails, whole, running;
	unsigned long kept, found, losses, copies;
} count;

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static size_t input_of(uint64_t seed, uint8_t *data)
{
	uint64_t state = seed * 0x2545f4914f6cdd1dull + 1, r;
	size_t size, i;

	size = 256 + next_random(&state) % (LARGEST - 256);
	for (i = 0; i < size; i += 8) {
		r = next_random(&state);
		memcpy(data + i, &r, 8);
	}
	/* Nearly all of it generated: random literals mean nothing */
	data[0] &= (uint8_t)~0x40;
	if (seed & CROWDED)
		data[0] |= 0x41;
	else if (seed % 64)
		data[0] |= 1;
	return size;
}

/* At the first suspension a whole CCW becomes another one */
static bool has_new_tail(const struct world *w)
{
	unsigned int i;

	for (i = 0; i < w->nr_edits; i++)
		if (!w->edit[i].stage && w->edit[i].len == 8)
			return true;
	return false;
}

static void tally(const struct world *w, const struct outcome *out)
{
	const struct w_run *run = &w->host;
	unsigned int i, j;

	count.result[out->result]++;
	count.changing += out->changing;
	count.failing += out->failing;
	if (out->result == W_REFUSED)
		return;
	count.long_runs += run->commands >= 3;
	count.suspended += w->resumed;
	count.tails += w->resumed && has_new_tail(w);
	count.variants += w->variant_used != 0;
	count.whole += !w->cut;
	count.running += out->result == W_EQUAL && w->resumed && w->rsch;
	for (i = 0; i < run->ch.nr_irbs; i++)
		if (run->ch.irb[i].raw[9] & 0x30)
			break;
	count.checks += i < run->ch.nr_irbs;
	for (j = 0; j < run->commands && j < W_MAX_LOG; j++) {
		count.input += !!run->log[j].in;
		count.output += !!run->log[j].out;
	}
}

/* The same result, but where the host's failures and changes decide it */
static bool same_outcome(struct world *w, const struct outcome *out,
			 const struct outcome *kept)
{
	if (out->failing || out->changing ||
	    (out->result == kept->result && out->rc == kept->rc))
		return true;
	w_error(w, "result %d, %d; with kept pins %d, %d", out->result, out->rc,
		kept->result, kept->rc);
	return false;
}

static bool one(struct world *w, const uint8_t *data, size_t size,
		const char *name)
{
	struct outcome out = { 0 }, kept = { 0 };
	unsigned long found;
	bool ok = scenario_run(w, data, size, &out);

	if (!ok) {
		printf("# %s: %s\n", name, w->error);
		return false;
	}
	tally(w, &out);
	found = w->pins.stats.found;
	ok = scenario_run_kept(w, data, size, &kept) &&
	     same_outcome(w, &out, &kept);
	if (!ok)
		printf("# %s, with kept pins: %s\n", name, w->error);
	count.kept++;
	count.found += w->pins.stats.found != found;
	count.losses += !!kept.losses;
	count.copies += !!kept.copies;
	return ok;
}

static bool one_seed(struct world *w, uint64_t seed)
{
	uint8_t data[LARGEST + 8];
	size_t size = input_of(seed, data);
	char name[32];

	snprintf(name, sizeof(name), "seed %" PRIu64, seed);
	return one(w, data, size, name);
}

static bool one_file(struct world *w, const char *path)
{
	static uint8_t data[1 << 16];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file)
		return false;
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	return one(w, data, size, path);
}

/* What the translator keeps from program to program must all go in the end */
static bool start_afresh(struct world *w)
{
	bool ok = w_drop(w) && !user_blocks;

	if (!ok)
		printf("# %s, %ld blocks left\n", w->error, user_blocks);
	return ok;
}

static void run_corpus(struct world *w, const char *dir)
{
	struct dirent **names;
	unsigned int done = 0, bad = 0;
	char path[4096];
	int n, i;

	n = scandir(dir, &names, NULL, alphasort);
	for (i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", dir,
				 names[i]->d_name);
			done++;
			bad += !one_file(w, path);
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	tap_ok(done && !bad, "%u inputs of the corpus", done);
	tap_ok(start_afresh(w), "nothing is left of them");
}

static void meaningful(unsigned long n)
{
	printf("# %lu equal, %lu safe (%lu changing), %lu refused\n",
	       count.result[W_EQUAL], count.result[W_SAFE], count.changing,
	       count.result[W_REFUSED]);
	printf("# %lu with a failure of the host, %lu by a variant\n",
	       count.failing, count.variants);
	printf("# %lu of three commands or more, %lu checks\n",
	       count.long_runs, count.checks);
	printf("# %lu resumed, %lu of them with other CCWs\n",
	       count.suspended, count.tails);
	printf("# %lu inputs, %lu outputs\n", count.input, count.output);
	printf("# %lu without a list that is cut short\n", count.whole);
	printf("# %lu with kept pins: %lu find some, %lu lose some, %lu are read by them\n",
	       count.kept, count.found, count.losses, count.copies);
	tap_ok(count.result[W_EQUAL] > n / 2 && count.long_runs > n / 4 &&
	       count.checks > n / 50 && count.suspended > n / 50 &&
	       count.tails > n / 100 && count.whole > n / 4 &&
	       count.input > n / 2 && count.output > n / 2 &&
	       count.changing > n / 10 && count.found > n / 3 &&
	       count.losses > n / 4 && count.copies > n / 4,
	       "the programs have a meaning");
}

static void run_random(struct world *w, unsigned long n)
{
	unsigned long seed, bad = 0, left = 0;

	memset(&count, 0, sizeof(count));
	for (seed = 0; seed < n && bad < 5; seed++) {
		bad += !one_seed(w, seed);
		if (seed % 1024 == 1023)
			left += !start_afresh(w);
	}
	tap_ok(!bad && seed == n, "%lu random programs", seed);
	left += !start_afresh(w);
	tap_ok(!left, "nothing is left of them");
	meaningful(n);
}

static void run_crowded(struct world *w, unsigned long n)
{
	unsigned long seed, bad = 0;

	memset(&count, 0, sizeof(count));
	for (seed = 0; seed < n && bad < 5; seed++)
		bad += !one_seed(w, seed | CROWDED);
	tap_ok(!bad && seed == n, "%lu programs that cross themselves", seed);
	tap_ok(start_afresh(w), "nothing is left of them");
	printf("# %lu equal, %lu of three commands or more, %lu resumed\n",
	       count.result[W_EQUAL], count.long_runs, count.suspended);
	printf("# %lu of them equal and resumed while they run\n",
	       count.running);
	tap_ok(count.result[W_EQUAL] > n / 2 && count.suspended > n / 20 &&
	       count.running > n / 50,
	       "the programs have a meaning");
}

int main(int argc, char **argv)
{
	struct world *w = w_new(SCENARIO_PAGES);
	int i;

	w->trace = getenv("ORACLE_TRACE");

	if (argc > 2 && !strcmp(argv[1], "-s")) {
		for (i = 2; i < argc; i++)
			tap_ok(one_seed(w, strtoull(argv[i], NULL, 0)),
			       "seed %s", argv[i]);
	} else if (argc > 2 && !strcmp(argv[1], "-f")) {
		for (i = 2; i < argc; i++)
			tap_ok(one_file(w, argv[i]), "%s", argv[i]);
	} else if (argc > 2) {
		run_corpus(w, argv[2]);
		run_random(w, strtoul(argv[1], NULL, 0));
		run_crowded(w, strtoul(argv[1], NULL, 0));
	} else {
		fprintf(stderr, "usage: %s COUNT CORPUS | -s SEED | -f FILE...\n",
			argv[0]);
		return 2;
	}
	w_free(w);
	return tap_done();
}
