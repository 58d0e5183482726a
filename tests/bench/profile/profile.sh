#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# profile.sh [WORKLOAD [BACKEND [DRIVER]]]: instructions of one I/O by function
#
# WORKLOAD as in "make bench" (nop), BACKEND type1 or iommufd (type1), DRIVER
# ours or kernel (ours). Needs what "make bench" has built.

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../vm/build.sh"

HERE=$TOP/tests/bench/profile
OUT=$TOP/build/bench
FEW=20
MANY=220
workload=${1:-nop}
backend=${2:-type1}
driver=${3:-ours}

[ -x "$OUT/files/bench" ] || die "run \"make bench\" first"
gcc -O2 -Wall -Wextra -shared -fPIC -fvisibility=hidden \
	-o "$OUT/insn_count.so" "$HERE/insn_count.c"
for rounds in $FEW $MANY; do
	vm plain "$HERE/guest.sh" --icount --smp 1 --timeout 600 \
		--env "PROFILE_ROUNDS=$rounds" --env "PROFILE_DRIVER=$driver" \
		--env "PROFILE_BACKEND=$backend" \
		--env "PROFILE_WORKLOAD=$workload" \
		--add "$OUT/files:/bench" \
		--qemu-arg=-plugin \
		--qemu-arg="$OUT/insn_count.so,out=$OUT/counts.$rounds" \
		>"$OUT/profile.$rounds.log" || die "the profile run failed"
done
"$HERE/profile.py" "$OUT/profile.$FEW.log" "$OUT/counts.$FEW" \
	"$OUT/profile.$MANY.log" "$OUT/counts.$MANY" $((MANY - FEW)) \
	"$(test_kernel plain)" |
	tee "$OUT/profile-$driver-$backend-$workload.txt"
