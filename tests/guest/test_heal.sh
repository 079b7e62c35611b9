# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh, and for it
# Giving back: after the guard took VIPs off cp1 the client is at worker1, without it it stays at cp1; who gets told what, and when nobody is.

# Forty VIPs of worker1's, whose holder says nothing by itself; and what makes each of the others one that is not given back.
heal_assignments() {
	write_assignments
	cat >>$RUN/assignments.yaml <<-YAML
		nodes:
		  - {name: worker1, addresses: [192.0.2.21, "2001:db8::21"]}
		  - {name: distant, addresses: [198.51.100.9]}
		  - {name: silent, addresses: [192.0.2.77]}
		  - {name: carrier, addresses: [192.0.2.160]}
	YAML
	sed -i '/^protect:/i\
  - {address: 192.0.2.160-192.0.2.179, service: default/many, nodes: [worker1], bind: nobody}\
  - {address: "2001:db8::160-2001:db8::179", service: default/many, nodes: [worker1], bind: nobody}\
  - {address: 192.0.2.180, service: default/nobody, nodes: [], bind: nobody}\
  - {address: 192.0.2.181, service: default/two, nodes: [worker1, silent], bind: nobody}\
  - {address: 192.0.2.182, service: default/distant, nodes: [distant], bind: nobody}\
  - {address: 192.0.2.183, service: default/silent, nodes: [silent], bind: nobody}\
  - {address: 192.0.2.184, service: default/nowhere, nodes: [nowhere], bind: nobody}\
  - {address: 192.0.2.185, service: default/one, nodes: [worker1], bind: nobody}' $RUN/assignments.yaml
}

MANY=()
for i in 16{0..9} 17{0..9}; do
	MANY+=("192.0.2.$i" "2001:db8::$i")
done
ODD=(192.0.2.18{0..5})

# take ADDRESS...: bound on cp1, and the client believes that they are there
take() {
	local address
	for address in "$@"; do
		[[ $address == *:* ]] && echo "addr add $address/128 dev eth0 nodad" || echo "addr add $address/32 dev eth0"
	done >$RUN/take
	at cp1 ip -batch $RUN/take
	printf "neigh replace %s lladdr $CP1_MAC nud reachable dev eth0\n" "$@" >$RUN/believe
	at client ip -batch $RUN/believe
}

# clients_at MAC ADDRESS...: how many of them the client believes to be there
clients_at() {
	local mac=$1
	shift
	at client ip -json neigh show dev eth0 | jq --arg mac "$mac" '[.[] | select(.lladdr == $mac and (.dst | IN($ARGS.positional[])))] | length' --args "$@"
}

all_removed() { (($(events '.event == "bind" and .action == "removed"' | wc -l) == $1)); }

healed() { events '.event == "heal" and .action == "healed"' | wc -l; }

# told MAC [ADDRESS]: frames that told of this hardware address, as the witness has it
told() {
	grep '^{' $RUN/witness | jq --arg mac "$1" --arg vip "${2-}" '[.claims[] | select(.mac == $mac and ($vip == "" or .vip == $vip)) | .count] | add // 0'
}

# What the switch has learnt: a frame of cp1's in worker1's name would move worker1 to cp1's port.
switch_port() { bridge -json fdb show br br0 | jq -r --arg mac "$1" '[.[] | select(.mac == $mac and .state != "permanent") | .ifname] | unique | join(" ")'; }

# From the first removal to the last that was given back, in ms by the guard's own clock, all its lines written meanwhile.
acted_ms() {
	jq -s '[.[] | select(.event == "bind" or .event == "heal") | .time | (sub("\\.\\d+Z$"; "Z") | fromdate) + (capture("(?<f>\\.\\d+)Z$").f | tonumber)]
		| (max - min) * 1000 | round' $EVENTS
}

