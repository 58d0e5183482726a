// SPDX-License-Identifier: GPL-2.0
/*
 * What the DASD and tape programs share; see rig.h
 *
 * Owns the console's manners, too: a line is short, has no brackets, and the
 * next one follows a pause later, because the emulated console drops the rest.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rig.h"

#define LINE_MAX_SHOWN	110	/* bytes of a line on the console */
#define LINE_PAUSE	130000	/* us; the console gathers for 100 ms */

static void say(const char *format, va_list ap)
{
	char line[LINE_MAX_SHOWN + 2];
	int n;

	n = vsnprintf(line, sizeof(line) - 1, format, ap);
	if (n > LINE_MAX_SHOWN)
		n = LINE_MAX_SHOWN;
	line[n++] = '\n';
	if (write(STDOUT_FILENO, line, n) != n)
		exit(2);
	usleep(LINE_PAUSE);
}

/**
 * rig_say - one line on the console
 * @format: as printf()
 */
void rig_say(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(format, ap);
	va_end(ap);
}

/**
 * rig_operator - have the automatic operator do something
 * @order: words it knows
 */
void rig_operator(const char *order)
{
	rig_say("OPERATOR %s", order);
}

/**
 * rig_why - note why the current test fails
 * @rig: device
 * @func: function of the test
 * @line: line in its file
 * @format: what is wrong, as printf()
 *
 * Only the first reason counts: a helper knows better than its caller.
 */
void rig_why(struct rig *rig, const char *func, int line,
	     const char *format, ...)
{
	va_list ap;
	int n;

	if (rig->why[0])
		return;
	n = snprintf(rig->why, sizeof(rig->why), "%s:%d ", func, line);
	va_start(ap, format);
	vsnprintf(rig->why + n, sizeof(rig->why) - n, format, ap);
	va_end(ap);
}

/**
 * rig_load - a whole file
 * @path: its name
 * @size: set to its size, bytes
 *
 * Return: the contents, to be given to free(); never NULL.
 */
void *rig_load(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *data;

	if (fd < 0 || fstat(fd, &st)) {
		rig_say("Bail out! cannot read %s", path);
		exit(2);
	}
	data = malloc(st.st_size);
	if (!data || read(fd, data, st.st_size) != st.st_size) {
		rig_say("Bail out! cannot read %s", path);
		exit(2);
	}
	close(fd);
	*size = st.st_size;
	return data;
}

/**
 * rig_open - open the device under test, or end the process
 * @rig: filled in
 * @uuid: of the mdev
 * @backend: "type1" or "iommufd"
 */
void rig_open(struct rig *rig, const char *uuid, const char *backend)
{
	memset(rig, 0, sizeof(*rig));
	rig->options.uuid = uuid;
	rig->options.size = RIG_SIZE;
	rig->options.backend = strcmp(backend, "type1") ? CCWIO_IOMMUFD :
							   CCWIO_TYPE1;
	if (ccwio_open(&rig->io, &rig->options)) {
		rig_say("Bail out! %s", rig->io.error);
		exit(2);
	}
}

/* Everything behind what the test allocated, and the page before it */
static bool nothing_strayed(struct rig *rig)
{
	const struct ccwio_map *map = rig->io.map;

	return untouched(rig, map[0].iova, 4096) &&
	       untouched(rig, rig->io.next,
			 map[0].iova + map[0].size - rig->io.next) &&
	       untouched(rig, map[1].iova, 4096) &&
	       untouched(rig, rig->io.next_low,
			 map[1].iova + map[1].size - rig->io.next_low);
}

static void one_test(struct rig *rig, const struct test *test)
{
	bool good;

	memset(rig->io.map[0].mem, RIG_FILL, rig->io.map[0].size);
	memset(rig->io.map[1].mem, RIG_FILL, rig->io.map[1].size);
	ccwio_alloc_reset(&rig->io);
	rig->why[0] = '\0';
	good = test->run(rig);
	if (good && !nothing_strayed(rig)) {
		rig_why(rig, __func__, __LINE__, "memory changed elsewhere");
		good = false;
	}
	rig->done++;
	rig_say("%sok - %s", good ? "" : "not ", test->name);
	if (good)
		return;
	rig->failed++;
	rig_say("# %s", rig->why);
	/* What it left must not become the failure of the next test */
	ccwio_close(&rig->io);
	if (ccwio_open(&rig->io, &rig->options)) {
		rig_say("Bail out! %s", rig->io.error);
		exit(2);
	}
}

/**
 * rig_tests - run a table of tests
 * @rig: device
 * @test: the table
 * @n: its entries
 */
void rig_tests(struct rig *rig, const struct test *test, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		one_test(rig, &test[i]);
}

