# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of cli.sh
# Judgement by tables, and what `check` and `explain` print of it.

cat >judge.yaml <<-'YAML'
	version: 1
	assignments:
	  - {address: 192.0.2.10, service: default/web, nodes: [worker1], bind: nobody}
	  - {address: 192.0.2.11, service: default/held, nodes: [worker1, worker2]}
	  - {address: 192.0.2.12, nodes: [cp1]}
	  - {address: 192.0.2.13, nodes: [cp1], bind: nobody}
	  - {address: 192.0.2.14, nodes: []}
	  - {address: 192.0.2.15, nodes: [], bind: nobody}
	  - {address: 198.51.100.0/24, nodes: [worker1]}
	  - {address: 198.51.100.64/26, nodes: [cp1]}
	  - {address: 198.51.100.70, nodes: [worker2]}
	  - {address: 203.0.113.10-203.0.113.21, nodes: [cp1]}
	  - {address: "2001:db8:1::/64", nodes: [worker1]}
	  - {address: "2001:db8:1::10", nodes: [cp1]}
	  - {address: "2001:db8:2::1-2001:db8:2::5", nodes: [worker1], bind: nobody}
	protect: [192.0.2.2, 192.0.2.16/30, 2001:db8::2, 203.0.113.20-203.0.113.21]
YAML
# cp1's own: 192.0.2.100 on eth0, 2001:db8::100; 198.51.100.5 lies in a range, and has its network's mask
cat >judge.json <<-'JSON'
	[{}, {"ifindex": 1, "ifname": "lo", "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8, "scope": "host"}]},
	 {"ifindex": 2, "ifname": "eth0", "addr_info": [
	  {"family": "inet", "local": "192.0.2.100", "prefixlen": 24, "scope": "global"},
	  {"family": "inet", "local": "198.51.100.5", "prefixlen": 24, "scope": "global"},
	  {"family": "inet6", "local": "2001:db8::100", "prefixlen": 64, "scope": "global"},
	  {"family": "inet6", "local": "fe80::1", "prefixlen": 64, "scope": "link"}]}]
JSON
judge=(--assignments judge.yaml --addresses judge.json --node cp1 -o json)

# address, bind, announce, and optionally the link
while read -r address bind announce link; do
	[[ -n $address ]] || continue
	expect "explain $address $link" 0 ".[0][0] | .bind.reason == \"$bind\" and .announce.reason == \"$announce\"" \
		explain "$address" "${judge[@]}" ${link:+--link "$link"}
done <<-'TABLE'
	192.0.2.10 owner-never-binds assigned-elsewhere
	192.0.2.11 assigned-elsewhere assigned-elsewhere
	192.0.2.12 assigned-here assigned-here
	192.0.2.13 owner-never-binds assigned-here
	192.0.2.14 assigned-elsewhere assigned-elsewhere
	192.0.2.15 owner-never-binds assigned-elsewhere
	192.0.2.10 service-dummy assigned-elsewhere kube-ipvs0
	192.0.2.12 service-dummy assigned-here kube-ipvs0
	192.0.2.10 service-dummy assigned-elsewhere kube-dummy-if
	192.0.2.10 service-dummy assigned-elsewhere kube-lb0
	192.0.2.10 service-dummy assigned-elsewhere nodelocaldns
	192.0.2.10 owner-never-binds assigned-elsewhere lo
	192.0.2.10 owner-never-binds assigned-elsewhere kube-ipvs1
	192.0.2.10 owner-never-binds assigned-elsewhere dummy0
	192.0.2.2 protect-list protect-list
	192.0.2.2 protect-list protect-list kube-ipvs0
	192.0.2.15 owner-never-binds assigned-elsewhere eth0
	192.0.2.16 protect-list protect-list
	192.0.2.19 protect-list protect-list
	192.0.2.20 no-service no-service
	192.0.2.20 service-dummy no-service kube-ipvs0
	192.0.2.100 node-address node-address
	192.0.2.100 node-address node-address kube-ipvs0
	::ffff:192.0.2.100 node-address node-address
	2001:db8::100 node-address node-address
	2001:0DB8:0:0::0100 node-address node-address
	2001:db8::2 protect-list protect-list
	2001:db8::3 no-service no-service
	198.51.100.5 node-address node-address
	198.51.99.255 no-service no-service
	198.51.100.0 assigned-elsewhere assigned-elsewhere
	198.51.100.63 assigned-elsewhere assigned-elsewhere
	198.51.100.64 assigned-here assigned-here
	198.51.100.70 assigned-elsewhere assigned-elsewhere
	198.51.100.127 assigned-here assigned-here
	198.51.100.128 assigned-elsewhere assigned-elsewhere
	198.51.101.0 no-service no-service
	203.0.113.9 no-service no-service
	203.0.113.10 assigned-here assigned-here
	203.0.113.19 assigned-here assigned-here
	203.0.113.20 protect-list protect-list
	203.0.113.21 protect-list protect-list
	203.0.113.22 no-service no-service
	::ffff:192.0.2.10 owner-never-binds assigned-elsewhere
	::ffff:c000:20a owner-never-binds assigned-elsewhere
	0:0:0:0:0:ffff:192.0.2.12 assigned-here assigned-here
	2001:db8:1::1 assigned-elsewhere assigned-elsewhere
	2001:0db8:0001:0000:0000:0000:0000:0010 assigned-here assigned-here
	2001:DB8:1::0010 assigned-here assigned-here
	2001:db8:1:1::1 no-service no-service
	2001:db8:2:: no-service no-service
	2001:db8:2::1 owner-never-binds assigned-elsewhere
	2001:db8:2::5 owner-never-binds assigned-elsewhere
	2001:db8:2::6 no-service no-service
	::192.0.2.10 no-service no-service
TABLE
for node in worker1 worker2 worker3; do
	reason=assigned-here
	[[ $node != worker3 ]] || reason=assigned-elsewhere
	expect "$node of two holders" 0 ".[0][0].bind.reason == \"$reason\"" explain 192.0.2.11 "${judge[@]}" --node $node
done
expect "a holder that never binds" 0 '.[0][0] | .bind == {"verdict": "violation", "reason": "owner-never-binds"} and .announce == {"verdict": "allowed", "reason": "assigned-here"}' \
	explain 192.0.2.10 "${judge[@]}" --node worker1
expect "--protect" 0 '.[0] | map(.bind.verdict) == ["protected", "violation"] and .[0].bind.reason == "protect-list"' \
	explain 192.0.2.10 192.0.2.11 "${judge[@]}" --protect 192.0.2.10
expect "--protect a network" 0 '.[0] | map(.bind.reason) == ["protect-list", "protect-list"]' \
	explain 2001:db8:1::1 2001:db8:2::1 "${judge[@]}" --protect 2001:db8::/32
for now in 2026-11-22T10:00:00Z 2026-11-22T10:00:00.123456Z 2026-11-22T10:00:00+01:00 2001-01-01T00:00:00Z 2100-01-01T00:00:00Z; do
	expect "a first assignment is no change, --now $now" 0 '.[0][0].bind.reason == "owner-never-binds"' explain 192.0.2.10 "${judge[@]}" --now "$now" --grace 1h
done
expect "--grace 0s" 0 '.[0][0].bind.reason == "owner-never-binds"' explain 192.0.2.10 "${judge[@]}" --grace 0s

# ---- the form that programs read
expect "explain: keys" 0 '.[0] | type == "array" and length == 2 and (.[0] | .address == "192.0.2.10" and .bind.verdict == "violation" and
	.announce.verdict == "violation" and .assigned_nodes == ["worker1"] and .services == ["default/web"] and (.rule | type) == "string" and
	(.remedy | type) == "string" and .source == "assignments" and any(.evidence[]; .line == 3)) and (.[1] | .address == "192.0.2.11" and
	.assigned_nodes == ["worker1", "worker2"])' explain 192.0.2.10 192.0.2.11 "${judge[@]}"
