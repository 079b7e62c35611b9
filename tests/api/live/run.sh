#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh: the Kubernetes source against a real etcd and kube-apiserver, with the rights that deploy/rbac.yaml gives. Whatever
# happens to the objects, the server or the token, it must end with what a fresh list says, object by object. Builds the servers
# if need be. BUILD (build) holds tools/kubewatch. Needs no root. Closes with "N passed, M failed".
set -uo pipefail
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=../lib.sh
source tests/api/lib.sh
build=${BUILD:-build}
dir=$(mktemp -d)
trap 'watch_stop; rm -rf "$dir"' EXIT
passed=0 failed=0
node=cp1
watcher=''

# ---- the source

# watch_start [OPTION...]: until it is complete
watch_start() {
	rm -f "$dir/orders"
	mkfifo "$dir/orders"
	"$build/tools/kubewatch" --kubeconfig "$dir/kubeconfig" --node $node "$@" <"$dir/orders" >"$dir/says" 2>"$dir/err" &
	watcher=$!
	exec {orders}>"$dir/orders"
	await_says complete
}

watch_stop() {
	[[ -n $watcher ]] || return 0
	echo quit >&"$orders" # closing is not enough: servers started since have it too
	exec {orders}>&-
	wait "$watcher"
	local rc=$?
	watcher=''
	((rc == 0)) || {
		echo "kubewatch: exit $rc"
		tail -n 30 "$dir/err"
		return 1
	}
}

# said EVENT: how often
said() {
	grep -c "\"event\":\"$1\"" "$dir/says"
}

# await_says EVENT [TIMES]
await_says() {
	api_await "$1 from the source" "(( \$(said $1) >= ${2:-1} ))"
}

# order WORD END: what it answers, up to the line that is END
order() {
	local before
	before=$(wc -l <"$dir/says")
	echo "$1" >&"$orders"
	api_await "an answer to $1" "tail -n +$((before + 1)) '$dir/says' | grep -qE '$2'" || return
	tail -n +$((before + 1)) "$dir/says"
}

# A renewal of a lease that changes nothing else is not taken over as another version of it.
settled() {
	grep -v '^[.]$' | jq -cS 'select(.event | not) | if .kind == "Lease" then del(.resourceVersion, .renewTime) else . end'
}

objects_live() {
	order dump '^[.]$' | settled
}

# state FILTER: of what it says about itself
state() {
	order status '"reflectors"' | grep '"reflectors"' | jq "$1"
}

# relists CAUSE: over all kinds
relists() {
	state "[.reflectors[].relists.$1 // 0] | add"
}

# After what came before every kind is back, and only then is something counted.
await_fresh() {
	api_await "all kinds to be heard from" '[[ $(state .fresh) == true ]]'
}

# ---- a fresh list

# What the source asks for, asked once, with its rights.
paths=(
	/api/v1/services
	/api/v1/nodes
	'/apis/coordination.k8s.io/v1/leases?fieldSelector=metadata.namespace%21%3Dkube-node-lease'
	"/api/v1/pods?fieldSelector=spec.nodeName%3D$node"
	/api/v1/namespaces/metallb-system/pods
	'/api/v1/namespaces/kube-system/configmaps?fieldSelector=metadata.name%3Dkubeadm-config'
	'/api/v1/namespaces/kube-public/configmaps?fieldSelector=metadata.name%3Dcluster-info'
	/apis/metallb.io/v1beta1/{ipaddresspools,l2advertisements,bgpadvertisements,servicel2statuses,servicebgpstatuses,configurationstates}
	/apis/cilium.io/v2alpha1/{ciliuml2announcementpolicies,ciliumloadbalancerippools}
	/apis/config.openshift.io/v1/infrastructures
)

objects_fresh() {
	local path i=0 files=()
	for path in "${paths[@]}"; do
		i=$((i + 1))
		# a kind that the server does not have is no object
		if api_as "$(<"$dir/token")" GET "$path" >"$dir/list-$i" 2>/dev/null; then files+=("$dir/list-$i"); fi
	done
	"$build/tools/kubewatch" --objects "${files[@]}" | settled
}

