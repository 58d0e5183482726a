#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Explore the shipped state machine, then defective copies of it.

usage: mutants.py quick|long CORE OUT CC CFLAGS... -- OBJECT...

The shipped source has to be free of violations. Each mutant is a copy of it
with exactly one piece of text replaced; that text has to be there exactly
once, and the exploration has to find the defect. Prints TAP.
"""

import concurrent.futures
import os
import subprocess
import sys
import tempfile

# What is explored together: the bits of WITH_* in world.h
RESET, SHUTDOWN, PATHS, UNMAP = 1, 2, 4, 8
RESUME, THREADS, FLOOD, TWO = 16, 32, 64, 128
CC3, ODD, REINIT, SILENT = 256, 512, 1024, 2048
LATE, VMM, PAIRS = 4096, 8192, 16384

PARTS = {
    "reset": RESET, "shutdown": SHUTDOWN, "paths": PATHS, "unmap": UNMAP,
    "resume": RESUME, "threads": THREADS, "flood": FLOOD, "two": TWO,
    "cc3": CC3, "odd": ODD, "reinit": REINIT, "silent": SILENT,
    "late": LATE, "vmm": VMM, "pairs": PAIRS,
}

# Everything at once has too many worlds. In every "make check":
QUICK = [
    RESET | SHUTDOWN | CC3,
    RESET | UNMAP | FLOOD,
    UNMAP | RESUME | FLOOD,
    RESUME | THREADS,
    THREADS | TWO,
    PATHS,
    RESET | RESUME | ODD,
    RESET | REINIT,
    RESET | LATE,
    RESET | VMM,
    LATE | VMM,
    PAIRS,
]

# In "make check-long": what takes minutes
LONG = [
    RESET | UNMAP | THREADS | FLOOD | TWO,
    UNMAP | RESUME | THREADS | FLOOD | TWO,
    RESET | SHUTDOWN | UNMAP | RESUME | THREADS | FLOOD,
    RESET | PATHS | UNMAP,
    PATHS | RESUME,
    PATHS | THREADS,
    PATHS | SILENT,
    RESET | LATE | VMM,
]

FSM = "vfio_ccw_fsm.c"
STATUS = "vfio_ccw_status.c"

# name: (file, what to explore, text, what it becomes)
MUTANTS = {
    "loss of the device answers nothing": (
        FSM, 0,
        "\tfsm_stop_accepting(fsm);\n\tfsm_answer_functions(fsm);\n",
        "\tfsm_stop_accepting(fsm);\n\tfsm->fc = 0;\n"),
    "clear does not purge what is queued for the user": (
        FSM, 0,
        "\tvfio_ccw_statusq_purge(&fsm->outq);\n"
        "\tfsm_note_surplus(fsm, told);\n\tfsm_end_hold(fsm);\n"
        "\tfsm->fc = VFIO_CCW_FC_CLEAR;\n",
        "\tfsm_end_hold(fsm);\n\tfsm->fc = VFIO_CCW_FC_CLEAR;\n"),
    "clear does not purge what the interrupt handler queued": (
        FSM, 0,
        "\t\tvfio_ccw_statusq_purge(&fsm->rawq);\n"
        "\t\tfsm->op++;\n\t\tfsm_attend(fsm);\n",
        "\t\tfsm_attend(fsm);\n"),
    "clear releases the program at once": (
        FSM, 0,
        "\tfsm->fc = VFIO_CCW_FC_CLEAR;\n\tfsm->kill = 0;\n",
        "\tfsm_retire_program(fsm, t->fx);\n"
        "\tfsm->fc = VFIO_CCW_FC_CLEAR;\n\tfsm->kill = 0;\n"),
    "queued status does not make a start busy": (
        FSM, 32,
        "\tif (!vfio_ccw_statusq_pending(&fsm->outq)) {\n\t\tfsm_lock(fsm);\n",
        "\t{\n\t\tfsm_lock(fsm);\n"),
    "status in the interrupt queue does not make a start busy": (
        FSM, 0,
        "\tif (vfio_ccw_statusq_pending(&fsm->rawq))\n\t\treturn 1;\n"
        "\tpaths = ",
        "\tpaths = "),
    "a start does not look at the generation": (
        FSM, 33,
        "\tif (arg->gen != fsm->gen)\n\t\treturn -EAGAIN;\n", ""),
    "an unmap does not outdate translations": (
        FSM, 40,
        "static int fsm_note_unmap(struct vfio_ccw_fsm *fsm, struct turn *t)\n"
        "{\n\tfsm_outdate(fsm);\n",
        "static int fsm_note_unmap(struct vfio_ccw_fsm *fsm, struct turn *t)\n"
        "{\n"),
    "any status ends the function": (
        STATUS, 0,
        "\t\t\tVFIO_CCW_STATUS_ENDS : VFIO_CCW_STATUS_INTER;\n",
        "\t\t\tVFIO_CCW_STATUS_ENDS : VFIO_CCW_STATUS_ENDS;\n"),
    "a halted suspended program is taken for running": (
        STATUS, 16,
        "\t\t\tVFIO_CCW_STATUS_ENDS : VFIO_CCW_STATUS_INTER;\n",
        "\t\t\tVFIO_CCW_STATUS_INTER : VFIO_CCW_STATUS_INTER;\n"),
    "secondary status of a read end is merged into it": (
        STATUS, 32,
        "\t\tif (old->peeked)\n\t\t\treturn NULL;\n", ""),
    "cancelling for a lost path is silent": (
        FSM, PATHS,
        "\tfsm_answer_functions(fsm);\n\tfsm_retire_program(fsm, t->fx);\n"
        "\tt->next = VFIO_CCW_STATE_IDLE;\n",
        "\tfsm->fc = 0;\n\tfsm->kill = 0;\n\tfsm_retire_program(fsm, t->fx);\n"
        "\tt->next = VFIO_CCW_STATE_IDLE;\n"),
    "the clear for a lost path is shown as a clear": (
        FSM, 4,
        "\tif (fsm->kill)\n\t\tfsm_answer_functions(fsm);\n"
        "\telse\n\t\tfsm_report_status(fsm, &st);\n",
        "\tfsm_report_status(fsm, &st);\n\tfsm->kill = 0;\n"),
    "the end of a start keeps the program": (
        FSM, 0,
        "\tfsm->fc = 0;\n\tfsm_retire_program(fsm, t->fx);\n"
        "\tt->next = VFIO_CCW_STATE_IDLE;\n\treturn 0;\n}\n\n/* Is the end of",
        "\tfsm->fc = 0;\n"
        "\tt->next = VFIO_CCW_STATE_IDLE;\n\treturn 0;\n}\n\n/* Is the end of"),
    "a stuck program is released": (
        FSM, 0,
        "\tfx->mask |= VFIO_CCW_FX_QUARANTINE;\n", ""),
    "QUIESCING is left although disabling failed": (
        FSM, 0,
        "\tif (ret)\n\t\treturn -EINPROGRESS;\n\tfsm_answer_functions(fsm);\n",
        "\tfsm_answer_functions(fsm);\n"),
    "a rung of the ladder sets no deadline": (
        FSM, 0,
        "\tfsm_timer_on(fsm, t->fx);\n\treturn -EINPROGRESS;\n",
        "\treturn -EINPROGRESS;\n"),
    "the ladder has no end": (
        FSM, 0,
        "\t\tfsm->step++;\n\t\tcc = fsm_rung_insn(fsm, insn);\n",
        "\t\tfsm->step += fsm->step < 4;\n\t\tcc = fsm_rung_insn(fsm, insn);\n"),
    "an unmap waits without a deadline": (
        FSM, 8,
        "\tif (fsm->cp && t->then == NO_EVENT)\n"
        "\t\tfsm_set_deadline(fsm, t->fx);\n", ""),
    "a deadline is noted and not set": (
        FSM, 8,
        "\tfsm->deadline = true;\n\tfsm_timer_on(fsm, fx);\n",
        "\tfsm->deadline = true;\n"),
    "the clear for a lost path has no deadline": (
        FSM, PATHS,
        "\tif (!why.cancelled) {\n\t\tfsm_set_deadline(fsm, t->fx);\n",
        "\tif (!why.cancelled) {\n"),
    "a start whose path is not known is left alone": (
        FSM, PATHS,
        "\treturn used ? used & (lost | ~left) : !(fsm->lpm & left);\n",
        "\treturn used & (lost | ~left);\n"),
    "a start is ended for a path that it does not use": (
        FSM, PATHS,
        "\treturn used ? used & (lost | ~left) : !(fsm->lpm & left);\n",
        "\treturn used || !(fsm->lpm & left);\n"),
    "a start is ended for a path that an earlier one used": (
        FSM, PATHS,
        "\treturn pending ? 0 : schib->lpum;\n",
        "\treturn pending ? schib->lpum : schib->lpum;\n"),
    "a start is ended for a path lost before it": (
        FSM, PATHS, "\t\tfsm->lost = 0;\n\t\tfsm_attend(fsm);\n",
        "\t\tfsm_attend(fsm);\n"),
    "an end that is pending is taken away": (
        FSM, PATHS,
        "\tif (fsm_end_is_pending(&schib))\n\t\treturn -1;\n", ""),
    "status is taken as long as some comes": (
        FSM, FLOOD,
        "\t\tfor (; left && vfio_ccw_statusq_pending(&fsm->rawq); left--)\n",
        "\t\tfor (; left && vfio_ccw_statusq_pending(&fsm->rawq);)\n"),
    "an event waits until no status comes": (
        FSM, FLOOD | PATHS, "\t\t\tleft--;\n\t\t\tcontinue;\n",
        "\t\t\tcontinue;\n"),
    "a start in BUSY reaches the hardware": (
        FSM, THREADS | TWO,
        "STAY(refuse_busy, BUSY)", "CELL(idle_ssch, S(BUSY), E(GONE))"),
    "a program with a resume pending is taken for suspended": (
        FSM, RESUME,
        "\treturn (ac & VFIO_CCW_AC_SUSP) && !(ac & VFIO_CCW_AC_RESUME);\n",
        "\treturn ac & VFIO_CCW_AC_SUSP;\n"),
    "a tail is put in place while status is pending": (
        FSM, RESUME,
        "\tif (schib.scsw.ctl & cpu_to_be32(VFIO_CCW_SC_PEND))\n"
        "\t\treturn 1;\n", ""),
    "an address that is stored without status is believed": (
        FSM, RESUME,
        "\t*host_cpa = fsm->suspended_cpa;\n",
        "\t*host_cpa = be32_to_cpu(schib.scsw.cpa);\n"),
    "a resume takes the address of an earlier suspension": (
        FSM, RESUME,
        "\tif (!cc) {\n\t\tfsm->suspended_cpa = 0;\n", "\tif (!cc) {\n"),
    "a resume takes the address of an earlier start": (
        FSM, RESUME,
        "\t\tfsm->lpm = *lpm;\n\t\tfsm->suspended_cpa = 0;\n",
        "\t\tfsm->lpm = *lpm;\n"),
    "a resume does not look at the generation": (
        FSM, RESUME | UNMAP | THREADS,
        "\tif (arg->gen != fsm->gen || !arg->resume || arg->cp != fsm->cp)\n",
        "\tif (!arg->resume || arg->cp != fsm->cp)\n"),
    "an unmap leaves a running program alone": (
        FSM, 8,
        "\tif (!t->arg->touches)\n\t\treturn 0;\n", "\treturn 0;\n"),
    "the next status is not announced": (
        FSM, 0,
        "\tvfio_ccw_statusq_pop(&fsm->outq);\n\tfsm_announce_head(fsm, fx);\n",
        "\tvfio_ccw_statusq_pop(&fsm->outq);\n"),
    "status is announced again and again": (
        FSM, 0,
        "\tif (!fsm->outq.len || head->seq == fsm->signalled)\n",
        "\tif (!fsm->outq.len)\n"),
    "held status is never released": (
        FSM, 0,
        "\t\tfsm->holding = true;\n\t\tfx->mask |= VFIO_CCW_FX_HOLD;\n",
        "\t\tfsm->holding = true;\n"),
    "acknowledging takes whatever is there": (
        FSM, 32,
        "\tif (!fsm->outq.len || head->seq != seq)\n",
        "\tif (!fsm->outq.len)\n"),
    "unregistration does not wait for the close": (
        FSM, 0,
        "\telse if (reason == VFIO_CCW_REASON_GONE)\n",
        "\tif (reason == VFIO_CCW_REASON_GONE)\n"),
    "close keeps what is queued": (
        FSM, 0,
        "\tfsm->opened = false;\n\tfsm_forget_status(fsm);\n"
        "\treturn fsm_begin_quiesce(fsm, t, VFIO_CCW_STATE_STANDBY);\n",
        "\tfsm->opened = false;\n"
        "\treturn fsm_begin_quiesce(fsm, t, VFIO_CCW_STATE_STANDBY);\n"),
    "a suspended program goes on without its new tail": (
        FSM, RESUME,
        "\tfsm->ops->resume(fsm->ctx, fsm->cp);\n",
        "\tif (!fsm_is_suspended(&schib))\n"
        "\t\tfsm->ops->resume(fsm->ctx, fsm->cp);\n"),
    "a running program goes on without its new tail": (
        FSM, RESUME,
        "\tfsm->ops->resume(fsm->ctx, fsm->cp);\n",
        "\tif (fsm_is_suspended(&schib))\n"
        "\t\tfsm->ops->resume(fsm->ctx, fsm->cp);\n"),
    "a program is resumed that none was prepared for": (
        FSM, RESUME | TWO,
        "\tif (arg->gen != fsm->gen || !arg->resume || arg->cp != fsm->cp)\n",
        "\tif (arg->gen != fsm->gen || (arg->resume && arg->cp != fsm->cp))\n"),
    "the starter does not let the worker in again": (
        FSM, 0,
        "\t} while (fsm->attended && !fsm_attention_ends(fsm, left));\n",
        "\t} while (fsm->attended && vfio_ccw_statusq_pending(&fsm->rawq));"
        "\n"),
    "the starter lets the worker in without looking": (
        FSM, 0,
        "\treturn !fsm->attended;\n}\n\n/**\n * vfio_ccw_fsm_drain",
        "\tfsm->attended = false;\n\treturn true;\n}\n\n"
        "/**\n * vfio_ccw_fsm_drain"),
    "a halt that does nothing keeps the subchannel idle": (
        FSM, 0,
        "\tfsm->fc |= VFIO_CCW_FC_HALT;\n\tt->next = VFIO_CCW_STATE_BUSY;\n",
        "\tfsm->fc |= VFIO_CCW_FC_HALT;\n"),
    "a refused request changes the state": (
        FSM, 0,
        "\tif (cc)\n\t\treturn fsm_cc_result(fsm, t, CC_XSCH, cc);\n",
        "\tif (cc == 2)\n\t\tt->next = VFIO_CCW_STATE_IDLE;\n"
        "\tif (cc)\n\t\treturn fsm_cc_result(fsm, t, CC_XSCH, cc);\n"),
    "unsolicited status is dropped": (
        FSM, 0,
        "\tvfio_ccw_statusq_push(&fsm->rawq, irb, class, fsm->op);\n",
        "\tif (class != VFIO_CCW_STATUS_UNSOL)\n"
        "\t\tvfio_ccw_statusq_push(&fsm->rawq, irb, class, fsm->op);\n"),
    "secondary status is dropped": (
        FSM, 0,
        "\tvfio_ccw_statusq_push(&fsm->rawq, irb, class, fsm->op);\n",
        "\tif (class != VFIO_CCW_STATUS_REST)\n"
        "\t\tvfio_ccw_statusq_push(&fsm->rawq, irb, class, fsm->op);\n"),
    "intermediate status is dropped": (
        FSM, 0,
        "\tvfio_ccw_statusq_push(&fsm->rawq, irb, class, fsm->op);\n",
        "\tif (class != VFIO_CCW_STATUS_INTER)\n"
        "\t\tvfio_ccw_statusq_push(&fsm->rawq, irb, class, fsm->op);\n"),
    "a halt is accepted while alert status is queued": (
        STATUS, 0,
        "\treturn st->class == VFIO_CCW_STATUS_INTER &&\n"
        "\t       !(status_ctl(&st->irb) & VFIO_CCW_SC_ALERT);\n",
        "\treturn st->class == VFIO_CCW_STATUS_INTER;\n"),
    "an end that a cancel has met is cleared away": (
        FSM, UNMAP,
        "\tif (cc == 1 && !fsm_store(fsm, &schib) && fsm_end_is_pending(&schib))\n"
        "\t\treturn -1;\n", ""),
    "a shutdown discards an end that is pending": (
        FSM, SHUTDOWN,
        "\tbool wait = fsm->step <= VFIO_CCW_QUIESCE_HALTS && "
        "fsm_end_comes(fsm);\n",
        "\tbool wait = false;\n"),
    "a subchannel that was initialised anew is used on": (
        FSM, REINIT,
        "\tif (!ret && fsm->accepting &&\n", "\tif (0 && !ret &&\n"),
    "a device that was lost before a start is lost again": (
        FSM, RESET | REINIT,
        "\tif ((posted & BIT(VFIO_CCW_EVENT_NODEV)) && fsm_is_back(fsm))\n"
        "\t\tposted &= ~BIT(VFIO_CCW_EVENT_NODEV);\n", ""),
    "a cancel looks at the function before the status": (
        FSM, 0,
        "\tif (fsm_status_pending(fsm))\n\t\treturn fsm_cc_errno[CC_XSCH][1];\n",
        "\tif (vfio_ccw_statusq_pending(&fsm->outq))\n"
        "\t\treturn fsm_cc_errno[CC_XSCH][1];\n"),
    "a resume looks at the function before the status": (
        FSM, RESUME,
        "\tif (fsm_status_pending(fsm))\n"
        "\t\treturn fsm_cc_errno[fsm_rsch_kind(t)][1];\n",
        "\tif (vfio_ccw_statusq_pending(&fsm->outq))\n"
        "\t\treturn fsm_cc_errno[fsm_rsch_kind(t)][1];\n"),
    "a path that is lost without a report is not noticed": (
        FSM, PATHS | SILENT,
        "\treturn used ? used & (lost | ~left) : !(fsm->lpm & left);\n",
        "\treturn used ? used & lost : !(fsm->lpm & left);\n"),
    "attentions of different paths are one": (
        STATUS, PAIRS,
        "status_lpum(&old->irb) == status_lpum(irb));\n",
        "status_lpum(&old->irb) == status_lpum(&old->irb));\n"),
    "sense that nobody has read is overwritten": (
        STATUS, PAIRS,
        "\t\t\treturn status_both_sense(&old->irb, irb) ? NULL : old;\n",
        "\t\t\treturn old;\n"),
    "what failed to be enabled is left so": (
        FSM, ODD,
        "\tif (unlikely(ret) && !fsm_is_lost(ret))\n"
        "\t\tfsm->ops->disable(fsm->ctx);\n", ""),
    "attention of a suspended device ends the start": (
        STATUS, ODD | RESUME,
        "\tif (ctl & (VFIO_CCW_AC_SCH_ACT | VFIO_CCW_AC_SUSP))\n",
        "\tif (ctl & VFIO_CCW_AC_SCH_ACT)\n"),
    "an address that comes with attention is believed": (
        FSM, ODD | RESUME,
        "\t    sc == (VFIO_CCW_SC_INTER | VFIO_CCW_SC_PEND))\n",
        "\t    sc & VFIO_CCW_SC_PEND)\n"),
    "who waits for the end of QUIESCING is not woken": (
        FSM, RESET | TWO,
        "\t\tt->fx->mask |= VFIO_CCW_FX_WAKE;\n", ""),
    "a signal for status that was taken away is forgotten": (
        FSM, LATE | VMM,
        "\tif (told && fsm_told_of(fsm) != told && fsm->surplus < UINT_MAX)\n"
        "\t\tfsm->surplus++;\n", ""),
    "an end is shown once, whatever signals are left": (
        FSM, LATE | VMM,
        "\t\tfsm->taken = head->irb;\n\t\tfsm->again = true;\n", ""),
    "an end is shown again after the next request": (
        FSM, LATE | VMM,
        "\t\tfsm_end_hold(fsm);\n\t\tfsm->again = false;\n",
        "\t\tfsm_end_hold(fsm);\n"),
    "an end is shown again after the look before a request": (
        FSM, LATE | VMM,
        "\t*gen = fsm->gen;\n\tfsm->again = false;\n",
        "\t*gen = fsm->gen;\n"),
    "a cancel is always refused": (
        FSM, 0,
        "\tif (fsm->fc != VFIO_CCW_FC_START || fsm->kill)\n"
        "\t\treturn fsm_cc_errno[CC_XSCH][2];\n",
        "\treturn fsm_cc_errno[CC_XSCH][2];\n"),
    "a halt of an idle subchannel is refused": (
        FSM, 0,
        "\tif (fsm->fc & (VFIO_CCW_FC_HALT | VFIO_CCW_FC_CLEAR))\n"
        "\t\treturn 2;\n",
        "\tif (!fsm->fc)\n\t\treturn 2;\n"),
}


class Explored:
    """What came of one exploration"""

    def __init__(self, status, lines, seconds, megabytes):
        self.clean = status == 0
        self.too_many = status == 3
        self.verdict = lines[0]
        self.cells = [line.split(maxsplit=2)[1:] for line in lines
                      if line.startswith("CELL ")]
        self.trace = [line for line in lines[1:]
                      if not line.startswith("CELL ")]
        self.cost = f"{seconds:.0f} s, {megabytes} MB"


class Bench:
    """Builds and runs explorers"""

    def __init__(self, core, out, compiler, objects):
        self.core, self.out = core, out
        self.compiler, self.objects = compiler, objects

    def build(self, name, change=None):
        """Compile the core, one file of it changed; return the program"""
        where = os.path.join(self.out, name.replace(" ", "-"))
        os.makedirs(where, exist_ok=True)
        sources = []
        for source in (FSM, STATUS):
            with open(os.path.join(self.core, source),
                      encoding="utf-8") as file:
                text = file.read()
            if change and change[0] == source:
                _, _, old, new = change
                if text.count(old) != 1:
                    raise ValueError(f"its text is there {text.count(old)} "
                                     "times, not once")
                text = text.replace(old, new)
            sources.append(os.path.join(where, source))
            with open(sources[-1], "w", encoding="utf-8") as file:
                file.write(text)
        program = os.path.join(where, "explore")
        subprocess.run(self.compiler + ["-Wno-unused-function",
                                        "-Wno-unused-variable",
                                        "-Wno-unused-but-set-variable",
                                        "-o", program]
                       + sources + self.objects, check=True)
        return program

    @staticmethod
    def run(program, what, most=0):
        """Explore, as far as most transitions; what it used is measured"""
        with tempfile.TemporaryFile("w+") as output:
            with subprocess.Popen([program, str(what), str(most)],
                                  stdout=output) as child:
                _, status, used = os.wait4(child.pid, 0)
                child.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            lines = output.read().splitlines()
        if child.returncode not in (0, 1, 3) or not lines:
            raise ValueError(f"ended with {child.returncode}: {lines}")
        return Explored(child.returncode, lines, used.ru_utime,
                        used.ru_maxrss // 1024)


class Tap:
    """Prints what is found in the order in which it was asked for"""

    def __init__(self):
        self.number = self.failed = 0

    def __call__(self, fine, text, comments=()):
        self.number += 1
        self.failed += not fine
        print(f"{'ok' if fine else 'not ok'} {self.number} - {text}")
        for comment in comments:
            print(comment if comment.startswith("#") else f"# {comment}")
        sys.stdout.flush()

    def end(self):
        """The plan comes last"""
        print(f"1..{self.number}")
        if self.failed:
            print(f"# {self.failed} failed")
        return self.failed != 0


def title(what):
    """The parts of a combination"""
    return " ".join(name for name, bit in PARTS.items() if what & bit) or \
        "open, requests, loss"


def explore_shipped(bench, pool, tap, runs):
    """Nothing may be wrong with what is shipped; return the ways taken"""
    shipped = bench.build("shipped")
    ways = {}
    for what, found in zip(runs, pool.map(
            lambda what: bench.run(shipped, what), runs)):
        for taken, way in found.cells:
            ways[way] = ways.get(way, False) or taken == "1"
        tap(found.clean, f"the shipped state machine, {title(what)}: "
            f"{found.verdict}", found.trace + [found.cost])
    return ways


def print_ways(ways):
    """Which ways out of the cells of the table no exploration has taken"""
    taken = [way for way, found in ways.items() if found]
    print(f"# {len(taken)} of {len(ways)} ways out of cells are taken")
    for way in sorted(set(ways) - set(taken)):
        print(f"# never taken: {way}")


def kill(bench, pool, tap):
    """Every mutant has to be found"""
    def one(item):
        name, mutant = item
        try:
            found = bench.run(bench.build(name, mutant), mutant[1])
        except (ValueError, subprocess.CalledProcessError) as error:
            return name, False, str(error), ""
        return (name, not found.clean, found.verdict,
                f"found after {len(found.trace) - 1} actions")

    for name, dead, verdict, way in pool.map(one, MUTANTS.items()):
        tap(dead, f'mutant "{name}": {verdict}', [way] if dead else [])


def main():
    args = sys.argv[1:]
    split = args.index("--")
    mode, core, out = args[:3]
    bench = Bench(core, out, args[3:split], args[split + 1:])
    tap = Tap()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if mode == "quick":
            print_ways(explore_shipped(bench, pool, tap, QUICK))
            kill(bench, pool, tap)
        else:
            explore_shipped(bench, pool, tap, LONG)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
