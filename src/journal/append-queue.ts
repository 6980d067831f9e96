import { pause } from "../lifecycle/pause.ts";
import type { JournalLog } from "./journal-log.ts";

export interface AppendQueueParts {
  readonly log: Pick<JournalLog, "append">;
  readonly partition: number;
  readonly key: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Ends all waiting: what is not acknowledged by then stays unfinished for ever. */
  readonly signal: AbortSignal;
  /** How many steps were counted before it, under its name. */
  readonly stepsBefore: number;
  /** Told each failed attempt. */
  readonly onTrouble: (error: unknown) => void;
}

interface Waiting {
  readonly value: Buffer;
  /** Monotonic instant after which it must not be sent any more. */
  readonly dropAt: number;
  readonly end: (isWritten: boolean) => void;
}

const MAX_BATCH_RECORDS = 200;
const MAX_BATCH_BYTES = 400 * 1024;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 500;

/**
 * One connection's records on their way into the journal: in the order of asking, one produce in
 * flight, and what comes meanwhile makes the next batch.
 *
 * So a CLAIM stands before its own RELEASE. What failed is sent again until it is acknowledged, so
 * records may stand in the journal several times; only a CLAIM that is too old is dropped.
 */
export class AppendQueue {
  readonly #parts: AppendQueueParts;
  #waiting: Waiting[] = [];
  #isPumping = false;
  #steps: number;
  #sendingSince: number | null = null;

  constructor(parts: AppendQueueParts) {
    this.#parts = parts;
    this.#steps = parts.stepsBefore;
  }

  /** Whether anything waits to be acknowledged. */
  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  /** Counts acknowledged batches, and the steps before. */
  get steps(): number {
    return this.#steps;
  }

  /** How long the present batch is under way, in milliseconds; 0 when there is none. */
  get stuckMs(): number {
    return this.#sendingSince === null ? 0 : this.#parts.now() - this.#sendingSince;
  }

  /**
   * Resolves with true once all in-sync replicas have the record, or with false when it was not sent
   * by `dropAt` (monotonic) or the signal aborted: then it may stand there all the same.
   */
  async append(value: Buffer, dropAt = Infinity): Promise<boolean> {
    if (this.#parts.signal.aborted) return false;
    return new Promise((resolve) => {
      this.#waiting.push({ value, dropAt, end: resolve });
      if (this.#isPumping) return;
      this.#isPumping = true;
      // Whatever else this turn of the loop has to write goes into the same batch.
      setImmediate(() => void this.#pump());
    });
  }

  async #pump(): Promise<void> {
    const { log, partition, key, signal, now, onTrouble } = this.#parts;
    const endAll = () => this.#endAll();
    // The produce in flight may never end.
    signal.addEventListener("abort", endAll, { once: true });
    let failures = 0;
    while (this.#waiting.length > 0 && !signal.aborted) {
      this.#dropOld();
      const batch = this.#batch();
      if (batch.length === 0) continue;
      this.#sendingSince ??= now();
      try {
        await log.append(
          partition,
          key,
          batch.map(({ value }) => value),
        );
      } catch (error) {
        onTrouble(error);
        await pause(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures), signal);
        failures += 1;
        continue;
      }
      failures = 0;
      this.#sendingSince = null;
      this.#steps += 1;
      this.#waiting = this.#waiting.slice(batch.length);
      for (const { end } of batch) end(true);
    }
    signal.removeEventListener("abort", endAll);
    // It may have aborted before anybody listened.
    this.#endAll();
    this.#isPumping = false;
    this.#sendingSince = null;
  }

  #endAll(): void {
    for (const { end } of this.#waiting.splice(0)) end(false);
  }

  #dropOld(): void {
    const now = this.#parts.now();
    const isOld = ({ dropAt }: Waiting) => dropAt <= now;
    const old = this.#waiting.filter(isOld);
    if (old.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => !isOld(one));
    for (const { end } of old) end(false);
  }

  #batch(): readonly Waiting[] {
    let bytes = 0;
    const end = this.#waiting.findIndex(({ value }, index) => {
      bytes += value.length;
      return index === MAX_BATCH_RECORDS || (index > 0 && bytes > MAX_BATCH_BYTES);
    });
    return this.#waiting.slice(0, end === -1 ? this.#waiting.length : end);
  }
}
