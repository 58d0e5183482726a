#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# kcov.sh: the surface of a device fuzzed in a virtual machine, guided by the code of
# the driver that is reached. First on the plain kernel, which is fast: from nothing,
# then with tests/kcov/corpus.txt and with what earlier runs have found
# (build/kcov/corpus.txt), which is written anew: as few inputs as reach all that is
# reached. Then all of these on the hardened kernel, which notices more. Functions with
# code that no input has reached are in build/kcov/unreached.txt. TAP.
#
#   KCOV_SECONDS  how long on the plain kernel (240), without the boot and the end
#   KCOV_SEED     of the random changes (the time)

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/build.sh"

HERE=$TOP/tests/kcov
OUT=$BUILD/kcov
POINTS=8
# The driver calls what the module tests/kcov/cover has, before each basic block:
# each call by its name, and one that comes back, so that cover.py knows it
module_args=("KCFLAGS=-fsanitize-coverage=trace-pc -fno-function-cse -fno-optimize-sibling-calls"
	KBUILD_MODPOST_WARN=1)

# The driver for a kernel, as kcov_modules has built it last
driver_modules()
{
	echo "$OUT/$1/module"
}

# kcov_modules KERNEL COMMAND...: the driver after COMMAND has changed its source, and
# the module that it calls
kcov_modules()
{
	changed_module "$1" "$OUT/$1" "${@:2}" || return 1
	helper_module "$1" "$HERE/cover" "$OUT/cover-$1"
}

kcov_program()
{
	local dir flags=()

	build_ccwio
	mkdir -p "$OUT/files"
	for dir in $(uapi); do
		flags+=(-isystem "$dir")
	done
	one_at_a_time kcov "${CROSS}gcc" -std=gnu11 -O2 -g -static -Wall \
		-Wextra -Werror -Wno-unused-parameter -I"$TOP/tools/ccwio" \
		"${flags[@]}" -o "$OUT/files/kcov" "$HERE/kcov.c" \
		"$BUILD/ccwio/libccwio.a"
}

# fuzz KERNEL NAME SECONDS SEED: the machine. What it prints goes to $OUT/NAME.tap
fuzz()
{
	local places

	places=$("$HERE/cover.py" "$(driver_modules "$1")/vfio_ccw.ko") || return 2
	vm "$1" "$HERE/guest.sh" --name "$2" --qemu "$qemu" --timeout 900 \
		--device virtio-rng-ccw,devno=fe.0.1111 \
		--add "$VM/guest:/guest" --add "$OUT/files:/kcov" \
		--add "$OUT/cover-$1/vfio_ccw_cover.ko:/kcov/cover.ko" \
		--allow "$VM/known-complaints" --env "KCOV_PLACES=$places" \
		--env "KCOV_SECONDS=$3" --env "KCOV_SEED=$4" >"$OUT/$2.tap"
}

# run KERNEL SECONDS: fuzz it, and tell what came of it; false if anything was wrong
run()
{
	local status=0 word=ok points line

	fuzz "$1" "kcov-$1" "$2" "$seed" || status=$?
	points=$(grep -cE '^(not )?ok ' "$OUT/kcov-$1.tap" || :)
	while read -r line; do
		case $line in
		"ok "*|"not ok "*)
			count=$((count + 1))
			echo "${line%%ok *}ok $count - $1: ${line#*ok * - }" ;;
		"# corpus "*|"# place "*|"# try "*|1..*|TAP*) ;;
		*)	echo "$line" ;;
		esac
	done <"$OUT/kcov-$1.tap"
	[ "$status" -eq 0 ] && [ "$points" -eq "$POINTS" ] || word="not ok"
	[ "$word" = ok ] ||
		sed -n 's/^# try/# the last input:/p' "$OUT/kcov-$1.tap" | tail -n 1
	count=$((count + 1))
	echo "$word $count - $1: the machine ended as it should, without a complaint"
	[ "$word" = ok ] && ! grep -q '^not ok' "$OUT/kcov-$1.tap"
}

# The inputs that reach everything, for the next run and for the hardened kernel
write_corpus()
{
	grep '^# reaches ' "$OUT/kcov-plain.tap" >"$OUT/corpus.new"
	sed -n 's/^# corpus //p' "$OUT/kcov-plain.tap" >>"$OUT/corpus.new"
	mv "$OUT/corpus.new" "$OUT/corpus.txt"
	"$HERE/cover.py" "$(driver_modules plain)/vfio_ccw.ko" \
		"$OUT/kcov-plain.tap" >"$OUT/unreached.txt"
	say "code that was not reached: build/kcov/unreached.txt"
}

main()
{
	local failed=0 count=0

	host_packages cross vm
	qemu=$(newer_qemu)
	seed=${KCOV_SEED:-$(date +%s)}
	kcov_program
	kcov_modules plain :
	kcov_modules debug :
	touch "$OUT/corpus.txt"
	# Of the two files the first says what is expected
	{ cat "$HERE/corpus.txt"; grep -v '^#' "$OUT/corpus.txt" || :; } \
		>"$OUT/files/corpus.txt"
	echo "TAP version 13"
	echo "1..$((2 * (POINTS + 1)))"
	if run plain "${KCOV_SECONDS:-240}"; then
		write_corpus
	else
		failed=1
	fi
	# Other options make other places of the same code: no percentage is expected
	grep -v '^#' "$OUT/corpus.txt" >"$OUT/files/corpus.txt" || :
	run debug 0 || failed=1
	exit $failed
}

# Sourced by planted.sh, for the functions
[ "${BASH_SOURCE[0]}" != "$0" ] || main "$@"
