#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Where the instructions of one I/O go, function by function.

usage: profile.py LOG COUNTS KERNEL OUTDIR

LOG is what the benchmark printed: after a line "SYMBOLS" the guest's symbols as
lines "SYM ADDRESS NAME [MODULE]", and for each workload a line "RESULT DRIVER
BACKEND WORKLOAD TOTAL WRITE IOS". COUNTS is what the plugin insn_count wrote, one
section for each RESULT, of IOS I/Os; of several the least counts. KERNEL is the folder in
which the kernel was built: its object files tell which part of the kernel a function belongs to.

Writes OUTDIR/profile.rst, a table by parts of the kernel, and for each RESULT
OUTDIR/profile-DRIVER-BACKEND-WORKLOAD.txt, function by function. Prints the
table, or the functions if there is one RESULT only.
"""
import bisect
import glob
import os
import subprocess
import sys

# Who the instructions belong to, by the source; the first that fits
PARTS = (
    ('VFIO, IOMMU', ('drivers/vfio/', 'drivers/iommu/', 'virt/')),
    ('eventfd, poll', ('fs/eventfd', 'fs/select', 'kernel/sched/wait')),
    ('memory management', ('mm/', 'arch/s390/mm/', 'lib/rbtree',
                           'lib/maple_tree', 'lib/xarray',
                           'lib/interval_tree')),
    ('cio, interrupts', ('drivers/s390/', 'kernel/irq/', 'kernel/softirq',
                         'drivers/char/random', 'arch/s390/kernel/irq')),
    ('system calls', ('fs/', 'arch/s390/kernel/', 'arch/s390/lib/', 'lib/iov',
                      'lib/usercopy', 'security/', 'kernel/entry/')),
    ('locks, preemption', ('kernel/locking/', 'kernel/sched/', 'kernel/rcu/')),
)
COLUMNS = ('the driver',) + tuple(p for p, _ in PARTS) + ('user', 'rest')
DRIVERS = {'ours': 'this driver', 'unkept': 'nothing kept',
           'kernel': "the kernel's", 'floor': 'bare pins'}


class Symbols:
    """The guest's functions."""

    def __init__(self):
        self.found = []
        self.addresses = None

    def add(self, words):
        """One SYM line."""
        self.found.append((int(words[1], 16), ' '.join(words[2:4])))

    def name(self, where):
        """The function at an address."""
        if self.addresses is None:
            self.found.sort()
            self.addresses = [a for a, _ in self.found]
        at = bisect.bisect_right(self.addresses, where) - 1
        if at >= 0 and where - self.addresses[at] < 0x10000:
            return self.found[at][1]
        return '[user]'


def results(path):
    """(driver, backend, workload, symbols, number of I/Os) of each RESULT."""
    symbols = None
    with open(path, errors='replace') as log:
        for line in log:
            words = line.split()
            if words == ['SYMBOLS']:
                symbols = Symbols()
            elif len(words) >= 3 and words[0] == 'SYM':
                symbols.add(words)
            elif len(words) == 7 and words[0] == 'RESULT':
                yield words[1], words[2], words[3], symbols, int(words[6])


def sections(path):
    """{address: count} of each section."""
    section = None
    with open(path) as lines:
        for line in lines:
            if line == '=\n':
                if section is not None:
                    yield section
                section = {}
                continue
            where, count = line.split()
            section[int(where, 16)] = int(count)
    if section is not None:
        yield section


def least(found, counted):
    """{(driver, backend, workload): {function: instructions of one I/O}}"""
    cases = {}
    for (*key, symbols, ios), counts in zip(found, counted):
        cost = per_function(counts, symbols, ios)
        old = cases.get(tuple(key))
        if not old or sum(cost.values()) < sum(old.values()):
            cases[tuple(key)] = cost
    return cases


def per_function(counts, symbols, ios):
    """{function: instructions of one I/O}"""
    sums = {}
    for where, count in counts.items():
        name = symbols.name(where)
        sums[name] = sums.get(name, 0) + count / ios
    return sums