swept() {
	local ms
	take "${MANY[@]}"
	equal "clients at cp1 before" "$(clients_at $CP1_MAC "${MANY[@]}")" ${#MANY[@]} || return
	# it has to be asked for: nothing is known of worker1
	at cp1 ip neigh flush dev eth0
	guard_start enforce || return
	await "all to be given back" "(( \$(healed) == ${#MANY[@]} ))" || return
	ms=$(acted_ms)
	echo "removed and given back: $ms ms"
	# far below a second on a machine; this one may be emulated, and not alone
	((ms < 10000)) || fail "it took too long" || return
	await "clients at worker1" "(( \$(clients_at $WORKER1_MAC \"\${MANY[@]}\") == ${#MANY[@]} ))" || return
	await_event ".event == \"heal\" and .address == \"192.0.2.160\" and .mac == \"$WORKER1_MAC\" and .interface == \"eth0\" and
		.service == \"default/many\" and .assigned_nodes == [\"worker1\"]" || return
	equal "where the switch has worker1" "$(switch_port $WORKER1_MAC)" p-worker1 || return
	equal "lines on our own frames" "$(events '.event == "announce"' | wc -l)" 0 || return
	equal "dropped of our own" "$(counter announce_dropped)" 0 || return
	guard_stop
}

# The same without: longer than all rounds take they stay where they were.
swept_only() {
	take "${MANY[@]}"
	guard_start enforce --act deny,drop,remove || return
	await "all to be removed" "all_removed ${#MANY[@]}" || return
	witness_more=("${MANY[@]}")
	witness_mac=(--mac "$WORKER1_MAC")
	equal "frames that tell of worker1" "$(witness_count read -rt 4 <>$RUN/never)" 0 || return
	equal "clients still at cp1" "$(clients_at $CP1_MAC "${MANY[@]}")" ${#MANY[@]} || return
	guard_stop
}

# Others claim meanwhile what is given back: for cp1, for a third, in a form of its own; each is dropped all the same.
claim_meanwhile() {
	await_event ".event == \"heal\" and .action == \"healed\" and .address == \"$1\"" >/dev/null || return
	at cp1 blast --link eth0 --vip "$1" --form arp-reply --count 100
	at cp1 blast --link eth0 --vip "$1" --form arp-gratuitous --count 100 --mac 02:00:00:00:00:77
	at cp1 blast --link eth0 --vip "$1" --form arp-reply --count 10 --hlen 8
	at cp1 blast --link eth0 --vip "$2" --form na --count 100 --mac 02:00:00:00:00:77 || true # ENOBUFS: dropped
}

# Three rounds each of the two that are given back, which is after all that might be said of the others
odd_ones() {
	vipguard mode enforce || return
	claim_meanwhile 192.0.2.185 2001:db8::160 || return
	await_event '.event == "heal" and .action == "none" and .address == "192.0.2.182" and (.why | test("on the network of eth0"))' || return
	await_event '.event == "heal" and .action == "none" and .address == "192.0.2.184" and (.why | test("nowhere"))' || return
	await_event '.event == "heal" and .action == "none" and .address == "192.0.2.183" and (.why | test("no answer on eth0"))' || return
	await "three rounds of both" "(( \$(counter heal_told) == 6 ))"
}

counter() { vipguard status -o json | jq ".counters.$1"; }

certain_only() {
	local frames
	witness_more=("${ODD[@]}" 2001:db8::160)
	witness_mac=()
	take "${ODD[@]}" 2001:db8::160
	guard_start audit || return
	frames=$(witness_count odd_ones) || return
	grep '^{' $RUN/witness
	equal "frames about the one with one holder" "$(told "$WORKER1_MAC" 192.0.2.185)" 6 || return
	equal "the same, IPv6" "$(told "$WORKER1_MAC" 2001:db8::160)" 3 || return
	equal "frames in all" "$frames" 9 || return
	equal "dropped" "$(counter announce_dropped)" 310 || return
	equal "clients at worker1" "$(clients_at $WORKER1_MAC 192.0.2.185 2001:db8::160)" 2 || return
	equal "clients at cp1 still" "$(clients_at $CP1_MAC "${ODD[@]}")" $((${#ODD[@]} - 1)) || return
	equal "what could not be" "$(counter heal_failed)" 3 || return
	equal "what is let pass afterwards" "$(bpftool -j map dump pinned $PINS/vg_heal | jq length)" 0 || return
	guard_stop
}

audit_then_paused() {
	read -rt 1.5 <>$RUN/never
	vipguard pause --for 10m && vipguard mode enforce || return
	read -rt 1.5 <>$RUN/never
	return 0
}

# Not one frame in audit, nor in a pause; then what was let be is given back, also where nothing was ever bound.
not_before_it_may() {
	at cp1 blast --link eth0 --vip 2001:db8::161 --form na --count 1
	take 192.0.2.185 2001:db8::160
	guard_start audit || return
	witness_more=(192.0.2.185 2001:db8::160 2001:db8::161)
	witness_mac=(--mac "$WORKER1_MAC")
	equal "frames in audit and in a pause" "$(witness_count audit_then_paused)" 0 || return
	at cp1 blast --link eth0 --vip 2001:db8::161 --form na --count 1 || return
	at client ip neigh replace 2001:db8::161 lladdr $CP1_MAC nud reachable dev eth0
	await_event '.event == "announce" and .address == "2001:db8::161" and .action == "would-drop"' || return
	equal "given back" "$(healed)" 0 || return
	vipguard resume || return
	await "all to be given back" '(( $(healed) == 3 ))' || return
	await "clients at worker1" "(( \$(clients_at $WORKER1_MAC 192.0.2.185 2001:db8::160 2001:db8::161) == 3 ))" || return
	guard_stop
}

# heal_case NAME FUNCTION
heal_case() {
	heal_assignments
	test_case "$@"
}

heal_case "forty VIPs swept: the client is at worker1" swept
heal_case "without heal it stays at cp1" swept_only
heal_case "only what has one holder whose hardware address is known; what others claim meanwhile is dropped" certain_only
heal_case "not in audit, not in a pause; afterwards what passed then" not_before_it_may
