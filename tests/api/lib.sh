# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A real etcd and kube-apiserver for tests, alone: no controllers, kubelets or schedulers. What those would do is done by hand
# (objects.sh), a deleted Namespace stays, and nobody makes Pods. Source it, do not run it; it needs curl, jq and openssl.
#
#	source tests/api/lib.sh
#	api_up "$dir/api" || exit 1	# all of its state is there; ready when this returns
#	api_apply deploy/rbac.yaml tests/api/crds/*.yaml
#	api_service default/web 192.0.2.10
#	token=$(api_token kube-system vipguard)
#	api_kubeconfig token "$token" >"$dir/kubeconfig"
#
# Everything ends with the shell that called api_up, whatever ends it. Subshells may use all of this, and so may a script started
# from it that sources this too ($api_dir is exported). Several may run side by side, with or without network namespaces of
# their own (with "lo" up).
#
# To be set before api_up where the defaults will not do:
#	API_BIND=127.0.0.1	what kube-apiserver listens on (`::` for everything)
#	API_HOST=127.0.0.1	the address that clients are told; in the certificate
#	API_PORT=		default: one that is free
#	API_FLAGS=()		more flags for kube-apiserver
#	API_AUDIT=yes		no: without the audit log (see api_audit)

export api_dir=${api_dir:-}
# shellcheck source=peers.sh
source "$(dirname "${BASH_SOURCE[0]}")/peers.sh"
# shellcheck source=auth.sh
source "$api_here/auth.sh"
# shellcheck source=objects.sh
source "$api_here/objects.sh"

API_WAIT=${API_WAIT:-60} # seconds at most for anything

api_say() {
	printf 'api: %s\n' "$*" >&2
}

# ---- calls

api_url() {
	echo "https://$(<"$api_dir/address")"
}

# api_curl PATH [CURL-ARGUMENT...]: the server's certificate is checked; nobody's credentials. A name of its own, because the
# server indents its answers for curl.
api_curl() {
	local path=$1
	shift
	curl -sS --cacert "$api_dir/ca.crt" -A vipguard-tests --max-time "$API_WAIT" "$@" "$(api_url)$path"
}

api_admin=() # curl arguments, set by api_attach

# api METHOD PATH [BODY-FILE|-]: as admin. The body of the answer on standard output; fails if the status is 400 or more, and
# says it on standard error. A PATCH is a merge patch unless API_TYPE says otherwise.
api() {
	local method=$1 path=$2 type=application/json body=()
	[[ $method == PATCH ]] && type=application/merge-patch+json
	(($# > 2)) && body=(-H "Content-Type: ${API_TYPE:-$type}" --data-binary "@$3")
	api_curl "$path" --fail-with-body -X "$method" "${api_admin[@]}" "${body[@]}"
}

# api_as TOKEN METHOD PATH [BODY-FILE|-]: the same with a token
api_as() {
	local api_admin=(-H "Authorization: Bearer $1")
	shift
	api "$@"
}

# api_code WHO PATH [CURL-ARGUMENT...]: the status of a GET alone, 000 if there was none. WHO is admin, user, nobody or a token.
api_code() {
	local who=$1 path=$2 as=()
	shift 2
	case $who in
	admin) as=("${api_admin[@]}") ;;
	user) as=(--cert "$api_dir/user.crt" --key "$api_dir/user.key") ;;
	nobody) ;;
	*) as=(-H "Authorization: Bearer $who") ;;
	esac
	api_curl "$path" -o /dev/null -w '%{http_code}' "${as[@]}" "$@" 2>/dev/null
}

# api_await WHAT CONDITION: until CONDITION (shell) holds; every 50 ms, for there is nothing that tells when
api_await() {
	local what=$1 condition=$2 end=$((SECONDS + API_WAIT))
	until eval "$condition"; do
		((SECONDS < end)) || {
			api_say "timed out waiting for: $what"
			return 1
		}
		read -rt 0.05 <>"$api_dir/never" || true
	done
}

# api_audit FILTER: the lines of the audit log (one a request, two for a watch: ResponseStarted, ResponseComplete) that a jq
# filter selects. A request is in it a moment after it was answered. The server's own are left out.
api_audit() {
	jq -c "select($1)" "$api_dir/audit.log"
}

# ---- servers

