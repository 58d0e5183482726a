// SPDX-License-Identifier: GPL-2.0
/* The user of the explored world, its shell, and what must hold in it */
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>
#include <stdio.h>

#include "composite.h"
#include "hw.h"
#include "user_shim.h"
#include "world.h"

#define S	VFIO_CCW_FC_START
#define H	VFIO_CCW_FC_HALT
#define C	VFIO_CCW_FC_CLEAR

struct world w;
unsigned int with;

/* Stand-ins for programs: the running one, one that is gone, one prepared */
static char program[3];
#define RUNNING		((struct vfio_ccw_cp *)&program[0])
#define EARLIER		((struct vfio_ccw_cp *)&program[1])
#define PREPARED	((struct vfio_ccw_cp *)&program[2])

/* Counters start here after every unpack */
#define GEN	16
#define OP	16

/* The user is told so often before anybody gets to it; an eventfd adds up the rest */
#define MOST_SIGNALS	2

/* As it begins; every other world is unpacked over a copy of it */
static struct world pristine;

static unsigned int nr_threads(void)
{
	return with & WITH_TWO ? 2 : 1;
}

void world_init(void)
{
	pristine.hw.paths = 0xc0;
	vfio_ccw_fsm_init(&pristine.fsm, &hw_ops, NULL);
	w = pristine;
}

/*
 * Packing
 */

static unsigned char *cursor;
static bool packing;

static void io(void *field, size_t len)
{
	if (packing)
		memcpy(cursor, field, len);
	else
		memcpy(field, cursor, len);
	cursor += len;
}

/* Fields of any integer type that hold a small number */
#define IO8(field) \
	do { \
		typeof(field) *field_ = &(field); \
		unsigned char v_ = *field_; \
		io(&v_, 1); \
		*field_ = v_; \
	} while (0)

#define IO16(field) \
	do { \
		u16 *field_ = &(field); \
		io(field_, 2); \
	} while (0)

#define IO32(field) \
	do { \
		u32 *field_ = &(field); \
		io(field_, 4); \
	} while (0)

/* How far behind @now, as far as it can matter */
static u32 behind(u32 now, u32 then)
{
	return now - then < 3 ? now - then : 3;
}

/*
 * The bits of a block that anything depends on: its class is stored, what is
 * left decides about merging, about purging and about who is answered
 */
#define CTL_MATTERS	(VFIO_CCW_SCSW_FC | VFIO_CCW_SCSW_CC | \
			 VFIO_CCW_AC_SUSP | VFIO_CCW_SC_PRIM | \
			 VFIO_CCW_SC_SEC | VFIO_CCW_SC_PEND)
/* ... and of a block that ends nothing, whose kind matters, too */
#define CTL_KINDS	(CTL_MATTERS | VFIO_CCW_SC_ALERT | VFIO_CCW_SC_INTER | \
			 VFIO_CCW_SCSW_E)

static u32 matters(const struct vfio_ccw_irb *irb)
{
	u32 ctl = be32_to_cpu(irb->scsw.ctl) & CTL_MATTERS;

	/* Of alert status only that which leaves the function in progress */
	if ((ctl & VFIO_CCW_SCSW_FC) &&
	    !(ctl & (VFIO_CCW_SC_PRIM | VFIO_CCW_SC_SEC)))
		ctl |= be32_to_cpu(irb->scsw.ctl) & VFIO_CCW_SC_ALERT;
	return ctl & VFIO_CCW_SCSW_CC ? ctl | VFIO_CCW_SCSW_CC : ctl;
}

/* What tells kinds of status apart */
static void io_kind(struct vfio_ccw_irb *irb)
{
	u32 ctl = be32_to_cpu(irb->scsw.ctl) & CTL_KINDS;
	u16 status = be32_to_cpu(irb->scsw.status) >> 16;
	u8 path = be32_to_cpu(irb->esw.logout) >> 16;

	IO32(ctl);
	IO16(status);
	IO8(path);
	IO8(irb->ecw[0]);
	irb->scsw.ctl = cpu_to_be32(ctl);
	irb->scsw.status = cpu_to_be32((u32)status << 16);
	irb->esw.logout = cpu_to_be32((u32)path << 16);
	if (ctl & VFIO_CCW_SCSW_E)
		irb->esw.erw = cpu_to_be32(VFIO_CCW_ERW_S |
					   FIELD_PREP(VFIO_CCW_ERW_SCNT, 1));
}

static void io_entry(struct vfio_ccw_status *st, u32 seq)
{
	u32 age = packing ? behind(w.fsm.op, st->op) : 0;
	u32 ctl = matters(&st->irb);

	IO8(st->class);
	IO8(st->peeked);
	IO8(age);
	if (st->class == VFIO_CCW_STATUS_INTER ||
	    st->class == VFIO_CCW_STATUS_UNSOL) {
		io_kind(&st->irb);
	} else {
		IO32(ctl);
		if (!packing)
			st->irb.scsw.ctl = cpu_to_be32(ctl);
	}
	if (!packing) {
		st->op = OP - age;
		st->seq = seq;
	}
}

static void io_queue(struct vfio_ccw_statusq *q)
{
	unsigned int i;

	IO8(q->len);
	for (i = 0; i < q->len; i++)
		io_entry(&q->entry[(q->head + i) % VFIO_CCW_STATUSQ_LEN],
			 i + 1);
	if (!packing)
		q->next_seq = q->len + 1;
}

/*
 * Rungs of the ladder on which the next thing is the same count as one; which
 * of them it is, is chosen when a deadline passes. This adds worlds, if
 * anything. The bound on the ladder is checked from the lowest of them.
 */
#define HALTING		1
#define CLEARING	(HALTING + VFIO_CCW_QUIESCE_HALTS)
#define EXHAUSTED	(CLEARING + VFIO_CCW_QUIESCE_CLEARS)

static unsigned int lowest_like(unsigned int step)
{
	if (step < HALTING || step >= EXHAUSTED)
		return step;
	return step < CLEARING ? HALTING : CLEARING;
}

static void choose_rung(void)
{
	if (w.fsm.state != VFIO_CCW_STATE_QUIESCING)
		return;
	if (w.fsm.step == HALTING && explore_choose(2))
		w.fsm.step = CLEARING - 1;
	else if (w.fsm.step == CLEARING && explore_choose(2))
		w.fsm.step = EXHAUSTED - 1;
}

/*
 * Signals that are left of status that was taken away: more of them than can be on
 * their way make no difference
 */
#define MOST_SURPLUS	(MOST_SIGNALS + 2)

static void io_signals(struct vfio_ccw_fsm *f)
{
	u32 ctl = f->again ? be32_to_cpu(f->taken.scsw.ctl) & CTL_KINDS : 0;

	if (f->surplus > MOST_SURPLUS)
		f->surplus = MOST_SURPLUS;
	IO8(f->surplus);
	IO8(f->again);
	IO32(ctl);
	f->taken.scsw.ctl = cpu_to_be32(ctl);
}

