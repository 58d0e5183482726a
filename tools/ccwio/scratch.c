// SPDX-License-Identifier: GPL-2.0
/*
 * vfio-ccw-check --scratch: does writing work, too?
 *
 * Owns: every write to the medium. All of them go to the first two tracks of one
 * cylinder of a 3390; each program that writes limits itself to its track by
 * DEFINE EXTENT, so that the control unit refuses anything else. All tracks of the
 * cylinder are read before, and compared with that immediately before the first write
 * and afterwards.
 *
 * From the first write until the tracks are as they were, signals wait.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

/* Commands of a 3390 */
#define CMD_READ		0x06
#define CMD_SEEK		0x07
#define CMD_TIC			0x08
#define CMD_READ_KEY_DATA	0x0e
#define CMD_WRITE_CKD		0x1d
#define CMD_READ_CKD		0x1e
#define CMD_SEARCH_ID		0x31
#define CMD_LOCATE		0x47
#define CMD_DEFINE_EXTENT	0x63
#define CMD_CHARACTERISTICS	0x64
#define CMD_UPDATE		0x85
#define CMD_UPDATE_KEY_DATA	0x8d
#define CMD_READ_TRACK		0xde

/* Operations of LOCATE RECORD */
#define OP_UPDATE		0x01
#define OP_FORMAT		0x03
#define OP_READ			0x06
/* From the home address on, so that each track begins with record 0 */
#define OP_READ_TRACKS		0x4c

/* What DEFINE EXTENT lets a program do; never write the home address or record 0 */
#define MAY_UPDATE		0x80
#define MAY_NOT_WRITE		0x40
#define MAY_FORMAT		0x00

#define CHARACTERISTICS_BYTES	64
#define HEADS			15
/* Tracks that are written to */
#define WRITTEN			2
#define TRACK_BYTES		65535
/* Cylinders beyond need another form of address */
#define CYLINDERS_MAX		65520
/* What LOCATE RECORD can count */
#define RECORDS_MAX		255
#define COUNT_BYTES		8
#define PAGE			4096
#define PIECES_MAX		16

#define CE_DE	(CCWIO_DEV_CE | CCWIO_DEV_DE)

/**
 * struct track - what is on a track behind record 0
 * @data: count, key and data of each record, then the mark of the track's end, as
 *	READ TRACK delivers them behind record 0
 * @size: bytes of it
 * @records: how many
 */
struct track {
	uint8_t *data;
	size_t size;
	unsigned int records;
};

/**
 * struct scratch - the cylinder
 * @check: the check that this is a part of
 * @cyl: its number
 * @before: its tracks as they were found
 * @now: the tracks that are written to, as they should be
 */
struct scratch {
	struct check *check;
	unsigned int cyl;
	struct track before[HEADS];
	struct track now[WRITTEN];
};

