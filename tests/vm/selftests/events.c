// SPDX-License-Identifier: GPL-2.0
/*
 * Events of channel paths, on a terminal that has a path of its own: paths that
 * the host varies off and on, and channel reports that its kernel is made to
 * believe in (CONFIG_CIO_INJECT).
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

#define DEVICE_UUID UUID_TERMINAL
#include "fixture.h"

#define NR_CRWS		16

#define OVERFLOW	0x20000000u

static int chpid(struct ccwio_dev *dev)
{
	uint8_t schib[52];

	return ccwio_read_schib(dev, schib) ? -1 : schib[16];
}

/* What the driver makes of it: source channel path, its code, its number */
static uint32_t crw(int id, unsigned int erc)
{
	return CRW(CRW_PATH, erc) | id;
}

static void awake(int signal)
{
}

/*
 * Wait until the kernel has worked off all that was reported. Writing this file
 * waits for that, and then for what is put off by a second after a path has
 * come: of the two only the second wait can be ended by a signal.
 */
static int worked_off(void)
{
	const struct itimerval every = { { 0, 5000 }, { 0, 5000 } }, off = { 0 };
	const struct sigaction action = { .sa_handler = awake };
	int ret;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	ret = put("/proc/cio_settle", "1");
	setitimer(ITIMER_REAL, &off, NULL);
	return ret == -EINTR ? 0 : ret;
}

/* The path comes or goes, and its report is made; 0 or -errno */
static int path_is(struct ccwio_dev *dev, bool there)
{
	int ret = report(CRW_PATH, there ? CRW_INITIALIZED : CRW_FAILED,
			 chpid(dev));

	return ret ? ret : worked_off();
}

/* The same, and the next report that the user reads is that one */
static int told_of_path(struct ccwio_dev *dev, bool there)
{
	uint32_t word;

	return !path_is(dev, there) && !ccwio_read_crw(dev, &word) &&
	       word == crw(chpid(dev), there ? CRW_INITIALIZED : CRW_FAILED);
}

static int vary(struct ccwio_dev *dev, const char *what)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/css0/chp0.%02x/status",
		 chpid(dev));
	return put(path, what);
}

/* No report is left, and nobody is told of one */
static int no_report(struct ccwio_dev *dev)
{
	uint32_t word = 1;

	return !has_event(dev->event[CCWIO_IRQ_CRW], 20) &&
	       !ccwio_read_crw(dev, &word) && !word &&
	       !has_event(dev->event[CCWIO_IRQ_CRW], 20);
}

TEST_F(device, vary_makes_no_report)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	int i;

	ASSERT_EQ(0, begin_orb(dev, "nop sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, vary(dev, "off"));
		/* No path of the host's is left for this device */
		EXPECT_EQ(-ENODEV, ccwio_start(dev, &orb));
		EXPECT_EQ(-ENODEV, ret_code(dev, CCWIO_REGION_IO));
		EXPECT_EQ(1, no_report(dev));
		EXPECT_EQ(1, silent(dev, 20));
		EXPECT_EQ(self->pins, pins());
		ASSERT_EQ(0, vary(dev, "on"));
		EXPECT_EQ(1, no_report(dev));
		/* A path that the device does not have is another thing */
		orb.ctl = (orb.ctl & ~0xff00u) | CCWIO_ORB_LPM(0x40);
		EXPECT_EQ(-EACCES, ccwio_start(dev, &orb));
		orb.ctl |= CCWIO_ORB_LPM(0xff);
		EXPECT_EQ(1, works(dev));
	}
}

/* A path that is off when the device is opened stays off */
TEST_F(device, open_while_varied_off)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, vary(dev, "off"));
	ccwio_close(dev);
	ASSERT_EQ(0, open_dev(dev, UUID_TERMINAL, variant->backend));
	EXPECT_EQ(-ENODEV, begin_orb(dev, "nop sli", &orb));
	/* Clearing needs no path */
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(0, vary(dev, "on"));
	EXPECT_EQ(1, no_report(dev));
	EXPECT_EQ(1, works(dev));
}

