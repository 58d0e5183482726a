#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The description for syzkaller, compared with itself and with the headers.

usage: check.py --uapi FOLDER

syzkaller's own compiler is in no package of Debian. So this reads what the description
uses of the language: every line has to be understood, every name that is used has to be
defined, and the other way round; a length has to be that of something there. The C
compiler says whether the constants exist, and whether the structures have the sizes and
offsets of the kernel's. What the driver offers has to be described: its ioctls, and
the bits of its command region.

FOLDER has the kernel's headers for user space. At the end faults are put into the
description, one after the other: each has to be found. TAP.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, '..', '..', '..'))
DESCRIPTION = os.path.join(HERE, 'dev_vfio_ccw.txt')
CC = os.environ.get('CROSS', 's390x-linux-gnu-') + 'gcc'

INTEGERS = {'int%d%s' % (8 * size, order): size
            for size in (1, 2, 4, 8) for order in ('', 'be')}
DIRECTIONS = ('in', 'out', 'inout')
# What syzkaller's other files for Linux define
RESOURCES = {'fd': 4}
CALLS = {'openat': 4, 'ioctl': 3, 'pread64': 4, 'pwrite64': 4}

# The kernel's structure, the length that is described, and names that differ
LAYOUTS = {
    'ccw_info': ('struct vfio_device_info', {}),
    'ccw_irq_info': ('struct vfio_irq_info', {}),
    'ccw_ioas_alloc': ('struct iommu_ioas_alloc', {'id': 'out_ioas_id'}),
    'ccw_ioas_map': ('struct iommu_ioas_map', {'ioas': 'ioas_id',
                                               'reserved': '__reserved'}),
    'ccw_ioas_unmap': ('struct iommu_ioas_unmap', {'ioas': 'ioas_id'}),
    'ccw_bind': ('struct vfio_device_bind_iommufd', {'out': 'out_devid'}),
    'ccw_attach': ('struct vfio_device_attach_iommufd_pt', {'ioas': 'pt_id'}),
    'ccw_detach': ('struct vfio_device_detach_iommufd_pt', {}),
}
# Likewise, but the description goes on behind it, or may end before
AT_LEAST = {
    'ccw_region_info': ('struct vfio_region_info', {}),
    'ccw_irq_set': ('struct vfio_irq_set', {}),
}
AT_MOST = {
    'ccw_start': ('struct ccw_io_region', {'scsw': 'scsw_area'}),
    'ccw_command': ('struct ccw_cmd_region', {}),
}


class Fault(Exception):
    """What is wrong with the description."""


