// SPDX-License-Identifier: GPL-2.0
/*
 * Status of a passed-through 3390: intermediate and unsolicited interruptions,
 * suspended programs, and programs that do not end by themselves
 *
 * usage: status UUID BACKEND
 *	  status UUID BACKEND last	what the emulated device does not survive
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rig.h"

#define LONGEST		56664	/* bytes of the record on track ODD_CYL/3 */
#define ODD_SEED	3001	/* its pattern, see odd() in volume.py */
#define READS		2000	/* of it, in one program */
#define STOPS		24	/* such programs that are stopped */
#define SOON		200000	/* us; long enough for anything that is due */
#define CLOSE_LIMIT	5000	/* ms for closing, whatever the channel does */

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * Start @prog, whose first CCW asks for a PCI, and take that: now it runs. The
 * emulated subchannel never answers a halt that comes before.
 */
static bool started(struct prog *prog)
{
	struct ccwio_irb irb;

	if (!run(prog, &irb))
		return false;
	EXPECT(prog->rig, ccwio_is_intermediate(&irb) &&
	       irb.scsw.sch & CCWIO_SCH_PCI, "ctl %08x %02x/%02x",
	       irb.scsw.ctl, irb.scsw.dev, irb.scsw.sch);
	return true;
}

/* NO-OPERATION without end; @flags go into its first CCW */
static struct prog endless(struct rig *rig, uint8_t flags)
{
	struct prog prog = prog_new(rig);

	ccw(&prog, 0x03, CCWIO_CC | CCWIO_SLI | flags, 0, 1);
	ccw(&prog, 0x03, CCWIO_CC | CCWIO_SLI, 0, 1);
	ccw(&prog, 0x08, 0, ccw_at(&prog, 1), 0);
	return prog;
}

/* The end of a halt or clear function, after intermediate status if any */
static bool function_ends(struct rig *rig, uint32_t function)
{
	struct ccwio_irb irb;

	do {
		if (!answer(rig, &irb))
			return false;
	} while (ccwio_is_intermediate(&irb));
	EXPECT(rig, irb.scsw.ctl & function, "ctl %08x", irb.scsw.ctl);
	EXPECT(rig, function != CCWIO_FC_CLEAR || !irb.scsw.cpa,
	       "cpa %08x after a clear", irb.scsw.cpa);
	return quiet(rig, 300);
}

static bool command(struct rig *rig, uint32_t cmd, uint32_t function)
{
	int ret = ccwio_command(&rig->io, cmd);

	EXPECT(rig, !ret, "cmd %u: %d", cmd, ret);
	return function_ends(rig, function);
}

/* ---- halt and clear ----------------------------------------------------- */

static bool halt_endless(struct rig *rig)
{
	struct prog prog = endless(rig, CCWIO_PCI);

	if (!started(&prog))
		return false;
	EXPECT(rig, start(&prog) == -EBUSY, "a second start");
	return command(rig, CCWIO_CMD_HALT, CCWIO_FC_HALT) &&
	       still_works(rig);
}

static bool clear_endless(struct rig *rig)
{
	struct prog prog = endless(rig, CCWIO_PCI);

	return started(&prog) &&
	       command(rig, CCWIO_CMD_CLEAR, CCWIO_FC_CLEAR) &&
	       still_works(rig);
}

static bool clear_at_once(struct rig *rig)
{
	struct prog prog = endless(rig, 0);
	int i;

	for (i = 0; i < 20; i++) {
		struct ccwio_irb irb;

		EXPECT(rig, !start(&prog), "start");
		EXPECT(rig, !ccwio_command(&rig->io, CCWIO_CMD_CLEAR),
		       "clear");
		if (!answer(rig, &irb))
			return false;
		EXPECT(rig, irb.scsw.ctl & CCWIO_FC_CLEAR, "round %d ctl %08x",
		       i, irb.scsw.ctl);
	}
	return quiet(rig, 300) && still_works(rig);
}

/* A search that never hits because its key is on no record */
static bool halt_search(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	static const uint8_t where[6], id[5] = { 0, 0, 0, 0, 99 };
	unsigned int i;

	ccw(&prog, 0x03, CCWIO_CC | CCWIO_SLI | CCWIO_PCI, 0, 1);
	i = ccw(&prog, 0x07, CCWIO_CC, bytes(rig, where, 6), 6);
	ccw(&prog, 0x31, CCWIO_CC, bytes(rig, id, 5), 5);
	ccw(&prog, 0x08, 0, ccw_at(&prog, i), 0);
	return started(&prog) &&
	       command(rig, CCWIO_CMD_HALT, CCWIO_FC_HALT) &&
	       still_works(rig);
}

