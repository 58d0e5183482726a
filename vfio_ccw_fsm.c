// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine of a passed-through subchannel: table and actions
 *
 * One table joins states and events. A cell names its action, the states that
 * the action may lead to and the events that may follow within the same step;
 * vfio_ccw_fsm_step() looks the cell up, runs the action, checks the outcome
 * against the cell and is the only one to write the state. An action never
 * calls another cell: what has to happen next comes back as an event.
 *
 * What holds between two steps (each is checked by the tests):
 *
 * - BUSY exactly while @fc is not 0; IDLE means that no function is in
 *   progress at the hardware unless its status is queued
 * - @cp exists exactly from the ssch with condition code 0 to the end of that
 *   start, through QUIESCING where need be
 * - every accepted function is answered exactly once
 * - the subchannel is enabled in IDLE, BUSY and QUIESCING only, except when it
 *   could not be stopped; then the program is in quarantine
 *
 * An instruction and the queue it has to agree with are one section under the
 * subchannel lock, and so are an interrupt and its queue. Hence the status
 * queued when CLEAR SUBCHANNEL is executed is exactly the status from before.
 */
#include <kunit/visibility.h>
#include <linux/array_size.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kconfig.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#include "vfio_ccw_counter.h"
#include "vfio_ccw_format.h"
#include "vfio_ccw_fsm.h"
#include "vfio_ccw_status.h"

/* "Nothing follows" */
#define NO_EVENT	VFIO_CCW_NR_EVENTS

/**
 * struct turn - one run through a cell
 * @arg: what came with the event; NULL if nothing can
 * @fx: what is left to do afterwards
 * @next: state to go to; preset to the present one
 * @then: event that follows in this step; preset to NO_EVENT
 */
struct turn {
	struct vfio_ccw_arg *arg;
	struct vfio_ccw_effects *fx;
	enum vfio_ccw_state next;
	enum vfio_ccw_event then;
};

/**
 * struct cell - one cell of the table
 * @act: the action; 0 or -errno
 * @name: its name
 * @to: states that it may set as next
 * @then: events that it may ask for
 */
struct cell {
	int (*act)(struct vfio_ccw_fsm *fsm, struct turn *t);
	const char *name;
	u32 to;
	u32 then;
};

enum { CC_SSCH, CC_RSCH, CC_RSCH_IO, CC_HSCH, CC_CSCH, CC_XSCH, NR_CC };

/*
 * Condition code -> result, PoP chapter 14. The user gives its guest condition
 * code 2 for -EBUSY and 3 for -ENODEV and -EACCES; CLEAR SUBCHANNEL has no
 * condition code 1 or 2, and its user does not expect -EBUSY.
 */
static const int fsm_cc_errno[NR_CC][4] = {
	[CC_SSCH]    = { 0, -EBUSY, -EBUSY,  -ENODEV },
	[CC_RSCH]    = { 0, -EBUSY, -EINVAL, -ENODEV },
	[CC_RSCH_IO] = { 0, -EBUSY, -EBUSY,  -ENODEV },
	[CC_HSCH]    = { 0, -EBUSY, -EBUSY,  -ENODEV },
	[CC_CSCH]    = { 0, -EIO,   -EIO,    -ENODEV },
	[CC_XSCH]    = { 0, -EBUSY, -EINVAL, -ENODEV },
};

static void fsm_assert_held(struct vfio_ccw_fsm *fsm)
{
	if (IS_ENABLED(CONFIG_LOCKDEP) && fsm->ops->assert_held)
		fsm->ops->assert_held(fsm->ctx);
}

/* The rules exclude @event now: the hardware, the shell or this file is wrong */
static void fsm_impossible(struct vfio_ccw_fsm *fsm, enum vfio_ccw_event event)
{
	if (fsm->ops->impossible)
		fsm->ops->impossible(fsm->ctx, fsm->state, event);
	else
		WARN_ONCE(1, "vfio-ccw: event %s cannot happen in state %s\n",
			  vfio_ccw_event_name(event),
			  vfio_ccw_state_name(fsm->state));
}

static void fsm_lock(struct vfio_ccw_fsm *fsm)
{
	fsm->ops->lock(fsm->ctx);
}

static void fsm_unlock(struct vfio_ccw_fsm *fsm)
{
	fsm->ops->unlock(fsm->ctx);
}

static void fsm_timer_on(struct vfio_ccw_fsm *fsm, struct vfio_ccw_effects *fx)
{
	fx->mask = (fx->mask & ~VFIO_CCW_FX_TIMER_OFF) | VFIO_CCW_FX_TIMER;
	fx->timer_ms = fsm->shutdown ? VFIO_CCW_SHUTDOWN_STEP_MS :
				       VFIO_CCW_QUIESCE_STEP_MS;
}

static void fsm_timer_off(struct vfio_ccw_effects *fx)
{
	fx->mask = (fx->mask & ~VFIO_CCW_FX_TIMER) | VFIO_CCW_FX_TIMER_OFF;
}

/*
 * Status for the user
 */

/* Secondary and unsolicited status waits behind ending status just read */
static bool fsm_held_back(const struct vfio_ccw_fsm *fsm,
			  const struct vfio_ccw_status *st)
{
	return fsm->hold && (st->class == VFIO_CCW_STATUS_REST ||
			     st->class == VFIO_CCW_STATUS_UNSOL);
}

/*
 * Tell the user of a new head, and only once: a user may take each signal for new
 * status, read, and replace the status that it had by what it has read.
 */
static __always_inline void fsm_announce_head(struct vfio_ccw_fsm *fsm,
					      struct vfio_ccw_effects *fx)
{
	const struct vfio_ccw_status *head = &fsm->outq.entry[fsm->outq.head];

	if (!fsm->outq.len || head->seq == fsm->signalled)
		return;
	if (!fsm_held_back(fsm, head)) {
		fsm->signalled = head->seq;
		fx->mask |= VFIO_CCW_FX_SIGNAL_IO;
	} else if (!fsm->holding) {
		fsm->holding = true;
		fx->mask |= VFIO_CCW_FX_HOLD;
	}
}

static void fsm_end_hold(struct vfio_ccw_fsm *fsm)
{
	fsm->hold = false;
	fsm->holding = false;
}

/* The status that the user was told of and has not taken; 0 if there is none */
static u32 fsm_told_of(const struct vfio_ccw_fsm *fsm)
{
	u32 seq = fsm->outq.entry[fsm->outq.head].seq;

	return fsm->outq.len && seq == fsm->signalled ? seq : 0;
}

/*
 * Status that the user was told of has been taken away, but its signal is left.
 * The user reads once for that signal and finds nothing, or status that has come
 * since and has a signal of its own. Either way one read too many follows. Count
 * it, because that read must not replace what the user has by nothing.
 */
static void fsm_note_surplus(struct vfio_ccw_fsm *fsm, u32 told)
{
	if (told && fsm_told_of(fsm) != told && fsm->surplus < UINT_MAX)
		fsm->surplus++;
}

/* Clears @attended with the last entry: the worker takes later status */
static bool fsm_take_status(struct vfio_ccw_fsm *fsm,
			    struct vfio_ccw_status *st)
{
	struct vfio_ccw_statusq *q = &fsm->rawq;
	bool any;

	fsm_lock(fsm);
	any = vfio_ccw_statusq_pending(q);
	if (any) {
		*st = q->entry[q->head];
		vfio_ccw_statusq_pop(q);
		fsm->attended &= vfio_ccw_statusq_pending(q);
	}
	fsm_unlock(fsm);
	return any;
}

static void fsm_report_status(struct vfio_ccw_fsm *fsm,
			      struct vfio_ccw_status *st)
{
	fsm->ops->complete(fsm->ctx, fsm->cp, &st->irb);
	vfio_ccw_statusq_push(&fsm->outq, &st->irb, st->class, st->op);
}

/* Make up the status that ends the functions in progress */
static void fsm_answer_functions(struct vfio_ccw_fsm *fsm)
{
	struct vfio_ccw_irb irb;

	if (!fsm->fc)
		return;
	if (fsm->kill && (fsm->fc & VFIO_CCW_FC_START))
		vfio_ccw_status_check(&irb, fsm->fc, fsm->kill, fsm->kill_lpum);
	else
		vfio_ccw_status_gone(&irb, fsm->fc);
	fsm->ops->complete(fsm->ctx, fsm->cp, &irb);
	vfio_ccw_statusq_push(&fsm->outq, &irb, VFIO_CCW_STATUS_ENDS, fsm->op);
	fsm->fc = 0;
	fsm->kill = 0;
}

/* Refuse to start what has been translated so far */
static void fsm_outdate(struct vfio_ccw_fsm *fsm)
{
	/* The other sides are vfio_ccw_fsm_ready() and whoever pins */
	WRITE_ONCE(fsm->gen, fsm->gen + 1);
}

/* Drop all status and functions: the user resets or closes the device */
static void fsm_forget_status(struct vfio_ccw_fsm *fsm)
{
	u32 told = fsm_told_of(fsm);

	fsm_lock(fsm);
	vfio_ccw_statusq_purge(&fsm->rawq);
	fsm_unlock(fsm);
	vfio_ccw_statusq_purge(&fsm->outq);
	fsm_note_surplus(fsm, told);
	fsm_end_hold(fsm);
	fsm->again = false;
	fsm->fc = 0;
	fsm->kill = 0;
}

/*
 * Parts of actions
 */

/* Give the program, which has ended, to the caller of the step */
static void fsm_retire_program(struct vfio_ccw_fsm *fsm,
			       struct vfio_ccw_effects *fx)
{
	if (fsm->cp) {
		WARN_ON_ONCE(fx->retired);
		fx->retired = fsm->cp;
		WRITE_ONCE(fsm->cp, NULL);
	}
	if (fsm->deadline) {
		fsm->deadline = false;
		fsm_timer_off(fx);
	}
}

