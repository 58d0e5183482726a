// SPDX-License-Identifier: GPL-2.0
/*
 * A channel, from the Principles of Operation (PoP) chapters 15 and 16
 *
 * One byte string after another, in the order in which a channel would do it:
 * the next IDAW is fetched when its block is reached, the next CCW of a data
 * chain when the count of the one before is used up.
 */
#include <string.h>

#include "channel.h"

/* Flags of a CCW, the same bits in both formats */
#define F_CD	0x80
#define F_CC	0x40
#define F_SLI	0x20
#define F_SKIP	0x10
#define F_PCI	0x08
#define F_IDA	0x04
#define F_S	0x02
#define F_MIDA	0x01

/* Device status */
#define D_ATTENTION	0x80
#define D_MODIFIER	0x40
#define D_CU_END	0x20
#define D_BUSY		0x10
#define D_CHANNEL_END	0x08
#define D_DEVICE_END	0x04
#define D_UNIT_CHECK	0x02
#define D_EXCEPTION	0x01

/* Subchannel status */
#define C_PCI		0x80
#define C_LENGTH	0x40
#define C_PROGRAM	0x20
#define C_PROTECTION	0x10

/* Word 0 of the SCSW */
#define W_SUSPEND	0x08000000u
#define W_ESW		0x04000000u
#define W_FORMAT1	0x00800000u
#define W_PREFETCH	0x00400000u
#define W_INITIAL	0x00200000u
#define W_LIMIT		0x00100000u
#define W_NO_SUSPENDED	0x00080000u
#define W_ZERO_CC	0x00040000u
#define W_START		0x00004000u
#define W_DEV_ACTIVE	0x00000040u
#define W_SUSPENDED	0x00000020u
#define W_SCH_ACTIVE	0x00000080u
#define W_ALERT		0x10u
#define W_INTERMEDIATE	0x08u
#define W_PRIMARY	0x04u
#define W_SECONDARY	0x02u
#define W_PENDING	0x01u

#define MIDAW_LAST	0x80
#define MIDAW_SKIP	0x40
#define MIDAW_ZERO	0x1f

bool ch_is_backward(uint8_t cmd)
{
	return (cmd & 0x0f) == 0x0c;
}

bool ch_is_input(uint8_t cmd)
{
	return (cmd & 0x03) == 0x02 || (cmd & 0x0f) == 0x04 ||
	       ch_is_backward(cmd);
}

static bool no_operation(uint8_t cmd)
{
	return cmd == 0x03;
}

static bool skipping(const struct channel *ch)
{
	return (ch->flags & F_SKIP) && ch_is_input(ch->cmd);
}

/* Word 0 of the SCSW without activity and status control */
static uint32_t scsw_word0(const struct channel *ch)
{
	return (uint32_t)ch->key << 28 | (ch->s ? W_SUSPEND : 0) |
	       (ch->fmt1 ? W_FORMAT1 : 0) | (ch->p ? W_PREFETCH : 0) |
	       (ch->i ? W_INITIAL : 0) | (ch->a ? W_LIMIT : 0) |
	       (ch->u ? W_NO_SUSPENDED : 0) | W_START;
}

static struct ch_irb *new_irb(struct channel *ch, uint32_t control)
{
	struct ch_irb *irb;

	/* Room for the ending status is always kept */
	if (ch->nr_irbs == CH_MAX_IRBS)
		return NULL;
	irb = &ch->irb[ch->nr_irbs++];
	memset(irb, 0, sizeof(*irb));
	ch_put32(irb->raw, scsw_word0(ch) | control);
	ch_put32(irb->raw + 4, (uint32_t)(ch->ccw + 8));
	irb->cpa_valid = ch->ccw_known;
	return irb;
}

