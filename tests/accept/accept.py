#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""QEMU of three Debian suites takes the device, inside of a host with the driver.

Each finds out by itself what the device offers, from the regions, interrupts
and capabilities that the driver describes; some of them are older than what is
described there. What each made of it is seen from both sides: its monitor, its
traces and its guest on one, the driver's counters and state on the other.

accept.py --images FOLDER      results in the Test Anything Protocol
"""

import argparse
import os
import re
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "passthrough"))
from check import (Step, counters, expect, finish, host, show,  # noqa: E402
                   state, take_terminal, to_its_end, vfio_device, UUID)
from qemu import end_with_sigterm  # noqa: E402
from qmp import Monitor  # noqa: E402

# A suite, the version it has (None: whatever there is), and its back ends. The
# command-line option "iommufd" came with QEMU 8.2.
EMULATORS = [
    ("bookworm", (7, 2), [False]),
    ("bookworm-backports", (10, 0), [False, True]),
    ("testing", None, [False, True]),
]

# What guest.c says, and where
RESULTS = 0x30000
RESULTS_FORMAT = ">II3I3I3I8s"
WAIT_GOOD = 0x600d0

# SCSW words 0 (key, control) and 2 (device and subchannel status, count)
START_FUNCTION, HALT_FUNCTION, CLEAR_FUNCTION = 0x4000, 0x2000, 0x1000
FUNCTIONS = 0x7000
ENDED = 0x0c00      # channel end, device end

# Error-recovery codes of a channel report, PoP chapter 17
INIT, PERRN = 2, 6


def events(machine, *names):
    """How often the driver has seen each event so far."""
    count = counters(machine)
    return [count["event " + name] for name in names]


def version(monitor):
    """The emulator's, as numbers and as it says itself."""
    answer = monitor.command("query-version")
    numbers = answer["qemu"]
    text = (f"{numbers['major']}.{numbers['minor']}.{numbers['micro']} "
            f"({answer['package']})")
    return (numbers["major"], numbers["minor"]), text


def plugged(monitor):
    """Whether the emulator has the device."""
    return any(item["name"] == "vf0" and "vfio-ccw" in item["type"]
               for item in monitor.command("qom-list",
                                           path="/machine/peripheral"))


def realized(monitor):
    """The same, and whether it works."""
    return plugged(monitor) and monitor.command(
        "qom-get", path="/machine/peripheral/vf0", property="realized")


def results(monitor):
    """What the guest has stored."""
    size = struct.calcsize(RESULTS_FORMAT)
    text = monitor.command("human-monitor-command", command_line=
                           f"xp /{size}xb {RESULTS:#x}")
    data = bytes(int(byte, 16) for byte in re.findall(r" 0x(\w\w)\b", text))
    schid, _, *words, sense = struct.unpack(RESULTS_FORMAT, data)
    return schid, words[0:3], words[3:6], words[6:9], sense


def plug(monitor, iommufd):
    """Plug the device into the running emulator."""
    device = dict(item.split("=", 1)
                  for item in vfio_device(iommufd).split(",")[1:])
    monitor.command("device_add", driver="vfio-ccw", **device)


