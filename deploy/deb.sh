#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# deb.sh OUT REVISION: builds OUT/vipguard_VERSION-REVISION_amd64.deb in a scratch copy of the sources; the checkout is not touched.
# VG_OBJECTS: a folder of objects that were made of these very sources, to be used instead of compiling (see deploy/debian/rules).
# The changelog's date is the time that everything in it bears, so the same sources give the same bytes.
set -euo pipefail
out=$(mkdir -p "$1" && realpath "$1")
revision=$2
cd "$(dirname "$0")/.."
[[ $revision =~ ^[0-9][0-9a-z.~]*$ ]] || { echo "deb.sh: \"$revision\" is no Debian revision" >&2 && exit 2; }
version=$(<VERSION)
[[ $(dpkg-parsechangelog -l deploy/debian/changelog -S Version) == "$version-"* ]] || {
	echo "deb.sh: the first entry of deploy/debian/changelog is not of $version, which VERSION says" >&2
	exit 1
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/vipguard-$version
mkdir "$tree"
# with their times, so that objects that are handed over are newer
cp -a Makefile VERSION README.md NEWS.md LICENSES bpf deploy docs include user vmlinux "$tree"
mv "$tree/deploy/debian" "$tree/debian"
sed -i "1s/-[^-)]*)/-$revision)/" "$tree/debian/changelog"
if [[ -n ${VG_OBJECTS-} ]]; then
	VG_OBJECTS=$(realpath "$VG_OBJECTS")
	# nothing is compiled into them from here, with other flags and other paths
	make --no-print-directory -C "$tree" -q O="$VG_OBJECTS" all || { echo "deb.sh: $VG_OBJECTS is not of these sources as they are now: make all" >&2 && exit 1; }
fi
export VG_OBJECTS=${VG_OBJECTS:-build}
(cd "$tree" && dpkg-buildpackage -b -us -uc -j"$(nproc)") >"$scratch/log" 2>&1 || {
	cat "$scratch/log" >&2
	exit 1
}
[[ -z ${VG_DEB_LOG-} ]] || cp "$scratch/log" "$VG_DEB_LOG"
mv "$scratch/vipguard_$version-$revision"_*.deb "$out/"
ls "$out/vipguard_$version-$revision"_*.deb
