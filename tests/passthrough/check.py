#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Passthrough to a guest of the stock QEMU, and what may happen meanwhile.

check.py IMAGES PART...   the parts are described at their functions; their
                          results are told in the Test Anything Protocol
"""

import argparse
import contextlib
import re
import sys
import time
import traceback

from machine import (Emulator, Failure, Mainframe, Tap, Terminal, PATIENCE,
                     TERMINAL)
from qemu import end_with_sigterm

UUID = "6e6f7473-6f20-7365-6372-657476667573"
GUEST_BOOT = 600        # seconds; two levels of emulation on a busy machine
RAM = 64 << 20          # bytes of the guest, as in host-functions

tap = Tap()


class Step:
    """One result: good if the block ends without a Failure.

    The failure of a fatal step ends the part."""

    def __init__(self, name, fatal=True):
        self.name = name
        self.fatal = fatal

    def __enter__(self):
        self.begin = time.monotonic()
        print(time.strftime("[%H:%M:%S] ") + self.name, file=sys.stderr,
              flush=True)
        return self

    def __exit__(self, kind, value, trace):
        spent = time.monotonic() - self.begin
        tap.result(kind is None, f"{self.name} ({spent:.1f} s)")
        if kind is None:
            return False
        tap.note(value if kind is Failure else
                 "".join(traceback.format_exception(kind, value, trace)))
        return not self.fatal and issubclass(kind, Failure)


def show(text):
    """Part of the readable account of a demonstration."""
    tap.note(text)


def boxed(text):
    """A terminal's screen, without its empty rows."""
    rows = [row for row in text.splitlines() if row.strip()]
    return "\n".join("  | " + row for row in rows)


def expect(condition, text):
    if not condition:
        raise Failure(text)


# --- the host's side -------------------------------------------------------

def subchannel(machine):
    """The 3270's, when the host's kernel has recognized the device."""
    machine.until(f"[ -e /sys/bus/ccw/devices/{TERMINAL}/online ]")
    return machine.do(f"subchannel_of {TERMINAL}")


def take_terminal(machine):
    """The 3270's subchannel into the hands of vfio_ccw, with an mdev."""
    machine.do("modprobe vfio_ccw && modprobe vfio_iommu_type1 || "
               "[ -d /sys/module/vfio_iommu_type1 ]")
    sch = subchannel(machine)
    machine.do(f"take {sch}")
    machine.do(f"create {UUID} {sch}")
    machine.until(f"[ -d /sys/bus/mdev/devices/{UUID} ]")
    machine.subchannel = sch
    return sch


def counters(machine):
    """The driver's own counters of the mediated device."""
    text = machine.do(f"cat /sys/kernel/debug/vfio/{UUID}/ccw/counters")
    return {name: int(value) for name, value in
            re.findall(r"^(.+): (\d+)$", text, re.M)}


def changes(before, after):
    """What has been counted meanwhile, in words."""
    return ", ".join(f"{name} {after[name] - before[name]}" for name in after
                     if after[name] != before[name])


def state(machine):
    text = machine.do(f"cat /sys/kernel/debug/vfio/{UUID}/ccw/state")
    return re.search(r"^state: (\S+)", text, re.M)[1]


def quiet(machine, name):
    """Whether the host's kernel has had nothing to complain about."""
    with Step(f"{name}: the host's kernel has nothing to complain about",
              fatal=False):
        found = machine.complaints()
        expect(not found, "\n".join(found))


@contextlib.contextmanager
def host(images, name, suffix, **machine):
    """A machine with the host Linux, for one part. After a failure it is
    looked at before it goes; at the end its kernel has to be content."""
    running = Mainframe(images, name=name + suffix, **machine)
    try:
        yield running
        quiet(running, name)
    except Exception:
        tap.note(running.account())
        tap.note(f"logs: {running.log}.*")
        raise
    finally:
        running.close()


def vfio_device(iommufd, devno="fe.0.000a", name="vf0"):
    text = (f"vfio-ccw,id={name},devno={devno},"
            f"sysfsdev=/sys/bus/mdev/devices/{UUID}")
    return text + (",iommufd=iommufd0" if iommufd else "")


# --- part "guest": passthrough to a guest ----------------------------------

def dialogue(machine, name, since=0):
    """Somebody at the terminal talks to the guest. The terminal is switched on
    after the guest has brought its device online, as long as a guest has not
    enabled a subchannel its QEMU can take no status for it."""
    with Step(f"{name}: the guest brings the terminal online"):
        machine.guest_says("terminal ready", GUEST_BOOT, since)
    emulator = Emulator(machine.port)
    try:
        with Step(f"{name}: the terminal shows the guest's greeting"):
            emulator.sees("GUEST READY: TYPE A LINE", again="Enter")
            show(boxed(emulator.screen()))
        with Step(f"{name}: a line typed is answered by the guest"):
            emulator.types("hello from outside")
            emulator.sees("GUEST HEARD [0-9]+: edistuo morf olleh")
            show(boxed(emulator.screen()))
    except Exception:
        emulator.close()
        raise
    return emulator


