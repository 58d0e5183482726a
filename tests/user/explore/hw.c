// SPDX-License-Identifier: GPL-2.0
/*
 * A subchannel as the Principles of Operation describe it, chapters 14 to 16
 *
 * It is made of the function control, the phase of the start function and the
 * status pending; everything that it may do next by itself is a move. The
 * instructions are the operations of the state machine, which assert from the
 * inside that the subchannel lock is held and that the state allows them.
 *
 * While the state machine runs, the hardware may move at each place where the
 * state machine takes the subchannel lock, and an interruption may come in. It
 * also moves between two instructions of one section under that lock: the lock
 * keeps interruptions and the host away, not the channel.
 */
#include <linux/array_size.h>
#include <linux/errno.h>

#include "composite.h"
#include "hw.h"
#include "world.h"

#define S	VFIO_CCW_FC_START
#define H	VFIO_CCW_FC_HALT
#define C	VFIO_CCW_FC_CLEAR

bool hw_dead;
enum by hw_by;

static bool mutex_held, lock_held;
/* The program interrupts as often as it can, in this hold of the fsm_mutex */
static bool flooding;
static unsigned int floods;
/* The tail of a suspended program was put in place in this section */
static bool tail_in_place;
static bool first_section;
/* Nothing has looked at the hardware in this section yet */
static bool first_look;
/* An end is pending, and whoever looked in this step, or ought to, knows it */
static bool end_known, looked;
/* The paths that were in use when someone looked, in this step */
static u8 path_seen;
static unsigned int moves_left;

void hw_mutex_lock(void)
{
	REQUIRE(!mutex_held, "fsm_mutex is taken twice");
	mutex_held = true;
	moves_left = 1;
	first_section = true;
	looked = false;
	path_seen = 0;
	flooding = false;
	floods = 0;
}

void hw_moves_allowed(unsigned int n)
{
	moves_left = n;
}

void hw_mutex_unlock(void)
{
	REQUIRE(!lock_held, "the subchannel lock is kept");
	mutex_held = false;
}

bool hw_uses_program(void)
{
	return w.hw.ena && !w.hw.gone &&
	       (w.hw.ph == PH_START || w.hw.ph == PH_START_DEV ||
		w.hw.ph == PH_ACTIVE || w.hw.ph == PH_SUSP);
}

/* Status of a function that has ended, before TEST SUBCHANNEL clears it */
static bool intermediate(enum pend pend)
{
	return pend == PE_PCI || pend == PE_SUSP;
}

/*
 * PoP figure 14-2 does not say whether TEST SUBCHANNEL ends a start whose
 * status is alert with intermediate, or alert alone while it is suspended
 */
static bool undecided(void)
{
	return w.hw.pend == PE_ODD ||
	       (w.hw.ph == PH_SUSP && !(w.hw.fc & (H | C)) &&
		w.hw.pend == PE_ALERT);
}

/* The status pending ends the functions */
static bool ending(void)
{
	if (!w.hw.pend || !w.hw.fc || undecided())
		return false;
	return !intermediate(w.hw.pend) ||
	       ((w.hw.fc & H) && w.hw.ph == PH_SUSP);
}

static u32 activity(void)
{
	u32 ac = 0;

	switch (w.hw.ph) {
	case PH_START:
		ac = VFIO_CCW_AC_START;
		break;
	case PH_START_DEV:
		ac = VFIO_CCW_AC_START | VFIO_CCW_AC_DEV_ACT;
		break;
	case PH_ACTIVE:
		ac = VFIO_CCW_AC_SCH_ACT | VFIO_CCW_AC_DEV_ACT;
		break;
	case PH_SUSP:
		ac = VFIO_CCW_AC_SUSP;
		break;
	case PH_DEV:
		ac = VFIO_CCW_AC_DEV_ACT;
		break;
	default:
		break;
	}
	if (w.hw.resume)
		ac |= VFIO_CCW_AC_RESUME;
	return ac;
}

#define A_	VFIO_CCW_SC_ALERT
#define I_	VFIO_CCW_SC_INTER
#define P_	VFIO_CCW_SC_PRIM
#define S_	VFIO_CCW_SC_SEC

