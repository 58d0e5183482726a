/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The world around the translator: a guest's storage, the host's storage in
 * which its pages lie elsewhere, memory for host programs, a scripted device
 *
 * The fake of the memory operations asserts from inside: pins are whole,
 * balanced, claimed before they are taken and in a direction that the mapping
 * allows; what the channel touches is pinned for that direction or was
 * allocated for this program.
 *
 * Addresses never collide by accident: guest pages lie below 0x10000000 or at
 * 0x100000000 and a little above; host pages from 0x40000000 and from
 * 0x300000000; host programs from 0x60000000. An address of one space is an
 * error in another.
 */
#ifndef ORACLE_WORLD_H
#define ORACLE_WORLD_H

#include "channel.h"
#include "vfio_ccw_cp.h"

#define W_PAGE		4096u
#define W_HOST_LOW	0x40000000ull	/* guest pages below 2 GiB */
#define W_ARENA		0x60000000ull	/* host programs */
#define W_ARENA_END	0x80000000ull
#define W_HOST_HIGH	0x300000000ull	/* guest pages above 2 GiB */

struct w_page {
	uint64_t iova, host;
	uint8_t *data;		/* what the translator and the host see */
	uint8_t *ref;		/* as the guest's run found it */
	uint8_t *run;		/* the guest's run works here */
	uint8_t perm;		/* W_READ, W_WRITE */
	uint8_t key;		/* W_KEY(); 0: fits every access key */
	unsigned int pins;
	uint8_t pin_dir;
	uint8_t reached;	/* VFIO_CCW_PIN_*: what w_reach() found */
	unsigned int holds;
	uint32_t life;		/* how often its memory was replaced */
	uint32_t pinned_life;	/* which of them is pinned */
	unsigned int born;	/* world.clock then */
	unsigned int unmapped;	/* world.clock when it was, or 0 */
	uint8_t had_dir;	/* VFIO_CCW_PIN_*: kept before the program pins */
	uint8_t asked;		/* ... and what it was pinned for since */
	bool dirty;		/* data or run may differ from ref */
	bool fetched_any, stored_any;
	uint8_t fetched[W_PAGE / 8], stored[W_PAGE / 8];
};

struct w_pin {
	uint64_t iova;
	unsigned int npages, dir;
	unsigned int clock;	/* world.clock when the call began */
};

struct w_alloc {
	uint64_t host;
	uint8_t *mem;
	size_t size;
	uint8_t *program;	/* bytes that are host CCWs, IDAWs, MIDAWs */
};

#define W_MAX_STEPS	24
#define W_MAX_LOG	160

struct w_logged {
	uint8_t cmd;
	uint32_t in, out;
	uint64_t hash;
};

struct world;

/* One run of a channel with its device */
struct w_run {
	struct world *w;
	struct channel ch;
	bool host;
	unsigned int commands;
	uint32_t moved;		/* bytes */
	struct w_logged log[W_MAX_LOG];
};

#define W_MAX_EDITS	16
#define W_MAX_STAGES	6

/* Memory that is given up, or unmapped: bit i % 64 of @pages says which */
enum w_moment {
	W_LOSS_BEFORE,		/* before the program starts */
	W_LOSS_READ,		/* before the n-th read, from 1 */
	W_LOSS_PIN,		/* before the n-th pin */
	W_LOSS_PINNED,		/* after it */
	W_LOSS_RUN,		/* at the n-th command, from 0 */
	W_LOSS_MOMENTS
};

struct w_loss {
	enum w_moment when;
	unsigned int nth;
	uint64_t pages;
	bool unmap;
};

#define W_MAX_LOSSES	6

/* Of a host address: how often the page was replaced before */
#define W_LIFE_SHIFT	44

struct world {
	struct w_page *page;
	unsigned int nr_pages, max_pages;
	int32_t *by_iova, *by_host;	/* hash tables of indexes + 1 */
	unsigned int hash_size;

	uint8_t orb[12];
	struct w_step step[W_MAX_STEPS];
	unsigned int nr_steps;
	struct w_edit edit[W_MAX_EDITS];
	unsigned int nr_edits;
	unsigned int max_commands;

	struct vfio_ccw_cp *cp;
	struct w_pin *pin;
	unsigned int nr_pins, max_pins;
	struct w_alloc *alloc;
	unsigned int nr_allocs, max_allocs;
	uint64_t next_alloc;

