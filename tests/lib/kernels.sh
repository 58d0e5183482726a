# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Kernels of the test bench: Debian's stock s390x kernel, test kernels built
# from Debian's source of the same series, and this driver as a module of each.
#
# A test kernel is built once per source version, configuration and compiler;
# the driver is not part of it, but an external module of it, so that a change
# of the driver costs seconds.

# shellcheck source=tests/lib/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/packages.sh"

# Another series: SERIES=7.2 EXTRA_SUITES="..." lab.sh ...
SERIES=${SERIES:-6.12}
# What is built from this checkout for kernels of the series
BUILD=$TOP/build
[ "$SERIES" = 6.12 ] || BUILD=$TOP/build/$SERIES
mkdir -p "$BUILD"

busybox()
{
	local dir

	dir=$(unpacked busybox-static s390x)
	find "$dir" -path '*bin/busybox' -type f
}

newer_qemu()
{
	host_packages vm
	# Of bookworm's backports, whatever the kernel's series is
	if [ -n "${EXTRA_SUITES:-}" ]; then
		EXTRA_SUITES='' "$LIB/lab.sh" qemu10
		return
	fi
	closure amd64 qemu-system-s390x qemu-system-data
}

# kernel_version: the newest version of the series for which everything that
# the stock kernel needs is there.
kernel_version()
{
	local version

	apt_ready
	version=$(available | awk -v s="${SERIES//./\\.}" '
		$1 == "linux-source-" ENVIRON["SERIES"] { src[$2] = 1 }
		$1 ~ "^linux-image-" s "[.].*-s390x$" { img[$2] = 1 }
		$1 ~ "^linux-headers-" s "[.].*-s390x$" { hdr[$2] = 1 }
		$1 ~ "^linux-headers-" s "[.].*-common$" { com[$2] = 1 }
		$1 ~ "^linux-kbuild-" s "[.]" && $3 == "amd64" { kb[$2] = 1 }
		END { for (v in src)
			if (img[v] && hdr[v] && com[v] && kb[v]) print v }' |
		sort -Vr | sed -n 1p)
	[ -n "$version" ] ||
		die "the mirror has no complete set of Linux $SERIES for s390x"
	echo "$version"
}
export SERIES

# package_of PATTERN VERSION: the package's name and architecture.
package_of()
{
	available | awk -v p="^$1\$" -v v="$2" \
		'$1 ~ p && $2 == v { print $1, $3; exit }'
}

# source_tarball VERSION: writes the tree's compressed archive to stdout.
source_tarball()
{
	local file

	file=$(deb "linux-source-$SERIES" "$1" all)
	dpkg-deb --fsys-tarfile "$file" | tar -xO --wildcards -f - \
		"*/linux-source-$SERIES.tar.xz"
}

# kernel_source: the whole tree, never written to after it was unpacked.
kernel_source()
{
	local version dir

	version=$(kernel_version)
	dir=$CACHE/source/linux-$version
	[ -d "$dir" ] || locked "source-$SERIES" unpack_source "$version" "$dir"
	echo "$dir"
}

unpack_source()
{
	local tmp

	[ ! -d "$2" ] || return 0
	deb "linux-source-$SERIES" "$1" all >/dev/null
	tmp=$(scratch "$CACHE/source")
	say "unpacking the source of Linux $1"
	source_tarball "$1" | tar -xJ --strip-components=1 -C "$tmp"
	chmod 755 "$tmp"
	mv "$tmp" "$2"
}

# partial_source VERSION: only what building a module of the stock kernel needs
# beyond its headers; a whole tree serves as well.
partial_source()
{
	local dir=$CACHE/source/linux-$1

	if [ ! -d "$dir" ]; then
		dir=$CACHE/source/partial-$1
		[ -d "$dir" ] || locked "source-$SERIES" \
			unpack_partial "$1" "$dir"
	fi
	echo "$dir"
}

unpack_partial()
{
	local tmp

	[ ! -d "$2" ] || return 0
	deb "linux-source-$SERIES" "$1" all >/dev/null
	tmp=$(scratch "$CACHE/source")
	say "unpacking the private cio headers and mdev of Linux $1"
	source_tarball "$1" | tar -xJ --strip-components=1 -C "$tmp" \
		"linux-source-$SERIES/Makefile" \
		"linux-source-$SERIES/drivers/s390/cio" \
		"linux-source-$SERIES/drivers/vfio/mdev"
	chmod 755 "$tmp"
	mv "$tmp" "$2"
}

