// SPDX-License-Identifier: GPL-2.0
/*
 * ECKD channel programs on a passed-through 3390
 *
 * Every byte that a program reads is compared with what was found in the
 * image from outside, or with what the host's own driver had read; every byte
 * written is read by both afterwards (see check-dasd.sh).
 *
 * usage: eckd UUID BACKEND FOLDER CUTYPE DEVTYPE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ckd.h"
#include "rig.h"

#define ERW_S	0x01000000u	/* concurrent sense in the ECW */
#define IPL1_SIZE	24	/* what READ IPL reads */

/* The device as sysfs describes it, "3990/c2" and "3390/02" */
static const char *cutype, *devtype;
static uint8_t *odd, *known, *label, *rdc, *ipl1;

/* ---- who the device is -------------------------------------------------- */

static bool sense_id(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, 32);
	struct ccwio_irb irb;
	char have[20], want[20];
	const uint8_t *id = mem(rig, data);

	ccw(&prog, 0xe4, CCWIO_SLI, data, 32);
	if (!run(&prog, &irb))
		return false;
	EXPECT(rig, irb.scsw.dev == CE_DE && !irb.scsw.sch, "status %02x/%02x",
	       irb.scsw.dev, irb.scsw.sch);
	snprintf(have, sizeof(have), "%02x%02x/%02x %02x%02x/%02x", id[1],
		 id[2], id[3], id[4], id[5], id[6]);
	snprintf(want, sizeof(want), "%s %s", cutype, devtype);
	EXPECT(rig, id[0] == 0xff && !strcmp(have, want), "%s, sysfs says %s",
	       have, want);
	EXPECT(rig, untouched(rig, data + 32 - irb.scsw.count,
			      irb.scsw.count), "more than it says");
	return true;
}

static bool read_characteristics(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, 64);

	ccw(&prog, 0x64, 0, data, 64);
	return run_clean(&prog) && same(rig, data, rdc, 64);
}

static bool read_label(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, 80);

	search(&prog, 0, 0, 3);
	ccw(&prog, 0x06, 0, data, 80);
	return run_clean(&prog) && same(rig, data, label, 80);
}

/* ---- reading ------------------------------------------------------------ */

static bool read_blocks(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data[BLOCKS];
	unsigned int i;

	locate(&prog, 0x06, KNOWN_CYL, 0, 1, BLOCKS, BLOCK);
	for (i = 0; i < BLOCKS; i++) {
		data[i] = buffer(rig, BLOCK);
		ccw(&prog, 0x06, i < BLOCKS - 1 ? CCWIO_CC : 0, data[i],
		    BLOCK);
	}
	if (!run_clean(&prog))
		return false;
	for (i = 0; i < BLOCKS; i++)
		if (!same(rig, data[i], known + i * BLOCK, BLOCK))
			return false;
	return true;
}

/* 256 CCWs of one command chain */
static bool long_chain(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, BLOCK);

	while (prog.n < 250)
		ccw(&prog, 0x03, CCWIO_CC | CCWIO_SLI, 0, 1);
	search(&prog, KNOWN_CYL, 1, 2);
	while (prog.n < 255)
		ccw(&prog, 0x03, CCWIO_CC | CCWIO_SLI, 0, 1);
	ccw(&prog, 0x06, 0, data, BLOCK);
	return run_clean(&prog) &&
	       same(rig, data, known + (BLOCKS + 1) * BLOCK, BLOCK);
}

static bool read_format0(struct rig *rig)
{
	struct prog prog = prog_format0(rig);
	struct record want = record(odd, 0, 2);
	uint64_t data = ccwio_alloc_low(&rig->io, 4096, 8) + 5;
	uint64_t arg = ccwio_alloc_low(&rig->io, 16, 8);
	static const uint8_t seek[] = {
		0, 0, 0, ODD_CYL, 0, 0, 2,
	};
	unsigned int i;

	memcpy(mem(rig, arg), seek, sizeof(seek));
	ccw(&prog, 0x07, CCWIO_CC, arg, 6);
	i = ccw(&prog, 0x31, CCWIO_CC, arg + 2, 5);
	/* The high digit of a format-0 TIC and its flags mean nothing */
	ccw(&prog, 0xf8, CCWIO_CD | CCWIO_SLI, ccw_at(&prog, i), 77);
	ccw(&prog, 0x06, 0, data, want.dl);
	return run_clean(&prog) && same(rig, data, want.data, want.dl);
}

