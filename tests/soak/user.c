// SPDX-License-Identifier: GPL-2.0
/*
 * A user of up to three devices: one process, with threads that do everything a
 * user can do at the same time. What is accepted and what is answered goes to the
 * ledger; what can be judged at once (data, error numbers, addresses) is judged
 * here.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>
#include <linux/vfio_ccw.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inside.h"
#include "soak.h"

#define FC		(CCWIO_FC_START | CCWIO_FC_HALT | CCWIO_FC_CLEAR)
#define PAGE		4096u
/* What a virtio device, or the terminal, has to say to SENSE ID */
#define SENSE_ID	0xe4
#define ID_SIZE		256u
#define NOP		0x03
#define TIC		0x08
#define READ_STATUS	0x72
#define WILD_SIZE	512u
#define SPARE_PAGES	4

/* An answer that takes longer than this has not come, however slow the kernel */
#define ANSWER_MS	30000
/* Nobody is waited for longer in a session where others may end the program */
#define BRIEF_MS	300

static struct ledger *ledger;
/* Memory where nothing is */
static void *nowhere;
static struct ccwio_dev dev[USER_DEVICES];
static atomic_bool stopping;
/* Ending status that was read, and losses, by device: somebody's wait is over */
static atomic_uint answers[USER_DEVICES];
static atomic_bool lost[USER_DEVICES];
/* The answer of the place's last start: its number plus one, and SCSW words */
static struct answer {
	atomic_uint number;
	uint32_t ctl, cpa, status;
} place[USER_DEVICES][PLACES];
/* Which numbers the places have now */
static atomic_uint tenant[USER_DEVICES][PLACES];
static uint8_t *programs[USER_DEVICES], *wild[USER_DEVICES], *data[USER_DEVICES];

static void count(enum count what)
{
	atomic_fetch_add(&ledger->counts[what], 1);
}

/* Something that must not be; the first one is kept */
static void __attribute__((format(printf, 1, 2))) wrong(const char *format, ...)
{
	va_list ap;

	if (atomic_exchange(&ledger->fault, true))
		return;
	va_start(ap, format);
	vsnprintf(ledger->wrong, sizeof(ledger->wrong), format, ap);
	va_end(ap);
}

/* The results that uapi.rst has for a request that was well formed */
static bool is_documented(int result)
{
	switch (-result) {
	case 0: case EBUSY: case EAGAIN: case ENODEV: case EACCES: case EIO:
	case E2BIG: case EINVAL: case ENOMEM: case EINTR:
		return true;
	case EFAULT:
		/* The user's own memory is gone, or none is given out */
		return ledger->flavour & (MEMORY | FAILING | EXEC | ATTACH |
					  LIMIT | SMALL | FORK);
	default:
		return false;
	}
}

static struct entry *end(struct entry *e, int result)
{
	e->result = result;
	atomic_signal_fence(memory_order_seq_cst);
	e->end = now_ns();
	return e;
}

/*
 * Reading
 */

/*
 * The words of the I/O region that have addresses: the channel-program address,
 * and words 2 to 4 of the extended status. @at: offset of the @size bytes read
 */
static void look_at_words(unsigned int d, uint64_t at, const uint8_t *bytes,
			  size_t size)
{
	static const size_t offset[] = {
		offsetof(struct ccw_io_region, irb_area) + 4,
		offsetof(struct ccw_io_region, irb_area) + 12 + 8,
		offsetof(struct ccw_io_region, irb_area) + 12 + 12,
		offsetof(struct ccw_io_region, irb_area) + 12 + 16,
	};
	unsigned int i;
	uint32_t word;

	for (i = 0; i < sizeof(offset) / sizeof(offset[0]); i++) {
		if (offset[i] < at || offset[i] + 4 > at + size)
			continue;
		memcpy(&word, bytes + offset[i] - at, sizeof(word));
		word = be32toh(word);
		if (word && word < STORAGE_END)
			wrong("an address below the guest's: %08x at %zu, device %u",
			      word, offset[i], d);
	}
}

/* No address of the host's storage is in what a user reads */
static void look_for_addresses(unsigned int d, const struct ccwio_irb *irb)
{
	unsigned int i;

	if (irb->scsw.cpa && irb->scsw.cpa < STORAGE_END)
		wrong("an address below the guest's: cpa %08x, device %u",
		      irb->scsw.cpa, d);
	/* Failing-storage and secondary-CCW address */
	for (i = 2; i < 5; i++)
		if (irb->esw[i] && irb->esw[i] < STORAGE_END)
			wrong("an address below the guest's: esw word %u %08x",
			      i, irb->esw[i]);
	for (i = 0; i < sizeof(irb->emw); i++)
		if (irb->emw[i])
			wrong("the extended-measurement word is not zero");
}

static uint32_t checksum(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 2166136261u;

	while (size--)
		sum = (sum ^ *bytes++) * 16777619u;
	return sum;
}

static void note_answer(unsigned int d, const struct entry *e)
{
	uint32_t base = AREA_PROGRAMS + d * AREA_STEP;
	struct answer *a;

	if (e->ctl & CCWIO_FC_START && e->cpa >= base + 8 &&
	    e->cpa < base + PLACES * PLACE_SIZE) {
		a = &place[d][(e->cpa - 8 - base) / PLACE_SIZE];
		a->ctl = e->ctl;
		a->cpa = e->cpa;
		a->status = e->status;
		a->number = tenant[d][a - place[d]] + 1;
	}
	atomic_fetch_add(&answers[d], 1);
}

/*
 * Read all of the I/O region, which takes status. @e is an entry that has told
 * nothing, or NULL; returned when it can be used again. @shown gets the words of what
 * was read, if it is not NULL.
 */
