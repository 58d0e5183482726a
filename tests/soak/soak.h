/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The soak: many users of many devices, an administrator beside them, and an
 * account of every function that the driver accepted.
 *
 * Exactly once
 * ============
 *
 * Each request and each read that took status is an entry of the session's
 * ledger: when the system call began, when it returned, what it gave. Ledgers
 * are shared memory, so that those of killed processes are complete but for the
 * calls in which the processes died. When a session has ended the ledger is
 * judged (ledger.c). That is bookkeeping after the fact: nothing is sampled, and
 * no lock of the soak keeps two calls from meeting in the driver.
 *
 * A start function is *accepted* when the write of the I/O region returned its
 * full length; halt and clear functions when that of the command region did. The
 * *answer* is an ending status: status pending, a function-control bit, and not
 * intermediate alone. It answers each function whose bit it has, since one
 * status ends a start function and the halt function that ended it.
 *
 * Which start it answers is told by a number. The n-th start of a device has a
 * place of its own in guest memory, and the channel-program address of its answer
 * lies in that place; of a SENSE ID the residual count tells, too. Where the
 * architecture has no address (the device or its path was lost, memory was
 * unmapped, a halt function), or the program is a random one, the time tells: only
 * one start can be in progress, and none is accepted before the status of the one
 * before was taken. So the *time* of a start begins with its call, and ends at the
 * latest with the return of the next one whose call began after its own return;
 * or of a clear function or a reset that began later, because no earlier status
 * may come after these. An answer fits if its read has met the time.
 *
 *   lost       an accepted function without an answer, and not excused
 *   doubled    an answer more than there were accepted functions that it fits
 *   wrong      an answer for a number that was not accepted, or not then
 *
 * Excused is a function whose time meets an accepted clear function (which has an
 * answer itself), a reset, or, if it is a start, a cancel function or the answer of
 * a halt function: QEMU's channel does not name the start there. Each of them
 * excuses one function of each kind, since there was no more than one. Halt and clear
 * functions have times, answers and excuses in the same way. The end of a session
 * in order excuses nothing: it waits until the composite subchannel has no
 * function. The end by a signal, or by running out of memory, excuses what was in
 * progress then, and what a call may have taken that did not return.
 *
 * One status may be shown twice, by the rules of uapi.rst: when a clear or halt
 * function or a reset has dropped status of which the user had been told, a read
 * that finds nothing shows what was taken last until the next request. That is
 * counted as "shown again", and only if the bytes are the same, such a function
 * was accepted before, and no request lies between.
 *
 * Status may leave open whether it is an answer: the terminal asks for attention while
 * its program is suspended, and of alert status with the subchannel still suspended the
 * architecture does not say that TEST SUBCHANNEL clears the function. QEMU's does; the
 * driver looks at the subchannel. Such status may answer a function, and need not.
 *
 * Sessions without clear and halt functions and resets (the "plain" ones, a third of
 * all) have no excuse and no such case: each lost or doubled status is one there.
 */
#ifndef SOAK_H
#define SOAK_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "ccwio.h"

/* A device of the machine: 0.0.3000 and so on, or the terminal */
#define MAX_DEVICES	24
#define TERMINAL_DEVNO	0x000a

/* Devices of one user at a time */
#define USER_DEVICES	3
#define MAX_USERS	12

/* Where programs and data of a user lie; an iova is never below 1 GiB */
#define PLACE_SIZE	128
#define PLACES		2048
#define AREA_PROGRAMS	0x60000000u		/* + device << 20 */
#define AREA_WILD	0x62000000u		/* + device << 20, one page */
#define AREA_DATA	0x64000000u		/* + device << 20, by thread */
#define AREA_SPARE	0x70000000u		/* mapped and unmapped */
#define AREA_STEP	0x00100000u
#define AREA_END	0x80000000u
/* No address of the host is higher: the machine's storage ends there */
#define STORAGE_END	0x40000000u

