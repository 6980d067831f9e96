import { parse } from "yaml";

import { at, type Json, type Manifest, mapOf } from "./manifest.ts";

const SECRET_KEY = /^(id|secret|token|password|.*(secret|password|token|accessKey|privateKey))$/i;
const REFERENCE = /^\$\{(env|file):[^${}]+\}$/;
const PRIVATE_TEXT = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Values of ConfigMaps and of environment variables that are secrets, not references to them. */
export function openSecretsIn(manifest: Manifest): readonly string[] {
  const { kind, name, content } = manifest;
  if (kind === "Secret") return [`Secret ${name}: the chart makes none`];
  const found = kind === "ConfigMap" ? ofData(mapOf(content["data"])) : ofVariables(content, "");
  return found.map((path) => `${kind} ${name}: ${path}`);
}

function ofData(data: Readonly<Record<string, Json>>): readonly string[] {
  return Object.entries(data).flatMap(([file, text]) => {
    const all = typeof text === "string" ? text : "";
    const keys = PRIVATE_TEXT.test(all) ? [`${file} holds a private key`] : [];
    const tree = /\.ya?ml$/.test(file) ? (parse(all) as Json) : null; // YAML is such a tree
    return [...keys, ...literalsBelow(tree, file)];
  });
}

function literalsBelow(value: Json, path: string): readonly string[] {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((item, i) => literalsBelow(item, `${path}[${i}]`));
  }
  return Object.entries(mapOf(value)).flatMap(([key, inner]) => {
    const full = `${path}.${key}`;
    const isLiteral = typeof inner !== "object" && !REFERENCE.test(String(inner));
    return SECRET_KEY.test(key) && isLiteral ? [full] : literalsBelow(inner, full);
  });
}

/** Environment variables with a name like a secret's and a value in the open. */
function ofVariables(value: Json, path: string): readonly string[] {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((item, i) => ofVariables(item, `${path}[${i}]`));
  }
  const map = mapOf(value);
  const name = map["name"];
  const isOpen = typeof at(map, "value") === "string" && /\.env\[\d+\]$/.test(path);
  if (isOpen && typeof name === "string" && SECRET_KEY.test(name.replaceAll("_", ""))) {
    return [`${path} (${name})`];
  }
  return Object.entries(map).flatMap(([key, inner]) => ofVariables(inner, `${path}.${key}`));
}
