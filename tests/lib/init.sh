#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# The first process of a test machine: makes it usable, runs /test with its
# output going to the results port, says how it ended, and powers off. The
# kernel's messages and standard error go to the console.

/bin/busybox mkdir -p /bin /sbin /usr/bin /usr/sbin /root
/bin/busybox --install -s
export PATH=/sbin:/usr/sbin:/bin:/usr/bin HOME=/root

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts 2>/dev/null
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
mount -t debugfs debugfs /sys/kernel/debug 2>/dev/null
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
ip link set lo up 2>/dev/null

# port NAME: the device file of one of the runner's serial ports.
port()
{
	for node in /sys/class/virtio-ports/*; do
		[ "$(cat "$node/name" 2>/dev/null)" = "$1" ] || continue
		echo "/dev/${node##*/}"
	done
}

modprobe -q virtio_console 2>/dev/null
tries=0
while [ -z "$(port results)" ] && [ $tries -lt 100 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
VM_RESULTS=$(port results)
VM_CTL=$(port ctl)
export VM_RESULTS VM_CTL
[ -n "$VM_RESULTS" ] || { echo "there is no results port"; poweroff -f; }

leaks=/sys/kernel/debug/kmemleak
if [ -e $leaks ]; then
	echo scan=off >$leaks
	echo clear >$leaks
fi

set -a
[ ! -e /etc/vm.env ] || . /etc/vm.env
set +a

exec 3>"$VM_RESULTS"
echo "# vm: $(uname -r) up after $(cut -d' ' -f1 /proc/uptime) s" >&3
# shellcheck disable=SC2065 # a program, not a comparison
/test >&3 </dev/null
status=$?

# A leak is reported only when it is some seconds old and seen by two scans.
if [ -e $leaks ] && [ -z "$VM_NO_KMEMLEAK" ]; then
	sleep 6
	echo scan >$leaks
	echo scan >$leaks
	cat $leaks >/dev/console
fi
echo "# vm-exit $status" >&3
# Output to a port is complete when the host has taken it; closing waits.
exec 3>&-
sync
poweroff -f
