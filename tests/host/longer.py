# SPDX-License-Identifier: GPL-2.0
"""What an administrator does more rarely, and what takes the emulated host long.

complete() goes on with the host that administer.py leaves: both subchannels are the
driver's, both mediated devices are there, the domain with the first is shut off.
"""

import os
import sys

from common import DOC_SCH, HERE, UUID, matching, sessions, shown
from host import FIRST, RANDOM, TERMINAL, name_of, outside

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "passthrough"))
from check import Step, expect  # noqa: E402


def untouched(host, sch):
    """The subchannel is still the driver's, and has its mediated device."""
    expect(host.driver_of(sch) == "vfio_ccw", "another driver")
    shown(host, "lsmdev", f"{UUID} {sch} ")


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


def complete(host, given):
    """All of it; GIVEN as in administer.py."""
    unloaded(host, given)
    lost(host, given, FIRST)
    configured(host, list(given)[0])
    given_back(host, given)
