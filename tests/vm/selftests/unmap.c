// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that is unmapped while a channel program may use it: all of its pages,
 * some, or none; while it is translated, while it ends, while the device is
 * closed, by one of two devices that share it. On return no page of the range
 * is pinned, and the guest is told if it has lost a program.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include <linux/iommufd.h>

#define DEVICE_UUID UUID_RNG
#include "fixture.h"

#define FC	0x7000
#define EXTRA	0x70000000ull	/* mappings beside the device's own */

static int add_pages(struct ccwio_dev *dev, uint64_t iova, unsigned int n)
{
	void *mem;
	int ret;

	for (; n; n--, iova += 4096) {
		mem = new_memory(4096);
		ret = mem ? ccwio_map_memory(dev, mem, iova, 4096, true) :
			    -ENOMEM;
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Programs that have used three pages from EXTRA on, in ways of their own, when
 * they are suspended: nothing is pinned for a CCW with the suspend flag, or for
 * what is behind it. QEMU's virtual channel takes no ORB that allows MIDAWs, and
 * does not chain data for SENSE ID. X'11' writes features.
 */
static const struct {
	const char *name, *text;
} programs[] = {
	{ "one CCW over three pages",
	  "orb F P S H; first: sense-id 0x70000800 8000 cc sli; nop s sli" },
	{ "three CCWs",
	  "orb F P S H; first: sense-id 0x70000ffc 4 sli cc;"
	  "sense-id 0x70001000 4 sli cc; sense-id 0x70002ff0 16 sli cc;"
	  "nop s sli" },
	{ "format-2 IDAWs of 4K",
	  "orb F P S H; idal l 0x70002000 0x70000000 0x70001000;"
	  "first: sense-id l 12000 cc sli; nop s sli" },
	{ "format-2 IDAWs of 2K",
	  "orb F P S H T; idal l 0x70000800 0x70002800 0x70001000;"
	  "first: sense-id l 6000 cc sli; nop s sli" },
	{ "format-1 IDAWs",
	  "orb F P S; idal l 0x70000800 0x70001800 0x70002000;"
	  "first: sense-id l 6000 cc sli; nop s sli" },
	{ "output",
	  "orb F P S; first: 0x11 0x70000100 4096 sli cc;"
	  "0x11 0x70001f00 512 sli cc; nop s sli" },
};

static int begin_suspended(struct ccwio_dev *dev, const char *text)
{
	struct ccwio_orb orb;
	int ret = begin_orb(dev, text, &orb);

	return ret ? ret : suspended(dev) ? 0 : -ETIMEDOUT;
}

/* The guest is told that its program was ended, and by what */
static int was_terminated(struct ccwio_dev *dev)
{
	struct ccwio_irb irb;

	return ccwio_answer(dev, TIMEOUT_MS, &irb) == 1 &&
	       (irb.scsw.ctl & FC) == CCWIO_FC_START &&
	       irb.scsw.sch == CCWIO_SCH_CCC && !irb.scsw.dev;
}

/* ... once; a program shows that, for which memory has to be there */
static int is_terminated(struct ccwio_dev *dev)
{
	return was_terminated(dev) && silent(dev, 20);
}

/* Whichever page of whichever kind of program is taken away */
TEST_F_TIMEOUT(device, any_page_of_any_program, 120)
{
	struct ccwio_dev *dev = &self->dev;
	long charged = accounted();
	unsigned int i, page;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		for (page = 0; page < 3; page++) {
			ccwio_alloc_reset(dev);
			ASSERT_EQ(0, add_pages(dev, EXTRA, 3));
			ASSERT_EQ(0, begin_suspended(dev, programs[i].text))
				TH_LOG("%s", programs[i].name);
			ASSERT_EQ(self->pins + 3, pins())
				TH_LOG("%s", programs[i].name);
			ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA +
							page * 4096, 4096));
			/* Nothing of it is left, and before anybody reads */
			ASSERT_EQ(self->pins, pins())
				TH_LOG("%s, page %u", programs[i].name, page);
			ASSERT_EQ(1, is_terminated(dev));
			ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA +
					(page + 1) % 3 * 4096, 4096));
			ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA +
					(page + 2) % 3 * 4096, 4096));
			ASSERT_EQ(charged, accounted());
		}
	}
	EXPECT_EQ(1, works(dev));
}

