// SPDX-License-Identifier: GPL-2.0
/*
 * Wire formats: blocks written down byte by byte from the Principles of
 * Operation, read through the structures and masks of vfio_ccw_format.h, and
 * built again from the fields. The bytes are the reference, not our code.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "vfio_ccw_format.h"

/* An ORB of Linux: key 0, F, P, H, LPM 80, L, format-1 program at 00012340 */
static void orb_fields(struct kunit *test)
{
	static const u8 wire[12] = {
		0xde, 0xad, 0xbe, 0xef, 0x00, 0xc2, 0x80, 0x80,
		0x00, 0x01, 0x23, 0x40,
	};
	struct vfio_ccw_orb orb;
	u32 ctl;

	memcpy(&orb, wire, sizeof(orb));
	ctl = be32_to_cpu(orb.ctl);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(orb.intparm), 0xdeadbeefU);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(orb.cpa), 0x12340U);
	KUNIT_EXPECT_EQ(test, ctl, (u32)(VFIO_CCW_ORB_F | VFIO_CCW_ORB_P |
			VFIO_CCW_ORB_H | VFIO_CCW_ORB_L |
			FIELD_PREP(VFIO_CCW_ORB_LPM, 0x80)));

	orb.ctl = cpu_to_be32(FIELD_PREP(VFIO_CCW_ORB_KEY, 0) |
			      VFIO_CCW_ORB_F | VFIO_CCW_ORB_P |
			      VFIO_CCW_ORB_H | VFIO_CCW_ORB_L |
			      FIELD_PREP(VFIO_CCW_ORB_LPM, 0x80));
	KUNIT_EXPECT_MEMEQ(test, &orb, wire, sizeof(orb));
}

/**
 * struct bit_case - one named bit of a big-endian word
 * @name: what it is called
 * @mask: the mask under test
 * @wire: the word with that bit alone, or a field all ones
 */
struct bit_case {
	const char *name;
	u32 mask;
	u8 wire[4];
};

