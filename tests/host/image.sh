#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# image.sh: the disk of an s390 host that an administrator of Debian 12 would
# recognize: its kernel of the backports, systemd, udev, initramfs-tools, zipl,
# driverctl, mdevctl, libvirt, QEMU and DKMS. Made once for each state of the
# packages and of what is written here; prints where it is.
#
# This machine cannot run programs of an s390, unless somebody has registered an
# interpreter for them, which would change the machine for everybody. So the work
# is divided as debootstrap divides it: here packages are resolved and unpacked,
# by apt and dpkg under fakeroot; in the emulated machine they are configured
# (second-stage), which is the slow part. Unpacking takes a minute here and would
# take a quarter of an hour there.

# shellcheck source=tests/lib/kernels.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/kernels.sh"

HERE=$TOP/tests/host
PACKAGES="usr-is-merged systemd systemd-sysv udev dbus kmod initramfs-tools
	uuid-runtime s390-tools driverctl mdevctl libvirt-daemon-system
	libvirt-clients qemu-system-s390x dkms"
# Nobody reads them here, and they are half of the files
EXCLUDE=('/usr/share/doc/*' '/usr/share/man/*' '/usr/share/info/*'
	'/usr/share/locale/*' '/usr/share/i18n/*' '/usr/share/lintian/*'
	'/usr/share/bash-completion/*')
# Drivers of hardware that no s390 has: depmod and the maker of the initramfs look
# into each module, and each is compressed
for name in ata bluetooth gpu hid hwmon iio infiniband input isdn leds media mfd \
	net/ethernet net/phy net/usb net/wireless nfc platform power regulator \
	rtc staging thunderbolt usb video; do
	EXCLUDE+=("/lib/modules/*/kernel/drivers/$name/*")
done
EXCLUDE+=('/lib/modules/*/kernel/sound/*')
DISK_SIZE=4G
PARTITION=1048576	# bytes before the only partition

# essential: packages that a Debian always has. apt takes them for granted, also
# where nothing is installed.
essential()
{
	answer essential-s390x list_essential
}

list_essential()
{
	own_apt amd64 apt-cache dumpavail |
		awk '/^Package: / { p = $2 }
		     /^Architecture: / { a = $2 }
		     /^Essential: yes/ || /^Priority: required/ { e = 1 }
		     /^$/ { if (e && (a == "s390x" || a == "all")) print p
			    e = 0 }' | sort -u
}

# wanted: all that is asked for, the kernel by its version: that of the modules
wanted()
{
	local version package

	version=$(kernel_version)
	read -r package _ < <(package_of \
		"linux-image-${SERIES}[.].*-s390x" "$version")
	echo "$(essential)" "$PACKAGES" "$package=$version"
}

apt_install()
{
	# shellcheck disable=SC2046 # a list of words
	own_apt s390x apt-get --no-install-recommends -y "$@" install $(wanted)
}

# plan: the files of all packages, one a line
plan()
{
	answer host-plan list_plan
}

list_plan()
{
	apt_install --print-uris | awk "/^'/ { print \$2 }" | sort
}

# fetch DIR: all of them, and nothing else, below DIR
fetch()
{
	local file

	mkdir -p "$1/partial"
	say "downloading the host's $(plan | wc -l) packages"
	logged "$CACHE/logs/host-packages.log" apt_install --download-only \
		-o Dir::Cache::archives="$1" ||
		die "could not download the host's packages"
	plan >"$1/plan"
	for file in "$1"/*.deb; do
		grep -qxF "${file##*/}" "$1/plan" || rm -f "$file"
	done
}

# boot_archive FILE: the initial RAM file system for the second stage: Debian's
# kernel has the drivers of disk and file system as modules
boot_archive()
{
	local tmp from release module

	tmp=$(mktemp -d)
	from=$(stock_kernel)
	release=$(ls "$from/lib/modules")
	from=$from/lib/modules/$release
	# crc32c_generic: ext4 asks the crypto layer for it by name, so that
	# modprobe does not know
	for module in drivers/block/virtio_blk fs/ext4/ext4 fs/jbd2/jbd2 \
		fs/mbcache lib/crc16 crypto/crc32c_generic lib/libcrc32c; do
		install_module "$from" "$module" \
			"$tmp/tree/lib/modules/$release"
	done
	cp "$from"/modules.builtin* "$from/modules.order" \
		"$tmp/tree/lib/modules/$release/"
	/sbin/depmod -b "$tmp/tree" "$release"
	cat >"$tmp/init" <<-'END'
		#!/bin/busybox sh
		/bin/busybox mkdir -p /bin /sbin /root
		/bin/busybox --install -s
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		mount -t devtmpfs devtmpfs /dev
		modprobe virtio_blk
		modprobe crc32c_generic
		modprobe ext4
		until [ -b /dev/vda1 ]; do sleep 0.1; done
		mount -t ext4 /dev/vda1 /root
		umount /proc /sys
		exec switch_root /root /second-stage
	END
	chmod 755 "$tmp/init"
	"$LIB/initramfs.py" "$1" "$tmp/tree:/" "$tmp/init:init" \
		"$(busybox):bin/busybox"
	rm -rf "$tmp"
}

