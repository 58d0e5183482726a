// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody is blocked: the driver's worker, a translation, a reader. Nothing is
 * freed too early, nothing is lost, and nobody else waits.
 *
 * The worker is an ordinary thread of the kernel: it is kept from running by
 * real-time threads that take all CPUs for a while. Translations and readers
 * are blocked by memory that somebody else has to provide (userfaultfd).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#define DEVICE_UUID UUID_RNG
#include "fixture.h"

#define FC	0x7000
#define CMD_NOOP	0x03
#define CMD_TIC		0x08
#define EXTRA	0x70000000ull	/* a mapping beside the device's own */

/*
 * How long the CPUs can be taken: soon after that the scheduler lets ordinary
 * threads run all the same. A round that takes longer, because the machine has
 * other things to do, shows nothing and is made again.
 */
#define HOG_MS		800
#define ATTEMPTS	20
#define MAX_CPUS	8

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int real_time(int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return sched_setscheduler(0, SCHED_FIFO, &param);
}

struct hogs {
	pthread_t thread[MAX_CPUS];
	atomic_int running;
	atomic_bool stop;
	long until;
	int n;
};

struct hog {
	struct hogs *all;
	int cpu;
};

static void *hog_cpu(void *arg)
{
	struct hog *hog = arg;
	struct hogs *all = hog->all;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(hog->cpu, &cpus);
	free(hog);
	if (pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus) ||
	    real_time(10))
		return (void *)1;
	all->running++;
	while (now_us() < all->until && !all->stop)
		;
	return NULL;
}

/* Take all CPUs from ordinary threads; this one goes on. 0 or -errno */
static int take_cpus(struct hogs *all)
{
	struct hog *hog;

	all->n = sysconf(_SC_NPROCESSORS_ONLN);
	all->running = 0;
	all->stop = false;
	all->until = now_us() + HOG_MS * 1000;
	if (all->n > MAX_CPUS || real_time(20))
		return -EINVAL;
	for (int cpu = 0; cpu < all->n; cpu++) {
		hog = malloc(sizeof(*hog));
		*hog = (struct hog){ .all = all, .cpu = cpu };
		pthread_create(&all->thread[cpu], NULL, hog_cpu, hog);
	}
	/* They take this CPU, too, whenever this thread waits */
	while (all->running < all->n && now_us() < all->until)
		usleep(100);
	return 0;
}

/* 1 if they were taken until now, 0 if not quite, -errno */
static int give_cpus_back(struct hogs *all)
{
	struct sched_param ordinary = { 0 };
	int in_time = all->running == all->n && now_us() < all->until;
	int wrong = 0;
	void *ret;

	all->stop = true;
	for (int cpu = 0; cpu < all->n; cpu++) {
		pthread_join(all->thread[cpu], &ret);
		wrong += !!ret;
	}
	if (wrong || sched_setscheduler(0, SCHED_OTHER, &ordinary))
		return -EINVAL;
	return in_time;
}

/* The driver holds a program of the device; counting pins needs a worker, too */
static int has_program(const char *uuid)
{
	char path[200], line[100] = "";
	FILE *in;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio/%s/ccw/state",
		 uuid);
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in) &&
	       strncmp(line, "program:", 8))
		;
	if (in)
		fclose(in);
	return !strcmp(line, "program: yes\n");
}

/* What was seen while the worker could not run */
struct seen {
	int event, start, halt, program;
};

/*
 * The end of a function comes while the worker cannot run. Either it has come at
 * once, and the requester takes it: it is signalled, and the program has ended.
 * Or it waits for the worker: nothing is signalled and nothing freed. Nothing
 * else is started in the meantime in either way. 1 if one of them was seen.
 */
