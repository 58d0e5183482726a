// SPDX-License-Identifier: GPL-2.0
/*
 * Every errno of Documentation/uapi.rst: which request answers what in which
 * state, which of two reasons wins, and that nothing else changes.
 *
 * A translation is stopped in its middle by memory that is not there yet
 * (userfaultfd), so that another request meets it for certain.
 */
#define _GNU_SOURCE
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>

#define DEVICE_UUID UUID_RNG
#include "fixture.h"

#define FC	0x7000
#define SC	0x001f
#define ENDED	(CCWIO_SC_PRIM | CCWIO_SC_SEC | CCWIO_SC_PEND)

static const size_t sizes[CCWIO_NR_REGIONS] = { 124, 8, 52, 8 };

/* What a user can see of the device without changing it */
struct view {
	uint8_t io[124];
	uint8_t command[8];
	uint8_t schib[52];
	long pins;
};

/* Status is taken by a read of all of irb_area only */
static struct view look(struct ccwio_dev *dev)
{
	struct view v = { .pins = pins() };

	if (raw_read(dev, 0, 0, v.io, 60) != 60 ||
	    raw_read(dev, 0, 60, v.io + 60, 64) != 64 ||
	    raw_read(dev, 1, 0, v.command, 8) != 8 ||
	    raw_read(dev, 2, 0, v.schib, 52) != 52)
		memset(&v, 0xff, sizeof(v));
	return v;
}

static int unchanged(struct ccwio_dev *dev, const struct view *before)
{
	struct view now = look(dev);

	return now.pins >= 0 && !memcmp(&now, before, sizeof(now)) &&
	       !has_event(dev->event[CCWIO_IRQ_CRW], 0) &&
	       !has_event(dev->event[CCWIO_IRQ_REQ], 0);
}

/* The same but for the request's own traces: its areas and its result */
static int only_answered(struct ccwio_dev *dev, const struct view *before)
{
	struct view now = look(dev);

	memcpy(now.io, before->io, offsetof(struct ccw_io_region, irb_area));
	memcpy(now.io + 120, before->io + 120, 4);
	memcpy(now.command, before->command, 8);
	return now.pins >= 0 && !memcmp(&now, before, sizeof(now));
}

enum situation { IDLE, QUEUED, BUSY, NR_SITUATIONS };

static int enter(struct ccwio_dev *dev, enum situation situation)
{
	struct ccwio_orb orb;

	ccwio_alloc_reset(dev);
	if (situation == QUEUED)
		return begin(dev, "nop sli") ? -EIO :
		       signalled(dev->event[0], TIMEOUT_MS) ? 0 : -ETIMEDOUT;
	return situation == BUSY ? suspend(dev, &orb) : 0;
}

/* The situation is as it was, and ends as it should */
static int leave(struct ccwio_dev *dev, enum situation situation)
{
	struct ccwio_irb irb = { 0 };

	if (situation == QUEUED &&
	    (ccwio_read_irb(dev, &irb) || (irb.scsw.ctl & SC) != ENDED ||
	     irb.scsw.dev != (CCWIO_DEV_CE | CCWIO_DEV_DE)))
		return 0;
	if (situation == QUEUED)
		has_event(dev->event[0], 0);
	if (situation == BUSY &&
	    (!suspended(dev) || ccwio_command(dev, CCWIO_CMD_CANCEL)))
		return 0;
	return silent(dev, 20) && works(dev);
}

TEST_F(device, malformed_writes_of_the_io_region)
{
	struct ccwio_dev *dev = &self->dev;
	uint8_t data[256];
	struct view before;
	size_t at, size;
	int s;

	memset(data, 0x5a, sizeof(data));
	for (s = 0; s < NR_SITUATIONS; s++) {
		ASSERT_EQ(0, enter(dev, s));
		before = look(dev);
		for (size = 0; size < 24; size++)
			ASSERT_EQ(-EINVAL, raw_write(dev, 0, 0, data, size));
		for (at = 1; at < 124; at++) {
			ASSERT_EQ(-EINVAL, raw_write(dev, 0, at, data, 1));
			ASSERT_EQ(-EINVAL, raw_write(dev, 0, at, data,
						     124 - at));
		}
		ASSERT_EQ(-EINVAL, raw_write(dev, 0, 0, data, 125));
		EXPECT_EQ(1, unchanged(dev, &before));
		EXPECT_EQ(1, leave(dev, s));
	}
}

