# SPDX-License-Identifier: GPL-2.0

## check-kcov: requests of all kinds, guided by the driver's code (KCOV_SECONDS=300)
.PHONY: check-kcov
check-kcov:
	@tests/kcov/kcov.sh
