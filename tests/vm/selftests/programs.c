// SPDX-License-Identifier: GPL-2.0
/*
 * Channel programs of every form that QEMU's virtual channel and a virtio-rng
 * device allow: what is transferred, what is refused, where a program is told
 * to have ended.
 *
 * That channel begins each block of an indirect list with the first byte of
 * the device's data again; what a block must hold is therefore the start of
 * the data, wherever the list has led. virtio-rng answers SENSE ID with
 * ff 38 32 04.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>

#define DEVICE_UUID UUID_RNG
#include "fixture.h"

TEST_F(device, one_ccw)
{
	const char *text;

	text = "first: nop sli; expect dev ce+de; expect sch none;"
	       "expect cpa first+8";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "buffer id 64 fill=0xee; first: sense-id id 4 sli;"
	       "expect dev ce+de; expect sch none; expect count 0;"
	       "expect cpa first+8; expect data id ff 38 32 04 ee ee";
	EXPECT_EQ(0, try(&self->dev, text));
}

/*
 * Each count and start that meets a page boundary in another way. Below four
 * bytes the device's first one is zero.
 */
TEST_F(device, counts_and_alignments)
{
	static const unsigned int counts[] = {
		1, 2, 3, 4, 7, 8, 32, 4095, 4096, 4097, 65535,
	};
	static const unsigned int skews[] = { 0, 1, 2047, 2048, 4093, 4095 };
	char text[400];
	size_t i, j;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		for (j = 0; j < sizeof(skews) / sizeof(skews[0]); j++) {
			snprintf(text, sizeof(text),
				 "buffer id 70000 align=4096 skew=%u fill=0xee;"
				 "first: sense-id id %u sli; expect dev ce+de;"
				 "expect sch none; expect cpa first+8;"
				 "expect data id %s; expect data id+69999 ee",
				 skews[j], counts[i],
				 counts[i] < 4 ? "00" : "ff");
			ccwio_alloc_reset(&self->dev);
			EXPECT_EQ(0, try(&self->dev, text))
				TH_LOG("count %u at %u", counts[i], skews[j]);
		}
	}
}

/* What lies around the buffer in the same page stays */
TEST_F(device, neighbours_stay)
{
	const char *text;

	text = "buffer page 4096 align=4096 fill=0x55;"
	       "sense-id page+100 4 sli; expect data page+99 55 ff 38 32 04 55;"
	       "expect data page 55 55; expect data page+4094 55 55";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, residual_count)
{
	struct ccwio_irb irb;
	struct ccwio_orb orb;

	/* The device has 256 bytes to say */
	ASSERT_EQ(0, begin_orb(&self->dev, "buffer id 4096 fill=0xee;"
			       "sense-id id 4096 sli", &orb));
	ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
	EXPECT_EQ(4096 - 256, irb.scsw.count);
}

TEST_F(device, format_0)
{
	const char *text;
	struct ccwio_irb irb;

	text = "orb P; buffer id 64 fill=0xee; first: sense-id id 4 sli;"
	       "expect dev ce+de; expect sch none; expect cpa first+8;"
	       "expect data id ff 38 32 04 ee";
	EXPECT_EQ(0, try(&self->dev, text));
	ASSERT_EQ(0, begin(&self->dev, "orb P; nop 0 1 sli"));
	ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(0, irb.scsw.ctl & CCWIO_ORB_F);
	ASSERT_EQ(0, begin(&self->dev, "orb F P; nop 0 1 sli"));
	ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_ORB_F, irb.scsw.ctl & CCWIO_ORB_F);
}

