// SPDX-License-Identifier: GPL-2.0
/*
 * A subchannel is given back disabled, whatever happened before, because an
 * interrupt is followed to the subchannel that its parameter names, without a
 * question. And a channel that does not stop: who waits for it can be killed,
 * and what it may still use is never released. A channel that never answers holds
 * nothing up for longer than the ladder takes, and nobody else at all.
 *
 * A device that goes without its subchannel comes back to it, and so does a path
 * that nobody has reported.
 *
 * A module of the tests' own makes the subchannel refuse to be disabled, and its
 * device go.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <time.h>

#include "common.h"
#include "kselftest_harness.h"

/* What the quiesce ladder takes at most, with a margin */
#define LADDER_MS	60000

/* Two halts, five clears and a last look, three seconds each; see LADDER_MS */
#define LADDER_LEAST_MS	20000

FIXTURE(giveback) {
	char sch[64];
	struct ccwio_dev dev;
	struct ccwio_orb orb;
	bool open;
};

FIXTURE_SETUP(giveback)
{
	snprintf(self->sch, sizeof(self->sch), "%s", subchannel(UUID_RNG));
	ASSERT_NE('\0', self->sch[0]);
	ASSERT_EQ(0, look_at(self->sch));
}

FIXTURE_TEARDOWN(giveback)
{
	EXPECT_EQ(0, look_at(""));
	if (self->open)
		ccwio_close(&self->dev);
	EXPECT_EQ(0, restore());
}

/* Open it, with a program in progress; 0 or -errno */
static int begin_it(struct ccwio_dev *dev, struct ccwio_orb *orb)
{
	int ret = open_dev(dev, UUID_RNG, CCWIO_TYPE1);

	return ret ? ret : suspend_with_memory(dev, orb);
}

static int is_enabled(void)
{
	struct pmcw it;

	return pmcw(&it) ? -EIO : it.enabled;
}

/* Whoever resets can be killed, and the reset goes on without */
TEST_F_TIMEOUT(giveback, reset_killed, 150)
{
	pid_t child;
	int i, status = 0;

	ASSERT_EQ(0, begin_it(&self->dev, &self->orb));
	self->open = true;
	ASSERT_EQ(0, manner("stubborn", 1));
	child = fork();
	if (!child)
		_exit(!!ccwio_reset(&self->dev));
	ASSERT_EQ(1, becomes_state(UUID_RNG, "QUIESCING", TIMEOUT_MS));
	usleep(200000);
	ASSERT_EQ(0, waitpid(child, &status, WNOHANG));
	kill(child, SIGKILL);
	for (i = 0; i < 1000; i += 10, usleep(10000))
		if (waitpid(child, &status, WNOHANG) == child)
			break;
	EXPECT_GT(1000, i);
	EXPECT_EQ(1, WIFSIGNALED(status));
	ASSERT_EQ(0, manner("stubborn", 0));
	EXPECT_EQ(1, becomes_state(UUID_RNG, "IDLE", LADDER_MS));
	EXPECT_EQ(1, works(&self->dev));
}

/*
 * What the hardware says of the subchannel, when nobody lets go of it any more:
 * the hardened kernel, which has kmemleak, puts the release of each object off for
 * four seconds at most, and three of them follow each other.
 */
static int pmcw_at_rest(struct pmcw *now)
{
	int rest = access("/sys/kernel/debug/kmemleak", F_OK) ? 2 : 13;
	int ret, same = 0, references = -1;

	while (same < rest) {
		ret = pmcw(now);
		if (ret)
			return ret;
		same = now->references == references ? same + 1 : 0;
		references = now->references;
		sleep(1);
	}
	return 0;
}

/*
 * Have a program on the subchannel when its channel does not stop any more, and
 * close the device; 0 or -errno. *@before is what the subchannel was before.
 */
static int close_stuck(const char *sch, struct ccwio_dev *dev,
		       struct ccwio_orb *orb, struct pmcw *before)
{
	int ret = bind_to("vfio_ccw", "unbind", sch) ?: pmcw_at_rest(before) ?:
		  bind_to("vfio_ccw", "bind", sch) ?:
		  create_mdev(sch, UUID_RNG) ?: begin_it(dev, orb) ?:
		  manner("stubborn", 1);

	if (ret)
		return ret;
	ccwio_close(dev);
	return strcmp("NOT_OPER", state_of(UUID_RNG)) ? -EBUSY : 0;
}

