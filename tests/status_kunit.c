// SPDX-License-Identifier: GPL-2.0
/*
 * Status: what interruption-response blocks mean, what the driver writes in
 * their place, and the queue that keeps them
 *
 * Words are literals as TEST SUBCHANNEL stores them, PoP chapter 16.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include <linux/types.h>

#include "vfio_ccw_status.h"

#define INTER	VFIO_CCW_STATUS_INTER
#define UNSOL	VFIO_CCW_STATUS_UNSOL
#define REST	VFIO_CCW_STATUS_REST
#define ENDS	VFIO_CCW_STATUS_ENDS

static struct vfio_ccw_irb irb_of(u32 ctl, u32 status)
{
	struct vfio_ccw_irb irb = {};

	irb.scsw.ctl = cpu_to_be32(ctl);
	irb.scsw.status = cpu_to_be32(status);
	return irb;
}

static void push(struct vfio_ccw_statusq *q, u32 ctl, u32 status,
		 enum vfio_ccw_status_class class, u32 op)
{
	struct vfio_ccw_irb irb = irb_of(ctl, status);

	vfio_ccw_statusq_push(q, &irb, class, op);
}

/* The rule by which TEST SUBCHANNEL clears the function control */
static void classes(struct kunit *test)
{
	static const struct {
		u32 ctl;
		enum vfio_ccw_status_class class;
		const char *what;
	} cases[] = {
		{ 0x00000000, VFIO_CCW_STATUS_NONE, "nothing" },
		{ 0x00004480, VFIO_CCW_STATUS_NONE, "active, not pending" },
		{ 0x00004006, VFIO_CCW_STATUS_NONE, "bits, but not pending" },
		{ 0x00004009, INTER, "initial status" },
		{ 0x000040c9, INTER, "PCI" },
		{ 0x00004029, INTER, "suspended" },
		{ 0x000060c9, INTER, "PCI of a start being halted" },
		{ 0x00006029, ENDS, "halted while suspended" },
		{ 0x00004007, ENDS, "channel end and device end" },
		{ 0x00004017, ENDS, "unit check" },
		{ 0x00004005, ENDS, "channel end, device idle" },
		{ 0x00004045, ENDS, "channel end, device active" },
		{ 0x0000400f, ENDS, "everything on top of intermediate" },
		{ 0x00004011, ENDS, "alert alone of a start" },
		{ 0x01004017, ENDS, "deferred condition code 1" },
		{ 0x03004017, ENDS, "deferred condition code 3" },
		{ 0x00002001, ENDS, "halt performed" },
		{ 0x00006007, ENDS, "start and halt" },
		{ 0x00001001, ENDS, "clear performed" },
		{ 0x00000011, UNSOL, "attention" },
		{ 0x00000001, UNSOL, "pending alone, no function" },
		{ 0x00000003, REST, "device end after channel end" },
		{ 0x00000013, REST, "unit check with device end after it" },
		{ 0x00004019, VFIO_CCW_STATUS_CHECK, "alert, intermediate" },
		{ 0x000040d9, VFIO_CCW_STATUS_CHECK, "the same, active" },
		{ 0x00004087, VFIO_CCW_STATUS_CHECK, "an end, still active" },
		{ 0x00004031, VFIO_CCW_STATUS_CHECK, "attention, suspended" },
	};
	struct vfio_ccw_irb irb;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		irb = irb_of(cases[i].ctl, 0);
		KUNIT_EXPECT_EQ_MSG(test, vfio_ccw_status_classify(&irb),
				    cases[i].class, "%s", cases[i].what);
	}
}

