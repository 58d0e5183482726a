/* SPDX-License-Identifier: GPL-2.0 */
/* Programs as the drivers of real devices build them */
{
	.name = "ECKD: define extent, locate record, read data twice",
	.ctl = FMT1 | OH, .cpa = 0x1000, .map = { { 0x1000, 2 }, { 0x40000, 4 } },
	.mem = { { 0x1000, "63400010 00001100 47400010 00001110"
		   "86441000 00001200 86041000 00001208" },
		 { 0x1100, "c0c0000000000000 0000000000000000"
			   "0600000200010000 0001000001000c00" },
		 { 0x1200, "0000000000042000 0000000000040000" } },
	.scsw = { 0x00c04007, 0x1020, 0x0c000000 },
},
{
	.name = "ECKD: prefix, write track data of one track",
	.ctl = FMT1 | OH, .cpa = 0x1000, .map = { { 0x1000, 2 }, { 0x40000, 13 } },
	.mem = { { 0x1000, "e7400040 00001100 a504c000 00001200" },
		 { 0x1200, "0000000000040000 0000000000041000"
			   "0000000000042000 0000000000043000"
			   "0000000000044000 0000000000045000"
			   "0000000000046000 0000000000047000"
			   "0000000000048000 0000000000049000"
			   "000000000004a000 000000000004b000" },
		 { 0x1100, "0101000000000000" }, { 0x40000, "e1e2" },
		 { 0x4bffe, "e3e4" } },
	.scsw = { 0x00c04007, 0x1010, 0x0c000000 },
},
{
	.name = "CKD: seek, search, read count, key and data",
	.ctl = FMT0, .cpa = 0x1000, .map = { { 0x1000, 4 } },
	.mem = { { 0x1000, "07001100 40000006 31001102 40000005"
		   "08001008 00000000 1e002000 200017ff" },
		 { 0x1100, "0000000000000000" } },
	.step = { ALL, ALL, ALL, SM, N(0x1008) },
	.scsw = { 0x00404007, 0x1020, 0x0c0007f7 },
},
{
	.name = "CKD: initial program load, read in three pieces",
	.ctl = FMT0, .cpa = 0x0, .map = { { 0, 4 } },
	.mem = { { 0, "02000000 60000018 02001000 60001000"
		   "02002000 20001000" } },
	.step = { { .cmd = 0x02, .bytes = 0, .status = 0x0c }, ALL, ALL },
	.scsw = { 0x00404007, 0x18, 0x0c000000 },
},
{
	.name = "tape: mode set, write with data chaining, write tape mark",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 1 }, { 0x8000, 16 } },
	.mem = { { 0x1000, "db600001 00001200 01a04000 00008000"
		   "01604000 0000c000 1f200001 00000000" },
		 { 0x1200, "20" }, { 0x8000, "01" }, { 0xc000, "02" } },
	.step = { ALL, ALL, { .status = 0x0c, .flags = W_STEP_IMMEDIATE } },
	.scsw = { 0x00c04007, 0x1020, 0x0c000001 },
},
{
	.name = "tape: read backward, short block, then sense",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 1 }, { 0x8000, 16 } },
	.mem = { { 0x1000, "0c608000 0000ffff 04200020 00001200" } },
	.step = { N(80), ALL },
	.scsw = { 0x00c04007, 0x1010, 0x0c000000 },
	.after = { { 0xfffe, "2720" }, { 0x1200, "3f46" } },
},
{
	.name = "3270: erase/write, short read modified",
	.ctl = FMT0, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "05002000 60000780 0b000000 60000001"
		   "06003000 20000fff" }, { 0x2000, "c3114040" } },
	.step = { ALL, { .status = 0x0c, .flags = W_STEP_IMMEDIATE }, N(6) },
	.scsw = { 0x00404007, 0x1018, 0x0c000ff9 },
},
{
	.name = "3215: prompt and read of a line, unit exception",
	.ctl = FMT0, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "09002000 60000008 0a003000 20000096" } },
	.step = { ALL, { .bytes = 5, .status = 0x0d } },
	.scsw = { 0x00404017, 0x1010, 0x0d000091 },
},
