# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of guard.sh and lib.sh
# A running guard: its source changes, it is asked and told, it is watched, it ends.

reload() {
	guard_start enforce "${BLIND[@]}" || return
	at cp1 ip addr add 192.0.2.230/32 dev eth0
	await_event '.event == "bind" and .address == "192.0.2.230" and .verdict == "unrelated"' >/dev/null || return
	# one that is new: no change of holder, so no grace
	sed -i '3i\  - {address: 192.0.2.230, nodes: [worker1]}' $RUN/assignments.yaml
	await "the new file" "synced 2" || return
	await "the new VIP to go" "! is_bound 192.0.2.230" || return
	cp $RUN/assignments.yaml $RUN/good.yaml
	echo junk >>$RUN/assignments.yaml
	await_event '.event == "degraded" and .what == "source" and (.why | test("assignments.yaml:[0-9]+: .*expected"))' >/dev/null || return
	vipguard status | grep -q 'the last reload FAILED' || return
	kill -HUP $guard
	await "a second failure by SIGHUP" "(( \$(events '.event == \"degraded\" and .what == \"source\"' | wc -l) >= 2 ))" || return
	rm $RUN/assignments.yaml
	await_event '.event == "degraded" and (.why | test("No such file"))' >/dev/null || return
	at cp1 ip addr add 192.0.2.230/32 dev eth0
	await "the old assignments to hold" "! is_bound 192.0.2.230" || return
	mv $RUN/good.yaml $RUN/assignments.yaml
	await_event '.event == "recovered" and .what == "source"' >/dev/null || return
	kill -HUP $guard
	await "SIGHUP to be obeyed" "synced 4" || return
	guard_stop
}
test_case "reload, by itself and by SIGHUP; a bad one keeps the old" reload

# The API is away, and stays it: all that is known of the control plane is what kubelet's folder says.
control_plane_is() { [[ $(vipguard explain 192.0.2.100 -o json | jq -r '.[0].bind.reason') == "$1" ]]; }
manifests() {
	mkdir -p $RUN/manifests
	write_kubeconfig
	spawn cp1 vipguard run --mode enforce --node cp1 --kubeconfig $RUN/kubeconfig --manifests $RUN/manifests "${BLIND[@]}" >$EVENTS 2>$RUN/guard.err
	guard=$spawned
	await "the guard" "vipguard status >/dev/null 2>&1" || return
	equal "before" "$(vipguard explain 192.0.2.100 -o json | jq -r '.[0].bind.verdict')" unknown || return
	jq -n '{apiVersion: "v1", kind: "Pod", metadata: {name: "kube-vip", namespace: "kube-system"}, spec: {containers: [{name: "kube-vip",
		image: "kube-vip", args: ["manager"], env: [{name: "address", value: "192.0.2.100"}, {name: "cp_enable", value: "true"}]}]}}' >$RUN/manifests/kube-vip.yaml
	kill -HUP $guard
	await "the control plane's address to be protected" "control_plane_is control-plane-vip" || return
	echo junk: [ >$RUN/manifests/kube-vip.yaml
	kill -HUP $guard
	exits "explain" 0 vipguard explain 192.0.2.100 || return
	control_plane_is control-plane-vip || fail "a file that cannot be read took the protection away" || return
	guard_stop
}
test_case "SIGHUP reads the static Pods again" manifests

# A link that only the cluster names (LBNodeAgent), while the API is away: the next guard goes on with the name.
named_dummy() { bpftool "$@" key 0x40 0 0 0 0x70 0x75 0x72 0x65 0x6c 0x62 0x30 0 0 0 0 0 0 0 0 0; }
kept_dummies() {
	at cp1 ip link add purelb0 type bridge # no wire; not every kernel has dummy
	write_kubeconfig
	guard_beside_api || return
	kill -KILL $guard
	wait $guard
	named_dummy map update pinned $PINS/vg_dummies value 1 0 0 0 || return
	guard_beside_api || return
	at cp1 ip addr add $VIP/32 dev purelb0 || return
	await_event ".event == \"bind\" and .interface == \"purelb0\" and .reason == \"service-dummy\"" >/dev/null || return
	bound $VIP || return
	named_dummy map lookup pinned $PINS/vg_dummies >/dev/null || fail "its name is forgotten" || return
	guard_stop
}
test_case "a service dummy that only the cluster names is not forgotten by a restart" kept_dummies
at cp1 ip link del purelb0

