# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2046,SC2086
# What check-ipl-long does in the emulated host; sourced by its first process.

U1=11111111-1111-4111-8111-111111111111
U2=22222222-2222-4222-8222-222222222222
OTHER=0.0.0021
DISK=/dev/dasda
PARTITION=/dev/dasda1
MOUNTED=/mnt

modprobe dasd_eckd_mod
modprobe vfio_ccw
S1=$(subchannel_of $DASD)
S2=$(subchannel_of $OTHER)
mkdir -p $MOUNTED

# links: what udev makes, which is not here, and the tools find a device by
links()
{
	local name

	mkdir -p /dev/block
	for name in dasda dasda1; do
		[ ! -b /dev/$name ] || ln -sf ../$name \
			/dev/block/$(cat /sys/class/block/$name/dev)
	done
}

# is STATUS: of the volume, as the host's driver sees it
is()
{
	[ "$(cat /sys/bus/ccw/devices/$DASD/status)" = $1 ]
}

blank()
{
	online $DASD && is unformatted
}

formatted()
{
	links && dasdfmt -y -b 4096 -d cdl -l VFC001 $DISK && is online
}

partitioned()
{
	fdasd -a $DISK && within 20 [ -b $PARTITION ] && links
}

# Programs that busybox has, too, by their paths
file_system()
{
	/sbin/mke2fs -q -F -t ext2 -b 4096 $PARTITION &&
		mount -t ext2 $PARTITION $MOUNTED
}

# filled: the root of the guest, its kernel, the programs that it runs
filled()
{
	(cd $MOUNTED && mkdir dev proc sys mnt boot && mknod dev/console c 5 1 &&
	cp /tests/image boot/ && cp -r /tests/root/* .)
}

prepared()
{
	zipl -t $MOUNTED/boot -i $MOUNTED/boot/image \
		-P "$(cat /tests/root/parameters)"
}

# in_order PARTITION
in_order()
{
	/sbin/e2fsck -f -n $1
}

passed()
{
	echo vfio-ccw,id=vf$1,sysfsdev=/sys/bus/mdev/devices/$2,devno=fe.0.000$3
}

# guest ARGUMENT...: loaded from the first volume; to its last line and to QEMU's
# end. What both said of that is in $CAME and $STATUS.
guest()
{
	monitor
	STATUS=0
	CAME=yes
	trace 1
	machine /tmp/said $MONITOR -action panic=exit-failure \
		-device $(passed 0 $U1 a),bootindex=1 "$@"
	ask '{"execute":"qmp_capabilities"}'
	follow /tmp/said $QEMU || CAME=no
	wait $QEMU || STATUS=$?
	trace 0
	tail -n 5 /tmp/qemu.log | while read -r line; do
		say "# $(echo "$line" | tr '[]' '()' | cut -c1-100)"
	done
}

# wanted WORD: the guest wants that done with the second volume
wanted()
{
	case $1 in
	UNPLUG)	told "the second volume is unplugged" ask \
			'{"execute":"device_del","arguments":{"id":"vf1"}}' ;;
	PLUG)	told "the second volume is plugged in" plugged ;;
	esac
}

plugged()
{
	ask '{"execute":"device_add","arguments":{"driver":"vfio-ccw","id":"vf1",
		"sysfsdev":"/sys/bus/mdev/devices/'$U2'","devno":"fe.0.000b"}}'
}

# said PATTERN: one line of the guest's console is that
said()
{
	[ "$(grep -c "$1" /tmp/said)" = 1 ]
}

# kept PARTITION FILE: the host's own driver finds the guest's file
kept()
{
	mount -t ext2 -o ro $1 $MOUNTED &&
	cmp /tests/$2 $MOUNTED/own &&
	umount $MOUNTED
}

# damaged: the record IPL2, which all others are found by, is one of zeros
damaged()
{
	dd if=/dev/zero of=$DISK bs=4096 seek=1 count=1 conv=fsync
}

returned()
{
	back $S1 $U1 && online $DASD && within 20 [ -b $PARTITION ]
}

other_returned()
{
	back $S2 $U2 && online $OTHER /dev/dasdb && within 20 [ -b /dev/dasdb1 ]
}

told "the host's own driver finds a volume that is not formatted" blank
told "dasdfmt formats it" formatted
told "fdasd makes a partition" partitioned
told "mke2fs makes a file system" file_system
told "which gets a root" filled
told "zipl prepares the volume" prepared
told "the file system is unmounted" umount $MOUNTED
told "and in order" in_order $PARTITION

told "the volume goes to an mdev" hand_over $DASD $U1
told "so does another one, which is not formatted" hand_over $OTHER $U2
guest -device $(passed 1 $U2 b)
told "the loader's four programs went through the driver" \
	started 0 8 0x18 0xe000
told "the line is the one that was written" said "^$(cat /tests/root/line)"
told "the guest came to its last line: $CAME" [ $CAME = yes ]
told "QEMU ended with status $STATUS" [ $STATUS = 0 ]
told "the volume goes back to the host" returned
told "its file system is in order" in_order $PARTITION
told "with the guest's file" kept $PARTITION own
told "so does the other one" other_returned
told "its file system is in order, too" in_order /dev/dasdb1
told "with the guest's last file" kept /dev/dasdb1 plugged

told "the second record of the volume is lost" damaged
told "the volume goes to an mdev again" hand_over $DASD $U1
guest
told "and is refused: IPL2 invalid" said "IPL2 invalid"
told "no line of the guest came" [ $CAME = no ]
told "QEMU ended with status $STATUS" [ $STATUS = 1 ]
told "the volume goes back again" returned
told "the damage did not reach the file system" in_order $PARTITION

told "the driver has told nothing but what it prefetched" \
	driver_silent "forbids prefetching"
told "the driver is unloaded" unloaded
told "the kernel found nothing wrong" nothing_logged
