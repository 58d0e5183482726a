// SPDX-License-Identifier: GPL-2.0
/*
 * Assembles the channel programs whose cost is measured
 *
 * The device is a virtio-rng-ccw: it answers SENSE ID with as many bytes as the
 * CCW has room for and takes WRITE FEATURES with a longer area when length
 * indication is suppressed, so both directions can be driven with any count.
 */
#include <string.h>

#include "workload.h"

#define CMD_NOP			0x03
#define CMD_SENSE_ID		0xe4
/*
 * An output command that no disk takes for a SEARCH, as it would X'31': behind
 * one of those at the end of a chain the driver fetches one CCW more.
 */
#define CMD_WRITE_FEAT		0x11
#define FLAG_CC			0x40
#define FLAG_SLI		0x20
#define FLAG_IDA		0x04

/**
 * struct asm_state - where the next piece of a program goes
 * @memory: the mapping, guest address 0 first
 * @program: description being filled
 * @ccw: guest address of the next CCW
 * @idal: guest address of the next IDAL
 */
struct asm_state {
	uint8_t *memory;
	struct bench_program *program;
	uint32_t ccw;
	uint32_t idal;
};

static void put_be16(uint8_t *to, uint16_t value)
{
	to[0] = value >> 8;
	to[1] = value;
}

static void put_be32(uint8_t *to, uint32_t value)
{
	put_be16(to, value >> 16);
	put_be16(to + 2, value);
}

static void put_be64(uint8_t *to, uint64_t value)
{
	put_be32(to, value >> 32);
	put_be32(to + 4, value);
}

static void ccw(struct asm_state *as, uint8_t cmd, uint8_t flags,
		uint16_t count, uint32_t cda)
{
	uint8_t *to = as->memory + as->ccw;

	to[0] = cmd;
	to[1] = flags | FLAG_SLI;
	put_be16(to + 2, count);
	put_be32(to + 4, cda);
	as->ccw += 8;
	as->program->ccws++;
}

static void uses(struct asm_state *as, uint64_t iova, int write)
{
	struct bench_program *program = as->program;
	struct bench_run *last = program->runs + program->nruns - 1;

	program->pages++;
	if (program->nruns && last->write == (uint32_t)write &&
	    last->iova + last->npages * BENCH_PAGE == iova) {
		last->npages++;
		return;
	}
	program->runs[program->nruns++] = (struct bench_run) {
		.iova = iova, .npages = 1, .write = write,
	};
}

static uint32_t idal(struct asm_state *as, uint64_t first, uint64_t stride,
		     unsigned int words)
{
	uint32_t start = as->idal;
	unsigned int i;

	for (i = 0; i < words; i++) {
		uint64_t page = first + i * stride;

		put_be64(as->memory + as->idal, page);
		uses(as, page, 1);
		as->idal += 8;
	}
	/* one list may not cross a page of its own: keep them 128-byte apart */
	as->idal = (as->idal + 127) & ~127U;
	return start;
}

static void nop(struct asm_state *as)
{
	ccw(as, CMD_NOP, 0, 1, BENCH_DATA);
}

static void sense64(struct asm_state *as)
{
	ccw(as, CMD_SENSE_ID, 0, 64, BENCH_DATA);
	uses(as, BENCH_DATA, 1);
}

static void chain32x4k(struct asm_state *as)
{
	unsigned int i;

	for (i = 0; i < 32; i++) {
		uint64_t page = BENCH_DATA + 2 * i * BENCH_PAGE;

		ccw(as, CMD_SENSE_ID, i < 31 ? FLAG_CC : 0, BENCH_PAGE, page);
		uses(as, page, 1);
	}
}

static void idal15x4k(struct asm_state *as)
{
	uint32_t list = idal(as, BENCH_DATA, 2 * BENCH_PAGE, 15);

	ccw(as, CMD_SENSE_ID, FLAG_IDA, 15 * BENCH_PAGE, list);
}

static void chain16x60k(struct asm_state *as, uint64_t stride)
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		uint32_t list = idal(as, BENCH_DATA + i * 15 * stride, stride,
				     15);

		ccw(as, CMD_SENSE_ID, FLAG_IDA | (i < 15 ? FLAG_CC : 0),
		    15 * BENCH_PAGE, list);
	}
}

static void chain16x60k_contig(struct asm_state *as)
{
	chain16x60k(as, BENCH_PAGE);
}

static void chain16x60k_scatter(struct asm_state *as)
{
	chain16x60k(as, 2 * BENCH_PAGE);
}

/* define extent and locate record are output areas of 16 and 24 bytes */
static void dasd4(struct asm_state *as)
{
	ccw(as, CMD_WRITE_FEAT, FLAG_CC, 16, BENCH_DATA);
	ccw(as, CMD_WRITE_FEAT, FLAG_CC, 24, BENCH_DATA + 64);
	ccw(as, CMD_SENSE_ID, 0, BENCH_PAGE, BENCH_DATA + 2 * BENCH_PAGE);
	uses(as, BENCH_DATA, 0);
	uses(as, BENCH_DATA + 2 * BENCH_PAGE, 1);
}