/* What a session does besides starting programs */
enum flavour {
	FUNCTIONS = 1,		/* halt, clear, cancel, resume, reset */
	WILD = 2,		/* random programs, rewritten meanwhile */
	MEMORY = 4,		/* map, unmap, give up under a mapping */
	EVENTS = 8,		/* eventfds replaced and removed */
	ATTACH = 16,		/* detach, attach (iommufd) */
	FAILING = 32,		/* allocations fail */
	LIMIT = 64,		/* RLIMIT_MEMLOCK, without the capability */
	FORK = 128,		/* children that use the device, too */
	EXEC = 256,		/* ends by exec of another image */
	SMALL = 512,		/* a small memory cgroup */
	NR_FLAVOURS = 10
};

enum op {
	OP_FREE,
	OP_START,
	OP_HALT,
	OP_CLEAR,
	OP_CANCEL,
	OP_RESUME,
	OP_RESET,
	OP_READ,
	NR_OPS
};

/**
 * struct entry - one system call
 * @begin: CLOCK_MONOTONIC when it was called, ns
 * @end: the same when it returned; 0 if it did not
 * @op: enum op
 * @device: index within the session
 * @result: 0 or -errno
 * @number: start: its number; its place is that modulo PLACES
 * @ctl: read: word 0 of the SCSW
 * @cpa: read: word 1
 * @status: read: word 2
 * @sum: read: checksum of the whole IRB
 */
struct entry {
	uint64_t begin, end;
	uint8_t op, device;
	int16_t result;
	uint32_t number;
	uint32_t ctl, cpa, status, sum;
};

#define ENTRIES		16384

/* The number of a random program: it has no place of its own */
#define NO_NUMBER	0xffffffffu

/* What is counted; count_name() has the words */
enum count {
	N_SESSIONS, N_KILLED, N_TYPE1, N_IOMMUFD, N_STARTS, N_REFUSED, N_ANSWERS,
	N_UNNUMBERED, N_EXCUSED, N_CUT_OFF, N_SHOWN_AGAIN, N_HALTS, N_CLEARS,
	N_CANCELS, N_RESUMES, N_RESETS, N_UNSOLICITED, N_INTERMEDIATE, N_DATA,
	N_GIVEN_UP, N_UNMAPS, N_HOLES, N_ATTACHES, N_EVENTFDS, N_ACCESSES, N_FORKS,
	N_EXECS, N_REWRITES, N_WILD, N_FAILED_OPENS, N_NO_MEMORY, N_LOST_DEVICES,
	N_MUTATED, NR_COUNTS
};

/**
 * struct ledger - all of a session
 * @seed: of the session
 * @flavour: FUNCTIONS and so on
 * @plain: nothing that excuses is done
 * @backend: of the session
 * @devices: how many it has open
 * @device: which they are, index of the machine's
 * @orderly: it came to its end
 * @ended_killed: set by the parent
 * @used: entries used
 * @number: next number by device
 * @wrong: what the session itself found, in words
 * @fault: there is something in @wrong
 * @counts: see enum count
 * @entry: the entries
 */
struct ledger {
	uint64_t seed;
	uint32_t flavour;
	bool plain;
	uint8_t backend, devices;
	uint8_t device[USER_DEVICES];
	bool orderly, ended_killed;
	atomic_uint used;
	atomic_uint number[USER_DEVICES];
	atomic_bool fault;
	char wrong[400];
	atomic_ulong counts[NR_COUNTS];
	struct entry entry[ENTRIES];
};

/* Kinds of what the administrator does; action_name() has the words */
#define NR_ACTIONS	15

/* In virtual time, nights are passed at once */
#define MAX_NIGHTS	2000

/**
 * struct night - a time in which nobody does anything
 * @dusk: when it begins, as now_ns() has it
 * @dawn: when it ends
 * @before: how long all earlier ones were together, ns
 */
