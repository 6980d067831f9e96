import type { Backbone } from "../../src/backbone.ts";
import { pause } from "../../src/lifecycle/pause.ts";
import type { OutgoingRecord, PublishEnd } from "../../src/kafka/outgoing-record.ts";
import type { EmbeddedCluster } from "./embedded-cluster.ts";
import type { Link } from "./link.ts";

const RETRY_MS = 100;

/** Writes records to the topics of an embedded cluster, in the order of asking for each topic. */
export class EmbeddedPublisher {
  readonly #cluster: EmbeddedCluster;
  readonly #link: Link;
  readonly #signal: AbortSignal;
  readonly #turns = new Map<string, Promise<unknown>>();
  #waiting = 0;
  #steps = 0;
  #trouble: string | null = null;

  /** `signal` ends all waiting. */
  constructor(cluster: EmbeddedCluster, link: Link, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#link = link;
    this.#signal = signal;
  }

  /** Resolves when the record stands in its topic; rejects with the signal's reason. */
  async publish(topic: string, record: OutgoingRecord): Promise<PublishEnd> {
    this.#signal.throwIfAborted();
    const before = this.#turns.get(topic) ?? Promise.resolve();
    this.#waiting += 1;
    const turn = before.then(async () => this.#deliver(topic, record));
    const over = turn.catch(() => undefined).then(() => (this.#waiting -= 1));
    this.#turns.set(topic, over);
    return turn;
  }

  health(): string | null {
    return this.#trouble;
  }

  stages(): ReturnType<Backbone["publisher"]["stages"]> {
    return [{ name: "publishing", runnable: this.#waiting > 0, steps: this.#steps }];
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }

  async #deliver(topic: string, record: OutgoingRecord): Promise<PublishEnd> {
    for (;;) {
      this.#signal.throwIfAborted();
      try {
        await this.#link.exchange("publish", () => this.#cluster.topic(topic).appendByKey(record));
        this.#trouble = null;
        return { kind: "published" };
      } catch (error) {
        this.#trouble = error instanceof Error ? error.message : String(error);
        await pause(RETRY_MS, this.#signal);
      } finally {
        this.#steps += 1;
      }
    }
  }
}
