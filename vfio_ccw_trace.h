/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: one I/O can be followed from the write to the read
 *
 * Every event names the subchannel first, so that a filter on "sch_no" shows
 * one device. Values are plain; addresses in a "host" field are absolute
 * addresses of the host, those in a "guest" field the guest's.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio_ccw

#if !defined(VFIO_CCW_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VFIO_CCW_TRACE_H

#include <linux/tracepoint.h>
#include <asm/schid.h>

#include "vfio_ccw_cp.h"
#include "vfio_ccw_format.h"
#include "vfio_ccw_fsm.h"

TRACE_DEFINE_ENUM(VFIO_CCW_STATE_NOT_OPER);
TRACE_DEFINE_ENUM(VFIO_CCW_STATE_STANDBY);
TRACE_DEFINE_ENUM(VFIO_CCW_STATE_IDLE);
TRACE_DEFINE_ENUM(VFIO_CCW_STATE_BUSY);
TRACE_DEFINE_ENUM(VFIO_CCW_STATE_QUIESCING);

TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_INIT);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_ONLINE);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_OFFLINE);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_SSCH);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_RSCH);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_HSCH);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_CSCH);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_XSCH);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_IRQ);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_SCHIB);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_PATHGONE);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_NODEV);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_GONE);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_RESET);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_DMA_UNMAP);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_SHUTDOWN);
TRACE_DEFINE_ENUM(VFIO_CCW_EVENT_TIMEOUT);

TRACE_DEFINE_ENUM(VFIO_CCW_STATUS_NONE);
TRACE_DEFINE_ENUM(VFIO_CCW_STATUS_INTER);
TRACE_DEFINE_ENUM(VFIO_CCW_STATUS_UNSOL);
TRACE_DEFINE_ENUM(VFIO_CCW_STATUS_REST);
TRACE_DEFINE_ENUM(VFIO_CCW_STATUS_ENDS);
TRACE_DEFINE_ENUM(VFIO_CCW_STATUS_CHECK);

#define vfio_ccw_show_state(state)				\
	__print_symbolic(state,					\
		{ VFIO_CCW_STATE_NOT_OPER,	"NOT_OPER" },	\
		{ VFIO_CCW_STATE_STANDBY,	"STANDBY" },	\
		{ VFIO_CCW_STATE_IDLE,		"IDLE" },	\
		{ VFIO_CCW_STATE_BUSY,		"BUSY" },	\
		{ VFIO_CCW_STATE_QUIESCING,	"QUIESCING" })

#define vfio_ccw_show_event(event)				\
	__print_symbolic(event,					\
		{ VFIO_CCW_EVENT_INIT,		"INIT" },	\
		{ VFIO_CCW_EVENT_ONLINE,	"ONLINE" },	\
		{ VFIO_CCW_EVENT_OFFLINE,	"OFFLINE" },	\
		{ VFIO_CCW_EVENT_SSCH,		"SSCH" },	\
		{ VFIO_CCW_EVENT_RSCH,		"RSCH" },	\
		{ VFIO_CCW_EVENT_HSCH,		"HSCH" },	\
		{ VFIO_CCW_EVENT_CSCH,		"CSCH" },	\
		{ VFIO_CCW_EVENT_XSCH,		"XSCH" },	\
		{ VFIO_CCW_EVENT_IRQ,		"IRQ" },	\
		{ VFIO_CCW_EVENT_SCHIB,		"SCHIB" },	\
		{ VFIO_CCW_EVENT_PATHGONE,	"PATHGONE" },	\
		{ VFIO_CCW_EVENT_NODEV,		"NODEV" },	\
		{ VFIO_CCW_EVENT_GONE,		"GONE" },	\
		{ VFIO_CCW_EVENT_RESET,		"RESET" },	\
		{ VFIO_CCW_EVENT_DMA_UNMAP,	"DMA_UNMAP" },	\
		{ VFIO_CCW_EVENT_SHUTDOWN,	"SHUTDOWN" },	\
		{ VFIO_CCW_EVENT_TIMEOUT,	"TIMEOUT" })

#define vfio_ccw_show_class(class)				\
	__print_symbolic(class,					\
		{ VFIO_CCW_STATUS_NONE,		"none" },	\
		{ VFIO_CCW_STATUS_INTER,	"intermediate" },	\
		{ VFIO_CCW_STATUS_UNSOL,	"unsolicited" },	\
		{ VFIO_CCW_STATUS_REST,		"secondary" },	\
		{ VFIO_CCW_STATUS_ENDS,		"ending" },	\
		{ VFIO_CCW_STATUS_CHECK,	"undecided" })

