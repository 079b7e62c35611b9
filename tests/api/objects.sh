# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Objects: from files, and the ones that tests need all the time. Part of lib.sh. Everything is applied (server-side, by force),
# so the same call again changes what is there. A name is NAMESPACE/NAME, or NAME in namespace default. An argument called JQ is a
# filter over the object as it is sent, for whatever else a test wants in it.

api_dir=${api_dir:-}

# Kind, its apiVersion here, plural, namespaced or not, a status of its own or not.
api_kinds='
Namespace                  v1                                  namespaces                   cluster   status
Node                       v1                                  nodes                        cluster   status
Service                    v1                                  services                     namespace status
Pod                        v1                                  pods                         namespace status
ConfigMap                  v1                                  configmaps                   namespace -
Secret                     v1                                  secrets                      namespace -
ServiceAccount             v1                                  serviceaccounts              namespace -
Event                      v1                                  events                       namespace -
Endpoints                  v1                                  endpoints                    namespace -
EndpointSlice              discovery.k8s.io/v1                 endpointslices               namespace -
Lease                      coordination.k8s.io/v1              leases                       namespace -
DaemonSet                  apps/v1                             daemonsets                   namespace status
Deployment                 apps/v1                             deployments                  namespace status
CustomResourceDefinition   apiextensions.k8s.io/v1             customresourcedefinitions    cluster   status
ClusterRole                rbac.authorization.k8s.io/v1        clusterroles                 cluster   -
ClusterRoleBinding         rbac.authorization.k8s.io/v1        clusterrolebindings          cluster   -
Role                       rbac.authorization.k8s.io/v1        roles                        namespace -
RoleBinding                rbac.authorization.k8s.io/v1        rolebindings                 namespace -
IPAddressPool              metallb.io/v1beta1                  ipaddresspools               namespace status
L2Advertisement            metallb.io/v1beta1                  l2advertisements             namespace status
BGPAdvertisement           metallb.io/v1beta1                  bgpadvertisements            namespace status
ServiceL2Status            metallb.io/v1beta1                  servicel2statuses            namespace status
ServiceBGPStatus           metallb.io/v1beta1                  servicebgpstatuses           namespace status
ConfigurationState         metallb.io/v1beta1                  configurationstates          namespace status
CiliumL2AnnouncementPolicy cilium.io/v2alpha1                  ciliuml2announcementpolicies cluster   status
CiliumLoadBalancerIPPool   cilium.io/v2alpha1                  ciliumloadbalancerippools    cluster   status
ServiceGroup               purelb.io/v1                        servicegroups                namespace status
LBNodeAgent                purelb.io/v1                        lbnodeagents                 namespace -
Eip                        network.kubesphere.io/v1alpha2      eips                         cluster   status
Infrastructure             config.openshift.io/v1              infrastructures              cluster   status
EgressIP                   k8s.ovn.org/v1                      egressips                    cluster   -
'