# --- the stock kernel ---------------------------------------------------------

# stock_kernel: folder with the content of the stock kernel's packages.
stock_kernel()
{
	local version dir

	version=$(kernel_version)
	dir=$CACHE/stock/$version
	[ -d "$dir" ] || locked "stock-$SERIES" unpack_stock "$version" "$dir"
	echo "$dir"
}

unpack_stock()
{
	local version=$1 dir=$2 tmp pattern package arch

	[ ! -d "$dir" ] || return 0
	tmp=$(scratch "$CACHE/stock")
	for pattern in "linux-image-${SERIES}[.].*-s390x" \
		"linux-headers-${SERIES}[.].*-s390x" \
		"linux-headers-${SERIES}[.].*[^t]-common" \
		"linux-kbuild-${SERIES}[.].*"; do
		read -r package arch < <(package_of "$pattern" "$version")
		dpkg-deb -x "$(deb "$package" "$version" "$arch")" "$tmp/root"
	done
	# The headers' makefiles name their places under /usr; here that is
	# below a folder of our own, whose final name is known already.
	grep -rlE '/usr/(src|lib)/linux-' "$tmp"/root/usr/src \
		--include=Makefile --include=.kernelvariables 2>/dev/null |
		xargs -r sed -i -E \
		"s#([ =:]|^)/usr/(src|lib)/linux-#\1$dir/usr/\2/linux-#g"
	find "$tmp/root/usr/src" -type l -lname '/usr/*' \
		-printf '%p %l\n' | while read -r package arch; do
		ln -sfn "$dir$arch" "$package"
	done
	mkdir -p "$(dirname "$dir")"
	mv "$tmp/root" "$dir"
	rmdir "$tmp"
}

stock_headers()
{
	find "$1/usr/src" -maxdepth 1 -name 'linux-headers-*-s390x'
}

# --- test kernels ---------------------------------------------------------------

# config_of VARIANT: the fragments that make it up.
config_of()
{
	case $1 in
	debug|kcsan)
		echo "$TOP/tests/configs/plain.config" \
			"$TOP/tests/configs/$1.config"
		return 0 ;;
	purged)	set -- plain ;;
	esac
	[ -e "$TOP/tests/configs/$1.config" ] ||
		die "there is no test kernel called $1"
	echo "$TOP/tests/configs/$1.config"
}

# patch_of VARIANT: what of patches/ the kernel is built with
patch_of()
{
	[ "$1" != purged ] ||
		echo "$TOP"/patches/*-Purge-only-subchannels-of-the-ccw-bus.patch
}

# fragment VARIANT: its fragments in one, without the options that the series
# has lost (tests/configs/gone-SERIES). A line "# make NAME=VALUE" is for the
# kernel's build, since not all is an option.
fragment()
{
	local gone=$TOP/tests/configs/gone-$SERIES

	[ -e "$gone" ] || gone=/dev/null
	# shellcheck disable=SC2046 # a list of files
	cat $(config_of "$1") | grep -vxFf "$gone"
}

kmake()
{
	nice make ARCH=s390 CROSS_COMPILE=$CROSS "$@"
}

# kernel_folder VARIANT SOURCE: name of its build folder
kernel_folder()
{
	local key patch

	patch=$(patch_of "$1")
	key=$({ basename "$2"; ${CROSS}gcc --version | sed -n 1p
		fragment "$1"; cat "${patch:-/dev/null}"; } | sha256sum | cut -c1-10)
	echo "$CACHE/kernels/$1-${2##*/linux-}-$key"
}

# test_kernel VARIANT: build folder, complete.
test_kernel()
{
	local variant=$1 source dir

	host_packages cross
	source=$(kernel_source)
	dir=$(kernel_folder "$variant" "$source")
	[ -e "$dir/complete" ] ||
		locked "kernel-$variant" build_kernel "$variant" "$source" "$dir"
	touch "$dir/complete"
	echo "$dir"
}

