#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# soak.sh [--kernel KERNEL]... [--minutes N]: the soak in a virtual machine, with
# each kernel in turn. One TAP document on standard output.
#
#   SOAK_MINUTES  how long with each (30)
#   SOAK_SEED     what decides everything but who comes first (the time)
#   SOAK_USERS    processes that use devices at a time (4)
#   SOAK_KCSAN    parameters of the concurrency sanitizer ("udelay_task=1000
#                 skip_watch=100"): long moments, as the machine may do other things
#                 meanwhile, so that its virtual processors seldom run at the same time
#   SOAK_SESSION  only this session, again and again: it is named by a failure

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/../vm/build.sh"

HERE=$TOP/tests/soak
OUT=$BUILD/soak
DEVICES=8

# soak_program: the program for the machine
soak_program()
{
	local dir flags=()

	build_ccwio
	mkdir -p "$OUT/files"
	for dir in $(uapi); do
		flags+=(-isystem "$dir")
	done
	one_at_a_time soak "${CROSS}gcc" -std=gnu11 -O2 -g -static -pthread \
		-Wall -Wextra -Werror -Wno-unused-parameter \
		-I"$TOP/tools/ccwio" -I"$VM/selftests" "${flags[@]}" \
		-o "$OUT/files/soak" "$HERE"/*.c "$VM/selftests/inside.c" \
		"$BUILD/ccwio/libccwio.a"
}

# soak KERNEL SECONDS NAME [vm.py OPTION...]
soak()
{
	local kernel=$1 seconds=$2 name=$3 n devices=() numbers=""

	shift 3
	# With lock debugging, a device that is plugged is found minutes later
	[ "$kernel" != debug ] || set -- "$@" --env "SOAK_SLOW_PLUGS=1"
	[ "$kernel" != kcsan ] || set -- "$@" \
		--env "SOAK_KCSAN=${SOAK_KCSAN-udelay_task=1000 skip_watch=100}"
	for ((n = 0; n < DEVICES; n++)); do
		devices+=(--device "virtio-rng-ccw,devno=fe.0.300$n,id=soak$n")
		numbers+=" 300$n"
	done
	vm "$kernel" "$HERE/guest.sh" --name "$name" --qemu "$qemu" \
		--timeout 900 --memory 1024 "${devices[@]}" \
		--terminal fe.0.000a --host "python3 '$VM/host.py'" \
		--add "$OUT/files:/soak" --allow "$VM/known-complaints" \
		--env "SOAK_SECONDS=$seconds" --env "SOAK_SEED=$seed" \
		--env "SOAK_USERS=${SOAK_USERS:-4}" \
		${SOAK_SESSION:+--env "SOAK_SESSION=$SOAK_SESSION"} \
		--env "SOAK_DEVICES=$numbers 000a" "$@"
}

# renumber KERNEL: the program's document becomes part of one
renumber()
{
	local line word

	while IFS= read -r line; do
		case $line in
		"ok "*|"not ok "*)
			count=$((count + 1))
			word=${line%%ok *}ok
			[ "$word" = ok ] || failed=$((failed + 1))
			echo "$word $count $1: ${line#*ok * - }" ;;
		"TAP version"*|1..*) ;;
		"#"*)	echo "$line" ;;
		*)	echo "# $line" ;;
		esac
	done
}

main()
{
	local kernels=() minutes=${SOAK_MINUTES:-30} kernel

	while [ $# -gt 0 ]; do
		case $1 in
		--kernel)	kernels+=("$2") ;;
		--minutes)	minutes=$2 ;;
		*)		die "what is $1?" ;;
		esac
		shift 2
	done
	[ ${#kernels[@]} -gt 0 ] || kernels=(debug)
	seed=${SOAK_SEED:-$(date +%s)}
	count=0
	failed=0
	host_packages cross vm
	# Modules are loaded in turn at the same addresses, which takes QEMU 8.2
	qemu=$(newer_qemu)
	soak_program
	echo "TAP version 13"
	for kernel in "${kernels[@]}"; do
		say "$minutes minutes of soak with the $kernel kernel, seed $seed"
		renumber "$kernel" < <(soak "$kernel" $((minutes * 60)) \
			"soak-$kernel" || echo "not ok 0 - the machine ended as it should, without a complaint")
	done
	echo "1..$count"
	[ "$failed" -eq 0 ]
}

# Sourced by others, for the functions
[ "${BASH_SOURCE[0]}" != "$0" ] || main "$@"