def hang_up(machine, client):
    """The terminal is switched off; its device end has reached the driver."""
    before = counters(machine)["interrupt unsolicited"]
    client.close()
    end = time.monotonic() + PATIENCE
    while counters(machine)["interrupt unsolicited"] == before:
        expect(time.monotonic() < end, "no device end of the terminal")
        time.sleep(0.1)


def begin_flood(machine, lines):
    """A terminal at which ENTER is pressed every 10 to 50 ms while the guest
    writes to it, and how far the guest's console was."""
    terminal = Terminal(machine.port, patience=20)
    terminal.sees("GUEST READY", PATIENCE, again=True)
    since = len(machine.guest_console())
    type_until(machine, terminal, f"flood {lines}", "flood of", since)
    terminal.press(0.010, 0.050)
    return terminal, since


def handed_over(machine):
    """How many statuses QEMU has taken from the driver and shown its guest."""
    return int(machine.do("grep -c css_io_interrupt /tmp/qemu.log || :"))


def interrupts(machine):
    """How many interrupts of the subchannel the driver has been given."""
    return sum(number for name, number in counters(machine).items()
               if name.startswith("interrupt "))


def at_rest(machine):
    """Interrupts that the mainframe has made and that the driver has been given,
    when neither becomes more."""
    before, end = None, time.monotonic() + PATIENCE
    while True:
        now = machine.raised(machine.subchannel), interrupts(machine)
        if now == before:
            return now
        before = now
        expect(time.monotonic() < end, "the interrupts never end")
        time.sleep(0.5)


def none_lost(machine, raised, given):
    """The driver is given each interrupt that the mainframe makes, attention
    included."""
    now = at_rest(machine)
    made, got = now[0] - raised, now[1] - given
    expect(made == got,
           f"the mainframe made {made} interrupts, the driver had {got}")
    show(f"interrupts: {made} made by the mainframe, {got} in the driver")
    expect(made > 0, "there was no interrupt")


def type_line(terminal, line, answered):
    """Type a line at a terminal at rest; it has to be answered. It is typed
    again only if it was lost on its way, and the terminal can tell: because
    QEMU has hung up, or because the guest has read it in one piece with a key
    before it and answers with its greeting, as to an empty line."""
    end = time.monotonic() + PATIENCE
    while True:
        terminal.rests()
        lost = terminal.hangups + terminal.renewals
        terminal.text = ""
        terminal.types(line)
        while True:
            done = answered()
            if done:
                return done
            expect(time.monotonic() < end, f"'{line}' was never answered")
            if lost != terminal.hangups + terminal.renewals:
                why = "QEMU has hung up"
            elif "GUEST READY" in terminal.text:
                why = "the guest has read it with a key before it"
            else:
                time.sleep(0.2)
                continue
            show(f"'{line}' is typed again: {why}")
            break


def type_until(machine, terminal, line, answer, since):
    """Type a line that the guest tells about on its console; how far that was
    read."""
    def answered():
        match = re.compile(answer).search(machine.guest_console(), since)
        return match and match.end()
    return type_line(terminal, line, answered)


def flood(machine, lines):
    """All of a flood; then the guest must still answer."""
    raised, given = at_rest(machine)
    before = counters(machine)
    terminal, since = begin_flood(machine, lines)
    machine.guest_says("flood is over", GUEST_BOOT, since)
    terminal.stop_pressing()
    type_line(terminal, "still there", lambda: "ereht llits" in terminal.text)
    none_lost(machine, raised, given)
    after = counters(machine)
    show(f"ENTER pressed {terminal.pressed} times, line lost "
         f"{terminal.hangups} times, given up {terminal.renewals} times; "
         f"{changes(before, after)}")
    expect(terminal.pressed >= 50, "ENTER was hardly ever pressed")
    expect(after["interrupt unsolicited"] - before["interrupt unsolicited"] >= 20,
           "hardly any attention has reached the driver")
    return terminal


def balance(machine, terminal):
    """Each status is accounted for. Counted where nothing is going on.

    The driver merges attention that nobody has looked at yet, as the hardware
    would. QEMU keeps one status for its guest: a new one replaces it when the
    guest has not taken it. None of those was the end of a program, for which
    the guest would wait for ever."""
    since = len(machine.guest_console())
    end = type_until(machine, terminal, "count", r"interrupts: \d+", since)
    seen = int(re.findall(r"interrupts: (\d+)",
                          machine.guest_console()[:end])[-1])
    shown_by_qemu = handed_over(machine)
    count = counters(machine)
    reported = count["reports"]
    ends = sum(count["interrupt " + name] for name in
               ("ending", "secondary", "intermediate"))
    show(f"statuses: {reported} reported by the driver, {shown_by_qemu} shown "
         f"by QEMU to its guest, {seen} taken by the guest; {ends} of programs")
    expect(reported >= shown_by_qemu >= seen, "more than there were")
    expect(reported >= ends, "the driver has not reported each end")
    expect(seen >= ends, "the guest has not taken each end")