/*
 * The program that a channel makes for itself at an initial program load: it
 * reads over its own CCW, and goes on with what has been read behind it, which
 * is not known when the program is translated. Started for itself, that runs.
 */
static bool read_own_program(struct rig *rig)
{
	struct prog prog = prog_format0(rig), rest = prog;
	struct ccwio_irb irb;

	prog.ctl &= ~CCWIO_ORB_P;
	memset(mem(rig, prog.iova), 0, 32);
	ccw(&prog, 0x02, CCWIO_CC, prog.iova, IPL1_SIZE);
	rest.iova += 8;
	if (!run(&prog, &irb))
		return false;
	EXPECT(rig, irb.scsw.sch == CCWIO_SCH_PROG &&
	       irb.scsw.cpa == ccw_at(&prog, 2), "%02x/%02x cpa %08x",
	       irb.scsw.dev, irb.scsw.sch, irb.scsw.cpa);
	return same(rig, prog.iova, ipl1, IPL1_SIZE) && run(&rest, &irb) &&
	       ended(rig, &irb, CE_DE, 0, ccw_at(&rest, 1), 1);
}

/* The data of a long record through a list of blocks in descending order */
static bool read_indirect(struct rig *rig, uint32_t ctl, unsigned int block,
			  unsigned int word)
{
	struct prog prog = prog_new(rig);
	struct record want = record(odd, 0, 3);
	unsigned int i, n = want.dl / block + 1;
	uint64_t list = ccwio_alloc(&rig->io, 8 * 16, 8);
	uint64_t area = pages(rig, 2 * block * n), at;

	prog.ctl |= ctl;
	for (i = 0; i < n; i++) {
		at = area + 2 * block * (n - 1 - i);
		if (word == 8)
			ccwio_put_doubleword(&rig->io, list + 8 * i, at);
		else
			ccwio_put_word(&rig->io, list + 4 * i, at);
	}
	search(&prog, ODD_CYL, 0, 3);
	ccw(&prog, 0x06, CCWIO_IDA, list, want.dl);
	if (!run_clean(&prog))
		return false;
	for (i = 0; i < n; i++) {
		unsigned int left = want.dl - i * block;

		if (left > block)
			left = block;
		at = area + 2 * block * (n - 1 - i);
		if (!same(rig, at, want.data + i * block, left))
			return false;
		EXPECT(rig, untouched(rig, at + left, 2 * block - left),
		       "bytes behind block %u changed", i);
	}
	return true;
}

static bool read_idaw_4k(struct rig *rig)
{
	return read_indirect(rig, CCWIO_ORB_H, 4096, 8);
}

static bool read_idaw_2k(struct rig *rig)
{
	return read_indirect(rig, CCWIO_ORB_H | CCWIO_ORB_T, 2048, 8);
}

static bool read_idaw_format1(struct rig *rig)
{
	return read_indirect(rig, 0, 2048, 4);
}

/*
 * Three pieces of odd sizes; none may cross a 4 KiB boundary. No skipped
 * piece: the emulated channel does not count its bytes.
 */
