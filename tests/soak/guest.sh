#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the machine: what the soak needs, and the soak. SOAK_SECONDS, SOAK_SEED,
# SOAK_USERS and SOAK_DEVICES say what it is to be.

if mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null; then
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control 2>/dev/null
	mkdir -p /sys/fs/cgroup/small
	echo 16M >/sys/fs/cgroup/small/memory.max 2>/dev/null
fi
# What the driver calls, if it was compiled for that
# shellcheck disable=SC2086 # parameters
[ ! -e /soak/helper.ko ] || insmod /soak/helper.ko $SOAK_HELPER || exit 1
# Not while it boots, which would take minutes
for setting in ${SOAK_KCSAN:-}; do
	echo "${setting#*=}" >"/sys/module/kcsan/parameters/${setting%%=*}" || exit 1
done
modprobe -a vfio_iommu_type1 vfio_ccw || exit 1
# Users are slow to let go of what the administrator wants
echo "selftests: expected: waiting for the (users|removal)" >/dev/kmsg
# A thread whose allocations fail is killed where the kernel cannot store into its
# area for restartable sequences, which nothing here uses
export GLIBC_TUNABLES=glibc.pthread.rseq=0
# shellcheck disable=SC2086 # a list of devices
/soak/soak "$SOAK_SECONDS" "$SOAK_SEED" "$SOAK_USERS" $SOAK_DEVICES
status=$?
looked=/sys/module/vfio_ccw_races/parameters
if [ -e $looked ]; then
	echo "# $(cat $looked/seen) accesses, $(cat $looked/watched) watched"
	# It is the program's document that ends with a plan
	[ "$(cat $looked/watched)" -ge 1000 ] || status=1
fi
# The same with the kernel's own sanitizer
looked=/sys/kernel/debug/kcsan
if [ -e $looked ]; then
	watched=$(sed -n 's/^setup_watchpoints: *//p' $looked)
	echo "# ${watched:-no} accesses watched by KCSAN"
	[ "${watched:-0}" -ge 1000 ] && grep -qx 'enabled: 1' $looked || status=1
fi
exit $status
