import type { SchemaRegistryConfig } from "./config.ts";
import { isMissing } from "./config-value.ts";
import { isLoopback } from "./endpoint.ts";
import { type ReadingContext, readPem } from "./read-pem.ts";
import type { Section } from "./section.ts";

/** Keys of the `schemaRegistry` section. */
export const REGISTRY_KEYS = ["url", "username", "password", "timeout", "caFile"] as const;

const DEFAULT_URL = "http://localhost:8081";

/** Reads the `schemaRegistry` section. */
export function readSchemaRegistry(
  registry: Section,
  context: ReadingContext,
): SchemaRegistryConfig {
  const url = readUrl(registry);
  const secret = { expected: "text; put it in quotes" };
  const username = registry.optionalText("username", secret);
  const password = registry.optionalSecret("password", secret);
  if ((username === null) !== (password === null)) {
    const key = username === null ? "username" : "password";
    registry.refuse(key, "both username and password, or neither");
  }
  if (password !== null && url.protocol === "http:" && !isLoopback(url.hostname)) {
    const message = "the password goes over the network in the clear: the url is http://";
    context.findings.warn(`${registry.path}.password`, message);
  }
  if (registry.has("caFile") && url.protocol === "http:") {
    registry.relate(
      "caFile",
      false,
      ["url"],
      "no caFile, or an https:// url: http has no authority",
    );
  }
  return {
    url: url.href.replace(/\/$/, ""),
    username,
    password,
    timeoutMs: registry.duration("timeout", { default: 5000, min: 100, max: 300_000 }),
    ca: readPem(registry, "caFile", context),
  };
}

function readUrl(registry: Section): URL {
  const expected = `an http:// or https:// URL, for example ${DEFAULT_URL}`;
  const text = registry.text("url", { expected, default: DEFAULT_URL });
  const url = URL.canParse(text) ? new URL(text) : null;
  const refuse = (why: string) => {
    if (!isMissing(registry.place("url").value)) registry.refuse("url", why);
    return new URL(DEFAULT_URL);
  };
  if (url === null || !/^https?:\/\/\S+$/i.test(text)) return refuse(expected);
  if (url.username !== "" || url.password !== "") {
    return refuse("no user information in the URL; username and password have keys of their own");
  }
  if (/[?#]/.test(text)) return refuse("a URL without query and fragment");
  return url;
}
