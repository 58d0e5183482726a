// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that stay pinned between programs
 *
 * Owns: when the store of a device (vfio_ccw_pins.c) has to give pages up: it
 * listens to the address space of the user, to the host that is short of memory,
 * and to the clock.
 *
 * The address space tells by the kernel's own protocol, an MMU notifier. Its
 * callbacks may be called while the user pins, with the locks of the back end
 * held, and by reclaim: they move numbers, queue work and wake who waits. Before a
 * program pins anything, whatever was given up is unpinned, of all devices of the
 * address space, as the back ends hand out again what is pinned already.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/kconfig.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/list_lru.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/mmu_notifier.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/shrinker.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include "css.h"

#include "compat/vfio_ccw_compat.h"
#include "vfio_ccw_cio.h"
#include "vfio_ccw_cp.h"
#include "vfio_ccw_keep.h"
#include "vfio_ccw_pins.h"
#include "vfio_ccw_private.h"
#include "vfio_ccw_trace.h"

/* What all devices together may keep: this part of the host's memory */
#define KEEP_SHARE	16

static unsigned int keep_pages_max = VFIO_CCW_PINS_PAGES;
module_param_named(kept_pages_max, keep_pages_max, uint, 0644);
MODULE_PARM_DESC(kept_pages_max,
		 "Pages of 4 KiB that a new mediated device keeps pinned between programs; 0: none (default 16384)");

/* Unpins; reclaim depends on it, and so it must not wait for other work */
static struct workqueue_struct *keep_wq;

/* Records of the stores' tables: for each, kmalloc() would take twice what it needs */
static struct kmem_cache *keep_records;

/* Pages that all devices keep, and how many that may be */
static atomic_long_t keep_pages = ATOMIC_LONG_INIT(0);
static long keep_limit;

/* Devices that are open, by struct vfio_ccw_keep.node */
static LIST_HEAD(keep_devices);
static DEFINE_SPINLOCK(keep_lock);

/*
 * What the store asks for
 */

/* Does a program of @dev, in any stage, use pages of a range? */
static bool keep_is_claimed(struct vfio_ccw_device *dev, u64 iova, u64 length)
{
	bool claimed = false;
	unsigned int slot;

	spin_lock(&dev->cps_lock);
	for (slot = 0; slot < VFIO_CCW_NR_CPS && !claimed; slot++)
		claimed = dev->cps[slot] &&
			  vfio_ccw_cp_uses(dev->cps[slot], iova, length);
	spin_unlock(&dev->cps_lock);
	return claimed;
}

/*
 * Can the back end hand out pages of a range that were given up, because someone
 * else in the same address space has them pinned? Who claims or pins them later
 * cannot be handed them by anyone else than those that are seen here.
 *
 * Guest addresses are compared: devices of different containers may have the same
 * page at different ones, but then their back ends share no pins.
 */
static bool keep_is_old(struct vfio_ccw_device *dev, u64 iova, u64 length)
{
	struct vfio_ccw_device *other;
	bool old = false;

	spin_lock(&keep_lock);
	list_for_each_entry(other, &keep_devices, keep.node) {
		if (other->keep.mm != dev->keep.mm)
			continue;
		/* A lease is given back before what it leaves is unpinned */
		if (other != dev)
			old = keep_is_claimed(other, iova, length);
		old = old || vfio_ccw_pins_old(&other->pins, iova, length,
					       other != dev);
		if (old)
			break;
	}
	spin_unlock(&keep_lock);
	return old;
}

static int keep_pin(void *ctx, u64 iova, unsigned int npages, unsigned int dir,
		    u64 *host)
{
	struct vfio_ccw_device *dev = ctx;
	int rc;

	lockdep_assert_held(&dev->xlate_mutex);
	dev->keep.old = unlikely(dev->keep.doubt) &&
			keep_is_old(dev, iova, (u64)npages << PAGE_SHIFT);
	rc = vfio_ccw_mem_ops.pin(dev, iova, npages, dir, host);
	if (trace_vfio_ccw_pin_enabled())
		trace_vfio_ccw_pin(dev->sch->schid, iova, npages, dir, rc);
	return rc;
}

static void keep_unpin(void *ctx, u64 iova, unsigned int npages)
{
	struct vfio_ccw_device *dev = ctx;

	if (trace_vfio_ccw_unpin_enabled())
		trace_vfio_ccw_unpin(dev->sch->schid, iova, npages);
	vfio_ccw_mem_ops.unpin(dev, iova, npages);
}