/* A channel that did not stop, and cannot be disabled when it is given back */
TEST_F_TIMEOUT(giveback, stuck_for_ever, 240)
{
	struct pmcw before, after;

	ASSERT_EQ(0, close_stuck(self->sch, &self->dev, &self->orb, &before));
	ASSERT_EQ(0, bind_to("vfio_ccw", "unbind", self->sch));
	ASSERT_EQ(0, pmcw_at_rest(&after));
	EXPECT_EQ(1, after.enabled);
	EXPECT_NE(0, after.intparm);
	EXPECT_EQ(before.references + 1, after.references);
	ASSERT_EQ(0, manner("stubborn", 0));
	ASSERT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
	ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	EXPECT_EQ(1, works(&self->dev));
}

/* A channel that did not stop in time, but has when it is given back */
TEST_F_TIMEOUT(giveback, stuck_for_a_while, 240)
{
	struct pmcw before, after;
	long pinned = pins();

	ASSERT_EQ(0, close_stuck(self->sch, &self->dev, &self->orb, &before));
	ASSERT_EQ(0, manner("stubborn", 0));
	EXPECT_EQ(1, is_enabled());
	ASSERT_EQ(0, bind_to("vfio_ccw", "unbind", self->sch));
	EXPECT_EQ(0, is_enabled());
	ASSERT_EQ(0, pmcw_at_rest(&after));
	EXPECT_EQ(before.references, after.references);
	EXPECT_EQ(pinned, pins());
	ASSERT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
}

static unsigned int ms_since(const struct timespec *begun)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begun->tv_sec) * 1000 +
	       (now.tv_nsec - begun->tv_nsec) / 1000000;
}

/* How many looks at its subchannel the state machine of a device was told of */
static unsigned long looks_at(const char *uuid)
{
	char path[PATH_MAX], line[128];
	unsigned long looks = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/sys/kernel/debug/vfio/%s/ccw/counters",
		 uuid);
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "event SCHIB: %lu", &looks) == 1)
			break;
	if (in)
		fclose(in);
	return looks;
}

/*
 * Another device works, and so do the channel subsystem's threads: the report of a
 * subchannel comes to its driver. Returns 1 if so.
 */
static int others_go_on(struct ccwio_dev *other, const char *sch)
{
	unsigned long before = looks_at(UUID_RNG2);
	int i;

	if (!works(other) || report_subchannel(sch))
		return 0;
	for (i = 0; i < TIMEOUT_MS; i += 10, usleep(10000))
		if (looks_at(UUID_RNG2) > before)
			return 1;
	return 0;
}

/* One that never answers, with a program in progress, beside one that does */
FIXTURE(unanswered) {
	char sch[64], sch2[64];
	struct ccwio_dev dev, other;
	struct ccwio_orb orb;
	struct timespec begun;
	bool open, other_open;
	long pins;
};

FIXTURE_SETUP(unanswered)
{
	snprintf(self->sch, sizeof(self->sch), "%s", subchannel(UUID_RNG));
	snprintf(self->sch2, sizeof(self->sch2), "%s", subchannel(UUID_RNG2));
	ASSERT_NE('\0', self->sch[0]);
	ASSERT_NE('\0', self->sch2[0]);
	self->pins = pins();
	ASSERT_EQ(0, open_dev(&self->other, UUID_RNG2, CCWIO_TYPE1));
	self->other_open = true;
	ASSERT_EQ(0, look_at(self->sch));
	clock_gettime(CLOCK_MONOTONIC, &self->begun);
}

/* When it has answered, it can be used again */
FIXTURE_TEARDOWN(unanswered)
{
	EXPECT_EQ(0, look_at(""));
	if (self->other_open)
		ccwio_close(&self->other);
	if (self->open)
		ccwio_close(&self->dev);
	EXPECT_EQ(0, bind_to("vfio_ccw", "unbind", self->sch));
	EXPECT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
	EXPECT_EQ(0, restore());
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	EXPECT_EQ(1, works(&self->dev));
	ccwio_close(&self->dev);
	EXPECT_EQ(self->pins, pins());
}

/*
 * Until @child has ended, others go on. Returns how long it took in ms, after
 * which others have gone on so many times; or 0.
 */
static unsigned int wait_for(pid_t child, struct ccwio_dev *other,
			     const char *sch, unsigned int *times)
{
	struct timespec begun;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	*times = 0;
	while (ms_since(&begun) < 4 * LADDER_MS) {
		if (waitpid(child, &status, WNOHANG) == child)
			return WIFEXITED(status) && !WEXITSTATUS(status) ?
				ms_since(&begun) : 0;
		if (!others_go_on(other, sch))
			break;
		++*times;
		usleep(100000);
	}
	kill(child, SIGKILL);
	return 0;
}

