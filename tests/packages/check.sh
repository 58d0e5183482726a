#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The packages, as far as they can be judged without an s390 host: they build,
# lintian is content, DKMS builds the modules for Debian's s390x kernel from what
# is in them, and what cannot be built is refused with one sentence (TAP).

# shellcheck source=tests/vm/build.sh
. "$(dirname "$0")/../vm/build.sh"
# shellcheck source=tests/lib/points.sh
. "$TOP/tests/lib/points.sh"
# shellcheck source=packaging/source.sh
. "$TOP/packaging/source.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# one_line TEXT...: standard input is one line that has all the texts
one_line()
{
	local line text

	line=$(cat)
	echo "$line"
	[ "$(echo "$line" | wc -l)" -eq 1 ] || return 1
	for text in "$@"; do
		[[ $line == *"$text"* ]] || return 1
	done
}

builds()
{
	"$TOP/packaging/deb.sh"
}

unpack()
{
	local package

	for package in dkms tools; do
		dpkg-deb -x "$deb/vfio-ccw-${package}_${version}"_*.deb \
			"$work/$package"
	done
}

# The module's sources and what builds them: no more, no less
dkms_files()
{
	"$TOP/scripts/graft.sh" --files-only "$work/files"
	rm -rf "$work/files/tests"
	(cd "$work/files" && find . -type f
		echo ./dkms.conf
		printf './scripts/%s\n' graft.sh module.sh) | sort \
		>"$work/wanted"
	(cd "$tree" && find . -type f) | sort >"$work/found"
	diff "$work/wanted" "$work/found"
}

