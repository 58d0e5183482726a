// SPDX-License-Identifier: GPL-2.0
/*
 * vfio-ccw-check: does this device, on this machine, do what the driver promises?
 *
 * Runs every form of channel program that does not write to the medium, and every
 * request, on a device that nobody uses; scratch.c has those that write. The
 * programs are text (ccwio(1)) with what is expected of them; what a channel or a
 * control unit need not be able to do is told apart from what goes wrong.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static const char help[] =
"usage: vfio-ccw-check [OPTION]... UUID|SUBCHANNEL\n"
"\n"
"Tells whether driver, machine and device do what this project promises, on the\n"
"mediated device UUID, or on the one of SUBCHANNEL (0.0.1234), which is made for\n"
"the time of the check if there is none. No guest may use it. Nothing is written\n"
"to the medium. Ends with 0 if nothing was wrong, 1 if something was, 2 if the\n"
"device cannot be opened or the command line is wrong.\n"
"\n"
"Options\n"
"  -b, --backend type1|iommufd   default: type1 if /dev/vfio/vfio exists\n"
"  -n, --no-suspend   leave out programs that are suspended\n"
"  -r, --report FILE  write the result there, too; it has no serial numbers\n"
"  -s, --scratch CYL  write inside that cylinder of a 3390, too, and put back what\n"
"                     was there; asks before\n"
"  -y, --yes          do not ask\n"
"  -t, --timeout MS   how long to wait for an answer (default 10000)\n"
"  -h, --help\n";

static const char *const verdict_words[NR_VERDICTS] = {
	[OK]		= "ok",
	[NOT_OK]	= "not ok",
	[NOT_HERE]	= "not possible here",
};

/**
 * check_say - print, into the report, too
 * @c: the check
 * @format: as for printf()
 */
void check_say(struct check *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	if (!c->report)
		return;
	va_start(ap, format);
	vfprintf(c->report, format, ap);
	va_end(ap);
}

/**
 * check_detail - have something to say if the current check is not ok
 * @c: the check
 * @format: as for printf(); a newline begins another line
 */
void check_detail(struct check *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->detail + c->used, sizeof(c->detail) - c->used, format, ap);
	va_end(ap);
	c->used += strlen(c->detail + c->used);
}

/**
 * check_tell - one line, and below it the details if it is not ok
 * @c: the check
 * @name: what was checked
 * @verdict: what came of it
 */
void check_tell(struct check *c, const char *name, enum verdict verdict)
{
	char *line, *next = c->detail;

	c->count[verdict]++;
	check_say(c, "%-18s %s\n", verdict_words[verdict], name);
	while (verdict != OK && (line = strsep(&next, "\n")))
		if (*line)
			check_say(c, "    %s\n", line);
	fflush(stdout);
	c->used = 0;
	c->detail[0] = '\0';
}

/* A program in which %s stands for the SENSE ID data, and what @program became */
static struct ccwio_program *assemble(struct check *c, const char *format)
{
	struct ccwio_program *program;
	char text[2048];

	snprintf(text, sizeof(text), format, c->id);
	ccwio_alloc_reset(&c->dev);
	program = ccwio_assemble(&c->dev, text);
	if (!program || ccwio_program_error(program)) {
		fprintf(stderr, "vfio-ccw-check: %s\n",
			program ? ccwio_program_error(program) : "no memory");
		exit(2);
	}
	return program;
}

/**
 * check_wait - wait for the status that ends a function, or suspends the program
 * @c: the check
 * @irb: filled in
 * @inter: counts intermediate status that came before, or NULL
 *
 * Return: 0 or -errno, with a detail; the device was reset if it did not answer.
 */
