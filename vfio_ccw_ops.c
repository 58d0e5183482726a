// SPDX-License-Identifier: GPL-2.0
/*
 * The VFIO device: regions, interrupts, life cycle, memory
 *
 * Owns: what a user of the device sees. Every access goes through one table of
 * regions and one check of its bounds; user memory is copied to or from the
 * stack with no lock but read_mutex held if a fault may have to be waited for,
 * and what happens in between is the state machine's business.
 *
 * Requests that need guest memory translate without any lock but xlate_mutex,
 * which is only ever tried: a user that makes its own translation block can
 * keep itself from starting, and nobody else from anything.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/kstrtox.h>
#include <linux/lockdep.h>
#include <linux/mdev.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_ccw.h>
#include <linux/wait.h>
#include <asm/timex.h>

#include "css.h"

#include "compat/vfio_ccw_compat.h"
#include "vfio_ccw_cp.h"
#include "vfio_ccw_debugfs.h"
#include "vfio_ccw_fsm.h"
#include "vfio_ccw_irq.h"
#include "vfio_ccw_keep.h"
#include "vfio_ccw_ops.h"
#include "vfio_ccw_private.h"
#include "vfio_ccw_slots.h"
#include "vfio_ccw_trace.h"
#include "vfio_ccw_uapi.h"
#include "vfio_ccw_unmap.h"
#include "vfio_ccw_work.h"

/* Region n is at n << 10 of the device's file */
#define REGION_SHIFT	10
#define REGION_MASK	(BIT_ULL(REGION_SHIFT) - 1)

/**
 * struct vfio_ccw_mdev - a mediated device
 * @vdev: the VFIO device; must come first
 * @dev: the bound subchannel; a reference is held
 */
struct vfio_ccw_mdev {
	struct vfio_device vdev;
	struct vfio_ccw_device *dev;
};

static struct vfio_ccw_device *ops_device(struct vfio_device *vdev)
{
	return container_of(vdev, struct vfio_ccw_mdev, vdev)->dev;
}

/*
 * Requests
 */

static void ops_trace_start(struct vfio_ccw_device *dev,
			    const struct vfio_ccw_orb *guest,
			    const struct vfio_ccw_orb *host,
			    const struct vfio_ccw_cp *cp, int rc)
{
	struct vfio_ccw_cp_stats stats;

	vfio_ccw_cp_stats(cp, &stats);
	trace_vfio_ccw_start(dev->sch->schid, guest, host, &stats, rc);
}

/*
 * Translation prefetches the whole program. If the ORB forbids prefetching, the
 * guest may rewrite CCWs while the program runs, and the channel does not see that.
 */
static void ops_warn_prefetch(struct vfio_ccw_device *dev)
{
	if (vfio_ccw_may_log())
		dev_warn(&dev->sch->dev,
			 "a program that forbids prefetching was prefetched\n");
}

/*
 * A translation has failed with @rc. Is it worth another try, because other devices
 * have let go of locked memory? If this one keeps pages, each pin has asked for that.
 */
static noinline bool ops_once_more(struct vfio_ccw_device *dev, int rc)
{
	return rc == -ENOMEM && !dev->pins.max && vfio_ccw_keep_relieve(dev);
}

static int ops_start(struct vfio_ccw_device *dev, const u8 *request)
{
	const struct vfio_ccw_orb *orb = (const struct vfio_ccw_orb *)request;
	struct vfio_ccw_arg arg = { .gen = dev->xlate_gen };
	struct vfio_ccw_effects fx;
	struct vfio_ccw_orb host;
	struct vfio_ccw_cp *cp;
	int rc;

	lockdep_assert_held(&dev->xlate_mutex);
	rc = vfio_ccw_cp_check_orb(orb);
	if (rc)
		return rc;
	if (unlikely(!(orb->ctl & cpu_to_be32(VFIO_CCW_ORB_P))))
		ops_warn_prefetch(dev);
	cp = vfio_ccw_slot_get(dev);
	if (IS_ERR(cp))
		return PTR_ERR(cp);
	rc = vfio_ccw_cp_translate(cp, orb);
	if (unlikely(rc) && ops_once_more(dev, rc))
		rc = vfio_ccw_cp_translate(cp, orb);
	if (rc)
		goto out;

	vfio_ccw_cp_host_orb(cp, dev->intparm, &host);
	arg.orb = &host;
	arg.cp = cp;
	vfio_ccw_work_lock(dev, &fx);
	memcpy(dev->request, request, sizeof(dev->request));
	rc = vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_SSCH, &arg, &fx);
	if (trace_vfio_ccw_start_enabled())
		ops_trace_start(dev, orb, &host, cp, rc);
	vfio_ccw_work_unlock(dev, &fx);
	cp = arg.cp;