# Pins of a guard elsewhere speak of other links, by index, and of what is right there: none of that is taken over.
other_namespace() {
	local before
	guard_start enforce "${BLIND[@]}" || return
	kill -KILL $guard
	wait $guard
	before=$(bpftool -j map show pinned $PINS/vg_vips | jq .id)
	spawn worker1 vipguard run --mode audit "${good[@]}" "${BLIND[@]}" --log-format json >$EVENTS 2>$RUN/guard.err
	guard=$spawned
	await_event '.event == "ready"' >/dev/null || return
	[[ $(bpftool -j map show pinned $PINS/vg_vips | jq .id) != "$before" ]] || fail "it goes on with the other's maps" || return
	guard_stop
}
test_case "pins of a guard in another network namespace are not taken over" other_namespace

many() {
	local began=$SECONDS
	guard_start enforce "${BLIND[@]}" || return
	{
		cat $RUN/assignments.yaml
		echo 'protect: []'
	} | grep -v 'protect: \[1' >$RUN/many
	sed -i '/^protect/d' $RUN/many
	python3 -c 'for i in range(100000): print(f"  - {{address: 10.{i >> 16}.{i >> 8 & 255}.{i & 255}, nodes: [worker1]}}")' >>$RUN/many
	mv $RUN/many $RUN/assignments.yaml
	await_event '.event == "synced" and .assignments > 100000' >/dev/null || return
	equal "the last one's frames" "$(witness_count at cp1 blast --link eth0 --vip 192.0.2.250 --count 10 --form arp-reply)" 0 || return
	at cp1 ip addr add 10.1.134.159/32 dev eth0
	await "the last one to go" "! is_bound 10.1.134.159" || return
	guard_stop || return
	((SECONDS - began < WAIT)) || fail "100,000 entries took $((SECONDS - began)) s"
}
test_case "100,000 entries while it runs" many

switch() {
	# the second report is one of its own only when the first one's period is over
	guard_start audit "${BLIND[@]}" --period 100ms || return
	at cp1 ip addr add $VIP/32 dev eth0
	await_event ".event == \"bind\" and .address == \"$VIP\"" >/dev/null || return
	exits "mode enforce" 0 vipguard mode enforce || return
	await_event '.event == "mode" and .mode == "enforce"' >/dev/null || return
	await "the VIP to go" "! is_bound $VIP" || return
	equal "frames" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	exits "mode audit" 0 vipguard mode audit -o json || return
	equal "the answer" "$(jq -c . $RUN/said)" '{"mode":"audit"}' || return
	equal "frames" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 10 || return
	at cp1 ip addr add $VIP/32 dev eth0
	await "a second report" "(( \$(events '.event == \"bind\" and .address == \"$VIP\" and .action != \"removed\"' | wc -l) >= 2 ))" || return
	bound $VIP || return
	guard_stop
}
test_case "mode, there and back" switch

