import type { ClaimsConfig, ProviderConfig } from "./config.ts";
import type { Findings } from "./config-problem.ts";
import type { Section } from "./section.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Reads the section `dedupe`. */
export function readDedupe(root: Section): { readonly windowMs: number } {
  const dedupe = root.section("dedupe", ["window"]);
  const bounds = { default: DAY_MS, min: MINUTE_MS, max: 90 * DAY_MS };
  return { windowMs: dedupe.duration("window", bounds) };
}

/** Reads the section `claims`. */
export function readClaims(root: Section): ClaimsConfig {
  const claims = root.section("claims", ["callWithin", "grace"]);
  return {
    callWithinMs: claims.duration("callWithin", { default: 3000, min: 100, max: MINUTE_MS }),
    graceMs: claims.duration("grace", { default: 5000, min: 0, max: 5 * MINUTE_MS }),
  };
}

/**
 * Warns when a call whose right was taken just before the service is stopped may outlive it: then
 * others judge it, later and by evidence alone.
 */
export function warnOfLateCalls(
  root: Section,
  config: {
    readonly claims: ClaimsConfig;
    readonly providers: readonly ProviderConfig[];
    readonly drainTimeoutMs: number;
  },
  findings: Findings,
): void {
  const { claims, providers, drainTimeoutMs } = config;
  const late = providers.find(
    ({ connectTimeoutMs, callTimeoutMs }) =>
      claims.callWithinMs + connectTimeoutMs + callTimeoutMs >= drainTimeoutMs,
  );
  if (late === undefined) return;
  findings.warn(
    "claims.callWithin",
    `together with connectTimeout and callTimeout of ${late.name} not less than drainTimeout (${root.shown("drainTimeout")}): a call that is claimed right before a stop may be abandoned, and others judge it later; a longer drainTimeout lets it end`,
  );
}