/*
 * A program that reads for some hundredths of a second and ends by itself:
 * record 1 of a track that has no other, again and again
 */
static struct prog reading(struct rig *rig, uint64_t data)
{
	uint8_t where[6] = { 0, 0, 0, ODD_CYL, 0, 3 };
	struct prog prog = prog_new(rig);

	prog.iova = ccwio_alloc(&rig->io, (READS + 2) * 8, 8);
	ccw(&prog, 0x03, CCWIO_CC | CCWIO_SLI | CCWIO_PCI, 0, 1);
	ccw(&prog, 0x07, CCWIO_CC, bytes(rig, where, 6), 6);
	while (prog.n < READS + 1)
		ccw(&prog, 0x06, CCWIO_CC, data, LONGEST);
	ccw(&prog, 0x06, 0, data, LONGEST);
	return prog;
}

/*
 * Stop it after a while: 1 if it was stopped, 0 if its own end came first, -1
 * if what came is neither
 */
static int stopped(struct prog *prog, uint32_t cmd, int delay)
{
	uint32_t function = cmd == CCWIO_CMD_HALT ? CCWIO_FC_HALT :
						    CCWIO_FC_CLEAR;
	struct rig *rig = prog->rig;
	struct ccwio_irb irb;
	int ret;

	if (!started(prog))
		return -1;
	usleep(delay);
	ret = ccwio_command(&rig->io, cmd);
	if (!answer(rig, &irb))
		return -1;
	if (irb.scsw.ctl & function)
		return ret ? -1 : 1;
	/* Its own end; a clear that was accepted is answered after it */
	if (!ended(rig, &irb, CE_DE, 0, ccw_at(prog, prog->n), 0))
		return -1;
	if (!ret && (!answer(rig, &irb) || !(irb.scsw.ctl & function)))
		return -1;
	return 0;
}

static bool stop_reading(struct rig *rig, uint32_t cmd)
{
	uint64_t data = buffer(rig, LONGEST);
	struct prog prog = reading(rig, data);
	unsigned int i, early = 0;
	uint8_t want[LONGEST];

	/* What any number of those reads leaves there */
	pattern(ODD_SEED, want, LONGEST);
	for (i = 0; i < STOPS; i++) {
		int ret = stopped(&prog, cmd, i % 4 * 1500);

		EXPECT(rig, ret >= 0, "round %u: neither stopped nor ended", i);
		early += ret;
		if (!quiet(rig, 30))
			return false;
	}
	EXPECT(rig, early, "all %u programs had ended before", i);
	return same(rig, data, want, LONGEST) && still_works(rig);
}

static bool halt_reading(struct rig *rig)
{
	return stop_reading(rig, CCWIO_CMD_HALT);
}

static bool clear_reading(struct rig *rig)
{
	return stop_reading(rig, CCWIO_CMD_CLEAR);
}

static bool halt_idle(struct rig *rig)
{
	return command(rig, CCWIO_CMD_HALT, CCWIO_FC_HALT) &&
	       still_works(rig);
}

static bool clear_idle(struct rig *rig)
{
	return command(rig, CCWIO_CMD_CLEAR, CCWIO_FC_CLEAR) &&
	       still_works(rig);
}

/* ---- intermediate status ------------------------------------------------ */

static bool pci_running(struct rig *rig)
{
	struct prog prog = endless(rig, CCWIO_PCI);

	if (!started(&prog))
		return false;
	EXPECT(rig, start(&prog) == -EBUSY, "a start while it runs");
	return command(rig, CCWIO_CMD_HALT, CCWIO_FC_HALT) &&
	       still_works(rig);
}

/* PCI and the end soon after it, both before the first read */
static bool pci_and_end(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t data = buffer(rig, 64);
	struct ccwio_irb irb;
	bool pci = false;

	ccw(&prog, 0x03, CCWIO_CC | CCWIO_SLI | CCWIO_PCI, 0, 1);
	while (prog.n < 200)
		ccw(&prog, 0x64, CCWIO_CC, data, 64);
	ccw(&prog, 0x64, 0, data, 64);
	EXPECT(rig, !start(&prog), "start");
	usleep(2 * SOON);
	do {
		if (!answer(rig, &irb))
			return false;
		pci |= !!(irb.scsw.sch & CCWIO_SCH_PCI);
	} while (ccwio_is_intermediate(&irb));
	EXPECT(rig, pci, "no PCI");
	return ended(rig, &irb, CE_DE, irb.scsw.sch & CCWIO_SCH_PCI,
		     ccw_at(&prog, prog.n), 0) && quiet(rig, 300);
}

