#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# races.sh [--minutes N]: the soak on the plain kernel, with the driver compiled so that
# it tells of its accesses to memory, and with the module tests/soak/races, which looks
# for those that meet others. The driver's numbers begin near their end. TAP.
#
# Minutes (3), SOAK_SEED and SOAK_USERS as for soak.sh; SOAK_HELPER are parameters of the
# module, "delay=4000 often=9": long moments, as the machine may do other things meanwhile,
# so that its virtual processors seldom run at the same time.

# shellcheck source=tests/soak/soak.sh
. "$(dirname "${BASH_SOURCE[0]}")/soak.sh"

# The driver for the plain kernel, as races_modules has built it last
driver_modules()
{
	echo "$OUT/races/module"
}

# races_modules COMMAND...: the driver after COMMAND has changed its source, and the
# module that it calls
races_modules()
{
	local names=$HERE/races/marked.h

	# shellcheck disable=SC2034 # of changed_module
	module_args=("KCFLAGS=-fsanitize=thread --param tsan-distinguish-volatile=1
		--param tsan-instrument-func-entry-exit=0
		-fno-optimize-sibling-calls -Wno-tsan -include $names"
		KBUILD_MODPOST_WARN=1 "VFIO_CCW_WRAP=$WRAP_STEPS")
	module_args[0]=$(echo "${module_args[0]}" | tr -s '\n\t' ' ')
	changed_module plain "$OUT/races" "$@" || return 1
	helper_module plain "$HERE/races" "$OUT/races/helper"
}

# soak_races SECONDS NAME: the machine
soak_races()
{
	soak plain "$1" "$2" --env "SOAK_HELPER=${SOAK_HELPER-delay=4000 often=9}" \
		--add "$OUT/races/helper/vfio_ccw_races.ko:/soak/helper.ko"
}

main_races()
{
	local minutes=3

	[ "${1:-}" != --minutes ] || minutes=$2
	seed=${SOAK_SEED:-$(date +%s)}
	count=0
	failed=0
	host_packages cross vm
	qemu=$(newer_qemu)
	soak_program
	races_modules : || die "the modules could not be built"
	echo "TAP version 13"
	say "$minutes minutes of soak that looks for races, seed $seed"
	renumber races < <(soak_races $((minutes * 60)) soak-races ||
		echo "not ok 0 - the machine ended as it should, without a complaint")
	echo "1..$count"
	[ "$failed" -eq 0 ]
}

# Sourced by mutants.sh, for the functions
[ "${BASH_SOURCE[0]}" != "$0" ] || main_races "$@"
