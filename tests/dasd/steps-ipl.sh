# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2086,SC3045
# What check-ipl does in the emulated host; sourced by its first process.

U1=11111111-1111-4111-8111-111111111111
U2=22222222-2222-4222-8222-222222222222
U3=33333333-3333-4333-8333-333333333333
CONSOLE=/tmp/console
LIMIT=240	# seconds for a guest, many times what it takes
CR=$(printf '\r')

modprobe vfio_ccw
S1=$(subchannel_of $DASD)
S2=$(subchannel_of 0.0.0021)
S3=$(subchannel_of 0.0.0022)
LINE=$(sed 's/ *$//' /tests/line)

# guest UUID [ARGUMENT...]: start a guest with nothing but that device, which it
# is to be loaded from; to its end. QEMU's status is 0 when the guest stops its
# processor, and 1 when that waits for ever, as the firmware has it do after an
# error. What the console says is in $CONSOLE, lines without blanks at their ends.
guest()
{
	local status=0 device="vfio-ccw,id=vf0,devno=fe.0.000a,bootindex=1"

	device=$device,sysfsdev=/sys/bus/mdev/devices/$1
	shift
	[ $# = 0 ] || device=$device,iommufd=iommufd0
	trace 1
	machine /tmp/said -action panic=exit-failure "$@" -device $device
	within $LIMIT ended $QEMU || kill -9 $QEMU
	wait $QEMU || status=$?
	trace 0
	sed "s/ *$CR*\$//" /tmp/said >$CONSOLE
	shown "console" $CONSOLE
	shown "qemu" /tmp/qemu.log
	return $status
}

ended()
{
	! kill -0 $1 2>/dev/null
}

# shown NAME FILE: its last lines that are not empty, on the machine's console
shown()
{
	grep '[^[:space:]]' "$2" | tail -n 8 | while read -r line; do
		say "# $1: $(echo "$line" | tr '[]' '()' | cut -c1-100)"
	done
}

# says COUNT LINE: the guest's console has that whole line so often
says()
{
	[ "$(grep -cxF -- "$2" $CONSOLE)" = "$1" ]
}

# refusal PATTERN: the guest's console has one line that matches it
refusal()
{
	[ "$(grep -cE "$1" $CONSOLE)" = 1 ]
}

# loaded BACKEND [ARGUMENT...]: the volume's program has been executed
loaded()
{
	local backend=$1 status=0

	shift
	guest $U1 "$@" || status=$?
	told "with $backend a guest is loaded from the volume" says 1 "$LINE"
	told "it stopped, QEMU ended with status $status" [ $status = 0 ]
	told "the loader's four programs went through the driver" \
		started 0 8 0x1000 0x1100
}

# refused VOLUME UUID PATTERN: the firmware says why it loads nothing
refused()
{
	local status=0

	guest $2 || status=$?
	told "a volume $1 is refused: $3" refusal "$3"
	told "nothing is loaded from it" says 0 "$LINE"
	told "QEMU ended with status $status" [ $status = 1 ]
}

told "a volume with a loader goes to an mdev" hand_over $DASD $U1
told "one without a loader goes to an mdev" hand_over 0.0.0021 $U2
told "one with an empty first track goes to an mdev" hand_over 0.0.0022 $U3

loaded "a type 1 container"
loaded "iommufd" -object iommufd,id=iommufd0
refused "without a loader" $U2 "IPL1 .*invalid"
refused "with an empty first track" $U3 "Failed to run Read IPL channel program"

returned()
{
	back $S1 $U1 && back $S2 $U2 && back $S3 $U3 && unloaded
}

told "the driver has told no error and no warning" driver_silent
told "the volumes go back, the driver is unloaded" returned
told "the kernel found nothing wrong" nothing_logged