asked() {
	guard_start audit "${BLIND[@]}" || return
	exits "check, nothing wrong" 0 vipguard check || return
	at cp1 ip addr add $VIP/32 dev eth0
	await_event ".event == \"bind\" and .address == \"$VIP\"" >/dev/null || return
	exits check 1 vipguard check -o json || return
	jq -e ".violations == 1 and .node == \"cp1\" and (.findings[0] | .address == \"$VIP\" and .bind.reason == \"owner-never-binds\" and .interface == \"eth0\")" $RUN/said >/dev/null || return
	exits "check, text" 1 vipguard check || return
	grep -q "$VIP" $RUN/said || return
	exits explain 0 vipguard explain $VIP ::ffff:192.0.2.240 2001:db8::11 192.0.2.2 203.0.113.1 -o json || return
	equal "reasons" "$(jq -c 'map(.bind.reason)' $RUN/said)" '["owner-never-binds","owner-never-binds","node-address","protect-list","no-service"]' || return
	exits "explain --link" 0 vipguard explain $VIP --link kube-ipvs0 -o json || return
	equal "reason there" "$(jq -r '.[0].bind.reason' $RUN/said)" service-dummy || return
	exits "explain junk" 2 vipguard explain 192.0.2.300 || return
	exits "check of files beside it" 1 "${CP1[@]}" vipguard check "${good[@]}" -o json || return
	jq -e '.violations == 1' $RUN/said >/dev/null || return
	exits status 0 vipguard status || return
	grep -q '^mode *audit' $RUN/said || return
	exits "another user's question" 3 setpriv --reuid=65534 --clear-groups --bounding-set=-all --inh-caps=-all vipguard status || return
	stderr_says 'not allowed' || return
	guard_stop
}
test_case "status, check, explain" asked

api() {
	local what
	guard_start audit "${BLIND[@]}" || return
	while read -r status method path; do
		what=$(curl -s -o $RUN/said -w '%{http_code}' --unix-socket $VIPGUARD_SOCKET -X "$method" "http://x$path")
		equal "$method $path" "$what" "$status" || return
		jq -e . $RUN/said >/dev/null || fail "$method $path: no JSON" || return
	done <<-'REQUESTS'
		200 GET /v1/status
		200 GET /v1/check
		200 GET /v1/explain?address=192.0.2.1
		400 GET /v1/explain
		400 GET /v1/explain?address=
		400 GET /v1/explain?address=junk
		400 PUT /v1/mode
		400 PUT /v1/mode?mode=loud
		400 PUT /v1/pause
		400 PUT /v1/pause?for=0s
		400 PUT /v1/pause?for=25h
		400 PUT /v1/pause?for=soon
		405 GET /v1/pause?for=15m
		405 GET /v1/resume
		200 PUT /v1/resume
		405 POST /v1/status
		405 GET /v1/mode?mode=enforce
		200 GET /v1/screen
		200 GET /v1/vips
		404 GET /v1
		404 GET /v1/status/
	REQUESTS
	# what is no HTTP, and a connection that says nothing, hold nobody up
	head -c 100000 /dev/urandom | curl -s --unix-socket $VIPGUARD_SOCKET telnet://x >/dev/null
	exits "status after junk" 0 vipguard status || return
	equal "mode" "$(vipguard status -o json | jq -r .mode)" audit || return
	guard_stop
}
test_case "the API, asked wrongly" api

# ---- watchers
watchers_are() { [[ $(vipguard status -o json | jq .watchers) == "$1" ]]; }
refused_watchers() { (($(grep -ls 'answered 503' $RUN/watcher.*.err | wc -l) == $1)); }

crowd() {
	local i pids=()
	rm -f $RUN/watcher.*
	guard_start audit "${BLIND[@]}" || return
	for ((i = 0; i < 50; i++)); do
		vipguard watch >$RUN/watcher.$i 2>$RUN/watcher.$i.err &
		pids+=($!)
	done
	await "16 to be in and 34 to be refused" "watchers_are 16 && refused_watchers 34" || {
		vipguard status -o json | jq .watchers
		return 1
	}
	at cp1 ip addr add 203.0.113.8/32 dev eth0
	await "all 16 to see it" "(( \$(grep -ls 203.0.113.8 $RUN/watcher.* | wc -l) == 16 ))" || return
	kill "${pids[@]}" 2>/dev/null
	await "their places to be free" "watchers_are 0" || return
	vipguard watch >$RUN/watcher.late &
	await "a new one" "watchers_are 1" || return
	guard_stop || return
	await "it to see the end" "grep -q '\"stopping\"' $RUN/watcher.late" || return
	await "it to end" "! kill -0 $! 2>/dev/null" || return
	wait $! || fail "a watcher whose guard ended exits with $?"
}
test_case "50 watchers: 16 are served, the others told so" crowd

