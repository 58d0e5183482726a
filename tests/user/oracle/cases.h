/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channel programs in literal bytes
 *
 * A case lists the guest's pages, what is in them, the ORB, what the device
 * does, and what the architecture makes of it: the last SCSW and, where it
 * says something, bytes of storage afterwards. Both are literals; they hold
 * the channel interpreter to the Principles of Operation, and the comparison
 * holds the translator to the interpreter.
 *
 * Input bytes: byte k of the n-th command is 7 * k + k / 256 + 31 * n + 1.
 */
#ifndef ORACLE_CASES_H
#define ORACLE_CASES_H

#include "world.h"

struct mapping {
	uint64_t iova;
	unsigned int npages;
	unsigned int perm;	/* 0: read and write */
	uint64_t host;		/* 0: anywhere */
	uint8_t key;		/* W_KEY(), W_KEY_FETCH; 0: fits every access */
};

struct image {
	uint64_t iova;
	const char *hex;
};

struct oracle_case {
	const char *name;
	uint32_t ctl, cpa;		/* ORB words 1 and 2 */
	struct mapping map[6];
	struct image mem[8];
	struct w_step step[8];
	struct w_edit edit[4];
	uint32_t scsw[3];		/* the last one; word 0 zero: not said */
	struct image after[4];
	int rc;				/* -errno wanted */
	uint8_t no_cpa;			/* cpa of @scsw says nothing */
	bool may_differ;		/* one of the variants is wanted */
	uint8_t declared;		/* ... CH_PAST_END or CH_READ_ONLY */
	bool hide_cpa;			/* the host stores none at suspension */
	uint8_t refusals;		/* of each resume */
	uint32_t rsch;			/* while the n-th command runs: bit n */
	bool rsch_refused;
};

/* ORB word 1: format 1, prefetch, all paths; format 0 */
#define FMT1	0x00c0ff00u
#define FMT0	0x0040ff00u
#define OH	0x00020000u	/* format-2 IDAWs */
#define O2K	0x00010000u	/* of 2 KiB */
#define OS	0x08000000u	/* suspend */
#define OU	0x00080000u	/* no interruption for it */
#define OI	0x00200000u	/* initial status */
#define OL	0x00000080u	/* length suppression */
#define OD	0x00000040u	/* MIDAWs */
#define KEY(k)	((uint32_t)(k) << 28)	/* access key */

/* Device: all that is wanted, then channel end and device end */
#define ALL	{ .bytes = W_ALL, .status = 0x0c }
#define N(n)	{ .bytes = (n), .status = 0x0c }
#define SM	{ .bytes = W_ALL, .status = 0x4c }
#define UC	{ .bytes = 0, .status = 0x0e }

extern const struct oracle_case oracle_cases[];
extern const unsigned int oracle_nr_cases;

#endif
