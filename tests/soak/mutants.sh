#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# mutants.sh [NAME...]: the soak with faults in the driver, one after the other:
# it has to fail, for the right reason. All of mutants.py, or those named. TAP.

# shellcheck source=tests/soak/races.sh
. "$(dirname "$0")/races.sh"

MUTANT=$BUILD/soak/mutant	# and the lane, which is the kernel

# The module with a fault in it, instead of the checkout's
driver_modules()
{
	if [ "$lane" = races ]; then
		echo "$OUT/races/module"
	else
		echo "$MUTANT-$lane/module"
	fi
}

# soak_mutant NAME: a minute with it; what was said goes to $OUT/NAME.tap
soak_mutant()
{
	local apply=("$HERE/mutants.py" apply "$1")

	if [ "$lane" = races ]; then
		races_modules "${apply[@]}" || return 1
		soak_races 60 "soak-mutant-$1" >"$OUT/$1.tap" || :
		return
	fi
	module_args=()
	[ "$lane" = plain ] || module_args=("VFIO_CCW_WRAP=$WRAP_STEPS")
	changed_module "$lane" "$MUTANT-$lane" "${apply[@]}" || return 1
	soak "$lane" 60 "soak-mutant-$1" >"$OUT/$1.tap" || :
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
	lane=$("$HERE/mutants.py" lane "$name")
	if soak_mutant "$name"; then
		! "$HERE/mutants.py" expected "$name" <"$OUT/$name.tap" || word=ok
	fi
	[ "$word" = ok ] || failed=1
	echo "$word $number - noticed: $name"
done
echo "1..$number"
exit $failed
