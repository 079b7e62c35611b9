# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
#
# c. Installed late: kube-vip has 50 VIPs already. Audit reports them all; switched to enforce the guard frees all within a second, and no
# announcement leaves any more. One world for the three modes.

late() {
	local since until vips=() some freed
	cell_begin c "50 held" without
	step services_up 50
	some=("${vips[@]:0:20}")
	client_asks "${some[@]}" "$CP_VIP:6443"
	since=$(now)
	step guest kube_vip_start
	step await "all bound" "[[ \$(guest 'bound_of ${vips[*]}') == 50 ]]"
	until_ticks 3 "$since"
	until=$(now)
	measure "$since" "$until" worker1 "${vips[@]}"
	late_ends "${some[@]}"
	expect_control_plane
	expect_taken
	expect frames -ge 100
	cell_end

	cell=(c "50 held" audit) faults=() F=()
	since=$(now)
	guard_up
	until_ticks 2 "$since"
	until=$(now)
	measure "$since" "$until" worker1 "${vips[@]}"
	late_ends "${some[@]}"
	F[reported]=$(guest 'events ".event == \"bind\" and .how == \"preexisting\" and .verdict == \"violation\" and .action == \"would-remove\"" |
		jq -r .address | sort -u | wc -l')
	expect_control_plane
	expect_taken
	expect reported == 50
	cell_end

	cell=(c "50 held" enforce) faults=() F=()
	guest "vipguard mode enforce" >/dev/null || fault "no switch to enforce"
	freed=$(guest 'began=$EPOCHREALTIME; await "all freed" "[[ \$(bound_of '"${vips[*]}"') == 0 ]]"
		jq -rs --arg began "$began" "[.[] | select(.action == \"removed\") | .time | (.[:19] + \"Z\" | fromdate) + (\"0.\" + .[20:26] | tonumber)] |
			((max - min) * 1000 | round | tostring) + \" \" + (length | tostring)" $EVENTS')
	F[freed]=${freed% *}
	since=$(now)
	until_ticks 2 "$since"
	until=$(now)
	measure "$since" "$until" worker1 "${vips[@]}"
	late_ends "${some[@]}"
	say "c: ${freed#* } removed within ${F[freed]} ms"
	expect_control_plane
	expect bound == 0
	expect frames == 0
	expect freed -lt 1000
	expect acted -ge 50
	expect lost == 0
	cell_end
}

# late_ends VIP...: the client asks some of them only
late_ends() {
	local vip where
	where=$(for vip; do client_last "$vip"; done | sort | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? ", " : ""), $1, $2 }')
	F[at]=$where
}

late
