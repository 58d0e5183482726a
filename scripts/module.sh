#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# module.sh OUT [MAKE-ARGUMENT...]: build vfio_ccw.ko, and mdev.ko where the
# kernel does not have it, as external modules into the folder OUT.
#
#   KDIR     the kernel's build folder     /lib/modules/$(uname -r)/build
#   CIO_SRC  drivers/s390/cio of the kernel's source; header packages lack it
#   USR_SRC  where source packages put it    /usr/src
#
# The driver looks into structures that are private to the common I/O layer and
# change within a stable series. So source and kernel must be the same version.

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
default=/lib/modules/$(uname -r)/build
KDIR=${KDIR:-$default}
USR_SRC=${USR_SRC:-/usr/src}

fail()
{
	echo "error: $*" >&2
	exit 1
}

# package_version PACKAGE: of an installed Debian package; nothing if there is none
package_version()
{
	dpkg-query -W -f '${Version}' "$1" 2>/dev/null || :
}

# wanted: what to install or name, for the message that says it is missing
wanted()
{
	headers=$(package_version "linux-headers-$release")
	if [ -n "$headers" ]; then
		echo "install linux-source-$series (= $headers)"
	else
		echo "install the source package of exactly this kernel"
	fi
}

# find_cio: the private headers, where a kernel's own build, a source tree or a
# source package put them
find_cio()
{
	for dir in "$KDIR" "$KDIR/source" "${KDIR%/build}/source" \
		"$USR_SRC/linux-$release" \
		"$USR_SRC/linux-source-$series" "$USR_SRC/linux-$version"; do
		[ -e "$dir/drivers/s390/cio/css.h" ] || continue
		echo "$dir/drivers/s390/cio"
		return 0
	done
	for archive in "$USR_SRC/linux-source-$series".tar.*; do
		[ -e "$archive" ] || continue
		same_package
		unpack_archive "$archive" "$out/source"
		echo "$out/source/drivers/s390/cio"
		return 0
	done
	fail "there is no source of Linux $release for the common I/O layer's" \
		"private headers; $(wanted), or name a source tree with" \
		"CIO_SRC=.../drivers/s390/cio"
}

# unpack_archive ARCHIVE DIR: those parts of a kernel's source that are needed
unpack_archive()
{
	rm -rf "$2"
	mkdir -p "$2"
	problem=$(tar -xf "$1" --strip-components=1 --wildcards \
		--no-wildcards-match-slash -C "$2" '*/Makefile' \
		'*/drivers/s390/cio/*' '*/drivers/vfio/mdev/*' 2>&1) || {
		rm -rf "$2"
		fail "$1 could not be unpacked below $2; is the disk full?" \
			"($(echo "$problem" | sed -n '1s/.*: //p'))"
	}
}

# tree_version MAKEFILE: the three numbers at its top.
tree_version()
{
	sed -n 's/^VERSION *= *//p; s/^PATCHLEVEL *= *//p
		s/^SUBLEVEL *= *//p' "$1" | sed -n 1,3p | paste -sd.
}

# same_source: the version's numbers, and the package version where there is one.
same_source()
{
	makefile=$CIO_SRC/../../../Makefile
	[ -e "$makefile" ] ||
		fail "$CIO_SRC is not inside a kernel source tree," \
			"so it cannot be told whether it matches $release"
	found=$(tree_version "$makefile")
	[ "$found" = "$version" ] ||
		fail "the source at $CIO_SRC is Linux $found, but the kernel is" \
			"$release; the driver needs exactly the same version"
	case $CIO_SRC in
	"$USR_SRC"/linux-source-*) same_package ;;
	esac
}

same_package()
{
	source=$(package_version "linux-source-$series")
	kernel=$(package_version "linux-headers-$release")
	[ -z "$source" ] || [ -z "$kernel" ] || [ "$source" = "$kernel" ] ||
		fail "linux-source-$series is $source, but the kernel is" \
			"$kernel; $(wanted)"
}

# written COMMAND...: something that writes into $out
written()
{
	problem=$("$@" 2>&1) ||
		fail "$out cannot be written:" \
			"$(echo "$problem" | tail -n 1 | sed 's/.*: //')"
}

# make_out: have the folder, if it is one to write to
make_out()
{
	mkdir -p "$out" && touch "$out/.written" && rm -f "$out/.written"
}

# built MAKE-ARGUMENT...: by the kernel's own makefiles; what an earlier build has
# left is taken for no success
built()
{
	make -C "$KDIR" "$@" modules || {
		rm -f "$out/vfio_ccw.ko" "$out/mdev.ko"
		fail "the modules could not be built in $out for Linux" \
			"$release; why is told above"
	}
}

# option NAME: y, m or nothing, as the kernel was configured.
option()
{
	sed -n "s/^CONFIG_$1=//p" "$KDIR/include/config/auto.conf"
}

[ $# -ge 1 ] || fail "usage: module.sh OUT [MAKE-ARGUMENT...]"
out=$1
shift
if [ "$KDIR" = "$default" ] && [ "$(uname -m)" != s390x ]; then
	fail "this machine is no s390x; \"make module-stock\" cross-builds, and" \
		"KDIR= names another kernel's build folder"
fi
[ -e "$KDIR/include/config/auto.conf" ] ||
	fail "$KDIR is not the build folder of a configured kernel"
release=$(cat "$KDIR/include/config/kernel.release" 2>/dev/null) ||
	release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' \
		"$KDIR/include/generated/utsrelease.h")
version=$(echo "$release" | sed -E 's/^([0-9]+\.[0-9]+\.[0-9]+).*/\1/')
series=$(echo "$version" | sed -E 's/\.[0-9]+$//')
[ "$(option VFIO_CCW)" != y ] ||
	fail "this kernel ($release) has a vfio_ccw built in, which a module" \
		"cannot replace"
[ -n "$(option VFIO)" ] ||
	fail "this kernel ($release) was built without VFIO"

written make_out
out=$(cd "$out" && pwd)
CIO_SRC=${CIO_SRC:-$(find_cio)}
same_source
written "$top/scripts/graft.sh" --files-only "$out"
symbols=
if [ -z "$(option VFIO_MDEV)" ]; then
	[ -e "$CIO_SRC/../../vfio/mdev/mdev_core.c" ] ||
		fail "this kernel ($release) was built without mdev, and its" \
			"source has no drivers/vfio/mdev to build it from"
	mkdir -p "$out/mdev"
	for file in "$CIO_SRC"/../../vfio/mdev/*.[ch]; do
		cmp -s "$file" "$out/mdev/${file##*/}" ||
			cp "$file" "$out/mdev/"
	done
	echo 'obj-m := mdev.o' >"$out/mdev/Kbuild"
	echo 'mdev-y := mdev_core.o mdev_sysfs.o mdev_driver.o' \
		>>"$out/mdev/Kbuild"
	built "$@" M="$out/mdev"
	symbols=$out/mdev/Module.symvers
	cp "$out/mdev/mdev.ko" "$out/mdev.ko"
elif [ -e "$KDIR/drivers/vfio/mdev/mdev.ko" ]; then
	cp "$KDIR/drivers/vfio/mdev/mdev.ko" "$out/mdev.ko"
fi
built "$@" M="$out" CIO_SRC="$CIO_SRC" KBUILD_EXTRA_SYMBOLS="$symbols"
