# SPDX-License-Identifier: GPL-2.0
#
# The shipped state machine, explored exhaustively, and mutants of it that the
# exploration has to find; the table of the state machine, printed from itself

CHECKS += check-model check-model-sanitized check-fsm-table

explore_dir	:= $(here)/explore
explore_headers := $(wildcard $(explore_dir)/*.h)
explore_core	:= $(addprefix $(core)/,vfio_ccw_fsm.c vfio_ccw_fsm_names.c \
		     vfio_ccw_status.c)
EXPLORE_CFLAGS	:= $(USER_CFLAGS) -O2 -DCONFIG_LOCKDEP=1 -I$(explore_dir)
explore_objects := $(patsubst %,$(O)/explore/%.o,explore world composite hw \
		     vfio_ccw_fsm_names user_shim)

$(O)/explore:
	mkdir -p $@

$(O)/explore/%.o: $(explore_dir)/%.c $(explore_headers) $(core_headers) \
		| $(O)/explore
	$(CC) $(EXPLORE_CFLAGS) -c -o $@ $<

$(O)/explore/vfio_ccw_fsm_names.o: $(core)/vfio_ccw_fsm_names.c $(core_headers) \
		| $(O)/explore
	$(CC) $(EXPLORE_CFLAGS) -c -o $@ $<

$(O)/explore/user_shim.o: $(shim_source) $(core_headers) | $(O)/explore
	$(CC) $(EXPLORE_CFLAGS) -c -o $@ $<

check-model: $(explore_objects)
	$(PYTHON) $(explore_dir)/mutants.py quick $(core) $(O)/explore \
		$(CC) $(EXPLORE_CFLAGS) -- $(explore_objects)

LONG_CHECKS += check-model-long

## check-model-long: the largest combinations that can be explored
check-model-long: $(explore_objects)
	$(PYTHON) $(explore_dir)/mutants.py long $(core) $(O)/explore \
		$(CC) $(EXPLORE_CFLAGS) -- $(explore_objects)

# The same with every check of the compiler, for a small part of the worlds
$(O)/explore-sanitized: $(wildcard $(explore_dir)/*.c) $(explore_headers) \
		$(explore_core) $(shim_source) $(core_headers) | $(O)
	$(CC) $(filter-out -O2,$(EXPLORE_CFLAGS)) -O1 $(SANITIZE) -o $@ \
		$(patsubst %,$(explore_dir)/%.c,explore world composite hw) \
		$(explore_core) $(shim_source)

## check-model-sanitized: a part of the worlds under ASan and UBSan
check-model-sanitized: $(O)/explore-sanitized
	@echo "1..1"
	@$(O)/explore-sanitized 3 >$(O)/explore-sanitized.log && ok=ok || \
	 ok="not ok"; sed 's/^/# /' $(O)/explore-sanitized.log; \
	 echo "$$ok 1 - life, reset and shutdown explored under the sanitizers"

LONG_CHECKS += check-cells

cell_objects := $(patsubst %,$(O)/cells/%.o,kunit_main fsm_kunit \
		  vfio_ccw_fsm_names vfio_ccw_status user_shim)

$(O)/cells:
	mkdir -p $@

$(O)/cells/%.o: $(here)/kunit/%.c $(core_headers) | $(O)/cells
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(O)/cells/%.o: $(core)/tests/%.c $(core_headers) | $(O)/cells
	$(CC) $(USER_CFLAGS) -Wno-missing-field-initializers -c -o $@ $<

$(O)/cells/%.o: $(core)/%.c $(core_headers) | $(O)/cells
	$(CC) $(USER_CFLAGS) -c -o $@ $<

$(O)/cells/user_shim.o: $(shim_source) $(core_headers) | $(O)/cells
	$(CC) $(USER_CFLAGS) -c -o $@ $<

## check-cells: break every cell of the table; a unit test has to notice
check-cells: $(cell_objects)
	$(PYTHON) $(explore_dir)/cells.py $(core) $(O)/cells \
		$(CC) $(USER_CFLAGS) -- $(cell_objects)

$(O)/fsm-table: $(explore_dir)/fsm_table.c $(explore_core) $(shim_source) \
		 $(core_headers) | $(O)
	$(CC) $(USER_CFLAGS) -O1 -o $@ $(filter %.c,$^)

## fsm-table: write the table and the diagram of the state machine
fsm-table: $(O)/fsm-table
	$(O)/fsm-table rst > $(core)/Documentation/fsm-table.rst
	$(O)/fsm-table dot > $(core)/Documentation/fsm.dot
	@cat $(core)/Documentation/fsm-table.rst

# What is documented is what is shipped
check-fsm-table: $(O)/fsm-table
	@printf '1..2\n'
	@$(O)/fsm-table rst | diff -u $(core)/Documentation/fsm-table.rst - && \
		echo "ok 1 - the documented table of states is up to date"
	@$(O)/fsm-table dot | diff -u $(core)/Documentation/fsm.dot - && \
		echo "ok 2 - the diagram of states is up to date"

.PHONY: check-model-sanitized fsm-table
