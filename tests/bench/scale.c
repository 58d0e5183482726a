// SPDX-License-Identifier: GPL-2.0
/*
 * Many devices at once, and one whose user is blocked
 *
 * usage: scale rate DRIVER MILLISECONDS UUID...
 *	every device busy for so long, a thread each; prints
 *	SCALE DRIVER DEVICES IO/S LEAST MOST ALL	(I/Os per second; of one
 *	device; number of I/Os)
 *	SPREAD DRIVER DEVICES CPU ALIKE CPU0 CPU1	(ratios: the least and the most
 *	processor time of a thread; the least and the most I/Os per second of
 *	processor time; I/Os of those who end on a CPU, per second of its time)
 *        scale blocked DRIVER UUID UUID
 *	latency of the first device while a start on the second one waits for
 *	memory that nobody provides; prints
 *	LATENCY DRIVER FREE BLOCKED	(nanoseconds, medians)
 *        scale memory DRIVER UUID...
 *	memory that open and then busy devices take, the last one not counted; prints
 *	MEMORY DRIVER DEVICES OPEN BUSY	(bytes for each device)
 *        scale kept DRIVER UUID
 *	memory for pages that stay pinned, if there are as many as there may be of
 *	pages that are pinned one by one, beside each other or far apart; prints
 *	KEPT DRIVER PAGES BESIDE APART	(bytes for each page)
 *        scale cost DRIVER BACKEND UUID...
 *	one I/O on each device in turn, of one user; prints
 *	RESULT DRIVER BACKEND devicesN NS 0 COUNT
 *	like bench.c (N devices, nanoseconds for one I/O, I/Os that were counted)
 *        scale costs DRIVER BACKEND UUID...
 *	the same three times, a line each: a tick of the clock, or work that has
 *	nothing to do with the devices, may fall into one of them
 *        scale given-up DRIVER BACKEND UUID...
 *	the same, but before each turn the user gives up a page of memory that no
 *	device uses; the name is given-upN
 *        scale admin DRIVER FILE COUNT
 *	the subchannels that are named by the first COUNT lines of FILE are bound,
 *	get a mediated device each, lose it, and are unbound; prints
 *	ADMIN DRIVER DEVICES BIND CREATE REMOVE UNBIND	(nanoseconds each)
 *	BOUND DRIVER DEVICES BOUND CREATED LEFT	(bytes for each device)
 *	SYSFS DRIVER DEVICES BOUND CREATED	(files, folders, links of each device)
 *        scale take DRIVER FILE COUNT, scale give DRIVER FILE COUNT
 *	only the first half of that, or only the second
 *
 * Every device has a container, or an I/O address space, of its own. Times are
 * those of the machine, so only ratios between runs of one boot mean anything;
 * where they count instructions, they are exact.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/userfaultfd.h>
#include <linux/vfio.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ccwio.h"
#include "mark.h"

#define MAX_DEVICES	1100
#define MAP_SIZE	(64UL << 10)	/* bytes mapped for each device, at 0 */
#define BLOCKED_AT	0x8000		/* page that faults, inside the mapping */
#define PAGE		4096UL
#define REGION_SIZE	124
#define SAMPLES		400		/* I/Os for one median */
#define COST_IOS	1280		/* I/Os of all devices together for one cost */
#define COST_WARM_UP	4		/* I/Os of each before that */
#define TIMEOUT_MS	60000
#define KEPT_PAGES	2048		/* that are pinned one by one */
#define KEPT_APART	64		/* pages from one to the next, if far apart */
#define SUBCHANNELS	"/sys/bus/css/devices/"
#define DRIVER		"/sys/bus/css/drivers/vfio_ccw/"

/**
 * struct device - one device and who uses it
 * @dev: open device
 * @thread: its user
 * @request: region 0 as it is written for every start
 * @count: I/Os done
 * @from: when it began with them, as now() has it
 * @to: when it ended
 * @worked: processor time that took, nanoseconds
 * @cpu: where the thread was when it ended
 */
