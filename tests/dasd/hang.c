// SPDX-License-Identifier: GPL-2.0
/*
 * A device that does not answer any more
 *
 * The printer's output goes to a program that stops reading. The emulated
 * device then stays inside a write command: halt and clear are accepted by
 * the subchannel, and nothing ever comes of them. Closing must end all the
 * same, in bounded time, and the next user must be told.
 *
 * usage: hang UUID BACKEND
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "rig.h"

#define CLOSE_LIMIT	30	/* s */
#define LINE		132	/* bytes the printer prints at once */

static int64_t seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* Print without end; whoever takes the output stops taking it soon */
static bool start_printing(struct rig *rig)
{
	struct prog prog = prog_new(rig);
	uint64_t line = buffer(rig, LINE);

	memset(mem(rig, line), 0xc1, LINE);
	ccw(&prog, 0x09, CCWIO_CC | CCWIO_SLI, line, LINE);
	ccw(&prog, 0x08, 0, prog.iova, 0);
	EXPECT(rig, !start(&prog), "start");
	return quiet(rig, 3000);
}

static bool clear_unanswered(struct rig *rig)
{
	int ret = ccwio_command(&rig->io, CCWIO_CMD_CLEAR);

	EXPECT(rig, !ret, "clear: %d", ret);
	return quiet(rig, 2000);
}

static bool close_hanging(struct rig *rig)
{
	int64_t begun = seconds();

	ccwio_close(&rig->io);
	begun = seconds() - begun;
	rig_say("# close took %lld s", (long long)begun);
	EXPECT(rig, begun < CLOSE_LIMIT, "close took %lld s",
	       (long long)begun);
	return true;
}

static void told(struct rig *rig, const char *name, bool good)
{
	rig_say("%sok - %s", good ? "" : "not ", name);
	rig->done++;
	if (!good) {
		rig_say("# %s", rig->why);
		rig->failed++;
	}
}

int main(int argc, char **argv)
{
	struct rig rig;

	if (argc != 3)
		return 2;
	rig_open(&rig, argv[1], argv[2]);
	told(&rig, "a printer that nobody empties hangs",
	     start_printing(&rig));
	told(&rig, "clear is accepted and never answered",
	     clear_unanswered(&rig));
	told(&rig, "close ends all the same", close_hanging(&rig));
	told(&rig, "the next open is refused",
	     ccwio_open(&rig.io, &rig.options) != 0);
	ccwio_close(&rig.io);
	rig_say("# hang %s: %u done, %u failed", argv[2], rig.done,
		rig.failed);
	return rig.failed != 0;
}
