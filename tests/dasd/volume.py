#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The volumes and tapes of the bench, seen from outside.

An emulated volume is a file with a header of 512 bytes and one slot of fixed
size for every track, little-endian header, big-endian tracks:

    home address   5 bytes: 0, cylinder, head
    records        8 bytes count (cylinder, head, record, key length, data
                   length), then key, then data
    end of track   8 bytes X'FF'

An emulated tape (AWS) is a chain of blocks, each behind 6 bytes: its length
and that of the one before (little-endian), and two flag bytes.

This file parses and makes both without the emulator and without the kernel's
drivers, so that it can say what a channel program must have read or written.
"""

import os
import struct
import sys

HEADER = 512
HEADS = 15
BLOCK = 4096
BLOCKS = 12         # blocks of 4 KiB on a track
END = b'\xff' * 8

# What lies where; the C programs know the same numbers (see layout.h).
KNOWN_CYL = 1       # blocks with a pattern made here
HOST_CYL = 2        # blocks written by the host's own driver
PASSED_CYL = 3      # blocks written by channel programs, read by the host
ODD_CYL = 18        # records of many shapes made here
FORMAT_CYL = 19     # formatted by channel programs

HOST_SEED = 7000
PASSED_SEED = 9000
FORMAT_SEED = 11000

# Shapes of the records on the first tracks of ODD_CYL: (key, data) lengths
ODD_TRACKS = [
    [(8, 100), (8, 3000), (0, 20000), (0, 1), (255, 4096)],
    [(6, 80)] * 20,
    [(6, 800)] * 20,
    [(0, 56664)],
    [(4, 8), (0, 12000), (4, 512)],
]


def pattern(seed, size):
    """SIZE bytes that differ for every seed; see pattern() in rig.c."""
    return bytes((((seed * 1000003 + i) * 2654435761) >> 24) & 0xff
                 for i in range(size))


class Volume:
    """One 3390 in a file."""

    def __init__(self, path, mode='rb'):
        self.file = open(path, mode)
        head = self.file.read(HEADER)
        if head[:8] != b'CKD_P370':
            raise SystemExit(f'{path}: not an uncompressed CKD image')
        self.heads, self.size = struct.unpack_from('<II', head, 8)
        self.file.seek(0, os.SEEK_END)
        self.tracks = (self.file.tell() - HEADER) // self.size

    def raw(self, cyl, head):
        """The track as it lies in the file."""
        self.file.seek(HEADER + (cyl * self.heads + head) * self.size)
        return self.file.read(self.size)

    def records(self, cyl, head):
        """[(count, key, data)], record 0 first."""
        track = self.raw(cyl, head)
        at, found = 5, []
        while track[at:at + 8] != END:
            count = track[at:at + 8]
            key, data = count[5], struct.unpack('>H', count[6:])[0]
            at += 8
            found.append((count, track[at:at + key],
                          track[at + key:at + key + data]))
            at += key + data
            if at > self.size - 8:
                raise SystemExit(f'track {cyl}/{head} has no end')
        return found

    def write(self, cyl, head, records):
        """Replace a track by [(key, data)], numbered from 1."""
        track = struct.pack('>BHH', 0, cyl, head)
        track += struct.pack('>HHBBH', cyl, head, 0, 0, 8) + bytes(8)
        for number, (key, data) in enumerate(records, 1):
            track += struct.pack('>HHBBH', cyl, head, number, len(key),
                                 len(data)) + key + data
        track += END
        if len(track) > self.size:
            raise SystemExit(f'track {cyl}/{head} is too long')
        self.file.seek(HEADER + (cyl * self.heads + head) * self.size)
        self.file.write(track + bytes(self.size - len(track)))

    def blocks(self, first, count):
        """The data of COUNT tracks of Linux' blocks from track FIRST."""
        for track in range(first, first + count):
            records = self.records(*divmod(track, self.heads))[1:]
            shapes = [(len(key), len(data)) for _, key, data in records]
            if shapes != [(0, BLOCK)] * BLOCKS:
                raise SystemExit(f'track {track} does not hold '
                                 f'{BLOCKS} blocks')
            for _, _, data in records:
                yield data

    def fill(self, first, data):
        """Write whole tracks of blocks from track FIRST."""
        for at in range(0, len(data), BLOCKS * BLOCK):
            chunk = data[at:at + BLOCKS * BLOCK]
            chunk += bytes(BLOCKS * BLOCK - len(chunk))
            self.write(*divmod(first, self.heads),
                       [(b'', chunk[i:i + BLOCK])
                        for i in range(0, len(chunk), BLOCK)])
            first += 1


