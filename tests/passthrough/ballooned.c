// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that is nothing but this program: a device stores into its memory all
 * the time, and it gives that memory to its balloon, and takes it back, as soon as
 * its size is to change
 *
 * The memory is in runs of pages. A channel program that stores the device's ID
 * into each page of a run is in the last page of the run itself, and the driver in
 * the host pins the others in one piece. The first page of each run, its head, is
 * stored into in every round, so that nothing of that piece is unused for long. So
 * it has to be given up because the guest gives the other pages of the run up, and
 * for no other reason.
 *
 * Each page has a pattern of its own in it, but for the places that the device
 * stores its ID at, of which each program has the next one. Whatever a program was
 * to store is looked at after its end, and the pattern, too: where the device has
 * stored into another page than that of now, its ID is not there. The program that
 * is read from a page of before stores at a place of before.
 *
 * The balloon takes the pages of one run at a time, in order, and gives them back
 * the other way round; each run that has come back is stored into at once.
 *
 * It tells how it is going in its memory, at REPORT, which is read by its monitor.
 * When something happens that must not, other than data that differ, its processor
 * stops, and the report says in which line of this file.
 *
 * The device is at 0.0.000a, the balloon at 0.0.0005. Entered in 64-bit addressing
 * mode, with interruptions disabled.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE		0x000a
#define BALLOON		0x0005

/* What check.py reads */
#define REPORT		0x4000ul

#define PAGE		4096ul
#define MEMORY		(16ul << 20)
#define RUNS		64u
#define RUN		64u		/* pages */
#define BODY		(RUN - 1)	/* those of them that the balloon takes */
#define DATA		(RUN - 1)	/* those that the device stores into */

/* A page is so many equal parts: a word of the pattern, and a place for an ID */
#define PARTS		16u
#define PART		(PAGE / PARTS)
#define PLACE		8u

/*
 * The driver lets pages go that were not used for a second. When a round comes so
 * late that it may have done so, all is begun anew, after a rest in which it does
 * that with all of them: what is pinned again has to be pinned in whole pieces.
 */
#define SECOND			(4096000000ull)	/* of the TOD clock */
#define LATE			(SECOND / 2)
#define REST			(3 * SECOND)

/* Where the new PSW of an I/O interruption is, PoP chapter 3 */
#define IO_NEW			0x1f0ul
#define PSW_64_BIT		0x0000000180000000ull
#define PSW_IO_WAIT		0x0202000180000000ull
#define PSW_DISABLED_WAIT	0x0002000180000000ull
#define ALL_ISCS		0xff000000ull

#define ORB_FORMAT_1		0x00800000u
#define ORB_PREFETCH		0x00400000u
#define ORB_ANY_PATH		0x0000ff00u
#define PMCW_ENABLED		0x00800000u
#define PMCW_VALID		0x00010000u
#define PMCW_DEVNO		0x0000ffffu
#define SCSW_CC			0x03000000u
#define SCSW_SECONDARY		0x00000002u
#define CHANNEL_AND_DEVICE_END	0x0c00u

#define CHAIN			0x40
#define SLI			0x20
#define SENSE_ID		0xe4
#define ID_SIZE			7	/* bytes */

/* virtio-ccw as it was before version 1: all in the guest's byte order */
#define VIRTIO_SET_QUEUE	0x13
#define VIRTIO_WRITE_CONFIG	0x21
#define VIRTIO_READ_CONFIG	0x22
#define VIRTIO_WRITE_STATUS	0x31
#define VIRTIO_RESET		0x33
#define VIRTIO_RUNNING		7	/* acknowledged, with a driver, which is ready */
#define VIRTIO_NOTIFY		3	/* to the hypervisor */
#define QUEUE_SIZE		128u
#define INFLATE			0u
#define DEFLATE			1u

enum {
	STARTING,
	READY,		/* all of the memory is used, and stays pinned */
	STOPPED,
};

/* 64-bit words, as check.py reads them */
struct report {
	uint64_t state;
	uint64_t line;		/* where it has stopped */
	uint64_t code;		/* why: a condition code, or word 0 of the SCSW */
	uint64_t rounds;	/* how often all heads were stored into */
	uint64_t stored;	/* places looked at after a program */
	uint64_t differ;	/* words of the pattern, and IDs, that were not there */
	uint64_t where;		/* the first one of them */
	uint64_t found;		/* what was there */
	uint64_t given;		/* pages in the balloon */
	uint64_t id;		/* of the device */
};

