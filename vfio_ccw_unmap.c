// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the user takes away
 *
 * Owns: dma_unmap, and which devices must not translate because of it.
 *
 * From the call of dma_unmap until the thread that unmaps has returned to user
 * mode, no translation of the device pins anything: the back end looks at the
 * range again after the call, and what it finds pinned there costs it one of
 * its few retries (type 1) or is lost to it (iommufd). Every device of a
 * container is called, so each of them holds back by itself.
 *
 * Vocabulary: a thread "unmaps" from its first call of dma_unmap until it has
 * left its system call; a device that is open "holds back" meanwhile.
 */
#include <linux/atomic.h>
#include <linux/hashtable.h>
#include <linux/jiffies.h>
#include <linux/kconfig.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/vfio.h>
#include <linux/wait.h>

#include "vfio_ccw_cp.h"
#include "vfio_ccw_fsm.h"
#include "vfio_ccw_pins.h"
#include "vfio_ccw_private.h"
#include "vfio_ccw_slots.h"
#include "vfio_ccw_trace.h"
#include "vfio_ccw_unmap.h"
#include "vfio_ccw_work.h"

/*
 * How long an unmap looks for progress before it lets the container of type 1
 * go round once more, and how often a thread may do so before it waits for as
 * long as it takes. The container ends the host at the eleventh retry.
 */
#define UNMAP_SLICE_MS	200
#define UNMAP_EARLY	5

/*
 * How long close waits in a thread of the kernel, which closes the files of
 * others, too, or in one that is to die: a user can hold up its own threads that
 * unmap, by what they wait for in the back end, for as long as it likes.
 */
#define UNMAP_CLOSE_MS	10000

/**
 * struct unmap - a thread that unmaps, as one device knows it
 * @work: runs when the thread returns to user mode or exits
 * @node: in the table, by the address of the thread
 * @task: the thread; compared, not followed
 * @dev: device; a reference is held
 * @early: calls that returned before their range was free (its thread alone)
 * @holds: the device holds back for it
 *
 * The rest is protected by unmap_lock.
 */
struct unmap {
	struct callback_head work;
	struct hlist_node node;
	struct task_struct *task;
	struct vfio_ccw_device *dev;
	unsigned int early;
	bool holds;
};

static DEFINE_HASHTABLE(unmap_threads, 6);
static DEFINE_SPINLOCK(unmap_lock);

/* The device no longer holds back for @u, and close may go on */
static void unmap_stop_holding(struct unmap *u)
{
	lockdep_assert_held(&unmap_lock);
	if (u->holds && atomic_dec_and_test(&u->dev->unmaps))
		wake_up_all(&u->dev->wait);
	u->holds = false;
}

static void unmap_end(struct unmap *u)
{
	struct vfio_ccw_device *dev = u->dev;

	spin_lock(&unmap_lock);
	unmap_stop_holding(u);
	hash_del(&u->node);
	/* See vfio_ccw_unmap_close() */
	if (dev->closer)
		wake_up_process(dev->closer);
	spin_unlock(&unmap_lock);
	kfree(u);
	vfio_ccw_dev_put(dev);
}

static void unmap_work(struct callback_head *work)
{
	unmap_end(container_of(work, struct unmap, work));
}

/* What @dev knows of this thread, or NULL */
static struct unmap *unmap_find(struct vfio_ccw_device *dev)
{
	struct unmap *u, *found = NULL;

	spin_lock(&unmap_lock);
	hash_for_each_possible(unmap_threads, u, node, (unsigned long)current)
		if (u->task == current && u->dev == dev)
			found = u;
	spin_unlock(&unmap_lock);
	return found;
}

/* Must not fail: if the device did not hold back, type 1 could end the host */
static struct unmap *unmap_begin(struct vfio_ccw_device *dev)
{
	struct unmap *u = kzalloc(sizeof(*u), GFP_KERNEL | __GFP_NOFAIL);

	vfio_ccw_dev_get(dev);
	u->task = current;
	u->dev = dev;
	init_task_work(&u->work, unmap_work);

	spin_lock(&unmap_lock);
	hash_add(unmap_threads, &u->node, (unsigned long)current);
	spin_unlock(&unmap_lock);
	return u;
}