static bool read_midaws(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	struct record want = record(odd, 0, 2);
	uint64_t list = ccwio_alloc(&rig->io, 48, 16);
	uint64_t a = pages(rig, 4096) + 96, b = pages(rig, 4096) + 2000;
	uint64_t c = pages(rig, 4096) + 5;

	prog.ctl |= CCWIO_ORB_D;
	ccwio_put_midaw(&rig->io, list, a, 700, 0);
	ccwio_put_midaw(&rig->io, list + 16, b, 1000, 0);
	ccwio_put_midaw(&rig->io, list + 32, c, 1300, CCWIO_MIDAW_LAST);
	search(&prog, ODD_CYL, 0, 2);
	ccw(&prog, 0x06, CCWIO_MIDA, list, want.dl);
	return run_clean(&prog) && same(rig, a, want.data, 700) &&
	       same(rig, b, want.data + 700, 1000) &&
	       same(rig, c, want.data + 1700, 1300) &&
	       untouched(rig, a + 700, 3000) && untouched(rig, b + 1000, 1000);
}

/* One record into three places, one part skipped, by codes of no meaning */
static bool read_chained(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	struct record want = record(odd, 0, 2);
	uint64_t a = buffer(rig, 10), b = buffer(rig, 700);
	uint64_t c = buffer(rig, want.dl);

	search(&prog, ODD_CYL, 0, 2);
	ccw(&prog, 0x06, CCWIO_CD, a, 10);
	ccw(&prog, 0x00, CCWIO_CD | CCWIO_SKIP, 0x7ffff000, 40);
	ccw(&prog, 0x03, CCWIO_CD, b, 700);
	ccw(&prog, 0x05, 0, c, want.dl - 750);
	return run_clean(&prog) && same(rig, a, want.data, 10) &&
	       same(rig, b, want.data + 50, 700) &&
	       same(rig, c, want.data + 750, want.dl - 750);
}

static bool read_key_and_data(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	struct record want = record(odd, 0, 5);
	uint64_t key = buffer(rig, 255), data = buffer(rig, 4096);

	search(&prog, ODD_CYL, 0, 5);
	ccw(&prog, 0x0e, CCWIO_CD, key, 255);
	ccw(&prog, 0x0e, 0, data, 4096);
	return run_clean(&prog) && same(rig, key, want.key, 255) &&
	       same(rig, data, want.data, 4096);
}

static bool read_count_key_data(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	struct record want = record(odd, 4, 2);
	uint64_t data = buffer(rig, 8 + want.dl);

	/* The search leaves the device at record 1; the next count is 2 */
	search(&prog, ODD_CYL, 4, 1);
	ccw(&prog, 0x1e, 0, data, 8 + want.dl);
	return run_clean(&prog) && same(rig, data, want.count, 8 + want.dl);
}

static bool read_whole_track(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	size_t size = track_size(odd, 0);
	uint64_t data = buffer(rig, 60000);
	struct ccwio_irb irb;

	locate(&prog, 0x0c, ODD_CYL, 0, 0, 1, 0);
	ccw(&prog, 0xde, CCWIO_SLI, data, 60000);
	return run(&prog, &irb) &&
	       ended(rig, &irb, CE_DE, 0, ccw_at(&prog, prog.n),
		     60000 - size) &&
	       same(rig, data, record(odd, 0, 1).count, size);
}

static bool home_address(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t home = buffer(rig, 5), zero = buffer(rig, 16);

	seek(&prog, ODD_CYL, 3);
	ccw(&prog, 0x1a, CCWIO_CC, home, 5);
	ccw(&prog, 0x16, 0, zero, 16);
	return run_clean(&prog) &&
	       same(rig, home, odd + 3 * TRACK_SLOT, 5) &&
	       same(rig, zero, odd + 3 * TRACK_SLOT + 5, 16);
}

/* The longest record a track has */
static bool read_longest(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	struct record want = record(odd, 3, 1);
	uint64_t data = buffer(rig, want.dl);

	search(&prog, ODD_CYL, 3, 1);
	ccw(&prog, 0x06, 0, data, want.dl);
	return run_clean(&prog) && same(rig, data, want.data, want.dl);
}

