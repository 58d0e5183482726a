#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh: the driver's main job, from end to end, on Debian's own s390x kernel
# in a virtual machine. The account goes to standard output, progress to
# standard error.

# shellcheck source=tests/vm/build.sh
. "$(dirname "${BASH_SOURCE[0]}")/build.sh"

say "1/4 packages of this machine"
host_packages cross vm
say "2/4 Debian's s390x kernel, and both modules for it"
stock_kernel >/dev/null
driver_modules stock >/dev/null
say "3/4 ccwio"
build_ccwio
say "4/4 the virtual machine"
status=0
vm stock "$VM/guest/demo" --name demo \
	--device virtio-rng-ccw,devno=fe.0.1111 --terminal fe.0.000a \
	--add "$VM/guest:/guest" --add "$BUILD/ccwio/ccwio:/bin/ccwio" ||
	status=$?
case $status in
0)	echo "The demonstration went well." ;;
*)	die "the demonstration failed ($status), see above;" \
	    "the machine's console is in build/logs/demo.console.log" ;;
esac
