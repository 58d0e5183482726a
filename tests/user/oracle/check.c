// SPDX-License-Identifier: GPL-2.0
/*
 * Equality of the two runs
 *
 * The guest's program on the guest's storage is the measure. After
 * vfio_ccw_cp_complete() the translated program must have
 *
 *	shown the device the same commands in the same order, with the same
 *	bytes in each
 *	left the guest's storage with the same bytes everywhere
 *	given the same interruptions in the same order: function, activity and
 *	status control, device and subchannel status, the ORB's bits; the
 *	residual count where PoP figure 16-7 gives it a meaning; the
 *	channel-program address where figure 16-6 does, and a guest address or
 *	zero everywhere else
 *
 * Where the architecture leaves freedom (see CH_EARLY and its neighbours in
 * channel.h), the program must have run as one of the permitted channels would
 * run it: each variant is tried until one agrees. A program without errors
 * runs the same under all of them.
 *
 * Equality is not asked for where storage decides it in more than one way:
 * when an input operation has stored over bytes that the channel fetches as
 * part of its program, or when memory changes while it is translated. Then
 * safety remains: the addresses (reach.c), the balance of pins, no address of
 * the host in an interruption.
 *
 * All this also with a store of kept pins (kept.c). Then pages may be pinned that
 * no program uses, and for more than it does with them; see check_needs_kept().
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user_shim.h"
#include "world.h"

#define RUN_BYTES	(1u << 20)	/* a run moves no more than this */

/* The scripted device */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ (h >> 29);
}

static struct w_logged *log_entry(struct w_run *run)
{
	unsigned int n = run->commands - 1;

	/* A long program: the last entry gathers the rest */
	return &run->log[n < W_MAX_LOG ? n : W_MAX_LOG - 1];
}

static const struct w_step *step_of(const struct w_run *run, uint8_t cmd)
{
	static const struct w_step rest = { .bytes = W_ALL, .status = 0x0c };
	const struct world *w = run->w;
	const struct w_step *step;

	if (!w->nr_steps)
		return &rest;
	step = &w->step[run->commands % w->nr_steps];
	return step->cmd && step->cmd != cmd ? &rest : step;
}

static void edit_run(struct w_run *run, const struct w_edit *e)
{
	struct w_page *page = w_find(run->w, e->iova);

	if (run->host)
		w_put(run->w, e->iova, e->bytes, e->len);
	else if (page)
		memcpy(page->run + (e->iova & (W_PAGE - 1)), e->bytes, e->len);
}

/*
 * As the driver resumes a program that is not suspended. Refused with status
 * pending, it is asked for again at once.
 */
static unsigned int host_rsch(struct w_run *run)
{
	struct world *w = run->w;
	unsigned int cc, n;
	int rc;

	for (n = w->rsch_refused ? 2 : 1; ; ) {
		w->resumed = true;
		vfio_ccw_cp_begin_resume(w->cp, false, 0);
		rc = vfio_ccw_cp_prepare_resume(w->cp);
		if (rc) {
			w->resume_rc = rc;
			w->wild = true;
			if (!w->failed && !w->mutate && rc != -E2BIG)
				w_error(w, "resume while running answered %d",
					rc);
			return 2;
		}
		vfio_ccw_cp_commit_resume(w->cp);
		w_reach(w, run->ch.ccw, false, w->host_orb);
		if (!--n)
			break;
	}
	cc = ch_rsch(&run->ch);
	vfio_ccw_cp_resumed(w->cp);
	return cc;
}

/* What the guest does while this command runs */
static void meanwhile(struct w_run *run, unsigned int command)
{
	struct world *w = run->w;
	unsigned int i, cc;

	for (i = 0; i < w->nr_edits; i++)
		if (w->edit[i].stage == W_AT(command))
			edit_run(run, &w->edit[i]);
	if (command >= 32 || !(w->rsch >> command & 1))
		return;
	cc = run->host ? host_rsch(run) : ch_rsch(&run->ch);
	log_entry(run)->hash = mix(log_entry(run)->hash, cc);
}

