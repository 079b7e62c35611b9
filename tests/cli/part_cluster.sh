# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of cli.sh
# `cluster` by files: what each node said of itself, and what is wrong with a file.

report() {
	jq -n --arg node "$1" --arg time "$(date -u +%FT%TZ)" --argjson vips "$2" '{node: $node, version: "0.1.0", abi: 1, mode: "audit", stale: false, time: $time, vips: $vips}'
}
report cp1 '[{"address": "192.0.2.10", "service": "default/web", "assigned_nodes": ["worker1"],
	"bound": [{"interface": "eth0", "comm": "kube-vip", "verdict": "violation", "reason": "owner-never-binds"}]}, {"address": "192.0.2.9"}]' >cp1.json
report worker1 '[{"address": "192.0.2.10", "service": "default/web", "assigned_nodes": ["worker1"]}]' >worker1.json
echo '{' >cut.json
head -c 100 /dev/urandom >junk.json
mkfifo pipe

expect "cluster: a disagreement" 1 '.[0].disagreements == 1 and .[0].vips[0].disagreements[0].kind == "bound-wrongly" and .[0].vips[1].address == "192.0.2.9"' \
	cluster -o json cp1.json worker1.json
expect "cluster: none" 0 '.[0].disagreements == 0 and (.[0].vips | length) == 1' cluster -o json worker1.json
expect "cluster: files that are none" 1 '.[0] | .read == 1 and .unread == 4 and ([.guards[] | select(.state == "unread") | .from] == ["cut.json", "junk.json", "missing.json", "."]) and
	all(.guards[]; .state == "read" or (.why | length) > 0)' cluster -o json cp1.json cut.json junk.json missing.json .
expect "cluster: the same node twice" 1 '.[0] | .read == 1 and .unread == 1' cluster -o json cp1.json cp1.json
expect "cluster: nothing could be read" 3 '.[0].read == 0' cluster -o json cut.json
cat cp1.json >pipe &
expect "cluster: a pipe" 1 '.[0].read == 1' cluster -o json pipe
wait $!
call cluster cp1.json cut.json
if [[ $rc == 1 ]] && grep -q '^192.0.2.10  *default/web  *-  *worker1  *!cp1:eth0 ' out && grep -q '^guard ? (cut.json): not read: no JSON: line' out &&
	grep -q '^1 guards read, 2 VIPs, 1 disagreements; NOT READ: 1 guards' out; then
	passed=$((passed + 1))
else
	fail "cluster: text" "$(cat out err)"
fi
call cluster -o markdown cp1.json
if [[ $rc == 1 ]] && sed -n 2p out | grep -qx '\(| --- \)*|' && [[ $(grep -c '^| ' out) == 4 ]]; then
	passed=$((passed + 1))
else
	fail "cluster: markdown" "$(cat out err)"
fi
refused "cluster: no option of others" 'cluster takes no --mode' cluster --mode audit
