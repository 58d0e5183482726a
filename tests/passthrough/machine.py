# SPDX-License-Identifier: GPL-2.0
"""The pieces of a passthrough run, seen from the outside.

Machine    the emulated mainframe; inside runs the host Linux with the driver
Monitor    a QEMU machine protocol connection, of the machine or of the guest's
Terminal   a bare TN3270 client that presses ENTER as often as one likes
Emulator   s3270, the 3270 emulator, with somebody before it
Tap        results in the Test Anything Protocol
"""

import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

TERMINAL = "0.0.000a"


class Failure(Exception):
    """What was expected did not happen."""


class Tap:
    """Numbered results; the plan comes last."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def note(self, text):
        for line in str(text).splitlines():
            print("# " + line, flush=True)

    def result(self, good, name):
        self.count += 1
        self.failed += 0 if good else 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}",
              flush=True)
        return good

    def finish(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed or not self.count else 0


class Lines:
    """A stream socket read line by line, with a time limit."""

    def __init__(self, sock):
        self.sock = sock
        self.pending = b""

    def read(self, limit):
        end = time.monotonic() + limit
        while b"\n" not in self.pending:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                raise Failure(f"no answer within {limit} s")
            piece = self.sock.recv(65536)
            if not piece:
                raise Failure("the other side has hung up")
            self.pending += piece
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode("utf-8", "replace").rstrip("\r")

    def write(self, text):
        self.sock.sendall(text.encode())


class Monitor:
    """QMP: commands and their answers; events are kept until asked for."""

    def __init__(self, sock, limit=30):
        self.lines = Lines(sock)
        self.events = []
        while "QMP" not in self._read(limit):
            pass
        self.command("qmp_capabilities", limit=limit)

    def _read(self, limit):
        try:
            return json.loads(self.lines.read(limit))
        except json.JSONDecodeError:
            return {}

    def command(self, name, limit=30, **arguments):
        """The command's answer; an error is a Failure."""
        arguments = {key.replace("_", "-"): value
                     for key, value in arguments.items()}
        self.lines.write(json.dumps({"execute": name,
                                     "arguments": arguments}) + "\n")
        while True:
            message = self._read(limit)
            if "return" in message:
                return message["return"]
            if "error" in message:
                raise Failure(f"{name}: {message['error']['desc']}")
            if "event" in message:
                self.events.append(message)

    def event(self, name, limit=30):
        """Wait for an event, and forget it."""
        end = time.monotonic() + limit
        while True:
            for index, message in enumerate(self.events):
                if message["event"] == name:
                    return self.events.pop(index)
            message = self._read(max(0.01, end - time.monotonic()))
            if "event" in message:
                self.events.append(message)