/* Neighbours of a page in use, and memory that holds the program itself */
TEST_F(device, pages_that_are_not_pinned)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;

	ASSERT_EQ(0, add_pages(dev, EXTRA, 6));
	/* The program was read when it started: its own page is not in use */
	ASSERT_EQ(0, begin_suspended(dev, "segment at=0x70004000;"
				     "orb F P S H cpa=first;"
				     "first: sense-id 0x70001000 8192 cc sli; nop s sli"));
	EXPECT_EQ(self->pins + 2, pins());
	ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA, 4096));
	ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA + 0x3000, 4096));
	ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA + 0x4000, 4096));
	ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA + 0x5000, 4096));
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(self->pins + 2, pins());
	EXPECT_EQ(1, suspended(dev));
	/* It still ends by itself, not by the unmap */
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(0, irb.scsw.sch);
	EXPECT_EQ(self->pins, pins());
}

/* One call for many ranges: the program's and others */
TEST_F(device, everything_at_once)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_options again = {
		.uuid = UUID_RNG, .backend = variant->backend,
	};
	struct ccwio_orb orb;

	ASSERT_EQ(0, suspend_with_memory(dev, &orb));
	EXPECT_LT(self->pins, pins());
	/* The memory that ccwio_open() has mapped, all of it */
	ASSERT_EQ(0, ccwio_unmap_memory(dev, CCWIO_BASE, CCWIO_SIZE));
	EXPECT_EQ(self->pins, pins());
	ASSERT_EQ(1, is_terminated(dev));
	ccwio_close(dev);
	ASSERT_EQ(0, ccwio_open(dev, &again));
	EXPECT_EQ(1, works(dev));
}

/* In every state that has no program nothing happens at all */
TEST_F(device, without_a_program)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, add_pages(dev, EXTRA, 1));
		if (i)
			ASSERT_EQ(0, begin(dev, "sense-id 0x70000000 8 sli"));
		if (i)
			ASSERT_EQ(1, signalled(dev->event[0], TIMEOUT_MS));
		/* It has ended: its page is free, its status untouched */
		EXPECT_EQ(self->pins, pins());
		ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA, 4096));
		if (i)
			ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		if (i)
			EXPECT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
		EXPECT_EQ(1, silent(dev, 20));
	}
	EXPECT_EQ(1, works(dev));
}

struct mapper {
	struct ccwio_dev *dev;
	void *mem;
	size_t size;
	atomic_bool stop;
	atomic_ulong done;
	unsigned long wrong;
	unsigned int pause_us;
};

/* Map and unmap; libccwio's list of mappings is the other thread's */
static void *map_and_unmap(void *arg)
{
	struct mapper *m = arg;
	struct ccwio_dev view = *m->dev;

	while (!m->stop) {
		view.nr_maps = 0;
		m->wrong += !!ccwio_map_memory(&view, m->mem, EXTRA, m->size,
					       true);
		usleep(m->done % 11 * m->pause_us);
		view.nr_maps = 0;
		m->wrong += !!ccwio_unmap_memory(&view, EXTRA, m->size);
		/* Now and then long enough for a program to find nothing */
		usleep(m->done % 3 ? 0 : m->pause_us);
		m->done++;
	}
	return NULL;
}

/* @n CCWs that fill @n places of the memory at EXTRA; address of the first */
static uint32_t scattered(struct ccwio_dev *dev, unsigned int n, size_t size)
{
	uint64_t at = ccwio_alloc(dev, n * 8, 4096);
	unsigned int i;

	for (i = 0; i < n; i++)
		ccwio_put_ccw(dev, at + i * 8, 1, 0xe4,
			      EXTRA + i * 4096ull * 7 % size, 8,
			      CCWIO_SLI | (i + 1 < n ? CCWIO_CC : 0));
	return at;
}

struct tally {
	unsigned long whole, ended, missing, refused;
};

/* Start @orb once; every outcome that the interface allows is counted */
static int start_once(struct ccwio_dev *dev, const struct ccwio_orb *orb,
		      struct tally *t)
{
	struct ccwio_irb irb;
	int ret = ccwio_start(dev, orb);

