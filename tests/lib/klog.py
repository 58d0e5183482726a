#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a kernel log complains about: klog.py [--name TEXT] [--allow FILE] LOG

Prints one test result (TAP) that says whether there is a complaint.
"""

import argparse
import re
import sys

# What a healthy kernel never says. A complaint is everything from such a line
# to the end of its trace.
COMPLAINT = re.compile(
    r'WARNING: |BUG: |kernel BUG at|Kernel panic|KASAN: |UBSAN: |ODEBUG: |'
    r'Oops: |Unable to handle kernel|INFO: task .* blocked for more|'
    r'INFO: trying to register non-static|INFO: possible recursive|'
    r'possible circular locking|inconsistent lock state|'
    r'suspicious RCU usage|detected stalls on|self-detected stall|'
    r'scheduling while atomic|sleeping function called|'
    r'DEBUG_LOCKS_WARN_ON|refcount_t: |list_(add|del) corruption|'
    r'unreferenced object|bad unlock balance|lock held when returning|'
    r'Out of memory: Killed|Kernel stack overflow|Bad page state')
# So is each error of the driver itself: it has no message for the log that a user
# could provoke, but for these warnings, whose occasions tests make on purpose. The
# mdev core's messages are not the driver's.
DRIVER = re.compile(r'^(?:vfio_ccw|css) \d\.\d\.[0-9a-f]{4}: (?!MDEV: )(.*)')
ORDINARY = (
    'waiting for somebody to let go of a mediated device',
    'QDIO subchannels are not supported',
    'a program that forbids prefetching was prefetched',
    'a program has read over its own CCWs, which are not fetched again',
)
# A test that expects an error says so in the log, before, in a regular expression;
# that holds until the next program of tests begins.
EXPECTED = re.compile(r'selftests: expected: (.*)')
PROGRAM = re.compile(r'selftests: program ')
COMPLAINT_END = re.compile(r'---\[ end trace|^\s*$')
# Two accesses, with a blank line before the second one
RACE = re.compile(r'BUG: (KCSAN: |race of accesses)')
RACE_END = re.compile(r'^={20,}$')
COMPLAINT_LINES = 120


def allowed(block, rules):
    """Whether a complaint is one that is known and not ours.

    A rule is a line of patterns separated by " && "; all must be found in the
    complaint, and none of those that begin with "!".
    """
    text = '\n'.join(block)
    for rule in rules:
        parts = rule.split(' && ')
        if all(bool(re.search(part.lstrip('!'), text)) != part.startswith('!')
               for part in parts):
            return True
    return False


def driver_error(line, expected):
    """Whether the line is an error of the driver that nobody expects."""
    match = DRIVER.match(line)
    return match and match.group(1).strip() not in ORDINARY and \
        not any(re.search(text, match.group(1)) for text in expected)


def complaints(log, allow):
    """Blocks of the console log in which the kernel complains, or the driver."""
    rules = []
    for path in allow:
        with open(path) as file:
            rules += [line.strip() for line in file
                      if line.strip() and not line.startswith('#')]
    with open(log, errors='replace') as file:
        lines = [re.sub(r'^\[ *[\d.]+\](\[ *[TC]\d+\])?\s?', '',
                        line.rstrip('\r\n'))
                 for line in file]
    found, expected, number = [], [], 0
    while number < len(lines):
        line = lines[number]
        if PROGRAM.search(line):
            expected = []
        elif EXPECTED.search(line):
            expected.append(EXPECTED.search(line).group(1))
        elif driver_error(line, expected) and not allowed([line], rules):
            found.append([line])
        if not COMPLAINT.search(line):
            number += 1
            continue
        block = [lines[number]]
        last = RACE_END if RACE.search(lines[number]) else COMPLAINT_END
        number += 1
        while number < len(lines) and len(block) < COMPLAINT_LINES:
            block.append(lines[number])
            number += 1
            if last.search(block[-1]):
                break
        if not allowed(block, rules):
            found.append(block)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--name', default='no complaint of the kernel')
    parser.add_argument('--allow', action='append', default=[])
    parser.add_argument('log')
    args = parser.parse_args()
    found = complaints(args.log, args.allow)
    for block in found[:5]:
        for line in block[:60]:
            print('# kernel: ' + line)
    print('TAP version 13\n1..1')
    print('%s 1 - %s' % ('not ok' if found else 'ok', args.name))
    sys.exit(1 if found else 0)


if __name__ == '__main__':
    main()
