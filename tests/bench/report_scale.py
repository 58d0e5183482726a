#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Turn the lines of a run of many devices into a table.

usage: report_scale.py LOG [RST]

The table is printed in Markdown, and written to RST as it stands in
Documentation/performance-scale.rst. Every figure is the median of the rounds of one boot; see scale.c and
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


def row(name, ours, kernel):
    """One figure of both drivers; a ratio if it has a meaning."""
    form = '%.0f' if max(abs(ours), abs(kernel)) >= 10 else '%.2f'
    ratio = '%.2f' % (ours / kernel) if ours > 0 and kernel > 0 else '-'
    return (name, form % ours, form % kernel, ratio)


def rows(kind, number, ours, kernel):
    """The rows that come of one kind of line."""
    if kind == 'SCALE':
        return [row('%d busy: I/Os per second' % number, ours[0], kernel[0]),
                row('%d busy: slowest / fastest device' % number,
                    ours[1] / ours[2], kernel[1] / kernel[2])]
    if kind == 'LATENCY':
        return [row('latency beside a blocked device / alone',
                    ours[1] / ours[0], kernel[1] / kernel[0])]
    if kind == 'BOUND':
        names = ('bytes for a bound device', 'bytes for a mediated device')
    else:
        names = ('bytes to open it', 'bytes for its first I/O')
    return [row(*one) for one in zip(names, ours, kernel)]


def rst(table):
    """The table for the documentation."""
    lines = ['.. csv-table::', '   :header-rows: 1', '',
             "   figure,this driver,the kernel's,ratio"]
    lines += ['   "%s",%s' % (one[0], ','.join(one[1:])) for one in table]
    return '\n'.join(lines) + '\n'


def main():
    """Command line."""
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    found = collect(sys.argv[1])
    pairs = sorted({(k, n) for k, d, n in found if d == 'ours'
                    and (k, 'kernel', n) in found})
    if not pairs:
        sys.exit('report_scale.py: nothing was measured with both drivers')
    print('| figure | this driver | the kernel\'s | ratio |')
    print('|---|---:|---:|---:|')
    table = []
    for kind, number in pairs:
        table += rows(kind, number, medians(found[kind, 'ours', number]),
                      medians(found[kind, 'kernel', number]))
    for one in table:
        print('| %s |' % ' | '.join(one))
    if len(sys.argv) == 3:
        with open(sys.argv[2], 'w') as out:
            out.write('.. SPDX-License-Identifier: GPL-2.0\n\n' + rst(table))


if __name__ == '__main__':
    main()
