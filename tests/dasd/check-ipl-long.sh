#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check-ipl-long.sh: Linux is loaded from a 3390 that was passed through, which has
# its root. An emulated mainframe runs a host Linux with this driver; that formats
# a blank volume, and zipl makes it one to load from, all with the programs that
# administrators use for it. Then the stock QEMU runs a guest that has nothing but
# the volume, and a second one, blank, which it prepares itself by the same programs,
# before and after it was plugged in again. Prints TAP.

# shellcheck source=tests/dasd/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

OUT=$TOP/build/ipl-long
SILENCE_MAX=1200	# seconds
DRAG=16			# as in demo-dasd
CYLINDERS=20
OTHER_CYLINDERS=5
FILE_SIZE=262144
PARAMETERS="root=/dev/dasda1 ro rootwait dasd=0.0.000a init=/init quiet"
# Results of the shell: told in steps-ipl-long.sh, and of what is found in the
# images
TOLD=33
COMPARED=5
FIRST=2			# track of the partition: behind the label and the VTOC

# tools: what the host prepares its volume with, and what the guest does
tools()
{
	local root

	root=$(closure s390x s390-tools e2fsprogs)
	host_programs "$OUT/tree" "$root" \
		sbin/{dasdfmt,fdasd,mke2fs,e2fsck,zipl}
	host_files "$OUT/tree" "$root" lib/s390-tools/stage3.bin
	host_programs "$OUT/tests/root" "$root" sbin/{dasdfmt,fdasd,mke2fs}
}

# The line that the guest shows is another one each time.
line()
{
	echo "guest: root of volume $(od -An -N4 -tx4 /dev/urandom | tr -d ' ')"
}

# blank FILE CYLINDERS: a 3390 with nothing on its tracks
blank()
{
	logged "$TOP/build/logs/dasdinit.log" dasdinit -r -lfs "$1" 3390 "$2"
}

prepare()
{
	host_packages cross hercules
	rm -rf "$OUT"
	mkdir -p "$OUT/tests/root"
	kernel=$(kernel_image plain)
	HEADERS=$(uapi_headers)
	cp "$(kernel_image guest)" "$OUT/tests/image"
	nested_program "$OUT/tests/root/init" ipl-root.c
	line >"$OUT/tests/root/line"
	echo "$PARAMETERS" >"$OUT/tests/root/parameters"
	"$HERE/volume.py" write-pattern "$OUT/tests/root/given" 1 $FILE_SIZE
	"$HERE/volume.py" write-pattern "$OUT/tests/own" 2 $FILE_SIZE
	"$HERE/volume.py" write-pattern "$OUT/tests/plugged" 4 $FILE_SIZE
	blank "$OUT/volume" $CYLINDERS
	blank "$OUT/other" $OTHER_CYLINDERS
	cp "$HERE/steps-ipl-long.sh" "$OUT/tests/steps"
	EXTRA_MODULES=$DASD_MODULES module_tree plain "$OUT/tree"
	host_qemu "$OUT/tree"
	tools
	host_initrd
}

# Zipl opens the device of a mounted file system to write to it, which only a kernel
# of a distribution allows without being told.
host()
{
	mainframe --append "rdinit=/init quiet bdev_allow_write_mounted=1" \
		--drag $DRAG --device '0020 3390 volume nosyncio' \
		--device '0021 3390 other nosyncio' ||
		echo "Bail out! the machine did not come to its end"
}

# partition IMAGE CYLINDERS: its content, in $OUT/after
partition()
{
	"$HERE/volume.py" flat "$1" $FIRST $(($2 * 15 - FIRST)) >"$OUT/after"
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
	partition "$OUT/volume" $CYLINDERS
	result "the file system in the image is in order" \
		/sbin/e2fsck -fn "$OUT/after"
	result "the guest's file is in it" dumped /own "$OUT/tests/own"
	result "so is the kernel that it ran" \
		dumped /boot/image "$OUT/tests/image"
	partition "$OUT/other" $OTHER_CYLINDERS
	result "the one in the other image is in order" \
		/sbin/e2fsck -fn "$OUT/after"
	result "with the guest's last file" dumped /own "$OUT/tests/plugged"
}

say "preparing host and guest"
prepare
say "running the emulated mainframe, the host on it, the guest on that"
{
	host
	compare
} | "$HERE/tap-lines.py" $((TOLD + COMPARED)) guest
