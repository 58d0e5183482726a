// SPDX-License-Identifier: GPL-2.0
/*
 * race UUID COUNT [COMMAND]: a user program without a guest. It starts COUNT
 * channel programs one after the other through a mediated device and accounts
 * for each status it is told of, while somebody else makes the device present
 * attention all the time.
 *
 * COMMAND is "sense" (SENSE ID), "write" (3270 WRITE), "read" (3270 READ
 * MODIFIED) or "mixed", each in turn; "sense" if it is not given.
 *
 * After attention the next command is READ MODIFIED in any case: a terminal
 * keeps what was typed until it is read.
 *
 * Each program sits at an address of its own, different from its predecessors',
 * so that the CCW address in the status tells which start the status is of.
 * The I/O region is read once at the beginning, for what came before the eventfd
 * was set, and then exactly once for every wake-up of the eventfd, as a virtual
 * machine monitor reads it.
 *
 * Printed at the end, and the exit status is 0 only if the first three agree
 * and the next four are 0:
 *
 *   starts      programs that the device accepted
 *   ended       of these, answered by an ending status
 *   attentions  (any number) unsolicited statuses
 *   lost        starts without an answer within 20 s
 *   doubled     ending statuses that no unanswered start belongs to
 *   strange     statuses that are wrong in themselves
 *   failed      starts refused by anything but "busy"
 *   busy        (any number) starts that were refused as busy, and repeated
 *   idle        (any number) wake-ups that found nothing new
 */

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ccwio.h"

#define SLOTS		64u
#define SLOT_SIZE	512u
#define DATA_OFFSET	64u

#define ANSWER_MS	20000
#define SETTLE_MS	300
#define REPORTS		10

#define ORB_FLAGS	(CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff))
#define SCSW_CC		0x03000000u
#define SCSW_ENDING	(CCWIO_SC_PRIM | CCWIO_SC_SEC)

#define CMD_WRITE	0x01
#define CMD_READ_MOD	0x06
#define CMD_SENSE_ID	0xe4

struct tally {
	unsigned long starts, ended, attentions;
	unsigned long lost, doubled, strange, failed, busy, idle;
};

static struct ccwio_dev dev;
static struct tally tally;
static uint64_t slots;		/* iova of the programs */
static bool attention;		/* since the last READ MODIFIED */
static uint32_t expected;	/* CCW address of the end of the start, 0: none */

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static uint8_t command_of(const char *name, unsigned long number)
{
	static const uint8_t all[] = { CMD_SENSE_ID, CMD_WRITE, CMD_READ_MOD };

	if (attention) {
		attention = false;
		return CMD_READ_MOD;
	}
	if (!strcmp(name, "write"))
		return CMD_WRITE;
	if (!strcmp(name, "read"))
		return CMD_READ_MOD;
	if (!strcmp(name, "mixed"))
		return all[number % 3];
	return CMD_SENSE_ID;
}

static uint16_t fill_data(uint8_t *data, uint8_t command, unsigned long number)
{
	memset(data, 0xaa, SLOT_SIZE - DATA_OFFSET);
	if (command != CMD_WRITE)
		return command == CMD_SENSE_ID ? 7 : 64;
	/* WCC with keyboard restore; set buffer address 0; then digits. */
	data[0] = 0xc3;
	data[1] = 0x11;
	data[2] = 0x40;
	data[3] = 0x40;
	data[4] = 0xf0 + number / 1000 % 10;
	data[5] = 0xf0 + number / 100 % 10;
	data[6] = 0xf0 + number / 10 % 10;
	data[7] = 0xf0 + number % 10;
	return 8;
}

/* One start; 0 or -errno. */
static int start(unsigned long number, uint8_t command)
{
	uint32_t ccw = slots + number % SLOTS * SLOT_SIZE;
	struct ccwio_orb orb = { .ctl = ORB_FLAGS, .cpa = ccw };
	uint32_t data = ccw + DATA_OFFSET;
	uint16_t count;
	int ret;

	count = fill_data(ccwio_mem(&dev, data), command, number);
	ccwio_put_ccw(&dev, ccw, 1, command, data, count, CCWIO_SLI);
	expected = ccw + 8;
	ret = ccwio_start(&dev, &orb);
	if (ret)
		expected = 0;
	return ret;
}

