import type { ProviderKind } from "../domain/operation.ts";
import { isWithin, numberOf, rangeOf } from "../wire/address-range.ts";
import type { Endpoint } from "./config.ts";

/** Suffixes of the clouds' own hosts; the config's `endpoints.allow` adds to them. */
const CLOUD_SUFFIXES = ["tencentcloudapi.com", "aliyuncs.com"] as const;

// The endpoint map of Alibaba's SDK (dataworks-public-20240518, `_endpointMap`), without the
// regions that are Alibaba's own.
const REGIONAL_DATAWORKS = new Set([
  ...["cn-beijing", "cn-chengdu", "cn-hangzhou", "cn-hongkong", "cn-shanghai", "cn-shenzhen"],
  ...["cn-wulanchabu", "cn-zhangjiakou", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1"],
  ...["ap-southeast-3", "ap-southeast-5", "eu-central-1", "eu-west-1", "me-central-1", "me-east-1"],
  ...["us-east-1", "us-west-1"],
  ...["cn-beijing-finance-1", "cn-north-2-gov-1", "cn-shanghai-finance-1", "cn-shenzhen-finance-1"],
]);

/** Regions of the same map that have no DataWorks host of their own. */
const CENTRAL_DATAWORKS = new Set([
  ...["ap-south-1", "ap-southeast-2", "cn-fujian", "cn-huhehaote", "cn-qingdao", "cn-wuhan"],
  ...["cn-edge-1", "cn-zhangbei", "cn-hangzhou-finance", "cn-beijing-gov-1"],
  ...["cn-huhehaote-nebula-1", "cn-qingdao-nebula", "cn-zhengzhou-nebula-1"],
  ...["ap-northeast-2-pop", "cn-beijing-finance-pop", "cn-hongkong-finance-pop", "rus-west-1-pop"],
]);

/** Mainland China, whose accounts belong to Tencent Cloud's China site. */
const TENCENT_CHINA =
  /^ap-(beijing|chengdu|chongqing|guangzhou|nanjing|qingyuan|shanghai|shenzhen|tianjin)(-|$)/;

const TENCENT_ABROAD = new Set([
  ...["ap-bangkok", "ap-hongkong", "ap-jakarta", "ap-mumbai", "ap-seoul", "ap-singapore"],
  ...["ap-taipei", "ap-tokyo", "eu-frankfurt", "eu-moscow", "me-saudi-arabia", "na-ashburn"],
  ...["na-siliconvalley", "na-toronto", "sa-saopaulo"],
]);

/**
 * Where a provider is reached when the config does not say.
 *
 * Tencent Cloud has two sites, China and international, and an account belongs to one of them. The
 * region tells which is likely, the account decides: an international account that works in a
 * mainland region needs `endpoint: wedata.intl.tencentcloudapi.com`. Finance regions (`-fsi`) are
 * not reached by a site's common host, only by their own (Request Structure,
 * tencentcloud.com/document/product/1174/60845).
 *
 * DataWorks has a host in most regions and a central one for the others; a region that the SDK does
 * not know is taken for one of the first. DMS is reached centrally, as by its SDK.
 */
export function defaultEndpoint(kind: ProviderKind, region: string): Endpoint {
  return { protocol: "https", host: DEFAULT_HOST[kind](region), port: null };
}

/** Whether `defaultEndpoint` knows the region rather than guesses. */
export function isKnownRegion(kind: ProviderKind, region: string): boolean {
  return KNOWS_REGION[kind](region);
}

const DEFAULT_HOST: Readonly<Record<ProviderKind, (region: string) => string>> = {
  "tencent-wedata": (region) => {
    if (region.endsWith("-fsi")) return `wedata.${region}.tencentcloudapi.com`;
    return TENCENT_CHINA.test(region)
      ? "wedata.tencentcloudapi.com"
      : "wedata.intl.tencentcloudapi.com";
  },
  "alibaba-dataworks": (region) =>
    CENTRAL_DATAWORKS.has(region) ? "dataworks.aliyuncs.com" : `dataworks.${region}.aliyuncs.com`,
  "alibaba-dms": () => "dms-enterprise.aliyuncs.com",
};

const KNOWS_REGION: Readonly<Record<ProviderKind, (region: string) => boolean>> = {
  "tencent-wedata": (region) => TENCENT_CHINA.test(region) || TENCENT_ABROAD.has(region),
  "alibaba-dataworks": (region) => CENTRAL_DATAWORKS.has(region) || REGIONAL_DATAWORKS.has(region),
  "alibaba-dms": () => true,
};

/** What an endpoint may be besides the clouds' own hosts and loopback. */
export interface AllowedEndpoints {
  /** Host suffixes. */
  readonly allow: readonly string[];
  /** CIDRs. */
  readonly allowAddresses: readonly string[];
}

/** An endpoint, or what is allowed instead. */
export type ParsedEndpoint =
  | { readonly kind: "endpoint"; readonly endpoint: Endpoint }
  | { readonly kind: "refused"; readonly expected: string };

/**
 * Reads a host, `host:port` or URL. Without a scheme it is https, on a loopback address too.
 *
 * IPv6 hosts keep their brackets, as Host headers need them. An address may stand for a host where
 * `allowAddresses` lists it. What a name stands for is checked when the wire connects.
 */
export function parseEndpoint(text: string, allowed: AllowedEndpoints): ParsedEndpoint {
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
  const suffixes = [...CLOUD_SUFFIXES, ...allowed.allow];
  const isKnown = suffixes.some((suffix) => isUnder(host, suffix));
  if (!isLoopback(host) && !isKnown && !isListed(host, allowed.allowAddresses)) {
    const list = suffixes.join(", ");
    return refused(
      `a host under ${list}, or loopback; list the host's suffix in endpoints.allow, or the address in endpoints.allowAddresses`,
    );
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

/** Whether a host is an address within one of these ranges. */
function isListed(host: string, ranges: readonly string[]): boolean {
  const address = numberOf(host.replace(/^\[|\]$/g, ""));
  return address !== undefined && ranges.some((range) => isWithin(address, rangeOf(range)));
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
