import { assertNever } from "../domain/assert-never.ts";
import type { ReceivedRequest } from "../domain/rerun-request.ts";
import type { KafkaRecord } from "../kafka/record.ts";
import type { DeadLetterReason } from "../domain/dead-letter-reason.ts";
import type { DeadLetters } from "../outbound/dead-letters.ts";
import { jitteredDelayMs, pause } from "./backoff.ts";
import type { DecodedRequest, RequestDecoder } from "./decode-request.ts";
import type { Desk } from "./desk.ts";
import type { PartitionPauses, PauseReason } from "./partition-pauses.ts";

/** A partition that cannot go on, since when (milliseconds since the epoch) and why, for people. */
export interface Blocked {
  readonly partition: number;
  readonly since: number;
  readonly why: string;
}

export interface IntakeMetrics {
  /** `provider` is what the request names; whether it is configured is not known here. */
  requestReceived(provider: string, operation: string): void;
  deadLettered(reason: DeadLetterReason): void;
  /** Records were delivered again that the checkpoint knows as complete. */
  completeAgain(records: number): void;
}

export interface PipelineParts {
  readonly partition: number;
  readonly decoder: Pick<RequestDecoder, "decode">;
  readonly desk: Pick<Desk, "receive" | "reject">;
  readonly deadLetters: Pick<DeadLetters, "deadLetter">;
  readonly metrics: IntakeMetrics;
  readonly pauses: Pick<PartitionPauses, "hold" | "release">;
  /** Records that may wait here, beyond which the partition is paused. */
  readonly backlogLimit: number;
  /** The record stands in the dead-letter topic: its offset is complete. */
  readonly deadLettered: (offset: bigint) => void;
  /** A record that `close` named as going on was not brought to its end after all. */
  readonly abandoned: (record: KafkaRecord, receivedAt: number) => void;
  /** `stuckCount` changed. */
  readonly stuckChanged: () => void;
  /** Something threw that never should. */
  readonly failed: (error: unknown) => void;
}

/**
 * After so many records without a wait the event loop gets a turn: some 3 ms for each partition, so that
 * with many of them calls still come to their slots in time while a backlog is read in.
 */
const TURN = 32;
const REGISTRY_FIRST_MS = 200;
const REGISTRY_CAP_MS = 10_000;
const TOO_LARGE_RETRY_MS = 30_000;
/** A dead letter usually takes milliseconds; only one that does not is worth telling. */
const DEAD_LETTER_PATIENCE_MS = 5_000;

interface Arrival {
  readonly record: KafkaRecord;
  readonly receivedAt: number;
}

/**
 * Takes the records of one partition to the desk or to the dead letters, one by one, in order.
 *
 * Where it cannot go on it waits, says so, and keeps its partition paused; it touches no other.
 */
