# SPDX-License-Identifier: GPL-2.0

## check-passthrough: a guest under the stock QEMU, device loss, the tools
.PHONY: check-passthrough
check-passthrough:
	@tests/passthrough/run.sh check

## check-passthrough-long: the same twenty times, 10^4 starts of each kind
.PHONY: check-passthrough-long
check-passthrough-long:
	@tests/passthrough/run.sh long

## demo-passthrough: somebody at a 3270 talks to a guest; a readable account
.PHONY: demo-passthrough
demo-passthrough:
	@tests/passthrough/run.sh demo

## check-css: css.elf of kvm-unit-tests as a guest with a device (CSS_ELF=FILE)
.PHONY: check-css
check-css:
	@tests/passthrough/run.sh css