static struct entry *take_status(unsigned int d, struct entry *e,
				 struct entry *shown)
{
	struct ccw_io_region region;
	struct ccwio_irb irb;
	ssize_t ret;

	e = ledger_begin(ledger, e, OP_READ, d);
	if (!e)
		return NULL;
	ret = pread(dev[d].fd, &region, sizeof(region),
		    dev[d].offset[CCWIO_REGION_IO]);
	if (ret != sizeof(region)) {
		e->op = OP_FREE;
		if (ret >= 0 || (errno != ENODEV && errno != EINTR &&
				 errno != EFAULT))
			wrong("reading the I/O region: %zd, errno %d", ret,
			      errno);
		return e;
	}
	ccwio_decode_irb(region.irb_area, &irb);
	if (shown)
		*shown = (struct entry){
			.ctl = irb.scsw.ctl, .cpa = irb.scsw.cpa,
			.sum = checksum(region.irb_area,
					sizeof(region.irb_area)),
		};
	look_for_addresses(d, &irb);
	if (!(irb.scsw.ctl & CCWIO_SC_PEND)) {
		e->op = OP_FREE;
		return e;
	}
	e->ctl = irb.scsw.ctl;
	e->cpa = irb.scsw.cpa;
	e->status = (uint32_t)irb.scsw.dev << 24 | irb.scsw.sch << 16 |
		    irb.scsw.count;
	e->sum = checksum(region.irb_area, sizeof(region.irb_area));
	if (ledger_ends(e->ctl))
		note_answer(d, e);
	else if (e->ctl & FC)
		count(N_INTERMEDIATE);
	else
		count(N_UNSOLICITED);
	end(e, 0);
	return NULL;
}

static void *read_status(void *arg)
{
	unsigned int d = (uintptr_t)arg;
	struct pollfd poll_fd = { .events = POLLIN };
	struct entry *e = NULL;
	uint64_t events;

	while (!stopping) {
		rest();
		/* It may be replaced, or not be set: then the time is over */
		poll_fd.fd = dev[d].event[CCWIO_IRQ_IO];
		if (poll(&poll_fd, 1, 20) == 1 &&
		    read(poll_fd.fd, &events, sizeof(events)) < 0)
			continue;
		e = take_status(d, e, NULL);
	}
	if (e)
		e->op = OP_FREE;
	return NULL;
}

/*
 * Requests
 */

static int start(unsigned int d, const struct ccwio_orb *orb, uint32_t number,
		 struct entry **reuse)
{
	struct entry *e = ledger_begin(ledger, *reuse, OP_START, d);
	int ret;

	*reuse = NULL;
	if (!e)
		return -ENOSPC;
	e->number = number;
	ret = ccwio_start(&dev[d], orb);
	if (!is_documented(ret))
		wrong("a start gave errno %d", -ret);
	if (ret) {
		e->op = OP_FREE;
		*reuse = e;
		count(N_REFUSED);
		if (ret == -ENODEV && !atomic_exchange(&lost[d], true))
			count(N_LOST_DEVICES);
		if (ret == -ENOMEM)
			count(N_NO_MEMORY);
		return ret;
	}
	end(e, 0);
	lost[d] = false;
	return 0;
}

static int command(unsigned int d, enum op op, struct entry **reuse)
{
	static const uint32_t bit[] = {
		[OP_HALT] = CCWIO_CMD_HALT, [OP_CLEAR] = CCWIO_CMD_CLEAR,
		[OP_CANCEL] = CCWIO_CMD_CANCEL, [OP_RESUME] = CCWIO_CMD_RESUME,
	};
	struct entry *e = ledger_begin(ledger, *reuse, op, d);
	int ret;

	*reuse = NULL;
	if (!e)
		return -ENOSPC;
	ret = op == OP_RESET ? ccwio_reset(&dev[d]) :
			       ccwio_command(&dev[d], bit[op]);
	if (!is_documented(ret))
		wrong("request %d gave errno %d", op, -ret);
	if (op == OP_CLEAR && ret == -EBUSY)
		wrong("a clear function was refused as busy");
	if (ret && op != OP_RESET) {
		e->op = OP_FREE;
		*reuse = e;
		count(N_REFUSED);
		return ret;
	}
	end(e, ret);
	return ret;
}

static void put_ccw(uint8_t *at, uint8_t cmd, uint32_t cda, uint16_t bytes,
		    uint8_t flags)
{
	const uint32_t word[2] = {
		htobe32((uint32_t)cmd << 24 | flags << 16 | bytes), htobe32(cda),
	};

	/* In words: who rewrites a program never makes a stray address of it */
	__atomic_store_n((uint32_t *)at, word[0], __ATOMIC_RELAXED);
	__atomic_store_n((uint32_t *)at + 1, word[1], __ATOMIC_RELAXED);
}

/**
 * struct program - a program that carries a number
 * @orb: for its start
 * @ends: its answer's channel-program address
 * @residual: ... and residual count, or -1
 * @stays: it suspends
 */
struct program {
	struct ccwio_orb orb;
	uint32_t ends;
	int residual;
	bool stays;
};

/* The data page of a thread on a device: @thread below 4 */
static uint32_t data_iova(unsigned int d, unsigned int thread)
{
	return AREA_DATA + d * AREA_STEP + thread * 4 * PAGE;
}

