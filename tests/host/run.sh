#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh host|shell|check|long: a real host. "host" makes its disk and boots it
# once, "shell" has its console, "check" tells results in the Test Anything
# Protocol. What the machine needs is put into a folder of its own below build/host:
#
#   disk       the host's own, made by image.sh and kept in the cache
#   supplies   a second one, with the packages of this checkout, the modules that
#              DKMS has built here, and the guest
#   qemu       root folder of the emulator for the machine itself

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/build.sh"
# shellcheck source=packaging/source.sh
. "$TOP/packaging/source.sh"

HERE=$TOP/tests/host
mode=${1:-}
OUT=$TOP/build/host/$mode

# dkms_tarball DIR RELEASE HEADERS: what DKMS builds from the package for a kernel of
# the host, as the archive that "dkms ldtarball" takes on another machine. To build there
# it would need the kernel's headers and source, and the time that a compiler takes
# under emulation.
dkms_tarball()
{
	local version root cio work=$OUT/dkms dkms

	version=$(project_version)
	root=$(stock_kernel)
	cio=$(partial_source "${root##*/}")/drivers/s390/cio
	rm -rf "$work"
	mkdir -p "$work"/{tree,modules,src}
	dpkg-deb -x "$OUT/deb/vfio-ccw-dkms_${version}"_*.deb "$work/package"
	tar -C "${cio%/drivers/s390/cio}" -czf \
		"$work/src/linux-source-$SERIES.tar.gz" \
		--transform "s#^[.]#linux-source-$SERIES#" ./Makefile \
		./drivers/s390/cio ./drivers/vfio/mdev
	dkms=(dkms --dkmstree "$work/tree" --sourcetree "$work/package/usr/src"
		--installtree "$work/modules")
	"${dkms[@]}" add "vfio-ccw/$version" &&
	ARCH=s390 CROSS_COMPILE=$CROSS USR_SRC=$work/src "${dkms[@]}" build \
		"vfio-ccw/$version" -k "$2/s390x" --kernelsourcedir "$3" &&
	"${dkms[@]}" mktarball "vfio-ccw/$version" -k "$2/s390x" \
		--binaries-only --archive vfio-ccw.dkms.tar.gz &&
	find "$work/tree" -name vfio-ccw.dkms.tar.gz -exec cp {} "$1/" \;
	[ -s "$1/vfio-ccw.dkms.tar.gz" ]
}

# update DIR RELEASE: a kernel that an update of Linux RELEASE could bring: its release,
# modules of it, among them the kernel's own vfio_ccw, and what DKMS builds for it
update()
{
	local root release=${2/%-s390x/.1-s390x} headers=$OUT/headers from file

	root=$(stock_kernel)
	from=$(stock_headers "$root")
	rm -rf "$headers"
	cp -as "$from" "$headers"
	for file in include/config/kernel.release include/generated/utsrelease.h; do
		rm "$headers/$file"
		sed "s/$2/$release/" "$from/$file" >"$headers/$file"
	done
	mkdir -p "$1/modules/kernel/drivers/s390/cio"
	echo "$release" >"$1/release"
	from=$root/lib/modules/$2
	cp "$from"/modules.{builtin,order}* "$1/modules/"
	for file in drivers/vfio/vfio drivers/vfio/vfio_iommu_type1 virt/lib/irqbypass; do
		install_module "$from" "$file" "$1/modules"
	done
	# Debian's kernel has none; of another build, but with the name and no version
	cp "$(upstream_module plain)" "$1/modules/kernel/drivers/s390/cio/"
	dkms_tarball "$1" "$release" "$headers"
}