/* The low half of the command code alone makes it a TIC in format 0 */
TEST_F(device, format_0_tic)
{
	const char *text;

	text = "orb P; buffer id 8 fill=0xee; nop 0 1 cc sli; 0xf8 other;"
	       "segment; other: sense-id id 8 sli;"
	       "expect dev ce+de; expect cpa other+8; expect data id ff 38 32";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P; buffer id 8 fill=0xee; first: nop cc sli;"
	       "wrong: 0xf8 other; segment; other: sense-id id 8 sli;"
	       "expect sch prog; expect cpa wrong+8; expect data id ee ee";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, format_0_without_count)
{
	const char *text;

	text = "orb P; buffer id 8 fill=0xee; first: sense-id id 0 sli;"
	       "expect sch prog; expect cpa first+8; expect data id ee";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, idal_format_2)
{
	const char *text;

	text = "orb F P H; buffer b 4096 align=4096 fill=0xee;"
	       "buffer a 4 align=4096 skew=4092 fill=0xee; idal list a b;"
	       "first: sense-id list 8 sli; expect dev ce+de; expect sch none;"
	       "expect cpa first+8; expect data a ff 38 32 04;"
	       "expect data b ff 38 32 04 ee ee";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, idal_format_2_of_2k_blocks)
{
	const char *text;

	text = "orb F P H T; buffer b 2048 align=2048 skew=2048 fill=0xee;"
	       "buffer a 2 align=4096 skew=2046 fill=0xee; idal list a b;"
	       "first: sense-id list 6 sli; expect dev ce+de; expect sch none;"
	       "expect cpa first+8; expect data a ff 38;"
	       "expect data b ff 38 32 04 ee ee";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, idal_format_1)
{
	const char *text;

	text = "orb F P; buffer b 2048 align=2048 fill=0xee;"
	       "buffer a 2 align=2048 skew=2046 fill=0xee; idal list a b;"
	       "first: sense-id list 6 sli; expect dev ce+de; expect sch none;"
	       "expect cpa first+8; expect data a ff 38;"
	       "expect data b ff 38 32 04 ee ee";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb P; buffer b 2048 align=2048 fill=0xee;"
	       "buffer a 2 align=2048 skew=2046 fill=0xee; idal list a b;"
	       "first: sense-id list 6 sli; expect dev ce+de; expect sch none;"
	       "expect cpa first+8; expect data a ff 38;"
	       "expect data b ff 38 32 04 ee ee";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, idal_with_one_page_twice)
{
	const char *text;

	text = "orb F P H; buffer b 4096 align=4096 fill=0xee; idal list b b b;"
	       "first: sense-id list 8200 sli; expect dev ce+de;"
	       "expect cpa first+8; expect data b ff 38 32 04";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, idal_and_direct_in_one_chain)
{
	static const char * const orb[] = { "F P", "F P H", "F P H T" };
	char text[600];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
			 "orb %s; buffer a 8 align=4096 fill=0xee;"
			 "buffer b 8 align=4096 skew=2048 fill=0xee;"
			 "buffer c 5000 align=4096 skew=4090 fill=0xee;"
			 "idal list b; sense-id a 4 cc sli;"
			 "sense-id list 4 cc sli; last: sense-id c 20 sli;"
			 "expect dev ce+de; expect cpa last+8;"
			 "expect data a ff 38 32 04 ee; expect data b ff 38 32 04 ee;"
			 "expect data c ff 38 32 04", orb[i]);
		EXPECT_EQ(0, try(&self->dev, text))
			TH_LOG("orb %s", orb[i]);
	}
}

/* IDAWs and lists that the architecture forbids */
TEST_F(device, wrong_idals)
{
	static const char * const programs[] = {
		/* format 1: more than 31 bits */
		"orb F P; buffer a 8 fill=0xee; idal list 0x80000000;"
		"first: sense-id list 8 sli",
		/* list not on its boundary */
		"orb F P H; buffer a 4096 align=4096 fill=0xee;"
		"first: sense-id a+4 8 ida sli",
		/* list outside memory */
		"orb F P H; buffer a 8 fill=0xee;"
		"first: sense-id 0x10000000 8 ida sli",
		/* data outside memory */
		"orb F P H; buffer a 8 fill=0xee; idal list 0x10000000;"
		"first: sense-id list 8 sli",
	};
	char text[400];
	size_t i;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		snprintf(text, sizeof(text),
			 "%s; expect sch prog; expect cpa first+8;"
			 "expect data a ee", programs[i]);
		EXPECT_EQ(0, try(&self->dev, text))
			TH_LOG("%s", programs[i]);
	}
}

/* A chain of @n CCWs ending in SENSE ID */
static int chain(struct ccwio_dev *dev, unsigned int n, uint32_t *cpa,
		 struct ccwio_irb *irb)
{
	uint64_t id, at;
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff),
	};
	unsigned int i;
	int ret;

	ccwio_alloc_reset(dev);
	id = ccwio_alloc(dev, 64, 8);
	memset(ccwio_mem(dev, id), 0xee, 64);
	at = ccwio_alloc(dev, n * 8, 4096);
	orb.cpa = at;
	for (i = 0; i + 1 < n; i++, at += 8)
		ccwio_put_ccw(dev, at, 1, 0x03, 0, 0, CCWIO_CC | CCWIO_SLI);
	ccwio_put_ccw(dev, at, 1, 0xe4, id, 4, CCWIO_SLI);
	*cpa = at + 8;
	ret = ccwio_start(dev, &orb);
	if (ret)
		return ret;
	return ccwio_answer(dev, TIMEOUT_MS, irb) == 1 ? 0 : -ETIMEDOUT;
}

