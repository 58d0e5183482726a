# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What check-dasd and demo-dasd share: programs, the first process of the
# emulated host, and its modules.

# shellcheck source=tests/lib/kernels.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/kernels.sh"

HERE=$TOP/tests/dasd
# shellcheck disable=SC2034 # read by the scripts that source this one
DASD_MODULES="drivers/s390/block/dasd_mod drivers/s390/block/dasd_eckd_mod"

# program NAME OUT SOURCE...: a static program of the bench.
program()
{
	local name=$1 out=$2

	shift 2
	${CROSS}gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static \
		-I"$HEADERS" -I"$TOP/tools/ccwio" -o "$out/$name" \
		"${@/#/$HERE/}" "$TOP/tools/ccwio/device.c"
	${CROSS}strip "$out/$name"
}

# volume FILE CYLINDERS: an empty 3390, formatted in Linux' own layout.
volume()
{
	rm -f "$1"
	logged "$TOP/build/logs/dasdinit.log" \
		dasdinit -lfs -linux "$1" 3390 VFC001 "$2"
}
