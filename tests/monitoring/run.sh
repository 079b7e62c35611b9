#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [BUILD]: rules, dashboard and runbooks of deploy/monitoring, by promtool and against pages of metrics of real guards, which are taken here
# (scrape.sh). Needs root, and BUILD (build) with `make all tools`. VG_PAGES=DIR keeps the pages. Closes with "N passed, M failed".
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build}
passed=0 failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
pages=${VG_PAGES:-$dir/pages}
mkdir -p "$pages" && rm -f "$pages"/*.prom
export PYTHONDONTWRITEBYTECODE=1
monitoring=deploy/monitoring tests=tests/monitoring

# counted COMMAND...: its closing line is added up, its other lines are shown; one that ends badly without a failed test counts as one
counted() {
	local rc=0 line ok=0 bad=0
	"$@" >"$dir/said" 2>&1 || rc=$?
	line=$(tail -n 1 "$dir/said")
	[[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] && ok=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]}
	grep -vE '^[0-9]+ passed, [0-9]+ failed$' "$dir/said"
	if ((bad == 0 && (rc != 0 || ok == 0))); then
		bad=1
		echo "not ok $1: exit $rc"
	fi
	passed=$((passed + ok))
	failed=$((failed + bad))
}

# test_case NAME COMMAND...: what it says is shown if it fails
test_case() {
	local name=$1
	shift
	if "$@" >"$dir/said" 2>&1; then
		passed=$((passed + 1))
		echo "ok $name"
	else
		failed=$((failed + 1))
		echo "not ok $name"
		head -c 8000 "$dir/said" | sed 's/^/    /'
	fi
}

promtool=$($tests/promtool.sh) && tests/api/build.sh etcd kube-apiserver render || {
	echo "not ok monitoring: promtool, the API server or what renders manifests cannot be had"
	echo "0 passed, 1 failed"
	exit 1
}
# of_pages SCRIPT RULES...: the test that the script makes of the pages
of_pages() {
	python3 "$tests/$1.py" "$pages" "${@:2}" >"$dir/$1.json" && "$promtool" test rules "$dir/$1.json"
}
# None of it can fail if the rules are not even asked: with an alert that never fires the test of the scenes must say so.
notices() {
	mkdir "$dir/broken" && sed 's/action=~"would-.\*"/action=~"never-.*"/; s/ > 0 unless on/ > 99 unless on/' $monitoring/alerts.yaml >"$dir/broken/alerts.yaml" || return
	! cmp -s "$dir/broken/alerts.yaml" $monitoring/alerts.yaml && ! of_pages fired $monitoring/recording.yaml "$dir/broken/alerts.yaml"
}

# What deploy/monitoring makes: with the Prometheus operator, and of the guards that it asks. The chart's own way asks for the same.
render=$(source tests/api/peers.sh && api_binary render)
operator() {
	local made
	made=$("$render" kustomize $monitoring) || return
	[[ $(jq -r '[.[] | "\(.kind) \(.metadata.namespace)"] | sort | join(", ")' <<<"$made") == "ConfigMap kube-system, PodMonitor kube-system, PrometheusRule kube-system" ]] &&
		jq -e --slurpfile board $monitoring/dashboard.json '.[] | select(.kind == "ConfigMap") | .data["dashboard.json"] | fromjson == $board[0]' <<<"$made"
}
scraped() {
	local made
	mkdir "$dir/overlay"
	printf 'resources: [%s]\ncomponents: [%s]\n' "$(realpath --relative-to="$dir/overlay" deploy/kustomize/base)" \
		"$(realpath --relative-to="$dir/overlay" $monitoring/scraped)" >"$dir/overlay/kustomization.yaml"
	made=$("$render" kustomize "$dir/overlay" | jq -c '.[] | select(.kind == "DaemonSet") | .spec.template.spec.containers[]') || return
	jq -e '(.env | map(.name) | contains(["NODE_NAME", "VIPGUARD_METRICS"])) and .ports == [{name: "metrics", containerPort: 9477, protocol: "TCP"}]' <<<"$made" || return
	printf 'metrics: {listen: "0.0.0.0:9477"}\npodMonitor: {enabled: true, interval: 30s}\n' >"$dir/values.yaml"
	made=$("$render" helm deploy/helm/vipguard kube-system "$dir/values.yaml") || return
	diff <(jq -S '.[] | select(.kind == "PodMonitor").spec' <<<"$made") <("$render" kustomize $monitoring | jq -S '.[] | select(.kind == "PodMonitor").spec') &&
		jq -e '.[] | select(.kind == "DaemonSet").spec.template | .metadata.labels["app.kubernetes.io/name"] == "vipguard" and any(.spec.containers[].ports[]; .name == "metrics")' <<<"$made"
}
test_case "what kubectl apply -k deploy/monitoring brings" operator
test_case "kustomize's guard and the chart's are found by the job's name, and by node" scraped
test_case "promtool check rules" "$promtool" check rules --lint-fatal $monitoring/recording.yaml $monitoring/alerts.yaml
test_case "recording rules, unit tests" "$promtool" test rules $tests/recording_test.yaml
test_case "alerts, unit tests" "$promtool" test rules $tests/alerts_test.yaml
counted $tests/scrape.sh "$build/vipguard" "$build/tools" "$pages"
test_case "alerts on pages of real guards: those and no others" of_pages fired $monitoring/recording.yaml $monitoring/alerts.yaml
test_case "a broken alert is noticed" notices
test_case "each query of the dashboard finds something" of_pages queries $monitoring/recording.yaml
counted python3 $tests/check.py "$pages"
echo "$passed passed, $failed failed"
((passed > 0 && failed == 0))
