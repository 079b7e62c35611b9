#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# manifests.sh: what deploy/ installs: that kustomize and Helm say the same, what values do and which are refused, and what a real API server says of
# every object. BUILD (build) holds vipguard. Needs no root. Closes with "N passed, M failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=../api/lib.sh
source tests/api/lib.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=lib.sh
source tests/deploy/lib.sh
tests/api/build.sh etcd kube-apiserver render || exit 1

# ---- one truth

copies() {
	cmp deploy/rbac.yaml $base/rbac.yaml && cmp deploy/rbac.yaml $chart/files/rbac.yaml || fail "make manifests copies deploy/rbac.yaml"
}
test_case "the rules are those of deploy/rbac.yaml" copies

versions() {
	local version image
	version=$(<VERSION)
	equal "the chart's" "$(render yaml $chart/Chart.yaml | jq -r '.[0] | .version + " " + .appVersion')" "$version $version" || return
	for image in "$(render kustomize $base | container | jq -r .image)" "$(render yaml deploy/static-pod/vipguard.yaml | jq -r '.[0].spec.containers[0].image')"; do
		equal "an image's" "${image##*:}" "$version" || return
	done
}
test_case "versions are that of VERSION" versions

lint() {
	render lint $chart && printf 'mode: enforce\nprivileged: true\n' >"$dir/values.yaml" && render lint $chart "$dir/values.yaml"
}
test_case "helm lint" lint

# The whole list in one order. How a change of the configuration is rolled out, Helm by an annotation, kustomize by the ConfigMap's name, is left
# out; the configuration is compared as what it says.
normal() {
	local list config
	list=$(cat)
	config=$(config <<<"$list") || return
	jq -S --argjson config "$config" 'def unhashed: sub("^vipguard-config-[a-z0-9]{10}$"; "vipguard-config"); sort_by(.kind, .metadata.namespace) |
		map(if .kind == "ConfigMap" then .metadata.name |= unhashed | .data["config.yaml"] = $config else . end |
		if .kind == "DaemonSet" then del(.spec.template.metadata.annotations["checksum/config"]) |
		if .spec.template.metadata.annotations == {} then del(.spec.template.metadata.annotations) else . end |
		(.spec.template.spec.volumes[] | select(.name == "config").configMap.name) |= unhashed else . end)' <<<"$list"
}

# same FOLDER VALUES
same() {
	render kustomize "$1" | normal >"$dir/kustomize" && with "$2" | normal >"$dir/helm" && [[ $(jq length "$dir/helm") == 9 ]] || return
	diff "$dir/kustomize" "$dir/helm"
}
test_case "the chart as it is, and kustomize's base" same $base '{}'
test_case "the chart with mode enforce, and kustomize's overlay" same $enforce 'mode: enforce'

static_pod() {
	local keep='del(.serviceAccountName, .automountServiceAccountToken, .nodeSelector, .affinity, (.volumes[] | select(.name == "config")))'
	render kustomize $base | jq -S ".[] | select(.kind == \"DaemonSet\").spec.template.spec | $keep" >"$dir/daemonset"
	render yaml deploy/static-pod/vipguard.yaml | jq -S ".[0].spec | $keep" >"$dir/static"
	diff "$dir/daemonset" "$dir/static" && equal "references to the API" \
		"$(jq -c '[.. | objects | (.configMap?, .secret?, .configMapKeyRef?, .secretKeyRef?, .serviceAccountName?) // empty]' "$dir/static")" '[]'
}
test_case "the static Pod is the DaemonSet's, and needs nothing of the API" static_pod

modes_differ() {
	equal "base and overlay" "$(diff $base/config.yaml $enforce/config.yaml | grep '^[<>]')" $'< mode: audit\n> mode: enforce'
}
test_case "the overlay's configuration is the base's but for the mode" modes_differ

