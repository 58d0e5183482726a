#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What code of the driver was reached, function by function.

usage: cover.py MODULE             how many places can tell that they were reached
       cover.py MODULE OUTPUT      functions of which some place was not reached

MODULE is vfio_ccw.ko, compiled for coverage: the compiler has put a call before each
basic block. OUTPUT is what tests/kcov/kcov.c printed: a line "# place OFFSET" for each
that was reached, the distance of the instruction behind the call from the begin of the
module's code. What runs once, when the module comes or goes, has sections of its own
and does not count.
"""

import bisect
import os
import re
import subprocess
import sys

CROSS = os.environ.get('CROSS', 's390x-linux-gnu-')
CALL = re.compile(r'^([0-9a-f]+)\s+\S+\s+__sanitizer_cov_trace_pc\b')
# The relocation is inside the call, of six bytes, behind its first two
BEHIND = 4


def output(*command):
    """What a program prints."""
    return subprocess.run(command, stdout=subprocess.PIPE, check=True,
                          text=True).stdout


def places(module):
    """Offsets behind the calls, in the section of the code."""
    found = set()
    code = False
    for line in output(CROSS + 'objdump', '-r', '-j', '.text',
                       module).splitlines():
        if line.startswith('RELOCATION RECORDS FOR'):
            code = '[.text]' in line
        match = CALL.match(line)
        if code and match:
            found.add(int(match.group(1), 16) + BEHIND)
    if not found:
        sys.exit('%s was not compiled for coverage' % module)
    return found


def functions(module):
    """Sorted (offset, name) of the functions of the same section."""
    found = []
    for line in output(CROSS + 'objdump', '-t', '-j', '.text',
                       module).splitlines():
        match = re.match(r'^([0-9a-f]+) .*\bF \.text\s+[0-9a-f]+\s+(?:\.\w+ )?(\S+)$',
                         line)
        if match:
            found.append((int(match.group(1), 16), match.group(2)))
    return sorted(found)


def report(module, path):
    """One line for each function that was not reached everywhere."""
    with open(path) as lines:
        reached = {int(line.split()[2], 16) for line in lines
                   if line.startswith('# place ')}
    everything = places(module)
    strange = reached - everything
    if strange:
        sys.exit('%d places are none of %s' % (len(strange), module))
    names = functions(module)
    starts = [start for start, _ in names]
    counts = {}
    for place in everything:
        name = names[bisect.bisect_right(starts, place) - 1][1]
        count = counts.setdefault(name, [0, 0])
        count[0] += place in reached
        count[1] += 1
    print('%5d of %5d  in all' % (len(reached), len(everything)))
    for name, (some, total) in sorted(counts.items(),
                                      key=lambda c: (c[1][0] - c[1][1], c)):
        if some < total:
            print('%5d of %5d  %s' % (some, total, name))


def main():
    """Command line."""
    if len(sys.argv) == 2:
        print(len(places(sys.argv[1])))
    elif len(sys.argv) == 3:
        report(sys.argv[1], sys.argv[2])
    else:
        sys.exit(__doc__)


if __name__ == '__main__':
    main()
