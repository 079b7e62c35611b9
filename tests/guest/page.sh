# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of lib.sh
# Pages of metrics of a guard that has all that a kernel offers, quiet and with the classic fault refused, for tests/monitoring/record.sh:
# printed behind "PAGE NAME ".

page() {
	# shellcheck disable=SC2016 # for the other shell
	at cp1 bash -c 'exec {tcp}<>/dev/tcp/127.0.0.1/9477 && printf "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" >&"$tcp" && cat <&"$tcp"' |
		awk -v name="$1" -v now="$EPOCHSECONDS" '{ sub(/\r$/, "") } body { print "PAGE " name " " $0 } $0 == "" && !body { body = 1; print "PAGE " name " # taken " now }'
}
pages() {
	guard_start enforce || return
	page quiet.0
	at cp1 ip addr add 192.0.2.251/32 dev eth0
	await_event '.event == "bind" and .address == "192.0.2.251"' >/dev/null || return
	page quiet.1
	rogue_start --rate 50
	await "announcements" "rogue_said 3 '^ANNOUNCE $VIP '" || return
	await_event '.event == "announce" and .action == "dropped"' >/dev/null || return
	rogue_stop
	page denied.0
	guard_stop
}
test_case "pages" pages
cat $RUN/output # what test_case does not show of a test that passed
