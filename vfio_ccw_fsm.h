/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state machine of a passed-through subchannel
 *
 * Owns: the states, the events, the one table that joins them, and the only
 * function that writes the state. Decides; never waits, never sleeps on user
 * memory, never signals, pins or unpins: what must happen after the step comes
 * back to the shell as struct vfio_ccw_effects.
 *
 * BUSY means that an accepted start, halt or clear function has not been
 * reported as ended; IDLE means that none has. Status queued here counts as
 * "status pending" at the subchannel that the guest sees.
 *
 * Locks: every function needs the owner's fsm_mutex unless it says otherwise.
 * Inside, the subchannel lock is taken through struct vfio_ccw_sch_ops around
 * each instruction together with the queue it must agree with.
 *
 * Includes no architecture header and nothing of the shell.
 */
#ifndef VFIO_CCW_FSM_H
#define VFIO_CCW_FSM_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "vfio_ccw_format.h"
#include "vfio_ccw_status.h"

struct vfio_ccw_cp;

/**
 * enum vfio_ccw_state - states of the subchannel
 * @VFIO_CCW_STATE_NOT_OPER: initial, or inaccessible; the hardware is not
 *	touched except to silence a stray interrupt. See enum vfio_ccw_reason
 * @VFIO_CCW_STATE_STANDBY: valid and disabled; bound, not opened
 * @VFIO_CCW_STATE_IDLE: enabled, no function in progress
 * @VFIO_CCW_STATE_BUSY: enabled, a function in progress (suspended included)
 * @VFIO_CCW_STATE_QUIESCING: the driver is ending all functions; has a target
 * @VFIO_CCW_NR_STATES: number of states
 */
enum vfio_ccw_state {
	VFIO_CCW_STATE_NOT_OPER = 0,	/* what zeroed memory says */
	VFIO_CCW_STATE_STANDBY,
	VFIO_CCW_STATE_IDLE,
	VFIO_CCW_STATE_BUSY,
	VFIO_CCW_STATE_QUIESCING,
	VFIO_CCW_NR_STATES
};

/**
 * enum vfio_ccw_event - everything that can happen
 * @VFIO_CCW_EVENT_INIT: probe, or another look at what was lost
 * @VFIO_CCW_EVENT_ONLINE: the user opened the device
 * @VFIO_CCW_EVENT_OFFLINE: the user closed the device
 * @VFIO_CCW_EVENT_SSCH: START SUBCHANNEL with a translated program
 * @VFIO_CCW_EVENT_RSCH: RESUME SUBCHANNEL
 * @VFIO_CCW_EVENT_HSCH: HALT SUBCHANNEL
 * @VFIO_CCW_EVENT_CSCH: CLEAR SUBCHANNEL
 * @VFIO_CCW_EVENT_XSCH: CANCEL SUBCHANNEL
 * @VFIO_CCW_EVENT_IRQ: one queued IRB is taken
 * @VFIO_CCW_EVENT_SCHIB: the subchannel information may have changed
 * @VFIO_CCW_EVENT_PATHGONE: channel paths (arg->mask) were lost or varied off
 * @VFIO_CCW_EVENT_NODEV: the subchannel has no working device: its device
 *	number is not valid, as when all paths are in standby
 * @VFIO_CCW_EVENT_GONE: the subchannel has vanished, was reset, or has another
 *	device
 * @VFIO_CCW_EVENT_RESET: VFIO_DEVICE_RESET
 * @VFIO_CCW_EVENT_DMA_UNMAP: guest memory is being unmapped; arg->touches says
 *	whether the running program uses it
 * @VFIO_CCW_EVENT_SHUTDOWN: the host goes down
 * @VFIO_CCW_EVENT_TIMEOUT: a deadline has passed: that of a rung of the quiesce
 *	ladder, or that of a program that the driver waits for
 * @VFIO_CCW_NR_EVENTS: number of events
 */
