{{- /*
A value of the config without its nulls, as JSON. To the parser null is what was left out; templates
would find nothing where they look for a key.
*/}}
{{- define "rerun-dispatcher.withoutNulls" -}}
{{- if kindIs "map" . }}
{{- $kept := dict }}
{{- range $key, $value := . }}
{{- if not (kindIs "invalid" $value) }}
{{- $_ := set $kept $key (index (include "rerun-dispatcher.withoutNulls" $value | printf "[%s]" | fromJsonArray) 0) }}
{{- end }}
{{- end }}
{{- toJson $kept }}
{{- else if kindIs "slice" . }}
{{- $kept := list }}
{{- range . }}
{{- if not (kindIs "invalid" .) }}
{{- $kept = append $kept (index (include "rerun-dispatcher.withoutNulls" . | printf "[%s]" | fromJsonArray) 0) }}
{{- end }}
{{- end }}
{{- toJson $kept }}
{{- else }}
{{- toJson . }}
{{- end }}
{{- end }}

{{- /* What the values say of the config. */}}
{{- define "rerun-dispatcher.given" -}}
{{- include "rerun-dispatcher.withoutNulls" (default dict .Values.config) }}
{{- end }}

{{- /* The same with the parser's defaults for the few keys that the chart itself must know. */}}
{{- define "rerun-dispatcher.known" -}}
{{- $defaults := include "rerun-dispatcher.defaults" . | fromYaml }}
{{- toYaml (mergeOverwrite $defaults (include "rerun-dispatcher.given" . | fromJson)) }}
{{- end }}

{{- define "rerun-dispatcher.port" -}}
{{- (include "rerun-dispatcher.known" . | fromYaml).http.port | int }}
{{- end }}

{{- /* Milliseconds of a duration such as 250ms or 10m; 0 for anything else. */}}
{{- define "rerun-dispatcher.milliseconds" -}}
{{- $number := regexReplaceAll "^0+([0-9])" (regexFind "^[0-9]+" .) "${1}" | int64 }}
{{- $unit := regexFind "[a-z]+$" . }}
{{- if eq $unit "ms" }}{{ $number }}
{{- else if eq $unit "s" }}{{ mul $number 1000 }}
{{- else if eq $unit "m" }}{{ mul $number 60000 }}
{{- else if eq $unit "h" }}{{ mul $number 3600000 }}
{{- else }}0
{{- end }}
{{- end }}

{{- /* Whole seconds, rounded up. */}}
{{- define "rerun-dispatcher.drainSeconds" -}}
{{- $drain := (include "rerun-dispatcher.known" . | fromYaml).drainTimeout | toString }}
{{- div (add (include "rerun-dispatcher.milliseconds" $drain | int64) 999) 1000 }}
{{- end }}

{{- /* Longer than the process takes at the most, so that nothing is killed while it drains. */}}
{{- define "rerun-dispatcher.gracePeriod" -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds }}
{{- add (include "rerun-dispatcher.drainSeconds" . | int64) 10 }}
{{- else }}
{{- .Values.terminationGracePeriodSeconds | int64 }}
{{- end }}
{{- end }}

{{- /*
The file that the service reads: `config`, and credentials from `providerSecrets`. It is JSON, which
is YAML too: each text has quotes, so that none becomes a number, and the characters that YAML takes
for line ends are escaped.
*/}}
{{- define "rerun-dispatcher.config" -}}
{{- $config := deepCopy .Values.config }}
{{- range $provider := $config.providers }}
{{- with get (default dict $.Values.providerSecrets) $provider.name }}
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
{{- toPrettyJson $config | replace "\u0085" "\\u0085" | replace "\ufeff" "\\ufeff" }}
{{- end }}
