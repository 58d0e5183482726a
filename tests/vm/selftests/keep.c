// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that stay pinned after the program that used them: found by the next one,
 * gone as soon as the user gives their memory up in whatever way, unmaps them,
 * resets or closes the device, does not use them, or is short of memory; and
 * never seen by a program that is started after that.
 *
 * The device stores its ID into a page. If it goes into a page that the user has
 * given up, the user finds nothing in the one that is there now.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>

#define DEVICE_UUID UUID_RNG
#include "fixture.h"

#define EXTRA	0x70000000ull	/* a mapping beside the device's own */
#define CMD_NO_OPERATION 0x03
#define CMD_SENSE_ID	0xe4

/* What waits for nobody has ended after so many milliseconds */
#define ENDS_MS	4000

/* After this a page that nobody uses is given back, milliseconds */
#define GONE_MS	2000

/* How often the driver looks for such pages */
#define TICK_MS	500

static uint8_t *map(struct ccwio_dev *dev, unsigned int pages)
{
	uint8_t *mem = new_memory((size_t)pages * PAGE);

	return mem && !ccwio_map_memory(dev, mem, EXTRA, (uint64_t)pages * PAGE,
					true) ? mem : NULL;
}

/* The second program finds what the first one has pinned */
TEST_F(device, found_by_the_next)
{
	struct ccwio_dev *dev = &self->dev;
	uint8_t *mem = map(dev, 2);
	struct kept before, now;
	int i;

	ASSERT_NE(NULL, mem);
	before = kept_by(UUID_RNG);
	for (i = 0; i < 4; i++) {
		memset(mem, 0, 2 * PAGE);
		ASSERT_EQ(0, identify(dev, EXTRA, 2 * PAGE));
		EXPECT_EQ(ID, mem[0]);
	}
	now = kept_by(UUID_RNG);
	EXPECT_LE(6, now.found - before.found);
	/* And the page with the CCW, which is read again and again */
	EXPECT_EQ(3, now.added - before.added);
	EXPECT_EQ(0, now.used);
	EXPECT_EQ(self->pins + 3, pins_now());
}

/* Ways to give a page up: afterwards there is another one at the same place */
static int dont_need(uint8_t *page, int fd, uint64_t offset)
{
	return madvise(page, PAGE, MADV_DONTNEED);
}

static int map_anew(uint8_t *page, int fd, uint64_t offset)
{
	return mmap(page, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		    MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page ? 0 : -1;
}

static int unmap_and_map(uint8_t *page, int fd, uint64_t offset)
{
	return munmap(page, PAGE) ?: map_anew(page, fd, offset);
}

static int move_away(uint8_t *page, int fd, uint64_t offset)
{
	uint8_t *to = mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			     page + (1 << 20));

	return to == MAP_FAILED ? -1 : munmap(to, PAGE) ?:
	       map_anew(page, fd, offset);
}

static int punch_hole(uint8_t *page, int fd, uint64_t offset)
{
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
			 PAGE);
}

static const struct {
	const char *name;
	int (*give_up)(uint8_t *page, int fd, uint64_t offset);
	int shared;
} ways[] = {
	{ "MADV_DONTNEED", dont_need, 0 },
	{ "mmap() over it", map_anew, 0 },
	{ "munmap()", unmap_and_map, 0 },
	{ "mremap()", move_away, 0 },
	{ "a hole in the file", punch_hole, 1 },
};

#define NR_WAYS	(sizeof(ways) / sizeof(ways[0]))

/* Each start sees the memory of its time, many times */
TEST_F_TIMEOUT(device, given_up_between_programs, 300)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(1000);
	unsigned int way;
	uint8_t *mem;
	int fd;

	for (way = 0; way < NR_WAYS; way++) {
		fd = ways[way].shared ? memfd_create("pages", 0) : -1;
		if (ways[way].shared) {
			ASSERT_EQ(0, ftruncate(fd, 4 * PAGE));
			mem = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED, fd, 0);
		} else {
			/* With a place to move it to */
			mem = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		}
		ASSERT_NE(MAP_FAILED, mem);
		ASSERT_EQ(0, ccwio_map_memory(dev, mem, EXTRA, 4 * PAGE, true));
		for (i = 0; i < n; i++) {
			uint8_t *page = mem + i % 4 * PAGE;

			ASSERT_EQ(0, identify(dev, EXTRA + i % 4 * PAGE, 8));
			ASSERT_EQ(ID, *page);
			ASSERT_EQ(0, ways[way].give_up(page, fd, i % 4 * PAGE));
			ASSERT_EQ(0, *page)
				TH_LOG("%s did not", ways[way].name);
			ASSERT_EQ(0, identify(dev, EXTRA + i % 4 * PAGE, 8));
			ASSERT_EQ(ID, *page)
				TH_LOG("%s, round %lu", ways[way].name, i);
		}
		ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA, 4 * PAGE));
		if (fd >= 0)
			close(fd);
	}
}

/* A thread that gives memory up after @delay when it is asked to, and says so */
struct churn {
	uint8_t *page;
	size_t size;
	unsigned long delay;	/* nanoseconds */
	int ask[2], say[2];
};

static unsigned long nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ul + now.tv_nsec;
}

static void *give_up_after_a_while(void *arg)
{
	struct churn *churn = arg;
	unsigned long from;
	char byte;

	while (read(churn->ask[0], &byte, 1) == 1) {
		from = nanoseconds();
		while (nanoseconds() - from < churn->delay)
			;
		madvise(churn->page, churn->size, MADV_DONTNEED);
		if (write(churn->say[1], &byte, 1) != 1)
			break;
	}
	return NULL;
}

/* At any moment of a start: the one after it sees the memory of its time */
TEST_F_TIMEOUT(device, given_up_meanwhile, 300)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(1000), lasts = 0, early = 0, from;
	struct churn churn = { .size = PAGE };
	uint8_t *mem = map(dev, 8);
	struct kept before, now;
	pthread_t thread;
	char byte = 0;

	ASSERT_NE(NULL, mem);
	ASSERT_EQ(0, pipe(churn.ask));
	ASSERT_EQ(0, pipe(churn.say));
	before = kept_by(UUID_RNG);
	ASSERT_EQ(0, pthread_create(&thread, NULL, give_up_after_a_while,
				    &churn));
	for (i = 1; i <= n; i++) {
		uint64_t iova = EXTRA + i % 8 * PAGE;
		uint8_t *page = mem + i % 8 * PAGE;

		*page = 0;
		churn.page = page;
		/* Usually early: that is when the page is pinned */
		churn.delay = lasts * (random() % 128) / 100 / (1 + i % 4 * 4);
		from = nanoseconds();
		ASSERT_EQ(1, write(churn.ask[1], &byte, 1));
		ASSERT_EQ(0, identify(dev, iova, 8));
		lasts = nanoseconds() - from;
		ASSERT_EQ(1, read(churn.say[0], &byte, 1));
		early += *page == ID;
		*page = 0;
		ASSERT_EQ(0, identify(dev, iova, 8));
		ASSERT_EQ(ID, *page)
			TH_LOG("round %lu", i);
		/* What that one has pinned is kept: it has come after all that */
		*page = 0;
		ASSERT_EQ(0, identify(dev, iova, 8));
		ASSERT_EQ(ID, *page)
			TH_LOG("once more in round %lu", i);
	}
	close(churn.ask[1]);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	close(churn.ask[0]);
	close(churn.say[0]);
	close(churn.say[1]);
	now = kept_by(UUID_RNG);
	TH_LOG("%lu of %lu times given up before it was pinned", early, n);
	TH_LOG("%lu pages added, %lu found, %lu given up",
	       now.added - before.added, now.found - before.found,
	       now.notified - before.notified);
	EXPECT_LT(n / 2, now.found - before.found);
	EXPECT_LT(n / 2, now.notified - before.notified);
	EXPECT_LT(0, early);
	EXPECT_GT(n, early);
}

