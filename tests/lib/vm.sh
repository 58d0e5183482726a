# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# vm KERNEL TEST [vm.py OPTION...]: run the program TEST in a virtual machine
# whose kernel is one of plain, debug or stock, with the driver's modules.

# shellcheck source=tests/lib/kernels.sh
. "$(dirname "${BASH_SOURCE[0]}")/kernels.sh"

vm()
{
	local variant=$1 test=$2 kernel box tree

	shift 2
	host_packages vm || return 2
	kernel=$(kernel_image "$variant") || return 2
	box=$(busybox) || return 2
	tree=$BUILD/root-$variant
	[ -n "${VM_NO_MODULES:-}" ] || module_tree "$variant" "$tree" ||
		return 2
	mkdir -p "$tree"
	"$LIB/vm.py" --kernel "$kernel" --busybox "$box" --add "$tree:/" \
		"$@" "$test"
}
