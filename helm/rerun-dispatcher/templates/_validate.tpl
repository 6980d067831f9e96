{{- /*
What the schema cannot see: how values fit together. All problems are told at once, each with its
key. Under `helm lint` they are only noted.
*/}}
{{- define "rerun-dispatcher.validate" -}}
{{- $problems := list }}
{{- $known := include "rerun-dispatcher.known" . | fromYaml }}
{{- $config := .Values.config }}
{{- if empty (dig "kafka" "brokers" list $config) }}
{{- $problems = append $problems "config.kafka.brokers: name at least one broker, such as kafka.example.com:9092" }}
{{- end }}
{{- if empty (dig "schemaRegistry" "url" "" $config) }}
{{- $problems = append $problems "config.schemaRegistry.url: name the schema registry, such as https://registry.example.com" }}
{{- end }}
{{- $names := list }}
{{- range $index, $provider := $config.providers }}
{{- $names = append $names $provider.name }}
{{- $hasSecret := hasKey $.Values.providerSecrets (toString $provider.name) }}
{{- if and $hasSecret $provider.credentials }}
{{- $problems = append $problems (printf "config.providers[%d].credentials: leave it out, or providerSecrets.%s; both name the keys of one connection" $index $provider.name) }}
{{- else if not (or $hasSecret $provider.credentials) }}
{{- $problems = append $problems (printf "providerSecrets.%s: name the Secret that holds this connection's keys (providerSecrets.%s.secretName), or set config.providers[%d].credentials" $provider.name $provider.name $index) }}
{{- end }}
{{- end }}
{{- if ne (len $names) (len (uniq $names)) }}
{{- $problems = append $problems "config.providers: two connections have one name" }}
{{- end }}
{{- range $name, $secret := .Values.providerSecrets }}
{{- if not (has $name $names) }}
{{- $problems = append $problems (printf "providerSecrets.%s: no connection in config.providers has this name" $name) }}
{{- end }}
{{- if eq (empty $secret.secretName) (empty $secret.csi) }}
{{- $problems = append $problems (printf "providerSecrets.%s: either secretName or csi" $name) }}
{{- end }}
{{- end }}
{{- range $name, $secret := .Values.secretMounts }}
{{- if eq (empty $secret.secretName) (empty $secret.csi) }}
{{- $problems = append $problems (printf "secretMounts.%s: either secretName or csi" $name) }}
{{- end }}
{{- end }}
{{- $host := toString $known.http.host }}
{{- if or (eq $host "localhost") (hasPrefix "127." $host) (eq $host "::1") }}
{{- $problems = append $problems "config.http.host: an address that probes and scrapes reach, such as 0.0.0.0" }}
{{- end }}
{{- $drain := include "rerun-dispatcher.drainSeconds" . | int64 }}
{{- if le $drain 0 }}
{{- $problems = append $problems "config.drainTimeout: a duration written out, such as 25s; terminationGracePeriodSeconds follows from it" }}
{{- else if le (include "rerun-dispatcher.gracePeriod" . | int64) $drain }}
{{- $problems = append $problems (printf "terminationGracePeriodSeconds: longer than config.drainTimeout (%ds); null computes it" $drain) }}
{{- end }}
{{- with .Values.podDisruptionBudget }}
{{- if and .enabled (eq (kindIs "invalid" .minAvailable) (kindIs "invalid" .maxUnavailable)) }}
{{- $problems = append $problems "podDisruptionBudget.maxUnavailable: either it or podDisruptionBudget.minAvailable" }}
{{- end }}
{{- end }}
{{- with .Values.autoscaling }}
{{- $most := include "rerun-dispatcher.maxReplicas" $ | int64 }}
{{- if and .enabled (gt $most (int64 .partitions)) }}
{{- $problems = append $problems (printf "autoscaling.maxReplicaCount: no more than autoscaling.partitions (%d), the partitions of the requests topic: more replicas get none" (int64 .partitions)) }}
{{- end }}
{{- if and .enabled (gt (int64 .minReplicaCount) $most) }}
{{- $problems = append $problems (printf "autoscaling.minReplicaCount: no more than autoscaling.maxReplicaCount (%d)" $most) }}
{{- end }}
{{- end }}
{{- with .Values.networkPolicy }}
{{- if and .enabled (empty (include "rerun-dispatcher.kafkaPorts" $ | fromJsonArray)) (not (empty (dig "kafka" "brokers" list $config))) }}
{{- $problems = append $problems "networkPolicy.kafka.ports: the ports of the brokers, which config.kafka.brokers does not spell out" }}
{{- end }}
{{- if and .enabled (contains "${" (dig "schemaRegistry" "url" "" $config)) (empty .schemaRegistry.ports) }}
{{- $problems = append $problems "networkPolicy.schemaRegistry.ports: the port of the registry, which config.schemaRegistry.url does not spell out" }}
{{- end }}
{{- end }}
{{- if $problems }}
{{- fail (printf "\n\nThe values have %d problem(s):\n  %s\n" (len $problems) (join "\n  " $problems)) }}
{{- end }}
{{- end }}

{{- define "rerun-dispatcher.maxReplicas" -}}
{{- with .Values.autoscaling }}
{{- if kindIs "invalid" .maxReplicaCount }}{{ int64 .partitions }}{{ else }}{{ int64 .maxReplicaCount }}{{ end }}
{{- end }}
{{- end }}