static const struct {
	u32 sc;
	u8 ds, cs, cc, lpum;
} status_of[] = {
	[PE_PCI]	= { I_, 0, VFIO_CCW_CS_PCI },
	[PE_SUSP]	= { I_ },
	[PE_PRIM]	= { P_, VFIO_CCW_DS_CE },
	[PE_FINAL]	= { P_ | S_, VFIO_CCW_DS_CE | VFIO_CCW_DS_DE },
	[PE_FINAL_PCI]	= { I_ | P_ | S_, VFIO_CCW_DS_CE | VFIO_CCW_DS_DE,
			    VFIO_CCW_CS_PCI },
	[PE_CHECK]	= { A_ | P_ | S_, VFIO_CCW_DS_CE | VFIO_CCW_DS_DE |
			    VFIO_CCW_DS_UC },
	[PE_ODD]	= { A_ | I_, 0, VFIO_CCW_CS_PCI },
	[PE_DCC1]	= { A_ | P_ | S_, VFIO_CCW_DS_DE, 0, 1 },
	[PE_DCC3]	= { A_ | P_ | S_, 0, 0, 3 },
	[PE_DONE]	= { 0 },
	[PE_SEC]	= { S_, VFIO_CCW_DS_DE },
	[PE_SEC_CHECK]	= { A_ | S_, VFIO_CCW_DS_DE | VFIO_CCW_DS_UC },
	[PE_ALERT]	= { A_, VFIO_CCW_DS_ATTN, .lpum = 0x80 },
	[PE_ALERT_2]	= { A_, VFIO_CCW_DS_ATTN, .lpum = 0x40 },
	[PE_SENSE]	= { A_, VFIO_CCW_DS_UC, .lpum = 0x80 },
};

static void store_scsw(struct vfio_ccw_scsw *scsw)
{
	u32 ctl = w.hw.fc | activity(), status;

	if (w.hw.pend)
		ctl |= status_of[w.hw.pend].sc | VFIO_CCW_SC_PEND |
		       FIELD_PREP(VFIO_CCW_SCSW_CC, status_of[w.hw.pend].cc);
	scsw->ctl = cpu_to_be32(ctl);
	/* Otherwise it is that of some other CCW, or program */
	scsw->cpa = cpu_to_be32(w.hw.pend == PE_SUSP ? HW_CPA : 0xbad0);
	status = FIELD_PREP(VFIO_CCW_STATUS_DEV, status_of[w.hw.pend].ds) |
		 FIELD_PREP(VFIO_CCW_STATUS_SCH, status_of[w.hw.pend].cs);
	scsw->status = cpu_to_be32(status);
}

/* No start function: nothing of it remains but the path it used */
static void no_start(void)
{
	w.hw.s = false;
	w.hw.resume = false;
	w.hw.told_where = false;
	w.hw.lpm = 0;
	w.hw.path_lost = false;
	w.hw.no_path = false;
	w.hw.lost = 0;
}

/* What belongs to status beside the SCSW */
static void store_extension(struct vfio_ccw_irb *irb)
{
	irb->esw.logout = cpu_to_be32(status_of[w.hw.pend].lpum << 16);
	if (w.hw.pend != PE_SENSE)
		return;
	irb->scsw.ctl |= cpu_to_be32(VFIO_CCW_SCSW_E);
	irb->esw.erw = cpu_to_be32(VFIO_CCW_ERW_S |
				   FIELD_PREP(VFIO_CCW_ERW_SCNT, 1));
	irb->ecw[0] = composite_sense();
}

/* TEST SUBCHANNEL, condition code 0 */
static void tsch(struct vfio_ccw_irb *irb)
{
	bool keeps = intermediate(w.hw.pend) &&
		     !((w.hw.fc & H) && w.hw.ph == PH_SUSP);

	*irb = (struct vfio_ccw_irb) {};
	store_scsw(&irb->scsw);
	store_extension(irb);
	if (w.hw.pend == PE_SUSP)
		w.hw.told_where = true;
	if (undecided() && explore_choose(2))
		keeps = true;
	w.hw.pend = PE_NONE;
	if (keeps)
		return;
	w.hw.fc = 0;
	if (w.hw.ph != PH_DEV)
		w.hw.ph = PH_NONE;
	no_start();
}

bool hw_irq_enabled(void)
{
	return w.hw.pend && w.hw.ena && !w.hw.gone;
}