int check_wait(struct check *c, struct ccwio_irb *irb, unsigned int *inter)
{
	int ret;

	for (;;) {
		ret = ccwio_answer(&c->dev, c->timeout_ms, irb);
		if (ret <= 0)
			break;
		if (!ccwio_is_intermediate(irb) ||
		    irb->scsw.ctl & CCWIO_AC_SUSP)
			return 0;
		if (inter)
			(*inter)++;
	}
	if (!ret) {
		check_detail(c, "no answer within %d ms", c->timeout_ms);
		ccwio_reset(&c->dev);
		return -ETIMEDOUT;
	}
	check_detail(c, "reading the status: %s", strerror(-ret));
	return ret;
}

/* Are the differences to what is expected none? Else they are the detail */
static bool as_expected(struct check *c, const struct ccwio_program *program,
			int started, const struct ccwio_irb *irb)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int differences;

	if (!out)
		return false;
	differences = ccwio_program_check(out, &c->dev, program, started, irb);
	if (differences && !started)
		ccwio_print_irb(out, irb);
	fclose(out);
	if (differences)
		check_detail(c, "%s", text);
	free(text);
	return !differences;
}

/**
 * struct outcome - what came of a program
 * @started: result of the start, 0 or -errno
 * @irb: the status that ended it
 * @inter: intermediate status before that
 */
struct outcome {
	int started;
	struct ccwio_irb irb;
	unsigned int inter;
};

static bool run(struct check *c, const char *format, struct outcome *o)
{
	struct ccwio_program *program = assemble(c, format);
	bool good = false;

	memset(o, 0, sizeof(*o));
	o->started = ccwio_start(&c->dev, ccwio_program_orb(program));
	if (o->started || !check_wait(c, &o->irb, &o->inter))
		good = as_expected(c, program, o->started, &o->irb);
	ccwio_free_program(program);
	return good;
}

/**
 * struct form - a form of program and what comes of it
 * @name: what it shows
 * @text: the program; %s stands for the SENSE ID data
 * @optional: why a channel or control unit need not be able to do it; NULL if
 *	each has to
 */
struct form {
	const char *name;
	const char *text;
	const char *optional;
};

#define ID_OK	"; expect dev ce+de; expect data id %s"