struct schib {
	uint32_t intparm, flags, masks, busy;
	uint32_t rest[9];
};

struct irb {
	uint32_t control, address, status;
	uint32_t rest[21];
};

struct orb {
	uint32_t intparm, control, address;
	uint32_t rest[5];
};

struct ccw {
	uint8_t command, flags;
	uint16_t count;
	uint32_t address;
} __attribute__((aligned(8)));

struct set_queue {
	uint64_t queue;
	uint32_t align;
	uint16_t index, size;
};

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

/* The second page is the hypervisor's; of that only the number is looked at */
struct queue {
	struct descriptor descriptors[QUEUE_SIZE];
	uint16_t flags, available, ring[QUEUE_SIZE];
	uint16_t unused[894];
	uint16_t used_flags, used;
} __attribute__((aligned(4096)));

_Static_assert(offsetof(struct queue, used_flags) == PAGE, "not one page");
_Static_assert(sizeof(struct queue) == 2 * PAGE, "not two pages");

/* Little-endian, always */
struct config {
	uint32_t wanted, given;
};

static struct report *report;
static struct queue queues[2];
static uint32_t frames[BODY];
static uint32_t device, balloon;	/* subsystem-identification words */
static unsigned int generation;		/* of the programs */
static uint64_t last;			/* round began then */
static bool late;			/* one did since all began */
static uint64_t id;

static void __attribute__((noreturn)) stop(unsigned int line, uint64_t code)
{
	static const uint64_t psw[2] = { PSW_DISABLED_WAIT, 0 };

	report->line = line;
	report->code = code;
	report->state = STOPPED;
	asm volatile("lpswe %0" : : "Q" (psw) : "memory");
	__builtin_unreachable();
}

static uint64_t clock(void)
{
	uint64_t now;

	asm volatile("stck %0" : "=Q" (now) : : "cc");
	return now;
}

/*
 * The channel subsystem
 */

static int store_subchannel(uint32_t sch, struct schib *schib)
{
	register uint64_t number asm("1") = sch;
	int cc;

	asm volatile("	stsch	%[schib]\n"
		     "	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     : [cc] "=d" (cc), [schib] "=Q" (*schib)
		     : "d" (number) : "cc");
	return cc;
}

static int modify_subchannel(uint32_t sch, const struct schib *schib)
{
	register uint64_t number asm("1") = sch;
	int cc;

	asm volatile("	msch	%[schib]\n"
		     "	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     : [cc] "=d" (cc)
		     : "d" (number), [schib] "Q" (*schib) : "cc");
	return cc;
}

static int start_subchannel(uint32_t sch, const struct orb *orb)
{
	register uint64_t number asm("1") = sch;
	int cc;

	asm volatile("	ssch	%[orb]\n"
		     "	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     : [cc] "=d" (cc)
		     : "d" (number), [orb] "Q" (*orb) : "cc", "memory");
	return cc;
}

static int test_subchannel(uint32_t sch, struct irb *irb)
{
	register uint64_t number asm("1") = sch;
	int cc;

	asm volatile("	tsch	%[irb]\n"
		     "	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     : [cc] "=d" (cc), [irb] "=Q" (*irb)
		     : "d" (number) : "cc", "memory");
	return cc;
}

/* It leads to the instruction behind the one that waits. */
static void await_interruption(void)
{
	static const uint64_t waiting[2] = { PSW_IO_WAIT, 0 };
	uint64_t *new = (uint64_t *)IO_NEW;
	uint64_t behind;

	asm volatile("" : "+r" (new));
	new[0] = PSW_64_BIT;
	asm volatile("	larl	%[behind],0f\n"
		     "	stg	%[behind],8(%[new])\n"
		     "	lpswe	%[waiting]\n"
		     "0:\n"
		     : [behind] "=&a" (behind)
		     : [new] "a" (new), [waiting] "Q" (waiting)
		     : "memory");
}

