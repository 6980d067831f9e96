import type { ProviderConfig } from "../../src/config/config.ts";
import type { ProviderKind } from "../../src/domain/operation.ts";
import type { Gate } from "../../src/domain/provider.ts";
import { Secret } from "../../src/domain/secret.ts";

/** A connection of this kind to a port of loopback, with the simulator's test key. */
export function aProviderConfig(
  kind: ProviderKind,
  at: { readonly url: string } | { readonly port: number; readonly secure?: boolean },
  overrides: Partial<ProviderConfig> = {},
): ProviderConfig {
  const url = "url" in at ? new URL(at.url) : null;
  const secure = "url" in at ? url?.protocol === "https:" : (at.secure ?? false);
  return {
    name: "test-connection",
    kind,
    region: "ap-test",
    endpoint: {
      protocol: secure ? "https" : "http",
      host: url?.hostname ?? "127.0.0.1",
      port: "url" in at ? Number(url?.port) : at.port,
    },
    ca: null,
    credentials: {
      type: "static",
      id: new Secret("test-id"),
      secret: new Secret("test-secret"),
      token: null,
      reread: null,
    },
    rateLimit: {
      ...{ callsPerSecond: 20, readsPerSecond: 20, perOperation: {} },
      ...{ totalPerSecond: null, callsPerDay: null, shareWith: null },
    },
    maxConcurrentCalls: 20,
    connectTimeoutMs: 20_000,
    callTimeoutMs: 20_000,
    retry: { maxAttempts: 3, firstDelayMs: 10, maxDelayMs: 100 },
    ...{ breaker: null, holdWindows: [] },
    uncertain: "report",
    evidence: { before: "never", reads: 1, intervalMs: 50 },
    track: { until: "submitted", intervalMs: 50, timeoutMs: 10_000 },
    coalesce: { maxInstances: 20 },
    ...overrides,
  };
}

/** A gate that everybody passes at once. */
export const openGate: Gate = { pass: async () => () => undefined };

/** A gate that opens for nobody, and tells when somebody waits. */
export function shutGate(): { readonly gate: Gate; readonly asked: Promise<void> } {
  let ask: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (ask = resolve));
  const gate: Gate = {
    pass: async (signal) => {
      ask();
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    },
  };
  return { gate, asked };
}

export const neverAborted = new AbortController().signal;
