#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cluster.sh: `vipguard cluster` through the Pod proxy of a real kube-apiserver, with the rights of deploy/rbac-cluster.yaml, to a real guard on this
# host's kernel; all in namespaces of its own. BUILD (build) holds vipguard. Needs root. Closes with "N passed, M failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
if [[ ${VG_INSIDE:-} != yes ]]; then
	tests/api/build.sh || exit 1 # while there is a network
	exec env VG_INSIDE=yes unshare --net --mount --pid --fork --kill-child --mount-proc tests/api/cluster.sh
fi
# shellcheck source=lib.sh
source tests/api/lib.sh
vipguard=${BUILD:-build}/vipguard
dir=$(mktemp -d)
passed=0 failed=0 guard=''
export API_AUDIT=no API_WAIT=60
trap 'guard_stop; rm -rf "$dir"' EXIT
while read -r name; do
	unset "$name"
done < <(compgen -e | grep -E '^(VIPGUARD_|NODE_NAME$|KUBECONFIG$)')

# guard_start [OPTION...]: node cp1, in audit, without what traces (that is for other tests); until it is ready
guard_start() {
	: >"$dir/events"
	"$vipguard" run --mode audit --node cp1 --assignments "$dir/assignments.yaml" --socket "$dir/socket" --log-format json --metrics 192.0.2.11:9477 \
		--without tracing --without kprobe --without deny --without sender --without qdisc-bypass --without past --without af-xdp \
		"$@" >"$dir/events" 2>"$dir/guard.err" &
	guard=$!
	api_await "the guard" "grep -q '\"event\":\"ready\"' '$dir/events' || ! kill -0 $guard 2>/dev/null" && kill -0 "$guard"
}

guard_stop() {
	[[ -n $guard ]] || return 0
	kill "$guard" && wait "$guard"
	guard=''
}

# cluster STATUS FILTER [OPTION...]: exit status, and the filter holds for what it prints
cluster() {
	local status=$1 filter=$2 rc=0
	shift 2
	timeout 60 "$vipguard" cluster -o json --timeout 2s "$@" >"$dir/out" 2>"$dir/err" || rc=$?
	[[ $rc == "$status" ]] && jq -e "$filter" "$dir/out" >/dev/null || {
		echo "exit $rc"
		cat "$dir/out" "$dir/err"
		return 1
	}
}

test_case() {
	if "$2" >"$dir/case" 2>&1; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		echo "not ok $1"
		head -c 3000 "$dir/case" | sed 's/^/    /'
	fi
}

# ---- the cases

# cp1 has worker1's address; worker1's guard does not answer, worker2's Pod does not run: none of them is left out.
whole() {
	ip addr add 192.0.2.240/32 dev eth0 && api_await "the finding" "grep -q 192.0.2.240 '$dir/events'" || return
	cluster 1 '.read == 1 and .unread == 2 and .disagreements == 1 and .vips[0].address == "192.0.2.240" and
		.vips[0].assigned_nodes == ["worker1"] and (.vips[0].bound | length) == 1 and .vips[0].bound[0].node == "cp1" and
		.vips[0].bound[0].interface == "eth0" and .vips[0].disagreements[0].kind == "bound-wrongly" and
		any(.vips[]; .address == "192.0.2.241" and .assigned_nodes == ["cp1"] and .bound == [] and .disagreements == []) and
		any(.guards[]; .node == "cp1" and .state == "read" and .mode == "audit" and (.version | length) > 0) and
		any(.guards[]; .node == "worker1" and .state == "unread" and (.why | length) > 0) and
		any(.guards[]; .node == "worker2" and .state == "unread" and (.why | contains("Pending")))' --kubeconfig "$dir/viewer" || return
	"$vipguard" cluster --kubeconfig "$dir/viewer" --timeout 2s --namespace kube-system >"$dir/text"
	cat "$dir/text"
	grep -q '^192.0.2.240 .*worker1 .*!cp1:eth0 .*cp1 has it on eth0' "$dir/text" && grep -q '^guard worker1 (Pod kube-system/vipguard-b): not read: ' "$dir/text"
}

