#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# record.sh [KERNEL]: renews tests/data/metrics, the pages of a guard that has everything a kernel offers (6.1), in a guest of that kernel. Tests
# on the host's kernel cannot have those: not every host lets a program trace. BUILD (build) with `make all tools`.
set -euo pipefail
cd "$(dirname "$0")/../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
tests/guest/run.sh "${1:-6.1}" page.sh >"$log" || {
	cat "$log"
	exit 1
}
cut_out() { sed -n "s/^PAGE $1 //p" "$log" >"tests/data/metrics/$2.prom"; }
mkdir -p tests/data/metrics
cut_out quiet.0 whole.cp1.0
cut_out quiet.1 whole.cp1.1
cut_out quiet.1 denied.cp1.0
cut_out denied.0 denied.cp1.1
grep -c . tests/data/metrics/*.prom
