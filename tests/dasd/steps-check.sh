# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What check-dasd does in the emulated host; sourced by its first process.

U1=11111111-1111-4111-8111-111111111111
U2=22222222-2222-4222-8222-222222222222
U3=33333333-3333-4333-8333-333333333333

modprobe dasd_eckd_mod
modprobe vfio_ccw
CUTYPE=$(cat /sys/bus/ccw/devices/$DASD/cutype)
DEVTYPE=$(cat /sys/bus/ccw/devices/$DASD/devtype)
S1=$(subchannel_of $DASD)
S2=$(subchannel_of $TAPE)
S3=$(subchannel_of $PRINTER)

told "the host's own driver uses the volume" online $DASD
told "and tells its characteristics" /tests/host rdc /dev/dasda /tests/rdc
told "and writes three tracks" /tests/host write /dev/dasda 2 7000
told "the volume goes to an mdev" hand_over $DASD $U1
told "the tape goes to an mdev" hand_over $TAPE $U2
told "the printer goes to an mdev" hand_over $PRINTER $U3

program eckd $U1 type1 /tests $CUTYPE $DEVTYPE
program eckd $U1 iommufd /tests $CUTYPE $DEVTYPE
program status $U1 type1
program status $U1 iommufd
program status $U1 iommufd last
program tape $U2 type1 /tests

told "the volume goes back to the host" back $S1 $U1
told "whose driver uses it again" online $DASD
told "and finds what channel programs wrote" \
	/tests/host check /dev/dasda 3 9000
told "and what it wrote itself" /tests/host check /dev/dasda 2 7000
told "the tape goes back to the host" back $S2 $U2

# Both backends run the one program that forbids it.
warned()
{
	[ "$(dmesg | grep -c "forbids prefetching")" = 2 ]
}

told "the driver has told no error" driver_silent "forbids prefetching"
told "but each program that forbids prefetching, once" warned
program hang $U3 type1

# The printer's output flows again: what hung for so long ends now.
given_back()
{
	sleep 2
	back $S3 $U3 &&
	within 20 grep -qx 2821/01 /sys/bus/ccw/devices/$PRINTER/cutype
}

say "OPERATOR RELEASE"
told "the device that hung goes back to the host" given_back

told "the driver has told none but that the channel did not stop" \
	driver_silent "did not stop|quiescing has no end|forbids prefetching"
told "the driver is unloaded" unloaded
told "the kernel found nothing wrong" nothing_logged
