# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What demo-dasd does in the emulated host; sourced by its first process.

U1=11111111-1111-4111-8111-111111111111

modprobe dasd_eckd_mod
modprobe vfio_ccw
S1=$(subchannel $DASD)

# The guest's console is a file here; its lines are passed on one by one.
# follow PID: until the guest's last line, or the end of process PID
follow()
{
	local seen=0 n i
	while :; do
		n=$(wc -l </tmp/guest.log)
		i=$((seen + 1))
		while [ $i -le $n ]; do
			say "$(sed -n "${i}p" /tmp/guest.log | tr -d '\r' |
				tr '[]' '()' | cut -c1-100)"
			i=$((i + 1))
		done
		seen=$n
		grep -q '^GUEST DONE' /tmp/guest.log && return 0
		kill -0 $1 2>/dev/null || return 1
		sleep 1
	done
}

# uptime: seconds since this machine was started
uptime()
{
	cut -d. -f1 /proc/uptime
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

say "# the host is up after $(uptime) s"
told "the volume goes to an mdev" take $DASD $U1
: >/tmp/guest.log
qemu-system-s390x -M s390-ccw-virtio -cpu qemu -m 64 -smp 1 \
	-display none -nodefaults -no-reboot -L /usr/share/qemu \
	-chardev file,id=con0,path=/tmp/guest.log \
	-device sclpconsole,chardev=con0 \
	-kernel /guest/image -initrd /guest/initrd \
	-device vfio-ccw,id=vf0,sysfsdev=/sys/bus/mdev/devices/$U1,devno=fe.0.000a \
	>/tmp/qemu.log 2>&1 &
QEMU=$!
told "the guest came to its end" follow $QEMU
tail -n 5 /tmp/qemu.log | while read -r line; do
	say "# $(echo "$line" | tr '[]' '()' | cut -c1-100)"
done
say "# the guest has ended after $(uptime) s"
i=0
while kill -0 $QEMU 2>/dev/null && [ $i -lt 20 ]; do
	sleep 1
	i=$((i + 1))
done
kill -9 $QEMU 2>/dev/null
wait $QEMU
told "the volume goes back to the host" back $S1 $U1
told "whose driver uses it again" online $DASD
told "and finds the files of the guest" kept