/* 8192 CCWs are the limit */
TEST_F(device, long_chains)
{
	static const unsigned int n[] = { 1, 2, 255, 256, 257, 511, 512, 513,
					  8191, 8192 };
	struct ccwio_irb irb;
	uint32_t cpa;
	size_t i;

	for (i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		ASSERT_EQ(0, chain(&self->dev, n[i], &cpa, &irb))
			TH_LOG("%u CCWs", n[i]);
		EXPECT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
		EXPECT_EQ(cpa, irb.scsw.cpa);
	}
	EXPECT_EQ(-E2BIG, chain(&self->dev, 8193, &cpa, &irb));
	EXPECT_EQ(-E2BIG, ret_code(&self->dev, CCWIO_REGION_IO));
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F(device, tic)
{
	const char *text;

	/* forward in the same segment, over a CCW that must not run */
	text = "buffer id 8 fill=0xee; buffer no 8 fill=0xee;"
	       "nop cc sli; tic last; sense-id no 8 cc sli;"
	       "last: sense-id id 8 sli; expect dev ce+de;"
	       "expect cpa last+8; expect data id ff 38; expect data no ee ee";
	EXPECT_EQ(0, try(&self->dev, text));
	/* to the middle of another segment */
	text = "buffer id 8 fill=0xee; buffer no 8 fill=0xee;"
	       "nop cc sli; tic last; segment; sense-id no 8 cc sli;"
	       "last: sense-id id 8 sli; expect dev ce+de;"
	       "expect cpa last+8; expect data id ff 38; expect data no ee ee";
	EXPECT_EQ(0, try(&self->dev, text));
	/* backward: the program begins in the middle */
	text = "orb F P cpa=begin; buffer id 8 fill=0xee;"
	       "last: sense-id id 8 sli; begin: nop cc sli; tic last;"
	       "expect dev ce+de; expect cpa last+8; expect data id ff 38";
	EXPECT_EQ(0, try(&self->dev, text));
	/* through many segments */
	text = "buffer id 8 fill=0xee; nop cc sli; tic b; segment;"
	       "b: nop cc sli; tic c; segment; c: nop cc sli; tic d; segment;"
	       "d: nop cc sli; tic e; segment; e: sense-id id 8 sli;"
	       "expect dev ce+de; expect cpa e+8; expect data id ff 38";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, wrong_tics)
{
	const char *text;

	/* a TIC leads to a TIC: the second one is at fault */
	text = "first: nop cc sli; tic second; second: tic first;"
	       "expect sch prog; expect cpa second+8";
	EXPECT_EQ(0, try(&self->dev, text));
	/* not on a doubleword boundary */
	text = "first: nop cc sli; wrong: tic first+4;"
	       "expect sch prog; expect cpa wrong+8";
	EXPECT_EQ(0, try(&self->dev, text));
	/* nothing there */
	text = "first: nop cc sli; wrong: tic 0x10000000;"
	       "expect sch prog; expect cpa wrong+8";
	EXPECT_EQ(0, try(&self->dev, text));
	/* format 1: no flags, no count */
	text = "first: nop cc sli; wrong: raw 08000001 00000000;"
	       "expect sch prog; expect cpa wrong+8";
	EXPECT_EQ(0, try(&self->dev, text));
	EXPECT_EQ(1, works(&self->dev));
}

/*
 * @n segments, each before the one it comes from in storage and with a CCW
 * behind its TIC, which a status modifier might lead to
 */
static uint64_t put_segments(struct ccwio_dev *dev, unsigned int n)
{
	uint64_t at, first;
	unsigned int i;

	ccwio_alloc_reset(dev);
	first = ccwio_alloc(dev, 32 * n, 4096) + 32 * (n - 1);
	for (i = 1, at = first; i < n; i++, at -= 32) {
		ccwio_put_ccw(dev, at, 1, 0x03, 0, 0, CCWIO_CC | CCWIO_SLI);
		ccwio_put_ccw(dev, at + 8, 1, 0x08, at - 32, 0, 0);
		ccwio_put_ccw(dev, at + 16, 1, 0x03, 0, 0, CCWIO_SLI);
	}
	ccwio_put_ccw(dev, at, 1, 0x03, 0, 0, CCWIO_SLI);
	return first;
}

/* 1024 segments are the limit */
TEST_F(device, many_segments)
{
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff),
	};
	static const unsigned int n[] = { 16, 17, 1023, 1024 };
	unsigned long again = loops(100);
	struct ccwio_irb irb;
	size_t i;

	for (i = 0; i < sizeof(n) / sizeof(n[0]); i++) {
		orb.cpa = put_segments(&self->dev, n[i]);
		ASSERT_EQ(0, ccwio_start(&self->dev, &orb));
		ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
		EXPECT_EQ(CCWIO_DEV_CE | CCWIO_DEV_DE, irb.scsw.dev);
		EXPECT_EQ(0, irb.scsw.sch);
	}
	orb.cpa = put_segments(&self->dev, 1025);
	while (again--)
		ASSERT_EQ(-E2BIG, ccwio_start(&self->dev, &orb));
	EXPECT_EQ(1, works(&self->dev));
}

