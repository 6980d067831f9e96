import { pause } from "../lifecycle/pause.ts";
import { type Leader, MAX_WAIT_MS, type PartitionReader } from "./partition-reader.ts";
import type { Step, TailPosition } from "./tail-position.ts";
import { within } from "./within.ts";

export interface StretchParts {
  readonly reader: Pick<PartitionReader, "fetch">;
  readonly topic: string;
  readonly leaders: readonly Leader[];
  /** Of every partition. */
  readonly positions: ReadonlyMap<number, TailPosition>;
  /** How long an answer may take. */
  readonly patienceMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly onStep: (partition: number, step: Step) => void;
  /** Everything was handed over that stood in any partition `FRESH_MS` ago. */
  readonly onCaughtUp: () => void;
}

/**
 * How old it may be what is known of the log's end: a process may be frozen for minutes with answers
 * in its sockets.
 */
export const FRESH_MS = 1_000;

/** Reading from every leader at once, until the first thing goes wrong. */
export class TailStretch {
  readonly #parts: StretchParts;
  readonly #ended = new AbortController();
  /** By leader, when that was asked whose answer left nothing to be read. */
  readonly #caughtUp = new Map<string, number>();

  constructor(parts: StretchParts) {
    this.#parts = parts;
  }

  /**
   * Rejects with what went wrong, or resolves after `stop`; nothing is handed over any more then,
   * also when answers are still on their way.
   */
  async read(): Promise<void> {
    try {
      await Promise.all(this.#parts.leaders.map(async (leader) => this.#follow(leader)));
    } finally {
      this.stop();
    }
  }

  stop(): void {
    this.#ended.abort();
  }

  async #follow(leader: Leader): Promise<void> {
    const { reader, topic, patienceMs, now, onStep } = this.#parts;
    const positions = leader.partitions.map((partition) => this.#position(partition));
    const what = `a fetch of ${topic} from broker ${leader.nodeId}`;
    while (!this.#isEnded()) {
      const before = positions.map(({ fetchFrom }) => fetchFrom);
      const from = (partition: number) => this.#position(partition).fetchFrom;
      const askedAt = now();
      const answer = await within(reader.fetch(leader, from), patienceMs, what);
      for (const fetched of answer) {
        if (this.#isEnded()) return;
        onStep(fetched.partition, this.#position(fetched.partition).take(fetched));
      }
      if (this.#isEnded()) return;
      if (positions.every(({ isCaughtUp }) => isCaughtUp)) this.#complete(leader, askedAt);
      // Such an answer comes at once: what is left of a compacted batch holds no record.
      const isStuck = positions.some(
        ({ fetchFrom, lag }, index) => lag > 0n && fetchFrom === before[index],
      );
      if (isStuck) await pause(MAX_WAIT_MS, this.#ended.signal);
    }
  }

  #complete({ nodeId }: Leader, askedAt: number): void {
    const { leaders, now, onCaughtUp } = this.#parts;
    this.#caughtUp.set(nodeId, askedAt);
    const since = now() - FRESH_MS;
    // One broker that is silent keeps back what the others would vouch for.
    const isFresh = ({ nodeId }: Leader) => (this.#caughtUp.get(nodeId) ?? -Infinity) >= since;
    if (leaders.every(isFresh)) onCaughtUp();
  }

  #position(partition: number): TailPosition {
    const position = this.#parts.positions.get(partition);
    if (position === undefined) throw new Error(`nobody follows partition ${partition}`);
    return position;
  }

  #isEnded(): boolean {
    return this.#ended.signal.aborted;
  }
}
