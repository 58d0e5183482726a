#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The unit tests in two kernels: on user-mode Linux (little-endian), by the
# kernel's own tool for them, and as a module in the hardened test kernel
# (s390, big-endian). Prints what the tests print (KTAP), once per architecture.
#
# usage: run.sh [build|um|s390]	("build": only user-mode Linux, with the tests)

# shellcheck source=tests/vm/build.sh
. "$(dirname "$0")/../vm/build.sh"
# shellcheck source=tests/lib/farm.sh
. "$LIB/farm.sh"
# shellcheck source=tests/kunit/um.sh
. "$(dirname "$0")/um.sh"

LOG=$TOP/build/logs/kunit

# build_um: the folder of the kernel with the tests in it
build_um()
{
	local tree build

	tree=$(farm)
	build=$CACHE/kunit/um-${tree##*/}
	mkdir -p "$build" "${LOG%/*}"
	say "unit tests on user-mode Linux: building the kernel around them"
	logged "$LOG-um.log.build" um_kernel "$tree" "$TOP/tests" "$build" \
		>/dev/null
}

# um: build and run, holding the lock of what is built there
um()
{
	local tree

	build_um || {
		echo "Bail out! the unit tests do not build on user-mode Linux"
		return 1
	}
	tree=$(farm)
	say "unit tests on user-mode Linux: running"
	um_run "$tree" "$CACHE/kunit/um-${tree##*/}" "$LOG-um.log"
	judge um "$LOG-um.log"
}

# test_module OUT: the tests and the core that they are of, as one module of the
# hardened kernel
test_module()
{
	mkdir -p "$1"
	"$TOP/scripts/graft.sh" --files-only "$1"
	cp "$KUNIT/module.kbuild" "$1/Kbuild"
	logged "$LOG-s390.log.build" nice make -C "$(test_kernel debug)" \
		M="$1" ARCH=s390 CROSS_COMPILE="$CROSS" -j"$JOBS" modules
}

s390()
{
	local out=$BUILD/kunit-s390 kernel status=0

	kernel=$(test_kernel debug)
	say "unit tests on s390: building the module"
	one_at_a_time kunit-s390 test_module "$out" || {
		echo "Bail out! the unit tests do not build on s390"
		return 1
	}
	say "unit tests on s390: running"
	VM_NO_MODULES=yes vm debug "$KUNIT/guest" --name kunit-s390 --device none \
		--add "$kernel/lib/kunit/kunit.ko:/kunit.ko" \
		--add "$out/vfio_ccw_kunit.ko:/vfio_ccw_kunit.ko" >&2 ||
		status=1
	judge s390 "$LOG-s390.console.log" || status=1
	return $status
}

host_packages cross vm
case ${1:-} in
build)	locked kunit build_um ;;
um)	locked kunit um ;;
s390)	s390 ;;
*)
	status=0
	"$0" um || status=1
	"$0" s390 || status=1
	exit $status ;;
esac
