#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [BUILD] [PICTURES]: what people look at, of the real `vipguard run` on this host's own kernel, in namespaces: the terminal view on terminals of
# many sizes. BUILD (build) has been made with `make all tools`. PICTURES: a folder that the pictures of docs/ are written to (`make pictures`).
# Needs root. Closes with "N passed, M failed".
set -uo pipefail
if [[ ${VG_INSIDE:-} != yes ]]; then
	exec env VG_INSIDE=yes unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$(realpath "${1:-build}")" "${2:+$(realpath "$2")}"
fi
here=$(cd "$(dirname "$0")" && pwd)
while read -r name; do
	unset "$name"
done < <(compgen -e | grep -E '^(VIPGUARD_|NODE_NAME$|NO_COLOR$)')
mount -t tmpfs -o mode=755 tmpfs /run || exit 1
mount -t bpf bpf /sys/fs/bpf || exit 1
mkdir /run/bin
cp "$1/vipguard" "$1/tools/blast" /run/bin/
export PATH=/run/bin:$PATH PYTHONDONTWRITEBYTECODE=1
exec python3 "$here/run.py" ${2:+"$2"}