static const struct form forms[] = {
	{ "NO-OP, format 1", "nop; expect dev ce+de; expect sch none", NULL },
	{ "NO-OP, format 0", "orb P; nop 0 1 sli; expect dev ce+de; expect sch none", NULL },
	{ "SENSE ID, direct, format 1", "buffer id 64; sense-id id 64 sli" ID_OK, NULL },
	{ "SENSE ID, direct, format 0",
	  "orb P; buffer id 64; sense-id id 64 sli" ID_OK, NULL },
	{ "data that crosses a page",
	  "buffer id 64 align=4096 skew=4088; sense-id id 64 sli" ID_OK, NULL },
	{ "format-2 IDAWs, 4 KiB blocks",
	  "orb F P H; buffer id 64 align=4096 skew=4088; idal l id id+8; sense-id l 64 sli"
	  ID_OK, NULL },
	{ "format-2 IDAWs, 2 KiB blocks",
	  "orb F P H T; buffer id 64 align=2048 skew=2040; idal l id id+8; sense-id l 64 sli"
	  ID_OK, NULL },
	{ "format-1 IDAWs",
	  "orb F P; buffer id 64 align=2048 skew=2040; idal l id id+8; sense-id l 64 sli"
	  ID_OK, NULL },
	{ "IDAWs with format-0 CCWs",
	  "orb P; buffer id 64 align=2048 skew=2040; idal l id id+8; sense-id l 64 sli"
	  ID_OK, NULL },
	{ "MIDAWs",
	  "orb F P D; buffer id 64; midal l id/8 id+8/56; sense-id l 64 sli" ID_OK,
	  "the channel has no MIDAW facility" },
	{ "command chaining",
	  "buffer id 64; nop cc; nop cc; nop cc; sense-id id 64 sli" ID_OK, NULL },
	{ "transfer in channel",
	  "buffer id 64; nop cc; tic there; segment; there: sense-id id 64 sli" ID_OK, NULL },
	{ "transfer in channel, format 0",
	  "orb P; buffer id 64; nop 0 1 cc sli; tic there; segment; there: sense-id id 64 sli"
	  ID_OK, NULL },
	{ "data chaining", "buffer id 64; sense-id id 8 cd; nop id+8 56 sli" ID_OK,
	  "the control unit ends SENSE ID with the first CCW" },
	{ "input that is skipped",
	  "buffer id 8 fill=0xa5; sense-id id 8 sli skip; expect dev ce+de;"
	  "expect data id a5a5a5a5a5a5a5a5", NULL },
	{ "a count of zero in format 1", "nop 0x77777000 0 sli; expect dev ce+de", NULL },
	{ "an address that is not used", "nop 0x77777001 1 sli; expect dev ce+de", NULL },
	{ "incorrect length is indicated",
	  "buffer id 65535; sense-id id 65535; expect dev ce+de; expect sch il",
	  "the device takes the command for an immediate one" },
	{ "program check: count of zero in format 0",
	  "orb P; here: nop 0 0; expect sch prog; expect cpa here+8", NULL },
	{ "program check: a command that is none",
	  "nop cc; here: raw 0000000000000000; expect sch prog; expect cpa here+8", NULL },
	{ "program check: TIC to TIC",
	  "nop cc; tic here; segment; here: tic here; expect sch prog; expect cpa here+8", NULL },
	{ "program check: chained to where no memory is",
	  "nop cc; here: tic 0x77777000; expect sch prog; expect cpa here+8", NULL },
	{ "program check: data where no memory is",
	  "nop cc; here: sense-id 0x77777000 64 sli; expect sch prog; expect cpa here+8", NULL },
	{ "program check: program not on a doubleword",
	  "orb F P cpa=here+4; here: nop; expect sch prog", NULL },
	{ "program check: suspend flag that the ORB forbids",
	  "nop cc; here: nop s; expect sch prog; expect cpa here+8", NULL },
	{ "protection check: input to memory that may only be read",
	  "buffer id 64 at=0x70000000 readonly; nop cc; here: sense-id id 64 sli;"
	  "expect sch prot; expect cpa here+8", NULL },
	{ "transport mode is refused", "orb F P B; nop; expect errno EOPNOTSUPP", NULL },
	{ "no prefetch", "orb F; buffer id 64; sense-id id 64 sli" ID_OK, NULL },
	{ "an ORB without a path", "orb F P lpm=0; nop; expect dev ce+de", NULL },
};

/*
 * A channel without a facility, which may refuse the ORB that asks for it, or a
 * device that ends early, is no fault
 */
static bool excused(const struct form *form, const struct outcome *o)
{
	const uint8_t severe = CCWIO_SCH_PROT | CCWIO_SCH_CDC | CCWIO_SCH_CCC |
			       CCWIO_SCH_IFCC;

	if (!form->optional)
		return false;
	if (o->started)
		return o->started == -ENODEV;
	return o->irb.scsw.ctl & CCWIO_SC_PEND && !(o->irb.scsw.sch & severe);
}

static void check_form(struct check *c, const struct form *form)
{
	char why[sizeof(c->detail)];
	struct outcome o;

	if (run(c, form->text, &o)) {
		check_tell(c, form->name, OK);
	} else if (excused(form, &o)) {
		memcpy(why, c->detail, sizeof(why));
		c->used = 0;
		check_detail(c, "probably %s\n%.3000s", form->optional, why);
		check_tell(c, form->name, NOT_HERE);
	} else {
		check_tell(c, form->name, NOT_OK);
	}
}

