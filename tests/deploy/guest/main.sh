#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the guest: the LAN of tests/guest; on cp1 containers of pods/, by crun. The guard there is never this root's, but the image's.
# shellcheck disable=SC2034 # for lib.sh
set -u
cd /vg-tests || exit 1
# shellcheck source=../../guest/lib.sh
source ./lib.sh
CP_VIP=192.0.2.250 # the control plane's, though the pool covers it
HOST_SOCKET=/run/vipguard/vipguard.sock
export VIPGUARD_SOCKET=$HOST_SOCKET

# ---- containers

# run_pod NAME: as it is in pods/NAME; its lines are in $EVENTS. The root here is an initramfs, which no runtime can turn away from.
run_pod() {
	: >$EVENTS
	: >$RUN/guard.err
	# shellcheck disable=SC2046 # words
	mkdir -p $(jq -r '.annotations["kubelet-makes"]' "pods/$1/config.json")
	at cp1 crun run --no-pivot --detach --pid-file $RUN/pid --bundle "pods/$1" "$1" </dev/null >>$EVENTS 2>>$RUN/guard.err
}

# start_pod NAME: until it is ready
start_pod() {
	run_pod "$1" && await_event '.event == "ready"' >/dev/null || {
		cat $RUN/guard.err
		return 1
	}
}

# Told to stop as kubelet does it, and gone.
stop_pod() {
	local pid
	pid=$(<$RUN/pid)
	at cp1 crun kill "$1" TERM || return
	await "the container to end" "! [[ -e /proc/$pid/exe ]]" && at cp1 crun delete "$1"
}

in_guard() {
	at cp1 crun exec daemonset "$@"
}

# What a test left: containers, then what lib.sh knows of, and the folder on the host.
pods_gone() {
	local name
	for name in $(crun list -q 2>/dev/null); do
		crun delete --force "$name"
	done
	rm -rf /run/vipguard
}
eval "lib_$(declare -f clean_up)"
clean_up() {
	pods_gone
	lib_clean_up
}

# ---- the node

echo "kernel $(uname -r)"
mkdir -p $RUN /etc/vipguard
mkfifo $RUN/never
ip link set eth0 name api0 || exit 1
lan_up || exit 1
ip link set api0 netns cp1 && at cp1 sysctl -qw net.ipv6.conf.api0.disable_ipv6=1 && at cp1 ip link set api0 up && at cp1 ip addr add 198.51.100.15/24 dev api0 || exit 1
clean_up

announced() { grep -c "^ANNOUNCE $1 " $RUN/rogue; }
rogue_rounds() {
	local before
	before=$(announced $VIP)
	await "rounds of announcements" "(( \$(announced $VIP) >= $before + 3 ))" || cat $RUN/rogue
}
# seen VIP: how many frames claimed it, from elsewhere than worker1
seen() { grep '^{' $RUN/witness | jq --arg vip "$1" '[.claims[] | select(.vip == $vip) | .count] | add // 0'; }
missing() { events '.event == "degraded" and .what != "tcx"' | jq -sc 'map(.what)'; }

# kube-vip's static Pod, as the API knows it: in a cgroup that bears its hash
pod_cgroup 0d1c6dcd6b4d4a9ed5f1f5a1d3d6f4a0 5eed917563583925ffdbd40a64efb2aaffe58638e57add8becaf460fe74f5b1c
kube_vip=("${in_pod[@]}")

# ---- the DaemonSet, and the API

rogue_wrap=("${kube_vip[@]}")
unguarded() {
	client_reaches worker1 || fail "the client does not reach worker1 at first" || return
	rogue_start --vip $CP_VIP && rogue_rounds || return
	bound $VIP && bound $VIP6 && bound $CP_VIP || return
	equal "the client's neighbour entry" "$(client_mac)" $CP1_MAC
}

