{{- /* The ports of the brokers as far as they are spelled out, and those of `networkPolicy.kafka.ports`. */}}
{{- define "rerun-dispatcher.kafkaPorts" -}}
{{- $ports := list }}
{{- range (dig "kafka" "brokers" list (include "rerun-dispatcher.given" . | fromJson)) }}
{{- $port := regexFind "[0-9]+$" (toString .) }}
{{- if and $port (not (contains "${" .)) }}
{{- $ports = append $ports (int64 $port) }}
{{- end }}
{{- end }}
{{- range .Values.networkPolicy.kafka.ports }}
{{- $ports = append $ports (int64 .) }}
{{- end }}
{{- toJson (uniq $ports) }}
{{- end }}

{{- /* The port of a URL whose host is written out, or its scheme's; nothing when a reference stands in it. */}}
{{- define "rerun-dispatcher.urlPort" -}}
{{- if and . (not (contains "${" .)) }}
{{- $url := urlParse (ternary . (printf "https://%s" .) (contains "://" .)) }}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" (eq (lower $url.scheme) "https")) }}
{{- end }}
{{- end }}

{{- define "rerun-dispatcher.registryPorts" -}}
{{- $ports := list }}
{{- with include "rerun-dispatcher.urlPort" (dig "schemaRegistry" "url" "" (include "rerun-dispatcher.given" . | fromJson)) }}
{{- $ports = append $ports (int64 .) }}
{{- end }}
{{- range .Values.networkPolicy.schemaRegistry.ports }}
{{- $ports = append $ports (int64 .) }}
{{- end }}
{{- toJson (uniq $ports) }}
{{- end }}

{{- /* STS and the products' own hosts are on 443. */}}
{{- define "rerun-dispatcher.providerPorts" -}}
{{- $ports := list 443 }}
{{- range (include "rerun-dispatcher.given" . | fromJson).providers }}
{{- with include "rerun-dispatcher.urlPort" (default "" .endpoint) }}
{{- $ports = append $ports (int64 .) }}
{{- end }}
{{- end }}
{{- range .Values.networkPolicy.providers.ports }}
{{- $ports = append $ports (int64 .) }}
{{- end }}
{{- toJson (uniq $ports) }}
{{- end }}

{{- /* Where machines of the clouds get their role's keys, for connections that ask there. */}}
{{- define "rerun-dispatcher.metadataServices" -}}
{{- $blocks := list }}
{{- range (include "rerun-dispatcher.given" . | fromJson).providers }}
{{- $type := dig "type" "" (default dict .credentials) }}
{{- $source := dig "source" "type" "" (default dict .credentials) }}
{{- if or (has $type (list "instance-role" "default")) (has $source (list "instance-role" "default")) }}
{{- $blocks = append $blocks (ternary "169.254.0.0/16" "100.100.100.200/32" (hasPrefix "tencent" (toString .kind))) }}
{{- end }}
{{- end }}
{{- toJson (uniq $blocks) }}
{{- end }}

{{- define "rerun-dispatcher.tcpPorts" -}}
ports:
{{- range . }}
  - protocol: TCP
    port: {{ int64 . }}
{{- end }}
{{- end }}

{{- define "rerun-dispatcher.networkRules" -}}
policyTypes: [Ingress, Egress]
ingress:
  # Metrics and probes; nothing that is served there changes anything.
  - {{ include "rerun-dispatcher.tcpPorts" (list (include "rerun-dispatcher.port" .)) | nindent 4 | trim }}
    {{- with .Values.networkPolicy.ingress.from }}
    from:
      {{- toYaml . | nindent 6 }}
      {{- if $.Values.service.enabled }}
      # helm test
      - podSelector:
          matchLabels:
            {{- include "rerun-dispatcher.testLabels" $ | nindent 12 }}
      {{- end }}
    {{- end }}
egress:
  # DNS
  - ports:
      {{- range .Values.networkPolicy.dns.ports }}
      - protocol: UDP
        port: {{ int64 . }}
      - protocol: TCP
        port: {{ int64 . }}
      {{- end }}
    {{- with .Values.networkPolicy.dns.to }}
    to:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  # Kafka
  {{- with include "rerun-dispatcher.kafkaPorts" . | fromJsonArray }}
  - {{ include "rerun-dispatcher.tcpPorts" . | nindent 4 | trim }}
    {{- with $.Values.networkPolicy.kafka.to }}
    to:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- end }}
  # the schema registry
  {{- with include "rerun-dispatcher.registryPorts" . | fromJsonArray }}
  - {{ include "rerun-dispatcher.tcpPorts" . | nindent 4 | trim }}
    {{- with $.Values.networkPolicy.schemaRegistry.to }}
    to:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- end }}
  # the providers, and STS
  - {{ include "rerun-dispatcher.tcpPorts" (include "rerun-dispatcher.providerPorts" . | fromJsonArray) | nindent 4 | trim }}
    to:
      {{- toYaml .Values.networkPolicy.providers.to | nindent 6 }}
      {{- range (dig "endpoints" "allowAddresses" list (include "rerun-dispatcher.given" . | fromJson)) }}
      - ipBlock:
          cidr: {{ . | quote }}
      {{- end }}
  {{- with include "rerun-dispatcher.metadataServices" . | fromJsonArray }}
  # the clouds' metadata services
  - {{ include "rerun-dispatcher.tcpPorts" (list 80) | nindent 4 | trim }}
    to:
      {{- range . }}
      - ipBlock:
          cidr: {{ . | quote }}
      {{- end }}
  {{- end }}
  {{- with .Values.networkPolicy.extraEgress }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