TEST_F(device, malformed_writes_of_other_regions)
{
	struct ccwio_dev *dev = &self->dev;
	uint8_t data[64] = { 0 };
	struct view before;
	size_t at, size;
	int s;

	/* What would be CLEAR SUBCHANNEL if anybody took it */
	data[3] = CCWIO_CMD_CLEAR;
	for (s = 0; s < NR_SITUATIONS; s++) {
		ASSERT_EQ(0, enter(dev, s));
		before = look(dev);
		for (at = 0; at < 8; at++)
			for (size = 0; size < 10; size++)
				if (at || size < 4 || size > 8)
					ASSERT_EQ(-EINVAL,
						  raw_write(dev, 1, at, data,
							    size));
		for (at = 0; at < 52; at++)
			ASSERT_EQ(-EINVAL, raw_write(dev, 2, at, data,
						     52 - at));
		for (at = 0; at < 8; at++)
			ASSERT_EQ(-EINVAL, raw_write(dev, 3, at, data, 8 - at));
		EXPECT_EQ(1, unchanged(dev, &before));
		EXPECT_EQ(1, leave(dev, s));
	}
}

/* Any part of a region reads as that part of the whole */
TEST_F(device, reads_of_any_length)
{
	struct ccwio_dev *dev = &self->dev;
	uint8_t whole[124], part[256];
	size_t at, size;
	int r;

	ASSERT_EQ(1, works(dev));
	for (r = 0; r < CCWIO_NR_REGIONS; r++) {
		ASSERT_EQ(sizes[r], raw_read(dev, r, 0, whole, sizes[r]));
		for (at = 0; at < sizes[r]; at++) {
			for (size = 0; size <= sizes[r] - at; size++) {
				ASSERT_EQ(size, raw_read(dev, r, at, part,
							 size));
				ASSERT_EQ(0, memcmp(part, whole + at, size));
			}
			ASSERT_EQ(-EINVAL, raw_read(dev, r, at, part, size));
		}
	}
}

/* Between the regions and behind them there is nothing */
TEST_F(device, accesses_outside)
{
	struct ccwio_dev *dev = &self->dev;
	struct view before = look(dev);
	uint8_t data[8] = { 0 };
	unsigned int bit;
	size_t at;
	int r;

	for (r = 0; r < CCWIO_NR_REGIONS; r++) {
		for (at = sizes[r]; at < 1024; at++) {
			ASSERT_EQ(-EINVAL, raw_read(dev, r, at, data, 1));
			ASSERT_EQ(-EINVAL, raw_write(dev, r, at, data, 1));
			ASSERT_EQ(-EINVAL, raw_read(dev, r, at, data, 0));
		}
	}
	for (bit = 12; bit < 63; bit++) {
		ASSERT_EQ(-EINVAL, raw_read(dev, 0, 1ull << bit, data, 1));
		ASSERT_EQ(-EINVAL, raw_write(dev, 0, 1ull << bit, data, 4));
	}
	EXPECT_EQ(1, unchanged(dev, &before));
	EXPECT_EQ(1, works(dev));
}

/* Two pages, the second of which nobody can touch */
static uint8_t *cliff(void)
{
	uint8_t *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || mprotect(page + 4096, 4096, PROT_NONE))
		abort();
	return page + 4096;
}

/* Also if only the last byte of it is missing */
TEST_F(device, user_memory_that_is_missing)
{
	struct ccwio_dev *dev = &self->dev;
	uint8_t *end = cliff();
	struct view before;
	size_t size, have;
	int s, r;

	for (s = 0; s < NR_SITUATIONS; s++) {
		ASSERT_EQ(0, enter(dev, s));
		before = look(dev);
		memset(end - 124, 0, 124);
		for (r = 0; r < CCWIO_NR_REGIONS; r++) {
			for (have = 0; have < sizes[r]; have++)
				ASSERT_EQ(-EFAULT, raw_read(dev, r, 0,
							    end - have,
							    sizes[r]));
		}
		/* A start of zeros, and CLEAR SUBCHANNEL */
		memset(end - 124, 0, 124);
		for (size = 24; size <= 124; size++)
			for (have = size - 24; have < size; have += 23)
				ASSERT_EQ(-EFAULT, raw_write(dev, 0, 0,
							     end - have, size));
		for (have = 0; have < 8; have++) {
			if (have > 3)
				(end - have)[3] = CCWIO_CMD_CLEAR;
			ASSERT_EQ(-EFAULT, raw_write(dev, 1, 0, end - have, 8));
			memset(end - have, 0, have);
		}
		EXPECT_EQ(1, unchanged(dev, &before));
		EXPECT_EQ(1, leave(dev, s));
	}
	munmap(end - 4096, 8192);
}