/* The program must end in bounded time: else TIMEOUT leads to QUIESCING */
static void fsm_set_deadline(struct vfio_ccw_fsm *fsm,
			     struct vfio_ccw_effects *fx)
{
	if (fsm->deadline)
		return;
	fsm->deadline = true;
	fsm_timer_on(fsm, fx);
}

/* Never release a program that the channel may still run */
static void fsm_quarantine(struct vfio_ccw_fsm *fsm,
			   struct vfio_ccw_effects *fx)
{
	if (!fsm->cp)
		return;
	WRITE_ONCE(fsm->quarantined, true);
	fx->mask |= VFIO_CCW_FX_QUARANTINE;
}

static void fsm_release_quarantine(struct vfio_ccw_fsm *fsm,
				   struct vfio_ccw_effects *fx)
{
	if (!fsm->quarantined)
		return;
	WRITE_ONCE(fsm->quarantined, false);
	fx->mask |= VFIO_CCW_FX_UNQUARANTINE;
}

/*
 * STORE SUBCHANNEL under the subchannel lock. An enabled subchannel that is
 * found disabled was reset: what was there is gone, whatever is there now. PoP
 * chapter 17, "Channel-Subsystem Recovery".
 */
static int fsm_store(struct vfio_ccw_fsm *fsm, struct vfio_ccw_schib *schib)
{
	int ret = fsm->ops->stsch(fsm->ctx, schib);

	if (!ret && fsm->accepting &&
	    !(schib->ctl & cpu_to_be32(VFIO_CCW_PMCW_ENA)))
		return -ENODEV;
	return ret;
}

static int fsm_check_there(struct vfio_ccw_fsm *fsm)
{
	struct vfio_ccw_schib schib;
	int ret;

	fsm_lock(fsm);
	ret = fsm_store(fsm, &schib);
	fsm_unlock(fsm);
	return ret;
}

/* Does a result say that the subchannel or its device is lost? */
static bool fsm_is_lost(int ret)
{
	return ret == -ENODEV || ret == -EACCES;
}

/* The event that a result leads to; NO_EVENT unless it says "lost" */
static enum vfio_ccw_event fsm_loss_event(int ret)
{
	if (!fsm_is_lost(ret))
		return NO_EVENT;
	return ret == -EACCES ? VFIO_CCW_EVENT_NODEV : VFIO_CCW_EVENT_GONE;
}

/* Only STORE SUBCHANNEL proves that a condition code 3 means "lost" */
static int fsm_cc_result(struct vfio_ccw_fsm *fsm, struct turn *t,
			 unsigned int insn, int cc)
{
	if (cc == 3)
		t->then = fsm_loss_event(fsm_check_there(fsm));
	return fsm_cc_errno[insn][cc & 3];
}

/* Accept no interrupt any more, and drop those that are queued */
static void fsm_stop_accepting(struct vfio_ccw_fsm *fsm)
{
	fsm_lock(fsm);
	fsm->accepting = false;
	vfio_ccw_statusq_purge(&fsm->rawq);
	fsm_unlock(fsm);
}

static int fsm_disable(struct vfio_ccw_fsm *fsm)
{
	int ret;

	fsm_lock(fsm);
	ret = fsm->ops->disable(fsm->ctx);
	if (!ret) {
		fsm->accepting = false;
		vfio_ccw_statusq_purge(&fsm->rawq);
	}
	fsm_unlock(fsm);
	return ret;
}

static int fsm_enable(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	int ret;

	fsm_lock(fsm);
	ret = fsm->ops->enable(fsm->ctx);
	/* An enabling that failed half-way may have left it enabled */
	if (unlikely(ret) && !fsm_is_lost(ret))
		fsm->ops->disable(fsm->ctx);
	fsm->accepting = !ret;
	vfio_ccw_statusq_purge(&fsm->rawq);
	fsm_unlock(fsm);

	t->then = fsm_loss_event(ret);
	if (fsm_is_lost(ret))
		return -ENODEV;
	t->next = ret ? VFIO_CCW_STATE_STANDBY : VFIO_CCW_STATE_IDLE;
	return ret;
}

/* Disable; true if nothing runs any more, because it is disabled or lost */
static bool fsm_silence(struct vfio_ccw_fsm *fsm)
{
	int ret = fsm_disable(fsm);

	return !ret || fsm_is_lost(ret);
}

/* End all functions; those in @fc will be answered */
static int fsm_begin_quiesce(struct vfio_ccw_fsm *fsm, struct turn *t,
			     enum vfio_ccw_state target)
{
	fsm_outdate(fsm);
	fsm->target = target;
	fsm->step = 0;
	fsm->deadline = false;
	t->next = VFIO_CCW_STATE_QUIESCING;
	t->then = VFIO_CCW_EVENT_TIMEOUT;
	return 0;
}

static void fsm_enter_not_oper(struct vfio_ccw_fsm *fsm, struct turn *t,
			       enum vfio_ccw_reason reason)
{
	fsm_stop_accepting(fsm);
	fsm_answer_functions(fsm);
	fsm_retire_program(fsm, t->fx);
	fsm->reason = reason;
	t->next = VFIO_CCW_STATE_NOT_OPER;
}

/* Can the same device come back at this subchannel? */
static bool fsm_may_return(const struct vfio_ccw_fsm *fsm)
{
	return fsm->reason == VFIO_CCW_REASON_NODEV ||
	       fsm->reason == VFIO_CCW_REASON_STUCK;
}

/* Initialise again, unless the user still has to close the device */
static void fsm_look_again(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	if (!fsm->opened && fsm_may_return(fsm))
		t->then = VFIO_CCW_EVENT_INIT;
}

/*
 * Any state
 */

static int fsm_no_op(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	return 0;
}

static int fsm_refuse_nodev(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	return -ENODEV;
}

static int fsm_refuse_io(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	return -EIO;
}

static int fsm_refuse_busy(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	return -EBUSY;
}

/*
 * Neither start a program that was translated before the unmap, nor go on with its
 * translation: it would pin memory that goes away.
 */
static int fsm_note_unmap(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm_outdate(fsm);
	return 0;
}

/* The caller waits for the end of QUIESCING and asks again */
static int fsm_wait(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	return -EINPROGRESS;
}

/*
 * The vfio core counts opens and waits for the last close before the device
 * goes, and a close does not return in QUIESCING: so neither ONLINE nor INIT can
 * come while the device is open.
 */
static int fsm_refuse_open(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm_impossible(fsm, VFIO_CCW_EVENT_ONLINE);
	return -EBUSY;
}

/* Look whether the subchannel and its device are still there */
static int fsm_refresh(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	int ret = fsm_check_there(fsm);

	t->then = fsm_loss_event(ret);
	return ret;
}

/*
 * Answer the functions in progress, since no interrupt is accepted any more. A
 * lost subchannel runs nothing. One that is back may still run the program, unless
 * it can be disabled.
 */
static void fsm_enter_lost(struct vfio_ccw_fsm *fsm, struct turn *t,
			   enum vfio_ccw_reason reason)
{
	if (!fsm_silence(fsm)) {
		fsm_quarantine(fsm, t->fx);
		reason = VFIO_CCW_REASON_STUCK;
	}
	fsm->kill = 0;
	fsm_enter_not_oper(fsm, t, reason);
	if (fsm->opened)
		t->fx->mask |= VFIO_CCW_FX_SIGNAL_REQ;
	else if (reason == VFIO_CCW_REASON_GONE)
		t->fx->mask |= VFIO_CCW_FX_UNREG;
}

static int fsm_gone(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm_enter_lost(fsm, t, VFIO_CCW_REASON_GONE);
	fsm_look_again(fsm, t);
	return 0;
}

/* The subchannel is kept for the device: it may be back already */
static int fsm_no_device(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm_enter_lost(fsm, t, VFIO_CCW_REASON_NODEV);
	fsm_look_again(fsm, t);
	return 0;
}

/* The user asked: nothing is answered */
static int fsm_begin_offline(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm->opened = false;
	fsm_forget_status(fsm);
	return fsm_begin_quiesce(fsm, t, VFIO_CCW_STATE_STANDBY);
}

static int fsm_begin_reset(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm_forget_status(fsm);
	return fsm_begin_quiesce(fsm, t, VFIO_CCW_STATE_IDLE);
}

/* The user did not ask: what is in progress will be answered, if still open */
static int fsm_begin_shutdown(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm->shutdown = true;
	return fsm_begin_quiesce(fsm, t, VFIO_CCW_STATE_NOT_OPER);
}

/*
 * NOT_OPER
 */

/*
 * STANDBY means disabled. A channel that could not be stopped and a device that
 * had no path get another chance here; a host that goes down does not.
 */
static int fsm_notoper_init(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	int ret;

	if (fsm->opened || fsm->shutdown)
		return -ENODEV;
	ret = fsm_check_there(fsm);
	if (!ret)
		ret = fsm_disable(fsm);
	if (!ret) {
		fsm_release_quarantine(fsm, t->fx);
		t->next = VFIO_CCW_STATE_STANDBY;
	} else if (ret == -ENODEV && fsm_may_return(fsm)) {
		t->then = VFIO_CCW_EVENT_GONE;
	}
	return ret;
}

/* Unregistration, or another look, waits for the last close: here it is */
static int fsm_notoper_offline(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm->opened = false;
	fsm_outdate(fsm);
	fsm_forget_status(fsm);
	if (fsm->reason == VFIO_CCW_REASON_GONE)
		t->fx->mask |= VFIO_CCW_FX_UNREG;
	fsm_look_again(fsm, t);
	return 0;
}

/*
 * Silence a stray interrupt. If the channel could not be stopped before, it
 * has stopped by itself once it can be disabled.
 */
static int fsm_notoper_irq(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	if (!fsm_silence(fsm))
		return 0;
	fsm_release_quarantine(fsm, t->fx);
	fsm_look_again(fsm, t);
	return 0;
}

