# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# What could make a guard hurt what is right, or go blind: stale pictures, names that changed, links that came back, floods.

# write_range HOLDER_OF_251 [LINE...]: the node's network as one reserved range, the lines first
write_range() {
	local holder=$1
	shift
	{
		echo "version: 1"
		echo "assignments:"
		printf '  - %s\n' "$@" "{address: 192.0.2.0/24, nodes: [worker1]}" "{address: 192.0.2.251, nodes: [$holder], bind: ${2:-holder}}"
	} >$RUN/assignments.new
	mv $RUN/assignments.new $RUN/assignments.yaml
}

synced_times() {
	(($(events '.event == "synced"' | wc -l) >= $1))
}

own_address_comes_back() {
	write_range cp1
	guard_start enforce --grace 0 || return
	at cp1 ip addr del 192.0.2.11/24 dev eth0 || return
	await_event '.event == "unbind" and .address == "192.0.2.11"' || return
	at cp1 ip addr add 192.0.2.11/24 dev eth0 || fail "the node's own address was refused" || return
	await_event '.event == "bind" and .address == "192.0.2.11" and .how == "netlink" and .reason == "node-address"' || return
	write_range worker1
	await "the reload" "synced_times 2" || return
	bound 192.0.2.11 || return
	at cp1 ip addr del 192.0.2.11/24 dev eth0 || return
	write_range cp1
	await "the second reload" "synced_times 3" || return
	at cp1 ip addr add 192.0.2.11/24 dev eth0 || fail "the node's own address was refused after a reload" || return
	guard_stop || return
	bound 192.0.2.11
}
test_case "an own address that goes and comes back stays own" own_address_comes_back
at cp1 ip addr replace 192.0.2.11/24 dev eth0

renamed() {
	write_range cp1
	at cp1 ip link add early0 type dummy || return
	at cp1 ip link add kube-dummy-if type dummy || return
	guard_start enforce --grace 0 || return
	at cp1 ip addr add 192.0.2.251/32 dev early0 || return
	at cp1 ip addr add $VIP/32 dev kube-dummy-if || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .reason == \"service-dummy\"" || return
	at cp1 ip link set early0 name kube-ipvs0 || return
	write_range worker1
	await "the reload" "synced_times 2" || return
	bound 192.0.2.251 || return
	at cp1 ip link set kube-dummy-if name late0 || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .interface == \"late0\" and .action == \"removed\"" || return
	not_bound $VIP || return
	bound 192.0.2.251 || return
	guard_stop
}
test_case "a link's name is its present one" renamed

# A dummy that becomes kube-proxy's by its name, used at once, while the guard has not read the new name.
renamed_unread() {
	at cp1 ip link add early0 type dummy || return
	guard_start enforce || return
	kill -STOP $guard
	at cp1 ip link set early0 name kube-ipvs0
	at cp1 ip addr add $VIP/32 dev kube-ipvs0 || fail "refused on a service dummy" || return
	kill -CONT $guard
	await_event ".event == \"bind\" and .address == \"$VIP\" and .reason == \"service-dummy\" and .interface == \"kube-ipvs0\"" || return
	bound $VIP || return
	guard_stop
}
test_case "a new name counts before the guard has read it" renamed_unread

# The same link index, another life: what was attached went with the old one.
link_comes_back() {
	local before after
	at cp1 ip link add x0 type veth peer name x1 || return
	at cp1 ip link set x1 up
	at cp1 ip link set x0 up
	at cp1 ip addr add 203.0.113.1/24 dev x0
	before=$(at cp1 ip -json link show x0 | jq '.[0].ifindex')
	guard_start enforce "$@" || return
	kill -STOP $guard
	at cp1 ip link set x0 netns worker1
	at worker1 ip link set x0 netns cp1
	at cp1 ip link set x0 up
	at cp1 ip addr add 203.0.113.1/24 dev x0
	after=$(at cp1 ip -json link show x0 | jq '.[0].ifindex')
	equal "link index" "$after" "$before" || return
	kill -CONT $guard
	await_event '.event == "bind" and .interface == "x0" and .how == "netlink"' || return
	await "x0 to be guarded" "vipguard status -o json | jq -e '.links[] | select(.name == \"x0\")' >/dev/null" || return
	at cp1 blast --link x0 --vip $VIP --count 10 --form arp-reply || return
	await_event ".event == \"announce\" and .interface == \"x0\" and .action == \"dropped\"" || return
	at cp1 ip link del x0
	guard_stop
}
test_case "a link that comes back is guarded again" link_comes_back
test_case "a link that comes back is guarded again (clsact)" link_comes_back --without tcx

