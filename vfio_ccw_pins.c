// SPDX-License-Identifier: GPL-2.0
/*
 * Pins that outlive a program
 *
 * Owns: every pin of the back end that is kept, from the call that pinned to the
 * return of the call that unpins.
 *
 * A pin is found by way of a table that has a word for each guest page, in
 * records of 64 pages (chunks), so that a page costs a few instructions and is
 * found in one step wherever it lies. A page may belong to several pins: it was
 * pinned anew for another direction. The table has the newest; the others are
 * kept for their other pages, or until they are the oldest.
 *
 * The back ends are called without the lock of the store. They hand out a page
 * that is already pinned, even if the address space has replaced it since. So
 * whatever was given up has to be unpinned before anything is pinned anew; the
 * caller of vfio_ccw_pins_admit() says whether that could be done.
 */
#include <kunit/visibility.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/types.h>

#include "vfio_ccw_counter.h"
#include "vfio_ccw_pins.h"

#define PINS_PAGE_SHIFT	12
#define PINS_PAGE_SIZE	BIT(PINS_PAGE_SHIFT)

/* If there are more records of chunks, one is freed as soon as it has no pin */
#define PINS_CHUNKS_MAX	4096U

/* Generation of a pin that is not fresh and never will be */
#define PINS_STALE	0U

/* Pins in use that are looked at to find the oldest one that is not */
#define PINS_LOOK	64U

/* Spare records of pins that are not freed when nothing is kept */
#define PINS_SPARE	8U

/* No slot: a pin that is kept but not used */
#define PINS_NO_LEASE	VFIO_CCW_PINS_LEASES

/**
 * struct pins_pin - a pin
 * @node: in one of the lists of struct vfio_ccw_pins
 * @next: next one of those that a thread unpins, or NULL
 * @page: guest address of its first page, divided by the size of a page
 * @pages: number of pages, at most VFIO_CCW_PIN_MAX
 * @dir: VFIO_CCW_PIN_*
 * @gen: it is fresh while vfio_ccw_pins.gen is the same
 * @tick: vfio_ccw_pins.tick when it was used last
 * @turn: vfio_ccw_pins.turn then
 * @seq: its number among those that are going
 * @lease: for each slot, the number of the lease that used it last
 */
struct pins_pin {
	struct list_head node;
	struct pins_pin *next;
	u64 page;
	u32 pages;
	u32 dir;
	u32 gen;
	u32 tick;
	u32 turn;
	u32 seq;
	u32 lease[VFIO_CCW_PINS_LEASES];
};

/**
 * struct vfio_ccw_pins_chunk - which pins have the pages of a piece of storage
 * @node: in a list of the table
 * @base: guest address of its first page, divided by the size of a chunk
 * @used: pages that have a pin, and 1 while some are being pinned
 * @pin: for each page, the newest of its pins, or NULL
 * @host: host absolute address of each page that has one
 */
struct vfio_ccw_pins_chunk {
	struct hlist_node node;
	u64 base;
	u32 used;
	struct pins_pin *pin[VFIO_CCW_PINS_CHUNK];
	u64 host[VFIO_CCW_PINS_CHUNK];
};

/* VFIO_CCW_PINS_RECORD is what alloc_record() gives for it */
static_assert(sizeof(struct vfio_ccw_pins_chunk) <= VFIO_CCW_PINS_RECORD);

/**
 * vfio_ccw_pins_init() - prepare a store that keeps nothing
 * @pins: the store
 * @ops: the back end
 * @ctx: first argument of every op
 * @seed: random number
 *
 * Context: any but interrupts.
 */
void vfio_ccw_pins_init(struct vfio_ccw_pins *pins,
			const struct vfio_ccw_pins_ops *ops, void *ctx,
			u64 seed)
{
	unsigned int slot;

	*pins = (struct vfio_ccw_pins){
		.ops = ops,
		.ctx = ctx,
		.seed = seed | 1,
		.gen = PINS_STALE + 1 + VFIO_CCW_FIRST(u32),
		.round = VFIO_CCW_FIRST(u32),
		.tick = VFIO_CCW_FIRST(u32),
		.turn = VFIO_CCW_FIRST(u32),
		.going_seq = VFIO_CCW_FIRST(u32),
	};
	for (slot = 0; slot < VFIO_CCW_PINS_LEASES; slot++)
		pins->lease[slot] = VFIO_CCW_FIRST(u32);
	spin_lock_init(&pins->lock);
	INIT_LIST_HEAD(&pins->used);
	INIT_LIST_HEAD(&pins->going);
	INIT_LIST_HEAD(&pins->spare);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_init);

/*
 * The table
 */

static struct hlist_head *pins_bucket(const struct vfio_ccw_pins *pins,
				      u64 base)
{
	return &pins->table[base * pins->seed >>
			    (64 - VFIO_CCW_PINS_HASH_SHIFT)];
}

/* The record of the chunk that has guest page @page, or NULL */
static __always_inline struct vfio_ccw_pins_chunk *
pins_chunk(struct vfio_ccw_pins *pins, u64 page)
{
	u64 base = page >> VFIO_CCW_PINS_CHUNK_SHIFT;
	struct vfio_ccw_pins_chunk *c = pins->last;

	if (c && c->base == base)
		return c;
	if (unlikely(!pins->table))
		return NULL;
	hlist_for_each_entry(c, pins_bucket(pins, base), node) {
		if (c->base == base) {
			pins->last = c;
			return c;
		}
	}
	return NULL;
}

static unsigned int pins_index(u64 page)
{
	return page & (VFIO_CCW_PINS_CHUNK - 1);
}

static void pins_free_chunk(struct vfio_ccw_pins *pins,
			    struct vfio_ccw_pins_chunk *c)
{
	if (pins->last == c)
		pins->last = NULL;
	hlist_del(&c->node);
	pins->chunks--;
	pins->ops->free_record(pins->ctx, c);
}