static int end_without_worker(struct __test_metadata *_metadata,
			      struct ccwio_dev *dev, long before,
			      int command, unsigned int fc)
{
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	struct seen seen;
	struct hogs hogs;
	int in_time;

	ASSERT_EQ(0, suspend_with_memory(dev, &orb));
	ASSERT_EQ(before + 1, pins());
	ASSERT_EQ(0, take_cpus(&hogs));
	ASSERT_EQ(0, ccwio_command(dev, command));
	seen.event = signalled(dev->event[CCWIO_IRQ_IO], 20);
	seen.start = ccwio_start(dev, &orb);
	seen.halt = ccwio_command(dev, CCWIO_CMD_HALT);
	seen.program = has_program(UUID_RNG);
	in_time = give_cpus_back(&hogs);
	ASSERT_LE(0, in_time);
	if (!in_time) {
		ASSERT_EQ(0, ccwio_reset(dev));
		return 0;
	}
	EXPECT_EQ(-EBUSY, seen.start);
	EXPECT_EQ(-EBUSY, seen.halt);
	EXPECT_EQ(!seen.event, seen.program);
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(fc, irb.scsw.ctl & fc);
	EXPECT_EQ(before, pins());
	return 1;
}

/* What the late worker sees is not taken for the end of the next program */
static void next_program_goes_on(struct __test_metadata *_metadata,
				 struct ccwio_dev *dev, long before)
{
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, suspend_with_memory(dev, &orb));
	EXPECT_EQ(1, silent(dev, 100));
	EXPECT_EQ(1, suspended(dev));
	EXPECT_EQ(before + 1, pins());
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
	EXPECT_EQ(before, pins());
	EXPECT_EQ(1, works(dev));
	ccwio_alloc_reset(dev);
}

TEST_F_TIMEOUT(device, worker_while_clearing, 300)
{
	unsigned long i, n = loops(10), good = 0;

	for (i = 0; i < n + ATTEMPTS && good < n; i++) {
		good += end_without_worker(_metadata, &self->dev, self->pins,
					   CCWIO_CMD_CLEAR, CCWIO_FC_CLEAR);
		next_program_goes_on(_metadata, &self->dev, self->pins);
	}
	EXPECT_EQ(n, good);
}

TEST_F_TIMEOUT(device, worker_while_halting, 300)
{
	unsigned long i, n = loops(10), good = 0;

	for (i = 0; i < n + ATTEMPTS && good < n; i++) {
		good += end_without_worker(_metadata, &self->dev, self->pins,
					   CCWIO_CMD_HALT, CCWIO_FC_HALT);
		next_program_goes_on(_metadata, &self->dev, self->pins);
	}
	EXPECT_EQ(n, good);
}

/* A second clear takes the first one's status back before anybody has seen it */
TEST_F_TIMEOUT(device, worker_while_clearing_twice, 300)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	struct hogs hogs;
	int i, in_time = 0;

	for (i = 0; i < ATTEMPTS && !in_time; i++) {
		ASSERT_EQ(0, suspend(dev, &orb));
		ASSERT_EQ(0, take_cpus(&hogs));
		ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
		usleep(10000);
		ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
		in_time = give_cpus_back(&hogs);
		ASSERT_LE(0, in_time);
		if (!in_time)
			ASSERT_EQ(0, ccwio_reset(dev));
	}
	ASSERT_EQ(1, in_time);
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
	EXPECT_EQ(1, silent(dev, 50));
	next_program_goes_on(_metadata, dev, self->pins);
}

/* A reset, and a clear before it, with the end of that not taken yet */
TEST_F_TIMEOUT(device, worker_while_resetting, 300)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(10), good[2] = { 0 };
	struct ccwio_orb orb;
	struct hogs hogs;
	int in_time;

	/* Both ways as often as asked for, with the CPUs taken all the time */
	for (i = 0; i < 2 * (n + ATTEMPTS) && (good[0] < n || good[1] < n);
	     i++) {
		ASSERT_EQ(0, suspend(dev, &orb));
		ASSERT_EQ(0, take_cpus(&hogs));
		if (i % 2)
			ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
		ASSERT_EQ(0, ccwio_reset(dev));
		EXPECT_EQ(1, silent(dev, 0));
		EXPECT_EQ(0, has_program(UUID_RNG));
		in_time = give_cpus_back(&hogs);
		ASSERT_LE(0, in_time);
		good[i % 2] += in_time;
		next_program_goes_on(_metadata, dev, self->pins);
	}
	EXPECT_LE(n, good[0]);
	EXPECT_LE(n, good[1]);
}