TEST_F(device, file_position_stays)
{
	struct ccwio_dev *dev = &self->dev;
	uint32_t first[3], again[3];
	struct ccwio_orb orb;
	struct ccwio_irb irb;

	ASSERT_EQ(0, begin_orb(dev, "orb F P intparm=0x01020304; nop sli",
			       &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	/* The first time all of it, from its start at 0 */
	ASSERT_EQ(12, read(dev->fd, first, 12));
	ASSERT_EQ(12, read(dev->fd, again, 12));
	EXPECT_EQ(0, memcmp(first, again, 12));
	EXPECT_EQ(0x01020304, first[0]);
	EXPECT_EQ(orb.cpa, first[2]);
}

#define GOOD	(CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0x80))

/* More CCWs than a program may have; its address */
static uint32_t too_long(struct ccwio_dev *dev)
{
	uint64_t at = ccwio_alloc(dev, 8193 * 8, 4096);
	int i;

	for (i = 0; i < 8193; i++)
		ccwio_put_ccw(dev, at + i * 8, 1, 0x03, 0, 0,
			      CCWIO_CC | CCWIO_SLI);
	return at;
}

/*
 * A start with more and more mistakes: each one wins over those that were there
 * before, in the order of the table of checks, from its end to its beginning.
 */
TEST_F(device, order_of_checks)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb = { .ctl = CCWIO_ORB_F | CCWIO_ORB_P };
	struct ccw_io_region region = { 0 };
	uint8_t *end = cliff();
	struct ccwio_orb other;
	struct view before;

	before = look(dev);
	orb.ctl |= CCWIO_ORB_LPM(0x40);
	orb.cpa = CCWIO_BASE + CCWIO_SIZE - 8;
	ccwio_put_ccw(dev, orb.cpa, 1, 0x03, 0, 0, CCWIO_SLI);
	EXPECT_EQ(-EACCES, ccwio_start(dev, &orb));
	EXPECT_EQ(-EACCES, ret_code(dev, CCWIO_REGION_IO));
	EXPECT_EQ(1, only_answered(dev, &before));
	orb.cpa = too_long(dev);
	EXPECT_EQ(-E2BIG, ccwio_start(dev, &orb));
	EXPECT_EQ(-E2BIG, ret_code(dev, CCWIO_REGION_IO));
	EXPECT_EQ(1, only_answered(dev, &before));
	orb.ctl |= 2;
	EXPECT_EQ(-EINVAL, ccwio_start(dev, &orb));
	EXPECT_EQ(-EINVAL, ret_code(dev, CCWIO_REGION_IO));
	EXPECT_EQ(1, only_answered(dev, &before));
	orb.ctl |= CCWIO_ORB_B;
	EXPECT_EQ(-EOPNOTSUPP, ccwio_start(dev, &orb));
	EXPECT_EQ(-EOPNOTSUPP, ret_code(dev, CCWIO_REGION_IO));
	EXPECT_EQ(1, only_answered(dev, &before));

	ASSERT_EQ(0, suspend(dev, &other));
	before = look(dev);
	EXPECT_EQ(-EBUSY, ccwio_start(dev, &orb));
	EXPECT_EQ(-EBUSY, ret_code(dev, CCWIO_REGION_IO));
	EXPECT_EQ(1, only_answered(dev, &before));
	EXPECT_EQ(-EOPNOTSUPP, request(dev, &orb, CCWIO_FC_HALT));
	EXPECT_EQ(-EOPNOTSUPP, ret_code(dev, CCWIO_REGION_IO));
	EXPECT_EQ(1, only_answered(dev, &before));

	/* From here on it is no request any more */
	memcpy(end - 123, &region, 123);
	before = look(dev);
	EXPECT_EQ(-EFAULT, raw_write(dev, 0, 0, end - 123, 124));
	EXPECT_EQ(1, unchanged(dev, &before));
	EXPECT_EQ(-EINVAL, raw_write(dev, 0, 0, end - 123, 125));
	EXPECT_EQ(-EINVAL, raw_write(dev, 0, 4, end, 120));
	EXPECT_EQ(1, unchanged(dev, &before));
	EXPECT_EQ(1, leave(dev, BUSY));
	munmap(end - 4096, 8192);
}

/* Exactly "start" among the function bits, whatever the other bits say */
TEST_F(device, function_bits)
{
	struct ccwio_orb orb = { .ctl = GOOD, .cpa = CCWIO_BASE + 4096 };
	struct ccwio_dev *dev = &self->dev;
	struct view before;
	uint32_t bits;
	int s;

	for (s = 0; s < NR_SITUATIONS; s++) {
		ASSERT_EQ(0, enter(dev, s));
		before = look(dev);
		for (bits = 0; bits < 8; bits++) {
			if (bits << 12 == CCWIO_FC_START)
				continue;
			EXPECT_EQ(-EOPNOTSUPP, request(dev, &orb, bits << 12));
			EXPECT_EQ(-EOPNOTSUPP, request(dev, &orb, bits << 12 |
						       CCWIO_AC_RESUME |
						       CCWIO_AC_SUSP));
			EXPECT_EQ(-EOPNOTSUPP, ret_code(dev, CCWIO_REGION_IO));
		}
		EXPECT_EQ(1, only_answered(dev, &before));
		EXPECT_EQ(1, leave(dev, s));
	}
}

/* None, several or unknown bits; other than that the same as before */
TEST_F(device, unknown_commands)
{
	struct ccwio_dev *dev = &self->dev;
	struct view before;
	uint32_t bits, bit;
	int s;

	for (s = 0; s < NR_SITUATIONS; s++) {
		ASSERT_EQ(0, enter(dev, s));
		before = look(dev);
		for (bits = 0; bits < 32; bits++) {
			if (bits == CCWIO_CMD_HALT || bits == CCWIO_CMD_CLEAR ||
			    bits == CCWIO_CMD_RESUME ||
			    bits == CCWIO_CMD_CANCEL)
				continue;
			EXPECT_EQ(-EINVAL, ccwio_command(dev, bits));
			EXPECT_EQ(-EINVAL, ret_code(dev, CCWIO_REGION_CMD));
		}
		for (bit = 32; bit; bit <<= 1) {
			EXPECT_EQ(-EINVAL, ccwio_command(dev, bit));
			EXPECT_EQ(-EINVAL, ccwio_command(dev, bit | 2));
		}
		EXPECT_EQ(1, only_answered(dev, &before));
		EXPECT_EQ(1, leave(dev, s));
	}
}

/* What follows the command is ignored, of any value and size */
TEST_F(device, command_and_what_follows)
{
	struct ccwio_dev *dev = &self->dev;
	uint32_t words[2] = { CCWIO_CMD_CLEAR, 0xffffffff };
	struct ccwio_irb irb;
	size_t size;

	for (size = 4; size <= 8; size++) {
		ASSERT_EQ(size, raw_write(dev, 1, 0, words, size));
		EXPECT_EQ(0, ret_code(dev, CCWIO_REGION_CMD));
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
	}
	EXPECT_EQ(1, works(dev));
}

/* 24 to 124 bytes, and what follows the SCSW is ignored */
TEST_F(device, start_and_what_follows)
{
	struct ccw_io_region region;
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	size_t size;

	ASSERT_EQ(0, begin_orb(dev, "first: nop sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(124, raw_read(dev, 0, 0, &region, 124));
	memset(region.irb_area, 0xff, 100);
	for (size = 24; size <= 124; size++) {
		ASSERT_EQ(size, raw_write(dev, 0, 0, &region, size));
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		ASSERT_EQ(orb.cpa + 8, irb.scsw.cpa);
		EXPECT_EQ(0, ret_code(dev, CCWIO_REGION_IO));
	}
}

struct result {
	int start, resume_io, resume, halt, cancel;
};

static const struct ccwio_orb no_program = {
	.ctl = GOOD, .cpa = CCWIO_BASE + 4096,
};

static struct result refused(struct ccwio_dev *dev)
{
	return (struct result){
		.resume_io = ccwio_resume_io(dev, &no_program),
		.resume = ccwio_command(dev, CCWIO_CMD_RESUME),
		.cancel = ccwio_command(dev, CCWIO_CMD_CANCEL),
	};
}

TEST_F(device, results_while_idle)
{
	struct ccwio_dev *dev = &self->dev;
	struct view before = look(dev);
	struct result r = refused(dev);
	struct ccwio_irb irb;
	uint8_t data[124];

	EXPECT_EQ(-EBUSY, r.resume_io);
	EXPECT_EQ(-EINVAL, r.resume);
	EXPECT_EQ(-EINVAL, r.cancel);
	EXPECT_EQ(1, only_answered(dev, &before));
	EXPECT_EQ(0, ccwio_reset(dev));
	EXPECT_EQ(124, raw_read(dev, 0, 0, data, 124));
	EXPECT_EQ(52, raw_read(dev, 2, 0, data, 52));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(1, works(dev));
}

TEST_F(device, results_with_queued_status)
{
	struct ccwio_dev *dev = &self->dev;
	struct view before;
	struct ccwio_irb irb;
	struct result r;
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, enter(dev, QUEUED));
		before = look(dev);
		r = refused(dev);
		EXPECT_EQ(-EBUSY, r.resume_io);
		EXPECT_EQ(-EBUSY, r.resume);
		EXPECT_EQ(-EBUSY, r.cancel);
		EXPECT_EQ(-EBUSY, ccwio_start(dev, &no_program));
		EXPECT_EQ(-EBUSY, ccwio_command(dev, CCWIO_CMD_HALT));
		EXPECT_EQ(52, raw_read(dev, 2, 0, before.schib, 52));
		EXPECT_EQ(1, only_answered(dev, &before));
		if (i == 0)
			ASSERT_EQ(1, leave(dev, QUEUED));
		/* These are accepted, and the status is gone */
		has_event(dev->event[0], 0);
		if (i == 1) {
			ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
			ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
			EXPECT_EQ(CCWIO_FC_CLEAR, irb.scsw.ctl & FC);
		}
		if (i == 2) {
			ASSERT_EQ(0, ccwio_reset(dev));
			EXPECT_EQ(1, silent(dev, 20));
		}
		EXPECT_EQ(1, works(dev));
	}
}

TEST_F(device, results_while_busy)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	struct view before;
	uint8_t data[52];

	ASSERT_EQ(0, suspend(dev, &orb));
	before = look(dev);
	EXPECT_EQ(-EBUSY, ccwio_start(dev, &no_program));
	EXPECT_EQ(1, only_answered(dev, &before));
	EXPECT_EQ(52, raw_read(dev, 2, 0, data, 52));
	/* Resumed, it is suspended again at the same CCW */
	EXPECT_EQ(0, ccwio_resume_io(dev, &orb));
	ASSERT_EQ(1, suspended(dev));
	EXPECT_EQ(0, ccwio_command(dev, CCWIO_CMD_RESUME));
	ASSERT_EQ(1, suspended(dev));
	EXPECT_EQ(1, silent(dev, 20));
	/* Halting ends it; until its status was read nothing else begins */
	EXPECT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
	ASSERT_EQ(1, signalled(dev->event[0], TIMEOUT_MS));
	EXPECT_EQ(-EBUSY, ccwio_command(dev, CCWIO_CMD_HALT));
	EXPECT_EQ(-EBUSY, ccwio_command(dev, CCWIO_CMD_RESUME));
	EXPECT_EQ(-EBUSY, ccwio_command(dev, CCWIO_CMD_CANCEL));
	EXPECT_EQ(-EBUSY, ccwio_resume_io(dev, &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_HALT, irb.scsw.ctl & CCWIO_FC_HALT);
	/* Cancelled, cleared, reset: accepted, each time */
	ASSERT_EQ(0, suspend(dev, &orb));
	EXPECT_EQ(0, ccwio_command(dev, CCWIO_CMD_CANCEL));
	ASSERT_EQ(0, suspend(dev, &orb));
	EXPECT_EQ(0, ccwio_command(dev, CCWIO_CMD_CLEAR));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	ASSERT_EQ(0, suspend(dev, &orb));
	EXPECT_EQ(0, ccwio_reset(dev));
	EXPECT_EQ(1, silent(dev, 20));
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, works(dev));
}