static void keep_copy(void *ctx, u64 host, void *buf, size_t len)
{
	memcpy(buf, phys_to_virt(host), len);
}

static bool keep_reserve(void *ctx, unsigned int pages)
{
	if (atomic_long_add_return(pages, &keep_pages) <= keep_limit)
		return true;
	atomic_long_sub(pages, &keep_pages);
	return false;
}

static void keep_unreserve(void *ctx, unsigned int pages)
{
	atomic_long_sub(pages, &keep_pages);
}

static void keep_wanted(void *ctx, bool later)
{
	struct vfio_ccw_device *dev = ctx;

	if (later)
		queue_delayed_work(keep_wq, &dev->keep.tick,
				   msecs_to_jiffies(VFIO_CCW_PINS_TICK_MS));
	else
		queue_work(keep_wq, &dev->keep.drain);
}

static void keep_gone(void *ctx)
{
	struct vfio_ccw_device *dev = ctx;

	if (wq_has_sleeper(&dev->wait))
		wake_up_all(&dev->wait);
}

static void *keep_alloc_record(void *ctx)
{
	return kmem_cache_zalloc(keep_records, VFIO_CCW_PINS_GFP);
}

static void keep_free_record(void *ctx, void *record)
{
	kmem_cache_free(keep_records, record);
}

/*
 * The address space of the user
 */

#if IS_ENABLED(CONFIG_MMU_NOTIFIER)

/**
 * struct vfio_ccw_keep_listener - is told that an address space gives memory up
 * @notifier: of the address space; one for all devices that it has opened
 * @lock: protects what follows but @wait; the lock of the pins is inside of it
 * @devices: devices that are to give their pages up, by struct vfio_ccw_keep.hears
 * @seq: moves when it begins to give something up (READ_ONCE by keep_retry())
 * @changing: how much it is giving up just now
 * @rests: moves when that comes to nothing
 * @dead: it has no memory any more, and tells of nothing
 * @wait: who waits until it rests
 *
 * Not an interval notifier, though these can do the same: to remove one is to
 * wait until the address space gives nothing up, and so is to look whether it
 * does. Threads of the user can put that off for as long as they like.
 */
struct vfio_ccw_keep_listener {
	struct mmu_notifier notifier;
	spinlock_t lock;	/* see above */
	struct list_head devices;
	unsigned long seq;
	unsigned int changing;
	unsigned long rests;
	bool dead;
	wait_queue_head_t wait;
};

/* Listeners that are not freed yet: that is left to the kernel, for later */
static atomic_t keep_listeners = ATOMIC_INIT(0);

static struct vfio_ccw_keep_listener *
keep_listener(struct mmu_notifier *notifier)
{
	return container_of(notifier, struct vfio_ccw_keep_listener, notifier);
}

/*
 * Which of the pages are given up is not asked: the store knows pages by their
 * guest addresses, and only the back end knows where the user has these.
 */
static void keep_give_up(struct vfio_ccw_keep_listener *listener)
{
	struct vfio_ccw_device *dev;

	lockdep_assert_held(&listener->lock);
	WRITE_ONCE(listener->seq, listener->seq + 1);
	list_for_each_entry(dev, &listener->devices, keep.hears)
		vfio_ccw_pins_give_up(&dev->pins, VFIO_CCW_PINS_NOTIFIED);
}

static int keep_begins(struct mmu_notifier *notifier,
		       const struct mmu_notifier_range *range)
{
	struct vfio_ccw_keep_listener *listener = keep_listener(notifier);

	spin_lock(&listener->lock);
	if (!listener->dead)
		listener->changing++;
	keep_give_up(listener);
	spin_unlock(&listener->lock);
	return 0;
}

static void keep_ends(struct mmu_notifier *notifier,
		      const struct mmu_notifier_range *range)
{
	struct vfio_ccw_keep_listener *listener = keep_listener(notifier);
	bool rests;

	spin_lock(&listener->lock);
	rests = !listener->dead && !--listener->changing;
	listener->rests += rests;
	spin_unlock(&listener->lock);
	if (rests && wq_has_sleeper(&listener->wait))
		wake_up_all(&listener->wait);
}

/* The address space is gone: what has begun before is never told to have ended */
static void keep_dies(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	struct vfio_ccw_keep_listener *listener = keep_listener(notifier);

	spin_lock(&listener->lock);
	listener->dead = true;
	listener->changing = 0;
	listener->rests++;
	keep_give_up(listener);
	spin_unlock(&listener->lock);
	wake_up_all(&listener->wait);
}

