// SPDX-License-Identifier: GPL-2.0
/*
 * hold UUID MODE: a user that holds a device while something happens to it,
 * and tells line by line what it is told.
 *
 *   idle      open, and nothing is going on
 *   started   a channel program that is suspended at its first CCW, so that an
 *             accepted start waits for its end
 *   looping   SENSE ID again and again until a start is refused or the
 *             status is not a normal end
 *
 * Lines:
 *   open                    the device is open, and the start was accepted
 *   status CTL CPA DEV SCH  an interruption-response block, in hexadecimal
 *   crw WORD                a channel report word
 *   asked                   the driver asked for the device back
 *   refused ERRNO           a start was refused
 *   round N                 rounds of the loop so far, every hundred
 *   closed                  the device is closed, the program ends
 *
 * In modes idle and started the program ends when /tmp/hold.end exists (mode
 * started clears the subchannel before); when the driver asks it ends only if
 * the third argument is "polite", and in mode started with the start's answer.
 */

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ccwio.h"

#define ORB_FLAGS	(CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff))
#define CMD_SENSE_ID	0xe4
#define END		"/tmp/hold.end"

static struct ccwio_dev dev;
static bool answered;		/* there was status */

static int start(bool suspended)
{
	uint64_t ccw = ccwio_alloc(&dev, 8, 8), data = ccwio_alloc(&dev, 64, 8);
	struct ccwio_orb orb = { .ctl = ORB_FLAGS, .cpa = ccw };

	if (suspended)
		orb.ctl |= CCWIO_ORB_S;
	ccwio_put_ccw(&dev, ccw, 1, CMD_SENSE_ID, data, 7,
		      CCWIO_SLI | (suspended ? CCWIO_S : 0));
	return ccwio_start(&dev, &orb);
}

static void tell_status(const struct ccwio_irb *irb)
{
	answered = true;
	printf("status %08x %08x %02x %02x\n", irb->scsw.ctl, irb->scsw.cpa,
	       irb->scsw.dev, irb->scsw.sch);
}

static void take(enum ccwio_irq irq)
{
	struct ccwio_irb irb;
	uint64_t count;
	uint32_t crw;

	if (read(dev.event[irq], &count, sizeof(count)) < 0)
		return;
	if (irq == CCWIO_IRQ_REQ)
		printf("asked\n");
	if (irq == CCWIO_IRQ_IO && !ccwio_read_irb(&dev, &irb) &&
	    irb.scsw.ctl & CCWIO_SC_PEND)
		tell_status(&irb);
	while (irq == CCWIO_IRQ_CRW && !ccwio_read_crw(&dev, &crw) && crw)
		printf("crw %08x\n", crw);
}

/* The request may come before the status of the same loss */
static void await_answer(void)
{
	struct ccwio_irb irb;

	if (answered)
		return;
	if (ccwio_answer(&dev, 20000, &irb) == 1)
		tell_status(&irb);
	else
		printf("unanswered\n");
}

static void hold(bool polite)
{
	struct pollfd polls[CCWIO_NR_IRQS];
	bool end = false;
	int i;

	for (i = 0; i < CCWIO_NR_IRQS; i++) {
		polls[i].fd = dev.event[i];
		polls[i].events = POLLIN;
	}
	while (!end && access(END, F_OK)) {
		if (poll(polls, CCWIO_NR_IRQS, 50) <= 0)
			continue;
		for (i = 0; i < CCWIO_NR_IRQS; i++) {
			if (!(polls[i].revents & POLLIN))
				continue;
			take(i);
			if (i == CCWIO_IRQ_REQ && polite)
				end = true;
		}
	}
}

/* A start that nothing else has ended ends with the clear's status. */
static void clear(void)
{
	struct ccwio_irb irb;
	int ret;

	ret = ccwio_command(&dev, CCWIO_CMD_CLEAR);
	if (ret)
		printf("clear refused %d\n", -ret);
	else if (ccwio_answer(&dev, 5000, &irb) == 1)
		tell_status(&irb);
	else
		printf("clear unanswered\n");
}

static void loop(void)
{
	struct ccwio_irb irb;
	unsigned long round;
	int ret;

	for (round = 1;; round++) {
		ccwio_alloc_reset(&dev);
		ret = start(false);
		if (ret == -EBUSY) {
			ccwio_wait(&dev, 1, &irb);
			continue;
		}
		if (ret) {
			printf("refused %d\n", -ret);
			return;
		}
		ret = ccwio_answer(&dev, 20000, &irb);
		if (ret <= 0) {
			printf("unanswered %d\n", ret);
			return;
		}
		if (irb.scsw.dev != (CCWIO_DEV_CE | CCWIO_DEV_DE)) {
			tell_status(&irb);
			return;
		}
		if (round % 100 == 0)
			printf("round %lu\n", round);
	}
}

int main(int argc, char **argv)
{
	struct ccwio_options options = {};
	int ret = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 3)
		return 2;
	options.uuid = argv[1];
	if (ccwio_open(&dev, &options)) {
		printf("no device: %s\n", dev.error);
		return 1;
	}
	if (!strcmp(argv[2], "started"))
		ret = start(true);
	if (ret)
		printf("refused %d\n", -ret);
	else
		printf("open\n");
	if (!strcmp(argv[2], "looping"))
		loop();
	else
		hold(argc > 3 && !strcmp(argv[3], "polite"));
	if (!strcmp(argv[2], "started")) {
		if (access(END, F_OK))
			await_answer();
		clear();
	}
	ccwio_close(&dev);
	printf("closed\n");
	return 0;
}
