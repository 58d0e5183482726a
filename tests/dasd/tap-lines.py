#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Number the test lines on standard input and give them a plan at the end.

usage: tap-lines.py SHELL PROGRAM...

SHELL is how many tests of the shell there are, lines that begin with "shell: ";
each PROGRAM has to say at its end how many tests it had, "# PROGRAM: N done, M
failed", in that order. A console may lose lines, and a program may end before
its time: N lines must have come since the program before it.
"""

import re
import sys

LINE = re.compile(r'(ok|not ok) - (.*)')
SUMMARY = re.compile(r'# (.*): (\d+) done, (\d+) failed$')


class Numbered:
    """Results with numbers."""

    def __init__(self):
        self.count = 0
        self.bad = False

    def result(self, good, name):
        """One more."""
        self.count += 1
        self.bad = self.bad or not good
        print(f'{"ok" if good else "not ok"} {self.count} - {name}', flush=True)


def main():
    out, lines, shell, ended = Numbered(), 0, 0, []
    for line in sys.stdin:
        line = line.rstrip()
        match, summary = LINE.match(line), SUMMARY.match(line)
        if match:
            result, name = match.groups()
            if name.startswith('shell: '):
                shell += 1
            else:
                lines += 1
            out.result(result == 'ok', name)
        elif summary:
            name, number, failed = summary.groups()
            ended.append(name)
            out.result(lines == int(number) > 0 and failed == '0',
                       f'all {number} results of {name} came')
            lines = 0
        elif line.startswith('Bail out!'):
            out.result(False, line[10:])
        else:
            print(f'# {line.lstrip("# ")}', flush=True)
    out.result(shell == int(sys.argv[1]),
               f'{shell} of {sys.argv[1]} results of the shell came')
    out.result(ended == sys.argv[2:] and not lines,
               f'each program came to its end: {", ".join(ended) or "none"}')
    print(f'1..{out.count}')
    sys.exit(1 if out.bad else 0)


if __name__ == '__main__':
    main()
