// SPDX-License-Identifier: GPL-2.0
/*
 * A QEMU plugin that counts how often each guest instruction is executed
 *
 * usage: -plugin ./insn_count.so,out=FILE
 *
 * FILE receives one line "ADDRESS COUNT" for each virtual address that was
 * executed, hexadecimal and decimal, when QEMU ends. Debian's QEMU takes
 * plugins but ships no header for them, so the few functions of version 1 of
 * its plugin interface that are needed are declared here.
 *
 * Runs on the build machine; part of no kernel.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

typedef void (*trans_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*exit_cb)(qemu_plugin_id_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, trans_cb cb);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, exit_cb cb,
				    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void
qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
					   enum qemu_plugin_op op, void *ptr,
					   uint64_t imm);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

#define BUCKETS	(1U << 16)

/**
 * struct counter - one guest address
 * @next: in the bucket
 * @vaddr: guest virtual address
 * @count: times executed; QEMU adds to it
 */
struct counter {
	struct counter *next;
	uint64_t vaddr;
	uint64_t count;
};

static struct counter *buckets[BUCKETS];
static char *out_name;

/* a block may be translated again: the address keeps its counter */
static struct counter *counter_of(uint64_t vaddr)
{
	struct counter **bucket = &buckets[(vaddr >> 1) % BUCKETS];
	struct counter *c;

	for (c = *bucket; c; c = c->next)
		if (c->vaddr == vaddr)
			return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->vaddr = vaddr;
	c->next = *bucket;
	*bucket = c;
	return c;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i, n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		struct counter *c = counter_of(qemu_plugin_insn_vaddr(insn));
		enum qemu_plugin_op add = QEMU_PLUGIN_INLINE_ADD_U64;

		qemu_plugin_register_vcpu_insn_exec_inline(insn, add, &c->count,
							   1);
	}
}

static void finish(qemu_plugin_id_t id, void *data)
{
	FILE *out = fopen(out_name, "w");
	unsigned int i;

	(void)id;
	(void)data;
	if (!out) {
		perror(out_name);
		return;
	}
	for (i = 0; i < BUCKETS; i++) {
		struct counter *c;

		for (c = buckets[i]; c; c = c->next)
			if (c->count)
				fprintf(out, "%" PRIx64 " %" PRIu64 "\n",
					c->vaddr, c->count);
	}
	fclose(out);
}

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		return -1;
	out_name = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, finish, NULL);
	return 0;
}
