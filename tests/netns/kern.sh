#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# kern.sh PROBE: the kernel's side of the guard on this host, in network and
# mount namespaces of its own, by the program kern_probe. Binds are seen by
# rtnetlink alone here, frames are judged by tcx and by clsact, so that it needs
# no tracing. Closes with "N passed, M failed".
set -uo pipefail

probe=$(realpath "$1")
if [[ ${VG_INSIDE:-} != yes ]]; then
	exec env VG_INSIDE=yes unshare --net --mount "$0" "$probe"
fi

dir=$(mktemp -d)
pid='' witness='' pod=''
passed=0 failed=0
pins=/sys/fs/bpf/vipguard

# shellcheck disable=SC2317 # called by the trap
cleanup() {
	[[ -z $pid ]] || kill "$pid" 2>/dev/null
	[[ -z $witness ]] || kill "$witness" 2>/dev/null
	[[ -z $pod ]] || kill "$pod" 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT

# check WHAT COMMAND...: one test
check() {
	local what=$1
	shift
	if "$@" >"$dir/check" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $what"
		sed 's/^/    /' "$dir/out" "$dir/err"
	fi
}

says() { grep -qE -- "$1" "$dir/out"; }
says_not() { ! grep -qE -- "$1" "$dir/out"; }
says_times() { [[ $(grep -cE -- "$2" "$dir/out") == "$1" ]]; }
bound() { [[ -n $(ip -o addr show dev "$1" to "$2") ]]; }
not_bound() { ! bound "$@"; }

# await PATTERN [SECONDS [TIMES]]: until the probe has said it, at most 10 s
await() {
	local end=$((SECONDS + ${2:-10}))
	until (($(grep -cE -- "$1" "$dir/out") >= ${3:-1})); do
		((SECONDS < end)) || return 1
		read -r -t 0.02 <>"$dir/never" || true
	done
}

# probe_start OPTION...: the guard with its own NIC eth0, 198.51.100.1
probe_start() {
	: >"$dir/out"
	"$probe" -w tracing -w kprobe -w deny -w sender "$@" -P 192.0.2.130 192.0.2.10 192.0.2.128/25 2001:db8::10 \
		<"$dir/in" >"$dir/out" 2>"$dir/err" &
	pid=$!
	exec 9>"$dir/in"
	await '^(ready|failed)'
}

# probe_sync NAME: everything that happened before is told
probe_sync() {
	echo "$1" >&9
	await "^synced $1"
}

probe_stop() {
	exec 9>&-
	wait "$pid"
	local rc=$?
	pid=''
	return "$rc"
}

# claim ADDR TIMES [LINK]: that many gratuitous ARP requests; a refused send is what is tested
claim() {
	python3 - "$1" "$2" "${3:-eth0}" <<-'EOF'
		import socket, sys
		s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
		s.bind((sys.argv[3], 0))
		mac, ip = s.getsockname()[4], socket.inet_aton(sys.argv[1])
		frame = b"\xff" * 6 + mac + b"\x08\x06" + b"\0\1\x08\0\6\4\0\1" + mac + ip + bytes(6) + ip
		for _ in range(int(sys.argv[2])):
		    try:
		        s.send(frame)
		    except OSError:
		        pass
	EOF
}

# claim_from_afar ADDR TIMES: another host's, through the tunnel vx0
claim_from_afar() {
	python3 - "$1" "$2" <<-'EOF'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		mac, ip = bytes([2, 0, 0, 0, 0, 0x99]), socket.inet_aton(sys.argv[1])
		frame = b"\xff" * 6 + mac + b"\x08\x06" + b"\0\1\x08\0\6\4\0\1" + mac + ip + bytes(6) + ip
		for _ in range(int(sys.argv[2])):
		    s.sendto(b"\x08\0\0\0\0\0\7\0" + frame, ("127.0.0.1", 4789))
	EOF
}

# afar_start: one frame a millisecond, of what passes and is known; afar_stop: ends it, how many were sent in "$dir/sent"
afar_start() {
	python3 -c 'if True:
		import select, socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		mac, ip = bytes([2, 0, 0, 0, 0, 0x99]), socket.inet_aton("192.0.2.10")
		frame = b"\xff" * 6 + mac + b"\x08\x06" + b"\0\1\x08\0\6\4\0\1" + mac + ip + bytes(6) + ip
		sent = 0
		while not select.select([sys.stdin], [], [], 0.001)[0]:
		    sent += s.sendto(b"\x08\0\0\0\0\0\7\0" + frame, ("127.0.0.1", 4789)) > 0
		print(sent)' <"$dir/afar" >"$dir/sent" 9>&- &
	afar=$!
	exec 7>"$dir/afar"
}
afar_stop() {
	echo >&7
	wait "$afar"
}

knows_no_link() { ! bpftool map lookup pinned $pins/vg_links key "$@" >/dev/null 2>&1; }

second_guard_is_refused() { ! "$probe" 192.0.2.10 <>"$dir/never" >"$dir/second" 2>&1; }

# A witness at the far end. Claims of an own address come last, so once they are
# there, all that was sent before is there, or was dropped.
witness_start() {
	tcpdump -U -n -i peer0 -w "$dir/pcap" arp 2>"$dir/tcpdump" 9>&- &
	witness=$!
	until grep -q 'listening on' "$dir/tcpdump"; do
		kill -0 "$witness" || return 1
	done
}
witness_saw() { tcpdump -n -r "$dir/pcap" 2>/dev/null | grep -cF "tell $1,"; }
witness_has() {
	local end=$((SECONDS + 10))
	until (($(witness_saw "$1") >= $2)); do
		((SECONDS < end)) || return 1
		read -r -t 0.05 <>"$dir/never" || true
	done
}
witness_missed() { [[ $(witness_saw "$1") == 0 ]]; }
witness_stop() {
	kill "$witness"
	wait "$witness"
	witness=''
}
facts_add_up_to() {
	local sum=0 n
	while read -r n; do
		sum=$((sum + n))
	done < <(sed -n 's/^announce .* count=\([0-9]*\) kernel_made=0 refused=1.*/\1/p' "$dir/out")
	((sum == $1))
}

mount -t bpf bpf /sys/fs/bpf || exit 1
mkfifo "$dir/in" "$dir/never" "$dir/afar"
echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up
ip link add eth0 type veth peer name peer0
echo 0 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6
echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_ra
echo 1 >/proc/sys/net/ipv6/conf/eth0/addr_gen_mode
ip link set eth0 up
ip link set peer0 up
ip addr add 198.51.100.1/24 dev eth0

# ---- enforce, each way of judging frames
enforce() {
	local how=$1 asker
	shift
	check "$how: starts" probe_start -e "$@"
	check "$how: guards the link that holds the address, by $how" says "^guarded eth0 $how"
	check "$how: not the other end" says_not '^guarded peer0'
	check "$how: own address is found" says 'how=preexisting addr=198.51.100.1/24 if=eth0 .*verdict=unrelated'
	# one that keeps its socket: only then a port is known to be its pid
	exec 8> >(exec ip -batch -)
	asker=$!
	echo 'addr add 192.0.2.10/32 dev eth0' >&8
	check "$how: and names who asked" await "^bind how=netlink addr=192.0.2.10/32 if=eth0 .* pid=$asker comm=ip"
	exec 8>&-
	ip addr add 192.0.2.200/25 dev eth0
	ip addr add 192.0.2.10 peer 203.0.113.1/32 dev eth0
	ip addr add 2001:db8::10/128 dev eth0 nodad
	ip addr add 192.0.2.130/32 dev eth0
	check "$how: keeps up" probe_sync binds
	check "$how: each bind is one fact" says_times 5 '^bind how=(netlink|kernel) .*count=1'
	for addr in 192.0.2.10 192.0.2.200 2001:db8::10; do
		check "$how: $addr is gone" not_bound eth0 "$addr"
	done
	check "$how: protected stays" bound eth0 192.0.2.130
	check "$how: own address stays" bound eth0 198.51.100.1
	check "$how: a witness is there" witness_start
	claim 192.0.2.10 500
	claim 198.51.100.1 3
	check "$how: keeps up" probe_sync claims
	check "$how: own announcements pass" witness_has 198.51.100.1 3
	check "$how: not one claim of the VIP left" witness_missed 192.0.2.10
	witness_stop
	check "$how: each is counted" says 'judged=500 dropped=500'
	check "$how: facts add up to them" facts_add_up_to 500
	ip addr del 192.0.2.130/32 dev eth0
	check "$how: keeps up" probe_sync unbind
	check "$how: an unbind is a fact" says '^unbind .*addr=192.0.2.130/32 if=eth0'
}

enforce tcx
check "a second guard is refused" second_guard_is_refused
check "and says why" grep -q "failed -16 another guard (pid $pid) runs in this network namespace" "$dir/second"
check "ends well" probe_stop

enforce clsact -w tcx
tc qdisc del dev eth0 clsact
check "a lost qdisc is noticed" await '^changed clsact ok=0'
check "and put back" await '^changed clsact ok=1'
check "the filter is there" [ "$(tc filter show dev eth0 egress | grep -c 'handle 0x7667')" = 1 ]
check "ends well" probe_stop
check "and leaves no qdisc" [ -z "$(tc qdisc show dev eth0 clsact)" ]

tc qdisc add dev eth0 clsact
check "starts beside a qdisc of others" probe_start -w tcx
check "ends well" probe_stop
check "and leaves theirs" [ -n "$(tc qdisc show dev eth0 clsact)" ]
tc qdisc del dev eth0 clsact

# ---- the first place in line: what is in front of us and passes a frame has the last word
# stops_claims HOW: frames that leave eth0 are judged
stops_claims() {
	local before
	before=$(witness_saw 198.51.100.1)
	claim 192.0.2.10 3
	claim 198.51.100.1 1
	check "$1: own announcements pass" witness_has 198.51.100.1 $((before + 1))
	check "$1: no claim of the VIP" witness_missed 192.0.2.10
}
# comes_first COMMAND...: until it says that the guard's program is the first, at most 10 s
comes_first() {
	local end=$((SECONDS + 10))
	until [[ $("$@") == vg_announce ]]; do
		((SECONDS < end)) || return 1
		read -r -t 0.02 <>"$dir/never" || true
	done
}
no_tcx() { [[ $(tests/netns/tcprog.py first eth0) == vg_announce ]] || echo vg_announce; }
first_filter() { tc filter show dev eth0 egress | grep -oE 'vg_announce|other' | head -n 1; }

check "tcx: starts" probe_start -e -d 1500
check "a witness is there" witness_start
tests/netns/tcprog.py before eth0
check "tcx: an overtaking is noticed" await '^changed order ok=0 another program was put in front of ours on eth0'
check "tcx: and undone" await '^changed order ok=1'
check "tcx: first again" comes_first tests/netns/tcprog.py first eth0
stops_claims "tcx, overtaken"
tests/netns/tcprog.py detach eth0
check "tcx: a detached link is put back" comes_first tests/netns/tcprog.py first eth0
stops_claims "tcx, detached"
check "tcx: twice is a struggle" await '^changed order ok=0 eth0: others take its program off or go in front of it again and again'
check "tcx: which ends when it is left in peace" await '^changed order ok=1' 30 2
check "ends well" probe_stop
tests/netns/tcprog.py clear eth0

check "clsact: starts" probe_start -e -w tcx
tests/netns/tcprog.py pin /sys/fs/bpf/other
tc filter add dev eth0 egress pref 1 bpf direct-action object-pinned /sys/fs/bpf/other
check "clsact: an overtaking is noticed" await '^changed order ok=0 another program was put in front of ours on eth0'
check "clsact: and undone" await '^changed order ok=1'
check "clsact: first again" comes_first first_filter
stops_claims "clsact, overtaken"
tc filter replace dev eth0 egress pref 1 handle 0x7668 bpf direct-action object-pinned /sys/fs/bpf/other
check "clsact: a replaced filter is put back" comes_first first_filter
stops_claims "clsact, replaced"
kill -9 "$pid"
wait "$pid" || true
exec 9>&-
check "clsact: a killed guard leaves its filter" [ -n "$(first_filter)" ]
check "tcx: starts after it" probe_start -e
check "tcx: and takes it off" [ "$(tc filter show dev eth0 egress | grep -c vg_announce)" = 0 ]
check "ends well" probe_stop
tc qdisc del dev eth0 clsact
tc qdisc add dev eth0 clsact
tc filter add dev eth0 egress pref 1 protocol ip bpf direct-action object-pinned /sys/fs/bpf/other
check "clsact: starts beside a filter that holds the first priority" probe_start -e -w tcx
stops_claims "clsact, second place"
check "clsact: says that it is second" says '^changed order ok=0 eth0: another program is in front of ours and cannot be passed'
check "ends well" probe_stop
tc qdisc del dev eth0 clsact
witness_stop

# ---- an ingress qdisc takes a filter meant for egress for its own, and would then judge what comes in
tc qdisc add dev eth0 ingress
check "starts beside an ingress qdisc" probe_start -e -w tcx
check "says that the link is not covered" says '^changed links ok=0 eth0 has an ingress qdisc in the place of clsact: tc qdisc del dev eth0 ingress'
check "does not say it is guarded" says_not '^guarded eth0'
check "puts no filter there" [ -z "$(tc filter show dev eth0 ingress)$(tc filter show dev eth0 egress)" ]
tc qdisc del dev eth0 ingress
check "attaches once the qdisc is gone" await '^changed links ok=1'
check "to egress" [ "$(tc filter show dev eth0 egress | grep -c 'handle 0x7667')" = 1 ]
check "a witness is there" witness_start
claim 192.0.2.10 3
claim 198.51.100.1 1
check "own announcements pass" witness_has 198.51.100.1 1
check "and no claim of the VIP" witness_missed 192.0.2.10
witness_stop
tc qdisc del dev eth0 clsact
tc qdisc add dev eth0 ingress 2>"$dir/tc" || true # the guard may have been faster
check "keeps up" probe_sync again
check "whoever wins the race: no filter of ours on ingress" [ -z "$(tc filter show dev eth0 ingress)" ]
check "ends well" probe_stop
tc qdisc del dev eth0 ingress 2>"$dir/tc" || true

# What an earlier guard has where ours cannot stand goes on until it can.
check "tcx: starts" probe_start -e
kill -9 "$pid"
wait "$pid" || true
exec 9>&-
tc qdisc add dev eth0 ingress
check "clsact: starts where it cannot be attached" probe_start -e -w tcx
check "says that the link is not covered" says '^changed links ok=0 eth0 has an ingress qdisc in the place of clsact'
check "a witness is there" witness_start
claim 192.0.2.10 3
claim 198.51.100.1 1
check "own announcements pass" witness_has 198.51.100.1 1
check "and the earlier guard's program still drops" witness_missed 192.0.2.10
tc qdisc del dev eth0 ingress
check "attaches once the qdisc is gone" await '^changed links ok=1'
check "and takes the earlier one off" comes_first no_tcx
check "its pin too" [ ! -e $pins/links/tcx_"$(ip -o link show eth0 | cut -d: -f1)" ]
claim 192.0.2.10 3
claim 198.51.100.1 1
check "own announcements pass" witness_has 198.51.100.1 2
check "and no claim of the VIP" witness_missed 192.0.2.10
witness_stop
check "ends well" probe_stop

# ---- a node that is the switch between other hosts passes on what they announce, and judges its pods
ip link add br0 type bridge
ip link add vx0 type vxlan id 7 local 127.0.0.1 dstport 4789
ip link add pod0 type veth peer name pod1
ip link set eth0 master br0
ip link set vx0 master br0
ip link set pod0 master br0
for link in br0 vx0 pod0 pod1; do ip link set $link up; done
check "starts as a switch" probe_start -e
check "a witness is there" witness_start
claim_from_afar 192.0.2.10 3
check "the rightful holder is heard through it" witness_has 192.0.2.10 3
claim 192.0.2.10 3 pod1
claim 203.0.113.9 1 pod1
check "what a pod says passes" witness_has 203.0.113.9 1
check "but for its claims of the VIP" [ "$(witness_saw 192.0.2.10)" = 3 ]
witness_stop
kill -9 "$pid"
wait "$pid" || true
exec 9>&-
# of a link that went while no guard ran
bpftool map update pinned $pins/vg_links key 0x0f 0x27 0 0 value 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
check "a witness is there" witness_start
afar_start
check "the other host is heard while no guard runs" witness_has 192.0.2.10 100
check "a guard takes over" probe_start -e
check "and knows no link that is gone" knows_no_link 0x0f 0x27 0 0
check "the other host ends well" afar_stop
check "not one of its frames is missing" witness_has 192.0.2.10 "$(<"$dir/sent")"
witness_stop
claim 192.0.2.10 3 pod1
check "keeps up" probe_sync switch
check "which are reported with its port" says '^announce .* addr=192.0.2.10/32 if=eth0 in=pod0 .*refused=1'
check "and nobody is blamed for the other host's" says_not '^announce .* in=vx0 '
check "ends well" probe_stop
for link in br0 vx0 pod0; do ip link del $link; done

# ---- a secondary is never taken along
echo 0 >/proc/sys/net/ipv4/conf/all/promote_secondaries
echo 0 >/proc/sys/net/ipv4/conf/eth0/promote_secondaries
check "starts without acting" probe_start
ip addr add 192.0.2.200/25 dev eth0
ip addr add 192.0.2.130/25 dev eth0
check "audit keeps up" probe_sync audit
check "audit leaves all alone" bound eth0 192.0.2.200
check "ends well" probe_stop
check "starts with a violation that has a secondary" probe_start -e
check "the removal is refused" says '^removal -16 .*192.0.2.200/25 from eth0 would take its secondary 192.0.2.130 with it'
check "the secondary stays" bound eth0 192.0.2.130
check "ends well" probe_stop
ip addr flush dev eth0 to 192.0.2.0/24

# ---- whose frame it is: without the hooks nobody's, for what looks like the kernel's own may be a pod's
check "starts to look at senders" probe_start
echo 1 >/proc/sys/net/ipv4/conf/eth0/arp_notify
ip addr add 192.0.2.10/32 dev eth0
ip link set eth0 address 02:00:00:00:00:77
check "keeps up with the kernel's own" probe_sync kernel
check "a frame that the kernel made is seen" says '^announce .*addr=192.0.2.10/32 if=eth0 .*kernel_made=0'
: >"$dir/out"
claim 192.0.2.10 3
check "keeps up with a socket's" probe_sync socket
check "and one from a socket" says '^announce .*addr=192.0.2.10/32 if=eth0 .*kernel_made=0'
check "nobody is blamed for either" says_not 'kernel_made=1'
check "ends well" probe_stop
ip addr del 192.0.2.10/32 dev eth0
: >"$dir/pod"
unshare --net bash -c 'echo up >"$1/pod"; read -r <>"$1/never"' _ "$dir" &
pod=$!
until [[ -s $dir/pod ]]; do read -r -t 0.02 <>"$dir/never" || true; done
ip link add mv0 link eth0 type macvlan mode bridge
ip link set mv0 netns "$pod"
check "starts below a pod's macvlan" probe_start -e
check "a witness is there" witness_start
nsenter -t "$pod" -n bash -c 'echo 1 >/proc/sys/net/ipv4/conf/mv0/arp_notify; ip addr add 192.0.2.10/32 dev mv0; ip link set mv0 up'
claim 198.51.100.1 1
check "own announcements pass" witness_has 198.51.100.1 1
check "but not what the pod's kernel says" witness_missed 192.0.2.10
witness_stop
check "keeps up with the pod" probe_sync pod
check "which is seen" says '^announce .*addr=192.0.2.10/32 if=eth0 .*kernel_made=0 refused=1'
check "ends well" probe_stop
kill "$pod"
wait "$pod" || true
pod=''

# ---- links come, go, are renamed
check "starts for links" probe_start -e
ip link add ext0 type veth peer name ext1
ip addr add 198.51.100.77/32 dev ext0
ip link set ext0 name wan0
check "keeps up with links" probe_sync renamed
check "a new link with an address is guarded under its new name" says '^guarded wan0 '
: >"$dir/out"
ip link set wan0 name kube-lb0
ip addr add 192.0.2.10/32 dev kube-lb0
check "keeps up with another name" probe_sync disguised
check "a service dummy's name alone ends no guarding" says '^guarded kube-lb0 '
check "nor does it excuse a bind" not_bound kube-lb0 192.0.2.10
ip link set kube-lb0 name wan0
ip link add nodelocaldns type bridge # no wire; not every kernel has dummy
check "keeps up with a new link" probe_sync new
ip addr add 192.0.2.10/32 dev nodelocaldns
check "keeps up with its address" probe_sync dummy
check "one without a wire excuses it" bound nodelocaldns 192.0.2.10
ip link del nodelocaldns
: >"$dir/out"
ip link del wan0
check "keeps up with a lost link" probe_sync lost
check "its addresses are unbound" says '^unbind .*addr=198.51.100.77/32'
check "and it is guarded no more" says_not '^guarded wan0'
check "ends well" probe_stop

# ---- what is on bpffs
pinned=("$pins"/vg_*)
check "maps are pinned" [ "${pinned[*]##*/}" = "vg_binds vg_calls vg_config vg_dummies vg_events vg_heal vg_held vg_links vg_protect vg_ranges vg_seen vg_stats vg_vips" ]
check "nothing else is left" [ -z "$(find "$pins" -mindepth 2)" ]
check "a VIP reads like a report" grep -q '"address": "192.0.2.10"' <(bpftool map dump pinned "$pins/vg_vips")
id=$(bpftool -j map show pinned "$pins/vg_vips" | grep -o '"id":[0-9]*')
check "starts on its own maps" probe_start
check "ends well" probe_stop
check "and goes on with them" [ "$(bpftool -j map show pinned "$pins/vg_vips" | grep -o '"id":[0-9]*')" = "$id" ]
rm "$pins/vg_vips"
bpftool map create "$pins/vg_vips" type hash key 4 value 4 entries 1 name alien
check "starts on somebody else's map" probe_start
check "ends well" probe_stop
check "and replaces it" grep -q '"address": "192.0.2.10"' <(bpftool map dump pinned "$pins/vg_vips")

# ---- bpffs goes and comes while a guard runs
check "starts with a short deadline" probe_start -e -d 1500
umount -l /sys/fs/bpf
check "a bpffs that went is noticed" await '^changed pins ok=0 /sys/fs/bpf is no bpffs'
mount -t bpf bpf /sys/fs/bpf
check "and everything is pinned in the new one" await '^changed pins ok=1'
check "the maps" [ -e "$pins/vg_vips" ]
check "the link" [ -n "$(find "$pins/links" -name 'tcx_*')" ]
check "ends well" probe_stop

# ---- degraded
umount -l /sys/fs/bpf
check "starts without bpffs" probe_start -e
check "says so" says '^feature pins ok=0 tried=1 /sys/fs/bpf is no bpffs'
ip addr add 192.0.2.10/32 dev eth0
check "keeps up without maps" probe_sync bare
check "and still removes" not_bound eth0 192.0.2.10
check "ends well" probe_stop

echo "$passed passed, $failed failed"
((failed == 0))
