// SPDX-License-Identifier: GPL-2.0
/* Storage of the guest and of the host, and the fake of the memory operations */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user_shim.h"
#include "world.h"
#include "tests/cp_build.h"

unsigned int w_checking;

void w_error(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->error[0])
		return;
	va_start(ap, fmt);
	vsnprintf(w->error, sizeof(w->error), fmt, ap);
	va_end(ap);
}

bool w_is_host_address(uint64_t addr)
{
	return (addr >= W_HOST_LOW && addr < W_ARENA_END) ||
	       addr >= W_HOST_HIGH;
}

/* Hash tables from page address to page; open addressing, no deletion */
static unsigned int slot_of(const struct world *w, uint64_t addr)
{
	return (unsigned int)(((addr >> 12) * 0x9e3779b97f4a7c15ull) >> 32) &
	       (w->hash_size - 1);
}

static struct w_page *lookup(const struct world *w, const int32_t *table,
			     uint64_t addr, bool host)
{
	unsigned int slot = slot_of(w, addr);
	struct w_page *page;

	addr &= ~(uint64_t)(W_PAGE - 1);
	for (; table[slot]; slot = (slot + 1) & (w->hash_size - 1)) {
		page = &w->page[table[slot] - 1];
		if ((host ? page->host : page->iova) == addr)
			return page;
	}
	return NULL;
}

static void insert(struct world *w, int32_t *table, uint64_t addr, int index)
{
	unsigned int slot = slot_of(w, addr);

	while (table[slot])
		slot = (slot + 1) & (w->hash_size - 1);
	table[slot] = index + 1;
}

struct w_page *w_find(const struct world *w, uint64_t iova)
{
	return lookup(w, w->by_iova, iova, false);
}

struct w_page *w_find_host(struct world *w, uint64_t host)
{
	uint64_t life = host >> W_LIFE_SHIFT;
	struct w_page *page;

	page = lookup(w, w->by_host, host - (life << W_LIFE_SHIFT), true);
	if (!page || (!page->pins && !page->holds))
		return page && life == page->life ? page : NULL;
	if (life != page->pinned_life)
		return NULL;
	if (life != page->life && page->born <= w->started)
		w_error(w, "page %llx: its memory was given up before the start",
			(unsigned long long)page->iova);
	return page;
}

struct w_alloc *w_find_alloc(const struct world *w, uint64_t host, size_t len)
{
	struct w_alloc *a;
	unsigned int i;

	for (i = 0; i < w->nr_allocs; i++) {
		a = &w->alloc[i];
		if (host >= a->host && host - a->host < a->size &&
		    len <= a->size - (host - a->host))
			return a;
	}
	return NULL;
}

bool w_map(struct world *w, uint64_t iova, uint64_t host, unsigned int perm)
{
	struct w_page *page;
	uint8_t *mem;

	if (w->nr_pages == w->max_pages || w_find(w, iova) ||
	    w_find_host(w, host))
		return false;
	page = &w->page[w->nr_pages];
	mem = page->data;
	if (!mem)
		mem = malloc(3 * W_PAGE);
	memset(mem, 0, W_PAGE);
	memset(page, 0, sizeof(*page));
	page->iova = iova & ~(uint64_t)(W_PAGE - 1);
	page->host = host & ~(uint64_t)(W_PAGE - 1);
	page->data = mem;
	page->ref = mem + W_PAGE;
	page->run = mem + 2 * W_PAGE;
	page->perm = (uint8_t)perm;
	insert(w, w->by_iova, iova, (int)w->nr_pages);
	insert(w, w->by_host, host, (int)w->nr_pages);
	w->nr_pages++;
	return true;
}

bool w_map_any(struct world *w, uint64_t iova, unsigned int perm)
{
	unsigned int n = w->nr_pages;
	uint64_t host;

	if (w->nr_pages == w->max_pages || w_find(w, iova))
		return false;
	do {
		if (n % 3 == 1)
			host = W_HOST_LOW + (n * 37 % 0x20000 * W_PAGE);
		else
			host = W_HOST_HIGH + (n * 40503ull % 0x100000 * W_PAGE);
		n += 3;
	} while (w_find_host(w, host));
	return w_map(w, iova, host, perm);
}

