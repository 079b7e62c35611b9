# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A private apt: it reads the system's mirrors and proxy settings and writes
# nothing outside the cache folder. Source it after lib.sh; hold the lock.

vg_apt_dir=${vg_vm_cache:?source lib.sh first}/apt
vg_apt_keys=/usr/share/keyrings/debian-archive-keyring.gpg

# Suites, as label and package scripts name them; main archive and security.
vg_apt_main=(bullseye bookworm bookworm-backports trixie-backports)
vg_apt_security=(bullseye-security bookworm-security)

# One line per source of the system: URI, suite, components.
vg_apt_system_sources() {
	local parts=/etc/apt/sources.list.d
	find /etc/apt/sources.list $parts -maxdepth 1 -type f -name '*.list' -exec awk '
		$1 != "deb" { next }
		{
			sub(/#.*/, "")
			sub(/^deb[ \t]+(\[[^]]*\][ \t]*)?/, "")
			print
		}' {} + 2>/dev/null || true
	find $parts -maxdepth 1 -type f -name '*.sources' -exec awk '
		function flush(   i, j, u, s, nu, ns) {
			if (f["types"] ~ /(^|[ \t])deb([ \t]|$)/ && tolower(f["enabled"]) !~ /no|false/) {
				nu = split(f["uris"], u, /[ \t]+/)
				ns = split(f["suites"], s, /[ \t]+/)
				for (i = 1; i <= nu; i++)
					for (j = 1; j <= ns; j++)
						if (u[i] != "" && s[j] != "")
							print u[i], s[j], f["components"]
			}
			split("", f)
			key = ""
		}
		FNR == 1 { flush() }
		/^#/ { next }
		/^[ \t]*$/ { flush(); next }
		/^[ \t]/ { f[key] = f[key] " " $0; next }
		{
			key = tolower(substr($0, 1, index($0, ":") - 1))
			value = substr($0, index($0, ":") + 1)
			f[key] = value
		}
		END { flush() }' {} + 2>/dev/null || true
}

# The first source whose suite is a Debian one and that carries "main"; one
# whose path is Debian's own wins over third parties that use Debian's names.
# The keyring decides in the end: a wrong guess fails, it cannot slip through.
vg_apt_mirror() {
	local suites=$1 path=$2
	vg_apt_system_sources | awk -v suites="^($suites)\$" -v path="$path/?\$" '
		$2 !~ suites { next }
		{
			has = 0
			for (i = 3; i <= NF; i++)
				has = has || $i == "main"
			if (!has)
				next
			if ($1 ~ path && best == "")
				best = $1
			if (any == "")
				any = $1
		}
		END { print best != "" ? best : any }'
}

vg_apt_write_sources() {
	local names='bullseye|bookworm|trixie|forky|sid|oldoldstable|oldstable|stable|testing|unstable'
	local main security suite
	main=$(vg_apt_mirror "($names)(-updates|-backports)?" /debian)
	security=$(vg_apt_mirror "($names)(-security|/updates)" /debian-security)
	[[ -n $main ]] || vg_vm_die "no Debian mirror found in /etc/apt/sources.list and sources.list.d"
	[[ -r $vg_apt_keys ]] || vg_vm_die "$vg_apt_keys is missing (package debian-archive-keyring)"
	for suite in "${vg_apt_main[@]}"; do
		printf 'deb [signed-by=%s] %s %s main\n' "$vg_apt_keys" "$main" "$suite"
	done >"$vg_apt_dir/sources.list"
	[[ -n $security ]] || return 0
	for suite in "${vg_apt_security[@]}"; do
		printf 'deb [signed-by=%s] %s %s main\n' "$vg_apt_keys" "$security" "$suite"
	done >>"$vg_apt_dir/sources.list"
}

# The system's hooks are cleared because some of them empty the system's own
# package cache; the sandbox user is, because it may not read a checkout.
vg_apt_write_config() {
	cat >"$vg_apt_dir/apt.conf" <<-EOF_CONF
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear DPkg::Pre-Invoke;
		#clear DPkg::Post-Invoke;
		#clear DPkg::Pre-Install-Pkgs;
		#clear APT::Default-Release;
		#clear APT::Architectures;
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; };
		APT::Sandbox::User "root";
		APT::Install-Recommends "false";
		Dir::State "$vg_apt_dir/state";
		Dir::State::status "$vg_apt_dir/state/status";
		Dir::Cache "$vg_apt_dir/cache";
		Dir::Etc::SourceList "$vg_apt_dir/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::Etc::Preferences "/dev/null";
		Dir::Etc::PreferencesParts "/dev/null";
		Acquire::Languages "none";
		Acquire::Retries "3";
		Acquire::IndexTargets::deb::Translations::DefaultEnabled "false";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
		Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
		Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
	EOF_CONF
}

# vg_apt get|cache ARGUMENT...
vg_apt() {
	local tool=apt-$1
	shift
	"$tool" -c "$vg_apt_dir/apt.conf" "$@"
}

# Reads the indexes, at most once an hour. A suite that a mirror dropped makes
# apt complain as a whole; what did come is used and a missing package named.
vg_apt_prepare() {
	local stamp=$vg_apt_dir/updated
	vg_vm_need apt-get apt-cache dpkg-deb
	mkdir -p "$vg_apt_dir"/state/lists/partial "$vg_apt_dir"/cache/archives/partial
	: >"$vg_apt_dir/state/status"
	vg_apt_write_sources
	vg_apt_write_config
	[[ -n $(find "$stamp" -mmin -60 2>/dev/null) ]] && return
	vg_vm_say "reading the package indexes"
	if vg_apt get -qq update >&2; then
		touch "$stamp"
	else
		vg_vm_say "some indexes could not be read, going on with the others"
	fi
}

# Versions of a package in the suites that match a pattern, newest first.
vg_apt_versions() {
	vg_apt cache madison "$1" 2>/dev/null |
		awk -F' *[|] *' -v suite="$2" '{ split($3, s, /[ \/]+/); n = split($3, w, " ")
			for (i = 1; i <= n; i++)
				if (w[i] ~ "^(" suite ")/") { gsub(/ /, "", $2); print $2; next } }'
}

# The packages a version depends on whose names match a pattern, alternatives
# left out: name=version where the version is pinned, else the name.
vg_apt_depends() {
	vg_apt cache show "$1" | awk -v want="^($2)" '
		/^Depends:/ {
			sub(/^Depends: */, "")
			n = split($0, d, / *, */)
			for (i = 1; i <= n; i++) {
				name = d[i]
				sub(/[ :(|].*/, "", name)
				if (name !~ want)
					continue
				if (match(d[i], /\(= [^)]*\)/))
					name = name "=" substr(d[i], RSTART + 3, RLENGTH - 4)
				print name
			}
			exit
		}'
}

# Downloads the packages into a folder and unpacks them there; never installs.
vg_apt_unpack() {
	local root=$1 deb
	shift
	mkdir -p "$root.debs" "$root"
	(cd "$root.debs" && vg_apt get -qq download "$@" >&2) || return
	for deb in "$root.debs"/*.deb; do
		dpkg-deb -x "$deb" "$root" || return
	done
	rm -rf "$root.debs"
}
