/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channel programs: what the files of the translator share
 *
 * Each file calls only those that stand above it here, and vfio_ccw_cp.h is
 * what all of them together offer to the driver:
 *
 *   vfio_ccw_pins.[ch]	what stays pinned between programs
 *   vfio_ccw_cp_prog.[ch]	records, arrays, memory for what the channel fetches
 *   vfio_ccw_cp_pin.c		the pages that a program uses; copies of small output
 *   vfio_ccw_cp_ida.c		lists of indirect addresses: IDALs and MIDALs
 *   vfio_ccw_cp_fetch.c	CCWs: guest storage to records
 *   vfio_ccw_cp_emit.c		records to host CCWs and lists
 *   vfio_ccw_cp_status.c	addresses in the status become the guest's
 *   vfio_ccw_cp.c		a program from its start to its release
 *   vfio_ccw_cp_resume.c	suspended programs
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
 * Includes no architecture header and nothing of the shell.
 */
#ifndef VFIO_CCW_CP_PROG_H
#define VFIO_CCW_CP_PROG_H

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/spinlock.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include "vfio_ccw_cp.h"
#include "vfio_ccw_format.h"

/* The page of the channel subsystem and of the pin calls, whatever the host's */
#define CP_PAGE_SHIFT	12
#define CP_PAGE_SIZE	BIT(CP_PAGE_SHIFT)
#define CP_PAGE_MASK	(CP_PAGE_SIZE - 1)

#define CP_LIMIT_24	BIT(24)		/* end of what 24-bit addresses reach */
#define CP_LIMIT_31	BIT(31)		/* end of what 31-bit addresses reach */

/* Bytes in the first read of a program, enough for most; and in later reads */
#define CP_CHUNK_FIRST	512U
#define CP_CHUNK_MAX	CP_PAGE_SIZE

/* Output data up to this size is cheaper to copy than to pin, bytes */
#define CP_COPY_MAX	256U

/* Bytes of a MIDAW */
#define CP_MIDAW_SIZE	((u32)sizeof(struct vfio_ccw_midaw))

/* IDAWs that the longest count can need: 64 KiB less one byte, unaligned */
#define CP_IDAWS_MAX	33U

/*
 * Parts of a program: the one that was started, its tails, and the tail that is
 * being prepared. A running program keeps all of its tails, because the channel
 * may be in any of them.
 */
#define CP_PROGS	(2 + VFIO_CCW_CP_MAX_TAILS)

#define CP_NONE		U32_MAX		/* no such record */
#define CP_LOOKUP	(U32_MAX - 1)	/* found after the last CCW is fetched */

/* Low bits of a host address in cp_prog.hosts[]: uses that must be refused */
#define CP_HOST_NO_READ		BIT(0)	/* program check for output */
#define CP_HOST_NO_WRITE	BIT(1)	/* program check for input */
#define CP_HOST_PROT_READ	BIT(2)	/* protection check for output */
#define CP_HOST_PROT_WRITE	BIT(3)	/* protection check for input */
#define CP_HOST_UNPINNED	BIT(4)	/* not pinned at all */

/**
 * enum cp_reason - the guest's fault: what a guard or a poisoned address means
 * @CP_OK: no fault
 * @CP_PROG: the guest is told of a program check
 * @CP_PROT: the guest is told of a protection check
 */
enum cp_reason {
	CP_OK,
	CP_PROG,
	CP_PROT,
};

/**
 * enum cp_way - how the channel reaches a CCW, and what a data chain transfers
 * @CP_CMD: at the start, or by command chaining: its own command counts
 * @CP_OUT: by data chaining from an output command
 * @CP_IN: by data chaining from an input command
 * @CP_BACK: by data chaining from read backward
 * @CP_SECOND_TIC: by a TIC, and it is a TIC itself; always a guard
 *
 * A guest CCW that is reached in two ways becomes two host CCWs, which transfer
 * in different directions. CP_OUT, CP_IN and CP_BACK also name these directions.
 */