static void intermediate(struct channel *ch, uint32_t control, uint8_t sub)
{
	struct ch_irb *irb;

	if (ch->nr_irbs + 4 > CH_MAX_IRBS) {
		ch->pci |= !!(sub & C_PCI);
		return;
	}
	irb = new_irb(ch, control | W_INTERMEDIATE | W_PENDING);
	irb->raw[9] = sub;
}

static void report_addresses(const struct channel *ch, uint8_t addresses,
			     uint8_t *raw)
{
	uint32_t erw = 0;
	uint64_t failing;

	if (addresses & CH_ESW_CCW) {
		erw |= 0x00800000u;
		ch_put32(raw + 28, (uint32_t)ch->ccw);
	}
	if (addresses & (CH_ESW_DATA | CH_ESW_STORAGE)) {
		failing = addresses & CH_ESW_DATA ? ch->last_data : ch->ccw;
		erw |= 0x02000000u;
		if (addresses & CH_ESW_64 || failing >> 31) {
			erw |= 0x00400000u;
			ch_put64(raw + 20, failing);
		} else {
			ch_put32(raw + 20, (uint32_t)failing);
		}
	}
	ch_put32(raw + 16, erw);
	if (addresses)
		raw[0] |= W_ESW >> 24;
}

static bool unusual(uint8_t dev, uint8_t sub)
{
	return (dev & (D_ATTENTION | D_CU_END | D_BUSY | D_UNIT_CHECK |
		       D_EXCEPTION)) || (sub & (uint8_t)~C_PCI);
}

/* The end: one interruption, or primary and secondary status apart */
static void end(struct channel *ch, uint8_t dev, uint8_t sub,
		const struct ch_action *act)
{
	bool late = act && act->late_end &&
		    (dev & (D_CHANNEL_END | D_DEVICE_END)) ==
		    (D_CHANNEL_END | D_DEVICE_END) && !unusual(dev, sub);
	uint8_t first = late ? D_CHANNEL_END : dev;
	uint32_t sc = W_PRIMARY | W_PENDING;
	struct ch_irb *irb;

	if (unusual(first, sub))
		sc |= W_ALERT;
	if (!late)
		sc |= W_SECONDARY;
	if (ch->pci)
		sub |= C_PCI;
	ch->pci = false;
	ch->state = CH_ENDED;

	irb = new_irb(ch, sc | (late ? W_DEV_ACTIVE : 0));
	irb->raw[8] = first;
	irb->raw[9] = sub;
	irb->raw[10] = (uint8_t)(ch->left >> 8);
	irb->raw[11] = (uint8_t)ch->left;
	/* Figure 16-7: no count with a program or protection check */
	irb->count_valid = !(sub & (C_PROGRAM | C_PROTECTION | CH_CHECK_CONTROL |
				    CH_CHECK_INTERFACE));
	if (sub & (CH_CHECK_CONTROL | CH_CHECK_INTERFACE))
		irb->cpa_valid = false;
	if (act && act->check)
		report_addresses(ch, act->addresses, irb->raw);
	if (!late)
		return;
	/* The start function ended with the primary status */
	irb = new_irb(ch, W_SECONDARY | W_PENDING);
	irb->raw[2] &= (uint8_t)~(W_START >> 8);
	irb->raw[8] = (uint8_t)(dev & ~D_CHANNEL_END);
	irb->cpa_valid = false;
	irb->count_valid = false;
}

/* A check recognised by the channel; the device, if started, is stopped */
static bool stop(struct channel *ch, uint8_t sub, bool in_operation)
{
	end(ch, in_operation ? D_CHANNEL_END | D_DEVICE_END : 0, sub, NULL);
	return false;
}

static uint8_t check_of(enum ch_access access)
{
	return access == CH_PROTECTED ? C_PROTECTION : C_PROGRAM;
}

static uint64_t ccw_limit(const struct channel *ch)
{
	return ch->fmt1 ? 0x80000000ull : 0x01000000ull;
}

