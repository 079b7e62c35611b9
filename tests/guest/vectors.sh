# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh, and for others
#
# The ways past a guard of addresses (docs/threat-model.md), each as something to do on cp1: vector_N does it once, with the guard and without.
# What became of it goes into $RUN/row, a word and its value a line:
#   due N   so many frames claim a VIP, for the witness at the far end to count
#   is WORD one of denied, removed, reported, that was checked here
# All of it is undone in the end, so that the next one finds the node as it was.

OTHER=192.0.2.77 # nobody's
OTHER6=2001:db8::77
EARLY=192.0.2.250 # bound before the guard starts
CASCADE=192.0.2.249 # primary of a network that an innocent address is in
INNOCENT=192.0.2.200
AUTO6=2001:db8:5::ff:fe00:b # what cp1 makes of a router's advertisement of 2001:db8:5::/64
SHOUTS=10

# vector NUMBER NAME WITH [UNDER_LOCKDOWN]: what is measured with the guard; "-" what no guest can show, with the reason
declare -A vector_name vector_with vector_locked
vector() {
	vector_name[$1]=$2
	vector_with[$1]=$3
	vector_locked[$1]=${4-$3}
}
vector 1 "RTM_NEWADDR by sendmsg, write, sendmmsg" denied removed
vector 2 "the same by io_uring" denied removed
vector 3 "several messages in one send; odd sizes" denied removed
vector 4 "attribute games: repeated, flagged, only one, a peer" denied removed
vector 5 "replacing, another lifetime" denied removed
vector 6 "the socket used from, or passed to, another namespace" denied removed
vector 7 "ioctl SIOCSIFADDR, IPv4" denied removed
vector 8 "ioctl SIOCSIFADDR, IPv6" denied removed
vector 9 "the kernel binds by itself: router advertisement" removed
vector 10 "a route of type local, SIOCADDRT" denied removed
vector 11 "proxy ARP and NDP: entries, SIOCSARP, proxy_arp" "denied, dropped" "removed, dropped"
vector 12 "IPv6 anycast join" denied dropped
vector 13 "kube-proxy's kube-ipvs0, and the kernel answers" dropped
vector 14 "raw announcements: AF_PACKET, ICMPv6 socket, false protocol" dropped
vector 15 "an ARP request in the VIP's name, the kernel's too" dropped
vector 16 "the kernel answers for a VIP that is bound or routed" dropped
vector 17 "the kernel announces: arp_notify, ndisc_notify" dropped
vector 18 "PACKET_QDISC_BYPASS" dropped
vector 19 "AF_XDP transmit" "reported, passes"
vector 20 "redirected to the NIC by another program" dropped
vector 20b "the same: XDP_TX" "reported, passes"
vector 21 "a virtual machine's tap on a bridge with the NIC" dropped
vector 22 "VLAN tags, one and two; a VLAN on the link" dropped
vector 23 "LLC/SNAP, odd hardware types and lengths" dropped
vector 24 "extension headers, a fragment header" dropped
vector 25 "a pod with NET_RAW behind a bridge with the NIC" dropped
vector 26 "macvlan and ipvlan in a pod's namespace" dropped
vector 27 "the NIC goes to another namespace and comes back" dropped
vector 28 "the NIC is renamed, enslaved, gets a VLAN later" dropped
vector 29 "our tc program is taken off" dropped
vector 30 "root edits vg_config, takes the pins away" "reported, dropped"
vector 31 "bound before the guard starts" removed
vector 32 "a flood that overflows the ring" denied removed
vector 36 "who it was: another thread, another name" "reported, dropped"
vector 37 "removing the VIP would take another address along" "reported, dropped"
vector 33 "poisoned intent" "-"
vector 34 "a stale or partitioned API, clocks that differ" "-"
vector 35 "the holder binds before the API says so" "-"

