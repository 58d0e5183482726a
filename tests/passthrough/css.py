#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A guest without an operating system, which tests its channel subsystem: css.elf of
kvm-unit-tests, with a device that was passed through and an emulated one beside it.

css.py --images FOLDER     results in the Test Anything Protocol: each of the guest's own

FOLDER is as images.sh fills it, and has the program as /css.elf in the host's root. The
guest takes the first subchannel that it finds, which is that of the device that was
passed through, for all that it tries; it expects a device of virtio there.
"""

import argparse
import re
import sys

from check import (GUEST_BOOT, Step, Victim, expect, finish, host, show, tap,
                   to_its_end)
from machine import PATIENCE
from qemu import end_with_sigterm

CONSOLE = "/tmp/guest.log"
# One line of what the guest says
RESULT = re.compile(r"^(PASS|FAIL|SKIP|XFAIL|XPASS): (.*)$")
SUMMARY = re.compile(r"^SUMMARY: (\d+) tests(?:, (\d+) unexpected failures?)?", re.M)


def report(text):
    """The guest's results as our own; how many there were."""
    count = 0
    for line in text.splitlines():
        match = RESULT.match(line)
        if not match:
            show(line)
            continue
        count += 1
        verdict, name = match.groups()
        if verdict == "SKIP":
            name += " # SKIP the guest says so"
        tap.result(verdict in ("PASS", "XFAIL", "SKIP"), f"css.elf: {name}")
    return count


def css(options):
    """The device of a virtio-rng-ccw, passed through, is the guest's first one."""
    with host(options.images, "css", "") as machine:
        with Step("css: a subchannel is taken from the host"):
            machine.do("modprobe vfio_ccw && modprobe vfio_iommu_type1 || "
                       "[ -d /sys/module/vfio_iommu_type1 ]")
            victim = Victim(machine)
        with Step("css: the guest runs to its end"):
            machine.do("/usr/bin/qemu-system-s390x -L /usr/share/qemu "
                       "-M s390-ccw-virtio -cpu qemu -m 64 -smp 1 -display none "
                       f"-nodefaults -chardev file,id=con0,path={CONSOLE} "
                       "-device sclpconsole,chardev=con0 -kernel /css.elf "
                       "-device vfio-ccw,devno=fe.0.0001,"
                       f"sysfsdev=/sys/bus/mdev/devices/{victim.uuid} "
                       "-device virtio-rng-ccw,devno=fe.0.0002 "
                       ">/tmp/qemu.log 2>&1 3>&- 4>&- & echo $! >/tmp/qemu.pid")
            machine.until("! kill -0 $(cat /tmp/qemu.pid) 2>/dev/null", GUEST_BOOT)
            text = machine.guest_console()
            expect(SUMMARY.search(text), f"no summary, but: {text[-1500:]}")
        count = report(text)
        with Step("css: its summary is of all of them, and says that none failed"):
            summary = SUMMARY.search(text)
            expect(count == int(summary[1]), f"{count} results were seen")
            expect(not int(summary[2] or 0), summary[0])
            # SENSE ID ends at once: it is the driver that has done it
            counters = machine.do(f"cat /sys/kernel/debug/vfio/{victim.uuid}/ccw/"
                                  "counters", PATIENCE)
            ended = re.search(r"^interrupt ending: (\d+)$", counters, re.M)
            show(counters)
            expect(ended and int(ended[1]) >= 10, "the driver has ended hardly any")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", required=True,
                        help="folder that images.sh has filled, with /css.elf")
    options = parser.parse_args()
    end_with_sigterm()
    print("TAP version 13", flush=True)
    to_its_end("css", css, options)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