/* Takes one CCW apart; true if it is a TRANSFER IN CHANNEL */
static bool decode(struct channel *ch, const uint8_t raw[8], bool data_chain)
{
	if (ch->fmt1) {
		if (raw[0] != 0x08 && !data_chain)
			ch->cmd = raw[0];
		ch->flags = raw[1];
		ch->count = ch_be16(raw + 2);
		ch->cda = ch_be32(raw + 4);
		return raw[0] == 0x08;
	}
	if ((raw[0] & 0x0f) != 0x08 && !data_chain)
		ch->cmd = raw[0];
	ch->cda = ch_be32(raw) & 0xffffff;
	ch->flags = raw[4];
	ch->count = ch_be16(raw + 6);
	return (raw[0] & 0x0f) == 0x08;
}

static bool valid_transfer(const struct channel *ch, const uint8_t raw[8])
{
	if (ch->fmt1 && (raw[1] || raw[2] || raw[3] || (raw[4] & 0x80)))
		return false;
	return !(ch->cda & 7);
}

/*
 * Fetches the CCW at ch->next, going through one TRANSFER IN CHANNEL. PoP
 * figure 16-6: an invalid address in a TIC is reported with the TIC's own
 * address, any other with the CCW's.
 */
static bool fetch_ccw(struct channel *ch, bool data_chain)
{
	uint64_t addr = ch->next, tic = 0;
	bool through_tic = false;
	enum ch_access access;
	uint8_t raw[8];

	ch->chaining = data_chain;
	for (;;) {
		ch->ccw = through_tic ? tic : addr;
		ch->ccw_known = true;
		ch->left = 0;
		if (addr & 7)
			return stop(ch, C_PROGRAM, data_chain);
		if (addr >= ccw_limit(ch)) {
			ch->ccw_known = through_tic;
			return stop(ch, C_PROGRAM, data_chain);
		}
		if (ch->past_end) {
			ch->past_end = false;
			ch->ccw = addr;
			return stop(ch, C_PROGRAM, data_chain);
		}
		access = ch->mem.fetch(ch->mem.ctx, addr, raw, 8, CH_CCW);
		if (access != CH_OK)
			return stop(ch, check_of(access), data_chain);
		ch->ccw = addr;
		if (!decode(ch, raw, data_chain))
			break;
		/* Neither first, nor after another, nor malformed */
		if (!ch->started || through_tic || !valid_transfer(ch, raw))
			return stop(ch, C_PROGRAM, data_chain);
		tic = addr;
		through_tic = true;
		addr = ch->cda;
	}
	ch->started = true;
	ch->next = addr + 8;
	ch->left = ch->count;
	ch->addr = ch->cda;
	ch->block_left = 0;
	ch->list = ch->cda;
	ch->list_begun = false;
	ch->list_last = false;
	ch->midaw_skip = false;
	return true;
}

/* What can be wrong with a CCW by itself */
static bool valid_ccw(const struct channel *ch, bool data_chain)
{
	uint8_t low = ch->cmd & 0x0f;

	if (!data_chain && (low == 0 || low == 8))
		return false;
	if (!ch->count && (!ch->fmt1 || data_chain || (ch->flags & F_CD)))
		return false;
	if (ch->flags & F_MIDA) {
		if (!ch->d || (ch->flags & F_IDA))
			return false;
		if ((ch->flags & F_SKIP) &&
		    (ch_is_input(ch->cmd) || (ch->variant & CH_SKIP_CHECKED)))
			return false;
	}
	if (ch->fmt1 && (ch->variant & CH_BIT32) && (ch->cda & 0x80000000u))
		return false;
	return true;
}

static uint32_t idaw_block(const struct channel *ch)
{
	return ch->h && !ch->t ? 4096 : 2048;
}

static enum ch_access next_idaw(struct channel *ch)
{
	uint32_t size = ch->h ? 8 : 4, mask = idaw_block(ch) - 1;
	bool backward = ch_is_backward(ch->cmd);
	enum ch_access access;
	uint8_t raw[8];

