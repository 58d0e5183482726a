# SPDX-License-Identifier: GPL-2.0
#
# The translator against an independent channel

CHECKS += check-oracle

$(O)/oracle: $(oracle_dir)/cases.c $(oracle_dir)/cases_table.c \
	     $(oracle_dir)/limits.c $(oracle_lib) \
	     $(cp_source) $(shim_source) $(oracle_deps) | $(O)
	$(CC) $(USER_CFLAGS) -I$(oracle_dir) -O1 $(SANITIZE) -o $@ \
		$(filter %.c,$^)

check-oracle: $(O)/oracle
	$(O)/oracle
