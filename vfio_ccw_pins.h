/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pins that outlive a program
 *
 * Pinning a page and unpinning it costs ten times as much as the rest of a
 * transfer of that page. So what a program has pinned stays pinned for a while
 * after its end, and the next program that uses the page finds it here, by guest
 * page and direction.
 *
 *   admit, begin -> find, add           while a program is translated, may sleep
 *   end                                 the program has ended, may sleep
 *   give up                             atomic: what is pinned now is not found again
 *   drain, expire                       unpin what is not to be kept, may sleep
 *
 * A page that the user's address space has given up must not be found by a
 * program that is started afterwards, and must be unpinned soon: whoever learns
 * of it calls vfio_ccw_pins_give_up(), which only moves a generation number.
 *
 * Vocabulary: a "pin" is what one call of the back end has pinned, and is undone
 * by one call. A "lease" is the right of one program to use what is kept; a pin is
 * "in use" while a program with a lease uses it. A pin is "fresh" until it is
 * given up. A pin that is "going" is not found any more and is being unpinned.
 *
 * Includes no architecture header and nothing of the shell.
 */
#ifndef VFIO_CCW_PINS_H
#define VFIO_CCW_PINS_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Directions a page is pinned for; a page used both ways is pinned for both */
#define VFIO_CCW_PIN_READ	BIT(0)	/* the channel fetches from it (output) */
#define VFIO_CCW_PIN_WRITE	BIT(1)	/* the channel stores into it (input) */

#define VFIO_CCW_PIN_MAX	512U	/* pages in one pin call */

/* Programs that can have a lease at the same time */
#define VFIO_CCW_PINS_LEASES	4U

/* Pins of a device, those of running programs included: an unmap undoes each */
#define VFIO_CCW_PINS_MAX	2048U

/* Pages of a device that are kept, unless an administrator says otherwise */
#define VFIO_CCW_PINS_PAGES	16384U

/* An unused pin goes after this many calls of vfio_ccw_pins_expire() */
#define VFIO_CCW_PINS_TICKS	3U

/* Time between two such calls, milliseconds: a pin goes after 1 to 1.5 s */
#define VFIO_CCW_PINS_TICK_MS	500U

/* Pages of guest storage that one record of the table describes */
#define VFIO_CCW_PINS_CHUNK_SHIFT	6
#define VFIO_CCW_PINS_CHUNK		BIT(VFIO_CCW_PINS_CHUNK_SHIFT)

/* Bytes of such a record: two words for each page, and four */
#define VFIO_CCW_PINS_RECORD	(8 * (2 * VFIO_CCW_PINS_CHUNK + 4))

/*
 * How records are allocated: from memory that is free or can be reclaimed at once.
 * What is kept is a cache. No process is killed for a record of it because its
 * memory cgroup is at the limit.
 */
#define VFIO_CCW_PINS_GFP	(GFP_KERNEL_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN)

/* Pages that are remembered to have been read once; a power of two */
#define VFIO_CCW_PINS_MISSED	16U

/* Lists of the table of these records */
#define VFIO_CCW_PINS_HASH_SHIFT	9

/**
 * enum vfio_ccw_pins_why - why pins are not kept any longer
 * @VFIO_CCW_PINS_NOTIFIED: the user's address space has given memory up
 * @VFIO_CCW_PINS_UNMAPPED: the user has unmapped guest memory
 * @VFIO_CCW_PINS_UNUSED: no program has used them for a second
 * @VFIO_CCW_PINS_BOUND: the oldest, because a bound is reached
 * @VFIO_CCW_PINS_MEMORY: the host, or the user's limit, is short of memory
 * @VFIO_CCW_PINS_ENDED: the device is closed, reset, lost or quarantined
 * @VFIO_CCW_PINS_NR_WHY: number of reasons
 */
