// SPDX-License-Identifier: GPL-2.0
/*
 * Subchannel status: classification, synthesis and queues
 *
 * The rule that decides what an interruption-response block means is the one
 * by which TEST SUBCHANNEL itself clears the function-control bits (PoP
 * chapter 14, TEST SUBCHANNEL), so that this driver and the hardware never
 * disagree about whether a function is in progress.
 *
 * The queues never lose ending status: entries of the same class merge as
 * TEST SUBCHANNEL would show them had it been executed later, so that only a
 * handful of entries can exist between two ending ones, and a second ending
 * one needs a new function, which needs an empty queue.
 */
#include <kunit/visibility.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#include "vfio_ccw_counter.h"
#include "vfio_ccw_format.h"
#include "vfio_ccw_status.h"

static_assert((VFIO_CCW_STATUSQ_LEN & (VFIO_CCW_STATUSQ_LEN - 1)) == 0);

#define SC_FINAL	(VFIO_CCW_SC_PRIM | VFIO_CCW_SC_SEC)
#define SC_ALL_ENDED	(VFIO_CCW_SC_ALERT | SC_FINAL | VFIO_CCW_SC_PEND)

/*
 * Extended-status word: the last-path-used mask, in the same place in every
 * format, and its validity in format 0
 */
#define LOGOUT_LPUM		GENMASK(23, 16)
#define LOGOUT_LPUM_VALID	BIT(14)

static u32 status_ctl(const struct vfio_ccw_irb *irb)
{
	return be32_to_cpu(irb->scsw.ctl);
}

/**
 * vfio_ccw_status_classify - what does an IRB say about the function?
 * @irb: as TEST SUBCHANNEL stored it, big-endian
 *
 * The function-control bits in @irb are those before TEST SUBCHANNEL cleared
 * them. Subchannel active or suspended after primary or alert status, as when
 * a suspended device asks for attention, contradicts the rule, and alert with
 * intermediate status alone is not decided by it: all these are
 * VFIO_CCW_STATUS_CHECK. PoP chapter 14, TEST SUBCHANNEL.
 *
 * Context: any; pure.
 * Return: the class.
 */
enum vfio_ccw_status_class
vfio_ccw_status_classify(const struct vfio_ccw_irb *irb)
{
	u32 ctl = status_ctl(irb);
	u32 sc = ctl & VFIO_CCW_SCSW_SC;

	if (!(sc & VFIO_CCW_SC_PEND))
		return VFIO_CCW_STATUS_NONE;
	if (sc == (VFIO_CCW_SC_INTER | VFIO_CCW_SC_PEND))
		return (ctl & VFIO_CCW_FC_HALT) && (ctl & VFIO_CCW_AC_SUSP) ?
			VFIO_CCW_STATUS_ENDS : VFIO_CCW_STATUS_INTER;
	if (!(ctl & VFIO_CCW_SCSW_FC))
		return sc & SC_FINAL ? VFIO_CCW_STATUS_REST :
				       VFIO_CCW_STATUS_UNSOL;
	if ((sc & VFIO_CCW_SC_INTER) && !(sc & SC_FINAL))
		return VFIO_CCW_STATUS_CHECK;
	if (ctl & (VFIO_CCW_AC_SCH_ACT | VFIO_CCW_AC_SUSP))
		return VFIO_CCW_STATUS_CHECK;
	return VFIO_CCW_STATUS_ENDS;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_status_classify);

static void status_build(struct vfio_ccw_irb *irb, u32 ctl, u32 status)
{
	memset(irb, 0, sizeof(*irb));
	irb->scsw.ctl = cpu_to_be32(ctl);
	irb->scsw.status = cpu_to_be32(status);
}

/**
 * vfio_ccw_status_gone - the answer to functions of a device that has vanished
 * @irb: result
 * @fc: functions to answer, VFIO_CCW_FC_*, not empty
 *
 * A start ends with deferred condition code 3, all its status at once; halt or
 * clear alone end status pending alone, as when they are performed without
 * anything to report. PoP chapter 16, "Deferred Condition Code".
 *
 * Context: any; pure.
 */
