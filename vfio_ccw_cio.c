// SPDX-License-Identifier: GPL-2.0
/*
 * The subchannel and guest memory, as the core reaches them on s390
 *
 * Owns: the only instructions that this driver issues, and the only calls that
 * pin. Everything here is a few lines around what the common I/O layer and vfio
 * offer; no policy here.
 *
 * Invariant: the interruption parameter that reaches the hardware, in the ORB
 * and in the PMCW, is the address of the subchannel, because the common I/O
 * layer turns it back into a pointer on every interrupt.
 */
#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/iommu.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/mm.h>
#include <linux/page_ref.h>
#include <linux/string.h>
#include <linux/vfio.h>
#include <asm/cio.h>
#include <asm/debug.h>
#include <asm/isc.h>
#include <asm/scsw.h>

#include "cio.h"
#include "css.h"
#include "ioasm.h"
#include "orb.h"

#include "vfio_ccw_cio.h"
#include "vfio_ccw_debugfs.h"
#include "vfio_ccw_private.h"
#include "vfio_ccw_trace.h"

/* The wire formats are copied between the core's structures and cio's */
static_assert(sizeof(struct cmd_orb) == sizeof(struct vfio_ccw_orb));
static_assert(sizeof(struct schib) == sizeof(struct vfio_ccw_schib));

/* Pinned pages are turned into addresses in place */
static_assert(sizeof(struct page *) == sizeof(u64));
static_assert(VFIO_CCW_PIN_MAX <= VFIO_PIN_PAGES_MAX_ENTRIES);

/* The directions of a pin are passed on as they are */
static_assert(VFIO_CCW_PIN_READ == IOMMU_READ);
static_assert(VFIO_CCW_PIN_WRITE == IOMMU_WRITE);

/* Status that tells of a CCW which could not be executed */
#define CIO_CHECKS							\
	(FIELD_PREP(VFIO_CCW_STATUS_DEV, VFIO_CCW_DS_UC) |		\
	 FIELD_PREP(VFIO_CCW_STATUS_SCH, VFIO_CCW_CS_PROG | VFIO_CCW_CS_PROT))

static void cio_lock(void *ctx)
	__acquires(&((struct vfio_ccw_device *)ctx)->sch->lock)
{
	struct vfio_ccw_device *dev = ctx;

	spin_lock_irq(&dev->sch->lock);
}

static void cio_unlock(void *ctx)
	__releases(&((struct vfio_ccw_device *)ctx)->sch->lock)
{
	struct vfio_ccw_device *dev = ctx;

	spin_unlock_irq(&dev->sch->lock);
}

/*
 * An operand or specification exception (-EIO) means that this machine refuses a
 * bit of the ORB that the translator lets through. Report condition code 3: the
 * start is not possible, by any path.
 */
static int cio_ssch(void *ctx, const struct vfio_ccw_orb *orb)
{
	struct vfio_ccw_device *dev = ctx;
	struct subchannel *sch = dev->sch;
	union orb host = {};
	int cc;

	lockdep_assert_held(&sch->lock);
	memcpy(&host.cmd, orb, sizeof(host.cmd));
	cc = ssch(sch->schid, &host);
	if (!cc)
		sch->schib.scsw.cmd.actl |= SCSW_ACTL_START_PEND;
	return cc < 0 ? 3 : cc;
}

static int cio_hsch(void *ctx)
{
	struct vfio_ccw_device *dev = ctx;
	struct subchannel *sch = dev->sch;
	int cc;

	lockdep_assert_held(&sch->lock);
	cc = hsch(sch->schid);
	if (!cc)
		sch->schib.scsw.cmd.actl |= SCSW_ACTL_HALT_PEND;
	return cc;
}

static int cio_csch(void *ctx)
{
	struct vfio_ccw_device *dev = ctx;
	struct subchannel *sch = dev->sch;
	int cc;

	lockdep_assert_held(&sch->lock);
	cc = csch(sch->schid);
	if (!cc)
		sch->schib.scsw.cmd.actl |= SCSW_ACTL_CLEAR_PEND;
	return cc;
}

/* The condition code behind what cio_resume() and cio_cancel() return */
static int cio_cc(int rc)
{
	switch (rc) {
	case 0:
		return 0;
	case -EBUSY:
		return 1;
	case -EINVAL:
		return 2;
	default:
		return 3;
	}
}

static int cio_rsch(void *ctx)
{
	struct vfio_ccw_device *dev = ctx;

	lockdep_assert_held(&dev->sch->lock);
	return cio_cc(cio_resume(dev->sch));
}

static int cio_xsch(void *ctx)
{
	struct vfio_ccw_device *dev = ctx;

	lockdep_assert_held(&dev->sch->lock);
	return cio_cc(cio_cancel(dev->sch));
}

/*
 * Without a working device the common I/O layer says -EACCES. A device whose paths
 * are in standby has them installed all the same, and comes back with them; where
 * no path is installed there is nothing to come back. PoP chapter 15, "Path-
 * Installed Mask".
 */