struct info_call {
	unsigned long request;
	size_t least;
};

/* The information ioctls: every argsz that is too small, and missing memory */
TEST_F(device, arguments_of_information)
{
	static const struct info_call call[] = {
		{ VFIO_DEVICE_GET_INFO, 16 },
		{ VFIO_DEVICE_GET_REGION_INFO, 32 },
		{ VFIO_DEVICE_GET_IRQ_INFO, 16 },
	};
	struct ccwio_dev *dev = &self->dev;
	uint32_t words[64], copy[64];
	uint8_t *end = cliff();
	size_t i, size;

	for (i = 0; i < 3; i++) {
		memset(words, 0, sizeof(words));
		memset(words + 8, 0xa5, sizeof(words) - 32);
		for (words[0] = 0; words[0] < call[i].least; words[0]++) {
			memcpy(copy, words, sizeof(words));
			EXPECT_EQ(-1, ioctl(dev->fd, call[i].request, words));
			EXPECT_EQ(EINVAL, errno);
			EXPECT_EQ(0, memcmp(copy, words, sizeof(words)));
		}
		EXPECT_EQ(0, ioctl(dev->fd, call[i].request, words));
		/* Nothing behind the structure is touched */
		EXPECT_EQ(0, memcmp(copy + 8, words + 8, sizeof(words) - 32));
		for (size = 0; size < call[i].least; size += 4) {
			memset(end - size, 0, size);
			if (size >= 4)
				*(uint32_t *)(end - size) = 256;
			EXPECT_EQ(-1, ioctl(dev->fd, call[i].request,
					    end - size));
			EXPECT_EQ(EFAULT, errno);
		}
	}
	munmap(end - 4096, 8192);
	EXPECT_EQ(1, works(dev));
}