enum cp_way {
	CP_CMD,
	CP_OUT,
	CP_IN,
	CP_BACK,
	CP_SECOND_TIC,
};

/**
 * enum cp_kind - what a CCW transfers, and so what its host CCW looks like
 * @CP_NOTHING: nothing; the host CCW points at the driver's own page
 * @CP_DIRECT: one area of guest storage
 * @CP_COPY: a small output area, which is copied instead of pinned
 * @CP_IDAL: what an indirect-data-address list names
 * @CP_MIDAL: what a list of modified indirect-data-address words names
 * @CP_TIC: transfer in channel
 * @CP_GUARD: the guest's CCW cannot be executed; the host CCW is all zero
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
 * @iova: guest address of the CCW
 * @addr: guest address of its data or list, or target of the TIC
 * @count: byte count
 * @good: how many of these bytes, counted from the first that is transferred, are
 *	at addresses that a CCW can have
 * @cmd: command code
 * @flags: VFIO_CCW_CCW_F_*
 * @kind: enum cp_kind
 * @way: enum cp_way, how it was reached
 * @dir: CP_OUT, CP_IN or CP_BACK: what it transfers
 * @reason: enum cp_reason, for a guard or for the first poisoned address
 * @no_ccw: it is a guard because no CCW can be fetched from @iova
 * @home: 1 + index of the part that its host CCW leads into since a resume, or 0
 *	as long as it leads on in its own part
 * @words: number of list words before the first unusable one
 * @first: index of the first list word in cp_prog.words; for a TIC, of its
 *	branch; for a copy, of its first byte in cp_prog.bytes
 * @extent: index of the extent that holds the first page, or CP_NONE
 * @segment: index of the segment that it belongs to
 * @resume: index of the branch of the prepared tail that replaces it, or CP_NONE
 * @skippable: a status modifier may make the channel skip it
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
 * struct cp_node - a CCW's node in the index, which is a binary tree
 * @child: indices of the CCWs below it, by the next bit of the key, or CP_NONE
 */
struct cp_node {
	u32 child[2];
};

/**
 * struct cp_segment - CCWs at ascending addresses
 * @iova: guest address of the first CCW
 * @first: index of the first CCW
 * @ccws: number of CCWs
 * @slots: number of host CCWs: those of @ccws, links and guards
 * @link: index of the CCW that follows the last one, or CP_NONE
 * @link_skip: index of the CCW that a status modifier of the last one leads to,
 *	or CP_NONE
 * @branch_skip: index of the branch that @link_skip is taken from once that is
 *	fetched; CP_LOOKUP if it has none; CP_NONE if there is no @link_skip
 * @host: host absolute address of the first host CCW
 * @ahead: if the last CCW has cp_ccw.home: index, in that part, of the CCW that the
 *	host CCW behind it leads to, or CP_NONE
 * @ahead_skip: the same for the one behind that
 * @mem: the host CCWs, as the driver sees them
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
	u32 ahead;
	u32 ahead_skip;
	__be64 *mem;
};

/**
 * struct cp_branch - a place where the program may go on
 * @iova: guest address of the CCW there
 * @ccw: index of that CCW once it is fetched; CP_NONE before
 * @way: enum cp_way, how the channel reaches it
 * @by_tic: a TIC leads here: the CCW here must not be another one
 * @chained: the CCW before this one has command chaining, so that its status
 *	modifier may skip this one
 */
struct cp_branch {
	u32 iova;
	u32 ccw;
	u8 way;
	bool by_tic;
	bool chained;
};

/**
 * struct cp_extent - consecutive guest pages of 4 KiB
 * @page: guest address of the first, divided by the size of a page
 * @pages: number of pages
 * @dir: VFIO_CCW_PIN_*, how they are used
 * @host: index of the first page in cp_prog.hosts
 * @pinned: one call has pinned those from @from on; otherwise see cp_prog.pieces
 * @from: number of pages before these, which are kept (vfio_ccw_pins.c)
 *
 * An *extent* in the order of use, to find the host address at emission; or a
 * *run*, ascending and disjoint, to be pinned. Most programs use pages in
 * ascending order: then the same records are both.
 */
