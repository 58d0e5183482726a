# SPDX-License-Identifier: GPL-2.0
"""What an administrator does more rarely, and what takes the emulated host long.

complete() goes on with the host that administer.py leaves: both subchannels are the
driver's, both mediated devices are there, the domain with the first is shut off.
"""

import os
import re
import sys

from common import (DOC_SCH, HERE, SENSE_ID, UUID, matching, section_of, sessions,
                    settled, shown, write_file)
from host import (BOOT, DISK, FIRST, PORTS, RANDOM, SUPPLIES, SUPPLIES_DISK, TERMINAL,
                  name_of, outside)

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "passthrough"))
from check import Step, expect  # noqa: E402

# A script of the initramfs, for when Debian's disk is about to be mounted for good, and
# what it has seen
EARLY = "/etc/initramfs-tools/scripts/init-bottom/early"
SEEN = "/run/early-driver"
# What the packages have had; there is no restart between the first note and the last
UNPACKED = "/run/unpacked"


def untouched(host, sch):
    """The subchannel is still the driver's, and has its mediated device."""
    expect(host.driver_of(sch) == "vfio_ccw", "another driver")
    shown(host, "lsmdev", f"{UUID} {sch} ")


def early(host, sch):
    """A device that chzdev has made permanent in the host is the driver's from the
    initramfs on, once the host has been restarted."""
    with Step("initramfs: the device is given back, and made permanent in the host"):
        shown(host, f"mdevctl stop --uuid {UUID}")
        shown(host, f"driverctl -b css unset-override {sch}")
        host.until(f"[ -e /sys/bus/ccw/devices/{TERMINAL}/online ]")
        shown(host, f"chzdev -e {TERMINAL}")
    with Step("initramfs: host-setup.rst's rule goes into it"):
        title = "Before the host has used the device: the initramfs"
        rule = re.search(r'^    (ACTION.*\\\n(?: +.*\\\n)* +.*\n)',
                         section_of(title), re.M)[1]
        lines = sessions(title)
        path = matching(lines, "^cat ").split()[1]
        write_file(host, path, rule.replace(DOC_SCH, sch))
        write_file(host, EARLY, f"""#!/bin/sh
readlink /sys/bus/css/devices/{sch}/driver >{SEEN}
""")
        host.do(f"chmod 755 {EARLY}")
        shown(host, matching(lines, "^echo vfio_ccw "))
        shown(host, matching(lines, "^update-initramfs"), limit=BOOT)


def early_ended(host, sch):
    """It was so; all of it is as it was before."""
    with Step("initramfs: the driver had the device before Debian's disk was mounted"):
        shown(host, f"cat {SEEN}", "/drivers/vfio_ccw$")
        untouched(host, sch)
    with Step("initramfs: the rule goes, driverctl gives the device to the driver"):
        host.do(f"rm /etc/udev/rules.d/40-vfio-ccw.rules {EARLY}")
        host.do("sed -i /vfio_ccw/d /etc/initramfs-tools/modules")
        shown(host, f"chzdev -d -p {TERMINAL}")
        shown(host, "update-initramfs -u", limit=BOOT)
        shown(host, f"driverctl -b css set-override {sch} vfio_ccw")
        host.until(f"lsmdev | grep '^{UUID} {sch} '")
        untouched(host, sch)


def unloaded(host, given):
    """The module goes and comes; with it what was made permanent."""
    with Step("unload: modprobe -r takes the mediated devices along"):
        shown(host, "modprobe -r vfio_ccw")
        for sch, uuid in given.items():
            host.do(f"[ ! -e /sys/bus/mdev/devices/{uuid} ]")
            expect(host.driver_of(sch) == "none", "another driver")
    with Step("unload: modprobe brings all of it back"):
        shown(host, "modprobe vfio_ccw")
        host.do("udevadm settle")
        for sch, uuid in given.items():
            shown(host, "lsmdev", f"^{uuid} {sch} vfio_ccw-io")


