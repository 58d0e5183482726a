#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bench.sh [--guard]: what one I/O costs, this driver beside the kernel's own
#
# One boot of one virtual machine whose time counts instructions; see
# Documentation/performance.rst. Results go to build/bench/. With --guard the
# verdict is TAP on standard output, and nothing is plotted. BENCH_KEPT=0 measures
# this driver as if it kept no pages between programs: the guard then has to fail.

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/build.sh"

HERE=$TOP/tests/bench
OUT=$TOP/build/bench
DEVICES=128
guard=${1:-}

# floor_module: the device of bare pins, for the plain kernel
floor_module()
{
	mkdir -p "$OUT/floor"
	cp "$HERE"/floor/* "$OUT/floor/"
	logged "$TOP/build/logs/floor.log" make -C "$(test_kernel plain)" \
		M="$OUT/floor" ARCH=s390 CROSS_COMPILE="$CROSS" modules ||
		die "the floor module could not be built"
}

bench_program()
{
	local dir flags=()

	build_ccwio
	for dir in $(uapi); do
		flags+=(-isystem "$dir")
	done
	"${CROSS}gcc" -std=gnu11 -O2 -static -Wall -Wextra -Werror \
		-I"$TOP/tools/ccwio" "${flags[@]}" -o "$OUT/files/bench" \
		"$HERE/bench.c" "$HERE/workload.c" \
		"$TOP/build/ccwio/libccwio.a"
	"${CROSS}gcc" -std=gnu11 -O2 -static -pthread -Wall -Wextra -Werror \
		-I"$TOP/tools/ccwio" "${flags[@]}" -o "$OUT/files/scale" \
		"$HERE/scale.c" "$TOP/build/ccwio/libccwio.a"
}

host_packages cross vm style
[ -n "$guard" ] || host_packages plot
say "building the benchmark"
mkdir -p "$OUT/files"
floor_module
bench_program
cp "$(upstream_module plain)" "$OUT/files/kernel_vfio_ccw.ko"
cp "$OUT/floor/vfio_pin_floor.ko" "$OUT/files/"
"${CROSS}strip" --strip-debug "$OUT"/files/*.ko
devices=(--device "virtio-rng-ccw,devno=fe.0.1111")
for ((n = 0; n < DEVICES; n++)); do
	devices+=(--device "$(printf 'virtio-rng-ccw,devno=fe.0.2%03x' $n)")
done

# Modules are loaded in turn at the same addresses, and QEMU 7.2's translator now
# and then runs the old contents of a page that was copied to
qemu=$(newer_qemu)
say "measuring (one virtual CPU, instructions counted)"
vm plain "$HERE/guest.sh" --qemu "$qemu" --icount --smp 1 --timeout 900 \
	--env "BENCH_WORKLOADS=${BENCH_WORKLOADS:-}" \
	--env "BENCH_DRIVERS=${BENCH_DRIVERS:-}" \
	--env "BENCH_KEPT=${BENCH_KEPT:-}" \
	--env "BENCH_COUNTS=${BENCH_COUNTS-1 16 64 128}" "${devices[@]}" \
	--add "$OUT/files:/bench" >"$OUT/bench.log" || {
	tail -n 20 "$OUT/bench.log" >&2
	die "the benchmark did not run to its end"
}

if [ -n "$guard" ]; then
	exec "$HERE/report.py" "$OUT/bench.log" "$OUT" --guard
fi
"$HERE/report.py" "$OUT/bench.log" "$OUT"
"$HERE/report.py" --plot "$OUT/bench.rst" | gnuplot >"$OUT/bench.svg"
say "written: build/bench/bench.md and build/bench/bench.svg"
