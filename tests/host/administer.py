#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What an administrator does on an s390 host, done on an emulated one.

administer.py --images FOLDER      results in the Test Anything Protocol

The lines that are run are those of README.md and Documentation/host-setup.rst, read
from there: a document that says something else than what works fails.
"""

import argparse
import base64
import os
import re
import sys
import time

from host import (FIRST, HERE, SUPPLIES, TERMINAL, TOP, Host)

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "passthrough"))
from check import (GUEST_BOOT, Step, boxed, expect, finish, show,  # noqa: E402
                   tap, to_its_end)
from machine import Emulator, Failure, PATIENCE  # noqa: E402
from qemu import end_with_sigterm  # noqa: E402

# Of the documents' examples; the UUID is also that of passthrough/check.py
UUID = "6e6f7473-6f20-7365-6372-657476667573"
DOC_SCH = "0.0.0001"
SECOND_UUID = "8b2e3c1a-54c0-4f0d-9a1e-0f6f2c6d7e11"
# What stands for "-accel kvm ..." in README: the rest of a virtual machine
EMULATED = ("-M s390-ccw-virtio -cpu qemu -m 64 -smp 1 -display none -nodefaults "
            "-chardev file,id=con0,path={log} -device sclpconsole,chardev=con0 "
            "-kernel {guest}/image -initrd {guest}/initrd "
            "-append TERMINAL={device}")
GUEST = "/var/lib/libvirt/images/guest"
SYSFS = "/sys/bus/css/devices"


# --- the documents -----------------------------------------------------------

def read(name):
    with open(os.path.join(TOP, name)) as file:
        return file.read()


def readme_lines():
    """The commands of README's section "Use it", without their comments."""
    section = re.search(r"^## Use it.*?(?=^## )", read("README.md"),
                        re.M | re.S)[0]
    text = "\n".join(line[4:] for line in section.splitlines()
                     if line.startswith("    "))
    text = re.sub(r"\\\n\s*", "", text)
    lines = (re.sub(r"(^|\s+)#.*", "", line) for line in text.splitlines())
    return [line for line in lines if line]


def section_of(title):
    """The text of a section of host-setup.rst."""
    text = read("Documentation/host-setup.rst")
    match = re.search(rf"^{re.escape(title)}\n[=-]+\n(.*?)(?=^[^\n]+\n[=-]{{4,}}\n|\Z)",
                      text, re.M | re.S)
    if not match:
        raise Failure(f"host-setup.rst has no section '{title}'")
    return match[1]


def sessions(title, **words):
    """The commands behind prompts in a section, with words replaced."""
    text = re.sub(r"\\\n\s*", "", section_of(title))
    found = re.findall(r"^    # (.*)$", text, re.M)
    for old, new in words.items():
        found = [line.replace(old, new) for line in found]
    return found


def matching(lines, pattern):
    """The one line that has the pattern."""
    found = [line for line in lines if re.search(pattern, line)]
    expect(found, f"the document has no line '{pattern}' any more")
    return found[0]


# --- what is done again and again ----------------------------------------------

def shown(host, command, pattern=None, limit=PATIENCE):
    """A command that has to succeed, as it is typed, and its output."""
    output = host.do(command, limit)
    show(f"# {command}\n{output}".rstrip())
    if pattern:
        expect(re.search(pattern, output, re.M),
               f"'{pattern}' is not in the output of {command}")
    return output


def refused(host, command, pattern):
    """A command that has to fail with a message of one line."""
    status, output = host.run(command)
    show(f"# {command}\n{output}".rstrip())
    expect(status, f"'{command}' was not refused")
    lines = [line for line in output.splitlines()
             if line.strip() and "Failed to start" not in line
             and "Failed to save" not in line]
    expect(len(lines) == 1, f"not one line: {output}")
    expect(re.search(pattern, lines[0]), f"no '{pattern}' in: {output}")


def write_file(host, path, text):
    """A small file on the host."""
    host.do(f"base64 -d >{path} <<<"
            + base64.b64encode(text.encode()).decode())