	if (ch->list & (size - 1) ||
	    ch->list + size > (ch->fmt1 ? 0x80000000ull : 0x01000000ull))
		return CH_ADDRESSING;
	access = ch->mem.fetch(ch->mem.ctx, ch->list, raw, size, CH_IDAW);
	if (access != CH_OK)
		return access;
	ch->list += size;
	ch->addr = ch->h ? ch_be64(raw) : ch_be32(raw);
	if (!ch->h && (ch->addr & 0x80000000u))
		return CH_ADDRESSING;
	if (ch->list_begun && (ch->addr & mask) != (backward ? mask : 0))
		return CH_ADDRESSING;
	ch->list_begun = true;
	ch->block_left = backward ? (uint32_t)(ch->addr & mask) + 1 :
			 mask + 1 - (uint32_t)(ch->addr & mask);
	return CH_OK;
}

static enum ch_access next_midaw(struct channel *ch)
{
	enum ch_access access;
	uint8_t raw[16];
	uint32_t count;

	if (ch_is_backward(ch->cmd))
		return CH_ADDRESSING;
	if (ch->list_last || (ch->list & 15) || ch->list + 16 > ccw_limit(ch))
		return CH_ADDRESSING;
	/* The list does not go on into another 4 KiB block */
	if (ch->list_begun && !(ch->list & 4095))
		return CH_ADDRESSING;
	access = ch->mem.fetch(ch->mem.ctx, ch->list, raw, 16, CH_MIDAW);
	if (access != CH_OK)
		return access;
	ch->list += 16;
	ch->list_begun = true;
	count = ch_be16(raw + 6);
	if (raw[0] | raw[1] | raw[2] | raw[3] | raw[4] ||
	    (raw[5] & MIDAW_ZERO) || !count)
		return CH_ADDRESSING;
	ch->list_last = raw[5] & MIDAW_LAST;
	/* The last flag and the count of the CCW end together */
	if (!(ch->variant & CH_LAST_LATE) &&
	    (ch->list_last ? count != ch->left : count >= ch->left))
		return CH_ADDRESSING;
	ch->midaw_skip = raw[5] & MIDAW_SKIP && ch_is_input(ch->cmd);
	ch->addr = ch_be64(raw + 8);
	if (!ch->midaw_skip && (ch->addr & 4095) + count > 4096)
		return CH_ADDRESSING;
	ch->block_left = count;
	return CH_OK;
}

/* Addresses a CCW can name by itself: 24 or 31 bits */
static enum ch_access direct_block(struct channel *ch)
{
	uint64_t limit = ch->fmt1 ? 0x80000000ull : 0x01000000ull;
	uint32_t mask = 2047;

	/* Also taken when a backward transfer has gone below zero */
	if (ch->addr >= limit)
		return CH_ADDRESSING;
	ch->block_left = ch_is_backward(ch->cmd) ?
			 (uint32_t)(ch->addr & mask) + 1 :
			 mask + 1 - (uint32_t)(ch->addr & mask);
	return CH_OK;
}

static enum ch_access next_block(struct channel *ch)
{
	if (ch->flags & F_MIDA)
		return next_midaw(ch);
	if (ch->flags & F_IDA)
		return next_idaw(ch);
	return direct_block(ch);
}

static void move_on(struct channel *ch, uint32_t len)
{
	ch->left -= len;
	ch->block_left -= len;
	if (ch_is_backward(ch->cmd))
		ch->addr -= len;
	else
		ch->addr += len;
}

/* Bytes of one transfer: within count, block and a 2 KiB half page */
static uint32_t piece(const struct channel *ch, uint32_t want)
{
	uint32_t len = want < ch->left ? want : ch->left, room;

	if (len > ch->block_left)
		len = ch->block_left;
	room = ch_is_backward(ch->cmd) ? (uint32_t)(ch->addr & 2047) + 1 :
	       2048 - (uint32_t)(ch->addr & 2047);
	return len < room ? len : room;
}

