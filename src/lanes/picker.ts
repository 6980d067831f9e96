import type { OperationName } from "../domain/operation.ts";
import type { AccountLimits } from "./account-limits.ts";
import type { Member } from "./claim-batch.ts";
import type { Gatherer } from "./gatherer.ts";
import type { Hold } from "./hold.ts";
import { Preparation, type Prepare } from "./preparation.ts";
import type { Queued, RequestQueue } from "./request-queue.ts";

/** What a lane needs of its account's limits. */
export type LaneLimits = Pick<
  AccountLimits,
  "ticket" | "gateFor" | "opensAt" | "usedUp" | "limitsTheDay" | "perSecond" | "perSecondOf"
>;

export interface PickerParts {
  readonly queue: RequestQueue;
  readonly gatherer: Gatherer;
  readonly hold: Hold;
  readonly limits: LaneLimits;
  readonly prepare: Prepare | null;
  /** The journal's position now. */
  readonly position: () => bigint;
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

  /** How many calls could be made now, were it not for the pace, at the most. */
  get couldMake(): number {
    if (this.#preparation !== null) return this.#preparation.readyCount;
    const { early, blocked, delayed, parked } = this.#parts.queue.waits;
    return this.#parts.queue.size - early - blocked - delayed - parked;
  }

  /** Monotonic instant from which `first` may name something; `Infinity` when nothing waits. */
  opensAt(): number {
    const { queue, hold } = this.#parts;
    const now = this.#parts.now();
    const opensAt = (operation: OperationName) => this.#operationOpensAt(operation);
    const dueAt = queue.nextDueAt(now, opensAt);
    const isHeld = hold.opensAt > now || hold.soundsFirst;
    if (this.#preparation === null || isHeld) return Math.max(dueAt, hold.opensAt);
    // What is due and not staged stands behind what is.
    return Math.min(this.#preparation.opensAt(opensAt), dueAt > now ? dueAt : Infinity);
  }

  /** The one that goes now. The last probe comes last: it may be what the provider dislikes. */
  first(): Queued | undefined {
    const { queue, hold } = this.#parts;
    const now = this.#parts.now();
    const mayGo = this.#mayGo(now);
    const last = hold.isProbed ? this.#lastProbe : null;
    if (this.#preparation !== null) return this.#preparation.first(mayGo, last);
    return queue.first(now, mayGo, last);
  }

  /** Takes what `first` named for its call, with what goes along, and whether it probes. */
  take(head: Queued): { readonly members: readonly Member[]; readonly isProbe: boolean } {
    const { queue, hold } = this.#parts;
    const members =
      this.#preparation?.take(head, this.#mayGo(this.#parts.now())) ?? this.#gather(head);
    for (const { waiting } of members) queue.take(waiting);
    const isProbe = hold.called();
    this.#lastProbe = isProbe ? head : null;
    return { members, isProbe };
  }

  /**
   * Puts what `first` named where it belongs, if it may not be called now: behind the call that holds
   * one of its targets, or out of the lane. False: it may be called.
   */
  putAside(waiting: Queued): boolean {
    const isAside = this.#parts.gatherer.putAside(waiting);
    if (isAside) this.#preparation?.left(waiting);
    return isAside;
  }

  /** Prepares what stands near the head; nothing while nothing may be called for long. */
  prepare(): void {
    const { hold, limits } = this.#parts;
    if (hold.opensAt > this.#parts.now() || hold.soundsFirst) this.#preparation?.clear();
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

  /** Nothing is read of them. */
  #gather(head: Queued): readonly Member[] {
    const { members } = this.#parts.gatherer.gather(head);
    return members.map((waiting) => ({ waiting, before: null, evidenceAt: null }));
  }

  #mayGo(now: number): (operation: OperationName) => boolean {
    return (operation) => this.#operationOpensAt(operation) <= now;
  }

  #operationOpensAt(operation: OperationName): number {
    return this.#parts.limits.opensAt(operation, this);
  }

  #createPreparation(): Preparation | null {
    const { prepare, queue, hold, limits, now, onReady, onFailure } = this.#parts;
    const { position, gatherer } = this.#parts;
    if (prepare === null) return null;
    // They would use up what the day has for reruns.
    if (prepare.mode === "auto" && limits.limitsTheDay) return null;
    const windowOf = (operation: OperationName) =>
      hold.isProbed
        ? PREPARED_WHILE_HELD
        : Math.ceil(limits.perSecondOf(operation) * PREPARED_SECONDS);
    return new Preparation({
      ...{ prepare, queue, now, windowOf, position, gatherer, onRead: onReady, onFailure },
    });
  }
}