static void io_fsm(struct vfio_ccw_fsm *f)
{
	bool cp = f->cp;

	IO8(f->state);
	IO8(f->reason);
	IO8(f->target);
	IO32(f->fc);
	IO8(cp);
	IO8(f->lpm);
	IO8(f->suspended_cpa);
	IO8(f->accepting);
	IO32(f->posted);
	IO8(f->lost);
	IO8(f->hold);
	IO8(f->holding);
	IO8(f->kill);
	IO8(f->deadline);
	IO8(f->quarantined);
	IO8(f->opened);
	IO8(f->shutdown);
	IO8(f->step);
	if (with & WITH_VMM)
		io_signals(f);
	if (!packing) {
		f->cp = cp ? RUNNING : NULL;
		f->gen = GEN;
		f->op = OP;
	}
}

static void io_hw(struct hw *hw)
{
	IO8(hw->gone);
	IO8(hw->asleep);
	IO8(hw->fresh);
	IO8(hw->told);
	IO8(hw->took);
	IO8(hw->ena);
	IO8(hw->left_enabled);
	IO32(hw->fc);
	IO8(hw->ph);
	IO8(hw->pend);
	IO8(hw->s);
	IO8(hw->resume);
	IO8(hw->told_where);
	IO8(hw->lpm);
	IO8(hw->lpum);
	IO8(hw->paths);
	IO8(hw->path_lost);
	IO8(hw->no_path);
	IO8(hw->lost);
}

static void io_thread(struct thread *t)
{
	bool current_gen = t->gen == w.fsm.gen;

	IO8(t->req);
	IO8(current_gen);
	IO8(t->stale);
	IO8(t->touches);
	IO8(t->tail);
	IO8(t->suspended);
	IO8(t->same_cp);
	if (!packing)
		t->gen = current_gen ? GEN : GEN - 1;
}

static void io_user(void)
{
	unsigned int i;

	IO8(w.cp_touches);
	IO8(w.quarantine);
	IO8(w.open);
	for (i = 0; i < nr_threads(); i++)
		io_thread(&w.thread[i]);
	IO8(w.clear_waits);
	IO8(w.reader);
	IO8(w.reader_ends);
	IO32(w.reader_ctl);
	IO8(w.unmap);
	IO32(w.owed);
	IO16(w.seen);
	IO16(w.reader_seen);
	IO8(w.asked);
	IO8(w.unregistering);
	IO8(w.work);
	IO8(w.timer);
	IO8(w.hold_timer);
	if (with & WITH_VMM) {
		IO8(w.vmm.counter);
		IO8(w.vmm.pending);
		IO32(w.vmm.ends);
	}
	if (with & WITH_LATE) {
		IO32(w.late.mask);
		IO8(w.late.signals);
		IO8(w.late.touches);
	}
	IO8(w.woken);
}

static u32 head_seq(void)
{
	struct vfio_ccw_status *head = vfio_ccw_statusq_head(&w.fsm.outq);

	return head ? head->seq : 0;
}

static void forget_of_thread(struct thread *t)
{
	if (t->req == RQ_NONE || t->req == RQ_LOOKED) {
		t->gen = w.fsm.gen;
		t->stale = false;
	}
	t->touches &= t->req == RQ_CLAIMED || t->req == RQ_READY;
	t->same_cp &= t->req == RQ_RESUME;
	t->tail &= t->req == RQ_RESUME;
	t->suspended &= t->req == RQ_RESUME;
}

/* Threads are alike: which of them has come further does not matter */
static unsigned int progress(const struct thread *t)
{
	return t->req << 6 | (t->gen == w.fsm.gen) << 5 | t->stale << 4 |
	       t->touches << 3 | t->suspended << 2 | t->tail << 1 | t->same_cp;
}

static void sort_threads(void)
{
	struct thread first = w.thread[0];

	if (progress(&w.thread[1]) <= progress(&first))
		return;
	w.thread[0] = w.thread[1];
	w.thread[1] = first;
}

/* By either of these the state machine will learn of a path that is lost */
#define TOLD_OF_PATHS	(BIT(VFIO_CCW_EVENT_PATHGONE) | \
			 BIT(VFIO_CCW_EVENT_SCHIB))

/* Paths matter to a start that may come, or is there and not being ended */
static void forget_of_paths(void)
{
	bool needed = w.fsm.state == VFIO_CCW_STATE_IDLE ||
		      (w.fsm.state == VFIO_CCW_STATE_BUSY && !w.fsm.kill);

	if (!w.fsm.cp)
		w.fsm.lpm = 0;
	if (!needed) {
		w.fsm.lost = 0;
		w.hw.lpum = 0;
		w.hw.lpm = 0;
		w.hw.path_lost = false;
	}
	if (!needed || !(w.fsm.posted & TOLD_OF_PATHS)) {
		w.hw.no_path = false;
		w.hw.lost = 0;
	}
}

/* What has no meaning any more must not make two worlds differ */
static void forget_meaningless(void)
{
	forget_of_paths();
	if (!w.fsm.cp) {
		w.cp_touches = false;
		w.hw.told_where = false;
	}
	w.hw.took &= w.fsm.state == VFIO_CCW_STATE_BUSY;
	if (!(with & WITH_RESUME))
		w.fsm.suspended_cpa = 0;
	if (!w.fsm.rawq.len && !w.fsm.posted)
		w.work = false;
	forget_of_thread(&w.thread[0]);
	forget_of_thread(&w.thread[1]);
	sort_threads();
	if (w.reader == RD_HEAD && w.reader_seq != head_seq())
		w.reader = RD_STALE;
	if (w.reader != RD_HEAD) {
		w.reader_ends = false;
		w.reader_ctl = 0;
		w.reader_seen = 0;
	}
	if (w.fsm.state != VFIO_CCW_STATE_QUIESCING) {
		w.fsm.step = 0;
		w.fsm.target = 0;
	}
	w.fsm.step = lowest_like(w.fsm.step);
	if (w.fsm.state != VFIO_CCW_STATE_NOT_OPER) {
		w.fsm.reason = 0;
		w.asked = false;
		w.unregistering = false;
	}
	w.woken &= w.clear_waits;
}

size_t world_pack(unsigned char *buf)
{
	bool told, knows;

	REQUIRE(!w.fsm.rawq.dropped && !w.fsm.outq.dropped,
		"a queue overflows");
	forget_meaningless();
	told = w.fsm.outq.len && w.fsm.signalled == head_seq();
	knows = w.fsm.outq.len && w.told_seq == head_seq();
	packing = true;
	cursor = buf;
	io_fsm(&w.fsm);
	IO8(told);
	IO8(knows);
	io_queue(&w.fsm.rawq);
	io_queue(&w.fsm.outq);
	io_hw(&w.hw);
	io_user();
	return cursor - buf;
}

void world_unpack(const unsigned char *buf)
{
	bool told = false, knows = false;

	w = pristine;
	packing = false;
	cursor = (unsigned char *)buf;
	io_fsm(&w.fsm);
	IO8(told);
	IO8(knows);
	io_queue(&w.fsm.rawq);
	io_queue(&w.fsm.outq);
	io_hw(&w.hw);
	io_user();
	w.fsm.signalled = told ? head_seq() : 0;
	w.told_seq = knows ? head_seq() : 0;
	w.reader_seq = w.reader == RD_HEAD ? head_seq() : U32_MAX;
}

/*
 * The shell
 */

/*
 * A program has ended: nothing may use it from here, although it is released
 * only later
 */
