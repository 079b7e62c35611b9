#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Who may include whom (docs/architecture.md). Each folder of user/ names the folders it may include; libraries stay where
# they are at home; a skeleton is included by one .c only.
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0

complain() {
	echo "$*"
	bad=1
}

declare -A may=(
	[base]='base'
	[core]='core|base'
	[conf]='conf|core|base'
	[kern]='kern|core|base'
	[kube]='kube|conf|core|base'
	[report]='report|core|base'
	[app]='app|conf|kern|kube|report|core|base'
	[cli]='cli|app|conf|kern|kube|report|core|base'
)
for folder in "${!may[@]}"; do
	hits=$(grep -rnE '^#include "(base|core|conf|kern|kube|report|app|cli)/' "user/$folder" --include='*.[ch]' |
		grep -vE "#include \"(${may[$folder]})/" || true)
	[[ -z $hits ]] || complain "user/$folder includes what it may not:"$'\n'"$hits"
done

# library header -> folders where it may be seen
check_library() {
	local header=$1 folders=$2 hits
	hits=$(grep -rnE "^#include <$header" user --include='*.[ch]' | grep -vE "^user/($folders)/" || true)
	[[ -z $hits ]] || complain "<$header…> outside of $folders:"$'\n'"$hits"
}
check_library 'bpf/' 'kern'
check_library 'libmnl/' 'kern'
check_library 'yaml' 'conf'
check_library 'curl/' 'kube|cli'
check_library 'zlib' 'cli'
check_library 'microhttpd' 'report'
check_library 'jansson' 'conf|kube|report|app|cli'

skeletons=$(grep -rhoE '#include "[a-z]+\.skel\.h"' user | sort | uniq -d)
[[ -z $skeletons ]] || complain "included by more than one file: $skeletons"
for pure in '<stdio.h>' '<fcntl.h>' '<sys/socket.h>' '<time.h>'; do
	hits=$(grep -rnF "#include $pure" user/core --include='*.[ch]' | grep -v 'addr.c' || true)
	[[ $pure == '<stdio.h>' ]] && continue
	[[ -z $hits ]] || complain "core/ is pure, yet includes $pure:"$'\n'"$hits"
done
hits=$(grep -rnE '\b(printf|fopen|open|socket|clock_gettime|gettimeofday|vg_time_(boot|real)_ns)\(' user/core --include='*.c' || true)
[[ -z $hits ]] || complain "core/ does I/O or asks a clock:"$'\n'"$hits"
hits=$(grep -rnE '#include "(base|core|conf|kern|kube|report|app|cli)/' bpf include || true)
[[ -z $hits ]] || complain "bpf/ and include/ see nothing of user/:"$'\n'"$hits"
exit $bad
