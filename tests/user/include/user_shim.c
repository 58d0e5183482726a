// SPDX-License-Identifier: GPL-2.0
/*
 * The user-space stand-in for the kernel: allocation with a balance and
 * failures to order, warnings that fail tests, context checks
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user_shim.h"

unsigned long jiffies;
unsigned long user_fail_nth;
unsigned long user_allocs;
long user_blocks;
long user_large;
unsigned long user_warnings;
bool user_warn_abort = true;
unsigned long user_messages;
unsigned int user_atomic;

/* Room for the size, keeping the alignment that malloc() gives */
#define HEADER	(2 * sizeof(size_t))

static bool fails(void)
{
	user_allocs++;
	return user_fail_nth && !--user_fail_nth;
}

static size_t *header(const void *ptr)
{
	return (size_t *)((char *)ptr - HEADER);
}

void *user_alloc(size_t size, bool zero, bool sleeps)
{
	char *block;

	if (sleeps)
		user_might_sleep(__FILE__, __LINE__);
	if (fails() || size > SIZE_MAX - HEADER)
		return NULL;
	block = malloc(size + HEADER);
	if (!block)
		return NULL;
	*(size_t *)block = size;
	/* Contents of a fresh block are junk: make it reliably so */
	memset(block + HEADER, zero ? 0 : 0xa5, size);
	user_blocks++;
	user_large += size > USER_LARGE;
	return block + HEADER;
}

void *user_realloc(void *old, size_t size, bool zero, bool sleeps)
{
	size_t had = old ? user_size(old) : 0;
	void *fresh;

	if (!size) {
		user_free(old);
		return NULL;
	}
	fresh = user_alloc(size, zero, sleeps);
	if (!fresh)
		return NULL;
	if (had)
		memcpy(fresh, old, had < size ? had : size);
	user_free(old);
	return fresh;
}

void user_free(const void *ptr)
{
	if (!ptr)
		return;
	memset((void *)ptr, 0x5a, user_size(ptr));
	user_blocks--;
	user_large -= user_size(ptr) > USER_LARGE;
	free(header(ptr));
}

size_t user_size(const void *ptr)
{
	return ptr ? *header(ptr) : 0;
}

bool user_warn(bool cond, const char *file, int line, const char *what)
{
	if (!cond)
		return false;
	user_warnings++;
	fprintf(stderr, "WARN at %s:%d: %s\n", file, line, what);
	if (user_warn_abort)
		abort();
	return true;
}

void user_might_sleep(const char *file, int line)
{
	user_warn(user_atomic != 0, file, line, "sleeps with a spinlock held");
}

int user_printk(const char *fmt, ...)
{
	static int verbose = -1;
	va_list ap;

	if (verbose < 0)
		verbose = getenv("USER_VERBOSE") != NULL;
	user_messages++;
	if (verbose) {
		va_start(ap, fmt);
		vfprintf(stderr, fmt, ap);
		va_end(ap);
	}
	return 0;
}

void user_bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "BUG at %s:%d: %s\n", file, line, what);
	abort();
}
