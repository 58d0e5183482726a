/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Wire formats of the channel subsystem, as the guest and the channel see them
 *
 * Owns: the layout of every block that crosses the boundary between this
 * driver, the guest's storage and the channel. All multi-byte fields are
 * big-endian; they stay __beNN until the moment they are used. The words
 * are those of the z/Architecture Principles of Operation (PoP, SA22-7832),
 * chapters 14 to 17.
 *
 * Includes no architecture header: the same file is compiled for s390,
 * for user-mode Linux and for plain user space.
 */
#ifndef VFIO_CCW_FORMAT_H
#define VFIO_CCW_FORMAT_H

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * struct vfio_ccw_orb - command-mode operation-request block, words 0 to 2
 * @intparm: word 0, interruption parameter
 * @ctl: word 1, VFIO_CCW_ORB_* controls, storage key and logical-path mask
 * @cpa: word 2, channel-program address: absolute (host) or guest, by context
 *
 * Big-endian. PoP chapter 15, "Operation-Request Block".
 */
struct vfio_ccw_orb {
	__be32 intparm;
	__be32 ctl;
	__be32 cpa;
};

#define VFIO_CCW_ORB_KEY	GENMASK(31, 28)	/* subchannel key */
#define VFIO_CCW_ORB_S		BIT(27)	/* suspend control */
#define VFIO_CCW_ORB_C		BIT(26)	/* streaming-mode control */
#define VFIO_CCW_ORB_M		BIT(25)	/* modification control */
#define VFIO_CCW_ORB_Y		BIT(24)	/* synchronization control */
#define VFIO_CCW_ORB_F		BIT(23)	/* format control: 1 = format-1 CCWs */
#define VFIO_CCW_ORB_P		BIT(22)	/* prefetch control */
#define VFIO_CCW_ORB_I		BIT(21)	/* initial-status-interruption control */
#define VFIO_CCW_ORB_A		BIT(20)	/* address-limit-checking control */
#define VFIO_CCW_ORB_U		BIT(19)	/* suppress-suspended-interruption control */
#define VFIO_CCW_ORB_B		BIT(18)	/* channel-program type: 1 = transport mode */
#define VFIO_CCW_ORB_H		BIT(17)	/* format-2-IDAW control */
#define VFIO_CCW_ORB_T		BIT(16)	/* 2K-IDAW control */
#define VFIO_CCW_ORB_LPM	GENMASK(15, 8)	/* logical-path mask */
#define VFIO_CCW_ORB_L		BIT(7)	/* incorrect-length-suppression mode */
#define VFIO_CCW_ORB_D		BIT(6)	/* modified-CCW-indirect-data-addressing control */
#define VFIO_CCW_ORB_ZERO	GENMASK(5, 1)	/* reserved, must be zero */
#define VFIO_CCW_ORB_X		BIT(0)	/* ORB-extension control */

/**
 * struct vfio_ccw_ccw0 - format-0 channel-command word
 * @cmd: command code
 * @cda: 24-bit data address, most significant byte first
 * @flags: VFIO_CCW_CCW_F_*
 * @rsvd: ignored by the channel
 * @count: byte count, big-endian
 *
 * Doubleword aligned in storage. PoP chapter 15, "Channel-Command Word".
 */
struct vfio_ccw_ccw0 {
	u8 cmd;
	u8 cda[3];
	u8 flags;
	u8 rsvd;
	__be16 count;
};

/**
 * struct vfio_ccw_ccw1 - format-1 channel-command word
 * @cmd: command code
 * @flags: VFIO_CCW_CCW_F_*
 * @count: byte count, big-endian
 * @cda: 31-bit data address, big-endian; bit 0 must be zero
 *
 * Doubleword aligned in storage. PoP chapter 15, "Channel-Command Word".
 */
struct vfio_ccw_ccw1 {
	u8 cmd;
	u8 flags;
	__be16 count;
	__be32 cda;
};

#define VFIO_CCW_CCW_F_CD	BIT(7)	/* chain data */
#define VFIO_CCW_CCW_F_CC	BIT(6)	/* chain command */
#define VFIO_CCW_CCW_F_SLI	BIT(5)	/* suppress length indication */
#define VFIO_CCW_CCW_F_SKIP	BIT(4)	/* skip transfer to storage */
#define VFIO_CCW_CCW_F_PCI	BIT(3)	/* program-controlled interruption */
#define VFIO_CCW_CCW_F_IDA	BIT(2)	/* indirect data address */
#define VFIO_CCW_CCW_F_S	BIT(1)	/* suspend */
#define VFIO_CCW_CCW_F_MIDA	BIT(0)	/* modified indirect data address */

