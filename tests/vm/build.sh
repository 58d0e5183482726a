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

# one_at_a_time NAME COMMAND...: what is built in this checkout's own folder may
# be wanted by two parts of the tests that run side by side
one_at_a_time()
{
	locked "$1-$(printf '%s' "$BUILD" | sha256sum | cut -c1-10)" "${@:2}"
}

# build_ccwio: the command and its library, for s390x, in $BUILD/ccwio
build_ccwio()
{
	one_at_a_time ccwio logged "$TOP/build/logs/ccwio.log" \
		make -C "$TOP/tools/ccwio" \
		-j"$JOBS" CROSS_COMPILE="$CROSS" OUT="$BUILD/ccwio" \
		UAPI="$(uapi)" all
}

# build_selftests: folder with the self-test programs
build_selftests()
{
	local headers

	headers=" $(uapi)"
	build_ccwio
	mkdir -p "$BUILD/selftests.built"
	one_at_a_time selftests logged "$TOP/build/logs/selftests.log" \
		make -C "$VM/selftests" -j"$JOBS" install \
		ARCH=s390 CROSS_COMPILE="$CROSS" CCWIO="$BUILD/ccwio" \
		KSFT="$(kernel_source)/tools/testing/selftests" \
		KHDR_INCLUDES="${headers// / -isystem }" \
		OUTPUT="$BUILD/selftests.built" INSTALL_PATH="$BUILD/selftests"
	echo "$BUILD/selftests"
}

# test_modules KERNEL: folder with the self-tests' own modules, for a test kernel
test_modules()
{
	local out=$BUILD/hold-$1

	one_at_a_time "hold-$1" build_test_modules "$1" "$out" ||
		die "the self-tests' modules could not be built"
	echo "$out"
}

build_test_modules()
{
	mkdir -p "$2"
	cp "$VM"/selftests/hold/* "$2/"
	logged "$TOP/build/logs/hold-$1.log" make -C "$(test_kernel "$1")" \
		M="$2" ARCH=s390 CROSS_COMPILE="$CROSS" modules || return 1
	"${CROSS}strip" --strip-debug "$2"/*.ko
}

# patched_container: the container of type 1 for the stock kernel, a module, with what
# patches/ has for it
patched_container()
{
	local out=$BUILD/patched-container

	one_at_a_time patched-container build_patched_container "$out" ||
		die "the patched container could not be built"
	echo "$out/drivers/vfio/vfio_iommu_type1.ko"
}

build_patched_container()
{
	local kernel source log=$TOP/build/logs/patched-container.log

	host_packages cross
	source=$(kernel_source)
	kernel=$(stock_headers "$(stock_kernel)")
	rm -rf "$1"
	mkdir -p "$1/drivers/vfio"
	cp "$source"/drivers/vfio/vfio_iommu_type1.c \
		"$source"/drivers/vfio/*.h "$1/drivers/vfio/"
	logged "$log" patch -d "$1" -p1 --fuzz=0 \
		-i "$TOP/patches/vfio-type1-unmap.patch" || return 1
	echo "obj-m := vfio_iommu_type1.o" >"$1/drivers/vfio/Kbuild"
	logged "$log" kmake -C "$kernel" M="$1/drivers/vfio" modules || return 1
	"${CROSS}strip" --strip-debug "$1"/drivers/vfio/*.ko
}

# changed_module KERNEL DIR COMMAND...: DIR/module is the driver of this checkout for a
# test kernel, after COMMAND DIR/source has changed the copy of its source there;
# module_args are more arguments for make
changed_module()
{
	local kernel dir=$2

	kernel=$(test_kernel "$1") || return 1
	rm -rf "$dir/source"
	mkdir -p "$dir/source/tests" "$dir/module"
	cp -a "$TOP"/*.[ch] "$TOP/Kbuild" "$TOP/Kconfig" "$TOP/compat" \
		"$TOP/scripts" "$dir/source/"
	"${@:3}" "$dir/source" || return 1
	logged "$TOP/build/logs/changed-module.log" \
		env KDIR="$kernel" \
		CIO_SRC="$(kernel_source)/drivers/s390/cio" nice \
		"$dir/source/scripts/module.sh" "$dir/module" ARCH=s390 \
		CROSS_COMPILE="$CROSS" -j"$JOBS" "${module_args[@]}"
}
module_args=()

# helper_module KERNEL FOLDER DIR: the module whose source is in FOLDER, which the driver
# calls in a test, in DIR
helper_module()
{
	mkdir -p "$3"
	cp "$2"/* "$3/"
	logged "$TOP/build/logs/helper-module.log" make -C "$(test_kernel "$1")" \
		M="$3" ARCH=s390 CROSS_COMPILE="$CROSS" modules
}
