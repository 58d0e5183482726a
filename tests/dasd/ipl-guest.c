// SPDX-License-Identifier: GPL-2.0
/*
 * What a volume holds that a guest is loaded from in check-ipl: a program of
 * less than a page that writes one line on the console and stops its processor
 *
 * The line is no part of it, but a record of its own on the volume, another one
 * in each run. So whoever sees it on the console knows that both were read from
 * this volume, and that the program was executed.
 *
 * ipl.py puts it onto the volume, with the channel programs that read it to where
 * it is linked (ipl-guest.lds), and the line to LINE. It is entered at its first
 * byte, in 31-bit addressing mode, with interruptions disabled. Nothing clears
 * memory for it, so all of its variables have a value in the file.
 */
#include <stdint.h>

/* Where the line is in the guest's memory, as in ipl.py */
#define LINE		0x3000
#define LINE_SIZE	40

/* Where the new PSW of an external interruption is, PoP chapter 3 */
#define EXTERNAL_NEW	0x1b0

#define PSW_64_BIT		0x0000000180000000ull
#define PSW_EXTERNAL_WAIT	0x0102000180000000ull
#define PSW_DISABLED_WAIT	0x0002000180000000ull

/* Addresses of a disabled wait: the response, or condition code, is added */
#define WAIT_RESPONSE		0xbad0000
#define WAIT_CONDITION		0xbad00

#define CR0_SERVICE_SIGNAL	0x200ull
#define SIGP_STOP		5
#define CPU			0	/* the address of the only one */

/* Service calls: a command, and a block of parameters that begins with a head */
#define SET_EVENT_MASKS		0x00780005u
#define WRITE_EVENTS		0x00760005u
#define RESPONSE_GOOD		0x0020

struct head {
	uint16_t length;
	uint8_t function, control[3];
	uint16_t response;
};

/* An event that the program sends: text for the console */
#define TEXT_EVENT		26
#define TEXT_EVENT_MASK		(1u << (32 - TEXT_EVENT))

struct masks {
	struct head head;
	uint16_t reserved, size;
	uint32_t receive, send, console_receive, console_send;
} __attribute__((aligned(8)));

struct event {
	struct head head;
	uint16_t length;
	uint8_t type, flags;
	uint16_t reserved;
	char text[LINE_SIZE];
} __attribute__((aligned(8)));

static struct masks masks = {
	.head.length = sizeof(masks),
	.size = sizeof(masks.send),
	.send = TEXT_EVENT_MASK,
};

static struct event event = {
	.head.length = sizeof(event),
	.length = sizeof(event) - sizeof(event.head),
	.type = TEXT_EVENT,
};

static void __attribute__((noreturn)) wait(uint64_t address)
{
	const uint64_t psw[2] = { PSW_DISABLED_WAIT, address };

	asm volatile("lpswe %0" : : "Q" (psw) : "memory");
	__builtin_unreachable();
}

/*
 * A service call, to its end: that is an external interruption, which leads to
 * the instruction behind the one that waits
 */
static void call(uint32_t command, struct head *head)
{
	const uint64_t waiting[2] = { PSW_EXTERNAL_WAIT, 0 };
	uint64_t *new = (uint64_t *)EXTERNAL_NEW;
	uint64_t behind;
	int cc;

	asm volatile("" : "+r" (new));
	new[0] = PSW_64_BIT;
	asm volatile("	larl	%[behind],0f\n"
		     "	stg	%[behind],8(%[new])\n"
		     "	.insn	rre,0xb2200000,%[command],%[head]\n"
		     "	ipm	%[cc]\n"
		     "	srl	%[cc],28\n"
		     "	ltr	%[cc],%[cc]\n"
		     "	jnz	0f\n"
		     "	lpswe	%[waiting]\n"
		     "0:\n"
		     : [behind] "=&a" (behind), [cc] "=&d" (cc)
		     : [new] "a" (new), [command] "d" (command),
		       [head] "a" (head), [waiting] "Q" (waiting)
		     : "cc", "memory");
	if (cc)
		wait(WAIT_CONDITION + cc);
	if (head->response != RESPONSE_GOOD)
		wait(WAIT_RESPONSE + head->response);
}

static void __attribute__((used, noreturn)) program(void)
{
	static const uint64_t cr0 = CR0_SERVICE_SIGNAL;
	const char *line = (const char *)LINE;
	unsigned int i;

	asm volatile("lctlg %%c0,%%c0,%0" : : "Q" (cr0));
	call(SET_EVENT_MASKS, &masks.head);
	asm volatile("" : "+r" (line));
	for (i = 0; i < LINE_SIZE; i++)
		event.text[i] = line[i];
	call(WRITE_EVENTS, &event.head);
	for (;;)
		asm volatile("lghi %%r1,0\n\tsigp %%r1,%0,%1"
			     : : "d" (CPU), "i" (SIGP_STOP)
			     : "1", "cc", "memory");
}

/* The stack grows down from 8000; a called function may store 160 bytes above it */
asm(".section .head,\"ax\"\n"
	".globl _start\n"
	"_start:	sam64\n"
	"	lghi	%r15,0x7f60\n"
	"	brasl	%r14,program\n"
	".previous\n");
