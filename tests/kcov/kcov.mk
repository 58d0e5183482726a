# SPDX-License-Identifier: GPL-2.0

## check-kcov: requests of all kinds, guided by the driver's code (KCOV_SECONDS=300)
.PHONY: check-kcov
check-kcov:
	@tests/kcov/kcov.sh

## check-syzkaller: the description for syzkaller against itself and the headers
.PHONY: check-syzkaller
check-syzkaller:
	@$(LAB) packages cross
	@tests/kcov/syzkaller/check.py --uapi "$$($(LAB) uapi)"
