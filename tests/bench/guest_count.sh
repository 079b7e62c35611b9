#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What binds and packets cost those who make them, in instructions: the guest's clock counts them (vm/run.sh -c), so the figures do not
# depend on what else the machine does. A bind's is the binder's own CPU time.
# shellcheck disable=SC2154 # variables of lib.sh
set -u
# shellcheck source=lib.sh
source /vg-tests/bench-lib.sh
bench_up
at cp1 ip link add dum0 type dummy
at cp1 ip link set dum0 up
at cp1 ip addr add 198.51.100.65/26 dev dum0
FAR=198.51.100.77 # out of dum0, which asks nobody for a MAC

add() { bench_at add --cpu --link eth0 --address $FREE --count 500; }
packets() { bench_at packets --link dum0 --address $FAR --count 10000; }

nft_rule() {
	at cp1 nft -f - <<-NFT
		table netdev bench {
			set foreign { type ipv4_addr; elements = { $VIP, 192.0.2.250 } }
			chain egress { type filter hook egress device dum0 priority 0; arp saddr ip @foreign drop; }
		}
	NFT
}

bare=$(add)
spawn cp1 ip monitor address >/dev/null
monitored=$(add)
kill "$spawned"
guard_start enforce || exit 1
guarded=$(add)
guard_stop
ratio "an allowed bind with the guard, in one without, instructions" "$guarded" "$bare" 1.02
ratio "for comparison: with one \`ip monitor address\` listening" "$monitored" "$bare" -

bare=$(packets)
if nft_rule 2>/dev/null; then
	nft=$(packets)
	at cp1 nft delete table netdev bench
fi
guard_start enforce --interface dum0 || exit 1
guarded=$(packets)
guard_stop
ratio "an IPv4 packet past the guard, in one past nothing, instructions" "$guarded" "$bare" -
if [[ -n ${nft-} ]]; then
	ratio "what the guard adds to it, in what an nft egress set rule adds" "$(awk "BEGIN { print $guarded - $bare }")" "$(awk "BEGIN { print $nft - $bare }")" 1
fi
exit $over
