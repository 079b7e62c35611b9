# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of run.sh
# doctor by a real server: the class-less Service of MetalLB's that kube-vip takes, the lines to change, and that it is gone then

# doctor STATUS FILTER [ACCOUNT]: what it says, with the rights of an account
doctor() {
	local rc=0
	"$build/vipguard" doctor --node cp1 --kubeconfig "$dir/kubeconfig-${3:-vipguard}" --manifests "$dir/manifests" --socket "$dir/none" --output json \
		>"$dir/doctor" 2>"$dir/doctor.err" || rc=$?
	# this machine's own kernel and links are what they are
	jq '.findings |= map(select(.part == "cluster"))' "$dir/doctor" >"$dir/doctor.cluster"
	cat "$dir/doctor.err" "$dir/doctor.cluster"
	[[ $1 == any || $rc == "$1" ]] && jq -e "$2" "$dir/doctor.cluster" >/dev/null
}

# manifest SVC_ENABLE: kube-vip's static Pod, in its file and as its mirror
manifest() {
	mkdir -p "$dir/manifests"
	printf '%s\n' 'apiVersion: v1' 'kind: Pod' 'metadata: {name: kube-vip, namespace: kube-system}' 'spec:' '  hostNetwork: true' '  containers:' \
		'    - name: kube-vip' '      image: ghcr.io/kube-vip/kube-vip:v1.2.3' '      args: [manager]' '      env:' \
		'        - {name: cp_enable, value: "true"}' '        - name: svc_enable' "          value: \"$1\"" >"$dir/manifests/kube-vip.yaml"
	api_pod kube-system/kube-vip-cp1 cp1 192.0.2.11 '.metadata.annotations = {"kubernetes.io/config.mirror": "x", "kubernetes.io/config.hash": "x"} |
		.spec.hostNetwork = true | .spec.containers = [{name: "kube-vip", image: "ghcr.io/kube-vip/kube-vip:v1.2.3", args: ["manager"],
		env: [{name: "cp_enable", value: "true"}, {name: "svc_enable", value: "'"$1"'"}]}]'
}

doctor_account() {
	local token
	token=$(api_token kube-system "$1") && api_kubeconfig token "$token" >"$dir/kubeconfig-$1"
}

doctor_cures() {
	doctor_account vipguard && api_service default/web 192.0.2.70 "$marked" && manifest true || return
	doctor any 'any(.findings[]; .id == "kube-vip-takes-services" and .cure == "services-off" and .evidence[0].name == "kube-system/kube-vip-cp1" and
		(.edits | length) == 1 and .edits[0].line == 13 and .edits[0].found == "\"true\"" and (.edits[0].file | endswith("/manifests/kube-vip.yaml")))' || return
	api DELETE "$(api_path Pod kube-system/kube-vip-cp1)?gracePeriodSeconds=0" >/dev/null && manifest false || return
	doctor any '(.findings | map(.severity) | index("fault")) == null and .looked_at.cluster == "kubernetes"'
}

# A DaemonSet's Pods are changed by a command; what may not be read is named with the rule.
doctor_rights() {
	api_pod kube-system/kube-vip-ds-x worker1 192.0.2.21 '.metadata.ownerReferences = [{apiVersion: "apps/v1", kind: "DaemonSet", name: "kube-vip-ds",
		uid: "0", controller: true}] | .spec.containers = [{name: "kube-vip", image: "kube-vip/kube-vip:v1.2.3", args: ["manager"],
		env: [{name: "svc_enable", value: "true"}]}]' || return
	doctor any 'any(.findings[]; .id == "kube-vip-takes-services" and .commands == ["kubectl -n kube-system set env daemonset/kube-vip-ds svc_enable=false"])' || return
	api DELETE "$(api_path Pod kube-system/kube-vip-ds-x)?gracePeriodSeconds=0" >/dev/null
	sed 's/name: vipguard\>/name: vipguard-blind/; s/ciliuml2announcementpolicies, ciliumloadbalancerippools/nothing/' deploy/rbac.yaml >"$dir/blind.yaml" &&
		api_apply "$dir/blind.yaml" && doctor_account vipguard-blind || return
	doctor any '[.findings[] | select(.id == "not-readable") | .what] | any(contains("ciliumloadbalancerippools"))' vipguard-blind
}
