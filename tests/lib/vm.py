#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Boot an s390x virtual machine, run one test program in it, tell the result.

The program is started as /test by run-test.sh. What it prints arrives on a serial
port of its own and is copied to standard output line by line (TAP); kernel
messages go to the console log. The exit status is

  0  the program ended with status 0, said so, and the kernel had no complaint
  1  the program ended with another status
  2  the machine ended without telling, or did not go on
  3  the kernel complained (warning, lockdep, KASAN, leak, ...)

and is never derived from silence.

build/logs/NAME.times has a line for each result: the seconds since the one before,
the processor time that the machine took for it, its program and its name.
"sort -rn build/logs/*.times | head" shows where the time goes; what takes long but
little processor time sleeps, or waits for something else that the host does.
"""

import argparse
import os
import re
import resource
import socket
import subprocess
import sys
import time

LIB = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, LIB)
from initramfs import Archive  # noqa: E402
from qemu import Machine, Qemu, end, end_with_sigterm  # noqa: E402

DEVICES = ['virtio-rng-ccw,devno=fe.0.1111', 'virtio-rng-ccw,devno=fe.0.2222',
           'virtio-rng-ccw,devno=fe.0.3333']


def options():
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add('test', help='program or script to run in the machine as /test')
    add('--kernel', required=True, help='bzImage')
    add('--busybox', required=True, help='static busybox for s390x')
    add('--add', action='append', default=[], metavar='SOURCE:DEST',
        help='file or folder to have in the machine')
    add('--env', action='append', default=[], metavar='NAME=VALUE',
        help='environment of the test')
    add('--device', action='append', default=[], metavar='ARG',
        help='QEMU device (default: three virtio-rng-ccw at fe.0.1111,\n'
             '2222 and 3333); --device none: no device')
    add('--terminal', action='append', default=[], metavar='DEVNO[:PORT]',
        help='3270 terminal; a tn3270 client may connect to the port')
    add('--append', default='', help='more kernel parameters')
    add('--memory', default='1024', help='MiB')
    add('--smp', default='2', help='number of CPUs')
    add('--qemu', default='qemu-system-s390x',
        help='QEMU, or a root folder that contains one')
    add('--qemu-arg', action='append', default=[], metavar='ARG',
        help='one more argument for QEMU, verbatim')
    add('--icount', action='store_true',
        help='guest time counts instructions (one CPU)')
    add('--icount-shift', default='0', metavar='N',
        help='an instruction takes 2**N ns of it')
    add('--host', metavar='COMMAND',
        help='run this on the host meanwhile; VM_QMP and VM_CTL name the\n'
             'sockets of QMP and of the port "ctl" ($VM_CTL inside, too),\n'
             'VM_TN3270 the ports of the terminals')
    add('--allow', metavar='FILE', action='append', default=[],
        help='complaints that are known not to be ours (see klog.py)')
    add('--timeout', type=float, default=300,
        help='seconds without a line of results after which it is ended; how\n'
             'long the whole takes depends on what else the host does')
    add('--name', help='what to call this machine in messages and in build/logs')
    return parser.parse_args()


def say(*words):
    """One line of progress."""
    print(time.strftime('[%H:%M:%S]'), *words, file=sys.stderr, flush=True)


def free_port():
    """A TCP port nobody listens on."""
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def quoted(value):
    """A value for the shell."""
    return "'" + value.replace("'", "'\\''") + "'"


class Follower:
    """Lines of a file that somebody else is writing."""

    def __init__(self, path):
        self.path, self.offset, self.rest = path, 0, b''

    def lines(self, last=False):
        """Complete lines since the last call; at the end the rest, too."""
        if not os.path.exists(self.path):
            return []
        with open(self.path, 'rb') as file:
            file.seek(self.offset)
            data = file.read()
        self.offset += len(data)
        *done, self.rest = (self.rest + data).split(b'\n')
        if last and self.rest:
            done.append(self.rest)
            self.rest = b''
        return [line.decode(errors='replace').rstrip('\r') for line in done]


class Times:
    """How long each result took to come, and how much of that was work."""

    def __init__(self, path):
        self.file = open(path, 'w', buffering=1)
        self.program = ''
        self.begin(None)

    def begin(self, pid):
        """Time counts from here, processor time that of process pid."""
        self.pid = pid
        self.last = time.monotonic()
        self.worked = 0

    def work(self):
        """Seconds that the process has kept processors busy, so far."""
        try:
            with open('/proc/%d/stat' % self.pid) as file:
                fields = file.read().rpartition(')')[2].split()
        except OSError:
            return self.worked
        return ((int(fields[11]) + int(fields[12])) /
                os.sysconf('SC_CLK_TCK'))

    def line(self, line):
        """Note one line of results."""
        match = re.match(r'# program (.*)', line)
        if match:
            self.program = match.group(1)
        if not re.match(r'\s*(not )?ok\b', line):
            return
        now, worked = time.monotonic(), self.work()
        print('%6.1f %6.1f %s %s' % (now - self.last, worked - self.worked,
                                     self.program, line.strip()),
              file=self.file)
        self.last, self.worked = now, worked


class Run(Machine):
    """The machine of one test program, with a companion on the host."""

    def __init__(self, args):
        super().__init__(args.name or os.path.splitext(
            os.path.basename(args.test))[0])
        self.args = args
        self.allow = args.allow
        self.results = self.path('results')
        self.times = Times(self.log + '.times')
        self.ports = []
        self.verdict = None
        self.points = 0
        self.heard = time.monotonic()

    def initrd(self):
        """The machine's file system."""
        archive = Archive()
        archive.add(self.args.busybox, 'bin/busybox')
        for name, place in (('init.sh', 'init'), ('run-test.sh', 'main'),
                            ('subchannel.sh', 'subchannel.sh')):
            archive.add(os.path.join(LIB, name), place)
        archive.add(self.args.test, 'test')
        for entry in self.args.add:
            source, _, dest = entry.rpartition(':')
            archive.add(source, dest)
        lines = [name + '=' + quoted(value) for name, _, value in
                 (entry.partition('=') for entry in self.args.env)]
        archive.data('etc/vm.env', '\n'.join(lines + ['']).encode(), 0o644)
        path = self.path('initrd')
        archive.write(path)
        return path

    def emulator(self):
        """QEMU, before it is started. Devices get their subchannels in order."""
        args = self.args
        qemu = Qemu(args.qemu, self.console, args.memory,
                    1 if args.icount else args.smp)
        qemu.add('-qmp', 'unix:%s,server=on,wait=off' % self.path('qmp'))
        qemu.linux(args.kernel, self.initrd(), 'oops=panic ' + args.append)
        if args.icount:
            qemu.add('-icount', 'shift=%s,sleep=off' % args.icount_shift)
        for device in args.device or DEVICES:
            if device != 'none':
                qemu.add('-device', device)
        for number, entry in enumerate(args.terminal):
            devno, _, port = entry.partition(':')
            self.ports.append(int(port) if port else free_port())
            qemu.terminal('tn%d' % number, devno, self.ports[-1])
        qemu.ports('fe.0.fff0', results='file,path=' + self.results,
                   ctl='socket,path=%s,server=on,wait=off' % self.path('ctl'))
        qemu.add(*args.qemu_arg)
        return qemu

    def companion(self):
        """The program on the host, if there is one."""
        if not self.args.host:
            return None
        env = dict(os.environ, VM_QMP=self.path('qmp'),
                   VM_CTL=self.path('ctl'),
                   VM_TN3270=' '.join(map(str, self.ports)))
        return subprocess.Popen(['/bin/sh', '-c', self.args.host], env=env,
                                stdout=sys.stderr, start_new_session=True)

    def show(self, lines):
        """Pass results on; remember the verdict."""
        for line in lines:
            self.heard = time.monotonic()
            match = re.fullmatch(r'# vm-exit (\d+)', line)
            if match:
                self.verdict = int(match.group(1))
                continue
            self.times.line(line)
            if re.match(r'\s*(not )?ok\b', line):
                self.points += 1
            print(line, flush=True)

    def run(self):
        """Boot, follow, and judge."""
        started = time.monotonic()
        emulator = self.emulator()
        say('%s: booting' % self.name)
        self.start(emulator)
        self.times.begin(emulator.process.pid)
        host = self.companion()
        try:
            in_time = self.follow(started)
        finally:
            self.end()
            if host:
                end(host)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        say('%s: ended after %.0f s (processors busy for %.0f s), %d results' %
            (self.name, time.monotonic() - started,
             used.ru_utime + used.ru_stime, self.points))
        return self.judge(in_time)

    def follow(self, started):
        """Copy results until the machine is off; false when none came for
        too long."""
        results = Follower(self.results)
        told = self.heard = started
        while self.status() is None:
            self.show(results.lines())
            now = time.monotonic()
            if now - self.heard > self.args.timeout:
                self.show(results.lines(last=True))
                return False
            if now - told > 15 and self.heard > told:
                told = now
                say('%s: %.0f s, %d results so far' %
                    (self.name, now - started, self.points))
            time.sleep(0.05)
        self.show(results.lines(last=True))
        return True

    def judge(self, in_time):
        """The exit status, with the reason in words."""
        for line in self.messages():
            print('  | QEMU: ' + line, end='', file=sys.stderr)
        found = self.complaints()
        for block in found[:3]:
            print('# kernel: ' + block.replace('\n', '\n# kernel: '), flush=True)
        if found:
            return self.fail(3, 'the kernel complained %d times, first: %s' %
                             (len(found), found[0].splitlines()[0].strip()))
        if self.verdict is None:
            why = 'ended without telling how the test went'
            if not in_time:
                why = 'said nothing for %.0f s' % self.args.timeout
            elif self.status():
                why = 'could not be run: ' + self.emulator_said()
            return self.fail(2, 'the machine ' + why)
        if self.verdict:
            return self.fail(1, 'the test ended with status %d' % self.verdict)
        return 0

    def fail(self, code, why):
        """Say why; the console's end may tell more."""
        print('# vm: %s: %s' % (self.name, why.replace('\n', '\n# ')), flush=True)
        say('%s: %s; console: %s' % (self.name, why, self.console))
        if code == 2:
            for line in self.tail(15).splitlines():
                print('  | ' + line, file=sys.stderr)
        return code


def main():
    end_with_sigterm()
    with Run(options()) as run:
        status = run.run()
    sys.exit(status)


if __name__ == '__main__':
    main()