static int cio_update(struct subchannel *sch)
{
	int rc = cio_update_schib(sch);

	if (rc == -EACCES && !sch->schib.pmcw.pim)
		return -ENODEV;
	return rc;
}

static int cio_stsch(void *ctx, struct vfio_ccw_schib *schib)
{
	struct vfio_ccw_device *dev = ctx;
	struct subchannel *sch = dev->sch;
	int rc;

	lockdep_assert_held(&sch->lock);
	rc = cio_update(sch);
	if (rc)
		return rc;
	/* Another device number is another device, however it got there */
	if (sch->schib.pmcw.dev != dev->devno)
		return -ENODEV;
	memcpy(schib, &sch->schib, sizeof(*schib));
	return 0;
}

static int cio_enable(void *ctx)
{
	struct vfio_ccw_device *dev = ctx;
	struct subchannel *sch = dev->sch;
	struct vfio_ccw_schib schib;
	int rc;

	lockdep_assert_held(&sch->lock);
	rc = cio_stsch(dev, &schib);
	if (rc)
		return rc;
	sch->isc = VFIO_CCW_ISC;
	/* The state machine disables what fails here after it took effect */
	return cio_enable_subchannel(sch, dev->intparm);
}

/* The common I/O layer says -ENODEV for whatever keeps it from modifying */
static int cio_disable(void *ctx)
{
	struct vfio_ccw_device *dev = ctx;
	int rc;

	lockdep_assert_held(&dev->sch->lock);
	rc = cio_disable_subchannel(dev->sch);
	if (rc == -ENODEV && cio_update(dev->sch) == -EACCES)
		rc = -EACCES;
	return rc;
}

static u8 cio_paths(void *ctx)
{
	struct vfio_ccw_device *dev = ctx;

	lockdep_assert_held(&dev->sch->lock);
	return dev->sch->lpm;
}

/*
 * A program that reads over a CCW that it comes to afterwards, as one that loads
 * a system does, has ended there because that CCW is not fetched again.
 */
static noinline void cio_warn_overwrote(struct vfio_ccw_device *dev,
					const struct vfio_ccw_cp *cp,
					u32 host_cpa)
{
	if (vfio_ccw_cp_overwrote(cp, host_cpa) && vfio_ccw_may_log())
		dev_warn(&dev->sch->dev,
			 "a program has read over its own CCWs, which are not fetched again\n");
}

static void cio_complete(void *ctx, struct vfio_ccw_cp *cp,
			 struct vfio_ccw_irb *irb)
{
	struct vfio_ccw_device *dev = ctx;
	struct vfio_ccw_scsw host = irb->scsw;

	lockdep_assert_held(&dev->fsm_mutex);
	if (cp)
		vfio_ccw_cp_complete(cp, irb);
	else
		vfio_ccw_cp_strip(irb);
	/* Without an address, it does not say where */
	if (unlikely(irb->scsw.status & cpu_to_be32(CIO_CHECKS)) && cp &&
	    irb->scsw.cpa)
		cio_warn_overwrote(dev, cp, be32_to_cpu(host.cpa));
	dev->stats.reports++;
	trace_vfio_ccw_complete(dev->sch->schid, &host, &irb->scsw, cp);
}

static void cio_resume_tail(void *ctx, struct vfio_ccw_cp *cp)
{
	vfio_ccw_cp_commit_resume(cp);
}

static void cio_assert_held(void *ctx)
{
	struct vfio_ccw_device *dev = ctx;

	lockdep_assert_held(&dev->fsm_mutex);
}

/*
 * Tell tracing and the debug feature of the newest step in the history. It has
 * one argument, so that its caller needs no stack frame.
 */
static noinline void cio_show_step(struct vfio_ccw_device *dev)
{
	const struct vfio_ccw_history *last =
		&dev->history[(dev->nr_history - 1) % VFIO_CCW_NR_HISTORY];
	enum vfio_ccw_event event = last->event;
	enum vfio_ccw_state from = last->from;
	enum vfio_ccw_state to = last->to;

	trace_vfio_ccw_step(dev->sch->schid, event, from, to, last->rc);
	if (debug_level_enabled(vfio_ccw_debug_trace, 6))
		debug_text_event(vfio_ccw_debug_trace, 6,
				 vfio_ccw_event_name(event));
	if (from != to && (to == VFIO_CCW_STATE_NOT_OPER ||
			   to == VFIO_CCW_STATE_QUIESCING))
		VFIO_CCW_MSG(dev, 2, "%s: %s -> %s\n",
			     vfio_ccw_event_name(event),
			     vfio_ccw_state_name(from),
			     vfio_ccw_state_name(to));
}

/* Keep the step in the history, and count it if it was accepted */
static void cio_stepped(void *ctx, enum vfio_ccw_event event,
			enum vfio_ccw_state from, enum vfio_ccw_state to,
			int ret)
{
	struct vfio_ccw_device *dev = ctx;
	struct vfio_ccw_history *last;

	lockdep_assert_held(&dev->fsm_mutex);
	last = &dev->history[dev->nr_history++ % VFIO_CCW_NR_HISTORY];
	*last = (struct vfio_ccw_history){
		.when = jiffies,
		.rc = ret,
		.event = event,
		.from = from,
		.to = to,
	};
	if (!ret)
		dev->stats.steps[event]++;

	if (unlikely(trace_vfio_ccw_step_enabled() ||
		     to == VFIO_CCW_STATE_NOT_OPER ||
		     to == VFIO_CCW_STATE_QUIESCING ||
		     debug_level_enabled(vfio_ccw_debug_trace, 6)))
		cio_show_step(dev);
}

