/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The subchannel that the guest sees, as the Principles of Operation describe
 * it: the real one, the status that was taken from it and that the guest has
 * not read yet, and the functions that the guest has not been told the end of.
 *
 * It judges every request: a condition code is right if this subchannel would
 * have answered so at some moment between the begin of the request and its
 * effect. And it knows all status that was taken and that nobody has read.
 */
#ifndef EXPLORE_COMPOSITE_H
#define EXPLORE_COMPOSITE_H

#include "world.h"

/* Status that ends nothing, by what tells it from other status */
#define KIND_PCI	BIT(0)
#define KIND_SUSP	BIT(1)
#define KIND_ODD	BIT(2)
#define KIND_SEC	BIT(3)
#define KIND_ALERT	BIT(4)
#define KIND_ALERT_2	BIT(5)
#define KIND_SENSE	BIT(6)
#define KIND_SENSE_2	BIT(7)
#define KIND_PCI_2	BIT(8)
#define KINDS_INTER	(KIND_PCI | KIND_PCI_2 | KIND_SUSP | KIND_ODD)

u16 composite_kinds(const struct vfio_ccw_irb *irb);
/* Status has been taken from the subchannel; it may be marked here */
void composite_status(struct vfio_ccw_irb *irb);
/* A mark for sense that is not unread yet; 0 if there is no more */
u8 composite_sense(void);
/* The user has taken a block with these */
void composite_read(u16 kinds);
/* The end of a step: all that was taken and not read is queued */
void composite_step(enum vfio_ccw_state before);
void composite_check(void);

/* A request of the user, from before the step to its result */
void composite_begin(enum vfio_ccw_event event, const struct vfio_ccw_arg *arg);
void composite_sample(void);
void composite_said_cc3(void);
/* Was it seen not to be operational since the request began? */
bool composite_vanished(void);
/* The resume under way was prepared for a program that is suspended */
bool composite_tail_stands_still(void);
void composite_took(enum vfio_ccw_event event);
void composite_judge(int ret);
/* The same for a check that comes before */
void composite_judge_check(enum vfio_ccw_event event, int ret);

#endif