	if (ret == -EAGAIN)
		t->refused++;
	if (ret)
		return ret == -EAGAIN ? 0 : ret;
	if (ccwio_answer(dev, TIMEOUT_MS, &irb) != 1) {
		tell_state(UUID_RNG);
		tell_state(UUID_RNG2);
		return -ETIMEDOUT;
	}
	if (irb.scsw.sch == CCWIO_SCH_CCC)
		t->ended++;
	else if (irb.scsw.sch == CCWIO_SCH_PROG)
		t->missing++;
	else if (irb.scsw.dev == (CCWIO_DEV_CE | CCWIO_DEV_DE) && !irb.scsw.sch)
		t->whole++;
	else
		return -EPROTO;
	return 0;
}

/* Microseconds that a start of @orb takes to its end; 0: it came to no end */
static unsigned int time_of(struct ccwio_dev *dev, const struct ccwio_orb *orb)
{
	struct timespec t0, t1;
	struct tally t = { 0 };
	int i;

	clock_gettime(CLOCK_MONOTONIC, &t0);
	for (i = 0; i < 3; i++)
		if (start_once(dev, orb, &t))
			return 0;
	clock_gettime(CLOCK_MONOTONIC, &t1);
	return t.whole != 3 ? 0 : 1 + ((t1.tv_sec - t0.tv_sec) * 1000000LL +
				       (t1.tv_nsec - t0.tv_nsec) / 1000) / 3;
}

/*
 * 256 CCWs in 256 pages: translating, running and unpinning take their time,
 * on a slow machine more. The memory stays for none of it to all of it twice.
 */
TEST_F_TIMEOUT(device, against_a_long_program, 240)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0x80),
	};
	struct mapper m = { .dev = dev, .size = 1 << 20 };
	unsigned long i, n = loops(120);
	struct tally t = { 0 };
	pthread_t thread;

	m.mem = new_memory(m.size);
	ASSERT_NE(NULL, m.mem);
	orb.cpa = scattered(dev, 256, m.size);
	ASSERT_EQ(0, ccwio_map_memory(dev, m.mem, EXTRA, m.size, true));
	m.pause_us = time_of(dev, &orb) / 5;
	ASSERT_NE(0, m.pause_us);
	ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA, m.size));
	ASSERT_EQ(0, pthread_create(&thread, NULL, map_and_unmap, &m));
	for (i = 0; i < n || m.done < n / 2 || !t.whole || !t.missing; i++)
		ASSERT_EQ(0, start_once(dev, &orb, &t));
	m.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, m.wrong);
	TH_LOG("%lu whole, %lu ended, %lu missing, %lu refused, %lu unmaps, steps of %u us",
	       t.whole, t.ended, t.missing, t.refused, m.done, m.pause_us);
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, works(dev));
}

/*
 * A program that only the unmap ends, each time at another moment. One that
 * finds no memory is suspended before it could notice, and is cancelled.
 */
TEST_F_TIMEOUT(device, against_a_program_that_stays, 240)
{
	struct ccwio_dev *dev = &self->dev;
	struct mapper m = { .dev = dev, .size = 65536, .pause_us = 300 };
	unsigned long i, n = loops(150), ended = 0, refused = 0, cancelled = 0;
	unsigned long missing = 0;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	pthread_t thread;
	int ret;

	m.mem = new_memory(m.size);
	ASSERT_NE(NULL, m.mem);
	ASSERT_EQ(0, begin_orb(dev, "orb F P S H;"
			       "first: sense-id 0x70003000 24000 cc sli; nop s sli", &orb));
	/* There is no such memory yet */
	ASSERT_EQ(0, ccwio_reset(dev));
	ASSERT_EQ(0, pthread_create(&thread, NULL, map_and_unmap, &m));
	for (i = 0; i < n || !ended; i++) {
		ret = ccwio_start(dev, &orb);
		ASSERT_TRUE(!ret || ret == -EAGAIN);
		refused += !!ret;
		if (ret)
			continue;
		if (ccwio_answer(dev, 50, &irb) != 1) {
			ret = ccwio_command(dev, CCWIO_CMD_CANCEL);
			cancelled += !ret;
			if (!ret)
				continue;
			/* The end came just now */
			ASSERT_EQ(-EBUSY, ret);
			ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		}
		/* Ended by the unmap, or begun with nothing mapped */
		missing += irb.scsw.sch == CCWIO_SCH_PROG;
		if (irb.scsw.sch != CCWIO_SCH_PROG)
			ASSERT_EQ(CCWIO_SCH_CCC, irb.scsw.sch);
		ended += irb.scsw.sch == CCWIO_SCH_CCC;
	}
	m.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, m.wrong);
	EXPECT_LT(0, ended);
	TH_LOG("%lu ended, %lu with nothing there, %lu cancelled, %lu refused, %lu unmaps",
	       ended, missing, cancelled, refused, m.done);
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, works(dev));
}

