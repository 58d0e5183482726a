// SPDX-License-Identifier: GPL-2.0
/*
 * Measures what one I/O costs
 *
 * usage: bench DRIVER BACKEND UUID [WORKLOAD...]
 *
 * DRIVER is a word for the output; "floor" says that UUID is a device of
 * vfio_pin_floor, "ours" that it is one of this driver, which keeps pages.
 * BACKEND is type1 or iommufd. Prints for each workload
 *	RESULT DRIVER BACKEND WORKLOAD TOTAL WRITE ROUNDS
 * with the time of one I/O in nanoseconds, what of it passes inside write(), and
 * how many were counted, three times: a tick of the clock may fall into one of
 * them. Under QEMU's -icount shift=0 a nanosecond is an instruction.
 *
 * One I/O is what a VMM does for a guest: write the region, wait for the
 * eventfd with poll(), take its count, read the interruption-response block.
 *
 * The workload "first-NAME" is NAME after so long a pause before each I/O that
 * nothing is kept any more.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "ccwio.h"
#include "mark.h"
#include "workload.h"

#define WARM_UP		4	/* I/Os before the clock starts */
#define ROUNDS		40	/* I/Os that are counted */
#define FIRST_ROUNDS	10	/* the same, with a pause before each */
#define REPEATS		3	/* times that these are */
#define TIMEOUT_MS	20000	/* for one I/O */
#define PAUSE_S		4	/* unused pages are kept for no longer, less one */
#define SETTLE_NS	500000	/* busy at the end of a pause */
#define SETTLED_NS	1000000	/* when it ends, from the start of a second */
#define FIRST		"first-"

/* region 0, see <linux/vfio_ccw.h>: ORB, SCSW, IRB, return code */
#define REGION_SIZE	124
#define SCSW_AT		12
#define IRB_AT		24

/**
 * struct cost - time spent, nanoseconds
 * @total: whole I/Os
 * @write: inside write() alone
 */
struct cost {
	uint64_t total;
	uint64_t write;
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void fail(const char *what, int error)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(error));
	exit(1);
}

static void fill_request(uint8_t request[REGION_SIZE])
{
	uint32_t ctl = htobe32(CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_H |
			       CCWIO_ORB_LPM(0xff));
	uint32_t cpa = htobe32(BENCH_PROGRAM);
	uint32_t start = htobe32(CCWIO_FC_START);

	memset(request, 0, REGION_SIZE);
	memcpy(request + 4, &ctl, sizeof(ctl));
	memcpy(request + 8, &cpa, sizeof(cpa));
	memcpy(request + SCSW_AT, &start, sizeof(start));
}

/* channel end and device end alone: anything else is not the I/O we cost */
static void check_ending(const uint8_t *reply, const char *name)
{
	struct ccwio_irb irb;

	ccwio_decode_irb(reply + IRB_AT, &irb);
	if ((irb.scsw.dev & ~(CCWIO_DEV_CE | CCWIO_DEV_DE)) || irb.scsw.sch ||
	    !(irb.scsw.dev & CCWIO_DEV_CE)) {
		fprintf(stderr, "bench: %s ended badly\n", name);
		ccwio_print_irb(stderr, &irb);
		exit(1);
	}
}

static void one_io(struct ccwio_dev *dev, const uint8_t *request,
		   const char *name, struct cost *cost)
{
	int event = dev->event[CCWIO_IRQ_IO];
	struct pollfd pfd = { .fd = event, .events = POLLIN };
	uint8_t reply[REGION_SIZE];
	uint64_t t0, t1, t2, count;

	t0 = now();
	mark(MARK_FROM);
	if (pwrite(dev->fd, request, REGION_SIZE, 0) != REGION_SIZE)
		fail(name, errno);
	t1 = now();
	if (poll(&pfd, 1, TIMEOUT_MS) != 1)
		fail(name, ETIMEDOUT);
	if (read(event, &count, sizeof(count)) != sizeof(count))
		fail("eventfd", errno);
	if (pread(dev->fd, reply, REGION_SIZE, 0) != REGION_SIZE)
		fail("reading the region", errno);
	mark(MARK_TO);
	t2 = now();
	check_ending(reply, name);
	cost->write += t1 - t0;
	cost->total += t2 - t0;
}

static void one_floor(struct ccwio_dev *dev, const struct bench_program *program,
		      struct cost *cost)
{
	size_t size = program->nruns * sizeof(program->runs[0]);
	uint64_t t0, t1;

	t0 = now();
	mark(MARK_FROM);
	if (pwrite(dev->fd, program->runs, size, 0) != (ssize_t)size)
		fail(program->name, errno);
	mark(MARK_TO);
	t1 = now();
	cost->write += t1 - t0;
	cost->total += t1 - t0;
}

/**
 * struct run - what is measured
 * @driver: word for the output
 * @backend: likewise
 * @uuid: of the mediated device
 * @first: pause before each I/O
 */
struct run {
	const char *driver;
	const char *backend;
	const char *uuid;
	bool first;
};