def split(text):
    """Parts between commas that are in no brackets."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += {'[': 1, ']': -1}.get(char, 0)
        if char == ',' and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    last = text[start:].strip()
    return parts + [last] if last or parts else []


def number(text):
    """A literal, or None."""
    return int(text, 0) if re.fullmatch(r'-?(0x[0-9a-f]+|\d+)', text) else None


class Description:
    """The text, taken to pieces."""

    def __init__(self, text):
        self.includes, self.defines = [], {}
        self.resources, self.flags, self.structs, self.calls = {}, {}, {}, {}
        self.constants, self.used = set(), set()
        self.parse(text)

    def define(self, table, name, value):
        """A name has one meaning."""
        if any(name in t for t in (self.resources, self.flags, self.structs,
                                   self.calls, INTEGERS, RESOURCES)):
            raise Fault('%s is defined twice' % name)
        table[name] = value

    def parse(self, text):
        """Every line is one of those that are known."""
        lines = iter([line for line in (
            line.split('#')[0].rstrip() for line in text.split('\n')) if line])
        for line in lines:
            if match := re.fullmatch(r'include <(\S+)>', line):
                self.includes.append(match[1])
            elif match := re.fullmatch(r'define (\w+)\s+(.+)', line):
                self.defines[match[1]] = match[2]
            elif match := re.fullmatch(r'resource (\w+)\[(\w+)\]', line):
                self.define(self.resources, match[1], match[2])
            elif match := re.fullmatch(r'(\w+) = (.+)', line):
                self.define(self.flags, match[1], split(match[2]))
            elif match := re.fullmatch(r'(\w+) \{', line):
                self.define(self.structs, match[1], self.fields(lines))
            elif match := re.fullmatch(r'(\w+\$\w+)\((.*)\)(?: (\w+))?', line):
                self.define(self.calls, match[1], (split(match[2]), match[3]))
            else:
                raise Fault('not understood: ' + line)

    @staticmethod
    def fields(lines):
        """((name, type)..., attributes) of a structure."""
        found = []
        for line in lines:
            if match := re.fullmatch(r'\}(?: \[(.*)\])?', line):
                return found, split(match[1] or '')
            match = re.fullmatch(r'\t(\w+)\s+(\S.*?)(?:\s+\((in|out|inout)\))?',
                                 line)
            if not match:
                raise Fault('no field: ' + line.strip())
            found.append((match[1], match[2]))
        raise Fault('a structure has no end')

    def constant(self, text):
        """A value: a literal, or the name of one."""
        if number(text) is None:
            if not re.fullmatch(r'[A-Z]\w+', text):
                raise Fault('no constant: ' + text)
            self.constants.add(text)

    def range(self, text):
        """Literals, with a colon between."""
        parts = [number(part) for part in text.split(':')]
        if None in parts or len(parts) > 2 or parts != sorted(parts):
            raise Fault('no range: ' + text)
        return parts[0], parts[-1]

    def integer(self, options):
        """Size of the integer that the last option names, if one does."""
        if len(options) > 2 or len(options) == 2 and options[1] not in INTEGERS:
            raise Fault('no integer: ' + ', '.join(options))
        return INTEGERS[options[1]] if len(options) == 2 else 8

    def size(self, text, beside):
        """(least, most) bytes of a type, beside fields of the names given."""
        match = re.fullmatch(r'(\w+)(?:\[(.*)\])?', text)
        if not match:
            raise Fault('no type: ' + text)
        name, options = match[1], split(match[2] or '')
        if name in INTEGERS and len(options) < 2:
            for option in options:
                self.range(option)
            return INTEGERS[name], INTEGERS[name]
        if name in ('const', 'flags', 'len') and options:
            size = self.integer(options)
            if name == 'const':
                self.constant(options[0])
            elif name == 'flags':
                self.use(self.flags, options[0])
            elif options[0] not in beside + ['parent']:
                raise Fault('no field to be the length of: ' + options[0])
            return size, size
        if name in ('ptr', 'ptr64') and len(options) == 2:
            if options[0] not in DIRECTIONS:
                raise Fault('no direction: ' + options[0])
            self.size(options[1], [])
            return 8, 8
        if name == 'array' and options:
            least, most = self.size(options[0], [])
            if len(options) == 1:
                return 0, sys.maxsize
            few, many = self.range(options[1])
            return few * least, many * most
        if name == 'string' and len(options) == 1:
            if not re.fullmatch(r'"[^"]+"', options[0]):
                raise Fault('no string: ' + options[0])
            return 0, sys.maxsize
        if options:
            raise Fault('no type: ' + text)
        if name in RESOURCES:
            return RESOURCES[name], RESOURCES[name]
        if name in self.resources:
            self.used.add(name)
            return self.size(self.resources[name], [])
        return self.struct(name)

    def use(self, table, name):
        """Something that has to be defined."""
        if name not in table:
            raise Fault('not defined: ' + name)
        self.used.add(name)

    def struct(self, name):
        """(least, most) bytes of a structure; offsets are in self.offsets."""
        self.use(self.structs, name)
        fields, attributes = self.structs[name]
        beside = [field for field, _ in fields]
        if len(set(beside)) != len(beside):
            raise Fault('two fields of %s have one name' % name)
        least = most = 0
        align = 1
        self.offsets = getattr(self, 'offsets', {})
        packed = 'packed' in attributes
        places = {}
        for field, kind in fields:
            few, many = self.size(kind, beside)
            natural = few if few == many and few in (1, 2, 4, 8) and \
                not kind.startswith('array') and not packed else 1
            least += -least % natural
            most += -most % natural
            align = max(align, natural)
            places[field] = (least, few if few == many else None)
            least += few
            most = min(most + many, sys.maxsize)
        if not packed:
            least += -least % align
            most += -most % align if most < sys.maxsize else 0
        for attribute in attributes:
            match = re.fullmatch(r'packed|(size|align)\[(\d+)\]', attribute)
            if not match:
                raise Fault('no attribute: ' + attribute)
            if match[1] == 'size':
                if most > int(match[2]):
                    raise Fault('%s is larger than its size' % name)
                least = most = int(match[2])
        self.offsets[name] = places
        return least, most

    def check(self):
        """Everything that needs no header."""
        for name, (arguments, result) in self.calls.items():
            call = name.split('$')[0]
            if len(arguments) != CALLS.get(call, -1):
                raise Fault('%s has other arguments' % call)
            pairs = [argument.split(None, 1) for argument in arguments]
            if any(len(pair) != 2 for pair in pairs):
                raise Fault('an argument of %s has no type' % name)
            for _, kind in pairs:
                self.size(kind, [pair[0] for pair in pairs])
            if result:
                self.use(self.resources, result)
        for values in self.flags.values():
            for value in values:
                self.constant(value)
        for name in self.resources:
            if name not in self.used:
                raise Fault('not used: ' + name)
        for table in (self.flags, self.structs):
            for name in table:
                if name not in self.used:
                    raise Fault('not used: ' + name)
        made = {result for _, result in self.calls.values()}
        for name in self.resources:
            out = any(kind == name for fields, _ in self.structs.values()
                      for _, kind in fields)
            if name not in made and not out:
                raise Fault('nothing makes a ' + name)


def driver_text(name):
    """A file of the driver."""
    with open(os.path.join(TOP, name)) as file:
        return file.read()


def check_offered(description):
    """What the driver offers is described."""
    described = ' '.join(kind for arguments, _ in description.calls.values()
                         for kind in arguments)
    for name in re.findall(r'case (VFIO_DEVICE_\w+):',
                           driver_text('vfio_ccw_ops.c')):
        if not re.search(r'\b%s\b' % name, described):
            raise Fault('not described: ' + name)
    for name in re.findall(r'#define (VFIO_CCW_ASYNC_CMD_\w+)',
                           driver_text('vfio_ccw_uapi.h')):
        if name not in description.flags.get('ccw_commands', []):
            raise Fault('not described: ' + name)


def layout_lines(description):
    """C that compiles only if the structures are those of the headers."""
    for table, sign in ((LAYOUTS, '=='), (AT_LEAST, '>='), (AT_MOST, '<=')):
        for name, (struct, names) in table.items():
            least, most = description.struct(name)
            if most == sys.maxsize:
                raise Fault('%s has no end' % name)
            if sign == '==' and least != most:
                raise Fault('%s has no fixed size' % name)
            yield '_Static_assert(%d %s sizeof(%s), "size of %s");' % (
                most, sign, struct, name)
            for field, (offset, size) in description.offsets[name].items():
                real = names.get(field, field)
                if field.startswith(('rest', 'scsw_rest', 'event', 'intparm',
                                     'ctl', 'cpa')):
                    continue
                yield '_Static_assert(offsetof(%s, %s) == %d, "%s.%s");' % (
                    struct, real, offset, name, field)
                if sign != '<=':
                    yield '_Static_assert(sizeof(((%s *)0)->%s) == %d, ' \
                        '"size of %s.%s");' % (struct, real, size or -1, name,
                                               field)


def check_headers(description, uapi):
    """The compiler knows the constants, and the layouts."""
    lines = ['#include <stddef.h>', '#define _GNU_SOURCE', '#include <fcntl.h>']
    lines += ['#include <%s>' % name for name in description.includes
              if name != 'linux/fcntl.h']
    lines += ['#include "%s"' % os.path.join(TOP, 'vfio_ccw_uapi.h')]
    for name in sorted(description.constants):
        lines.append('long long value_%s = (long long)%s;' % (name, name))
    for name, value in description.defines.items():
        lines.append('_Static_assert((%s) == (%s), "%s");' % (name, value, name))
    lines += layout_lines(description)
    with tempfile.NamedTemporaryFile('w', suffix='.c') as file:
        file.write('\n'.join(lines) + '\n')
        file.flush()
        result = subprocess.run(
            [CC, '-std=gnu11', '-fsyntax-only', '-isystem', uapi, file.name],
            stderr=subprocess.PIPE, text=True)
    if result.returncode:
        errors = [line.split('error: ')[1] for line in
                  result.stderr.splitlines() if 'error: ' in line]
        raise Fault('; '.join(errors[:3]) or result.stderr.strip()[-200:])


def fault_of(text, uapi):
    """What is wrong, or None."""
    try:
        description = Description(text)
        description.check()
        check_offered(description)
        check_headers(description, uapi)
    except Fault as fault:
        return str(fault)
    return None


# What is replaced by what, and what has to be said of it
FAULTS = (
    ('an unknown type', 'flags[ccw_flags, int8]', 'flags[ccw_flags, int9]',
     'no integer'),
    ('flags that nobody defines', 'cda\tflags[ccw_addresses,',
     'cda\tflags[ccw_adresses,', 'not defined: ccw_adresses'),
    ('a structure that nobody defines', 'ptr[in, ccw_command]',
     'ptr[in, ccw_comand]', 'not defined: ccw_comand'),
    ('flags that nobody uses', 'scsw_bits = ', 'no_bits = 0x1\nscsw_bits = ',
     'not used: no_bits'),
    ('two meanings of a name', 'ccw_flags = ', 'scsw_bits = 0x1\nccw_flags = ',
     'defined twice'),
    ('a constant that is in no header', 'VFIO_DEVICE_GET_IRQ_INFO]',
     'VFIO_DEVICE_GET_IRQ_INFOS]', 'VFIO_DEVICE_GET_IRQ_INFO'),
    ('a bit of the command region with another value', 'CMD_XSCH\t8',
     'CMD_XSCH\t16', 'VFIO_CCW_ASYNC_CMD_XSCH'),
    ('a bit of the command region that is missing',
     ', VFIO_CCW_ASYNC_CMD_RSCH,', ',', 'not described: VFIO_CCW_ASYNC_CMD_RSCH'),
    ('an ioctl that is missing', 'cmd const[VFIO_DEVICE_RESET]', 'cmd const[0]',
     'not described: VFIO_DEVICE_RESET'),
    ('a structure with another size', 'rest\tarray[const[0, int32], 5]',
     'rest\tarray[const[0, int32], 4]', 'size of ccw_info'),
    ('fields in another order', '\tuser_va\t\tptr64[in, ccw_memory]\n'
     '\tlength\t\tconst[8192, int64]\n', '\tlength\t\tconst[8192, int64]\n'
     '\tuser_va\t\tptr64[in, ccw_memory]\n', 'ccw_ioas_map.length'),
    ('a region that is longer', 'rest\t\tarray[int8, 0:100]',
     'rest\t\tarray[int8, 0:104]', 'size of ccw_start'),
    ('the length of nothing', 'buf ptr[in, ccw_start], count len[buf]',
     'buf ptr[in, ccw_start], count len[buff]', 'length of: buff'),
    ('a missing argument', ', arg const[0])', ')', 'other arguments'),
    ('a line of another language', 'resource ccw_ioas[int32]',
     'resource ccw_ioas int32', 'not understood'),
    ('memory that is too large', 'array[int8, 0:4096]', 'array[int8, 0:8096]',
     'larger than its size'),
)


def main():
    """Command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--uapi', required=True)
    uapi = parser.parse_args().uapi
    with open(DESCRIPTION) as file:
        text = file.read()
    print('TAP version 13\n1..%d' % (len(FAULTS) + 1))
    fault = fault_of(text, uapi)
    failed = bool(fault)
    if fault:
        print('# ' + fault)
    print('%sok 1 - the description fits the headers and the driver' %
          ('not ' if fault else ''))
    for count, (name, old, new, says) in enumerate(FAULTS, 2):
        found = text.count(old) and fault_of(text.replace(old, new, 1), uapi)
        good = bool(found) and says in found
        if not good:
            print('# %s' % (found or 'nothing was found'))
        failed |= not good
        print('%sok %d - found: %s' % ('' if good else 'not ', count, name))
    sys.exit(failed)


if __name__ == '__main__':
    main()
