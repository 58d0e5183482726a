#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# check-dasd.sh: channel programs for a 3390, a 3480 and a 1403 through the
# driver, on an emulated mainframe; the images are compared from outside.
# Prints TAP.

# shellcheck source=tests/dasd/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

OUT=$TOP/build/dasd
# Results of the shell: told in steps-check.sh, of the programs' ends, and of
# what is found in the images
TOLD=28
PROGRAMS=7
IMAGE=16
SILENCE_MAX=600	# seconds

prepare()
{
	local name

	host_packages cross hercules
	rm -rf "$OUT"
	mkdir -p "$OUT/tests"
	kernel=$(kernel_image plain)
	HEADERS=$(uapi_headers)
	for name in eckd status tape hang; do
		program $name "$OUT/tests" $name.c ckd.c rig.c \
			pattern.c
	done
	program host "$OUT/tests" host.c pattern.c
	program answer "$OUT/tests" answer.c
	checker
	volume "$OUT/volume" 20
	"$HERE/volume.py" prepare "$OUT/volume" "$OUT/tests"
	for name in scratch interrupted; do
		volume "$OUT/$name" 20
		"$HERE/volume.py" prepare "$OUT/$name" "$OUT/tests"
		cp "$OUT/$name" "$OUT/$name.before"
	done
	"$HERE/volume.py" tape-make "$OUT/first.aws" "$OUT/tests"
	: >"$OUT/second.aws"
	cp "$HERE/steps-check.sh" "$OUT/tests/steps"
	cp "$HERE/printer-sink.sh" "$OUT/"
	EXTRA_MODULES=$DASD_MODULES module_tree plain "$OUT/tree"
	host_initrd
}

# checker: the administrator's own check of a device, which writes to two of the
# volumes
checker()
{
	logged "$TOP/build/logs/dasd-checker.log" make -C "$TOP/tools/ccwio" \
		CROSS_COMPILE="$CROSS" UAPI="$HEADERS" OUT="$OUT/ccwio" all
	cp "$OUT/ccwio/vfio-ccw-check" "$OUT/tests/"
	"${CROSS}strip" "$OUT/tests/vfio-ccw-check"
}

# The emulated host; its console loses nothing that is said slowly.
host()
{
	mainframe \
		--device '000E 1403 "|./printer-sink.sh"' \
		--device '0020 3390 volume nosyncio' \
		--device '0021 3390 scratch nosyncio' \
		--device '0022 3390 interrupted nosyncio' \
		--device '0580 3480 first.aws' \
		--order 'OPERATOR ATTENTION=i 0020' \
		--order 'OPERATOR RELEASE=sh touch release' \
		--order 'OPERATOR MOUNT=devinit 0580 second.aws' ||
		echo "Bail out! the machine did not come to its end"
}

say "preparing volume, tapes and programs"
prepare
say "running the emulated mainframe"
{
	host
	"$HERE/volume.py" verify "$OUT/volume" || :
	for name in scratch interrupted; do
		"$HERE/volume.py" unchanged "$OUT/$name" "$OUT/$name.before" || :
	done
	"$HERE/volume.py" tape-verify "$OUT/second.aws" || :
} | "$HERE/tap-lines.py" $((TOLD + PROGRAMS + IMAGE)) "eckd type1" "eckd iommufd" \
	"status type1" "status iommufd" "status iommufd" "tape type1" \
	"hang type1"
