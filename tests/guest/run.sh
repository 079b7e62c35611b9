#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh LABEL [TEST_FILE...]: the guest's tests on one kernel. BUILD (build) holds what is tested. Output as it comes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
label=$1
shift
only=$(mktemp)
trap 'rm -f "$only"' EXIT
printf '%s\n' "$@" | sed '/^$/d' >"$only"
files=("$build/vipguard:/usr/bin/vipguard")
for tool in rogue blast witness holder tcphello; do
	files+=("$build/tools/$tool:/usr/bin/$tool")
done
for file in lib.sh "$here"/test_*.sh; do
	files+=("$here/${file##*/}:/vg-tests/${file##*/}")
done
files+=("$only:/vg-tests/only")
for tool in setpriv tail mkfifo awk pgrep pkill sysctl; do
	files+=("$(readlink -f "$(command -v $tool)"):/usr/bin/$tool")
done
exec "$here/../vm/run.sh" -k "$label" -t "${VG_GUEST_SECONDS:-900}" "$here/main.sh" "${files[@]}"