static void *unmap_once(void *arg)
{
	struct mapper *m = arg;
	struct ccwio_dev view = *m->dev;

	view.nr_maps = 0;
	usleep(m->pause_us);
	m->wrong = !!ccwio_unmap_memory(&view, EXTRA, m->size);
	m->done++;
	return NULL;
}

/*
 * The device is closed while its program's memory is unmapped. The container
 * stays open meanwhile, because the unmap is a call of it.
 */
TEST_F_TIMEOUT(device, against_close, 120)
{
	struct ccwio_dev *dev = &self->dev, second;
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend,
		.share = dev, .no_memory = true,
	};
	struct mapper m = { .dev = dev, .size = 4096 };
	unsigned long i, n = loops(40);
	struct ccwio_orb orb;
	pthread_t thread;

	ASSERT_EQ(0, begin_orb(dev, "orb F P S H;"
			       "sense-id 0x70000000 64 cc sli; nop s sli", &orb));
	/* There is no such memory yet */
	ASSERT_EQ(0, ccwio_reset(dev));
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, ccwio_open(&second, &options));
		ASSERT_EQ(0, add_pages(dev, EXTRA, 1));
		ASSERT_EQ(0, ccwio_start(&second, &orb));
		ASSERT_EQ(1, suspended(&second));
		ASSERT_EQ(self->pins + 1, pins());
		m.pause_us = i % 8 * 50;
		pthread_create(&thread, NULL, unmap_once, &m);
		usleep(i % 5 * 60);
		ccwio_close(&second);
		pthread_join(thread, NULL);
		ASSERT_EQ(0, m.wrong);
		ASSERT_EQ(self->pins, pins());
		munmap(dev->map[dev->nr_maps - 1].mem, 4096);
		dev->nr_maps--;
	}
	EXPECT_EQ(1, works(dev));
}

/* What two devices use is taken from both; what one uses, from that one */
TEST_F(device, memory_of_two_devices)
{
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend,
		.share = &self->dev, .no_memory = true,
	};
	struct ccwio_dev second, *dev = &self->dev;
	struct ccwio_orb orb;

	ASSERT_EQ(0, ccwio_open(&second, &options));
	ASSERT_EQ(0, add_pages(dev, EXTRA, 2));
	ASSERT_EQ(0, begin_orb(dev, "orb F P S H; sense-id 0x70000000 8 cc sli; nop s sli",
			       &orb));
	ASSERT_EQ(1, suspended(dev));
	ASSERT_EQ(0, ccwio_start(&second, &orb));
	ASSERT_EQ(1, suspended(&second));
	/* The back end may pin a page once for all devices */
	EXPECT_LT(self->pins, pins());
	ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA, 4096));
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, is_terminated(dev));
	EXPECT_EQ(1, is_terminated(&second));

	ASSERT_EQ(0, begin_orb(dev, "orb F P S H; sense-id 0x70001000 8 cc sli; nop s sli",
			       &orb));
	ASSERT_EQ(1, suspended(dev));
	/* Memory of the device's own, which stays */
	EXPECT_EQ(-EBUSY, begin_orb(dev, "orb F P S H; buffer id 64;"
				    "sense-id id 8 cc sli; nop s sli", &orb));
	ASSERT_EQ(0, ccwio_start(&second, &orb));
	ASSERT_EQ(1, suspended(&second));
	ASSERT_EQ(0, ccwio_unmap_memory(dev, EXTRA + 4096, 4096));
	EXPECT_EQ(1, is_terminated(dev));
	EXPECT_EQ(1, silent(&second, 20));
	EXPECT_EQ(1, suspended(&second));
	EXPECT_EQ(self->pins + 1, pins());
	ccwio_close(&second);
	EXPECT_EQ(1, works(dev));
}

