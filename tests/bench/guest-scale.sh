#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# In the machine: 1 to 128 devices busy at once with both drivers in turn, the
# memory they take, and the latency of one device beside a blocked one.
# SCALE_COUNTS names the numbers of devices, SCALE_ROUNDS how often each.

. /subchannel.sh

uuid()
{
	printf '7c2d9b63-1e8f-4a1c-8b66-%012x' "$1"
}

uuids()
{
	i=0
	while [ $i -lt "$1" ]; do
		uuid $i
		echo
		i=$((i + 1))
	done
}

take_all()
{
	for ccw in /sys/bus/ccw/devices/0.0.2*; do
		sch=$(subchannel_of "${ccw##*/}") && reserve "$sch"
		echo "$sch"
	done >/tmp/subchannels
}

# loading the module has bound them: their driver is told by override
unbind_all()
{
	while read -r sch; do
		reserve "$sch"
	done </tmp/subchannels
}

bind_all()
{
	while read -r sch; do
		[ -e "$CSS/devices/$sch/driver" ] || take "$sch"
	done </tmp/subchannels
}

create_all()
{
	number=0
	while read -r sch; do
		create "$(uuid $number)" "$sch"
		number=$((number + 1))
	done </tmp/subchannels
}

remove_all()
{
	for device in "$MDEV"/*; do
		remove "${device##*/}"
	done
}

# one_driver NAME MODULE
one_driver()
{
	insmod "$2" || exit 1
	unbind_all
	sleep 1
	free=$(/bench/scale used)
	bind_all
	sleep 1
	bound=$(/bench/scale used)
	create_all
	sleep 1
	created=$(/bench/scale used)
	echo "BOUND $1 $number $(((bound - free) / number))" \
		"$(((created - bound) / number))"
	# shellcheck disable=SC2046 # a list of words
	/bench/scale memory "$1" $(uuids 65) || exit 1
	# shellcheck disable=SC2046 # a list of words
	/bench/scale blocked "$1" $(uuids 2) || exit 1
	for count in $SCALE_COUNTS; do
		# shellcheck disable=SC2046 # a list of words
		/bench/scale rate "$1" "$SCALE_SECONDS" $(uuids "$count") || exit 1
	done
	remove_all
	rmmod vfio_ccw || exit 1
}

modprobe vfio_iommu_type1
modprobe mdev
take_all
echo "# $(wc -l </tmp/subchannels) subchannels"
round=0
while [ $round -lt "$SCALE_ROUNDS" ]; do
	one_driver kernel /bench/kernel_vfio_ccw.ko
	one_driver ours "/lib/modules/$(uname -r)/updates/vfio_ccw.ko"
	round=$((round + 1))
done