def lost(host, given, device):
    """A device is unplugged from the machine, and plugged in again."""
    sch = list(given)[1]
    with Step("lost: a device is unplugged, and its subchannel goes"):
        host.monitor.command("device_del", id=name_of(device))
        host.monitor.event("DEVICE_DELETED", device=name_of(device))
        host.until(f"[ ! -e /sys/bus/css/devices/{sch} ]")
        host.do(f"[ ! -e /sys/bus/mdev/devices/{given[sch]} ]")
    with Step("lost: it comes back, to the kernel's own driver: driverctl's service "
              "has done its work"):
        host.monitor.command("device_add", driver=RANDOM, id=name_of(device),
                             devno=outside(device))
        # The kernel crashes if a device of this kind goes while it comes
        host.until(f"ls -d /sys/bus/ccw/devices/{device}/virtio*/driver")
        host.do("udevadm settle")
        expect(host.driver_of(sch) == "io_subchannel", "another driver")
    with Step("lost: host-setup.rst's line brings the override back, and with it the "
              "mediated device"):
        line = matching(sessions("When the device goes away"), "load-override")
        shown(host, line.replace(DOC_SCH, sch))
        host.until(f"lsmdev | grep '^{given[sch]} {sch} vfio_ccw-io'")
        expect(host.driver_of(sch) == "vfio_ccw", "another driver")


def configured(host, sch):
    """A device that chzdev sets online at each start is given over."""
    name = "chzdev"
    with Step(f"{name}: the device is given back, and made permanent in the host"):
        shown(host, f"mdevctl stop --uuid {UUID}")
        shown(host, f"driverctl -b css unset-override {sch}")
        host.until(f"[ -e /sys/bus/ccw/devices/{TERMINAL}/online ]")
        shown(host, f"chzdev -e {TERMINAL}")
        shown(host, f"lszdev {TERMINAL} -c ID,ON,PERS -n", f"^{TERMINAL} +yes +yes$")
    with Step(f"{name}: it is set offline, still permanent, and given over"):
        shown(host, f"chzdev -a -d {TERMINAL}")
        shown(host, f"driverctl -b css set-override {sch} vfio_ccw")
        host.until(f"mdevctl list | grep -q '^{UUID} {sch} '")
        untouched(host, sch)


def ignored(host, given):
    """The host is loaded with the kernel parameter cio_ignore=all. What it finds later is
    the driver's; so is the device that chzdev has made permanent, and which chzdev's own
    rule takes off the list."""
    own = ",".join("!" + device for device in (DISK, SUPPLIES_DISK, PORTS))
    (sch, uuid), (other, second) = given.items()
    with Step("cio_ignore: the host is to ignore all devices but its own"):
        # libvirt would wait for one that does not come
        host.do("rm -r /etc/systemd/system/libvirtd.service.d")
        shown(host, "virsh autostart --disable guest")
        host.do(f"sed -i '/parameters/s/\"$/ cio_ignore=all,{own}\"/' /etc/zipl.conf")
        shown(host, "zipl -V", f"cio_ignore=all,{own}")
    with Step("cio_ignore: it is restarted, and does not see one of them"):
        host.restart()
        settled(host)
        shown(host, "cat /proc/cmdline", f"cio_ignore=all,{own}")
        shown(host, f"cio_ignore -i {FIRST}", "is ignored")
        host.do(f"[ ! -e /sys/bus/css/devices/{other} ]")
        host.do(f"[ ! -e /sys/bus/mdev/devices/{second} ]")
    with Step("cio_ignore: the one that chzdev has made permanent is found, and is the "
              "driver's"):
        host.until(f"lsmdev | grep '^{uuid} {sch} vfio_ccw-io'", BOOT)
        untouched(host, sch)
        shown(host, f"cio_ignore -i {TERMINAL} || :", "is not ignored")
        shown(host, f"ccwio {uuid} {SENSE_ID}")
    with Step("cio_ignore: the other is taken off the list; override, driver and mediated "
              "device come by themselves"):
        line = matching(sessions("Ignoring devices"), "cio_ignore -r")
        shown(host, line.replace("0.0.1234", FIRST))
        host.until(f"lsmdev | grep '^{second} {other} vfio_ccw-io'")
        expect(host.driver_of(other) == "vfio_ccw", "another driver")
        shown(host, f"ccwio {second} {SENSE_ID}")
    with Step("cio_ignore: the list is filled and purged beside them, without harm"):
        shown(host, f"cio_ignore -a {FIRST},{TERMINAL}")
        shown(host, "cio_ignore -p")
        shown(host, f"cio_ignore -i {FIRST}", "is ignored")
        for each, its in given.items():
            shown(host, "lsmdev", f"^{its} {each} vfio_ccw-io")
            shown(host, f"ccwio {its} {SENSE_ID}")
        shown(host, f"cio_ignore -r {FIRST},{TERMINAL}")
        untouched(host, sch)