/* Milliseconds since @from */
static long long since(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - from->tv_sec) * 1000LL +
	       (now.tv_nsec - from->tv_nsec) / 1000000;
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

/* Give the CPU to whoever else wants it */
static void starve(void)
{
	const struct sched_param param = { 0 };

	pthread_setschedparam(pthread_self(), SCHED_IDLE, &param);
}

struct crowd {
	struct ccwio_dev *dev;
	atomic_bool stop;
};

static void *spin(void *arg)
{
	struct crowd *c = arg;

	while (!c->stop)
		;
	return NULL;
}

static void *keep_busy(void *arg)
{
	struct crowd *c = arg;

	on_cpu(0);
	return spin(c);
}

static void *unmap_once_starved(void *arg)
{
	on_cpu(0);
	starve();
	return unmap_once(arg);
}

/*
 * What one device gives up, none uses again before the thread that unmaps has
 * left the kernel: here it has little to do there any more, but hardly gets time
 * for that. It may lose its CPU just after it has left, but not each time.
 */
TEST_F_TIMEOUT(device, nobody_starts_before_the_unmap_is_over, 120)
{
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend,
		.share = &self->dev, .no_memory = true,
	};
	struct ccwio_dev second, *dev = &self->dev;
	struct mapper m = { .dev = dev, .size = 4096 };
	struct crowd crowd = { .dev = dev };
	unsigned int i, n = 8, early = 0;
	struct ccwio_orb orb, other;
	pthread_t thread, busy;
	struct ccwio_irb irb;

	ASSERT_EQ(0, ccwio_open(&second, &options));
	ASSERT_EQ(0, begin_orb(dev, "orb F P S H; buffer id 64;"
			       "sense-id id 8 cc sli; nop s sli", &other));
	ASSERT_EQ(1, suspended(dev));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CANCEL));
	on_cpu(1);
	pthread_create(&busy, NULL, keep_busy, &crowd);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, add_pages(dev, EXTRA, 1));
		ASSERT_EQ(0, begin_orb(dev, "orb F P S H;"
				       "sense-id 0x70000000 8 cc sli; nop s sli", &orb));
		ASSERT_EQ(1, suspended(dev));
		m.done = 0;
		pthread_create(&thread, NULL, unmap_once_starved, &m);
		while (pins() > self->pins)
			sched_yield();
		ASSERT_EQ(0, ccwio_start(&second, &other));
		early += !m.done;
		ASSERT_EQ(1, suspended(&second));
		EXPECT_EQ(1, is_terminated(dev));
		pthread_join(thread, NULL);
		ASSERT_EQ(0, m.wrong);
		ASSERT_EQ(0, ccwio_command(&second, CCWIO_CMD_CLEAR));
		ASSERT_EQ(1, ccwio_answer(&second, TIMEOUT_MS, &irb));
	}
	crowd.stop = true;
	pthread_join(busy, NULL);
	TH_LOG("%u of %u starts came before the end of the unmap", early, n);
	/* iommufd asks one device after the other, and as often as it takes */
	if (variant->backend == CCWIO_TYPE1)
		EXPECT_GT(n - 1, early);
	ccwio_close(&second);
	EXPECT_EQ(1, works(dev));
}

/* Takes the container's lock, again and again */
static void *ask_container(void *arg)
{
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };
	struct crowd *c = arg;

	on_cpu(1);
	while (!c->stop)
		ioctl(c->dev->container, VFIO_IOMMU_GET_INFO, &info);
	return NULL;
}

static void *map_and_unmap_starved(void *arg)
{
	on_cpu(0);
	starve();
	return map_and_unmap(arg);
}

/*
 * The thread that unmaps gets hardly any time, while others use the page and
 * the container without a pause: there is always time for one more program.
 */