struct cp_extent {
	u64 page;
	u32 pages;
	u32 dir;
	u32 host;
	bool pinned;
	u16 from;
};

/**
 * struct cp_order - a reference to an extent or a segment, to be sorted
 * @at: what to sort by: the first page of the extent, or the host address of the
 *	segment
 * @index: index of the extent or segment
 */
struct cp_order {
	u64 at;
	u32 index;
};

/**
 * struct cp_piece - a part of a run that a pin call of its own has pinned
 * @iova: guest address of the first page
 * @pages: number of pages
 * @host: index of the first page in cp_prog.hosts
 */
struct cp_piece {
	u64 iova;
	u32 pages;
	u32 host;
};

/**
 * struct cp_block - memory below 2 GiB from vfio_ccw_mem_ops.alloc
 * @mem: the memory, as the driver sees it
 * @host: its host absolute address, as the channel sees it
 * @size: its size in bytes
 * @used: how many of these bytes are given out
 */
struct cp_block {
	u8 *mem;
	u32 host;
	u32 size;
	u32 used;
};

/**
 * struct cp_vec - an array that grows, whatever its elements are
 * @p: elements
 * @n: number of elements in use
 * @max: number of elements that there is room for
 */
struct cp_vec {
	void *p;
	u32 n;
	u32 max;
};

/*
 * CP_VEC(type) - an array of a type that grows and is kept for the next program
 *
 * Grows by vec_reserve() and vec_push(), which move it: pointers to elements
 * become invalid. @any is the same array for code that does not know the type.
 */
#define CP_VEC(type)				\
	union {					\
		struct {			\
			type *p;		\
			u32 n;			\
			u32 max;		\
		};				\
		struct cp_vec any;		\
	}

/**
 * struct cp_prog - one translated program, or the tail of one
 * @ccws: the CCWs, in the order of fetching
 * @segments: the segments
 * @branches: places where the program may go on, in the order of fetching
 * @words: IDAWs and halves of MIDAWs, in host byte order
 * @extents: the pages that are used, in the order of use
 * @order: the extents by ascending page until these are pinned; then the
 *	segments by host address
 * @sorted: runs made of extents that do not ascend
 * @pieces: parts of runs that were pinned by calls of their own
 * @hosts: host address of each page, with CP_HOST_* bits
 * @dirs: VFIO_CCW_PIN_* of each page, while runs are made
 * @bytes: output data copied
 * @copies: indices of the CCWs of kind CP_COPY
 * @nodes: one for each of @ccws once there is a branch
 * @blocks: the arena: memory for what the channel fetches
 * @input: guest addresses that input may store at: first and last; known
 *	once there is something to copy
 * @runs: number of runs; the release clears this and all that follows
 * @block: index of the block of the arena that is in use
 * @idaws: IDAWs and MIDAWs fetched
 * @pins: pin calls made
 * @reads: read calls made
 * @claimed: number of runs that vfio_ccw_cp_uses() reports; under
 *	vfio_ccw_cp.lock
 * @null_list: host address of an IDAL that names nothing but the driver's own
 *	page, or 0 if there is none yet
 * @null_list_back: the same for read backward
 * @skipped: host address of the memory that a long MIDAW names if it is skipped,
 *	or 0 if there is none yet
 * @uses_2k: an IDAL of 2 KiB blocks was fetched
 * @uses_midal: a host MIDAL was emitted
 * @indexed: every CCW has a place in @nodes
 * @runs_sorted: the runs are in @sorted; else the extents themselves are runs
 * @held: in quarantine: its pages have references instead of pins
 * @own: it has pinned something for itself, by @pieces or whole runs
 * @dirty: there may be something to release
 */
