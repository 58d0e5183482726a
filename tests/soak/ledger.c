// SPDX-License-Identifier: GPL-2.0
/*
 * The account of a session: see soak.h for what "exactly once" means
 */
#include <stdlib.h>
#include <string.h>

#include "soak.h"

#define FC		(CCWIO_FC_START | CCWIO_FC_HALT | CCWIO_FC_CLEAR)
#define FOREVER		UINT64_MAX
/* Entries shown around a fault */
#define SHOWN		8

static const char * const op_names[NR_OPS] = {
	"-", "start", "halt", "clear", "cancel", "resume", "reset", "read",
};

static const char * const count_names[NR_COUNTS] = {
	"sessions", "of them killed", "type 1", "iommufd", "starts accepted",
	"requests refused", "answers", "of them without a number",
	"excused by clear, cancel, reset", "cut off by a kill", "shown again",
	"halts accepted", "clears accepted", "cancels accepted",
	"resumes accepted", "resets", "unsolicited", "intermediate",
	"data compared", "waits given up", "unmaps", "memory given up",
	"attaches", "eventfds replaced", "other accesses", "forks", "execs",
	"programs rewritten", "random programs", "opens that failed",
	"out of memory", "losses met", "valid programs with a bit changed",
};

const char *count_name(enum count count)
{
	return count_names[count];
}

/*
 * An entry for a call that is about to be made: @reuse, if that has told
 * nothing. The last ones stay free for the end of the session. NULL if full.
 */
struct entry *ledger_begin(struct ledger *l, struct entry *reuse, enum op op,
			   unsigned int device)
{
	struct entry *e = reuse;
	unsigned int n;

	if (!e) {
		n = atomic_fetch_add(&l->used, 1);
		if (n >= ENTRIES) {
			l->used = ENTRIES;
			return NULL;
		}
		e = &l->entry[n];
	}
	e->device = device;
	e->end = 0;
	e->result = 0;
	e->begin = now_ns();
	/* Somebody killed from here on leaves a call that did not return */
	atomic_signal_fence(memory_order_seq_cst);
	e->op = op;
	return e;
}

/*
 * The same rule as TEST SUBCHANNEL's: does status end a function? Where that leaves
 * it open, the subchannel still suspended, it is the halt function of one that the
 * machine halts so: QEMU keeps the bit.
 */
bool ledger_ends(uint32_t ctl)
{
	uint32_t sc = ctl & 0x1f;

	if (!(sc & CCWIO_SC_PEND) || !(ctl & FC))
		return false;
	if (sc == CCWIO_SC_PEND && ctl & CCWIO_FC_HALT)
		return true;
	if (sc == (CCWIO_SC_INTER | CCWIO_SC_PEND))
		return (ctl & CCWIO_FC_HALT) && (ctl & CCWIO_AC_SUSP);
	if (sc & CCWIO_SC_INTER && !(sc & (CCWIO_SC_PRIM | CCWIO_SC_SEC)))
		return false;
	return !(ctl & (CCWIO_AC_SCH | CCWIO_AC_SUSP));
}

/*
 * Does status leave open whether a function has ended? A device that is suspended, or
 * has only begun, asks for attention: what TEST SUBCHANNEL makes of that is the machine's.
 */
static bool leaves_open(uint32_t ctl)
{
	return ctl & CCWIO_SC_PEND && ctl & FC && !ledger_ends(ctl) &&
	       (ctl & 0x1f) != (CCWIO_SC_INTER | CCWIO_SC_PEND);
}

/**
 * struct function - an accepted function while it is judged
 * @e: its request
 * @limit: its time ends here at the latest
 * @excused: it need not have been accepted
 */
struct function {
	struct entry *e;
	uint64_t limit;
	bool excused;
};

/**
 * struct account - one device of a session while it is judged
 * @l: the session
 * @device: index within it
 * @all: entries of the device, by @begin
 * @nr: how many
 * @f: accepted starts, halts and clears, by enum op
 * @nr_f: how many
 * @faults: found so far
 */
struct account {
	struct ledger *l;
	unsigned int device;
	struct entry **all;
	unsigned int nr;
	struct function *f[OP_CLEAR + 1];
	unsigned int nr_f[OP_CLEAR + 1];
	unsigned int faults;
};

static uint64_t end_of(const struct entry *e)
{
	return e->end ? e->end : FOREVER;
}

