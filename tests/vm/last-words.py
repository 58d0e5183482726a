#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""last-words.py FILE BYTES: what a machine's kernel said before it rebooted.

The last messages of a kernel do not reach its console any more. Run beside a
machine of BYTES storage whose QEMU stops it instead of rebooting it
("-no-reboot -no-shutdown"), this reads them from its storage, writes those of
the driver and of its tracepoints to FILE and ends QEMU. VM_QMP names QEMU's socket.
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'lib'))
from qmp import Monitor, connect  # noqa: E402


def main():
    path, size = sys.argv[1], int(sys.argv[2])
    monitor = Monitor(connect(os.environ['VM_QMP']), limit=None)
    monitor.event('SHUTDOWN', limit=None)
    storage = path + '.storage'
    monitor.command('pmemsave', limit=None, val=0, size=size, filename=storage)
    with open(storage, 'rb') as file:
        found = re.findall(rb'vfio_ccw(?:_\w+| \d\.\d\.[0-9a-f]{4}): '
                           rb'[ -~]{1,200}', file.read())
    os.unlink(storage)
    with open(path, 'wb') as file:
        file.write(b'\n'.join(found + [b'']))
    monitor.command('quit')


if __name__ == '__main__':
    main()