/* The path goes and comes back before the driver has looked */
TEST_F_TIMEOUT(device, worker_while_varying, 300)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_options options = {
		.uuid = UUID_TERMINAL, .backend = variant->backend,
	};
	struct ccwio_dev terminal;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	int i, held, in_time = 0;
	struct hogs hogs;
	long before;

	/* The terminal has a path of its own */
	ASSERT_EQ(0, ccwio_open(&terminal, &options));
	before = pins();
	for (i = 0; i < ATTEMPTS && !in_time; i++) {
		ASSERT_EQ(0, suspend(&terminal, &orb));
		/* A look at all subchannels, from last time, is over */
		ASSERT_EQ(0, put("/sys/devices/css0/rescan", "1"));
		ASSERT_EQ(0, take_cpus(&hogs));
		ASSERT_EQ(0, put("/sys/devices/css0/chp0.01/status", "off"));
		held = has_program(UUID_TERMINAL);
		in_time = give_cpus_back(&hogs);
		ASSERT_LE(0, in_time);
		/* Nobody has looked at what became of it yet */
		EXPECT_LE(in_time, held);
		ASSERT_EQ(0, put("/sys/devices/css0/chp0.01/status", "on"));
		/* It goes on, or it is ended and its user told */
		if (ccwio_answer(&terminal, 500, &irb) == 1) {
			EXPECT_EQ(CCWIO_FC_START, irb.scsw.ctl & FC);
			EXPECT_EQ(CCWIO_SCH_IFCC, irb.scsw.sch);
			EXPECT_EQ(before, pins());
		}
		EXPECT_EQ(1, silent(&terminal, 50));
		ASSERT_EQ(0, ccwio_reset(&terminal));
	}
	EXPECT_EQ(1, in_time);
	next_program_goes_on(_metadata, &terminal, before);
	ccwio_close(&terminal);
	EXPECT_EQ(1, works(dev));
}

/*
 * Blocked on memory
 */

struct blocked {
	pthread_t thread;
	struct ccwio_dev *dev;
	struct ccwio_orb orb;
	void *buffer;
	atomic_int done;
	long ret;
};

static void *start_blocked(void *arg)
{
	struct blocked *b = arg;

	b->ret = ccwio_start(b->dev, &b->orb);
	b->done = 1;
	return NULL;
}

static void *halt_blocked(void *arg)
{
	struct blocked *b = arg;

	b->ret = ccwio_command(b->dev, CCWIO_CMD_HALT);
	b->done = 1;
	return NULL;
}

static void *read_blocked(void *arg)
{
	struct blocked *b = arg;

	b->ret = raw_read(b->dev, CCWIO_REGION_IO, 0, b->buffer, 124);
	b->done = 1;
	return NULL;
}

static int compare_long(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

/* The median of some I/Os, microseconds; -1 if one does not work */
static long typical(struct ccwio_dev *dev, const struct ccwio_orb *orb)
{
	struct ccwio_irb irb;
	long took[51];
	int i;

	for (i = 0; i < 51; i++) {
		took[i] = now_us();
		if (ccwio_start(dev, orb) ||
		    ccwio_answer(dev, TIMEOUT_MS, &irb) != 1 || irb.scsw.sch)
			return -1;
		took[i] = now_us() - took[i];
	}
	qsort(took, 51, sizeof(took[0]), compare_long);
	return took[25];
}

/* With nobody blocked: the slowest of some medians, since the host's pace varies */
static long alone(struct ccwio_dev *dev, const struct ccwio_orb *orb)
{
	long now, most = 0;
	int i;

	for (i = 0; i < 5; i++) {
		now = typical(dev, orb);
		if (now < 0)
			return now;
		if (now > most)
			most = now;
	}
	return most;
}

/*
 * Of a blocked device's neighbour: as fast as before. The host may be slower for
 * a while, with other things to do: then look again. Who waits for the blocked one
 * is slow each time.
 */
static void neighbour_is_fast(struct __test_metadata *_metadata,
			      struct ccwio_dev *other,
			      const struct ccwio_orb *orb, long before)
{
	long now;
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		now = typical(other, orb);
		ASSERT_LT(0, now);
		if (now < before + before / 2)
			break;
	}
	TH_LOG("median of 51: %ld us, alone %ld us", now, before);
	EXPECT_GT(before + before / 2, now);
}

