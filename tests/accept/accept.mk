# SPDX-License-Identifier: GPL-2.0

## check-accept: QEMU 7.2, 10.0 and the newest one take the device and use it
.PHONY: check-accept
check-accept:
	@tests/accept/run.sh
