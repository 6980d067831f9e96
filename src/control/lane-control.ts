import type { CheckpointValues } from "../journal/checkpoint-store.ts";
import type { Clock } from "../lanes/clock.ts";
import type { Pause } from "../lanes/hold.ts";
import { Repeated } from "../lifecycle/repeated.ts";
import type { Log } from "../observability/log.ts";
import type { ControlLog } from "./control-log.ts";
import { parseControlKey } from "./control-key.ts";
import type { LaneOrder } from "./lane-order.ts";
import { LaneReporter } from "./lane-reporter.ts";
import { type LaneReport, parseReport } from "./lane-report.ts";
import { OrderBook, type OrdersInForce } from "./order-book.ts";

/** A lane that obeys operators. */
export interface ControlledLane {
  readonly name: string;
  /** The connection whose limits it uses up: itself, or the one that it shares with. */
  readonly limitsOf: string;
  pause(pause: Pause | null): void;
  /** No more calls in a second than this; null: as many as are configured. */
  limitTo(callsPerSecond: number | null): void;
  lookAtClock(): void;
  state(): Omit<LaneReport, "at" | "heard" | "limitedTo">;
}

export interface LaneControlParts {
  readonly topic: ControlLog;
  readonly lanes: readonly ControlledLane[];
  /** This process, and no other before or after it. */
  readonly instance: string;
  readonly log: Log;
  readonly clock: Pick<Clock, "epoch">;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** How late it may be noticed that an order or a window begins or ends while nothing happens. */
const LOOK_EVERY_MS = 1_000;
/** Whoever has not reported for this long was killed and takes nothing back itself. */
const FORGOTTEN_AFTER_MS = 3_600_000;

/**
 * Makes the lanes of this instance obey what stands in the control topic, and reports how they
 * stand. While the topic cannot be read the last known orders stay in force.
 */
export class LaneControl {
  readonly #parts: LaneControlParts;
  readonly #book = new OrderBook();
  readonly #reporter: LaneReporter;
  readonly #repeated: Repeated;
  /** What each lane was made to obey last. */
  readonly #obeyed = new Map<string, OrdersInForce>();

  constructor(parts: LaneControlParts) {
    this.#parts = parts;
    this.#repeated = new Repeated(parts.signal);
    this.#reporter = new LaneReporter({
      ...parts,
      epoch: parts.clock.epoch,
      lanes: parts.lanes.map((lane) => ({
        name: lane.name,
        report: () => ({
          ...lane.state(),
          limitedTo: this.inForce(lane.name).limit?.callsPerSecond ?? null,
          heard: this.#book.heard(lane.name),
        }),
      })),
    });
  }

  /**
   * Takes what stood in the topic when it was loaded, and then what comes. Every lane obeys when
   * this returns.
   */
  begin(values: CheckpointValues): void {
    for (const [key, value] of values) this.#take(key, value);
    this.#look();
    this.#parts.topic.follow((key, value) => this.#take(key, value));
    this.#repeated.every(LOOK_EVERY_MS, async () => {
      this.#look();
      return Promise.resolve();
    });
    this.#reporter.start();
    this.#forgetDead(values);
  }

  /** The orders that a lane obeys. */
  inForce(lane: string): OrdersInForce {
    return this.#obeyed.get(lane) ?? { pause: null, limit: null };
  }

  /** Reports no more. Resolves when the topic says so or the time is over. */
  async end(timeoutMs: number): Promise<void> {
    this.#repeated.stop();
    await this.#reporter.farewell(timeoutMs);
  }

  #take(key: string, value: Buffer | null): void {
    const { lanes, log } = this.#parts;
    const taken = this.#book.take(key, value);
    if (taken.kind === "ignored") {
      log.warn("control.order-ignored", { key: key.slice(0, 200), why: taken.why });
    }
    if (taken.kind !== "order") return;
    const lane = lanes.find(({ name }) => name === taken.lane);
    if (lane !== undefined) this.#obey(lane);
    else log.info("control.order-ignored", { key, why: "this instance has no such lane" });
  }

  /** Orders end by themselves, windows begin, and the wall clock may be set. */
  #look(): void {
    for (const lane of this.#parts.lanes) {
      this.#obey(lane);
      lane.lookAtClock();
    }
  }

  #obey(lane: ControlledLane): void {
    const before = this.inForce(lane.name);
    const now = this.#book.inForce(lane.name, this.#parts.clock.epoch());
    if (now.pause?.id === before.pause?.id && now.limit?.id === before.limit?.id) return;
    this.#obeyed.set(lane.name, now);
    this.#tell(lane.name, before, now);
    if (now.limit?.id !== before.limit?.id) this.#limit(lane.limitsOf);
    if (now.pause?.id !== before.pause?.id) lane.pause(pauseBy(now.pause));
  }

  /** Lanes that share limits obey the lowest of their orders together. */
  #limit(limitsOf: string): void {
    const sharers = this.#parts.lanes.filter((lane) => lane.limitsOf === limitsOf);
    const ordered = sharers.map(({ name }) => this.inForce(name).limit?.callsPerSecond ?? Infinity);
    const lowest = Math.min(...ordered);
    for (const lane of sharers) lane.limitTo(lowest === Infinity ? null : lowest);
  }

  /** The trace that orders leave in the log: who, why, until when. */
  #tell(provider: string, before: OrdersInForce, now: OrdersInForce): void {
    const { log } = this.#parts;
    const { pause, limit } = now;
    if (pause !== null && pause.id !== before.pause?.id) {
      log.warn("lane.paused", { provider, ...auditOf(pause) });
    }
    if (limit !== null && limit.id !== before.limit?.id) {
      const { callsPerSecond } = limit;
      log.warn("lane.limited", { provider, callsPerSecond, ...auditOf(limit) });
    }
    const newest = this.#book.newest(provider);
    for (const matter of ["pause", "limit"] as const) {
      const [ended, by] = [before[matter], newest[matter]];
      if (ended === null || now[matter] !== null) continue;
      const event = matter === "pause" ? "lane.resumed" : "lane.unlimited";
      // Nobody ordered it: its time was over, or it was taken out of the topic.
      if (by?.order === "resume") log.info(event, { provider, ...auditOf(by) });
      else log.info(event, { provider, ended: auditOf(ended) });
    }
  }

  /** In the background; whoever else does the same at this moment does no harm. */
  #forgetDead(values: CheckpointValues): void {
    const { topic, clock, log } = this.#parts;
    const isDead = (value: Buffer) =>
      clock.epoch() - (parseReport(value)?.at ?? -Infinity) > FORGOTTEN_AFTER_MS;
    for (const [key, value] of values) {
      if (parseControlKey(key)?.kind !== "report" || !isDead(value)) continue;
      topic.write(key, null).catch((error: unknown) => {
        log.debug("control.report-not-forgotten", { key, error });
      });
    }
  }
}

function pauseBy(order: OrdersInForce["pause"]): Pause | null {
  if (order === null) return null;
  return { message: `by ${order.who}: ${order.reason}`, until: order.until };
}

function auditOf(order: LaneOrder): object {
  const { id, who, reason, at } = order;
  const until = order.order === "resume" ? null : order.until;
  return { who, reason, at: isoOf(at), until: until === null ? null : isoOf(until), orderId: id };
}

function isoOf(epoch: number): string {
  return new Date(epoch).toISOString();
}