/* Why nothing is written, in one sentence */
static void __attribute__((format(printf, 1, 2)))
refuse(const char *format, ...)
{
	va_list ap;

	fputs("vfio-ccw-check: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/*
 * Programs
 */

/**
 * struct chain - a channel program under construction
 * @c: for whom
 * @iova: of its first CCW
 * @n: CCWs so far
 * @format: of the CCWs, 0 or 1
 * @ctl: ORB word 1
 */
struct chain {
	struct check *c;
	uint64_t iova;
	unsigned int n;
	int format;
	uint32_t ctl;
};

static uint64_t room(struct chain *chain, size_t size, size_t align)
{
	if (chain->format)
		return ccwio_alloc(&chain->c->dev, size, align);
	return ccwio_alloc_low(&chain->c->dev, size, align);
}

static struct chain begin(struct check *c, int format, uint32_t ctl)
{
	struct chain chain = {
		.c = c,
		.format = format,
		.ctl = ctl | CCWIO_ORB_P | CCWIO_ORB_LPM(0xff) |
		       (format ? CCWIO_ORB_F : 0),
	};

	ccwio_alloc_reset(&c->dev);
	chain.iova = room(&chain, 8 * (RECORDS_MAX + 10), 8);
	return chain;
}

static void add(struct chain *chain, uint8_t cmd, uint8_t flags, uint64_t cda,
		size_t count)
{
	ccwio_put_ccw(&chain->c->dev, chain->iova + 8 * chain->n++,
		      chain->format, cmd, cda, count, flags);
}

static uint64_t copy(struct chain *chain, const void *data, size_t size)
{
	uint64_t iova = room(chain, size, 8);

	memcpy(ccwio_mem(&chain->c->dev, iova), data, size);
	return iova;
}

/* The track is all that the program reaches, and @may what it may do there */
static void define_extent(struct chain *chain, const struct scratch *s,
			  uint8_t may, unsigned int head)
{
	const uint8_t extent[16] = {
		may, 0xc0, [8] = s->cyl >> 8, s->cyl, 0, head,
		s->cyl >> 8, s->cyl, 0, head,
	};

	add(chain, CMD_DEFINE_EXTENT, CCWIO_CC,
	    copy(chain, extent, sizeof(extent)), sizeof(extent));
}

/* @length: bytes of each record, 0 if they differ */
static void locate(struct chain *chain, const struct scratch *s, uint8_t op,
		   unsigned int head, unsigned int record, unsigned int count,
		   unsigned int length)
{
	const uint8_t where[16] = {
		op, length ? 0x80 : 0, 0, count, s->cyl >> 8, s->cyl, 0, head,
		s->cyl >> 8, s->cyl, 0, head, record, 0, length >> 8, length,
	};

	add(chain, CMD_LOCATE, CCWIO_CC, copy(chain, where, sizeof(where)),
	    sizeof(where));
}

/* The next CCW is for this record, as is the one after SEARCH ID EQUAL */
static void search(struct chain *chain, const struct scratch *s,
		   unsigned int head, unsigned int record)
{
	const uint8_t seek[6] = { 0, 0, s->cyl >> 8, s->cyl, 0, head };
	const uint8_t id[5] = { s->cyl >> 8, s->cyl, 0, head, record };
	uint64_t at;

	add(chain, CMD_SEEK, CCWIO_CC, copy(chain, seek, sizeof(seek)),
	    sizeof(seek));
	at = chain->iova + 8 * chain->n;
	add(chain, CMD_SEARCH_ID, CCWIO_CC, copy(chain, id, sizeof(id)),
	    sizeof(id));
	add(chain, CMD_TIC, 0, at, 0);
}

/* The whole status, if device end comes by itself */
static int run(struct chain *chain, struct ccwio_irb *irb)
{
	struct check *c = chain->c;
	struct ccwio_orb orb = { .ctl = chain->ctl, .cpa = chain->iova };
	struct ccwio_irb later;
	int ret = ccwio_start(&c->dev, &orb);

	memset(irb, 0, sizeof(*irb));
	if (!ret)
		ret = check_wait(c, irb, NULL);
	if (ret || irb->scsw.sch || (irb->scsw.dev & ~CCWIO_DEV_SM) != CCWIO_DEV_CE)
		return ret;
	ret = check_wait(c, &later, NULL);
	if (!ret) {
		irb->scsw.dev |= later.scsw.dev;
		irb->scsw.sch |= later.scsw.sch;
		memcpy(irb->ecw, later.ecw, sizeof(irb->ecw));
	}
	return ret;
}

/* Tell why a program is not as expected: nothing if it could not be started */
static void explain(struct check *c, int ret, const struct ccwio_irb *irb)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (ret) {
		check_detail(c, "\nthe program could not be run: %s\n",
			     strerror(-ret));
		return;
	}
	out = open_memstream(&text, &size);
	if (!out)
		return;
	ccwio_print_irb(out, irb);
	fclose(out);
	check_detail(c, "expected channel end and device end\n%s", text);
	free(text);
}

static bool clean(const struct ccwio_irb *irb)
{
	return irb->scsw.dev == CE_DE && !irb->scsw.sch;
}

static enum verdict run_clean(struct chain *chain)
{
	struct ccwio_irb irb;
	int ret = run(chain, &irb);

	if (!ret && clean(&irb))
		return OK;
	explain(chain->c, ret, &irb);
	return NOT_OK;
}

/*
 * Tracks
 */

static bool is_end(const uint8_t *count)
{
	static const uint8_t end[COUNT_BYTES] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	};

	return !memcmp(count, end, COUNT_BYTES);
}

