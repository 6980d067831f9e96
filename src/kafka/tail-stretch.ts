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
  readonly onStep: (partition: number, step: Step) => void;
  /** Everything was handed over that stood in the log at some moment since it was last called. */
  readonly onRound: () => void;
}

/** Reading from every leader at once, until the first thing goes wrong. */
export class TailStretch {
  readonly #parts: StretchParts;
  readonly #ended = new AbortController();
  /** Leaders that have yet to answer in this round. */
  readonly #awaited: Set<string>;

  constructor(parts: StretchParts) {
    this.#parts = parts;
    this.#awaited = new Set(parts.leaders.map(({ nodeId }) => nodeId));
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
    const { reader, topic, patienceMs, onStep } = this.#parts;
    const positions = leader.partitions.map((partition) => this.#position(partition));
    const what = `a fetch of ${topic} from broker ${leader.nodeId}`;
    while (!this.#isEnded()) {
      const before = positions.map(({ fetchFrom }) => fetchFrom);
      const from = (partition: number) => this.#position(partition).fetchFrom;
      const answer = await within(reader.fetch(leader, from), patienceMs, what);
      for (const fetched of answer) {
        if (this.#isEnded()) return;
        onStep(fetched.partition, this.#position(fetched.partition).take(fetched));
      }
      if (this.#isEnded()) return;
      if (positions.every(({ isCaughtUp }) => isCaughtUp)) this.#complete(leader);
      // Such an answer comes at once: what is left of a compacted batch holds no record.
      const isStuck = positions.some(
        ({ fetchFrom, lag }, index) => lag > 0n && fetchFrom === before[index],
      );
      if (isStuck) await pause(MAX_WAIT_MS, this.#ended.signal);
    }
  }

  /** A round is over when every leader has answered in it, so that none of them is silent for long. */
  #complete({ nodeId }: Leader): void {
    this.#awaited.delete(nodeId);
    if (this.#awaited.size > 0) return;
    for (const leader of this.#parts.leaders) this.#awaited.add(leader.nodeId);
    this.#parts.onRound();
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
