// SPDX-License-Identifier: GPL-2.0
/*
 * ccwio: look at a passed-through subchannel, and make it work
 *
 * The requests of one command line share one opening of the device, because
 * closing it ends everything that is in progress.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "ccwio.h"

static const char help[] =
"usage: ccwio [OPTION]... UUID REQUEST [: REQUEST]...\n"
"       ccwio decode WHAT BYTES...    tell in words what these bytes mean\n"
"\n"
"Opens the mdev UUID once, makes the requests in order, prints what was sent\n"
"and what came back. Ends with 0 if all went well and was as expected, 1 if\n"
"not, 2 if the command line or a program text is wrong.\n"
"\n"
"Options\n"
"  -b, --backend type1|iommufd   default: type1 if /dev/vfio/vfio exists\n"
"  -a, --address A    iova of programs and data (default 0x60000000); keep it\n"
"                     above the machine's storage\n"
"  -t, --timeout MS   how long to wait for an answer (default 10000)\n"
"  -q, --quiet        only differences and errors\n"
"  -h, --help\n"
"\n"
"WHAT is irb (96 bytes), scsw (12), orb (12), sense (1 to 32), schib (52), crw\n"
"(4), ccw0 or ccw1 (8); BYTES are hexadecimal, with or without spaces. It needs\n"
"no device.\n"
"\n"
"Requests, separated by a colon that stands alone\n"
"  info               device, regions and irqs\n"
"  run FILE           start a program ('-': standard input) and wait until it\n"
"                     has ended; then compare with its 'expect' lines\n"
"  exec TEXT          the same with the text itself; ';' ends a line\n"
"  start FILE         start it only; wait, halt, clear, ... follow\n"
"  wait               wait for one status and print it\n"
"  poke ADDRESS BYTES store into the memory of the program started last\n"
"  resume             RESUME SUBCHANNEL   cancel  CANCEL SUBCHANNEL\n"
"  halt               HALT SUBCHANNEL, and wait for its end\n"
"  clear              CLEAR SUBCHANNEL, and wait for its end\n"
"  reset              reset the device\n"
"  schib              the subchannel-information block\n"
"  crw                all channel-report words that are there\n"
"  sleep MS           do nothing for a while\n"
"\n"
"Text of a program, a statement a line, '#' begins a comment\n"
"  orb [LETTER]... [key=N] [lpm=N] [intparm=N] [cpa=ADDRESS]\n"
"                     letters as in PoP: S suspend, F format 1, P prefetch,\n"
"                     I initial status, U no suspended interruption, H\n"
"                     format-2 IDAWs, T 2K blocks, L length suppression,\n"
"                     D MIDAWs, C M Y A B X. Without this line: orb F P\n"
"  buffer NAME SIZE [align=N] [skew=N] [at=IOVA] [readonly]\n"
"         [fill=BYTE|fill=count] [hex=BYTES] [text=WORD]\n"
"                     memory for data; skew moves it off its alignment; at\n"
"                     maps it there, separately\n"
"  idal NAME ADDRESS...             list of IDAWs, format by ORB letter H\n"
"  midal NAME ADDRESS/COUNT[/skip]...\n"
"  [LABEL:] COMMAND [ADDRESS [COUNT]] [cd] [cc] [sli] [skip] [pci] [s] [ida]\n"
"                     a CCW. COMMAND: a number, or nop sense-id sense read\n"
"                     write control read-backward tic\n"
"                     read-device-characteristics read-configuration-data.\n"
"                     A list as ADDRESS sets ida or mida; the count is the\n"
"                     buffer's size if not given (give it with a list)\n"
"  [LABEL:] raw BYTES a CCW as it stands in storage\n"
"  segment [at=IOVA]  what follows lies somewhere else\n"
"  expect errno NAME|0       the start's own result\n"
"  expect dev|sch BITS       ce+de, none; attn sm cue busy ce de uc ue, and\n"
"                            pci il prog prot cdc ccc ifcc chain\n"
"  expect cpa ADDRESS        expect count N       expect cc N\n"
"  expect data ADDRESS BYTES...\n"
"ADDRESS is NAME, NAME+N, NAME-N or a number; numbers as in C. With format 0\n"
"everything lies below 16 MiB.\n"
"\n"
"Example\n"
"  ccwio UUID exec 'buffer id 64; sense-id id 64 sli; expect dev ce+de'\n";

struct session {
	struct ccwio_dev dev;
	struct ccwio_program *program;
	int timeout_ms;
	bool quiet;
};

static void report_error(const char *text)
{
	fprintf(stderr, "ccwio: %s\n", text);
}

/* A number up to @max; -1 and a sentence if it is none */
static int64_t whole_number(const char *what, const char *text, uint64_t max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (isdigit((unsigned char)text[0]) && !*end && !errno && value <= max)
		return value;
	fprintf(stderr, "ccwio: %s: %s is not a number up to %llu\n", what,
		text, (unsigned long long)max);
	return -1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static char *read_all(const char *path)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "r") : stdin;
	size_t size = 0, used = 0, got;
	char *text = NULL;

	if (!in)
		return NULL;
	do {
		size += 65536;
		text = realloc(text, size);
		if (!text)
			break;
		got = fread(text + used, 1, size - used - 1, in);
		used += got;
	} while (got);
	if (text)
		text[used] = '\0';
	if (in != stdin)
		fclose(in);
	return text;
}

