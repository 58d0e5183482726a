# SPDX-License-Identifier: GPL-2.0
"""An s390x machine under QEMU: its command line, its process, its console."""

import os
import signal
import subprocess


class Qemu:
    """What every machine of the tests has; whoever starts it adds the rest.

    PROGRAM is QEMU, or a root folder that contains one; CONSOLE the file that
    the console goes to. Pieces are added before start().
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
                 '-chardev', 'file,id=con0,path=' + console,
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

    def tail(self, lines):
        """The end of what the console has said."""
        with open(self.console, errors='replace') as file:
            return ''.join(file.readlines()[-lines:])

    def end(self):
        """End it if it is still there."""
        if self.process:
            end(self.process)


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