struct night {
	uint64_t dusk, dawn, before;
};

/**
 * struct board - what all processes of the soak share
 * @night: nights, with an empty one at first
 * @nights: how many, the one that is or was last included
 * @stop: no new sessions, and all shall end
 * @pause: the same for a while: the administrator wants no user
 * @present: device has a mediated device, as far as the administrator knows
 * @gone: device was unplugged for good
 * @loads: moves when the module is unloaded and when it is loaded
 * @devices: how many the machine has
 * @devno: their numbers
 * @done: what the administrator did, by action
 * @failed: what did not work
 * @looked: lines of files that were looked at for addresses
 * @addresses: those of them with one
 * @found: the most pages that a device has found kept
 * @relieved: the most that one has let go because memory was short
 * @reclaimed: how often the small memory group gave up all that was asked for
 */
struct board {
	struct night night[MAX_NIGHTS];
	atomic_uint nights;
	atomic_bool stop, pause;
	atomic_bool present[MAX_DEVICES], gone[MAX_DEVICES];
	atomic_uint loads;
	unsigned int devices;
	uint16_t devno[MAX_DEVICES];
	atomic_ulong done[NR_ACTIONS], failed[NR_ACTIONS];
	atomic_ulong looked, addresses, found, relieved, reclaimed;
};

extern struct board *board;
extern bool can_fail;		/* allocations can be made to fail */
extern bool can_limit;		/* there are memory cgroups */
/*
 * Unplug one device at the end and plug none. The kernel then looks at each
 * subchannel that there could be, which takes a hardened one minutes.
 */
extern bool plugs_are_slow;
/*
 * The machine's time is not the host's, so whatever waits for the host is left out;
 * and there are nights.
 */
extern bool time_is_virtual;

/* Random numbers: one stream per purpose, all from one seed */
struct rng {
	uint64_t state;
};

struct rng rng_stream(uint64_t seed, uint64_t stream);
uint32_t rng_next(struct rng *rng);
/* 0 to @n - 1 */
uint32_t rng_below(struct rng *rng, uint32_t n);
/* True @percent times of 100 */
bool rng_percent(struct rng *rng, unsigned int percent);

uint64_t now_ns(void);
/* The same without the nights, for whatever has to be done within a time */
uint64_t day_ns(void);
/* What everybody does who has nothing to do: there may be a night meanwhile */
void nap_us(unsigned int us);
/* Wait for the end of the night, if it is night */
void rest(void);
void device_uuid(unsigned int device, char uuid[40]);
/* Does a line have what may be an address of the host? */
bool has_address(const char *text);

/* ledger.c */
struct entry *ledger_begin(struct ledger *l, struct entry *reuse, enum op op,
			   unsigned int device);
bool ledger_ends(uint32_t ctl);
/* Judge a session; its faults are printed; adds to @sum. Number of faults */
unsigned int ledger_judge(struct ledger *l, unsigned long sum[NR_COUNTS]);
const char *count_name(enum count count);

/* user.c: run a session; does not return */
void user_session(struct ledger *l, uint64_t seed, int ledger_fd)
	__attribute__((noreturn));
void user_after_exec(int argc, char **argv) __attribute__((noreturn));
/* What session @seed does, FUNCTIONS and so on */
uint32_t user_flavour(uint64_t seed);
/* The device works: a numbered program runs on it. 0, or why not */
int user_try_device(unsigned int device, enum ccwio_backend backend,
		    char *why, size_t size);

/* admin.c */
int admin_prepare(void);
void admin_run(uint64_t seed) __attribute__((noreturn));
int admin_restore_all(unsigned int seconds);
const char *action_name(unsigned int action);
bool action_needs_host(unsigned int action);
/* How many allocations were made to fail by now, if they can be */
unsigned long admin_failures(void);
/* How often the small memory group has met its limit by now, if there is one */
unsigned long admin_limits(void);

#endif /* SOAK_H */
