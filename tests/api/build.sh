#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# build.sh [NAME...]: builds etcd and kube-apiserver, or those named, from their released Go modules, once. They end as
#   <cache>/api/{etcd,kube-apiserver,metallb-controller,metallb-speaker,promlint,render}-<version>
# and MetalLB's CRDs as <cache>/api/metallb-crds-<version>. What is there already is not built again: a full cache needs no network and
# no Go. Without, it takes 3 to 5 minutes on two cores, MetalLB 2 more. `build.sh go` prints the Go that would be used, getting it first
# if need be.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=peers.sh
source "$here/peers.sh"
# shellcheck source=../vm/lib.sh
source "$here/../vm/lib.sh"
# shellcheck source=../vm/apt.sh
source "$here/../vm/apt.sh"

go_major=1 go_minor=26 # what the modules in peers/ ask for; they say it themselves too
go_suite=bookworm-backports

say() {
	printf 'api: %s\n' "$*" >&2
}

die() {
	say "error: $*"
	exit 1
}

# New enough, by its own word. A go that would get itself a newer one counts as what that one says.
go_is_enough() {
	local version
	version=$(cd "$here/peers/etcd" && GOWORK=off "$1" version 2>/dev/null) || return
	[[ $version =~ go([0-9]+)[.]([0-9]+) ]] || return
	((BASH_REMATCH[1] > go_major || (BASH_REMATCH[1] == go_major && BASH_REMATCH[2] >= go_minor)))
}

# Debian's newest Go, unpacked beside and not installed. It is older than what is needed, but fetches that by itself as a
# module (GOTOOLCHAIN=auto), with the checksum that Go's own database names.
go_fetch() {
	local part=$1 version name
	(
		vg_vm_lock
		vg_apt_prepare
		version=$(vg_apt_versions golang-go "$go_suite" | head -n 1)
		[[ $version =~ ^([0-9]+:)?([0-9]+[.][0-9]+) ]] || die "no golang-go in $go_suite"
		name=golang-${BASH_REMATCH[2]}
		say "go: downloading $name of $go_suite"
		vg_apt_unpack "$part/root" "$name-go" "$name-src"
	) || die "Go cannot be had: install Go >= $go_major.$go_minor"
	echo "$part/root"/usr/lib/go-*/bin/go
}

# Sets $go.
go_get() {
	local part
	go=$(command -v go || true)
	[[ -n $go ]] && GOTOOLCHAIN=local go_is_enough "$go" && return
	export GOTOOLCHAIN=auto
	go=$api_cache/go/bin/go
	[[ -x $go ]] && go_is_enough "$go" && return
	part=$(scratch)
	go=$(go_fetch "$part")
	[[ -x $go ]] || die "no Go in the package, but '$go'"
	mkdir "$part/go"
	cp -r "${go%/bin/go}/." "$part/go/"
	# the sources are a package of their own, and a link
	rm -f "$part/go/src"
	cp -r "$part"/root/usr/share/go-*/src "$part/go/src"
	go_is_enough "$part/go/bin/go" || die "$("$part/go/bin/go" version) is too old and got no newer one"
	rm -rf "$api_cache/go"
	mv -T "$part/go" "$api_cache/go"
	rm -rf "$part"
	go=$api_cache/go/bin/go
}

scratch() {
	mktemp -d "$api_cache/.part.XXXXXX"
}

# The module is built in a copy: without all of its indirect requirements named, which is 200 lines that say nothing, Go writes them
# down first. What it downloads is held against the public checksum database.
build() {
	local name=$1 version=$2 part began=$SECONDS numbers set=k8s.io/component-base/version package=.
	part=$(scratch)
	cp "$(api_peer "$name")"/* "$part/"
	[[ $name != metallb-* ]] || package=$(api_module "$name")/${name#metallb-} # it has no replace directives: no program of ours is needed
	IFS=. read -ra numbers <<<"${version#v}"
	say "$name $version: building with $("$go" version | cut -d ' ' -f 3), a few minutes"
	(
		cd "$part"
		# without the last three, kube-apiserver calls itself v0.0.0-master; others do not have them and do not mind
		CGO_ENABLED=0 GOWORK=off nice "$go" build -mod=mod -buildvcs=false -trimpath -o "$part/bin/$name" -ldflags \
			"-s -w -X $set.gitVersion=$version -X $set.gitMajor=${numbers[0]} -X $set.gitMinor=${numbers[1]}" "$package" >&2
		[[ $name != metallb-* ]] || cp -r "$("$go" list -mod=mod -m -f '{{.Dir}}' "$(api_module "$name")")/config/crd/bases" "$part/crds"
	) || die "$name $version does not build"
	if [[ -d $part/crds ]]; then
		chmod -R u+w "$part/crds"
		rm -rf "$(api_metallb_crds)"
		mv -T "$part/crds" "$(api_metallb_crds)"
	fi
	mv "$part/bin/$name" "$(api_binary "$name")"
	rm -rf "$part"
	say "$name $version: built in $((SECONDS - began)) s"
}

# Whoever comes second waits and then finds the cache filled.
lock() {
	mkdir -p "$api_cache"
	exec {lock_fd}>"$api_cache/lock"
	flock -n "$lock_fd" || {
		say "waiting for another run that is filling $api_cache"
		flock "$lock_fd"
	}
	rm -rf "$api_cache"/.part.* # of a run that was killed
}

main() {
	local name missing=()
	if [[ ${1:-} == go ]]; then
		lock
		go_get
		echo "$go"
		return
	fi
	(($#)) || set -- etcd kube-apiserver
	for name; do
		[[ -x $(api_binary "$name") ]] || missing+=("$name")
	done
	((${#missing[@]})) || return 0
	lock
	go_get
	for name in "${missing[@]}"; do
		[[ -x $(api_binary "$name") ]] || build "$name" "$(api_version "$name")"
	done
}

main "$@"
