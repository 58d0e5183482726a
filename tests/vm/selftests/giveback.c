// SPDX-License-Identifier: GPL-2.0
/*
 * A subchannel is given back disabled, whatever happened before, because an
 * interrupt is followed to the subchannel that its parameter names, without a
 * question. And a channel that does not stop: who waits for it can be killed,
 * and what it may still use is never released.
 *
 * A device that goes without its subchannel comes back to it, and so does a path
 * that nobody has reported.
 *
 * A module of the tests' own makes the subchannel refuse to be disabled, and its
 * device go.
 */
#define _GNU_SOURCE
#include <limits.h>

#include "common.h"
#include "kselftest_harness.h"

/* What the quiesce ladder takes at most, with a margin */
#define LADDER_MS	60000

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
