# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034
# What both bench guests share. A ratio is of two figures taken side by side in this one run.
cd /vg-tests || exit 1
# shellcheck source=../guest/lib.sh
source ./lib.sh
over=0
FREE=203.0.113.50 # nobody's

# ratio NAME A B LIMIT: A/B against its limit; LIMIT "-": shown only
ratio() {
	local verdict=ok
	if [[ $4 == - ]]; then
		verdict=
	elif ! awk -v a="$2" -v b="$3" -v l="$4" 'BEGIN { exit !(a / b <= l) }'; then
		verdict=OVER
		over=1
	fi
	awk -v n="$1" -v a="$2" -v b="$3" -v l="$4" -v v=$verdict 'BEGIN { printf "%-66s %10.1f / %10.1f = %6.3f  (limit %s) %s\n", n, a, b, a / b, l, v }'
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

bench_at() {
	at cp1 netbench "$@"
}

# What 1,000 assignments with a VIP each take.
write_thousand() {
	{
		echo "version: 1"
		echo "assignments:"
		for ((i = 0; i < 1000; i++)); do echo "  - {address: 198.18.$((i / 250)).$((i % 250 + 1)), service: default/s$i, nodes: [worker$((i % 5))], bind: nobody}"; done
	} >$RUN/assignments.yaml
}

# With a guard that has them: what all maps take by the kernel's own account, the pinned ones and those of one object alone. That is so from 6.4
# on; before, it says what they could take if they were full.
kernel_memory() {
	bpftool -j map show | jq -r '.[] | "\(.name // .type) \(.bytes_memlock // 0)"'
}

bench_up() {
	mkdir -p $RUN && mkfifo $RUN/never
	lan_up >/dev/null || exit 1
	write_assignments
	echo "kernel $(uname -r)"
}