#define vfio_ccw_show_function(ctl)				\
	__print_flags((ctl) & VFIO_CCW_SCSW_FC, "|",		\
		{ VFIO_CCW_FC_START,		"start" },	\
		{ VFIO_CCW_FC_HALT,		"halt" },	\
		{ VFIO_CCW_FC_CLEAR,		"clear" })

/* One step of the state machine */
TRACE_EVENT(vfio_ccw_step,
	TP_PROTO(struct subchannel_id schid, int event, int from, int to,
		 int rc),
	TP_ARGS(schid, event, from, to, rc),

	TP_STRUCT__entry(
		__field(u8, ssid)
		__field(u16, sch_no)
		__field(u8, event)
		__field(u8, from)
		__field(u8, to)
		__field(int, rc)
	),

	TP_fast_assign(
		__entry->ssid = schid.ssid;
		__entry->sch_no = schid.sch_no;
		__entry->event = event;
		__entry->from = from;
		__entry->to = to;
		__entry->rc = rc;
	),

	TP_printk("0.%x.%04x %s: %s -> %s rc=%d",
		  __entry->ssid, __entry->sch_no,
		  vfio_ccw_show_event(__entry->event),
		  vfio_ccw_show_state(__entry->from),
		  vfio_ccw_show_state(__entry->to), __entry->rc)
);

/* A request to start: the guest's ORB, the host's, what translation came to */
TRACE_EVENT(vfio_ccw_start,
	TP_PROTO(struct subchannel_id schid, const struct vfio_ccw_orb *guest,
		 const struct vfio_ccw_orb *host,
		 const struct vfio_ccw_cp_stats *stats, int rc),
	TP_ARGS(schid, guest, host, stats, rc),

	TP_STRUCT__entry(
		__field(u8, ssid)
		__field(u16, sch_no)
		__field(u32, guest_ctl)
		__field(u32, guest_cpa)
		__field(u32, host_cpa)
		__field(u32, ccws)
		__field(u32, segments)
		__field(u32, idaws)
		__field(u32, pages)
		__field(u32, pins)
		__field(u32, reads)
		__field(int, rc)
	),

	TP_fast_assign(
		__entry->ssid = schid.ssid;
		__entry->sch_no = schid.sch_no;
		__entry->guest_ctl = be32_to_cpu(guest->ctl);
		__entry->guest_cpa = be32_to_cpu(guest->cpa);
		__entry->host_cpa = be32_to_cpu(host->cpa);
		__entry->ccws = stats->ccws;
		__entry->segments = stats->segments;
		__entry->idaws = stats->idaws;
		__entry->pages = stats->pages;
		__entry->pins = stats->pins;
		__entry->reads = stats->reads;
		__entry->rc = rc;
	),

	TP_printk("0.%x.%04x orb=%08x guest=%08x host=%08x ccws=%u segments=%u idaws=%u pages=%u pins=%u reads=%u rc=%d",
		  __entry->ssid, __entry->sch_no, __entry->guest_ctl,
		  __entry->guest_cpa, __entry->host_cpa, __entry->ccws,
		  __entry->segments, __entry->idaws, __entry->pages,
		  __entry->pins, __entry->reads, __entry->rc)
);

/* An interrupt, as the hardware presented it */
TRACE_EVENT(vfio_ccw_irq,
	TP_PROTO(struct subchannel_id schid, const struct vfio_ccw_scsw *host,
		 int class),
	TP_ARGS(schid, host, class),

	TP_STRUCT__entry(
		__field(u8, ssid)
		__field(u16, sch_no)
		__field(u8, class)
		__field(u32, ctl)
		__field(u32, cpa)
		__field(u32, status)
	),

	TP_fast_assign(
		__entry->ssid = schid.ssid;
		__entry->sch_no = schid.sch_no;
		__entry->class = class;
		__entry->ctl = be32_to_cpu(host->ctl);
		__entry->cpa = be32_to_cpu(host->cpa);
		__entry->status = be32_to_cpu(host->status);
	),

	TP_printk("0.%x.%04x %s host scsw=%08x.%08x.%08x",
		  __entry->ssid, __entry->sch_no,
		  vfio_ccw_show_class(__entry->class),
		  __entry->ctl, __entry->cpa, __entry->status)
);

