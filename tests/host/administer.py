#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What an administrator does on an s390 host, done on an emulated one.

administer.py --images FOLDER [--long]     results in the Test Anything Protocol

The lines that are run are those of README.md and Documentation/host-setup.rst, read
from there: a document that says something else than what works fails.
"""

import argparse
import os
import re
import subprocess
import sys
import time

from common import (DOC_SCH, EMULATED, GUEST, HERE, SECOND_UUID, UUID,
                    available, console_of, conversation, define, ended, hostdev,
                    matching, node, readme_lines, section_of, sessions, settled,
                    shown, write_file)
from host import BOOT, SUPPLIES, TERMINAL, Host
import longer
import virsh

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "passthrough"))
from check import Step, expect, finish, show, tap, to_its_end  # noqa: E402
from qemu import end_with_sigterm  # noqa: E402


# --- the parts -----------------------------------------------------------------

def bad_disk(host, name, options, message):
    """The module's source cannot be written."""
    with Step(f"packages: dpkg ends on a {name} disk, and leaves nothing"):
        host.do(f"mount -t tmpfs -o {options} none /usr/src")
        status, output = host.run(f"dpkg -i {SUPPLIES}/vfio-ccw-dkms*.deb")
        show(output)
        expect(status and message in output, "another end")
        host.do("[ -z \"$(ls /usr/src)\" ]")
        host.do("umount /usr/src")
        host.do("[ \"$(dpkg-query -W -f '${db:Status-Status}' vfio-ccw-dkms)\" = "
                "not-installed ]")
        host.do("[ -z \"$(dpkg --audit)\" ]")


def packages(host, long):
    """The driver's packages, and the modules that DKMS has built elsewhere. Returns
    longer.files() of before."""
    before = None
    with Step("packages: all services of the host have started"):
        settled(host)
        shown(host, "uname -r; cat /etc/debian_version")
        # Debian gives up on a disk that it has not found within 90 seconds
        host.do(f"mountpoint -q {SUPPLIES} || mount {SUPPLIES}")
        # Nothing can use it here. But as long as it has a device file libvirt asks QEMU
        # what it can do whenever it looks at a domain, which takes a minute. DKMS has
        # the list of device files made anew.
        host.do("rm -f /dev/kvm /lib/modules/*/kernel/arch/s390/kvm/kvm.ko*")
    if long:
        before = longer.files(host)
        bad_disk(host, "full", "size=64k", "No space left on device")
        bad_disk(host, "read-only", "ro", "Read-only file system")
    with Step("packages: dpkg installs vfio-ccw-dkms and vfio-ccw-tools"):
        shown(host, f"dpkg -i {SUPPLIES}/*.deb")
    with Step("packages: DKMS takes the modules that it has built on another "
              "machine, and installs them"):
        version = host.do("dpkg-query -W -f '${Version}' vfio-ccw-dkms")
        # DKMS 3.0.10 loads an archive and then fails if the module is known
        # already, which the package has seen to.
        host.do(f"dkms remove vfio-ccw/{version} --all")
        shown(host, f"dkms ldtarball {SUPPLIES}/vfio-ccw.dkms.tar.gz")
        shown(host, f"dkms install vfio-ccw/{version} -k $(uname -r)")
        shown(host, "dkms status vfio-ccw", r"installed$")
    with Step("packages: depmod prefers them to all others"):
        shown(host, "modinfo -F filename vfio_ccw",
              r"/updates/dkms/vfio_ccw\.ko")
        host.do(f"cp -r {SUPPLIES}/guest {GUEST}")
    return before