void w_put(struct world *w, uint64_t iova, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;
	struct w_page *page;

	for (; len; len--, iova++, from++) {
		page = w_find(w, iova);
		if (!page) {
			w_error(w, "the test writes to a hole at %llx",
				(unsigned long long)iova);
			return;
		}
		page->data[iova & (W_PAGE - 1)] = *from;
	}
}

void w_put_ccw(struct world *w, uint64_t iova, uint8_t cmd, uint8_t flags,
	       uint32_t count, uint32_t cda)
{
	uint8_t raw[8];

	ch_put64(raw, CCW1(cmd, flags, count, cda));
	w_put(w, iova, raw, 8);
}

/* Memory operations */

static void asserts(struct world *w, bool ok, const char *what)
{
	if (!ok)
		w_error(w, "memory operation: %s", what);
	if (user_atomic)
		w_error(w, "memory operation in atomic context");
}

static bool injected(struct world *w, unsigned int *countdown)
{
	if (!*countdown || --*countdown)
		return false;
	w->failed = true;
	return true;
}

/* For the reader of a failure: what was fetched and what was stored */
static void trace(const struct world *w, const char *who, uint64_t addr,
		  const uint8_t *bytes, unsigned int len, const char *what)
{
	unsigned int i;

	if (!w->trace)
		return;
	printf("#\t%s %s %llx %u:", who, what, (unsigned long long)addr, len);
	for (i = 0; i < len && i < 16; i++)
		printf("%s%02x", i % 4 ? "" : " ", bytes[i]);
	putchar('\n');
}

/* By the program, or known to the store */
static bool claimed(struct world *w, u64 iova, unsigned int npages)
{
	u64 length = (u64)npages * W_PAGE;
	bool known;

	w_checking++;
	known = vfio_ccw_cp_uses(w->cp, iova, length) ||
		(w->keeps && vfio_ccw_pins_any(&w->pins, iova, length));
	w_checking--;
	return known;
}

static bool used(struct world *w, uint64_t iova, uint64_t length)
{
	bool uses;

	w_checking++;
	uses = vfio_ccw_cp_uses(w->cp, iova, length);
	w_checking--;
	return uses;
}

static int op_read(void *ctx, u64 iova, void *buf, size_t len)
{
	struct world *w = ctx;
	struct w_page *page;
	size_t i;

	asserts(w, len > 0, "empty read");
	asserts(w, !w->nr_pins || w->resumed || w->keeps,
		"reads while it holds pins");
	asserts(w, !w->keeps || w->resumed || !used(w, 0, UINT64_MAX),
		"reads while it pins");
	w->reads++;
	w_lose(w, W_LOSS_READ, w->reads);
	w->read_bytes += len;
	if (injected(w, &w->fail_read))
		return w->fail_errno;
	if (w->mutate)
		w->mutate(w, iova, len, false);
	for (i = 0; i < len; i++) {
		page = iova + i < iova ? NULL : w_find(w, iova + i);
		if (!page)
			return w->miss_errno;
		if (!(page->perm & W_READ))
			return -EPERM;
		((uint8_t *)buf)[i] = page->data[(iova + i) & (W_PAGE - 1)];
	}
	for (i = 0; w->trace && i < len; i += 8)
		trace(w, "translator", iova + i, (uint8_t *)buf + i,
		      len - i < 8 ? (unsigned int)(len - i) : 8, "read");
	if (w->mutate)
		w->mutate(w, iova, len, true);
	return 0;
}

static int may_pin(struct world *w, u64 iova, unsigned int npages,
		   unsigned int dir)
{
	unsigned int need = (dir & VFIO_CCW_PIN_READ ? W_READ : 0) |
			    (dir & VFIO_CCW_PIN_WRITE ? W_WRITE : 0);
	struct w_page *page;
	unsigned int i;

	for (i = 0; i < npages; i++) {
		page = w_find(w, iova + (u64)i * W_PAGE);
		if (!page)
			return w->miss_errno;
		if ((page->perm & need) != need)
			return -EPERM;
	}
	return 0;
}

