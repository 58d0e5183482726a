// SPDX-License-Identifier: GPL-2.0
/*
 * Channel programs: lists of indirect addresses
 *
 * Owns: how IDALs and MIDALs of the guest are read and what they transfer. Each
 * IDAW and MIDAW is read once; an unusable one ends the list, and the channel
 * finds a poisoned address in its place.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#include "vfio_ccw_cp_prog.h"
#include "vfio_ccw_format.h"

/* MIDAWs read at a time */
#define CP_MIDAWS_READ	16U

/**
 * struct ida_read - a part of a list to be read
 * @iova: guest address; no word of a list crosses a page
 * @buf: where to put it
 * @need: bytes that are needed
 * @want: bytes that are read at most, as long as they are in the page of the
 *	last needed byte
 * @got: bytes that could be read
 */
struct ida_read {
	u32 iova;
	void *buf;
	u32 need;
	u32 want;
	u32 got;
};

/*
 * Read a part of the list of @c. Returns 0 or -errno for trouble of the host;
 * cp_ccw.reason says why there is less than what is needed.
 */
static int ida_read_list(struct vfio_ccw_cp *cp, struct cp_prog *p,
			 struct cp_ccw *c, struct ida_read *r)
{
	const void *known = prog_in_chunk(cp, r->iova, r->need);
	enum cp_reason fault = CP_OK;
	u32 done = 0;
	u32 len;
	int err;

	if (known) {
		memcpy(r->buf, known, r->need);
		r->got = r->need;
		return 0;
	}
	while (done < r->need) {
		r->got = done;
		if (r->iova + done >= cp->limit) {
			c->reason = CP_PROG;
			return 0;
		}
		len = min(prog_page_room(r->iova + done), r->want - done);
		err = prog_read_guest(cp, p, r->iova + done, r->buf + done, len,
				      &fault);
		if (err)
			return err;
		if (fault) {
			c->reason = fault;
			return 0;
		}
		done += len;
	}
	r->got = done;
	return 0;
}

/* Where the bytes of format-1 IDAWs go: the end of where the numbers go */
static void *ida_idaw_bytes(const struct vfio_ccw_cp *cp, u64 *words)
{
	return cp->orb & VFIO_CCW_ORB_H ? (void *)words :
					  (__be32 *)words + CP_IDAWS_MAX;
}

/*
 * Read the bytes of the IDAL of @c to @buf. Its length is known only with the
 * first IDAW; one more than an aligned one would need is read along where that
 * costs nothing. *@got is how many of those needed are there. Returns as
 * ida_read_list().
 */
static int ida_read_idal(struct vfio_ccw_cp *cp, struct cp_prog *p,
			 struct cp_ccw *c, void *buf, u32 *got)
{
	u32 size = cp->orb & VFIO_CCW_ORB_H ? VFIO_CCW_IDAW2_SIZE :
					      VFIO_CCW_IDAW1_SIZE;
	u32 least = prog_idaws_needed(cp->block, 0, c->count, CP_IN);
	struct ida_read r = {
		.iova = c->addr,
		.buf = buf,
		.need = least * size,
		.want = (least + 1) * size,
	};
	u64 first;
	u32 n;
	int err;

	err = ida_read_list(cp, p, c, &r);
	*got = r.got / size;
	if (err || !*got)
		return err;
	first = size == VFIO_CCW_IDAW2_SIZE ? be64_to_cpup(buf) :
					      be32_to_cpup(buf);
	n = prog_idaws_needed(cp->block, first, c->count, c->dir);
	if (!c->reason && *got < n) {
		r.iova += r.got;
		r.buf += r.got;
		r.need = size;
		r.want = size;
		err = ida_read_list(cp, p, c, &r);
		*got += r.got / size;
	}
	*got = min(*got, n);
	return err;
}

/*
 * PoP chapter 15, "CCW Indirect Data Addressing": all but the first IDAW name
 * the first byte of a block, for read backward the last; a format-1 IDAW has
 * 31 bits. A block lies within a page, so each IDAW is one page.
 */
