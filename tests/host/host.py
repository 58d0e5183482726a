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
import re
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "passthrough"))
from machine import Failure, Machine, PATIENCE  # noqa: E402

# For Debian to start all of its services; a minute on an idle machine
BOOT = 900
# The devices that the host has beside its disk: a terminal, two of them that can be
# given away, and a second disk, which has what the tests bring along
TERMINAL, FIRST, SECOND = "0.0.000a", "0.0.1111", "0.0.2222"
SUPPLIES = "/mnt"


def emulator(images):
    """The emulator of the machine, and what it is told whoever uses it."""
    return [f"{images}/qemu/usr/bin/qemu-system-s390x",
            "-L", f"{images}/qemu/usr/share/qemu",
            "-M", "s390-ccw-virtio", "-cpu", "qemu", "-smp", "2",
            "-m", "2048", "-display", "none", "-nodefaults"]


def devices(images, keep=False):
    """The disks, the first of which it is loaded from, and what can be given away.
    What is written to the disks is forgotten when the machine ends, not when it is
    loaded anew; unless it is to be kept."""
    def disk(name, devno, extra=""):
        return ["-drive", f"file={images}/{name},format=raw,if=none,id={name},"
                          f"snapshot={'off' if keep else 'on'},cache=unsafe",
                "-device", f"virtio-blk-ccw,drive={name},devno={devno}{extra}"]
    return [*disk("disk", "fe.0.0100", ",bootindex=1"),
            *disk("supplies", "fe.0.0101"),
            "-device", "virtio-rng-ccw,devno=fe.0.1111",
            "-device", "virtio-rng-ccw,devno=fe.0.2222",
            "-chardev", "socket,id=tn,host=127.0.0.1,port=0,server=on,"
                        "wait=off,tn3270=on",
            "-device", "x-terminal3270,chardev=tn,devno=fe.0.000a"]


class Host(Machine):
    """Debian on the emulated mainframe."""

    prefix = "host-"
    guest_log = "/var/log/guest.log"

    def __init__(self, images, name="check", extra=(), keep=False):
        self.keep = keep
        super().__init__(images, name=name, patience=BOOT, extra=extra)

    def _arguments(self, images, memory, extra, append):
        def port(name):
            return ["-chardev", f"socket,id={name},path={self.folder}/{name}",
                    "-device", f"virtserialport,chardev={name},name={name}"]
        return [*emulator(images), *devices(images, self.keep),
                "-chardev", f"file,id=con0,path={self.console}",
                "-device", "sclpconsole,chardev=con0",
                "-device", "virtio-serial-ccw,id=ports,devno=fe.0.0900",
                *port("control"), *port("nested"),
                "-chardev", f"socket,id=qmp,path={self.folder}/monitor",
                "-mon", "chardev=qmp,mode=control",
                "-trace", "css_io_interrupt", *extra]

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
        host.process.wait(BOOT)
        return host.process.returncode
    finally:
        host.close()


def shell(images):
    """Its console here; the machine ends when it is powered off."""
    arguments = [*emulator(images), *devices(images), "-no-reboot",
                 "-chardev", "stdio,id=con0,mux=on,signal=off",
                 "-device", "sclpconsole,chardev=con0", "-mon", "chardev=con0"]
    print("The console of the host; root is logged in without a password. What\n"
          f"was built is in {SUPPLIES} once you have mounted it (mount /dev/vdb "
          f"{SUPPLIES}).\n\"poweroff\" ends the machine, Ctrl-A X ends it at "
          "once; nothing is kept.", file=sys.stderr)
    os.execv(arguments[0], arguments)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", required=True)
    parser.add_argument("--boot", action="store_true")
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--shell", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    if options.shell:
        shell(options.images)
    return first(options.images) if options.first else boot(options.images)


if __name__ == "__main__":
    sys.exit(main())