/* What the driver reports in place of the hardware means what it should */
static void made_up(struct kunit *test)
{
	struct vfio_ccw_irb irb, zero = {};

	memset(&irb, 0xff, sizeof(irb));
	vfio_ccw_status_gone(&irb, VFIO_CCW_FC_START);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.ctl), 0x03004017U);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.status), 0U);
	KUNIT_EXPECT_EQ(test, memcmp(&irb.esw, &zero.esw, sizeof(irb) -
				     offsetof(struct vfio_ccw_irb, esw)), 0);
	KUNIT_EXPECT_EQ(test, vfio_ccw_status_classify(&irb), ENDS);

	vfio_ccw_status_gone(&irb, VFIO_CCW_FC_CLEAR);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.ctl), 0x00001001U);
	vfio_ccw_status_gone(&irb, VFIO_CCW_FC_HALT);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.ctl), 0x00002001U);

	vfio_ccw_status_check(&irb, VFIO_CCW_FC_START, VFIO_CCW_CS_IFCC, 0x40);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.ctl), 0x04004017U);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.status), 0x00020000U);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.logout), 0x00404000U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_status_classify(&irb), ENDS);
	vfio_ccw_status_check(&irb, VFIO_CCW_FC_START, VFIO_CCW_CS_CCC, 0);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.status), 0x00040000U);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.logout), 0U);

	vfio_ccw_status_composite(&irb, VFIO_CCW_FC_START,
				  VFIO_CCW_AC_SCH_ACT);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.ctl), 0x00004080U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_status_classify(&irb),
			VFIO_CCW_STATUS_NONE);
}

static void expect_head(struct kunit *test, struct vfio_ccw_statusq *q,
			u32 ctl, u32 status)
{
	struct vfio_ccw_status *st = vfio_ccw_statusq_head(q);

	KUNIT_ASSERT_NOT_NULL(test, st);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(st->irb.scsw.ctl), ctl);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(st->irb.scsw.status), status);
	vfio_ccw_statusq_pop(q);
}

/* First in, first out, all the way round the ring */
static void order(struct kunit *test)
{
	static struct vfio_ccw_statusq q;
	unsigned int i;

	vfio_ccw_statusq_init(&q);
	KUNIT_EXPECT_NULL(test, vfio_ccw_statusq_head(&q));
	vfio_ccw_statusq_pop(&q);
	KUNIT_EXPECT_FALSE(test, vfio_ccw_statusq_pending(&q));
	for (i = 1; i <= 3 * VFIO_CCW_STATUSQ_LEN; i++) {
		push(&q, 0x00004007, i, ENDS, i);
		push(&q, 0x00000011, i << 16, UNSOL, i);
		expect_head(test, &q, 0x00004007, i);
		expect_head(test, &q, 0x00000011, i << 16);
	}
	KUNIT_EXPECT_EQ(test, q.len, 0U);
	KUNIT_EXPECT_EQ(test, q.peak, 2U);
	KUNIT_EXPECT_EQ(test, q.dropped, 0U);
}

/* An identity is never 0 and never used twice in a row */
static void identities(struct kunit *test)
{
	static struct vfio_ccw_statusq q;
	u32 last;

	vfio_ccw_statusq_init(&q);
	q.next_seq = U32_MAX;
	push(&q, 0x00004007, 0, ENDS, 1);
	last = vfio_ccw_statusq_head(&q)->seq;
	vfio_ccw_statusq_pop(&q);
	push(&q, 0x00004007, 0, ENDS, 2);
	KUNIT_EXPECT_NE(test, vfio_ccw_statusq_head(&q)->seq, last);
	KUNIT_EXPECT_NE(test, vfio_ccw_statusq_head(&q)->seq, 0U);
}

