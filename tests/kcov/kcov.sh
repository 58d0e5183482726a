#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kcov.sh: the surface of a device fuzzed in a virtual machine, guided by the code of
# the driver that is reached. It begins with tests/kcov/corpus.txt and with what
# earlier runs have found (build/kcov/corpus.txt), and adds to the latter. TAP.
#
#   KCOV_SECONDS  how long (300)
#   KCOV_SEED     of the random changes (the time)

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/build.sh"

HERE=$TOP/tests/kcov
OUT=$BUILD/kcov

kcov_program()
{
	local dir flags=()

	build_ccwio
	for dir in $(uapi); do
		flags+=(-isystem "$dir")
	done
	one_at_a_time kcov "${CROSS}gcc" -std=gnu11 -O2 -g -static -Wall \
		-Wextra -Werror -Wno-unused-parameter -I"$TOP/tools/ccwio" \
		"${flags[@]}" -o "$OUT/files/kcov" "$HERE/kcov.c" \
		"$BUILD/ccwio/libccwio.a"
}

host_packages cross vm
qemu=$(newer_qemu)
mkdir -p "$OUT/files"
kcov_program
touch "$OUT/corpus.txt"
cat "$HERE/corpus.txt" "$OUT/corpus.txt" >"$OUT/files/corpus.txt"
status=0
vm kcsan "$HERE/guest.sh" --name kcov --qemu "$qemu" --timeout 900 \
	--device virtio-rng-ccw,devno=fe.0.1111 --add "$VM/guest:/guest" \
	--add "$OUT/files:/kcov" --allow "$VM/known-complaints" \
	--env "KCOV_SECONDS=${KCOV_SECONDS:-300}" \
	--env "KCOV_SEED=${KCOV_SEED:-$(date +%s)}" >"$OUT/kcov.tap" || status=$?
sed -n 's/^# corpus //p' "$OUT/kcov.tap" | sort -u - "$OUT/corpus.txt" \
	>"$OUT/corpus.new"
mv "$OUT/corpus.new" "$OUT/corpus.txt"
grep -v '^# corpus ' "$OUT/kcov.tap" | sed 's/^1\.\.4$/1..5/'
word=ok
[ $status -eq 0 ] || word="not ok"
echo "$word 5 - the machine ended as it should, without a complaint"
exit $status