/* Counts of all records of three tracks, the device moving on by itself */
static bool read_multitrack(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	unsigned int head, r, i = 0, n = record_count(odd, 0) +
		record_count(odd, 1) + record_count(odd, 2);
	uint64_t data = buffer(rig, 8 * n);

	seek(&prog, ODD_CYL, 0);
	ccw(&prog, 0x1a, CCWIO_CC | CCWIO_SKIP, 0, 5);
	for (i = 0; i < n; i++)
		ccw(&prog, 0x92, i < n - 1 ? CCWIO_CC : 0, data + 8 * i, 8);
	if (!run_clean(&prog))
		return false;
	for (i = 0, head = 0; head < 3; head++)
		for (r = 1; r <= record_count(odd, head); r++, i++)
			if (!same(rig, data + 8 * i,
				  record(odd, head, r).count, 8))
				return false;
	return true;
}

/* ---- searching ---------------------------------------------------------- */

/* A key that is on the second track after the one that the search begins on */
static bool search_key_multitrack(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	struct record want = record(odd, 2, 17);
	uint64_t key = bytes(rig, want.key, want.kl);
	uint64_t data = buffer(rig, want.dl);
	unsigned int i;

	seek(&prog, ODD_CYL, 1);
	i = ccw(&prog, 0xa9, CCWIO_CC | CCWIO_SLI, key, want.kl);
	ccw(&prog, 0x08, 0, ccw_at(&prog, i), 0);
	ccw(&prog, 0x06, 0, data, want.dl);
	return run_clean(&prog) && same(rig, data, want.data, want.dl);
}

/*
 * The search jumps elsewhere while it finds nothing: only its status modifier
 * leads to the read behind the TIC
 */
static bool status_modifier(struct rig *rig)
{
	struct prog prog = prog_new(rig), far = prog_new(rig);
	struct record want = record(odd, 1, 14);
	uint64_t data = buffer(rig, want.dl);
	unsigned int i;

	i = search(&prog, ODD_CYL, 1, 14);
	ccw(&far, 0x03, CCWIO_CC | CCWIO_SLI, 0, 1);
	ccw(&far, 0x08, 0, ccw_at(&prog, i), 0);
	reccw(&prog, i + 1, 0x08, 0, far.iova, 0);
	ccw(&prog, 0x06, 0, data, want.dl);
	return run_clean(&prog) && same(rig, data, want.data, want.dl);
}

/* Nothing stands behind the TIC: what follows is not the program's */
static bool modifier_at_the_end(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	struct ccwio_irb irb;
	unsigned int i;

	i = search(&prog, ODD_CYL, 1, 2);
	memset(mem(rig, ccw_at(&prog, i + 2)), 0, 16);
	if (!run(&prog, &irb))
		return false;
	EXPECT(rig, irb.scsw.sch == CCWIO_SCH_PROG &&
	       irb.scsw.cpa == ccw_at(&prog, i + 3), "%02x/%02x cpa %08x",
	       irb.scsw.dev, irb.scsw.sch, irb.scsw.cpa);
	return true;
}

/* The sense data of a unit check has come with the status */
static bool sense_is(struct rig *rig, const struct ccwio_irb *irb,
		     unsigned int byte, uint8_t bits)
{
	const uint8_t *sense = irb->ecw;

	EXPECT(rig, irb->esw[1] & ERW_S, "no concurrent sense: erw %08x",
	       irb->esw[1]);
	EXPECT(rig, sense[byte] & bits, "sense %02x %02x %02x %02x", sense[0],
	       sense[1], sense[2], sense[3]);
	return true;
}

static bool no_record_found(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, 80);
	struct ccwio_irb irb;
	unsigned int i;

	i = search(&prog, ODD_CYL, 1, 99);
	reccw(&prog, i, 0x31, CCWIO_CC | CCWIO_SLI,
	      cda_of(&prog, i), 5);
	ccw(&prog, 0x06, 0, data, 80);
	if (!run(&prog, &irb) ||
	    !ended(rig, &irb, CE_DE | CCWIO_DEV_UC, 0, ccw_at(&prog, i + 1),
		   5))
		return false;
	EXPECT(rig, untouched(rig, data, 80), "it read");
	return sense_is(rig, &irb, 1, 0x08);
}

