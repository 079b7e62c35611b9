# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# What one attaches to a bug report: read back by others' programs (tcpdump, jq, tar). The options in the array BLIND, if there is one, go to every guard;
# then nobody who sends is named.

# tcpdump looks up whom it is to become; a guest has no users
[[ -e /etc/passwd ]] || echo root:x:0:0::/:/bin/sh >/etc/passwd

evidence() {
	rm -rf $RUN/bundle
	at cp1 vipguard evidence "$1" -o $RUN/bundle >$RUN/said || return
	grep -q 'files; look at README.txt first$' $RUN/said || fail "it says: $(<$RUN/said)"
}
in_bundle() { jq -e "$2" "$RUN/bundle/$1" >/dev/null || fail "$1 is not so: $2" "$(head -c 2000 "$RUN/bundle/$1")"; }
# packets WANTED [OTHER]: tcpdump reads at least one that is so, and none that is not (nor like OTHER)
packets() {
	tcpdump -Z root -ennr $RUN/bundle/frames.pcap >$RUN/packets 2>$RUN/packets.err || fail "tcpdump: $(<$RUN/packets.err)" || return
	at_least "packets that say $1" "$(grep -cE "$1" $RUN/packets)" 1 || return
	equal "other packets" "$(grep -cvE "$1${2+|$2}" $RUN/packets)" 0 || cat $RUN/packets
}
announced_as() { events ".event == \"announce\" and .address == \"$1\" and .action == \"$2\"" | grep -q .; }

# of ADDRESS PACKET: the bundle on a rogue that was stopped
of() {
	evidence "$1" && packets "$2" || return
	jq -es --arg vip "$1" 'all(.[]; .address == null or .address == $vip) and any(.[]; .event == "started") and
		any(.[]; .event == "announce" and .action == "dropped" and .reason == "assigned-elsewhere") and
		any(.[]; .event == "bind" and (.action | IN("denied", "removed")) and .reason == "owner-never-binds")' $RUN/bundle/events.jsonl >/dev/null ||
		fail "events: $(<$RUN/bundle/events.jsonl)" || return
	in_bundle frames.json 'all(.[]; .dropped and .interface == "eth0" and .length >= 42 and .times >= 1)' || return
	in_bundle explain.json '.bind.reason == "owner-never-binds" and .assigned_nodes == ["worker1"]' || return
	in_bundle status.json '.node == "cp1" and .mode == "enforce" and .counters.announce_dropped > 0' || return
	in_bundle versions.json ".kernel.release == \"$(uname -r)\" and .guard == (.program + {libbpf: .guard.libbpf, abi: .guard.abi}) and .guard.abi > 0" || return
	grep -q '^eth0: .*arp_ignore=' $RUN/bundle/node.txt || fail "node.txt: $(<$RUN/bundle/node.txt)" || return
	grep -qE "^  bind +violation \\(owner-never-binds\\)" $RUN/bundle/README.txt && grep -q 'assigned-elsewhere: dropped, ' $RUN/bundle/README.txt ||
		fail "README.txt: $(<$RUN/bundle/README.txt)" || return
	[[ -n ${BLIND[*]-} ]] || in_bundle frames.json 'all(.[]; .comm == "kube-vip" and .pid > 0)' || return
	[[ -n ${BLIND[*]-} ]] || grep -q ' by kube-vip\[[0-9]*\].*: violation, ' $RUN/bundle/README.txt || fail "README.txt: $(<$RUN/bundle/README.txt)"
}

