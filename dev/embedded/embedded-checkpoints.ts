import type { CheckpointStore, CheckpointValues } from "../../src/journal/checkpoint-store.ts";
import { pause } from "../../src/lifecycle/pause.ts";
import type { EmbeddedTopic } from "./embedded-topic.ts";
import type { Link } from "./link.ts";

const RETRY_MS = 100;

/**
 * The checkpoints or the control topic of an embedded cluster; nothing is compacted, the last value
 * counts.
 */
export class EmbeddedCheckpoints implements CheckpointStore {
  readonly #topic: EmbeddedTopic;
  readonly #link: Link;
  readonly #waitMs: number;
  readonly #closed = new AbortController();
  #next = 0n;

  /** `waitMs`: the longest that a read waits for something new. */
  constructor(topic: EmbeddedTopic, link: Link, waitMs: number) {
    this.#waitMs = waitMs;
    this.#topic = topic;
    this.#link = link;
  }

  async load(): Promise<CheckpointValues> {
    const values = new Map<string, Buffer>();
    // Also when an earlier load came to no end.
    this.#next = 0n;
    const read = async () => {
      return this.#link.exchange("read the checkpoints", () => this.#topic.read(0, this.#next));
    };
    for (let isToEnd = false; !isToEnd;) {
      const stretch = await read();
      for (const { key, value, offset } of stretch.records) {
        if (value === null) values.delete(String(key));
        else values.set(String(key), value);
        this.#next = offset + 1n;
      }
      isToEnd = stretch.isToEnd;
    }
    return values;
  }

  follow(onWrite: (key: string, value: Buffer | null) => void): void {
    void this.#tail(onWrite);
  }

  async write(key: string, value: Buffer | null): Promise<void> {
    const record = { key, value, headers: {} };
    await this.#link.exchange("write a checkpoint", () => this.#topic.append(0, [record]));
  }

  async close(): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }

  async #tail(onWrite: (key: string, value: Buffer | null) => void): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const from = this.#next;
      const stretch = await this.#link
        .exchange("read the checkpoints", async () => {
          await this.#topic.growsPast(new Map([[0, from]]), this.#waitMs);
          return this.#topic.read(0, from);
        })
        .catch(() => null);
      if (isOver(signal)) return;
      for (const { key, value, offset } of stretch?.records ?? []) {
        this.#next = offset + 1n;
        onWrite(String(key), value);
      }
      if (stretch === null) await pause(RETRY_MS, signal);
    }
  }
}

/** Asked anew each time: awaiting changes it. */
function isOver({ aborted }: AbortSignal): boolean {
  return aborted;
}
