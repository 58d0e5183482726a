// SPDX-License-Identifier: GPL-2.0
/*
 * Channel programs: fetch, plan, pin, emit, complete, release
 *
 * Owns: the only path by which anything that a guest wrote can become an
 * address that the channel uses.
 *
 * A program is held as arrays of plain records, kept from one program to the
 * next so that the steady state allocates nothing:
 *
 *   ccw	one CCW as fetched, in the order of fetching
 *   segment	a run of ccw records at ascending guest addresses; its host
 *		CCWs stand at ascending host addresses, one for one, so that a
 *		status modifier skips the same CCW on either side
 *   branch	a place that is still to be fetched, or has been: the target of
 *		a TIC. The work list of the fetch stage
 *   word	one IDAW of the guest, or one half of a MIDAW
 *   extent	consecutive guest pages, in the order of use
 *   run	consecutive guest pages, ascending and disjoint, to be pinned
 *
 * Invariants:
 *   - Guest storage is read in the fetch stage only, each CCW, IDAW and MIDAW
 *     once; nothing is pinned before the last read.
 *   - Every extent lies in exactly one stretch of the array of host addresses,
 *     so that finding a page at emission is one subtraction.
 *   - The claims (the runs, all of them) are public from before the first pin
 *     until after the last unpin.
 *   - Every slot that follows the last CCW of a segment is a guard or a TIC of
 *     the driver: the channel never runs on into unrelated memory.
 *   - What the guest got wrong is judged by the channel: a *guard*, an all-zero
 *     doubleword, stands where the CCW cannot be used, and a *poisoned* data
 *     address, one that the architecture does not allow, stands where the data
 *     cannot be reached. Both are a program check at the CCW in question.
 */
#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#include "vfio_ccw_cp.h"
#include "vfio_ccw_format.h"

/* The page of the channel subsystem and of the pin calls, whatever the host's */
#define CP_PAGE_SHIFT	12
#define CP_PAGE_SIZE	BIT(CP_PAGE_SHIFT)
#define CP_PAGE_MASK	(CP_PAGE_SIZE - 1)

#define CP_LIMIT_24	BIT(24)		/* end of what 24-bit addresses reach */
#define CP_LIMIT_31	BIT(31)		/* end of what 31-bit addresses reach */

/* First read of a program: most end within it. Then whole pages */
#define CP_CHUNK_FIRST	512U
#define CP_CHUNK_MAX	CP_PAGE_SIZE

/* Longest run of host CCWs in one piece, or one more: half of the largest block */
#define CP_SEGMENT_MAX	4096U

/* Kept for the next program: blocks in total, and each array; bytes */
#define CP_ARENA_KEEP	(2 * VFIO_CCW_ALLOC_MAX)
#define CP_ARRAY_KEEP	(32U << 10)

/*
 * As many CCWs, or words of lists, make a program whose arrays are looked at
 * afterwards. A power of two
 */
#define CP_FEW		256U

/* Output data up to this size is cheaper to copy than to pin, bytes */
#define CP_COPY_MAX	256U

/* MIDAWs read at a time, and the most of them that one page holds */
#define CP_MIDAWS_READ	16U
#define CP_MIDAW_SIZE	((u32)sizeof(struct vfio_ccw_midaw))

/* IDAWs that the longest count can need: 64 KiB less one byte, unaligned */
#define CP_IDAWS_MAX	33U

/*
 * A program, its tails, and the tail that is being prepared. While the program
 * runs no tail can be given back, because the channel may be in any
 */
#define CP_PROGS	(2 + VFIO_CCW_CP_MAX_TAILS)

#define CP_NONE		U32_MAX
#define CP_LOOKUP	(U32_MAX - 1)	/* to be found when all is fetched */

/*
 * Poison is wrong in two ways, for a channel that checks only one of them. An
 * IDAW of CP_POISON is not on a block boundary (CP_POISON_BACK: not at the end
 * of a block), and no machine has storage there. A CCW whose first data address
 * is poisoned has an IDAL at CP_POISON_OFF into the driver's own page: not on a
 * doubleword boundary, and what stands there is CP_POISON.
 */
#define CP_POISON	0x7ffffffffffff001ULL
#define CP_POISON_BACK	0x7ffffffffffff000ULL
#define CP_POISON_OFF	4U

/* Low bits of a host address in cp_prog.hosts[]: what the page is no good for */
#define CP_HOST_NO_READ		BIT(0)	/* program check for output */
#define CP_HOST_NO_WRITE	BIT(1)	/* program check for input */
#define CP_HOST_PROT_READ	BIT(2)	/* protection check for output */
#define CP_HOST_PROT_WRITE	BIT(3)	/* protection check for input */
#define CP_HOST_UNPINNED	BIT(4)	/* not pinned at all */

/**
 * enum cp_reason - why a guard or a poisoned address stands somewhere
 * @CP_OK: it does not
 * @CP_PROG: program check
 * @CP_PROT: protection check
 */
enum cp_reason {
	CP_OK,
	CP_PROG,
	CP_PROT,
};

/**
 * enum cp_way - how a CCW is reached, and what a data chain transfers
 * @CP_CMD: first CCW, or by command chaining: its own command counts
 * @CP_OUT: by data chaining from an output command
 * @CP_IN: by data chaining from an input command
 * @CP_BACK: by data chaining from read backward
 * @CP_SECOND_TIC: by a TIC although it is itself a TIC; always a guard
 *
 * The same guest CCW reached in two ways is two host CCWs: it transfers in
 * different directions. CP_OUT to CP_BACK also name the direction itself.
 */
enum cp_way {
	CP_CMD,
	CP_OUT,
	CP_IN,
	CP_BACK,
	CP_SECOND_TIC,
};

/**
 * enum cp_kind - what becomes of a CCW
 * @CP_NOTHING: transfers nothing: points at the driver's page
 * @CP_DIRECT: one area of guest storage
 * @CP_COPY: a small output area, to be copied instead of pinned
 * @CP_IDAL: an indirect-data-address list
 * @CP_MIDAL: a list of modified indirect-data-address words
 * @CP_TIC: transfer in channel
 * @CP_GUARD: cannot be executed
 */
enum cp_kind {
	CP_NOTHING,
	CP_DIRECT,
	CP_COPY,
	CP_IDAL,
	CP_MIDAL,
	CP_TIC,
	CP_GUARD,
};

/**
 * struct cp_ccw - one CCW of the guest
 * @iova: its address
 * @addr: data address, list address, or target of the TIC
 * @count: byte count
 * @good: bytes, from the first to be transferred, that addresses can reach
 * @cmd: command code
 * @flags: VFIO_CCW_CCW_F_*
 * @kind: enum cp_kind
 * @way: enum cp_way, how it was reached
 * @dir: CP_OUT, CP_IN or CP_BACK: what it transfers
 * @reason: enum cp_reason, for a guard or for the first poisoned address
 * @no_ccw: guard because no CCW can be fetched from @iova
 * @home: 1 + index of the part of the program that its host CCW leads into
 *	since a resume; 0: the part that it is in
 * @words: words of the list up to the first unusable one
 * @first: index of the first word; TIC: index of its branch; copy: offset
 * @extent: index of the extent that holds the first page
 * @segment: index of its segment
 * @resume: branch of the prepared tail that takes its place, or CP_NONE
 * @skippable: a status modifier may pass over it
 * @stop: the channel may be suspended here
 */
struct cp_ccw {
	u32 iova;
	u32 addr;
	u16 count;
	u16 good;
	u8 cmd;
	u8 flags;
	u8 kind;
	u8 way;
	u8 dir;
	u8 reason;
	bool no_ccw;
	u8 home;
	u16 words;
	u32 first;
	u32 extent;
	u32 segment;
	u32 resume;
	bool skippable;
	bool stop;
};

/**
 * struct cp_node - the place of a CCW's record in the index
 * @child: the records that the next bit of the key leads to, or CP_NONE
 */
struct cp_node {
	u32 child[2];
};

/**
 * struct cp_segment - CCWs at ascending addresses
 * @iova: guest address of the first
 * @first: index of its record
 * @ccws: number of records
 * @slots: host CCWs, with links and guards
 * @link: the record where the program goes on behind the last, or CP_NONE
 * @link_skip: the record behind that, for a status modifier, or CP_NONE
 * @branch_skip: branch that stands for @link_skip until it is fetched
 * @host: host absolute address of the first host CCW
 * @mem: the same as the driver sees it
 */
struct cp_segment {
	u32 iova;
	u32 first;
	u32 ccws;
	u32 slots;
	u32 link;
	u32 link_skip;
	u32 branch_skip;
	u32 host;
	__be64 *mem;
};

/**
 * struct cp_branch - a place where the program may go on
 * @iova: guest address
 * @ccw: index of the record once known, or CP_NONE
 * @way: how it is reached
 * @by_tic: by a TIC, so that it may not be one
 * @chained: the CCW before it is command-chained, so may skip what is here
 */
struct cp_branch {
	u32 iova;
	u32 ccw;
	u8 way;
	bool by_tic;
	bool chained;
};

/**
 * struct cp_extent - consecutive guest pages
 * @page: guest address of the first, in pages
 * @pages: number
 * @dir: VFIO_CCW_PIN_*
 * @host: index of the first in cp_prog.hosts[]
 * @pinned: pinned by one call; otherwise see cp_prog.pieces
 *
 * In the order of use, to find the host address again; and as a *run*,
 * ascending and disjoint, to be pinned. Most programs use pages in ascending
 * order: then the same records are both.
 */
struct cp_extent {
	u64 page;
	u32 pages;
	u32 dir;
	u32 host;
	bool pinned;
};

/**
 * struct cp_order - a reference to an extent or a segment, to be sorted
 * @at: where it begins: guest address in pages; host address of a segment
 * @index: its index
 */
struct cp_order {
	u64 at;
	u32 index;
};

/**
 * struct cp_piece - a part of a run that had to be pinned by a call of its own
 * @iova: guest address
 * @pages: number
 * @host: index of the first in cp_prog.hosts[]
 */
struct cp_piece {
	u64 iova;
	u32 pages;
	u32 host;
};

/**
 * struct cp_block - memory below 2 GiB from vfio_ccw_mem_ops.alloc
 * @mem: as the driver sees it
 * @host: as the channel sees it
 * @size: bytes
 * @used: bytes given out
 */
struct cp_block {
	u8 *mem;
	u32 host;
	u32 size;
	u32 used;
};

/**
 * struct cp_vec - an array that grows and is kept
 * @p: elements
 * @n: in use
 * @max: room for
 */
struct cp_vec {
	void *p;
	u32 n;
	u32 max;
};

/**
 * struct cp_prog - one translated program, or the tail of one
 * @ccws: struct cp_ccw
 * @segments: struct cp_segment
 * @branches: struct cp_branch
 * @words: u64, IDAWs and halves of MIDAWs in host byte order
 * @extents: struct cp_extent
 * @order: struct cp_order, the extents by ascending page until these are pinned;
 *	then the segments by host address
 * @sorted: struct cp_extent, runs made of extents that do not ascend
 * @pieces: struct cp_piece
 * @hosts: u64, host address of each pinned page, with CP_HOST_* bits
 * @dirs: u8, VFIO_CCW_PIN_* of each page, while runs are made
 * @bytes: u8, output data copied
 * @copies: u32, indices of the records of kind CP_COPY
 * @nodes: struct cp_node, one for each of @ccws once there is a branch
 * @blocks: struct cp_block
 * @input: guest addresses that input may store at: first and last; known
 *	once there is something to copy
 * @runs: number of runs; it and all behind it is zero in a program that is not
 *	there
 * @block: index of the block in use
 * @idaws: IDAWs and MIDAWs fetched
 * @pins: pin calls made
 * @reads: read calls made
 * @claimed: runs that are public (struct vfio_ccw_cp.lock)
 * @null_list: host address of the list of driver's pages, forward; 0 if none
 * @null_list_back: the same for read backward
 * @skipped: host address of what long MIDAWs that are skipped name; 0 if none
 * @uses_2k: an IDAL of 2 KiB blocks was fetched
 * @uses_midal: a host MIDAL was emitted
 * @indexed: every CCW has a place in @nodes
 * @runs_sorted: the runs are in @sorted; else the extents themselves are runs
 * @held: quarantined: extra references instead of pins
 * @dirty: not released
 */
struct cp_prog {
	struct cp_vec ccws;
	struct cp_vec segments;
	struct cp_vec branches;
	struct cp_vec words;
	struct cp_vec extents;
	struct cp_vec order;
	struct cp_vec sorted;
	struct cp_vec pieces;
	struct cp_vec hosts;
	struct cp_vec dirs;
	struct cp_vec bytes;
	struct cp_vec copies;
	struct cp_vec nodes;
	struct cp_vec blocks;
	u64 input[2];
	u32 runs;
	u32 block;
	u32 idaws;
	u32 pins;
	u32 reads;
	u32 claimed;
	u32 null_list;
	u32 null_list_back;
	u32 skipped;
	bool uses_2k;
	bool uses_midal;
	bool indexed;
	bool runs_sorted;
	bool held;
	bool dirty;
};

/**
 * struct vfio_ccw_cp - room for one channel program
 * @ops: guest memory, and memory for the channel
 * @ctx: first argument of every op
 * @lock: protects what vfio_ccw_cp_uses() looks at: cp_prog.claimed
 * @prog: the program, and after a resume its tail; they take turns
 * @tail: which of @prog is a prepared tail, or CP_NONE
 * @fresh: which of @prog was put in place for a suspended program whose resume
 *	is not known to be accepted, or CP_NONE
 * @hidden: BIT(n) of each @prog that the channel cannot be in: the preparation
 *	of a resume rebuilds it, and completion does not look at it
 * @running: the tail is for a program that was not suspended when its
 *	preparation began
 * @dirty: there may be something to release in the first of @prog
 * @resumed: ... and in the others
 * @orb: word 1 of the guest's ORB, host byte order
 * @fmt1: format-1 CCWs
 * @block: bytes in a block of the guest's IDALs
 * @host_block: bytes in a block of the host's
 * @limit: end of what the addresses in CCWs can reach
 * @chunk: last piece of guest storage read for CCWs
 * @chunk_iova: where it came from
 * @chunk_len: bytes of it
 * @chunk_next: bytes to read next
 * @null: the driver's own page
 * @null_host: its host absolute address
 *
 * Translation, release, preparation of a resume and quarantine exclude each
 * other by the caller's locks; so do completion, the beginning and the
 * commitment of a resume, and release. A program can end while a resume is
 * prepared: completion meets the preparation, see @hidden.
 */
struct vfio_ccw_cp {
	const struct vfio_ccw_mem_ops *ops;
	void *ctx;
	spinlock_t lock;	/* cp_prog.claimed, see above */
	struct cp_prog prog[CP_PROGS];
	u32 tail;
	u32 fresh;
	u32 hidden;
	bool running;
	bool dirty;
	bool resumed;
	u32 orb;
	bool fmt1;
	u32 block;
	u32 host_block;
	u32 limit;
	u8 *chunk;
	u32 chunk_iova;
	u32 chunk_len;
	u32 chunk_next;
	u8 *null;
	u32 null_host;
};

/* Records by index */

static struct cp_ccw *ccw_at(const struct cp_prog *p, u32 i)
{
	return (struct cp_ccw *)p->ccws.p + i;
}

static struct cp_segment *segment_at(const struct cp_prog *p, u32 i)
{
	return (struct cp_segment *)p->segments.p + i;
}

static struct cp_branch *branch_at(const struct cp_prog *p, u32 i)
{
	return (struct cp_branch *)p->branches.p + i;
}

static struct cp_extent *extent_at(const struct cp_prog *p, u32 i)
{
	return (struct cp_extent *)p->extents.p + i;
}

/*
 * The runs. Nothing keeps this pointer: an extent that is added may move the
 * array, and there are no runs (p->runs is 0) while extents are added.
 */
static struct cp_extent *runs_of(const struct cp_prog *p)
{
	return p->runs_sorted ? p->sorted.p : p->extents.p;
}

static struct cp_block *block_at(const struct cp_prog *p, u32 i)
{
	return (struct cp_block *)p->blocks.p + i;
}

/* Arrays that grow and are kept */

