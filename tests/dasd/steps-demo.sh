# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC3045
# What demo-dasd does in the emulated host; sourced by its first process.

U1=11111111-1111-4111-8111-111111111111
PASSED=/sys/bus/mdev/devices/$U1

modprobe dasd_eckd_mod
modprobe vfio_ccw
S1=$(subchannel_of $DASD)

CR=$(printf '\r')

# follow PID: pass on the guest's console, which is a file here, line by line,
# until the guest's last line or the end of process PID
follow()
{
	local line part=
	exec 6</tmp/guest.log
	while :; do
		while read -r line <&6; do
			line=$(echo "${part}${line%"$CR"}" | tr '[]' '()' |
				cut -c1-100)
			part=
			say "$line"
			[ "$line" != "GUEST DONE" ] || return 0
		done
		part=$part$line
		kill -0 $1 2>/dev/null || return 1
		usleep 200000
	done
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

# restored: whether the guest's state has been read
restored()
{
	ask '{"execute":"query-status"}' || return 1
	case $answer in
	*inmigrate*)	return 1 ;;
	esac
}

# plugged: the device is given to the guest that goes on
plugged()
{
	ask '{"execute":"qmp_capabilities"}' && within 60 restored &&
	ask '{"execute":"cont"}' &&
	ask '{"execute":"device_add","arguments":{"driver":"vfio-ccw",
		"id":"vf0","devno":"fe.0.000a",
		"sysfsdev":"'$PASSED'"}}'
}

# machine ARGUMENT...: the stock QEMU, its monitor at descriptors 4 and 5. What
# is common to all is what the guest's state was made with.
machine()
{
	mkfifo /tmp/qmp.in /tmp/qmp.out
	exec 4<>/tmp/qmp.in 5<>/tmp/qmp.out
	: >/tmp/guest.log
	qemu-system-s390x -M s390-ccw-virtio -cpu qemu -m 64 -smp 1 \
		-display none -nodefaults -no-reboot -L /usr/share/qemu \
		-chardev file,id=con0,path=/tmp/guest.log \
		-device sclpconsole,chardev=con0 \
		-chardev pipe,id=qmp0,path=/tmp/qmp \
		-mon chardev=qmp0,mode=control \
		-kernel /guest/image -initrd /guest/initrd \
		"$@" >/tmp/qemu.log 2>&1 4>&- 5>&- &
	QEMU=$!
}

# kept: the host's own driver finds the files of the guest
kept()
{
	mkdir -p /mnt
	mount -t ext2 -o ro /dev/dasda1 /mnt &&
	cmp /tests/given /mnt/given &&
	cmp /tests/given /mnt/copy &&
	cmp /tests/own /mnt/folder/own &&
	umount /mnt
}

told "the volume goes to an mdev" hand_over $DASD $U1
if [ -e /guest/state ]; then
	machine -incoming file:/guest/state
	told "the guest goes on, the volume is plugged in" plugged
else
	machine -device vfio-ccw,id=vf0,sysfsdev=$PASSED,devno=fe.0.000a
fi
# Not by told: what it says is to be seen.
if follow $QEMU; then
	say "ok - shell: the guest came to its end"
else
	say "not ok - shell: the guest came to its end"
fi
tail -n 5 /tmp/qemu.log | while read -r line; do
	say "# $(echo "$line" | tr '[]' '()' | cut -c1-100)"
done
i=0
while kill -0 $QEMU 2>/dev/null && [ $i -lt 100 ]; do
	usleep 100000
	i=$((i + 1))
done
kill -9 $QEMU 2>/dev/null
wait $QEMU
told "the volume goes back to the host" back $S1 $U1
told "whose driver uses it again" online $DASD
told "and finds the files of the guest" kept
