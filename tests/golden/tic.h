/* SPDX-License-Identifier: GPL-2.0 */
/* TRANSFER IN CHANNEL and status modifier. CASES 11, 12 */
{
	.name = "TIC forward",
	.ctl = FMT1, .cpa = 0x1000,
	.map = { { 0x1000, 2 }, { 0x3000, 1, 0, 0x52345000 } },
	.mem = { { 0x1000, "03600001 00000000 08000000 00002000" },
		 { 0x2000, "02200004 00003000" } },
	.scsw = { 0x00c04007, 0x2008, 0x0c000000 },
	.host = { { HOST_CCWS, "03600001 40000000 08000000 40010020 " GUARD GUARD
		    "02200004 52345000 " GUARD } },
},
{
	.name = "TIC in format 0: four bits and half of it mean nothing",
	.ctl = FMT0, .cpa = 0x1000,
	.map = { { 0x1000, 2 }, { 0x3000, 1, 0, 0x52345000 } },
	.mem = { { 0x1000, "03000000 60000001 f8002000 ffffffff" },
		 { 0x2000, "02003000 20000004" } },
	.scsw = { 0x00404007, 0x2008, 0x0c000000 },
	.host = { { HOST_CCWS, "03600001 40000000 08000000 40010020 " GUARD GUARD
		    "02200004 52345000 " GUARD } },
},
{
	.name = "TIC into the middle of an earlier segment",
	.ctl = FMT1, .cpa = 0x1000,
	.map = { { 0x1000, 2 }, { 0x3000, 1, 0, 0x52345000 } },
	.mem = { { 0x1000, "03600001 00000000 02600004 00003000"
		   "03600002 00000000 08000000 00001008" } },
	.step = { ALL, ALL, ALL, ALL, ALL, UC },
	.scsw = { 0x00c04017, 0x1010, 0x0e000004 },
	.host = { { HOST_CCWS, "03600001 40000000 02600004 52345000 "
		    "03600002 40000000 08000000 40010008 " GUARD } },
},
{
	.name = "TIC to a place before the first CCW, running into it",
	.ctl = FMT1, .cpa = 0x1010, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "03600005 00000000 03600006 00000000"
		   "03600001 00000000 08000000 00001000" } },
	.step = { ALL, ALL, ALL, ALL, UC },
	.scsw = { 0x00c04017, 0x1008, 0x0e000005 },
	.host = { { HOST_CCWS, "03600001 40000000 08000000 40010020 " GUARD GUARD
		    "03600005 40000000 03600006 40000000 "
		    "08000000 40010000 08000000 40010020" } },
},
{
	.name = "two segments in a loop",
	.ctl = FMT1, .cpa = 0x1000,
	.map = { { 0x1000, 2 }, { 0x3000, 1, 0, 0x52345000 } },
	.mem = { { 0x1000, "02600004 00003000 08000000 00002000" },
		 { 0x2000, "01600004 00003000 08000000 00001000" } },
	.step = { ALL, ALL, ALL, ALL, ALL, ALL, UC },
	.scsw = { 0x00c04017, 0x1008, 0x0e000004 },
	.host = { { HOST_CCWS, "02600004 52345000 08000000 40010020 " GUARD GUARD
		    "01600004 52345000 08000000 40010000 " GUARD } },
},
{
	.name = "SEARCH ID EQUAL, TIC *-8, READ: found the third time",
	.ctl = FMT1, .cpa = 0x1000,
	.map = { { 0x1000, 2 }, { 0x3000, 1, 0, 0x52345000 } },
	.mem = { { 0x1000, "31600005 00002000 08000000 00001000"
		   "06200010 00003000" }, { 0x2000, "0000000101" } },
	.step = { ALL, ALL, SM, ALL },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
	.after = { { 0x3000, "7d848b92" } },
	.host = { { HOST_CCWS, "31600005 40010020 08000000 40010000 "
		    "06200010 52345000 " GUARD } },
},
{
	.name = "SEARCH, TIC elsewhere, READ: the READ after a hit",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "31600005 00002000 08000000 00001800"
		   "06200010 00003000" }, { 0x1800, "0e200010 00003100" } },
	.step = { SM, ALL },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
	.after = { { 0x3000, "3f464d54" }, { 0x3100, "00000000" } },
},
{
	.name = "SEARCH, TIC elsewhere, READ: the other one without a hit",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "31600005 00002000 08000000 00001800"
		   "06200010 00003000" }, { 0x1800, "0e200010 00003100" } },
	.scsw = { 0x00c04007, 0x1808, 0x0c000000 },
	.after = { { 0x3100, "3f464d54" }, { 0x3000, "00000000" } },
},
{
	.name = "a hit with nothing behind the TIC",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "31600005 00002000 08000000 00001800" },
		 { 0x1800, "0e200010 00003100" } },
	.step = { SM },
	.scsw = { 0x00c04017, 0x1018, 0x00200000 },
},
{
	.name = "a hit with a hole behind the TIC",
	.ctl = FMT1, .cpa = 0x1ff0, .map = { { 0x1000, 1 }, { 0x3000, 1 } },
	.mem = { { 0x1ff0, "31600005 00003000 08000000 00001ff0" } },
	.step = { ALL, SM },
	.scsw = { 0x00c04017, 0x2008, 0x00200000 },
	.host = { { HOST_CCWS, "31600005 40010020 08000000 40010000 " GUARD } },
	.guard = HOST_CCWS + 0x10,
},
{
	.name = "a TIC behind a TIC after a hit",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "31600005 00002000 08000000 00001000"
		   "08000000 00001800" }, { 0x1800, "06200010 00003000" } },
	.step = { ALL, SM, ALL },
	.scsw = { 0x00c04007, 0x1808, 0x0c000000 },
},
{
	.name = "status modifier at the last CCW before a TIC's target",
	.ctl = FMT1, .cpa = 0x1800, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "31600005 00002000 03600001 00000000"
		   "06200010 00003000" },
		 { 0x1800, "03600001 00000000 08000000 00001000" } },
	.step = { ALL, SM, ALL },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
},
{
	.name = "TIC first",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "08000000 00001008 03200001 00000000" } },
	.scsw = { 0x00c04017, 0x1008, 0x00200000 },
},
{
	.name = "TIC to TIC",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "03600001 00000000 08000000 00001800" },
		 { 0x1800, "08000000 00001000" } },
	.scsw = { 0x00c04017, 0x1808, 0x00200000 },
	.host = { { HOST_CCWS, "03600001 40000000 08000000 40010020 " GUARD GUARD
		    GUARD } },
	.guard = HOST_CCWS + 32,
},
{
	.name = "TIC to itself",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "03600001 00000000 08000000 00001008" } },
	.scsw = { 0x00c04017, 0x1010, 0x00200000 },
	.host = { { HOST_CCWS, "03600001 40000000 08000000 40010020 " GUARD GUARD GUARD } },
	.guard = HOST_CCWS + 32,
},
{
	.name = "TIC to an address that is not a doubleword",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "03600001 00000000 08000000 00001804" } },
	.scsw = { 0x00c04017, 0x1010, 0x00200000 },
	.host = { { HOST_CCWS, "03600001 40000000 " GUARD } },
	.guard = HOST_CCWS + 8,
},
{
	.name = "TIC into a hole",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "03600001 00000000 08000000 00009000" } },
	.scsw = { 0x00c04017, 0x1010, 0x00200000 },
	.host = { { HOST_CCWS, "03600001 40000000 " GUARD } },
	.guard = HOST_CCWS + 8,
},
{
	.name = "TIC of format 1 with flags",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "03600001 00000000 08400000 00001800" },
		 { 0x1800, "03200001 00000000" } },
	.scsw = { 0x00c04017, 0x1010, 0x00200000 },
	.host = { { HOST_CCWS, "03600001 40000000 " GUARD } },
	.guard = HOST_CCWS + 8,
},
{
	.name = "TIC of format 1 with a count",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "03600001 00000000 08000001 00001800" },
		 { 0x1800, "03200001 00000000" } },
	.scsw = { 0x00c04017, 0x1010, 0x00200000 },
	.host = { { HOST_CCWS, "03600001 40000000 " GUARD } },
	.guard = HOST_CCWS + 8,
},
{
	.name = "TIC of format 1 with bit 32",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "03600001 00000000 08000000 80001800" },
		 { 0x1800, "03200001 00000000" } },
	.scsw = { 0x00c04017, 0x1010, 0x00200000 },
	.host = { { HOST_CCWS, "03600001 40000000 " GUARD } },
	.guard = HOST_CCWS + 8,
},
{
	.name = "a code X'18' in format 1 is no TIC",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "03600001 00000000 18000000 00001800" },
		 { 0x1800, "03200001 00000000" } },
	.scsw = { 0x00c04017, 0x1010, 0x00200000 },
	.host = { { HOST_CCWS, "03600001 40000000 " GUARD } },
	.guard = HOST_CCWS + 8,
},
{
	.name = "TIC in a data chain to a CCW that is wrong there",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "02800004 00002000 08000000 00001800" },
		 { 0x1800, "03000000 00000000" } },
	.scsw = { 0x00c04017, 0x1808, 0x0c200000 },
},
{
	.name = "the same CCW right as a command, wrong in a data chain",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "03400000 00000000 02800004 00002000"
		   "08000000 00001000" } },
	.step = { ALL, ALL },
	.scsw = { 0x00c04017, 0x1008, 0x0c200000 },
},
{
	.name = "the same CCW wrong as a command, right in a data chain",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 3 } },
	.mem = { { 0x1000, "02800004 00002000 00400004 00002010"
		   "08000000 00001008" } },
	.scsw = { 0x00c04017, 0x1010, 0x00200004 },
},
{
	.name = "skip past the head of a chain that runs into one met before",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 5 } },
	.mem = { { 0x1000, "02a00004 00003000 08000000 00001108" },
		 { 0x1100, "31600005 00002000 02a00008 00004000"
		   "01600004 00005000 08000000 00001100" },
		 { 0x5000, "01020304" } },
	.step = { ALL, SM, ALL, ALL, UC },
	.scsw = { 0x00c04017, 0x1110, 0x0e400008 },
},
{
	.name = "... where a TIC in the chain is a TIC between commands, too",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 4 } },
	.mem = { { 0x1000, "02a00004 00003000 08000000 00001108" },
		 { 0x1100, "31600005 00002000 02a00008 00004000"
		   "08000000 00001300" },
		 { 0x1300, "01600004 00003800 08000000 00001100" } },
	.step = { ALL, SM, ALL, ALL, ALL, UC },
	.scsw = { 0x00c04017, 0x1108, 0x0e000005 },
},
{
	.name = "... and to a command that was met in the chain alone",
	.ctl = FMT1, .cpa = 0x1000, .map = { { 0x1000, 5 } },
	.mem = { { 0x1000, "02a00004 00003000 08000000 00001108" },
		 { 0x1100, "31600005 00002000 02a00008 00004000"
		   "02600004 00005000 08000000 00001200" },
		 { 0x1200, "31600005 00002000 08000000 00001100"
		   "02a00004 00003010 08000000 00001100" } },
	.step = { ALL, SM, SM, ALL, UC },
	.scsw = { 0x00c04017, 0x1208, 0x0e000005 },
},
