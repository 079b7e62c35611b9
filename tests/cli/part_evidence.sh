# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of cli.sh
# `evidence`: where it goes, what it is made of without a guard, and that nothing half is left. With a guard: tests/guest/test_evidence.sh.

mkdir evidence && cd evidence || exit 1
cases=$here/../judgement
on_case=(--objects "$cases"/01-*/objects.json --addresses "$cases"/01-*/addresses.json --node cp1 --now 2026-11-22T10:00:00Z)
event='"event":"bind","verdict":"violation","reason":"owner-never-binds","action":"denied","interface":"eth0","how":"netlink","pid":812,"comm":"kube-vip"'
cat >log <<-LOG
	vipguard: a line of another kind
	2026-11-22T09:59:58.1Z stdout F {"time":"2026-11-22T09:59:58Z","id":"cp1-000002",$event,"address":"192.0.2.240"}
	{"time":"2026-11-22T09:59:57Z","id":"cp1-000001","event":"started","mode":"enforce"}
	{"time":"2026-11-22T09:59:59Z","id":"cp1-000003",$event,"address":"::ffff:192.0.2.240","count":12,"why":"Bearer marker-1 https://u:marker-2@192.0.2.1/"}
	{"time":"2026-11-22T09:59:59Z","id":"cp1-000004",$event,"address":"192.0.2.241","service":"default/other"}
	{"time":"2026-11-22T09:59:57Z","id":"cp1-000001","event":"started","mode":"enforce"}
	{"time":"soon","id":"cp1-000005",$event,"address":"192.0.2.240"}
LOG

# ---- what is refused, before anything is read
refused "evidence of what?" '^vipguard: evidence: found no argument, expected ADDR' evidence -o there
refused "evidence of two" '^vipguard: evidence: unexpected argument "192.0.2.11", expected nothing more' evidence 192.0.2.10 192.0.2.11 -o there
for address in x 192.0.2.0/24 ''; do
	refused "evidence of \"$address\"" '^vipguard: evidence: found ".*", expected an IP address' evidence -o there -- "$address"
done
refused "evidence to where?" '^vipguard: evidence: found no place for it, expected -o DIR or -o FILE.tar.gz' evidence 192.0.2.240 "${on_case[@]}"
refused "evidence to nowhere" '^vipguard: --bundle: found "", expected a file name' evidence 192.0.2.240 -o ''
refused "evidence takes no format" '^vipguard: evidence takes no --output' evidence 192.0.2.240 --output json
refused "explain takes no bundle" '^vipguard: explain takes no --bundle' explain 192.0.2.240 --bundle x
mkdir full && touch full/x file.tar.gz
for place in full log file.tar.gz; do
	refused "evidence over $place" "^vipguard: $place is there already, expected the name of a new" evidence 192.0.2.240 "${on_case[@]}" -o $place
done
refused "evidence, no such log" '^vipguard: --events: none: cannot read: No such file' evidence 192.0.2.240 "${on_case[@]}" --events none -o there
refused "evidence, a log without events" '^vipguard: --events: .*ok.yaml: found no event, expected lines of vipguard run' evidence 192.0.2.240 "${on_case[@]}" --events ../ok.yaml -o there
refused "evidence, a folder for a log" '^vipguard: --events: full: cannot read: Is a directory' evidence 192.0.2.240 "${on_case[@]}" --events full -o there
refused "evidence, --now by a guard" '^vipguard: --now needs --assignments or --objects' evidence 192.0.2.240 --now 2026-11-22T10:00:00Z -o there

# blind NAME PATTERN ARGUMENT...: exit 3, and one line on standard error
blind() {
	local name=$1 pattern=$2
	shift 2
	call "$@"
	if [[ $rc == 3 && ! -s out ]] && grep -qE -- "$pattern" err; then
		passed=$((passed + 1))
	else
		fail "$name" "wanted exit 3 and /$pattern/" "exit $rc" "$(head -c 600 err)"
	fi
}
blind "evidence without a guard" '^vipguard: no guard answers at ' evidence 192.0.2.240 --socket none.sock -o there
blind "evidence to no such folder" '^vipguard: no/such: cannot write: No such file' evidence 192.0.2.240 "${on_case[@]}" -o no/such
blind "evidence to no such folder, archive" '^vipguard: no/such.tar.gz: cannot write: No such file' evidence 192.0.2.240 "${on_case[@]}" -o no/such.tar.gz
((EUID == 0)) || blind "evidence where nobody may write" 'cannot write: Permission denied' evidence 192.0.2.240 "${on_case[@]}" -o /there

# holds NAME COMMAND...
holds() {
	local name=$1
	shift
	if "$@" >out 2>&1; then
		passed=$((passed + 1))
	else
		fail "$name" "$(head -c 600 out)"
	fi
}
holds "evidence: nothing half is left" test "$(find . -name 'there*' -o -name 'full.*' -o -name 'log.*' | wc -l)" = 0

# ---- by files
says "evidence by files" 0 '^there: 6 files; look at README.txt first$' evidence 192.0.2.240 "${on_case[@]}" --events log -o there
holds "evidence: its files" test "$(ls there | tr '\n' ' ')" = "README.txt events.jsonl explain.json explain.txt objects.json versions.json "
holds "evidence: for its owner only" test "$(stat -c %a there there/README.txt | tr '\n' ' ')" = "700 600 "
holds "evidence: lines of the address and of the guard, in order, each once" test "$(jq -r .id there/events.jsonl | tr '\n' ' ')" = "cp1-000001 cp1-000002 cp1-000003 "
holds "evidence: who, how often" grep -q 'kube-vip\[812\]: violation, owner-never-binds: denied, 13 times$' there/README.txt
holds "evidence: what is missing" grep -q 'status.json, frames.pcap: this was made from files' there/README.txt
holds "evidence: lines passed over" grep -q 'lines of --events that are no events: 2$' there/README.txt
holds "evidence: the remedy" grep -q '^  remedy .*svc_enable' there/README.txt
holds "evidence: objects" jq -e 'any(.[]; .kind == "IPAddressPool") and any(.[]; .kind == "ServiceL2Status" and .node == "worker1") and all(.[]; has("metadata") | not)' there/objects.json
holds "evidence: releases" jq -e 'any(.components[]; .image == "kube-vip/kube-vip:v1.2.3") and any(.components[]; .image | test("metallb/speaker:v0")) and (has("kernel") | not)' there/versions.json
call explain 192.0.2.240 "${on_case[@]}"
mv out kept
holds "evidence: explains as explain does" cmp kept there/explain.txt
holds "evidence: no secrets" test "$(grep -rc marker there | grep -vc ':0$')" = 0
mkdir empty
with VIPGUARD_BUNDLE=empty says "evidence into an empty folder, by the environment" 0 '^empty: 6 files' evidence 192.0.2.240 "${on_case[@]}" --events log
says "evidence as an archive" 0 '^a.tar.gz: 6 files' evidence 192.0.2.240 "${on_case[@]}" --events log -o a.tar.gz
call evidence 192.0.2.240 "${on_case[@]}" --events log -o b.tgz
holds "evidence: the same, byte by byte" cmp a.tar.gz b.tgz
holds "evidence: an archive that tar reads" tar -xzf a.tar.gz
holds "evidence: the same files" diff -r there vipguard-evidence
says "evidence of a log alone" 0 '^alone: 4 files' evidence 192.0.2.240 --socket none.sock --events log -o alone
holds "evidence of a log alone: says so" grep -q 'explain.txt, objects.json, frames.pcap, status.json: no guard answers' alone/README.txt
cd ..
