// SPDX-License-Identifier: GPL-2.0
/*
 * Functions and their status: every accepted start, halt and clear is answered
 * once, in order, whatever the user does meanwhile.
 *
 * A program with the suspend flag in its first CCW stays in progress for as
 * long as a test wants.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>

#define DEVICE_UUID UUID_RNG
#include "fixture.h"

#define FC	0x7000		/* function control */
#define SC	0x001f		/* status control */
#define ENDED	(CCWIO_SC_PRIM | CCWIO_SC_SEC | CCWIO_SC_PEND)

/* Never an address of the host's */
static bool is_ours(uint32_t cpa)
{
	return !cpa || (cpa >= CCWIO_BASE && cpa <= CCWIO_BASE + CCWIO_SIZE);
}

/* Status that nobody has read yet counts as status pending */
TEST_F(device, unread_status_blocks_requests)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, begin_orb(dev, "nop sli", &orb));
	ASSERT_EQ(1, has_event(dev->event[0], TIMEOUT_MS));
	EXPECT_EQ(-EBUSY, ccwio_start(dev, &orb));
	EXPECT_EQ(-EBUSY, ret_code(dev, CCWIO_REGION_IO));
	EXPECT_EQ(-EBUSY, ccwio_resume_io(dev, &orb));
	EXPECT_EQ(-EBUSY, ccwio_command(dev, CCWIO_CMD_HALT));
	EXPECT_EQ(-EBUSY, ccwio_command(dev, CCWIO_CMD_RESUME));
	EXPECT_EQ(-EBUSY, ccwio_command(dev, CCWIO_CMD_CANCEL));
	EXPECT_EQ(-EBUSY, ret_code(dev, CCWIO_REGION_CMD));
	/* Nothing of that has touched the status */
	ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
	EXPECT_EQ(CCWIO_FC_START, irb.scsw.ctl & FC);
	EXPECT_EQ(ENDED, irb.scsw.ctl & SC);
	EXPECT_EQ(orb.cpa + 8, irb.scsw.cpa);
	EXPECT_EQ(1, works(dev));
}

TEST_F(device, reading_a_part_takes_nothing)
{
	static const struct { size_t offset, size; } part[] = {
		{ 0, 24 }, { 24, 12 }, { 24, 95 }, { 25, 95 }, { 0, 119 },
		{ 25, 99 }, { 120, 4 }, { 60, 60 },
	};
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;
	uint8_t data[124];
	size_t i;

	ASSERT_EQ(0, begin(dev, "nop sli"));
	ASSERT_EQ(1, has_event(dev->event[0], TIMEOUT_MS));
	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		EXPECT_EQ(part[i].size, raw_read(dev, 0, part[i].offset, data,
						 part[i].size));
	EXPECT_EQ(-EBUSY, begin(dev, "nop sli"));
	/* irb_area alone is enough */
	ASSERT_EQ(96, raw_read(dev, 0, 24, data, 96));
	ccwio_decode_irb(data, &irb);
	EXPECT_EQ(ENDED, irb.scsw.ctl & SC);
	EXPECT_EQ(1, works(dev));
}

TEST_F(device, nothing_stale_after_it_was_read)
{
	struct ccwio_irb irb;

	EXPECT_EQ(1, works(&self->dev));
	ASSERT_EQ(0, ccwio_read_irb(&self->dev, &irb));
	EXPECT_EQ(0, irb.scsw.ctl & (FC | SC));
	EXPECT_EQ(0, irb.scsw.dev);
	EXPECT_EQ(0, irb.scsw.sch);
	EXPECT_EQ(1, silent(&self->dev, 50));
}

TEST_F(device, a_write_leaves_irb_area_alone)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccw_io_region region;
	struct ccwio_irb irb;

	memset(&region, 0xff, sizeof(region));
	ASSERT_EQ(0, begin(dev, "nop sli"));
	ASSERT_EQ(1, has_event(dev->event[0], TIMEOUT_MS));
	EXPECT_GT(0, raw_write(dev, 0, 0, &region, sizeof(region)));
	memset(&region, 0, sizeof(region));
	EXPECT_GT(0, raw_write(dev, 0, 0, &region, sizeof(region)));
	ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
	EXPECT_EQ(ENDED, irb.scsw.ctl & SC);
	EXPECT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
}

/* The request's own areas read back as written, the result beside them */
TEST_F(device, request_reads_back)
{
	struct ccw_io_region region;
	struct ccwio_orb orb;

	ASSERT_EQ(0, begin_orb(&self->dev, "orb F P intparm=0x12345678; nop sli",
			       &orb));
	ASSERT_EQ(1, has_event(self->dev.event[0], TIMEOUT_MS));
	ASSERT_EQ(124, raw_read(&self->dev, 0, 0, &region, 124));
	EXPECT_EQ(0x12, region.orb_area[0]);
	EXPECT_EQ(0x78, region.orb_area[3]);
	EXPECT_EQ(orb.cpa & 0xff, region.orb_area[11]);
	EXPECT_EQ(0, region.ret_code);
}

