#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# How the code reads: the compiler's and sparse's warnings, checkpatch,
# kernel-doc, spelling, shellcheck, the layering, and words that must not be
# there. One test per tool and file (TAP).
#
# What has passed before is not looked at again: that is kept, in the cache,
# under the digest of all that decides about it, which is this script, the
# tool, and the text of the file. "style.sh --all" looks at everything.

# shellcheck source=tests/lib/kernels.sh
. "$(dirname "$0")/lib/kernels.sh"
# shellcheck source=tests/lib/farm.sh
. "$LIB/farm.sh"

# Messages of checkpatch that do not apply; in the driver every one does.
# Programs in user space cannot include the headers that have u32, __printf,
# ARRAY_SIZE or BIT(); interfaces of others have capitals in their names, or no
# header; and a word in a message may be the name of a function by chance.
USER_IGNORE=PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO,ARRAY_SIZE
USER_IGNORE=$USER_IGNORE,BIT_MACRO,CAMELCASE,AVOID_EXTERNS
USER_IGNORE=$USER_IGNORE,EMBEDDED_FUNCTION_NAME
# The stand-in for the kernel has macros whose form the kernel prescribes.
SHIM_IGNORE=$USER_IGNORE,MACRO_ARG_UNUSED,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE
SHIM_IGNORE=$SHIM_IGNORE,SINGLE_STATEMENT_DO_WHILE_MACRO,AVOID_BUG
SHIM_IGNORE=$SHIM_IGNORE,NEW_TYPEDEFS,SPACING,COMPLEX_MACRO,VOLATILE,TABSTOP
SHIM_IGNORE=$SHIM_IGNORE,MACRO_WITH_FLOW_CONTROL,MEMORY_BARRIER,DATA_RACE
SHIM_IGNORE=$SHIM_IGNORE,EXPORT_SYMBOL,PRINTK_WITHOUT_KERN_LEVEL
SHIM_IGNORE=$SHIM_IGNORE,IS_ENABLED_CONFIG,SUSPECT_CODE_INDENT
SHIM_IGNORE=$SHIM_IGNORE,UNCOMMENTED_DEFINITION,FUNCTION_ARGUMENTS
SHIM_IGNORE=$SHIM_IGNORE,COMPARISON_TO_NULL
# An expectation that fails ends its test, as KUnit's and kselftest's do.
RIG_IGNORE=$USER_IGNORE,MACRO_WITH_FLOW_CONTROL,MACRO_ARG_REUSE
# What somebody has to say is longer than a line of code.
WORDS_IGNORE=$USER_IGNORE,SPLIT_STRING
# Storage in literal bytes: a CCW or a word of a list on each line.
BYTES_IGNORE=$USER_IGNORE,SPLIT_STRING,MISSING_SPACE
# A header for user space has no BIT(). The macros of tracepoints have a layout of their own.
TRACE_IGNORE=PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE
# The copy of another one's kobj_type gets its release in its place.
PRIVATE_IGNORE=CONST_STRUCT
# A member of the type CP_VEC(type) is taken for a cast, and an iterator names its
# arguments more than once.
PROG_IGNORE=SPACING,MACRO_ARG_REUSE
# What a kernel does not have takes no argument.
COMPAT_IGNORE=MACRO_ARG_UNUSED
# What codespell takes for typing errors: a word of the telnet protocol, unit
# exception, to and fro, instructions by their first letters, a direction of syzkaller's
WORDS=wont,ue,fro,ded,inout

CORE="vfio_ccw_counter.h vfio_ccw_format.h vfio_ccw_fsm.h vfio_ccw_fsm.c
	vfio_ccw_fsm_names.c vfio_ccw_status.h
	vfio_ccw_status.c vfio_ccw_pins.h vfio_ccw_pins.c
	vfio_ccw_cp.h vfio_ccw_cp_prog.h vfio_ccw_cp_prog.c
	vfio_ccw_cp_pin.c vfio_ccw_cp_ida.c vfio_ccw_cp_fetch.c
	vfio_ccw_cp_emit.c vfio_ccw_cp_status.c vfio_ccw_cp.c
	vfio_ccw_cp_resume.c"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=$CACHE/style/passed
points=0
names=()
script=$(sha256sum <"$0")

