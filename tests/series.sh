#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The series for upstream ("make patches"): it is written for Linux 6.12 and for
# the newest kernel that Debian has, from its testing suite, and applies to each.
# On 6.12 every patch is clean to checkpatch, builds without a warning, built in
# and as modules, links against the rest of the kernel, and passes the unit tests
# that exist by then; on the other one the first and the last build (TAP).
#
# series.sh --other: the part for the series in use that is not 6.12
# series.sh --refusals: only what is refused, which takes seconds

# shellcheck source=tests/vm/build.sh
. "$(dirname "$0")/vm/build.sh"
# shellcheck source=tests/lib/points.sh
. "$TOP/tests/lib/points.sh"
# shellcheck source=tests/lib/farm.sh
. "$LIB/farm.sh"
# shellcheck source=tests/kunit/um.sh
. "$TOP/tests/kunit/um.sh"

NEWEST=7.2
DRIVER=drivers/vfio/ccw
LOGS=$TOP/build/logs/series
# Every file is in MAINTAINERS, which is looked at by itself
IGNORE=FILE_PATH_CHANGES

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
repo=$work/repo
count=${COUNT:-0}

# The same on any machine
export GIT_AUTHOR_NAME="A Maintainer" GIT_AUTHOR_EMAIL=maintainer@kernel.example
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

series()
{
	"$TOP/scripts/series.py" "$@"
}

# --- what is refused ------------------------------------------------------------

# refused TEXT TREE OUT: one sentence with that text, and nothing is written
refused()
{
	local before

	before=$(find "$work/made" "$work/trees" 2>&1 | sort)
	! series "$2" "$3" >"$work/said" 2>&1 || return 1
	cat "$work/said"
	[ "$(wc -l <"$work/said")" -eq 1 ] && grep -qF "$1" "$work/said" &&
		[ "$before" = "$(find "$work/made" "$work/trees" 2>&1 | sort)" ]
}

# tree NAME VERSION [FILE...]: a small tree of Linux
tree()
{
	local dir=$work/trees/$1 file

	mkdir -p "$dir/drivers"
	printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = 0\n' "${2%.*}" \
		"${2#*.}" >"$dir/Makefile"
	for file in "${@:3}"; do
		mkdir -p "$dir/$(dirname "$file")"
		: >"$dir/$file"
	done
	echo "$dir"
}

no_name()
{
	(cd "$work" && unset GIT_AUTHOR_NAME && export HOME=$work &&
		GIT_DIR=$work/nowhere refused "does not know who signs" \
			"$source" "$work/made/new")
}

refusals()
{
	local old=drivers/s390/cio/vfio_ccw_drv.c

	mkdir -p "$work/made/others"
	: >"$work/made/others/letter"
	: >"$work/made/file"
	test_that "no tree is refused in one sentence" \
		refused "make patches KTREE=DIR" "" "$work/made/new"
	test_that "so is a folder that is not there" \
		refused "there is no folder" "$work/trees/none" "$work/made/new"
	test_that "so is what is no Linux source tree" \
		refused "is not a Linux source tree" "$TOP" "$work/made/new"
	test_that "so is a tree without vfio-ccw" refused "has no vfio-ccw" \
		"$(tree without 6.12)" "$work/made/new"
	test_that "so is one that is too old" refused "is for 6.12 and newer" \
		"$(tree old 6.1 $old)" "$work/made/new"
	test_that "so is one that has this driver" refused "already" \
		"$(tree grafted 6.12 $old $DRIVER/Kconfig)" "$work/made/new"
	test_that "so is a part of a tree" refused "not the whole source" \
		"$(tree part 6.12 $old)" "$work/made/new"
	test_that "so is a folder with other files for the patches" \
		refused "has other files" "$source" "$work/made/others"
	test_that "so is a file in its place" \
		refused "is not a folder" "$source" "$work/made/file"
	test_that "so is a place that cannot be written" \
		refused "cannot be written" "$source" /proc/made
	test_that "so is a user without a name" no_name
}

# --- the patches ----------------------------------------------------------------