static void show_irb(struct session *s, const char *what,
		     const struct ccwio_irb *irb)
{
	if (s->quiet)
		return;
	printf("  -- %s\n", what);
	ccwio_print_irb(stdout, irb);
}

/* Until the function has ended; everything on the way is shown */
static int wait_end(struct session *s, struct ccwio_irb *irb)
{
	unsigned long before = s->dev.unsolicited;
	int ret;

	for (;;) {
		ret = ccwio_answer(&s->dev, s->timeout_ms, irb);
		if (s->dev.unsolicited != before)
			show_irb(s, "unsolicited status meanwhile",
				 &s->dev.last_unsolicited);
		before = s->dev.unsolicited;
		if (ret <= 0)
			break;
		if (!ccwio_is_intermediate(irb))
			return 0;
		show_irb(s, "intermediate status", irb);
		if (irb->scsw.ctl & CCWIO_AC_SUSP)
			return 0;
	}
	if (ret < 0) {
		fprintf(stderr, "ccwio: reading the status: %s\n",
			strerror(-ret));
		return ret;
	}
	fprintf(stderr, "ccwio: no answer within %d ms\n", s->timeout_ms);
	return -ETIMEDOUT;
}

static int assemble(struct session *s, const char *text)
{
	const char *error;

	if (!text) {
		report_error("the program cannot be read");
		return 2;
	}
	ccwio_free_program(s->program);
	s->program = ccwio_assemble(&s->dev, text);
	error = s->program ? ccwio_program_error(s->program) : "no memory";
	if (error)
		report_error(error);
	return error ? 2 : 0;
}

static int start(struct session *s, const char *text)
{
	int ret = assemble(s, text);

	if (ret)
		return ret;
	if (!s->quiet)
		ccwio_print_program(stdout, &s->dev, s->program);
	ret = ccwio_start(&s->dev, ccwio_program_orb(s->program));
	if (ret && !s->quiet)
		printf("  start    %s\n", strerror(-ret));
	return ret;
}

static int run(struct session *s, const char *text)
{
	struct ccwio_irb irb = { 0 };
	int started, ret = 0;
	double begin;

	begin = now();
	started = start(s, text);
	if (started > 0)
		return started;
	if (!started)
		ret = wait_end(s, &irb);
	if (ret)
		return 1;
	if (!started && !s->quiet) {
		printf("  -- answer after %.3f ms\n", (now() - begin) * 1e3);
		ccwio_print_irb(stdout, &irb);
		ccwio_print_buffers(stdout, &s->dev, s->program);
	}
	ret = ccwio_program_check(stdout, &s->dev, s->program, started, &irb);
	if (!s->quiet)
		printf("  %s\n", ret ? "NOT as expected" : "as expected");
	return !!ret;
}

static int start_only(struct session *s, const char *text)
{
	int ret = start(s, text);

	return ret < 0 ? 1 : ret;
}

