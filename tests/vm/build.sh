# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The programs that run inside the virtual machines.

# shellcheck source=tests/lib/vm.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/vm.sh"

VM=$TOP/tests/vm

# uapi: folders with the user-space headers of the kernel series in use; those
# of the host's distribution may be too old.
uapi()
{
	local dir

	dir=$(unpacked linux-libc-dev all)
	echo "$dir/usr/include $dir/usr/lib/linux/uapi/s390"
}

# ccwio: path of the command, built for s390x
build_ccwio()
{
	logged "$TOP/build/logs/ccwio.log" make -C "$TOP/tools/ccwio" \
		-j"$JOBS" CROSS_COMPILE="$CROSS" OUT="$BUILD/ccwio" \
		UAPI="$(uapi)" all
}

# build_selftests: folder with the self-test programs
build_selftests()
{
	build_ccwio
	logged "$TOP/build/logs/selftests.log" make -C "$TOP/tests/vm" \
		-j"$JOBS" CROSS_COMPILE="$CROSS" OUT="$BUILD/selftests" \
		CCWIO="$BUILD/ccwio" KERNEL_SOURCE="$(kernel_source)" \
		UAPI="$(uapi)" all
	echo "$BUILD/selftests"
}

# test_modules KERNEL: folder with the self-tests' own modules, for a test kernel
test_modules()
{
	local out=$BUILD/hold-$1

	mkdir -p "$out"
	cp "$VM"/hold/* "$out/"
	logged "$TOP/build/logs/hold.log" make -C "$(test_kernel "$1")" \
		M="$out" ARCH=s390 CROSS_COMPILE="$CROSS" modules ||
		die "the self-tests' modules could not be built"
	"${CROSS}strip" --strip-debug "$out"/*.ko
	echo "$out"
}
