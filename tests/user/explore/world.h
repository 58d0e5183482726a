/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The world around the state machine, for exhaustive exploration
 *
 * One world is the shipped state machine, a subchannel that behaves as the
 * Principles of Operation say, a user with four threads (two that make
 * requests, one that reads, one that unmaps) and what the user is owed.
 * world_*() run one atomic action of one of them; every free choice goes
 * through explore_choose(), so that the explorer can take each alternative in
 * turn.
 *
 * pack() and unpack() turn a world into a string of bytes and back such that
 * worlds that differ only in counters (generation, operation, identity of
 * entries) have the same string: this makes the set of states finite.
 */
#ifndef EXPLORE_WORLD_H
#define EXPLORE_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "vfio_ccw_fsm.h"

/* What the channel is doing with the start function */
enum phase {
	PH_NONE,	/* nothing */
	PH_START,	/* start pending */
	PH_START_DEV,	/* start pending, the device is still active */
	PH_ACTIVE,	/* subchannel and device active */
	PH_SUSP,	/* suspended */
	PH_DEV,		/* device active after primary status */
};

/* Status pending at the subchannel */
enum pend {
	PE_NONE,
	PE_PCI,		/* intermediate */
	PE_SUSP,	/* intermediate, suspended */
	PE_PRIM,	/* primary */
	PE_FINAL,	/* primary and secondary */
	PE_FINAL_PCI,	/* the same on top of intermediate */
	PE_CHECK,	/* primary and secondary with alert: unit check */
	PE_ODD,		/* alert with intermediate: the function may go on */
	PE_DCC1,	/* deferred condition code 1 */
	PE_DCC3,	/* deferred condition code 3 */
	PE_DONE,	/* clear or halt performed: status pending alone */
	PE_SEC,		/* secondary */
	PE_SEC_CHECK,	/* secondary with alert */
	PE_ALERT,	/* unsolicited */
	PE_ALERT_2,	/* ... by way of the other path */
	PE_SENSE,	/* ... with concurrent sense */
};

/* The subchannel */
struct hw {
	bool gone;
	bool asleep;	/* no working device: its number is not valid */
	bool fresh;	/* initialised anew since it was enabled */
	bool told;	/* the host has noticed either */
	bool took;	/* a function was accepted since any of these */
	bool ena;
	bool left_enabled; /* by an enabling that failed */
	u32 fc;
	enum phase ph;
	enum pend pend;
	bool s;		/* the program may suspend */
	bool resume;	/* resume pending */
	bool told_where; /* status has said where it is suspended */
	u8 lpm;		/* paths that the start may use */
	u8 lpum;	/* path used last, 0 if the channel does not say */
	u8 paths;	/* paths that the host lets it use */
	bool path_lost;	/* the start has used a path that was lost then */
	bool no_path;	/* for a while there was no path for the start */
	u8 lost;	/* paths that were lost since the start was accepted */
};

/* How far a request has come that takes more than one step */
enum req {
	RQ_NONE,
	RQ_LOOKED,	/* SSCH: checked without a lock, but for the generation */
	RQ_CHECKED,	/* SSCH: checked, no translation yet */
	RQ_CLAIMED,	/* SSCH: in translation, claims published */
	RQ_READY,	/* SSCH: translated, everything pinned */
	RQ_RCHECKED,	/* RSCH: checked */
	RQ_RESUME,	/* RSCH: looked at, a new tail prepared */
};

/* A thread that makes requests */
struct thread {
	enum req req;
	u32 gen;
	bool stale;	/* the life or the memory it began in has ended */
	bool touches;	/* its program uses the memory that may be unmapped */
	bool tail;	/* RSCH: prepared from where it is suspended, or not */
	bool suspended;
	bool same_cp;
};

#define MAX_THREADS	2

/* The thread that unmaps, in the driver's callback */
enum unmap {
	UN_NONE,
	UN_LOOKED,	/* the memory is in use, translations are kept off */
	UN_WAITS,	/* the state machine was told, claims have to go */
};

