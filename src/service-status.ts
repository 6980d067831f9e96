import type { Backbone } from "./backbone.ts";
import type { Config } from "./config/config.ts";
import type { OrdersInForce } from "./control/order-book.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { PRIORITIES } from "./domain/rerun-request.ts";
import { describeHeld } from "./lanes/hold.ts";
import { type Health, healthOf } from "./observability/health.ts";
import type { Log } from "./observability/log.ts";
import type { SampledGauges } from "./observability/metrics.ts";
import { type StageReport, Watchdog } from "./observability/watchdog.ts";

export interface StatusParts {
  readonly config: Config;
  readonly version: string;
  readonly instance: string;
  readonly backbone: Pick<Backbone, "consumer" | "publisher" | "journal">;
  /** Null until the surroundings are as they must be. */
  readonly dispatcher: () => Dispatcher | null;
  /** What operators ordered for a lane; null until that is known. */
  readonly ordersFor: (lane: string) => OrdersInForce | null;
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
    this.#watchdog.watch(() => this.#stages());
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
    if (this.#surroundings.length > 0) return healthOf(this.#surroundings);
    const { backbone } = this.#parts;
    const dispatcher = this.#parts.dispatcher();
    const blocked = dispatcher?.intake.blocked() ?? [];
    const reasons = [
      this.#draining ? "draining" : null,
      dispatcher === null ? "the journal is not read yet" : this.#journalTrouble(dispatcher),
      backbone.consumer.health(),
      dispatcher?.ledger?.health() ?? null,
      dispatcher?.outbox.health() ?? null,
      ...blocked.map(({ partition, why }) => `partition ${partition}: ${why}`),
    ];
    return healthOf(reasons.filter((reason) => reason !== null));
  }

  sample(gauges: SampledGauges): void {
    const { config } = this.#parts;
    const dispatcher = this.#parts.dispatcher();
    if (dispatcher === null) return;
    const { counters, intake, overflow, replica } = dispatcher;
    for (const { config: provider, lane, tracker, rate } of counters) {
      for (const priority of PRIORITIES) {
        gauges.laneQueueDepth(provider.name, priority, lane.depth[priority]);
      }
      gauges.laneWaitingOutside(provider.name, overflow.sizeOf(provider.name));
      gauges.laneInFlight(provider.name, lane.inFlight);
      gauges.trackedJobs(provider.name, tracker.size);
      gauges.callsPerSecondLimit(provider.name, rate());
      for (const { why } of lane.held) gauges.laneHeld(provider.name, why);
      gauges.breakerState(provider.name, lane.breaker);
    }
    gauges.slotClockWidth(dispatcher.ledger?.figures.clockWidthMs ?? 0);
    for (const [partition, records] of intake.lag()) {
      gauges.consumerLag(config.kafka.topics.requests, partition, Number(records));
    }
    for (const [partition, records] of intake.uncommitted()) {
      gauges.uncommittedRecords(partition, records);
    }
    gauges.journal({
      open: replica.partitions.reduce((sum, { openCount }) => sum + openCount, 0),
      finished: replica.partitions.reduce((sum, { finished }) => sum + finished.size, 0),
      guarded: replica.partitions.reduce((sum, { guards }) => sum + guards.targets.size, 0),
      unread: Number(replica.missingCount ?? 0n),
    });
  }