/*
 * In a build for tests: an array of up to so many elements has no room to spare,
 * and each element that is added moves it
 */
#ifndef CP_ARRAY_TIGHT
#define CP_ARRAY_TIGHT	0
#endif

static noinline int vec_grow(struct cp_vec *v, size_t size, u32 need)
{
	u32 max = roundup_pow_of_two(max(need, 16U));
	void *p;

	if (need <= CP_ARRAY_TIGHT)
		max = need;
	p = kvmalloc_array(max, size, GFP_KERNEL_ACCOUNT);
	if (!p)
		return -ENOMEM;
	if (v->n)
		memcpy(p, v->p, v->n * size);
	kvfree(v->p);
	v->p = p;
	v->max = max;
	return 0;
}

static __always_inline int vec_reserve(struct cp_vec *v, size_t size, u32 more)
{
	if (likely(v->max - v->n >= more) &&
	    (!CP_ARRAY_TIGHT || v->n + more > CP_ARRAY_TIGHT))
		return 0;
	return vec_grow(v, size, v->n + more);
}

/* An array larger than that was for an uncommon program: give it back */
static void vec_trim(struct cp_vec *v, size_t size)
{
	v->n = 0;
	if (v->max * size <= CP_ARRAY_KEEP && !CP_ARRAY_TIGHT)
		return;
	kvfree(v->p);
	v->p = NULL;
	v->max = 0;
}

/* Fetch: guest storage to records */

/* What an errno of vfio_ccw_mem_ops means for the guest; 0 if host trouble */
static enum cp_reason reason_of(int err)
{
	switch (err) {
	case -EPERM:
		return CP_PROT;
	case -EFAULT:
	case -EINVAL:
	case -ENOENT:
		return CP_PROG;
	default:
		return CP_OK;
	}
}

/* 0, -errno for host trouble, or enum cp_reason if it is the guest's error */
static __always_inline int guest_read(struct vfio_ccw_cp *cp, struct cp_prog *p,
				      u32 iova, void *buf, u32 len)
{
	int err;

	p->reads++;
	err = cp->ops->read(cp->ctx, iova, buf, len);
	if (unlikely(err))
		return reason_of(err) ?: err;
	return 0;
}

static u32 page_room(u32 iova)
{
	return CP_PAGE_SIZE - (iova & CP_PAGE_MASK);
}

/* The bytes at @iova if the last read for CCWs brought them along */
static const void *in_chunk(const struct vfio_ccw_cp *cp, u32 iova, u32 len)
{
	u32 off = iova - cp->chunk_iova;

	if (off >= cp->chunk_len || len > cp->chunk_len - off)
		return NULL;
	return cp->chunk + off;
}

/* Read ahead within the page: it is there, or nothing of it. As guest_read() */
static int fetch_chunk(struct vfio_ccw_cp *cp, struct cp_prog *p, u32 iova)
{
	u32 len = min(cp->chunk_next, page_room(iova));
	int err;

	cp->chunk_len = 0;
	cp->chunk_next = CP_CHUNK_MAX;
	err = guest_read(cp, p, iova, cp->chunk, len);
	if (err)
		return err;
	cp->chunk_iova = iova;
	cp->chunk_len = len;
	return 0;
}

/*
 * Read a list at @iova: at least @need bytes, and up to @want as long as they
 * are in the page of the last needed byte. *@got is what could be read: no word
 * of a list crosses a page. Returns 0, -errno, or the reason why *@got < @need.
 */
static int fetch_list(struct vfio_ccw_cp *cp, struct cp_prog *p, u32 iova,
		      void *buf, u32 need, u32 want, u32 *got)
{
	const void *known = in_chunk(cp, iova, need);
	u32 done = 0;
	u32 len;
	int err;

	if (known) {
		memcpy(buf, known, need);
		*got = need;
		return 0;
	}
	while (done < need) {
		*got = done;
		if (iova + done >= cp->limit)
			return CP_PROG;
		len = min(page_room(iova + done), want - done);
		err = guest_read(cp, p, iova + done, buf + done, len);
		if (err)
			return err;
		done += len;
	}
	*got = done;
	return 0;
}

/*
 * The index of records by address and way; it exists once there is a branch. A
 * tree in which each record stands where the bits of its own key lead, as far up
 * as there is room: whatever addresses a guest chooses, no path is longer than a
 * key has bits. Record 0 is the root.
 */

static u32 *children_of(const struct cp_prog *p, u32 i)
{
	return ((struct cp_node *)p->nodes.p)[i].child;
}

/* The bits that tell CCWs of one program from each other come first */
static u64 key_of(u32 iova, enum cp_way way)
{
	u32 low = iova % VFIO_CCW_CCW_SIZE;

	return (u64)way << 32 | low << 29 | iova / VFIO_CCW_CCW_SIZE;
}

static u32 find_ccw(const struct cp_prog *p, u32 iova, enum cp_way way)
{
	u64 key = key_of(iova, way);
	u32 i = p->nodes.n ? 0 : CP_NONE;
	const struct cp_ccw *c;

	for (; i != CP_NONE; key >>= 1) {
		c = ccw_at(p, i);
		if (c->iova == iova && c->way == way)
			break;
		i = children_of(p, i)[key & 1];
	}
	return i;
}

/* Add record @i, for which there is a node; no other has its key */
static void index_ccw(struct cp_prog *p, u32 i)
{
	const struct cp_ccw *c = ccw_at(p, i);
	u64 key = key_of(c->iova, c->way);
	u32 root = i ? 0 : CP_NONE;
	u32 *at = &root;

	for (; *at != CP_NONE; key >>= 1)
		at = &children_of(p, *at)[key & 1];
	children_of(p, i)[0] = CP_NONE;
	children_of(p, i)[1] = CP_NONE;
	*at = i;
}

/* Add the records that are not there yet, and from now on every one */
static int index_ccws(struct cp_prog *p)
{
	u32 more = p->ccws.n - p->nodes.n;
	int err;

	p->indexed = true;
	err = vec_reserve(&p->nodes, sizeof(struct cp_node), more);
	if (err)
		return err;
	for (; more; more--) {
		index_ccw(p, p->nodes.n);
		p->nodes.n++;
	}
	return 0;
}

static int add_branch(struct cp_prog *p, u32 iova, enum cp_way way,
		      bool by_tic, bool chained)
{
	int err = vec_reserve(&p->branches, sizeof(struct cp_branch), 1);

	if (err)
		return err;
	*branch_at(p, p->branches.n++) = (struct cp_branch){
		.iova = iova,
		.ccw = CP_NONE,
		.way = way,
		.by_tic = by_tic,
		.chained = chained,
	};
	return 0;
}

/* Plan: what each CCW transfers where */

/* PoP chapter 15, "Command Code": the direction, or CP_CMD if invalid */
static __always_inline enum cp_way direction_of(u8 cmd)
{
	static const u8 directions[16] = {
		[0x1] = CP_OUT, [0x5] = CP_OUT,	/* write */
		[0x9] = CP_OUT, [0xd] = CP_OUT,
		[0x3] = CP_OUT, [0x7] = CP_OUT,	/* control */
		[0xb] = CP_OUT, [0xf] = CP_OUT,
		[0x2] = CP_IN, [0x6] = CP_IN,	/* read */
		[0xa] = CP_IN, [0xe] = CP_IN,
		[0x4] = CP_IN,			/* sense */
		[0xc] = CP_BACK,		/* read backward */
	};

	return directions[cmd & 0x0f];
}

static u32 pin_dir(u8 dir)
{
	return dir == CP_OUT ? VFIO_CCW_PIN_READ : VFIO_CCW_PIN_WRITE;
}

/* Make pages @first to @last part of extent @e if they meet it */
static __always_inline bool join_extent(struct cp_extent *e, u64 first,
					u64 last, u32 dir)
{
	if (first > e->page + e->pages || last + 1 < e->page || e->dir != dir)
		return false;
	if (last >= e->page + e->pages)
		e->pages = last - e->page + 1;
	if (first < e->page) {
		e->pages += e->page - first;
		e->page = first;
	}
	return true;
}

static __always_inline void set_extent(struct cp_extent *e, u64 page, u32 pages,
				       u32 dir)
{
	e->page = page;
	e->pages = pages;
	e->dir = dir;
	e->pinned = false;
}

/* Note that pages @first to @last are used; there is room for an extent */
static __always_inline void note_pages(struct cp_prog *p, u64 first, u64 last,
				       u32 dir)
{
	struct cp_extent *e = extent_at(p, p->extents.n);

	if (p->extents.n && join_extent(e - 1, first, last, dir))
		return;
	set_extent(e, first, last - first + 1, dir);
	p->extents.n++;
}

/* Note that @len bytes from @addr are transferred; they do not wrap */
static int add_area(struct cp_prog *p, u64 addr, u32 len, u8 dir)
{
	int err = vec_reserve(&p->extents, sizeof(struct cp_extent), 1);

	if (!err)
		note_pages(p, addr >> CP_PAGE_SHIFT,
			   (addr + len - 1) >> CP_PAGE_SHIFT, pin_dir(dir));
	return err;
}

/* As add_area() for all that CCW @c can reach directly */
static int add_direct(struct cp_prog *p, struct cp_ccw *c)
{
	u64 addr = c->addr;
	int err;

	if (c->dir == CP_BACK)
		addr -= c->good - 1;
	err = add_area(p, addr, c->good, c->dir);
	c->extent = p->extents.n - 1;
	return err;
}

/*
 * Of these just P allows the driver to fetch output data at the start. With S or M
 * the guest may still change them: for the channel to send when it has been
 * resumed, or at any time. With a key the channel has to compare it
 */
#define CP_ORB_COPY	(VFIO_CCW_ORB_P | VFIO_CCW_ORB_S | VFIO_CCW_ORB_M | \
			 VFIO_CCW_ORB_KEY)

static int plan_direct(struct vfio_ccw_cp *cp, struct cp_prog *p,
		       struct cp_ccw *c)
{
	u32 room = c->dir == CP_BACK ? c->addr + 1 : cp->limit - c->addr;
	int err;

	c->kind = CP_DIRECT;
	if (c->count > room) {
		c->good = room;
		c->reason = CP_PROG;
	}
	if (c->dir != CP_OUT || c->good > CP_COPY_MAX || c->reason ||
	    (cp->orb & CP_ORB_COPY) != VFIO_CCW_ORB_P)
		return add_direct(p, c);

	err = vec_reserve(&p->copies, sizeof(u32), 1);
	if (err)
		return err;
	((u32 *)p->copies.p)[p->copies.n++] = c - ccw_at(p, 0);
	c->kind = CP_COPY;
	return 0;
}

/* IDAWs for @len bytes from @addr on, or down, in blocks of @block bytes */
static u32 idaws_needed(u32 block, u64 addr, u32 len, u8 dir)
{
	u32 off = addr & (block - 1);

	if (dir == CP_BACK)
		off = block - 1 - off;
	return (off + len + block - 1) / block;
}

/* Where the bytes of format-1 IDAWs go: the end of where the numbers go */
static void *idaw_bytes(const struct vfio_ccw_cp *cp, u64 *words)
{
	return cp->orb & VFIO_CCW_ORB_H ? (void *)words :
					  (__be32 *)words + CP_IDAWS_MAX;
}

/*
 * Read the bytes of the IDAL of @c to @buf. Its length is known only with the
 * first IDAW; one more than an aligned one would need is read along where that
 * costs nothing. *@n is how many are needed, *@got how many of them are there.
 * Returns as fetch_list().
 */
static int fetch_idal(struct vfio_ccw_cp *cp, struct cp_prog *p,
		      struct cp_ccw *c, void *buf, u32 *n, u32 *got)
{
	u32 size = cp->orb & VFIO_CCW_ORB_H ? VFIO_CCW_IDAW2_SIZE :
					      VFIO_CCW_IDAW1_SIZE;
	u32 least = idaws_needed(cp->block, 0, c->count, CP_IN);
	u32 len, more;
	u64 first;
	int err;

	err = fetch_list(cp, p, c->addr, buf, least * size,
			 (least + 1) * size, &len);
	*got = len / size;
	*n = least;
	if (err < 0 || !*got)
		return err;
	first = size == VFIO_CCW_IDAW2_SIZE ? be64_to_cpup(buf) :
					      be32_to_cpup(buf);
	*n = idaws_needed(cp->block, first, c->count, c->dir);
	if (!err && *got < *n) {
		err = fetch_list(cp, p, c->addr + len, buf + len, size, size,
				 &more);
		*got += more / size;
	}
	*got = min(*got, *n);
	return err;
}

/*
 * PoP chapter 15, "CCW Indirect Data Addressing": all but the first IDAW name
 * the first byte of a block, for read backward the last; a format-1 IDAW has
 * 31 bits. A block lies within a page, so each IDAW is one page.
 */
static int plan_idaws(const struct vfio_ccw_cp *cp, struct cp_prog *p,
		      struct cp_ccw *c, u64 *words, u32 n)
{
	bool format2 = cp->orb & VFIO_CCW_ORB_H;
	const __be32 *idaw1 = idaw_bytes(cp, words);
	const __be64 *idaw2 = (const __be64 *)words;
	u64 start = c->dir == CP_BACK ? cp->block - 1 : 0;
	/* Bits that have to be those of @start; more of them after the first */
	u64 fixed = format2 ? 0 : ~(CP_LIMIT_31 - 1ULL);
	u32 dir = pin_dir(c->dir);
	struct cp_extent *e;
	u32 i, extents;
	u64 addr;
	int err;

