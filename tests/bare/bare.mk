# SPDX-License-Identifier: GPL-2.0

## check-bare: README's commands on a Debian 12 that has nothing (as root; half an hour)
.PHONY: check-bare
check-bare:
	@tests/bare/bare.sh
