# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Kernel source trees with the driver in them, for builds inside the tree. All
# checkouts share them, so that what was built stays of use: hold a lock from
# farm() to the end of the build.

# farm [SUFFIX]: a copy of the kernel source, made of links, with the driver
# grafted in.
farm()
{
	local source tree

	source=$(kernel_source)
	tree=$CACHE/farm/${source##*/}${1:-}
	[ -d "$tree" ] || plant "$source" "$tree"
	"$TOP/scripts/graft.sh" "$tree"
	echo "$tree"
}

plant()
{
	local tmp

	tmp=$(scratch "$CACHE/farm")
	cp -as "$1/." "$tmp/"
	# kunit.py looks for its kernel where it really is itself.
	rm -rf "$tmp/tools/testing/kunit"
	cp -a "$1/tools/testing/kunit" "$tmp/tools/testing/kunit"
	chmod 755 "$tmp"
	mv "$tmp" "$2"
}
