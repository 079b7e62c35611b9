#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The guard's costs as ratios, each pair measured side by side in this one run (absolute times of an emulated machine mean nothing).
# Exit 1 if a ratio is over its limit.
# shellcheck disable=SC2154 # variables of lib.sh
set -u
cd /vg-tests || exit 1
# shellcheck source=../guest/lib.sh
source ./lib.sh
over=0
FREE=203.0.113.50 # nobody's

# ratio NAME A B LIMIT: A/B against its limit
ratio() {
	local verdict=ok
	awk -v a="$2" -v b="$3" -v l="$4" 'BEGIN { exit !(a / b <= l) }' || { verdict=OVER over=1; }
	awk -v n="$1" -v a="$2" -v b="$3" -v l="$4" -v v=$verdict 'BEGIN { printf "%-58s %10.1f / %10.1f = %6.3f  (limit %s) %s\n", n, a, b, a / b, l, v }'
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

bench_at() { at cp1 netbench "$@"; }

slow_removal() {
	local pid
	at cp1 bash -c "ip -o monitor address | while read -r line; do case \$line in *Deleted*) ;; *$VIP*) ip addr del $VIP/32 dev eth0 ;; esac; done" 2>/dev/null &
	pid=$!
	await "ip monitor" "pgrep -x ip >/dev/null"
	bench_at gone --link eth0 --address $VIP --count 30
	kill $pid
	pkill -x ip
}

nft_rule() {
	at cp1 nft -f - <<-NFT
		table netdev bench {
			set foreign { type ipv4_addr; elements = { $VIP, 192.0.2.250 } }
			chain egress { type filter hook egress device dum0 priority 0; arp saddr ip @foreign drop; }
		}
	NFT
}

mkdir -p $RUN && mkfifo $RUN/never
lan_up >/dev/null || exit 1
write_assignments
at cp1 ip link add dum0 type dummy
at cp1 ip link set dum0 up
echo "kernel $(uname -r)"

del=$(bench_at del --link eth0 --address $FREE --count 1000)
slow=$(slow_removal)
guard_start enforce --act remove || exit 1
gone=$(bench_at gone --link eth0 --address $VIP --count 500)
guard_stop
ratio "bind to gone (remove only), in bare RTM_DELADDR round trips" "$gone" "$del" 5
ratio "an ip-monitor loop's bind to gone, in the guard's (>= 100)" "$gone" "$slow" 0.01

# rounds in turn, so that a slow moment of the machine meets both
: >$RUN/add.off
: >$RUN/add.on
for _ in 1 2 3 4 5; do
	bench_at add --link eth0 --address $FREE --count 1000 >>$RUN/add.off
	guard_start enforce || exit 1
	bench_at add --link eth0 --address $FREE --count 1000 >>$RUN/add.on
	guard_stop
done
ratio "an allowed bind, with the guard in one without" "$(median <$RUN/add.on)" "$(median <$RUN/add.off)" 1.02

: >$RUN/packets.bare
: >$RUN/packets.nft
: >$RUN/packets.guard
for _ in 1 2 3; do
	bench_at packets --link dum0 --count 100000 >>$RUN/packets.bare
	if nft_rule 2>/dev/null; then
		bench_at packets --link dum0 --count 100000 >>$RUN/packets.nft
		at cp1 nft delete table netdev bench
	fi
	guard_start enforce --interface dum0 || exit 1
	bench_at packets --link dum0 --count 100000 >>$RUN/packets.guard
	guard_stop
done
bare=$(median <$RUN/packets.bare)
guard_ns=$(median <$RUN/packets.guard)
if [[ -s $RUN/packets.nft ]]; then
	ratio "an IPv4 packet past the guard, in one past an nft egress rule" "$guard_ns" "$(median <$RUN/packets.nft)" 1
fi
ratio "an IPv4 packet past the guard, in one past nothing" "$guard_ns" "$bare" 2

# what 1,000 assignments take
{
	echo "version: 1"
	echo "assignments:"
	for ((i = 0; i < 1000; i++)); do echo "  - {address: 198.18.$((i / 250)).$((i % 250 + 1)), service: default/s$i, nodes: [worker$((i % 5))], bind: nobody}"; done
} >$RUN/assignments.yaml
guard_start enforce || exit 1
awk '/^VmRSS|^RssAnon|^RssFile/ { printf "%-58s %10d KiB\n", "resident memory after ready, 1,000 assignments: " $1, $2 }' /proc/"$guard"/status
kernel=0
for pin in "$PINS"/*; do
	bytes=$(bpftool -j map show pinned "$pin" 2>/dev/null | jq '.bytes_memlock // 0') || continue
	printf '%-58s %10d bytes\n' "kernel memory of ${pin##*/}" "$bytes"
	kernel=$((kernel + bytes))
done
printf '%-58s %10d bytes\n' "kernel memory of the pinned maps, sum" "$kernel"
read -rt 2 <>$RUN/never || true
before=$(awk '/^voluntary/ { print $2 }' /proc/"$guard"/status)
read -rt 20 <>$RUN/never || true
after=$(awk '/^voluntary/ { print $2 }' /proc/"$guard"/status)
printf '%-58s %10d (dead-man 10 s: one each 3.3 s)\n' "wake-ups of an idle guard in 20 s" $((after - before))
guard_stop
exit $over