expect "explain: no key without meaning" 0 '.[0][0] | has("assigned_nodes") or has("services") or has("owner") | not' explain 192.0.2.20 "${judge[@]}"
expect "explain: nobody is an empty list" 0 '.[0][0].assigned_nodes == []' explain 192.0.2.14 "${judge[@]}"
says "explain: text" 0 'violation \(owner-never-binds\)' explain 192.0.2.10 "${judge[@]:0:6}"
many=(192.0.2.{1..250})
expect "many addresses" 0 '.[0] | length == 1000 and .[999].address == "192.0.2.250"' explain "${many[@]}" "${many[@]}" "${many[@]}" "${many[@]}" "${judge[@]}"

# ---- check
# bound NAME STATUS FILTER LINK ADDR_INFO: one link, beside nothing
bound() {
	printf '[{"ifindex": 2, "ifname": "%s", "addr_info": [%s]}]' "$4" "$5" >bound.json
	expect "check: $1" "$2" ".[0] | $3" check --assignments judge.yaml --addresses bound.json --node cp1 -o json
}
inet() { printf '{"family": "inet", "local": "%s", "prefixlen": %s, "scope": "global"%s}' "$1" "$2" "${3:-}"; }
inet6() { printf '{"family": "inet6", "local": "%s", "prefixlen": %s, "scope": "global"%s}' "$1" "$2" "${3:-}"; }
bound "a violation" 1 '.node == "cp1" and .violations == 1 and .bound == 1 and (.findings[0] | .address == "192.0.2.10" and .prefix == 32 and
	.interface == "eth0" and .ifindex == 2 and .bind == {"verdict": "violation", "reason": "owner-never-binds"})' eth0 "$(inet 192.0.2.10 32)"
bound "IPv6" 1 '.findings[0].address == "2001:db8:1::1"' eth0 "$(inet6 2001:0DB8:1:0::0001 128)"
bound "a label" 1 '.violations == 1' eth0 "$(inet 192.0.2.10 32 ', "label": "eth0:vip"')"
bound "deprecated, as kube-vip binds" 1 '.violations == 1' eth0 "$(inet 192.0.2.10 32 ', "deprecated": true, "valid_life_time": 4294967295, "preferred_life_time": 0')"
bound "a service's link: a wrong announcement is a finding, no violation" 0 '.violations == 0 and .findings[0].announce.verdict == "violation"' \
	kube-ipvs0 "$(inet 192.0.2.10 32)"
