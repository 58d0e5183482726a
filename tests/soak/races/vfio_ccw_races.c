// SPDX-License-Identifier: GPL-2.0
/*
 * Which accesses of the driver's meet others of the same place
 *
 * A compiler that is asked to look for races between threads calls a function before
 * each access to memory. The kernel has these functions with CONFIG_KCSAN, which takes a
 * kernel built for it; this module has them instead, for any test kernel, and for what is
 * built outside of it: the driver. Nothing is known of locks. An access is watched: its
 * address is published, and the processor waits for a moment, in which any access of
 * another one, or of an interrupt, to the same bytes is a race, if one of the two is a
 * write and one of them plain. READ_ONCE() and WRITE_ONCE(), atomic operations, and what
 * is within data_race() are not plain. A place that has another value after the moment
 * than before was written by code that is not compiled for this: a race, too.
 *
 * Of each place in the code the first accesses are watched (module parameter "often"),
 * and then fewer and fewer, so that what is seldom run is looked at as well as what
 * always is; each for up to so many microseconds ("delay"). Each pair of places is told
 * once, in the kernel's log.
 *
 * It is loaded only if it finds a race that it makes itself.
 *
 * For the tests alone; never installed.
 */
#include "marked.h"

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/spinlock.h>
#include <linux/stacktrace.h>
#include <linux/timex.h>
#include <linux/uaccess.h>

/* As the compiler and <linux/kcsan-checks.h> have them */
#define RACES_WRITE	BIT(0)
#define RACES_MARKED	BIT(2)

#define RACES_DEPTH	12	/* callers that are told */
#define RACES_OWN	6	/* functions of this file among them, at most */
#define RACES_PAIRS	128	/* pairs that are remembered */
#define RACES_PLACES_SHIFT	14	/* places in the code, twice as many as there are */
#define RACES_WATCHES	8	/* processors that watch */
#define RACES_IRQ_DELAY	20	/* microseconds, where interrupts are off */

static unsigned int often = 8;
module_param(often, uint, 0644);
static unsigned int delay = 500;
module_param(delay, uint, 0644);

/* How many accesses there were, without those to stacks, and were watched; about */
static unsigned long seen;
module_param(seen, ulong, 0444);
static unsigned long watched;
module_param(watched, ulong, 0444);

/**
 * struct races_access - one access
 * @addr: address, 0 if there is none
 * @size: bytes
 * @type: RACES_*
 * @cpu: processor
 * @pid: of the thread, or of the one that was interrupted
 * @depth: callers in @caller
 * @caller: the first one has made it
 */
struct races_access {
	unsigned long addr;
	unsigned long size;
	int type;
	int cpu;
	int pid;
	unsigned int depth;
	unsigned long caller[RACES_DEPTH];
};

/**
 * struct races_watch - what one processor waits to be accessed
 * @lock: protects the rest; a leaf
 * @mine: the access that is watched; @addr is 0 if none is
 * @other: the first that has met it; @addr is 0 if none has
 */
struct races_watch {
	raw_spinlock_t lock;
	struct races_access mine;
	struct races_access other;
};

static struct races_watch races_watches[RACES_WATCHES];
static atomic_t races_watching = ATOMIC_INIT(0);

/* Not of the thread: none sleeps within data_race() or the like, nor is preempted */
static DEFINE_PER_CPU(int, races_paused);
static DEFINE_PER_CPU(int, races_marking);
static DEFINE_PER_CPU(u32, races_random);

/* Accesses by place, about: some share one, and processors count beside each other */
static u32 races_counts[BIT(RACES_PLACES_SHIFT)];

static DEFINE_RAW_SPINLOCK(races_told_lock);
static unsigned long races_told[RACES_PAIRS][2];
static unsigned int races_nr_told;

static void races_note(struct races_access *a, unsigned long addr,
		       unsigned long size, int type, unsigned long ip)
{
	unsigned long caller[RACES_DEPTH + RACES_OWN];
	unsigned int n = stack_trace_save(caller, ARRAY_SIZE(caller), 0), i;

	a->addr = addr;
	a->size = size;
	a->type = type;
	a->cpu = raw_smp_processor_id();
	a->pid = current->pid;
	/* Without this function and those that lead to it */
	for (i = 0; i < n && caller[i] != ip; i++)
		;
	a->caller[0] = ip;
	for (a->depth = 1; ++i < n && a->depth < RACES_DEPTH; a->depth++)
		a->caller[a->depth] = caller[i];
}

/* Has the pair not been told of? It has now */
static bool races_is_new(unsigned long one, unsigned long two)
{
	unsigned long flags;
	unsigned int i;
	bool fresh = false;

	raw_spin_lock_irqsave(&races_told_lock, flags);
	for (i = 0; i < races_nr_told; i++)
		if ((races_told[i][0] == one && races_told[i][1] == two) ||
		    (races_told[i][0] == two && races_told[i][1] == one))
			break;
	if (i == races_nr_told && i < RACES_PAIRS) {
		races_told[i][0] = one;
		races_told[i][1] = two;
		races_nr_told++;
		fresh = true;
	}
	raw_spin_unlock_irqrestore(&races_told_lock, flags);
	return fresh;
}

