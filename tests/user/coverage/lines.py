#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Lines of source files that were run, from gcov's annotated listings.

usage: lines.py LEAST LISTING.gcov...

Prints one test result for each file (TAP), with the lines that were not run. It
fails, and so does this program, if a file is below LEAST percent or has no code.
"""
import os
import sys


def count_lines(path):
    """(lines with code, [number of each that was not run])

    A line of an inline function is listed again for each object that has it.
    """
    runs = {}
    with open(path, encoding="utf-8") as listing:
        for line in listing:
            times, _, rest = line.partition(":")
            times = times.strip().rstrip("*")
            number = rest.partition(":")[0].strip()
            if times == "-" or not number.isdigit() or int(number) == 0:
                continue
            ran = times not in ("#####", "=====")
            runs[int(number)] = runs.get(int(number), False) or ran
    return len(runs), sorted(number for number, ran in runs.items() if not ran)


def main():
    """One result for each listing."""
    least = float(sys.argv[1])
    bad = 0
    print(f"1..{len(sys.argv) - 2}")
    for number, path in enumerate(sys.argv[2:], 1):
        total, missed = count_lines(path)
        percent = 100.0 * (total - len(missed)) / total if total else 0.0
        word = "not ok" if percent < least else "ok"
        print(f"{word} {number} - {os.path.basename(path).removesuffix('.gcov')}:"
              f" {total - len(missed)} of {total} lines run, {percent:.2f} %")
        if missed:
            print("# not run:", " ".join(map(str, missed)))
        bad += percent < least
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