	err = vec_reserve(&p->extents, sizeof(*e), n);
	if (err)
		return err;
	extents = p->extents.n;
	e = extent_at(p, extents);
	for (i = 0; i < n; i++) {
		addr = format2 ? be64_to_cpu(idaw2[i]) : be32_to_cpu(idaw1[i]);
		if (unlikely((addr ^ start) & fixed)) {
			c->reason = CP_PROG;
			break;
		}
		words[i] = addr;
		addr >>= CP_PAGE_SHIFT;
		if (!extents || !join_extent(e - 1, addr, addr, dir)) {
			set_extent(e++, addr, 1, dir);
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

static int plan_idal(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     struct cp_ccw *c)
{
	u32 size = cp->orb & VFIO_CCW_ORB_H ? VFIO_CCW_IDAW2_SIZE :
					      VFIO_CCW_IDAW1_SIZE;
	u32 n = 0, got = 0;
	u64 *words;
	int err;

	c->kind = CP_IDAL;
	c->first = p->words.n;
	if (c->addr & (size - 1)) {
		c->reason = CP_PROG;
		return 0;
	}
	err = vec_reserve(&p->words, sizeof(u64), CP_IDAWS_MAX + 1);
	if (err)
		return err;
	words = (u64 *)p->words.p + p->words.n;
	err = fetch_idal(cp, p, c, idaw_bytes(cp, words), &n, &got);
	if (err < 0)
		return err;
	c->reason = err;
	p->idaws += got;
	if (p->idaws > VFIO_CCW_CP_MAX_IDAWS)
		return -E2BIG;
	p->uses_2k |= cp->block == VFIO_CCW_IDA_BLOCK_2K;
	err = plan_idaws(cp, p, c, words, got);
	p->words.n += c->words;
	return err;
}

static u32 midaw_count(u64 word)
{
	return word & U16_MAX;
}

static u8 midaw_flags(u64 word)
{
	return word >> 16;
}

static bool midaw_skips(const struct cp_ccw *c, u64 word)
{
	return c->dir != CP_OUT && (midaw_flags(word) & VFIO_CCW_MIDAW_F_SKIP);
}

/*
 * PoP chapter 15, "Modified CCW Indirect Data Addressing": reserved bits are
 * zero, the count is not, and the area does not cross a 4 KiB boundary, if there
 * is an area: the address of a word that is skipped is not used.
 */
static bool midaw_valid(const struct cp_ccw *c, u64 word, u64 addr)
{
	u32 count = midaw_count(word);
	u32 off = addr & CP_PAGE_MASK;

	if (word >> 24 || midaw_flags(word) & VFIO_CCW_MIDAW_F_ZERO || !count)
		return false;
	if (c->dir == CP_IN && midaw_skips(c, word))
		return true;
	return c->dir == CP_BACK ? count <= off + 1 :
				   count <= CP_PAGE_SIZE - off;
}

static int plan_midaw(struct cp_prog *p, struct cp_ccw *c, u64 word, u64 addr)
{
	int err;

	if (!midaw_valid(c, word, addr)) {
		c->reason = CP_PROG;
		return 0;
	}
	c->words++;
	if (midaw_skips(c, word))
		return 0;
	if (c->dir == CP_BACK)
		addr -= midaw_count(word) - 1;
	err = add_area(p, addr, midaw_count(word), c->dir);
	if (c->extent == CP_NONE)
		c->extent = p->extents.n - 1;
	return err;
}

/* Read some MIDAWs of @c to the end of the words; *@got is how many */
static int fetch_midaws(struct vfio_ccw_cp *cp, struct cp_prog *p,
			struct cp_ccw *c, u32 *got)
{
	u32 addr = c->addr + c->words * CP_MIDAW_SIZE;
	u32 len = 0;
	u64 *words;
	u32 i;
	int err;

	*got = 0;
	if (c->words && !(addr & CP_PAGE_MASK))
		return CP_PROG;
	err = vec_reserve(&p->words, sizeof(u64), 2 * CP_MIDAWS_READ);
	if (err)
		return err;
	words = (u64 *)p->words.p + p->words.n;
	err = fetch_list(cp, p, addr, words, CP_MIDAW_SIZE,
			 min(page_room(addr), CP_MIDAWS_READ * CP_MIDAW_SIZE),
			 &len);
	*got = len / CP_MIDAW_SIZE;
	for (i = 0; i < 2 * *got; i++)
		words[i] = be64_to_cpu(((__be64 *)words)[i]);
	return err;
}

static int plan_midal(struct vfio_ccw_cp *cp, struct cp_prog *p,
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
		err = fetch_midaws(cp, p, c, &got);
		if (err < 0)
			return err;
		c->reason = err;
		words = (u64 *)p->words.p + p->words.n;
		for (i = 0; i < got && !last && sum < c->count; i++) {
			if (++p->idaws > VFIO_CCW_CP_MAX_IDAWS)
				return -E2BIG;
			err = plan_midaw(p, c, words[2 * i], words[2 * i + 1]);
			if (err || c->reason)
				break;
			last = midaw_flags(words[2 * i]) & VFIO_CCW_MIDAW_F_LAST;
			sum += midaw_count(words[2 * i]);
			p->words.n += 2;
		}
		if (err < 0)
			return err;
	}
	return 0;
}

/* Fetch one CCW and what it names */

static void set_guard(struct cp_ccw *c, enum cp_reason reason)
{
	c->kind = CP_GUARD;
	c->reason = reason;
}

static void decode_ccw(const struct vfio_ccw_cp *cp, struct cp_ccw *c,
		       const void *raw)
{
	const struct vfio_ccw_ccw0 *ccw0 = raw;
	const struct vfio_ccw_ccw1 *ccw1 = raw;

	if (cp->fmt1) {
		c->cmd = ccw1->cmd;
		c->flags = ccw1->flags;
		c->count = be16_to_cpu(ccw1->count);
		c->addr = be32_to_cpu(ccw1->cda);
		return;
	}
	c->cmd = ccw0->cmd;
	c->flags = ccw0->flags;
	c->count = be16_to_cpu(ccw0->count);
	c->addr = ccw0->cda[0] << 16 | ccw0->cda[1] << 8 | ccw0->cda[2];
}

/*
 * PoP chapter 15, "Transfer in Channel". Format 0 ignores all but the address.
 * In format 1 everything else is zero; a command with other high bits is no
 * TIC, which is invalid but by data chaining, where the command is ignored.
 */
static bool is_tic(const struct vfio_ccw_cp *cp, const struct cp_ccw *c)
{
	if (cp->fmt1)
		return c->cmd == VFIO_CCW_CCW_CMD_TIC;
	return (c->cmd & 0x0f) == VFIO_CCW_CCW_CMD_TIC;
}

static bool tic_valid(const struct vfio_ccw_cp *cp, const struct cp_ccw *c)
{
	return !cp->fmt1 || (!c->flags && !c->count && c->addr < CP_LIMIT_31);
}

/* PoP chapter 15, "CCW Flags" and "Count"; chapter 16, "Program Check" */
static bool ccw_valid(const struct vfio_ccw_cp *cp, const struct cp_ccw *c)
{
	if (c->dir == CP_CMD || c->addr >= cp->limit)
		return false;
	/* Not without the ORB's consent, and not within a data chain */
	if (c->flags & VFIO_CCW_CCW_F_S &&
	    (!(cp->orb & VFIO_CCW_ORB_S) || c->way != CP_CMD))
		return false;
	if (c->flags & VFIO_CCW_CCW_F_MIDA &&
	    (!(cp->orb & VFIO_CCW_ORB_D) ||
	     c->flags & (VFIO_CCW_CCW_F_IDA | VFIO_CCW_CCW_F_SKIP)))
		return false;
	if (c->count)
		return true;
	return cp->fmt1 && c->way == CP_CMD &&
	       !(c->flags & VFIO_CCW_CCW_F_CD);
}

/* NO-OP never transfers data; nor does what is skipped on its way to storage */
static bool transfers_nothing(const struct cp_ccw *c)
{
	if (!c->count)
		return true;
	if (c->way == CP_CMD && c->cmd == VFIO_CCW_CCW_CMD_NOOP)
		return true;
	return c->dir != CP_OUT && (c->flags & VFIO_CCW_CCW_F_SKIP);
}

static int plan_ccw(struct vfio_ccw_cp *cp, struct cp_prog *p,
		    struct cp_ccw *c)
{
	c->dir = c->way == CP_CMD ? direction_of(c->cmd) : c->way;
	if (!ccw_valid(cp, c)) {
		set_guard(c, CP_PROG);
		return 0;
	}
	c->good = c->count;
	/* Never executed: the resume fetches it again */
	c->stop = c->flags & VFIO_CCW_CCW_F_S;
	if (c->stop || transfers_nothing(c)) {
		c->kind = CP_NOTHING;
		return 0;
	}
	if (c->flags & VFIO_CCW_CCW_F_MIDA)
		return plan_midal(cp, p, c);
	if (c->flags & VFIO_CCW_CCW_F_IDA)
		return plan_idal(cp, p, c);
	return plan_direct(cp, p, c);
}

/* Can there be a CCW at @iova? */
static bool ccw_reachable(const struct vfio_ccw_cp *cp, u32 iova)
{
	return iova % VFIO_CCW_CCW_SIZE == 0 && iova < cp->limit;
}

/* The CCW at @iova: in the chunk, or read with what follows. As guest_read() */
static __always_inline int fetch_ahead(struct vfio_ccw_cp *cp,
				       struct cp_prog *p, u32 iova,
				       const u8 **raw)
{
	if (!ccw_reachable(cp, iova))
		return CP_PROG;
	*raw = in_chunk(cp, iova, VFIO_CCW_CCW_SIZE);
	if (*raw)
		return 0;
	*raw = cp->chunk;
	return fetch_chunk(cp, p, iova);
}

/* Read CCW @c; one that cannot be read becomes a guard */
static int fetch_raw(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     struct cp_ccw *c)
{
	const u8 *raw;
	int err;

	err = fetch_ahead(cp, p, c->iova, &raw);
	if (err < 0)
		return err;
	if (err) {
		set_guard(c, err);
		c->no_ccw = true;
		return 0;
	}
	decode_ccw(cp, c, raw);
	return 0;
}

/* PoP chapter 15, "Transfer in Channel": a TIC must not lead to a TIC */
static int plan_tic(const struct vfio_ccw_cp *cp, struct cp_ccw *c, bool second)
{
	if (second)
		c->way = CP_SECOND_TIC;
	if (tic_valid(cp, c) && !second)
		c->kind = CP_TIC;
	else
		set_guard(c, CP_PROG);
	return 0;
}

static int fetch_ccw(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     const struct cp_branch *b, bool first)
{
	struct cp_ccw *c;
	int err;

	if (p->ccws.n == VFIO_CCW_CP_MAX_CCWS)
		return -E2BIG;
	err = vec_reserve(&p->ccws, sizeof(*c), 1);
	if (err)
		return err;
	c = ccw_at(p, p->ccws.n);
	*c = (struct cp_ccw){
		.iova = b->iova,
		.way = b->way,
		.segment = p->segments.n - 1,
		.extent = CP_NONE,
		.resume = CP_NONE,
		.skippable = b->chained,
	};
	err = fetch_raw(cp, p, c);
	if (!err && c->kind != CP_GUARD)
		err = is_tic(cp, c) ? plan_tic(cp, c, first && b->by_tic) :
				      plan_ccw(cp, p, c);
	if (err)
		return err;
	p->ccws.n++;
	return p->indexed ? index_ccws(p) : 0;
}

/*
 * Is it usual for @c to end with status modifier? The SEARCH commands of disks
 * do when they have found something. In a data chain the command is not known.
 */
static bool searches(const struct cp_ccw *c)
{
	if (c->way != CP_CMD)
		return c->way == CP_OUT;
	/* What most commands differ in from a search comes first */
	return c->cmd & 0x60 && (c->cmd & 0x03) == 0x01 &&
		(c->cmd & 0x0f) != 0x05;
}

/* The last CCW of a chain: a search before it goes on behind it */
static noinline bool passed_over(const struct cp_ccw *c)
{
	return c->skippable && searches(c - 1);
}

/* Where the program goes on behind the CCW just fetched. False: nowhere */
static int follow_ccw(struct vfio_ccw_cp *cp, struct cp_prog *p,
		      struct cp_branch *b, bool *more)
{
	struct cp_ccw *c = ccw_at(p, p->ccws.n - 1);
	int err;

	/* A status modifier may skip a TIC, or a CCW that is no good */
	*more = b->chained;
	b->iova += VFIO_CCW_CCW_SIZE;
	if (c->kind == CP_GUARD) {
		b->chained = false;
		b->way = CP_CMD;
		return 0;
	}
	if (c->kind == CP_TIC) {
		b->chained = false;
		c->first = p->branches.n;
		err = index_ccws(p);
		if (err)
			return err;
		err = add_branch(p, c->addr, c->way, true, false);
		b->way = CP_CMD;
		return err;
	}
	b->chained = false;
	if (c->flags & VFIO_CCW_CCW_F_CD) {
		b->way = c->dir;
	} else if (c->flags & VFIO_CCW_CCW_F_CC) {
		b->way = CP_CMD;
		b->chained = true;
	} else {
		b->way = CP_CMD;
		*more = passed_over(c);
		return 0;
	}
	*more = true;
	return 0;
}

/* What a CCW of the usual kind may ask for, besides its command */
#define CP_FLAGS_PLAIN	(VFIO_CCW_CCW_F_CC | VFIO_CCW_CCW_F_SLI | \
			 VFIO_CCW_CCW_F_PCI | VFIO_CCW_CCW_F_IDA)

/*
 * Fetch CCW @c if it is of the usual kind: a valid command with a count, and
 * nothing that needs a look at what is around it. False, and it is not fetched:
 * leave it to fetch_ccw(), which knows all kinds.
 */
static __always_inline bool decode_plain(const struct vfio_ccw_cp *cp,
					 struct cp_ccw *c, const void *raw)
{
	decode_ccw(cp, c, raw);
	c->dir = direction_of(c->cmd);
	c->good = c->count;
	return likely(!(c->flags & ~CP_FLAGS_PLAIN) && c->dir != CP_CMD &&
		      c->count && c->addr < cp->limit);
}

static __always_inline int plan_plain(struct vfio_ccw_cp *cp,
				      struct cp_prog *p, struct cp_ccw *c)
{
	if (c->cmd == VFIO_CCW_CCW_CMD_NOOP) {
		c->kind = CP_NOTHING;
		return 0;
	}
	if (c->flags & VFIO_CCW_CCW_F_IDA)
		return plan_idal(cp, p, c);
	if (c->dir != CP_IN || c->count > cp->limit - c->addr)
		return plan_direct(cp, p, c);
	c->kind = CP_DIRECT;
	return add_direct(p, c);
}

/*
 * Fetch CCWs as long as they are of the usual kind, one after the other by
 * command chaining, in a program that has not branched: those of the chunk that
 * fit into the records that are there.
 */
static __always_inline int fetch_plain(struct vfio_ccw_cp *cp,
				       struct cp_prog *p, struct cp_segment *s,
				       struct cp_branch *b, bool *more)
{
	struct cp_ccw *c = ccw_at(p, p->ccws.n);
	u32 segment = p->segments.n - 1;
	bool chained = b->chained;
	u32 iova = b->iova;
	u32 room, left;
	const u8 *raw;
	int err;