/* PoP numbers bits from the left: bit n is 1 << (31 - n) */
static const struct bit_case bit_cases[] = {
	{ "ORB key, bits 0-3", VFIO_CCW_ORB_KEY, { 0xf0 } },
	{ "ORB S, bit 4", VFIO_CCW_ORB_S, { 0x08 } },
	{ "ORB C, bit 5", VFIO_CCW_ORB_C, { 0x04 } },
	{ "ORB M, bit 6", VFIO_CCW_ORB_M, { 0x02 } },
	{ "ORB Y, bit 7", VFIO_CCW_ORB_Y, { 0x01 } },
	{ "ORB F, bit 8", VFIO_CCW_ORB_F, { 0, 0x80 } },
	{ "ORB P, bit 9", VFIO_CCW_ORB_P, { 0, 0x40 } },
	{ "ORB I, bit 10", VFIO_CCW_ORB_I, { 0, 0x20 } },
	{ "ORB A, bit 11", VFIO_CCW_ORB_A, { 0, 0x10 } },
	{ "ORB U, bit 12", VFIO_CCW_ORB_U, { 0, 0x08 } },
	{ "ORB B, bit 13", VFIO_CCW_ORB_B, { 0, 0x04 } },
	{ "ORB H, bit 14", VFIO_CCW_ORB_H, { 0, 0x02 } },
	{ "ORB T, bit 15", VFIO_CCW_ORB_T, { 0, 0x01 } },
	{ "ORB LPM, bits 16-23", VFIO_CCW_ORB_LPM, { 0, 0, 0xff } },
	{ "ORB L, bit 24", VFIO_CCW_ORB_L, { 0, 0, 0, 0x80 } },
	{ "ORB D, bit 25", VFIO_CCW_ORB_D, { 0, 0, 0, 0x40 } },
	{ "ORB reserved, bits 26-30", VFIO_CCW_ORB_ZERO, { 0, 0, 0, 0x3e } },
	{ "ORB X, bit 31", VFIO_CCW_ORB_X, { 0, 0, 0, 0x01 } },
	{ "SCSW key, bits 0-3", VFIO_CCW_SCSW_KEY, { 0xf0 } },
	{ "SCSW S, bit 4", VFIO_CCW_SCSW_S, { 0x08 } },
	{ "SCSW L, bit 5", VFIO_CCW_SCSW_L, { 0x04 } },
	{ "SCSW CC, bits 6-7", VFIO_CCW_SCSW_CC, { 0x03 } },
	{ "SCSW F, bit 8", VFIO_CCW_SCSW_F, { 0, 0x80 } },
	{ "SCSW P, bit 9", VFIO_CCW_SCSW_P, { 0, 0x40 } },
	{ "SCSW I, bit 10", VFIO_CCW_SCSW_I, { 0, 0x20 } },
	{ "SCSW A, bit 11", VFIO_CCW_SCSW_A, { 0, 0x10 } },
	{ "SCSW U, bit 12", VFIO_CCW_SCSW_U, { 0, 0x08 } },
	{ "SCSW Z, bit 13", VFIO_CCW_SCSW_Z, { 0, 0x04 } },
	{ "SCSW E, bit 14", VFIO_CCW_SCSW_E, { 0, 0x02 } },
	{ "SCSW N, bit 15", VFIO_CCW_SCSW_N, { 0, 0x01 } },
	{ "SCSW FC, bits 17-19", VFIO_CCW_SCSW_FC, { 0, 0, 0x70 } },
	{ "SCSW start function, bit 17", VFIO_CCW_FC_START, { 0, 0, 0x40 } },
	{ "SCSW halt function, bit 18", VFIO_CCW_FC_HALT, { 0, 0, 0x20 } },
	{ "SCSW clear function, bit 19", VFIO_CCW_FC_CLEAR, { 0, 0, 0x10 } },
	{ "SCSW AC, bits 20-26", VFIO_CCW_SCSW_AC, { 0, 0, 0x0f, 0xe0 } },
	{ "SCSW resume pending, bit 20", VFIO_CCW_AC_RESUME, { 0, 0, 0x08 } },
	{ "SCSW start pending, bit 21", VFIO_CCW_AC_START, { 0, 0, 0x04 } },
	{ "SCSW halt pending, bit 22", VFIO_CCW_AC_HALT, { 0, 0, 0x02 } },
	{ "SCSW clear pending, bit 23", VFIO_CCW_AC_CLEAR, { 0, 0, 0x01 } },
	{ "SCSW subchannel active, bit 24", VFIO_CCW_AC_SCH_ACT,
	  { 0, 0, 0, 0x80 } },
	{ "SCSW device active, bit 25", VFIO_CCW_AC_DEV_ACT,
	  { 0, 0, 0, 0x40 } },
	{ "SCSW suspended, bit 26", VFIO_CCW_AC_SUSP, { 0, 0, 0, 0x20 } },
	{ "SCSW SC, bits 27-31", VFIO_CCW_SCSW_SC, { 0, 0, 0, 0x1f } },
	{ "SCSW alert, bit 27", VFIO_CCW_SC_ALERT, { 0, 0, 0, 0x10 } },
	{ "SCSW intermediate, bit 28", VFIO_CCW_SC_INTER, { 0, 0, 0, 0x08 } },
	{ "SCSW primary, bit 29", VFIO_CCW_SC_PRIM, { 0, 0, 0, 0x04 } },
	{ "SCSW secondary, bit 30", VFIO_CCW_SC_SEC, { 0, 0, 0, 0x02 } },
	{ "SCSW status pending, bit 31", VFIO_CCW_SC_PEND,
	  { 0, 0, 0, 0x01 } },
	{ "device status, bits 0-7", VFIO_CCW_STATUS_DEV, { 0xff } },
	{ "subchannel status, bits 8-15", VFIO_CCW_STATUS_SCH, { 0, 0xff } },
	{ "residual count, bits 16-31", VFIO_CCW_STATUS_COUNT,
	  { 0, 0, 0xff, 0xff } },
	{ "ERW authorization check, bit 3", VFIO_CCW_ERW_A, { 0x10 } },
	{ "ERW path verification, bit 4", VFIO_CCW_ERW_P, { 0x08 } },
	{ "ERW path timeout, bit 5", VFIO_CCW_ERW_T, { 0x04 } },
	{ "ERW failing address, bit 6", VFIO_CCW_ERW_F, { 0x02 } },
	{ "ERW concurrent sense, bit 7", VFIO_CCW_ERW_S, { 0x01 } },
	{ "ERW secondary CCW, bit 8", VFIO_CCW_ERW_C, { 0, 0x80 } },
	{ "ERW address format, bit 9", VFIO_CCW_ERW_R, { 0, 0x40 } },
	{ "ERW sense count, bits 10-15", VFIO_CCW_ERW_SCNT, { 0, 0x3f } },
	{ "PMCW ISC, bits 2-4", VFIO_CCW_PMCW_ISC, { 0x38 } },
	{ "PMCW enabled, bit 8", VFIO_CCW_PMCW_ENA, { 0, 0x80 } },
	{ "PMCW limit mode, bits 9-10", VFIO_CCW_PMCW_LM, { 0, 0x60 } },
	{ "PMCW measurement, bits 11-12", VFIO_CCW_PMCW_MME, { 0, 0x18 } },
	{ "PMCW multipath, bit 13", VFIO_CCW_PMCW_MP, { 0, 0x04 } },
	{ "PMCW timing, bit 14", VFIO_CCW_PMCW_TF, { 0, 0x02 } },
	{ "PMCW valid, bit 15", VFIO_CCW_PMCW_DNV, { 0, 0x01 } },
	{ "PMCW number, bits 16-31", VFIO_CCW_PMCW_DEV, { 0, 0, 0xff, 0xff } },
	{ "CRW solicited, bit 1", VFIO_CCW_CRW_S, { 0x40 } },
	{ "CRW overflow, bit 2", VFIO_CCW_CRW_R, { 0x20 } },
	{ "CRW chained, bit 3", VFIO_CCW_CRW_C, { 0x10 } },
	{ "CRW source, bits 4-7", VFIO_CCW_CRW_RSC, { 0x0f } },
	{ "CRW ancillary, bit 8", VFIO_CCW_CRW_A, { 0, 0x80 } },
	{ "CRW recovery, bits 10-15", VFIO_CCW_CRW_ERC, { 0, 0x3f } },
	{ "CRW id, bits 16-31", VFIO_CCW_CRW_RSID, { 0, 0, 0xff, 0xff } },
};

