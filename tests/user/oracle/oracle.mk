# SPDX-License-Identifier: GPL-2.0
#
# The translator against an independent channel

CHECKS += check-oracle

oracle_dir := $(here)/oracle
oracle_lib := $(addprefix $(oracle_dir)/,channel.c world.c reach.c check.c)
oracle_deps := $(wildcard $(oracle_dir)/*.h) $(core_headers)
cp_source ?= $(core)/vfio_ccw_cp.c

$(O)/oracle: $(oracle_dir)/cases.c $(oracle_dir)/limits.c $(oracle_lib) \
	     $(cp_source) $(shim_source) $(oracle_deps) | $(O)
	$(CC) $(USER_CFLAGS) -I$(oracle_dir) -O1 $(SANITIZE) -o $@ \
		$(filter %.c,$^)

check-oracle: $(O)/oracle
	$(O)/oracle