/* The common I/O layer: TEST SUBCHANNEL and the driver's handler, one section */
void hw_irq(void)
{
	struct vfio_ccw_irb irb;

	tsch(&irb);
	composite_status(&irb);
	lock_held = true;
	/* It may ask the subchannel, in the section of TEST SUBCHANNEL */
	first_look = true;
	if (vfio_ccw_fsm_irq(&w.fsm, &irb, vfio_ccw_status_classify(&irb)))
		w.work = true;
	lock_held = false;
}

/*
 * Moves
 */

static bool running(enum phase ph)
{
	return w.hw.ena && !w.hw.gone && w.hw.fc == S && !w.hw.pend &&
	       w.hw.ph == ph;
}

static void settle(enum pend pend, enum phase ph)
{
	w.hw.pend = pend;
	w.hw.ph = ph;
	if (ph == PH_NONE || ph == PH_DEV)
		w.hw.resume = false;
}

static bool can_clear(void)
{
	return w.hw.ena && !w.hw.gone && (w.hw.fc & C) && !w.hw.pend;
}

static void do_clear(void)
{
	settle(PE_DONE, PH_NONE);
}

static bool can_halt(void)
{
	return w.hw.ena && !w.hw.gone && (w.hw.fc & H) && !(w.hw.fc & C) &&
	       !w.hw.pend;
}

static void do_halt(void)
{
	if (!(w.hw.fc & S))
		settle(PE_DONE, PH_NONE);
	else if (w.hw.ph == PH_ACTIVE && explore_choose(2))
		settle(PE_PRIM, PH_DEV);
	else
		settle(PE_FINAL, PH_NONE);
}

static bool starting(void)
{
	return running(PH_START);
}

/* Paths whose loss the state machine has still to hear of */
static u8 lost_lately(void)
{
	return w.fsm.posted & BIT(VFIO_CCW_EVENT_SCHIB) ? w.hw.lost :
							  w.fsm.lost;
}

/*
 * Channels that are not hardware do not always say which path they use. A path
 * that the host has varied off can be taken by what was pending then.
 */
static void go_on(u8 path)
{
	w.hw.ph = PH_ACTIVE;
	w.hw.lpum = with & WITH_PATHS ? path : 0;
	w.hw.path_lost = path & lost_lately() & ~w.hw.paths;
}

static void do_start(void)
{
	switch (explore_choose(with & WITH_PATHS ? 5 : 3)) {
	case 0:
		go_on(w.hw.lpm & 0x80 ? 0x80 : 0x40);
		break;
	case 1:
		settle(PE_DCC1, PH_NONE);
		break;
	case 2:
		settle(PE_DCC3, PH_NONE);
		break;
	case 3:
		go_on(w.hw.lpm & 0x40 ? 0x40 : 0x80);
		break;
	case 4:
		go_on(0);
		break;
	}
}

static bool starting_behind(void)
{
	return running(PH_START_DEV);
}

static void do_start_behind(void)
{
	settle(PE_DCC1, PH_NONE);
}

static bool active(void)
{
	return running(PH_ACTIVE);
}

static void do_pci(void)
{
	w.hw.pend = PE_PCI;
}

static void do_final(void)
{
	settle(explore_choose(2) ? PE_CHECK : PE_FINAL, PH_NONE);
}

static void do_primary(void)
{
	settle(PE_PRIM, PH_DEV);
}

static void do_odd(void)
{
	w.hw.pend = PE_ODD;
}

static bool suspending(void)
{
	return active() && w.hw.s;
}

/* With or without the interruption (the ORB may suppress it) */
static void do_suspend(void)
{
	/* A resume that was pending has the CCW fetched anew, without the flag */
	if (w.hw.resume && explore_choose(2)) {
		w.hw.resume = false;
		return;
	}
	w.hw.resume = false;
	if (explore_choose(2))
		w.hw.ph = PH_SUSP;
	else
		settle(PE_SUSP, PH_SUSP);
}

/* A resume is pending until a path is found, as a start is */
static bool resuming(void)
{
	return running(PH_SUSP) && w.hw.resume;
}

static void do_resume(void)
{
	w.hw.resume = false;
	go_on(with & WITH_PATHS && explore_choose(2) ? 0x40 : 0x80);
}