def updated(host):
    """Another kernel comes, which has a driver of the same name."""
    host.do(f"mountpoint -q {SUPPLIES} || mount {SUPPLIES}")
    release = host.do(f"cat {SUPPLIES}/update/release")
    modules = f"/lib/modules/{release}"
    plain = re.escape(modules)
    which = matching(sessions("When the kernel is updated", "administration.rst",
                              RELEASE=release), "modinfo -k")
    hook = f"/etc/kernel/postinst.d/dkms {release}"
    with Step("update: a kernel comes that has a vfio_ccw of its own"):
        host.do(f"cp -r {SUPPLIES}/update/modules {modules}")
        host.do(f"depmod {release}")
        shown(host, which, rf"^{plain}/kernel/drivers/s390/cio/vfio_ccw\.ko$")
    with Step("update: its headers are not there, and DKMS says so"):
        shown(host, hook, f"{re.escape(release)} was skipped .* headers")
        shown(host, which, rf"^{plain}/kernel/")
    with Step("update: built for it, this driver is what it will load"):
        # What DKMS builds, when the headers are there, it has built elsewhere. DKMS
        # 3.0.10 loads it and then fails, because it knows the module already.
        host.run(f"dkms ldtarball --force {SUPPLIES}/update/vfio-ccw.dkms.tar.gz")
        shown(host, f"dkms status vfio-ccw -k {release}", "built$")
        host.do(f"mkdir -p {modules}/build/include")
        shown(host, hook)
        shown(host, which, rf"^{plain}/updates/dkms/vfio_ccw\.ko")
        shown(host, f"modprobe -S {release} --show-depends vfio_ccw",
              rf"^insmod {plain}/updates/dkms/vfio_ccw\.ko")
        shown(host, f"modinfo -k {release} -F vermagic vfio_ccw", f"^{re.escape(release)} ")
    with Step("update: ... and the kernel that runs has its own still"):
        shown(host, "dkms status vfio-ccw")
        running = host.do("uname -r")
        shown(host, "modinfo -F vermagic vfio_ccw", f"^{re.escape(running)} ")


def upgraded(host, given):
    """A newer version of the package comes, and DKMS builds its module on the host. The
    other kernel has gone."""
    folder = f"{SUPPLIES}/upgrade"
    host.do(f"mountpoint -q {SUPPLIES} || mount {SUPPLIES}")
    host.do(f"rm -r /lib/modules/$(cat {SUPPLIES}/update/release)")
    version = host.do(f"dpkg-deb -f {folder}/vfio-ccw-dkms_*.deb Version")
    with Step("upgrade: the kernel's headers are installed"):
        shown(host, f"dpkg -i $(ls {folder}/*.deb | grep -v vfio-ccw)", limit=BOOT)
    with Step("upgrade: without the kernel's source DKMS builds nothing, and its log says "
              "what to install"):
        host.do(f"cp {folder}/vfio-ccw-dkms_*.deb /tmp/newer.deb")
        said = shown(host, "dpkg -i /tmp/newer.deb || :",
                     r"^Error! Bad return status for module build", limit=BOOT)
        log = re.search(r"Consult (\S+) for more information", said)[1]
        shown(host, f"grep error: {log}", "linux-source-")
        host.do(f"! dkms status vfio-ccw/{version} | grep installed")
    with Step("upgrade: with it DKMS builds the module on the host, and installs it"):
        host.do(f"cp {folder}/linux-source-*.tar.gz /usr/src/")
        status, _ = host.run("dpkg -i /tmp/newer.deb", BOOT)
        expect(not status, host.run(f"cat {log}")[1])
        shown(host, "dkms status", rf"^vfio-ccw/{re.escape(version)}, .*: installed$")
        shown(host, "modinfo -F filename vfio_ccw", r"/updates/dkms/vfio_ccw\.ko")
        shown(host, "modinfo -F version vfio_ccw", f"^{re.escape(version)}$")
    with Step("upgrade: loaded anew it is the driver of all that was the former's"):
        shown(host, "modprobe -r vfio_ccw")
        shown(host, "modprobe vfio_ccw")
        shown(host, "cat /sys/module/vfio_ccw/version", f"^{re.escape(version)}$")
        host.do("udevadm settle")
        for sch, uuid in given.items():
            shown(host, "lsmdev", f"^{uuid} {sch} vfio_ccw-io")
        shown(host, f"ccwio {list(given.values())[1]} {SENSE_ID}")