static void retire(const struct vfio_ccw_effects *fx)
{
	if (!fx->retired)
		return;
	if (!(fx->mask & VFIO_CCW_FX_QUARANTINE))
		REQUIRE(!hw_uses_program(),
			"a program is released while the channel uses it");
	w.thread[0].same_cp = false;
	w.thread[1].same_cp = false;
}

/* What was put into quarantine after its end leaves it at once, as in the shell */
static void quarantine(void)
{
	w.quarantine |= w.fsm.quarantined;
}

/* Late, it may find another one there: that stays */
static void end_quarantine(void)
{
	if (w.fsm.quarantined)
		return;
	REQUIRE(!hw_uses_program() || w.fsm.cp,
		"quarantine ends while the channel uses the program");
	w.quarantine = false;
}

/* One thing that a step left to do */
static void apply_one(u32 effect)
{
	switch (effect) {
	case VFIO_CCW_FX_SIGNAL_IO:
		w.vmm.counter = (with & WITH_VMM) && w.open;
		break;
	case VFIO_CCW_FX_WAKE:
		w.woken = w.clear_waits &&
			  w.fsm.state != VFIO_CCW_STATE_QUIESCING;
		break;
	case VFIO_CCW_FX_WORK:
		w.work = true;
		break;
	case VFIO_CCW_FX_SIGNAL_REQ:
		w.asked = true;
		break;
	case VFIO_CCW_FX_UNREG:
		w.unregistering = true;
		break;
	case VFIO_CCW_FX_QUARANTINE:
		quarantine();
		break;
	case VFIO_CCW_FX_UNQUARANTINE:
		end_quarantine();
		break;
	}
}

#define FX_SOMETIME	(VFIO_CCW_FX_SIGNAL_IO | VFIO_CCW_FX_WAKE | \
			 VFIO_CCW_FX_WORK | VFIO_CCW_FX_SIGNAL_REQ | \
			 VFIO_CCW_FX_UNREG | VFIO_CCW_FX_QUARANTINE | \
			 VFIO_CCW_FX_UNQUARANTINE)

/* Each has its own thread, so that each comes when it likes */
static void defer(const struct vfio_ccw_effects *fx)
{
	w.late.mask |= fx->mask & FX_SOMETIME & ~VFIO_CCW_FX_SIGNAL_IO;
	if ((fx->mask & VFIO_CCW_FX_SIGNAL_IO) && (with & WITH_VMM) &&
	    w.late.signals < MOST_SIGNALS)
		w.late.signals++;
	if (fx->retired && !(fx->mask & VFIO_CCW_FX_QUARANTINE))
		w.late.touches |= w.cp_touches;
}

static bool something_late(void)
{
	return w.late.mask || w.late.signals || w.late.touches;
}

static void act_late(void)
{
	u32 able[8], bit;
	unsigned int n = 0, pick;

	for (bit = 1; bit && bit <= w.late.mask; bit <<= 1)
		if (w.late.mask & bit)
			able[n++] = bit;
	if (w.late.signals)
		able[n++] = VFIO_CCW_FX_SIGNAL_IO;
	if (w.late.touches)
		able[n++] = 0;
	pick = able[explore_choose(n)];
	w.late.mask &= ~pick;
	if (!pick)
		w.late.touches = false;
	else if (pick == VFIO_CCW_FX_SIGNAL_IO)
		w.late.signals--;
	apply_one(pick);
}

/* Deadlines are set under fsm_mutex, all else is done afterwards */
static void apply(struct vfio_ccw_effects *fx)
{
	u32 bit;

	REQUIRE((fx->mask & (VFIO_CCW_FX_TIMER | VFIO_CCW_FX_TIMER_OFF)) !=
		(VFIO_CCW_FX_TIMER | VFIO_CCW_FX_TIMER_OFF),
		"a deadline set and lifted at once");
	if (fx->mask & VFIO_CCW_FX_SIGNAL_IO) {
		REQUIRE(w.fsm.outq.len && w.told_seq != head_seq() &&
			!vfio_ccw_statusq_head(&w.fsm.outq)->peeked,
			"the user is told of nothing new");
		w.told_seq = head_seq();
	}
	if (fx->mask & VFIO_CCW_FX_UNREG)
		REQUIRE(!w.fsm.opened && w.fsm.state == VFIO_CCW_STATE_NOT_OPER,
			"unregistration while it is open");
	if (fx->mask & VFIO_CCW_FX_TIMER)
		w.timer = true;
	if (fx->mask & VFIO_CCW_FX_TIMER_OFF)
		w.timer = false;
	if (fx->mask & VFIO_CCW_FX_HOLD)
		w.hold_timer = true;
	retire(fx);
	if ((with & WITH_LATE) && !hw_dead) {
		defer(fx);
		return;
	}
	for (bit = 1; bit && bit <= fx->mask; bit <<= 1)
		if (fx->mask & bit)
			apply_one(bit);
}

/* What a state and the one before it say together */
static void check_transition(enum vfio_ccw_state old)
{
	enum vfio_ccw_state new = w.fsm.state;

	if (old == VFIO_CCW_STATE_QUIESCING && new == VFIO_CCW_STATE_NOT_OPER)
		REQUIRE(!w.hw.ena || w.hw.gone ||
			w.fsm.reason == VFIO_CCW_REASON_STUCK,
			"QUIESCING left without an end");
	if (old == VFIO_CCW_STATE_NOT_OPER)
		REQUIRE(new == old || new == VFIO_CCW_STATE_STANDBY,
			"back to life from NOT_OPER");
	if (old == VFIO_CCW_STATE_STANDBY)
		REQUIRE(new != VFIO_CCW_STATE_BUSY, "BUSY from STANDBY");
	if (old == VFIO_CCW_STATE_BUSY && new == VFIO_CCW_STATE_NOT_OPER)
		REQUIRE(!w.hw.took || w.fsm.reason != VFIO_CCW_REASON_NODEV,
			"a function is ended by a loss before it");
}

static struct vfio_ccw_effects fx;

static enum vfio_ccw_state state_before;

static void enter(void)
{
	state_before = w.fsm.state;
	fx = (struct vfio_ccw_effects) {};
	hw_by = BY_DRIVER;
	hw_mutex_lock();
}

/* Who holds the fsm_mutex attends to what comes at once */
static void leave(void)
{
	hw_by = BY_DRIVER;
	if (w.fsm.attended)
		vfio_ccw_fsm_drain(&w.fsm, &fx);
	hw_mutex_unlock();
	REQUIRE(!user_warnings, "a warning");
	REQUIRE(!w.fsm.attended, "the worker is kept away");
	apply(&fx);
	check_transition(state_before);
	composite_step(state_before);
}

static enum by by(enum vfio_ccw_event event)
{
	switch (event) {
	case VFIO_CCW_EVENT_SSCH:
	case VFIO_CCW_EVENT_RSCH:
	case VFIO_CCW_EVENT_HSCH:
	case VFIO_CCW_EVENT_CSCH:
	case VFIO_CCW_EVENT_XSCH:
		return BY_USER;
	case VFIO_CCW_EVENT_DMA_UNMAP:
		return BY_UNMAP;
	default:
		return BY_DRIVER;
	}
}

