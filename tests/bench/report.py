#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Turn the lines of a benchmark run into a table, Markdown, a plot and a verdict.

usage: report.py LOG OUTDIR [--guard]
       report.py --plot FIGURES
       report.py --drawn FIGURES SVG

LOG holds lines of the form
    RESULT <driver> <backend> <workload> <instructions per I/O> <of these in write()> <I/Os>
with driver one of ours, unkept (this driver with kept_pages_max=0), kernel, floor; the least
counts. OUTDIR receives bench.md and bench.rst. With --guard the verdict is printed as TAP: one test
point for every workload and backend that has a limit, which fails where the ratio is above it.

With --plot, prints what gnuplot has to do to draw the ratios of FIGURES: bench.rst, or
Documentation/performance-figures.rst, which it became. With --drawn, complains if SVG was not
drawn from FIGURES as they are.
"""
import argparse
import hashlib
import os
import re
import sys

# Ratio ours / the kernel's own driver: (type1, iommufd)
GOALS = {
    'nop': (0.48, 0.48),
    'sense64': (0.42, 0.40),
    'chain32x4k': (0.14, 0.12),
    'idal15x4k': (0.20, 0.16),
    'chain16x60k_contig': (0.07, 0.12),
    'chain16x60k_scatter': (0.10, 0.08),
    'dasd4': (0.33, 0.33),
}
# Where a goal is not met: the ratio reached. The guard allows 3 % above it.
REACHED = {
    ('nop', 'type1'): 0.481,
    ('sense64', 'type1'): 0.421,
}
SLACK = 1.03
# Figures of two runs agree within that: the guard allows it beyond the other limits
NOISE = 1.003
BACKENDS = ('type1', 'iommufd')
FIRST = 'first-'
DEVICES = 'devices'
# Ratio ours / this driver with kept_pages_max=0, where little is found of what is kept
UNKEPT = {FIRST + w: 1.03 for w in (
    'nop', 'sense64', 'chain32x4k', 'idal15x4k', 'chain16x60k_contig',
    'chain16x60k_scatter', 'dasd4', 'tty3270', 'nops16', 'nops240')}
UNKEPT['random8192'] = 1.05
UNKEPT['diskmix'] = None
# Ratio of so many devices in turn / one device alone
BUSY = {DEVICES + n: 1.05 for n in ('16', '64', '128')}


def limit(workload, backend):
    """The highest ratio to the kernel's driver that the guard lets pass, or None."""
    reached = REACHED.get((workload, backend))
    if reached is not None:
        return reached * SLACK
    goal = GOALS.get(workload)
    return goal[BACKENDS.index(backend)] if goal else None


def parse(path):
    """{(workload, backend): {driver: (total, write)}} in order of appearance."""
    table = {}
    with open(path, errors='replace') as log:
        for line in log:
            at = line.find('RESULT ')
            if at < 0:
                continue
            words = line[at:].split()
            if len(words) != 7:
                continue
            _, driver, backend, workload, total, write, _ = words
            cell = table.setdefault((workload, backend), {})
            new = (int(total), int(write))
            cell[driver] = min(cell.get(driver, new), new)
    return table


class Table:
    """One table of the report."""

    def __init__(self, title, *columns):
        self.title = title
        self.columns = columns
        self.rows = []

    def markdown(self):
        """As Markdown."""
        lines = [' | '.join(row) for row in [self.columns] + self.rows]
        lines.insert(1, '|'.join(['---'] * 2 + ['---:'] *
                                 (len(self.columns) - 2)))
        return '%s\n\n%s\n' % (self.title, '\n'.join(
            '| %s |' % line for line in lines))

    def rst(self):
        """As it stands in Documentation/performance-figures.rst."""
        lines = ['.. list-table:: ' + self.title, '   :header-rows: 1', '']
        for row in [self.columns] + self.rows:
            for number, cell in enumerate(row):
                lines.append('%s - %s' % ('    ' if number else '   *', cell))
        return '\n'.join(lines) + '\n'


def both(cost):
    """A cost, and in brackets what of it is inside write()."""
    return '%d (%d)' % cost if cost else '-'


def quotient(cell, over, under):
    """The ratio of two drivers, or None if one did not run."""
    if over not in cell or under not in cell:
        return None
    return cell[over][0] / cell[under][0]


def number(value, form='%.3f'):
    """A number that may be missing."""
    return '-' if value is None else form % value


def steady(table):
    """(workload, backend, costs) where the same pages are used again and again."""
    for (workload, backend), cell in table.items():
        if workload not in UNKEPT and not workload.startswith(DEVICES) and \
                'ours' in cell and 'kernel' in cell:
            yield workload, backend, cell