static void dev_command(void *ctx, uint8_t cmd, struct ch_action *act)
{
	struct w_run *run = ctx;
	const struct w_step *step = step_of(run, cmd);

	if (run->commands >= run->w->max_commands || run->moved >= RUN_BYTES) {
		act->refused = true;
		act->status = 0x02;
		return;
	}
	act->fits = step->bytes == W_ALL;
	act->bytes = act->fits ? 1 << 18 : step->bytes;
	act->status = step->status;
	act->refused = step->flags & W_STEP_REFUSED;
	act->immediate = cmd == 0x03 || (step->flags & W_STEP_IMMEDIATE);
	act->late_end = step->flags & W_STEP_LATE;
	act->check = step->check;
	act->addresses = step->addresses;
	run->commands++;
	log_entry(run)->cmd = cmd;
	log_entry(run)->hash = mix(log_entry(run)->hash, cmd);
	meanwhile(run, run->commands - 1);
	if (run->host)
		w_lose(run->w, W_LOSS_RUN, run->commands - 1);
}

static void dev_output(void *ctx, const uint8_t *data, unsigned int len)
{
	struct w_run *run = ctx;
	struct w_logged *log = log_entry(run);

	log->out += len;
	run->moved += len;
	for (; len; len--)
		log->hash = (log->hash ^ *data++) * 0x100000001b3ull;
}

static void dev_input(void *ctx, uint8_t *data, unsigned int len)
{
	struct w_run *run = ctx;
	struct w_logged *log = log_entry(run);

	run->moved += len;
	for (; len; len--, log->in++)
		*data++ = (uint8_t)(log->in * 7 + (log->in >> 8) +
				    run->commands * 31 + 1);
}

static void set_up(struct world *w, struct w_run *run, bool host)
{
	memset(run, 0, sizeof(*run));
	run->w = w;
	run->host = host;
	run->ch.mem = host ? w_host_storage(w) : w_guest_storage(w);
	run->ch.max_ccws = 4 * w->max_commands;
	run->ch.dev.command = dev_command;
	run->ch.dev.output = dev_output;
	run->ch.dev.input = dev_input;
}

static void run_on(struct w_run *run)
{
	run->ch.dev.ctx = run;
	run->ch.nr_irbs = 0;
	ch_run(&run->ch);
}

/* Interruptions */

/* The guest may have put anything into its ORB, and gets it back */
static bool of_the_orb(const struct world *w, uint32_t addr)
{
	return addr == ch_be32(w->orb + 8) || addr - 8 == ch_be32(w->orb + 8);
}

static bool esw_leaks(const struct world *w, const uint8_t *raw)
{
	uint32_t saddr = ch_be32(raw + 28), faddr = ch_be32(raw + 20);

	/* The failing-storage address is in one word or in two */
	if (ch_be32(raw + 16) & 0x00400000u &&
	    w_is_host_address(ch_be64(raw + 20)))
		return true;
	return (w_is_host_address(saddr) && !of_the_orb(w, saddr)) ||
	       (w_is_host_address(faddr) && !of_the_orb(w, faddr)) ||
	       w_is_host_address(ch_be32(raw + 24));
}

static bool no_host_address(struct world *w, const uint8_t *raw)
{
	uint32_t cpa = ch_be32(raw + 4);

	/* One past a page is where the last CCW's address plus 8 may be */
	if (!of_the_orb(w, cpa) &&
	    (w_is_host_address(cpa) ||
	     (cpa >= 8 && w_is_host_address(cpa - 8)))) {
		w_error(w, "cpa %x is the host's", cpa);
		return false;
	}
	if (esw_leaks(w, raw)) {
		w_error(w, "an address in the ESW is the host's: %08x %08x %08x %08x",
			ch_be32(raw + 16), ch_be32(raw + 20), ch_be32(raw + 24),
			ch_be32(raw + 28));
		return false;
	}
	return true;
}

/* The failing-storage address takes one word or two: the channel's choice */
static uint64_t failing_storage(const uint8_t *raw)
{
	return ch_be32(raw + 16) & 0x00400000u ? ch_be64(raw + 20) :
						 ch_be32(raw + 20);
}