static void write_program(struct rng *rng, unsigned int d, unsigned int thread,
			  uint32_t number, struct program *p)
{
	uint32_t iova = AREA_PROGRAMS + d * AREA_STEP +
			number % PLACES * PLACE_SIZE;
	uint8_t *at = programs[d] + number % PLACES * PLACE_SIZE;
	uint32_t target = data_iova(d, thread) + rng_below(rng, PAGE);
	bool suspending = ledger->flavour & FUNCTIONS && rng_percent(rng, 15);
	bool rng_device = board->devno[ledger->device[d]] != TERMINAL_DEVNO;
	uint16_t more = number % 5000;
	unsigned int kind = rng_below(rng, 6), n;
	uint64_t word[2];

	*p = (struct program){
		.orb = {
			.intparm = rng_next(rng),
			.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_H |
			       CCWIO_ORB_LPM(0x80) |
			       (suspending ? CCWIO_ORB_S : 0),
			.cpa = iova,
		},
		.residual = -1,
		.stays = suspending,
	};
	if (rng_percent(rng, 5))
		p->orb.ctl &= ~CCWIO_ORB_P;
	switch (kind) {
	case 0:
		n = 1 + rng_below(rng, 8);
		p->ends = iova + n * 8;
		while (n--)
			put_ccw(at + n * 8, NOP, 0, 1, CCWIO_SLI |
				(iova + n * 8 + 8 < p->ends ? CCWIO_CC : 0));
		break;
	case 1:
		put_ccw(at, NOP, 0, 1, CCWIO_SLI | CCWIO_CC);
		put_ccw(at + 8, TIC, iova + 64, 0, 0);
		put_ccw(at + 64, SENSE_ID, target, ID_SIZE + more, CCWIO_SLI);
		p->ends = iova + 72;
		p->residual = more;
		break;
	case 2:
		word[0] = htobe64(target);
		word[1] = htobe64((target & ~(PAGE - 1)) + PAGE);
		memcpy(at + 96, word, sizeof(word));
		if (more > PAGE)
			more %= PAGE - ID_SIZE;
		put_ccw(at, SENSE_ID, iova + 96, ID_SIZE + more % 3000,
			CCWIO_SLI | CCWIO_IDA);
		p->ends = iova + 8;
		p->residual = more % 3000;
		break;
	case 3:
		if (rng_device) {
			put_ccw(at, READ_STATUS, target, 1, CCWIO_SLI | CCWIO_CC);
			put_ccw(at + 8, SENSE_ID, target, ID_SIZE + more,
				CCWIO_SLI);
			p->ends = iova + 16;
			p->residual = more;
			break;
		}
		__attribute__((fallthrough));
	default:
		put_ccw(at, SENSE_ID, target, ID_SIZE + more, CCWIO_SLI);
		p->ends = iova + 8;
		p->residual = more;
	}
	if (suspending) {
		put_ccw(at, SENSE_ID, target, ID_SIZE + more,
			CCWIO_SLI | CCWIO_CC);
		put_ccw(at + 8, NOP, 0, 1, CCWIO_SLI | CCWIO_S);
		p->ends = iova + 16;
		p->residual = -1;
	}
}

/*
 * Make new pages of a thread's data, or fail because somebody has taken their place.
 * A failing allocation ends the call half way, with nothing left at that place.
 */
static bool map_anew(uint8_t *mem, int how)
{
	while (mmap(mem, 4 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | how, -1, 0) == MAP_FAILED)
		if (errno != ENOMEM)
			return false;
	return true;
}

/* Give up the pages of a thread's data, in one of three ways */
static void give_up(struct rng *rng, uint8_t *mem)
{
	switch (rng_below(rng, 3)) {
	case 0:
		madvise(mem, 4 * PAGE, MADV_DONTNEED);
		break;
	case 1:
		if (!map_anew(mem, MAP_FIXED))
			_exit(3);
		break;
	default:
		/* Written to and back: the same page again, or another one */
		mprotect(mem, 4 * PAGE, PROT_READ);
		while (mprotect(mem, 4 * PAGE, PROT_READ | PROT_WRITE))
			if (errno != ENOMEM)
				_exit(3);
	}
	count(N_HOLES);
}

/*
 * A program that has come to its end has channel end and device end. The terminal puts
 * attention in their place, or device end alone when its client comes or goes, if nobody
 * has executed TEST SUBCHANNEL yet: QEMU does that to the status that is pending.
 */
static bool is_end(unsigned int d, uint8_t device)
{
	if (device == (CCWIO_DEV_CE | CCWIO_DEV_DE))
		return true;
	return board->devno[ledger->device[d]] == TERMINAL_DEVNO &&
	       (device == CCWIO_DEV_ATTN || device == CCWIO_DEV_DE);
}

/* Is the program's start answered as it has to be? Its data are there, too */
static void check_answer(unsigned int d, unsigned int thread,
			 const struct program *p, uint32_t number)
{
	const struct answer *a = &place[d][number % PLACES];
	const uint8_t *mem = data[d] + thread * 4 * PAGE;
	uint8_t device = a->status >> 24, channel = a->status >> 16;
	unsigned int i, there = 0;

	if (p->stays || channel || a->ctl & (CCWIO_FC_HALT | CCWIO_FC_CLEAR) ||
	    a->ctl & 0x03000000)
		return;		/* ended by something else */
	/* Memory that was not there makes a check, and that is in the status */
	if (a->cpa != p->ends || !is_end(d, device)) {
		wrong("device 0.0.%04x, number %u: cpa %08x instead of %08x, status %08x",
		      board->devno[ledger->device[d]], number, a->cpa, p->ends,
		      a->status);
		return;
	}
	if (p->residual < 0)
		return;
	if (board->devno[ledger->device[d]] != TERMINAL_DEVNO &&
	    (a->status & 0xffff) != (uint32_t)p->residual) {
		wrong("number %u: residual %u instead of %d", number,
		      a->status & 0xffff, p->residual);
		return;
	}
	/* SENSE ID begins with X'FF'; the pages were filled with X'EE' */
	for (i = 0; i < 4 * PAGE; i++)
		there += mem[i] != 0xee;
	if (!there)
		wrong("device 0.0.%04x, number %u: nothing was stored; status %08x %08x",
		      board->devno[ledger->device[d]], number, a->ctl, a->status);
	count(N_DATA);
}