static struct mmu_notifier *keep_alloc_listener(struct mm_struct *mm)
{
	struct vfio_ccw_keep_listener *listener;

	listener = kzalloc(sizeof(*listener), GFP_KERNEL_ACCOUNT);
	if (!listener)
		return ERR_PTR(-ENOMEM);
	atomic_inc(&keep_listeners);
	spin_lock_init(&listener->lock);
	INIT_LIST_HEAD(&listener->devices);
	init_waitqueue_head(&listener->wait);
	return &listener->notifier;
}

/* Called by SRCU, with bottom halves disabled; at once if registration has failed */
static void keep_free_listener(struct mmu_notifier *notifier)
{
	kfree(keep_listener(notifier));
	if (atomic_dec_and_test(&keep_listeners))
		wake_up_var(&keep_listeners);
}

static const struct mmu_notifier_ops keep_notifier_ops = {
	.invalidate_range_start	= keep_begins,
	.invalidate_range_end	= keep_ends,
	.release		= keep_dies,
	.alloc_notifier		= keep_alloc_listener,
	.free_notifier		= keep_free_listener,
};

static bool keep_has_rested(struct vfio_ccw_keep_listener *listener,
			    unsigned long rests)
{
	bool rested;

	spin_lock(&listener->lock);
	rested = !listener->changing || listener->rests != rests;
	spin_unlock(&listener->lock);
	return rested;
}

/*
 * Wait until the address space has given up what it is giving up now; *@seq is its
 * sequence before. Returns 0, or -EINTR after a fatal signal.
 */
static int keep_wait_rest(struct vfio_ccw_device *dev, unsigned long *seq)
{
	struct vfio_ccw_keep_listener *listener = dev->keep.listener;
	unsigned int changing;
	unsigned long rests;

	spin_lock(&listener->lock);
	*seq = listener->seq;
	rests = listener->rests;
	changing = listener->changing;
	spin_unlock(&listener->lock);
	if (likely(!changing))
		return 0;
	return wait_event_killable(listener->wait,
				   keep_has_rested(listener, rests)) ? -EINTR : 0;
}

/* After a fatal signal the answer to keep_retry() is true */
static unsigned long keep_begin(void *ctx)
{
	unsigned long seq;

	return keep_wait_rest(ctx, &seq) ? seq - 1 : seq;
}

static bool keep_retry(void *ctx, unsigned long seq)
{
	struct vfio_ccw_device *dev = ctx;

	return dev->keep.old || READ_ONCE(dev->keep.listener->seq) != seq;
}

/*
 * A host, or a memory cgroup, that is short of memory. What is kept is in use as far
 * as reclaim can tell, and it passes such pages over.
 */

/* By the memory cgroup that their users were in when they opened the device */
static struct list_lru keep_lru;
static struct kmem_cache *keep_sources;
static struct shrinker *keep_shrinker;

/**
 * struct vfio_ccw_keep_source - where pages can be had from when memory is short
 * @lru: in keep_lru while the device is open
 * @dev: device that keeps pages
 *
 * Not a part of the device, which is charged to whoever has bound it: this one is
 * charged to the user.
 */
struct vfio_ccw_keep_source {
	struct list_head lru;
	struct vfio_ccw_device *dev;
};

static int keep_add_source(struct vfio_ccw_device *dev)
{
	struct vfio_ccw_keep_source *source;

	source = kmem_cache_alloc_lru(keep_sources, &keep_lru,
				      GFP_KERNEL_ACCOUNT);
	if (!source)
		return -ENOMEM;
	INIT_LIST_HEAD(&source->lru);
	source->dev = dev;
	dev->keep.source = source;
	list_lru_add_obj(&keep_lru, &source->lru);
	return 0;
}

/* On return no reclaim looks at the device any more */
static void keep_remove_source(struct vfio_ccw_device *dev)
{
	struct vfio_ccw_keep_source *source = dev->keep.source;

	dev->keep.source = NULL;
	list_lru_del_obj(&keep_lru, &source->lru);
	kmem_cache_free(keep_sources, source);
}

/**
 * struct keep_search - what a look at devices is for, and has found so far
 * @wanted: pages to let go
 * @pages: pages that were let go, or that are kept
 */
struct keep_search {
	unsigned long wanted;
	unsigned long pages;
};

static struct vfio_ccw_pins *keep_pins_of(struct list_head *lru)
{
	/* Nobody closes the device: keep_remove_source() takes this list's lock */
	return &container_of(lru, struct vfio_ccw_keep_source, lru)->dev->pins;
}