/* ---- errors ------------------------------------------------------------- */

static bool command_reject(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, 64), never = buffer(rig, 64);
	struct ccwio_irb irb;

	ccw(&prog, 0x64, CCWIO_CC, data, 64);
	ccw(&prog, 0xfe, CCWIO_CC | CCWIO_SLI, data, 1);
	ccw(&prog, 0x64, 0, never, 64);
	if (!run(&prog, &irb))
		return false;
	EXPECT(rig, irb.scsw.dev == (CE_DE | CCWIO_DEV_UC) && !irb.scsw.sch &&
	       irb.scsw.cpa == ccw_at(&prog, 2), "%02x/%02x cpa %08x",
	       irb.scsw.dev, irb.scsw.sch, irb.scsw.cpa);
	EXPECT(rig, untouched(rig, never, 64), "the program went on");
	return same(rig, data, rdc, 64) && sense_is(rig, &irb, 0, 0x80);
}

static bool write_inhibited(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	static const uint8_t mask = 0x40;	/* no write at all */
	uint64_t data = buffer(rig, 80);
	struct ccwio_irb irb;

	ccw(&prog, 0x1f, CCWIO_CC, bytes(rig, &mask, 1), 1);
	search(&prog, ODD_CYL, 1, 1);
	ccw(&prog, 0x05, 0, data, 80);
	if (!run(&prog, &irb))
		return false;
	EXPECT(rig, irb.scsw.dev & CCWIO_DEV_UC, "status %02x", irb.scsw.dev);
	return sense_is(rig, &irb, 0, 0x80);
}

static bool wrong_length(struct rig *rig)
{
	struct prog prog = prog_new(rig), tail = prog_new(rig);
	struct record want = record(odd, 1, 1);
	uint64_t few = buffer(rig, 30), many = buffer(rig, 100);
	struct ccwio_irb irb;

	search(&prog, ODD_CYL, 1, 1);
	ccw(&prog, 0x06, 0, few, 30);
	if (!run(&prog, &irb) ||
	    !ended(rig, &irb, CE_DE, CCWIO_SCH_IL, ccw_at(&prog, prog.n), 0))
		return false;
	search(&tail, ODD_CYL, 1, 1);
	ccw(&tail, 0x06, CCWIO_SLI, many, 100);
	if (!run(&tail, &irb) ||
	    !ended(rig, &irb, CE_DE, 0, ccw_at(&tail, tail.n), 20))
		return false;
	EXPECT(rig, untouched(rig, few + 30, 64) &&
	       untouched(rig, many + 80, 84), "it stored too much");
	return same(rig, few, want.data, 30) &&
	       same(rig, many, want.data, 80);
}

static bool skip_all(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	struct record want = record(odd, 1, 3);
	uint64_t data = buffer(rig, 80);

	search(&prog, ODD_CYL, 1, 3);
	ccw(&prog, 0x06, CCWIO_SKIP | CCWIO_CC, 0x7ffff000, 80);
	search(&prog, ODD_CYL, 1, 3);
	ccw(&prog, 0x06, 0, data, 80);
	return run_clean(&prog) && same(rig, data, want.data, 80);
}

/* A CCW whose data is nobody's: the ones before it are carried out */
static bool unmapped_data(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, 64);
	struct ccwio_irb irb;

	ccw(&prog, 0x64, CCWIO_CC, data, 64);
	ccw(&prog, 0x64, 0, 0x7ffff000, 64);
	if (!run(&prog, &irb))
		return false;
	EXPECT(rig, irb.scsw.sch == CCWIO_SCH_PROG &&
	       irb.scsw.cpa == ccw_at(&prog, 2), "%02x/%02x cpa %08x",
	       irb.scsw.dev, irb.scsw.sch, irb.scsw.cpa);
	return same(rig, data, rdc, 64);
}

