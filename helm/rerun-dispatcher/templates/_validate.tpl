{{- /*
What the schema cannot see: how values fit together. All problems are told at once, each with its
key. Under `helm lint` they are only noted. Each part below gives a list of them, as JSON.
*/}}
{{- define "rerun-dispatcher.validate" -}}
{{- $problems := list }}
{{- range list "secrets" "config" "connections" "mounts" "pods" "scaling" "network" "monitors" "hooks" }}
{{- $problems = concat $problems (include (printf "rerun-dispatcher.%sProblems" .) $ | fromJsonArray) }}
{{- end }}
{{- if $problems }}
{{- fail (printf "\n\nThe values have %d problem(s):\n  %s\n" (len $problems) (join "\n  " $problems)) }}
{{- end }}
{{- end }}

{{- define "rerun-dispatcher.podsProblems" -}}
{{- $problems := list }}
{{- $known := include "rerun-dispatcher.known" . | fromYaml }}
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
{{- toJson $problems }}
{{- end }}

{{- define "rerun-dispatcher.scalingProblems" -}}
{{- $problems := list }}
{{- $known := include "rerun-dispatcher.known" . | fromYaml }}
{{- $hooks := .Values.hooks }}
{{- with .Values.autoscaling }}
{{- if .enabled }}
{{- $most := include "rerun-dispatcher.maxReplicas" $ | int64 }}
{{- if gt $most (int64 .partitions) }}
{{- $problems = append $problems (printf "autoscaling.maxReplicaCount: no more than autoscaling.partitions (%d), the partitions of the requests topic: more replicas get none" (int64 .partitions)) }}
{{- end }}
{{- if gt (int64 .minReplicaCount) $most }}
{{- $problems = append $problems (printf "autoscaling.minReplicaCount: no more than autoscaling.maxReplicaCount (%d)" $most) }}
{{- end }}
{{- if and $hooks.topics.enabled (ne (int64 .partitions) (int64 $hooks.topics.partitions)) }}
{{- $problems = append $problems (printf "autoscaling.partitions: as many as hooks.topics.partitions (%d), with which the requests topic is created" (int64 $hooks.topics.partitions)) }}
{{- end }}
{{- if and (eq (toString $known.throttle.scope) "instance") (gt $most 1) }}
{{- $problems = append $problems (printf "config.throttle.scope: group, or no autoscaling.enabled: with instance each of up to %d replicas would send up to the limit" $most) }}
{{- end }}
{{- range $key, $value := dict "config.kafka.brokers" (join "," $known.kafka.brokers) "config.kafka.groupId" $known.kafka.groupId "config.kafka.topics.requests" $known.kafka.topics.requests }}
{{- if contains "${" $value }}
{{- $problems = append $problems (printf "%s: written out while autoscaling.enabled; KEDA replaces no references" $key) }}
{{- end }}
{{- end }}
{{- range $key, $value := include "rerun-dispatcher.ownTriggerMetadata" $ | fromJson }}
{{- if hasKey (default dict $.Values.autoscaling.triggerMetadata) $key }}
{{- $problems = append $problems (printf "autoscaling.triggerMetadata.%s: follows from other values" $key) }}
{{- end }}
{{- end }}
{{- $metadata := default dict .triggerMetadata }}
{{- $isProtected := or $known.kafka.ssl $known.kafka.sasl }}
{{- if and $isProtected (empty .authenticationRef) (not (or (hasKey $metadata "sasl") (hasKey $metadata "tls"))) }}
{{- $problems = append $problems "autoscaling.authenticationRef: how KEDA logs in at these brokers, or autoscaling.triggerMetadata.tls and .sasl: config.kafka.ssl and config.kafka.sasl are the service's alone" }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{- define "rerun-dispatcher.networkProblems" -}}
{{- $problems := list }}
{{- $config := include "rerun-dispatcher.given" . | fromJson }}
{{- with .Values.networkPolicy }}
{{- if .enabled }}
{{- if and (empty (include "rerun-dispatcher.kafkaPorts" $ | fromJsonArray)) (not (empty (dig "kafka" "brokers" list $config))) }}
{{- $problems = append $problems "networkPolicy.kafka.ports: the ports of the brokers, which config.kafka.brokers does not spell out" }}
{{- end }}
{{- if and (contains "${" (dig "schemaRegistry" "url" "" $config)) (empty .schemaRegistry.ports) }}
{{- $problems = append $problems "networkPolicy.schemaRegistry.ports: the port of the registry, which config.schemaRegistry.url does not spell out" }}
{{- end }}
{{- $ports := .providers.ports }}
{{- range $index, $provider := $config.providers }}
{{- if and (contains "${" (default "" $provider.endpoint)) (empty $ports) }}
{{- $problems = append $problems (printf "networkPolicy.providers.ports: the port of the provider, which config.providers[%d].endpoint does not spell out" $index) }}
{{- end }}
{{- end }}
{{- range $index, $range := dig "endpoints" "allowAddresses" list $config }}
{{- if contains "${" $range }}
{{- $problems = append $problems (printf "config.endpoints.allowAddresses[%d]: written out while networkPolicy.enabled, which opens the network to it" $index) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{- define "rerun-dispatcher.monitorsProblems" -}}
{{- $problems := list }}
{{- with .Values.metrics }}
{{- if and .serviceMonitor.enabled (not $.Values.service.enabled) }}
{{- $problems = append $problems "metrics.serviceMonitor.enabled: needs service.enabled; metrics.podMonitor does not" }}
{{- end }}
{{- if and .serviceMonitor.enabled .podMonitor.enabled }}
{{- $problems = append $problems "metrics.podMonitor.enabled: either it or metrics.serviceMonitor.enabled: with both everything is scraped twice" }}
{{- end }}
{{- range $name, $monitor := . }}
{{- $interval := include "rerun-dispatcher.milliseconds" (default "" $monitor.interval) | int64 }}
{{- $timeout := include "rerun-dispatcher.milliseconds" (default "" $monitor.scrapeTimeout) | int64 }}
{{- if and $monitor.enabled (gt $timeout $interval) }}
{{- $problems = append $problems (printf "metrics.%s.scrapeTimeout: no longer than metrics.%s.interval" $name $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{- define "rerun-dispatcher.hooksProblems" -}}
{{- $problems := list }}
{{- $isAccountless := empty (include "rerun-dispatcher.hookServiceAccountName" .) }}
{{- range $index, $provider := (include "rerun-dispatcher.given" . | fromJson).providers }}
{{- $credentials := default dict $provider.credentials }}
{{- $isOidc := or (eq (dig "type" "" $credentials) "oidc") (eq (dig "source" "type" "" $credentials) "oidc") }}
{{- if and $.Values.hooks.check.enabled $isOidc $isAccountless }}
{{- $problems = append $problems (printf "hooks.serviceAccountName: an account that gets the tokens of config.providers[%d].credentials; the chart's own is not there before hooks.check" $index) }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}