/*
 * Hold back, unless the device is closed and so has no user to hold back. It may
 * have been opened since the thread's last call.
 */
static void unmap_hold(struct unmap *u)
{
	spin_lock(&unmap_lock);
	if (!u->holds && u->dev->open) {
		u->holds = true;
		atomic_inc(&u->dev->unmaps);
	}
	spin_unlock(&unmap_lock);
}

/*
 * Hold back until the thread returns to user mode. A thread that never does so
 * does not look at the range again, either: stop at once.
 */
static void unmap_leave(struct unmap *u)
{
	if ((current->flags & PF_KTHREAD) ||
	    task_work_add(current, &u->work, TWA_RESUME))
		unmap_end(u);
}

/* How often this thread has returned with its range still in use */
static unsigned int unmap_early_returns(void)
{
	unsigned int early = 0;
	struct unmap *u;

	spin_lock(&unmap_lock);
	hash_for_each_possible(unmap_threads, u, node, (unsigned long)current)
		if (u->task == current)
			early += u->early;
	spin_unlock(&unmap_lock);
	return early;
}

/**
 * vfio_ccw_unmap_wait() - wait until no thread unmaps
 * @dev: device that is open
 *
 * Context: may sleep, as long as the user's threads make it; holds nothing.
 * Return: 0, or -EINTR after a fatal signal.
 */
int vfio_ccw_unmap_wait(struct vfio_ccw_device *dev)
{
	lockdep_assert_not_held(&dev->xlate_mutex);
	lockdep_assert_not_held(&dev->fsm_mutex);
	return wait_event_killable(dev->wait, !atomic_read(&dev->unmaps)) ?
		-EINTR : 0;
}

static void unmap_set_closer(struct vfio_ccw_device *dev,
			     struct task_struct *task, bool open)
{
	struct task_struct *old;

	spin_lock(&unmap_lock);
	old = dev->closer;
	dev->closer = task;
	dev->open = open;
	spin_unlock(&unmap_lock);
	if (old)
		put_task_struct(old);
}

/**
 * vfio_ccw_unmap_open() - hold back from now on
 * @dev: device that is being opened
 *
 * Context: may sleep; life_mutex is held.
 */
void vfio_ccw_unmap_open(struct vfio_ccw_device *dev)
{
	lockdep_assert_held(&dev->life_mutex);
	unmap_set_closer(dev, NULL, true);
}

/**
 * vfio_ccw_unmap_fini() - let go of whoever has closed the device last
 * @dev: device that is not open
 *
 * Context: may sleep.
 */
void vfio_ccw_unmap_fini(struct vfio_ccw_device *dev)
{
	unmap_set_closer(dev, NULL, false);
}

/*
 * Stop holding back for thread @task, and for all threads on behalf of device @dev;
 * either may be NULL. A thread that closes has left the system call in which it
 * unmapped, but its task work may not have run yet, and other closes may wait for
 * that.
 */
static void unmap_stop_holding_for(struct task_struct *task,
				   struct vfio_ccw_device *dev)
{
	struct unmap *u;
	int bucket;

	spin_lock(&unmap_lock);
	hash_for_each(unmap_threads, bucket, u, node)
		if (u->task == task || u->dev == dev)
			unmap_stop_holding(u);
	spin_unlock(&unmap_lock);
}

/**
 * vfio_ccw_unmap_close() - wait for the threads that unmap
 * @dev: device that is being closed; it has no program any more
 *
 * After this iommufd takes the device's access away. It waits a minute for
 * threads that still refer to it, and complains if they still do then: so those
 * that unmap are waited for here. One that comes later wakes the closing thread
 * when it has left; iommufd itself would not do so.
 *
 * Context: may sleep, for as long as the user's threads make it, or until 10 s
 *	after a fatal signal; life_mutex is held.
 */
void vfio_ccw_unmap_close(struct vfio_ccw_device *dev)
{
	lockdep_assert_held(&dev->life_mutex);
	get_task_struct(current);
	unmap_set_closer(dev, current, false);
	unmap_stop_holding_for(current, NULL);
	if (!(current->flags & PF_KTHREAD) && !vfio_ccw_unmap_wait(dev))
		return;
	if (!wait_event_idle_timeout(dev->wait, !atomic_read(&dev->unmaps),
				     msecs_to_jiffies(UNMAP_CLOSE_MS)))
		unmap_stop_holding_for(NULL, dev);
}

