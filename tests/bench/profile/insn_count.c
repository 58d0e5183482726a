// SPDX-License-Identifier: GPL-2.0
/*
 * A QEMU plugin that counts each guest instruction between two marks
 *
 * usage: -plugin ./insn_count.so,out=FILE
 *
 * The program under test executes marks, branches that are never taken and
 * whose target says what they mean (see bench.c): forget what was counted, count
 * from here on, count no more, and write what was counted. For each of the
 * latter FILE receives a line "=" and one line "ADDRESS COUNT" for each virtual
 * address that was executed meanwhile, hexadecimal and decimal. One virtual CPU
 * only.
 *
 * Runs on the build machine; part of no kernel.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

__attribute__((visibility("default"))) int qemu_plugin_version = 4;

#define BUCKETS		(1U << 16)
#define ADDRESSES	(1U << 19)	/* guest instructions, kernel and all */

/**
 * struct address - one guest instruction
 * @vaddr: guest virtual address
 * @next: 1 + index of the next in the bucket
 * @from: its counter at the last MARK_FROM
 * @count: times executed between marks since the last MARK_CLEAR
 */
struct address {
	uint64_t vaddr;
	uint32_t next;
	uint64_t from;
	uint64_t count;
};

static uint32_t buckets[BUCKETS];
static struct address addresses[ADDRESSES];
static uint32_t nr_addresses;
static struct qemu_plugin_scoreboard *counters;
static FILE *out;

static void give_up(const char *why)
{
	fprintf(stderr, "insn_count: %s\n", why);
	exit(1);
}

/* a block may be translated again: the address keeps its counter */
static uint32_t index_of(uint64_t vaddr)
{
	uint32_t *bucket = &buckets[(vaddr >> 1) % BUCKETS];
	uint32_t i;

	for (i = *bucket; i; i = addresses[i - 1].next)
		if (addresses[i - 1].vaddr == vaddr)
			return i - 1;
	if (nr_addresses == ADDRESSES)
		give_up("too many instructions");
	addresses[nr_addresses].vaddr = vaddr;
	addresses[nr_addresses].next = *bucket;
	*bucket = ++nr_addresses;
	return nr_addresses - 1;
}

static void mark_from(unsigned int vcpu, void *data)
{
	const uint64_t *now = qemu_plugin_scoreboard_find(counters, vcpu);
	uint32_t i;

	(void)data;
	for (i = 0; i < nr_addresses; i++)
		addresses[i].from = now[i];
}

/* what was translated since the last MARK_FROM began with nothing */
static void mark_to(unsigned int vcpu, void *data)
{
	const uint64_t *now = qemu_plugin_scoreboard_find(counters, vcpu);
	uint32_t i;

	(void)data;
	for (i = 0; i < nr_addresses; i++)
		addresses[i].count += now[i] - addresses[i].from;
}

static void mark_write(unsigned int vcpu, void *data)
{
	uint32_t i;

	(void)vcpu;
	(void)data;
	fputs("=\n", out);
	for (i = 0; i < nr_addresses; i++)
		if (addresses[i].count)
			fprintf(out, "%" PRIx64 " %" PRIu64 "\n",
				addresses[i].vaddr, addresses[i].count);
	fflush(out);
}

static void mark_clear(unsigned int vcpu, void *data)
{
	uint32_t i;

	(void)vcpu;
	(void)data;
	for (i = 0; i < nr_addresses; i++)
		addresses[i].count = 0;
}

static exec_cb mark_of(const struct qemu_plugin_insn *insn)
{
	uint8_t code[4];

	if (qemu_plugin_insn_data(insn, code, sizeof(code)) != sizeof(code) ||
	    (code[0] << 8 | code[1]) != MARK)
		return NULL;
	switch (code[2] << 8 | code[3]) {
	case MARK_FROM:
		return mark_from;
	case MARK_TO:
		return mark_to;
	case MARK_WRITE:
		return mark_write;
	case MARK_CLEAR:
		return mark_clear;
	default:
		return NULL;
	}
}

static void count(struct qemu_plugin_insn *insn)
{
	struct qemu_plugin_u64 counter = { .score = counters };

	counter.offset = sizeof(uint64_t) *
			 index_of(qemu_plugin_insn_vaddr(insn));
	qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn,
							    QEMU_PLUGIN_INLINE_ADD_U64,
							    counter, 1);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);
	struct qemu_plugin_insn *insn;
	exec_cb mark;

	(void)id;
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		mark = mark_of(insn);
		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark,
							       QEMU_PLUGIN_CB_NO_REGS,
							       NULL);
		else
			count(insn);
	}
}

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out = fopen(argv[0] + 4, "w");
	if (!out) {
		perror(argv[0] + 4);
		return -1;
	}
	counters = qemu_plugin_scoreboard_new(ADDRESSES * sizeof(uint64_t));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