/* Nothing of a program that goes wrong is left behind */
TEST_F_TIMEOUT(device, wrong_programs_many_times, 120)
{
	static const char * const programs[] = {
		/* TICs to each other */
		"nop cc sli; a: tic b; b: tic a",
		/* a TIC into nothing, behind data that were pinned */
		"buffer d 8192; sense-id d 8192 cc sli; tic 0x10000000",
		/* data outside memory, behind such as are inside */
		"orb F P H; buffer d 4 align=4096 skew=4092;"
		"idal l d 0x10000000; sense-id l 8 sli",
	};
	unsigned long i, n = loops(3000);
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	size_t p;

	for (p = 0; p < sizeof(programs) / sizeof(programs[0]); p++) {
		ccwio_alloc_reset(&self->dev);
		ASSERT_EQ(0, begin_orb(&self->dev, programs[p], &orb));
		for (i = 0; i < n; i++) {
			ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
			ASSERT_EQ(CCWIO_SCH_PROG, irb.scsw.sch)
				TH_LOG("%s", programs[p]);
			if (!(i % 128))
				ASSERT_EQ(self->pins, pins());
			ASSERT_EQ(0, ccwio_start(&self->dev, &orb));
		}
		ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	}
	EXPECT_EQ(1, works(&self->dev));
}

/* Programs that would never end are ended by the channel or by the user */
TEST_F(device, loop_of_tics_in_many_segments)
{
	char text[8000] = "buffer id 8 fill=0xee; nop cc sli; tic s1;";
	unsigned int i;
	size_t used;

	/* 60 segments */
	for (i = 1; i < 60; i++) {
		used = strlen(text);
		snprintf(text + used, sizeof(text) - used,
			 "segment; s%u: nop cc sli; tic s%u;", i, i + 1);
	}
	strcat(text, "segment; s60: sense-id id 8 sli; expect dev ce+de;"
	       "expect cpa s60+8; expect data id ff 38");
	EXPECT_EQ(0, try(&self->dev, text));
}

/* A program may end with the last byte of memory */
TEST_F(device, at_the_end_of_memory)
{
	uint64_t end = CCWIO_BASE + CCWIO_SIZE;
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff),
	};
	struct ccwio_irb irb;
	unsigned int size;

	for (size = 8; size <= 2048; size *= 2) {
		unsigned int at;

		for (at = size; at > 8; at -= 8)
			ccwio_put_ccw(&self->dev, end - at, 1, 0x03, 0, 0,
				      CCWIO_CC | CCWIO_SLI);
		ccwio_put_ccw(&self->dev, end - 8, 1, 0x03, 0, 0, CCWIO_SLI);
		orb.cpa = end - size;
		ASSERT_EQ(0, ccwio_start(&self->dev, &orb));
		ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
		EXPECT_EQ(0, irb.scsw.sch);
		EXPECT_EQ(end, irb.scsw.cpa);
	}
	/* One that does not end there runs into nothing */
	ccwio_put_ccw(&self->dev, end - 8, 1, 0x03, 0, 0, CCWIO_CC | CCWIO_SLI);
	orb.cpa = end - 8;
	ASSERT_EQ(0, ccwio_start(&self->dev, &orb));
	ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_SCH_PROG, irb.scsw.sch);
	EXPECT_EQ(end + 8, irb.scsw.cpa);
}

