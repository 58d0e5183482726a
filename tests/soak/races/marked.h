/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included before everything else where the driver is compiled for vfio_ccw_races.c:
 * what data_race() and the wrappers of atomic operations call is there then, as with
 * CONFIG_KCSAN, but no structure is another one than the kernel has.
 */
#ifndef CONFIG_KCSAN
#define CONFIG_KCSAN 1
#include <linux/kcsan-checks.h>
#undef CONFIG_KCSAN
#endif
