#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# run.sh check|long|demo: passthrough to a guest under the stock s390x QEMU, in
# an emulated mainframe. "demo" shows one session; "check" and "long" tell
# results in the Test Anything Protocol.

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
*)
	echo "usage: run.sh check|long|demo" >&2
	exit 2
	;;
esac
