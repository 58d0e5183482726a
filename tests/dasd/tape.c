// SPDX-License-Identifier: GPL-2.0
/*
 * Tape channel programs on a passed-through 3480
 *
 * The first tape comes with blocks that were made outside; they are read
 * forward and backward. The second one is written here and compared outside.
 *
 * usage: tape UUID BACKEND FOLDER
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"

#define MAX_BLOCKS	16
#define ERW_S		0x01000000u	/* concurrent sense in the ECW */

/* Blocks on the first tape */
static struct {
	const uint8_t *data;
	unsigned int size;
} block[MAX_BLOCKS];
static unsigned int nr_blocks;

#define REWIND		0x07
#define WRITE		0x01
#define READ		0x02
#define READ_BACKWARD	0x0c
#define TAPE_MARK	0x1f
#define BACKSPACE	0x27
#define FORWARD		0x37
#define BACKSPACE_FILE	0x2f

static bool control(struct rig *rig, uint8_t cmd)
{
	struct prog prog = prog_new(rig);

	ccw(&prog, cmd, CCWIO_SLI, 0, 1);
	return run_until_device_end(&prog, CE_DE);
}

/* The whole tape forward; behind the last block there is a tape mark */
static bool read_forward(struct rig *rig)
{
	unsigned int i;

	if (!control(rig, REWIND))
		return false;
	for (i = 0; i < nr_blocks; i++) {
		struct prog prog = prog_new(rig);
		uint64_t data = buffer(rig, block[i].size);

		ccw(&prog, READ, 0, data, block[i].size);
		if (!run_clean(&prog) ||
		    !same(rig, data, block[i].data, block[i].size))
			return false;
	}
	return true;
}

/* A tape mark: unit exception, no data */
static bool read_mark(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, 80);
	struct ccwio_irb irb;

	ccw(&prog, READ, CCWIO_SLI, data, 80);
	if (!run(&prog, &irb) ||
	    !ended(rig, &irb, CE_DE | CCWIO_DEV_UE, 0, ccw_at(&prog, 1), 80))
		return false;
	EXPECT(rig, untouched(rig, data, 80), "a tape mark has data");
	return control(rig, BACKSPACE_FILE);
}

/* Backward into contiguous memory: @data is the address of the last byte */
static bool backward_direct(struct rig *rig, unsigned int i)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, block[i].size);

	ccw(&prog, READ_BACKWARD, 0, data + block[i].size - 1, block[i].size);
	return run_clean(&prog) &&
	       same(rig, data, block[i].data, block[i].size);
}

/*
 * Backward through IDAWs: each names the last byte of a piece, the first one
 * any byte of a block, the others the last one of theirs
 */
static bool backward_indirect(struct rig *rig, unsigned int i, uint32_t ctl,
			      unsigned int step)
{
	struct prog prog = prog_new(rig);
	unsigned int left = block[i].size, piece = step / 2 + 1, n = 0;
	uint64_t list = ccwio_alloc(&rig->io, 8 * 48, 8);
	uint64_t area = pages(rig, 2 * step * (left / step + 2));
	uint64_t at[48];

	prog.ctl |= ctl;
	for (; left; n++, piece = step) {
		if (piece > left)
			piece = left;
		at[n] = area + 2 * step * n + (n ? step : step / 2 + 1) - 1;
		ccwio_put_doubleword(&rig->io, list + 8 * n, at[n]);
		left -= piece;
	}
	ccw(&prog, READ_BACKWARD, CCWIO_IDA, list, block[i].size);
	if (!run_clean(&prog))
		return false;
	left = block[i].size;
	piece = step / 2 + 1;
	for (n = 0; left; n++, piece = step) {
		if (piece > left)
			piece = left;
		left -= piece;
		if (!same(rig, at[n] + 1 - piece, block[i].data + left, piece))
			return false;
	}
	return true;
}

/* Backward, data chained over three pieces */
static bool backward_chained(struct rig *rig, unsigned int i)
{
	struct prog prog = prog_new(rig);
	unsigned int size = block[i].size, a = size / 3, b = size / 3;
	unsigned int c = size - a - b;
	uint64_t x = buffer(rig, a), y = buffer(rig, b), z = buffer(rig, c);

	ccw(&prog, READ_BACKWARD, CCWIO_CD, x + a - 1, a);
	ccw(&prog, 0, CCWIO_CD, y + b - 1, b);
	ccw(&prog, READ, 0, z + c - 1, c);
	return run_clean(&prog) &&
	       same(rig, x, block[i].data + b + c, a) &&
	       same(rig, y, block[i].data + c, b) &&
	       same(rig, z, block[i].data, c);
}

