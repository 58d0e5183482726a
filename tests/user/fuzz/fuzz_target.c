// SPDX-License-Identifier: GPL-2.0
/* The coverage-guided part: libFuzzer brings main() */
#include <stdio.h>
#include <stdlib.h>

#include "scenario.h"
#include "user_shim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world *w;
	struct outcome out = { 0 };
	bool ok;

	if (!w)
		w = w_new(SCENARIO_PAGES);
	ok = scenario_run(w, data, size, &out) &&
	     scenario_run_kept(w, data, size, &out);
	ok = w_drop(w) && ok && !user_blocks;
	if (!ok) {
		fprintf(stderr, "%s, %ld blocks left\n", w->error, user_blocks);
		abort();
	}
	return 0;
}
