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
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "passthrough"))
from machine import Failure, Mainframe, outside  # noqa: E402
from qemu import Qemu, end_with_sigterm  # noqa: E402

# For Debian to start all of its services; a minute on an idle machine
BOOT = 900
# The devices that the host has beside its disk: a terminal, two of them that can be
# given away, and a second disk, which has what the tests bring along
TERMINAL, FIRST, SECOND = "0.0.000a", "0.0.1111", "0.0.2222"
SUPPLIES = "/mnt"
# MiB
MEMORY = 2048


def devices(qemu, images, keep=False):
    """The disks, the first of which it is loaded from, and what can be given away.
    What is written to the disks is forgotten when the machine ends, not when it is
    loaded anew; unless it is to be kept."""
    def disk(name, devno, extra=""):
        qemu.add("-drive", f"file={images}/{name},format=raw,if=none,id={name},"
                           f"snapshot={'off' if keep else 'on'},cache=unsafe",
                 "-device", f"virtio-blk-ccw,drive={name},devno={devno}{extra}")
    disk("disk", "fe.0.0100", ",bootindex=1")
    disk("supplies", "fe.0.0101")
    for device in FIRST, SECOND:
        qemu.add("-device", f"virtio-rng-ccw,devno={outside(device)}")
    qemu.terminal("tn", outside(TERMINAL), 0)


class Host(Mainframe):
    """Debian on the emulated mainframe."""

    prefix = "host-"
    memory = MEMORY
    guest_log = "/var/log/guest.log"

    def __init__(self, images, name="check", extra=(), keep=False):
        self.keep = keep
        super().__init__(images, name=name, patience=BOOT, extra=extra)

    def hardware(self, qemu, images, append):
        devices(qemu, images, self.keep)
        self.connect(qemu)

    def guest_console(self):
        return self.run(f"cat {self.guest_log}")[1].replace("\r", "")

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
    keeps what QEMU tells of itself. (Defining a host's first domain takes a minute and
    more nevertheless.)"""
    host = Host(images, name="first", keep=True)
    try:
        host.run("systemctl is-system-running --wait", BOOT)
        host.do("virsh domcapabilities --virttype qemu", BOOT)
        host.do("ls /var/cache/libvirt/qemu/capabilities/*.xml")
        host.control.write("systemctl poweroff\n")
        return host.qemu.process.wait(BOOT)
    finally:
        host.close()


def shell(images):
    """Its console here; the machine ends when it is powered off."""
    qemu = Qemu(f"{images}/qemu", None, MEMORY, 2)
    devices(qemu, images)
    qemu.add("-no-reboot", "-mon", "chardev=con0")
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