# One way or the other in the end: the same objects, and not none.
same() {
	objects_live >"$dir/live" && objects_fresh >"$dir/fresh" && [[ -s $dir/fresh ]] && cmp -s "$dir/live" "$dir/fresh"
}

equal_to_fresh() {
	api_await "the source to know what a fresh list says" same || {
		diff "$dir/live" "$dir/fresh"
		return 1
	}
}

# knows FILTER: an object that a jq filter selects, now
knows() {
	objects_live | jq -se "any(.[]; $1)" >/dev/null
}

# ---- what happens

marked='.metadata.annotations["metallb.io/ip-allocated-from-pool"] = "p"'

api_patch_web() {
	api PATCH /api/v1/namespaces/default/services/web - <<<"{\"spec\": $1}" >/dev/null
}

# carries ADDRESS FROM: default/web, now
carries() {
	knows ".kind == \"Service\" and .name == \"web\" and any(.addresses[]; .address == \"$1\" and .from == \"$2\")"
}

services() {
	api_service default/web 192.0.2.70 "$marked" && equal_to_fresh && knows '.name == "web"' || return
	api_service default/web 192.0.2.71 "$marked" && equal_to_fresh && knows '.name == "web" and (tostring | contains("192.0.2.71"))' || return
	api_service default/web '' "$marked" && equal_to_fresh && ! knows '.kind == "Service" and (tostring | contains("192.0.2.71"))' || return
	api_service default/web 192.0.2.72 "$marked" && equal_to_fresh || return
	# it is none that carries an address, and comes back
	api_patch_web '{"type": "ClusterIP"}' && equal_to_fresh && ! knows '.name == "web"' || return
	api_patch_web '{"type": "LoadBalancer"}' &&
		api_service default/web 192.0.2.73 "$marked" && equal_to_fresh && knows '.name == "web"' || return
	api_delete Service default/web && equal_to_fresh && ! knows '.name == "web"'
}

# A Service that is no LoadBalancer carries its externalIPs, through changes of its type.
external() {
	api_service default/web '' '.spec = {type: "ClusterIP", ports: .spec.ports, externalIPs: ["192.0.2.75"]}' && equal_to_fresh && carries 192.0.2.75 external || return
	api_service default/web 192.0.2.76 "$marked" && equal_to_fresh && carries 192.0.2.76 status || return
	api_patch_web '{"type": "ClusterIP", "externalIPs": ["192.0.2.76"]}' && equal_to_fresh && carries 192.0.2.76 external || return
	api_patch_web '{"externalIPs": null}' && equal_to_fresh && ! knows '.kind == "Service" and .name == "web"' || return
	api_patch_web '{"type": "NodePort", "externalIPs": ["192.0.2.77"]}' && equal_to_fresh && carries 192.0.2.77 external || return
	api_delete Service default/web && equal_to_fresh && ! knows '.kind == "Service" and .name == "web"'
}

pools() {
	api_pool p 192.0.2.64/26 && api_l2advertisement a p && equal_to_fresh && knows '.kind == "IPAddressPool"' || return
	api_pool p 192.0.2.64/27,192.0.2.100-192.0.2.110 && equal_to_fresh || return
	api_l2advertisement all '' && equal_to_fresh && api_bgpadvertisement b p && equal_to_fresh || return
	api_delete L2Advertisement metallb-system/a && equal_to_fresh && ! knows '.kind == "L2Advertisement" and .name == "a"' || return
	api_l2advertisement a p && equal_to_fresh
}

leases() {
	api_lease kube-system/plndr-svcs-lock cp1 && equal_to_fresh && knows '.kind == "Lease"' && api_lease kube-system/plndr-svcs-lock cp2 && equal_to_fresh
}

API_WAIT=30