# prepared_kernel VARIANT: build folder in which single files can be compiled,
# which takes a minute; the one of the whole kernel serves as well.
prepared_kernel()
{
	local variant=$1 source dir

	host_packages cross
	source=$(kernel_source)
	dir=$(kernel_folder "$variant" "$source")
	if [ ! -e "$dir/complete" ]; then
		dir=$CACHE/kernels/prepared-${dir##*/}
		[ -e "$dir/complete" ] || locked "prepared-$variant-$SERIES" \
			prepare_kernel "$variant" "$source" "$dir"
	fi
	touch "$dir/complete"
	echo "$dir"
}

prepare_kernel()
{
	local log=$CACHE/logs/prepared-$1-$SERIES.log

	[ ! -e "$3/complete" ] || return 0
	say "preparing a $1 kernel of Linux ${2##*/linux-}"
	configure_kernel "$1" "$2" "$3" "$log"
	logged "$log" kmake -C "$2" O="$3" -j"$JOBS" modules_prepare
	touch "$3/complete"
}

# configure_kernel VARIANT SOURCE DIR LOG
configure_kernel()
{
	mkdir -p "$3"
	fragment "$1" >"$3/fragment"
	logged "$4" kmake -C "$2" O="$3" \
		KCONFIG_ALLCONFIG="$3/fragment" allnoconfig
	config_took "$3/fragment" "$3/.config"
}

# remove_unused VARIANT DIR: builds but DIR, for other sources or configurations, that
# nobody has begun or used for two weeks
remove_unused()
{
	local old

	find "$CACHE/kernels" -maxdepth 1 -name "*$1-*" -mtime +14 \
		! -path "$2" | while read -r old; do
		[ -n "$(find "$old" -maxdepth 1 -name complete -mtime -14)" ] ||
			rm -rf "$old"
	done
}

build_kernel()
{
	local variant=$1 source=$2 dir=$3 log=$CACHE/logs/kernel-$1.log flags
	local patch

	[ ! -e "$dir/complete" ] || return 0
	say "building the $variant test kernel (several minutes, once)"
	patch=$(patch_of "$variant")
	[ -z "$patch" ] || begin_patched "$patch" "$source" "$dir" "$log"
	mkdir -p "$dir"
	remove_unused "$variant" "$dir"
	configure_kernel "$variant" "$source" "$dir" "$log"
	mapfile -t flags < <(sed -n 's/^# make //p' "$dir/fragment")
	logged "$log" kmake -C "$source" O="$dir" -j"$JOBS" "${flags[@]}" all
	[ -z "$patch" ] || patched_compiled "$patch" "$dir"
	touch "$dir/complete"
}

# files_of PATCH
files_of()
{
	sed -n 's|^+++ b/||p' "$1"
}

# begin_patched PATCH SOURCE DIR LOG: what was built of the plain kernel, and the
# patched files: make takes what is in the build folder before what is in the source,
# and compiles no more than that. Not for a header: the files beside it would not see it.
begin_patched()
{
	local plain tmp file

	plain=$(test_kernel plain)
	tmp=$(scratch "$CACHE/kernels")
	cp -a "$plain/." "$tmp/"
	rm "$tmp/complete"
	for file in $(files_of "$1"); do
		[ "${file##*.}" = c ] || die "$1 changes $file"
		cp "$2/$file" "$tmp/$file"
	done
	logged "$4" patch -d "$tmp" -p1 --fuzz=0 -i "$1"
	rm -rf "$3"
	mv "$tmp" "$3"
}

# patched_compiled PATCH DIR
patched_compiled()
{
	local file

	for file in $(files_of "$1"); do
		[ "$2/${file%.c}.o" -nt "$2/$file" ] ||
			die "the patched $file is not in the kernel"
	done
}

# config_took FRAGMENT CONFIG: every option asked for is really set.
config_took()
{
	local missing

	missing=$(grep '^CONFIG_' "$1" | grep -vxFf "$2" || :)
	[ -z "$missing" ] ||
		die "the configuration did not take:" $missing
}

kernel_image()
{
	if [ "$1" = stock ]; then
		find "$(stock_kernel)/boot" -name 'vmlinuz-*'
	else
		echo "$(test_kernel "$1")/arch/s390/boot/bzImage"
	fi
}

# --- the driver as a module -----------------------------------------------------

# So many steps before their end the driver's numbers begin where a test wants that
WRAP_STEPS=100

# driver_modules VARIANT: folder with mdev.ko and vfio_ccw.ko of this checkout.
driver_modules()
{
	local variant=$1 out=$BUILD/$1 kernel cio root more=()

	host_packages cross
	if [ "$variant" = stock ]; then
		root=$(stock_kernel)
		kernel=$(stock_headers "$root")
		cio=$(partial_source "${root##*/}")/drivers/s390/cio
	else
		kernel=$(test_kernel "$variant")
		cio=$(kernel_source)/drivers/s390/cio
	fi
	# What is run there goes over the end of each number that has one
	case $variant in
	debug|kcsan)	more=("VFIO_CCW_WRAP=$WRAP_STEPS") ;;
	esac
	locked "module-$(printf '%s' "$out" | sha256sum | cut -c1-10)" \
		logged "$TOP/build/logs/module-$variant.log" \
		env KDIR="$kernel" CIO_SRC="$cio" nice \
		"$TOP/scripts/module.sh" "$out" ARCH=s390 \
		CROSS_COMPILE=$CROSS -j"$JOBS" "${more[@]}" ||
		die "the module could not be built for the $variant kernel"
	echo "$out"
}

