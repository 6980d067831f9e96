import type { ProviderKind } from "../domain/operation.ts";
import type { Endpoint } from "./config.ts";

/** Suffixes of the clouds' own hosts; the config's `endpoints.allow` adds to them. */
const CLOUD_SUFFIXES = ["tencentcloudapi.com", "aliyuncs.com"] as const;

// Regions without a DataWorks host of their own (the endpoint map of Alibaba's SDK,
// dataworks-public-20240518). For any other region `endpoint` overrides the guess.
const CENTRAL_DATAWORKS_REGIONS = new Set([
  "cn-qingdao",
  "cn-huhehaote",
  "cn-hangzhou-finance",
  "ap-south-1",
  "ap-southeast-2",
]);

/** Where a provider is reached when the config does not say. */
export function defaultEndpoint(kind: ProviderKind, region: string): Endpoint {
  return { protocol: "https", host: defaultHost(kind, region), port: null };
}

const DEFAULT_HOST: Readonly<Record<ProviderKind, (region: string) => string>> = {
  // The host that the API pages of the international site name, whatever the region.
  "tencent-wedata": () => "wedata.intl.tencentcloudapi.com",
  "alibaba-dataworks": (region) =>
    CENTRAL_DATAWORKS_REGIONS.has(region)
      ? "dataworks.aliyuncs.com"
      : `dataworks.${region}.aliyuncs.com`,
  "alibaba-dms": () => "dms-enterprise.aliyuncs.com",
};

function defaultHost(kind: ProviderKind, region: string): string {
  return DEFAULT_HOST[kind](region);
}

/** An endpoint, or what is allowed instead. */
export type ParsedEndpoint =
  | { readonly kind: "endpoint"; readonly endpoint: Endpoint }
  | { readonly kind: "refused"; readonly expected: string };

/**
 * Reads a host, `host:port` or URL. Without a scheme it is https, on a loopback address too.
 *
 * IPv6 hosts keep their brackets, as Host headers need them.
 */
export function parseEndpoint(text: string, allowedSuffixes: readonly string[]): ParsedEndpoint {
  const url = urlOf(text);
  if (url === null) return refused("a host, host:port or https:// URL");
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    return refused("https://, or http:// to a loopback address");
  }
  if (url.username !== "" || url.password !== "") {
    return refused("no user information; credentials have keys of their own");
  }
  if (url.pathname !== "/" || /[?#]/.test(text)) {
    return refused("only a host and perhaps a port, no path, query or fragment");
  }
  if (url.port === "0") return refused("a port from 1 to 65535");
  const host = url.hostname;
  if (url.protocol === "http:" && !isLoopback(host)) {
    return refused("https://; http:// only reaches loopback (127.0.0.0/8, [::1], localhost)");
  }
  const suffixes = [...CLOUD_SUFFIXES, ...allowedSuffixes];
  if (!isLoopback(host) && !suffixes.some((suffix) => isUnder(host, suffix))) {
    const list = suffixes.join(", ");
    return refused(`a host under ${list}, or loopback; endpoints.allow adds host suffixes`);
  }
  const protocol = url.protocol === "https:" ? "https" : "http";
  const port = url.port === "" ? null : Number(url.port);
  return { kind: "endpoint", endpoint: { protocol, host, port } };
}

/** Whether a host in a URL's canonical spelling never leaves this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function isUnder(host: string, suffix: string): boolean {
  return host === suffix || host.endsWith(`.${suffix}`);
}

// The URL parser forgives blanks and backslashes; a config must not mean something else than it says.
function urlOf(text: string): URL | null {
  if (/[\s\\]/.test(text)) return null;
  const url = text.includes("://") ? text : `https://${text}`;
  return URL.canParse(url) ? new URL(url) : null;
}

function refused(expected: string): ParsedEndpoint {
  return { kind: "refused", expected };
}
