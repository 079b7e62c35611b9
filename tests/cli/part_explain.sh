# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of cli.sh
# `explain` on judgement cases: each reason with its rule, what would change it and its remedy; and "what if".

cases=$here/../judgement

# on CASE FOLDER ARGUMENT...: the arguments that judge one case, in $on
on() {
	local folder
	folder=$(echo "$cases/$1"-*)
	shift
	on=(explain --objects "$folder/objects.json" --addresses "$folder/addresses.json" --node "$(jq -r .node "$folder/case.json")"
		--now "$(jq -r .now "$folder/case.json")" "$@")
}

# case, address (and @link), reason, for which of both, what would change it, remedies (- none, ? any), and what the rule says
while IFS='|' read -r number address half reason change remedies rule; do
	[[ -n $number ]] || continue
	link=()
	[[ $address != *@* ]] || link=(--link "${address#*@}")
	on "$number" "${address%@*}" "${link[@]}" -o json
	case $remedies in
	-) wanted='(.remedies | length) == 0 and (has("remedy") | not)' ;;
	'?') wanted=true ;;
	*) wanted="(.remedies | map(.kind)) as \$kinds | (\"${remedies//,/\" | IN(\$kinds[])) and (\"}\" | IN(\$kinds[])) and (.remedy | length) > 20" ;;
	esac
	expect "explain: $reason, $number $address $half" 0 ".[0][0] | .$half.reason == \"$reason\" and (.rule | test(\"$rule\")) and
		any(.would_change[]; .kind == \"$change\" and (.for | IN(\"both\", \"$half\")) and (.text | length) > 10) and ($wanted) and
		(.announce.reason == \"no-service\" or ([.evidence[] | select((.name or .missing) and (.meaning or .kind == \"Protection\"))] | length) > 0)" "${on[@]}"
done <<-'TABLE'
	01|192.0.2.240|bind|owner-never-binds|other-owner|kube-vip-services-off,kube-vip-class-only|bind is violation: MetalLB is the proven owner, and it never puts an address on a link
	01|192.0.2.240|announce|assigned-elsewhere|status-names-node|kube-vip-services-off|announce is violation: .*ServiceL2Status names worker1 as the announcer, not this node
	01|192.0.2.99|bind|no-service|service-carries|-|^unrelated: no Service carries it
	02|192.0.2.240|announce|assigned-here|status-names-others|?|ServiceL2Status names this node
	03|198.51.100.241|announce|not-announced|l2-advertised|kube-vip-services-off|no L2Advertisement selects pool routed: it is announced by BGP
	04|192.0.2.240|bind|ipam-only|pool-advertised|advertise-pool,kube-vip-announces|^unknown: MetalLB allocated it and no advertisement selects pool lan
	11|192.0.2.225|announce|holder-unknown|status-names-node|see-speakers|no ServiceL2Status says which node
	13|192.0.2.225|announce|assigned-here|event-names-others|?|newest Event names this node
	17|192.0.2.97|bind|assigned-elsewhere|lease-moves-here|kube-vip-left-over|^violation: kube-vip is the owner, and a fresh Lease names cp2
	17|192.0.2.98|bind|assigned-here|lease-moves-away|-|^allowed: kube-vip is the owner, and a fresh Lease names this node
	18|192.0.2.97|bind|holder-unknown|lease-fresh|kube-vip-lease|Lease that would name the holder has expired
	18|192.0.2.99|bind|in-transition|wait|-|^unknown: the holder became another one at 2026-11-22T09:59:55
	21|192.0.2.97|bind|owner-everywhere|election|-|kube-vip in BGP mode without election
	22|192.0.2.239|bind|control-plane-vip|object-lets-go|pool-without-address|^protected: .*Pod kube-system/kube-vip-cp1 has it as the API server's address
	26|192.0.2.12|bind|other-node-address|owner-proven|servicelb-off,kube-vip-services-off|^violation: Node cp2 has it as InternalIP
	26|192.0.2.11|bind|node-address|object-lets-go|-|^protected: .*Node cp1, this node's, has it
	29|192.0.2.240@kube-ipvs0|bind|service-dummy|real-link|strict-arp|bind is allowed: link kube-ipvs0 exists to hold service addresses
	93|192.0.2.65@purelb0|bind|service-dummy|real-link|strict-arp|bind is allowed: LBNodeAgent purelb/default names link purelb0
	32|192.0.2.65|bind|assigned-elsewhere|annotation-names-node|find-binder|PureLB is the owner, and its annotation names worker2
	33|192.0.2.64|bind|holder-unknown|holder-listed|list-holder|known by its mark, and publishes no holder
	34|192.0.2.150|bind|owner-unproven|holder-listed|list-holder|externalIP
	34|198.51.100.7|bind|owner-unproven|owner-proven|list-holder|no mark, class or Lease of a known owner
	35|192.0.2.241|bind|pool-reserved|pool-lets-go|find-binder|^violation: it lies in an advertised pool
	36|192.0.2.250|bind|owner-unproven|status-has-address|list-holder|only asks for it
	37|192.0.2.240|bind|owner-conflict|one-claim|drop-a-claim|^unknown: two owners each have an explicit claim
	43|192.0.2.240|bind|owner-unproven|pool-proves|?|MetalLB's mark is there and nothing proves it
	52|192.0.2.240|bind|owner-unproven|pool-proves|mend-mark|a mark alone is no owner
	53|198.51.100.50|bind|owner-unproven|pool-proves|mend-mark|a mark alone is no owner
	94|192.0.2.64|bind|holder-unknown|annotation-names-node|list-holder|its agent on this node may be taking over
	95|192.0.2.64|bind|owner-unproven|balancer-seen|take-mark-off|a mark outlives whoever left it
	96|192.0.2.240|bind|owner-unproven|owner-proven|list-holder|^unknown: Node worker1 reports it as InternalIP, but
	98|192.0.2.64|bind|holder-unknown|settings-seen|list-holder|Pod kube-system/kube-vip-worker2 is set up by what is not seen
	71|192.0.2.97|bind|holder-unknown|holder-is-node|holder-name|no Node's name
	85|192.0.2.12|bind|node-unknown|node-registered|node-name|no Node bears this node's name
TABLE

on 01 192.0.2.240 -o json
expect "explain: evidence has values, lists as lists" 0 '.[0][0].evidence | any(.[]; .kind == "IPAddressPool" and .field == "addresses" and
	.value == ["192.0.2.240-192.0.2.250"] and (.version | length) > 0 and .clue == "pool-contains") and any(.[]; .kind == "L2Advertisement" and
	.value == ["public"]) and any(.[]; .kind == "Service" and .field == "status.loadBalancer.ingress" and .value == ["192.0.2.240"]) and
	any(.[]; .kind == "Pod" and .name == "kube-system/kube-vip-cp1" and .field == "svc_enable" and .value == "true")' "${on[@]}"
expect "explain: the remedy names Pod, file and lines" 0 '.[0][0] | any(.remedies[]; .kind == "kube-vip-services-off" and
	.object == "Pod/kube-system/kube-vip-cp1" and (.text | contains("/etc/kubernetes/manifests/kube-vip.yaml on cp1")) and (.text | contains("value: \"false\"")))' "${on[@]}"
