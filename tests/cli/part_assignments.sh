# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # variables of cli.sh
# What may be wrong with an assignments file, and what may not.

# wrong NAME PATTERN TEXT; PATTERN comes behind "vipguard: in.yaml:"
wrong() {
	file in.yaml "$3"
	refused_by_all "$1" "^vipguard: in\.yaml:$2" --assignments in.yaml
}
# wrong_entry NAME PATTERN ENTRY: PATTERN comes behind the line, 3
wrong_entry() { wrong "$1" "3: $2" "version: 1\nassignments:\n  - $3\n"; }

wrong "empty file" '1: found nothing; expected a mapping' ''
wrong "only comments" '[0-9]: found nothing; expected a mapping' '# nothing\n\n'
wrong "a text" '1: found "hello"; expected a mapping' 'hello\n'
wrong "a list" '1: found a list; expected a mapping' '- a\n'
wrong "unknown key" '2: unknown key "assignment"; expected one of version, assignments, protect, nodes' 'version: 1\nassignment: []\n'
wrong "key too long" '2: unknown key "k+\.\.\."; expected ' "version: 1\n$(printf 'k%.0s' {1..1000}): 1\n"
wrong "merge key" '2: unknown key "<<"; expected' 'version: 1\n<<: {protect: []}\n'
wrong "duplicate key" '2: version: found twice.*; expected once' 'version: 1\nversion: 1\n'
wrong "no version" '1: version: found nothing; expected the number 1' 'assignments: []\n'
wrong "wrong version" '1: version: 2 is not known; expected 1' 'version: 2\n'
wrong "version that is a text" '1: version: found the text "1"; expected the number 1' 'version: "1"\n'
wrong "version with a point" '1: version: 1\.0 is not known; expected 1' 'version: 1.0\n'
wrong "version without a value" '1: version: found nothing; expected' 'version:\n'
wrong "assignments without a value" '2: assignments: found nothing; expected a list' 'version: 1\nassignments:\n'
wrong "assignments that are a mapping" '2: assignments: found a mapping; expected a list' 'version: 1\nassignments: {address: 192.0.2.1}\n'
wrong "protect that is no list" '2: protect: found "192\.0\.2\.2"; expected a list' 'version: 1\nprotect: 192.0.2.2\n'
wrong "protect with host bits" '2: protect: "192\.0\.2\.2/24" has host bits set; expected 192\.0\.2\.0/24' 'version: 1\nprotect: [192.0.2.2/24]\n'
wrong "everything protected" '2: protect: "0\.0\.0\.0/0" is too wide.*expected' 'version: 1\nprotect: [0.0.0.0/0]\n'
wrong "an anchor" '2: found an anchor or alias; expected' 'version: 1\nassignments: &a []\nprotect: *a\n'
wrong "a bomb of aliases" '1: found an anchor or alias; expected' 'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n'
wrong "a tag" '2: found a tag; expected' 'version: 1\nassignments: !!seq []\n'
wrong "a second document" '2: found a second document; expected one' 'version: 1\n---\nversion: 1\n'
wrong "tabs" '2: is no YAML: .*tab.*; expected YAML' 'version: 1\n\tassignments: []\n'
wrong "an open bracket" '[34]: is no YAML: .*; expected YAML' 'version: 1\nassignments: [\n'
wrong "JSON without a comma" '3: is no YAML: .*; expected YAML' '{"version": 1,\n "assignments": [{"address": "192.0.2.10"\n "nodes": []}]}\n'
wrong "JSON with a repeated key" '1: version: found twice' '{"version": 1, "version": 1}'
wrong "NUL" '1: is no text: .*; expected YAML' 'version: 1\x00\n'
wrong "an escape sequence" '2: is no text: .*; expected YAML' 'version: 1\nk\x1b[31m: 1\n'
wrong "broken UTF-8" '2: is no text: .*; expected YAML' 'version: 1\n\xff\xfe: 1\n'
wrong "a key that is a list" '1: found a list; expected a key' '? [a]\n: b\n'

wrong_entry "unknown key in an entry" 'unknown key "color"; expected one of address, service, nodes, bind' '{address: 192.0.2.10, nodes: [a], color: red}'
wrong_entry "duplicate key in an entry" 'address: found twice' '{address: 192.0.2.10, nodes: [a], address: 192.0.2.11}'
wrong_entry "entry that is a text" 'assignments: found "192\.0\.2\.10"; expected a mapping' 192.0.2.10
wrong_entry "no address" 'address: found nothing; expected' '{nodes: [a]}'
wrong_entry "no nodes" 'nodes: found nothing; expected' '{address: 192.0.2.10}'
for address in 192.0.2.300 192.0.02.1 192.0.2 0x7f.1 1 192.0.2.10/33 192.0.2.10/ 'fe80::1%eth0' '2001:db8:::1' '2001:db8::/129' \
	' 192.0.2.1' '' localhost; do
	wrong_entry "address \"$address\"" "address: \"$address\" is no IP address, CIDR or range; expected" "{address: \"$address\", nodes: [a]}"