/* Status pending does not stop the channel */
static bool running_behind_pci(void)
{
	return w.hw.ena && !w.hw.gone && w.hw.fc == S && w.hw.pend == PE_PCI &&
	       w.hw.ph == PH_ACTIVE;
}

static void do_final_pci(void)
{
	settle(PE_FINAL_PCI, PH_NONE);
}

static bool ending_behind_primary(void)
{
	return w.hw.ena && !w.hw.gone && w.hw.pend == PE_PRIM &&
	       w.hw.ph == PH_DEV;
}

static void do_final_primary(void)
{
	settle(PE_FINAL, PH_NONE);
}

static bool device_active(void)
{
	return w.hw.ena && !w.hw.gone && !w.hw.fc && !w.hw.pend &&
	       w.hw.ph == PH_DEV;
}

static void do_secondary(void)
{
	settle(explore_choose(2) ? PE_SEC_CHECK : PE_SEC, PH_NONE);
}

/* Attentions that are kept apart fill the queues: a few are enough */
static bool resting(void)
{
	return w.hw.ena && !w.hw.gone && !w.hw.fc && !w.hw.pend &&
	       w.hw.ph == PH_NONE &&
	       (!(with & WITH_PAIRS) || w.fsm.rawq.len + w.fsm.outq.len < 3);
}

/* With concurrent sense, if it is still to be distinguished from earlier one */
static void do_attention(void)
{
	w.hw.pend = PE_ALERT;
	if (!(with & WITH_PAIRS))
		return;
	if (explore_choose(2))
		w.hw.pend = PE_ALERT_2;
	else if (composite_sense() && explore_choose(2))
		w.hw.pend = PE_SENSE;
}

/* Channels that are not hardware may show it at once */
static bool suspended(void)
{
	return (with & WITH_ODD) && running(PH_SUSP) && !w.hw.resume;
}

static void do_attention_suspended(void)
{
	w.hw.pend = PE_ALERT;
}

static bool present(void)
{
	return !w.hw.gone;
}

static void do_vanish(void)
{
	w.hw = (struct hw) { .gone = true, .paths = w.hw.paths };
}

static bool unnoticed(void)
{
	return w.hw.gone && !w.hw.told;
}

static void do_notice(void)
{
	w.hw.told = true;
	w.work = true;
	vfio_ccw_fsm_post(&w.fsm, VFIO_CCW_EVENT_GONE, 0);
}

static bool may_be_new(void)
{
	return (with & WITH_REINIT) && w.hw.ena;
}

/* Taken away and put back: it is as after a reset of the channel subsystem */
static void do_renew(void)
{
	w.hw = (struct hw) { .fresh = true, .paths = w.hw.paths };
}

static bool fresh_unnoticed(void)
{
	return w.hw.fresh && !w.hw.told;
}

static void do_notice_fresh(void)
{
	w.hw.told = true;
	w.work = true;
	vfio_ccw_fsm_post(&w.fsm, w.hw.asleep ? VFIO_CCW_EVENT_NODEV :
						VFIO_CCW_EVENT_SCHIB, 0);
}

static bool may_sleep(void)
{
	return (with & WITH_REINIT) && !w.hw.gone && !w.hw.asleep;
}

/* All its paths are in standby */
static void do_sleep(void)
{
	w.hw = (struct hw) {
		.asleep = true, .fresh = true, .paths = w.hw.paths,
	};
}

/* Before anybody has heard of its loss, or later */
static bool sleeps(void)
{
	return w.hw.asleep;
}

static void do_return(void)
{
	w.hw.asleep = false;
	w.hw.told = true;
	w.work = true;
	vfio_ccw_fsm_post(&w.fsm, VFIO_CCW_EVENT_SCHIB, 0);
}

/* The start has not come to its end */
static bool start_lives(void)
{
	return (w.hw.fc & S) && w.hw.ph != PH_NONE && w.hw.ph != PH_DEV;
}

/* Of this start, not of an earlier one */
static u8 path_in_use(void)
{
	return w.hw.ph == PH_ACTIVE || w.hw.ph == PH_SUSP ? w.hw.lpum : 0;
}

static bool without_path(void)
{
	return start_lives() &&
	       (!w.hw.paths ||
		(!path_in_use() && !(w.hw.lpm & w.hw.paths)));
}

bool hw_misses_path(void)
{
	return !w.hw.gone && start_lives() && !ending() &&
	       (w.hw.path_lost || without_path());
}