/* Extended-status word: each address the guest's, or given as not valid */
static bool same_esw(const uint8_t *guest, const uint8_t *host)
{
	uint32_t ge = ch_be32(guest + 16), he = ch_be32(host + 16);

	if (he & 0x00800000u) {
		if (memcmp(guest + 28, host + 28, 4))
			return false;
	} else if (ch_be32(host + 28)) {
		return false;
	}
	if (he & 0x02000000u) {
		if (failing_storage(guest) != failing_storage(host))
			return false;
	} else if (ch_be64(host + 20)) {
		return false;
	}
	return !(he & ~ge & ~0x00400000u) &&
	       !((ge ^ he) & ~0x02c00000u);
}

static const char *irb_differs(const struct ch_irb *g, const struct ch_irb *h)
{
	uint32_t cpa = ch_be32(h->raw + 4);

	/* What is the ORB's has a meaning only with the start function */
	if ((ch_be32(g->raw) ^ ch_be32(h->raw)) &
	    (ch_be32(g->raw) & 0x4000 ? 0xffffffff : 0x0303ffff))
		return "word 0 of the SCSW";
	if (memcmp(g->raw + 8, h->raw + 8, 2))
		return "device or subchannel status";
	if (g->count_valid && memcmp(g->raw + 10, h->raw + 10, 2))
		return "residual count";
	if (g->cpa_valid && cpa != ch_be32(g->raw + 4))
		return "cpa";
	if (!same_esw(g->raw, h->raw))
		return "extended-status word";
	if (memcmp(g->raw + 32, h->raw + 32, 64))
		return "extended control or measurement word";
	return NULL;
}

static const char *irbs_differ(const struct w_run *g, const struct w_run *h,
			       unsigned int *at)
{
	const char *what;

	for (*at = 0; *at < g->ch.nr_irbs && *at < h->ch.nr_irbs; ++*at) {
		what = irb_differs(&g->ch.irb[*at], &h->ch.irb[*at]);
		if (what)
			return what;
	}
	return g->ch.nr_irbs == h->ch.nr_irbs ? NULL :
	       "number of interruptions";
}

static const char *logs_differ(const struct w_run *g, const struct w_run *h,
			       unsigned int *at)
{
	unsigned int n = g->commands;

	for (*at = 0; *at < n && *at < W_MAX_LOG && *at < h->commands; ++*at) {
		const struct w_logged *a = &g->log[*at], *b = &h->log[*at];

		if (a->cmd != b->cmd)
			return "command";
		if (a->in != b->in || a->out != b->out)
			return "bytes transferred";
		if (a->hash != b->hash)
			return "data of the output";
	}
	return g->commands == h->commands ? NULL : "number of commands";
}

static const char *storage_differs(struct world *w)
{
	unsigned int i;

	for (i = 0; i < w->nr_pages; i++)
		if (memcmp(w->page[i].data, w->page[i].run, W_PAGE))
			return "guest storage";
	return NULL;
}

/* Runs */

static bool stored_over_program(struct world *w)
{
	unsigned int i, j;

	for (i = 0; i < w->nr_pages; i++) {
		struct w_page *page = &w->page[i];

		if (!page->fetched_any || !page->stored_any)
			continue;
		for (j = 0; j < sizeof(page->fetched); j++)
			if (page->fetched[j] & page->stored[j])
				return true;
	}
	return false;
}

static void rewind_guest(struct world *w, unsigned int variant)
{
	unsigned int i;

	w->guest = w->snap;
	w->guest.ch.variant = variant;
	for (i = 0; i < w->nr_pages; i++) {
		struct w_page *page = &w->page[i];

		memcpy(page->run, page->ref, W_PAGE);
		if (page->fetched_any)
			memset(page->fetched, 0, sizeof(page->fetched));
		if (page->stored_any)
			memset(page->stored, 0, sizeof(page->stored));
		page->fetched_any = false;
		page->stored_any = false;
	}
}

static const char *differs(struct world *w, unsigned int *at)
{
	const char *what = logs_differ(&w->guest, &w->host, at);

	if (!what)
		what = irbs_differ(&w->guest, &w->host, at);
	if (!what && w->guest.ch.state != w->host.ch.state)
		what = "suspended or ended";
	return what ? what : storage_differs(w);
}