/* Wait until something is to be read, and leave it there */
static bool unread(struct rig *rig)
{
	struct pollfd fd = {
		.fd = rig->io.event[CCWIO_IRQ_IO], .events = POLLIN,
	};

	EXPECT(rig, poll(&fd, 1, RIG_WAIT) == 1, "no interrupt");
	return true;
}

/* PCI, then the end of a halt, nobody reading in between */
static bool two_unread(struct rig *rig)
{
	struct prog prog = endless(rig, CCWIO_PCI);

	EXPECT(rig, !start(&prog), "start");
	if (!unread(rig))
		return false;
	EXPECT(rig, !ccwio_command(&rig->io, CCWIO_CMD_HALT), "halt");
	usleep(SOON);
	return function_ends(rig, CCWIO_FC_HALT) && still_works(rig);
}

/* ---- suspend and resume ------------------------------------------------- */

static bool is_suspended(struct rig *rig, struct prog *prog, unsigned int i)
{
	struct ccwio_irb irb;
	int ret = start(prog);

	EXPECT(rig, !ret, "start: %d", ret);
	if (!answer(rig, &irb))
		return false;
	EXPECT(rig, ccwio_is_intermediate(&irb) &&
	       irb.scsw.ctl & CCWIO_AC_SUSP, "ctl %08x %02x/%02x",
	       irb.scsw.ctl, irb.scsw.dev, irb.scsw.sch);
	EXPECT(rig, irb.scsw.cpa == ccw_at(prog, i + 1), "cpa %08x",
	       irb.scsw.cpa);
	return quiet(rig, 100);
}

/* A program suspended at its second CCW, which reads into @data */
static struct prog with_suspend(struct rig *rig, uint64_t data)
{
	struct prog prog = prog_new(rig);

	prog.ctl |= CCWIO_ORB_S;
	ccw(&prog, 0x03, CCWIO_CC | CCWIO_SLI, 0, 1);
	ccw(&prog, 0x64, CCWIO_S, data, 64);
	return prog;
}

/* Resumed with another buffer and a longer tail than it had at the start */
static bool resume(struct rig *rig, bool by_command)
{
	uint64_t a = buffer(rig, 64), b = buffer(rig, 64), c = buffer(rig, 64);
	struct prog prog = with_suspend(rig, a);
	struct ccwio_orb orb = { .ctl = prog.ctl, .cpa = prog.iova };
	struct ccwio_irb irb;
	int ret;

	if (!is_suspended(rig, &prog, 1))
		return false;
	EXPECT(rig, start(&prog) == -EBUSY, "a start while suspended");
	EXPECT(rig, untouched(rig, a, 64), "the suspended CCW ran");
	reccw(&prog, 1, 0x64, CCWIO_CC, b, 64);
	ccw(&prog, 0x64, 0, c, 64);
	if (by_command)
		ret = ccwio_command(&rig->io, CCWIO_CMD_RESUME);
	else
		ret = ccwio_resume_io(&rig->io, &orb);
	EXPECT(rig, !ret, "rsch: %d", ret);
	if (!answer(rig, &irb) ||
	    !ended(rig, &irb, CE_DE, 0, ccw_at(&prog, 3), 0))
		return false;
	EXPECT(rig, untouched(rig, a, 64), "the old buffer was used");
	return same(rig, b, mem(rig, c), 64) && !untouched(rig, b, 64) &&
	       quiet(rig, 300);
}

static bool resume_by_region(struct rig *rig)
{
	return resume(rig, false);
}

static bool resume_by_command(struct rig *rig)
{
	return resume(rig, true);
}

/* Suspended a second time further on */
static bool suspended_again(struct rig *rig, struct prog *prog)
{
	uint64_t a = buffer(rig, 64), b = buffer(rig, 64);
	struct ccwio_irb irb;

	*prog = with_suspend(rig, a);
	if (!is_suspended(rig, prog, 1))
		return false;
	reccw(prog, 1, 0x64, CCWIO_CC, a, 64);
	ccw(prog, 0x64, CCWIO_S, b, 64);
	EXPECT(rig, !ccwio_command(&rig->io, CCWIO_CMD_RESUME), "resume");
	if (!answer(rig, &irb))
		return false;
	EXPECT(rig, ccwio_is_intermediate(&irb) &&
	       irb.scsw.cpa == ccw_at(prog, 3), "ctl %08x cpa %08x",
	       irb.scsw.ctl, irb.scsw.cpa);
	EXPECT(rig, !untouched(rig, a, 64) && untouched(rig, b, 64),
	       "data of the wrong CCW");
	reccw(prog, 2, 0x64, 0, b, 64);
	return true;
}