on 04 192.0.2.240 -o json
expect "explain: what is missing is named" 0 '.[0][0].evidence | any(.[]; .missing == true and .kind == "L2Advertisement" and
	(.meaning | contains("of namespace metallb-system selects pool lan")))' "${on[@]}"
on 01 192.0.2.240
says "explain: text, evidence" 0 'evidence +IPAddressPool metallb-system/public: addresses = \[192.0.2.240-192.0.2.250\]: contains the address \(version [0-9]+\)$' "${on[@]}"
says "explain: text, to change" 0 '^  to change   a ServiceL2Status for default/web naming cp1 \(announce\)$' "${on[@]}"
on 18 192.0.2.99
says "explain: text, how long" 0 '^  to change   wait 11 s: in transition since 2026-11-22T09:59:55' "${on[@]}"

# ---- what if

cat >advertisement.yaml <<-'YAML'
	# as one writes it
	apiVersion: metallb.io/v1beta1
	kind: L2Advertisement
	metadata:
	  name: all
	  namespace: metallb-system
	---
	apiVersion: apps/v1
	kind: Deployment
	metadata: {name: web}
YAML
cat >status.json <<-'JSON'
	{"apiVersion": "v1", "kind": "List", "items": [
	 {"apiVersion": "metallb.io/v1beta1", "kind": "ServiceL2Status", "metadata": {"name": "l2-x", "namespace": "metallb-system",
	  "labels": {"metallb.io/node": "cp1", "metallb.io/service-name": "web", "metallb.io/service-namespace": "default"}}, "status": {"node": "cp1"}}]}
