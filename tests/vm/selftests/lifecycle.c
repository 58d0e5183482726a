// SPDX-License-Identifier: GPL-2.0
/*
 * Opening, closing, resetting and unmapping, at rest and while a program is in
 * progress: no status of an earlier life, no page left pinned, no program left
 * running.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <time.h>

#define DEVICE_UUID UUID_RNG
#include "fixture.h"

#define FC	0x7000
#define SC	0x001f
#define EXTRA	0x70000000ull	/* a mapping beside the device's own */

static long elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 +
	       (now.tv_nsec - since->tv_nsec) / 1000000;
}

static void start_clock(struct timespec *since)
{
	clock_gettime(CLOCK_MONOTONIC, since);
}

/* A device that was just opened knows nothing of the past */
static int is_clean(struct ccwio_dev *dev)
{
	static const uint8_t zero[124];
	uint8_t data[124];
	uint32_t crw = 1;

	if (raw_read(dev, 0, 0, data, 124) != 124 || memcmp(data, zero, 124))
		return 0;
	if (raw_read(dev, 1, 0, data, 8) != 8 || memcmp(data, zero, 8))
		return 0;
	return !ccwio_read_crw(dev, &crw) && !crw && silent(dev, 20) &&
	       enabled(dev) == 1;
}

TEST_F_TIMEOUT(device, open_and_close, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(200);

	for (i = 0; i < n; i++) {
		ccwio_close(dev);
		ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
		if (i % 16 == 0)
			ASSERT_EQ(1, works(dev));
	}
	ccwio_close(dev);
	ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
	EXPECT_EQ(1, is_clean(dev));
}

/* What is left behind at close: nothing, an unread status, a running program */
TEST_F_TIMEOUT(device, reopen_after_anything, 120)
{
	struct ccwio_dev *dev = &self->dev;
	struct timespec since;
	struct ccwio_orb orb;
	int i;

	for (i = 0; i < 24; i++) {
		switch (i % 6) {
		case 0:
			ASSERT_EQ(0, begin(dev, "nop sli"));
			break;
		case 1:
			ASSERT_EQ(0, begin(dev, "nop sli"));
			has_event(dev->event[0], TIMEOUT_MS);
			break;
		case 2:
			ASSERT_EQ(0, suspend(dev, &orb));
			break;
		case 3:
			ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
			break;
		case 4:
			ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
			break;
		case 5:
			ASSERT_EQ(0, suspend(dev, &orb));
			ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
			break;
		}
		start_clock(&since);
		ccwio_close(dev);
		EXPECT_GT(5000, elapsed_ms(&since));
		ASSERT_EQ(self->pins, pins());
		ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
		EXPECT_EQ(1, is_clean(dev)) TH_LOG("after way %d", i % 6);
		EXPECT_EQ(1, works(dev));
	}
}

static void owner(enum ccwio_backend backend, int way)
{
	struct ccwio_dev dev;
	struct ccwio_orb orb;

	if (open_dev(&dev, UUID_RNG, backend))
		_exit(1);
	if (way == 0)
		suspend(&dev, &orb);
	if (way == 1)
		begin(&dev, "nop sli");
	kill(getppid(), SIGUSR1);
	/* way 2: killed somewhere in the translation of a long program */
	while (way == 2) {
		begin(&dev, "orb F P H; buffer a 65536 align=4096;"
		      "idal l a a+4096 a+8192 a+12288 a+16384 a+20480;"
		      "sense-id l 24576 sli cc; sense-id a 65535 sli");
		ccwio_command(&dev, CCWIO_CMD_CLEAR);
		ccwio_alloc_reset(&dev);
	}
	pause();
}

TEST_F_TIMEOUT(device, killed_owner, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(30);
	sigset_t set;
	pid_t pid;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (i = 0; i < n; i++) {
		ccwio_close(dev);
		pid = fork();
		if (!pid)
			owner(variant->backend, i % 3);
		ASSERT_EQ(0, sigwait(&set, &sig));
		usleep(i * 137 % 5000);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
		ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
		EXPECT_EQ(1, is_clean(dev));
		EXPECT_EQ(1, works(dev));
	}
}

