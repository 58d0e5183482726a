// SPDX-License-Identifier: GPL-2.0
/*
 * Channel reports that the host's kernel is made to believe in: subchannels that
 * may have changed, paths that fail and come back, as a storm while everything
 * else comes and goes and somebody presses ENTER.
 *
 * Needs a kernel with CONFIG_CIO_INJECT. The terminal has a channel path of its
 * own, so nothing else in the machine is concerned.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#define DEVICE_UUID UUID_TERMINAL
#include "fixture.h"

#define CODES		9	/* error-recovery codes, from 0 */

/* The terminal has room for some 300 keys that nobody reads */
#define KEYS_UNREAD	80

#define CHPID		0x01

/* A look at the subchannel disturbs no program, in progress or not */
TEST_F_TIMEOUT(device, subchannel_reports, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned int number;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	int i;

	number = strtoul(strrchr(subchannel(UUID_TERMINAL), '.') + 1, NULL, 16);
	for (i = 0; i < CODES; i++) {
		ASSERT_EQ(0, report(CRW_SUBCHANNEL, i, number));
		EXPECT_EQ(1, works(dev));
	}
	ASSERT_EQ(0, suspend(dev, &orb));
	for (i = 0; i < CODES; i++)
		ASSERT_EQ(0, report(CRW_SUBCHANNEL, i, number));
	EXPECT_EQ(1, silent(dev, 100));
	EXPECT_EQ(1, suspended(dev));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(1, works(dev));
}

struct storm {
	atomic_bool stop;
	unsigned int number;	/* of the subchannel */
	atomic_ulong reports, wrong, varied, opened, started, unanswered, keys;
	enum ccwio_backend backend;
};

static void *storm_reports(void *arg)
{
	struct storm *s = arg;
	unsigned long i;

	for (i = 0; !s->stop; i++) {
		s->wrong += !!report(CRW_SUBCHANNEL, i % CODES, s->number);
		s->wrong += !!report(CRW_PATH, i % 2 ? CRW_INITIALIZED :
				     CRW_FAILED, CHPID);
		s->reports += 2;
	}
	return NULL;
}

static void *storm_vary(void *arg)
{
	struct storm *s = arg;

	while (!s->stop) {
		s->wrong += !!put("/sys/devices/css0/chp0.01/status", "off");
		s->wrong += !!put("/sys/devices/css0/chp0.01/status", "on");
		s->varied += 2;
	}
	return NULL;
}

static void *storm_keys(void *arg)
{
	struct storm *s = arg;

	for (; !s->stop && s->keys < KEYS_UNREAD; s->keys++) {
		host("enter 0");
		usleep(10000 + s->keys % 5 * 10000);
	}
	return NULL;
}

/* A start may be refused, without a path; an accepted one has its answer */
static void some_starts(struct storm *s, struct ccwio_dev *dev)
{
	struct ccwio_irb irb;
	int i;

	for (i = 0; i < 3; i++) {
		ccwio_alloc_reset(dev);
		if (begin(dev, "buffer id 8; sense-id id 8 sli"))
			continue;
		s->started++;
		s->unanswered += ccwio_answer(dev, TIMEOUT_MS, &irb) != 1 ||
				 !(irb.scsw.ctl & CCWIO_FC_START);
	}
}

static void *storm_users(void *arg)
{
	struct storm *s = arg;
	struct ccwio_options options = {
		.uuid = UUID_TERMINAL, .backend = s->backend,
	};
	struct ccwio_dev dev;

	while (!s->stop) {
		if (!ccwio_open(&dev, &options)) {
			s->opened++;
			some_starts(s, &dev);
			begin(&dev, SUSPENDING);
		}
		ccwio_close(&dev);
	}
	return NULL;
}

/* The last reports are taken some time after they were made */
static int comes_to_work(struct ccwio_dev *dev)
{
	struct ccwio_irb irb;
	int i, good = 0;

	for (i = 0; i < PATIENCE_MS && good < 10; i += 50) {
		usleep(50000);
		ccwio_alloc_reset(dev);
		if (begin(dev, "nop sli"))
			good = 0;
		else
			good += ccwio_answer(dev, TIMEOUT_MS, &irb) == 1;
	}
	return good == 10 && works(dev);
}

TEST_F_TIMEOUT(device, storm_against_administration, 300)
{
	static void *(*const loop[])(void *) = {
		storm_reports, storm_vary, storm_users, storm_keys,
	};
	struct storm s = { .backend = variant->backend };
	unsigned long i, n = loops(100);
	char sch[64];
	pthread_t thread[4];
	int k;

	snprintf(sch, sizeof(sch), "%s", subchannel(UUID_TERMINAL));
	s.number = strtoul(strrchr(sch, '.') + 1, NULL, 16);
	ccwio_close(&self->dev);
	for (k = 0; k < 4; k++)
		pthread_create(&thread[k], NULL, loop[k], &s);
	for (i = 0; i < n || !s.opened || !s.reports || !s.varied ||
	     !s.started || !s.keys; i++) {
		usleep(i % 5 * 1000);
		if (i % 2) {
			ASSERT_EQ(0, remove_mdev(UUID_TERMINAL));
		} else {
			ASSERT_EQ(0, bind_to("vfio_ccw", "unbind", sch));
			ASSERT_EQ(0, bind_to("vfio_ccw", "bind", sch));
		}
		ASSERT_EQ(0, create_mdev(sch, UUID_TERMINAL));
	}
	s.stop = true;
	for (k = 0; k < 4; k++)
		pthread_join(thread[k], NULL);
	TH_LOG("%lu rounds, %lu reports, %lu times varied, %lu times open, %lu starts, %lu keys",
	       i, s.reports, s.varied, s.opened, s.started, s.keys);
	EXPECT_EQ(0, s.wrong);
	EXPECT_EQ(0, s.unanswered);
	/* As before: the path, given back either way, and a device that works */
	ASSERT_EQ(0, put("/sys/devices/css0/chp0.01/status", "on"));
	ASSERT_EQ(0, report(CRW_PATH, CRW_FAILED, CHPID));
	ASSERT_EQ(0, report(CRW_PATH, CRW_INITIALIZED, CHPID));
	ASSERT_EQ(0, open_dev(&self->dev, UUID_TERMINAL, variant->backend));
	EXPECT_EQ(1, comes_to_work(&self->dev));
}

TEST_HARNESS_MAIN
