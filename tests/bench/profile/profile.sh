#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# profile.sh [WORKLOADS [BACKENDS [DRIVERS]]]: instructions of one I/O by function
#
# Words as in "make bench": type1 iommufd; floor kernel unkept ours; nothing means
# all, but of the workloads only those that use the same pages each time.
# BENCH_COUNTS are numbers of devices that have an I/O each in turn (none).
# One boot of one virtual machine. A table by parts of the kernel goes to
# build/bench/profile.rst, and functions to profile-DRIVER-BACKEND-WORKLOAD.txt
# beside it. Needs what "make bench" has built.

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../vm/build.sh"

HERE=$TOP/tests/bench/profile
OUT=$TOP/build/bench

[ -x "$OUT/files/bench" ] || die "run \"make bench\" first"
gcc -O2 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden \
	-o "$OUT/insn_count.so" "$HERE/insn_count.c"
qemu=$(newer_qemu)
workloads=${1:-nop sense64 chain32x4k idal15x4k chain16x60k_contig
	chain16x60k_scatter dasd4 tty3270 nops16 nops240}
devices=(--device "virtio-rng-ccw,devno=fe.0.1111")
for ((n = 0; n < $(printf '%s\n' 0 ${BENCH_COUNTS:-} | sort -n | tail -n 1); n++)); do
	devices+=(--device "$(printf 'virtio-rng-ccw,devno=fe.0.2%03x' $n)")
done
say "counting (one virtual CPU)"
vm plain "$HERE/../guest.sh" --qemu "$qemu" --icount --smp 1 --timeout 900 \
	--env BENCH_SYMBOLS=1 --env "BENCH_WORKLOADS=$(echo $workloads)" \
	--env "BENCH_BACKENDS=${2:-}" --env "BENCH_DRIVERS=${3:-}" \
	--env "BENCH_COUNTS=${BENCH_COUNTS:-}" "${devices[@]}" \
	--add "$OUT/files:/bench" --qemu-arg=-plugin \
	--qemu-arg="$OUT/insn_count.so,out=$OUT/counts" \
	>"$OUT/profile.log" || die "the profile run failed"
"$HERE/profile.py" "$OUT/profile.log" "$OUT/counts" "$(test_kernel plain)" "$OUT"
