#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh check|long|demo|css: passthrough to a guest under the stock s390x QEMU, in
# an emulated mainframe. "demo" shows one session; the others tell results in the
# Test Anything Protocol. "css" has the program that CSS_ELF names as its guest.

set -euo pipefail

HERE=$(cd "$(dirname "$0")" && pwd)
OUT=$(cd "$HERE/../.." && pwd)/build/passthrough

# images KERNEL: the pieces for a host with that kernel.
images()
{
	"$HERE/images.sh" "$1" "$OUT/$1" >&2
}

check()
{
	"$HERE/check.py" --images "$OUT/plain" "$@"
}

# with_program FILE: a host with one more program, FILE, in its root
with_program()
{
	images plain
	mkdir -p "$OUT/css"
	ln -sfn "$(readlink "$OUT/plain/qemu")" "$OUT/css/qemu"
	ln -sfn ../plain/host.image "$OUT/css/host.image"
	{ cat "$OUT/plain/host.initrd"
	  cd "$(dirname "$1")"
	  basename "$1" | cpio -o -H newc -R 0:0 --quiet; } >"$OUT/css/host.initrd"
}

case ${1:-} in
check)
	images plain
	check hotplug balloon flood race loss tools
	;;
long)
	images plain
	status=0
	check --rounds 20 --plugs 3 hotplug flood || status=1
	check --starts 10000 race || status=1
	check --rounds 5 balloon loss tools || status=1
	check guest || status=1
	exit $status
	;;
demo)
	images plain
	check --demo
	;;
css)
	elf=${CSS_ELF:-}
	[ -f "$elf" ] && [ "${elf##*/}" = css.elf ] || {
		echo "error: CSS_ELF has to name s390x/css.elf of kvm-unit-tests" >&2
		exit 2
	}
	with_program "$elf"
	"$HERE/css.py" --images "$OUT/css"
	;;
*)
	echo "usage: run.sh check|long|demo|css" >&2
	exit 2
	;;
esac
