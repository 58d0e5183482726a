#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# bare.sh [GOAL...]: what README tells a stranger to do, on a Debian 12 that has
# nothing but make: "make check" and "make demo", or the goals named, in a root of
# its own with an empty cache. What is committed is what is tried. One test for each
# goal, and one for its time where there is a limit (TAP). Needs to be root.

# shellcheck source=tests/lib/packages.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/packages.sh"

# Minutes that a goal may take on two processors
declare -A limit=([check]=55)
number=0
failed=0

# point NAME COMMAND...: a test that passes when COMMAND succeeds
point()
{
	local word=ok name=$1

	shift
	number=$((number + 1))
	"$@" || { word="not ok"; failed=1; }
	echo "$word $number - $name"
}

# make_root: a minimal Debian 12 in $bare, whose apt asks the mirror of this machine
make_root()
{
	local options=(--variant=minbase --include=make --include=ca-certificates)

	logged "$TOP/build/logs/bare-root.log" mmdebstrap "${options[@]}" \
		bookworm "$bare" "deb $(mirror) bookworm main" \
		"deb $(mirror) bookworm-updates main"
	# How this machine reaches its mirror, and how old that may be
	apt-config dump | grep -E '^Acquire::(Check-|https?::Proxy)' \
		>"$bare/etc/apt/apt.conf.d/90as-here" || :
	cp -L /etc/resolv.conf /etc/hosts "$bare/etc/"
	git clone -q --no-hardlinks "$TOP" "$bare/root/vfio-ccw"
}

# inside COMMAND...: in that root, with mounts that end with it
inside()
{
	# shellcheck disable=SC2016 # expanded by the shell in there
	unshare --mount --pid --fork bash -ec '
		mount -t proc proc "$1/proc"
		mount -t sysfs sysfs "$1/sys"
		mount --rbind /dev "$1/dev"
		bare=$1
		shift
		exec chroot "$bare" env -i HOME=/root TERM=dumb \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			sh -c "cd && cd vfio-ccw && exec \"\$@\"" sh "$@"
	' bash "$bare" "$@"
}

# goal NAME: make it in there; its output is progress
goal()
{
	say "make $1 in $bare"
	inside make --no-print-directory "$1" >"$TOP/build/logs/bare-$1.log" \
		2>&1 </dev/null
}

[ "$(id -u)" -eq 0 ] || die "a root of its own needs root"
host_packages bare
mkdir -p "$TOP/build/logs" "$CACHE"
bare=$(mktemp -d "$CACHE/bare.XXXXXX")
chmod 755 "$bare"
trap 'rm -rf --one-file-system "$bare"' EXIT
[ $# -gt 0 ] || set -- check demo
echo "TAP version 13"
point "a root that has nothing" make_root
for name in "$@"; do
	before=$SECONDS
	point "make $name" goal "$name"
	minutes=$(((SECONDS - before + 59) / 60))
	[ "$name" != check ] || tail -n 1 "$TOP/build/logs/bare-check.log" |
		sed 's/^/# /'
	echo "# make $name: $minutes minutes"
	[ -z "${limit[$name]:-}" ] ||
		point "make $name takes at most ${limit[$name]} minutes" \
			[ "$minutes" -le "${limit[$name]}" ]
done
echo "1..$number"
exit $failed