static int ida_plan_idaws(const struct vfio_ccw_cp *cp, struct cp_prog *p,
			  struct cp_ccw *c, u64 *words, u32 n)
{
	bool format2 = cp->orb & VFIO_CCW_ORB_H;
	const __be32 *idaw1 = ida_idaw_bytes(cp, words);
	const __be64 *idaw2 = (const __be64 *)words;
	u64 start = c->dir == CP_BACK ? cp->block - 1 : 0;
	/* Bits that have to be those of @start; more of them after the first */
	u64 fixed = format2 ? 0 : ~(CP_LIMIT_31 - 1ULL);
	u32 dir = prog_pin_dir(c->dir);
	struct cp_extent *e;
	u32 i, extents;
	u64 addr;
	int err;

	err = vec_reserve(&p->extents, n);
	if (err)
		return err;
	extents = p->extents.n;
	e = prog_extent(p, extents);
	for (i = 0; i < n; i++) {
		addr = format2 ? be64_to_cpu(idaw2[i]) : be32_to_cpu(idaw1[i]);
		if (unlikely((addr ^ start) & fixed)) {
			c->reason = CP_PROG;
			break;
		}
		words[i] = addr;
		addr >>= CP_PAGE_SHIFT;
		if (!extents || !prog_join_extent(e - 1, addr, addr, dir)) {
			prog_set_extent(e++, addr, 1, dir);
			extents++;
		}
		if (!i) {
			c->extent = extents - 1;
			fixed |= cp->block - 1;
		}
	}
	p->extents.n = extents;
	c->words = i;
	return 0;
}

/**
 * cp_ida_plan_idal() - fetch the IDAL of a CCW and plan what it transfers
 * @cp: the channel-program object
 * @p: the program
 * @c: a valid CCW with the IDA flag and a count that is not 0
 *
 * PoP chapter 15, "CCW Indirect Data Addressing". Adds the IDAWs up to the first
 * unusable one to cp_prog.words, in host byte order, and their pages to the
 * extents. cp_ccw.reason says why the list ends before it should.
 *
 * Context: process context, may sleep on user memory.
 * Return: 0; -E2BIG if there are more than VFIO_CCW_CP_MAX_IDAWS; -ENOMEM; any
 * other error of the memory ops that is not the guest's.
 */
int cp_ida_plan_idal(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     struct cp_ccw *c)
{
	u32 size = cp->orb & VFIO_CCW_ORB_H ? VFIO_CCW_IDAW2_SIZE :
					      VFIO_CCW_IDAW1_SIZE;
	u32 got = 0;
	u64 *words;
	int err;

	c->kind = CP_IDAL;
	c->first = p->words.n;
	if (c->addr & (size - 1)) {
		c->reason = CP_PROG;
		return 0;
	}
	err = vec_reserve(&p->words, CP_IDAWS_MAX + 1);
	if (err)
		return err;
	words = p->words.p + p->words.n;
	err = ida_read_idal(cp, p, c, ida_idaw_bytes(cp, words), &got);
	if (err)
		return err;
	p->idaws += got;
	if (p->idaws > VFIO_CCW_CP_MAX_IDAWS)
		return -E2BIG;
	p->uses_2k |= cp->block == VFIO_CCW_IDA_BLOCK_2K;
	err = ida_plan_idaws(cp, p, c, words, got);
	p->words.n += c->words;
	return err;
}

/*
 * PoP chapter 15, "Modified CCW Indirect Data Addressing": reserved bits are
 * zero, the count is not, and the area does not cross a 4 KiB boundary, if there
 * is an area: the address of a word that is skipped is not used.
 */