	err = fetch_ahead(cp, p, iova, &raw);
	/* Where segments end is for fetch_any() to see to */
	if (err || s->ccws > CP_SEGMENT_MAX - CP_CHUNK_MAX / VFIO_CCW_CCW_SIZE)
		return min(err, 0);
	room = (cp->chunk_iova + cp->chunk_len - iova) / VFIO_CCW_CCW_SIZE;
	room = min(room, p->ccws.max - p->ccws.n);
	for (left = room; left; ) {
		*c = (struct cp_ccw){
			.iova = iova,
			.segment = segment,
			.extent = CP_NONE,
			.resume = CP_NONE,
			.skippable = chained,
		};
		if (!decode_plain(cp, c, raw))
			break;
		err = plan_plain(cp, p, c);
		if (unlikely(err))
			break;
		chained = c->flags & VFIO_CCW_CCW_F_CC;
		left--;
		if (!chained) {
			*more = false;
			break;
		}
		iova += VFIO_CCW_CCW_SIZE;
		raw += VFIO_CCW_CCW_SIZE;
		c++;
	}
	b->iova = iova;
	b->chained = chained;
	p->ccws.n += room - left;
	s->ccws += room - left;
	return err;
}

/* The record at host CCW @slot of @s: its own, or the one it leads to */
static u32 ccw_of_slot(const struct cp_segment *s, u32 slot)
{
	if (slot < s->ccws)
		return s->first + slot;
	if (slot == s->ccws)
		return s->link;
	if (slot == s->ccws + 1)
		return s->link_skip;
	return CP_NONE;
}

/* The record @n host CCWs behind record @i */
static u32 ccw_behind(const struct cp_prog *p, u32 i, u32 n)
{
	const struct cp_segment *s = segment_at(p, ccw_at(p, i)->segment);

	return ccw_of_slot(s, i - s->first + n);
}

/*
 * Reached by data chaining, can @c also be a command, when a status modifier
 * passes over the head of the chain, and be something else then?
 */
static bool ambiguous(const struct cp_ccw *c)
{
	enum cp_way dir = direction_of(c->cmd);

	if (c->way == CP_CMD || c->no_ccw)
		return false;
	return c->kind == CP_TIC ||
	       (dir != CP_CMD && (c->kind == CP_GUARD || dir != c->way));
}

static __always_inline int new_segment(struct cp_prog *p, u32 iova)
{
	int err;

	if (p->segments.n == VFIO_CCW_CP_MAX_SEGMENTS)
		return -E2BIG;
	err = vec_reserve(&p->segments, sizeof(struct cp_segment), 1);
	if (err)
		return err;
	*segment_at(p, p->segments.n++) = (struct cp_segment){
		.iova = iova,
		.first = p->ccws.n,
		.link = CP_NONE,
		.link_skip = CP_NONE,
		.branch_skip = CP_NONE,
	};
	return 0;
}

static noinline int add_segment(struct cp_prog *p, u32 iova)
{
	return new_segment(p, iova);
}

/*
 * A CCW that is ambiguous follows one that may be skipped, the head of its
 * chain. One host CCW cannot be both: the chain from its head on becomes a
 * segment of its own, and the same CCW is fetched as a command for those who
 * skip the head. These are the last @ccws CCWs; if the ambiguous one was there
 * before, only the head, and @link is the other, else CP_NONE.
 */
static int split_chain(struct cp_prog *p, u32 ccws, u32 link)
{
	u32 head = p->ccws.n - ccws;
	u32 iova = ccw_at(p, head)->iova;
	u32 at = ccw_at(p, head)->segment;
	struct cp_segment *s = segment_at(p, at);
	u32 i;
	int err;

	err = index_ccws(p);
	if (err)
		return err;
	if (s->ccws > ccws) {
		err = add_segment(p, iova);
		if (err)
			return err;
		s = segment_at(p, at);
		s->ccws -= ccws;
		s->link = head;
		s->branch_skip = p->branches.n;
		at = p->segments.n - 1;
		s = segment_at(p, at);
		s->first = head;
		s->ccws = ccws;
		for (i = head; i < p->ccws.n; i++)
			ccw_at(p, i)->segment = at;
	}
	s->link = link;
	return add_branch(p, iova + VFIO_CCW_CCW_SIZE, CP_CMD, false, false);
}

/*
 * The program runs into a record @i that is there already: end the segment
 * with a TIC to it. If a status modifier may skip that one, a second TIC leads
 * behind it; behind a TIC, a guard or a place of suspension there may be
 * something not fetched yet.
 */
static int link_segment(struct cp_prog *p, struct cp_segment *s, u32 i,
			const struct cp_branch *b)
{
	const struct cp_ccw *c = ccw_at(p, i);
	u32 next = ccw_behind(p, i, 1);

	if (ambiguous(c) && ccw_at(p, p->ccws.n - 1)->skippable)
		return split_chain(p, 1, i);
	s->link = i;
	if (!b->chained)
		return 0;
	if (c->kind != CP_TIC && c->kind != CP_GUARD && !c->stop &&
	    (c->flags & (VFIO_CCW_CCW_F_CC | VFIO_CCW_CCW_F_CD) ||
	     !searches(ccw_at(p, p->ccws.n - 1))) &&
	    (next == CP_NONE || !ambiguous(ccw_at(p, next)))) {
		s->branch_skip = CP_LOOKUP;
		return 0;
	}
	s->branch_skip = p->branches.n;
	return add_branch(p, b->iova + VFIO_CCW_CCW_SIZE, CP_CMD, false, false);
}

/*
 * The first two CCWs of a data chain that may be passed over stay together:
 * split_chain() may have to part them from the rest.
 */
static bool segment_full(const struct cp_prog *p, const struct cp_segment *s,
			 const struct cp_branch *b)
{
	return s->ccws >= CP_SEGMENT_MAX &&
		(b->way == CP_CMD || !ccw_at(p, p->ccws.n - 1)->skippable);
}

/* Segment @s is full: what follows stands in another, to which it leads */
static int continue_segment(struct cp_prog *p, struct cp_segment *s,
			    const struct cp_branch *b)
{
	s->link = p->ccws.n;
	if (b->chained)
		s->branch_skip = CP_LOOKUP;
	return add_segment(p, b->iova);
}

/* The record of what branch @b leads to, if it has been fetched */
static u32 find_branch(const struct cp_prog *p, const struct cp_branch *b)
{
	u32 i;

	if (!p->indexed)
		return CP_NONE;
	i = find_ccw(p, b->iova, b->way);
	if (b->by_tic && (i == CP_NONE || ccw_at(p, i)->kind == CP_TIC))
		i = find_ccw(p, b->iova, CP_SECOND_TIC);
	return i;
}

/*
 * The CCW just fetched has the suspend flag. The channel executes nothing of it
 * and nothing behind it before a resume, which fetches all of that anew. So it
 * is the last of its segment, and the two host CCWs behind it are its own: they
 * will lead into the tail, even while the channel runs. What follows is fetched
 * only where a status modifier may skip the CCW, and stands elsewhere.
 */
static int end_at_stop(struct cp_prog *p, const struct cp_ccw *c)
{
	return c->skippable ? split_chain(p, 1, CP_NONE) : 0;
}

/* As follow_ccw() at the end of a chain that fetch_plain() came to */
static __always_inline bool passes_end(const struct cp_prog *p,
				       struct cp_branch *b)
{
	if (likely(!passed_over(ccw_at(p, p->ccws.n - 1))))
		return false;
	b->iova += VFIO_CCW_CCW_SIZE;
	return true;
}

/* Fetch one CCW of any kind, to the end of the last segment, or end that */
static noinline int fetch_any(struct vfio_ccw_cp *cp, struct cp_prog *p,
			      struct cp_branch *b, bool *more)
{
	struct cp_segment *s = segment_at(p, p->segments.n - 1);
	bool first = !s->ccws;
	struct cp_ccw *c;
	int err = 0;
	u32 i;