/* The enabled subchannel of a device */
static uint32_t enable(uint32_t devno)
{
	struct schib schib;
	uint32_t sch;
	int cc;

	for (sch = 0x10000; !store_subchannel(sch, &schib); sch++) {
		if (!(schib.flags & PMCW_VALID) ||
		    (schib.flags & PMCW_DEVNO) != devno)
			continue;
		schib.flags |= PMCW_ENABLED;
		cc = modify_subchannel(sch, &schib);
		if (cc)
			stop(__LINE__, cc);
		return sch;
	}
	stop(__LINE__, devno);
}

/* A channel program, to its end */
static void run(uint32_t sch, const struct ccw *ccws)
{
	const struct orb orb = {
		.control = ORB_FORMAT_1 | ORB_PREFETCH | ORB_ANY_PATH,
		.address = (uint32_t)(uintptr_t)ccws,
	};
	struct irb irb;
	int cc;

	cc = start_subchannel(sch, &orb);
	if (cc)
		stop(__LINE__, cc);
	for (;;) {
		cc = test_subchannel(sch, &irb);
		if (cc > 1)
			stop(__LINE__, cc);
		if (!cc && irb.control & SCSW_SECONDARY)
			break;
		await_interruption();
	}
	if (irb.control & SCSW_CC || irb.status >> 16 != CHANNEL_AND_DEVICE_END)
		stop(__LINE__, (uint64_t)irb.control << 32 | irb.status);
}

/*
 * The memory
 */

static uint64_t *word(unsigned int run, unsigned int page, unsigned int part)
{
	return (uint64_t *)(MEMORY + (run * RUN + page) * PAGE + part * PART);
}

static uint64_t *place(unsigned int run, unsigned int page)
{
	return word(run, page, generation % PARTS) + 1;
}

static uint64_t pattern(const uint64_t *word)
{
	return (uint64_t)word * 0x9e3779b97f4a7c15ull;
}

static void compare(const uint64_t *word, uint64_t expected)
{
	if (*word == expected)
		return;
	if (!report->differ++) {
		report->where = (uint64_t)word;
		report->found = *word;
	}
}

static void compare_pattern(unsigned int run, unsigned int page)
{
	unsigned int part;

	for (part = 0; part < PARTS; part++)
		compare(word(run, page, part), pattern(word(run, page, part)));
}

/* What the device is to store into a page, and where nothing is before */
static void prepare(struct ccw *ccw, unsigned int run, unsigned int page,
		    bool last)
{
	*place(run, page) = 0;
	*ccw = (struct ccw) {
		.command = SENSE_ID,
		.flags = SLI | (last ? 0 : CHAIN),
		.count = ID_SIZE,
		.address = (uint32_t)(uintptr_t)place(run, page),
	};
}

static void look_at(unsigned int run, unsigned int page)
{
	compare(place(run, page), id);
	report->stored++;
}

/* All of a run is used: it has its pattern, and the device has stored into it. */
static void use(unsigned int number)
{
	struct ccw *ccws = (struct ccw *)word(number, DATA, 0);
	unsigned int page, part;

	generation++;
	for (page = 0; page < DATA; page++) {
		for (part = 0; part < PARTS; part++)
			*word(number, page, part) =
				pattern(word(number, page, part));
		prepare(&ccws[page], number, page, page == DATA - 1);
	}
	run(device, ccws);
	for (page = 0; page < DATA; page++) {
		look_at(number, page);
		compare_pattern(number, page);
	}
}

/* Of all runs that are used by now, in programs as long as those of a run */
static void use_heads(unsigned int runs)
{
	static struct ccw ccws[RUN];
	unsigned int first, number, i;
	uint64_t now = clock();

	late |= now - last > LATE;
	last = now;
	generation++;
	for (first = 0; first < runs; first += number) {
		number = runs - first < RUN ? runs - first : RUN;
		for (i = 0; i < number; i++)
			prepare(&ccws[i], first + i, 0, i == number - 1);
		run(device, ccws);
		for (i = 0; i < number; i++) {
			look_at(first + i, 0);
			compare_pattern(first + i, 0);
		}
	}
	report->rounds++;
}

static void use_all(void)
{
	unsigned int i;

	last = clock();
	late = false;
	for (i = 0; i < RUNS; i++) {
		use(i);
		use_heads(i + 1);
	}
}