KUNIT_ARRAY_PARAM_DESC(bit, bit_cases, name);

static void bits_where_the_manual_has_them(struct kunit *test)
{
	const struct bit_case *c = test->param_value;
	__be32 word;

	memcpy(&word, c->wire, sizeof(word));
	KUNIT_EXPECT_EQ(test, be32_to_cpu(word), c->mask);
}

/* The CCW flags are the same byte in both formats: CD first, MIDA last */
static void ccw_flags(struct kunit *test)
{
	static const u8 flags[] = {
		VFIO_CCW_CCW_F_CD, VFIO_CCW_CCW_F_CC, VFIO_CCW_CCW_F_SLI,
		VFIO_CCW_CCW_F_SKIP, VFIO_CCW_CCW_F_PCI, VFIO_CCW_CCW_F_IDA,
		VFIO_CCW_CCW_F_S, VFIO_CCW_CCW_F_MIDA,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++)
		KUNIT_EXPECT_EQ(test, flags[i], 0x80 >> i);
}

/* SENSE ID of 7 bytes to 00456789, SLI, both formats */
static void ccw_both_formats(struct kunit *test)
{
	static const u8 wire0[8] = {
		0xe4, 0x45, 0x67, 0x89, 0x20, 0x00, 0x00, 0x07,
	};
	static const u8 wire1[8] = {
		0xe4, 0x20, 0x00, 0x07, 0x00, 0x45, 0x67, 0x89,
	};
	struct vfio_ccw_ccw0 ccw0;
	struct vfio_ccw_ccw1 ccw1;

	memcpy(&ccw0, wire0, sizeof(ccw0));
	KUNIT_EXPECT_EQ(test, ccw0.cmd, 0xe4);
	KUNIT_EXPECT_EQ(test, ccw0.cda[0] << 16 | ccw0.cda[1] << 8 |
			ccw0.cda[2], 0x456789);
	KUNIT_EXPECT_EQ(test, ccw0.flags, VFIO_CCW_CCW_F_SLI);
	KUNIT_EXPECT_EQ(test, be16_to_cpu(ccw0.count), 7);

	memcpy(&ccw1, wire1, sizeof(ccw1));
	KUNIT_EXPECT_EQ(test, ccw1.cmd, 0xe4);
	KUNIT_EXPECT_EQ(test, ccw1.flags, VFIO_CCW_CCW_F_SLI);
	KUNIT_EXPECT_EQ(test, be16_to_cpu(ccw1.count), 7);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(ccw1.cda), 0x456789U);
}

