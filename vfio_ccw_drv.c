// SPDX-License-Identifier: GPL-2.0
/*
 * The subchannel driver: binding, lifetimes, callbacks of the common I/O layer
 *
 * Owns: the lifetime of struct vfio_ccw_device, and the pointer to it that the
 * common I/O layer's callbacks follow.
 *
 * The pointer is published by probe and cleared by remove under the subchannel
 * lock; irq, chp_event and sch_event look it up under that lock and do nothing
 * without it. Once it is cleared nothing can queue work any more, and remove
 * waits for what is queued.
 *
 * A subchannel is given back in two steps. Waiting for the users of its VFIO
 * device is done on a queue of long work, because the channel subsystem's own
 * queue has one thread for all subchannels; only then the channel subsystem is
 * asked to unregister it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/irq.h>
#include <linux/jiffies.h>
#include <linux/kernel_stat.h>
#include <linux/kmemleak.h>
#include <linux/kobject.h>
#include <linux/kref.h>
#include <linux/lockdep.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <asm/cio.h>
#include <asm/crw.h>
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/isc.h>
#include <asm/timex.h>

#include "chp.h"
#include "cio.h"
#include "css.h"
#include "device.h"

#include "compat/vfio_ccw_compat.h"
#include "vfio_ccw_cio.h"
#include "vfio_ccw_counter.h"
#include "vfio_ccw_debugfs.h"
#include "vfio_ccw_fsm.h"
#include "vfio_ccw_irq.h"
#include "vfio_ccw_keep.h"
#include "vfio_ccw_ops.h"
#include "vfio_ccw_private.h"
#include "vfio_ccw_slots.h"
#include "vfio_ccw_trace.h"
#include "vfio_ccw_unmap.h"
#include "vfio_ccw_work.h"

/* Objects that are not freed yet: whoever refers to one needs the module */
static atomic_t drv_nr_devices = ATOMIC_INIT(0);

/* How long a host that goes down waits for one subchannel, milliseconds */
#define DRV_SHUTDOWN_MS		3000

/* ... and how often it looks for incoming status meanwhile */
#define DRV_SHUTDOWN_POLL_MS	20

/* How often to log that a wait for users goes on */
#define DRV_TELL_MS		10000

/* How often to look whether the removal of a mediated device has ended */
#define DRV_REMOVAL_POLL_MS	100

/* How often, and at which distance, to try to disable what is taken or given back */
#define DRV_SILENCE_TRIES	50
#define DRV_SILENCE_MS		20

/*
 * The common I/O layer takes the driver data of every I/O subchannel for that
 * of its own driver when it purges ignored devices (/proc/cio_ignore). What it
 * finds behind a bound subchannel is a device that is online, which it leaves
 * alone. It does so under the subchannel lock. Nobody else looks at this.
 */
static struct ccw_device_private drv_in_use_private = {
	.state = DEV_STATE_ONLINE,
};

static struct ccw_device drv_in_use = {
	.private = &drv_in_use_private,
	.online = 1,
};

/* So that driver data of NULL is a device of NULL */
static_assert(offsetof(struct vfio_ccw_device, io) == 0);
/* What purge_fn() of the common I/O layer looks at, and where it finds it */
static_assert(__same_type(sch_get_cdev((struct subchannel *)NULL), &drv_in_use));
static_assert(__same_type(*to_io_private((struct subchannel *)NULL),
			  ((struct vfio_ccw_device *)NULL)->io));

static struct vfio_ccw_device *drv_data(struct subchannel *sch)
{
	return container_of(to_io_private(sch), struct vfio_ccw_device, io);
}

static struct vfio_ccw_device *drv_device(struct subchannel *sch)
{
	lockdep_assert_held(&sch->lock);
	return drv_data(sch);
}

/*
 * Callbacks of the common I/O layer
 */

/*
 * cio_irb ends before the extended-measurement word. The channel does not store
 * that word, because the mode is never enabled: it is zero.
 */
