# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh, and for it
# The main job: MetalLB's speaker on worker1 has the VIP, by what the API says, and kube-vip's double on cp1 takes it. Its own VIP, the control
# plane's, is its own in every mode.

# It runs as the static Pod that the API knows by its mirror: in a cgroup that bears its hash.
pod_cgroup 0d1c6dcd6b4d4a9ed5f1f5a1d3d6f4a0 5eed917563583925ffdbd40a64efb2aaffe58638e57add8becaf460fe74f5b1c
rogue_wrap=("${in_pod[@]}")

unguarded() {
	client_reaches worker1 || fail "the client does not reach worker1 at first" || return
	witnessed rogue_runs || return
	at_least "frames for $VIP" "$(seen $VIP)" 2 || return
	at_least "frames for $VIP6" "$(seen $VIP6)" 2 || return
	bound $VIP && bound $VIP6 && bound $CP_VIP || return
	equal "the client's neighbour entry" "$(client_mac)" $CP1_MAC
}
test_case "without the guard the rogue takes the VIP" unguarded

# said_of ACTION-OF-BINDS ACTION-OF-FRAMES: all that the API says is in the events
said_of() {
	local address pid whose='.owner == "metallb" and .service == "default/web" and .assigned_nodes == ["worker1"] and .source == "ServiceL2Status" and
		.pod == "kube-system/kube-vip-cp1" and (.container | length) == 64 and (has("pod_uid") | not)'
	pid=$(pgrep -x kube-vip)
	for address in $VIP $VIP6; do
		await_event ".event == \"bind\" and .address == \"$address\" and .verdict == \"violation\" and .reason == \"owner-never-binds\" and
			.action == \"$1\" and .pid == $pid and .comm == \"kube-vip\" and $whose" || return
		await_event ".event == \"announce\" and .address == \"$address\" and .verdict == \"violation\" and .reason == \"assigned-elsewhere\" and
			.action == \"$2\" and .pid == $pid and $whose" || return
	done
	await_event ".event == \"bind\" and .address == \"$CP_VIP\" and .verdict == \"protected\" and .reason == \"control-plane-vip\" and
		.action == \"none\" and .pid == $pid"
}

# events_on_web REASON: how many stand on default/web, for kube-vip's two VIPs, with who did it, where, and the remedy
events_on_web() {
	order events default | jq --arg reason "$1" '[.[] | select(.reason == $reason and .type == "Warning" and .reportingInstance == "cp1" and
		.regarding.kind == "Service" and .regarding.name == "web" and (.regarding.uid | length) == 36 and
		.related == {apiVersion: "v1", kind: "Pod", namespace: "kube-system", name: "kube-vip-cp1"} and
		(.note | contains("kube-vip") and contains("eth0") and contains("node cp1") and contains("worker1") and contains("Remedy: ")
			and contains("svc_enable")))] | length'
}

await_events_on_web() {
	await "two Events $1 on the Service" "[[ \$(events_on_web $1) == 2 ]]" || fail "$(order events default)"
}

# The guard that runs knows why, without a kubeconfig: the Pod, and the line of its manifest here.
doctor_says() {
	mkdir -p $RUN/manifests
	printf '%s\n' 'kind: Pod' 'metadata: {name: kube-vip, namespace: kube-system}' 'spec:' '  containers:' '  - name: kube-vip' '    env:' \
		'    - name: svc_enable' '      value: "true"' >$RUN/manifests/kube-vip.yaml
	at cp1 vipguard doctor --node cp1 --manifests $RUN/manifests -o json >$RUN/doctor.json
	equal "what doctor exits with" $? 1 || return
	jq -e '.looked_at.cluster == "the guard that runs" and .looked_at.kernel == "the guard that runs" and any(.findings[]; .id == "kube-vip-takes-services" and
		.evidence[0].name == "kube-system/kube-vip-cp1" and (.edits | length) == 1 and .edits[0].line == 8)' $RUN/doctor.json >/dev/null || {
		cat $RUN/doctor.json
		return 1
	}
}

enforce() {
	client_reaches worker1 || fail "the client does not reach worker1 at first" || return
	kube_start enforce || return
	in_map vg_protect $CP_VIP VG_CONTROL_PLANE_VIP || fail "$CP_VIP is not protected" || return
	witnessed rogue_runs || return
	equal "frames for $VIP" "$(seen $VIP)" 0 || return
	equal "frames for $VIP6" "$(seen $VIP6)" 0 || return
	at_least "frames for the control plane's VIP" "$(seen $CP_VIP)" 2 || return
	not_bound $VIP && not_bound $VIP6 && bound $CP_VIP || return
	rogue_said 2 "^BIND $VIP.*EPERM" || fail "the rogue was not refused" || return
	said_of denied dropped && doctor_says || return
	equal "the client's neighbour entry" "$(client_mac)" $WORKER1_MAC || return
	equal "whom the client reaches" "$(client_asks)" worker1 || return
	await_events_on_web VIPBindDenied && await_events_on_web VIPAnnouncementDropped || return
	guard_stop
}
test_case "in enforce nothing is bound, no frame leaves, and the events say why" enforce

audit() {
	kube_start audit || return
	witnessed rogue_runs || return
	at_least "frames for $VIP" "$(seen $VIP)" 2 || return
	at_least "frames for the control plane's VIP" "$(seen $CP_VIP)" 2 || return
	bound $VIP && bound $VIP6 && bound $CP_VIP || return
	said_of would-deny would-drop || return
	equal "events with an action" "$(count_events '.action == "denied" or .action == "removed" or .action == "dropped"')" 0 || return
	await_events_on_web VIPBindSeen && await_events_on_web VIPBindDenied || return
	guard_stop
}
test_case "in audit nothing is touched" audit

# The guard's own are the node's; who may not write them says so, and guards.
without_rights() {
	local account=limited
	kube_start audit || return
	at cp1 vipguard mode enforce >/dev/null || return
	await_event '.event == "degraded" and .what == "events" and (.why | contains("apiGroups: [\"events.k8s.io\"], resources: [\"events\"], verbs: [create, patch]"))' || return
	guard_stop && account=vipguard kube_start audit && at cp1 vipguard mode enforce >/dev/null || return
	await "an Event on the node" '[[ $(order events default | jq "any(.[]; .reason == \"GuardModeChanged\" and .regarding.kind == \"Node\" and .regarding.name == \"cp1\")") == true ]]' || return
	guard_stop
}
test_case "without the right to write Events" without_rights
rogue_wrap=()
