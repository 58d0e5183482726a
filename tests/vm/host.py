#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What the self-tests want done outside of their machine.

Reads lines from the machine's port "ctl" (VM_CTL) and does what they say:

  del ID                unplug the QEMU device ID
  add DRIVER KEY=VALUE...   plug one
  replace ID DRIVER KEY=VALUE...   unplug one and plug another while the
                        machine is stopped, so that it sees only the outcome
  enter MS              press ENTER on the terminal in MS milliseconds
  wait COMMAND          do COMMAND and answer with a line when it is done:
                        "done", or what went wrong

The terminal is a 3270 that QEMU emulates; this is its other end (VM_TN3270).
"""

import os
import select
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'lib'))
from qmp import Failure, Lines, Monitor, connect  # noqa: E402
from tn3270 import Client  # noqa: E402


class Terminal(Client):
    """The terminal, where ENTER may be due (by time.monotonic())."""

    due = None

    def press(self):
        """Press ENTER if it is time to; how long there is nothing to do."""
        if self.due is None:
            return None
        left = self.due - time.monotonic()
        if left > 0:
            return left
        self.due = None
        self.enter()
        return None


def delete(monitor, name):
    """Unplug a device; returns when QEMU has none of that name."""
    monitor.events.clear()
    monitor.command('device_del', limit=None, id=name)
    monitor.event('DEVICE_DELETED', limit=None, device=name)


def add(monitor, driver, *words):
    """Plug a device with these properties."""
    monitor.command('device_add', limit=None, driver=driver,
                    **dict(word.split('=', 1) for word in words))


def obey(words, monitor, terminal):
    """Do what one line says."""
    verb, *rest = words
    if verb == 'del':
        delete(monitor, rest[0])
    elif verb == 'add':
        add(monitor, *rest)
    elif verb == 'replace':
        monitor.command('stop')
        try:
            delete(monitor, rest[0])
            add(monitor, *rest[1:])
        finally:
            monitor.command('cont')
    elif verb == 'enter' and terminal:
        terminal.due = time.monotonic() + float(rest[0]) / 1000
    else:
        raise Failure('not understood: ' + ' '.join(words))


def obey_line(line, monitor, terminal, ctl):
    """The same for a line that may ask for an answer."""
    words = line.split()
    wait = words[0] == 'wait'
    answer = 'done'
    try:
        obey(words[1:] if wait else words, monitor, terminal)
    except Failure as failure:
        answer = str(failure)
        print('host.py: ' + answer, file=sys.stderr)
    if wait:
        ctl.write(answer + '\n')


def main():
    monitor = Monitor(connect(os.environ['VM_QMP']), limit=None)
    ctl = Lines(connect(os.environ['VM_CTL']))
    ports = os.environ.get('VM_TN3270', '').split()
    terminal = Terminal(int(ports[0])) if ports else None
    while True:
        wait = terminal.press() if terminal else None
        socks = [ctl.sock] + ([terminal.sock] if terminal else [])
        ready = [] if ctl.whole() else select.select(socks, [], [], wait)[0]
        if terminal and terminal.sock in ready and not terminal.receive():
            print('host.py: the terminal is connected again', file=sys.stderr)
            try:
                terminal.reconnect()
            except OSError:
                return  # the machine is off
        if ctl.whole() or ctl.sock in ready:
            try:
                line = ctl.read(None)
            except Failure:
                return
            if line.strip():
                obey_line(line, monitor, terminal, ctl)


if __name__ == '__main__':
    main()