# digest TEXT...: of this script, the texts, and standard input
digest()
{
	{ echo "$script" "$@"; cat; } | sha256sum | cut -c1-40
}

# keep KEY FILE: remember the output of something that has passed
keep()
{
	mkdir -p "$passed"
	cp "$2" "$passed/$1.$BASHPID"
	mv "$passed/$1.$BASHPID" "$passed/$1"
}

# known KEY: has it passed before? Then it stays for two more weeks.
known()
{
	[ -z "$all" ] && [ -e "$passed/$1" ] && touch "$passed/$1"
}

# judge NUMBER KEY COMMAND...: leaves what is wrong in $work/NUMBER. A key of -
# says that the verdict depends on more than a digest could cover.
judge()
{
	local out=$work/$1 key=$2

	shift 2
	: >"$out"
	if [ "$key" != - ] && known "$key"; then
		touch "$out.known"
		return 0
	fi
	"$@" >"$out" 2>&1 </dev/null || [ -s "$out" ] || echo "failed" >"$out"
	[ -s "$out" ] || [ "$key" = - ] || keep "$key" "$out"
}

# point NAME KEY COMMAND...: a test that passes when COMMAND succeeds silently;
# as many at a time as there are processors
point()
{
	names[points]=$1
	shift
	while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do
		wait -n || :
	done
	judge "$points" "$@" &
	points=$((points + 1))
}

# tell: the results, in the order of the points
tell()
{
	local i failed=0 known=0

	wait
	for ((i = 0; i < points; i++)); do
		[ ! -e "$work/$i.known" ] || known=$((known + 1))
		if [ -e "$work/$i" ] && [ ! -s "$work/$i" ]; then
			echo "ok $((i + 1)) - ${names[i]}"
			continue
		fi
		failed=1
		echo "not ok $((i + 1)) - ${names[i]}"
		sed -n '1,40s/^/# /p' "$work/$i"
	done
	echo "# $known of them have passed before and are unchanged"
	echo "1..$points"
	return $failed
}

# tracked PATTERN...: files of the project, also those not committed yet.
tracked()
{
	(cd "$TOP" && git ls-files -co --exclude-standard -- "$@" | sort -u |
		while read -r file; do [ ! -f "$file" ] || echo "$file"; done)
}

