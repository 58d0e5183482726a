// SPDX-License-Identifier: GPL-2.0
/*
 * kcov UUID SECONDS SEED PLACES CORPUS: the surface of one device, guided by coverage
 *
 * An input is a row of steps of eight bytes, each of them one word of a channel
 * program, one request, one access or one ioctl. Random changes of inputs are
 * tried; what reaches code of the driver that nothing has reached before is kept,
 * without the steps that it does not need.
 *
 * A third of SECONDS begins with nothing, which shows that the search finds what
 * there is; then come the inputs of the file CORPUS, which shows that these still
 * reach what they did; and in the rest of the time both are changed further. At the
 * end as few inputs are printed as reach all places, in the form of the file: a line
 * each, a step in sixteen hexadecimal digits, and spaces between them. A line of it
 * "# reaches N percent" tells what is expected of the file. With SECONDS 0 the file is
 * run, and nothing is searched for.
 *
 * PLACES is how many places of the driver can tell that they were reached. For
 * each that was, its distance from the begin of the driver's code is printed.
 *
 * Every address that a step can put into a program is one of the mapped ones, of
 * memory that comes and goes, or of nowhere; none is below the guest's memory. So
 * an address of the host's in a status is one that should not be there.
 *
 * Needs the module in the folder cover, and a driver that was compiled for it.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <linux/vfio_ccw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "ccwio.h"
#include "cover/vfio_ccw_cover.h"

#define STEP		8
#define MAX_STEPS	48
#define MAX_INPUTS	2000
#define MAX_PLACES	(1 << 14)
#define PAGE		4096u

#define PROGRAM		(CCWIO_BASE + PAGE)
#define DATA		(CCWIO_BASE + 16 * PAGE)
#define SPARE		0x70000000u
#define NOWHERE		0x7f000000u

/* The same for format-0 CCWs; some of what they name is behind the end */
#define LOW_PROGRAM	((uint32_t)CCWIO_LOW + PAGE)
#define LOW_DATA	((uint32_t)CCWIO_LOW + 16 * PAGE)
#define LOW_END		((uint32_t)CCWIO_LOW + CCWIO_LOW_SIZE)
#define LOW_LAST	(LOW_END + 256 * PAGE)

/* Inputs after which the search from nothing has to have found more */
#define EARLY		40
/* The file's places may be so much fewer, in percent: compilers differ */
#define SLACK		5

struct input {
	unsigned int steps;
	uint8_t step[MAX_STEPS][STEP];
};

/* Who has reached a place */
enum {
	BY_SEARCH = 1,
	BY_FILE = 2,
	BY_FEWEST = 4,
};

static struct input corpus[MAX_INPUTS];
static unsigned int nr_inputs;
static struct ccwio_dev dev;
static enum ccwio_backend backend;
static const char *uuid;
static bool spare, detached;
static unsigned long answers, starts, addresses, runs;
static uint64_t began;

/* What was run since it was cleared, and who has reached each place */
static uint8_t *cover;
static uint8_t reached[COVER_SIZE];
static unsigned int nr_reached;
/* Places that the last run was the first to reach */
static unsigned int news[MAX_PLACES], nr_news;
static int tainted_fd;
static char tainted[32];

/* What is read of debugfs */
static int debug_fd[8];
static unsigned int nr_debug;

static uint64_t state;

static uint32_t next(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (z ^ z >> 31) >> 16;
}

static uint32_t below(uint32_t n)
{
	return next() % n;
}

/* How many are there that @by has reached? */
static unsigned int count(unsigned int by)
{
	unsigned int at, n = 0;

	for (at = 0; at < COVER_SIZE; at++)
		n += !!(reached[at] & by);
	return n;
}

/* Has the last run reached a place? The driver may be at it at the same time */
static bool covered(unsigned int at)
{
	return __atomic_load_n(cover + at, __ATOMIC_RELAXED);
}

/* The first place from @at on that the last run has reached, or COVER_SIZE */
static unsigned int next_place(unsigned int at)
{
	static const uint8_t none[64];

	while (at < COVER_SIZE && !covered(at))
		at += at % sizeof(none) ||
		      memcmp(cover + at, none, sizeof(none)) ? 1 : sizeof(none);
	return at;
}