out:
	if (cp)
		vfio_ccw_slot_put(dev, cp);
	return rc;
}

/*
 * The guest may have rewritten the program from the CCW on at which it is, or
 * will be, suspended: translate that part, the tail, anew.
 */
static int ops_resume(struct vfio_ccw_device *dev, bool io_region)
{
	struct vfio_ccw_arg arg = {
		.gen = dev->xlate_gen,
		.io_region = io_region,
	};
	struct vfio_ccw_cp *cp = NULL;
	struct vfio_ccw_effects fx;
	u32 host_cpa = 0;
	int rc = 0;

	lockdep_assert_held(&dev->xlate_mutex);
	vfio_ccw_work_lock(dev, &fx);
	arg.cp = dev->fsm.cp;
	arg.resume = vfio_ccw_fsm_resumable(&dev->fsm, &arg.suspended,
					    &host_cpa);
	if (arg.resume) {
		cp = arg.cp;
		vfio_ccw_slot_begin_resume(dev, cp);
		vfio_ccw_cp_begin_resume(cp, arg.suspended, host_cpa);
	}
	vfio_ccw_work_unlock(dev, &fx);

	if (cp)
		rc = vfio_ccw_cp_prepare_resume(cp);
	if (unlikely(rc) && ops_once_more(dev, rc))
		rc = vfio_ccw_cp_prepare_resume(cp);
	if (!rc) {
		vfio_ccw_work_lock(dev, &fx);
		rc = vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_RSCH, &arg,
				       &fx);
		if (arg.refetch)
			vfio_ccw_cp_resumed(cp);
		vfio_ccw_work_unlock(dev, &fx);
	}
	if (cp)
		vfio_ccw_slot_end_resume(dev, cp);
	/* Condition code 2 has no errno of its own in region 0 */
	return rc == -EINVAL && io_region ? -EBUSY : rc;
}

/* A request that needs guest memory: a start, or a resume if @request is NULL */
static int ops_translate(struct vfio_ccw_device *dev, u32 gen,
			 const u8 *request, bool io_region)
{
	int rc;

	/* A hint: each pin looks again */
	rc = unlikely(atomic_read(&dev->unmaps)) ? vfio_ccw_unmap_wait(dev) : 0;
	if (rc)
		return rc;
	if (!mutex_trylock(&dev->xlate_mutex))
		return -EAGAIN;
	dev->xlate_gen = gen;
	rc = vfio_ccw_keep_admit(dev);
	if (likely(!rc))
		rc = request ? ops_start(dev, request) :
			       ops_resume(dev, io_region);
	mutex_unlock(&dev->xlate_mutex);
	return rc;
}

/* A request without guest memory. Waits only for CSCH, in QUIESCING */
static int ops_step(struct vfio_ccw_device *dev, enum vfio_ccw_event event)
{
	struct vfio_ccw_effects fx;
	int rc;

	for (;;) {
		vfio_ccw_work_lock(dev, &fx);
		rc = vfio_ccw_fsm_step(&dev->fsm, event, NULL, &fx);
		vfio_ccw_work_unlock(dev, &fx);
		if (rc != -EINPROGRESS)
			return rc;
		/* CLEAR SUBCHANNEL has no condition code that says "busy" */
		if (wait_event_killable(dev->wait,
					READ_ONCE(dev->fsm.state) !=
					VFIO_CCW_STATE_QUIESCING))
			return -EINTR;
	}
}

static int ops_check_io(struct vfio_ccw_device *dev, const u8 *request,
			enum vfio_ccw_event event, u32 *gen)
{
	struct vfio_ccw_effects fx;
	int rc;