def readme(host):
    """README's section "Use it", line by line."""
    with Step("README: the terminal's subchannel, its device offline"):
        sch = host.subchannel_of(TERMINAL)
        shown(host, f"chccwdev -d {TERMINAL}; lscss", rf"{TERMINAL} +{sch}")
    qemu = None
    for line in readme_lines():
        # Building is DKMS's here, see packages(); this would take the
        # emulated host a quarter of an hour, and is done by check-packages.
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
        host.do("wait $QEMU")
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
        as_documented(host, sch, "lscss",
                      "Giving the subchannel to the driver: driverctl")
    with Step("libvirt: one device can be made of it"):
        host.until(f"virsh nodedev-dumpxml {node(sch)} | "
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
    with Step("host-setup.rst: lscss --vfio tells of it as the document says"):
        as_documented(host, sch, "lscss --vfio", "Looking at it: lscss --vfio")
    with Step("libvirt: none can be made of it now"):
        expect(available(host, sch) == 0, "still one")


def as_documented(host, sch, command, title):
    """A command's output has the lines that host-setup.rst shows of it, with its columns:
    the two at the head, and that of the subchannel."""
    lines = re.search(rf"^    (\S.*)\n    (-+)\n(?:    .*\n)*?"
                      rf"    (\S+ +{re.escape(DOC_SCH)} .*)$", section_of(title), re.M)
    expect(lines, f"the document has no rows of {command}")
    rows = [line.rstrip() for line in shown(host, command).splitlines()]
    for line in lines.groups():
        line = line.replace(DOC_SCH, sch)
        expect(line in rows, f"{command} has no line '{line}'")


def automatic(host):
    """The domain is to start with the host; systemd's unit of its device."""
    with Step("restart: a domain with the device is to start by itself"):
        shown(host, "virsh autostart guest")
    with Step("host-setup.rst: libvirt is to wait for the device"):
        for line in sessions("After a restart of the host"):
            shown(host, line)
        unit = host.do("echo $UNIT")
        host.do("systemctl is-active \"$UNIT\"")
        # A busy machine may take longer than systemd's 90 seconds
        host.do("mkdir -p /etc/systemd/system.conf.d")
        write_file(host, "/etc/systemd/system.conf.d/patience.conf",
                   f"[Manager]\nDefaultDeviceTimeoutSec={BOOT}\n")
    return unit


def restarted(host, given, unit):
    """What was made permanent is there again after a restart of the host. GIVEN:
    subchannels and their mediated devices; UNIT as automatic() returns it"""
    libvirtd = "systemctl show --value -p InactiveExitTimestampMonotonic libvirtd"
    with Step("restart: the host goes down, and is loaded anew from its disk"):
        host.guest_log = console_of("guest")
        host.do(f"rm -f {host.guest_log}")
        host.restart()
    with Step("restart: the driver has what was given to it, and the mediated devices "
              "are there"):
        for sch, uuid in given.items():
            host.until(f"lsmdev | grep '^{uuid} {sch} vfio_ccw-io'", BOOT)
            shown(host, "driverctl -b css list-overrides", f"^{sch} vfio_ccw$")
            expect(host.driver_of(sch) == "vfio_ccw", f"{sch}: another driver")
    with Step("restart: all services have started, libvirt's after the device"):
        settled(host)
        device = host.do("systemctl show --value -p ActiveEnterTimestampMonotonic "
                         f"'{unit}'")
        show(f"the device after {device} us, libvirtd after {host.do(libvirtd)} us")
        expect(0 < int(device) < int(host.do(libvirtd)), "it has not waited")
    with Step("restart: the domain runs"):
        host.until("virsh list | grep 'guest  *running'")
    conversation(host, "restart")
    with Step("restart: ... and so does its domain"):
        ended(host, "guest")


def complete(host, long):
    """On a host that has just been started: what most administrators do, or more."""
    before = packages(host, long)
    sch = readme(host)
    permanent(host, sch)
    given = {sch: UUID}
    if long:
        given[virsh.node_devices(host, sch)] = SECOND_UUID
    with Step("libvirt: a domain with the device is defined"):
        define(host, "guest", hostdev())
    if long:
        virsh.domains(host)
        virsh.hotplugged(host)
    unit = automatic(host)
    if long:
        longer.early(host, sch)
    restarted(host, given, unit)
    if long:
        longer.early_ended(host, sch)
        longer.complete(host, given, before)


def run(options):
    name = "long" if options.long else "check"
    disk = os.path.join(options.images, name + ".disk")
    subprocess.run(["cp", "--sparse=always",
                    os.path.join(options.images, "disk"), disk], check=True)
    host = Host(options.images, name=name, kept=disk)
    try:
        complete(host, options.long)
    except Exception:
        tap.note(host.account())
        tap.note(f"logs: {host.log}.*")
        raise
    finally:
        with Step("the host's kernel has nothing to complain about", fatal=False):
            found = host.complaints()
            expect(not found, "\n".join(found))
        host.close()
        os.remove(disk)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", required=True,
                        help="folder that run.sh has filled")
    parser.add_argument("--long", action="store_true",
                        help="with what takes long (longer.py)")
    options = parser.parse_args()
    end_with_sigterm()
    print("TAP version 13", flush=True)
    started = time.monotonic()
    to_its_end("host", run, options)
    tap.note(f"{time.monotonic() - started:.0f} s")
    return finish()


if __name__ == "__main__":
    sys.exit(main())