static void drv_irq(struct subchannel *sch)
{
	struct vfio_ccw_device *dev = drv_device(sch);
	enum vfio_ccw_status_class class;
	struct vfio_ccw_irb irb;

	inc_irq_stat(IRQIO_CIO);
	if (!dev)
		return;

	static_assert(sizeof(struct irb) == offsetof(typeof(irb), emw));
	memcpy(&irb, this_cpu_ptr(&cio_irb), sizeof(struct irb));
	memset(irb.emw, 0, sizeof(irb.emw));

	class = vfio_ccw_status_classify(&irb);
	dev->stats.irqs[class]++;
	trace_vfio_ccw_irq(sch->schid, &irb.scsw, class);
	if (vfio_ccw_fsm_irq(&dev->fsm, &irb, class))
		vfio_ccw_work_queue(dev);
}

/* Paths that the hardware has and the host has not varied off */
static void drv_refresh_paths(struct subchannel *sch)
{
	lockdep_assert_held(&sch->lock);
	sch->lpm = sch->schib.pmcw.pam & sch->opm;
}

/* Queue the channel report that a machine makes when a path comes or goes */
static void drv_report_path(struct vfio_ccw_device *dev, unsigned int erc,
			    struct chp_id chpid)
{
	const struct crw crw = {
		.rsc = CRW_RSC_CPATH,
		.erc = erc,
		.rsid = chpid.id,
	};
	u32 word;

	static_assert(sizeof(crw) == sizeof(word));
	memcpy(&word, &crw, sizeof(word));
	if (vfio_ccw_irq_push_crw(dev, word))
		vfio_ccw_work_queue(dev);
}

/*
 * Report paths that came or went without a chp_event: when the host loses channel
 * reports, the common I/O layer looks at subchannels alone.
 */
static void drv_report_paths(struct vfio_ccw_device *dev)
{
	const struct pmcw *pmcw = &dev->sch->schib.pmcw;
	u8 changed = dev->pam ^ pmcw->pam;
	struct chp_id chpid;
	unsigned int i;
	u8 path;

	lockdep_assert_held(&dev->sch->lock);
	chp_id_init(&chpid);
	for (i = 0; i < ARRAY_SIZE(pmcw->chpid); i++) {
		path = 0x80 >> i;
		if (!(changed & path))
			continue;
		chpid.id = pmcw->chpid[i];
		drv_report_path(dev, pmcw->pam & path ? CRW_ERC_INIT :
				CRW_ERC_PERRN, chpid);
	}
	dev->pam = pmcw->pam;
}

/* The event that a STORE SUBCHANNEL has led to, for tracing */
static enum vfio_ccw_event drv_event_of(int rc)
{
	if (!rc)
		return VFIO_CCW_EVENT_SCHIB;
	return rc == -EACCES ? VFIO_CCW_EVENT_NODEV : VFIO_CCW_EVENT_GONE;
}

/*
 * The subchannel may have changed. A subchannel that is being bound or released
 * is looked at again by the caller: the answer would be lost here.
 */
static int drv_sch_event(struct subchannel *sch, int process)
{
	struct vfio_ccw_schib schib;
	struct vfio_ccw_device *dev;
	unsigned long flags;
	int missing, rc = 0;

	spin_lock_irqsave(&sch->lock, flags);
	if (!device_is_registered(&sch->dev) || sch->todo == SCH_TODO_UNREG)
		goto out;
	dev = drv_device(sch);
	if (!dev) {
		rc = -EAGAIN;
		goto out;
	}
	missing = vfio_ccw_work_store_locked(dev, &schib);
	if (!missing) {
		drv_refresh_paths(sch);
		drv_report_paths(dev);
		vfio_ccw_work_post(dev, VFIO_CCW_EVENT_SCHIB, 0);
	}
	trace_vfio_ccw_sch_event(sch->schid, drv_event_of(missing), process);
out:
	spin_unlock_irqrestore(&sch->lock, flags);
	return rc;
}

/*
 * A channel path changed. Vary on and off are the host administrator's business
 * and no report reaches the guest; they take a path away from its I/O all the
 * same.
 */