/* What later programs are expected to read; nothing can be told without it */
static bool learn_id(struct check *c)
{
	struct ccwio_program *program;
	struct ccwio_irb irb;
	uint64_t iova;
	uint8_t *id;
	int i;

	program = assemble(c, "buffer id 64; sense-id id 64 sli");
	if (ccwio_start(&c->dev, ccwio_program_orb(program)) ||
	    check_wait(c, &irb, NULL) || ccwio_symbol(program, "id", &iova)) {
		check_detail(c, "\nthe device does not answer SENSE ID");
		check_tell(c, "SENSE ID", NOT_OK);
		return false;
	}
	id = ccwio_mem(&c->dev, iova);
	for (i = 0; i < SENSE_ID_BYTES; i++)
		sprintf(c->id + 2 * i, "%02x", id[i]);
	check_say(c, "control unit %02x%02x/%02x, device %02x%02x/%02x\n",
		  id[1], id[2], id[3], id[4], id[5], id[6]);
	ccwio_free_program(program);
	if (id[0] == 0xff)
		return true;
	check_detail(c, "the first byte of SENSE ID data is ff, here it is %02x", id[0]);
	check_tell(c, "SENSE ID", NOT_OK);
	return false;
}

static enum verdict expect_errno(struct check *c, const char *what, int wanted,
				 int got)
{
	if (wanted == got)
		return OK;
	check_detail(c, "%s: expected %s, got %s\n", what,
		     wanted ? strerror(-wanted) : "success",
		     got ? strerror(-got) : "success");
	return NOT_OK;
}

/*
 * A status of these functions, in which @bits of word 0 are set. With the halt
 * function a start function that it has ended may be indicated or not.
 */
static enum verdict expect_status(struct check *c, uint32_t functions,
				  uint32_t bits)
{
	uint32_t all = CCWIO_FC_START | CCWIO_FC_HALT | CCWIO_FC_CLEAR;
	struct ccwio_irb irb;
	char words[200];

	if (check_wait(c, &irb, NULL))
		return NOT_OK;
	if (functions == CCWIO_FC_HALT)
		all &= ~CCWIO_FC_START;
	if ((irb.scsw.ctl & all) == functions && (irb.scsw.ctl & bits) == bits)
		return OK;
	check_detail(c, "expected functions %04x and bits %04x, got %s\n", functions,
		     bits, ccwio_scsw_ctl(irb.scsw.ctl, words, sizeof(words)));
	return NOT_OK;
}

static enum verdict pci(struct check *c)
{
	struct outcome o;

	if (!run(c, "nop cc; nop cc pci; nop cc; nop; expect dev ce+de", &o))
		return NOT_OK;
	if (o.inter || o.irb.scsw.sch & CCWIO_SCH_PCI)
		return OK;
	check_detail(c, "the channel tells it neither by itself nor in the last status\n");
	return NOT_HERE;
}

static enum verdict long_chain(struct check *c)
{
	char text[2048] = "orb F P; ";
	struct outcome o;
	int i;

	for (i = 0; i < 200; i++)
		strcat(text, "nop cc;");
	strcat(text, "nop; expect dev ce+de");
	return run(c, text, &o) ? OK : NOT_OK;
}

static enum verdict many_starts(struct check *c)
{
	struct outcome o;
	int i;

	for (i = 0; i < 1000; i++) {
		if (run(c, "nop; expect dev ce+de", &o))
			continue;
		check_detail(c, "start %d of 1000\n", i + 1);
		return NOT_OK;
	}
	return OK;
}

static enum verdict halt_idle(struct check *c)
{
	if (expect_errno(c, "HALT", 0, ccwio_command(&c->dev, CCWIO_CMD_HALT)))
		return NOT_OK;
	return expect_status(c, CCWIO_FC_HALT, CCWIO_SC_PEND);
}

static enum verdict clear_idle(struct check *c)
{
	if (expect_errno(c, "CLEAR", 0, ccwio_command(&c->dev, CCWIO_CMD_CLEAR)))
		return NOT_OK;
	return expect_status(c, CCWIO_FC_CLEAR, CCWIO_SC_PEND);
}

static enum verdict cancel_idle(struct check *c)
{
	return expect_errno(c, "CANCEL", -EINVAL,
			    ccwio_command(&c->dev, CCWIO_CMD_CANCEL));
}