static enum lru_status keep_count_one(VFIO_CCW_LRU_ARGS)
{
	struct keep_search *search = ctx;

	search->pages += READ_ONCE(keep_pins_of(item)->fresh_pages);
	return LRU_SKIP;
}

static unsigned long keep_count(struct shrinker *shrinker,
				struct shrink_control *control)
{
	unsigned long devices = list_lru_shrink_count(&keep_lru, control);
	struct keep_search search = {};

	/* Not asked again before a device is added to the list */
	if (!devices)
		return SHRINK_EMPTY;
	list_lru_walk_one(&keep_lru, control->nid, control->memcg,
			  keep_count_one, &search, &devices);
	return search.pages;
}

/* Each device in turn is the first one */
static enum lru_status keep_scan_one(VFIO_CCW_LRU_ARGS)
{
	struct keep_search *search = ctx;

	if (search->pages >= search->wanted)
		return LRU_STOP;
	search->pages += vfio_ccw_pins_let_go(keep_pins_of(item),
					      search->wanted - search->pages);
	return LRU_ROTATE;
}

/*
 * Whoever reclaims may hold the locks that unpinning needs: leave that to work.
 */
static unsigned long keep_scan(struct shrinker *shrinker,
			       struct shrink_control *control)
{
	unsigned long devices = list_lru_shrink_count(&keep_lru, control);
	struct keep_search search = { .wanted = control->nr_to_scan };

	list_lru_walk_one(&keep_lru, control->nid, control->memcg,
			  keep_scan_one, &search, &devices);
	return search.pages ?: SHRINK_STOP;
}

/*
 * For the first listener of an address space the kernel takes all locks of it, and
 * refuses to with a signal pending. So signals wait meanwhile; what cannot (a fatal
 * one, a debugger, task work) is seen to first: the system call is made again. Returns
 * -ERESTARTNOINTR then, and after a fatal signal.
 */
static struct mmu_notifier *keep_get_listener(struct mm_struct *mm)
{
	struct mmu_notifier *notifier;
	sigset_t most, before;

	siginitsetinv(&most, sigmask(SIGKILL));
	do {
		/* Any signal that kills ends this wait: the user may never let it go */
		if (mmap_write_lock_killable(mm))
			return ERR_PTR(-ERESTARTNOINTR);
		sigprocmask(SIG_BLOCK, &most, &before);
		notifier = mmu_notifier_get_locked(&keep_notifier_ops, mm);
		sigprocmask(SIG_SETMASK, &before, NULL);
		mmap_write_unlock(mm);
		/* What is not pending any more would not have the call restarted */
	} while (PTR_ERR(notifier) == -EINTR && !signal_pending(current));
	return PTR_ERR(notifier) == -EINTR ? ERR_PTR(-ERESTARTNOINTR) :
					     notifier;
}

static int keep_listen(struct vfio_ccw_device *dev)
{
	struct vfio_ccw_keep_listener *listener;
	struct mmu_notifier *notifier;
	int rc;

	rc = keep_add_source(dev);
	if (rc)
		return rc;
	notifier = keep_get_listener(current->mm);
	if (IS_ERR(notifier)) {
		keep_remove_source(dev);
		return PTR_ERR(notifier);
	}
	listener = keep_listener(notifier);
	spin_lock(&listener->lock);
	list_add_tail(&dev->keep.hears, &listener->devices);
	spin_unlock(&listener->lock);
	dev->keep.listener = listener;
	return 0;
}

static void keep_stop_listening(struct vfio_ccw_device *dev)
{
	struct vfio_ccw_keep_listener *listener = dev->keep.listener;

	keep_remove_source(dev);
	dev->keep.listener = NULL;
	spin_lock(&listener->lock);
	list_del(&dev->keep.hears);
	spin_unlock(&listener->lock);
	mmu_notifier_put(&listener->notifier);
}

static int __init keep_prepare_to_listen(void)
{
	keep_shrinker = shrinker_alloc(SHRINKER_MEMCG_AWARE |
				       SHRINKER_NUMA_AWARE | SHRINKER_NONSLAB,
				       "vfio-ccw");
	if (!keep_shrinker)
		return -ENOMEM;
	if (list_lru_init_memcg(&keep_lru, keep_shrinker))
		goto free_shrinker;
	keep_sources = KMEM_CACHE(vfio_ccw_keep_source, SLAB_ACCOUNT);
	if (!keep_sources)
		goto destroy_lru;
	keep_shrinker->count_objects = keep_count;
	keep_shrinker->scan_objects = keep_scan;
	shrinker_register(keep_shrinker);
	return 0;

destroy_lru:
	list_lru_destroy(&keep_lru);
free_shrinker:
	shrinker_free(keep_shrinker);
	return -ENOMEM;
}

