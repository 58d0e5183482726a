/* SPDX-License-Identifier: GPL-2.0 */
/* The subchannel of the explored world */
#ifndef EXPLORE_HW_H
#define EXPLORE_HW_H

#include <stdbool.h>

#include "vfio_ccw_fsm.h"

extern const struct vfio_ccw_sch_ops hw_ops;

/*
 * One thing that the hardware or the host does by itself; sooner or later if
 * it is @fair, or perhaps never. What the @host does needs the subchannel lock.
 */
struct hw_move {
	const char *name;
	bool fair;
	bool host;
	bool (*enabled)(void);
	void (*act)(void);
};

extern const struct hw_move hw_moves[];
extern const unsigned int nr_hw_moves;

/* The fsm_mutex, and how often the hardware may act in one hold of it */
void hw_mutex_lock(void);
void hw_mutex_unlock(void);
void hw_moves_allowed(unsigned int n);

/* On whose behalf the state machine acts */
enum by { BY_DRIVER, BY_USER, BY_UNMAP };
extern enum by hw_by;

/* The channel-program address that comes with the status of a suspension */
#define HW_CPA	0x10

/*
 * Functions in progress at the subchannel that the guest sees: while the driver
 * ends a start by a clear, the start
 */
u32 hw_functions(void);
/* What the subchannel would answer if nothing but itself mattered */
bool hw_not_operational(void);
bool hw_status_not_inter(void);
bool hw_may_cancel(void);
bool hw_may_resume(void);
bool hw_suspended(void);

/* The start in progress cannot go on: a path it needs is gone */
bool hw_misses_path(void);
/* The channel may still fetch from or store into what a program pinned */
bool hw_uses_program(void);
bool hw_irq_enabled(void);
void hw_irq(void);
/* Nothing moves by itself while this is set */
extern bool hw_dead;

#endif
