/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channel programs in literal bytes: one table, for the unit tests of the
 * translator and for the oracle
 *
 * A case lists the guest's pages, what is in them, the ORB, what the device
 * does, and what the architecture makes of it: the last SCSW and, where it
 * says something, bytes of storage afterwards. Both are literals; they hold
 * the oracle's channel to the Principles of Operation, and the comparison of
 * the guest's program with the host's holds the translator to that channel.
 *
 * The unit tests, on machines of either byte order, translate each case and
 * compare the host's program where @host says what it has to be, byte by byte.
 *
 * Input bytes: byte k of the n-th command is 7 * k + k / 256 + 31 * n + 1.
 */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <linux/types.h>

/* What a mapping of a guest's page allows */
#define W_READ		1u
#define W_WRITE		2u

/* Storage key of a page: access-control bits, and the fetch-protection bit */
#define W_KEY(acc)	((acc) << 4 | 0x01)
#define W_KEY_FETCH	0x08

/* Checks that the device's script may ask for after the transfer */
#define CH_CHECK_DATA		0x08	/* channel-data check */
#define CH_CHECK_CONTROL	0x04	/* channel-control check */
#define CH_CHECK_INTERFACE	0x02	/* interface-control check */

/* Addresses in the extended-status word */
#define CH_ESW_CCW	0x01	/* secondary-CCW address: the CCW in control */
#define CH_ESW_DATA	0x02	/* failing storage: the last data address */
#define CH_ESW_STORAGE	0x04	/* failing storage: the CCW in control */
#define CH_ESW_64	0x08	/* failing-storage address is 64 bits wide */
				/* in any case; else if it has to be */

/**
 * struct w_step - one step of the device's script, one for each command
 * @cmd: for this command only; 0: for any
 * @bytes: wanted; more than the count is cut there
 * @status: device status at the end
 * @flags: W_STEP_*
 * @check: CH_CHECK_*
 * @addresses: CH_ESW_*: reported with a check
 */
struct w_step {
	u8 cmd;
	u32 bytes;
	u8 status;
	u8 flags;
	u8 check, addresses;
};

#define W_ALL		0xffffffffu	/* bytes: as many as the count */
#define W_STEP_IMMEDIATE	0x01
#define W_STEP_LATE		0x02
#define W_STEP_REFUSED		0x04

/**
 * struct w_edit - guest storage changes while the program is executed
 * @stage: at the how-manieth suspension, from 0, before it is resumed; or
 *	W_AT(n): at the n-th command of all, from 0
 * @iova: where
 * @len: bytes
 * @bytes: what it is then
 */
struct w_edit {
	u32 stage;
	u64 iova;
	u8 len;
	u8 bytes[16];
};

#define W_AT(n)		(0x100u + (n))

/**
 * struct mapping - pages of the guest, adjacent in both address spaces
 * @iova: guest address of the first
 * @npages: how many
 * @perm: W_READ, W_WRITE; 0: both
 * @host: host address of the first; 0: anywhere
 * @key: W_KEY(), W_KEY_FETCH; 0: fits every access
 */
struct mapping {
	u64 iova;
	unsigned int npages;
	unsigned int perm;
	u64 host;
	u8 key;
};

/**
 * struct image - bytes of storage
 * @iova: address of the first
 * @hex: two digits for each; spaces mean nothing
 */
struct image {
	u64 iova;
	const char *hex;
};

/**
 * struct golden - a channel program
 * @name: what it is about
 * @ctl: word 1 of the ORB
 * @cpa: word 2 of the ORB
 * @map: pages of the guest
 * @mem: what is in them, where that is not zero
 * @step: what the device does; ALL at the end of the list
 * @edit: what the guest changes meanwhile
 * @scsw: the last one; word 0 zero: not said
 * @after: guest storage at the end
 * @rc: -errno wanted
 * @no_cpa: the address in @scsw says nothing
 * @may_differ: one of the variants that the architecture allows is wanted
 * @past_end: ... which is CH_PAST_END of the oracle's channel
 * @read_only: ... which is CH_READ_ONLY of the oracle's channel
 * @hide_cpa: the host stores no address at suspension
 * @refusals: of each resume
 * @rsch: RESUME SUBCHANNEL while the n-th command runs: bit n
 * @rsch_refused: ... with status pending, each second one
 * @host: host storage after the translation, for the unit tests, whose driver's
 *	page is at HOST_NULL and whose program begins at HOST_CCWS
 * @orb: word 1 of the host's ORB, likewise; 0: not said
 * @guard: host CCW at which the channel has to stop, likewise: its address has
 *	to become that of @scsw, its check to be the one there; 0: not said
 * @reads: calls that read guest storage, likewise; 0: not said
 * @pins: calls that pin guest storage, likewise; 0: not said
 */
struct golden {
	const char *name;
	u32 ctl, cpa;
	struct mapping map[6];
	struct image mem[8];
	struct w_step step[8];
	struct w_edit edit[4];
	u32 scsw[3];
	struct image after[4];
	int rc;
	bool no_cpa;
	bool may_differ;
	bool past_end;
	bool read_only;
	bool hide_cpa;
	u8 refusals;
	u32 rsch;
	bool rsch_refused;
	struct image host[4];
	u32 orb;
	u32 guard;
	unsigned int reads;
	unsigned int pins;
};

/* Where the unit tests have the first and the second block for a channel */
#define HOST_NULL	0x40000000u
#define HOST_CCWS	0x40010000u

/* Nothing: the guard, at which the channel finds no CCW */
#define GUARD	"00000000 00000000"

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

/* The value of a hexadecimal digit */
static inline u8 golden_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/**
 * golden_byte() - Take one byte of an image
 * @hex: what is left of its text; moved past what was taken
 * @byte: the byte
 *
 * Return: false at the end.
 */
static inline bool golden_byte(const char **hex, u8 *byte)
{
	while (**hex == ' ')
		++*hex;
	if (!**hex)
		return false;
	*byte = (u8)(golden_digit((*hex)[0]) << 4 | golden_digit((*hex)[1]));
	*hex += 2;
	return true;
}

#endif
