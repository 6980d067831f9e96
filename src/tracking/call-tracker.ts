import type { TargetEnd } from "../domain/call-end.ts";
import { endsInOrder, type Following, type Progress } from "../domain/following.ts";
import type { Provider, ReadTurns } from "../domain/provider.ts";
import type { SettledBy } from "../domain/settle.ts";
import { Heap } from "../lanes/heap.ts";
import { pollDelayMs } from "./poll-delay.ts";

/** How following a call ended. Each names every target of the call, in their order. */
export type TrackEnd =
  | { readonly kind: "ended"; readonly by: SettledBy; readonly targets: readonly TargetEnd[] }
  /** Not followed to its end: the time limit, or the dispatcher's stop. */
  | { readonly kind: "lost"; readonly targets: readonly TargetEnd[]; readonly message: string };

export interface CallTrackerOptions {
  readonly provider: Pick<Provider, "follow">;
  /** The pace of the reads; with more calls than turns the polls stretch, and none starves. */
  readonly turns: ReadTurns;
  readonly intervalMs: number;
  /** Counted from the moment at which a call's first poll is due. */
  readonly timeoutMs: number;
  /** Aborts when nothing can be followed any more: the process is about to go. */
  readonly stopped: AbortSignal;
  /** Grows with every read of the connection, whoever asked: polls may wait behind those. */
  readonly readsMade: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Something threw that must not. */
  readonly onFailure: (error: unknown) => void;
}

interface Tracked {
  following: Following;
  readonly since: number;
  readonly giveUpAt: number;
  readonly end: (end: TrackEnd) => void;
  nextPollAt: number;
  lastTold: string;
}

/** Rounds of reads that run at once; each waits for its turns, so more would not be faster. */
const MOST_ROUNDS = 20;

/**
 * Follows the calls that one provider connection took, to their ends: the most overdue one is
 * looked at next.
 */
export class CallTracker {
  readonly #options: CallTrackerOptions;
  readonly #due = new Heap<Tracked>((a, b) => a.nextPollAt < b.nextPollAt);
  readonly #tracked = new Set<Tracked>();
  #rounds = 0;
  #steps = 0;
  #wakeTimer: NodeJS.Timeout | null = null;

  constructor(options: CallTrackerOptions) {
    this.#options = options;
    options.stopped.addEventListener("abort", () => this.#abandon(), { once: true });
  }

  /** How many calls are followed. */
  get size(): number {
    return this.#tracked.size;
  }

  /** Counts rounds and the connection's reads; with `runnable` it shows a tracker that is stuck. */
  get steps(): number {
    return this.#steps + this.#options.readsMade();
  }

  /** A poll is due this instant, but for the pace. */
  get runnable(): boolean {
    if (this.#options.stopped.aborted) return false;
    return (this.#due.peek()?.nextPollAt ?? Infinity) <= this.#options.now();
  }

  /** Resolves with the call's end. Never rejects. */
  async follow(following: Following): Promise<TrackEnd> {
    const { now, intervalMs, timeoutMs, stopped } = this.#options;
    const since = now();
    const nextPollAt = since + pollDelayMs(intervalMs, 0);
    return new Promise((resolve) => {
      const tracked: Tracked = {
        following,
        since,
        nextPollAt,
        giveUpAt: nextPollAt + timeoutMs,
        lastTold: "it was never looked at",
        end: (end) => {
          this.#tracked.delete(tracked);
          resolve(end);
        },
      };
      this.#tracked.add(tracked);
      if (stopped.aborted) {
        this.#lose(tracked, "the dispatcher is stopping");
        return;
      }
      this.#due.push(tracked);
      this.#pump();
    });
  }

  #abandon(): void {
    if (this.#wakeTimer !== null) clearTimeout(this.#wakeTimer);
    for (const tracked of this.#tracked) this.#lose(tracked, "the dispatcher was stopped");
  }

  #pump(): void {
    const { stopped, now, onFailure } = this.#options;
    if (this.#wakeTimer !== null) clearTimeout(this.#wakeTimer);
    this.#wakeTimer = null;
    while (!stopped.aborted && this.#rounds < MOST_ROUNDS) {
      const next = this.#due.peek();
      if (next === undefined) return;
      const waitMs = next.nextPollAt - now();
      if (waitMs > 0) {
        this.#wakeTimer = setTimeout(() => this.#pump(), Math.ceil(waitMs));
        return;
      }
      this.#due.pop();
      this.#rounds += 1;
      this.#round(next).catch(onFailure);
    }
  }

  async #round(tracked: Tracked): Promise<void> {
    const progress = await this.#options.provider.follow(tracked.following, this.#options.turns);
    this.#rounds -= 1;
    this.#steps += 1;
    if (this.#tracked.has(tracked)) this.#learn(tracked, progress);
    this.#pump();
  }

  #learn(tracked: Tracked, progress: Progress): void {
    const { now, intervalMs, timeoutMs } = this.#options;
    if (progress.kind === "ended") {
      tracked.end({ kind: "ended", by: progress.by, targets: progress.targets });
      return;
    }
    if (progress.kind === "open") {
      tracked.following = progress.following;
      tracked.lastTold = `when last looked at: ${progress.told}`;
    } else {
      tracked.lastTold = `it could not be read the last time: ${progress.message}`;
    }
    if (now() >= tracked.giveUpAt) {
      this.#lose(tracked, `its end was not seen within ${timeoutMs} ms`);
      return;
    }
    const delayMs = pollDelayMs(intervalMs, now() - tracked.since);
    tracked.nextPollAt = Math.min(now() + delayMs, tracked.giveUpAt);
    this.#due.push(tracked);
  }

  #lose(tracked: Tracked, why: string): void {
    const { call, job, ended } = tracked.following;
    const what = job === null ? "The runs were" : `Job ${job.jobId} was`;
    const message = `${what} not followed to the end: ${why}; ${tracked.lastTold}`;
    tracked.end({ kind: "lost", targets: endsInOrder(call.targets, ended), message });
  }
}