/* Newer intermediate status replaces older; what it reported remains */
static void intermediate(struct kunit *test)
{
	static struct vfio_ccw_statusq q;
	u32 seq;

	vfio_ccw_statusq_init(&q);
	push(&q, 0x000440c9, 0x00000000, INTER, 1);	/* Z: initial status */
	seq = vfio_ccw_statusq_head(&q)->seq;
	push(&q, 0x000040c9, 0x00800000, INTER, 1);	/* PCI */
	push(&q, 0x00004029, 0x00000000, INTER, 1);	/* suspended */
	KUNIT_EXPECT_EQ(test, q.len, 1U);
	KUNIT_EXPECT_EQ(test, vfio_ccw_statusq_head(&q)->seq, seq);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_statusq_pending(&q));
	KUNIT_EXPECT_FALSE(test, vfio_ccw_statusq_pending_not_inter(&q));
	expect_head(test, &q, 0x00044029, 0x00800000);

	/* Not across an end */
	push(&q, 0x000040c9, 0, INTER, 1);
	push(&q, 0x00004007, 0, ENDS, 1);
	push(&q, 0x000040c9, 0, INTER, 2);
	KUNIT_EXPECT_EQ(test, q.len, 3U);
	KUNIT_EXPECT_TRUE(test, vfio_ccw_statusq_pending_not_inter(&q));
}

/* What was seen does not change any more */
static void peeked(struct kunit *test)
{
	static struct vfio_ccw_statusq q;

	vfio_ccw_statusq_init(&q);
	push(&q, 0x00000011, 0x80000000, UNSOL, 1);
	vfio_ccw_statusq_head(&q)->peeked = true;
	push(&q, 0x00000011, 0x02000000, UNSOL, 1);
	push(&q, 0x00000011, 0x04000000, UNSOL, 1);
	KUNIT_EXPECT_EQ(test, q.len, 2U);
	expect_head(test, &q, 0x00000011, 0x80000000);
	expect_head(test, &q, 0x00000011, 0x06000000);
}

/* Unsolicited status folds; sense that only the older one has is kept */
static void unsolicited(struct kunit *test)
{
	struct vfio_ccw_irb first = irb_of(0x00020011, 0x82000000);
	struct vfio_ccw_irb second = irb_of(0x00000011, 0x04000000);
	struct vfio_ccw_irb third = irb_of(0x00020011, 0x02000000);
	static struct vfio_ccw_statusq q;

	first.ecw[0] = 0x40;
	first.esw.erw = cpu_to_be32(0x01200000);
	second.ecw[0] = 0x99;
	second.emw[0] = 0x11;
	vfio_ccw_statusq_init(&q);
	vfio_ccw_statusq_push(&q, &first, UNSOL, 1);
	vfio_ccw_statusq_push(&q, &second, UNSOL, 1);
	KUNIT_EXPECT_EQ(test, vfio_ccw_statusq_head(&q)->irb.ecw[0], 0x40);
	KUNIT_EXPECT_EQ(test, vfio_ccw_statusq_head(&q)->irb.emw[0], 0x11);
	KUNIT_EXPECT_EQ(test,
			be32_to_cpu(vfio_ccw_statusq_head(&q)->irb.esw.erw),
			0x01200000U);
	/* What has sense of its own does not cost that which nobody has read */
	third.ecw[0] = 0x08;
	vfio_ccw_statusq_push(&q, &third, UNSOL, 1);
	KUNIT_EXPECT_EQ(test, vfio_ccw_statusq_head(&q)->irb.ecw[0], 0x40);
	expect_head(test, &q, 0x00020011, 0x86000000);
	KUNIT_EXPECT_EQ(test, vfio_ccw_statusq_head(&q)->irb.ecw[0], 0x08);
	expect_head(test, &q, 0x00020011, 0x02000000);

	/* Sense comes into what has none */
	push(&q, 0x00000011, 0x80000000, UNSOL, 1);
	vfio_ccw_statusq_push(&q, &third, UNSOL, 1);
	KUNIT_EXPECT_EQ(test, vfio_ccw_statusq_head(&q)->irb.ecw[0], 0x08);
	expect_head(test, &q, 0x00020011, 0x82000000);
}

