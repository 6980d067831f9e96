import { setMaxListeners } from "node:events";
import type { RateLimitConfig } from "../../src/config/config.ts";
import type { ProviderKind } from "../../src/domain/operation.ts";
import type { AccountLimits } from "../../src/lanes/account-limits.ts";
import { Repeated } from "../../src/lifecycle/repeated.ts";
import { silentLog } from "../../src/observability/silent-log.ts";
import { openGroupLimits } from "../../src/slots/open-group-limits.ts";
import { SlotLedger } from "../../src/slots/slot-ledger.ts";
import { EmbeddedSlots } from "../../dev/embedded/embedded-slots.ts";
import { EmbeddedTopic } from "../../dev/embedded/embedded-topic.ts";
import type { Errand, Link } from "../../dev/embedded/link.ts";

/** What one process has of the group's limits, on a topic in memory. */
export interface Replica {
  readonly limits: AccountLimits;
  readonly ledger: SlotLedger;
  /** How often its slots ended in which way. */
  readonly ends: Map<string, number>;
  /** Its monotonic clock. */
  readonly now: () => number;
  /** Ends it from one moment to the next. */
  readonly die: () => void;
}

export const KEY = "account";

/** A slots topic in memory whose clock can be set. */
export function aSlotsTopic() {
  const clock = { offsetMs: 0 };
  const topic = new EmbeddedTopic("slots", 1, () => Math.floor(Date.now() + clock.offsetMs));
  return { topic, clock };
}

interface ReplicaLine {
  readonly kind?: ProviderKind;
  /** How long a message takes, one way. */
  readonly delayMs?: number;
  /** Whether what is asked now reaches nobody. */
  readonly isLost?: (errand: Errand) => boolean;
}

let replicas = 0;

/** A process whose monotonic clock begins anywhere, on a line that takes a few milliseconds. */
export function aReplica(
  topic: EmbeddedTopic,
  rateLimit: Partial<RateLimitConfig> = {},
  { kind = "tencent-wedata", delayMs = 2, isLost = () => false }: ReplicaLine = {},
): Replica {
  replicas += 1;
  const origin = replicas * 1_234_567.25;
  const clock = { now: () => performance.now() + origin, epoch: () => Date.now() };
  const dead = new AbortController();
  setMaxListeners(0, dead.signal);
  const passed = async () => new Promise((resolve) => setTimeout(resolve, delayMs));
  const link: Link = {
    exchange: async (errand, serve) => {
      await passed();
      if (isLost(errand)) throw new Error("nobody answered");
      const served = await serve();
      await passed();
      if (dead.signal.aborted) return new Promise(() => undefined);
      return served;
    },
  };
  const log = new EmbeddedSlots(topic, link, 250);
  const ends = new Map<string, number>();
  const ledger = new SlotLedger({
    ...{ log, instance: `replica-${replicas}`, now: clock.now, tell: silentLog },
    ...{ repeated: new Repeated(dead.signal), onRestarted: () => undefined },
  });
  const limits = openGroupLimits({
    connections: [
      {
        ...{ name: KEY, kind },
        rateLimit: {
          ...{ callsPerSecond: 20, readsPerSecond: 20, perOperation: {} },
          ...{ totalPerSecond: null, callsPerDay: null, shareWith: null },
          ...rateLimit,
        },
      },
    ],
    ...{ readsOf: () => ["look", "list"], ledger, clock },
    count: (_, end) => ends.set(end, (ends.get(end) ?? 0) + 1),
  }).get(KEY);
  if (limits === undefined) throw new Error("the limits have a name");
  ledger.start();
  const die = () => {
    dead.abort();
    void log.close();
  };
  return { limits, ledger, ends, now: clock.now, die };
}

/** The most departures in any second. */
export function mostInASecond(departures: readonly number[]): number {
  const sorted = departures.toSorted((a, b) => a - b);
  const counts = sorted.map((at) => sorted.filter((one) => one >= at && one < at + 1000).length);
  return Math.max(0, ...counts);
}