struct cp_prog {
	CP_VEC(struct cp_ccw) ccws;
	CP_VEC(struct cp_segment) segments;
	CP_VEC(struct cp_branch) branches;
	CP_VEC(u64) words;
	CP_VEC(struct cp_extent) extents;
	CP_VEC(struct cp_order) order;
	CP_VEC(struct cp_extent) sorted;
	CP_VEC(struct cp_piece) pieces;
	CP_VEC(u64) hosts;
	CP_VEC(u8) dirs;
	CP_VEC(u8) bytes;
	CP_VEC(u32) copies;
	CP_VEC(struct cp_node) nodes;
	CP_VEC(struct cp_block) blocks;
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
	bool own;
	bool dirty;
};

/**
 * struct vfio_ccw_cp - a reusable channel-program object
 * @ops: guest memory, and memory for the channel
 * @ctx: first argument of every op
 * @lock: protects cp_prog.claimed, which vfio_ccw_cp_uses() looks at
 * @pins: what the device keeps pinned, or NULL: the program pins for itself
 * @slot: the slot that the program has there
 * @pinned: cp_pin_end() has something to end: a lease of @pins, or pins of the
 *	program's own that @pins knows of
 * @leased: it has a lease of @pins (READ_ONCE by vfio_ccw_cp_uses())
 * @prog: the parts of the program: the one that was started, and its tails
 * @tail: index of the part that is a prepared tail, or CP_NONE
 * @fresh: index of the part that was put in place for a suspended program whose
 *	resume may still be refused, or CP_NONE
 * @hidden: BIT(n) of each part that the channel cannot be in: preparing a resume
 *	may rebuild it, and completion does not look at it
 * @running: the program was not suspended when vfio_ccw_cp_begin_resume() was
 *	called
 * @dirty: there may be something to release in the part that was started
 * @resumed: there may be something to release in the other parts
 * @orb: word 1 of the guest's ORB, in host byte order
 * @fmt1: the guest's CCWs have format 1
 * @block: bytes in a block of the guest's IDALs
 * @host_block: bytes in a block of the host's IDALs
 * @limit: first address that is too large for the guest's CCWs
 * @chunk: the guest storage that was read last for CCWs
 * @chunk_iova: guest address of the first byte in @chunk
 * @chunk_len: number of valid bytes in @chunk
 * @chunk_next: number of bytes to read next, at most
 * @null: a page of the driver's own, for CCWs that transfer nothing
 * @null_host: host absolute address of @null
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
	struct vfio_ccw_pins *pins;
	unsigned int slot;
	bool leased;
	bool pinned;
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

/*
 * Iterators. No record may be added meanwhile: that may move the array.
 *
 * for_each_part() - the program as it was started, and all of its tails
 * for_each_ccw() - the CCWs of a part, in the order of fetching
 * for_each_segment() - its segments
 */
#define for_each_part(p, cp)						\
	for ((p) = (cp)->prog; (p) < (cp)->prog + CP_PROGS; (p)++)

#define for_each_ccw(c, part)						\
	for ((c) = (part)->ccws.p;					\
	     (c) < (part)->ccws.p + (part)->ccws.n; (c)++)

#define for_each_segment(s, part)					\
	for ((s) = (part)->segments.p;					\
	     (s) < (part)->segments.p + (part)->segments.n; (s)++)

/* The index of part @p */
static inline u32 prog_part_index(const struct vfio_ccw_cp *cp,
				  const struct cp_prog *p)
{
	return p - cp->prog;
}

/* Can the channel not be in part @p? Then completion does not look at it */
static inline bool prog_part_hidden(const struct vfio_ccw_cp *cp,
				    const struct cp_prog *p)
{
	return cp->hidden & BIT(prog_part_index(cp, p));
}

/* Records by index */

static inline struct cp_ccw *prog_ccw(const struct cp_prog *p, u32 i)
{
	return p->ccws.p + i;
}

static inline struct cp_segment *prog_segment(const struct cp_prog *p, u32 i)
{
	return p->segments.p + i;
}

static inline struct cp_branch *prog_branch(const struct cp_prog *p, u32 i)
{
	return p->branches.p + i;
}