quick_has() {
	jq -s 'map(if .event == "bind" and (.address | startswith("203.0.113")) then 1 elif .event == "lost" then .count else 0 end) | add' $RUN/watcher.quick 2>/dev/null || echo 0 # a line that is just being written
}

# The slow one loses lines and is told; nobody else does, and the guard goes on.
slow() {
	local slow quick said
	guard_start audit "${BLIND[@]}" --period 100ms || return
	vipguard watch >$RUN/watcher.slow &
	slow=$!
	vipguard watch >$RUN/watcher.quick &
	quick=$!
	await "both" "watchers_are 2" || return
	kill -STOP $slow
	for i in {1..20}; do # some 250 bytes a line: more than its backlog and its socket hold
		at cp1 bash -c "for ((i = 1; i < 250; i++)); do echo \"addr add 203.0.113.\$i/32 dev eth0\"; done | ip -batch -
			ip addr flush dev eth0 to 203.0.113.0/24" || return
		exits "status meanwhile" 0 vipguard status || return
	done
	at cp1 ip addr add 203.0.113.251/32 dev eth0
	await "the quick one to see the last" "grep -q 203.0.113.251 $RUN/watcher.quick" || return
	at_least "lost for the slow one" "$(counter lost_log)" 1 || return
	kill -CONT $slow
	await "the slow one to be told" "grep -q '\"lost\"' $RUN/watcher.slow" || return
	# on a busy machine it may be slow itself, and is then told of what it missed; what folds up goes to both a moment later
	said=$(events '.event == "bind" and .how != "preexisting" and (.address | startswith("203.0.113"))' | wc -l)
	await "the quick one to have every line or be told of it" "((\$(quick_has) >= said))" || {
		echo "it has $(quick_has) of $said"
		return 1
	}
	kill $slow $quick
	guard_stop
}
test_case "a slow watcher" slow

# ---- standard output that does not take the lines
# busy: much to say in little time; the guard must keep up whatever becomes of its lines
busy() {
	local i
	for i in {1..4}; do
		at cp1 bash -c "for ((i = 1; i < 250; i++)); do echo \"addr add 203.0.113.\$i/32 dev eth0\"; done | ip -batch -
			ip addr flush dev eth0 to 203.0.113.0/24" || return
	done
	at cp1 ip addr add $VIP/32 dev eth0
	await "the VIP to go" "! is_bound $VIP"
}
with_stdout() {
	local want=$1
	spawn cp1 vipguard run --mode enforce "${good[@]}" "${BLIND[@]}" --log-format json --period 100ms >&"$out"
	guard=$spawned
	await "the guard" "vipguard status >/dev/null 2>&1" || return
	busy || return
	case $want in
	lost) at_least "lines lost" "$(counter lost_log)" 1 || return ;;
	esac
	equal "removed" "$(counter bind_removed)" 1 || return
	guard_stop && nothing_attached
}
full_pipe() {
	mkfifo $RUN/full
	exec {out}<>$RUN/full # nobody reads
	rm $RUN/full
	with_stdout lost
}
test_case "a pipe that nobody reads: lines are lost and counted, nothing else" full_pipe

closed_pipe() {
	mkfifo $RUN/full
	exec {keep}<>$RUN/full
	exec {out}>$RUN/full
	exec {keep}>&-
	rm $RUN/full
	with_stdout lost
}
test_case "a pipe whose reader is gone" closed_pipe

no_stdout() {
	spawn cp1 bash -c 'exec "$@" >&-' - vipguard run --mode enforce "${good[@]}" "${BLIND[@]}" --log-format json --period 100ms
	guard=$spawned
	await "the guard" "vipguard status >/dev/null 2>&1 || ! kill -0 $guard 2>/dev/null" || return
	if ! kill -0 $guard 2>/dev/null; then
		wait $guard
		equal "exit of a guard without stdout" $? 3
		return
	fi
	busy || return
	guard_stop && nothing_attached
}
test_case "standard output closed" no_stdout