static void strange(const struct ccwio_scsw *scsw, const char *why)
{
	if (tally.strange++ >= REPORTS)
		return;
	fprintf(stderr, "race: %s: %08x cpa %08x dev %02x sch %02x (%08x)\n",
		why, scsw->ctl, scsw->cpa, scsw->dev, scsw->sch, expected);
}

static void account_end(const struct ccwio_scsw *scsw)
{
	if (scsw->cpa != expected)
		strange(scsw, "of another start");
	else if (scsw->sch || scsw->ctl & SCSW_CC)
		strange(scsw, "not a normal end");
	expected = 0;
	tally.ended++;
}

/* The status of one wake-up; true if it ends the start that is under way. */
static bool account(void)
{
	struct ccwio_scsw *scsw;
	struct ccwio_irb irb;

	if (ccwio_read_irb(&dev, &irb)) {
		tally.strange++;
		fprintf(stderr, "race: %s\n", dev.error);
		return false;
	}
	scsw = &irb.scsw;
	if (!(scsw->ctl & CCWIO_SC_PEND)) {
		tally.idle++;
	} else if (!(scsw->ctl & CCWIO_FC_START)) {
		tally.attentions++;
		attention = true;
		if (scsw->ctl & SCSW_ENDING)
			strange(scsw, "ending without a function");
	} else if (!(scsw->ctl & SCSW_ENDING)) {
		strange(scsw, "neither primary nor secondary");
	} else if (!expected) {
		tally.doubled++;
		fprintf(stderr, "race: a second end, cpa %08x\n", scsw->cpa);
	} else {
		account_end(scsw);
		return true;
	}
	return false;
}

/* Serve wake-ups until the start has ended or the time is over. */
static bool serve(int milliseconds)
{
	struct pollfd poller = {
		.fd = dev.event[CCWIO_IRQ_IO], .events = POLLIN,
	};
	long long end = now_ms() + milliseconds;
	uint64_t count;
	long long left;

	while ((left = end - now_ms()) > 0) {
		if (poll(&poller, 1, left) <= 0)
			continue;
		if (read(poller.fd, &count, sizeof(count)) != sizeof(count))
			continue;
		if (account())
			return true;
	}
	return false;
}

static bool one(unsigned long number, uint8_t command)
{
	long long end = now_ms() + ANSWER_MS;
	int ret;

	while ((ret = start(number, command)) == -EBUSY && now_ms() < end) {
		tally.busy++;
		serve(1);
	}
	if (ret) {
		tally.failed++;
		fprintf(stderr, "race: start %lu: %s\n", number, strerror(-ret));
		return false;
	}
	tally.starts++;
	if (serve(ANSWER_MS))
		return true;
	tally.lost++;
	fprintf(stderr, "race: start %lu was never answered\n", number);
	return false;
}

int main(int argc, char **argv)
{
	const char *name = argc > 3 ? argv[3] : "sense";
	struct ccwio_options options = {};
	unsigned long i, count;

	if (argc < 3)
		return 2;
	count = strtoul(argv[2], NULL, 0);
	options.uuid = argv[1];
	if (ccwio_open(&dev, &options)) {
		fprintf(stderr, "race: %s\n", dev.error);
		return 2;
	}
	slots = ccwio_alloc(&dev, SLOTS * SLOT_SIZE, 4096);
	/* Nothing signals what came before the eventfd was set */
	account();
	for (i = 0; i < count; i++)
		if (!one(i, command_of(name, i)))
			break;
	serve(SETTLE_MS);
	printf("starts=%lu ended=%lu attentions=%lu lost=%lu doubled=%lu ",
	       tally.starts, tally.ended, tally.attentions, tally.lost,
	       tally.doubled);
	printf("strange=%lu failed=%lu busy=%lu idle=%lu\n", tally.strange,
	       tally.failed, tally.busy, tally.idle);
	ccwio_close(&dev);
	return tally.starts != count || tally.ended != count || tally.lost ||
	       tally.doubled || tally.strange || tally.failed;
}