def dscbs(first, last):
    """Records of the VTOC: one data set from track FIRST to track LAST."""
    def extent(low, high):
        return struct.pack('>BBHHHH', 1, 0, *divmod(low, HEADS),
                           *divmod(high, HEADS))
    name = 'LINUX.VVFC001.PART0001.NATIVE'.ljust(44).encode('cp037')
    format4 = b'\x04' * 44 + b'\xf4' + bytes(60) + extent(1, 1) + bytes(25)
    format1 = name + b'\xf1' + 'VFC001'.encode('cp037') + b'\0\1'
    format1 = format1.ljust(105, b'\0') + extent(first, last)
    empty = bytes(44) + b'\xf5' + bytes(95)
    return [(d[:44], d[44:140]) for d in
            (r.ljust(140, b'\0') for r in (format4, empty, format1))]


def partition(volume, first, last):
    """Describe one partition in the VTOC, track 1 of the volume."""
    records = dscbs(first, last)
    blank = [(bytes(44), bytes(96))] * (BLOCKS - len(records))
    volume.write(0, 1, records + blank)


def known(head):
    """The blocks of one track of KNOWN_CYL."""
    return [pattern(head * BLOCKS + i, BLOCK) for i in range(BLOCKS)]


def odd(head):
    """The records of one track of ODD_CYL."""
    return [(pattern(head * 1000 + 2 * i, key),
             pattern(head * 1000 + 2 * i + 1, data))
            for i, (key, data) in enumerate(ODD_TRACKS[head])]


def prepare(image, out):
    """Fill an empty volume and put what is in it into folder OUT."""
    volume = Volume(image, 'r+b')
    partition(volume, 5 * HEADS, 17 * HEADS - 1)
    for head in range(HEADS):
        volume.write(KNOWN_CYL, head, [(b'', b) for b in known(head)])
    for head in range(len(ODD_TRACKS)):
        volume.write(ODD_CYL, head, odd(head))
    os.makedirs(out, exist_ok=True)
    with open(f'{out}/odd', 'wb') as file:
        for head in range(len(ODD_TRACKS)):
            file.write(volume.raw(ODD_CYL, head))
    for name, record in (('ipl1', 1), ('label', 3)):
        with open(f'{out}/{name}', 'wb') as file:
            file.write(volume.records(0, 0)[record][2])
    with open(f'{out}/known', 'wb') as file:
        file.write(b''.join(volume.blocks(KNOWN_CYL * HEADS, 2)))


class Report:
    """Test lines, numbered later by whoever gathers them."""

    def __init__(self):
        self.failed = 0

    def check(self, good, text):
        print(f'{"ok" if good else "not ok"} - shell: {text}')
        self.failed += not good


def formatted(head):
    """What channel programs are to have formatted: (key, data) lengths."""
    return [(8, 500), (0, 4096), (3, 7000), (0, 9)] if head == 0 else \
           [(0, 1000 + 10 * i) for i in range(1, 11)]


def verify(image):
    """After a run: what must be in the image, byte by byte."""
    volume, report = Volume(image), Report()
    for cyl, seed, who in ((HOST_CYL, HOST_SEED, 'the host wrote'),
                           (PASSED_CYL, PASSED_SEED,
                            'channel programs wrote')):
        want = b''.join(pattern(seed + i, BLOCK) for i in range(3 * BLOCKS))
        have = b''.join(volume.blocks(cyl * HEADS, 3))
        report.check(have == want, f'image holds the {len(have)} bytes {who}')
    for head in range(2):
        want = [(pattern(FORMAT_SEED + 100 * head + 2 * i, key),
                 pattern(FORMAT_SEED + 100 * head + 2 * i + 1, data))
                for i, (key, data) in enumerate(formatted(head))]
        have = [(k, d) for _, k, d in volume.records(FORMAT_CYL, head)[1:]]
        report.check(have == want,
                     f'image holds the {len(want)} records formatted on '
                     f'track {FORMAT_CYL}/{head}')
    for head in range(len(ODD_TRACKS)):
        have = [(k, d) for _, k, d in volume.records(ODD_CYL, head)[1:]]
        report.check(have == odd(head),
                     f'track {ODD_CYL}/{head} is what it was before')
    return report.failed


