{{- /* Where the parts of a Pod come from: for the service and for the hooks' Jobs alike. */}}
{{- define "rerun-dispatcher.podSecurity" -}}
{{- toYaml .Values.podSecurityContext }}
{{- end }}

{{- define "rerun-dispatcher.volumes" -}}
- name: config
  configMap:
    name: {{ .configMap | quote }}
    defaultMode: 288
{{- range $name, $secret := .root.Values.providerSecrets }}
- {{ include "rerun-dispatcher.secretVolume" (list (include "rerun-dispatcher.providerVolume" $name) $secret) | nindent 2 | trim }}
{{- end }}
{{- range $name, $secret := .root.Values.secretMounts }}
- {{ include "rerun-dispatcher.secretVolume" (list (printf "secret-%s" $name) $secret) | nindent 2 | trim }}
{{- end }}
{{- with .root.Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "rerun-dispatcher.providerVolume" -}}
provider-{{ . | toString | sha256sum | trunc 10 }}
{{- end }}

{{- /* 288 is 0440: the group of the Pod reads, nobody writes. */}}
{{- define "rerun-dispatcher.secretVolume" -}}
{{- $secret := index . 1 }}
name: {{ index . 0 | quote }}
{{- if $secret.csi }}
csi:
  {{- toYaml (merge (dict "readOnly" true) $secret.csi) | nindent 2 }}
{{- else }}
secret:
  secretName: {{ $secret.secretName | quote }}
  defaultMode: 288
{{- end }}
{{- end }}

{{- /* Whole folders: with `subPath` a changed Secret would not reach the process. */}}
{{- define "rerun-dispatcher.volumeMounts" -}}
- name: config
  mountPath: /etc/rerun-dispatcher/config
  readOnly: true
{{- range $name, $secret := .Values.providerSecrets }}
- name: {{ include "rerun-dispatcher.providerVolume" $name | quote }}
  mountPath: {{ printf "/etc/rerun-dispatcher/providers/%s" $name | quote }}
  readOnly: true
{{- end }}
{{- range $name, $secret := .Values.secretMounts }}
- name: {{ printf "secret-%s" $name | quote }}
  mountPath: {{ printf "/etc/rerun-dispatcher/secrets/%s" $name | quote }}
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "rerun-dispatcher.placement" -}}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