/* What the event of a lost path names, or a look at the subchannel finds */
static void path_off(u8 path, enum vfio_ccw_event event)
{
	w.hw.paths &= ~path;
	if (start_lives() && (path_in_use() & path))
		w.hw.path_lost = true;
	if (start_lives())
		w.hw.lost |= path;
	if (without_path())
		w.hw.no_path = true;
	w.work = true;
	vfio_ccw_fsm_post(&w.fsm, event,
			  event == VFIO_CCW_EVENT_PATHGONE ? path : 0);
}

static bool has_path(u8 path)
{
	return (with & WITH_PATHS) && !w.hw.gone && (w.hw.paths & path);
}

static bool lacks_path(u8 path)
{
	return !w.hw.gone && !(w.hw.paths & path);
}

static bool has_path0(void)
{
	return has_path(0x80);
}

static void do_path0_off(void)
{
	path_off(0x80, VFIO_CCW_EVENT_PATHGONE);
}

static bool may_lose_path0(void)
{
	return (with & WITH_SILENT) && has_path(0x80);
}

static void do_lose_path0(void)
{
	path_off(0x80, VFIO_CCW_EVENT_SCHIB);
}

static bool lacks_path0(void)
{
	return lacks_path(0x80);
}

/* What comes back before anyone has told the driver, or it has looked, was there */
static void path_on(u8 path)
{
	w.hw.paths |= path;
	if (path_in_use() == path && !(w.fsm.lost & path))
		w.hw.path_lost = false;
}

static void do_path0_on(void)
{
	path_on(0x80);
}

static bool has_path1(void)
{
	return has_path(0x40);
}

static void do_path1_off(void)
{
	path_off(0x40, VFIO_CCW_EVENT_PATHGONE);
}

static bool may_lose_path1(void)
{
	return (with & WITH_SILENT) && has_path(0x40);
}

static void do_lose_path1(void)
{
	path_off(0x40, VFIO_CCW_EVENT_SCHIB);
}

static bool lacks_path1(void)
{
	return lacks_path(0x40);
}

static void do_path1_on(void)
{
	path_on(0x40);
}

const struct hw_move hw_moves[] = {
	{ "hw: clear performed", true, false, can_clear, do_clear },
	{ "hw: halt performed", true, false, can_halt, do_halt },
	{ "hw: start", true, false, starting, do_start },
	{ "hw: start behind device end", true, false, starting_behind,
	  do_start_behind },
	{ "hw: PCI", false, false, active, do_pci },
	{ "hw: end", true, false, active, do_final },
	{ "hw: primary status", false, false, active, do_primary },
	{ "hw: alert with intermediate status", false, false, active, do_odd },
	{ "hw: suspend flag", false, false, suspending, do_suspend },
	{ "hw: resume", true, false, resuming, do_resume },
	{ "hw: end behind PCI", true, false, running_behind_pci, do_final_pci },
	{ "hw: device end behind primary", false, false, ending_behind_primary,
	  do_final_primary },
	{ "hw: device end", true, false, device_active, do_secondary },
	{ "hw: attention", false, false, resting, do_attention },
	{ "hw: attention while suspended", false, false, suspended,
	  do_attention_suspended },
	{ "hw: vanishes", false, false, present, do_vanish },
	{ "hw: is initialised anew", false, false, may_be_new, do_renew },
	{ "hw: the device sleeps", false, false, may_sleep, do_sleep },
	{ "host: finds the device again", false, true, sleeps, do_return },
	{ "host: notices that it is gone", true, true, unnoticed, do_notice },
	{ "host: looks at a new subchannel", true, true, fresh_unnoticed,
	  do_notice_fresh },
	{ "host: path 0 off", false, true, has_path0, do_path0_off },
	{ "host: path 0 on", false, true, lacks_path0, do_path0_on },
	{ "host: path 1 off", false, true, has_path1, do_path1_off },
	{ "host: path 1 on", false, true, lacks_path1, do_path1_on },
	{ "host: path 0 off, no report", false, true, may_lose_path0,
	  do_lose_path0 },
	{ "host: path 1 off, no report", false, true, may_lose_path1,
	  do_lose_path1 },
};

const unsigned int nr_hw_moves = ARRAY_SIZE(hw_moves);

