// SPDX-License-Identifier: GPL-2.0
/*
 * Seeing what a device does: debugfs and the s390 debug feature
 *
 * Owns: the files of debugfs, the debug feature's two areas, and the code of the
 * tracepoints. Nothing here changes what a device does.
 */
#include <linux/array_size.h>
#include <linux/compiler.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/vfio.h>
#include <asm/debug.h>

#include "css.h"

#include "compat/vfio_ccw_compat.h"
#include "vfio_ccw_debugfs.h"
#include "vfio_ccw_fsm.h"
#include "vfio_ccw_pins.h"
#include "vfio_ccw_private.h"
#define CREATE_TRACE_POINTS
#include "vfio_ccw_trace.h"

/* The areas of the debug feature: lines of text, and bytes in hexadecimal */
debug_info_t *vfio_ccw_debug_msg;
debug_info_t *vfio_ccw_debug_trace;

static int debugfs_state_show(struct seq_file *seq, void *unused)
{
	struct vfio_ccw_device *dev = seq->private;
	struct vfio_ccw_fsm *fsm = &dev->fsm;

	mutex_lock(&dev->fsm_mutex);
	seq_printf(seq, "subchannel: 0.%x.%04x\n", dev->sch->schid.ssid,
		   dev->sch->schid.sch_no);
	seq_printf(seq, "device: %04x\n", dev->devno);
	seq_printf(seq, "state: %s\n", vfio_ccw_state_name(fsm->state));
	if (fsm->state == VFIO_CCW_STATE_NOT_OPER)
		seq_printf(seq, "reason: %s\n",
			   vfio_ccw_reason_name(fsm->reason));
	if (fsm->state == VFIO_CCW_STATE_QUIESCING)
		seq_printf(seq, "target: %s\n",
			   vfio_ccw_state_name(fsm->target));
	seq_printf(seq, "functions:%s%s%s\n",
		   fsm->fc & VFIO_CCW_FC_START ? " start" : "",
		   fsm->fc & VFIO_CCW_FC_HALT ? " halt" : "",
		   fsm->fc & VFIO_CCW_FC_CLEAR ? " clear" : "");
	seq_printf(seq, "program: %s\n", fsm->cp ? "yes" : "no");
	seq_printf(seq, "generation: %u\n", fsm->gen);
	seq_printf(seq, "queued: %u longest %u\n", fsm->outq.len,
		   fsm->outq.peak);
	/* These change under other locks, or none: as they are just now */
	seq_printf(seq, "paths: %02x\n", data_race(dev->sch->lpm));
	seq_printf(seq, "programs: used %lx quarantined %lx\n",
		   READ_ONCE(dev->cps_used), READ_ONCE(dev->cps_quarantined));
	mutex_unlock(&dev->fsm_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(debugfs_state);

static int debugfs_history_show(struct seq_file *seq, void *unused)
{
	struct vfio_ccw_device *dev = seq->private;
	const struct vfio_ccw_history *step;
	unsigned long now;
	unsigned int i;

	mutex_lock(&dev->fsm_mutex);
	now = jiffies;
	i = dev->nr_history - VFIO_CCW_NR_HISTORY;
	for (; i != dev->nr_history; i++) {
		step = &dev->history[i % VFIO_CCW_NR_HISTORY];
		if (!step->when)
			continue;	/* not that many yet */
		seq_printf(seq, "%llu ms ago: %s: %s -> %s %d\n",
			   jiffies64_to_msecs(now - step->when),
			   vfio_ccw_event_name(step->event),
			   vfio_ccw_state_name(step->from),
			   vfio_ccw_state_name(step->to), step->rc);
	}
	mutex_unlock(&dev->fsm_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(debugfs_history);

/* A counter that belongs to another lock, or to none */
static unsigned long debugfs_peek(const unsigned long *counter)
{
	/* What is seen will do, for people to read */
	return data_race(*counter);
}

static int debugfs_counters_show(struct seq_file *seq, void *unused)
{
	static const char * const classes[] = {
		[VFIO_CCW_STATUS_NONE]	= "none",
		[VFIO_CCW_STATUS_INTER]	= "intermediate",
		[VFIO_CCW_STATUS_UNSOL]	= "unsolicited",
		[VFIO_CCW_STATUS_REST]	= "secondary",
		[VFIO_CCW_STATUS_ENDS]	= "ending",
		[VFIO_CCW_STATUS_CHECK]	= "undecided",
	};
	struct vfio_ccw_device *dev = seq->private;
	const struct vfio_ccw_stats *stats = &dev->stats;
	unsigned int i;

	mutex_lock(&dev->fsm_mutex);
	for (i = 0; i < VFIO_CCW_NR_EVENTS; i++)
		seq_printf(seq, "event %s: %lu\n", vfio_ccw_event_name(i),
			   stats->steps[i]);
	for (i = 0; i < ARRAY_SIZE(classes); i++)
		seq_printf(seq, "interrupt %s: %lu\n", classes[i],
			   debugfs_peek(&stats->irqs[i]));
	seq_printf(seq, "stray interrupts: %lu\n",
		   debugfs_peek(&dev->fsm.stray));
	seq_printf(seq, "reports: %lu\n", stats->reports);
	seq_printf(seq, "retries: %lu\n", debugfs_peek(&stats->again));
	seq_printf(seq, "pages pinned: %lu\n", debugfs_peek(&stats->pins));
	seq_printf(seq, "unmaps of used memory: %lu\n",
		   debugfs_peek(&stats->unmaps));
	seq_printf(seq, "channel reports lost: %lu\n",
		   debugfs_peek(&stats->crws_lost));
	mutex_unlock(&dev->fsm_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(debugfs_counters);

static int debugfs_kept_show(struct seq_file *seq, void *unused)
{
	static const char * const reasons[VFIO_CCW_PINS_NR_WHY] = {
		[VFIO_CCW_PINS_NOTIFIED]	= "given up by the user",
		[VFIO_CCW_PINS_UNMAPPED]	= "unmapped",
		[VFIO_CCW_PINS_UNUSED]		= "not used for a second",
		[VFIO_CCW_PINS_BOUND]		= "oldest at a bound",
		[VFIO_CCW_PINS_MEMORY]		= "short of memory",
		[VFIO_CCW_PINS_ENDED]		= "closed, reset or lost",
	};
	struct vfio_ccw_device *dev = seq->private;
	struct vfio_ccw_pins_count count;
	unsigned int i;

	vfio_ccw_pins_count(&dev->pins, &count);
	seq_printf(seq, "pages: %u\n", count.pages);
	seq_printf(seq, "pins: %u used %u given up %u going %u\n", count.pins,
		   count.used, count.given_up, count.going);
	seq_printf(seq, "pages found: %lu\n", count.stats.found);
	seq_printf(seq, "pages added: %lu\n", count.stats.added);
	seq_printf(seq, "programs read: %lu\n", count.stats.read);
	for (i = 0; i < VFIO_CCW_PINS_NR_WHY; i++)
		seq_printf(seq, "pages %s: %lu\n", reasons[i],
			   count.stats.gone[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(debugfs_kept);

/**
 * vfio_ccw_debugfs_add() - add the files of a device
 * @dev: bound subchannel
 * @vdev: its VFIO device; the files go away with its directory
 *
 * Context: process context; may sleep.
 */
void vfio_ccw_debugfs_add(struct vfio_ccw_device *dev, struct vfio_device *vdev)
{
	struct dentry *dir = vfio_ccw_compat_debug_root(vdev);

	if (IS_ERR_OR_NULL(dir))
		return;
	dir = debugfs_create_dir("ccw", dir);
	debugfs_create_file("state", 0400, dir, dev, &debugfs_state_fops);
	debugfs_create_file("events", 0400, dir, dev, &debugfs_history_fops);
	debugfs_create_file("counters", 0400, dir, dev, &debugfs_counters_fops);
	debugfs_create_file("kept", 0400, dir, dev, &debugfs_kept_fops);
}

/**
 * vfio_ccw_debugfs_unregister() - unregister the areas of the debug feature
 *
 * Right after vfio_ccw_debugfs_register() failed half-way, too.
 *
 * Context: process context; no device is bound.
 */
void vfio_ccw_debugfs_unregister(void)
{
	debug_unregister(vfio_ccw_debug_msg);
	debug_unregister(vfio_ccw_debug_trace);
	vfio_ccw_debug_msg = NULL;
	vfio_ccw_debug_trace = NULL;
}

/**
 * vfio_ccw_debugfs_register() - register the areas of the debug feature
 *
 * Context: process context; may sleep.
 * Return: 0, or -ENOMEM; call vfio_ccw_debugfs_unregister() in either case.
 */
int __init vfio_ccw_debugfs_register(void)
{
	vfio_ccw_debug_msg = debug_register("vfio_ccw_msg", 16, 1,
					    11 * sizeof(long));
	if (!vfio_ccw_debug_msg)
		return -ENOMEM;
	debug_register_view(vfio_ccw_debug_msg, &debug_sprintf_view);
	debug_set_level(vfio_ccw_debug_msg, 2);

	vfio_ccw_debug_trace = debug_register("vfio_ccw_trace", 16, 1, 16);
	if (!vfio_ccw_debug_trace)
		return -ENOMEM;
	debug_register_view(vfio_ccw_debug_trace, &debug_hex_ascii_view);
	debug_set_level(vfio_ccw_debug_trace, 2);
	return 0;
}
