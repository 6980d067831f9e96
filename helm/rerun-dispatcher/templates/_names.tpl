{{- define "rerun-dispatcher.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /*
What all objects' names begin with. A Service wants a DNS label that begins with a letter (RFC 1035),
and 40 characters leave room for the longest suffix and what a Job adds to its Pods' names. A name that
has to be changed for that ends in a hash of what it was, so that no two releases get one name.
*/}}
{{- define "rerun-dispatcher.fullname" -}}
{{- $wanted := .Values.fullnameOverride }}
{{- if not $wanted }}
{{- $name := include "rerun-dispatcher.name" . }}
{{- $wanted = ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- end }}
{{- $label := replace "." "-" $wanted }}
{{- if regexMatch "^[0-9]" $label }}
{{- $label = printf "r-%s" $label }}
{{- end }}
{{- if or (ne $label $wanted) (gt (len $label) 40) }}
{{- $label = printf "%s-%s" (regexReplaceAll "-+$" (trunc 33 $label) "") (sha256sum $wanted | trunc 6) }}
{{- end }}
{{- $label }}
{{- end }}

{{- define "rerun-dispatcher.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "rerun-dispatcher.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* Of the hooks' Jobs; empty is the namespace's. The chart's own account is not there before them. */}}
{{- define "rerun-dispatcher.hookServiceAccountName" -}}
{{- if .Values.hooks.serviceAccountName }}
{{- .Values.hooks.serviceAccountName }}
{{- else if not .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* What the chart's own objects share; selectors are a part of it that never changes. */}}
{{- define "rerun-dispatcher.labels" -}}
{{- $own := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/name" (include "rerun-dispatcher.name" .)
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service }}
{{- toYaml (merge $own (default dict .Values.commonLabels)) }}
{{- end }}

{{- define "rerun-dispatcher.selectorLabels" -}}
app.kubernetes.io/name: {{ include "rerun-dispatcher.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: dispatcher
{{- end }}

{{- /* The Pod of `helm test`, which the network policy lets in. */}}
{{- define "rerun-dispatcher.testLabels" -}}
app.kubernetes.io/name: {{ include "rerun-dispatcher.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: test
{{- end }}

{{- define "rerun-dispatcher.image" -}}
{{- with .Values.image }}
{{- if .digest }}
{{- printf "%s@%s" .repository .digest }}
{{- else }}
{{- printf "%s:%s" .repository (default $.Chart.AppVersion .tag) }}
{{- end }}
{{- end }}
{{- end }}
