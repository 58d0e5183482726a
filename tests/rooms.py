#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Hold the driver's files to their order: arrows point down, in no circle.

usage: rooms.py [--negative]

The files are rooms, and the rooms have an order. A room knows another one if a
file of it includes a header of the other, or names one of its functions or
variables. It may know those below it. Prints one sentence for each arrow that
points up or sideways and for each circle; silent if there is none.

With --negative, feeds itself made-up arrows, and complains about each one that
it does not find.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent

# The rooms, the lowest first; those of one line do not know each other. A
# file's room is the first word of its name after "vfio_ccw_".
ORDER = (
    # any architecture
    ('format',),
    ('status', 'pins'),
    ('cp', 'fsm'),
    # s390 and VFIO
    ('uapi', 'compat'),
    ('private', 'trace'),
    ('debugfs',),
    ('cio',),
    ('keep',),
    ('slots', 'irq'),
    ('work',),
    ('unmap',),
    ('ops',),
    ('drv',),
)

# The order of the files inside a room, in the same form; its header of the
# same name is below them all. Where a room has no such order, its files may
# know each other, but its headers not in a circle.
INSIDE = {
    'cp': (('cp_prog',), ('cp_pin',), ('cp_ida',), ('cp_fetch',), ('cp_emit',),
           ('cp_status',), ('cp',), ('cp_resume',)),
    'fsm': (('fsm_names',), ('fsm',)),
}

# Comments and strings
IGNORED = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                     r"'(?:\\.|[^'\\])+'", re.S)
INCLUDE = re.compile(r'^#[ \t]*include[ \t]+"(?:[\w/]*/)?'
                     r'(vfio_ccw_\w+\.h)"', re.M)
DIRECTIVE = re.compile(r'^#(?:[^\n\\]|\\.|\\\n)*', re.M)
# From the start of a line to the brace that begins the body on one of its own
FUNCTION = re.compile(r'^(?P<head>[A-Za-z_][^;{}()]*?)\b(?P<name>\w+)'
                      r'\((?P<rest>[^;{}]*)\)[^;{}()]*\n\{', re.M)
DECLARED = re.compile(r'^(?!static\b|typedef\b|return\b)[A-Za-z_][^;{}()=]*?'
                      r'\b(\w+)\([^;{}]*\)[^;{}()]*;', re.M)
VARIABLE = re.compile(r'^(?!static\b|extern\b|typedef\b|return\b)'
                      r'[A-Za-z_][\w \t*]*?[ \t*](\w+)(?:\[[^\]\n]*\])*[ \t]*'
                      r'(?:=[^=]|;)', re.M)
WORD = re.compile(r'\b[A-Za-z_]\w*\b')
# Names in name spaces of their own: tags, and tracepoints
TAG = re.compile(r'\b(?:struct|union|enum)\s+\w+|\b[A-Z_]*EVENT[A-Z_]*\('
                 r'\s*\w+(?:,\s*\w+)?')


def stem(name):
    """What names a file: without folder, prefix and suffix."""
    return re.sub(r'^vfio_ccw_|\.[ch]$', '', name)


def room(name):
    """The room of a file."""
    return stem(name).partition('_')[0]


def place(name):
    """What names a file inside its room: its header counts as another one."""
    return stem(name) + ('.h' if name == f'vfio_ccw_{room(name)}.h' else '')


class Source:
    """One file: what it includes, exports, declares and names."""

    def __init__(self, name, text):
        self.name = name
        self.includes = set(INCLUDE.findall(text))
        text = IGNORED.sub('""', text)
        code = DIRECTIVE.sub('', text)
        self.exports = {found['name'] for found in FUNCTION.finditer(code)
                        if name.endswith('.h') or
                        not re.search(r'\bstatic\b', found['head'])}
        self.declares = set()
        if name.endswith('.h'):
            self.declares = set(DECLARED.findall(code))
        else:
            self.exports |= set(VARIABLE.findall(code))
        # With the macros that it defines
        self.words = set(WORD.findall(TAG.sub('', text)))


def read():
    """The driver's files: name and text."""
    paths = [*TOP.glob('vfio_ccw_*.[ch]'), *TOP.glob('compat/vfio_ccw_*.h')]
    return {path.name: path.read_text(encoding='utf-8') for path in paths}


def arrows(sources):
    """Who knows whom, by files: {(from, to): why}."""
    found = {}
    owner = {}
    for source in sources:
        for word in source.exports:
            owner[word] = source.name
    known = {source.name for source in sources}
    for source in sources:
        for header in sorted(source.includes & known):
            found[source.name, header] = f'includes {header}'
        for word in sorted(source.words & owner.keys() - source.declares):
            found.setdefault((source.name, owner[word]), f'uses {word}()')
        for word in sorted(source.declares & owner.keys()):
            if room(owner[word]) != room(source.name):
                found[source.name, owner[word]] = f'declares {word}()'
    return {arrow: why for arrow, why in found.items()
            if stem(arrow[0]) != stem(arrow[1])}


