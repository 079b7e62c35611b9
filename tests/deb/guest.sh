#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# In a guest whose PID 1 is Debian's systemd: the package's life on a host, from before it is installed until nothing is left. One story, so each
# test begins where the one before ended. cp1 of tests/guest/lib.sh is the host itself.
set -u
cd /vg-tests || exit 1
# shellcheck source=../guest/lib.sh
source ./lib.sh
clean_up() { :; }
unset VIPGUARD_SOCKET VIPGUARD_DETACH_ON_EXIT

one=(/vg-tests/vipguard_*-1_amd64.deb) two=(/vg-tests/vipguard_*-2_amd64.deb)
etc=/etc/vipguard

host_lan() {
	ip netns add client && ip netns attach cp1 1 || return
	ip link add eth0 address $CP1_MAC type veth peer name eth0 netns client address $CLIENT_MAC
	ip addr add 192.0.2.11/24 dev eth0
	at client ip addr add 192.0.2.100/24 dev eth0
	at client ip link set eth0 up
	ip link set eth0 up
}

few() { blast --link eth0 --vip "${1:-$VIP}" --count 10 --form arp-reply; }
may_bind() { ip addr add "${1:-$VIP}/32" dev eth0 2>/dev/null; }
unit() { systemctl show -P "$1" vipguard; }
installs() { dpkg -i "$1" >$RUN/dpkg 2>&1 </dev/null || fail "dpkg -i: $(<$RUN/dpkg)"; }