/* What transfers nothing may point anywhere */
TEST_F(device, junk_addresses_that_nobody_uses)
{
	const char *text;

	text = "first: nop 0x10000000 sli; expect dev ce+de; expect sch none;"
	       "expect cpa first+8";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "first: sense-id 0x10000000 8 skip sli; expect dev ce+de;"
	       "expect sch none; expect cpa first+8";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "first: nop 0x10000000 0 sli cc; last: nop sli;"
	       "expect dev ce+de; expect cpa last+8";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, skip_stores_nothing)
{
	const char *text;

	text = "buffer id 64 fill=0xee; first: sense-id id 64 skip sli;"
	       "expect dev ce+de; expect sch none; expect cpa first+8;"
	       "expect data id ee ee ee ee";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, data_outside_memory)
{
	const char *text;

	/* the CCWs before it run */
	text = "buffer a 8 fill=0xee; buffer b 8 fill=0xee;"
	       "sense-id a 4 cc sli; sense-id b 4 cc sli;"
	       "wrong: sense-id 0x10000000 8 cc sli; nop sli;"
	       "expect sch prog; expect cpa wrong+8;"
	       "expect data a ff 38 32 04; expect data b ff 38 32 04";
	EXPECT_EQ(0, try(&self->dev, text));
	/* just below a mapping */
	text = "buffer a 4096 at=0x70000000 fill=0xee;"
	       "first: sense-id 0x6ffff800 8 sli; expect sch prog;"
	       "expect cpa first+8; expect data a ee";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, program_outside_memory)
{
	const char *text;

	text = "orb F P cpa=0x10000000;"
	       "expect sch prog; expect cpa 0x10000008";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P cpa=first+4; first: nop sli;"
	       "expect sch prog";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P cpa=first+1; first: nop sli;"
	       "expect sch prog";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P cpa=0x7ffffff8;"
	       "expect sch prog";
	EXPECT_EQ(0, try(&self->dev, text));
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F(device, invalid_command)
{
	const char *text;

	text = "buffer id 8 fill=0xee; sense-id id 4 cc sli;"
	       "wrong: 0x00 0 8 sli; expect sch prog; expect cpa wrong+8;"
	       "expect data id ff 38 32 04";
	EXPECT_EQ(0, try(&self->dev, text));
}

TEST_F(device, command_the_device_rejects)
{
	const char *text;

	text = "buffer x 64; first: 0x9f x 8 sli; expect sch none;"
	       "expect cpa first+8; expect dev uc";
	EXPECT_EQ(0, try(&self->dev, text));
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F(device, read_only_memory)
{
	const char *text;

	/* the channel may fetch from it */
	text = "buffer a 4096 at=0x70000000 readonly; first: nop a 8 sli;"
	       "expect dev ce+de; expect sch none; expect cpa first+8";
	EXPECT_EQ(0, try(&self->dev, text));
	/* a CCW and a list may lie there */
	text = "buffer a 4096 at=0x70000000 readonly; orb F P H cpa=a;"
	       "buffer id 8 fill=0xee; idal list id; segment at=0x70000000;"
	       "first: sense-id list 4 sli; expect dev ce+de;"
	       "expect cpa first+8; expect data id ff 38 32 04";
	EXPECT_EQ(0, try(&self->dev, text));
	/* but not store into it */
	text = "buffer a 4096 at=0x70000000 readonly fill=0xee;"
	       "first: sense-id a 8 sli; expect sch prot;"
	       "expect cpa first+8; expect data a ee";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P H; buffer a 4096 at=0x70000000 readonly fill=0xee;"
	       "idal list a; first: sense-id list 8 sli; expect sch prot;"
	       "expect cpa first+8; expect data a ee";
	EXPECT_EQ(0, try(&self->dev, text));
}

/* What a minute of the log may have of one kind of message */
#define LINES_A_MINUTE	10

/*
 * The most messages of the driver's with @text that any minute of the kernel's log
 * has, since this program began: a module that was loaded again counts anew. @all
 * is how many there are.
 */
static unsigned int warnings(const char *text, unsigned int *all)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	unsigned long long us, when[64] = { 0 };
	unsigned int most = 0, i, within;
	char line[2048];
	ssize_t n;

	*all = 0;
	if (fd < 0)
		return 0;
	do {
		n = read(fd, line, sizeof(line) - 1);
		if (n <= 0)
			continue;
		line[n] = '\0';
		if (strstr(line, "selftests: program "))
			*all = 0;
		if (!strstr(line, text) || *all == 64 ||
		    sscanf(line, "%*u,%*u,%llu", &us) != 1)
			continue;
		when[(*all)++] = us;
		for (i = within = 0; i < *all; i++)
			within += when[i] + 60000000 >= us;
		most = within > most ? within : most;
	} while (n > 0 || (n < 0 && errno == EPIPE));
	close(fd);
	return most;
}

/*
 * It runs, and the log says so; not each time. For longer than the five seconds in
 * which the kernel's own limit lets ten lines through.
 */
TEST_F_TIMEOUT(device, no_prefetch, 120)
{
	struct ccwio_irb irb;
	unsigned int all, i;
	const char *text;

	text = "orb F; buffer id 8 fill=0xee; nop cc sli;"
	       "first: sense-id id 4 sli; expect dev ce+de;"
	       "expect cpa first+8; expect data id ff 38 32 04";
	EXPECT_EQ(0, try(&self->dev, text));
	EXPECT_LT(0, warnings("forbids prefetching", &all));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, begin(&self->dev, "orb F; nop sli"));
		ASSERT_EQ(1, ccwio_answer(&self->dev, TIMEOUT_MS, &irb));
		usleep(120000);
	}
	EXPECT_GE(LINES_A_MINUTE, warnings("forbids prefetching", &all));
	/* Whatever the minute is, and however many programs */
	EXPECT_GT(64, all);
}