/* So much that it takes longer than a start, and the last of it is what a start uses */
#define MUCH		(64u << 20)
#define APART		(64u << 10)	/* pages of it that are there */

TEST_F_TIMEOUT(device, given_up_for_a_while, 300)
{
	struct ccwio_dev *dev = &self->dev;
	struct churn churn = { .size = MUCH };
	unsigned long starts = 0;
	uint8_t *page;
	pthread_t thread;
	char byte = 0;
	size_t at;
	int i;

	churn.page = mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			  MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, churn.page);
	madvise(churn.page, MUCH, MADV_NOHUGEPAGE);
	page = churn.page + MUCH - PAGE;
	*page = 0;
	ASSERT_EQ(0, ccwio_map_memory(dev, page, EXTRA, PAGE, true));
	ASSERT_EQ(0, pipe(churn.ask));
	ASSERT_EQ(0, pipe2(churn.say, O_NONBLOCK));
	ASSERT_EQ(0, pthread_create(&thread, NULL, give_up_after_a_while,
				    &churn));
	for (i = 0; i < 20; i++) {
		for (at = 0; at < MUCH; at += APART)
			churn.page[at] = 1;
		*page = 0;
		ASSERT_EQ(1, write(churn.ask[1], &byte, 1));
		/* One of them begins when it has begun to be given up, and is not yet */
		do {
			ASSERT_EQ(0, identify(dev, EXTRA, 8));
			starts++;
		} while (read(churn.say[0], &byte, 1) != 1);
		*page = 0;
		ASSERT_EQ(0, identify(dev, EXTRA, 8));
		ASSERT_EQ(ID, *page)
			TH_LOG("round %d", i);
	}
	TH_LOG("%lu starts meanwhile", starts);
	close(churn.ask[1]);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	close(churn.ask[0]);
	close(churn.say[0]);
	close(churn.say[1]);
}

/*
 * Two devices share the memory: what one keeps the other does not get either, nor one that
 * keeps nothing and is not told of what is given up
 */
TEST_F_TIMEOUT(device, given_up_of_another_device, 240)
{
	static const char * const max[] = { "16384", "0" };
	struct ccwio_dev *dev = &self->dev, other;
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend, .share = dev,
		.no_memory = true,
	};
	unsigned long i, n = loops(1000);
	struct ccwio_dev *user[2] = { dev, &other };
	uint8_t *mem = map(dev, 4);
	int how;

	ASSERT_NE(NULL, mem);
	for (how = 0; how < 2; how++) {
		ASSERT_EQ(0, keep(UUID_RNG2, max[how]));
		ASSERT_EQ(0, ccwio_open(&other, &options));
		other.map[0] = dev->map[0];
		other.nr_maps = 1;
		for (i = 0; i < n; i++) {
			uint8_t *page = mem + i % 4 * PAGE;

			ASSERT_EQ(0, identify(user[i % 2],
					      EXTRA + i % 4 * PAGE, 8));
			ASSERT_EQ(0, madvise(page, PAGE, MADV_DONTNEED));
			ASSERT_EQ(0, *page);
			ASSERT_EQ(0, identify(user[!(i % 2)],
					      EXTRA + i % 4 * PAGE, 8));
			ASSERT_EQ(ID, *page)
				TH_LOG("round %lu, %s pages kept", i, max[how]);
		}
		other.nr_maps = 0;
		ccwio_close(&other);
	}
}

/* A thread that starts programs of a device of its own and gives their page up */
struct starts {
	struct ccwio_dev *dev;
	uint8_t *page;
	unsigned long n;
	int ret;
};

static void *start_and_give_up(void *arg)
{
	struct starts *starts = arg;
	unsigned long i;

	for (i = 0; i < starts->n && !starts->ret; i++) {
		starts->ret = identify(starts->dev, EXTRA, 8);
		if (!starts->ret && *starts->page != ID)
			starts->ret = -EIO;
		madvise(starts->page, PAGE, MADV_DONTNEED);
	}
	return NULL;
}

/* Each start unpins what both devices have given up, and waits for the other one */
TEST_F_TIMEOUT(device, given_up_of_two_at_once, 60)
{
	struct ccwio_dev other;
	struct starts starts[2] = {
		{ .dev = &self->dev, .n = loops(1000) },
		{ .dev = &other, .n = loops(1000) },
	};
	pthread_t thread[2];
	int i;

	ASSERT_EQ(0, keep(UUID_RNG2, "16384"));
	ASSERT_EQ(0, open_dev(&other, UUID_RNG2, variant->backend));
	for (i = 0; i < 2; i++) {
		starts[i].page = map(starts[i].dev, 1);
		ASSERT_NE(NULL, starts[i].page);
	}
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL,
					    start_and_give_up, &starts[i]));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_join(thread[i], NULL));
		EXPECT_EQ(0, starts[i].ret);
	}
	ccwio_close(&other);
}

/* A program of @n CCWs at @cpa, each chained to the next, that then is suspended */
static int suspend_behind(struct ccwio_dev *dev, uint32_t cpa, unsigned int n)
{
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_S |
		       CCWIO_ORB_LPM(0xff),
		.cpa = cpa,
	};
	int ret;

	ccwio_put_ccw(dev, cpa + 8 * n, 1, CMD_NO_OPERATION, 0, 0,
		      CCWIO_SLI | CCWIO_S);
	ret = ccwio_start(dev, &orb);
	return ret ? ret : suspended(dev) ? 0 : -ETIMEDOUT;
}

/* SENSE ID into @iova as part of a program that is in progress until it is halted */
static int suspend_with(struct ccwio_dev *dev, uint64_t iova)
{
	ccwio_put_ccw(dev, CCWIO_BASE + PAGE, 1, CMD_SENSE_ID, iova, 8,
		      CCWIO_SLI | CCWIO_CC);
	return suspend_behind(dev, CCWIO_BASE + PAGE, 1);
}

/* Pages that one CCW may use, and that one pin may have */
#define CCW_PAGES	16
#define PIN_PAGES	512