/* What comes while the function that it belongs to is attended to, too */
static int step(enum vfio_ccw_event event, struct vfio_ccw_arg *arg)
{
	int ret;

	enter();
	hw_by = by(event);
	if (hw_by == BY_USER) {
		hw_moves_allowed(2);
		composite_begin(event, arg);
	}
	ret = vfio_ccw_fsm_step(&w.fsm, event, arg, &fx);
	if (hw_by == BY_USER)
		composite_judge(ret);
	leave();
	return ret;
}

/*
 * Requests
 */

static bool may_reset(void)
{
	return (with & WITH_RESET) && w.open;
}

/* A thread that has come so far; the other one, if both have come equally */
static struct thread *thread_at(enum req req)
{
	unsigned int i;

	for (i = 0; i < nr_threads(); i++)
		if (w.thread[i].req == req)
			return &w.thread[i];
	return NULL;
}

/* ... whichever of the two, if they differ in something else */
static struct thread *choose_thread(enum req req)
{
	if (nr_threads() == 2 && w.thread[0].req == req &&
	    w.thread[1].req == req)
		return &w.thread[explore_choose(2)];
	return thread_at(req);
}

/* Translations exclude each other, and do not wait for each other */
static bool translating(void)
{
	return thread_at(RQ_CLAIMED) || thread_at(RQ_READY) ||
	       thread_at(RQ_RESUME);
}

/* A VMM whose guest has not taken the status in its slot answers by itself */
static bool slot_pending(void)
{
	return (with & WITH_VMM) && w.vmm.pending;
}

static bool may_request(void)
{
	return w.open && thread_at(RQ_NONE) && !slot_pending() &&
	       (!w.clear_waits || (with & WITH_TWO));
}

static bool nothing_under_way(void)
{
	unsigned int i;

	for (i = 0; i < nr_threads(); i++)
		if (w.thread[i].req != RQ_NONE)
			return false;
	return !w.clear_waits;
}

static void outdate_requests(void)
{
	w.thread[0].stale = true;
	w.thread[1].stale = true;
}

/*
 * No condition code but 0 changes IDLE or BUSY, unless the subchannel has
 * vanished or is another one
 */
static void check_refusal(int ret)
{
	if (ret && !composite_vanished())
		REQUIRE(w.fsm.state == state_before,
			"a refused request changes the state");
}

/* The look before a request */
static int check(enum vfio_ccw_event event, struct thread *t)
{
	const struct vfio_ccw_orb orb = {
		.ctl = cpu_to_be32(VFIO_CCW_ORB_LPM),
	};
	const struct vfio_ccw_arg arg = { .orb = &orb, .gen = w.fsm.gen };
	int ret;

	enter();
	composite_begin(event, &arg);
	ret = vfio_ccw_fsm_check(&w.fsm, event, &t->gen, &fx);
	composite_judge_check(event, ret);
	leave();
	check_refusal(ret);
	return ret;
}

static bool checked(void)
{
	return thread_at(RQ_CHECKED);
}

static bool claimed(void)
{
	return thread_at(RQ_CLAIMED);
}

static bool ready(void)
{
	return thread_at(RQ_READY);
}

/*
 * A translation begins: nobody else translates, and no unmap is waiting that
 * was there before the check
 */
static void claim(struct thread *t)
{
	if (translating()) {
		t->req = RQ_NONE;
		return;
	}
	t->touches = (with & WITH_UNMAP) && explore_choose(2);
	t->req = RQ_CLAIMED;
}

static bool kept_off(const struct thread *t)
{
	return w.unmap == UN_WAITS && t->gen == w.fsm.gen;
}

static void act_claim(void)
{
	struct thread *t = choose_thread(RQ_CHECKED);

	if (!kept_off(t))
		claim(t);
}

/* Every pin is preceded by a look at the generation */
static void act_pin(void)
{
	struct thread *t = thread_at(RQ_CLAIMED);

	t->req = t->gen == w.fsm.gen ? RQ_READY : RQ_NONE;
}

static void act_claim_fails(void)
{
	choose_thread(RQ_CHECKED)->req = RQ_NONE;
}

static void act_pin_fails(void)
{
	thread_at(RQ_CLAIMED)->req = RQ_NONE;
}

static void check_started(const struct vfio_ccw_arg *arg,
			  const struct thread *t)
{
	REQUIRE(!arg->cp, "the program is not taken");
	REQUIRE(!t->stale, "a program of an earlier life is started");
	REQUIRE(!w.owed, "a start while functions are not answered");
	REQUIRE(state_before == VFIO_CCW_STATE_IDLE, "a start not in IDLE");
	w.owed = S;
	w.cp_touches = t->touches;
}

static u32 choose_orb(void)
{
	static const u8 lpm[] = { 0x00, 0x80, 0x40 };
	unsigned int path = with & WITH_PATHS ? explore_choose(3) : 0;
	u32 suspend = (with & WITH_RESUME) && explore_choose(2) ?
		VFIO_CCW_ORB_S : 0;

	return FIELD_PREP(VFIO_CCW_ORB_LPM, lpm[path]) | suspend;
}

static void start(struct thread *t)
{
	struct vfio_ccw_orb orb = { .ctl = cpu_to_be32(choose_orb()) };
	struct vfio_ccw_arg arg = {
		.orb = &orb, .cp = PREPARED, .gen = t->gen,
	};
	int ret;

	enter();
	hw_by = BY_USER;
	hw_moves_allowed(2);
	composite_begin(VFIO_CCW_EVENT_SSCH, &arg);
	ret = vfio_ccw_fsm_step(&w.fsm, VFIO_CCW_EVENT_SSCH, &arg, &fx);
	composite_judge(ret);
	if (!ret)
		check_started(&arg, t);
	t->req = RQ_NONE;
	leave();
	check_refusal(ret);
	if (ret)
		REQUIRE(arg.cp, "a refused program is taken");
}

static void act_ssch(void)
{
	start(thread_at(RQ_READY));
}

/* Whoever is told without a lock that it may start would have been told with it */
static bool is_ready(struct thread *t)
{
	bool hold = w.fsm.hold;

	if (!vfio_ccw_fsm_ready(&w.fsm, &t->gen))
		return false;
	REQUIRE(w.fsm.state == VFIO_CCW_STATE_IDLE && !w.fsm.rawq.len &&
		!w.fsm.outq.len, "ready, but a start would be refused");
	REQUIRE(t->gen == w.fsm.gen, "ready in another life");
	REQUIRE(w.fsm.hold == hold, "the hold ends without the lock");
	return true;
}

static int check_start(struct thread *t)
{
	if (is_ready(t))
		return 0;
	return check(VFIO_CCW_EVENT_SSCH, t);
}

/*
 * The look without a lock is one at the state and the queues, and one at the
 * generation: anything may happen between them
 */
static bool begin_look(struct thread *t)
{
	if (!(with & WITH_THREADS) || !is_ready(t))
		return false;
	t->req = RQ_LOOKED;
	return true;
}

static bool looked(void)
{
	return thread_at(RQ_LOOKED);
}

static void act_look_at_gen(void)
{
	struct thread *t = thread_at(RQ_LOOKED);

	t->gen = w.fsm.gen;
	t->stale = false;
	t->req = RQ_CHECKED;
}

