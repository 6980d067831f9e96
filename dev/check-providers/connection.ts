import type { ProviderConfig } from "../../src/config/config.ts";
import type { Gate, ReadTurns } from "../../src/domain/provider.ts";
import { Secret } from "../../src/domain/secret.ts";
import type { Cast, Scenario, Terms } from "./scenario.ts";

/** The simulator's key, and one that it takes only together with a token. */
export const KEY = { id: "test-id", secret: "test-secret" } as const;
export const TOKEN_KEY = { id: "token-id", secret: "test-secret", token: "test-token" } as const;

/** A connection to the cast's provider. Its deadlines are short: nothing here asserts a time. */
export function connectionOf(
  cast: Cast,
  scenario: Pick<Scenario, "secure">,
  terms: Terms,
): ProviderConfig {
  const { simulator, subject } = cast;
  const secure = scenario.secure ?? false;
  const port = terms.port ?? portOf(cast, secure);
  return {
    name: "check-providers",
    kind: subject.kind,
    region: "ap-test",
    endpoint: { protocol: secure ? "https" : "http", host: "127.0.0.1", port },
    ca: secure ? simulator.caPem : null,
    credentials: keys(KEY),
    rateLimit: {
      ...{ callsPerSecond: 20, readsPerSecond: 20, perOperation: {} },
      ...{ totalPerSecond: null, callsPerDay: null, shareWith: null },
    },
    maxConcurrentCalls: 20,
    connectTimeoutMs: 10_000,
    callTimeoutMs: 10_000,
    retry: { maxAttempts: 1, firstDelayMs: 10, maxDelayMs: 100 },
    ...{ breaker: null, holdWindows: [] },
    uncertain: "report",
    evidence: { before: "always", reads: 1, intervalMs: 50 },
    track: { until: "submitted", intervalMs: 50, timeoutMs: 10_000 },
    coalesce: { maxInstances: 20 },
    ...terms.config,
  };
}

/** For connections that never come about. */
export const SHORT_CONNECT = { connectTimeoutMs: 400 } as const;
/** For answers that never come; long enough for a request to arrive on a busy machine. */
export const SHORT_CALL = { callTimeoutMs: 1000 } as const;

/** Keys that never change. */
export function keys({
  id,
  secret,
  token,
}: {
  readonly id: string;
  readonly secret: string;
  readonly token?: string;
}): ProviderConfig["credentials"] {
  return {
    type: "static",
    id: new Secret(id),
    secret: new Secret(secret),
    token: token === undefined ? null : new Secret(token),
    reread: null,
  };
}

/** The cast's provider, over TLS or not. */
export function portOf({ simulator, subject }: Cast, secure: boolean): number {
  const { tencentUrl, tencentTlsUrl, alibabaUrl, alibabaTlsUrl } = simulator;
  const [plain, tls] =
    subject.cloud === "tencent" ? [tencentUrl, tencentTlsUrl] : [alibabaUrl, alibabaTlsUrl];
  return Number(new URL(secure ? tls : plain).port);
}

export const openGate: Gate = { pass: async () => Promise.resolve(() => undefined) };

/** A gate that opens for nobody, and tells when somebody waits. */
export function shutGate(): { readonly gate: Gate; readonly asked: Promise<void> } {
  let ask: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (ask = resolve));
  const pass: Gate["pass"] = async (signal) => {
    ask();
    return new Promise((_, reject) => {
      const abort = () => reject(signal.reason as Error);
      signal.addEventListener("abort", abort, { once: true });
    });
  };
  return { gate: { pass }, asked };
}

/** Every read has its turn at once. */
export function promptTurns(signal: AbortSignal): ReadTurns {
  return { take: async (_action, read) => read({ gate: openGate, signal }) };
}
