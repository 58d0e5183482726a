/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The channel programs whose cost is measured, as the guest would write them
 *
 * All addresses are guest addresses inside one mapping of BENCH_MAP_SIZE bytes
 * at guest address 0. Programs lie in the first 64 KiB, data from BENCH_DATA. Large
 * workloads have their data in a second mapping, from BENCH_LARGE.
 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_MAP_SIZE	(16UL << 20)	/* bytes */
#define BENCH_PAGE	4096UL		/* bytes */
#define BENCH_PROGRAM	0x1000UL	/* guest address of the first CCW */
#define BENCH_IDALS	0x4000UL	/* guest address of the first IDAL */
#define BENCH_DATA	0x100000UL	/* guest address of the first data page */
#define BENCH_MAX_RUNS	256		/* page runs of one workload */
#define BENCH_LARGE	0x10000000UL	/* guest address of the data of large ones */
#define BENCH_LARGE_SIZE (256UL << 20)	/* bytes */

/**
 * struct bench_run - pages that a workload's data needs, for the floor
 * @iova: guest address of the first page, host byte order
 * @npages: number of pages
 * @write: 1 if the device stores into them
 */
struct bench_run {
	uint64_t iova;
	uint32_t npages;
	uint32_t write;
};

/**
 * struct bench_program - one assembled channel program
 * @name: of the workload
 * @ccws: number of CCWs
 * @pages: distinct data pages
 * @runs: its data pages, adjacent ones in one run
 * @nruns: entries of @runs in use
 * @warm_up: I/Os until it has reached its steady state, 0: as usual
 * @rounds: I/Os to count, 0: as usual
 * @large: number of pages of which its last CCW transfers another one each time,
 *	at random, from BENCH_LARGE on; 0 if it is always the same
 * @hot: number of those, from the first one on, that 70 % of the I/Os choose from;
 *	0 if each page is as likely
 * @random: state of the random numbers
 */
struct bench_program {
	const char *name;
	unsigned int ccws;
	unsigned int pages;
	struct bench_run runs[BENCH_MAX_RUNS];
	unsigned int nruns;
	unsigned int warm_up;
	unsigned int rounds;
	unsigned int large;
	unsigned int hot;
	uint64_t random;
};

extern const char *const bench_names[];
extern const unsigned int bench_count;

int bench_assemble(unsigned int which, uint8_t *memory,
		   struct bench_program *program);
void bench_move(uint8_t *memory, struct bench_program *program);
bool bench_is_large(unsigned int which);

#endif /* BENCH_WORKLOAD_H */