	vfio_ccw_work_lock(dev, &fx);
	memcpy(dev->request, request, sizeof(dev->request));
	rc = vfio_ccw_fsm_check(&dev->fsm, event, gen, &fx);
	vfio_ccw_work_unlock(dev, &fx);
	return rc;
}

/*
 * The order of the checks is part of the interface (Documentation/uapi.rst).
 * Only a start is asked for in this region; a resume is a start whose activity
 * control says so.
 */
static int ops_request_io(struct vfio_ccw_device *dev, const u8 *request)
{
	const struct vfio_ccw_scsw *scsw =
		(const struct vfio_ccw_scsw *)(request + ORB_AREA_SIZE);
	const u32 resuming = VFIO_CCW_AC_RESUME | VFIO_CCW_AC_SUSP;
	u32 ctl = be32_to_cpu(scsw->ctl);
	bool is_start = (ctl & VFIO_CCW_SCSW_FC) == VFIO_CCW_FC_START;
	bool is_resume = is_start && (ctl & resuming) == resuming;
	u32 gen;
	int rc;

	if (likely(is_start && !is_resume) &&
	    vfio_ccw_fsm_ready(&dev->fsm, &gen)) {
		rc = ops_translate(dev, gen, request, true);
		/* A failed request, too, is shown and ends the hold of status */
		if (unlikely(rc))
			ops_check_io(dev, request, VFIO_CCW_EVENT_SSCH, &gen);
		return rc;
	}
	rc = ops_check_io(dev, request, is_resume ? VFIO_CCW_EVENT_RSCH :
			  VFIO_CCW_EVENT_SSCH, &gen);
	if (rc == -ENODEV)
		return rc;
	if (!is_start)
		return -EOPNOTSUPP;
	if (rc)
		return rc;
	return ops_translate(dev, gen, is_resume ? NULL : request, true);
}

static int ops_request_command(struct vfio_ccw_device *dev, u32 command)
{
	struct vfio_ccw_effects fx;
	u32 gen;
	int rc;

	switch (command) {
	case VFIO_CCW_ASYNC_CMD_HSCH:
		return ops_step(dev, VFIO_CCW_EVENT_HSCH);
	case VFIO_CCW_ASYNC_CMD_CSCH:
		return ops_step(dev, VFIO_CCW_EVENT_CSCH);
	case VFIO_CCW_ASYNC_CMD_XSCH:
		return ops_step(dev, VFIO_CCW_EVENT_XSCH);
	case VFIO_CCW_ASYNC_CMD_RSCH:
		vfio_ccw_work_lock(dev, &fx);
		rc = vfio_ccw_fsm_check(&dev->fsm, VFIO_CCW_EVENT_RSCH, &gen,
					&fx);
		vfio_ccw_work_unlock(dev, &fx);
		return rc ?: ops_translate(dev, gen, NULL, false);
	default:
		/* Whoever sees a loss may count on it that programs have ended */
		vfio_ccw_work_lock(dev, &fx);
		rc = dev->fsm.state == VFIO_CCW_STATE_NOT_OPER ? -ENODEV :
								 -EINVAL;
		vfio_ccw_work_unlock(dev, &fx);
		return rc;
	}
}

/*
 * Regions
 */

/* A request starts the region and has at least an ORB and a SCSW */
static ssize_t ops_write_io(struct vfio_ccw_device *dev, const char __user *buf,
			    size_t offset, size_t count)
{
	struct ccw_io_region region __aligned(__alignof__(u64));
	int rc;

	if (offset || count < offsetof(struct ccw_io_region, irb_area))
		return -EINVAL;
	if (copy_from_user(&region, buf, count))
		return -EFAULT;

	rc = ops_request_io(dev, (const u8 *)&region);
	if (rc == -EAGAIN)
		data_race(dev->stats.again++);	/* two may count as one */
	WRITE_ONCE(dev->io_ret, rc);
	return rc ?: count;
}

/* Do @count bytes from @offset show all of irb_area? */
static __always_inline bool ops_shows_irb(size_t offset, size_t count)
{
	const size_t first = offsetof(struct ccw_io_region, irb_area);

	return offset <= first && offset + count >= first + IRB_AREA_SIZE;
}

