// SPDX-License-Identifier: GPL-2.0
/*
 * A guest of a page: no operating system, one device
 *
 * It looks for the subchannel of device 000a, enables it, and runs SENSE ID,
 * HALT SUBCHANNEL and CLEAR SUBCHANNEL on it, each to its end, without any
 * interruption. What it has seen is in struct results, at an address that the
 * emulator's monitor can read; how far it has come is in the address of the
 * disabled-wait PSW that it ends with. Linked as an ELF file that QEMU loads and
 * enters at _start in 64-bit addressing mode.
 */
#include <stdint.h>

#define DEVICE		0x000a
#define FIRST_SCHID	0x00010000u	/* PoP chapter 14, subsystem ID word */
#define PATIENCE_US	60000000ull

#define PSW_DISABLED_WAIT	0x0002000180000000ull
#define WAIT_GOOD		0x600d0
#define WAIT_BAD		0xbad00		/* and the step, see below */
#define WAIT_PROGRAM_CHECK	0xbadcc

enum step { FIND = 1, ENABLE, START, HALT, CLEAR, DONE };

/* PMCW, PoP chapter 15, "Path-Management-Control Word" */
#define PMCW_ENABLED		0x0080
#define PMCW_DEVICE_VALID	0x0001

struct schib {
	uint32_t intparm;
	uint16_t flags, devno;
	uint8_t rest[44];
} __attribute__((packed, aligned(4)));

struct irb {
	uint32_t scsw[3];
	uint32_t rest[21];
};

struct orb {
	uint32_t intparm, flags, cpa;
	uint32_t rest[5];
};

/* Format 1, prefetching allowed, any path */
#define ORB_FLAGS	0x00c0ff00u

struct ccw1 {
	uint8_t command, flags;
	uint16_t count;
	uint32_t cda;
} __attribute__((aligned(8)));

#define CCW_SENSE_ID	0xe4
#define CCW_SLI		0x20

/* Big-endian, as everything here */
struct results {
	uint32_t schid;
	uint32_t cc;		/* of the last instruction that was not 0 */
	uint32_t start[3];	/* SCSW of each end */
	uint32_t halt[3];
	uint32_t clear[3];
	uint8_t sense[8];
};

struct results results __attribute__((section(".results")));

static uint8_t stack[4096] __attribute__((aligned(8), used));
static struct schib schib;
static struct irb irb;
static struct ccw1 sense_id;
static struct orb orb;

/* The condition code of an I/O instruction with an operand in storage */
#define IO_INSTRUCTION(name, schid, at) ({				\
	register unsigned long gr1 asm("1") = (schid);			\
	int cc;								\
									\
	asm volatile(name " %1\n\tipm %0\n\tsrl %0,28"			\
		     : "=&d" (cc), "+Q" (*(at)) : "d" (gr1)		\
		     : "cc", "memory");					\
	cc;								\
})

/* The same without one */
#define IO_FUNCTION(name, schid) ({					\
	register unsigned long gr1 asm("1") = (schid);			\
	int cc;								\
									\
	asm volatile(name "\n\tipm %0\n\tsrl %0,28"			\
		     : "=&d" (cc) : "d" (gr1) : "cc", "memory");	\
	cc;								\
})

static uint64_t now_us(void)
{
	uint64_t tod;

	asm volatile("stck %0" : "=Q" (tod) : : "cc");
	return tod >> 12;
}

static void __attribute__((noreturn)) end(uint64_t address)
{
	const uint64_t psw[2] = { PSW_DISABLED_WAIT, address };

	asm volatile("lpswe %0" : : "Q" (psw) : "memory");
	__builtin_unreachable();
}

static void expect_zero(int cc, enum step step)
{
	if (!cc)
		return;
	results.cc = cc;
	end(WAIT_BAD + step);
}

/* A program check ends the guest, too: its new PSW is at 1d0 */
static void catch_program_checks(void)
{
	uint64_t *at = (uint64_t *)0x1d0;

	asm volatile("" : "+r" (at));
	at[0] = PSW_DISABLED_WAIT;
	at[1] = WAIT_PROGRAM_CHECK;
}

/* Subchannels are numbered without a gap: condition code 3 is behind the last */
static uint32_t find(void)
{
	uint32_t schid = FIRST_SCHID;

	for (;; schid++) {
		expect_zero(IO_INSTRUCTION("stsch", schid, &schib), FIND);
		if (schib.flags & PMCW_DEVICE_VALID && schib.devno == DEVICE)
			return schid;
	}
}

/* Look for status now and then, and let the emulator work meanwhile */
static void take_status(uint32_t schid, uint32_t scsw[3], enum step step)
{
	uint64_t until = now_us() + PATIENCE_US, pause;
	int i;

	while (IO_INSTRUCTION("tsch", schid, &irb)) {
		if (now_us() > until)
			end(WAIT_BAD + step);
		pause = now_us() + 1000;
		while (now_us() < pause)
			;
	}
	for (i = 0; i < 3; i++)
		scsw[i] = irb.scsw[i];
}

static void __attribute__((used, noreturn)) guest(void)
{
	uint32_t schid;

	catch_program_checks();
	schid = find();
	results.schid = schid;
	schib.flags |= PMCW_ENABLED;
	expect_zero(IO_INSTRUCTION("msch", schid, &schib), ENABLE);

	sense_id.command = CCW_SENSE_ID;
	sense_id.flags = CCW_SLI;
	sense_id.count = sizeof(results.sense);
	sense_id.cda = (uint32_t)(unsigned long)results.sense;
	orb.flags = ORB_FLAGS;
	orb.cpa = (uint32_t)(unsigned long)&sense_id;
	expect_zero(IO_INSTRUCTION("ssch", schid, &orb), START);
	take_status(schid, results.start, START);

	expect_zero(IO_FUNCTION("hsch", schid), HALT);
	take_status(schid, results.halt, HALT);
	expect_zero(IO_FUNCTION("csch", schid), CLEAR);
	take_status(schid, results.clear, CLEAR);
	end(WAIT_GOOD);
}

/* The stack grows down; a called function may store 160 bytes above it */
asm(".globl _start\n"
	"_start:	larl	%r15,stack\n"
	"	aghi	%r15,4096-160\n"
	"	brasl	%r14,guest\n");
