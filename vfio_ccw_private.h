/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The shell around the state machine and the translator: s390 and VFIO
 *
 * Owns: the object that joins a subchannel, a state machine and a VFIO device,
 * and every lock but those inside the core.
 *
 * Vocabulary: "binding" is the time between probe and remove of the subchannel;
 * the "user" holds the VFIO device open; a "program" is a channel program.
 */
#ifndef VFIO_CCW_PRIVATE_H
#define VFIO_CCW_PRIVATE_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/kref.h>
#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/vfio.h>
#include <linux/vfio_ccw.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "css.h"
#include "io_sch.h"

#include "vfio_ccw_fsm.h"
#include "vfio_ccw_pins.h"

struct eventfd_ctx;
struct mm_struct;
struct task_struct;
struct vfio_ccw_cp;
struct vfio_ccw_keep_listener;

/*
 * Slots for programs: one is translated, one runs, and some are being unpinned by
 * the threads that saw them end. While all are in use, a start is answered with
 * -EAGAIN.
 */
#define VFIO_CCW_NR_CPS		4

/* Channel reports that are kept until the user reads them */
#define VFIO_CCW_NR_CRWS	16

/* State changes that debugfs remembers */
#define VFIO_CCW_NR_HISTORY	32

/**
 * struct vfio_ccw_crws - channel reports for the user
 * @ring: the reports, CRWs in native (big-endian) byte order
 * @head: index of the oldest
 * @len: reports in the ring
 * @seq: identity of the oldest; grows with every report taken
 * @open: the device is open; reports are kept
 * @signal: the user has to be told; set by chp_event, cleared by the worker
 *
 * Protected by vfio_ccw_device.crw_lock. PoP chapter 17, "Channel-Report Word".
 */
struct vfio_ccw_crws {
	u32 ring[VFIO_CCW_NR_CRWS];
	unsigned int head;
	unsigned int len;
	u32 seq;
	bool open;
	bool signal;
};

/**
 * struct vfio_ccw_history - one step of the state machine
 * @when: jiffies
 * @rc: result of the step, 0 or -errno
 * @event: enum vfio_ccw_event
 * @from: enum vfio_ccw_state before
 * @to: enum vfio_ccw_state after
 */
struct vfio_ccw_history {
	unsigned long when;
	s16 rc;
	u8 event;
	u8 from;
	u8 to;
};

/**
 * struct vfio_ccw_stats - counters since the subchannel was bound
 * @steps: events by enum vfio_ccw_event that were accepted (fsm_mutex)
 * @again: requests answered with -EAGAIN (approximate, no lock)
 * @irqs: interrupts by enum vfio_ccw_status_class (subchannel lock)
 * @reports: status made the guest's (fsm_mutex)
 * @pins: pages pinned (xlate_mutex)
 * @unmaps: unmaps that touched a program (approximate, no lock)
 * @crws_lost: channel reports lost (crw_lock)
 */
struct vfio_ccw_stats {
	unsigned long steps[VFIO_CCW_NR_EVENTS];
	unsigned long again;
	unsigned long irqs[VFIO_CCW_STATUS_CHECK + 1];
	unsigned long reports;
	unsigned long pins;
	unsigned long unmaps;
	unsigned long crws_lost;
};

/**
 * struct vfio_ccw_keep - what stays pinned between programs, and until when
 * @max: pages that the user's next open may keep, 0: none; an attribute of the
 *	mediated device (life_mutex)
 * @mm: address space that has opened the device, referred to, or NULL if there is
 *	none (life_mutex; stable while the device is open)
 * @settled: vfio_ccw_pins_gen() when nothing was left pinned last that the
 *	address space had given up (xlate_mutex)
 * @doubt: some of what was given up is still pinned: the translation keeps a page
 *	only if no other program has it pinned, and nothing that was given up
 *	(xlate_mutex)
 * @old: the last pin of the translation may be of an old page (xlate_mutex)
 * @node: in the list of all devices that are open (its lock)
 * @mates: in the ring of those that @mm has opened (the same lock; whether it is alone
 *	is read without)
 * @visitors: threads that unpin what this device keeps, on behalf of others; close
 *	waits for them (lock of the list)
 * @drain: unpins what was given up
 * @tick: unpins what was not used for a while; runs while something is kept
 * @listener: is told that the address space gives memory up; while the device is
 *	open and may keep something
 * @hears: in the list of those that @listener tells (its lock)
 * @source: by which reclaim finds the device; there as long as @listener
 */
struct vfio_ccw_keep {
	unsigned int max;
	struct mm_struct *mm;
	u32 settled;
	bool doubt;
	bool old;
	struct list_head node;
	struct list_head mates;
	unsigned int visitors;
	struct work_struct drain;
	struct delayed_work tick;
	struct vfio_ccw_keep_listener *listener;
	struct list_head hears;
	struct vfio_ccw_keep_source *source;
};

/**
 * enum vfio_ccw_parent_state - is the parent of mediated devices registered?
 * @VFIO_CCW_PARENT_NONE: not yet, or not any more
 * @VFIO_CCW_PARENT_REGISTERED: mediated devices can be created
 * @VFIO_CCW_PARENT_LEAVING: somebody unregisters it, and waits for its users
 */