# The kinds of MetalLB come while the source runs, then one goes.
crds_later() {
	api_apply tests/api/crds/*.yaml && api_metallb worker1 && api_pool p 192.0.2.64/26 && api_l2advertisement a p && api_l2status web worker1 &&
		equal_to_fresh && knows '.kind == "ServiceL2Status"' || return
	api DELETE /apis/apiextensions.k8s.io/v1/customresourcedefinitions/servicel2statuses.metallb.io >/dev/null && equal_to_fresh &&
		! knows '.kind == "ServiceL2Status"' || return
	api_apply tests/api/crds/metallb.yaml && api_l2status web worker1 && equal_to_fresh && knows '.kind == "ServiceL2Status"'
}

killed() {
	api_service default/before 192.0.2.80 "$marked" && equal_to_fresh && api_kill && api_start && api_service default/after 192.0.2.81 "$marked" &&
		equal_to_fresh && knows '.name == "after"'
}

# The watch sleeps while the versions that it is at expire.
expired() {
	local before rc=0
	api_service default/goes 192.0.2.86 "$marked" && equal_to_fresh && knows '.name == "goes"' || return
	before=$(relists expired)
	kill -STOP "$watcher"
	api_service default/missed 192.0.2.82 "$marked" && api_delete Service default/goes && api_expire || rc=1
	kill -CONT "$watcher"
	((rc == 0)) && equal_to_fresh && knows '.name == "missed"' && ! knows '.name == "goes"' && (($(relists expired) > before))
}

# The server keeps its connections and says nothing: what is known is out of date, said so, and fresh again soon after.
silent() {
	local stale fresh rc=0
	await_fresh || return
	stale=$(said stale) fresh=$(said fresh)
	api_pause && await_says stale $((stale + 1)) || rc=1
	api_resume && ((rc == 0)) && await_says fresh $((fresh + 1)) &&
		api_service default/later 192.0.2.83 "$marked" && equal_to_fresh
}

# The server goes on, from its memory; what it does not hear of it cannot tell.
storage_away() {
	local stale fresh rc=0
	await_fresh || return
	stale=$(said stale) fresh=$(said fresh)
	api_signal etcd STOP && await_says stale $((stale + 1)) && (($(said fresh) == fresh)) || rc=1
	api_signal etcd CONT && ((rc == 0)) && await_says fresh $((fresh + 1)) &&
		api_service default/stored 192.0.2.87 "$marked" && equal_to_fresh && knows '.name == "stored"'
}

# What the source asked for, from the beginning; a watch is in the log as soon as it stands.
asked() {
	api_audit '.userAgent == "vipguard-kubewatch" and (.stage == "ResponseStarted" or .verb != "watch")'
}

# Nothing happens: a sign of life now and then for all, and each watch anew after three to five times max-age (3 s) without a word of
# its own. The bound grows with the time that it took.
idle() {
	local began=$EPOCHSECONDS before signs n watches stale
	await_fresh || return
	stale=$(said stale)
	signs=$(state .life.requests) watches=$(state '[.reflectors[] | select(.state == "watching")] | length') before=$(asked | wc -l)
	api_await "signs of life" "(( \$(state .life.requests) >= $signs + 8 ))" || return
	asked | tail -n +$((before + 1)) >"$dir/asked"
	jq -r '"\(.requestReceivedTimestamp) \(.requestURI)"' "$dir/asked"
	n=$(wc -l <"$dir/asked") signs=$(($(state .life.requests) - signs))
	echo "$n requests in $((EPOCHSECONDS - began)) s, $signs signs of life, $watches watches"
	# who was kept from running for so long that it became stale had to list again
	(($(said stale) == stale)) || {
		idle
		return
	}
	# two, for the definitions are watched beside what is counted, and the log lags behind
	((n <= signs + 2 + (watches + 2) * ((EPOCHSECONDS - began) / 9 + 1)))
}

# new_token ACCOUNT: into the file, as kubelet does it
new_token() {
	api_token kube-system "$1" >"$dir/token.new" && mv "$dir/token.new" "$dir/token"
}

# A new token in its file (of another account, so that the old one can be ended), then the end of the old one: nobody notices.
rotated() {
	local stale old
	await_fresh || return
	stale=$(said stale) old=$(<"$dir/token")
	sed 's/name: vipguard\>/name: vipguard-next/' deploy/rbac.yaml >"$dir/rbac.yaml" && api_apply "$dir/rbac.yaml" && new_token vipguard-next &&
		api_token_revoke kube-system vipguard && api_await "the end of the old token" "[[ \$(api_code '$old' /api/v1/nodes) == 401 ]]" &&
		api_service default/rotated 192.0.2.85 "$marked" && equal_to_fresh && knows '.name == "rotated"' && (($(said stale) == stale))
}

# No good token at all: said, and over when there is one.
revoked() {
	local stale fresh
	await_fresh || return
	stale=$(said stale) fresh=$(said fresh)
	api_token_revoke kube-system vipguard-next && await_says stale $((stale + 1)) || return
	api_service_account kube-system/vipguard && new_token vipguard && await_says fresh $((fresh + 1)) &&
		api_service default/last 192.0.2.84 "$marked" && equal_to_fresh && knows '.name == "last"'
}

# No token in anything that is said.
secret() {
	! grep -F "$(cut -d . -f 1 "$dir/token")" "$dir/says" "$dir/err"
}

# shellcheck source=events.sh
source tests/api/live/events.sh
# shellcheck source=doctor.sh
source tests/api/live/doctor.sh

# test_case NAME FUNCTION: what it says is shown if it fails
test_case() {
	local began=$EPOCHREALTIME
	if "$2" >"$dir/case" 2>&1; then
		passed=$((passed + 1))
		echo "ok $1 ($(jq -n "($EPOCHREALTIME - $began) * 10 | round / 10") s)"
	else
		failed=$((failed + 1))
		echo "not ok $1"
		sed 's/^/    /' "$dir/case"
		tail -n 20 "$dir/says" "$dir/err" | cut -c 1-300 | sed 's/^/    /'
	fi
}

if ! api_up "$dir/api" || ! api_apply deploy/rbac.yaml || ! new_token vipguard; then
	echo "not ok: no server"
	echo "0 passed, 1 failed"
	exit 1
fi
api_node $node 192.0.2.11
api_node worker1 192.0.2.21
api_service default/web 192.0.2.70 "$marked"
api_kubeconfig token-file "$dir/token" >"$dir/kubeconfig"
# an hour's outage is one of seconds here
bounds=(--max-age 3s --backoff-max 1s)
if watch_start "${bounds[@]}"; then
	test_case "kinds appear and go" crds_later
	test_case "Services come, change, go" services
	test_case "externalIPs of other Services come, change, go" external
	test_case "pools and advertisements change" pools
	test_case "leases change hands" leases
	test_case "the server is killed and started" killed
	test_case "the server falls silent" silent
	test_case "the server is cut off from its storage" storage_away
	test_case "little is asked for while nothing happens" idle
	test_case "doctor names kube-vip's manifest and line, and nothing when it is cured" doctor_cures
	test_case "doctor names a DaemonSet's command, and what may not be read" doctor_rights
	test_case "the token is rotated" rotated
	test_case "the token is revoked, then there is another" revoked
	test_case "no token is said" secret
	test_case "it ends without an error" watch_stop
	# long enough that it is the version that is too old, not what was heard
	bounds=(--max-age 60s --backoff-max 1s)
	watch_start "${bounds[@]}"
	test_case "etcd is compacted under a watch that sleeps" expired
	watch_stop
	watch_start "${bounds[@]}" --no-watch-list --page 2
	test_case "paged lists instead of streams" equal_to_fresh
	test_case "paged lists: etcd is compacted under a watch that sleeps" expired
	watch_stop
	events_cases
else
	echo "not ok: never complete"
	tail -n 20 "$dir/says" "$dir/err"
	failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
