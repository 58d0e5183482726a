// SPDX-License-Identifier: GPL-2.0
/*
 * Many devices at once, and one whose user is blocked
 *
 * usage: scale rate DRIVER SECONDS UUID...
 *	every device busy for SECONDS, a thread each; prints
 *	SCALE DRIVER DEVICES IO/S LEAST MOST	(I/Os per second; of one device)
 *        scale blocked DRIVER UUID UUID
 *	latency of the first device while a start on the second one waits for
 *	memory that nobody provides; prints
 *	LATENCY DRIVER FREE BLOCKED	(nanoseconds, medians)
 *        scale memory DRIVER UUID...
 *	memory that open and then busy devices take; prints
 *	MEMORY DRIVER DEVICES OPEN BUSY	(bytes for each device)
 *        scale cost DRIVER BACKEND UUID...
 *	one I/O on each device in turn, of one user; prints
 *	RESULT DRIVER BACKEND devicesN NS 0 COUNT
 *	like bench.c (N devices, nanoseconds for one I/O, I/Os that were counted)
 *        scale used
 *	bytes of memory in use, whoever uses them
 *
 * Every device has a container, or an I/O address space, of its own. Times are
 * those of the machine, so only ratios between runs of one boot mean anything;
 * where they count instructions, "cost" is exact.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ccwio.h"

#define MAX_DEVICES	256
#define MAP_SIZE	(64UL << 10)	/* bytes mapped for each device, at 0 */
#define BLOCKED_AT	0x8000		/* page that faults, inside the mapping */
#define PAGE		4096UL
#define REGION_SIZE	124
#define SAMPLES		400		/* I/Os for one median */
#define COST_IOS	1280		/* I/Os of all devices together for one cost */
#define COST_WARM_UP	4		/* I/Os of each before that */
#define TIMEOUT_MS	60000

/**
 * struct device - one device and who uses it
 * @dev: open device
 * @thread: its user
 * @request: region 0 as it is written for every start
 * @count: I/Os done
 */
struct device {
	struct ccwio_dev dev;
	pthread_t thread;
	uint8_t request[REGION_SIZE];
	unsigned long count;
};

static struct device devices[MAX_DEVICES];
static enum ccwio_backend backend = CCWIO_TYPE1;
static pthread_barrier_t go;
static atomic_bool stop;

static void fail(const char *what)
{
	fprintf(stderr, "scale: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* SENSE ID of 64 bytes at guest address @at */
static void prepare(struct device *d, uint32_t at)
{
	uint32_t word[6] = {
		0, htobe32(CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff)),
		htobe32(at), htobe32(CCWIO_FC_START), 0, 0,
	};

	memcpy(d->request, word, sizeof(word));
}

static void open_one(struct device *d, const char *uuid)
{
	struct ccwio_options options = {
		.uuid = uuid, .backend = backend, .no_memory = true,
	};
	void *memory = mmap(NULL, MAP_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		fail("memory");
	if (ccwio_open(&d->dev, &options)) {
		fprintf(stderr, "scale: %s\n", d->dev.error);
		exit(1);
	}
	if (ccwio_map_memory(&d->dev, memory, 0, MAP_SIZE, true))
		fail("mapping");
	ccwio_put_ccw(&d->dev, 0x1000, 1, 0xe4, 0x2000, 64, CCWIO_SLI);
	prepare(d, 0x1000);
}

static void one_io(struct device *d)
{
	struct pollfd pfd = {
		.fd = d->dev.event[CCWIO_IRQ_IO], .events = POLLIN,
	};
	uint8_t reply[REGION_SIZE];
	uint64_t count;

	while (pwrite(d->dev.fd, d->request, REGION_SIZE, 0) != REGION_SIZE)
		if (errno != EAGAIN)
			fail("start");
	if (poll(&pfd, 1, TIMEOUT_MS) != 1)
		fail("no interrupt");
	if (read(pfd.fd, &count, sizeof(count)) != sizeof(count) ||
	    pread(d->dev.fd, reply, REGION_SIZE, 0) != REGION_SIZE)
		fail("reading");
	d->count++;
}

static void *user(void *arg)
{
	struct device *d = arg;

	pthread_barrier_wait(&go);
	while (!stop)
		one_io(d);
	return NULL;
}

static void rate(const char *driver, unsigned int seconds, int n, char **uuid)
{
	unsigned long sum = 0, least = -1UL, most = 0;
	uint64_t t;
	int i;

	for (i = 0; i < n; i++)
		open_one(&devices[i], uuid[i]);
	/* Those who are there first must not keep the others from coming */
	pthread_barrier_init(&go, NULL, n + 1);
	for (i = 0; i < n; i++)
		if (pthread_create(&devices[i].thread, NULL, user, &devices[i]))
			fail("thread");
	pthread_barrier_wait(&go);
	t = now();
	sleep(seconds);
	stop = true;
	for (i = 0; i < n; i++)
		pthread_join(devices[i].thread, NULL);
	t = now() - t;
	for (i = 0; i < n; i++) {
		unsigned long c = devices[i].count;

		sum += c;
		least = c < least ? c : least;
		most = c > most ? c : most;
	}
	printf("SCALE %s %d %.0f %.1f %.1f\n", driver, n, sum * 1e9 / t,
	       least * 1e9 / t, most * 1e9 / t);
}

static void cost(const char *driver, const char *word, int n, char **uuid)
{
	uint64_t t = 0;
	int rounds = COST_IOS / n;
	int i, round;

	backend = strcmp(word, "iommufd") ? CCWIO_TYPE1 : CCWIO_IOMMUFD;
	for (i = 0; i < n; i++)
		open_one(&devices[i], uuid[i]);
	for (round = 0; round < COST_WARM_UP + rounds; round++) {
		if (round == COST_WARM_UP)
			t = now();
		for (i = 0; i < n; i++)
			one_io(&devices[i]);
	}
	t = now() - t;
	printf("RESULT %s %s devices%d %llu 0 %d\n", driver, word, n,
	       (unsigned long long)t / (rounds * n), rounds * n);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t median_latency(struct device *d)
{
	static uint64_t sample[SAMPLES];
	int i;

	for (i = 0; i < SAMPLES; i++) {
		uint64_t t = now();

		one_io(d);
		sample[i] = now() - t;
	}
	qsort(sample, SAMPLES, sizeof(sample[0]), by_value);
	return sample[SAMPLES / 2];
}

/* a page of @d that nobody will ever fill in */
static int block_page(struct device *d)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	reg.range.start = (unsigned long)ccwio_mem(&d->dev, BLOCKED_AT);
	reg.range.len = PAGE;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &reg))
		fail("userfaultfd");
	return fd;
}

