#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Where the instructions of one I/O go, function by function.

usage: profile.py LOG_FEW COUNTS_FEW LOG_MANY COUNTS_MANY ROUNDS KERNEL

Two runs of one workload that differ by ROUNDS I/Os alone: what one executed
more than the other is the cost of these I/Os. LOG holds the guest's symbols
as lines "SYM ADDRESS NAME"; COUNTS is what the plugin insn_count wrote. KERNEL
is the folder in which the kernel was built: its object files tell which part
of the kernel a function belongs to.

Left out is the console on which the result is printed, at the end of a run: it
waits for the host, sometimes longer and sometimes shorter.
"""
import bisect
import glob
import os
import subprocess
import sys

CONSOLE = ('virtqueue_', '__send_control_msg')
# Who the instructions belong to, by the folder of the source
PARTS = (
    ('VFIO and its back ends', ('drivers/vfio', 'drivers/iommu')),
    ('memory management', ('mm', 'lib', 'arch/s390/mm')),
    ('cio and interrupts', ('drivers/s390', 'kernel/irq', 'arch/s390/kernel')),
    ('system calls and files', ('fs',)),
)


def symbols(path):
    """Sorted addresses and names."""
    found = []
    with open(path, errors='replace') as log:
        for line in log:
            words = line.split()
            if len(words) >= 3 and words[0] == 'SYM':
                name = words[2] + (' ' + words[3] if len(words) > 3 else '')
                found.append((int(words[1], 16), name))
    found.sort()
    return [a for a, _ in found], [n for _, n in found]


def per_function(log, counts):
    """{function: instructions}"""
    addresses, names = symbols(log)
    if not addresses:
        sys.exit('profile.py: %s holds no symbols' % log)
    sums = {}
    with open(counts) as lines:
        for line in lines:
            where, count = line.split()
            where = int(where, 16)
            at = bisect.bisect_right(addresses, where) - 1
            name = '[user]'
            if at >= 0 and where - addresses[at] < 0x10000:
                name = names[at]
            sums[name] = sums.get(name, 0) + int(count)
    return sums


def folders(kernel):
    """{function: folder of its source}"""
    found = {}
    for top in ('arch/s390', 'drivers', 'fs', 'kernel', 'lib', 'mm'):
        objects = [o for o in glob.glob('%s/%s/**/*.o' % (kernel, top),
                                        recursive=True)
                   if not os.path.basename(o).startswith('built-in')]
        listed = subprocess.run(['nm', '-A', '--defined-only', *objects],
                                stdout=subprocess.PIPE, check=False,
                                stderr=subprocess.DEVNULL, text=True).stdout
        for line in listed.splitlines():
            path, _, symbol = line.partition(':')
            words = symbol.split()
            if len(words) == 3 and words[1] in 'tT':
                found[words[2]] = os.path.relpath(path, kernel)
    return found


def part_of(name, folder):
    """Which of PARTS a function belongs to."""
    if name == '[user]':
        return 'the user program'
    if name.endswith('[vfio_ccw]'):
        return 'the driver'
    for part, tops in PARTS:
        if any(folder.get(name, '').startswith(top + '/') for top in tops):
            return part
    return 'everything else'


def parts(cost, folder):
    """Sum for each part, largest first."""
    sums = {}
    for name, each in cost.items():
        part = part_of(name, folder)
        sums[part] = sums.get(part, 0) + each
    return sorted(sums.items(), key=lambda x: -x[1])


def main():
    """Command line."""
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    few = per_function(sys.argv[1], sys.argv[2])
    many = per_function(sys.argv[3], sys.argv[4])
    rounds = int(sys.argv[5])
    cost = {n: (many[n] - few.get(n, 0)) / rounds for n in many
            if not n.startswith(CONSOLE)}
    total = sum(cost.values())
    print('%10.1f  total' % total)
    for part, each in parts(cost, folders(sys.argv[6])):
        print('%10.1f  %5.1f%%  = %s' % (each, 100 * each / total, part))
    for name, each in sorted(cost.items(), key=lambda x: -x[1]):
        if each >= max(1, total / 2000):
            print('%10.1f  %5.1f%%  %s' % (each, 100 * each / total, name))


if __name__ == '__main__':
    main()
