# SPDX-License-Identifier: GPL-2.0
#
# The stand-in for the kernel does what the kernel's own headers say

CHECKS += check-shim

$(O)/shim-test: $(here)/include/shim_test.c $(shim_source) $(core_headers) | $(O)
	$(CC) $(USER_CFLAGS) -O1 $(SANITIZE) -o $@ $(filter %.c,$^)

check-shim: $(O)/shim-test
	$(O)/shim-test
