# SPDX-License-Identifier: GPL-2.0

## soak: everything at once, for long (SOAK_MINUTES=30, SOAK_SEED=)
.PHONY: soak
soak:
	@tests/soak/soak.sh

## check-soak: two minutes of it on the hardened kernel
.PHONY: check-soak
check-soak:
	@tests/soak/soak.sh --kernel debug --minutes 2

## check-soak-races: three minutes that look for accesses of the driver that meet
.PHONY: check-soak-races
check-soak-races:
	@tests/soak/races.sh

## check-soak-kcsan: three minutes with the kernel's own sanitizer of concurrency
.PHONY: check-soak-kcsan
check-soak-kcsan:
	@tests/soak/soak.sh --kernel kcsan --minutes 3

## soak-days: two days of it in virtual time (SOAK_DAYS=2, SOAK_SEED=)
.PHONY: soak-days check-soak-days
soak-days check-soak-days:
	@tests/soak/days.sh

## check-soak-long: half an hour on the hardened kernel and on one with KCSAN
.PHONY: check-soak-long
check-soak-long:
	@tests/soak/soak.sh --kernel debug --kernel kcsan

## check-soak-mutants: faults put into the driver that the soak has to notice
.PHONY: check-soak-mutants
check-soak-mutants:
	@tests/soak/mutants.sh

## check-soak-judge: what judges the sessions, with ledgers right and wrong
.PHONY: check-soak-judge
check-soak-judge:
	@$(LAB) packages user
	@mkdir -p build/soak
	@$(CC) -std=gnu11 -Wall -Wextra -Werror -g -fsanitize=address,undefined \
		-Itests/soak -Itools/ccwio -o build/soak/judge \
		tests/soak/judge/judge.c tests/soak/ledger.c
	@build/soak/judge
