#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# The first process of every machine of the tests: makes it usable, and goes on
# with /main, which is another one for each use: run-test.sh of vm.py, and what
# stands beside the other tests.

# A root made of packages has programs of its own
if [ -d /usr/bin ]; then
	/bin/busybox --install -s /bin 2>/dev/null
else
	/bin/busybox mkdir -p /bin /sbin /usr/bin /usr/sbin
	/bin/busybox --install -s
fi
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm /run /tmp /root /var/lock
mount -t devpts devpts /dev/pts 2>/dev/null
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
ip link set lo up 2>/dev/null

# port NAME: the device file of a serial port, found by its name: its number
# depends on which of the machine's virtio devices the kernel finds first.
port()
{
	local node

	for node in /sys/class/virtio-ports/*; do
		[ "$(cat "$node/name" 2>/dev/null)" = "$1" ] || continue
		echo "/dev/${node##*/}"
	done
}

# need_ports NAME...: wait until they are there, which takes a busy machine its
# time; without them nobody would ever be heard
need_ports()
{
	local name tries=0

	modprobe -q virtio_console 2>/dev/null
	for name in "$@"; do
		until [ -c "$(port "$name")" ]; do
			if [ $tries -ge 1200 ]; then
				echo "there is no port $name, but:" \
					/sys/class/virtio-ports/* \
					/sys/bus/ccw/devices/* \
					/sys/bus/virtio/devices/* >/dev/console
				poweroff -f
			fi
			sleep 0.1
			tries=$((tries + 1))
		done
	done
}

. /main
