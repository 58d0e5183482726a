# SPDX-License-Identifier: GPL-2.0
#
# Lines of the core that its tests in user space run: the translator and kept pins
# under the oracle, the fuzzing and the unit tests, the state machine under the
# exploration and the unit tests. Fails below COVERAGE_LEAST percent of any of the
# files.

CHECKS += check-coverage

COVERAGE_LEAST ?= 95
COVERAGE_COUNT ?= 20000
# What the exploration may do; a part of it takes seconds instead of minutes
COVERAGE_WORLDS ?= 3

coverage_o := $(O)/gcov
coverage_cc = $(CC) $(USER_CFLAGS) -fno-strict-aliasing -O0 -Wno-error

coverage_cp  := $(notdir $(cp_sources))
coverage_fsm := $(addprefix $(core)/,vfio_ccw_fsm.c vfio_ccw_fsm_names.c \
		  vfio_ccw_status.c)
coverage_fsm_objects := $(notdir $(coverage_fsm:.c=.o))
coverage_explore := $(addprefix $(here)/explore/,explore.c world.c composite.c \
		      hw.c)

# One directory for each program, so that no count is lost to another's
coverage-translator: $(oracle_lib) $(fuzz_lib) $(cp_sources) $(oracle_deps)
	rm -rf $(coverage_o)/cp
	mkdir -p $(coverage_o)/cp
	cd $(coverage_o)/cp && $(coverage_cc) --coverage -c $(cp_sources)
	cd $(coverage_o)/cp && $(coverage_cc) -I$(oracle_dir) -I$(fuzz_dir) -O1 \
		-o oracle $(oracle_dir)/cases.c \
		$(oracle_dir)/limits.c $(oracle_lib) $(shim_source) \
		$(coverage_cp:.c=.o) --coverage
	cd $(coverage_o)/cp && $(coverage_cc) -I$(oracle_dir) -I$(fuzz_dir) -O1 \
		-o check-fuzz $(fuzz_dir)/check_fuzz.c $(fuzz_lib) \
		$(oracle_lib) $(shim_source) $(coverage_cp:.c=.o) --coverage
	cd $(coverage_o)/cp && $(coverage_cc) -Wno-missing-field-initializers \
		-o unit $(here)/kunit/kunit_main.c $(core)/tests/cp_kunit.c \
		$(core)/tests/pins_kunit.c $(here)/kunit/pins_user.c $(shim_source) $(coverage_cp:.c=.o) \
		--coverage
	cd $(coverage_o)/cp && ./unit >unit.log
	cd $(coverage_o)/cp && ./oracle >oracle.log
	cd $(coverage_o)/cp && ./check-fuzz $(COVERAGE_COUNT) \
		$(fuzz_dir)/corpus >check-fuzz.log
	cd $(coverage_o)/cp && $(GCOV) $(coverage_cp:.c=.gcda) >gcov.log

coverage-fsm: $(coverage_fsm) $(coverage_explore) $(core_headers)
	rm -rf $(coverage_o)/fsm
	mkdir -p $(coverage_o)/fsm
	cd $(coverage_o)/fsm && $(coverage_cc) -DCONFIG_LOCKDEP=1 \
		-I$(here)/explore --coverage -c $(coverage_fsm)
	cd $(coverage_o)/fsm && $(coverage_cc) -DCONFIG_LOCKDEP=1 -O2 \
		-I$(here)/explore -o explore $(coverage_explore) \
		$(shim_source) $(coverage_fsm_objects) --coverage
	cd $(coverage_o)/fsm && $(coverage_cc) -DCONFIG_LOCKDEP=1 \
		-Wno-missing-field-initializers -o unit \
		$(filter-out $(coverage_fsm),$(filter %.c,$(kunit_sources))) \
		$(coverage_fsm_objects) --coverage
	cd $(coverage_o)/fsm && ./explore $(COVERAGE_WORLDS) >explore.log
	cd $(coverage_o)/fsm && ./unit >unit.log
	cd $(coverage_o)/fsm && $(GCOV) $(coverage_fsm_objects:.o=.gcda) >gcov.log

coverage check-coverage: coverage-translator coverage-fsm
	@$(PYTHON) $(here)/coverage/lines.py $(COVERAGE_LEAST) \
		$(patsubst %,$(coverage_o)/cp/%.gcov,$(coverage_cp)) \
		$(coverage_o)/cp/vfio_ccw_cp_prog.h.gcov \
		$(coverage_o)/fsm/vfio_ccw_fsm.c.gcov \
		$(coverage_o)/fsm/vfio_ccw_fsm_names.c.gcov \
		$(coverage_o)/fsm/vfio_ccw_status.c.gcov

.PHONY: coverage check-coverage coverage-translator coverage-fsm
