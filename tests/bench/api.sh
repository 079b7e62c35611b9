#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `make bench-api`: what it costs to follow a cluster, beside an ordinary client-go informer at the same real kube-apiserver: time,
# memory, requests and latency with 5,000 and 25,000 Services, what is asked for while nothing happens, then 1,000 changes a second
# for a minute. About 6 minutes; as root. Exit 1 if something is over its limit.
#
#	api.sh [VIPGUARD]	default: build/vipguard
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../api/peers.sh
source "$here/../api/peers.sh"
program=$api_cache/bench

# Built as the rig's servers are, in a copy, and again only when a source is newer.
build() {
	local go part rc=0
	[[ -x $program && -z $(find "$here/api" -newer "$program" -print -quit) ]] && return
	go=$("$api_here/build.sh" go) && part=$(mktemp -d) || return
	cp "$here/api"/*.go "$here/api/go.mod" "$part/"
	echo "building the informer" >&2
	(cd "$part" && CGO_ENABLED=0 GOWORK=off "$go" build -mod=mod -buildvcs=false -trimpath -ldflags "-s -w" -o "$part/bench" . >&2) &&
		mv "$part/bench" "$program" || rc=1
	rm -rf "$part"
	return $rc
}

if [[ ${VG_INSIDE:-} != yes ]]; then
	"$api_here/build.sh" && build || exit 2
	exec env VG_INSIDE=yes unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$(realpath "${1:-$here/../../build/vipguard}")"
fi

# shellcheck source=../api/lib.sh
source "$here/../api/lib.sh"
while read -r name; do
	unset "$name"
done < <(compgen -e | grep -E '^(VIPGUARD_|NODE_NAME$|NO_COLOR$)')
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT

# cp1, with the API server in it
node() {
	mount -t bpf bpf /sys/fs/bpf && ip link set lo up && ip link add eth0 type veth peer name lan && ip addr add 192.0.2.11/24 dev eth0 &&
		ip link set lan up && ip link set eth0 up
}

# A cluster with MetalLB on its workers. Its Services and some ServiceL2Statuses are made by the program.
cluster() {
	api_namespace metallb-system && api_apply "$here/../../deploy/rbac.yaml" "$here/../api/crds/metallb.yaml" &&
		api_node cp1 192.0.2.11 && api_node worker1 192.0.2.21 && api_node worker2 192.0.2.22 &&
		api_metallb worker1 worker2 && api_pool bench 198.19.0.0/16 && api_l2advertisement bench bench
}

node && api_up "$dir/api" && cluster && token=$(api_token kube-system vipguard) && api_kubeconfig token "$token" >"$dir/kubeconfig" || exit 2
"$program" run --api "$dir/api" --vipguard "$1" --kubeconfig "$dir/kubeconfig" --pin-dir /sys/fs/bpf/vipguard --scratch "$dir"
