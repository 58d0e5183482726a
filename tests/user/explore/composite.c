// SPDX-License-Identifier: GPL-2.0
/* The subchannel that the guest sees: what it would say, what it has to show */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <stdio.h>

#include "composite.h"
#include "hw.h"
#include "world.h"

#define S	VFIO_CCW_FC_START
#define H	VFIO_CCW_FC_HALT
#define C	VFIO_CCW_FC_CLEAR

/*
 * Status that ends nothing
 */

#define MARK_PCI_2	VFIO_CCW_DS_SM

static u8 device_status(const struct vfio_ccw_irb *irb)
{
	return be32_get_bits(irb->scsw.status, VFIO_CCW_STATUS_DEV);
}

static u8 path_of(const struct vfio_ccw_irb *irb)
{
	return be32_to_cpu(irb->esw.logout) >> 16;
}

static u16 kinds_of_alert(const struct vfio_ccw_irb *irb)
{
	u16 kinds = 0;

	if (irb->scsw.ctl & cpu_to_be32(VFIO_CCW_SCSW_E))
		kinds |= irb->ecw[0] == 2 ? KIND_SENSE_2 : KIND_SENSE;
	if (device_status(irb) & VFIO_CCW_DS_ATTN)
		kinds |= path_of(irb) == 0x40 ? KIND_ALERT_2 : KIND_ALERT;
	return kinds;
}

static u16 kinds_of_inter(const struct vfio_ccw_irb *irb, u32 ctl)
{
	u8 cs = be32_get_bits(irb->scsw.status, VFIO_CCW_STATUS_SCH);
	u16 kinds = 0;

	if (ctl & VFIO_CCW_SC_ALERT)
		kinds |= KIND_ODD;
	if (cs & VFIO_CCW_CS_PCI)
		kinds |= KIND_PCI;
	if (device_status(irb) & MARK_PCI_2)
		kinds |= KIND_PCI_2;
	if (ctl & VFIO_CCW_AC_SUSP)
		kinds |= KIND_SUSP;
	/* It joins what a suspended program has announced */
	if (device_status(irb) & VFIO_CCW_DS_ATTN)
		kinds |= kinds_of_alert(irb);
	return kinds;
}

/* Of the secondary status that has joined its primary status, too */
u16 composite_kinds(const struct vfio_ccw_irb *irb)
{
	u32 ctl = be32_to_cpu(irb->scsw.ctl);

	if (!(ctl & VFIO_CCW_SC_PEND))
		return 0;
	if (ctl & VFIO_CCW_SC_SEC)
		return KIND_SEC;
	if (ctl & VFIO_CCW_SC_PRIM)
		return 0;
	if (ctl & VFIO_CCW_SC_INTER)
		return kinds_of_inter(irb, ctl);
	return ctl & VFIO_CCW_SC_ALERT ? kinds_of_alert(irb) : 0;
}

u8 composite_sense(void)
{
	if (!(w.seen & KIND_SENSE))
		return 1;
	return w.seen & KIND_SENSE_2 ? 0 : 2;
}

/* In this step the driver has ended the start on its own account */
static bool ended_by_driver;

static bool in_use(enum vfio_ccw_state state)
{
	return state == VFIO_CCW_STATE_IDLE || state == VFIO_CCW_STATE_BUSY;
}

void composite_status(struct vfio_ccw_irb *irb)
{
	u32 ctl = be32_to_cpu(irb->scsw.ctl);
	u16 kinds = composite_kinds(irb);

	if (!in_use(w.fsm.state))
		return;
	REQUIRE(w.fsm.accepting, "status is not wanted");
	/* What ends a function is accounted for otherwise */
	if ((ctl & VFIO_CCW_SCSW_FC) && !hw_functions())
		return;
	if ((with & WITH_PAIRS) && kinds == KIND_PCI && (w.seen & KIND_PCI)) {
		irb->scsw.status |= cpu_to_be32(FIELD_PREP(VFIO_CCW_STATUS_DEV,
							   MARK_PCI_2));
		kinds = KIND_PCI_2;
	}
	w.seen |= kinds;
}

