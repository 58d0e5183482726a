# SPDX-License-Identifier: GPL-2.0
#
# What else there is in plain user space; see tests/user/Makefile

## check-fuzz-mutations: defects seeded into the translator, all to be found
## check-fuzz-long: a million random channel programs
## fuzz: coverage-guided fuzzing of the translator, until stopped (FUZZ_TIME=)
## coverage: lines of the core that the user-space tests run, at least 95 %
check-fuzz-mutations check-fuzz-long fuzz coverage:
	@$(LAB) packages user
	@$(MAKE) --no-print-directory -C tests/user O=$(CURDIR)/build/user $@

.PHONY: check-fuzz-mutations check-fuzz-long fuzz coverage