guarded() { [[ -n $guard ]]; }
due() { echo "due $1" >>$RUN/row; }
is() { echo "is $1" >>$RUN/row; }
lockdown() { grep -q '\[confidentiality\]' /sys/kernel/security/lockdown; }
counter() { vipguard status -o json | jq ".counters.$1"; }

# ---- binding

# sneak_result WAY ADDRESS: "ok" or an errno's name
sneak_result() {
	at cp1 sneak eth0 "$2" "$1" </dev/null | sed -n "s/^SNEAK $1 $2 //p"
}

# trace_of WAY ADDRESS: where the kernel keeps what WAY made of ADDRESS; nothing if it answers for it by no such thing
trace_of() {
	local family=-4 length=32
	[[ $2 == *:* ]] && family=-6 length=128
	case $1 in
	route) at cp1 ip $family route show table local type local | grep "^local $2 " ;;
	addrt) at cp1 ip $family route show table all type local | grep "^local $2 " ;;
	proxy | sarp) at cp1 ip $family neigh show proxy | grep "^$2 " ;;
	*) at cp1 ip -o addr show to "$2/$length" | grep . ;;
	esac
}

undo() {
	case $1 in
	route) at cp1 ip route del local "$2" dev lo table local ;;
	addrt) at cp1 ip route del local "$2" dev lo table main ;;
	proxy | sarp) at cp1 ip neigh del proxy "$2" dev eth0 ;;
	*) at cp1 ip addr del "$2/$([[ $2 == *:* ]] && echo 128 || echo 32)" dev eth0 ;;
	esac
}

# works WAY ADDRESS: it does, and is undone
works() {
	equal "$1 of $2" "$(sneak_result "$1" "$2")" ok || return
	trace_of "$1" "$2" >/dev/null || fail "$1 left no trace of $2" || return
	undo "$1" "$2"
}

# The client asks the network who has ADDRESS; whoever has it answers at once.
ask() {
	if [[ $1 == *:* ]]; then
		at client ip -6 neigh flush to "$1" dev eth0
		at client ping -6 -n -q -c 1 -W 1 "$1" >/dev/null
	else
		at client arping -q -c 1 -w 1 -I eth0 "$1"
	fi
	due 1
}

# It was not refused. With the guard it goes again, without it is asked for. (For a route alone the kernel answers no neighbour solicitation.)
settle() {
	if guarded; then
		await "$2 to go" "! trace_of $1 $2 >/dev/null" || return
		is removed
		return
	fi
	trace_of "$1" "$2" >/dev/null || fail "$1 left no trace of $2" || return
	[[ $1 != ioctl ]] || await "$2 to be checked for duplicates" "[[ -n \$(at cp1 ip -o addr show to $2 -tentative) ]]" || return
	[[ $1 == addrt || ($1 == route && $2 == *:*) ]] || ask "$2"
	undo "$1" "$2"
}

# bind WAY ADDRESS
bind() {
	local result
	result=$(sneak_result "$1" "$2")
	if guarded && [[ $result == EPERM ]]; then
		! trace_of "$1" "$2" || fail "$1 of $2 was refused, and left this" || return
		is denied
		return
	fi
	equal "$1 of $2" "$result" ok && settle "$1" "$2"
}
bind_both() { bind "$1" $VIP && bind "$1" $VIP6; }

# bind_by_ip ADDRESS WORD...: the same by ip addr add
bind_by_ip() {
	local address=$1
	if ! at cp1 ip addr add "$@" dev eth0 2>/dev/null; then
		guarded && [[ -z $(at cp1 ip -o addr show to "$address") ]] || fail "ip addr add $* does not work" || return
		is denied
	elif guarded; then
		await "$address to go" "! is_bound $address" && is removed
	else
		ask "$address"
		at cp1 ip addr del "$@" dev eth0
	fi
}

