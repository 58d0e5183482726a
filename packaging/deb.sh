#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# deb.sh: build the Debian packages of this checkout into build/deb (or OUT), and
# let lintian look at them (unless LINTIAN=no). vfio-ccw-tools is cross-built where
# this machine is no s390x. Prints the packages' paths.

# shellcheck source=tests/vm/build.sh
. "$(dirname "$0")/../tests/vm/build.sh"
# shellcheck source=packaging/source.sh
. "$(dirname "$0")/source.sh"

out=${OUT:-$TOP/build/deb}
version=$(project_version)

host_packages cross deb
rm -rf "$out"
source_tree "$out/vfio-ccw-$version"
cd "$out/vfio-ccw-$version"
# Headers of the bench's own: Debian 12's are older than iommufd. -d, because
# they are no package that dpkg could look for.
say "building vfio-ccw-dkms and vfio-ccw-tools $version"
logged "$TOP/build/logs/deb.log" env UAPI="$(uapi)" \
	DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -d -us -uc -b -as390x ||
	die "the packages could not be built"
cd "$out"
if [ "${LINTIAN:-}" != no ]; then
	say "looking at them with lintian"
	lintian --fail-on error,warning --tag-display-limit 0 --allow-root \
		./*.changes || die "lintian has something to say"
fi
printf '%s\n' "$out"/*.deb