static int request(struct session *s, const char *name, uint32_t command,
		   bool answered)
{
	struct ccwio_irb irb;
	double begin = now();
	int ret;

	ret = ccwio_command(&s->dev, command);
	if (!s->quiet || ret)
		printf("  %-8s %s\n", name, ret ? strerror(-ret) : "accepted");
	if (ret || !answered)
		return !!ret;
	if (wait_end(s, &irb))
		return 1;
	if (!s->quiet) {
		printf("  -- answer after %.3f ms\n", (now() - begin) * 1e3);
		ccwio_print_irb(stdout, &irb);
	}
	return 0;
}

static int one_status(struct session *s)
{
	struct ccwio_irb irb;
	int ret = ccwio_wait(&s->dev, s->timeout_ms, &irb);

	if (ret <= 0) {
		report_error(ret ? strerror(-ret) : "no status came");
		return 1;
	}
	show_irb(s, ccwio_is_unsolicited(&irb) ? "unsolicited status" :
						 "status", &irb);
	return 0;
}

static int reset(struct session *s)
{
	double begin = now();
	int ret = ccwio_reset(&s->dev);

	if (!s->quiet || ret)
		printf("  reset    %s after %.3f ms\n",
		       ret ? strerror(-ret) : "done", (now() - begin) * 1e3);
	return !!ret;
}

static int show_schib(struct session *s)
{
	uint8_t schib[52];
	int ret = ccwio_read_schib(&s->dev, schib);

	if (ret) {
		printf("  schib    %s\n", strerror(-ret));
		return 1;
	}
	ccwio_print_schib(stdout, schib);
	return 0;
}

static int show_crws(struct session *s)
{
	uint32_t crw;
	int ret;

	do {
		ret = ccwio_read_crw(&s->dev, &crw);
		if (ret) {
			printf("  crw      %s\n", strerror(-ret));
			return 1;
		}
		ccwio_print_crw(stdout, crw);
	} while (crw);
	return 0;
}

static void show_region(struct session *s, unsigned int index)
{
	union {
		struct vfio_region_info info;
		char room[512];
	} u = { .info = { .argsz = sizeof(u), .index = index } };
	struct vfio_info_cap_header *header;
	struct vfio_region_info_cap_type *type;
	uint32_t at;

	if (ioctl(s->dev.fd, VFIO_DEVICE_GET_REGION_INFO, &u.info))
		return;
	printf("  region %u at 0x%llx, %llu bytes,%s%s", index,
	       (unsigned long long)u.info.offset,
	       (unsigned long long)u.info.size,
	       u.info.flags & VFIO_REGION_INFO_FLAG_READ ? " read" : "",
	       u.info.flags & VFIO_REGION_INFO_FLAG_WRITE ? " write" : "");
	at = u.info.flags & VFIO_REGION_INFO_FLAG_CAPS ?
		u.info.cap_offset : 0;
	while (at && at + sizeof(*type) <= sizeof(u)) {
		header = (void *)(u.room + at);
		type = (void *)header;
		printf(", capability %u", header->id);
		if (header->id == VFIO_REGION_INFO_CAP_TYPE)
			printf(" (type %u subtype %u)", type->type,
			       type->subtype);
		at = header->next;
	}
	printf("\n");
}

static int show_info(struct session *s)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	unsigned int i;

	if (ioctl(s->dev.fd, VFIO_DEVICE_GET_INFO, &info)) {
		report_error(strerror(errno));
		return 1;
	}
	printf("  device%s%s, %u regions, %u irqs\n",
	       info.flags & VFIO_DEVICE_FLAGS_CCW ? " ccw" : "",
	       info.flags & VFIO_DEVICE_FLAGS_RESET ? " reset" : "",
	       info.num_regions, info.num_irqs);
	for (i = 0; i < info.num_regions; i++)
		show_region(s, i);
	for (i = 0; i < info.num_irqs; i++) {
		struct vfio_irq_info irq = { .argsz = sizeof(irq), .index = i };

		if (!ioctl(s->dev.fd, VFIO_DEVICE_GET_IRQ_INFO, &irq))
			printf("  irq %u:%s, %u\n", i,
			       irq.flags & VFIO_IRQ_INFO_EVENTFD ?
			       " eventfd" : "", irq.count);
	}
	return 0;
}

