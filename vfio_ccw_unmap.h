/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory that the user takes away
 */
#ifndef VFIO_CCW_UNMAP_H
#define VFIO_CCW_UNMAP_H

#include <linux/types.h>

struct vfio_ccw_device;
struct vfio_device;

void vfio_ccw_unmap(struct vfio_ccw_device *dev, struct vfio_device *vdev,
		    u64 iova, u64 length);
int vfio_ccw_unmap_wait(struct vfio_ccw_device *dev);
void vfio_ccw_unmap_open(struct vfio_ccw_device *dev);
void vfio_ccw_unmap_close(struct vfio_ccw_device *dev);
void vfio_ccw_unmap_fini(struct vfio_ccw_device *dev);

#endif /* VFIO_CCW_UNMAP_H */
