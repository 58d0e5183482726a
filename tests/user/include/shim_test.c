// SPDX-License-Identifier: GPL-2.0
/* The stand-in for the kernel: what the tests rely on, with literal values */
#include <linux/align.h>
#include <linux/bitfield.h>
#include <linux/bug.h>
#include <linux/kconfig.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/spinlock.h>

#include "tap.h"

#define CONFIG_SET 1

static void test_fields(void)
{
	static const u8 wire[8] = { 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0 };
	__be64 d;
	__be32 w;

	memcpy(&d, wire, 8);
	memcpy(&w, wire, 4);
	tap_ok(be32_to_cpu(w) == 0x12345678 &&
	       be64_to_cpu(d) == 0x123456789abcdef0, "big-endian loads");
	tap_ok(be32_get_bits(w, GENMASK(23, 16)) == 0x34 &&
	       be64_get_bits(d, GENMASK_ULL(63, 56)) == 0x12, "fields");
	be32p_replace_bits(&w, 0xff, GENMASK(15, 8));
	tap_ok(!memcmp(&w, "\x12\x34\xff\x78", 4), "a field replaced");
	w = be32_encode_bits(5, GENMASK(31, 28));
	tap_ok(!memcmp(&w, "\x50\0\0\0", 4), "a field encoded");
	tap_ok(FIELD_PREP(GENMASK(11, 8), 7) == 0x700 &&
	       FIELD_GET(GENMASK(11, 8), 0x3a5) == 3 &&
	       !FIELD_FIT(GENMASK(11, 8), 16), "FIELD_*()");
}

static void test_numbers(void)
{
	u32 sum;

	tap_ok(ALIGN(4097, 4096) == 8192 && ALIGN_DOWN(4097, 4096) == 4096 &&
	       IS_ALIGNED(8192, 4096), "alignment");
	tap_ok(ilog2(4096) == 12 && roundup_pow_of_two(4097) == 8192 &&
	       is_power_of_2(64) && !is_power_of_2(65), "powers of two");
	tap_ok(check_add_overflow(~0U, 1U, &sum) &&
	       size_mul(SIZE_MAX, 2) == SIZE_MAX, "overflow is seen");
	tap_ok(IS_ENABLED(CONFIG_SET) && !IS_ENABLED(CONFIG_UNSET),
	       "IS_ENABLED()");
}

static int by_value(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void test_sort(void)
{
	int num[] = { 3, 1, 2 };

	sort(num, 3, sizeof(*num), by_value, NULL);
	tap_ok(num[0] == 1 && num[1] == 2 && num[2] == 3, "sort()");
}

static void test_slab(void)
{
	long before = user_blocks;
	u8 *p = kzalloc(64, GFP_KERNEL_ACCOUNT), *q;

	tap_ok(p && !memchr_inv(p, 0, 64), "kzalloc() clears");
	memset(p, 7, 64);
	q = krealloc(p, 128, GFP_KERNEL);
	tap_ok(q && q[0] == 7 && q[63] == 7, "krealloc() copies");
	tap_ok(user_blocks == before + 1, "balance counts blocks");
	kvfree(q);
	tap_ok(user_blocks == before, "balance returns to where it was");
	p = kmalloc(USER_LARGE, GFP_KERNEL);
	q = kmalloc(USER_LARGE + 1, GFP_KERNEL);
	tap_ok(p && q && user_large == 1, "a large block is counted");
	kfree(p);
	kfree(q);
	tap_ok(!user_large, "and gone with its release");
	user_fail_nth = 2;
	p = kmalloc(1, GFP_KERNEL);
	q = kmalloc(1, GFP_KERNEL);
	tap_ok(p && !q && !user_fail_nth, "the second allocation fails");
	kfree(p);
	tap_ok(!kcalloc(SIZE_MAX, 2, GFP_KERNEL), "kcalloc() overflow");
}

static void test_context(void)
{
	unsigned long before = user_warnings;
	spinlock_t lock;

	spin_lock_init(&lock);
	user_warn_abort = false;
	spin_lock(&lock);
	lockdep_assert_held(&lock);
	kfree(kmalloc(1, GFP_ATOMIC));
	tap_ok(user_warnings == before, "nothing wrong, nothing warned");
	kfree(kmalloc(1, GFP_KERNEL));
	tap_ok(user_warnings == before + 1, "sleeping in atomic context warns");
	spin_unlock(&lock);
	tap_ok(WARN_ON_ONCE(true) && user_warnings == before + 2,
	       "WARN counts");
	user_warn_abort = true;
}

int main(void)
{
	test_fields();
	test_numbers();
	test_sort();
	test_slab();
	test_context();
	return tap_done();
}
