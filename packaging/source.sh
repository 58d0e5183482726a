# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the packages are made of: the project's files, and its version.

# project_version: as debian/changelog has it, which is where it is written down
project_version()
{
	sed -n '1s/.*(\(.*\)).*/\1/p' "$TOP/debian/changelog"
}

# source_tree DIR: the files that git knows, as they are in this checkout
source_tree()
{
	mkdir -p "$1"
	(cd "$TOP" && git ls-files -z | while IFS= read -r -d '' file; do
		[ ! -e "$file" ] || printf '%s\0' "$file"
	done | tar -c --null -T - --owner=0 --group=0) | tar -x -C "$1"
}