TEST_F_TIMEOUT(device, translation, 300)
{
	struct blocked b = { .dev = &self->dev };
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_dev other;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	struct absent page;
	uint8_t schib[52];
	long before;

	ASSERT_EQ(0, open_dev(&other, UUID_RNG2, variant->backend));
	ASSERT_EQ(0, begin_orb(&other, "buffer id 8; sense-id id 8 sli", &orb));
	ASSERT_EQ(1, ccwio_answer(&other, TIMEOUT_MS, &irb));
	before = alone(&other, &orb);
	ASSERT_LT(0, before);

	ASSERT_EQ(0, make_absent(&page));
	ASSERT_EQ(0, ccwio_map_memory(dev, page.mem, EXTRA, 4096, true));
	b.orb = (struct ccwio_orb){
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0x80),
		.cpa = EXTRA,
	};
	pthread_create(&b.thread, NULL, start_blocked, &b);
	ASSERT_EQ(1, is_awaited(&page));

	neighbour_is_fast(_metadata, &other, &orb, before);
	/* The device itself answers everything but another start */
	EXPECT_EQ(-EAGAIN, ccwio_start(dev, &b.orb));
	EXPECT_EQ(0, ccwio_read_schib(dev, schib));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_HALT, irb.scsw.ctl & FC);
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
	EXPECT_EQ(0, ccwio_reset(dev));
	EXPECT_EQ(0, b.done);

	/* It belongs to the time before the reset */
	ASSERT_EQ(0, supply(&page));
	pthread_join(b.thread, NULL);
	EXPECT_EQ(-EAGAIN, b.ret);
	EXPECT_EQ(1, silent(dev, 20));
	ccwio_close(&other);
	close(page.fd);
	EXPECT_EQ(1, works(dev));
}

/* The owner of a blocked translation can be killed, and the next one starts */
TEST_F_TIMEOUT(device, translation_of_a_killed_owner, 300)
{
	struct ccwio_dev *dev = &self->dev;
	struct absent page;
	int status, tell[2];
	char word = 0;
	pid_t pid;

	ccwio_close(dev);
	ASSERT_EQ(0, pipe(tell));
	pid = fork();
	if (!pid) {
		struct blocked b = { .dev = dev };

		if (open_dev(dev, UUID_RNG, variant->backend) ||
		    make_absent(&page) ||
		    ccwio_map_memory(dev, page.mem, EXTRA, 4096, true))
			_exit(1);
		b.orb = (struct ccwio_orb){
			.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0x80),
			.cpa = EXTRA,
		};
		pthread_create(&b.thread, NULL, start_blocked, &b);
		word = is_awaited(&page);
		if (write(tell[1], &word, 1) == 1)
			pause();
		_exit(1);
	}
	ASSERT_EQ(1, read(tell[0], &word, 1));
	EXPECT_EQ(1, word);
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
	EXPECT_EQ(1, works(dev));
}