TEST_F(device, polling_without_eventfd)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb = { 0 };
	int i, fd = dev->event[0];

	ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_IO, -1));
	ASSERT_EQ(0, begin(dev, "nop sli"));
	for (i = 0; i < 1000 && !(irb.scsw.ctl & CCWIO_SC_PEND); i++) {
		ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
		usleep(1000);
	}
	EXPECT_EQ(ENDED, irb.scsw.ctl & SC);
	ASSERT_EQ(0, ccwio_attach_event(dev, CCWIO_IRQ_IO, fd));
	EXPECT_EQ(1, works(dev));
}

TEST_F(device, halt_while_idle)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;

	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
	EXPECT_EQ(0, ret_code(dev, CCWIO_REGION_CMD));
	/* In progress, or its status not yet read: busy either way */
	EXPECT_EQ(-EBUSY, ccwio_command(dev, CCWIO_CMD_HALT));
	EXPECT_EQ(-EBUSY, begin(dev, "nop sli"));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_HALT, irb.scsw.ctl & FC);
	EXPECT_EQ(CCWIO_SC_PEND, irb.scsw.ctl & CCWIO_SC_PEND);
	EXPECT_TRUE(is_ours(irb.scsw.cpa));
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(1, works(dev));
}

TEST_F(device, clear_while_idle)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;

	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	EXPECT_EQ(-EBUSY, ccwio_command(dev, CCWIO_CMD_HALT));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
	EXPECT_TRUE(is_ours(irb.scsw.cpa));
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(1, works(dev));
}

/* After a clear was accepted no earlier status is presented */
TEST_F(device, clear_takes_unread_status_away)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(500);
	struct ccwio_irb irb;

	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, begin(dev, "nop sli"));
		if (i & 1)
			has_event(dev->event[0], TIMEOUT_MS);
		ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		ASSERT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
		ccwio_alloc_reset(dev);
	}
	EXPECT_EQ(1, silent(dev, 50));
}

TEST_F(device, suspended_program_is_in_progress)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, suspend(dev, &orb));
	/* What it leads to is looked at when it is resumed, and pinned then */
	EXPECT_EQ(self->pins, pins());
	/* No status is pending; what there is to see is the subchannel's own */
	ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
	EXPECT_EQ(CCWIO_FC_START, irb.scsw.ctl & FC);
	EXPECT_EQ(0, irb.scsw.ctl & SC);
	EXPECT_EQ(-EBUSY, ccwio_start(dev, &orb));
	EXPECT_EQ(1, silent(dev, 50));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, works(dev));
}

TEST_F(device, halt_ends_a_suspended_program)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, suspend(dev, &orb));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
	EXPECT_EQ(-EBUSY, ccwio_command(dev, CCWIO_CMD_HALT));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_HALT, irb.scsw.ctl & CCWIO_FC_HALT);
	EXPECT_TRUE(is_ours(irb.scsw.cpa));
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(1, works(dev));
}

/* Cancelling is synchronous: no interruption follows */
TEST_F(device, cancel)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;

	EXPECT_EQ(-EINVAL, ccwio_command(dev, CCWIO_CMD_CANCEL));
	ASSERT_EQ(0, suspend(dev, &orb));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CANCEL));
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(-EINVAL, ccwio_command(dev, CCWIO_CMD_CANCEL));
	EXPECT_EQ(1, works(dev));
}

/* Take the suspend flag off the first CCW, as a guest does */
static void unsuspend(struct ccwio_dev *dev, const struct ccwio_orb *orb)
{
	uint8_t *ccw = ccwio_mem(dev, orb->cpa);

	ccw[1] &= ~CCWIO_S;
}

TEST_F(device, resume)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	int i;

	EXPECT_EQ(-EINVAL, ccwio_command(dev, CCWIO_CMD_RESUME));
	for (i = 0; i < 2; i++) {
		ccwio_alloc_reset(dev);
		ASSERT_EQ(0, suspend(dev, &orb));
		unsuspend(dev, &orb);
		if (i)
			ASSERT_EQ(0, ccwio_resume_io(dev, &orb));
		if (!i)
			ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_RESUME));
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		EXPECT_EQ(CCWIO_FC_START, irb.scsw.ctl & FC);
		EXPECT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
		EXPECT_EQ(0, irb.scsw.sch);
		EXPECT_EQ(orb.cpa + 8, irb.scsw.cpa);
		/* The buffer comes first in memory */
		EXPECT_EQ(0xff, *(uint8_t *)ccwio_mem(dev, CCWIO_BASE + 4096));
		EXPECT_EQ(self->pins, pins());
	}
	EXPECT_EQ(1, works(dev));
}

TEST_F(device, resume_of_a_rewritten_program)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	uint64_t fresh;

	ASSERT_EQ(0, suspend(dev, &orb));
	fresh = ccwio_alloc(dev, 4096, 4096);
	ccwio_put_ccw(dev, orb.cpa, 1, 0x03, 0, 0, CCWIO_CC | CCWIO_SLI);
	ccwio_put_ccw(dev, orb.cpa + 8, 1, 0xe4, fresh, 8, CCWIO_SLI);
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_RESUME));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
	EXPECT_EQ(orb.cpa + 16, irb.scsw.cpa);
	EXPECT_EQ(0xff, *(uint8_t *)ccwio_mem(dev, fresh));
	EXPECT_EQ(0xee, *(uint8_t *)ccwio_mem(dev, CCWIO_BASE + 4096));
}

