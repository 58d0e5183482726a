# SPDX-License-Identifier: GPL-2.0
#
# The translator against an independent channel

CHECKS += check-oracle

$(O)/oracle: $(oracle_dir)/cases.c \
	     $(oracle_dir)/limits.c $(oracle_lib) \
	     $(cp_sources) $(shim_source) $(oracle_deps) | $(O)
	$(CC) $(USER_CFLAGS) -I$(oracle_dir) -O1 $(SANITIZE) -o $@ \
		$(filter %.c,$^)

# The same where no array of the translator has room to spare, so that each growth
# moves it: whoever kept a pointer into it is found by AddressSanitizer
CP_TIGHT := -DCP_ARRAY_TIGHT=64

$(O)/oracle-tight: $(oracle_dir)/cases.c \
		   $(oracle_dir)/limits.c $(oracle_lib) \
		   $(cp_sources) $(shim_source) $(oracle_deps) | $(O)
	$(CC) $(USER_CFLAGS) -I$(oracle_dir) -O1 $(SANITIZE) $(CP_TIGHT) \
		-o $@ $(filter %.c,$^)

check-oracle: $(O)/oracle $(O)/oracle-tight
	$(O)/oracle
	$(O)/oracle-tight
