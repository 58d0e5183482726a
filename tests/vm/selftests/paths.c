// SPDX-License-Identifier: GPL-2.0
/*
 * A channel path that the host's administrator takes away and gives back. The
 * terminal has one of its own, so nothing else in the machine is concerned.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>

#define DEVICE_UUID UUID_TERMINAL
#include "fixture.h"

#define FC	0x7000
#define PATH_STATUS "/sys/devices/css0/chp0.01/status"

static int vary(int on)
{
	return put(PATH_STATUS, on ? "on" : "off");
}

/* No channel report; the host's own business is none of the guest's */
static int no_report(struct ccwio_dev *dev)
{
	uint32_t crw = 1;

	return !has_event(dev->event[CCWIO_IRQ_CRW], 20) &&
	       !ccwio_read_crw(dev, &crw) && !crw;
}

TEST_F(device, off_and_on_while_idle)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, begin_orb(dev, "nop sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(0, vary(0));
	EXPECT_EQ(-ENODEV, ccwio_start(dev, &orb));
	EXPECT_EQ(1, silent(dev, 20));
	EXPECT_EQ(1, no_report(dev));
	EXPECT_EQ(1, enabled(dev));
	/* Functions that need no path work */
	EXPECT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	EXPECT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(0, vary(1));
	EXPECT_EQ(1, no_report(dev));
	EXPECT_EQ(1, works(dev));
}

/* Open and reset while there is no path; it is there when it comes back */
TEST_F(device, opened_without_a_path)
{
	struct ccwio_dev *dev = &self->dev;

	ccwio_close(dev);
	ASSERT_EQ(0, vary(0));
	ASSERT_EQ(0, open_dev(dev, UUID_TERMINAL, variant->backend));
	EXPECT_EQ(0, ccwio_reset(dev));
	EXPECT_EQ(-ENODEV, begin(dev, "nop sli"));
	ASSERT_EQ(0, vary(1));
	EXPECT_EQ(1, works(dev));
}

/* With its only path a start is ended, once, and its user told */
TEST_F_TIMEOUT(device, off_and_on_while_suspended, 120)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	uint8_t schib[52];
	int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, suspend(dev, &orb));
		ASSERT_EQ(0, vary(0));
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		EXPECT_EQ(CCWIO_FC_START, irb.scsw.ctl & FC);
		EXPECT_EQ(CCWIO_SCH_IFCC, irb.scsw.sch);
		EXPECT_EQ(self->pins, pins());
		/* SCSW word 0: no start function at the hardware either */
		ASSERT_EQ(0, ccwio_read_schib(dev, schib));
		EXPECT_EQ(0, schib[30] & 0x40);
		EXPECT_EQ(-ENODEV, ccwio_start(dev, &orb));
		EXPECT_EQ(1, silent(dev, 20));
		ASSERT_EQ(0, vary(1));
		ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
		EXPECT_EQ(1, no_report(dev));
		EXPECT_EQ(1, works(dev));
		ccwio_alloc_reset(dev);
	}
}

struct varier {
	atomic_bool stop;
	unsigned long done, wrong;
};

static void *vary_many(void *arg)
{
	struct varier *v = arg;

	while (!v->stop) {
		v->wrong += !!vary(0);
		usleep(v->done % 5 * 200);
		v->wrong += !!vary(1);
		usleep(v->done % 7 * 300);
		v->done++;
	}
	return NULL;
}

/* Each start is refused or answered, once */
TEST_F_TIMEOUT(device, off_and_on_against_starts, 120)
{
	unsigned long i, n = loops(500), accepted = 0, refused = 0;
	struct ccwio_dev *dev = &self->dev;
	struct varier v = { 0 };
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	pthread_t thread;
	int ret;

	ASSERT_EQ(0, begin_orb(dev, "buffer id 8; sense-id id 8 sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	pthread_create(&thread, NULL, vary_many, &v);
	/* It may take some time until both ways were seen */
	for (i = 0; i < n || !accepted || !refused; i++) {
		ret = ccwio_start(dev, &orb);
		ASSERT_TRUE(!ret || ret == -ENODEV) TH_LOG("start: %d", ret);
		accepted += !ret;
		refused += !!ret;
		if (ret) {
			usleep(100);
			continue;
		}
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		ASSERT_EQ(CCWIO_FC_START, irb.scsw.ctl & FC);
		ASSERT_TRUE(irb.scsw.sch == CCWIO_SCH_IFCC ||
			    irb.scsw.dev == (CCWIO_DEV_CE | CCWIO_DEV_DE));
	}
	v.stop = true;
	pthread_join(thread, NULL);
	TH_LOG("%lu accepted, %lu refused, %lu times off and on", accepted,
	       refused, v.done);
	EXPECT_EQ(0, v.wrong);
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(1, no_report(dev));
	EXPECT_EQ(1, works(dev));
}

TEST_HARNESS_MAIN
