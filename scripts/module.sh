#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# module.sh OUT [MAKE-ARGUMENT...]: build vfio_ccw.ko, and mdev.ko where the
# kernel does not have it, as external modules into the folder OUT.
#
#   KDIR     the kernel's build folder     /lib/modules/$(uname -r)/build
#   CIO_SRC  drivers/s390/cio of the kernel's source; header packages lack it
#
# The driver looks into structures that are private to the common I/O layer and
# change within a stable series. So source and kernel must be the same version.

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
default=/lib/modules/$(uname -r)/build
KDIR=${KDIR:-$default}

fail()
{
	echo "error: $*" >&2
	exit 1
}

# find_cio: where a kernel's own build or a source package put the source.
find_cio()
{
	for dir in "$KDIR" "$KDIR/source" "${KDIR%/build}/source" \
		"/usr/src/linux-$release" \
		"/usr/src/linux-source-$series" "/usr/src/linux-$version"; do
		[ -e "$dir/drivers/s390/cio/css.h" ] || continue
		echo "$dir/drivers/s390/cio"
		return 0
	done
	fail "no source of Linux $version found for the running kernel's private" \
		"cio headers; name it with CIO_SRC=.../drivers/s390/cio"
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
	/usr/src/linux-source-*) same_package ;;
	esac
}

same_package()
{
	query="dpkg-query -W -f \${Version}"
	source=$($query "linux-source-$series" 2>/dev/null) || return 0
	kernel=$($query "linux-headers-$release" 2>/dev/null) || return 0
	[ "$source" = "$kernel" ] ||
		fail "the package linux-source-$series is $source, but the kernel" \
			"is $kernel; the driver needs exactly the same version"
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
CIO_SRC=${CIO_SRC:-$(find_cio)}
same_source
[ "$(option VFIO_CCW)" != y ] ||
	fail "this kernel ($release) has a vfio_ccw built in, which a module" \
		"cannot replace"
[ -n "$(option VFIO)" ] ||
	fail "this kernel ($release) was built without VFIO"

mkdir -p "$out"
out=$(cd "$out" && pwd)
"$top/scripts/graft.sh" --files-only "$out"
symbols=
if [ -z "$(option VFIO_MDEV)" ]; then
	mkdir -p "$out/mdev"
	for file in "$CIO_SRC"/../../vfio/mdev/*.[ch]; do
		cmp -s "$file" "$out/mdev/${file##*/}" ||
			cp "$file" "$out/mdev/"
	done
	echo 'obj-m := mdev.o' >"$out/mdev/Kbuild"
	echo 'mdev-y := mdev_core.o mdev_sysfs.o mdev_driver.o' \
		>>"$out/mdev/Kbuild"
	make -C "$KDIR" "$@" M="$out/mdev" modules
	symbols=$out/mdev/Module.symvers
	cp "$out/mdev/mdev.ko" "$out/mdev.ko"
elif [ -e "$KDIR/drivers/vfio/mdev/mdev.ko" ]; then
	cp "$KDIR/drivers/vfio/mdev/mdev.ko" "$out/mdev.ko"
fi
make -C "$KDIR" "$@" M="$out" CIO_SRC="$CIO_SRC" \
	KBUILD_EXTRA_SYMBOLS="$symbols" modules
