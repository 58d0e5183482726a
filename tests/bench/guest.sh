#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# In the machine: run every workload with both drivers, one after the other on
# the same subchannel, and with the device of bare pins. This driver is measured
# twice: "unkept" is with kept_pages_max=0, when it keeps nothing between programs.
# Then one I/O in turn on each of BENCH_COUNTS devices. BENCH_WORKLOADS,
# BENCH_BACKENDS and BENCH_DRIVERS (floor kernel unkept ours) name some of each;
# empty means all. BENCH_KEPT is the kept_pages_max of "ours". With BENCH_SYMBOLS
# the symbols of what is measured are printed, too.

DEVICE=0.0.1111
UUID=6b1c8a52-0d7e-4f0b-9a55-3d1e5b0f7c01
FLOOR_UUID=6b1c8a52-0d7e-4f0b-9a55-3d1e5b0f7c02
MODULES=/lib/modules/$(uname -r)/updates
. /subchannel.sh

fail()
{
	echo "bench failed: $*"
	exit 1
}

take_subchannel()
{
	SCH=$(subchannel_of $DEVICE) && reserve "$SCH" ||
		fail "$DEVICE cannot be taken"
}

backends()
{
	if [ -n "$BENCH_BACKENDS" ]; then
		echo "$BENCH_BACKENDS"
		return
	fi
	echo type1
	[ ! -e /dev/iommu ] || echo iommufd
}

symbols()
{
	[ -n "$BENCH_SYMBOLS" ] || return 0
	echo "SYMBOLS"
	sed -n 's/^\([0-9a-f]*\) [tT] \([^ \t]*\)[ \t]*\(.*\)/SYM \1 \2 \3/p' \
		/proc/kallsyms
}

wanted()
{
	case " ${BENCH_DRIVERS:-floor kernel unkept ours} " in
	*" $1 "*)	;;
	*)		return 1 ;;
	esac
}

# measure NAME: all workloads, and then many devices
measure()
{
	wanted "$1" || return 0
	for backend in $(backends); do
		# shellcheck disable=SC2086 # a list of words
		/bench/bench "$1" "$backend" $UUID $BENCH_WORKLOADS ||
			fail "$1 on $backend"
	done
}

many_uuid()
{
	printf '7c2d9b63-1e8f-4a1c-8b66-%012x' "$1"
}

# many NAME: one I/O on each device in turn
many()
{
	wanted "$1" && [ -n "$BENCH_COUNTS" ] || return 0
	number=0
	uuids=
	while read -r sch; do
		[ -e "$CSS/devices/$sch/driver" ] || take "$sch"
		create "$(many_uuid $number)" "$sch" ||
			fail "no mediated device with the driver $1"
		uuids="$uuids $(many_uuid $number)"
		number=$((number + 1))
	done </tmp/many
	for backend in $(backends); do
		for count in $BENCH_COUNTS; do
			# shellcheck disable=SC2046 # a list of words
			/bench/scale costs "$1" "$backend" \
				$(echo $uuids | cut -d ' ' -f "1-$count") ||
				fail "$count devices with $1 on $backend"
		done
	done
	for uuid in $uuids; do
		remove "$uuid"
	done
}

# load MODULE: and see to it that there is a mediated device
load()
{
	insmod "$1" || fail "loading $1"
	symbols
	[ -e "$CSS/devices/$SCH/driver" ] || take "$SCH"
	create $UUID "$SCH" || fail "no mediated device with $1"
}

unload()
{
	remove $UUID
	rmmod vfio_ccw || fail "unloading the driver"
}

keep()
{
	echo "$1" >$MDEV/$UUID/kept_pages_max || fail "setting kept_pages_max"
}

one_floor()
{
	wanted floor || return 0
	insmod /bench/vfio_pin_floor.ko || fail "loading the floor"
	symbols
	for create in /sys/devices/vfio_pin_floor/mdev_supported_types/*-pin/create; do
		echo $FLOOR_UUID >"$create"
	done
	[ -e /sys/bus/mdev/devices/$FLOOR_UUID ] ||
		fail "no device for the floor"
	for backend in $(backends); do
		# shellcheck disable=SC2086 # a list of words
		/bench/bench floor "$backend" $FLOOR_UUID $BENCH_WORKLOADS ||
			fail "floor on $backend"
	done
	remove $FLOOR_UUID
	rmmod vfio_pin_floor
}

uname -srm | sed 's/^/# guest: /'
modprobe vfio_iommu_type1
modprobe mdev || fail "loading mdev"
take_subchannel
for ccw in /sys/bus/ccw/devices/0.0.2*; do
	[ -e "$ccw" ] || continue
	sch=$(subchannel_of "${ccw##*/}") && reserve "$sch" && echo "$sch"
done >/tmp/many
one_floor
if wanted kernel; then
	load /bench/kernel_vfio_ccw.ko
	measure kernel
	many kernel
	unload
fi
if wanted unkept || wanted ours; then
	load "$MODULES/vfio_ccw.ko"
	kept=$(cat $MDEV/$UUID/kept_pages_max)
	keep 0
	measure unkept
	keep "${BENCH_KEPT:-$kept}"
	measure ours
	many ours
	unload
fi
echo "# bench complete"