/* ... into each of @pages pages, a multiple of CCW_PAGES */
static int suspend_with_all(struct ccwio_dev *dev, uint32_t cpa, uint64_t iova,
			    unsigned int pages)
{
	unsigned int i;

	for (i = 0; i < pages / CCW_PAGES; i++)
		ccwio_put_ccw(dev, cpa + 8 * i, 1, CMD_SENSE_ID,
			      iova + i * CCW_PAGES * PAGE,
			      CCW_PAGES * PAGE - 1, CCWIO_SLI | CCWIO_CC);
	return suspend_behind(dev, cpa, i);
}

static int halt(struct ccwio_dev *dev)
{
	struct ccwio_irb irb;
	int ret = ccwio_command(dev, CCWIO_CMD_HALT);

	return ret ? ret : ccwio_answer(dev, TIMEOUT_MS, &irb) == 1 ? 0 :
	       -ETIMEDOUT;
}

/*
 * A page is given up while a program of another device, which may keep pages or
 * not, uses it. While it does, the back end hands it out again; afterwards the old
 * page is not found.
 */
TEST_F_TIMEOUT(device, given_up_in_use_by_another_device, 120)
{
	static const char * const max[] = { "16384", "0" };
	struct ccwio_dev *dev = &self->dev, other;
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend, .share = dev,
		.no_memory = true,
	};
	uint8_t *mem = map(dev, 1);
	int i;

	ASSERT_NE(NULL, mem);
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, keep(UUID_RNG2, max[i]));
		ASSERT_EQ(0, ccwio_open(&other, &options));
		other.map[0] = dev->map[0];
		other.nr_maps = 1;
		ASSERT_EQ(0, suspend_with(&other, EXTRA));
		ASSERT_EQ(ID, *mem);
		ASSERT_EQ(0, madvise(mem, PAGE, MADV_DONTNEED));
		ASSERT_EQ(0, *mem);
		/* The second one is told of nothing new */
		ASSERT_EQ(0, identify(dev, EXTRA, 8));
		ASSERT_EQ(0, identify(dev, EXTRA, 8));
		ASSERT_EQ(0, halt(&other));
		ASSERT_EQ(0, *mem);
		ASSERT_EQ(0, identify(dev, EXTRA, 8));
		EXPECT_EQ(ID, *mem)
			TH_LOG("the other device keeps %s pages", max[i]);
		other.nr_maps = 0;
		ccwio_close(&other);
		*mem = 0;
	}
}

/* How a program is ended by another thread, and what that thread says */
struct ending {
	struct ccwio_dev *dev;
	enum { BY_RESET, BY_HALT, BY_CANCEL, NR_ENDINGS } way;
	int ret;
};

static void *end_program(void *arg)
{
	struct ending *ending = arg;

	ending->ret = ending->way == BY_RESET ?
		ccwio_reset(ending->dev) :
		ccwio_command(ending->dev, ending->way == BY_HALT ?
			      CCWIO_CMD_HALT : CCWIO_CMD_CANCEL);
	return NULL;
}

/*
 * ... and the next start comes as soon as the end can be known, by a look at the status
 * without a signal or, after a reset or a cancel function, by a start that is not refused
 * any more: whoever has ended the program may not have unpinned its page yet.
 */
TEST_F_TIMEOUT(device, given_up_when_the_end_is_known, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(400);
	struct ending ending = { .dev = dev };
	uint8_t *mem = map(dev, 1);
	struct ccwio_irb irb;
	pthread_t thread;

	ASSERT_NE(NULL, mem);
	for (i = 0; i < n; i++) {
		*mem = 0;
		ASSERT_EQ(0, suspend_with(dev, EXTRA));
		ASSERT_EQ(ID, *mem);
		ASSERT_EQ(0, madvise(mem, PAGE, MADV_DONTNEED));
		ASSERT_EQ(0, *mem);
		ending.way = i % NR_ENDINGS;
		ASSERT_EQ(0, pthread_create(&thread, NULL, end_program,
					    &ending));
		do {
			memset(&irb, 0, sizeof(irb));
			if (ending.way == BY_HALT)
				ccwio_read_irb(dev, &irb);
		} while (ending.way == BY_HALT &&
			 !(irb.scsw.ctl & CCWIO_SC_PEND));
		ASSERT_EQ(0, identify(dev, EXTRA, 8));
		ASSERT_EQ(0, pthread_join(thread, NULL));
		ASSERT_EQ(0, ending.ret);
		ASSERT_EQ(ID, *mem)
			TH_LOG("round %lu, way %d", i, ending.way);
	}
}

/*
 * ... and it is another device that is started then. Either of the two may keep pages or
 * not; none at all is the last round, where nobody has to tell of what is given up.
 */
TEST_F_TIMEOUT(device, given_up_when_the_end_of_another_is_known, 240)
{
	static const char * const max[] = { "16384", "0" };
	struct ccwio_dev *dev = &self->dev, other;
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend, .share = dev,
		.no_memory = true,
	};
	struct ending ending = { .dev = &other, .way = BY_HALT };
	unsigned long i, n = loops(200);
	struct ccwio_irb irb;
	pthread_t thread;
	uint8_t *mem;
	int how;

	for (how = 0; how < 4; how++) {
		ccwio_close(dev);
		ASSERT_EQ(0, keep(UUID_RNG, max[how / 2]));
		ASSERT_EQ(0, keep(UUID_RNG2, max[how % 2]));
		ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
		mem = map(dev, 1);
		ASSERT_NE(NULL, mem);
		ASSERT_EQ(0, ccwio_open(&other, &options));
		other.map[0] = dev->map[0];
		other.nr_maps = 1;
		for (i = 0; i < n; i++) {
			*mem = 0;
			ASSERT_EQ(0, suspend_with(&other, EXTRA));
			ASSERT_EQ(ID, *mem);
			ASSERT_EQ(0, madvise(mem, PAGE, MADV_DONTNEED));
			ASSERT_EQ(0, *mem);
			ASSERT_EQ(0, pthread_create(&thread, NULL, end_program,
						    &ending));
			do {
				memset(&irb, 0, sizeof(irb));
				ccwio_read_irb(&other, &irb);
			} while (!(irb.scsw.ctl & CCWIO_SC_PEND));
			ASSERT_EQ(0, identify(dev, EXTRA, 8));
			ASSERT_EQ(0, pthread_join(thread, NULL));
			ASSERT_EQ(0, ending.ret);
			ASSERT_EQ(ID, *mem)
				TH_LOG("round %lu, %s pages kept, %s by the other",
				       i, max[how / 2], max[how % 2]);
		}
		other.nr_maps = 0;
		ccwio_close(&other);
	}
}