	i = first ? CP_NONE : find_ccw(p, b->iova, b->way);
	if (i != CP_NONE) {
		*more = false;
		return link_segment(p, s, i, b);
	}
	if (segment_full(p, s, b))
		err = continue_segment(p, s, b);
	if (!err)
		err = fetch_ccw(cp, p, b, first);
	if (err)
		return err;
	s = segment_at(p, p->segments.n - 1);
	s->ccws++;
	c = ccw_at(p, p->ccws.n - 1);
	if (c->stop) {
		*more = false;
		return end_at_stop(p, c);
	}
	if (s->ccws > 1 && c[-1].skippable && ambiguous(c))
		err = split_chain(p, 2, CP_NONE);
	return err ?: follow_ccw(cp, p, b, more);
}

/*
 * Fetch from branch @at on, until the program ends, leaves by TIC, or meets
 * what has been fetched. A run too long for one piece goes on in another.
 */
static noinline int fetch_segment(struct vfio_ccw_cp *cp, struct cp_prog *p, u32 at)
{
	struct cp_branch *branch = branch_at(p, at);
	struct cp_branch b = *branch;
	bool more = true;
	int err;

	branch->ccw = find_branch(p, &b);
	if (branch->ccw != CP_NONE)
		return 0;
	branch->ccw = p->ccws.n;
	err = new_segment(p, b.iova);
	while (!err) {
		if (likely(!p->indexed && b.way == CP_CMD)) {
			err = fetch_plain(cp, p, segment_at(p, p->segments.n - 1),
					  &b, &more);
			/* One CCW alone has no search before it */
			if (!err && !more && p->ccws.n > 1)
				more = passes_end(p, &b);
			if (err || likely(!more))
				break;
		}
		err = fetch_any(cp, p, &b, &more);
		if (!more)
			break;
	}
	return err;
}

/* Where the second TIC at the end of each segment leads */
static void resolve_links(struct cp_prog *p)
{
	struct cp_segment *s;
	struct cp_ccw *c;
	u32 i;

	for (i = 0; i < p->segments.n; i++) {
		s = segment_at(p, i);
		if (s->branch_skip == CP_NONE)
			continue;
		if (s->branch_skip != CP_LOOKUP) {
			s->link_skip = branch_at(p, s->branch_skip)->ccw;
			continue;
		}
		c = ccw_at(p, s->link);
		s->link_skip = find_ccw(p, c->iova + VFIO_CCW_CCW_SIZE,
					CP_CMD);
		if (s->link_skip == CP_NONE)
			s->link_skip = ccw_behind(p, s->link, 1);
	}
}

/* Fetch from the branches that are there on */
static __always_inline int fetch_program(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	u32 at;
	int err = 0;

	cp->chunk_len = 0;
	cp->chunk_next = CP_CHUNK_FIRST;
	for (at = 0; !err && at < p->branches.n; at++)
		err = fetch_segment(cp, p, at);
	/* One segment alone has nothing to be linked to */
	if (!err && p->segments.n > 1)
		resolve_links(p);
	return err;
}

/* From extents to runs: every page once, ascending, one direction each */

/* Room for the host addresses of @pages pages */
static int reserve_hosts(struct cp_prog *p, u32 pages)
{
	int err;

	p->hosts.n = 0;
	err = vec_reserve(&p->hosts, sizeof(u64), pages);
	p->hosts.n = pages;
	return err;
}

/* The usual case: extents are runs already. False if they are not */
static bool extents_ascend(struct cp_prog *p, u64 *pages)
{
	struct cp_extent *e = p->extents.p;
	struct cp_extent *end = e + p->extents.n;
	u64 page = 0;

	*pages = 0;
	for (; e < end; e++) {
		if (e->page < page)
			return false;
		page = e->page + e->pages;
		e->host = *pages;
		*pages += e->pages;
	}
	return true;
}

static int order_cmp(const void *a, const void *b)
{
	const struct cp_order *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return 0;
}

static int sort_extents(struct cp_prog *p)
{
	struct cp_order *order;
	u32 i;
	int err;

	p->order.n = 0;
	err = vec_reserve(&p->order, sizeof(*order), p->extents.n);
	if (err)
		return err;
	order = p->order.p;
	for (i = 0; i < p->extents.n; i++) {
		order[i].at = extent_at(p, i)->page;
		order[i].index = i;
	}
	sort(order, p->extents.n, sizeof(*order), order_cmp, NULL);
	return 0;
}

/*
 * Give each extent its place among the host addresses, the same page the same
 * place, and collect the directions of each page.
 */
static int place_extents(struct cp_prog *p)
{
	const struct cp_order *order = p->order.p;
	u64 first = 0, end = 0;
	struct cp_extent *e;
	u32 i, j, host = 0;
	u64 more;
	int err;

	p->dirs.n = 0;
	for (i = 0; i < p->extents.n; i++) {
		e = extent_at(p, order[i].index);
		if (!i || e->page > end) {
			first = e->page;
			end = first;
			host = p->dirs.n;
		}
		more = max(end, e->page + e->pages) - end;
		if (more > VFIO_CCW_CP_MAX_PAGES - p->dirs.n)
			return -E2BIG;
		err = vec_reserve(&p->dirs, sizeof(u8), more);
		if (err)
			return err;
		memset((u8 *)p->dirs.p + p->dirs.n, 0, more);
		p->dirs.n += more;
		end += more;
		e->host = host + (e->page - first);
		for (j = 0; j < e->pages; j++)
			((u8 *)p->dirs.p)[e->host + j] |= e->dir;
	}
	return reserve_hosts(p, p->dirs.n);
}

static int add_run(struct cp_prog *p, u64 page, u32 pages, u32 dir, u32 host)
{
	struct cp_extent *last = (struct cp_extent *)p->sorted.p + p->sorted.n;
	int err;

	if (p->sorted.n) {
		last--;
		if (last->dir == dir && last->page + last->pages == page) {
			last->pages += pages;
			return 0;
		}
	}
	err = vec_reserve(&p->sorted, sizeof(*last), 1);
	if (err)
		return err;
	last = (struct cp_extent *)p->sorted.p + p->sorted.n++;
	*last = (struct cp_extent){
		.page = page,
		.pages = pages,
		.dir = dir,
		.host = host,
	};
	return 0;
}

static int runs_of_sorted(struct cp_prog *p)
{
	const struct cp_order *order = p->order.p;
	const u8 *dirs = p->dirs.p;
	u32 i, host, n, done = 0;
	struct cp_extent *e;
	int err;

	p->sorted.n = 0;
	for (i = 0; i < p->extents.n; i++) {
		e = extent_at(p, order[i].index);
		for (host = max(done, e->host); host < e->host + e->pages;
		     host += n) {
			for (n = 1; host + n < e->host + e->pages &&
			     dirs[host + n] == dirs[host]; n++)
				;
			done = host + n;
			err = add_run(p, e->page + (host - e->host), n,
				      dirs[host], host);
			if (err)
				return err;
		}
	}
	p->runs_sorted = true;
	p->runs = p->sorted.n;
	return 0;
}

static int make_runs(struct cp_prog *p)
{
	u64 pages;
	int err;

	if (extents_ascend(p, &pages)) {
		if (pages > VFIO_CCW_CP_MAX_PAGES)
			return -E2BIG;
		p->runs_sorted = false;
		p->runs = p->extents.n;
		return reserve_hosts(p, pages);
	}
	err = sort_extents(p);
	if (!err)
		err = place_extents(p);
	if (!err)
		err = runs_of_sorted(p);
	return err;
}

/* First of @n runs that ends above @page, or @n */
static u32 find_run(const struct cp_prog *p, u32 n, u64 page)
{
	const struct cp_extent *run = runs_of(p);
	u32 lo = 0, hi = n;
	u32 mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (run[mid].page + run[mid].pages > page)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void widen_input(struct cp_prog *p, const struct cp_ccw *c, u64 addr,
			u32 len)
{
	if (c->dir == CP_BACK)
		addr -= len - 1;
	p->input[0] = min(p->input[0], addr);
	p->input[1] = max(p->input[1], addr + len - 1);
}

/* Between which addresses does the program store anything? */
static void find_input(const struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	const struct cp_ccw *c = p->ccws.p;
	const struct cp_ccw *end = c + p->ccws.n;
	const u64 *w;
	u32 k, off;

	p->input[0] = U64_MAX;
	p->input[1] = 0;
	for (; c < end; c++) {
		w = (const u64 *)p->words.p + c->first;
		if (c->dir == CP_OUT)
			continue;
		if (c->kind == CP_DIRECT)
			widen_input(p, c, c->addr, c->good);
		for (k = 0; c->kind == CP_IDAL && k < c->words; k++) {
			off = w[k] & (cp->block - 1);
			widen_input(p, c, w[k], c->dir == CP_BACK ?
				    off + 1 : cp->block - off);
		}
		for (k = 0; c->kind == CP_MIDAL && k < c->words; k++, w += 2)
			widen_input(p, c, w[1], midaw_count(w[0]));
	}
}

/* May input of this program store into the area of @c? Errs on the safe side */
static bool input_overlaps(const struct cp_prog *p, const struct cp_ccw *c)
{
	const struct cp_extent *run = runs_of(p);
	u64 last = c->addr + c->good - 1;
	u32 i;

	if (last < p->input[0] || c->addr > p->input[1])
		return false;
	for (i = find_run(p, p->runs, c->addr >> CP_PAGE_SHIFT);
	     i < p->runs; i++) {
		if (run[i].page > last >> CP_PAGE_SHIFT)
			break;
		if (run[i].dir & VFIO_CCW_PIN_WRITE)
			return true;
	}
	return false;
}

/* As many outputs more are looked at for what can be read at once */
#define CP_NEAR		8

/*
 * Small outputs often lie close together, in ascending order: bring along those
 * of the CCWs from @next to @end that are near and in the same page. If that
 * fails, each is read for itself.
 */
static int read_copies(struct vfio_ccw_cp *cp, struct cp_prog *p,
		       const struct cp_ccw *c, const u32 *next, const u32 *end)
{
	u64 last = (u64)c->addr + c->good;
	u64 limit = (u64)c->addr + min(CP_CHUNK_FIRST, page_room(c->addr));
	const struct cp_ccw *other;
	int err;

	end = min(end, next + CP_NEAR);
	for (; next < end; next++) {
		other = ccw_at(p, *next);
		if (other->addr < c->addr || other->addr + other->good > limit)
			break;
		last = max(last, (u64)other->addr + other->good);
	}
	if (last > limit || last == (u64)c->addr + c->good)
		return 0;
	cp->chunk_len = 0;
	err = guest_read(cp, p, c->addr, cp->chunk, last - c->addr);
	if (err)
		return min(err, 0);
	cp->chunk_iova = c->addr;
	cp->chunk_len = last - c->addr;
	return 0;
}

/*
 * Copy the output area of the CCW that @at names, before @end; false, nothing
 * done: pin it instead.
 */
static int copy_output(struct vfio_ccw_cp *cp, struct cp_prog *p,
		       const u32 *at, const u32 *end, bool *copied)
{
	struct cp_ccw *c = ccw_at(p, *at);
	const void *known;
	void *to;
	int err;

	*copied = false;
	if (input_overlaps(p, c))
		return 0;
	err = vec_reserve(&p->bytes, sizeof(u8), CP_COPY_MAX);
	if (err)
		return err;
	to = (u8 *)p->bytes.p + p->bytes.n;
	known = in_chunk(cp, c->addr, c->good);
	if (!known) {
		err = read_copies(cp, p, c, at + 1, end);
		known = in_chunk(cp, c->addr, c->good);
	}
	if (known)
		memcpy(to, known, c->good);
	else if (!err)
		err = guest_read(cp, p, c->addr, to, c->good);
	if (err)
		return min(err, 0);
	c->first = p->bytes.n;
	p->bytes.n += c->good;
	*copied = true;
	return 0;
}

/*
 * Pin the output areas that could not be copied. Only now: with the first one
 * the runs are no longer those of the program, and what they tell is needed to
 * the last copy.
 */
static noinline int pin_copies(struct cp_prog *p)
{
	const u32 *at = p->copies.p;
	const u32 *end = at + p->copies.n;
	struct cp_ccw *c;
	int err = 0;

	p->runs = 0;
	for (; at < end && !err; at++) {
		c = ccw_at(p, *at);
		if (c->kind == CP_DIRECT)
			err = add_direct(p, c);
	}
	return err ?: make_runs(p);
}

/*
 * Small output data is copied where that is the same to the device: the ORB
 * allows it to be fetched ahead, and nothing that the program reads in can
 * become the data that it writes out.
 */
static noinline int fetch_copies(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	const u32 *at = p->copies.p;
	const u32 *end = at + p->copies.n;
	bool again = false;
	bool copied;
	int err;

	find_input(cp, p);
	for (; at < end; at++) {
		err = copy_output(cp, p, at, end, &copied);
		if (err)
			return err;
		if (copied)
			continue;
		ccw_at(p, *at)->kind = CP_DIRECT;
		again = true;
	}
	return again ? pin_copies(p) : 0;
}

/* Pin, and its mirror */

/*
 * More runs than VFIO_CCW_CP_MAX_RUNS? The pieces of those that take more than one
 * call count, too, and so do the other parts after a resume: each is a call to
 * unpin that an unmap has to wait for.
 */
static bool too_many_runs(const struct vfio_ccw_cp *cp,
			  const struct cp_prog *p)
{
	u32 n = p->runs + p->pieces.n;
	unsigned int i;

	for (i = 0; unlikely(cp->resumed) && i < CP_PROGS; i++)
		if (&cp->prog[i] != p)
			n += cp->prog[i].runs + cp->prog[i].pieces.n;
	return n > VFIO_CCW_CP_MAX_RUNS;
}

static u64 *host_at(const struct cp_prog *p, u32 i)
{
	return (u64 *)p->hosts.p + i;
}

static int pin_piece(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     const struct cp_extent *run, u32 at, u32 pages, u32 dir)
{
	struct cp_piece *piece;
	int err;

	err = vec_reserve(&p->pieces, sizeof(*piece), 1);
	if (err)
		return err;
	piece = (struct cp_piece *)p->pieces.p + p->pieces.n;
	piece->iova = (run->page + at) << CP_PAGE_SHIFT;
	piece->pages = pages;
	piece->host = run->host + at;
	p->pins++;
	err = cp->ops->pin(cp->ctx, piece->iova, pages, dir,
			   host_at(p, piece->host));
	if (err)
		return err;
	p->pieces.n++;
	return too_many_runs(cp, p) ? -E2BIG : 0;
}

/* What cannot be done with a page if pinning it for @dir gave @err */
static u64 host_bits(int err, u32 dir)
{
	bool prot = reason_of(err) == CP_PROT;
	u64 bits = 0;

	if (dir & VFIO_CCW_PIN_READ)
		bits |= prot ? CP_HOST_PROT_READ : CP_HOST_NO_READ;
	if (dir & VFIO_CCW_PIN_WRITE)
		bits |= prot ? CP_HOST_PROT_WRITE : CP_HOST_NO_WRITE;
	return bits;
}

/*
 * A page that cannot be pinned for all that the program does with it. What it
 * can be pinned for still works, either direction; the rest is for the channel
 * to report.
 */
static int pin_bad_page(struct vfio_ccw_cp *cp, struct cp_prog *p,
			const struct cp_extent *run, u32 at, int err)
{
	const u32 both = VFIO_CCW_PIN_READ | VFIO_CCW_PIN_WRITE;
	u64 *host = host_at(p, run->host + at);
	u64 bits = 0;
	int one;
	u32 dir;

	for (dir = VFIO_CCW_PIN_READ; run->dir == both && dir < both; dir++) {
		one = pin_piece(cp, p, run, at, 1, dir);
		if (!one) {
			*host |= bits ?: host_bits(err, both ^ dir);
			return 0;
		}
		if (!reason_of(one))
			return one;
		bits |= host_bits(one, dir);
	}
	*host = CP_HOST_UNPINNED | (bits ?: host_bits(err, run->dir));
	return 0;
}

/* Pin a run that is too long for one call, or bad somewhere, in pieces */
static int pin_pieces(struct vfio_ccw_cp *cp, struct cp_prog *p,
		      const struct cp_extent *run, u32 step)
{
	u32 at = 0;
	int err;

	while (at < run->pages) {
		step = min3(step, run->pages - at, VFIO_CCW_PIN_MAX);
		err = pin_piece(cp, p, run, at, step, run->dir);
		if (!err) {
			at += step;
			step *= 2;
		} else if (!reason_of(err)) {
			return err;
		} else if (step > 1) {
			step /= 2;
		} else {
			err = pin_bad_page(cp, p, run, at, err);
			if (err)
				return err;
			at++;
		}
	}
	return 0;
}

static int pin_run(struct vfio_ccw_cp *cp, struct cp_prog *p,
		   struct cp_extent *run)
{
	int err;

	if (unlikely(run->pages > VFIO_CCW_PIN_MAX))
		return pin_pieces(cp, p, run, VFIO_CCW_PIN_MAX);
	p->pins++;
	err = cp->ops->pin(cp->ctx, run->page << CP_PAGE_SHIFT, run->pages,
			   run->dir, host_at(p, run->host));
	if (likely(!err)) {
		run->pinned = true;
		return 0;
	}
	if (!reason_of(err))
		return err;
	if (run->pages == 1)
		return pin_bad_page(cp, p, run, 0, err);
	return pin_pieces(cp, p, run, run->pages / 2);
}

static int pin_program(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	struct cp_extent *run = runs_of(p);
	struct cp_extent *end = run + p->runs;
	unsigned long flags;
	int err;

	if (unlikely(too_many_runs(cp, p)))
		return -E2BIG;
	spin_lock_irqsave(&cp->lock, flags);
	p->claimed = p->runs;
	spin_unlock_irqrestore(&cp->lock, flags);

	for (; run < end; run++) {
		err = pin_run(cp, p, run);
		if (err)
			return err;
	}
	return 0;
}

static void withdraw_claims(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	unsigned long flags;

	spin_lock_irqsave(&cp->lock, flags);
	p->claimed = 0;
	spin_unlock_irqrestore(&cp->lock, flags);
}

static void unpin_program(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	const struct cp_piece *piece = p->pieces.p;
	const struct cp_extent *run = runs_of(p);
	const struct cp_extent *end = run + p->runs;
	u32 i;

	for (i = 0; i < p->pieces.n; i++, piece++)
		cp->ops->unpin(cp->ctx, piece->iova, piece->pages);
	for (; run < end; run++)
		if (run->pinned)
			cp->ops->unpin(cp->ctx, run->page << CP_PAGE_SHIFT,
				       run->pages);
	withdraw_claims(cp, p);
}

static void hold_pages(struct vfio_ccw_cp *cp, const struct cp_prog *p,
		       u32 host, u32 pages, bool hold)
{
	u64 page;
	u32 i;

	for (i = 0; i < pages; i++) {
		page = *host_at(p, host + i) & ~(u64)CP_PAGE_MASK;
		if (hold)
			cp->ops->hold(cp->ctx, page);
		else
			cp->ops->unhold(cp->ctx, page);
	}
}

/* Take a reference to every page that is pinned, or give it back */
static void hold_program(struct vfio_ccw_cp *cp, struct cp_prog *p, bool hold)
{
	const struct cp_piece *piece = p->pieces.p;
	const struct cp_extent *run = runs_of(p);
	u32 i;

	for (i = 0; i < p->pieces.n; i++, piece++)
		hold_pages(cp, p, piece->host, piece->pages, hold);
	for (i = 0; i < p->runs; i++, run++)
		if (run->pinned)
			hold_pages(cp, p, run->host, run->pages, hold);
	p->held = hold;
}

/* Memory for what the channel fetches */

static int arena_grow(struct vfio_ccw_cp *cp, struct cp_prog *p, u32 size)
{
	u32 n = p->blocks.n;
	struct cp_block *b;
	int err;

	err = vec_reserve(&p->blocks, sizeof(*b), 1);
	if (err)
		return err;
	b = block_at(p, n);
	b->used = 0;
	/* 4, 16, 64, 64 KiB...: most programs never need the second */
	b->size = n < 2 ? CP_PAGE_SIZE << 2 * n : VFIO_CCW_ALLOC_MAX;
	b->size = max_t(u32, b->size, ALIGN(size, CP_PAGE_SIZE));
	b->mem = cp->ops->alloc(cp->ctx, b->size, &b->host);
	if (!b->mem)
		return -ENOMEM;
	p->blocks.n++;
	return 0;
}

/*
 * @size bytes at a multiple of @align; if @within_page, not across a 4 KiB
 * boundary. Their host address goes to @host.
 */
static void *arena_alloc_within(struct vfio_ccw_cp *cp, struct cp_prog *p,
				u32 size, u32 align, bool within_page,
				u32 *host)
{
	struct cp_block *b;
	u32 off;

	for (;; p->block++) {
		if (p->block == p->blocks.n && arena_grow(cp, p, size))
			return NULL;
		b = block_at(p, p->block);
		off = ALIGN(b->used, align);
		if (within_page && page_room(off) < size)
			off = ALIGN(off, CP_PAGE_SIZE);
		if (off + size <= b->size)
			break;
	}
	b->used = off + size;
	*host = b->host + off;
	return b->mem + off;
}

/* @size bytes at a doubleword; usually there is room in the block in use */
static __always_inline void *arena_alloc(struct vfio_ccw_cp *cp,
					 struct cp_prog *p, u32 size, u32 *host)
{
	struct cp_block *b = block_at(p, p->block);
	u32 off;

	if (likely(p->block < p->blocks.n)) {
		off = ALIGN(b->used, sizeof(u64));
		if (likely(off + size <= b->size)) {
			b->used = off + size;
			*host = b->host + off;
			return b->mem + off;
		}
	}
	return arena_alloc_within(cp, p, size, sizeof(u64), false, host);
}

static noinline void arena_trim(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	struct cp_block *b;
	u32 i, kept = 0;
	u32 total = 0;

	for (i = 0; i < p->blocks.n; i++) {
		b = block_at(p, i);
		b->used = 0;
		total += b->size;
		if (total <= CP_ARENA_KEEP) {
			*block_at(p, kept++) = *b;
			continue;
		}
		cp->ops->free(cp->ctx, b->mem, b->size);
	}
	p->blocks.n = kept;
}

/* Most programs need one block at most, and no two are more than what is kept */
static __always_inline void arena_reset(struct vfio_ccw_cp *cp,
					struct cp_prog *p)
{
	if (likely(p->blocks.n))
		block_at(p, 0)->used = 0;
	if (unlikely(p->blocks.n > 1))
		arena_trim(cp, p);
}

/* Emit: records to host CCWs */

/**
 * struct cp_list - a host IDAL or MIDAL in the making
 * @w: its words
 * @n: number of words so far
 * @extent: extent in which the last page was found
 * @reason: why it ends with a poisoned address, or CP_OK
 */
struct cp_list {
	__be64 *w;
	u32 n;
	const struct cp_extent *extent;
	enum cp_reason reason;
};

static struct cp_list new_list(const struct cp_prog *p, const struct cp_ccw *c)
{
	return (struct cp_list){ .extent = extent_at(p, c->extent) };
}

static enum cp_reason host_reason(u64 host, u8 dir)
{
	if (host & (dir == CP_OUT ? CP_HOST_PROT_READ : CP_HOST_PROT_WRITE))
		return CP_PROT;
	if (host & (dir == CP_OUT ? CP_HOST_NO_READ : CP_HOST_NO_WRITE))
		return CP_PROG;
	return CP_OK;
}

/*
 * The host address of guest address @addr, for direction @dir. Addresses come
 * in the order in which the extents were made.
 */
static __always_inline u64 host_addr_before(const struct cp_prog *p,
					    const struct cp_extent *end,
					    struct cp_list *list, u64 addr,
					    u8 dir)
{
	const struct cp_extent *e = list->extent;
	u64 page = addr >> CP_PAGE_SHIFT;
	u64 host;

	for (; unlikely(page - e->page >= e->pages); list->extent = e) {
		/* Not reached: every address emitted was planned before */
		if (WARN_ON_ONCE(++e == end)) {
			list->reason = CP_PROG;
			return 0;
		}
	}
	host = *host_at(p, e->host + (u32)(page - e->page));
	if (unlikely(host & CP_PAGE_MASK)) {
		list->reason = host_reason(host, dir);
		host &= ~(u64)CP_PAGE_MASK;
	}
	return host | (addr & CP_PAGE_MASK);
}

static __always_inline u64 host_addr(const struct cp_prog *p,
				     struct cp_list *list, u64 addr, u8 dir)
{
	return host_addr_before(p, extent_at(p, p->extents.n), list, addr, dir);
}

/* IDAWs for @len bytes from @addr on, for read backward down from @addr */
static void put_area(struct vfio_ccw_cp *cp, const struct cp_prog *p,
		     struct cp_list *list, u64 addr, u32 len, u8 dir)
{
	u32 block = cp->host_block;
	u64 host;
	u32 n;

	while (len) {
		host = host_addr(p, list, addr, dir);
		if (list->reason)
			return;
		list->w[list->n++] = cpu_to_be64(host);
		if (dir == CP_BACK) {
			n = min_t(u32, len, (addr & (block - 1)) + 1);
			addr -= n;
		} else {
			n = min_t(u32, len, block - (addr & (block - 1)));
			addr += n;
		}
		len -= n;
	}
}

static void put_idaws(const struct cp_prog *p, struct cp_list *list,
		      const struct cp_ccw *c)
{
	const u64 *word = (const u64 *)p->words.p + c->first;
	const u64 *end = word + c->words;
	const struct cp_extent *last = extent_at(p, p->extents.n);
	struct cp_list l = *list;
	__be64 *to = l.w;
	u64 host;

	for (; word < end; word++) {
		host = host_addr_before(p, last, &l, *word, c->dir);
		if (unlikely(l.reason))
			break;
		*to++ = cpu_to_be64(host);
	}
	list->n = to - l.w;
	list->reason = l.reason;
}

static __always_inline u64 make_ccw(const struct cp_ccw *c, u8 flags, u32 cda)
{
	u8 cmd = c->cmd;

	/*
	 * By data chaining the command is ignored, but a status modifier may
	 * lead here past the head of the chain. Then only a command of the
	 * direction that the data was pinned for may be seen; zero is a
	 * program check.
	 */
	if (c->way != CP_CMD && direction_of(cmd) != c->dir)
		cmd = 0;
	return (u64)cmd << 56 | (u64)flags << 48 | (u64)c->count << 32 | cda;
}

static u64 make_tic(u32 host)
{
	return (u64)VFIO_CCW_CCW_CMD_TIC << 56 | host;
}

static u8 plain_flags(const struct cp_ccw *c)
{
	return c->flags & ~(VFIO_CCW_CCW_F_IDA | VFIO_CCW_CCW_F_MIDA);
}

/* A CCW whose very first data address cannot be used */
static u64 poisoned_ccw(const struct vfio_ccw_cp *cp, struct cp_ccw *c,
			enum cp_reason reason)
{
	c->reason = reason;
	return make_ccw(c, plain_flags(c) | VFIO_CCW_CCW_F_IDA,
			cp->null_host + CP_POISON_OFF);
}

/* A CCW with the IDAL @list at @host */
static u64 finish_idal(const struct vfio_ccw_cp *cp, struct cp_ccw *c,
		       struct cp_list *list, u32 host)
{
	if (list->reason)
		c->reason = list->reason;
	if (!c->reason)
		return make_ccw(c, plain_flags(c) | VFIO_CCW_CCW_F_IDA, host);
	if (!list->n)
		return poisoned_ccw(cp, c, c->reason);
	list->w[list->n] = cpu_to_be64(c->dir == CP_BACK ? CP_POISON_BACK :
							   CP_POISON);
	return make_ccw(c, plain_flags(c) | VFIO_CCW_CCW_F_IDA, host);
}

/* One page of the driver's for the longest count, as an IDAL made but once */
static u32 null_list(struct vfio_ccw_cp *cp, struct cp_prog *p, bool back)
{
	u32 n = BIT(16) / cp->host_block;
	u32 *host = back ? &p->null_list_back : &p->null_list;
	__be64 *w;
	u32 i;

	if (*host)
		return *host;
	w = arena_alloc(cp, p, n * sizeof(*w), host);
	if (!w)
		return 0;
	for (i = 0; i < n; i++)
		w[i] = cpu_to_be64(cp->null_host +
				   (back ? cp->host_block - 1 : 0));
	return *host;
}

/* The first byte to be transferred, of the driver's page */
static __always_inline u32 null_addr(const struct vfio_ccw_cp *cp,
				     const struct cp_ccw *c)
{
	return cp->null_host + (c->dir == CP_BACK ? CP_PAGE_SIZE - 1 : 0);
}

/* More than the driver's page */
static int emit_nothing(struct vfio_ccw_cp *cp, struct cp_prog *p,
			struct cp_ccw *c, u64 *ccw)
{
	u32 host = null_list(cp, p, c->dir == CP_BACK);

	if (!host)
		return -ENOMEM;
	*ccw = make_ccw(c, plain_flags(c) | VFIO_CCW_CCW_F_IDA, host);
	return 0;
}

static int emit_copy(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     struct cp_ccw *c, u64 *ccw)
{
	u32 host;
	void *to;

	to = arena_alloc(cp, p, c->good, &host);
	if (!to)
		return -ENOMEM;
	memcpy(to, (u8 *)p->bytes.p + c->first, c->good);
	*ccw = make_ccw(c, plain_flags(c), host);
	return 0;
}

/* Within one page that 31 bits reach, the host CCW can be direct as well */
static bool stays_direct(const struct cp_ccw *c, u64 host)
{
	u32 off = host & CP_PAGE_MASK;

	if (c->reason || host >= CP_LIMIT_31)
		return false;
	return c->dir == CP_BACK ? c->count <= off + 1 :
				   c->count <= CP_PAGE_SIZE - off;
}

/* More than one page, or beyond what a CCW can address */
static noinline int emit_direct_as_idal(struct vfio_ccw_cp *cp,
					struct cp_prog *p, struct cp_ccw *c,
					u64 *ccw)
{
	struct cp_list list = new_list(p, c);
	u32 n, at;

	n = idaws_needed(cp->host_block, c->addr, c->good, c->dir) + 1;
	list.w = arena_alloc(cp, p, n * sizeof(*list.w), &at);
	if (!list.w)
		return -ENOMEM;
	put_area(cp, p, &list, c->addr, c->good, c->dir);
	*ccw = finish_idal(cp, c, &list, at);
	return 0;
}

static __always_inline int emit_direct(struct vfio_ccw_cp *cp,
				       struct cp_prog *p, struct cp_ccw *c,
				       u64 *ccw)
{
	struct cp_list list = new_list(p, c);
	u64 host = host_addr(p, &list, c->addr, c->dir);

	if (unlikely(list.reason))
		*ccw = poisoned_ccw(cp, c, list.reason);
	else if (likely(stays_direct(c, host)))
		*ccw = make_ccw(c, plain_flags(c), host);
	else
		return emit_direct_as_idal(cp, p, c, ccw);
	return 0;
}

static int emit_idal(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     struct cp_ccw *c, u64 *ccw)
{
	struct cp_list list = new_list(p, c);
	u32 at;

	if (!c->words) {
		*ccw = poisoned_ccw(cp, c, c->reason);
		return 0;
	}
	list.w = arena_alloc(cp, p, (c->words + 1) * sizeof(*list.w), &at);
	if (!list.w)
		return -ENOMEM;
	put_idaws(p, &list, c);
	*ccw = finish_idal(cp, c, &list, at);
	return 0;
}

/* Does an IDAL say exactly the same as the MIDAWs of @c? */
static bool midal_is_idal(const struct vfio_ccw_cp *cp,
			  const struct cp_prog *p, const struct cp_ccw *c)
{
	const u64 *w = (const u64 *)p->words.p + c->first;
	u32 mask = cp->host_block - 1;
	u32 i, sum = 0;
	bool last;

	if (c->reason || c->dir == CP_BACK)
		return false;
	for (i = 0; i < c->words; i++, w += 2) {
		last = i == c->words - 1;
		if (midaw_flags(w[0]) != (last ? VFIO_CCW_MIDAW_F_LAST : 0))
			return false;
		if ((i && w[1] & mask) ||
		    (!last && (w[1] + midaw_count(w[0])) & mask))
			return false;
		sum += midaw_count(w[0]);
	}
	return sum == c->count;
}

static int emit_midal_as_idal(struct vfio_ccw_cp *cp, struct cp_prog *p,
			      struct cp_ccw *c, u64 *ccw)
{
	const u64 *w = (const u64 *)p->words.p + c->first;
	struct cp_list list = new_list(p, c);
	u32 i, at;

	list.w = arena_alloc(cp, p, (CP_IDAWS_MAX + 1) * sizeof(*list.w), &at);
	if (!list.w)
		return -ENOMEM;
	for (i = 0; i < c->words && !list.reason; i++, w += 2)
		put_area(cp, p, &list, w[1], midaw_count(w[0]), c->dir);
	*ccw = finish_idal(cp, c, &list, at);
	return 0;
}

/*
 * A host address for MIDAW @w, which is skipped. It crosses a page where the
 * guest's does, for a channel that looks at it; then it is in memory that holds
 * nothing, made once for a program, enough for any count.
 */
static int skipped_addr(struct vfio_ccw_cp *cp, struct cp_prog *p,
			const struct cp_ccw *c, const u64 *w, u64 *host)
{
	u32 count = midaw_count(w[0]);
	u32 off = w[1] & CP_PAGE_MASK;

	*host = cp->null_host | off;
	if (c->dir == CP_BACK || off + count <= CP_PAGE_SIZE)
		return 0;
	if (!p->skipped &&
	    !arena_alloc_within(cp, p, VFIO_CCW_ALLOC_MAX, CP_PAGE_SIZE, false,
				&p->skipped))
		return -ENOMEM;
	*host = p->skipped + (count > CP_PAGE_SIZE ? 0 : off);
	return 0;
}

/* The counts of a list and of its CCW must be the same */
static bool midaw_ends_wrong(u64 word, u32 left)
{
	if (midaw_flags(word) & VFIO_CCW_MIDAW_F_LAST)
		return midaw_count(word) != left;
	return midaw_count(word) >= left;
}

static int put_midaws(struct vfio_ccw_cp *cp, struct cp_prog *p,
		      struct cp_list *list, const struct cp_ccw *c)
{
	const u64 *w = (const u64 *)p->words.p + c->first;
	u32 left = c->count;
	u64 host;
	u32 i;

	for (i = 0; i < c->words; i++, w += 2) {
		if (!midaw_skips(c, w[0]))
			host = host_addr(p, list, w[1], c->dir);
		else if (skipped_addr(cp, p, c, w, &host))
			return -ENOMEM;
		if (list->reason) {
			/* What is wrong with the word comes before the page */
			if (midaw_ends_wrong(w[0], left))
				list->reason = CP_PROG;
			return 0;
		}
		left -= min(left, midaw_count(w[0]));
		list->w[list->n++] = cpu_to_be64(w[0]);
		list->w[list->n++] = cpu_to_be64(host);
	}
	return 0;
}

static int emit_midal(struct vfio_ccw_cp *cp, struct cp_prog *p,
		      struct cp_ccw *c, u64 *ccw)
{
	struct cp_list list = new_list(p, c);
	u32 at;
	int err;

	if (midal_is_idal(cp, p, c))
		return emit_midal_as_idal(cp, p, c, ccw);
	if (!c->words) {
		*ccw = poisoned_ccw(cp, c, c->reason);
		return 0;
	}
	list.w = arena_alloc_within(cp, p, (c->words + 1) * CP_MIDAW_SIZE,
				    CP_MIDAW_SIZE, true, &at);
	if (!list.w)
		return -ENOMEM;
	err = put_midaws(cp, p, &list, c);
	if (err)
		return err;
	/* Channels refuse to go backward by MIDAWs, whatever these name */
	if (list.reason)
		c->reason = c->dir == CP_BACK ? CP_PROG : list.reason;
	if (!list.n) {
		*ccw = poisoned_ccw(cp, c, c->reason);
		return 0;
	}
	/* Reserved bits and no count: a program check if it comes to that */
	list.w[list.n] = cpu_to_be64((u64)VFIO_CCW_MIDAW_F_ZERO << 16);
	list.w[list.n + 1] = cpu_to_be64(cp->null_host);
	p->uses_midal = true;
	*ccw = make_ccw(c, plain_flags(c) | VFIO_CCW_CCW_F_MIDA, at);
	return 0;
}

static u32 host_of_ccw(const struct cp_prog *p, u32 i)
{
	const struct cp_segment *s = segment_at(p, ccw_at(p, i)->segment);

	return s->host + (i - s->first) * VFIO_CCW_CCW_SIZE;
}

/*
 * PoP figure 16-6: if a TIC leads where no CCW can be, the address reported is
 * the TIC's, so that it is the TIC that becomes the guard.
 */
static void emit_tic(struct cp_prog *p, struct cp_ccw *c, u64 *ccw)
{
	u32 target = branch_at(p, c->first)->ccw;

	if (ccw_at(p, target)->no_ccw)
		set_guard(c, ccw_at(p, target)->reason);
	else
		*ccw = make_tic(host_of_ccw(p, target));
}

static noinline int emit_other(struct vfio_ccw_cp *cp, struct cp_prog *p,
			       struct cp_ccw *c, u64 *ccw)
{
	*ccw = 0;
	switch (c->kind) {
	case CP_NOTHING:
		return emit_nothing(cp, p, c, ccw);
	case CP_COPY:
		return emit_copy(cp, p, c, ccw);
	case CP_IDAL:
		return emit_idal(cp, p, c, ccw);
	case CP_MIDAL:
		return emit_midal(cp, p, c, ccw);
	case CP_TIC:
		emit_tic(p, c, ccw);
		return 0;
	default:
		return 0;
	}
}

static __always_inline int emit_ccw(struct vfio_ccw_cp *cp, struct cp_prog *p,
				    struct cp_ccw *c, u64 *ccw)
{
	if (c->kind == CP_DIRECT)
		return emit_direct(cp, p, c, ccw);
	if (c->kind != CP_NOTHING || c->count > CP_PAGE_SIZE)
		return emit_other(cp, p, c, ccw);
	*ccw = make_ccw(c, plain_flags(c), null_addr(cp, c));
	return 0;
}

/* Host CCWs of a segment; it ends in guards, behind a place of suspension two */
static __always_inline int place_segment(struct vfio_ccw_cp *cp,
					 struct cp_prog *p,
					 struct cp_segment *s)
{
	u32 guards = cp->orb & VFIO_CCW_ORB_S ? 2 : 1;

	s->slots = s->ccws + (s->link == CP_NONE ? 0 : 2) + guards;
	s->mem = arena_alloc(cp, p, s->slots * VFIO_CCW_CCW_SIZE, &s->host);
	return s->mem ? 0 : -ENOMEM;
}

/* A CCW that goes on like host CCW @slot of @s; a TIC must not lead to a TIC */
static __be64 like_slot(const struct cp_segment *s, u32 slot)
{
	if (be64_to_cpu(s->mem[slot]) >> 56 == VFIO_CCW_CCW_CMD_TIC)
		return s->mem[slot];
	return cpu_to_be64(make_tic(s->host + slot * VFIO_CCW_CCW_SIZE));
}

static __be64 link_to(const struct cp_prog *p, u32 i)
{
	const struct cp_segment *s;

	if (i == CP_NONE)
		return 0;
	s = segment_at(p, ccw_at(p, i)->segment);
	return like_slot(s, i - s->first);
}

/* Links are put in place when all segments are there: guards until then */
static __always_inline int emit_segment(struct vfio_ccw_cp *cp,
					struct cp_prog *p,
					const struct cp_segment *s)
{
	struct cp_ccw *c = ccw_at(p, s->first);
	struct cp_ccw *end = c + s->ccws;
	__be64 *to = s->mem;
	u32 guards = s->slots - s->ccws;
	u64 ccw;
	int err;

	do {
		err = emit_ccw(cp, p, c, &ccw);
		if (unlikely(err))
			return err;
		*to++ = cpu_to_be64(ccw);
	} while (++c < end);
	*to = 0;
	if (unlikely(guards > 1))
		memset(to, 0, guards * sizeof(*to));
	return 0;
}

/* By host address, so that status finds its segment: the extents are in order */
static int sort_segments(struct cp_prog *p)
{
	struct cp_order *order;
	u32 i;
	int err;

	p->order.n = 0;
	err = vec_reserve(&p->order, sizeof(*order), p->segments.n);
	if (err)
		return err;
	order = p->order.p;
	for (i = 0; i < p->segments.n; i++) {
		order[i].at = segment_at(p, i)->host;
		order[i].index = i;
	}
	sort(order, p->segments.n, sizeof(*order), order_cmp, NULL);
	return 0;
}

static noinline int emit_segments(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	struct cp_segment *s;
	u32 i;
	int err = 0;

	for (i = 0; i < p->segments.n && !err; i++)
		err = place_segment(cp, p, segment_at(p, i));
	if (!err)
		err = sort_segments(p);
	for (i = 0; i < p->segments.n && !err; i++)
		err = emit_segment(cp, p, segment_at(p, i));
	if (err)
		return err;
	for (i = 0; i < p->segments.n; i++) {
		s = segment_at(p, i);
		if (s->link == CP_NONE)
			continue;
		s->mem[s->ccws] = link_to(p, s->link);
		s->mem[s->ccws + 1] = link_to(p, s->link_skip);
	}
	return 0;
}

/* One segment alone has nothing to be linked to */
static __always_inline int emit_program(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	struct cp_segment *s = p->segments.p;
	int err;

	if (unlikely(p->segments.n > 1))
		return emit_segments(cp, p);
	err = place_segment(cp, p, s);
	return err ?: emit_segment(cp, p, s);
}

/* The whole way, and its mirror */

static void prog_reset(struct cp_prog *p)
{
	p->ccws.n = 0;
	p->segments.n = 0;
	p->branches.n = 0;
	p->words.n = 0;
	p->extents.n = 0;
	p->pieces.n = 0;
	p->hosts.n = 0;
	p->bytes.n = 0;
	p->copies.n = 0;
	p->nodes.n = 0;
	memset_startat(p, 0, runs);
}

static void prog_trim(struct cp_prog *p)
{
	vec_trim(&p->ccws, sizeof(struct cp_ccw));
	vec_trim(&p->segments, sizeof(struct cp_segment));
	vec_trim(&p->branches, sizeof(struct cp_branch));
	vec_trim(&p->words, sizeof(u64));
	vec_trim(&p->extents, sizeof(struct cp_extent));
	vec_trim(&p->order, sizeof(struct cp_order));
	vec_trim(&p->sorted, sizeof(struct cp_extent));
	vec_trim(&p->pieces, sizeof(struct cp_piece));
	vec_trim(&p->hosts, sizeof(u64));
	vec_trim(&p->dirs, sizeof(u8));
	vec_trim(&p->bytes, sizeof(u8));
	vec_trim(&p->copies, sizeof(u32));
	vec_trim(&p->nodes, sizeof(struct cp_node));
}

static __always_inline void prog_end(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	if (p->claimed)
		unpin_program(cp, p);
	if (unlikely(p->held))
		hold_program(cp, p, false);
	arena_reset(cp, p);
	/* Every other array grows with one of these */
	if (CP_ARRAY_TIGHT ||
	    unlikely((p->ccws.n | p->words.n | p->copies.n) >= CP_FEW))
		prog_trim(p);
	prog_reset(p);
}

static noinline void prog_release(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	if (p->dirty)
		prog_end(cp, p);
}

static void prog_free(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	struct cp_vec *vecs[] = {
		&p->ccws, &p->segments, &p->branches, &p->words, &p->extents,
		&p->order, &p->sorted, &p->pieces, &p->hosts, &p->dirs,
		&p->bytes, &p->copies, &p->nodes, &p->blocks,
	};
	u32 i;

	prog_release(cp, p);
	for (i = 0; i < p->blocks.n; i++)
		cp->ops->free(cp->ctx, block_at(p, i)->mem,
			      block_at(p, i)->size);
	for (i = 0; i < ARRAY_SIZE(vecs); i++)
		kvfree(vecs[i]->p);
}

/* From the branches that are entries to host CCWs */
static __always_inline int build(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	int err;

	cp->dirty = true;
	p->dirty = true;
	err = fetch_program(cp, p);
	if (!err && p->extents.n)
		err = make_runs(p);
	if (!err && p->copies.n)
		err = fetch_copies(cp, p);
	if (err)
		return err;
	/* The tail of a suspended program may bring IDALs that it had not */
	cp->host_block = p->uses_2k || (cp->orb & VFIO_CCW_ORB_S) ?
		cp->block : VFIO_CCW_IDA_BLOCK_4K;
	err = p->runs ? pin_program(cp, p) : 0;
	if (!err)
		err = emit_program(cp, p);
	return err;
}

/**
 * vfio_ccw_cp_alloc() - room for one channel program
 * @ops: guest memory, and memory for the channel
 * @ctx: first argument of every op
 *
 * Context: process context, may sleep.
 * Return: the room, to be freed with vfio_ccw_cp_free(), or NULL if there is
 * no memory.
 */
struct vfio_ccw_cp *vfio_ccw_cp_alloc(const struct vfio_ccw_mem_ops *ops,
				      void *ctx)
{
	const __be64 poison = cpu_to_be64(CP_POISON);
	struct vfio_ccw_cp *cp;

	cp = kzalloc(sizeof(*cp), GFP_KERNEL_ACCOUNT);
	if (!cp)
		return NULL;
	cp->ops = ops;
	cp->ctx = ctx;
	cp->tail = CP_NONE;
	cp->fresh = CP_NONE;
	spin_lock_init(&cp->lock);
	cp->chunk = kmalloc(CP_CHUNK_MAX, GFP_KERNEL_ACCOUNT);
	cp->null = ops->alloc(ctx, CP_PAGE_SIZE, &cp->null_host);
	if (!cp->chunk || !cp->null) {
		vfio_ccw_cp_free(cp);
		return NULL;
	}
	memcpy(cp->null + CP_POISON_OFF, &poison, sizeof(poison));
	return cp;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_alloc);

/**
 * vfio_ccw_cp_free() - undo vfio_ccw_cp_alloc()
 * @cp: the room, or NULL
 *
 * Releases the program in it first, in whatever stage that is.
 *
 * Context: process context, may sleep; no other function on @cp runs.
 */
void vfio_ccw_cp_free(struct vfio_ccw_cp *cp)
{
	unsigned int i;

	if (!cp)
		return;
	for (i = 0; i < CP_PROGS; i++)
		prog_free(cp, &cp->prog[i]);
	if (cp->null)
		cp->ops->free(cp->ctx, cp->null, CP_PAGE_SIZE);
	kfree(cp->chunk);
	kfree(cp);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_free);

/* All that the rest needs to know of the ORB */
static void note_orb(struct vfio_ccw_cp *cp, const struct vfio_ccw_orb *orb)
{
	cp->orb = be32_to_cpu(orb->ctl);
	cp->fmt1 = cp->orb & VFIO_CCW_ORB_F;
	cp->limit = cp->fmt1 ? CP_LIMIT_31 : CP_LIMIT_24;
	cp->block = VFIO_CCW_IDA_BLOCK_2K;
	if ((cp->orb & VFIO_CCW_ORB_H) && !(cp->orb & VFIO_CCW_ORB_T))
		cp->block = VFIO_CCW_IDA_BLOCK_4K;
}

/**
 * vfio_ccw_cp_translate() - make the guest's channel program the host's
 * @cp: room for it; a program in it is released first
 * @orb: the guest's ORB, accepted by vfio_ccw_cp_check_orb()
 *
 * Whatever is wrong with the program itself is left for the channel to find
 * and to report. On success everything that the program uses is pinned.
 *
 * Context: process context, may sleep on user memory.
 * Return: 0; -E2BIG if one of the VFIO_CCW_CP_MAX_* is exceeded; -ENOMEM; any
 * other error of the memory ops that is not the guest's. After an error
 * nothing is pinned.
 */
int vfio_ccw_cp_translate(struct vfio_ccw_cp *cp,
			  const struct vfio_ccw_orb *orb)
{
	int err;

	if (unlikely(cp->dirty))
		vfio_ccw_cp_release(cp);
	note_orb(cp, orb);
	err = add_branch(&cp->prog[0], be32_to_cpu(orb->cpa), CP_CMD, false,
			 false);
	if (!err)
		err = build(cp, &cp->prog[0]);
	if (err)
		vfio_ccw_cp_release(cp);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_translate);

/* What of the guest's ORB goes to the channel as it is */
#define CP_ORB_PASSED	(VFIO_CCW_ORB_KEY | VFIO_CCW_ORB_S | VFIO_CCW_ORB_C | \
			 VFIO_CCW_ORB_M | VFIO_CCW_ORB_Y | VFIO_CCW_ORB_P | \
			 VFIO_CCW_ORB_I | VFIO_CCW_ORB_U | \
			 VFIO_CCW_ORB_LPM | VFIO_CCW_ORB_L)

/**
 * vfio_ccw_cp_host_orb() - the ORB that starts a translated program
 * @cp: the program
 * @intparm: interruption parameter, the driver's own
 * @orb: where to put it
 *
 * The guest's own address limit and ORB extension mean nothing to the host and
 * are left out.
 */
void vfio_ccw_cp_host_orb(const struct vfio_ccw_cp *cp, u32 intparm,
			  struct vfio_ccw_orb *orb)
{
	const struct cp_prog *p = &cp->prog[0];
	u32 ctl = cp->orb & CP_ORB_PASSED;

