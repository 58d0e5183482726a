/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VFIO device: what a user sees
 */
#ifndef VFIO_CCW_OPS_H
#define VFIO_CCW_OPS_H

struct mdev_driver;

extern struct mdev_driver vfio_ccw_ops_driver;

#endif /* VFIO_CCW_OPS_H */
