// SPDX-License-Identifier: GPL-2.0
/*
 * Names of states, events and reasons, for messages, debugfs and the documents
 */
#include <kunit/visibility.h>
#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/export.h>
#include <linux/types.h>

#include "vfio_ccw_fsm.h"

static const char *const fsm_state_names[] = {
	[VFIO_CCW_STATE_NOT_OPER]	= "NOT_OPER",
	[VFIO_CCW_STATE_STANDBY]	= "STANDBY",
	[VFIO_CCW_STATE_IDLE]		= "IDLE",
	[VFIO_CCW_STATE_BUSY]		= "BUSY",
	[VFIO_CCW_STATE_QUIESCING]	= "QUIESCING",
};

static const char *const fsm_event_names[] = {
	[VFIO_CCW_EVENT_INIT]		= "INIT",
	[VFIO_CCW_EVENT_ONLINE]		= "ONLINE",
	[VFIO_CCW_EVENT_OFFLINE]	= "OFFLINE",
	[VFIO_CCW_EVENT_SSCH]		= "SSCH",
	[VFIO_CCW_EVENT_RSCH]		= "RSCH",
	[VFIO_CCW_EVENT_HSCH]		= "HSCH",
	[VFIO_CCW_EVENT_CSCH]		= "CSCH",
	[VFIO_CCW_EVENT_XSCH]		= "XSCH",
	[VFIO_CCW_EVENT_IRQ]		= "IRQ",
	[VFIO_CCW_EVENT_SCHIB]		= "SCHIB",
	[VFIO_CCW_EVENT_PATHGONE]	= "PATHGONE",
	[VFIO_CCW_EVENT_NODEV]		= "NODEV",
	[VFIO_CCW_EVENT_GONE]		= "GONE",
	[VFIO_CCW_EVENT_RESET]		= "RESET",
	[VFIO_CCW_EVENT_DMA_UNMAP]	= "DMA_UNMAP",
	[VFIO_CCW_EVENT_SHUTDOWN]	= "SHUTDOWN",
	[VFIO_CCW_EVENT_TIMEOUT]	= "TIMEOUT",
};

static const char *const fsm_reason_names[] = {
	[VFIO_CCW_REASON_INITIAL]	= "INITIAL",
	[VFIO_CCW_REASON_GONE]		= "GONE",
	[VFIO_CCW_REASON_NODEV]		= "NODEV",
	[VFIO_CCW_REASON_STUCK]		= "STUCK",
	[VFIO_CCW_REASON_SHUTDOWN]	= "SHUTDOWN",
};

static_assert(ARRAY_SIZE(fsm_state_names) == VFIO_CCW_NR_STATES);
static_assert(ARRAY_SIZE(fsm_event_names) == VFIO_CCW_NR_EVENTS);

static const char *fsm_name_of(const char *const *names, size_t len, size_t n)
{
	return n < len ? names[n] : "?";
}

/**
 * vfio_ccw_state_name() - name of a state
 * @state: state
 *
 * Context: any.
 * Return: its name, or "?" if there is no such state.
 */
const char *vfio_ccw_state_name(enum vfio_ccw_state state)
{
	return fsm_name_of(fsm_state_names, ARRAY_SIZE(fsm_state_names), state);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_state_name);

/**
 * vfio_ccw_event_name() - name of an event
 * @event: event
 *
 * Context: any.
 * Return: its name, or "?" if there is no such event.
 */
const char *vfio_ccw_event_name(enum vfio_ccw_event event)
{
	return fsm_name_of(fsm_event_names, ARRAY_SIZE(fsm_event_names), event);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_event_name);

/**
 * vfio_ccw_reason_name() - name of a reason
 * @reason: reason
 *
 * Context: any.
 * Return: its name, or "?" if there is no such reason.
 */
const char *vfio_ccw_reason_name(enum vfio_ccw_reason reason)
{
	return fsm_name_of(fsm_reason_names, ARRAY_SIZE(fsm_reason_names), reason);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_reason_name);
