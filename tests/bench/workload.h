/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The channel programs whose cost is measured, as the guest would write them
 *
 * All addresses are guest addresses inside one mapping of BENCH_MAP_SIZE bytes
 * at guest address 0. Programs lie in the first 64 KiB, data from BENCH_DATA.
 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#define BENCH_MAP_SIZE	(16UL << 20)	/* bytes */
#define BENCH_PAGE	4096UL		/* bytes */
#define BENCH_PROGRAM	0x1000UL	/* guest address of the first CCW */
#define BENCH_IDALS	0x4000UL	/* guest address of the first IDAL */
#define BENCH_DATA	0x100000UL	/* guest address of the first data page */
#define BENCH_MAX_RUNS	256		/* page runs of one workload */

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
 */
struct bench_program {
	const char *name;
	unsigned int ccws;
	unsigned int pages;
	struct bench_run runs[BENCH_MAX_RUNS];
	unsigned int nruns;
};

extern const char *const bench_names[];
extern const unsigned int bench_count;

int bench_assemble(unsigned int which, uint8_t *memory,
		   struct bench_program *program);

#endif /* BENCH_WORKLOAD_H */