static bool resume_twice(struct rig *rig)
{
	struct ccwio_irb irb;
	struct prog prog;

	if (!suspended_again(rig, &prog))
		return false;
	EXPECT(rig, !ccwio_command(&rig->io, CCWIO_CMD_RESUME), "resume");
	return answer(rig, &irb) &&
	       ended(rig, &irb, CE_DE, 0, ccw_at(&prog, 3), 0) &&
	       !untouched(rig, cda_of(&prog, 2), 64) && quiet(rig, 300);
}

/*
 * After this the emulated subchannel neither answers a halt while idle nor
 * resumes correctly; plain programs still run
 */
static bool clear_suspended(struct rig *rig)
{
	struct prog prog;

	return suspended_again(rig, &prog) &&
	       command(rig, CCWIO_CMD_CLEAR, CCWIO_FC_CLEAR) &&
	       still_works(rig);
}

/* ---- unsolicited status ------------------------------------------------- */

static bool attention_next(struct rig *rig)
{
	struct ccwio_irb irb;
	int ret = ccwio_wait(&rig->io, RIG_WAIT, &irb);

	EXPECT(rig, ret == 1, "no status (%d)", ret);
	EXPECT(rig, ccwio_is_unsolicited(&irb) &&
	       irb.scsw.dev == CCWIO_DEV_ATTN, "ctl %08x %02x/%02x",
	       irb.scsw.ctl, irb.scsw.dev, irb.scsw.sch);
	return true;
}

static bool attention_idle(struct rig *rig)
{
	rig_operator("ATTENTION");
	return attention_next(rig) && quiet(rig, 100) && still_works(rig);
}

/* Unread attention: a start is refused, nothing is lost */
static bool attention_refuses(struct rig *rig)
{
	struct prog prog = endless(rig, 0);
	int ret;

	rig_operator("ATTENTION");
	if (!unread(rig))
		return false;
	ret = start(&prog);
	EXPECT(rig, ret == -EBUSY, "start: %d", ret);
	return attention_next(rig) && still_works(rig);
}

/* The end of a program, then attention, both before the first read */
static bool end_then_attention(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	struct ccwio_irb irb;
	int ret;

	ccw(&prog, 0x03, CCWIO_SLI, 0, 1);
	EXPECT(rig, !start(&prog), "start");
	if (!unread(rig))
		return false;
	rig_operator("ATTENTION");
	usleep(5 * SOON);
	ret = ccwio_wait(&rig->io, RIG_WAIT, &irb);
	EXPECT(rig, ret == 1, "no end (%d)", ret);
	return ended(rig, &irb, CE_DE, 0, ccw_at(&prog, 1), 1) &&
	       attention_next(rig) && quiet(rig, 100);
}

/* Attention while a program runs: the program's end comes, exactly once */
static bool attention_running(struct rig *rig)
{
	struct prog prog = endless(rig, CCWIO_PCI);

	if (!started(&prog))
		return false;
	rig_operator("ATTENTION");
	usleep(5 * SOON);
	if (!command(rig, CCWIO_CMD_HALT, CCWIO_FC_HALT))
		return false;
	rig->io.unsolicited = 0;
	return still_works(rig);
}

/* ---- the end of a user -------------------------------------------------- */

static bool close_running(struct rig *rig)
{
	struct prog prog = endless(rig, CCWIO_PCI);
	int64_t begun;
	int ret;

	EXPECT(rig, !start(&prog), "start");
	if (!unread(rig))
		return false;
	begun = now();
	ccwio_close(&rig->io);
	begun = now() - begun;
	ret = ccwio_open(&rig->io, &rig->options);
	if (ret) {
		rig_say("Bail out! open after close: %s", rig->io.error);
		_exit(2);
	}
	memset(rig->io.map[0].mem, RIG_FILL, rig->io.map[0].size);
	memset(rig->io.map[1].mem, RIG_FILL, rig->io.map[1].size);
	EXPECT(rig, begun < CLOSE_LIMIT, "close took %lld ms",
	       (long long)begun);
	return quiet(rig, 300) && still_works(rig);
}