  /** For `/status`: no secrets, no request's content. */
  describe(): object {
    const { version, instance, config } = this.#parts;
    const dispatcher = this.#parts.dispatcher();
    const ready = this.ready();
    return {
      version,
      instance,
      ready: ready.ok,
      notReadyBecause: ready.reasons,
      stalled: this.live().reasons,
      notes: remindersOf(this.#parts.config),
      throttle: { scope: config.throttle.scope, ...dispatcher?.ledger?.figures },
      lanes: dispatcher === null ? [] : lanesOf(dispatcher, this.#parts.ordersFor),
      journal: dispatcher === null ? null : journalOf(dispatcher),
      intake: dispatcher === null ? null : intakeOf(dispatcher, this.#parts.config),
    };
  }

  #journalTrouble({ replica }: Dispatcher): string | null {
    const trouble = replica.health();
    if (trouble === null) return null;
    const why = this.#parts.backbone.journal.health();
    return why === null ? trouble : `${trouble}: ${why}`;
  }

  #tellReadiness(): void {
    // Until consuming begins the surroundings are told as they are looked at; a drain tells itself.
    if (this.#surroundings.length > 0 || this.#draining) return;
    const { ok, reasons } = this.ready();
    if (!ok) this.#parts.log.warn("service.not-ready", { reasons });
    else if (this.#toldNotReady) this.#parts.log.info("service.ready-again");
    this.#toldNotReady = !ok;
  }

  #stages(): readonly StageReport[] {
    const dispatcher = this.#parts.dispatcher();
    if (dispatcher === null || this.#surroundings.length > 0) return [];
    const { counters, intake, journal } = dispatcher;
    const { backbone } = this.#parts;
    // Whoever has fetched lately has brokers: then what waits for an answer should get one.
    const isReached = backbone.consumer.health() === null || dispatcher.replica.isOpen;
    const waiting = ({ name, runnable, steps }: StageReport): StageReport => {
      return { name, runnable: runnable && isReached, steps };
    };
    const appending = [...journal.queues].map(([key, { isBusy, steps }]): StageReport => {
      return { name: `writing to the journal for ${key}`, runnable: isBusy, steps };
    });
    return [
      ...counters.flatMap(({ config: { name }, lane, tracker }) => [
        stage(`lane ${name}`, lane),
        stage(`tracking of ${name}`, tracker),
      ]),
      stage("intake", intake),
      waiting(stage("recall", dispatcher.recall)),
      ...appending.map(waiting),
      ...backbone.publisher.stages().map(waiting),
      this.#readingJournal(dispatcher),
      this.#fetching(),
    ];
  }

  /** The journal is read all the time; only brokers that are away are an excuse. */
  #readingJournal({ replica }: Dispatcher): StageReport {
    const { backbone } = this.#parts;
    const runnable = !this.#draining && backbone.consumer.health() === null;
    return { name: "reading the journal", runnable, steps: replica.fetches };
  }

  /** Fetching is due whenever the group is joined: even paused partitions are asked about. */
  #fetching(): StageReport {
    const { consumer } = this.#parts.backbone;
    const runnable = !this.#draining && consumer.health() === null;
    return { name: "fetching from Kafka", runnable, steps: consumer.lastFetchAt ?? 0 };
  }
}

/** What users must know of this config; also told at start-up. */
export function remindersOf({ throttle }: Pick<Config, "throttle">): readonly string[] {
  return throttle.scope === "group" ? [] : [PER_PROCESS];
}

const PER_PROCESS =
  "throttle.scope is instance: rate limits, callsPerDay and shareWith hold per process: run one replica per provider account, or divide the limits; a restart forgets the calls of the day";

function lanesOf(
  { counters, overflow }: Dispatcher,
  ordersFor: StatusParts["ordersFor"],
): readonly object[] {
  return counters.map(({ config: provider, rate, callsOfTheDay, lane, judge, tracker }) => ({
    provider: provider.name,
    kind: provider.kind,
    callsPerSecond: rate(),
    limitedTo: ordersFor(provider.name)?.limit?.callsPerSecond ?? null,
    callsOfTheDay: callsOfTheDay(),
    sharesLimitsOf: provider.rateLimit.shareWith,
    waiting: lane.depth,
    waitingOutsideOfMemory: overflow.sizeOf(provider.name),
    waitingFor: lane.waits,
    inFlight: lane.inFlight,
    trackedJobs: tracker.size,
    judgedCalls: judge.size,
    held: lane.held.map(describeHeld),
    breaker: lane.breaker,
  }));
}

function journalOf({ replica, journal }: Dispatcher): object {
  return {
    open: replica.isOpen,
    unreadRecords: replica.missingCount,
    unreadableRecords: replica.unreadableCount,
    drivenClaims: journal.drivenCount,
    partitions: replica.partitions.map(({ position, border, openCount, finished, targets }) => ({
      position,
      summarisedTo: border,
      openRequests: openCount,
      finishedRequests: finished.size,
      targets: targets.size,
    })),
  };
}

function intakeOf({ intake }: Dispatcher, config: Config): object {
  return {
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
  };
}

function stage(name: string, { runnable, steps }: Omit<StageReport, "name">): StageReport {
  return { name, runnable, steps };
}