def go_on(machine, *arguments):
    """Start the guest from its kept state, without a device."""
    machine.start_guest("-incoming", "file:/guest/state", *arguments)
    end = time.monotonic() + PATIENCE
    while machine.guest.command("query-status")["status"] == "inmigrate":
        expect(time.monotonic() < end, "the guest's state is not read")
        time.sleep(0.1)
    machine.guest.command("cont")


def guest(options):
    """A guest that has the terminal from its start; attention against writes,
    reset, shutdown. The device's DMA goes through a type 1 container."""
    with host(options.images, "guest", options.suffix) as machine:
        with Step("guest: the terminal's subchannel is taken from the host"):
            take_terminal(machine)
        with Step("guest: QEMU starts with -device vfio-ccw"):
            machine.start_guest("-device", vfio_device(False))
        at_work(machine, "guest", options.reboot)


def flooded(options):
    """The same with a guest that goes on from its kept state, which takes less
    time, and without the reset."""
    with host(options.images, "flood", options.suffix) as machine:
        with Step("flood: the terminal's subchannel is taken from the host"):
            take_terminal(machine)
        with Step("flood: a guest goes on, and the terminal is plugged in"):
            go_on(machine)
            plug(machine, "fe.0.000a", iommufd=False)
        at_work(machine, "flood", False)


def at_work(machine, name, reboot):
    """The guest gets its terminal online, is talked to, is pressed, perhaps
    reset, and powers off."""
    emulator = dialogue(machine, name)
    with Step(f"{name}: ENTER pressed all the time while the guest writes, "
              "and it goes on"):
        hang_up(machine, emulator)
        terminal = flood(machine, 60)
    with Step(f"{name}: each status is accounted for"):
        balance(machine, terminal)
    if reboot:
        hang_up(machine, terminal)
        with Step(f"{name}: it is reset"):
            since = reset(machine)
        terminal = dialogue(machine, f"{name} after reset", since)
    with Step(f"{name}: it powers off while it writes"):
        before = counters(machine)
        type_until(machine, terminal, "bye", "power off", len(
            machine.guest_console()))
        machine.guest.event("SHUTDOWN")
        machine.until("virtual_machine_ended")
        show(changes(before, counters(machine)))
    terminal.close()
    with Step(f"{name}: the device is silent and disabled then"):
        expect(state(machine) == "STANDBY", state(machine))


def reset(machine):
    """Reset the guest; where its console was."""
    since = len(machine.guest_console())
    before = counters(machine)
    machine.guest.command("system_reset")
    machine.guest.event("RESET")
    show("reset: " + changes(before, counters(machine)))
    expect(state(machine) == "IDLE", f"after reset: {state(machine)}")
    return since


def hotplug(options):
    """A guest that gets the terminal while it runs, loses it, gets it again.
    The device's DMA goes through iommufd."""
    with host(options.images, "hotplug", options.suffix) as machine:
        with Step("hotplug: the terminal's subchannel is taken from the host"):
            take_terminal(machine)
        with Step("hotplug: a guest without the terminal runs"):
            go_on(machine, "-object", "iommufd,id=iommufd0")
        for number in range(1, options.plugs + 1):
            plug_and_unplug(machine, number)
        with Step("hotplug: device_add of the terminal to talk on"):
            since = len(machine.guest_console())
            plug(machine, "fe.0.000a")
        emulator = dialogue(machine, "hotplug", since)
        with Step("hotplug: device_del while the guest writes and ENTER is "
                  "pressed"):
            hang_up(machine, emulator)
            before = counters(machine)
            terminal, since = begin_flood(machine, 1000)
            enough = before["interrupt unsolicited"] + 20
            end = time.monotonic() + PATIENCE
            while counters(machine)["interrupt unsolicited"] < enough:
                expect(time.monotonic() < end, "no attentions")
            unplug(machine)
            show(f"ENTER pressed {terminal.pressed} times; "
                 + changes(before, counters(machine)))
            terminal.close()
            machine.guest_says("terminal is gone", GUEST_BOOT, since)
        # The guest's own driver waits for ever for what was outstanding then:
        # only a reset guest could bring the terminal online again.
        with Step("hotplug: device_add after that, then the guest is reset"):
            plug(machine, "fe.0.000a")
            reset(machine)
        with Step("hotplug: the monitor ends QEMU"):
            machine.guest.command("quit")
            machine.until("virtual_machine_ended")
            expect(state(machine) == "STANDBY", state(machine))


def plug(machine, devno, iommufd=True):
    device = dict(item.split("=", 1) for item in
                  vfio_device(iommufd, devno).split(",")[1:])
    machine.guest.command("device_add", driver="vfio-ccw", **device)


def unplug(machine):
    machine.guest.command("device_del", id="vf0")
    machine.guest.event("DEVICE_DELETED")
    machine.until(f"grep -q STANDBY /sys/kernel/debug/vfio/{UUID}/ccw/state")


