import type { ProviderConfig } from "../config/config.ts";
import { type OperationName, PROVIDER_KIND_OF } from "../domain/operation.ts";
import type { AccountLimits } from "../lanes/account-limits.ts";
import type { Clock } from "../lanes/clock.ts";
import { RateLimits } from "../lanes/rate-limits.ts";
import { DayCount } from "./day-count.ts";
import { GroupLimits } from "./group-limits.ts";
import type { SlotEnd } from "./slot-ends.ts";
import { SlotKeeper } from "./slot-keeper.ts";
import type { SlotLedger } from "./slot-ledger.ts";
import { CALLS, DAY, type Limits, operationWindow, readWindow, TOTAL } from "./slot-record.ts";

export interface GroupLimitsOptions {
  readonly connections: readonly Pick<ProviderConfig, "name" | "kind" | "rateLimit">[];
  /** The read APIs of a connection, by its name. */
  readonly readsOf: (connection: string) => readonly string[];
  readonly ledger: SlotLedger;
  readonly clock: Clock;
  readonly count: (key: string, end: SlotEnd) => void;
}

/** The limits of each connection by its name, kept by the group; those that share them have the same. */
export function openGroupLimits(options: GroupLimitsOptions): ReadonlyMap<string, AccountLimits> {
  const { connections } = options;
  const own = new Map<string, AccountLimits>();
  for (const connection of connections) {
    if (connection.rateLimit.shareWith !== null) continue;
    own.set(connection.name, openOne(connection, options));
  }
  const limits = new Map(own);
  for (const { name, rateLimit } of connections) {
    const shared = own.get(rateLimit.shareWith ?? name);
    if (shared === undefined) throw new Error(`${name} shares the limits of nobody`);
    limits.set(name, shared);
  }
  return limits;
}

function openOne(
  { name: key, kind, rateLimit }: GroupLimitsOptions["connections"][number],
  { connections, readsOf, ledger, clock, count }: GroupLimitsOptions,
): AccountLimits {
  const { callsPerDay, readsPerSecond, perOperation } = rateLimit;
  const local = new RateLimits(rateLimit, clock);
  // The cast gives back the key type, which Object.keys() forgets.
  const all = Object.keys(PROVIDER_KIND_OF) as readonly OperationName[];
  const sharers = connections.filter((one) => (one.rateLimit.shareWith ?? one.name) === key);
  const actions = new Set(sharers.flatMap(({ name }) => readsOf(name)));
  const reads = Object.fromEntries([...actions].map((one) => [readWindow(one), readsPerSecond]));
  const operations = Object.fromEntries(
    Object.entries(perOperation).map(([operation, limit]) => [operationWindow(operation), limit]),
  );
  const limits = (): Limits => ({
    [CALLS]: local.perSecondNow,
    ...(local.totalNow === null ? {} : { [TOTAL]: local.totalNow }),
    ...(callsPerDay === null ? {} : { [DAY]: callsPerDay }),
    ...operations,
    ...reads,
  });
  const keeper = new SlotKeeper({
    ...{ key, ledger, limits, now: clock.now },
    operations: all.filter((operation) => PROVIDER_KIND_OF[operation] === kind),
    isLowered: () => local.isLowered,
    pausedUntil: () => local.pausedUntil,
    day: callsPerDay === null ? null : new DayCount(),
    count: (end) => count(key, end),
  });
  ledger.add(keeper);
  return new GroupLimits({
    ...{ local, keeper, clock, callsPerDay },
    brokersTime: () => ledger.time()?.hi ?? null,
  });
}