/*
 * Whoever is left of a test that ran out of time lets go of the device before
 * the next one begins: the child of a child that has ended, here.
 */
TEST_F(device, what_a_test_leaves_is_ended)
{
	struct ccwio_dev *dev = &self->dev;
	char ready = 0;
	int line[2];
	pid_t pid;

	ccwio_close(dev);
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	ASSERT_EQ(0, pipe(line));
	pid = fork();
	if (!pid) {
		if (fork())
			_exit(0);
		setsid();
		ready = open_dev(dev, UUID_RNG, variant->backend) ? 'n' : 'y';
		if (write(line[1], &ready, 1) == 1)
			pause();
		_exit(1);
	}
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	ASSERT_EQ(1, read(line[0], &ready, 1));
	ASSERT_EQ('y', ready);
	ASSERT_NE(0, open_dev(dev, UUID_RNG, variant->backend));
	end_what_is_left();
	ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
	EXPECT_EQ(1, works(dev));
}

TEST_F(device, reset_in_each_situation)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	int i;

	for (i = 0; i < 12; i++) {
		switch (i % 4) {
		case 0:
			break;
		case 1:
			ASSERT_EQ(0, begin(dev, "nop sli"));
			has_event(dev->event[0], i < 6 ? TIMEOUT_MS : 0);
			break;
		case 2:
			ASSERT_EQ(0, suspend(dev, &orb));
			break;
		case 3:
			ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
			break;
		}
		ASSERT_EQ(0, ccwio_reset(dev));
		/* No status from before, no pin, and ready */
		EXPECT_EQ(1, silent(dev, 30));
		EXPECT_EQ(self->pins, pins());
		EXPECT_EQ(1, enabled(dev));
		EXPECT_EQ(1, works(dev));
	}
}

struct resetter {
	struct ccwio_dev *dev;
	atomic_bool stop;
	unsigned long done, wrong;
};

static void *reset_many(void *arg)
{
	struct resetter *r = arg;

	while (!r->stop) {
		r->wrong += !!ccwio_reset(r->dev);
		r->done++;
		usleep(r->done % 16 ? 300 : 20000);
	}
	return NULL;
}

TEST_F_TIMEOUT(device, reset_against_start, 120)
{
	struct ccwio_dev *dev = &self->dev;
	struct resetter r = { .dev = dev };
	unsigned long i, n = loops(1000), accepted = 0, answered = 0;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	pthread_t thread;
	int ret;

	ASSERT_EQ(0, begin_orb(dev, "buffer id 8; sense-id id 8 sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	pthread_create(&thread, NULL, reset_many, &r);
	for (i = 0; i < n || (!answered && i < 100 * n); i++) {
		ret = ccwio_start(dev, &orb);
		ASSERT_TRUE(!ret || ret == -EBUSY || ret == -EAGAIN)
			TH_LOG("start: %d", ret);
		accepted += !ret;
		answered += ccwio_wait(dev, 2, &irb) == 1;
	}
	r.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.wrong);
	/* Some starts came to their end between two resets */
	EXPECT_GE(accepted, answered);
	EXPECT_LT(0, answered);
	TH_LOG("%lu starts, %lu answers, %lu resets", accepted, answered,
	       r.done);
	ASSERT_EQ(0, ccwio_reset(dev));
	EXPECT_EQ(1, silent(dev, 30));
	EXPECT_EQ(1, works(dev));
}

static void *add_memory(struct ccwio_dev *dev, uint64_t iova, size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (mem == MAP_FAILED || ccwio_map_memory(dev, mem, iova, size, true))
		return NULL;
	return mem;
}

/* One suspended CCW whose data is at @data */
static int suspend_with(struct ccwio_dev *dev, uint64_t data,
			struct ccwio_orb *orb)
{
	char text[200];
	int ret;

	snprintf(text, sizeof(text),
		 "orb F P S H; first: sense-id 0x%llx 64 cc sli; nop s sli",
		 (unsigned long long)data);
	ret = begin_orb(dev, text, orb);
	return ret ? ret : suspended(dev) ? 0 : -ETIMEDOUT;
}

/* The program is ended, the guest is told, and nothing stays pinned */
TEST_F(device, unmap_of_memory_in_use)
{
	struct ccwio_dev *dev = &self->dev;
	struct timespec since;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_NE(NULL, add_memory(dev, EXTRA, 65536));
	ASSERT_EQ(0, suspend_with(dev, EXTRA + 4096, &orb));
	EXPECT_EQ(self->pins + 1, pins());
	start_clock(&since);
	ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA, 65536));
	EXPECT_GT(5000, elapsed_ms(&since));
	EXPECT_EQ(self->pins, pins());
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_START, irb.scsw.ctl & FC);
	EXPECT_EQ(CCWIO_SCH_CCC, irb.scsw.sch);
	EXPECT_EQ(0, irb.scsw.dev);
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(1, works(dev));
	EXPECT_EQ(0, try(dev, "first: sense-id 0x70001000 8 sli;"
			 "expect sch prog; expect cpa first+8"));
}

