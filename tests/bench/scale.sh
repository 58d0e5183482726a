#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scale.sh [count|race|PART]...: many devices, with this driver and the kernel's own in turn.
# Documentation/performance.rst, "Many devices", says what is measured.
#
#   count   what counts instructions and memory, the same on any machine: binding,
#           mediated devices, memory, one I/O in turn, all devices busy
#   PART    a part of that: bound, memory, turns or busy
#   race    two virtual CPUs: all devices busy, one beside a blocked one. Times are
#           those of the machine, which should have nothing else to do; but what is
#           counted beside them is not
#
# SCALE_BOUND and SCALE_COUNTS are the numbers of bound and of busy devices (1 16 64
# 128 1000, and 1 16 64 128), SCALE_ROUNDS how often those of "race" are busy (3), and
# SCALE_SECONDS how long (5). SCALE_LONGER is how many times as long all devices of
# "count" are busy (1). SCALE_DRIVERS names one driver ("ours", "kernel"). Results go to
# build/bench/.

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/build.sh"

HERE=$TOP/tests/bench
OUT=$TOP/build/bench

scale_program()
{
	local dir flags=()

	build_ccwio
	for dir in $(uapi); do
		flags+=(-isystem "$dir")
	done
	"${CROSS}gcc" -std=gnu11 -O2 -static -pthread -Wall -Wextra -Werror \
		-I"$TOP/tools/ccwio" "${flags[@]}" -o "$OUT/files/scale" \
		"$HERE/scale.c" "$TOP/build/ccwio/libccwio.a"
	gcc -O2 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden \
		-o "$OUT/insn_total.so" "$HERE/profile/insn_total.c"
}

# most NUMBER...
most()
{
	printf '%s\n' "$@" | sort -n | tail -n 1
}

# machine NAME PARTS DEVICES [vm.py OPTION...]
machine()
{
	local name=$1 devices=() n

	for ((n = 0; n < $3; n++)); do
		devices+=(--device "$(printf 'virtio-rng-ccw,devno=fe.0.2%03x' $n)")
	done
	say "measuring $3 devices ($name)"
	# Modules are loaded in turn at the same addresses, and QEMU 7.2's translator
	# now and then runs the old contents of a page that was copied to
	vm plain "$HERE/guest-scale.sh" --name "scale-$name" --qemu "$qemu" \
		--memory 2048 --timeout 1800 \
		--append "virtio_ccw.no_auto=0.0.2000-0.0.2fff" --env "SCALE_PARTS=$2" \
		--env "SCALE_COUNTS=$counts" --env "SCALE_BOUND=$bound" \
		--env "SCALE_ROUNDS=${SCALE_ROUNDS:-3}" \
		--env "SCALE_SECONDS=${SCALE_SECONDS:-5}" \
		--env "SCALE_LONGER=${SCALE_LONGER:-1}" \
		--env "SCALE_DRIVERS=${SCALE_DRIVERS:-kernel ours}" \
		"${devices[@]}" --add "$OUT/files:/bench" "${@:4}" \
		>"$OUT/scale-$name.log" || {
		tail -n 20 "$OUT/scale-$name.log" >&2
		die "the benchmark did not run to its end"
	}
}

host_packages cross vm style
counts=${SCALE_COUNTS:-1 16 64 128}
bound=${SCALE_BOUND:-1 16 64 128 1000}
mkdir -p "$OUT/files"
scale_program
cp "$(upstream_module plain)" "$OUT/files/kernel_vfio_ccw.ko"
"${CROSS}strip" --strip-debug "$OUT/files/kernel_vfio_ccw.ko"
qemu=$(newer_qemu)
[ $# -gt 0 ] || set -- count race
for what in "$@"; do
	# What was measured last counts
	case $what in
	count)	rm -f "$OUT"/scale-{bound,memory,turns,busy}.log ;;
	race)	;;
	*)	rm -f "$OUT/scale-count.log" ;;
	esac
	# shellcheck disable=SC2086 # lists of numbers
	case $what in
	count)	machine count "bound memory turns busy" \
			$(($(most $bound $counts) + 1)) --icount --smp 1 ;;
	turns|busy)
		machine "$what" "$what" "$(most $counts)" --icount --smp 1 ;;
	bound|memory)
		machine "$what" "$what" $(($(most $bound) + 1)) --icount --smp 1 ;;
	race)	machine race race "$(most $counts 2)" --smp 2 \
			--env SCALE_HOST=yes --qemu-arg=-plugin \
			--qemu-arg="$OUT/insn_total.so,out=$OUT/scale-race.insns" \
			--host "'$HERE/scale_host.py' '$OUT/scale-race.locks'" ;;
	*)	die "what is $what?" ;;
	esac
done
case ${SCALE_DRIVERS:-kernel ours} in
*" "*)	"$HERE/report_scale.py" "$OUT" "$OUT/scale.rst" | tee "$OUT/scale.md"
	say "written: build/bench/scale.md and build/bench/scale.rst" ;;
*)	grep -hE '^(SCALE|SPREAD|RESULT|LATENCY|MEMORY|KEPT|ADMIN|BOUND|SYSFS) ' \
		"$OUT"/scale-*.log
	say "nothing to compare with: the lines that scale.c describes" ;;
esac