/* Bytes of the record whose count area this is */
static size_t record_bytes(const uint8_t *count)
{
	return COUNT_BYTES + count[5] + (count[6] << 8 | count[7]);
}

/*
 * Leave record 0 out, which is not written to: the first one, if all is as it should
 * be
 */
static bool drop_record_zero(struct track *track)
{
	size_t zero;

	if (track->size < COUNT_BYTES || track->data[4])
		return false;
	zero = record_bytes(track->data);
	if (zero > track->size)
		return false;
	track->size -= zero;
	memmove(track->data, track->data + zero, track->size);
	return true;
}

/* Count the records; false if they do not end where the data ends */
static bool parse(struct track *track)
{
	size_t at = 0;

	for (track->records = 0; at + COUNT_BYTES <= track->size;
	     track->records++) {
		if (is_end(track->data + at))
			return at + COUNT_BYTES == track->size;
		at += record_bytes(track->data + at);
	}
	return false;
}

/* Into @track, whose data is the caller's to free; a sentence in the detail */
static bool read_track(struct scratch *s, unsigned int head, struct track *track)
{
	struct check *c = s->check;
	struct chain chain = begin(c, 1, 0);
	uint64_t data = room(&chain, TRACK_BYTES, 8);
	struct ccwio_irb irb;
	int ret;

	define_extent(&chain, s, MAY_NOT_WRITE, head);
	locate(&chain, s, OP_READ_TRACKS, head, 0, 1, 0);
	add(&chain, CMD_READ_TRACK, CCWIO_SLI, data, TRACK_BYTES);
	ret = run(&chain, &irb);
	if (ret || !clean(&irb)) {
		explain(c, ret, &irb);
		return false;
	}
	track->size = TRACK_BYTES - irb.scsw.count;
	track->data = malloc(track->size ?: 1);
	if (!track->data)
		return false;
	memcpy(track->data, ccwio_mem(&c->dev, data), track->size);
	if (drop_record_zero(track) && parse(track))
		return true;
	check_detail(c, "what READ TRACK delivers has no record 0, or no end\n");
	return false;
}

static bool same(const struct track *a, const struct track *b)
{
	return a->size == b->size && !memcmp(a->data, b->data, a->size);
}

/* Write all records of a track, from one place each or from three */
static enum verdict format_track(struct scratch *s, unsigned int head,
				 const struct track *track, bool chained)
{
	struct chain chain = begin(s->check, 1, 0);
	const uint8_t *count = track->data;
	unsigned int i, key, data;

	define_extent(&chain, s, MAY_FORMAT, head);
	locate(&chain, s, OP_FORMAT, head, 0, track->records, 0);
	for (i = 1; i <= track->records; i++, count += record_bytes(count)) {
		uint8_t flags = i < track->records ? CCWIO_CC : 0;

		if (!chained) {
			add(&chain, CMD_WRITE_CKD, flags,
			    copy(&chain, count, record_bytes(count)),
			    record_bytes(count));
			continue;
		}
		key = count[5];
		data = record_bytes(count) - COUNT_BYTES - key;
		add(&chain, CMD_WRITE_CKD, CCWIO_CD,
		    copy(&chain, count, COUNT_BYTES), COUNT_BYTES);
		if (key)
			add(&chain, 0, CCWIO_CD,
			    copy(&chain, count + COUNT_BYTES, key), key);
		add(&chain, 0, flags,
		    copy(&chain, count + COUNT_BYTES + key, data), data);
	}
	return run_clean(&chain);
}

/* Is the track what it should be? */
static enum verdict compare_track(struct scratch *s, unsigned int head,
				  const struct track *wanted)
{
	struct track found = { 0 };
	enum verdict verdict = NOT_OK;

	if (read_track(s, head, &found)) {
		if (same(&found, wanted))
			verdict = OK;
		else
			check_detail(s->check, "expected %zu bytes on track %u, got %zu%s\n",
				     wanted->size, head, found.size,
				     wanted->size == found.size ? " others" : "");
	}
	free(found.data);
	return verdict;
}