# Whether the process is ours and lives: pids are used again.
api_lives() {
	local pid
	pid=$(cat "$api_dir/$1.pid" 2>/dev/null) && [[ /proc/$pid/exe -ef $(api_binary "$1") ]]
}

# api_signal NAME SIGNAL
api_signal() {
	api_lives "$1" && kill -"$2" "$(<"$api_dir/$1.pid")"
}

# Gone, and its ports with it; whether its parent has heard of it is another matter. Its first thread alone is no sign: the others
# may still hold its sockets.
api_gone() {
	local stat fields
	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
	read -ra fields <<<"${stat##*) }"
	[[ ${fields[0]} == [ZX] ]] && ((fields[17] <= 1)) # field 20 of all: threads
}

api_reap() {
	api_await "process $1 to end" "api_gone $1"
}

# api_spawn NAME ARGUMENT...
api_spawn() {
	local name=$1
	shift
	"$(api_binary "$name")" "$@" </dev/null >>"$api_dir/$name.log" 2>&1 &
	echo $! >"$api_dir/$name.pid"
	disown $! # the shell would say how it ended
	api_await "$name to start" "api_lives $name || api_gone $!" # until then it is a shell
}

# Three ports in a row that nobody has. Below those the kernel picks for clients: a client that tries again and again while the
# server is down would at last get the port itself and be connected to itself. The lock is held as long as this shell lives.
api_take_ports() {
	local dir=${TMPDIR:-/tmp}/vg-api-ports.$UID slot port free tries
	mkdir -p "$dir" && [[ -w $dir ]] || {
		api_say "$dir cannot be written"
		return 1
	}
	for ((slot = RANDOM % 1000, tries = 0; tries < 1000; tries++, slot = (slot + 1) % 1000)); do
		exec {api_ports_lock}>"$dir/$slot"
		if flock -n "$api_ports_lock"; then
			free=yes
			for port in $((16000 + slot * 3)) $((16001 + slot * 3)) $((16002 + slot * 3)); do
				! { : <>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || free=no
			done
			if [[ $free == yes ]]; then
				echo $((16000 + slot * 3)) >"$api_dir/ports"
				return
			fi
		fi
		exec {api_ports_lock}>&-
	done
	api_say "no free ports"
	return 1
}

api_write_audit_policy() {
	cat >"$api_dir/audit.yaml" <<-'YAML'
		apiVersion: audit.k8s.io/v1
		kind: Policy
		omitStages: [RequestReceived]
		rules:
		  - {level: None, users: ["system:apiserver"]}
		  - {level: Metadata}
	YAML
}

# For tests: nothing is forced to the disk, and nothing is compacted but on order.
api_start_etcd() {
	local port=$(($(<"$api_dir/ports") + 1))
	local client=http://127.0.0.1:$port peer=http://127.0.0.1:$((port + 1))
	api_spawn etcd --data-dir "$api_dir/etcd" --unsafe-no-fsync --log-level warn --listen-client-urls "$client" --advertise-client-urls "$client" \
		--listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer"
}

# api_start: kube-apiserver, on the port and with the data it had; returns when it is ready
api_start() {
	local ports flags=()
	ports=$(<"$api_dir/ports")
	[[ ${API_AUDIT:-yes} == no ]] || flags=(--audit-policy-file "$api_dir/audit.yaml" --audit-log-path "$api_dir/audit.log" --audit-log-maxsize 10000)
	api_spawn kube-apiserver --etcd-servers "http://127.0.0.1:$((ports + 1))" --etcd-compaction-interval 0 \
		--bind-address "${API_BIND:-127.0.0.1}" --secure-port "${API_PORT:-$ports}" --advertise-address 192.0.2.1 --endpoint-reconciler-type none \
		--tls-cert-file "$api_dir/server.crt" --tls-private-key-file "$api_dir/server.key" --client-ca-file "$api_dir/ca.crt" \
		--cert-dir "$api_dir" --service-account-key-file "$api_dir/sa.pub" --service-account-signing-key-file "$api_dir/sa.key" \
		--service-account-issuer "$api_issuer" --service-cluster-ip-range 198.18.0.0/16,2001:db8:96::/112 \
		--authorization-mode Node,RBAC --disable-admission-plugins ServiceAccount --profiling=false "${flags[@]}" "${API_FLAGS[@]}"
	api_ready
}

# Ready is more than /readyz: the namespaces that everybody expects are made in the background.
api_ready() {
	api_await "kube-apiserver to be ready" "! api_lives kube-apiserver || [[ \$(api_code admin /readyz) == 200 ]]"
	if ! api_lives kube-apiserver; then
		api_say "kube-apiserver ended:"
		tail -n 5 "$api_dir/kube-apiserver.log" >&2
		return 1
	fi
	api_await "namespace kube-public" '[[ $(api_code admin /api/v1/namespaces/kube-public) == 200 ]]'
}

# api_up DIR: certificates, etcd and kube-apiserver, ready
api_up() {
	"$api_here/build.sh" || return
	mkdir -p "$1" || return
	api_dir=$(cd "$1" && pwd)
	[[ -p $api_dir/never ]] || mkfifo "$api_dir/never" || return
	api_take_ports && api_end_with_shell || return
	echo "${API_HOST:-127.0.0.1}:${API_PORT:-$(<"$api_dir/ports")}" >"$api_dir/address"
	api_write_keys && api_write_audit_policy || return
	api_attach
	: >"$api_dir/audit.log"
	api_start_etcd
	api_start
}

# What is left to do for a script that finds $api_dir already set.
api_attach() {
	api_admin=(--cert "$api_dir/admin.crt" --key "$api_dir/admin.key")
}
[[ -z $api_dir ]] || api_attach

# A trap of the script for EXIT that is there already stays. Where one replaces this later, or the shell is killed, somebody
# who waits for its end does it, a second after.
api_end_with_shell() {
	local line words
	line=$(trap -p EXIT)
	eval "words=(${line:-trap -- : EXIT})"
	# shellcheck disable=SC2064 # as it is now
	trap "api_down; ${words[2]}" EXIT
	(
		trap '' INT TERM HUP
		cd / && exec </dev/null >/dev/null 2>&1
		tail --pid=$$ -f /dev/null
		api_down
	) &
	disown $!
}

# At once, whatever state they are in, those of api_term included.
api_down() {
	local name pid
	[[ -n $api_dir ]] || return 0
	for name in kube-apiserver etcd kube-apiserver.old; do
		[[ -e $api_dir/$name.pid ]] || continue
		for pid in $(<"$api_dir/$name.pid"); do
			[[ /proc/$pid/exe -ef $(api_binary "${name%.old}") ]] || continue
			kill -KILL "$pid"
			api_reap "$pid"
		done
		rm -f "$api_dir/$name.pid"
	done
}

# SIGKILL of kube-apiserver: connections are cut. api_start brings it back.
api_kill() {
	local pid
	pid=$(<"$api_dir/kube-apiserver.pid")
	api_signal kube-apiserver KILL && api_reap "$pid"
}

# SIGTERM: it stops listening at once, but open watches last up to 60 s. Returns when it does not listen; api_start may follow.
api_term() {
	local ports
	ports=$(<"$api_dir/ports")
	api_signal kube-apiserver TERM || return
	cat "$api_dir/kube-apiserver.pid" >>"$api_dir/kube-apiserver.old.pid"
	api_await "kube-apiserver to stop listening" "! { : <>/dev/tcp/127.0.0.1/${API_PORT:-$ports}; } 2>/dev/null"
}

# It keeps its connections and says nothing.
api_pause() {
	api_signal kube-apiserver STOP
}

api_resume() {
	api_signal kube-apiserver CONT
}

# etcd forgets everything but the newest; prints that version. kube-apiserver goes on serving older ones from its memory (see
# api_expire).
api_etcd_compact() {
	local url revision
	url=http://127.0.0.1:$(($(<"$api_dir/ports") + 1))/v3/kv
	revision=$(curl -fsS --max-time "$API_WAIT" -d '{"key":"AA=="}' "$url/range" | jq -er .header.revision) &&
		curl -fsS --max-time "$API_WAIT" -d "{\"revision\":$revision,\"physical\":true}" "$url/compaction" >/dev/null && echo "$revision"
}

# Every resourceVersion from before is too old: a list at one answers 410, a watch from one ends with an ERROR event of code 410.
api_expire() {
	api GET /api/v1/namespaces/default >/dev/null && api_configmap default/expire now="$(date +%s%N)" &&
		api_kill && api_etcd_compact >/dev/null && api_start
}
