/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything in one page, as the drivers of Linux build their programs: CCWs, what
 * is small of the data, then the lists, at the end of the page as well
 */
{
	.name = "CCWs, parameters and a list in one page",
	.ctl = FMT1 | OH, .cpa = 0x1000, .map = { { 0x1000, 1 }, { 0x4000, 2 } },
	.mem = { { 0x1000, "63600010 00001020 47600010 00001030"
		   "86241800 00001040 00000000 00000000"
		   "a1a2a3a4 00000000 00000000 00000000"
		   "b1b2b3b4 00000000 00000000 00000000"
		   "00000000 00004800 00000000 00005000" } },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
	.after = { { 0x4800, "5e656c73" } },
},
{
	.name = "... without leave to prefetch, so that the page is pinned",
	.ctl = (FMT1 & ~0x00400000u) | OH, .cpa = 0x1000,
	.map = { { 0x1000, 1 }, { 0x4000, 2 } },
	.mem = { { 0x1000, "63600010 00001020 47600010 00001030"
		   "86241800 00001040 00000000 00000000"
		   "a1a2a3a4 00000000 00000000 00000000"
		   "b1b2b3b4 00000000 00000000 00000000"
		   "00000000 00004800 00000000 00005000" } },
	.scsw = { 0x00804007, 0x1018, 0x0c000000 },
},
{
	.name = "CCWs and MIDAWs in one page, and data behind them",
	.ctl = FMT1 | OD, .cpa = 0x1000, .map = { { 0x1000, 1 }, { 0x4000, 1 } },
	.mem = { { 0x1000, "01610008 00001020 02210013 00001040" },
		 { 0x1020, "0000000000 00 0003 0000000000001801"
			   "0000000000 80 0005 0000000000001900"
			   "0000000000 00 0010 0000000000001a00"
			   "0000000000 80 0003 0000000000004ffd" },
		 { 0x1801, "c1c2c3" }, { 0x1900, "d1d2d3d4d5" } },
	.scsw = { 0x00c04007, 0x1010, 0x0c000000 },
	.after = { { 0x1a00, "3f464d54" }, { 0x4ffd, "afb6bd" } },
},
{
	.name = "lists at the end of the page of the CCWs, first the last, input there",
	.ctl = FMT1 | OH | OD, .cpa = 0x1000,
	.map = { { 0x1000, 1 }, { 0x4000, 2 } },
	.mem = { { 0x1000, "02641800 00001ff0 02610008 00001fe0"
		   "01240800 00001fd8" },
		 { 0x1fd8, "00000000 00001400 0000000000 80 0008"
			   "0000000000001200 0000000000004800 0000000000005000" } },
	.scsw = { 0x00c04007, 0x1018, 0x0c000000 },
	.after = { { 0x1200, "3f464d54" }, { 0x4800, "20272e35" } },
},
{
	.name = "a list in the page of the CCWs names that page for input",
	.ctl = FMT1 | OH | O2K, .cpa = 0x1000, .map = { { 0x1000, 2 } },
	.mem = { { 0x1000, "02640c00 00001100 01240c00 00001100" },
		 { 0x1100, "0000000000001c00 0000000000002000" } },
	.scsw = { 0x00c04007, 0x1010, 0x0c000000 },
	.after = { { 0x1c00, "20272e35" } },
},
{
	.name = "a format-1 list in the page of format-0 CCWs, a TIC behind it",
	.ctl = FMT0, .cpa = 0x1000, .map = { { 0x1000, 1 }, { 0x4000, 1 } },
	.mem = { { 0x1000, "02001010 64000900 08001018 00000000"
		   "00004700 00004800 01001200 20000004" },
		 { 0x1200, "e1e2e3e4" } },
	.scsw = { 0x00404007, 0x1020, 0x0c000000 },
	.after = { { 0x4700, "20272e35" } },
},