/* Free the records of chunks without a pin, but for @ready */
static void pins_free_empty(struct vfio_ccw_pins *pins,
			    const struct vfio_ccw_pins_chunk *ready)
{
	struct vfio_ccw_pins_chunk *c;
	struct hlist_node *next;
	unsigned int i;

	lockdep_assert_held(&pins->lock);
	for (i = 0; pins->table && i < BIT(VFIO_CCW_PINS_HASH_SHIFT); i++)
		hlist_for_each_entry_safe(c, next, &pins->table[i], node)
			if (!c->used && c != ready)
				pins_free_chunk(pins, c);
}

static int pins_make_table(struct vfio_ccw_pins *pins)
{
	struct hlist_head *table;

	if (pins->table)
		return 0;
	table = kcalloc(BIT(VFIO_CCW_PINS_HASH_SHIFT), sizeof(*table),
			VFIO_CCW_PINS_GFP);
	if (!table)
		return -ENOMEM;
	spin_lock(&pins->lock);
	pins->table = table;
	spin_unlock(&pins->lock);
	return 0;
}

/* Drop one use of @c. A record without uses is usually kept for later pins */
static void pins_put_chunk(struct vfio_ccw_pins *pins,
			   struct vfio_ccw_pins_chunk *c)
{
	lockdep_assert_held(&pins->lock);
	if (!--c->used && unlikely(pins->chunks > PINS_CHUNKS_MAX))
		pins_free_chunk(pins, c);
}

/* Undo pins_get_chunks() */
static void pins_put_chunks(struct vfio_ccw_pins *pins, u64 page, u32 pages)
{
	u64 last = page + pages - 1;

	lockdep_assert_held(&pins->lock);
	for (page &= ~(u64)(VFIO_CCW_PINS_CHUNK - 1); page <= last;
	     page += VFIO_CCW_PINS_CHUNK)
		pins_put_chunk(pins, pins_chunk(pins, page));
}

/* Make a record of the chunk of @page, which has none; it has one use */
static int pins_make_chunk(struct vfio_ccw_pins *pins, u64 page)
{
	struct vfio_ccw_pins_chunk *c = pins->ops->alloc_record(pins->ctx);

	if (!c)
		return -ENOMEM;
	c->base = page >> VFIO_CCW_PINS_CHUNK_SHIFT;
	c->used = 1;
	spin_lock(&pins->lock);
	hlist_add_head(&c->node, pins_bucket(pins, c->base));
	pins->chunks++;
	spin_unlock(&pins->lock);
	return 0;
}

/*
 * See to it that no record of the chunks of a range of pages is freed until
 * pins_put_chunks(). Returns false, and nothing is done, if there is not one of each.
 */
static bool pins_hold_chunks(struct vfio_ccw_pins *pins, u64 page, u32 pages)
{
	u64 at = page & ~(u64)(VFIO_CCW_PINS_CHUNK - 1);
	struct vfio_ccw_pins_chunk *c;

	lockdep_assert_held(&pins->lock);
	for (; at <= page + pages - 1; at += VFIO_CCW_PINS_CHUNK) {
		c = pins_chunk(pins, at);
		if (unlikely(!c)) {
			if (at > page)
				pins_put_chunks(pins, page, at - page);
			return false;
		}
		c->used++;
	}
	return true;
}

/*
 * As pins_hold_chunks(), but make records for the chunks that have none. Returns 0
 * or -ENOMEM.
 */
static int pins_get_chunks(struct vfio_ccw_pins *pins, u64 page, u32 pages)
{
	u64 at = page & ~(u64)(VFIO_CCW_PINS_CHUNK - 1);
	struct vfio_ccw_pins_chunk *c;

	if (pins_make_table(pins))
		return -ENOMEM;
	for (; at <= page + pages - 1; at += VFIO_CCW_PINS_CHUNK) {
		spin_lock(&pins->lock);
		c = pins_chunk(pins, at);
		if (c)
			c->used++;
		spin_unlock(&pins->lock);
		if (c || !pins_make_chunk(pins, at))
			continue;
		spin_lock(&pins->lock);
		if (at > page)
			pins_put_chunks(pins, page, at - page);
		spin_unlock(&pins->lock);
		return -ENOMEM;
	}
	return 0;
}

/* Let the table lead to @pin for its pages, which have a record */
static void pins_enter(struct vfio_ccw_pins *pins, struct pins_pin *pin,
		       const u64 *host)
{
	struct vfio_ccw_pins_chunk *c;
	unsigned int i;
	u32 n;

	lockdep_assert_held(&pins->lock);
	for (n = 0; n < pin->pages; n++) {
		c = pins_chunk(pins, pin->page + n);
		i = pins_index(pin->page + n);
		c->used += !c->pin[i];
		c->pin[i] = pin;
		c->host[i] = host[n];
	}
}

/* Let the table lead to @pin no longer */
static void pins_leave(struct vfio_ccw_pins *pins, struct pins_pin *pin)
{
	struct vfio_ccw_pins_chunk *c;
	unsigned int i;
	u32 n;

	lockdep_assert_held(&pins->lock);
	for (n = 0; n < pin->pages; n++) {
		c = pins_chunk(pins, pin->page + n);
		i = pins_index(pin->page + n);
		if (c && c->pin[i] == pin) {
			c->pin[i] = NULL;
			pins_put_chunk(pins, c);
		}
	}
}

/*
 * Pins
 */

static __always_inline bool pins_is_fresh(const struct vfio_ccw_pins *pins,
					  const struct pins_pin *pin)
{
	return pin->gen == pins->gen;
}