#define VFIO_CCW_CCW_CMD_TIC	0x08	/* transfer in channel, bits 4-7 */
#define VFIO_CCW_CCW_CMD_NOOP	0x03	/* control: no operation */

#define VFIO_CCW_CCW_SIZE	8	/* bytes, either format */
#define VFIO_CCW_IDAW1_SIZE	4	/* bytes, format-1 IDAW (31-bit) */
#define VFIO_CCW_IDAW2_SIZE	8	/* bytes, format-2 IDAW (64-bit) */
#define VFIO_CCW_IDA_BLOCK_2K	2048U	/* bytes */
#define VFIO_CCW_IDA_BLOCK_4K	4096U	/* bytes */

/**
 * struct vfio_ccw_midaw - modified indirect-data-address word
 * @rsvd: reserved, must be zero
 * @flags: VFIO_CCW_MIDAW_F_*
 * @count: byte count, big-endian
 * @addr: 64-bit data address, big-endian
 *
 * Quadword aligned in storage, the list may not cross a 4 KiB boundary.
 * PoP chapter 15, "Modified Indirect Data Address Word".
 */
struct vfio_ccw_midaw {
	u8 rsvd[5];
	u8 flags;
	__be16 count;
	__be64 addr;
};

#define VFIO_CCW_MIDAW_F_LAST	BIT(7)	/* last MIDAW of the list */
#define VFIO_CCW_MIDAW_F_SKIP	BIT(6)	/* skip transfer to storage */
#define VFIO_CCW_MIDAW_F_DTIC	BIT(5)	/* data-transfer-interruption control */
#define VFIO_CCW_MIDAW_F_ZERO	GENMASK(4, 0)	/* reserved, must be zero */

/**
 * struct vfio_ccw_scsw - command-mode subchannel-status word
 * @ctl: word 0, VFIO_CCW_SCSW_*
 * @cpa: word 1, channel-program address
 * @status: word 2, device status, subchannel status and residual count
 *
 * Big-endian. PoP chapter 16, "Subchannel-Status Word".
 */
struct vfio_ccw_scsw {
	__be32 ctl;
	__be32 cpa;
	__be32 status;
};

#define VFIO_CCW_SCSW_KEY	GENMASK(31, 28)	/* subchannel key */
#define VFIO_CCW_SCSW_S		BIT(27)	/* suspend control */
#define VFIO_CCW_SCSW_L		BIT(26)	/* extended-status-word format */
#define VFIO_CCW_SCSW_CC	GENMASK(25, 24)	/* deferred condition code */
#define VFIO_CCW_SCSW_F		BIT(23)	/* CCW format */
#define VFIO_CCW_SCSW_P		BIT(22)	/* prefetch */
#define VFIO_CCW_SCSW_I		BIT(21)	/* initial-status-interruption control */
#define VFIO_CCW_SCSW_A		BIT(20)	/* address-limit-checking control */
#define VFIO_CCW_SCSW_U		BIT(19)	/* suppress-suspended interruption */
#define VFIO_CCW_SCSW_Z		BIT(18)	/* zero condition code */
#define VFIO_CCW_SCSW_E		BIT(17)	/* extended control */
#define VFIO_CCW_SCSW_N		BIT(16)	/* path not operational */
#define VFIO_CCW_SCSW_FC	GENMASK(14, 12)	/* function control */
#define VFIO_CCW_SCSW_AC	GENMASK(11, 5)	/* activity control */
#define VFIO_CCW_SCSW_SC	GENMASK(4, 0)	/* status control */

#define VFIO_CCW_FC_START	BIT(14)
#define VFIO_CCW_FC_HALT	BIT(13)
#define VFIO_CCW_FC_CLEAR	BIT(12)

#define VFIO_CCW_AC_RESUME	BIT(11)	/* resume pending */
#define VFIO_CCW_AC_START	BIT(10)	/* start pending */
#define VFIO_CCW_AC_HALT	BIT(9)	/* halt pending */
#define VFIO_CCW_AC_CLEAR	BIT(8)	/* clear pending */
#define VFIO_CCW_AC_SCH_ACT	BIT(7)	/* subchannel active */
#define VFIO_CCW_AC_DEV_ACT	BIT(6)	/* device active */
#define VFIO_CCW_AC_SUSP	BIT(5)	/* suspended */