static enum verdict resume_idle(struct check *c)
{
	return expect_errno(c, "RESUME", -EINVAL,
			    ccwio_command(&c->dev, CCWIO_CMD_RESUME));
}

/*
 * Suspended, by a status that says so or, with a channel that makes none, by what
 * the region shows without one
 */
static enum verdict wait_suspended(struct check *c)
{
	struct ccwio_irb irb = { 0 };
	int waited, ret = 0;

	for (waited = 0; waited < c->timeout_ms && ret <= 0; waited += 100) {
		ret = ccwio_answer(&c->dev, 100, &irb);
		if (!ret)
			ret = ccwio_read_irb(&c->dev, &irb);
		if (ret < 0)
			break;
		if (irb.scsw.ctl & CCWIO_AC_SUSP)
			return OK;
	}
	check_detail(c, "the program is not suspended\n");
	return NOT_OK;
}

/* A program that is suspended; *@program is the caller's to free */
static enum verdict suspend(struct check *c, const char *text,
			    struct ccwio_program **program)
{
	int started;

	*program = assemble(c, text);
	started = ccwio_start(&c->dev, ccwio_program_orb(*program));
	if (expect_errno(c, "start", 0, started))
		return NOT_OK;
	return wait_suspended(c);
}

#define SUSPENDED	"orb F P S; nop cc; here: nop s cc; nop"

static enum verdict suspended_then(struct check *c, uint32_t command,
				   uint32_t functions)
{
	struct ccwio_program *program;
	enum verdict verdict = suspend(c, SUSPENDED, &program);

	if (verdict == OK)
		verdict = expect_errno(c, "command", 0,
				       ccwio_command(&c->dev, command));
	if (verdict == OK)
		verdict = expect_status(c, functions, CCWIO_SC_PEND);
	ccwio_free_program(program);
	return verdict;
}

static enum verdict halt_suspended(struct check *c)
{
	return suspended_then(c, CCWIO_CMD_HALT, CCWIO_FC_HALT);
}

static enum verdict clear_suspended(struct check *c)
{
	return suspended_then(c, CCWIO_CMD_CLEAR, CCWIO_FC_CLEAR);
}

static enum verdict resume_suspended(struct check *c)
{
	struct ccwio_program *program;
	enum verdict verdict = suspend(c, SUSPENDED, &program);
	uint64_t here;

	if (verdict == OK && !ccwio_symbol(program, "here", &here)) {
		((uint8_t *)ccwio_mem(&c->dev, here))[1] &= ~CCWIO_S;
		verdict = expect_errno(c, "RESUME", 0,
				       ccwio_command(&c->dev, CCWIO_CMD_RESUME));
		if (verdict == OK)
			verdict = expect_status(c, CCWIO_FC_START,
						CCWIO_SC_PRIM | CCWIO_SC_PEND);
	}
	ccwio_free_program(program);
	return verdict;
}

static enum verdict reset_suspended(struct check *c)
{
	struct ccwio_program *program;
	enum verdict verdict = suspend(c, SUSPENDED, &program);
	struct ccwio_irb irb;

	if (verdict == OK)
		verdict = expect_errno(c, "reset", 0, ccwio_reset(&c->dev));
	if (verdict == OK && (ccwio_read_irb(&c->dev, &irb) ||
			      irb.scsw.ctl & CCWIO_SC_PEND)) {
		check_detail(c, "there is status after a reset\n");
		verdict = NOT_OK;
	}
	ccwio_free_program(program);
	return verdict;
}

/* A page that a program has used and that is its own until it has ended */
static enum verdict unmap_busy(struct check *c)
{
	const uint64_t iova = 0x71000000;
	long page = sysconf(_SC_PAGESIZE);
	struct ccwio_program *program;
	enum verdict verdict;
	struct ccwio_irb irb;
	void *mem;