/*
 * No device is open. A grace period of RCU outlasts keep_free_listener(), which SRCU
 * calls with bottom halves disabled, and so code that is to be unloaded.
 */
static void keep_end_listening(void)
{
	wait_var_event(&keep_listeners, !atomic_read(&keep_listeners));
	synchronize_rcu();
	shrinker_free(keep_shrinker);
	list_lru_destroy(&keep_lru);
	kmem_cache_destroy(keep_sources);
}

#else /* CONFIG_MMU_NOTIFIER */

/* Nobody tells when memory is given up: nothing is kept */
static int keep_wait_rest(struct vfio_ccw_device *dev, unsigned long *seq)
{
	return 0;
}

static unsigned long keep_begin(void *ctx)
{
	return 0;
}

static bool keep_retry(void *ctx, unsigned long seq)
{
	return true;
}

static int keep_listen(struct vfio_ccw_device *dev)
{
	return -EOPNOTSUPP;
}

static void keep_stop_listening(struct vfio_ccw_device *dev)
{
}

static int keep_prepare_to_listen(void)
{
	return 0;
}

static void keep_end_listening(void)
{
}

#endif /* CONFIG_MMU_NOTIFIER */

/* Unpin what was given up; *@clean is false if some of it is in use */
static int keep_drain(struct vfio_ccw_device *dev, bool *clean)
{
	u32 seq;

	if (!vfio_ccw_pins_drain(&dev->pins))
		*clean = false;
	/* Another thread may be on its way to unpin the rest */
	seq = READ_ONCE(dev->pins.going_seq);
	return wait_event_killable(dev->wait,
				   vfio_ccw_pins_gone(&dev->pins, seq)) ?
		-EINTR : 0;
}

/* Has a program of @dev pinned for itself? It does if nothing may be kept */
static bool keep_is_alone(struct vfio_ccw_device *dev)
{
	if (dev->pins.max)
		return vfio_ccw_pins_alone(&dev->pins);
	/* Pairs with the one of vfio_ccw_slot_get(), which sets a bit */
	smp_mb();
	return READ_ONCE(dev->cps_used) & ~READ_ONCE(dev->cps_quarantined);
}

/* ... or one of any device of @mm? keep_lock is held */
static bool keep_any_alone(struct mm_struct *mm)
{
	struct vfio_ccw_device *dev;

	lockdep_assert_held(&keep_lock);
	list_for_each_entry(dev, &keep_devices, keep.node)
		if (dev->keep.mm == mm && keep_is_alone(dev))
			return true;
	return false;
}

/*
 * Unpin what the devices of the address space of @user have given up, and with
 * @all what they keep without using it. No other process is visited, not even of
 * the same user: its threads could hold this one up. Whoever is visited does not
 * close meanwhile. Returns 0 or -EINTR; *@clean is false if something that was given up
 * may be left in use, and *@pages is how much was let go.
 */
static int keep_drain_space(struct vfio_ccw_device *user, bool all,
			    bool *clean, unsigned int *pages)
{
	struct vfio_ccw_device *dev;
	int rc = 0;

	*clean = true;
	*pages = 0;
	spin_lock(&keep_lock);
	list_for_each_entry(dev, &keep_devices, keep.node) {
		if (dev->keep.mm != user->keep.mm || !dev->pins.max)
			continue;
		/* Of many devices the first one that starts has done it for all */
		if (!all && vfio_ccw_pins_settled(&dev->pins))
			continue;
		dev->keep.visitors++;
		spin_unlock(&keep_lock);
		if (all)
			*pages += vfio_ccw_pins_let_go(&dev->pins, UINT_MAX);
		rc = keep_drain(dev, clean);
		spin_lock(&keep_lock);
		if (!--dev->keep.visitors)
			wake_up_all(&dev->wait);
		if (rc)
			break;
	}
	/*
	 * What a program has pinned for itself may have been given up since, and
	 * the store does not know. Whoever pins after this look finds that all is
	 * unpinned that could be.
	 */
	if (!all && *clean)
		*clean = !keep_any_alone(user->keep.mm);
	spin_unlock(&keep_lock);
	return rc;
}

