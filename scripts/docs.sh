#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# docs.sh [OUT]: the documents as HTML, into build/docs or OUT. A warning is an
# error.

# shellcheck source=tests/lib/kernels.sh
. "$(dirname "$0")/../tests/lib/kernels.sh"

out=${1:-$TOP/build/docs}
host_packages docs
source=$(kernel_source)
mkdir -p "$out"
VFIO_CCW_KERNEL_SOURCE=$source logged "$TOP/build/logs/docs.log" \
	sphinx-build -W --keep-going -q -b html -d "$out/.doctrees" \
	"$TOP/Documentation" "$out" || die "the documents have faults"
echo "$out/index.html"
