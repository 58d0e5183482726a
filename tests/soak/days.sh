#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# days.sh: the soak in a machine whose time counts instructions, so that it passes at
# once when nobody has anything to do: seconds of everything that the soak does, then
# a night of a minute to four hours in which users have their devices open, programs in
# progress, status untaken; and so on until the days are over. The driver's numbers
# begin near their end. TAP.
#
#   SOAK_DAYS     how many days of the machine's time (2)
#   SOAK_SEED     as for soak.sh
#
# What the host would do beside it is left out, because its time is another: plugging
# devices, and keys of the terminal.

# shellcheck source=tests/soak/soak.sh
. "$(dirname "$0")/soak.sh"

# An instruction takes 2**SHIFT ns there: about as fast as the machine is without
SHIFT=3

# The module whose numbers begin near their end, instead of the checkout's
driver_modules()
{
	echo "$OUT/days/module"
}

seed=${SOAK_SEED:-$(date +%s)}
count=0
failed=0
host_packages cross vm
qemu=$(newer_qemu)
soak_program
# shellcheck disable=SC2034 # of changed_module
module_args=("VFIO_CCW_WRAP=$WRAP_STEPS")
changed_module plain "$OUT/days" : || die "the module could not be built"
echo "TAP version 13"
say "${SOAK_DAYS:-2} days of soak in virtual time, seed $seed"
renumber days < <(soak plain $((${SOAK_DAYS:-2} * 86400)) soak-days \
	--icount --icount-shift $SHIFT --env SOAK_NIGHTS=yes ||
	echo "not ok 0 - the machine ended as it should, without a complaint")
echo "1..$count"
[ "$failed" -eq 0 ]
