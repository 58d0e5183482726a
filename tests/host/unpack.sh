#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# unpack.sh ROOT ARCHIVES HERE EXCLUDE...: the first stage of the host's disk, run
# under fakeroot: the packages in ARCHIVES, unpacked into ROOT and not configured;
# then a disk with one partition that holds ROOT, at $DISK.
#
# dpkg of this machine does the unpacking, so that its database is what dpkg on the
# host expects. It cannot run the packages' "preinst" scripts: they are taken out of
# the packages, and second-stage runs them before everything else. On an empty disk
# nothing in them has to come before the unpacking.

set -euo pipefail

root=$1
archives=$2
here=$3
shift 3

# without_preinst FILE OUT: the package without that script; its data as they are
without_preinst()
{
	local tmp name

	tmp=$(mktemp -d)
	name=$(dpkg-deb -f "$1" Package)
	mkdir "$tmp/control"
	dpkg-deb --ctrl-tarfile "$1" | tar -x -C "$tmp/control"
	if [ -e "$tmp/control/preinst" ]; then
		mv "$tmp/control/preinst" "$root/preinst/$name"
		tar -C "$tmp/control" -cJf "$tmp/control.tar.xz" .
		cp "$1" "$2"
		ar d "$2" control.tar.gz control.tar.xz control.tar.zst
		ar rb "$(ar t "$2" | sed -n 2p)" "$2" "$tmp/control.tar.xz"
	else
		ln -s "$1" "$2"
	fi
	rm -rf "$tmp"
}

mkdir -p "$root"/{usr/{bin,sbin,lib},var/lib/dpkg/{info,updates,triggers},preinst}
for name in bin sbin lib; do
	ln -s "usr/$name" "$root/$name"
done
: >"$root/var/lib/dpkg/status"
: >"$root/var/lib/dpkg/available"
# dpkg looks for these two in the path and does not run them
export PATH=$PATH:/sbin:/usr/sbin

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for file in "$archives"/*.deb; do
	without_preinst "$file" "$work/${file##*/}"
done

# Pre-dependencies are unpacked, which is as good as configured for those who run
# nothing. dpkg takes its own architecture for that of all packages for "all".
dpkg --root="$root" --log=/dev/null --no-triggers --force-depends \
	--force-architecture --force-unsafe-io --force-bad-version \
	"${@/#/--path-exclude=}" --unpack "$work"/*.deb

mkdir -p "$root"/{dev,proc,sys,run,root,tmp,boot,etc/systemd/system}
install -m 755 "$here/second-stage" "$root/second-stage"
cp -r "$here/root/." "$root/"

truncate -s "$SIZE" "$DISK"
# The boot loader (zipl) puts its records into the first block, beside the table
echo "$((PARTITION / 512)),,L" | sfdisk -q --label dos "$DISK"
mke2fs -q -t ext4 -L host -d "$root" -E "offset=$PARTITION" -J size=16 "$DISK" \
	"$(($(stat -c %s "$DISK") / 1024 - PARTITION / 1024))k"