def plug_and_unplug(machine, number):
    since = len(machine.guest_console())
    with Step(f"hotplug: device_add {number}, the guest uses it"):
        plug(machine, "fe.0.000b")
        machine.guest_says("passing device works", GUEST_BOOT, since)
    with Step(f"hotplug: device_del {number} while the guest has it online"):
        unplug(machine)
        machine.guest_says("passing device has gone", GUEST_BOOT, since)


# --- part "balloon": memory given up while the device stores into it ---------

FRAME = 4096
# What ballooned.c stores into, and what of it the balloon can have: all but one
# page of each 64
USED = 16 << 20
BALLOON = USED // FRAME * 63 // 64
# Pages that the device goes on with, and some of the program's own
STILL_USED = 256
REPORT = ("state", "line", "code", "rounds", "stored", "differ", "where", "found",
          "given", "id")


class Giver:
    """A guest that is nothing but ballooned.c, which tells in its memory how it is
    going (there: struct report)."""

    def __init__(self, machine, iommufd):
        self.machine = machine
        machine.start_guest("-device virtio-balloon-ccw,devno=fe.0.0005",
                            "-object iommufd,id=iommufd0" if iommufd else "",
                            "-device", vfio_device(iommufd),
                            kind="bare_machine")

    def report(self):
        """What it tells; it goes on."""
        text = self.machine.guest.command(
            "human-monitor-command",
            command_line=f"xp /{len(REPORT)}gx 0x4000")
        words = [int(word, 16) for word in re.findall(r" 0x(\w+)", text)]
        report = dict(zip(REPORT, words, strict=True))
        expect(report["state"] < 2, "the guest has stopped in line "
               f"{report['line']} of ballooned.c: {report['code']:#x}")
        return report

    def after_rounds(self, number):
        """What it tells after so many more programs."""
        end = time.monotonic() + PATIENCE
        until = self.report()["rounds"] + number
        while True:
            report = self.report()
            if report["rounds"] >= until:
                return report
            expect(time.monotonic() < end, f"the guest has stopped: {report}")
            time.sleep(0.1)

    def ready(self):
        """Wait until it has used all of its memory, and that stays pinned: it
        begins anew when it was held up for so long that it does not. The figures
        of then."""
        end = time.monotonic() + PATIENCE
        while True:
            report, memory = self.report(), self.memory()
            if report["state"] and memory["pinned"] >= BALLOON:
                return memory
            expect(time.monotonic() < end,
                   f"the guest is not ready: {report}, {memory}")
            time.sleep(0.2)

    def memory(self):
        """Pages of the guest's memory that are resident in the host, that are
        free in the host, and that are pinned there; pages the driver keeps, and
        has given up because it was told to."""
        text = self.machine.do("memory_of_machine; pinned_pages; "
                               f"cat /sys/kernel/debug/vfio/{UUID}/ccw/kept")
        found = {name: int(value) for name, value in
                 re.findall(r"^([a-z ]+): (\d+)$", text, re.M)}
        return {"resident": found["resident"] * 1024 // FRAME,
                "free": found["free"] * 1024 // FRAME,
                "pinned": found["pinned"],
                "kept": found["pages"],
                "given up": found["pages given up by the user"]}

    def end(self):
        self.machine.guest.command("quit")
        self.machine.until("virtual_machine_ended")
        expect(state(self.machine) == "STANDBY", state(self.machine))


def resize(machine, size, look=lambda: None):
    """Have the guest come to this size, in bytes, by its balloon; look at it
    meanwhile."""
    machine.guest.command("balloon", value=size)
    end = time.monotonic() + GUEST_BOOT
    while True:
        actual = machine.guest.command("query-balloon")["actual"]
        if actual == size:
            return
        seen = look()
        expect(time.monotonic() < end,
               f"the guest stays at {actual} bytes: {seen}")
        time.sleep(0.1)


def host_has_it_back(giver, before):
    """Two seconds after the balloon has the memory, the host has it at the latest.
    Looked at five times at least: on a busy machine a single look may take longer
    than that, and what gives the memory back does not get to run either."""
    end = time.monotonic() + 2
    looks = 0
    while True:
        now = giver.memory()
        resident, pinned, free = (now[name] - before[name] for name in
                                  ("resident", "pinned", "free"))
        looks += 1
        # What is free is told roughly: each processor has some hundred pages more
        if max(resident, pinned) <= STILL_USED - BALLOON and \
                free >= BALLOON // 2:
            break
        expect(looks < 5 or time.monotonic() < end,
               f"the host does not get the memory back: {before}, then {now}")
    show(f"asked for {BALLOON} pages: resident {resident:+}, pinned {pinned:+}, "
         f"free {free:+}")