/* After GONE the device found here may be another one: no way back to life */
static int fsm_notoper_schib(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	if (!fsm->opened && fsm->reason == VFIO_CCW_REASON_GONE)
		t->fx->mask |= VFIO_CCW_FX_UNREG;
	fsm_look_again(fsm, t);
	return 0;
}

/* The device that was expected back at this subchannel will not come back */
static int fsm_notoper_gone(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	if (!fsm_silence(fsm))
		return 0;
	fsm_release_quarantine(fsm, t->fx);
	if (!fsm_may_return(fsm))
		return 0;
	fsm->reason = VFIO_CCW_REASON_GONE;
	if (!fsm->opened)
		t->fx->mask |= VFIO_CCW_FX_UNREG;
	return 0;
}

/* A channel that could not be stopped has stopped without a device */
static int fsm_notoper_nodev(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	if (!fsm_silence(fsm))
		return 0;
	fsm_release_quarantine(fsm, t->fx);
	if (fsm->reason == VFIO_CCW_REASON_STUCK)
		fsm->reason = VFIO_CCW_REASON_NODEV;
	fsm_look_again(fsm, t);
	return 0;
}

/* It must not be initialised any more */
static int fsm_notoper_shutdown(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm->shutdown = true;
	return 0;
}

/*
 * STANDBY
 */

static int fsm_standby_online(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	int ret;

	fsm_forget_status(fsm);
	fsm->surplus = 0;
	fsm_outdate(fsm);
	ret = fsm_enable(fsm, t);
	fsm->opened = !ret;
	return ret;
}

/* Closed after a reset that could not enable the subchannel again */
static int fsm_standby_offline(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	int ret;

	fsm->opened = false;
	fsm_outdate(fsm);
	fsm_forget_status(fsm);
	ret = fsm_disable(fsm);
	t->then = fsm_loss_event(ret);
	return ret;
}

/* Another try after a reset that could not enable the subchannel again */
static int fsm_standby_reset(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	if (!fsm->opened)
		return -EIO;
	fsm_forget_status(fsm);
	fsm_outdate(fsm);
	return fsm_enable(fsm, t);
}

static int fsm_standby_shutdown(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm->shutdown = true;
	fsm_enter_not_oper(fsm, t, VFIO_CCW_REASON_SHUTDOWN);
	return 0;
}

/* A disabled subchannel presents nothing, so it is not disabled: repair that */
static int fsm_standby_irq(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	int ret = fsm_disable(fsm);

	t->then = fsm_loss_event(ret);
	return ret;
}

/*
 * IDLE
 */

static int fsm_no_path_errno(u8 left)
{
	return left ? -EACCES : -ENODEV;
}

/* Have vfio_ccw_fsm_drain() take the end, which often follows at once */
static void fsm_attend(struct vfio_ccw_fsm *fsm)
{
	fsm->attended = true;
}

/*
 * The paths that an ORB asks for. One that names none leaves the choice to the
 * channel: every path will do.
 */
static u8 fsm_paths_wanted(u32 ctl)
{
	return FIELD_GET(VFIO_CCW_ORB_LPM, ctl) ?: 0xff;
}

/* START SUBCHANNEL on the paths that guest and host agree on; cc or -errno */
static int fsm_start(struct vfio_ccw_fsm *fsm, const struct vfio_ccw_orb *guest,
		     u8 *lpm)
{
	struct vfio_ccw_orb orb = *guest;
	u32 ctl = be32_to_cpu(orb.ctl);
	u8 paths;
	int cc;

	if (vfio_ccw_statusq_pending(&fsm->rawq))
		return 1;
	paths = fsm->ops->paths(fsm->ctx);
	*lpm = fsm_paths_wanted(ctl) & paths;
	if (!*lpm)
		return fsm_no_path_errno(paths);
	ctl &= ~VFIO_CCW_ORB_LPM;
	orb.ctl = cpu_to_be32(ctl | FIELD_PREP(VFIO_CCW_ORB_LPM, *lpm));
	cc = fsm->ops->ssch(fsm->ctx, &orb);
	if (!cc) {
		fsm->op++;
		fsm->lpm = *lpm;
		fsm->suspended_cpa = 0;
		/* Losses noted before are not its own */
		fsm->lost = 0;
		fsm_attend(fsm);
	}
	return cc;
}

/* Condition code 3: lost, or none of the paths in @lpm is operational */
static noinline int fsm_explain_start(struct vfio_ccw_fsm *fsm, struct turn *t,
				      u8 lpm)
{
	struct vfio_ccw_schib schib;
	u8 paths;
	int ret;

	fsm_lock(fsm);
	ret = fsm_store(fsm, &schib);
	paths = ret ? 0 : fsm->ops->paths(fsm->ctx);
	fsm_unlock(fsm);
	t->then = fsm_loss_event(ret);
	return fsm_no_path_errno(paths & ~lpm);
}

static int fsm_idle_ssch(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	struct vfio_ccw_arg *arg = t->arg;
	u8 lpm = 0;
	int cc = 1;

	if (arg->gen != fsm->gen)
		return -EAGAIN;
	if (!vfio_ccw_statusq_pending(&fsm->outq)) {
		fsm_lock(fsm);
		cc = fsm_start(fsm, arg->orb, &lpm);
		fsm_unlock(fsm);
	}
	if (cc < 0)
		return cc;
	if (cc == 3)
		return fsm_explain_start(fsm, t, lpm);
	if (cc) {
		/* No function is in progress, or this would not be IDLE */
		if (cc == 2)
			fsm_impossible(fsm, VFIO_CCW_EVENT_SSCH);
		return fsm_cc_errno[CC_SSCH][cc];
	}
	fsm->fc = VFIO_CCW_FC_START;
	WRITE_ONCE(fsm->cp, arg->cp);
	arg->cp = NULL;
	t->next = VFIO_CCW_STATE_BUSY;
	return 0;
}

static unsigned int fsm_rsch_kind(const struct turn *t)
{
	return t->arg->io_region ? CC_RSCH_IO : CC_RSCH;
}

/* Status pending at the subchannel that the guest sees, whoever has it now */
static bool fsm_status_pending(const struct vfio_ccw_fsm *fsm)
{
	return vfio_ccw_statusq_pending(&fsm->outq) ||
	       vfio_ccw_statusq_pending(&fsm->rawq);
}

/* IDLE: there is no function to resume */
static int fsm_idle_rsch(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	return fsm_cc_errno[fsm_rsch_kind(t)][fsm_status_pending(fsm) ? 1 : 2];
}

/* IDLE: there is no function to cancel */
static int fsm_idle_xsch(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	return fsm_cc_errno[CC_XSCH][fsm_status_pending(fsm) ? 1 : 2];
}

/*
 * HALT SUBCHANNEL as the guest's subchannel answers it. While the driver is
 * terminating the start by a clear, a halt is accepted without the hardware:
 * both end with the status reported for the start.
 */
static int fsm_halt(struct vfio_ccw_fsm *fsm)
{
	int cc = 1;

	if (vfio_ccw_statusq_pending_not_inter(&fsm->outq))
		return 1;
	if (fsm->fc & (VFIO_CCW_FC_HALT | VFIO_CCW_FC_CLEAR))
		return 2;
	fsm_lock(fsm);
	if (!vfio_ccw_statusq_pending_not_inter(&fsm->rawq)) {
		cc = fsm->kill ? 0 : fsm->ops->hsch(fsm->ctx);
		if (!cc) {
			vfio_ccw_statusq_purge_inter(&fsm->rawq);
			fsm->op++;
			fsm_attend(fsm);
		}
	}
	fsm_unlock(fsm);
	return cc;
}

static int fsm_do_hsch(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	u32 told = fsm_told_of(fsm);
	int cc = fsm_halt(fsm);

	if (cc)
		return fsm_cc_result(fsm, t, CC_HSCH, cc);
	vfio_ccw_statusq_purge_inter(&fsm->outq);
	fsm_note_surplus(fsm, told);
	fsm->fc |= VFIO_CCW_FC_HALT;
	t->next = VFIO_CCW_STATE_BUSY;
	return 0;
}

/*
 * CLEAR SUBCHANNEL resets all status and supersedes every function. The
 * program stays until the status of the clear: data may still move.
 */
static int fsm_do_csch(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	u32 told = fsm_told_of(fsm);
	int cc;

	fsm_lock(fsm);
	cc = fsm->ops->csch(fsm->ctx);
	if (!cc) {
		vfio_ccw_statusq_purge(&fsm->rawq);
		fsm->op++;
		fsm_attend(fsm);
	}
	fsm_unlock(fsm);
	if (cc)
		return fsm_cc_result(fsm, t, CC_CSCH, cc);
	vfio_ccw_statusq_purge(&fsm->outq);
	fsm_note_surplus(fsm, told);
	fsm_end_hold(fsm);
	fsm->fc = VFIO_CCW_FC_CLEAR;
	fsm->kill = 0;
	t->next = VFIO_CCW_STATE_BUSY;
	return 0;
}

static int fsm_idle_irq(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	struct vfio_ccw_status st;

	if (!fsm_take_status(fsm, &st))
		return 0;
	/* A function in progress is BUSY: status of one cannot come here */
	if (st.class != VFIO_CCW_STATUS_UNSOL &&
	    st.class != VFIO_CCW_STATUS_REST)
		fsm_impossible(fsm, VFIO_CCW_EVENT_IRQ);
	fsm_report_status(fsm, &st);
	return 0;
}

/*
 * BUSY
 */

/*
 * With a resume pending it does not count as suspended: the channel may be
 * fetching what would be rewritten. PoP chapter 16, "Activity Control".
 */
static bool fsm_is_suspended(const struct vfio_ccw_schib *schib)
{
	u32 ac = be32_to_cpu(schib->scsw.ctl) & VFIO_CCW_SCSW_AC;

	return (ac & VFIO_CCW_AC_SUSP) && !(ac & VFIO_CCW_AC_RESUME);
}

