import type { DeadLetterReason } from "../domain/dead-letter-reason.ts";
import type { Source } from "../domain/rerun-request.ts";
import type { KafkaRecord } from "../kafka/record.ts";
import { StoppedError } from "../lifecycle/repeated.ts";
import type { Log } from "../observability/log.ts";
import type { DeadLetters } from "../outbound/dead-letters.ts";

export interface LateDeadLettersParts {
  /**
   * The record that stands there; null when it is gone. Waits while the brokers are away, and rejects
   * with a `StoppedError` when the dispatcher ends meanwhile.
   */
  readonly read: (source: Source) => Promise<KafkaRecord | null>;
  readonly deadLetters: Pick<DeadLetters, "deadLetter">;
  readonly metrics: { deadLettered(reason: DeadLetterReason): void };
  /** Rejects with a `StoppedError` when the dispatcher ends meanwhile. */
  readonly pause: (ms: number) => Promise<void>;
  /** The record needs no further attention. */
  readonly complete: (source: Source) => void;
  readonly log: Pick<Log, "error">;
}

const TOO_LARGE_RETRY_MS = 30_000;

/**
 * Records that turn out to be dead letters after they were taken, when their bytes are kept no more.
 *
 * What is not published when the dispatcher ends is not complete either: whoever reads the record
 * again comes to the same.
 */
export class LateDeadLetters {
  readonly #parts: LateDeadLettersParts;

  constructor(parts: LateDeadLettersParts) {
    this.#parts = parts;
  }

  /** A record whose id is another request's goes to the dead letters with all its bytes. */
  async conflict(source: Source, message: string): Promise<void> {
    await unlessStopped(async () => {
      const record = await this.#parts.read(source);
      if (record === null) this.#tellGone(source);
      const told = record === null ? `${message} (its bytes were deleted by retention)` : message;
      await this.#publish(source, record, "conflicting-request-id", told);
    });
  }

  /**
   * A record that was deleted before it was worked: who asked for what is not known any more, which
   * is all that can be told.
   */
  async gone(source: Source): Promise<void> {
    this.#tellGone(source);
    await unlessStopped(async () =>
      this.#publish(source, null, "empty", "its bytes were deleted before its turn came"),
    );
  }

  #tellGone({ partition, offset }: Source): void {
    this.#parts.log.error("dead-letter.record-gone", { partition, offset });
  }

  async #publish(
    source: Source,
    record: KafkaRecord | null,
    reason: DeadLetterReason,
    message: string,
  ): Promise<void> {
    const { deadLetters, metrics, complete, pause } = this.#parts;
    const gone = { ...source, timestamp: "0", key: null, value: null, headers: {} };
    for (let isPublished = false; !isPublished;) {
      const end = await deadLetters.deadLetter(record ?? gone, reason, message);
      isPublished = end.kind === "published";
      if (!isPublished) await pause(TOO_LARGE_RETRY_MS);
    }
    metrics.deadLettered(reason);
    complete(source);
  }
}

async function unlessStopped(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
  }
}