static enum ch_access input(struct channel *ch, uint32_t len)
{
	uint8_t buf[2048], swapped[2048];
	enum ch_access access;
	uint32_t i;

	if (skipping(ch) || ch->midaw_skip) {
		ch->dev.input(ch->dev.ctx, buf, len);
		return CH_OK;
	}
	access = ch->mem.probe(ch->mem.ctx, ch->addr, true);
	if (access != CH_OK)
		return access;
	ch->dev.input(ch->dev.ctx, buf, len);
	if (!ch_is_backward(ch->cmd))
		return ch->mem.store(ch->mem.ctx, ch->addr, buf, len);
	for (i = 0; i < len; i++)
		swapped[i] = buf[len - 1 - i];
	return ch->mem.store(ch->mem.ctx, ch->addr - (len - 1), swapped, len);
}

static enum ch_access output(struct channel *ch, uint32_t len)
{
	enum ch_access access;
	uint8_t buf[2048];

	access = ch->mem.fetch(ch->mem.ctx, ch->addr, buf, len, CH_DATA);
	if (access == CH_OK)
		ch->dev.output(ch->dev.ctx, buf, len);
	return access;
}

/* Moves what lies in one block; skipped input needs no address at all */
static enum ch_access transfer_piece(struct channel *ch, uint32_t *want)
{
	enum ch_access access;
	uint32_t len;

	if (skipping(ch)) {
		ch->block_left = ch->left;
	} else if (!ch->block_left) {
		access = next_block(ch);
		if (access != CH_OK)
			return access;
	}
	len = piece(ch, *want);
	if (!skipping(ch) && !ch->midaw_skip)
		ch->last_data = ch->addr;
	access = ch_is_input(ch->cmd) ? input(ch, len) : output(ch, len);
	if (access != CH_OK)
		return access;
	move_on(ch, len);
	*want -= len;
	return CH_OK;
}

static bool designates_nothing(const struct channel *ch)
{
	return !ch->count || no_operation(ch->cmd) || skipping(ch);
}

/* CH_EARLY: the whole designation of the CCW in control */
static enum ch_access examine(const struct channel *ch)
{
	struct channel copy = *ch;
	enum ch_access access;

	while (copy.left) {
		if (!copy.block_left) {
			access = next_block(&copy);
			if (access != CH_OK)
				return access;
		}
		if (!copy.midaw_skip) {
			access = copy.mem.probe(copy.mem.ctx, copy.addr,
						ch_is_input(copy.cmd));
			if (access != CH_OK)
				return access;
		}
		move_on(&copy, piece(&copy, copy.left));
	}
	return CH_OK;
}

/* CH_READ_ONLY: is it the page that the driver reports instead of the command? */
static bool hides_command(const struct channel *ch)
{
	struct channel copy = *ch;
	uint8_t low = ch->cmd & 0x0f;

	if (!(ch->variant & CH_READ_ONLY) || !ch->into_chain ||
	    (low != 0 && low != 8))
		return false;
	copy.cmd = 0x02;
	return valid_ccw(&copy, true) && !skipping(&copy) &&
	       examine(&copy) == CH_PROTECTED;
}

enum control { TAKEN, CHECKED, SUSPENDS };

/* The fetched CCW takes control, or is found wrong, or suspends */
static enum control take_control(struct channel *ch, bool data_chain)
{
	bool suspends = ch->flags & F_S;
	enum ch_access access = CH_OK;

