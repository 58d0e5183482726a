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
modprobe -a vfio_iommu_type1 vfio_ccw || exit 1
# Users are slow to let go of what the administrator wants
echo "selftests: expected: waiting for the (users|removal)" >/dev/kmsg
# shellcheck disable=SC2086 # a list of devices
exec /soak/soak "$SOAK_SECONDS" "$SOAK_SEED" "$SOAK_USERS" $SOAK_DEVICES
