#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `make test`: unit tests plain, with clang and under sanitizers, namespaces on this host, guests of all kernels. Closes with
# "N passed, M failed" over everything.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

# part NAME COMMAND...: runs it, shows its output, adds up its closing line; a part without one counts as one failure
part() {
	local name=$1 began=$SECONDS rc=0 line
	shift
	echo "== $name"
	"$@" 2>&1 | tee "$log/part" || rc=$?
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log/part" | tail -n 1)
	if [[ -n $line ]]; then
		passed=$((passed + ${line%% *}))
		line=${line#*, }
		failed=$((failed + ${line%% *}))
		line=${line%% *}
	fi
	if ((rc != 0)) && [[ ${line:-0} == 0 ]]; then
		failed=$((failed + 1))
		echo "not ok $name (exit $rc)"
	fi
	echo "-- $name: $((SECONDS - began)) s"
}

make_quiet() { make --no-print-directory "$@"; }

part "check" make_quiet check
part "check, clang" make_quiet CC=clang O=build/clang check
part "check, sanitizers" make_quiet SAN=1 check
part "fuzzers" make_quiet fuzz T="${VG_FUZZ_SECONDS:-20}"
part "namespaces on this host" tests/netns/run.sh
tests/vm/kernels.sh || failed=$((failed + 1))
for label in 5.10 6.1 6.12 newest; do
	part "guest $label" tests/guest/run.sh "$label"
done
part "the demo" tests/demo/counted.sh
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