class Session:
    """One emulator with one back end, from its start to its end."""

    def __init__(self, machine, sch, suite, iommufd):
        self.machine, self.sch, self.suite = machine, sch, suite
        self.iommufd = iommufd
        self.name = f"{suite}, {'iommufd' if iommufd else 'type 1'}"
        self.monitor = None

    def run(self, wanted):
        for step, text in (
                (lambda: self.start(wanted), "it starts and has the device"),
                (self.use, "its guest starts, halts and clears"),
                (self.report, "it is told of a channel path"),
                (self.unplug, "it gives the device back"),
                (self.request, "it gives it up when it is asked to"),
                (self.quit, "it ends")):
            with Step(f"{self.name}: {text}"):
                step()

    def start(self, wanted):
        machine = self.machine
        machine.until("[ -d /sys/bus/mdev/devices/" + UUID + " ] || "
                      f"create {UUID} {self.sch}")
        objects = "-object iommufd,id=iommufd0 " if self.iommufd else ""
        machine.do(f"emulator {self.suite} {objects}"
                   f"-device {vfio_device(self.iommufd)}")
        try:
            self.monitor = Monitor(machine.nested, limit=120)
        except Exception:
            show(machine.do("cat /tmp/qemu.log"))
            raise
        numbers, text = version(self.monitor)
        show(f"QEMU {text}")
        expect(wanted is None or numbers == wanted, f"QEMU is {numbers}")
        expect(realized(self.monitor), "it has no such device")
        files = machine.do("opened").split()
        show("open: " + " ".join(files))
        expect(("/dev/iommu" in files) == self.iommufd and
               ("/dev/vfio/vfio" in files) != self.iommufd, "not that way")
        expect(state(machine) == "IDLE", state(machine))

    def use(self):
        """The halt and clear functions are requested through a region that
        only its capability makes known."""
        names = ("SSCH", "HSCH", "CSCH")
        before = events(self.machine, *names)
        shown = self.interruptions()
        self.monitor.command("cont")
        event = self.monitor.event("GUEST_PANICKED", 120)
        end = event["data"]["info"]["psw-addr"]
        schid, start, halt, clear, sense = results(self.monitor)
        show(f"subchannel {schid:08x} sense {sense.hex()} start "
             f"{start[0]:08x} {start[2]:08x} halt {halt[0]:08x} "
             f"clear {clear[0]:08x}")
        expect(end == WAIT_GOOD, f"the guest ended at {end:#x}")
        expect(start[0] & FUNCTIONS == START_FUNCTION and
               start[2] >> 16 == ENDED, "not the end of the program")
        expect(sense[:3] == b"\xff\x32\x70", "not a 3270")
        expect(halt[0] & FUNCTIONS == HALT_FUNCTION, "not halted")
        expect(clear[0] & FUNCTIONS == CLEAR_FUNCTION, "not cleared")
        after = events(self.machine, *names)
        expect([b - a for a, b in zip(before, after)] == [1, 1, 1],
               f"of {names} the driver saw {before}, then {after}")
        expect(self.interruptions() - shown == 3, "not three interruptions")

    def interruptions(self):
        """How often the emulator was signalled the end of something."""
        return int(self.machine.do("grep -c css_io_interrupt /tmp/qemu.log "
                                   "|| :"))

    def report(self):
        """The region of channel reports and its interrupt."""
        machine = self.machine
        machine.do("echo 1 >/sys/kernel/debug/s390/cio/enable_inject")
        for number, code in ((1, PERRN), (2, INIT)):
            machine.do(f"inject 4 {code} 1")
            machine.until("[ $(grep -c css_crw.*rsc=0x4 /tmp/qemu.log) = "
                          f"{number} ]")
        text = machine.do("grep css_crw /tmp/qemu.log")
        show(text)
        found = re.findall(r"rsc=0x4, erc=(\w+), rsid=(\w+)", text)
        expect([(int(erc, 16), int(rsid, 16)) for erc, rsid in found] ==
               [(PERRN, 1), (INIT, 1)], "not these reports")

    def unplug(self):
        self.monitor.command("device_del", id="vf0")
        self.monitor.event("DEVICE_DELETED")
        self.machine.until("grep -q STANDBY /sys/kernel/debug/vfio/"
                           f"{UUID}/ccw/state")
        self.free()
        expect(not plugged(self.monitor), "the emulator has it still")

    def request(self):
        """The third interrupt: the administrator wants the device back."""
        plug(self.monitor, self.iommufd)
        expect(state(self.machine) == "IDLE", state(self.machine))
        self.machine.do(f"remove {UUID}", 60)
        self.monitor.event("DEVICE_DELETED")
        self.machine.do(f"[ ! -e /sys/bus/mdev/devices/{UUID} ]")
        self.free()

    def free(self):
        expect(self.machine.do("pinned").strip() == "0", "a page is pinned")
        files = self.machine.do("opened").split()
        expect(not [name for name in files
                    if name not in ("/dev/vfio/vfio", "/dev/iommu")],
               f"still open: {files}")

    def quit(self):
        self.monitor.command("quit")
        self.machine.do("emulator_status", 60)
        said = self.machine.do("grep -v ^css_ /tmp/qemu.log || :")
        if said:
            show(said)
        # The VFIO core takes a group from its container with the last device
        # of the group, at times before the emulator does so
        said = re.sub(r"vfio_(?:container_)?dma_unmap\(.*\) = -22 .*|"
                      r"vfio: error disconnecting group \d+ from container",
                      "", said)
        expect(not re.search("vfio(-ccw)?: |vfio_", said), "it was not content")


def accept(options):
    with host(options.images, "accept", "") as machine:
        with Step("the terminal's subchannel is taken from the host"):
            machine.do(". /emulator-functions")
            sch = take_terminal(machine)
        for suite, wanted, ways in EMULATORS:
            for iommufd in ways:
                Session(machine, sch, suite, iommufd).run(wanted)
        with Step("the subchannel is given back"):
            machine.do(f"give {sch} && rmmod vfio_ccw", 60)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", required=True,
                        help="folder that run.sh has filled")
    options = parser.parse_args()
    end_with_sigterm()
    to_its_end("accept", accept, options)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