# asks COUNT PAUSE: as a batch of ip, on the first processor
asks() {
	at cp1 bash -c "taskset -p 1 \$\$ >/dev/null; exec 8<> <(:)
		for ((i = 0; i < $1; i++)); do echo 'addr add $VIP/32 dev eth0'; $2; done | ip -force -batch - 2>/dev/null"
}

# Binds as fast as one can ask for longer than the dead-man waits, and somebody else on the same processor who preempts that one wherever it is,
# in the programs that refuse too: none may pass, and the guard still answers.
flood() {
	local stats
	guard_start enforce --dead-man 2s || return
	asks 30000 : &
	await "the flood" "((\$(vipguard status -o json | jq .counters.bind_denied) > 0))" || return
	asks 1000 'read -rt 0.001 -u 8'
	wait $!
	stats=$(vipguard status -o json | jq -c '.counters | with_entries(select((.key | test("^bind_|^inactive|^deny_")) and .value != 0))') || return
	equal "what became of them" "$stats" '{"bind_denied":31000}' || return
	not_bound $VIP || return
	guard_stop
}
test_case "two floods of binds on one processor: none passes, and the dead-man is not starved" flood

# A guard that died left its picture, and its pinned programs refuse by it until the dead-man or until another guard is ready: then its picture alone counts.
stale_picture() {
	local i
	guard_start enforce --dead-man 10m || return
	kill -KILL $guard
	wait $guard || true
	! at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null || fail "nothing was left that could be wrong" || return
	sed "s/address: $VIP, service: default.web, nodes: .worker1., bind: nobody/address: $VIP, nodes: [cp1]/" -i $RUN/assignments.yaml
	grep -q "$VIP, nodes: .cp1" $RUN/assignments.yaml || return
	guard_start enforce || return
	for ((i = 0; i < 10; i++)); do
		at cp1 ip addr add $VIP/32 dev eth0 && at cp1 ip addr del $VIP/32 dev eth0 || return
	done
	guard_stop
}
test_case "a dead guard's picture refuses nothing" stale_picture

# 198.51.100.100 has the VIP as its peer: to the kernel it is a secondary of the VIP, mask /32 or not.
cascade_by_peer() {
	at cp1 sysctl -qw net.ipv4.conf.all.promote_secondaries=0 net.ipv4.conf.eth0.promote_secondaries=0
	at cp1 ip addr add $VIP/32 dev eth0
	at cp1 ip addr add 198.51.100.100 peer $VIP/32 dev eth0
	guard_start enforce || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .verdict == \"violation\" and .action == \"none\" and (.why | contains(\"198.51.100.100\"))" || return
	bound $VIP || return
	at cp1 ip addr del 198.51.100.100 peer $VIP/32 dev eth0 || return
	guard_stop || return
	at cp1 ip addr del $VIP/32 dev eth0
}
test_case "a removal that would take a peer's address is refused" cascade_by_peer

mapped() {
	guard_start enforce --act remove || return
	at cp1 ip addr add ::ffff:$VIP/128 dev eth0 nodad || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"removed\"" || return
	[[ -z $(at cp1 ip -6 -o addr show to ::ffff:$VIP) ]] || fail "the mapped address is still there" || return
	guard_stop
}
test_case "an IPv4 address in IPv6 clothes is removed" mapped

many_assignments() {
	{
		awk 'BEGIN { print "version: 1\nassignments:"; for (i = 0; i < 100000; i++) printf "  - {address: 10.%d.%d.%d, nodes: [worker%d]}\n", i / 65536, i / 256 % 256, i % 256, i % 5 }'
		echo "  - {address: $VIP, nodes: [worker1]${1:+, $1}}"
	} >$RUN/assignments.new
	mv $RUN/assignments.new $RUN/assignments.yaml
}

# Reloads of 100,000 entries while somebody binds; the dead-man must not lapse.
big_reload() {
	local stats tries
	many_assignments
	guard_start enforce --dead-man 20s || return
	touch $RUN/binding
	(while [[ -e $RUN/binding ]]; do
		at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null && echo bound
		read -rt 0.2 <>$RUN/never || true
	done) >$RUN/slipped &
	tries=$!
	many_assignments "bind: nobody"
	await "the reload" "synced_times 2" || return
	sed 's/nodes: .worker3./nodes: [worker4]/' $RUN/assignments.yaml >$RUN/assignments.new
	mv $RUN/assignments.new $RUN/assignments.yaml
	await "the second reload" "synced_times 3" || return
	rm $RUN/binding
	wait $tries
	stats=$(vipguard status -o json) || return
	equal "let pass since the guard seemed dead" "$(jq .counters.inactive <<<"$stats")" 0 || return
	equal "binds that slipped through" "$(wc -l <$RUN/slipped)" 0 || return
	guard_stop
}
test_case "a reload of 100,000 assignments does not starve the dead-man" big_reload