def tables(found):
    """What is written down."""
    again = Table('The same program again and again', 'workload', 'back end',
                  'this driver', "the kernel's", 'ratio', 'goal',
                  'nothing kept', 'floor: bare pins')
    for workload, backend, cell in steady(found):
        goal = GOALS.get(workload)
        again.rows.append((
            workload, backend, both(cell['ours']), both(cell['kernel']),
            number(quotient(cell, 'ours', 'kernel')),
            number(goal and goal[BACKENDS.index(backend)], '%.2f'),
            both(cell.get('unkept')),
            number(cell.get('floor', (None,))[0], '%d')))
    seldom = Table('Pages that are seldom found', 'workload', 'back end',
                   'this driver', 'nothing kept', 'ratio', 'limit',
                   "the kernel's", 'ratio to it')
    busy = Table('One I/O on each of many devices in turn', 'devices',
                 'back end', 'this driver', 'ratio to one', 'limit',
                 "the kernel's", 'ratio to one', 'ratio to it')
    for (workload, backend), cell in found.items():
        if workload in UNKEPT and 'ours' in cell:
            seldom.rows.append((
                workload, backend, both(cell['ours']),
                both(cell.get('unkept')),
                number(quotient(cell, 'ours', 'unkept')),
                number(UNKEPT[workload], '%.2f'), both(cell.get('kernel')),
                number(quotient(cell, 'ours', 'kernel'))))
        if workload.startswith(DEVICES) and 'ours' in cell:
            busy.rows.append((
                workload[len(DEVICES):], backend, '%d' % cell['ours'][0],
                number(alone(found, workload, backend, 'ours')),
                number(BUSY.get(workload), '%.2f'),
                number(cell.get('kernel', (None,))[0], '%d'),
                number(alone(found, workload, backend, 'kernel')),
                number(quotient(cell, 'ours', 'kernel'))))
    return [table for table in (again, seldom, busy) if table.rows]


def alone(found, workload, backend, driver):
    """The cost with many devices, as a ratio to that of one."""
    many = found.get((workload, backend), {}).get(driver)
    one = found.get((DEVICES + '1', backend), {}).get(driver)
    return many[0] / one[0] if many and one else None


# The colours keep their order when they are printed in grey
PLOT = '''set terminal svg size 1000,560 font "sans,12" name "%s"
set title "Instructions per I/O, as a ratio to the kernel's own driver"
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.8 border -1
set yrange [0:1.1]
set ylabel "ratio"
set xtics rotate by -45 noenhanced
set grid ytics
set key outside top center horizontal
set bmargin 11
set rmargin 9
plot $ratios using 2:xtic(1) title "this driver" lc rgb "#3060a0", \\
     "" using 3 title "this driver, nothing kept" lc rgb "#a0a0a0", \\
     "" using 4 title "goal" lc rgb "#e0a030"
'''


def ratios(path):
    """Lines of workload, this driver, nothing kept and goal, from the first table of PATH."""
    with open(path, encoding='utf-8') as figures:
        table = figures.read().split('.. list-table:: ')[1]
    lines = []
    for row in table.split('\n   * - ')[2:]:
        workload, backend, ours, kernel, _, goal, unkept, _ = re.split(r'\n     - ', row.strip())
        ours, kernel, unkept, goal = (
            'NaN' if cell == '-' else cell.split()[0] for cell in (ours, kernel, unkept, goal))
        lines.append('"%s, %s" %.3f %.3f %s\n' % (
            workload, backend, float(ours) / float(kernel), float(unkept) / float(kernel), goal))
    return ''.join(lines)


def name_of(data):
    """What a plot of these ratios is called in its file, so that others are known as such."""
    return 'ratios_' + hashlib.sha256(data.encode()).hexdigest()[:16]


def checks(found):
    """(name, ratio or None, limit) of everything that has a limit."""
    for backend in BACKENDS:
        for workload in GOALS:
            yield ("%s on %s, to the kernel's driver" % (workload, backend),
                   quotient(found.get((workload, backend), {}), 'ours',
                            'kernel'), limit(workload, backend))
        for workload, most in UNKEPT.items():
            if most:
                yield ('%s on %s, to nothing kept' % (workload, backend),
                       quotient(found.get((workload, backend), {}), 'ours',
                                'unkept'), most * NOISE)
        for workload, most in BUSY.items():
            yield ('%s on %s, to one alone' % (workload, backend),
                   alone(found, workload, backend, 'ours'), most * NOISE)


def guard(found):
    """TAP; true if every ratio is there and within its limit."""
    points = list(checks(found))
    good = True
    print('TAP version 13')
    print('1..%d' % len(points))
    for point, (name, ratio, most) in enumerate(points, 1):
        ok = ratio is not None and ratio <= most
        good = good and ok
        print('%s %d - %s: ratio %s, at most %.3f' % (
            'ok' if ok else 'not ok', point, name, number(ratio), most))
    return good


def main():
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('log', nargs='?')
    parser.add_argument('outdir', nargs='?')
    parser.add_argument('--guard', action='store_true')
    parser.add_argument('--plot', metavar='FIGURES')
    parser.add_argument('--drawn', nargs=2, metavar=('FIGURES', 'SVG'))
    args = parser.parse_args()
    if args.plot:
        data = ratios(args.plot)
        print('$ratios << END\n%sEND\n%s' % (data, PLOT % name_of(data)), end='')
        return
    if args.drawn:
        with open(args.drawn[1], encoding='utf-8') as svg:
            if '<title>%s</title>' % name_of(ratios(args.drawn[0])) not in svg.read():
                sys.exit('%s is not a plot of %s: "report.py --plot" draws it anew' %
                         (args.drawn[1], args.drawn[0]))
        return
    if not args.outdir:
        parser.error('LOG and OUTDIR are missing')
    found = parse(args.log)
    report = tables(found)
    if not report:
        sys.exit('report.py: no workload was run by both drivers')
    os.makedirs(args.outdir, exist_ok=True)
    text = '\n'.join(table.markdown() for table in report)
    with open(os.path.join(args.outdir, 'bench.md'), 'w') as out:
        out.write(text)
    with open(os.path.join(args.outdir, 'bench.rst'), 'w') as out:
        out.write('\n'.join(table.rst() for table in report))
    if args.guard:
        sys.exit(0 if guard(found) else 1)
    print(text, end='')


if __name__ == '__main__':
    main()
