# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packages: those the host itself lacks are installed; those for another
# architecture or from another suite come through an apt configuration of the
# bench's own, are never installed, and leave the machine's apt untouched.
#
# The latter are of one state of the archive: that of the day on which their lists
# were fetched into this cache, until "make refresh", or until the mirror has lost
# one of them. ARCHIVE=ADDRESS, such as that of a day that Debian keeps, names
# another archive, and so any state of it. What the host itself lacks is of its own
# apt's state, whatever that is.

# shellcheck source=tests/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

APT=$CACHE/apt${EXTRA_SUITES:+-${EXTRA_SUITES// /-}}
[ -z "${ARCHIVE:-}" ] ||
	APT=$APT-$(printf '%s' "$ARCHIVE" | sha256sum | cut -c1-10)
DEBS=$CACHE/debs
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# Another number has the index lists fetched again: what they are of has changed.
LISTS=1

# host_group GROUP: the Debian packages a part of the bench needs.
host_group()
{
	case $1 in
	cross)	echo gcc-s390x-linux-gnu libc6-dev-s390x-cross gcc libc6-dev \
		     make flex bison bc libssl-dev libelf-dev cpio rsync kmod \
		     xz-utils pahole patch perl python3 ;;
	run)	echo python3 make ;;
	vm)	echo qemu-system-misc python3 cpio kmod ;;
	style)	echo sparse perl python3 git codespell shellcheck ;;
	user)	echo clang gcc libc6-dev make python3 ;;
	hercules) echo hercules s3270 ;;
	plot)	echo gnuplot-nox ;;
	bare)	echo mmdebstrap git util-linux ;;
	host)	echo fakeroot e2fsprogs fdisk binutils xz-utils ;;
	deb)	echo dpkg-dev debhelper dh-dkms bash-completion lintian \
		     python3-docutils man-db bsdextrautils dkms file git ;;
	rpm)	echo rpm git ;;
	series)	echo git ;;
	docs)	echo python3-sphinx graphviz ;;
	*)	die "there is no package group called $1" ;;
	esac
}

# host_packages GROUP...: install what is missing, and only that.
host_packages()
{
	local group package missing=() root=()

	for group in "$@"; do
		for package in $(host_group "$group"); do
			dpkg-query -W -f '${db:Status-Status}\n' "$package" \
				2>/dev/null | grep -qx installed ||
				missing+=("$package")
		done
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "missing packages (${missing[*]}), and neither" \
			    "root nor sudo to install them with"
		root=(sudo)
	fi
	locked host-apt install_missing "${missing[@]}"
}

