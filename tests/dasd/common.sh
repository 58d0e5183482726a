# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the tests on the emulated mainframe share: programs, volumes, the modules
# and the QEMU of the emulated host, and how an image is judged.

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

# nested_program OUT SOURCE: the only program of a nested guest, without a C library.
nested_program()
{
	local nolibc

	nolibc=$(kernel_source)/tools/include/nolibc
	${CROSS}gcc -std=gnu11 -march=z10 -O2 -Wall -Wextra -Werror -static \
		-nostdlib -fno-stack-protector -I"$nolibc" -I"$HEADERS" \
		-o "$1" "$HERE/$2" "$HERE/pattern.c" -lgcc
}

# volume FILE CYLINDERS: an empty 3390, formatted in Linux' own layout.
volume()
{
	rm -f "$1"
	logged "$TOP/build/logs/dasdinit.log" \
		dasdinit -lfs -linux "$1" 3390 VFC001 "$2"
}

# needed ROOT FILE: the shared objects it needs, and those that they need.
needed()
{
	local root=$1 name file
	local todo=("$root/$2")
	local -A seen=()

	while [ ${#todo[@]} -gt 0 ]; do
		file=${todo[0]}
		todo=("${todo[@]:1}")
		for name in $(${CROSS}readelf -d "$file" |
			sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
			[ -z "${seen[$name]:-}" ] || continue
			seen[$name]=1
			file=$(find "$root/lib" "$root/usr/lib" \
				-name "$name" | sed -n 1p)
			[ -n "$file" ] || die "no $name for $2"
			echo "${file#"$root"/}"
			todo+=("$(readlink -f "$file")")
		done
	done
}

# host_programs TREE ROOT PROGRAM...: programs of packages, unpacked in ROOT, with
# what they need to be run.
host_programs()
{
	local tree=$1 root=$2 program

	shift 2
	for program in "$@"; do
		# shellcheck disable=SC2046 # a list of files
		host_files "$tree" "$root" lib/ld64.so.1 "$program" \
			$(needed "$root" "$program")
	done
}

# host_files TREE ROOT FILE...: these alone.
host_files()
{
	local tree=$1 root=$2 file

	shift 2
	for file in "$@"; do
		mkdir -p "$tree/$(dirname "$file")"
		cp -L "$root/$file" "$tree/$file"
	done
}

# host_qemu TREE: the stock QEMU for the emulated host.
host_qemu()
{
	local root

	root=$(closure s390x qemu-system-s390x qemu-system-data)
	host_programs "$1" "$root" usr/bin/qemu-system-s390x
	host_files "$1" "$root" usr/share/qemu/s390-ccw.img
}

# result NAME COMMAND...: one comparison from outside
result()
{
	local name=$1

	shift
	if "$@" >"$OUT/result" 2>&1; then
		echo "ok - shell: $name"
	else
		echo "not ok - shell: $name"
		sed 's/^/# /' "$OUT/result" | tail -n 3
	fi
}

# host_initrd: what the emulated host boots from, out of its tree and its tests
host_initrd()
{
	"$LIB/initramfs.py" "$OUT/initrd" "$OUT/tree:/" \
		"$(busybox):/bin/busybox" "$LIB/init.sh:/init" \
		"$LIB/subchannel.sh:/subchannel.sh" "$HERE/host-main.sh:/main" \
		"$OUT/tests:/tests"
}

# mainframe OPTION...: run Linux on Hercules, with the devices that are named
mainframe()
{
	"$HERE/hercules.py" --kernel "$kernel" --initrd "$OUT/initrd" \
		--dir "$OUT" --append "rdinit=/init quiet" \
		--timeout "$SILENCE_MAX" "$@"
}