static int drv_chp_event(struct subchannel *sch, struct chp_link *link,
			 int event)
{
	int mask = chp_ssd_get_mask(&sch->ssd_info, link);
	struct vfio_ccw_device *dev = drv_device(sch);
	struct vfio_ccw_schib schib;

	if (!dev || !mask)
		return 0;

	switch (event) {
	case CHP_VARY_OFF:
		sch->opm &= ~mask;
		sch->lpm &= ~mask;
		vfio_ccw_work_post(dev, VFIO_CCW_EVENT_PATHGONE, mask);
		break;
	case CHP_VARY_ON:
		sch->opm |= mask;
		/* Use only paths that the hardware has available */
		if (!vfio_ccw_work_store_locked(dev, &schib))
			drv_refresh_paths(sch);
		break;
	case CHP_OFFLINE:
		if (vfio_ccw_work_store_locked(dev, &schib))
			return -ENODEV;
		sch->lpm &= ~mask;
		vfio_ccw_work_post(dev, VFIO_CCW_EVENT_PATHGONE, mask);
		drv_report_path(dev, CRW_ERC_PERRN, link->chpid);
		break;
	case CHP_ONLINE:
		if (vfio_ccw_work_store_locked(dev, &schib))
			return -ENODEV;
		sch->lpm |= mask & sch->opm;
		drv_report_path(dev, CRW_ERC_INIT, link->chpid);
		break;
	}
	dev->pam = sch->schib.pmcw.pam;
	trace_vfio_ccw_path(sch->schid, link->chpid.id, event, mask, sch->lpm);
	VFIO_CCW_MSG(dev, 4, "chpid %02x event %d lpm %02x\n", link->chpid.id,
		     event, sch->lpm);
	return 0;
}

/*
 * Lifetime
 */

/*
 * The channel may still run a program, whose ORB names the subchannel, or may
 * present an interrupt: the object and all that it refers to stay for ever.
 */
static void drv_keep_for_ever(struct vfio_ccw_device *dev)
{
	dev_err(&dev->sch->dev, "In use by the channel, and never released\n");
	kmemleak_not_leak(dev);
}

static void drv_release_device(struct kref *kref)
{
	struct vfio_ccw_device *dev =
		container_of(kref, struct vfio_ccw_device, kref);

	vfio_ccw_slot_free_all(dev);
	vfio_ccw_unmap_fini(dev);
	if (dev->cps_quarantined || dev->loud) {
		drv_keep_for_ever(dev);
	} else {
		put_device(&dev->sch->dev);
		kfree(dev);
	}
	/* This module's code is needed until here; see drv_exit() */
	if (atomic_dec_and_test(&drv_nr_devices))
		wake_up_var(&drv_nr_devices);
}

/*
 * The mdev core follows pointers to the parent when it releases a mediated device
 * or the type, and each is released when the last reference to it is dropped, which
 * may be long after it was unregistered. The type comes last, as its devices hold
 * it. So let the mdev core release the type, and then drop the reference that the
 * type has to the object, of which parent and type are a part.
 */
static void drv_release_type(struct kobject *kobj)
{
	struct vfio_ccw_device *dev =
		container_of(kobj, struct vfio_ccw_device, type.kobj);

	dev->type_release(kobj);
	vfio_ccw_dev_put(dev);
}

/* Put drv_release_type() in the type's place; the caller has a reference to it */
static void drv_own_type(struct vfio_ccw_device *dev)
{
	struct kobject *kobj = &dev->type.kobj;

	dev->ktype = *get_ktype(kobj);
	dev->type_release = dev->ktype.release;
	dev->ktype.release = drv_release_type;
	vfio_ccw_dev_get(dev);
	WRITE_ONCE(kobj->ktype, &dev->ktype);
}

/*
 * The mdev core has failed to register the type and has dropped its reference:
 * either somebody still refers to the type, or its release has run or is about to.
 */
static void drv_forget_type(struct vfio_ccw_device *dev)
{
	struct kobject *kobj = &dev->type.kobj;

	if (!kobj->state_initialized)
		return;
	if (kobject_get_unless_zero(kobj)) {
		drv_own_type(dev);
		kobject_put(kobj);
	} else {
		vfio_ccw_compat_flush_release(kobj);
	}
}

/*
 * A thread that removes the mediated device waits for its users with the parent's
 * semaphore held. Do not sleep on that semaphore, but look again and again, so that
 * the log tells of the wait.
 */
static void drv_wait_for_removal(struct vfio_ccw_device *dev)
{
	unsigned int untold = 0;

	while (!down_write_trylock(&dev->parent.unreg_sem)) {
		if (untold >= DRV_TELL_MS) {
			untold = 0;
			if (vfio_ccw_may_log())
				dev_warn(&dev->sch->dev,
					 "waiting for the removal of a mediated device\n");
		}
		untold += DRV_REMOVAL_POLL_MS;
		schedule_timeout_idle(msecs_to_jiffies(DRV_REMOVAL_POLL_MS));
	}
	up_write(&dev->parent.unreg_sem);
}