/* Has a program of @dev ended whose pages are not unpinned yet, and need not stay? */
static bool keep_any_ended(const struct vfio_ccw_device *dev)
{
	unsigned long quarantined = READ_ONCE(dev->cps_quarantined);
	unsigned int slot;
	u32 ends = 0;

	for (slot = 0; slot < VFIO_CCW_NR_CPS; slot++)
		if (!(quarantined & BIT(slot)))
			ends |= READ_ONCE(dev->cps_ends[slot]);
	return ends & 1;
}

/* Is the program unpinned by whose end @ends became odd, or has to stay? */
static bool keep_has_unpinned(const struct vfio_ccw_device *dev,
			      unsigned int slot, u32 ends)
{
	return READ_ONCE(dev->cps_ends[slot]) != ends ||
	       test_bit(slot, &dev->cps_quarantined);
}

/*
 * Returns 0, -EINTR after a fatal signal, or -EAGAIN if a thread that resumes the program
 * will unpin it: that may wait for the user's memory, and so for this one.
 */
static int keep_wait_slot(struct vfio_ccw_device *dev, unsigned int slot)
{
	struct vfio_ccw_cp *resuming;
	u32 ends = READ_ONCE(dev->cps_ends[slot]);

	if (!(ends & 1))
		return 0;
	/* It was being resumed before it ended */
	resuming = READ_ONCE(dev->resuming);
	if (resuming && resuming == dev->cps[slot] &&
	    !keep_has_unpinned(dev, slot, ends))
		return -EAGAIN;
	return wait_event_killable(dev->wait,
				   keep_has_unpinned(dev, slot, ends)) ?
		-EINTR : 0;
}

/* What @dev has pinned and its user may have given up is unpinned, but what is in use */
static int keep_wait_mate(struct vfio_ccw_device *dev)
{
	unsigned int slot;
	bool clean;
	int rc = 0;

	for (slot = 0; slot < VFIO_CCW_NR_CPS && !rc; slot++)
		rc = keep_wait_slot(dev, slot);
	return rc ?: keep_drain(dev, &clean);
}

/*
 * Wait for the pages of programs of the address space of @user whose end its threads may
 * know of, as they may have given them up since, and unpin what other devices keep of what
 * was given up. The caller owes no device an unpin. Returns 0 or -errno as
 * keep_wait_slot().
 *
 * Of @user itself nobody translates now, so that what is not started has ended: it shows
 * that it is ready for a start before an end is marked. What another device translates is
 * not waited for.
 */
static int keep_wait_ended(struct vfio_ccw_device *user)
{
	struct vfio_ccw_device *dev;
	int rc;

	lockdep_assert_held(&user->xlate_mutex);
	rc = wait_event_killable(user->wait, !vfio_ccw_any_unstarted(user));
	if (rc || list_empty(&user->keep.mates))
		return rc ? -EINTR : 0;
	spin_lock(&keep_lock);
	list_for_each_entry(dev, &user->keep.mates, keep.mates) {
		if (!keep_any_ended(dev) && vfio_ccw_pins_settled(&dev->pins))
			continue;
		dev->keep.visitors++;
		spin_unlock(&keep_lock);
		rc = keep_wait_mate(dev);
		spin_lock(&keep_lock);
		if (!--dev->keep.visitors)
			wake_up_all(&dev->wait);
		if (rc)
			break;
	}
	spin_unlock(&keep_lock);
	return rc;
}

/**
 * vfio_ccw_keep_relieve() - have all let go that is kept without being used
 * @dev: device that is open
 *
 * Of all devices of the user's address space, because there is no memory left
 * that could be locked.
 *
 * Context: may sleep, as long as the user's threads make it; xlate_mutex is held.
 * Return: true if something was unpinned; false if nothing was, or after a fatal
 *	signal.
 */
bool vfio_ccw_keep_relieve(struct vfio_ccw_device *dev)
{
	unsigned int pages;
	bool clean;

	lockdep_assert_held(&dev->xlate_mutex);
	return !keep_drain_space(dev, true, &clean, &pages) && pages;
}

static bool keep_relieve(void *ctx)
{
	return vfio_ccw_keep_relieve(ctx);
}

static const struct vfio_ccw_pins_ops keep_pins_ops = {
	.pin		= keep_pin,
	.unpin		= keep_unpin,
	.copy		= keep_copy,
	.begin		= keep_begin,
	.retry		= keep_retry,
	.reserve	= keep_reserve,
	.unreserve	= keep_unreserve,
	.relieve	= keep_relieve,
	.wanted		= keep_wanted,
	.gone		= keep_gone,
	.alloc_record	= keep_alloc_record,
	.free_record	= keep_free_record,
};

