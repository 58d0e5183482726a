/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of vfio-ccw-check share */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "ccwio.h"

#define SENSE_ID_BYTES	8

/**
 * enum verdict - what came of one check
 * @OK: as it was expected
 * @NOT_OK: not as it was expected
 * @NOT_HERE: this machine or device need not be able to do it
 * @NR_VERDICTS: number of them
 */
enum verdict { OK, NOT_OK, NOT_HERE, NR_VERDICTS };

/**
 * struct check - one run of all checks
 * @dev: the device
 * @timeout_ms: how long to wait for an answer
 * @report: where the lines go beside standard output, or NULL
 * @id: SENSE ID data, in the text form of bytes
 * @count: checks with each verdict
 * @detail: what a check has to say
 * @used: bytes of it
 */
struct check {
	struct ccwio_dev dev;
	int timeout_ms;
	FILE *report;
	char id[2 * SENSE_ID_BYTES + 1];
	unsigned int count[NR_VERDICTS];
	char detail[4096];
	size_t used;
};

/* check.c */
void check_say(struct check *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void check_detail(struct check *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void check_tell(struct check *c, const char *name, enum verdict verdict);
int check_wait(struct check *c, struct ccwio_irb *irb, unsigned int *inter);

/* scratch.c: writing inside one cylinder */
struct scratch;
struct scratch *scratch_look(struct check *c, unsigned long cyl);
bool scratch_agreed(const struct scratch *s, bool yes);
bool scratch_run(struct scratch *s);
void scratch_free(struct scratch *s);

#endif /* CHECK_H */
