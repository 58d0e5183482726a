# SPDX-License-Identifier: GPL-2.0

## check-dasd: channel programs for DASD and tape on an emulated mainframe
.PHONY: check-dasd
check-dasd:
	@tests/dasd/check-dasd.sh

## demo-dasd: a guest's own dasd driver uses a 3390 that was passed through
.PHONY: demo-dasd
demo-dasd:
	@tests/dasd/demo-dasd.sh demo

## check-demo-dasd: the same, the guest going on from a state kept before
.PHONY: check-demo-dasd
check-demo-dasd:
	@tests/dasd/demo-dasd.sh check

## check-ipl: a guest is loaded from a 3390 that was passed through
.PHONY: check-ipl
check-ipl:
	@tests/dasd/check-ipl.sh

## check-ipl-long: Linux is loaded from a 3390 that zipl prepared
.PHONY: check-ipl-long
check-ipl-long:
	@tests/dasd/check-ipl-long.sh
