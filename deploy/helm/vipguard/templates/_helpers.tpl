{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}
{{- define "vipguard.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{- /* The configuration file, as an object: keys are vipguard's long options. */ -}}
{{- define "vipguard.config" -}}
{{- $v := .Values -}}
{{- $config := dict "mode" $v.mode "act" $v.act "grace" $v.grace "max-age" $v.maxAge "dead-man" $v.deadMan "breaker" $v.breaker "metrics" $v.metrics.listen -}}
{{- with $v.manifests }}{{ $_ := set $config "manifests" . }}{{ end -}}
{{- with $v.protect }}{{ $_ := set $config "protect" . }}{{ end -}}
{{- with $v.interfaces }}{{ $_ := set $config "interface" . }}{{ end -}}
{{- if $v.metrics.vips }}{{ $_ := set $config "metrics-vips" true }}{{ end -}}
{{- if not $v.events }}{{ $_ := set $config "kube-events" "off" }}{{ end -}}
{{- if $v.assignments }}{{ $_ := set $config "assignments" "/etc/vipguard/assignments.yaml" }}{{ $_ := set $config "kubeconfig" "in-cluster" }}{{ end -}}
{{- toYaml (merge (deepCopy $v.extraConfig) $config) -}}
{{- end -}}

{{- define "vipguard.port" -}}
{{- regexFind "[0-9]+$" .Values.metrics.listen -}}
{{- end -}}

{{- /* Where kubelet, which is on the node, finds it; empty: nowhere. */ -}}
{{- define "vipguard.host" -}}
{{- $host := regexReplaceAll ":[0-9]+$" .Values.metrics.listen "" | trimPrefix "[" | trimSuffix "]" -}}
{{- if ne .Values.metrics.listen "off" -}}
{{- if eq $host "0.0.0.0" -}}127.0.0.1{{- else if eq $host "::" -}}::1{{- else -}}{{ $host }}{{- end -}}
{{- end -}}
{{- end -}}
