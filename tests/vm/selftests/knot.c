// SPDX-License-Identifier: GPL-2.0
/*
 * Threads of one user that keep each other from unmapping, beside a program with
 * the most runs of pages there can be
 *
 * A container of type 1 keeps its list of devices locked while it calls
 * dma_unmap. Another thread that unmaps, or opens or closes a device of the
 * container, waits for that list with the container's own lock held, and nothing
 * is unpinned without that one. So the threads of a user who does this may wait
 * for each other for ever; with few pages left, or a fast machine, they do not.
 *
 * With the container of patches/ (CONTAINER_PATCHED is set) they never do, not even
 * until the driver, which cannot unpin anything, has the call of dma_unmap return.
 *
 * Either way the host goes on, and nothing of a range is pinned when a thread has
 * unmapped it. What the user does is done by a process of its own, which is left
 * behind if it hangs: so each test is the only one of its run, and the last to
 * use its devices.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "common.h"
#include "kselftest_harness.h"

#define EXTRA	0x70000000ull	/* mappings beside the device's own */
#define SIZE	(MOST_RUNS * 2 * 4096ull)

/* With nothing unpinned for so long, nobody will go on */
#define STUCK_MS	30000

/*
 * After so long without a page unpinned, the driver has the call of dma_unmap return.
 * A busy host can make an unmap last as long now and then: one in so many.
 */
#define HELD_UP_MS	200
#define SELDOM		20

/* What the user's process tells its test */
struct progress {
	atomic_ulong unmaps;
	atomic_ulong held_up;
	atomic_ulong others;
	atomic_ulong wrong;
};

FIXTURE(knot) {
	struct progress *progress;
	long pins;
};

FIXTURE_VARIANT(knot) {
	enum ccwio_backend backend;
};

FIXTURE_VARIANT_ADD(knot, type1) {
	.backend = CCWIO_TYPE1,
};

FIXTURE_VARIANT_ADD(knot, iommufd) {
	.backend = CCWIO_IOMMUFD,
};

FIXTURE_SETUP(knot)
{
	self->progress = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED |
			      MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->progress);
	self->pins = pins_now();
}

FIXTURE_TEARDOWN(knot)
{
}

/* Everything else of the host works, a device of another user's for example */
static int host_goes_on(void)
{
	enum ccwio_backend backend;
	struct ccwio_dev dev;
	int fine = 1;

	for (backend = CCWIO_TYPE1; backend <= CCWIO_IOMMUFD; backend++) {
		if (backend == CCWIO_IOMMUFD && !has_iommufd())
			continue;
		if (open_dev(&dev, UUID_RNG3, backend))
			return 0;
		fine &= works(&dev) &&
			!ccwio_unmap_memory(&dev, CCWIO_BASE, CCWIO_SIZE);
		ccwio_close(&dev);
	}
	/* The channel subsystem's work has nobody to wait for */
	return fine && !put("/proc/cio_settle", "1");
}

/* How many threads of process @pid cannot even be killed */
static unsigned int threads_stuck(pid_t pid)
{
	struct dirent *entry;
	unsigned int n = 0;
	char path[64];
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks)))
		if (atoi(entry->d_name))
			n += !!strchr("DI", thread_state(atoi(entry->d_name)));
	if (tasks)
		closedir(tasks);
	return n;
}

/*
 * Wait until process @pid has ended, 0, or its threads are stuck: 1. A step is
 * an unmap, an open or a page that is no longer pinned.
 */
static int waits_for_itself(pid_t pid, struct progress *p)
{
	long step = 0, last = -1;
	int status, ms = 0;

	while (!waitpid(pid, &status, WNOHANG)) {
		step = p->unmaps + p->others - pins_now();
		if (step != last)
			ms = 0;
		last = step;
		if (ms > STUCK_MS)
			return 1;
		usleep(100000);
		ms += 100;
	}
	if (status)
		p->wrong++;
	return 0;
}

/*
 * What is true when the user's process @pid has ended, or ends no more; @before:
 * pages that were pinned then.
 */
static void expect_the_host_goes_on(struct __test_metadata *_metadata,
				    enum ccwio_backend backend, long before,
				    pid_t pid, struct progress *progress)
{
	unsigned int stuck;

	if (waits_for_itself(pid, progress)) {
		/* No news for the machine's log, as long as it still runs */
		put("/proc/sys/kernel/hung_task_timeout_secs", "0");
		stuck = threads_stuck(pid);
		TH_LOG("%u threads wait for each other after %lu unmaps", stuck,
		       progress->unmaps);
		EXPECT_EQ(CCWIO_TYPE1, backend);
		EXPECT_EQ(NULL, getenv("CONTAINER_PATCHED"));
		EXPECT_LE(2, stuck);
		kill(pid, SIGKILL);
	} else {
		TH_LOG("%lu unmaps, %lu opens", progress->unmaps,
		       progress->others);
		EXPECT_EQ(before, pins_now());
	}
	TH_LOG("%lu were held up", progress->held_up);
	if (getenv("CONTAINER_PATCHED"))
		EXPECT_GE(progress->unmaps / SELDOM, progress->held_up);
	EXPECT_EQ(1, host_goes_on());
	EXPECT_EQ(0, progress->wrong);
}

