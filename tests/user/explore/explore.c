// SPDX-License-Identifier: GPL-2.0
/*
 * Exhaustive exploration of the shipped state machine
 *
 * Breadth first from the initial world: every action that is enabled, with
 * every alternative of every choice in it, until nothing new turns up. All
 * that must hold is checked in every world and on every transition; the first
 * violation is printed with a shortest way to it.
 *
 * Liveness: from every world a world at rest can be reached by fair actions
 * alone, that is without any decision of the user, without luck and without
 * the device going away.
 *
 * usage: explore [WITH [TRANSITIONS]]: what may happen, bits of WITH_*; it ends
 * with status 3 if there are more transitions than that. Prints how the cells
 * of the table were left.
 */
#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/types.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hw.h"
#include "user_shim.h"
#include "world.h"

#define NONE	U32_MAX

/* One world: its bytes in the arena, and how it was reached first */
struct node {
	u64 at;
	u32 parent;
	u16 label;
	u16 len;
};

struct edge {
	u32 from, to;
};

static struct node *nodes;
static u32 nr_nodes, max_nodes;
static unsigned char *arena;
static u64 arena_used, arena_size;
/* Number of the world in the low half, part of its hash in the high one */
static u64 *table;
static u64 table_size;
static struct edge *edges;
static u64 nr_edges, max_edges;
static unsigned char *at_rest;
static u64 transitions, most_transitions;
static unsigned int peak_raw, peak_out;
static bool verbose;

/* Where the exploration is: the world gone from, and by which action */
static u32 current = NONE;
static unsigned int current_label;

/*
 * Choices: the alternatives taken in this run of an action; next_run() moves
 * on to the next combination
 */
#define MAX_CHOICES	96

static struct {
	unsigned int taken, of;
} choice[MAX_CHOICES];
static unsigned int nr_choices, next_choice;

unsigned int explore_choose(unsigned int n)
{
	if (hw_dead || n < 2)
		return 0;
	if (next_choice == nr_choices) {
		if (nr_choices == MAX_CHOICES)
			explore_violation("too many choices in one action");
		choice[nr_choices].taken = 0;
		choice[nr_choices++].of = n;
	}
	return choice[next_choice++].taken;
}

static bool next_run(void)
{
	while (nr_choices) {
		if (++choice[nr_choices - 1].taken < choice[nr_choices - 1].of)
			return true;
		nr_choices--;
	}
	return false;
}

/* Actions first, then the moves of the hardware */
static unsigned int nr_labels(void)
{
	return nr_actions + nr_hw_moves;
}

static const char *label_name(unsigned int label)
{
	return label < nr_actions ? actions[label].name :
				    hw_moves[label - nr_actions].name;
}

static bool label_enabled(unsigned int label)
{
	return label < nr_actions ? actions[label].enabled() :
				    hw_moves[label - nr_actions].enabled();
}

static void label_act(unsigned int label)
{
	if (label < nr_actions)
		actions[label].act();
	else
		hw_moves[label - nr_actions].act();
}

static bool label_fair(unsigned int label)
{
	return label < nr_actions ? !actions[label].user :
				    hw_moves[label - nr_actions].fair;
}

static void print_way(u32 n)
{
	if (nodes[n].parent != NONE)
		print_way(nodes[n].parent);
	world_unpack(arena + nodes[n].at);
	printf("#   %-32s ", nodes[n].parent == NONE ? "initially" :
	       label_name(nodes[n].label));
	world_print();
}

void explore_violation(const char *fmt, ...)
{
	struct world bad = w;
	va_list ap;

	printf("VIOLATION: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (current != NONE) {
		print_way(current);
		w = bad;
		printf("#   %-32s ", label_name(current_label));
		world_print();
	}
	exit(1);
}

static void *grow(void *old, u64 bytes)
{
	void *new = realloc(old, bytes);

	if (!new) {
		fprintf(stderr, "out of memory\n");
		exit(2);
	}
	return new;
}

