#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh FOLDER SECONDS: runs every fuzzer of FOLDER that long, from its corpus in tests/fuzz/corpus. New inputs go to a
# scratch folder; a crash leaves its input in build/ and fails.
set -euo pipefail
fuzzers=$1 seconds=$2
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0
for fuzzer in "$fuzzers"/*; do
	[[ -x $fuzzer && $fuzzer != *.d ]] || continue
	name=${fuzzer##*/}
	scratch=$(mktemp -d)
	echo "fuzzing $name for $seconds s"
	if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -artifact_prefix="$fuzzers/$name-crash-" \
		"$scratch" "$here/corpus/$name" 2>"$scratch.log"; then
		passed=$((passed + 1))
		grep -E '^(Done|#[0-9]+.*DONE)' "$scratch.log" || true
	else
		failed=$((failed + 1))
		tail -n 40 "$scratch.log"
	fi
	rm -rf "$scratch" "$scratch.log"
done
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
