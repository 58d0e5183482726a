#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo-dasd.sh check|demo: an emulated mainframe runs a host Linux with this
# driver, that runs the stock QEMU, and that a guest Linux whose own dasd driver
# uses a 3390 passed through: it formats, mounts, copies; the image is then
# compared from outside. Prints TAP, and what happens as comments.
#
# "demo" boots the guest with the device, on two levels of emulation. "check"
# saves that time: the guest was booted once outside, and its state kept; it
# goes on from there inside, where the device is plugged in.

# shellcheck source=tests/dasd/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

MODE=${1:?usage: demo-dasd.sh check|demo}
OUT=$TOP/build/$MODE-demo-dasd
SILENCE_MAX=900	# seconds
# Timer interrupts take the nested guest so long that little else happens
# between them; so all clocks run more slowly.
DRAG=16
CYLINDERS=20
FIRST=75	# tracks of the partition
TRACKS=180
FORMATTED=285	# first track of the cylinder that the guest formats
FILE_SIZE=262144
# Results of the shell: told in steps-demo.sh, and of what is found in the image
TOLD=5
[ "$MODE" = demo ] || TOLD=6
COMPARED=5

# Boots a guest of that kind and keeps its state.
FREEZE=$TOP/tests/passthrough/freeze.py

# nested_guest: folder with kernel and root of the guest, and its kept state.
# All three are made anew when one of their sources has changed.
nested_guest()
{
	local kernel qemu key dir

	kernel=$(test_kernel guest)
	qemu=$(newer_qemu)
	key=$({ basename "$kernel" "$qemu"
		cat "$HERE"/{guest.c,nested.h,pattern.c,layout.h} "$FREEZE"; } |
		sha256sum | cut -c1-10)
	dir=$CACHE/guests/dasd-$key
	[ -d "$dir" ] || locked dasd-guest make_guest "$dir" "$kernel" "$qemu"
	echo "$dir"
}

make_guest()
{
	local dir=$1 tmp

	[ ! -d "$dir" ] || return 0
	say "starting the guest once, to keep its state"
	tmp=$(scratch "$CACHE/guests")
	mkdir -p "$tmp/root/dev" "$tmp/guest"
	nested_program "$tmp/root/init" guest.c
	"$LIB/initramfs.py" "$tmp/guest/initrd" "$tmp/root:/"
	cp "$2/arch/s390/boot/bzImage" "$tmp/guest/image"
	"$FREEZE" "$3" "$tmp/guest"
	mv "$tmp/guest" "$dir"
	rm -rf "$tmp"
}

# file_system: a partition with one file in it, on the volume.
file_system()
{
	volume "$OUT/volume" $CYLINDERS
	"$HERE/volume.py" describe "$OUT/volume" $FIRST $((FIRST + TRACKS - 1))
	"$HERE/volume.py" write-pattern "$OUT/tests/given" 1 $FILE_SIZE
	"$HERE/volume.py" write-pattern "$OUT/tests/own" 2 $FILE_SIZE
	"$HERE/volume.py" write-pattern "$OUT/old" 3 $((15 * 12 * 4096))
	"$HERE/volume.py" fill "$OUT/volume" $FORMATTED "$OUT/old"
	mkdir "$OUT/files"
	cp "$OUT/tests/given" "$OUT/files/"
	logged "$TOP/build/logs/mke2fs.log" /sbin/mke2fs -q -t ext2 -b 4096 \
		-E root_owner=0:0 -d "$OUT/files" "$OUT/partition" \
		$((TRACKS * 12))
	"$HERE/volume.py" fill "$OUT/volume" $FIRST "$OUT/partition"
}

prepare()
{
	local guest

	host_packages cross hercules
	rm -rf "$OUT"
	mkdir -p "$OUT/tests" "$OUT/tree/guest"
	kernel=$(kernel_image plain)
	HEADERS=$(uapi_headers)
	guest=$(nested_guest)
	cp "$guest/image" "$guest/initrd" "$OUT/tree/guest/"
	[ "$MODE" = demo ] || cp "$guest/state" "$OUT/tree/guest/"
	file_system
	cp "$HERE/steps-demo.sh" "$OUT/tests/steps"
	EXTRA_MODULES=$DASD_MODULES module_tree plain "$OUT/tree"
	host_qemu "$OUT/tree"
	host_initrd
}

host()
{
	mainframe --memory 512 --drag $DRAG \
		--device '0020 3390 volume nosyncio' ||
		echo "Bail out! the machine did not come to its end"
}

# dumped NAME FILE: a file of the partition is that one
dumped()
{
	rm -f "$OUT/dumped"
	/sbin/debugfs -R "dump $1 $OUT/dumped" "$OUT/after" &&
		cmp "$OUT/dumped" "$2"
}

compare()
{
	"$HERE/volume.py" flat "$OUT/volume" $FIRST $TRACKS >"$OUT/after"
	result "the file system in the image is in order" \
		/sbin/e2fsck -fn "$OUT/after"
	result "the given file is in it" dumped /given "$OUT/tests/given"
	result "so is the guest's copy" dumped /copy "$OUT/tests/given"
	result "so is the guest's own file" \
		dumped /folder/own "$OUT/tests/own"
	"$HERE/volume.py" flat "$OUT/volume" $FORMATTED 15 >"$OUT/after-format"
	head -c $((15 * 12 * 4096)) /dev/zero >"$OUT/zeros"
	result "the cylinder that the guest formatted is empty" \
		cmp "$OUT/after-format" "$OUT/zeros"
}

say "preparing volume, host and guest"
prepare
say "running the emulated mainframe, the host on it, the guest on that"
{
	host
	compare
} | "$HERE/tap-lines.py" $((TOLD + COMPARED)) guest
