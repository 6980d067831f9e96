import { parse } from "yaml";

import { parseDuration } from "../../src/config/duration.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import { renderProblems } from "../../src/config/config-problem.ts";
import { at, type Json, listOf, type Manifest, mapOf, podSpecOf, shown } from "./manifest.ts";

/** The object of a kind whose name ends so. Throws when there is none. */
export function objectOf(manifests: readonly Manifest[], kind: string, ending = ""): Manifest {
  const found = manifests.find((one) => one.kind === kind && one.name.endsWith(ending));
  if (found === undefined) throw new Error(`no ${kind} is made`);
  return found;
}

/** The config file that a release's ConfigMap holds, as its text. */
export function configTextOf(manifests: readonly Manifest[]): string {
  const text = at(objectOf(manifests, "ConfigMap").content, "data", "rerun-dispatcher.yaml");
  if (typeof text !== "string") throw new Error("the ConfigMap holds no config");
  return text;
}

/** What the service's own parser says against a release's config; secrets need not be there. */
export function problemsWithConfig(manifests: readonly Manifest[]): readonly string[] {
  const readFile = (): never => {
    throw new Error("there are no files here");
  };
  const around = { env: {}, readFile, allowMissingSecrets: true };
  const parsed = parseConfig(configTextOf(manifests), around);
  return parsed.ok ? [] : [renderProblems(parsed.problems)];
}

/**
 * Whether the config of a release says what its values say, credentials from `providerSecrets` aside:
 * the ways in which it does not.
 */
export function lostValues(manifests: readonly Manifest[], values: string): readonly string[] {
  const written = parse(configTextOf(manifests)) as Json; // YAML is such a tree
  const wanted = at(parse(values) as Json, "config");
  return differences(wanted, written, "config");
}

function differences(wanted: Json | undefined, written: Json | undefined, path: string): string[] {
  if (Array.isArray(wanted)) {
    const items = wanted as readonly Json[];
    return items.flatMap((item, i) => differences(item, listOf(written)[i], `${path}[${i}]`));
  }
  if (typeof wanted === "object" && wanted !== null) {
    return Object.entries(mapOf(wanted)).flatMap(([key, value]) =>
      differences(value, mapOf(written)[key], `${path}.${key}`),
    );
  }
  return wanted === written ? [] : [`${path}: ${shown(wanted)} became ${shown(written)}`];
}

/** Seconds of grace and of the drain of a release. */
export function timesOf(manifests: readonly Manifest[]): {
  readonly graceS: number;
  readonly drainS: number;
} {
  const grace = podSpecOf(objectOf(manifests, "Deployment"))?.["terminationGracePeriodSeconds"];
  const written = at(parse(configTextOf(manifests)) as Json, "drainTimeout") ?? "25s";
  const drainMs = parseDuration(shown(written)) ?? Number.NaN;
  return { graceS: Number(grace), drainS: drainMs / 1000 };
}

/** The checksum that rolls the Pods of a release. */
export function checksumOf(manifests: readonly Manifest[]): string {
  const { content } = objectOf(manifests, "Deployment");
  const path = ["spec", "template", "metadata", "annotations", "checksum/config"];
  return shown(at(content, ...path));
}

/** Ports that a network policy lets in, and those that it lets out, as text. */
export function portsOf({ content }: Manifest): {
  readonly into: readonly string[];
  readonly out: readonly string[];
} {
  const ports = (direction: string) =>
    listOf(at(content, "spec", direction)).flatMap((rule) => {
      const list = listOf(mapOf(rule)["ports"]).map(mapOf);
      return list.length === 0 ? ["any"] : list.map((port) => shown(port["port"]));
    });
  return { into: ports("ingress"), out: ports("egress") };
}

/** Probes of the service by name, with the page that each asks. */
export function probesOf(manifests: readonly Manifest[]): Readonly<Record<string, string>> {
  const [container] = listOf(podSpecOf(objectOf(manifests, "Deployment"))?.["containers"]);
  const names = ["startupProbe", "livenessProbe", "readinessProbe"];
  return Object.fromEntries(
    names.map((name) => [name, shown(at(container, name, "httpGet", "path"))]),
  );
}
