# SPDX-License-Identifier: GPL-2.0
"""What libvirt does with the driver's devices: node devices, domains that have one from
their start, or get it while they run.
"""

import os
import re
import sys

from common import (DOC_SCH, HERE, SECOND_UUID, SENSE_ID, UUID, available,
                    conversation, define, ended, hostdev, node, refused, section_of,
                    shown, start, write_file)
from host import FIRST

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "passthrough"))
from check import GUEST_BOOT, Step, expect, show  # noqa: E402

# What a device of the guest is that can be unplugged while it is online (guest.c)
PASSING = "0x000b"


def node_devices(host, sch):
    """libvirt's node devices: what it sees, and a device of its own making."""
    name, mdev = node(sch), node(sch, UUID)
    with Step("libvirt: nodedev-list --cap css, mdev_types, mdev"):
        shown(host, "virsh nodedev-list --cap css", f"^{name}$")
        shown(host, "virsh nodedev-list --cap mdev_types", f"^{name}$")
        shown(host, "virsh nodedev-list --cap mdev", f"^{mdev}$")
    with Step("libvirt: nodedev-dumpxml of device and subchannel"):
        xml = shown(host, f"virsh nodedev-dumpxml {mdev}",
                    f"<parent>{name}</parent>")
        expect("vfio_ccw-io" in xml and UUID in xml, "another type or UUID")
        xml = shown(host, f"virsh nodedev-dumpxml {name}",
                    "<deviceAPI>vfio-ccw</deviceAPI>")
        expect("<parent>computer</parent>" in xml, "another parent")
        expect("<capability type='css'>" in xml, "no subchannel")
    with Step("libvirt: a second subchannel is given to the driver"):
        other = host.subchannel_of(FIRST)
        chain = host.do("virsh nodedev-dumpxml ccw_" + FIRST.replace(".", "_"))
        show(chain)
        expect(f"<parent>{node(other)}</parent>" in chain,
               "the device's parent is not its subchannel")
        shown(host, f"driverctl -b css set-override {other} vfio_ccw")
        host.until("virsh nodedev-list --cap mdev_types | "
                   f"grep -q {node(other)}")
    second = node(other, SECOND_UUID)
    definition = re.search(r"<device>.*</device>\n",
                           section_of("The virtual machine: libvirt"), re.S)[0]
    write_file(host, "/tmp/mdev.xml", definition.replace(UUID, SECOND_UUID)
               .replace(node(DOC_SCH), node(other)))
    with Step("libvirt: nodedev-define and nodedev-start"):
        shown(host, "virsh nodedev-define /tmp/mdev.xml", second)
        shown(host, f"virsh nodedev-start {second}")
        host.until(f"virsh nodedev-list --cap mdev | grep -q {second}")
        host.do(f"[ -e /sys/bus/mdev/devices/{SECOND_UUID} ]")
        expect(available(host, other) == 0, "still one available")
    with Step("libvirt: ccwio runs a program on it"):
        shown(host, f"ccwio {SECOND_UUID} {SENSE_ID}")
    with Step("libvirt: nodedev-destroy, -undefine"):
        shown(host, f"virsh nodedev-destroy {second}")
        host.do(f"[ ! -e /sys/bus/mdev/devices/{SECOND_UUID} ]")
        expect(available(host, other) == 1, "none available")
        shown(host, f"virsh nodedev-undefine {second}")
        host.do(f"! mdevctl list --defined | grep {SECOND_UUID}")
    with Step("libvirt: defined again, nodedev-autostart, not started"):
        shown(host, "virsh nodedev-define /tmp/mdev.xml", second)
        shown(host, f"virsh nodedev-autostart {second}")
        shown(host, f"virsh nodedev-info {second}", r"^Autostart: +yes$")
        host.do(f"[ ! -e /sys/bus/mdev/devices/{SECOND_UUID} ]")
    return other


