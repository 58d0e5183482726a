#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Judge test results: TAP, and KTAP with its nested tests.

usage: tap.py [--kernel] FILE

Prints the results in FILE and ends with status 0 if there are some, all that
were planned ran, and none failed. With --kernel, FILE is a kernel log that has
other lines among them.

Why not prove, or the parser of the kernel's kunit.py: what counts as a failure
here does not there. prove takes a test whose subtest has failed, or did not run,
for good, knows no KTAP and no lines of a kernel's log, and one stream is one
document. The kernel's parser (6.12) does not come to its end where the plan is the
last line, as that of most programs here, passes over "Bail out!", and reads a
stream that has ended, while tests/run counts what comes and ends who is silent.
test_lib.py says what has to fail.
"""

import argparse
import re
import sys

RESULT = re.compile(r'(\s*)(ok|not ok)\b\s*(\d+)?\s*(?:- )?(.*)')
PLAN = re.compile(r'(\s*)1\.\.(\d+)\s*(#.*)?$')
HEADER = re.compile(r'(\s*)K?TAP version \d+')
DIRECTIVE = re.compile(r'#\s*(SKIP|TO' r'DO)\b', re.IGNORECASE)
# Cases of a parameterised test are indented by this much.
PARAMETERS = 8
STAMP = re.compile(r'^(?:\x1b\[\d*m)*\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?')


class Level:
    """The tests of one depth since the last result above them."""

    def __init__(self):
        self.plan = None
        self.results = 0
        self.failed = False


class Results:
    """Counts leaf tests; a test with subtests is not counted itself."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.problems = []
        self.levels = {}
        self.failures = []

    def problem(self, text):
        """Something that makes the results untrustworthy: a failure, too."""
        self.problems.append(text)

    def close(self, deeper_than):
        """End the levels below a depth; says whether they had tests."""
        found = False
        for depth in sorted(d for d in self.levels if d > deeper_than):
            level = self.levels.pop(depth)
            found = found or level.results > 0
            if level.plan is None:
                # KUnit gives the cases of a parameterised test no plan.
                if depth < PARAMETERS:
                    self.problem('%d tests ran without a plan' %
                                 level.results)
            elif level.plan != level.results:
                self.problem('%d tests were planned, %d ran' %
                             (level.plan, level.results))
        return found

    def line(self, text):
        """Take one line; true when it is part of the results."""
        if text.startswith('Bail out!'):
            self.problem(text)
            return True
        for pattern, action in ((HEADER, self.header), (PLAN, self.planned),
                                (RESULT, self.result)):
            match = pattern.match(text)
            if match:
                action(len(match.group(1).expandtabs()), match)
                return True
        return False

    def header(self, depth, _match):
        """A new document begins, or the subtests of one test."""
        if depth == 0:
            self.close(-1)

    def planned(self, depth, match):
        """How many tests there are going to be, or have been."""
        level = self.levels.setdefault(depth, Level())
        if level.plan is not None:
            if depth:
                self.problem('two plans: ' + match.group(0).strip())
            # Results without a header between them: a new document.
            self.close(-1)
            level = self.levels.setdefault(depth, Level())
        level.plan = int(match.group(2))

    def result(self, depth, match):
        """One test ended."""
        below = [d for d in self.levels if d > depth]
        clean = all(not self.levels[d].failed for d in below)
        parent = self.close(depth)
        level = self.levels.setdefault(depth, Level())
        level.results += 1
        number = int(match.group(3) or level.results)
        if number != level.results:
            self.problem('test number %d came as number %d: %s' %
                         (number, level.results, match.group(4)))
            level.results = number
        level.failed = level.failed or match.group(2) == 'not ok'
        if not parent or clean:
            self.count(match, parent)

    def count(self, match, parent):
        """Add a leaf to the sums, or a parent that failed on its own."""
        failed = match.group(2) == 'not ok'
        directive = DIRECTIVE.search(match.group(4))
        if parent and not failed:
            return
        if directive and directive.group(1).upper() == 'SKIP':
            self.skipped += 1
        elif failed:
            self.failed += 1
            self.failures.append(match.group(4))
        else:
            self.passed += 1

    def finish(self):
        """No more lines come."""
        self.close(-1)
        if not self.passed + self.failed + self.skipped:
            self.problem('no test ran')

    @property
    def good(self):
        """Whether all is well."""
        return not self.failed and not self.problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--kernel', action='store_true')
    parser.add_argument('file')
    args = parser.parse_args()
    results = Results()
    seen = not args.kernel
    with open(args.file, errors='replace') as file:
        for line in file:
            line = line.rstrip('\r\n')
            if args.kernel:
                line = STAMP.sub('', line)
                seen = seen or bool(HEADER.match(line))
                if not seen:
                    continue
            if results.line(line) or not args.kernel or \
                    re.match(r'\s*# ', line):
                print(line)
    results.finish()
    for text in results.problems:
        print('# ' + text)
    if results.problems and args.kernel:
        print('Bail out! ' + results.problems[0])
    sys.exit(0 if results.good else 1)


if __name__ == '__main__':
    main()
