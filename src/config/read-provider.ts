import type { Endpoint, ProviderConfig, RetryConfig } from "./config.ts";
import { isMissing, type Place } from "./config-value.ts";
import { defaultEndpoint, parseEndpoint } from "./endpoint.ts";
import { type ReadingContext, readPem } from "./read-pem.ts";
import { readCredentials } from "./read-credentials.ts";
import { readRateLimit } from "./read-rate-limit.ts";
import { Section } from "./section.ts";
import type { ProviderKind } from "../domain/operation.ts";

const PROVIDER_KEYS = [
  "name",
  "kind",
  "region",
  "endpoint",
  "caFile",
  "credentials",
  "rateLimit",
  "maxConcurrentCalls",
  "connectTimeout",
  "callTimeout",
  "retry",
  "track",
] as const;

/** The kinds that have an adapter; the others stand in the table of what is not built yet. */
const BUILT_KINDS = [
  "tencent-wedata",
  "alibaba-dataworks",
] as const satisfies readonly ProviderKind[];

/** What a provider connection is checked against beside itself. */
export interface ProviderSurroundings extends ReadingContext {
  readonly allowedSuffixes: readonly string[];
  /** Undefined when it is wrong itself. */
  readonly drain: { readonly ms: number; readonly shown: string } | undefined;
}

/** Reads one item of `providers`. */
export function readProvider(place: Place, surroundings: ProviderSurroundings): ProviderConfig {
  const provider = new Section(place, PROVIDER_KEYS, surroundings.findings);
  const name = provider.text("name", {
    expected: "a name of 1 to 64 characters of A-Za-z0-9._-",
    matches: /^[A-Za-z0-9._-]{1,64}$/,
  });
  const kind = provider.choice("kind", BUILT_KINDS);
  const region = provider.text("region", {
    expected: "a region such as ap-singapore or cn-shanghai",
    matches: /^[a-z0-9-]{1,64}$/,
  });
  const endpoint = readEndpoint(
    provider,
    defaultEndpoint(kind ?? "tencent-wedata", region),
    surroundings,
  );
  if (provider.has("caFile") && endpoint.protocol === "http") {
    const expected = "no caFile, or an https:// endpoint: http has no authority";
    provider.relate("caFile", false, ["endpoint"], expected);
  }
  return {
    name,
    kind: kind ?? "tencent-wedata",
    region,
    endpoint,
    ca: readPem(provider, "caFile", surroundings),
    credentials: readCredentials(provider, surroundings),
    rateLimit: readRateLimit(provider),
    maxConcurrentCalls: provider.integer("maxConcurrentCalls", {
      default: 20,
      min: 1,
      max: 10_000,
    }),
    ...readTimeouts(provider, surroundings.drain),
    retry: readRetry(provider.section("retry", ["maxAttempts", "firstDelay", "maxDelay"])),
    track: readTrack(provider.section("track", ["interval", "timeout"])),
  };
}

function readEndpoint(
  provider: Section,
  fallback: Endpoint,
  { allowedSuffixes, findings }: ProviderSurroundings,
): Endpoint {
  const text = provider.optionalText("endpoint", { expected: "a host, host:port or URL, or null" });
  const { path, value } = provider.place("endpoint");
  if (text === null || isMissing(value) || !findings.areClean([path])) return fallback;
  const parsed = parseEndpoint(text, allowedSuffixes);
  if (parsed.kind === "endpoint") return parsed.endpoint;
  provider.refuse("endpoint", parsed.expected);
  return fallback;
}

function readTimeouts(
  provider: Section,
  drain: ProviderSurroundings["drain"],
): Pick<ProviderConfig, "connectTimeoutMs" | "callTimeoutMs"> {
  const bounds = { min: 1, max: 600_000 };
  const connectTimeoutMs = provider.duration("connectTimeout", { default: 5000, ...bounds });
  const callTimeoutMs = provider.duration("callTimeout", { default: 10_000, ...bounds });
  const connect = `connectTimeout (${provider.shown("connectTimeout")})`;
  const call = `callTimeout (${provider.shown("callTimeout")})`;
  provider.relate(
    "connectTimeout",
    connectTimeoutMs <= callTimeoutMs,
    ["callTimeout"],
    `no more than ${call}: connecting is the quick part of a call`,
  );
  if (drain !== undefined && connectTimeoutMs <= callTimeoutMs) {
    provider.relate(
      "callTimeout",
      connectTimeoutMs + callTimeoutMs < drain.ms,
      ["connectTimeout"],
      `together with ${connect} less than drainTimeout (${drain.shown}): running calls must finish while the service drains`,
    );
  }
  return { connectTimeoutMs, callTimeoutMs };
}

function readRetry(retry: Section): RetryConfig {
  const bounds = { min: 1, max: 3_600_000 };
  const maxAttempts = retry.integer("maxAttempts", { default: 5, min: 1, max: 100 });
  const firstDelayMs = retry.duration("firstDelay", { default: 500, ...bounds });
  const maxDelayMs = retry.duration("maxDelay", { default: 30_000, ...bounds });
  const expected = `no more than maxDelay (${retry.shown("maxDelay")}): delays grow from the one to the other`;
  retry.relate("firstDelay", firstDelayMs <= maxDelayMs, ["maxDelay"], expected);
  return { maxAttempts, firstDelayMs, maxDelayMs };
}

function readTrack(track: Section): ProviderConfig["track"] {
  const intervalMs = track.duration("interval", { default: 2000, min: 10, max: 3_600_000 });
  const timeoutMs = track.duration("timeout", { default: 600_000, min: 100, max: 604_800_000 });
  const expected = `no more than timeout (${track.shown("timeout")}): a job must be read once before it is given up`;
  track.relate("interval", intervalMs <= timeoutMs, ["timeout"], expected);
  return { intervalMs, timeoutMs };
}