struct starter {
	unsigned int device, thread;
	uint64_t seed;
};

static void make_it_fail(void)
{
	int fd;

	if (!(ledger->flavour & FAILING))
		return;
	fd = open("/proc/thread-self/make-it-fail", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "1", 1) == 1)
		close(fd);
}

/* Wait for the answer of @number, or until there is no point in it; true if so */
static bool await(unsigned int d, uint32_t number, unsigned int ms)
{
	uint64_t until = day_ns() + ms * 1000000ull;

	while (!stopping && day_ns() < until) {
		if (place[d][number % PLACES].number == number + 1)
			return true;
		if (lost[d])
			return false;
		nap_us(200);
	}
	return place[d][number % PLACES].number == number + 1;
}

static void *start_programs(void *arg)
{
	const struct starter *s = arg;
	unsigned int d = s->device, tries;
	struct rng rng = rng_stream(s->seed, 100 + s->thread);
	uint8_t *mem = data[d] + s->thread * 4 * PAGE;
	struct entry *reuse = NULL;
	struct program p;
	uint32_t number;
	int ret;

	make_it_fail();
	while (!stopping) {
		number = atomic_fetch_add(&ledger->number[d], 1);
		tenant[d][number % PLACES] = number;
		memset(mem, 0xee, 4 * PAGE);
		if (ledger->flavour & MEMORY && rng_percent(&rng, 30)) {
			give_up(&rng, mem);
			memset(mem, 0xee, 4 * PAGE);
		}
		write_program(&rng, d, s->thread, number, &p);
		for (tries = 0; !stopping; tries++) {
			ret = start(d, &p.orb, number, &reuse);
			if (!ret || ret == -ENOSPC)
				break;
			if (ret != -EBUSY && ret != -EAGAIN) {
				nap_us(1000);
				break;
			}
			nap_us(rng_below(&rng, tries > 10 ? 5000 : 500));
		}
		if (ret == -ENOSPC)
			break;
		if (ret)
			continue;
		/* The others go on while this one waits */
		if (await(d, number, ledger->plain ? ANSWER_MS : BRIEF_MS))
			check_answer(d, s->thread, &p, number);
		else
			count(N_GIVEN_UP);
		if (rng_percent(&rng, 10))
			nap_us(rng_below(&rng, 3000));
	}
	if (reuse)
		reuse->op = OP_FREE;
	return NULL;
}

/*
 * Random programs, in a page of their own for each device. Their addresses lead
 * into that page, to data, to memory that comes and goes, and to nowhere, but not
 * to a place with a number, and never below 1 GiB: however words are mixed while
 * they are rewritten, the most significant byte is one of these.
 */
static uint32_t wild_address(struct rng *rng, unsigned int d)
{
	switch (rng_below(rng, 5)) {
	case 0:
	case 1:
		return AREA_WILD + d * AREA_STEP +
		       rng_below(rng, WILD_SIZE / 8) * 8 +
		       (rng_percent(rng, 3) ? rng_below(rng, 8) : 0);
	case 2:
		return data_iova(d, 3) + rng_below(rng, 4 * PAGE);
	case 3:
		return AREA_SPARE + rng_below(rng, SPARE_PAGES * PAGE);
	default:
		return 0x7f000000u + (rng_next(rng) & 0xffffff);
	}
}

static void wild_ccw(struct rng *rng, unsigned int d)
{
	static const uint8_t command[] = {
		SENSE_ID, SENSE_ID, NOP, TIC, TIC, READ_STATUS, 0x00, 0x04,
	};
	uint8_t flags = CCWIO_SLI | (rng_percent(rng, 70) ? CCWIO_CC : 0);
	uint8_t *at = wild[d] + rng_below(rng, WILD_SIZE / 8) * 8;
	uint8_t cmd = command[rng_below(rng, sizeof(command))];

	if (rng_percent(rng, 20))
		flags ^= 1u << rng_below(rng, 8);
	put_ccw(at, cmd, wild_address(rng, d), rng_below(rng, 6000),
		cmd == TIC && rng_percent(rng, 90) ? 0 : flags);
}

/* Once more: a doubleword that an IDAL may have, the high word zero */
static void wild_word(struct rng *rng, unsigned int d)
{
	uint8_t *at = wild[d] + rng_below(rng, WILD_SIZE / 8) * 8;

	__atomic_store_n((uint32_t *)at, 0, __ATOMIC_RELAXED);
	__atomic_store_n((uint32_t *)at + 1, htobe32(wild_address(rng, d)),
			 __ATOMIC_RELAXED);
}

/*
 * A valid program with one bit changed, within the same page; returns its address. The
 * change makes no other command of a NO-OPERATION, no loop of the TIC, and no address
 * elsewhere.
 */