def conversation(host, name, since=0):
    """Somebody at the terminal talks to the guest, through the device."""
    with Step(f"{name}: the guest brings its terminal online"):
        host.guest_says("terminal ready", GUEST_BOOT, since)
    emulator = Emulator(host.port)
    try:
        with Step(f"{name}: a line typed at the terminal is answered"):
            emulator.sees("GUEST READY: TYPE A LINE", again="Enter")
            emulator.types("hello from outside")
            emulator.sees("GUEST HEARD [0-9]+: edistuo morf olleh")
            show(boxed(emulator.screen()))
        with Step(f"{name}: the guest is told to power off, and does"):
            emulator.types("bye")
            host.guest_says("power off", PATIENCE, since)
    finally:
        emulator.close()


def available(host, sch):
    """How many devices can still be made of a subchannel, as libvirt tells."""
    xml = host.do(f"virsh nodedev-dumpxml css_{sch.replace('.', '_')}")
    return int(re.search(r"<availableInstances>(\d+)<", xml)[1])


# --- the parts -----------------------------------------------------------------

def packages(host):
    """The driver's packages, and the modules that DKMS has built elsewhere."""
    with Step("packages: all services of the host have started"):
        state = host.run("systemctl is-system-running --wait", 900)[1]
        failed = host.run("systemctl --failed --no-legend --plain")[1]
        expect(state == "running", f"{state}: {failed}")
        shown(host, "uname -r; cat /etc/debian_version")
    with Step("packages: dpkg installs vfio-ccw-dkms and vfio-ccw-tools"):
        shown(host, f"dpkg -i {SUPPLIES}/*.deb", limit=600)
    with Step("packages: DKMS takes the modules that it has built on another "
              "machine, and installs them"):
        version = host.do("dpkg-query -W -f '${Version}' vfio-ccw-dkms")
        # DKMS 3.0.10 loads an archive and then fails if the module is known
        # already, which the package has seen to.
        host.do(f"dkms remove vfio-ccw/{version} --all", 600)
        shown(host, f"dkms ldtarball {SUPPLIES}/vfio-ccw.dkms.tar.gz", limit=600)
        shown(host, f"dkms install vfio-ccw/{version} -k $(uname -r)", limit=600)
        shown(host, "dkms status vfio-ccw", r"installed$")
    with Step("packages: depmod prefers them to all others"):
        shown(host, "modinfo -F filename vfio_ccw",
              r"/updates/dkms/vfio_ccw\.ko")
        host.do(f"cp -r {SUPPLIES}/guest {GUEST}")


def readme(host):
    """README's section "Use it", line by line."""
    with Step("README: the terminal's subchannel, its device offline"):
        sch = host.subchannel_of(TERMINAL)
        shown(host, f"chccwdev -d {TERMINAL}; lscss", rf"{TERMINAL} +{sch}")
    qemu = None
    for line in readme_lines():
        # Building is DKMS's here, see packages(); this would take the
        # emulated host a quarter of an hour.
        if re.fullmatch(r"make module CIO_SRC=\S+|make install", line):
            show(f"not run here: {line}")
            continue
        with Step(f"README: {line}"):
            if re.fullmatch(r"S=\S+ UUID=\$\(uuidgen\)", line):
                line = re.sub(r"S=\S+", f"S={sch}", line)
            elif line.startswith("qemu-system-s390x "):
                expect("-accel kvm ..." in line, "no place for the rest")
                devno = re.search(r"devno=fe\.(\d\.[0-9a-f]{4})", line)[1]
                rest = EMULATED.format(log=host.guest_log, guest=GUEST,
                                       device="0." + devno)
                qemu = line.replace("-accel kvm ...", rest)
                line = f"{qemu} >/tmp/qemu.log 2>&1 & QEMU=$!"
            else:
                expect(re.match(r"modprobe vfio_ccw$|echo \S+ > /sys/\S+$",
                                line), "a line that this test does not know")
            host.do(line)
    with Step("README: the driver has the subchannel, the device is there"):
        expect(qemu, "README starts no virtual machine")
        expect(host.driver_of(sch) == "vfio_ccw", "another driver")
        shown(host, "lscss --vfio; lsmdev; echo $UUID", sch)
    conversation(host, "README")
    with Step("README: ... and so does QEMU"):
        host.do("wait $QEMU", PATIENCE)
    with Step("by hand: the subchannel is given back"):
        lines = [line.strip() for line in
                 section_of("Giving it back").splitlines()
                 if line.startswith("\t")]
        expect(len(lines) == 4, f"other lines: {lines}")
        for line in lines:
            shown(host, line)
        host.until(f"[ -e /sys/bus/ccw/devices/{TERMINAL}/online ]")
        expect(host.driver_of(sch) == "io_subchannel", "another driver")
    return sch