enum vfio_ccw_parent_state {
	VFIO_CCW_PARENT_NONE,
	VFIO_CCW_PARENT_REGISTERED,
	VFIO_CCW_PARENT_LEAVING,
};

/**
 * struct vfio_ccw_device - a bound subchannel
 * @io: what the common I/O layer takes for the data of its own driver; first,
 *	because the driver data of the subchannel points to it
 * @kref: held by the binding, by the mediated device, and by its type
 * @release: frees the object when the last reference is dropped
 * @sch: the subchannel; a reference is held
 * @devno: device number at probe; another one is another device
 * @pam: paths available to the subchannel when they were last reported
 *	(subchannel lock)
 * @intparm: interruption parameter, the address of the subchannel
 * @vdev: the VFIO device while it is open, else NULL. Written by open and close
 *	(life_mutex); stable for whoever holds a file reference, and for work,
 *	which close waits for
 * @life_mutex: serialises open, close and reset
 * @xlate_mutex: one translation at a time; only ever tried
 * @read_mutex: one reader at a time, so that nothing is taken twice; not needed
 *	for status that can be copied under fsm_mutex
 * @reading: a reader waits for its page and will take status then: others wait
 *	for read_mutex (fsm_mutex)
 * @fsm_mutex: the state machine; held for a few instructions, never while
 *	anything faults, pins or unpins
 * @wait: threads that wait for a state, or until pages are unpinned
 * @work: takes status and events from atomic contexts to the state machine
 * @timer: posts TIMEOUT
 * @hold: ends the hold of status, see vfio_ccw_fsm_unhold()
 * @hold_since: TOD clock when ending status was taken last, in units of 2^-12
 *	microseconds (written under fsm_mutex, READ_ONCE by @hold)
 * @unpin: retires programs that were handed over, then signals the user
 * @signal_late: VFIO_CCW_FX_SIGNAL_* of @unpin, atomic
 * @unreg_work: gives the subchannel back to the channel subsystem
 * @loud: the subchannel could not be disabled when it was given back and may
 *	present interrupts (device lock)
 * @flush_work: does vfio_ccw_work_flush() for a thread that can be killed meanwhile
 * @flush_asked: flushes asked for (life_mutex; READ_ONCE by @flush_work)
 * @flush_done: the last of them that has been done (written by @flush_work,
 *	READ_ONCE by the thread that waits for it)
 * @cps: programs, allocated on first use; a slot's pointer is written by the
 *	owner of its bit in @cps_used, and read by dma_unmap (cps_lock)
 * @cps_used: slots in use, BIT(slot), atomic
 * @cps_ended: slots whose program has ended and will be retired by @unpin, atomic
 * @cps_stuck: those of @cps_ended that @unpin puts into quarantine, atomic
 * @cps_quarantined: slots that hold a program that may still run, atomic
 * @cps_ends: by slot, odd from the end of its program on until that is unpinned
 *	(fsm_mutex, then the owner of the slot; READ_ONCE by those who wait)
 * @cps_lock: protects the pointers in @cps against being freed
 * @resuming: program whose new tail is being translated; set under
 *	fsm_mutex and cps_lock, cleared under cps_lock
 * @resume_ended: the program in @resuming has ended; vfio_ccw_slot_end_resume()
 *	releases it (cps_lock)
 * @resume_stuck: ... or quarantines it, because the channel may still run it
 *	(cps_lock)
 * @xlate_gen: fsm.gen at the start of the translation (xlate_mutex)
 * @unmaps: threads that unmap, for which the device holds back; changes under
 *	the lock of their table, atomic for those who only read it
 * @unpinned: moves with each call that unpins, so that a wait sees progress (no
 *	lock; READ_ONCE by dma_unmap)
 * @open: may hold back (lock of the table of threads that unmap)
 * @closer: thread that has closed the device last; a reference is held (lock of
 *	the table of threads that unmap)
 * @pins: pages that are pinned for programs, and kept afterwards
 * @keep: what makes @pins give pages up
 * @trigger_lock: protects @trigger
 * @trigger: eventfds by VFIO_CCW_*_IRQ_INDEX, NULL if none
 * @crw_lock: protects @crws
 * @crws: channel reports
 * @request: orb_area and scsw_area as last written (fsm_mutex)
 * @command: command as last written to region 1 (READ_ONCE/WRITE_ONCE between
 *	reads and writes of the region)
 * @io_ret: result of the last request by region 0 (likewise)
 * @cmd_ret: result of the last request by region 1 (likewise)
 * @fsm: the state machine
 * @parent_state: enum vfio_ccw_parent_state; whoever takes it to LEAVING
 *	unregisters @parent
 * @parent: mdev parent
 * @type: the one mdev type; holds a reference to this object until the mdev core
 *	has released it
 * @type_release: what the mdev core does then
 * @ktype: the mdev core's, but for the release
 * @types: what the mdev core wants
 * @history: last steps (fsm_mutex)
 * @nr_history: steps since probe (fsm_mutex)
 * @stats: counters
 *
 * Lock order: device lock -> mdev locks -> vfio's dev_set lock -> life_mutex ->
 * xlate_mutex -> locks of mm and iommu; read_mutex -> locks of mm; each of
 * life_mutex, xlate_mutex and read_mutex -> fsm_mutex -> subchannel lock ->
 * crw_lock. The lock of the list of open devices -> cps_lock -> locks of programs ->
 * lock of the pins, which is innermost, as trigger_lock is and the lock of the table
 * of threads that unmap. Documentation/locking.rst has the reasons.
 */
