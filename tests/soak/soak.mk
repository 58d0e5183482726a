# SPDX-License-Identifier: GPL-2.0

## soak: everything at once, for long (SOAK_MINUTES=30, SOAK_SEED=)
.PHONY: soak
soak:
	@tests/soak/soak.sh

## check-soak: two minutes of it on the hardened kernel
.PHONY: check-soak
check-soak:
	@tests/soak/soak.sh --kernel debug --minutes 2

## check-soak-long: half an hour on the hardened kernel and on one with KCSAN
.PHONY: check-soak-long
check-soak-long:
	@tests/soak/soak.sh --kernel debug --kernel kcsan

## check-soak-mutants: faults put into the driver that the soak has to notice
.PHONY: check-soak-mutants
check-soak-mutants:
	@tests/soak/mutants.sh