enum vfio_ccw_pins_why {
	VFIO_CCW_PINS_NOTIFIED,
	VFIO_CCW_PINS_UNMAPPED,
	VFIO_CCW_PINS_UNUSED,
	VFIO_CCW_PINS_BOUND,
	VFIO_CCW_PINS_MEMORY,
	VFIO_CCW_PINS_ENDED,
	VFIO_CCW_PINS_NR_WHY,
};

/**
 * struct vfio_ccw_pins_ops - the back end, and what is shared by all devices
 * @pin: as vfio_ccw_mem_ops.pin
 * @unpin: as vfio_ccw_mem_ops.unpin
 * @copy: copy @len bytes at host absolute address @host, which are in one pinned
 *	page, into @buf; atomic
 * @begin: the address space is about to be looked at; may sleep until it has
 *	given up what it is giving up. Returns a number for @retry
 * @retry: has it given up anything since @begin returned @seq? Atomic
 * @reserve: may @pages pages more be kept on this host? Atomic; bounded by what
 *	all devices keep together
 * @unreserve: undo @reserve; atomic
 * @relieve: unpin what is kept and not in use, of all devices of the same address
 *	space, because a pin has failed with -ENOMEM, or a record could not be
 *	allocated; may sleep. Returns false if nothing was unpinned
 * @wanted: there is something for vfio_ccw_pins_drain() to do, or (@later) from
 *	now on for vfio_ccw_pins_expire(); atomic
 * @gone: a pin that was going has been unpinned, or a pin that an unmap waits for
 *	was not made after all; may sleep
 * @alloc_record: a record of the table, VFIO_CCW_PINS_RECORD bytes of zeroes, as
 *	VFIO_CCW_PINS_GFP says, charged to the memory cgroup of the caller; NULL if
 *	there is no memory; may sleep
 * @free_record: undo @alloc_record; atomic
 *
 * A fake of this table is all that a test needs.
 */
struct vfio_ccw_pins_ops {
	int (*pin)(void *ctx, u64 iova, unsigned int npages, unsigned int dir,
		   u64 *host);
	void (*unpin)(void *ctx, u64 iova, unsigned int npages);
	void (*copy)(void *ctx, u64 host, void *buf, size_t len);
	unsigned long (*begin)(void *ctx);
	bool (*retry)(void *ctx, unsigned long seq);
	bool (*reserve)(void *ctx, unsigned int pages);
	void (*unreserve)(void *ctx, unsigned int pages);
	bool (*relieve)(void *ctx);
	void (*wanted)(void *ctx, bool later);
	void (*gone)(void *ctx);
	void *(*alloc_record)(void *ctx);
	void (*free_record)(void *ctx, void *record);
};

struct pins_pin;
struct vfio_ccw_pins_chunk;

/**
 * struct vfio_ccw_pins_stats - counters since the device was bound
 * @found: pages that a program has found
 * @added: pages that were pinned to be kept
 * @read: reads of guest storage by way of a kept page
 * @gone: pages that are not kept any longer, by enum vfio_ccw_pins_why
 */
struct vfio_ccw_pins_stats {
	unsigned long found;
	unsigned long added;
	unsigned long read;
	unsigned long gone[VFIO_CCW_PINS_NR_WHY];
};

/**
 * struct vfio_ccw_pins_count - what there is at one moment
 * @pages: pages of all pins but those that are going
 * @pins: pins that are not going
 * @used: those of them that a program uses
 * @given_up: those of them that are not found any more
 * @going: pins that are being unpinned
 * @stats: counters
 */
struct vfio_ccw_pins_count {
	unsigned int pages;
	unsigned int pins;
	unsigned int used;
	unsigned int given_up;
	unsigned int going;
	struct vfio_ccw_pins_stats stats;
};

