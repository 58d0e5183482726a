#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# planted.sh [NAME...]: the fuzzing of the device's surface with faults planted in the
# driver, one after the other: each has to be found. All of planted.py, or those named.
# KCOV_SECONDS (60) and KCOV_SEED (1) as for kcov.sh. TAP.

# shellcheck source=tests/kcov/kcov.sh
. "$(dirname "$0")/kcov.sh"

# Its modules are not those of kcov.sh, which may run at the same time
OUT=$BUILD/kcov-planted
number=0
failed=0
host_packages cross vm
qemu=$(newer_qemu)
kcov_program
cp "$HERE/corpus.txt" "$OUT/files/corpus.txt"
[ $# -gt 0 ] || mapfile -t < <("$HERE/planted.py" names)
[ $# -eq 0 ] || MAPFILE=("$@")
echo "TAP version 13"
for name in "${MAPFILE[@]}"; do
	number=$((number + 1))
	word="not ok"
	kernel=$("$HERE/planted.py" kernel "$name")
	if kcov_modules "$kernel" "$HERE/planted.py" apply "$name"; then
		fuzz "$kernel" "planted-$name" "${KCOV_SECONDS:-60}" \
			"${KCOV_SEED:-1}" || :
		! "$HERE/planted.py" expected "$name" \
			<"$OUT/planted-$name.tap" || word=ok
	fi
	[ "$word" = ok ] || failed=1
	echo "$word $number - found: $name"
done
echo "1..$number"
exit $failed
