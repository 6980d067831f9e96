import type { ProviderKind } from "../domain/operation.ts";
import { type AddressRange, isWithin, numberOf, parseRange } from "../wire/address-range.ts";
import type { Endpoint } from "./config.ts";
import { type Findings, showFound } from "./config-problem.ts";
import { isMissing, textOf } from "./config-value.ts";
import {
  type AllowedEndpoints,
  defaultEndpoint,
  isKnownRegion,
  parseEndpoint,
} from "./endpoint.ts";
import type { Section } from "./section.ts";

/** What the reading of an endpoint needs beside the provider's section. */
export interface EndpointSurroundings {
  /** Undefined when it is wrong itself. */
  readonly kind: ProviderKind | undefined;
  readonly region: string;
  readonly allowed: AllowedEndpoints;
  readonly findings: Findings;
}

/** Reads the keys of `endpoints`: what providers may reach besides the clouds and loopback. */
export function readAllowedEndpoints(root: Section, findings: Findings): AllowedEndpoints {
  const endpoints = root.section("endpoints", ["allow", "allowAddresses"]);
  const allow = endpoints.texts("allow", {
    expectedList: "a list of host suffixes",
    expected: "a host suffix of two or more labels, such as example.com",
    matches: /^[a-z0-9-]+(\.[a-z0-9-]+)+$/,
  });
  return { allow, allowAddresses: readRanges(endpoints, findings) };
}

/** The ranges that are right, with warnings about those that let in too much; the others are problems. */
function readRanges(endpoints: Section, findings: Findings): readonly string[] {
  const places = endpoints.items("allowAddresses", "a list of CIDRs such as 10.0.0.0/8");
  return places.flatMap(({ path, value }) => {
    if (isMissing(value)) return [];
    const text = value?.kind === "scalar" ? (textOf(value) ?? "") : "";
    const parsed = parseRange(text);
    if (parsed.kind === "range") {
      const risk = riskOf(parsed.range);
      if (risk !== null) findings.warn(path, `${showFound(path, value)} ${risk}`);
      return [text];
    }
    findings.add(path, showFound(path, value), parsed.expected);
    return [];
  });
}

/** Where machines in a cloud get credentials from: those of most clouds, and Alibaba's. */
const METADATA_SERVICES = ["169.254.169.254", "100.100.100.200"] as const;

/** What speaks against a range, null when nothing is known to. */
function riskOf(range: AddressRange): string | null {
  const services = METADATA_SERVICES.filter((one) => isWithin(numberOf(one) ?? -1n, range));
  if (services.length === 0) return null;
  const ends = ["0.0.0.0", "255.255.255.255"];
  const isAll = ends.every((one) => isWithin(numberOf(one) ?? -1n, range));
  const includes = isAll ? "covers every IPv4 address and so includes" : "includes";
  const what = services.length === 1 ? "the metadata service" : "the metadata services";
  return `${includes} ${services.join(" and ")}, ${what} where a machine gets credentials; list a narrower range`;
}

/**
 * Reads where a provider is reached; what is wrong stands in the findings, and the default is
 * returned. Warns when the default is a guess.
 */
export function readEndpoint(
  provider: Section,
  { kind, region, allowed, findings }: EndpointSurroundings,
): Endpoint {
  const fallback = defaultEndpoint(kind ?? "tencent-wedata", region);
  const text = provider.optionalText("endpoint", { expected: "a host, host:port or URL, or null" });
  const { path, value } = provider.place("endpoint");
  const regionPath = provider.place("region").path;
  if (text === null) {
    if (kind !== undefined && findings.areClean([regionPath]) && !isKnownRegion(kind, region)) {
      findings.warn(
        regionPath,
        `no known region of ${kind}: ${fallback.host} is a guess, which endpoint overrides`,
      );
    }
    return fallback;
  }
  if (isMissing(value) || !findings.areClean([path])) return fallback;
  const parsed = parseEndpoint(text, allowed);
  if (parsed.kind === "endpoint") return parsed.endpoint;
  provider.refuse("endpoint", parsed.expected);
  return fallback;
}