/**
 * struct vfio_ccw_pins - what one device keeps pinned
 * @ops: the back end
 * @ctx: first argument of every op
 * @seed: odd random number, so that a guest cannot make its pages meet in a list
 *	of the table
 * @lock: protects everything below but what is named. Who reads without it does so
 *	with READ_ONCE(): @gen, @pins, @stale, @fresh_pages, @nr_going, @going_seq, @alone
 * @max: pages that may be kept, 0 if none; changes while the device is not open
 * @keeping: pins of the translation that is going on may be kept and found
 *	(the caller's lock that serialises translations)
 * @keep_gen: @gen when that translation began (likewise)
 * @missed: guest pages that were read without being kept, each plus 1 and at the
 *	place of its low bits; 0 if none (likewise)
 * @missed_by: @round of the translation that did, for each of them (likewise)
 * @missed_until: when these are forgotten, jiffies (likewise)
 * @round: number of the translation (likewise)
 * @record: of the next pin, or NULL (likewise)
 * @gen: moves when everything is given up; never 0
 * @tick: moves with vfio_ccw_pins_expire()
 * @turn: moves with each pin that is added: only then the order of @used matters
 * @pages: pages of all pins but those that are going
 * @pins: pins, those that are going not included
 * @stale: those of them that are not fresh
 * @fresh_pages: pages of the others
 * @nr_going: pins that are going
 * @going_seq: number of the pin that began to go last
 * @lease: number of the lease that each slot has or had last, from 1
 * @leased: whether it has one (both written by the program's thread; READ_ONCE)
 * @alone: whether the program of each slot has pinned pages for itself
 * @alone_gen: generation of these pages: @keep_gen of the program's translation, or
 *	@gen at the first of them if the translation keeps nothing
 * @flight: pin that is being pinned, or NULL
 * @barred: its range was unmapped meanwhile
 * @used: all pins but those that are going, that which was used longest ago first
 * @going: pins that are going, in that order
 * @spare: records of pins for the next ones
 * @table: the records of chunks, by guest page; NULL before the first pin
 * @chunks: number of records of chunks
 * @last: record that was looked up last, or NULL
 * @stats: counters
 */
struct vfio_ccw_pins {
	const struct vfio_ccw_pins_ops *ops;
	void *ctx;
	u64 seed;
	spinlock_t lock;	/* see above */
	unsigned int max;
	bool keeping;
	u32 keep_gen;
	u64 missed[VFIO_CCW_PINS_MISSED];
	u32 missed_by[VFIO_CCW_PINS_MISSED];
	unsigned long missed_until;
	u32 round;
	struct pins_pin *record;
	u32 gen;
	u32 tick;
	u32 turn;
	unsigned int pages;
	unsigned int pins;
	unsigned int stale;
	unsigned int fresh_pages;
	unsigned int nr_going;
	u32 going_seq;
	u32 lease[VFIO_CCW_PINS_LEASES];
	bool leased[VFIO_CCW_PINS_LEASES];
	bool alone[VFIO_CCW_PINS_LEASES];
	u32 alone_gen[VFIO_CCW_PINS_LEASES];
	struct pins_pin *flight;
	bool barred;
	struct list_head used;
	struct list_head going;
	struct list_head spare;
	struct hlist_head *table;
	unsigned int chunks;
	struct vfio_ccw_pins_chunk *last;
	struct vfio_ccw_pins_stats stats;
};

void vfio_ccw_pins_init(struct vfio_ccw_pins *pins,
			const struct vfio_ccw_pins_ops *ops, void *ctx,
			u64 seed);
void vfio_ccw_pins_free(struct vfio_ccw_pins *pins);

bool vfio_ccw_pins_read(struct vfio_ccw_pins *pins, u64 iova, void *buf,
			size_t len);
u32 vfio_ccw_pins_find(struct vfio_ccw_pins *pins, unsigned int slot, u64 page,
		       u32 pages, u32 dir, u64 *host);
u32 vfio_ccw_pins_gap(struct vfio_ccw_pins *pins, u64 page, u32 pages,
		      u32 dir);
int vfio_ccw_pins_add(struct vfio_ccw_pins *pins, unsigned int slot, u64 page,
		      u32 pages, u32 dir, u64 *host);
int vfio_ccw_pins_pin(struct vfio_ccw_pins *pins, unsigned int slot, u64 iova,
		      u32 pages, u32 dir, u64 *host);
