#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What is started instead of QEMU where the bench itself is tested.

Does what FAKE_QEMU says, one thing a line:

  console TEXT     a line on the machine's console
  result TEXT      a line on the port "results" (vm.py)
  say TEXT         a line of QEMU itself
  hang             goes on until it is ended
  obey             what a host Linux does that runs host-main: a shell at the
                   port "control", one that "die" ends together with QEMU; and
                   QEMU's monitor (passthrough/machine.py)
  exit STATUS
"""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time


def place(name):
    """The file, or the socket, of a character device."""
    found = [re.search(r'path=([^,]*)', argument) for argument in sys.argv
             if re.search(rf'\bid={name}\b', argument)]
    return found[0][1]


def append(name, text):
    with open(place(name), 'a') as file:
        file.write(text + '\n')


def connected(name):
    """A connection to whoever listens at a character device."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(place(name))
    return sock.makefile('rw', buffering=1)


def monitor(stream):
    """As much of QMP as is needed to find the terminal."""
    stream.write('{"QMP": {}}\n')
    for line in stream:
        answer = {}
        if json.loads(line)['execute'] == 'query-chardev':
            answer = [{'label': 'tn', 'filename':
                       'disconnected:tcp:127.0.0.1:4711,server=on'}]
        stream.write(json.dumps({'return': answer}) + '\n')


def obey():
    control, _, other = map(connected, ('control', 'nested', 'qmp'))
    threading.Thread(target=monitor, args=[other], daemon=True).start()
    control.write('@@ 0 0\n')
    for number, line in enumerate(control, 1):
        if line == 'die\n':
            return
        done = subprocess.run(['sh', '-c', line], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        control.write(f'{done.stdout}@@ {number} {done.returncode}\n')


def main():
    for line in os.environ['FAKE_QEMU'].splitlines():
        verb, _, rest = line.partition(' ')
        if verb == 'console':
            append('con0', rest)
        elif verb == 'result':
            append('results', rest)
        elif verb == 'say':
            print(rest, flush=True)
        elif verb == 'hang':
            time.sleep(1000)
        elif verb == 'obey':
            obey()
        else:
            sys.exit(int(rest))


if __name__ == '__main__':
    main()
