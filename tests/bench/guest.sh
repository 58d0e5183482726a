#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# In the machine: run every workload with both drivers, one after the other on
# the same subchannel, and with the device of bare pins. BENCH_WORKLOADS,
# BENCH_BACKENDS and BENCH_DRIVERS (floor kernel ours) name some of each; empty
# means all. With BENCH_SYMBOLS the symbols of what is measured are printed, too.

DEVICE=0.0.1111
UUID=6b1c8a52-0d7e-4f0b-9a55-3d1e5b0f7c01
FLOOR_UUID=6b1c8a52-0d7e-4f0b-9a55-3d1e5b0f7c02
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
	case " ${BENCH_DRIVERS:-floor kernel ours} " in
	*" $1 "*)	;;
	*)		return 1 ;;
	esac
}

# one_driver NAME MODULE
one_driver()
{
	wanted "$1" || return 0
	insmod "$2" || fail "loading $2"
	symbols
	[ -e "$CSS/devices/$SCH/driver" ] || take "$SCH"
	create $UUID "$SCH" ||
		fail "no mediated device with the driver $1"
	for backend in $(backends); do
		# shellcheck disable=SC2086 # a list of words
		/bench/bench "$1" "$backend" $UUID $BENCH_WORKLOADS ||
			fail "$1 on $backend"
	done
	remove $UUID
	rmmod vfio_ccw || fail "unloading the driver $1"
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
one_floor
one_driver kernel /bench/kernel_vfio_ccw.ko
one_driver ours "/lib/modules/$(uname -r)/updates/vfio_ccw.ko"
echo "# bench complete"
