# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of cli.sh
# The owner table of `check`: over all dumps of the judgement cases, and its forms.

cases=$here/../judgement

# Every address in the status of a Service has one row, and no address has two.
one_row_each() {
	jq -ne --slurpfile check out --slurpfile dump "$1" '
		def mapped: ascii_downcase | ltrimstr("::ffff:");
		([$dump[0].items[] | select(.kind == "Service" and (.metadata.name | type) == "string") | .status.loadBalancer.ingress[]?.ip? // empty | strings | mapped] | unique) as $vips |
		$check[0].inventory as $rows | [$rows[] | select(.kind == "vip" or .kind == "control-plane-vip")] as $addresses |
		([$addresses[].address] | length == (unique | length)) and
		all($vips[] | select(test("^([0-9]{1,3}[.]){3}[0-9]{1,3}$|^2001:db8:[0-9a-f:]+$")) |
			select(test(":") or (split(".") | all(length == 1 or (startswith("0") | not)) and all(tonumber < 256)));
			. as $vip | [$addresses[] | select(.address == $vip)] | length == 1)'
}

# What the table says of each address is what explain says of it.
same_as_explain() {
	local addresses
	mapfile -t addresses < <(jq -r '.inventory[] | select(.address | test("[-/]") | not) | select(.kind != "pool") | .address' out)
	((${#addresses[@]})) || return 0
	timeout 20 "$vipguard" explain "${addresses[@]}" "${judged[@]}" -o json </dev/null >explained 2>/dev/null &&
		jq -ne --slurpfile check out --slurpfile explained explained '
			def said: {address, bind, announce};
			[$check[0].inventory[] | select(.address | test("[-/]") | not) | select(.kind != "pool") | said] == [$explained[0][] | said]'
}

# Every conflict of the list stands in a row, and the other way round.
conflicts_agree() {
	jq -e '([.conflicts[].kind] | unique) == ([.inventory[].conflicts[]] | unique) and all(.conflicts[]; (.text | length > 0) and .address)' out
}

for case in "$cases"/*/case.json; do
	folder=${case%/case.json} name=${case%/case.json}
	name=${name##*/}
	judged=(--objects "$folder/objects.json" --addresses "$folder/addresses.json" --node "$(jq -r .node "$case")" --now "$(jq -r .now "$case")")
	call check "${judged[@]}" -o json
	wanted=$(jq '.check.exit // empty' "$case")
	for test in one_row_each same_as_explain conflicts_agree; do
		if [[ -z $wanted || $rc == "$wanted" ]] && $test "$folder/objects.json" >/dev/null 2>&1; then
			passed=$((passed + 1))
		else
			fail "inventory of $name: $test" "exit $rc: $(jq -c '.inventory[]' out 2>&1 | head -c 1500)" "$(head -c 300 err)"
		fi
	done
	for form in text markdown; do
		call check "${judged[@]}" -o $form
		if [[ -z $wanted || $rc == "$wanted" ]] && ! LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f]' out; then
			passed=$((passed + 1))
		else
			fail "inventory of $name: $form" "exit $rc: $(head -c 600 out)" "$(head -c 300 err)"
		fi
	done
done

# ---- one dump in full
objects() { printf '{"apiVersion": "v1", "kind": "List", "items": [%s]}' "$1" >objects.json; }
service() { printf '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "%s", "namespace": "default", "uid": "%s", "annotations": {"metallb.io/ip-allocated-from-pool": "public"}}, "spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": [{"ip": "%s"}]}}}' "$1" "$1" "$2"; }
pool() { printf '{"apiVersion": "metallb.io/v1beta1", "kind": "IPAddressPool", "metadata": {"name": "%s", "namespace": "metallb-system"}, "spec": {"addresses": ["%s"]}}' "$1" "$2"; }
speaker='{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "speaker-x", "namespace": "metallb-system", "labels": {"app": "metallb", "component": "speaker"}}, "spec": {"nodeName": "worker1", "containers": [{"name": "speaker", "image": "quay.io/metallb/speaker:v0.14.8"}]}, "status": {"phase": "Running"}}'
advertisement='{"apiVersion": "metallb.io/v1beta1", "kind": "L2Advertisement", "metadata": {"name": "all", "namespace": "metallb-system"}, "spec": {}}'
node='{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "cp1"}, "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.250"}]}}'
objects "$node, $speaker, $advertisement, $(pool public 192.0.2.240-192.0.2.250), $(pool edge 192.0.2.245-192.0.2.255), $(service web 192.0.2.241), $(service far 198.51.100.9)"
dumped=(check --objects objects.json --addresses none.json --node cp1)

expect "inventory: rows in order" 0 '.[0].inventory | map(.kind + " " + .address) == ["pool 192.0.2.240-192.0.2.250", "vip 192.0.2.241",
	"pool 192.0.2.245-192.0.2.255", "node-address 192.0.2.250", "vip 198.51.100.9"]' "${dumped[@]}" -o json
expect "inventory: conflicts alone are fine" 0 '.[0] | .violations == 0 and ([.conflicts[] | .kind + " " + .address] | sort) == ["node-address-in-pool 192.0.2.250",
	"node-address-in-pool 192.0.2.250", "outside-pool 198.51.100.9", "pools-overlap 192.0.2.245-192.0.2.250"]' "${dumped[@]}" -o json
expect "inventory: proof" 0 '.[0].inventory[0] | .owner == "metallb" and (.proof | map(.kind + " " + .name)) == ["IPAddressPool metallb-system/public",
	"L2Advertisement metallb-system/all", "Pod metallb-system/speaker-x"] and .conflicts == ["pools-overlap", "node-address-in-pool"]' "${dumped[@]}" -o json
