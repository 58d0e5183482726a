/* SPDX-License-Identifier: GPL-2.0 */
/* Command chaining, data chaining, program-controlled interruption. CASES 14, 15, 27 */
{
	.name = "command chaining: WRITE, READ, NO-OPERATION",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "01400004 00002000 02400008 00003000"
		   "03200001 00000000" }, { 0x2000, "0a0b0c0d" } },
	.scsw = { 0x00c04007, 0x1018, 0x0c000001 },
	.after = { { 0x3000, "3f464d545b626970" } },
},
{
	.name = "incorrect length ends the chain",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "02400008 00003000 03200001 00000000" } },
	.step = { N(5) }, .scsw = { 0x00c04017, 0x1008, 0x0c400003 },
},
{
	.name = "unit check ends the chain in the middle",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "02600008 00003000 02600010 00003100"
		   "02600010 00003200" } },
	.step = { ALL, { .bytes = 9, .status = 0x0e } },
	.scsw = { 0x00c04017, 0x1010, 0x0e000007 },
},
{
	.name = "data chaining: READ into three areas",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 4 } },
	.mem = { { 0x1000, "02800004 00002ffe 02800002 00004004"
		   "02000004 00001800" } },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
	.after = { { 0x2ffd, "0020272e 3500" }, { 0x4004, "3c4300" },
		   { 0x1800, "4a51585f" } },
},
{
	.name = "data chaining: the command codes behind the first mean nothing",
	.ctl = FMT1, .cpa = 0x1000,
	.map = { { 0x1000, 1 }, { 0x2000, 1, 0, 0x52345000 },
		 { 0x3000, 1, 0, 0x56789000 } },
	.mem = { { 0x1000, "02800004 00002000 00800002 00003000"
		   "03800002 00003010 18800002 00003020 01800002 00003030"
		   "0c000002 00003040" } },
	.scsw = { 0x00c04007, 0x1030, 0x0c000000 },
	.after = { { 0x3000, "3c43" }, { 0x3010, "4a51" }, { 0x3020, "585f" },
		   { 0x3040, "747b" } },
	.host = { { HOST_CCWS, "02800004 52345000 00800002 56789000 "
		    "00800002 56789010 00800002 56789020 "
		    "00800002 56789030 00000002 56789040 " GUARD } },
},
{
	.name = "data chaining in format 0, codes of every other kind",
	.ctl = FMT0, .cpa = 0x1000, .map = { { 0x1000, 4 } },
	.mem = { { 0x1000, "02002000 80000004 00003000 80000002"
		   "03003010 80000002 0c003020 80000002 01003030 00000002" } },
	.scsw = { 0x00404007, 0x1028, 0x0c000000 },
	.after = { { 0x3000, "3c43" }, { 0x3010, "4a51" }, { 0x3020, "585f" },
		   { 0x3030, "666d" } },
},
{
	.name = "data chaining: a WRITE goes on as a WRITE, skip or not",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 4 } },
	.mem = { { 0x1000, "01800004 00002000 02900004 00003000"
		   "04000004 00003010" }, { 0x2000, "11121314" },
		 { 0x3000, "21222324" }, { 0x3010, "31323334" } },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
	.after = { { 0x3000, "21222324" } },
	.host = { { HOST_CCWS, "01800004 40010020 00900004 40010028 "
		    "00000004 40010030 " GUARD
		    "11121314 00000000 21222324 00000000 "
		    "31323334" } },
},
{
	.name = "data chaining: a WRITE out of a read-only page under a READ code",
	.ctl = FMT1, .cpa = 0x1000,
	.map = { { 0x1000, 2 }, { 0x3000, 1, W_READ } },
	.mem = { { 0x1000, "01800004 00002000 02000004 00003000" } },
	.scsw = { 0x00c04007, 0x1010, 0x0c000000 },
	.host = { { HOST_CCWS, "01800004 40010018 00000004 40010020 " GUARD } },
},
{
	.name = "data chaining: READ, then skip at nobody's address",
	.ctl = FMT1, .cpa = 0x1000,
	.map = { { 0x1000, 1 }, { 0x2000, 1, 0, 0x52345000 },
		 { 0x3000, 1, 0, 0x56789000 } },
	.mem = { { 0x1000, "02800004 00002000 00900020 7ffff000"
		   "01000004 00003000" } },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
	.after = { { 0x3000, "1c232a31" } },
	.host = { { HOST_CCWS, "02800004 52345000 00900020 40000000 "
		    "00000004 56789000 " GUARD } },
},
{
	.name = "data chaining: NO-OPERATION with junk behind it",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 1 } },
	.mem = { { 0x1000, "03a00008 7ffff000 02000004 7fffe000" } },
	.scsw = { 0x00c04017, 0x1008, 0x0c400008 },
},
{
	.name = "data chaining through TIC",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 4 } },
	.mem = { { 0x1000, "02800004 00002000 08000000 00001800" },
		 { 0x1800, "01800004 00003000 08000000 00001900" },
		 { 0x1900, "00400004 00004000 03200001 00000000" } },
	.scsw = { 0x00c04007, 0x1910, 0x0c000001 },
	.after = { { 0x3000, "3c434a51" }, { 0x4000, "585f666d" } },
},
{
	.name = "one CCW in control as a command and in a data chain",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 4 } },
	.mem = { { 0x1000, "01800004 00002000 02400004 00003000"
		   "08000000 00001800" }, { 0x3000, "51525354" },
		 { 0x1800, "03600001 00000000 08000000 00001008" } },
	.step = { ALL, ALL, ALL, UC },
	.scsw = { 0x00c04017, 0x1808, 0x0e000001 },
},
{
	.name = "data chaining: the device ends within the second CCW",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 4 } },
	.mem = { { 0x1000, "02800004 00002000 02a00020 00003000"
		   "02000004 00004000" } },
	.step = { N(20) }, .scsw = { 0x00c04017, 0x1010, 0x0c400010 },
},
{
	.name = "data chaining: direct and indirect in turn",
	.ctl = FMT1 | OH, .cpa = 0x1000, .map = { { 0x1000, 6 } },
	.mem = { { 0x1000, "02801800 00002400 00841800 00001100"
		   "00200100 00006000" },
		 { 0x1100, "0000000000004800 0000000000005000" } },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
},
{
	.name = "data chaining: many single bytes",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "02800001 00002fff 00800001 00002ffe"
		   "00800001 00002ffd 00800001 00003000 00000001 00002000" } },
	.scsw = { 0x00c04007, 0x1028, 0x0c000000 },
	.after = { { 0x2ffd, "2e2720 35" }, { 0x2000, "3c" } },
},
{
	.name = "data chaining of a sense command",
	.ctl = FMT0, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "04002000 80000018 01002100 20000018" } },
	.scsw = { 0x00404007, 0x1010, 0x0c000000 },
},
{
	.name = "program-controlled interruption, then the end",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "02400008 00003000 03680001 00000000"
		   "01200004 00002000" } },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
},
{
	.name = "program-controlled interruptions in a data chain",
	.ctl = FMT0, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "02003000 88000008 00002000 88000008"
		   "00002010 08000008" } },
	.scsw = { 0x00404007, 0x1018, 0x0c000000 },
},
{
	.name = "status modifier without chaining",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "31200005 00002000" } }, .step = { SM },
	.scsw = { 0x00c04007, 0x1008, 0x4c000000 },
},
{
	.name = "status modifier passes over a CCW",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "31600005 00002000 00000000 00000000"
		   "02200004 00003000" } }, .step = { SM, ALL },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
},
{
	.name = "a search passes over the last CCW",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "29600005 00002000 03200001 00000000"
		   "02200004 00003000" } }, .step = { SM, ALL },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
	.after = { { 0x3000, "3f464d54" } },
},
{
	.name = "... in format 0, and what it passes over is known already",
	.ctl = FMT0, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "07002000 40000001 08001018 00000000"
		   "31002000 60000005 03000000 20000001"
		   "02003000 20000004" } },
	.step = { { .bytes = 1, .status = 0x4c }, SM, ALL },
	.scsw = { 0x00404007, 0x1028, 0x0c000000 },
	.after = { { 0x3000, "5e656c73" } },
},
{
	.name = "... and what it passes over was fetched before, by way of a TIC",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "07600001 00002000 08000000 00001118"
		   "08000000 00001110" },
		 { 0x1110, "31600005 00002000 03200001 00000000"
		   "02200004 00003000" } },
	.step = { { .bytes = 1, .status = 0x4c }, SM, ALL },
	.scsw = { 0x00c04007, 0x1128, 0x0c000000 },
	.after = { { 0x3000, "5e656c73" } },
},
{
	.name = "status modifier passes over the last CCW: program check, not READ",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "01600005 00002000 03200001 00000000"
		   "02200004 00003000" } }, .step = { SM, ALL },
	.may_differ = true, .past_end = true,
	.after = { { 0x3000, "00000000" } },
},
{
	.name = "... likewise for a write that looks much like a search",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "a5600005 00002000 03200001 00000000"
		   "02200004 00003000" } }, .step = { SM, ALL },
	.may_differ = true, .past_end = true,
	.after = { { 0x3000, "00000000" } },
},
{
	.name = "status modifier into a data chain, no command, read-only page",
	.ctl = FMT1, .cpa = 0x1000,
	.map = { { 0x1000, 3 }, { 0x4000, 1, W_READ } },
	.mem = { { 0x1000, "31600005 00002000 02a00004 00003000"
		   "10200004 00004000" } }, .step = { SM, ALL },
	.may_differ = true, .read_only = true,
	.after = { { 0x3000, "00000000" }, { 0x4000, "00000000" } },
},
{
	.name = "the same with a page that can be stored into",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 4 } },
	.mem = { { 0x1000, "31600005 00002000 02a00004 00003000"
		   "10200004 00004000" } }, .step = { SM, ALL },
	.scsw = { 0x00c04017, 0x1018, 0x00200004 },
	.after = { { 0x3000, "00000000" }, { 0x4000, "00000000" } },
},
{
	.name = "a CCW both behind a status modifier and in a data chain: modifier",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 4 } },
	.mem = { { 0x1000, "01640004 00001100 02a00004 00003000"
		   "01200010 00004000" }, { 0x1100, "00002000" },
		 { 0x4000, "e1e2e3e4e5e6" } },
	.step = { SM, ALL },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
},
{
	.name = "a CCW both behind a status modifier and in a data chain: chain",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 4 } },
	.mem = { { 0x1000, "01640004 00001100 02a00004 00003000"
		   "01200010 00004000" }, { 0x1100, "00002000" } },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
	.after = { { 0x3000, "3f464d54" }, { 0x4000, "5b626970" } },
},
{
	.name = "past two ends: a command in a chain may pass, the next may not",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "31600005 00002000 01a00004 00002100"
		   "03600001 00000000 03200001 00000000"
		   "03600001 00000000 03200001 00000000"
		   "03200001 00000000" } },
	.step = { SM, SM, SM, ALL },
	.may_differ = true, .past_end = true,
},
