# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of guard.sh and lib.sh
# /metrics, /healthz and /readyz of a running guard, by TCP and by its socket, and what a linter and docs/metrics.md say of the page.

METRICS=127.0.0.1:9477

# page: into $RUN/page. It is made anew when the one before is old enough.
page() { at cp1 curl -sf --max-time $WAIT -o $RUN/page http://$METRICS/metrics; }
# sample SERIES: its value on the page that was fetched last
sample() { awk -v series="$1" '{ value = $NF; sub(/ [^ ]*$/, "") } $0 == series { print value }' $RUN/page; }
sample_is() { page && [[ $(sample "$1") == "$2" ]]; }
probe() { at cp1 curl -s --max-time $WAIT -o $RUN/said -w '%{http_code}' "http://$METRICS$1"; }
listed() { sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$1"; }
sound() {
	promlint <$RUN/page || fail "what promlint says" || return
	[[ -z $(grep -v '^#' $RUN/page | sed 's/ [^ ]*$//' | sort | uniq -d) ]] || fail "a series comes twice" || return
	[[ -z $(comm -23 <(listed $RUN/page | sort) <(sed -n 's/^| `\([a-z_]*\)` |.*/\1/p' "$here/../../docs/metrics.md" | sort)) ]] ||
		fail "a metric that docs/metrics.md does not have"
}

# Each counter of the page is that of status, by name.
like_status() {
	local name value series
	page || return
	while read -r name value; do
		case $name in
		lost_* | *_unparsed) series="vipguard_lost_total{cause=\"$name\"}" ;;
		*) series=vipguard_${name}_total ;;
		esac
		equal "$series" "$(sample "$series")" "$value" || return
	done < <(vipguard status -o json | jq -r '.counters | to_entries[] | "\(.key) \(.value)"')
}

metrics() {
	local vip='vipguard_vip_bound{address="'$VIP'",prefix="32",interface="eth0",as="address",verdict="violation",reason="owner-never-binds"}'
	local dropped='vipguard_announcements_total{family="ipv4",verdict="violation",reason="owner-never-binds",action="dropped"}'
	guard_start audit "${BLIND[@]}" --metrics-vips || return
	equal readyz "$(probe /readyz) $(<$RUN/said)" "200 ready" || return
	equal healthz "$(probe /healthz) $(<$RUN/said)" "200 ok" || return
	equal "the API's paths over TCP" "$(probe /v1/status)" 404 || return
	page && sound || return
	equal "mode" "$(sample 'vipguard_mode{mode="audit"}')" 1 || return
	at cp1 ip addr add $VIP/32 dev eth0
	await "the bind on the page" "sample_is 'vipguard_bound_addresses{verdict=\"violation\",reason=\"owner-never-binds\"}' 1" || return
	equal "its binds" "$(awk '/^vipguard_binds_total.*owner-never-binds.*would-/ { n += $NF } END { print n }' $RUN/page)" 1 || return
	equal "its line" "$(sample "$vip")" 1 || return
	curl -sf --unix-socket $VIPGUARD_SOCKET -o $RUN/page.socket http://x/metrics || return
	equal "the page by the socket" "$(listed $RUN/page.socket)" "$(listed $RUN/page)" || return
	equal "readyz by the socket" "$(curl -s --unix-socket $VIPGUARD_SOCKET http://x/readyz)" ready || return
	exits "mode enforce" 0 vipguard mode enforce || return
	await "the VIP to go" "! is_bound $VIP" || return
	at cp1 blast --link eth0 --vip $VIP --count 100 --form arp-reply >/dev/null
	await "the frames on the page" "page && (( \$(awk '/^vipguard_announcements_total.*action=\"dropped\"/ { n += \$NF } END { print n }' $RUN/page) >= 100 ))" || {
		sample "$dropped"
		return 1
	}
	equal "VIPs on it" "$(grep -c "^vipguard_vip_bound{address=\"$VIP\"" $RUN/page)" 0 || return
	equal "mode" "$(sample 'vipguard_mode{mode="enforce"}')" 1 || return
	equal "suspended" "$(sample vipguard_suspended)" 0 || return
	like_status && sound || return
	exits pause 0 vipguard pause --for 15m || return
	await "the pause on the page" "sample_is vipguard_suspended 1" || return
	guard_stop
}
test_case "metrics and probes" metrics

