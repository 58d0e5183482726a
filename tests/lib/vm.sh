# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# vm KERNEL TEST [vm.py OPTION...]: run the program TEST in a virtual machine
# whose kernel is one of plain, debug or stock, with the driver's modules.

# shellcheck source=tests/lib/kernels.sh
. "$(dirname "${BASH_SOURCE[0]}")/kernels.sh"

vm()
{
	local variant=$1 test=$2 kernel box tree status=0

	shift 2
	host_packages vm || return 2
	kernel=$(kernel_image "$variant") || return 2
	box=$(busybox) || return 2
	# Of this machine alone: others may be started at the same time
	tree=$(mktemp -d "$BUILD/root-$variant.XXXXXX")
	if [ -n "${VM_NO_MODULES:-}" ] || module_tree "$variant" "$tree"; then
		"$LIB/vm.py" --kernel "$kernel" --busybox "$box" \
			--add "$tree:/" "$@" "$test" || status=$?
	else
		status=2
	fi
	rm -rf "$tree"
	return $status
}
