# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# c. Installed late: kube-vip has 50 VIPs already. Audit reports them all; switched to enforce the guard frees all within a second, and no
# announcement leaves any more. One world for the three modes.

late() {
	local since until vips=() some freed # vips is services_up's
	cell_begin c "50 held" without
	step services_up 50
	some=("${vips[@]:0:20}")
	client_asks "${some[@]}" "$CP_VIP:6443"
	since=$(now)
	step guest kube_vip_start
	step await "all bound" "[[ \$(guest 'bound_of ${vips[*]}') == 50 ]]"
	until_ticks 3 "$since"
	until=$(now)
	measure "$since" "$until" worker1,worker2 "${vips[@]}"
	late_ends "${some[@]}"
	expect_control_plane
	expect_taken
	expect frames -ge 100
	cell_end

	cell_next c "50 held" audit
	since=$(now)
	guard_up
	until_ticks 2 "$since"
	until=$(now)
	measure "$since" "$until" worker1,worker2 "${vips[@]}"
	late_ends "${some[@]}"
	F[reported]=$(guest 'events ".event == \"bind\" and .how == \"preexisting\" and .verdict == \"violation\" and .action == \"would-remove\"" |
		jq -r .address | sort -u | wc -l')
	expect_control_plane
	expect_taken
	expect reported == 50
	cell_end

	cell_next c "50 held" enforce
	guest "vipguard mode enforce" >/dev/null || fault "no switch to enforce"
	since=$(now)
	step guest "await 'all freed' '[[ \$(bound_of ${vips[*]}) == 0 ]]'"
	# from the order to the last removal, in ms, and how many
	freed=$(guest 'jq -rs "def ms: (.time[:19] + \"Z\" | fromdate) * 1000 + (.time[20:23] | tonumber);
		(map(select(.event == \"mode\") | ms) | max) as \$order | map(select(.action == \"removed\") | ms) | \"\(max - \$order) \(length)\"" $EVENTS')
	until_ticks 2 "$since"
	until=$(now)
	measure "$since" "$until" worker1,worker2 "${vips[@]}"
	F[freed]=${freed% *}
	late_ends "${some[@]}"
	say "c: ${freed#* } removed within ${F[freed]} ms"
	expect_control_plane
	expect bound == 0
	expect frames == 0
	expect freed -lt "$(soon)"
	expect acted -ge 50
	expect rightful -ge 50
	expect_healed "20 worker"
	cell_end
}

# late_ends VIP...: where the client is with those it asks; which worker has which is MetalLB's choice
late_ends() {
	local vip where
	where=$(for vip; do client_last "$vip"; done | sed 's/^worker.*/worker/' | sort | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 }')
	F[at]=$where
}

late
