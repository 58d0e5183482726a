/* SPDX-License-Identifier: GPL-2.0 */
/* What the host, its channel programs and the guest know of the volume */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/* What lies where on the volume, as in volume.py */
#define HEADS		15
#define BLOCK		4096
#define BLOCKS		12	/* of 4 KiB on a track */
#define TRACK_SLOT	56832	/* bytes of a track in the image */
#define KNOWN_CYL	1
#define HOST_CYL	2
#define PASSED_CYL	3
#define ODD_CYL		18
#define FORMAT_CYL	19
#define HOST_SEED	7000
#define PASSED_SEED	9000
#define FORMAT_SEED	11000
#define TAPE_SEED	20000
#define TAPE_OUT_SEED	30000

void pattern(uint32_t seed, void *buf, size_t size);

#endif /* LAYOUT_H */
