#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# on-disk.sh DIR FREE [--may-change] COMMAND...: run COMMAND with DIR, and what is in
# it, on a file system of its own, that has FREE KiB left or is read-only (ro).
# Whatever comes of COMMAND, DIR has to be as it was then, unless it may change.
# In a mount namespace of its own, see unshare(1).

set -euo pipefail

dir=$1
free=$2
shift 2
change=
[ "$1" != --may-change ] || {
	change=yes
	shift
}

content()
{
	(cd "$dir" && find . ! -type f && find . -type f -exec sha256sum {} +) |
		sort
}

copy=$(mktemp -d)
mount -t tmpfs -o size=256m tmpfs "$copy"
cp -a "$dir/." "$copy/"
mount --bind "$copy" "$dir"
if [ "$free" = ro ]; then
	mount -o remount,bind,ro "$dir"
else
	left=$(df -k --output=avail "$dir" | tail -n 1)
	head -c $(((left - free) * 1024)) /dev/zero >"$dir/filler"
fi
before=$(content)
status=0
"$@" || status=$?
[ "$before" = "$(content)" ] || [ -n "$change" ] || {
	echo "$dir is not as it was:"
	diff <(echo "$before") <(content) || :
	exit 99
}
exit $status