done
wrong_entry "host bits" 'address: "192\.0\.2\.10/24" has host bits set; expected 192\.0\.2\.0/24' '{address: 192.0.2.10/24, nodes: [a]}'
wrong_entry "range backwards" 'address: "192.*" is no range; expected first-last' '{address: 192.0.2.20-192.0.2.10, nodes: [a]}'
wrong_entry "range of two families" 'address: "192.*" is no range; expected' '{address: "192.0.2.20-2001:db8::1", nodes: [a]}'
wrong_entry "too wide" 'address: "0\.0\.0\.0/0" is too wide.*; expected' '{address: 0.0.0.0/0, nodes: [a]}'
wrong_entry "loopback" 'address: "127\.0\.0\.1" is or covers a loopback address; expected' '{address: 127.0.0.1, nodes: [a]}'
wrong_entry "multicast" 'address: "ff02::1" is or covers a multicast address; expected' '{address: "ff02::1", nodes: [a]}'
wrong_entry "nodes that are a text" 'nodes: found "a"; expected a list' '{address: 192.0.2.10, nodes: a}'
wrong_entry "nodes in nodes" 'nodes: found a list; expected the name of a node' '{address: 192.0.2.10, nodes: [[a]]}'
wrong_entry "node that is nothing" 'nodes: found nothing; expected' '{address: 192.0.2.10, nodes: [~]}'
wrong_entry "odd node" 'nodes: found "A_b"; expected the name of a node' '{address: 192.0.2.10, nodes: [A_b]}'
wrong_entry "odd bind" 'bind: found "all"; expected holder or nobody' '{address: 192.0.2.10, nodes: [a], bind: all}'
wrong_entry "odd service" 'service: found "a b"; expected' '{address: 192.0.2.10, nodes: [a], service: "a b"}'
wrong_entry "a million nines" 'address: "9+\.\.\." is no IP address.*; expected' "{address: \"$(head -c 1000000 /dev/zero | tr '\0' 9)\", nodes: [a]}"

# disagree WHAT FIRST SECOND: two entries of one prefix; the error names both lines
disagree() {
	wrong "$1 disagree" '4: .* on line 3; expected entries of the same prefix to agree' "version: 1\nassignments:\n  - {$2}\n  - {$3}\n"
}
disagree nodes 'address: 192.0.2.10, nodes: [a]' 'address: 192.0.2.10, nodes: [b]'
disagree "bind policies" 'address: 192.0.2.10, nodes: [a]' 'address: 192.0.2.10/32, nodes: [a], bind: nobody'
disagree "an address and its mapped form" 'address: 192.0.2.10, nodes: [a]' 'address: "::ffff:192.0.2.10", nodes: [b]'
disagree "two spellings of IPv6" 'address: "2001:db8::10", nodes: [a]' 'address: "2001:DB8:0::0010", nodes: [b]'
disagree "a network and the same as a range" 'address: 192.0.2.0/30, nodes: [a]' 'address: 192.0.2.0-192.0.2.3, nodes: []'

# ---- what is no file to read
refused_by_all "no such file" '^vipguard: nowhere\.yaml: cannot be read: No such file' --assignments nowhere.yaml
refused_by_all "a directory" '^vipguard: \.: is a directory; expected a file' --assignments .
refused_by_all "a path through a file" 'ok\.yaml/x: cannot be read: Not a directory' --assignments ok.yaml/x
ln -s loop loop
refused_by_all "a link to itself" 'loop: cannot be read: Too many levels' --assignments loop
mkfifo fifo
refused_by_all "a FIFO that nobody writes to" 'fifo:1: found nothing; expected' --assignments fifo
refused_by_all "nothing" '/dev/null:1: found nothing' --assignments /dev/null
refused_by_all "no end" '/dev/zero: has more than 64 MiB; expected less' --assignments /dev/zero
truncate -s 10G huge
refused_by_all "huge" 'huge: has more than 64 MiB; expected less' --assignments huge
head -c 65536 /dev/urandom | sed '1s/^/\xff/' >junk
refused_by_all "junk" 'junk:1: is no text: .*; expected YAML' --assignments junk
refused_by_all "a program" ':1: is no text: .*; expected YAML' --assignments "$vipguard"
cp ok.yaml secret.yaml
chmod 000 secret.yaml
if [[ $(id -u) == 0 ]]; then
	# root reads everything, so it is asked as nobody, with a copy where nobody can get at it
	chmod 755 .
	install -m 755 "$vipguard" seen-by-nobody
	rc=0
	setpriv --reuid=65534 --regid=65534 --clear-groups ./seen-by-nobody check --assignments secret.yaml >out 2>err || rc=$?