static bool pins_uses(const struct vfio_ccw_pins *pins, unsigned int slot,
		      const struct pins_pin *pin)
{
	return READ_ONCE(pins->leased[slot]) &&
	       pin->lease[slot] == READ_ONCE(pins->lease[slot]);
}

static bool pins_in_use(const struct vfio_ccw_pins *pins,
			const struct pins_pin *pin)
{
	unsigned int slot;

	for (slot = 0; slot < VFIO_CCW_PINS_LEASES; slot++)
		if (pins_uses(pins, slot, pin))
			return true;
	return false;
}

/*
 * Is there no pin? None comes before the next vfio_ccw_pins_add() of the caller, who
 * holds the lock that serialises translations.
 */
static __always_inline bool pins_is_empty(const struct vfio_ccw_pins *pins)
{
	return !READ_ONCE(pins->pins);
}

static bool pins_meets(const struct pins_pin *pin, u64 iova, u64 length)
{
	u64 last = length > U64_MAX - iova ? U64_MAX : iova + length - 1;
	u64 first = pin->page << PINS_PAGE_SHIFT;

	return length && first <= last &&
	       iova <= first + ((u64)pin->pages << PINS_PAGE_SHIFT) - 1;
}

/* @pin is not to be kept any longer */
static void pins_spoil(struct vfio_ccw_pins *pins, struct pins_pin *pin,
		       enum vfio_ccw_pins_why why)
{
	lockdep_assert_held(&pins->lock);
	if (!pins_is_fresh(pins, pin))
		return;
	pin->gen = PINS_STALE;
	WRITE_ONCE(pins->stale, pins->stale + 1);
	WRITE_ONCE(pins->fresh_pages, pins->fresh_pages - pin->pages);
	pins->stats.gone[why] += pin->pages;
}

/* Take @pin, which is neither fresh nor in use, from all that finds it */
static void pins_detach(struct vfio_ccw_pins *pins, struct pins_pin *pin)
{
	lockdep_assert_held(&pins->lock);
	pins_leave(pins, pin);
	list_move_tail(&pin->node, &pins->going);
	WRITE_ONCE(pins->going_seq, pins->going_seq + 1);
	pin->seq = pins->going_seq;
	WRITE_ONCE(pins->nr_going, pins->nr_going + 1);
	WRITE_ONCE(pins->pins, pins->pins - 1);
	WRITE_ONCE(pins->stale, pins->stale - 1);
	pins->pages -= pin->pages;
	pins->ops->unreserve(pins->ctx, pin->pages);
}

/* Unpin a list of pins that are going */
static void pins_unpin(struct vfio_ccw_pins *pins, struct pins_pin *pin)
{
	struct pins_pin *next;

	for (; pin; pin = next) {
		next = pin->next;
		pins->ops->unpin(pins->ctx, pin->page << PINS_PAGE_SHIFT,
				 pin->pages);
		spin_lock(&pins->lock);
		list_move(&pin->node, &pins->spare);
		WRITE_ONCE(pins->nr_going, pins->nr_going - 1);
		spin_unlock(&pins->lock);
		pins->ops->gone(pins->ctx);
	}
}

/* @pin is used: move it behind those that were not used since the last add */
static __always_inline void pins_touch(struct vfio_ccw_pins *pins,
				       struct pins_pin *pin)
{
	pin->tick = pins->tick;
	if (pin->turn == pins->turn)
		return;
	pin->turn = pins->turn;
	list_move_tail(&pin->node, &pins->used);
}

/*
 * A translation
 */

/**
 * vfio_ccw_pins_find() - find pages that are kept
 * @pins: the store
 * @slot: slot of the program, which has a lease
 * @page: guest address of the first page, divided by the size of a page
 * @pages: number of pages
 * @dir: VFIO_CCW_PIN_* that each has to be pinned for
 * @host: where to put the host absolute address of each page that is found
 *
 * What is found stays pinned until vfio_ccw_pins_end().
 *
 * Context: any but interrupts; the lock that serialises translations is held.
 * Return: how many pages are found, from the first one to one that is not.
 */
u32 vfio_ccw_pins_find(struct vfio_ccw_pins *pins, unsigned int slot, u64 page,
		       u32 pages, u32 dir, u64 *host)
{
	struct vfio_ccw_pins_chunk *c;
	struct pins_pin *pin;
	unsigned int i;
	u32 n = 0;

	if (!pins->keeping || pins_is_empty(pins))
		return 0;
	spin_lock(&pins->lock);
	while (n < pages) {
		c = pins_chunk(pins, page + n);
		if (!c)
			break;
		i = pins_index(page + n);
		pin = c->pin[i];
		if (!pin || !pins_is_fresh(pins, pin) || (dir & ~pin->dir))
			break;
		pin->lease[slot] = pins->lease[slot];
		pins_touch(pins, pin);
		do {
			host[n++] = c->host[i++];
		} while (n < pages && i < VFIO_CCW_PINS_CHUNK &&
			 c->pin[i] == pin);
	}
	pins->stats.found += n;
	spin_unlock(&pins->lock);
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_find);

/**
 * vfio_ccw_pins_gap() - how many pages are not kept?
 * @pins: the store
 * @page: guest address of a page that was not found, divided by the size of a page
 * @pages: number of pages from there on
 * @dir: VFIO_CCW_PIN_*, as in the search
 *
 * Context: any but interrupts; the lock that serialises translations is held.
 * Return: the number of pages up to one that can be found, at least 1 and at
 *	most VFIO_CCW_PIN_MAX: what to pin by one call.
 */
u32 vfio_ccw_pins_gap(struct vfio_ccw_pins *pins, u64 page, u32 pages,
		      u32 dir)
{
	const struct vfio_ccw_pins_chunk *c;
	const struct pins_pin *pin;
	u32 n;

	pages = min(pages, VFIO_CCW_PIN_MAX);
	if (pages <= 1 || !pins->keeping)
		return pages;
	spin_lock(&pins->lock);
	for (n = 1; n < pages; n++) {
		c = pins_chunk(pins, page + n);
		pin = c ? c->pin[pins_index(page + n)] : NULL;
		if (pin && pins_is_fresh(pins, pin) && !(dir & ~pin->dir))
			break;
	}
	spin_unlock(&pins->lock);
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_gap);

