import type { TopicNames } from "../../src/config/config.ts";
import { LOCAL_ENV } from "../../dev/rig/service-config.ts";

/** A config file's content before it is written. */
export type ConfigTree = Readonly<Record<string, unknown>>;

/** The names under which requests reach the three products. */
export const WEDATA = "wedata";
export const DATAWORKS = "dataworks";
export const DMS = "dms";

/** What stands in the environment of a service under test. */
export const SERVICE_ENV: Readonly<Record<string, string>> = LOCAL_ENV;

/** Where a service finds what it works with. */
export interface ServicePlace {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly groupId: string;
  readonly topics: TopicNames;
}

/**
 * Unless a test is about evidence: an uncertain call is told at once, and reads arrive nowhere
 * unexpectedly.
 */
const NO_EVIDENCE = { evidence: { before: "never" } };

/** A connection to WeData at `endpoint`, that retries and polls quickly. */
export function wedataAt(endpoint: string, overrides: ConfigTree = {}): ConfigTree {
  return connectionTo("TENCENT", {
    name: WEDATA,
    kind: "tencent-wedata",
    endpoint,
    track: { interval: "100ms", timeout: "30s" },
    ...overrides,
  });
}

/** A connection to DataWorks at `endpoint`, that retries quickly. */
export function dataworksAt(endpoint: string, overrides: ConfigTree = {}): ConfigTree {
  return connectionTo("ALIBABA", {
    name: DATAWORKS,
    kind: "alibaba-dataworks",
    endpoint,
    // The default of 5 in all is for small editions; tests would wait.
    rateLimit: { totalPerSecond: 50 },
    ...overrides,
  });
}

/** A connection to DMS at `endpoint`, that retries quickly. */
export function dmsAt(endpoint: string, overrides: ConfigTree = {}): ConfigTree {
  return connectionTo("DMS", { name: DMS, kind: "alibaba-dms", endpoint, ...overrides });
}

function connectionTo(keys: "TENCENT" | "ALIBABA" | "DMS", own: ConfigTree): ConfigTree {
  return {
    region: "ap-singapore",
    credentials: {
      type: "static",
      id: `\${env:DEMO_${keys}_ID}`,
      secret: `\${env:DEMO_${keys}_SECRET}`,
    },
    retry: { maxAttempts: 5, firstDelay: "20ms", maxDelay: "100ms" },
    // Five failures in a row are what many a test is about, and half a minute is long for a test.
    breaker: null,
    // Unless a test is about sharing, each request has a call of its own.
    coalesce: { maxInstances: 1 },
    ...NO_EVIDENCE,
    ...own,
  };
}

/** The config of a service at `place`, with `more` at its top level. */
export function configOf(
  place: ServicePlace,
  providers: readonly ConfigTree[],
  more: ConfigTree = {},
): ConfigTree {
  const { brokers, registryUrl, groupId, topics } = place;
  return {
    kafka: { brokers, groupId, topics },
    schemaRegistry: { url: registryUrl },
    providers,
    http: { host: "127.0.0.1", port: 0 },
    // Unless a test is about replicas: shared slots are late on a busy machine, and need brokers.
    throttle: { scope: "instance" },
    ...more,
  };
}

/** Replicas that keep one limit together, as by default. */
export const GROUP_SCOPE: ConfigTree = { throttle: { scope: "group" } };

/** The same service in a group that gives up silent members as soon as brokers allow. */
export function inQuickGroup(config: ConfigTree): ConfigTree {
  const kafka = config["kafka"] as ConfigTree; // as `configOf` makes it
  return { ...config, kafka: { ...kafka, sessionTimeout: "6s", heartbeatInterval: "1s" } };
}

/** Claims whose silent holders are not waited for any longer than calls of `QUICK_CALLS` need. */
export const QUICK_CLAIMS: ConfigTree = { claims: { callWithin: "1s", grace: "500ms" } };

/** Calls that end soon, one way or the other. */
export const QUICK_CALLS: ConfigTree = { connectTimeout: "1s", callTimeout: "3s" };
