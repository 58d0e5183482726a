/* SPDX-License-Identifier: GPL-2.0 */
/* Results in the Test Anything Protocol */
#ifndef USER_TAP_H
#define USER_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/* One count for all files of a program */
__attribute__((__weak__)) unsigned int tap_points, tap_failed;

/* One test point; returns @ok */
__attribute__((__format__(__printf__, 2, 3)))
static inline bool tap_ok(bool ok, const char *fmt, ...)
{
	va_list ap;

	/* A part may run several programs: each begins a document of its own */
	if (!tap_points++)
		puts("TAP version 13");
	tap_failed += !ok;
	printf("%sok %u - ", ok ? "" : "not ", tap_points);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	return ok;
}

/* The plan; returns the exit status. No test point at all is a failure. */
static inline int tap_done(void)
{
	printf("1..%u\n", tap_points);
	if (tap_failed)
		printf("# %u of %u failed\n", tap_failed, tap_points);
	return tap_failed || !tap_points;
}

#endif
