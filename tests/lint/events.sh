#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Reasons of Events have one truth, the table in user/report/notice.c (and the sum of core/notices.c). Holds docs/contract.md against them, both ways.
set -euo pipefail
cd "$(dirname "$0")/../.."
code=$({
	sed -n 's/^\t{ "[a-z]*", "[a-z]*", [^,]*, "\([A-Za-z]*\)".*/\1/p' user/report/notice.c
	sed -n 's/^\t\t\.reason = "\([A-Za-z]*\)".*/\1/p' user/core/notices.c
} | sort)
page=$(sed -n '/^### Events of the Kubernetes API/,/^## /{/^| `[A-Z]/p}' docs/contract.md | cut -d '|' -f 2 | tr -d '` ' | tr , '\n' | sort)
[[ -n $code && -n $page ]] || { echo "events.sh: nothing found" && exit 1; }
diff -u --label user/report/notice.c --label docs/contract.md <(echo "$code") <(echo "$page")