TEST_F_TIMEOUT(device, report_of_each_change, 120)
{
	struct ccwio_dev *dev = &self->dev;
	int id = chpid(dev), i;
	uint8_t part[8];
	uint32_t word;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, path_is(dev, i & 1));
		ASSERT_EQ(1, has_event(dev->event[CCWIO_IRQ_CRW], TIMEOUT_MS));
		/* Only a read of all of it takes it, and only if it arrives */
		EXPECT_EQ(3, raw_read(dev, 3, 0, part, 3));
		EXPECT_EQ(7, raw_read(dev, 3, 1, part, 7));
		EXPECT_EQ(4, raw_read(dev, 3, 4, part, 4));
		EXPECT_EQ(-EFAULT, raw_read(dev, 3, 0, NULL, 8));
		ASSERT_EQ(4, raw_read(dev, 3, 0, &word, 4));
		EXPECT_EQ(crw(id, i & 1 ? CRW_INITIALIZED : CRW_FAILED), word);
		EXPECT_EQ(1, no_report(dev));
	}
	EXPECT_EQ(1, works(dev));
}

/* In order, and told again until the last one is read */
TEST_F_TIMEOUT(device, reports_in_order, 120)
{
	struct ccwio_dev *dev = &self->dev;
	int id = chpid(dev), i;
	uint32_t word;

	for (i = 0; i < 6; i++)
		ASSERT_EQ(0, path_is(dev, i & 1));
	for (i = 0; i < 6; i++) {
		/* However many came, there is one signal before each read */
		EXPECT_LT(0, has_event(dev->event[CCWIO_IRQ_CRW], 1000));
		ASSERT_EQ(0, ccwio_read_crw(dev, &word));
		EXPECT_EQ(crw(id, i & 1 ? CRW_INITIALIZED : CRW_FAILED), word);
	}
	EXPECT_EQ(1, no_report(dev));
	EXPECT_EQ(1, works(dev));
}

/* The 17th is lost, and the 16th says so */
TEST_F_TIMEOUT(device, too_many_reports, 240)
{
	struct ccwio_dev *dev = &self->dev;
	int id = chpid(dev), i, extra;
	uint32_t word, wanted;

	for (extra = 0; extra < 4; extra += 2) {
		for (i = 0; i < NR_CRWS + extra; i++)
			ASSERT_EQ(0, path_is(dev, i & 1));
		for (i = 0; i < NR_CRWS; i++) {
			ASSERT_EQ(0, ccwio_read_crw(dev, &word));
			wanted = crw(id, i & 1 ? CRW_INITIALIZED : CRW_FAILED);
			if (extra && i == NR_CRWS - 1)
				wanted |= OVERFLOW;
			EXPECT_EQ(wanted, word) TH_LOG("report %d", i);
		}
		has_event(dev->event[CCWIO_IRQ_CRW], 50);
		EXPECT_EQ(1, no_report(dev));
	}
	/* There is room again, and the mark is not left behind */
	EXPECT_EQ(1, told_of_path(dev, false));
	EXPECT_EQ(1, told_of_path(dev, true));
}

/* A reset leaves reports alone; a close forgets them; none comes from before */
TEST_F_TIMEOUT(device, reports_across_reset_and_close, 240)
{
	struct ccwio_dev *dev = &self->dev;
	int id = chpid(dev), i;
	uint32_t word;

	ASSERT_EQ(0, path_is(dev, false));
	ASSERT_EQ(0, path_is(dev, true));
	ASSERT_EQ(0, ccwio_reset(dev));
	EXPECT_LT(0, has_event(dev->event[CCWIO_IRQ_CRW], 1000));
	ASSERT_EQ(0, ccwio_read_crw(dev, &word));
	EXPECT_EQ(crw(id, CRW_FAILED), word);
	/* One is left when the device is closed, and more come then */
	ccwio_close(dev);
	for (i = 0; i < NR_CRWS + 4; i++)
		ASSERT_EQ(0, report(CRW_PATH, i & 1 ? CRW_INITIALIZED :
				    CRW_FAILED, id));
	ASSERT_EQ(0, worked_off());
	ASSERT_EQ(0, open_dev(dev, UUID_TERMINAL, variant->backend));
	EXPECT_EQ(1, no_report(dev));
	EXPECT_EQ(1, told_of_path(dev, false));
	EXPECT_EQ(1, told_of_path(dev, true));
	has_event(dev->event[CCWIO_IRQ_CRW], 50);
	EXPECT_EQ(1, no_report(dev));
	EXPECT_EQ(1, works(dev));
}