/* The program's last CCW in the last eight bytes of a mapping */
static bool end_of_mapping(struct rig *rig)
{
	const struct ccwio_map *map = &rig->io.map[0];
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, 64);
	bool good;

	prog.iova = map->iova + map->size - 16;
	ccw(&prog, 0x03, CCWIO_CC | CCWIO_SLI, 0, 1);
	ccw(&prog, 0x64, 0, data, 64);
	good = run_clean(&prog) && same(rig, data, rdc, 64);
	memset(mem(rig, prog.iova), RIG_FILL, 16);
	return good;
}

/*
 * A search with its TIC and its read in the last 32 bytes of a mapping; with
 * @read false the TIC ends it, and the status modifier leads out of it
 */
static bool search_at_end(struct rig *rig, bool read)
{
	const struct ccwio_map *map = &rig->io.map[0];
	struct record want = record(odd, 1, 14);
	uint64_t data = buffer(rig, want.dl);
	struct prog prog = prog_new(rig);
	unsigned int size = read ? 32 : 24;
	struct ccwio_irb irb;
	bool good;

	prog.iova = map->iova + map->size - size;
	search(&prog, ODD_CYL, 1, 14);
	if (read) {
		ccw(&prog, 0x06, 0, data, want.dl);
		good = run_clean(&prog) && same(rig, data, want.data, want.dl);
	} else {
		good = run(&prog, &irb);
	}
	memset(mem(rig, prog.iova), RIG_FILL, size);
	if (!read && good)
		EXPECT(rig, irb.scsw.sch == CCWIO_SCH_PROG &&
		       irb.scsw.cpa == ccw_at(&prog, 4), "%02x/%02x cpa %08x",
		       irb.scsw.dev, irb.scsw.sch, irb.scsw.cpa);
	return good;
}

static bool search_ends_mapping(struct rig *rig)
{
	return search_at_end(rig, true);
}

static bool modifier_leaves_mapping(struct rig *rig)
{
	return search_at_end(rig, false);
}

/* Data up to the last byte of a mapping */
static bool data_ends_mapping(struct rig *rig)
{
	const struct ccwio_map *map = &rig->io.map[0];
	struct record want = record(odd, 3, 1);
	uint64_t data = map->iova + map->size - want.dl;
	struct prog prog = prog_new(rig);
	bool good;

	search(&prog, ODD_CYL, 3, 1);
	ccw(&prog, 0x06, 0, data, want.dl);
	good = run_clean(&prog) && same(rig, data, want.data, want.dl);
	memset(mem(rig, data), RIG_FILL, want.dl);
	return good;
}

/* ---- writing ------------------------------------------------------------ */

/* One track of blocks: direct, and read again in the same program */
static bool write_blocks(struct rig *rig)
{
	struct prog prog = prog_new(rig), back = prog_new(rig);
	uint64_t data = buffer(rig, BLOCKS * BLOCK);
	uint64_t copy = buffer(rig, BLOCKS * BLOCK);
	unsigned int i;

	locate(&prog, 0x01, PASSED_CYL, 0, 1, BLOCKS, BLOCK);
	locate(&back, 0x06, PASSED_CYL, 0, 1, BLOCKS, BLOCK);
	for (i = 0; i < BLOCKS; i++) {
		uint8_t flags = i < BLOCKS - 1 ? CCWIO_CC : 0;

		pattern(PASSED_SEED + i, mem(rig, data + i * BLOCK), BLOCK);
		ccw(&prog, 0x85, flags, data + i * BLOCK, BLOCK);
		ccw(&back, 0x06, flags, copy + i * BLOCK, BLOCK);
	}
	return run_clean(&prog) && run_clean(&back) &&
	       same(rig, copy, mem(rig, data), BLOCKS * BLOCK);
}

