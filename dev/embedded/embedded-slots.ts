import { pause } from "../../src/lifecycle/pause.ts";
import type { Appended, SlotLog, SlotTailHandlers } from "../../src/slots/slot-log.ts";
import type { EmbeddedTopic } from "./embedded-topic.ts";
import type { Link } from "./link.ts";

const RETRY_MS = 100;
const PARTITION = 0;

/** The slots topic of an embedded cluster: it has one leader and is read from its beginning. */
export class EmbeddedSlots implements SlotLog {
  readonly #topic: EmbeddedTopic;
  readonly #link: Link;
  readonly #waitMs: number;
  readonly #closed = new AbortController();
  #trouble: string | null = null;

  /** `waitMs`: the longest that a read waits for something new. */
  constructor(topic: EmbeddedTopic, link: Link, waitMs: number) {
    this.#topic = topic;
    this.#link = link;
    this.#waitMs = waitMs;
  }

  follow(_backMs: number, handlers: SlotTailHandlers): void {
    handlers.onBegin({ position: 0n, isTorn: false });
    void this.#tail(handlers);
  }

  async append(key: string, values: readonly Buffer[]): Promise<Appended> {
    return this.#link.exchange("append a slot", () => {
      const { high } = this.#topic.range(PARTITION);
      const records = values.map((value) => ({ key, value, headers: {} }));
      this.#topic.append(PARTITION, records);
      const appendedAt = Number(this.#topic.at(PARTITION, high)?.timestamp);
      return { offset: high, appendedAt };
    });
  }

  health(): string | null {
    return this.#trouble;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  #isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  async #tail(handlers: SlotTailHandlers): Promise<void> {
    let next = 0n;
    while (!this.#isClosed()) {
      try {
        const from = new Map([[PARTITION, next]]);
        const { records, isToEnd } = await this.#link.exchange("read the slots", async () => {
          await this.#topic.growsPast(from, this.#waitMs);
          return this.#topic.read(PARTITION, next);
        });
        if (this.#isClosed()) return;
        next = (records.at(-1)?.offset ?? next - 1n) + 1n;
        handlers.onRecords(
          records.map(({ offset, timestamp, value }) => {
            return { offset, appendedAt: Number(timestamp), leaderEpoch: 0, value };
          }),
        );
        if (isToEnd) handlers.onCaughtUp();
        this.#trouble = null;
      } catch (error) {
        this.#trouble = error instanceof Error ? error.message : String(error);
        await pause(RETRY_MS, this.#closed.signal);
      }
    }
  }
}
