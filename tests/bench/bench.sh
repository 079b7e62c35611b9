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
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# the kernel keeps memory ready for as many CPUs as it may be given
"$here/../vm/run.sh" -k "${K:-newest}" -t 600 -a possible_cpus=16 "$here/guest_time.sh" "${guest_files[@]}" | tee "$said" | grep -v ^MEMORY
((PIPESTATUS[0] == 0)) || over=1
echo "counting instructions, which takes some minutes:"
"$here/../vm/run.sh" -c -k "${K:-newest}" -t 1200 "$here/guest_count.sh" "${guest_files[@]}" | tee -a "$said" | grep -v ^MEMORY
((PIPESTATUS[0] == 0)) || over=1
awk '$1 == "MEMORY" { n = split($2, range, "-"); cpus[++lines] = range[n] + 1; bytes[lines] = $3 }
	END {
		ok = lines == 2 && cpus[1] > cpus[2] && bytes[1] / bytes[2] <= 1.01
		printf "%-66s %10.1f / %10.1f = %6.3f  (limit 1.01) %s\n", "kernel memory of all maps on " cpus[1] " CPUs, on " cpus[2], bytes[1], bytes[2], bytes[1] / bytes[2], ok ? "ok" : "OVER"
		exit !ok
	}' "$said" || over=1
exit $over