/* The next track: every block through two IDAWs that lie far apart */
static bool write_indirect(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t list = ccwio_alloc(&rig->io, 16 * BLOCKS, 8);
	uint64_t data = pages(rig, (2 * BLOCKS + 1) * BLOCK), a, b;
	unsigned int i, cut = 1000;
	uint8_t block[BLOCK];

	prog.ctl |= CCWIO_ORB_H;
	locate(&prog, 0x01, PASSED_CYL, 1, 1, BLOCKS, BLOCK);
	for (i = 0; i < BLOCKS; i++) {
		pattern(PASSED_SEED + BLOCKS + i, block, BLOCK);
		a = data + i * BLOCK + BLOCK - cut;
		b = data + (2 * BLOCKS - i) * BLOCK;
		memcpy(mem(rig, a), block, cut);
		memcpy(mem(rig, b), block + cut, BLOCK - cut);
		ccwio_put_doubleword(&rig->io, list + 16 * i, a);
		ccwio_put_doubleword(&rig->io, list + 16 * i + 8, b);
		ccw(&prog, 0x85, CCWIO_IDA | (i < BLOCKS - 1 ? CCWIO_CC : 0),
		    list + 16 * i, BLOCK);
	}
	return run_clean(&prog);
}

/*
 * The third track: by search, data chained, with a TIC inside the chain of
 * data, and with command codes that would read if they meant anything
 */
static bool write_chained(struct rig *rig)
{
	unsigned int i, cut = 1500;
	uint8_t block[BLOCK];

	for (i = 0; i < BLOCKS; i++) {
		struct prog prog = prog_new(rig), tail = prog_new(rig);
		uint64_t a, b;

		pattern(PASSED_SEED + 2 * BLOCKS + i, block, BLOCK);
		a = bytes(rig, block, cut);
		b = bytes(rig, block + cut, BLOCK - cut);
		search(&prog, PASSED_CYL, 2, i + 1);
		ccw(&prog, 0x05, CCWIO_CD, a, cut);
		ccw(&prog, 0x08, 0, tail.iova, 0);
		ccw(&tail, 0x06, i % 2 ? CCWIO_SKIP : 0, b, BLOCK - cut);
		prog.n = (tail.iova - prog.iova) / 8 + 1;
		if (!run_clean(&prog))
			return false;
	}
	return true;
}

/* Format a track: count, key and data of records of many sizes */
static bool format_track(struct rig *rig, unsigned int head,
			 const struct shape *shape, unsigned int n)
{
	struct prog prog = prog_new(rig);
	uint64_t at, key, data;
	unsigned int i;

	locate(&prog, 0x03, FORMAT_CYL, head, 0, n, 0);
	for (i = 0; i < n; i++) {
		uint8_t count[8] = {
			0, FORMAT_CYL, 0, head, i + 1, shape[i].kl,
			shape[i].dl >> 8, shape[i].dl,
		};
		uint32_t seed = FORMAT_SEED + 100 * head + 2 * i;

		at = bytes(rig, count, 8);
		key = buffer(rig, shape[i].kl + 1);
		data = buffer(rig, shape[i].dl);
		pattern(seed, mem(rig, key), shape[i].kl);
		pattern(seed + 1, mem(rig, data), shape[i].dl);
		ccw(&prog, 0x1d, CCWIO_CD, at, 8);
		if (shape[i].kl)
			ccw(&prog, 0, CCWIO_CD, key, shape[i].kl);
		ccw(&prog, 0, i < n - 1 ? CCWIO_CC : 0, data, shape[i].dl);
	}
	return run_clean(&prog);
}

static bool format_keys(struct rig *rig)
{
	static const struct shape shape[] = {
		{ 8, 500 }, { 0, 4096 }, { 3, 7000 }, { 0, 9 },
	};

	return format_track(rig, 0, shape, 4);
}

static bool format_plain(struct rig *rig)
{
	struct shape shape[10];
	unsigned int i;

	for (i = 0; i < 10; i++)
		shape[i] = (struct shape){ 0, 1010 + 10 * i };
	return format_track(rig, 1, shape, 10);
}

