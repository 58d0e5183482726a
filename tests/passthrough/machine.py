# SPDX-License-Identifier: GPL-2.0
"""The pieces of a passthrough run, seen from the outside.

Mainframe  the emulated one; inside runs the host Linux with the driver
Terminal   a bare TN3270 client that presses ENTER as often as one likes
Emulator   s3270, the 3270 emulator, with somebody before it
Tap        results in the Test Anything Protocol
"""

import contextlib
import os
import re
import select
import subprocess
import sys
import threading
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, "lib"))
import tn3270  # noqa: E402
from qemu import Machine, Qemu  # noqa: E402
from qmp import PATIENCE, Failure, Lines, Monitor  # noqa: E402

TERMINAL = "0.0.000a"

# For a host Linux to boot; it takes five seconds on an idle machine.
BOOT_PATIENCE = 300
BOOT_ATTEMPTS = 2
# What the mainframe's QEMU says of each interrupt of a subchannel
TRACED = "CSS: I/O interrupt "


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


def outside(device):
    """What the mainframe's QEMU calls a device of the host: the mainframe's
    channel-subsystem image 254 is the host's 0."""
    return device.replace("0.0", "fe.0", 1)


class Mainframe(Machine):
    """A mainframe with a 3270 terminal and the host Linux on it.

    A machine whose host does not come up is started a second time, which is
    counted: nothing that is tested has been loaded by then.
    """

    restarts = 0
    # What the names of its logs begin with
    prefix = "passthrough-"
    memory = 1536
    allow = (f"{TESTS}/vm/known-complaints",)
    chatter = TRACED

    def __init__(self, images, extra=(), append="", name="host",
                 patience=BOOT_PATIENCE):
        for attempt in range(BOOT_ATTEMPTS):
            super().__init__(self.prefix + name)
            try:
                self._boot(images, extra, append, patience)
                return
            except (Failure, OSError) as failure:
                self.close()
                if attempt + 1 == BOOT_ATTEMPTS:
                    raise Failure(f"the host did not come up: {failure}") \
                        from None
                Mainframe.restarts += 1
                print(f"# {name}: the host did not come up, it is started "
                      f"again: {failure}".replace("\n", "\n# "), flush=True)
                for kind in (".console.log", ".qemu.log"):
                    with contextlib.suppress(FileNotFoundError):
                        os.replace(self.log + kind, self.log + ".failed" + kind)
            except BaseException:
                self.close()
                raise

    def _boot(self, images, extra, append, patience):
        self.number = 0
        self.guest = None
        self.subchannel = None
        self.listen("control", "nested", "monitor")
        qemu = Qemu(f"{images}/qemu", self.console, self.memory, 2)
        self.hardware(qemu, images, append)
        qemu.add("-trace", "css_io_interrupt", *extra)
        self.start(qemu)
        control, self.nested, monitor = map(self.accept, list(self.listeners))
        self.monitor = Monitor(monitor)
        self.port = self._terminal_port()
        self.control = Lines(control)
        self._answer(0, patience)

    def hardware(self, qemu, images, append):
        """What the machine consists of, and what it is loaded from."""
        self.connect(qemu)
        qemu.terminal("tn", outside(TERMINAL), 0)
        qemu.linux(f"{images}/host.image", f"{images}/host.initrd", append)

    def connect(self, qemu):
        """What whoever tests reaches of it."""
        qemu.ports("fe.0.0900",
                   **{name: f"socket,path={self.path(name)}"
                      for name in ("control", "nested")})
        qemu.monitor(self.path("monitor"))

    def _terminal_port(self):
        """The TCP port that QEMU has chosen for the terminal."""
        for chardev in self.monitor.command("query-chardev"):
            match = re.search(r"127\.0\.0\.1:(\d+)", chardev["filename"])
            if chardev["label"] == "tn" and match:
                return int(match[1])
        raise Failure("QEMU does not tell the terminal's port")

    def raised(self, sch):
        """How many interrupts of a subchannel the mainframe has made so far."""
        name = f"on sch {outside(sch)} "
        with open(self.log + ".qemu.log", errors="replace") as file:
            return sum(1 for line in file if TRACED in line and name in line)

    def _answer(self, number, limit):
        output = []
        end = time.monotonic() + limit
        mark = re.compile(r"^(.*)@@ (\d+) (\d+)$")
        while True:
            try:
                line = self.control.read(max(0.1, end - time.monotonic()))
            except (Failure, OSError) as failure:
                raise self._silent(failure, limit) from None
            match = mark.match(line)
            if match and int(match[2]) == number:
                if match[1]:
                    output.append(match[1])
                return int(match[3]), "\n".join(output)
            output.append(line)

    def _silent(self, reason, limit):
        """The host has not answered: a Failure that says what is known."""
        return Failure(f"no answer of the host (limit {limit} s): {reason}; "
                       f"{self.emulator_said()}\nits console ({self.console}) "
                       f"ends:\n{self.tail()}")

    def run(self, command, limit=PATIENCE):
        """Exit status and output of a line of shell in the host Linux."""
        self.number += 1
        try:
            self.control.write(command + "\n")
        except OSError as error:
            raise self._silent(error, limit) from None
        return self._answer(self.number, limit)

    def do(self, command, limit=PATIENCE):
        """Output of a line of shell that has to succeed."""
        status, output = self.run(command, limit)
        if status:
            raise Failure(f"'{command}' ended with {status}: {output}")
        return output

    def until(self, command, limit=PATIENCE):
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

    def start_guest(self, *arguments, kind="virtual_machine"):
        """Start its QEMU, by one of the functions of the host."""
        self.do(kind + " " + " ".join(arguments))
        try:
            self.guest = Monitor(self.nested)
        except Failure as failure:
            raise Failure(f"{failure}; QEMU: {self.qemu_said()}") from None

    def guest_console(self):
        return self.do("cat /tmp/guest.log").replace("\r", "")

    def qemu_said(self):
        """Messages of the guest's QEMU, without what it traces."""
        return self.run("grep -v ^css_io_interrupt /tmp/qemu.log | tail")[1]

    def guest_says(self, pattern, limit=PATIENCE, after=0):
        """Wait for a line on the guest's console; how far it was read."""
        end = time.monotonic() + limit
        while True:
            text = self.guest_console()
            match = re.compile(pattern).search(text, after)
            if match:
                return match.end()
            if time.monotonic() > end:
                raise Failure(f"the guest never said '{pattern}', but: "
                              f"{text[-1500:]}\n{self.qemu_said()}")
            time.sleep(0.3)

    def end_guest(self):
        """Kill the guest's QEMU, however it is."""
        self.run("kill -9 $(cat /tmp/qemu.pid)")
        self.until("virtual_machine_ended")

    # --- the end -----------------------------------------------------------

    def account(self):
        """What there is to see after a failure."""
        parts = [self.emulator_said()]
        for command in ("cat /sys/kernel/debug/vfio/*/ccw/state",
                        "tail -n 12 /sys/kernel/debug/vfio/*/ccw/events",
                        "grep -v ': 0$' /sys/kernel/debug/vfio/*/ccw/counters",
                        "tail -n 15 /tmp/guest.log",
                        "grep -v ^css_io_interrupt /tmp/qemu.log | tail",
                        "tail -n 15 /tmp/hold.log"):
            try:
                status, output = self.run(command, 20)
            except (Failure, OSError) as failure:
                status, output = 0, str(failure).splitlines()[0]
            if not status:
                parts.append(f"--- {command}\n{output}")
        self._keep("/tmp/guest.log", "guest")
        self._keep("/tmp/qemu.log", "nested-qemu")
        parts.append("--- the host's console\n" + self.tail(15))
        return "\n".join(parts)

    def _keep(self, path, name):
        """A file of the host among the logs, if there is one."""
        with contextlib.suppress(Failure):
            status, text = self.run(f"cat {path}")
            if not status:
                with open(f"{self.log}.{name}.log", "w") as file:
                    file.write(text + "\n")


