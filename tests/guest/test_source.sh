# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# The assignments file while the guard runs: changes, grace, mistakes.

change_assignment() {
	sed -i "$1" $RUN/assignments.yaml
}

moves() {
	guard_start enforce --grace 5s || return
	at cp1 ip addr add 192.0.2.251/32 dev eth0 || return
	# another node's from now on: in transition first, then taken off
	change_assignment 's/default\/mine, nodes: \[cp1\]/default\/mine, nodes: [worker1]/'
	await_event '.event == "bind" and .address == "192.0.2.251" and .verdict == "unknown" and .reason == "in-transition"' || return
	bound 192.0.2.251 || return
	await_event '.event == "bind" and .address == "192.0.2.251" and .reason == "assigned-elsewhere" and .action == "removed"' || return
	not_bound 192.0.2.251 || return
	# and the one that came here may be bound at once
	change_assignment 's/default\/held, nodes: \[worker1\]/default\/held, nodes: [cp1]/'
	await "the new picture" "(( \$(events '.event == \"synced\"' | wc -l) >= 3 ))" || return
	at cp1 ip addr add 192.0.2.250/32 dev eth0 || return
	await_event '.event == "bind" and .address == "192.0.2.250" and .reason == "assigned-here"' || return
	guard_stop
}
test_case "a move: grace for the old holder, none needed for the new" moves

mistakes() {
	guard_start enforce || return
	echo '  - {address: 192.0.2.300, nodes: [worker1]}' >>$RUN/assignments.yaml
	await_event '.event == "degraded" and .what == "source" and (.why | contains("assignments.yaml"))' || return
	! at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null || fail "the old assignments are gone" || return
	write_assignments
	await_event '.event == "recovered" and .what == "source"' || return
	# replaced as a whole, as editors and ConfigMaps do
	sed 's/, bind: nobody//' $RUN/assignments.yaml >$RUN/assignments.new
	mv $RUN/assignments.new $RUN/assignments.yaml
	await "the new picture" "(( \$(events '.event == \"synced\"' | wc -l) >= 3 ))" || return
	vipguard explain $VIP -o json | jq -e '.[0].bind.reason == "assigned-elsewhere"' || return
	kill -HUP $guard
	await "SIGHUP to be obeyed" "(( \$(events '.event == \"synced\"' | wc -l) >= 4 ))" || return
	guard_stop
}
test_case "a reload that fails keeps the old picture" mistakes

# A name that is a controller's folder of links: ..data is swapped
configmap() {
	mkdir -p $RUN/cm/v1 $RUN/cm/v2
	cp $RUN/assignments.yaml $RUN/cm/v1/assignments.yaml
	sed 's/192.0.2.250/192.0.2.249/' $RUN/assignments.yaml >$RUN/cm/v2/assignments.yaml
	ln -sfn v1 $RUN/cm/..data
	ln -sfn ..data/assignments.yaml $RUN/cm/assignments.yaml
	guard_start enforce --assignments $RUN/cm/assignments.yaml || return
	ln -sfn v2 $RUN/cm/..data_tmp
	mv -T $RUN/cm/..data_tmp $RUN/cm/..data
	await "the new picture" "(( \$(events '.event == \"synced\"' | wc -l) >= 2 ))" || return
	! at cp1 ip addr add 192.0.2.249/32 dev eth0 2>/dev/null || fail "the new assignment does not hold" || return
	at cp1 ip addr add 192.0.2.250/32 dev eth0 || fail "the old assignment still holds" || return
	guard_stop
}
test_case "a ConfigMap's swap is noticed" configmap
