# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of cli.sh
# `doctor` on dumps: over all judgement cases; findings that go when the cure is applied, by --with, --without-object and edited manifests.

cases=$here/../judgement

refused "doctor: two sources" 'found --objects and --kubeconfig, expected one of them' doctor --objects ok.yaml --kubeconfig ok.yaml
refused "doctor: no table" 'expected json or text' doctor -o markdown
refused "doctor: an argument" 'doctor' doctor 192.0.2.10
refused "doctor: addresses of nothing" -- '--addresses needs --assignments or --objects' doctor --addresses none.json
refused "doctor: no such dump" 'gone.json' doctor --objects gone.json
refused "doctor: no such kubeconfig" 'gone.yaml' doctor --kubeconfig gone.yaml
refused "doctor: no such manifests" 'nowhere' doctor --objects "$cases/45-empty-cluster/objects.json" --manifests nowhere

# of NUMBER OPTION...: the arguments that look at one case, in $of
of() {
	local folder
	folder=$(echo "$cases/$1"-*)
	shift
	of=(doctor --objects "$folder/objects.json" --addresses "$folder/addresses.json" --node "$(jq -r .node "$folder/case.json")"
		--now "$(jq -r .now "$folder/case.json")" "$@")
}

# Whatever the dump: each finding is whole, the exit status tells of faults and risks, and the text of the same has no control characters.
whole='.[0] | (.faults + .risks > 0) as $grave | ([.findings[].severity] | map({fault: 0, risk: 1, note: 2}[.]) | . == sort) and
	(.findings | length) == .faults + .risks + .notes and .looked_at.cluster == "objects" and (.not_looked_at | keys) == ["kernel", "node"] and
	all(.findings[]; (.what | length > 10) and (.why | length > 10) and (.change | length > 10) and .docs == "docs/doctor.md#" + .id and .part == "cluster" and
		(.id == "not-readable" or .id == "node-unknown" or (.evidence | length) > 0) and all(.evidence[]; .kind and .name)) and
	($exit | . == (if $grave then 1 else 0 end))'
