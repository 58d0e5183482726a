/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Count-key-data tracks as they lie in an image, and the openings of programs
 * that go to a record: SEEK and SEARCH, or DEFINE EXTENT and LOCATE RECORD
 */
#ifndef CKD_H
#define CKD_H

#include <stddef.h>
#include <stdint.h>

#include "rig.h"

/**
 * struct record - one record of a track
 * @count: its count area, 8 bytes, followed by key and data
 * @key: its key
 * @data: its data
 * @kl: bytes of @key
 * @dl: bytes of @data
 */
struct record {
	const uint8_t *count;
	const uint8_t *key;
	const uint8_t *data;
	unsigned int kl;
	unsigned int dl;
};

/**
 * struct shape - how long a record is
 * @kl: bytes of its key
 * @dl: bytes of its data
 */
struct shape {
	uint8_t kl;
	uint16_t dl;
};

struct record record(const uint8_t *tracks, unsigned int track,
		     unsigned int number);
unsigned int record_count(const uint8_t *tracks, unsigned int track);
size_t track_size(const uint8_t *tracks, unsigned int track);

void seek(struct prog *prog, unsigned int cyl, unsigned int head);
unsigned int search(struct prog *prog, unsigned int cyl, unsigned int head,
		    unsigned int number);
void locate(struct prog *prog, uint8_t operation, unsigned int cyl,
	    unsigned int head, unsigned int number, unsigned int count,
	    unsigned int length);

#endif /* CKD_H */