static int by_begin(const void *a, const void *b)
{
	const struct entry *x = *(struct entry * const *)a;
	const struct entry *y = *(struct entry * const *)b;

	return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* Where in the list, for what is shown beside a fault */
static unsigned int place_of(const struct account *a, const struct entry *e)
{
	unsigned int i;

	for (i = 0; i < a->nr; i++)
		if (a->all[i] == e)
			break;
	return i;
}

static void tell(struct account *a, const struct entry *e, const char *what)
{
	unsigned int at = place_of(a, e), i;
	const struct entry *x;
	uint64_t zero;

	if (a->faults++ > 2)
		return;
	printf("# %s: session %016llx flavour %x %s, device 0.0.%04x\n", what,
	       (unsigned long long)a->l->seed, a->l->flavour,
	       a->l->backend == CCWIO_TYPE1 ? "type 1" : "iommufd",
	       board->devno[a->l->device[a->device]]);
	zero = a->all[at > SHOWN ? at - SHOWN : 0]->begin;
	for (i = at > SHOWN ? at - SHOWN : 0; i < a->nr && i < at + SHOWN; i++) {
		x = a->all[i];
		printf("# %s %8llu-%8llu us %-6s %d", x == e ? "->" : "  ",
		       (unsigned long long)(x->begin - zero) / 1000,
		       x->end ? (unsigned long long)(x->end - zero) / 1000 : 0,
		       op_names[x->op], x->result);
		if (x->op == OP_START)
			printf(" number %u", x->number);
		if (x->op == OP_READ)
			printf(" %08x %08x %08x", x->ctl, x->cpa, x->status);
		printf("\n");
	}
}

static bool accepted(const struct entry *e)
{
	return e->end && !e->result;
}

/* A request that did not return may have been accepted, and may not */
static bool maybe(const struct entry *e)
{
	return !e->end;
}

static void collect(struct account *a)
{
	unsigned int i, op;
	struct entry *e;

	for (i = 0; i < a->nr; i++) {
		e = a->all[i];
		op = e->op;
		if (op < OP_START || op > OP_CLEAR)
			continue;
		if (!accepted(e) && !maybe(e))
			continue;
		a->f[op][a->nr_f[op]++] = (struct function){
			.e = e, .limit = FOREVER, .excused = maybe(e),
		};
	}
}

/* See soak.h for when a function's time ends */
static void set_limits(struct account *a)
{
	unsigned int op, i, k;
	struct function *f;
	struct entry *e;

	for (op = OP_START; op <= OP_CLEAR; op++) {
		for (i = 0; i < a->nr_f[op]; i++) {
			f = &a->f[op][i];
			for (k = 0; k < a->nr; k++) {
				e = a->all[k];
				if (e->begin < end_of(f->e) || !accepted(e))
					continue;
				if (e->op != OP_START && e->op != OP_CLEAR &&
				    e->op != OP_RESET)
					continue;
				if (e->end < f->limit)
					f->limit = e->end;
				/* The rest began after this one's end */
				if (e->begin > f->limit)
					break;
			}
		}
	}
}

static bool fits(const struct function *f, const struct entry *read)
{
	return end_of(read) >= f->e->begin && read->begin <= f->limit;
}

/* The number that an answer has by its address; false if none */
static bool numbered(const struct account *a, const struct entry *read,
		     uint32_t *place)
{
	uint32_t base = AREA_PROGRAMS + a->device * AREA_STEP;

	if (!(read->ctl & CCWIO_FC_START) || read->cpa < base + 8 ||
	    read->cpa >= base + PLACES * PLACE_SIZE)
		return false;
	*place = (read->cpa - 8 - base) / PLACE_SIZE;
	return true;
}

/* May @read show what another one took before? */
static bool may_be_shown_again(const struct account *a, unsigned int at)
{
	const struct entry *read = a->all[at], *e;
	bool dropped = false, same = false;
	uint64_t since = 0;
	unsigned int i;

	for (i = 0; i < at; i++) {
		e = a->all[i];
		if (e->op >= OP_START && e->op <= OP_RESET &&
		    end_of(e) < read->begin) {
			if ((e->op == OP_HALT || e->op == OP_CLEAR ||
			     e->op == OP_RESET) && !e->result)
				dropped = true;
			/* A whole request between the two ends it */
			if (same && e->begin > since)
				same = false;
		}
		if (e->op == OP_READ && e->sum == read->sum &&
		    e->ctl == read->ctl && e->cpa == read->cpa) {
			since = same && since > end_of(e) ? since : end_of(e);
			same = true;
		}
	}
	/* A halt or clear in progress may have dropped something just now */
	for (i = 0; i < a->nr && !dropped; i++) {
		e = a->all[i];
		dropped = (e->op == OP_HALT || e->op == OP_CLEAR ||
			   e->op == OP_RESET) && e->begin < end_of(read) &&
			  !e->result;
	}
	return dropped && same;
}

/**
 * struct token - what a function can be matched with
 * @read: an answer, or NULL
 * @excuse: a request that excuses the function, or NULL
 * @again: the answer may be one that is shown again: it need not be matched
 * @open: it may be none: neither need it be
 * @placed: the answer has the number of a place
 * @place: that
 * @f: function that it is matched with, or -1
 * @seen: round of the search
 */
struct token {
	const struct entry *read, *excuse;
	bool again, open, placed;
	uint32_t place;
	int f;
	unsigned int seen;
};

/**
 * struct match - functions of one kind, and their answers and excuses
 * @op: OP_START, OP_HALT or OP_CLEAR
 * @f: functions
 * @nr_f: how many
 * @token: what they can be matched with, the answers first
 * @nr: how many
 * @nr_answers: how many of them are answers
 * @of: token of each function, or -1
 * @seen: round of the search, by function
 * @round: the present one
 */
struct match {
	unsigned int op;
	struct function *f;
	unsigned int nr_f;
	struct token *token;
	unsigned int nr, nr_answers;
	int *of;
	unsigned int *seen;
	unsigned int round;
};

static bool can_match(const struct function *f, const struct token *t)
{
	if (t->read) {
		if (t->placed && (f->e->number == NO_NUMBER ||
				  f->e->number % PLACES != t->place))
			return false;
		return fits(f, t->read);
	}
	return t->excuse != f->e && end_of(t->excuse) >= f->e->begin &&
	       t->excuse->begin <= f->limit;
}

/* An augmenting path from function @n to a token that is free */
static bool match_function(struct match *m, unsigned int n)
{
	struct token *t;
	unsigned int i;

	for (i = 0; i < m->nr; i++) {
		t = &m->token[i];
		if (t->seen == m->round || !can_match(&m->f[n], t))
			continue;
		t->seen = m->round;
		if (t->f < 0 || match_function(m, t->f)) {
			t->f = n;
			return true;
		}
	}
	return false;
}

/* The other way round: from answer @i to a function that is free */
static bool match_answer(struct match *m, unsigned int i)
{
	unsigned int n;

	for (n = 0; n < m->nr_f; n++) {
		if (m->seen[n] == m->round ||
		    !can_match(&m->f[n], &m->token[i]))
			continue;
		m->seen[n] = m->round;
		if (m->of[n] < 0 || match_answer(m, m->of[n])) {
			m->of[n] = i;
			return true;
		}
	}
	return false;
}

/* A reset that failed or did not return has dropped it, too */
static bool is_excuse(const struct entry *e, unsigned int op)
{
	switch (e->op) {
	case OP_RESET:
		return true;
	case OP_CLEAR:
		return accepted(e) || maybe(e);
	case OP_CANCEL:
		return op == OP_START && (accepted(e) || maybe(e));
	case OP_READ:
		/* A halt function ends the start, which its status may not name */
		return maybe(e) || (op == OP_START && ledger_ends(e->ctl) &&
				    (e->ctl & FC) == CCWIO_FC_HALT);
	default:
		return false;
	}
}

static void make_tokens(struct account *a, struct match *m)
{
	static const uint32_t bit[] = {
		[OP_START] = CCWIO_FC_START, [OP_HALT] = CCWIO_FC_HALT,
		[OP_CLEAR] = CCWIO_FC_CLEAR,
	};
	struct entry *e;
	struct token *t;
	unsigned int i;

	for (i = 0; i < a->nr; i++) {
		e = a->all[i];
		if (e->op != OP_READ || maybe(e) || !(e->ctl & bit[m->op]) ||
		    !(ledger_ends(e->ctl) || leaves_open(e->ctl)))
			continue;
		t = &m->token[m->nr++];
		*t = (struct token){ .read = e, .f = -1 };
		t->again = may_be_shown_again(a, i);
		t->open = leaves_open(e->ctl);
		t->placed = m->op == OP_START && numbered(a, e, &t->place);
	}
	m->nr_answers = m->nr;
	for (i = 0; i < a->nr; i++)
		if (is_excuse(a->all[i], m->op))
			m->token[m->nr++] = (struct token){
				.excuse = a->all[i], .f = -1,
			};
}

/*
 * Functions and answers are two sides of a graph. If some matching covers every
 * function (with answers and excuses), and some other one every answer, then there
 * is one that covers both (Mendelsohn and Dulmage): so each is looked for alone.
 */
static void judge_kind(struct account *a, unsigned int op, unsigned long *sum)
{
	struct match m = {
		.op = op, .f = a->f[op], .nr_f = a->nr_f[op],
		.token = calloc(2 * a->nr + 1, sizeof(*m.token)),
		.of = calloc(a->nr_f[op] + 1, sizeof(*m.of)),
		.seen = calloc(a->nr_f[op] + 1, sizeof(*m.seen)),
	};
	struct token *t;
	unsigned int i, spare;

	make_tokens(a, &m);
	for (i = 0; i < m.nr_f; i++) {
		m.of[i] = -1;
		m.round++;
		if (m.f[i].excused || match_function(&m, i))
			continue;
		if (!a->l->orderly && m.f[i].limit == FOREVER)
			sum[N_CUT_OFF]++;
		else
			tell(a, m.f[i].e, "lost status");
	}
	for (i = 0; i < m.nr; i++)
		if (m.token[i].f >= 0)
			sum[i < m.nr_answers ? N_ANSWERS : N_EXCUSED]++;
	memset(m.seen, 0, m.nr_f * sizeof(*m.seen));
	/* First those that have to be matched: no later one takes that away */
	for (spare = 0; spare < 2; spare++) {
		for (i = 0; i < m.nr_answers; i++) {
			t = &m.token[i];
			if ((t->again || t->open) != spare)
				continue;
			m.round++;
			sum[N_UNNUMBERED] += op == OP_START && !t->placed;
			if (match_answer(&m, i) || t->open)
				continue;
			if (t->again)
				sum[N_SHOWN_AGAIN]++;
			else
				tell(a, t->read, "doubled or wrong status");
		}
	}
	free(m.token);
	free(m.of);
	free(m.seen);
}

static unsigned int judge_device(struct ledger *l, unsigned int device,
				 unsigned long *sum)
{
	unsigned int used = l->used < ENTRIES ? l->used : ENTRIES, i, op;
	struct account a = { .l = l, .device = device };

	a.all = calloc(used + 1, sizeof(*a.all));
	for (op = OP_START; op <= OP_CLEAR; op++)
		a.f[op] = calloc(used + 1, sizeof(*a.f[op]));
	for (i = 0; i < used; i++)
		if (l->entry[i].op != OP_FREE && l->entry[i].device == device)
			a.all[a.nr++] = &l->entry[i];
	qsort(a.all, a.nr, sizeof(*a.all), by_begin);
	collect(&a);
	set_limits(&a);
	for (op = OP_START; op <= OP_CLEAR; op++)
		judge_kind(&a, op, sum);
	for (i = 0; i < a.nr; i++) {
		static const enum count of[NR_OPS] = {
			[OP_START] = N_STARTS, [OP_HALT] = N_HALTS,
			[OP_CLEAR] = N_CLEARS, [OP_CANCEL] = N_CANCELS,
			[OP_RESUME] = N_RESUMES, [OP_RESET] = N_RESETS,
		};

		op = a.all[i]->op;
		if (op != OP_READ && accepted(a.all[i]))
			sum[of[op]]++;
	}
	for (op = OP_START; op <= OP_CLEAR; op++)
		free(a.f[op]);
	free(a.all);
	return a.faults;
}

unsigned int ledger_judge(struct ledger *l, unsigned long sum[NR_COUNTS])
{
	unsigned int faults = 0, i;

	if (l->fault) {
		printf("# session %016llx flavour %x: %s\n",
		       (unsigned long long)l->seed, l->flavour, l->wrong);
		faults++;
	}
	for (i = 0; i < l->devices; i++)
		faults += judge_device(l, i, sum);
	for (i = 0; i < NR_COUNTS; i++)
		sum[i] += l->counts[i];
	sum[N_SESSIONS]++;
	sum[l->backend == CCWIO_TYPE1 ? N_TYPE1 : N_IOMMUFD]++;
	sum[N_KILLED] += l->ended_killed;
	return faults;
}