/*
 * RESUME SUBCHANNEL under the subchannel lock; cc or -errno.
 *
 * The tail comes first, whatever the channel does meanwhile: if it is suspended
 * just now, the resume finds the new tail; if a resume is still pending
 * (condition code 2), the channel has yet to fetch what was put in place.
 */
static int fsm_resume(struct vfio_ccw_fsm *fsm, struct vfio_ccw_arg *arg)
{
	struct vfio_ccw_schib schib;
	int cc;

	if (vfio_ccw_statusq_pending(&fsm->rawq))
		return 1;
	if (fsm_store(fsm, &schib))
		return 3;
	/* A tail put in place for a resume that is refused would be lost */
	if (schib.scsw.ctl & cpu_to_be32(VFIO_CCW_SC_PEND))
		return 1;
	/* The tail was prepared for a channel that stands still: try again */
	if (arg->suspended && !fsm_is_suspended(&schib))
		return -EAGAIN;
	fsm->ops->resume(fsm->ctx, fsm->cp);
	cc = fsm->ops->rsch(fsm->ctx);
	arg->refetch = !cc || (cc == 2 && !arg->suspended);
	if (!cc) {
		fsm->suspended_cpa = 0;
		fsm_attend(fsm);
	}
	return cc;
}

static int fsm_busy_rsch(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	struct vfio_ccw_arg *arg = t->arg;
	int cc;

	if (fsm_status_pending(fsm))
		return fsm_cc_errno[fsm_rsch_kind(t)][1];
	if (fsm->fc != VFIO_CCW_FC_START || fsm->kill)
		return fsm_cc_errno[fsm_rsch_kind(t)][2];
	if (arg->gen != fsm->gen || !arg->resume || arg->cp != fsm->cp)
		return -EAGAIN;
	fsm_lock(fsm);
	cc = fsm_resume(fsm, arg);
	fsm_unlock(fsm);
	return cc < 0 ? cc : fsm_cc_result(fsm, t, fsm_rsch_kind(t), cc);
}

/* CANCEL SUBCHANNEL ends the start at once and makes no status */
static int fsm_busy_xsch(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	int cc = 1;

	if (fsm_status_pending(fsm))
		return fsm_cc_errno[CC_XSCH][1];
	if (fsm->fc != VFIO_CCW_FC_START || fsm->kill)
		return fsm_cc_errno[CC_XSCH][2];
	fsm_lock(fsm);
	if (!vfio_ccw_statusq_pending(&fsm->rawq))
		cc = fsm->ops->xsch(fsm->ctx);
	fsm_unlock(fsm);
	if (cc)
		return fsm_cc_result(fsm, t, CC_XSCH, cc);
	fsm->fc = 0;
	fsm_retire_program(fsm, t->fx);
	t->next = VFIO_CCW_STATE_IDLE;
	return 0;
}

/* Remember where the program was suspended: only this status says so */
static void fsm_note_suspension(struct vfio_ccw_fsm *fsm,
				const struct vfio_ccw_scsw *scsw)
{
	u32 ctl = be32_to_cpu(scsw->ctl);
	u32 sc = ctl & VFIO_CCW_SCSW_SC;

	/* Alert status has an address of its own */
	if ((ctl & VFIO_CCW_AC_SUSP) &&
	    sc == (VFIO_CCW_SC_INTER | VFIO_CCW_SC_PEND))
		fsm->suspended_cpa = be32_to_cpu(scsw->cpa);
}

static int fsm_busy_irq(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	struct vfio_ccw_status st;

	if (!fsm_take_status(fsm, &st))
		return 0;
	/*
	 * Status without a function, or of an earlier one, would have been
	 * pending when this function was asked for, and kept it from being
	 * accepted.
	 */
	if ((st.class != VFIO_CCW_STATUS_INTER &&
	     st.class != VFIO_CCW_STATUS_ENDS) ||
	    (st.class == VFIO_CCW_STATUS_ENDS && st.op != fsm->op)) {
		fsm_impossible(fsm, VFIO_CCW_EVENT_IRQ);
		fsm_report_status(fsm, &st);
		return 0;
	}
	if (st.class == VFIO_CCW_STATUS_INTER) {
		fsm_note_suspension(fsm, &st.irb.scsw);
		fsm_report_status(fsm, &st);
		return 0;
	}
	/* The end of a clear that the driver issued is that of the start */
	if (fsm->kill)
		fsm_answer_functions(fsm);
	else
		fsm_report_status(fsm, &st);
	fsm->fc = 0;
	fsm_retire_program(fsm, t->fx);
	t->next = VFIO_CCW_STATE_IDLE;
	return 0;
}

/* Is the end of the start pending at the subchannel? */
static bool fsm_end_is_pending(const struct vfio_ccw_schib *schib)
{
	const struct vfio_ccw_irb irb = { .scsw = schib->scsw };

	return vfio_ccw_status_classify(&irb) == VFIO_CCW_STATUS_ENDS;
}

/*
 * The path that the start has used, 0 if none is known: while a start is
 * pending, what is stored is that of an earlier one. PoP chapter 15,
 * "Last-Path-Used Mask".
 */
static u8 fsm_path_used(const struct vfio_ccw_schib *schib)
{
	bool pending = schib->scsw.ctl & cpu_to_be32(VFIO_CCW_AC_START);

	return pending ? 0 : schib->lpum;
}

/*
 * Does the start miss a path: one of @lost, or one that has gone unannounced? If
 * the path that it uses is known, only that one matters. If not, it matters whether
 * any path is left that the start may use: without one nothing ends a start, be it
 * pending, running or suspended.
 */
static bool fsm_misses_path(struct vfio_ccw_fsm *fsm,
			    const struct vfio_ccw_schib *schib, u8 lost)
{
	u8 left = fsm->ops->paths(fsm->ctx);
	u8 used = fsm_path_used(schib);

	return used ? used & (lost | ~left) : !(fsm->lpm & left);
}

/**
 * struct cause - why and how the driver ends a start
 * @cs: subchannel status to report for it, VFIO_CCW_CS_IFCC or _CCC
 * @lost: the paths that were lost
 * @lpum: the path to report, 0 if none
 * @cancelled: it ended at once; else by a clear whose status is to come
 */
struct cause {
	u8 cs;
	u8 lost;
	u8 lpum;
	bool cancelled;
};

/*
 * Cancel the start, or clear the subchannel; under the subchannel lock. Returns
 * the condition code, or -1 if the start was left alone, because it has ended or
 * does not miss a path.
 */
static int fsm_end_start(struct vfio_ccw_fsm *fsm, struct cause *why)
{
	struct vfio_ccw_schib schib;
	int cc = 2;

	if (vfio_ccw_statusq_pending_end(&fsm->rawq))
		return -1;
	if (fsm_store(fsm, &schib))
		return 3;
	if (fsm_end_is_pending(&schib))
		return -1;
	if (why->cs == VFIO_CCW_CS_IFCC) {
		if (!fsm_misses_path(fsm, &schib, why->lost))
			return -1;
		why->lpum = fsm_path_used(&schib);
	}
	if (fsm->fc == VFIO_CCW_FC_START)
		cc = fsm->ops->xsch(fsm->ctx);
	/* Status has become pending since: it may be the end */
	if (cc == 1 && !fsm_store(fsm, &schib) && fsm_end_is_pending(&schib))
		return -1;
	why->cancelled = !cc;
	if (cc && cc != 3)
		cc = fsm->ops->csch(fsm->ctx);
	if (!cc) {
		vfio_ccw_statusq_purge(&fsm->rawq);
		fsm->op++;
	}
	return cc;
}

/*
 * End the start without the user: at once by cancelling it, else by a clear
 * whose status will be replaced. If the channel does neither in time, or
 * refuses, the deadline leads to QUIESCING: the start is answered in any case.
 */
static int fsm_terminate_start(struct vfio_ccw_fsm *fsm, struct turn *t, u8 cs,
			       u8 lost)
{
	struct cause why = { .cs = cs, .lost = lost };
	int cc, ret = 0;

	fsm_lock(fsm);
	cc = fsm_end_start(fsm, &why);
	fsm_unlock(fsm);
	if (cc < 0)
		return 0;
	if (cc)
		ret = fsm_cc_result(fsm, t, CC_CSCH, cc);
	if (t->then != NO_EVENT)
		return ret;
	if (!cc) {
		fsm->kill = cs;
		fsm->kill_lpum = why.lpum;
	}
	if (!why.cancelled) {
		fsm_set_deadline(fsm, t->fx);
		return ret;
	}
	fsm_answer_functions(fsm);
	fsm_retire_program(fsm, t->fx);
	t->next = VFIO_CCW_STATE_IDLE;
	return 0;
}

/* Leave a start alone that the driver terminates already */
static int fsm_busy_pathgone(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	if (!(fsm->fc & VFIO_CCW_FC_START) || fsm->kill)
		return 0;
	return fsm_terminate_start(fsm, t, VFIO_CCW_CS_IFCC, t->arg->mask);
}

/* A path may have been lost without a report that names it */
static int fsm_busy_schib(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	int ret = fsm_refresh(fsm, t);

	if (ret || !(fsm->fc & VFIO_CCW_FC_START) || fsm->kill)
		return ret;
	return fsm_terminate_start(fsm, t, VFIO_CCW_CS_IFCC, 0);
}

/* Bound the time of what is left, a clear by the user included */
static int fsm_busy_unmap(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	int ret = 0;

	fsm_outdate(fsm);
	if (!t->arg->touches)
		return 0;
	if ((fsm->fc & VFIO_CCW_FC_START) && !fsm->kill)
		ret = fsm_terminate_start(fsm, t, VFIO_CCW_CS_CCC, 0);
	if (fsm->cp && t->then == NO_EVENT)
		fsm_set_deadline(fsm, t->fx);
	return ret;
}

