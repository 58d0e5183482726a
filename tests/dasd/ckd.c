// SPDX-License-Identifier: GPL-2.0
/* Count-key-data tracks and programs; see ckd.h */
#include <string.h>

#include "ckd.h"

/* Home address, then count and data of record 0 */
#define FIRST_RECORD	(5 + 8 + 8)

static struct record at(const uint8_t *count)
{
	return (struct record){
		.count = count,
		.key = count + 8,
		.data = count + 8 + count[5],
		.kl = count[5],
		.dl = count[6] << 8 | count[7],
	};
}

static bool is_end(const uint8_t *count)
{
	static const uint8_t end[8] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	};

	return !memcmp(count, end, 8);
}

/**
 * record - find a record
 * @tracks: tracks as in the image
 * @track: which of them
 * @number: 1 for the first after record 0; beyond the last one is the end
 *
 * Return: the record, or the mark that ends the track.
 */
struct record record(const uint8_t *tracks, unsigned int track,
		     unsigned int number)
{
	struct record r = at(tracks + track * TRACK_SLOT + FIRST_RECORD);

	while (--number && !is_end(r.count))
		r = at(r.data + r.dl);
	return r;
}

/**
 * record_count - how many records a track has besides record 0
 * @tracks: tracks as in the image
 * @track: which of them
 *
 * Return: the number.
 */
unsigned int record_count(const uint8_t *tracks, unsigned int track)
{
	unsigned int n = 0;

	while (!is_end(record(tracks, track, n + 1).count))
		n++;
	return n;
}

/**
 * track_size - bytes that READ TRACK delivers: from the first record after
 * record 0 to the end mark, that one included
 * @tracks: tracks as in the image
 * @track: which of them
 *
 * Return: the number of bytes.
 */
size_t track_size(const uint8_t *tracks, unsigned int track)
{
	const uint8_t *end = record(tracks, track, 1000).count;

	return end + 8 - record(tracks, track, 1).count;
}

/**
 * seek - append a SEEK
 * @prog: program
 * @cyl: cylinder
 * @head: head
 */
void seek(struct prog *prog, unsigned int cyl, unsigned int head)
{
	uint8_t arg[6] = { 0, 0, cyl >> 8, cyl, head >> 8, head };

	ccw(prog, 0x07, CCWIO_CC, bytes(prog->rig, arg, 6), 6);
}

/**
 * search - append SEEK, SEARCH ID EQUAL and a TIC back to it
 * @prog: program
 * @cyl: cylinder
 * @head: head
 * @number: of the record
 *
 * Return: the index of the search; the CCW appended next runs when it hits
 */
unsigned int search(struct prog *prog, unsigned int cyl, unsigned int head,
		    unsigned int number)
{
	uint8_t id[5] = { cyl >> 8, cyl, head >> 8, head, number };
	unsigned int i;

	seek(prog, cyl, head);
	i = ccw(prog, 0x31, CCWIO_CC, bytes(prog->rig, id, 5), 5);
	ccw(prog, 0x08, 0, ccw_at(prog, i), 0);
	return i;
}

/**
 * locate - append DEFINE EXTENT and LOCATE RECORD
 * @prog: program
 * @operation: of LOCATE RECORD: X'01' write data, X'03' format write,
 *	X'06' read data, X'0C' read tracks
 * @cyl: cylinder
 * @head: head
 * @number: first record, 0 to begin behind record 0 or with the track
 * @count: records or tracks
 * @length: bytes of one record, 0 if that does not matter
 */
void locate(struct prog *prog, uint8_t operation, unsigned int cyl,
	    unsigned int head, unsigned int number, unsigned int count,
	    unsigned int length)
{
	/* Permissions: writes of data, format writes, or no write at all */
	uint8_t mask = operation == 0x01 ? 0x80 :
		       operation == 0x03 ? 0xc0 : 0x40;
	uint8_t extent[16] = {
		mask, 0xc0, length >> 8, length, [8] = cyl >> 8, cyl, 0, 0,
		cyl >> 8, cyl, 0, HEADS - 1,
	};
	uint8_t where[16] = {
		operation, length ? 0x80 : 0, 0, count,
		cyl >> 8, cyl, head >> 8, head,
		cyl >> 8, cyl, head >> 8, head, number,
		0, length >> 8, length,
	};

	ccw(prog, 0x63, CCWIO_CC, bytes(prog->rig, extent, 16), 16);
	ccw(prog, 0x47, CCWIO_CC, bytes(prog->rig, where, 16), 16);
}
