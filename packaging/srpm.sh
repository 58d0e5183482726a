#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# srpm.sh: make the source package of this checkout below build/rpm, and print
# its path. packaging/vfio-ccw.spec.in tells how it is built.

# shellcheck source=tests/lib/packages.sh
. "$(dirname "$0")/../tests/lib/packages.sh"
# shellcheck source=packaging/source.sh
. "$(dirname "$0")/source.sh"

out=$TOP/build/rpm
version=$(project_version)

host_packages rpm
rm -rf "$out"
mkdir -p "$out/SOURCES" "$out/SPECS"
source_tree "$out/vfio-ccw-$version"
tar -C "$out" -czf "$out/SOURCES/vfio-ccw-$version.tar.gz" \
	"vfio-ccw-$version"
rm -rf "${out:?}/vfio-ccw-$version"
sed "s/@VERSION@/$version/" "$TOP/packaging/vfio-ccw.spec.in" \
	>"$out/SPECS/vfio-ccw.spec"
logged "$TOP/build/logs/srpm.log" rpmbuild -bs --nodeps \
	--define "_topdir $out" --target s390x-linux "$out/SPECS/vfio-ccw.spec" ||
	die "the source package could not be built"
find "$out/SRPMS" -name '*.src.rpm'