/* Status made the guest's: before and after */
TRACE_EVENT(vfio_ccw_complete,
	TP_PROTO(struct subchannel_id schid, const struct vfio_ccw_scsw *host,
		 const struct vfio_ccw_scsw *guest, bool program),
	TP_ARGS(schid, host, guest, program),

	TP_STRUCT__entry(
		__field(u8, ssid)
		__field(u16, sch_no)
		__field(bool, program)
		__field(u32, ctl)
		__field(u32, host_cpa)
		__field(u32, host_status)
		__field(u32, guest_ctl)
		__field(u32, guest_cpa)
		__field(u32, guest_status)
	),

	TP_fast_assign(
		__entry->ssid = schid.ssid;
		__entry->sch_no = schid.sch_no;
		__entry->program = program;
		__entry->ctl = be32_to_cpu(host->ctl);
		__entry->host_cpa = be32_to_cpu(host->cpa);
		__entry->host_status = be32_to_cpu(host->status);
		__entry->guest_ctl = be32_to_cpu(guest->ctl);
		__entry->guest_cpa = be32_to_cpu(guest->cpa);
		__entry->guest_status = be32_to_cpu(guest->status);
	),

	TP_printk("0.%x.%04x %s %s host scsw=%08x.%08x.%08x guest scsw=%08x.%08x.%08x",
		  __entry->ssid, __entry->sch_no,
		  __entry->program ? "program" : "no program",
		  vfio_ccw_show_function(__entry->ctl),
		  __entry->ctl, __entry->host_cpa, __entry->host_status,
		  __entry->guest_ctl, __entry->guest_cpa,
		  __entry->guest_status)
);

/* The user has read all of irb_area */
TRACE_EVENT(vfio_ccw_taken,
	TP_PROTO(struct subchannel_id schid, const struct vfio_ccw_scsw *guest,
		 u32 seq),
	TP_ARGS(schid, guest, seq),

	TP_STRUCT__entry(
		__field(u8, ssid)
		__field(u16, sch_no)
		__field(u32, seq)
		__field(u32, ctl)
		__field(u32, cpa)
		__field(u32, status)
	),

	TP_fast_assign(
		__entry->ssid = schid.ssid;
		__entry->sch_no = schid.sch_no;
		__entry->seq = seq;
		__entry->ctl = be32_to_cpu(guest->ctl);
		__entry->cpa = be32_to_cpu(guest->cpa);
		__entry->status = be32_to_cpu(guest->status);
	),

	TP_printk("0.%x.%04x seq=%u guest scsw=%08x.%08x.%08x",
		  __entry->ssid, __entry->sch_no, __entry->seq,
		  __entry->ctl, __entry->cpa, __entry->status)
);

/* A channel path changed; event is CHP_* of the common I/O layer */
TRACE_EVENT(vfio_ccw_path,
	TP_PROTO(struct subchannel_id schid, u8 chpid, int event, u8 mask,
		 u8 lpm),
	TP_ARGS(schid, chpid, event, mask, lpm),

	TP_STRUCT__entry(
		__field(u8, ssid)
		__field(u16, sch_no)
		__field(u8, chpid)
		__field(u8, event)
		__field(u8, mask)
		__field(u8, lpm)
	),

	TP_fast_assign(
		__entry->ssid = schid.ssid;
		__entry->sch_no = schid.sch_no;
		__entry->chpid = chpid;
		__entry->event = event;
		__entry->mask = mask;
		__entry->lpm = lpm;
	),

	TP_printk("0.%x.%04x chpid=%02x %s mask=%02x lpm=%02x",
		  __entry->ssid, __entry->sch_no, __entry->chpid,
		  __print_symbolic(__entry->event,
				   { 0, "online" },
				   { 1, "offline" },
				   { 2, "vary on" },
				   { 3, "vary off" },
				   { 4, "endpoint security" }),
		  __entry->mask, __entry->lpm)
);

/* The common I/O layer asked for the subchannel to be looked at */
TRACE_EVENT(vfio_ccw_sch_event,
	TP_PROTO(struct subchannel_id schid, int event, int process),
	TP_ARGS(schid, event, process),

	TP_STRUCT__entry(
		__field(u8, ssid)
		__field(u16, sch_no)
		__field(u8, event)
		__field(u8, process)
	),

	TP_fast_assign(
		__entry->ssid = schid.ssid;
		__entry->sch_no = schid.sch_no;
		__entry->event = event;
		__entry->process = process;
	),

	TP_printk("0.%x.%04x %s process=%u", __entry->ssid, __entry->sch_no,
		  vfio_ccw_show_event(__entry->event), __entry->process)
);

