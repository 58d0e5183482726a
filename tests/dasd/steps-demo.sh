# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC2154
# What demo-dasd does in the emulated host; sourced by its first process.

U1=11111111-1111-4111-8111-111111111111
PASSED=/sys/bus/mdev/devices/$U1

modprobe dasd_eckd_mod
modprobe vfio_ccw
S1=$(subchannel_of $DASD)

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

# guest ARGUMENT...: start it
guest()
{
	monitor
	machine /tmp/guest.log $MONITOR \
		-kernel /guest/image -initrd /guest/initrd "$@"
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
	guest -incoming file:/guest/state
	told "the guest goes on, the volume is plugged in" plugged
else
	guest -device vfio-ccw,id=vf0,sysfsdev=$PASSED,devno=fe.0.000a
fi
# Not by told: what it says is to be seen.
if follow /tmp/guest.log $QEMU; then
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