export class PartitionPipeline {
  readonly #parts: PipelineParts;
  readonly #stop = new AbortController();
  #queue: Arrival[] = [];
  #head = 0;
  #running = false;
  #steps = 0;
  #lastWork: Promise<void> = Promise.resolve();
  #blocked: { readonly since: number; readonly why: string; readonly shownFrom: number } | null =
    null;
  #dying: bigint | null = null;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  /** Returns at once. After `close` nothing is taken any more. */
  add(record: KafkaRecord, receivedAt: number): void {
    if (this.#isClosed()) return;
    this.#queue.push({ record, receivedAt });
    if (this.#backlog >= this.#parts.backlogLimit) this.#hold("backlog");
    if (this.#running) return;
    this.#running = true;
    this.#lastWork = this.#work().catch((error: unknown) => {
      // After `close` only a dead letter can be under way, and waiting for Kafka was given up.
      if (!this.#isClosed()) this.#parts.failed(error);
    });
  }

  /**
   * Hands nothing over any more. Returns the offset of the dead letter that is being published, if
   * any: it ends by `deadLettered` or `abandoned`.
   */
  close(): ReadonlySet<bigint> {
    this.#stop.abort();
    this.#queue = [];
    this.#head = 0;
    return new Set(this.#dying === null ? [] : [this.#dying]);
  }

  /** Resolves when nothing is under way any more; after `close` that is the last dead letter. */
  async settled(): Promise<void> {
    await this.#lastWork;
  }

  /** Why it does not go on; null when it does. */
  blocked(now = Date.now()): Blocked | null {
    if (this.#blocked === null || now < this.#blocked.shownFrom) return null;
    const { since, why } = this.#blocked;
    return { partition: this.#parts.partition, since, why };
  }

  /** Whether there is a record that could be worked now. */
  get runnable(): boolean {
    return this.#running && this.#blocked === null && !this.#isClosed();
  }

  /** Grows with every record that was worked. */
  get steps(): number {
    return this.#steps;
  }

  /** How many records wait behind the one that cannot go on. */
  get stuckCount(): number {
    return this.#blocked === null ? 0 : this.#backlog;
  }

  get #backlog(): number {
    return this.#queue.length - this.#head;
  }

  async #work(): Promise<void> {
    for (let next = this.#next(); next !== null; next = this.#next()) {
      await this.#take(next);
      this.#steps += 1;
      if (this.#head < TURN) continue;
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #next(): Arrival | null {
    const next = this.#queue[this.#head];
    if (next === undefined) {
      this.#queue = [];
      this.#head = 0;
      // Here and not after the loop: a record may come before the loop's promise has settled.
      this.#running = false;
      return null;
    }
    this.#head += 1;
    if (this.#backlog * 2 < this.#parts.backlogLimit) this.#release("backlog");
    return next;
  }

  async #take(arrival: Arrival): Promise<void> {
    const { decoder, desk } = this.#parts;
    const { record, receivedAt } = arrival;
    const decoded = await this.#decoded(async () => decoder.decode(record, receivedAt));
    // The partition may have been lost meanwhile: then it is somebody else's.
    if (decoded === null || this.#isClosed()) return;
    switch (decoded.kind) {
      case "request": {
        const { received } = decoded;
        this.#countReceived(received);
        return this.#heed(arrival, desk.receive(received));
      }
      case "senseless": {
        const { request, reason, source, trace } = decoded;
        this.#countReceived(decoded);
        return this.#heed(arrival, desk.reject({ request, reason, source, receivedAt, trace }));
      }
      case "dead-letter":
        return this.#deadLetter(arrival, decoded.reason, decoded.message);
      default:
        return assertNever(decoded);
    }
  }

  #countReceived({ request }: Pick<ReceivedRequest, "request">): void {
    this.#parts.metrics.requestReceived(request.provider, request.operation.kind);
  }

  /** What the desk does not take becomes a dead letter. */
  async #heed(arrival: Arrival, answer: ReturnType<Desk["receive"]>): Promise<void> {
    if (answer.kind === "taken") return;
    await this.#deadLetter(arrival, "conflicting-request-id", answer.message);
  }

  /** Decodes until it is known what the record is; null when the partition was lost before. */
  async #decoded(
    decode: () => Promise<DecodedRequest>,
  ): Promise<Exclude<DecodedRequest, { kind: "unavailable" }> | null> {
    const { signal } = this.#stop;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const decoded = await decode();
      if (decoded.kind !== "unavailable") {
        this.#unblock("registry");
        return decoded;
      }
      this.#block("registry", `the schema registry is unavailable: ${decoded.message}`);
      await pause(jitteredDelayMs(attempt, REGISTRY_FIRST_MS, REGISTRY_CAP_MS), signal);
    }
    return null;
  }

  async #deadLetter(arrival: Arrival, reason: DeadLetterReason, message: string): Promise<void> {
    const { record, receivedAt } = arrival;
    while (!this.#isClosed()) {
      this.#dying = record.offset;
      this.#block("dead-letter", `offset ${record.offset}: its dead letter is not published yet`);
      const end = await this.#parts.deadLetters.deadLetter(record, reason, message);
      this.#dying = null;
      if (end.kind === "published") {
        this.#unblock("dead-letter");
        this.#parts.metrics.deadLettered(reason);
        this.#parts.deadLettered(record.offset);
        return;
      }
      if (this.#isClosed()) {
        this.#parts.abandoned(record, receivedAt);
        return;
      }
      const why = `offset ${record.offset}: too large for the dead-letter topic: ${end.message}`;
      this.#block("dead-letter", why, "at once");
      await pause(TOO_LARGE_RETRY_MS, this.#stop.signal);
    }
  }

  #block(why: "registry" | "dead-letter", text: string, shown?: "at once"): void {
    const since = this.#blocked?.since ?? Date.now();
    const patienceMs = why === "registry" || shown !== undefined ? 0 : DEAD_LETTER_PATIENCE_MS;
    // Once it is shown it stays so until the end, however the reason changes.
    const shownFrom = Math.min(since + patienceMs, this.#blocked?.shownFrom ?? Infinity);
    this.#blocked = { since, why: text, shownFrom };
    if (patienceMs === 0) this.#hold(why);
    this.#parts.stuckChanged();
  }

  #unblock(why: PauseReason): void {
    if (this.#blocked === null) return;
    this.#blocked = null;
    this.#release(why);
    this.#parts.stuckChanged();
  }

  #isClosed(): boolean {
    return this.#stop.signal.aborted;
  }

  #hold(why: PauseReason): void {
    // A lost partition's pauses are not ours, even if it was regained by another pipeline.
    if (!this.#isClosed()) this.#parts.pauses.hold(this.#parts.partition, why);
  }

  #release(why: PauseReason): void {
    if (!this.#isClosed()) this.#parts.pauses.release(this.#parts.partition, why);
  }
}