static enum vfio_ccw_parent_state drv_parent_state(struct vfio_ccw_device *dev)
{
	return atomic_read_acquire(&dev->parent_state);
}

/*
 * No new users from here on; returns when the last one has left. Comes from
 * remove and from unreg_work, in any order: the second one waits for the first.
 */
static void drv_unregister_parent(struct vfio_ccw_device *dev)
{
	const long tell = msecs_to_jiffies(DRV_TELL_MS);

	if (atomic_cmpxchg(&dev->parent_state, VFIO_CCW_PARENT_REGISTERED,
			   VFIO_CCW_PARENT_LEAVING) ==
	    VFIO_CCW_PARENT_REGISTERED) {
		drv_wait_for_removal(dev);
		mdev_unregister_parent(&dev->parent);
		atomic_set_release(&dev->parent_state, VFIO_CCW_PARENT_NONE);
		wake_up_all(&dev->wait);
	} else {
		/* Like the VFIO core's wait: it is no load, and it is told of */
		while (!wait_event_idle_timeout(dev->wait,
						drv_parent_state(dev) ==
						VFIO_CCW_PARENT_NONE, tell))
			if (vfio_ccw_may_log())
				dev_warn(&dev->sch->dev,
					 "waiting for the users of the device\n");
	}
}

static int drv_register_parent(struct vfio_ccw_device *dev)
{
	int rc;

	dev->type.sysfs_name = "io";
	dev->type.pretty_name = "I/O subchannel (Non-QDIO)";
	dev->types[0] = &dev->type;

	rc = mdev_register_parent(&dev->parent, &dev->sch->dev,
				  &vfio_ccw_ops_driver, dev->types,
				  ARRAY_SIZE(dev->types));
	if (rc) {
		drv_forget_type(dev);
		return rc;
	}
	drv_own_type(dev);
	atomic_set_release(&dev->parent_state, VFIO_CCW_PARENT_REGISTERED);
	return 0;
}

static void drv_give_back(struct work_struct *work)
{
	struct vfio_ccw_device *dev =
		container_of(work, struct vfio_ccw_device, unreg_work);

	drv_unregister_parent(dev);
	spin_lock_irq(&dev->sch->lock);
	css_sched_sch_todo(dev->sch, SCH_TODO_UNREG);
	spin_unlock_irq(&dev->sch->lock);
}

static struct vfio_ccw_device *drv_alloc_device(struct subchannel *sch)
{
	struct vfio_ccw_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;

	atomic_inc(&drv_nr_devices);
	kref_init(&dev->kref);
	dev->release = drv_release_device;
	get_device(&sch->dev);
	dev->io.cdev = &drv_in_use;
	dev->sch = sch;
	dev->devno = sch->schib.pmcw.dev;
	dev->intparm = (u32)virt_to_phys(sch);
	mutex_init(&dev->life_mutex);
	mutex_init(&dev->xlate_mutex);
	mutex_init(&dev->read_mutex);
	mutex_init(&dev->fsm_mutex);
	vfio_ccw_slot_init(dev);
	vfio_ccw_keep_init(dev);
	vfio_ccw_irq_init(dev);
	vfio_ccw_work_init(dev);
	INIT_WORK(&dev->unreg_work, drv_give_back);
	dev->unpinned = VFIO_CCW_FIRST(unsigned long);
	dev->nr_history = VFIO_CCW_FIRST(unsigned int);
	vfio_ccw_fsm_init(&dev->fsm, &vfio_ccw_sch_ops, dev);
	return dev;
}

/*
 * Set the configuration that io_subchannel would leave, so that binding order
 * does not matter. Refuse a subchannel that is about to be unregistered: the
 * channel subsystem's work would have to wait for its user.
 */
static int drv_publish(struct vfio_ccw_device *dev)
{
	struct subchannel *sch = dev->sch;
	int rc = -ENODEV;

	spin_lock_irq(&sch->lock);
	if (sch->todo != SCH_TODO_UNREG) {
		sch->isc = VFIO_CCW_ISC;
		sch->opm = chp_get_sch_opm(sch);
		drv_refresh_paths(sch);
		dev->pam = sch->schib.pmcw.pam;
		memset(&sch->config, 0, sizeof(sch->config));
		sch->config.csense = 1;
		set_io_private(sch, &dev->io);
		rc = 0;
	}
	spin_unlock_irq(&sch->lock);
	return rc;
}

