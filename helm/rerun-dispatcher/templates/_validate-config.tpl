{{- /*
The config's parts of `rerun-dispatcher.validate`: what the schema says of secrets, again, for it can be
switched off, and the parser's relations that are broken most often.
*/}}
{{- define "rerun-dispatcher.secretsProblems" -}}
{{- include "rerun-dispatcher.openSecrets" (dict "path" "config" "key" "config" "value" .Values.config) }}
{{- end }}

{{- /* What at this path of the config must not stand in a ConfigMap. The texts are not shown. */}}
{{- define "rerun-dispatcher.openSecrets" -}}
{{- $problems := list }}
{{- $path := .path }}
{{- $parent := .key }}
{{- $reference := `\$\{(env|file):[^${}]+\}` }}
{{- if kindIs "map" .value }}
{{- range $key, $value := .value }}
{{- $problems = concat $problems (include "rerun-dispatcher.openSecrets" (dict "path" (printf "%s.%s" $path $key) "key" $key "value" $value) | fromJsonArray) }}
{{- end }}
{{- else if kindIs "slice" .value }}
{{- range $index, $value := .value }}
{{- $problems = concat $problems (include "rerun-dispatcher.openSecrets" (dict "path" (printf "%s[%d]" $path $index) "key" $parent "value" $value) | fromJsonArray) }}
{{- end }}
{{- else if not (kindIs "invalid" .value) }}
{{- $text := toString .value }}
{{- $isReference := regexMatch (printf "^%s$" $reference) $text }}
{{- $isFile := or (eq .key "file") (hasSuffix "File" .key) }}
{{- if and (has .key (list "id" "secret" "token" "password")) (not $isReference) }}
{{- $problems = append $problems (printf "%s: a reference such as ${file:…} and nothing else" $path) }}
{{- else if and $isFile (not $isReference) (not (regexMatch `^/[^\r\n]*$` $text)) }}
{{- $problems = append $problems (printf "%s: the absolute path of a file" $path) }}
{{- else if and (has .key (list "url" "endpoint")) (contains "@" (regexReplaceAll $reference $text "")) }}
{{- $problems = append $problems (printf "%s: no log-in within a URL" $path) }}
{{- else if contains "-----BEGIN" $text }}
{{- $problems = append $problems (printf "%s: no text of a PEM file" $path) }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{- define "rerun-dispatcher.configProblems" -}}
{{- $problems := list }}
{{- $config := include "rerun-dispatcher.given" . | fromJson }}
{{- $known := include "rerun-dispatcher.known" . | fromYaml }}
{{- if empty (dig "kafka" "brokers" list $config) }}
{{- $problems = append $problems "config.kafka.brokers: name at least one broker, such as kafka.example.com:9092" }}
{{- end }}
{{- $ssl := default dict $known.kafka.ssl }}
{{- if kindIs "map" $ssl }}
{{- if and $ssl.certFile (not $ssl.keyFile) }}
{{- $problems = append $problems "config.kafka.ssl.keyFile: the file that belongs to certFile" }}
{{- else if and $ssl.keyFile (not $ssl.certFile) }}
{{- $problems = append $problems "config.kafka.ssl.certFile: the file that belongs to keyFile" }}
{{- end }}
{{- end }}
{{- with $known.kafka.sasl }}
{{- $isOauth := eq (toString .mechanism) "oauthbearer" }}
{{- range (ternary (list "token") (list "username" "password") $isOauth) }}
{{- if not (get $known.kafka.sasl .) }}
{{- $problems = append $problems (printf "config.kafka.sasl.%s: needed by the mechanism" .) }}
{{- end }}
{{- end }}
{{- range (ternary (list "username" "password") (list "token") $isOauth) }}
{{- if hasKey $known.kafka.sasl . }}
{{- $problems = append $problems (printf "config.kafka.sasl.%s: no such key with this mechanism" .) }}
{{- end }}
{{- end }}
{{- end }}
{{- $roles := dict }}
{{- range $role, $topic := $known.kafka.topics }}
{{- if hasKey $roles $topic }}
{{- $problems = append $problems (printf "config.kafka.topics.%s: another topic than %s" $role (get $roles $topic)) }}
{{- end }}
{{- $_ := set $roles $topic $role }}
{{- end }}
{{- $registry := default dict $config.schemaRegistry }}
{{- if empty $registry.url }}
{{- $problems = append $problems "config.schemaRegistry.url: name the schema registry, such as https://registry.example.com" }}
{{- end }}
{{- if and $registry.username (not $registry.password) }}
{{- $problems = append $problems "config.schemaRegistry.password: both username and password, or neither" }}
{{- else if and $registry.password (not $registry.username) }}
{{- $problems = append $problems "config.schemaRegistry.username: both username and password, or neither" }}
{{- end }}
{{- if and $registry.caFile (hasPrefix "http://" (lower (default "" $registry.url))) }}
{{- $problems = append $problems "config.schemaRegistry.caFile: only with an https:// url" }}
{{- end }}
{{- range $index, $range := dig "endpoints" "allowAddresses" list $config }}
{{- if include "rerun-dispatcher.hasBitsBeyondPrefix" $range }}
{{- $problems = append $problems (printf "config.endpoints.allowAddresses[%d]: no bits beyond the prefix; one address is a prefix of 32" $index) }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{- /* Whether a range such as 10.0.0.5/8 says two things at once; of IPv6 only the parser knows. */}}
{{- define "rerun-dispatcher.hasBitsBeyondPrefix" -}}
{{- if regexMatch `^[0-9]+(\.[0-9]+){3}/[0-9]+$` . }}
{{- $parts := splitList "/" . }}
{{- $address := int64 0 }}
{{- range splitList "." (first $parts) }}
{{- $address = add (mul $address 256) (int64 .) }}
{{- end }}
{{- $size := int64 1 }}
{{- range until (sub 32 (int64 (last $parts)) | int) }}
{{- $size = mul $size 2 }}
{{- end }}
{{- if mod $address $size }}true{{ end }}
{{- end }}
{{- end }}