# What a node prints of itself does as well.
by_file() {
	"$vipguard" status -o json --socket "$dir/socket" >"$dir/cp1.json" || return
	cluster 1 '.read == 1 and .disagreements == 1 and .vips[0].bound[0].node == "cp1"' "$dir/cp1.json" || return
	ip addr del 192.0.2.240/32 dev eth0 && api_await "the end of it" "grep -q '\"event\":\"unbind\"' '$dir/events'" || return
	"$vipguard" status -o json --socket "$dir/socket" >"$dir/cp1.json" && cluster 0 '.disagreements == 0 and (.vips | length) == 1' "$dir/cp1.json"
}

without_right() {
	cluster 3 '.read == 0 and .unread == 3 and any(.guards[]; .node == "cp1" and (.why | contains("pods/proxy") and contains("rbac-cluster.yaml")))' \
		--kubeconfig "$dir/lister"
}

no_guard() {
	cluster 3 . --kubeconfig "$dir/viewer" --namespace default
	grep 'no Pod has the label' "$dir/err"
}

# Over TCP no address is named unless that is wanted.
unnamed() {
	guard_stop && guard_start || return
	[[ $(curl -s -o /dev/null -w '%{http_code}' http://192.0.2.11:9477/v1/vips) == 404 ]] || return
	curl -sf --unix-socket "$dir/socket" http://vipguard/v1/vips | jq -e '.node == "cp1" and (.vips | type) == "array"' || return
	cluster 3 'any(.guards[]; .node == "cp1" and (.why | contains("--metrics-vips")))' --kubeconfig "$dir/viewer"
}

# role NAME RESOURCES: an account with a kubeconfig of its name, that may list Pods and get RESOURCES
account() {
	api_service_account "kube-system/$1" &&
		jq -n --arg name "$1" --arg role "$2" '{apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: {name: $name},
			roleRef: {apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: $role},
			subjects: [{kind: "ServiceAccount", name: $name, namespace: "kube-system"}]}' | api_apply - &&
		token=$(api_token kube-system "$1") && api_kubeconfig token "$token" >"$dir/$1"
}

world() {
	local label='.metadata.labels = {"app.kubernetes.io/name": "vipguard"}'
	mount -t bpf bpf /sys/fs/bpf && ip link set lo up && ip link add eth0 type veth peer name eth1 && ip link set eth1 up && ip link set eth0 up && ip addr add 192.0.2.11/24 dev eth0 || return
	cat >"$dir/assignments.yaml" <<-'YAML'
		version: 1
		assignments:
		  - {address: 192.0.2.240, service: default/web, nodes: [worker1]}
		  - {address: 192.0.2.241, nodes: [cp1]}
	YAML
	guard_start --metrics-vips && api_up "$dir/api" && api_apply deploy/rbac-cluster.yaml &&
		api_pod kube-system/vipguard-a cp1 192.0.2.11 "$label" && api_pod kube-system/vipguard-b worker1 192.0.2.21 "$label" &&
		api_pod kube-system/vipguard-c worker2 192.0.2.22 "$label | .status.phase = \"Pending\"" && account viewer vipguard-cluster || return
	api GET /apis/rbac.authorization.k8s.io/v1/clusterroles/vipguard-cluster | jq '.metadata = {name: "lister"} | del(.rules[1])' | api_apply - && account lister lister
}

if ! world; then
	cat "$dir/guard.err" 2>/dev/null
	echo "not ok: no world"
	echo "0 passed, 1 failed"
	exit 1
fi
test_case "all guards by the Pod proxy, with those that cannot be read" whole
test_case "by files" by_file
test_case "without the right to proxy" without_right
test_case "where no guard is" no_guard
test_case "a guard that names no VIPs over TCP" unnamed
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
