#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [BUILD]: every command in README.md, docs/**/*.md and the man page's examples is run, in namespaces, beside a real guard that has found a
# VIP on the wrong node. What cannot be run here is played (play.py): its files must exist and parse, its options must be known. Needs root, and
# BUILD (build) with `make all tools`. VG_DOCS=PATTERN: only the files whose names contain it. Closes with "N passed, M failed".
#
# A block of ```sh that cannot be run at all says why: ```sh not-run: REASON. It is printed, and counted at the end.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
if [[ ${VG_INSIDE:-} != yes ]]; then
	build=$(realpath "${1:-build}")
	promtool=$(tests/monitoring/promtool.sh) || exit 1
	exec env VG_INSIDE=yes PROMTOOL="$promtool" unshare --net --mount --pid --fork --kill-child --mount-proc tests/docs/run.sh "$build"
fi
root=$PWD build=$1
while read -r name; do
	unset "$name"
done < <(compgen -e | grep -E '^(VIPGUARD_|NODE_NAME$|NO_COLOR$)')
mount -t tmpfs -o mode=755 tmpfs /run || exit 1
mount -t bpf bpf /sys/fs/bpf || exit 1
export PATH=/run/tools:$PATH
mkdir /run/tools /run/bin
for tool in rogue blast witness holder tcphello; do
	cp "$build/tools/$tool" /run/tools/
done
cp "$build/vipguard" /run/tools/vipguard
# shellcheck source=tests/guest/lib.sh
source tests/guest/lib.sh
mkdir -p $RUN
mkfifo $RUN/never

# What the commands find in their PATH, and nothing else: one that is in neither list is unknown, and that is a failure. Add it to one of them.
real=(awk base64 basename bash bpftool cat column cp curl cut date dirname echo env find grep gzip head id install ip jq ln ls mkdir mktemp mount mv
	nft nsenter openssl printf python3 readlink rm sed sh sha256sum sort ss stat sysctl tail tar tc tee test touch tr uname uniq wc xargs)
played=(apt apt-get ctr dpkg helm journalctl kubectl make podman skopeo ssh sudo systemctl)
for tool in "${real[@]}"; do
	ln -s "$(command -v "$tool")" "/run/bin/$tool" || exit 1
done
for tool in "${played[@]}"; do
	ln -s "$root/tests/docs/play.py" "/run/bin/$tool"
done
ln -s "$root/tests/docs/vipguard.sh" /run/bin/vipguard
ln -s "$PROMTOOL" /run/bin/promtool

# The world that the documents speak of: cp1 is guarded, 192.0.2.240 is worker1's, the API server away, Prometheus on port 9090.
lan_up || exit 1
write_assignments
mkdir -p /run/vipguard
cp -a /etc /run/etc && mount --bind /run/etc /etc && mkdir -p /etc/kubernetes/manifests /etc/vipguard || exit 1 # this host's own stays as it is
jq -n '{apiVersion: "v1", kind: "Config", "current-context": "x", contexts: [{name: "x", context: {cluster: "x", user: "x"}}],
	clusters: [{name: "x", cluster: {server: "http://127.0.0.1:1"}}], users: [{name: "x", user: {}}]}' >/etc/kubernetes/vipguard.conf
# what the package brings
mount -t tmpfs tmpfs /usr/share/doc && install -D -m 644 -t /usr/share/doc/vipguard/examples deploy/assignments.yaml || exit 1
install -D -m 644 -t /etc/vipguard deploy/config.yaml || exit 1
export VIPGUARD_SOCKET=/run/vipguard/vipguard.sock # the default, which guest/lib.sh moves
guard_start audit --without tracing --without kprobe || exit 1
unset VIPGUARD_SOCKET VIPGUARD_DETACH_ON_EXIT
spawn cp1 python3 tests/docs/prometheus.py >$RUN/prometheus
await "port 9090" "grep -q ready $RUN/prometheus" || exit 1

export PYTHONDONTWRITEBYTECODE=1
at cp1 timeout 600 python3 tests/docs/docs.py "${VG_DOCS:-}"
rc=$?
guard_stop
exit $rc