/*
 * A program that reads over the CCW it comes to next ends there, and the log says
 * why, although prefetching is allowed; not of one that ends there for its own
 * reasons.
 */
TEST_F(device, own_ccws_overwritten)
{
	static const char said[] = "has read over its own CCWs";
	unsigned int before, all;
	const char *text;

	warnings(said, &before);
	text = "buffer id 8 fill=0xee; sense-id id 8 cc sli; next: raw 0000000000000000;"
	       "expect sch prog; expect cpa next+8; expect data id ff 38";
	EXPECT_EQ(0, try(&self->dev, text));
	warnings(said, &all);
	EXPECT_EQ(before, all);
	text = "sense-id next 8 cc sli; next: raw 0000000000000000;"
	       "expect sch prog; expect cpa next+8; expect data next ff 38";
	EXPECT_EQ(0, try(&self->dev, text));
	warnings(said, &all);
	EXPECT_LT(before, all);
}

/* The guest's interruption parameter is nobody's business but the guest's */
TEST_F(device, any_interruption_parameter)
{
	static const char * const value[] = {
		"0", "1", "0x7fffffff", "0xffffffff", "0xdeadbeef",
	};
	char text[200];
	size_t i;

	for (i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "orb F P intparm=%s; nop sli;"
			 "expect dev ce+de", value[i]);
		EXPECT_EQ(0, try(&self->dev, text));
	}
}

TEST_F(device, orb_controls)
{
	const char *text;

	/* allowed, and without effect on this device */
	text = "orb F P L; nop sli; expect dev ce+de";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P U; nop sli; expect dev ce+de";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P key=0 lpm=0x80; nop sli;"
	       "expect dev ce+de";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P A; nop sli; expect dev ce+de";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P X; nop sli; expect dev ce+de";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P D C M Y; nop sli; expect dev ce+de";
	EXPECT_EQ(0, try(&self->dev, text));
	/* the device has no such path */
	text = "orb F P lpm=0x40; nop sli;"
	       "expect errno EACCES";
	EXPECT_EQ(0, try(&self->dev, text));
	/* without a name any path will do */
	text = "orb F P lpm=0; nop sli; expect dev ce+de";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb P lpm=0; nop 0 1 sli; expect dev ce+de";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P lpm=0; buffer id 64; sense-id id 64 sli;"
	       "expect dev ce+de; expect data id ff";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P B; nop sli;"
	       "expect errno EOPNOTSUPP";
	EXPECT_EQ(0, try(&self->dev, text));
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F(device, reserved_orb_bits)
{
	struct ccwio_orb orb = { 0 };
	unsigned int bit;

	ASSERT_EQ(0, begin_orb(&self->dev, "nop sli", &orb));
	ASSERT_EQ(1, has_event(self->dev.event[0], TIMEOUT_MS));
	ASSERT_EQ(0, ccwio_read_irb(&self->dev, &(struct ccwio_irb){ 0 }));
	for (bit = 1; bit <= 5; bit++) {
		orb.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0x80) |
			  1u << bit;
		EXPECT_EQ(-EINVAL, ccwio_start(&self->dev, &orb));
	}
	EXPECT_EQ(1, works(&self->dev));
}