rolled_out() {
	local what='[.. | objects | (.["checksum/config"]?, .configMap.name?) // empty] | tostring' one other
	for one in "render kustomize $base:render kustomize $enforce" "with mode: audit:with mode: enforce"; do
		other=${one##*:render} other=${other##*:with}
		if [[ $one == with* ]]; then
			[[ $(with 'mode: audit' | jq "$what") != "$(with 'mode: enforce' | jq "$what")" ]] || fail "the chart" || return
		else
			[[ $(render kustomize $base | jq "$what") != "$(render kustomize $enforce | jq "$what")" ]] || fail "kustomize" || return
		fi
	done
}
test_case "another configuration is another Pod" rolled_out

# ---- values

# refused KEY VALUES...: the error names the key
refused() {
	local pattern=$1 values
	for values in "${@:2}"; do
		! with "$values" >"$dir/out" 2>"$dir/err" || fail "taken: $values" || return
		grep -qE "$pattern" "$dir/err" || fail "$values: $(<"$dir/err")" || return
	done
}
bad_values() {
	local rc=0
	refused "additional properties 'mod' not allowed" 'mod: enforce' || rc=1
	refused "at '/mode'" 'mode: enforced' 'mode: true' || rc=1
	refused "at '/act(/0)?'" 'act: deny' 'act: [refuse]' 'act: []' || rc=1
	refused "at '/grace'" 'grace: 15' || rc=1
	refused "at '/maxAge'" 'maxAge: a minute' || rc=1
	refused "at '/deadMan'" 'deadMan: 10' || rc=1
	refused "at '/breaker'" 'breaker: all' 'breaker: -1' 'breaker: 16385' || rc=1
	refused "at '/protect/0'" 'protect: [api.example.com]' || rc=1
	refused "at '/interfaces/0'" 'interfaces: [abcdefghijklmnop]' || rc=1
	refused "at '/events'" 'events: "no"' || rc=1
	refused "at '/image'.* 'name' not" 'image: {name: vipguard}' || rc=1
	refused "at '/image/digest'" 'image: {digest: "sha256:12"}' || rc=1
	refused "at '/metrics/listen'" 'metrics: {listen: 9477}' 'metrics: {listen: "9477"}' || rc=1
	refused "at '/assignments/version'" 'assignments: {version: 2}' || rc=1
	refused "at '/assignments/assignments/0'.*nodes" 'assignments: {version: 1, assignments: [{address: 192.0.2.1}]}' || rc=1
	refused "at '/resources'" 'resources: {cpu: 1}' || rc=1
	refused "at '/seccompProfile/type'" 'seccompProfile: {type: Off}' || rc=1
	refused "at '/tolerations'" 'tolerations: all' || rc=1
	refused "podMonitor.enabled: .*metrics.listen \(127.0.0.1:9477\)" 'podMonitor: {enabled: true}' || rc=1
	return $rc
}
test_case "a wrong value's error names the key" bad_values

# changes VALUES FILTER: something that the container is by default and is not with these values, or the other way round
changes() {
	! with '{}' | jq -e "$2" >/dev/null || fail "by default: $2" || return
	with "$1" | tee "$dir/rendered" | jq -e "$2" >/dev/null || fail "$1: not $2" || return
}
good_values() {
	local rc=0 pod='(.[] | select(.kind == "DaemonSet").spec.template.spec)' c
	c="$pod.containers[0]"
	changes 'privileged: true' "$c.securityContext | .privileged and .readOnlyRootFilesystem and (has(\"capabilities\") or has(\"seccompProfile\") | not)" || rc=1
	changes 'hostPID: false' "($pod.hostPID | not) and ($c.securityContext.capabilities.add | index(\"SYS_PTRACE\") == null)" || rc=1
	changes 'image: {repository: registry.example/vipguard, tag: v9}' "$c.image == \"registry.example/vipguard:v9\"" || rc=1
	changes "image: {digest: \"sha256:$(printf '0%.0s' {1..64})\"}" "$c.image | test(\"^localhost/vipguard@sha256:0{64}\$\")" || rc=1
	changes 'extraArgs: [--verbose]' "$c.args[-1] == \"--verbose\"" || rc=1
	changes 'resources: {limits: {memory: 1Gi}}' "$c.resources.limits.memory == \"1Gi\" and $c.resources.requests.cpu == \"20m\"" || rc=1
	changes 'metrics: {listen: "[::]:9000"}' "$c.readinessProbe.httpGet | .host == \"::1\" and .port == 9000" || rc=1
	changes 'metrics: {listen: "off"}' "$c | has(\"readinessProbe\") | not" || rc=1
	changes 'manifests: []' "$c.volumeMounts | any(.name == \"manifests-0\") | not" || rc=1
	changes 'manifests: [/a, /b]' "$c.volumeMounts | any(.name == \"manifests-1\" and .mountPath == \"/b\" and .readOnly)" || rc=1
	changes '{podMonitor: {enabled: true}, metrics: {listen: "0.0.0.0:9477"}}' 'any(.[]; .kind == "PodMonitor")' || rc=1
	changes 'assignments: {version: 1, assignments: [{address: 192.0.2.240, nodes: [worker1]}]}' '.[] | select(.kind == "ConfigMap").data | has("assignments.yaml")' || rc=1
	equal "an old cluster's AppArmor" "$(HELM_KUBE_VERSION=1.29.0 with '{}' | jq -c '[.. | objects | (.appArmorProfile?, .annotations["container.apparmor.security.beta.kubernetes.io/vipguard"]?) // empty]')" \
		'["unconfined"]' || rc=1
	return $rc
}
test_case "values do what they say" good_values

# The file is one that this vipguard takes: it is looked at before anything is asked.
takes() {
	local rc=0
	config >"$dir/json" || return
	"$build/vipguard" status --config "$dir/config.yaml" --socket "$dir/none.sock" >"$dir/out" 2>&1 || rc=$?
	equal "exit status with $(<"$dir/json"): $(<"$dir/out")" $rc 3
}
configurations() {
	render kustomize $base | takes && render kustomize $enforce | takes &&
		with '{mode: enforce, act: [none], breaker: none, protect: [192.0.2.2, "2001:db8::/64"], interfaces: [eth0], metrics: {listen: "off", vips: true}, events: false,
			extraConfig: {detach-on-exit: true, log-format: text}, assignments: {version: 1}}' | tee "$dir/rendered" | takes || return
	equal "the file" "$(config <"$dir/rendered" | jq -Sc .)" "$(jq -nSc '{mode: "enforce", act: ["none"], breaker: "none", grace: "15s", "max-age": "60s", "dead-man": "30s",
		protect: ["192.0.2.2", "2001:db8::/64"], interface: ["eth0"], metrics: "off", "metrics-vips": true, "kube-events": "off", manifests: ["/etc/kubernetes/manifests"],
		"detach-on-exit": true, "log-format": "text", assignments: "/etc/vipguard/assignments.yaml", kubeconfig: "in-cluster"}')" || return
	! with 'extraConfig: {no-such-option: 1}' | takes || fail "an unknown option was taken"
}
test_case "vipguard takes each configuration" configurations