static void act_check(void)
{
	struct thread *t = thread_at(RQ_NONE);
	int ret;

	if (begin_look(t))
		return;
	ret = check_start(t);
	t->stale = false;
	if (ret)
		return;
	t->req = RQ_CHECKED;
	if (!(with & WITH_THREADS)) {
		if (kept_off(t)) {
			t->req = RQ_NONE;
			return;
		}
		claim(t);
		start(t);
	}
}

/* Requests of one step are made at any time, if there is another thread */
static bool may_step(void)
{
	return may_request() ||
	       (w.open && (with & WITH_TWO) && !slot_pending());
}

/* The only request that is made whatever is pending */
static bool may_clear(void)
{
	return w.open && !w.clear_waits &&
	       (thread_at(RQ_NONE) || (with & WITH_TWO));
}

static void act_hsch(void)
{
	int ret = step(VFIO_CCW_EVENT_HSCH, NULL);

	check_refusal(ret);
	if (ret)
		return;
	w.owed |= H;
	/* It resets intermediate status while the channel is active */
	w.seen &= ~(KIND_PCI | KIND_PCI_2);
}

/* Its own end may have come at once, nothing else */
static bool only_clear_ends(void)
{
	const struct vfio_ccw_status *st = vfio_ccw_statusq_head(&w.fsm.outq);

	return !st || (w.fsm.outq.len == 1 && (matters(&st->irb) &
					       VFIO_CCW_SCSW_FC) == C);
}

static void act_csch(void)
{
	int ret = step(VFIO_CCW_EVENT_CSCH, NULL);

	check_refusal(ret);
	w.clear_waits = ret == -EINPROGRESS;
	w.woken = false;
	/* Whatever comes of it, a request gives up what is not taken yet */
	w.vmm.ends = 0;
	if (ret)
		return;
	REQUIRE(only_clear_ends(), "status from before a clear");
	w.owed = C;
	w.seen = 0;
	w.vmm.pending = false;
}

static bool clear_may_go_on(void)
{
	return w.clear_waits && w.woken;
}

static void act_xsch(void)
{
	int ret = step(VFIO_CCW_EVENT_XSCH, NULL);

	check_refusal(ret);
	if (!ret)
		w.owed = 0;
}

static bool may_resume(void)
{
	return (with & WITH_RESUME) && may_request();
}

static void act_resume_check(void)
{
	struct thread *t = thread_at(RQ_NONE);
	int ret = check(VFIO_CCW_EVENT_RSCH, t);

	t->stale = false;
	if (!ret)
		t->req = RQ_RCHECKED;
}

static bool resume_checked(void)
{
	return thread_at(RQ_RCHECKED);
}

/* What the tail pins stays pinned with the program, whatever becomes of it */
static void act_resume_look(void)
{
	struct thread *t = choose_thread(RQ_RCHECKED);
	u32 cpa = 0;

	if (kept_off(t))
		return;
	if (translating()) {
		t->req = RQ_NONE;
		return;
	}
	t->suspended = false;
	enter();
	composite_begin(VFIO_CCW_EVENT_RSCH, NULL);
	t->tail = vfio_ccw_fsm_resumable(&w.fsm, &t->suspended, &cpa);
	t->suspended &= t->tail;
	leave();
	t->same_cp = w.fsm.cp;
	t->req = RQ_RESUME;
	if (!t->tail)
		return;
	REQUIRE(!t->suspended || hw_suspended() || composite_vanished(),
		"a program that runs is taken for suspended");
	REQUIRE(!t->suspended || !cpa || (cpa == HW_CPA && w.hw.told_where),
		"resumed where it was not suspended");
	if (t->gen != w.fsm.gen)
		t->req = RQ_NONE;
	else if (with & WITH_UNMAP)
		w.cp_touches |= explore_choose(2);
}

static bool resume_prepared(void)
{
	return thread_at(RQ_RESUME);
}

static void act_rsch(void)
{
	struct thread t = *thread_at(RQ_RESUME);
	struct vfio_ccw_arg arg = {
		.gen = t.gen, .resume = t.tail, .suspended = t.suspended,
		.cp = t.same_cp ? w.fsm.cp : EARLIER,
	};
	int ret;

	thread_at(RQ_RESUME)->req = RQ_NONE;
	ret = step(VFIO_CCW_EVENT_RSCH, &arg);
	check_refusal(ret);
	if (ret)
		return;
	REQUIRE(t.tail && t.same_cp && !t.stale, "the tail of another program");
}

/*
 * Life
 */

static bool may_init(void)
{
	return !w.open && w.fsm.state == VFIO_CCW_STATE_NOT_OPER;
}

static void act_init(void)
{
	step(VFIO_CCW_EVENT_INIT, NULL);
}

static bool may_open(void)
{
	return !w.open && w.fsm.state != VFIO_CCW_STATE_QUIESCING;
}

static void act_open(void)
{
	int ret = step(VFIO_CCW_EVENT_ONLINE, NULL);

	REQUIRE((ret == 0) == (w.fsm.state == VFIO_CCW_STATE_IDLE),
		"open succeeds exactly when it reaches IDLE");
	REQUIRE(ret || (!w.fsm.outq.len && w.hw.ena),
		"status of an earlier life");
	w.open = !ret;
}

static bool may_close(void)
{
	return w.open && nothing_under_way() && w.reader == RD_NONE;
}

/* Its end was asked for: nothing is owed any more */
static void user_forgets(void)
{
	w.owed = 0;
	w.seen = 0;
	w.vmm.pending = false;
	w.vmm.ends = 0;
}

static void act_close(void)
{
	int ret = step(VFIO_CCW_EVENT_OFFLINE, NULL);

	REQUIRE((ret == -EINPROGRESS) ==
		(w.fsm.state == VFIO_CCW_STATE_QUIESCING), "close waits");
	REQUIRE(!w.fsm.outq.len, "status after close");
	w.open = false;
	w.asked = false;
	/* Nobody signals any more, and the eventfd is let go */
	w.vmm.counter = false;
	w.late.signals = 0;
	user_forgets();
	w.hold_timer = false;
}

static void act_reset(void)
{
	int ret = step(VFIO_CCW_EVENT_RESET, NULL);

	if (state_before == VFIO_CCW_STATE_NOT_OPER) {
		REQUIRE(ret == -ENODEV, "RESET result in NOT_OPER");
		return;
	}
	REQUIRE((ret == -EINPROGRESS) ==
		(w.fsm.state == VFIO_CCW_STATE_QUIESCING), "reset waits");
	REQUIRE(ret || w.fsm.state == VFIO_CCW_STATE_IDLE, "reset to IDLE");
	REQUIRE(!w.fsm.outq.len, "status after reset");
	user_forgets();
	outdate_requests();
}

static bool always(void)
{
	return true;
}

static bool may_shut_down(void)
{
	return with & WITH_SHUTDOWN;
}

static void act_shutdown(void)
{
	step(VFIO_CCW_EVENT_SHUTDOWN, NULL);
	outdate_requests();
}

static bool may_unmap(void)
{
	return (with & WITH_UNMAP) && w.open && w.unmap == UN_NONE;
}