/* Bytes that differ for each seed */
static void pattern(uint8_t *data, size_t size, uint32_t seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = ((seed * 40503u + i) * 2654435761u) >> 24;
}

/**
 * struct shape - how long a record is
 * @key: bytes of its key
 * @data: bytes of its data
 */
struct shape {
	uint8_t key;
	uint16_t data;
};

#define LONG_RECORD	12000	/* bytes */
#define KEYED_RECORD	2

static const struct shape shapes[WRITTEN][4] = {
	{ { 8, 500 }, { 0, 4096 }, { 3, 7000 }, { 0, 9 } },
	{ { 0, LONG_RECORD }, { 8, 500 }, { 0, 1 }, { 255, 4096 } },
};

/* The track as it is to become */
static bool shape_track(struct scratch *s, unsigned int head)
{
	struct track *track = &s->now[head];
	const struct shape *shape = shapes[head];
	uint8_t *at;
	unsigned int i;

	track->records = sizeof(shapes[head]) / sizeof(*shape);
	track->size = COUNT_BYTES;
	for (i = 0; i < track->records; i++)
		track->size += COUNT_BYTES + shape[i].key + shape[i].data;
	track->data = malloc(track->size);
	if (!track->data)
		return false;
	at = track->data;
	for (i = 0; i < track->records; i++, at += record_bytes(at)) {
		const uint8_t count[COUNT_BYTES] = {
			s->cyl >> 8, s->cyl, 0, head, i + 1, shape[i].key,
			shape[i].data >> 8, shape[i].data,
		};

		memcpy(at, count, COUNT_BYTES);
		pattern(at + COUNT_BYTES, shape[i].key + shape[i].data,
			100 * head + i);
	}
	memset(at, 0xff, COUNT_BYTES);
	return true;
}

/*
 * Forms of transfer
 */

enum form {
	DIRECT,
	FORMAT_0,
	CHAINED,
	IDAW_4K,
	IDAW_2K,
	IDAW_1,
	MIDAW,
	NR_FORMS
};

static const struct {
	const char *name;
	uint32_t ctl;
	unsigned int block;
} forms[NR_FORMS] = {
	[DIRECT]	= { "direct, format 1", 0, 0 },
	[FORMAT_0]	= { "direct, format 0", 0, 0 },
	[CHAINED]	= { "data chaining", 0, 0 },
	[IDAW_4K]	= { "format-2 IDAWs, 4 KiB blocks", CCWIO_ORB_H, 4096 },
	[IDAW_2K]	= { "format-2 IDAWs, 2 KiB blocks",
			    CCWIO_ORB_H | CCWIO_ORB_T, 2048 },
	[IDAW_1]	= { "format-1 IDAWs", 0, 2048 },
	[MIDAW]		= { "MIDAWs", CCWIO_ORB_D, 0 },
};

/**
 * struct pieces - where the bytes of one record are, in their order
 * @iova: of each piece
 * @size: bytes of it
 * @n: how many
 */
struct pieces {
	uint64_t iova[PIECES_MAX];
	unsigned int size[PIECES_MAX];
	unsigned int n;
};

static void piece(struct pieces *p, uint64_t iova, unsigned int size)
{
	p->iova[p->n] = iova;
	p->size[p->n++] = size;
}

/*
 * Blocks of a list: a few bytes at the end of one block, then whole blocks, the
 * later ones at lower addresses and none beside another
 */
static void lay_blocks(struct chain *chain, struct pieces *p, unsigned int block,
		       unsigned int size)
{
	const unsigned int first = 40;
	unsigned int n = (size - first + block - 1) / block + 1, i, part;
	uint64_t area = room(chain, 2 * n * block, PAGE);

	for (i = 0; i < n; i++, size -= part) {
		uint64_t at = area + 2 * block * (n - 1 - i);

		part = i ? block : first;
		if (part > size)
			part = size;
		piece(p, i ? at : at + block - first, part);
	}
}

