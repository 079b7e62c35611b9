# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh, and for others
#
# What the tests here have in common beside tests/guest/lib.sh: the guard asks a real API, which is written to by order. What the cluster looks
# like at first is order_world of orders.sh. Every test leaves it so.

CP_VIP=192.0.2.250 # the control plane's, though the pool covers it
ORDERS=$(<orders)

# ---- the API

# The network card is cp1's alone.
way_to_api() {
	ip link set api0 netns cp1 &&
		at cp1 sysctl -qw net.ipv6.conf.api0.disable_ipv6=1 &&
		at cp1 ip link set api0 up &&
		at cp1 ip addr add 198.51.100.15/24 dev api0 &&
		await "somebody to take orders" "clock_offset >$RUN/offset 2>/dev/null"
}

# order WORD...: has it done by orders.sh, and prints what that says
order() {
	# shellcheck disable=SC2016,SC2086 # for the other shell; two words
	at cp1 timeout 120 bash -c 'exec {api}<>"/dev/tcp/$1/$2" && shift 2 && echo "${*@Q}" >&"$api" && read -r rc <&"$api" && cat <&"$api" && exit "$rc"' \
		order $ORDERS "$@" || fail "order $*: status $?"
}

# How many microseconds the host's clock is ahead of this one: of nine questions the one that was answered fastest tells.
clock_offset() {
	# shellcheck disable=SC2016,SC2086 # as above
	at cp1 bash -c '
		best=1000000
		for i in {1..9}; do
			exec {api}<>"/dev/tcp/$1/$2" || exit
			before=${EPOCHREALTIME/[.,]/}
			echo clock >&"$api"
			read -r host <&"$api" || exit
			took=$((${EPOCHREALTIME/[.,]/} - before))
			exec {api}>&-
			((took >= best)) || { best=$took offset=$((host - before - took / 2)); }
		done
		echo "$offset"' clock $ORDERS
}

# microseconds_since HOST-TIME EVENT-LINE: from a time of the host's to that of an event here
microseconds_since() {
	local event
	event=$(date -d "$(jq -r .time <<<"$2")" +%s%6N)
	echo $((event + $(<$RUN/offset) - ${1/[.,]/}))
}

# ---- the guard

account=vipguard

# kube_spawn MODE [OPTION...]: it runs; its events are in $EVENTS
kube_spawn() {
	local mode=$1
	shift
	: >$EVENTS
	spawn cp1 vipguard run --mode "$mode" --node cp1 --kubeconfig kubeconfig-$account --log-format json --period 60s "$@" >>$EVENTS 2>$RUN/guard.err
	guard=$spawned
	await_event '.event == "started"' >/dev/null
}

# kube_start MODE [OPTION...]: until it is ready
kube_start() {
	kube_spawn "$@" && await_event '.event == "ready"' >/dev/null || {
		cat $RUN/guard.err
		return 1
	}
}

# judged ADDRESS: "BIND-REASON ANNOUNCE-REASON" of its entry in the kernel's map; "- -" without one
judged() {
	bpftool -j map dump pinned $PINS/vg_vips | jq -r --arg address "$1" \
		'[.[] | (.formatted // .).value | select(.address == $address)][0] | "\(.bind.reason // "-") \(.announce.reason // "-")"'
}

# await_judged ADDRESS BIND-REASON ANNOUNCE-REASON
await_judged() {
	await "$1 to be $2 $3 in the map" "[[ \$(judged $1) == '$2 $3' ]]" || fail "it is $(judged "$1")"
}

# in_map MAP ADDRESS REASON: an entry of vg_ranges or vg_protect
in_map() {
	bpftool -j map dump pinned "$PINS/$1" | jq -e --arg address "$2" --arg reason "$3" \
		'any(.[]; (.formatted // .).value | .address == $address and (.reason // .bind.reason) == $reason)' >/dev/null
}

count_events() {
	events "$1" | wc -l
}

# refused ADDRESS REASON: a bind now is, for that reason
refused() {
	local filter=".event == \"bind\" and .address == \"$1\" and .action == \"denied\" and .reason == \"$2\"" before
	before=$(count_events "$filter")
	! at cp1 ip addr add "$1/32" dev eth0 2>/dev/null || fail "$1 could be bound" || return
	await "$1 to be refused as $2" "(( \$(count_events '$filter') > $before ))"
}

# ---- the rogue and the witness

announced() {
	grep -c "^ANNOUNCE $1 " $RUN/rogue
}

# Two whole rounds from now on, each bind and announcement tried.
rogue_rounds() {
	local before
	before=$(announced $CP_VIP)
	await "rounds of announcements" "(( \$(announced $CP_VIP) >= $before + 3 ))" || cat $RUN/rogue
}

# kube-vip's double: two VIPs that are not its own, one that is
rogue_runs() {
	rogue_start --vip $CP_VIP && rogue_rounds
}

# witnessed COMMAND...: what claimed a VIP while it ran is for seen()
witnessed() {
	witness_count "$@" >/dev/null || return
	grep '^{' $RUN/witness | jq -e '.kernel_drops == 0' >/dev/null || fail "the witness lost frames"
}

# seen VIP: how many frames claimed it, from elsewhere than worker1
seen() {
	grep '^{' $RUN/witness | jq --arg vip "$1" '[.claims[] | select(.vip == $vip) | .count] | add // 0'
}
