#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Lines of source files that were run, from gcov's annotated listings.

usage: lines.py LEAST LISTING.gcov...

Prints percentage and count for each file and the lines that were not run.
The exit status is 1 if a file is below LEAST percent or has no code at all.
"""
import os
import sys


def count_lines(path):
    """(lines with code, [number of each that was not run])"""
    total, missed = 0, []
    with open(path, encoding="utf-8") as listing:
        for line in listing:
            times, number = line.split(":", 2)[:2]
            times = times.strip().rstrip("*")
            if times == "-" or not number.strip().isdigit():
                continue
            if int(number) == 0:
                continue
            total += 1
            if times in ("#####", "====="):
                missed.append(int(number))
    return total, missed


def main():
    """One line for each listing."""
    least = float(sys.argv[1])
    bad = 0
    for path in sys.argv[2:]:
        total, missed = count_lines(path)
        percent = 100.0 * (total - len(missed)) / total if total else 0.0
        print(f"{percent:6.2f} %  {total - len(missed)} of {total} lines  "
              f"{os.path.basename(path).removesuffix('.gcov')}")
        if missed:
            print("          not run:", " ".join(map(str, missed)))
        bad += percent < least
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