def permanent(host, sch):
    """driverctl and mdevctl, with the words of host-setup.rst."""
    words = {DOC_SCH: sch}
    with Step("host-setup.rst: driverctl gives the subchannel to the driver"):
        lines = sessions("Giving the subchannel to the driver: driverctl", **words)
        shown(host, matching(lines, "driverctl .*set-override"))
        shown(host, matching(lines, "list-overrides"), f"^{sch} vfio_ccw$")
        expect(host.driver_of(sch) == "vfio_ccw", "another driver")
    with Step("host-setup.rst: lscss tells of it as the document says"):
        lscss_of_bound(host, sch)
    with Step("libvirt: one device can be made of it"):
        host.until(f"virsh nodedev-dumpxml css_{sch.replace('.', '_')} | "
                   "grep -q availableInstances")
        expect(available(host, sch) == 1, "not one")
    with Step("host-setup.rst: mdevctl defines and starts the device"):
        lines = sessions("Making the mediated device: mdevctl", **words)
        # Debian's package has it in /usr/bin alone, and udev's rule does not
        # look there: nothing would start by itself.
        shown(host, matching(lines, "^ln -s"))
        shown(host, matching(lines, "mdevctl types"), "vfio_ccw-io")
        shown(host, matching(lines, "mdevctl define"))
        shown(host, matching(lines, "mdevctl start"))
        shown(host, "mdevctl list --defined", f"{UUID} {sch} vfio_ccw-io auto")
        shown(host, "lsmdev", UUID)
    with Step("libvirt: none can be made of it now"):
        expect(available(host, sch) == 0, "still one")


def lscss_of_bound(host, sch):
    """The row of a subchannel that the driver has, as host-setup.rst has it."""
    row = re.search(rf"^    (none +{re.escape(DOC_SCH)} .*)$",
                    section_of("Giving the subchannel to the driver: driverctl"),
                    re.M)
    expect(row, "the document has no such row")
    rows = shown(host, "lscss").splitlines()
    expect(row[1].replace(DOC_SCH, sch) in [line.rstrip() for line in rows],
           f"lscss has no row '{row[1]}'")