TEST_F_TIMEOUT(device, by_a_starved_thread, 120)
{
	struct ccwio_dev *dev = &self->dev;
	struct mapper m = { .dev = dev, .size = 4096 };
	struct crowd crowd = { .dev = dev };
	struct tally t = { 0 };
	pthread_t thread[3];
	struct timespec t0;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	int i;

	m.mem = new_memory(m.size);
	ASSERT_NE(NULL, m.mem);
	ASSERT_EQ(0, begin_orb(dev, "orb F P H; sense-id 0x70000000 64 sli",
			       &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	pthread_create(&thread[0], NULL, keep_busy, &crowd);
	pthread_create(&thread[1], NULL, ask_container, &crowd);
	pthread_create(&thread[2], NULL, map_and_unmap_starved, &m);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	while (since(&t0) < 8000 || m.done < 3)
		ASSERT_EQ(0, start_once(dev, &orb, &t));
	crowd.stop = true;
	m.stop = true;
	for (i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	TH_LOG("%lu whole, %lu ended, %lu missing, %lu refused, %lu unmaps",
	       t.whole, t.ended, t.missing, t.refused, m.done);
	EXPECT_EQ(0, m.wrong);
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, works(dev));
}

/* Pages of a run, where the number of pages matters */
#define LONG_RUN	4
#define LONG_RUNS	(MOST_RUNS * (LONG_RUN + 1) * 4096ull)

static int attach(struct ccwio_dev *dev, uint32_t ioas)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach), .pt_id = ioas,
	};

	return ioctl(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach) ?
		-errno : 0;
}

static int detach(struct ccwio_dev *dev)
{
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
	};

	return ioctl(dev->fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach) ?
		-errno : 0;
}

/*
 * A device that leaves its address space, by itself or for another one, is told
 * once, and what is pinned then stays so for ever. The machine is busy: nobody
 * unpins at once.
 */
TEST_F_TIMEOUT(device, detach_and_replace, 120)
{
	struct iommu_ioas_alloc other = { .size = sizeof(other) };
	struct ccwio_dev *dev = &self->dev;
	struct crowd crowd = { .dev = dev };
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_H | CCWIO_ORB_S |
		       CCWIO_ORB_LPM(0x80),
	};
	/* Half of them detach; a round is long where counts are small */
	const int n = loops(20) < 4 ? 2 : 4;
	pthread_t thread[6];
	long charged;
	void *mem;
	int i, t;

	/* A container of type 1 keeps its device until that is closed */
	if (variant->backend != CCWIO_IOMMUFD) {
		EXPECT_EQ(-ENOTTY, detach(dev));
		return;
	}
	mem = new_memory(LONG_RUNS);
	ASSERT_NE(NULL, mem);
	ASSERT_EQ(0, ioctl(dev->container, IOMMU_IOAS_ALLOC, &other));
	ASSERT_EQ(0, ccwio_map_memory(dev, mem, EXTRA, LONG_RUNS, true));
	charged = accounted();
	orb.cpa = most_runs(dev, EXTRA, LONG_RUN);
	for (t = 0; t < 6; t++)
		pthread_create(&thread[t], NULL, t % 2 ? spin : keep_busy,
			       &crowd);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, ccwio_start(dev, &orb));
		ASSERT_EQ(1, suspended(dev));
		ASSERT_EQ(self->pins + MOST_RUNS * LONG_RUN, pins());
		ASSERT_EQ(0, i % 2 ? attach(dev, other.out_ioas_id) :
			  detach(dev));
		EXPECT_EQ(self->pins, pins());
		EXPECT_EQ(charged, accounted());
		EXPECT_EQ(1, was_terminated(dev));
		ASSERT_EQ(0, attach(dev, dev->ioas));
	}
	crowd.stop = true;
	for (t = 0; t < 6; t++)
		pthread_join(thread[t], NULL);
	EXPECT_EQ(1, works(dev));
}

/*
 * The thread that unmaps loses its CPU on its way out of the kernel: a close
 * that has seen its program end waits for it, and not for iommufd's minute.
 */
