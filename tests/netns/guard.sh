#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# guard.sh VIPGUARD TOOLS PROMLINT: the real `vipguard run` on this host's own kernel, in network, mount and process namespaces of its own, so that
# copies of it do not meet and nothing survives it. What traces is switched off (--without), for hosts that allow it and
# hosts that do not to give the same answers. Closes with "N passed, M failed".
set -uo pipefail
if [[ ${VG_INSIDE:-} != yes ]]; then
	exec env VG_INSIDE=yes unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$(realpath "$1")" "$(realpath "$2")" "$(realpath "$3")"
fi
here=$(cd "$(dirname "$0")" && pwd)
while read -r name; do
	unset "$name"
done < <(compgen -e | grep -E '^(VIPGUARD_|NODE_NAME$|NO_COLOR$)')
mount -t tmpfs -o mode=755 tmpfs /run || exit 1
mount -t bpf bpf /sys/fs/bpf || exit 1
mkdir /run/bin
cp "$1" /run/bin/vipguard
for tool in rogue blast witness holder tcphello; do
	cp "$2/$tool" /run/bin/
done
cp "$3" /run/bin/promlint
export PATH=/run/bin:$PATH
# shellcheck source=tests/guest/lib.sh
source "$here/../guest/lib.sh"
mkdir -p $RUN
mkfifo $RUN/never
lan_up || exit 1
write_assignments

BLIND=(--without tracing --without kprobe --without deny --without sender --without qdisc-bypass --without past --without af-xdp)
COUNT=1000

CP1=(nsenter --net=/run/netns/cp1 --) # what "at cp1" does, for programs that start others

# How many programs sit on eth0's egress by tcx. Asked of the kernel itself: bpftool of Debian 12 does not know tcx.
on_tcx() {
	at cp1 python3 - <<-'PY'
		import ctypes, platform, socket, struct
		PROG_QUERY, TCX_EGRESS = 16, 47
		attr = ctypes.create_string_buffer(struct.pack("=IIIIQI", socket.if_nametoindex("eth0"), TCX_EGRESS, 0, 0, 0, 0), 128)
		number = {"x86_64": 321, "aarch64": 280}[platform.machine()]
		failed = ctypes.CDLL(None).syscall(number, PROG_QUERY, attr, 64) < 0
		print(0 if failed else struct.unpack_from("=I", attr, 24)[0])
	PY
}
# what the guard has on links: nothing, once it has ended
nothing_attached() {
	equal "programs on tcx" "$(on_tcx)" 0 || return
	[[ $(at cp1 bpftool -j net show | jq '[.[] | .xdp, .tc | length] | add') == 0 ]] || fail "$(at cp1 bpftool net show)" || return
	[[ -z $(at cp1 tc qdisc show dev eth0 clsact) ]] || fail "a qdisc is left" || return
	[[ ! -e $VIPGUARD_SOCKET ]] || fail "the socket is left"
}
counter() { vipguard status -o json | jq ".counters.$1"; }
synced() { (($(events '.event == "synced"' | wc -l) >= $1)); }
# exits WHAT STATUS COMMAND...: its output in $RUN/said and $RUN/said.err
exits() {
	local what=$1 status=$2 rc=0
	shift 2
	timeout $WAIT "$@" >$RUN/said 2>$RUN/said.err || rc=$?
	equal "exit of $what" $rc "$status" || {
		cat $RUN/said $RUN/said.err
		return 1
	}
}
stderr_says() { grep -qE -- "$1" $RUN/said.err || fail "stderr says: $(<$RUN/said.err)"; }

# ---- what is missing is said
degraded() {
	guard_start audit "${BLIND[@]}" || return
	equal "degraded events" "$(events '.event == "degraded"' | jq -sc 'map(.what) | sort')" '["af-xdp","deny","deny-ioctl","kprobe","past","qdisc-bypass","sender","tracing"]' || return
	equal "those without why, loss and cure" "$(events '.event == "degraded" and ((.why and .loss and .cure) | not)' | wc -l)" 0 || return
	equal "hooks that fail, by status" "$(vipguard status -o json | jq -c '[.hooks | to_entries[] | select(.value | (.ok or .needed == false) | not) | .key] | sort')" \
		'["af-xdp","deny","deny-ioctl","kprobe","past","qdisc-bypass","sender","tracing"]' || return
	guard_stop
}
test_case "degraded: each feature that is missing, and only those" degraded

