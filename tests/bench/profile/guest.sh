#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
#
# In the machine: PROFILE_ROUNDS I/Os of one workload with one driver on one
# back end, then the symbols that make addresses readable.

DEVICE=0.0.1111
UUID=6b1c8a52-0d7e-4f0b-9a55-3d1e5b0f7c03
BUS=/sys/bus/css

modprobe vfio_iommu_type1
modprobe mdev
SCH=$(basename "$(dirname "$(readlink -f "/sys/bus/ccw/devices/$DEVICE")")")
echo 0 >"/sys/bus/ccw/devices/$DEVICE/online"
echo "$SCH" >"$BUS/devices/$SCH/driver/unbind"
echo vfio_ccw >"$BUS/devices/$SCH/driver_override"
case $PROFILE_DRIVER in
ours)	insmod "/lib/modules/$(uname -r)/updates/vfio_ccw.ko" ;;
*)	insmod /bench/kernel_vfio_ccw.ko ;;
esac || exit 1
[ -e "$BUS/devices/$SCH/driver" ] || echo "$SCH" >"$BUS/drivers/vfio_ccw/bind"
echo $UUID >"$BUS/devices/$SCH/mdev_supported_types/vfio_ccw-io/create"
BENCH_ROUNDS=$PROFILE_ROUNDS /bench/bench "$PROFILE_DRIVER" \
	"$PROFILE_BACKEND" $UUID "$PROFILE_WORKLOAD" || exit 1
sed -n 's/^\([0-9a-f]*\) [tT] \([^ \t]*\)[ \t]*\(.*\)/SYM \1 \2 \3/p' /proc/kallsyms
