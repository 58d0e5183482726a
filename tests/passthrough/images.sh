#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# images.sh KERNEL OUT: get the pieces of a passthrough run ready below OUT.
#
#   OUT/host.image    the host's kernel (KERNEL: plain or debug)
#   OUT/host.initrd   its root: busybox, the driver, the programs beside this
#                     script; for the plain kernel also the stock s390x QEMU, the
#                     stock tools and the guest
#   OUT/qemu          root folder of the emulator for the machine itself
#
# The packages' part of the root is made once and kept in the cache.

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/build.sh"
# shellcheck source=tests/passthrough/root.sh
. "$(dirname "${BASH_SOURCE[0]}")/root.sh"

HERE=$TOP/tests/passthrough
QEMU_PACKAGES="qemu-system-s390x qemu-system-data"
TOOL_PACKAGES="bash coreutils util-linux bsdutils grep sed kmod udev driverctl
	mdevctl s390-tools"

# Nothing below these is needed to run the programs.
LEAVE_OUT="usr/share/doc usr/share/man usr/share/locale usr/share/info
	usr/share/perl usr/share/perl5 usr/share/lintian usr/share/alsa
	usr/share/gcc usr/share/common-licenses usr/share/i18n
	usr/share/bash-completion usr/include usr/lib/s390x-linux-gnu/perl
	usr/lib/s390x-linux-gnu/gconv lib/udev/hwdb.d usr/lib/udev/hwdb.d"

# base_root: archive with the packages' part.
base_root()
{
	local qemu tools archive

	# shellcheck disable=SC2086 # lists of words
	qemu=$(closure s390x $QEMU_PACKAGES)
	# shellcheck disable=SC2086
	tools=$(closure s390x $TOOL_PACKAGES)
	archive=$CACHE/roots/passthrough-${qemu##*-}-${tools##*-}.cpio
	[ -e "$archive" ] || locked passthrough-root \
		pack_base "$archive" "$qemu" "$tools"
	echo "$archive"
}

pack_base()
{
	local archive=$1 tmp dir

	[ ! -e "$archive" ] || return 0
	shift
	say "packing the root of the passthrough host"
	tmp=$(scratch "$CACHE/roots")
	for dir in "$@"; do
		cp -a --no-preserve=ownership "$dir/." "$tmp/"
	done
	for dir in $LEAVE_OUT; do
		rm -rf "${tmp:?}/$dir"
	done
	find "$tmp/usr/share/qemu" -type f ! -name 's390*' -delete
	frame "$tmp"
	echo root:x:0:0:root:/root:/bin/sh >"$tmp/etc/passwd"
	echo root:x:0: >"$tmp/etc/group"
	pack "$tmp" >"$archive.new"
	mv "$archive.new" "$archive"
	rm -rf "$tmp"
}

# program NAME OUT: one of the programs beside this script, static.
program()
{
	${CROSS}gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static \
		-I"$TOP/tools/ccwio" -o "$2" "$HERE/$1.c" \
		"$TOP/build/ccwio/libccwio.a"
}

# bare_program NAME OUT: one that is a guest by itself. Another address than Linux
# has, as QEMU takes for one what is entered there, and stores a command line.
bare_program()
{
	${CROSS}gcc -std=gnu11 -march=z10 -O2 -Wall -Wextra -Werror \
		-ffreestanding -fno-pic -fno-stack-protector -msoft-float \
		-static -no-pie -nostdlib -Wl,--build-id=none \
		-Wl,-Ttext=0x20000 -o "$2" "$HERE/$1.c"
}

# nested_guest: folder with kernel, initrd and kept state of the nested guest,
# made anew when one of its sources has changed.
nested_guest()
{
	local kernel qemu key dir

	kernel=$(test_kernel guest)
	qemu=$(newer_qemu)
	key=$({ basename "$kernel" "$qemu"
		cat "$HERE/guest.c" "$HERE/freeze.py"; } |
		sha256sum | cut -c1-10)
	dir=$CACHE/guests/passthrough-$key
	[ -d "$dir" ] || locked passthrough-guest \
		make_guest "$dir" "$kernel" "$qemu"
	echo "$dir"
}

make_guest()
{
	local dir=$1 kernel=$2 qemu=$3 tmp

	[ ! -d "$dir" ] || return 0
	say "starting the nested guest once, to keep its state"
	tmp=$(scratch "$CACHE/guests")
	mkdir -p "$tmp/root/dev" "$tmp/guest"
	program guest "$tmp/root/init"
	${CROSS}strip "$tmp/root/init"
	pack "$tmp/root" >"$tmp/guest/initrd"
	cp "$kernel/arch/s390/boot/bzImage" "$tmp/guest/image"
	"$HERE/freeze.py" "$qemu" "$tmp/guest"
	mv "$tmp/guest" "$dir"
	rm -rf "$tmp"
}

main()
{
	local kernel=$1 out=$2 top

	host_packages cross vm hercules
	build_ccwio
	mkdir -p "$out"
	ln -sfn "$(newer_qemu)" "$out/qemu"
	cp "$(kernel_image "$kernel")" "$out/host.image"
	top=$out/top
	host_root "$kernel" "$top"
	program race "$top/bin/race"
	program hold "$top/bin/hold"
	: >"$out/host.initrd.new"
	if [ "$kernel" = plain ]; then
		cp -a "$(nested_guest)" "$top/guest"
		bare_program ballooned "$top/guest/ballooned"
		cat "$(base_root)" >"$out/host.initrd.new"
	fi
	pack "$top" >>"$out/host.initrd.new"
	mv "$out/host.initrd.new" "$out/host.initrd"
	rm -rf "$top"
}

main "$@"
