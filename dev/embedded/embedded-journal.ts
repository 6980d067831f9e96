import type {
  JournalLog,
  LoggedRecord,
  LogRange,
  TailHandlers,
} from "../../src/journal/journal-log.ts";
import { pause } from "../../src/lifecycle/pause.ts";
import type { KafkaRecord } from "../../src/kafka/record.ts";
import type { EmbeddedTopic } from "./embedded-topic.ts";
import type { Link } from "./link.ts";

const RETRY_MS = 100;

/** The journal topic of an embedded cluster. */
export class EmbeddedJournal implements JournalLog {
  readonly #topic: EmbeddedTopic;
  readonly #link: Link;
  readonly #waitMs: number;
  readonly #closed = new AbortController();
  #trouble: string | null = null;

  /** `waitMs`: the longest that a read waits for something new. */
  constructor(topic: EmbeddedTopic, link: Link, waitMs: number) {
    this.#waitMs = waitMs;
    this.#topic = topic;
    this.#link = link;
  }

  async ranges(): Promise<readonly LogRange[]> {
    return this.#link.exchange("ask for ranges", () => [...this.#topic.ranges().values()]);
  }

  async recordsAt(
    offsets: ReadonlyMap<number, bigint>,
  ): Promise<ReadonlyMap<number, LoggedRecord>> {
    return this.#link.exchange("read the journal", () => {
      const found = new Map<number, LoggedRecord>();
      for (const [partition, offset] of offsets) {
        const record = this.#topic.at(partition, offset);
        if (record !== null) found.set(partition, logged(record));
      }
      return found;
    });
  }

  async append(partition: number, key: string, values: readonly Buffer[]): Promise<void> {
    const records = values.map((value) => ({ key, value, headers: {} }));
    await this.#link.exchange("append to the journal", () =>
      this.#topic.append(partition, records),
    );
  }

  async follow(from: ReadonlyMap<number, bigint>, handlers: TailHandlers): Promise<void> {
    void this.#tail(new Map(from), handlers);
    return Promise.resolve();
  }

  health(): string | null {
    return this.#trouble;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  async #tail(positions: Map<number, bigint>, handlers: TailHandlers): Promise<void> {
    while (!this.#closed.signal.aborted) {
      try {
        if (!(await this.#readOn(positions, handlers))) return;
        this.#trouble = null;
      } catch (error) {
        this.#trouble = error instanceof Error ? error.message : String(error);
        await pause(RETRY_MS, this.#closed.signal);
      }
    }
  }

  /** One read; false when there is to be no other. */
  async #readOn(positions: Map<number, bigint>, handlers: TailHandlers): Promise<boolean> {
    const asked = new Map(positions);
    const stretches = await this.#link.exchange("read the journal", async () => {
      await this.#topic.growsPast(asked, this.#waitMs);
      return [...asked].map(([partition, from]) => ({
        ...{ partition, from },
        ...this.#topic.read(partition, from),
      }));
    });
    if (this.#closed.signal.aborted) return false;
    for (const { partition, from, records, range } of stretches) {
      if (range.low > from) {
        handlers.onGap(partition, from, range.low);
        return false;
      }
      const last = records.at(-1);
      if (last === undefined) continue;
      positions.set(partition, last.offset + 1n);
      handlers.onRecords(partition, records.map(logged));
    }
    if (stretches.every(({ isToEnd }) => isToEnd)) handlers.onFetched();
    return true;
  }
}

function logged({ offset, timestamp, value }: KafkaRecord): LoggedRecord {
  return { offset, appendedAt: Number(timestamp), value };
}
