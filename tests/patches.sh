#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# patches.sh: do the patches below patches/ apply to the kernel's source, and
# compile for s390? One test per patch and series (TAP): the one that all other
# tests use, and the one of "make check-7.2", from Debian's testing suite. What has
# passed is kept in the cache, under the digest of all that decides about it.
#
# patches.sh --this: for the series in use alone, a line per patch without a
# number; see tests/lib/kernels.sh.

# shellcheck source=tests/lib/kernels.sh
. "$(dirname "$0")/lib/kernels.sh"

if [ "${1:-}" != --this ]; then
	all=("$TOP"/patches/*.patch)
	count=0
	failed=0
	echo "TAP version 13"
	# What does not come is missed, whatever it was
	echo "1..$((2 * ${#all[@]}))"
	while IFS= read -r line; do
		case $line in
		"ok "*|"not ok "*)
			count=$((count + 1))
			word=${line%%ok *}ok
			[ "$word" = ok ] || failed=1
			line="$word $count ${line#*ok }" ;;
		esac
		echo "$line"
	done < <("$0" --this
		EXTRA_SUITES=testing SERIES=7.2 "$0" --this)
	[ "$failed" -eq 0 ]
	exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=$CACHE/patches/passed

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
kernel=
mkdir -p "$passed"
for patch in "$TOP"/patches/*.patch; do
	name="$(basename "$patch") applies to ${source##*/} and compiles"
	key=$(cat "$0" "$patch" <(echo "$source"; fragment plain
		"${CROSS}gcc" --version) | sha256sum | cut -c1-40)
	[ -e "$passed/$key" ] || kernel=${kernel:-$(prepared_kernel plain)}
	if [ -e "$passed/$key" ] || applies "$patch"; then
		touch "$passed/$key"
		echo "ok $name"
	else
		echo "not ok $name"
		sed 's/^/# /' "$work/log"
	fi
done