def listener(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    sock.listen(1)
    return sock


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Machine:
    """A mainframe with a 3270 terminal and the host Linux on it."""

    def __init__(self, images, memory=1536, extra=(), append=""):
        self.folder = tempfile.mkdtemp(prefix="passthrough.")
        self.port = free_port()
        self.number = 0
        self.guest = None
        self.nested = None
        socks = [listener(f"{self.folder}/{name}")
                 for name in ("control", "nested", "monitor")]
        self.console = f"{self.folder}/console"
        self.process = subprocess.Popen(
            self._arguments(images, memory, extra, append),
            stdin=subprocess.DEVNULL,
            stderr=open(f"{self.folder}/stderr", "wb"))
        try:
            control, self.nested, monitor = (self._accept(sock)
                                             for sock in socks)
            self.monitor = Monitor(monitor)
            self.control = Lines(control)
            self._answer(0, 900)
        except Exception:
            self.close(keep=True)
            raise

    def _arguments(self, images, memory, extra, append):
        def port(name):
            return ["-chardev", f"socket,id={name},path={self.folder}/{name}",
                    "-device", f"virtserialport,chardev={name},name={name}"]
        return [f"{images}/qemu/usr/bin/qemu-system-s390x",
                "-L", f"{images}/qemu/usr/share/qemu",
                "-M", "s390-ccw-virtio", "-cpu", "qemu", "-smp", "2",
                "-m", str(memory), "-display", "none", "-nodefaults",
                "-chardev", f"file,id=con0,path={self.console}",
                "-device", "sclpconsole,chardev=con0",
                "-device", "virtio-serial-ccw,id=ports,devno=fe.0.0900",
                *port("control"), *port("nested"),
                "-chardev", f"socket,id=qmp,path={self.folder}/monitor",
                "-mon", "chardev=qmp,mode=control",
                "-chardev", f"socket,id=tn,host=127.0.0.1,port={self.port},"
                            "server=on,wait=off,tn3270=on",
                "-device", "x-terminal3270,chardev=tn,devno=fe.0.000a",
                "-kernel", f"{images}/host.image",
                "-initrd", f"{images}/host.initrd",
                "-append", "console=ttysclp0 panic=-1 " + append,
                "-no-reboot", *extra]

    def _accept(self, sock):
        sock.settimeout(60)
        connection, _ = sock.accept()
        connection.setblocking(True)
        sock.close()
        return connection

    def _answer(self, number, limit):
        output = []
        end = time.monotonic() + limit
        mark = re.compile(r"^(.*)@@ (\d+) (\d+)$")
        while True:
            try:
                line = self.control.read(max(0.1, end - time.monotonic()))
            except Failure as failure:
                raise Failure(f"{failure}; console:\n" +
                              self.console_tail()) from None
            match = mark.match(line)
            if match and int(match[2]) == number:
                if match[1]:
                    output.append(match[1])
                return int(match[3]), "\n".join(output)
            output.append(line)

    def console_tail(self, lines=30):
        with open(self.console, errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def run(self, command, limit=30):
        """Exit status and output of a line of shell in the host Linux."""
        self.number += 1
        self.control.write(command + "\n")
        return self._answer(self.number, limit)

    def do(self, command, limit=30):
        """Output of a line of shell that has to succeed."""
        status, output = self.run(command, limit)
        if status:
            raise Failure(f"'{command}' ended with {status}: {output}")
        return output

    def until(self, command, limit=30):
        """Repeat a line of shell until it succeeds."""
        end = time.monotonic() + limit
        while True:
            status, output = self.run(command, limit)
            if status == 0:
                return output
            if time.monotonic() > end:
                raise Failure(f"'{command}' still fails after {limit} s: "
                              f"{output}")
            time.sleep(0.2)

    # --- the guest inside --------------------------------------------------

    def start_guest(self, *arguments):
        self.do("virtual_machine " + " ".join(arguments))
        try:
            self.guest = Monitor(self.nested, limit=60)
        except Failure as failure:
            raise Failure(f"{failure}; QEMU: "
                          + self.do("cat /tmp/qemu.log")) from None

    def guest_console(self):
        return self.do("cat /tmp/guest.log").replace("\r", "")

    def guest_says(self, pattern, limit=120, after=0):
        """Wait for a line on the guest's console; how far it was read."""
        end = time.monotonic() + limit
        while True:
            text = self.guest_console()
            match = re.compile(pattern).search(text, after)
            if match:
                return match.end()
            if time.monotonic() > end:
                raise Failure(f"the guest never said '{pattern}', but: "
                              f"{text[-1500:]}{self.do('cat /tmp/qemu.log')}")
            time.sleep(0.3)

    def end_guest(self):
        """Kill the guest's QEMU, however it is."""
        self.run("kill -9 $(cat /tmp/qemu.pid)")
        self.until("virtual_machine_ended")

    # --- the end -----------------------------------------------------------

    def complaints(self):
        """Lines of the kernel's log that must not be there."""
        text = self.do("dmesg")
        bad = re.compile(r"BUG|WARNING|Oops|INFO: task|Call Trace|"
                         r"lockdep|kmemleak: [1-9]|use-after-free|refcount_t")
        return [line for line in text.splitlines() if bad.search(line)]

    def close(self, keep=False):
        self.process.kill()
        self.process.wait()
        if keep:
            print(f"# kept for inspection: {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


class Terminal(threading.Thread):
    """A TN3270 client without a screen. It agrees to what the other side
    proposes, swallows what comes, and presses keys at intervals."""

    IAC, DO, WILL, SB, SE, EOR = 255, 253, 251, 250, 240, 239
    TYPE = b"IBM-3278-2"
    ENTER = bytes([0x7d, 0x40, 0x40, IAC, EOR])

    def __init__(self, port):
        super().__init__(daemon=True)
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.period = None
        self.pressed = 0
        self.records = 0
        self.ready = False
        self.ending = False
        self.start()

    def _negotiate(self, data):
        """Answer telnet commands; count the records."""
        index = data.find(self.IAC)
        while 0 <= index < len(data) - 1:
            what = data[index + 1]
            if what in (self.DO, self.WILL) and index + 2 < len(data):
                reply = self.WILL if what == self.DO else self.DO
                self.sock.sendall(bytes([self.IAC, reply, data[index + 2]]))
            elif what == self.SB:
                self.sock.sendall(bytes([self.IAC, self.SB, 24, 0]) +
                                  self.TYPE + bytes([self.IAC, self.SE]))
            elif what == self.EOR:
                self.records += 1
            index = data.find(self.IAC, index + 2)

    def run(self):
        due = time.monotonic()
        while not self.ending:
            wait = 0.5
            if self.period:
                wait = max(0, due - time.monotonic())
            try:
                if select.select([self.sock], [], [], min(wait, 0.5))[0]:
                    data = self.sock.recv(65536)
                    if not data:
                        return
                    self._negotiate(data)
                if self.period and time.monotonic() >= due:
                    self.sock.sendall(self.ENTER)
                    self.pressed += 1
                    due = time.monotonic() + next(self.period)
            except OSError:
                return

    def press(self, shortest, longest):
        """Press ENTER again and again, at intervals between the two (seconds)."""
        def periods():
            step, steps = 0, 9
            while True:
                yield shortest + (longest - shortest) * step / (steps - 1)
                step = (step * 4 + 1) % steps
        self.period = periods()

    def stop_pressing(self):
        self.period = None

    def close(self):
        self.ending = True
        self.join(5)
        self.sock.close()


class Emulator:
    """s3270 on the terminal's line."""

    def __init__(self, port, patience=60):
        self.process = subprocess.Popen(
            ["s3270", "-utf8", "-model", "3278-2"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        # The answer comes with the first data, when somebody sends some.
        self._send(f"Connect(127.0.0.1:{port})")
        self.connecting = patience

    def _send(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def _answer(self, text, limit):
        data = []
        while True:
            if not select.select([self.process.stdout], [], [], limit)[0]:
                raise Failure(f"s3270 does not answer to {text}")
            line = self._line()
            if line == "ok":
                return data
            if line == "error":
                raise Failure(f"s3270: {text}: {' '.join(data)}")
            if line.startswith("data: "):
                data.append(line[6:])

    def action(self, text, limit=60):
        """One action; its data lines."""
        if self.connecting:
            limit, self.connecting = self.connecting, None
            self._answer("Connect", limit)
        self._send(text)
        return self._answer(text, limit)

    def _line(self):
        line = b""
        while not line.endswith(b"\n"):
            piece = os.read(self.process.stdout.fileno(), 1)
            if not piece:
                raise Failure("s3270 has ended")
            line += piece
        return line.decode().rstrip("\n")

    def screen(self):
        return "\n".join(row.rstrip() for row in self.action("Ascii()"))

    def sees(self, pattern, limit=60, again=None):
        """Wait until the pattern is on the screen; press the key named
        AGAIN every few seconds meanwhile."""
        end = time.monotonic() + limit
        due = time.monotonic() + 3
        while True:
            text = self.screen()
            match = re.search(pattern, text)
            if match:
                return match
            if again and time.monotonic() > due:
                self.press(again)
                due = time.monotonic() + 3
            if time.monotonic() > end:
                raise Failure(f"never seen on the screen: '{pattern}', but:\n"
                              + text)
            time.sleep(0.2)

    def types(self, text):
        """A line into the input field, and ENTER."""
        self.action(f'String("{text}")')
        self.press("Enter")

    def press(self, key):
        # The keyboard may be locked while the other side writes.
        end = time.monotonic() + 30
        while True:
            try:
                return self.action(f"{key}()")
            except Failure:
                if time.monotonic() > end:
                    raise
                self.action("Reset()")
                time.sleep(0.1)

    def close(self):
        self.process.kill()
        self.process.wait()
