#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Volumes to load a guest from, and such as it cannot be loaded from.

usage: ipl.py load VOLUME PROGRAM LINE
       ipl.py empty VOLUME

"load" makes VOLUME, which is formatted, one that ends up in PROGRAM, with the
text of the file LINE in memory. As loaders do, it comes in steps, of which each
reads the next one:

    record 1 of track 0 (IPL1), 24 bytes, read to 0 by READ IPL: the PSW to begin
        with, a CCW that reads the next record, a TIC to what that has read
    record 2 of track 0 (IPL2): a channel program that goes to track 2, reads its
        first record, and leads into that
    record 1 of track 2: a channel program that reads the other two records of the
        track, PROGRAM and LINE

All CCWs are of format 0; there is no other one in an initial program load.

"empty" takes all records of track 0 but the one with number 0.
"""

import struct
import sys

from volume import Volume

# Where things are in the guest's memory; those of its program are in
# ipl-guest.c, too.
IPL2, NEXT, PROGRAM, LINE = 0x1000, 0x1100, 0x2000, 0x3000
LINE_SIZE = 40
IPL2_SIZE = 144
TRACK = 2           # where the rest is, in cylinder 0

READ, SEEK, SEARCH, TIC = 0x06, 0x07, 0x31, 0x08
CHAIN = 0x40
PSW = 0x0008000080000000    # 31-bit addressing mode, nothing enabled


def ccw(command, address, count=0, flags=CHAIN):
    """One CCW of format 0."""
    return struct.pack('>IBxH', command << 24 | address,
                       0 if command == TIC else flags, count)


def to_record(place, ccws, number):
    """A program at PLACE that goes to a record of TRACK and continues with
    CCWS, and behind it the parameters of SEEK and SEARCH."""
    place_of_parameters = place + 8 * 3 + len(ccws)
    return (ccw(SEEK, place_of_parameters, 6) +
            ccw(SEARCH, place_of_parameters + 2, 5) +
            ccw(TIC, place + 8) + ccws +
            struct.pack('>HHHB', 0, 0, TRACK, number))


def load(image, program, line):
    """Make it a volume that a guest can be loaded from."""
    with open(program, 'rb') as file:
        program = file.read()
    with open(line, 'rb') as file:
        line = file.read()
    if len(line) != LINE_SIZE:
        raise SystemExit(f'the line has {len(line)} bytes, not {LINE_SIZE}')
    last = to_record(NEXT, ccw(READ, PROGRAM, len(program)) +
                     ccw(READ, LINE, len(line), 0), 2)
    ipl2 = to_record(IPL2, ccw(READ, NEXT, len(last)) + ccw(TIC, NEXT), 1)
    ipl1 = struct.pack('>Q', PSW | PROGRAM) + \
        ccw(READ, IPL2, IPL2_SIZE) + ccw(TIC, IPL2)
    volume = Volume(image, 'r+b')
    records = [(key, data) for _, key, data in volume.records(0, 0)[1:]]
    records[0] = records[0][0], ipl1
    records[1] = records[1][0], ipl2.ljust(IPL2_SIZE, b'\0')
    volume.write(0, 0, records)
    volume.write(0, TRACK, [(b'', data) for data in (last, program, line)])


def empty(image):
    """Make it a volume that has nothing to read on its first track."""
    Volume(image, 'r+b').write(0, 0, [])


def main():
    commands = {'load': (load, 3), 'empty': (empty, 1)}
    command, count = commands.get(''.join(sys.argv[1:2]), (None, 0))
    if not command or len(sys.argv) != 2 + count:
        sys.exit(__doc__)
    command(*sys.argv[2:])


if __name__ == '__main__':
    main()