# compile NAME OPTION...: build our folder of the grafted tree in a
# configuration of its own; the log is left in $work/NAME.
compile()
{
	local name=$1 tree build

	shift
	tree=$(farm -style) || return 1
	build=$CACHE/style/$name-${tree##*/}
	mkdir -p "$build"
	cat "$TOP/tests/configs/plain.config" - >"$build/fragment.new" <<CONF
$(printf '%s\n' "$@")
CONF
	if ! cmp -s "$build/fragment.new" "$build/fragment" ||
	   [ ! -e "$build/.config" ]; then
		kmake -C "$tree" O="$build" allnoconfig \
			KCONFIG_ALLCONFIG="$build/fragment.new" || return 1
		mv "$build/fragment.new" "$build/fragment"
	fi
	rm -rf "$build/drivers/vfio/ccw"
	kmake -C "$tree" O="$build" -j"$JOBS" prepare || return 1
	kmake -C "$tree" O="$build" -j"$JOBS" -k C=2 W=1 drivers/vfio/ccw/
}

# warnings LOG FILE: what compiler and sparse say about that file.
warnings()
{
	grep -E "(^|[ /])drivers/vfio/ccw/${2//./\\.}:[0-9]+" "$1" || :
}

# compiled LOG: the build itself succeeded.
compiled()
{
	[ ! -e "$1.failed" ] || tail -n 30 "$1"
}

# sources: the text of everything that a build is made of
sources()
{
	local dir=$work/files

	[ -d "$dir" ] || "$TOP/scripts/graft.sh" --files-only "$dir"
	(cd "$dir" && find . -type f | sort | xargs cat)
	cat "$TOP/tests/configs/plain.config" "$TOP/scripts/graft.sh" "$LIB"/*.sh
}

# build NAME OPTION...: leaves what was said in $work/NAME
build()
{
	local name=$1 log=$work/$1 key

	key=$(sources | digest "$source" "$("${CROSS}gcc" --version)" \
		"$(sparse --version)" "$@")
	shift
	if known "$key"; then
		cp "$passed/$key" "$log"
	else
		say "compiling with sparse and W=1: $name"
		locked style compile "$name" "$@" >"$log" 2>&1 ||
			touch "$log.failed"
		[ -e "$log.failed" ] || keep "$key" "$log"
	fi
	cp "$log" "$TOP/build/logs/style-$name.log"
}

build_points()
{
	local name=$1 log=$work/$1 file

	point "$name: builds" - compiled "$log"
	for file in $(tracked '*.c' '*.h' |
		grep -E '^((compat|tests)/)?[^/]*$'); do
		point "$name: sparse and W=1: $file" - \
			warnings "$log" "$file"
	done
}

# Ways to build the driver and the unit tests, as DRIVER TESTS; tests that are
# built in cannot use a driver that is a module. In this order each finds most of
# what it needs: an object is made anew when it was compiled in another way.
WAYS="m:m m:n y:n y:y y:m n:m n:y"

# others OBJECT...: what the rest of the kernel exports to these, in the form of
# Module.symvers; whether it does is seen where whole kernels are built
others()
{
	"${CROSS}nm" -u "$@" | awk '$1 == "U" && $2 !~ /^vfio_ccw/ {
		if (!seen[$2]++)
			printf "0x0\t%s\tothers\tEXPORT_SYMBOL\t\n", $2 }'
}

# link TREE DRIVER TESTS: build both in one of these ways, in the folder of the
# first compilation and like there, and say what is missing, or is there twice, at
# the end
link()
{
	local tree=$1 driver=$2 tests=$3 dir=drivers/vfio/ccw objects=()

	# Made of objects that may be from another way
	rm -f $dir/built-in.a $dir/vfio_ccw.o $dir/vfio_ccw_kunit.o vmlinux.o
	# Empty is what an option is that is off
	kmake -C "$tree" O="$PWD" -j"$JOBS" W=1 CONFIG_VFIO_CCW="${driver#n}" \
		CONFIG_VFIO_CCW_KUNIT_TEST="${tests#n}" $dir/ >log 2>&1 || {
		tail -n 30 log
		return 1
	}
	[ "$driver" != m ] || objects+=("$dir/vfio_ccw.o")
	[ "$tests" != m ] || objects+=("$dir/vfio_ccw_kunit.o")
	if [ "$driver" = y ] || [ "$tests" = y ]; then
		"${CROSS}ld" -r --whole-archive -o vmlinux.o \
			$dir/built-in.a || return 1
		# No modpost looks for that
		"${CROSS}nm" -u vmlinux.o | grep vfio_ccw
		objects=(vmlinux.o "${objects[@]}")
	fi
	others "${objects[@]}" >others.symvers
	scripts/mod/modpost -M -i others.symvers "${objects[@]}" 2>&1
}

link_all()
{
	local tree way said

	tree=$(farm -style) && cd "$CACHE/style/module-${tree##*/}" || return 1
	for way in $WAYS; do
		said=$(link "$tree" "${way%:*}" "${way#*:}" 2>&1) ||
			: "${said:=failed}"
		[ -z "$said" ] || printf 'VFIO_CCW=%s, tests %s: %s\n' \
			"${way%:*}" "${way#*:}" "$said"
	done
	rm -f vmlinux.o
}

# linked LOG: nothing was said
linked()
{
	cat "$1"
}

links()
{
	local log=$work/links key

	key=$(sources | digest links "$source" "$("${CROSS}gcc" --version)")
	if known "$key"; then
		cp "$passed/$key" "$log"
	else
		say "linking in all ways: $WAYS"
		locked style link_all >"$log"
		[ -s "$log" ] || keep "$key" "$log"
	fi
}

# builds: all that is compiled, one after the other; where make has little to do at
# a time, others have the rest of the processors
builds()
{
	build module CONFIG_KUNIT=y CONFIG_VFIO_CCW_KUNIT_TEST=m
	build builtin CONFIG_VFIO_CCW=y CONFIG_VFIO_MDEV=y \
		CONFIG_DEBUG_FS=n CONFIG_FTRACE=n CONFIG_VFIO_DEBUGFS=n \
		CONFIG_VFIO_GROUP=n CONFIG_VFIO_CONTAINER=n
	links
}

