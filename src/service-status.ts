import type { Config } from "./config/config.ts";
import type { Intake } from "./inbound/intake.ts";
import type { RequestConsumer } from "./kafka/request-consumer.ts";
import { type Health, healthOf } from "./observability/health.ts";
import type { Log } from "./observability/log.ts";
import type { SampledGauges } from "./observability/metrics.ts";
import { Watchdog } from "./observability/watchdog.ts";
import type { Outbox } from "./outbound/outbox.ts";
import type { ProviderCounter } from "./provider-counter.ts";
import { PRIORITIES } from "./domain/rerun-request.ts";

export interface StatusParts {
  readonly config: Config;
  readonly version: string;
  readonly instance: string;
  readonly counters: readonly ProviderCounter[];
  readonly consumer: Pick<RequestConsumer, "health" | "lastFetchAt">;
  readonly intake: Pick<
    Intake,
    "blocked" | "full" | "openCount" | "uncommitted" | "lag" | "runnable" | "steps"
  >;
  readonly outbox: Pick<Outbox, "health">;
  readonly log: Pick<Log, "info" | "warn">;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** The watchdog looks this many times within `http.stallAfter`. */
const LOOKS_PER_STALL = 6;
/** How often the log tells of missing readiness, for those who do not read /readyz. */
const TELL_EVERY_MS = 5_000;

/** What the service says about itself: liveness, readiness, status, and the sampled metrics. */
export class ServiceStatus {
  readonly #parts: StatusParts;
  readonly #watchdog: Watchdog;
  #surroundings: readonly string[] = ["brokers, topics and registry were not looked at yet"];
  #draining = false;
  #toldNotReady = false;

  constructor(parts: StatusParts) {
    this.#parts = parts;
    this.#watchdog = new Watchdog({ stallAfterMs: parts.config.http.stallAfterMs, now: parts.now });
    for (const { config, lane, tracker } of parts.counters) {
      this.#watchdog.watch(() => stage(`lane ${config.name}`, lane));
      this.#watchdog.watch(() => stage(`tracking of ${config.name}`, tracker));
    }
    this.#watchdog.watch(() => stage("intake", parts.intake));
    this.#watchdog.watch(() => this.#fetching());
  }

  /** Looks at the stages and at readiness regularly until the returned function is called. */
  watch(): () => void {
    const everyMs = this.#parts.config.http.stallAfterMs / LOOKS_PER_STALL;
    const timers = [
      setInterval(() => this.#watchdog.live(), everyMs),
      setInterval(() => this.#tellReadiness(), TELL_EVERY_MS),
    ];
    return () => timers.forEach((timer) => clearInterval(timer));
  }

  /** What is wrong with brokers, topics and registry before consuming begins; nothing: all well. */
  surroundings(problems: readonly string[]): void {
    this.#surroundings = problems;
  }

  draining(): void {
    this.#draining = true;
  }

  live(): Health {
    return this.#watchdog.live();
  }

  ready(): Health {
    const { consumer, outbox, intake } = this.#parts;
    if (this.#surroundings.length > 0) return healthOf(this.#surroundings);
    const reasons = [
      this.#draining ? "draining" : null,
      consumer.health(),
      outbox.health(),
      ...intake.blocked().map(({ partition, why }) => `partition ${partition}: ${why}`),
    ];
    return healthOf(reasons.filter((reason) => reason !== null));
  }

  sample(gauges: SampledGauges): void {
    const { counters, intake, config } = this.#parts;
    for (const { config: provider, lane, tracker } of counters) {
      for (const priority of PRIORITIES) {
        gauges.laneQueueDepth(provider.name, priority, lane.depth[priority]);
      }
      gauges.laneInFlight(provider.name, lane.inFlight);
      gauges.trackedJobs(provider.name, tracker.size);
      if (lane.held !== null) gauges.laneHeld(provider.name, lane.held.why);
    }
    for (const [partition, records] of intake.lag()) {
      gauges.consumerLag(config.kafka.topics.requests, partition, Number(records));
    }
    for (const [partition, records] of intake.uncommitted()) {
      gauges.uncommittedRecords(partition, records);
    }
  }

  /** For `/status`: no secrets, no request's content. */
  describe(): object {
    const { version, instance, counters, intake, config } = this.#parts;
    const ready = this.ready();
    return {
      version,
      instance,
      ready: ready.ok,
      notReadyBecause: ready.reasons,
      stalled: this.live().reasons,
      notes: REMINDERS,
      lanes: counters.map(
        ({ config: provider, callsPerSecond, callsOfTheDay, lane, judge, tracker }) => ({
          provider: provider.name,
          kind: provider.kind,
          callsPerSecond,
          callsOfTheDay: callsOfTheDay(),
          sharesLimitsOf: provider.rateLimit.shareWith,
          waiting: lane.depth,
          inFlight: lane.inFlight,
          trackedJobs: tracker.size,
          judgedCalls: judge.size,
          held: lane.held,
        }),
      ),
      intake: {
        open: intake.openCount,
        maxWaiting: config.intake.maxWaiting,
        full: intake.full,
        blockedPartitions: intake.blocked().map(({ partition, since, why }) => ({
          partition,
          since: new Date(since).toISOString(),
          why,
        })),
        lag: Object.fromEntries(intake.lag()),
        uncommitted: Object.fromEntries(intake.uncommitted()),
      },
    };
  }

  #tellReadiness(): void {
    // Until consuming begins the surroundings are told as they are looked at; a drain tells itself.
    if (this.#surroundings.length > 0 || this.#draining) return;
    const { ok, reasons } = this.ready();
    if (!ok) this.#parts.log.warn("service.not-ready", { reasons });
    else if (this.#toldNotReady) this.#parts.log.info("service.ready-again");
    this.#toldNotReady = !ok;
  }

  /** Fetching is due whenever the group is joined: even paused partitions are asked about. */
  #fetching(): { name: string; runnable: boolean; steps: number } {
    const { consumer } = this.#parts;
    const runnable =
      this.#surroundings.length === 0 && !this.#draining && consumer.health() === null;
    return { name: "fetching from Kafka", runnable, steps: consumer.lastFetchAt ?? 0 };
  }
}

/** What this version does not do yet and its users must know; also told at start-up. */
export const REMINDERS: readonly string[] = [
  "claims are kept in memory: any restart or rebalance may repeat calls",
  "rate limits, callsPerDay and shareWith hold per process: run one replica per provider account; a restart forgets the calls of the day",
];

function stage(
  name: string,
  { runnable, steps }: { readonly runnable: boolean; readonly steps: number },
): { name: string; runnable: boolean; steps: number } {
  return { name, runnable, steps };
}