/* An index that is not there changes nothing of the argument */
TEST_F(device, indexes_of_information)
{
	static const uint32_t index[] = { 3, 4, 9, 0x80000000, UINT32_MAX };
	struct ccwio_dev *dev = &self->dev;
	struct vfio_region_info region, copy;
	struct vfio_irq_info irq, same;
	size_t i;

	for (i = 0; i < 5; i++) {
		memset(&irq, 0xa5, sizeof(irq));
		irq.argsz = sizeof(irq);
		irq.index = index[i];
		same = irq;
		EXPECT_EQ(-1, ioctl(dev->fd, VFIO_DEVICE_GET_IRQ_INFO, &irq));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0, memcmp(&irq, &same, sizeof(irq)));
		if (!i)
			continue;
		memset(&region, 0xa5, sizeof(region));
		region.argsz = sizeof(region);
		region.index = index[i];
		copy = region;
		EXPECT_EQ(-1, ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO,
				    &region));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0, memcmp(&region, &copy, sizeof(region)));
	}
}

TEST_F(device, other_ioctls)
{
	struct view before = look(&self->dev);
	unsigned int number;
	char room[256] = { 0 };

	/* From those of PCI devices on; what is below is the core's */
	for (number = 12; number < 17; number++) {
		EXPECT_EQ(-1, ioctl(self->dev.fd, _IO(VFIO_TYPE, VFIO_BASE +
						      number), room));
		EXPECT_EQ(ENOTTY, errno) TH_LOG("ioctl %u", number);
	}
	for (number = 0; number < 256; number += 51) {
		EXPECT_EQ(-1, ioctl(self->dev.fd, _IO('@', number), room));
		EXPECT_EQ(ENOTTY, errno);
	}
	EXPECT_EQ(1, unchanged(&self->dev, &before));
}

