#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# scrape.sh VIPGUARD TOOLS OUT: pages of metrics of real guards on this host's kernel, quiet and with the classic fault, as OUT/SCENE.NODE.N.prom
# (N from 0, one after the other). In network, mount and process namespaces of its own. What traces is switched off, for hosts that allow it and
# hosts that do not to give the same pages. Closes with "N passed, M failed": a scene that did not come about is a failure.
set -uo pipefail
if [[ ${VG_INSIDE:-} != yes ]]; then
	exec env VG_INSIDE=yes unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$(realpath "$1")" "$(realpath "$2")" "$(realpath "$3")"
fi
here=$(cd "$(dirname "$0")" && pwd)
out=$3
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
export PATH=/run/bin:$PATH
# shellcheck source=tests/guest/lib.sh
source "$here/../guest/lib.sh"
# shellcheck source=tests/api/lib.sh
source "$here/../api/lib.sh"
mkdir -p $RUN
mkfifo $RUN/never
lan_up || exit 1
write_assignments

# A real API server for the last scene, which takes its time. It listens on the bridge, where cp1 reaches it.
ip addr add 192.0.2.1/24 dev br0
ip link set lo up
export API_BIND=192.0.2.1 API_HOST=192.0.2.1 API_AUDIT=no
mkfifo $RUN/hold
exec {hold}<>$RUN/hold
(
	api_up $RUN/api && : >$RUN/api-up
	read -r <&"$hold"
) >$RUN/api-said 2>&1 &

BLIND=(--without tracing --without kprobe --without deny --without deny-ioctl --without sender --without qdisc-bypass --without past --without af-xdp)

# page SCENE [NODE]: the next one. A page is given out again for 200 ms, so it is asked for until it is a newer one than any before.
page() {
	local scene=$1 node=${2:-cp1} n=0
	while [[ -e $out/$scene.$node.$n.prom ]]; do
		n=$((n + 1))
	done
	await "a page" "at $node curl -sf --max-time $WAIT -o $RUN/page http://127.0.0.1:9477/metrics && ! cmp -s $RUN/page $RUN/page.$node" || return
	cp $RUN/page "$RUN/page.$node"
	cp $RUN/page "$out/$scene.$node.$n.prom"
}
# sum PATTERN: of the series on cp1's page now that match
sum() { at cp1 curl -sf http://127.0.0.1:9477/metrics | awk -v pattern="$1" '!/^#/ && $0 ~ pattern { n += $NF } END { print n + 0 }'; }

# last_page SCENE: one that may stand for good, so not of the moment between a bind and its removal
last_page() {
	case $1 in
	enforce | cluster) await "the VIPs to go" "(( \$(sum '^vipguard_bound_addresses.*violation') == 0 ))" || return ;;
	esac
	page "$1"
}

# Everything that happens is right: a VIP bound where it may be, frames that tell the truth, an address of no Service.
quiet() {
	guard_start enforce "${BLIND[@]}" || return
	page quiet || return
	at cp1 ip addr add 192.0.2.251/32 dev eth0
	at cp1 ip addr add 203.0.113.7/24 dev eth0
	at cp1 blast --link eth0 --vip 192.0.2.251 --count 20 --form arp-reply >/dev/null
	await "the VIP on the page" "(( \$(sum 'bound_addresses.*assigned-here') == 1 ))" || return
	page quiet && page quiet || return
	guard_stop || return
	at cp1 ip addr flush dev eth0 to 203.0.113.0/24
}
test_case "quiet" quiet

# The classic fault: kube-vip's double takes two VIPs of worker1's. fault SCENE MODE [OPTION...]
fault() {
	local scene=$1
	shift
	guard_start "$@" "${BLIND[@]}" || return
	[[ $scene != paused ]] || vipguard pause --for 1h || return
	page "$scene" || return
	rogue_start --rate 50
	await "announcements" "rogue_said 3 '^ANNOUNCE $VIP '" || return
	await "what was judged on the page" "(( \$(sum '^vipguard_binds_total.*violation') > 0 && \$(sum '^vipguard_announcements_total.*violation') > 0 ))" || return
	page "$scene" || return
	await "more announcements" "rogue_said 9 '^ANNOUNCE $VIP '" || return
	rogue_stop
	last_page "$scene" && guard_stop
}
test_case "the fault, audit" fault audit audit
test_case "the fault, enforce" fault enforce enforce
test_case "the fault, enforce that may do nothing" fault loose enforce --act none
test_case "the fault, in a pause" fault paused enforce

