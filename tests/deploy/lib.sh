# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # for and from whoever sources this
#
# What the tests of deploy/ have in common. To be sourced after tests/api/lib.sh, in the repository's folder, with $dir set.

build=${BUILD:-build}
HELM_KUBE_VERSION=$(api_version kube-apiserver)
API_FLAGS+=(--allow-privileged) # as clusters have it
export HELM_KUBE_VERSION
chart=deploy/helm/vipguard
base=deploy/kustomize/base
enforce=deploy/kustomize/overlays/enforce
passed=0 failed=0

# test_case NAME FUNCTION [ARG...]: what it says is shown if it fails
test_case() {
	local name=$1
	shift
	if ("$@") >"$dir/says" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		sed 's/^/    /' "$dir/says"
	fi
}

fail() {
	echo "$*"
	return 1
}

# equal WHAT GOT WANTED
equal() {
	[[ $2 == "$3" ]] || fail "$1: expected $3, got $2"
}

summary() {
	echo "$passed passed, $failed failed"
	((passed > 0 && failed == 0))
}

# render WHAT ARGUMENT...: kustomize DIR, helm CHART NAMESPACE [VALUES...], yaml FILE...: a JSON list of objects
render() {
	"$(api_binary render)" "$@"
}

# with VALUES: the chart with these values (YAML), in kube-system
with() {
	printf '%s\n' "$1" >"$dir/values.yaml"
	render helm $chart "${2:-kube-system}" "$dir/values.yaml"
}

# The container, the Pod's specification, the configuration file of a rendered list on standard input
container() {
	jq -c '.[] | select(.kind == "DaemonSet").spec.template.spec.containers[0]'
}
config() {
	jq -r '.[] | select(.kind == "ConfigMap").data["config.yaml"]' >"$dir/config.yaml" && render yaml "$dir/config.yaml" | jq -c '.[0]'
}

# send LIST QUERY: each object of a rendered list (a file) is applied, as `kubectl apply --server-side` does; a field that the server does not
# know, and a warning, is an error. But for one: the label `master` is deprecated, and what OpenShift and old clusters have.
send() {
	local object kind name path answer
	while read -r object; do
		read -r kind name < <(jq -r '.kind + " " + (.metadata.namespace // "default") + "/" + .metadata.name' <<<"$object")
		path=$(api_path "$kind" "$name") || return
		answer=$(api_curl "$path?fieldManager=vipguard-tests&force=true&fieldValidation=Strict$2" --fail-with-body -X PATCH "${api_admin[@]}" -D "$dir/headers" \
			-H 'Content-Type: application/apply-patch+yaml' --data-binary @- <<<"$object") || fail "$kind $name: $(jq -r .message <<<"$answer")" || return
		! grep -i '^warning:' "$dir/headers" | grep -vF 'key: node-role.kubernetes.io/master is' || fail "$kind $name" || return
	done < <(jq -c '.[]' "$1")
}
