import type { EvidenceConfig, ProviderConfig } from "./config.ts";
import { childPath, type Place } from "./config-value.ts";
import type { Findings } from "./config-problem.ts";
import type { Section } from "./section.ts";

/** Reads `uncertain` of one provider connection, whose evidence was read before. */
export function readUncertain(
  provider: Section,
  evidence: EvidenceConfig,
): ProviderConfig["uncertain"] {
  const uncertain = provider.choice("uncertain", ["report", "retry-if-absent"], "report");
  if (uncertain === "retry-if-absent" && evidence.before === "never") {
    const expected =
      "report, because evidence.before is never: without a reading before the call nothing shows that it did not run";
    provider.refuse("uncertain", expected);
  }
  return uncertain ?? "report";
}

/** Warns of connections whose uncertain calls are never called again, although the file asks for it. */
export function warnOfVainRetries(
  places: readonly Place[],
  providers: readonly ProviderConfig[],
  findings: Findings,
): void {
  providers.forEach((provider, index) => {
    const path = places[index]?.path;
    if (path === undefined || provider.uncertain !== "retry-if-absent") return;
    const why = whyInVain(provider, providers);
    if (why !== null) findings.warn(childPath(path, "uncertain"), why);
  });
}

function whyInVain(
  { kind, evidence, track, rateLimit }: ProviderConfig,
  all: readonly ProviderConfig[],
): string | null {
  if (kind === "alibaba-dms") {
    return "retry-if-absent has no effect on alibaba-dms, whose state never proves that a call did not run";
  }
  const limits = all.find(({ name }) => name === rateLimit.shareWith)?.rateLimit ?? rateLimit;
  const isUnread = evidence.before === "auto" && track.until === "submitted";
  if (limits.callsPerDay === null || !isUnread) return null;
  return "retry-if-absent has no effect with callsPerDay while evidence.before is auto, because no readings are made before calls; always makes them";
}