	mem = mmap(NULL, page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED ||
	    ccwio_map_memory(&c->dev, mem, iova, page, true)) {
		check_detail(c, "no memory could be mapped: %s\n", c->dev.error);
		return NOT_OK;
	}
	verdict = suspend(c, "orb F P S; sense-id 0x71000000 64 sli cc; nop s",
			  &program);
	if (expect_errno(c, "unmap", 0,
			 ccwio_unmap_memory(&c->dev, iova, page)))
		verdict = NOT_OK;
	if (verdict == OK && check_wait(c, &irb, NULL))
		verdict = NOT_OK;
	if (verdict == OK && !(irb.scsw.sch & CCWIO_SCH_CCC)) {
		check_detail(c, "expected a channel-control check, got subchannel status %02x\n",
			     irb.scsw.sch);
		verdict = NOT_OK;
	}
	ccwio_free_program(program);
	munmap(mem, page);
	return verdict;
}

/* The path-available mask is byte 15 of the SCHIB. PoP chapter 15 */
static enum verdict each_path(struct check *c)
{
	uint8_t schib[52], mask;
	struct outcome o;
	char text[100];
	int ret;

	ret = ccwio_read_schib(&c->dev, schib);
	if (ret) {
		check_detail(c, "no SCHIB: %s\n", strerror(-ret));
		return NOT_OK;
	}
	for (mask = 0x80; mask; mask >>= 1) {
		snprintf(text, sizeof(text), "orb F P lpm=%u; nop; expect %s",
			 mask, schib[15] & mask ? "dev ce+de" : "errno EACCES");
		if (run(c, text, &o))
			continue;
		check_detail(c, "with path mask %02x, available paths %02x\n", mask,
			     schib[15]);
		return NOT_OK;
	}
	return OK;
}

/* Nothing of the host's is in the SCHIB: its interruption parameter and MBI */
static enum verdict schib(struct check *c)
{
	static const uint8_t zero[4];
	uint8_t schib[52];

	if (ccwio_read_schib(&c->dev, schib) || memcmp(schib, zero, 4) ||
	    schib[12] || schib[13]) {
		check_detail(c, "expected interruption parameter and measurement index 0\n");
		return NOT_OK;
	}
	if ((schib[5] & 0x81) != 0x81) {
		check_detail(c, "expected an enabled subchannel, device valid; flags are %02x\n",
			     schib[5]);
		return NOT_OK;
	}
	return OK;
}

static const struct {
	const char *name;
	enum verdict (*run)(struct check *c);
	bool suspends;
} requests[] = {
	{ "subchannel-information block", schib, false },
	{ "program-controlled interruption", pci, false },
	{ "a chain of 201 CCWs", long_chain, false },
	{ "each channel path, and those that are not there", each_path, false },
	{ "HALT SUBCHANNEL while idle", halt_idle, false },
	{ "CLEAR SUBCHANNEL while idle", clear_idle, false },
	{ "CANCEL SUBCHANNEL while idle is refused", cancel_idle, false },
	{ "RESUME SUBCHANNEL while idle is refused", resume_idle, false },
	{ "suspend and resume", resume_suspended, true },
	{ "HALT SUBCHANNEL of a suspended program", halt_suspended, true },
	{ "CLEAR SUBCHANNEL of a suspended program", clear_suspended, true },
	{ "reset with a suspended program", reset_suspended, true },
	{ "unmapping memory of a suspended program", unmap_busy, true },
	{ "1000 starts in a row", many_starts, false },
};

static void check_request(struct check *c, unsigned int i)
{
	enum verdict verdict = requests[i].run(c);
	int rc;

	/* So that the next one finds an idle device, whatever came of this */
	rc = ccwio_reset(&c->dev);
	if (rc) {
		check_detail(c, "the reset afterwards: %s\n", strerror(-rc));
		verdict = NOT_OK;
	}
	check_tell(c, requests[i].name, verdict);
}

/**
 * struct wishes - what the command line says of the checks
 * @scratch: write inside a cylinder, too
 * @cyl: that cylinder
 * @yes: do not ask before
 * @no_suspend: leave out programs that are suspended
 */
