import type { ProviderConfig } from "./config/config.ts";
import type { Journal } from "./journal/journal.ts";
import type { Clock } from "./lanes/call-once.ts";
import { Lane, type LaneDesk } from "./lanes/lane.ts";
import { SendGate } from "./lanes/send-gate.ts";
import { Throttle } from "./lanes/throttle.ts";
import type { Packing } from "./lanes/waiting-request.ts";
import type { Metrics } from "./observability/metrics.ts";
import type { OpenProvider } from "./providers/open-provider.ts";
import type { Counter } from "./request-desk.ts";
import { JobTracker } from "./tracking/job-tracker.ts";

export interface CounterParts {
  readonly opened: OpenProvider;
  readonly journal: Journal;
  readonly packing: Packing;
  readonly desk: LaneDesk;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Aborts calls that still run when the drain is over. */
  readonly abandon: AbortSignal;
}

/** Everything that serves one provider connection: its adapter, its lane, its tracker. */
export interface ProviderCounter extends Counter {
  readonly config: ProviderConfig;
  readonly lane: Lane;
  readonly tracker: JobTracker;
}

/** Builds the lane and the tracker of an open provider connection. */
export function createCounter(parts: CounterParts): ProviderCounter {
  const { config, provider } = parts.opened;
  const { kind, operations } = provider;
  return { config, kind, operations, lane: laneOf(parts), tracker: trackerOf(parts) };
}

function laneOf(parts: CounterParts): Lane {
  const { opened, journal, packing, desk, metrics, clock, random, abandon } = parts;
  const { provider, config } = opened;
  const { name, rateLimit, retry, maxConcurrentCalls } = config;
  const throttle = new Throttle({ perSecond: rateLimit.callsPerSecond });
  const gate = new SendGate({
    limit: rateLimit.callsPerSecond,
    now: clock.now,
    onLeft: (at) => metrics.callStarted(name, at),
  });
  return new Lane({
    ...{ name, provider, journal, packing, gate, clock, abandon, desk },
    ...{ retry, maxConcurrentCalls, random },
    ticket: async () => throttle.ticket(),
    meter: {
      throttleWaited: (ms) => metrics.throttleWaited(name, ms),
      claimed: (result, ms) => metrics.claimEnded(result, ms),
      called: (operation, end, durationMs) =>
        metrics.callEnded({ provider: name, operation, result: end.kind, durationMs, requests: 1 }),
    },
  });
}

function trackerOf({ opened, desk, metrics, clock }: CounterParts): JobTracker {
  const { provider, config } = opened;
  const { name, rateLimit, track } = config;
  const throttle = new Throttle({ perSecond: rateLimit.readsPerSecond });
  return new JobTracker({
    provider,
    gate: new SendGate({ limit: rateLimit.readsPerSecond, now: clock.now }),
    ticket: async () => throttle.ticket(),
    ...track,
    now: clock.now,
    onRead: (reading) => {
      const result = reading.kind === "unreadable" ? reading.result : "accepted";
      for (const action of provider.reads) metrics.readEnded(name, action, result);
    },
    onFailure: (error) => desk.failed(error),
  });
}
