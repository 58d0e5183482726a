#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# scale.sh: many devices busy at once, memory per device, and the latency of
# one device beside a blocked one; this driver and the kernel's own in turn, in
# one boot. Medians of SCALE_ROUNDS rounds (3) of SCALE_SECONDS seconds (5) for
# each of the SCALE_COUNTS of devices (1 16 64 128). Results go to build/bench/.

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/build.sh"

HERE=$TOP/tests/bench
OUT=$TOP/build/bench
DEVICES=128

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
}

host_packages cross vm style
mkdir -p "$OUT/files"
scale_program
cp "$(upstream_module plain)" "$OUT/files/kernel_vfio_ccw.ko"
"${CROSS}strip" --strip-debug "$OUT/files/kernel_vfio_ccw.ko"
devices=()
for ((n = 0; n < DEVICES; n++)); do
	devices+=(--device "$(printf 'virtio-rng-ccw,devno=fe.0.2%03x' $n)")
done

# Modules are loaded in turn at the same addresses, and QEMU 7.2's translator now
# and then runs the old contents of a page that was copied to
qemu=$(newer_qemu)
say "measuring $DEVICES devices (two virtual CPUs)"
vm plain "$HERE/guest-scale.sh" --qemu "$qemu" --smp 2 --memory 2048 --timeout 1200 \
	--env "SCALE_COUNTS=${SCALE_COUNTS:-1 16 64 128}" \
	--env "SCALE_ROUNDS=${SCALE_ROUNDS:-3}" \
	--env "SCALE_SECONDS=${SCALE_SECONDS:-5}" \
	"${devices[@]}" --add "$OUT/files:/bench" >"$OUT/scale.log" || {
	tail -n 20 "$OUT/scale.log" >&2
	die "the benchmark did not run to its end"
}
"$HERE/report_scale.py" "$OUT/scale.log" "$OUT/scale.rst" | tee "$OUT/scale.md"
say "written: build/bench/scale.md and build/bench/scale.rst"