TEST_F(device, unmap_of_some_of_the_memory_in_use)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_NE(NULL, add_memory(dev, EXTRA, 4096));
	ASSERT_NE(NULL, add_memory(dev, EXTRA + 4096, 4096));
	/* 64 bytes over the border of the two mappings */
	ASSERT_EQ(0, suspend_with(dev, EXTRA + 4064, &orb));
	EXPECT_EQ(self->pins + 2, pins());
	ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA + 4096, 4096));
	EXPECT_EQ(self->pins, pins());
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_SCH_CCC, irb.scsw.sch);
	EXPECT_EQ(1, works(dev));
}

TEST_F(device, unmap_of_other_memory)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_NE(NULL, add_memory(dev, EXTRA, 65536));
	ASSERT_EQ(0, suspend(dev, &orb));
	ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA, 65536));
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(1, suspended(dev));
	EXPECT_EQ(-EBUSY, ccwio_start(dev, &orb));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
}

struct unmapper {
	struct ccwio_dev *dev;
	void *mem;
	atomic_bool stop;
	unsigned long done, wrong;
};

/* Keeps its own memory; libccwio's list of mappings is the other thread's */
static void *unmap_many(void *arg)
{
	struct unmapper *u = arg;
	struct ccwio_dev view = *u->dev;

	view.nr_maps = 0;
	while (!u->stop) {
		u->wrong += !!ccwio_map_memory(&view, u->mem, EXTRA, 65536,
					       true);
		view.nr_maps = 0;
		usleep(u->done % 7 * 50);
		u->wrong += !!ccwio_unmap_memory(&view, EXTRA, 65536);
		u->done++;
	}
	return NULL;
}

/* The answer to a start in memory that comes and goes; clear what nobody ends */
static int end_or_clear(struct ccwio_dev *dev, struct ccwio_irb *irb)
{
	if (ccwio_answer(dev, 50, irb) == 1)
		return 1;
	if (ccwio_command(dev, CCWIO_CMD_CLEAR))
		return 0;
	return ccwio_answer(dev, TIMEOUT_MS, irb) == 1;
}