/* Only what the driver itself ends has a deadline */
static int fsm_busy_timeout(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	if (!fsm->deadline)
		return 0;
	if (!fsm->kill) {
		fsm->kill = VFIO_CCW_CS_CCC;
		fsm->kill_lpum = 0;
	}
	return fsm_begin_quiesce(fsm, t, VFIO_CCW_STATE_IDLE);
}

/*
 * QUIESCING
 */

/* Does the status end what the user is owed, and no clear of the driver? */
static bool fsm_is_owed(const struct vfio_ccw_fsm *fsm,
			const struct vfio_ccw_scsw *scsw)
{
	u32 fc = be32_to_cpu(scsw->ctl) & VFIO_CCW_SCSW_FC;

	return fc && fc == fsm->fc;
}

/*
 * Is an end pending that the user is owed? Disabling the subchannel would
 * discard it.
 */
static bool fsm_end_comes(struct vfio_ccw_fsm *fsm)
{
	struct vfio_ccw_schib schib;
	bool comes;

	if (!fsm->fc)
		return false;
	fsm_lock(fsm);
	comes = vfio_ccw_statusq_pending_end(&fsm->rawq) ||
		(!fsm_store(fsm, &schib) && fsm_end_is_pending(&schib) &&
		 fsm_is_owed(fsm, &schib.scsw));
	fsm_unlock(fsm);
	return comes;
}

/*
 * A subchannel that could be disabled runs nothing any more: answer all functions
 * and go to the target. Otherwise stay in QUIESCING.
 */
static int fsm_try_leave(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	int ret = fsm_disable(fsm);

	t->then = fsm_loss_event(ret);
	if (fsm_is_lost(ret))
		return -ENODEV;
	if (ret)
		return -EINPROGRESS;
	fsm_answer_functions(fsm);
	fsm_retire_program(fsm, t->fx);
	if (fsm->target == VFIO_CCW_STATE_IDLE) {
		ret = fsm_enable(fsm, t);
		return t->next == VFIO_CCW_STATE_STANDBY ? -EIO : ret;
	}
	if (fsm->target == VFIO_CCW_STATE_NOT_OPER)
		fsm->reason = VFIO_CCW_REASON_SHUTDOWN;
	t->next = fsm->target;
	return 0;
}

static int fsm_stuck(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm_quarantine(fsm, t->fx);
	fsm_enter_not_oper(fsm, t, VFIO_CCW_REASON_STUCK);
	if (fsm->opened)
		t->fx->mask |= VFIO_CCW_FX_SIGNAL_REQ;
	return -EIO;
}

/* The instruction on each rung of the ladder; NO_EVENT above the last one */
static enum vfio_ccw_event fsm_rung_event(unsigned int step)
{
	if (!step)
		return VFIO_CCW_EVENT_XSCH;
	if (step <= VFIO_CCW_QUIESCE_HALTS)
		return VFIO_CCW_EVENT_HSCH;
	if (step <= VFIO_CCW_QUIESCE_HALTS + VFIO_CCW_QUIESCE_CLEARS)
		return VFIO_CCW_EVENT_CSCH;
	return NO_EVENT;
}

/* Condition code; -1 if an end has come in, which the worker is about to take */
static int fsm_rung_insn(struct vfio_ccw_fsm *fsm, enum vfio_ccw_event insn)
{
	int cc;

	fsm_lock(fsm);
	if (vfio_ccw_statusq_pending_end(&fsm->rawq)) {
		fsm_unlock(fsm);
		return -1;
	}
	/* Other status only suggests another try to disable, which was just made */
	vfio_ccw_statusq_purge(&fsm->rawq);
	if (insn == VFIO_CCW_EVENT_XSCH)
		cc = fsm->ops->xsch(fsm->ctx);
	else if (insn == VFIO_CCW_EVENT_HSCH)
		cc = fsm->ops->hsch(fsm->ctx);
	else
		cc = fsm->ops->csch(fsm->ctx);
	fsm_unlock(fsm);
	return cc;
}

/*
 * Climb one rung, or more if there is nothing to wait for on it. After a halt with
 * condition code 1 status is about to come; a clear is always waited for.
 */
static int fsm_climb_ladder(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	enum vfio_ccw_event insn;
	int cc, ret;

	for (;;) {
		insn = fsm_rung_event(fsm->step);
		if (insn == NO_EVENT)
			return fsm_stuck(fsm, t);
		fsm->step++;
		cc = fsm_rung_insn(fsm, insn);
		if (cc == 3)
			t->then = fsm_loss_event(fsm_check_there(fsm));
		if (t->then != NO_EVENT)
			return -ENODEV;
		if (cc < 0 || insn == VFIO_CCW_EVENT_CSCH ||
		    (insn == VFIO_CCW_EVENT_HSCH && cc <= 1))
			break;
		if (insn == VFIO_CCW_EVENT_XSCH && !cc) {
			ret = fsm_try_leave(fsm, t);
			if (ret != -EINPROGRESS)
				return ret;
		}
	}
	fsm_timer_on(fsm, t->fx);
	return -EINPROGRESS;
}

/*
 * Cancelling and halting leave a pending end alone: wait for it on those rungs. On
 * later rungs it is not waited for.
 */
static int fsm_quiescing_timeout(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	bool wait = fsm->step <= VFIO_CCW_QUIESCE_HALTS && fsm_end_comes(fsm);
	int ret = wait ? -EINPROGRESS : fsm_try_leave(fsm, t);

	return ret == -EINPROGRESS ? fsm_climb_ladder(fsm, t) : ret;
}

/*
 * Consume status, but report the end that the user is owed. Whenever something
 * ends, disabling is worth another try.
 */
static int fsm_quiescing_irq(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	struct vfio_ccw_status st;

	if (!fsm_take_status(fsm, &st) || st.class == VFIO_CCW_STATUS_INTER)
		return 0;
	if (st.class == VFIO_CCW_STATUS_ENDS &&
	    fsm_is_owed(fsm, &st.irb.scsw)) {
		fsm_report_status(fsm, &st);
		fsm->fc = 0;
		fsm->kill = 0;
	}
	fsm_try_leave(fsm, t);
	return 0;
}

/*
 * Close or reset while the driver quiesces on its own account (an unmap that
 * ran into its deadline) or for a shutdown, which keeps its target.
 */
static int fsm_quiescing_offline(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm->opened = false;
	fsm_outdate(fsm);
	fsm_forget_status(fsm);
	if (fsm->target == VFIO_CCW_STATE_IDLE)
		fsm->target = VFIO_CCW_STATE_STANDBY;
	return -EINPROGRESS;
}

static int fsm_quiescing_reset(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm_outdate(fsm);
	fsm_forget_status(fsm);
	return -EINPROGRESS;
}

/* Climb the rest of the ladder with shorter deadlines */
static int fsm_quiescing_shutdown(struct vfio_ccw_fsm *fsm, struct turn *t)
{
	fsm->target = VFIO_CCW_STATE_NOT_OPER;
	fsm->shutdown = true;
	t->then = VFIO_CCW_EVENT_TIMEOUT;
	return 0;
}

/*
 * The table; a cell's action is the function fsm_<action>()
 */