/* The user has read irb_area and found no status */
static noinline void ops_read_in_vain(struct vfio_ccw_device *dev,
				      size_t offset, size_t count,
				      struct vfio_ccw_effects *fx)
{
	if (ops_shows_irb(offset, count))
		vfio_ccw_fsm_ack(&dev->fsm, 0, fx);
}

/* The user has read the status: the next one can be presented */
static __always_inline void ops_take_status(struct vfio_ccw_device *dev,
					    const struct vfio_ccw_irb *irb,
					    u32 seq,
					    struct vfio_ccw_effects *fx)
{
	lockdep_assert_held(&dev->fsm_mutex);
	if (trace_vfio_ccw_taken_enabled())
		trace_vfio_ccw_taken(dev->sch->schid, &irb->scsw, seq);
	vfio_ccw_fsm_ack(&dev->fsm, seq, fx);
	/* Of use only if this was an ending status and another one follows */
	WRITE_ONCE(dev->hold_since, get_tod_clock_fast());
}

/*
 * Fill in the region. Returns the identity of the status in it if a read of
 * @count bytes from @offset shows all of it, and so takes it; else 0.
 */
static u32 ops_show_io(struct vfio_ccw_device *dev,
		       struct ccw_io_region *region, size_t offset,
		       size_t count)
{
	u32 seq;

	lockdep_assert_held(&dev->fsm_mutex);
	memcpy(region, dev->request, sizeof(dev->request));
	seq = vfio_ccw_fsm_peek(&dev->fsm,
				(struct vfio_ccw_irb *)region->irb_area);
	region->ret_code = READ_ONCE(dev->io_ret);
	return ops_shows_irb(offset, count) ? seq : 0;
}

/* Slow path: fault in the user's page */
static noinline ssize_t ops_read_io_slowly(struct vfio_ccw_device *dev,
					   char __user *buf, size_t offset,
					   size_t count)
{
	struct ccw_io_region region __aligned(__alignof__(u64));
	struct vfio_ccw_effects fx;
	ssize_t rc = count;
	u32 seq;

	/* Two readers must not take the same status */
	if (mutex_lock_killable(&dev->read_mutex))
		return -EINTR;
	vfio_ccw_work_lock(dev, &fx);
	seq = ops_show_io(dev, &region, offset, count);
	dev->reading = true;
	vfio_ccw_work_unlock(dev, &fx);

	if (copy_to_user(buf, (u8 *)&region + offset, count))
		rc = -EFAULT;

	vfio_ccw_work_lock(dev, &fx);
	dev->reading = false;
	if (rc > 0 && seq)
		ops_take_status(dev, (struct vfio_ccw_irb *)region.irb_area,
				seq, &fx);
	else if (rc > 0 && dev->fsm.surplus)
		ops_read_in_vain(dev, offset, count, &fx);
	vfio_ccw_work_unlock(dev, &fx);
	mutex_unlock(&dev->read_mutex);
	return rc;
}

static ssize_t ops_read_io(struct vfio_ccw_device *dev, char __user *buf,
			   size_t offset, size_t count)
{
	struct ccw_io_region region __aligned(__alignof__(u64));
	struct vfio_ccw_effects fx;
	bool there = false;
	u32 seq;

	vfio_ccw_work_lock(dev, &fx);
	if (likely(!dev->reading)) {
		seq = ops_show_io(dev, &region, offset, count);
		there = !copy_to_user_nofault(buf, (u8 *)&region + offset,
					      count);
		if (there && seq)
			ops_take_status(dev,
					(struct vfio_ccw_irb *)region.irb_area,
					seq, &fx);
		else if (there && unlikely(dev->fsm.surplus))
			ops_read_in_vain(dev, offset, count, &fx);
	}
	vfio_ccw_work_unlock(dev, &fx);
	return likely(there) ? count :
			       ops_read_io_slowly(dev, buf, offset, count);
}

static ssize_t ops_write_command(struct vfio_ccw_device *dev,
				 const char __user *buf, size_t offset,
				 size_t count)
{
	struct ccw_cmd_region region;
	int rc;

	if (offset || count < sizeof(region.command))
		return -EINVAL;
	if (copy_from_user(&region, buf, count))
		return -EFAULT;

	WRITE_ONCE(dev->command, region.command);
	rc = ops_request_command(dev, region.command);
	if (rc == -EAGAIN)
		data_race(dev->stats.again++);	/* two may count as one */
	WRITE_ONCE(dev->cmd_ret, rc);
	return rc ?: count;
}

