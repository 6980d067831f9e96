{{- /* Made by `npm run generate` from the config's parser. Do not edit. */}}
{{- define "rerun-dispatcher.defaults" -}}
kafka:
  groupId: rerun-dispatcher
  topics:
    requests: rerun.requests
throttle:
  scope: group
http:
  host: 0.0.0.0
  port: 9464
drainTimeout: 25s
{{- end }}
