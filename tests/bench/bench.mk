# SPDX-License-Identifier: GPL-2.0

## bench: what one I/O costs, beside the kernel's own driver (table and plot)
.PHONY: bench
bench:
	@tests/bench/bench.sh

## check-bench: the benchmark as a test: no ratio above its limit
.PHONY: check-bench
check-bench:
	@tests/bench/bench.sh --guard

## bench-profile: whose the instructions of one I/O are (WORKLOAD= BACKEND= DRIVER=)
.PHONY: bench-profile
bench-profile:
	@tests/bench/profile/profile.sh "$(WORKLOAD)" "$(BACKEND)" "$(DRIVER)"

## bench-scale: many devices at once, memory per device, a blocked neighbour
.PHONY: bench-scale
bench-scale:
	@tests/bench/scale.sh
