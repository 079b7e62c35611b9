#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh KUBEWATCH [NAME...]: the Kubernetes source against a server that is bad in every way (server.py), over real sockets on
# loopback. With NAMEs only the tests that have one of them in theirs. Closes with "N passed, M failed".
set -euo pipefail
KUBEWATCH=$(realpath "$1")
export KUBEWATCH PYTHONDONTWRITEBYTECODE=1
shift
cd "$(dirname "$0")"
exec timeout "${VG_FAULT_SECONDS:-900}" python3 tests.py "$@"
