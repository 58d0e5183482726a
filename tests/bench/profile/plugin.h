/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the plugins of this folder need of QEMU
 *
 * Debian's QEMU takes plugins but ships no header for them, so the few functions of
 * version 4 of its plugin interface that are needed are declared here. With them the
 * marks of a program, as a plugin sees them: branches (mark.h) that are never taken.
 */
#ifndef BENCH_PLUGIN_H
#define BENCH_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_scoreboard;

struct qemu_plugin_u64 {
	struct qemu_plugin_scoreboard *score;
	size_t offset;
};

enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

typedef void (*trans_cb)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*exec_cb)(unsigned int vcpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, trans_cb cb);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest,
			     size_t len);
void
qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(struct qemu_plugin_insn *i,
						    enum qemu_plugin_op op,
						    struct qemu_plugin_u64 at,
						    uint64_t imm);
void
qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(struct qemu_plugin_tb *tb,
						  enum qemu_plugin_op op,
						  struct qemu_plugin_u64 at,
						  uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    exec_cb cb,
					    enum qemu_plugin_cb_flags flags,
					    void *data);
struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t size);
void *qemu_plugin_scoreboard_find(struct qemu_plugin_scoreboard *score,
				  unsigned int vcpu);
int qemu_plugin_num_vcpus(void);

/* brc 0: the opcode, and what the target says */
#define MARK		0xa704
#define MARK_FROM	0x5a01
#define MARK_TO		0x5a02
#define MARK_WRITE	0x5a03
#define MARK_CLEAR	0x5a04

#endif /* BENCH_PLUGIN_H */