/*
 * Note what the last run has reached. Returns how much of it @by had not before;
 * what nobody had is put into @news.
 */
static unsigned int note(unsigned int by)
{
	unsigned int at, fresh = 0;

	nr_news = 0;
	for (at = next_place(0); at < COVER_SIZE; at = next_place(at + 1)) {
		if (!reached[at] && nr_news < MAX_PLACES) {
			news[nr_news++] = at;
			nr_reached++;
		}
		fresh += !(reached[at] & by);
		reached[at] |= by;
	}
	return fresh;
}

static uint64_t seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

static void result(bool good, const char *what)
{
	static unsigned int n;

	printf("%sok %u - %s\n", good ? "" : "not ", ++n, what);
}

static void print_input(const char *word, const struct input *in)
{
	unsigned int i;

	printf("# %s", word);
	for (i = 0; i < in->steps * STEP; i++)
		printf("%s%02x", i % STEP ? "" : " ", in->step[i / STEP][i % STEP]);
	printf("\n");
}

/* A warning or an error that goes on: nothing that comes afterwards means much */
static void check_kernel(const struct input *in)
{
	char now[sizeof(tainted)] = "";

	if (pread(tainted_fd, now, sizeof(now) - 1, 0) > 0 &&
	    !strcmp(now, tainted))
		return;
	print_input("input", in);
	result(false, "the kernel is not content with this input");
	exit(1);
}

/* Files of this device that tell of it; whatever they say */
static void open_debug_files(void)
{
	static const char *const name[] = {
		"state", "events", "counters", "kept",
	};
	char path[128];
	unsigned int i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/vfio/%s/ccw/%s",
			 uuid, name[i]);
		debug_fd[nr_debug] = open(path, O_RDONLY | O_CLOEXEC);
		nr_debug += debug_fd[nr_debug] >= 0;
	}
}

static bool open_again(void)
{
	struct ccwio_options options = { .uuid = uuid, .backend = backend };
	int i;

	ccwio_close(&dev);
	spare = false;
	detached = false;
	for (i = 0; i < 100; i++) {
		if (!ccwio_open(&dev, &options))
			return true;
		ccwio_close(&dev);
		usleep(20000);
	}
	printf("# the device cannot be opened: %s\n", dev.error);
	return false;
}

/* With @low, one that a format-0 CCW can have */
static uint32_t address(uint8_t where, uint8_t offset, bool low)
{
	uint32_t program = low ? LOW_PROGRAM : PROGRAM;
	uint32_t data = low ? LOW_DATA : DATA;

	switch (where & 7) {
	case 0: case 1:
		return program + offset % 64 * 8;
	case 2: case 3: case 4:
		return data + (where >> 3) * 512 + offset;
	case 5:
		return low ? LOW_DATA + 16 * PAGE + offset :
			     SPARE + (where >> 3) * 256 + offset;
	case 6:
		return low ? LOW_END - offset :
			     CCWIO_BASE + CCWIO_SIZE - offset;
	default:
		return (low ? LOW_END : NOWHERE) + offset * 256;
	}
}

static void put_program_word(const uint8_t *s)
{
	static const uint8_t command[] = {
		0xe4, 0xe4, 0x03, 0x08, 0x08, 0x72, 0x04, 0x0c,
		0x11, 0x11, 0x12, 0x22, 0x31, 0x32, 0x01, 0x02,
	};
	bool low = s[1] & 0x40;
	uint64_t at = (low ? LOW_PROGRAM : PROGRAM) + s[1] % 63 * 8;
	uint16_t count = s[4] << 8 | s[5];
	uint8_t cmd = s[2] & 0x80 ? s[2] : command[s[2] % sizeof(command)];
	uint32_t cda = address(s[6], s[7], low);

	switch (s[0] >> 6) {
	case 0: case 1:
		/*
		 * Forward only: QEMU runs a program to its end inside of START
		 * SUBCHANNEL, and all of the machine waits for one that has none
		 */
		if ((cmd & 0x0f) == 0x08 && cda <= at)
			cda = at + 8 * (1 + s[7] % 4);
		ccwio_put_ccw(&dev, at, !low, cmd, cda, count % 9000, s[3]);
		break;
	case 2:		/* an IDAW of format 2, or two of format 1 */
		if (s[2] & 1)
			ccwio_put_word(&dev, at, address(s[3], s[4], low));
		else
			ccwio_put_word(&dev, at, 0);
		ccwio_put_word(&dev, at + 4, cda);
		break;
	default:
		ccwio_put_midaw(&dev, at, cda, count % 5000, s[3]);
	}
}

