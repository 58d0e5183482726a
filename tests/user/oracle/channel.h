/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A channel: executes a channel program as the z/Architecture Principles of
 * Operation (PoP, SA22-7832, chapters 15 and 16) describe it
 *
 * Knows storage and the device through two tables, nothing of the driver: no
 * type, constant or function is shared with the code under test. The same
 * channel runs the guest's program on the guest's storage and the translated
 * program on the host's.
 */
#ifndef ORACLE_CHANNEL_H
#define ORACLE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/golden/golden.h"

/* What an access to storage came to */
enum ch_access { CH_OK, CH_ADDRESSING, CH_PROTECTED };

/* What storage is fetched for */
enum ch_kind { CH_CCW, CH_IDAW, CH_MIDAW, CH_DATA };

/*
 * Storage: accesses never cross a 2 KiB boundary. @probe says what an access
 * of data would come to, without making it.
 */
struct ch_storage {
	enum ch_access (*fetch)(void *ctx, uint64_t addr, void *buf,
				unsigned int len, enum ch_kind kind);
	enum ch_access (*store)(void *ctx, uint64_t addr, const void *buf,
				unsigned int len);
	enum ch_access (*probe)(void *ctx, uint64_t addr, bool store);
	void *ctx;
};

/* What the device does with one command */
struct ch_action {
	uint32_t bytes;		/* it wants to transfer */
	bool fits;		/* ... or what the count allows, if that is less */
	uint8_t status;		/* ends with; channel end and device end given */
	bool immediate;		/* channel end with the initial status */
	bool late_end;		/* device end after channel end, separately */
	bool refused;		/* status is the initial one, nothing done */
	uint8_t check;		/* CH_CHECK_* */
	uint8_t addresses;	/* CH_ESW_*: reported with a check */
};

struct ch_device {
	void (*command)(void *ctx, uint8_t cmd, struct ch_action *act);
	void (*output)(void *ctx, const uint8_t *data, unsigned int len);
	void (*input)(void *ctx, uint8_t *data, unsigned int len);
	void *ctx;
};

/*
 * Where the architecture leaves freedom. A program that meets none of these
 * conditions runs the same under every combination.
 *
 * CH_EARLY: the addresses of all the data a CCW designates are examined when
 *	the CCW takes control, not as far as the transfer comes (PoP, "Program
 *	check": a channel may fetch IDAWs ahead). CCWs that designate nothing
 *	are exempt: NO-OPERATION, a count of zero, skipped input
 * CH_BIT32: bit 32 of a format-1 CCW must be zero even if the CCW transfers
 *	nothing
 * CH_CHECK_FIRST: a CCW that is not valid is recognised as such before its
 *	suspend flag is honoured, even though it would be fetched again
 * CH_SKIP_CHECKED: the CCW flags skip and MIDA together are an error for
 *	output commands too, which otherwise ignore skip
 * CH_LAST_LATE: that a list of MIDAWs ends before or after the count does is
 *	seen when the data of the MIDAW have been transferred, not before
 * CH_PAST_END: no freedom of the architecture, but what the driver documents
 *	(channel-programs.rst, "What a status modifier may skip"): when a status
 *	modifier passes over the last CCW of a chain, the one behind it is taken
 *	to be invalid, whatever it is
 * CH_PAST_CHAIN: ... but not where the CCW in control stands behind one that chains
 *	data, unless it goes on a chain of input: the driver may know it only as
 *	a part of a chain of output, whose command it does not know, and looks
 *	one CCW further to be safe; and what it has translated for that chain is
 *	there for a command, too
 * CH_READ_ONLY: likewise ("What the guest gets wrong" there): when a status
 *	modifier leads into the middle of a data chain whose input cannot be
 *	stored because the page may only be read, a CCW there that is not a
 *	valid command is reported as that page is
 */
#define CH_EARLY	0x01
#define CH_BIT32	0x02
#define CH_CHECK_FIRST	0x04
#define CH_SKIP_CHECKED	0x08
#define CH_LAST_LATE	0x10
#define CH_PAST_END	0x20
#define CH_READ_ONLY	0x40
#define CH_PAST_CHAIN	0x80
#define CH_VARIANTS	256

#define CH_IRB_SIZE	96
#define CH_MAX_IRBS	48

/* One interruption, with what the architecture leaves open about it */
struct ch_irb {
	uint8_t raw[CH_IRB_SIZE];
	bool cpa_valid;		/* PoP figure 16-6 */
	bool count_valid;	/* PoP figure 16-7 */
};

enum ch_state { CH_RUNS, CH_SUSPENDED, CH_ENDED };

struct channel {
	struct ch_storage mem;
	struct ch_device dev;
	unsigned int variant;
	unsigned int max_ccws;		/* executed; then the path fails */

	/* operation-request block */
	uint8_t key;
	bool s, fmt1, p, i, a, u, h, t, l, d;

	enum ch_state state;
	uint64_t next;			/* CCW to be fetched */
	bool started;			/* a CCW was in control before */
	bool past_end;			/* of the chain, by status modifier */
	bool into_chain;		/* of data, by status modifier */
	bool chaining;			/* data: the CCW is fetched for that */
	bool resume_pending;
	bool accepted;			/* a command was accepted by the device */
	bool pci;			/* not yet reported */
	unsigned int executed;

	/* the CCW in control */
	uint64_t ccw;			/* its address */
	bool ccw_known;			/* ... is what figure 16-6 wants */
	uint8_t cmd;			/* effective command */
	uint8_t flags;
	uint32_t count;			/* as given */
	uint32_t left;			/* residual */
	uint64_t cda;

	/* transfer of the CCW in control */
	uint64_t addr;			/* next byte */
	uint64_t last_data;		/* last byte tried */
	uint32_t block_left;		/* bytes of this IDAW or MIDAW */
	uint64_t list;			/* next IDAW or MIDAW */
	bool list_begun;
	bool list_last;			/* the MIDAW in use was the last */
	bool midaw_skip;

	struct ch_irb irb[CH_MAX_IRBS];
	unsigned int nr_irbs;
};

/* Starts: @orb is the 12 bytes of a command-mode ORB. False: not a valid ORB */
bool ch_start(struct channel *ch, const uint8_t orb[12]);
/* Resumes after CH_SUSPENDED */
void ch_resume(struct channel *ch);
/* RESUME SUBCHANNEL at any time before the end; condition code 0 or 2 */
unsigned int ch_rsch(struct channel *ch);
/* Runs to the end or to suspension */
void ch_run(struct channel *ch);

/* Kinds of commands by code (PoP chapter 15, "Command Code") */
bool ch_is_input(uint8_t cmd);
bool ch_is_backward(uint8_t cmd);

static inline uint32_t ch_be16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static inline uint32_t ch_be32(const uint8_t *p)
{
	return ch_be16(p) << 16 | ch_be16(p + 2);
}

static inline uint64_t ch_be64(const uint8_t *p)
{
	return (uint64_t)ch_be32(p) << 32 | ch_be32(p + 4);
}

static inline void ch_put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void ch_put64(uint8_t *p, uint64_t v)
{
	ch_put32(p, (uint32_t)(v >> 32));
	ch_put32(p + 4, (uint32_t)v);
}

#endif
