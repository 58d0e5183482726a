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

# build_mutant NAME
build_mutant()
{
	local kernel

	rm -rf "$MUTANT/source"
	mkdir -p "$MUTANT/source/tests" "$MUTANT/module"
	cp -a "$TOP"/*.[ch] "$TOP/Kbuild" "$TOP/Kconfig" "$TOP/compat" \
		"$TOP/scripts" "$MUTANT/source/"
	"$HERE/mutants.py" apply "$1" "$MUTANT/source" || return 1
	kernel=$(test_kernel plain)
	logged "$TOP/build/logs/soak-mutant.log" \
		env KDIR="$kernel" \
		CIO_SRC="$(kernel_source)/drivers/s390/cio" nice \
		"$MUTANT/source/scripts/module.sh" "$MUTANT/module" ARCH=s390 \
		CROSS_COMPILE="$CROSS" -j"$JOBS"
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
	if build_mutant "$name"; then
		soak plain 60 "soak-mutant-$name" >"$OUT/$name.tap" || :
		! "$HERE/mutants.py" expected "$name" <"$OUT/$name.tap" || word=ok
	fi
	[ "$word" = ok ] || failed=1
	echo "$word $number - noticed: $name"
done
echo "1..$number"
exit $failed