install_missing()
{
	local options=(-y -q --no-install-recommends
		-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
	local run=(${root[@]+"${root[@]}"} env DEBIAN_FRONTEND=noninteractive
		apt-get)

	say "installing $*"
	if ! apt-get -q -s install --no-install-recommends "$@" \
		>/dev/null 2>&1; then
		logged "$CACHE/logs/apt-update.log" "${run[@]}" -q update ||
			say "the package lists could not all be refreshed"
	fi
	logged "$CACHE/logs/apt-install.log" \
		"${run[@]}" "${options[@]}" install "$@" && return 0
	# The lists may be older than what the mirror still has.
	say "trying again with fresh package lists"
	logged "$CACHE/logs/apt-update.log" "${run[@]}" -q update ||
		say "the package lists could not all be refreshed"
	logged "$CACHE/logs/apt-install.log" \
		"${run[@]}" "${options[@]}" install "$@" ||
		die "apt-get could not install: $*"
}

# mirror: the Debian archive that this machine itself uses, or ARCHIVE.
mirror()
{
	local site

	if [ -n "${ARCHIVE:-}" ]; then
		echo "$ARCHIVE"
		return
	fi
	site=$(apt-get indextargets --format \
		'$(RELEASE) $(CODENAME) $(COMPONENT) $(SITE)' \
		'Created-By: Packages' |
		awk '$NF !~ /security/ && / main / &&
		     ($1 == "bookworm" || $2 == "bookworm") {
			print $NF; exit }')
	[ -n "$site" ] ||
		die "apt on this machine names no mirror of Debian 12" \
		    "(bookworm main), from which the bench could fetch"
	echo "$site"
}

# own_apt ARCH TOOL ARGUMENT...: apt-get or apt-cache with the bench's own lists,
# as if on a machine of ARCH that has nothing installed.
own_apt()
{
	local arch=$1 tool=$2

	shift 2
	"$tool" -q -c "$APT/apt.conf" -o APT::Architecture="$arch" "$@"
}

apt_configuration()
{
	cat <<CONF
#clear APT::Architectures;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
APT::Architectures { "amd64"; "s390x"; };
APT::Sandbox::User "$(id -un)";
APT::Default-Release "";
Acquire::Languages "none";
Acquire::Check-Valid-Until "$([ -z "${ARCHIVE:-}" ] && echo true || echo false)";
Acquire::Retries "3";
Debug::NoLocking "true";
Dir::Etc::sourcelist "$APT/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "$APT/preferences";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$APT/lists";
Dir::State::status "/dev/null";
Dir::Cache::archives "$APT/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
CONF
}

# apt_preferences: of QEMU the newer one; all its packages must go together.
apt_preferences()
{
	cat <<PREF
Package: src:qemu
Pin: release n=bookworm-backports
Pin-Priority: 600
PREF
}

# apt_sources: what sources.list has to say on this machine.
apt_sources()
{
	local suite site

	site=$(mirror)
	for suite in bookworm bookworm-updates bookworm-backports \
		${EXTRA_SUITES:-}; do
		echo "deb [arch=amd64,s390x signed-by=$KEYRING] $site" \
			"$suite main"
	done
}

# apt_ready: index lists that are there.
apt_ready()
{
	apt_is_fresh || locked apt apt_refresh
}

apt_is_fresh()
{
	[ "$(cat "$APT/fresh" 2>/dev/null)" = "$LISTS" ]
}

# answer NAME COMMAND...: what COMMAND prints, kept until the lists are fetched
# again; apt takes a second or more for each question.
answer()
{
	local file=$APT/answers/$1

	shift
	if ! [ "$file" -nt "$APT/fresh" ]; then
		if ! "$@" >"$file.$BASHPID"; then
			rm -f "$file.$BASHPID"
			return 1
		fi
		mv "$file.$BASHPID" "$file"
	fi
	cat "$file"
}

apt_refresh()
{
	apt_is_fresh || {
		mkdir -p "$APT/lists/partial" "$APT/archives/partial" \
			"$APT/answers" "$DEBS"
		apt_update "$(apt_sources)"
	}
}

apt_update()
{
	local same=no

	[ "$1" != "$(cat "$APT/sources.list" 2>/dev/null)" ] || same=yes
	say "fetching package lists (amd64 and s390x, with backports)"
	printf '%s\n' "$1" >"$APT/sources.list.new"
	mv "$APT/sources.list.new" "$APT/sources.list"
	apt_preferences >"$APT/preferences"
	apt_configuration >"$APT/apt.conf.new"
	mv "$APT/apt.conf.new" "$APT/apt.conf"
	if logged "$CACHE/logs/apt-lists.log" \
		own_apt amd64 apt-get -o APT::Update::Error-Mode=any update; then
		echo "$LISTS" >"$APT/fresh"
	elif [ -e "$APT/fresh" ] && [ $same = yes ]; then
		say "the mirror does not answer; going on with older lists"
	else
		die "the package lists could not be fetched"
	fi
}

# available: one line "package version architecture" for every package of the
# Linux kernel's source packages, newest version first.
available()
{
	answer available list_available
}

list_available()
{
	own_apt amd64 apt-cache dumpavail |
		awk '/^Package: linux-(image|headers|kbuild|source)-/ { p = $2 }
		     /^Version: / { v = $2 }
		     /^Architecture: / { a = $2 }
		     /^$/ { if (p) print p, v, a; p = "" }
		     END { if (p) print p, v, a }' |
		sort -u -k2,2Vr -k1,1
}

# deb PACKAGE VERSION ARCH: path of the package's file, fetched when it is not
# there yet; apt checks it against the signed lists before it gets its name.
deb()
{
	local name file

	name=$1_${2//:/%3a}_$3.deb
	file=$DEBS/$name
	[ -e "$file" ] || locked "deb-$1" fetch_deb "$1" "$2" "$3" "$file"
	echo "$file"
}

fetch_deb()
{
	local dir

	[ ! -e "$4" ] || return 0
	dir=$(scratch "$DEBS")
	say "downloading $1 $2 ($3)"
	(cd "$dir" && logged "$CACHE/logs/download-$1.log" \
		own_apt amd64 apt-get download "$1:$3=$2") || {
		rm -rf "$dir"
		# A mirror drops superseded versions: ask anew next time.
		rm -f "$APT/fresh"
		die "$1 $2 ($3) could not be downloaded; run again," \
		    "the package lists will be fetched afresh"
	}
	mv "$dir"/*.deb "$4"
	rm -rf "$dir"
}

# candidate PACKAGE ARCH [PATTERN]: newest version, optionally of a pattern.
candidate()
{
	local version

	version=$(answer "madison-$1-$2" own_apt "$2" apt-cache madison "$1:$2" |
		awk -F ' *[|] *' '{ print $2 }' | grep -E -- "${3:-.}" |
		sort -Vr | sed -n 1p)
	[ -n "$version" ] || die "the mirror has no package $1 for $2"
	echo "$version"
}

# unpacked PACKAGE ARCH [PATTERN]: folder with the content of that one package.
unpacked()
{
	local version dir

	apt_ready
	version=$(candidate "$@")
	dir=$CACHE/unpacked/$1_${version//:/%3a}_$2
	[ -d "$dir" ] || locked "unpack-$1" unpack_one "$1" "$version" "$2" \
		"$dir"
	echo "$dir"
}

unpack_one()
{
	local file tmp

	[ ! -d "$4" ] || return 0
	file=$(deb "$1" "$2" "$3")
	tmp=$(scratch "$CACHE/unpacked")
	dpkg-deb -x "$file" "$tmp/root"
	mv "$tmp/root" "$4"
	rmdir "$tmp"
}

# closure ARCH PACKAGE...: folder with the packages and all they depend on, as
# a root of their own. SUITE names the suite to prefer to all others.
closure()
{
	local arch=$1 suite=${SUITE:-} plan key dir

	shift
	apt_ready
	plan=$(answer "plan-$arch-$(echo "$*" | tr ' ' -)${suite:+-$suite}" \
		own_apt "$arch" apt-get ${suite:+-t "$suite"} \
		--no-install-recommends --print-uris -y install \
		"${@/%/:$arch}" |
		sed -n "s/^'.*\/\([^ /]*\.deb\)'.*/\1/p" | sort)
	[ -n "$plan" ] || die "apt finds no way to install: $*"
	key=$(printf '%s\n' "$plan" | sha256sum | cut -c1-12)
	dir=$CACHE/roots/$arch-$1-$key
	[ -d "$dir" ] || locked "root-$arch-$1" unpack_closure "$arch" \
		"$dir" "$@"
	echo "$dir"
}

unpack_closure()
{
	local arch=$1 dir=$2 tmp file

	shift 2
	[ ! -d "$dir" ] || return 0
	tmp=$(scratch "$CACHE/roots")
	mkdir -p "$tmp/archives/partial" "$tmp/root"
	say "downloading $* for $arch with everything they depend on"
	logged "$CACHE/logs/root-$arch-$1.log" \
		own_apt "$arch" apt-get ${SUITE:+-t "$SUITE"} \
		-o Dir::Cache::archives="$tmp/archives" -o Debug::NoLocking=1 \
		--no-install-recommends --download-only -y \
		install "${@/%/:$arch}" ||
		die "could not download $* for $arch"
	for file in "$tmp"/archives/*.deb; do
		dpkg-deb -x "$file" "$tmp/root"
	done
	mkdir -p "$(dirname "$dir")"
	mv "$tmp/root" "$dir"
	rm -rf "$tmp"
}