# second_stage DIR: configure what is on DIR/disk in the emulated machine
second_stage()
{
	local qemu log=$CACHE/logs/host-second-stage.log

	qemu=$(newer_qemu)
	boot_archive "$1/boot"
	say "configuring the packages in the emulated machine (several minutes)"
	: >"$log"
	logged "$log" "$qemu/usr/bin/qemu-system-s390x" \
		-L "$qemu/usr/share/qemu" -M s390-ccw-virtio -cpu qemu \
		-m 2048 -smp 2 -display none -nodefaults -no-reboot \
		-chardev stdio,id=con0 -device sclpconsole,chardev=con0 \
		-kernel "$(kernel_image stock)" -initrd "$1/boot" \
		-append "console=ttysclp0 panic=-1" \
		-drive "file=$1/disk,format=raw,if=none,id=disk,cache=unsafe" \
		-device virtio-blk-ccw,drive=disk,devno=fe.0.0100 \
		-device virtio-rng-ccw,devno=fe.0.0101 ||
		die "the emulated machine could not be run"
	grep -q '^second-stage: complete' "$log" || {
		tail -n 30 "$log" >&2
		die "the packages could not be configured; the whole log: $log"
	}
	rm -f "$1/boot"
}

# first_boot DIR: start the host once from DIR/disk
first_boot()
{
	say "starting the host for the first time"
	ln -s "$(newer_qemu)" "$1/qemu"
	truncate -s 1M "$1/supplies"
	/sbin/mke2fs -q -t ext4 -O ^has_journal -L supplies "$1/supplies"
	logged "$CACHE/logs/host-first-boot.log" \
		"$HERE/host.py" --images "$1" --first ||
		die "the host could not be started"
	rm "$1/supplies" "$1/qemu"
}

make_image()
{
	local dir=$1 tmp started=$SECONDS

	[ ! -e "$dir/disk" ] || return 0
	mkdir -p "$CACHE/host"
	# Disks of older packages or of an older script: gigabytes each
	find "$CACHE/host" -mindepth 1 -maxdepth 1 -name 'disk-*' \
		-mtime +14 -exec rm -rf {} +
	fetch "$CACHE/host/archives"
	say "downloaded ($((SECONDS - started)) s)"
	tmp=$(scratch "$CACHE/host")
	mkdir "$tmp/image"
	say "unpacking them"
	logged "$CACHE/logs/host-unpack.log" \
		env DISK="$tmp/image/disk" SIZE="$DISK_SIZE" \
		PARTITION="$PARTITION" fakeroot -- "$HERE/unpack.sh" \
		"$tmp/root" "$CACHE/host/archives" "$HERE" "${EXCLUDE[@]}" ||
		die "the packages could not be unpacked"
	rm -rf "$tmp/root"
	say "unpacked ($((SECONDS - started)) s)"
	second_stage "$tmp/image"
	say "configured ($((SECONDS - started)) s)"
	first_boot "$tmp/image"
	say "the host's disk is complete ($((SECONDS - started)) s in all)"
	mv "$tmp/image" "$dir"
	rm -rf "$tmp"
}

main()
{
	local key dir

	host_packages cross vm host
	apt_ready
	key=$({ plan; wanted; echo "$DISK_SIZE"
		cat "$HERE/image.sh" "$HERE/unpack.sh" "$HERE/second-stage"
		find "$HERE/root" -type f -print0 | sort -z | xargs -0 cat; } | sha256sum | cut -c1-12)
	dir=$CACHE/host/disk-$key
	[ -e "$dir/disk" ] || locked host-image make_image "$dir"
	touch "$dir"
	echo "$dir/disk"
}

main "$@"