/* Every other program stays in progress: if it has its memory, that is taken */
TEST_F_TIMEOUT(device, unmap_against_start, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(1500), good = 0, checked = 0, refused = 0;
	unsigned long ended = 0;
	struct unmapper u = { .dev = dev };
	struct ccwio_orb orb, staying;
	struct ccwio_irb irb;
	pthread_t thread;
	int ret;

	u.mem = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		     MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	ASSERT_NE(MAP_FAILED, u.mem);
	ret = begin_orb(dev, "nop cc sli; sense-id 0x70000ff0 4096 cc sli;"
			"sense-id 0x7000f000 4096 sli", &orb);
	ASSERT_EQ(0, ret);
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(0, begin_orb(dev, "orb F P S H;"
			       "sense-id 0x70000ff0 4096 cc sli; nop s sli", &staying));
	ASSERT_EQ(0, ccwio_reset(dev));
	pthread_create(&thread, NULL, unmap_many, &u);
	for (i = 0; i < n || (i < 100 * n && (!good || !ended)); i++) {
		ret = ccwio_start(dev, i % 2 ? &staying : &orb);
		if (ret) {
			ASSERT_TRUE(ret == -EAGAIN || ret == -EBUSY)
				TH_LOG("start: %d", ret);
			refused++;
			continue;
		}
		ASSERT_EQ(1, end_or_clear(dev, &irb));
		if (irb.scsw.sch == CCWIO_SCH_CCC)
			ended++;
		else if (irb.scsw.sch)
			checked++;
		else if (!(i % 2))
			good++;
	}
	u.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, u.wrong);
	TH_LOG("%lu whole, %lu without memory, %lu ended, %lu refused, %lu unmaps",
	       good, checked, ended, refused, u.done);
	EXPECT_LT(0, good);
	EXPECT_LT(0, ended);
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, works(dev));
}

struct second {
	const char *uuid;
	struct ccwio_dev *first;
	unsigned long n, wrong;
};

static void *open_second(void *arg)
{
	struct second *s = arg;
	struct ccwio_options options = {
		.uuid = s->uuid, .backend = s->first->backend,
		.share = s->first, .no_memory = true,
	};
	struct ccwio_dev dev;
	unsigned long i;

	for (i = 0; i < s->n; i++) {
		s->wrong += !!ccwio_open(&dev, &options);
		ccwio_close(&dev);
	}
	return NULL;
}

/* One container: one device starts, one opens and closes, memory comes and goes */
TEST_F_TIMEOUT(device, two_devices_in_one_container, 120)
{
	struct ccwio_dev *dev = &self->dev;
	struct second s = {
		.uuid = UUID_RNG2, .first = dev, .n = loops(100),
	};
	struct unmapper u = { .dev = dev };
	unsigned long done = 0;
	pthread_t thread[2];
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	int ret;

	u.mem = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		     MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	ASSERT_EQ(0, begin_orb(dev, "buffer id 8; sense-id id 8 sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	pthread_create(&thread[0], NULL, unmap_many, &u);
	pthread_create(&thread[1], NULL, open_second, &s);
	while (pthread_tryjoin_np(thread[1], NULL)) {
		ret = ccwio_start(dev, &orb);
		ASSERT_TRUE(!ret || ret == -EAGAIN);
		if (!ret)
			ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		done += !ret;
	}
	u.stop = true;
	pthread_join(thread[0], NULL);
	EXPECT_EQ(0, s.wrong);
	EXPECT_EQ(0, u.wrong);
	EXPECT_LT(0, done);
}

/* A program of the second device sees the memory that the first one mapped */
TEST_F(device, second_device_shares_memory)
{
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend,
		.share = &self->dev, .no_memory = true,
	};
	struct ccwio_dev second;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, ccwio_open(&second, &options));
	ASSERT_EQ(0, begin_orb(&self->dev, "buffer id 8 fill=0xee;"
			       "sense-id id 8 sli", &orb));
	ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	memset(ccwio_mem(&self->dev, CCWIO_BASE + 4096), 0, 8);
	ASSERT_EQ(0, ccwio_start(&second, &orb));
	ASSERT_EQ(1, ccwio_answer(&second, TIMEOUT_MS, &irb));
	EXPECT_EQ(0xff, *(uint8_t *)ccwio_mem(&self->dev, CCWIO_BASE + 4096));
	EXPECT_EQ(1, silent(&self->dev, 20));
	ccwio_close(&second);
	EXPECT_EQ(1, works(&self->dev));
}