static void *blocked_user(void *arg)
{
	struct device *d = arg;

	/* Ends with the process, or with the page that block_page() holds */
	if (pwrite(d->dev.fd, d->request, REGION_SIZE, 0) < 0)
		d->count = errno;
	return NULL;
}

static void blocked(const char *driver, char **uuid)
{
	struct pollfd fault = { .events = POLLIN };
	uint64_t without, with;

	open_one(&devices[0], uuid[0]);
	open_one(&devices[1], uuid[1]);
	without = median_latency(&devices[0]);
	fault.fd = block_page(&devices[1]);
	prepare(&devices[1], BLOCKED_AT);
	if (pthread_create(&devices[1].thread, NULL, blocked_user, &devices[1]))
		fail("thread");
	/* the fault is there: the translation is waiting */
	if (poll(&fault, 1, TIMEOUT_MS) != 1)
		fail("the start did not touch its CCW");
	with = median_latency(&devices[0]);
	printf("LATENCY %s %llu %llu\n", driver, (unsigned long long)without,
	       (unsigned long long)with);
	fflush(stdout);
	/* closing the userfaultfd lets the start go on with a page of zeroes */
	close(fault.fd);
	pthread_join(devices[1].thread, NULL);
}

static void tell(const char *file, const char *value)
{
	int fd = open(file, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fail(file);
	close(fd);
}

/* the sum of all figures behind @label in the lines of @file */
static long sum_of(const char *file, const char *label)
{
	FILE *f = fopen(file, "r");
	long sum = 0, value;
	char line[256];

	if (!f)
		fail(file);
	while (fgets(line, sizeof(line), f)) {
		char *at = line + strspn(line, " ");

		if (!strncmp(at, label, strlen(label)) &&
		    sscanf(at + strlen(label), "%ld", &value) == 1)
			sum += value;
	}
	fclose(f);
	return sum;
}

/* bytes of the objects that are allocated, not of the pages that hold them */
static long objects(void)
{
	FILE *f = fopen("/proc/slabinfo", "r");
	unsigned long active, all, size;
	char line[512];
	long sum = 0;

	if (!f)
		fail("/proc/slabinfo");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %lu %lu %lu", &active, &all, &size) == 3)
			sum += active * size;
	fclose(f);
	return sum;
}

/*
 * Memory in use. What each CPU keeps at hand is free, though not counted so;
 * of the pages of slabs only the objects count. Caches are dropped, counters of
 * each CPU are folded into their sums first.
 */
static long used_memory(void)
{
	long pages;

	tell("/proc/sys/vm/drop_caches", "3");
	tell("/proc/sys/vm/stat_refresh", "1");
	pages = sum_of("/proc/zoneinfo", "managed") -
		sum_of("/proc/zoneinfo", "nr_free_pages") -
		sum_of("/proc/zoneinfo", "count:") -
		sum_of("/proc/vmstat", "nr_slab_reclaimable") -
		sum_of("/proc/vmstat", "nr_slab_unreclaimable");
	return pages * (long)PAGE + objects();
}

/* what a device takes besides the memory that its user maps and touches */
static void memory(const char *driver, int n, char **uuid)
{
	long before, open, busy;
	int i;

	open_one(&devices[n], uuid[n]);
	one_io(&devices[n]);
	before = used_memory();
	for (i = 0; i < n; i++)
		open_one(&devices[i], uuid[i]);
	open = used_memory();
	for (i = 0; i < n; i++)
		one_io(&devices[i]);
	busy = used_memory();
	/* one page of CCWs was touched by opening, one of data by the I/O */
	printf("MEMORY %s %d %ld %ld\n", driver, n,
	       (open - before) / n - (long)PAGE, (busy - open) / n - (long)PAGE);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "used")) {
		printf("%ld\n", used_memory());
		return 0;
	}
	if (argc < 4 || argc > MAX_DEVICES)
		return 2;
	if (!strcmp(argv[1], "rate"))
		rate(argv[2], atoi(argv[3]), argc - 4, argv + 4);
	else if (!strcmp(argv[1], "cost") && argc > 4)
		cost(argv[2], argv[3], argc - 4, argv + 4);
	else if (!strcmp(argv[1], "blocked") && argc == 5)
		blocked(argv[2], argv + 3);
	else if (!strcmp(argv[1], "memory") && argc > 4)
		memory(argv[2], argc - 4, argv + 3);
	else
		return 2;
	return 0;
}
