import type { Kafka } from "kafkajs";

import { pause } from "../lifecycle/pause.ts";
import type { Log } from "../observability/log.ts";
import { asError } from "../wire/as-error.ts";
import { type FetchedMessage, PartitionReader } from "./partition-reader.ts";
import type { Gap, Step, TailPosition } from "./tail-position.ts";
import { TailStretch } from "./tail-stretch.ts";
import type { OffsetRange } from "./topic-reader.ts";
import { NoAnswer, within } from "./within.ts";

/** Who gets what is read. Everything is called synchronously; what is thrown ends the tail. */
export interface TopicTailHandlers {
  onMessages(partition: number, messages: readonly FetchedMessage[]): void;
  /** Records are not there any more. The tail has ended. */
  onGap(partition: number, gap: Gap): void;
  /** Everything was handed over that stood in any partition `FRESH_MS` ago. */
  onCaughtUp(): void;
}

export interface TopicTailParts {
  /** With few retries of its own: what fails is tried again here, with its reason told meanwhile. */
  readonly kafka: Kafka;
  readonly topic: string;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** The tail has ended and cannot go on; told once. */
  readonly onFailure: (error: Error) => void;
}

/** Connecting, with TLS and a password, and asking every leader for the ends of its partitions. */
const OPEN_WITHIN_MS = 8_000;
/** Twelve times what an answer takes when there is nothing to read. */
const PATIENCE_MS = 3_000;
/** On a slow line an answer full of records takes longer than that, and must get through some day. */
const LONGEST_PATIENCE_MS = 30_000;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 500;
const QUIET_MS = 2_000;

/**
 * Reads a whole topic for as long as the process lives: each record once, in the order of its
 * partition.
 *
 * A stretch of reading ends with the first error of any kind; the next one gets new connections and
 * goes on at the own positions, once it has seen that the log still has them.
 */
export class TopicTail {
  readonly #parts: TopicTailParts;
  readonly #positions: ReadonlyMap<number, TailPosition>;
  readonly #handlers: TopicTailHandlers;
  readonly #ended = new AbortController();
  readonly #farewells = new Set<Promise<void>>();
  #life: Promise<void> = Promise.resolve();
  #stretch: TailStretch | null = null;
  /** Why the tail has ended. */
  #end: string | null = null;
  #trouble: string | null = "connecting";
  /** Whether it was caught up since the last trouble. */
  #isWell = false;
  #caughtUpAt: number;
  #slowAnswers = 0;

  /** `positions`: of every partition that the topic has. */
  constructor(
    parts: TopicTailParts,
    positions: ReadonlyMap<number, TailPosition>,
    handlers: TopicTailHandlers,
  ) {
    this.#parts = parts;
    this.#positions = positions;
    this.#handlers = handlers;
    this.#caughtUpAt = parts.now();
  }