/* Does anyone claim the memory? Claims come before pins and go after them */
static bool range_used(void)
{
	unsigned int i;

	for (i = 0; i < nr_threads(); i++)
		if (w.thread[i].touches && (w.thread[i].req == RQ_CLAIMED ||
					    w.thread[i].req == RQ_READY))
			return true;
	return (w.fsm.cp && w.cp_touches) || w.late.touches;
}

static void act_unmap_tells(void);

static void act_unmap(void)
{
	if (range_used())
		w.unmap = UN_LOOKED;
	if (!(with & WITH_THREADS) && w.unmap)
		act_unmap_tells();
}

static bool unmap_has_looked(void)
{
	return w.unmap == UN_LOOKED;
}

static void act_unmap_tells(void)
{
	struct vfio_ccw_arg arg = { .touches = w.fsm.cp && w.cp_touches };

	w.unmap = UN_WAITS;
	outdate_requests();
	step(VFIO_CCW_EVENT_DMA_UNMAP, &arg);
}

/* The claims on the range are gone: the unmap returns */
static bool unmap_may_return(void)
{
	return w.unmap == UN_WAITS && !range_used();
}

static void act_unmap_returns(void)
{
	w.unmap = UN_NONE;
}

/*
 * Reading
 */

static bool may_read(void)
{
	return w.open && w.reader == RD_NONE && !(with & WITH_VMM) &&
	       (with & WITH_THREADS || w.fsm.outq.len);
}

/* What the last read has shown */
static struct vfio_ccw_irb shown;

/* The functions in progress, or again what was taken last: it has no other place */
static void check_nothing_new(u32 ctl)
{
	if (w.fsm.again) {
		REQUIRE((with & WITH_VMM) &&
			ctl == be32_to_cpu(w.fsm.taken.scsw.ctl),
			"what is shown again is not what was taken");
		REQUIRE(vfio_ccw_status_classify(&w.fsm.taken) !=
			VFIO_CCW_STATUS_ENDS || !(ctl & w.owed),
			"an earlier end is shown for a function in progress");
		return;
	}
	REQUIRE(!(ctl & VFIO_CCW_SCSW_SC), "the composite has status");
	REQUIRE((ctl & VFIO_CCW_SCSW_FC) == w.fsm.fc, "the composite");
}

static void act_peek(void)
{
	struct vfio_ccw_irb irb;
	u32 ctl;

	enter();
	w.reader_seq = vfio_ccw_fsm_peek(&w.fsm, &irb);
	leave();
	ctl = be32_to_cpu(irb.scsw.ctl);
	shown = irb;
	if (!w.reader_seq) {
		check_nothing_new(ctl);
		enter();
		vfio_ccw_fsm_ack(&w.fsm, 0, &fx);
		leave();
		return;
	}
	REQUIRE(w.reader_seq == head_seq(), "not the head");
	w.reader = RD_HEAD;
	w.reader_ends = vfio_ccw_statusq_head(&w.fsm.outq)->class ==
		VFIO_CCW_STATUS_ENDS;
	w.reader_ctl = matters(&irb);
	w.reader_seen = composite_kinds(&irb);
}

static bool has_copy(void)
{
	return w.reader != RD_NONE;
}

static void act_ack(void)
{
	bool taken = w.reader == RD_HEAD && w.reader_seq == head_seq();
	u32 head = head_seq(), fc = w.reader_ctl & VFIO_CCW_SCSW_FC;
	const struct vfio_ccw_status *st = vfio_ccw_statusq_head(&w.fsm.outq);

	if (taken)
		REQUIRE(w.reader_ctl == matters(&st->irb),
			"what was read has changed since");
	enter();
	vfio_ccw_fsm_ack(&w.fsm, w.reader_seq, &fx);
	leave();
	w.reader = RD_NONE;
	REQUIRE(taken == (head_seq() != head),
		"exactly what was read is acknowledged");
	if (!taken)
		return;
	composite_read(w.reader_seen);
	if (!w.reader_ends)
		return;
	REQUIRE((w.owed & fc) == fc, "a function is answered twice");
	w.owed &= ~fc;
}

static void act_read(void)
{
	act_peek();
	if (!(with & WITH_THREADS) && w.reader_seq)
		act_ack();
}

static bool may_fault(void)
{
	return has_copy() && !(with & WITH_VMM);
}

/* The copy to the user failed, or it was only a part */
static void act_drop(void)
{
	w.reader = RD_NONE;
}

static bool vmm_wakes(void)
{
	return w.open && w.vmm.counter && w.reader == RD_NONE;
}

/* Functions that end, as the guest will see it */
static u32 shown_ends(void)
{
	if (vfio_ccw_status_classify(&shown) != VFIO_CCW_STATUS_ENDS &&
	    !(w.reader == RD_HEAD && w.reader_ends))
		return 0;
	return be32_to_cpu(shown.scsw.ctl) & VFIO_CCW_SCSW_FC;
}

/* What a read shows replaces what is in the slot */
static void act_vmm_reads(void)
{
	w.vmm.counter = false;
	act_peek();
	REQUIRE(!(w.vmm.ends & ~shown_ends()),
		"an end is overwritten that the guest has not taken");
	w.vmm.pending = shown.scsw.ctl & cpu_to_be32(VFIO_CCW_SC_PEND);
	w.vmm.ends = shown_ends();
	if (!(with & WITH_THREADS) && w.reader_seq)
		act_ack();
}

static bool guest_may_test(void)
{
	return w.vmm.pending;
}

static void act_guest_tests(void)
{
	w.vmm.pending = false;
	w.vmm.ends = 0;
}

/*
 * The shell's work and timers
 */

static bool work(void)
{
	return w.work;
}

static void act_work(void)
{
	w.work = false;
	enter();
	vfio_ccw_fsm_drain(&w.fsm, &fx);
	leave();
}

/*
 * A rung of the ladder takes longer than an interruption that is pending and
 * enabled
 */
static bool timer_armed(void)
{
	return w.timer && !(w.fsm.state == VFIO_CCW_STATE_QUIESCING &&
			    hw_irq_enabled());
}

static void act_timeout(void)
{
	w.timer = false;
	choose_rung();
	step(VFIO_CCW_EVENT_TIMEOUT, NULL);
}

static bool timer_idle(void)
{
	return !w.timer;
}

/* A guest that takes an end later than that may lose it */
static bool hold_armed(void)
{
	return w.hold_timer && !w.vmm.ends;
}

static void act_unhold(void)
{
	w.hold_timer = false;
	enter();
	vfio_ccw_fsm_unhold(&w.fsm, &fx);
	leave();
}

static void act_schib(void)
{
	step(VFIO_CCW_EVENT_SCHIB, NULL);
}