vector_1() { bind_both plain && bind_both write && bind_both sendmmsg; }
vector_2() { bind_both uring; }
vector_3() { bind first $VIP && bind_both second && bind_both last && bind many $VIP && bind long $VIP && bind huge $VIP; }
vector_4() { bind_both repeated && bind_both flagged && bind address $VIP6 && bind_by_ip $VIP peer 192.0.2.9/32; }
vector_5() { bind_both replace; }
vector_6() { bind_both unshared && bind_both passed; }
vector_7() { bind ioctl $VIP; }
vector_8() { bind ioctl $VIP6; }
vector_10() { bind_both route && bind addrt $VIP6; }

vector_9() {
	at client ip -6 route replace 2001:db8:5::/64 dev eth0
	at client blast --link eth0 --form ra --vip 2001:db8:5:: >/dev/null || return
	if guarded; then
		await_event ".event == \"bind\" and .address == \"$AUTO6\" and .action == \"removed\"" >/dev/null || return
		not_bound $AUTO6 && is removed
	else
		await "the address" "[[ -n \$(at cp1 ip -o addr show to $AUTO6 -tentative) ]]" || return
		ask $AUTO6
		at cp1 ip addr del $AUTO6/64 dev eth0
	fi
}

# Where the VIPs are reached by another link, the kernel answers for them.
proxy_ways() {
	bind proxy $VIP && bind proxy $VIP6 && bind sarp $VIP || return
	at cp1 sysctl -qw net.ipv4.conf.eth0.proxy_arp=1
	ask $VIP
	at cp1 sysctl -qw net.ipv4.conf.eth0.proxy_arp=0
}
proxy_setup() {
	at cp1 sysctl -qw net.ipv4.conf.eth0.forwarding="$1" net.ipv6.conf.eth0.forwarding="$1" net.ipv6.conf.eth0.proxy_ndp="$1"
}
vector_11() {
	local rc=0
	at cp1 sysctl -qw net.ipv4.neigh.eth0.proxy_delay=0 net.ipv6.neigh.eth0.proxy_delay=0
	proxy_setup 1
	at cp1 ip link add far0 type dummy
	at cp1 ip link set far0 up
	at cp1 ip route add $VIP/32 dev far0
	proxy_ways || rc=1
	at cp1 ip link del far0
	proxy_setup 0
	return $rc
}

# The membership ends with its socket, so it is asked for meanwhile.
anycast_join() {
	local fd result
	: >$RUN/join
	mkfifo $RUN/join.in
	exec {fd}<>$RUN/join.in
	spawn cp1 sneak eth0 "$1" anycast <$RUN/join.in {fd}>&- >$RUN/join
	rm $RUN/join.in
	await "the join" "grep -q ^SNEAK $RUN/join" || return
	result=$(sed 's/.* //' $RUN/join)
	if guarded && [[ $result == EPERM ]]; then
		is denied
	elif equal "join of $1" "$result" ok; then
		ask "$1"
	fi
	exec {fd}>&-
	wait $spawned || [[ $result == EPERM ]]
}
vector_12() { anycast_join $VIP6; }

dummy_up() {
	at cp1 ip link add kube-ipvs0 type dummy && at cp1 ip addr add $VIP/32 dev kube-ipvs0 || fail "kube-proxy's address was refused"
}
vector_13() {
	dummy_up || return
	ask $VIP
	bound $VIP && at cp1 ip link del kube-ipvs0
}

# ---- announcing

# shout_on NODE LINK FORM [OPTION...]
shout_on() {
	local node=$1 link=$2 form=$3 vip=$VIP
	shift 3
	[[ $form == na ]] && vip=$VIP6
	at "$node" blast --link "$link" --vip $vip --count $SHOUTS --form "$form" "$@" >$RUN/shout || return
	due $SHOUTS
}
shout() { shout_on cp1 eth0 "$@"; }

vector_14() {
	shout arp-reply && shout na && shout arp-reply --raw --false-protocol 0x0800 && shout na --false-protocol 0x0800 || return
	at cp1 rogue --link eth0 --vip $VIP --vip $VIP6 --no-bind --announce-now --rounds 1 --rate 100 >$RUN/rogue 2>&1 || return
	due "$(grep -c ^ANNOUNCE $RUN/rogue)"
}