full_disk() {
	exec {out}>/dev/full
	with_stdout any
}
test_case "standard output full" full_disk

# ---- the end

# kube-proxy in IPVS mode has more addresses than vg_binds has lines: they take none.
many_on_ipvs() {
	local listed
	at cp1 ip link add kube-ipvs0 type bridge || return # not every host has dummies
	at cp1 bash -c 'for ((i = 0; i < 17000; i++)); do echo "addr add 10.96.$((i / 250)).$((i % 250 + 1))/32 dev kube-ipvs0"; done | ip -batch -' || return
	guard_start audit "${BLIND[@]}" --period 1h || return
	at cp1 ip addr add $VIP/32 dev eth0 || return
	await_event ".event == \"bind\" and .address == \"$VIP\"" >/dev/null || return
	equal "binds lost" "$(counter lost_binds)" 0 || return
	listed=$(bpftool -j map dump pinned $PINS/vg_binds | jq -r '.[] | (.formatted // .).value.address')
	grep -qx "$VIP/32" <<<"$listed" && grep -qx 192.0.2.11/24 <<<"$listed" || fail "vg_binds: $listed" || return
	! grep '^10[.]96[.]' <<<"$listed" || fail "service addresses are in vg_binds" || return
	guard_stop && at cp1 ip link del kube-ipvs0
}
test_case "more service addresses on kube-ipvs0 than vg_binds holds" many_on_ipvs

# Again and again, until it is done.
insist() {
	while kill "-$1" $guard 2>/dev/null; do :; done
}

# ends SIGNAL [SIGNAL]: the second one comes while it ends
ends() {
	guard_start enforce "${BLIND[@]}" || return
	[[ $(vipguard status -o json | jq -r '.links[0].by') != tcx ]] || equal "programs on tcx" "$(on_tcx)" 1 || return
	equal "frames" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	kill "-$1" $guard
	[[ -z ${2-} ]] || insist "$2"
	wait $guard
	equal "exit after SIG$1" $? 0 || return
	equal "the last event" "$(tail -n 1 $EVENTS | jq -r .event)" stopping || return
	nothing_attached || return
	equal "frames afterwards" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 10 || return
	at cp1 ip addr add $VIP/32 dev eth0 && bound $VIP
}
test_case "SIGTERM" ends TERM
test_case "SIGINT" ends INT
test_case "SIGTERM, and again while it ends" ends TERM TERM

# Killed: what it left does not hinder the next.
killed() {
	guard_start enforce "${BLIND[@]}" || return
	kill -KILL $guard
	wait $guard
	[[ -S $VIPGUARD_SOCKET ]] || fail "no socket was left: this tests nothing" || return
	exits "status of the dead" 3 vipguard status || return
	guard_start enforce "${BLIND[@]}" || return
	equal "frames" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	guard_stop && nothing_attached
}
test_case "a guard after one that was killed" killed

# Each line is one JSON object with an id that goes up, a time, an event; keys of one meaning.
lines() {
	guard_start enforce "${BLIND[@]}" || return
	rogue_twice || return
	guard_stop || return
	equal "lines that are no event" "$(jq -Rc 'fromjson? // {} | select((.time | type) != "string" or (.id | test("^cp1-[0-9]{6,}$") | not) or (.event | type) != "string")' $EVENTS | wc -l)" 0 || return
	equal "ids" "$(jq -r '.id[4:]' $EVENTS | sort -n | uniq | wc -l)" "$(wc -l <$EVENTS)" || return
	equal "ready, times" "$(events '.event == "ready"' | wc -l)" 1 || return
	equal "keys without meaning" "$(jq -c 'select(any(.[]; . == null or . == ""))' $EVENTS | wc -l)" 0
}
test_case "events are JSON lines" lines
