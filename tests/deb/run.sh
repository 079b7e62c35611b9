#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [BUILD]: the Debian package: built twice to the same bytes, lintian, installed and purged in a Debian root without systemd running, and its
# life on a host under systemd in a guest (guest.sh). Needs root, and BUILD (build) with `make all tools`, whose objects are packaged. Closes with
# "N passed, M failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "${1:-build}")
here=$PWD/tests/deb
passed=0 failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# test_case NAME COMMAND...
test_case() {
	local name=$1 began=$SECONDS
	shift
	if "$@" >"$dir/output" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name ($((SECONDS - began)) s)"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		sed 's/^/    /' "$dir/output"
	fi
}

pack() { VG_OBJECTS=$build deploy/deb.sh "$dir/$1" "$2"; }
packs() {
	pack one 1 && one=$(echo "$dir"/one/*.deb) && pack two 2 && two=$(echo "$dir"/two/*.deb)
}
# elsewhere and later
same_bytes() { pack again 1 && cmp "$one" "$dir/again/${one##*/}"; }
clean() { lintian --allow-root --fail-on error,warning --info "$one"; }

# what is linked is depended on, by its package
depends() {
	local wanted package
	wanted=$(dpkg-deb -f "$one" Depends)
	for package in libbpf1 libc6 libcurl4 libjansson4 libmicrohttpd12 libmnl0 libyaml-0-2 zlib1g; do
		grep -qE "(^|, )$package( |,|$)" <<<"$wanted" || { echo "no $package in $wanted" && return 1; }
	done
	[[ $(dpkg-deb --info "$one" conffiles) == /etc/vipguard/config.yaml ]]
}

# dpkg with nothing of this machine but its kernel: no processes, no links, no mounts
alone() { unshare --mount --pid --net --fork --kill-child chroot "$dir/deb" "$@" </dev/null; }
files() { (cd "$dir/deb" && find . -path ./var/lib/dpkg -prune -o -path ./var/log -prune -o -path ./var/lib/systemd -prune -o -path ./var/cache -prune -o -print | sort); }
in_a_root() {
	files >"$dir/before"
	cp "$one" "$two" "$dir/deb/"
	alone dpkg -i "/${one##*/}" || return
	[[ -L $dir/deb/etc/systemd/system/multi-user.target.wants/vipguard.service ]] || { echo "not enabled" && return 1; }
	alone vipguard version && alone dpkg --verify vipguard && ! alone dpkg --verify vipguard | grep . || return
	echo 'version: 1' >"$dir/deb/etc/vipguard/assignments.yaml"
	alone dpkg -i "/${two##*/}" && alone dpkg -r vipguard || return
	[[ -e $dir/deb/etc/vipguard/assignments.yaml && ! -e $dir/deb/usr/sbin/vipguard ]] || { echo "removed too much or too little" && return 1; }
	alone dpkg -P vipguard || return
	rm "$dir/deb/${one##*/}" "$dir/deb/${two##*/}"
	files | diff "$dir/before" - || { echo "that is left" && return 1; }
}

guest() {
	local tool files=("$one:/vg-tests/${one##*/}" "$two:/vg-tests/${two##*/}" "$PWD/tests/guest/lib.sh:/vg-tests/lib.sh")
	for tool in blast witness; do
		files+=("$build/tools/$tool:/vg/$tool")
	done
	VG_DEB_ROOT=$dir/deb VG_INITRAMFS=$here/initramfs.sh tests/vm/run.sh -k 6.1 -t 900 "$here/guest.sh" "${files[@]}"
}

root=$(tests/deb/root.sh) && mkdir "$dir/deb" && tar -C "$dir/deb" -xf "$root" || exit 1
test_case "the package is built, in two revisions" packs
test_case "built again, the same bytes" same_bytes
test_case "lintian has nothing to say" clean
test_case "what it depends on, and its conffile" depends
test_case "in a root without systemd running: installed, upgraded, removed, purged" in_a_root
guest 2>&1 | tee "$dir/guest" | grep -vE '^[0-9]+ passed, [0-9]+ failed$'
rc=${PIPESTATUS[0]}
line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$dir/guest" | tail -n 1)
if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
	passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
fi
if ((rc != 0)) && [[ $line != *' passed, '[1-9]* ]]; then
	failed=$((failed + 1))
	echo "not ok the guest: exit $rc"
fi
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