static uint32_t mutate_program(struct rng *rng, unsigned int d)
{
	uint32_t first = rng_below(rng, WILD_SIZE / 8 - 4) * 8;
	uint32_t iova = AREA_WILD + d * AREA_STEP + first;
	unsigned int which = rng_below(rng, 8), bit;
	uint32_t *word = (uint32_t *)(wild[d] + first) + which;
	uint8_t *at = wild[d] + first;

	put_ccw(at, NOP, data_iova(d, 3), 1, CCWIO_SLI | CCWIO_CC);
	put_ccw(at + 8, SENSE_ID, data_iova(d, 3) + rng_below(rng, PAGE),
		1 + rng_below(rng, 6000), CCWIO_SLI | CCWIO_CC);
	put_ccw(at + 16, TIC, iova + 24, 0, 0);
	put_ccw(at + 24, SENSE_ID, data_iova(d, 3) + rng_below(rng, PAGE),
		1 + rng_below(rng, 6000), CCWIO_SLI);
	switch (which) {
	case 2: case 6:		/* command, flags and count of a SENSE ID */
		bit = rng_below(rng, 32);
		break;
	case 0: case 4:		/* flags and count */
		bit = rng_below(rng, 24);
		break;
	case 5:			/* where the TIC leads: on no boundary, or far away */
		bit = rng_below(rng, 14);
		bit += bit < 3 ? 0 : 6;
		break;
	default:
		bit = rng_below(rng, 20);
	}
	__atomic_fetch_xor(word, htobe32(1u << bit), __ATOMIC_RELAXED);
	count(N_MUTATED);
	return iova;
}

static void *rewrite(void *arg)
{
	unsigned int d = (uintptr_t)arg, i;
	struct rng rng = rng_stream(ledger->seed, 200 + d);

	while (!stopping) {
		for (i = 0; i < 16; i++) {
			if (rng_percent(&rng, 70))
				wild_ccw(&rng, d);
			else
				wild_word(&rng, d);
			count(N_REWRITES);
		}
		if (rng_percent(&rng, 20))
			nap_us(100);
		else
			sched_yield();
	}
	return NULL;
}

static void *start_wild(void *arg)
{
	unsigned int d = (uintptr_t)arg;
	struct rng rng = rng_stream(ledger->seed, 210 + d);
	struct ccwio_orb orb = { 0 };
	struct entry *reuse = NULL;
	unsigned int before;
	uint64_t until;
	int ret = 0;

	make_it_fail();
	while (!stopping && ret != -ENOSPC) {
		orb.intparm = rng_next(&rng);
		orb.ctl = CCWIO_ORB_F | CCWIO_ORB_LPM(0x80) |
			  (rng_percent(&rng, 80) ? CCWIO_ORB_P : 0) |
			  (rng_percent(&rng, 80) ? CCWIO_ORB_H : 0) |
			  (rng_percent(&rng, 20) ? CCWIO_ORB_T : 0) |
			  (rng_percent(&rng, 20) ? CCWIO_ORB_D : 0) |
			  (rng_percent(&rng, 20) ? CCWIO_ORB_L : 0);
		orb.cpa = rng_percent(&rng, 30) ? mutate_program(&rng, d) :
			  AREA_WILD + d * AREA_STEP +
			  rng_below(&rng, WILD_SIZE / 8) * 8;
		before = answers[d];
		ret = start(d, &orb, NO_NUMBER, &reuse);
		if (ret) {
			nap_us(300);
			continue;
		}
		count(N_WILD);
		/* A loop of the guest's making does not end: clear it */
		until = day_ns() + BRIEF_MS * 1000000ull;
		while (!stopping && answers[d] == before && day_ns() < until)
			nap_us(200);
		if (answers[d] == before && !stopping)
			command(d, OP_CLEAR, &reuse);
	}
	return NULL;
}

/*
 * Everything else
 */

static void *do_functions(void *arg)
{
	static const enum op op[] = {
		OP_HALT, OP_HALT, OP_CLEAR, OP_CLEAR, OP_CANCEL, OP_RESUME,
		OP_RESUME, OP_RESUME, OP_RESET,
	};
	unsigned int d = (uintptr_t)arg;
	struct rng rng = rng_stream(ledger->seed, 220 + d);
	struct entry *reuse = NULL;

	make_it_fail();
	while (!stopping) {
		if (command(d, op[rng_below(&rng, sizeof(op) / sizeof(op[0]))],
			    &reuse) == -ENOSPC)
			break;
		nap_us(rng_below(&rng, 20000));
	}
	return NULL;
}

static void check_schib(unsigned int d)
{
	uint8_t schib[52];
	unsigned int i;
	int ret = ccwio_read_schib(&dev[d], schib);

	if (ret) {
		if (ret != -ENODEV && ret != -EFAULT)
			wrong("reading the SCHIB gave errno %d", -ret);
		return;
	}
	/* Interruption parameter; address in the SCSW; measurement block */
	for (i = 0; i < 4; i++)
		if (schib[i] | schib[32 + i] | schib[40 + i] | schib[44 + i])
			wrong("the SCHIB has something of the host's");
}

static void replace_eventfd(struct rng *rng, unsigned int d)
{
	enum ccwio_irq irq = rng_below(rng, 2);
	int fd;

	switch (rng_below(rng, 3)) {
	case 0:
		ccwio_attach_event(&dev[d], irq, -1);
		break;
	case 1:
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fd >= 0) {
			ccwio_attach_event(&dev[d], irq, fd);
			close(fd);
		}
		break;
	default:
		ccwio_attach_event(&dev[d], irq, -1);
	}
	ccwio_attach_event(&dev[d], irq, dev[d].event[irq]);
	count(N_EVENTFDS);
}