static int parse_bytes(char **argv, int argc, uint8_t *out, size_t size)
{
	unsigned int byte;
	size_t used = 0;
	const char *c;
	int i;

	for (i = 0; i < argc; i++) {
		for (c = argv[i]; *c; c += 2) {
			if (used == size || !isxdigit((unsigned char)c[0]) ||
			    !isxdigit((unsigned char)c[1]) ||
			    sscanf(c, "%2x", &byte) != 1)
				return -EINVAL;
			out[used++] = byte;
		}
	}
	return used;
}

static int poke(struct session *s, char **argv, int argc)
{
	uint8_t bytes[256];
	uint64_t iova;
	int n;

	n = argc < 2 ? -EINVAL :
	    parse_bytes(argv + 1, argc - 1, bytes, sizeof(bytes));
	if (n < 0 || !s->program ||
	    ccwio_symbol(s->program, argv[0], &iova) ||
	    !ccwio_mem(&s->dev, iova) || !ccwio_mem(&s->dev, iova + n - 1)) {
		report_error("poke ADDRESS BYTES, of the program started last");
		return 2;
	}
	memcpy(ccwio_mem(&s->dev, iova), bytes, n);
	return 0;
}

static int do_sleep(const char *text)
{
	int64_t ms = whole_number("sleep", text, INT32_MAX);

	return ms < 0 ? 2 : poll(NULL, 0, ms) ? 1 : 0;
}

static int with_argument(struct session *s, char **argv, int argc)
{
	char *text;
	int ret;

	if (!strcmp(argv[0], "poke"))
		return poke(s, argv + 1, argc - 1);
	if (argc > 2)
		return -ENOENT;
	if (!strcmp(argv[0], "sleep"))
		return do_sleep(argv[1]);
	if (!strcmp(argv[0], "exec"))
		return run(s, argv[1]);
	if (strcmp(argv[0], "run") && strcmp(argv[0], "start"))
		return -ENOENT;
	text = read_all(argv[1]);
	ret = !strcmp(argv[0], "run") ? run(s, text) : start_only(s, text);
	free(text);
	return ret;
}

static int dispatch(struct session *s, char **argv, int argc)
{
	const char *name = argv[0];
	int ret = -ENOENT;

	if (argc > 1)
		ret = with_argument(s, argv, argc);
	else if (!strcmp(name, "info"))
		ret = show_info(s);
	else if (!strcmp(name, "schib"))
		ret = show_schib(s);
	else if (!strcmp(name, "crw"))
		ret = show_crws(s);
	else if (!strcmp(name, "wait"))
		ret = one_status(s);
	else if (!strcmp(name, "reset"))
		ret = reset(s);
	else if (!strcmp(name, "halt"))
		ret = request(s, name, CCWIO_CMD_HALT, true);
	else if (!strcmp(name, "clear"))
		ret = request(s, name, CCWIO_CMD_CLEAR, true);
	else if (!strcmp(name, "resume"))
		ret = request(s, name, CCWIO_CMD_RESUME, false);
	else if (!strcmp(name, "cancel"))
		ret = request(s, name, CCWIO_CMD_CANCEL, false);
	if (ret != -ENOENT)
		return ret;
	fprintf(stderr, "ccwio: no such request: %s with %d arguments; see ccwio --help\n",
		name, argc - 1);
	return 2;
}

static int all_requests(struct session *s, char **argv, int argc)
{
	int i, first = 0, ret, worst = 0;

	for (i = 0; i <= argc; i++) {
		if (i < argc && strcmp(argv[i], ":"))
			continue;
		if (i > first) {
			if (!s->quiet)
				printf("%s\n", argv[first]);
			ret = dispatch(s, argv + first, i - first);
			fflush(stdout);
			worst = ret > worst ? ret : worst;
			if (ret == 2)
				break;
		}
		first = i + 1;
	}
	return worst;
}

static uint32_t word_at(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 |
	       bytes[3];
}

static void decode_irb(const uint8_t *bytes)
{
	struct ccwio_irb irb;

	ccwio_decode_irb(bytes, &irb);
	ccwio_print_irb(stdout, &irb);
}

static void decode_scsw(const uint8_t *bytes)
{
	struct ccwio_irb irb;

	ccwio_decode_irb(bytes, &irb);
	ccwio_print_scsw(stdout, &irb.scsw);
}

static void decode_orb(const uint8_t *bytes)
{
	struct ccwio_orb orb = {
		word_at(bytes), word_at(bytes + 4), word_at(bytes + 8),
	};

	ccwio_print_orb(stdout, &orb);
}