/* The last MIDAW of a list: 512 bytes at 00000001 80000200 */
static void midaw_fields(struct kunit *test)
{
	static const u8 wire[16] = {
		0, 0, 0, 0, 0, 0x80, 0x02, 0x00,
		0, 0, 0, 0x01, 0x80, 0x00, 0x02, 0x00,
	};
	struct vfio_ccw_midaw midaw;

	memcpy(&midaw, wire, sizeof(midaw));
	KUNIT_EXPECT_EQ(test, midaw.flags, VFIO_CCW_MIDAW_F_LAST);
	KUNIT_EXPECT_EQ(test, be16_to_cpu(midaw.count), 512);
	KUNIT_EXPECT_EQ(test, be64_to_cpu(midaw.addr), 0x180000200ULL);
	KUNIT_EXPECT_EQ(test, VFIO_CCW_MIDAW_F_SKIP, 0x40UL);
	KUNIT_EXPECT_EQ(test, VFIO_CCW_MIDAW_F_DTIC, 0x20UL);
	KUNIT_EXPECT_EQ(test, VFIO_CCW_MIDAW_F_ZERO, 0x1fUL);
}

/* Unit check with concurrent sense; addresses and sense where they belong */
static void irb_fields(struct kunit *test)
{
	static const u8 wire[96] = {
		0x04, 0xc2, 0x40, 0x17, 0x00, 0x00, 0x20, 0x10,
		0x0e, 0x40, 0x00, 0x05,
		0x00, 0x80, 0x00, 0x00, 0x03, 0x98, 0x00, 0x00,
		0x12, 0x34, 0x50, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x00, 0x20, 0x08,
		[32] = 0x80, [63] = 0x99, [64] = 0x77,
	};
	struct vfio_ccw_irb irb;
	u32 word;

	memcpy(&irb, wire, sizeof(irb));
	word = be32_to_cpu(irb.scsw.ctl);
	KUNIT_EXPECT_TRUE(test, word & VFIO_CCW_SCSW_L);
	KUNIT_EXPECT_EQ(test, word & VFIO_CCW_SCSW_FC,
			(u32)VFIO_CCW_FC_START);
	KUNIT_EXPECT_EQ(test, word & VFIO_CCW_SCSW_SC,
			(u32)(VFIO_CCW_SC_ALERT | VFIO_CCW_SC_PRIM |
			      VFIO_CCW_SC_SEC | VFIO_CCW_SC_PEND));
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.scsw.cpa), 0x2010U);
	word = be32_to_cpu(irb.scsw.status);
	KUNIT_EXPECT_EQ(test, FIELD_GET(VFIO_CCW_STATUS_DEV, word),
			(u32)(VFIO_CCW_DS_CE | VFIO_CCW_DS_DE |
			      VFIO_CCW_DS_UC));
	KUNIT_EXPECT_EQ(test, FIELD_GET(VFIO_CCW_STATUS_SCH, word),
			(u32)VFIO_CCW_CS_IL);
	KUNIT_EXPECT_EQ(test, FIELD_GET(VFIO_CCW_STATUS_COUNT, word), 5U);
	word = be32_to_cpu(irb.esw.erw);
	KUNIT_EXPECT_TRUE(test, word & VFIO_CCW_ERW_F);
	KUNIT_EXPECT_TRUE(test, word & VFIO_CCW_ERW_S);
	KUNIT_EXPECT_TRUE(test, word & VFIO_CCW_ERW_C);
	KUNIT_EXPECT_EQ(test, FIELD_GET(VFIO_CCW_ERW_SCNT, word), 24U);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.faddr[0]), 0x12345000U);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(irb.esw.saddr), 0x2008U);
	KUNIT_EXPECT_EQ(test, irb.ecw[0], 0x80);
	KUNIT_EXPECT_EQ(test, irb.ecw[31], 0x99);
	KUNIT_EXPECT_EQ(test, irb.emw[0], 0x77);
}