	/* failures of the host, countdown from n, 0 = never */
	unsigned int fail_read, fail_pin, fail_alloc;
	int fail_errno;
	bool failed;			/* one of them happened */
	int miss_errno;			/* what read and pin say of a hole */

	/* calls since w_translate() began */
	unsigned int reads, pin_calls, alloc_calls;
	uint64_t read_bytes, pin_pages;

	/* memory that changes: called before and after each read */
	void (*mutate)(struct world *w, uint64_t iova, size_t len, bool after);
	void *mutate_ctx;

	/* kept.c; the first block is as the test sets it */
	bool keeps;			/* the program has a store */
	bool warm;			/* the same one ran before it */
	unsigned int keep_max;		/* pages, or 0 */
	struct w_loss loss[W_MAX_LOSSES];
	unsigned int nr_losses;

	struct vfio_ccw_pins pins;
	bool has_store;
	unsigned long seq;
	unsigned int clock, started, losses, copies, reserved;

	bool wild;			/* equality cannot be asked for */
	bool trace;			/* print what the channels do */
	char error[256];
	unsigned int variant_used;
	bool hide_cpa;		/* the host stores no cpa when it suspends */
	unsigned int refusals;	/* of a resume, before it is accepted */
	uint32_t rsch;		/* while the n-th command runs: bit n */
	bool rsch_refused;	/* ... with status pending, each second one */
	uint8_t host_orb[12];
	bool resumed;
	uint32_t suspended_at;	/* raw cpa of the host's last status */
	int resume_rc;
	bool cut;		/* w_reach() met what stops the channel */
	struct w_run guest, host, snap;
};

struct world *w_new(unsigned int max_pages);
void w_free(struct world *w);
/* Forgets guest storage, script and edits; keeps the translator's object */
void w_reset(struct world *w);
/* Drops the translator's object and checks that nothing stays */
bool w_drop(struct world *w);

/* Adds a zeroed guest page; false if its iova or host address is taken */
bool w_map(struct world *w, uint64_t iova, uint64_t host, unsigned int perm);
/* The same at a host address of the world's choice: scattered, a third low */
bool w_map_any(struct world *w, uint64_t iova, unsigned int perm);
struct w_page *w_find(const struct world *w, uint64_t iova);
/* Guest storage as the test writes it; pages must be there */
void w_put(struct world *w, uint64_t iova, const void *bytes, size_t len);
/* The same for a CCW of format 1 */
void w_put_ccw(struct world *w, uint64_t iova, uint8_t cmd, uint8_t flags,
	       uint32_t count, uint32_t cda);

/* Not 0 while a check calls the translator: that is no cost of a program */
extern unsigned int w_checking;

/* First error is kept */
__attribute__((__format__(__printf__, 2, 3)))
void w_error(struct world *w, const char *fmt, ...);

enum w_result {
	W_EQUAL,	/* ran the same on both sides */
	W_REFUSED,	/* -errno, in w_rc, and that was allowed */
	W_SAFE,		/* only safety could be shown */
	W_FAILED,	/* w->error says why */
};

struct w_want {
	bool may_refuse;	/* limits and injected failures */
	int rc;			/* exactly this -errno if not 0 */
};

/* Everything: translate, run both, compare, release, balance */
enum w_result w_check(struct world *w, const struct w_want *want, int *rc);

/* reach.c: all that the channel could reach, whatever the device does */
bool w_reach(struct world *w, uint64_t cpa, bool first,
	     const uint8_t host_orb[12]);

/* kept.c: a store of kept pins */
void w_attach_store(struct world *w);
void w_admit(struct world *w);
void w_lose(struct world *w, enum w_moment when, unsigned int nth);
void w_check_store(struct world *w);
void w_forget(struct world *w);

/* Storage as a channel sees it */
const struct vfio_ccw_mem_ops *w_mem_ops(void);
struct ch_storage w_guest_storage(struct world *w);
struct ch_storage w_host_storage(struct world *w);
struct w_alloc *w_find_alloc(const struct world *w, uint64_t host, size_t len);
struct w_page *w_find_host(struct world *w, uint64_t host);
bool w_is_host_address(uint64_t addr);

#endif
