// SPDX-License-Identifier: GPL-2.0
/*
 * A store of kept pins around the translator, in a world in which memory is given
 * up and replaced at any moment
 *
 * A guest page that is replaced has its bytes at another host address from then on.
 * The back end hands out the old one while that is pinned, as the real ones do; the
 * bytes are the same at both, so that programs can be compared all the same. What
 * is asked for in addition:
 *
 *	a program reaches no memory that was given up before its start (that is
 *	w_find_host()'s to say), and pins none anew
 *
 *	when no program runs and all that was given up has been unpinned, nothing
 *	is pinned but what the guest has now, and the store knows of each page of
 *	it; in the end, nothing
 *
 *	what is read by way of a pin is pinned to be read, in one page
 */
#include <linux/gfp.h>
#include <linux/slab.h>
#include <string.h>

#include "user_shim.h"
#include "world.h"

void w_lose(struct world *w, enum w_moment when, unsigned int nth)
{
	const struct w_loss *loss;
	struct w_page *page;
	unsigned int i;

	for (loss = w->loss; loss < w->loss + w->nr_losses; loss++) {
		if (!w->keeps || loss->when != when || loss->nth != nth)
			continue;
		if (!loss->unmap) {
			w->seq++;
			vfio_ccw_pins_give_up(&w->pins, VFIO_CCW_PINS_NOTIFIED);
		}
		w->clock++;
		w->losses++;
		for (i = 0; i < w->nr_pages; i++) {
			page = &w->page[i];
			if (!(loss->pages >> i % 64 & 1))
				continue;
			if (loss->unmap) {
				vfio_ccw_pins_unmap(&w->pins, page->iova,
						    W_PAGE);
				page->unmapped = w->clock;
				continue;
			}
			page->life++;
			page->born = w->clock;
		}
	}
}

static int store_pin(void *ctx, u64 iova, unsigned int npages,
		     unsigned int dir, u64 *host)
{
	return w_mem_ops()->pin(ctx, iova, npages, dir, host);
}

static void store_unpin(void *ctx, u64 iova, unsigned int npages)
{
	w_mem_ops()->unpin(ctx, iova, npages);
}

static void store_copy(void *ctx, u64 host, void *buf, size_t len)
{
	struct world *w = ctx;
	struct w_page *page = w_find_host(w, host);
	unsigned int off = host & (W_PAGE - 1);

	memset(buf, 0, len);
	if (!len || len > W_PAGE - off) {
		w_error(w, "copy across a page");
		return;
	}
	if (!page || !page->pins || !(page->pin_dir & VFIO_CCW_PIN_READ) ||
	    !(page->perm & W_READ)) {
		w_error(w, "copy of %llx, which is not pinned to be read",
			(unsigned long long)host);
		return;
	}
	w->copies++;
	w->read_bytes += len;
	if (w->mutate)
		w->mutate(w, page->iova + off, len, false);
	memcpy(buf, page->data + off, len);
	if (w->mutate)
		w->mutate(w, page->iova + off, len, true);
}

static unsigned long store_begin(void *ctx)
{
	return ((struct world *)ctx)->seq;
}

static bool store_retry(void *ctx, unsigned long seq)
{
	return ((struct world *)ctx)->seq != seq;
}

static bool store_reserve(void *ctx, unsigned int pages)
{
	struct world *w = ctx;

	w->reserved += pages;
	return true;
}

static void store_unreserve(void *ctx, unsigned int pages)
{
	struct world *w = ctx;

	if (pages > w->reserved)
		w_error(w, "more pages are given back than were reserved");
	w->reserved -= pages;
}

static bool store_relieve(void *ctx)
{
	struct world *w = ctx;

	if (!vfio_ccw_pins_let_go(&w->pins, ~0u))
		return false;
	vfio_ccw_pins_drain(&w->pins);
	return true;
}

static void store_wanted(void *ctx, bool later)
{
}

static void store_gone(void *ctx)
{
}

static void *store_alloc_record(void *ctx)
{
	return kzalloc(VFIO_CCW_PINS_RECORD, GFP_KERNEL_ACCOUNT);
}

static void store_free_record(void *ctx, void *record)
{
	kfree(record);
}

static const struct vfio_ccw_pins_ops store_ops = {
	.pin = store_pin,
	.unpin = store_unpin,
	.copy = store_copy,
	.begin = store_begin,
	.retry = store_retry,
	.reserve = store_reserve,
	.unreserve = store_unreserve,
	.relieve = store_relieve,
	.wanted = store_wanted,
	.gone = store_gone,
	.alloc_record = store_alloc_record,
	.free_record = store_free_record,
};

/* Was any page of the pin unmapped since? */
static bool unmapped_since(struct world *w, const struct w_pin *pin)
{
	unsigned int i;

	for (i = 0; i < pin->npages; i++)
		if (w_find(w, pin->iova + i * W_PAGE)->unmapped > pin->clock)
			return true;
	return false;
}

/* No program runs: what is pinned is what is kept, and that is not old */
void w_check_store(struct world *w)
{
	unsigned int i, pages = 0;

	if (!vfio_ccw_pins_drain(&w->pins))
		w_error(w, "something is in use, but no program runs");
	for (i = 0; i < w->nr_pins; i++) {
		pages += w->pin[i].npages;
		if (unmapped_since(w, &w->pin[i]))
			w_error(w, "page %llx was unmapped and is still pinned",
				(unsigned long long)w->pin[i].iova);
	}
	if (w->nr_pins != w->pins.pins || pages != w->pins.pages ||
	    pages != w->reserved)
		w_error(w, "%u pins, %u pages; the store has %u, %u; reserved %u",
			w->nr_pins, pages, w->pins.pins, w->pins.pages,
			w->reserved);
	for (i = 0; i < w->nr_pages; i++) {
		struct w_page *page = &w->page[i];

		if (page->pins && page->pinned_life != page->life)
			w_error(w, "page %llx was given up and is still pinned",
				(unsigned long long)page->iova);
		if (vfio_ccw_pins_any(&w->pins, page->iova + 7, 1) !=
		    !!page->pins)
			w_error(w, "the store does not know whether page %llx is pinned",
				(unsigned long long)page->iova);
	}
}

/* As the driver: what was given up is gone, and then a translation begins */
void w_admit(struct world *w)
{
	uint32_t gen = vfio_ccw_pins_gen(&w->pins);
	unsigned int i;

	w_check_store(w);
	w->started = w->clock;
	w->reads = 0;
	w->pin_calls = 0;
	for (i = 0; i < w->nr_pages; i++) {
		w->page[i].had_dir = w->page[i].pins ? w->page[i].pin_dir : 0;
		w->page[i].asked = 0;
	}
	vfio_ccw_pins_admit(&w->pins, true, gen);
}

void w_attach_store(struct world *w)
{
	if (!w->has_store)
		vfio_ccw_pins_init(&w->pins, &store_ops, w, 0x9e3779b97f4a7c15ull);
	w->has_store = true;
	w->pins.max = w->keep_max ? w->keep_max : VFIO_CCW_PINS_PAGES;
	vfio_ccw_cp_keep(w->cp, w->keeps ? &w->pins : NULL, 1);
}

/* The device is closed */
void w_forget(struct world *w)
{
	vfio_ccw_pins_give_up(&w->pins, VFIO_CCW_PINS_ENDED);
	w_check_store(w);
	if (w->nr_pins)
		w_error(w, "%u pins are left in the end", w->nr_pins);
}
