#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh FOLDER SECONDS: runs every fuzzer of FOLDER that long, VG_JOBS (2) side by side, from its corpus in tests/fuzz/corpus. New inputs go to
# a scratch folder; a crash leaves its input in FOLDER and fails. `run.sh --one FUZZER SECONDS` runs one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

one() {
	local fuzzer=$1 seconds=$2 name=${1##*/} scratch rc=0
	scratch=$(mktemp -d)
	mkdir "$scratch/new"
	"$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -artifact_prefix="${fuzzer%/*}/$name-crash-" \
		"$scratch/new" "$here/corpus/$name" 2>"$scratch/log" || rc=$?
	if ((rc == 0)); then
		echo "ok $name: $(grep -E '^Done ' "$scratch/log")"
	else
		# in one piece, beside what another one says
		{
			echo "not ok $name"
			tail -n 40 "$scratch/log" | sed 's/^/    /'
		} >"$scratch/says"
		cat "$scratch/says"
	fi
	rm -rf "$scratch"
}

if [[ ${1-} == --one ]]; then
	one "$2" "$3"
	exit
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
find "$1" -maxdepth 1 -type f -executable | sort | xargs -P "${VG_JOBS:-2}" -I '{}' "$here/run.sh" --one '{}' "$2" | tee "$log"
passed=$(grep -c '^ok ' "$log" || true)
failed=$(grep -c '^not ok ' "$log" || true)
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
