# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# Storms of binds: every one is stopped, every one is accounted for, and they cost the guard little.
RANGE=2001:db8:2:: # /64, nobody's
TIMES=5000 # tries at one address
BURST=2000 # different addresses at once

with_range() {
	write_assignments
	sed -i "/^assignments:/a\  - {address: \"$RANGE/64\", service: pool/six, nodes: []}" $RUN/assignments.yaml
}

try() {
	at cp1 ip -force -batch - 2>/dev/null
}

# again N: N times the same address. burst FIRST LAST: one of each.
again() {
	awk -v n="$1" -v a="$VIP/32" 'BEGIN { while (n--) print "addr add " a " dev eth0" }'
}

burst() {
	awk -v i="$1" -v last="$2" -v r="$RANGE" 'BEGIN { for (; i <= last; i++) printf "addr add %s%x/128 dev eth0 nodad\n", r, i }'
}

bound_of_range() {
	at cp1 ip -6 -o addr show dev eth0 to "$RANGE/64" | wc -l
}

# User and system time of a command, in ms, in $cost.
cost=0
timed() {
	local TIMEFORMAT='%3U %3S'
	{ time "$@"; } 2>$RUN/time || true
	cost=$(tail -n 1 $RUN/time | awk '{ print int(($1 + $2) * 1000) }')
}

# Likewise of the guard so far; fields 14 and 15 of its stat, in ticks.
guard_cost() {
	awk -v hz="$(getconf CLK_TCK 2>/dev/null || echo 100)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / hz) }' /proc/"$guard"/stat
}

counter() {
	vipguard status -o json | jq ".counters.$1"
}

told() {
	events ".event == \"bind\" and .action == \"$1\"${2:+ and $2}" | jq -s 'map(.count // 1) | add // 0'
}

# costs WHAT PERCENT MS: what the guard took for what cost the stormer $cost
costs() {
	echo "$1: the guard took $3 ms of processor time for a storm that took $cost ms" >&3
	(($3 * 100 <= cost * $2)) || fail "$1: the guard took $3 ms for a storm of $cost ms, more than $2 %"
}

# Three storms at one guard, since a start costs more than they do.
refused() {
	local before
	with_range
	guard_start enforce || return
	again $TIMES >$RUN/again
	before=$(guard_cost)
	timed try <$RUN/again
	costs "refused $TIMES times" 20 $(($(guard_cost) - before)) || return
	not_bound $VIP || return
	equal "refused" "$(counter bind_denied)" $TIMES || return
	equal "hits" "$(bpftool -j map dump pinned $PINS/vg_vips | jq --arg vip $VIP '.[].formatted.value | select(.address == $vip).bind_hits')" $TIMES || return

	burst 1 $BURST | try
	equal "bound of $BURST different ones" "$(bound_of_range)" 0 || return
	equal "refused" "$(counter bind_denied)" $((TIMES + BURST)) || return
	equal "lost" "$(counter lost_ring_bind)" 0 || return

	# nobody reads: more than vg_seen and the ring can take
	kill -STOP "$guard"
	burst $((BURST + 1)) $((BURST + 6500)) | try
	kill -CONT "$guard"
	await "the loss to be said" "[[ -n \$(events '.event == \"lost\" and .what == \"lost_ring_bind\"') ]]" || return
	equal "bound of 6500 more" "$(bound_of_range)" 0 || return
	equal "refused" "$(counter bind_denied)" $((TIMES + BURST + 6500)) || return
	at_least "lost and counted" "$(counter lost_ring_bind)" 1 || return
	lost=$(counter lost_ring_bind)
	guard_stop || return
	equal "told or counted as lost" $(($(told denied) + lost)) $((TIMES + BURST + 6500)) || return
	equal "told of $VIP" "$(told denied ".address == \"$VIP\"")" $TIMES || return
	(($(events ".event == \"bind\" and .address == \"$VIP\"" | wc -l) <= 5)) || fail "a line for each" || return
	equal "told of the burst" "$(told denied '.address as $a | [range(1; 10)] | any(. as $i | $a == "2001:db8:2::\($i)")')" 9
}

# Where it cannot be refused each is removed, as often as it comes.
removed_again() {
	local before
	guard_start enforce --act remove || return
	again 2000 >$RUN/again
	before=$(guard_cost)
	timed try <$RUN/again
	await "the last to go" "! is_bound $VIP" || return
	costs "removed $(counter bind_removed) times" 300 $(($(guard_cost) - before)) || return
	at_least "removed" "$(counter bind_removed)" 1 || return
	removed=$(counter bind_removed)
	guard_stop || return
	equal "told" "$(told removed)" "$removed" || return
	(($(events ".event == \"bind\" and .address == \"$VIP\"" | wc -l) <= 5)) || fail "a line for each"
}

# All of it is there without the guard.
unguarded() {
	burst 1 100 | try # as many as $BURST would take the kernel a minute
	equal "bound of 100 different ones" "$(bound_of_range)" 100 || return
	at cp1 ip -6 addr flush dev eth0 to "$RANGE/64"
}

exec 3>&1
test_case "storms are refused, accounted for, and cost little" refused
test_case "a storm that cannot be refused is removed each time" removed_again
test_case "without the guard all of it is bound" unguarded
exec 3>&-
