import type {
  CoalesceConfig,
  EvidenceConfig,
  ProviderConfig,
  RetryConfig,
  TrackConfig,
} from "./config.ts";
import type { Place } from "./config-value.ts";
import type { AllowedEndpoints } from "./endpoint.ts";
import { readBreaker, readHoldWindows } from "./read-holds.ts";
import { readEndpoint } from "./read-endpoint.ts";
import { type ReadingContext, readPem } from "./read-pem.ts";
import { readCredentials } from "./read-credentials.ts";
import { readRateLimit } from "./read-rate-limit.ts";
import { readUncertain } from "./read-uncertain.ts";
import { Section } from "./section.ts";
import type { GuardLimits } from "../domain/guard-limits.ts";
import { GUARD_KEYS, hasGuards, readGuards } from "./read-guards.ts";
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
  "breaker",
  "holdWindows",
  "guards",
  "uncertain",
  "evidence",
  "track",
  "coalesce",
] as const;

const KINDS = [
  "tencent-wedata",
  "alibaba-dataworks",
  "alibaba-dms",
] as const satisfies readonly ProviderKind[];

/** What a provider connection is checked against beside itself. */
export interface ProviderSurroundings extends ReadingContext {
  readonly allowed: AllowedEndpoints;
  /** Those of the whole file. */
  readonly guards: GuardLimits;
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
  const kind = provider.choice("kind", KINDS);
  const region = provider.text("region", {
    expected: "a region such as ap-singapore or cn-shanghai",
    matches: /^[a-z0-9-]{1,64}$/,
  });
  const { allowed, findings } = surroundings;
  const endpoint = readEndpoint(provider, { kind, region, allowed, findings });
  if (provider.has("caFile") && endpoint.protocol === "http") {
    const expected = "no caFile, or an https:// endpoint: http has no authority";
    provider.relate("caFile", false, ["endpoint"], expected);
  }
  const evidence = readEvidence(provider.section("evidence", ["before", "reads", "interval"]));
  return {
    name,
    kind: kind ?? "tencent-wedata",
    region,
    endpoint,
    allowedAddresses: allowed.allowAddresses,
    ca: readPem(provider, "caFile", surroundings),
    credentials: readCredentials(provider, surroundings),
    rateLimit: readRateLimit(provider, kind),
    maxConcurrentCalls: provider.integer("maxConcurrentCalls", {
      default: 20,
      min: 1,
      max: 10_000,
    }),
    ...readTimeouts(provider, surroundings.drain),
    retry: readRetry(provider.section("retry", ["maxAttempts", "firstDelay", "maxDelay"])),
    breaker: readBreaker(provider),
    holdWindows: readHoldWindows(provider, surroundings),
    ...readOwnGuards(provider, surroundings.guards),
    uncertain: readUncertain(provider, evidence),
    evidence,
    track: readTrackBeside(evidence, provider, findings),
    coalesce: readCoalesce(provider.section("coalesce", ["maxInstances"])),
  };
}

/** Nothing when all are off. */
function readOwnGuards(provider: Section, outer: GuardLimits): Pick<ProviderConfig, "guards"> {
  const guards = readGuards(provider.section("guards", GUARD_KEYS), outer);
  return hasGuards(guards) ? { guards } : {};
}

function readTrackBeside(
  evidence: EvidenceConfig,
  provider: Section,
  findings: ReadingContext["findings"],
): TrackConfig {
  const track = readTrack(provider.section("track", ["until", "interval", "timeout"]));
  if (evidence.before === "never" && track.until === "finished") {
    const why = "with track.until: finished the end of an older run may be taken for the new one's";
    findings.warn(`${provider.path}.evidence.before`, why);
  }
  return track;
}

function readCoalesce(coalesce: Section): CoalesceConfig {
  return { maxInstances: coalesce.integer("maxInstances", { default: 20, min: 1, max: 1000 }) };
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

function readEvidence(evidence: Section): EvidenceConfig {
  return {
    before: evidence.choice("before", ["auto", "always", "never"], "auto") ?? "auto",
    reads: evidence.integer("reads", { default: 3, min: 1, max: 100 }),
    intervalMs: evidence.duration("interval", { default: 2000, min: 10, max: 600_000 }),
  };
}

function readTrack(track: Section): TrackConfig {
  const until = track.choice("until", ["submitted", "finished"], "submitted") ?? "submitted";
  const intervalMs = track.duration("interval", { default: 2000, min: 10, max: 3_600_000 });
  const timeoutMs = track.duration("timeout", { default: 600_000, min: 100, max: 604_800_000 });
  const expected = `no more than timeout (${track.shown("timeout")}): a job must be read once before it is given up`;
  track.relate("interval", intervalMs <= timeoutMs, ["timeout"], expected);
  return { until, intervalMs, timeoutMs };
}
