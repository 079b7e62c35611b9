#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the guest, which is node cp1: does what it is told by the serial line, one command at a time. Of tests/guest/lib.sh it has what waits,
# starts the guard and reads its events.
exec >/run/cp1.log 2>&1
cd /vg-tests || exit 1
# shellcheck source=../guest/lib.sh
source ./lib.sh
mkdir -p $RUN
mkfifo $RUN/never
ip netns attach cp1 1 # the namespace that lib.sh works in is this one
LOG=$RUN/kube-vip.log

cp1_up() {
	hostname cp1
	sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.eth0.accept_ra=0
	ip addr add 192.0.2.11/24 dev eth0
	ip addr add 2001:db8::11/64 dev eth0 nodad
	ip link set eth0 up || return
	# kube-proxy's part, and the API server's: the control plane's VIP leads to it
	nft -f - <<-NFT || return
		table ip cluster {
			chain pre { type nat hook prerouting priority -100; tcp dport 80 redirect to :8080; ip daddr 192.0.2.10 tcp dport 6443 dnat to 192.0.2.5:$1; }
			chain post { type nat hook postrouting priority 100; ip daddr 192.0.2.5 tcp dport $1 masquerade; }
		}
		table ip6 cluster {
			chain pre { type nat hook prerouting priority -100; tcp dport 80 redirect to :8080; }
		}
	NFT
	# 200 requests a second leave more behind than a small machine's table holds, and then it drops
	sysctl -qw net.netfilter.nf_conntrack_max=262144 net.netfilter.nf_conntrack_tcp_timeout_time_wait=5 net.netfilter.nf_conntrack_tcp_timeout_close=5
	tcphello serve --address 0.0.0.0 --port 8080 --say cp1 &
	tcphello serve --address :: --port 8080 --say cp1 &
	: >$RUN/addresses
	ip -ts -o monitor address >>$RUN/addresses &
	pod_cgroup 0d1c6dcd6b4d4a9ed5f1f5a1d3d6f4a0 5eed917563583925ffdbd40a64efb2aaffe58638e57add8becaf460fe74f5b1c
	await "an answer of the API's" "timeout 2 bash -c ': <>/dev/tcp/192.0.2.5/$1' 2>/dev/null"
}

# ---- kube-vip, as its static Pod

# kubelet NAME=VALUE...: starts kube-vip again whenever it ended, 2 s later
kubelet() {
	mkdir -p /root/.kube
	cp $RUN/admin.kubeconfig /root/.kube/config
	while :; do
		env vip_arp=true vip_interface=eth0 vip_nodename=cp1 vip_leaderelection=true vip_leaseduration=15 vip_renewdeadline=10 vip_retryperiod=2 \
			cp_enable=true cp_namespace=kube-system address=192.0.2.10 port=6443 svc_enable=true prometheus_server= k8s_config_file=$RUN/admin.kubeconfig \
			HOME=/root "$@" "${in_pod[@]}" /usr/bin/kube-vip manager --prometheusHTTPServer ''
		echo "# ended with $?"
		read -rt 2 <>$RUN/never
	done >>$LOG 2>&1
}

kube_vip_start() {
	: >>$LOG
	kubelet "$@" &
	kubelet=$!
}

# By name: none but ours is here. Nothing starts it again.
kube_vip_kill() {
	[[ -z ${kubelet:-} ]] || { kill -KILL "$kubelet" && wait "$kubelet"; } 2>/dev/null
	kubelet=''
	pkill -KILL -x kube-vip
	await "kube-vip to end" '! pgrep -x kube-vip >/dev/null'
}

# How often it was told that it may not bind, and how often it ended
kube_vip_refused() { grep -c 'could not add ip' $LOG || true; }
kube_vip_ended() { grep -c '^# ended' $LOG || true; }
kube_vip_lives() { pgrep -x kube-vip >/dev/null; }

# It is told to stop, and not started again: it takes its VIPs along.
kube_vip_stop() {
	{ kill -KILL "$kubelet" && wait "$kubelet"; } 2>/dev/null
	kubelet=''
	pkill -TERM -x kube-vip
	await "kube-vip to end" '! pgrep -x kube-vip >/dev/null'
}

# ---- MetalLB's speaker, on this node too

speaker_start() {
	METALLB_ML_BIND_ADDR=192.0.2.11 METALLB_ML_BIND_PORT=7946 METALLB_ML_LABELS=app=metallb,component=speaker \
		speaker --kubeconfig $RUN/admin.kubeconfig --namespace metallb-system --node-name cp1 --pod-name speaker-cp1 >>$RUN/speaker.log 2>&1 &
	disown $! # the shell would say how it ended
}

# ---- addresses

# How many of these are on a link
bound_of() {
	local address n=0
	for address; do
		[[ -z $(ip -o addr show to "$address") ]] || n=$((n + 1))
	done
	echo $n
}

# ---- the guard: guard_start and guard_stop of lib.sh, but with the cluster as its source

# guard_begin MODE [OPTION...]: until it is ready
guard_begin() {
	local mode=$1
	shift
	: >$EVENTS
	spawn cp1 vipguard run --mode "$mode" --node cp1 --kubeconfig $RUN/kubeconfig --log-format json --period 1s "$@" >>$EVENTS 2>>$RUN/guard.err
	guard=$spawned
	await_event '.event == "ready"' >/dev/null || {
		cat $RUN/guard.err
		return 1
	}
}

# await_source degraded|recovered: that is the last that the guard has said of it; it begins with degraded
await_source() {
	await "the source to be $1" "[[ \$(events '.what == \"source\"' | tail -n 1) == *'\"$1\"'* ]]"
}

# ---- between two cells

cp1_reset() {
	kube_vip_kill
	guard_stop || true
	pkill -KILL -x vipguard
	guard=''
	rm -rf $PINS
	tc qdisc del dev eth0 clsact 2>/dev/null
	ip -o addr show dev eth0 scope global | while read -r _ _ _ address _; do
		[[ $address != */32 && $address != */128 ]] || ip addr del "$address" dev eth0
	done
	ip link del kube-ipvs0 2>/dev/null
	: >$LOG
	: >$EVENTS
	: >$RUN/guard.err
	: >$RUN/addresses
	return 0
}

# ---- orders

stty -F /dev/ttyS1 raw -echo
exec 9<>/dev/ttyS1
echo "VG-CP1-READY" >&9
while read -r -u 9 id order; do
	eval "$(base64 -d <<<"$order")" >$RUN/said 2>&1 </dev/null 9>&-
	rc=$?
	printf '%s %s %s\n' "$id" "$rc" "$(base64 -w0 $RUN/said)" >&9
done