# The one thing that all of it is for: kube-vip has the VIPs, the Pod comes.
conflict() {
	unguarded || return
	kube_vip_manifest
	start_pod daemonset || return
	metrics 0
	equal "what is missing" "$(missing)" '[]' || return
	await "the VIPs to be gone" "! is_bound $VIP && ! is_bound $VIP6" || return
	witness_count rogue_rounds >/dev/null || return
	equal "frames for the VIPs" "$(seen $VIP) $(seen $VIP6)" "0 0" || return
	at_least "frames for the control plane's VIP" "$(seen $CP_VIP)" 2 && bound $CP_VIP || return
	rogue_said 2 "^BIND $VIP.*EPERM" || fail "the rogue was not refused" || return
	local pid whose
	pid=$(pgrep -x kube-vip)
	whose=".pid == $pid and .comm == \"kube-vip\" and .exe == \"/usr/bin/rogue\" and .pod == \"kube-system/kube-vip-cp1\" and (.container | length) == 64 and .owner == \"metallb\""
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"removed\" and .how == \"preexisting\"" || return
	await_event ".event == \"bind\" and .address == \"$VIP6\" and .action == \"denied\" and $whose" || return
	await_event ".event == \"announce\" and .address == \"$VIP\" and .action == \"dropped\" and $whose" || return
	await_event ".event == \"heal\" and .address == \"$VIP\" and .action == \"healed\" and .mac == \"$WORKER1_MAC\"" || return
	await "the client to be at worker1" "[[ \$(client_mac) == $WORKER1_MAC ]]" || return
	equal "whom the client reaches" "$(client_asks)" worker1 || return
	await "the Events to be written" "(( \$(vipguard status -o json | jq .events.created) >= 2 ))" || return
	metrics 1
	doctor_says && probes && on_the_host
}

# kube-vip's manifest on this node, as kubeadm users write it.
kube_vip_manifest() {
	mkdir -p /etc/kubernetes/manifests
	cat >/etc/kubernetes/manifests/kube-vip.yaml <<-MANIFEST
		apiVersion: v1
		kind: Pod
		metadata: {name: kube-vip, namespace: kube-system}
		spec:
		  containers:
		    - name: kube-vip
		      env:
		        - {name: cp_enable, value: "true"}
		        - {name: address, value: $CP_VIP}
		        - name: svc_enable
		          value: "true"
	MANIFEST
}

# The Pod, its file here, and the line of it.
doctor_says() {
	in_guard vipguard doctor -o json >$RUN/doctor.json
	equal "what doctor exits with" $? 1 || return
	jq -e 'any(.findings[]; .id == "kube-vip-takes-services" and .evidence[0].name == "kube-system/kube-vip-cp1" and
		[.edits[] | [.file, .line]] == [["/etc/kubernetes/manifests/kube-vip.yaml", 11]])' $RUN/doctor.json >/dev/null || fail "$(<$RUN/doctor.json)"
}

# metrics N: what Prometheus would have had, for the rules outside
metrics() {
	{
		echo "# taken $(date +%s)"
		at cp1 bash -c 'exec {http}<>/dev/tcp/127.0.0.1/9477 && printf "GET /metrics HTTP/1.0\r\n\r\n" >&"$http" && sed "1,/^\r*\$/d" <&"$http"'
	} >"/out/page.$1"
}

# What kubelet asks: in the container, and at the node's own address.
probes() {
	in_guard vipguard status >/dev/null || fail "the liveness probe fails" || return
	equal "the readiness probe's answer" "$(at cp1 bash -c 'exec {http}<>/dev/tcp/127.0.0.1/9477 && printf "GET /readyz HTTP/1.0\r\n\r\n" >&"$http" && head -n 1 <&"$http" | tr -d "\r"')" \
		"HTTP/1.1 200 OK" || return
	! in_guard vipguard status --socket /run/nobody.sock >/dev/null 2>&1 || fail "the liveness probe cannot fail"
}

# Maps and links stay with the host, and so does the local API; nothing else was written.
on_the_host() {
	[[ -e $PINS/vg_vips && -n $(ls $PINS/links) ]] || fail "nothing is pinned" || return
	vipguard status -o json | jq -e '.mode == "enforce" and .node == "cp1"' >/dev/null || fail "the host does not reach its socket" || return
	equal "of the memory it may have" "$(<$CGROUPS/kubepods/burstable/podguard/guard/memory.max)" $((256 << 20)) || return
	! in_guard vipguard evidence $VIP -o /report >/dev/null 2>&1 || fail "its root can be written to" || return
	in_guard vipguard evidence $VIP -o /run/vipguard/report && [[ -s /run/vipguard/report/README.txt ]] || fail "no evidence on the host"
}
# Another version of it: the Pod is deleted and made anew, while everything is tried.
upgrade() {
	spawn cp1 blast --link eth0 --vip $VIP --count 10000000 --gap-us 500 --form arp-reply >/dev/null
	for when in before between; do
		! at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null || fail "bound, $when" || return
		[[ $when == between ]] || stop_pod daemonset || return
	done
	start_pod daemonset || return
	! at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null || fail "bound, after" || return
	kill $spawned
}
# Off again: the image's own command takes off what the kernel has kept.
uninstall() {
	stop_pod daemonset || return
	[[ -e $PINS/vg_vips ]] || fail "nothing was left" || return
	run_pod detach || return
	await "nothing to be left" "[[ ! -e $PINS ]]" || return
	at cp1 ip addr add $VIP/32 dev eth0
}

