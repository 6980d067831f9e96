import { stringify } from "yaml";

import { defaultOf, keysAt } from "../config-probe.ts";

/** The few keys of the config that templates must know when the values do not say them. */
const KNOWN_TO_TEMPLATES = [
  "kafka.groupId",
  ...keysAt("kafka.topics").map((key) => `kafka.topics.${key}`),
  "throttle.scope",
  "http.host",
  "http.port",
  "drainTimeout",
];

/** Likewise of each connection. */
const KNOWN_OF_CONNECTIONS = ["connectTimeout", "callTimeout"] as const;

/** The template that holds the parser's defaults, so that the chart has none of its own. */
export function chartDefaults(): string {
  const tree: Record<string, unknown> = {};
  for (const path of KNOWN_TO_TEMPLATES) {
    const steps = path.split(".");
    let at = tree;
    for (const step of steps.slice(0, -1)) {
      at = (at[step] ??= {}) as Record<string, unknown>; // put there by an earlier path, or here
    }
    at[steps.at(-1) ?? path] = defaultOf(path);
  }
  const head = "{{- /* Made by `npm run generate` from the config's parser. Do not edit. */}}";
  const connection = KNOWN_OF_CONNECTIONS.map((key) => [key, defaultOf(`providers[].${key}`)]);
  return [
    `${head}\n{{- define "rerun-dispatcher.defaults" -}}\n${stringify(tree)}{{- end }}\n`,
    `{{- define "rerun-dispatcher.connectionDefaults" -}}`,
    `${stringify(Object.fromEntries(connection))}{{- end }}\n`,
  ].join("\n");
}