struct vfio_ccw_device {
	struct io_subchannel_private io;
	struct kref kref;
	void (*release)(struct kref *kref);
	struct subchannel *sch;
	u16 devno;
	u8 pam;
	u32 intparm;
	struct vfio_device *vdev;

	struct mutex life_mutex;	/* open, close, reset */
	struct mutex xlate_mutex;	/* translation; tried only */
	struct mutex read_mutex;	/* one reader at a time */
	struct mutex fsm_mutex;		/* the state machine; short */
	bool reading;			/* status, with read_mutex */

	wait_queue_head_t wait;
	struct work_struct work;
	struct delayed_work timer;
	struct delayed_work hold;
	u64 hold_since;
	struct work_struct unpin;
	atomic_t signal_late;
	struct work_struct unreg_work;
	bool loud;
	struct work_struct flush_work;
	unsigned int flush_asked;
	unsigned int flush_done;

	struct vfio_ccw_cp *cps[VFIO_CCW_NR_CPS];
	unsigned long cps_used;
	unsigned long cps_ended;
	unsigned long cps_stuck;
	unsigned long cps_quarantined;
	u32 cps_ends[VFIO_CCW_NR_CPS];
	spinlock_t cps_lock;		/* cps[] against being freed */
	struct vfio_ccw_cp *resuming;
	bool resume_ended;
	bool resume_stuck;
	u32 xlate_gen;
	atomic_t unmaps;
	unsigned long unpinned;
	bool open;
	struct task_struct *closer;
	struct vfio_ccw_pins pins;
	struct vfio_ccw_keep keep;

	spinlock_t trigger_lock;	/* trigger[] */
	struct eventfd_ctx *trigger[VFIO_CCW_NUM_IRQS];
	spinlock_t crw_lock;		/* crws */
	struct vfio_ccw_crws crws;

	u8 request[ORB_AREA_SIZE + SCSW_AREA_SIZE];
	u32 command;
	s32 io_ret;
	s32 cmd_ret;

	/* Large: what each start needs stands before it, in easy reach */
	struct vfio_ccw_fsm fsm;

	atomic_t parent_state;
	struct mdev_parent parent;
	struct mdev_type type;
	void (*type_release)(struct kobject *kobj);
	struct kobj_type ktype;
	struct mdev_type *types[1];

	struct vfio_ccw_history history[VFIO_CCW_NR_HISTORY];
	unsigned int nr_history;
	struct vfio_ccw_stats stats;
};

/*
 * Limit of each kind of message that a user or its guest can cause at will, for all
 * devices together. It counts in minutes of its own, so that any other minute has at
 * most twice as many lines.
 */
#define VFIO_CCW_LOG_LINES	5
#define VFIO_CCW_LOG_INTERVAL	(60 * HZ)

/**
 * vfio_ccw_may_log() - may one more line of this kind go into the log?
 *
 * For messages that users can cause. Each place that asks has a limit of its own,
 * so that no message hides another one. The log does not say how many lines were
 * left out: that would be one line more.
 *
 * Context: any.
 * Return: true if so.
 */
#define vfio_ccw_may_log()						\
({									\
	static struct ratelimit_state limit_ =				\
		RATELIMIT_STATE_INIT_FLAGS(limit_, VFIO_CCW_LOG_INTERVAL, \
					   VFIO_CCW_LOG_LINES,		\
					   RATELIMIT_MSG_ON_RELEASE);	\
									\
	__ratelimit(&limit_);						\
})

/**
 * vfio_ccw_dev_get() - take a reference
 * @dev: bound subchannel
 *
 * Context: any; the caller has a reference already.
 */
static inline void vfio_ccw_dev_get(struct vfio_ccw_device *dev)
{
	kref_get(&dev->kref);
}

/**
 * vfio_ccw_dev_put() - drop a reference
 * @dev: bound subchannel, gone with the last one
 *
 * Context: may sleep.
 */
static inline void vfio_ccw_dev_put(struct vfio_ccw_device *dev)
{
	kref_put(&dev->kref, dev->release);
}

/**
 * vfio_ccw_any_unstarted() - is a slot in use whose program is not started?
 * @dev: bound subchannel
 *
 * Context: any.
 * Return: true if a program is being translated, or has ended and is not unpinned yet.
 */
static inline bool vfio_ccw_any_unstarted(const struct vfio_ccw_device *dev)
{
	unsigned long used = READ_ONCE(dev->cps_used) &
			     ~READ_ONCE(dev->cps_quarantined);

	return hweight_long(used) > !!READ_ONCE(dev->fsm.cp);
}

#endif /* VFIO_CCW_PRIVATE_H */