TEST_F(device, resumed_program_suspends_again)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	int i;

	ASSERT_EQ(0, suspend(dev, &orb));
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_RESUME));
		ASSERT_EQ(1, suspended(dev));
		EXPECT_EQ(-EBUSY, ccwio_start(dev, &orb));
	}
	unsuspend(dev, &orb);
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_RESUME));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
}

/* A resume that names nothing suspended, the way a VMM asks for it */
TEST_F(device, resume_while_idle)
{
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0x80),
		.cpa = CCWIO_BASE + 4096,
	};

	EXPECT_EQ(-EBUSY, ccwio_resume_io(&self->dev, &orb));
	EXPECT_EQ(1, silent(&self->dev, 50));
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F(device, suspend_flag_needs_the_orbs_consent)
{
	const char *text;

	text = "orb F P; buffer id 8 fill=0xee; first: sense-id id 8 s sli;"
	       "expect sch prog; expect cpa first+8; expect data id ee";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, every_start_is_answered_once)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(2000);
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, begin_orb(dev, "buffer id 8; sense-id id 8 sli", &orb));
	for (i = 0; i < n; i++) {
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		ASSERT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
		ASSERT_EQ(0, has_event(dev->event[0], 0));
		ASSERT_EQ(0, ccwio_start(dev, &orb));
	}
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(0, dev->unsolicited);
}

struct starter {
	struct ccwio_dev *dev;
	struct ccwio_orb orb;
	pthread_barrier_t *barrier;
	unsigned long n, accepted, refused, wrong;
};

static void *start_many(void *arg)
{
	struct starter *s = arg;
	unsigned long i;
	int ret;

	for (i = 0; i < s->n; i++) {
		pthread_barrier_wait(s->barrier);
		ret = ccwio_start(s->dev, &s->orb);
		if (!ret)
			s->accepted++;
		else if (ret == -EBUSY || ret == -EAGAIN)
			s->refused++;
		else
			s->wrong++;
		pthread_barrier_wait(s->barrier);
		/* The test's own thread takes the answer here */
		pthread_barrier_wait(s->barrier);
	}
	return NULL;
}

TEST_F_TIMEOUT(device, of_two_starts_one_is_accepted, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(1000);
	struct starter s[2] = { 0 };
	pthread_barrier_t barrier;
	pthread_t thread[2];
	struct ccwio_irb irb;
	int t;

	pthread_barrier_init(&barrier, NULL, 3);
	for (t = 0; t < 2; t++) {
		ASSERT_EQ(0, begin_orb(dev, "buffer id 8; sense-id id 8 sli",
				       &s[t].orb));
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		s[t].dev = dev;
		s[t].n = n;
		s[t].barrier = &barrier;
	}
	for (t = 0; t < 2; t++)
		pthread_create(&thread[t], NULL, start_many, &s[t]);
	for (i = 0; i < n; i++) {
		pthread_barrier_wait(&barrier);
		pthread_barrier_wait(&barrier);
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		ASSERT_EQ(CCWIO_FC_START, irb.scsw.ctl & FC);
		ASSERT_EQ(i + 1, s[0].accepted + s[1].accepted);
		pthread_barrier_wait(&barrier);
	}
	for (t = 0; t < 2; t++)
		pthread_join(thread[t], NULL);
	EXPECT_EQ(n, s[0].refused + s[1].refused);
	EXPECT_EQ(0, s[0].wrong + s[1].wrong);
	EXPECT_EQ(1, silent(dev, 50));
}

struct clearer {
	struct ccwio_dev *dev;
	atomic_bool stop;
	unsigned long done, wrong;
};

static void *clear_many(void *arg)
{
	struct clearer *c = arg;

	while (!c->stop) {
		if (ccwio_command(c->dev, CCWIO_CMD_CLEAR))
			c->wrong++;
		c->done++;
		usleep(200);
	}
	return NULL;
}

/* Clear is accepted at any moment, and the last word is always a clear's */
TEST_F_TIMEOUT(device, clear_against_start, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(2000), accepted = 0;
	struct clearer c = { .dev = dev };
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	pthread_t thread;
	int ret;

	ASSERT_EQ(0, begin_orb(dev, "buffer id 8; sense-id id 8 sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	pthread_create(&thread, NULL, clear_many, &c);
	for (i = 0; i < n; i++) {
		ret = ccwio_start(dev, &orb);
		ASSERT_TRUE(!ret || ret == -EBUSY || ret == -EAGAIN);
		accepted += !ret;
		while (ccwio_wait(dev, 0, &irb) == 1)
			ASSERT_NE(0, irb.scsw.ctl & FC);
	}
	c.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, c.wrong);
	TH_LOG("%lu starts accepted, %lu clears", accepted, c.done);
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(1, works(dev));
}

TEST_HARNESS_MAIN