/* Eventfds stay; the regions are as after open, but for what was written */
TEST_F(device, reset_keeps_eventfds)
{
	struct ccwio_dev *dev = &self->dev;
	unsigned int i;
	int s;

	for (s = 0; s < NR_SITUATIONS; s++) {
		ASSERT_EQ(0, enter(dev, s));
		ASSERT_EQ(0, ccwio_reset(dev));
		EXPECT_EQ(1, silent(dev, 20));
		EXPECT_EQ(self->pins, pins());
		for (i = 0; i < 3; i++) {
			ASSERT_EQ(0, set_irqs(dev, TRIGGER_NONE, i, 0, 1, NULL,
					      0));
			EXPECT_EQ(1, has_event(dev->event[i], 0));
		}
		EXPECT_EQ(1, works(dev));
	}
}

struct starter {
	struct ccwio_dev *dev;
	struct ccwio_orb orb;
	atomic_int phase;
	int ret;
};

static void *start_it(void *arg)
{
	struct starter *s = arg;

	s->phase = 1;
	s->ret = ccwio_start(s->dev, &s->orb);
	s->phase = 2;
	return NULL;
}

/* A program that takes long to translate; nothing at all to run */
static uint32_t long_program(struct ccwio_dev *dev)
{
	uint64_t at = ccwio_alloc(dev, 8192 * 8, 4096);
	int i;

	for (i = 0; i < 8191; i++)
		ccwio_put_ccw(dev, at + i * 8, 1, 0x03, 0, 0,
			      CCWIO_CC | CCWIO_SLI);
	ccwio_put_ccw(dev, at + i * 8, 1, 0x03, 0, 0, CCWIO_SLI);
	return at;
}