/* Device 0a01, path 80 of chpid 42, enabled and valid */
static void schib_fields(struct kunit *test)
{
	static const u8 wire[52] = {
		[4] = 0x18, 0x81, 0x0a, 0x01, 0x80, 0x00, 0x80, 0x80,
		0x12, 0x34, 0x80, 0x80, 0x42, [23] = 0x49,
		[24] = 0x00, 0x00, 0x00, 0x01, [28] = 0x00, 0x00, 0x40,
		[40] = 0x11, [47] = 0x22, 0x33, [51] = 0x44,
	};
	struct vfio_ccw_schib schib;
	u32 word;

	memcpy(&schib, wire, sizeof(schib));
	word = be32_to_cpu(schib.ctl);
	KUNIT_EXPECT_EQ(test, FIELD_GET(VFIO_CCW_PMCW_ISC, word), 3U);
	KUNIT_EXPECT_TRUE(test, word & VFIO_CCW_PMCW_ENA);
	KUNIT_EXPECT_TRUE(test, word & VFIO_CCW_PMCW_DNV);
	KUNIT_EXPECT_EQ(test, FIELD_GET(VFIO_CCW_PMCW_DEV, word), 0x0a01U);
	KUNIT_EXPECT_EQ(test, schib.lpm, 0x80);
	KUNIT_EXPECT_EQ(test, schib.lpum, 0x80);
	KUNIT_EXPECT_EQ(test, schib.pim, 0x80);
	KUNIT_EXPECT_EQ(test, be16_to_cpu(schib.mbi), 0x1234);
	KUNIT_EXPECT_EQ(test, schib.pom, 0x80);
	KUNIT_EXPECT_EQ(test, schib.pam, 0x80);
	KUNIT_EXPECT_EQ(test, schib.chpid[0], 0x42);
	KUNIT_EXPECT_EQ(test, schib.chpid[7], 0x49);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(schib.ctl6), 1U);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(schib.scsw.ctl),
			(u32)VFIO_CCW_FC_START);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(schib.mba[0]), 0x11000000U);
	KUNIT_EXPECT_EQ(test, be32_to_cpu(schib.mba[1]), 0x22U);
	KUNIT_EXPECT_EQ(test, schib.mda[0], 0x33);
	KUNIT_EXPECT_EQ(test, schib.mda[3], 0x44);
}

static struct kunit_case format_cases[] = {
	KUNIT_CASE(orb_fields),
	KUNIT_CASE_PARAM(bits_where_the_manual_has_them, bit_gen_params),
	KUNIT_CASE(ccw_flags),
	KUNIT_CASE(ccw_both_formats),
	KUNIT_CASE(midaw_fields),
	KUNIT_CASE(irb_fields),
	KUNIT_CASE(schib_fields),
	{}
};

static struct kunit_suite format_suite = {
	.name = "vfio_ccw_format",
	.test_cases = format_cases,
};

kunit_test_suites(&format_suite);

MODULE_DESCRIPTION("Tests of the wire formats of vfio-ccw");
MODULE_LICENSE("GPL");