TEST_F_TIMEOUT(device, close_beside_a_starved_unmap, 120)
{
	struct ccwio_dev *dev = &self->dev, second;
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend,
		.share = dev, .no_memory = true,
	};
	struct mapper m = { .dev = dev, .size = 4096 };
	struct crowd crowd = { .dev = dev };
	unsigned long i, n = loops(15);
	long long ms, longest = 0;
	pthread_t thread, busy;
	struct timespec t0;
	struct ccwio_orb orb;

	ASSERT_EQ(0, begin_orb(dev, "orb F P S H;"
			       "sense-id 0x70000000 64 cc sli; nop s sli", &orb));
	/* There is no such memory yet */
	ASSERT_EQ(0, ccwio_reset(dev));
	on_cpu(1);
	pthread_create(&busy, NULL, keep_busy, &crowd);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, ccwio_open(&second, &options));
		ASSERT_EQ(0, add_pages(dev, EXTRA, 1));
		ASSERT_EQ(0, ccwio_start(&second, &orb));
		ASSERT_EQ(1, suspended(&second));
		pthread_create(&thread, NULL, unmap_once_starved, &m);
		/* The program's end is what the unmap waits for, too */
		while (pins() > self->pins)
			sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &t0);
		ccwio_close(&second);
		ms = since(&t0);
		longest = ms > longest ? ms : longest;
		pthread_join(thread, NULL);
		ASSERT_EQ(0, m.wrong);
		ASSERT_EQ(self->pins, pins());
		munmap(dev->map[dev->nr_maps - 1].mem, 4096);
		dev->nr_maps--;
	}
	crowd.stop = true;
	pthread_join(busy, NULL);
	TH_LOG("a close took %lld ms at most", longest);
	EXPECT_GT(45000, longest);
	EXPECT_EQ(1, works(dev));
}

struct user {
	struct ccwio_dev *dev;
	struct ccwio_orb orb;
	atomic_bool *stop;
	struct tally tally;
	int ret;
};

static void *use(void *arg)
{
	struct user *u = arg;
	struct tally *t = &u->tally;

	/* Once at least, however short the time */
	do {
		u->ret = start_once(u->dev, &u->orb, t);
	} while (!u->ret && (!*u->stop || !(t->whole + t->ended + t->missing)));
	return NULL;
}

/* Both devices start, memory comes and goes, a third opens and closes */
TEST_F_TIMEOUT(device, two_devices_against_unmap, 240)
{
	struct ccwio_options options = {
		.uuid = UUID_RNG2, .backend = variant->backend,
		.share = &self->dev, .no_memory = true,
	};
	struct mapper m = {
		.dev = &self->dev, .size = 1 << 18, .pause_us = 200,
	};
	unsigned long i, n = loops(30);
	struct ccwio_dev second;
	struct user u[2] = { { .dev = &self->dev }, { .dev = &second } };
	atomic_bool stop[2] = { false, false };
	pthread_t thread[3];
	int t;

	m.mem = new_memory(m.size);
	ASSERT_NE(NULL, m.mem);
	u[0].orb.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0x80);
	u[0].orb.cpa = scattered(&self->dev, 16, m.size);
	u[1].orb = u[0].orb;
	for (t = 0; t < 2; t++)
		u[t].stop = &stop[t];
	pthread_create(&thread[0], NULL, map_and_unmap, &m);
	pthread_create(&thread[1], NULL, use, &u[0]);
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, ccwio_open(&second, &options));
		stop[1] = false;
		pthread_create(&thread[2], NULL, use, &u[1]);
		usleep(i % 9 * 1000);
		stop[1] = true;
		pthread_join(thread[2], NULL);
		ccwio_close(&second);
	}
	stop[0] = true;
	pthread_join(thread[1], NULL);
	m.stop = true;
	pthread_join(thread[0], NULL);
	for (t = 0; t < 2; t++) {
		TH_LOG("device %d: %lu whole, %lu ended, %lu with nothing there, %lu refused",
		       t, u[t].tally.whole, u[t].tally.ended,
		       u[t].tally.missing, u[t].tally.refused);
		EXPECT_EQ(0, u[t].ret);
		EXPECT_LT(0, u[t].tally.whole + u[t].tally.ended +
			  u[t].tally.missing);
	}
	EXPECT_EQ(0, m.wrong);
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, works(&self->dev));
}

TEST_HARNESS_MAIN