/**
 * vfio_ccw_keep_settle() - a translation begins, and memory may have been given up
 * @dev: device that is open
 * @gen: vfio_ccw_pins_gen() before the call
 *
 * Waits for the pages of programs that have ended, and unpins all that was given up, of
 * all devices of the user's address space. What a program uses has to stay; the back end
 * may hand it out once more, so that the translation does not keep what others use.
 * Another program of the same device cannot be told from this one: then it keeps nothing.
 *
 * Context: may sleep, as long as the user's threads make it; xlate_mutex is held.
 * Return: 0, -EINTR after a fatal signal, or -EAGAIN while another device of the address
 *	space resumes a program that has ended.
 */
int vfio_ccw_keep_settle(struct vfio_ccw_device *dev, u32 gen)
{
	bool clean = true;
	unsigned long seq;
	unsigned int pages;
	int rc = 0;

	lockdep_assert_held(&dev->xlate_mutex);
	/* What is being given up has been given up afterwards */
	if (dev->pins.max)
		rc = keep_wait_rest(dev, &seq);
	if (!rc)
		rc = keep_wait_ended(dev);
	if (!rc && dev->pins.max)
		rc = keep_drain_space(dev, false, &clean, &pages);
	/* A device that keeps nothing is not told of what is given up: it always asks */
	if (!rc && clean && dev->pins.max)
		dev->keep.settled = gen;
	dev->keep.doubt = !clean;
	vfio_ccw_pins_admit(&dev->pins, !rc && current->mm == dev->keep.mm &&
			    (clean || !keep_is_alone(dev)), gen);
	return rc;
}

/*
 * Work
 */

static void keep_run_drain(struct work_struct *work)
{
	struct vfio_ccw_device *dev =
		container_of(work, struct vfio_ccw_device, keep.drain);

	vfio_ccw_pins_drain(&dev->pins);
}

static void keep_run_tick(struct work_struct *work)
{
	struct vfio_ccw_device *dev =
		container_of(work, struct vfio_ccw_device, keep.tick.work);

	if (vfio_ccw_pins_expire(&dev->pins))
		keep_wanted(dev, true);
}

/**
 * vfio_ccw_keep_drop() - give everything up
 * @dev: bound subchannel
 *
 * For a device that is reset or lost, or whose channel cannot be stopped. Work
 * unpins what is not in use.
 *
 * Context: any but interrupts.
 */
void vfio_ccw_keep_drop(struct vfio_ccw_device *dev)
{
	vfio_ccw_pins_give_up(&dev->pins, VFIO_CCW_PINS_ENDED);
}

/**
 * vfio_ccw_keep_empty() - give everything up, and unpin what is not in use
 * @dev: device that is open
 *
 * Context: may sleep, as long as the user's threads make it.
 */
void vfio_ccw_keep_empty(struct vfio_ccw_device *dev)
{
	bool clean;

	vfio_ccw_keep_drop(dev);
	/*
	 * Nobody has to wait for work that has nothing left to do. What is given
	 * up after this queues it again, and the rest is unpinned here.
	 */
	cancel_work(&dev->keep.drain);
	keep_drain(dev, &clean);
}

/*
 * Lifetime
 */

/**
 * vfio_ccw_keep_init() - prepare a device that keeps nothing
 * @dev: device that nobody else knows of yet
 *
 * Context: any.
 */
void vfio_ccw_keep_init(struct vfio_ccw_device *dev)
{
	vfio_ccw_pins_init(&dev->pins, &keep_pins_ops, dev, get_random_u64());
	INIT_LIST_HEAD(&dev->keep.node);
	INIT_LIST_HEAD(&dev->keep.mates);
	INIT_WORK(&dev->keep.drain, keep_run_drain);
	INIT_DELAYED_WORK(&dev->keep.tick, keep_run_tick);
}

/**
 * vfio_ccw_keep_default() - what a new mediated device keeps
 *
 * Context: any.
 * Return: pages.
 */
unsigned int vfio_ccw_keep_default(void)
{
	return READ_ONCE(keep_pages_max);
}

/**
 * vfio_ccw_keep_open() - pages may be kept from now on
 * @dev: device that is being opened
 *
 * Nothing is kept where the address space cannot be listened to. The device is in
 * the list all the same: what its programs pin can be handed out to others.
 *
 * Context: may sleep, as long as the user's threads make it; life_mutex is held.
 * Return: 0, or -ERESTARTNOINTR if a signal has to be seen to first.
 */
