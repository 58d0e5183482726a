// SPDX-License-Identifier: GPL-2.0
/*
 * Devices that the common I/O layer is told to ignore (/proc/cio_ignore) while
 * the driver has their subchannels. Purging takes away what nobody uses; a
 * subchannel that is bound is in use, whether its device is open or not. Nothing
 * of it is disturbed, and nobody waits for its user.
 */
#define _GNU_SOURCE
#include <limits.h>

#include "common.h"
#include "kselftest_harness.h"

FIXTURE(ignore) {
	char sch[64], device[32];
	struct ccwio_dev dev;
	bool open;
};

static int ignore(const char *what, const char *device)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %s", what, device);
	return put("/proc/cio_ignore", text);
}

FIXTURE_SETUP(ignore)
{
	char path[PATH_MAX];

	snprintf(self->sch, sizeof(self->sch), "%s", subchannel(UUID_RNG));
	ASSERT_NE('\0', self->sch[0]);
	snprintf(path, sizeof(path), "/sys/bus/css/devices/%s/dev_busid",
		 self->sch);
	snprintf(self->device, sizeof(self->device), "%.31s", get(path));
	ASSERT_EQ(0, ignore("add", self->device));
}

FIXTURE_TEARDOWN(ignore)
{
	if (self->open)
		ccwio_close(&self->dev);
	EXPECT_EQ(0, ignore("free", self->device));
	EXPECT_EQ(0, restore());
}

/* The channel subsystem has done all that there is to do */
static int settles(void)
{
	pid_t child = fork();
	int i, status;

	if (!child)
		_exit(!!put("/proc/cio_settle", "1"));
	for (i = 0; i < PATIENCE_MS; i += 10) {
		if (waitpid(child, &status, WNOHANG) == child)
			return !status;
		usleep(10000);
	}
	kill(child, SIGKILL);
	return 0;
}

/* After a purge everything is as it was */
static void purge(struct __test_metadata *_metadata, const char *sch)
{
	char path[PATH_MAX];

	ASSERT_EQ(0, put("/proc/cio_ignore", "purge"));
	EXPECT_EQ(1, settles());
	snprintf(path, sizeof(path), "/sys/bus/css/drivers/vfio_ccw/%s", sch);
	EXPECT_EQ(0, access(path, F_OK));
	snprintf(path, sizeof(path), MDEV_CREATE, sch);
	EXPECT_EQ(0, access(path, F_OK));
}

TEST_F_TIMEOUT(ignore, while_idle, 150)
{
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	purge(_metadata, self->sch);
	EXPECT_EQ(0, has_event(self->dev.event[CCWIO_IRQ_REQ], 0));
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F_TIMEOUT(ignore, while_busy, 150)
{
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	ASSERT_EQ(0, suspend(&self->dev, &orb));
	purge(_metadata, self->sch);
	EXPECT_EQ(1, suspended(&self->dev));
	ASSERT_EQ(0, ccwio_command(&self->dev, CCWIO_CMD_CLEAR));
	EXPECT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(1, works(&self->dev));
}

/* A reset in progress: its thread owns a lock of the device */
TEST_F_TIMEOUT(ignore, while_resetting, 150)
{
	struct ccwio_orb orb;
	pid_t child;
	int status;

	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	ASSERT_EQ(0, suspend(&self->dev, &orb));
	ASSERT_EQ(0, look_at(self->sch));
	ASSERT_EQ(0, manner("stubborn", 1));
	child = fork();
	if (!child)
		_exit(!!ccwio_reset(&self->dev));
	EXPECT_EQ(1, becomes_state(UUID_RNG, "QUIESCING", TIMEOUT_MS));
	purge(_metadata, self->sch);
	EXPECT_EQ(0, waitpid(child, &status, WNOHANG));
	ASSERT_EQ(0, manner("stubborn", 0));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, look_at(""));
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F_TIMEOUT(ignore, while_closed, 150)
{
	purge(_metadata, self->sch);
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F_TIMEOUT(ignore, without_mdev, 150)
{
	ASSERT_EQ(0, remove_mdev(UUID_RNG));
	purge(_metadata, self->sch);
	ASSERT_EQ(0, create_mdev(self->sch, UUID_RNG));
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	EXPECT_EQ(1, works(&self->dev));
}

/* The channel subsystem looks at all subchannels again */
TEST_F_TIMEOUT(ignore, evaluated_anew, 150)
{
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->open = true;
	ASSERT_EQ(0, put("/sys/devices/css0/rescan", "1"));
	EXPECT_EQ(0, has_event(self->dev.event[CCWIO_IRQ_REQ], 0));
	EXPECT_EQ(1, works(&self->dev));
	ccwio_close(&self->dev);
	self->open = false;
	ASSERT_EQ(0, put("/sys/devices/css0/rescan", "1"));
	purge(_metadata, self->sch);
}

TEST_HARNESS_MAIN