void vfio_ccw_status_gone(struct vfio_ccw_irb *irb, u32 fc)
{
	if (fc & VFIO_CCW_FC_START)
		status_build(irb, FIELD_PREP(VFIO_CCW_SCSW_CC, 3) | fc |
			     SC_ALL_ENDED, 0);
	else
		status_build(irb, fc | VFIO_CCW_SC_PEND, 0);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_status_gone);

/**
 * vfio_ccw_status_check - the answer to a start that the driver terminated
 * @irb: result
 * @fc: functions to answer, VFIO_CCW_FC_START and perhaps VFIO_CCW_FC_HALT
 * @cs: subchannel status, VFIO_CCW_CS_IFCC or VFIO_CCW_CS_CCC
 * @lpum: path used, most significant bit is path 0; 0 if not known
 *
 * These checks come with a format-0 extended-status word (L is one) whose
 * only valid field is the path. PoP chapter 16, "Subchannel Logout".
 *
 * Context: any; pure.
 */
void vfio_ccw_status_check(struct vfio_ccw_irb *irb, u32 fc, u8 cs, u8 lpum)
{
	status_build(irb, VFIO_CCW_SCSW_L | fc | SC_ALL_ENDED,
		     FIELD_PREP(VFIO_CCW_STATUS_SCH, cs));
	if (lpum)
		irb->esw.logout = cpu_to_be32(FIELD_PREP(LOGOUT_LPUM, lpum) |
					      LOGOUT_LPUM_VALID);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_status_check);

/**
 * vfio_ccw_status_composite - what is seen while no status is pending
 * @irb: result
 * @fc: functions in progress, VFIO_CCW_FC_*
 * @ac: activity, VFIO_CCW_AC_*
 *
 * Context: any; pure.
 */
void vfio_ccw_status_composite(struct vfio_ccw_irb *irb, u32 fc, u32 ac)
{
	status_build(irb, fc | ac, 0);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_status_composite);

/**
 * vfio_ccw_statusq_init - make a queue empty for the first time
 * @q: queue
 *
 * Context: nobody else uses @q yet.
 */
void vfio_ccw_statusq_init(struct vfio_ccw_statusq *q)
{
	memset(q, 0, sizeof(*q));
	q->next_seq = 1 + VFIO_CCW_FIRST(u32);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_statusq_init);

static struct vfio_ccw_status *status_nth(struct vfio_ccw_statusq *q,
					  unsigned int n)
{
	return &q->entry[(q->head + n) % VFIO_CCW_STATUSQ_LEN];
}

/* The length is also read without the lock, by those who only want a hint */
static void status_set_len(struct vfio_ccw_statusq *q, unsigned int len)
{
	WRITE_ONCE(q->len, len);
}

/* Can @old, which ended function @op, take in the secondary status of that? */
static bool status_lacks_secondary(const struct vfio_ccw_status *old, u32 op)
{
	u32 ctl = status_ctl(&old->irb);

	return old->op == op && (ctl & VFIO_CCW_SC_PRIM) &&
	       !(ctl & (VFIO_CCW_SC_SEC | VFIO_CCW_SCSW_CC));
}

/* The path that the status came by, 0 if it is not known */
static u8 status_lpum(const struct vfio_ccw_irb *irb)
{
	u32 word = be32_to_cpu(irb->esw.logout);

	if ((status_ctl(irb) & VFIO_CCW_SCSW_L) && !(word & LOGOUT_LPUM_VALID))
		return 0;
	return FIELD_GET(LOGOUT_LPUM, word);
}

/* Status by different paths is never merged: the path may be the news */
static bool status_same_event(const struct vfio_ccw_status *old,
			      const struct vfio_ccw_irb *irb,
			      enum vfio_ccw_status_class class)
{
	return old->class == class &&
	       (class != VFIO_CCW_STATUS_UNSOL ||
		status_lpum(&old->irb) == status_lpum(irb));
}

/* One block has room for the sense data of one */
static bool status_both_sense(const struct vfio_ccw_irb *a,
			      const struct vfio_ccw_irb *b)
{
	return status_ctl(a) & status_ctl(b) & VFIO_CCW_SCSW_E;
}

