#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh: QEMU of three Debian suites, inside of a host with the driver, takes
# its device; results in the Test Anything Protocol.
#
# What the machine needs is put below build/accept:
#
#   host.image    the host's kernel (plain)
#   host.initrd   its root: busybox, the driver, the guest, and below /emulators
#                 one folder for each QEMU, with the libraries that it needs
#   qemu          root folder of the emulator for the machine itself

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/build.sh"
# shellcheck source=tests/passthrough/root.sh
. "$(dirname "${BASH_SOURCE[0]}")/../passthrough/root.sh"

HERE=$TOP/tests/accept
OUT=$TOP/build/accept

# qemu_of SUITE: root folder of the suite's QEMU for s390x
qemu_of()
{
	case $1 in
	bookworm)
		SUITE=$1 closure s390x qemu-system-misc qemu-system-data ;;
	bookworm-backports)
		closure s390x qemu-system-s390x qemu-system-data ;;
	testing)
		EXTRA_SUITES=$1 SUITE=$1 "$LIB/lab.sh" root s390x \
			qemu-system-s390x qemu-system-data ;;
	esac
}

# with_libraries ROOT FILE DIR: the file into DIR, all it needs into DIR/lib
with_libraries()
{
	local library from

	cp -L "$2" "$3/"
	for library in $("${CROSS}readelf" -d "$2" |
		sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
		[ ! -e "${3%/lib}/lib/$library" ] || continue
		from=$(find "$1" -path '*/lib/*' -name "$library" \
			! -path '*/glibc-hwcaps/*' | sed -n 1p)
		[ -n "$from" ] || die "$2 needs $library, which is not there"
		with_libraries "$1" "$from" "${3%/lib}/lib"
	done
}

# emulators: archive with the three of them, made anew for new packages
emulators()
{
	local suite roots=() key archive

	for suite in "${SUITES[@]}"; do
		roots+=("$(qemu_of "$suite")")
	done
	key=$({ basename -a "${roots[@]}"; cat "${BASH_SOURCE[0]}"; } |
		sha256sum | cut -c1-12)
	archive=$CACHE/roots/accept-$key.cpio
	[ -e "$archive" ] || locked accept-root \
		pack_emulators "$archive" "${roots[@]}"
	echo "$archive"
}

pack_emulators()
{
	local archive=$1 tmp dir suite root

	[ ! -e "$archive" ] || return 0
	shift
	say "packing the emulators that have to accept the device"
	tmp=$(scratch "$CACHE/roots")
	for suite in "${SUITES[@]}"; do
		root=$1
		shift
		dir=$tmp/emulators/$suite
		mkdir -p "$dir/lib"
		with_libraries "$root" "$root/usr/bin/qemu-system-s390x" "$dir"
		cp -L "$root/usr/share/qemu/s390-ccw.img" "$dir/"
	done
	pack "$tmp" >"$archive.new"
	mv "$archive.new" "$archive"
	rm -rf "$tmp"
}

# guest FILE: a program without an operating system; see guest.c
guest()
{
	"${CROSS}gcc" -std=gnu11 -O2 -Wall -Wextra -Werror -march=z900 \
		-ffreestanding -fno-stack-protector -fno-pic -no-pie \
		-msoft-float -static -nostdlib -Wl,--build-id=none,-N \
		-Wl,--no-warn-rwx-segments,-Ttext=0x20000 \
		-Wl,--section-start=.results=0x30000 -o "$1" "$HERE/guest.c"
}

images()
{
	local top=$OUT/top

	host_packages cross vm
	mkdir -p "$OUT"
	ln -sfn "$(newer_qemu)" "$OUT/qemu"
	cp "$(kernel_image plain)" "$OUT/host.image"
	host_root plain "$top"
	guest "$top/guest"
	install -m 644 "$HERE/emulator-functions" "$top/"
	{ cat "$(emulators)"; pack "$top"; } >"$OUT/host.initrd.new"
	mv "$OUT/host.initrd.new" "$OUT/host.initrd"
	rm -rf "$top"
}

SUITES=(bookworm bookworm-backports testing)
images >&2
exec "$HERE/accept.py" --images "$OUT"
