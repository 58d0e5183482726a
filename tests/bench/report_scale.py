#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Turn what was measured of many devices into tables.

usage: report_scale.py FOLDER [RST]

FOLDER has what scale.sh leaves there: scale-count.log, or one for a part of that, and
scale-race.log, with the lines that scale.c describes, and beside the latter .insns (profile/insn_total.c) and
.locks (scale_host.py). The tables are printed in Markdown, and written to RST as they
stand in Documentation/performance-scale.rst. Where something was measured several times
the figure is the median.
"""
import os
import re
import statistics
import sys

DRIVERS = ('ours', 'kernel')


class Runs:
    """{(kind, driver, devices): list of lists of figures} of a log."""

    def __init__(self, *paths):
        self.found = {}
        for path in filter(os.path.exists, paths):
            with open(path, errors='replace') as log:
                for line in log:
                    self.line(line.split())

    def line(self, words):
        """One line, if it is one of scale.c's."""
        if not words:
            return
        if words[0] in ('SCALE', 'SPREAD', 'MEMORY', 'KEPT', 'ADMIN', 'BOUND',
                        'SYSFS'):
            self.add((words[0], words[1], int(words[2])), words[3:])
        elif words[0] == 'LATENCY':
            self.add((words[0], words[1], 0), words[2:])
        elif words[0] == 'RESULT':
            match = re.fullmatch(r'([a-z-]+)(\d+)', words[3])
            self.add((match[1], words[1], int(match[2])), words[4:5])

    def add(self, key, words):
        """The figures of one."""
        self.found.setdefault(key, []).append([float(w) for w in words])

    def figures(self, kind, driver, devices):
        """Medians of each column, or None."""
        lines = self.found.get((kind, driver, devices))
        return lines and [statistics.median(c) for c in zip(*lines)]

    def numbers(self, kind):
        """The numbers of devices that there are for both drivers, ascending."""
        return sorted({n for k, d, n in self.found if k == kind and
                       all((k, e, n) in self.found for e in DRIVERS)})


def join(runs, path):
    """What the plugin counted, as COUNTED of the race: per I/O, in the order of runs."""
    if not os.path.exists(path):
        return
    with open(path) as file:
        lines = [line.split() for line in file if line.startswith('INSNS')]
    order = runs.order
    if len(lines) != len(order):
        sys.exit('%d runs, but %d lines of instructions' % (len(order),
                                                           len(lines)))
    for (driver, devices, ios), words in zip(order, lines):
        cpus = [int(w) for w in words[1:words.index('SSCH')]]
        rest = words[words.index('SSCH'):]
        kinds = [int(w) for w in rest[1::2]]
        runs.found.setdefault(('COUNTED', driver, devices), []).append(
            [sum(cpus) / ios] + [k / ios for k in kinds])


def order_of(path):
    """(driver, devices, I/Os) of the SCALE lines of a log."""
    if not os.path.exists(path):
        return []
    with open(path, errors='replace') as log:
        return [(w[1], int(w[2]), int(w[6])) for w in map(str.split, log)
                if w and w[0] == 'SCALE']


def locks(runs, path):
    """What QEMU waited for its big lock, as LOCKS of the race: (times taken per I/O,
    seconds waited per I/O)."""
    if not os.path.exists(path):
        return
    place, sums = -1, []
    with open(path) as file:
        for line in file:
            if line.startswith('PROFILE'):
                place += 1
                sums.append([0, 0])
            match = re.match(r'BQL mutex\s+\S+\s+\S+\s+([\d.]+)\s+(\d+)', line)
            if match and place >= 0:
                sums[place][0] += int(match[2])
                sums[place][1] += float(match[1])
    for (driver, devices, ios), (taken, waited) in zip(runs.order, sums):
        runs.found.setdefault(('LOCKS', driver, devices), []).append(
            [taken / ios, waited * 1e6 / ios])


def row(name, pair, form='%.0f'):
    """One figure of both drivers; a ratio if it has a meaning."""
    ours, kernel = pair
    ratio = '%.2f' % (ours / kernel) if ours > 0 and kernel > 0 else '-'
    return (name, form % ours, form % kernel, ratio)


def rows(runs, kind, columns, numbers=None):
    """Rows "N devices: WORDS" for the columns of one kind of line."""
    found = []
    for place, words, form in columns:
        for n in runs.numbers(kind) if numbers is None else numbers:
            pair = [runs.figures(kind, d, n)[place] for d in DRIVERS]
            found.append(row(words % n, pair, form))
    return found


def many(runs, kind):
    """Numbers of devices that memory can be told of: that of a few is lost in what else
    comes and goes."""
    return [n for n in runs.numbers(kind) if n >= 64]


def bound(count):
    """Binding and what it takes."""
    if not count.numbers('BOUND'):
        return []
    return rows(count, 'BOUND', (
        (0, '%d: bytes for a bound device', '%.0f'),
        (1, '%d: bytes for a mediated device', '%.0f')),
                many(count, 'BOUND')) + rows(count, 'SYSFS', (
            (0, '%d: entries of sysfs for a bound device', '%.0f'),
            (1, '%d: for a mediated device', '%.0f')), count.numbers('SYSFS')[:1]
        ) + rows(count, 'ADMIN', (
            (0, '%d: instructions to bind', '%.0f'),
            (1, '%d: to create', '%.0f'),
            (2, '%d: to remove', '%.0f'),
            (3, '%d: to unbind', '%.0f')))