	if (suspends && (!ch->s || data_chain)) {
		stop(ch, C_PROGRAM, data_chain);
		return CHECKED;
	}
	if (suspends && !(ch->variant & CH_CHECK_FIRST))
		return SUSPENDS;
	if (!valid_ccw(ch, data_chain)) {
		stop(ch, hides_command(ch) ? C_PROTECTION : C_PROGRAM,
		     data_chain);
		return CHECKED;
	}
	ch->into_chain = false;
	if ((ch->variant & CH_EARLY) && !designates_nothing(ch))
		access = examine(ch);
	if (access != CH_OK) {
		stop(ch, check_of(access), data_chain);
		return CHECKED;
	}
	if (suspends)
		return SUSPENDS;
	if (ch->flags & F_PCI)
		intermediate(ch, W_SCH_ACTIVE | W_DEV_ACTIVE, C_PCI);
	return TAKEN;
}

/* The count is used up and data chaining is on: the next CCW goes on */
static bool chain_data(struct channel *ch)
{
	if (++ch->executed > ch->max_ccws) {
		end(ch, D_CHANNEL_END | D_DEVICE_END | D_UNIT_CHECK, 0, NULL);
		return false;
	}
	return fetch_ccw(ch, true) && take_control(ch, true) == TAKEN;
}

/* False: the operation has been terminated. @more: the device wanted more */
static bool transfer(struct channel *ch, uint32_t want, bool *more)
{
	enum ch_access access;

	while (want) {
		if (!ch->left) {
			*more = true;
			return true;
		}
		access = transfer_piece(ch, &want);
		if (access != CH_OK)
			return stop(ch, check_of(access), true);
		while (!ch->left && (ch->flags & F_CD))
			if (!chain_data(ch))
				return false;
	}
	return true;
}

/* PoP chapter 15, table of the actions at the conclusion of an operation */
static bool incorrect_length(const struct channel *ch, bool immediate,
			     bool more)
{
	bool wrong = ch->left || more;

	if (immediate && (!ch->fmt1 || ch->l || !ch->count))
		return false;
	if (ch->flags & F_CD)
		return true;
	return wrong && !(ch->flags & F_SLI);
}

/*
 * Is the CCW that a status modifier passes over the last of its chain? The driver
 * looks behind a TIC, a place of suspension and what is not valid in any case.
 */
static bool ends_there(const struct channel *ch)
{
	struct channel copy = *ch;
	uint8_t raw[8];

	if (ch->mem.fetch(ch->mem.ctx, ch->next, raw, 8, CH_CCW) != CH_OK ||
	    decode(&copy, raw, false))
		return false;
	return !(copy.flags & (F_CC | F_CD | F_S)) && valid_ccw(&copy, false);
}

/* CH_PAST_CHAIN: does the CCW in control, or could it, go on a chain of output? */
static bool behind_output_chain(const struct channel *ch)
{
	uint8_t raw[8];

	return ch->variant & CH_PAST_CHAIN && ch->ccw >= 8 &&
	       !(ch->chaining && ch_is_input(ch->cmd)) &&
	       ch->mem.fetch(ch->mem.ctx, ch->ccw - 8, raw, 8,
			     CH_CCW) == CH_OK &&
	       (ch->fmt1 ? raw[0] : raw[0] & 0x0f) != 0x08 &&
	       raw[ch->fmt1 ? 1 : 4] & F_CD;
}

/* Does the CCW that a status modifier passes over begin or go on a data chain? */
static bool chains_data_there(const struct channel *ch)
{
	uint8_t raw[8];

	return ch->mem.fetch(ch->mem.ctx, ch->next, raw, 8, CH_CCW) == CH_OK &&
	       (ch->fmt1 ? raw[0] : raw[0] & 0x0f) != 0x08 &&
	       raw[ch->fmt1 ? 1 : 4] & F_CD;
}

/* Commands for which the driver looks behind the last CCW of a chain */
static bool search(uint8_t cmd)
{
	uint8_t low = cmd & 0x0f;

	return (cmd & 0x60) && (low == 0x01 || low == 0x09 || low == 0x0d);
}