/*
 * The unread entry that new status of @class merges into, or NULL. The search ends
 * at ending status and at an entry that someone has looked at: what was seen does
 * not change, and nothing moves in front of an end. In a queue that is @full the
 * status merges with any entry of its class, even if a path or sense data is lost.
 */
static struct vfio_ccw_status *
status_partner(struct vfio_ccw_statusq *q, const struct vfio_ccw_irb *irb,
	       enum vfio_ccw_status_class class, u32 op, bool full)
{
	struct vfio_ccw_status *old;
	unsigned int n;

	if (class == VFIO_CCW_STATUS_ENDS)
		return NULL;
	for (n = q->len; n--; ) {
		old = status_nth(q, n);
		if (old->peeked)
			return NULL;
		if (old->class == class && full)
			return old;
		if (status_same_event(old, irb, class))
			return status_both_sense(&old->irb, irb) ? NULL : old;
		if (old->class == VFIO_CCW_STATUS_ENDS)
			return class == VFIO_CCW_STATUS_REST &&
			       status_lacks_secondary(old, op) &&
			       !status_both_sense(&old->irb, irb) ? old : NULL;
	}
	return NULL;
}

/* Secondary status joins the primary status of its function */
static void status_merge_rest(struct vfio_ccw_irb *old,
			      const struct vfio_ccw_irb *irb)
{
	const u32 extended = VFIO_CCW_SCSW_L | VFIO_CCW_SCSW_E;
	u32 ctl = status_ctl(old), add = status_ctl(irb);

	ctl = (ctl & ~VFIO_CCW_SCSW_AC) |
	      (add & (VFIO_CCW_SCSW_AC | VFIO_CCW_SCSW_SC));
	if (add & VFIO_CCW_SC_ALERT) {
		ctl = (ctl & ~extended) | (add & extended);
		old->esw = irb->esw;
		memcpy(old->ecw, irb->ecw, sizeof(old->ecw));
	}
	old->scsw.ctl = cpu_to_be32(ctl);
	old->scsw.status |= irb->scsw.status &
		cpu_to_be32(VFIO_CCW_STATUS_DEV | VFIO_CCW_STATUS_SCH);
}

/* The newer block of one class replaces the older; conditions accumulate */
static void status_merge_same(struct vfio_ccw_irb *old,
			      const struct vfio_ccw_irb *irb)
{
	const u32 sticky = VFIO_CCW_SCSW_Z | VFIO_CCW_SCSW_N | VFIO_CCW_SCSW_SC;
	u32 ctl = status_ctl(irb) | (status_ctl(old) & sticky);
	__be32 status = old->scsw.status &
		cpu_to_be32(VFIO_CCW_STATUS_DEV | VFIO_CCW_STATUS_SCH);
	bool keep_ecw = status_ctl(old) & ~ctl & VFIO_CCW_SCSW_E;

	old->scsw.cpa = irb->scsw.cpa;
	old->scsw.status = irb->scsw.status | status;
	if (!keep_ecw) {
		old->esw = irb->esw;
		memcpy(old->ecw, irb->ecw, sizeof(old->ecw));
	} else {
		ctl |= status_ctl(old) & (VFIO_CCW_SCSW_E | VFIO_CCW_SCSW_L);
	}
	memcpy(old->emw, irb->emw, sizeof(old->emw));
	old->scsw.ctl = cpu_to_be32(ctl);
}

/* Only hardware that breaks the rules gets here: never drop ending status */
static bool status_make_room(struct vfio_ccw_statusq *q)
{
	unsigned int n;

	q->dropped++;
	for (n = 1; n < q->len; n++)
		if (status_nth(q, n)->class != VFIO_CCW_STATUS_ENDS)
			break;
	if (n == q->len)
		return false;
	for (; n + 1 < q->len; n++)
		*status_nth(q, n) = *status_nth(q, n + 1);
	status_set_len(q, q->len - 1);
	return true;
}