#define S(state)	BIT(VFIO_CCW_STATE_##state)
#define E(event)	BIT(VFIO_CCW_EVENT_##event)
#define CELL(action, states, events) \
	{ .act = fsm_##action, .name = #action, .to = states, .then = events }
/* QUIESCING is left for its target, or for where that cannot be reached */
#define LEAVE	(S(QUIESCING) | S(NOT_OPER) | S(STANDBY) | S(IDLE))
/* The subchannel, or its device, turns out to be lost */
#define LOST	(E(GONE) | E(NODEV))
/* The state stays, nothing follows */
#define STAY(action, state)	CELL(action, S(state), 0)

static const struct cell fsm_table[VFIO_CCW_NR_STATES][VFIO_CCW_NR_EVENTS] = {
	[VFIO_CCW_STATE_NOT_OPER] = {
		[VFIO_CCW_EVENT_INIT]	   = CELL(notoper_init, S(NOT_OPER) | S(STANDBY), E(GONE)),
		[VFIO_CCW_EVENT_ONLINE]	   = STAY(refuse_nodev, NOT_OPER),
		[VFIO_CCW_EVENT_OFFLINE]   = CELL(notoper_offline, S(NOT_OPER), E(INIT)),
		[VFIO_CCW_EVENT_SSCH]	   = STAY(refuse_nodev, NOT_OPER),
		[VFIO_CCW_EVENT_RSCH]	   = STAY(refuse_nodev, NOT_OPER),
		[VFIO_CCW_EVENT_HSCH]	   = STAY(refuse_nodev, NOT_OPER),
		[VFIO_CCW_EVENT_CSCH]	   = STAY(refuse_nodev, NOT_OPER),
		[VFIO_CCW_EVENT_XSCH]	   = STAY(refuse_nodev, NOT_OPER),
		[VFIO_CCW_EVENT_IRQ]	   = CELL(notoper_irq, S(NOT_OPER), E(INIT)),
		[VFIO_CCW_EVENT_SCHIB]	   = CELL(notoper_schib, S(NOT_OPER), E(INIT)),
		[VFIO_CCW_EVENT_PATHGONE]  = STAY(no_op, NOT_OPER),
		[VFIO_CCW_EVENT_NODEV]	   = CELL(notoper_nodev, S(NOT_OPER), E(INIT)),
		[VFIO_CCW_EVENT_GONE]	   = STAY(notoper_gone, NOT_OPER),
		[VFIO_CCW_EVENT_RESET]	   = STAY(refuse_nodev, NOT_OPER),
		[VFIO_CCW_EVENT_DMA_UNMAP] = STAY(note_unmap, NOT_OPER),
		[VFIO_CCW_EVENT_SHUTDOWN]  = STAY(notoper_shutdown, NOT_OPER),
		[VFIO_CCW_EVENT_TIMEOUT]   = STAY(no_op, NOT_OPER),
	},
	[VFIO_CCW_STATE_STANDBY] = {
		[VFIO_CCW_EVENT_INIT]	   = STAY(no_op, STANDBY),
		[VFIO_CCW_EVENT_ONLINE]	   = CELL(standby_online, S(STANDBY) | S(IDLE), LOST),
		[VFIO_CCW_EVENT_OFFLINE]   = CELL(standby_offline, S(STANDBY), LOST),
		[VFIO_CCW_EVENT_SSCH]	   = STAY(refuse_io, STANDBY),
		[VFIO_CCW_EVENT_RSCH]	   = STAY(refuse_io, STANDBY),
		[VFIO_CCW_EVENT_HSCH]	   = STAY(refuse_io, STANDBY),
		[VFIO_CCW_EVENT_CSCH]	   = STAY(refuse_io, STANDBY),
		[VFIO_CCW_EVENT_XSCH]	   = STAY(refuse_io, STANDBY),
		[VFIO_CCW_EVENT_IRQ]	   = CELL(standby_irq, S(STANDBY), LOST),
		[VFIO_CCW_EVENT_SCHIB]	   = CELL(refresh, S(STANDBY), LOST),
		[VFIO_CCW_EVENT_PATHGONE]  = STAY(no_op, STANDBY),
		[VFIO_CCW_EVENT_NODEV]	   = CELL(no_device, S(NOT_OPER), E(INIT)),
		[VFIO_CCW_EVENT_GONE]	   = CELL(gone, S(NOT_OPER), E(INIT)),
		[VFIO_CCW_EVENT_RESET]	   = CELL(standby_reset, S(STANDBY) | S(IDLE), LOST),
		[VFIO_CCW_EVENT_DMA_UNMAP] = STAY(note_unmap, STANDBY),
		[VFIO_CCW_EVENT_SHUTDOWN]  = CELL(standby_shutdown, S(NOT_OPER), 0),
		[VFIO_CCW_EVENT_TIMEOUT]   = STAY(no_op, STANDBY),
	},
	[VFIO_CCW_STATE_IDLE] = {
		[VFIO_CCW_EVENT_INIT]	   = STAY(refuse_open, IDLE),
		[VFIO_CCW_EVENT_ONLINE]	   = STAY(refuse_open, IDLE),
		[VFIO_CCW_EVENT_OFFLINE]   = CELL(begin_offline, S(QUIESCING), E(TIMEOUT)),
		[VFIO_CCW_EVENT_SSCH]	   = CELL(idle_ssch, S(IDLE) | S(BUSY), LOST),
		[VFIO_CCW_EVENT_RSCH]	   = STAY(idle_rsch, IDLE),
		[VFIO_CCW_EVENT_HSCH]	   = CELL(do_hsch, S(IDLE) | S(BUSY), LOST),
		[VFIO_CCW_EVENT_CSCH]	   = CELL(do_csch, S(IDLE) | S(BUSY), LOST),
		[VFIO_CCW_EVENT_XSCH]	   = STAY(idle_xsch, IDLE),
		[VFIO_CCW_EVENT_IRQ]	   = STAY(idle_irq, IDLE),
		[VFIO_CCW_EVENT_SCHIB]	   = CELL(refresh, S(IDLE), LOST),
		[VFIO_CCW_EVENT_PATHGONE]  = STAY(no_op, IDLE),
		[VFIO_CCW_EVENT_NODEV]	   = CELL(no_device, S(NOT_OPER), 0),
		[VFIO_CCW_EVENT_GONE]	   = CELL(gone, S(NOT_OPER), 0),
		[VFIO_CCW_EVENT_RESET]	   = CELL(begin_reset, S(QUIESCING), E(TIMEOUT)),
		[VFIO_CCW_EVENT_DMA_UNMAP] = STAY(note_unmap, IDLE),
		[VFIO_CCW_EVENT_SHUTDOWN]  = CELL(begin_shutdown, S(QUIESCING), E(TIMEOUT)),
		[VFIO_CCW_EVENT_TIMEOUT]   = STAY(no_op, IDLE),
	},
	[VFIO_CCW_STATE_BUSY] = {
		[VFIO_CCW_EVENT_INIT]	   = STAY(refuse_open, BUSY),
		[VFIO_CCW_EVENT_ONLINE]	   = STAY(refuse_open, BUSY),
		[VFIO_CCW_EVENT_OFFLINE]   = CELL(begin_offline, S(QUIESCING), E(TIMEOUT)),
		[VFIO_CCW_EVENT_SSCH]	   = STAY(refuse_busy, BUSY),
		[VFIO_CCW_EVENT_RSCH]	   = CELL(busy_rsch, S(BUSY), LOST),
		[VFIO_CCW_EVENT_HSCH]	   = CELL(do_hsch, S(BUSY), LOST),
		[VFIO_CCW_EVENT_CSCH]	   = CELL(do_csch, S(BUSY), LOST),
		[VFIO_CCW_EVENT_XSCH]	   = CELL(busy_xsch, S(BUSY) | S(IDLE), LOST),
		[VFIO_CCW_EVENT_IRQ]	   = CELL(busy_irq, S(BUSY) | S(IDLE), 0),
		[VFIO_CCW_EVENT_SCHIB]	   = CELL(busy_schib, S(BUSY) | S(IDLE), LOST),
		[VFIO_CCW_EVENT_PATHGONE]  = CELL(busy_pathgone, S(BUSY) | S(IDLE), LOST),
		[VFIO_CCW_EVENT_NODEV]	   = CELL(no_device, S(NOT_OPER), 0),
		[VFIO_CCW_EVENT_GONE]	   = CELL(gone, S(NOT_OPER), 0),
		[VFIO_CCW_EVENT_RESET]	   = CELL(begin_reset, S(QUIESCING), E(TIMEOUT)),
		[VFIO_CCW_EVENT_DMA_UNMAP] = CELL(busy_unmap, S(BUSY) | S(IDLE), LOST),
		[VFIO_CCW_EVENT_SHUTDOWN]  = CELL(begin_shutdown, S(QUIESCING), E(TIMEOUT)),
		[VFIO_CCW_EVENT_TIMEOUT]   = CELL(busy_timeout, S(BUSY) | S(QUIESCING), E(TIMEOUT)),
	},
	[VFIO_CCW_STATE_QUIESCING] = {
		[VFIO_CCW_EVENT_INIT]	   = STAY(refuse_open, QUIESCING),
		[VFIO_CCW_EVENT_ONLINE]	   = STAY(refuse_open, QUIESCING),
		[VFIO_CCW_EVENT_OFFLINE]   = STAY(quiescing_offline, QUIESCING),
		[VFIO_CCW_EVENT_SSCH]	   = STAY(refuse_busy, QUIESCING),
		[VFIO_CCW_EVENT_RSCH]	   = STAY(refuse_busy, QUIESCING),
		[VFIO_CCW_EVENT_HSCH]	   = STAY(refuse_busy, QUIESCING),
		[VFIO_CCW_EVENT_CSCH]	   = STAY(wait, QUIESCING),
		[VFIO_CCW_EVENT_XSCH]	   = STAY(refuse_busy, QUIESCING),
		[VFIO_CCW_EVENT_IRQ]	   = CELL(quiescing_irq, LEAVE, LOST),
		[VFIO_CCW_EVENT_SCHIB]	   = CELL(refresh, S(QUIESCING), LOST),
		[VFIO_CCW_EVENT_PATHGONE]  = STAY(no_op, QUIESCING),
		[VFIO_CCW_EVENT_NODEV]	   = CELL(no_device, S(NOT_OPER), E(INIT)),
		[VFIO_CCW_EVENT_GONE]	   = CELL(gone, S(NOT_OPER), E(INIT)),
		[VFIO_CCW_EVENT_RESET]	   = STAY(quiescing_reset, QUIESCING),
		[VFIO_CCW_EVENT_DMA_UNMAP] = STAY(note_unmap, QUIESCING),
		[VFIO_CCW_EVENT_SHUTDOWN]  = CELL(quiescing_shutdown, S(QUIESCING), E(TIMEOUT)),
		[VFIO_CCW_EVENT_TIMEOUT]   = CELL(quiescing_timeout, LEAVE, LOST),
	},
};

/* The guest's own requests: status need not be held back any more */
#define REQUESTS	(E(SSCH) | E(RSCH) | E(HSCH) | E(CSCH) | E(XSCH))

/*
 * These look at what is queued before they draw conclusions: a real end beats
 * any that the driver makes up. What comes in while they look is not waited
 * for: a program may interrupt without end.
 */
#define STATUS_FIRST	(E(SCHIB) | E(PATHGONE) | LOST | E(DMA_UNMAP) | \
			 E(SHUTDOWN) | E(TIMEOUT))

static bool fsm_status_first(const struct vfio_ccw_fsm *fsm,
			     enum vfio_ccw_event event)
{
	return (BIT(event) & STATUS_FIRST) &&
	       (fsm->state == VFIO_CCW_STATE_IDLE ||
		fsm->state == VFIO_CCW_STATE_BUSY) &&
	       vfio_ccw_statusq_pending(&fsm->rawq);
}

/* Events that come with something */
#define WITH_ARG	(E(SSCH) | E(RSCH) | E(PATHGONE) | E(DMA_UNMAP))

/* Kernels for tests check what vfio_ccw_fsm_step() demands of its caller */
static void fsm_assert_step(struct vfio_ccw_fsm *fsm, enum vfio_ccw_event event,
			    const struct vfio_ccw_arg *arg)
{
	if (!IS_ENABLED(CONFIG_LOCKDEP))
		return;
	fsm_assert_held(fsm);
	WARN_ON_ONCE((BIT(event) & WITH_ARG) && !arg);
	WARN_ON_ONCE(event == VFIO_CCW_EVENT_SSCH && (!arg->orb || !arg->cp));
}