/*
 * The oldest pin that is not in use, or NULL. What is in use is put behind the
 * others, so that it is not looked at by each search.
 */
static struct pins_pin *pins_oldest(struct vfio_ccw_pins *pins)
{
	struct pins_pin *pin;
	unsigned int look;

	lockdep_assert_held(&pins->lock);
	for (look = 0; look < PINS_LOOK && look < pins->pins; look++) {
		pin = list_first_entry(&pins->used, struct pins_pin, node);
		if (!pins_in_use(pins, pin))
			return pin;
		list_move_tail(&pin->node, &pins->used);
	}
	return NULL;
}

/*
 * Make room for a pin of @pages pages: pins that have to go for it are put before
 * *@going. Reserves the pages if it returns true.
 */
static bool pins_make_room(struct vfio_ccw_pins *pins, u32 pages,
			   struct pins_pin **going)
{
	struct pins_pin *pin;

	lockdep_assert_held(&pins->lock);
	while (pins->pins >= VFIO_CCW_PINS_MAX ||
	       pins->pages + pages > pins->max ||
	       !pins->ops->reserve(pins->ctx, pages)) {
		pin = pins_oldest(pins);
		if (!pin)
			return false;
		pins_spoil(pins, pin, VFIO_CCW_PINS_BOUND);
		pins_detach(pins, pin);
		pin->next = *going;
		*going = pin;
	}
	return true;
}

/* A record for a new pin, or NULL */
static struct pins_pin *pins_take_record(struct vfio_ccw_pins *pins)
{
	struct pins_pin *pin = pins->record;

	pins->record = NULL;
	return pin ?: kmalloc(sizeof(*pin), VFIO_CCW_PINS_GFP);
}

/* It was not needed */
static void pins_put_record(struct vfio_ccw_pins *pins, struct pins_pin *pin)
{
	pins->record = pin;
}

/* Have one ready for the next pin, so that it need not look for one */
static void pins_ready_record(struct vfio_ccw_pins *pins)
{
	struct pins_pin *pin;

	lockdep_assert_held(&pins->lock);
	pin = list_first_entry_or_null(&pins->spare, struct pins_pin, node);
	if (pin)
		list_del(&pin->node);
	pins->record = pin;
}

/* Move all but the first few of the spare records to @spare */
static void pins_cut_spare(struct vfio_ccw_pins *pins, struct list_head *spare)
{
	struct pins_pin *pin, *more;
	unsigned int n = 0;

	lockdep_assert_held(&pins->lock);
	list_for_each_entry_safe(pin, more, &pins->spare, node)
		if (++n > PINS_SPARE)
			list_move_tail(&pin->node, spare);
}

static void pins_free_spare(struct vfio_ccw_pins *pins, struct list_head *spare)
{
	struct pins_pin *pin, *more;

	list_for_each_entry_safe(pin, more, spare, node)
		kfree(pin);
}

/*
 * There is no memory for a record, which is charged to the user. Perhaps what is
 * kept has used it up, and the back end needs memory of the user, too: let go what
 * is kept. That is worth it only if a program needs the pin, not for a read.
 */
static void pins_save_memory(struct vfio_ccw_pins *pins, unsigned int slot)
{
	LIST_HEAD(spare);

	if (slot == PINS_NO_LEASE)
		return;
	pins->ops->relieve(pins->ctx);
	spin_lock(&pins->lock);
	pins_free_empty(pins, NULL);
	pins_cut_spare(pins, &spare);
	spin_unlock(&pins->lock);
	pins_free_spare(pins, &spare);
}

/*
 * Pages that are all kept, but for another direction, are pinned for both, so
 * that programs that use them in turns find them.
 */
static u32 pins_join_dirs(struct vfio_ccw_pins *pins, u64 page, u32 pages,
			  u32 dir)
{
	const struct vfio_ccw_pins_chunk *c;
	const struct pins_pin *pin;
	u32 both = dir;
	u32 n;

	lockdep_assert_held(&pins->lock);
	for (n = 0; n < pages; n++) {
		c = pins_chunk(pins, page + n);
		pin = c->pin[pins_index(page + n)];
		if (!pin || !pins_is_fresh(pins, pin))
			return dir;
		both |= pin->dir;
	}
	return both;
}

/*
 * Prepare to pin the pages of @pin: make room, have a record for each chunk of them,
 * and let others see that the pin is being made. Returns false if that is not
 * possible, and then nothing is changed. Pins that had to go for it are unpinned on
 * return.
 */
static bool pins_take_off(struct vfio_ccw_pins *pins, struct pins_pin *pin,
			  unsigned int slot)
{
	struct pins_pin *going = NULL;
	bool room = false;

	spin_lock(&pins->lock);
	if (unlikely(!pins_hold_chunks(pins, pin->page, pin->pages))) {
		spin_unlock(&pins->lock);
		if (pins_get_chunks(pins, pin->page, pin->pages)) {
			pins_save_memory(pins, slot);
			return false;
		}
		spin_lock(&pins->lock);
	}
	if (pins->keep_gen == pins->gen)
		room = pins_make_room(pins, pin->pages, &going);
	if (room) {
		pin->dir = pins_join_dirs(pins, pin->page, pin->pages,
					  pin->dir);
		pins->flight = pin;
		pins->barred = false;
	} else {
		pins_put_chunks(pins, pin->page, pin->pages);
	}
	spin_unlock(&pins->lock);
	pins_unpin(pins, going);
	return room;
}