# Found at the start and removed before anybody asks: nothing on the page ever rises, it begins high.
late() {
	rogue_start --rate 50
	await "announcements" "rogue_said 3 '^ANNOUNCE $VIP '" || return
	rogue_stop
	at cp1 ip addr replace $VIP/32 dev eth0
	guard_start enforce "${BLIND[@]}" || return
	await "the VIP to go" "! is_bound $VIP" || return
	page late && page late || return
	guard_stop
}
test_case "the fault before the guard" late

# A guard on each of two nodes, and both have the VIP; the second one may, by its file.
double() {
	local second
	sed 's/, bind: nobody//' $RUN/assignments.yaml >$RUN/second.yaml
	guard_start audit "${BLIND[@]}" --metrics-vips || return
	spawn worker1 vipguard run --node worker1 --assignments $RUN/second.yaml --log-format json --metrics-vips --socket /run/second.sock --pin-dir \
		/sys/fs/bpf/second "${BLIND[@]}" >$RUN/second 2>&1
	second=$spawned
	await_event '.event == "ready"' $RUN/second >/dev/null || return
	page double cp1 && page double worker1 || return
	at cp1 ip addr add $VIP/32 dev eth0
	await "the VIP on the page" "(( \$(sum '^vipguard_vip_bound.address=.$VIP.') == 1 ))" || return
	page double cp1 && page double worker1 || return
	kill $second
	wait $second
	guard_stop
}
test_case "a VIP on two nodes" double

unreadable() {
	guard_start enforce "${BLIND[@]}" || return
	page reload || return
	echo 'version: 2' >$RUN/assignments.yaml
	await "the failed reload on the page" "(( \$(sum '^vipguard_assignments_reload_failed') == 1 ))" || return
	page reload || return
	guard_stop
}
test_case "an assignments file that cannot be read" unreadable

# Without word from the API server.
away() {
	jq -n '{apiVersion: "v1", kind: "Config", "current-context": "x", contexts: [{name: "x", context: {cluster: "x", user: "x"}}],
		clusters: [{name: "x", cluster: {server: "http://127.0.0.1:1"}}], users: [{name: "x", user: {}}]}' >$RUN/kubeconfig
	spawn cp1 vipguard run --mode enforce --node cp1 --assignments $RUN/assignments.yaml --kubeconfig $RUN/kubeconfig "${BLIND[@]}" --log-format json \
		>$EVENTS 2>$RUN/guard.err
	guard=$spawned
	await_event '.event == "started"' >/dev/null || return
	await "an error on the page" "(( \$(sum '^vipguard_reflector_errors_total') > 0 ))" || return
	page away && page away || return
	guard_stop
}
test_case "the API server away" away

# The fault once more, judged by what a real API server says.
cluster() {
	world && guard_by_api || return
	page cluster || return
	rogue_start --rate 50
	await "announcements" "rogue_said 3 '^ANNOUNCE $VIP '" || return
	await "frames judged" "(( \$(sum '^vipguard_announcements_total.*assigned-elsewhere.*dropped') > 0 ))" || return
	page cluster || return
	await "more announcements" "rogue_said 9 '^ANNOUNCE $VIP '" || return
	rogue_stop
	last_page cluster && guard_stop
}
world() {
	await "the API server" "[[ -e $RUN/api-up ]]" || {
		cat $RUN/api-said
		return 1
	}
	api_dir=$RUN/api
	api_attach
	api_apply "$here"/../../deploy/rbac.yaml "$here"/../api/crds/*.yaml &&
		api_node cp1 192.0.2.11,2001:db8::11 && api_node worker1 192.0.2.21,2001:db8::21 && api_metallb worker1 &&
		api_pool p 192.0.2.240-192.0.2.249,2001:db8::240-2001:db8::249 && api_l2advertisement p p &&
		api_service default/web $VIP,$VIP6 '.metadata.annotations["metallb.io/ip-allocated-from-pool"] = "p"' && api_l2status default/web worker1 &&
		api_kubeconfig token "$(api_token kube-system vipguard)" >$RUN/kubeconfig
}
guard_by_api() {
	: >$EVENTS
	spawn cp1 vipguard run --mode enforce --node cp1 --kubeconfig $RUN/kubeconfig "${BLIND[@]}" --log-format json >$EVENTS 2>$RUN/guard.err
	guard=$spawned
	await_event '.event == "ready"' >/dev/null
}
test_case "the fault, by a real API server" cluster
summary