/* Two translations of one device: the second one may try again at once */
TEST_F_TIMEOUT(device, second_translation, 120)
{
	struct starter s = { .dev = &self->dev, .orb = { .ctl = GOOD } };
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_orb orb;
	struct ccwio_irb irb;
	pthread_t thread;
	int i, ret, again = 0;

	ASSERT_EQ(0, begin_orb(dev, "nop sli", &orb));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	s.orb.cpa = long_program(dev);
	for (i = 0; i < 2000 && !again; i++) {
		s.phase = 0;
		ASSERT_EQ(0, pthread_create(&thread, NULL, start_it, &s));
		while (!s.phase)
			;
		do {
			ret = ccwio_start(dev, &orb);
			ASSERT_TRUE(!ret || ret == -EAGAIN || ret == -EBUSY);
			if (ret == -EAGAIN &&
			    ret_code(dev, CCWIO_REGION_IO) == -EAGAIN)
				again++;
		} while (ret == -EAGAIN && s.phase != 2);
		pthread_join(thread, NULL);
		/* Whichever was accepted, exactly one has an answer */
		ASSERT_NE(!ret, !s.ret);
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
		ASSERT_EQ(1, silent(dev, 0));
	}
	EXPECT_LT(0, again);
	TH_LOG("%d rounds", i);
}

#define BLOCKED	0x70000000ull
#define DATA	0x70010000ull	/* another page, which is there */

/*
 * A device with a page that is not there before somebody provides it. Reading
 * it with the page missing is possible through the container of type 1 only;
 * the other back end refuses it.
 */
FIXTURE(blocked) {
	struct ccwio_dev dev;
	struct starter s;
	pthread_t thread;
	long pins;
	int faults;
	uint8_t *page;
};

FIXTURE_SETUP(blocked)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = {
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	void *data;

	self->pins = pins();
	ASSERT_EQ(0, open_dev(&self->dev, UUID_RNG, CCWIO_TYPE1));
	self->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	self->faults = syscall(SYS_userfaultfd, O_CLOEXEC);
	ASSERT_LE(0, self->faults);
	ASSERT_EQ(0, ioctl(self->faults, UFFDIO_API, &api));
	area.range.start = (uintptr_t)self->page;
	area.range.len = 4096;
	ASSERT_EQ(0, ioctl(self->faults, UFFDIO_REGISTER, &area));
	ASSERT_EQ(0, ccwio_map_memory(&self->dev, self->page, BLOCKED, 4096,
				      true));
	data = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	ASSERT_EQ(0, ccwio_map_memory(&self->dev, data, DATA, 4096, true));
	self->s = (struct starter){
		.dev = &self->dev, .orb = { .ctl = GOOD, .cpa = BLOCKED },
	};
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, start_it, &self->s));
}

FIXTURE_TEARDOWN(blocked)
{
	close(self->faults);
	ccwio_close(&self->dev);
	EXPECT_EQ(self->pins, pins());
}

