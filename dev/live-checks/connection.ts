import type { ProviderConfig } from "../../src/config/config.ts";
import type { Provider, ReadTurns } from "../../src/domain/provider.ts";
import { RateLimits } from "../../src/lanes/rate-limits.ts";
import { openProvider } from "../../src/providers/open-provider.ts";
import { openProbe, type Probe } from "./probe.ts";

/** A configured connection as the checks use it: the product's adapter, under one slow limit. */
export interface Connection {
  readonly config: ProviderConfig;
  readonly provider: Provider;
  readonly probe: Probe;
  readonly limits: RateLimits;
  readonly turns: ReadTurns;
  readonly signal: AbortSignal;
  close(): void;
}

export interface ConnectionOptions {
  /** Reruns and reads together. */
  readonly perSecond: number;
  readonly signal: AbortSignal;
}

/** Opens a connection. Asks nobody anything yet. */
export async function openConnection(
  config: ProviderConfig,
  { perSecond, signal }: ConnectionOptions,
): Promise<Connection> {
  const rate = { callsPerSecond: perSecond, readsPerSecond: perSecond, totalPerSecond: perSecond };
  const limits = new RateLimits(
    // What was called today already is not known here, so a day cannot be kept to.
    { ...rate, perOperation: {}, callsPerDay: null, shareWith: null },
    { now: () => performance.now(), epoch: () => Date.now() },
  );
  const turns = limits.turns({ signal, onRead: () => undefined });
  const opened = await openProvider(config);
  const probe = await openProbe(config, turns);
  return {
    ...{ config, provider: opened.provider, probe, limits, turns, signal },
    close: () => {
      probe.close();
      opened.close();
    },
  };
}