#define VFIO_CCW_SC_ALERT	BIT(4)
#define VFIO_CCW_SC_INTER	BIT(3)	/* intermediate */
#define VFIO_CCW_SC_PRIM	BIT(2)	/* primary */
#define VFIO_CCW_SC_SEC		BIT(1)	/* secondary */
#define VFIO_CCW_SC_PEND	BIT(0)	/* status pending */

#define VFIO_CCW_STATUS_DEV	GENMASK(31, 24)	/* device status */
#define VFIO_CCW_STATUS_SCH	GENMASK(23, 16)	/* subchannel status */
#define VFIO_CCW_STATUS_COUNT	GENMASK(15, 0)	/* residual count, bytes */

#define VFIO_CCW_DS_ATTN	BIT(7)	/* attention */
#define VFIO_CCW_DS_SM		BIT(6)	/* status modifier */
#define VFIO_CCW_DS_CUE		BIT(5)	/* control-unit end */
#define VFIO_CCW_DS_BUSY	BIT(4)	/* busy */
#define VFIO_CCW_DS_CE		BIT(3)	/* channel end */
#define VFIO_CCW_DS_DE		BIT(2)	/* device end */
#define VFIO_CCW_DS_UC		BIT(1)	/* unit check */
#define VFIO_CCW_DS_UE		BIT(0)	/* unit exception */

#define VFIO_CCW_CS_PCI		BIT(7)	/* program-controlled interruption */
#define VFIO_CCW_CS_IL		BIT(6)	/* incorrect length */
#define VFIO_CCW_CS_PROG	BIT(5)	/* program check */
#define VFIO_CCW_CS_PROT	BIT(4)	/* protection check */
#define VFIO_CCW_CS_CDC		BIT(3)	/* channel-data check */
#define VFIO_CCW_CS_CCC		BIT(2)	/* channel-control check */
#define VFIO_CCW_CS_IFCC	BIT(1)	/* interface-control check */
#define VFIO_CCW_CS_CHAIN	BIT(0)	/* chaining check */

/**
 * struct vfio_ccw_esw - format-0 extended-status word
 * @logout: word 0, subchannel logout
 * @erw: word 1, extended-report word
 * @faddr: words 2 and 3, failing-storage address
 * @saddr: word 4, secondary-CCW address
 *
 * Big-endian. Other formats share word 1 and hold no address. PoP chapter
 * 16, "Extended-Status Word".
 */
struct vfio_ccw_esw {
	__be32 logout;
	__be32 erw;
	__be32 faddr[2];
	__be32 saddr;
};

#define VFIO_CCW_ERW_A		BIT(28)	/* authorization check */
#define VFIO_CCW_ERW_P		BIT(27)	/* path-verification required */
#define VFIO_CCW_ERW_T		BIT(26)	/* channel-path timeout */
#define VFIO_CCW_ERW_F		BIT(25)	/* failing-storage-address validity */
#define VFIO_CCW_ERW_S		BIT(24)	/* concurrent sense */
#define VFIO_CCW_ERW_C		BIT(23)	/* secondary-CCW-address validity */
#define VFIO_CCW_ERW_R		BIT(22)	/* failing-storage-address format: 1 = 64 bit */
#define VFIO_CCW_ERW_SCNT	GENMASK(21, 16)	/* concurrent-sense count, bytes */

/**
 * struct vfio_ccw_irb - interruption-response block
 * @scsw: subchannel-status word
 * @esw: extended-status word
 * @ecw: extended-control word (sense, model-dependent)
 * @emw: extended-measurement word
 *
 * 96 bytes, as in irb_area of struct ccw_io_region. PoP chapter 16.
 */
struct vfio_ccw_irb {
	struct vfio_ccw_scsw scsw;
	struct vfio_ccw_esw esw;
	u8 ecw[32];
	u8 emw[32];
};

/**
 * struct vfio_ccw_schib - subchannel-information block
 * @intparm: PMCW word 0, interruption parameter
 * @ctl: PMCW word 1, VFIO_CCW_PMCW_*
 * @lpm: logical-path mask
 * @pnom: path-not-operational mask
 * @lpum: last-path-used mask
 * @pim: path-installed mask
 * @mbi: measurement-block index
 * @pom: path-operational mask
 * @pam: path-available mask
 * @chpid: channel-path identifiers, path 0 first
 * @ctl6: PMCW word 6, measurement and concurrent-sense controls
 * @scsw: subchannel-status word
 * @mba: measurement-block address
 * @mda: model-dependent area
 *
 * 52 bytes, big-endian, as in schib_area of struct ccw_schib_region. PoP
 * chapter 15, "Subchannel-Information Block".
 */