static ssize_t ops_read_command(struct vfio_ccw_device *dev, char __user *buf,
				size_t offset, size_t count)
{
	struct ccw_cmd_region region = {
		.command = READ_ONCE(dev->command),
		.ret_code = READ_ONCE(dev->cmd_ret),
	};

	if (copy_to_user(buf, (u8 *)&region + offset, count))
		return -EFAULT;
	return count;
}

/* Zero what is the host's own: addresses and its interruption parameter */
static void ops_strip_schib(struct vfio_ccw_schib *schib)
{
	schib->intparm = 0;
	schib->ctl &= ~cpu_to_be32(VFIO_CCW_PMCW_ISC | VFIO_CCW_PMCW_MME);
	schib->mbi = 0;
	schib->ctl6 = 0;
	schib->scsw.cpa = 0;
	memset(schib->mba, 0, sizeof(schib->mba));
}

/* Executes STORE SUBCHANNEL for each read */
static ssize_t ops_read_schib(struct vfio_ccw_device *dev, char __user *buf,
			      size_t offset, size_t count)
{
	struct vfio_ccw_schib schib;
	struct vfio_ccw_effects fx;
	int rc = -ENODEV;

	vfio_ccw_work_lock(dev, &fx);
	if (dev->fsm.state != VFIO_CCW_STATE_NOT_OPER)
		rc = vfio_ccw_work_store(dev, &schib);
	/* An end that can be seen in there is known here, too */
	vfio_ccw_fsm_drain(&dev->fsm, &fx);
	vfio_ccw_work_unlock_deferred(dev, &fx);
	if (rc)
		return rc;

	ops_strip_schib(&schib);
	if (copy_to_user(buf, (u8 *)&schib + offset, count))
		return -EFAULT;
	return count;
}

static ssize_t ops_read_crw(struct vfio_ccw_device *dev, char __user *buf,
			    size_t offset, size_t count)
{
	struct ccw_crw_region region = {};
	ssize_t rc = count;
	u32 seq;

	/* Two readers must not take the same report */
	if (mutex_lock_killable(&dev->read_mutex))
		return -EINTR;
	region.crw = vfio_ccw_irq_peek_crw(dev, &seq);
	if (copy_to_user(buf, (u8 *)&region + offset, count))
		rc = -EFAULT;
	else if (!offset && count >= sizeof(region.crw) &&
		 vfio_ccw_irq_take_crw(dev, seq))
		vfio_ccw_irq_signal(dev, VFIO_CCW_CRW_IRQ_INDEX);
	mutex_unlock(&dev->read_mutex);
	return rc;
}

/**
 * struct vfio_ccw_region - one region of the device's file
 * @size: bytes
 * @subtype: VFIO_REGION_SUBTYPE_CCW_*, 0 if the region is not a typed one
 * @read: copy @count bytes from @offset to the user; both are within @size
 * @write: the same from the user; NULL if the region is read-only
 */
struct vfio_ccw_region {
	u32 size;
	u32 subtype;
	ssize_t (*read)(struct vfio_ccw_device *dev, char __user *buf,
			size_t offset, size_t count);
	ssize_t (*write)(struct vfio_ccw_device *dev, const char __user *buf,
			 size_t offset, size_t count);
};

enum { REGION_IO, REGION_COMMAND, REGION_SCHIB, REGION_CRW, NR_REGIONS };

static const struct vfio_ccw_region ops_regions[NR_REGIONS] = {
	[REGION_IO] = {
		.size		= sizeof(struct ccw_io_region),
		.read		= ops_read_io,
		.write		= ops_write_io,
	},
	[REGION_COMMAND] = {
		.size		= sizeof(struct ccw_cmd_region),
		.subtype	= VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD,
		.read		= ops_read_command,
		.write		= ops_write_command,
	},
	[REGION_SCHIB] = {
		.size		= sizeof(struct ccw_schib_region),
		.subtype	= VFIO_REGION_SUBTYPE_CCW_SCHIB,
		.read		= ops_read_schib,
	},
	[REGION_CRW] = {
		.size		= sizeof(struct ccw_crw_region),
		.subtype	= VFIO_REGION_SUBTYPE_CCW_CRW,
		.read		= ops_read_crw,
	},
};

