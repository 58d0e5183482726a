#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""freeze.py QEMU-ROOT GUEST: boot the nested guest once, without the device
and without nesting, and keep its state in GUEST/state. A nested QEMU goes on
from there with "-incoming file:" in seconds, where a boot under two levels of
emulation takes a minute.

GUEST holds the guest's kernel (image) and root (initrd).
"""

import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
from qemu import Machine, Qemu  # noqa: E402
from qmp import Failure, Monitor  # noqa: E402


def wait_for(what, condition, limit):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {limit} s")
        time.sleep(0.1)


def freeze(root, guest):
    with Machine("frozen-guest") as machine:
        machine.listen("monitor")
        # As virtual_machine in host-functions: both have to be the same.
        qemu = Qemu(root, machine.console, 64, 1)
        qemu.monitor(machine.path("monitor"))
        qemu.add("-kernel", f"{guest}/image", "-initrd", f"{guest}/initrd")
        machine.start(qemu)
        monitor = Monitor(machine.accept("monitor"))
        wait_for("the guest is up", lambda: "guest: up" in machine.tail(), 120)
        monitor.command("stop")
        monitor.command("migrate", uri=f"file:{guest}/state")
        wait_for("its state is written", lambda: monitor.command(
            "query-migrate").get("status") == "completed", 60)
        monitor.command("quit")
    if os.path.getsize(f"{guest}/state") < 1 << 20:
        raise Failure("the guest's state is too small to be one")


if __name__ == "__main__":
    freeze(sys.argv[1], sys.argv[2])