static void rest(void)
{
	uint64_t from = clock();

	report->state = STARTING;
	while (clock() - from < REST)
		;
}

/*
 * The balloon
 */

static void configure(uint8_t command, void *data, uint16_t size)
{
	static struct ccw ccw;

	ccw = (struct ccw) {
		.command = command,
		.flags = SLI,
		.count = size,
		.address = (uint32_t)(uintptr_t)data,
	};
	run(balloon, &ccw);
}

static void set_up_balloon(void)
{
	static uint8_t status = VIRTIO_RUNNING;
	static struct set_queue set_queue;
	unsigned int i;

	balloon = enable(BALLOON);
	configure(VIRTIO_RESET, NULL, 0);
	for (i = INFLATE; i <= DEFLATE; i++) {
		set_queue = (struct set_queue) {
			.queue = (uint64_t)&queues[i],
			.align = PAGE,
			.index = i,
			.size = QUEUE_SIZE,
		};
		configure(VIRTIO_SET_QUEUE, &set_queue, sizeof(set_queue));
	}
	configure(VIRTIO_WRITE_STATUS, &status, sizeof(status));
}

static uint64_t wanted(void)
{
	static struct config config;

	configure(VIRTIO_READ_CONFIG, &config, sizeof(config));
	return __builtin_bswap32(config.wanted);
}

static void tell_given(uint64_t given)
{
	static struct config config;

	report->given = given;
	config.given = __builtin_bswap32(given);
	configure(VIRTIO_WRITE_CONFIG, &config, sizeof(config));
}

/* The pages of a run, but for its head, are told to one of the queues. */
static void tell(unsigned int index, unsigned int run)
{
	register uint64_t reason asm("1") = VIRTIO_NOTIFY;
	register uint64_t result asm("2") = balloon;
	register uint64_t number asm("3") = index;
	struct queue *queue = &queues[index];
	unsigned int i;

	for (i = 0; i < BODY; i++)
		frames[i] = (uint64_t)word(run, 1 + i, 0) / PAGE;
	queue->descriptors[0].address = (uint64_t)frames;
	queue->descriptors[0].length = sizeof(frames);
	queue->ring[queue->available % QUEUE_SIZE] = 0;
	queue->available++;
	asm volatile("diag 2,4,0x500"
		     : "+d" (result) : "d" (reason), "d" (number)
		     : "4", "cc", "memory");
	if (result)
		stop(__LINE__, result);
	while (queue->used != queue->available)
		asm volatile("" : : : "memory");
}

static void give(unsigned int run)
{
	unsigned int page;

	for (page = 0; page < DATA; page++)
		compare_pattern(run, page);
	tell(INFLATE, run);
}

static void follow_balloon(void)
{
	uint64_t pages = wanted();

	if (pages >= report->given + BODY && report->given < RUNS * BODY) {
		give(report->given / BODY);
		tell_given(report->given + BODY);
	} else if (report->given && pages < report->given) {
		tell(DEFLATE, report->given / BODY - 1);
		use(report->given / BODY - 1);
		tell_given(report->given - BODY);
	}
}

static void __attribute__((used, noreturn)) program(void)
{
	static const uint64_t cr6 = ALL_ISCS;
	static struct ccw ccw = {
		.command = SENSE_ID, .flags = SLI, .count = ID_SIZE,
	};

	report = (struct report *)REPORT;
	asm volatile("" : "+r" (report));
	asm volatile("lctlg %%c6,%%c6,%0" : : "Q" (cr6));
	device = enable(DEVICE);
	set_up_balloon();

	ccw.address = (uint32_t)(uintptr_t)&id;
	run(device, &ccw);
	report->id = id;
	for (;;) {
		use_all();
		report->state = READY;
		do {
			use_heads(RUNS);
			follow_balloon();
		} while (!late || report->given);
		rest();
	}
}

/* A called function may store 160 bytes above its stack */
asm(".section .bss\n"
	"	.balign	8\n"
	"	.skip	8192\n"
	"stack:	.skip	160\n"
	".previous\n"
	".globl _start\n"
	"_start:	larl	%r15,stack\n"
	"	brasl	%r14,program\n");