  /** Resolves when reading has begun or is being tried again. Once only. */
  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#life = this.#live(resolve);
    });
  }

  /** Why nothing is being read, in words for people; null when all is well. */
  health(): string | null {
    const { topic, now } = this.#parts;
    if (this.#end !== null) return `${topic} is not read any more: ${this.#end}`;
    const quietMs = now() - this.#caughtUpAt;
    if (quietMs < QUIET_MS) return null;
    const lag = [...this.#positions.values()].reduce((sum, position) => sum + position.lag, 0n);
    const why =
      this.#trouble ?? (lag > 0n ? `${lag} more records to read` : "the brokers do not answer");
    return `${topic} has not been read to its end for ${Math.round(quietMs / 1_000)} s: ${why}`;
  }

  /** Hands over nothing more. Resolves when all connections are closed or the time is over. */
  async close(timeoutMs: number): Promise<void> {
    this.#finish("closed");
    const closed = this.#life.then(async () => Promise.all(this.#farewells));
    await within(closed, timeoutMs, "a farewell").catch((error: unknown) => {
      this.#parts.log.debug("tail.not-closed", { topic: this.#parts.topic, error });
    });
  }

  async #live(begun: () => void): Promise<void> {
    for (let failures = 0; this.#end === null; failures++) {
      const error = await this.#readOnce(begun);
      begun();
      if (error === null || this.#hasEnded()) return;
      if (this.#isWell) failures = 0;
      this.#isWell = false;
      this.#trouble = error.message;
      // One line per outage; kafkajs tells each attempt.
      const level = failures === 0 ? "warn" : "debug";
      this.#parts.log[level]("tail.interrupted", { topic: this.#parts.topic, error });
      await pause(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures), this.#ended.signal);
    }
    begun();
  }

  /** One stretch; its error, or null when there is to be no other. */
  async #readOnce(begun: () => void): Promise<Error | null> {
    const { kafka, topic, now } = this.#parts;
    const reader = new PartitionReader(kafka, topic);
    try {
      const leaders = await within(reader.open(), OPEN_WITHIN_MS, `connecting for ${topic}`);
      const ranges = await within(reader.ranges(), OPEN_WITHIN_MS, `the ends of ${topic}`);
      if (this.#hasEnded() || !this.#restart(ranges)) return null;
      this.#trouble = null;
      begun();
      this.#stretch = new TailStretch({
        ...{ reader, topic, leaders, now, positions: this.#positions },
        patienceMs: Math.min(LONGEST_PATIENCE_MS, PATIENCE_MS * 2 ** this.#slowAnswers),
        onStep: (partition, step) => this.#guarded(() => this.#take(partition, step)),
        onCaughtUp: () => this.#guarded(() => this.#complete()),
      });
      await this.#readTo(this.#stretch);
      return null;
    } catch (error) {
      return asError(error);
    } finally {
      this.#stretch = null;
      this.#part(reader);
    }
  }

  async #readTo(stretch: TailStretch): Promise<void> {
    try {
      await stretch.read();
    } catch (error) {
      if (error instanceof NoAnswer) this.#slowAnswers += 1;
      throw error;
    }
  }

  /** Whether the log, as it is now, can be read from where we are. */
  #restart(ranges: ReadonlyMap<number, OffsetRange>): boolean {
    for (const [partition, position] of this.#positions) {
      const range = ranges.get(partition) ?? { low: 0n, high: 0n };
      const gap = position.restart(range);
      if (gap !== null) {
        this.#guarded(() => this.#take(partition, gap));
        return false;
      }
    }
    if (ranges.size === this.#positions.size) return true;
    const [found, followed] = [ranges.size, this.#positions.size];
    this.#fail(new Error(`${this.#parts.topic} has ${found} partitions instead of ${followed}`));
    return false;
  }

  #take(partition: number, step: Step): void {
    if (step.kind === "gap") {
      this.#finish(`partition ${partition} lacks records: ${gapText(step)}`);
      this.#handlers.onGap(partition, step);
    } else if (step.messages.length > 0) {
      this.#handlers.onMessages(partition, step.messages);
    }
  }

  #complete(): void {
    if (!this.#isWell) this.#parts.log.info("tail.caught-up", { topic: this.#parts.topic });
    this.#isWell = true;
    this.#slowAnswers = 0;
    this.#caughtUpAt = this.#parts.now();
    this.#handlers.onCaughtUp();
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      // A record may not have been taken: nothing that comes later may be handed over.
      this.#fail(asError(error));
    }
  }

  #fail(error: Error): void {
    this.#finish(error.message);
    this.#parts.log.fatal("tail.failed", { topic: this.#parts.topic, error });
    this.#parts.onFailure(error);
  }

  #finish(why: string): void {
    this.#end ??= why;
    this.#ended.abort();
    this.#stretch?.stop();
  }

  #hasEnded(): boolean {
    return this.#end !== null;
  }

  /** In the background: a farewell may take as long as the brokers are away. */
  #part(reader: PartitionReader): void {
    const farewell = reader
      .close()
      .catch((error: unknown) => this.#parts.log.debug("tail.not-disconnected", { error }))
      .finally(() => this.#farewells.delete(farewell));
    this.#farewells.add(farewell);
  }
}

function gapText({ expected, found }: Gap): string {
  if (found > expected) return `it goes on at ${found}, not at ${expected}`;
  return `it was read up to ${expected}, and ends or is another one from ${found} on`;
}