expect "inventory: the time that was asked for" 0 '.[0] | .time == "2026-11-22T10:00:00.000000Z" and .objects == 7' "${dumped[@]}" -o json --now 2026-11-22T10:00:00Z
expect "inventory: no time but that" 0 '.[0] | has("time") | not' "${dumped[@]}" -o json
says "inventory: text" 0 '^192\.0\.2\.241 +vip +metallb +- +violation +unknown +- +default/web +Service default/web' "${dumped[@]}"
says "inventory: a sentence for each conflict" 0 '^conflict outside-pool: Service default/far has 198\.51\.100\.9 from pool public, which does not contain it$' "${dumped[@]}"
says "inventory: Markdown" 0 '^\| 192\.0\.2\.241 \| vip \| metallb \| - \| violation \(owner-never-binds\) \|' "${dumped[@]}" -o markdown
says "inventory: Markdown has a title" 0 '^## Service addresses, seen from node cp1$' "${dumped[@]}" -o markdown
says "inventory: Markdown has the time" 0 '^- time: 2026-11-22T10:00:00\.000000Z$' "${dumped[@]}" -o markdown --now 2026-11-22T10:00:00Z
# shellcheck disable=SC2016 # meant as it stands
objects "$(service '$a|b`' 192.0.2.1 | sed 's/\$a/a\\n/')"
says "inventory: a name that would break a table" 0 '\| default/a\\\\x0a\\\|b\\` \|' "${dumped[@]}" -o markdown

objects "$advertisement, $node, $(service far 198.51.100.9), $(pool edge 192.0.2.245-192.0.2.255), $(service web 192.0.2.241), $(pool public 192.0.2.240-192.0.2.250), $speaker"
call "${dumped[@]}" -o json
cp out one-order.json
objects "$node, $speaker, $advertisement, $(pool public 192.0.2.240-192.0.2.250), $(pool edge 192.0.2.245-192.0.2.255), $(service web 192.0.2.241), $(service far 198.51.100.9)"
call "${dumped[@]}" -o json
if [[ $rc == 0 ]] && diff out one-order.json >difference; then
	passed=$((passed + 1))
else
	fail "inventory: the order of the objects" "$(<difference)"
fi

# ---- of an assignments file alone
cat >table.yaml <<-'YAML'
	version: 1
	assignments:
	  - {address: "2001:db8:2::1-2001:db8:2::5", nodes: [worker1], bind: nobody}
	  - {address: 198.51.100.70, nodes: [worker2]}
	  - {address: 198.51.100.0/24, nodes: [worker1]}
	  - {address: 203.0.113.10-203.0.113.21, nodes: [cp1]}
	  - {address: 192.0.2.10, service: default/web, nodes: []}
YAML
expect "inventory: of the file" 0 '.[0] | .conflicts == [] and (.inventory | map(.address) == ["192.0.2.10", "198.51.100.0/24", "198.51.100.70",
	"203.0.113.10-203.0.113.21", "2001:db8:2::1-2001:db8:2::5"] and all(.[]; .kind == "assignment" and .proof[0].kind == "Assignment" and .proof[0].line > 2)
	and (.[0] | .assigned_nodes == [] and .services == ["default/web"]) and .[3].bind.reason == "assigned-here")' \
	check --assignments table.yaml --addresses none.json --node cp1 -o json
says "inventory: nobody" 0 '^192\.0\.2\.10 +assignment +- +nobody +violation +violation +- +default/web +Assignment 192\.0\.2\.10$' \
	check --assignments table.yaml --addresses none.json --node cp1

# ---- Markdown is check's
refused "explain: no Markdown" '^vipguard: --output: found "markdown", expected json or text$' explain 192.0.2.10 --assignments ok.yaml -o markdown
for command in status watch 'mode audit' version; do
	# shellcheck disable=SC2086 # words
	refused "${command%% *}: no Markdown" '^vipguard: --output: found "markdown", expected json or text$' $command -o markdown
done
refused "check: neither" '^vipguard: --output: found "xml", expected json or text or markdown$' check -o xml
with VIPGUARD_OUTPUT=markdown says "VIPGUARD_OUTPUT=markdown" 0 '^## Service addresses' "${dumped[@]}"
file markdown.yaml 'output: markdown\n'
says "output: markdown in the file" 0 '^## Service addresses' "${dumped[@]}" --config markdown.yaml
refused "output: markdown in the file, for another command" 'markdown\.yaml:1: output: found "markdown", expected json or text$' status --config markdown.yaml