vector_15() {
	shout arp-request && shout arp-gratuitous && dummy_up || return
	at cp1 sysctl -qw net.ipv4.neigh.eth0.mcast_solicit=1
	at cp1 ping -q -c 1 -W 1 -I $VIP 192.0.2.99 >/dev/null
	due 1
	at cp1 ip link del kube-ipvs0
}

# 16 and 17 need a VIP that stays bound: they run with a guard that only drops.
vip_stays() {
	rogue_start --bind-once --no-announce --nodad
	await "both binds" "rogue_said 1 '^BIND $VIP ok' && rogue_said 1 '^BIND $VIP6 ok'"
}
vip_goes() {
	rogue_stop
	at cp1 ip addr del $VIP/32 dev eth0 && at cp1 ip addr del $VIP6/128 dev eth0
}

# Frames of the kernel are put down to whoever bound the address.
vector_16() {
	local pid
	vip_stays || return
	pid=$(pgrep -x kube-vip)
	ask $VIP
	ask $VIP6
	if guarded; then
		await_event ".event == \"announce\" and .address == \"$VIP\" and .action == \"dropped\" and .how == \"arp-reply\" and .pid == $pid" >/dev/null || return
		await_event ".event == \"announce\" and .address == \"$VIP6\" and .action == \"dropped\" and .how == \"na\" and .pid == $pid" >/dev/null || return
	fi
	vip_goes || return
	at cp1 ip route add local 192.0.2.240/29 dev lo || return
	ask $VIP
	at cp1 ip route del local 192.0.2.240/29 dev lo
}

# A link that gets another MAC tells its neighbours.
vector_17() {
	vip_stays || return
	at cp1 sysctl -qw net.ipv4.conf.eth0.arp_notify=1 net.ipv6.conf.eth0.ndisc_notify=1
	at cp1 ip link set eth0 address 02:00:00:00:00:0c && at cp1 ip link set eth0 address $CP1_MAC || return
	at cp1 sysctl -qw net.ipv4.conf.eth0.arp_notify=0 net.ipv6.conf.eth0.ndisc_notify=0
	due 4 # each time one for each family
	vip_goes
}

vector_18() { shout arp-reply --qdisc-bypass && shout na --qdisc-bypass; }

# Nothing stops these two: the guard says who, and where it may read them, what.
vector_19() {
	at cp1 roads xsk eth0 $VIP $SHOUTS </dev/null >$RUN/shout || return
	due $SHOUTS
	guarded || return 0
	await_event '.event == "bypass" and .how == "af-xdp" and .interface == "eth0" and .action == "none" and .comm == "roads" and .pid' >/dev/null || return
	if lockdown; then
		at_least "frames counted unread" "$(counter past_unparsed)" $SHOUTS || return
	else
		await_event ".event == \"announce\" and .address == \"$VIP\" and .comm == \"roads\" and .action == \"none\"" >/dev/null || return
	fi
	is reported
}

vector_20b() {
	local holder
	spawn cp1 roads xdp-tx eth0 $VIP <>$RUN/never >$RUN/xdp
	holder=$spawned
	await "the XDP program" "grep -q ATTACHED $RUN/xdp" || return
	ask $VIP
	if guarded; then
		await_event '.event == "bypass" and .how == "xdp" and .interface == "eth0" and .action == "none" and .program > 0' >/dev/null || return
		is reported
	fi
	kill "$holder"
	wait "$holder" || true # once it is gone so is its program
}

# By tc, as bpf_redirect() does it: what comes in from the pod leaves by the NIC, past bridge and routes.
vector_20() {
	pod_up && at cp1 ip link add vpod0 type veth peer name eth0 netns pod && at cp1 ip link set vpod0 up && at pod ip link set eth0 up || return
	at cp1 tc qdisc add dev vpod0 ingress && at cp1 tc filter add dev vpod0 ingress matchall action mirred egress redirect dev eth0 || return
	shout_on pod eth0 arp-reply && shout_on pod eth0 na || return
	pod_down
}