# ported_back: headers that have something new are found out without a look at
# any version, and those that have not, too
ported_back()
{
	local dir=$work/headers

	mkdir -p "$dir/include/linux"
	: >"$dir/include/linux/workqueue.h"
	echo 'struct vfio_device_ops { int (*get_region_info_caps)(void); };' \
		>"$dir/include/linux/vfio.h"
	printf '%s\n' "srctree := $dir" "src := $TOP" "include $TOP/Kbuild" \
		"show: ; @echo \$(filter -DVFIO_CCW_HAS_%,\$(ccflags-y))" |
		make -s -f - show >"$dir/found" || return 1
	[ "$(cat "$dir/found")" = -DVFIO_CCW_HAS_REGION_INFO_CAPS ] ||
		cat "$dir/found"
}

checkpatch()
{
	local ignore=()

	case $1 in
	compat/*)		ignore=(--ignore "$COMPAT_IGNORE") ;;
	tests/golden/*) ignore=(--ignore "$BYTES_IGNORE") ;;
	tests/user/include/*|tests/user/kunit/*|tests/soak/races/*)
				ignore=(--ignore "$SHIM_IGNORE") ;;
	vfio_ccw_uapi.h)	ignore=(--ignore BIT_MACRO) ;;
	vfio_ccw_cp_prog.h)	ignore=(--ignore "$PROG_IGNORE") ;;
	vfio_ccw_private.h)	ignore=(--ignore "$PRIVATE_IGNORE") ;;
	vfio_ccw_trace.h)	ignore=(--ignore "$TRACE_IGNORE") ;;
	tests/vm/selftests/trace.c|tests/vm/selftests/events.c|\
	tests/vm/selftests/command.c)
				ignore=(--ignore "$WORDS_IGNORE") ;;
	tests/dasd/rig.h)	ignore=(--ignore "$RIG_IGNORE") ;;
	tests/*/*|tools/*)	ignore=(--ignore "$USER_IGNORE") ;;
	esac
	(cd "$source" && perl scripts/checkpatch.pl --no-tree --root=. \
		--strict --terse --no-summary --show-types \
		--max-line-length=100 "${ignore[@]}" -f "$TOP/$1")
}

kernel_doc()
{
	perl "$source/scripts/kernel-doc" -none -Wall -Werror "$TOP/$1"
}

# layering FILE: the core knows no architecture and nothing of the shell.
layering()
{
	grep -nE '^#[[:space:]]*include.*(<asm/|vfio_ccw_(private|uapi|trace)|css\.h|cio\.h|chp\.h|ioasm\.h|linux/vfio|linux/mdev)' \
		"$TOP/$1" | grep -v '<asm/byteorder.h>' || :
}

spdx()
{
	local first

	first=$(sed -n '1{/^#!/!p};2p' "$TOP/$1" | head -n 1)
	case $first in
	*SPDX-License-Identifier:\ GPL-2.0*) ;;
	*)	echo "$1: line 1 names no licence" ;;
	esac
}

no_spdx()
{
	local file

	for file in $(tracked '*.c' '*.h' '*.sh' '*.py' '*.rst' Makefile \
		Kbuild Kconfig '*/Makefile' '*.mk'); do
		spdx "$file"
	done
}

# Words that say something is not finished.
unfinished()
{
	local words='TO''DO|FIX''ME|XX''X|HA''CK'

	(cd "$TOP" && tracked '*' | xargs grep -nIwE "$words" /dev/null) || :
}