# upgrade DIR: what DKMS needs to build a module on the host itself, and a package that is
# newer than this checkout's. The source is the part that is used: to unpack all of it
# takes the emulated host longer than to build.
upgrade()
{
	local version newer root pattern package arch

	version=$(project_version)
	newer=$version.1
	root=$(stock_kernel)
	mkdir -p "$1"
	for pattern in "linux-headers-${SERIES}[.].*-s390x" \
		"linux-headers-${SERIES}[.].*[^t]-common" \
		"linux-kbuild-${SERIES}[.].*"; do
		read -r package arch < <(package_of "$pattern" "${root##*/}")
		[ "$arch" = all ] || arch=s390x
		cp "$(deb "$package" "${root##*/}" "$arch")" "$1/"
	done
	# What the headers' package depends on and the host has not
	for package in pahole libdw1 libelf1; do
		cp "$(deb "$package" "$(candidate "$package" s390x)" s390x)" "$1/"
	done
	cp "$OUT/dkms/src/linux-source-$SERIES.tar.gz" "$1/"
	rm -rf "$OUT/newer"
	dpkg-deb -R "$OUT/deb/vfio-ccw-dkms_${version}_all.deb" "$OUT/newer"
	mv "$OUT/newer/usr/src/vfio-ccw-$version" "$OUT/newer/usr/src/vfio-ccw-$newer"
	grep -rlF "$version" "$OUT/newer" | xargs sed -i "s/${version//./\\.}/$newer/g"
	rm "$OUT/newer/DEBIAN/md5sums"
	dpkg-deb --root-owner-group -b "$OUT/newer" "$1/" >/dev/null
}

# guest DIR: kernel and root of the nested guest
guest()
{
	mkdir -p "$1/root/dev"
	"${CROSS}gcc" -std=gnu11 -O2 -Wall -Wextra -Werror -static -s \
		-o "$1/root/init" "$TOP/tests/passthrough/guest.c"
	(cd "$1/root" && find . -print0 | LC_ALL=C sort -z |
		cpio --null -o -H newc -R 0:0 --quiet) >"$1/initrd"
	rm -r "$1/root"
	cp "$(kernel_image guest)" "$1/image"
}

# supplies: a disk of what the tests bring along
supplies()
{
	local dir=$OUT/supplies.dir root release

	root=$(stock_kernel)
	release=$(basename "$root"/lib/modules/*)
	rm -rf "$dir"
	mkdir -p "$dir/update"
	OUT="$OUT/deb" LINTIAN=no "$TOP/packaging/deb.sh" >/dev/null
	find "$OUT/deb" -name "*.deb" ! -name "*dbgsym*" -exec cp {} "$dir/" \;
	logged "$TOP/build/logs/host-dkms.log" dkms_tarball "$dir" "$release" \
		"$(stock_headers "$root")" ||
		die "DKMS could not build the modules for the host's kernel"
	[ "$mode" != long ] || logged "$TOP/build/logs/host-update.log" \
		update "$dir/update" "$release" ||
		die "DKMS could not build the modules for another kernel"
	[ "$mode" != long ] || upgrade "$dir/upgrade"
	guest "$dir/guest"
	rm -f "$OUT/supplies"
	truncate -s 96M "$OUT/supplies"
	/sbin/mke2fs -q -t ext4 -L supplies -O ^has_journal -E root_owner=0:0 -d "$dir" \
		"$OUT/supplies"
}

# images: all that a machine is made of
images()
{
	local disk

	host_packages cross vm deb host hercules
	mkdir -p "$OUT"
	disk=$("$HERE/image.sh")
	ln -sfn "$disk" "$OUT/disk"
	ln -sfn "$(newer_qemu)" "$OUT/qemu"
	supplies
}

case $mode in
host|shell|check|long) ;;
*)	die "usage: run.sh host|shell|check|long" ;;
esac
images >&2
case $mode in
host)	exec "$HERE/host.py" --images "$OUT" --boot ;;
shell)	exec "$HERE/host.py" --images "$OUT" --shell ;;
check)	exec "$HERE/administer.py" --images "$OUT" ;;
long)	exec "$HERE/administer.py" --images "$OUT" --long ;;
esac