/**
 * buffer - memory for data, at an address that is no round number
 * @rig: device
 * @size: bytes
 *
 * Return: its iova.
 */
uint64_t buffer(struct rig *rig, size_t size)
{
	uint64_t iova = ccwio_alloc(&rig->io, size + 128, 8) + 61;

	return iova;
}

/**
 * pages - memory for data, page aligned
 * @rig: device
 * @size: bytes
 *
 * Return: its iova.
 */
uint64_t pages(struct rig *rig, size_t size)
{
	return ccwio_alloc(&rig->io, size, 4096);
}

/**
 * bytes - a copy of some bytes in memory that the device sees
 * @rig: device
 * @data: the bytes
 * @size: how many
 *
 * Return: their iova.
 */
uint64_t bytes(struct rig *rig, const void *data, size_t size)
{
	uint64_t iova = buffer(rig, size);

	memcpy(mem(rig, iova), data, size);
	return iova;
}

/**
 * mem - the memory behind an iova
 * @rig: device
 * @iova: address
 *
 * Return: where this process sees it.
 */
void *mem(struct rig *rig, uint64_t iova)
{
	void *p = ccwio_mem(&rig->io, iova);

	if (!p) {
		rig_say("Bail out! the test uses iova %llx",
			(unsigned long long)iova);
		exit(2);
	}
	return p;
}

/**
 * untouched - whether memory still holds the filling
 * @rig: device
 * @iova: its address
 * @size: bytes
 *
 * Return: true if every byte is.
 */
bool untouched(struct rig *rig, uint64_t iova, size_t size)
{
	const uint8_t *p;

	if (!size)
		return true;
	p = mem(rig, iova);
	return p[0] == RIG_FILL && !memcmp(p, p + 1, size - 1);
}

/**
 * same - compare with what was expected, and mind the bytes around
 * @rig: device
 * @iova: what was read
 * @want: what should have been
 * @size: bytes
 *
 * Return: true if nothing differs.
 */
bool same(struct rig *rig, uint64_t iova, const void *want, size_t size)
{
	const uint8_t *have = mem(rig, iova), *w = want;
	size_t i;

	for (i = 0; i < size; i++)
		EXPECT(rig, have[i] == w[i], "byte %zu of %zu is %02x not %02x",
		       i, size, have[i], w[i]);
	return true;
}

/**
 * is_pattern - whether memory holds pattern @seed
 * @rig: device
 * @iova: its address
 * @seed: which
 * @size: bytes
 *
 * Return: true if it does.
 */
bool is_pattern(struct rig *rig, uint64_t iova, uint32_t seed, size_t size)
{
	uint8_t want[65536];

	pattern(seed, want, size);
	return same(rig, iova, want, size);
}

/**
 * prog_new - an empty program of format-1 CCWs, room for 300 of them
 * @rig: device
 *
 * Return: the program.
 */
struct prog prog_new(struct rig *rig)
{
	return (struct prog){
		.rig = rig,
		.iova = ccwio_alloc(&rig->io, 300 * 8, 8),
		.format = 1,
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff),
	};
}

/**
 * prog_format0 - an empty program of format-0 CCWs
 * @rig: device
 *
 * Return: the program.
 */
struct prog prog_format0(struct rig *rig)
{
	return (struct prog){
		.rig = rig,
		.iova = ccwio_alloc_low(&rig->io, 300 * 8, 8),
		.format = 0,
		.ctl = CCWIO_ORB_P | CCWIO_ORB_LPM(0xff),
	};
}

/**
 * ccw_at - address of a CCW of a program
 * @prog: program
 * @i: its index
 *
 * Return: iova.
 */
uint64_t ccw_at(const struct prog *prog, unsigned int i)
{
	return prog->iova + 8 * i;
}

/**
 * cda_of - data address of a format-1 CCW
 * @prog: program
 * @i: its index
 *
 * Return: the address, as the device takes it.
 */
uint32_t cda_of(const struct prog *prog, unsigned int i)
{
	uint32_t cda;

	memcpy(&cda, mem(prog->rig, ccw_at(prog, i) + 4), 4);
	return be32toh(cda);
}

/**
 * reccw - write or rewrite a CCW
 * @prog: program
 * @i: its index
 * @cmd: command code
 * @flags: CCWIO_*
 * @cda: data address
 * @count: bytes
 */
void reccw(struct prog *prog, unsigned int i, uint8_t cmd, uint8_t flags,
	   uint64_t cda, uint16_t count)
{
	ccwio_put_ccw(&prog->rig->io, ccw_at(prog, i), prog->format, cmd, cda,
		      count, flags);
}