else
	call check --assignments secret.yaml
fi
if [[ $rc == 2 && ! -s out ]] && grep -q '^vipguard: secret\.yaml: cannot be read: Permission denied' err; then
	passed=$((passed + 1))
else
	fail "a file that may not be read" "exit $rc: $(<err)"
fi
refused_by_all "no file name" '^vipguard: --assignments: found "", expected a file name' --assignments ''

# ---- deep nesting takes no stack
deep() { # NAME PATTERN HEAD ONE-LEVEL
	python3 -c 'import sys; sys.stdout.write(sys.argv[1] + sys.argv[2] * 100000)' "$3" "$4" >deep
	refused_by_all "deep: $1" "$2" --assignments deep
}
deep lists 'deep:2: assignments: found a list; expected' $'version: 1\nassignments: ' '['
deep mappings 'deep:1: unknown key "a"; expected' '' '{a: '
deep keys 'deep:1: found a mapping; expected a key' '' '? '
python3 -c 'print("version: 1\nassignments:\n" + "".join(" " * i + "-\n" for i in range(2000)), end="")' >deep
refused_by_all "deep: blocks" 'deep:[34]: assignments: found a list; expected' --assignments deep

# ---- many
python3 - <<-'PY'
	import ipaddress
	def write(name, n, more=""):
	    first = int(ipaddress.ip_address("198.18.0.0"))
	    with open(name, "w") as out:
	        out.write("version: 1\nassignments:\n")
	        for i in range(n):
	            out.write(f"  - {{address: {ipaddress.ip_address(first + i)}, service: default/s{i}, nodes: [worker{i % 100}]}}\n")
	        out.write(more)
	write("many.yaml", 100000)
	write("many-bad.yaml", 100000, "  - {address: 192.0.2.300, nodes: [a]}\n")
	write("too-many.yaml", 140000)
PY
began=$(date +%s%N)
expect "100,000 entries" 0 '.[0][0] | .bind.reason == "assigned-elsewhere" and .assigned_nodes == ["worker99"] and .services == ["default/s99999"]' \
	explain 198.19.134.159 --assignments many.yaml --node cp1 "${bare[@]}"
took=$((($(date +%s%N) - began) / 1000000))
if ((took < 10000)); then # 0.3 s measured; a sanitizer's build and a busy machine take longer
	passed=$((passed + 1))
else
	fail "100,000 entries in time" "$took ms"
fi
refused_by_all "an error on the last line of many" 'many-bad\.yaml:100003: address: "192\.0\.2\.300"' --assignments many-bad.yaml
refused_by_all "too many" 'too-many\.yaml:131075: .* found more than 131072 addresses; expected' --assignments too-many.yaml

# ---- what is right
# fine NAME TEXT: the VIP is judged by it
fine() {
	file in.yaml "$2"
	expect "$1" 0 '.[0][0] | .bind.reason == "assigned-elsewhere" and .assigned_nodes == ["worker1"]' \
		explain 192.0.2.10 --assignments in.yaml --node cp1 "${bare[@]}"
}
fine "CRLF" 'version: 1\r\nassignments:\r\n  - address: 192.0.2.10\r\n    nodes: [worker1]\r\n'
fine "UTF-8 with a mark" '\xef\xbb\xbfversion: 1\nassignments:\n- {address: 192.0.2.10, nodes: [worker1]}\n'
fine "JSON" '{"version": 1, "assignments": [{"address": "192.0.2.10", "nodes": ["worker1"]}], "protect": []}'
fine "JSON over lines with tabs" '{\n\t"version": 1,\n\t"assignments": [\n\t\t{"address": "192.0.2.10", "nodes": ["worker1"]}\n\t]\n}\n'
fine "a document mark" '---\nversion: 1\nassignments: [{address: 192.0.2.10, nodes: [worker1]}]\n...\n'
fine "a repeated entry that agrees" 'version: 1\nassignments:\n- {address: 192.0.2.10, nodes: [worker1]}\n- {address: "::ffff:192.0.2.10/128", nodes: [worker1]}\n'
fine "no end of line at the end" 'version: 1\nassignments: [{address: 192.0.2.10, nodes: [worker1]}]'
file in.yaml 'version: 1\n'
expect "no assignments" 0 '.[0][0].bind.reason == "no-service"' explain 192.0.2.10 --assignments in.yaml "${bare[@]}"
expect "from a pipe" 0 '.[0][0].bind.verdict == "violation"' explain 192.0.2.10 --assignments <(cat ok.yaml) --node cp1 "${bare[@]}"