bound "allowed" 0 '.violations == 0 and .findings == []' eth0 "$(inet 192.0.2.12 32)"
bound "protected" 0 '.findings == []' eth0 "$(inet 192.0.2.2 32), $(inet6 2001:db8::2 128)"
bound "the node's own in a range" 0 '.findings == []' eth0 "$(inet 198.51.100.9 24)"
bound "a /32 of a range is no node's own" 1 '.violations == 1' eth0 "$(inet 192.0.2.100 24), $(inet 198.51.100.9 32)"
bound "on lo" 1 '.violations == 1' lo "$(inet 192.0.2.10 32)"
bound "as a peer it is no bind" 0 '.findings == []' eth0 '{"family": "inet", "local": "203.0.113.1", "address": "192.0.2.10", "prefixlen": 32}'
bound "with a peer it is" 1 '.violations == 1' eth0 '{"family": "inet", "local": "192.0.2.10", "address": "203.0.113.1", "prefixlen": 32}'
bound "several" 1 '.violations == 2 and .bound == 3' eth0 "$(inet 192.0.2.100 24), $(inet 192.0.2.10 32), $(inet 192.0.2.11 32)"
bound "empty entries between" 1 '.violations == 1' eth0 "{}, $(inet 192.0.2.10 32), {}"
bound "no addresses" 0 '.bound == 0' eth0 ''
for odd in '[]' '[{}]' '[{},{}]' '[{"ifname":"eth0"}]' '[{"ifname":"eth0","addr_info":null}]' '[{"ifname":7,"addr_info":{}}]'; do
	echo "$odd" >bound.json
	expect "check: addresses $odd" 0 '.[0] | .bound == 0 and .findings == []' check --assignments judge.yaml --addresses bound.json -o json
done
# what ip itself prints, of this host, in each of its ways
for way in '' '-4' '-6' '-details' '-pretty' 'to 192.0.2.0/24' 'to 203.0.113.0/24' 'scope link' 'dev lo'; do
	options=() filter=()
	read -ra words <<<"$way"
	if [[ $way == -* ]]; then options=("${words[@]}"); else filter=("${words[@]}"); fi
	ip -json "${options[@]}" address show "${filter[@]}" >real.json
	expect "check: ip -json $way" 0 ".[0].bound == $(jq '[.[].addr_info[]? | select(.local)] | length' real.json)" \
		check --assignments judge.yaml --addresses real.json --node cp1 -o json
done
ip -json address show >real.json
call check --assignments judge.yaml --node cp1 -o json
cp out live.json
call check --assignments judge.yaml --node cp1 -o json --addresses real.json
if [[ $rc == 0 ]] && diff <(jq -S . out) <(jq -S . live.json) >difference; then
	passed=$((passed + 1))
else
	fail "check: the kernel's answer is that of ip" "$(<difference)"
fi
# wrong_addresses NAME PATTERN TEXT
wrong_addresses() {
	file wrong.json "$3"
	refused "check: $1" "^vipguard: wrong\.json:$2" check --assignments judge.yaml --addresses wrong.json
	refused "explain: $1" "^vipguard: wrong\.json:$2" explain 192.0.2.10 --assignments judge.yaml --addresses wrong.json
}
wrong_addresses "empty addresses" '1: is no JSON: .*; expected' ''
wrong_addresses "addresses that are a mapping" '1: found no list; expected' '{}'
wrong_addresses "addresses of null" ' item 1 is no link; expected' '[null]'
wrong_addresses "addresses of numbers" ' item 2 is no link; expected' '[{}, 1]'
wrong_addresses "cut addresses" '[12]: is no JSON: .*; expected' '[{"ifindex": 2,\n'
wrong_addresses "text after addresses" '1: is no JSON: .*; expected' '[] []'
wrong_addresses "plain ip output" '1: is no JSON: .*; expected' '1: lo: <LOOPBACK>\n'
wrong_addresses "NUL in addresses" '1: is no JSON: .*; expected' '[\x00]'
python3 -c 'print("[" * 100000, end="")' >wrong-deep.json
refused "deep addresses" '^vipguard: wrong-deep\.json:1: is no JSON: .*depth.*; expected' check --assignments judge.yaml --addresses wrong-deep.json
refused "no addresses file" '^vipguard: nowhere: cannot be read' check --assignments judge.yaml --addresses nowhere
refused "a directory of addresses" '^vipguard: \.: is a directory; expected a file' check --assignments judge.yaml --addresses .
refused "junk addresses" '^vipguard: junk:1: is no JSON: .*; expected' check --assignments judge.yaml --addresses junk
refused "huge addresses" '^vipguard: huge: has more than 64 MiB; expected less' check --assignments judge.yaml --addresses huge