	/* Format 0 suppresses incorrect length of immediate commands anyway */
	if (!cp->fmt1)
		ctl |= VFIO_CCW_ORB_L;
	ctl |= VFIO_CCW_ORB_F | VFIO_CCW_ORB_H;
	if (cp->host_block == VFIO_CCW_IDA_BLOCK_2K)
		ctl |= VFIO_CCW_ORB_T;
	if (p->uses_midal || ctl & VFIO_CCW_ORB_S)
		ctl |= cp->orb & VFIO_CCW_ORB_D;
	orb->intparm = cpu_to_be32(intparm);
	orb->ctl = cpu_to_be32(ctl);
	orb->cpa = cpu_to_be32(host_of_ccw(p, 0));
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_host_orb);

/* Complete: host addresses to guest addresses */

/* Of many segments, the last that begins at @host or before; see sort_segments() */
static noinline u32 segment_before(const struct cp_prog *p, u32 host)
{
	const struct cp_order *order = p->order.p;
	u32 lo = 0, hi = p->segments.n;
	u32 mid;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (order[mid].at <= host)
			lo = mid;
		else
			hi = mid;
	}
	return order[lo].index;
}

/* The segment with a host CCW at @host */
static struct cp_segment *find_segment(const struct cp_prog *p, u32 host)
{
	struct cp_segment *s = p->segments.p;

