# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# The main job: kube-vip's double binds and announces; without the guard it wins the client, in audit it is named, in enforce it gets nowhere.

# Two rounds at least of everything that the rogue does, however its binds end.
rogue_rounds() {
	await "two rounds of announcements" "rogue_said 3 '^ANNOUNCE $VIP ' && rogue_said 2 '^ANNOUNCE $VIP6 na '" || cat $RUN/rogue
}

rogue_runs() {
	rogue_start
	rogue_rounds
}

unguarded() {
	local frames
	client_reaches worker1 || fail "the client does not reach worker1 at first" || return
	frames=$(witness_count rogue_runs) || return
	at_least "announcements on the wire" "$frames" 4 || return
	bound $VIP && bound $VIP6 || return
	equal "the client's neighbour entry" "$(client_mac)" $CP1_MAC || return
	equal "whom the client reaches" "$(client_asks)" cp1
}
test_case "without the guard the rogue takes the VIP" unguarded

audit() {
	local frames pid
	client_reaches worker1 || fail "the client does not reach worker1 at first" || return
	guard_start audit || return
	frames=$(witness_count rogue_runs) || return
	pid=$(pgrep -x kube-vip)
	at_least "announcements on the wire" "$frames" 4 || return
	bound $VIP && bound $VIP6 || return
	for address in $VIP $VIP6; do
		await_event ".event == \"bind\" and .address == \"$address\" and .verdict == \"violation\" and .reason == \"owner-never-binds\" and
			(.action | startswith(\"would-\")) and .pid == $pid and .comm == \"kube-vip\" and .how == \"netlink\" and .interface == \"eth0\" and
			.service == \"default/web\" and .assigned_nodes == [\"worker1\"]" || return
		await_event ".event == \"announce\" and .address == \"$address\" and .verdict == \"violation\" and .reason == \"assigned-elsewhere\" and
			.action == \"would-drop\" and .pid == $pid and .comm == \"kube-vip\"" || return
	done
	equal "the client's neighbour entry" "$(client_mac)" $CP1_MAC || return
	guard_stop
}
test_case "in audit the rogue is named and left alone" audit

enforce() {
	local frames pid
	client_reaches worker1 || return
	guard_start enforce || return
	frames=$(witness_count rogue_runs) || return
	pid=$(pgrep -x kube-vip)
	equal "announcements on the wire" "$frames" 0 || return
	not_bound $VIP && not_bound $VIP6 || return
	for address in $VIP $VIP6; do
		await_event ".event == \"bind\" and .address == \"$address\" and .action == \"denied\" and .pid == $pid and .comm == \"kube-vip\" and
			.reason == \"owner-never-binds\"" || return
		await_event ".event == \"announce\" and .address == \"$address\" and .action == \"dropped\" and .pid == $pid" || return
	done
	rogue_said 2 'EPERM' || fail "the rogue was not refused" || return
	equal "the client's neighbour entry" "$(client_mac)" $WORKER1_MAC || return
	equal "whom the client reaches" "$(client_asks)" worker1 || return
	equal "whom the client reaches by IPv6" "$(client_asks $VIP6)" worker1 || return
	guard_stop
}
test_case "in enforce nothing is bound and no frame leaves" enforce

switch_mode() {
	guard_start audit || return
	rogue_runs || return
	bound $VIP || return
	vipguard mode enforce || return
	await_event '.event == "mode" and .mode == "enforce"' || return
	await "the VIPs to be taken off" "! is_bound $VIP && ! is_bound $VIP6" || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"removed\" and .comm == \"kube-vip\"" || return
	guard_stop
}
test_case "switching to enforce takes off what is bound" switch_mode

late() {
	rogue_runs || return
	guard_start enforce || return
	not_bound $VIP && not_bound $VIP6 || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .how == \"preexisting\" and .action == \"removed\"" || return
	await_event ".event == \"bind\" and .address == \"$VIP6\" and .how == \"preexisting\" and .action == \"removed\"" || return
	guard_stop
}
test_case "what is bound before the start is swept" late
