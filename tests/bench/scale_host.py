#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What QEMU itself waits for while the devices of a machine are busy.

usage: scale_host.py FILE

Beside a machine of vm.py: for each "begin" that the machine says (VM_CTL) QEMU begins
to count, for each lock of its own, how often it is taken and how long that takes
(sync-profile); for "end WORD..." the report is appended to FILE, behind a line with
the words. Each is answered with "done".
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'lib'))
from qmp import Failure, Lines, Monitor, connect  # noqa: E402


def human(monitor, text):
    """A command of QEMU's own monitor; what it prints."""
    return monitor.command('human-monitor-command', limit=None,
                           command_line=text)


def obey(words, monitor, out):
    """One line."""
    if words[0] == 'begin':
        human(monitor, 'sync-profile reset')
        human(monitor, 'sync-profile on')
    elif words[0] == 'end':
        report = human(monitor, 'info sync-profile 40')
        human(monitor, 'sync-profile off')
        print('PROFILE', *words[1:], file=out)
        print(report, file=out, flush=True)


def main():
    """Until the machine is off."""
    ctl = connect(os.environ['VM_CTL'])
    lines = Lines(ctl)
    monitor = Monitor(connect(os.environ['VM_QMP']), limit=None)
    with open(sys.argv[1], 'w') as out:
        while True:
            try:
                line = lines.read(None)
            except Failure:
                return  # the machine is off
            obey(line.split(), monitor, out)
            ctl.sendall(b'done\n')


if __name__ == '__main__':
    main()
