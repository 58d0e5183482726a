#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034,SC2086
#
# First process of the emulated host: the host's own driver uses the volume
# first and last, channel programs through the mdev in between. Lines on the
# console are short and apart from each other (see rig.c).

/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t debugfs debug /sys/kernel/debug
exec </dev/null >/dev/ttyS0 2>&1

DASD=0.0.0020
TAPE=0.0.0580
PRINTER=0.0.000e
CSS=/sys/bus/css

say()
{
	echo "$*"
	usleep 130000
}

# told NAME COMMAND...: one test
told()
{
	local name=$1
	shift
	if "$@" >/tmp/told 2>&1; then
		say "ok - shell: $name"
	else
		say "not ok - shell: $name"
		tail -n 3 /tmp/told | while read -r line; do say "# $line"; done
	fi
}

# program NAME ARGUMENT...: one of the test programs; it must not end with an error
program()
{
	local name=$1 status=0

	shift
	"/tests/$name" "$@" || status=$?
	told "$name $2 ended with status $status" [ $status = 0 ]
}

subchannel()
{
	basename "$(dirname "$(readlink -f /sys/bus/ccw/devices/$1)")"
}

# take DEVICE UUID: from the host's driver to an mdev
take()
{
	local sch
	sch=$(subchannel $1)
	[ "$(cat /sys/bus/ccw/devices/$1/online)" = 0 ] ||
		echo 0 >/sys/bus/ccw/devices/$1/online || return 1
	echo $sch >$CSS/devices/$sch/driver/unbind &&
	echo vfio_ccw >$CSS/devices/$sch/driver_override &&
	echo $sch >$CSS/drivers/vfio_ccw/bind &&
	echo $2 >$CSS/devices/$sch/mdev_supported_types/vfio_ccw-io/create
}

# back SUBCHANNEL UUID: from the mdev to the host's driver
back()
{
	echo 1 >/sys/bus/mdev/devices/$2/remove &&
	echo $1 >$CSS/devices/$1/driver/unbind &&
	echo >$CSS/devices/$1/driver_override &&
	echo $1 >$CSS/drivers/io_subchannel/bind
}

# within SECONDS COMMAND...: until it succeeds
within()
{
	local i=$(($1 * 10))
	shift
	until "$@"; do
		[ $i -gt 0 ] || return 1
		usleep 100000
		i=$((i - 1))
	done
}

# online DEVICE: recognized by the common I/O layer, which takes its time, then
# online, then there as a block device
online()
{
	within 20 [ -e /sys/bus/ccw/devices/$1/online ] &&
	echo 1 >/sys/bus/ccw/devices/$1/online &&
	within 20 [ -b /dev/dasda ]
}

# driver_silent [EXPECTED]: the driver has had no error to tell
driver_silent()
{
	! dmesg | grep -E '(vfio_ccw|css) 0[.][0-9][.][0-9a-f]{4}: ' |
		grep -vE ": MDEV: |${1:-^$}"
}

unloaded()
{
	rmmod vfio_ccw && ! grep -q '^vfio_ccw ' /proc/modules
}

# nothing_logged: no complaint of the kernel about itself
nothing_logged()
{
	! dmesg | grep -E 'BUG|WARNING|Oops|Call Trace|leaked|hung'
}

. /tests/steps

say "BENCH DONE"
sleep 600
