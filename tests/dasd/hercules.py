#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Run a Linux image on an emulated mainframe and follow its console.

usage: hercules.py --kernel IMAGE --initrd FILE --dir DIR [option...]

Everything the run needs beyond its devices is written into DIR. Lines of the
console go to standard output, the emulator's own into DIR/hercules.log. The
status is 0 when the machine said what --until names; it is ended when its console
says nothing for the time of --timeout.
"""

import argparse
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time

# Where the loader puts things; the kernel looks for its parameters there.
INITRD = 0x02000000
PARAMETERS = 0x00010480
INITRD_INFO = 0x00010408
PARAMETERS_SIZE = 896
CONSOLE = 'condev=0x0009 conmode=3215 console=ttyS0 con3215_drop=0'

# What the emulator says about itself, between the lines of the console.
CHATTER = re.compile(r'HHC|CPU\d{4}:|PSW=|R\d=|R:|R[0-9A-F]=|\s+PSW=')
QUIT_SECONDS = 8


class Machine:
    """One run."""

    def __init__(self, folder, kernel, initrd, memory=512, append='', drag=1):
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.devices = ['0009 3215-C / noprompt']
        self.orders = []
        self.memory = memory
        self.drag = drag
        self.process = None
        self.finished = False
        self.heard = 0
        self.load(os.path.abspath(kernel), os.path.abspath(initrd), append)

    def path(self, name):
        return os.path.join(self.folder, name)

    def load(self, kernel, initrd, append):
        """What the initial program load reads, and from where."""
        text = f'{CONSOLE} {append}'.strip().encode()
        if len(text) >= PARAMETERS_SIZE:
            raise SystemExit('the kernel parameters are too long')
        with open(self.path('parameters'), 'wb') as file:
            file.write(text.ljust(PARAMETERS_SIZE, b'\0'))
        with open(self.path('initrd-info'), 'wb') as file:
            file.write(struct.pack('>QQ', INITRD, os.path.getsize(initrd)))
        for name, source in (('kernel', kernel), ('initrd', initrd)):
            # The loader follows no link out of its folder.
            if source != self.path(name):
                shutil.copyfile(source, self.path(name))
        with open(self.path('linux.ins'), 'w') as file:
            file.write(f'kernel 0x0\ninitrd {INITRD:#010x}\n'
                       f'parameters {PARAMETERS:#010x}\n'
                       f'initrd-info {INITRD_INFO:#010x}\n')

    def configure(self):
        """The machine, and what its operator does by itself."""
        with open(self.path('hercules.conf'), 'w') as file:
            file.write('CPUSERIAL 000001\nCPUMODEL 2097\nARCHMODE ESAME\n'
                       f'MAINSIZE {self.memory}\nNUMCPU 1\n'
                       f'TODDRAG {self.drag}\n'
                       'OSTAILOR LINUX\nPANRATE SLOW\nCNSLPORT 0\n')
            # Its own choice starves processors and devices on a busy machine.
            file.writelines(f'{name}PRIO 0\n'
                            for name in ('HERC', 'TOD', 'CPU', 'DEV'))
            file.writelines(line + '\n' for line in self.devices)
        with open(self.path('operator'), 'w') as file:
            for text, command in self.orders:
                file.write(f'hao tgt {text}\nhao cmd {command}\n')
            file.write('pause 1\nipl linux.ins\n')

    def run(self, take, until, seconds):
        """Give each line of the console to TAKE; whether UNTIL came."""
        self.orders.append((until, 'quit'))
        self.configure()
        self.process = subprocess.Popen(
            ['hercules', '-d', '-f', 'hercules.conf'], cwd=self.folder,
            env=dict(os.environ, HERCULES_RC='operator'),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
        self.heard = time.monotonic()
        threading.Thread(target=self.watch, args=[seconds], daemon=True).start()
        try:
            self.follow(take, until)
        finally:
            self.stop()
        return self.finished

    def watch(self, seconds):
        """End it when its console says nothing for so long."""
        while self.process.poll() is None:
            time.sleep(1)
            if time.monotonic() - self.heard > seconds:
                self.stop()

    def follow(self, take, until):
        """Read to the end of its output."""
        begun = False
        with open(self.path('hercules.log'), 'w') as log:
            for line in self.process.stdout:
                line = line.decode('latin-1').rstrip('\r\n')
                log.write(f'{time.strftime("%H:%M:%S")} {line}\n')
                log.flush()
                # Neither started nor going on: nothing more will come.
                if line.startswith('HHCSC003E') or \
                        'Disabled wait state' in line:
                    self.stop()
                if not begun or CHATTER.match(line):
                    begun = begun or line == 'ipl linux.ins'
                    continue
                self.heard = time.monotonic()
                if line.startswith(until) and not self.finished:
                    self.finished = True
                    # Shutting down may take for ever.
                    timer = threading.Timer(QUIT_SECONDS, self.stop)
                    timer.daemon = True
                    timer.start()
                elif not self.finished:
                    take(line)

    def stop(self):
        """End the emulator and what it started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def show(line):
    print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--kernel', required=True)
    parser.add_argument('--initrd', required=True)
    parser.add_argument('--dir', required=True)
    parser.add_argument('--memory', type=int, default=512, help='MiB')
    parser.add_argument('--append', default='', help='kernel parameters')
    parser.add_argument('--drag', type=int, default=1,
                        help='how many times slower its clock is to run')
    parser.add_argument('--device', action='append', default=[],
                        help='line of the configuration')
    parser.add_argument('--order', action='append', default=[],
                        help='TEXT=COMMAND: what the operator does when the\n'
                        'console says TEXT')
    parser.add_argument('--until', default='BENCH DONE')
    parser.add_argument('--timeout', type=int, default=600,
                        help='seconds without a line on its console')
    args = parser.parse_args()
    machine = Machine(args.dir, args.kernel, args.initrd, args.memory,
                      args.append, args.drag)
    machine.devices += args.device
    machine.orders += [order.split('=', 1) for order in args.order]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(0 if machine.run(show, args.until, args.timeout) else 1)


if __name__ == '__main__':
    main()