/* The region at @pos and what is left of the position, or NULL */
static __always_inline const struct vfio_ccw_region *
ops_find_region(u64 pos, size_t count, size_t *offset)
{
	u64 index = pos >> REGION_SHIFT;
	const struct vfio_ccw_region *region;

	if (index >= NR_REGIONS)
		return NULL;
	region = &ops_regions[array_index_nospec(index, NR_REGIONS)];
	*offset = pos & REGION_MASK;
	if (*offset >= region->size || count > region->size - *offset)
		return NULL;
	*offset = array_index_nospec(*offset, region->size);
	return region;
}

static ssize_t ops_read(struct vfio_device *vdev, char __user *buf,
			size_t count, loff_t *ppos)
{
	const struct vfio_ccw_region *region;
	size_t offset;

	region = ops_find_region(*ppos, count, &offset);
	if (!region)
		return -EINVAL;
	return region->read(ops_device(vdev), buf, offset, count);
}

static ssize_t ops_write(struct vfio_device *vdev, const char __user *buf,
			 size_t count, loff_t *ppos)
{
	const struct vfio_ccw_region *region;
	size_t offset;

	region = ops_find_region(*ppos, count, &offset);
	if (!region || !region->write)
		return -EINVAL;
	return region->write(ops_device(vdev), buf, offset, count);
}

/*
 * ioctls
 */

static int ops_add_region_caps(unsigned int index, struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_type type = {
		.header.id = VFIO_REGION_INFO_CAP_TYPE,
		.header.version = 1,
		.type = VFIO_REGION_TYPE_CCW,
		.subtype = ops_regions[index].subtype,
	};
	struct vfio_region_info_cap_ccw_cmds cmds = {
		.header.id = VFIO_REGION_INFO_CAP_CCW_CMDS,
		.header.version = VFIO_REGION_INFO_CAP_CCW_CMDS_VERSION,
		.commands = VFIO_CCW_ASYNC_CMD_RSCH | VFIO_CCW_ASYNC_CMD_XSCH,
	};
	int rc;

	if (!type.subtype)
		return 0;
	rc = vfio_info_add_capability(caps, &type.header, sizeof(type));
	if (rc || index != REGION_COMMAND)
		return rc;
	return vfio_info_add_capability(caps, &cmds.header, sizeof(cmds));
}

static int ops_region_info(struct vfio_device *vdev,
			   struct vfio_region_info *info,
			   struct vfio_info_cap *caps)
{
	u32 index = info->index;

	if (index >= NR_REGIONS)
		return -EINVAL;
	index = array_index_nospec(index, NR_REGIONS);

	info->flags = VFIO_REGION_INFO_FLAG_READ;
	if (ops_regions[index].write)
		info->flags |= VFIO_REGION_INFO_FLAG_WRITE;
	info->size = ops_regions[index].size;
	info->offset = (u64)index << REGION_SHIFT;
	return ops_add_region_caps(index, caps);
}