as_found() {
	guard_start audit || return
	equal "degraded events" "$(events '.event == "degraded"' | jq -sc 'map(.what) | sort')" \
		"$(events '.event == "started"' | jq -c '[.hooks | to_entries[] | select(.value | (.ok or .needed == false) | not) | .key] | sort')" || return
	equal "hooks of status" "$(vipguard status -o json | jq -Sc .hooks)" "$(events '.event == "started"' | jq -Sc .hooks)" || return
	guard_stop
}
test_case "degraded: as this kernel is" as_found

# A link that is not there is said, and guarded once it is.
chosen_links() {
	guard_start enforce "${BLIND[@]}" --interface eth0 --interface later0 || return
	equal "links said to be missing" "$(events '.event == "degraded" and .what == "interface"' | jq -sc 'map(.interface)')" '["later0"]' || return
	at cp1 ip link add later0 type veth peer name later1 || return
	at cp1 ip link set later0 up
	await "later0 to be guarded" "vipguard status -o json | jq -e 'any(.links[]; .name == \"later0\")' >/dev/null" || return
	at cp1 ip link del later0
	guard_stop && nothing_attached
}
test_case "a link of --interface that is not there is said" chosen_links

by_clsact() {
	guard_start enforce "${BLIND[@]}" --without tcx || return
	await_event '.event == "degraded" and .what == "tcx"' >/dev/null || return
	equal "frames" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 100 --form arp-reply)" 0 || return
	guard_stop && nothing_attached
}
test_case "without tcx: clsact drops, and is taken away" by_clsact

# Nothing that could drop: said once for each, and removals go on.
without_bpf() {
	guard_start enforce "${BLIND[@]}" --without maps --without tcx --without clsact || return
	at cp1 ip addr add $VIP/32 dev eth0
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"removed\"" >/dev/null || return
	not_bound $VIP || return
	vipguard status | grep -q 'none: no announcement is judged' || return
	guard_stop
}
test_case "without BPF: removed all the same" without_bpf

ends_with() {
	local status=$1 says=$2
	shift 2
	exits "$*" "$status" "${CP1[@]}" "$@" || return
	[[ ! -s $RUN/said ]] || fail "on stdout: $(<$RUN/said)" || return
	stderr_says "$says" && nothing_attached
}
good=(--node cp1 --assignments "$RUN/assignments.yaml")
NOBODY=(setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --regid=65534 --clear-groups)
for mode in audit enforce; do
	test_case "no privilege, $mode: exit 3" ends_with 3 CAP_NET_ADMIN "${NOBODY[@]}" vipguard run --mode $mode "${good[@]}" --socket /run/nobody.sock
done

# CAP_NET_ADMIN alone: no BPF, but what is bound can be seen and removed.
few_privileges() {
	: >$EVENTS
	spawn cp1 setpriv --bounding-set=-all,+net_admin --inh-caps=-all vipguard run --mode enforce "${good[@]}" --log-format json >>$EVENTS 2>$RUN/guard.err
	# shellcheck disable=SC2034,SC2154 # variables of lib.sh
	guard=$spawned
	await_event '.event == "ready"' >/dev/null || return
	await_event '.event == "degraded" and .what == "maps" and (.cure | contains("CAP_BPF"))' >/dev/null || return
	at cp1 ip addr add $VIP/32 dev eth0
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"removed\"" >/dev/null || return
	not_bound $VIP || return
	guard_stop
}
test_case "few privileges: what works works" few_privileges
test_case "nothing to look with: exit 3" ends_with 3 . vipguard run "${good[@]}" --without btf --without maps --without rtnetlink "${BLIND[@]}"
test_case "bad assignments: exit 2, nothing attached" ends_with 2 '/etc/hostname:1: .*expected' vipguard run --node cp1 --assignments /etc/hostname
test_case "a socket that cannot be: exit 3" ends_with 3 '/proc/vg.sock: cannot listen' vipguard run "${good[@]}" --socket /proc/vg.sock
test_case "a file where the socket should be stays" ends_with 3 '/etc/hostname: cannot listen' vipguard run "${good[@]}" --socket /etc/hostname

