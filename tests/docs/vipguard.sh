#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# `vipguard` as the documents' commands find it: the real one, but that what goes on for ever is ended when it has shown that it works, and that a
# second guard gets a network namespace of its own. Fails where the command would be a surprise to a reader.
set -uo pipefail
PATH=/run/tools:/run/bin:/usr/sbin:/usr/bin:/sbin:/bin
real=/run/tools/vipguard
out=$(mktemp)
trap 'rm -f "$out"' EXIT

# shows PATTERN PID: until it has said so, within 30 s
shows() {
	local end=$((SECONDS + 30))
	until grep -qE "$1" "$out"; do
		if ((SECONDS > end)) || ! [[ -e /proc/$2 ]]; then
			grep -qE "$1" "$out" && return
			cat "$out"
			echo "vipguard: it did not say $1"
			return 1
		fi
		read -rt 0.02 <>/run/vg/never || true
	done
}

case ${1-} in
run)
	export VIPGUARD_DETACH_ON_EXIT=true
	[[ "$*" == *--socket* ]] || export VIPGUARD_SOCKET=/run/second.sock
	[[ "$*" == *--pin-dir* ]] || export VIPGUARD_PIN_DIR=/sys/fs/bpf/second
	unshare --net "$real" "$@" >"$out" 2>&1 &
	shows '"event":"started"|started' $! || exit 1
	kill -TERM $!
	wait $! || {
		rc=$?
		cat "$out"
		exit $rc
	}
	;;
watch)
	timeout 60 "$real" "$@" >"$out" 2>&1 &
	# somebody must do something wrong once it watches; which is when it has said nothing yet, so it is done until it says it
	while [[ -e /proc/$! ]] && ! grep -q 192.0.2.250 "$out"; do
		ip addr replace 192.0.2.250/32 dev eth0
		ip addr del 192.0.2.250/32 dev eth0
		read -rt 0.05 <>/run/vg/never || true
	done
	kill $!
	wait $!
	grep -q 192.0.2.250 "$out" || {
		cat "$out"
		exit 1
	}
	;;
check | doctor)
	"$real" "$@"
	rc=$?
	((rc == 1)) && exit 0 # a finding is what the reader looks for
	exit $rc
	;;
detach) VIPGUARD_PIN_DIR=/sys/fs/bpf/second unshare --net "$real" "$@" ;;
*) "$real" "$@" ;;
esac