# made: the series for the kernel's source, twice the same
made()
{
	series "$source" "$work/patches" &&
	series "$source" "$work/again" >/dev/null &&
	diff -r "$work/patches" "$work/again" &&
	# And in the place of an earlier one
	series "$source" "$work/again" >/dev/null &&
	diff -r "$work/patches" "$work/again" &&
	[ "$(list | wc -l)" -gt 20 ]
}

# list: the patches, without the cover letter
list()
{
	find "$work/patches" -name '[0-9]*.patch' ! -name '0000-*' | sort
}

title()
{
	git -C "$repo" log -1 --format=%s "$1"
}

# cover: it has a subject, says what to read, and no line is too long
cover()
{
	local letter=$work/patches/0000-cover-letter.patch

	grep -q '^Subject: \[PATCH 00/[0-9]*\] vfio-ccw: ' "$letter" &&
	! grep -n 'SUBJECT HERE\|BLURB HERE\|{version}' "$letter" &&
	! sed '/^---/,$d;/^From/d' "$letter" | sed '/(.*):$/,$d' |
		grep -nE '^.{76}' &&
	grep -q "Linux $(basename "$source" | sed -E 's/^linux-([0-9.]+).*/\1/')" \
		"$letter"
}

# base: a repository with what the patches change of the kernel's source, as the
# patches themselves say
base()
{
	local file

	rm -rf "$repo"
	mkdir -p "$repo"
	git -C "$repo" init -q
	list | xargs sed -n 's|^--- a/||p' | sort -u | while read -r file; do
		[ -f "$source/$file" ] || continue
		mkdir -p "$repo/$(dirname "$file")"
		cp "$source/$file" "$repo/$file"
	done
	git -C "$repo" add -A --force
	git -C "$repo" commit -q -m "Linux"
	git -C "$repo" tag base
}

applies()
{
	base
	list | xargs git -C "$repo" am --whitespace=error-all
}

