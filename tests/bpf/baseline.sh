#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# baseline.sh [LABEL...]: measures with how many instructions each kernel's verifier is done with each program, and writes it down in
# tests/data/verifier-baseline. Kernels that are not named keep their lines.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
baseline=$here/../data/verifier-baseline
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
(($# > 0)) || set -- 5.10 6.1 6.12 newest
cat >"$out/guest.sh" <<'GUEST'
load_test /verifier-baseline /out/verifier >/dev/null
[[ -s /out/verifier ]]
GUEST
for label in "$@"; do
	"$here/../vm/run.sh" -k "$label" -t 300 -o "$out" "$out/guest.sh" "$build/bpftest/load_test" "$baseline:/verifier-baseline"
	kernel=$(awk 'NR == 1 { print $1 }' "$out/verifier")
	awk -v kernel="$kernel" '$1 != kernel' "$baseline" >"$out/kept"
	{
		grep '^#' "$out/kept"
		{ grep -v '^#' "$out/kept" || true; cat "$out/verifier"; } | sort -V
	} >"$out/renewed"
	cp "$out/renewed" "$baseline"
	rm "$out/verifier"
done
