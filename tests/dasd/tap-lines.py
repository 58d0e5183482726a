#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Number the test lines on standard input and give them a plan at the end.

A console may lose lines. So every program says at its end how many tests it
had, "# NAME: N done, M failed", and N lines must have come since the program
before it; tests of the shell between programs begin with "shell: ".
"""

import re
import sys

LINE = re.compile(r'(ok|not ok) - (.*)')
SUMMARY = re.compile(r'# (.*): (\d+) done, (\d+) failed$')


def main():
    number = lines = 0
    bad = False
    for line in sys.stdin:
        line = line.rstrip()
        match, summary = LINE.match(line), SUMMARY.match(line)
        if match:
            number += 1
            result, name = match.groups()
            lines += not name.startswith('shell: ')
            bad = bad or result != 'ok'
            print(f'{result} {number} - {name}')
        elif summary:
            number += 1
            good = int(summary.group(2)) == lines
            bad = bad or not good
            print(f'{"ok" if good else "not ok"} {number} - all '
                  f'{summary.group(2)} results of {summary.group(1)} came')
            lines = 0
        elif line.startswith('Bail out!'):
            bad = True
            number += 1
            print(f'not ok {number} - {line[10:]}')
        else:
            print(f'# {line.lstrip("# ")}')
        sys.stdout.flush()
    print(f'1..{number}')
    sys.exit(1 if bad or not number else 0)


if __name__ == '__main__':
    main()