/* Memory of the program is taken away: it is free in time, and the user is told */
TEST_F_TIMEOUT(unanswered, unmap_without_an_answer, 240)
{
	const uint64_t at = 0x70000000;
	unsigned int ms, times;
	struct ccwio_irb irb;
	pid_t child;
	void *mem;

	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	mem = new_memory(4096);
	ASSERT_NE(NULL, mem);
	ASSERT_EQ(0, ccwio_map_memory(&self->dev, mem, at, 4096, true));
	ASSERT_EQ(0, begin_orb(&self->dev, "orb F P S H;"
			       "sense-id 0x70000000 64 cc sli; nop s sli",
			       &self->orb));
	ASSERT_EQ(1, suspended(&self->dev));
	ASSERT_EQ(0, manner("silent", 1));
	child = fork();
	if (!child)
		_exit(!!ccwio_unmap_memory(&self->dev, at, 4096));
	ms = wait_for(child, &self->other, self->sch2, &times);
	TH_LOG("%u ms, others went on %u times", ms, times);
	EXPECT_LT(LADDER_LEAST_MS, ms);
	EXPECT_GT(LADDER_MS, ms);
	EXPECT_LT(2, times);
	EXPECT_EQ(0, strcmp("NOT_OPER", state_of(UUID_RNG)));
	EXPECT_EQ(1, has_event(self->dev.event[CCWIO_IRQ_REQ], TIMEOUT_MS));
	ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_SCH_CCC, irb.scsw.sch);
	/* Nothing is waited for a second time */
	clock_gettime(CLOCK_MONOTONIC, &self->begun);
	EXPECT_NE(0, ccwio_reset(&self->dev));
	ccwio_close(&self->dev);
	self->open = false;
	EXPECT_GT(LADDER_LEAST_MS, ms_since(&self->begun));
}

/* A reset, and after it the module goes, while the channel runs on */
TEST_F_TIMEOUT(unanswered, reset_and_unload_without_an_answer, 300)
{
	unsigned int ms, times;
	pid_t child;

	ASSERT_EQ(0, begin_it(&self->dev, &self->orb));
	self->open = true;
	ASSERT_EQ(0, manner("silent", 1));
	child = fork();
	if (!child)
		_exit(ccwio_reset(&self->dev) != -EIO);
	ms = wait_for(child, &self->other, self->sch2, &times);
	TH_LOG("reset: %u ms, others went on %u times", ms, times);
	EXPECT_LT(LADDER_LEAST_MS, ms);
	EXPECT_GT(LADDER_MS, ms);
	EXPECT_LT(2, times);
	clock_gettime(CLOCK_MONOTONIC, &self->begun);
	ccwio_close(&self->dev);
	self->open = false;
	ccwio_close(&self->other);
	self->other_open = false;
	ASSERT_EQ(0, system("rmmod vfio_ccw"));
	ms = ms_since(&self->begun);
	TH_LOG("closed and unloaded: %u ms", ms);
	EXPECT_GT(LADDER_MS, ms);
	/* What the channel may still use is never released */
	self->pins++;
	/* It is bound again by what is written beside it */
	ASSERT_EQ(0, manner("silent", 0));
	ASSERT_EQ(0, system("modprobe vfio_ccw"));
	ASSERT_EQ(0, restore());
}