def circles(graph):
    """One circle through each node that is on one, as lists of nodes."""
    done = set()
    for start in sorted(graph):
        trail = [[start]]
        seen = set()
        while trail and start not in done:
            path = trail.pop(0)
            for node in sorted(graph.get(path[-1], ())):
                if node == start:
                    done.update(path)
                    yield path + [node]
                    trail = []
                    break
                if node not in seen:
                    seen.add(node)
                    trail.append(path + [node])


def heights(order):
    """How high each room is."""
    return {name: height for height, names in enumerate(order)
            for name in names}


def misdirected(found, key, order, where):
    """The arrows that do not point down."""
    height = heights(order)
    for (start, end), why in sorted(found.items()):
        here, there = key(start), key(end)
        if here == there:
            continue
        if here not in height or there not in height:
            yield f'{start} {why}: {where} has no place for both'
        elif height[here] <= height[there]:
            yield f'{start} {why}: an arrow from {here} up to {there}'


def graph_of(found, key):
    """The same arrows between what key() makes of the files."""
    graph = {}
    for start, end in found:
        if key(start) != key(end):
            graph.setdefault(key(start), set()).add(key(end))
    return graph


def complaints(files):
    """One sentence for each thing that is wrong."""
    found = arrows([Source(*file) for file in sorted(files.items())])
    for name in sorted(files):
        if room(name) not in heights(ORDER):
            yield f'{name} belongs to no room'
    yield from misdirected(found, room, ORDER, 'the order of rooms')
    for path in circles(graph_of(found, room)):
        yield 'a circle of rooms: ' + ' -> '.join(path)
    for name in sorted({room(name) for name in files}):
        inner = {arrow: why for arrow, why in found.items()
                 if {room(arrow[0]), room(arrow[1])} == {name}}
        if name in INSIDE:
            order = ((name + '.h',), *INSIDE[name])
            yield from misdirected(inner, place, order, name)
        else:
            inner = {arrow: why for arrow, why in inner.items()
                     if all(file.endswith('.h') for file in arrow)}
        for path in circles(graph_of(inner, place)):
            yield f'a circle of files in {name}: ' + ' -> '.join(path)


# What is added to a file, and what has to be said about it
NEGATIVE = (
    ('vfio_ccw_slots.c', '#include "vfio_ccw_work.h"\n',
     'an arrow from slots up to work'),
    ('vfio_ccw_irq.c', 'static void f(void)\n{\n\tvfio_ccw_slot_put();\n}\n',
     'an arrow from irq up to slots'),
    ('vfio_ccw_private.h', 'static inline void f(void)\n{\n'
     '\tvfio_ccw_work_apply();\n}\n', 'an arrow from private up to work'),
    ('vfio_ccw_irq.h', 'int vfio_ccw_unmap_wait(struct vfio_ccw_device *d);\n',
     'an arrow from irq up to unmap'),
    ('vfio_ccw_cio.c', 'void *f = &vfio_ccw_ops_driver;\n',
     'an arrow from cio up to ops'),
    ('vfio_ccw_fsm.c', '#include "vfio_ccw_private.h"\n',
     'an arrow from fsm up to private'),
    ('vfio_ccw_fsm.c', '\tvfio_ccw_cp_release(fsm->cp);\n',
     'an arrow from fsm up to cp'),
    ('vfio_ccw_fsm_names.c', '\tvfio_ccw_fsm_step();\n',
     'an arrow from fsm_names up to fsm'),
    ('vfio_ccw_cp_a.h', '#include "vfio_ccw_cp_b.h"\n',
     'a circle of files in cp: cp_a -> cp_b -> cp_a'),
    ('vfio_ccw_work.c', '#include "vfio_ccw_ops.h"\n',
     'a circle of rooms: ops -> work -> ops'),
    ('vfio_ccw_new.c', '#include "vfio_ccw_private.h"\n',
     'vfio_ccw_new.c belongs to no room'),
)


def negative():
    """One sentence for each made-up arrow that is not found."""
    files = read()
    files['vfio_ccw_cp_b.h'] = '#include "vfio_ccw_cp_a.h"\n'
    for name, text, expected in NEGATIVE:
        changed = dict(files)
        changed[name] = changed.get(name, '') + text
        said = list(complaints(changed))
        if not any(expected in sentence for sentence in said):
            yield f'{name} with {text!r}: not found: {expected}'
    # What only looks like an arrow
    changed = dict(files)
    changed['vfio_ccw_irq.c'] += '/* vfio_ccw_work_apply() */\n' \
        '// vfio_ccw_work_apply()\n'
    if list(complaints(changed)) != list(complaints(files)):
        yield 'a comment is taken for an arrow'


def main():
    if sys.argv[1:] not in ([], ['--negative']):
        sys.exit(__doc__)
    wrong = list(negative() if sys.argv[1:] else complaints(read()))
    for sentence in wrong:
        print(sentence)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
