// SPDX-License-Identifier: GPL-2.0
/*
 * obstruct UUID UUID: one container of type 1 with two devices. The first has a
 * program in progress; the second reads its program from memory that never
 * comes, with the container's lock held that unpinning needs. Says so when it
 * has come to that, and stays.
 */
#define _GNU_SOURCE
#include <pthread.h>

#include "common.h"

#define ABSENT	0x70000000u

static void *start(void *arg)
{
	const struct ccwio_orb orb = {
		.ctl = CCWIO_ORB_F | CCWIO_ORB_P | CCWIO_ORB_LPM(0x80),
		.cpa = ABSENT,
	};

	printf("the program started: %d\n", ccwio_start(arg, &orb));
	return NULL;
}

int main(int argc, char **argv)
{
	struct ccwio_options options = {
		.backend = CCWIO_TYPE1, .no_memory = true,
	};
	struct ccwio_dev first, second;
	struct absent page;
	struct ccwio_orb orb;
	pthread_t thread;

	if (argc != 3)
		return 2;
	options.uuid = argv[2];
	options.share = &first;
	if (open_dev(&first, argv[1], CCWIO_TYPE1) ||
	    ccwio_open(&second, &options) ||
	    suspend_with_memory(&first, &orb) ||
	    make_absent(&page) ||
	    ccwio_map_memory(&first, page.mem, ABSENT, 4096, true) ||
	    pthread_create(&thread, NULL, start, &second) ||
	    !is_awaited(&page)) {
		printf("it did not come to that\n");
		return 1;
	}
	printf("obstructed\n");
	fflush(stdout);
	pause();
	return 0;
}
