#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# In the machine: many devices with both drivers in turn. SCALE_PARTS is what is done:
#
#   bound   binding, mediated devices, and what they take
#   memory  what open devices take
#   turns   one I/O on each device in turn
#   busy    all at the same time; these four where time counts instructions
#   race    on several CPUs: all busy, and one device beside a blocked one
#
#
# SCALE_COUNTS names the numbers of busy devices, SCALE_BOUND those of bound ones,
# SCALE_ROUNDS how often each is busy in a race, and SCALE_SECONDS how long; SCALE_LONGER
# is how many times as long as usual all are busy where time counts instructions.

. /subchannel.sh

uuids()
{
	i=0
	while [ $i -lt "$1" ]; do
		printf '7c2d9b63-1e8f-4a1c-8b66-%012x\n' "$i"
		i=$((i + 1))
	done
}

# None of the devices is online (virtio_ccw.no_auto); without a process for each
reserve_all()
{
	for ccw in "$CSS"/devices/*/0.0.2*; do
		sch=${ccw%/*}
		sch=${sch##*/}
		echo "$sch" >"$CSS/devices/$sch/driver/unbind"
		echo vfio_ccw >"$CSS/devices/$sch/driver_override"
		echo "$sch"
	done >/tmp/subchannels
	total=$(wc -l </tmp/subchannels)
	echo "# $total subchannels"
}

# tell QUESTION: let the host do something meanwhile
tell()
{
	[ -z "${SCALE_HOST:-}" ] || {
		echo "$1" >&4
		read -r answer <&4
		[ "$answer" = "done" ] || exit 1
	}
}

# busy DRIVER COUNT MILLISECONDS
busy()
{
	tell begin
	# shellcheck disable=SC2046 # a list of words
	/bench/scale rate "$1" "$3" $(uuids "$2") || exit 1
	tell "end $1 $2"
}

# bound DRIVER
bound()
{
	# Once before, for what stays from the first time on
	/bench/scale admin "$1" /tmp/subchannels "$total" >/dev/null || exit 1
	for count in $SCALE_BOUND; do
		/bench/scale admin "$1" /tmp/subchannels "$count" || exit 1
	done
}

# memory DRIVER
memory()
{
	/bench/scale take "$1" /tmp/subchannels 1 || exit 1
	# shellcheck disable=SC2046 # a list of words
	/bench/scale kept "$1" $(uuids 1) || exit 1
	/bench/scale give "$1" /tmp/subchannels 1 || exit 1
	for count in $SCALE_BOUND; do
		/bench/scale take "$1" /tmp/subchannels "$((count + 1))" || exit 1
		# shellcheck disable=SC2046 # a list of words
		/bench/scale memory "$1" $(uuids $((count + 1))) || exit 1
		/bench/scale give "$1" /tmp/subchannels "$((count + 1))" || exit 1
		# What is freed late must not be taken for what the next one frees
		sleep 30
	done
}

# turns DRIVER
turns()
{
	/bench/scale take "$1" /tmp/subchannels "$most" || exit 1
	for what in cost given-up; do
		for count in $SCALE_COUNTS; do
			# shellcheck disable=SC2046 # a list of words
			/bench/scale $what "$1" type1 $(uuids "$count") || exit 1
		done
	done
	/bench/scale give "$1" /tmp/subchannels "$most" || exit 1
}

# all_busy DRIVER: each thread gets several of the scheduler's slices
all_busy()
{
	/bench/scale take "$1" /tmp/subchannels "$most" || exit 1
	for count in $SCALE_COUNTS; do
		busy "$1" "$count" $(((200 + 16 * count) * SCALE_LONGER))
	done
	/bench/scale give "$1" /tmp/subchannels "$most" || exit 1
}

# raced DRIVER
raced()
{
	/bench/scale take "$1" /tmp/subchannels "$most" || exit 1
	# shellcheck disable=SC2046 # a list of words
	/bench/scale blocked "$1" $(uuids 2) || exit 1
	round=0
	while [ $round -lt "$SCALE_ROUNDS" ]; do
		for count in $SCALE_COUNTS; do
			busy "$1" "$count" $((SCALE_SECONDS * 1000))
		done
		round=$((round + 1))
	done
	/bench/scale give "$1" /tmp/subchannels "$most" || exit 1
}

# one_driver NAME MODULE
one_driver()
{
	case " $SCALE_DRIVERS " in
	*" $1 "*)	;;
	*)		return ;;
	esac
	insmod "$2" || exit 1
	# Loading has bound them all, because they are reserved
	while read -r sch; do
		[ ! -e "$CSS/devices/$sch/driver" ] ||
			echo "$sch" >"$CSS/drivers/vfio_ccw/unbind"
	done </tmp/subchannels
	for part in $SCALE_PARTS; do
		case $part in
		bound)	bound "$1" ;;
		memory)	memory "$1" ;;
		turns)	turns "$1" ;;
		busy)	all_busy "$1" ;;
		race)	raced "$1" ;;
		esac
	done
	rmmod vfio_ccw || exit 1
}

modprobe vfio_iommu_type1
modprobe mdev
exec 4<>"$VM_CTL"
reserve_all
most=0
for count in $SCALE_COUNTS; do
	[ "$count" -lt "$most" ] || most=$count
done
one_driver kernel /bench/kernel_vfio_ccw.ko
one_driver ours "/lib/modules/$(uname -r)/updates/vfio_ccw.ko"
echo "# complete"