struct vfio_ccw_schib {
	__be32 intparm;
	__be32 ctl;
	u8 lpm;
	u8 pnom;
	u8 lpum;
	u8 pim;
	__be16 mbi;
	u8 pom;
	u8 pam;
	u8 chpid[8];
	__be32 ctl6;
	struct vfio_ccw_scsw scsw;
	__be32 mba[2];
	u8 mda[4];
};

#define VFIO_CCW_PMCW_ISC	GENMASK(29, 27)	/* interruption subclass */
#define VFIO_CCW_PMCW_ENA	BIT(23)	/* enabled */
#define VFIO_CCW_PMCW_LM	GENMASK(22, 21)	/* limit mode */
#define VFIO_CCW_PMCW_MME	GENMASK(20, 19)	/* measurement-mode enable */
#define VFIO_CCW_PMCW_MP	BIT(18)	/* multipath mode */
#define VFIO_CCW_PMCW_TF	BIT(17)	/* timing facility */
#define VFIO_CCW_PMCW_DNV	BIT(16)	/* device number valid */
#define VFIO_CCW_PMCW_DEV	GENMASK(15, 0)	/* device number */

/*
 * Channel-report word, one 32-bit big-endian word. PoP chapter 17,
 * "Channel-Report Word".
 */
#define VFIO_CCW_CRW_S		BIT(30)	/* solicited */
#define VFIO_CCW_CRW_R		BIT(29)	/* overflow: CRWs were lost */
#define VFIO_CCW_CRW_C		BIT(28)	/* chained */
#define VFIO_CCW_CRW_RSC	GENMASK(27, 24)	/* reporting-source code */
#define VFIO_CCW_CRW_A		BIT(23)	/* ancillary */
#define VFIO_CCW_CRW_ERC	GENMASK(21, 16)	/* error-recovery code */
#define VFIO_CCW_CRW_RSID	GENMASK(15, 0)	/* reporting-source ID */

#define VFIO_CCW_CRW_RSC_CPATH	4	/* channel path */
#define VFIO_CCW_CRW_ERC_INIT	2	/* initialized, not permanently */
#define VFIO_CCW_CRW_ERC_PERRN	6	/* permanent error, facility not init. */

static_assert(sizeof(struct vfio_ccw_orb) == 12);
static_assert(sizeof(struct vfio_ccw_ccw0) == VFIO_CCW_CCW_SIZE);
static_assert(offsetof(struct vfio_ccw_ccw0, flags) == 4);
static_assert(offsetof(struct vfio_ccw_ccw0, count) == 6);
static_assert(sizeof(struct vfio_ccw_ccw1) == VFIO_CCW_CCW_SIZE);
static_assert(offsetof(struct vfio_ccw_ccw1, count) == 2);
static_assert(offsetof(struct vfio_ccw_ccw1, cda) == 4);
static_assert(sizeof(struct vfio_ccw_midaw) == 16);
static_assert(offsetof(struct vfio_ccw_midaw, flags) == 5);
static_assert(offsetof(struct vfio_ccw_midaw, count) == 6);
static_assert(offsetof(struct vfio_ccw_midaw, addr) == 8);
static_assert(sizeof(struct vfio_ccw_scsw) == 12);
static_assert(sizeof(struct vfio_ccw_esw) == 20);
static_assert(sizeof(struct vfio_ccw_irb) == 96);
static_assert(offsetof(struct vfio_ccw_irb, ecw) == 32);
static_assert(offsetof(struct vfio_ccw_irb, emw) == 64);
static_assert(sizeof(struct vfio_ccw_schib) == 52);
static_assert(offsetof(struct vfio_ccw_schib, lpm) == 8);
static_assert(offsetof(struct vfio_ccw_schib, pam) == 15);
static_assert(offsetof(struct vfio_ccw_schib, chpid) == 16);
static_assert(offsetof(struct vfio_ccw_schib, ctl6) == 24);
static_assert(offsetof(struct vfio_ccw_schib, scsw) == 28);
static_assert(offsetof(struct vfio_ccw_schib, mba) == 40);
static_assert(offsetof(struct vfio_ccw_schib, mda) == 48);

#endif /* VFIO_CCW_FORMAT_H */
