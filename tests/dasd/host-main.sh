# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034,SC2086,SC3045
#
# What the first process of the emulated host goes on with: the host's own driver
# uses the volume first and last, channel programs through the mdev in between.
# Lines on the console are short and apart from each other (see rig.c).

exec </dev/null >/dev/ttyS0 2>&1
. /subchannel.sh

DASD=0.0.0020
TAPE=0.0.0580
PRINTER=0.0.000e
TRACING=/sys/kernel/tracing
# Bits of the first word of an ORB that the trace shows
ORB_FORMAT_1=0x00800000
ORB_PREFETCH=0x00400000

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

# online DEVICE [DISK]: recognized by the common I/O layer, which takes its time, then
# online, then there as a block device
online()
{
	within 20 [ -e /sys/bus/ccw/devices/$1/online ] &&
	echo 1 >/sys/bus/ccw/devices/$1/online &&
	within 20 [ -b ${2:-/dev/dasda} ]
}

# machine FILE ARGUMENT...: start the stock QEMU, with the console of its guest in
# FILE; its process is $QEMU. What is common to all is what the state of a guest that
# goes on was made with.
machine()
{
	local console=$1

	shift
	: >$console
	qemu-system-s390x -M s390-ccw-virtio -cpu qemu -m 64 -smp 1 \
		-display none -nodefaults -no-reboot -L /usr/share/qemu \
		-chardev file,id=con0,path=$console \
		-device sclpconsole,chardev=con0 "$@" \
		>/tmp/qemu.log 2>&1 4>&- 5>&- &
	QEMU=$!
}

# monitor: QEMU's, which is at descriptors 4 and 5; its arguments are in $MONITOR
monitor()
{
	rm -f /tmp/qmp.in /tmp/qmp.out
	mkfifo /tmp/qmp.in /tmp/qmp.out
	exec 4<>/tmp/qmp.in 5<>/tmp/qmp.out
	MONITOR="-chardev pipe,id=qmp0,path=/tmp/qmp
		-mon chardev=qmp0,mode=control"
}

# ask COMMAND: one command to the monitor, whose answer is in $answer
ask()
{
	echo "$1" >&4
	while read -r -t 60 answer <&5; do
		case $answer in
		*'"return"'*)	return 0 ;;
		*'"error"'*)	break ;;
		esac
	done
	echo "$1: $answer"
	return 1
}

# follow FILE PID: pass on the console of a guest, which FILE gets, line by line,
# until the guest's last line or the end of process PID. A line "GUEST WORD" is for
# wanted(), which the steps define where their guest says such a line.
follow()
{
	local line cr part=''

	cr=$(printf '\r')
	exec 6<$1
	while :; do
		while IFS= read -r line <&6; do
			line=$(echo "${part}${line%"$cr"}" | tr '[]' '()' |
				cut -c1-100)
			part=
			say "$line"
			case $line in
			"GUEST DONE")	return 0 ;;
			"GUEST "*)	wanted ${line#GUEST } ;;
			esac
		done
		part=$part$line
		kill -0 $2 2>/dev/null || return 1
		usleep 200000
	done
}

# trace 1|0: the start of each program, from now on, in a trace that is empty
trace()
{
	[ $1 = 0 ] || echo >$TRACING/trace
	echo $1 >$TRACING/events/vfio_ccw/vfio_ccw_start/enable
}

# started PROGRAM...: the programs of format 0 that were started for the guest are
# those, by their addresses, and each allowed to be fetched before it runs. In any
# order, since that of the trace is not the guest's.
started()
{
	sed -n 's/.* vfio_ccw_start: .* orb=\(.*\) guest=\(.*\) host=.* rc=0$/\1 \2/p' \
		$TRACING/trace | while read -r orb at; do
		[ $((0x$orb & ORB_FORMAT_1)) != 0 ] || echo $orb $at
	done >/tmp/started
	cat /tmp/started
	printf '%08x\n' "$@" | sort >/tmp/expected
	while read -r orb at; do
		[ $((0x$orb & ORB_PREFETCH)) != 0 ] || return 1
		echo $at
	done </tmp/started | sort | cmp - /tmp/expected
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