struct wishes {
	bool scratch;
	unsigned long cyl;
	bool yes;
	bool no_suspend;
};

/* What does not write; is all of it as it should be? */
static bool check_reading(struct check *c, const struct wishes *wishes)
{
	unsigned int i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		check_form(c, &forms[i]);
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (!requests[i].suspends || !wishes->no_suspend)
			check_request(c, i);
	return !c->count[NOT_OK];
}

/* A machine or driver that does not even read right does not get to write */
static int check_writing(struct check *c, struct scratch *s, bool reads)
{
	if (reads)
		return scratch_run(s) ? 0 : 1;
	check_detail(c, "what does not write was not all ok\n");
	check_tell(c, "writing", NOT_HERE);
	return 0;
}

/* 0, or with what status to end */
static int check_all(struct check *c, const struct wishes *wishes)
{
	struct scratch *s = NULL;
	struct utsname host;
	bool reads;
	int ret = 0;

	if (!uname(&host))
		check_say(c, "Linux %s %s\n", host.release, host.machine);
	if (wishes->no_suspend)
		check_say(c, "without programs that are suspended\n");
	if (!learn_id(c))
		return 0;
	if (wishes->scratch) {
		s = scratch_look(c, wishes->cyl);
		if (!s || !scratch_agreed(s, wishes->yes)) {
			scratch_free(s);
			return 2;
		}
	}
	reads = check_reading(c, wishes);
	if (s)
		ret = check_writing(c, s, reads);
	scratch_free(s);
	return ret;
}

/*
 * The device
 */

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good;

	if (fd < 0)
		return false;
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	return !close(fd) && good;
}

/* Is it the name of a subchannel, and no pattern or way to somewhere else? */
static bool is_subchannel(const char *name)
{
	unsigned int cssid, ssid, number;
	int length = 0;

	return isxdigit((unsigned char)*name) &&
	       sscanf(name, "%2x.%1x.%4x%n", &cssid, &ssid, &number, &length) == 3 &&
	       !name[length];
}

/* The mediated device of @subchannel, made if there is none; false: a sentence */
static bool find_device(const char *subchannel, char uuid[37], bool *made)
{
	char path[PATH_MAX];
	glob_t found;
	FILE *random;

	snprintf(path, sizeof(path),
		 "/sys/bus/css/devices/%s/*-*-*-*-*",
		 subchannel);
	*made = glob(path, 0, NULL, &found);
	if (!*made) {
		snprintf(uuid, 37, "%s", strrchr(found.gl_pathv[0], '/') + 1);
		globfree(&found);
		return true;
	}
	random = fopen("/proc/sys/kernel/random/uuid", "r");
	if (!random || fscanf(random, "%36s", uuid) != 1)
		return false;
	fclose(random);
	snprintf(path, sizeof(path),
		 "/sys/bus/css/devices/%s/mdev_supported_types/vfio_ccw-io/create",
		 subchannel);
	if (write_file(path, uuid))
		return true;
	fprintf(stderr,
		"vfio-ccw-check: subchannel %s: no mediated device (%s); is it bound to vfio_ccw?\n",
		subchannel, strerror(errno));
	return false;
}

static void remove_device(const char *uuid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/remove", uuid);
	if (!write_file(path, "1"))
		fprintf(stderr, "vfio-ccw-check: %s could not be removed\n",
			uuid);
}

static int check_device(struct check *c, struct ccwio_options *options,
			const struct wishes *wishes)
{
	int ret;

	if (ccwio_open(&c->dev, options)) {
		fprintf(stderr, "vfio-ccw-check: %s\n", c->dev.error);
		return 2;
	}
	ret = check_all(c, wishes);
	ccwio_close(&c->dev);
	if (ret == 2)
		return ret;
	check_say(c, "%u ok, %u not ok, %u not possible here\n", c->count[OK],
		  c->count[NOT_OK], c->count[NOT_HERE]);
	return c->count[NOT_OK] ? 1 : ret;
}