# cp1 as a host of virtual machines and pods: its NIC is a port of a bridge.
bridge_up() {
	at cp1 ip link add vbr0 type bridge forward_delay 0 mcast_snooping 0 && at cp1 ip link set vbr0 up && at cp1 ip link set "${1:-eth0}" master vbr0
}
bridge_down() { at cp1 ip link del vbr0; }

vector_21() {
	bridge_up && at cp1 ip tuntap add vtap0 mode tap && at cp1 ip link set vtap0 master vbr0 up || return
	shout_on cp1 vtap0 arp-reply --tap && shout_on cp1 vtap0 na --tap || return
	at cp1 ip link del vtap0
	bridge_down
}

vector_22() {
	local form
	for form in arp-request arp-reply na; do
		shout $form --vlan 100 && shout $form --qinq 200,100 || return
	done
	at cp1 ip link add c0 link eth0 type vlan id 100 && at cp1 ip link set c0 up || return
	shout_on cp1 c0 arp-reply || return
	at cp1 ip link del c0
}
vector_23() { shout arp-reply --llc && shout na --llc && shout arp-reply --raw --htype 6 && shout arp-reply --raw --htype 32 --hlen 20; }
vector_24() { shout na --ext-headers 2 && shout na --ext-headers 100 && shout na --fragment; }

pod_up() { ip netns add pod && at pod ip link set lo up; }
pod_down() {
	ip netns del pod
	await "the pod's link to go" "! at cp1 ip link show vpod0 >/dev/null 2>&1"
}

vector_25() {
	bridge_up && pod_up && at cp1 ip link add vpod0 type veth peer name eth0 netns pod && at cp1 ip link set vpod0 master vbr0 up || return
	at pod ip link set eth0 up
	shout_on pod eth0 arp-reply && shout_on pod eth0 na && shout_on pod eth0 arp-reply --vlan 100 || return
	pod_down && bridge_down
}

child_of_pod() {
	pod_up && at cp1 ip link add c0 link eth0 type "$1" mode "$2" && at cp1 ip link set c0 netns pod && at pod ip link set c0 up || return
	shout_on pod c0 arp-reply && shout_on pod c0 na || return
	at pod ip link del c0 && ip netns del pod
}
vector_26() { child_of_pod macvlan bridge && child_of_pod ipvlan l2; }

# ---- the link itself

# cp1's own addresses back on its NIC; the guard is through with the link when it has told of one of them.
cp1_address_back() {
	local seen=0
	guarded && seen=$(own_binds)
	at cp1 ip link set eth0 up && at cp1 ip addr replace 192.0.2.11/24 dev eth0 && at cp1 ip addr replace 2001:db8::11/64 dev eth0 nodad || return
	! guarded || await "the guard to see the address" "((\$(own_binds) > $seen))" || return
	await_link_local cp1
}
own_binds() { events '.event == "bind" and .address == "192.0.2.11"' | wc -l; }

vector_27() {
	pod_up && at cp1 ip link set eth0 netns pod && at pod ip link set eth0 up && at pod ip addr add $VIP/32 dev eth0 || return
	at pod ip link set eth0 netns cp1 && ip netns del pod && cp1_address_back || return
	shout arp-reply && shout na
}

vector_28() {
	at cp1 sysctl -qw net.ipv6.conf.eth0.keep_addr_on_down=1
	at cp1 ip link set eth0 down && at cp1 ip link set eth0 name wan0 && at cp1 ip link set wan0 up || return
	shout_on cp1 wan0 arp-reply && bridge_up wan0 && shout_on cp1 wan0 arp-reply && bridge_down || return
	at cp1 ip link add c0 link wan0 type vlan id 100 && at cp1 ip link set c0 up && shout_on cp1 c0 arp-reply && at cp1 ip link del c0 || return
	at cp1 ip link set wan0 down && at cp1 ip link set wan0 name eth0 && at cp1 ip link set eth0 up && await_link_local cp1
}