static int op_pin(void *ctx, u64 iova, unsigned int npages,
		  unsigned int dir, u64 *host)
{
	struct world *w = ctx;
	struct w_page *page;
	unsigned int i, clock;
	int rc;

	asserts(w, npages && npages <= VFIO_CCW_PIN_MAX, "pages of a pin");
	asserts(w, !(iova & (W_PAGE - 1)), "unaligned pin");
	asserts(w, dir && !(dir & ~(VFIO_CCW_PIN_READ | VFIO_CCW_PIN_WRITE)),
		"direction of a pin");
	asserts(w, iova + (u64)npages * W_PAGE - 1 >= iova,
		"pin beyond the end of storage");
	asserts(w, claimed(w, iova, npages), "pinned before it is claimed");
	w->pin_calls++;
	w->pin_pages += npages;
	clock = w->clock;
	w_lose(w, W_LOSS_PIN, w->pin_calls);
	if (injected(w, &w->fail_pin))
		return w->fail_errno;
	rc = may_pin(w, iova, npages, dir);
	if (rc)
		return rc;
	if (w->nr_pins == w->max_pins) {
		w->max_pins = 2 * w->max_pins + 64;
		w->pin = realloc(w->pin, w->max_pins * sizeof(*w->pin));
	}
	w->pin[w->nr_pins++] = (struct w_pin){ iova, npages, dir, clock };
	for (i = 0; i < npages; i++) {
		page = w_find(w, iova + (u64)i * W_PAGE);
		if (!page->pins)
			page->pinned_life = page->life;
		else if (page->pinned_life != page->life &&
			 page->born <= w->started)
			w_error(w, "old page %llx is pinned anew",
				(unsigned long long)page->iova);
		page->pins++;
		page->pin_dir |= (uint8_t)dir;
		/* What is kept may be pinned anew for another direction */
		if (page->pins > 1 && !w->resumed && !w->keeps)
			w_error(w, "page %llx is pinned twice",
				(unsigned long long)page->iova);
		if (used(w, page->iova, W_PAGE))
			page->asked |= (uint8_t)dir;
		else
			page->had_dir |= (uint8_t)dir;
		host[i] = page->host |
			  (uint64_t)page->pinned_life << W_LIFE_SHIFT;
	}
	w_lose(w, W_LOSS_PINNED, w->pin_calls);
	return 0;
}

static void op_unpin(void *ctx, u64 iova, unsigned int npages)
{
	struct world *w = ctx;
	struct w_page *page;
	unsigned int i, j;

	asserts(w, claimed(w, iova, npages),
		"unpinned after the claim was given up");
	for (i = 0; i < w->nr_pins; i++)
		if (w->pin[i].iova == iova && w->pin[i].npages == npages)
			break;
	if (i == w->nr_pins) {
		w_error(w, "unpin of %llx, %u pages, that is not pinned so",
			(unsigned long long)iova, npages);
		return;
	}
	/*
	 * A tail and its program may have pinned the same pages for different
	 * directions, and unpinning does not say whose pin it is
	 */
	for (j = i + 1; j < w->nr_pins; j++) {
		if (w->pin[j].iova != iova || w->pin[j].npages != npages)
			continue;
		w->pin[j].dir |= w->pin[i].dir;
		if (w->pin[j].clock < w->pin[i].clock)
			w->pin[j].clock = w->pin[i].clock;
	}
	w->pin[i] = w->pin[--w->nr_pins];
	for (i = 0; i < npages; i++) {
		page = w_find(w, iova + (u64)i * W_PAGE);
		page->pins--;
		page->pin_dir = 0;
		for (j = 0; page->pins && j < w->nr_pins; j++)
			if (page->iova - w->pin[j].iova <
			    (u64)w->pin[j].npages * W_PAGE)
				page->pin_dir |= (uint8_t)w->pin[j].dir;
	}
}