static void unmap_end_users(struct vfio_ccw_device *dev, u64 iova, u64 length)
{
	struct vfio_ccw_effects fx;
	struct vfio_ccw_arg arg = {};

	vfio_ccw_work_lock(dev, &fx);
	arg.touches = dev->fsm.cp &&
		      vfio_ccw_cp_uses(dev->fsm.cp, iova, length);
	vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_DMA_UNMAP, &arg, &fx);
	vfio_ccw_work_unlock_deferred(dev, &fx);
}

static bool unmap_is_iommufd(struct vfio_device *vdev)
{
#if IS_ENABLED(CONFIG_IOMMUFD)
	return vdev->iommufd_access;
#else
	return false;
#endif
}

/* Is a page of the range pinned, or will one be? */
static bool unmap_in_use(struct vfio_ccw_device *dev, u64 iova, u64 length)
{
	return vfio_ccw_slot_any_uses(dev, iova, length) ||
	       vfio_ccw_pins_any(&dev->pins, iova, length);
}

/*
 * The container of type 1 holds the lock of its list of devices meanwhile. Another
 * thread that opens or closes a device of that container, or unmaps, waits for
 * this lock with the container's own lock held, which unpinning needs: neither
 * thread goes on before this function returns. The container then finds the range
 * in use and calls again; by then the other thread has gone on. It calls ten times
 * at most, so the last calls wait for as long as it takes: a user whose threads
 * keep each other from going on is left waiting with them.
 *
 * iommufd holds nothing that unpinning needs, and may ask only once.
 */
static void unmap_wait_unused(struct vfio_device *vdev, struct unmap *u,
			      u64 iova, u64 length)
{
	const unsigned long slice = msecs_to_jiffies(UNMAP_SLICE_MS);
	struct vfio_ccw_device *dev = u->dev;
	unsigned long unpinned;

	do {
		unpinned = READ_ONCE(dev->unpinned);
		if (wait_event_idle_timeout(dev->wait,
					    !unmap_in_use(dev, iova, length),
					    slice))
			return;
	} while (unmap_is_iommufd(vdev) || !vfio_ccw_slot_others_busy(dev) ||
		 unpinned != READ_ONCE(dev->unpinned) ||
		 unmap_early_returns() >= UNMAP_EARLY);
	u->early++;
}

/**
 * vfio_ccw_unmap() - the user takes memory away
 * @dev: device, open or not
 * @vdev: its VFIO device
 * @iova: guest address
 * @length: bytes
 *
 * Ends the program that uses the range; its start is answered with a channel-control
 * check, and whoever sees the end unpins it. Work unpins what is kept. A translation
 * that is under way sees that the device holds back, and gives up. Neither
 * xlate_mutex nor any lock that a translation holds is taken here, and nothing is
 * unpinned: the caller holds locks that others take in the other order.
 *
 * Context: may sleep, with locks of the back end held.
 */
void vfio_ccw_unmap(struct vfio_ccw_device *dev, struct vfio_device *vdev,
		    u64 iova, u64 length)
{
	struct unmap *u = unmap_find(dev);
	bool known = u;
	bool used;

	might_sleep();
	lockdep_assert_not_held(&dev->xlate_mutex);
	lockdep_assert_not_held(&dev->fsm_mutex);
	/*
	 * Hold back before looking at the claims: a translation that claims later
	 * sees that. Both sides take the lock of the claims in between.
	 */
	if (!u)
		u = unmap_begin(dev);
	unmap_hold(u);
	/*
	 * Look at what is kept first, so that no program finds a page of it later. A
	 * program that has found one has claimed it before.
	 */
	used = vfio_ccw_pins_unmap(&dev->pins, iova, length);
	used |= vfio_ccw_slot_any_uses(dev, iova, length);
	trace_vfio_ccw_unmap(dev->sch->schid, iova, length, used);
	if (used) {
		data_race(dev->stats.unmaps++);	/* two may count as one */
		unmap_end_users(dev, iova, length);
	}
	if (unmap_in_use(dev, iova, length))
		unmap_wait_unused(vdev, u, iova, length);
	if (!known)
		unmap_leave(u);
}
