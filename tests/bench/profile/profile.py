#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Where the instructions of one I/O go, function by function.

usage: profile.py LOG_FEW COUNTS_FEW LOG_MANY COUNTS_MANY ROUNDS

Two runs of one workload that differ by ROUNDS I/Os alone: what one executed
more than the other is the cost of these I/Os. LOG holds the guest's symbols
as lines "SYM ADDRESS NAME"; COUNTS is what the plugin insn_count wrote.
"""
import bisect
import sys


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


def main():
    """Command line."""
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    few = per_function(sys.argv[1], sys.argv[2])
    many = per_function(sys.argv[3], sys.argv[4])
    rounds = int(sys.argv[5])
    cost = {n: (many[n] - few.get(n, 0)) / rounds for n in many}
    total = sum(cost.values())
    print('%10.1f  total' % total)
    for name, each in sorted(cost.items(), key=lambda x: -x[1]):
        if each >= max(1, total / 2000):
            print('%10.1f  %5.1f%%  %s' % (each, 100 * each / total, name))


if __name__ == '__main__':
    main()