struct device {
	struct ccwio_dev dev;
	pthread_t thread;
	uint8_t request[REGION_SIZE];
	unsigned long count;
	uint64_t from, to;
	uint64_t worked;
	int cpu;
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

static uint64_t time_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static uint64_t now(void)
{
	return time_of(CLOCK_MONOTONIC);
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
	d->from = now();
	while (!stop)
		one_io(d);
	d->to = now();
	d->worked = time_of(CLOCK_THREAD_CPUTIME_ID);
	d->cpu = sched_getcpu();
	return NULL;
}

/* Is it the processor time that differs, or what is done in it? */
static void print_spread(const char *driver, int n)
{
	double least = 1e30, most = 0, slow = 1e30, fast = 0;
	double ios[2] = { 0 }, worked[2] = { 0 };
	int i;

	for (i = 0; i < n; i++) {
		double w = devices[i].worked, s = devices[i].count / w;

		least = w < least ? w : least;
		most = w > most ? w : most;
		slow = s < slow ? s : slow;
		fast = s > fast ? s : fast;
		ios[devices[i].cpu & 1] += devices[i].count;
		worked[devices[i].cpu & 1] += w;
	}
	printf("SPREAD %s %d %.3f %.3f %.0f %.0f\n", driver, n, least / most,
	       slow / fast, worked[0] ? ios[0] * 1e9 / worked[0] : 0,
	       worked[1] ? ios[1] * 1e9 / worked[1] : 0);
}

static void rate(const char *driver, unsigned int ms, int n, char **uuid)
{
	unsigned long sum = 0, least = -1UL, most = 0;
	uint64_t from = -1ULL, to = 0, t;
	int i;

	for (i = 0; i < n; i++)
		open_one(&devices[i], uuid[i]);
	/* Those who are there first must not keep the others from coming */
	pthread_barrier_init(&go, NULL, n + 1);
	for (i = 0; i < n; i++)
		if (pthread_create(&devices[i].thread, NULL, user, &devices[i]))
			fail("thread");
	mark(MARK_CLEAR);
	pthread_barrier_wait(&go);
	usleep(1000 * ms);
	stop = true;
	for (i = 0; i < n; i++)
		pthread_join(devices[i].thread, NULL);
	mark(MARK_WRITE);
	/* All of them may have had their first slice before this thread has its own */
	for (i = 0; i < n; i++) {
		from = devices[i].from < from ? devices[i].from : from;
		to = devices[i].to > to ? devices[i].to : to;
	}
	t = to - from;
	for (i = 0; i < n; i++) {
		unsigned long c = devices[i].count;

		sum += c;
		least = c < least ? c : least;
		most = c > most ? c : most;
	}
	printf("SCALE %s %d %.0f %.1f %.1f %lu\n", driver, n, sum * 1e9 / t,
	       least * 1e9 / t, most * 1e9 / t, sum);
	print_spread(driver, n);
}

static void take_turns(const char *driver, const char *word, bool giving_up, int n)
{
	uint64_t t = 0;
	int rounds = COST_IOS / n ?: 1;
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i, round;

	for (round = 0; round < COST_WARM_UP + rounds; round++) {
		uint64_t from;

		if (giving_up) {
			memset(page, 1, PAGE);
			if (madvise(page, PAGE, MADV_DONTNEED))
				fail("giving memory up");
		}
		if (round == COST_WARM_UP)
			mark(MARK_CLEAR);
		from = now();
		mark(MARK_FROM);
		for (i = 0; i < n; i++)
			one_io(&devices[i]);
		mark(MARK_TO);
		if (round >= COST_WARM_UP)
			t += now() - from;
	}
	mark(MARK_WRITE);
	printf("RESULT %s %s %s%d %llu 0 %d\n", driver, word,
	       giving_up ? "given-up" : "devices", n,
	       (unsigned long long)t / (rounds * n), rounds * n);
}

static void cost(const char *driver, const char *word, bool giving_up, int times,
		 int n, char **uuid)
{
	int i;

	backend = strcmp(word, "iommufd") ? CCWIO_TYPE1 : CCWIO_IOMMUFD;
	for (i = 0; i < n; i++)
		open_one(&devices[i], uuid[i]);
	while (times--)
		take_turns(driver, word, giving_up, n);
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

/* Work that frees memory may be left when it is counted */
static long settled_memory(void)
{
	sleep(20);
	return used_memory();
}

/* what a device takes besides the memory that its user maps and touches */
static void memory(const char *driver, int n, char **uuid)
{
	long before, open, busy;
	int i;

	open_one(&devices[n], uuid[n]);
	one_io(&devices[n]);
	before = settled_memory();
	for (i = 0; i < n; i++)
		open_one(&devices[i], uuid[i]);
	open = settled_memory();
	for (i = 0; i < n; i++)
		one_io(&devices[i]);
	/* Not settled: what is not used for a second is kept no longer */
	busy = used_memory();
	/* one page of CCWs was touched by opening, one of data by the I/O */
	printf("MEMORY %s %d %ld %ld\n", driver, n,
	       (open - before) / n - (long)PAGE, (busy - open) / n - (long)PAGE);
}

/* What a page takes that is kept, if each @stride-th one is used; bytes */
static long kept_page(const char *uuid, unsigned int stride)
{
	size_t size = (KEPT_PAGES + 2) * stride * PAGE;
	struct device *d = &devices[0];
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int i;
	long before = 0;

	if (memory == MAP_FAILED)
		fail("memory");
	open_one(d, uuid);
	if (ccwio_unmap_memory(&d->dev, 0, MAP_SIZE) ||
	    ccwio_map_memory(&d->dev, memory, 0, size, true))
		fail("mapping");
	/* So that what maps it is there before anything is counted */
	for (i = 0; i < KEPT_PAGES + 2; i++)
		memset(memory + i * stride * PAGE, 1, PAGE);
	for (i = 0; i < KEPT_PAGES + 2; i++) {
		/* SENSE ID of a page */
		ccwio_put_ccw(&d->dev, 0x1000, 1, 0xe4,
			      (i > 1 ? i : 2) * stride * PAGE, PAGE, CCWIO_SLI);
		one_io(d);
		if (i == 1)
			before = used_memory();
	}
	before = used_memory() - before;
	ccwio_close(&d->dev);
	return before / KEPT_PAGES;
}

static void kept(const char *driver, const char *uuid)
{
	long beside = kept_page(uuid, 1);

	printf("KEPT %s %d %ld %ld\n", driver, KEPT_PAGES, beside,
	       kept_page(uuid, KEPT_APART));
}

/* Names of subchannels, one in a line */
static int read_names(const char *path, int count, char (*name)[16])
{
	FILE *f = fopen(path, "r");
	int n = 0;

	if (!f)
		fail(path);
	while (n < count && fscanf(f, "%15s", name[n]) == 1)
		n++;
	fclose(f);
	if (n < count) {
		fprintf(stderr, "scale: there are %d subchannels only\n", n);
		exit(1);
	}
	return n;
}

static int entries;

static int count_entry(const char *path, const struct stat *st, int kind,
		       struct FTW *where)
{
	(void)path;
	(void)st;
	(void)kind;
	(void)where;
	entries++;
	return 0;
}

/* What sysfs shows of a subchannel and all below it */
static int sysfs_entries(const char *name)
{
	char path[64], *real;

	snprintf(path, sizeof(path), SUBCHANNELS "%s", name);
	real = realpath(path, NULL);
	entries = 0;
	if (!real || nftw(real, count_entry, 16, FTW_PHYS))
		fail(path);
	free(real);
	return entries;
}

/* Write @text, and a line, into the file of subchannel @name; nanoseconds */
static uint64_t tell_subchannel(const char *name, const char *file,
				const char *text)
{
	char path[128];
	uint64_t t;

	snprintf(path, sizeof(path), SUBCHANNELS "%s/%s", name, file);
	t = now();
	tell(path, text);
	return now() - t;
}

static void uuid_of(int i, char uuid[40])
{
	snprintf(uuid, 40, "7c2d9b63-1e8f-4a1c-8b66-%012x", i);
}

static uint64_t bind_all(char (*name)[16], int n)
{
	uint64_t t = now();
	int i;

	for (i = 0; i < n; i++)
		tell(DRIVER "bind", name[i]);
	return now() - t;
}

static uint64_t unbind_all(char (*name)[16], int n)
{
	uint64_t t = now();
	int i;

	for (i = 0; i < n; i++)
		tell(DRIVER "unbind", name[i]);
	return now() - t;
}

static uint64_t create_all(char (*name)[16], int n)
{
	uint64_t t = 0;
	char uuid[40];
	int i;

	for (i = 0; i < n; i++) {
		uuid_of(i, uuid);
		t += tell_subchannel(name[i],
				     "mdev_supported_types/vfio_ccw-io/create",
				     uuid);
	}
	return t;
}

static uint64_t remove_all(char (*name)[16], int n)
{
	uint64_t t = 0;
	char uuid[40], file[60];
	int i;

	for (i = 0; i < n; i++) {
		uuid_of(i, uuid);
		snprintf(file, sizeof(file), "%s/remove", uuid);
		t += tell_subchannel(name[i], file, "1");
	}
	return t;
}

static void admin(const char *driver, const char *path, int n)
{
	static char name[MAX_DEVICES][16];
	long before, bound, created, left;
	int none, with_driver, with_mdev;
	uint64_t t[4];

	read_names(path, n, name);
	none = sysfs_entries(name[0]);
	before = settled_memory();
	t[0] = bind_all(name, n);
	bound = settled_memory();
	with_driver = sysfs_entries(name[0]);
	t[1] = create_all(name, n);
	created = settled_memory();
	with_mdev = sysfs_entries(name[0]);
	t[2] = remove_all(name, n);
	t[3] = unbind_all(name, n);
	left = settled_memory();
	printf("ADMIN %s %d %llu %llu %llu %llu\n", driver, n,
	       (unsigned long long)t[0] / n, (unsigned long long)t[1] / n,
	       (unsigned long long)t[2] / n, (unsigned long long)t[3] / n);
	printf("BOUND %s %d %ld %ld %ld\n", driver, n, (bound - before) / n,
	       (created - bound) / n, (left - before) / n);
	printf("SYSFS %s %d %d %d\n", driver, n, with_driver - none,
	       with_mdev - with_driver);
}

static void take(const char *path, int n, bool back)
{
	static char name[MAX_DEVICES][16];

	read_names(path, n, name);
	if (back) {
		remove_all(name, n);
		unbind_all(name, n);
	} else {
		bind_all(name, n);
		create_all(name, n);
	}
}

/* Six descriptors for each device */
static void allow_files(void)
{
	struct rlimit limit = { 16 * MAX_DEVICES, 16 * MAX_DEVICES };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		fail("the number of files");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "used")) {
		printf("%ld\n", used_memory());
		return 0;
	}
	if (argc < 4 || argc > MAX_DEVICES)
		return 2;
	allow_files();
	if (!strcmp(argv[1], "rate"))
		rate(argv[2], atoi(argv[3]), argc - 4, argv + 4);
	else if (!strcmp(argv[1], "cost") && argc > 4)
		cost(argv[2], argv[3], false, 1, argc - 4, argv + 4);
	else if (!strcmp(argv[1], "costs") && argc > 4)
		cost(argv[2], argv[3], false, 3, argc - 4, argv + 4);
	else if (!strcmp(argv[1], "given-up") && argc > 4)
		cost(argv[2], argv[3], true, 1, argc - 4, argv + 4);
	else if (!strcmp(argv[1], "blocked") && argc == 5)
		blocked(argv[2], argv + 3);
	else if (!strcmp(argv[1], "memory") && argc > 4)
		memory(argv[2], argc - 4, argv + 3);
	else if (!strcmp(argv[1], "kept") && argc == 4)
		kept(argv[2], argv[3]);
	else if (!strcmp(argv[1], "admin") && argc == 5)
		admin(argv[2], argv[3], atoi(argv[4]));
	else if (!strcmp(argv[1], "take") && argc == 5)
		take(argv[3], atoi(argv[4]), false);
	else if (!strcmp(argv[1], "give") && argc == 5)
		take(argv[3], atoi(argv[4]), true);
	else
		return 2;
	return 0;
}