static void print_irb(const char *who, const struct w_run *run,
		      unsigned int at)
{
	const uint8_t *raw;
	unsigned int i;

	if (at >= run->ch.nr_irbs)
		return;
	raw = run->ch.irb[at].raw;
	printf("# %s:", who);
	for (i = 0; i < 32; i += 4)
		printf(" %08x", ch_be32(raw + i));
	putchar('\n');
}

static void explain(struct world *w, const char *what, unsigned int at)
{
	w_error(w, "%s differs at %u; %u and %u commands", what, at,
		w->guest.commands, w->host.commands);
	print_irb("guest's interruption", &w->guest, at);
	print_irb("translated program's", &w->host, at);
}

/* One stretch of the guest's run, to compare with the host's just made */
static bool guest_agrees(struct world *w)
{
	const char *what, *first = NULL;
	unsigned int v, at, first_at = 0;

	for (v = 0; v < CH_VARIANTS; v++) {
		if (w->trace)
			printf("# guest, variant %u\n", v);
		rewind_guest(w, v);
		run_on(&w->guest);
		if (!v && (w->wild || stored_over_program(w))) {
			w->wild = true;
			return true;
		}
		what = differs(w, &at);
		if (!what) {
			w->variant_used = v;
			return true;
		}
		if (!v) {
			first = what;
			first_at = at;
		}
	}
	rewind_guest(w, 0);
	run_on(&w->guest);
	explain(w, first, first_at);
	return false;
}

static void complete(struct world *w, uint8_t *raw)
{
	struct vfio_ccw_irb irb;
	uint32_t cpa;

	memcpy(&irb, raw, sizeof(irb));
	cpa = be32_to_cpu(irb.scsw.cpa);
	vfio_ccw_cp_complete(w->cp, &irb);
	/* Whatever the program is: it only looks, and says the same again */
	if (vfio_ccw_cp_overwrote(w->cp, cpa) !=
	    vfio_ccw_cp_overwrote(w->cp, cpa))
		w_error(w, "read over its own CCWs, and not");
	memcpy(raw, &irb, sizeof(irb));
	no_host_address(w, raw);
}

static void host_stretch(struct world *w)
{
	unsigned int i;

	run_on(&w->host);
	w->suspended_at = (uint32_t)w->host.ch.ccw + 8;
	for (i = 0; i < w->host.ch.nr_irbs; i++)
		complete(w, w->host.ch.irb[i].raw);
}

/* After a stretch has agreed, it is where the next one starts */
static void keep(struct world *w)
{
	unsigned int i;

	for (i = 0; i < w->nr_pages; i++)
		memcpy(w->page[i].ref, w->page[i].data, W_PAGE);
	w->snap = w->guest;
}

static void apply_edits(struct world *w, unsigned int stage)
{
	unsigned int i;

	for (i = 0; i < w->nr_edits; i++) {
		struct w_edit *e = &w->edit[i];

		if (e->stage == stage)
			w_put(w, e->iova, e->bytes, e->len);
	}
}

/*
 * Status that is not of a run: the addresses in it must not get out. PoP
 * figure 16-6: unpredictable with a deferred condition code or after the clear
 * function.
 */
static void foreign_status(struct world *w)
{
	static const struct {
		uint32_t word0;
		bool must_be_zero;
	} status[] = {
		{ 0x00801001, true },	/* clear function ended */
		{ 0x01804017, false },	/* deferred condition code 1 */
		{ 0x03804017, false },	/* deferred condition code 3 */
		{ 0x00806007, false },	/* halt and start functions ended */
		{ 0x00800011, true },	/* unsolicited alert */
		{ 0x00804007, false },	/* start function ended */
	};
	uint32_t junk[3] = { w->suspended_at, W_ARENA_END - 8, W_HOST_LOW + 16 };
	uint8_t raw[CH_IRB_SIZE];
	unsigned int i, j;

	for (i = 0; i < sizeof(status) / sizeof(*status); i++) {
		for (j = 0; j < 3; j++) {
			memset(raw, 0, sizeof(raw));
			ch_put32(raw, status[i].word0);
			ch_put32(raw + 4, junk[j]);
			/* ESW with both addresses given as valid */
			raw[0] |= 0x04;
			ch_put32(raw + 16, 0x02800000);
			ch_put32(raw + 20, W_HOST_LOW + 0x123);
			ch_put32(raw + 28, junk[2 - j]);
			complete(w, raw);
			if (status[i].must_be_zero && ch_be32(raw + 4))
				w_error(w, "cpa with status %08x is not zero",
					status[i].word0);
		}
	}
}

