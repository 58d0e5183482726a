# SPDX-License-Identifier: GPL-2.0
#
# Programs of chance against the oracle. check-fuzz: the corpus and a fixed
# number of programs from fixed seeds. fuzz: libFuzzer, until it is stopped.

CHECKS += check-fuzz
LONG_CHECKS += check-fuzz-long

fuzz_dir := $(here)/fuzz
fuzz_lib := $(addprefix $(fuzz_dir)/,scenario.c literal.c generate.c \
	      crowded.c)
fuzz_deps := $(oracle_lib) $(cp_sources) $(shim_source) $(fuzz_lib)
fuzz_cflags := $(USER_CFLAGS) -I$(oracle_dir) -I$(fuzz_dir) -O2

FUZZ_COUNT ?= 100000
FUZZ_LONG_COUNT ?= 1000000
# How long "fuzz" goes on, in seconds; 0: until stopped
FUZZ_TIME ?= 0
FUZZ_ARGS ?=

$(O)/check-fuzz: $(fuzz_dir)/check_fuzz.c $(fuzz_deps) $(oracle_deps) \
		 $(fuzz_dir)/scenario.h | $(O)
	$(CC) $(fuzz_cflags) $(SANITIZE) -o $@ $(filter %.c,$^)

# In the kernel's C a null pointer may take an offset of zero
$(O)/fuzz: $(fuzz_dir)/fuzz_target.c $(fuzz_deps) $(oracle_deps) \
	   $(fuzz_dir)/scenario.h | $(O)
	$(CLANG) $(fuzz_cflags) -fsanitize=fuzzer,address,undefined \
		-fno-sanitize=pointer-overflow -fno-sanitize-recover=all \
		-o $@ $(filter %.c,$^)

# Programs where no array of the translator has room to spare, see oracle.mk
FUZZ_TIGHT_COUNT ?= 10000

$(O)/check-fuzz-tight: $(fuzz_dir)/check_fuzz.c $(fuzz_deps) $(oracle_deps) \
		       $(fuzz_dir)/scenario.h | $(O)
	$(CC) $(fuzz_cflags) $(SANITIZE) -DCP_ARRAY_TIGHT=64 -o $@ \
		$(filter %.c,$^)

check-fuzz: $(O)/check-fuzz $(O)/check-fuzz-tight
	$(O)/check-fuzz $(FUZZ_COUNT) $(fuzz_dir)/corpus
	$(O)/check-fuzz-tight $(FUZZ_TIGHT_COUNT) $(fuzz_dir)/corpus

check-fuzz-long: $(O)/check-fuzz
	$(O)/check-fuzz $(FUZZ_LONG_COUNT) $(fuzz_dir)/corpus

fuzz: $(O)/fuzz $(O)/seeds
	mkdir -p $(O)/corpus
	cd $(O) && ./fuzz -max_total_time=$(FUZZ_TIME) -max_len=2048 \
		$(FUZZ_ARGS) corpus $(fuzz_dir)/corpus $(O)/seeds

.PHONY: fuzz

# The oracle's cases as inputs of the fuzzer
$(O)/seed: $(fuzz_dir)/seed.c $(oracle_deps) | $(O)
	$(CC) $(fuzz_cflags) $(SANITIZE) -o $@ $(filter %.c,$^)

$(O)/seeds: $(O)/seed
	rm -rf $@
	mkdir -p $@
	$(O)/seed $@

# Seeded defects of the translator, each of which has to be found
CHECKS += check-fuzz-mutations
MUTATION_COUNT ?= 15000

fuzz_objects := $(O)/mutations.o/all.o

$(fuzz_objects): $(fuzz_dir)/check_fuzz.c $(oracle_lib) $(shim_source) \
		 $(fuzz_lib) $(oracle_deps) $(fuzz_dir)/scenario.h | $(O)
	mkdir -p $(@D)
	cd $(@D) && $(CC) $(fuzz_cflags) $(SANITIZE) -c $(filter %.c,$^)
	cd $(@D) && $(LD) -r -o $@ $(notdir $(patsubst %.c,%.o,$(filter %.c,$^)))

check-fuzz-mutations: $(fuzz_objects)
	$(PYTHON) $(fuzz_dir)/mutations.py "$(cp_sources) $(cp_header)" \
		$(O)/mutations $(MUTATION_COUNT) $(fuzz_dir)/corpus \
		$(fuzz_objects) $(CC) $(fuzz_cflags) $(SANITIZE)