/* The whole tape backward, every block in another way */
static bool read_backward(struct rig *rig)
{
	unsigned int i;

	for (i = nr_blocks; i--;) {
		bool good;

		if (i % 4 == 0)
			good = backward_direct(rig, i);
		else if (i % 4 == 1)
			good = backward_indirect(rig, i, CCWIO_ORB_H, 4096);
		else if (i % 4 == 2)
			good = backward_indirect(rig, i, CCWIO_ORB_H |
						 CCWIO_ORB_T, 2048);
		else
			good = backward_chained(rig, i);
		if (!good)
			return false;
		ccwio_alloc_reset(&rig->io);
		memset(mem(rig, rig->io.map[0].iova), RIG_FILL, RIG_SIZE);
	}
	return true;
}

/* Less than the block, and backward: only the block's end is stored */
static bool backward_short(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	unsigned int size = block[5].size, few = 5000;
	uint64_t data = buffer(rig, size);
	struct ccwio_irb irb;
	unsigned int i;

	if (!control(rig, REWIND))
		return false;
	for (i = 0; i <= 5; i++)
		if (!control(rig, FORWARD))
			return false;
	ccw(&prog, READ_BACKWARD, 0, data + size - 1, few);
	if (!run(&prog, &irb) ||
	    !ended(rig, &irb, CE_DE, CCWIO_SCH_IL, ccw_at(&prog, 1), 0))
		return false;
	EXPECT(rig, untouched(rig, data, size - few), "it stored too much");
	return same(rig, data + size - few, block[5].data + size - few, few);
}

/* Skipped backward: nothing stored, and the tape has moved */
static bool backward_skip(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, block[0].size);

	if (!control(rig, REWIND) || !control(rig, FORWARD) ||
	    !control(rig, FORWARD))
		return false;
	ccw(&prog, READ_BACKWARD, CCWIO_SKIP | CCWIO_CC, 0x7ffff000,
	    block[1].size);
	ccw(&prog, READ_BACKWARD, 0, data + block[0].size - 1, block[0].size);
	return run_clean(&prog) &&
	       same(rig, data, block[0].data, block[0].size);
}

/* Several blocks in one program, forward and backward over the same one */
static bool to_and_fro(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	unsigned int size = block[2].size;
	uint64_t a = buffer(rig, size), b = buffer(rig, size);

	ccw(&prog, REWIND, CCWIO_CC | CCWIO_SLI, 0, 1);
	ccw(&prog, FORWARD, CCWIO_CC | CCWIO_SLI, 0, 1);
	ccw(&prog, FORWARD, CCWIO_CC | CCWIO_SLI, 0, 1);
	ccw(&prog, READ, CCWIO_CC, a, size);
	ccw(&prog, READ_BACKWARD, 0, b + size - 1, size);
	return run_clean(&prog) && same(rig, a, block[2].data, size) &&
	       same(rig, b, block[2].data, size);
}

static bool sense_id(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, 7);
	static const uint8_t want[] = { 0xff, 0x34, 0x80, 0x31, 0x34, 0x80 };

	ccw(&prog, 0xe4, CCWIO_SLI, data, 7);
	return run_clean(&prog) && same(rig, data, want, sizeof(want));
}

/*
 * The sense data: with the status, or by a command if the device has kept them
 */
static bool load_point_sensed(struct rig *rig, const struct ccwio_irb *irb)
{
	uint64_t data = bytes(rig, irb->ecw, 32);
	const uint8_t *sense = mem(rig, data);
	struct prog prog = prog_new(rig);

	if (!(irb->esw[1] & ERW_S)) {
		ccw(&prog, 0x04, CCWIO_SLI, data, 32);
		if (!run_until_device_end(&prog, CE_DE))
			return false;
	}
	EXPECT(rig, sense[1] & 0x08, "sense %02x %02x %02x %02x", sense[0],
	       sense[1], sense[2], sense[3]);
	return true;
}

/* Backward from the load point: unit check */
static bool load_point(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, 80);
	struct ccwio_irb irb;

	if (!control(rig, REWIND))
		return false;
	ccw(&prog, READ_BACKWARD, CCWIO_SLI, data + 79, 80);
	if (!run(&prog, &irb))
		return false;
	EXPECT(rig, irb.scsw.dev & CCWIO_DEV_UC, "status %02x/%02x",
	       irb.scsw.dev, irb.scsw.sch);
	EXPECT(rig, untouched(rig, data, 80), "there was data");
	return load_point_sensed(rig, &irb);
}

/* ---- the second tape ---------------------------------------------------- */