static bool ida_midaw_valid(const struct cp_ccw *c, u64 word, u64 addr)
{
	u32 count = prog_midaw_count(word);
	u32 off = addr & CP_PAGE_MASK;

	if (word >> 24 || prog_midaw_flags(word) & VFIO_CCW_MIDAW_F_ZERO ||
	    !count)
		return false;
	if (c->dir == CP_IN && prog_midaw_skips(c, word))
		return true;
	return c->dir == CP_BACK ? count <= off + 1 :
				   count <= CP_PAGE_SIZE - off;
}

static int ida_plan_midaw(struct cp_prog *p, struct cp_ccw *c, u64 word,
			  u64 addr)
{
	int err;

	if (!ida_midaw_valid(c, word, addr)) {
		c->reason = CP_PROG;
		return 0;
	}
	c->words++;
	if (prog_midaw_skips(c, word))
		return 0;
	if (c->dir == CP_BACK)
		addr -= prog_midaw_count(word) - 1;
	err = cp_pin_add_area(p, addr, prog_midaw_count(word), c->dir);
	if (c->extent == CP_NONE)
		c->extent = p->extents.n - 1;
	return err;
}

/*
 * Read some MIDAWs of @c to the end of the words; *@got is how many. Returns as
 * ida_read_list(). PoP chapter 15: a list does not cross a 4 KiB boundary.
 */
static int ida_read_midaws(struct vfio_ccw_cp *cp, struct cp_prog *p,
			   struct cp_ccw *c, u32 *got)
{
	u32 addr = c->addr + c->words * CP_MIDAW_SIZE;
	struct ida_read r = {
		.iova = addr,
		.need = CP_MIDAW_SIZE,
		.want = min(prog_page_room(addr),
			    CP_MIDAWS_READ * CP_MIDAW_SIZE),
	};
	u64 *words;
	u32 i;
	int err;

	*got = 0;
	if (c->words && !(addr & CP_PAGE_MASK)) {
		c->reason = CP_PROG;
		return 0;
	}
	err = vec_reserve(&p->words, 2 * CP_MIDAWS_READ);
	if (err)
		return err;
	words = p->words.p + p->words.n;
	r.buf = words;
	err = ida_read_list(cp, p, c, &r);
	*got = r.got / CP_MIDAW_SIZE;
	for (i = 0; i < 2 * *got; i++)
		words[i] = be64_to_cpu(((__be64 *)words)[i]);
	return err;
}

/**
 * cp_ida_plan_midal() - fetch the MIDAL of a CCW and plan what it transfers
 * @cp: the channel-program object
 * @p: the program
 * @c: a valid CCW with the MIDA flag and a count that is not 0
 *
 * PoP chapter 15, "Modified CCW Indirect Data Addressing". As
 * cp_ida_plan_idal(); each MIDAW is two words, the one with flags and count
 * first.
 *
 * Context: process context, may sleep on user memory.
 * Return: as cp_ida_plan_idal().
 */
int cp_ida_plan_midal(struct vfio_ccw_cp *cp, struct cp_prog *p,
		      struct cp_ccw *c)
{
	bool last = false;
	u32 sum = 0;
	u32 i, got;
	u64 *words;
	int err;

	c->kind = CP_MIDAL;
	c->first = p->words.n;
	if (c->addr & (CP_MIDAW_SIZE - 1))
		c->reason = CP_PROG;
	while (!last && sum < c->count && !c->reason) {
		err = ida_read_midaws(cp, p, c, &got);
		if (err)
			return err;
		words = p->words.p + p->words.n;
		for (i = 0; i < got && !last && sum < c->count; i++) {
			if (++p->idaws > VFIO_CCW_CP_MAX_IDAWS)
				return -E2BIG;
			err = ida_plan_midaw(p, c, words[2 * i],
					     words[2 * i + 1]);
			if (err)
				return err;
			if (c->reason)
				break;
			last = prog_midaw_flags(words[2 * i]) &
			       VFIO_CCW_MIDAW_F_LAST;
			sum += prog_midaw_count(words[2 * i]);
			p->words.n += 2;
		}
	}
	return 0;
}
