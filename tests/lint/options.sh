#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Options and commands have one truth, the tables in user/app/options.c. Holds the man pages and what --help prints against them.
#
#     options.sh VIPGUARD        the built program
set -eu

program=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
tables=$root/user/app/options.c
page=$root/docs/vipguard.8
keys=$root/docs/vipguard-config.5
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# same WHAT FILE: the list must equal $dir/table.
same()
{
	if ! [ -s "$2" ]; then
		echo "options.sh: $1: nothing found" >&2
		failed=1
	elif ! diff -u --label "options.c" --label "$1" "$dir/table" "$2" >&2; then
		failed=1
	fi
}

# ---- commands
sed -n 's/^\t{ VG_CMD_[A-Z]*, "\([a-z]*\)".*/\1/p' "$tables" | sort > "$dir/table"
"$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort > "$dir/help"
sed -n '/^\.Sh COMMANDS/,/^\.Sh OPTIONS/s/^\.It Cm \([a-z]*\).*/\1/p' "$page" | sort > "$dir/page"
same "commands in --help" "$dir/help"
same "commands in vipguard.8" "$dir/page"
commands=$(cat "$dir/table")

# ---- options, long and short, with the name of their value
sed -n 's/^\t{ \.name = "\([a-z-]*\)".*/\1/p' "$tables" | sort > "$dir/table"
for command in $commands; do
	"$program" "$command" --help
done > "$dir/all"
sed -n 's/^  [ -].[ ,] --\([a-z-]*\).*/\1/p' "$dir/all" | grep -vx help | sort -u > "$dir/help"
sed -n '/^\.Sh OPTIONS/,/^\.Sh ASSIGNMENTS/s/^\.It .*Fl -\([a-z-]*\).*/\1/p' "$page" | grep -vx help | sort > "$dir/page"
same "options in --help" "$dir/help"
same "options in vipguard.8" "$dir/page"

sed -n 's/^  [ -].[ ,] --\([a-z-]* [A-Z][^ ]*\) .*/\1/p' "$dir/all" | sort -u > "$dir/table"
sed -n '/^\.Sh OPTIONS/,/^\.Sh ASSIGNMENTS/{
	s/ Ns Op \/ Ns Ar LEN/[\/LEN]/
	s/ Ns Op , Ns Ar URL/[,URL]/
	s/^\.It .*Fl -\([a-z-]*\) Ar \(.*\)/\1 \2/p
}' "$page" | sort > "$dir/page"
same "values in vipguard.8" "$dir/page"

# ---- keys of the configuration: every option but the one that names the file
sed -n 's/^\t{ \.name = "\([a-z-]*\)".*/\1/p' "$tables" | grep -vx config | sort > "$dir/table"
sed -n '/^\.Sh CONFIG.YAML/,/^\.Sh ASSIGNMENTS.YAML/s/^\.It Cm \([a-z-]*\) :.*/\1/p' "$keys" | sort > "$dir/page"
same "keys in vipguard-config.5" "$dir/page"

# ---- the pages are pages
if ! mandoc -T lint -W warning "$page" "$keys" >&2; then
	failed=1
fi
exit $failed