static long ops_get_info(void __user *arg)
{
	const unsigned long minsz = offsetofend(struct vfio_device_info,
						num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	info.flags = VFIO_DEVICE_FLAGS_CCW | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = NR_REGIONS;
	info.num_irqs = VFIO_CCW_NUM_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long ops_get_irq_info(void __user *arg)
{
	const unsigned long minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VFIO_CCW_NUM_IRQS)
		return -EINVAL;

	info.flags = VFIO_IRQ_INFO_EVENTFD;
	info.count = 1;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

/*
 * On return the device is as after open: nothing is in progress, and no status
 * of before can be reported any more, not even by a worker that runs already. If
 * the caller is killed meanwhile, the state machine completes the reset.
 */
static long ops_reset(struct vfio_ccw_device *dev)
{
	struct vfio_ccw_effects fx;
	int rc;

	if (mutex_lock_killable(&dev->life_mutex))
		return -EINTR;
	vfio_ccw_work_lock(dev, &fx);
	rc = vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_RESET, NULL, &fx);
	vfio_ccw_work_unlock(dev, &fx);
	if (rc == -EINPROGRESS)
		rc = vfio_ccw_work_wait_quiesced(dev, true);
	vfio_ccw_keep_empty(dev);
	if (rc != -EINTR && vfio_ccw_work_flush_killable(dev))
		rc = -EINTR;
	mutex_unlock(&dev->life_mutex);
	return rc;
}

static long ops_ioctl(struct vfio_device *vdev, unsigned int cmd,
		      unsigned long arg)
{
	struct vfio_ccw_device *dev = ops_device(vdev);
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return ops_get_info(uarg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return vfio_ccw_compat_region_info(vdev, arg, ops_region_info);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return ops_get_irq_info(uarg);
	case VFIO_DEVICE_SET_IRQS:
		return vfio_ccw_irq_set(dev, uarg);
	case VFIO_DEVICE_RESET:
		return ops_reset(dev);
	default:
		return -ENOTTY;
	}
}

/*
 * Life cycle
 */

static int ops_open(struct vfio_device *vdev)
{
	struct vfio_ccw_device *dev = ops_device(vdev);
	struct vfio_ccw_effects fx;
	int rc;

	mutex_lock(&dev->life_mutex);
	rc = vfio_ccw_keep_open(dev);
	if (rc)
		goto unlock;
	dev->vdev = vdev;
	vfio_ccw_unmap_open(dev);
	memset(dev->request, 0, sizeof(dev->request));
	dev->command = 0;
	dev->io_ret = 0;
	dev->cmd_ret = 0;
	vfio_ccw_irq_reset_crws(dev, true);

	vfio_ccw_work_lock(dev, &fx);
	rc = vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_ONLINE, NULL, &fx);
	vfio_ccw_work_unlock(dev, &fx);
	if (rc) {
		vfio_ccw_keep_close(dev);
		vfio_ccw_unmap_fini(dev);
		vfio_ccw_irq_reset_crws(dev, false);
		dev->vdev = NULL;
	}
unlock:
	mutex_unlock(&dev->life_mutex);
	return rc;
}

/*
 * On return nothing is pinned, no work is queued that would signal, and no
 * eventfd is held: vfio takes no unpinning after this.
 */
static void ops_close(struct vfio_device *vdev)
{
	struct vfio_ccw_device *dev = ops_device(vdev);
	struct vfio_ccw_effects fx;
	int rc;

	mutex_lock(&dev->life_mutex);
	vfio_ccw_work_lock(dev, &fx);
	rc = vfio_ccw_fsm_step(&dev->fsm, VFIO_CCW_EVENT_OFFLINE, NULL, &fx);
	vfio_ccw_work_unlock(dev, &fx);
	if (rc == -EINPROGRESS)
		vfio_ccw_work_wait_quiesced(dev, false);

	/* A thread that saw a program end may not have unpinned it yet */
	wait_event(dev->wait, vfio_ccw_slot_all_idle(dev));
	vfio_ccw_keep_close(dev);
	vfio_ccw_unmap_close(dev);
	vfio_ccw_work_flush(dev);
	/* Nobody is left to hold status back for */
	cancel_delayed_work_sync(&dev->hold);

	vfio_ccw_irq_reset_crws(dev, false);
	vfio_ccw_irq_release_triggers(dev);
	vfio_ccw_slot_free_all(dev);
	dev->vdev = NULL;
	mutex_unlock(&dev->life_mutex);
}

static void ops_request(struct vfio_device *vdev, unsigned int count)
{
	struct vfio_ccw_device *dev = ops_device(vdev);

	if (!vfio_ccw_irq_has_trigger(dev, VFIO_CCW_REQ_IRQ_INDEX)) {
		if (vfio_ccw_may_log())
			dev_notice(vdev->dev,
				   "In use, and the user cannot be asked to release it\n");
	} else if (!(count % 10) && vfio_ccw_may_log()) {
		dev_notice(vdev->dev, "Asking the user to release it (%u)\n",
			   count);
	}
	vfio_ccw_irq_signal(dev, VFIO_CCW_REQ_IRQ_INDEX);
}

