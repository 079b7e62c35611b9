#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every file says its licence in its first three lines: the BPF side dual, the rest Apache-2.0. Data says it beside itself.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
while read -r file; do
	case $file in
	LICENSES/* | docs/pictures/*.png | VERSION | .gitignore | tests/fuzz/corpus/* | tests/data/* | tests/judgement/* | deploy/debian/changelog | deploy/debian/source/format) continue ;;
	esac
	want='Apache-2.0'
	case $file in
	bpf/* | vmlinux/*) want='GPL-2.0-only OR BSD-2-Clause' ;;
	esac
	head -n 3 "$file" | grep -qF "SPDX-License-Identifier: $want" || {
		echo "$file: no \"SPDX-License-Identifier: $want\" in its first lines"
		bad=1
	}
done < <(git ls-files --cached --others --exclude-standard)
exit $bad
