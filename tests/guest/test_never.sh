# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh and vectors.sh
# The never-touch suite: whatever is not provably wrong is neither refused nor removed nor dropped, in enforce as in audit. Protected, the node's
# own, unknown, unrelated, assigned here, on a service dummy; unusual requests and routes that others make; frames that this node passes on.

MOVING=192.0.2.252

# Assigned here at first, and elsewhere since less than the grace. In one step: a file without it in between would make that its first assignment.
never_assignments() {
	write_assignments
	sed -i "/^assignments:/a\\  - {address: $MOVING, nodes: [cp1]}" $RUN/assignments.yaml
}
never_moves() {
	sed "s/$MOVING, nodes: .cp1./$MOVING, nodes: [worker1]/" $RUN/assignments.yaml >$RUN/assignments.new
	mv $RUN/assignments.new $RUN/assignments.yaml
}

reach() {
	equal "announcements of $1 that reached the client" "$(witness_count at cp1 blast --link eth0 --vip "$1" --count 10 --form arp-reply)" 10
}

# never_refused ADDRESS/PREFIX LINK VERDICT REASON
never_refused() {
	at cp1 ip addr add "$1" dev "$2" || fail "$1 was refused on $2" || return
	await_event ".event == \"bind\" and .address == \"${1%/*}\" and .interface == \"$2\" and .verdict == \"$3\" and .reason == \"$4\"" >/dev/null
}

addresses() {
	never_refused 192.0.2.2/32 eth0 protected protect-list || return
	never_refused 2001:db8::2/128 eth0 protected protect-list || return
	never_refused 192.0.2.251/32 eth0 allowed assigned-here || return
	never_refused 203.0.113.7/32 eth0 unrelated no-service || return
	never_refused $VIP/32 kube-ipvs0 allowed service-dummy || return
	never_refused $VIP6/128 kube-ipvs0 allowed service-dummy || return
	await_event '.event == "bind" and .address == "192.0.2.11" and .how == "preexisting" and .reason == "node-address"' >/dev/null || return
	at cp1 ip addr del 192.0.2.11/24 dev eth0 && never_refused 192.0.2.11/24 eth0 protected node-address
}

unknown() {
	never_moves
	await "the reload" "[[ \$(events '.event == \"synced\"' | wc -l) -ge 2 ]]" || return
	never_refused $MOVING/32 eth0 unknown in-transition
}

# Every unusual request works for an address that is nobody's, and the routes that TPROXY and load balancers make are left alone.
odd_requests() {
	local way address
	for way in plain first second last many long huge repeated flagged replace write sendmmsg uring unshared passed ioctl route proxy; do
		for address in $OTHER $OTHER6; do
			works $way $address || return
		done
	done
	works sarp $OTHER
}
routes() {
	at cp1 ip route add local 0.0.0.0/0 dev lo table 100 || fail "TPROXY's route was refused" || return
	at cp1 ip route add local 192.0.2.240/28 dev lo || fail "a wider local route was refused" || return
	at cp1 ip route add local $VIP/32 dev lo table 100 || fail "a route in its own table was refused" || return
	at cp1 ip -6 route add local ::/0 dev lo table 100 || fail "TPROXY's IPv6 route was refused" || return
	at cp1 ip route del local 192.0.2.240/28 dev lo || return
	at cp1 ip route flush table 100
	at cp1 ip -6 route flush table 100
}

# worker1 announces its VIP into a tunnel to a switch on cp1, which passes it on by a link that is guarded.
switch_up() {
	ip netns add far
	at cp1 ip link add x0 type veth peer name x1 netns far && at far ip link set x1 up && at cp1 ip link set x0 up || return
	at worker1 ip link add vx0 type vxlan id 7 remote 192.0.2.11 local 192.0.2.21 dstport 4789 dev eth0 && at worker1 ip link set vx0 up || return
	at cp1 ip link add vx0 type vxlan id 7 remote 192.0.2.21 local 192.0.2.11 dstport 4789 dev eth0 || return
	at cp1 ip link add vbr0 type bridge forward_delay 0 mcast_snooping 0 && at cp1 ip link set vbr0 up && at cp1 ip link set vx0 master vbr0 up &&
		at cp1 ip link set x0 master vbr0
}
switch_down() {
	at worker1 ip link del vx0
	at cp1 ip link del vbr0 && at cp1 ip link del vx0 && ip netns del far
}
forwarded() {
	local seen
	seen=$(vipguard status -o json | jq .counters.announce_forwarded)
	spawn far witness --link x1 --vip $VIP --expect 10 --within $((WAIT * 1000)) >$RUN/far
	await "the witness" "grep -q 'WITNESS READY' $RUN/far" || return
	at worker1 blast --link vx0 --vip $VIP --count 10 --form arp-reply >/dev/null || return
	wait $spawned || fail "a frame of worker1's did not get through: $(<$RUN/far)" || return
	equal "of them counted as passed on" $(($(vipguard status -o json | jq .counters.announce_forwarded) - seen)) 10
}

never() {
	local mode=$1 stats
	never_assignments
	switch_up || return
	at cp1 ip link add kube-ipvs0 type dummy || return
	guard_start "$mode" --grace 10m --interface eth0 --interface x0 || return
	addresses && unknown && odd_requests && routes && forwarded || return
	for address in 192.0.2.2 192.0.2.251 $MOVING; do
		reach $address || return
	done
	for address in 192.0.2.251 192.0.2.2 203.0.113.7 2001:db8::2 $VIP $VIP6 $MOVING 192.0.2.11 2001:db8::11; do
		bound $address || return
	done
	stats=$(vipguard status -o json)
	equal "refused, removed, dropped" "$(jq '.counters | .bind_denied + .bind_removed + .announce_dropped' <<<"$stats")" 0 || return
	equal "events with an action" "$(events '.action | IN("denied", "removed", "dropped", "would-deny", "would-remove", "would-drop")' | wc -l)" 0 || return
	guard_stop && switch_down
}
witness_more=("$MOVING")
test_case "never touched, enforce: protected, own, unknown, unrelated, assigned here, service dummies, odd requests, routes, forwarded" never enforce
test_case "never touched, audit: the same" never audit
witness_more=()