void vfio_ccw_pins_unpinned(struct vfio_ccw_pins *pins, unsigned int slot);

bool vfio_ccw_pins_leased(struct vfio_ccw_pins *pins, unsigned int slot,
			  u64 iova, u64 length);
void vfio_ccw_pins_count(struct vfio_ccw_pins *pins,
			 struct vfio_ccw_pins_count *count);
bool vfio_ccw_pins_any(struct vfio_ccw_pins *pins, u64 iova, u64 length);
bool vfio_ccw_pins_old(struct vfio_ccw_pins *pins, u64 iova, u64 length,
		       bool flight);
bool vfio_ccw_pins_alone(struct vfio_ccw_pins *pins);

void vfio_ccw_pins_give_up(struct vfio_ccw_pins *pins,
			   enum vfio_ccw_pins_why why);
bool vfio_ccw_pins_unmap(struct vfio_ccw_pins *pins, u64 iova, u64 length);
bool vfio_ccw_pins_drain(struct vfio_ccw_pins *pins);
bool vfio_ccw_pins_expire(struct vfio_ccw_pins *pins);
unsigned int vfio_ccw_pins_let_go(struct vfio_ccw_pins *pins,
				  unsigned int pages);
bool vfio_ccw_pins_gone(struct vfio_ccw_pins *pins, u32 seq);
bool vfio_ccw_pins_settled(struct vfio_ccw_pins *pins);

/**
 * vfio_ccw_pins_gen() - the number that moves when everything is given up
 * @pins: the store
 *
 * Context: any.
 * Return: the number.
 */
static inline u32 vfio_ccw_pins_gen(const struct vfio_ccw_pins *pins)
{
	return READ_ONCE(pins->gen);
}

/**
 * vfio_ccw_pins_admit() - a translation begins
 * @pins: the store
 * @keep: it may find what is kept, and what it pins may be kept
 * @gen: vfio_ccw_pins_gen() of a moment when all that had been given up before was
 *	unpinned, of every device whose pins the back end may hand out again
 *
 * Context: process context; the caller's lock that serialises translations is
 *	held from here to the last vfio_ccw_pins_add().
 */
static inline void vfio_ccw_pins_admit(struct vfio_ccw_pins *pins, bool keep,
				       u32 gen)
{
	pins->keeping = keep && pins->max;
	pins->keep_gen = gen;
	pins->round++;
}

/**
 * vfio_ccw_pins_begin() - a program begins to use what is kept
 * @pins: the store
 * @slot: slot of the program, below VFIO_CCW_PINS_LEASES, without a lease
 *
 * Context: any but interrupts.
 */
static inline void vfio_ccw_pins_begin(struct vfio_ccw_pins *pins,
				       unsigned int slot)
{
	/*
	 * Whoever sees a pin that this lease uses sees the lease as well: pins are
	 * marked under the lock later. No lease has number 0, which is that of a
	 * new record.
	 */
	WRITE_ONCE(pins->lease[slot], pins->lease[slot] + 1 ?: 1);
	WRITE_ONCE(pins->leased[slot], true);
}

/**
 * vfio_ccw_pins_end() - a program uses nothing any more
 * @pins: the store
 * @slot: its slot, which has a lease
 *
 * Unpins what it has used and is not to be kept.
 *
 * Context: process context, may sleep.
 */
static inline void vfio_ccw_pins_end(struct vfio_ccw_pins *pins,
				     unsigned int slot)
{
	WRITE_ONCE(pins->leased[slot], false);
	/*
	 * Either this sees that something was given up, or the thread that drains
	 * sees that it is not in use: pairs with the barrier of
	 * vfio_ccw_pins_drain(). Look at one number only, as two would not be of
	 * the same moment.
	 */
	smp_mb();
	if (unlikely(READ_ONCE(pins->stale)))
		vfio_ccw_pins_drain(pins);
}

#endif /* VFIO_CCW_PINS_H */