/* a screen of 24 lines by 80 columns is written, then a NOP ends the chain */
static void tty3270(struct asm_state *as)
{
	ccw(as, CMD_WRITE_FEAT, FLAG_CC, 1920, BENCH_DATA);
	ccw(as, CMD_NOP, 0, 1, BENCH_DATA);
	uses(as, BENCH_DATA, 0);
}

/* CCWs that need no page tell what a CCW itself costs */
static void nops(struct asm_state *as, unsigned int n)
{
	while (n--)
		ccw(as, CMD_NOP, n ? FLAG_CC : 0, 1, BENCH_DATA);
}

static void nops16(struct asm_state *as)
{
	nops(as, 16);
}

static void nops240(struct asm_state *as)
{
	nops(as, 240);
}

/*
 * Another page each time. The counts of I/Os are such that what is kept has been
 * replaced several times before the first one is counted.
 */
static void moves(struct asm_state *as, unsigned int pages, unsigned int hot)
{
	as->program->large = pages;
	as->program->hot = hot;
	as->program->warm_up = 4000;
	as->program->rounds = 3000;
	as->program->random = 0x9e3779b97f4a7c15;
	ccw(as, CMD_SENSE_ID, 0, BENCH_PAGE, BENCH_LARGE);
	uses(as, BENCH_LARGE, 1);
}

/* Four times as many pages as the driver keeps if each is pinned by itself */
static void random8192(struct asm_state *as)
{
	moves(as, 4 * 2048, 0);
}

/* A disk's cache in the guest: 256 MiB, a tenth of it takes 70 % of the reads */
static void diskmix(struct asm_state *as)
{
	const unsigned int pages = BENCH_LARGE_SIZE / BENCH_PAGE;

	ccw(as, CMD_WRITE_FEAT, FLAG_CC, 16, BENCH_DATA);
	ccw(as, CMD_WRITE_FEAT, FLAG_CC, 24, BENCH_DATA + 64);
	uses(as, BENCH_DATA, 0);
	moves(as, pages, pages / 10);
}

static void (*const assemblers[])(struct asm_state *) = {
	nop, sense64, chain32x4k, idal15x4k, chain16x60k_contig,
	chain16x60k_scatter, dasd4, tty3270, nops16, nops240,
	random8192, diskmix,
};

const char *const bench_names[] = {
	"nop", "sense64", "chain32x4k", "idal15x4k", "chain16x60k_contig",
	"chain16x60k_scatter", "dasd4", "tty3270", "nops16", "nops240",
	"random8192", "diskmix",
};

const unsigned int bench_count = sizeof(assemblers) / sizeof(assemblers[0]);

/**
 * bench_assemble() - write workload number @which into guest memory
 * @which: index into bench_names
 * @memory: BENCH_MAP_SIZE bytes, guest address 0 first
 * @program: filled with what the program is made of
 *
 * Return: 0, or -1 if there is no such workload.
 */
int bench_assemble(unsigned int which, uint8_t *memory,
		   struct bench_program *program)
{
	struct asm_state as = {
		.memory = memory,
		.program = program,
		.ccw = BENCH_PROGRAM,
		.idal = BENCH_IDALS,
	};

	if (which >= bench_count)
		return -1;
	memset(program, 0, sizeof(*program));
	program->name = bench_names[which];
	memset(memory, 0, BENCH_DATA);
	assemblers[which](&as);
	return 0;
}

/* Marsaglia's xorshift: the same sequence in each run */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/**
 * bench_move() - let the last CCW of a large workload transfer another page
 * @memory: as for bench_assemble()
 * @program: of which @program->large is not 0; else nothing is done
 */
void bench_move(uint8_t *memory, struct bench_program *program)
{
	unsigned int first = 0, pages = program->large;
	uint64_t iova;

	if (!pages)
		return;
	if (program->hot) {
		bool hot = next_random(&program->random) % 10 < 7;

		first = hot ? 0 : program->hot;
		pages = hot ? program->hot : pages - program->hot;
	}
	iova = BENCH_LARGE + BENCH_PAGE *
	       (first + next_random(&program->random) % pages);
	put_be32(memory + BENCH_PROGRAM + 8 * (program->ccws - 1) + 4, iova);
	program->runs[program->nruns - 1].iova = iova;
}

/**
 * bench_is_large() - does a workload need the second mapping?
 * @which: index into bench_names
 *
 * Return: true if it does.
 */
bool bench_is_large(unsigned int which)
{
	return assemblers[which] == random8192 || assemblers[which] == diskmix;
}