def unchanged(image, before):
    """After a check that writes inside ODD_CYL and puts back what was there."""
    volume, old, report = Volume(image), Volume(before), Report()
    name = os.path.basename(image)
    tracks = [divmod(i, HEADS) for i in range(old.tracks)]
    report.check(volume.tracks == old.tracks and
                 all(volume.raw(*at) == old.raw(*at) for at in tracks
                     if at[0] != ODD_CYL),
                 f'{name}: no other cylinder is another one')
    # Behind the end of a track remains what a longer one had there
    report.check(volume.raw(ODD_CYL, 1) != old.raw(ODD_CYL, 1),
                 f'{name}: the cylinder was written to')
    report.check(all(volume.records(*at) == old.records(*at) for at in tracks
                     if at[0] == ODD_CYL),
                 f'{name}: the cylinder has its {HEADS} tracks again')
    return report.failed


TAPE_BLOCKS = [80, 1, 2048, 4096, 4097, 12000, 32000, 18, 65535]
TAPE_SEED = 20000
TAPE_OUT_SEED = 30000
TAPE_OUT = [80, 4096, 1, 10000, 32760, None, 512, None, None]


def tape_read(path):
    """The blocks of a tape file, None for a tape mark."""
    with open(path, 'rb') as file:
        data = file.read()
    at, blocks, block = 0, [], b''
    while at < len(data):
        size, _, flags, _ = struct.unpack_from('<HHBB', data, at)
        at += 6
        if flags & 0x40:
            blocks.append(None)
            continue
        block += data[at:at + size]
        at += size
        if flags & 0x20:
            blocks.append(block)
            block = b''
    return blocks


def tape_make(path, out):
    """A tape with blocks of many sizes between and behind tape marks."""
    blocks = [pattern(TAPE_SEED + i, n) for i, n in enumerate(TAPE_BLOCKS)]
    before = 0
    with open(path, 'wb') as file:
        for block in blocks + [None, None]:
            size, flags = (0, 0x40) if block is None else (len(block), 0xa0)
            file.write(struct.pack('<HHBB', size, before, flags, 0))
            file.write(block or b'')
            before = size
    with open(f'{out}/blocks', 'wb') as file:
        for block in blocks:
            file.write(struct.pack('>I', len(block)) + block)


def tape_verify(path):
    """After a run: the tape that channel programs wrote."""
    report = Report()
    want = [None if n is None else pattern(TAPE_OUT_SEED + i, n)
            for i, n in enumerate(TAPE_OUT)]
    have = tape_read(path)[:len(want)]
    report.check(have == want, 'tape image holds the blocks and tape marks '
                 'that channel programs wrote')
    return report.failed


def flat(image, first, count):
    """The blocks of COUNT tracks from track FIRST, to standard output."""
    for block in Volume(image).blocks(int(first), int(count)):
        sys.stdout.buffer.write(block)


def fill(image, first, path):
    """Put a file onto whole tracks from track FIRST."""
    with open(path, 'rb') as file:
        Volume(image, 'r+b').fill(int(first), file.read())


def describe(image, first, last):
    """Write a VTOC with one partition."""
    partition(Volume(image, 'r+b'), int(first), int(last))


def write_pattern(path, seed, size):
    """A file that holds a pattern."""
    with open(path, 'wb') as file:
        file.write(pattern(int(seed), int(size)))


COMMANDS = {f.__name__.replace('_', '-'): f for f in (
    prepare, verify, unchanged, flat, fill, describe, write_pattern, tape_make, tape_verify)}

if __name__ == '__main__':
    if len(sys.argv) < 3 or sys.argv[1] not in COMMANDS:
        sys.exit(f'usage: volume.py {"|".join(COMMANDS)} FILE ...')
    sys.exit(COMMANDS[sys.argv[1]](*sys.argv[2:]))