static void lay(struct chain *chain, struct pieces *p, enum form how,
		unsigned int size)
{
	unsigned int part, i;

	p->n = 0;
	if (forms[how].block) {
		lay_blocks(chain, p, forms[how].block, size);
	} else if (how == CHAINED) {
		piece(p, room(chain, 10, 8) + 1, 10);
		piece(p, room(chain, 1000 + PAGE, 8), 1000);
		piece(p, room(chain, size - 1010, 8), size - 1010);
	} else if (how == MIDAW) {
		/* Each inside a page */
		for (i = 0; size; i++, size -= part) {
			part = i ? 2000 : 700;
			if (part > size)
				part = size;
			piece(p, room(chain, PAGE, PAGE) + 96 * i, part);
		}
	} else {
		piece(p, room(chain, size + 8, 8) + 5, size);
	}
}

/* One CCW, or a chain of them, that transfers the pieces */
static void transfer(struct chain *chain, const struct pieces *p, enum form how,
		     uint8_t cmd, unsigned int size)
{
	struct ccwio_dev *dev = &chain->c->dev;
	unsigned int i;
	uint64_t list;

	if (!forms[how].block && how != MIDAW) {
		for (i = 0; i < p->n; i++)
			add(chain, i ? 0 : cmd, i < p->n - 1 ? CCWIO_CD : 0,
			    p->iova[i], p->size[i]);
		return;
	}
	list = room(chain, 16 * p->n, PAGE);
	for (i = 0; i < p->n; i++)
		if (how == MIDAW)
			ccwio_put_midaw(dev, list + 16 * i, p->iova[i],
					p->size[i], i < p->n - 1 ? 0 :
					CCWIO_MIDAW_LAST);
		else if (how == IDAW_1)
			ccwio_put_word(dev, list + 4 * i, p->iova[i]);
		else
			ccwio_put_doubleword(dev, list + 8 * i, p->iova[i]);
	add(chain, cmd, how == MIDAW ? CCWIO_MIDA : CCWIO_IDA, list, size);
}

/* A channel without MIDAWs may refuse the ORB, or find a wrong program */
static enum verdict run_form(struct chain *chain, enum form how)
{
	struct ccwio_irb irb;
	int ret = run(chain, &irb);

	if (!ret && clean(&irb))
		return OK;
	explain(chain->c, ret, &irb);
	if (how != MIDAW)
		return NOT_OK;
	if (ret == -ENODEV || (!ret && irb.scsw.sch == CCWIO_SCH_PROG)) {
		check_detail(chain->c, "probably the channel has no MIDAW facility\n");
		return NOT_HERE;
	}
	return NOT_OK;
}

/* The long record of the second track */
static uint8_t *long_record(struct scratch *s)
{
	return s->now[1].data + COUNT_BYTES;
}

static enum verdict read_long(struct scratch *s, enum form how)
{
	struct chain chain = begin(s->check, how != FORMAT_0, forms[how].ctl);
	const uint8_t *wanted = long_record(s);
	enum verdict verdict;
	struct pieces p;
	unsigned int i;

	define_extent(&chain, s, MAY_NOT_WRITE, 1);
	locate(&chain, s, OP_READ, 1, 1, 1, LONG_RECORD);
	lay(&chain, &p, how, LONG_RECORD);
	for (i = 0; i < p.n; i++)
		memset(ccwio_mem(&s->check->dev, p.iova[i]), 0xa5, p.size[i]);
	transfer(&chain, &p, how, CMD_READ, LONG_RECORD);
	verdict = run_form(&chain, how);
	for (i = 0; i < p.n && verdict == OK; wanted += p.size[i++])
		if (memcmp(ccwio_mem(&s->check->dev, p.iova[i]), wanted,
			   p.size[i])) {
			check_detail(s->check, "piece %u of %u is not what was written\n",
				     i + 1, p.n);
			verdict = NOT_OK;
		}
	return verdict;
}

static enum verdict write_long(struct scratch *s, enum form how)
{
	struct chain chain = begin(s->check, how != FORMAT_0, forms[how].ctl);
	uint8_t *now = long_record(s), before[LONG_RECORD];
	enum verdict verdict;
	struct pieces p;
	unsigned int i;

