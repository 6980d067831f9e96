{{- define "rerun-dispatcher.maxReplicas" -}}
{{- with .Values.autoscaling }}
{{- if kindIs "invalid" .maxReplicaCount }}{{ int64 .partitions }}{{ else }}{{ int64 .maxReplicaCount }}{{ end }}
{{- end }}
{{- end }}

{{- /* The most processes that run at one time: while a new version is rolled out there are more. */}}
{{- define "rerun-dispatcher.mostProcesses" -}}
{{- $replicas := int64 .Values.replicaCount }}
{{- if .Values.autoscaling.enabled }}
{{- $replicas = include "rerun-dispatcher.maxReplicas" . | int64 }}
{{- end }}
{{- $surge := toString (dig "rollingUpdate" "maxSurge" "25%" (default dict .Values.updateStrategy)) }}
{{- if eq (dig "type" "" (default dict .Values.updateStrategy)) "Recreate" }}
{{- $replicas }}
{{- else if hasSuffix "%" $surge }}
{{- add $replicas (div (add (mul $replicas (trimSuffix "%" $surge | int64)) 99) 100) }}
{{- else }}
{{- add $replicas (int64 $surge) }}
{{- end }}
{{- end }}

{{- /* What the Kafka trigger must not be told otherwise: it follows from the config. */}}
{{- define "rerun-dispatcher.ownTriggerMetadata" -}}
{{- $known := include "rerun-dispatcher.known" . | fromYaml }}
{{- toJson (dict
  "bootstrapServers" (join "," $known.kafka.brokers)
  "consumerGroup" $known.kafka.groupId
  "topic" $known.kafka.topics.requests
  "lagThreshold" (toString (int64 .Values.autoscaling.lagThreshold))
  "allowIdleConsumers" "false") }}
{{- end }}

{{- define "rerun-dispatcher.triggerMetadata" -}}
{{- $metadata := dict "offsetResetPolicy" "earliest" }}
{{- $own := include "rerun-dispatcher.ownTriggerMetadata" . | fromJson }}
{{- toJson (mergeOverwrite $metadata (default dict .Values.autoscaling.triggerMetadata) $own) }}
{{- end }}