count_fds() {
	ls /proc/"$guard"/fd | wc -l
}

rss_kib() {
	awk '/^VmRSS/ { print $2 }' /proc/"$guard"/status
}

# what 30 reloads and 3,000 binds leave behind
leaks() {
	local fds rss
	guard_start enforce --act remove || return
	at cp1 bash -c "for ((i = 0; i < 500; i++)); do echo 'addr add 203.0.113.7/32 dev eth0'; echo 'addr del 203.0.113.7/32 dev eth0'; done | ip -batch -" || return
	fds=$(count_fds) rss=$(rss_kib)
	for ((i = 2; i <= 31; i++)); do
		kill -HUP $guard
		await "reload $i" "synced_times $i" || return
	done
	at cp1 bash -c "for ((i = 0; i < 3000; i++)); do echo 'addr add 203.0.113.7/32 dev eth0'; echo 'addr del 203.0.113.7/32 dev eth0'; done | ip -batch -" || return
	await "the last unbind" "[[ \$(vipguard status -o json | jq .counters.bind_seen) -ge 3500 ]]" || return
	equal "descriptors" "$(count_fds)" "$fds" || return
	echo "VmRSS $rss KiB before, $(rss_kib) after"
	(($(rss_kib) < rss + 2048)) || fail "it grew from $rss to $(rss_kib) KiB" || return
	guard_stop
}
test_case "nothing leaks" leaks

# 20,000 changes while the guard sleeps: the notifications overrun, and it is said; what is bound then is known.
known() {
	vipguard check -o json | jq .bound
}

overrun() {
	local before
	guard_start enforce --act remove || return
	before=$(known)
	kill -STOP $guard
	at cp1 bash -c "for ((i = 0; i < 20000; i++)); do echo 'addr add 192.0.2.2/32 dev eth0'; echo 'addr del 192.0.2.2/32 dev eth0'; done | ip -batch -" || return
	at cp1 ip addr add $VIP/32 dev eth0
	at cp1 ip addr add 192.0.2.251/32 dev eth0
	kill -CONT $guard
	await_event '.event == "lost" and .what == "lost_netlink"' || return
	await "the VIP to go" "! is_bound $VIP" || return
	await "what is bound to be known" "((\$(known) == $before + 1))" || return
	at cp1 ip addr del 192.0.2.251/32 dev eth0
	await_event '.event == "unbind" and .address == "192.0.2.251"' || return
	equal "addresses known" "$(known)" "$before" || return
	guard_stop
}
test_case "an overrun of rtnetlink is said, and the truth found" overrun

# without a bpffs nothing can be looked at from outside; what refuses and drops needs none
no_bpffs() {
	local frames
	umount -l /sys/fs/bpf || return
	guard_start enforce || return
	await_event '.event == "degraded" and .what == "pins" and .cure' || return
	frames=$(witness_count runs_unpinned) || return
	equal "announcements on the wire" "$frames" 0 || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"denied\"" || return
	rogue_stop
	equal "degraded events" "$(events '.event == "degraded" and .what == "pins"' | wc -l)" 1 || return
	guard_stop
}
runs_unpinned() {
	rogue_start
	await "announcements" "rogue_said 4 '^ANNOUNCE $VIP '"
}
test_case "without a bpffs it still refuses and drops" no_bpffs
grep -q ' /sys/fs/bpf ' /proc/mounts || mount -t bpf bpf /sys/fs/bpf

# with nothing that could be refused, dropped or removed there is no guard, even where it could listen
unprivileged() {
	local rc=0
	mkdir -m 777 $RUN/nobody
	at cp1 setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --clear-groups \
		vipguard run --mode enforce --node cp1 --assignments $RUN/assignments.yaml --socket $RUN/nobody/sock >$RUN/said 2>&1 || rc=$?
	cat $RUN/said
	equal "exit status" $rc 3 || return
	equal "lines" "$(wc -l <$RUN/said)" 1 || return
	grep -q CAP_NET_ADMIN $RUN/said
}
test_case "without privilege: one clear line" unprivileged