checkpatch()
{
	local patch=$1 ignore

	ignore=$(PYTHONPATH=$TOP/scripts python3 -B -c '
import sys
from series_steps import STEPS
print(STEPS[int(sys.argv[1]) - 1].ignore)' "$2")
	cd "$source" || return 1
	perl scripts/checkpatch.pl --no-tree --root=. --strict --terse \
		--no-summary --show-types --max-line-length=100 \
		--ignore "$IGNORE${ignore:+,$ignore}" "$patch"
}

# maintained: each file that the series adds belongs to the driver's entry
maintained()
{
	local file pattern found missing=0

	sed -n '/^S390 VFIO-CCW DRIVER$/,/^$/s/^F:\t//p' "$repo/MAINTAINERS" \
		>"$work/entry"
	while read -r file; do
		found=
		while read -r pattern; do
			# shellcheck disable=SC2053 # a pattern
			[[ $file != $pattern* ]] || found=yes
		done <"$work/entry"
		[ -n "$found" ] || {
			echo "$file is nobody's"
			missing=1
		}
	done < <(git -C "$repo" diff --name-only --diff-filter=A base HEAD)
	# And nothing is listed that is not there
	while read -r pattern; do
		[ -e "$repo/$pattern" ] || [ -e "$source/$pattern" ] || {
			echo "there is no $pattern"
			missing=1
		}
	done <"$work/entry"
	return $missing
}

# grafted: the last patch leaves what graft.sh puts into a tree
grafted()
{
	local tree=$work/grafted

	cp -a "$repo" "$tree"
	rm -rf "$tree/.git"
	git -C "$repo" checkout -q base
	cp -r "$repo/." "$work/plain"
	mkdir -p "$work/plain/drivers/s390/cio" \
		"$work/plain/tools/testing/selftests"
	cp "$source/drivers/s390/cio/css.h" "$work/plain/drivers/s390/cio/"
	cp "$source/tools/testing/selftests/lib.mk" \
		"$work/plain/tools/testing/selftests/"
	"$TOP/scripts/graft.sh" "$work/plain" &&
	"$TOP/scripts/graft.sh" --selftests "$work/plain" || return 1
	git -C "$repo" checkout -q series
	# In the kernel there is a Makefile, and only one driver
	rm -f "$work/plain/$DRIVER/Kbuild" "$tree/$DRIVER/Makefile" \
		"$work/plain"/drivers/s390/cio/{css.h,vfio_ccw*} \
		"$work/plain/tools/testing/selftests/lib.mk"
	diff -r "$work/plain/arch" "$tree/arch" &&
	diff -r "$work/plain/drivers" "$tree/drivers" &&
	diff -r "$work/plain/tools" "$tree/tools"
}

# --- a tree in which each step is built -----------------------------------------

# series_tree: a copy of the kernel's source, made of links; as the kernel is
series_tree()
{
	tree=$CACHE/farm/${source##*/}-series
	[ -d "$tree" ] || plant "$source" "$tree"
	# Of sources that nobody uses any more
	find "$CACHE/series" -maxdepth 1 -mtime +14 -exec rm -rf {} +
	git -C "$repo" diff --name-only base series >"$work/changed"
	# What an earlier series has left
	[ ! -d "$tree/$DRIVER" ] || find "$tree/$DRIVER" -type f |
		sed "s|^$tree/||" >>"$work/changed"
}

# go_to COMMIT: have the tree as it is then; what does not change is left alone
go_to()
{
	local file

	git -C "$repo" checkout -q "$1"
	sort -u "$work/changed" | while read -r file; do
		if [ ! -e "$repo/$file" ]; then
			rm -f "$tree/$file"
		elif ! cmp -s "$repo/$file" "$tree/$file"; then
			rm -f "$tree/$file"
			mkdir -p "$tree/$(dirname "$file")"
			cp "$repo/$file" "$tree/$file"
		fi
	done
}

# configure NAME OPTION...: the test kernel's configuration with these; the
# folder in $build. Once more only where options have changed.
configure()
{
	local other wanted

	build=$CACHE/series/$1-${source##*/}
	# Most of it is the same as in another way to build
	other=$(find "$CACHE/series" -maxdepth 1 -name "VFIO_CCW*-${source##*/}" \
		! -path "$build.new" | sed -n 1p)
	[ -d "$build" ] || [ -z "$other" ] || {
		rm -rf "$build.new"
		cp -a "$other" "$build.new"
		rm -rf "$build.new/$DRIVER" "$build.new/configured"
		mv "$build.new" "$build"
	}
	mkdir -p "$build"
	{ fragment plain; printf 'CONFIG_%s\n' "${@:2}"; } >"$build/fragment"
	wanted=$(cat "$build/fragment" "$tree/$DRIVER/Kconfig" \
		"$tree/arch/s390/Kconfig" | sha256sum)
	[ "$wanted" != "$(cat "$build/configured" 2>/dev/null)" ] || return 0
	kmake -C "$tree" O="$build" allnoconfig \
		KCONFIG_ALLCONFIG="$build/fragment" || return 1
	config_took <(printf 'CONFIG_%s\n' "${@:2}" | grep -v '=n$') \
		"$build/.config" || return 1
	echo "$wanted" >"$build/configured"
}

# compile NAME OPTION...: our folder and that of the kernel's own driver; no
# warning for a file of ours
compile()
{
	local log=$LOGS/$1.log

	configure "$@" >"$log" 2>&1 &&
	kmake -C "$tree" O="$build" -j"$JOBS" W=1 $DRIVER/ drivers/s390/cio/ \
		>>"$log" 2>&1 || {
		tail -n 20 "$log"
		return 1
	}
	! grep -E "(^|[ /])$DRIVER/.*(warning|error):" "$log"
}

# unit_test_names OBJECT...: what KUnit would export to these; the kernel that
# they are compared with has none
unit_test_names()
{
	"${CROSS}nm" -u "$@" | awk '$2 ~ /^(__)?kunit_/ && !seen[$2]++ {
		printf "0x0\t%s\tkunit\tEXPORT_SYMBOL_GPL\t\n", $2 }'
}

# link_modules OBJECT...: what they lack is exported by others or by each other
link_modules()
{
	unit_test_names "$@" >unit-tests.symvers
	# Without what the one of these exports that this kernel has
	grep -v 'drivers/s390/cio/vfio_ccw' "$kernel/Module.symvers" \
		>others.symvers
	scripts/mod/modpost -M -i others.symvers -i unit-tests.symvers "$@"
}

# link_builtin OBJECT...: they fit into the kernel
link_builtin()
{
	local lacking twice

	"${CROSS}ld" -r -o series.o "$@" || return 1
	{
		awk '{ print $3 }' "$kernel/System.map"
		"${CROSS}nm" --defined-only "$kernel/drivers/vfio/mdev/mdev.o" |
			awk '{ print $3 }'
	} | sort -u >there
	lacking=$("${CROSS}nm" -u series.o | awk '{ print $2 }' |
		grep -vE '^(__)?kunit_' | sort -u | comm -23 - there)
	awk '$2 ~ /[A-Z]/ && $2 != "A" { print $3 }' "$kernel/System.map" |
		sort -u >there
	twice=$("${CROSS}nm" --defined-only --extern-only series.o |
		awk '{ print $3 }' | sort -u | comm -12 - there)
	rm -f series.o
	[ -z "$lacking$twice" ] || {
		echo "lacking:" $lacking "twice:" $twice
		return 1
	}
}

# there OBJECT...: those that were built
there()
{
	local object

	for object in "$@"; do
		[ ! -e "$object" ] || echo "$object"
	done
}

# builds DRIVER: with the kernel's own driver or the new one as modules, then
# built in
builds()
{
	local driver=$1 others=() objects

	[ "$driver" = VFIO_CCW ] || others=(VFIO_CCW=n)
	compile "$driver-m" "${others[@]}" "$driver=m" KUNIT=y \
		VFIO_CCW_KUNIT_TEST=m || return 1
	[ -z "$kernel" ] || (
		cd "$build" || exit 1
		# Of this step and this option only
		mapfile -t objects < <(there $DRIVER/vfio_ccw_kunit.o \
			"$(driver_object "$driver")")
		[ ${#objects[@]} -eq 2 ] && link_modules "${objects[@]}"
	) || return 1
	compile "$driver-y" "${others[@]}" "$driver=y" VFIO_MDEV=y KUNIT=y \
		VFIO_CCW_KUNIT_TEST=y || return 1
	[ -z "$kernel" ] || (
		cd "$build" || exit 1
		# What make would link; a .o of the whole driver may be an old one
		mapfile -t objects < <(
			"${CROSS}ar" t $DRIVER/built-in.a
			"${CROSS}ar" t drivers/s390/cio/built-in.a |
				grep vfio_ccw)
		link_builtin "${objects[@]}"
	)
}

# driver_object OPTION: which is whose
driver_object()
{
	if [ "$1" = VFIO_CCW ] && [ -e "$tree/drivers/s390/cio/vfio_ccw_drv.c" ]
	then
		echo drivers/s390/cio/vfio_ccw.o
	else
		echo $DRIVER/vfio_ccw.o
	fi
}

# step_builds: all drivers that are there
step_builds()
{
	builds VFIO_CCW || return 1
	! grep -q '^config VFIO_CCW_NEXT$' "$tree/$DRIVER/Kconfig" ||
		builds VFIO_CCW_NEXT
}

in_user_space()
{
	local out=$work/user

	make -s -C "$TOP/tests/user" O="$out" core="$tree/$DRIVER" \
		"$out/kunit-user" && "$out/kunit-user" >"$out/results" || {
		! [ -e "$out/results" ] || grep -B 5 '^not ok' "$out/results"
		return 1
	}
	"$LIB/tap.py" "$out/results"
}

on_user_mode_linux()
{
	local build=$CACHE/series/um-${source##*/}

	mkdir -p "$build"
	logged "$LOGS/um-build.log" um_kernel "$tree" "$tree/$DRIVER/tests" \
		"$build" || return 1
	um_run "$tree" "$build" "$LOGS/um.log"
	judge um "$LOGS/um.log" >"$work/judged" || {
		grep -A 5 '^ *not ok' "$work/judged"
		tail -n 5 "$work/judged"
		return 1
	}
	# Of each file of tests that is there
	[ "$(grep -c '^ok ' "$work/judged")" -ge \
		"$(find "$tree/$DRIVER/tests" -name '*_kunit.c' | wc -l)" ]
}

# self_tests_build: in the tree, as the kernel's own
self_tests_build()
{
	local headers out=$work/selftests

	headers=" $(uapi)"
	mkdir -p "$out"
	logged "$LOGS/selftests.log" make -j"$JOBS" ARCH=s390 \
		CROSS_COMPILE="$CROSS" KHDR_INCLUDES="${headers// / -isystem }" \
		-C "$tree/tools/testing/selftests/drivers/s390x/vfio_ccw" \
		OUTPUT="$out" all && [ -x "$out/abi" ] && [ -x "$out/vfio-ccw-check" ]
}

documents_build()
{
	VFIO_CCW_KERNEL_SOURCE=$source logged "$LOGS/docs.log" \
		sphinx-build -W --keep-going -q -b html -d "$work/doctrees" \
		-c "$TOP/Documentation" -D kerneldoc_srctree="$tree" \
		"$tree/Documentation/arch/s390/vfio-ccw" "$work/html" &&
		[ -s "$work/html/reference.html" ]
}

# changes COMMIT PATTERN: does it touch such a file?
changes()
{
	git -C "$repo" diff --name-only "$1^" "$1" | grep -qE "$2"
}

# step NUMBER COMMIT: one patch, in the tree
step()
{
	local name

	name="patch $1 ($(title "$2"))"
	say "$name"
	go_to "$2"
	# Self-tests and documents are no part of a kernel
	! changes "$2" "^(arch|drivers)/" || test_that \
		"$name builds, built in and as modules, and links" step_builds
	! changes "$2" "^$DRIVER/(vfio_ccw_(format|status|fsm|pins|cp)|tests/)" ||
		test_that "... its unit tests pass in user space" in_user_space
	! changes "$2" "^$DRIVER/(tests/.*_kunit.c|Kconfig)$" ||
		test_that "... and on user-mode Linux" on_user_mode_linux
}

steps()
{
	local commit number=0

	series_tree
	go_to base
	for commit in $(git -C "$repo" rev-list --reverse base..series); do
		number=$((number + 1))
		step "$number" "$commit"
	done
	test_that "the self-tests build in the tree" self_tests_build
	test_that "the documents become HTML without a warning" documents_build
}

# written: the patches themselves
written()
{
	test_that "the series for ${source##*/} is written" made
	test_that "... its cover letter says what it is" cover
	test_that "... it applies" applies
	git -C "$repo" branch -f series HEAD 2>/dev/null || {
		echo "Bail out! there is no series to look at"
		exit 1
	}
	git -C "$repo" checkout -q series
	test_that "... it leaves what graft.sh puts into a tree" grafted
	git -C "$repo" checkout -q series
	test_that "... each file has its maintainer" maintained
}

other()
{
	written
	series_tree
	go_to base
	go_to "$(git -C "$repo" rev-list --reverse base..series | sed -n 1p)"
	test_that "... its first patch builds" step_builds
	go_to series
	test_that "... its last patch builds" step_builds
	echo "# counted $count"
}

main()
{
	local patch number=0

	echo "TAP version 13"
	refusals
	written
	for patch in $(list); do
		number=$((number + 1))
		test_that "checkpatch: ${patch##*/}" checkpatch "$patch" "$number"
	done
	kernel=$(test_kernel plain)
	steps
	other_series
	echo "1..$count"
}

# other_series: goes on counting
other_series()
{
	local line before=$count

	while IFS= read -r line; do
		case $line in
		"# counted "*)	count=${line##* } ;;
		*)		echo "$line" ;;
		esac
		[[ $line != "not ok "* ]] || failed=1
	done < <(EXTRA_SUITES=testing SERIES=$NEWEST COUNT=$count "$0" --other)
	# It may have ended early
	test_that "... that is all of Linux $NEWEST" [ "$count" -gt "$before" ]
}

host_packages cross style user docs
mkdir -p "$LOGS" "$CACHE/series"
source=$(kernel_source)
kernel=
case ${1:-} in
--refusals)
	echo "TAP version 13"
	refusals
	echo "1..$count" ;;
--other)	locked "series-$SERIES" other ;;
*)		locked "series-$SERIES" main ;;
esac
exit $failed