/* Nobody listens: the reports are there all the same */
TEST_F(device, reports_without_eventfd)
{
	struct ccwio_dev *dev = &self->dev;
	int id = chpid(dev);
	uint32_t word;

	ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_CRW, -1));
	ASSERT_EQ(0, path_is(dev, false));
	ASSERT_EQ(0, path_is(dev, true));
	/* Waits for the worker that would tell, and leaves the reports alone */
	ASSERT_EQ(0, ccwio_reset(dev));
	ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_CRW,
					dev->event[CCWIO_IRQ_CRW]));
	EXPECT_EQ(0, has_event(dev->event[CCWIO_IRQ_CRW], 50));
	ASSERT_EQ(0, ccwio_read_crw(dev, &word));
	EXPECT_EQ(crw(id, CRW_FAILED), word);
	/* That one is told: the read has found another one behind it */
	EXPECT_EQ(1, has_event(dev->event[CCWIO_IRQ_CRW], 1000));
	ASSERT_EQ(0, ccwio_read_crw(dev, &word));
	EXPECT_EQ(crw(id, CRW_INITIALIZED), word);
	EXPECT_EQ(1, no_report(dev));
}

/* Reports of the subchannel itself, and of other paths, are nothing to it */
TEST_F(device, reports_of_others)
{
	struct ccwio_dev *dev = &self->dev;
	char path[PATH_MAX];
	int number, other;

	number = strtol(subchannel(UUID_TERMINAL) + 4, NULL, 16);
	snprintf(path, sizeof(path), "/sys/bus/css/devices/%s/chpids",
		 subchannel(UUID_RNG));
	other = strtol(get(path), NULL, 16);
	ASSERT_NE(other, chpid(dev));
	ASSERT_EQ(0, report(CRW_SUBCHANNEL, CRW_PARAMETERS, number));
	ASSERT_EQ(0, worked_off());
	EXPECT_EQ(1, no_report(dev));
	/* One that the machine does not have, and the one of all the others */
	ASSERT_EQ(0, report(CRW_PATH, CRW_FAILED, 0x77));
	ASSERT_EQ(0, report(CRW_PATH, CRW_INITIALIZED, other));
	ASSERT_EQ(0, worked_off());
	EXPECT_EQ(1, no_report(dev));
	EXPECT_EQ(1, silent(dev, 20));
	EXPECT_EQ(1, works(dev));
}

struct churn {
	struct ccwio_dev *dev;
	atomic_bool stop;
	unsigned long done, wrong;
};

/* Between the reports the eventfd that they are told by comes and goes */
static void *replace_listener(void *arg)
{
	struct churn *c = arg;
	int fd;

	while (!c->stop) {
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		c->wrong += !!ccwio_attach_event(c->dev, CCWIO_IRQ_CRW, fd);
		close(fd);
		if (++c->done % 5 == 0)
			c->wrong += !!ccwio_attach_event(c->dev, CCWIO_IRQ_CRW,
							 -1);
	}
	return NULL;
}

TEST_F_TIMEOUT(device, listener_against_reports, 120)
{
	struct ccwio_dev *dev = &self->dev;
	struct churn c = { .dev = dev };
	unsigned long i, n = loops(400);
	int id = chpid(dev);
	pthread_t thread;
	uint32_t word;

	ASSERT_EQ(0, pthread_create(&thread, NULL, replace_listener, &c));
	for (i = 0; i < n || i % 2; i++) {
		ASSERT_EQ(0, path_is(dev, i & 1));
		ASSERT_EQ(0, ccwio_read_crw(dev, &word));
		ASSERT_EQ(crw(id, i & 1 ? CRW_INITIALIZED : CRW_FAILED), word);
	}
	c.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, c.wrong);
	EXPECT_LT(0, c.done);
	/* The worker may still have to tell of a report that has been read */
	ASSERT_EQ(0, ccwio_reset(dev));
	/* Nor is it known when the first listener was replaced */
	has_event(dev->event[CCWIO_IRQ_CRW], 0);
	ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_CRW,
					dev->event[CCWIO_IRQ_CRW]));
	EXPECT_EQ(1, no_report(dev));
	EXPECT_EQ(1, works(dev));
}