/* A page is given up in use before the device is opened that is then handed it */
TEST_F_TIMEOUT(device, given_up_before_another_device_is_opened, 120)
{
	struct ccwio_dev *dev = &self->dev, other;
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend, .share = dev,
		.no_memory = true,
	};
	uint8_t *mem = map(dev, 1);
	int i;

	ASSERT_NE(NULL, mem);
	/* The first time it keeps nothing, and has nothing to listen to */
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, keep(UUID_RNG2, i ? "16384" : "0"));
		*mem = 0;
		ASSERT_EQ(0, suspend_with(dev, EXTRA));
		ASSERT_EQ(ID, *mem);
		ASSERT_EQ(0, madvise(mem, PAGE, MADV_DONTNEED));
		ASSERT_EQ(0, *mem);
		ASSERT_EQ(0, ccwio_open(&other, &options));
		other.map[0] = dev->map[0];
		other.nr_maps = 1;
		ASSERT_EQ(0, identify(&other, EXTRA, 8));
		ASSERT_EQ(0, halt(dev));
		ASSERT_EQ(0, *mem);
		ASSERT_EQ(0, identify(&other, EXTRA, 8));
		EXPECT_EQ(ID, *mem);
		other.nr_maps = 0;
		ccwio_close(&other);
	}
}

/* A thread that sends signals to another one, without a pause while it is asked to */
struct storm {
	pthread_t thread, target;
	atomic_bool on, over;
};

static void do_nothing(int signal)
{
}

static void *send_signals(void *arg)
{
	struct storm *storm = arg;

	while (!atomic_load(&storm->over))
		if (!atomic_load(&storm->on))
			usleep(1000);
		else if (pthread_kill(storm->target, SIGUSR1))
			break;
	return NULL;
}

/* Whoever opens the device has pages kept, whatever it is sent meanwhile */
TEST_F_TIMEOUT(device, opened_with_a_signal_pending, 120)
{
	struct sigaction action = {
		.sa_handler = do_nothing, .sa_flags = SA_RESTART,
	};
	struct storm storm = { .target = pthread_self() };
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(100);
	struct kept before, now;
	int ret;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, pthread_create(&storm.thread, NULL, send_signals, &storm));
	for (i = 0; i < n; i++) {
		ccwio_close(dev);
		atomic_store(&storm.on, true);
		ret = open_dev(dev, UUID_RNG, variant->backend);
		atomic_store(&storm.on, false);
		ASSERT_EQ(0, ret);
		ASSERT_NE(NULL, map(dev, 1));
		before = kept_by(UUID_RNG);
		ASSERT_EQ(0, identify(dev, EXTRA, 8));
		now = kept_by(UUID_RNG);
		EXPECT_LT(before.added, now.added)
			TH_LOG("open %lu: nothing is kept", i);
	}
	atomic_store(&storm.over, true);
	ASSERT_EQ(0, pthread_join(storm.thread, NULL));
}

/*
 * A user that opens the device while another one of its threads holds the lock of its
 * address space
 */
struct opener {
	pid_t holder;
	atomic_int result;
	atomic_bool ready, told;
};

#define HOLD "/sys/module/mm_hold/parameters/"

static struct opener *opener;

/* A process of its own, so that it goes on when the opener is killed; until then */
static int hold_lock(void *arg)
{
	/* What the opener has open it alone has open */
	close_range(3, ~0u, 0);
	return put(HOLD "hold", "1");
}

static void note_signal(int signal)
{
	opener->told = true;
}

/*
 * Close the device and open it again, with the lock held. Nothing else in between may
 * change the address space, which would wait for the lock, too.
 */
static int open_with_lock_held(struct ccwio_dev *dev, const char *uuid)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind), .iommufd = dev->container,
	};
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach), .pt_id = dev->ioas,
	};
	char *stack = new_memory(65536);
	char path[PATH_MAX], link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dev->fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (!stack || len < 0)
		return -ENOMEM;
	path[len] = '\0';
	close(dev->fd);
	opener->holder = clone(hold_lock, stack + 65536, CLONE_VM | SIGCHLD,
			       NULL);
	if (opener->holder < 0)
		return -errno;
	while (atoi(get(HOLD "held")) != 1)
		usleep(1000);
	opener->ready = true;
	if (dev->backend == CCWIO_TYPE1) {
		dev->fd = ioctl(dev->group, VFIO_GROUP_GET_DEVICE_FD, uuid);
		return dev->fd < 0 ? -errno : 0;
	}
	dev->fd = open(path, O_RDWR | O_CLOEXEC);
	return ioctl(dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind) ||
	       ioctl(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach) ?
	       -errno : 0;
}

/* 0 if the second open works, and pages are kept */
static int open_twice(const char *uuid, enum ccwio_backend backend)
{
	struct ccwio_options options = {
		.uuid = uuid, .backend = backend, .no_memory = true,
	};
	struct sigaction action = { .sa_handler = note_signal };
	uint8_t *mem = new_memory(PAGE);
	struct ccwio_dev dev;
	struct kept before;
	int ret;

	if (!mem || sigaction(SIGUSR1, &action, NULL))
		return -EINVAL;
	ret = keep(uuid, "16384") ?: ccwio_open(&dev, &options) ?:
	      open_with_lock_held(&dev, uuid) ?:
	      ccwio_attach_event(&dev, CCWIO_IRQ_IO, dev.event[CCWIO_IRQ_IO]) ?:
	      ccwio_map_memory(&dev, mem, CCWIO_BASE, PAGE, true);
	before = kept_by(uuid);
	ret = ret ?: identify(&dev, CCWIO_BASE + 64, 8);
	return ret ?: kept_by(uuid).added > before.added ? 0 : -ENODATA;
}

static int comes_to_wait(pid_t pid)
{
	int ms;

	for (ms = 0; !opener->ready && ms < TIMEOUT_MS; ms += 10)
		usleep(10000);
	/* Not just for a moment */
	usleep(500000);
	return opener->ready && thread_state(pid) == 'D';
}

static int ends_within(pid_t pid, int ms, int *status)
{
	for (; ms > 0 && waitpid(pid, status, WNOHANG) != pid; ms -= 10)
		usleep(10000);
	return ms > 0;
}

/*
 * Who opens a device waits for what its own threads hold, and nobody else does: it
 * can be killed, then the device is free; and all others go on. If it is not killed, it
 * goes on when it can, whatever it is sent meanwhile.
 */
TEST_F_TIMEOUT(device, opened_with_the_lock_held, 120)
{
	struct ccwio_dev *dev = &self->dev, next;
	int killed, status, ended;
	pid_t child;

	if (access(HOLD, F_OK))
		ASSERT_EQ(0, system("insmod hold/mm_hold.ko"));
	opener = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)opener);
	for (killed = 0; killed < 2; killed++) {
		memset(opener, 0, sizeof(*opener));
		child = fork();
		if (!child) {
			/* Not those of the device that the test goes on with */
			close_range(3, ~0u, 0);
			opener->result = open_twice(UUID_RNG2,
						    variant->backend);
			_exit(0);
		}
		ASSERT_LT(0, child);
		ASSERT_EQ(1, comes_to_wait(child));

		EXPECT_EQ(1, works(dev));
		ccwio_close(dev);
		ASSERT_EQ(0, open_dev(dev, UUID_RNG, variant->backend));
		EXPECT_EQ(1, works(dev));

		kill(child, killed ? SIGKILL : SIGUSR1);
		if (!killed) {
			usleep(100000);
			EXPECT_EQ('D', thread_state(child));
			EXPECT_EQ(false, opener->told);
			kill(opener->holder, SIGKILL);
		}
		ended = ends_within(child, killed ? ENDS_MS : TIMEOUT_MS,
				    &status);
		EXPECT_EQ(1, ended);
		if (killed && ended) {
			EXPECT_TRUE(WIFSIGNALED(status));
			/* The lock is held yet */
			EXPECT_EQ(1, atoi(get(HOLD "held")));
			ASSERT_EQ(0, open_dev(&next, UUID_RNG2,
					      variant->backend));
			EXPECT_EQ(1, works(&next));
			ccwio_close(&next);
		} else if (ended) {
			EXPECT_EQ(0, status);
			EXPECT_EQ(0, opener->result);
			EXPECT_EQ(true, opener->told);
		}
		kill(opener->holder, SIGKILL);
		if (!ended)
			EXPECT_EQ(child, waitpid(child, &status, 0));
	}
	munmap(opener, PAGE);
}

