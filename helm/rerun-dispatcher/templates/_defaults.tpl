{{- /* Made by `npm run generate` from the config's parser. Do not edit. */}}
{{- define "rerun-dispatcher.defaults" -}}
kafka:
  groupId: rerun-dispatcher
  topics:
    requests: rerun.requests
    outcomes: rerun.outcomes
    deadLetters: rerun.dead-letters
    journal: rerun.journal
    checkpoints: rerun.checkpoints
    slots: rerun.slots
    control: rerun.control
throttle:
  scope: group
http:
  host: 0.0.0.0
  port: 9464
drainTimeout: 25s
{{- end }}

{{- define "rerun-dispatcher.connectionDefaults" -}}
connectTimeout: 5s
callTimeout: 10s
{{- end }}