/* One that was read at some moment is one that existed at some moment */
static void *read_schibs(void *arg)
{
	struct churn *c = arg;
	uint8_t first[52], schib[52];
	int i;

	if (ccwio_read_schib(c->dev, first))
		c->wrong++;
	while (!c->stop) {
		if (ccwio_read_schib(c->dev, schib))
			c->wrong++;
		/* All but the paths that come and go, and the status */
		schib[10] = first[10];
		schib[14] = first[14];
		schib[15] = first[15];
		for (i = 0; i < 28; i++)
			c->wrong += schib[i] != first[i];
		for (i = 32; i < 36; i++)
			c->wrong += schib[i] != 0;
		for (i = 40; i < 48; i++)
			c->wrong += schib[i] != 0;
		c->done++;
	}
	return NULL;
}

TEST_F_TIMEOUT(device, schib_against_paths, 120)
{
	struct ccwio_dev *dev = &self->dev;
	struct churn c = { .dev = dev };
	unsigned long i, n = loops(100);
	pthread_t thread;
	uint32_t word;

	ASSERT_EQ(0, pthread_create(&thread, NULL, read_schibs, &c));
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, vary(dev, "off"));
		ASSERT_EQ(0, vary(dev, "on"));
		ASSERT_EQ(0, path_is(dev, false));
		ASSERT_EQ(0, path_is(dev, true));
		if (i % 4 == 0)
			ASSERT_EQ(0, ccwio_reset(dev));
		ASSERT_EQ(1, works(dev));
		ccwio_alloc_reset(dev);
		do {
			ASSERT_EQ(0, ccwio_read_crw(dev, &word));
		} while (word);
	}
	c.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, c.wrong);
	EXPECT_LT(0, c.done);
}

#define TRACING	"/sys/kernel/tracing/"

static int traced(const char *text)
{
	char line[600];
	int found = 0;
	FILE *in = fopen(TRACING "trace", "re");

	while (in && !found && fgets(line, sizeof(line), in))
		found = !!strstr(line, text);
	if (in)
		fclose(in);
	return found;
}

TEST_F_TIMEOUT(device, tracepoints, 120)
{
	struct ccwio_dev *dev = &self->dev;
	const char *sch = subchannel(UUID_TERMINAL);
	char text[100];
	uint32_t word;

	ASSERT_EQ(0, put(TRACING "events/vfio_ccw/filter", "0"));
	ASSERT_EQ(0, empty(TRACING "trace"));
	ASSERT_EQ(0, put(TRACING "events/vfio_ccw/enable", "1"));
	ASSERT_EQ(0, vary(dev, "off"));
	ASSERT_EQ(0, vary(dev, "on"));
	ASSERT_EQ(0, path_is(dev, false));
	ASSERT_EQ(0, path_is(dev, true));
	ASSERT_EQ(0, report_subchannel(sch));
	ASSERT_EQ(0, worked_off());
	ASSERT_EQ(0, put(TRACING "events/vfio_ccw/enable", "0"));
	snprintf(text, sizeof(text), "vfio_ccw_path: %s chpid=%02x vary off "
		 "mask=80 lpm=00", sch, chpid(dev));
	EXPECT_EQ(1, traced(text)) TH_LOG("%s", text);
	snprintf(text, sizeof(text), "vfio_ccw_path: %s chpid=%02x vary on "
		 "mask=80 lpm=80", sch, chpid(dev));
	EXPECT_EQ(1, traced(text)) TH_LOG("%s", text);
	snprintf(text, sizeof(text), "vfio_ccw_path: %s chpid=%02x offline "
		 "mask=80 lpm=00", sch, chpid(dev));
	EXPECT_EQ(1, traced(text)) TH_LOG("%s", text);
	snprintf(text, sizeof(text), "vfio_ccw_path: %s chpid=%02x online "
		 "mask=80 lpm=80", sch, chpid(dev));
	EXPECT_EQ(1, traced(text)) TH_LOG("%s", text);
	snprintf(text, sizeof(text), "vfio_ccw_sch_event: %s SCHIB process=",
		 sch);
	EXPECT_EQ(1, traced(text)) TH_LOG("%s", text);
	do {
		ASSERT_EQ(0, ccwio_read_crw(dev, &word));
	} while (word);
	has_event(dev->event[CCWIO_IRQ_CRW], 0);
}

TEST_HARNESS_MAIN