/*
 * A debugger stops whom it likes, and no mask of signals keeps that away. Returns 0 if
 * pages are kept each time.
 */
static int open_many_times(const char *uuid, enum ccwio_backend backend,
			   unsigned long n)
{
	struct kept before;
	struct ccwio_dev dev;
	int ret = 0;

	while (n-- && !ret) {
		ret = open_dev(&dev, uuid, backend);
		if (!ret && !map(&dev, 1))
			ret = -ENOMEM;
		before = kept_by(uuid);
		ret = ret ?: identify(&dev, EXTRA, 8);
		if (!ret && kept_by(uuid).added == before.added)
			ret = -ENODATA;
		if (!ret)
			ccwio_close(&dev);
	}
	return ret;
}

TEST_F_TIMEOUT(device, opened_under_a_debugger, 120)
{
	unsigned long stops = 0;
	int status = 0;
	pid_t child;

	child = fork();
	if (!child)
		_exit(!!open_many_times(UUID_RNG2, variant->backend, loops(200)));
	ASSERT_LT(0, child);
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, child, NULL, NULL));
	while (!ptrace(PTRACE_INTERRUPT, child, NULL, NULL)) {
		ASSERT_EQ(child, waitpid(child, &status, __WALL));
		if (!WIFSTOPPED(status))
			break;
		stops++;
		ASSERT_EQ(0, ptrace(PTRACE_CONT, child, NULL, NULL));
		/* It gets somewhere in between */
		usleep(random() % 20000);
	}
	if (WIFSTOPPED(status))
		ASSERT_EQ(child, waitpid(child, &status, __WALL));
	TH_LOG("stopped %lu times", stops);
	EXPECT_LT(0, stops);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/* Pages of the host's memory, or 0 */
static unsigned long host_pages(void)
{
	FILE *in = fopen("/proc/meminfo", "re");
	unsigned long kib = 0;

	if (in && fscanf(in, "MemTotal: %lu", &kib) != 1)
		kib = 0;
	if (in)
		fclose(in);
	return kib / (PAGE / 1024);
}

/*
 * What all devices keep together is a sixteenth of the host's memory at most, and what
 * one of them gives back another one may keep. Programs in progress use all of it, so
 * that it does not matter how long this takes.
 */
TEST_F_TIMEOUT(device, no_more_of_all_devices, 120)
{
	struct ccwio_dev *dev = &self->dev, other;
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend, .share = dev,
		.no_memory = true,
	};
	unsigned long limit = host_pages() / 16;
	unsigned long pages = limit * 2 / 3 / CCW_PAGES * CCW_PAGES;
	struct kept one, two, before;
	int i;

	if (pages > 16384)
		SKIP(return, "more memory than two devices may keep");
	ASSERT_LT(0, pages);
	ASSERT_NE(NULL, map(dev, 2 * pages));
	ASSERT_EQ(0, keep(UUID_RNG2, "16384"));
	ASSERT_EQ(0, ccwio_open(&other, &options));
	other.map[0] = dev->map[0];
	other.nr_maps = 1;
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, suspend_with_all(dev, CCWIO_BASE + PAGE, EXTRA,
					      pages));
		ASSERT_EQ(0, suspend_with_all(&other, CCWIO_BASE + 16 * PAGE,
					      EXTRA + pages * PAGE, pages));
		one = kept_by(UUID_RNG);
		two = kept_by(UUID_RNG2);
		TH_LOG("%lu and %lu pages kept of %lu", one.pages, two.pages,
		       limit);
		EXPECT_LE(pages, one.pages);
		EXPECT_GE(limit, one.pages + two.pages);
		/* The second time, too, there is only no room for one pin more */
		EXPECT_LT(limit, one.pages + two.pages + PIN_PAGES);
		/* The rest is pinned as well */
		EXPECT_LE(self->pins + 2 * pages, pins_now());
		ASSERT_EQ(0, halt(dev));
		ASSERT_EQ(0, halt(&other));
		ASSERT_EQ(self->pins, pins());
	}
	before = kept_by(UUID_RNG2);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, identify(&other, EXTRA, 8));
	EXPECT_LT(before.found, kept_by(UUID_RNG2).found);
	other.nr_maps = 0;
	ccwio_close(&other);
}

/* The host gets its memory back without another start */
TEST_F(device, given_back_in_time)
{
	struct ccwio_dev *dev = &self->dev;
	uint8_t *mem = map(dev, 4);
	struct kept before, now;

	ASSERT_NE(NULL, mem);
	before = kept_by(UUID_RNG);
	ASSERT_EQ(0, identify(dev, EXTRA, 4 * PAGE));
	ASSERT_LE(self->pins + 4, pins_now());
	ASSERT_EQ(0, madvise(mem, PAGE, MADV_DONTNEED));
	EXPECT_EQ(1, pins_come_to(self->pins, GONE_MS));
	now = kept_by(UUID_RNG);
	EXPECT_EQ(4, now.notified - before.notified);

	/* Nor does it wait for ever for a use */
	ASSERT_EQ(0, identify(dev, EXTRA, 4 * PAGE));
	ASSERT_LE(self->pins + 4, pins_now());
	EXPECT_EQ(1, pins_come_to(self->pins, GONE_MS));
	EXPECT_LE(4, kept_by(UUID_RNG).unused - now.unused);
	EXPECT_EQ(ID, mem[0]);
}

/* ... and need not wait for the clock, which looks at them twice a second */
TEST_F(device, given_back_at_once)
{
	struct ccwio_dev *dev = &self->dev;
	uint8_t *mem = map(dev, 1);
	unsigned long from, ms;
	int i, soon = 0;

	ASSERT_NE(NULL, mem);
	for (i = 0; i < 9; i++) {
		ASSERT_EQ(0, identify(dev, EXTRA, 8));
		ASSERT_EQ(0, madvise(mem, PAGE, MADV_DONTNEED));
		from = nanoseconds();
		do {
			ms = (nanoseconds() - from) / 1000000;
		} while (pins_now() != self->pins && ms < TIMEOUT_MS);
		ASSERT_GT(TIMEOUT_MS, ms);
		soon += ms < TICK_MS / 2;
	}
	TH_LOG("%d of %d times", soon, i);
	EXPECT_LT(i / 2, soon);
}

