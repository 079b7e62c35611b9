#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What binds and packets cost those who make them, in instructions: the guest's clock counts them (vm/run.sh -c), so the figures do not
# depend on what else the machine does. A bind's is the binder's own CPU time. And what the maps take on a machine with one CPU.
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
getlink() { bench_at getlink --cpu --link eth0 --count 500; }
packets() { bench_at packets --link dum0 --address $FAR --count 10000; }
more() { awk -v a="$1" -v b="$2" 'BEGIN { print a - b }'; }

nft_rule() {
	at cp1 nft -f - <<-NFT
		table netdev bench {
			set foreign { type ipv4_addr; elements = { $VIP, 192.0.2.250 } }
			chain egress { type filter hook egress device dum0 priority 0; arp saddr ip @foreign drop; }
		}
	NFT
}

# One that does not match: most rules do not match most packets.
u32_rule() {
	at cp1 tc qdisc add dev dum0 clsact && at cp1 tc filter add dev dum0 egress protocol all prio 1 u32 match ip src $VIP/32 action drop
}

bare=$(add)
bare_getlink=$(getlink)
spawn cp1 ip monitor address >/dev/null
monitored=$(add)
kill "$spawned"
guard_start enforce --without deny --without deny-ioctl || exit 1
undenied=$(add)
guard_stop
guard_start enforce || exit 1
guarded=$(add)
guarded_getlink=$(getlink)
guard_stop
ratio "a getlink with the guard, in one without, instructions" "$guarded_getlink" "$bare_getlink" 1.01
ratio "an allowed bind with the guard, in one without, instructions" "$guarded" "$bare" 1.03
ratio "of that what deny makes: in one with a guard that does not deny" "$guarded" "$undenied" 1.03
ratio "for comparison: with one \`ip monitor address\` listening" "$monitored" "$bare" -

bare=$(packets)
if nft_rule 2>/dev/null; then
	nft=$(packets)
	at cp1 nft delete table netdev bench
fi
u32_rule || exit 1
u32=$(packets)
at cp1 tc qdisc del dev dum0 clsact
write_thousand
guard_start enforce --interface dum0 || exit 1
guarded=$(packets)
memory=$(kernel_memory | awk '{ n += $2 } END { print n }')
guard_stop
ratio "an IPv4 packet past the guard, in one past nothing, instructions" "$guarded" "$bare" -
ratio "what the guard adds to it, in what a tc u32 rule adds" "$(more "$guarded" "$bare")" "$(more "$u32" "$bare")" 1
if [[ -n ${nft-} ]]; then
	ratio "what the guard adds to it, in what an nft egress set rule adds" "$(more "$guarded" "$bare")" "$(more "$nft" "$bare")" 1
fi
echo "MEMORY $(cat /sys/devices/system/cpu/possible) $memory"
exit $over