def sources(kernel):
    """{function: its object file}"""
    found = {}
    for top in ('arch/s390', 'block', 'drivers', 'fs', 'kernel', 'lib', 'mm',
                'security', 'virt'):
        objects = [o for o in glob.glob('%s/%s/**/*.o' % (kernel, top),
                                        recursive=True)
                   if not os.path.basename(o).startswith('built-in')]
        if not objects:
            continue
        listed = subprocess.run(['nm', '-A', '--defined-only', *objects],
                                stdout=subprocess.PIPE, check=False,
                                stderr=subprocess.DEVNULL, text=True).stdout
        for line in listed.splitlines():
            path, _, symbol = line.partition(':')
            words = symbol.split()
            if len(words) == 3 and words[1] in 'tTW':
                found[words[2]] = os.path.relpath(path, kernel)
    return found


def part_of(name, source):
    """Which of COLUMNS a function belongs to."""
    if name == '[user]':
        return 'user'
    if name.endswith(('[vfio_ccw]', '[vfio_pin_floor]')):
        return 'the driver'
    if name.endswith(('[vfio_iommu_type1]', '[iommufd]', '[vfio]', '[mdev]')):
        return 'VFIO, IOMMU'
    path = source.get(name.split()[0].split('.')[0], '')
    for part, tops in PARTS:
        if path.startswith(tops):
            return part
    return 'rest'


def functions(cost, source):
    """Text: one line for each function, largest first."""
    total = sum(cost.values())
    lines = ['%10.1f  total' % total]
    for name, each in sorted(cost.items(), key=lambda x: -x[1]):
        if each >= max(0.5, total / 5000):
            lines.append('%10.1f  %5.1f%%  %-44s %s' % (
                each, 100 * each / total, name, part_of(name, source)))
    return '\n'.join(lines) + '\n'


def row(key, cost, source):
    """One row of the table."""
    driver, backend, workload = key
    sums = dict.fromkeys(COLUMNS, 0)
    for name, each in cost.items():
        sums[part_of(name, source)] += each
    return ([workload, backend, DRIVERS.get(driver, driver)] +
            ['%.0f' % sums[c] for c in COLUMNS] +
            ['%.0f' % sum(cost.values())])


def table(rows):
    """The table as it stands in Documentation/performance-profile.rst."""
    keys = {name: place for place, name in enumerate(DRIVERS.values())}
    first = {}
    for each in rows:
        first.setdefault((each[1], each[0]), len(first))
    backends = sorted({r[1] for r in rows}, reverse=True)
    rows = sorted(rows, key=lambda r: (backends.index(r[1]),
                                       first[(r[1], r[0])],
                                       keys.get(r[2], 4)))
    head = ['workload', 'back end', 'program'] + list(COLUMNS) + ['total']
    lines = ['.. csv-table::', '   :header-rows: 1', '']
    for each in [head] + rows:
        lines.append('   ' + ','.join('"%s"' % c if ',' in c else c
                                      for c in each))
    return '\n'.join(lines) + '\n'


def main():
    """Command line."""
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    found = list(results(sys.argv[1]))
    counted = list(sections(sys.argv[2]))
    if not found or len(found) != len(counted):
        sys.exit('profile.py: %d results, but %d sections of counts' %
                 (len(found), len(counted)))
    source = sources(sys.argv[3])
    rows = []
    for key, cost in least(found, counted).items():
        driver, backend, workload = key
        text = functions(cost, source)
        name = 'profile-%s-%s-%s.txt' % (driver, backend, workload)
        with open(os.path.join(sys.argv[4], name), 'w') as out:
            out.write(text)
        rows.append(row((driver, backend, workload), cost, source))
    with open(os.path.join(sys.argv[4], 'profile.rst'), 'w') as out:
        out.write(table(rows))
    print(text if len(rows) == 1 else table(rows), end='')


if __name__ == '__main__':
    main()