enum vfio_ccw_event {
	VFIO_CCW_EVENT_INIT,
	VFIO_CCW_EVENT_ONLINE,
	VFIO_CCW_EVENT_OFFLINE,
	VFIO_CCW_EVENT_SSCH,
	VFIO_CCW_EVENT_RSCH,
	VFIO_CCW_EVENT_HSCH,
	VFIO_CCW_EVENT_CSCH,
	VFIO_CCW_EVENT_XSCH,
	VFIO_CCW_EVENT_IRQ,
	VFIO_CCW_EVENT_SCHIB,
	VFIO_CCW_EVENT_PATHGONE,
	VFIO_CCW_EVENT_NODEV,
	VFIO_CCW_EVENT_GONE,
	VFIO_CCW_EVENT_RESET,
	VFIO_CCW_EVENT_DMA_UNMAP,
	VFIO_CCW_EVENT_SHUTDOWN,
	VFIO_CCW_EVENT_TIMEOUT,
	VFIO_CCW_NR_EVENTS
};

/**
 * enum vfio_ccw_reason - why the state is NOT_OPER
 * @VFIO_CCW_REASON_INITIAL: not yet initialised
 * @VFIO_CCW_REASON_GONE: the subchannel or device has vanished
 * @VFIO_CCW_REASON_NODEV: the subchannel has no working device; it is kept, and
 *	initialised again once it has and nobody has it open
 * @VFIO_CCW_REASON_STUCK: the channel could not be stopped; its program is in
 *	quarantine
 * @VFIO_CCW_REASON_SHUTDOWN: the host goes down
 */
enum vfio_ccw_reason {
	VFIO_CCW_REASON_INITIAL,
	VFIO_CCW_REASON_GONE,
	VFIO_CCW_REASON_NODEV,
	VFIO_CCW_REASON_STUCK,
	VFIO_CCW_REASON_SHUTDOWN,
};

/**
 * struct vfio_ccw_sch_ops - the subchannel as the state machine reaches it
 * @lock: take the subchannel lock; interrupts off until @unlock
 * @unlock: release it
 * @ssch: START SUBCHANNEL; returns the condition code 0 to 3
 * @hsch: HALT SUBCHANNEL; returns the condition code
 * @csch: CLEAR SUBCHANNEL; returns 0 or 3
 * @rsch: RESUME SUBCHANNEL; returns the condition code
 * @xsch: CANCEL SUBCHANNEL; returns the condition code
 * @stsch: STORE SUBCHANNEL into @schib and the host's copy; 0, -ENODEV if the
 *	subchannel is gone or the device number has changed, -EACCES if the
 *	device number is not valid
 * @enable: enable for interrupts, after discarding stale status; 0, -ENODEV
 *	(gone), -EACCES (no valid device), -EBUSY, -EAGAIN or -EIO (transient)
 * @disable: disable; pending status is discarded; 0, -ENODEV (gone), -EACCES
 *	(no valid device), -EBUSY (a function is in progress), other -errno
 *	(transient)
 * @paths: mask of the channel paths that the host lets this subchannel use
 * @complete: make the IRB of program @cp the guest's: addresses back to guest
 *	addresses or zero, format bit as the guest asked; without a program
 *	(@cp NULL) every address becomes zero. Must not sleep
 * @resume: put the prepared new tail of program @cp in place, if there is one,
 *	just before @rsch is issued. Must not sleep
 * @assert_held: complain unless fsm_mutex is held; called on every entry of a
 *	kernel with CONFIG_LOCKDEP. Optional
 * @impossible: told of an event that the rules exclude in the present state,
 *	instead of a WARN_ONCE(); for tests. Optional
 * @stepped: told of every cell that was run: the event, the states before and
 *	after, the result; for tracing. Optional
 *
 * Context: fsm_mutex is held, except for @stsch, which interrupts and path events
 * use, too. The instructions, @enable, @disable, @paths and @resume are called with
 * the subchannel lock held and must not sleep; @complete, @assert_held, @impossible
 * and @stepped are called without it.
 * PoP chapter 14 describes the instructions and their condition codes.
 */
struct vfio_ccw_sch_ops {
	void (*lock)(void *ctx);
	void (*unlock)(void *ctx);
	int (*ssch)(void *ctx, const struct vfio_ccw_orb *orb);
	int (*hsch)(void *ctx);
	int (*csch)(void *ctx);
	int (*rsch)(void *ctx);
	int (*xsch)(void *ctx);
	int (*stsch)(void *ctx, struct vfio_ccw_schib *schib);
	int (*enable)(void *ctx);
	int (*disable)(void *ctx);
	u8 (*paths)(void *ctx);
	void (*complete)(void *ctx, struct vfio_ccw_cp *cp,
			 struct vfio_ccw_irb *irb);
	void (*resume)(void *ctx, struct vfio_ccw_cp *cp);
	void (*assert_held)(void *ctx);
	void (*impossible)(void *ctx, enum vfio_ccw_state state,
			   enum vfio_ccw_event event);
	void (*stepped)(void *ctx, enum vfio_ccw_event event,
			enum vfio_ccw_state from, enum vfio_ccw_state to,
			int ret);
};