/* The translation stands at the missing page */
static int stands(int faults)
{
	struct pollfd poll_fd = { .fd = faults, .events = POLLIN };
	struct uffd_msg message;

	return poll(&poll_fd, 1, TIMEOUT_MS) == 1 &&
	       read(faults, &message, sizeof(message)) == sizeof(message);
}

/* Let it go on: one CCW is what it finds */
static void provide(int faults, uint8_t *page, const uint8_t ccw[8])
{
	static uint8_t contents[4096] __attribute__((aligned(4096)));
	struct uffdio_copy copy = {
		.dst = (uintptr_t)page, .src = (uintptr_t)contents, .len = 4096,
	};

	memcpy(contents, ccw, 8);
	if (ioctl(faults, UFFDIO_COPY, &copy))
		abort();
}

static const uint8_t nop[8] = { 0x03, CCWIO_SLI, 0, 1 };
static const uint8_t sense_id[8] = { 0xe4, CCWIO_SLI, 0, 8, 0x70, 0x01, 0, 0 };

TEST_F(blocked, another_start)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;
	uint8_t data[52];

	ASSERT_EQ(1, stands(self->faults));
	EXPECT_EQ(-EAGAIN, ccwio_start(dev, &no_program));
	EXPECT_EQ(-EAGAIN, ret_code(dev, CCWIO_REGION_IO));
	/* Nobody else waits for it */
	EXPECT_EQ(-EINVAL, ccwio_command(dev, CCWIO_CMD_CANCEL));
	EXPECT_EQ(-EAGAIN, ccwio_command(dev, CCWIO_CMD_RESUME));
	EXPECT_EQ(52, raw_read(dev, 2, 0, data, 52));
	EXPECT_EQ(0, self->s.phase - 1);
	provide(self->faults, self->page, nop);
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->s.ret);
	EXPECT_EQ(BLOCKED + 8, irb.scsw.cpa);
}

/* A function was accepted meanwhile: the start is too late */
TEST_F(blocked, halt_meanwhile)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb;

	ASSERT_EQ(1, stands(self->faults));
	ASSERT_EQ(0, ccwio_command(dev, CCWIO_CMD_HALT));
	provide(self->faults, self->page, nop);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(-EBUSY, self->s.ret);
	EXPECT_EQ(-EBUSY, ret_code(dev, CCWIO_REGION_IO));
	ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(CCWIO_FC_HALT, irb.scsw.ctl & FC);
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, works(dev));
}

/* A reset forgets what is being translated, and does not wait for it */
TEST_F(blocked, reset_meanwhile)
{
	struct ccwio_dev *dev = &self->dev;

	ASSERT_EQ(1, stands(self->faults));
	ASSERT_EQ(0, ccwio_reset(dev));
	EXPECT_EQ(1, self->s.phase);
	provide(self->faults, self->page, nop);
	pthread_join(self->thread, NULL);
	EXPECT_EQ(-EAGAIN, self->s.ret);
	EXPECT_EQ(-EAGAIN, ret_code(dev, CCWIO_REGION_IO));
	EXPECT_EQ(1, silent(dev, 50));
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, works(dev));
}

static void *unmap_data(void *dev)
{
	return (void *)(long)ccwio_unmap_memory(dev, DATA, 4096);
}

/* Its data are unmapped just after the translation has read the program */
TEST_F(blocked, unmap_meanwhile)
{
	struct ccwio_dev *dev = &self->dev;
	struct ccwio_irb irb = { 0 };
	pthread_t thread;
	void *ret;

	ASSERT_EQ(1, stands(self->faults));
	/* It waits for the container, which the reader holds */
	ASSERT_EQ(0, pthread_create(&thread, NULL, unmap_data, dev));
	usleep(50000);
	provide(self->faults, self->page, sense_id);
	pthread_join(thread, &ret);
	EXPECT_EQ(NULL, ret);
	pthread_join(self->thread, NULL);
	ASSERT_TRUE(!self->s.ret || self->s.ret == -EAGAIN);
	if (!self->s.ret)
		ASSERT_EQ(1, ccwio_answer(dev, TIMEOUT_MS, &irb));
	EXPECT_EQ(1, silent(dev, 20));
	EXPECT_EQ(self->pins, pins());
	EXPECT_EQ(1, works(dev));
}

TEST_HARNESS_MAIN
