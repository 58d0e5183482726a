# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# What the self-tests expect of their machine; to be read, not run:
#
#	. ./prepare.sh && ./abi
#
# Takes the subchannels of the devices and makes the mediated devices that the
# programs use: virtio-rng-ccw at 0.0.1111, 0.0.1112 and, for some, 0.0.1113, and
# a 3270 at 0.0.000a, whatever of them there is. Exports as SCH_1111 and so on
# which subchannels these are. Tests that need somebody outside of the machine, to
# unplug a device or to press ENTER, talk through the port $VM_CTL with what
# tests/vm/host.py says, and are skipped without.

command -v take >/dev/null || . ./subchannel.sh

# name_subchannels: a device that was lost and came back has another one
name_subchannels()
{
	local pair mdev devno

	for pair in $SELFTEST_DEVICES; do
		mdev=$(readlink -f "$MDEV/${pair#*:}")
		[ -e "$mdev" ] || continue
		mdev=${mdev%/*}
		devno=${pair%%:*}
		export "SCH_${devno##*.}=${mdev##*/}"
	done
}

prepare()
{
	local pair sch devno

	modprobe -a vfio_iommu_type1 vfio_ccw || return
	for pair in $SELFTEST_DEVICES; do
		[ -e "/sys/bus/ccw/devices/${pair%%:*}" ] || continue
		sch=$(subchannel_of "${pair%%:*}") &&
			{ take "$sch" && create "${pair#*:}" "$sch"; } >&2 ||
			return
		devno=${pair%%:*}
		export "SCH_${devno##*.}=$sch"
	done
}

SELFTEST_DEVICES="0.0.1111:11111111-0000-4000-8000-000000001111
	0.0.1112:11111111-0000-4000-8000-000000001112
	0.0.1113:11111111-0000-4000-8000-000000001113
	0.0.000a:33333333-0000-4000-8000-00000000000a"
prepare
