#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Break each cell of the state machine's table; a unit test has to notice.

usage: cells.py CORE OUT CC CFLAGS... -- OBJECT...

Every cell gets another action, twice, with the outcomes of the table left as
they are. The objects are the unit tests of the state machine and what they
need but vfio_ccw_fsm.c itself. Prints TAP.
"""

import os
import re
import subprocess
import sys

CELL = re.compile(r"(\t\t\[VFIO_CCW_EVENT_(\w+)\]\s*= (?:CELL|STAY)\()(\w+)"
                  r"(,.*)")
STATE = re.compile(r"\t\[VFIO_CCW_STATE_(\w+)\] = {")
OTHERS = ("no_op", "refuse_io")
OTHERS_OF_THESE = ("refuse_busy", "refuse_nodev")


def broken_cells(lines):
    """For each cell and each other action: names, and all lines"""
    state = None
    for number, line in enumerate(lines):
        found = STATE.fullmatch(line)
        if found:
            state = found[1]
        found = CELL.fullmatch(line)
        if not found:
            continue
        start, event, action, rest = found.groups()
        others = OTHERS_OF_THESE if action in OTHERS else OTHERS
        for other in others:
            changed = lines.copy()
            changed[number] = start + other + rest
            yield f"{state} {event}: {other} for {action}", changed


def noticed(compiler, out, lines, objects):
    """Build and run the unit tests with this table"""
    source = os.path.join(out, "vfio_ccw_fsm.c")
    program = os.path.join(out, "kunit-cell")
    with open(source, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))
    subprocess.run(compiler + ["-w", "-o", program, source] + objects,
                   check=True)
    run = subprocess.run([program, "vfio_ccw_fsm"], check=False,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return run.returncode != 0


def main():
    args = sys.argv[1:]
    split = args.index("--")
    core, out = args[:2]
    compiler, objects = args[2:split], args[split + 1:]
    failed = number = 0

    with open(os.path.join(core, "vfio_ccw_fsm.c"), encoding="utf-8") as file:
        lines = file.read().split("\n")
    os.makedirs(out, exist_ok=True)
    if noticed(compiler, out, lines, objects):
        print("Bail out! the unit tests fail without any change")
        return 1
    for number, (name, changed) in enumerate(broken_cells(lines), 1):
        good = noticed(compiler, out, changed, objects)
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name}", flush=True)
    print(f"1..{number}")
    return failed != 0 or number == 0


if __name__ == "__main__":
    sys.exit(main())
