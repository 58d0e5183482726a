# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034,SC2086
#
# What the first process of the emulated host goes on with: the host's own driver
# uses the volume first and last, channel programs through the mdev in between.
# Lines on the console are short and apart from each other (see rig.c).

exec </dev/null >/dev/ttyS0 2>&1
. /subchannel.sh

DASD=0.0.0020
TAPE=0.0.0580
PRINTER=0.0.000e

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

# hand_over DEVICE UUID: from the host's driver to an mdev
hand_over()
{
	local sch

	sch=$(subchannel_of $1) && take $sch && create $2 $sch
}

# back SUBCHANNEL UUID: from the mdev to the host's driver
back()
{
	remove $2 && give $1
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