/* One access or ioctl of any kind, most of them malformed */
static void poke(struct rng *rng, unsigned int d)
{
	struct vfio_region_info region = { .argsz = rng_below(rng, 64) };
	uint64_t at = (uint64_t)rng_below(rng, 5) << 10 | rng_below(rng, 140);
	uint8_t room[256] = { 0 };
	size_t size = rng_below(rng, 140);
	uint32_t crw;
	ssize_t got;

	count(N_ACCESSES);
	switch (rng_below(rng, 9)) {
	case 0:		/* anywhere, but not what would take status untold */
		if (at < 1024 && at <= 24 && at + size >= 120)
			size = 90;
		got = pread(dev[d].fd, room, size, at);
		if (got < 0 && errno == EPERM)
			wrong("a read gave EPERM");
		if (got > 0 && at < 1024)
			look_at_words(d, at, room, got);
		break;
	case 1:		/* a write that is no request */
		if (at < 2048 && !(at & 1023))
			at++;
		if (pwrite(dev[d].fd, room, size, at) > 0 && size)
			wrong("a malformed write was accepted");
		break;
	case 2:
		check_schib(d);
		break;
	case 3:
		ccwio_read_crw(&dev[d], &crw);
		break;
	case 4:
		region.index = rng_below(rng, 6);
		if (!ioctl(dev[d].fd, VFIO_DEVICE_GET_REGION_INFO, &region) &&
		    (region.index > 3 || region.offset != region.index << 10))
			wrong("a region that is not there");
		break;
	case 5:
		if (ioctl(dev[d].fd, _IO(VFIO_TYPE, VFIO_BASE +
					 30 + rng_below(rng, 90)), room) >= 0)
			wrong("an unknown ioctl was accepted");
		break;
	case 6:		/* memory of the user that is not there */
		if (pread(dev[d].fd, nowhere, 124, 0) > 0)
			wrong("a read into nowhere was accepted");
		break;
	case 7:
		if (pwrite(dev[d].fd, nowhere, 124, 0) > 0)
			wrong("a write from nowhere was accepted");
		break;
	default:
		if (ledger->flavour & EVENTS)
			replace_eventfd(rng, d);
	}
}

/* A child has the device's file, too, and memory that is a copy */
static void use_in_child(struct rng *rng, unsigned int d)
{
	struct program p;
	struct entry *reuse = NULL;
	pid_t parent = getpid(), child;
	uint32_t number;
	int i;

	number = atomic_fetch_add(&ledger->number[d], 1);
	child = fork();
	if (child < 0)
		return;
	if (child) {
		/* Its pages are copied on write meanwhile */
		waitpid(child, NULL, 0);
		count(N_FORKS);
		return;
	}
	/* It ends with the session, whose ledger is another one's afterwards */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	tenant[d][number % PLACES] = number;
	for (i = 0; i < 20; i++)
		poke(rng, d);
	/* The programs are read where the memory was mapped: in the parent */
	write_program(rng, d, 2, number, &p);
	p.orb.cpa = AREA_PROGRAMS + d * AREA_STEP + number % PLACES * PLACE_SIZE;
	start(d, &p.orb, number, &reuse);
	take_status(d, NULL, NULL);
	_exit(0);
}

static void *poke_about(void *arg)
{
	unsigned int d = (uintptr_t)arg;
	struct rng rng = rng_stream(ledger->seed, 230 + d);
	struct entry *e = NULL;

	make_it_fail();
	while (!stopping) {
		if (rng_percent(&rng, 10))
			e = take_status(d, e, NULL);
		else
			poke(&rng, d);
		if (ledger->flavour & FORK && rng_percent(&rng, 3))
			use_in_child(&rng, d);
		nap_us(rng_below(&rng, 2000));
	}
	if (e)
		e->op = OP_FREE;
	return NULL;
}

/* Memory that programs may use comes and goes, and has holes in between */
static void *move_memory(void *arg)
{
	struct rng rng = rng_stream(ledger->seed, 240);
	bool mapped = false;
	void *mem;

	make_it_fail();
	while (!stopping) {
		if (!mapped) {
			mem = mmap(NULL, SPARE_PAGES * PAGE,
				   PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (mem == MAP_FAILED)
				continue;
			mapped = !ccwio_map_memory(&dev[0], mem, AREA_SPARE,
						   SPARE_PAGES * PAGE,
						   rng_percent(&rng, 80));
			if (!mapped)
				munmap(mem, SPARE_PAGES * PAGE);
		} else if (rng_percent(&rng, 50)) {
			mapped = !!ccwio_unmap_memory(&dev[0], AREA_SPARE,
						      SPARE_PAGES * PAGE);
			count(N_UNMAPS);
		} else {
			give_up(&rng, ccwio_mem(&dev[0], AREA_SPARE));
		}
		/* A hole under the random programs' data */
		if (rng_percent(&rng, 10)) {
			mem = data[0] + 12 * PAGE;
			while (munmap(mem, 4 * PAGE))
				;	/* an allocation has failed */
			nap_us(rng_below(&rng, 500));
			if (!map_anew(mem, MAP_FIXED_NOREPLACE))
				_exit(3);	/* somebody has taken it: end */
			count(N_HOLES);
		}
		nap_us(rng_below(&rng, 10000));
	}
	return arg;
}

static void *move_device(void *arg)
{
	unsigned int d = (uintptr_t)arg;
	struct rng rng = rng_stream(ledger->seed, 250 + d);
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
	};
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach), .pt_id = dev[d].ioas,
	};

	while (!stopping) {
		nap_us(rng_below(&rng, 40000));
		if (ioctl(dev[d].fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach))
			continue;
		nap_us(rng_below(&rng, 1000));
		while (ioctl(dev[d].fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
			     &attach) && !stopping)
			nap_us(1000);
		count(N_ATTACHES);
	}
	ioctl(dev[d].fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
	return NULL;
}

/*
 * A session
 */

static void limit_memory(struct rng *rng)
{
	struct rlimit limit = {
		.rlim_cur = rng_below(rng, 8) * PAGE, .rlim_max = 8 * PAGE,
	};

	setrlimit(RLIMIT_MEMLOCK, &limit);
	obey_memory_limit();
}

