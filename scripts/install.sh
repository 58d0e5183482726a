#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# install.sh FOLDER: install the modules built into FOLDER for the running
# kernel. Below updates/, depmod prefers them to modules of the same name that
# came with the kernel. All of it is done, or nothing: what was installed before
# stays until the new modules and what modprobe needs are in their place.

set -eu

fail()
{
	echo "error: $*" >&2
	exit 1
}

# said: what the last command complained of, in one line
said()
{
	tail -n 1 "$log" | sed 's/.*: //'
}

# wanted MODULE: is it there, and has the kernel none of its own that is as good?
wanted()
{
	[ -e "$from/$1.ko" ] || return 1
	[ "$1" != mdev ] || [ -z "$(find "$to/kernel" -name 'mdev.ko*' \
		2>/dev/null)" ]
}

# undo: as it was before; what cannot be undone was not done
undo()
{
	for module in $placed; do
		rm -f "$to/updates/$module.ko" || :
	done
	for file in "$keep"/old/*; do
		[ ! -e "$file" ] || mv "$file" "$to/updates/" || :
	done
	for file in "$keep"/index/*; do
		[ ! -e "$file" ] || mv -f "$file" "$to/" || :
	done
	rm -rf "$keep" || :
	[ -z "$made" ] || rmdir "$to/updates" || :
} 2>/dev/null

# put: copy what is new, so that a full disk is found out before anything is
# replaced; then have the old ones step aside
put()
{
	mkdir -p "$keep/old" "$keep/new" "$to/updates" || return
	for module in $modules; do
		install -m 644 "$from/$module.ko" "$keep/new/" || return
	done
	for module in $modules; do
		[ ! -e "$to/updates/$module.ko" ] ||
			mv "$to/updates/$module.ko" "$keep/old/" || return
		# Before it is: a signal is taken after the command that it meets
		placed="$placed $module"
		mv "$keep/new/$module.ko" "$to/updates/" || return
	done
}

# depend: tell modprobe of them. depmod makes new files of its own and renames
# them, so links keep the old ones.
depend()
{
	mkdir "$keep/index" || return
	for file in "$to"/modules.*; do
		[ ! -e "$file" ] || ln "$file" "$keep/index/" || return
	done
	depmod ${DESTDIR:+-b "$DESTDIR"} "$release" || return
	found=$(modinfo ${DESTDIR:+-b "$DESTDIR"} -k "$release" -n vfio_ccw)
}

[ $# -eq 1 ] || fail "usage: install.sh FOLDER"
from=$1
release=$(uname -r)
to=${DESTDIR:-}/lib/modules/$release
[ -e "$from/vfio_ccw.ko" ] || fail "there is no module yet: run \"make module\""
built=$(modinfo -F vermagic "$from/vfio_ccw.ko" 2>/dev/null | cut -d' ' -f1)
[ "$built" = "$release" ] ||
	fail "the module was built for Linux $built, but $release is running"
! grep -qs '/vfio_ccw\.ko$' "$to/modules.builtin" ||
	fail "this kernel has a vfio_ccw built in, which a module cannot replace"
modules=
for module in mdev vfio_ccw; do
	! wanted $module || modules="$modules $module"
done
made=
[ -d "$to/updates" ] || made=yes
placed=
# On the same disk, but where depmod does not look
keep=${to%/*}/.vfio-ccw.$$
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'undo; exit 130' INT TERM HUP
put 2>"$log" || {
	why=$(said)
	undo
	fail "the modules cannot be written to $to/updates ($why);" \
		"nothing was installed"
}
depend >"$log" 2>&1 || {
	why=$(said)
	undo
	fail "depmod cannot do its work in $to ($why); nothing was installed"
}
case $found in
*/updates/vfio_ccw.ko) ;;
*)
	undo
	fail "depmod prefers $found; see /etc/depmod.d" ;;
esac
# Done: without what was kept nothing could be undone
trap '' INT TERM HUP
rm -rf "$keep"
echo "installed $found"