static bool reset_running(struct rig *rig)
{
	struct prog prog = endless(rig, CCWIO_PCI);
	int64_t begun = now();
	uint64_t count;
	int ret;

	EXPECT(rig, !start(&prog), "start");
	if (!unread(rig))
		return false;
	ret = ccwio_reset(&rig->io);
	EXPECT(rig, !ret, "reset: %d", ret);
	EXPECT(rig, now() - begun < CLOSE_LIMIT, "it took too long");
	/* The PCI may have been announced before the reset */
	if (read(rig->io.event[CCWIO_IRQ_IO], &count, sizeof(count)) < 0)
		count = 0;
	return quiet(rig, 300) && still_works(rig);
}

/* The user is killed; the next one finds a device that works */
static bool kill_running(struct rig *rig)
{
	int64_t begun;
	pid_t pid;

	ccwio_close(&rig->io);
	pid = fork();
	if (!pid) {
		struct prog prog;

		if (ccwio_open(&rig->io, &rig->options))
			_exit(1);
		prog = endless(rig, CCWIO_PCI);
		if (start(&prog))
			_exit(1);
		pause();
	}
	usleep(3 * SOON);
	begun = now();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (ccwio_open(&rig->io, &rig->options)) {
		rig_say("Bail out! open after kill: %s", rig->io.error);
		_exit(2);
	}
	memset(rig->io.map[0].mem, RIG_FILL, rig->io.map[0].size);
	memset(rig->io.map[1].mem, RIG_FILL, rig->io.map[1].size);
	EXPECT(rig, now() - begun < CLOSE_LIMIT, "it took too long");
	return quiet(rig, 300) && still_works(rig);
}

/* Memory that a running program stores into is taken away */
static bool unmap_running(struct rig *rig)
{
	const uint64_t iova = 0x68000000;
	struct prog prog = prog_new(rig);
	struct ccwio_irb irb;
	int64_t begun;
	void *area;
	int ret;

	area = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(rig, area != MAP_FAILED &&
	       !ccwio_map_memory(&rig->io, area, iova, 65536, true), "map");
	ccw(&prog, 0x64, CCWIO_CC, iova + 4096, 64);
	ccw(&prog, 0x08, 0, prog.iova, 0);
	EXPECT(rig, !start(&prog), "start");
	usleep(SOON);
	begun = now();
	ret = ccwio_unmap_memory(&rig->io, iova, 65536);
	EXPECT(rig, !ret, "unmap: %d", ret);
	EXPECT(rig, now() - begun < CLOSE_LIMIT, "it took too long");
	if (!answer(rig, &irb))
		return false;
	EXPECT(rig, !ccwio_is_intermediate(&irb), "ctl %08x", irb.scsw.ctl);
	return still_works(rig);
}

static const struct test tests[] = {
	{ "halt an endless program", halt_endless },
	{ "clear an endless program", clear_endless },
	{ "clear right after the start, 20 times", clear_at_once },
	{ "halt an endless search", halt_search },
	{ "halt programs that read, 24 times", halt_reading },
	{ "clear programs that read, 24 times", clear_reading },
	{ "halt an idle device", halt_idle },
	{ "clear an idle device", clear_idle },
	{ "pci of a running program", pci_running },
	{ "pci and end before the first read", pci_and_end },
	{ "pci and end of a halt before the first read", two_unread },
	{ "suspend, change, resume through the i/o region",
	  resume_by_region },
	{ "suspend, change, resume through the command region",
	  resume_by_command },
	{ "suspend and resume twice", resume_twice },
	{ "attention while idle", attention_idle },
	{ "a start meets unread attention", attention_refuses },
	{ "end and attention before the first read", end_then_attention },
	{ "attention while a program runs", attention_running },
	{ "close with an endless program", close_running },
	{ "reset with an endless program", reset_running },
	{ "user killed with an endless program", kill_running },
	{ "memory of an endless program unmapped", unmap_running },
};

static const struct test last_tests[] = {
	{ "clear a suspended program", clear_suspended },
};

int main(int argc, char **argv)
{
	struct rig rig;

	if (argc < 3)
		return 2;
	rig_open(&rig, argv[1], argv[2]);
	if (argc > 3)
		rig_tests(&rig, last_tests, ARRAY_SIZE(last_tests));
	else
		rig_tests(&rig, tests, ARRAY_SIZE(tests));
	ccwio_close(&rig.io);
	rig_say("# status %s: %u done, %u failed", argv[2], rig.done,
		rig.failed);
	return rig.failed != 0;
}
