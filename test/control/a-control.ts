import type { ControlLog } from "../../src/control/control-log.ts";
import { type ControlledLane, LaneControl } from "../../src/control/lane-control.ts";
import { encodeOrder, type LaneOrder } from "../../src/control/lane-order.ts";
import type { Pause } from "../../src/lanes/hold.ts";
import { RecordingLog } from "../inbound/recording-log.ts";

/** A control topic of one process in which a write is told at once, to everybody who follows. */
export class ManualControlLog implements ControlLog {
  readonly values = new Map<string, Buffer>();
  /** Keys in the order of their writes, with `-` before those that were deleted. */
  readonly writes: string[] = [];
  /** Writes reject while it is. */
  isAway = false;
  readonly #followers: ((key: string, value: Buffer | null) => void)[] = [];

  load: ControlLog["load"] = async () => Promise.resolve(new Map(this.values));
  follow: ControlLog["follow"] = (onWrite) => void this.#followers.push(onWrite);
  close: ControlLog["close"] = async () => Promise.resolve();

  write: ControlLog["write"] = async (key, value) => {
    if (this.isAway) return Promise.reject(new Error("no broker"));
    this.writes.push(value === null ? `-${key}` : key);
    if (value === null) this.values.delete(key);
    else this.values.set(key, value);
    for (const follower of this.#followers) follower(key, value);
    return Promise.resolve();
  };

  /** Somebody gives an order. */
  order(key: string, order: LaneOrder): void {
    void this.write(key, encodeOrder(order));
  }
}

/** An order that lasts until another one comes. */
export function anOrder<O extends LaneOrder["order"]>(
  order: O,
  overrides: Partial<Extract<LaneOrder, { order: O }>> = {},
): LaneOrder {
  const common = { id: `${order}-1`, who: "ann@desk", reason: "an incident", at: 1000 };
  const own = order === "limit" ? { callsPerSecond: 5, until: null } : { until: null };
  // What is put together here is what the caller's type says.
  return { order, ...common, ...(order === "resume" ? {} : own), ...overrides } as LaneOrder;
}

/** A lane that remembers what it was told. */
export class ObedientLane implements ControlledLane {
  readonly name: string;
  readonly limitsOf: string;
  paused: Pause | null = null;
  limit: number | null = null;
  looks = 0;
  inFlight = 0;

  constructor(name: string, limitsOf = name) {
    this.name = name;
    this.limitsOf = limitsOf;
  }

  pause: ControlledLane["pause"] = (pause) => (this.paused = pause);
  limitTo: ControlledLane["limitTo"] = (limit) => (this.limit = limit);
  lookAtClock: ControlledLane["lookAtClock"] = () => void (this.looks += 1);
  state: ControlledLane["state"] = () => ({
    ...{ waiting: 3, inFlight: this.inFlight, callsPerSecond: this.limit ?? 20 },
    ...{ held: [], breaker: "closed" },
  });
}

/** Lanes of one instance under control of a topic. Needs fake timers. */
export function aControl(lanes: readonly ObedientLane[], topic = new ManualControlLog()) {
  const log = new RecordingLog();
  const abandon = new AbortController();
  const control = new LaneControl({
    ...{ topic, lanes, log, instance: "instance-1", signal: abandon.signal },
    clock: { epoch: () => Date.now() },
  });
  const begin = async () => control.begin(await topic.load());
  return { control, topic, log, abandon, begin };
}
