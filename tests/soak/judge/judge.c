// SPDX-License-Identifier: GPL-2.0
/*
 * The judge of the soak, on the build machine: ledgers that are right, and such
 * that have one fault each. TAP.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "soak.h"

#define FIRST		AREA_PROGRAMS
#define ENDED		(CCWIO_FC_START | 0x07)
#define CLEARED		(CCWIO_FC_CLEAR | 0x01)
#define HALTED		(CCWIO_FC_HALT | 0x01)
#define SUSPENDED_ALERT	(CCWIO_FC_START | CCWIO_AC_SUSP | 0x11)

static struct board the_board = { .devno = { 0x3000 } };
struct board *board = &the_board;

static struct ledger *l;
static unsigned int results, failures;

uint64_t now_ns(void)
{
	return 0;
}

/* A call from @begin to @end, 0 if it did not return */
static struct entry *call(enum op op, uint64_t begin, uint64_t end)
{
	struct entry *e = &l->entry[l->used++];

	*e = (struct entry){ .op = op, .begin = begin, .end = end };
	return e;
}

static void start(uint32_t number, uint64_t begin, uint64_t end)
{
	call(OP_START, begin, end)->number = number;
}

static struct entry *status(uint32_t ctl, uint32_t cpa, uint64_t begin,
			    uint64_t end)
{
	struct entry *e = call(OP_READ, begin, end);

	e->ctl = ctl;
	e->cpa = cpa;
	e->sum = ctl ^ cpa;
	return e;
}

/* The answer that has the number @number */
static void answer(uint32_t number, uint64_t begin, uint64_t end)
{
	status(ENDED, FIRST + number % PLACES * PLACE_SIZE + 8, begin, end);
}

static void fresh(void)
{
	memset(l, 0, sizeof(*l));
	l->devices = 1;
	l->orderly = true;
}

/* Judge what was entered: so many faults, and nothing else begun */
static void expect(unsigned int faults, const char *what)
{
	unsigned long sum[NR_COUNTS] = { 0 };
	unsigned int found;
	bool good;

	found = ledger_judge(l, sum);
	good = found == faults;
	results++;
	failures += !good;
	printf("%sok %u - %s\n", good ? "" : "not ", results, what);
	fresh();
}

static void plain(void)
{
	start(0, 10, 20);
	answer(0, 30, 40);
	start(1, 50, 70);
	answer(1, 55, 60);		/* before the write has returned */
	expect(0, "each start has its answer");

	start(0, 10, 20);
	start(1, 50, 60);
	answer(1, 70, 80);
	expect(1, "an answer is lost");

	start(0, 10, 20);
	answer(0, 30, 40);
	answer(0, 50, 60);
	expect(1, "an answer is doubled");

	answer(0, 30, 40);
	expect(1, "an answer without a start");

	start(0, 10, 20);
	answer(1, 30, 40);
	expect(2, "an answer with another number");

	start(0, 10, 20);
	start(1, 50, 60);
	answer(1, 70, 75);
	answer(0, 80, 90);
	expect(2, "an answer after the next start");

	start(NO_NUMBER, 10, 20);
	status(ENDED, 0, 30, 40);
	start(NO_NUMBER, 50, 60);
	status(ENDED, 0, 70, 80);
	expect(0, "answers without numbers");

	start(NO_NUMBER, 10, 20);
	status(ENDED, 0, 30, 40);
	status(ENDED, 0, 70, 80);
	expect(1, "one too many without a number");

	start(3, 10, 20);
	answer(3, 30, 40);
	start(3 + PLACES, 50, 60);
	answer(3 + PLACES, 70, 80);
	expect(0, "a place has another number later");
}

