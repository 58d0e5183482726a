// SPDX-License-Identifier: GPL-2.0
/* Run KUnit suites in user space: TAP, sanitizers, no leak after any case */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <kunit/test.h>
#include <linux/bug.h>

#define SUITES_MAX	32

struct user_kunit_block {
	struct user_kunit_block *next;
	void *mem;
};

static struct kunit_suite *suites[SUITES_MAX];
static unsigned int nr_suites;
static unsigned int nr_cases, nr_failed;
static jmp_buf stop;

void user_kunit_register(struct kunit_suite *suite)
{
	BUG_ON(nr_suites == SUITES_MAX);
	suites[nr_suites++] = suite;
}

void user_kunit_fail(struct kunit *test, const char *file, int line,
		     const char *fmt, ...)
{
	va_list args;

	test->failed = true;
	printf("# %s: %s:%d: ", test->name, file, line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

void user_kunit_abort(struct kunit *test)
{
	longjmp(stop, 1);
}

/* Blocks of the test itself are outside the balance of the code under test */
void *user_kunit_alloc(struct kunit *test, size_t size, bool zero)
{
	struct user_kunit_block *b = malloc(sizeof(*b));

	BUG_ON(!b);
	b->mem = malloc(size ?: 1);
	BUG_ON(!b->mem);
	memset(b->mem, zero ? 0 : 0xa5, size);
	b->next = test->blocks;
	test->blocks = b;
	return b->mem;
}

void user_kunit_free(struct kunit *test, const void *ptr)
{
	struct user_kunit_block **at = &test->blocks;
	struct user_kunit_block *b;

	while (*at && (*at)->mem != ptr)
		at = &(*at)->next;
	if (!*at)
		return;
	b = *at;
	*at = b->next;
	free(b->mem);
	free(b);
}

static void run_one(struct kunit_suite *suite, struct kunit_case *c,
		    const void *param, const char *desc)
{
	struct kunit test = { .name = c->name, .param_value = param };
	unsigned long warnings = user_warnings;
	long blocks = user_blocks;

	if (!setjmp(stop)) {
		if (suite->init && suite->init(&test))
			test.failed = true;
		else
			c->run_case(&test);
	}
	if (suite->exit)
		suite->exit(&test);
	while (test.blocks)
		user_kunit_free(&test, test.blocks->mem);
	if (user_blocks != blocks)
		user_kunit_fail(&test, __FILE__, __LINE__, "%ld blocks leaked",
				user_blocks - blocks);
	if (user_warnings != warnings)
		user_kunit_fail(&test, __FILE__, __LINE__, "a warning");
	nr_cases++;
	nr_failed += test.failed;
	printf("%sok %u - %s.%s%s%s\n", test.failed ? "not " : "", nr_cases,
	       suite->name, c->name, desc[0] ? ": " : "", desc);
}

static void run_suite(struct kunit_suite *suite)
{
	char desc[KUNIT_PARAM_DESC_SIZE];
	const void *param;
	struct kunit_case *c;

	for (c = suite->test_cases; c->run_case; c++) {
		desc[0] = 0;
		if (!c->generate_params) {
			run_one(suite, c, NULL, desc);
			continue;
		}
		for (param = c->generate_params(NULL, desc); param;
		     param = c->generate_params(param, desc)) {
			run_one(suite, c, param, desc);
			desc[0] = 0;
		}
	}
}

int main(int argc, char **argv)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
	for (i = 0; i < nr_suites; i++)
		if (argc < 2 || strstr(suites[i]->name, argv[1]))
			run_suite(suites[i]);
	printf("1..%u\n", nr_cases);
	return nr_failed || !nr_cases;
}