/* A program that stays in progress uses its pages, and they go at its end */
TEST_F(device, given_up_in_use)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, suspend_with_memory(dev, &orb));
	EXPECT_LT(0, kept_by(UUID_RNG).used);
	let_kept_go();
	EXPECT_LT(self->pins, pins_now());
	usleep(GONE_MS * 1000);
	EXPECT_LT(self->pins, pins_now());
	EXPECT_LT(0, kept_by(UUID_RNG).used);
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(1, pins_come_to(self->pins, 500));
}

/* Unmapped, reset and closed, with exact counts on return */
TEST_F(device, gone_on_return)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_options again = {
		.uuid = UUID_RNG, .backend = variant->backend,
	};
	int i;

	ASSERT_NE(NULL, map(dev, 4));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, identify(dev, EXTRA, 4 * PAGE));
	/* The pages of the data, and that of the CCW */
	EXPECT_EQ(self->pins + 5, pins_now());
	ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA, 4 * PAGE));
	EXPECT_GE(self->pins + 1, pins_now());
	EXPECT_LE(4, kept_by(UUID_RNG).unmapped);

	ASSERT_NE(NULL, map(dev, 4));
	ASSERT_EQ(0, identify(dev, EXTRA, 4 * PAGE));
	EXPECT_LE(self->pins + 4, pins_now());
	ASSERT_EQ(0, ccwio_reset(dev));
	EXPECT_EQ(self->pins, pins_now());
	EXPECT_EQ(0, kept_by(UUID_RNG).pins);

	ASSERT_EQ(0, identify(dev, EXTRA, 4 * PAGE));
	EXPECT_LT(self->pins, pins_now());
	ccwio_close(dev);
	EXPECT_EQ(self->pins, pins_now());
	ASSERT_EQ(0, ccwio_open(dev, &again));
}

/* Who sets it to 0 has nothing kept */
TEST_F(device, nothing_if_not_wanted)
{
	static const char * const wrong[] = {
		"x", "1 2", "-1", "4294967296", "0x",
	};
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_options again = {
		.uuid = UUID_RNG, .backend = variant->backend,
	};
	struct kept before;
	size_t i;

	EXPECT_EQ(-EBUSY, keep(UUID_RNG, "0"));
	ccwio_close(dev);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		EXPECT_EQ(i == 3 ? -ERANGE : -EINVAL,
			  keep(UUID_RNG, wrong[i]))
			TH_LOG("value %zu", i);
	ASSERT_EQ(0, keep(UUID_RNG, "0"));
	ASSERT_EQ(0, ccwio_open(dev, &again));
	ASSERT_NE(NULL, map(dev, 1));
	before = kept_by(UUID_RNG);
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, identify(dev, EXTRA, PAGE));
		EXPECT_EQ(self->pins, pins_now());
	}
	EXPECT_EQ(before.added, kept_by(UUID_RNG).added);
	/* One page: the second one sends the first one away */
	ccwio_close(dev);
	ASSERT_EQ(0, keep(UUID_RNG, "1"));
	ASSERT_EQ(0, ccwio_open(dev, &again));
	ASSERT_NE(NULL, map(dev, 2));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, identify(dev, EXTRA + i % 2 * PAGE, PAGE));
		EXPECT_EQ(1, pins_come_to(self->pins + 1, 500));
	}
	ASSERT_EQ(0, identify(dev, EXTRA, 2 * PAGE));
	EXPECT_GE(1, kept_by(UUID_RNG).pages);
	EXPECT_LT(before.bound, kept_by(UUID_RNG).bound);
	ccwio_close(dev);
	ASSERT_EQ(0, keep(UUID_RNG, "16384"));
	ASSERT_EQ(0, ccwio_open(dev, &again));
}

/* A process without the right to lock more than @pages */
static int limit_locked_memory(unsigned int pages)
{
	struct rlimit limit = { pages * PAGE, pages * PAGE };

	return setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : obey_memory_limit();
}

/* What is kept does not use up what a user may lock: old goes for new */
TEST_F(device, little_memory_to_lock)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_options again = {
		.uuid = UUID_RNG, .backend = variant->backend,
	};
	struct kept before;
	uint8_t *mem;
	unsigned int i;

	ccwio_close(dev);
	ASSERT_EQ(0, limit_locked_memory(64));
	ASSERT_EQ(0, ccwio_open(dev, &again));
	mem = map(dev, 256);
	ASSERT_NE(NULL, mem);
	before = kept_by(UUID_RNG);
	for (i = 0; i < 256; i++) {
		ASSERT_EQ(0, identify(dev, EXTRA + i * PAGE, 8))
			TH_LOG("page %u", i);
		ASSERT_EQ(ID, mem[i * PAGE]);
	}
	EXPECT_LT(100, kept_by(UUID_RNG).memory - before.memory);
}

/* ... nor does it stand in the way of a device of the same user that keeps nothing */
TEST_F(device, little_memory_for_another_device)
{
	struct ccwio_dev *dev = &self->dev, other;
	struct ccwio_options again = {
		.uuid = UUID_RNG, .backend = variant->backend,
	};
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend, .share = dev,
		.no_memory = true,
	};
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_S |
		       CCWIO_ORB_LPM(0xff),
		.cpa = CCWIO_BASE + PAGE,
	};
	struct ccwio_irb irb;
	uint8_t *mem;
	int round, i;

	ccwio_close(dev);
	ASSERT_EQ(0, limit_locked_memory(64));
	ASSERT_EQ(0, ccwio_open(dev, &again));
	ASSERT_EQ(0, keep(UUID_RNG2, "0"));
	ASSERT_EQ(0, ccwio_open(&other, &options));
	other.map[0] = dev->map[0];
	other.nr_maps = 1;
	mem = map(dev, 75);
	ASSERT_NE(NULL, mem);
	/* First it is started with the last pages, then resumed with them */
	for (round = 0; round < 2; round++) {
		if (round) {
			ccwio_put_ccw(&other, orb.cpa, 1, CMD_NO_OPERATION, 0,
				      0, CCWIO_SLI | CCWIO_S);
			ASSERT_EQ(0, ccwio_start(&other, &orb));
			ASSERT_EQ(1, suspended(&other));
		}
		for (i = 0; i < 60; i += 15)
			ASSERT_EQ(0, identify(dev, EXTRA + i * PAGE,
					      15 * PAGE));
		EXPECT_LE(self->pins + 60, pins_now());
		mem[60 * PAGE] = 0;
		if (!round) {
			ASSERT_EQ(0, identify(&other, EXTRA + 60 * PAGE,
					      15 * PAGE));
		} else {
			ccwio_put_ccw(&other, orb.cpa, 1, CMD_SENSE_ID,
				      EXTRA + 60 * PAGE, 15 * PAGE, CCWIO_SLI);
			ASSERT_EQ(0, ccwio_resume_io(&other, &orb));
			ASSERT_EQ(1, ccwio_answer(&other, TIMEOUT_MS, &irb));
			EXPECT_EQ(0, irb.scsw.sch);
		}
		EXPECT_EQ(ID, mem[60 * PAGE]);
	}
	other.nr_maps = 0;
	ccwio_close(&other);
}

