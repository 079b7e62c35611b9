# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh and vectors.sh
# The vector matrix: every vector once without a guard, where it must work, and once with it, watched from the far end of the wire. One start of the
# guard for nearly all of them. Each result is a line "CELL number|what was measured" for `make matrix`.

EARLY_ROWS=(31 37)
BIND_ROWS=(1 2 3 4 5 6 7 8 9 10 11 12)
FRAME_ROWS=(13 14 15 18 19 20 20b 21 22 23 24 25 26 30 32 36 29 28 27)
DROP_ROWS=(16 17) # with a guard that only drops
witness_more=("$CASCADE" "$AUTO6")

# run_row N FILE: what it did goes to FILE as "frames due rc milliseconds words"
run_row() {
	local frames due rc=0 began=${EPOCHREALTIME/[.,]/}
	: >$RUN/row
	frames=$(witness_count "vector_$1" 2>$RUN/row.said) || rc=1
	due=$(awk '/^due/ { n += $2 } END { print n + 0 }' $RUN/row)
	if guarded && ((rc == 0 && due > 0)); then
		if ((frames > 0)); then
			is passes
		else
			is dropped
		fi
	fi
	((rc == 0)) || row_failed "$1"
	echo "$frames $due $rc $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) $(awk '/^is/ && !($2 in seen) { seen[$2]; out = out (out ? ", " : "") $2 } END { print out }' $RUN/row)" >"$2"
}

# The next one shall find the node as it was, all the same.
row_failed() {
	echo "vector $1:"
	cat $RUN/row.said
	[[ ! -e /run/netns/pod ]] || ip netns del pod
	for link in vbr0 vtap0 vpod0 c0; do
		at cp1 ip link del $link 2>/dev/null
	done
	cp1_reset
}

# pass NAME ROW...
pass() {
	local name=$1 row
	shift
	mkdir -p $RUN/matrix
	for row in "$@"; do
		run_row "$row" "$RUN/matrix/$row.$name"
	done
}

# The kernel tells of no address and no local route of the VIPs: they were not there for a moment.
monitored() {
	local monitor rc=0
	spawn cp1 ip -o monitor address route >$RUN/monitor
	monitor=$spawned
	# it listens once it tells of this
	await "the monitor" "at cp1 ip addr replace 203.0.113.99/32 dev lo; grep -q 203.0.113.99 $RUN/monitor" || return
	"$@"
	at cp1 ip addr del 203.0.113.99/32 dev lo
	await "the monitor to be through" "grep -q '^Deleted.*203.0.113.99' $RUN/monitor" || rc=1
	kill "$monitor"
	! grep -E "[ /]($VIP|$VIP6)[/ ]" $RUN/monitor | grep -v far0 || rc=1
	return $rc
}

# Each way in has its name.
named() {
	local how address
	for how in netlink ioctl route proxy; do
		for address in $VIP $VIP6; do
			await_event ".event == \"bind\" and .address == \"$address\" and .how == \"$how\" and .action == \"denied\" and .comm == \"sneak\"" >/dev/null || return
		done
	done
}

# What did not arrive was dropped, by the kernel's count, and not lost elsewhere.
accounted() {
	local due=0 row
	for row in "$@"; do
		[[ ${vector_with[$row]} != *passes* ]] || continue
		due=$((due + $(awk '$1 == 0 { n = $2 } END { print n + 0 }' "$RUN/matrix/$row.with")))
	done
	at_least "frames dropped" "$(counter announce_dropped)" $due
}

vectors_alone() {
	vectors_before && pass without "${EARLY_ROWS[@]}" "${BIND_ROWS[@]}" "${FRAME_ROWS[@]}" "${DROP_ROWS[@]}" || return
	! is_bound $EARLY || at cp1 ip addr del $EARLY/32 dev eth0
}

vectors_guarded() {
	local rc=0
	vectors_assignments
	vectors_before && guard_start enforce --dead-man 20s || return
	pass with "${EARLY_ROWS[@]}"
	if lockdown; then
		pass with "${BIND_ROWS[@]}"
	else
		monitored pass with "${BIND_ROWS[@]}" && named || rc=1
	fi
	pass with "${FRAME_ROWS[@]}"
	accounted "${EARLY_ROWS[@]}" "${FRAME_ROWS[@]}" || rc=1
	equal "the mode at the end" "$(vipguard status -o json | jq -r .mode)" enforce && guard_stop && guard_start enforce --act drop || return
	pass with "${DROP_ROWS[@]}"
	accounted "${DROP_ROWS[@]}" || rc=1
	guard_stop && return $rc
}

# row N: its vector works without the guard, and with it came out as expected
words=''
row() {
	local frames due rc ms want=${vector_with[$1]}
	words=''
	! lockdown || want=${vector_locked[$1]}
	read -r frames due rc ms <"$RUN/matrix/$1.without" || return
	equal "without the guard: exit" "$rc" 0 && at_least "without the guard: claims that reached the client" "$frames" "$due" || return
	((due > 0)) || fail "without the guard no frame was due" || return
	read -r frames due rc ms words <"$RUN/matrix/$1.with" || return
	equal "with the guard: exit" "$rc" 0 && equal "with the guard ($frames of $due frames reached the client)" "$words" "$want"
}

report() {
	local number
	for number in $(printf '%s\n' "${!vector_name[@]}" | sort -n); do
		if [[ ${vector_with[$number]} == - ]]; then
			echo "CELL $number|-"
		elif row "$number" >$RUN/row.said; then
			passed=$((passed + 1))
			echo "ok vector $number, ${vector_name[$number]}: ${words} ($(cut -d ' ' -f 4 "$RUN/matrix/$number.without") + $(cut -d ' ' -f 4 "$RUN/matrix/$number.with") ms)"
		else
			failed=$((failed + 1))
			echo "not ok vector $number, ${vector_name[$number]}"
			sed 's/^/    /' $RUN/row.said
		fi
		[[ ${vector_with[$number]} == - ]] || echo "CELL $number|${words:-?}"
	done
}

test_case "the vectors without a guard" vectors_alone
test_case "the vectors with the guard: what is denied is not there for a moment" vectors_guarded
report