static void *replace_events(void *arg)
{
	struct resetter *r = arg;
	int fd[2] = { eventfd(0, EFD_NONBLOCK), eventfd(0, EFD_NONBLOCK) };

	while (!r->stop) {
		r->wrong += !!ccwio_attach_event(r->dev, 0, fd[r->done & 1]);
		r->wrong += !!ccwio_attach_event(r->dev, 1, fd[r->done & 1]);
		r->wrong += !!ccwio_attach_event(r->dev, 2, -1);
		if (r->done % 3 == 0)
			r->wrong += !!ccwio_attach_event(r->dev, 0, -1);
		r->done++;
	}
	close(fd[0]);
	close(fd[1]);
	return NULL;
}

/* Whoever listens may change at any moment; the status itself is never lost */
TEST_F_TIMEOUT(device, eventfds_against_interrupts, 120)
{
	struct ccwio_dev *dev = &self->dev;
	struct resetter r = { .dev = dev };
	unsigned long i, n = loops(1000);
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	pthread_t thread;

	ASSERT_EQ(0, begin_orb(dev, "nop sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	pthread_create(&thread, NULL, replace_events, &r);
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, start_and_read(dev, &orb));
	r.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.wrong);
	/* Closing lets go of the eventfds: this one has no other user */
	ASSERT_EQ(0, ccwio_attach_event(dev, 0, dev->event[0]));
	EXPECT_EQ(1, works(dev));
}

struct schib_reader {
	struct ccwio_dev *dev;
	atomic_bool stop;
	unsigned long done, wrong;
};

static void *read_schibs(void *arg)
{
	struct schib_reader *r = arg;
	uint8_t schib[52];
	int i;

	while (!r->stop) {
		if (ccwio_read_schib(r->dev, schib) ||
		    (schib[6] << 8 | schib[7]) != DEVNO_RNG)
			r->wrong++;
		for (i = 0; i < 4; i++)
			r->wrong += !!schib[i];
		r->done++;
	}
	return NULL;
}

TEST_F_TIMEOUT(device, schib_against_everything, 120)
{
	struct ccwio_dev *dev = &self->dev;
	struct schib_reader r = { .dev = dev };
	unsigned long i, n = loops(400);
	pthread_t thread;

	pthread_create(&thread, NULL, read_schibs, &r);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(1, works(dev));
		if (i % 8 == 0)
			ASSERT_EQ(0, ccwio_reset(dev));
		ccwio_alloc_reset(dev);
	}
	r.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, r.wrong);
	EXPECT_LT(0, r.done);
}

/*
 * The self-tests themselves: the user of an earlier test, who was killed at its time
 * limit and takes a while to go, is not the failure of the next test
 */
TEST(after_a_test_that_was_stopped)
{
	struct ccwio_dev dev;
	char word = 0;
	int tell[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(tell));
	pid = fork();
	if (!pid) {
		word = !open_dev(&dev, UUID_RNG, CCWIO_TYPE1);
		if (write(tell[1], &word, 1) == 1)
			usleep(700000);
		_exit(0);
	}
	ASSERT_EQ(1, read(tell[0], &word, 1));
	ASSERT_EQ(1, word);
	ASSERT_EQ(0, open_dev(&dev, UUID_RNG, CCWIO_TYPE1));
	EXPECT_EQ(1, works(&dev));
	ccwio_close(&dev);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
}

/* Many programs in a row, then count: nothing may have gathered */
TEST_F_TIMEOUT(device, nothing_gathers, 120)
{
	unsigned long i, n = loops(300);
	const char *text;

	text = "orb F P H; buffer a 8192 align=4096; idal l a a+4096;"
	       "sense-id l 8192 cc sli; wrong: sense-id 0x10000000 9 sli;"
	       "expect sch prog; expect cpa wrong+8";
	for (i = 0; i < n; i++) {
		ccwio_alloc_reset(&self->dev);
		ASSERT_EQ(0, try(&self->dev, text));
		ASSERT_EQ(self->pins, pins());
	}
}

TEST_HARNESS_MAIN
