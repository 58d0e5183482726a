#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# In the machine: one device for the program that looks for new code in the driver.

. /guest/functions

insmod /kcov/cover.ko || die "the module that notes coverage does not load"
modprobe -a vfio_iommu_type1 vfio_ccw || die "the modules do not load"
sch=$(subchannel_of 0.0.1111) &&
	{ take "$sch" && create "$UUID_RNG" "$sch"; } >&2 ||
	die "the device cannot be taken"
exec /kcov/kcov "$UUID_RNG" "$KCOV_SECONDS" "$KCOV_SEED" "$KCOV_PLACES" \
	/kcov/corpus.txt
