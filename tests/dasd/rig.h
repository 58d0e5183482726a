/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the DASD and tape programs share: tests that report as they go, memory
 * that tells stray stores, and channel programs built CCW by CCW
 *
 * All memory that the device can see is filled with one byte before each test;
 * what a test does not allocate must still be so afterwards.
 */
#ifndef RIG_H
#define RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ccwio.h"
#include "layout.h"

#define RIG_SIZE	0x100000	/* bytes for programs and data */
#define RIG_FILL	0xa5
#define RIG_WAIT	20000		/* ms; any answer takes less */

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define CE_DE		(CCWIO_DEV_CE | CCWIO_DEV_DE)

/**
 * struct rig - one device under test
 * @io: the device
 * @options: how it was opened
 * @why: the first failed expectation of the current test
 * @done: tests so far
 * @failed: those that failed
 */
struct rig {
	struct ccwio_dev io;
	struct ccwio_options options;
	char why[240];
	unsigned int done;
	unsigned int failed;
};

/**
 * struct prog - a channel program under construction
 * @rig: where
 * @iova: of its first CCW
 * @n: CCWs so far
 * @format: of the CCWs, 0 or 1
 * @ctl: ORB word 1
 */
struct prog {
	struct rig *rig;
	uint64_t iova;
	unsigned int n;
	int format;
	uint32_t ctl;
};

/**
 * struct test - one behaviour
 * @name: what it shows, one short line
 * @run: returns whether it does
 */
struct test {
	const char *name;
	bool (*run)(struct rig *rig);
};

/* Give up the current test with a reason unless @cond holds */
#define EXPECT(rig, cond, ...)						\
	do {								\
		if (!(cond)) {						\
			rig_why(rig, __func__, __LINE__, __VA_ARGS__);	\
			return false;					\
		}							\
	} while (0)

void rig_open(struct rig *rig, const char *uuid, const char *backend);
void rig_tests(struct rig *rig, const struct test *test, size_t n);
void rig_why(struct rig *rig, const char *func, int line,
	     const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void rig_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void rig_operator(const char *order);
void *rig_load(const char *path, size_t *size);

uint64_t buffer(struct rig *rig, size_t size);
uint64_t pages(struct rig *rig, size_t size);
uint64_t bytes(struct rig *rig, const void *data, size_t size);
void *mem(struct rig *rig, uint64_t iova);
bool untouched(struct rig *rig, uint64_t iova, size_t size);
bool same(struct rig *rig, uint64_t iova, const void *want, size_t size);
bool is_pattern(struct rig *rig, uint64_t iova, uint32_t seed, size_t size);

struct prog prog_new(struct rig *rig);
struct prog prog_format0(struct rig *rig);
unsigned int ccw(struct prog *prog, uint8_t cmd, uint8_t flags, uint64_t cda,
		 uint16_t count);
void reccw(struct prog *prog, unsigned int i, uint8_t cmd, uint8_t flags,
	   uint64_t cda, uint16_t count);
uint32_t cda_of(const struct prog *prog, unsigned int i);
uint64_t ccw_at(const struct prog *prog, unsigned int i);
int start(struct prog *prog);
bool answer(struct rig *rig, struct ccwio_irb *irb);
bool run(struct prog *prog, struct ccwio_irb *irb);
bool ended(struct rig *rig, const struct ccwio_irb *irb, uint8_t dev,
	   uint8_t sch, uint64_t cpa, uint16_t residual);
bool run_clean(struct prog *prog);
bool run_until_device_end(struct prog *prog, uint8_t dev);
bool quiet(struct rig *rig, int ms);
bool still_works(struct rig *rig);

#endif /* RIG_H */
