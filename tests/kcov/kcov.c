// SPDX-License-Identifier: GPL-2.0
/*
 * kcov UUID SECONDS SEED [CORPUS]: the surface of one device, guided by coverage
 *
 * An input is a row of steps of eight bytes, each of them one word of a channel
 * program, one request, one access or one ioctl. Random changes of inputs are
 * tried; what reaches code of the driver that nothing has reached before is kept,
 * and printed at the end, so that the next run begins with it.
 *
 * Every address that a step can put into a program is one of the mapped ones, of
 * memory that comes and goes, or of nowhere; none is below the guest's memory. So
 * an address of the host's in a status is one that should not be there.
 *
 * Needs a kernel with CONFIG_KCOV and a driver that was compiled for it.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
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

#define STEP		8
#define MAX_STEPS	48
#define MAX_INPUTS	2000
#define COVER_WORDS	(64 << 10)
#define PAGE		4096u

#define PROGRAM		(CCWIO_BASE + PAGE)
#define DATA		(CCWIO_BASE + 16 * PAGE)
#define SPARE		0x70000000u
#define NOWHERE		0x7f000000u

struct input {
	unsigned int steps;
	uint8_t step[MAX_STEPS][STEP];
};

static struct input corpus[MAX_INPUTS];
static unsigned int nr_inputs;
static struct ccwio_dev dev;
static enum ccwio_backend backend;
static const char *uuid;
static bool spare;
static unsigned long answers, starts, addresses;

/* Code that was reached: a set of addresses, open addressing */
static unsigned long seen[1 << 16];
static unsigned int nr_seen;
static unsigned long *cover;
static int cover_fd;

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

/* Note an address; true if it is a new one */
static bool note(unsigned long pc)
{
	unsigned int at = pc * 0x9e3779b1u >> 7 & 0xffff;

	while (seen[at] && seen[at] != pc)
		at = (at + 1) & 0xffff;
	if (seen[at] || nr_seen == 0xf000)
		return false;
	seen[at] = pc;
	nr_seen++;
	return true;
}

static bool open_again(void)
{
	struct ccwio_options options = { .uuid = uuid, .backend = backend };
	int i;

	ccwio_close(&dev);
	spare = false;
	for (i = 0; i < 100; i++) {
		if (!ccwio_open(&dev, &options))
			return true;
		ccwio_close(&dev);
		usleep(20000);
	}
	printf("# the device cannot be opened: %s\n", dev.error);
	return false;
}

static uint32_t address(uint8_t where, uint8_t offset)
{
	switch (where & 7) {
	case 0: case 1:
		return PROGRAM + offset % 64 * 8;
	case 2: case 3: case 4:
		return DATA + (where >> 3) * 512 + offset;
	case 5:
		return SPARE + (where >> 3) * 256 + offset;
	case 6:
		return CCWIO_BASE + CCWIO_SIZE - offset;
	default:
		return NOWHERE + offset * 256;
	}
}

static void put_program_word(const uint8_t *s)
{
	static const uint8_t command[] = {
		0xe4, 0xe4, 0x03, 0x08, 0x08, 0x72, 0x04, 0x0c,
	};
	uint64_t at = PROGRAM + s[1] % 64 * 8;
	uint16_t count = s[4] << 8 | s[5];

	if (s[0] & 0x80) {
		ccwio_put_doubleword(&dev, at, address(s[6], s[7]));
		return;
	}
	ccwio_put_ccw(&dev, at, 1, s[2] & 0x80 ? s[2] :
		      command[s[2] % sizeof(command)],
		      address(s[6], s[7]), count % 9000, s[3]);
}

static void start(const uint8_t *s)
{
	struct ccwio_orb orb = {
		.intparm = s[7],
		.ctl = (uint32_t)(s[2] & 0x0f) << 24 | s[3] << 16 |
		       (s[4] & 1 ? 0x80 : s[5]) << 8 | (s[6] & 0xc1),
		.cpa = address(s[1] & 0x20 ? s[1] : 0, s[7]),
	};

	/* Format 1 in most cases: no format-0 CCW reaches what is mapped */
	if (s[4] & 0x0e)
		orb.ctl |= CCWIO_ORB_F;
	if (s[4] & 0x10)
		orb.ctl &= ~CCWIO_ORB_B;
	starts += !ccwio_start(&dev, &orb);
}

