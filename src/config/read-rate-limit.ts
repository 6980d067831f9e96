import type { OperationName, ProviderKind } from "../domain/operation.ts";
import { PROVIDER_KIND_OF } from "../domain/operation.ts";
import type { RateLimitConfig } from "./config.ts";
import type { Section } from "./section.ts";

const KEYS = [
  "callsPerSecond",
  "perOperation",
  "readsPerSecond",
  "totalPerSecond",
  "callsPerDay",
  "shareWith",
] as const;

const PER_SECOND = { default: 20, min: 1, max: 1000 };

/** DataWorks counts all calls of an account together: 5 a second in its smaller editions. */
const DEFAULT_TOTAL: Readonly<Record<ProviderKind, number | null>> = {
  "tencent-wedata": null,
  "alibaba-dataworks": 5,
  "alibaba-dms": null,
};

/**
 * Reads `rateLimit` of one provider connection; `kind` is undefined when it is wrong itself.
 *
 * A limit that could never be reached is a problem: whoever wrote it expects something of it. Only
 * the default of `callsPerSecond` gives way to a lower total.
 */
export function readRateLimit(provider: Section, kind: ProviderKind | undefined): RateLimitConfig {
  const rateLimit = provider.section("rateLimit", KEYS);
  const total = readTotal(rateLimit, kind);
  const callsPerSecond = rateLimit.integer("callsPerSecond", {
    ...PER_SECOND,
    default: Math.min(PER_SECOND.default, total.perSecond ?? Infinity),
  });
  rateLimit.relate(
    "callsPerSecond",
    callsPerSecond <= (total.perSecond ?? Infinity),
    ["totalPerSecond"],
    `no more than totalPerSecond (${total.shown}), which counts calls and reads together`,
  );
  const shareWith = rateLimit.optionalText("shareWith", {
    expected: "the name of another connection, or null",
    matches: /^[A-Za-z0-9._-]{1,64}$/,
  });
  if (shareWith !== null) refuseBesideShare(rateLimit);
  return {
    callsPerSecond,
    perOperation: readPerOperation(rateLimit, kind, callsPerSecond),
    readsPerSecond: rateLimit.integer("readsPerSecond", PER_SECOND),
    totalPerSecond: total.perSecond,
    callsPerDay: readOptional(rateLimit, "callsPerDay", 10_000_000),
    shareWith,
  };
}

/** A total that is absent is the kind's; null switches it off. */
function readTotal(
  rateLimit: Section,
  kind: ProviderKind | undefined,
): { readonly perSecond: number | null; readonly shown: string } {
  const usual = kind === undefined ? null : DEFAULT_TOTAL[kind];
  const isAbsent = rateLimit.place("totalPerSecond").value === undefined;
  if (isAbsent) return { perSecond: usual, shown: `${usual ?? "none"} by default` };
  const perSecond = readOptional(rateLimit, "totalPerSecond", PER_SECOND.max);
  return { perSecond, shown: rateLimit.shown("totalPerSecond") };
}

function readPerOperation(
  rateLimit: Section,
  kind: ProviderKind | undefined,
  callsPerSecond: number,
): RateLimitConfig["perOperation"] {
  const operations = operationsOf(kind);
  const section = rateLimit.section("perOperation", operations);
  const shown = rateLimit.shown("callsPerSecond");
  const limits: Partial<Record<OperationName, number>> = {};
  for (const operation of operations) {
    if (section.place(operation).value === undefined) continue;
    const limit = section.integer(operation, PER_SECOND);
    const expected = `no more than callsPerSecond (${shown}), which all operations share`;
    section.relate(operation, limit <= callsPerSecond, [], expected);
    limits[operation] = limit;
  }
  return limits;
}

function operationsOf(kind: ProviderKind | undefined): readonly OperationName[] {
  const all = Object.keys(PROVIDER_KIND_OF) as OperationName[]; // its keys are all there are
  return kind === undefined ? all : all.filter((one) => PROVIDER_KIND_OF[one] === kind);
}

function readOptional(rateLimit: Section, key: string, max: number): number | null {
  return rateLimit.has(key) ? rateLimit.integer(key, { default: 1, min: 1, max }) : null;
}

function refuseBesideShare(rateLimit: Section): void {
  for (const key of KEYS) {
    if (key === "shareWith" || !rateLimit.isGiven(key)) continue;
    const expected = "nothing: with shareWith the limits of the other connection count for both";
    rateLimit.refuse(key, expected);
  }
}
