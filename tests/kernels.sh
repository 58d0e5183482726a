#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kernels.sh: build all kernels that the tests need, one after the other with all
# processors; those that are there already take no time. One test each (TAP).

# shellcheck source=tests/lib/kernels.sh
. "$(dirname "$0")/lib/kernels.sh"

KERNELS="plain debug guest"
number=0
failed=0

# built NAME COMMAND...
built()
{
	local name=$1 word=ok

	shift
	SECONDS=0
	# Not within a condition: there a failure would not end what fails
	"$@" >/dev/null &
	wait $! || { word="not ok"; failed=1; }
	number=$((number + 1))
	echo "$word $number - $name ($SECONDS s)"
}

echo "TAP version 13"
for kernel in $KERNELS; do
	built "the $kernel test kernel" test_kernel "$kernel"
done
built "user-mode Linux for the unit tests" "$TOP/tests/kunit/run.sh" build
echo "1..$number"
exit $failed
