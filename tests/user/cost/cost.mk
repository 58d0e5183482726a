# SPDX-License-Identifier: GPL-2.0
#
# What a program may cost: the basic blocks that the translator runs through for
# programs of n, 2n and 4n CCWs of the worst shapes

CHECKS += check-cost

cost_dir := $(here)/cost

cost_cp := $(patsubst %.c,$(O)/cost-cp/%.o,$(notdir $(cp_sources)))

$(O)/cost-cp/%.o: $(core)/%.c $(core_headers) | $(O)
	mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -O1 -fsanitize-coverage=trace-pc -c -o $@ $<

$(O)/cost: $(cost_dir)/cost.c $(oracle_lib) $(shim_source) $(cost_cp) \
	   $(oracle_deps) | $(O)
	$(CC) $(USER_CFLAGS) -I$(oracle_dir) -O1 -Wno-missing-field-initializers \
		-o $@ $(filter %.c %.o,$^)

check-cost: $(O)/cost
	$(O)/cost