/* The back end has refused @pin: undo pins_take_off() */
static void pins_give_back(struct vfio_ccw_pins *pins, struct pins_pin *pin)
{
	bool tell;

	spin_lock(&pins->lock);
	tell = pins->barred;
	pins->flight = NULL;
	pins_put_chunks(pins, pin->page, pin->pages);
	spin_unlock(&pins->lock);
	pins_put_record(pins, pin);
	if (tell)
		pins->ops->gone(pins->ctx);
}

/* Keep @pin, which has just been pinned for @slot, if it may be found again */
static void pins_keep(struct vfio_ccw_pins *pins, struct pins_pin *pin,
		      unsigned int slot, const u64 *host, unsigned long seq)
{
	bool first;

	memset(pin->lease, 0, sizeof(pin->lease));
	spin_lock(&pins->lock);
	first = !pins->pins;
	if (slot != PINS_NO_LEASE)
		pin->lease[slot] = pins->lease[slot];
	pin->tick = pins->tick;
	pin->turn = ++pins->turn;
	list_add_tail(&pin->node, &pins->used);
	pins->flight = NULL;
	WRITE_ONCE(pins->pins, pins->pins + 1);
	pins->pages += pin->pages;
	pins->stats.added += pin->pages;
	/* Not fresh if anything was given up meanwhile, or this range unmapped */
	if (pins->keep_gen == pins->gen && !pins->barred &&
	    !pins->ops->retry(pins->ctx, seq)) {
		pin->gen = pins->gen;
		pins_enter(pins, pin, host);
		WRITE_ONCE(pins->fresh_pages, pins->fresh_pages + pin->pages);
	} else {
		pin->gen = PINS_STALE;
		WRITE_ONCE(pins->stale, pins->stale + 1);
		pins->stats.gone[pins->barred ? VFIO_CCW_PINS_UNMAPPED :
				 VFIO_CCW_PINS_NOTIFIED] += pin->pages;
		pins->ops->wanted(pins->ctx, false);
	}
	pins_put_chunks(pins, pin->page, pin->pages);
	pins_ready_record(pins);
	spin_unlock(&pins->lock);
	if (first)
		pins->ops->wanted(pins->ctx, true);
}

/*
 * Pin for a program. If the user has no memory left to lock, unpin what is kept and
 * not in use, and try once more.
 */
static int pins_pin(struct vfio_ccw_pins *pins, u64 iova, u32 pages, u32 dir,
		    u64 *host)
{
	int err = pins->ops->pin(pins->ctx, iova, pages, dir, host);

	if (unlikely(err == -ENOMEM) && pins->ops->relieve(pins->ctx))
		err = pins->ops->pin(pins->ctx, iova, pages, dir, host);
	return err;
}

/**
 * vfio_ccw_pins_pin() - pin pages for one program alone
 * @pins: the store
 * @slot: slot of the program
 * @iova: guest address of the first page
 * @pages: number of pages, at most VFIO_CCW_PIN_MAX
 * @dir: VFIO_CCW_PIN_*
 * @host: where to put the host absolute address of each page
 *
 * The caller unpins them, and then calls vfio_ccw_pins_unpinned(). Until then the
 * store knows that there are such pages: the back end may hand them out again, so
 * once they were given up nothing that is pinned may be kept.
 *
 * Context: process context, may sleep on user memory.
 * Return: as vfio_ccw_mem_ops.pin.
 */
int vfio_ccw_pins_pin(struct vfio_ccw_pins *pins, unsigned int slot, u64 iova,
		      u32 pages, u32 dir, u64 *host)
{
	spin_lock(&pins->lock);
	/* The back end may hand out what this program has found: as old as that */
	if (!pins->alone[slot])
		pins->alone_gen[slot] = pins->keeping ? pins->keep_gen :
							pins->gen;
	WRITE_ONCE(pins->alone[slot], true);
	spin_unlock(&pins->lock);
	return pins_pin(pins, iova, pages, dir, host);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_pin);

/**
 * vfio_ccw_pins_unpinned() - a program has nothing pinned for itself any more
 * @pins: the store
 * @slot: its slot
 *
 * Context: any but interrupts.
 */
void vfio_ccw_pins_unpinned(struct vfio_ccw_pins *pins, unsigned int slot)
{
	/* Only the program itself sets it */
	if (likely(!READ_ONCE(pins->alone[slot])))
		return;
	spin_lock(&pins->lock);
	WRITE_ONCE(pins->alone[slot], false);
	spin_unlock(&pins->lock);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_unpinned);

/* Has a program pinned for itself what was given up since? */
static bool pins_alone_stale(const struct vfio_ccw_pins *pins)
{
	unsigned int slot;

	for (slot = 0; slot < VFIO_CCW_PINS_LEASES; slot++)
		if (pins->alone[slot] && pins->alone_gen[slot] != pins->gen)
			return true;
	return false;
}

/* A pin that no program needs, but a read, is not worth what others keep */
static int pins_pin_as(struct vfio_ccw_pins *pins, struct pins_pin *pin,
		       unsigned int slot, u32 dir, u64 *host)
{
	u64 iova = pin->page << PINS_PAGE_SHIFT;

	pin->dir = dir;
	if (slot == PINS_NO_LEASE)
		return pins->ops->pin(pins->ctx, iova, pin->pages, dir, host);
	return pins_pin(pins, iova, pin->pages, dir, host);
}

/**
 * vfio_ccw_pins_add() - pin pages, to be kept after the end of the program
 * @pins: the store
 * @slot: slot of the program, which has a lease
 * @page: guest address of the first page, divided by the size of a page
 * @pages: number of pages, as vfio_ccw_pins_gap() says
 * @dir: VFIO_CCW_PIN_*
 * @host: where to put the host absolute address of each page
 *
 * Context: process context, may sleep on user memory; the lock that serialises
 *	translations is held.
 * Return: 0, and the pages are pinned until vfio_ccw_pins_end() or longer; 1 if
 *	they cannot be kept, and nothing was pinned; -errno as
 *	vfio_ccw_mem_ops.pin.
 */