static void *op_alloc(void *ctx, size_t size, u32 *host)
{
	struct world *w = ctx;
	struct w_alloc *a;

	asserts(w, size && !(size % W_PAGE) && size <= VFIO_CCW_ALLOC_MAX,
		"size of an allocation");
	w->alloc_calls++;
	if (injected(w, &w->fail_alloc))
		return NULL;
	if (w->nr_allocs == w->max_allocs) {
		w->max_allocs = 2 * w->max_allocs + 16;
		w->alloc = realloc(w->alloc, w->max_allocs * sizeof(*a));
	}
	/* A page of nothing between any two */
	do {
		if (w->next_alloc + size + W_PAGE > W_ARENA_END)
			w->next_alloc = W_ARENA;
		w->next_alloc += W_PAGE;
	} while (w_find_alloc(w, w->next_alloc, 1) ||
		 w_find_alloc(w, w->next_alloc + size - 1, 1));
	a = &w->alloc[w->nr_allocs++];
	a->host = w->next_alloc;
	a->size = size;
	a->mem = calloc(1, size);
	a->program = calloc(1, size);
	w->next_alloc += size;
	*host = (uint32_t)a->host;
	return a->mem;
}

static void op_free(void *ctx, void *mem, size_t size)
{
	struct world *w = ctx;
	unsigned int i;

	for (i = 0; i < w->nr_allocs; i++)
		if (w->alloc[i].mem == mem && w->alloc[i].size == size)
			break;
	if (i == w->nr_allocs) {
		w_error(w, "free of memory that was not allocated so");
		return;
	}
	free(w->alloc[i].mem);
	free(w->alloc[i].program);
	w->alloc[i] = w->alloc[--w->nr_allocs];
}

static void op_hold(void *ctx, u64 host)
{
	struct world *w = ctx;
	struct w_page *page = w_find_host(w, host);

	if (!page || !page->pins)
		w_error(w, "hold of a page that is not pinned");
	else
		page->holds++;
}

static void op_unhold(void *ctx, u64 host)
{
	struct world *w = ctx;
	struct w_page *page = w_find_host(w, host);

	if (!page || !page->holds)
		w_error(w, "unhold of a page that is not held");
	else
		page->holds--;
}

static const struct vfio_ccw_mem_ops mem_ops = {
	.read = op_read,
	.pin = op_pin,
	.unpin = op_unpin,
	.alloc = op_alloc,
	.free = op_free,
	.hold = op_hold,
	.unhold = op_unhold,
};

const struct vfio_ccw_mem_ops *w_mem_ops(void)
{
	return &mem_ops;
}

/* The guest's storage, as the guest's channel program sees it */

static void mark(uint8_t *map, uint64_t addr, unsigned int len)
{
	unsigned int at = addr & (W_PAGE - 1);

	for (; len; len--, at++)
		map[at >> 3] |= (uint8_t)(1u << (at & 7));
}

static const char * const kinds[] = { "CCW", "IDAW", "MIDAW", "output" };

/*
 * A CCW whose suspend flag goes while the program runs, fetched for a data
 * chain: nothing keeps the channel away from it
 */
static bool unprotected(const struct world *w, uint64_t addr)
{
	const struct w_edit *e = w->edit;

	for (; e < w->edit + w->nr_edits; e++)
		if (e->stage >= W_AT(0) && e->iova - addr < 8)
			return w->guest.ch.chaining;
	return false;
}

/*
 * PoP chapter 3, "Key-Controlled Protection". Of data only: that of CCWs and lists
 * is not looked at, see channel-programs.rst.
 */
static bool key_refuses(const struct w_page *page, const uint8_t *orb,
			bool store)
{
	uint8_t access = orb[4] >> 4;

	return page->key && access && access != page->key >> 4 &&
	       (store || page->key & W_KEY_FETCH);
}

