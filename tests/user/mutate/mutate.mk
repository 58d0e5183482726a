# SPDX-License-Identifier: GPL-2.0
#
# The core changed at random: operators, constants, statements. A unit test, the
# oracle, the exploration or the fuzzing has to notice each change.

LONG_CHECKS += check-mutants

mutate_dir := $(here)/mutate
mutate_o   := $(O)/mutate
mutate_inc := -I$(oracle_dir) -I$(fuzz_dir) -I$(explore_dir)
MUTATE_CFLAGS = $(filter-out -g,$(USER_CFLAGS)) $(mutate_inc) -DCONFIG_LOCKDEP=1 \
		-fno-strict-aliasing -Wno-missing-field-initializers

# Every array of the translator moves when it grows, so that a stale pointer shows
mutate_sanitize := -O1 $(SANITIZE) -DCP_ARRAY_TIGHT=64

# How many changes, and which
MUTANTS_COUNT ?= 240
MUTANTS_SEED  ?= 1
MUTANTS_ONLY  ?=

mutate_kunit := $(here)/kunit/kunit_main.c $(kunit_suites) $(kunit_extra)
mutate_oracle := $(addprefix $(oracle_dir)/,cases.c limits.c) \
		 $(oracle_lib)
mutate_fuzz := $(fuzz_dir)/check_fuzz.c $(fuzz_lib) $(oracle_lib)
mutate_explore := $(addprefix $(explore_dir)/,explore.c world.c composite.c hw.c)
mutate_table := $(explore_dir)/fsm_table.c
mutate_programs := kunit oracle fuzz explore table

# All of a program but the core, as one object; $(1) how, $(2) which, $(3) flags
define mutate_tests
$(mutate_o)/$(1)/$(2).o: $(mutate_$(2)) $(shim_source) $(oracle_deps) \
		$(explore_headers) $(fuzz_dir)/scenario.h
	mkdir -p $$(@D)/$(2)
	cd $$(@D)/$(2) && $(CC) $(MUTATE_CFLAGS) $(3) -c \
		$(sort $(mutate_$(2)) $(shim_source))
	cd $$(@D)/$(2) && $(LD) -r -o $$@ $(notdir $(patsubst %.c,%.o, \
		$(sort $(mutate_$(2)) $(shim_source))))
endef
$(foreach program,$(mutate_programs),\
	$(eval $(call mutate_tests,plain,$(program),-O2)))
$(foreach program,kunit oracle fuzz,\
	$(eval $(call mutate_tests,sanitized,$(program),$(mutate_sanitize))))

# Name (what is before a "-" is the program); how the core is built for it; the
# files of the core in it; arguments. The quickest first
mutate_stages := \
	--stage "kunit quick cp,fsm,status" \
	--stage "oracle quick cp" \
	--stage "table quick fsm,status rst" \
	--stage "explore quick fsm,status 3" \
	--stage "explore-unmap plain fsm,status 40" \
	--stage "explore-resume plain fsm,status 48" \
	--stage "fuzz plain cp 2000 $(fuzz_dir)/corpus" \
	--stage "kunit-sanitized sanitized cp,fsm,status" \
	--stage "oracle-sanitized sanitized cp" \
	--stage "fuzz-sanitized sanitized cp 3000 $(fuzz_dir)/corpus" \
	--stage "fuzz-long plain cp 15000 $(fuzz_dir)/corpus" \
	--stage "explore-paths plain fsm,status 36"

## check-mutants: the core changed at random; a test has to notice
check-mutants: $(foreach program,$(mutate_programs),\
		$(mutate_o)/plain/$(program).o) \
		$(foreach program,kunit oracle fuzz,\
		$(mutate_o)/sanitized/$(program).o)
	@$(PYTHON) $(mutate_dir)/mutate.py --core $(core) --out $(mutate_o) \
		--survivors $(mutate_dir)/survivors.txt --clang $(CLANG) \
		--sanitize "$(mutate_sanitize)" --count $(MUTANTS_COUNT) \
		--seed $(MUTANTS_SEED) --only "$(MUTANTS_ONLY)" \
		$(mutate_stages) -- $(CC) $(filter-out $(WARN),$(MUTATE_CFLAGS))
