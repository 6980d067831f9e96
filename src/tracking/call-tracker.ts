import type { TargetEnd } from "../domain/call-end.ts";
import { endsInOrder, type Following, type Progress } from "../domain/following.ts";
import type { Provider, ReadTurns } from "../domain/provider.ts";
import type { SettledBy } from "../domain/settle.ts";
import { Heap } from "../lanes/heap.ts";
import { pollDelayMs } from "./poll-delay.ts";

/** How following a call ended. Each names every target of the call, in their order. */
export type TrackEnd =
  | { readonly kind: "ended"; readonly by: SettledBy; readonly targets: readonly TargetEnd[] }
  /** Not followed to its end within the time limit. */
  | { readonly kind: "lost"; readonly targets: readonly TargetEnd[]; readonly message: string }
  /** Somebody else follows it from here on: this dispatcher stops, or it is not its to follow. */
  | { readonly kind: "handed-over" };

/** How one call is followed. */
export interface FollowTerms {
  /** For how long it was followed already, in milliseconds. */
  readonly ageMs: number;
  /** Aborts when it is somebody else's to follow. */
  readonly signal: AbortSignal;
}

export interface CallTrackerOptions {
  readonly provider: Pick<Provider, "follow">;
  /** The pace of the reads; with more calls than turns the polls stretch, and none starves. */
  readonly turns: ReadTurns;
  readonly intervalMs: number;
  /** Counted from the moment at which a call's first poll is due, whoever followed it then. */
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
    return (this.#next()?.nextPollAt ?? Infinity) <= this.#options.now();
  }

  /** Resolves with the call's end, at once when it is handed over. Never rejects. */
  async follow(following: Following, { ageMs, signal }: FollowTerms): Promise<TrackEnd> {
    const { now, intervalMs, timeoutMs, stopped } = this.#options;
    const since = now() - ageMs;
    const firstPollMs = pollDelayMs(intervalMs, 0);
    // An old one that comes from somebody else is looked at as soon as a young one is.
    const nextPollAt = now() + firstPollMs;
    return new Promise((resolve) => {
      const tracked: Tracked = {
        following,
        since,
        nextPollAt,
        giveUpAt: Math.max(nextPollAt, since + firstPollMs + timeoutMs),
        lastTold: "it was never looked at",
        end: (end) => {
          signal.removeEventListener("abort", handOver);
          this.#tracked.delete(tracked);
          resolve(end);
        },
      };
      const handOver = () => tracked.end({ kind: "handed-over" });
      if (stopped.aborted || signal.aborted) {
        handOver();
        return;
      }
      signal.addEventListener("abort", handOver, { once: true });
      this.#tracked.add(tracked);
      this.#due.push(tracked);
      this.#pump();
    });
  }

  /** The most overdue one; those on the way to it that are followed no more are dropped. */
  #next(): Tracked | undefined {
    for (;;) {
      const next = this.#due.peek();
      if (next === undefined || this.#tracked.has(next)) return next;
      this.#due.pop();
    }
  }

  #abandon(): void {
    if (this.#wakeTimer !== null) clearTimeout(this.#wakeTimer);
    for (const tracked of this.#tracked) tracked.end({ kind: "handed-over" });
  }

  #pump(): void {
    const { stopped, now, onFailure } = this.#options;
    if (this.#wakeTimer !== null) clearTimeout(this.#wakeTimer);
    this.#wakeTimer = null;
    while (!stopped.aborted && this.#rounds < MOST_ROUNDS) {
      const next = this.#next();
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
      tracked.end(lost(tracked, `its end was not seen within ${timeoutMs} ms`));
      return;
    }
    const delayMs = pollDelayMs(intervalMs, now() - tracked.since);
    tracked.nextPollAt = Math.min(now() + delayMs, tracked.giveUpAt);
    this.#due.push(tracked);
  }
}

function lost({ following, lastTold }: Tracked, why: string): TrackEnd {
  const { call, job, ended } = following;
  const what = job === null ? "The runs were" : `Job ${job.jobId} was`;
  const message = `${what} not followed to the end: ${why}; ${lastTold}`;
  return { kind: "lost", targets: endsInOrder(call.targets, ended), message };
}
