import type { ProviderConfig } from "./config.ts";
import type { Section } from "./section.ts";

/** Reads `rateLimit` of one provider connection. */
export function readRateLimit(provider: Section): ProviderConfig["rateLimit"] {
  const rateLimit = provider.section("rateLimit", ["callsPerSecond", "readsPerSecond"]);
  const perSecond = { default: 20, min: 1, max: 1000 };
  return {
    callsPerSecond: rateLimit.integer("callsPerSecond", perSecond),
    readsPerSecond: rateLimit.integer("readsPerSecond", perSecond),
  };
}
