# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of cli.sh
# Commands, flags, environment, config file; help, version, output.

files=(--assignments ok.yaml --addresses none.json)
long=$(printf 'x%.0s' {1..300})

# ---- commands
refused "no command" '^vipguard: found nothing, expected a command'
refused "unknown command" '^vipguard: found "chek", expected a command' chek
refused "a flag for a command" '^vipguard: found "-x", expected a command' -x
refused "one argument too many" '^vipguard: check: unexpected argument "extra", expected' check extra "${files[@]}"
refused "two modes" '^vipguard: mode: unexpected argument "audit", expected' mode enforce audit
refused "explain what?" '^vipguard: explain: found no argument, expected ADDR' explain "${files[@]}"
refused "which mode?" '^vipguard: mode: found no argument, expected audit\|enforce' mode
refused "a mode of nobody" '^vipguard: mode: found "loud", expected audit or enforce' mode loud
refused "pause for how long?" '^vipguard: pause: found no --for, expected --for TIME' pause
refused "pause, an argument" '^vipguard: pause: unexpected argument "15m", expected none' pause 15m
refused "resume, an argument" '^vipguard: resume: unexpected argument "x", expected none' resume x
refused "resume for" '^vipguard: resume takes no --for' resume --for 1m
for address in foo '' - 192.0.2.300 192.0.2.10/32 fe80::1%eth0 192.0.02.1 "$long"; do
	refused "explain \"${address::20}\"" "^vipguard: explain: found \"${address::20}.*\", expected an IP address" explain "${files[@]}" -- "$address"
done
refused "one bad of many" 'explain: found "x", expected an IP address' explain 192.0.2.10 x 192.0.2.11 "${files[@]}"
refused "run without a source" '^vipguard: nothing says which VIP belongs where: .*--assignments' run
refused "run as a Pod where there is none" '^vipguard: --kubeconfig in-cluster: this is no Pod' run --kubeconfig in-cluster

# ---- flags: each unknown one, each bad value; the command line and the environment alike
for flag in --bogus --breakers --assignment --mod --no-mode -x; do
	refused_by_all "unknown $flag" "^vipguard: unknown option \"$flag\", expected" "$flag" x --assignments ok.yaml
done
refused "unknown flag with a value" 'unknown option "--bogus=1"' check --bogus=1
refused "a flag of another command" '^vipguard: check takes no --mode' check --mode audit "${files[@]}"
refused "an escape sequence is not passed on" 'unknown option "--\?\[31mx"' check $'--\e[31mx'
refused "no value" '^vipguard: --node: found nothing, expected NAME' check --node

# bad COMMAND FLAG PATTERN VALUE...
bad() {
	local command=$1 flag=$2 pattern=$3 value variable
	shift 3
	variable=VIPGUARD_${flag^^}
	for value; do
		refused "--$flag \"${value::20}\"" "^vipguard: --$flag: found \".*\", expected $pattern" $command "--$flag=$value"
		[[ -z $value ]] || with "${variable//-/_}=$value" \
			refused "${variable//-/_} \"${value::20}\"" "^vipguard: ${variable//-/_}: found \".*\", expected $pattern" $command
	done
}
bad run mode 'audit or enforce' '' loud Enforce 'audit ' 1
bad run act 'a list of deny, drop' '' , fly none,deny
bad check node 'the name of a node' '' 'two words' a/b a_b $'a\n' "$long"
bad check protect 'an IP address, or a network' '' x 192.0.2.1/24 192.0.2.300 192.0.2.1-192.0.2.2
bad run interface "a network link's name" '' 'a b' a/b sixteen-letters- .
bad check grace 'a time such as' 15 -1s soon '15 s' 99999999999999999999s
bad check grace '0s to 3600s' 61m
bad run dead-man '1s to 600s' 0s 601s
bad run period '100ms to 3600s' 1ms
bad run breaker 'a number from 0 .* to 16384, or none' '' -1 +1 1.5 16385 99999999999999999999 ten None ' 1'
bad pause for '1s to 24h; vipguard resume ends a pause' 0 0s 999ms 24h1s
bad pause for 'a time such as 15m' '' 15 soon -1s
bad run log-format 'json or text' xml ''
bad check output 'json or text' xml JSON ''
bad check now 'a time such as 20' now 2026-11-22 2026-13-01T00:00:00Z 2026-02-30T00:00:00Z
bad "explain 192.0.2.10" link "a network link's name" '' a/b sixteen-letters-
bad run pin-dir 'an absolute path' x
bad cluster port 'a port, 1 to 65535' '' 0 65536 -1 http 80a ' 80'
bad cluster namespace 'the name of a namespace' '' Kube a/b a.b 'a b' "$long"
bad cluster timeout '100ms to 600s' 0s 99ms 601s
bad run kube-events 'on or off' On true yes 1 '' 'off '
bad run metrics 'ADDR:PORT such as 127.0.0.1:9477' 9477 :9477 localhost:9477 127.0.0.1 127.0.0.1:0 127.0.0.1:65536 ::1:9477 '[::1]' on 'off '
bad run socket 'a path of 1 to 107' "/$long"
bad run without 'one of btf, ([a-z-]+, )+rtnetlink' x
bad check verbose 'true or false' maybe
refused "--addresses alone" '^vipguard: --addresses needs --assignments or --objects' check --addresses none.json
refused "--now alone" '^vipguard: --now needs --assignments or --objects' explain 192.0.2.10 --now 2026-11-22T10:00:00Z
with VIPGUARD_ASSIGNMENT=x refused "unknown variable" '^vipguard: unknown variable "VIPGUARD_ASSIGNMENT" in the environment, expected' check
with VIPGUARD_PORT_80_TCP=tcp://192.0.2.9:80 expect "a Service named vipguard is no setting" 0 '.[0].violations == 0' check "${files[@]}" -o json
with NODE_NAME='a b' refused "NODE_NAME" '^vipguard: NODE_NAME: found "a b", expected the name of a node' check "${files[@]}"