# uapi_headers: the kernel's headers for user space on s390, in a folder to put
# before the compiler's own.
uapi_headers()
{
	local source dir

	host_packages cross
	source=$(kernel_source)
	dir=$CACHE/uapi/${source##*/}
	[ -d "$dir" ] || locked uapi install_headers "$source" "$dir"
	echo "$dir/include"
}

install_headers()
{
	local tmp

	[ ! -d "$2" ] || return 0
	tmp=$(scratch "$CACHE/uapi")
	logged "$CACHE/logs/uapi.log" kmake -C "$1" O="$tmp/build" \
		INSTALL_HDR_PATH="$tmp/usr" headers_install
	rm -rf "$tmp/build"
	mv "$tmp/usr" "$2"
	rmdir "$tmp"
}

# upstream_module VARIANT: the kernel's own vfio_ccw.ko.
upstream_module()
{
	echo "$(test_kernel "$1")/drivers/s390/cio/vfio_ccw.ko"
}

# module_tree VARIANT DIR: DIR/lib/modules/RELEASE with the modules that the
# driver depends on, the driver under updates/, and what modprobe needs.
module_tree()
{
	local variant=$1 dir=$2 from release modules module

	modules=$(driver_modules "$variant") || return 1
	if [ "$variant" = stock ]; then
		from=$(stock_kernel)
		release=$(ls "$from/lib/modules")
		from=$from/lib/modules/$release
	else
		from=$(test_kernel "$variant")
		release=$(cat "$from/include/config/kernel.release")
	fi
	rm -rf "$dir/lib/modules"
	mkdir -p "$dir/lib/modules/$release/updates"
	for module in drivers/vfio/vfio drivers/vfio/vfio_iommu_type1 \
		virt/lib/irqbypass drivers/char/virtio_console \
		drivers/char/hw_random/virtio-rng drivers/char/hw_random/rng-core \
		drivers/iommu/iommufd/iommufd \
		${EXTRA_MODULES:-}; do
		install_module "$from" "$module" "$dir/lib/modules/$release"
	done
	cp "$modules/mdev.ko" "$modules/vfio_ccw.ko" \
		"$dir/lib/modules/$release/updates/"
	${CROSS}strip --strip-debug "$dir/lib/modules/$release"/updates/*.ko
	cp "$from"/modules.builtin* "$from/modules.order" \
		"$dir/lib/modules/$release/"
	/sbin/depmod -b "$dir" "$release"
}

# install_module FROM NAME TO: one that is built in is not there; fine.
install_module()
{
	local file

	for file in "$1/kernel/$2.ko" "$1/kernel/$2.ko.xz" "$1/$2.ko"; do
		[ -e "$file" ] || continue
		mkdir -p "$3/kernel/$(dirname "$2")"
		case $file in
		*.xz)	xz -dc "$file" >"$3/kernel/$2.ko" ;;
		*)	cp "$file" "$3/kernel/$2.ko" ;;
		esac
		return 0
	done
}