int vfio_ccw_pins_add(struct vfio_ccw_pins *pins, unsigned int slot, u64 page,
		      u32 pages, u32 dir, u64 *host)
{
	struct pins_pin *pin;
	unsigned long seq;
	int err;

	if (!pins->keeping || pages > pins->max)
		return 1;
	pin = pins_take_record(pins);
	if (!pin) {
		pins_save_memory(pins, slot);
		return 1;
	}
	pin->page = page;
	pin->pages = pages;
	pin->dir = dir;
	if (!pins_take_off(pins, pin, slot)) {
		pins_put_record(pins, pin);
		return 1;
	}
	seq = pins->ops->begin(pins->ctx);
	err = pins_pin_as(pins, pin, slot, pin->dir, host);
	/* The program needs no more than @dir */
	if (unlikely(err) && pin->dir != dir)
		err = pins_pin_as(pins, pin, slot, dir, host);
	if (unlikely(err)) {
		pins->ops->unreserve(pins->ctx, pages);
		pins_give_back(pins, pin);
		return err;
	}
	pins_keep(pins, pin, slot, host, seq);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_add);

static __always_inline bool pins_copy(struct vfio_ccw_pins *pins, u64 iova,
				      void *buf, size_t len)
{
	const struct vfio_ccw_pins_chunk *c;
	u64 page = iova >> PINS_PAGE_SHIFT;
	struct pins_pin *pin;
	unsigned int i = pins_index(page);
	bool found = false;

	if (pins_is_empty(pins))
		return false;
	spin_lock(&pins->lock);
	c = pins_chunk(pins, page);
	pin = c ? c->pin[i] : NULL;
	if (pin && pins_is_fresh(pins, pin) && (pin->dir & VFIO_CCW_PIN_READ)) {
		/* The lock keeps it pinned: an unmap waits only for this copy */
		pins->ops->copy(pins->ctx, c->host[i] +
				(iova & (PINS_PAGE_SIZE - 1)), buf, len);
		pins_touch(pins, pin);
		pins->stats.read++;
		found = true;
	}
	spin_unlock(&pins->lock);
	return found;
}

/*
 * Has another program read the page a short time ago, and not found it kept? A page
 * that only one program reads, or that is read now and then, is not worth a pin.
 */
static bool pins_missed_again(struct vfio_ccw_pins *pins, u64 page)
{
	unsigned int i = page & (VFIO_CCW_PINS_MISSED - 1);

	if (time_after(jiffies, pins->missed_until))
		memset(pins->missed, 0, sizeof(pins->missed));
	pins->missed_until = jiffies + msecs_to_jiffies(VFIO_CCW_PINS_TICK_MS);
	if (pins->missed[i] == page + 1)
		return pins->missed_by[i] != pins->round;
	pins->missed[i] = page + 1;
	pins->missed_by[i] = pins->round;
	return false;
}

/* The page is not kept. If it is read for the second time, pin it to be kept */
static noinline bool pins_read_missed(struct vfio_ccw_pins *pins, u64 iova,
				      void *buf, size_t len)
{
	u64 page = iova >> PINS_PAGE_SHIFT;
	u64 host;

	if (!pins_missed_again(pins, page))
		return false;
	pins->missed[page & (VFIO_CCW_PINS_MISSED - 1)] = 0;
	return !vfio_ccw_pins_add(pins, PINS_NO_LEASE, page, 1,
				  VFIO_CCW_PIN_READ, &host) &&
	       pins_copy(pins, iova, buf, len);
}

/**
 * vfio_ccw_pins_read() - read guest storage by way of a kept page
 * @pins: the store
 * @iova: guest address
 * @buf: where to put it
 * @len: bytes, not 0
 *
 * A page that a second program reads soon after the first is pinned and kept,
 * because later reads of it cost less then.
 *
 * Context: process context, may sleep on user memory; the lock that serialises
 *	translations is held, and the program has not pinned anything yet.
 * Return: false if it is to be read by other means.
 */
bool vfio_ccw_pins_read(struct vfio_ccw_pins *pins, u64 iova, void *buf,
			size_t len)
{
	if (!pins->keeping ||
	    len > PINS_PAGE_SIZE - (iova & (PINS_PAGE_SIZE - 1)))
		return false;
	return likely(pins_copy(pins, iova, buf, len)) ||
	       pins_read_missed(pins, iova, buf, len);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_read);

/*
 * Looking
 */

/**
 * vfio_ccw_pins_leased() - does a program use a pin that meets a range?
 * @pins: the store
 * @slot: slot of the program
 * @iova: guest address
 * @length: bytes
 *
 * Context: any but interrupts.
 * Return: true if a pin that the program has found or added has a page of the
 *	range, even one that the program itself does not use.
 */
bool vfio_ccw_pins_leased(struct vfio_ccw_pins *pins, unsigned int slot,
			  u64 iova, u64 length)
{
	const struct pins_pin *pin;
	bool leased = false;

	spin_lock(&pins->lock);
	list_for_each_entry(pin, &pins->used, node) {
		leased = pins_uses(pins, slot, pin) &&
			 pins_meets(pin, iova, length);
		if (leased)
			break;
	}
	spin_unlock(&pins->lock);
	return leased;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_leased);

/**
 * vfio_ccw_pins_count() - what is there?
 * @pins: the store
 * @count: where to put it
 *
 * Context: any but interrupts.
 */
void vfio_ccw_pins_count(struct vfio_ccw_pins *pins,
			 struct vfio_ccw_pins_count *count)
{
	const struct pins_pin *pin;