static void excuses(void)
{
	start(0, 10, 20);
	call(OP_CLEAR, 30, 40);
	status(CLEARED, 0, 50, 60);
	expect(0, "a clear function excuses a start");

	start(0, 10, 20);
	start(1, 22, 28);
	call(OP_CLEAR, 30, 40);
	status(CLEARED, 0, 50, 60);
	expect(1, "... but not two");

	start(0, 10, 20);
	call(OP_CLEAR, 30, 40);
	answer(0, 45, 48);
	status(CLEARED, 0, 50, 60);
	expect(1, "status of before a clear function comes after it");

	call(OP_CLEAR, 30, 40);
	expect(1, "a clear function without an answer");

	call(OP_CLEAR, 30, 40);
	call(OP_CLEAR, 50, 60);
	status(CLEARED, 0, 70, 80);
	expect(0, "a clear function supersedes another one");

	start(0, 10, 20);
	call(OP_RESET, 30, 40);
	start(1, 50, 60);
	answer(1, 70, 80);
	expect(0, "a reset excuses a start");

	start(0, 10, 20);
	call(OP_CANCEL, 30, 40);
	call(OP_CANCEL, 50, 60)->result = -EINVAL;
	expect(0, "a cancel function excuses a start");

	start(0, 10, 20);
	call(OP_CANCEL, 30, 40)->result = -EINVAL;
	expect(1, "... but not one that was refused");

	start(0, 10, 20);
	call(OP_HALT, 30, 40);
	status(HALTED, 0, 50, 60);
	expect(0, "a halt function ends a start");

	start(0, 10, 20);
	call(OP_HALT, 30, 40);
	status(HALTED | CCWIO_FC_START, 0, 50, 60);
	expect(0, "... and one status answers both");

	call(OP_HALT, 30, 40);
	status(HALTED, 0, 50, 60);
	status(HALTED, 1, 70, 80);
	expect(1, "a halt function is answered twice");
}

static void again(void)
{
	start(0, 10, 20);
	call(OP_CLEAR, 30, 40);
	status(CLEARED, 0, 50, 60);
	status(CLEARED, 0, 70, 80);
	expect(0, "status is shown again after a clear function");

	start(0, 10, 20);
	call(OP_CLEAR, 30, 40);
	status(CLEARED, 0, 50, 60);
	start(1, 62, 66);
	status(CLEARED, 0, 70, 80);
	answer(1, 90, 95);
	expect(1, "... but not after another request");

	start(0, 10, 20);
	call(OP_CLEAR, 30, 40);
	status(CLEARED, 0, 50, 60);
	status(CLEARED, 1, 70, 80);
	expect(1, "... and not with other bytes");
}

static void ends(void)
{
	start(0, 10, 20);
	answer(0, 30, 40);
	start(1, 50, 60);
	l->orderly = false;
	expect(0, "a kill cuts the last start off");

	start(0, 10, 20);
	start(1, 50, 60);
	answer(1, 70, 80);
	l->orderly = false;
	expect(1, "... but not the one before");

	start(0, 10, 0);
	l->orderly = false;
	expect(0, "a start that did not return may be none");

	start(0, 10, 0);
	answer(0, 30, 40);
	l->orderly = false;
	expect(0, "... or one");

	start(0, 10, 20);
	call(OP_READ, 30, 0);
	start(1, 50, 60);
	answer(1, 70, 80);
	l->orderly = false;
	expect(0, "a read that did not return may have taken status");

	start(0, 10, 20);
	status(CCWIO_FC_START | 0x09, 0, 22, 24);
	status(0x11, 0, 25, 26);
	answer(0, 30, 40);
	expect(0, "intermediate and unsolicited status answer nothing");

	start(0, 10, 20);
	status(SUSPENDED_ALERT, FIRST + 8, 30, 40);
	start(1, 50, 60);
	answer(1, 70, 80);
	expect(0, "attention may end a program that is suspended");

	start(0, 10, 20);
	status(SUSPENDED_ALERT, FIRST + 8, 30, 40);
	answer(0, 50, 60);
	start(1, 70, 80);
	answer(1, 90, 95);
	expect(0, "... and need not");

	start(0, 10, 20);
	answer(0, 22, 24);
	start(1, 30, 40);
	status(SUSPENDED_ALERT, FIRST + 8, 50, 60);
	start(2, 70, 80);
	answer(2, 90, 95);
	expect(1, "... but it ends no other one");

	l->fault = true;
	expect(1, "what the session itself has found counts");
}

int main(void)
{
	l = calloc(1, sizeof(*l));
	printf("TAP version 13\n");
	fresh();
	plain();
	excuses();
	again();
	ends();
	printf("1..%u\n", results);
	return failures != 0;
}
