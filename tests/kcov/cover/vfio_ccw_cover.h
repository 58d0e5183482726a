/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VFIO_CCW_COVER_H
#define VFIO_CCW_COVER_H

/* Bytes of the map, each for two of the driver's code: whole pages */
#define COVER_SIZE	(1UL << 18)

#endif /* VFIO_CCW_COVER_H */