/* Run one cell, check that it did only what the table says it may, and go on */
static __always_inline int
fsm_run_cell(struct vfio_ccw_fsm *fsm, enum vfio_ccw_event event, struct turn *t)
{
	const struct cell *cell = &fsm_table[fsm->state][event];
	int ret;

	t->next = fsm->state;
	t->then = NO_EVENT;
	ret = cell->act(fsm, t);

	if (WARN_ON_ONCE(!(cell->to & BIT(t->next))))
		t->next = fsm->state;
	if (WARN_ON_ONCE(t->then != NO_EVENT && !(cell->then & BIT(t->then))))
		t->then = NO_EVENT;
	if (unlikely(fsm->state == VFIO_CCW_STATE_QUIESCING) &&
	    t->next != fsm->state) {
		t->fx->mask |= VFIO_CCW_FX_WAKE;
		fsm_timer_off(t->fx);
	}
	if (fsm->ops->stepped)
		fsm->ops->stepped(fsm->ctx, event, fsm->state, t->next, ret);
	/* Read without the lock by those who wait for another state */
	WRITE_ONCE(fsm->state, t->next);
	return ret;
}

/* Run an event, status before it and events after it; returns the first error */
static noinline int fsm_run_chain(struct vfio_ccw_fsm *fsm,
				  enum vfio_ccw_event event, struct turn *t)
{
	unsigned int left = VFIO_CCW_DRAIN_MAX;
	int ret, err = 0;

	while (event != NO_EVENT) {
		if (left && fsm_status_first(fsm, event)) {
			fsm_run_cell(fsm, VFIO_CCW_EVENT_IRQ, t);
			left--;
			continue;
		}
		ret = fsm_run_cell(fsm, event, t);
		if (!err)
			err = ret;
		event = t->then;
	}
	return err;
}

/**
 * vfio_ccw_fsm_step - one event
 * @fsm: state machine
 * @event: event
 * @arg: what comes with it; may be NULL for events that take nothing
 * @fx: what is left to do is added here
 *
 * Events that follow from the outcome are part of the step, one after the
 * other. After RESET, OFFLINE and SHUTDOWN a result of -EINPROGRESS means that
 * the state is QUIESCING: wait until it is not and ask vfio_ccw_fsm_result().
 * The same result of CSCH means: wait so, and step again.
 *
 * Context: fsm_mutex is held; takes the subchannel lock.
 * Return: 0 or -errno. SSCH: -EAGAIN (the program was translated in another
 *	life of the device or its memory), -EBUSY (function in progress or
 *	status pending), -EACCES (paths are left, but none that the ORB
 *	names), -ENODEV; HSCH: -EBUSY, -ENODEV; CSCH: -ENODEV, -EINPROGRESS;
 *	XSCH: -EBUSY (status pending), -EINVAL (nothing to cancel), -ENODEV;
 *	RSCH: as XSCH, or -EAGAIN; any of them -EIO in STANDBY. PoP chapter 14
 *	has the condition codes.
 */
int vfio_ccw_fsm_step(struct vfio_ccw_fsm *fsm, enum vfio_ccw_event event,
		      struct vfio_ccw_arg *arg, struct vfio_ccw_effects *fx)
{
	struct turn t = { .arg = arg, .fx = fx };
	int ret, more;

	fsm_assert_step(fsm, event, arg);
	if (unlikely(BIT(event) & STATUS_FIRST)) {
		ret = fsm_run_chain(fsm, event, &t);
	} else {
		ret = fsm_run_cell(fsm, event, &t);
		if (unlikely(t.then != NO_EVENT)) {
			more = fsm_run_chain(fsm, t.then, &t);
			ret = ret ?: more;
		}
	}
	if (BIT(event) & REQUESTS) {
		fsm_end_hold(fsm);
		fsm->again = false;
	}
	fsm_announce_head(fsm, fx);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_step);

/**
 * vfio_ccw_fsm_init - before the first event
 * @fsm: state machine
 * @ops: the subchannel
 * @ctx: first argument of every op
 *
 * Context: nobody else uses @fsm yet.
 */
void vfio_ccw_fsm_init(struct vfio_ccw_fsm *fsm,
		       const struct vfio_ccw_sch_ops *ops, void *ctx)
{
	memset(fsm, 0, sizeof(*fsm));
	fsm->ops = ops;
	fsm->ctx = ctx;
	fsm->state = VFIO_CCW_STATE_NOT_OPER;
	fsm->reason = VFIO_CCW_REASON_INITIAL;
	fsm->gen = 1 + VFIO_CCW_FIRST(u32);
	fsm->op = VFIO_CCW_FIRST(u32);
	vfio_ccw_statusq_init(&fsm->rawq);
	vfio_ccw_statusq_init(&fsm->outq);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_init);

/* The errno by which the state alone refuses a request */
static int fsm_request_refused(const struct vfio_ccw_fsm *fsm,
			       enum vfio_ccw_event event)
{
	switch (fsm->state) {
	case VFIO_CCW_STATE_NOT_OPER:
		return -ENODEV;
	case VFIO_CCW_STATE_STANDBY:
		return -EIO;
	case VFIO_CCW_STATE_QUIESCING:
		return event == VFIO_CCW_EVENT_CSCH ? -EINPROGRESS : -EBUSY;
	case VFIO_CCW_STATE_BUSY:
		return event == VFIO_CCW_EVENT_SSCH ? -EBUSY : 0;
	default:
		return 0;
	}
}

/**
 * vfio_ccw_fsm_check - would a request be refused before it does anything?
 * @fsm: state machine
 * @event: SSCH, RSCH, HSCH, CSCH or XSCH
 * @gen: for struct vfio_ccw_arg, valid if 0 is returned
 * @fx: what is left to do is added here: a request ends the hold of status
 *
 * To be asked before the long part of a request (translation), which happens
 * without any lock of the state machine. No hardware is touched.
 *
 * Context: fsm_mutex is held.
 * Return: 0, or -errno as vfio_ccw_fsm_step() would return it.
 */
int vfio_ccw_fsm_check(struct vfio_ccw_fsm *fsm, enum vfio_ccw_event event,
		       u32 *gen, struct vfio_ccw_effects *fx)
{
	int ret = fsm_request_refused(fsm, event);

	fsm_assert_held(fsm);
	if (!ret && (event == VFIO_CCW_EVENT_SSCH ||
		     event == VFIO_CCW_EVENT_RSCH) &&
	    (vfio_ccw_statusq_pending(&fsm->outq) ||
	     vfio_ccw_statusq_pending(&fsm->rawq)))
		ret = -EBUSY;
	*gen = fsm->gen;
	fsm->again = false;
	if (fsm->hold) {
		fsm_end_hold(fsm);
		fsm_announce_head(fsm, fx);
	}
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_check);

/* Is the subchannel there now? A loss is left to the next request or the worker */
static bool fsm_look_now(struct vfio_ccw_fsm *fsm,
			 struct vfio_ccw_schib *schib)
{
	int ret;

	fsm_lock(fsm);
	ret = fsm_store(fsm, schib);
	fsm_unlock(fsm);
	return !ret;
}

/**
 * vfio_ccw_fsm_resumable - is there a program to prepare a new tail for?
 * @fsm: state machine
 * @suspended: it is suspended; valid if true is returned
 * @host_cpa: host channel-program address that came with the suspension, 0 if
 *	none did; valid if it is suspended
 *
 * Also a program that runs may be resumed: the channel will fetch anew what it
 * comes to. PoP chapter 14, RESUME SUBCHANNEL.
 *
 * What STORE SUBCHANNEL stores is no such address: without status pending it is
 * unpredictable, that of an earlier program for instance. PoP figure 16-6.
 *
 * Context: fsm_mutex is held; takes the subchannel lock.
 * Return: whether the start function is the only one in progress.
 */
bool vfio_ccw_fsm_resumable(struct vfio_ccw_fsm *fsm, bool *suspended,
			    u32 *host_cpa)
{
	struct vfio_ccw_schib schib;

	fsm_assert_held(fsm);
	if (fsm->state != VFIO_CCW_STATE_BUSY ||
	    fsm->fc != VFIO_CCW_FC_START || !fsm_look_now(fsm, &schib))
		return false;
	*host_cpa = fsm->suspended_cpa;
	*suspended = fsm_is_suspended(&schib);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_resumable);

/**
 * vfio_ccw_fsm_result - what RESET, OFFLINE or SHUTDOWN came to
 * @fsm: state machine
 *
 * Context: fsm_mutex is held.
 * Return: 0; -EINPROGRESS in QUIESCING; -ENODEV if the device is gone or the
 *	host goes down; -EIO if the channel could not be stopped, or the
 *	subchannel not be enabled again.
 */
int vfio_ccw_fsm_result(struct vfio_ccw_fsm *fsm)
{
	fsm_assert_held(fsm);
	switch (fsm->state) {
	case VFIO_CCW_STATE_NOT_OPER:
		return fsm->reason == VFIO_CCW_REASON_STUCK ? -EIO : -ENODEV;
	case VFIO_CCW_STATE_STANDBY:
		return fsm->opened ? -EIO : 0;
	case VFIO_CCW_STATE_QUIESCING:
		return -EINPROGRESS;
	default:
		return 0;
	}
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_result);

/*
 * Status whose class the rule leaves open: the subchannel itself says whether
 * TEST SUBCHANNEL has cleared the function control.
 */
static enum vfio_ccw_status_class fsm_ask_subchannel(struct vfio_ccw_fsm *fsm)
{
	struct vfio_ccw_schib schib;

	if (fsm->ops->stsch(fsm->ctx, &schib) ||
	    !(schib.scsw.ctl & cpu_to_be32(VFIO_CCW_SCSW_FC)))
		return VFIO_CCW_STATUS_ENDS;
	return VFIO_CCW_STATUS_INTER;
}