/* A host that is short of memory asks for it */
TEST_F(device, host_short_of_memory)
{
	struct ccwio_dev *dev = &self->dev;
	struct kept before;
	int i;

	ASSERT_NE(NULL, map(dev, 64));
	before = kept_by(UUID_RNG);
	for (i = 0; i < 10 && kept_by(UUID_RNG).memory == before.memory; i++) {
		ASSERT_EQ(0, identify(dev, EXTRA, 15 * PAGE));
		ASSERT_EQ(0, put("/proc/sys/vm/drop_caches", "2"));
	}
	EXPECT_LT(before.memory, kept_by(UUID_RNG).memory);
	EXPECT_EQ(1, pins_come_to(self->pins, GONE_MS));
}

/*
 * Another process may start programs, but nothing is kept for it. With type 1 these end
 * with a program check, since the container has it read nobody else's memory.
 */
TEST_F(device, another_process)
{
	struct ccwio_dev *dev = &self->dev;
	uint8_t *mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kept before, now;
	int status, i;
	pid_t child;

	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, ccwio_map_memory(dev, mem, EXTRA, PAGE, true));
	ASSERT_EQ(0, identify(dev, EXTRA, 8));
	let_kept_go();
	before = kept_by(UUID_RNG);
	child = fork();
	if (!child) {
		/* Its CCW is the one that its parent has left */
		struct ccwio_orb orb = {
			.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff),
			.cpa = CCWIO_BASE,
		};
		uint8_t sch = variant->backend == CCWIO_TYPE1 ?
			CCWIO_SCH_PROG : 0;
		struct ccwio_irb irb;

		for (i = 0; i < 4; i++)
			if (ccwio_start(dev, &orb) ||
			    ccwio_answer(dev, TIMEOUT_MS, &irb) != 1 ||
			    irb.scsw.sch != sch)
				_exit(1);
		_exit(0);
	}
	ASSERT_LT(0, child);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	now = kept_by(UUID_RNG);
	EXPECT_EQ(before.found, now.found);
	EXPECT_EQ(before.added, now.added);
	EXPECT_EQ(ID, mem[0]);
	EXPECT_EQ(self->pins, pins_now());
}

/* Children get copies: the parent's programs go on with the parent's memory */
TEST_F_TIMEOUT(device, fork_of_the_user, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(50);
	uint8_t *mem = map(dev, 1);
	int status;
	pid_t child;

	ASSERT_NE(NULL, mem);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, identify(dev, EXTRA, 8));
		child = fork();
		if (!child) {
			usleep(2000);
			_exit(mem[0] != ID);
		}
		ASSERT_LT(0, child);
		*mem = 0;
		ASSERT_EQ(0, identify(dev, EXTRA, 8));
		EXPECT_EQ(ID, *mem);
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(0, status);
	}
}

/* Pages that the kernel makes one of, or a part of a large one */
TEST_F_TIMEOUT(device, pages_that_merge, 120)
{
	const char *run = "/sys/kernel/mm/ksm/run";
	struct ccwio_dev *dev = &self->dev;
	const size_t huge = 2 << 20;
	uint8_t *mem, *area;
	int i;

	area = mmap(NULL, 2 * huge, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		    MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, area);
	mem = (uint8_t *)(((uintptr_t)area + huge - 1) & ~(huge - 1));
	ASSERT_EQ(0, madvise(mem, huge, MADV_HUGEPAGE));
	memset(mem, 0x11, huge);
	ASSERT_EQ(0, ccwio_map_memory(dev, mem, EXTRA, huge, true));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, identify(dev, EXTRA + i * PAGE, 8));
		ASSERT_EQ(ID, mem[i * PAGE]);
		ASSERT_EQ(0, madvise(mem + i * PAGE, PAGE, MADV_DONTNEED));
		ASSERT_EQ(0, mem[i * PAGE]);
		ASSERT_EQ(0, identify(dev, EXTRA + i * PAGE, 8));
		ASSERT_EQ(ID, mem[i * PAGE]);
		ASSERT_EQ(0x11, mem[8 * PAGE]);
	}

	ASSERT_EQ(0, put("/sys/kernel/mm/ksm/sleep_millisecs", "1"));
	ASSERT_EQ(0, put(run, "1"));
	ASSERT_EQ(0, madvise(mem, huge, MADV_NOHUGEPAGE));
	ASSERT_EQ(0, madvise(mem, huge, MADV_MERGEABLE));
	for (i = 0; i < 20; i++) {
		memset(mem, 0x22, 16 * PAGE);
		ASSERT_EQ(0, identify(dev, EXTRA, 8));
		EXPECT_EQ(ID, mem[0]);
		/* The others are alike and become one */
		usleep(100000);
		ASSERT_EQ(0, identify(dev, EXTRA + PAGE, 8));
		EXPECT_EQ(ID, mem[PAGE]);
		EXPECT_EQ(0x22, mem[2 * PAGE]);
		EXPECT_EQ(0x22, mem[3 * PAGE]);
	}
	EXPECT_EQ(0, put(run, "2"));
	EXPECT_EQ(0, put(run, "0"));
}

/* How many lines of the trace have @word */
static int traced(const char *word)
{
	FILE *in = fopen("/sys/kernel/tracing/trace", "re");
	char line[512];
	int n = 0;

	while (in && fgets(line, sizeof(line), in))
		n += !!strstr(line, word);
	if (in)
		fclose(in);
	return n;
}

/* Tracepoints and debugfs tell of what is pinned, kept, found and unpinned */
TEST_F(device, told_of)
{
	static const char * const enable[] = {
		"/sys/kernel/tracing/events/vfio_ccw/vfio_ccw_pin/enable",
		"/sys/kernel/tracing/events/vfio_ccw/vfio_ccw_unpin/enable",
	};
	struct ccwio_dev *dev = &self->dev;
	struct kept before, now;
	int i;

	ASSERT_NE(NULL, map(dev, 3));
	before = kept_by(UUID_RNG);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, put(enable[i], "1"));
	ASSERT_EQ(0, empty("/sys/kernel/tracing/trace"));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, identify(dev, EXTRA, 3 * PAGE));
	/* The CCW's page was read twice, and pinned for that */
	EXPECT_EQ(2, traced("vfio_ccw_pin:"));
	EXPECT_EQ(1, traced("iova=70000000 pages=3 w rc=0"));
	EXPECT_EQ(1, traced("iova=60000000 pages=1 r rc=0"));
	EXPECT_EQ(0, traced("vfio_ccw_unpin:"));
	now = kept_by(UUID_RNG);
	EXPECT_EQ(3, now.found - before.found);
	EXPECT_EQ(4, now.added - before.added);
	EXPECT_EQ(4, now.pages);
	EXPECT_EQ(2, now.pins);
	EXPECT_EQ(0, now.used + now.given_up + now.going);
	let_kept_go();
	EXPECT_EQ(2, traced("vfio_ccw_unpin:"));
	EXPECT_EQ(1, traced("iova=70000000 pages=3\n"));
	EXPECT_EQ(4, kept_by(UUID_RNG).notified - before.notified);
	EXPECT_EQ(0, kept_by(UUID_RNG).pages);
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, put(enable[i], "0"));
	ASSERT_EQ(0, empty("/sys/kernel/tracing/trace"));
}