/* Until RESUME SUBCHANNEL is accepted, each time as if it were */
static int resume(struct world *w, const uint8_t host_orb[12])
{
	unsigned int n;
	int rc;

	for (n = 0; n <= w->refusals && !w->error[0]; n++) {
		vfio_ccw_cp_begin_resume(w->cp, true, w->hide_cpa ? 0 :
						w->suspended_at);
		rc = vfio_ccw_cp_prepare_resume(w->cp);
		if (rc)
			return rc;
		vfio_ccw_cp_commit_resume(w->cp);
		w_reach(w, w->host.ch.next, false, host_orb);
	}
	vfio_ccw_cp_resumed(w->cp);
	return 0;
}

static bool runs(struct world *w, const uint8_t host_orb[12])
{
	unsigned int stage;
	int rc;

	for (stage = 0; ; stage++) {
		host_stretch(w);
		if (w->error[0])
			return false;
		if (!w->wild && !guest_agrees(w))
			return false;
		if (w->host.ch.state != CH_SUSPENDED || stage == W_MAX_STAGES)
			break;
		apply_edits(w, stage);
		keep(w);
		w->resumed = true;
		rc = resume(w, host_orb);
		if (rc) {
			w->resume_rc = rc;
			if (!w->failed && !w->mutate && rc != -E2BIG &&
			    !(w->hide_cpa && rc == -EBUSY))
				w_error(w, "resume answered %d", rc);
			return !w->error[0];
		}
		if (w->error[0])
			return false;
		ch_resume(&w->host.ch);
		ch_resume(&w->snap.ch);
	}
	foreign_status(w);
	return !w->error[0];
}

static void check_claims(struct world *w, bool live)
{
	unsigned int i;

	for (i = 0; i < w->nr_pages; i++) {
		struct w_page *page = &w->page[i];
		bool used = vfio_ccw_cp_uses(w->cp, page->iova + 2047, 2);

		if (used && !live)
			w_error(w, "claims page %llx after release",
				(unsigned long long)page->iova);
		if (!used && page->pins &&
		    !(w->keeps && vfio_ccw_pins_any(&w->pins, page->iova, 1)))
			w_error(w, "does not claim pinned page %llx",
				(unsigned long long)page->iova);
		if (page->pins && page->pin_dir & VFIO_CCW_PIN_WRITE &&
		    !(page->perm & W_WRITE))
			w_error(w, "pins a read-only page for input");
	}
	if (!live && w->nr_pins && !w->keeps)
		w_error(w, "%u pins left after release", w->nr_pins);
}

static bool claimed(const struct world *w, uint64_t iova)
{
	return vfio_ccw_cp_uses(w->cp, iova, W_PAGE);
}

/* Has a pin that holds @page another one that is used? */
static bool neighbour_used(struct world *w, const struct w_page *page)
{
	const struct w_pin *pin = w->pin;
	unsigned int i;

	for (; pin < w->pin + w->nr_pins; pin++)
		for (i = 0; page->iova - pin->iova < pin->npages * W_PAGE &&
		     i < pin->npages; i++)
			if (w_find(w, pin->iova + i * W_PAGE)->reached)
				return true;
	return false;
}

/*
 * With a store: it is pinned for what the channel does with it; what was pinned
 * anew for more was kept for that; and what is claimed without being used is
 * beside something that is, and kept with it.
 */