/* Pages that may be kept were pinned, or could not be pinned: see rc */
TRACE_EVENT(vfio_ccw_pin,
	TP_PROTO(struct subchannel_id schid, u64 iova, u32 pages, u32 dir,
		 int rc),
	TP_ARGS(schid, iova, pages, dir, rc),

	TP_STRUCT__entry(
		__field(u8, ssid)
		__field(u16, sch_no)
		__field(u64, iova)
		__field(u32, pages)
		__field(u32, dir)
		__field(int, rc)
	),

	TP_fast_assign(
		__entry->ssid = schid.ssid;
		__entry->sch_no = schid.sch_no;
		__entry->iova = iova;
		__entry->pages = pages;
		__entry->dir = dir;
		__entry->rc = rc;
	),

	TP_printk("0.%x.%04x iova=%llx pages=%u %s%s rc=%d",
		  __entry->ssid, __entry->sch_no, __entry->iova,
		  __entry->pages, __entry->dir & VFIO_CCW_PIN_READ ? "r" : "",
		  __entry->dir & VFIO_CCW_PIN_WRITE ? "w" : "", __entry->rc)
);

/* Pages that were kept are unpinned */
TRACE_EVENT(vfio_ccw_unpin,
	TP_PROTO(struct subchannel_id schid, u64 iova, u32 pages),
	TP_ARGS(schid, iova, pages),

	TP_STRUCT__entry(
		__field(u8, ssid)
		__field(u16, sch_no)
		__field(u64, iova)
		__field(u32, pages)
	),

	TP_fast_assign(
		__entry->ssid = schid.ssid;
		__entry->sch_no = schid.sch_no;
		__entry->iova = iova;
		__entry->pages = pages;
	),

	TP_printk("0.%x.%04x iova=%llx pages=%u",
		  __entry->ssid, __entry->sch_no, __entry->iova,
		  __entry->pages)
);

/* Memory is being unmapped */
TRACE_EVENT(vfio_ccw_unmap,
	TP_PROTO(struct subchannel_id schid, u64 iova, u64 length, bool used),
	TP_ARGS(schid, iova, length, used),

	TP_STRUCT__entry(
		__field(u8, ssid)
		__field(u16, sch_no)
		__field(u64, iova)
		__field(u64, length)
		__field(bool, used)
	),

	TP_fast_assign(
		__entry->ssid = schid.ssid;
		__entry->sch_no = schid.sch_no;
		__entry->iova = iova;
		__entry->length = length;
		__entry->used = used;
	),

	TP_printk("0.%x.%04x iova=%llx length=%llx %s",
		  __entry->ssid, __entry->sch_no, __entry->iova,
		  __entry->length, __entry->used ? "used" : "not used")
);

/* What is done after steps: signals, deadlines, a program that has ended */
TRACE_EVENT(vfio_ccw_effects,
	TP_PROTO(struct subchannel_id schid, u32 mask, u32 timer_ms,
		 bool retired),
	TP_ARGS(schid, mask, timer_ms, retired),

	TP_STRUCT__entry(
		__field(u8, ssid)
		__field(u16, sch_no)
		__field(u32, mask)
		__field(u32, timer_ms)
		__field(bool, retired)
	),

	TP_fast_assign(
		__entry->ssid = schid.ssid;
		__entry->sch_no = schid.sch_no;
		__entry->mask = mask;
		__entry->timer_ms = timer_ms;
		__entry->retired = retired;
	),

	TP_printk("0.%x.%04x %s timer=%u ms%s", __entry->ssid, __entry->sch_no,
		  __print_flags(__entry->mask, "|",
				{ VFIO_CCW_FX_SIGNAL_IO, "signal-io" },
				{ VFIO_CCW_FX_SIGNAL_REQ, "signal-req" },
				{ VFIO_CCW_FX_UNREG, "unregister" },
				{ VFIO_CCW_FX_WAKE, "wake" },
				{ VFIO_CCW_FX_TIMER, "timer" },
				{ VFIO_CCW_FX_TIMER_OFF, "timer-off" },
				{ VFIO_CCW_FX_HOLD, "hold" },
				{ VFIO_CCW_FX_QUARANTINE, "quarantine" },
				{ VFIO_CCW_FX_UNQUARANTINE, "unquarantine" },
				{ VFIO_CCW_FX_WORK, "work" }),
		  __entry->timer_ms, __entry->retired ? " retired" : "")
);

#endif /* VFIO_CCW_TRACE_H */

/* This file is read again, by this name and from the folder that Kbuild adds */
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE vfio_ccw_trace
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#include <trace/define_trace.h>