second() {
	guard_start enforce "${BLIND[@]}" || return
	exits "a second guard" 3 "${CP1[@]}" vipguard run "${good[@]}" || return
	stderr_says "another guard \\(pid $guard\\)" || return
	exits "a second guard with a socket of its own" 3 "${CP1[@]}" vipguard run "${good[@]}" --socket /run/second.sock || return
	stderr_says "another guard \\(pid $guard\\)" || return
	equal "the first one's mode" "$(vipguard status -o json | jq -r .mode)" enforce || return
	equal "frames past the first one" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	guard_stop && nothing_attached
}
test_case "a second guard is refused, the first goes on" second

# Anybody may take the guard's name. holds_name bind|listen|full: what nobody (65534) does with it, until the end of its standard input
holds_name() {
	mkfifo $RUN/name.in
	exec {name}<>$RUN/name.in
	spawn cp1 python3 -c 'if True:
		import os, socket, sys
		os.setgroups([])
		os.setresgid(65534, 65534, 65534)
		os.setresuid(65534, 65534, 65534)
		s = socket.socket(socket.AF_UNIX)
		s.bind("\0vipguard/guard")
		askers = [socket.socket(socket.AF_UNIX) for i in range(2)]
		if sys.argv[1] != "bind":
		    s.listen(0)
		if sys.argv[1] == "full":
		    for asker in askers:
		        asker.setblocking(False)
		        asker.connect_ex("\0vipguard/guard")
		print("holds", flush=True)
		sys.stdin.read()' "$1" <$RUN/name.in {name}>&- >$RUN/holder-of-name
	rm $RUN/name.in
	await "the name to be held" "grep -q holds $RUN/holder-of-name"
}
strangers() {
	local how name
	for how in bind listen full; do
		holds_name $how || return
		guard_start enforce "${BLIND[@]}" || return
		grep -q 'the guard.s name' $RUN/guard.err || fail "$how: nothing is said" || return
		guard_stop || return
		exec {name}>&-
		await "the name to be free" "! at cp1 grep -q '@vipguard/guard' /proc/self/net/unix" || return
	done
}
test_case "a stranger with the guard's name hinders no start" strangers

# A guard that is stopped, and whose askers queue up, is still one.
stopped() {
	guard_start enforce "${BLIND[@]}" || return
	kill -STOP $guard
	"${CP1[@]}" python3 -c 'if True:
		import socket
		for i in range(100):
		    s = socket.socket(socket.AF_UNIX)
		    s.setblocking(False)
		    s.connect_ex("\0vipguard/guard")' || return
	exits "a second guard" 3 "${CP1[@]}" vipguard run "${good[@]}" --socket /run/second.sock || return
	stderr_says 'another guard' || return
	kill -CONT $guard
	exits "a third" 3 "${CP1[@]}" vipguard run "${good[@]}" --socket /run/second.sock || return
	guard_stop
}
test_case "a guard that is stopped is still the one" stopped

# ---- frames: in one go, since the guard stays the same
blast_form() {
	local vip=$VIP
	[[ $1 == na ]] && vip=$VIP6
	at cp1 blast --link eth0 --vip $vip --count $COUNT --form "$@" | grep '^SENT'
}
frames() {
	local want=$1 mode=$2 form tag n
	[[ $mode == none ]] || guard_start "$mode" "${BLIND[@]}" || return
	for form in arp-request arp-reply na; do
		for tag in '' '--vlan 100' '--qinq 200,100'; do
			# shellcheck disable=SC2086 # options
			n=$(witness_count blast_form $form $tag) || return
			equal "$form $tag at the far end" "$n" "$want" || return
			equal "frames the witness missed" "$(grep '^{' $RUN/witness | jq .kernel_drops)" 0 || return
		done
	done
	[[ $mode == none ]] && return
	equal "judged" "$(counter announce_judged)" $((9 * COUNT)) || return
	equal "dropped" "$(counter announce_dropped)" $((9 * (COUNT - want))) || return
	guard_stop || return
	equal "frames that events speak of" "$(events '.event == "announce"' | jq -s 'map(.count // 1) | add')" $((9 * COUNT)) || return
	equal "their actions" "$(events '.event == "announce"' | jq -r .action | sort -u)" "$([[ $want == 0 ]] && echo dropped || echo would-drop)" || return
	(($(events '.event == "announce"' | wc -l) <= 40)) || fail "a flood of lines"
}
test_case "without the guard all frames arrive" frames $COUNT none
test_case "in audit all frames arrive, counted" frames $COUNT audit
test_case "in enforce not one arrives, counted" frames 0 enforce

