#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The unit tests, by the kernel's own tool for them, on user-mode Linux and on
# s390x under QEMU. Prints what the tests print (KTAP), once per architecture.
#
# usage: run.sh [um|s390]

# shellcheck source=tests/lib/kernels.sh
. "$(dirname "$0")/../lib/kernels.sh"
# shellcheck source=tests/lib/farm.sh
. "$LIB/farm.sh"

# suite ARCH: build and run there.
suite()
{
	local arch=$1 tree build log=$TOP/build/logs/kunit-$1.log ret=0 more=()

	tree=$(farm)
	build=$CACHE/kunit/$arch-${tree##*/}
	mkdir -p "$build" "$TOP/build/logs"
	[ "$arch" = um ] || more=(--cross_compile="$CROSS")
	say "unit tests on $arch: building the kernel around them"
	(cd "$tree" && logged "$log.build" nice \
		tools/testing/kunit/kunit.py build "${options[@]}" \
		"${more[@]}" --arch="$arch" --build_dir="$build" \
		--kunitconfig="$TOP/tests/kunit/$arch.kunitconfig") ||
		{ echo "Bail out! the unit tests do not build on $arch"
		  return 1; }
	say "unit tests on $arch: running"
	(cd "$tree" && tools/testing/kunit/kunit.py exec \
		--arch="$arch" --build_dir="$build" --timeout=600 \
		"${more[@]}" --raw_output=all) >"$log" 2>&1 </dev/null || ret=$?
	"$LIB/tap.py" --kernel "$log" || ret=1
	"$LIB/klog.py" --name "no complaint of the kernel on $arch" \
		--allow "$TOP/tests/kunit/allow" "$log" || ret=1
	return $ret
}

options=(--jobs="$JOBS" --kunitconfig="$TOP/tests/.kunitconfig")
if [ $# -eq 1 ]; then
	locked kunit suite "$1"
	exit
fi
host_packages cross vm
status=0
for arch in um s390; do
	"$0" "$arch" || status=1
done
exit $status