/**
 * vfio_ccw_statusq_push - add status behind what is queued
 * @q: queue
 * @irb: status, big-endian; copied
 * @class: what it means, not VFIO_CCW_STATUS_NONE
 * @op: operation that it belongs to
 *
 * Merges with an unread entry where TEST SUBCHANNEL, executed later, would
 * have shown one block, unless sense data or a path would be lost by that.
 *
 * Context: atomic; the lock of @q is held.
 */
void vfio_ccw_statusq_push(struct vfio_ccw_statusq *q,
			   const struct vfio_ccw_irb *irb,
			   enum vfio_ccw_status_class class, u32 op)
{
	bool full = q->len >= VFIO_CCW_STATUSQ_LEN - VFIO_CCW_STATUSQ_SPARE;
	struct vfio_ccw_status *st = status_partner(q, irb, class, op, full);

	if (st) {
		if (st->class == class)
			status_merge_same(&st->irb, irb);
		else
			status_merge_rest(&st->irb, irb);
		return;
	}
	if (q->len == VFIO_CCW_STATUSQ_LEN && !status_make_room(q))
		return;
	st = status_nth(q, q->len);
	st->irb = *irb;
	st->class = class;
	st->op = op;
	st->seq = q->next_seq++;
	st->peeked = false;
	if (!q->next_seq)
		q->next_seq = 1;
	status_set_len(q, q->len + 1);
	if (q->len > q->peak)
		q->peak = q->len;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_statusq_push);

/**
 * vfio_ccw_statusq_purge - remove everything
 * @q: queue
 *
 * Context: atomic; the lock of @q is held.
 */
void vfio_ccw_statusq_purge(struct vfio_ccw_statusq *q)
{
	status_set_len(q, 0);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_statusq_purge);

/* Alert status may come with it, and leave the function in progress */
static bool status_inter_alone(const struct vfio_ccw_status *st)
{
	return st->class == VFIO_CCW_STATUS_INTER &&
	       !(status_ctl(&st->irb) & VFIO_CCW_SC_ALERT);
}

static bool status_is_resettable(const struct vfio_ccw_status *st)
{
	return status_inter_alone(st) &&
	       !(status_ctl(&st->irb) & VFIO_CCW_AC_SUSP);
}

/**
 * vfio_ccw_statusq_purge_inter - remove the intermediate status that HALT
 *	SUBCHANNEL resets
 * @q: queue
 *
 * That of a subchannel that is active; a suspended one keeps it. PoP chapter
 * 14, HALT SUBCHANNEL.
 *
 * Context: atomic; the lock of @q is held.
 */
void vfio_ccw_statusq_purge_inter(struct vfio_ccw_statusq *q)
{
	unsigned int from, to = 0;

	for (from = 0; from < q->len; from++) {
		if (status_is_resettable(status_nth(q, from)))
			continue;
		if (to != from)
			*status_nth(q, to) = *status_nth(q, from);
		to++;
	}
	status_set_len(q, to);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_statusq_purge_inter);

/**
 * vfio_ccw_statusq_pending_not_inter - is other than intermediate status queued?
 * @q: queue
 *
 * What keeps HALT SUBCHANNEL from being accepted, PoP chapter 14.
 *
 * Context: atomic; the lock of @q is held.
 * Return: whether there is an entry that is not intermediate status alone.
 */
bool vfio_ccw_statusq_pending_not_inter(const struct vfio_ccw_statusq *q)
{
	unsigned int n;

	for (n = 0; n < q->len; n++)
		if (!status_inter_alone(status_nth((struct vfio_ccw_statusq *)q,
						   n)))
			return true;
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_statusq_pending_not_inter);

/**
 * vfio_ccw_statusq_pending_end - is the end of a function queued?
 * @q: queue
 *
 * Context: atomic; the lock of @q is held.
 * Return: whether there is ending status.
 */
bool vfio_ccw_statusq_pending_end(const struct vfio_ccw_statusq *q)
{
	unsigned int n;

	for (n = 0; n < q->len; n++)
		if (status_nth((struct vfio_ccw_statusq *)q, n)->class ==
		    VFIO_CCW_STATUS_ENDS)
			return true;
	return false;
}
