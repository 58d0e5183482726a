/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The subchannel and guest memory, as the core reaches them on s390
 */
#ifndef VFIO_CCW_CIO_H
#define VFIO_CCW_CIO_H

struct vfio_ccw_mem_ops;
struct vfio_ccw_sch_ops;

extern const struct vfio_ccw_sch_ops vfio_ccw_sch_ops;
extern const struct vfio_ccw_mem_ops vfio_ccw_mem_ops;

#endif /* VFIO_CCW_CIO_H */