# More VIPs than are named: those that are not are counted.
many_vips() {
	guard_start audit "${BLIND[@]}" --metrics-vips --protect 203.0.113.0/24 --protect 198.51.100.0/24 || return
	at cp1 bash -c 'for ((i = 1; i < 150; i++)); do echo "addr add 203.0.113.$i/32 dev eth0"; echo "addr add 198.51.100.$i/32 dev eth0"; done | ip -batch -'
	await "all of them" "page && (( \$(grep -c ^vipguard_vip_bound{ $RUN/page) + \$(sample vipguard_vip_bound_left_out) >= 298 ))" || return
	equal "named" "$(grep -c '^vipguard_vip_bound{' $RUN/page)" 256 || return
	sound || return
	at cp1 ip addr flush dev eth0 to 203.0.113.0/24
	at cp1 ip addr flush dev eth0 to 198.51.100.0/24
	guard_stop || return
	guard_start audit "${BLIND[@]}" || return
	page || return
	[[ -z $(grep -E '192\.0\.2|vip_bound' $RUN/page) ]] || fail "an address without --metrics-vips: $(grep -E '192\.0\.2|vip_bound' $RUN/page)" || return
	guard_stop
}
test_case "metrics with more VIPs than are named, and without" many_vips

# A port that is taken does not keep the guard from guarding; SIGHUP tries again. off: nowhere.
listeners() { at cp1 ss -Hltn "sport = :9477" | wc -l; }
port_taken() {
	local holder
	spawn cp1 python3 -c 'import socket, sys
s = socket.create_server(("127.0.0.1", 9477))
print("holds", flush=True)
sys.stdin.read()' <>$RUN/never >$RUN/port
	holder=$spawned
	await "the port to be held" "grep -q holds $RUN/port" || return
	guard_start enforce "${BLIND[@]}" || return
	await_event '.event == "degraded" and .what == "metrics" and (.why | test("127.0.0.1:9477: another program listens"))' >/dev/null || return
	at cp1 ip addr add $VIP/32 dev eth0
	await "the VIP to go" "! is_bound $VIP" || return
	curl -sf --unix-socket $VIPGUARD_SOCKET http://x/healthz >/dev/null || return
	kill $holder
	wait $holder
	kill -HUP $guard
	await_event '.event == "recovered" and .what == "metrics"' >/dev/null || return
	equal healthz "$(probe /healthz)" 200 || return
	guard_stop || return
	guard_start audit "${BLIND[@]}" --metrics off || return
	equal "listeners" "$(listeners)" 0 || return
	curl -sf --unix-socket $VIPGUARD_SOCKET http://x/metrics >/dev/null || return
	guard_stop
}
test_case "metrics where the port is taken, and off" port_taken

# Clients that take every place and do nothing: the guard goes on, and says so on its socket.
silent_clients() {
	guard_start enforce "${BLIND[@]}" || return
	mkfifo $RUN/silent.in
	exec {silent}<>$RUN/silent.in
	spawn cp1 python3 -c 'import socket, sys
all = [socket.create_connection(("127.0.0.1", 9477)) for i in range(12)]
for s in all[::2]: s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n")
print("silent", flush=True)
sys.stdin.read()' <$RUN/silent.in {silent}>&- >$RUN/silent
	rm $RUN/silent.in
	await "12 silent clients" "grep -q silent $RUN/silent" || return
	exits status 0 vipguard status || return
	at cp1 ip addr add $VIP/32 dev eth0
	await "the VIP to go" "! is_bound $VIP" || return
	equal "frames" "$(witness_count at cp1 blast --link eth0 --vip $VIP --count 10 --form arp-reply)" 0 || return
	equal "healthz after them" "$(probe /healthz)" 200 || return
	exec {silent}>&-
	guard_stop
}
test_case "clients of the probes that say nothing" silent_clients

# Without word from the API server: alive, not ready, and nothing is acted on.
not_ready() {
	write_kubeconfig
	guard_beside_api || return
	await "healthz" "[[ \$(probe /healthz) == 200 ]]" || return
	equal readyz "$(probe /readyz) $(<$RUN/said)" "503 the source was not read completely yet" || return
	page && sound || return
	equal "stale, suspended, complete, ready" "$(sample vipguard_source_stale)$(sample vipguard_suspended)$(sample vipguard_source_complete)$(sample vipguard_ready)" 1100 || return
	await "an error of the services' watch" "page && (( \$(sample 'vipguard_reflector_errors_total{kind=\"Service\"}') > 0 ))" || {
		grep reflector $RUN/page
		return 1
	}
	equal "metrics of the cluster" "$(grep -c '^# TYPE vipguard_reflector' $RUN/page)" 9 || return
	guard_stop
}
test_case "readyz and metrics while the API is away" not_ready
