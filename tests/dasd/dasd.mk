# SPDX-License-Identifier: GPL-2.0

## check-dasd: channel programs for DASD and tape on an emulated mainframe
.PHONY: check-dasd
check-dasd:
	@tests/dasd/check-dasd.sh