static u64 hash(const unsigned char *buf, size_t len)
{
	u64 h = len, word;

	for (; len >= sizeof(word); len -= sizeof(word), buf += sizeof(word)) {
		memcpy(&word, buf, sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 32;
	}
	word = 0;
	memcpy(&word, buf, len);
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
	return h ^ (h >> 32);
}

static u64 *slot_of(u64 where)
{
	return &table[where & (table_size - 1)];
}

static u64 entry_of(u64 h, u32 n)
{
	return (h & ~(u64)U32_MAX) | n;
}

static void rehash(void)
{
	u64 h, slot;
	u32 n;

	table_size = table_size ? 2 * table_size : 1 << 16;
	table = grow(table, table_size * sizeof(*table));
	memset(table, 0xff, table_size * sizeof(*table));
	for (n = 0; n < nr_nodes; n++) {
		h = hash(arena + nodes[n].at, nodes[n].len);
		for (slot = h; (u32)*slot_of(slot) != NONE; slot++)
			;
		*slot_of(slot) = entry_of(h, n);
	}
}

static u32 add(const unsigned char *buf, size_t len)
{
	if (nr_nodes == max_nodes) {
		max_nodes = max_nodes ? 2 * max_nodes : 1 << 12;
		nodes = grow(nodes, max_nodes * sizeof(*nodes));
		at_rest = grow(at_rest, max_nodes);
	}
	while (arena_used + len > arena_size) {
		arena_size = arena_size ? 2 * arena_size : 1 << 20;
		arena = grow(arena, arena_size);
	}
	memcpy(arena + arena_used, buf, len);
	nodes[nr_nodes] = (struct node) {
		.at = arena_used, .parent = current, .label = current_label,
		.len = len,
	};
	at_rest[nr_nodes] = world_rests();
	arena_used += len;
	return nr_nodes++;
}

/* The number of this world; a new one is checked and will be explored */
static u32 visit(void)
{
	unsigned char buf[WORLD_BYTES];
	size_t len = world_pack(buf);
	u64 h = hash(buf, len), slot;
	u32 n;

	for (slot = h;; slot++) {
		n = *slot_of(slot);
		if (n == NONE)
			break;
		if (*slot_of(slot) == entry_of(h, n) && nodes[n].len == len &&
		    !memcmp(arena + nodes[n].at, buf, len))
			return n;
	}
	/* What is explored is exactly what is stored */
	world_unpack(buf);
	world_check();
	world_check_ahead();
	if (w.fsm.rawq.len > peak_raw)
		peak_raw = w.fsm.rawq.len;
	if (w.fsm.outq.len > peak_out)
		peak_out = w.fsm.outq.len;
	n = add(buf, len);
	*slot_of(slot) = entry_of(h, n);
	if (nr_nodes > table_size / 2)
		rehash();
	return n;
}

static void note_edge(u32 from, u32 to)
{
	if (from == to)
		return;
	if (nr_edges == max_edges) {
		max_edges = max_edges ? 2 * max_edges : 1 << 16;
		edges = grow(edges, max_edges * sizeof(*edges));
	}
	edges[nr_edges++] = (struct edge) { from, to };
}

static void explore_label(unsigned int label)
{
	u32 to;

	current_label = label;
	nr_choices = 0;
	do {
		world_unpack(arena + nodes[current].at);
		next_choice = 0;
		label_act(label);
		transitions++;
		to = visit();
		if (label_fair(label))
			note_edge(current, to);
	} while (next_run());
}

/* How the cells of the table were left, by state and event */
static u32 left_for[VFIO_CCW_NR_STATES][VFIO_CCW_NR_EVENTS];

void explore_stepped(enum vfio_ccw_event event, enum vfio_ccw_state from,
		     enum vfio_ccw_state to)
{
	left_for[from][event] |= BIT(to);
}

/* Every way out of every cell of the table, and whether it was taken */
static void print_cells(void)
{
	unsigned int state, event, to;
	struct vfio_ccw_cell cell;

	for (state = 0; state < VFIO_CCW_NR_STATES; state++)
		for (event = 0; event < VFIO_CCW_NR_EVENTS; event++) {
			vfio_ccw_fsm_cell(state, event, &cell);
			for (to = 0; to < VFIO_CCW_NR_STATES; to++)
				if (cell.to & BIT(to))
					printf("CELL %d %s in %s, then %s\n",
					       !!(left_for[state][event] &
						  BIT(to)),
					       vfio_ccw_event_name(event),
					       vfio_ccw_state_name(state),
					       vfio_ccw_state_name(to));
		}
}

/* Every action enabled in the current world */
static void explore_world(void)
{
	unsigned int label, n = 0, able[64];

	world_unpack(arena + nodes[current].at);
	for (label = 0; label < nr_labels(); label++)
		if (label_enabled(label))
			able[n++] = label;
	for (label = 0; label < n; label++)
		explore_label(able[label]);
}

static void explore(void)
{
	world_init();
	rehash();
	visit();
	for (current = 0; current < nr_nodes; current++) {
		if (verbose && !(current & 0xffff))
			fprintf(stderr, "# %u of %u states, %llu transitions\n",
				current, nr_nodes,
				(unsigned long long)transitions);
		explore_world();
		if (most_transitions && transitions > most_transitions) {
			printf("TOO MANY: %u of %u states\n", current, nr_nodes);
			exit(3);
		}
	}
}

/* Edges by target, for the way back from rest */
static void sort_edges(u64 *first, u32 *from)
{
	u64 i, sum = 0, count;

	for (i = 0; i < nr_edges; i++)
		first[edges[i].to]++;
	for (i = 0; i <= nr_nodes; i++) {
		count = first[i];
		first[i] = sum;
		sum += count;
	}
	for (i = 0; i < nr_edges; i++)
		from[first[edges[i].to]++] = edges[i].from;
	for (i = nr_nodes; i; i--)
		first[i] = first[i - 1];
	first[0] = 0;
}

/* Returns a world that cannot come to rest, NONE if there is none */
static u32 restless(void)
{
	u64 *first = calloc((u64)nr_nodes + 2, sizeof(*first));
	u32 *from = grow(NULL, (nr_edges + 1) * sizeof(*from));
	u32 *queue = grow(NULL, (u64)nr_nodes * sizeof(*queue));
	u32 n, head = 0, tail = 0;
	u64 i;

	if (!first)
		exit(2);
	sort_edges(first, from);
	for (n = 0; n < nr_nodes; n++)
		if (at_rest[n])
			queue[tail++] = n;
	while (head < tail) {
		n = queue[head++];
		for (i = first[n]; i < first[n + 1]; i++)
			if (!at_rest[from[i]]) {
				at_rest[from[i]] = true;
				queue[tail++] = from[i];
			}
	}
	free(first);
	free(from);
	free(queue);
	for (n = 0; n < nr_nodes; n++)
		if (!at_rest[n])
			return n;
	return NONE;
}

int main(int argc, char **argv)
{
	u32 n;

	with = argc > 1 ? strtoul(argv[1], NULL, 0) : U32_MAX;
	most_transitions = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	user_warn_abort = false;
	verbose = getenv("EXPLORE_VERBOSE");
	explore();
	n = restless();
	if (n != NONE) {
		printf("VIOLATION: no way to rest\n");
		print_way(n);
		return 1;
	}
	printf("EXPLORED: %u states, %llu transitions, longest queues %u raw %u out\n",
	       nr_nodes, (unsigned long long)transitions, peak_raw, peak_out);
	print_cells();
	return 0;
}
