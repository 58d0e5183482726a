#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The packages, as far as they can be judged without an s390 host: they build,
# lintian is content, DKMS builds the modules for Debian's s390x kernel from what
# is in them, and what cannot be built is refused with one sentence (TAP).

# shellcheck source=tests/vm/build.sh
. "$(dirname "$0")/../vm/build.sh"
# shellcheck source=packaging/source.sh
. "$TOP/packaging/source.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
failed=0

# test_that NAME COMMAND...: a test that passes when COMMAND succeeds
test_that()
{
	local name=$1 out=$work/out

	shift
	count=$((count + 1))
	if ("$@") >"$out" 2>&1 </dev/null; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		tail -n 20 "$out" | sed 's/^/# /'
		failed=1
	fi
}

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
	rm -rf "$work/kernel"
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
root=$(stock_kernel)
headers=$(stock_headers "$root")
release=$(basename "$root"/lib/modules/*)
cio=$(partial_source "${root##*/}")/drivers/s390/cio
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
test_that "so is a kernel with the driver built in" built_in
test_that "so is a kernel without VFIO" without_vfio
test_that "so is what is no kernel" not_a_kernel
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
