# SPDX-License-Identifier: GPL-2.0
#
# The core changed at random: operators, constants, statements. A unit test, the
# oracle, the exploration or the fuzzing has to notice each change.

LONG_CHECKS += check-mutants

mutate_dir := $(here)/mutate
mutate_o   := $(O)/mutate
# Not for <...>: one of them has a limits.h
mutate_inc := $(addprefix -iquote ,$(oracle_dir) $(fuzz_dir) $(explore_dir))
MUTATE_CFLAGS = $(filter-out -g,$(USER_CFLAGS)) $(mutate_inc) -DCONFIG_LOCKDEP=1 \
		-fno-strict-aliasing -Wno-missing-field-initializers

# Every array of the translator moves when it grows, so that a stale pointer shows
mutate_sanitize := -O1 $(SANITIZE) -DCP_ARRAY_TIGHT=64

# How many changes, and which
MUTANTS_COUNT ?= 210
MUTANTS_SEED  ?= 1
MUTANTS_ONLY  ?=

mutate_kunit := $(here)/kunit/kunit_main.c $(kunit_suites)
mutate_model := $(here)/kunit/kunit_main.c $(kunit_extra)
mutate_oracle := $(addprefix $(oracle_dir)/,cases.c limits.c) \
		 $(oracle_lib)
mutate_fuzz := $(fuzz_dir)/check_fuzz.c $(fuzz_lib) $(oracle_lib)
mutate_cost := $(cost_dir)/cost.c $(oracle_lib)
mutate_explore := $(addprefix $(explore_dir)/,explore.c world.c composite.c hw.c)
mutate_table := $(explore_dir)/fsm_table.c
mutate_sanitized := kunit model oracle fuzz
mutate_programs := $(mutate_sanitized) cost explore table

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
$(foreach program,$(mutate_sanitized),\
	$(eval $(call mutate_tests,sanitized,$(program),$(mutate_sanitize))))

# Parts of the world that can be explored in seconds, by their bits in
# explore/mutants.py; the quickest first
mutate_worlds := 16384 73 48 160 1025 529 88 8193 40 4097 4

# Name (what is before a "-" is the program); how the core is built for it; the
# files of the core in it; arguments. The quickest first
mutate_stages := \
	--stage "kunit quick cp,pins,fsm,status" \
	--stage "model quick pins" \
	--stage "oracle quick cp,pins" \
	--stage "table quick fsm,status rst" \
	--stage "explore quick fsm,status 259" \
	--stage "fuzz plain cp,pins 4000 $(fuzz_dir)/corpus" \
	--stage "cost counted cp,pins" \
	$(foreach world,$(mutate_worlds),\
		--stage "explore-$(world) plain fsm,status $(world)") \
	--stage "kunit-sanitized sanitized cp,pins,fsm,status" \
	--stage "model-sanitized sanitized pins" \
	--stage "oracle-sanitized sanitized cp,pins" \
	--stage "fuzz-sanitized sanitized cp,pins 3000 $(fuzz_dir)/corpus" \
	--stage "fuzz-long plain cp,pins 15000 $(fuzz_dir)/corpus"

## check-mutants: the core changed at random; a test has to notice
check-mutants: $(foreach program,$(mutate_programs),\
		$(mutate_o)/plain/$(program).o) \
		$(foreach program,$(mutate_sanitized),\
		$(mutate_o)/sanitized/$(program).o)
	@$(PYTHON) $(mutate_dir)/mutate.py --core $(core) --out $(mutate_o) \
		--survivors $(mutate_dir)/survivors.txt --clang $(CLANG) \
		--sanitize "$(mutate_sanitize)" --count $(MUTANTS_COUNT) \
		--seed $(MUTANTS_SEED) --only "$(MUTANTS_ONLY)" \
		$(mutate_stages) -- $(CC) $(filter-out $(WARN),$(MUTATE_CFLAGS))
