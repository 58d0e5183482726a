#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mutants.sh [NAME...]: the soak with faults in the driver, one after the other:
# it has to fail, for the right reason. All of mutants.py, or those named. TAP.

# shellcheck source=tests/soak/soak.sh
. "$(dirname "$0")/soak.sh"

MUTANT=$BUILD/soak/mutant

# The module with a fault in it, instead of the checkout's
driver_modules()
{
	echo "$MUTANT/module"
}

seed=${SOAK_SEED:-1}
number=0
failed=0
host_packages cross vm
qemu=$(newer_qemu)
soak_program
[ $# -gt 0 ] || mapfile -t < <("$HERE/mutants.py" names)
[ $# -eq 0 ] || MAPFILE=("$@")
echo "TAP version 13"
for name in "${MAPFILE[@]}"; do
	number=$((number + 1))
	word="not ok"
	if changed_module plain "$MUTANT" "$HERE/mutants.py" apply "$name"; then
		soak plain 60 "soak-mutant-$name" >"$OUT/$name.tap" || :
		! "$HERE/mutants.py" expected "$name" <"$OUT/$name.tap" || word=ok
	fi
	[ "$word" = ok ] || failed=1
	echo "$word $number - noticed: $name"
done
echo "1..$number"
exit $failed