	memcpy(before, now, sizeof(before));
	pattern(now, LONG_RECORD, 1000 + how);
	define_extent(&chain, s, MAY_UPDATE, 1);
	locate(&chain, s, OP_UPDATE, 1, 1, 1, LONG_RECORD);
	lay(&chain, &p, how, LONG_RECORD);
	for (i = 0; i < p.n; now += p.size[i++])
		memcpy(ccwio_mem(&s->check->dev, p.iova[i]), now, p.size[i]);
	transfer(&chain, &p, how, CMD_UPDATE, LONG_RECORD);
	verdict = run_form(&chain, how);
	if (verdict == OK)
		return read_long(s, DIRECT);
	memcpy(long_record(s), before, sizeof(before));
	return verdict;
}

/*
 * The checks
 */

static enum verdict format_direct(struct scratch *s)
{
	if (format_track(s, 0, &s->now[0], false) != OK)
		return NOT_OK;
	return compare_track(s, 0, &s->now[0]);
}

static enum verdict format_chained(struct scratch *s)
{
	if (format_track(s, 1, &s->now[1], true) != OK)
		return NOT_OK;
	return compare_track(s, 1, &s->now[1]);
}

/* The key and the data of a record of the second track, and their size */
static uint8_t *keyed_record(struct scratch *s, unsigned int *size)
{
	uint8_t *count = s->now[1].data;

	count += record_bytes(count);
	*size = record_bytes(count) - COUNT_BYTES;
	return count + COUNT_BYTES;
}

static enum verdict write_key_and_data(struct scratch *s)
{
	struct chain chain = begin(s->check, 1, 0);
	unsigned int size;
	uint8_t *data = keyed_record(s, &size);

	pattern(data, size, 2000);
	define_extent(&chain, s, MAY_UPDATE, 1);
	locate(&chain, s, OP_UPDATE, 1, KEYED_RECORD, 1, size);
	add(&chain, CMD_UPDATE_KEY_DATA, 0, copy(&chain, data, size), size);
	if (run_clean(&chain) != OK)
		return NOT_OK;
	return compare_track(s, 1, &s->now[1]);
}

/* @skipped: bytes of its beginning that are not stored */
static enum verdict read_keyed(struct scratch *s, uint8_t cmd,
			       unsigned int record, unsigned int size,
			       unsigned int skipped, const uint8_t *wanted)
{
	struct chain chain = begin(s->check, 1, 0);
	uint64_t data = room(&chain, size, 8);
	uint8_t *found = ccwio_mem(&s->check->dev, data);
	unsigned int i;

	memset(found, 0xa5, size);
	define_extent(&chain, s, MAY_NOT_WRITE, 1);
	search(&chain, s, 1, record);
	if (skipped)
		add(&chain, cmd, CCWIO_CD | CCWIO_SKIP, data, skipped);
	add(&chain, cmd, 0, data + skipped, size - skipped);
	if (run_clean(&chain) != OK)
		return NOT_OK;
	for (i = 0; i < size; i++) {
		if (found[i] == (i < skipped ? 0xa5 : wanted[i]))
			continue;
		check_detail(s->check, "byte %u of %u is not what it should be\n",
			     i, size);
		return NOT_OK;
	}
	return OK;
}

static enum verdict read_key_and_data(struct scratch *s)
{
	unsigned int size;
	uint8_t *data = keyed_record(s, &size);

	return read_keyed(s, CMD_READ_KEY_DATA, KEYED_RECORD, size, 0, data);
}

/* The search leaves the device in front of the next record's count */
static enum verdict read_count_key_and_data(struct scratch *s)
{
	unsigned int size;
	uint8_t *data = keyed_record(s, &size);

	return read_keyed(s, CMD_READ_CKD, KEYED_RECORD - 1, COUNT_BYTES + size,
			  0, data - COUNT_BYTES);
}

static enum verdict read_without_beginning(struct scratch *s)
{
	unsigned int size;
	uint8_t *data = keyed_record(s, &size);

	return read_keyed(s, CMD_READ_KEY_DATA, KEYED_RECORD, size, 100, data);
}

/* The control unit refuses it, the sense data comes along, nothing is written */
static enum verdict forbidden_write(struct scratch *s)
{
	struct check *c = s->check;
	struct chain chain = begin(c, 1, 0);
	uint8_t other[LONG_RECORD] = { 0 };
	struct ccwio_irb irb;
	int ret;