boot_ms() {
	local up
	read -r up _ </proc/uptime
	echo $((10#${up/./} * 10))
}

free() {
	equal "frames" "$(witness_count few)" 10 || return
	may_bind || fail "a bind is refused" || return
	ip addr del $VIP/32 dev eth0
}
guarded() {
	equal "frames" "$(witness_count few)" 0 || return
	! may_bind || fail "a bind was not refused"
}

# every file but those that dpkg and systemd keep about all packages, and the test's own
files() {
	find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /vg-tests -o -path /out -o -path /var/lib/dpkg -o -path /var/log \
		-o -path /var/cache -o -path /var/lib/systemd -o -path /dev \) -prune -o -print | sort
}

installed() {
	files >$RUN/files
	installs "${one[0]}" || return
	equal "enabled" "$(systemctl is-enabled vipguard)" enabled || return
	equal "active" "$(systemctl is-active vipguard)" inactive || return
	equal "whether its condition held" "$(unit ConditionResult)" no || return
	[[ ! -e $PINS && -z $(tc qdisc show dev eth0 clsact) ]] || fail "something is in the kernel"
}

starts() {
	cp $RUN/assignments.yaml $etc/assignments.yaml
	# long: an emulated machine that others keep waiting takes its time to start a guard, and a removal must free the kernel before it is over
	printf 'mode: enforce\nnode: cp1\ndead-man: 300s\n' >$etc/config.yaml
	systemctl start vipguard || fail "$(journalctl -u vipguard -o cat)" || return
	equal "active" "$(systemctl is-active vipguard)" active || return
	await_event '.event == "ready"' >/dev/null || return
	systemctl status vipguard >$RUN/status
	grep -q 'Status: "enforce, [0-9]* VIPs and ranges from assignments, frames judged on 1 link' $RUN/status || fail "$(<$RUN/status)" || return
	cat $RUN/status
	guarded
}

all_hooks() {
	equal "hooks that are missing" "$(vipguard status -o json | jq -c '[.hooks | to_entries[] | select(.value | (.ok or .needed == false) | not) | .key]')" '["tcx"]' || return
	await_event ".event == \"bind\" and .address == \"$VIP\" and .action == \"denied\" and .comm == \"ip\" and (.cgroup | test(\"vg-test\"))" >/dev/null || return
	await_event ".event == \"announce\" and .address == \"$VIP\" and .action == \"dropped\" and .comm == \"blast\" and (.cgroup | test(\"vg-test\"))" >/dev/null
}

# in systemd's own words
manager_says() { journalctl -b _PID=1 -o cat | grep -qE "$1"; }
heard() { await "the manager to hear $1" "manager_says 'vipguard.service: Got notification message from PID [0-9]+ \\($1'"; }

reloads() {
	systemctl log-level debug
	may_bind 192.0.2.241 || fail "an address that nobody assigned is refused" || return
	ip addr del 192.0.2.241/32 dev eth0
	sed -i 's/^assignments:/&\n  - {address: 192.0.2.241, service: default\/new, nodes: [worker1]}/' $etc/assignments.yaml
	systemctl reload vipguard || fail "reload failed" || return
	heard 'RELOADING=1, MONOTONIC_USEC=[0-9]+' && heard 'READY=1, STATUS=enforce' || return
	await "running again" "[[ \$(unit SubState) == running ]]" || return
	(($(events '.event == "synced"' | wc -l) >= 2)) || fail "no synced event" || return
	! may_bind 192.0.2.241 || fail "what the new file assigns is not refused" || return
	systemctl log-level info
}

reload_fails() {
	cp $etc/assignments.yaml $RUN/good.yaml
	echo 'assignments: {' >$etc/assignments.yaml
	systemctl reload vipguard
	await "the status to say so" "[[ \$(unit StatusText) == *'the last reload FAILED'* ]]" || return
	guarded || return
	cp $RUN/good.yaml $etc/assignments.yaml
	systemctl reload vipguard
	await "the status to be well again" "[[ \$(unit StatusText) != *FAILED* ]]"
}

# Frames and binds without a pause while COMMAND runs.
under_attack() {
	local rc=0 blast binds
	rm -f $RUN/bound $RUN/enough
	spawn cp1 blast --link eth0 --vip $VIP --count 100000000 --gap-us 1000 --form arp-reply >$RUN/blast
	blast=$spawned
	while [[ ! -e $RUN/enough ]]; do
		! may_bind || echo bound >>$RUN/bound
		echo tried >>$RUN/tried
		read -rt 0.02 <>$RUN/never || true
	done &
	binds=$!
	"$@" || rc=$?
	touch $RUN/enough
	wait $binds
	kill -TERM $blast
	wait $blast
	[[ ! -e $RUN/bound ]] || fail "$(wc -l <$RUN/bound) binds succeeded" || return
	return $rc
}

upgrades() {
	local before
	before=$(unit MainPID)
	: >$RUN/tried
	equal "frames over the upgrade" "$(witness_count under_attack installs "${two[0]}")" 0 || return
	at_least "binds tried" "$(wc -l <$RUN/tried)" 3 || return
	equal "version" "$(dpkg-query -f '${Version}' -W vipguard | sed 's/.*-//')" 2 || return
	equal "active" "$(systemctl is-active vipguard)" active || return
	[[ $(unit MainPID) != "$before" ]] || fail "it was not restarted" || return
	await_event '.event == "announce" and .comm == "blast" and .exe == "/usr/local/bin/blast"' >/dev/null || return
	guarded
}

restarted() { [[ $(unit NRestarts) -ge 1 && $(unit SubState) == running ]]; }
hangs() {
	kill -STOP "$(unit MainPID)"
	await "a new guard" restarted
}
watchdog() {
	mkdir -p /etc/systemd/system/vipguard.service.d
	printf '[Service]\nWatchdogSec=4\n' >/etc/systemd/system/vipguard.service.d/short.conf
	systemctl daemon-reload && systemctl restart vipguard || return
	# fed, though its own time would be a tick each 100 s
	await "more than WatchdogSec to pass" "((\$(boot_ms) > $(boot_ms) + 5000))" || return
	equal "restarts" "$(unit NRestarts)" 0 || return
	equal "frames while it hangs" "$(witness_count under_attack hangs)" 0 || return
	manager_says 'vipguard.service: Watchdog timeout' || fail "another reason: $(journalctl -b _PID=1 -o cat | tail)" || return
	guarded
}
removed() {
	dpkg -r vipguard >$RUN/dpkg 2>&1 || fail "$(<$RUN/dpkg)" || return
	free || return
	[[ ! -e $PINS && -z $(tc qdisc show dev eth0 clsact) ]] || fail "something is left in the kernel" || return
	[[ -e $etc/assignments.yaml && -e $etc/config.yaml ]] || fail "the configuration went along"
}

purged() {
	rm -r /etc/systemd/system/vipguard.service.d
	dpkg --purge vipguard >$RUN/dpkg 2>&1 || fail "$(<$RUN/dpkg)" || return
	systemctl daemon-reload
	files | diff $RUN/files - || fail "that is left" || return
	[[ ! -e /run/vipguard && -z $(dpkg -l vipguard 2>/dev/null | grep '^[a-z]') ]] || fail "something is left" || return
	equal "load state" "$(unit LoadState)" not-found
}

echo "kernel $(uname -r), $(systemctl --version | head -n 1), $(systemctl is-system-running)"
mkdir -p $RUN
mkfifo $RUN/never
host_lan || exit 1
write_assignments
test_case "without the guard frames arrive and the VIP is bound" free
test_case "installed: enabled, not started, nothing in the kernel" installed
: >$EVENTS
journalctl -b _SYSTEMD_UNIT=vipguard.service -o cat -f -n all | grep --line-buffered '^{' >>$EVENTS &
test_case "assignments written, started: ready, says its status, guards" starts
test_case "all hooks that this kernel has are on under the unit's hardening" all_hooks
test_case "reload: RELOADING, READY, the new file counts" reloads
test_case "a reload that fails is in the status, and the old file counts" reload_fails
test_case "upgrade under attack: not one frame, not one bind" upgrades
test_case "one that hangs is replaced: not one frame, not one bind" watchdog
test_case "removed: the kernel is free at once, the configuration stays" removed
test_case "purged: nothing is left" purged
summary
