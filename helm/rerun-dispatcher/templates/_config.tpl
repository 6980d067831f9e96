{{- /* The config with the parser's defaults for the few keys that the chart itself must know. */}}
{{- define "rerun-dispatcher.known" -}}
{{- $defaults := include "rerun-dispatcher.defaults" . | fromYaml }}
{{- toYaml (mergeOverwrite $defaults (deepCopy .Values.config)) }}
{{- end }}

{{- define "rerun-dispatcher.port" -}}
{{- (include "rerun-dispatcher.known" . | fromYaml).http.port | int }}
{{- end }}

{{- /* Whole seconds of a duration such as 250ms or 10m, rounded up; 0 for anything else. */}}
{{- define "rerun-dispatcher.seconds" -}}
{{- $number := regexReplaceAll "^0+([0-9])" (regexFind "^[0-9]+" .) "${1}" | int64 }}
{{- $unit := regexFind "[a-z]+$" . }}
{{- if eq $unit "ms" }}{{ div (add $number 999) 1000 }}
{{- else if eq $unit "s" }}{{ $number }}
{{- else if eq $unit "m" }}{{ mul $number 60 }}
{{- else if eq $unit "h" }}{{ mul $number 3600 }}
{{- else }}0
{{- end }}
{{- end }}

{{- define "rerun-dispatcher.drainSeconds" -}}
{{- include "rerun-dispatcher.seconds" ((include "rerun-dispatcher.known" . | fromYaml).drainTimeout | toString) }}
{{- end }}

{{- /* Longer than the process takes at the most, so that nothing is killed while it drains. */}}
{{- define "rerun-dispatcher.gracePeriod" -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds }}
{{- add (include "rerun-dispatcher.drainSeconds" . | int64) 10 }}
{{- else }}
{{- .Values.terminationGracePeriodSeconds | int64 }}
{{- end }}
{{- end }}

{{- /* The file that the service reads: `config`, and credentials from `providerSecrets`. */}}
{{- define "rerun-dispatcher.config" -}}
{{- $config := deepCopy .Values.config }}
{{- range $provider := $config.providers }}
{{- with get $.Values.providerSecrets $provider.name }}
{{- $folder := printf "/etc/rerun-dispatcher/providers/%s" $provider.name }}
{{- $keys := dict "type" "static"
  "id" (printf "${file:%s/%s}" $folder (default "id" .idKey))
  "secret" (printf "${file:%s/%s}" $folder (default "secret" .secretKey)) }}
{{- if .tokenKey }}
{{- $_ := set $keys "token" (printf "${file:%s/%s}" $folder .tokenKey) }}
{{- end }}
{{- $_ := set $provider "credentials" $keys }}
{{- end }}
{{- end }}
{{- range $section, $keys := $config }}
{{- if and (kindIs "map" $keys) (empty $keys) }}
{{- $_ := unset $config $section }}
{{- end }}
{{- end }}
{{- toYaml $config }}
{{- end }}