	define_extent(&chain, s, MAY_NOT_WRITE, 1);
	search(&chain, s, 1, 1);
	add(&chain, CMD_UPDATE & 0x7f, 0, copy(&chain, other, sizeof(other)),
	    sizeof(other));
	ret = run(&chain, &irb);
	if (ret || !(irb.scsw.dev & CCWIO_DEV_UC)) {
		explain(c, ret, &irb);
		check_detail(c, "and a unit check\n");
		return NOT_OK;
	}
	/* Command reject, or file protected */
	if (!(irb.ecw[0] & 0x80) && !(irb.ecw[1] & 0x04)) {
		check_detail(c, "expected sense data that says so, got %02x %02x\n",
			     irb.ecw[0], irb.ecw[1]);
		return NOT_OK;
	}
	return compare_track(s, 1, &s->now[1]);
}

static const struct {
	const char *name;
	enum verdict (*run)(struct scratch *s);
} others[] = {
	{ "writing key and data", write_key_and_data },
	{ "reading key and data", read_key_and_data },
	{ "reading count, key and data", read_count_key_and_data },
	{ "reading a record without its beginning", read_without_beginning },
	{ "a write that the extent forbids is refused", forbidden_write },
};

/*
 * Signals
 */

/* What a fault of the program itself leads to cannot wait */
static const int faults[] = { SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP };

/* All others do: most of those that nobody handles end a program, too */
static void signal_set(sigset_t *set)
{
	size_t i;

	sigfillset(set);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		sigdelset(set, faults[i]);
}

/* Does somebody want it to end? */
static bool interrupted(void)
{
	sigset_t set;

	return !sigpending(&set) &&
	       (sigismember(&set, SIGHUP) || sigismember(&set, SIGINT) ||
		sigismember(&set, SIGQUIT) || sigismember(&set, SIGTERM));
}

/*
 * From the beginning to the end
 */

/* Each check once, until somebody interrupts; was there none? */
static bool all_checks(struct scratch *s)
{
	char name[80];
	unsigned int i;

	check_tell(s->check, "writing count, key and data", format_direct(s));
	if (interrupted())
		return false;
	check_tell(s->check, "writing count, key and data from three places",
		   format_chained(s));
	for (i = 0; i < 2 * NR_FORMS && !interrupted(); i++) {
		enum form how = i % NR_FORMS;
		bool write = i < NR_FORMS;

		snprintf(name, sizeof(name), "%s a record: %s",
			 write ? "writing" : "reading", forms[how].name);
		check_tell(s->check, name, write ? write_long(s, how) :
			   read_long(s, how));
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]) && !interrupted(); i++)
		check_tell(s->check, others[i].name, others[i].run(s));
	return !interrupted();
}

/* Put back what was there where it is not; does it succeed for all tracks? */
static enum verdict put_back(struct scratch *s)
{
	enum verdict verdict = OK;
	unsigned int head, tries;

	ccwio_reset(&s->check->dev);
	for (head = 0; head < HEADS; head++) {
		if (verdict == OK)
			s->check->used = 0;
		for (tries = 0; tries < 3; tries++) {
			if (compare_track(s, head, &s->before[head]) == OK)
				break;
			if (head < WRITTEN)
				format_track(s, head, &s->before[head], false);
		}
		if (tries == 3)
			verdict = NOT_OK;
	}
	return verdict;
}

/*
 * Is everything still as it was found? Whoever has agreed may have taken his time, and
 * only what is there now may be put back.
 */
static bool is_unchanged(struct scratch *s)
{
	unsigned int head;

	for (head = 0; head < HEADS; head++)
		if (compare_track(s, head, &s->before[head]) != OK)
			return false;
	return true;
}

/**
 * scratch_run - write, compare, and put back what was there
 * @s: the cylinder
 *
 * Return: false if somebody interrupted it; the cylinder is as it was then, too,
 * unless the last line says otherwise.
 */