static void ops_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	vfio_ccw_unmap(ops_device(vdev), vdev, iova, length);
}

static int ops_init(struct vfio_device *vdev)
{
	struct vfio_ccw_mdev *mdev = container_of(vdev, struct vfio_ccw_mdev,
						  vdev);
	struct mdev_parent *parent = to_mdev_device(vdev->dev)->type->parent;

	mdev->dev = container_of(parent, struct vfio_ccw_device, parent);
	vfio_ccw_dev_get(mdev->dev);
	return 0;
}

static void ops_release(struct vfio_device *vdev)
{
	vfio_ccw_dev_put(ops_device(vdev));
}

static const struct vfio_device_ops vfio_ccw_dev_ops = {
	.name		= "vfio-ccw",
	.init		= ops_init,
	.release	= ops_release,
	.open_device	= ops_open,
	.close_device	= ops_close,
	.read		= ops_read,
	.write		= ops_write,
	.ioctl		= ops_ioctl,
	VFIO_CCW_REGION_INFO_OP(ops_region_info)
	.request	= ops_request,
	.bind_iommufd	= vfio_iommufd_emulated_bind,
	.attach_ioas	= vfio_iommufd_emulated_attach_ioas,
	.dma_unmap	= ops_dma_unmap,
	.detach_ioas	= vfio_iommufd_emulated_detach_ioas,
	.unbind_iommufd	= vfio_iommufd_emulated_unbind,
};

/*
 * Mediated device
 */

static int ops_probe(struct mdev_device *mdev)
{
	struct vfio_ccw_mdev *ccw;
	int rc;

	ccw = vfio_alloc_device(vfio_ccw_mdev, vdev, &mdev->dev,
				&vfio_ccw_dev_ops);
	if (IS_ERR(ccw))
		return PTR_ERR(ccw);
	dev_set_drvdata(&mdev->dev, ccw);
	WRITE_ONCE(ccw->dev->keep.max, vfio_ccw_keep_default());
	rc = vfio_register_emulated_iommu_dev(&ccw->vdev);
	if (rc) {
		vfio_put_device(&ccw->vdev);
		return rc;
	}
	vfio_ccw_debugfs_add(ccw->dev, &ccw->vdev);
	return 0;
}

/* Returns when the last user has closed the device */
static void ops_remove(struct mdev_device *mdev)
{
	struct vfio_ccw_mdev *ccw = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&ccw->vdev);
	vfio_put_device(&ccw->vdev);
}

static ssize_t kept_pages_max_show(struct device *device,
				   struct device_attribute *attr, char *buf)
{
	struct vfio_ccw_mdev *ccw = dev_get_drvdata(device);

	return sysfs_emit(buf, "%u\n", READ_ONCE(ccw->dev->keep.max));
}

static ssize_t kept_pages_max_store(struct device *device,
				    struct device_attribute *attr,
				    const char *buf, size_t count)
{
	struct vfio_ccw_mdev *ccw = dev_get_drvdata(device);
	unsigned int max;
	int rc;

	rc = kstrtouint(buf, 0, &max);
	if (rc)
		return rc;
	/* Held for long only while the device is open */
	if (!mutex_trylock(&ccw->dev->life_mutex))
		return -EBUSY;
	if (ccw->dev->vdev)
		rc = -EBUSY;
	else
		WRITE_ONCE(ccw->dev->keep.max, max);
	mutex_unlock(&ccw->dev->life_mutex);
	return rc ?: count;
}
static DEVICE_ATTR_RW(kept_pages_max);

static struct attribute *ops_attrs[] = {
	&dev_attr_kept_pages_max.attr,
	NULL,
};
ATTRIBUTE_GROUPS(ops);

/* One mediated device per subchannel */
struct mdev_driver vfio_ccw_ops_driver = {
	.probe		= ops_probe,
	.remove		= ops_remove,
	.max_instances	= 1,
	.device_api	= VFIO_DEVICE_API_CCW_STRING,
	.driver		= {
		.mod_name	= KBUILD_MODNAME,
		.owner		= THIS_MODULE,
		.name		= "vfio_ccw_mdev",
		.dev_groups	= ops_groups,
	},
};
