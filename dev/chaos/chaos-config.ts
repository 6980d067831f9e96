/** Where the services of a run find what they work with. */
export interface ChaosPlaces {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly wedataUrl: string;
  /** DataWorks and DMS. */
  readonly alibabaUrl: string;
}

/** The connections that requests name. */
export const CONNECTIONS = ["wedata", "dataworks", "dataworks-retry", "dms"] as const;
export type Connection = (typeof CONNECTIONS)[number];

/** A connection whose uncertain calls are made again when evidence shows that they did not run. */
export const RETRYING: Connection = "dataworks-retry";
/** Calls of one request, at the most. */
export const MAX_ATTEMPTS = 5;
/** Reruns of one target, at the most, but for those that are forced. */
export const BUDGET = 2;
export const GROUP = "rerun-chaos";
/** Brokers forget a dead member after this long; no less is allowed. */
export const SESSION_MS = 6000;
/** How long a call may take, without connecting. */
export const CALL_TIMEOUT_MS = 2000;

/**
 * The services' config file. As the defaults, but that everything that is waited for is shorter, and
 * the pace slow enough that something always waits.
 */
export function chaosConfigText(places: ChaosPlaces): string {
  const connection = (name: Connection, kind: string, url: string, keys: string) => ({
    ...{ name, kind, region: "ap-singapore", endpoint: url },
    credentials: {
      ...{ type: "static", id: `\${env:DEMO_${keys}_ID}`, secret: `\${env:DEMO_${keys}_SECRET}` },
    },
    // For all processes together.
    rateLimit: { callsPerSecond: 6, readsPerSecond: 40, totalPerSecond: null },
    ...{ connectTimeout: "1s", callTimeout: `${CALL_TIMEOUT_MS}ms` },
    retry: { maxAttempts: MAX_ATTEMPTS, firstDelay: "200ms", maxDelay: "2s" },
    // A probe is no attempt, and the books count every call that arrives.
    breaker: null,
    evidence: { before: "auto", reads: 3, interval: "1s" },
    uncertain: name === RETRYING ? "retry-if-absent" : "report",
    track: { interval: "400ms", timeout: "2m" },
  });
  const { brokers, registryUrl, wedataUrl, alibabaUrl } = places;
  const config = {
    kafka: {
      ...{ brokers, groupId: GROUP, sessionTimeout: `${SESSION_MS}ms`, heartbeatInterval: "1s" },
      ...{ requestTimeout: "5s", connectionTimeout: "2s" },
    },
    schemaRegistry: { url: registryUrl },
    providers: [
      connection("wedata", "tencent-wedata", wedataUrl, "TENCENT"),
      connection("dataworks", "alibaba-dataworks", alibabaUrl, "ALIBABA"),
      connection("dataworks-retry", "alibaba-dataworks", alibabaUrl, "ALIBABA"),
      connection("dms", "alibaba-dms", alibabaUrl, "DMS"),
    ],
    claims: { callWithin: "1500ms", grace: "1s" },
    guards: { budget: { reruns: BUDGET, per: "24h" } },
    drainTimeout: "6s",
    http: { host: "127.0.0.1", port: 0 },
  };
  // Every JSON text is YAML too.
  return JSON.stringify(config, null, 2);
}
