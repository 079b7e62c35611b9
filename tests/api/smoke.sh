#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# smoke.sh: the rig itself, and what deploy/rbac.yaml allows and refuses, against a real etcd and kube-apiserver. Builds them if
# need be. Needs no root. Closes with "N passed, M failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=lib.sh
source tests/api/lib.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
passed=0 failed=0
says=$dir/says

# test_case NAME FUNCTION: what it says is shown if it fails
test_case() {
	if ("$2") >"$says" 2>&1; then
		passed=$((passed + 1))
		echo "ok $1"
	else
		failed=$((failed + 1))
		echo "not ok $1"
		sed 's/^/    /' "$says"
	fi
}

# equal WHAT GOT WANTED
equal() {
	[[ $2 == "$3" ]] || {
		echo "$1: expected $3, got $2"
		return 1
	}
}

# codes WHO, then lines "CODE PATH" on standard input
codes() {
	local who=$1 want path rc=0
	while read -r want path; do
		equal "GET $path" "$(api_code "$who" "$path")" "$want" || rc=1
	done
	return $rc
}

# watches WHO PATH: "yes" if a watch begins, else the status of the refusal
watches() {
	local code
	code=$(api_code "$1" "$2&watch=1&timeoutSeconds=1")
	[[ $code == 200 ]] && echo yes || echo "$code"
}

# ---- who may ask

credentials() {
	codes admin <<<'200 /api/v1/secrets' && codes user <<<'403 /api/v1/services' && codes nobody <<<'403 /api/v1/services' &&
		codes nonsense <<<'401 /api/v1/services' && equal "with another authority" "$(api_code admin /readyz --cacert "$api_dir/other.crt")" 000
}

errors_said() {
	local rc=0
	api GET /api/v1/namespaces/none >"$dir/body" 2>"$dir/err" || rc=$?
	((rc != 0)) && grep -q 404 "$dir/err" && equal reason "$(jq -r .reason "$dir/body")" NotFound
}

