#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# patches.sh: do the patches below patches/ apply to the kernel source of the
# series in use, and compile for s390? One test per patch (TAP). What has passed
# is kept in the cache, under the digest of all that decides about it. For
# another series: SERIES=7.2 EXTRA_SUITES="..." patches.sh

# shellcheck source=tests/lib/kernels.sh
. "$(dirname "$0")/lib/kernels.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=$CACHE/patches/passed
count=0
failed=0

# compiles FILE...: files of the patched copy, with the private headers beside
compiles()
{
	local file dir

	for file in "$@"; do
		dir=$work/copy/$(dirname "$file")
		cp -n "$source/$(dirname "$file")"/*.h "$dir/" 2>/dev/null || :
		echo "obj-m := $(basename "$file" .c).o" >"$dir/Kbuild"
		kmake -C "$source" O="$kernel" M="$dir" \
			"$(basename "$file" .c).o" >"$work/log" 2>&1 || return 1
	done
}

# applies PATCH: to a copy of the files that it changes
applies()
{
	local files

	mapfile -t files < <(sed -n 's|^+++ b/||p' "$1")
	[ ${#files[@]} -gt 0 ] || return 1
	rm -rf "$work/copy"
	mkdir "$work/copy"
	(cd "$source" && cp --parents "${files[@]}" "$work/copy/") || return 1
	patch -d "$work/copy" -p1 --fuzz=0 <"$1" >"$work/log" 2>&1 || return 1
	mapfile -t files < <(printf '%s\n' "${files[@]}" | grep '\.c$')
	compiles "${files[@]}"
}

host_packages cross
source=$(kernel_source)
kernel=$(test_kernel plain)
mkdir -p "$passed"
echo "TAP version 13"
for patch in "$TOP"/patches/*.patch; do
	count=$((count + 1))
	name="$(basename "$patch") applies to ${source##*/} and compiles"
	key=$(cat "$0" "$patch" <(echo "$kernel") | sha256sum | cut -c1-40)
	if [ -e "$passed/$key" ] || applies "$patch"; then
		touch "$passed/$key"
		echo "ok $count $name"
	else
		failed=$((failed + 1))
		echo "not ok $count $name"
		sed 's/^/# /' "$work/log"
	fi
done
echo "1..$count"
[ "$failed" -eq 0 ]