static void start(const uint8_t *s)
{
	bool low = s[1] & 0x40;
	struct ccwio_orb orb = {
		.intparm = s[7],
		.ctl = (uint32_t)(s[2] & 0x0f) << 24 | s[3] << 16 |
		       (s[4] & 1 ? 0x80 : s[5]) << 8 | (s[6] & 0xc1),
		.cpa = address(s[1] & 0x20 ? s[1] : 0, s[7], low),
	};

	/* Format 1 in most cases: no format-0 CCW reaches what is not low */
	if (s[4] & 0x0e)
		orb.ctl = low ? orb.ctl & ~CCWIO_ORB_F : orb.ctl | CCWIO_ORB_F;
	if (s[4] & 0x10)
		orb.ctl &= ~CCWIO_ORB_B;
	starts += !ccwio_start(&dev, &orb);
}

static bool of_host(uint32_t address)
{
	return address && address < 0x40000000 &&
	       (address < CCWIO_LOW || address > LOW_LAST);
}

static void take_status(void)
{
	struct ccwio_irb irb;

	if (ccwio_wait(&dev, 3, &irb) != 1)
		return;
	answers++;
	if (of_host(irb.scsw.cpa) || of_host(irb.esw[2])) {
		printf("# an address: cpa %08x esw %08x\n", irb.scsw.cpa,
		       irb.esw[2]);
		addresses++;
	}
}

static void access_region(const uint8_t *s)
{
	uint64_t at = (uint64_t)(s[1] % 5) << 10 | s[2];
	uint8_t room[256];

	memset(room, s[4], sizeof(room));
	memcpy(room + (s[6] & 31), s, STEP);
	/* Whatever comes of it */
	if ((s[5] & 1 ? pwrite(dev.fd, room, s[3] % 140, at) :
			pread(dev.fd, room, s[3] % 140, at)) < 0)
		errno = 0;
}

static void set_irq(const uint8_t *s)
{
	union {
		struct vfio_irq_set set;
		char room[64];
	} u = {
		.set = {
			.argsz = s[1] & 1 ? sizeof(u.set) + 4 : s[1],
			.flags = s[2], .index = s[3] % 4, .start = s[4] % 3 / 2,
			.count = s[5] % 4 ? 1 : s[5] % 3,
		},
	};
	int32_t fd = s[6] & 1 ? dev.event[s[6] % 3] : (int8_t)s[7];

	memcpy(u.set.data, &fd, sizeof(fd));
	ioctl(dev.fd, VFIO_DEVICE_SET_IRQS, &u.set);
}

static void ask(const uint8_t *s)
{
	union {
		struct vfio_device_info device;
		struct vfio_region_info region;
		struct vfio_irq_info irq;
		char room[256];
	} u = { .region = { .argsz = s[2], .index = s[3] % 6 } };

	switch (s[1] % 5) {
	case 0:
		ioctl(dev.fd, VFIO_DEVICE_GET_INFO, &u);
		break;
	case 1:
		ioctl(dev.fd, VFIO_DEVICE_GET_REGION_INFO, &u);
		break;
	case 2:
		ioctl(dev.fd, VFIO_DEVICE_GET_IRQ_INFO, &u);
		break;
	case 3:
		if (nr_debug && pread(debug_fd[s[2] % nr_debug], u.room,
				      sizeof(u.room), 0) < 0)
			errno = 0;
		break;
	default:
		ioctl(dev.fd, _IO(VFIO_TYPE, VFIO_BASE + 21 + s[2] % 60), &u);
	}
}

