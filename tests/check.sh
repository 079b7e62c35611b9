#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check.sh BUILD: unit tests, fuzz corpora, lint, with what was built in BUILD. Seconds, no root.
# Closes with "N passed, M failed"; exits 1 if any failed or none ran.
set -euo pipefail
build=$1
passed=0 failed=0
# the same random clusters every time: a change is judged by what it changed. Run test_property by hand for others (it prints its seed)
export VG_SEED=${VG_SEED:-20261122}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# run NAME COMMAND...: one check; its output is shown only if it fails
run() {
	local name=$1
	shift
	if "$@" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		sed 's/^/    /' "$log"
	fi
}

for test in "$build"/unit/test_*; do
	[[ -x $test && $test != *.d ]] && run "unit ${test##*/test_}" "$test"
done
for replay in "$build"/replay/*; do
	name=${replay##*/}
	[[ -x $replay && $name != *.d ]] && run "corpus $name" "$replay" tests/fuzz/corpus/"$name"
done
# VG_LINT=no: another build of the same sources has had it
[[ ${VG_LINT-} == no ]] || run lint tests/lint/lint.sh "$build"

echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