/*
 * A program that interrupts all the time: for long enough to matter, and then
 * until it is said to stop
 */
static bool can_flood(void)
{
	return hw_irq_enabled() ? intermediate(w.hw.pend) : active();
}

static void flood(void)
{
	REQUIRE(++floods < 6 * VFIO_CCW_DRAIN_MAX,
		"fsm_mutex is held as long as status comes");
	if (!w.hw.pend)
		do_pci();
	hw_irq();
}

static void go_on_flooding(void)
{
	if (!flooding)
		return;
	flooding = can_flood() && (floods < 2 * VFIO_CCW_DRAIN_MAX ||
				   explore_choose(2));
	if (flooding)
		flood();
}

/* One move of the channel while the lock is held, or none */
static bool move_inside(void)
{
	unsigned int i, n = 0, pick, able[40];

	for (i = 0; i < nr_hw_moves; i++)
		if (!hw_moves[i].host && hw_moves[i].enabled())
			able[n++] = i;
	pick = explore_choose(n + 1);
	if (pick)
		hw_moves[able[pick - 1]].act();
	return pick;
}

/* Before every look at the hardware but the first one in a section */
static void look(void)
{
	while (!first_look && !hw_dead && moves_left && move_inside())
		moves_left--;
	first_look = false;
	composite_sample();
}

/* One move, or none; an interruption counts as one */
static bool interfere_once(bool first)
{
	unsigned int i, n = 0, pick, able[40];

	for (i = 0; i < nr_hw_moves && !first; i++)
		if (hw_moves[i].enabled())
			able[n++] = i;
	if (hw_irq_enabled())
		able[n++] = nr_hw_moves;
	if ((with & WITH_FLOOD) && can_flood())
		able[n++] = nr_hw_moves + 1;
	pick = explore_choose(n + 1);
	if (!pick)
		return false;
	if (able[pick - 1] == nr_hw_moves)
		hw_irq();
	else if (able[pick - 1] > nr_hw_moves)
		flooding = true;
	else
		hw_moves[able[pick - 1]].act();
	return true;
}

/*
 * Between two sections under the subchannel lock the hardware may do anything,
 * as often as is allowed in each hold of the fsm_mutex. Before the first
 * section that is the same as before the whole action, except for an
 * interruption: the queue that it fills is also looked at without the lock.
 */
static void interfere(void)
{
	bool first = first_section;

	first_section = false;
	go_on_flooding();
	while (!flooding && !hw_dead && moves_left && interfere_once(first))
		moves_left--;
	if (flooding && !floods)
		flood();
}

/*
 * Instructions
 */

static void ops_lock(void *ctx)
{
	REQUIRE(!lock_held, "the subchannel lock is taken twice");
	interfere();
	composite_sample();
	lock_held = true;
	first_look = true;
	if (!looked)
		end_known = ending();
}

static void ops_unlock(void *ctx)
{
	REQUIRE(lock_held, "the subchannel lock is released twice");
	tail_in_place = false;
	lock_held = false;
	go_on_flooding();
}

static void instruction(void)
{
	REQUIRE(lock_held, "the hardware is used without the subchannel lock");
	REQUIRE(w.fsm.state != VFIO_CCW_STATE_NOT_OPER &&
		w.fsm.state != VFIO_CCW_STATE_STANDBY,
		"the hardware is used in NOT_OPER or STANDBY");
	look();
}

bool hw_not_operational(void)
{
	return w.hw.gone || !w.hw.ena;
}

/*
 * Condition code 3: not operational, or so for this once. Who sees it can know
 * that the subchannel is not the one that was enabled.
 */
static bool cc3(void)
{
	if (w.hw.fresh)
		w.hw.told = true;
	if (!hw_not_operational() &&
	    !((with & WITH_CC3) && explore_choose(2)))
		return false;
	composite_said_cc3();
	return true;
}

static void note_end(void)
{
	looked = true;
	path_seen |= path_in_use();
	end_known = ending();
}

/* Condition code 1 of an instruction: an end that it says is pending */
static int cc1(void)
{
	note_end();
	return 1;
}