# ---- config file
# wrong_config NAME PATTERN TEXT
wrong_config() {
	file config.yaml "$3"
	refused "config: $1" "^vipguard: config\.yaml:$2" check --config config.yaml "${files[@]}"
	with VIPGUARD_CONFIG=config.yaml refused "VIPGUARD_CONFIG: $1" "^vipguard: config\.yaml:$2" run
}
wrong_config "unknown key" '2: unknown key "colour", expected the name of an option' 'mode: audit\ncolour: red\n'
for key in breakers config help o dead_man; do
	wrong_config "unknown key $key" "1: unknown key \"$key\", expected" "$key: x\n"
done
wrong_config "bad value" '1: mode: found "loud", expected audit or enforce' 'mode: loud\n'
wrong_config "bad item" '3: protect: found "x", expected an IP address' 'protect:\n  - 192.0.2.1\n  - x\n'
wrong_config "two values for one" '1: node: found a list, expected one value' 'node: [a, b]\n'
wrong_config "empty list" '1: act: found an empty list; expected' 'act: []\n'
wrong_config "no value" '1: mode: found nothing; expected' 'mode:\n'
wrong_config "a mapping" '1: mode: found a mapping; expected' 'mode: {a: b}\n'
wrong_config "twice" '2: mode: found twice; expected once' 'mode: audit\nmode: audit\n'
wrong_config "an alias" '1: found an anchor or alias; expected' 'mode: &a audit\n'
wrong_config "empty" '1: found nothing; expected a mapping' ''
wrong_config "no YAML" '2: is no YAML: .*; expected' 'mode: audit\n\tnode: a\n'
refused "config: no such file" '^vipguard: nowhere: cannot be read: No such file' check --config nowhere
refused "config: a directory" '^vipguard: \.: is a directory; expected a file' check --config .
refused "config: junk" '^vipguard: junk:1: is no text: .*; expected' check --config junk