static enum ch_access guest_fetch(void *ctx, uint64_t addr, void *buf,
				  unsigned int len, enum ch_kind kind)
{
	struct w_page *page = w_find(ctx, addr);
	struct world *w = ctx;

	if (kind == CH_CCW && unprotected(w, addr))
		w->wild = true;
	if (!page)
		return CH_ADDRESSING;
	if (!(page->perm & W_READ) ||
	    (kind == CH_DATA && key_refuses(page, w->orb, false)))
		return CH_PROTECTED;
	memcpy(buf, page->run + (addr & (W_PAGE - 1)), len);
	trace(ctx, "guest", addr, buf, len, kinds[kind]);
	if (kind != CH_DATA) {
		mark(page->fetched, addr, len);
		page->fetched_any = true;
	}
	return CH_OK;
}

static enum ch_access guest_store(void *ctx, uint64_t addr, const void *buf,
				  unsigned int len)
{
	struct w_page *page = w_find(ctx, addr);
	struct world *w = ctx;

	if (!page)
		return CH_ADDRESSING;
	if (!(page->perm & W_WRITE) || key_refuses(page, w->orb, true))
		return CH_PROTECTED;
	trace(ctx, "guest", addr, buf, len, "input");
	memcpy(page->run + (addr & (W_PAGE - 1)), buf, len);
	mark(page->stored, addr, len);
	page->stored_any = true;
	return CH_OK;
}

static enum ch_access guest_probe(void *ctx, uint64_t addr, bool store)
{
	struct w_page *page = w_find(ctx, addr);
	struct world *w = ctx;

	if (!page)
		return CH_ADDRESSING;
	if (key_refuses(page, w->orb, store))
		return CH_PROTECTED;
	return page->perm & (store ? W_WRITE : W_READ) ? CH_OK : CH_PROTECTED;
}

struct ch_storage w_guest_storage(struct world *w)
{
	return (struct ch_storage){ guest_fetch, guest_store, guest_probe, w };
}

/*
 * The host's storage, as the translated program may use it: whatever is
 * neither pinned for the direction nor allocated for this program is an error
 * of the translator, not a condition of the program.
 */

static bool is_program(const struct w_alloc *a, uint64_t addr, unsigned int len)
{
	const uint8_t *p = a->program + (addr - a->host);

	while (len--)
		if (*p++)
			return true;
	return false;
}

/*
 * The page has its key in host storage, too. Memory of the driver is the kernel's:
 * its key is 0, and it is not fetch-protected
 */
static bool host_key_refuses(struct world *w, uint64_t addr, bool store)
{
	const struct w_page *page = w_find_host(w, addr);

	return page ? key_refuses(page, w->host_orb, store) :
		      store && w->host_orb[4] >> 4;
}

static uint8_t *host_data(struct world *w, uint64_t addr, unsigned int len,
			  unsigned int dir)
{
	struct w_page *page = w_find_host(w, addr);
	struct w_alloc *a;

	if (page && page->pins && (page->pin_dir & dir))
		return page->data + (addr & (W_PAGE - 1));
	a = w_find_alloc(w, addr, len);
	if (a && !is_program(a, addr, len))
		return a->mem + (addr - a->host);
	w_error(w, "the channel may %s %llx (%s)",
		dir == VFIO_CCW_PIN_WRITE ? "store at" : "fetch from",
		(unsigned long long)addr,
		a ? "host program" : page && page->pins ? "other direction" :
		page ? "not pinned" : "nobody's");
	return NULL;
}

static enum ch_access host_fetch(void *ctx, uint64_t addr, void *buf,
				 unsigned int len, enum ch_kind kind)
{
	struct world *w = ctx;
	struct w_alloc *a;
	uint8_t *from;

	if (kind == CH_DATA) {
		from = host_data(w, addr, len, VFIO_CCW_PIN_READ);
		if (!from)
			return CH_ADDRESSING;
		if (host_key_refuses(w, addr, false))
			return CH_PROTECTED;
		memcpy(buf, from, len);
		trace(ctx, "host", addr, buf, len, kinds[kind]);
		return CH_OK;
	}
	a = w_find_alloc(w, addr, len);
	if (!a) {
		w_error(w, "the channel fetches its program from %llx",
			(unsigned long long)addr);
		return CH_ADDRESSING;
	}
	memset(a->program + (addr - a->host), 1, len);
	memcpy(buf, a->mem + (addr - a->host), len);
	trace(w, "host", addr, buf, len, kinds[kind]);
	return CH_OK;
}