/* The subchannel on s390; the context is struct vfio_ccw_device */
const struct vfio_ccw_sch_ops vfio_ccw_sch_ops = {
	.lock		= cio_lock,
	.unlock		= cio_unlock,
	.ssch		= cio_ssch,
	.hsch		= cio_hsch,
	.csch		= cio_csch,
	.rsch		= cio_rsch,
	.xsch		= cio_xsch,
	.stsch		= cio_stsch,
	.enable		= cio_enable,
	.disable	= cio_disable,
	.paths		= cio_paths,
	.complete	= cio_complete,
	.resume		= cio_resume_tail,
	.assert_held	= cio_assert_held,
	.stepped	= cio_stepped,
};

static int cio_mem_read(void *ctx, u64 iova, void *buf, size_t len)
{
	struct vfio_ccw_device *dev = ctx;

	lockdep_assert_held(&dev->xlate_mutex);
	lockdep_assert_not_held(&dev->fsm_mutex);
	return vfio_dma_rw(dev->vdev, iova, buf, len, false);
}

/*
 * The claims of the program are published before its first pin, so an unmap
 * either finds them and waits, or has begun before and is seen here: either way
 * it does not wait for pins that are yet to come. The start is tried again, and
 * waits for the end of the unmap before it begins.
 */
static int cio_mem_pin(void *ctx, u64 iova, unsigned int npages,
		       unsigned int dir, u64 *host)
{
	struct vfio_ccw_device *dev = ctx;
	struct page **pages = (struct page **)host;
	unsigned int i;
	int rc;

	lockdep_assert_held(&dev->xlate_mutex);
	lockdep_assert_not_held(&dev->fsm_mutex);
	/* Pairs with the locked update of a reset's or a close's step */
	if (READ_ONCE(dev->fsm.gen) != dev->xlate_gen ||
	    unlikely(atomic_read(&dev->unmaps)))
		return -EAGAIN;

	rc = vfio_pin_pages(dev->vdev, iova, npages, dir, pages);
	if (unlikely(rc != npages)) {
		if (rc <= 0)
			return rc ?: -EFAULT;
		vfio_unpin_pages(dev->vdev, iova, rc);
		return -EFAULT;
	}
	for (i = 0; i < npages; i++)
		host[i] = page_to_phys(pages[i]);
	dev->stats.pins += npages;
	return 0;
}

static void cio_mem_unpin(void *ctx, u64 iova, unsigned int npages)
{
	struct vfio_ccw_device *dev = ctx;

	lockdep_assert_not_held(&dev->fsm_mutex);
	/*
	 * Several may unpin at once: it only has to move. The call is the last
	 * statement, so that it needs no stack frame.
	 */
	data_race(dev->unpinned++);
	vfio_unpin_pages(dev->vdev, iova, npages);
}

/* GFP_DMA: CCWs, IDALs and MIDALs have 31-bit addresses */
static void *cio_mem_alloc(void *ctx, size_t size, u32 *host)
{
	void *mem;

	mem = (void *)__get_free_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO |
				       __GFP_NOWARN | GFP_DMA, get_order(size));
	if (mem)
		*host = (u32)virt_to_phys(mem);
	return mem;
}

static void cio_mem_free(void *ctx, void *mem, size_t size)
{
	free_pages((unsigned long)mem, get_order(size));
}

/*
 * A pin of the driver's own beside the back end's, which has to go when the
 * user unmaps the page. Only a page that is pinned for long is given one, and
 * it stays what it is: unmoved, and not written back as if nobody wrote to it.
 * This is folio_add_pin(), which is not exported.
 */
static void cio_mem_hold(void *ctx, u64 host)
{
	struct folio *folio = page_folio(phys_to_page(host));

	if (is_zero_folio(folio))
		return;
	if (folio_test_large(folio)) {
		folio_ref_inc(folio);
		atomic_inc(&folio->_pincount);
	} else {
		folio_ref_add(folio, GUP_PIN_COUNTING_BIAS);
	}
	node_stat_mod_folio(folio, NR_FOLL_PIN_ACQUIRED, 1);
}

static void cio_mem_unhold(void *ctx, u64 host)
{
	unpin_user_page(phys_to_page(host));
}

/* Guest memory through vfio; the context is struct vfio_ccw_device */
const struct vfio_ccw_mem_ops vfio_ccw_mem_ops = {
	.read	= cio_mem_read,
	.pin	= cio_mem_pin,
	.unpin	= cio_mem_unpin,
	.alloc	= cio_mem_alloc,
	.free	= cio_mem_free,
	.hold	= cio_mem_hold,
	.unhold	= cio_mem_unhold,
};
