# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh
# The API goes away, and what may not be read: the guard then does nothing, says so, and still knows what is never to be touched. An hour is 2 s
# here: what is known is stale after --max-age, and a server that is away is tried again after half of that at most.

BOUNDS=(--max-age 2s)
BACKOFF_MS=1000
RETRY_AFTER_MS=5000 # what a kube-apiserver that starts tells those to wait whom it answers 503, as it does some kinds at some starts

# stale_judged: what the rogue takes now is told, and no more
stale_judged() {
	await "the VIPs to be bound" "is_bound $VIP && is_bound $VIP6" || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .verdict == \"unknown\" and .reason == \"stale-source\" and .action == \"logged\"" || return
	witnessed rogue_rounds || return
	at_least "frames for $VIP in the outage" "$(seen $VIP)" 1 || return
	at_least "frames for the control plane's VIP in the outage" "$(seen $CP_VIP)" 1 || return
	cp_vip_protected
}

# In the map, in the answer, and in fact.
cp_vip_protected() {
	in_map vg_protect $CP_VIP VG_CONTROL_PLANE_VIP || fail "$CP_VIP is not in vg_protect" || return
	equal "the control plane's VIP" "$(vipguard explain $CP_VIP -o json | jq -r '.[0].bind.reason')" control-plane-vip || return
	bound $CP_VIP || return
	at cp1 ip addr del $CP_VIP/32 dev eth0
	await "the rogue to bind its own VIP again" "is_bound $CP_VIP"
}

# back READY-TIME WHAT: enforced again, and how long after the server was ready
back() {
	local line ms
	line=$(await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"removed\" and .how == \"preexisting\" and .reason == \"owner-never-binds\" and
		.owner == \"metallb\"") || return
	await_event ".event == \"bind\" and .address == \"$VIP6\" and .action == \"removed\" and .how == \"preexisting\"" >/dev/null || return
	ms=$(($(microseconds_since "$1" "$line") / 1000))
	echo "$2: API ready to enforced again $ms ms, back-off at most $BACKOFF_MS ms" >>$RUN/times
	((ms <= BACKOFF_MS + RETRY_AFTER_MS + 2000)) || fail "it took $ms ms" || return
	await "the VIPs to be gone" "! is_bound $VIP && ! is_bound $VIP6" || return
	witnessed rogue_rounds || return
	equal "frames for $VIP after the outage" "$(seen $VIP)" 0 || return
	at_least "frames for the control plane's VIP" "$(seen $CP_VIP)" 1 || return
	not_bound $VIP && not_bound $VIP6 && bound $CP_VIP
}

outage() {
	local ready
	kube_start enforce "${BOUNDS[@]}" || return
	rogue_runs || return
	not_bound $VIP && bound $CP_VIP || return
	: >$EVENTS # an emulated machine may have been slow at the start
	order kill || return
	await_event '.event == "degraded" and .what == "source" and (.why | contains("not heard from"))' || return
	stale_judged || return
	ready=$(order start) || fail "$ready" || return
	back "$ready" "outage" || return
	await_event '.event == "recovered" and .what == "source"' || return
	equal "what was said of it" "$(events '.what == "source"' | jq -r .event | paste -sd ' ')" "degraded recovered" || {
		events '.what == "source"'
		return 1
	}
	guard_stop
}

restarted() {
	local ready
	kube_start enforce "${BOUNDS[@]}" || return
	rogue_runs || return
	: >$EVENTS
	order kill || return
	await_event '.event == "degraded" and .what == "source"' || return
	kill -KILL $guard
	wait $guard 2>/dev/null # and no word of the shell about it
	kube_spawn enforce "${BOUNDS[@]}" || return
	await_event '.event == "degraded" and .what == "source"' || return
	stale_judged || return
	equal "events of a guard that knows nothing" "$(count_events '.event == "ready" or .verdict == "violation" or .action == "removed"')" 0 || return
	ready=$(order start) || fail "$ready" || return
	back "$ready" "outage, restarted in it" || return
	await_event '.event == "ready"' || return
	await_event '.event == "recovered" and .what == "source"' || return
	guard_stop
}

