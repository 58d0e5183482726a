#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Hold Documentation/uapi.rst, tracing.rst and others against the tests.

Each test that a document names exists; each row of a table, item and paragraph
that has an errno has a test; each test of the programs that are about the interface alone is
named somewhere; the tracepoints of the code are those of tracing.rst, the
messages of the code those of the table in host-setup.rst, what vfio-ccw-check says in the
tests is what the table in hardware.rst says, each published
vulnerability in administration.rst has its row and a test, and so has each row of
security.rst, whose parts of "make check" exist, too.

A test is named as ``program.test``: one of tests/vm/selftests/program.c, or of
tests/*_kunit.c, whose cases are functions of the same name.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
# Programs whose every test belongs to a statement of the interface
INTERFACE = ('abi', 'errno', 'irqs', 'unmap', 'events', 'trace')
DOCUMENTS = ('Documentation/uapi.rst', 'Documentation/tracing.rst',
             'Documentation/upstream-differences.rst',
             'Documentation/security.rst')

SETUP = 'Documentation/host-setup.rst'
ADMINISTRATION = 'Documentation/administration.rst'

# Results of vfio-ccw-check, in a table and in the tests that run it
HARDWARE = 'Documentation/hardware.rst'
CHECKED = re.compile(r'(\d+) ok, (?:0 not ok, )?(\d+) not')
CHECKS = (
    ('tests/vm/selftests/command.c',
     re.compile(r'EXPECT_EQ\((\d+), lines_with\(said, "ok  "\)\)[^;]*;\s*'
                r'EXPECT_EQ\(0, lines_with\(said, "not ok"\)\)[^;]*;\s*'
                r'EXPECT_EQ\((\d+), lines_with\(said, "not possible here"\)\)')),
    ('tests/dasd/steps-check.sh', re.compile(r'ends 0 "' + CHECKED.pattern)),
)

SECURITY = 'Documentation/security.rst'
# Its chapters in which each row has a test, or a part of the tests
ARGUED = ('Ways to the hardware', 'Ways to the user',
          'Locks that a user can hold', 'What can be used up',
          'A channel that never answers', 'Numbers that wrap')
CHAPTER = re.compile(r'^(\S.*)\n=+$', re.M)
ROW = re.compile(r'^   \* - (?:.*\n)(?:     .*\n)+', re.M)
PART = re.compile(r'``make (check-[a-z-]+|soak)``|``selftests\.sh \w+``')

# What goes into the log, up to the end of the line in it
CALL = re.compile(r'\b(?:(?:dev|pr)_(?:emerg|alert|crit|err|warn|notice|info|dbg|'
                  r'printk)\w*|v?printk\w*|WARN(?:_ONCE|_RATELIMIT)?)\(')
MESSAGE = re.compile(CALL.pattern + r'[^"();]*"([^"]*)\\n"')
# Comments, in which such a call may be named
COMMENT = re.compile(r'/\*.*?\*/', re.S)
NAME = re.compile(r'``([a-z_]+)\.([a-z0-9_]+)``')
ERRNO = re.compile(r'``-E[A-Z0-9]+``')
RULE = re.compile(r'^=+(  +=+)+$')
# A row of the table of published vulnerabilities, and the number that it is for
VULNERABILITY = re.compile(r'^   \* - CVE-2026-(\d+)\n((?:     .*\n)+)', re.M)
VULNERABILITIES = range(80547, 80556)
# Names of files look like names of tests
SUFFIXES = ('c', 'h', 'ko', 'py', 'rst', 'sh')


def read(path):
    """The text of a file of the project."""
    return (TOP / path).read_text(encoding='utf-8')


def existing():
    """Every test there is, as (program, test)."""
    found = set()
    for path in (TOP / 'tests/vm/selftests').glob('*.c'):
        text = path.read_text(encoding='utf-8')
        for test in re.findall(r'^TEST_F(?:_TIMEOUT)?\(\w+, (\w+)', text, re.M):
            found.add((path.stem, test))
        for test in re.findall(r'^TEST\((\w+)\)', text, re.M):
            found.add((path.stem, test))
    for path in (TOP / 'tests').glob('*_kunit.c'):
        text = path.read_text(encoding='utf-8')
        for case in re.findall(r'KUNIT_CASE(?:_PARAM)?\((\w+)', text):
            found.add((path.stem, case))
    return found


