# SPDX-License-Identifier: GPL-2.0
#
# Developer commands; "make help" lists them. The rules for the kernel's own
# build are in Kbuild.

LAB	:= tests/lib/lab.sh

# Every part of "make check", one after the other in two lanes that run side by
# side: the kernel's build and the virtual machines in the first, tests in plain
# user space in the second.
CHECK_KERNEL	:= style kunit selftests dasd bench
CHECK_USER	:= shim kunit-user oracle fsm-table model model-sanitized fuzz \
		   fuzz-mutations

# Guests inside of a host, at the end of the lane that has time left
CHECK_NESTED	:= demo-dasd accept passthrough

# Longer counts and slow proofs, for "make check-long"
LONG_KERNEL	:= selftests-faults
LONG_USER	:= fuzz-long cells
LONG_NESTED	:= passthrough-long

all: help

## module: build vfio_ccw.ko for the running s390x kernel (KDIR=, CIO_SRC=)
module:
	@scripts/module.sh build/module

## install: put the module under updates/, where it wins over the kernel's own
install:
	@scripts/install.sh build/module

## module-stock: cross-build mdev.ko and vfio_ccw.ko for Debian's s390x kernel
module-stock:
	@$(LAB) modules stock

## demo: the driver at work on Debian's stock s390x kernel, under QEMU
demo:
	@tests/vm/demo.sh

## check: every test; the last line counts them
check:
	@tests/run --lane "$(CHECK_KERNEL)" \
		--lane "$(CHECK_USER) $(CHECK_NESTED)"

## check-long: the tests of "make check" with full counts
check-long:
	@SELFTEST_PERCENT=1000 SELFTEST_TIMEOUT=5400 tests/run --minutes 180 \
		--lane "$(CHECK_KERNEL) $(LONG_KERNEL)" \
		--lane "$(CHECK_USER) $(LONG_USER) $(CHECK_NESTED) \
			$(LONG_NESTED)"

## check-7.2: the self-tests on a plain kernel of Linux 7.2 (Debian testing)
check-7.2:
	@SERIES=7.2 EXTRA_SUITES=testing tests/vm/selftests.sh plain

## check-style: sparse, W=1, checkpatch, kernel-doc and the layering
check-style:
	@tests/style.sh

## check-kunit: unit tests on user-mode Linux and on s390x under QEMU
check-kunit:
	@tests/kunit/run.sh

## check-kunit-user: the unit tests in user space, under ASan and UBSan
## check-model: the shipped state machine, explored exhaustively
## check-model-sanitized: a part of that exploration under ASan and UBSan
## check-fsm-table: the documented table and diagram are those of the code
## check-cells: every cell of the table broken; a unit test has to notice
## check-oracle: translated channel programs against an independent interpreter
## check-fuzz: random and hostile channel programs, a bounded number
## check-fuzz-mutations: seeded defects of the translator, each to be found
## check-fuzz-long: ten times as many random programs
check-kunit-user check-shim check-model check-model-sanitized check-fsm-table \
check-cells check-oracle check-fuzz check-fuzz-mutations check-fuzz-long: \
check-%:
	@$(LAB) packages user
	@$(MAKE) --no-print-directory -C tests/user O=$(CURDIR)/build/user $@

## fuzz: coverage-guided fuzzing of the translator, until interrupted
## fsm-table: write and print the table of the state machine
## coverage: line coverage of the core by the tests in user space
fuzz fsm-table coverage:
	@$(LAB) packages user
	@$(MAKE) --no-print-directory -C tests/user O=$(CURDIR)/build/user $@

## check-selftests: the driver in a virtual machine with a hardened kernel
check-selftests:
	@tests/vm/selftests.sh

## check-selftests-faults: losses and failures that take that kernel long
check-selftests-faults:
	@SELFTEST_TIMEOUT=$${SELFTEST_TIMEOUT:-2400} tests/vm/selftests.sh faults

## clean: remove what was built here (the cache of kernels stays)
clean:
	rm -rf build tests/user/build
	find . -name __pycache__ -type d -exec rm -rf {} +

## clean-cache: remove the cache of downloads and kernels, too
clean-cache: clean
	rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/vfio-ccw"

help:
	@echo "vfio-ccw: s390 I/O subchannels for virtual machines"
	@echo
	@sed -n 's/^## \([a-z0-9.-]*\): \(.*\)/  make \1|\2/p' \
		$(MAKEFILE_LIST) | awk -F'|' '{ printf "%-29s%s\n", $$1, $$2 }'

-include $(sort $(wildcard tests/*/*.mk))

.PHONY: all module install module-stock demo check check-long check-7.2 \
	check-style check-kunit check-selftests check-selftests-faults \
	$(CHECK_USER:%=check-%) \
	check-fuzz-long check-cells \
	fuzz fsm-table coverage clean clean-cache help