for folder in "$cases"/*/; do
	name=$(basename "$folder")
	of "${name%%-*}" -o json
	call "${of[@]}"
	if jq -es --argjson exit "$rc" "$whole" out >/dev/null; then
		passed=$((passed + 1))
	else
		fail "doctor on $name" "exit $rc: $(jq -c '.findings[]' out 2>&1 | head -c 1500)" "$(head -c 300 err)"
	fi
	json=$rc
	[[ $name == ?[159]* ]] || continue # one form is made from the other
	call "${of[@]}" -o text
	if [[ $rc == "$json" ]] && ! LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f]' out && grep -qE '^node .*: [0-9]+ faults?, [0-9]+ risks?, [0-9]+ notes?' out; then
		passed=$((passed + 1))
	else
		fail "doctor on $name: text" "exit $rc: $(head -c 600 out)"
	fi
done

# The ids of what is found, but for releases, and the exit status. "-": nothing.
while IFS='|' read -r number status ids why; do
	[[ -n $number ]] || continue
	of "$number" -o json
	expect "doctor: $why" "$status" "[.[0].findings[] | select(.id | endswith(\"-version\") | not) | .id] | unique == (\"$ids\" | split(\" \") | map(select(. != \"-\")) | sort)" "${of[@]}"
done <<-'TABLE'
	01|1|kube-vip-takes-services wrong-bind|kube-vip on the control plane takes MetalLB's
	02|0|-|MetalLB alone, the right node
	04|0|-|MetalLB allocates, kube-vip announces
	16|0|-|classes keep them apart
	22|1|control-plane-vip-in-pool|the API server's address in a pool
	29|0|-|service dummies are no matter of the cluster's
	31|0|-|Cilium alone
	32|0|-|PureLB alone
	33|0|-|OpenELB, LoxiLB and Calico
	26|1|kube-vip-takes-node-addresses wrong-bind|k3s' ServiceLB, and kube-vip
	42|1|not-advertised wrong-bind|two MetalLBs, one pool of nobody's
	43|1|no-instance|MetalLB removed, its pool left
	45|1|node-unknown|an empty cluster
	52|1|kube-vip-takes-services no-such-pool|the mark of a deleted pool
	86|1|egress-ip-in-pool kube-vip-takes-services wrong-bind|an EgressIP in the pool
	98|0|kube-vip-settings-hidden|settings come from a file
TABLE

# cured NAME NUMBER ID OPTION...: found as it is, and not with the options
cured() {
	local name=$1 number=$2 id=$3
	of "$number" -o json
	expect "doctor: $name" 1 ".[0] | any(.findings[]; .id == \"$id\")" "${of[@]}"
	of "$number" -o json "${@:4}"
	call "${of[@]}"
	if [[ $rc -le 1 ]] && jq -e "any(.findings[]; .id == \"$id\") | not" out >/dev/null; then
		passed=$((passed + 1))
	else
		fail "doctor: $name, cured" "exit $rc: $(jq -c '.findings[]' out 2>&1 | head -c 800)" "$(head -c 300 err)"
	fi
}

# amend NUMBER KIND FILTER: that object of a case, changed, as a file for --with
amend() {
	jq "[.items[] | select(.kind == \"$2\")][0] | $3" "$(echo "$cases/$1"-*)/objects.json" >with.json
}

amend 22 IPAddressPool '.spec.addresses = ["192.0.2.240/28"]'
cured "separate ranges" 22 control-plane-vip-in-pool --with with.json
cured "a pool that is left" 43 no-instance --without-object IPAddressPool/metallb-system/public
cured "an EgressIP" 86 egress-ip-in-pool --without-object EgressIP/out
cured "one solution" 01 kube-vip-takes-services --without-object Pod/kube-system/kube-vip-cp1 --without-object Pod/kube-system/kube-vip-cp2 \
	--without-object Pod/kube-system/kube-vip-cp3
echo '{"apiVersion": "metallb.io/v1beta1", "kind": "L2Advertisement", "metadata": {"name": "all", "namespace": "metallb-edge"}, "spec": {}}' >with.json
cured "a pool that nobody announces" 42 not-advertised --with with.json
cured "what is bound" 35 wrong-bind --addresses none.json

# ---- manifests: the line to change, and that it is gone once it is
mkdir manifests
manifest() {
	printf '%s\n' 'apiVersion: v1' 'kind: Pod' 'metadata: {name: kube-vip, namespace: kube-system}' 'spec:' '  containers:' '  - name: kube-vip' \
		'    image: ghcr.io/kube-vip/kube-vip:v1.2.3' "    args: [manager$1]" '    env:' '    - {name: cp_enable, value: "true"}' \
		'    - {name: address, value: 192.0.2.2}' "${@:2}" >manifests/kube-vip.yaml
}
static=(--manifests manifests --without-object Pod/kube-system/kube-vip-cp2 --without-object Pod/kube-system/kube-vip-cp3 --addresses none.json)
manifest '' '    - name: svc_enable' '      value: "true"'
of 01 -o json "${static[@]}"
expect "doctor: the line of svc_enable" 1 '.[0].findings | map(select(.id == "kube-vip-takes-services")) | length == 1 and (.[0].edits ==
	[{file: "manifests/kube-vip.yaml", line: 13, last_line: 13, setting: "svc_enable", found: "\"true\"", change: "make it value: \"false\""}]) and
	.[0].cure == "services-off"' "${of[@]}"
says "doctor: file and line in the second line of the text" 1 '^  change      manifests/kube-vip.yaml, line 13: svc_enable is "true", make it value: "false"$' "${of[@]}" -o text
sed -n 2p out | grep -q '^  change ' && passed=$((passed + 1)) || fail "doctor: the second line is the change" "$(head -n 3 out)"
sed -i '13s/true/false/' manifests/kube-vip.yaml
expect "doctor: that line changed, and the finding is gone" 0 '.[0].findings | map(select(.severity != "note")) == []' "${of[@]}"

manifest ', --services' '    - {name: lb_class_only, value: "true"}'
expect "doctor: the class trap, its lines" 1 '.[0].findings[0] | .id == "kube-vip-class-trap" and .cure == "separate-ranges" and
	([.edits[] | [.line, .setting, .change]] == [[12, "svc_enable", "insert behind it: - {name: svc_enable, value: \"true\"}"], [8, "argument", "take it out"]])' "${of[@]}"
manifest '' '    - {name: svc_enable, value: "true"}' '    - {name: lb_class_only, value: "true"}'
expect "doctor: the class trap, cured" 0 '.[0].findings | map(select(.severity != "note")) == []' "${of[@]}"
manifest ', --services'
expect "doctor: services by argument alone" 1 '.[0].findings[0] | .id == "kube-vip-takes-services" and [.edits[] | [.line, .setting]] == [[8, "argument"]]' "${of[@]}"
manifest ''
expect "doctor: without the argument" 0 '.[0].findings | map(select(.severity != "note")) == []' "${of[@]}"

# another node's Pod is not in this folder
manifest '' '    - {name: svc_enable, value: "true"}'
of 01 -o json --manifests manifests --node worker1 --addresses none.json
expect "doctor: the manifest of another node" 1 '.[0].findings[0] | .id == "kube-vip-takes-services" and (has("edits") | not)' "${of[@]}"

# ---- a DaemonSet: the command
amend 01 Pod '.metadata.name = "kube-vip-ds-x" | .metadata.namespace = "kube-system" | .metadata.ownerReferences = [{kind: "DaemonSet", name: "kube-vip-ds"}] |
	.spec.nodeName = "cp1" | .spec.containers = [{name: "kube-vip", image: "kube-vip/kube-vip:v1.2.3", env: [{name: "svc_enable", value: "true"}]}]'
of 01 -o json "${static[@]:2}" --without-object Pod/kube-system/kube-vip-cp1 --with with.json
expect "doctor: a DaemonSet's command" 1 '.[0].findings[0] | .id == "kube-vip-takes-services" and .cure == "one-solution" and
	.commands == ["kubectl -n kube-system set env daemonset/kube-vip-ds svc_enable=false"]' "${of[@]}"

# ---- this machine: whatever it is, without privileges and without a source
manifest ', --services' '    - {name: lb_class_only, value: "true"}'
call doctor --socket none --manifests manifests --node cp1 -o json
if [[ $rc == 1 ]] && jq -e '(.kernel | length) == 16 and all(.kernel[]; .feature and (.state | IN("yes", "no", "unknown", "not-needed"))) and .looked_at.kernel == "what can be read" and
	(.looked_at.cluster == "static Pods alone") and (.not_looked_at.cluster | startswith("no source")) and any(.findings[]; .id == "kube-vip-class-trap" and (.edits | length) == 2) and
	any(.findings[]; .id == "no-guard" or .id == "guard-silent")' out >/dev/null; then
	passed=$((passed + 1))
else
	fail "doctor: this machine" "exit $rc: $(head -c 1500 out)" "$(head -c 300 err)"
fi