of_a_rogue() {
	local rc=0
	guard_start enforce --period 1s ${BLIND[@]+"${BLIND[@]}"} || return
	rogue_start || return
	await "the announcements" "announced_as $VIP dropped && announced_as $VIP6 dropped" || return
	of $VIP "> ff:ff:ff:ff:ff:ff, ethertype ARP.* (Request who-has|Reply) $VIP (tell|is-at|\\()" || return
	of $VIP6 "$CP1_MAC > .*neighbor advertisement, .*tgt is $VIP6" || return
	rogue_stop
	equal "modes" "$(cd $RUN && stat -c %a bundle bundle/README.txt bundle/frames.pcap | tr '\n' ' ')" "700 600 600 " || return
	at cp1 vipguard evidence $VIP6 -o $RUN/bundle 2>$RUN/said.err || rc=$?
	equal "exit where something is" $rc 2 || return
	at cp1 vipguard evidence $VIP6 -o $RUN/bundle.tar.gz >/dev/null || return
	rm -rf $RUN/untar && mkdir $RUN/untar && tar -xzf $RUN/bundle.tar.gz -C $RUN/untar || return
	equal "files of the archive" "$(ls $RUN/untar/vipguard-evidence)" "$(ls $RUN/bundle)" || return
	equal "frames of the archive" "$(jq -c 'map(.length)' $RUN/untar/vipguard-evidence/frames.json)" "$(jq -c 'map(.length)' $RUN/bundle/frames.json)" || return
	# nothing was seen of this one
	evidence 192.0.2.251 || return
	[[ ! -e $RUN/bundle/frames.pcap ]] && grep -q 'frames.pcap: no frame that announces the address was seen' $RUN/bundle/README.txt || fail "$(<$RUN/bundle/README.txt)" || return
	guard_stop || return
	# without a guard: nothing, or what the log has
	rc=0
	rm -rf $RUN/bundle*
	at cp1 vipguard evidence $VIP -o $RUN/bundle 2>$RUN/said.err || rc=$?
	equal "exit without a guard" $rc 3 || return
	equal "what is left of it" "$(ls -d $RUN/bundle* 2>/dev/null)" "" || return
	at cp1 vipguard evidence $VIP -o $RUN/bundle --events $EVENTS >/dev/null || return
	grep -q 'no guard answers' $RUN/bundle/README.txt && grep -q ': dropped, ' $RUN/bundle/README.txt || fail "$(<$RUN/bundle/README.txt)"
}
test_case "a bundle on a rogue: frames, who, why, and no half of one" of_a_rogue

# A tag that is to be put in by hardware is not among the bytes; in audit the frame is seen on both links.
tagged() {
	guard_start audit ${BLIND[@]+"${BLIND[@]}"} || return
	at cp1 ip link add link eth0 name eth0.100 type vlan id 100 && at cp1 ip link set eth0.100 up || return
	at cp1 ip addr add 198.51.100.65/28 dev eth0.100 || return
	await "the link to be guarded" "vipguard status -o json | jq -e 'any(.links[]; .name == \"eth0.100\")' >/dev/null" || return
	at cp1 blast --link eth0.100 --vip $VIP --count 3 --form arp-reply >/dev/null || return
	await "the announcements" "events '.event == \"announce\" and .interface == \"eth0.100\"' | grep -q ." || return
	await "the same below" "events '.event == \"announce\" and .interface == \"eth0\"' | grep -q ." || return
	evidence $VIP && packets "ethertype 802.1Q.* vlan 100, .*ethertype ARP.* Reply $VIP is-at" "ethertype ARP \\(0x0806\\), length [0-9]+: Reply $VIP is-at" || return
	in_bundle frames.json 'all(.[]; .dropped == false) and (map(.interface) | unique) == ["eth0", "eth0.100"]' || return
	at cp1 ip link del eth0.100
	guard_stop
}
# a host's own kernel may have no VLAN links
[[ -n ${BLIND[*]-} ]] || test_case "a bundle has VLAN tags as they are on the wire" tagged

# What is secret stays where it is: of a kubeconfig, of an environment, of a command line.
MARK=marker-5c1c9f0e
no_secrets() {
	cat >$RUN/kubeconfig <<-YAML
		apiVersion: v1
		kind: Config
		clusters: [{name: c, cluster: {server: "https://127.0.0.1:1/"}}]
		users: [{name: u, user: {token: $MARK-token}}]
		contexts: [{name: x, context: {cluster: c, user: u}}]
		current-context: x
	YAML
	: >$EVENTS
	SOME_SECRET=$MARK-env spawn cp1 env SOME_SECRET=$MARK-env vipguard run --mode enforce --node cp1 --kubeconfig $RUN/kubeconfig \
		--assignments $RUN/assignments.yaml --log-format json ${BLIND[@]+"${BLIND[@]}"} >>$EVENTS 2>$RUN/guard.err
	# shellcheck disable=SC2034 # lib.sh's
	guard=$spawned
	await_event '.event == "started"' >/dev/null || return
	at cp1 env X=$MARK-env blast --link eth0 --vip $VIP --count 3 --form arp-reply >/dev/null || return
	await "the announcement" "events '.event == \"announce\"' | grep -q ." || return
	await "the API to be tried" "vipguard status -o json | grep -q 127.0.0.1:1" || return
	evidence $VIP && packets "Reply $VIP is-at" || return
	grep -q 127.0.0.1:1 $RUN/bundle/status.json || fail "the API is not spoken of at all" || return
	! grep -r "$MARK" $RUN/bundle || fail "a secret is in the bundle" || return
	guard_stop
}
test_case "a bundle has no secrets" no_secrets