static u16 queued(const struct vfio_ccw_statusq *q)
{
	unsigned int i;
	u16 kinds = 0;

	for (i = 0; i < q->len; i++)
		kinds |= composite_kinds(&q->entry[(q->head + i) %
						   VFIO_CCW_STATUSQ_LEN].irb);
	return kinds;
}

/* Two of a kind are told apart by marks, if at all; one may be left */
void composite_read(u16 kinds)
{
	u16 left = queued(&w.fsm.outq);

	if (in_use(w.fsm.state))
		left |= queued(&w.fsm.rawq);
	w.seen &= ~kinds | left;
}

/*
 * While the driver ends all functions it reads what comes, and what it had not
 * passed on yet; the end of a start that it makes up comes with all of it.
 */
void composite_step(enum vfio_ccw_state before)
{
	if (in_use(before) && !in_use(w.fsm.state))
		w.seen &= queued(&w.fsm.outq);
	if (ended_by_driver)
		w.seen &= ~KINDS_INTER | queued(&w.fsm.rawq) |
			  queued(&w.fsm.outq);
	ended_by_driver = false;
}

void composite_check(void)
{
	u16 lost = w.seen & ~(queued(&w.fsm.rawq) | queued(&w.fsm.outq));

	REQUIRE(!lost, "status is lost that nobody has read");
}

/*
 * Condition codes
 */

#define CC(n)		BIT(n)
/* Another life, another program: try again */
#define CC_AGAIN	BIT(4)
/* Condition code 3 of START SUBCHANNEL, without and with other paths */
#define CC_NO_PATH	BIT(5)
#define CC_OTHER_PATH	BIT(6)

/* The request that is under way, and the one that is sampled until it has its effect */
static enum vfio_ccw_event judging, judged = VFIO_CCW_NR_EVENTS;
static enum vfio_ccw_state state_then;
static u32 admissible;
static bool again, vanished, said_cc3;
static u8 lpm;
static bool tail_suspended;

/* Status that was taken and not read: that of an end, any other than PCI */
static bool end_unread(void)
{
	return w.owed & ~hw_functions();
}

/*
 * Status that was not taken yet is pending at the subchannel or, for a request
 * that is answered without the subchannel, about to be
 */
static u32 or_pending(u32 cc, u32 without)
{
	if (w.seen || end_unread())
		return CC(1);
	return w.hw.pend ? CC(1) | (cc & without) : cc;
}

static u32 cc_ssch(void)
{
	u32 cc = CC(0);

	if (hw_functions())
		cc = CC(2);
	else if (!(lpm & w.hw.paths))
		cc = w.hw.paths ? CC_OTHER_PATH : CC_NO_PATH;
	return or_pending(cc, CC(2) | CC_OTHER_PATH | CC_NO_PATH);
}

/* The end of the clear by which the driver ends a start can still be to come */
static u32 cc_hsch(void)
{
	u16 inter = KIND_PCI | KIND_PCI_2 | KIND_SUSP;

	if (end_unread() || (w.seen & ~inter))
		return CC(1);
	if (hw_functions() & (H | C))
		return CC(2);
	if (hw_status_not_inter())
		return w.fsm.kill ? CC(0) | CC(1) : CC(1);
	return CC(0);
}

static u32 cc_xsch(void)
{
	return or_pending(w.fsm.kill || !hw_may_cancel() ? CC(2) : CC(0),
			  CC(2));
}

static u32 cc_rsch(void)
{
	if (w.fsm.kill || !hw_may_resume())
		return or_pending(CC(2), CC(2));
	return or_pending(tail_suspended && !hw_suspended() ? CC_AGAIN : CC(0),
			  CC(2));
}

static u32 cc_now(void)
{
	switch (judged) {
	case VFIO_CCW_EVENT_SSCH:
		return cc_ssch();
	case VFIO_CCW_EVENT_HSCH:
		return cc_hsch();
	case VFIO_CCW_EVENT_XSCH:
		return cc_xsch();
	case VFIO_CCW_EVENT_RSCH:
		return cc_rsch();
	default:
		return CC(0);
	}
}

/*
 * What has vanished is not operational; until that is known, what was taken
 * from it and what it was doing may still be the answer.
 */