/* What the shell must do once fsm_mutex is released */
#define VFIO_CCW_FX_SIGNAL_IO	BIT(0)	/* signal the I/O eventfd */
#define VFIO_CCW_FX_SIGNAL_REQ	BIT(1)	/* ask the user to give the device back */
#define VFIO_CCW_FX_UNREG	BIT(2)	/* queue unregistration of the subchannel */
#define VFIO_CCW_FX_WAKE	BIT(3)	/* wake those who wait for a state */
#define VFIO_CCW_FX_TIMER	BIT(4)	/* TIMEOUT after @timer_ms, replaces any deadline */
#define VFIO_CCW_FX_TIMER_OFF	BIT(5)	/* the deadline no longer matters */
#define VFIO_CCW_FX_HOLD	BIT(6)	/* vfio_ccw_fsm_unhold() after VFIO_CCW_HOLD_MS */
#define VFIO_CCW_FX_QUARANTINE	BIT(7)	/* the retired program may still run */
#define VFIO_CCW_FX_UNQUARANTINE BIT(8)	/* quarantined programs can be released */
#define VFIO_CCW_FX_WORK	BIT(9)	/* queue the worker: status is left */

/**
 * struct vfio_ccw_effects - what is left to do after steps
 * @mask: VFIO_CCW_FX_*
 * @timer_ms: deadline for VFIO_CCW_FX_TIMER, milliseconds from now
 * @retired: program that has ended and is the caller's to unpin and free, or
 *	with VFIO_CCW_FX_QUARANTINE to put into quarantine; NULL if none
 *
 * Steps add to it; the caller clears it first and applies it after it has
 * released fsm_mutex. At most one program can retire per hold of fsm_mutex.
 */
struct vfio_ccw_effects {
	u32 mask;
	u32 timer_ms;
	struct vfio_ccw_cp *retired;
};

/**
 * struct vfio_ccw_arg - what comes with an event
 * @orb: SSCH: the host ORB, big-endian, with the driver's own interruption
 *	parameter; its logical-path mask is limited to the host's paths here
 * @cp: SSCH: the translated program; NULL on return if the FSM has taken it
 * @gen: SSCH, RSCH: what vfio_ccw_fsm_check() gave before translation
 * @resume: RSCH: what vfio_ccw_fsm_resumable() gave: a new tail is prepared for
 *	program @cp, or nothing of it has to change
 * @suspended: RSCH: the program was suspended when the preparation began
 * @refetch: RSCH: result: a resume is accepted, or was pending already, so that
 *	the channel has yet to fetch what it comes to: the caller has to call
 *	vfio_ccw_cp_resumed()
 * @io_region: RSCH: asked for by a write to the I/O region, where condition
 *	code 2 is -EBUSY and not -EINVAL
 * @mask: PATHGONE: the paths lost, most significant bit first
 * @touches: DMA_UNMAP: the running program uses the memory
 */
struct vfio_ccw_arg {
	const struct vfio_ccw_orb *orb;
	struct vfio_ccw_cp *cp;
	u32 gen;
	bool resume;
	bool suspended;
	bool refetch;
	bool io_region;
	u8 mask;
	bool touches;
};

/*
 * Entries of status that are taken in one hold of fsm_mutex, or before an event
 * that looks at them: all that were queued when it began. If there are more, as
 * of a program that interrupts without end, the worker runs again.
 */
#define VFIO_CCW_DRAIN_MAX	VFIO_CCW_STATUSQ_LEN

/* How long status that may wait is held after an ending one, milliseconds */
#define VFIO_CCW_HOLD_MS	5

/*
 * The quiesce ladder: disable is tried at every step. Together below 25 s; a
 * shutdown has 3 s.
 */