TEST_F_TIMEOUT(device, reader, 300)
{
	struct blocked b = { .dev = &self->dev };
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_dev other;
	struct ccwio_orb orb, own;
	struct ccwio_irb irb;
	struct absent page;
	long before;

	ASSERT_EQ(0, open_dev(&other, UUID_RNG2, variant->backend));
	ASSERT_EQ(0, begin_orb(&other, "buffer id 8; sense-id id 8 sli", &orb));
	ASSERT_EQ(1, ccwio_answer(&other, TIMEOUT_MS, &irb));
	before = alone(&other, &orb);
	ASSERT_LT(0, before);
	ASSERT_EQ(0, begin_orb(dev, "buffer id 8; sense-id id 8 sli", &own));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));

	ASSERT_EQ(0, make_absent(&page));
	b.buffer = page.mem;
	pthread_create(&b.thread, NULL, read_blocked, &b);
	ASSERT_EQ(1, is_awaited(&page));

	neighbour_is_fast(_metadata, &other, &orb, before);
	/* A start is accepted, runs, ends and is signalled; so is a clear */
	EXPECT_EQ(0, ccwio_start(dev, &own));
	EXPECT_LT(0, has_event(dev->event[CCWIO_IRQ_IO], TIMEOUT_MS));
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	EXPECT_LT(0, has_event(dev->event[CCWIO_IRQ_IO], TIMEOUT_MS));
	EXPECT_EQ(0, b.done);

	/* It saw the time before, which was nothing, and took nothing */
	ASSERT_EQ(0, supply(&page));
	pthread_join(b.thread, NULL);
	EXPECT_EQ(124, b.ret);
	ccwio_decode_irb((uint8_t *)page.mem + 24, &irb);
	EXPECT_EQ(0, irb.scsw.ctl & FC);
	ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
	EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
	ccwio_close(&other);
	close(page.fd);
	EXPECT_EQ(1, works(dev));
}

/*
 * A program has ended, and its page cannot be unpinned: a neighbour in the same container
 * is blocked while the back end reads memory for it, and holds the container's lock. Who
 * starts the next program waits for that, because the user may have given the page up,
 * and can be killed meanwhile. With iommufd nothing is held that unpinning needs.
 */
TEST(start_behind_an_unpin)
{
	struct ccwio_options options = {
		.uuid = UUID_RNG, .backend = CCWIO_TYPE1,
	}, shared = {
		.uuid = UUID_RNG2, .backend = CCWIO_TYPE1, .no_memory = true,
	};
	struct ccwio_dev dev, other;
	struct blocked end = { .dev = &dev }, b = { .dev = &other };
	int status, tell[2], ms, gone = 0;
	struct ccwio_irb irb = { 0 };
	struct ccwio_orb orb;
	struct absent page;
	char byte = 0;
	long before;
	pid_t child;

	ASSERT_EQ(0, restore());
	/* What is kept would not have to be unpinned */
	ASSERT_EQ(0, keep(UUID_RNG, "0"));
	ASSERT_EQ(0, keep(UUID_RNG2, "0"));
	ASSERT_EQ(0, ccwio_open(&dev, &options));
	shared.share = &dev;
	ASSERT_EQ(0, ccwio_open(&other, &shared));
	ASSERT_EQ(0, make_absent(&page));
	ASSERT_EQ(0, ccwio_map_memory(&dev, page.mem, EXTRA, 4096, true));
	before = pins();
	ASSERT_EQ(0, suspend_with_memory(&dev, &orb));
	ASSERT_EQ(before + 1, pins());

	/* It has the device's file, and no thread that is blocked */
	ASSERT_EQ(0, pipe(tell));
	child = fork();
	if (!child) {
		if (read(tell[0], &byte, 1) == 1)
			ccwio_start(&dev, &orb);
		_exit(0);
	}
	ASSERT_LT(0, child);
	b.orb = (struct ccwio_orb){
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0x80),
		.cpa = EXTRA,
	};
	pthread_create(&b.thread, NULL, start_blocked, &b);
	ASSERT_EQ(1, is_awaited(&page));
	pthread_create(&end.thread, NULL, halt_blocked, &end);
	/* The end is known before the page is unpinned */
	for (ms = 0; !(irb.scsw.ctl & CCWIO_SC_PEND) && ms < TIMEOUT_MS; ms++) {
		ASSERT_EQ(0, ccwio_read_irb(&dev, &irb));
		usleep(1000);
	}
	EXPECT_EQ(CCWIO_FC_HALT, irb.scsw.ctl & CCWIO_FC_HALT);
	EXPECT_EQ(before + 1, pins_now());
	ASSERT_EQ(1, write(tell[1], &byte, 1));
	usleep(500000);
	EXPECT_EQ('D', thread_state(child));
	kill(child, SIGKILL);
	for (ms = 0; !gone && ms < TIMEOUT_MS; ms += 10) {
		gone = waitpid(child, &status, WNOHANG);
		usleep(10000);
	}
	EXPECT_EQ(child, gone);
	/* The page is pinned yet, and the neighbour blocked */
	EXPECT_EQ(before + 1, pins_now());
	EXPECT_EQ(0, b.done);

	ASSERT_EQ(0, supply(&page));
	pthread_join(b.thread, NULL);
	pthread_join(end.thread, NULL);
	EXPECT_EQ(0, end.ret);
	if (!gone)
		EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(1, pins_come_to(before, TIMEOUT_MS));
	EXPECT_EQ(1, works(&dev));
	ccwio_close(&other);
	ccwio_close(&dev);
	keep(UUID_RNG2, getenv("KEPT") ?: "16384");
	close(page.fd);
	close(tell[0]);
	close(tell[1]);
}

