import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";

import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";
import { parse } from "yaml";

import { cached, cacheFolder } from "../stack/cache.ts";
import { type Helm, SETS } from "./chart.ts";
import type { Check } from "./check.ts";
import { at, type Json, listOf, type Manifest, mapOf, manifestsOf, shown } from "./manifest.ts";
import { mustRun } from "./run-command.ts";

/** Where the operators publish the definitions of their kinds: Go modules, at these versions. */
const DEFINITIONS = {
  ServiceMonitor: {
    module: "github.com/prometheus-operator/prometheus-operator@v0.79.2",
    file: "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
  },
  PodMonitor: {
    module: "github.com/prometheus-operator/prometheus-operator@v0.79.2",
    file: "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
  },
  ScaledObject: {
    module: "github.com/kedacore/keda/v2@v2.16.1",
    file: "config/crd/bases/keda.sh_scaledobjects.yaml",
  },
} as const;

/**
 * Whether the objects of kinds that operators bring are valid, strictly, by the operators' own
 * definitions: keys that these do not name are refused as a cluster's strict check would.
 */
export function operatorKindsCheck(helm: Helm, go: string, env: NodeJS.ProcessEnv): Check {
  const definitionOf = async (kind: Kind): Promise<Json> => {
    const text = await readFile(await definitionFile(kind, go, env), "utf8");
    return parse(text) as Json; // YAML is such a tree
  };
  return {
    title: `objects are valid for ${[...versions()].join(" and ")}`,
    run: async () => {
      const counts = new Map<string, number>();
      for (const [name, args] of Object.entries(SETS)) {
        for (const manifest of manifestsOf(await helm.render(args))) {
          if (!isOperators(manifest.kind)) continue;
          const problems = problemsWith(manifest, await definitionOf(manifest.kind));
          if (problems.length > 0) throw new Error(`${name}: ${problems.join("; ")}`);
          counts.set(manifest.kind, (counts.get(manifest.kind) ?? 0) + 1);
        }
      }
      const missing = Object.keys(DEFINITIONS).filter((kind) => !counts.has(kind));
      if (missing.length > 0) throw new Error(`no set of values makes a ${missing.join()}`);
      return [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ");
    },
  };
}

type Kind = keyof typeof DEFINITIONS;

function isOperators(kind: string): kind is Kind {
  return Object.hasOwn(DEFINITIONS, kind);
}

function versions(): ReadonlySet<string> {
  return new Set(Object.values(DEFINITIONS).map(({ module }) => module.replace(/^.*?\/.*?\//, "")));
}

function problemsWith({ kind, name, content }: Manifest, definition: Json): readonly string[] {
  const [group, version] = shown(content["apiVersion"]).split("/");
  if (group !== at(definition, "spec", "group")) return [`${kind} ${name} is of another group`];
  const served = listOf(at(definition, "spec", "versions")).find((one) => {
    return at(one, "name") === version && at(one, "served") === true;
  });
  const schema = at(served, "schema", "openAPIV3Schema");
  if (schema === undefined) return [`${kind} ${name}: nobody serves ${version ?? "no version"}`];
  const { errors } = new Validator(strict(schema) as Schema, "2019-09", false).validate(content);
  return errors.filter(isCause).map(({ keyword, instanceLocation, error }) => {
    return `${kind} ${name} ${instanceLocation}: ${keyword === "false" ? "unknown key" : error}`;
  });
}

/** Those that only say that something within is wrong tell nothing more. */
function isCause({ keyword }: OutputUnit): boolean {
  return !["properties", "items", "additionalProperties"].includes(keyword);
}

/** The same schema, which takes no key that it does not name. */
function strict(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map((one: Json) => strict(one));
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.entries(mapOf(schema)).map(([key, value]) => [key, strict(value)] as const);
  const all = Object.fromEntries(inner);
  const isOpen =
    all["properties"] === undefined ||
    all["additionalProperties"] !== undefined ||
    all["x-kubernetes-preserve-unknown-fields"] === true;
  // Of an object's metadata the definition says only that it is one.
  if (isOpen || (all["type"] !== "object" && all["type"] !== undefined)) return all;
  return { ...all, additionalProperties: false };
}

/** Fetched once, by Go from its module proxy, into the user's cache folder. */
async function definitionFile(kind: Kind, go: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { module, file } = DEFINITIONS[kind];
  const id = `crd-${kind}-${module.split("@").at(-1) ?? ""}`;
  const folder = await cached(cacheFolder(env), id, async (unfinished) => {
    const told = await mustRun(go, ["mod", "download", "-json", module], { env });
    const { Dir } = JSON.parse(told) as { readonly Dir: string }; // documented in `go help mod download`
    await copyFile(join(Dir, file), join(unfinished, "definition.yaml"));
  });
  return join(folder, "definition.yaml");
}