# api_path KIND [[NAMESPACE/]NAME]: an object's path, or without a name that of all of the kind
api_path() {
	local kind=$1 version plural scope prefix namespace=default
	read -r version plural scope < <(awk -v kind="$kind" '$1 == kind { print $2, $3, $4 }' <<<"$api_kinds")
	[[ -n $version ]] || {
		api_say "unknown kind '$kind' (objects.sh has the table)"
		return 1
	}
	prefix=/apis/$version
	[[ $version == v1 ]] && prefix=/api/v1
	if (($# == 1)); then
		echo "$prefix/$plural"
	elif [[ $scope == cluster ]]; then
		echo "$prefix/$plural/${2##*/}"
	else
		[[ $2 == */* ]] && namespace=${2%%/*}
		echo "$prefix/namespaces/$namespace/$plural/${2##*/}"
	fi
}

# api_get KIND [[NAMESPACE/]NAME], api_delete KIND [NAMESPACE/]NAME
api_get() {
	local path
	path=$(api_path "$@") && api GET "$path"
}
api_delete() {
	local path
	path=$(api_path "$1" "$2") && api DELETE "$path" >/dev/null
}

# ---- applying

# api_put PATH FILE: one object, YAML or JSON, as it is
api_put() {
	local answer
	answer=$(API_TYPE=application/apply-patch+yaml api PATCH "$1?fieldManager=vipguard-tests&force=true" "$2") || {
		api_say "not applied: $1: $(jq -r '.message // .' <<<"$answer" 2>/dev/null)"
		return 1
	}
}

# api_put_object KIND PATH FILE: without the status where that has a path of its own. The server ignores it there, but not before it
# has found fault with it: a list keyed by type cannot hold two InternalIPs.
api_put_object() {
	if api_has_status "$1" && [[ $(head -c 1 "$3") == '{' ]]; then
		jq -c 'del(.status)' "$3" | api_put "$2" -
	else
		api_put "$2" "$3"
	fi
}

# api_put_status PATH FILE: the status alone. JSON is merged, for the same reason.
api_put_status() {
	if [[ $(head -c 1 "$2") == '{' ]]; then
		jq -c '{status}' "$2" | api PATCH "$1/status" - >/dev/null
	else
		api_put "$1/status" "$2"
	fi
}

api_has_status() {
	awk -v kind="$1" '$1 == kind { exit $5 != "status" }' <<<"$api_kinds"
}

# api_apply_one FILE KIND NAME NAMESPACE HAS-STATUS
api_apply_one() {
	local file=$1 kind=$2 path served
	path=$(api_path "$kind" "${4:-default}/$3") && api_put_object "$kind" "$path" "$file" || return
	if [[ $kind == CustomResourceDefinition ]]; then
		served=$(api GET "$path" | jq -r '"/apis/\(.spec.group)/\(.spec.versions[] | select(.served) | .name)/\(.spec.names.plural)"' | head -n 1)
		api_await "$served to be served" "[[ \$(api_code admin '$served') == 200 ]]"
	elif [[ $5 == yes ]] && api_has_status "$kind"; then
		api_put_status "$path" "$file"
	fi
}

# Writes one file per document and prints "FILE KIND NAME NAMESPACE HAS-STATUS" for each. Of YAML only as much is understood as
# the documents here need: keys of the top level at the line's start, metadata as a block.
api_split_yaml() {
	awk -v dir="$2" '
		function flush() {
			if (kind != "" && name == "") {
				print "api: no name for a " kind " in " dir > "/dev/stderr"
				exit 1
			}
			if (kind != "")
				print file, kind, name, namespace == "" ? "-" : namespace, status
			if (file != "")
				close(file)
			kind = name = namespace = part = ""
			status = "no"
			file = dir "/" ++n
		}
		function unquote(word) {
			gsub(/["\047]/, "", word)
			return word
		}
		BEGIN { flush() }
		/^---/ { flush(); next }
		{ print >file }
		/^[a-zA-Z]/ { part = $1 }
		/^kind:/ { kind = $2 }
		/^status:/ { status = "yes" }
		part == "metadata:" && /^  name:/ { name = unquote($2) }
		part == "metadata:" && /^  namespace:/ { namespace = unquote($2) }
		END { flush() }' "$1"
}

# The same for JSON: one object, or a List as `kubectl get -o json` prints it. What the server gives itself is taken out.
api_split_json() {
	local object n=0
	jq -c '(if .kind == "List" then .items[] else . end) | del(.metadata | .uid, .resourceVersion, .creationTimestamp, .managedFields, .generation)' "$1" |
		while read -r object; do
			n=$((n + 1))
			printf '%s' "$object" >"$2/$n"
			jq -r --arg file "$2/$n" '[$file, .kind, .metadata.name, .metadata.namespace // "-", if .status then "yes" else "no" end] | join(" ")' <<<"$object"
		done
}

# api_apply FILE...: server-side apply of each document of YAML or JSON files (- is standard input); a status goes where the status
# of its kind goes. A CRD is served when this returns. Namespaces must be there.
api_apply() {
	local file dir split rc=0 document kind name namespace status
	dir=$(mktemp -d "$api_dir/apply.XXXXXX") || return
	for file in "$@"; do
		mkdir -p "$dir/parts"
		cat "$file" >"$dir/all" || rc=1
		split=api_split_yaml
		[[ $(head -c 1 "$dir/all") == '{' ]] && split=api_split_json
		$split "$dir/all" "$dir/parts" >"$dir/list" || rc=1
		[[ -s $dir/list ]] || {
			api_say "$file: no object in it"
			rc=1
		}
		while read -r document kind name namespace status; do
			api_apply_one "$document" "$kind" "$name" "${namespace#-}" "$status" || rc=1
		done <"$dir/list"
		rm -rf "$dir/parts"
	done
	rm -rf "$dir"
	return $rc
}

# api_load FILE: a dump of a cluster, as `kubectl get ... -o json` prints it, with the namespaces that it needs. Objects get new uids.
api_load() {
	local namespace
	for namespace in $(jq -r '[.. | objects | .metadata?.namespace? // empty] | unique[]' "$1"); do
		api_namespace "$namespace" || return
	done
	api_apply "$1"
}

# ---- what tests need all the time

# api_make KIND [NAMESPACE/]NAME FILTER JQ [JQ-ARGUMENT...]: an object from a jq filter, then another over it. Two calls at most.
api_make() {
	local kind=$1 name=${2##*/} namespace=default version path filter=$3 extra=$4 object
	[[ $2 == */* ]] && namespace=${2%%/*}
	shift 4
	version=$(awk -v kind="$kind" '$1 == kind { print $2 }' <<<"$api_kinds")
	path=$(api_path "$kind" "$namespace/$name") || return
	[[ $path == */namespaces/*/*/* ]] || namespace=''
	object=$(jq -nc --arg kind "$kind" --arg version "$version" --arg name "$name" --arg namespace "$namespace" \
		"{apiVersion: \$version, kind: \$kind, metadata: ({name: \$name} + (if \$namespace == \"\" then {} else {namespace: \$namespace} end))}
		 * ($filter) | ${extra:-.}" "$@") || return
	if api_has_status "$kind"; then
		jq -c 'del(.status)' <<<"$object" | api_put "$path" - || return
		[[ $object != *'"status":'* ]] || jq -c '{status}' <<<"$object" | api PATCH "$path/status" - >/dev/null
	else
		api_put "$path" - <<<"$object"
	fi
}

# api_namespace NAME
api_namespace() {
	api_make Namespace "$1" '{}' ''
}

# api_service_account [NAMESPACE/]NAME
api_service_account() {
	api_make ServiceAccount "$1" '{}' ''
}

# api_service NAME ADDRESSES [JQ]: type LoadBalancer; with the addresses (a comma between) as a controller writes them, or pending
# with none (''). From MetalLB's pool "p": JQ '.metadata.annotations["metallb.io/ip-allocated-from-pool"] = "p"'
api_service() {
	api_make Service "$1" '{spec: {type: "LoadBalancer", allocateLoadBalancerNodePorts: false, ports: [{name: "http", port: 80, protocol: "TCP", targetPort: 8080}]},
		status: {loadBalancer: {ingress: [$addresses | split(",")[] | select(. != "") | {ip: ., ipMode: "VIP"}]}}}' "${3:-}" --arg addresses "$2"
}

# api_node NAME ADDRESSES [JQ]: Ready, with these InternalIPs
api_node() {
	api_make Node "$1" '{metadata: {labels: {"kubernetes.io/hostname": $name, "kubernetes.io/os": "linux"}}, spec: {},
		status: {addresses: ([$addresses | split(",")[] | select(. != "") | {type: "InternalIP", address: .}] + [{type: "Hostname", address: $name}]),
			conditions: [{type: "Ready", status: "True", reason: "KubeletReady", message: "", lastHeartbeatTime: (now | todate), lastTransitionTime: (now | todate)}]}}' \
		"${3:-}" --arg addresses "$2"
}

# api_pod NAME NODE ADDRESS [JQ]: running there
api_pod() {
	api_make Pod "$1" '{spec: {nodeName: $node, containers: [{name: "main", image: "example.invalid/main:1"}]},
		status: {phase: "Running", podIP: $address, podIPs: [{ip: $address}], hostIP: $address, startTime: (now | todate),
			conditions: [{type: "Ready", status: "True", lastTransitionTime: (now | todate)}]}}' "${4:-}" --arg node "$2" --arg address "$3"
}

# api_lease NAME HOLDER [AGE-SECONDS [DURATION-SECONDS]]: acquired and renewed AGE ago (0; less is in the future), good for
# DURATION (15). The same call again renews it.
api_lease() {
	local now=$EPOCHREALTIME
	api_make Lease "$1" '{spec: {holderIdentity: $holder, leaseDurationSeconds: $duration, acquireTime: $time, renewTime: $time, leaseTransitions: 0}}' '' \
		--arg holder "$2" --argjson duration "${4:-15}" --arg time "$(date -u -d "@$((${now%.*} - ${3:-0}))" "+%FT%T.${now#*.}Z")"
}

# api_configmap NAME KEY=VALUE...
api_configmap() {
	local name=$1
	shift
	api_make ConfigMap "$name" '{data: ([$ARGS.positional[] | split("=") | {(.[0]): (.[1:] | join("="))}] | add)}' '' --args "$@"
}

# api_node_assigned SERVICE NODE: the Event of a MetalLB speaker that announces it by layer 2
api_node_assigned() {
	local namespace=default uid
	[[ $1 == */* ]] && namespace=${1%%/*}
	uid=$(api_get Service "$1" | jq -er .metadata.uid) || return
	api_make Event "$namespace/${1##*/}.assigned-$2" '{type: "Normal", reason: "nodeAssigned", message: "announcing from node \"\($node)\" with protocol \"layer2\"",
		involvedObject: {apiVersion: "v1", kind: "Service", namespace: $namespace, name: $service, uid: $uid},
		source: {component: "metallb-speaker"}, reportingComponent: "metallb-speaker",
		firstTimestamp: (now | todate), lastTimestamp: (now | todate), count: 1}' '' --arg node "$2" --arg service "${1##*/}" --arg uid "$uid"
}

# ---- MetalLB, in namespace metallb-system, or another that stands in the name

api_metallb_name() {
	[[ $1 == */* ]] || printf 'metallb-system/'
	echo "$1"
}

# api_metallb NODE...: what shows that it runs: its namespace, a controller and a speaker on each node
api_metallb() {
	local node
	api_namespace metallb-system && api_pod metallb-system/controller-0 "$1" 192.0.2.200 '.metadata.labels = {app: "metallb", component: "controller"}' || return
	for node in "$@"; do
		api_pod "metallb-system/speaker-$node" "$node" 192.0.2.201 '.metadata.labels = {app: "metallb", component: "speaker"}' || return
	done
}

# api_pool NAME RANGES [JQ]
api_pool() {
	api_make IPAddressPool "$(api_metallb_name "$1")" '{spec: {addresses: ($ranges | split(",")), autoAssign: true}}' "${3:-}" --arg ranges "$2"
}

# api_l2advertisement NAME POOLS [JQ], api_bgpadvertisement NAME POOLS [JQ]: pools with a comma between, '' for all
api_l2advertisement() {
	api_make L2Advertisement "$(api_metallb_name "$1")" '{spec: (if $pools == "" then {} else {ipAddressPools: ($pools | split(","))} end)}' "${3:-}" --arg pools "$2"
}
api_bgpadvertisement() {
	api_make BGPAdvertisement "$(api_metallb_name "$1")" '{spec: (if $pools == "" then {} else {ipAddressPools: ($pools | split(","))} end)}' "${3:-}" --arg pools "$2"
}

api_status_labels='{metadata: {labels: {"metallb.io/node": $node, "metallb.io/service-name": $service, "metallb.io/service-namespace": $where}}, spec: {}'

# api_l2status SERVICE NODE [JQ]: the speaker there announces it; api_l2status_gone SERVICE NODE: no more. As the speakers do it a
# move is a new object, then the old one is deleted.
api_l2status() {
	local namespace=default
	[[ $1 == */* ]] && namespace=${1%%/*}
	api_make ServiceL2Status "metallb-system/l2-$namespace-${1##*/}-$2" "$api_status_labels, status: {node: \$node, serviceName: \$service, serviceNamespace: \$where}}" \
		"${3:-}" --arg node "$2" --arg service "${1##*/}" --arg where "$namespace"
}
api_l2status_gone() {
	local namespace=default
	[[ $1 == */* ]] && namespace=${1%%/*}
	api_delete ServiceL2Status "metallb-system/l2-$namespace-${1##*/}-$2"
}