def domains(host):
    """Domains that have the device, or would like to."""
    with Step("libvirt: another domain with the same device is defined"):
        define(host, "rival", hostdev())
    with Step("libvirt: a domain is started"):
        start(host, "guest")
        shown(host, "virsh list", r"guest +running")
    with Step("libvirt: its limit of locked memory is its memory and 1 GiB"):
        shown(host, "prlimit --memlock --pid $(cat /run/libvirt/qemu/guest.pid)",
              f" {(64 + 1024) << 20} +{(64 + 1024) << 20} ")
    with Step("libvirt: the other one, which wants the same device, is refused"):
        refused(host, "virsh start rival", "in use")
    with Step("libvirt: saving the domain is refused"):
        refused(host, "virsh managedsave guest",
                "cannot migrate domain: non-migratable device: .*vfio-ccw")
        shown(host, "virsh domstate guest", "running")
    with Step("libvirt: so is migrating it"):
        refused(host, "virsh migrate --live guest qemu:///system",
                "cannot migrate (a domain with <hostdev mode='subsystem' type='mdev'>|"
                "domain: non-migratable device: .*vfio-ccw)")
        shown(host, "virsh domstate guest", "running")
    with Step("libvirt: its guest has the device, and goes down by virsh shutdown"):
        host.guest_says("terminal ready", 2 * GUEST_BOOT)
        shown(host, "virsh shutdown guest")
        ended(host, "guest")
        shown(host, "lsmdev", UUID)
    with Step("libvirt: the domain is started again, and destroyed; the device stays"):
        start(host, "guest")
        host.guest_says("terminal ready", 2 * GUEST_BOOT)
        shown(host, "virsh destroy guest")
        shown(host, "lsmdev", UUID)
    with Step("libvirt: now the other one is started, and destroyed"):
        start(host, "rival")
        shown(host, "virsh destroy rival")
        shown(host, "virsh undefine rival")


def in_domain(host, name, uuid):
    """Whether a domain that runs has a mediated device."""
    return uuid in host.do(f"virsh dumpxml {name}")


def plugged(host, number):
    """The device comes to a domain, works there, and goes while it is online; then the
    host has it."""
    name = f"libvirt: attach-device {number}"
    since = len(host.guest_console())
    with Step(f"{name}: the device comes to the domain that runs, and works"):
        shown(host, "virsh attach-device hotplug /tmp/passing.xml --live",
              "^Device attached successfully$")
        expect(in_domain(host, "hotplug", UUID), "libvirt does not know")
        host.guest_says("passing device works", GUEST_BOOT, since)
    with Step(f"{name}: a domain that wants it, too, is refused, and so is ccwio"):
        refused(host, "virsh start guest", "in use")
        refused(host, f"ccwio {UUID} info", "cannot open .* busy")
    with Step(f"{name}: detach-device while the guest has it online"):
        shown(host, "virsh detach-device hotplug /tmp/passing.xml --live",
              "^Device detached successfully$")
        host.guest_says("passing device has gone", GUEST_BOOT, since)
        host.until(f"! virsh dumpxml hotplug | grep -q {UUID}")
    with Step(f"{name}: ccwio runs a program on it then"):
        shown(host, f"ccwio {UUID} {SENSE_ID}")


def hotplugged(host):
    """A domain gets the device while it runs, more than once, and loses it."""
    write_file(host, "/tmp/passing.xml", hostdev(PASSING))
    write_file(host, "/tmp/terminal.xml", hostdev())
    with Step("libvirt: a domain without the device is started"):
        define(host, "hotplug")
        start(host, "hotplug")
        host.guest_says("guest: up", GUEST_BOOT)
    for number in 1, 2:
        plugged(host, number)
    with Step("libvirt: attach-device of the terminal to talk on"):
        since = len(host.guest_console())
        shown(host, "virsh attach-device hotplug /tmp/terminal.xml --live",
              "^Device attached successfully$")
    conversation(host, "libvirt", since)
    with Step("libvirt: ... and so does the domain, which had the device while it ran "
              "alone"):
        ended(host, "hotplug")
        expect(not in_domain(host, "hotplug", UUID), "it would have it again")
        shown(host, "virsh undefine hotplug")
