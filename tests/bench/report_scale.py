#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Turn the lines of a run of many devices into a table in Markdown.

usage: report_scale.py LOG

Every figure is the median of the rounds of one boot; see scale.c and
guest-scale.sh for the lines.
"""
import statistics
import sys


def collect(path):
    """{(kind, driver, devices): list of tuples of figures}"""
    found = {}
    with open(path, errors='replace') as log:
        for line in log:
            words = line.split()
            if not words or words[0] not in ('SCALE', 'MEMORY', 'LATENCY',
                                             'BOUND'):
                continue
            devices = 0
            rest = words[2:]
            if words[0] != 'LATENCY':
                devices = int(words[2])
                rest = words[3:]
            found.setdefault((words[0], words[1], devices), []).append(
                tuple(float(w) for w in rest))
    return found


def medians(rounds):
    """The median of each column."""
    return [statistics.median(column) for column in zip(*rounds)]


def main():
    """Command line."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = collect(sys.argv[1])
    pairs = sorted({(k, n) for k, d, n in found if d == 'ours'
                    and (k, 'kernel', n) in found})
    if not pairs:
        sys.exit('report_scale.py: nothing was measured with both drivers')
    print('| figure | ours | kernel | ratio |')
    print('|---|---:|---:|---:|')
    for kind, number in pairs:
        ours = medians(found[kind, 'ours', number])
        kernel = medians(found[kind, 'kernel', number])
        if kind == 'SCALE':
            print('| %d busy: I/Os per second | %.0f | %.0f | %.2f |' % (
                number, ours[0], kernel[0], ours[0] / kernel[0]))
            print('| %d busy: slowest / fastest device | %.2f | %.2f | |' % (
                number, ours[1] / ours[2], kernel[1] / kernel[2]))
        elif kind == 'LATENCY':
            print('| latency beside a blocked device / alone '
                  '| %.2f | %.2f | |' % (ours[1] / ours[0],
                                         kernel[1] / kernel[0]))
        elif kind == 'BOUND':
            for name, at in (('a bound device', 0),
                             ('a mediated device', 1)):
                print('| bytes for %s | %.0f | %.0f | %.2f |'
                      % (name, ours[at], kernel[at], ours[at] / kernel[at]))
        else:
            for name, at in (('to open it', 0), ('for its first I/O', 1)):
                print('| bytes more %s | %.0f | %.0f | %.2f |'
                      % (name, ours[at], kernel[at], ours[at] / kernel[at]))


if __name__ == '__main__':
    main()
