/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Subchannel status: what an interruption-response block means, and the queues
 * that keep it until the user has taken it
 *
 * Owns: classification of an IRB by the rule TEST SUBCHANNEL itself uses, and
 * a bounded queue that merges by class so that ending status always has room.
 * Pure: no locks, no allocation, no architecture header. The caller's lock
 * protects each queue (see struct vfio_ccw_fsm).
 */
#ifndef VFIO_CCW_STATUS_H
#define VFIO_CCW_STATUS_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "vfio_ccw_format.h"

/**
 * enum vfio_ccw_status_class - what an IRB says about the function in progress
 * @VFIO_CCW_STATUS_NONE: not status pending; nothing to report
 * @VFIO_CCW_STATUS_INTER: intermediate status alone (PCI, initial status,
 *	suspended); the function goes on
 * @VFIO_CCW_STATUS_UNSOL: unsolicited alert status, no function
 * @VFIO_CCW_STATUS_REST: secondary status of a function that has ended before
 *	(device end after channel end)
 * @VFIO_CCW_STATUS_ENDS: every function named in function control has ended
 * @VFIO_CCW_STATUS_CHECK: a combination that the rule does not decide; ask
 *	STORE SUBCHANNEL
 *
 * PoP chapter 14, TEST SUBCHANNEL: the function-control bits are cleared
 * unless the status is intermediate alone (and even then when the halt
 * function is specified and the subchannel is suspended).
 */
enum vfio_ccw_status_class {
	VFIO_CCW_STATUS_NONE,
	VFIO_CCW_STATUS_INTER,
	VFIO_CCW_STATUS_UNSOL,
	VFIO_CCW_STATUS_REST,
	VFIO_CCW_STATUS_ENDS,
	VFIO_CCW_STATUS_CHECK,
};

enum vfio_ccw_status_class
vfio_ccw_status_classify(const struct vfio_ccw_irb *irb);

void vfio_ccw_status_gone(struct vfio_ccw_irb *irb, u32 fc);
void vfio_ccw_status_check(struct vfio_ccw_irb *irb, u32 fc, u8 cs, u8 lpum);
void vfio_ccw_status_composite(struct vfio_ccw_irb *irb, u32 fc, u32 ac);

/**
 * struct vfio_ccw_status - one queued interruption-response block
 * @irb: the block, big-endian
 * @class: what it means, from vfio_ccw_status_classify()
 * @op: number of the operation it belongs to; see struct vfio_ccw_fsm
 * @seq: identity of this entry; a merge does not change it
 * @peeked: someone has looked at it: it is not merged with anything any more
 */
struct vfio_ccw_status {
	struct vfio_ccw_irb irb;
	enum vfio_ccw_status_class class;
	u32 op;
	u32 seq;
	bool peeked;
};

/*
 * Length of the queue, a power of two. Five entries would do if entries of one
 * class always merged: only the head is ever closed to merging, and there is always
 * a purge between two ending entries. But unsolicited status of different paths, or
 * with sense data of its own, does not merge: it may fill the queue, except for the
 * five.
 */
#define VFIO_CCW_STATUSQ_LEN	16
#define VFIO_CCW_STATUSQ_SPARE	5

/**
 * struct vfio_ccw_statusq - bounded queue of status, oldest first
 * @entry: the entries, a ring
 * @head: index of the oldest
 * @len: entries in use
 * @next_seq: identity for the next new entry, never 0
 * @peak: largest @len seen, for the exploration and debugfs
 * @dropped: entries that found no room; 0 unless the hardware breaks the rules
 */
struct vfio_ccw_statusq {
	struct vfio_ccw_status entry[VFIO_CCW_STATUSQ_LEN];
	unsigned int head;
	unsigned int len;
	u32 next_seq;
	unsigned int peak;
	unsigned int dropped;
};

void vfio_ccw_statusq_init(struct vfio_ccw_statusq *q);
void vfio_ccw_statusq_push(struct vfio_ccw_statusq *q,
			   const struct vfio_ccw_irb *irb,
			   enum vfio_ccw_status_class class, u32 op);
void vfio_ccw_statusq_purge(struct vfio_ccw_statusq *q);
void vfio_ccw_statusq_purge_inter(struct vfio_ccw_statusq *q);
bool vfio_ccw_statusq_pending_not_inter(const struct vfio_ccw_statusq *q);
bool vfio_ccw_statusq_pending_end(const struct vfio_ccw_statusq *q);

/**
 * vfio_ccw_statusq_head - oldest entry
 * @q: queue
 *
 * Context: atomic; the lock of @q is held as long as the entry is used.
 * Return: the entry, NULL if there is none.
 */
static inline struct vfio_ccw_status *
vfio_ccw_statusq_head(struct vfio_ccw_statusq *q)
{
	return q->len ? &q->entry[q->head] : NULL;
}

/**
 * vfio_ccw_statusq_pending - is any status queued?
 * @q: queue
 *
 * Context: any; without the lock of @q the answer is a hint.
 * Return: whether there is an entry.
 */
static inline bool vfio_ccw_statusq_pending(const struct vfio_ccw_statusq *q)
{
	/* The other side is whoever pushes or pops under the lock */
	return READ_ONCE(q->len);
}

/**
 * vfio_ccw_statusq_pop - remove the oldest entry, if any
 * @q: queue
 *
 * Context: atomic; the lock of @q is held.
 */
static inline void vfio_ccw_statusq_pop(struct vfio_ccw_statusq *q)
{
	if (!q->len)
		return;
	q->head = (q->head + 1) % VFIO_CCW_STATUSQ_LEN;
	/* The other side is vfio_ccw_statusq_pending() */
	WRITE_ONCE(q->len, q->len - 1);
}

#endif /* VFIO_CCW_STATUS_H */