class Terminal(threading.Thread):
    """A TN3270 client without a screen, and without a keyboard that locks. It
    agrees to what the other side proposes, remembers what comes, types lines,
    and presses ENTER at intervals. When the other side hangs up it connects
    again: QEMU does that when two keys arrive in one piece. No key is pressed
    before the terminal's type has arrived, or QEMU would never find it.

    QEMU keeps what is typed until it is read, up to 1000 bytes, and ends itself
    (a failed assertion) when the next key is cut in two there. Nobody tells
    the client what has been read, and a guest that writes may not have read: the
    client hangs up and connects again, which makes QEMU forget what is unread,
    before it has sent that much.

    text       the latest of what has come, as text
    pressed    how often ENTER was pressed
    records    what has come, in records
    ready      when keys may be pressed, None before that is known
    hangups    how often the other side has hung up
    renewals   how often this side has, before too much was unread
    patience   keys pressed at most without a record in between (0: any number)
    """

    SETTLE = 0.3        # seconds until the terminal's type has arrived
    UNREAD = 700        # bytes sent at most in a connection

    def __init__(self, port, patience=0):
        super().__init__(daemon=True)
        self.patience = patience
        self.period = None
        self.text = ""
        self.pressed = 0
        self.hangups = 0
        self.renewals = 0
        self.unanswered = 0
        self.unread = 0
        self.ready = None
        self.ending = False
        self.client = tn3270.Client(port)
        self.start()

    @property
    def records(self):
        return self.client.records

    def _receive(self):
        """Take what has come; false when the other side has hung up."""
        records = self.records
        data = self.client.receive()
        if self.client.told and not self.ready:
            self.ready = time.monotonic() + self.SETTLE
        if records != self.records:
            self.unanswered = 0
        self.text = (self.text + data.decode("cp037"))[-8192:]
        return bool(data)

    def _press(self):
        if not self.ready or time.monotonic() < self.ready:
            return
        if self.patience and self.unanswered >= self.patience:
            return
        self.unread += self.client.enter()
        self.pressed += 1
        self.unanswered += 1

    def types(self, line):
        """A line into the input field, and ENTER, as soon as there is a
        connection."""
        end = time.monotonic() + PATIENCE
        while not self.ready or time.monotonic() < self.ready:
            if time.monotonic() > end:
                raise Failure("the terminal is never connected")
            time.sleep(0.05)
        with contextlib.suppress(ConnectionError):
            self.unread += self.client.enter(line)

    def rests(self, still=1.0):
        """Wait until all keys are answered, as far as this can be seen: there
        is a connection, and nothing has come for a while."""
        end = time.monotonic() + PATIENCE
        count, since = self.records, time.monotonic()
        while time.monotonic() - since < still or not self.ready:
            if time.monotonic() > end:
                raise Failure("the terminal never comes to rest")
            if count != self.records:
                count, since = self.records, time.monotonic()
            time.sleep(0.05)

    def sees(self, pattern, limit, again=False):
        """Wait until what comes from now on has the pattern in it; press ENTER
        every few seconds meanwhile."""
        self.text = ""
        end = time.monotonic() + limit
        due = time.monotonic() + 3
        while not re.search(pattern, self.text):
            if time.monotonic() > end:
                raise Failure(f"never seen at the terminal: '{pattern}', but: "
                              f"{self.text[-500:]!r}")
            if again and time.monotonic() > due:
                self._press()
                due = time.monotonic() + 3
            time.sleep(0.1)

    def _serve(self):
        """Until one side hangs up, or this one is to end."""
        due = time.monotonic()
        while not self.ending:
            if self.unread >= self.UNREAD:
                self.renewals += 1
                return
            wait = 0.5
            if self.period:
                wait = max(0, due - time.monotonic())
            if select.select([self.client.sock], [], [], min(wait, 0.5))[0] \
                    and not self._receive():
                return
            period = self.period
            if period and time.monotonic() >= due:
                self._press()
                due = time.monotonic() + next(period)

    def run(self):
        while not self.ending:
            renewals = self.renewals
            try:
                self._serve()
            except ConnectionError:
                pass
            if self.ending:
                self.client.sock.close()
                return
            if renewals == self.renewals:
                self.hangups += 1
            try:
                self.ready = None
                self.unread = 0
                self.client.reconnect()
            except OSError:
                # The machine has ended.
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


class Emulator:
    """s3270 on the terminal's line."""

    def __init__(self, port, patience=PATIENCE):
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

    def action(self, text, limit=PATIENCE):
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

    def sees(self, pattern, limit=PATIENCE, again=None):
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
        end = time.monotonic() + PATIENCE
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
