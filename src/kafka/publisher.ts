import type { OutgoingRecord, PublishEnd } from "./outgoing-record.ts";
import { TopicQueue, type PublisherParts } from "./topic-queue.ts";

/**
 * Writes records to topics and waits as long as that takes.
 *
 * Records of one topic are written in the order of asking, with one produce in flight; after a lost
 * acknowledgement they are written again, so readers must expect repeats. Topics do not wait for
 * each other.
 */
export class RecordPublisher {
  readonly #parts: PublisherParts;
  readonly #queues = new Map<string, TopicQueue>();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /**
   * Resolves once the brokers acknowledged the record or found it too large. Whatever else is
   * wrong, a missing topic included, is waited for and told by `health()`. Rejects with the
   * signal's reason when it aborts first; the record may then have been written or not.
   */
  async publish(topic: string, record: OutgoingRecord): Promise<PublishEnd> {
    let queue = this.#queues.get(topic);
    if (queue === undefined) {
      queue = new TopicQueue(topic, this.#parts);
      this.#queues.set(topic, queue);
    }
    return queue.add(record);
  }

  /** What keeps records from being written, for people; null when nothing does. */
  health(): string | null {
    const troubles = [...this.#queues.values()].map((queue) => queue.health());
    return troubles.filter((trouble) => trouble !== null).join("; ") || null;
  }

  /** For the watchdog: one for each topic that was written to. */
  stages(): readonly {
    readonly name: string;
    readonly runnable: boolean;
    readonly steps: number;
  }[] {
    return [...this.#queues].map(([topic, queue]) => ({
      name: `publishing to ${topic}`,
      runnable: queue.isBusy,
      steps: queue.steps,
    }));
  }

  /** Disconnects. For when nothing is being published any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map(async (queue) => queue.close()));
  }
}
