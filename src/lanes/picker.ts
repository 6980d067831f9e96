import type { OperationName } from "../domain/operation.ts";
import type { Hold } from "./hold.ts";
import { Preparation, type Prepare, type Prepared, UNPREPARED } from "./preparation.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { Queued, RequestQueue } from "./request-queue.ts";

/** What a lane needs of its account's limits. */
export type LaneLimits = Pick<
  RateLimits,
  "ticket" | "gateFor" | "opensAt" | "usedUp" | "limitsTheDay" | "perSecond" | "perSecondOf"
>;

export interface PickerParts {
  readonly queue: RequestQueue;
  readonly hold: Hold;
  readonly limits: LaneLimits;
  readonly prepare: Prepare | null;
  /** The journal's position now. */
  readonly position: () => bigint;
  /** Whether the target is called, judged or followed by anybody. */
  readonly isHeld: (target: string) => boolean;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Something may be picked that could not be picked before. */
  readonly onReady: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** What is read or has been read before its call, in seconds' worth of calls. */
const PREPARED_SECONDS = 1.5;

/** While the lane is held only the probe is read, and the one in its place. */
const PREPARED_WHILE_HELD = 2;

/**
 * Decides which of a lane's requests goes next, and when: by the lane's order among those that are
 * prepared and whose operation may go now.
 */
export class Picker {
  readonly #parts: PickerParts;
  readonly #preparation: Preparation | null;
  #lastProbe: Queued | null = null;

  constructor(parts: PickerParts) {
    this.#parts = parts;
    this.#preparation = this.#createPreparation();
  }

  /** Monotonic instant from which `first` may name something; `Infinity` when nothing waits. */
  opensAt(): number {
    const { queue, hold } = this.#parts;
    const now = this.#parts.now();
    const opensAt = (operation: OperationName) => this.#operationOpensAt(operation);
    const dueAt = queue.nextDueAt(now, opensAt);
    if (this.#preparation === null || hold.opensAt > now) return Math.max(dueAt, hold.opensAt);
    // What is due and not staged stands behind what is.
    return Math.min(this.#preparation.opensAt(opensAt), dueAt > now ? dueAt : Infinity);
  }

  /** The one that goes now. The last probe comes last: it may be what the provider dislikes. */
  first(): Queued | undefined {
    const { queue, hold } = this.#parts;
    const now = this.#parts.now();
    const mayGo = (operation: OperationName) => this.#operationOpensAt(operation) <= now;
    const last = hold.held === null ? null : this.#lastProbe;
    if (this.#preparation !== null) return this.#preparation.first(mayGo, last);
    return queue.first(now, mayGo, last);
  }

  /** Takes what `first` named, for its call: what was read of it, and whether it probes. */
  take(waiting: Queued): Prepared & { readonly isProbe: boolean } {
    const { queue, hold } = this.#parts;
    const prepared = this.#preparation?.take(waiting) ?? UNPREPARED;
    queue.take(waiting);
    const isProbe = hold.called();
    this.#lastProbe = isProbe ? waiting : null;
    return { ...prepared, isProbe };
  }

  /** Puts what `first` named aside until the target is free. */
  park(waiting: Queued, target: string): void {
    if (this.#preparation === null) this.#parts.queue.park(waiting, target);
    else this.#preparation.park(waiting, target);
  }

  /** Takes out what `first` named: somebody else has it. */
  drop(waiting: Queued): void {
    this.#preparation?.drop(waiting);
    this.#parts.queue.drop(waiting);
  }

  /** Prepares what stands near the head; nothing while nothing may be called for long. */
  prepare(): void {
    const { hold, limits } = this.#parts;
    if (hold.opensAt > this.#parts.now()) this.#preparation?.clear();
    else if (limits.usedUp() === null) this.#preparation?.fill();
  }

  /** Drops those that wait no more: they expired or were forgotten. */
  dropGone(): void {
    this.#preparation?.dropGone();
    if (this.#lastProbe?.place === "gone") this.#lastProbe = null;
  }

  /** Nothing is picked any more. */
  stop(): void {
    this.#preparation?.clear();
  }

  #operationOpensAt(operation: OperationName): number {
    return this.#parts.limits.opensAt(operation, this);
  }

  #createPreparation(): Preparation | null {
    const { prepare, queue, hold, limits, now, onReady, onFailure } = this.#parts;
    const { position, isHeld } = this.#parts;
    if (prepare === null) return null;
    // They would use up what the day has for reruns.
    if (prepare.mode === "auto" && limits.limitsTheDay) return null;
    const windowOf = (operation: OperationName) =>
      hold.held === null
        ? Math.ceil(limits.perSecondOf(operation) * PREPARED_SECONDS)
        : PREPARED_WHILE_HELD;
    return new Preparation({
      ...{ prepare, queue, now, windowOf, position, isHeld, onRead: onReady, onFailure },
    });
  }
}