# ---- flag > environment > file; a list of a stronger place replaces the weaker whole
file config.yaml 'node: from-file\nprotect: [192.0.2.10]\noutput: json\nassignments: ok.yaml\naddresses: none.json\n'
expect "file" 0 '.[0].node == "from-file"' check --config config.yaml
with VIPGUARD_CONFIG=config.yaml expect "file named by the environment" 0 '.[0].node == "from-file"' check
with VIPGUARD_NODE=from-env expect "environment beats file" 0 '.[0].node == "from-env"' check --config config.yaml
with VIPGUARD_NODE=from-env expect "flag beats environment" 0 '.[0].node == "from-flag"' check --config config.yaml --node from-flag
with VIPGUARD_NODE= expect "empty is not set" 0 '.[0].node == "from-file"' check --config config.yaml
with NODE_NAME=from-pod expect "NODE_NAME is the weakest" 0 '.[0].node == "from-file"' check --config config.yaml
with NODE_NAME=from-pod expect "NODE_NAME" 0 '.[0].node == "from-pod"' check "${files[@]}" -o json
expect "the host's name" 0 ".[0].node == \"$(hostname | tr '[:upper:]' '[:lower:]')\"" check "${files[@]}" -o json
with NODE_NAME=CP1 expect "as the kubelet spells it" 0 '.[0].node == "cp1"' check "${files[@]}" -o json
expect "list of the file" 0 '.[0][0].bind.reason == "protect-list"' explain 192.0.2.10 --config config.yaml
with VIPGUARD_PROTECT=192.0.2.20,192.0.2.21 expect "list of the environment" 0 '.[0] | map(.bind.reason) == ["assigned-elsewhere", "protect-list", "protect-list"]' \
	explain 192.0.2.10 192.0.2.20 192.0.2.21 --config config.yaml
with VIPGUARD_PROTECT=192.0.2.20 expect "list of flags" 0 '.[0] | map(.bind.reason) == ["no-service", "protect-list", "protect-list"]' \
	explain 192.0.2.20 192.0.2.30 2001:db8::1 --config config.yaml --protect 192.0.2.30 --protect=2001:db8::/64

# ---- help and version
says "--help" 0 '^Usage: vipguard COMMAND' --help
says "help" 0 '^Usage: vipguard COMMAND' help
says "-h" 0 '^Usage: vipguard COMMAND' -h
for command in run check explain status watch mode version; do
	says "$command is in the help" 0 "^  $command" --help
	says "$command --help" 0 "^Usage: vipguard $command " "$command" --help
done
says "help after other flags" 0 '^Usage: vipguard check' check --assignments nowhere --help
says version 0 '^vipguard [0-9]+\.[0-9]+' version
says --version 0 '^vipguard [0-9]+\.[0-9]+' --version
expect "version -o json" 0 '.[0] | .version and .build and .libbpf and (.abi | type) == "number"' version -o json
expect "-ojson" 0 '.[0].version' version -ojson

# ---- without a guard
for command in status check 'explain 192.0.2.10' watch 'mode enforce'; do
	# shellcheck disable=SC2086 # words
	call $command --socket "$dir/no.sock"
	if [[ $rc == 3 && ! -s out ]] && grep -q "^vipguard: no guard answers at $dir/no.sock: " err; then
		passed=$((passed + 1))
	else
		fail "$command without a guard" "exit $rc: $(<err)"
	fi
done

# ---- where the output goes
# output_lost NAME STATUS COMMAND...: it ends by itself or by SIGPIPE, never by a crash
output_lost() {
	local name=$1 status=$2
	shift 2
	rc=0
	"$@" 2>err || rc=$?
	if [[ " $status " == *" $rc "* ]]; then
		passed=$((passed + 1))
	else
		fail "$name" "exit $rc: $(<err)"
	fi
}
closed() { "$vipguard" "$@" >&-; }
full() { "$vipguard" "$@" >/dev/full; }
# The far end of the pipe is closed before anything is written.
no_reader() {
	local fd rc=0
	exec {fd}> >(exec true)
	wait $!
	"$vipguard" "$@" >&"$fd" {fd}>&- || rc=$?
	exec {fd}>&-
	return $rc
}
for command in --help version "check ${files[*]}" "explain 192.0.2.10 ${files[*]} -o json" "run --help"; do
	# shellcheck disable=SC2086 # words
	{
		output_lost "$command: nobody reads" '0 141' no_reader $command
		output_lost "$command: disk full" 3 full $command
		output_lost "$command: stdout closed" 3 closed $command
	}
done
with NO_COLOR=1 says "no colour" 0 '^192\.0\.2\.10$' explain 192.0.2.10 "${files[@]}"
# script(1) makes a terminal, where there may be colour
script -qec "NO_COLOR=1 $vipguard explain 192.0.2.10 ${files[*]}" /dev/null </dev/null >out
if grep -q '192\.0\.2\.10' out && ! grep -q $'\e' out; then
	passed=$((passed + 1))
else
	fail "NO_COLOR on a terminal" "$(cat -v out)"
fi