static void move_memory(const uint8_t *s)
{
	void *mem;

	if (spare && s[1] & 1) {
		madvise(ccwio_mem(&dev, SPARE), 4 * PAGE, MADV_DONTNEED);
		return;
	}
	if (spare) {
		spare = !!ccwio_unmap_memory(&dev, SPARE, 4 * PAGE);
		return;
	}
	mem = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return;
	spare = !ccwio_map_memory(&dev, mem, SPARE, 4 * PAGE, s[2] & 3);
	if (!spare)
		munmap(mem, 4 * PAGE);
}

static void move_device(bool away)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach), .pt_id = dev.ioas,
	};
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
	};

	if (away)
		detached |= !ioctl(dev.fd, VFIO_DEVICE_DETACH_IOMMUFD_PT,
				   &detach);
	else if (!ioctl(dev.fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		detached = false;
}

static void do_step(const uint8_t *s)
{
	switch (s[0] % 16) {
	case 0: case 1: case 2: case 3: case 4:
		put_program_word(s);
		break;
	case 5: case 6: case 7:
		start(s);
		break;
	case 8: case 9:
		take_status();
		break;
	case 10:
		ccwio_command(&dev, s[1] & 1 ? 1u << (s[2] & 3) : s[2]);
		break;
	case 11:
		if (s[1] & 1)
			ccwio_resume_io(&dev, &(struct ccwio_orb){ 0 });
		else if (!(s[1] & 14))
			ccwio_reset(&dev);
		else if (!(s[1] & 12))
			move_device(!detached);
		break;
	case 12:
		access_region(s);
		break;
	case 13:
		set_irq(s);
		break;
	case 14:
		ask(s);
		break;
	default:
		move_memory(s);
	}
}

/* What is in progress is ended: each input begins with the same device */
static void run(const struct input *in)
{
	unsigned int i;

	if (detached)
		move_device(false);
	if (spare)
		spare = !!ccwio_unmap_memory(&dev, SPARE, 4 * PAGE);
	memset(ccwio_mem(&dev, PROGRAM), 0, PAGE);
	memset(ccwio_mem(&dev, LOW_PROGRAM), 0, PAGE);
	ccwio_attach_event(&dev, CCWIO_IRQ_IO, dev.event[CCWIO_IRQ_IO]);
	/* If that is the end of the machine, it is the last thing that is told */
	print_input("try", in);
	memset(cover, 0, COVER_SIZE);
	for (i = 0; i < in->steps; i++)
		do_step(in->step[i]);
	ccwio_reset(&dev);
	check_kernel(in);
	runs++;
}

/*
 * What makes sense together, and would seldom come about by chance: changes of these
 * begin where the first checks end. Steps are as do_step() reads them.
 */
#define CCW(at, cmd, flags, high, low, where, offset) \
	{ 0, at, cmd, flags, high, low, where, offset }
#define IDAW(at, where, offset)	{ 0x80, at, 0, 0, 0, 0, where, offset }
#define MIDAW(at, flags, high, low, where, offset) \
	{ 0xc0, at, 0, flags, high, low, where, offset }
#define START(bits, more)	{ 5, 0, bits, 0xc0 | (more), 0x13, 0, 0x40, 0 }
#define TAKE			{ 8 }
#define RESUME			{ 11, 1 }
#define HALT			{ 10, 1, 0 }
#define CLEAR			{ 10, 1, 1 }

#define MAX_PATTERN	10
#define SENSE_ID	0
#define NOP		2
#define TIC		3
#define WRITE		8
#define OF_PROGRAM	0
#define OF_DATA(n)	((n) << 3 | 2)
#define OF_SPARE	5

static const uint8_t pattern[][MAX_PATTERN][STEP] = {
	{ CCW(0, SENSE_ID, 0x20, 0, 64, OF_DATA(0), 0), START(0, 0), TAKE },
	{ CCW(0, WRITE, 0x60, 0, 16, OF_DATA(0), 0),
	  CCW(1, WRITE, 0x60, 0, 24, OF_DATA(0), 64),
	  CCW(2, SENSE_ID, 0x20, 16, 0, OF_DATA(8), 0), START(0, 0), TAKE },
	{ CCW(0, SENSE_ID, 0xa0, 0, 100, OF_DATA(1), 0),
	  CCW(1, 0, 0xa0, 11, 184, OF_DATA(16), 7),
	  CCW(2, 0, 0x20, 0, 10, OF_DATA(3), 0), START(0, 2), TAKE },
	{ CCW(0, NOP, 0x60, 0, 1, OF_DATA(0), 0), CCW(1, TIC, 0, 0, 0, OF_PROGRAM, 5),
	  CCW(5, SENSE_ID, 0x20, 0, 32, OF_DATA(0), 0), START(0, 0), TAKE },
	{ CCW(0, SENSE_ID, 0x24, 31, 64, OF_PROGRAM, 32), IDAW(32, OF_DATA(9), 8),
	  IDAW(33, OF_DATA(16), 0), IDAW(34, OF_DATA(24), 0), START(0, 2), TAKE },
	{ CCW(0, SENSE_ID, 0x24, 19, 136, OF_PROGRAM, 32), IDAW(32, OF_DATA(9), 8),
	  IDAW(33, OF_DATA(12), 0), IDAW(34, OF_DATA(16), 0), START(0, 3), TAKE },
	{ CCW(0, SENSE_ID, 0x21, 1, 44, OF_PROGRAM, 32),
	  MIDAW(32, 0, 0, 100, OF_DATA(2), 0), MIDAW(34, 0x40, 0, 50, OF_DATA(4), 0),
	  MIDAW(36, 0x80, 0, 150, OF_DATA(6), 3), START(0, 0), TAKE },
	{ CCW(0, NOP, 0x60, 0, 1, OF_DATA(0), 0),
	  CCW(1, SENSE_ID, 0x22, 0, 32, OF_DATA(0), 0), START(8, 0), TAKE, RESUME,
	  TAKE },
	{ CCW(0, NOP, 0x62, 0, 1, OF_DATA(0), 0),
	  CCW(1, SENSE_ID, 0x20, 0, 32, OF_DATA(0), 0), START(8, 8), TAKE, HALT, TAKE },
	{ CCW(0, SENSE_ID, 0x22, 0, 64, OF_DATA(0), 0), START(8, 0), TAKE, CLEAR,
	  TAKE },
	{ CCW(0x40, SENSE_ID, 0x20, 0, 64, OF_DATA(0), 0),
	  { 5, 0x40, 0, 0x40, 0x13, 0, 0x40, 0 }, TAKE },
	{ { 15, 0, 3 }, CCW(0, SENSE_ID, 0x20, 15, 160, OF_SPARE, 0), START(0, 0),
	  TAKE, { 15, 1 }, START(0, 0), TAKE, { 15, 0 }, START(0, 0), TAKE },
};

/* Put a pattern behind the steps that are there, as far as there is room */
static void add_pattern(struct input *in)
{
	const uint8_t (*p)[STEP] = pattern[below(sizeof(pattern) /
						 sizeof(pattern[0]))];
	static const uint8_t end[STEP];
	unsigned int n;

	for (n = 0; n < MAX_PATTERN && in->steps < MAX_STEPS; n++)
		if (memcmp(p[n], end, STEP))
			memcpy(in->step[in->steps++], p[n], STEP);
}

static void change(struct input *in)
{
	unsigned int n = 1 + below(6), at, from;
	const struct input *other;

	while (n--) {
		at = in->steps ? below(in->steps) : 0;
		switch (below(7)) {
		case 0:
			in->step[at][below(STEP)] = next();
			break;
		case 1:
			in->step[at][below(STEP)] ^= 1u << below(8);
			break;
		case 2:		/* one more */
			if (in->steps == MAX_STEPS)
				break;
			memmove(in->step[at + 1], in->step[at],
				(in->steps - at) * STEP);
			in->steps++;
			for (from = 0; from < STEP; from++)
				in->step[at][from] = next();
			break;
		case 3:		/* one less */
			if (in->steps < 2)
				break;
			in->steps--;
			memmove(in->step[at], in->step[at + 1],
				(in->steps - at) * STEP);
			break;
		case 4:
			if (below(3))
				add_pattern(in);
			break;
		default:	/* the end of another one */
			if (!nr_inputs)
				break;
			other = &corpus[below(nr_inputs)];
			from = below(other->steps + 1);
			for (; from < other->steps && at < MAX_STEPS; from++)
				memcpy(in->step[at++], other->step[from], STEP);
			in->steps = at > in->steps ? at : in->steps;
		}
	}
}

/* Has the last run reached all that is new? */
static bool reaches_news(void)
{
	unsigned int k;

	for (k = 0; k < nr_news && covered(news[k]); k++)
		;
	return k == nr_news;
}

/* What the last run has not reached again is of something that goes on beside it */
static void confirm_news(void)
{
	unsigned int k, n = 0;

	for (k = 0; k < nr_news; k++) {
		if (covered(news[k])) {
			news[n++] = news[k];
			continue;
		}
		reached[news[k]] = 0;
		nr_reached--;
	}
	nr_news = n;
}

/* Leave the steps out without which @in reaches what is new */
static void shorten(struct input *in)
{
	unsigned int at = in->steps;
	struct input less;

	while (at-- && in->steps > 1) {
		less = *in;
		less.steps--;
		memmove(less.step[at], less.step[at + 1],
			(less.steps - at) * STEP);
		run(&less);
		if (reaches_news())
			*in = less;
	}
}

/* Run an input that was changed; keep it if it reaches further */
static void attempt(struct input *in)
{
	run(in);
	note(BY_SEARCH);
	if (!nr_news || nr_inputs == MAX_INPUTS)
		return;
	run(in);
	confirm_news();
	if (!nr_news)
		return;
	shorten(in);
	corpus[nr_inputs++] = *in;
}

/* Run the inputs of a file; returns the percentage that it says it reaches */
static unsigned int read_corpus(const char *path)
{
	static char line[4 * MAX_STEPS * STEP];
	unsigned int byte, says = 0;
	FILE *file = fopen(path, "re");
	struct input in;
	const char *at;
	int used;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "# reaches %u percent", &says) == 1 ||
		    line[0] == '#')
			continue;
		memset(&in, 0, sizeof(in));
		for (at = line; in.steps < MAX_STEPS * STEP &&
		     sscanf(at, "%2x%n", &byte, &used) == 1; at += used) {
			in.step[in.steps / STEP][in.steps % STEP] = byte;
			in.steps++;
		}
		in.steps /= STEP;
		if (!in.steps)
			continue;
		run(&in);
		if (note(BY_FILE) && nr_inputs < MAX_INPUTS)
			corpus[nr_inputs++] = in;
	}
	if (file)
		fclose(file);
	return says;
}

