#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write an initial RAM file system without root: initramfs.py OUT ENTRY...

An entry is SOURCE:DEST; a folder brings everything below it. Later entries
replace earlier ones. The same content gives the same bytes.

The kernel's usr/gen_init_cpio writes the same format, but from a list of every
single file, and is built from a kernel's source, which those who use Debian's own
kernel do not have. The list would have to be made here, from the folders, their
links and what replaces what, which is all that this does but for the bytes.
"""

import os
import stat
import sys


class Archive:
    """A "newc" cpio archive in the making: path -> (mode, content, device)."""

    FOLDERS = ('dev', 'proc', 'sys', 'tmp', 'run', 'etc', 'root')

    def __init__(self):
        self.members = {}
        for name in self.FOLDERS:
            self.folder(name)
        self.members['dev/console'] = (stat.S_IFCHR | 0o600, b'', (5, 1))
        self.members['dev/null'] = (stat.S_IFCHR | 0o666, b'', (1, 3))

    def folder(self, path):
        """Add a folder and those above it."""
        while path and path not in self.members:
            self.members[path] = (stat.S_IFDIR | 0o755, b'', (0, 0))
            path = os.path.dirname(path)

    def real(self, path):
        """The path after symbolic links to folders inside the archive."""
        done = ''
        for part in path.split('/'):
            done = os.path.join(done, part)
            member = self.members.get(done)
            if member and stat.S_ISLNK(member[0]) and done != path:
                target = os.path.join('/' + os.path.dirname(done),
                                      member[1].decode())
                done = os.path.normpath(target).lstrip('/')
        return done

    def data(self, path, content, mode=0o755):
        """Add a file with that content."""
        path = self.real(path.strip('/'))
        self.folder(os.path.dirname(path))
        self.members[path] = (stat.S_IFREG | mode, content, (0, 0))

    def link(self, path, target):
        """Add a symbolic link."""
        path = self.real(path.strip('/'))
        self.folder(os.path.dirname(path))
        self.members[path] = (stat.S_IFLNK | 0o777, target.encode(), (0, 0))

    def add(self, source, dest):
        """Add a file, or a folder with everything below it."""
        if os.path.isdir(source):
            for name in sorted(os.listdir(source)):
                path = os.path.join(source, name)
                if os.path.islink(path):
                    self.link(os.path.join(dest, name), os.readlink(path))
                else:
                    self.add(path, os.path.join(dest, name))
            return
        info = os.stat(source)
        if not stat.S_ISREG(info.st_mode):
            return
        with open(source, 'rb') as file:
            self.data(dest, file.read(), stat.S_IMODE(info.st_mode))

    def write(self, path):
        """Write the archive; the file appears under its name when complete."""
        with open(path + '.new', 'wb') as out:
            for number, name in enumerate(sorted(self.members), 1):
                mode, content, device = self.members[name]
                self.member(out, number, name, mode, content, device)
            self.member(out, 0, 'TRAILER!!!', 0, b'', (0, 0))
        os.replace(path + '.new', path)

    @staticmethod
    def member(out, number, name, mode, content, device):
        """One header, name and content, each padded to four bytes."""
        label = name.encode() + b'\0'
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, device[0],
                  device[1], len(label), 0)
        out.write(b'070701' + b''.join(b'%08X' % value for value in fields))
        out.write(label + b'\0' * (-(110 + len(label)) % 4))
        out.write(content + b'\0' * (-len(content) % 4))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    archive = Archive()
    for entry in sys.argv[2:]:
        source, _, dest = entry.rpartition(':')
        archive.add(source, dest)
    archive.write(sys.argv[1])


if __name__ == '__main__':
    main()