def node_devices(host, sch):
    """libvirt's node devices: what it sees, and a device of its own making."""
    name = "css_" + sch.replace(".", "_")
    mdev = "mdev_" + UUID.replace("-", "_") + "_" + sch.replace(".", "_")
    with Step("libvirt: nodedev-list --cap css, mdev_types, mdev"):
        shown(host, "virsh nodedev-list --cap css", f"^{name}$")
        shown(host, "virsh nodedev-list --cap mdev_types", f"^{name}$")
        shown(host, "virsh nodedev-list --cap mdev", f"^{mdev}$")
    with Step("libvirt: nodedev-dumpxml of device and subchannel"):
        xml = shown(host, f"virsh nodedev-dumpxml {mdev}",
                    f"<parent>{name}</parent>")
        expect("vfio_ccw-io" in xml and UUID in xml, "another type or UUID")
        shown(host, f"virsh nodedev-dumpxml {name}",
              "<deviceAPI>vfio-ccw</deviceAPI>")
    with Step("libvirt: a second subchannel is given to the driver"):
        other = host.subchannel_of(FIRST)
        chain = host.do("virsh nodedev-dumpxml ccw_" + FIRST.replace(".", "_"))
        show(chain)
        expect(f"<parent>css_{other.replace('.', '_')}</parent>" in chain,
               "the device's parent is not its subchannel")
        shown(host, f"driverctl -b css set-override {other} vfio_ccw")
        host.until("virsh nodedev-list --cap mdev_types | "
                   f"grep -q css_{other.replace('.', '_')}")
    parent = "css_" + other.replace(".", "_")
    second = "mdev_" + SECOND_UUID.replace("-", "_") + "_" + \
        other.replace(".", "_")
    definition = re.search(r"<device>.*</device>\n",
                           section_of("The virtual machine: libvirt"), re.S)[0]
    write_file(host, "/tmp/mdev.xml", definition.replace(UUID, SECOND_UUID)
               .replace("css_" + DOC_SCH.replace(".", "_"), parent))
    with Step("libvirt: nodedev-define and nodedev-start"):
        shown(host, "virsh nodedev-define /tmp/mdev.xml", second)
        shown(host, f"virsh nodedev-start {second}")
        host.until(f"virsh nodedev-list --cap mdev | grep -q {second}")
        host.do(f"[ -e /sys/bus/mdev/devices/{SECOND_UUID} ]")
        expect(available(host, other) == 0, "still one available")
    with Step("libvirt: ccwio runs a program on it"):
        shown(host, f"ccwio {SECOND_UUID} exec "
                    "'buffer id 64; sense-id id sli; expect dev ce+de'")
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
    return other, second


def domain(name, console):
    """A domain with the device, as host-setup.rst has it."""
    hostdev = re.search(r"^    (<hostdev.*?</hostdev>)",
                        section_of("The virtual machine: libvirt"),
                        re.M | re.S)[1]
    return f"""<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='s390x' machine='s390-ccw-virtio'>hvm</type>
    <kernel>{GUEST}/image</kernel>
    <initrd>{GUEST}/initrd</initrd>
  </os>
  <devices>
    <console type='file'>
      <source path='{console}'/>
      <target type='sclp'/>
    </console>
    <memballoc model='none'/>
    {hostdev}
  </devices>
</domain>
"""


def domains(host):
    """Domains that have the device, or would like to."""
    write_file(host, "/tmp/guest.xml", domain("guest", host.guest_log))
    write_file(host, "/tmp/rival.xml", domain("rival", "/var/log/rival.log"))
    with Step("libvirt: two domains with the same device are defined"):
        shown(host, "virsh define /tmp/guest.xml")
        shown(host, "virsh define /tmp/rival.xml")
    with Step("libvirt: a domain is started"):
        shown(host, "virsh start guest")
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
    with Step("libvirt: the domain is destroyed; the device stays"):
        shown(host, "virsh destroy guest")
        shown(host, "lsmdev", UUID)
    with Step("libvirt: now the other one is started, and destroyed"):
        shown(host, "virsh start rival")
        shown(host, "virsh destroy rival")
        shown(host, "virsh undefine rival")



def run(options):
    host = Host(options.images)
    try:
        packages(host)
        sch = readme(host)
        permanent(host, sch)
        node_devices(host, sch)
        domains(host)
    except Exception:
        tap.note(host.account())
        tap.note(f"logs: {host.log}.*")
        raise
    finally:
        with Step("the host's kernel has nothing to complain about", fatal=False):
            found = host.complaints()
            expect(not found, "\n".join(found))
        host.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", required=True,
                        help="folder that run.sh has filled")
    options = parser.parse_args()
    end_with_sigterm()
    print("TAP version 13", flush=True)
    started = time.monotonic()
    to_its_end("host", run, options)
    tap.note(f"{time.monotonic() - started:.0f} s")
    return finish()


if __name__ == "__main__":
    sys.exit(main())
