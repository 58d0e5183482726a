#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check-ipl.sh: a guest is loaded from a 3390 that was passed through. An emulated
# mainframe runs a host Linux with this driver, that runs the stock QEMU without a
# kernel for its guest: QEMU's firmware runs the channel programs that it finds on
# the volume. Two more volumes hold nothing to load. Prints TAP.

# shellcheck source=tests/dasd/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

OUT=$TOP/build/ipl
VOLUMES="load label empty"
# Results of the shell: told in steps-ipl.sh, and of what is found in the images
TOLD=18
IMAGES=3
SILENCE_MAX=600	# seconds

# guest_program OUT: what the guest executes, as it is to be in its memory
guest_program()
{
	${CROSS}gcc -std=gnu11 -march=z10 -O2 -Wall -Wextra -Werror \
		-ffreestanding -fno-pic -fno-stack-protector -static -no-pie \
		-nostdlib -Wl,--build-id=none -Wl,--no-warn-rwx-segments \
		-Wl,--oformat=binary -Wl,-T,"$HERE/ipl-guest.lds" \
		-o "$1" "$HERE/ipl-guest.c"
}

# The line that the guest writes is another one each time.
line()
{
	printf '%-39s\n' "guest: loaded from volume $(od -An -N4 -tx4 /dev/urandom |
		tr -d ' ')"
}

volumes()
{
	local name

	for name in $VOLUMES; do
		volume "$OUT/$name" 2
	done
	"$HERE/ipl.py" load "$OUT/load" "$OUT/program" "$OUT/tests/line"
	"$HERE/ipl.py" empty "$OUT/empty"
	for name in $VOLUMES; do
		cp "$OUT/$name" "$OUT/$name.before"
	done
}

prepare()
{
	host_packages cross hercules
	rm -rf "$OUT"
	mkdir -p "$OUT/tests"
	kernel=$(kernel_image plain)
	guest_program "$OUT/program"
	line >"$OUT/tests/line"
	volumes
	cp "$HERE/steps-ipl.sh" "$OUT/tests/steps"
	module_tree plain "$OUT/tree"
	host_qemu "$OUT/tree"
	host_initrd
}

host()
{
	mainframe \
		--device '0020 3390 load nosyncio' \
		--device '0021 3390 label nosyncio' \
		--device '0022 3390 empty nosyncio' ||
		echo "Bail out! the machine did not come to its end"
}

unchanged()
{
	local name

	for name in $VOLUMES; do
		result "the image of volume $name is what it was" \
			cmp "$OUT/$name" "$OUT/$name.before"
	done
}

say "preparing volumes, host and guest"
prepare
say "running the emulated mainframe, the host on it, the guests on that"
{
	host
	unchanged
} | "$HERE/tap-lines.py" $((TOLD + IMAGES))