/* Those that reach most come first, and then what reaches further yet */
static void print_fewest(void)
{
	static unsigned int reach[MAX_INPUTS];
	unsigned int i, n, most;

	for (i = 0; i < nr_inputs; i++) {
		unsigned int at = 0;

		run(&corpus[i]);
		for (reach[i] = 1; (at = next_place(at)) < COVER_SIZE; at++)
			reach[i]++;
	}
	for (n = 0; n < nr_inputs; n++) {
		most = 0;
		for (i = 0; i < nr_inputs; i++)
			if (reach[i] > reach[most])
				most = i;
		reach[most] = 0;
		run(&corpus[most]);
		if (note(BY_FEWEST))
			print_input("corpus", &corpus[most]);
	}
}

static void print_places(void)
{
	unsigned int at;

	for (at = 0; at < COVER_SIZE; at++)
		if (reached[at])
			printf("# place %x\n", 2 * at);
}

/* Where the driver's code begins, or 0 */
static unsigned long begin_of_code(void)
{
	FILE *file = fopen("/sys/module/vfio_ccw/sections/.text", "re");
	unsigned long text = 0;

	if (file && fscanf(file, "%lx", &text) != 1)
		text = 0;
	if (file)
		fclose(file);
	return text;
}

static bool begin_cover(void)
{
	unsigned long text = begin_of_code();
	int fd = open("/dev/vfio_ccw_cover", O_RDWR | O_CLOEXEC);

	if (!text || fd < 0 || write(fd, &text, sizeof(text)) != sizeof(text))
		return false;
	cover = mmap(NULL, COVER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return cover != MAP_FAILED;
}

/* Change inputs and run them until @until; now and then on a fresh device */
static bool search(uint64_t until, unsigned int *early)
{
	uint64_t told = seconds();
	unsigned int n = 0;
	struct input in;

	while (seconds() < until) {
		if (nr_inputs && below(20))
			in = corpus[below(nr_inputs)];
		else
			memset(&in, 0, sizeof(in));
		change(&in);
		if (in.steps)
			attempt(&in);
		if (++n == EARLY && early)
			*early = count(BY_SEARCH);
		if (!(n % 200)) {
			backend = !backend;
			if (!open_again())
				return false;
		}
		if (seconds() < told + 5)
			continue;
		told = seconds();
		printf("# after %llu s: %lu inputs, %u places, %u kept\n",
		       (unsigned long long)(told - began), runs, nr_reached,
		       nr_inputs);
	}
	return true;
}

static bool works(void)
{
	struct ccwio_program *program;
	struct ccwio_irb irb = { 0 };
	bool good;

	if (!open_again())
		return false;
	ccwio_alloc_reset(&dev);
	program = ccwio_assemble(&dev, "buffer id 64 fill=0xee; sense-id id 32 sli");
	good = !ccwio_start(&dev, ccwio_program_orb(program)) &&
	       ccwio_answer(&dev, 30000, &irb) == 1 && !irb.scsw.sch;
	ccwio_free_program(program);
	ccwio_close(&dev);
	return good;
}

static bool prepare(void)
{
	memset(&dev, -1, sizeof(dev));
	dev.nr_maps = 0;
	dev.owner = false;
	tainted_fd = open("/proc/sys/kernel/tainted", O_RDONLY | O_CLOEXEC);
	if (pread(tainted_fd, tainted, sizeof(tainted) - 1, 0) <= 0)
		return false;
	open_debug_files();
	return begin_cover() && open_again();
}

int main(int argc, char **argv)
{
	unsigned int length, places, early = 0, found, says, by_file;
	bool goes_on;

	if (argc != 6)
		return 2;
	uuid = argv[1];
	length = strtoul(argv[2], NULL, 0);
	state = strtoull(argv[3], NULL, 0);
	places = strtoul(argv[4], NULL, 0);
	setlinebuf(stdout);
	printf("TAP version 13\n1..8\n# seed %#llx\n", (unsigned long long)state);
	if (!places || !prepare()) {
		result(false, "coverage is there, and the device");
		return 1;
	}
	result(true, "coverage is there, and the device");
	began = seconds();
	goes_on = search(began + length / 3, &early);
	found = count(BY_SEARCH);
	says = read_corpus(argv[5]);
	by_file = count(BY_FILE);
	goes_on = goes_on && search(began + length, NULL);
	print_fewest();
	print_places();
	printf("# %lu inputs, %lu starts, %lu answers\n", runs, starts, answers);
	printf("# %u of %u places of the driver\n", nr_reached, places);
	printf("# from nothing %u after %u inputs and %u in the end, %u by the old corpus\n",
	       early, EARLY, found, by_file);
	printf("# reaches %u percent\n", count(BY_FEWEST) * 100 / places);
	result(starts && answers, "inputs start programs, which are answered");
	result(!length || (early && found > early + early / 10),
	       "the search from nothing reaches further and further");
	result(by_file && by_file * 100 / places + SLACK >= says,
	       "the old corpus reaches what it did");
	result(count(BY_FEWEST) >= nr_reached - nr_reached * SLACK / 100,
	       "the inputs that are printed reach all of it again");
	result(!addresses, "no address of the host's in a status");
	result(goes_on, "the device could be opened whenever it was closed");
	result(works(), "the device works");
	return 0;
}