applied() {
	api_apply deploy/rbac.yaml tests/api/crds/*.yaml && equal "CRDs" "$(api_get CustomResourceDefinition | jq '.items | length')" 13
}

apply_fails() {
	printf 'kind: Widget\nmetadata:\n  name: x\n' >"$dir/bad.yaml"
	! api_apply "$dir/bad.yaml" && ! api_apply /dev/null && ! api_pool bad '' '.spec.addresses = 1' && ! api_configmap no-such-namespace/x a=b
}

# ---- what vipguard's account may do

may() {
	api_configmap kube-system/kubeadm-config 'ClusterConfiguration=controlPlaneEndpoint: 192.0.2.2:6443' && api_configmap kube-public/cluster-info a=b || return
	codes "$token" <<-'LIST'
		200 /api/v1/services
		200 /api/v1/services?fieldSelector=spec.type%3DLoadBalancer
		200 /api/v1/nodes
		200 /api/v1/pods
		200 /api/v1/events
		200 /apis/coordination.k8s.io/v1/leases
		200 /apis/apiextensions.k8s.io/v1/customresourcedefinitions
		200 /apis/metallb.io/v1beta1/ipaddresspools
		200 /apis/metallb.io/v1beta1/l2advertisements
		200 /apis/metallb.io/v1beta1/bgpadvertisements
		200 /apis/metallb.io/v1beta1/servicel2statuses
		200 /apis/metallb.io/v1beta1/servicebgpstatuses
		200 /apis/metallb.io/v1beta1/configurationstates
		200 /apis/cilium.io/v2alpha1/ciliuml2announcementpolicies
		200 /apis/cilium.io/v2alpha1/ciliumloadbalancerippools
		200 /apis/purelb.io/v1/servicegroups
		200 /apis/purelb.io/v1/lbnodeagents
		200 /apis/network.kubesphere.io/v1alpha2/eips
		200 /apis/config.openshift.io/v1/infrastructures
		200 /apis/k8s.ovn.org/v1/egressips
		200 /api/v1/namespaces/kube-system/configmaps/kubeadm-config
		200 /api/v1/namespaces/kube-system/configmaps?fieldSelector=metadata.name%3Dkubeadm-config
		200 /api/v1/namespaces/kube-public/configmaps?fieldSelector=metadata.name%3Dcluster-info
	LIST
}

may_watch() {
	local path
	for path in '/api/v1/services?fieldSelector=spec.type%3DLoadBalancer' '/apis/metallb.io/v1beta1/servicel2statuses?x=' \
		'/api/v1/namespaces/kube-system/configmaps?fieldSelector=metadata.name%3Dkubeadm-config'; do
		equal "watch of $path" "$(watches "$token" "$path")" yes || return
	done
	equal "watch of all ConfigMaps" "$(watches "$token" '/api/v1/namespaces/kube-system/configmaps?x=')" 403
}

may_not() {
	codes "$token" <<-'LIST' || return
		403 /api/v1/secrets
		403 /api/v1/namespaces/kube-system/secrets
		403 /api/v1/configmaps
		403 /api/v1/namespaces/kube-system/configmaps
		403 /api/v1/namespaces/kube-system/configmaps?fieldSelector=metadata.name%3Dother
		403 /api/v1/namespaces/default/configmaps?fieldSelector=metadata.name%3Dkubeadm-config
		403 /api/v1/serviceaccounts
		403 /apis/apps/v1/deployments
	LIST
	local verb
	for verb in create update patch delete; do
		equal "$verb of services" "$(jq -nc --arg verb $verb '{apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectAccessReview",
			spec: {resourceAttributes: {verb: $verb, resource: "services", namespace: "default"}}}' |
			api_as "$token" POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews - | jq .status.allowed)" false || return
	done
}

# ---- objects

objects_made() {
	api_metallb worker1 worker2 && api_node worker1 192.0.2.21,2001:db8::21 && api_pool p 192.0.2.0/28,192.0.2.32-192.0.2.40 && api_l2advertisement a p &&
		api_bgpadvertisement b '' && api_service shop-less 192.0.2.1,2001:db8::1 '.spec.loadBalancerClass = "example.com/x"' && api_service pending '' &&
		api_l2status shop-less worker1 && api_node_assigned shop-less worker1 && api_lease kube-system/plndr-svcs-lock cp1 30 5 || return
	equal "Services by type, with addresses" "$(api GET '/api/v1/services?fieldSelector=spec.type%3DLoadBalancer' |
		jq -c '[.items[] | [.metadata.name, .spec.loadBalancerClass, (.status.loadBalancer.ingress // [] | map(.ip))]]')" \
		'[["pending",null,[]],["shop-less","example.com/x",["192.0.2.1","2001:db8::1"]]]' || return
	equal Node "$(api_get Node worker1 | jq -c '[.status.addresses[].address]')" '["192.0.2.21","2001:db8::21","worker1"]' || return
	equal pool "$(api_get IPAddressPool metallb-system/p | jq -c .spec.addresses)" '["192.0.2.0/28","192.0.2.32-192.0.2.40"]' || return
	equal ServiceL2Status "$(api_get ServiceL2Status | jq -c '[.items[] | [.metadata.labels["metallb.io/node"], .status.node]]')" '[["worker1","worker1"]]' || return
	equal Pods "$(api_get Pod | jq -c '[.items[].metadata.name]')" '["controller-0","speaker-worker1","speaker-worker2"]' || return
	# the server writes some of its own when it is slow
	equal Event "$(api_get Event | jq -c '[.items[] | select(.source.component == "metallb-speaker") | [.reason, .involvedObject.name]]')" \
		'[["nodeAssigned","shop-less"]]' || return
	equal "Lease's age" "$(api_get Lease kube-system/plndr-svcs-lock | jq '(now - (.spec.renewTime | sub("[.][0-9]+"; "") | fromdate)) | . >= 29 and . < 40')" true
}

objects_changed() {
	local class='.spec.loadBalancerClass = "example.com/x"'
	api_service shop-less 192.0.2.2 "$class" && equal "the address now" "$(api_get Service shop-less | jq -c '[.status.loadBalancer.ingress[].ip]')" '["192.0.2.2"]' || return
	api_service shop-less '' "$class" && equal "no address" "$(api_get Service shop-less | jq -c '.status.loadBalancer.ingress // []')" '[]' || return
	api_l2status_gone shop-less worker1 && equal "no status" "$(api_get ServiceL2Status | jq '.items | length')" 0 || return
	# a speaker cannot move a status to another node, as with MetalLB's own CRD
	api_l2status shop-less worker1 && ! api_l2status shop-less worker1 '.status.node = "worker2"'
}

loaded() {
	cat >"$dir/dump.json" <<-'JSON'
		{"kind": "List", "apiVersion": "v1", "items": [
		  {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "cp9", "uid": "x", "resourceVersion": "9"},
		   "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.19"}, {"type": "InternalIP", "address": "2001:db8::19"}]}},
		  {"apiVersion": "purelb.io/v1", "kind": "ServiceGroup", "metadata": {"name": "g", "namespace": "purelb"}, "spec": {"local": {}}}]}
	JSON
	api_load "$dir/dump.json" && equal addresses "$(api_get Node cp9 | jq '.status.addresses | length')" 2 && api_get ServiceGroup purelb/g >/dev/null
}

bulk() {
	tests/api/bulk.py "$api_dir" create 200 --pool p && tests/api/bulk.py "$api_dir" touch 200 --rate 1000 && tests/api/bulk.py "$api_dir" move 200 &&
		equal "addresses" "$(api_get Service | jq '[.items[].status.loadBalancer.ingress[]?.ip | select(startswith("198.19."))] | unique | length')" 200 &&
		tests/api/bulk.py "$api_dir" delete 200 && tests/api/bulk.py "$api_dir" store 300 --namespace kube-public --first 1000 || return
	api_await "what was stored, and no more" "[[ \$(api GET '/api/v1/namespaces/kube-public/services?fieldSelector=spec.type%3DLoadBalancer&resourceVersion=0' |
		jq '[.items[].status.loadBalancer.ingress[].ip] | unique | length') == 300 ]]" || return
	local options=(--namespace kube-public --first 1000)
	tests/api/bulk.py "$api_dir" touch 300 "${options[@]}" && tests/api/bulk.py "$api_dir" move 300 "${options[@]}" &&
		tests/api/bulk.py "$api_dir" delete 300 "${options[@]}" && ! tests/api/bulk.py "$api_dir" delete 1
}

audited() {
	api_as "$token" GET '/api/v1/nodes?limit=7' >/dev/null
	api_await "the request in the log" \
		"[[ \$(api_audit '.user.username == \"system:serviceaccount:kube-system:vipguard\" and .requestURI == \"/api/v1/nodes?limit=7\"' | wc -l) == 1 ]]"
}

# ---- what clients read

kubeconfigs() {
	local kind
	printf '%s' "$token" >"$dir/token"
	for kind in admin user admin-files "token $token" "token-file $dir/token"; do
		# shellcheck disable=SC2086 # two words
		api_kubeconfig $kind >"$dir/kubeconfig" && grep -q "server: https://$(<"$api_dir/address")" "$dir/kubeconfig" || return
	done
	api_kubeconfig admin | sed -n 's/.*certificate-authority-data: //p' | base64 -d | cmp - "$api_dir/ca.crt" && ! api_kubeconfig nonsense
}

in_cluster() {
	local environment pod=$dir/pod
	environment=$(api_in_cluster "$pod" first) && equal token "$(<"$pod/token")" first && cmp "$pod/ca.crt" "$api_dir/ca.crt" || return
	equal environment "$environment" "KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=$(<"$api_dir/ports")" || return
	api_in_cluster "$pod" second default >/dev/null && equal token "$(<"$pod/token")" second && equal namespace "$(<"$pod/namespace")" default
}

# ---- the server's bad days

kept() {
	local uid
	uid=$(api_get Service pending | jq -r .metadata.uid)
	api_kill && equal "while it is away" "$(api_code admin /readyz)" 000 && api_start && equal uid "$(api_get Service pending | jq -r .metadata.uid)" "$uid"
}

expired() {
	local version
	version=$(api_get Service | jq -r .metadata.resourceVersion)
	api_etcd_compact >"$dir/revision" && (($(<"$dir/revision") >= version)) || return
	equal "list, after a compaction alone" "$(api_code admin "/api/v1/services?resourceVersionMatch=Exact&resourceVersion=$version&limit=500")" 200 || return
	api_expire && equal "list, all being expired" "$(api_code admin "/api/v1/services?resourceVersionMatch=Exact&resourceVersion=$version&limit=500")" 410 || return
	equal watch "$(api GET "/api/v1/services?watch=1&timeoutSeconds=5&resourceVersion=$version" | jq -c '[.type, .object.code]')" '["ERROR",410]'
}

paused() {
	api_pause && equal "while it is stopped" "$(api_code admin /readyz --max-time 1)" 000 && api_resume && equal "and on" "$(api_code admin /readyz)" 200
}

terminated() {
	local old
	old=$(<"$api_dir/kube-apiserver.pid")
	api_term && equal "while it is away" "$(api_code admin /readyz)" 000 && api_start && [[ $(<"$api_dir/kube-apiserver.pid") != "$old" ]]
}

# ---- tokens

times() {
	codes "$(api_token kube-system vipguard 60)" <<<'200 /api/v1/nodes' && codes "$(api_token kube-system vipguard -120)" <<<'401 /api/v1/nodes' &&
		! api_token kube-system no-such-account
}

revoked() {
	api_token_revoke kube-system vipguard && api_await "401" "[[ \$(api_code '$token' /api/v1/nodes) == 401 ]]" || return
	api_service_account kube-system/vipguard && codes "$token" <<<'401 /api/v1/nodes' && codes "$(api_token kube-system vipguard)" <<<'200 /api/v1/nodes'
}

# ---- beside others

# Another one beside this, in a network namespace of its own, then none is left of it. TMPDIR, because root there need not be root.
beside() {
	local ns=(unshare --net)
	((UID == 0)) || ns=(unshare --map-root-user --net)
	# shellcheck disable=SC2016 # for the shell in there
	TMPDIR=$dir "${ns[@]}" bash -c 'ip link set lo up && source tests/api/lib.sh && api_up "$1" && cat "$1"/*.pid && [[ $(api_code admin /readyz) == 200 ]]' - "$dir/other" >"$dir/pids" || return
	local pid
	equal "servers started" "$(grep -c . "$dir/pids")" 2 || return
	while read -r pid; do
		api_gone "$pid" || return
	done <"$dir/pids"
	codes admin <<<'200 /readyz'
}

# A shell that is killed takes its servers along, whatever traps it has.
killed() {
	local pid
	# shellcheck disable=SC2016 # for the shell in there
	bash -c 'source tests/api/lib.sh && api_up "$1" && trap - EXIT && kill -KILL $$' - "$dir/killed"
	for pid in $(cat "$dir"/killed/*.pid); do
		api_await "server $pid to end" "api_gone $pid" || return
	done
}

ended() {
	local pid pids
	pids=$(cat "$api_dir"/*.pid)
	(($(wc -w <<<"$pids") >= 2)) && api_down && equal "address" "$(api_code admin /readyz)" 000 || return
	for pid in $pids; do
		api_gone "$pid" || return
	done
}

began=$EPOCHREALTIME
if ! api_up "$dir/api"; then
	echo "not ok: no server"
	echo "0 passed, 1 failed"
	exit 1
fi
echo "# up in $(jq -n "$EPOCHREALTIME - $began" | cut -c 1-4) s"
test_case "credentials: admin, user, nobody, nonsense, another authority" credentials
test_case "errors are said" errors_said
test_case "rbac.yaml and all CRDs are applied" applied
test_case "what cannot be applied fails" apply_fails
token=$(api_token kube-system vipguard)
test_case "vipguard's account may read what it must" may
test_case "and watch it" may_watch
test_case "and nothing else" may_not
test_case "objects" objects_made
test_case "objects change" objects_changed
test_case "a dump is loaded" loaded
test_case "in bulk" bulk
test_case "requests can be counted" audited
test_case "kubeconfigs" kubeconfigs
test_case "a Pod's folder, and its rotation" in_cluster
test_case "killed and started: the data is there" kept
test_case "old versions expire on order" expired
test_case "stopped and continued" paused
test_case "terminated and started" terminated
test_case "tokens have their time" times
test_case "a token is revoked" revoked
test_case "beside another one in its own namespace" beside
test_case "nothing outlives a killed shell" killed
test_case "nothing is left" ended
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
