import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { SimulatorAdmin } from "../../dev/simulator/admin-client.ts";
import { type Certificate, makeCertificate } from "../../dev/simulator/certificate.ts";
import { type Simulator, startSimulator } from "../../dev/simulator/simulator.ts";
import type { ProviderConfig } from "../../src/config/config.ts";
import type { CallEnd } from "../../src/domain/call-end.ts";
import { PROVIDER_KIND_OF } from "../../src/domain/operation.ts";
import type { Gate, RerunCall } from "../../src/domain/provider.ts";
import { Secret } from "../../src/domain/secret.ts";
import { type OpenProvider, openProvider } from "../../src/providers/open-provider.ts";
import { aProviderConfig, neverAborted, openGate } from "../support/provider-config.ts";
import type { ProviderTraits } from "./provider-traits.ts";

interface Closable {
  close: () => Promise<void> | void;
}

export interface RerunTerms {
  readonly signal?: AbortSignal;
  readonly gate?: Gate;
  /** The first one of the traits, when left out. */
  readonly of?: readonly string[];
}

/** A simulator of its own for one operation's contract, and adapters on it. */
export interface Rig {
  readonly traits: ProviderTraits;
  readonly simulator: () => Simulator;
  readonly admin: () => SimulatorAdmin;
  /** For servers of the test's own. */
  readonly certificate: () => Certificate;
  /** Closes it after the test. */
  readonly register: <T extends Closable>(one: T) => T;
  readonly urlOf: (secure: boolean) => string;
  /** Opens the adapter on the simulator, or on another port. */
  readonly open: (
    secure?: boolean,
    overrides?: Partial<ProviderConfig>,
    port?: number,
  ) => Promise<OpenProvider>;
  /** A call with a claim of its own: the gateway takes a claim's nonce once. */
  readonly callOf: (targets: readonly string[]) => RerunCall;
  readonly rerun: (opened: OpenProvider, terms?: RerunTerms) => Promise<CallEnd>;
  /** What became of the reruns that arrived. */
  readonly reruns: () => ReturnType<SimulatorAdmin["arrivals"]>;
}

const EVENTS = ["unhandledRejection", "uncaughtException", "warning"] as const;

/**
 * Sets up the tests of one `describe`: everything that is opened is closed, and whatever an adapter
 * leaves unhandled fails the test.
 */
export function useRig(traits: ProviderTraits): Rig {
  let simulator: Simulator;
  let admin: SimulatorAdmin;
  let certificate: Certificate;
  const opened: Closable[] = [];
  const unhandled: unknown[] = [];
  const noteUnhandled = (error: unknown) => void unhandled.push(error);
  const { cloud, targets, other } = traits;

  beforeAll(async () => {
    simulator = await startSimulator({
      credentials: [
        { cloud, id: "test-id", secret: "test-secret" },
        { cloud, id: "token-id", secret: "test-secret", token: "test-token" },
      ],
      ...{ jobDurationMs: 60, instanceRunMs: 120 },
    });
    admin = new SimulatorAdmin(simulator.adminUrl);
    certificate = await makeCertificate();
    for (const event of EVENTS) process.on(event, noteUnhandled);
  });
  afterAll(async () => {
    for (const event of EVENTS) process.off(event, noteUnhandled);
    await simulator.close();
  });
  beforeEach(async () => {
    await admin.reset();
    await traits.prepare?.(admin, [...targets, other]);
  });
  afterEach(async () => {
    for (const one of opened.splice(0).toReversed()) await one.close();
    expect(unhandled.splice(0)).toStrictEqual([]);
  });

  const register = <T extends Closable>(one: T): T => {
    opened.push(one);
    return one;
  };
  const urlOf = (secure: boolean): string => {
    const { tencentUrl, tencentTlsUrl, alibabaUrl, alibabaTlsUrl } = simulator;
    const [plain, tls] =
      cloud === "tencent" ? [tencentUrl, tencentTlsUrl] : [alibabaUrl, alibabaTlsUrl];
    return secure ? tls : plain;
  };
  const callOf = (of: readonly string[]): RerunCall => {
    return { claimId: randomUUID(), operation: traits.operation(of), targets: of };
  };
  return {
    traits,
    simulator: () => simulator,
    admin: () => admin,
    certificate: () => certificate,
    register,
    urlOf,
    callOf,
    open: async (secure = false, overrides = {}, port) => {
      const at = port === undefined ? { url: urlOf(secure) } : { port, secure };
      const config = { ca: secure ? simulator.caPem : null, ...overrides };
      const kind = PROVIDER_KIND_OF[traits.name];
      return register(await openProvider(aProviderConfig(kind, at, config)));
    },
    rerun: async ({ provider }, { signal = neverAborted, gate = openGate, of } = {}) =>
      provider.rerun(callOf(of ?? targets.slice(0, 1)), { gate, signal }),
    reruns: async () => (await admin.arrivals()).filter(({ effect }) => effect !== "read"),
  };
}

/** The simulator's key with another secret. */
export function keysWith(
  secret: string,
): Extract<ProviderConfig["credentials"], { type: "static" }> {
  const id = new Secret("test-id");
  return { type: "static", id, secret: new Secret(secret), token: null, reread: null };
}
