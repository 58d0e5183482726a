#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# graft.sh KERNELTREE: put this driver into a Linux source tree as
# drivers/vfio/ccw/, hook it into the build there, and take the tree's own
# driver of the same name out. May be repeated: only what differs is written,
# so that a build afterwards redoes only what changed.
#
# graft.sh --files-only DIR: only copy the files that belong to the kernel.
#
# graft.sh --selftests KERNELTREE: put the self-tests into the tree's own, as
# tools/testing/selftests/drivers/s390x/vfio_ccw.
#
# A tree of symbolic links into another one (cp -as) is fine: files that are
# edited become real ones, and what the links lead to is never written to.

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)

fail()
{
	echo "graft.sh: $*" >&2
	exit 1
}

# put FROM TO: copy unless the same is there already.
put()
{
	cmp -s "$1" "$2" && return 0
	mkdir -p "$(dirname "$2")"
	rm -f "$2"
	cp "$1" "$2"
}

# files: what of this project is part of the kernel.
files()
{
	cd "$top"
	for file in Kbuild Kconfig *.c *.h compat/*.h tests/*_kunit.c \
		tests/.kunitconfig \
		tests/*.h tests/golden/*.h; do
		[ ! -f "$file" ] || echo "$file"
	done
}

copy_files()
{
	files | while read -r file; do
		put "$top/$file" "$1/$file"
	done
	# Sources that are no longer part of the project.
	for dir in "$1" "$1/compat" "$1/tests" "$1/tests/golden"; do
		for file in "$dir"/*.c "$dir"/*.h; do
			[ -e "$file" ] || continue
			case $file in *.mod.c) continue ;; esac
			[ -e "$top/${file#"$1/"}" ] || rm -f "$file"
		done
	done
}

# edit FILE PROGRAM: sed, writing only when something changes.
edit()
{
	sed -E "$2" "$1" >"$1.graft"
	if cmp -s "$1" "$1.graft"; then
		rm -f "$1.graft"
	else
		mv "$1.graft" "$1"
	fi
}

# append FILE LINE: once.
append()
{
	grep -qxF "$2" "$1" || edit "$1" "\$a\\
$2"
}

if [ "${1:-}" = --files-only ]; then
	[ $# -eq 2 ] || fail "usage: graft.sh --files-only DIR"
	mkdir -p "$2"
	copy_files "$2"
	exit 0
fi

# copy_selftests DIR: with what they need of the rest of the project
copy_selftests()
{
	cd "$top"
	for file in tests/vm/selftests/* tests/vm/selftests/hold/* \
		tests/lib/subchannel.sh tools/ccwio/*.[ch] \
		tools/ccwio/Makefile vfio_ccw_uapi.h; do
		[ -f "$file" ] || continue
		case $file in
		tests/vm/selftests/*)	to=${file#tests/vm/selftests/} ;;
		tests/lib/*)		to=${file##*/} ;;
		tools/ccwio/*)		to=libccwio/${file##*/} ;;
		*)			to=include/$file ;;
		esac
		put "$file" "$1/$to"
	done
}

if [ "${1:-}" = --selftests ]; then
	[ $# -eq 2 ] || fail "usage: graft.sh --selftests KERNELTREE"
	tests=$(cd "$2" && pwd)/tools/testing/selftests
	[ -e "$tests/lib.mk" ] || fail "$2 has no self-tests"
	copy_selftests "$tests/drivers/s390x/vfio_ccw"
	edit "$tests/Makefile" '/^TARGETS \+= drivers\/s390x\/vfio_ccw$/d
		/^TARGETS \+= drivers\/s390x\/uvdevice$/a\
TARGETS += drivers/s390x/vfio_ccw'
	exit 0
fi

[ $# -eq 1 ] || fail "usage: graft.sh KERNELTREE"
tree=$1
[ -e "$tree/drivers/vfio/Kconfig" ] && [ -e "$tree/drivers/s390/cio/css.h" ] ||
	fail "$tree is not a Linux source tree"

copy_files "$tree/drivers/vfio/ccw"

# The entry goes inside "if VFIO", beside mdev, which it selects.
grep -q 'vfio/ccw/Kconfig' "$tree/drivers/vfio/Kconfig" ||
	edit "$tree/drivers/vfio/Kconfig" \
		'/^source "drivers\/vfio\/mdev\/Kconfig"/i\
source "drivers/vfio/ccw/Kconfig"'
append "$tree/drivers/vfio/Makefile" 'obj-y += ccw/'

# The tree's own driver: its option, up to the next one, and its objects.
edit "$tree/arch/s390/Kconfig" \
	'/^config VFIO_CCW$/,/^(config|menu|endmenu|if|endif)/ {
		/^config VFIO_CCW$/d
		/^(config|menu|endmenu|if|endif)/!d
	}'
edit "$tree/drivers/s390/cio/Makefile" \
	'/^vfio_ccw-objs/,/[^\\]$/d
	 /vfio_ccw/d'

grep -q 'vfio/ccw/Kconfig' "$tree/drivers/vfio/Kconfig" ||
	fail "drivers/vfio/Kconfig has no place for the driver's options"
! grep -q 'VFIO_CCW' "$tree/arch/s390/Kconfig" ||
	fail "the tree's own option VFIO_CCW could not be taken out"
! grep -q 'vfio_ccw' "$tree/drivers/s390/cio/Makefile" ||
	fail "the tree's own objects could not be taken out"