{{- define "rerun-dispatcher.connectionsProblems" -}}
{{- $problems := list }}
{{- $providers := (include "rerun-dispatcher.given" . | fromJson).providers }}
{{- $secrets := default dict .Values.providerSecrets }}
{{- if empty $providers }}
{{- $problems = append $problems "config.providers: name at least one connection" }}
{{- end }}
{{- $names := list }}
{{- range $index, $provider := $providers }}
{{- $names = append $names $provider.name }}
{{- $hasSecret := hasKey $secrets (toString $provider.name) }}
{{- if and $hasSecret $provider.credentials }}
{{- $problems = append $problems (printf "config.providers[%d].credentials: leave it out, or providerSecrets.%s; both name the keys of one connection" $index $provider.name) }}
{{- else if not (or $hasSecret $provider.credentials) }}
{{- $problems = append $problems (printf "providerSecrets.%s: name the Secret that holds this connection's keys (providerSecrets.%s.secretName), or set config.providers[%d].credentials" $provider.name $provider.name $index) }}
{{- end }}
{{- $problems = concat $problems (include "rerun-dispatcher.timeoutProblems" (dict "root" $ "index" $index "provider" $provider) | fromJsonArray) }}
{{- end }}
{{- if ne (len $names) (len (uniq $names)) }}
{{- $problems = append $problems "config.providers: two connections have one name" }}
{{- end }}
{{- range $name, $secret := $secrets }}
{{- if not (has $name $names) }}
{{- $problems = append $problems (printf "providerSecrets.%s: no connection in config.providers has this name" $name) }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{- /* Connecting is the quick part of a call, and running calls must end while the service drains. */}}
{{- define "rerun-dispatcher.timeoutProblems" -}}
{{- $problems := list }}
{{- $times := merge (dict) .provider (include "rerun-dispatcher.connectionDefaults" . | fromYaml) }}
{{- $drain := (include "rerun-dispatcher.known" .root | fromYaml).drainTimeout }}
{{- if not (contains "${" (printf "%s%s%s" $times.connectTimeout $times.callTimeout $drain)) }}
{{- $connect := include "rerun-dispatcher.milliseconds" $times.connectTimeout | int64 }}
{{- $call := include "rerun-dispatcher.milliseconds" $times.callTimeout | int64 }}
{{- if gt $connect $call }}
{{- $problems = append $problems (printf "config.providers[%d].connectTimeout: no more than callTimeout (%s)" .index $times.callTimeout) }}
{{- else if ge (add $connect $call) (include "rerun-dispatcher.milliseconds" $drain | int64) }}
{{- $problems = append $problems (printf "config.providers[%d].callTimeout: together with connectTimeout (%s) less than config.drainTimeout (%s)" .index $times.connectTimeout $drain) }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{- define "rerun-dispatcher.mountsProblems" -}}
{{- $problems := list }}
{{- range $key := list "providerSecrets" "secretMounts" }}
{{- range $name, $secret := index $.Values $key }}
{{- if eq (empty $secret.secretName) (empty $secret.csi) }}
{{- $problems = append $problems (printf "%s.%s: either secretName or csi" $key $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- $volumes := list }}
{{- range include "rerun-dispatcher.volumes" (dict "root" . "configMap" "config") | fromYamlArray }}
{{- if has .name $volumes }}
{{- $problems = append $problems (printf "extraVolumes: another name than %s, which is one of the chart's or given twice" .name) }}
{{- end }}
{{- $volumes = append $volumes .name }}
{{- end }}
{{- $paths := list }}
{{- range include "rerun-dispatcher.volumeMounts" . | fromYamlArray }}
{{- $path := trimSuffix "/" .mountPath }}
{{- if has $path $paths }}
{{- $problems = append $problems (printf "extraVolumeMounts: another mountPath than %s, where something is mounted already" $path) }}
{{- end }}
{{- $paths = append $paths $path }}
{{- end }}
{{- range $file := regexFindAll `/etc/rerun-dispatcher/[^"}]*` (include "rerun-dispatcher.given" .) -1 | uniq }}
{{- $isMounted := contains "${" $file }}
{{- range $paths }}
{{- if hasPrefix (printf "%s/" .) $file }}{{ $isMounted = true }}{{ end }}
{{- end }}
{{- if not $isMounted }}
{{- $problems = append $problems (printf "secretMounts: one that brings %s, which the config names" $file) }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}