static void take_status(void)
{
	struct ccwio_irb irb;

	if (ccwio_wait(&dev, 3, &irb) != 1)
		return;
	answers++;
	if ((irb.scsw.cpa && irb.scsw.cpa < 0x40000000) ||
	    (irb.esw[2] && irb.esw[2] < 0x40000000)) {
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

	switch (s[1] % 4) {
	case 0:
		ioctl(dev.fd, VFIO_DEVICE_GET_INFO, &u);
		break;
	case 1:
		ioctl(dev.fd, VFIO_DEVICE_GET_REGION_INFO, &u);
		break;
	case 2:
		ioctl(dev.fd, VFIO_DEVICE_GET_IRQ_INFO, &u);
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
static unsigned int run(const struct input *in)
{
	unsigned int i, fresh = 0;
	unsigned long n;

	memset(ccwio_mem(&dev, PROGRAM), 0, PAGE);
	ccwio_attach_event(&dev, CCWIO_IRQ_IO, dev.event[CCWIO_IRQ_IO]);
	__atomic_store_n(&cover[0], 0, __ATOMIC_RELAXED);
	for (i = 0; i < in->steps; i++)
		do_step(in->step[i]);
	ccwio_reset(&dev);
	n = __atomic_load_n(&cover[0], __ATOMIC_RELAXED);
	for (i = 1; i <= n && i < COVER_WORDS; i++)
		fresh += note(cover[i]);
	return fresh;
}

static void change(struct input *in)
{
	unsigned int n = 1 + below(6), at, from;
	const struct input *other;

	while (n--) {
		at = in->steps ? below(in->steps) : 0;
		switch (below(6)) {
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

static void keep(const struct input *in)
{
	if (nr_inputs < MAX_INPUTS)
		corpus[nr_inputs++] = *in;
}

static void read_corpus(const char *path)
{
	static char line[2 * MAX_STEPS * STEP + 2];
	FILE *file = fopen(path, "re");
	struct input in;
	unsigned int i, byte;

	while (file && fgets(line, sizeof(line), file)) {
		memset(&in, 0, sizeof(in));
		for (i = 0; sscanf(line + 2 * i, "%2x", &byte) == 1; i++)
			in.step[i / STEP][i % STEP] = byte;
		in.steps = i / STEP;
		if (in.steps && run(&in))
			keep(&in);
	}
	if (file)
		fclose(file);
}

static void print_corpus(void)
{
	unsigned int n, i;

	for (n = 0; n < nr_inputs; n++) {
		printf("# corpus ");
		for (i = 0; i < corpus[n].steps * STEP; i++)
			printf("%02x", corpus[n].step[i / STEP][i % STEP]);
		printf("\n");
	}
}

static bool begin_cover(void)
{
	cover_fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	if (cover_fd < 0 || ioctl(cover_fd, KCOV_INIT_TRACE, COVER_WORDS))
		return false;
	cover = mmap(NULL, COVER_WORDS * sizeof(*cover), PROT_READ | PROT_WRITE,
		     MAP_SHARED, cover_fd, 0);
	return cover != MAP_FAILED &&
	       !ioctl(cover_fd, KCOV_ENABLE, KCOV_TRACE_PC);
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

int main(int argc, char **argv)
{
	unsigned long runs = 0, first;
	struct ccwio_program *program;
	struct ccwio_irb irb = { 0 };
	uint64_t until;
	struct input in;

	if (argc < 4)
		return 2;
	uuid = argv[1];
	until = seconds() + strtoul(argv[2], NULL, 0);
	state = strtoull(argv[3], NULL, 0);
	setlinebuf(stdout);
	printf("TAP version 13\n1..4\n# seed %#llx\n", (unsigned long long)state);
	memset(&dev, -1, sizeof(dev));
	dev.nr_maps = 0;
	dev.owner = false;
	if (!begin_cover() || !open_again()) {
		result(false, "coverage is there, and the device");
		return 1;
	}
	if (argc > 4)
		read_corpus(argv[4]);
	first = nr_seen;
	while (seconds() < until) {
		if (nr_inputs && below(20))
			in = corpus[below(nr_inputs)];
		else
			memset(&in, 0, sizeof(in));
		change(&in);
		if (run(&in))
			keep(&in);
		/* Now and then a fresh one, by the other back end */
		if (!(++runs % 500)) {
			backend = !backend;
			if (!open_again())
				break;
			printf("# %lu inputs, %u places, %u kept\n", runs,
			       nr_seen, nr_inputs);
		}
	}
	print_corpus();
	printf("# %lu inputs, %lu starts, %lu answers\n", runs, starts, answers);
	printf("# %u places of the driver, %lu by the old corpus; %u kept\n",
	       nr_seen, first, nr_inputs);
	result(nr_seen > 500 && starts && answers,
	       "inputs reach into the driver");
	result(!addresses, "no address of the host's in a status");
	result(open_again(), "the device can be opened");
	ccwio_alloc_reset(&dev);
	program = ccwio_assemble(&dev, "buffer id 64 fill=0xee; sense-id id 32 sli");
	result(!ccwio_start(&dev, ccwio_program_orb(program)) &&
	       ccwio_answer(&dev, 30000, &irb) == 1 && !irb.scsw.sch,
	       "the device works");
	ccwio_free_program(program);
	ccwio_close(&dev);
	return addresses || !starts || irb.scsw.sch;
}
