# SPDX-License-Identifier: GPL-2.0

## check-kcov: requests of all kinds, guided by the driver's code (KCOV_SECONDS=240)
.PHONY: check-kcov
check-kcov:
	@tests/kcov/kcov.sh

## check-kcov-planted: faults put into the driver that check-kcov has to find
.PHONY: check-kcov-planted
check-kcov-planted:
	@tests/kcov/planted.sh

## check-syzkaller: the description for syzkaller against itself and the headers
.PHONY: check-syzkaller
check-syzkaller:
	@$(LAB) packages cross
	@tests/kcov/syzkaller/check.py --uapi "$$($(LAB) uapi)"
