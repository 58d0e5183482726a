/* SPDX-License-Identifier: GPL-2.0 */
/* What the user-space stand-in for the kernel offers to tests */
#ifndef USER_USER_SHIM_H
#define USER_USER_SHIM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Allocation: the balance of blocks, that of blocks larger than USER_LARGE, and
 * the failure of the n-th allocation from now (0 = none fails). @user_allocs
 * counts attempts.
 */
#define USER_LARGE	(32UL << 10)

extern unsigned long user_fail_nth;
extern unsigned long user_allocs;
extern long user_blocks;
extern long user_large;

/*
 * A WARN in the code under test is a test failure: it is counted, printed, and
 * ends the process if @user_warn_abort is set (the default: a fuzzer wants it).
 */
extern unsigned long user_warnings;
extern bool user_warn_abort;

/* Messages are counted and dropped unless USER_VERBOSE is in the environment */
extern unsigned long user_messages;

/* Depth of spinlocks held; sleeping calls are failures while it is not 0 */
extern unsigned int user_atomic;

void *user_alloc(size_t size, bool zero, bool sleeps);
void *user_realloc(void *old, size_t size, bool zero, bool sleeps);
void user_free(const void *ptr);
size_t user_size(const void *ptr);
bool user_warn(bool cond, const char *file, int line, const char *what);
void user_might_sleep(const char *file, int line);
__attribute__((__format__(__printf__, 1, 2)))
int user_printk(const char *fmt, ...);
__attribute__((__noreturn__))
void user_bug(const char *file, int line, const char *what);

#endif
