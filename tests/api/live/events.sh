# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of run.sh
# Events, written to the real server with the rights of deploy/rbac.yaml; run.sh sources this. Nothing is paced here but in the storm.

quick=(--events --events-every 10ms --events-heartbeat 100ms --events-wait 50ms)

# tell TIMES ABOUT ADDRESS [NUMBER]
tell() {
	local before
	before=$(said told)
	echo "tell $*" >&"$orders"
	await_says told $((before + 1))
}

# written NAMESPACE FILTER: our Events there, as a jq program sees them
written() {
	api GET "/apis/events.k8s.io/v1/namespaces/$1/events" | jq -c "[.items[] | select(.reportingController == \"vipguard\")] | $2"
}

# await_written NAMESPACE FILTER WANTED
await_written() {
	api_await "$2 of the Events in $1 to be $3" "[[ \$(written $1 '$2') == '$3' ]]" || {
		written "$1" .
		return 1
	}
}

counts='map(.series.count // 1) | sort'

# One Event on the Service, its series grows, and kubectl's way to it (by the uid) finds it; another guard goes on with it.
events_series() {
	local uid
	api_service default/web 192.0.2.70 "$marked" && tell 1 default/web 192.0.2.70 && await_written default "$counts" '[1]' || return
	tell 4 default/web 192.0.2.70 && await_written default "$counts" '[5]' || return
	watch_stop && watch_start "${bounds[@]}" "${quick[@]}" && tell 2 default/web 192.0.2.70 && await_written default "$counts" '[7]' || return
	uid=$(api GET "$(api_path Service default/web)" | jq -r .metadata.uid)
	api GET "/api/v1/namespaces/default/events?fieldSelector=involvedObject.uid%3D$uid" |
		jq -e '.items | length == 1 and .[0].reason == "VIPBindSeen" and .[0].reportingComponent == "vipguard" and .[0].reportingInstance == "cp1"' || return
	tell 1 - 192.0.2.99 && await_written default "$counts" '[1,7]' || return
	uid=$(api GET /api/v1/nodes/$node | jq -r .metadata.uid)
	[[ $(written default 'map(select(.regarding.kind == "Node") | .regarding.uid)[]') == "\"$uid\"" ]]
}

# What MetalLB's own Events are found by does not find them, and nobody is woken.
events_unread() {
	local before
	before=$(state '[.reflectors[].events] | add')
	tell 3 default/web 192.0.2.71 && await_written default "$counts" '[1,3,7]' || return
	[[ $(api GET '/api/v1/events?fieldSelector=reason%3DnodeAssigned%2CinvolvedObject.kind%3DService' | jq '.items | length') == 0 ]] &&
		[[ $(state '[.reflectors[].events] | add') == "$before" ]]
}

# An Event lasts an hour; the next finding is a new one.
events_expired() {
	api DELETE '/apis/events.k8s.io/v1/namespaces/default/events' >/dev/null && await_written default length 0 &&
		tell 2 default/web 192.0.2.70 && await_written default "$counts" '[2]'
}

# What the server says to an empty Event, with the source's rights.
events_code() {
	api_code "$(<"$dir/token")" /apis/events.k8s.io/v1/namespaces/default/events -X POST -H 'Content-Type: application/json' -d '{}'
}

# Without the right it is said once, with the rule; given back, it goes on.
events_forbidden() {
	local role=/apis/rbac.authorization.k8s.io/v1/clusterroles/vipguard
	api GET $role >"$dir/role" || return
	jq 'del(.metadata.resourceVersion) | .rules |= map(select(.apiGroups != ["events.k8s.io"]))' "$dir/role" >"$dir/less"
	api PUT $role "$dir/less" >/dev/null &&
		api_await "the right to be gone" '[[ $(events_code) == 403 ]]' &&
		tell 1 default/web 192.0.2.72 && await_says events-forbidden || return
	grep -F 'apiGroups: [\"events.k8s.io\"], resources: [\"events\"], verbs: [create, patch]' "$dir/says" || return
	tell 1 default/web 192.0.2.73 && (($(said events-forbidden) == 1)) && [[ $(state .events.forbidden) == true ]] || return
	jq 'del(.metadata.resourceVersion)' "$dir/role" >"$dir/more"
	api PUT $role "$dir/more" >/dev/null &&
		api_await "the right to be back" '[[ $(events_code) == 4?? && $(events_code) != 403 ]]' &&
		echo retry >&"$orders" && await_says events-allowed && await_written default "$counts" '[1,1,2]'
}

# A namespace that is gone: the server takes no Event there, and that is the end of it.
events_nowhere() {
	tell 1 nowhere/web 192.0.2.74 && await_says events-refused && grep -F 'nowhere/web: HTTP status 404' "$dir/says"
}

# As fast as a guard may, 1,000 addresses of which each is found wrong ten times: ten Events, and one in ten seconds.
events_storm() {
	local began=$EPOCHSECONDS n left
	api_await "no Events" 'api DELETE /apis/events.k8s.io/v1/namespaces/default/events >/dev/null && [[ $(written default length) == 0 ]]' || return
	tell 10 default/web storm 1000 && api_await "the first ones" '(( $(state .events.created) >= 10 ))' || return
	n=$(written default length)
	left=$(state .events.left_out)
	echo "$n Events in $((EPOCHSECONDS - began)) s, $left findings left out"
	((n >= 10 && n <= 11 + (EPOCHSECONDS - began) / 10 && left == 9360))
}

events_cases() {
	bounds=(--max-age 60s --backoff-max 1s)
	watch_start "${bounds[@]}" "${quick[@]}"
	test_case "Events are one series on their Service, over a restart" events_series
	test_case "Events of ours are none that is read" events_unread
	test_case "an Event that has expired is made anew" events_expired
	test_case "Events may not be written" events_forbidden
	test_case "an Event about a Service of no namespace" events_nowhere
	watch_stop
	watch_start "${bounds[@]}" --events
	test_case "10,000 findings are no storm of Events" events_storm
	watch_stop
}
