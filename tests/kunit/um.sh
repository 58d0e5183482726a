# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The unit tests on user-mode Linux: a kernel with them in it, by the kernel's own
# tool, what it prints, and what that is worth.

KUNIT=$TOP/tests/kunit

# judge ARCH LOG: the results in a kernel's log, and its complaints
judge()
{
	local ret=0

	"$LIB/tap.py" --kernel "$2" || ret=1
	"$LIB/klog.py" --name "no complaint of the kernel on $1" \
		--allow "$KUNIT/allow" "$2" || ret=1
	return $ret
}

# um_kernel TREE TESTS BUILD: a kernel from TREE, with the tests that the
# .kunitconfig in TESTS asks for. Not by the tool's own "build", which says nothing
# until it is over: on a busy machine tests/run would take it for hung.
um_kernel()
{
	cd "$1" &&
	nice tools/testing/kunit/kunit.py config \
		--kunitconfig="$2/.kunitconfig" \
		--kunitconfig="$KUNIT/um.kunitconfig" \
		--arch=um --build_dir="$3" &&
	nice make ARCH=um O="$3" -j"$JOBS" all
}

# um_run TREE BUILD LOG: run that kernel; what it says goes to LOG
um_run()
{
	(cd "$1" && tools/testing/kunit/kunit.py exec --arch=um \
		--build_dir="$2" --timeout=600 --raw_output=all) \
		>"$3" 2>&1 </dev/null || :
}