/* Attention by another path is another event, however often each comes */
static void unsolicited_by_path(struct kunit *test)
{
	struct vfio_ccw_irb irb = irb_of(0x00000011, 0x80000000);
	static struct vfio_ccw_statusq q;
	unsigned int round, path;

	vfio_ccw_statusq_init(&q);
	for (round = 0; round < 3; round++) {
		for (path = 0; path < 8; path++) {
			irb.esw.logout = cpu_to_be32(0x00800000U >> path);
			vfio_ccw_statusq_push(&q, &irb, UNSOL, 1);
		}
	}
	/* A logout whose path is not valid names none */
	irb.scsw.ctl = cpu_to_be32(0x04000011);
	irb.esw.logout = cpu_to_be32(0x00800000);
	vfio_ccw_statusq_push(&q, &irb, UNSOL, 1);
	irb.scsw.ctl = cpu_to_be32(0x00000011);
	irb.esw.logout = 0;
	vfio_ccw_statusq_push(&q, &irb, UNSOL, 1);

	KUNIT_ASSERT_EQ(test, q.len, 9U);
	for (path = 0; path < 8; path++) {
		KUNIT_EXPECT_EQ(test, be32_to_cpu(vfio_ccw_statusq_head(&q)
						  ->irb.esw.logout),
				0x00800000U >> path);
		expect_head(test, &q, 0x00000011, 0x80000000);
	}
	expect_head(test, &q, 0x00000011, 0x80000000);
	KUNIT_EXPECT_EQ(test, q.dropped, 0U);
}

/* Whoever never reads loses the sense of attentions, never an end */
static void unsolicited_without_end(struct kunit *test)
{
	struct vfio_ccw_irb irb = irb_of(0x00020011, 0x82000000);
	static struct vfio_ccw_statusq q;
	unsigned int i;

	vfio_ccw_statusq_init(&q);
	for (i = 0; i < 3 * VFIO_CCW_STATUSQ_LEN; i++)
		vfio_ccw_statusq_push(&q, &irb, UNSOL, 1);
	KUNIT_EXPECT_EQ(test, q.len, 11U);
	push(&q, 0x000040c9, 0, INTER, 2);
	push(&q, 0x00004007, 7, ENDS, 2);
	vfio_ccw_statusq_push(&q, &irb, UNSOL, 2);
	KUNIT_EXPECT_EQ(test, q.dropped, 0U);
	for (i = 0; i < 11; i++)
		expect_head(test, &q, 0x00020011, 0x82000000);
	expect_head(test, &q, 0x000040c9, 0);
	expect_head(test, &q, 0x00004007, 7);
}

/* Secondary status joins its primary status, as TEST SUBCHANNEL shows it */
static void secondary(struct kunit *test)
{
	/* the format bit says nothing there: it is that of the end */
	struct vfio_ccw_irb rest = irb_of(0x00820013, 0x06000000);
	static struct vfio_ccw_statusq q;

	vfio_ccw_statusq_init(&q);
	push(&q, 0x00804045, 0x08000123, ENDS, 1);
	push(&q, 0x00000011, 0x80000000, UNSOL, 1);
	push(&q, 0x00000003, 0x04000000, REST, 1);
	KUNIT_EXPECT_EQ(test, q.len, 2U);
	expect_head(test, &q, 0x00804007, 0x0c000123);
	vfio_ccw_statusq_purge(&q);

	/* With a unit check its sense comes along */
	push(&q, 0x00004045, 0x08000000, ENDS, 1);
	rest.ecw[0] = 0x10;
	rest.esw.erw = cpu_to_be32(0x01080000);
	vfio_ccw_statusq_push(&q, &rest, REST, 1);
	KUNIT_EXPECT_EQ(test, vfio_ccw_statusq_head(&q)->irb.ecw[0], 0x10);
	KUNIT_EXPECT_EQ(test,
			be32_to_cpu(vfio_ccw_statusq_head(&q)->irb.esw.erw),
			0x01080000U);
	expect_head(test, &q, 0x00024017, 0x0e000000);

	/* ... unless the end has sense of its own */
	push(&q, 0x00024055, 0x0a000000, ENDS, 1);
	vfio_ccw_statusq_push(&q, &rest, REST, 1);
	vfio_ccw_statusq_push(&q, &rest, REST, 1);
	KUNIT_EXPECT_EQ(test, q.len, 3U);
	vfio_ccw_statusq_purge(&q);

	/* Not into what has it already, was deferred, or is another start's */
	push(&q, 0x00004007, 0x0c000000, ENDS, 1);
	push(&q, 0x00000003, 0x04000000, REST, 1);
	KUNIT_EXPECT_EQ(test, q.len, 2U);
	vfio_ccw_statusq_purge(&q);
	push(&q, 0x01004015, 0, ENDS, 1);
	push(&q, 0x00000003, 0x04000000, REST, 1);
	KUNIT_EXPECT_EQ(test, q.len, 2U);
	vfio_ccw_statusq_purge(&q);
	push(&q, 0x00004005, 0, ENDS, 1);
	push(&q, 0x00000003, 0x04000000, REST, 2);
	push(&q, 0x00000003, 0x20000000, REST, 2);
	KUNIT_EXPECT_EQ(test, q.len, 2U);
	vfio_ccw_statusq_pop(&q);
	expect_head(test, &q, 0x00000003, 0x24000000);
}

