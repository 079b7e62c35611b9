#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Metrics have one truth, the list in user/report/metric_list.h. Holds docs/metrics.md against it, by name and type, both ways.
set -euo pipefail
cd "$(dirname "$0")/../.."
list=$(sed -n 's/^\tX(VG_METRIC_[A-Z_0-9]*, "\([a-z_]*\)", \([A-Z]*\),.*/\1 \L\2/p' user/report/metric_list.h | sort)
page=$(sed -n 's/^| `\([a-z_]*\)` | \([a-z]*\) |.*/\1 \2/p' docs/metrics.md | sort)
[[ -n $list && -n $page ]] || { echo "metrics.sh: nothing found" && exit 1; }
[[ $(wc -l <<<"$list") == $(grep -c '^	X(VG_METRIC_' user/report/metric_list.h) ]] || { echo "metrics.sh: a line of metric_list.h is not understood" && exit 1; }
diff -u --label user/report/metric_list.h --label docs/metrics.md <(echo "$list") <(echo "$page")