#define VFIO_CCW_QUIESCE_HALTS		2
#define VFIO_CCW_QUIESCE_CLEARS		5
#define VFIO_CCW_QUIESCE_STEP_MS	3000
#define VFIO_CCW_SHUTDOWN_STEP_MS	400

/**
 * struct vfio_ccw_fsm - one state machine
 * @ops: the subchannel
 * @ctx: first argument of every op
 * @state: current state; written by vfio_ccw_fsm_step() alone, read with
 *	READ_ONCE() by waiters and vfio_ccw_fsm_ready() (fsm_mutex)
 * @reason: why NOT_OPER (fsm_mutex)
 * @target: where QUIESCING leads (fsm_mutex)
 * @fc: functions accepted and not reported ended, VFIO_CCW_FC_* (fsm_mutex)
 * @cp: started program, from ssch cc 0 until its end is taken (fsm_mutex;
 *	READ_ONCE() by the search for other programs)
 * @gen: generation: what was translated in an earlier one is not started. Moves
 *	with ONLINE, OFFLINE, RESET and DMA_UNMAP, and when QUIESCING begins;
 *	read with READ_ONCE() by vfio_ccw_fsm_ready() and whoever pins
 *	(fsm_mutex)
 * @op: number of the last accepted function; stamps status (subchannel lock)
 * @accepting: interrupts are wanted, the subchannel is enabled; set and cleared
 *	in one section with that (subchannel lock)
 * @lpm: paths that the started program may use (fsm_mutex)
 * @suspended_cpa: channel-program address of the status by which the started
 *	program said that it is suspended, 0 if there was none since the start
 *	or the last resume (fsm_mutex)
 * @attended: a function was accepted, and whoever holds fsm_mutex calls
 *	vfio_ccw_fsm_drain() before letting go of it, so that the worker need
 *	not run (subchannel lock; set by the holder alone)
 * @posted: events noted by atomic contexts, BIT(event) (subchannel lock)
 * @lost: paths noted with PATHGONE (subchannel lock)
 * @hold: ending status was read last: secondary and unsolicited status waits
 *	for the user's next request or for vfio_ccw_fsm_unhold() (fsm_mutex)
 * @holding: some status waits so, and FX_HOLD was asked for (fsm_mutex)
 * @signalled: identity of the last head that the user was told of (fsm_mutex)
 * @surplus: signals that may be left for status that was taken away before the
 *	user read it; each read that finds nothing uses one up (fsm_mutex)
 * @again: @taken is shown while there is nothing else to show, until the next
 *	request of the user (fsm_mutex)
 * @kill: subchannel status to report for a start that the driver is
 *	terminating, VFIO_CCW_CS_*, or 0 (fsm_mutex)
 * @kill_lpum: path to report with @kill, 0 if none (fsm_mutex)
 * @deadline: the driver waits for the program's end, because of a lost path or
 *	an unmap; TIMEOUT matters (fsm_mutex)
 * @quarantined: a program that may still run was given up (fsm_mutex; READ_ONCE()
 *	by who releases it)
 * @opened: between ONLINE and OFFLINE (fsm_mutex)
 * @shutdown: the ladder has to hurry (fsm_mutex)
 * @step: rung of the quiesce ladder (fsm_mutex)
 * @stray: interrupts consumed without forwarding (subchannel lock)
 * @taken: the status that the user has taken last, if a signal may be left that
 *	makes it read once more (fsm_mutex)
 * @rawq: status from the interrupt handler (subchannel lock)
 * @outq: status for the user; the head is what irb_area shows (fsm_mutex)
 */
struct vfio_ccw_fsm {
	const struct vfio_ccw_sch_ops *ops;
	void *ctx;
	enum vfio_ccw_state state;
	enum vfio_ccw_reason reason;
	enum vfio_ccw_state target;
	u32 fc;
	struct vfio_ccw_cp *cp;
	u32 gen;
	u32 op;
	u8 lpm;
	u32 suspended_cpa;
	bool accepting;
	bool attended;
	u32 posted;
	u8 lost;
	bool hold;
	bool holding;
	u32 signalled;
	unsigned int surplus;
	bool again;
	u8 kill;
	u8 kill_lpum;
	bool deadline;
	bool quarantined;
	bool opened;
	bool shutdown;
	unsigned int step;
	unsigned long stray;
	struct vfio_ccw_irb taken;
	struct vfio_ccw_statusq rawq;
	struct vfio_ccw_statusq outq;
};