def nothing_differs(giver, since):
    """Whatever the device was to store is there, and what was there before."""
    report = giver.after_rounds(10)
    show(f"{report['stored'] - since['stored']} times an ID was looked for in "
         f"{report['rounds'] - since['rounds']} rounds")
    expect(report["id"] >> 56 == 0xff, f"{report['id']:#x} is not an ID")
    expect(not report["differ"],
           f"{report['differ']} data differ, the first one at "
           f"{report['where']:#x}: {report['found']:#x}")
    return report


def give_and_take(machine, name, iommufd):
    with Step(f"balloon: a device stores into all memory of a guest ({name})"):
        giver = Giver(machine, iommufd)
        report = nothing_differs(giver, dict.fromkeys(REPORT, 0))
        before = giver.ready()
        show(before)
        expect(before["resident"] >= USED // FRAME, "it is not resident")
    with Step("balloon: it is inflated while the device stores into the rest: the "
              "host has the memory back within two seconds", fatal=False):
        resize(machine, RAM - BALLOON * FRAME, giver.report)
        host_has_it_back(giver, before)
    with Step("balloon: what was kept has been given up, as the host was told",
              fatal=False):
        given_up = giver.memory()["given up"] - before["given up"]
        show(f"{given_up} pages given up")
        expect(given_up >= BALLOON, f"only {given_up} pages were given up")
    with Step("balloon: no data differ then", fatal=False):
        report = nothing_differs(giver, report)
    with Step("balloon: it is deflated, and the device stores into that memory at "
              "once: no data differ", fatal=False):
        resize(machine, RAM, giver.report)
        nothing_differs(giver, report)
    with Step("balloon: the monitor ends QEMU, and nothing stays pinned"):
        giver.end()
        left = machine.do("pinned_pages")
        expect(left == "pinned: 0", left)


def balloon(options):
    """Memory that a device has stored into goes back to the host when the guest
    gives it up, and is the guest's own when it comes back."""
    with host(options.images, "balloon", options.suffix) as machine:
        with Step("balloon: the terminal's subchannel is taken from the host"):
            take_terminal(machine)
        for name, iommufd in (("type 1", False), ("iommufd", True)):
            give_and_take(machine, name, iommufd)


# --- part "race": attention against endings, a user without a guest ---------

def pressed_against(machine, starts, kind):
    """Starts of a kind, until there was attention enough beside them."""
    seen = 0
    for _ in range(20):
        text = machine.do(f"race {UUID} {starts} {kind}", 3600)
        show(text)
        seen += int(re.search(r"attentions=(\d+)", text)[1])
        if seen >= 10:
            return
    raise Failure("there was hardly any attention")


def race(options):
    """ENTER every 10 to 50 ms against starts of each kind."""
    with host(options.images, "race", options.suffix) as machine:
        with Step("race: the terminal's subchannel is taken from the host"):
            take_terminal(machine)
        with Step("race: the terminal answers"):
            terminal = Terminal(machine.port)
            end = time.monotonic() + PATIENCE
            while not terminal.records:
                machine.run(f"race {UUID} 1 write")
                expect(time.monotonic() < end, "nothing was ever written")
        terminal.press(0.010, 0.050)
        for kind in ("sense", "write", "read", "mixed"):
            with Step(f"race: {options.starts} starts ({kind}) or more, "
                      "each ended once, none lost", fatal=False):
                pressed_against(machine, options.starts, kind)
        terminal.close()


# --- part "loss": the device or its path goes away ---------------------------

class Victim:
    """A random-number device that is plugged into the running machine, taken
    by the driver, and pulled out of the machine again."""

    serial = 0

    def __init__(self, machine, mdev=True):
        Victim.serial += 1
        self.machine = machine
        self.name = f"victim{Victim.serial}"
        self.uuid = f"6c6f7373-0000-4000-8000-{Victim.serial:012d}"
        devno = f"{0x2000 + Victim.serial:04x}"
        machine.monitor.command("device_add", driver="virtio-rng-ccw",
                                id=self.name, devno=f"fe.0.{devno}")
        machine.until(f"[ -e /sys/bus/ccw/devices/0.0.{devno}/online ]")
        self.sch = machine.do(f"subchannel_of 0.0.{devno}")
        machine.until(f"take {self.sch}")
        if mdev:
            machine.do(f"create {self.uuid} {self.sch}")

    def user(self, mode, polite=""):
        """A user program holds the device."""
        self.machine.do("rm -f /tmp/hold.end; "
                        f"hold {self.uuid} {mode} {polite} >/tmp/hold.log "
                        "2>&1 3>&- 4>&- & "
                        "echo $! >/tmp/hold.pid")
        self.told("^open")

    def told(self, pattern, limit=PATIENCE):
        """Wait until the user has been told; its whole account so far."""
        self.machine.until(f"grep -q '{pattern}' /tmp/hold.log", limit)
        return self.machine.do("cat /tmp/hold.log")

    def pull(self):
        self.machine.monitor.events.clear()
        self.machine.monitor.command("device_del", id=self.name)
        self.machine.monitor.event("DEVICE_DELETED")

    def gone(self, limit=PATIENCE):
        """The subchannel is gone, and no mdev is left of it."""
        self.machine.until(f"[ ! -e /sys/bus/css/devices/{self.sch} ]", limit)
        self.machine.until(f"[ ! -e /sys/bus/mdev/devices/{self.uuid} ]")


def others_work(machine):
    """A device that comes now is seen; one that is there does I/O; chchp
    answers."""
    # The machine gives the first one the subchannel of the device that was
    # pulled out; as long as the old one is held, the host cannot show it.
    machine.monitor.command("device_add", driver="virtio-rng-ccw", id="hidden",
                            devno="fe.0.1fff")
    other = Victim(machine, mdev=False)
    machine.do(f"give {other.sch}")
    other.pull()
    other.gone()
    machine.monitor.command("device_del", id="hidden")
    machine.monitor.event("DEVICE_DELETED")
    machine.do("dd if=/dev/hwrng of=/dev/null bs=16 count=1 2>/dev/null")
    machine.do("lschp | grep -q '^0.01'")


def answer_of_gone(text):
    """The user's start was answered: deferred condition code 3, once."""
    words = re.findall(r"^status (\S+) (\S+)", text, re.M)
    expect(len(words) == 1, f"not one status: {text}")
    control = int(words[0][0], 16)
    expect(control & 0x4000 and control & 1, f"no answer to the start: {text}")
    expect(control >> 24 & 3 == 3, f"no deferred condition code 3: {text}")


def unplugging(machine):
    with Step("loss: unplugged without an mdev"):
        victim = Victim(machine, mdev=False)
        victim.pull()
        victim.gone()
    with Step("loss: unplugged with an mdev that nobody has opened"):
        victim = Victim(machine)
        victim.pull()
        victim.gone()
    with Step("loss: unplugged while open; the user is asked, and closes"):
        victim = Victim(machine)
        victim.user("idle", "polite")
        victim.pull()
        show(victim.told("^closed"))
        victim.gone()
    with Step("loss: unplugged while open; a user that ignores the request "
              "does not hold up other devices"):
        victim = Victim(machine)
        victim.user("idle")
        victim.pull()
        show(victim.told("^asked"))
        others_work(machine)
        machine.do("touch /tmp/hold.end")
        victim.told("^closed")
        victim.gone()
    with Step("loss: unplugged with a start accepted and not ended; "
              "the start is answered"):
        victim = Victim(machine)
        victim.user("started", "polite")
        victim.pull()
        text = victim.told("^closed")
        show(text)
        expect("asked" in text, "the user was never asked")
        answer_of_gone(text)
        victim.gone()
    with Step("loss: the same with a user that ignores the request"):
        victim = Victim(machine)
        victim.user("started")
        victim.pull()
        victim.told("^status .*")
        text = victim.told("^asked")
        show(text)
        answer_of_gone(text)
        others_work(machine)
        machine.do("touch /tmp/hold.end")
        victim.told("^closed")
        victim.gone()
    with Step("loss: unplugged while a user starts programs without pause"):
        victim = Victim(machine)
        victim.user("looping")
        victim.told("^round")
        victim.pull()
        text = victim.told("^closed")
        show(text)
        expect("unanswered" not in text, "a start was never answered")
        if "refused 19" not in text:
            answer_of_gone(text)
        victim.gone()


def paths_of(machine):
    """The paths that the driver may use, as it says itself."""
    text = machine.do(f"cat /sys/kernel/debug/vfio/{UUID}/ccw/state")
    return re.search(r"^paths: (\S+)", text, re.M)[1]


def paths(machine):
    """The 3270 has a channel path of its own, 0.01."""
    with Step("path: varied off and on while nobody has the device open"):
        expect(paths_of(machine) == "80", "not one path at the beginning")
        machine.do("chchp -v 0 0.01")
        expect(paths_of(machine) == "00", "a path is left")
        status, text = machine.run(f"race {UUID} 1 sense")
        expect(status == 1 and "starts=0 " in text and "failed=1 " in text and
               "No such device" in text, f"started without a path: {text}")
        machine.do("chchp -v 1 0.01")
        expect(paths_of(machine) == "80", "the path has not come back")
        machine.do(f"race {UUID} 10 sense")
    with Step("path: varied off and on twice while a user has the device open: "
              "it gets no channel report"):
        machine.do(f"hold {UUID} idle >/tmp/hold.log 2>&1 3>&- 4>&- & :")
        machine.until("grep -q ^open /tmp/hold.log")
        for _ in range(2):
            machine.do("chchp -v 0 0.01 && chchp -v 1 0.01")
        machine.do("sleep 0.5; touch /tmp/hold.end")
        machine.until("grep -q ^closed /tmp/hold.log")
        text = machine.do("cat /tmp/hold.log; rm -f /tmp/hold.end")
        expect("crw" not in text, text)
    with Step("path: varied off with a suspended start outstanding: it is "
              "answered with an interface-control check"):
        machine.do(f"hold {UUID} started >/tmp/hold.log 2>&1 3>&- 4>&- & :")
        machine.until("grep -q ^open /tmp/hold.log")
        machine.do("chchp -v 0 0.01")
        machine.until("grep -q ^status /tmp/hold.log")
        machine.do("chchp -v 1 0.01 && touch /tmp/hold.end")
        machine.until("grep -q ^closed /tmp/hold.log")
        text = machine.do("cat /tmp/hold.log; rm -f /tmp/hold.end")
        show(text)
        # The second one ends the clear at the end of the program.
        expect(len(re.findall("^status", text, re.M)) == 2, "not two statuses")
        expect(interface_check(text), "not an interface-control check")
        machine.do(f"race {UUID} 10 sense")
    with Step("path: varied off and on twenty times while a user starts "
              "programs: every start is answered, the next refused"):
        for _ in range(20):
            machine.do(f"hold {UUID} looping >/tmp/hold.log 2>&1 "
                       "3>&- 4>&- & :")
            machine.until("grep -q ^round /tmp/hold.log")
            machine.do("chchp -v 0 0.01")
            machine.until("grep -q ^closed /tmp/hold.log")
            machine.do("chchp -v 1 0.01")
            text = machine.do("cat /tmp/hold.log")
            expect("unanswered" not in text, text)
            expect("refused 19" in text or interface_check(text), text)
        show("the last time:\n" + text)
        machine.do(f"race {UUID} 10 sense")


def interface_check(text):
    """A start that ended with interface-control check and nothing else."""
    return re.search(r"^status ....[4-7]... \S+ 00 02$", text, re.M)


def loss(options):
    """Devices unplugged from the machine's monitor, paths varied."""
    with host(options.images, "loss", options.suffix, extra=(
            "-device", "virtio-rng-ccw,id=rng0,devno=fe.0.1111")) as machine:
        with Step("loss: the machine is up"):
            sch = take_terminal(machine)
            show(machine.do("lscss"))
        unplugging(machine)
        with Step("path: the terminal's own path is online"):
            show(machine.do(f"lscss --vfio; lschp; cat /sys/bus/css/devices/"
                            f"{sch}/pimpampom"))
        paths(machine)


# --- part "tools": the tools an administrator uses ---------------------------

def shown(machine, command, pattern=None, limit=PATIENCE):
    """Run a command as an administrator types it, and show the session."""
    output = machine.do(command, limit)
    show(f"$ {command}\n{output}".rstrip())
    if pattern:
        expect(re.search(pattern, output, re.M),
               f"'{pattern}' is not in the output of {command}")
    return output


def start_udev(machine):
    """udev runs the rules the tools have brought. Debian keeps mdevctl in
    /usr/bin, where its own rule does not look."""
    machine.do("[ -e /usr/sbin/mdevctl ] || "
               "ln -s ../bin/mdevctl /usr/sbin/mdevctl")
    machine.do("/lib/systemd/systemd-udevd --daemon")


def tools(options):
    """driverctl, mdevctl, lscss, lschp and chchp as Debian ships them."""
    with host(options.images, "tools", options.suffix) as machine:
        with Step("tools: lscss lists the subchannel"):
            sch = subchannel(machine)
            shown(machine, "lscss", r"0\.0\.000a")
            start_udev(machine)
        with Step("tools: driverctl sets the override; the driver is loaded"):
            shown(machine, f"driverctl -b css set-override {sch} vfio_ccw")
            shown(machine, "driverctl -b css list-overrides",
                  f"^{sch} vfio_ccw$")
        with Step("tools: mdevctl types"):
            shown(machine, "mdevctl types", "vfio_ccw-io")
        with Step("tools: mdevctl define, start, list"):
            shown(machine, f"mdevctl define --auto --uuid {UUID} "
                           f"--parent {sch} --type vfio_ccw-io")
            shown(machine, "mdevctl list --defined",
                  f"{UUID} {sch} vfio_ccw-io auto")
            shown(machine, f"mdevctl start --uuid {UUID}")
            shown(machine, "mdevctl list", UUID)
            shown(machine, "lsmdev", UUID)
        with Step("tools: lscss --vfio"):
            shown(machine, "lscss --vfio", f"{UUID} +{sch}")
        with Step("tools: the device works"):
            machine.do(f"race {UUID} 10 sense")
        with Step("tools: chchp varies the path, lschp tells"):
            shown(machine, "chchp -v 0 0.01")
            shown(machine, "lschp", r"^0\.01 +0 ")
            shown(machine, "chchp -v 1 0.01")
            shown(machine, "lschp", r"^0\.01 +1 ")
        with Step("tools: mdevctl stop"):
            shown(machine, f"mdevctl stop --uuid {UUID}")
            expect(UUID not in shown(machine, "mdevctl list"), "still there")
        with Step("tools: load-override brings the driver back, and mdevctl's "
                  "rule starts the mdev by itself"):
            machine.do(f"give {sch}")
            machine.do("rmmod vfio_ccw")
            shown(machine, f"driverctl -b css load-override {sch}")
            machine.until(f"mdevctl list | grep -q {UUID}")
            shown(machine, "mdevctl list", UUID)
        with Step("tools: everything undone"):
            shown(machine, f"mdevctl stop --uuid {UUID}")
            shown(machine, f"mdevctl undefine --uuid {UUID}")
            shown(machine, f"driverctl -b css unset-override {sch}")
            shown(machine, "lscss", r"0\.0\.000a")
            expect(machine.do(f"driver_of {sch}") == "io_subchannel",
                   "the subchannel's own driver has not come back")


# --- part "demo": one session, told as a story -------------------------------

def tell(text):
    print(f"\n== {text}", flush=True)


def typed(machine, command):
    """A command in the host Linux, as the administrator sees it."""
    print(f"host# {command}", flush=True)
    output = machine.do(command)
    if output:
        print(output, flush=True)


def demo(options):
    """Somebody at a 3270 talks to a guest."""
    tell("A mainframe is emulated, with a 3270 terminal at device 000a; the "
         "host Linux boots.")
    machine = Mainframe(options.images)
    try:
        typed(machine, "uname -srm")
        typed(machine, "lscss")
        tell("The terminal's subchannel goes from its own driver to vfio_ccw.")
        typed(machine, "modprobe vfio_ccw")
        sch = subchannel(machine)
        typed(machine, f"driverctl -b css --nosave set-override {sch} vfio_ccw")
        typed(machine, "mdevctl types")
        typed(machine, f"mdevctl start --uuid {UUID} --parent {sch} "
                       "--type vfio_ccw-io")
        typed(machine, "lscss --vfio")
        tell("A guest is running already; the device is plugged into it.")
        print("host# qemu-system-s390x ... -object iommufd,id=iommufd0")
        go_on(machine, "-object", "iommufd,id=iommufd0")
        device = vfio_device(True)
        print(f"(qemu) device_add {device}", flush=True)
        plug(machine, "fe.0.000a")
        machine.guest_says("terminal ready", GUEST_BOOT)
        print(machine.guest_console(), flush=True)
        tell("The guest has brought the terminal online. Outside, a 3270 "
             "emulator is connected.")
        emulator = Emulator(machine.port)
        emulator.sees("GUEST READY: TYPE A LINE", again="Enter")
        print(boxed(emulator.screen()), flush=True)
        tell('Typed at the terminal: "hello from outside"')
        emulator.types("hello from outside")
        emulator.sees("GUEST HEARD 1: edistuo morf olleh")
        print(boxed(emulator.screen()), flush=True)
        emulator.close()
        tell("What the driver has counted meanwhile.")
        typed(machine, f"cat /sys/kernel/debug/vfio/{UUID}/ccw/state")
        typed(machine, f"cat /sys/kernel/debug/vfio/{UUID}/ccw/counters")
        tell("The device is unplugged, and given back to the host.")
        print("(qemu) device_del vf0", flush=True)
        unplug(machine)
        typed(machine, f"mdevctl stop --uuid {UUID}")
        typed(machine, f"driverctl -b css --nosave unset-override {sch}")
        typed(machine, "lscss")
        lines = machine.complaints()
        expect(not lines, "\n".join(lines))
    finally:
        machine.close()


# --- all of it ---------------------------------------------------------------

def to_its_end(name, part, options):
    """Run a part. One that is not run to its end is a result, too."""
    try:
        part(options)
    except Exception as error:
        tap.result(False, f"{name}: the part was run to its end")
        tap.note(error)


def finish():
    """The exit status; no more results come."""
    if Mainframe.restarts:
        tap.note(f"{Mainframe.restarts} machines had to be started again before "
                 "the driver was loaded")
    return tap.finish()


PARTS = {
    "guest": guest,
    "flood": flooded,
    "hotplug": hotplug,
    "balloon": balloon,
    "race": race,
    "loss": loss,
    "tools": tools,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", required=True,
                        help="folder that images.sh has filled")
    parser.add_argument("--demo", action="store_true",
                        help="tell one session as a story, no results")
    parser.add_argument("--starts", type=int, default=500,
                        help="starts of each kind in part race")
    parser.add_argument("--plugs", type=int, default=1,
                        help="how often part hotplug plugs and unplugs the "
                             "device in use")
    parser.add_argument("--rounds", type=int, default=1,
                        help="how often all parts are run")
    parser.add_argument("--reboot", action="store_true",
                        help="part guest resets the guest and waits until it "
                             "has booted again")
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=", ".join(PARTS))
    options = parser.parse_args()
    end_with_sigterm()
    if options.demo:
        demo(options)
        return 0
    # A document of its own: the long run is several of them.
    print("TAP version 13", flush=True)
    for number in range(options.rounds):
        options.suffix = f"-{number + 1}" if options.rounds > 1 else ""
        if options.rounds > 1:
            tap.note(f"round {number + 1} of {options.rounds}")
        for part in options.parts:
            to_its_end(part, PARTS[part], options)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