	spin_lock(&pins->lock);
	*count = (struct vfio_ccw_pins_count){
		.pages = pins->pages,
		.pins = pins->pins,
		.given_up = pins->stale,
		.going = pins->nr_going,
		.stats = pins->stats,
	};
	list_for_each_entry(pin, &pins->used, node)
		count->used += pins_in_use(pins, pin);
	spin_unlock(&pins->lock);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_count);

/**
 * vfio_ccw_pins_any() - is any page of a range pinned?
 * @pins: the store
 * @iova: guest address
 * @length: bytes
 *
 * Context: any but interrupts.
 * Return: true if there is a pin with a page of the range, from before it is
 *	pinned until it is unpinned.
 */
bool vfio_ccw_pins_any(struct vfio_ccw_pins *pins, u64 iova, u64 length)
{
	const struct pins_pin *pin;
	bool any = false;

	spin_lock(&pins->lock);
	list_for_each_entry(pin, &pins->used, node)
		any |= pins_meets(pin, iova, length);
	list_for_each_entry(pin, &pins->going, node)
		any |= pins_meets(pin, iova, length);
	if (pins->flight)
		any |= pins_meets(pins->flight, iova, length);
	spin_unlock(&pins->lock);
	return any;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_any);

/**
 * vfio_ccw_pins_old() - can the back end hand out what was given up?
 * @pins: the store
 * @iova: guest address
 * @length: bytes
 * @flight: look at what is being pinned, too
 *
 * Context: any but interrupts.
 * Return: true if a page of the range is still pinned by the store, or may be soon,
 *	although it was given up.
 */
bool vfio_ccw_pins_old(struct vfio_ccw_pins *pins, u64 iova, u64 length,
		       bool flight)
{
	const struct pins_pin *pin;
	bool old = false;

	spin_lock(&pins->lock);
	if (pins->stale)
		list_for_each_entry(pin, &pins->used, node)
			old |= !pins_is_fresh(pins, pin) &&
			       pins_meets(pin, iova, length);
	list_for_each_entry(pin, &pins->going, node)
		old |= pins_meets(pin, iova, length);
	if (flight && pins->flight)
		old |= pins_meets(pins->flight, iova, length);
	spin_unlock(&pins->lock);
	return old;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_old);

/**
 * vfio_ccw_pins_alone() - has any program pinned pages for itself?
 * @pins: the store
 *
 * Context: any but interrupts.
 * Return: true from before the first of these pins until after they are undone.
 *	After false, no pin that was undone before is handed out to a program that
 *	pins later.
 */
bool vfio_ccw_pins_alone(struct vfio_ccw_pins *pins)
{
	unsigned int slot;
	bool alone = false;

	spin_lock(&pins->lock);
	for (slot = 0; slot < VFIO_CCW_PINS_LEASES; slot++)
		alone |= pins->alone[slot];
	spin_unlock(&pins->lock);
	return alone;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_alone);

/**
 * vfio_ccw_pins_gone() - has everything gone that was going at some moment?
 * @pins: the store
 * @seq: vfio_ccw_pins.going_seq of that moment
 *
 * Context: any but interrupts.
 * Return: true if all of it is unpinned.
 */
bool vfio_ccw_pins_gone(struct vfio_ccw_pins *pins, u32 seq)
{
	const struct pins_pin *pin;
	bool gone;

	spin_lock(&pins->lock);
	pin = list_first_entry_or_null(&pins->going, struct pins_pin, node);
	gone = !pin || (s32)(pin->seq - seq) > 0;
	spin_unlock(&pins->lock);
	return gone;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_gone);

/*
 * Giving up
 */

/*
 * All numbers of generations have been used. A program may have run for all that
 * time, and its pins must not become fresh again.
 */
static void pins_wrap(struct vfio_ccw_pins *pins)
{
	struct pins_pin *pin;
	unsigned int slot;

	lockdep_assert_held(&pins->lock);
	list_for_each_entry(pin, &pins->used, node)
		pin->gen = PINS_STALE;
	for (slot = 0; slot < VFIO_CCW_PINS_LEASES; slot++)
		pins->alone_gen[slot] = PINS_STALE;
	WRITE_ONCE(pins->gen, PINS_STALE + 1);
}

/**
 * vfio_ccw_pins_give_up() - nothing that is pinned now is found again
 * @pins: the store
 * @why: reason to count it under
 *
 * What is not in use is left to vfio_ccw_pins_drain(); what is in use goes when its
 * program ends.
 *
 * Context: any but interrupts.
 */
void vfio_ccw_pins_give_up(struct vfio_ccw_pins *pins,
			   enum vfio_ccw_pins_why why)
{
	bool any;

	spin_lock(&pins->lock);
	WRITE_ONCE(pins->gen, pins->gen + 1);
	if (unlikely(pins->gen == PINS_STALE))
		pins_wrap(pins);
	pins->stats.gone[why] += pins->fresh_pages;
	WRITE_ONCE(pins->stale, pins->pins);
	WRITE_ONCE(pins->fresh_pages, 0);
	any = pins->pins;
	spin_unlock(&pins->lock);
	if (any)
		pins->ops->wanted(pins->ctx, false);
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_give_up);

/**
 * vfio_ccw_pins_unmap() - give up all pins that meet a range
 * @pins: the store
 * @iova: guest address
 * @length: bytes
 *
 * Context: any but interrupts.
 * Return: true if a program uses one of them.
 */
