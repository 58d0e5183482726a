# SPDX-License-Identifier: GPL-2.0
"""An s390x machine under QEMU, from its command line to its end.

Qemu       the emulator: its command line, its process
Machine    one run of it: its folder and its logs, and what there is to say of it

Whoever tests in a machine makes a class of its own from Machine: one with a
program that tells results by itself (vm.py), one that does what it is told
(passthrough/machine.py).
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

LIB = os.path.dirname(os.path.abspath(__file__))
LOGS = os.path.join(os.path.dirname(os.path.dirname(LIB)), 'build', 'logs')
sys.path.insert(0, LIB)
from klog import complaints  # noqa: E402
from qmp import PATIENCE, Failure, listener  # noqa: E402


class Qemu:
    """What every machine of the tests has; whoever starts it adds the rest.

    PROGRAM is QEMU, or a root folder that contains one; CONSOLE the file that
    the console goes to, None for this terminal. Pieces are added before start().
    """

    def __init__(self, program, console, memory, processors):
        self.console = console
        self.process = None
        self.arguments = [program]
        if os.path.isdir(program):
            self.arguments = [program + '/usr/bin/qemu-system-s390x',
                              '-L', program + '/usr/share/qemu']
        self.add('-M', 's390-ccw-virtio', '-cpu', 'qemu', '-m', str(memory),
                 '-smp', str(processors), '-display', 'none', '-nodefaults',
                 '-chardev', 'file,id=con0,path=' + console if console else
                 'stdio,id=con0,mux=on,signal=off',
                 '-device', 'sclpconsole,chardev=con0')

    def add(self, *arguments):
        """More of the command line, verbatim."""
        self.arguments += arguments

    def linux(self, kernel, initrd, parameters):
        """The Linux that it boots; it ends instead of rebooting."""
        self.add('-kernel', kernel, '-initrd', initrd, '-no-reboot',
                 '-append', 'console=ttysclp0 panic=-1 ' + parameters)

    def ports(self, devno, **chardevs):
        """Serial ports that init.sh finds by their names."""
        self.add('-device', 'virtio-serial-ccw,id=ports,devno=' + devno)
        for name, chardev in chardevs.items():
            self.add('-chardev', chardev.replace(',', f',id={name},', 1),
                     '-device', f'virtserialport,bus=ports.0,chardev={name},'
                     f'name={name}')

    def monitor(self, path):
        """Its monitor (QMP), on a socket where somebody listens."""
        self.add('-chardev', f'socket,id=qmp,path={path}',
                 '-mon', 'chardev=qmp,mode=control')

    def terminal(self, name, devno, port):
        """A 3270 that a TN3270 client may connect to; port 0: any."""
        self.add('-chardev', f'socket,id={name},host=127.0.0.1,port={port},'
                 'server=on,wait=off,tn3270=on',
                 '-device', f'x-terminal3270,chardev={name},devno={devno}')

    def start(self, output):
        """Start it, what it says itself going to a file."""
        open(self.console, 'wb').close()
        self.process = subprocess.Popen(
            self.arguments, stdin=subprocess.DEVNULL, stdout=output,
            stderr=output, start_new_session=True)

    def become(self):
        """Become it, on this terminal."""
        os.execvp(self.arguments[0], self.arguments)


class Machine:
    """One run of a machine.

    build/logs has under its NAME what its console says (.console.log) and what
    QEMU says (.qemu.log). Whoever has made a machine closes it, or "with" does.

    folder     for its sockets and the like; it goes with the machine
    qemu       the emulator, None before start()
    allow      files of complaints that are known not to be ours (see klog.py)
    """

    allow = ()
    # What QEMU is made to say all the time, which is no message
    chatter = None

    def __init__(self, name):
        os.makedirs(LOGS, exist_ok=True)
        self.name = name
        self.log = os.path.join(LOGS, name)
        self.console = self.log + '.console.log'
        self.folder = tempfile.mkdtemp(prefix='vfio-ccw-vm.')
        self.qemu = None
        self.listeners = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def path(self, name):
        """A place in its folder."""
        return os.path.join(self.folder, name)

    def listen(self, *names):
        """Sockets in its folder that QEMU is going to connect to."""
        for name in names:
            self.listeners[name] = listener(self.path(name))

    def start(self, qemu):
        """Start what has been put together."""
        self.qemu = qemu
        with open(self.log + '.qemu.log', 'wb') as log:
            qemu.start(log)

    def accept(self, name):
        """QEMU's connection to one of the sockets, once it is started."""
        sock = self.listeners.pop(name)
        sock.settimeout(1)
        end_of_patience = time.monotonic() + PATIENCE
        while True:
            try:
                connection, _ = sock.accept()
                break
            except TimeoutError:
                if self.status() is not None or \
                        time.monotonic() > end_of_patience:
                    raise Failure('QEMU does not start: ' +
                                  self.emulator_said()) from None
        connection.setblocking(True)
        sock.close()
        return connection

    def status(self):
        """How QEMU has ended, or None: not yet."""
        return self.qemu.process.poll()

    def messages(self):
        """What QEMU has said."""
        with open(self.log + '.qemu.log', errors='replace') as file:
            return [line for line in file
                    if not self.chatter or self.chatter not in line]

    def emulator_said(self):
        """How QEMU is, and the end of what it has said."""
        try:
            # It may be about to end: whoever hung up did so shortly before.
            status = f'QEMU has ended with {self.qemu.process.wait(1)}'
        except subprocess.TimeoutExpired:
            status = 'QEMU runs'
        return f"{status}: {''.join(self.messages()[-5:]).strip()}"

    def tail(self, lines=30):
        """The end of what its console has said."""
        with open(self.console, errors='replace') as file:
            return ''.join(file.readlines()[-lines:])

    def complaints(self):
        """What its kernel has complained about so far."""
        return ['\n'.join(block[:60])
                for block in complaints(self.console, self.allow)]

    def end(self):
        """End QEMU, and what it has started, if it is still there."""
        if self.qemu and self.qemu.process:
            end(self.qemu.process)

    def close(self):
        """The end of all of it, but of its logs."""
        self.end()
        for sock in self.listeners.values():
            sock.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def end_with_sigterm():
    """This program, and so its machines, are closed when it is told to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))


def end(process):
    """End a process and what it has started, which are a session."""
    if process.poll() is None:
        for sig in signal.SIGTERM, signal.SIGKILL:
            try:
                os.killpg(process.pid, sig)
                process.wait(5)
                break
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