const struct action actions[] = {
	{ "user: open", true, may_open, act_open },
	{ "user: SSCH, check", true, may_request, act_check },
	{ "kernel: check, generation", false, looked, act_look_at_gen },
	{ "kernel: translate, claim", false, checked, act_claim },
	{ "kernel: translate, no memory", false, checked, act_claim_fails },
	{ "kernel: translate, pin", false, claimed, act_pin },
	{ "kernel: translate, nothing there", false, claimed, act_pin_fails },
	{ "kernel: SSCH", false, ready, act_ssch },
	{ "user: HSCH", true, may_step, act_hsch },
	{ "user: CSCH", true, may_clear, act_csch },
	{ "kernel: CSCH goes on", false, clear_may_go_on, act_csch },
	{ "user: XSCH", true, may_step, act_xsch },
	{ "user: RSCH, check", true, may_resume, act_resume_check },
	{ "kernel: RSCH, look", false, resume_checked, act_resume_look },
	{ "kernel: RSCH", false, resume_prepared, act_rsch },
	{ "user: read", true, may_read, act_read },
	{ "kernel: read, acknowledge", false, has_copy, act_ack },
	{ "kernel: read, fault", false, may_fault, act_drop },
	{ "vmm: reads", false, vmm_wakes, act_vmm_reads },
	{ "guest: TSCH", false, guest_may_test, act_guest_tests },
	{ "shell: does what is left", false, something_late, act_late },
	{ "user: reset", true, may_reset, act_reset },
	{ "user: close", true, may_close, act_close },
	{ "user: unmap", true, may_unmap, act_unmap },
	{ "kernel: unmap goes on", false, unmap_has_looked, act_unmap_tells },
	{ "kernel: unmap returns", false, unmap_may_return, act_unmap_returns },
	{ "host: init", true, may_init, act_init },
	{ "host: shutdown", true, may_shut_down, act_shutdown },
	{ "host: subchannel event", true, always, act_schib },
	{ "shell: work", false, work, act_work },
	{ "shell: timeout", false, timer_armed, act_timeout },
	{ "shell: late timeout", true, timer_idle, act_timeout },
	{ "shell: end of hold", false, hold_armed, act_unhold },
	{ "hw: interruption", false, hw_irq_enabled, hw_irq },
};

const unsigned int nr_actions = ARRAY_SIZE(actions);

/*
 * What must hold
 */

static bool presentable(const struct vfio_ccw_status *head)
{
	return head && !(w.fsm.hold && (head->class == VFIO_CCW_STATUS_REST ||
					head->class == VFIO_CCW_STATUS_UNSOL));
}

/* Everything accepted is in progress or its end is queued; never both */
static void check_owed(void)
{
	u32 ended = 0, fc;
	unsigned int i;

	for (i = 0; i < w.fsm.outq.len; i++) {
		const struct vfio_ccw_status *st =
			&w.fsm.outq.entry[(w.fsm.outq.head + i) %
					  VFIO_CCW_STATUSQ_LEN];

		fc = be32_to_cpu(st->irb.scsw.ctl) & VFIO_CCW_SCSW_FC;
		if (st->class == VFIO_CCW_STATUS_ENDS) {
			REQUIRE(fc && !(ended & fc), "two ends of a function");
			ended |= fc;
		}
		REQUIRE(!w.fsm.fc || st->class == VFIO_CCW_STATUS_INTER,
			"status of no function while one is in progress");
		REQUIRE(!w.fsm.fc || !(w.owed & C),
			"status from before a clear");
	}
	REQUIRE(!(ended & w.fsm.fc), "ended and still in progress");
	REQUIRE(w.owed == (ended | w.fsm.fc),
		"an accepted function lost, or one made up");
}

static void check_state(void)
{
	bool quiet = !w.fsm.rawq.len && !w.hw.pend;
	enum vfio_ccw_state state = w.fsm.state;

	REQUIRE(!hw_uses_program() || w.fsm.cp || w.quarantine ||
		(w.late.mask & VFIO_CCW_FX_QUARANTINE),
		"the channel runs a program that is gone");
	if (w.fsm.cp)
		REQUIRE(state == VFIO_CCW_STATE_BUSY ||
			state == VFIO_CCW_STATE_QUIESCING,
			"a program without a start");
	REQUIRE((state == VFIO_CCW_STATE_BUSY) <=
		(w.fsm.fc != 0), "BUSY without a function");
	if (state == VFIO_CCW_STATE_IDLE)
		REQUIRE(!w.fsm.fc && !w.fsm.kill && !w.fsm.deadline,
			"IDLE with a function");
	if (state == VFIO_CCW_STATE_IDLE && quiet)
		REQUIRE(!w.hw.fc, "IDLE, but a function is in progress");
	if (state == VFIO_CCW_STATE_BUSY && quiet && !w.hw.gone && !w.hw.fresh)
		REQUIRE(w.hw.fc, "BUSY, but no function is in progress");
	if (state == VFIO_CCW_STATE_BUSY && (w.fsm.fc & S))
		REQUIRE(w.fsm.cp, "a start without a program");
}

/* A start that has lost its path is being ended, or has ended */
static void check_paths(void)
{
	if (w.fsm.state != VFIO_CCW_STATE_BUSY || !(w.fsm.fc & S) ||
	    (w.fsm.posted & TOLD_OF_PATHS))
		return;
	REQUIRE(w.fsm.kill || w.fsm.deadline || !hw_misses_path() ||
		vfio_ccw_statusq_pending_end(&w.fsm.rawq),
		"a start goes on without a path");
	REQUIRE(!w.fsm.kill || w.fsm.deadline, "no deadline for a clear");
}

/* Those who have to know that the device is lost have been told */
static void check_told(void)
{
	bool posted = w.fsm.posted & BIT(VFIO_CCW_EVENT_SCHIB);

	switch (w.fsm.state == VFIO_CCW_STATE_NOT_OPER ? w.fsm.reason :
							 VFIO_CCW_REASON_SHUTDOWN) {
	case VFIO_CCW_REASON_GONE:
		REQUIRE(w.open || w.unregistering ||
			(w.late.mask & VFIO_CCW_FX_UNREG),
			"a subchannel that is gone stays");
		break;
	case VFIO_CCW_REASON_NODEV:
		REQUIRE(w.open || w.hw.asleep || w.hw.gone || posted ||
			w.fsm.shutdown,
			"a device that is back is not found");
		REQUIRE(!w.unregistering && !(w.late.mask & VFIO_CCW_FX_UNREG),
			"a subchannel without a device does not stay");
		break;
	case VFIO_CCW_REASON_STUCK:
		break;
	default:
		return;
	}
	REQUIRE(!w.open || w.asked || (w.late.mask & VFIO_CCW_FX_SIGNAL_REQ),
		"the user does not know that the device is lost");
}

/* Disabled means that nothing starts, and that it was tried at least */
static void check_standby(void)
{
	REQUIRE(!w.fsm.cp && !w.fsm.accepting && !w.fsm.rawq.len && !w.fsm.fc,
		"STANDBY means that nothing goes on");
	REQUIRE(!w.hw.ena || (with & WITH_ODD), "STANDBY means disabled");
	REQUIRE(!w.hw.left_enabled, "an enabling that failed is not undone");
}

static void check_in_use(void)
{
	REQUIRE(w.open && w.fsm.accepting, "enabled and open");
	REQUIRE(w.hw.ena || w.hw.gone || w.hw.fresh, "in use but disabled");
	REQUIRE(!w.hw.fresh || !w.hw.told ||
		(w.fsm.posted & (BIT(VFIO_CCW_EVENT_SCHIB) |
				 BIT(VFIO_CCW_EVENT_NODEV))),
		"a subchannel that was initialised anew stays in use");
}

