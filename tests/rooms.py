#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Hold the driver's files to their order, and their functions to their names.

usage: rooms.py [--negative | --dot]

The files are rooms, and the rooms have an order. A room knows another one if a
file of it includes a header of the other, or names one of its functions or
variables. It may know those below it. The name of each static function and
variable begins with a word that stands for its file. Prints one sentence for each
arrow that points up or sideways, for each circle and for each wrong name; silent if
there is none.

With --negative, feeds itself made-up arrows and names, and complains about each
one that it does not find. With --dot, draws the rooms for graphviz.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent

# The rooms, the lowest first; those of one line do not know each other. A
# file's room is the first word of its name after "vfio_ccw_".
ORDER = (
    # any architecture
    ('counter', 'format'),
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

# What static functions and variables begin with, where that is not the last word of
# the file's name. So do those that the files of the translator share, behind "cp_".
PREFIXES = {
    'cp_prog': ('prog_', 'vec_'),
    # vfio_ccw_status.c has the word alone
    'cp_status': ('cp_status_',),
    'fsm_names': ('fsm_',),
    'slots': ('slot_',),
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
# Whatever annotations it has
STATIC = re.compile(r'^static\b[^;{}()=]*?\b(\w+)\([^;{}]*\)[^;{}=]*\{', re.M)
# One that is not inside a function, and a macro that defines one
STATIC_VARIABLE = re.compile(r'^static\b[^;{}()=]*?\b(\w+)(?:\[[^\]\n]*\])*\s*[=;]|'
                             r'^static (?:DEFINE_\w+|LIST_HEAD)\((\w+)', re.M)
# Makes up the names of its functions
ATTRIBUTE = re.compile(r'\bDEVICE_ATTR_R[OW]\((\w+)\)')
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
        made = {word + end for word in ATTRIBUTE.findall(code)
                for end in ('_show', '_store')}
        self.static_names = set(STATIC.findall(code)) - made
        self.static_variables = {
            one or other for one, other in STATIC_VARIABLE.findall(code)}
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


def direct(graph):
    """The same graph without the arrows that a longer way stands for."""
    beyond = {}

    def reach(node):
        if node not in beyond:
            beyond[node] = set()
            for below in graph.get(node, ()):
                beyond[node] |= {below} | reach(below)
        return beyond[node]

    return {node: {below for below in ends if not any(
        below in reach(other) for other in ends - {below})}
            for node, ends in graph.items()}


def drawing(files):
    """The rooms as they stand above each other, and who knows whom, in lines."""
    found = arrows([Source(*file) for file in sorted(files.items())])
    graph = direct(graph_of(found, room))
    last = next(height for height, names in enumerate(ORDER) if 'fsm' in names)
    yield '// SPDX-License-Identifier: GPL-2.0'
    yield '// Generated by "tests/rooms.py --dot"'
    yield 'digraph rooms {'
    yield '\trankdir=TB;'
    yield '\tranksep=0.3;'
    yield '\tnode [shape=box, fontname=sans, fontsize=10];'
    yield '\tedge [arrowsize=0.6];'
    for title, part in (('s390 and VFIO: a shell that acts', ORDER[last + 1:]),
                        ('plain C: the core that decides', ORDER[:last + 1])):
        yield '\tsubgraph "cluster_%s" {' % title.partition(':')[0]
        yield f'\t\tlabel="{title}"; fontname=sans; fontsize=10; style=dashed;'
        for names in reversed(part):
            nodes = ' '.join(name + ';' for name in sorted(names))
            yield f'\t\t{{ rank=same; {nodes} }}'
        yield '\t}'
    for start in sorted(graph):
        for end in sorted(graph[start]):
            yield f'\t{start} -> {end};'
    yield '}'


def misnamed(sources):
    """The functions and variables whose names do not say in which file they are."""
    others = tuple({stem(source.name) + '_' for source in sources
                    if room(source.name) == 'cp'} - {'cp_'})
    for source in sources:
        here = stem(source.name)
        own = PREFIXES.get(here, (here.rpartition('_')[2] + '_',))
        public = (here + '_', 'vfio_ccw_')
        names = [(name, own) for name in source.static_names]
        if source.name.endswith('.h'):
            names = [(name, (*own, 'vfio_ccw_')) for name in source.static_names]
        if room(source.name) == 'cp':
            names += [(name, public)
                      for name in source.exports - source.static_names]
        for name, prefixes in sorted(names):
            if room(source.name) != 'compat' and (
                    not name.startswith(prefixes) or
                    here == 'cp' and name.startswith(others)):
                yield f'{source.name}: {name}() begins with none of ' + \
                    ', '.join(prefixes)
        for name in sorted(source.static_variables):
            if not name.startswith((*own, 'vfio_ccw_')):
                yield f'{source.name}: {name} begins with none of ' + \
                    ', '.join(own)


def complaints(files):
    """One sentence for each thing that is wrong."""
    sources = [Source(*file) for file in sorted(files.items())]
    found = arrows(sources)
    yield from misnamed(sources)
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
    ('vfio_ccw_cp_pin.c', 'static u32 find_page(u32 page)\n{\n}\n',
     'vfio_ccw_cp_pin.c: find_page() begins with none of pin_'),
    ('vfio_ccw_cp_pin.c', 'static __always_inline bool\npins_find(u32 page)\n'
     '{\n}\n', 'vfio_ccw_cp_pin.c: pins_find() begins with none of pin_'),
    ('vfio_ccw_work.c', 'static void wait(void) __must_hold(&lock)\n{\n}\n',
     'vfio_ccw_work.c: wait() begins with none of work_'),
    ('vfio_ccw_cp_status.c', 'static void status_strip(void)\n{\n}\n',
     'status_strip() begins with none of cp_status_'),
    ('vfio_ccw_cp_prog.h', 'static inline u32 page_of(u64 iova)\n{\n}\n',
     'page_of() begins with none of prog_, vec_'),
    ('vfio_ccw_cp_emit.c', 'int cp_pin_page(u32 page)\n{\n}\n',
     'vfio_ccw_cp_emit.c: cp_pin_page() begins with none of cp_emit_'),
    ('vfio_ccw_cp.c', 'static int cp_pin_page(u32 page)\n{\n}\n',
     'vfio_ccw_cp.c: cp_pin_page() begins with none of cp_'),
    ('vfio_ccw_ops.c', 'static ssize_t depth_show(void)\n{\n}\n',
     'depth_show() begins with none of ops_'),
    ('vfio_ccw_unmap.c', 'static DEFINE_SPINLOCK(lock);\n',
     'vfio_ccw_unmap.c: lock begins with none of unmap_'),
    ('vfio_ccw_keep.c', 'static LIST_HEAD(devices);\n',
     'vfio_ccw_keep.c: devices begins with none of keep_'),
    ('vfio_ccw_drv.c', 'static atomic_t count = ATOMIC_INIT(0);\n',
     'vfio_ccw_drv.c: count begins with none of drv_'),
    ('vfio_ccw_ops.c', 'static const struct region regions[NR] = {\n\t{ 1 },\n};\n',
     'vfio_ccw_ops.c: regions begins with none of ops_'),
)


def negative():
    """One sentence for each made-up fault that is not found."""
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
    if sys.argv[1:] not in ([], ['--negative'], ['--dot']):
        sys.exit(__doc__)
    if sys.argv[1:] == ['--dot']:
        print('\n'.join(drawing(read())))
        return 0
    wrong = list(negative() if sys.argv[1:] else complaints(read()))
    for sentence in wrong:
        print(sentence)
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