static enum ch_access host_store(void *ctx, uint64_t addr, const void *buf,
				 unsigned int len)
{
	uint8_t *to = host_data(ctx, addr, len, VFIO_CCW_PIN_WRITE);

	if (!to)
		return CH_ADDRESSING;
	if (host_key_refuses(ctx, addr, true))
		return CH_PROTECTED;
	trace(ctx, "host", addr, buf, len, "input");
	memcpy(to, buf, len);
	return CH_OK;
}

static enum ch_access host_probe(void *ctx, uint64_t addr, bool store)
{
	if (!host_data(ctx, addr, 1, store ? VFIO_CCW_PIN_WRITE :
		       VFIO_CCW_PIN_READ))
		return CH_ADDRESSING;
	return host_key_refuses(ctx, addr, store) ? CH_PROTECTED : CH_OK;
}

struct ch_storage w_host_storage(struct world *w)
{
	return (struct ch_storage){ host_fetch, host_store, host_probe, w };
}

/* Life */

struct world *w_new(unsigned int max_pages)
{
	struct world *w = calloc(1, sizeof(*w));

	w->max_pages = max_pages;
	w->page = calloc(max_pages, sizeof(*w->page));
	for (w->hash_size = 64; w->hash_size < 4 * max_pages;)
		w->hash_size *= 2;
	w->by_iova = calloc(w->hash_size, sizeof(*w->by_iova));
	w->by_host = calloc(w->hash_size, sizeof(*w->by_host));
	w->next_alloc = W_ARENA;
	w_reset(w);
	return w;
}

void w_reset(struct world *w)
{
	memset(w->by_iova, 0, w->hash_size * sizeof(*w->by_iova));
	memset(w->by_host, 0, w->hash_size * sizeof(*w->by_host));
	w->nr_pages = 0;
	memset(w->orb, 0, sizeof(w->orb));
	w->nr_steps = 0;
	memset(w->step, 0, sizeof(w->step));
	w->nr_edits = 0;
	memset(w->edit, 0, sizeof(w->edit));
	w->max_commands = 48;
	w->fail_read = 0;
	w->fail_pin = 0;
	w->fail_alloc = 0;
	w->fail_errno = -ENOMEM;
	w->failed = false;
	w->miss_errno = -EINVAL;
	w->mutate = NULL;
	w->wild = false;
	w->hide_cpa = false;
	w->refusals = 0;
	w->rsch = 0;
	w->rsch_refused = false;
	w->keeps = false;
	w->warm = false;
	w->keep_max = 0;
	w->nr_losses = 0;
	w->losses = 0;
	w->error[0] = 0;
}

bool w_drop(struct world *w)
{
	unsigned int i;

	vfio_ccw_cp_free(w->cp);
	w->cp = NULL;
	if (w->has_store)
		vfio_ccw_pins_free(&w->pins);
	w->has_store = false;
	if (w->nr_pins)
		w_error(w, "%u pins left after the end", w->nr_pins);
	if (w->nr_allocs)
		w_error(w, "%u allocations left after the end", w->nr_allocs);
	for (i = 0; i < w->nr_pages; i++)
		if (w->page[i].holds)
			w_error(w, "a page is held after the end");
	return !w->error[0];
}

void w_free(struct world *w)
{
	unsigned int i;

	if (w->cp)
		w_drop(w);
	for (i = 0; i < w->max_pages; i++)
		free(w->page[i].data);
	free(w->page);
	free(w->by_iova);
	free(w->by_host);
	free(w->pin);
	free(w->alloc);
	free(w);
}
