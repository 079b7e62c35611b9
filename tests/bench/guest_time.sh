#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How long a removal takes, by the wall's clock of a guest with two CPUs, and what an idle guard holds and does.
# shellcheck disable=SC2154 # variables of lib.sh
set -u
# shellcheck source=lib.sh
source /vg-tests/bench-lib.sh
bench_up

slow_removal() {
	local pid
	at cp1 bash -c "ip -o monitor address | while read -r line; do case \$line in *Deleted*) ;; *$VIP*) ip addr del $VIP/32 dev eth0 ;; esac; done" 2>/dev/null &
	pid=$!
	await "ip monitor" "pgrep -x ip >/dev/null"
	bench_at gone --link eth0 --address $VIP --count 30
	kill $pid
	pkill -x ip
}

# rounds in turn, so that a slow moment of the machine meets all three
: >$RUN/del
: >$RUN/gone
: >$RUN/slow
for _ in 1 2 3; do
	bench_at del --link eth0 --address $FREE --count 500 >>$RUN/del
	slow_removal >>$RUN/slow
	guard_start enforce --act remove || exit 1
	bench_at gone --link eth0 --address $VIP --count 300 >>$RUN/gone
	guard_stop
done
gone=$(median <$RUN/gone)
ratio "bind to gone (remove only), in bare RTM_DELADDR round trips, ns" "$gone" "$(median <$RUN/del)" 5
ratio "the same, in that of an ip-monitor loop calling ip addr del, ns" "$gone" "$(median <$RUN/slow)" 0.01

# what 1,000 assignments take
write_thousand
guard_start enforce || exit 1
awk '/^VmRSS|^RssAnon|^RssFile/ { printf "%-66s %10d KiB\n", "resident after ready, 1,000 assignments: " $1, $2 }' /proc/"$guard"/status
while read -r name bytes; do
	printf '%-66s %10d bytes\n' "kernel memory of $name" "$bytes"
done < <(kernel_memory)
kernel=$(kernel_memory | awk '{ n += $2 } END { print n }')
ratio "kernel memory of all maps at 1,000 VIPs, in 1 MiB" "$kernel" 1048576 1
echo "MEMORY $(cat /sys/devices/system/cpu/possible) $kernel"
read -rt 2 <>$RUN/never || true
before=$(awk '/^voluntary/ { print $2 }' /proc/"$guard"/status)
read -rt 20 <>$RUN/never || true
after=$(awk '/^voluntary/ { print $2 }' /proc/"$guard"/status)
printf '%-66s %10d (dead-man 10 s: one each 3.3 s)\n' "wake-ups of an idle guard in 20 s" $((after - before))
guard_stop
exit $over