/* HALT SUBCHANNEL resets PCI, but not the status of a suspended program */
static void purge_intermediate(struct kunit *test)
{
	static struct vfio_ccw_statusq q;

	vfio_ccw_statusq_init(&q);
	push(&q, 0x000040c9, 0, INTER, 1);
	vfio_ccw_statusq_head(&q)->peeked = true;
	push(&q, 0x00004029, 0, INTER, 1);
	push(&q, 0x00000011, 0, UNSOL, 1);
	vfio_ccw_statusq_purge_inter(&q);
	KUNIT_EXPECT_EQ(test, q.len, 2U);
	expect_head(test, &q, 0x00004029, 0);
	expect_head(test, &q, 0x00000011, 0);
}

/* Hardware against all rules: ends are kept as long as there is room */
static void overflow(struct kunit *test)
{
	static struct vfio_ccw_statusq q;
	unsigned int i;

	vfio_ccw_statusq_init(&q);
	for (i = 0; i < VFIO_CCW_STATUSQ_LEN / 2; i++) {
		push(&q, 0x00004007, i, ENDS, i);
		push(&q, 0x000040c9, 0, INTER, i);
	}
	KUNIT_EXPECT_EQ(test, q.len, (unsigned int)VFIO_CCW_STATUSQ_LEN);
	for (; i < VFIO_CCW_STATUSQ_LEN; i++)
		push(&q, 0x00004007, i, ENDS, i);
	KUNIT_EXPECT_EQ(test, q.dropped, VFIO_CCW_STATUSQ_LEN / 2U);
	push(&q, 0x00004007, i, ENDS, i);
	KUNIT_EXPECT_EQ(test, q.dropped, VFIO_CCW_STATUSQ_LEN / 2U + 1);
	for (i = 0; i < VFIO_CCW_STATUSQ_LEN; i++)
		expect_head(test, &q, 0x00004007, i);
	KUNIT_EXPECT_EQ(test, q.len, 0U);
}

static struct kunit_case status_cases[] = {
	KUNIT_CASE(classes),
	KUNIT_CASE(made_up),
	KUNIT_CASE(order),
	KUNIT_CASE(identities),
	KUNIT_CASE(intermediate),
	KUNIT_CASE(peeked),
	KUNIT_CASE(unsolicited),
	KUNIT_CASE(unsolicited_by_path),
	KUNIT_CASE(unsolicited_without_end),
	KUNIT_CASE(secondary),
	KUNIT_CASE(purge_intermediate),
	KUNIT_CASE(overflow),
	{}
};

static struct kunit_suite status_suite = {
	.name = "vfio_ccw_status",
	.test_cases = status_cases,
};

kunit_test_suites(&status_suite);

MODULE_DESCRIPTION("Tests of the classification and queues of status");
MODULE_LICENSE("GPL");