/* Its user is killed, and the administrator unbinds the subchannel meanwhile */
TEST_F_TIMEOUT(unanswered, close_and_unbind_without_an_answer, 240)
{
	unsigned int ms, times;
	int ready[2], status;
	pid_t user, child;
	char byte = 0;

	ASSERT_EQ(0, pipe(ready));
	user = fork();
	if (!user) {
		byte = !begin_it(&self->dev, &self->orb);
		if (write(ready[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	ASSERT_EQ(1, byte);
	ASSERT_EQ(0, manner("silent", 1));
	kill(user, SIGKILL);
	child = fork();
	if (!child)
		_exit(!!bind_to("vfio_ccw", "unbind", self->sch));
	ms = wait_for(child, &self->other, self->sch2, &times);
	TH_LOG("%u ms, others went on %u times", ms, times);
	EXPECT_LT(LADDER_LEAST_MS, ms);
	EXPECT_GT(LADDER_MS, ms);
	EXPECT_LT(2, times);
	EXPECT_EQ(user, waitpid(user, &status, 0));
	/* What the channel may still use is never released */
	self->pins++;
	ASSERT_EQ(0, manner("silent", 0));
	ASSERT_EQ(0, bind_to("vfio_ccw", "bind", self->sch));
	ASSERT_EQ(0, restore());
}

/* Bound, by its override, and with its mdev; whatever became of the device */
static int is_kept(const char *sch)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/css/drivers/vfio_ccw/%s", sch);
	if (access(path, F_OK))
		return 0;
	snprintf(path, sizeof(path), "/sys/bus/css/devices/%s/driver_override",
		 sch);
	return !strcmp(get(path), "vfio_ccw") &&
	       !access("/sys/bus/mdev/devices/" UUID_RNG, F_OK);
}

/*
 * All paths of the device go into standby, and come back. To the user it is
 * lost; the subchannel stays bound, and has it again afterwards.
 */
TEST_F_TIMEOUT(giveback, device_comes_back, 120)
{
	struct ccwio_irb irb;

	ASSERT_EQ(0, begin_it(&self->dev, &self->orb));
	self->open = true;
	ASSERT_EQ(0, manner("absent", 1));
	ASSERT_EQ(0, report_subchannel(self->sch));
	ASSERT_EQ(1, has_event(self->dev.event[CCWIO_IRQ_REQ], TIMEOUT_MS));
	ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(3, irb.scsw.ctl >> 24 & 3);
	EXPECT_EQ(-ENODEV, ccwio_start(&self->dev, &self->orb));
	EXPECT_EQ(-ENODEV, ccwio_reset(&self->dev));
	/* Not for whoever has it open, even if it is there again */
	ASSERT_EQ(0, manner("absent", 0));
	ASSERT_EQ(0, report_subchannel(self->sch));
	EXPECT_EQ(0, strcmp("NOT_OPER", state_of(UUID_RNG)));
	EXPECT_EQ(-ENODEV, ccwio_start(&self->dev, &self->orb));
	ccwio_close(&self->dev);
	self->open = false;
	EXPECT_EQ(1, is_kept(self->sch));
	EXPECT_EQ(0, is_enabled());
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	EXPECT_EQ(1, works(&self->dev));
}

/* The same while nobody has it open */
TEST_F_TIMEOUT(giveback, device_comes_back_while_closed, 120)
{
	struct ccwio_options options = { .uuid = UUID_RNG };

	ASSERT_EQ(0, manner("absent", 1));
	ASSERT_EQ(0, report_subchannel(self->sch));
	EXPECT_EQ(1, becomes_state(UUID_RNG, "NOT_OPER", TIMEOUT_MS));
	EXPECT_EQ(-ENODEV, ccwio_open(&self->dev, &options));
	ccwio_close(&self->dev);
	EXPECT_EQ(1, is_kept(self->sch));
	ASSERT_EQ(0, manner("absent", 0));
	ASSERT_EQ(0, report_subchannel(self->sch));
	EXPECT_EQ(1, becomes_state(UUID_RNG, "STANDBY", TIMEOUT_MS));
	EXPECT_EQ(1, is_kept(self->sch));
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	EXPECT_EQ(1, works(&self->dev));
}

/* The channel report of a path that the user gets; 0 if there is none */
static uint32_t next_crw(struct ccwio_dev *dev)
{
	uint32_t crw = 0;

	if (!has_event(dev->event[CCWIO_IRQ_CRW], TIMEOUT_MS) ||
	    ccwio_read_crw(dev, &crw))
		return 0;
	return crw;
}

/*
 * A path goes without a report of its own, because channel reports can be lost:
 * a look at the subchannel finds that. What was in progress is ended, and the
 * user gets the report; so it does when the path comes back.
 */
TEST_F_TIMEOUT(giveback, path_lost_without_a_report, 120)
{
	struct ccwio_irb irb;
	uint32_t crw;

	ASSERT_EQ(0, begin_it(&self->dev, &self->orb));
	self->open = true;
	ASSERT_EQ(0, manner("pathless", 1));
	ASSERT_EQ(0, report_subchannel(self->sch));
	crw = next_crw(&self->dev);
	EXPECT_EQ(CRW(CRW_PATH, CRW_FAILED), crw & CRW_BITS);
	ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_SCH_IFCC, irb.scsw.sch);
	EXPECT_EQ(-ENODEV, ccwio_start(&self->dev, &self->orb));
	ASSERT_EQ(0, manner("pathless", 0));
	ASSERT_EQ(0, report_subchannel(self->sch));
	crw = next_crw(&self->dev);
	EXPECT_EQ(CRW(CRW_PATH, CRW_INITIALIZED), crw & CRW_BITS);
	EXPECT_EQ(1, works(&self->dev));
}

/* Enabling fails after it has taken effect: nothing half-made stays */
TEST_F_TIMEOUT(giveback, enabling_fails_late, 120)
{
	struct ccwio_options options = { .uuid = UUID_RNG };

	ASSERT_EQ(0, manner("unsure", 1));
	EXPECT_EQ(-EIO, ccwio_open(&self->dev, &options));
	ccwio_close(&self->dev);
	EXPECT_EQ(0, is_enabled());
	ASSERT_EQ(0, manner("unsure", 0));
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	EXPECT_EQ(1, works(&self->dev));
}

TEST_HARNESS_MAIN