static void races_tell_access(const struct races_access *a)
{
	unsigned int i;

	pr_err("%s%s of %lu bytes by thread %d on processor %d:\n",
	       a->type & RACES_MARKED ? "marked " : "",
	       a->type & RACES_WRITE ? "write" : "read", a->size, a->pid, a->cpu);
	for (i = 0; i < a->depth; i++)
		pr_err(" %pS\n", (void *)a->caller[i]);
}

static void races_tell(const struct races_access *one,
		       const struct races_access *two)
{
	unsigned long where[2] = { one->caller[0], two->addr ? two->caller[0] : 0 };

	if (!races_is_new(where[0], where[1]))
		return;
	if (two->addr)
		pr_err("BUG: race of accesses in %ps / %ps\n", (void *)where[0],
		       (void *)where[1]);
	else
		pr_err("BUG: race of accesses in %ps / somebody else\n",
		       (void *)where[0]);
	races_tell_access(one);
	if (two->addr)
		races_tell_access(two);
	pr_err("==================================================================\n");
}

static bool races_meet(const struct races_access *a, unsigned long addr,
		       unsigned long size, int type)
{
	return a->addr && a->addr < addr + size && addr < a->addr + a->size &&
	       (a->type | type) & RACES_WRITE && !(a->type & type & RACES_MARKED);
}

/* Is it watched by somebody? */
static noinline void races_look(unsigned long addr, unsigned long size, int type,
				unsigned long ip)
{
	struct races_watch *w;
	unsigned long flags;

	for (w = races_watches; w < races_watches + RACES_WATCHES; w++) {
		/* A look without the lock; what it misses is missed */
		if (!READ_ONCE(w->mine.addr))
			continue;
		raw_spin_lock_irqsave(&w->lock, flags);
		if (!w->other.addr && races_meet(&w->mine, addr, size, type))
			races_note(&w->other, addr, size, type, ip);
		raw_spin_unlock_irqrestore(&w->lock, flags);
	}
}

/* What is there; an unwatched access may have freed it meanwhile */
static u64 races_value(unsigned long addr, unsigned long size)
{
	u64 value = 0;

	if (copy_from_kernel_nofault(&value, (void *)addr, min(size, 8UL)))
		return 0;
	return value;
}

static u32 races_next_random(void)
{
	u32 r = this_cpu_read(races_random) * 1664525 + 1013904223;

	this_cpu_write(races_random, r);
	return r >> 8;
}

/* Wait for a moment to see who else comes; true if somebody has, who is in @other */
static noinline bool races_watch(unsigned long addr, unsigned long size, int type,
				 unsigned long ip, struct races_access *mine,
				 struct races_access *other)
{
	struct races_watch *w = &races_watches[raw_smp_processor_id() %
					       RACES_WATCHES];
	unsigned int us = irqs_disabled() || in_interrupt() ? RACES_IRQ_DELAY :
							       READ_ONCE(delay);
	unsigned long flags;
	u64 before;

	raw_spin_lock_irqsave(&w->lock, flags);
	/* That of whom this one has interrupted */
	if (w->mine.addr) {
		raw_spin_unlock_irqrestore(&w->lock, flags);
		return false;
	}
	races_note(&w->mine, addr, size, type, ip);
	w->other.addr = 0;
	raw_spin_unlock_irqrestore(&w->lock, flags);

	watched++;
	before = races_value(addr, size);
	atomic_inc(&races_watching);
	udelay(1 + races_next_random() % us);
	atomic_dec(&races_watching);

	raw_spin_lock_irqsave(&w->lock, flags);
	*mine = w->mine;
	*other = w->other;
	w->mine.addr = 0;
	raw_spin_unlock_irqrestore(&w->lock, flags);
	return other->addr || races_value(addr, size) != before;
}

static noinline void races_access(unsigned long addr, unsigned long size, int type,
				  unsigned long ip)
{
	u32 *count = &races_counts[hash_long(ip, RACES_PLACES_SHIFT)];
	struct races_access mine, other;
	u32 n;

	/* The processor's own page, and what no other thread knows of */
	if (addr < 2 * PAGE_SIZE || !size || this_cpu_read(races_paused) ||
	    object_is_on_stack((void *)addr))
		return;
	if (this_cpu_read(races_marking))
		type |= RACES_MARKED;
	seen++;
	if (atomic_read(&races_watching))
		races_look(addr, size, type, ip);
	if (type & RACES_MARKED)
		return;
	/* All, then one of two, one of three, and so on */
	n = READ_ONCE(*count);
	WRITE_ONCE(*count, n + 1);
	if (!(n % (1 + n / (READ_ONCE(often) | 1))) &&
	    races_watch(addr, size, type, ip, &mine, &other))
		races_tell(&mine, &other);
}

