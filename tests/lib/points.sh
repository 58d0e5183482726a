# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Tests that are commands, told in TAP. Whoever sources this has a folder $work, and
# says itself how many tests there were ($count) and whether one has failed ($failed).

# shellcheck source=tests/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

count=0
failed=0

# test_that NAME COMMAND...: a test that passes when COMMAND succeeds
test_that()
{
	local name=$1 out=${work:?}/out

	shift
	count=$((count + 1))
	if ("$@") >"$out" 2>&1 </dev/null; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		tail -n 25 "$out" | sed 's/^/# /'
		# shellcheck disable=SC2034 # read by the scripts that source this one
		failed=1
	fi
}