static int ops_ssch(void *ctx, const struct vfio_ccw_orb *orb)
{
	u8 lpm = be32_get_bits(orb->ctl, VFIO_CCW_ORB_LPM);

	instruction();
	REQUIRE(w.fsm.state == VFIO_CCW_STATE_IDLE && !w.fsm.outq.len &&
		!w.fsm.rawq.len, "ssch not in IDLE or with status queued");
	REQUIRE(lpm && !(lpm & ~w.hw.paths), "ssch names a path of no use");
	if (cc3())
		return 3;
	if (w.hw.pend)
		return cc1();
	if (w.hw.fc)
		return 2;
	if (explore_choose(2)) {
		composite_said_cc3();
		return 3;
	}
	composite_took(VFIO_CCW_EVENT_SSCH);
	w.hw.took = true;
	w.hw.fc = S;
	w.hw.ph = w.hw.ph == PH_DEV ? PH_START_DEV : PH_START;
	no_start();
	w.hw.s = be32_get_bits(orb->ctl, VFIO_CCW_ORB_S);
	w.hw.lpm = lpm;
	return 0;
}

/*
 * What the driver does on its own account to a start that runs. An end that has
 * become pending since the section looked last cannot be known.
 */
static void check_cause(bool discards)
{
	if (w.fsm.state != VFIO_CCW_STATE_BUSY || hw_by == BY_USER)
		return;
	REQUIRE(w.hw.gone || !discards || !end_known || !ending(),
		"an end that is pending is taken away");
	if (hw_by == BY_DRIVER && !ending())
		REQUIRE(w.hw.gone || w.hw.no_path ||
			(path_seen & (w.hw.lost | ~w.hw.paths)),
			"a start is ended that has lost no path");
}

static int ops_hsch(void *ctx)
{
	instruction();
	if (cc3())
		return 3;
	if (hw_status_not_inter())
		return cc1();
	if (w.hw.fc & (H | C))
		return 2;
	composite_took(VFIO_CCW_EVENT_HSCH);
	w.hw.took = true;
	if (w.hw.pend == PE_PCI && w.hw.ph == PH_ACTIVE)
		w.hw.pend = PE_NONE;
	w.hw.fc |= H;
	w.hw.resume = false;
	return 0;
}

static int ops_csch(void *ctx)
{
	instruction();
	check_cause(true);
	if (cc3())
		return 3;
	composite_took(VFIO_CCW_EVENT_CSCH);
	w.hw.took = true;
	w.hw.fc = C;
	w.hw.pend = PE_NONE;
	no_start();
	return 0;
}

static int ops_rsch(void *ctx)
{
	instruction();
	if (cc3())
		return 3;
	if (w.hw.pend)
		return cc1();
	if (!hw_may_resume())
		return 2;
	REQUIRE(tail_in_place, "a program goes on without its new tail");
	composite_took(VFIO_CCW_EVENT_RSCH);
	w.hw.resume = true;
	w.hw.told_where = false;
	return 0;
}

static int ops_xsch(void *ctx)
{
	instruction();
	check_cause(false);
	if (cc3())
		return 3;
	if (w.hw.pend)
		return cc1();
	if (!hw_may_cancel())
		return 2;
	composite_took(VFIO_CCW_EVENT_XSCH);
	w.hw.fc = 0;
	w.hw.ph = w.hw.ph == PH_START_DEV ? PH_DEV : PH_NONE;
	no_start();
	return 0;
}

static bool there(void)
{
	return !w.hw.gone && !w.hw.asleep;
}

static int missing(void)
{
	w.hw.told |= w.hw.fresh;
	return w.hw.gone ? -ENODEV : -EACCES;
}

static int ops_stsch(void *ctx, struct vfio_ccw_schib *schib)
{
	REQUIRE(lock_held, "stsch without the subchannel lock");
	look();
	note_end();
	if (!there())
		return missing();
	*schib = (struct vfio_ccw_schib) {
		.ctl = cpu_to_be32(w.hw.ena ? VFIO_CCW_PMCW_ENA : 0),
		.lpum = w.hw.lpum,
	};
	store_scsw(&schib->scsw);
	return 0;
}

/* What fails can have enabled it all the same */
static int ops_enable(void *ctx)
{
	struct vfio_ccw_irb irb;

	REQUIRE(lock_held, "enable without the subchannel lock");
	look();
	if (!there())
		return missing();
	REQUIRE(!w.hw.ena || (with & WITH_ODD), "enabled twice");
	if (!hw_dead && explore_choose(2)) {
		w.hw.left_enabled = (with & WITH_ODD) && explore_choose(2);
		w.hw.ena |= w.hw.left_enabled;
		return -EBUSY;
	}
	if (w.hw.pend)
		tsch(&irb);
	w.hw.ena = true;
	w.hw.left_enabled = false;
	w.hw.fresh = false;
	w.hw.told = false;
	return 0;
}