/* One command; true if command chaining goes on at ch->next */
static bool execute(struct channel *ch)
{
	struct ch_action act = { 0 };
	bool more = false, wrong;

	ch->dev.command(ch->dev.ctx, ch->cmd, &act);
	if (act.refused) {
		end(ch, act.status, 0, NULL);
		return false;
	}
	if (ch->i && !ch->accepted) {
		intermediate(ch, W_ZERO_CC | W_SCH_ACTIVE | W_DEV_ACTIVE, 0);
		ch->irb[ch->nr_irbs - 1].cpa_valid = false;
	}
	ch->accepted = true;
	if (act.immediate)
		act.bytes = 0;
	if (!transfer(ch, act.bytes, &more))
		return false;
	wrong = incorrect_length(ch, act.immediate, more && !act.fits);
	if (act.check || wrong || unusual(act.status, 0) ||
	    (ch->flags & F_CD) || !(ch->flags & F_CC)) {
		end(ch, act.status, (uint8_t)(act.check | (wrong ? 0x40 : 0)),
		    &act);
		return false;
	}
	if (act.status & D_MODIFIER) {
		ch->past_end = ch->variant & CH_PAST_END && !search(ch->cmd) &&
			       !behind_output_chain(ch) && ends_there(ch);
		ch->into_chain = ch->variant & CH_READ_ONLY &&
				 chains_data_there(ch);
		ch->next += 8;
	}
	return true;
}

static void suspend(struct channel *ch)
{
	ch->state = CH_SUSPENDED;
	ch->next = ch->ccw;
	if (ch->u)
		return;
	/* Residual count has no meaning here */
	intermediate(ch, W_SUSPENDED, ch->pci ? C_PCI : 0);
	ch->pci = false;
}

/*
 * PoP chapter 15, "Suspension and Resumption": with a resume pending the CCW is
 * fetched again, and suspends the channel only if it has the flag still
 */
static void suspend_or_refetch(struct channel *ch)
{
	if (!ch->resume_pending) {
		suspend(ch);
		return;
	}
	ch->resume_pending = false;
	ch->next = ch->ccw;
}

void ch_run(struct channel *ch)
{
	while (ch->state == CH_RUNS) {
		if (++ch->executed > ch->max_ccws) {
			end(ch, D_UNIT_CHECK, 0, NULL);
			ch->irb[ch->nr_irbs - 1].cpa_valid = false;
			ch->irb[ch->nr_irbs - 1].count_valid = false;
			return;
		}
		if (!fetch_ccw(ch, false))
			return;
		switch (take_control(ch, false)) {
		case CHECKED:
			return;
		case SUSPENDS:
			suspend_or_refetch(ch);
			break;
		case TAKEN:
			if (!execute(ch))
				return;
		}
	}
}

void ch_resume(struct channel *ch)
{
	ch->state = CH_RUNS;
}

unsigned int ch_rsch(struct channel *ch)
{
	if (!ch->s || ch->resume_pending || ch->state == CH_ENDED)
		return 2;
	if (ch->state == CH_SUSPENDED)
		ch->state = CH_RUNS;
	else
		ch->resume_pending = true;
	return 0;
}

bool ch_start(struct channel *ch, const uint8_t orb[12])
{
	uint32_t ctl = ch_be32(orb + 4);

	/* Transport mode, reserved bits */
	if (ctl & 0x0004003eu)
		return false;
	ch->key = (uint8_t)(ctl >> 28);
	ch->s = ctl & 0x08000000u;
	ch->fmt1 = ctl & 0x00800000u;
	ch->p = ctl & 0x00400000u;
	ch->i = ctl & 0x00200000u;
	ch->a = ctl & 0x00100000u;
	ch->u = ctl & 0x00080000u;
	ch->h = ctl & 0x00020000u;
	ch->t = ctl & 0x00010000u;
	ch->l = ctl & 0x00000080u;
	ch->d = ctl & 0x00000040u;
	ch->next = ch_be32(orb + 8);
	ch->state = CH_RUNS;
	return true;
}
