#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `make bench`: what the guard costs, in guests of one kernel (K=6.12; default newest), and what judging costs, on this host.
# Exit 1 if something is over its limit.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../guest/files.sh
source "$here/../guest/files.sh"
over=0
make --no-print-directory -C "$here/../.." O="$build" "$build/tools/netbench" >/dev/null || exit 1
guest_files+=("$build/tools/netbench:/usr/bin/netbench" "$here/lib.sh:/vg-tests/bench-lib.sh")
echo "judging, on this host:"
make --no-print-directory -C "$here/../.." O="$build" bench-core || over=1
"$here/../vm/run.sh" -k "${K:-newest}" -t 600 "$here/guest_time.sh" "${guest_files[@]}" || over=1
echo "counting instructions, which takes some minutes:"
"$here/../vm/run.sh" -c -k "${K:-newest}" -t 1200 "$here/guest_count.sh" "${guest_files[@]}" || over=1
exit $over
