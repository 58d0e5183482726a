# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What check-dasd does in the emulated host; sourced by its first process.

U1=11111111-1111-4111-8111-111111111111
U2=22222222-2222-4222-8222-222222222222
U3=33333333-3333-4333-8333-333333333333
U4=44444444-4444-4444-8444-444444444444
U5=55555555-5555-4555-8555-555555555555

modprobe dasd_eckd_mod
modprobe vfio_ccw
CUTYPE=$(cat /sys/bus/ccw/devices/$DASD/cutype)
DEVTYPE=$(cat /sys/bus/ccw/devices/$DASD/devtype)
S1=$(subchannel_of $DASD)
S2=$(subchannel_of $TAPE)
S3=$(subchannel_of $PRINTER)
S4=$(subchannel_of 0.0.0021)
S5=$(subchannel_of 0.0.0022)

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

# The check of an administrator: on a volume that it is to write to, and on one
# where it is interrupted meanwhile; without suspension, after which this channel
# is not what it was
CHECK="/tests/vfio-ccw-check -n"
SCRATCH_CYL=18

# ends STATUS TEXT COMMAND...: so, and says that
ends()
{
	local wanted=$1 text=$2 status=0

	shift 2
	"$@" >/tmp/checked 2>&1 </dev/null || status=$?
	grep -A 9 "^not" /tmp/checked
	tail -n 2 /tmp/checked
	echo "status $status"
	[ $status = $wanted ] && grep -q -e "$text" /tmp/checked
}

# Before what it does last
interrupted()
{
	ends 1 "interrupted" /tests/answer "writing a record: direct" TERM \
		$CHECK --scratch $SCRATCH_CYL --yes $U5 &&
		grep -q "^ok .* the cylinder is as it was" /tmp/checked &&
		! grep -q "reading a record" /tmp/checked
}

told "two volumes go to mdevs" eval \
	"hand_over 0.0.0021 $U4 && hand_over 0.0.0022 $U5"
told "without a terminal, writing is not agreed on" \
	ends 2 "answer on a terminal" $CHECK -s $SCRATCH_CYL $U4
told "nor by the answer no" ends 2 "nothing was written" \
	/tests/answer "[yes/NO]" no $CHECK -s $SCRATCH_CYL $U4
told "the cylinder with the label is none to write to" \
	ends 2 "a number from 1 to 19" $CHECK -s 0 -y $U4
told "nor is one that is not there" \
	ends 2 "a number from 1 to 19" $CHECK -s 20 -y $U4
told "the device does what is promised, and writes" \
	ends 0 "59 ok, 0 not ok, 1 not possible here" \
	/tests/answer "[yes/NO]" yes $CHECK -s $SCRATCH_CYL $U4
told "a signal that ends it waits until it has put back what was there" \
	ends $((128 + 10)) "^ok .* the cylinder is as it was" \
	/tests/answer "writing a record: direct" USR1 \
	$CHECK --scratch $SCRATCH_CYL --yes $U5
told "an interrupted check puts back what was there" interrupted
told "a tape is none to write to" \
	ends 2 "is for a 3390" $CHECK -s $SCRATCH_CYL -y $U2

told "both volumes go back to the host" eval \
	"back $S4 $U4 && back $S5 $U5"
told "the volume goes back to the host" back $S1 $U1
told "whose driver uses it again" online $DASD
told "and finds what channel programs wrote" \
	/tests/host check /dev/dasda 3 9000
told "and what it wrote itself" /tests/host check /dev/dasda 2 7000
told "the tape goes back to the host" back $S2 $U2

# Both backends run the one program that forbids it, and so do the three checks that
# come to their end.
warned()
{
	[ "$(dmesg | grep -c "forbids prefetching")" = 5 ]
}

# What a program may be told of
TOLD="forbids prefetching|read over its own CCWs"

# Both backends run the one program that reads over CCWs which it comes to.
warned_of_own()
{
	[ "$(dmesg | grep -c "read over its own CCWs")" = 2 ]
}

told "the driver has told no error" driver_silent "$TOLD"
told "but each program that forbids prefetching, once" warned
told "and each one that reads over its own CCWs" warned_of_own
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
	driver_silent "did not stop|quiescing has no end|$TOLD"
told "the driver is unloaded" unloaded
told "the kernel found nothing wrong" nothing_logged
