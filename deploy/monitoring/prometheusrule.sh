#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# prometheusrule.sh [RUNBOOKS]: recording.yaml and alerts.yaml as an object of the Prometheus operator, on standard output. RUNBOOKS is where the
# pages of docs/runbooks are found, https://git.example.org/vipguard/docs/runbooks say; without it their place in these sources.
set -euo pipefail
cd "$(dirname "$0")"
cat <<'YAML'
# SPDX-License-Identifier: Apache-2.0
# Made of recording.yaml and alerts.yaml by prometheusrule.sh (`make monitoring`): change those.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: vipguard
  labels: {app.kubernetes.io/name: vipguard}
spec:
  groups:
YAML
for rules in recording.yaml alerts.yaml; do
	sed -e '1,/^groups:$/d' -e 's/^./  &/' -e "s#runbook_url: docs/runbooks/#runbook_url: ${1:-docs/runbooks}/#" $rules
done