/*
 * What the driver calls
 */

#define RACES_SIZE(size)							\
void __tsan_read##size(void *p);						\
void __tsan_read##size(void *p)							\
{										\
	races_access((unsigned long)p, size, 0, _RET_IP_);			\
}										\
EXPORT_SYMBOL(__tsan_read##size);						\
void __tsan_write##size(void *p);						\
void __tsan_write##size(void *p)						\
{										\
	races_access((unsigned long)p, size, RACES_WRITE, _RET_IP_);		\
}										\
EXPORT_SYMBOL(__tsan_write##size);						\
void __tsan_read_write##size(void *p);						\
void __tsan_read_write##size(void *p)						\
{										\
	races_access((unsigned long)p, size, RACES_WRITE, _RET_IP_);		\
}										\
EXPORT_SYMBOL(__tsan_read_write##size);						\
void __tsan_volatile_read##size(void *p);					\
void __tsan_volatile_read##size(void *p)					\
{										\
	races_access((unsigned long)p, size, RACES_MARKED, _RET_IP_);		\
}										\
EXPORT_SYMBOL(__tsan_volatile_read##size);					\
void __tsan_volatile_write##size(void *p);					\
void __tsan_volatile_write##size(void *p)					\
{										\
	races_access((unsigned long)p, size, RACES_WRITE | RACES_MARKED, _RET_IP_); \
}										\
EXPORT_SYMBOL(__tsan_volatile_write##size)

RACES_SIZE(1);
RACES_SIZE(2);
RACES_SIZE(4);
RACES_SIZE(8);
RACES_SIZE(16);

void __tsan_read_range(void *p, size_t size);
void __tsan_read_range(void *p, size_t size)
{
	races_access((unsigned long)p, size, 0, _RET_IP_);
}
EXPORT_SYMBOL(__tsan_read_range);

void __tsan_write_range(void *p, size_t size);
void __tsan_write_range(void *p, size_t size)
{
	races_access((unsigned long)p, size, RACES_WRITE, _RET_IP_);
}
EXPORT_SYMBOL(__tsan_write_range);

void __tsan_init(void);
void __tsan_init(void)
{
}
EXPORT_SYMBOL(__tsan_init);

/* What atomic operations, and copies from and to users, call */
void __kcsan_check_access(const volatile void *p, size_t size, int type)
{
	races_access((unsigned long)p, size, type & (RACES_WRITE | RACES_MARKED), _RET_IP_);
}
EXPORT_SYMBOL(__kcsan_check_access);

/* data_race() */
void kcsan_disable_current(void)
{
	this_cpu_inc(races_paused);
}
EXPORT_SYMBOL(kcsan_disable_current);

void kcsan_enable_current_nowarn(void)
{
	this_cpu_dec(races_paused);
}
EXPORT_SYMBOL(kcsan_enable_current_nowarn);

/* What is between them counts as marked: the writer of a sequence lock */
void kcsan_nestable_atomic_begin(void)
{
	this_cpu_inc(races_marking);
}
EXPORT_SYMBOL(kcsan_nestable_atomic_begin);

void kcsan_nestable_atomic_end(void)
{
	this_cpu_dec(races_marking);
}
EXPORT_SYMBOL(kcsan_nestable_atomic_end);

/*
 * One that is there on purpose: it has to be found, or nothing would be
 */

static u32 races_place;

static int races_write(void *unused)
{
	while (!kthread_should_stop()) {
		races_access((unsigned long)&races_place, sizeof(races_place),
			     RACES_WRITE | RACES_MARKED, _THIS_IP_);
		cond_resched();
	}
	return 0;
}

static int __init races_find_one(void)
{
	unsigned long end = jiffies + 60 * HZ;
	struct races_access mine, other;
	struct task_struct *task;
	bool found = false;

	task = kthread_run(races_write, NULL, "races");
	if (IS_ERR(task))
		return PTR_ERR(task);
	while (!found && time_before(jiffies, end)) {
		found = races_watch((unsigned long)&races_place,
				    sizeof(races_place), 0, _THIS_IP_, &mine,
				    &other);
		cond_resched();
	}
	kthread_stop(task);
	return found ? 0 : -EIO;
}

static int __init races_init(void)
{
	struct races_watch *w;
	int rc;

	for (w = races_watches; w < races_watches + RACES_WATCHES; w++)
		raw_spin_lock_init(&w->lock);
	rc = races_find_one();
	/* What counts is the driver's */
	seen = 0;
	watched = 0;
	return rc;
}
module_init(races_init);

static void __exit races_exit(void)
{
}
module_exit(races_exit);

MODULE_DESCRIPTION("Races of vfio_ccw, for its tests");
MODULE_LICENSE("GPL");