static inline struct cp_extent *prog_extent(const struct cp_prog *p, u32 i)
{
	return p->extents.p + i;
}

/*
 * The runs. Nothing keeps this pointer: an extent that is added may move the
 * array, and there are no runs (p->runs is 0) while extents are added.
 */
static inline struct cp_extent *prog_runs(const struct cp_prog *p)
{
	return p->runs_sorted ? p->sorted.p : p->extents.p;
}

static inline struct cp_block *prog_block(const struct cp_prog *p, u32 i)
{
	return p->blocks.p + i;
}

static inline u64 *prog_host(const struct cp_prog *p, u32 i)
{
	return p->hosts.p + i;
}

/* Arrays that grow and are kept */

/*
 * Set in a build for tests: arrays of up to so many elements have no room to spare,
 * so that each element that is added moves the array
 */
#ifndef CP_ARRAY_TIGHT
#define CP_ARRAY_TIGHT	0
#endif

int cp_prog_grow_vec(struct cp_vec *v, size_t size, u32 need);

static __always_inline int vec_reserve_any(struct cp_vec *v, size_t size,
					   u32 more)
{
	if (likely(v->max - v->n >= more) &&
	    (!CP_ARRAY_TIGHT || v->n + more > CP_ARRAY_TIGHT))
		return 0;
	return cp_prog_grow_vec(v, size, v->n + more);
}

/* Make room for @more elements behind those in use; 0 or -ENOMEM */
#define vec_reserve(v, more)						\
({									\
	typeof(v) _v = (v);						\
									\
	vec_reserve_any(&_v->any, sizeof(*_v->p), more);		\
})

/* One more element: a pointer to it, or NULL if there is no memory */
#define vec_push(v)							\
({									\
	typeof(v) _v = (v);						\
									\
	vec_reserve_any(&_v->any, sizeof(*_v->p), 1) ?			\
		NULL : _v->p + _v->n++;					\
})

/*
 * The one list of the arrays of a program: all but the arena, whose blocks have
 * a life of their own
 */
static __always_inline void prog_for_all_vecs(struct cp_prog *p,
					      void (*act)(struct cp_vec *v,
							  size_t size))
{
	act(&p->ccws.any, sizeof(*p->ccws.p));
	act(&p->segments.any, sizeof(*p->segments.p));
	act(&p->branches.any, sizeof(*p->branches.p));
	act(&p->words.any, sizeof(*p->words.p));
	act(&p->extents.any, sizeof(*p->extents.p));
	act(&p->order.any, sizeof(*p->order.p));
	act(&p->sorted.any, sizeof(*p->sorted.p));
	act(&p->pieces.any, sizeof(*p->pieces.p));
	act(&p->hosts.any, sizeof(*p->hosts.p));
	act(&p->dirs.any, sizeof(*p->dirs.p));
	act(&p->bytes.any, sizeof(*p->bytes.p));
	act(&p->copies.any, sizeof(*p->copies.p));
	act(&p->nodes.any, sizeof(*p->nodes.p));
	/* One more array needs a line above */
	static_assert(offsetof(struct cp_prog, blocks) ==
		      13 * sizeof(struct cp_vec));
}

/* Add a place to the work list; see struct cp_branch. Returns 0 or -ENOMEM */
static inline int prog_add_branch(struct cp_prog *p, u32 iova, enum cp_way way,
				  bool by_tic, bool chained)
{
	struct cp_branch *b = vec_push(&p->branches);

	if (!b)
		return -ENOMEM;
	*b = (struct cp_branch){
		.iova = iova,
		.ccw = CP_NONE,
		.way = way,
		.by_tic = by_tic,
		.chained = chained,
	};
	return 0;
}

/* Memory for what the channel fetches */

void *cp_prog_alloc_within(struct vfio_ccw_cp *cp, struct cp_prog *p,
			   u32 size, u32 align, bool within_page,
			   u32 *host);
void cp_prog_trim_arena(struct vfio_ccw_cp *cp, struct cp_prog *p);