right_frames() {
	guard_start enforce "${BLIND[@]}" || return
	equal "the assigned node's" "$(witness_count at cp1 blast --link eth0 --vip 192.0.2.251 --count 100 --form arp-reply)" 100 || return
	equal "a protected address'" "$(witness_count at cp1 blast --link eth0 --vip 192.0.2.2 --count 100 --form arp-request --vlan 5)" 100 || return
	equal "another node's" "$(witness_count at cp1 blast --link eth0 --vip 192.0.2.250 --count 100 --form arp-reply)" 0 || return
	client_reaches worker1 || fail "the client reaches $(client_asks)" || return
	at client ip neigh flush dev eth0
	equal "who answers at the node's own address" "$(client_asks 192.0.2.11)" cp1 || return
	equal "and by IPv6" "$(client_asks 2001:db8::11)" cp1 || return
	guard_stop
}
test_case "frames that are right pass" right_frames

# ---- binds
rogue_twice() {
	rogue_start --rate 200
	await "announcements" "rogue_said 2 '^ANNOUNCE $VIP '"
}
audit() {
	guard_start audit "${BLIND[@]}" || return
	rogue_twice || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and (.action == \"would-deny\" or .action == \"would-remove\")" >/dev/null || return
	await_event ".event == \"bind\" and .address == \"$VIP6\" and .verdict == \"violation\" and .reason == \"owner-never-binds\" and .prefix == 128" >/dev/null || return
	await_event ".event == \"announce\" and .address == \"$VIP\" and .action == \"would-drop\"" >/dev/null || return
	bound $VIP && bound $VIP6 || return
	rogue_stop
	guard_stop || return
	bound $VIP && bound $VIP6 || return
	equal "events with an action" "$(events '.action == "denied" or .action == "removed" or .action == "dropped"' | wc -l)" 0
}
test_case "audit says what it sees and leaves all alone" audit

# By rtnetlink alone an asker is named while it keeps its socket, as a batch of ip does, and nobody else is. Its Pod stands in a tree of cgroup
# version 1, one without controllers, which every host can have beside what it has.
POD=a5c1f8d5-1919-434d-add7-4afaafdaef89
BOX=5eed917563583925ffdbd40a64efb2aaffe58638e57add8becaf460fe74f5b1c
named() {
	local asker fd folder=/run/cgroup/kubepods/burstable/pod$POD/$BOX
	mkdir /run/cgroup && mount -t cgroup -o none,name=vgtest none /run/cgroup && mkdir -p "$folder" || return
	guard_start audit "${BLIND[@]}" || return
	mkfifo $RUN/orders
	exec {fd}<>$RUN/orders
	spawn cp1 ip -batch - <$RUN/orders
	asker=$spawned
	echo "$asker" >"$folder/cgroup.procs" || return
	echo "addr add $VIP/32 dev eth0" >&$fd
	await_event ".event == \"bind\" and .address == \"$VIP\" and .pid == $asker and .comm == \"ip\" and .how == \"netlink\" and
		.pod_uid == \"$POD\" and .container == \"$BOX\" and .cgroup == \"${folder#/run/cgroup}\" and (.exe | test(\"/ip\"))" >/dev/null || return
	kill $asker
	wait $asker
	rm $RUN/orders
	guard_stop || return
	rmdir "$folder" "${folder%/*}" "${folder%/*/*}" "${folder%/*/*/*}" && umount /run/cgroup && rmdir /run/cgroup || return
	equal "others that are named" "$(events ".pid and .pid != $asker" | wc -l)" 0
}
test_case "audit names who keeps asking" named

enforce() {
	local n
	guard_start enforce "${BLIND[@]}" || return
	n=$(witness_count rogue_twice) || return
	equal "frames at the far end" "$n" 0 || return
	rogue_stop
	await "both VIPs to go" "! is_bound $VIP && ! is_bound $VIP6" || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"removed\" and .latency_us < 1000000 and .service == \"default/web\" and .assigned_nodes == [\"worker1\"]" >/dev/null || return
	await_event ".event == \"bind\" and .address == \"$VIP6\" and .action == \"removed\"" >/dev/null || return
	at_least "removed" "$(counter bind_removed)" 4 || return
	guard_stop
}
test_case "enforce removes both families and drops" enforce

# Bind to gone, at the median of 50: a bound that a guard that polls would not meet.
in_time() {
	local i median
	guard_start enforce "${BLIND[@]}" || return
	for ((i = 0; i < 50; i++)); do
		at cp1 ip addr add 198.51.100.$((i % 14 + 1))/32 dev eth0 || return
		await "it to go" "! is_bound 198.51.100.$((i % 14 + 1))" || return
	done
	guard_stop || return
	equal "left" "$(at cp1 ip -o addr show to 198.51.100.0/24 | wc -l)" 0 || return
	median=$(events '.event == "bind" and .action == "removed"' | jq -s 'map(.latency_us) | sort | .[length / 2 | floor]')
	((median < 20000)) || fail "bind to gone takes $median us"
}
test_case "a bind is gone in milliseconds" in_time

acts() {
	local act=$1 is_there=$2 frames=$3
	guard_start enforce --act "$act" "${BLIND[@]}" || return
	at cp1 ip addr add $VIP/32 dev eth0
	await_event ".event == \"bind\" and .address == \"$VIP\"" >/dev/null || return
	[[ $is_there == $(is_bound $VIP && echo yes || echo no) ]] || fail "bound: not $is_there" || return
	equal frames "$(witness_count at cp1 blast --link eth0 --vip 192.0.2.250 --count 50 --form arp-reply)" "$frames" || return
	guard_stop
}
test_case "--act remove" acts remove no 50
test_case "--act drop" acts drop yes 0
test_case "--act deny,heal" acts deny,heal yes 50
test_case "--act none" acts none yes 50
test_case "--act all" acts deny,drop,remove,heal no 0

untouched() {
	local address
	at cp1 ip link add kube-ipvs0 type bridge # no wire; not every kernel has dummy
	guard_start enforce "${BLIND[@]}" || return
	at cp1 ip addr add $VIP/32 dev kube-ipvs0
	for address in 192.0.2.251/32 192.0.2.2/32 203.0.113.7/24 2001:db8::2/128 198.51.100.16/32; do
		at cp1 ip addr add $address dev eth0 || return
	done
	at cp1 ip addr add 203.0.113.9 peer 192.0.2.250/32 dev eth0 # names a VIP as peer only
	await_event '.event == "bind" and .address == "203.0.113.9"' >/dev/null || return
	guard_stop || return
	for address in $VIP 192.0.2.251 192.0.2.2 203.0.113.7 203.0.113.9 2001:db8::2 198.51.100.16 192.0.2.11 2001:db8::11; do
		bound $address || return
	done
	equal "actions" "$(events '.event == "bind"' | jq -r .action | sort -u)" none || return
	at cp1 ip link del kube-ipvs0
	at cp1 ip addr flush dev eth0 to 203.0.113.0/24
}
test_case "what is right is never touched" untouched

# A guard whose API server is away.
write_kubeconfig() {
	jq -n '{apiVersion: "v1", kind: "Config", "current-context": "x", contexts: [{name: "x", context: {cluster: "x", user: "x"}}],
		clusters: [{name: "x", cluster: {server: "http://127.0.0.1:1"}}], users: [{name: "x", user: {}}]}' >$RUN/kubeconfig
}
guard_beside_api() {
	spawn cp1 vipguard run --mode enforce "${good[@]}" --kubeconfig $RUN/kubeconfig "${BLIND[@]}" --log-format json >$EVENTS 2>$RUN/guard.err
	guard=$spawned
	await_event '.event == "started"' >/dev/null
}

for part in "$here"/guard_*.sh; do
	# shellcheck source=/dev/null
	source "$part"
done
# shellcheck source=tests/guest/test_stays.sh
source "$here/../guest/test_stays.sh"
# shellcheck source=tests/guest/test_evidence.sh
source "$here/../guest/test_evidence.sh"
summary
