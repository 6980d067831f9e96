import type { Config } from "./config/config.ts";
import type { AccountLimits } from "./lanes/account-limits.ts";
import type { Clock } from "./lanes/clock.ts";
import { rateLimitsOf } from "./lanes/rate-limits.ts";
import { Repeated } from "./lifecycle/repeated.ts";
import type { Log } from "./observability/log.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { OpenProvider } from "./providers/open-provider.ts";
import { openGroupLimits } from "./slots/open-group-limits.ts";
import { SlotLedger } from "./slots/slot-ledger.ts";
import type { SlotLog } from "./slots/slot-log.ts";

export interface LimitsParts {
  readonly config: Config;
  readonly providers: readonly OpenProvider[];
  readonly slots: SlotLog;
  readonly instance: string;
  readonly metrics: Pick<Metrics, "slotEnded" | "slotsRestarted">;
  readonly log: Log;
  readonly clock: Clock;
  readonly abandon: AbortSignal;
}

/** The limits of every connection, and what all replicas know of them together. */
export interface OpenLimits {
  /** By the connection's name. */
  readonly limits: ReadonlyMap<string, AccountLimits>;
  /** Null: each process keeps its limits for itself. */
  readonly ledger: SlotLedger | null;
}

/** Opens the limits in the scope that the config names. Nothing is read or written yet. */
export function openLimits(parts: LimitsParts): OpenLimits {
  const { config, providers, slots, instance, metrics, log, clock, abandon } = parts;
  if (config.throttle.scope === "instance") {
    return { limits: rateLimitsOf(config.providers, clock), ledger: null };
  }
  const ledger = new SlotLedger({
    ...{ log: slots, instance, now: clock.now, tell: log },
    repeated: new Repeated(abandon),
    onRestarted: () => metrics.slotsRestarted(),
  });
  const readsOf = (name: string) =>
    providers.find(({ config: one }) => one.name === name)?.provider.reads ?? [];
  const limits = openGroupLimits({
    ...{ connections: config.providers, readsOf, ledger, clock },
    count: (key, end) => metrics.slotEnded(key, end),
  });
  return { limits, ledger };
}
