// SPDX-License-Identifier: GPL-2.0
/*
 * A QEMU plugin that counts guest instructions of several processors
 *
 * usage: -plugin ./insn_total.so,out=FILE
 *
 * As insn_count.c beside this, but only their number, so that it slows the machine
 * little and works with any number of virtual CPUs. For each MARK_WRITE (mark.h)
 * FILE receives a line with what was executed since the last MARK_CLEAR:
 *
 *	INSNS CPU0 CPU1... SSCH n TSCH n STSCH n TPI n SIGP n LPSWE n
 *
 * the instructions of each virtual CPU, and of all of them those that leave the
 * emulated processor for the emulated machine: of START, TEST, STORE SUBCHANNEL, TEST
 * PENDING INTERRUPTION, SIGNAL PROCESSOR, and LOAD PSW EXTENDED, by which a processor
 * returns from an interruption or waits.
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

#define MAX_CPUS	16

/* What is counted by itself: the first two bytes, or the first alone */
static const struct {
	const char *name;
	uint16_t code, mask;
} kinds[] = {
	{ "SSCH", 0xb233, 0xffff },
	{ "TSCH", 0xb235, 0xffff },
	{ "STSCH", 0xb234, 0xffff },
	{ "TPI", 0xb236, 0xffff },
	{ "SIGP", 0xae00, 0xff00 },
	{ "LPSWE", 0xb2b2, 0xffff },
};

#define NR_KINDS	(sizeof(kinds) / sizeof(kinds[0]))

/**
 * struct counts - of one virtual CPU
 * @insns: instructions; a block that was left early counts as a whole
 * @kind: those of each of kinds[]
 */
struct counts {
	uint64_t insns;
	uint64_t kind[NR_KINDS];
};

static struct qemu_plugin_scoreboard *counters;
static struct counts cleared[MAX_CPUS];
static FILE *out;

static const struct counts *counts_of(unsigned int vcpu)
{
	return qemu_plugin_scoreboard_find(counters, vcpu);
}

static unsigned int nr_cpus(void)
{
	int n = qemu_plugin_num_vcpus();

	return n < MAX_CPUS ? n : MAX_CPUS;
}

static void mark_clear(unsigned int vcpu, void *data)
{
	unsigned int i;

	(void)vcpu;
	(void)data;
	for (i = 0; i < nr_cpus(); i++)
		cleared[i] = *counts_of(i);
}

static void mark_write(unsigned int vcpu, void *data)
{
	unsigned int i, k;

	(void)vcpu;
	(void)data;
	fputs("INSNS", out);
	for (i = 0; i < nr_cpus(); i++)
		fprintf(out, " %" PRIu64,
			counts_of(i)->insns - cleared[i].insns);
	for (k = 0; k < NR_KINDS; k++) {
		uint64_t sum = 0;

		for (i = 0; i < nr_cpus(); i++)
			sum += counts_of(i)->kind[k] - cleared[i].kind[k];
		fprintf(out, " %s %" PRIu64, kinds[k].name, sum);
	}
	fputc('\n', out);
	fflush(out);
}

static struct qemu_plugin_u64 counter(size_t offset)
{
	return (struct qemu_plugin_u64){ .score = counters, .offset = offset };
}

static void count_kind(struct qemu_plugin_insn *insn, uint16_t code)
{
	const enum qemu_plugin_op op = QEMU_PLUGIN_INLINE_ADD_U64;
	struct qemu_plugin_u64 at;
	unsigned int k;

	for (k = 0; k < NR_KINDS; k++) {
		if ((code & kinds[k].mask) != kinds[k].code)
			continue;
		at = counter(offsetof(struct counts, kind[k]));
		qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(insn, op,
								    at, 1);
	}
}

static exec_cb mark_of(uint16_t what)
{
	return what == MARK_WRITE ? mark_write :
	       what == MARK_CLEAR ? mark_clear : NULL;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	const enum qemu_plugin_op op = QEMU_PLUGIN_INLINE_ADD_U64;
	struct qemu_plugin_u64 at = counter(offsetof(struct counts, insns));
	size_t i, n = qemu_plugin_tb_n_insns(tb);
	struct qemu_plugin_insn *insn;
	uint8_t code[4];
	exec_cb mark;

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, op, at, n);
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (qemu_plugin_insn_data(insn, code, sizeof(code)) < 4)
			continue;
		count_kind(insn, code[0] << 8 | code[1]);
		mark = (code[0] << 8 | code[1]) == MARK ?
		       mark_of(code[2] << 8 | code[3]) : NULL;
		if (mark)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, mark,
							       QEMU_PLUGIN_CB_NO_REGS,
							       NULL);
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
	counters = qemu_plugin_scoreboard_new(sizeof(struct counts));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