# Names of the machine at hand: its mirror and its home directory.
machine_names()
{
	local host home=$HOME

	host=$(mirror | sed -E 's#^[a-z+]+://##; s#/.*##')
	[ ${#home} -gt 5 ] || home=/nowhere
	(cd "$TOP" && tracked '*' |
		xargs grep -nIF -e "$host" -e "$home/" /dev/null) || :
}

# spelling: checkpatch has a dictionary of its own, codespell a larger one
spelling()
{
	(cd "$TOP" && tracked '*' | grep -v '^COPYING$' |
		xargs codespell -q 7 -L "$WORDS")
}

# no_such_tests: those that the documentation names as "file: test" and that
# are not in that file below tests/
no_such_tests()
{
	local file name

	cat "$TOP"/Documentation/*.rst | tr -s ' \t\n' ' ' |
		grep -oE '``[a-z_/]+[.][ch]: [^`]+``' | tr -d '`' |
		while IFS= read -r name; do
			file=${name%%: *}
			grep -qsF -e "${name#*: }" "$TOP/tests/$file" ||
				echo "$file has no test \"${name#*: }\""
		done
}

shell_script()
{
	(cd "$TOP" && shellcheck -x -S warning "$1")
}

# shell_scripts: files that begin as one, or say what shell they are for
shell_scripts()
{
	(cd "$TOP" && tracked '*' | while read -r file; do
		! head -n 3 "$file" |
			grep -qaE '^#!.*sh$|^# shellcheck shell=' ||
			echo "$file"
	done)
}

python_script()
{
	python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' \
		"$TOP/$1"
}

# in_the_series: each file that goes into the kernel is a part of one patch
in_the_series()
{
	GIT_AUTHOR_NAME=nobody GIT_AUTHOR_EMAIL=nobody@example.org \
		"$TOP/scripts/series.py" "$source" "$work/series" >/dev/null
}

# rooms_drawn: and so it is said how to draw it
rooms_drawn()
{
	python3 "$TOP/tests/rooms.py" --dot |
		diff -u "$TOP/Documentation/rooms.dot" -
}

# documents: they become HTML without a warning
documents()
{
	"$TOP/scripts/docs.sh" "$work/docs" >/dev/null 2>"$work/docs.err" ||
		cat "$work/docs.err"
}

all=
[ "${1:-}" != --all ] || all=yes
host_packages cross style docs
mkdir -p "$TOP/build/logs"
[ ! -d "$passed" ] || find "$passed" -type f -mtime +14 -delete
source=$(kernel_source)
echo "TAP version 13"

{ builds && : >"$work/built"; } &

point "what a kernel has is asked of its headers" - ported_back

say "checkpatch, kernel-doc and the rest"
for file in $(tracked '*.c' '*.h'); do
	point "checkpatch: $file" "$(digest checkpatch "$file" "$source" \
		<"$TOP/$file")" checkpatch "$file"
done
for file in $(tracked '*.c' '*.h' | grep -vE '^tests/user/include/'); do
	point "kernel-doc: $file" "$(digest kernel-doc "$file" "$source" \
		<"$TOP/$file")" kernel_doc "$file"
done
for file in $CORE; do
	point "layering: $file" - layering "$file"
done
# Each reads those that it sources, too
scripts=$(shell_scripts)
# shellcheck disable=SC2086 # a list of files
texts=$(cd "$TOP" && cat $scripts | digest "$(shellcheck --version)")
for file in $scripts; do
	point "shellcheck: $file" "$(digest "$file" "$texts" </dev/null)" \
		shell_script "$file"
done
for file in $(tracked '*.py' tests/run); do
	point "python: $file" - python_script "$file"
done
point "no file knows one above it" - python3 "$TOP/tests/rooms.py"
point "a made-up arrow that points up is found" - \
	python3 "$TOP/tests/rooms.py" --negative
point "every file has its patch in the series for upstream" - in_the_series
point "the picture of the rooms is that of the code" - rooms_drawn
point "the plot of the figures is that of their table" - \
	"$TOP/tests/bench/report.py" --drawn \
	"$TOP/Documentation/performance-figures.rst" \
	"$TOP/Documentation/performance-ratio.svg"
point "the interface's rules name the tests that hold them" - \
	python3 "$TOP/tests/guarantees.py"
texts=$(cd "$TOP" && cat Documentation/* ./*.[ch] debian/changelog scripts/docs.sh |
	digest "$source" "$(sphinx-build --version)")
point "the documents become HTML without a warning" "$texts" documents
point "spelling" - spelling
point "the tests that the documentation names exist" - no_such_tests
point "every file names its licence in its first line" - no_spdx
point "nothing says that it is unfinished" - unfinished
point "nothing names the machine at hand" - machine_names

wait
[ -e "$work/built" ] || die "what is compiled could not be looked at"
build_points module
build_points builtin
point "driver and unit tests link, built in, as modules, or one of them" \
	- linked "$work/links"
tell
