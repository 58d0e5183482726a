# SPDX-License-Identifier: GPL-2.0
#
# Developer commands; "make help" lists them. The rules for the kernel's own
# build are in Kbuild.

LAB	:= tests/lib/lab.sh

# Every part of "make check". First all kernels are built, with nothing beside
# them; then lanes that run side by side take one part after the other, the
# longest first, so that all end at about the same time.
CHECK_FIRST	:= kernels
CHECK_PARTS	:= selftests-debug-lives selftests-debug-requests passthrough \
		   selftests-plain host soak style demo-dasd kunit patches dasd \
		   accept fuzz-mutations model fuzz bench \
		   selftests-stock ipl coverage oracle model-sanitized kunit-user \
		   cost lib shim fsm-table soak-judge syzkaller

# Longer counts and slow proofs, for "make check-long", and what they replace
LONG_PARTS	:= selftests-debug-requests-both selftests-debug-lives-both \
		   passthrough-long mutants selftests-rounds model-long fuzz-long \
		   host-long cells packages soak-mutants soak-races soak-kcsan kcov \
		   kcov-planted soak-days selftests-patched ipl-long series \
		   selftests-purge
SHORT_PARTS	:= selftests-debug-lives selftests-debug-requests passthrough \
		   host fuzz

all: help

## module: build vfio_ccw.ko for the running s390x kernel (KDIR=, CIO_SRC=)
module:
	@scripts/module.sh build/module

## install: put the module under updates/, where it wins over the kernel's own
install:
	@scripts/install.sh build/module

## deb: the Debian packages vfio-ccw-dkms and vfio-ccw-tools, into build/deb
deb:
	@packaging/deb.sh

## srpm: the source RPM, into build/rpm
srpm:
	@packaging/srpm.sh

## patches: the series for upstream, into build/patches or O= (KTREE=)
patches:
	@$(LAB) packages run series
	@scripts/series.py "$(KTREE)" "$(or $(O),build/patches)"

## module-stock: cross-build mdev.ko and vfio_ccw.ko for Debian's s390x kernel
module-stock:
	@$(LAB) modules stock

## demo: the driver at work on Debian's stock s390x kernel, under QEMU
demo:
	@tests/vm/demo.sh

## check: every test; the last line counts them
check:
	@$(LAB) packages run
	@tests/run --first "$(CHECK_FIRST)" $(CHECK_PARTS)

## check-long: the tests of "make check" with counts several times as large
check-long:
	@$(LAB) packages run
	@SELFTEST_PERCENT=$${SELFTEST_PERCENT:-200} tests/run --silence 90 \
		--first "$(CHECK_FIRST)" $(LONG_PARTS) \
		$(filter-out $(SHORT_PARTS),$(CHECK_PARTS))

## check-7.2: the self-tests on a plain kernel of Linux 7.2 (Debian testing)
check-7.2:
	@SERIES=7.2 EXTRA_SUITES=testing tests/vm/selftests.sh plain

## check-lib: the test bench itself: what has to fail does
check-lib:
	@$(LAB) packages run vm
	@tests/lib/test_lib.py

## check-kernels: build the kernels that the tests need, where they are missing
check-kernels:
	@tests/kernels.sh

## check-style: sparse, W=1, checkpatch, kernel-doc and the layering
check-style:
	@tests/style.sh

## check-patches: patches/ applies to Linux 6.12 and 7.2 and compiles
check-patches:
	@tests/patches.sh

## check-series: each patch of "make patches" builds, and passes its tests
check-series:
	@tests/series.sh

## check-kunit: unit tests on user-mode Linux and on s390x under QEMU
check-kunit:
	@tests/kunit/run.sh

## check-kunit-user: the unit tests in user space, under ASan and UBSan
## check-model: the shipped state machine, explored exhaustively
## check-model-sanitized: a part of that exploration under ASan and UBSan
## check-fsm-table: the documented table and diagram are those of the code
## check-cells: every cell of the table broken; a unit test has to notice
## check-mutants: the core changed at random; a test has to notice each change
## check-oracle: translated channel programs against an independent interpreter
## check-cost: no program costs more than n log n of its CCWs and words
## check-fuzz: random and hostile channel programs, a bounded number
## check-fuzz-mutations: seeded defects of the translator, each to be found
## check-fuzz-long: ten times as many random programs
## check-coverage: the tests in user space run the lines of the core
## check-model-long: more of that exploration, which takes longer
check-coverage check-kunit-user check-shim check-model check-model-sanitized \
check-model-long \
check-fsm-table check-cells check-mutants check-oracle check-cost check-fuzz \
check-fuzz-mutations check-fuzz-long: \
check-%:
	@$(LAB) packages user
	@$(MAKE) --no-print-directory -C tests/user O=$(CURDIR)/build/user $@

## fuzz: coverage-guided fuzzing of the translator, until interrupted
## fsm-table: write and print the table of the state machine
## coverage: line coverage of the core by the tests in user space
fuzz fsm-table coverage:
	@$(LAB) packages user
	@$(MAKE) --no-print-directory -C tests/user O=$(CURDIR)/build/user $@

## check-selftests: the driver in virtual machines, with all three kernels
check-selftests:
	@tests/vm/selftests.sh

## check-selftests-stock: the same with Debian's own kernel
## check-selftests-plain: with a plain test kernel, and a host that reboots
## check-selftests-debug-requests: with a hardened one: requests and memory
## check-selftests-debug-lives: binding, loss and failures there
## check-selftests-debug-requests-both: all of that with both back ends, long
## check-selftests-debug-lives-both: the same for binding, loss and failures
## check-selftests-rounds: a program 100,000 times while memory is given up
## check-selftests-patched: threads that unmap, on Debian's kernel with patches/
check-selftests-stock check-selftests-patched check-selftests-rounds \
check-selftests-debug-requests check-selftests-debug-lives \
check-selftests-debug-requests-both check-selftests-debug-lives-both: check-selftests-%:
	@tests/vm/selftests.sh $*

check-selftests-plain:
	@tests/vm/selftests.sh plain reboot

## check-selftests-purge: ignored devices purged, without and with patches/ for that
check-selftests-purge:
	@tests/vm/selftests.sh purge
	@SERIES=7.2 EXTRA_SUITES=testing tests/vm/selftests.sh purge

## docs: the documents as HTML, into build/docs
docs:
	@scripts/docs.sh

## refresh: let the next run use the newest packages of the archive
refresh:
	@$(LAB) refresh

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
		$(MAKEFILE_LIST) | awk -F'|' '{ printf "%-33s%s\n", $$1, $$2 }'

-include $(sort $(wildcard tests/*/*.mk))

.PHONY: check-patches check-series all module install deb srpm patches module-stock demo check check-long check-7.2 \
	check-style check-kunit check-selftests check-selftests-stock \
	check-selftests-plain check-selftests-patched \
	check-selftests-rounds check-selftests-purge \
	check-selftests-debug-requests check-selftests-debug-lives \
	check-selftests-debug-requests-both check-selftests-debug-lives-both \
	check-kernels check-lib check-coverage check-kunit-user check-shim check-model \
	check-model-sanitized check-model-long check-fsm-table check-oracle check-cost check-fuzz \
	check-fuzz-mutations check-fuzz-long check-cells check-mutants \
	fuzz fsm-table coverage docs refresh clean clean-cache help
