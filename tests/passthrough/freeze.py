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
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lib"))
from qemu import Qemu  # noqa: E402
from qmp import Failure, Monitor, listener  # noqa: E402


def wait_for(what, condition, limit):
    end = time.monotonic() + limit
    while not condition():
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {limit} s")
        time.sleep(0.1)


def freeze(root, guest, folder):
    console = f"{folder}/console"
    sock = listener(f"{folder}/monitor")
    # As virtual_machine in host-functions: both have to be the same.
    qemu = Qemu(root, console, 64, 1)
    qemu.add("-chardev", f"socket,id=qmp0,path={folder}/monitor",
             "-mon", "chardev=qmp0,mode=control",
             "-kernel", f"{guest}/image", "-initrd", f"{guest}/initrd")
    qemu.start(None)
    try:
        monitor = Monitor(sock.accept()[0])
        wait_for("the guest is up", lambda: "guest: up" in
                 open(console, errors="replace").read(), 120)
        monitor.command("stop")
        monitor.command("migrate", uri=f"file:{guest}/state")
        wait_for("its state is written", lambda: monitor.command(
            "query-migrate").get("status") == "completed", 60)
        monitor.command("quit")
    finally:
        qemu.end()
    if os.path.getsize(f"{guest}/state") < 1 << 20:
        raise Failure("the guest's state is too small to be one")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        freeze(sys.argv[1], sys.argv[2], place)