# Whatever happens, the API is there for the next one.
outage_case() {
	local rc=0
	clock_offset >$RUN/offset
	: >$RUN/times
	"$1" || rc=$?
	((rc == 0)) || order start >/dev/null
	return $rc
}
test_case "the API is away: told, nothing acted on, and over when it is back" outage_case outage
sed 's/^/# /' $RUN/times
test_case "the guard is killed and started meanwhile" outage_case restarted
sed 's/^/# /' $RUN/times

# A guard that starts knows nothing of the cluster until it is listed: what the one before it knew holds, but no longer than --max-age.
leaving() { VIPGUARD_DETACH_ON_EXIT=false "$@"; }
kube_killed() {
	kill -KILL $guard
	wait $guard 2>/dev/null # and no word of the shell about it
}
refused_until() {
	until [[ -n $(events "$1") ]]; do
		! at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null || fail "$VIP could be bound" || return
	done
}
take_over() {
	kube_killed
	# nobody is there to say it: the guard that comes does
	! at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null || fail "$VIP could be bound between two guards" || return
	leaving kube_spawn enforce --dead-man 60s || return
	refused_until '.event == "ready"'
}
taken_over() {
	local blast
	leaving kube_start enforce --dead-man 60s || return
	spawn cp1 blast --link eth0 --vip $VIP --count 10000000 --gap-us 500 --form arp-reply >/dev/null
	blast=$spawned
	witnessed take_over || return
	equal "frames for $VIP over the restart" "$(seen $VIP)" 0 || return
	equal "what was said of the binds" "$(events '.event == "bind" and .how != "preexisting" and .action != "denied"' | wc -l)" 0 || return
	at_least "refused binds with their reason" "$(count_events ".action == \"denied\" and .verdict == \"violation\" and .reason == \"owner-never-binds\"")" 1 || {
		events '.event == "bind"'
		return 1
	}
	kill "$blast"
	guard_stop
}
test_case "a restart under attack: no frame and no bind while the cluster is listed" taken_over

taken_over_blind() {
	local ready
	leaving kube_start enforce --dead-man 60s || return
	kube_killed
	order kill || return
	leaving kube_spawn enforce --dead-man 60s --max-age 20s || return
	refused $VIP owner-never-binds || return
	await "what is known to be too old" "at cp1 ip addr add $VIP/32 dev eth0 2>/dev/null" || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .reason == \"stale-source\" and .action == \"logged\"" >/dev/null || return
	ready=$(order start) || fail "$ready" || return
	await "the VIP to go" "! is_bound $VIP" || return
	guard_stop
}
test_case "a restart without an API: what was known holds for --max-age" outage_case taken_over_blind

# What MetalLB has may not be read: nothing can be proven, so nothing is wrong; and what is missing has a name.
forbidden() {
	local kind account=limited
	kube_start enforce || return
	for kind in ipaddresspools l2advertisements bgpadvertisements servicel2statuses servicebgpstatuses configurationstates; do
		await_event ".event == \"degraded\" and .what == \"forbidden\" and (.why | startswith(\"$kind may not be read\") and contains(\"missing rule\") and
			contains(\"metallb.io\"))" || return
	done
	witnessed rogue_runs || return
	at_least "frames for $VIP" "$(seen $VIP)" 2 || return
	bound $VIP && bound $VIP6 && bound $CP_VIP || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .verdict == \"unknown\" and .reason == \"owner-unproven\"" || return
	await_event ".event == \"announce\" and .address == \"$VIP\" and .verdict == \"unknown\"" || return
	equal "violations" "$(count_events '.verdict == "violation"')" 0 || return
	guard_stop
}
test_case "what may not be read is named, and nothing is a violation" forbidden
