#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh LABEL: the BPF objects alone on one kernel; closes with "N passed, M failed" over the programs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
files=("$here/../data/verifier-baseline:/verifier-baseline")
for program in load_test hooks_test announce_run announce_test; do
	files+=("$build/bpftest/$program")
done
exec "$here/../vm/run.sh" -k "$1" -t 300 "$here/guest.sh" "${files[@]}"
