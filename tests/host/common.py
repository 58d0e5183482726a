# SPDX-License-Identifier: GPL-2.0
"""What the tests on the emulated host have in common.

The documents, from which they take the lines that they run; commands as somebody types
them; domains with the device, and somebody who talks to their guest.
"""

import base64
import os
import re
import sys

from host import BOOT, COMMAND, HERE, TOP

sys.path.insert(0, os.path.join(os.path.dirname(HERE), "passthrough"))
from check import GUEST_BOOT, Step, boxed, expect, show  # noqa: E402
from machine import Emulator, Failure, PATIENCE  # noqa: E402

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
# A program that any device answers, without a guest
SENSE_ID = "exec 'buffer id 64; sense-id id sli; expect dev ce+de'"


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


def section_of(title, document="host-setup.rst"):
    """The text of a section of a document."""
    text = read("Documentation/" + document)
    match = re.search(rf"^{re.escape(title)}\n[=-]+\n(.*?)(?=^[^\n]+\n[=-]{{4,}}\n|\Z)",
                      text, re.M | re.S)
    if not match:
        raise Failure(f"{document} has no section '{title}'")
    return match[1]


def sessions(title, document="host-setup.rst", **words):
    """The commands behind prompts in a section, with words replaced."""
    text = re.sub(r"\\\n\s*", "", section_of(title, document))
    found = re.findall(r"^ +# (.*)$", text, re.M)
    for old, new in words.items():
        found = [line.replace(old, new) for line in found]
    return found


def matching(lines, pattern):
    """The one line that has the pattern."""
    found = [line for line in lines if re.search(pattern, line)]
    expect(found, f"the document has no line '{pattern}' any more")
    return found[0]


# --- what is done again and again ----------------------------------------------

def shown(host, command, pattern=None, limit=COMMAND):
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


def settled(host):
    """All services have started, and udev has nothing left to do."""
    state = host.run("systemctl is-system-running --wait", BOOT)[1]
    failed = host.run("systemctl --failed --no-legend --plain")[1]
    expect(state == "running", f"{state}: {failed}")
    host.do("udevadm settle", BOOT)


class Talk:
    """Somebody at the terminal, who talks to the guest through the device. Comes as
    soon as the guest has brought its terminal online."""

    def __init__(self, host, name, since=0):
        self.host, self.name, self.since = host, name, since
        with Step(f"{name}: the guest brings its terminal online"):
            host.guest_says("terminal ready", 2 * GUEST_BOOT, since)
        self.emulator = Emulator(host.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.emulator.close()

    def line(self, text):
        """The guest answers what is typed, backwards."""
        with Step(f"{self.name}: '{text}' is typed at the terminal, and answered"):
            self.emulator.sees("GUEST READY: TYPE A LINE", again="Enter")
            self.emulator.types(text)
            self.emulator.sees("GUEST HEARD [0-9]+: " + text[::-1])
            show(boxed(self.emulator.screen()))

    def bye(self):
        with Step(f"{self.name}: the guest is told to power off, and does"):
            self.emulator.types("bye")
            self.host.guest_says("power off", PATIENCE, self.since)


def conversation(host, name, since=0):
    """A short one."""
    with Talk(host, name, since) as talk:
        talk.line("hello from outside")
        talk.bye()


def node(sch, uuid=None):
    """libvirt's name of a subchannel, or of the mediated device of it."""
    name = sch.replace(".", "_")
    return f"mdev_{uuid.replace('-', '_')}_{name}" if uuid else f"css_{name}"


def available(host, sch):
    """How many devices can still be made of a subchannel, as libvirt tells."""
    xml = host.do(f"virsh nodedev-dumpxml {node(sch)}")
    return int(re.search(r"<availableInstances>(\d+)<", xml)[1])


# --- domains -------------------------------------------------------------------

def hostdev(devno="0x000a"):
    """The device in a domain, as host-setup.rst has it."""
    text = re.search(r"^    (<hostdev.*?</hostdev>)",
                     section_of("The virtual machine: libvirt"), re.M | re.S)[1]
    expect("devno='0x000a'" in text, "another device number")
    return text.replace("0x000a", devno)


def console_of(name):
    """What the guest of a domain says: a file that libvirt begins anew at each start."""
    return f"/var/log/domain-{name}.log"


def define(host, name, devices=""):
    """Define a domain with these devices."""
    write_file(host, f"/tmp/{name}.xml", f"""<domain type='qemu'>
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
      <source path='{console_of(name)}'/>
      <target type='sclp'/>
    </console>
    <memballoon model='none'/>
    {devices}
  </devices>
</domain>
""")
    shown(host, f"virsh define /tmp/{name}.xml")


def start(host, name):
    """Start a domain."""
    host.guest_log = console_of(name)
    shown(host, f"virsh start {name}")


def ended(host, name):
    """The domain ends by itself."""
    host.until(f"virsh domstate {name} | grep -q 'shut off'")