static void check_needs_kept(struct world *w, struct w_page *page)
{
	uint8_t asked = page->asked & (uint8_t)~page->had_dir;

	if (page->reached & ~page->pin_dir)
		w_error(w, "page %llx is pinned for %u, used for %u",
			(unsigned long long)page->iova, page->pin_dir,
			page->reached);
	if (asked & ~page->reached)
		w_error(w, "page %llx was pinned for %u, is used for %u",
			(unsigned long long)page->iova, page->asked,
			page->reached);
	if (claimed(w, page->iova) && !page->reached && !neighbour_used(w, page))
		w_error(w, "page %llx is claimed, not used",
			(unsigned long long)page->iova);
}

static void check_needs_alone(struct world *w, struct w_page *page)
{
	if (page->pin_dir != page->reached)
		w_error(w, "page %llx is pinned for %u, used for %u",
			(unsigned long long)page->iova, page->pin_dir,
			page->reached);
	if (claimed(w, page->iova) && !page->reached)
		w_error(w, "page %llx is claimed, not used",
			(unsigned long long)page->iova);
}

/*
 * The converse of what w_reach() asks for: what is pinned is pinned for what the
 * channel can do with it, not for more, and nothing is claimed that is not used
 */
static void check_needs(struct world *w)
{
	unsigned int i;

	if (w->cut)
		return;
	for (i = 0; i < w->nr_pages; i++) {
		struct w_page *page = &w->page[i];

		if (w->keeps)
			check_needs_kept(w, page);
		else
			check_needs_alone(w, page);
		/* Holes next to it: whoever meets them is cut short */
		if ((!w_find(w, page->iova + W_PAGE) &&
		     claimed(w, page->iova + W_PAGE)) ||
		    (!w_find(w, page->iova - W_PAGE) &&
		     claimed(w, page->iova - W_PAGE)))
			w_error(w, "a hole next to page %llx is claimed",
				(unsigned long long)page->iova);
	}
}

static void begin(struct world *w)
{
	unsigned int i;

	for (i = 0; i < w->nr_pages; i++) {
		struct w_page *page = &w->page[i];

		memcpy(page->ref, page->data, W_PAGE);
		memset(page->fetched, 0, sizeof(page->fetched));
		memset(page->stored, 0, sizeof(page->stored));
		page->fetched_any = false;
		page->stored_any = false;
	}
	w->reads = 0;
	w->pin_calls = 0;
	w->alloc_calls = 0;
	w->read_bytes = 0;
	w->pin_pages = 0;
	w->resumed = false;
	w->resume_rc = 0;
	if (w->mutate)
		w->wild = true;
}

static bool start_host(struct world *w, uint8_t host_orb[12])
{
	struct vfio_ccw_orb orb;

	vfio_ccw_cp_host_orb(w->cp, 0x00c0ffee, &orb);
	memcpy(host_orb, &orb, 12);
	memcpy(w->host_orb, &orb, 12);
	if (ch_be32(host_orb) != 0x00c0ffee)
		w_error(w, "the host's interruption parameter is not ours");
	if (host_orb[4] >> 4 != w->orb[4] >> 4)
		w_error(w, "the host's key is not the guest's");
	/* Neither the guest's address limit nor its extension */
	if (ch_be32(host_orb + 4) & 0x00100001u)
		w_error(w, "host ORB word 1 is %08x", ch_be32(host_orb + 4));
	set_up(w, &w->host, true);
	if (!ch_start(&w->host.ch, host_orb))
		w_error(w, "host ORB word 1 is %08x", ch_be32(host_orb + 4));
	if (!w_reach(w, ch_be32(host_orb + 8), true, host_orb))
		return false;
	check_needs(w);
	return !w->error[0];
}

static enum w_result translated(struct world *w)
{
	uint8_t host_orb[12];

	check_claims(w, true);
	set_up(w, &w->snap, false);
	if (!ch_start(&w->snap.ch, w->orb))
		w_error(w, "accepted ORB word 1 %08x", ch_be32(w->orb + 4));
	if (w->error[0] || !start_host(w, host_orb) || !runs(w, host_orb))
		return W_FAILED;
	check_claims(w, true);
	return w->wild ? W_SAFE : W_EQUAL;
}

static bool errno_of_guest(int rc)
{
	return rc == -EFAULT || rc == -EINVAL || rc == -EPERM || rc == -ENOENT;
}