life() {
	conflict || return
	rogue_stop
	equal "frames over an upgrade" "$(witness_count upgrade)" 0 && uninstall
}
test_case "the conflict: kube-vip has the VIPs, the Pod comes and gives them back; an upgrade without a gap; off again" life
rogue_wrap=()

# ---- the static Pod, without the API

static_files() {
	echo '{mode: enforce, assignments: /etc/vipguard/assignments.yaml, metrics: "127.0.0.1:9477", breaker: none}' >/etc/vipguard/config.yaml
	write_assignments
	cp $RUN/assignments.yaml /etc/vipguard/
	echo 'nodes: [{name: worker1, addresses: [192.0.2.21]}]' >>/etc/vipguard/assignments.yaml
	# of the guard before this one, what refuses goes a moment after its pins
	await "the VIP to be bound" "at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null" || return
	at client ip neigh replace $VIP lladdr $CP1_MAC nud reachable dev eth0
}

# One that has every right, and one that has ended before the guard can look, bind what nobody speaks of.
strangers() {
	spawn cp1 "${kube_vip[@]}" rogue --link eth0 --vip 203.0.113.7 --no-announce >$RUN/rogue
	await "the bind" "rogue_said 1 '^BIND 203.0.113.7 .*ok'" || return
	await_event '.event == "bind" and .address == "203.0.113.7"' >/dev/null || return
	kill -STOP "$(<$RUN/pid)"
	at cp1 "${kube_vip[@]}" ip addr add 203.0.113.8/32 dev eth0
	kill -CONT "$(<$RUN/pid)"
}

works() {
	static_files && start_pod "$1" || return
	equal "what is missing" "$(missing)" '[]' || return
	! at cp1 ip addr add $VIP6/128 dev eth0 nodad 2>/dev/null || fail "the bind was not refused" || return
	equal "frames" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	strangers || return
	await_event '.event == "bind" and .address == "203.0.113.7" and .exe == "/usr/bin/rogue" and (.cgroup | startswith("/kubepods.slice/"))' || return
	await_event '.event == "bind" and .address == "203.0.113.8" and .comm == "ip" and (.container | length) == 64' || return
	await_event ".event == \"heal\" and .address == \"$VIP\" and .action == \"healed\""
}
test_case "the static Pod: everything works, by a file alone" works static

# Without CAPABILITY the same does not, for the reason that the manifest gives.
lacks() {
	static_files || return
	case $1 in
	BPF | PERFMON | NET_ADMIN | SYS_RESOURCE)
		run_pod "without-$1" || return
		await "it to end, or to say what is missing" "! [[ -e /proc/\$(<$RUN/pid)/exe ]] || [[ \$(missing) != '[]' ]]" || return
		tail -n 3 $RUN/guard.err
		missing
		;;
	NET_RAW)
		start_pod "without-$1" && await_event ".event == \"heal\" and .address == \"$VIP\" and .action == \"none\""
		;;
	SYS_PTRACE)
		start_pod "without-$1" && strangers && await_event '.event == "bind" and .address == "203.0.113.7" and .comm != null and (has("exe") | not)'
		;;
	DAC_READ_SEARCH)
		start_pod "without-$1" && strangers && await_event '.event == "bind" and .address == "203.0.113.8" and .comm == "ip" and (has("container") | not)'
		;;
	*) fail "nothing shows what $1 is for" ;;
	esac
}
for capability in $(<capabilities); do
	test_case "without $capability it does not" lacks "$capability"
done
summary
