#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# install.sh FOLDER: install the modules built into FOLDER for the running
# kernel. Below updates/, depmod prefers them to modules of the same name that
# came with the kernel.

set -eu

fail()
{
	echo "error: $*" >&2
	exit 1
}

from=$1
release=$(uname -r)
to=${DESTDIR:-}/lib/modules/$release
[ -e "$from/vfio_ccw.ko" ] || fail "there is no module yet: run \"make module\""
built=$(modinfo -F vermagic "$from/vfio_ccw.ko" | cut -d' ' -f1)
[ "$built" = "$release" ] ||
	fail "the module was built for Linux $built, but $release is running"
! grep -qs '/vfio_ccw\.ko$' "$to/modules.builtin" ||
	fail "this kernel has a vfio_ccw built in, which a module cannot replace"
mkdir -p "$to/updates"
for module in mdev vfio_ccw; do
	# The kernel's own mdev is as good; ours is there if it has none.
	[ -e "$from/$module.ko" ] || continue
	[ "$module" != mdev ] || [ -z "$(find "$to/kernel" -name 'mdev.ko*' \
		2>/dev/null)" ] || continue
	install -m 644 "$from/$module.ko" "$to/updates/"
done
depmod ${DESTDIR:+-b "$DESTDIR"} "$release"
found=$(modinfo ${DESTDIR:+-b "$DESTDIR"} -k "$release" -n vfio_ccw)
case $found in
*/updates/vfio_ccw.ko)
	echo "installed $found" ;;
*)
	fail "depmod prefers $found; see /etc/depmod.d" ;;
esac