# dkms_build RELEASE: the modules, by DKMS, in trees of our own
dkms_build()
{
	local dkms=(dkms --dkmstree "$work/dkms-tree"
		--sourcetree "$work/dkms/usr/src" --installtree "$work/modules")

	mkdir -p "$work/dkms-tree" "$work/modules"
	"${dkms[@]}" add vfio-ccw/"$version" &&
	ARCH=s390 CROSS_COMPILE=$CROSS USR_SRC=$work/src "${dkms[@]}" build \
		vfio-ccw/"$version" -k "$1"/s390x \
		--kernelsourcedir "$headers" || {
		cat "$work"/dkms-tree/vfio-ccw/*/build/make.log
		return 1
	}
}

# DKMS compresses as the distribution does; both modules are there
dkms_built()
{
	local dir=$work/dkms-tree/vfio-ccw/$version/$release/s390x/module name

	for name in vfio_ccw mdev; do
		find "$dir" -name "$name.ko*" | grep . || return 1
	done
	find "$dir" -name 'vfio_ccw.ko' -exec modinfo -F vermagic {} + |
		grep -q "^$release "
}

# module ARGUMENT=VALUE...: build.sh's answer to a kernel that will not do
module()
{
	env KDIR="$work/kernel" USR_SRC="$work/nowhere" "$@" \
		"$tree/scripts/module.sh" "$work/refused" 2>&1 && return 1
	[ ! -e "$work/refused/vfio_ccw.ko" ]
}

# kernel OPTION...: a build folder of a kernel with these options
kernel()
{
	rm -rf "$work/kernel" "$work/refused"
	mkdir -p "$work/kernel/include/config"
	printf 'CONFIG_%s\n' "$@" >"$work/kernel/include/config/auto.conf"
	echo 6.12.1-test >"$work/kernel/include/config/kernel.release"
}

source_of_another()
{
	kernel VFIO=m
	mkdir -p "$work/other/drivers/s390/cio"
	printf 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 2\n' \
		>"$work/other/Makefile"
	module CIO_SRC="$work/other/drivers/s390/cio" |
		one_line 6.12.2 6.12.1-test "exactly the same version"
}

no_source()
{
	kernel VFIO=m
	module | one_line 6.12.1-test install CIO_SRC=
}

# with_packages SOURCE-VERSION ARGUMENT=VALUE...: the same where dpkg knows the kernel's
# headers, and a source package of that version, if any
with_packages()
{
	mkdir -p "$work/bin" "$work/usr-src"
	cat >"$work/bin/dpkg-query" <<-END
		#!/bin/sh
		case "\$*" in
		*" linux-headers-6.12.1-test") printf 6.12.1-1 ;;
		*" linux-source-6.12") [ -n "$1" ] && printf "$1" ;;
		*) exit 1 ;;
		esac
	END
	chmod +x "$work/bin/dpkg-query"
	kernel VFIO=m
	module PATH="$work/bin:$PATH" "${@:2}"
}

package_to_install()
{
	with_packages "" |
		one_line 6.12.1-test "install linux-source-6.12 (= 6.12.1-1)"
}

# The numbers are the same, and only the packages tell one build from the other: an
# archive that is not unpacked, and one that somebody has unpacked
package_of_another_build()
{
	local from=$work/usr-src/linux-source-6.12

	mkdir -p "$from/drivers/s390/cio"
	printf 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\n' >"$from/Makefile"
	: >"$from/drivers/s390/cio/css.h"
	tar -C "$work/usr-src" -czf "$from.tar.gz" linux-source-6.12
	for _ in unpacked archive; do
		with_packages 6.12.1-2 USR_SRC="$work/usr-src" |
			one_line "linux-source-6.12 is 6.12.1-2" \
			"the kernel is 6.12.1-1" \
			"install linux-source-6.12 (= 6.12.1-1)" || return 1
		[ ! -e "$work/refused/source" ] || return 1
		rm -rf "$from"
	done
}

built_in()
{
	kernel VFIO=m VFIO_CCW=y
	module | one_line "built in" 6.12.1-test
}

without_vfio()
{
	kernel CCW=y
	module | one_line "without VFIO" 6.12.1-test
}

not_a_kernel()
{
	rm -rf "$work/kernel"
	module | one_line "not the build folder"
}

# A kernel that lacks mdev, and a source that has none either
without_mdev()
{
	kernel VFIO=m
	mkdir -p "$work/bare/drivers/s390/cio"
	printf 'VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\n' \
		>"$work/bare/Makefile"
	module CIO_SRC="$work/bare/drivers/s390/cio" |
		one_line 6.12.1-test "without mdev"
}

# on_disk DIR FREE COMMAND...: with DIR on a file system of its own that has FREE
# KiB left, or is read-only (ro). Whatever comes of COMMAND, it must leave DIR as
# it was.
on_disk()
{
	local root=(unshare -m)

	[ "$(id -u)" -eq 0 ] || root=(unshare -rm)
	"${root[@]}" "$TOP/tests/packages/on-disk.sh" "$@"
}

# refused_on_disk ARGUMENT...: the same, and COMMAND has to refuse
refused_on_disk()
{
	local status=0

	on_disk "$@" 2>&1 || status=$?
	[ $status -eq 1 ]
}

# The build folder, on such a disk
out_read_only()
{
	kernel VFIO=m
	mkdir -p "$work/refused"
	refused_on_disk "$work/refused" ro env KDIR="$work/kernel" \
		CIO_SRC="$work/other/drivers/s390/cio" \
		"$TOP/scripts/module.sh" "$work/refused" |
		one_line "$work/refused cannot be written" "Read-only"
}

out_full()
{
	kernel VFIO=m VFIO_MDEV=m
	sed -i 's/SUBLEVEL = 2/SUBLEVEL = 1/' "$work/other/Makefile"
	mkdir -p "$work/refused"
	refused_on_disk "$work/refused" 40 --may-change env KDIR="$work/kernel" \
		CIO_SRC="$work/other/drivers/s390/cio" \
		"$TOP/scripts/module.sh" "$work/refused" |
		one_line "$work/refused cannot be written" "No space left"
}

archive_on_full_disk()
{
	kernel VFIO=m
	mkdir -p "$work/refused"
	sed -i "s/.*/$release/" "$work/kernel/include/config/kernel.release"
	refused_on_disk "$work/refused" 40 env KDIR="$work/kernel" USR_SRC="$work/src" \
		"$TOP/scripts/module.sh" "$work/refused" |
		one_line "could not be unpacked below" "disk full?"
}

# --- make install ---------------------------------------------------------------

# root: a root folder with what the kernel's package has of its modules, without
# the modules; it runs on a machine whose kernel is that one
root()
{
	rm -rf "${work:?}/root" "${work:?}/bin"
	mkdir -p "$work/root/lib/modules/$release" "$work/bin"
	cp "$stock/lib/modules/$release"/modules.* \
		"$work/root/lib/modules/$release/"
	/sbin/depmod -b "$work/root" "$release"
	printf '#!/bin/sh\ncase $1 in\n-m) echo s390x ;;\n*) echo %s ;;\nesac\n' \
		"$release" >"$work/bin/uname"
	chmod +x "$work/bin/uname"
}

# install FOLDER: into that root
install_from()
{
	DESTDIR=$work/root PATH=$work/bin:$PATH:/sbin \
		"$TOP/scripts/install.sh" "$1" 2>&1
}

in_place()
{
	local to=$work/root/lib/modules/$release name

	for name in vfio_ccw mdev; do
		cmp "$built/$name.ko" "$to/updates/$name.ko" &&
		grep -q "^updates/$name.ko:" "$to/modules.dep" || return 1
	done
	# And nothing but that
	[ "$(find "$to/updates" -mindepth 1 | wc -l)" -eq 2 ]
}

installs()
{
	root
	install_from "$built" && in_place
}

# readme: README's own lines, in a clean checkout
readme()
{
	local lines line

	mapfile -t lines < <(sed -n '/^## Use it/,/^## Status/{ s/ *#.*//
		s/^    \(make .*\)/\1/p }' "$TOP/README.md")
	[ "${lines[*]}" = "make module CIO_SRC=/usr/src/linux-.../drivers/s390/cio make install" ] || {
		printf 'other lines: %s\n' "${lines[@]}"
		return 1
	}
	root
	source_tree "$work/checkout"
	cd "$work/checkout" || return
	for line in "${lines[@]}"; do
		env -u MAKEFLAGS -u MAKELEVEL ARCH=s390 CROSS_COMPILE="$CROSS" \
			KDIR="$headers" DESTDIR="$work/root" \
			PATH="$work/bin:$PATH:/sbin" \
			sh -c "${line/"/usr/src/linux-.../drivers/s390/cio"/$cio}" ||
			return
	done
	built=build/module in_place
}

# Where a former version is installed, and where it is the same one
installs_again()
{
	echo old >"$work/root/lib/modules/$release/updates/vfio_ccw.ko"
	install_from "$built" && in_place && install_from "$built" && in_place
}

# not_installed TEXT FOLDER: refused in one sentence, and nothing is installed
not_installed()
{
	local before after

	before=$(cd "$work/root" && find . -type f -exec sha256sum {} + | sort)
	! install_from "$2" >"$work/said" || return 1
	one_line "$1" <"$work/said" || return 1
	after=$(cd "$work/root" && find . -type f -exec sha256sum {} + | sort)
	[ "$before" = "$after" ]
}

nothing_built()
{
	mkdir -p "$work/empty"
	root
	not_installed "there is no module yet" "$work/empty"
}

of_another_kernel()
{
	root
	printf '#!/bin/sh\necho 6.12.1-other\n' >"$work/bin/uname"
	not_installed "6.12.1-other is running" "$built"
}

in_the_kernel()
{
	root
	echo kernel/drivers/s390/cio/vfio_ccw.ko \
		>>"$work/root/lib/modules/$release/modules.builtin"
	not_installed "built in" "$built"
}

# on_bad_disk FREE TEXT...: with a former version, and without one
on_bad_disk()
{
	local free=$1 former

	shift
	root
	for former in "" former; do
		[ -z "$former" ] || {
			install_from "$built"
			echo former \
				>"$work/root/lib/modules/$release/updates/mdev.ko"
		} >/dev/null
		refused_on_disk "$work/root" "$free" env \
			DESTDIR="$work/root" PATH="$work/bin:$PATH:/sbin" \
			"$TOP/scripts/install.sh" "$built" >"$work/said" || {
			cat "$work/said"
			return 1
		}
		one_line "$@" "nothing was installed" <"$work/said" || return 1
	done
}

# signal_after TOOL PATTERN: TOOL gets a signal for who has called it when it is done,
# if its arguments match
signal_after()
{
	printf '#!/bin/sh\n%s "$@" || exit\ncase "$*" in\n%s) kill -TERM $PPID ;;\nesac\n' \
		"$(type -P "$1")" "$2" >"$work/bin/$1"
	chmod +x "$work/bin/$1"
}

# Everything is as it was, a former version and none, whichever module has come last
interrupted_in_the_middle()
{
	local former module before status

	for former in "" former; do
		for module in mdev vfio_ccw; do
			root
			[ -z "$former" ] || {
				install_from "$built" || return
				echo former >"$work/root/lib/modules/$release/updates/$module.ko"
			}
			before=$(find "$work/root" -type f -exec sha256sum {} + |
				sort)
			signal_after mv "*new/$module.ko*"
			status=0
			install_from "$built" || status=$?
			[ $status -eq 130 ] || return 1
			diff <(echo "$before") <(find "$work/root" -type f \
				-exec sha256sum {} + | sort) || return 1
		done
	done
}

# Nothing is undone that could not be done again
interrupted_at_the_end()
{
	root
	install_from "$built" || return
	signal_after rm "*/.vfio-ccw.*"
	install_from "$built" && in_place
}

# The first of the two modules fits
one_module_fits()
{
	on_bad_disk $(($(stat -c %s "$built/mdev.ko") / 1024 + 20)) \
		"cannot be written" "No space left"
}

# Both do, but not what depmod writes
no_room_for_depmod()
{
	local both

	both=$(cat "$built/mdev.ko" "$built/vfio_ccw.ko" | wc -c)
	on_bad_disk $((both / 1024 + 8)) "depmod cannot do its work"
}

tools_files()
{
	local program

	for program in bin/ccwio sbin/vfio-ccw-check; do
		file -b "$work/tools/usr/$program" |
			grep 'S/390.*dynamically' || return 1
	done
	[ -s "$work/tools/usr/share/man/man1/ccwio.1.gz" ] &&
	[ -s "$work/tools/usr/share/man/man8/vfio-ccw-check.8.gz" ] &&
	[ -s "$work/tools/usr/share/bash-completion/completions/ccwio" ]
}

# manual SECTION PROGRAM SOURCE: every option and every request that --help knows
# is in the manual page
manual()
{
	local word missing=0

	man --warnings -l "$work/tools/usr/share/man/man$1/$2.$1.gz" \
		2>"$work/warnings" | col -bx >"$work/manual"
	cat "$work/warnings"
	[ ! -s "$work/warnings" ] || return 1
	sed -n '/^static const char help/,/;$/p' "$TOP/tools/ccwio/$3" |
		sed -nE 's/^"  (-., )?(--[a-z]+|[a-z]+) .*/\2/p; s/^"  (-., )?(--[a-z]+)\\n.*/\2/p' |
		sort -u >"$work/words"
	[ "$(wc -l <"$work/words")" -ge 4 ] || return 1
	while read -r word; do
		grep -qwF -e "$word" "$work/manual" || {
			echo "the manual page does not mention $word"
			missing=1
		}
	done <"$work/words"
	return $missing
}

# One version, wherever it is written
versions()
{
	echo "debian/changelog: $version"
	grep -F "MODULE_VERSION(\"$version\")" "$TOP/vfio_ccw_drv.c" &&
	grep -F -- "- $version-1" "$TOP/packaging/vfio-ccw.spec.in"
}

rpm_builds()
{
	local source

	source=$("$TOP/packaging/srpm.sh") &&
	UAPI=$(uapi) rpmbuild --rebuild --nodeps \
		--target s390x-linux --define "_topdir $work/rpm" \
		--define "kernel $release" --define "kdir $headers" \
		--define "cio_src $cio" --define "__strip ${CROSS}strip" \
		--define "make_args ARCH=s390 CROSS_COMPILE=$CROSS" "$source"
}

rpm_files()
{
	rpm -qlp "$work"/rpm/RPMS/s390x/vfio-ccw-kmod-*.rpm |
		grep -x "/lib/modules/$release/updates/vfio_ccw.ko" &&
	rpm -qlp "$work"/rpm/RPMS/s390x/vfio-ccw-tools-*.rpm |
		grep -x /usr/bin/ccwio
}

host_packages cross deb rpm
deb=$TOP/build/deb
version=$(project_version)
stock=$(stock_kernel)
headers=$(stock_headers "$stock")
release=$(basename "$stock"/lib/modules/*)
cio=$(partial_source "${stock##*/}")/drivers/s390/cio
built=$(driver_modules stock)
# An archive, as a source package has it
mkdir -p "$work/src"
tar -C "${cio%/drivers/s390/cio}" -cf "$work/src/linux-source-$SERIES.tar.gz" -z \
	--transform "s#^[.]#linux-source-$SERIES#" ./Makefile \
	./drivers/s390/cio ./drivers/vfio/mdev

echo "TAP version 13"
test_that "the Debian packages build, and lintian is content" builds
unpack
tree=$work/dkms/usr/src/vfio-ccw-$version
test_that "vfio-ccw-dkms has the module's sources and nothing else" dkms_files
test_that "DKMS builds them for Linux $release" dkms_build "$release"
test_that "... vfio_ccw and the mdev that this kernel lacks" dkms_built
test_that "the source of another version is refused in one sentence" \
	source_of_another
test_that "so is a kernel without its source" no_source
test_that "... and the package that has it is named" package_to_install
test_that "so is the source package of another build of the same version" \
	package_of_another_build
test_that "so is a kernel with the driver built in" built_in
test_that "so is a kernel without VFIO" without_vfio
test_that "so is what is no kernel" not_a_kernel
test_that "so is a kernel without mdev whose source has none" without_mdev
test_that "so is a read-only folder to build in" out_read_only
test_that "so is a full one" out_full
test_that "so is one that the source does not fit into" archive_on_full_disk
test_that "make install puts both modules where they win" installs
test_that "... and in the place of a former version" installs_again
test_that "so do README's make module and make install" readme
test_that "interrupted in the middle it leaves all as it was" interrupted_in_the_middle
test_that "... and interrupted at the end it has installed them" interrupted_at_the_end
test_that "it refuses to install what is not built, in one sentence" \
	nothing_built
test_that "so it does for another kernel" of_another_kernel
test_that "so it does where the driver is built in" in_the_kernel
test_that "so it does on a read-only disk, and changes nothing" \
	on_bad_disk ro "cannot be written" "Read-only"
test_that "so it does on a full disk" \
	on_bad_disk 0 "cannot be written" "No space left"
test_that "so it does where one of two modules fits" one_module_fits
test_that "so it does where what depmod writes does not fit" \
	no_room_for_depmod
test_that "vfio-ccw-tools has the command, its manual and its completion" \
	tools_files
test_that "the manual page has all that ccwio --help has" \
	manual 1 ccwio main.c
test_that "... and all that vfio-ccw-check --help has" \
	manual 8 vfio-ccw-check check.c
test_that "there is one version" versions
test_that "the source RPM builds for Linux $release" rpm_builds
test_that "... the module below updates/, and the tools" rpm_files
echo "1..$count"
exit $failed