int vfio_ccw_keep_open(struct vfio_ccw_device *dev)
{
	struct vfio_ccw_device *other;
	int rc;

	lockdep_assert_held(&dev->life_mutex);
	dev->pins.max = 0;
	if (!current->mm)
		return 0;
	/* What was settled before was without this address space */
	vfio_ccw_pins_give_up(&dev->pins, VFIO_CCW_PINS_ENDED);
	if (dev->keep.max) {
		rc = keep_listen(dev);
		if (rc == -ERESTARTNOINTR)
			return rc;
		if (!rc)
			dev->pins.max = dev->keep.max;
	}
	mmgrab(current->mm);
	dev->keep.mm = current->mm;
	spin_lock(&keep_lock);
	list_for_each_entry(other, &keep_devices, keep.node)
		if (other->keep.mm == dev->keep.mm) {
			list_add_tail(&dev->keep.mates, &other->keep.mates);
			break;
		}
	list_add_tail(&dev->keep.node, &keep_devices);
	spin_unlock(&keep_lock);
	return 0;
}

/* Nobody visits the device any more, and nobody will */
static bool keep_unlist(struct vfio_ccw_device *dev)
{
	bool alone;

	spin_lock(&keep_lock);
	alone = !dev->keep.visitors;
	if (alone) {
		list_del_init(&dev->keep.node);
		list_del_init(&dev->keep.mates);
	}
	spin_unlock(&keep_lock);
	return alone;
}

/**
 * vfio_ccw_keep_close() - unpin what is kept
 * @dev: device that is being closed; no program is in use
 *
 * Context: may sleep, as long as the user's threads make it; life_mutex is held.
 */
void vfio_ccw_keep_close(struct vfio_ccw_device *dev)
{
	lockdep_assert_held(&dev->life_mutex);
	if (!dev->keep.mm)
		return;
	vfio_ccw_pins_give_up(&dev->pins, VFIO_CCW_PINS_ENDED);
	vfio_ccw_pins_drain(&dev->pins);
	/*
	 * Those that other threads unpin are waited for here. Who does not find the
	 * device in the list any more takes it that it has nothing pinned.
	 */
	wait_event(dev->wait,
		   vfio_ccw_pins_gone(&dev->pins,
				      READ_ONCE(dev->pins.going_seq)));
	wait_event(dev->wait, keep_unlist(dev));
	if (dev->pins.max)
		keep_stop_listening(dev);
	cancel_delayed_work_sync(&dev->keep.tick);
	cancel_work_sync(&dev->keep.drain);
	mmdrop(dev->keep.mm);
	dev->keep.mm = NULL;
	dev->pins.max = 0;
	vfio_ccw_pins_free(&dev->pins);
}

/**
 * vfio_ccw_keep_disable() - end the work of a device for good
 * @dev: device that nobody opens any more
 *
 * Context: may sleep.
 */
void vfio_ccw_keep_disable(struct vfio_ccw_device *dev)
{
	disable_delayed_work_sync(&dev->keep.tick);
	disable_work_sync(&dev->keep.drain);
}

/**
 * vfio_ccw_keep_register() - prepare what all devices share
 *
 * Context: process context; may sleep.
 * Return: 0, or -ENOMEM.
 */
int __init vfio_ccw_keep_register(void)
{
	keep_limit = totalram_pages() / KEEP_SHARE;
	keep_records = kmem_cache_create("vfio_ccw_pins", VFIO_CCW_PINS_RECORD, 0,
					 0, NULL);
	if (!keep_records)
		return -ENOMEM;
	keep_wq = alloc_workqueue("vfio_ccw_keep", WQ_UNBOUND | WQ_MEM_RECLAIM,
				  0);
	if (!keep_wq)
		goto free_records;
	if (keep_prepare_to_listen())
		goto free_wq;
	return 0;

free_wq:
	destroy_workqueue(keep_wq);
free_records:
	kmem_cache_destroy(keep_records);
	return -ENOMEM;
}

/**
 * vfio_ccw_keep_unregister() - undo vfio_ccw_keep_register()
 *
 * Context: process context; may sleep; no device is bound.
 */
void vfio_ccw_keep_unregister(void)
{
	destroy_workqueue(keep_wq);
	keep_end_listening();
	kmem_cache_destroy(keep_records);
}