bool vfio_ccw_pins_unmap(struct vfio_ccw_pins *pins, u64 iova, u64 length)
{
	struct pins_pin *pin;
	bool used = false;
	bool any = false;

	spin_lock(&pins->lock);
	list_for_each_entry(pin, &pins->used, node) {
		if (!pins_meets(pin, iova, length))
			continue;
		pins_spoil(pins, pin, VFIO_CCW_PINS_UNMAPPED);
		used |= pins_in_use(pins, pin);
		any = true;
	}
	if (pins->flight && pins_meets(pins->flight, iova, length))
		pins->barred = true;
	spin_unlock(&pins->lock);
	if (any)
		pins->ops->wanted(pins->ctx, false);
	return used;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_unmap);

/**
 * vfio_ccw_pins_let_go() - give up what is kept without being used
 * @pins: the store
 * @pages: about how many pages, the oldest first
 *
 * For a host, or a user, that is short of memory.
 *
 * Context: any but interrupts.
 * Return: how many pages vfio_ccw_pins_drain() will unpin for it.
 */
unsigned int vfio_ccw_pins_let_go(struct vfio_ccw_pins *pins,
				  unsigned int pages)
{
	struct pins_pin *pin;
	unsigned int n = 0;

	spin_lock(&pins->lock);
	list_for_each_entry(pin, &pins->used, node) {
		if (n >= pages)
			break;
		if (!pins_is_fresh(pins, pin) || pins_in_use(pins, pin))
			continue;
		pins_spoil(pins, pin, VFIO_CCW_PINS_MEMORY);
		n += pin->pages;
	}
	spin_unlock(&pins->lock);
	if (n)
		pins->ops->wanted(pins->ctx, false);
	return n;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_let_go);

/* Is nothing pinned, or being pinned, that was given up? */
static bool pins_is_clean(const struct vfio_ccw_pins *pins)
{
	lockdep_assert_held(&pins->lock);
	/* What is being pinned may be an old page, and in use as soon as it is */
	return !pins->stale && !pins->flight && !pins_alone_stale(pins);
}

/**
 * vfio_ccw_pins_drain() - unpin what was given up and is not in use
 * @pins: the store
 *
 * Context: process context, may sleep.
 * Return: true if nothing that was given up is left in use, by way of the store or
 *	for a program alone. Other threads may still be unpinning: see vfio_ccw_pins_gone().
 */
bool vfio_ccw_pins_drain(struct vfio_ccw_pins *pins)
{
	struct pins_pin *pin, *more, *going = NULL;
	bool clean;

	spin_lock(&pins->lock);
	if (pins->stale) {
		/* Pairs with that of vfio_ccw_pins_end() */
		smp_mb();
		list_for_each_entry_safe(pin, more, &pins->used, node) {
			if (pins_is_fresh(pins, pin) || pins_in_use(pins, pin))
				continue;
			pins_detach(pins, pin);
			pin->next = going;
			going = pin;
		}
	}
	clean = pins_is_clean(pins);
	spin_unlock(&pins->lock);
	pins_unpin(pins, going);
	return clean;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_drain);

/**
 * vfio_ccw_pins_settled() - is all unpinned that was given up?
 * @pins: the store
 *
 * Context: any but interrupts.
 * Return: true if vfio_ccw_pins_drain() would unpin nothing and return true, and no
 *	other thread is unpinning anything.
 */
bool vfio_ccw_pins_settled(struct vfio_ccw_pins *pins)
{
	bool settled;

	spin_lock(&pins->lock);
	settled = pins_is_clean(pins) && !pins->nr_going;
	spin_unlock(&pins->lock);
	return settled;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_settled);

/* Give up what was not used for some ticks; what is in use is used now */
static void pins_spoil_unused(struct vfio_ccw_pins *pins)
{
	struct pins_pin *pin, *more;
	struct pins_pin *last;

	lockdep_assert_held(&pins->lock);
	if (list_empty(&pins->used))
		return;
	last = list_last_entry(&pins->used, struct pins_pin, node);
	list_for_each_entry_safe(pin, more, &pins->used, node) {
		if (pins_in_use(pins, pin))
			pins_touch(pins, pin);
		else if (pins->tick - pin->tick >= VFIO_CCW_PINS_TICKS)
			pins_spoil(pins, pin, VFIO_CCW_PINS_UNUSED);
		if (pin == last)
			break;
	}
}

/**
 * vfio_ccw_pins_expire() - unpin what was not used for a while
 * @pins: the store
 *
 * To be called each VFIO_CCW_PINS_TICK_MS.
 *
 * Context: process context, may sleep.
 * Return: true if something is kept, so that it has to be called again.
 */
bool vfio_ccw_pins_expire(struct vfio_ccw_pins *pins)
{
	LIST_HEAD(spare);
	bool any;

	spin_lock(&pins->lock);
	pins->tick++;
	pins_spoil_unused(pins);
	any = pins->pins;
	if (!any) {
		/* A few records are left for a user that comes back now and then */
		pins_free_empty(pins, pins->last);
		pins_cut_spare(pins, &spare);
	}
	spin_unlock(&pins->lock);
	pins_free_spare(pins, &spare);
	vfio_ccw_pins_drain(pins);
	return any;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_expire);

/**
 * vfio_ccw_pins_free() - free the memory of a store
 * @pins: the store, without any pin
 *
 * It can be used again afterwards.
 *
 * Context: process context; nobody else uses the store.
 */
void vfio_ccw_pins_free(struct vfio_ccw_pins *pins)
{
	LIST_HEAD(spare);

	WARN_ON_ONCE(pins->pins || pins->nr_going);
	/* What the next user reads is another one's storage */
	memset(pins->missed, 0, sizeof(pins->missed));
	spin_lock(&pins->lock);
	pins_free_empty(pins, NULL);
	list_splice_tail_init(&pins->spare, &spare);
	spin_unlock(&pins->lock);
	pins_free_spare(pins, &spare);
	kfree(pins->record);
	pins->record = NULL;
	kfree(pins->table);
	pins->table = NULL;
}
EXPORT_SYMBOL_IF_KUNIT(vfio_ccw_pins_free);
