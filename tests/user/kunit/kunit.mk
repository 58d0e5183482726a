# SPDX-License-Identifier: GPL-2.0
#
# The unit tests of the core in user space: the same files as in the kernel,
# under the sanitizers. What only user space can do is in *_user.c here.

CHECKS += check-kunit-user

kunit_suites  := $(wildcard $(core)/tests/*_kunit.c)
kunit_core    := $(addprefix $(core)/,vfio_ccw_fsm.c vfio_ccw_fsm_names.c \
		   vfio_ccw_status.c) $(cp_sources)
# With core=DIR that may be a part of them, see tests/series.sh
kunit_core    := $(wildcard $(kunit_core))
kunit_extra   := $(if $(filter %/vfio_ccw_pins.c,$(kunit_core)), \
		   $(wildcard $(here)/kunit/*_user.c))
kunit_sources := $(here)/kunit/kunit_main.c $(kunit_suites) $(kunit_extra) \
		 $(kunit_core) $(shim_source)

$(O)/kunit-user: $(kunit_sources) $(core_headers) | $(O)
	$(CC) $(USER_CFLAGS) -fno-strict-aliasing -Wno-missing-field-initializers -O1 $(SANITIZE) -o $@ \
		$(filter %.c,$^)

# The translator's where no array has room to spare, see oracle.mk
$(O)/kunit-user-tight: $(kunit_sources) $(core_headers) | $(O)
	$(CC) $(USER_CFLAGS) -fno-strict-aliasing -Wno-missing-field-initializers -O1 $(SANITIZE) \
		-DCP_ARRAY_TIGHT=64 -o $@ $(filter %.c,$^)

# All of them where numbers wrap soon, see vfio_ccw_counter.h
$(O)/kunit-user-wrap: $(kunit_sources) $(core_headers) | $(O)
	$(CC) $(USER_CFLAGS) -fno-strict-aliasing -Wno-missing-field-initializers -O1 $(SANITIZE) \
		-DVFIO_CCW_WRAP=3 -o $@ $(filter %.c,$^)

## check-kunit-user: the unit tests in user space, under ASan and UBSan
check-kunit-user: $(O)/kunit-user $(O)/kunit-user-tight $(O)/kunit-user-wrap
	$(O)/kunit-user $(SUITE)
	$(O)/kunit-user-tight $(or $(SUITE),vfio_ccw_cp)
	$(O)/kunit-user-wrap $(SUITE)

$(O)/kunit-coverage: $(kunit_sources) $(core_headers) | $(O)
	mkdir -p $(O)/coverage
	cd $(O)/coverage && rm -f *.gcda *.gcno && \
		$(CC) $(USER_CFLAGS) -fno-strict-aliasing -Wno-missing-field-initializers -O0 --coverage \
		-o $@ $(filter %.c,$^)

## coverage-kunit-user: lines of the core that the unit tests run
coverage-kunit-user: $(O)/kunit-coverage
	cd $(O) && rm -f kunit-coverage-*.gcda && ./kunit-coverage >/dev/null
	cd $(O) && $(GCOV) -n kunit-coverage-vfio_ccw_*.gcda | \
		grep -A1 "^File.*vfio_ccw_.*\.c'"
.PHONY: coverage-kunit-user
