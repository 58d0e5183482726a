/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channel programs of tests, word by word: each macro is a doubleword as it is
 * printed, most significant byte first, and can stand in an initialiser
 *
 * Shares nothing with the driver, so that a mistake in a mask of the driver's
 * shows. What has to come of a program is written in bytes in the tests.
 */
#ifndef CP_BUILD_H
#define CP_BUILD_H

#include <linux/types.h>

/* Flags of a CCW */
#define CCW_CD		0x80	/* chain data */
#define CCW_CC		0x40	/* chain command */
#define CCW_SLI		0x20	/* suppress length indication */
#define CCW_SKIP	0x10	/* skip */
#define CCW_PCI		0x08	/* program-controlled interruption */
#define CCW_IDA		0x04	/* indirect data address */
#define CCW_S		0x02	/* suspend */
#define CCW_MIDA	0x01	/* modified indirect data address */

/* Command codes; what the device does is in the high bits, if anywhere */
#define CMD_WRITE	0x01
#define CMD_READ	0x02
#define CMD_NOOP	0x03
#define CMD_SENSE	0x04
#define CMD_READ_DATA	0x06
#define CMD_CONTROL	0x07
#define CMD_TIC		0x08
#define CMD_BACKWARD	0x0c
#define CMD_SEARCH	0x31

/* A format-1 CCW */
#define CCW1(cmd, flags, count, addr)					\
	((u64)(cmd) << 56 | (u64)(flags) << 48 |			\
	 ((u64)(count) & 0xffff) << 32 | (u32)(addr))

/* A format-0 CCW; bits 40 to 47 of it mean nothing and are zeros */
#define CCW0(cmd, addr, flags, count)					\
	((u64)(cmd) << 56 | ((u64)(addr) & 0xffffff) << 32 |		\
	 (u64)(flags) << 24 | ((count) & 0xffff))

/* TRANSFER IN CHANNEL of format 1 */
#define TIC1(addr)	CCW1(CMD_TIC, 0, 0, addr)

/* Two format-1 IDAWs */
#define IDAWS1(first, second)	((u64)(first) << 32 | (u32)(second))

/* The first doubleword of a MIDAW; its address is the second */
#define MIDAW(flags, count)	((u64)(flags) << 16 | (count))

#define MIDAW_LAST	0x80
#define MIDAW_SKIP	0x40
#define MIDAW_DTIC	0x20	/* data-transfer-interruption control */

#endif