void vfio_ccw_fsm_init(struct vfio_ccw_fsm *fsm,
		       const struct vfio_ccw_sch_ops *ops, void *ctx);
int vfio_ccw_fsm_step(struct vfio_ccw_fsm *fsm, enum vfio_ccw_event event,
		      struct vfio_ccw_arg *arg, struct vfio_ccw_effects *fx);

/* Before the long part of a request; no hardware is touched */
int vfio_ccw_fsm_check(struct vfio_ccw_fsm *fsm, enum vfio_ccw_event event,
		       u32 *gen, struct vfio_ccw_effects *fx);

/**
 * vfio_ccw_fsm_ready - will a start in all likelihood be accepted?
 * @fsm: state machine
 * @gen: for struct vfio_ccw_arg, valid if true is returned
 *
 * The usual case of vfio_ccw_fsm_check() of SSCH, without a lock. Either answer
 * may be outdated at once: vfio_ccw_fsm_step() decides.
 *
 * Unlike that check it does not end the hold of status: no status is queued that
 * waits for it, and status that comes in meanwhile is announced by the step. If
 * no step follows, that check has to.
 *
 * Context: any; what must not be older than @gen has to be read afterwards, behind
 *	a barrier.
 * Return: true if the answer of vfio_ccw_fsm_check() would be 0; else ask it.
 */
static inline bool vfio_ccw_fsm_ready(const struct vfio_ccw_fsm *fsm, u32 *gen)
{
	/* The other sides are steps under fsm_mutex, and interrupts */
	if (READ_ONCE(fsm->state) != VFIO_CCW_STATE_IDLE ||
	    vfio_ccw_statusq_pending(&fsm->rawq) ||
	    vfio_ccw_statusq_pending(&fsm->outq))
		return false;
	*gen = READ_ONCE(fsm->gen);
	return true;
}

/* RSCH: is there a program to prepare a new tail for, and where is it? */
bool vfio_ccw_fsm_resumable(struct vfio_ccw_fsm *fsm, bool *suspended,
			    u32 *host_cpa);

/* What RESET, OFFLINE or SHUTDOWN came to */
int vfio_ccw_fsm_result(struct vfio_ccw_fsm *fsm);

/* Atomic contexts, subchannel lock held, no fsm_mutex */
bool vfio_ccw_fsm_irq(struct vfio_ccw_fsm *fsm,
		      const struct vfio_ccw_irb *irb,
		      enum vfio_ccw_status_class class);
void vfio_ccw_fsm_post(struct vfio_ccw_fsm *fsm, enum vfio_ccw_event event,
		       u8 mask);
int vfio_ccw_fsm_store(struct vfio_ccw_fsm *fsm, struct vfio_ccw_schib *schib);

/* The worker: takes everything queued and posted */
void vfio_ccw_fsm_drain(struct vfio_ccw_fsm *fsm, struct vfio_ccw_effects *fx);

/* The user's view of irb_area */
u32 vfio_ccw_fsm_peek(struct vfio_ccw_fsm *fsm, struct vfio_ccw_irb *irb);
void vfio_ccw_fsm_ack(struct vfio_ccw_fsm *fsm, u32 seq,
		      struct vfio_ccw_effects *fx);
void vfio_ccw_fsm_unhold(struct vfio_ccw_fsm *fsm,
			 struct vfio_ccw_effects *fx);

const char *vfio_ccw_state_name(enum vfio_ccw_state state);
const char *vfio_ccw_event_name(enum vfio_ccw_event event);
const char *vfio_ccw_reason_name(enum vfio_ccw_reason reason);

/**
 * struct vfio_ccw_cell - one cell of the table, for printing
 * @action: name of what is done
 * @to: BIT(state) of every state that it may lead to
 * @then: BIT(event) of every event that may follow within the same step
 */
struct vfio_ccw_cell {
	const char *action;
	u32 to;
	u32 then;
};

void vfio_ccw_fsm_cell(enum vfio_ccw_state state, enum vfio_ccw_event event,
		       struct vfio_ccw_cell *cell);

#endif /* VFIO_CCW_FSM_H */