static void decode_schib(const uint8_t *bytes)
{
	ccwio_print_schib(stdout, bytes);
}

static void decode_crw(const uint8_t *bytes)
{
	ccwio_print_crw(stdout, word_at(bytes));
}

static void decode_ccw0(const uint8_t *bytes)
{
	ccwio_print_ccw(stdout, 0, 0, bytes);
}

static void decode_ccw1(const uint8_t *bytes)
{
	ccwio_print_ccw(stdout, 0, 1, bytes);
}

static const struct {
	const char *name;
	int size;
	void (*print)(const uint8_t *bytes);
} decoders[] = {
	{ "irb", 96, decode_irb }, { "scsw", 12, decode_scsw },
	{ "orb", 12, decode_orb }, { "schib", 52, decode_schib },
	{ "crw", 4, decode_crw }, { "ccw0", 8, decode_ccw0 },
	{ "ccw1", 8, decode_ccw1 },
};

static int decode(char **argv, int argc)
{
	uint8_t bytes[96] = { 0 };
	unsigned int i;
	int n;

	n = parse_bytes(argv + 1, argc - 1, bytes, sizeof(bytes));
	if (n < 0) {
		report_error("bytes are pairs of hexadecimal digits, at most 96");
		return 2;
	}
	if (!strcmp(argv[0], "sense") && n >= 1 && n <= 32) {
		ccwio_print_sense(stdout, bytes, n);
		return 0;
	}
	for (i = 0; i < sizeof(decoders) / sizeof(decoders[0]); i++) {
		if (strcmp(argv[0], decoders[i].name))
			continue;
		if (n == decoders[i].size) {
			decoders[i].print(bytes);
			return 0;
		}
		fprintf(stderr, "ccwio: %s has %d bytes, not %d\n", argv[0],
			decoders[i].size, n);
		return 2;
	}
	report_error("decode irb|scsw|orb|sense|schib|crw|ccw0|ccw1 BYTES...");
	return 2;
}

static int parse_option(int c, struct ccwio_options *options,
			struct session *s)
{
	int64_t value;

	if (c == 'h') {
		fputs(help, stdout);
		exit(0);
	}
	if (c == 'a' || c == 't') {
		value = whole_number(c == 'a' ? "--address" : "--timeout",
				     optarg, INT32_MAX);
		if (value < 0)
			return 2;
		if (c == 't')
			s->timeout_ms = value;
		else
			options->base = value;
		return 0;
	}
	if (c == 'b' && !strcmp(optarg, "type1")) {
		options->backend = CCWIO_TYPE1;
		return 0;
	}
	if (c == 'b' && !strcmp(optarg, "iommufd")) {
		options->backend = CCWIO_IOMMUFD;
		return 0;
	}
	fputs("ccwio: see ccwio --help\n", stderr);
	return 2;
}

static int parse_options(int argc, char **argv, struct ccwio_options *options,
			 struct session *s)
{
	static const struct option names[] = {
		{ "backend", required_argument, NULL, 'b' },
		{ "address", required_argument, NULL, 'a' },
		{ "timeout", required_argument, NULL, 't' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "+b:a:t:qh", names, NULL)) != -1) {
		if (c == 'q')
			s->quiet = true;
		else if (parse_option(c, options, s))
			return 2;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct session session = { .timeout_ms = 10000 };
	struct ccwio_options options = { 0 };
	int ret;

	options.backend = access("/dev/vfio/vfio", F_OK) ? CCWIO_IOMMUFD :
							   CCWIO_TYPE1;
	if (parse_options(argc, argv, &options, &session))
		return 2;
	argc -= optind;
	argv += optind;
	if (argc > 1 && !strcmp(argv[0], "decode"))
		return decode(argv + 1, argc - 1);
	if (argc < 2) {
		fputs(help, stderr);
		return 2;
	}
	options.uuid = argv[0];
	ret = ccwio_open(&session.dev, &options);
	if (ret) {
		report_error(session.dev.error);
		ccwio_close(&session.dev);
		return 1;
	}
	ret = all_requests(&session, argv + 1, argc - 1);
	ccwio_free_program(session.program);
	ccwio_close(&session.dev);
	return ret;
}
