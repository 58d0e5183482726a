/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KUnit as the suites of this project use, so that the same test
 * files also run in plain user space, under its sanitizers and for coverage
 */
#ifndef USER_KUNIT_TEST_H
#define USER_KUNIT_TEST_H

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

/* The kernel declares it in linux/sprintf.h, which kunit/test.h brings */
int snprintf(char *buf, size_t size, const char *fmt, ...);

#define KUNIT_PARAM_DESC_SIZE	128

struct kunit {
	const char *name;
	void *priv;
	const void *param_value;
	bool failed;
	struct user_kunit_block *blocks;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char *name;
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

void user_kunit_register(struct kunit_suite *suite);
__attribute__((__format__(__printf__, 4, 5)))
void user_kunit_fail(struct kunit *test, const char *file, int line,
		     const char *fmt, ...);
__attribute__((__noreturn__)) void user_kunit_abort(struct kunit *test);
void *user_kunit_alloc(struct kunit *test, size_t size, bool zero);
void user_kunit_free(struct kunit *test, const void *ptr);

#define kunit_kzalloc(test, size, gfp)	user_kunit_alloc(test, size, true)
#define kunit_kmalloc(test, size, gfp)	user_kunit_alloc(test, size, false)
#define kunit_kcalloc(test, n, size, gfp) \
	user_kunit_alloc(test, array_size(n, size), true)
#define kunit_kmalloc_array(test, n, size, gfp) \
	user_kunit_alloc(test, array_size(n, size), false)
#define kunit_kfree(test, ptr)		user_kunit_free(test, ptr)

#define KUNIT_CASE(fn)		{ .run_case = (fn), .name = #fn }
#define KUNIT_CASE_SLOW(fn)	KUNIT_CASE(fn)
#define KUNIT_CASE_PARAM(fn, gen) \
	{ .run_case = (fn), .name = #fn, .generate_params = (gen) }

#define user_kunit_next(array, prev)					\
({									\
	const char *__next = (prev);					\
									\
	__next = __next ? __next + sizeof((array)[0]) :			\
		 (const char *)(array);					\
	__next < (const char *)((array) + ARRAY_SIZE(array)) ?		\
		(typeof(&(array)[0]))__next : NULL;			\
})

#define KUNIT_ARRAY_PARAM(id, array, get_desc)				\
static const void *id##_gen_params(const void *prev, char *desc)	\
{									\
	typeof(&(array)[0]) next = user_kunit_next(array, prev);	\
	void (*get)(typeof(next) param, char *text) = (get_desc);	\
									\
	if (next && get)						\
		get(next, desc);					\
	return next;							\
}

#define KUNIT_ARRAY_PARAM_DESC(id, array, member)			\
static const void *id##_gen_params(const void *prev, char *desc)	\
{									\
	typeof(&(array)[0]) next = user_kunit_next(array, prev);	\
									\
	if (next)							\
		strscpy(desc, next->member, KUNIT_PARAM_DESC_SIZE);	\
	return next;							\
}

#define user_kunit_ctor(n, ...)		user_kunit_ctor3(n, __VA_ARGS__)
#define user_kunit_ctor3(n, ...)					\
static void __attribute__((__constructor__)) user_kunit_add_##n(void)	\
{									\
	struct kunit_suite *list[] = { __VA_ARGS__ };			\
	unsigned int i;							\
									\
	for (i = 0; i < ARRAY_SIZE(list); i++)				\
		user_kunit_register(list[i]);				\
}									\
struct kunit_suite

#define kunit_test_suites(...)	user_kunit_ctor(__LINE__, __VA_ARGS__)
#define kunit_test_suite(suite)	kunit_test_suites(&(suite))

#define user_kunit_check(test, ok, stop, ...)				\
do {									\
	if (!(ok)) {							\
		user_kunit_fail(test, __FILE__, __LINE__, __VA_ARGS__);	\
		if (stop)						\
			user_kunit_abort(test);				\
	}								\
} while (0)

#define user_kunit_bool(test, cond, want, stop, ...)			\
	user_kunit_check(test, !!(cond) == (want), stop, __VA_ARGS__)

#define user_kunit_cmp(test, a, op, b, stop)				\
do {									\
	const typeof(a) __a = (a);					\
	const typeof(b) __b = (b);					\
									\
	user_kunit_check(test, __a op __b, stop, "%s %s %s: %lld, %lld", \
			 #a, #op, #b, (long long)__a, (long long)__b);	\
} while (0)

#define user_kunit_cmp_msg(test, a, op, b, stop, fmt, ...)		\
do {									\
	const typeof(a) __a = (a);					\
	const typeof(b) __b = (b);					\
									\
	user_kunit_check(test, __a op __b, stop,			\
			 "%s %s %s: %lld, %lld: " fmt, #a, #op, #b,	\
			 (long long)__a, (long long)__b, ##__VA_ARGS__); \
} while (0)

#define user_kunit_ptr(test, a, op, b, stop)				\
do {									\
	const void *__a = (a);						\
	const void *__b = (b);						\
									\
	user_kunit_check(test, __a op __b, stop, "%s %s %s", #a, #op, #b); \
} while (0)

#define user_kunit_mem(test, a, op, b, len, stop, fmt, ...)		\
	user_kunit_check(test, memcmp(a, b, len) op 0, stop,		\
			 "memory %s %s %s" fmt, #a, #op, #b, ##__VA_ARGS__)

#define KUNIT_FAIL(test, fmt, ...) \
	user_kunit_check(test, false, false, fmt, ##__VA_ARGS__)
#define KUNIT_FAIL_AND_ABORT(test, fmt, ...) \
	user_kunit_check(test, false, true, fmt, ##__VA_ARGS__)
#define KUNIT_SUCCEED(test)	do { (void)(test); } while (0)

#define KUNIT_EXPECT_TRUE(t, c)	user_kunit_bool(t, c, true, false, "%s", #c)
#define KUNIT_EXPECT_FALSE(t, c) user_kunit_bool(t, c, false, false, "!(%s)", #c)
#define KUNIT_EXPECT_TRUE_MSG(t, c, ...) \
	user_kunit_bool(t, c, true, false, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(t, c, ...) \
	user_kunit_bool(t, c, false, false, __VA_ARGS__)
#define KUNIT_ASSERT_TRUE(t, c)	user_kunit_bool(t, c, true, true, "%s", #c)
#define KUNIT_ASSERT_FALSE(t, c) user_kunit_bool(t, c, false, true, "!(%s)", #c)
#define KUNIT_ASSERT_TRUE_MSG(t, c, ...) \
	user_kunit_bool(t, c, true, true, __VA_ARGS__)
#define KUNIT_ASSERT_FALSE_MSG(t, c, ...) \
	user_kunit_bool(t, c, false, true, __VA_ARGS__)

#define KUNIT_EXPECT_EQ(t, a, b)	user_kunit_cmp(t, a, ==, b, false)
#define KUNIT_EXPECT_NE(t, a, b)	user_kunit_cmp(t, a, !=, b, false)
#define KUNIT_EXPECT_LT(t, a, b)	user_kunit_cmp(t, a, <, b, false)
#define KUNIT_EXPECT_LE(t, a, b)	user_kunit_cmp(t, a, <=, b, false)
#define KUNIT_EXPECT_GT(t, a, b)	user_kunit_cmp(t, a, >, b, false)
#define KUNIT_EXPECT_GE(t, a, b)	user_kunit_cmp(t, a, >=, b, false)
#define KUNIT_ASSERT_EQ(t, a, b)	user_kunit_cmp(t, a, ==, b, true)
#define KUNIT_ASSERT_NE(t, a, b)	user_kunit_cmp(t, a, !=, b, true)
#define KUNIT_ASSERT_LT(t, a, b)	user_kunit_cmp(t, a, <, b, true)
#define KUNIT_ASSERT_LE(t, a, b)	user_kunit_cmp(t, a, <=, b, true)
#define KUNIT_ASSERT_GT(t, a, b)	user_kunit_cmp(t, a, >, b, true)
#define KUNIT_ASSERT_GE(t, a, b)	user_kunit_cmp(t, a, >=, b, true)

#define KUNIT_EXPECT_EQ_MSG(t, a, b, ...) \
	user_kunit_cmp_msg(t, a, ==, b, false, __VA_ARGS__)
#define KUNIT_EXPECT_NE_MSG(t, a, b, ...) \
	user_kunit_cmp_msg(t, a, !=, b, false, __VA_ARGS__)
#define KUNIT_EXPECT_LT_MSG(t, a, b, ...) \
	user_kunit_cmp_msg(t, a, <, b, false, __VA_ARGS__)
#define KUNIT_EXPECT_LE_MSG(t, a, b, ...) \
	user_kunit_cmp_msg(t, a, <=, b, false, __VA_ARGS__)
#define KUNIT_EXPECT_GT_MSG(t, a, b, ...) \
	user_kunit_cmp_msg(t, a, >, b, false, __VA_ARGS__)
#define KUNIT_EXPECT_GE_MSG(t, a, b, ...) \
	user_kunit_cmp_msg(t, a, >=, b, false, __VA_ARGS__)
#define KUNIT_ASSERT_EQ_MSG(t, a, b, ...) \
	user_kunit_cmp_msg(t, a, ==, b, true, __VA_ARGS__)
#define KUNIT_ASSERT_NE_MSG(t, a, b, ...) \
	user_kunit_cmp_msg(t, a, !=, b, true, __VA_ARGS__)

#define KUNIT_EXPECT_PTR_EQ(t, a, b)	user_kunit_ptr(t, a, ==, b, false)
#define KUNIT_EXPECT_PTR_NE(t, a, b)	user_kunit_ptr(t, a, !=, b, false)
#define KUNIT_ASSERT_PTR_EQ(t, a, b)	user_kunit_ptr(t, a, ==, b, true)
#define KUNIT_ASSERT_PTR_NE(t, a, b)	user_kunit_ptr(t, a, !=, b, true)
#define KUNIT_EXPECT_NULL(t, a)		user_kunit_ptr(t, a, ==, NULL, false)
#define KUNIT_EXPECT_NOT_NULL(t, a)	user_kunit_ptr(t, a, !=, NULL, false)
#define KUNIT_ASSERT_NULL(t, a)		user_kunit_ptr(t, a, ==, NULL, true)
#define KUNIT_ASSERT_NOT_NULL(t, a)	user_kunit_ptr(t, a, !=, NULL, true)

#define KUNIT_EXPECT_STREQ(t, a, b) \
	user_kunit_check(t, !strcmp(a, b), false, "%s == %s: \"%s\", \"%s\"", \
			 #a, #b, a, b)
#define KUNIT_EXPECT_STRNEQ(t, a, b) \
	user_kunit_check(t, strcmp(a, b), false, "%s != %s", #a, #b)
#define KUNIT_ASSERT_STREQ(t, a, b) \
	user_kunit_check(t, !strcmp(a, b), true, "%s == %s", #a, #b)
#define KUNIT_EXPECT_MEMEQ(t, a, b, len) \
	user_kunit_mem(t, a, ==, b, len, false, "")
#define KUNIT_EXPECT_MEMEQ_MSG(t, a, b, len, fmt, ...) \
	user_kunit_mem(t, a, ==, b, len, false, ": " fmt, ##__VA_ARGS__)
#define KUNIT_EXPECT_MEMNEQ(t, a, b, len) \
	user_kunit_mem(t, a, !=, b, len, false, "")
#define KUNIT_ASSERT_MEMEQ(t, a, b, len) \
	user_kunit_mem(t, a, ==, b, len, true, "")

#define kunit_info(test, fmt, ...)	user_printk(fmt, ##__VA_ARGS__)
#define kunit_err(test, fmt, ...)	user_printk(fmt, ##__VA_ARGS__)

#endif