static void join_group(void)
{
	FILE *out = fopen("/sys/fs/cgroup/small/cgroup.procs", "we");

	if (out) {
		fprintf(out, "%d\n", getpid());
		fclose(out);
	}
}

static uint8_t *map_area(uint32_t iova, size_t size)
{
	uint8_t *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return NULL;
	if (ccwio_map_memory(&dev[0], mem, iova, size, true)) {
		munmap(mem, size);
		return NULL;
	}
	return mem;
}

static bool map_areas(unsigned int d)
{
	programs[d] = map_area(AREA_PROGRAMS + d * AREA_STEP,
			       PLACES * PLACE_SIZE);
	wild[d] = map_area(AREA_WILD + d * AREA_STEP, PAGE);
	data[d] = map_area(AREA_DATA + d * AREA_STEP, 16 * PAGE);
	return programs[d] && wild[d] && data[d];
}

/* Open devices until there are as many as wanted, or none is left to try */
static void open_devices(struct rng *rng, unsigned int wanted)
{
	struct ccwio_options options = {
		.backend = ledger->backend, .no_memory = true,
	};
	unsigned int tries, n = 0, device;
	char uuid[40];

	for (tries = 0; n < wanted && tries < 30 && !stopping; tries++) {
		device = rng_below(rng, board->devices);
		if (!board->present[device]) {
			nap_us(5000);
			continue;
		}
		device_uuid(device, uuid);
		options.uuid = uuid;
		options.share = n ? &dev[0] : NULL;
		if (ccwio_open(&dev[n], &options)) {
			ccwio_close(&dev[n]);
			count(N_FAILED_OPENS);
			nap_us(10000);
			continue;
		}
		ledger->device[n] = device;
		if (!map_areas(n)) {
			ccwio_close(&dev[n]);
			break;
		}
		ledger->devices = ++n;
	}
}

/*
 * The end in order: until the composite subchannel has no function. Where nothing
 * excuses, a function that does not end is left as it is, for the judge.
 */
static void settle(unsigned int d)
{
	uint64_t until = day_ns() + (ledger->plain ? ANSWER_MS : BRIEF_MS) *
			 1000000ull;
	struct entry *reuse = NULL, *e = NULL, shown, last = { 0 };
	bool cleared = false, again;
	int quiet = 0;

	while (quiet < 3) {
		shown = (struct entry){ 0 };
		e = take_status(d, e, &shown);
		if (ledger->used >= ENTRIES)
			break;
		/* The clear function's status may be shown until another request */
		again = cleared && shown.ctl & CCWIO_FC_CLEAR &&
			ledger_ends(shown.ctl) && shown.ctl == last.ctl &&
			shown.sum == last.sum;
		quiet = again || !(shown.ctl & (FC | CCWIO_SC_PEND)) ?
			quiet + 1 : 0;
		last = shown;
		nap_us(6000);
		if (quiet || day_ns() < until)
			continue;
		if (ledger->plain || cleared) {
			wrong("a function does not end: %08x", shown.ctl);
			break;
		}
		command(d, OP_CLEAR, &reuse);
		cleared = true;
		until = day_ns() + ANSWER_MS * 1000000ull;
	}
	if (e)
		e->op = OP_FREE;
	if (reuse)
		reuse->op = OP_FREE;
}

static void on_term(int sig)
{
	stopping = true;
}

/* A request to close one of the devices, a full ledger, or the time is over */
static void live(struct rng *rng, unsigned int ms)
{
	struct pollfd fd[USER_DEVICES];
	uint64_t until = day_ns() + ms * 1000000ull;
	unsigned int i;

	for (i = 0; i < ledger->devices; i++)
		fd[i] = (struct pollfd){
			.fd = dev[i].event[CCWIO_IRQ_REQ], .events = POLLIN,
		};
	while (!stopping && day_ns() < until && !ledger->fault &&
	       ledger->used < ENTRIES - 1000) {
		rest();
		if (poll(fd, ledger->devices, 20) > 0) {
			nap_us(rng_below(rng, 300000));
			break;
		}
		if (board->stop || board->pause)
			break;
	}
}

static void exec_other_image(int ledger_fd)
{
	char argument[USER_DEVICES + 2][16], *argv[USER_DEVICES + 5];
	unsigned int i;

	fcntl(ledger_fd, F_SETFD, 0);
	argv[0] = "/soak/soak";
	argv[1] = "--after-exec";
	snprintf(argument[0], 16, "%d", ledger_fd);
	argv[2] = argument[0];
	for (i = 0; i < ledger->devices; i++) {
		fcntl(dev[i].fd, F_SETFD, 0);
		snprintf(argument[i + 1], 16, "%d", dev[i].fd);
		argv[3 + i] = argument[i + 1];
	}
	argv[3 + i] = NULL;
	count(N_EXECS);
	execv(argv[0], argv);
}

void user_after_exec(int argc, char **argv)
{
	struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0x80),
	};
	struct entry *reuse = NULL;
	unsigned int d, i;
	uint32_t number;

	ledger = mmap(NULL, sizeof(*ledger), PROT_READ | PROT_WRITE, MAP_SHARED,
		      atoi(argv[2]), 0);
	if (ledger == MAP_FAILED)
		_exit(3);
	for (d = 0; d < ledger->devices && (int)d + 3 < argc; d++) {
		dev[d].fd = atoi(argv[3 + d]);
		for (i = 0; i < CCWIO_NR_REGIONS; i++)
			dev[d].offset[i] = (uint64_t)i << 10;
	}
	/* What was mapped belongs to an image that is no more */
	for (i = 0; i < 20; i++) {
		for (d = 0; d < ledger->devices; d++) {
			number = atomic_fetch_add(&ledger->number[d], 1);
			tenant[d][number % PLACES] = number;
			orb.cpa = AREA_PROGRAMS + d * AREA_STEP +
				  number % PLACES * PLACE_SIZE;
			start(d, &orb, number, &reuse);
			take_status(d, NULL, NULL);
		}
	}
	if (reuse)
		reuse->op = OP_FREE;
	for (d = 0; d < ledger->devices; d++)
		settle(d);
	ledger->orderly = true;
	_exit(0);
}