/* The thread that reads */
enum reader {
	RD_NONE,
	RD_HEAD,	/* has a copy of what is still the head */
	RD_STALE,	/* has a copy of what is no longer there */
};

/*
 * A VMM as they are: its guest sees one slot of status, which is filled at each
 * wake-up by whatever a read shows
 */
struct vmm {
	bool counter;	/* the eventfd is readable */
	bool pending;	/* the slot has status that the guest has not taken */
	u32 ends;	/* ... the end of these functions */
};

/* What steps left to do and nobody has done yet */
struct late {
	u32 mask;	/* VFIO_CCW_FX_* */
	u8 signals;
	bool touches;	/* a program that has ended has the memory claimed */
};

struct world {
	struct vfio_ccw_fsm fsm;
	struct hw hw;
	/* Programs: the one started, the one in quarantine */
	bool cp_touches;
	bool quarantine;
	/* User */
	bool open;
	struct thread thread[MAX_THREADS];
	bool clear_waits;	/* CSCH, for the end of QUIESCING */
	bool woken;		/* ... and was woken since */
	enum reader reader;
	u32 reader_seq;
	bool reader_ends;	/* the copy reports an end */
	u32 reader_ctl;		/* what matters in the copy */
	enum unmap unmap;
	u32 told_seq;		/* the status that it was last signalled for */
	u32 owed;		/* functions accepted and not yet answered */
	u16 seen;		/* other status taken and not yet read: KIND_* */
	u16 reader_seen;	/* ... that is in the copy */
	struct vmm vmm;
	struct late late;
	bool asked;		/* ... to give the device back */
	bool unregistering;
	/* The shell: its work is queued, its timers run */
	bool work;
	bool timer;
	bool hold_timer;
};

extern struct world w;

/*
 * What may happen in an exploration besides open, close, requests, their
 * answers and loss of the device. All at once is possible, but takes long.
 */
#define WITH_RESET	1	/* VFIO_DEVICE_RESET */
#define WITH_SHUTDOWN	2	/* the host goes down */
#define WITH_PATHS	4	/* two paths that come and go */
#define WITH_UNMAP	8	/* memory is unmapped */
#define WITH_RESUME	16	/* suspend and resume */
#define WITH_THREADS	32	/* reads and translation take their time */
#define WITH_FLOOD	64	/* PCI as often as the lock is released */
#define WITH_TWO	128	/* two threads make requests */
#define WITH_CC3	256	/* condition code 3 for no reason */
#define WITH_ODD	512	/* failed and yet enabled, attention if suspended */
#define WITH_REINIT	1024	/* the subchannel is initialised anew */
#define WITH_SILENT	2048	/* paths are lost without a report */
#define WITH_LATE	4096	/* what a step left to do is done late */
#define WITH_VMM	8192	/* a VMM reads, which has one slot */
#define WITH_PAIRS	16384	/* attentions and PCIs of two kinds */

extern unsigned int with;

/* An action of the environment needs no decision of the user */
struct action {
	const char *name;
	bool user;
	bool (*enabled)(void);
	void (*act)(void);
};

extern const struct action actions[];
extern const unsigned int nr_actions;

#define WORLD_BYTES	512

void world_init(void);
size_t world_pack(unsigned char *buf);
void world_unpack(const unsigned char *buf);
void world_print(void);

/* Everything that must hold between two actions */
void world_check(void);
/* The same with what lies ahead: bounded quiesce, bounded unmap, reading */
void world_check_ahead(void);
/* Nothing is left to do until the user decides something */
bool world_rests(void);

/* Provided by the explorer */
unsigned int explore_choose(unsigned int n);
void explore_stepped(enum vfio_ccw_event event, enum vfio_ccw_state from,
		     enum vfio_ccw_state to);
void explore_violation(const char *fmt, ...)
	__attribute__((__format__(__printf__, 1, 2), __noreturn__));

#define REQUIRE(cond, what) \
	do { \
		if (!(cond)) \
			explore_violation("%s (%s)", what, #cond); \
	} while (0)

#endif