static void *resume_blocked(void *arg)
{
	struct blocked *b = arg;

	b->ret = ccwio_command(b->dev, CCWIO_CMD_RESUME);
	b->done = 1;
	return NULL;
}

/*
 * A program ends while a resume of it waits for the user's memory: who resumes it will
 * unpin its pages. Another device of the user does not wait for that, as the memory may be
 * supplied by what it does: its start is to be made again.
 */
TEST_F_TIMEOUT(device, start_beside_the_resume_of_an_ended_program, 120)
{
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend,
	};
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_dev other;
	struct blocked b = { .dev = dev };
	uint32_t cpa = CCWIO_BASE + 4096;
	struct ccwio_orb orb, next;
	struct ccwio_irb irb;
	struct absent page;

	ASSERT_EQ(0, keep(UUID_RNG2, "0"));
	ASSERT_EQ(0, ccwio_open(&other, &options));
	ASSERT_EQ(0, begin_orb(&other, "buffer id 8; sense-id id 8 sli", &next));
	ASSERT_EQ(1, ccwio_answer(&other, TIMEOUT_MS, &irb));
	ASSERT_EQ(0, make_absent(&page));
	ASSERT_EQ(0, ccwio_map_memory(dev, page.mem, EXTRA, 4096, true));
	orb = (struct ccwio_orb){
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_S |
		       CCWIO_ORB_LPM(0x80),
		.cpa = cpa,
	};
	ccwio_put_ccw(dev, cpa, 1, CMD_NOOP, 0, 1, CCWIO_SLI | CCWIO_CC);
	ccwio_put_ccw(dev, cpa + 8, 1, CMD_NOOP, 0, 1, CCWIO_SLI | CCWIO_S);
	ASSERT_EQ(0, ccwio_start(dev, &orb));
	ASSERT_EQ(1, suspended(dev));
	/* It goes on to a CCW that is not there */
	ccwio_put_ccw(dev, cpa + 8, 1, CMD_TIC, EXTRA, 0, 0);
	pthread_create(&b.thread, NULL, resume_blocked, &b);
	ASSERT_EQ(1, is_awaited(&page));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_HALT, irb.scsw.ctl & CCWIO_FC_HALT);
	EXPECT_EQ(-EAGAIN, ccwio_start(&other, &next));
	EXPECT_EQ(0, b.done);

	ASSERT_EQ(0, supply(&page));
	pthread_join(b.thread, NULL);
	EXPECT_GT(0, b.ret);
	EXPECT_EQ(0, ccwio_start(&other, &next));
	EXPECT_EQ(1, ccwio_answer(&other, TIMEOUT_MS, &irb));
	ccwio_close(&other);
	keep(UUID_RNG2, getenv("KEPT") ?: "16384");
	close(page.fd);
	EXPECT_EQ(1, works(dev));
}

TEST_HARNESS_MAIN