/**
 * vfio_ccw_fsm_irq - an interruption
 * @fsm: state machine
 * @irb: what TEST SUBCHANNEL stored; copied
 * @class: vfio_ccw_status_classify() of it
 *
 * Context: hard interrupt, the subchannel lock is held.
 * Return: whether the worker has something to do.
 */
bool vfio_ccw_fsm_irq(struct vfio_ccw_fsm *fsm, const struct vfio_ccw_irb *irb,
		      enum vfio_ccw_status_class class)
{
	if (!fsm->accepting) {
		fsm->stray++;
		vfio_ccw_fsm_post(fsm, VFIO_CCW_EVENT_IRQ, 0);
		return true;
	}
	if (class == VFIO_CCW_STATUS_NONE) {
		fsm->stray++;
		return false;
	}
	if (class == VFIO_CCW_STATUS_CHECK)
		class = fsm_ask_subchannel(fsm);
	vfio_ccw_statusq_push(&fsm->rawq, irb, class, fsm->op);
	return !fsm->attended;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_irq);

/**
 * vfio_ccw_fsm_post - note an event for the worker
 * @fsm: state machine
 * @event: event; more than one of a kind before the worker runs count as one
 * @mask: PATHGONE: the paths lost, accumulated
 *
 * Context: any, the subchannel lock is held.
 */
void vfio_ccw_fsm_post(struct vfio_ccw_fsm *fsm, enum vfio_ccw_event event,
		       u8 mask)
{
	WRITE_ONCE(fsm->posted, fsm->posted | BIT(event));
	fsm->lost |= mask;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_post);

/**
 * vfio_ccw_fsm_store - STORE SUBCHANNEL for the shell
 * @fsm: state machine
 * @schib: result
 *
 * What is found to be lost is noted for the worker.
 *
 * Context: any, the subchannel lock is held.
 * Return: 0; -ENODEV if the subchannel is gone, holds another device or was
 *	reset, -EACCES if it has no working device: then the worker has
 *	something to do.
 */
int vfio_ccw_fsm_store(struct vfio_ccw_fsm *fsm, struct vfio_ccw_schib *schib)
{
	int ret = fsm_store(fsm, schib);

	if (fsm_is_lost(ret))
		vfio_ccw_fsm_post(fsm, fsm_loss_event(ret), 0);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_store);

/* Losses come last: what happened before gets its own answer */
static const enum vfio_ccw_event fsm_posted_order[] = {
	VFIO_CCW_EVENT_IRQ,
	VFIO_CCW_EVENT_SCHIB,
	VFIO_CCW_EVENT_PATHGONE,
	VFIO_CCW_EVENT_TIMEOUT,
	VFIO_CCW_EVENT_NODEV,
	VFIO_CCW_EVENT_GONE,
};

/*
 * The device was lost when NODEV was noted, but is it back before the state machine
 * has heard of that? Then functions that the user has started meanwhile go on; they
 * are lost only if the subchannel no longer knows of them.
 */
static bool fsm_is_back(struct vfio_ccw_fsm *fsm)
{
	const u32 known = VFIO_CCW_SCSW_FC | VFIO_CCW_SC_PEND;
	struct vfio_ccw_schib schib;

	if (fsm->state == VFIO_CCW_STATE_NOT_OPER || !fsm_look_now(fsm, &schib))
		return false;
	return !fsm->fc || (schib.scsw.ctl & cpu_to_be32(known)) ||
	       vfio_ccw_statusq_pending(&fsm->rawq);
}

static void fsm_drain_posted(struct vfio_ccw_fsm *fsm,
			     struct vfio_ccw_effects *fx)
{
	struct vfio_ccw_arg arg = {};
	unsigned int n;
	u32 posted;

	fsm_lock(fsm);
	posted = fsm->posted;
	WRITE_ONCE(fsm->posted, 0);
	arg.mask = fsm->lost;
	fsm->lost = 0;
	fsm_unlock(fsm);
	if ((posted & BIT(VFIO_CCW_EVENT_NODEV)) && fsm_is_back(fsm))
		posted &= ~BIT(VFIO_CCW_EVENT_NODEV);
	for (n = 0; n < ARRAY_SIZE(fsm_posted_order); n++)
		if (posted & BIT(fsm_posted_order[n]))
			vfio_ccw_fsm_step(fsm, fsm_posted_order[n], &arg, fx);
}

/*
 * Let interrupts queue the worker again; false if there is status that the
 * holder may still take.
 */
static bool fsm_attention_ends(struct vfio_ccw_fsm *fsm, unsigned int left)
{
	fsm_lock(fsm);
	fsm->attended = left && vfio_ccw_statusq_pending(&fsm->rawq);
	fsm_unlock(fsm);
	return !fsm->attended;
}

/**
 * vfio_ccw_fsm_drain - take what is queued and posted
 * @fsm: state machine
 * @fx: what is left to do is added here
 *
 * Takes at most VFIO_CCW_DRAIN_MAX entries of status, because a program that
 * interrupts without end must not keep fsm_mutex; if more are left,
 * VFIO_CCW_FX_WORK asks for another run. Nothing is taken out of turn: events
 * that depend on status look at it themselves.
 *
 * Looks without the subchannel lock are enough: whoever adds something queues the
 * worker again afterwards, unless @fsm is attended to. In that case the queue is
 * looked at under the lock before the attention ends.
 *
 * Context: the worker, and whoever started a function, before it releases
 * fsm_mutex; takes the subchannel lock.
 */
void vfio_ccw_fsm_drain(struct vfio_ccw_fsm *fsm, struct vfio_ccw_effects *fx)
{
	unsigned int left = VFIO_CCW_DRAIN_MAX;

	do {
		for (; left && vfio_ccw_statusq_pending(&fsm->rawq); left--)
			vfio_ccw_fsm_step(fsm, VFIO_CCW_EVENT_IRQ, NULL, fx);
	} while (fsm->attended && !fsm_attention_ends(fsm, left));
	if (READ_ONCE(fsm->posted))
		fsm_drain_posted(fsm, fx);
	if (!left && vfio_ccw_statusq_pending(&fsm->rawq))
		fx->mask |= VFIO_CCW_FX_WORK;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_drain);

/* Activity bits of the user's functions in progress */
static u32 fsm_activity(struct vfio_ccw_fsm *fsm)
{
	struct vfio_ccw_schib schib;

	if (fsm->state != VFIO_CCW_STATE_BUSY || fsm->kill ||
	    !fsm_look_now(fsm, &schib))
		return 0;
	return be32_to_cpu(schib.scsw.ctl) & VFIO_CCW_SCSW_AC;
}

/**
 * vfio_ccw_fsm_peek - what irb_area shows
 * @fsm: state machine
 * @irb: result: the oldest status that may be presented; else what was taken
 *	last, if this may be a read for a signal too many; else the composite
 *	of all functions in progress without status
 *
 * Context: fsm_mutex is held; takes the subchannel lock.
 * Return: identity for vfio_ccw_fsm_ack(), 0 if there is nothing to
 *	acknowledge.
 */
u32 vfio_ccw_fsm_peek(struct vfio_ccw_fsm *fsm, struct vfio_ccw_irb *irb)
{
	struct vfio_ccw_status *head = &fsm->outq.entry[fsm->outq.head];

	fsm_assert_held(fsm);
	if (!fsm->outq.len || fsm_held_back(fsm, head)) {
		if (fsm->again)
			*irb = fsm->taken;
		else
			vfio_ccw_status_composite(irb, fsm->fc,
						  fsm_activity(fsm));
		return 0;
	}
	/* Seen as it is now, it stays as it is */
	head->peeked = true;
	*irb = head->irb;
	return head->seq;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_peek);

/**
 * vfio_ccw_fsm_ack - the user has taken what vfio_ccw_fsm_peek() gave
 * @fsm: state machine
 * @seq: its identity; nothing happens if it is not the head any more. 0 after a
 *	read of all of irb_area that found no status: it has used up a signal
 * @fx: what is left to do is added here
 *
 * Context: fsm_mutex is held.
 */
void vfio_ccw_fsm_ack(struct vfio_ccw_fsm *fsm, u32 seq,
		      struct vfio_ccw_effects *fx)
{
	const struct vfio_ccw_status *head = &fsm->outq.entry[fsm->outq.head];

	fsm_assert_held(fsm);
	if (unlikely(!seq)) {
		if (fsm->surplus)
			fsm->surplus--;
		return;
	}
	if (!fsm->outq.len || head->seq != seq)
		return;
	if (head->class == VFIO_CCW_STATUS_ENDS)
		fsm->hold = true;
	if (unlikely(fsm->surplus)) {
		fsm->taken = head->irb;
		fsm->again = true;
	}
	vfio_ccw_statusq_pop(&fsm->outq);
	fsm_announce_head(fsm, fx);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_ack);

/**
 * vfio_ccw_fsm_unhold - status has been held back long enough
 * @fsm: state machine
 * @fx: what is left to do is added here
 *
 * Context: fsm_mutex is held. May come late or for nothing.
 */
void vfio_ccw_fsm_unhold(struct vfio_ccw_fsm *fsm, struct vfio_ccw_effects *fx)
{
	fsm_assert_held(fsm);
	if (!fsm->holding)
		return;
	fsm_end_hold(fsm);
	fsm_announce_head(fsm, fx);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_unhold);

/**
 * vfio_ccw_fsm_cell - one cell of the table, for printing
 * @state: state, less than VFIO_CCW_NR_STATES
 * @event: event, less than VFIO_CCW_NR_EVENTS
 * @cell: result
 *
 * Context: any.
 */
void vfio_ccw_fsm_cell(enum vfio_ccw_state state, enum vfio_ccw_event event,
		       struct vfio_ccw_cell *cell)
{
	const struct cell *c = &fsm_table[state][event];

	*cell = (struct vfio_ccw_cell) {
		.action = c->name,
		.to = c->to,
		.then = c->then,
	};
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_fsm_cell);