/* The operator mounts another tape: device end without being asked */
static bool mount(struct rig *rig)
{
	struct ccwio_irb irb;
	int ret;

	rig_operator("MOUNT");
	ret = ccwio_wait(&rig->io, RIG_WAIT, &irb);
	EXPECT(rig, ret == 1, "no status (%d)", ret);
	EXPECT(rig, ccwio_is_unsolicited(&irb) &&
	       irb.scsw.dev & CCWIO_DEV_DE, "ctl %08x status %02x",
	       irb.scsw.ctl, irb.scsw.dev);
	return still_works(rig);
}

static uint64_t out(struct rig *rig, unsigned int i, size_t size)
{
	uint64_t data = buffer(rig, size);

	pattern(TAPE_OUT_SEED + i, mem(rig, data), size);
	return data;
}

/* TAPE_OUT in volume.py has the same sizes; 0 is a tape mark */
static const unsigned int sizes[] = { 80, 4096, 1, 10000, 32760, 0, 512 };

static bool write_blocks(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	unsigned int i;

	for (i = 0; i < 4; i++)
		ccw(&prog, WRITE, i < 3 ? CCWIO_CC : 0, out(rig, i, sizes[i]),
		    sizes[i]);
	return run_clean(&prog);
}

/* One block from three places, the middle one through IDAWs */
static bool write_chained(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = out(rig, 4, sizes[4]);
	uint64_t list = ccwio_alloc(&rig->io, 16, 8);
	uint64_t area = pages(rig, 3 * 4096);

	prog.ctl |= CCWIO_ORB_H;
	ccwio_put_doubleword(&rig->io, list, area + 4096 - 1000);
	ccwio_put_doubleword(&rig->io, list + 8, area + 8192);
	memcpy(mem(rig, area + 4096 - 1000), mem(rig, data + 20000), 1000);
	memcpy(mem(rig, area + 8192), mem(rig, data + 21000), 4000);
	ccw(&prog, WRITE, CCWIO_CD, data, 20000);
	ccw(&prog, 0, CCWIO_CD | CCWIO_IDA, list, 5000);
	ccw(&prog, 0, 0, data + 25000, sizes[4] - 25000);
	return run_clean(&prog);
}

static bool write_marks(struct rig *rig)
{
	struct prog prog = prog_new(rig);

	ccw(&prog, TAPE_MARK, CCWIO_CC | CCWIO_SLI, 0, 1);
	ccw(&prog, WRITE, CCWIO_CC, out(rig, 6, sizes[6]), sizes[6]);
	ccw(&prog, TAPE_MARK, CCWIO_CC | CCWIO_SLI, 0, 1);
	ccw(&prog, TAPE_MARK, CCWIO_SLI, 0, 1);
	return run_until_device_end(&prog, CE_DE);
}

static bool read_written(struct rig *rig)
{
	unsigned int i;

	if (!control(rig, REWIND))
		return false;
	for (i = 0; i < 7; i++) {
		struct prog prog = prog_new(rig);
		uint64_t data;

		if (!sizes[i]) {
			if (!control(rig, 0x3f))	/* forward a file */
				return false;
			continue;
		}
		data = buffer(rig, sizes[i]);
		ccw(&prog, READ, 0, data, sizes[i]);
		if (!run_clean(&prog) ||
		    !is_pattern(rig, data, TAPE_OUT_SEED + i, sizes[i]))
			return false;
	}
	return true;
}

static const struct test tests[] = {
	{ "sense id", sense_id },
	{ "read all blocks forward", read_forward },
	{ "tape mark: unit exception", read_mark },
	{ "read all blocks backward, over many pages", read_backward },
	{ "read backward less than a block", backward_short },
	{ "read backward with skip", backward_skip },
	{ "forward and backward in one program", to_and_fro },
	{ "backward at the load point: unit check, sense", load_point },
	{ "another tape mounted: device end unsolicited", mount },
	{ "write blocks of many sizes", write_blocks },
	{ "write one block from three places", write_chained },
	{ "write tape marks", write_marks },
	{ "rewind and read what was written", read_written },
};

static void load_blocks(const char *folder)
{
	const uint8_t *p, *end;
	char path[100];
	size_t size;

	snprintf(path, sizeof(path), "%s/blocks", folder);
	p = rig_load(path, &size);
	for (end = p + size; p < end; p += 4 + block[nr_blocks++].size) {
		block[nr_blocks].size = p[2] << 8 | p[3];
		block[nr_blocks].data = p + 4;
	}
}

int main(int argc, char **argv)
{
	struct rig rig;

	if (argc != 4)
		return 2;
	load_blocks(argv[3]);
	rig_open(&rig, argv[1], argv[2]);
	rig_tests(&rig, tests, ARRAY_SIZE(tests));
	ccwio_close(&rig.io);
	rig_say("# tape %s: %u done, %u failed", argv[2], rig.done,
		rig.failed);
	return rig.failed != 0;
}
