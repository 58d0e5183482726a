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

import json
import os
import select
import socket
import sys
import time

IAC, DONT, DO, WONT, WILL, SB, SE, EOR = 255, 254, 253, 252, 251, 250, 240, 239
TTYPE = 24
TERMINAL_TYPE = b'IBM-3278-2'
# Attention identifier of the ENTER key, and the cursor at the start
ENTER = bytes([0x7d, 0x40, 0x40, IAC, EOR])


def connect(path):
    """A connection to a socket that appears within seconds."""
    for _ in range(600):
        try:
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(path)
            return sock
        except OSError:
            sock.close()
            time.sleep(0.05)
    sys.exit('host.py: nobody listens at ' + path)


class Monitor:
    """QEMU's machine protocol."""

    def __init__(self, path):
        self.file = connect(path).makefile('rw', encoding='utf-8')
        self.deleted = set()
        self.message()
        self.run('qmp_capabilities')

    def message(self):
        """The next message; devices that have gone are remembered."""
        message = json.loads(self.file.readline())
        if message.get('event') == 'DEVICE_DELETED':
            self.deleted.add(message['data'].get('device'))
        return message

    def run(self, command, **arguments):
        """Run one command; what went wrong, '' if nothing did."""
        message = {'execute': command}
        if arguments:
            message['arguments'] = arguments
        print(json.dumps(message), file=self.file, flush=True)
        while True:
            answer = self.message()
            if 'return' in answer:
                return ''
            if 'error' in answer:
                wrong = '%s: %s' % (command, answer['error']['desc'])
                print('host.py: ' + wrong, file=sys.stderr)
                return wrong

    def delete(self, name):
        """Unplug a device; returns when QEMU has none of that name."""
        self.deleted.discard(name)
        wrong = self.run('device_del', id=name)
        while not wrong and name not in self.deleted:
            self.message()
        return wrong

    def add(self, driver, *words):
        """Plug a device with these properties."""
        return self.run('device_add', driver=driver,
                        **dict(word.split('=', 1) for word in words))


class Terminal:
    """The user's end of a 3270 connection (RFC 1576)."""

    def __init__(self, port):
        self.port = port
        self.connect()
        self.due = None

    def connect(self):
        """QEMU hangs up when two keys reach it in one piece."""
        self.rest = b''
        self.sock = socket.create_connection(('127.0.0.1', self.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def option(self, verb, what):
        """Agree to everything that is asked for."""
        if verb == DO:
            self.sock.sendall(bytes([IAC, WILL, what]))
        elif verb == WILL:
            self.sock.sendall(bytes([IAC, DO, what]))

    def receive(self):
        """Take what came; false when the connection has ended."""
        try:
            data = self.sock.recv(65536)
        except ConnectionError:
            return False
        self.rest += data
        while self.negotiate():
            pass
        return bool(data)

    def negotiate(self):
        """Handle the first request in what came; false if there is none."""
        at = self.rest.find(IAC)
        if at < 0 or at + 2 > len(self.rest):
            self.rest = self.rest[at:] if at >= 0 else b''
            return False
        verb = self.rest[at + 1]
        if verb in (DO, DONT, WILL, WONT):
            if at + 3 > len(self.rest):
                return False
            self.option(verb, self.rest[at + 2])
            self.rest = self.rest[at + 3:]
        elif verb == SB:
            end = self.rest.find(bytes([IAC, SE]), at)
            if end < 0:
                return False
            if self.rest[at + 2] == TTYPE:
                self.sock.sendall(bytes([IAC, SB, TTYPE, 0]) +
                                  TERMINAL_TYPE + bytes([IAC, SE]))
            self.rest = self.rest[end + 2:]
        else:
            self.rest = self.rest[at + 2:]
        return True

    def press(self):
        """Press ENTER if it is time to; how long there is nothing to do."""
        if self.due is None:
            return None
        left = self.due - time.monotonic()
        if left > 0:
            return left
        self.due = None
        self.sock.sendall(ENTER)
        return None


def obey(words, monitor, terminal):
    """Do what one line says; what went wrong, '' if nothing did."""
    verb, *rest = words
    if verb == 'del':
        return monitor.delete(rest[0])
    if verb == 'add':
        return monitor.add(*rest)
    if verb == 'replace':
        wrong = monitor.run('stop')
        wrong = wrong or monitor.delete(rest[0])
        wrong = wrong or monitor.add(*rest[1:])
        return monitor.run('cont') or wrong
    if verb == 'enter' and terminal:
        terminal.due = time.monotonic() + float(rest[0]) / 1000
        return ''
    print('host.py: what is this? ' + ' '.join(words), file=sys.stderr)
    return 'not understood'


def obey_line(line, monitor, terminal, ctl):
    """The same for a line that may ask for an answer."""
    words = line.split()
    if words[0] != 'wait':
        obey(words, monitor, terminal)
        return
    wrong = obey(words[1:], monitor, terminal)
    ctl.sendall((wrong or 'done').encode() + b'\n')


def main():
    monitor = Monitor(os.environ['VM_QMP'])
    ctl = connect(os.environ['VM_CTL'])
    ports = os.environ.get('VM_TN3270', '').split()
    terminal = Terminal(int(ports[0])) if ports else None
    text = b''
    while True:
        wait = terminal.press() if terminal else None
        socks = [ctl] + ([terminal.sock] if terminal else [])
        ready = select.select(socks, [], [], wait)[0]
        if terminal and terminal.sock in ready and not terminal.receive():
            print('host.py: the terminal is connected again', file=sys.stderr)
            terminal.sock.close()
            try:
                terminal.connect()
            except OSError:
                return  # the machine is off
        if ctl in ready:
            data = ctl.recv(4096)
            if not data:
                return
            *lines, text = (text + data).split(b'\n')
            for line in lines:
                if line.strip():
                    obey_line(line.decode(), monitor, terminal, ctl)


if __name__ == '__main__':
    main()