static int usage(const char *sentence)
{
	fprintf(stderr, "vfio-ccw-check: %s; see vfio-ccw-check --help\n",
		sentence);
	return 2;
}

/* All of it, and the end of the report */
static int check_and_report(struct check *c, struct ccwio_options *options,
			    const struct wishes *wishes)
{
	int ret = check_device(c, options, wishes);

	if (c->report && fclose(c->report))
		ret = usage("the report could not be written");
	return ret;
}

/*
 * The same by a child, so that there is somebody left to remove what was made when a
 * signal ends the check: @held, which are blocked, are passed on to it. @before: what
 * was blocked before
 */
static int check_by_child(struct check *c, struct ccwio_options *options,
			  const struct wishes *wishes, const sigset_t *held,
			  const sigset_t *before)
{
	int status, number;
	pid_t child;

	child = fork();
	if (child < 0)
		return usage("there is no process for the check");
	if (!child) {
		sigprocmask(SIG_SETMASK, before, NULL);
		exit(check_and_report(c, options, wishes));
	}
	while (!waitpid(child, &status, WNOHANG))
		if (!sigwait(held, &number) && number != SIGCHLD)
			kill(child, number);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* On the mediated device of @subchannel, which is there afterwards if it was before */
static int check_subchannel(struct check *c, struct ccwio_options *options,
			    const struct wishes *wishes, const char *subchannel)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCHLD };
	sigset_t held, before;
	bool made = false;
	char uuid[37];
	unsigned int i;
	int ret;

	sigemptyset(&held);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&held, numbers[i]);
	sigprocmask(SIG_BLOCK, &held, &before);
	options->uuid = uuid;
	if (!find_device(subchannel, uuid, &made))
		return 2;
	ret = check_by_child(c, options, wishes, &held, &before);
	if (made)
		remove_device(uuid);
	return ret;
}

static bool parse_cylinder(const char *text, struct wishes *wishes)
{
	char *end;

	errno = 0;
	wishes->scratch = true;
	wishes->cyl = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static bool parse_backend(const char *name, enum ccwio_backend *backend)
{
	*backend = !strcmp(name, "iommufd") ? CCWIO_IOMMUFD : CCWIO_TYPE1;
	return *backend == CCWIO_IOMMUFD || !strcmp(name, "type1");
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "backend", required_argument, NULL, 'b' },
		{ "no-suspend", no_argument, NULL, 'n' },
		{ "report", required_argument, NULL, 'r' },
		{ "scratch", required_argument, NULL, 's' },
		{ "yes", no_argument, NULL, 'y' },
		{ "timeout", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	static struct check check = { .timeout_ms = 10000 };
	struct ccwio_options options = {
		.backend = access("/dev/vfio/vfio", F_OK) ? CCWIO_IOMMUFD :
							    CCWIO_TYPE1,
	};
	struct wishes wishes = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "b:nr:s:t:hy", names, NULL)) != -1) {
		switch (c) {
		case 'b':
			if (!parse_backend(optarg, &options.backend))
				return usage("the back end is type1 or iommufd");
			break;
		case 'n':
			wishes.no_suspend = true;
			break;
		case 'r':
			check.report = fopen(optarg, "w");
			if (!check.report)
				return usage("the report cannot be written");
			break;
		case 's':
			if (!parse_cylinder(optarg, &wishes))
				return usage("the cylinder is a number");
			break;
		case 'y':
			wishes.yes = true;
			break;
		case 't':
			check.timeout_ms = atoi(optarg);
			if (check.timeout_ms <= 0)
				return usage("the timeout is a number of milliseconds");
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		default:
			return usage("there is no such option");
		}
	}
	if (optind != argc - 1)
		return usage("name one device");
	if (wishes.yes && !wishes.scratch)
		return usage("--yes is for --scratch");
	if (is_subchannel(argv[optind]))
		return check_subchannel(&check, &options, &wishes, argv[optind]);
	options.uuid = argv[optind];
	return check_and_report(&check, &options, &wishes);
}