/* The program was there before: its pages are kept, as far as they can be */
static void warm_up(struct world *w, const struct vfio_ccw_orb *orb)
{
	void (*mutate)(struct world *w, uint64_t iova, size_t len, bool after);
	unsigned int fail_read = w->fail_read, fail_pin = w->fail_pin;
	unsigned int fail_alloc = w->fail_alloc, nr_losses = w->nr_losses;
	unsigned long fail_nth = user_fail_nth;

	mutate = w->mutate;
	w->mutate = NULL;
	w->fail_read = 0;
	w->fail_pin = 0;
	w->fail_alloc = 0;
	w->nr_losses = 0;
	user_fail_nth = 0;
	w_admit(w);
	vfio_ccw_cp_translate(w->cp, orb);
	vfio_ccw_cp_release(w->cp);
	w->mutate = mutate;
	w->fail_read = fail_read;
	w->fail_pin = fail_pin;
	w->fail_alloc = fail_alloc;
	w->nr_losses = nr_losses;
	user_fail_nth = fail_nth;
}

static void start_with_store(struct world *w, const struct vfio_ccw_orb *orb)
{
	if (w->warm)
		warm_up(w, orb);
	w_lose(w, W_LOSS_BEFORE, 0);
	w_admit(w);
}

/* Whatever was given up meanwhile: the next program does not reach it */
static void once_more(struct world *w, const struct vfio_ccw_orb *orb)
{
	uint8_t host_orb[12];
	struct vfio_ccw_orb host;

	w->nr_losses = 0;
	w->mutate = NULL;
	w->fail_read = 0;
	w->fail_pin = 0;
	w->fail_alloc = 0;
	user_fail_nth = 0;
	w->resumed = false;
	w_admit(w);
	if (!vfio_ccw_cp_translate(w->cp, orb)) {
		vfio_ccw_cp_host_orb(w->cp, 0x00c0ffee, &host);
		memcpy(host_orb, &host, 12);
		w_reach(w, ch_be32(host_orb + 8), true, host_orb);
		check_claims(w, true);
	}
	vfio_ccw_cp_release(w->cp);
	check_claims(w, false);
	w_check_store(w);
	w_forget(w);
}

enum w_result w_check(struct world *w, const struct w_want *want, int *rc)
{
	enum w_result result = W_REFUSED;
	struct vfio_ccw_orb orb;
	bool leased;

	if (!w->cp)
		w->cp = vfio_ccw_cp_alloc(w_mem_ops(), w);
	if (!w->cp) {
		*rc = -ENOMEM;
		return want->may_refuse ? W_REFUSED : W_FAILED;
	}
	w_attach_store(w);
	w->copies = 0;
	begin(w);
	memcpy(&orb, w->orb, sizeof(orb));
	*rc = vfio_ccw_cp_check_orb(&orb);
	if (!*rc && w->keeps)
		start_with_store(w, &orb);
	if (!*rc)
		*rc = vfio_ccw_cp_translate(w->cp, &orb);
	if (!*rc)
		result = translated(w);
	else if (w->nr_pins && !w->keeps)
		w_error(w, "%u pins left after a failed translation",
			w->nr_pins);
	leased = w->pins.leased[1];
	vfio_ccw_cp_release(w->cp);
	vfio_ccw_cp_release(w->cp);
	check_claims(w, false);
	if (w->keeps && !vfio_ccw_cp_check_orb(&orb)) {
		/* Its end has unpinned all that was given up, without being asked */
		if (leased && w->pins.stale)
			w_error(w, "what was given up is pinned after the end");
		w_check_store(w);
		once_more(w, &orb);
	}
	if (w->error[0])
		return W_FAILED;
	if (result == W_REFUSED && *rc != want->rc && !want->may_refuse) {
		w_error(w, "answered %d%s", *rc, errno_of_guest(*rc) ?
			" to an error of the guest's program" : "");
		return W_FAILED;
	}
	if (want->rc && *rc != want->rc) {
		w_error(w, "answered %d instead of %d", *rc, want->rc);
		return W_FAILED;
	}
	return result;
}