static void drv_unpublish(struct vfio_ccw_device *dev)
{
	struct subchannel *sch = dev->sch;

	spin_lock_irq(&sch->lock);
	set_io_private(sch, NULL);
	spin_unlock_irq(&sch->lock);

	vfio_ccw_work_disable(dev);
	vfio_ccw_keep_disable(dev);
	disable_work_sync(&dev->unreg_work);
}

/*
 * A channel that did not answer its last user may still have something in progress for
 * that one when the subchannel is bound again: clear it, as nobody waits for it.
 */
static int drv_init_state(struct vfio_ccw_device *dev)
{
	struct vfio_ccw_effects fx;
	int try, rc;

	for (try = 0; ; try++) {
		vfio_ccw_work_lock(dev, &fx);
		rc = vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_INIT, NULL,
				       &fx);
		vfio_ccw_work_unlock(dev, &fx);
		if (rc != -EBUSY || try == DRV_SILENCE_TRIES)
			return rc;
		spin_lock_irq(&dev->sch->lock);
		cio_clear(dev->sch);
		spin_unlock_irq(&dev->sch->lock);
		msleep(DRV_SILENCE_MS);
	}
}

static int drv_probe(struct subchannel *sch)
{
	struct vfio_ccw_device *dev;
	int rc;

	if (sch->schib.pmcw.qf) {
		dev_warn(&sch->dev, "QDIO subchannels are not supported\n");
		return -ENODEV;
	}

	dev = drv_alloc_device(sch);
	if (!dev)
		return -ENOMEM;
	rc = drv_publish(dev);
	if (rc)
		goto err_put;

	rc = drv_init_state(dev);
	if (!rc)
		rc = drv_register_parent(dev);
	if (rc)
		goto err_unpublish;

	VFIO_CCW_MSG(dev, 4, "bound to device %04x\n", dev->devno);
	return 0;

err_unpublish:
	drv_unpublish(dev);
err_put:
	vfio_ccw_dev_put(dev);
	return rc;
}

/* Returns 0 if the subchannel is disabled or not there: it presents nothing then */
static int drv_disable_now(struct subchannel *sch)
{
	int rc;

	spin_lock_irq(&sch->lock);
	rc = cio_disable_subchannel(sch);
	/* A function in progress has to end first */
	if (rc == -EBUSY)
		cio_clear(sch);
	/* What is written when the subchannel is released; see css.c */
	sch->config.ena = 0;
	spin_unlock_irq(&sch->lock);
	return rc == -ENODEV ? 0 : rc;
}

/*
 * Disable the subchannel whatever the state is: the common I/O layer follows an
 * interrupt's parameter to the subchannel without a check. A channel that could
 * not be stopped may have stopped since then.
 */
static void drv_silence(struct vfio_ccw_device *dev)
{
	struct vfio_ccw_effects fx;
	int try, rc;

	for (try = 0; try < DRV_SILENCE_TRIES; try++) {
		rc = drv_disable_now(dev->sch);
		if (!rc)
			break;
		msleep(DRV_SILENCE_MS);
	}
	dev->loud = rc;
	if (rc || !dev->fsm.quarantined)
		return;
	vfio_ccw_work_lock(dev, &fx);
	vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_INIT, NULL, &fx);
	vfio_ccw_work_unlock(dev, &fx);
}

static void drv_remove(struct subchannel *sch)
{
	/* The device lock keeps the pointer as it is */
	struct vfio_ccw_device *dev = drv_data(sch);
	bool gone;

	drv_unregister_parent(dev);
	gone = dev->fsm.state == VFIO_CCW_STATE_NOT_OPER &&
	       dev->fsm.reason == VFIO_CCW_REASON_GONE;
	drv_silence(dev);
	drv_unpublish(dev);
	VFIO_CCW_MSG(dev, 4, "unbound, gone %d\n", gone);
	vfio_ccw_dev_put(dev);

	if (!gone)
		return;
	/* unreg_work may have been cancelled; asking twice does no harm */
	spin_lock_irq(&sch->lock);
	css_sched_sch_todo(sch, SCH_TODO_UNREG);
	spin_unlock_irq(&sch->lock);
	/* Another device may have taken the subchannel in the meantime */
	css_schedule_reprobe();
}