/* What the host's own driver has written */
static bool read_hosts_blocks(struct rig *rig)
{
	unsigned int head, i;

	for (head = 0; head < 3; head++) {
		struct prog prog = prog_new(rig);
		uint64_t data = buffer(rig, BLOCKS * BLOCK);

		locate(&prog, 0x06, HOST_CYL, head, 1, BLOCKS, BLOCK);
		for (i = 0; i < BLOCKS; i++)
			ccw(&prog, 0x06, i < BLOCKS - 1 ? CCWIO_CC : 0,
			    data + i * BLOCK, BLOCK);
		if (!run_clean(&prog))
			return false;
		for (i = 0; i < BLOCKS; i++)
			if (!is_pattern(rig, data + i * BLOCK, HOST_SEED +
					head * BLOCKS + i, BLOCK))
				return false;
	}
	return true;
}

static const struct test tests[] = {
	{ "sense id agrees with sysfs", sense_id },
	{ "device characteristics are those the host read",
	  read_characteristics },
	{ "volume label by search id and tic", read_label },
	{ "define extent, locate record, a track of blocks", read_blocks },
	{ "blocks that the host's own driver wrote", read_hosts_blocks },
	{ "256 chained commands", long_chain },
	{ "format-0 program with a tic", read_format0 },
	{ "ipl over its own ccw, chained to what it reads",
	  read_own_program },
	{ "20000 bytes through format-2 idaws, 4 KiB", read_idaw_4k },
	{ "20000 bytes through format-2 idaws, 2 KiB", read_idaw_2k },
	{ "20000 bytes through format-1 idaws", read_idaw_format1 },
	{ "3000 bytes through midaws", read_midaws },
	{ "data chained over three places with a skipped part",
	  read_chained },
	{ "key and data into two places", read_key_and_data },
	{ "count, key and data", read_count_key_data },
	{ "read track", read_whole_track },
	{ "home address and record 0", home_address },
	{ "a record as long as a track", read_longest },
	{ "multi-track: counts of three tracks", read_multitrack },
	{ "multi-track: search key over three tracks",
	  search_key_multitrack },
	{ "status modifier leads past a tic elsewhere", status_modifier },
	{ "status modifier past the program's end: program check",
	  modifier_at_the_end },
	{ "no record found: unit check and sense", no_record_found },
	{ "command reject: unit check, sense, chain broken",
	  command_reject },
	{ "file mask forbids a write", write_inhibited },
	{ "wrong length with and without suppression", wrong_length },
	{ "skip stores nothing", skip_all },
	{ "data address of nobody: program check, rest done",
	  unmapped_data },
	{ "program in the last bytes of a mapping", end_of_mapping },
	{ "search and tic in the last bytes of a mapping",
	  search_ends_mapping },
	{ "status modifier leads out of a mapping: program check",
	  modifier_leaves_mapping },
	{ "data up to the last byte of a mapping", data_ends_mapping },
	{ "write a track of blocks and read it", write_blocks },
	{ "write a track through scattered idaws", write_indirect },
	{ "write a track, data chained across a tic", write_chained },
	{ "format a track with keys", format_keys },
	{ "format a track of short records", format_plain },
};

static void *part(const char *folder, const char *name)
{
	char path[100];
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return rig_load(path, &size);
}

int main(int argc, char **argv)
{
	struct rig rig;

	if (argc != 6)
		return 2;
	cutype = argv[4];
	devtype = argv[5];
	odd = part(argv[3], "odd");
	known = part(argv[3], "known");
	label = part(argv[3], "label");
	rdc = part(argv[3], "rdc");
	ipl1 = part(argv[3], "ipl1");
	rig_open(&rig, argv[1], argv[2]);
	rig_tests(&rig, tests, ARRAY_SIZE(tests));
	ccwio_close(&rig.io);
	rig_say("# eckd %s: %u done, %u failed", argv[2], rig.done,
		rig.failed);
	return rig.failed != 0;
}