/* MODIFY SUBCHANNEL as the common I/O layer issues it: it discards status */
static int ops_disable(void *ctx)
{
	struct vfio_ccw_irb irb;

	REQUIRE(lock_held, "disable without the subchannel lock");
	look();
	w.hw.left_enabled = false;
	if (!there())
		return missing();
	if (!w.hw.ena) {
		w.hw.fresh = false;
		return 0;
	}
	/*
	 * That of what the user is owed, that is. An end that does not come
	 * while it halts is not waited for.
	 */
	if (w.hw.fc == w.fsm.fc && w.fsm.step <= VFIO_CCW_QUIESCE_HALTS)
		REQUIRE(!w.fsm.fc || w.fsm.kill || !end_known || !ending(),
			"an end that is pending is discarded");
	if (w.hw.pend)
		tsch(&irb);
	if (w.hw.fc)
		return -EBUSY;
	if (!hw_dead && explore_choose(2))
		return -EIO;
	w.hw.ena = false;
	w.hw.ph = PH_NONE;
	return 0;
}

static u8 ops_paths(void *ctx)
{
	REQUIRE(lock_held, "paths without the subchannel lock");
	return w.hw.paths;
}

static void ops_complete(void *ctx, struct vfio_ccw_cp *cp,
			 struct vfio_ccw_irb *irb)
{
	REQUIRE(!lock_held, "complete under the subchannel lock");
	REQUIRE(cp == w.fsm.cp, "status completed for another program");
}

static void ops_resume(void *ctx, struct vfio_ccw_cp *cp)
{
	REQUIRE(lock_held, "resume without the subchannel lock");
	REQUIRE(cp && cp == w.fsm.cp && w.hw.fc == S,
		"a tail put in place of another program");
	REQUIRE(!w.hw.pend, "a tail is put in place while status is pending");
	REQUIRE(!composite_tail_stands_still() || hw_suspended(),
		"a tail for a channel that stands still, but it runs");
	tail_in_place = true;
}

static void ops_assert_held(void *ctx)
{
	REQUIRE(mutex_held, "entered without fsm_mutex");
}

static void ops_impossible(void *ctx, enum vfio_ccw_state state,
			   enum vfio_ccw_event event)
{
	explore_violation("event %s in state %s, which cannot happen",
			  vfio_ccw_event_name(event),
			  vfio_ccw_state_name(state));
}

/*
 * The subchannel, for the one that the guest sees
 */

u32 hw_functions(void)
{
	if (w.fsm.kill)
		return w.hw.fc ? w.owed : 0;
	return w.hw.fc;
}

bool hw_status_not_inter(void)
{
	return w.hw.pend && !intermediate(w.hw.pend);
}

bool hw_may_cancel(void)
{
	return w.hw.fc == S && (w.hw.ph == PH_START || w.hw.ph == PH_START_DEV ||
				w.hw.ph == PH_SUSP);
}

bool hw_may_resume(void)
{
	return w.hw.fc == S && w.hw.s && !w.hw.resume;
}

bool hw_suspended(void)
{
	return w.hw.ph == PH_SUSP && !w.hw.resume;
}

static void ops_stepped(void *ctx, enum vfio_ccw_event event,
			enum vfio_ccw_state from, enum vfio_ccw_state to,
			int ret)
{
	explore_stepped(event, from, to);
}

const struct vfio_ccw_sch_ops hw_ops = {
	.lock = ops_lock,
	.unlock = ops_unlock,
	.ssch = ops_ssch,
	.hsch = ops_hsch,
	.csch = ops_csch,
	.rsch = ops_rsch,
	.xsch = ops_xsch,
	.stsch = ops_stsch,
	.enable = ops_enable,
	.disable = ops_disable,
	.paths = ops_paths,
	.complete = ops_complete,
	.resume = ops_resume,
	.assert_held = ops_assert_held,
	.impossible = ops_impossible,
	.stepped = ops_stepped,
};