# ---- a real API server

api_up "$dir/api" || {
	echo "not ok: no API server"
	failed=$((failed + 1))
	summary
	exit 1
}

# the server knows each field, and has nothing to warn of
accepted() {
	local what
	render kustomize $base >"$dir/all-base" && render kustomize $enforce >"$dir/all-enforce" && render yaml deploy/static-pod/vipguard.yaml >"$dir/all-static" &&
		with '{}' >"$dir/all-helm" && with 'privileged: true' >"$dir/all-privileged" &&
		with '{hostPID: false, metrics: {listen: "off"}, manifests: [], affinity: {}, assignments: {version: 1}}' >"$dir/all-bare" || return
	for what in base enforce static helm privileged bare; do
		send "$dir/all-$what" '&dryRun=All' || return
	done
	equal "what a dry run left" "$(api_code admin /apis/apps/v1/namespaces/kube-system/daemonsets/vipguard)" 404
}
test_case "dry run: every object, every field, no warning" accepted

strict() {
	render kustomize $base | jq '[.[] | select(.kind == "DaemonSet").spec.template.spec.hostNetworc = true | select(.kind == "DaemonSet")]' >"$dir/bad" &&
		! send "$dir/bad" '&dryRun=All' >"$dir/out" && grep -q hostNetworc "$dir/out"
}
test_case "dry run: a field that nobody knows is refused" strict

# may TOKEN LINES: "CODE PATH" on standard input
may() {
	local want path
	while read -r want path; do
		equal "GET $path" "$(api_code "$1" "$path")" "$want" || return
	done
}

# Released elsewhere, the guard has the same rights.
elsewhere() {
	local token
	api_namespace guards && api_configmap kube-system/kubeadm-config a=b && with '{}' guards >"$dir/guards" && send "$dir/guards" '' || return
	token=$(api_token guards vipguard) || return
	may "$token" <<-'LIST'
		200 /api/v1/services
		200 /api/v1/nodes
		200 /apis/coordination.k8s.io/v1/leases
		200 /api/v1/namespaces/kube-system/configmaps/kubeadm-config
		403 /api/v1/namespaces/guards/configmaps/vipguard-config
		403 /api/v1/secrets
	LIST
}
test_case "in another namespace: installed, with the rights of deploy/rbac.yaml" elsewhere
summary