	if (!p->segments.n)
		return NULL;
	if (unlikely(p->segments.n > 1))
		s += segment_before(p, host);
	if (host - s->host < s->slots * VFIO_CCW_CCW_SIZE && s->mem)
		return s;
	return NULL;
}

/**
 * struct cp_found - a host CCW that an address names
 * @iova: its guest address
 * @ccw: its record, or NULL for a guard at the end of a segment
 */
struct cp_found {
	u32 iova;
	struct cp_ccw *ccw;
};

static __always_inline bool find_in_prog(const struct cp_prog *p, u32 host,
					 struct cp_found *found)
{
	const struct cp_segment *s = find_segment(p, host);
	u32 off, at;

	if (!s)
		return false;
	off = host - s->host;
	at = ccw_of_slot(s, off / VFIO_CCW_CCW_SIZE);
	found->iova = s->iova + off;
	found->ccw = at == CP_NONE ? NULL : ccw_at(p, at);
	return true;
}

static noinline bool find_in_parts(const struct vfio_ccw_cp *cp, u32 host,
				   struct cp_found *found)
{
	unsigned int i;

	for (i = 0; i < CP_PROGS; i++)
		if (!(cp->hidden & BIT(i)) &&
		    find_in_prog(&cp->prog[i], host, found))
			return true;
	return false;
}

/* Which CCW stands at host address @host? */
static bool find_host_ccw(const struct vfio_ccw_cp *cp, u32 host,
			  struct cp_found *found)
{
	if (unlikely(cp->resumed))
		return find_in_parts(cp, host, found);
	return find_in_prog(&cp->prog[0], host, found);
}

/*
 * A channel-program address is that of a CCW plus 8, but for a start that is
 * still pending: then it is the ORB's. Returns 0 if it is neither.
 */
static u32 guest_cpa(struct vfio_ccw_cp *cp, u32 host, struct cp_found *found)
{
	if (find_host_ccw(cp, host - VFIO_CCW_CCW_SIZE, found))
		return found->iova + VFIO_CCW_CCW_SIZE;
	if (find_host_ccw(cp, host, found))
		return found->iova;
	found->ccw = NULL;
	return 0;
}

/* The guest address of byte @host, in a page pinned or in a CCW */
static bool guest_addr(struct vfio_ccw_cp *cp, u64 host, u64 *iova)
{
	struct cp_found found;
	struct cp_prog *p;
	struct cp_extent *run;
	u32 i, k, n;
	u64 h;

	if (host < CP_LIMIT_31 && find_host_ccw(cp, host, &found)) {
		*iova = found.iova;
		return true;
	}
	for (n = 0; n < CP_PROGS; n++) {
		p = &cp->prog[n];
		for (i = 0; i < p->runs && !(cp->hidden & BIT(n)); i++) {
			run = runs_of(p) + i;
			for (k = 0; k < run->pages; k++) {
				h = *host_at(p, run->host + k);
				if (h & CP_HOST_UNPINNED ||
				    (h ^ host) >> CP_PAGE_SHIFT)
					continue;
				*iova = (run->page + k) << CP_PAGE_SHIFT |
					(host & CP_PAGE_MASK);
				return true;
			}
		}
	}
	return false;
}

static void strip_esw(struct vfio_ccw_esw *esw)
{
	esw->erw &= cpu_to_be32(~(VFIO_CCW_ERW_F | VFIO_CCW_ERW_C |
				  VFIO_CCW_ERW_R));
	esw->faddr[0] = 0;
	esw->faddr[1] = 0;
	esw->saddr = 0;
}

/*
 * PoP chapter 16, "Extended-Control Word": sense data if the subchannel says so,
 * otherwise what the machine has to tell its own program. What is not stored is
 * left over from another subchannel's status. Nobody has asked for measurement.
 */
static __always_inline void strip_ecw(struct vfio_ccw_irb *irb)
{
	const __be32 extended = cpu_to_be32(VFIO_CCW_SCSW_E);
	u32 erw = be32_to_cpu(irb->esw.erw);
	u32 bytes;

	memset(irb->emw, 0, sizeof(irb->emw));
	/* A constant size, which needs no call, for what most status is */
	if (likely(!(irb->scsw.ctl & extended && erw & VFIO_CCW_ERW_S))) {
		irb->scsw.ctl &= ~extended;
		memset(irb->ecw, 0, sizeof(irb->ecw));
		return;
	}
	bytes = FIELD_GET(VFIO_CCW_ERW_SCNT, erw) ?: sizeof(irb->ecw);
	bytes = min_t(u32, bytes, sizeof(irb->ecw));
	memset(irb->ecw + bytes, 0, sizeof(irb->ecw) - bytes);
}

/* PoP chapter 16, "Extended-Status Word": only format 0 holds addresses */
static void complete_esw(struct vfio_ccw_cp *cp, struct vfio_ccw_esw *esw)
{
	u32 erw = be32_to_cpu(esw->erw);
	u32 saddr = be32_to_cpu(esw->saddr);
	u64 faddr = be32_to_cpu(esw->faddr[0]);
	struct cp_found found;
	u64 iova = 0;

	if (erw & VFIO_CCW_ERW_R)
		faddr = faddr << 32 | be32_to_cpu(esw->faddr[1]);
	strip_esw(esw);
	/* The address of a CCW itself, unlike that in the SCSW */
	if (erw & VFIO_CCW_ERW_C && find_host_ccw(cp, saddr, &found)) {
		esw->saddr = cpu_to_be32(found.iova);
		esw->erw |= cpu_to_be32(VFIO_CCW_ERW_C);
	}
	if (!(erw & VFIO_CCW_ERW_F) || !guest_addr(cp, faddr, &iova))
		return;
	esw->erw |= cpu_to_be32(VFIO_CCW_ERW_F);
	if (!(erw & VFIO_CCW_ERW_R) && iova < CP_LIMIT_31) {
		esw->faddr[0] = cpu_to_be32(iova);
		return;
	}
	esw->erw |= cpu_to_be32(VFIO_CCW_ERW_R);
	esw->faddr[0] = cpu_to_be32(iova >> 32);
	esw->faddr[1] = cpu_to_be32(iova);
}

/*
 * What the channel found at a guard or a poisoned address was the driver's
 * doing; a page that may only be read is a protection check to the guest.
 */
static void complete_check(struct vfio_ccw_scsw *scsw,
			   const struct cp_found *found)
{
	u32 status = be32_to_cpu(scsw->status);
	u32 sch = FIELD_GET(VFIO_CCW_STATUS_SCH, status);

	if (!found->ccw || found->ccw->reason != CP_PROT ||
	    !(sch & VFIO_CCW_CS_PROG))
		return;
	sch = (sch & ~(u32)VFIO_CCW_CS_PROG) | VFIO_CCW_CS_PROT;
	status &= ~(u32)VFIO_CCW_STATUS_SCH;
	scsw->status = cpu_to_be32(status | FIELD_PREP(VFIO_CCW_STATUS_SCH,
						       sch));
}

/**
 * vfio_ccw_cp_complete() - make an interruption-response block the guest's
 * @cp: the program it belongs to
 * @irb: in: as the host stored it; out: as the guest is to see it
 *
 * The channel-program address becomes the guest's where PoP figure 16-6 makes
 * it valid, 0 otherwise; the format and address-limit bits are those of the
 * guest's ORB; addresses in the extended-status word become the guest's or are
 * marked invalid. No host address remains.
 *
 * Context: any; the caller excludes release, vfio_ccw_cp_begin_resume() and
 *	vfio_ccw_cp_commit_resume().
 */
void vfio_ccw_cp_complete(struct vfio_ccw_cp *cp, struct vfio_ccw_irb *irb)
{
	u32 same = VFIO_CCW_ORB_F | VFIO_CCW_ORB_A;
	u32 ctl = be32_to_cpu(irb->scsw.ctl);
	struct cp_found found;
	u32 cpa;

	if (!(ctl & VFIO_CCW_FC_START) || ctl & VFIO_CCW_FC_CLEAR) {
		vfio_ccw_cp_strip(irb);
		return;
	}
	cpa = guest_cpa(cp, be32_to_cpu(irb->scsw.cpa), &found);
	irb->scsw.cpa = cpu_to_be32(cpa);
	irb->scsw.ctl = cpu_to_be32((ctl & ~same) | (cp->orb & same));
	strip_ecw(irb);
	complete_check(&irb->scsw, &found);
	if (ctl & VFIO_CCW_SCSW_L)
		complete_esw(cp, &irb->esw);
	else
		strip_esw(&irb->esw);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_complete);

/**
 * vfio_ccw_cp_strip() - take every address out of an IRB without a program
 * @irb: the interruption-response block
 *
 * For unsolicited status, for status of a program that has ended before, and
 * after a clear, when PoP figure 16-6 makes the addresses unpredictable.
 *
 * Context: any.
 */
void vfio_ccw_cp_strip(struct vfio_ccw_irb *irb)
{
	irb->scsw.cpa = 0;
	strip_esw(&irb->esw);
	strip_ecw(irb);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_strip);

/* Resume */

/*
 * The CCW that @host_cpa names as suspended. PoP figure 16-6: it is the CCW
 * plus 8; but accept the CCW itself.
 */
static bool find_suspended(struct vfio_ccw_cp *cp, u32 host_cpa,
			   struct cp_found *found)
{
	u32 back;