# It is put back, and that is counted.
take_off() {
	local displaced link
	displaced=$(counter displaced)
	link=$PINS/links/tcx_$(at cp1 ip -json link show eth0 | jq '.[0].ifindex')
	if [[ -e $link ]]; then
		bpftool link detach pinned "$link"
	else
		at cp1 tc qdisc del dev eth0 clsact
	fi || return
	await "it to be put back" "((\$(counter displaced) > $displaced))"
}
vector_29() {
	! guarded || take_off || return
	shout arp-reply && shout na
}

# ---- the guard itself

tamper() {
	edit_mode || return
	await "the edit to be noticed" "tampered degraded maps 'somebody wrote to vg_config: mode'" || return
	await "and repaired" "tampered recovered maps ''" || return
	rm -rf $PINS
	await "the pins to be missed" "tampered degraded pins 'somebody took pins away'" || return
	await "and put back" "tampered recovered pins ''" || return
	is reported
}
vector_30() {
	! guarded || tamper || return
	shout arp-reply
}

vector_31() {
	if guarded; then
		await_event ".event == \"bind\" and .address == \"$EARLY\" and .how == \"preexisting\" and .action == \"removed\"" >/dev/null || return
		not_bound $EARLY && is removed
	else
		ask $EARLY
	fi
}

# While it cannot read, more binds than the ring holds; the wrong one comes last.
overflow() {
	local rc=0
	kill -STOP "$guard"
	at cp1 bash -c "for ((i = 0; i < 3000; i++)); do echo 'addr add $OTHER/32 dev eth0'; echo 'addr del $OTHER/32 dev eth0'; done | ip -batch -" || rc=1
	at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null || is denied
	kill -CONT "$guard"
	((rc == 0)) || return
	await "the loss to be said" "[[ -n \$(events '.event == \"lost\"') ]]" || return
	grep -q '^is denied' $RUN/row || is removed
	await "the VIP not to be there" "! is_bound $VIP"
}
vector_32() {
	if guarded; then
		overflow
	else
		at cp1 ip addr add $VIP/32 dev eth0 && ask $VIP && at cp1 ip addr del $VIP/32 dev eth0
	fi
}

vector_36() {
	spawn cp1 blast --link eth0 --vip $VIP --form arp-reply --count $SHOUTS --thread --comm actor >$RUN/shout
	wait $spawned || return
	due $SHOUTS
	guarded || return 0
	await_event ".event == \"announce\" and .address == \"$VIP\" and .action == \"dropped\" and .comm == \"actor\" and .pid == $spawned" >/dev/null || return
	is reported
}

vector_37() {
	ask $CASCADE
	if guarded; then
		await_event ".event == \"bind\" and .address == \"$CASCADE\" and .action == \"none\" and (.why | contains(\"$INNOCENT\"))" >/dev/null || return
		bound $CASCADE && bound $INNOCENT && is reported || return
	fi
	at cp1 ip addr del $CASCADE/26 dev eth0 || return
	guarded || ! is_bound $INNOCENT || fail "$INNOCENT did not go with it"
	! is_bound $INNOCENT || at cp1 ip addr del $INNOCENT/26 dev eth0
}

# What the guard is to find: before it starts.
vectors_before() {
	at cp1 sysctl -qw net.ipv4.conf.all.promote_secondaries=0 net.ipv4.conf.eth0.promote_secondaries=0
	at cp1 ip addr add $EARLY/32 dev eth0 && at cp1 ip addr add $CASCADE/26 dev eth0 && at cp1 ip addr add $INNOCENT/26 dev eth0
}
vectors_assignments() {
	write_assignments
	sed -i "/^assignments:/a\\  - {address: $CASCADE, nodes: [worker1]}\\n  - {address: \"$AUTO6\", nodes: [worker1]}" $RUN/assignments.yaml
}
