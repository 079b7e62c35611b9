#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `make bench`: what the guard costs, in a guest of one kernel (K=6.12; default newest), and what judging costs, on this host.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-$here/../../build}
make --no-print-directory -C "$here/../.." O="$build" "$build/tools/netbench" "$build/bench/judge" >/dev/null
echo "judging, on this host:"
"$build/bench/judge"
files=("$build/vipguard:/usr/bin/vipguard" "$build/tools/netbench:/usr/bin/netbench" "$here/../guest/lib.sh:/vg-tests/lib.sh")
for tool in rogue blast witness holder tcphello; do
	files+=("$build/tools/$tool:/usr/bin/$tool")
done
for tool in setpriv tail mkfifo awk pgrep pkill sysctl; do
	files+=("$(readlink -f "$(command -v $tool)"):/usr/bin/$tool")
done
exec "$here/../vm/run.sh" -k "${K:-newest}" -t 900 "$here/guest.sh" "${files[@]}"
