# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The root of a host Linux that is told what to do through a port, as the
# passthrough tests and those of other emulators have it.

# frame ROOT: the folders that every root has, and busybox.
frame()
{
	mkdir -p "$1"/{dev,proc,sys,run,tmp,root,etc,bin}
	cp -a "$(busybox)" "$1/bin/busybox"
}

# host_root KERNEL ROOT: the same, with the driver and what runs first
host_root()
{
	local here=$TOP/tests/passthrough

	rm -rf "$2"
	frame "$2"
	module_tree "$1" "$2"
	install -m 755 "$LIB/init.sh" "$2/init"
	install -m 644 "$here/host-main" "$2/main"
	install -m 644 "$LIB/subchannel.sh" "$here/host-functions" "$2/"
}

# pack ROOT: as an archive that a kernel unpacks
pack()
{
	(cd "$1" && find . -print0 | LC_ALL=C sort -z |
		cpio --null -o -H newc -R 0:0 --quiet)
}