/*
 * A user can delay everything that unpins, the device's work included. So this
 * thread unpins nothing, and takes incoming status itself.
 */
static void drv_shutdown(struct subchannel *sch)
{
	const unsigned long slice = msecs_to_jiffies(DRV_SHUTDOWN_POLL_MS);
	unsigned long end = jiffies + msecs_to_jiffies(DRV_SHUTDOWN_MS);
	struct vfio_ccw_device *dev = drv_data(sch);
	struct vfio_ccw_effects fx;
	int rc;

	if (!dev)
		return;

	vfio_ccw_work_lock(dev, &fx);
	rc = vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_SHUTDOWN, NULL, &fx);
	for (;;) {
		vfio_ccw_work_unlock_deferred(dev, &fx);
		if (rc != -EINPROGRESS ||
		    wait_event_timeout(dev->wait, READ_ONCE(dev->fsm.state) !=
				       VFIO_CCW_STATE_QUIESCING, slice))
			return;
		if (time_after(jiffies, end))
			break;
		vfio_ccw_work_lock(dev, &fx);
		vfio_ccw_fsm_drain(&dev->fsm, &fx);
	}
	dev_warn(&sch->dev, "The channel did not stop in time\n");
}

/* The bus matches types alone; its list ends where there are no flags */
static struct css_device_id drv_subchannels[] = {
	{
		.type = SUBCHANNEL_TYPE_IO,
		.match_flags = 1,
	},
	{ }
};
MODULE_DEVICE_TABLE(css, drv_subchannels);

static struct css_driver vfio_ccw_sch_driver = {
	.probe		 = drv_probe,
	.remove		 = drv_remove,
	.shutdown	 = drv_shutdown,
	.irq		 = drv_irq,
	.sch_event	 = drv_sch_event,
	.chp_event	 = drv_chp_event,
	.subchannel_type = drv_subchannels,
	.drv		 = {
		.owner	= THIS_MODULE,
		.name	= "vfio_ccw",
	},
};

/*
 * Module
 */

/*
 * The VFIO and mdev cores may still be releasing objects of ours, also of subchannels that
 * were bound by a registration that has failed in the end
 */
static void drv_wait_released(void)
{
	while (!wait_var_event_timeout(&drv_nr_devices, !atomic_read(&drv_nr_devices),
				       msecs_to_jiffies(DRV_TELL_MS)))
		pr_warn("waiting for references to %d subchannels\n",
			atomic_read(&drv_nr_devices));
	/* Whoever has released the last one may not have left this code yet */
	synchronize_rcu_tasks();
}

static int __init drv_init(void)
{
	int rc;

	rc = vfio_ccw_debugfs_register();
	if (rc)
		goto err_debug;

	rc = vfio_ccw_work_register();
	if (rc)
		goto err_debug;

	rc = vfio_ccw_keep_register();
	if (rc)
		goto err_wq;

	rc = mdev_register_driver(&vfio_ccw_ops_driver);
	if (rc)
		goto err_keep;

	isc_register(VFIO_CCW_ISC);
	rc = css_driver_register(&vfio_ccw_sch_driver);
	if (rc)
		goto err_isc;
	return 0;

err_isc:
	isc_unregister(VFIO_CCW_ISC);
	mdev_unregister_driver(&vfio_ccw_ops_driver);
	drv_wait_released();
err_keep:
	vfio_ccw_keep_unregister();
err_wq:
	vfio_ccw_work_unregister();
err_debug:
	vfio_ccw_debugfs_unregister();
	return rc;
}

static void __exit drv_exit(void)
{
	css_driver_unregister(&vfio_ccw_sch_driver);
	isc_unregister(VFIO_CCW_ISC);
	mdev_unregister_driver(&vfio_ccw_ops_driver);
	drv_wait_released();
	vfio_ccw_keep_unregister();
	vfio_ccw_work_unregister();
	vfio_ccw_debugfs_unregister();
}

module_init(drv_init);
module_exit(drv_exit);

MODULE_DESCRIPTION("VFIO based I/O subchannel pass-through for s390");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.9.0");