static unsigned int begin(pthread_t *thread, unsigned int n,
			  void *(*function)(void *), void *arg)
{
	return n + !pthread_create(&thread[n], NULL, function, arg);
}

static void run_threads(struct rng *rng)
{
	static struct starter starter[USER_DEVICES][2];
	pthread_t thread[USER_DEVICES * 10 + 1];
	unsigned int d, i, n = 0;
	void *which;

	for (d = 0; d < ledger->devices; d++) {
		which = (void *)(uintptr_t)d;
		n = begin(thread, n, read_status, which);
		for (i = 0; i < 1 + rng_below(rng, 2); i++) {
			starter[d][i] = (struct starter){
				.device = d, .thread = i,
				.seed = ledger->seed + d,
			};
			n = begin(thread, n, start_programs, &starter[d][i]);
		}
		n = begin(thread, n, poke_about, which);
		if (ledger->flavour & WILD) {
			n = begin(thread, n, rewrite, which);
			n = begin(thread, n, start_wild, which);
		}
		if (ledger->flavour & FUNCTIONS)
			n = begin(thread, n, do_functions, which);
		if (ledger->flavour & ATTACH)
			n = begin(thread, n, move_device, which);
	}
	if (ledger->flavour & MEMORY)
		n = begin(thread, n, move_memory, NULL);
	live(rng, 300 + rng_below(rng, 4000));
	stopping = true;
	while (n--)
		pthread_join(thread[n], NULL);
}

static uint32_t draw_flavour(struct rng *rng, uint8_t *backend)
{
	uint32_t flavour;

	*backend = rng_below(rng, 2) ? CCWIO_IOMMUFD : CCWIO_TYPE1;
	flavour = rng_next(rng) & ((1u << NR_FLAVOURS) - 1);
	if (rng_percent(rng, 35))
		flavour &= ~(FUNCTIONS | WILD);
	if (!rng_percent(rng, 20))
		flavour &= ~(FAILING | SMALL);
	if (!rng_percent(rng, 40))
		flavour &= ~(EXEC | LIMIT | ATTACH);
	if (*backend == CCWIO_TYPE1)
		flavour &= ~ATTACH;
	if (!can_fail)
		flavour &= ~FAILING;
	if (!can_limit)
		flavour &= ~SMALL;
	return flavour;
}

uint32_t user_flavour(uint64_t seed)
{
	struct rng rng = rng_stream(seed, 0);
	uint8_t backend;

	return draw_flavour(&rng, &backend);
}

void user_session(struct ledger *l, uint64_t seed, int ledger_fd)
{
	struct rng rng = rng_stream(seed, 0);
	unsigned int d;
	long before;

	ledger = l;
	l->seed = seed;
	l->flavour = draw_flavour(&rng, &l->backend);
	l->plain = !(l->flavour & (FUNCTIONS | WILD));

	signal(SIGTERM, on_term);
	nowhere = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	before = locked_memory();
	if (l->flavour & SMALL)
		join_group();
	open_devices(&rng, 1 + rng_below(&rng, USER_DEVICES));
	if (!l->devices) {
		l->orderly = true;
		_exit(0);
	}
	if (l->flavour & LIMIT)
		limit_memory(&rng);
	run_threads(&rng);
	if (l->flavour & EXEC)
		exec_other_image(ledger_fd);
	for (d = 0; d < l->devices; d++)
		settle(d);
	for (d = l->devices; d--; )
		ccwio_close(&dev[d]);
	if (locked_memory() != before)
		wrong("%ld bytes stay locked or pinned",
		      locked_memory() - before);
	l->orderly = true;
	_exit(0);
}

/*
 * The end of the soak: each device works
 */

int user_try_device(unsigned int device, enum ccwio_backend backend, char *why,
		    size_t size)
{
	struct ccwio_options options = { .backend = backend };
	struct ccwio_program *program = NULL;
	struct ccwio_irb irb = { 0 };
	struct ccwio_dev one;
	char uuid[40];
	int ret, i;

	device_uuid(device, uuid);
	options.uuid = uuid;
	ret = ccwio_open(&one, &options);
	if (ret) {
		snprintf(why, size, "%s", one.error);
		goto out;
	}
	/* Attention of the terminal may come first */
	for (i = 0; i < 20; i++) {
		ccwio_alloc_reset(&one);
		program = ccwio_assemble(&one, "buffer id 64 fill=0xee;"
					 "sense-id id 32 sli");
		ret = ccwio_start(&one, ccwio_program_orb(program));
		if (ret && ret != -EBUSY)
			break;
		if (ccwio_answer(&one, 30000, &irb) == 1 && !ret)
			break;
		ccwio_free_program(program);
		program = NULL;
		ret = -ETIMEDOUT;
	}
	if (ret || irb.scsw.sch ||
	    irb.scsw.dev != (CCWIO_DEV_CE | CCWIO_DEV_DE)) {
		snprintf(why, size, "%d, status %02x%02x", ret, irb.scsw.dev,
			 irb.scsw.sch);
		ret = ret ? ret : -EIO;
	}
	ccwio_free_program(program);
out:
	ccwio_close(&one);
	return ret;
}
