#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The emulated s390 host that image.sh has made the disk of.

Host    the machine, driven over its control port (passthrough/machine.py)

host.py --images FOLDER --boot     boot it as a proof, tell how long it takes
host.py --images FOLDER --first    boot a new disk, and keep what comes of it
host.py --images FOLDER --shell    its console on this terminal
"""

import argparse
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "passthrough"))
from machine import Failure, Mainframe, outside  # noqa: E402
from qemu import Machine, Qemu, end_with_sigterm  # noqa: E402

# For Debian to start all of its services; a minute on an idle machine. Less than after
# which tests/run takes a silent part for dead
BOOT = 1400
# For a command: what libvirt asks QEMU takes a minute on an idle machine, and ten times as
# long on one that is busy
COMMAND = 1400
# The devices that the host has beside its disk: a terminal, two of them that can be
# given away, and a second disk, which has what the tests bring along
TERMINAL, FIRST, SECOND = "0.0.000a", "0.0.1111", "0.0.2222"
DISK, SUPPLIES_DISK = "0.0.0100", "0.0.0101"
PORTS = "0.0.0900"          # what the tests reach it by (passthrough/machine.py)
RANDOM = "virtio-rng-ccw"   # what the latter are
SUPPLIES = "/mnt"
# MiB
MEMORY = 2048


def name_of(device):
    """The name of a device that can be given away, in the machine's monitor."""
    return "device" + device[-4:]


def devices(qemu, images, kept=None):
    """The disks, the first of which it is loaded from, and what can be given away.
    What is written is forgotten when the machine ends. It stays in KEPT, another file
    with the first disk's content."""
    def disk(name, path, devno, extra="", snapshot="on"):
        qemu.add("-drive", f"file={path},format=raw,if=none,id={name},"
                           f"snapshot={snapshot},cache=unsafe",
                 "-device", f"virtio-blk-ccw,drive={name},devno={devno}{extra}")
    disk("disk", kept or f"{images}/disk", outside(DISK), ",bootindex=1",
         "off" if kept else "on")
    disk("supplies", f"{images}/supplies", outside(SUPPLIES_DISK))
    for device in FIRST, SECOND:
        qemu.add("-device", f"{RANDOM},id={name_of(device)},"
                            f"devno={outside(device)}")
    qemu.terminal("tn", outside(TERMINAL), 0)
    # A restart ends the machine: another one goes on with the disk
    qemu.add("-no-reboot")


class Host(Mainframe):
    """Debian on the emulated mainframe; KEPT as in devices()."""

    prefix = "host-"
    memory = MEMORY
    guest_log = "/var/log/guest.log"

    def __init__(self, images, name="check", extra=(), kept=None):
        self.images, self.called, self.extra = images, name, extra
        self.kept = kept
        self.starts = 1
        self.earlier = []
        super().__init__(images, name=name, patience=BOOT, extra=extra)

    def run(self, command, limit=COMMAND):
        return super().run(command, limit)

    def do(self, command, limit=COMMAND):
        return super().do(command, limit)

    def until(self, command, limit=COMMAND):
        return super().until(command, limit)

    def hardware(self, qemu, images, append):
        devices(qemu, images, self.kept)
        self.connect(qemu)

    def goes_down(self, verb):
        """Have it restarted or powered off; until the machine has ended."""
        self.control.write(f"systemctl {verb}\n")
        try:
            status = self.qemu.process.wait(BOOT)
        except subprocess.TimeoutExpired:
            raise Failure(f"it does not go down in {BOOT} s; its console ends:\n"
                          + self.tail()) from None
        if status:
            raise Failure(self.emulator_said())

    def restart(self):
        """Restart it: it goes down, and a new machine is loaded from its disk, which
        is what an IPL is; the emulator's own way leaves it in a disabled wait, unless
        its memory is to be cleared. A machine that does not come up is not started
        again: the driver is there by now."""
        if not self.kept:
            raise Failure("what has been written to its disk is forgotten")
        self.goes_down("reboot")
        self.earlier += super().complaints()
        self.close()
        self.starts += 1
        Machine.__init__(self, f"{self.prefix}{self.called}-{self.starts}")
        self._boot(self.images, self.extra, "", BOOT)

    def complaints(self):
        """Of its kernel, since it was started first."""
        return self.earlier + super().complaints()

    def guest_console(self):
        return self.run(f"cat {self.guest_log} 2>/dev/null")[1].replace("\r", "")

    def subchannel_of(self, device):
        """The one that a device is on that the host can still see."""
        path = self.until(f"readlink -f /sys/bus/ccw/devices/{device} | "
                          f"grep /{device}$")
        return path.split("/")[-2]

    def driver_of(self, sch):
        """The driver of a subchannel, if it has one."""
        return self.do("basename $(readlink "
                       f"/sys/bus/css/devices/{sch}/driver || echo none)")

    def account(self):
        parts = [super().account()]
        for command in ("systemctl --failed --no-legend",
                        "journalctl -b -q -p warning --no-hostname | tail -30",
                        "tail -n 20 /var/log/libvirt/qemu/*.log"):
            try:
                parts.append(f"--- {command}\n{self.run(command, 60)[1]}")
            except (Failure, OSError) as failure:
                parts.append(str(failure).splitlines()[0])
        return "\n".join(parts)


def boot(images):
    """Boot it; whether all of its services have started."""
    started = time.monotonic()
    host = Host(images, name="boot")
    try:
        seconds = time.monotonic() - started
        state = host.run("systemctl is-system-running --wait", BOOT)[1]
        print(f"{host.do('uname -n -r')}: up after {seconds:.0f} s, {state}")
        failed = host.run("systemctl --failed --no-legend --plain")[1]
        if failed:
            print(failed)
        return 0 if state == "running" else 1
    finally:
        host.close()


def first(images):
    """What each host has done once: the first start of systemd, and of libvirt, which
    keeps what QEMU tells of itself (but see administer.packages())."""
    host = Host(images, name="first", kept=f"{images}/disk")
    try:
        host.run("systemctl is-system-running --wait", BOOT)
        host.do("virsh domcapabilities --virttype qemu", BOOT)
        host.do("ls /var/cache/libvirt/qemu/capabilities/*.xml")
        host.goes_down("poweroff")
        return 0
    finally:
        host.close()


def shell(images):
    """Its console here; the machine ends when it is powered off."""
    qemu = Qemu(f"{images}/qemu", None, MEMORY, 2)
    devices(qemu, images)
    qemu.add("-mon", "chardev=con0")
    print("The console of the host; root is logged in without a password. What\n"
          f"was built is in {SUPPLIES} once you have mounted it (mount /dev/vdb "
          f"{SUPPLIES}).\n\"poweroff\" ends the machine, Ctrl-A X ends it at "
          "once; nothing is kept.", file=sys.stderr)
    qemu.become()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", required=True)
    parser.add_argument("--boot", action="store_true")
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--shell", action="store_true")
    options = parser.parse_args()
    end_with_sigterm()
    if options.shell:
        shell(options.images)
    return first(options.images) if options.first else boot(options.images)


if __name__ == "__main__":
    sys.exit(main())