/* Nothing that this driver keeps is left: else it would not be a first use */
static void check_nothing_kept(const struct run *run)
{
	unsigned int pages = -1, pins = -1, spoiled, used, going;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio/%s/ccw/kept",
		 run->uuid);
	f = fopen(path, "r");
	if (!f)
		fail(path, errno);
	if (fscanf(f, "pages: %u pins: %u used %u given up %u going %u",
		   &pages, &pins, &used, &spoiled, &going) != 5 ||
	    pages || pins || going) {
		fprintf(stderr, "bench: %s after a pause: %u pages, %u pins\n",
			path, pages, pins);
		exit(1);
	}
	fclose(f);
}

/*
 * Ends early in a period of the scheduler's tick, and when the kernel has done what
 * it puts off until a processor wakes up, so that neither is counted.
 */
static void pause_for(const struct run *run)
{
	struct timespec ts;
	uint64_t until;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += PAUSE_S;
	ts.tv_nsec = SETTLED_NS - SETTLE_NS;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	if (!strcmp(run->driver, "ours"))
		check_nothing_kept(run);
	until = ts.tv_sec * 1000000000ULL + SETTLED_NS;
	while (now() < until)
		sched_yield();
}

static void measure(struct ccwio_dev *dev, unsigned int which,
		    const struct run *run)
{
	int floor = !strcmp(run->driver, "floor");
	static struct bench_program program;
	uint8_t request[REGION_SIZE];
	unsigned int i, warm, rounds;
	struct cost cost;

	bench_assemble(which, ccwio_mem(dev, 0), &program);
	fill_request(request);
	warm = program.warm_up ?: WARM_UP;
	rounds = run->first ? FIRST_ROUNDS : program.rounds ?: ROUNDS;
	for (i = 0; i < warm + rounds; i++) {
		if (i == 0 || i == warm) {
			memset(&cost, 0, sizeof(cost));
			mark(MARK_CLEAR);
		}
		bench_move(ccwio_mem(dev, 0), &program);
		if (run->first)
			pause_for(run);
		if (floor)
			one_floor(dev, &program, &cost);
		else
			one_io(dev, request, program.name, &cost);
	}
	mark(MARK_WRITE);
	printf("RESULT %s %s %s%s %llu %llu %u\n", run->driver, run->backend,
	       run->first ? FIRST : "", program.name,
	       (unsigned long long)cost.total / rounds,
	       (unsigned long long)cost.write / rounds, rounds);
	fflush(stdout);
}

static bool wanted(int argc, char **argv, unsigned int which, bool first)
{
	char name[64];
	int i;

	snprintf(name, sizeof(name), "%s%s", first ? FIRST : "",
		 bench_names[which]);
	for (i = 4; i < argc; i++)
		if (!strcmp(argv[i], name))
			return true;
	return argc <= 4;
}

/* touched, so that no page fault falls into a measurement */
static void map_memory(struct ccwio_dev *dev, uint64_t iova, size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int ret;

	if (memory == MAP_FAILED)
		fail("memory", errno);
	memset(memory, 0xa5, size);
	ret = ccwio_map_memory(dev, memory, iova, size, true);
	if (ret)
		fail("mapping memory", -ret);
}

static void measure_all(struct ccwio_dev *dev, int argc, char **argv,
			struct run *run)
{
	bool large = false;
	unsigned int i, n;

	for (i = 0; i < bench_count; i++) {
		if (!wanted(argc, argv, i, run->first))
			continue;
		if (!bench_is_large(i)) {
			for (n = 0; n < REPEATS; n++)
				measure(dev, i, run);
			continue;
		}
		if (run->first)
			continue;
		/* Not before: the others are measured with one mapping */
		if (!large)
			map_memory(dev, BENCH_LARGE, BENCH_LARGE_SIZE);
		large = true;
		/* So many I/Os that ticks fall into all that is compared */
		measure(dev, i, run);
	}
}

int main(int argc, char **argv)
{
	struct ccwio_options options = { .no_memory = true };
	struct ccwio_dev dev;
	struct run run;
	int ret;

	if (argc < 4) {
		fprintf(stderr, "usage: bench DRIVER type1|iommufd UUID [WORKLOAD...]\n");
		return 2;
	}
	run = (struct run){
		.driver = argv[1], .backend = argv[2], .uuid = argv[3],
	};
	options.backend = strcmp(run.backend, "iommufd") ? CCWIO_TYPE1 :
							   CCWIO_IOMMUFD;
	options.uuid = run.uuid;
	options.raw = !strcmp(run.driver, "floor");
	options.no_events = options.raw;
	ret = ccwio_open(&dev, &options);
	if (ret) {
		fprintf(stderr, "bench: %s\n", dev.error);
		return 1;
	}
	map_memory(&dev, 0, BENCH_MAP_SIZE);
	/* For bare pins each use is the first one */
	if (!options.raw) {
		run.first = true;
		measure_all(&dev, argc, argv, &run);
		run.first = false;
	}
	measure_all(&dev, argc, argv, &run);
	ccwio_close(&dev);
	return 0;
}