def given_back(host, given):
    """Nothing is left of it; and what chzdev has made permanent is online."""
    with Step("the end: all is given back"):
        for each, uuid in given.items():
            shown(host, f"mdevctl stop --uuid {uuid}")
            shown(host, f"mdevctl undefine --uuid {uuid}")
            shown(host, f"driverctl -b css unset-override {each}")
            expect(host.driver_of(each) == "io_subchannel", "another driver")
    with Step("the end: chzdev's device is online again by itself"):
        host.until(f"[ \"$(cat /sys/bus/ccw/devices/{TERMINAL}/online)\" = 1 ]")
        shown(host, f"lscss -d {TERMINAL}", rf"^{TERMINAL} .* yes ")


def files(host):
    """Where modules, their sources and DKMS's own are: what is there of nobody's package.
    dpkg knows folders by the names that packages gave them, before /lib was /usr/lib."""
    text = host.do("comm -23 <(find /lib/modules/ /usr/src/ /var/lib/dkms/ | sort) "
                   "<(sed 's:^/usr/lib/:/lib/:' /var/lib/dpkg/info/*.list | sort)")
    return set(text.split())


def unpacked(host):
    """Note what dpkg has unpacked of the driver's packages, folders that others have, too,
    among it."""
    host.do(f"dpkg -L vfio-ccw-dkms vfio-ccw-tools >>{UNPACKED}")


def remaining(host):
    """What of it is still there, and of no package any more."""
    host.do(f"sort -u {UNPACKED} | grep -vx /. | while read -r path; do "
            "[ ! -e \"$path\" -a ! -L \"$path\" ] || echo \"$path\"; done >/run/there")
    return host.do("comm -23 /run/there <(sort -u /var/lib/dpkg/info/*.list)")


def removed(host, before):
    """The packages go, and with them the modules; nothing of them stays. BEFORE: files()
    of a host without them."""
    with Step("the end: dpkg removes the packages, and DKMS the modules of all kernels"):
        unpacked(host)
        # Of either version, or these are not the lists that were meant
        for name, versions in ("bin/ccwio", 1), ("src/vfio-ccw-.*/vfio_ccw_drv.c", 2):
            host.do(f"[ $(sort -u {UNPACKED} | grep -cx '/usr/{name}') = {versions} ]")
        shown(host, "modprobe -r vfio_ccw")
        shown(host, "dpkg --remove vfio-ccw-dkms vfio-ccw-tools", limit=BOOT)
        host.do("[ -z \"$(dkms status vfio-ccw)\" ]")
        host.do("! modinfo vfio_ccw")
    with Step("the end: none of the packages' files has stayed"):
        left = remaining(host)
        expect(not left, left)
    with Step("the end: nor has what DKMS made of them"):
        # The keys that DKMS signs with are its own; the source was copied by the test
        left = {path for path in files(host) - before
                if not re.match(r"/var/lib/dkms/mok\.|/usr/src/linux-source-[^/]*$", path)}
        expect(not left, sorted(left))
        host.do("! grep -H updates/ /lib/modules/*/modules.dep")
    with Step("the end: nor has it in an initramfs, after administration.rst's command"):
        command = re.search(r"``(update-initramfs [^`]*)``",
                            section_of("Uninstalling", "administration.rst"))[1]
        shown(host, command, limit=2 * BOOT)
        for image in host.do("ls /boot/initrd.img-*").split():
            names = host.do(f"lsinitramfs {image}", BOOT)
            expect("virtio_blk" in names, f"no list of {image}")
            found = re.findall(r".*(?:vfio[_-]ccw|/mdev\.ko|ccwio).*", names)
            expect(not found, found)
    with Step("the end: purged, nothing is known of them"):
        shown(host, "dpkg --purge vfio-ccw-dkms vfio-ccw-tools")
        known = host.run("dpkg-query -W -f '${Package} ${db:Status-Status}\\n' 'vfio-ccw*' "
                         "2>/dev/null | grep -v ' not-installed$'")[1]
        expect(not known, known)
        host.do("[ -z \"$(dpkg --audit)\" ]")


def complete(host, given, before):
    """All of it; GIVEN as in administer.py, BEFORE as in removed()."""
    unloaded(host, given)
    lost(host, given, FIRST)
    configured(host, list(given)[0])
    updated(host)
    ignored(host, given)
    unpacked(host)
    upgraded(host, given)
    given_back(host, given)
    removed(host, before)