static const struct ccwio_orb most = {
	.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_H | CCWIO_ORB_S |
	       CCWIO_ORB_LPM(0x80),
};

static int was_terminated(struct ccwio_dev *dev)
{
	struct ccwio_irb irb;

	return ccwio_answer(dev, TIMEOUT_MS, &irb) == 1 &&
	       irb.scsw.sch == CCWIO_SCH_CCC && !irb.scsw.dev;
}

struct half {
	struct ccwio_dev *dev;
	struct progress *progress;
	uint64_t iova;
	uint64_t size;
	int ret;
};

static unsigned long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ul + now.tv_nsec / 1000000;
}

static void *unmap_half(void *arg)
{
	struct half *h = arg;
	struct ccwio_dev view = *h->dev;
	unsigned long from = milliseconds();

	view.nr_maps = 0;
	h->ret = ccwio_unmap_memory(&view, h->iova, h->size);
	h->progress->held_up += milliseconds() - from >= HELD_UP_MS;
	h->progress->unmaps++;
	return NULL;
}

/* Enough to tell what is seldom */
static unsigned long rounds(void)
{
	return loops(getenv("CONTAINER_PATCHED") ? 5 * SELDOM : 20);
}

/* Two threads take away what one program uses, a half each, @n times */
static int take_halves(enum ccwio_backend backend, unsigned long n,
		       struct progress *p)
{
	struct ccwio_orb orb = most;
	struct ccwio_dev dev;
	struct half half[2] = {
		{ .dev = &dev, .iova = EXTRA, .size = SIZE / 2, .progress = p },
		{ .dev = &dev, .iova = EXTRA + SIZE / 2, .size = SIZE / 2,
		  .progress = p },
	};
	void *mem = new_memory(SIZE);
	pthread_t thread[2];
	long before = pins_now();
	int t;

	if (!mem || open_dev(&dev, UUID_RNG, backend))
		return 1;
	orb.cpa = most_runs(&dev, EXTRA, 1);
	for (; n; n--) {
		for (t = 0; t < 2; t++)
			if (ccwio_map_memory(&dev, mem + t * half[t].size,
					     half[t].iova, half[t].size, true))
				return 1;
		if (ccwio_start(&dev, &orb) || !suspended(&dev))
			return 1;
		p->wrong += pins_now() != before + MOST_RUNS;
		for (t = 0; t < 2; t++)
			pthread_create(&thread[t], NULL, unmap_half, &half[t]);
		for (t = 0; t < 2; t++)
			pthread_join(thread[t], NULL);
		p->wrong += half[0].ret || half[1].ret || pins_now() != before ||
			    !was_terminated(&dev);
		dev.nr_maps -= 2;
	}
	p->wrong += !works(&dev);
	ccwio_close(&dev);
	return 0;
}

TEST_F_TIMEOUT(knot, two_threads_unmap, 240)
{
	pid_t pid = fork();

	if (!pid)
		_exit(take_halves(variant->backend, rounds(), self->progress));
	ASSERT_LT(0, pid);
	expect_the_host_goes_on(_metadata, variant->backend, self->pins, pid,
				self->progress);
}

struct passer {
	struct ccwio_options options;
	struct progress *progress;
	atomic_bool stop;
};

static void *open_and_close(void *arg)
{
	struct passer *passer = arg;
	struct ccwio_dev second;

	while (!passer->stop) {
		passer->progress->wrong += !!ccwio_open(&second,
							&passer->options);
		ccwio_close(&second);
		passer->progress->others++;
	}
	return NULL;
}

/* One thread unmaps, another one opens and closes a device beside it */
static int take_all(enum ccwio_backend backend, unsigned long n,
		    struct progress *p)
{
	struct ccwio_orb orb = most;
	struct ccwio_dev dev;
	struct passer passer = { .progress = p, .options = {
		.uuid = UUID_TERMINAL, .backend = backend, .share = &dev,
		.no_memory = true,
	} };
	struct half all = {
		.dev = &dev, .iova = EXTRA, .size = SIZE, .progress = p,
	};
	void *mem = new_memory(SIZE);
	long before = pins_now();
	pthread_t thread;

	if (!mem || open_dev(&dev, UUID_RNG2, backend))
		return 1;
	orb.cpa = most_runs(&dev, EXTRA, 1);
	pthread_create(&thread, NULL, open_and_close, &passer);
	while (p->unmaps < n || p->others < 5) {
		if (ccwio_map_memory(&dev, mem, EXTRA, SIZE, true) ||
		    ccwio_start(&dev, &orb) || !suspended(&dev))
			return 1;
		p->wrong += pins_now() < before + MOST_RUNS;
		unmap_half(&all);
		p->wrong += all.ret || pins_now() != before ||
			    !was_terminated(&dev);
		dev.nr_maps--;
	}
	passer.stop = true;
	pthread_join(thread, NULL);
	p->wrong += !works(&dev);
	ccwio_close(&dev);
	return 0;
}

TEST_F_TIMEOUT(knot, unmaps_and_opens, 240)
{
	pid_t pid = fork();

	if (!pid)
		_exit(take_all(variant->backend, rounds(), self->progress));
	ASSERT_LT(0, pid);
	expect_the_host_goes_on(_metadata, variant->backend, self->pins, pid,
				self->progress);
}

TEST_HARNESS_MAIN