bool scratch_run(struct scratch *s)
{
	sigset_t held, before;
	bool whole;
	int head;

	for (head = 0; head < WRITTEN; head++) {
		if (shape_track(s, head))
			continue;
		check_detail(s->check, "no memory\n");
		check_tell(s->check, "writing", NOT_OK);
		return true;
	}
	if (!is_unchanged(s)) {
		check_detail(s->check, "somebody else has written to it meanwhile\n");
		check_tell(s->check, "nobody else uses the cylinder", NOT_OK);
		return true;
	}
	signal_set(&held);
	sigprocmask(SIG_BLOCK, &held, &before);
	whole = all_checks(s);
	check_tell(s->check, "the cylinder is as it was", put_back(s));
	whole = whole && !interrupted();
	/* What waited has been heard */
	if (!whole) {
		while (sigtimedwait(&held, NULL, &(struct timespec){ 0 }) > 0)
			;
		check_say(s->check, "interrupted\n");
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return whole;
}

/* A 3390 that has the cylinder, beyond the one with the label; else a sentence */
static bool is_possible(struct check *c, unsigned long cyl)
{
	struct chain chain = begin(c, 1, 0);
	uint64_t data = room(&chain, CHARACTERISTICS_BYTES, 8);
	const uint8_t *found = ccwio_mem(&c->dev, data);
	unsigned int cylinders;

	if (strncmp(c->id + 8, "3390", 4)) {
		refuse("--scratch is for a 3390, and this is none");
		return false;
	}
	add(&chain, CMD_CHARACTERISTICS, 0, data, CHARACTERISTICS_BYTES);
	if (run_clean(&chain) != OK) {
		refuse("the device does not tell its characteristics");
		return false;
	}
	cylinders = found[12] << 8 | found[13];
	if (cylinders > CYLINDERS_MAX)
		cylinders = CYLINDERS_MAX;
	if (cyl && cyl < cylinders && (found[14] << 8 | found[15]) == HEADS)
		return true;
	refuse("the cylinder is a number from 1 to %u", cylinders - 1);
	return false;
}

/**
 * scratch_look - see what is in a cylinder
 * @c: the check, which has SENSE ID data
 * @cyl: number of the cylinder
 *
 * Writes nothing.
 *
 * Return: the cylinder, to be given to scratch_free(); or NULL, after a sentence
 * on standard error
 */
struct scratch *scratch_look(struct check *c, unsigned long cyl)
{
	struct scratch *s;
	unsigned int head;

	if (!is_possible(c, cyl))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->check = c;
	s->cyl = cyl;
	for (head = 0; head < HEADS; head++) {
		if (!read_track(s, head, &s->before[head])) {
			refuse("track %u of cylinder %lu cannot be read, nor be put back",
			       head, cyl);
			break;
		}
		if (head < WRITTEN && (!s->before[head].records ||
				       s->before[head].records > RECORDS_MAX)) {
			refuse("track %u of cylinder %lu has %u records: cannot be put back",
			       head, cyl, s->before[head].records);
			break;
		}
	}
	c->used = 0;
	if (head == HEADS)
		return s;
	scratch_free(s);
	return NULL;
}

/**
 * scratch_agreed - is writing wanted?
 * @s: the cylinder
 * @yes: that it is was said before
 *
 * Asks on the terminal.
 *
 * Return: whether it is; otherwise after a sentence on standard error
 */
bool scratch_agreed(const struct scratch *s, bool yes)
{
	unsigned int head, records = 0;
	char answer[8];

	if (yes)
		return true;
	if (!isatty(STDIN_FILENO)) {
		refuse("--scratch writes to the medium: answer on a terminal, or say --yes");
		return false;
	}
	for (head = 0; head < HEADS; head++)
		records += s->before[head].records;
	fprintf(stderr,
		"Cylinder %u has %u records. Two of its tracks will be written to and put back;\n"
		"nobody else may use it meanwhile. Write to it? [yes/NO] ",
		s->cyl, records);
	if (fgets(answer, sizeof(answer), stdin) && !strcmp(answer, "yes\n"))
		return true;
	refuse("nothing was written");
	return false;
}

/**
 * scratch_free - forget a cylinder
 * @s: the cylinder, or NULL
 */
void scratch_free(struct scratch *s)
{
	unsigned int head;

	if (!s)
		return;
	for (head = 0; head < HEADS; head++)
		free(s->before[head].data);
	for (head = 0; head < WRITTEN; head++)
		free(s->now[head].data);
	free(s);
}
