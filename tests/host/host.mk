# SPDX-License-Identifier: GPL-2.0

## host: a Debian s390x host under QEMU: make its disk once, and boot it
.PHONY: host
host:
	@tests/host/run.sh host

## shell-host: the console of that host, with the driver's packages at hand
.PHONY: shell-host
shell-host:
	@tests/host/run.sh shell

## check-host: README's lines, driverctl, mdevctl and libvirt on that host
.PHONY: check-host
check-host:
	@tests/host/run.sh check

## check-host-long: and what an administrator does more rarely
.PHONY: check-host-long
check-host-long:
	@tests/host/run.sh long
