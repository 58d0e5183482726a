# SPDX-License-Identifier: GPL-2.0

## check-packages: the Debian packages and the RPM, built and looked into
check-packages:
	@tests/packages/check.sh

.PHONY: check-packages
