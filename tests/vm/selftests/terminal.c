// SPDX-License-Identifier: GPL-2.0
/*
 * A 3270 terminal on which somebody presses ENTER: unsolicited status arrives
 * when the device likes, also just as a program ends. No answer may be lost
 * to it, and none of it may be taken for an answer.
 */
#define _GNU_SOURCE
#define DEVICE_UUID UUID_TERMINAL
#include "fixture.h"

#define FC	0x7000

/* READ MODIFIED: what was typed, which makes room again in the terminal */
#define READ "buffer typed 4096; 0x06 typed 4096 sli"

/* Silence again, whatever the keys pressed earlier still lead to */
static void settle(struct ccwio_dev *dev)
{
	struct ccwio_irb irb;

	while (ccwio_wait(dev, 300, &irb) == 1)
		;
	if (!begin(dev, READ))
		ccwio_answer(dev, TIMEOUT_MS, &irb);
	while (ccwio_wait(dev, 100, &irb) == 1)
		;
}

TEST_F(device, attention_while_idle)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;

	settle(dev);
	host("enter 0");
	ASSERT_EQ(1, ccwio_wait(dev, TIMEOUT_MS, &irb));
	EXPECT_TRUE(ccwio_is_unsolicited(&irb));
	EXPECT_EQ(CCWIO_DEV_ATTN, irb.scsw.dev);
	EXPECT_EQ(0, irb.scsw.ctl & FC);
	EXPECT_EQ(0, irb.scsw.cpa);
	EXPECT_EQ(1, works(dev));
}

/* It counts as status pending: busy, not a reason to try again at once */
TEST_F(device, unread_attention_blocks_a_start)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;
	int i;

	settle(dev);
	for (i = 0; i < 10; i++) {
		host("enter 0");
		ASSERT_LT(0, has_event(dev->event[0], TIMEOUT_MS));
		EXPECT_EQ(-EBUSY, begin(dev, "nop sli"));
		ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
		EXPECT_TRUE(ccwio_is_unsolicited(&irb));
		EXPECT_EQ(1, works(dev));
	}
}

TEST_F(device, none_of_an_earlier_life)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;

	settle(dev);
	host("enter 0");
	ASSERT_LT(0, has_event(dev->event[0], TIMEOUT_MS));
	ccwio_close(dev);
	host("enter 0");
	usleep(200000);
	ASSERT_EQ(0, open_dev(dev, UUID_TERMINAL, variant->backend));
	EXPECT_EQ(1, silent(dev, 100));
	ASSERT_EQ(0, ccwio_read_irb(dev, &irb));
	EXPECT_EQ(0, irb.scsw.ctl);
	EXPECT_EQ(1, works(dev));
}

/* Start until it is accepted; attentions are taken on the way */
static int start_at_last(struct ccwio_dev *dev, const struct ccwio_orb *orb,
			 unsigned long *busy)
{
	struct ccwio_irb irb;
	int ret;

	while ((ret = ccwio_start(dev, orb)) == -EBUSY) {
		++*busy;
		if (ccwio_wait(dev, TIMEOUT_MS, &irb) != 1)
			return -ETIMEDOUT;
		if (!ccwio_is_unsolicited(&irb))
			return -EPROTO;
		dev->unsolicited++;
	}
	return ret;
}

/* The terminal has room for some 300 keys that nobody reads */
#define KEYS_UNREAD 100

/* A key that comes while status is pending at the device leaves no trace */
#define STARTS_WITHOUT_KEY 20

/*
 * The classic race: the key's status arrives with the end of a program. One
 * key at a time is on its way, so that QEMU never gets two at once.
 */
TEST_F_TIMEOUT(device, attentions_against_starts, 300)
{
	unsigned long i, n = loops(2000), busy = 0, deferred = 0;
	unsigned long keys = 0, since = 0, seen = 0;
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	settle(dev);
	ASSERT_EQ(0, begin_orb(dev, "buffer id 8; sense-id id 8 sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	dev->unsolicited = 0;
	host("enter 0");
	for (i = 0; i < n; i++) {
		if (dev->unsolicited != seen || ++since == STARTS_WITHOUT_KEY) {
			seen = dev->unsolicited;
			since = 0;
			if (++keys % KEYS_UNREAD == 0)
				settle(dev);
			host("enter %lu", keys * 7 % 20);
		}
		/* Moments of rest of different lengths, for keys to fall into */
		if (i % 4 == 0)
			usleep(i % 13 * 200);
		ASSERT_EQ(0, start_at_last(dev, &orb, &busy));
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb))
			TH_LOG("start %lu has no answer", i);
		ASSERT_EQ(CCWIO_FC_START, irb.scsw.ctl & FC);
		deferred += !!(irb.scsw.ctl & 0x03000000);
	}
	TH_LOG("%lu starts, %lu keys, %lu seen, %lu times busy, %lu deferred",
	       n, keys, dev->unsolicited, busy, deferred);
	EXPECT_LE(n / 100, dev->unsolicited);
	settle(dev);
	EXPECT_EQ(1, works(dev));
}

TEST_HARNESS_MAIN