struct unmapper {
	struct ccwio_dev *dev;
	uint64_t iova, size;
	int result;
};

static void *unmap_it(void *arg)
{
	struct unmapper *unmapper = arg;

	unmapper->result = ccwio_unmap_memory(unmapper->dev, unmapper->iova,
					      unmapper->size);
	return NULL;
}

/*
 * As many pins as there can be, unmapped by two threads; with type 1 one after the
 * other, since two that unmap at once may keep each other from going on there: see
 * knot.two_threads_unmap.
 */
TEST_F_TIMEOUT(device, unmap_of_all_there_can_be, 300)
{
	const uint64_t half = (uint64_t)MOST_RUNS * PAGE;
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_S | CCWIO_ORB_H |
		       CCWIO_ORB_LPM(0xff),
	};
	struct unmapper unmapper[2];
	pthread_t thread[2];
	struct ccwio_irb irb;
	struct kept kept;
	uint8_t *mem;
	int i, round;

	for (round = 0; round < 3; round++) {
		ccwio_alloc_reset(dev);
		for (i = 0; i < 2; i++) {
			mem = new_memory(half);
			ASSERT_NE(NULL, mem);
			ASSERT_EQ(0, ccwio_map_memory(dev, mem, EXTRA + i * half,
						      half, true));
			unmapper[i] = (struct unmapper) {
				.dev = dev, .iova = EXTRA + i * half,
				.size = half, .result = -1,
			};
		}
		orb.cpa = most_runs(dev, EXTRA, 1);
		ASSERT_EQ(0, ccwio_start(dev, &orb));
		ASSERT_EQ(1, suspended(dev));
		ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		kept = kept_by(UUID_RNG);
		EXPECT_LE(MOST_RUNS - 8, kept.pins);
		EXPECT_GE(MOST_RUNS, kept.pins);
		for (i = 0; i < 2; i++) {
			ASSERT_EQ(0, pthread_create(&thread[i], NULL, unmap_it,
						    &unmapper[i]));
			if (variant->backend == CCWIO_TYPE1)
				ASSERT_EQ(0, pthread_join(thread[i], NULL));
		}
		for (i = 0; i < 2; i++) {
			if (variant->backend != CCWIO_TYPE1)
				ASSERT_EQ(0, pthread_join(thread[i], NULL));
			EXPECT_EQ(0, unmapper[i].result);
		}
		kept = kept_by(UUID_RNG);
		EXPECT_GE(16, kept.pins + kept.going);
	}
	EXPECT_EQ(0, identify(dev, CCWIO_BASE + PAGE, 8));
}

/* What a process tells of itself that starts a program and is killed */
struct starter {
	struct walk walk;
	pid_t walker[WALKERS];
	atomic_int result;
	atomic_bool begun;
};

static void start_while_it_changes(struct starter *starter,
				   enum ccwio_backend backend)
{
	struct ccwio_dev dev;
	char *stack;
	int i, ret;

	ret = open_dev(&dev, UUID_RNG2, backend);
	if (!ret && !map(&dev, 1))
		ret = -ENOMEM;
	if (!ret)
		ret = identify(&dev, EXTRA, 8);
	if (!ret)
		ret = begin_walk(&starter->walk);
	for (i = 0; i < WALKERS && !ret; i++) {
		stack = new_memory(65536);
		/* Another process, which goes on when this one is killed */
		starter->walker[i] = stack ?
			clone(walk_on, stack + 65536, CLONE_VM | SIGCHLD,
			      &starter->walk) : -1;
		if (starter->walker[i] < 0)
			ret = -errno;
	}
	starter->result = ret;
	starter->walk.go = true;
	starter->begun = true;
	while (!ret)
		ret = identify(&dev, EXTRA, 8);
	starter->result = ret;
	_exit(1);
}

/* Who waits for an address space that never stops changing can be killed */
TEST_F_TIMEOUT(device, killed_while_its_address_space_changes, 180)
{
	struct starter *starter = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, i, ms, gone = 0;
	pid_t child;

	ASSERT_NE(MAP_FAILED, (void *)starter);
	ASSERT_EQ(0, keep(UUID_RNG2, "16384"));
	child = fork();
	if (!child)
		start_while_it_changes(starter, variant->backend);
	ASSERT_LT(0, child);
	for (ms = 0; !starter->begun && ms < TIMEOUT_MS; ms += 10)
		usleep(10000);
	usleep(1000000);
	EXPECT_EQ(0, starter->result);
	EXPECT_EQ(0, kill(child, SIGKILL));
	for (ms = 0; !gone && ms < ENDS_MS; ms += 10) {
		gone = waitpid(child, &status, WNOHANG);
		usleep(10000);
	}
	EXPECT_EQ(child, gone);
	for (i = 0; i < WALKERS; i++)
		if (starter->walker[i] > 0)
			kill(starter->walker[i], SIGKILL);
	if (!gone)
		EXPECT_EQ(child, waitpid(child, &status, 0));
	munmap(starter, PAGE);
}

/* Killed with pages kept */
TEST(killed)
{
	struct ccwio_dev dev;
	long before = pins();
	int way, status;
	pid_t child;

	for (way = 0; way < 2; way++) {
		int pipe_fd[2];
		char byte = 0;

		ASSERT_EQ(0, pipe(pipe_fd));
		child = fork();
		if (!child) {
			byte = open_dev(&dev, UUID_RNG, way ? CCWIO_IOMMUFD :
					CCWIO_TYPE1) ||
			       !map(&dev, 4) || identify(&dev, EXTRA, 4 * PAGE);
			if (write(pipe_fd[1], &byte, 1) != 1)
				_exit(1);
			pause();
			_exit(1);
		}
		ASSERT_LT(0, child);
		ASSERT_EQ(1, read(pipe_fd[0], &byte, 1));
		EXPECT_EQ(0, byte);
		EXPECT_LE(before + 4, pins_now());
		ASSERT_EQ(0, kill(child, SIGKILL));
		ASSERT_EQ(child, waitpid(child, &status, 0));
		EXPECT_EQ(1, pins_come_to(before, GONE_MS));
		close(pipe_fd[0]);
		close(pipe_fd[1]);
	}
	ASSERT_EQ(0, open_dev(&dev, UUID_RNG, CCWIO_TYPE1));
	EXPECT_EQ(1, works(&dev));
	ccwio_close(&dev);
}

TEST_HARNESS_MAIN