/* @size bytes at a doubleword; usually there is room in the block in use */
static __always_inline void *prog_alloc(struct vfio_ccw_cp *cp,
					struct cp_prog *p, u32 size, u32 *host)
{
	struct cp_block *b = prog_block(p, p->block);
	u32 off;

	if (likely(p->block < p->blocks.n)) {
		off = ALIGN(b->used, sizeof(u64));
		if (likely(off + size <= b->size)) {
			b->used = off + size;
			*host = b->host + off;
			return b->mem + off;
		}
	}
	return cp_prog_alloc_within(cp, p, size, sizeof(u64), false, host);
}

/* Most programs need one block at most, and no two are more than what is kept */
static __always_inline void prog_reset_arena(struct vfio_ccw_cp *cp,
					     struct cp_prog *p)
{
	if (likely(p->blocks.n))
		prog_block(p, 0)->used = 0;
	if (unlikely(p->blocks.n > 1))
		cp_prog_trim_arena(cp, p);
}

/* A program as a whole */

void cp_prog_trim(struct cp_prog *p);
void cp_prog_free(struct vfio_ccw_cp *cp, struct cp_prog *p);
int cp_prog_cmp_order(const void *a, const void *b);

/* Guest storage */

enum cp_reason cp_prog_reason_of(int err);

/*
 * Copy @len bytes at guest address @iova to @buf. Returns 0 or -errno for
 * trouble of the host; *@fault says why there is nothing to copy, or CP_OK.
 */
static __always_inline int prog_read_guest(struct vfio_ccw_cp *cp,
					   struct cp_prog *p, u32 iova,
					   void *buf, u32 len,
					   enum cp_reason *fault)
{
	int err;

	p->reads++;
	*fault = CP_OK;
	if (cp->pins && vfio_ccw_pins_read(cp->pins, iova, buf, len))
		return 0;
	err = cp->ops->read(cp->ctx, iova, buf, len);
	if (likely(!err))
		return 0;
	*fault = cp_prog_reason_of(err);
	return *fault ? 0 : err;
}

static inline u32 prog_page_room(u32 iova)
{
	return CP_PAGE_SIZE - (iova & CP_PAGE_MASK);
}

/* The bytes at @iova if the last read for CCWs brought them along */
static inline const void *prog_in_chunk(const struct vfio_ccw_cp *cp, u32 iova,
					u32 len)
{
	u32 off = iova - cp->chunk_iova;

	if (off >= cp->chunk_len || len > cp->chunk_len - off)
		return NULL;
	return cp->chunk + off;
}

/* CCWs, words of lists, and where they lead */

/* PoP chapter 15, "Command Code": the direction, or CP_CMD if invalid */
static __always_inline enum cp_way prog_direction_of(u8 cmd)
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

static inline void prog_set_guard(struct cp_ccw *c, enum cp_reason reason)
{
	c->kind = CP_GUARD;
	c->reason = reason;
}

/* IDAWs for @len bytes from @addr on, or down, in blocks of @block bytes */
static inline u32 prog_idaws_needed(u32 block, u64 addr, u32 len, u8 dir)
{
	u32 off = addr & (block - 1);

	if (dir == CP_BACK)
		off = block - 1 - off;
	return (off + len + block - 1) / block;
}

static inline u32 prog_midaw_count(u64 word)
{
	return word & U16_MAX;
}

static inline u8 prog_midaw_flags(u64 word)
{
	return word >> 16;
}

static inline bool prog_midaw_skips(const struct cp_ccw *c, u64 word)
{
	return c->dir != CP_OUT &&
	       (prog_midaw_flags(word) & VFIO_CCW_MIDAW_F_SKIP);
}

/* The record at host CCW @slot of @s: its own, or the one it leads to */
static inline u32 prog_ccw_of_slot(const struct cp_segment *s, u32 slot)
{
	if (slot < s->ccws)
		return s->first + slot;
	if (slot == s->ccws)
		return s->link;
	if (slot == s->ccws + 1)
		return s->link_skip;
	return CP_NONE;
}