JSON
on 04 192.0.2.240 192.0.2.2 --with advertisement.yaml -o json
expect "what if it were advertised" 0 '.[0] | (.[0] | .bind.reason == "owner-never-binds" and .announce.reason == "holder-unknown" and
	.before.bind == {"verdict": "unknown", "reason": "ipam-only"} and (.changed | contains(["bind", "announce", "rule"])) and
	(.before.rule | contains("ipam") or contains("MetalLB allocated"))) and (.[1] | .changed == [] and .before.bind == .bind)' "${on[@]}"
on 04 192.0.2.240 --with advertisement.yaml --with status.json -o json
expect "what if this node announced it, too" 0 '.[0][0] | .announce.reason == "assigned-here" and .assigned_nodes == ["cp1"] and
	(.before | has("assigned_nodes") | not) and (.changed | contains(["assigned_nodes"]))' "${on[@]}"
{ jq -c '.items[0]' status.json && echo && jq -c '.items[0] | .metadata.name = "l2-y"' status.json; } >status.ndjson
on 04 192.0.2.240 --with advertisement.yaml --with status.ndjson -o json
expect "what if, one object a line" 0 '.[0][0].announce.reason == "assigned-here"' "${on[@]}"
on 01 192.0.2.240 --without-object L2Advertisement/metallb-system/l2 -o json
expect "what if this advertisement went" 0 '.[0][0] | .bind.reason == "ipam-only" and .before.bind.reason == "owner-never-binds"' "${on[@]}"
on 01 192.0.2.240 --with advertisement.yaml --without-object l2advertisement/metallb-system/l2 -o json
expect "what if one came for another" 0 '.[0][0] | .bind == .before.bind and (.changed | contains(["bind"]) | not)' "${on[@]}"
on 01 192.0.2.240 --without-object L2Advertisement/metallb-system/l2
says "what if, text" 0 '^  bind        violation \(owner-never-binds\) -> unknown \(ipam-only\)$' "${on[@]}"
says "what if, text, the rest" 0 '^  changed     assigned_nodes was worker1$' "${on[@]}"
on 01 192.0.2.99 --without-object L2Advertisement/metallb-system/l2
says "what if, nothing" 0 '^  changed     nothing$' "${on[@]}"
jq '.items[] | select(.kind == "Service" and .metadata.name == "web") | .spec.loadBalancerClass = "example.com/other"' "$cases"/01-*/objects.json >class.json
on 01 192.0.2.240 --with class.json -o json
expect "what if it had a class" 0 '.[0][0] | .bind.reason == "holder-unknown" and .owner == "example.com/other" and .before.owner == "metallb"' "${on[@]}"

on 01 192.0.2.240 --without-object L2Advertisement/metallb-system/none
refused "what if, not there" '"L2Advertisement/metallb-system/none" is not among the objects' "${on[@]}"
for odd in L2Advertisement Gateway/a/b /a/b L2Advertisement/ ''; do
	on 01 192.0.2.240 --without-object "$odd"
	refused "what if, --without-object '$odd'" "without-object: (found \"?${odd:-\"}|.*expected KIND/NAMESPACE/NAME)" "${on[@]}"
done
file odd.yaml 'kind: Service\napiVersion: v1\nmetadata: {name: 7}\n'
file broken.yaml 'kind: [\n'
file text.yaml 'just words\n'
file empty.yaml ''
file odd.json '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}'
file broken.json '{"kind": "Service"'
while read -r name pattern; do
	[[ -n $name ]] || continue
	on 01 192.0.2.240 --with "$name"
	refused "what if, $name" "$name.*$pattern" "${on[@]}"
done <<-'TABLE'
	odd.yaml Service: metadata.name: expected a string, found a number
	broken.yaml .
	text.yaml expected Kubernetes objects, found something else
	empty.yaml expected Kubernetes objects, found none
	odd.json Service: metadata.namespace: expected a string, found nothing
	broken.json .
	none.yaml No such file
TABLE
: >nothing.json
printf ' \n\t\n' >blank.json
echo '{"apiVersion": "v1", "kind": "List", "items": []}' >no-items.json
for empty in nothing.json blank.json; do
	refused "objects: $empty" "^vipguard: $empty: nothing is in it: expected a List or objects" explain 192.0.2.10 --objects "$empty"
	refused "objects: $empty beside another" "^vipguard: $empty: nothing is in it" check --objects no-items.json --objects "$empty" --addresses none.json
done
expect "objects: a List without items" 0 '.[0][0].bind.reason == "no-service"' explain 192.0.2.10 --objects no-items.json -o json
refused "what if, of a running guard" '--with needs --objects' explain 192.0.2.10 --with advertisement.yaml --socket none.sock
refused "what if, of a file" '--without-object needs --objects' explain 192.0.2.10 --assignments ok.yaml --without-object Pod/a/b