TEST_F(device, wrong_midals)
{
	const char *text;

	/* not announced in the ORB */
	text = "buffer a 8 fill=0xee; midal list a/8;"
	       "first: sense-id list 8 sli; expect sch prog;"
	       "expect cpa first+8; expect data a ee";
	EXPECT_EQ(0, try(&self->dev, text));
	/* with the other kind of list, or with the skip flag of the CCW */
	text = "orb F P D; buffer a 8 fill=0xee; midal list a/8;"
	       "first: sense-id list 8 sli ida; expect sch prog;"
	       "expect cpa first+8; expect data a ee";
	EXPECT_EQ(0, try(&self->dev, text));
	text = "orb F P D; buffer a 8 fill=0xee; midal list a/8;"
	       "first: sense-id list 8 sli skip; expect sch prog;"
	       "expect cpa first+8; expect data a ee";
	EXPECT_EQ(0, try(&self->dev, text));
	/* data outside memory */
	text = "orb F P D; buffer a 8 fill=0xee; midal list 0x10000000/8;"
	       "first: sense-id list 8 sli; expect sch prog;"
	       "expect cpa first+8; expect data a ee";
	EXPECT_EQ(0, try(&self->dev, text));
}

struct rewriter {
	uint8_t *mem;
	size_t size;
	atomic_bool stop;
};

static void *rewrite(void *arg)
{
	struct rewriter *r = arg;
	unsigned int seed = 1;
	size_t at;

	while (!r->stop) {
		seed = seed * 1103515245 + 12345;
		at = (seed >> 8) % r->size;
		r->mem[at] = seed >> 24;
	}
	return NULL;
}

/* The guest changes program and list while they are translated */
TEST_F_TIMEOUT(device, guest_rewrites_its_program, 120)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned long i, n = loops(3000), refused = 0;
	struct ccwio_orb orb = { 0 };
	struct rewriter r = { 0 };
	struct ccwio_irb irb;
	uint64_t page, data;
	pthread_t thread;
	int ret;

	page = ccwio_alloc(dev, 4096, 4096);
	data = ccwio_alloc(dev, 4096, 4096);
	orb.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_H |
		  CCWIO_ORB_LPM(0x80);
	orb.cpa = page;
	r.mem = ccwio_mem(dev, page);
	r.size = 512;
	ASSERT_EQ(0, pthread_create(&thread, NULL, rewrite, &r));
	for (i = 0; i < n; i++) {
		ccwio_put_ccw(dev, page, 1, 0xe4, page + 256, 8,
			      CCWIO_CC | CCWIO_SLI | CCWIO_IDA);
		ccwio_put_ccw(dev, page + 8, 1, 0xe4, data, 8,
			      CCWIO_CC | CCWIO_SLI);
		ccwio_put_ccw(dev, page + 16, 1, 0x08, page + 64, 0, 0);
		ccwio_put_ccw(dev, page + 64, 1, 0x03, 0, 0, CCWIO_SLI);
		ccwio_put_doubleword(dev, page + 256, data);
		ret = ccwio_start(dev, &orb);
		if (ret) {
			EXPECT_TRUE(ret == -E2BIG || ret == -EINVAL);
			refused++;
			continue;
		}
		ret = ccwio_answer(dev, 1000, &irb);
		ASSERT_LE(0, ret);
		/* A loop that is of the guest's making does not end */
		if (!ret)
			ASSERT_EQ(0, ccwio_reset(dev));
	}
	r.stop = true;
	pthread_join(thread, NULL);
	TH_LOG("%lu starts, %lu refused", n, refused);
	ccwio_alloc_reset(dev);
	EXPECT_EQ(1, works(dev));
}

TEST_HARNESS_MAIN