def opened(count):
    """Memory of open devices."""
    if not count.numbers('MEMORY'):
        return []
    return rows(count, 'MEMORY', (
        (0, '%d: bytes to open it', '%.0f'),
        (1, '%d: bytes for its first I/O', '%.0f')),
                many(count, 'MEMORY')) + rows(count, 'KEPT', (
            (0, '%d pages in turn, beside each other: bytes for each', '%.0f'),
            (1, '%d pages in turn, far apart: bytes for each', '%.0f')))


def busy(count):
    """Instructions of an I/O."""
    return rows(count, 'devices', ((0, '%d in turn', '%.0f'),)) + rows(
        count, 'given-up', ((0, '%d in turn, memory given up before each turn',
                             '%.0f'),)) + \
        [row('%d at once' % n, [1e9 / count.figures('SCALE', d, n)[0]
                                for d in DRIVERS])
         for n in count.numbers('SCALE')] + \
        [row('%d at once: I/Os per second of a device' % n,
             [count.figures('SCALE', d, n)[0] / n for d in DRIVERS])
         for n in count.numbers('SCALE')] + \
        [row('%d at once: slowest / fastest device' % n,
             [count.figures('SCALE', d, n)[1] / count.figures('SCALE', d, n)[2]
              for d in DRIVERS], '%.3f') for n in count.numbers('SCALE')] + \
        rows(count, 'SPREAD', (
            (0, '%d at once: least / most time of the processor', '%.3f'),
            (1, '%d at once: slowest / fastest in its own', '%.3f')))


def raced(race):
    """Two processors."""
    found = []
    for n in race.numbers('SCALE'):
        scale = [race.figures('SCALE', d, n) for d in DRIVERS]
        found += [
            row('%d: I/Os per second' % n, [s[0] for s in scale]),
            row('%d: slowest / fastest device' % n,
                [s[1] / s[2] for s in scale], '%.2f')]
        found += rows(race, 'SPREAD', (
            (0, '%d: least / most processor time', '%.2f'),
            (1, '%d: slowest / fastest in its processor time', '%.2f'),
            (2, '%d: I/Os per second of the first processor', '%.0f'),
            (3, '%d: of the second', '%.0f')), [n])
        if race.figures('COUNTED', 'ours', n):
            found += rows(race, 'COUNTED', (
                (0, '%d: instructions per I/O', '%.0f'),
                (1, '%d: START SUBCHANNEL per I/O', '%.2f'),
                (2, '%d: TEST SUBCHANNEL per I/O', '%.2f'),
                (3, '%d: STORE SUBCHANNEL per I/O', '%.2f'),
                (5, '%d: SIGNAL PROCESSOR per I/O', '%.2f'),
                (6, '%d: LOAD PSW EXTENDED per I/O', '%.2f')), [n])
        if race.figures('LOCKS', 'ours', n):
            found += rows(race, 'LOCKS', (
                (0, "%d: QEMU's big lock taken per I/O", '%.1f'),
                (1, '%d: waited for it, microseconds per I/O', '%.0f')), [n])
    for n in race.numbers('LATENCY'):
        found.append(row('latency beside a blocked device / alone', [
            race.figures('LATENCY', d, n)[1] / race.figures('LATENCY', d, n)[0]
            for d in DRIVERS], '%.2f'))
    return found


def rst(title, table):
    """A table for the documentation."""
    lines = ['.. csv-table:: ' + title, '   :header-rows: 1', '',
             "   figure,this driver,the kernel's,ratio"]
    lines += ['   "%s",%s' % (one[0], ','.join(one[1:])) for one in table]
    return '\n'.join(lines) + '\n'


def main():
    """Command line."""
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    base = os.path.join(sys.argv[1], 'scale-')
    count = Runs(*(base + part + '.log' for part in
                   ('count', 'bound', 'memory', 'turns', 'busy')))
    race = Runs(base + 'race.log')
    race.order = order_of(base + 'race.log')
    join(race, base + 'race.insns')
    locks(race, base + 'race.locks')
    tables = [('Devices that are bound', bound(count)),
              ('Memory for devices that are used', opened(count)),
              ('Instructions for an I/O, of one processor', busy(count)),
              ('Two virtual processors', raced(race))]
    tables = [(title, table) for title, table in tables if table]
    if not tables:
        sys.exit('report_scale.py: nothing was measured with both drivers')
    for title, table in tables:
        print('\n| %s | this driver | the kernel\'s | ratio |' % title)
        print('|---|---:|---:|---:|')
        for one in table:
            print('| %s |' % ' | '.join(one))
    if len(sys.argv) == 3:
        with open(sys.argv[2], 'w') as out:
            out.write('.. SPDX-License-Identifier: GPL-2.0\n\n' +
                      '\n'.join(rst(*table) for table in tables))


if __name__ == '__main__':
    main()