/**
 * ccw - append a CCW
 * @prog: program
 * @cmd: command code
 * @flags: CCWIO_*
 * @cda: data address
 * @count: bytes
 *
 * Return: its index
 */
unsigned int ccw(struct prog *prog, uint8_t cmd, uint8_t flags, uint64_t cda,
		 uint16_t count)
{
	reccw(prog, prog->n, cmd, flags, cda, count);
	return prog->n++;
}

/**
 * start - start a program
 * @prog: program
 *
 * Return: 0 or -errno
 */
int start(struct prog *prog)
{
	struct ccwio_orb orb = {
		.intparm = 0xdead0000, .ctl = prog->ctl, .cpa = prog->iova,
	};

	return ccwio_start(&prog->rig->io, &orb);
}

/**
 * answer - the next status that is not unsolicited
 * @rig: device
 * @irb: the status
 *
 * Return: false if none came in time.
 */
bool answer(struct rig *rig, struct ccwio_irb *irb)
{
	int ret = ccwio_answer(&rig->io, RIG_WAIT, irb);

	EXPECT(rig, ret == 1, "no answer (%d)", ret);
	return true;
}

/**
 * run - start a program and wait for its first status
 * @prog: program
 * @irb: the status
 *
 * Return: false if it was refused or did not end in time.
 */
bool run(struct prog *prog, struct ccwio_irb *irb)
{
	int ret = start(prog);

	EXPECT(prog->rig, !ret, "start: %d", ret);
	return answer(prog->rig, irb);
}

/**
 * ended - whether status says how a start function must have ended
 * @rig: device
 * @irb: the status
 * @dev: device status
 * @sch: subchannel status
 * @cpa: channel-program address
 * @residual: count of bytes not transferred
 *
 * Return: true if it did.
 */
bool ended(struct rig *rig, const struct ccwio_irb *irb, uint8_t dev,
	   uint8_t sch, uint64_t cpa, uint16_t residual)
{
	const struct ccwio_scsw *s = &irb->scsw;
	uint32_t must = CCWIO_SC_PRIM | CCWIO_SC_PEND;

	EXPECT(rig, (s->ctl & must) == must && s->ctl & CCWIO_FC_START,
	       "ctl %08x", s->ctl);
	EXPECT(rig, s->dev == dev && s->sch == sch,
	       "status %02x/%02x not %02x/%02x cpa %08x residual %u", s->dev,
	       s->sch, dev, sch, s->cpa, s->count);
	EXPECT(rig, s->cpa == cpa, "cpa %08x not %08llx", s->cpa,
	       (unsigned long long)cpa);
	EXPECT(rig, s->count == residual, "residual %u not %u", s->count,
	       residual);
	return true;
}

/**
 * run_clean - run a program that must end behind its last CCW, in full
 * @prog: program
 *
 * Return: true if it did.
 */
bool run_clean(struct prog *prog)
{
	struct ccwio_irb irb;

	return run(prog, &irb) &&
	       ended(prog->rig, &irb, CE_DE, 0, ccw_at(prog, prog->n), 0);
}

/**
 * run_until_device_end - run a program whose end may come in two parts
 * @prog: program
 * @dev: device status of both parts together
 *
 * Return: true if it did.
 */
bool run_until_device_end(struct prog *prog, uint8_t dev)
{
	struct ccwio_irb irb;
	uint8_t seen;

	if (!run(prog, &irb))
		return false;
	seen = irb.scsw.dev;
	if (!(seen & CCWIO_DEV_DE)) {
		if (!answer(prog->rig, &irb))
			return false;
		seen |= irb.scsw.dev;
	}
	EXPECT(prog->rig, seen == dev && !irb.scsw.sch, "status %02x/%02x",
	       seen, irb.scsw.sch);
	return true;
}

/**
 * quiet - whether no status comes for a while
 * @rig: device
 * @ms: how long
 *
 * Return: true if none comes.
 */
bool quiet(struct rig *rig, int ms)
{
	struct ccwio_irb irb;
	int ret = ccwio_wait(&rig->io, ms, &irb);

	EXPECT(rig, !ret, "status nobody asked for: ctl %08x %02x/%02x",
	       irb.scsw.ctl, irb.scsw.dev, irb.scsw.sch);
	return true;
}

/**
 * still_works - whether a plain NO-OPERATION ends normally
 * @rig: device
 *
 * Return: true if it does.
 */
bool still_works(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	struct ccwio_irb irb;

	ccw(&prog, 0x03, CCWIO_SLI, 0, 1);
	return run(&prog, &irb) && irb.scsw.dev == CE_DE && !irb.scsw.sch;
}