def pieces(text):
    """Rows of simple tables, items and paragraphs: (line number, text)."""
    start, piece, table = 0, '', False
    for number, line in enumerate(text.splitlines() + [''], 1):
        rule = RULE.match(line)
        fresh = not line.strip() or rule or line.startswith('* ') or (
            table and line[0] != ' ')
        if fresh and piece:
            yield start, piece
            piece = ''
        if rule:
            table = True
        elif not line.strip():
            table = False
        else:
            start = start if piece else number
            piece += ' ' + line.strip()


def names(document):
    """The tests that a document names, as (line number, (program, test))."""
    for number, line in enumerate(read(document).splitlines(), 1):
        for name in NAME.findall(line):
            if name[1] not in SUFFIXES:
                yield number, name


def vulnerabilities():
    """One sentence for each number without a row of its own, or a row without a test."""
    rows = VULNERABILITY.findall(read(ADMINISTRATION))
    if [int(number) for number, row in rows] != list(VULNERABILITIES):
        yield '%s has not one row for each of CVE-2026-%d to CVE-2026-%d' % (
            ADMINISTRATION, VULNERABILITIES[0], VULNERABILITIES[-1])
    for number, row in rows:
        if not NAME.search(row):
            yield '%s: CVE-2026-%s without a test' % (ADMINISTRATION, number)


def hardware():
    """One sentence for each result of vfio-ccw-check that a test has and the table not."""
    table = CHECKED.findall(read(HARDWARE))
    for path, pattern in CHECKS:
        result = pattern.search(read(path))
        if not result:
            yield '%s asks for no number of checks' % path
        elif result.groups() not in table:
            yield '%s has no row with %s ok, %s not possible, which %s has' % (
                HARDWARE, *result.groups(), path)


def chapters(document):
    """The chapters of a document: (title, text)."""
    pieces_ = CHAPTER.split(read(document))
    return dict(zip(pieces_[1::2], pieces_[2::2]))


def security():
    """One sentence for each row of security.rst that nothing holds."""
    found = chapters(SECURITY)
    for title in ARGUED:
        rows = ROW.findall(found.get(title, ''))
        if len(rows) < 2:
            yield '%s: no chapter "%s" with rows' % (SECURITY, title)
        for row in rows[1:]:
            if not NAME.search(row) and not PART.search(row):
                yield '%s: nothing holds "%s"' % (SECURITY, row.split('\n')[0])
    targets = ''.join(read(path.relative_to(TOP)) for path in
                      [TOP / 'Makefile', *TOP.glob('tests/*/*.mk')])
    for part in PART.findall(read(SECURITY)):
        if part and '## %s:' % part not in targets:
            yield '%s: there is no "make %s"' % (SECURITY, part)


def complaints():
    """One sentence for each thing that is wrong."""
    there = existing()
    named = set()
    for document in DOCUMENTS + (SETUP, ADMINISTRATION):
        for number, name in names(document):
            if document in DOCUMENTS:
                named.add(name)
            if name not in there:
                yield '%s:%d: there is no test %s.%s' % (
                    document, number, *name)
    yield from vulnerabilities()
    yield from hardware()
    yield from security()
    for document in DOCUMENTS:
        for number, piece in pieces(read(document)):
            if ERRNO.search(piece) and not NAME.search(piece):
                yield '%s:%d: an errno without a test: %s' % (
                    document, number, piece.strip())
    for program, test in sorted(there - named):
        if program in INTERFACE:
            yield '%s does not say what %s.%s holds' % (
                DOCUMENTS[0], program, test)
    messages = set()
    for path in sorted(TOP.glob('vfio_ccw_*.[ch]')):
        code = COMMENT.sub('', path.read_text())
        found = MESSAGE.findall(code)
        messages.update(found)
        if len(found) != len(CALL.findall(code)):
            yield '%s: a message that is not one string, with its end of line' % (
                path.name)
    table = set(re.findall(r'^   \* - ``(.+)``$', read(SETUP), re.M))
    for message in sorted(messages ^ table):
        yield '%s and the messages of the code differ in "%s"' % (
            SETUP, message)
    points = set(re.findall(r'TRACE_EVENT\((\w+)', read('vfio_ccw_trace.h')))
    told = set(re.findall(r'^``(vfio_ccw_\w+)``', read(DOCUMENTS[1]), re.M))
    for point in sorted(points ^ told):
        yield '%s and vfio_ccw_trace.h differ in %s' % (DOCUMENTS[1], point)


def main():
    wrong = list(complaints())
    for sentence in wrong:
        print(sentence)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
