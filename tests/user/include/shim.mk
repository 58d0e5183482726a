# SPDX-License-Identifier: GPL-2.0
#
# The stand-in for the kernel does what the kernel's own headers say, and has no
# header that only its own test includes

CHECKS += check-shim

$(O)/shim-test: $(here)/include/shim_test.c $(shim_source) $(core_headers) | $(O)
	$(CC) $(USER_CFLAGS) -O1 $(SANITIZE) -o $@ $(filter %.c,$^)

shim_users = $(filter-out %/shim_test.c,$(wildcard $(here)/*/*.c)) \
	     $(kunit_suites) $(kunit_core)

check-shim: $(O)/shim-test
	$(O)/shim-test
	@$(CC) $(USER_CFLAGS) -DCONFIG_LOCKDEP=1 -I$(oracle_dir) -I$(fuzz_dir) \
		-I$(explore_dir) -M $(shim_users) | tr ' ' '\n' >$(O)/included
	@echo "TAP version 13"; \
	unused=$$(printf '%s\n' $(wildcard $(here)/include/*/*.h) | \
		  grep -vxFf $(O)/included) && ok="not ok" || ok=ok; \
	test -z "$$unused" || printf '# %s\n' $$unused; \
	echo "$$ok 1 - each header of the stand-in is included"; \
	echo "1..1"; test "$$ok" = ok