/*
 * The last CCW of a segment. A CCW with the suspend flag always is: nothing that
 * follows it is fetched before a resume.
 */
static inline struct cp_ccw *prog_last_ccw(const struct cp_prog *p,
					   const struct cp_segment *s)
{
	return prog_ccw(p, s->first + s->ccws - 1);
}

/* The record @n host CCWs behind record @i */
static inline u32 prog_ccw_behind(const struct cp_prog *p, u32 i, u32 n)
{
	const struct cp_segment *s = prog_segment(p, prog_ccw(p, i)->segment);

	return prog_ccw_of_slot(s, i - s->first + n);
}

/* The CCW of the tail that replaces @c, which has an entry there */
static inline struct cp_ccw *prog_ccw_resumed(const struct cp_prog *tail,
					      const struct cp_ccw *c)
{
	return prog_ccw(tail, prog_branch(tail, c->resume)->ccw);
}

/* Pages */

static inline u32 prog_pin_dir(u8 dir)
{
	return dir == CP_OUT ? VFIO_CCW_PIN_READ : VFIO_CCW_PIN_WRITE;
}

/* Make pages @first to @last part of extent @e if they meet it */
static __always_inline bool prog_join_extent(struct cp_extent *e, u64 first,
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

static __always_inline void prog_set_extent(struct cp_extent *e, u64 page,
					    u32 pages, u32 dir)
{
	e->page = page;
	e->pages = pages;
	e->dir = dir;
	e->pinned = false;
}

/* vfio_ccw_cp_pin.c */

int cp_pin_add_area(struct cp_prog *p, u64 addr, u32 len, u8 dir);
int cp_pin_add_direct(struct cp_prog *p, struct cp_ccw *c);
int cp_pin_make_runs(struct cp_prog *p);
int cp_pin_copy_outputs(struct vfio_ccw_cp *cp, struct cp_prog *p);
int cp_pin_program(struct vfio_ccw_cp *cp, struct cp_prog *p);
void cp_pin_unpin_program(struct vfio_ccw_cp *cp, struct cp_prog *p);
void cp_pin_end(struct vfio_ccw_cp *cp);
void cp_pin_hold_program(struct vfio_ccw_cp *cp, struct cp_prog *p, bool hold);

/* vfio_ccw_cp_ida.c */

int cp_ida_plan_idal(struct vfio_ccw_cp *cp, struct cp_prog *p,
		     struct cp_ccw *c);
int cp_ida_plan_midal(struct vfio_ccw_cp *cp, struct cp_prog *p,
		      struct cp_ccw *c);

/* vfio_ccw_cp_fetch.c */

int cp_fetch_index_ccws(struct cp_prog *p);
int cp_fetch_program(struct vfio_ccw_cp *cp, struct cp_prog *p);

/* vfio_ccw_cp_emit.c */

void cp_emit_null_page(struct vfio_ccw_cp *cp);
int cp_emit_program(struct vfio_ccw_cp *cp, struct cp_prog *p);
void cp_emit_links_in_place(const struct vfio_ccw_cp *cp,
			    const struct cp_prog *p,
			    const struct cp_prog *tail);
void cp_emit_in_place(const struct cp_prog *p, const struct cp_ccw *c,
		      const struct cp_prog *tail, const struct cp_ccw *new);

/* vfio_ccw_cp_status.c */

/**
 * struct cp_found - a host CCW that an address names
 * @iova: its guest address
 * @ccw: its record, or NULL for a guard at the end of a segment
 */
struct cp_found {
	u32 iova;
	struct cp_ccw *ccw;
};

bool cp_status_find_ccw(const struct vfio_ccw_cp *cp, u32 host,
			struct cp_found *found);

/* vfio_ccw_cp.c */

int cp_build_tail(struct vfio_ccw_cp *cp, struct cp_prog *tail);
void cp_release_part(struct vfio_ccw_cp *cp, struct cp_prog *p);

#endif /* VFIO_CCW_CP_PROG_H */