static u32 cc_vanished(void)
{
	u32 cc = CC(3) | CC_NO_PATH | CC_OTHER_PATH;

	if (w.owed || w.seen)
		cc |= CC(1) | CC(2);
	if (w.fsm.state == VFIO_CCW_STATE_IDLE)
		cc |= CC(2);
	if (w.fsm.kill)
		cc |= CC(0);
	return cc | cc_now();
}

bool composite_tail_stands_still(void)
{
	return tail_suspended;
}

bool composite_vanished(void)
{
	return vanished;
}

void composite_sample(void)
{
	vanished |= hw_not_operational();
	if (judged == VFIO_CCW_NR_EVENTS || !in_use(state_then))
		return;
	admissible |= hw_not_operational() ? cc_vanished() : cc_now();
	if (again)
		admissible |= CC_AGAIN;
	/* Paths may come and go while the driver finds out what it means */
	if (said_cc3)
		admissible |= w.hw.paths & ~lpm ? CC_OTHER_PATH : CC_NO_PATH;
}

void composite_said_cc3(void)
{
	admissible |= CC(3);
	said_cc3 = true;
	/* Those that were tried */
	lpm &= w.hw.paths;
	composite_sample();
}

/* With its effect the request is over: what comes now is later */
void composite_took(enum vfio_ccw_event event)
{
	if (event == judged)
		judged = VFIO_CCW_NR_EVENTS;
	if (hw_by != BY_USER)
		ended_by_driver = true;
}

void composite_begin(enum vfio_ccw_event event, const struct vfio_ccw_arg *arg)
{
	bool start = event == VFIO_CCW_EVENT_SSCH;

	judging = event;
	judged = event;
	state_then = w.fsm.state;
	admissible = 0;
	again = false;
	vanished = false;
	said_cc3 = false;
	if (arg)
		again = arg->gen != w.fsm.gen ||
			(!start && (!arg->resume || arg->cp != w.fsm.cp));
	lpm = start ? be32_get_bits(arg->orb->ctl, VFIO_CCW_ORB_LPM) : 0;
	/* None named: the choice is left to the channel */
	if (start && !lpm)
		lpm = 0xff;
	tail_suspended = arg && arg->suspended;
	composite_sample();
}

/* What a result says, for the request */
static u32 cc_of(enum vfio_ccw_event event, int ret)
{
	bool folded = event == VFIO_CCW_EVENT_SSCH ||
		      event == VFIO_CCW_EVENT_HSCH;
	bool start = event == VFIO_CCW_EVENT_SSCH;

	switch (ret) {
	case 0:
		return CC(0);
	case -EBUSY:
		return folded ? CC(1) | CC(2) : CC(1);
	case -EINVAL:
		return folded ? 0 : CC(2);
	case -ENODEV:
		return start ? CC_NO_PATH : CC(3);
	case -EACCES:
		return start ? CC_OTHER_PATH : 0;
	case -EAGAIN:
		return CC_AGAIN;
	default:
		return 0;
	}
}

/* A subchannel that is not there for the user, or is being reset */
static int out_of_use(enum vfio_ccw_event event)
{
	switch (state_then) {
	case VFIO_CCW_STATE_NOT_OPER:
		return -ENODEV;
	case VFIO_CCW_STATE_STANDBY:
		return -EIO;
	default:
		return event == VFIO_CCW_EVENT_CSCH ? -EINPROGRESS : -EBUSY;
	}
}

static void judge(enum vfio_ccw_event event, int ret)
{
	if (in_use(state_then)) {
		if (!(cc_of(event, ret) & admissible))
			explore_violation("%s answers %d, right are %x",
					  vfio_ccw_event_name(event), ret,
					  admissible);
	} else if (ret != out_of_use(event)) {
		explore_violation("%s answers %d in %s",
				  vfio_ccw_event_name(event), ret,
				  vfio_ccw_state_name(state_then));
	}
}

void composite_judge(int ret)
{
	judged = VFIO_CCW_NR_EVENTS;
	judge(judging, ret);
}

void composite_judge_check(enum vfio_ccw_event event, int ret)
{
	judged = VFIO_CCW_NR_EVENTS;
	if (ret || !in_use(state_then))
		judge(event, ret);
}