static void check_life(void)
{
	enum vfio_ccw_state state = w.fsm.state;

	REQUIRE(w.open == w.fsm.opened, "who has it open");
	if (state == VFIO_CCW_STATE_STANDBY)
		check_standby();
	if (state == VFIO_CCW_STATE_NOT_OPER)
		REQUIRE(!w.fsm.cp && !w.fsm.accepting && !w.fsm.rawq.len &&
			!w.fsm.fc, "NOT_OPER");
	if (state == VFIO_CCW_STATE_IDLE || state == VFIO_CCW_STATE_BUSY)
		check_in_use();
	if (!w.open)
		REQUIRE(!w.fsm.outq.len && !w.owed, "status while closed");
	REQUIRE(w.quarantine == w.fsm.quarantined ||
		(w.late.mask & (VFIO_CCW_FX_QUARANTINE |
				VFIO_CCW_FX_UNQUARANTINE)), "the quarantine");
	check_told();
}

static void check_waits(void)
{
	const struct vfio_ccw_status *head =
		vfio_ccw_statusq_head(&w.fsm.outq);
	bool quiescing = w.fsm.state == VFIO_CCW_STATE_QUIESCING;

	if (w.open && presentable(head))
		REQUIRE(w.told_seq == head->seq || head->peeked,
			"status that nobody is told of");
	if ((with & WITH_VMM) && w.open && presentable(head) && !head->peeked)
		REQUIRE(w.vmm.counter || w.late.signals,
			"status that no wake-up is to come for");
	if (w.open && head && !presentable(head))
		REQUIRE(w.fsm.holding, "status held back without end");
	REQUIRE(w.work || (w.late.mask & VFIO_CCW_FX_WORK) ||
		(!w.fsm.rawq.len && !w.fsm.posted),
		"status that nobody takes");
	REQUIRE(!w.fsm.holding || w.hold_timer, "a hold without end");
	REQUIRE(w.timer == (quiescing || w.fsm.deadline),
		"a deadline exactly while something waits for it");
	if (w.unmap == UN_WAITS && w.fsm.cp && w.cp_touches)
		REQUIRE(quiescing || w.fsm.deadline,
			"an unmap without a deadline");
}

void world_check(void)
{
	check_state();
	check_paths();
	check_owed();
	check_life();
	check_waits();
	composite_check();
}

/* With a channel that never reacts, deadlines alone must get there */
static void check_bounded(bool (*done)(void), unsigned int most,
			  const char *what)
{
	unsigned int i;

	for (i = 0; i < most && !done(); i++) {
		while (something_late())
			act_late();
		if (hw_irq_enabled())
			hw_irq();
		while (work())
			act_work();
		if (!done() && w.timer)
			act_timeout();
	}
	REQUIRE(done(), what);
}

static bool quiesced(void)
{
	return w.fsm.state != VFIO_CCW_STATE_QUIESCING;
}

/* A reader that does what it is told gets everything */
static void check_readable(void)
{
	unsigned int i;

	for (i = 0; i < 3 * VFIO_CCW_STATUSQ_LEN && w.fsm.outq.len; i++) {
		if (presentable(vfio_ccw_statusq_head(&w.fsm.outq))) {
			act_peek();
			act_ack();
		} else if (w.hold_timer) {
			act_unhold();
		}
	}
	REQUIRE(!w.fsm.outq.len, "status that cannot be read");
	REQUIRE(w.owed == w.fsm.fc, "a function is never answered");
}

void world_check_ahead(void)
{
	struct world saved = w;

	hw_dead = true;
	if (!quiesced()) {
		check_bounded(quiesced, VFIO_CCW_QUIESCE_HALTS +
			      VFIO_CCW_QUIESCE_CLEARS + 2,
			      "QUIESCING without end");
		w = saved;
	}
	if (w.unmap == UN_WAITS && !translating() && !unmap_may_return()) {
		check_bounded(unmap_may_return, VFIO_CCW_QUIESCE_HALTS +
			      VFIO_CCW_QUIESCE_CLEARS + 3,
			      "an unmap waits without end");
		w = saved;
	}
	if (w.open && w.fsm.outq.len && w.reader == RD_NONE) {
		check_readable();
		w = saved;
	}
	hw_dead = false;
}

bool world_rests(void)
{
	if (w.fsm.rawq.len || w.fsm.posted || w.unmap || w.timer ||
	    w.hold_timer || something_late() || w.vmm.counter ||
	    w.vmm.pending || !nothing_under_way() || w.reader != RD_NONE)
		return false;
	return w.fsm.state == VFIO_CCW_STATE_IDLE ||
	       w.fsm.state == VFIO_CCW_STATE_STANDBY ||
	       w.fsm.state == VFIO_CCW_STATE_NOT_OPER ||
	       (w.fsm.state == VFIO_CCW_STATE_BUSY && w.hw.ph == PH_SUSP &&
		!w.hw.resume);
}

static void print_queue(const char *name, const struct vfio_ccw_statusq *q)
{
	static const char *const class[] = {
		"none", "inter", "unsol", "rest", "ends", "check",
	};
	unsigned int i;

	printf(" %s[", name);
	for (i = 0; i < q->len; i++) {
		const struct vfio_ccw_status *st =
			&q->entry[(q->head + i) % VFIO_CCW_STATUSQ_LEN];

		printf("%s%s:%x%s", i ? " " : "", class[st->class],
		       be32_to_cpu(st->irb.scsw.ctl), st->peeked ? "*" : "");
	}
	printf("]");
}

void world_print(void)
{
	static const char *const phase[] = {
		"-", "start", "start+dev", "active", "susp", "dev",
	};
	static const char *const pend[] = {
		"-", "pci", "susp", "prim", "final", "final+pci", "check",
		"odd", "dcc1", "dcc3", "done", "sec", "sec-check", "alert",
		"alert2", "sense",
	};

	printf("%-9s", vfio_ccw_state_name(w.fsm.state));
	if (w.fsm.state == VFIO_CCW_STATE_QUIESCING)
		printf(" to %s, rung %d", vfio_ccw_state_name(w.fsm.target),
		       w.fsm.step);
	printf(" fc=%x%s%s%s owed=%x", w.fsm.fc >> 12, w.fsm.cp ? " cp" : "",
	       w.fsm.kill ? " kill" : "", w.fsm.hold ? " hold" : "",
	       w.owed >> 12);
	print_queue("raw", &w.fsm.rawq);
	print_queue("out", &w.fsm.outq);
	printf(" | hw%s%s%s%s fc=%x %s pend=%s paths=%x | req=%d rd=%d%s%s%s",
	       w.hw.gone ? " gone" : "", w.hw.asleep ? " asleep" : "",
	       w.hw.fresh ? " new" : "",
	       w.hw.ena ? " ena" : "", w.hw.fc >> 12,
	       phase[w.hw.ph], pend[w.hw.pend], w.hw.paths, w.thread[0].req, w.reader,
	       w.unmap ? " unmap" : "", w.timer ? " timer" : "",
	       w.open ? " open" : "");
	if (w.seen)
		printf(" unread=%x", w.seen);
	if (w.late.mask || w.late.signals)
		printf(" late=%x/%d", w.late.mask, w.late.signals);
	if (with & WITH_VMM)
		printf(" vmm=%s%s/%x", w.vmm.counter ? "!" : "",
		       w.vmm.pending ? "pending" : "", w.vmm.ends >> 12);
	putchar('\n');
}