	for (back = VFIO_CCW_CCW_SIZE; ; back -= VFIO_CCW_CCW_SIZE) {
		if (find_host_ccw(cp, host_cpa - back, found) && found->ccw &&
		    found->ccw->iova == found->iova && found->ccw->stop)
			return true;
		if (!back)
			return false;
	}
}

/* Does the channel not execute the host CCW of @c, but suspend there? */
static bool suspends(const struct cp_ccw *c)
{
	return c->way == CP_CMD && c->kind != CP_TIC && c->kind != CP_GUARD &&
	       c->flags & VFIO_CCW_CCW_F_S;
}

/*
 * The parts of the program in which there is a CCW at which the channel can be
 * suspended, and those that such a CCW leads into
 */
static u32 needed(const struct vfio_ccw_cp *cp)
{
	const struct cp_ccw *c;
	unsigned int n;
	u32 mask = 0;
	u32 i;

	for (n = 0; n < CP_PROGS; n++) {
		c = cp->prog[n].ccws.p;
		if (cp->hidden & BIT(n))
			continue;
		for (i = 0; i < cp->prog[n].ccws.n; i++, c++)
			if (c->stop)
				mask |= BIT(c->home ? c->home - 1 : n) | BIT(n);
	}
	return mask;
}

/* The resume was not accepted: the channel is not in what was put in place */
static void forget_fresh(struct vfio_ccw_cp *cp)
{
	struct cp_prog *p = &cp->prog[cp->fresh];
	u32 i;

	for (i = 0; i < p->ccws.n; i++)
		ccw_at(p, i)->stop = false;
	cp->fresh = CP_NONE;
}

/* The channel is suspended at @found: nowhere else in any program */
static void only_stop(struct vfio_ccw_cp *cp, const struct cp_found *found)
{
	struct cp_ccw *c;
	unsigned int n;
	u32 i;

	for (n = 0; n < CP_PROGS; n++)
		for (i = 0; i < cp->prog[n].ccws.n; i++) {
			c = ccw_at(&cp->prog[n], i);
			c->stop = c == found->ccw;
		}
}

/*
 * Release what the channel has left behind. Returns one of these, which is free
 * then, or NULL.
 */
static struct cp_prog *free_prog(struct vfio_ccw_cp *cp)
{
	struct cp_prog *found = NULL;
	unsigned int n;

	for (n = 0; n < CP_PROGS; n++) {
		if (!(cp->hidden & BIT(n)))
			continue;
		found = &cp->prog[n];
		prog_release(cp, found);
	}
	return found;
}

/*
 * Is the tail to take the place of @c? While the program runs, only what still
 * suspends the channel may be rewritten: anything else it may have passed, and
 * be about to fetch what stands behind.
 */
static bool to_be_resumed(const struct vfio_ccw_cp *cp, const struct cp_ccw *c)
{
	return c->stop && (!cp->running || suspends(c));
}

/* Would a tail more leave nothing to prepare the next one in? */
static bool too_many_tails(const struct vfio_ccw_cp *cp)
{
	u32 free = cp->hidden & (BIT(CP_PROGS) - 1);

	return cp->running && !(free & (free - 1));
}

/* A new entry for every CCW at which the channel may be suspended */
static int add_entries(struct vfio_ccw_cp *cp, struct cp_prog *tail)
{
	struct cp_ccw *c;
	unsigned int n;
	u32 i;
	int err;

	/* Two entries may meet */
	err = index_ccws(tail);
	for (n = 0; n < CP_PROGS && !err; n++) {
		for (i = 0; i < cp->prog[n].ccws.n && !err; i++) {
			c = ccw_at(&cp->prog[n], i);
			c->resume = CP_NONE;
			if (!to_be_resumed(cp, c))
				continue;
			c->resume = tail->branches.n;
			err = add_branch(tail, c->iova, CP_CMD, false, false);
		}
	}
	return err;
}

/* The record of the tail that takes the place of @c */
static struct cp_ccw *new_ccw(const struct cp_prog *tail,
			      const struct cp_ccw *c)
{
	return ccw_at(tail, branch_at(tail, c->resume)->ccw);
}

/*
 * Does any CCW at which the channel can be suspended go on, or has it been made
 * to for a resume that was refused? Else each is only suspended at again. One
 * that stays as it is has no use for the tail.
 */
static bool any_goes_on(struct vfio_ccw_cp *cp, const struct cp_prog *tail)
{
	struct cp_ccw *c;
	unsigned int n;
	bool any = false;
	u32 i;

	for (n = 0; n < CP_PROGS; n++) {
		c = cp->prog[n].ccws.p;
		for (i = 0; i < cp->prog[n].ccws.n; i++, c++) {
			if (c->resume == CP_NONE)
				continue;
			if (suspends(c) && suspends(new_ccw(tail, c)))
				c->resume = CP_NONE;
			else
				any = true;
		}
	}
	return any;
}

/**
 * vfio_ccw_cp_begin_resume() - a started program may be resumed
 * @cp: the program
 * @suspended: it is suspended, and no resume is pending: the channel executes
 *	nothing until it is resumed
 * @host_cpa: channel-program address of the host's SCSW if it is suspended, or
 *	anything else if the host has not stored one
 *
 * Settles at which CCWs it can be suspended, and which parts of the program the
 * channel has left behind. A suspended one has left every part without a CCW at
 * which it can be suspended, and a tail that was never put in place. One that
 * runs may be in any. The preparation may do with what was left behind what it
 * likes, even if the program ends meanwhile.
 *
 * Context: any, does not sleep; the caller excludes vfio_ccw_cp_complete(),
 *	release and another resume.
 */
void vfio_ccw_cp_begin_resume(struct vfio_ccw_cp *cp, bool suspended,
			      u32 host_cpa)
{
	struct cp_found found;
	unsigned int n;
	u32 parts;

	cp->dirty = true;
	cp->resumed = true;
	cp->running = !suspended;
	for (n = 0; n < CP_PROGS; n++)
		if (!cp->prog[n].dirty || cp->tail == n)
			cp->hidden |= BIT(n);
	if (!suspended)
		return;
	if (cp->fresh != CP_NONE)
		forget_fresh(cp);
	if (find_suspended(cp, host_cpa, &found))
		only_stop(cp, &found);
	/* Suspended nowhere: then it is not, and runs in any of them */
	parts = needed(cp);
	if (parts)
		cp->hidden = ~parts;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_begin_resume);

/**
 * vfio_ccw_cp_prepare_resume() - translate what follows a suspend flag anew
 * @cp: the started program, after vfio_ccw_cp_begin_resume()
 *
 * PoP chapter 15, "Suspension and Resumption": the channel never executes a CCW
 * with the suspend flag. When it is resumed, or gets there with a resume
 * pending, it fetches that CCW again, as the guest has it now, and all behind
 * it. The program in place is not touched; vfio_ccw_cp_commit_resume() puts the
 * new tail in place.
 *
 * The tail is one for every CCW at which the channel can be suspended, or come
 * to: just one if the program is suspended and the status of that says where.
 *
 * What the guest has not taken the suspend flag from stays as it is. If there
 * is nothing else, no tail is made.
 *
 * Context: process context, may sleep on user memory; the program must not be
 * resumed until the tail is committed. It may end meanwhile, but not be
 * released.
 * Return: 0; -EINVAL if it is suspended and there is no CCW at which it can be;
 * -EBUSY if there are too many by now, because the channel stores no address
 * and the program branches; -E2BIG if it has been resumed too often while it
 * runs (VFIO_CCW_CP_MAX_TAILS); errors as vfio_ccw_cp_translate(). After an
 * error the program is as it was.
 */
int vfio_ccw_cp_prepare_resume(struct vfio_ccw_cp *cp)
{
	struct cp_prog *tail;
	int err;

	if (cp->tail != CP_NONE)
		prog_release(cp, &cp->prog[cp->tail]);
	cp->tail = CP_NONE;
	if (!needed(cp))
		return cp->running ? 0 : -EINVAL;
	tail = free_prog(cp);
	if (!tail)
		return cp->running ? -E2BIG : -EBUSY;
	tail->dirty = true;
	err = add_entries(cp, tail);
	if (!err && tail->branches.n)
		err = build(cp, tail);
	if (!err && any_goes_on(cp, tail)) {
		cp->tail = tail - cp->prog;
		if (!too_many_tails(cp))
			return 0;
		cp->tail = CP_NONE;
		err = -E2BIG;
	}
	prog_release(cp, tail);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_prepare_resume);

/*
 * CCW @i of @p becomes a TIC. PoP chapter 15: a TIC must not lead to a TIC, so
 * that those of the driver that lead there have to lead where it leads.
 */
static void commit_tic(struct cp_prog *p, u32 i, __be64 tic)
{
	struct cp_segment *s = p->segments.p;
	struct cp_segment *end = s + p->segments.n;

	for (; s < end; s++) {
		if (s->link == i)
			WRITE_ONCE(s->mem[s->ccws], tic);
		if (s->link_skip == i)
			WRITE_ONCE(s->mem[s->ccws + 1], tic);
	}
}

/*
 * The new CCW takes the place of CCW @i of @p, and the two host CCWs behind it,
 * which are guards and nobody else's, lead to where it goes on. Those come
 * first: the channel looks at them when the suspend flag has gone.
 *
 * It stays a place of suspension until the resume is known to be accepted.
 */
static void commit_ccw(const struct vfio_ccw_cp *cp, struct cp_prog *p, u32 i)
{
	const struct cp_prog *tail = &cp->prog[cp->tail];
	struct cp_ccw *c = ccw_at(p, i);
	const struct cp_ccw *new = new_ccw(tail, c);
	const struct cp_segment *from = segment_at(tail, new->segment);
	const struct cp_segment *s = segment_at(p, c->segment);
	u32 slot = new - ccw_at(tail, from->first);
	__be64 *mem = s->mem + (i - s->first);

	WRITE_ONCE(mem[1], like_slot(from, slot + 1));
	WRITE_ONCE(mem[2], like_slot(from, slot + 2));
	if (new->kind == CP_TIC)
		commit_tic(p, i, from->mem[slot]);
	WRITE_ONCE(mem[0], from->mem[slot]);
	c->flags = new->flags;
	c->kind = new->kind;
	c->reason = new->reason;
	c->home = cp->tail + 1;
	c->resume = CP_NONE;
}

/**
 * vfio_ccw_cp_commit_resume() - let a program go on in its new tail
 * @cp: the program, after vfio_ccw_cp_prepare_resume()
 *
 * Rewrites in place each host CCW that has the suspend flag and that the guest
 * has changed, and the two behind it, so that they lead into the tail. Each is
 * stored whole, the one with the flag last. A channel that runs meanwhile finds
 * one or the other there when it fetches: it is suspended, and the RESUME
 * SUBCHANNEL that the caller issues next lets it fetch again; or it goes on as
 * if it had come later. Does nothing if no tail is prepared.
 *
 * Context: any, does not sleep.
 */
void vfio_ccw_cp_commit_resume(struct vfio_ccw_cp *cp)
{
	struct cp_prog *p;
	unsigned int n;
	u32 i;

	if (cp->tail == CP_NONE)
		return;
	for (n = 0; n < CP_PROGS; n++) {
		p = &cp->prog[n];
		if (n == cp->tail)
			continue;
		for (i = 0; i < p->ccws.n; i++)
			if (ccw_at(p, i)->resume != CP_NONE)
				commit_ccw(cp, p, i);
	}
	cp->hidden &= ~BIT(cp->tail);
	/* A channel that runs may be in it from now on, accepted or not */
	cp->fresh = cp->running ? CP_NONE : cp->tail;
	cp->tail = CP_NONE;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_commit_resume);

/**
 * vfio_ccw_cp_resumed() - a resume is accepted, or was pending already
 * @cp: the program, after vfio_ccw_cp_commit_resume()
 *
 * A suspended program has left where it was suspended, unless the CCW there has
 * the flag again. Whatever the channel gets to it fetches as it is now: it can
 * be suspended only at a host CCW that has the flag.
 *
 * Context: any, does not sleep; the caller excludes the other functions but
 * vfio_ccw_cp_uses().
 */
void vfio_ccw_cp_resumed(struct vfio_ccw_cp *cp)
{
	struct cp_ccw *c;
	unsigned int n;
	u32 i;

	for (n = 0; n < CP_PROGS; n++) {
		c = cp->prog[n].ccws.p;
		if (cp->hidden & BIT(n))
			continue;
		for (i = 0; i < cp->prog[n].ccws.n; i++, c++)
			c->stop = c->stop && suspends(c);
	}
	cp->fresh = CP_NONE;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_resumed);

/* Only a resume makes tails, and hides or prepares any part of a program */
static noinline void release_tails(struct vfio_ccw_cp *cp)
{
	unsigned int i;

	for (i = 1; i < CP_PROGS; i++)
		prog_release(cp, &cp->prog[i]);
	cp->resumed = false;
	cp->running = false;
	cp->tail = CP_NONE;
	cp->fresh = CP_NONE;
	cp->hidden = 0;
}

/**
 * vfio_ccw_cp_release() - end a program
 * @cp: the program, in any stage, or none
 *
 * Unpins everything and withdraws the claims. Some memory is kept for the next
 * program. Can be called twice.
 *
 * Context: process context, may sleep; the channel does not use the program.
 */
void vfio_ccw_cp_release(struct vfio_ccw_cp *cp)
{
	if (!cp->dirty)
		return;
	cp->dirty = false;
	prog_end(cp, &cp->prog[0]);
	if (unlikely(cp->resumed))
		release_tails(cp);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_release);

static void prog_quarantine(struct vfio_ccw_cp *cp, struct cp_prog *p)
{
	if (!p->claimed)
		return;
	hold_program(cp, p, true);
	unpin_program(cp, p);
}

/**
 * vfio_ccw_cp_quarantine() - unpin a program that the channel may still use
 * @cp: the program
 *
 * For a channel that could not be stopped. Each page gets a reference of its
 * own before it is unpinned, so that memory that may still be written to is
 * not given to anyone else, while the user can unmap it. The host program
 * stays as it is until vfio_ccw_cp_release().
 *
 * Context: process context, may sleep.
 */
void vfio_ccw_cp_quarantine(struct vfio_ccw_cp *cp)
{
	unsigned int i;

	for (i = 0; i < CP_PROGS; i++)
		prog_quarantine(cp, &cp->prog[i]);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_quarantine);

/**
 * vfio_ccw_cp_uses() - does a program use guest memory in this range?
 * @cp: the program, in any stage
 * @iova: guest address
 * @length: bytes
 *
 * Context: any; concurrent with every other function but vfio_ccw_cp_free().
 * Return: true from before the first page of the range is pinned until after
 * the last is unpinned.
 */
bool vfio_ccw_cp_uses(struct vfio_ccw_cp *cp, u64 iova, u64 length)
{
	u64 last = length > U64_MAX - iova ? U64_MAX : iova + length - 1;
	unsigned long flags;
	bool uses = false;
	struct cp_prog *p;
	unsigned int n;
	u32 i;

	if (!length)
		return false;
	spin_lock_irqsave(&cp->lock, flags);
	for (n = 0; n < CP_PROGS && !uses; n++) {
		p = &cp->prog[n];
		i = find_run(p, p->claimed, iova >> CP_PAGE_SHIFT);
		uses = i < p->claimed &&
			runs_of(p)[i].page <= last >> CP_PAGE_SHIFT;
	}
	spin_unlock_irqrestore(&cp->lock, flags);
	return uses;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_uses);

/**
 * vfio_ccw_cp_stats() - what a program came to
 * @cp: the program
 * @stats: where to put it; of the start and of the tail after a resume together
 *
 * Context: any; the caller excludes translation and release.
 */
void vfio_ccw_cp_stats(const struct vfio_ccw_cp *cp,
		       struct vfio_ccw_cp_stats *stats)
{
	const struct cp_prog *p;
	unsigned int i;

	*stats = (struct vfio_ccw_cp_stats){};
	for (i = 0; i < CP_PROGS; i++) {
		p = &cp->prog[i];
		stats->ccws += p->ccws.n;
		stats->segments += p->segments.n;
		stats->idaws += p->idaws;
		stats->pages += p->hosts.n;
		stats->pins += p->pins;
		stats->reads += p->reads;
	}
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_cp_stats);
