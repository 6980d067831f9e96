import type { TargetEnd } from "../domain/call-end.ts";
import { endsInOrder, type Following, type Progress } from "../domain/following.ts";
import type { Provider, ReadTurns } from "../domain/provider.ts";
import type { SettledBy } from "../domain/settle.ts";
import { Heap } from "../lanes/heap.ts";
import { callNameOf, covers, joinedFollowing } from "./joint-following.ts";
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

/** Who wants to know of a call, and of which of its targets. */
interface Party {
  readonly targets: readonly string[];
  readonly end: (end: TrackEnd) => void;
}

interface Tracked {
  readonly name: string;
  following: Following;
  readonly since: number;
  readonly giveUpAt: number;
  /** The requests that share the call. */
  readonly parties: Set<Party>;
  nextPollAt: number;
  wasPolled: boolean;
  lastTold: string;
}

/** Rounds of reads that run at once; each waits for its turns, so more would not be faster. */
const MOST_ROUNDS = 20;

/**
 * Follows the calls that one provider connection took, to their ends: the most overdue one is
 * looked at next. A call that several requests share is read once for all of them.
 */
export class CallTracker {
  readonly #options: CallTrackerOptions;
  readonly #due = new Heap<Tracked>((a, b) => a.nextPollAt < b.nextPollAt);
  readonly #tracked = new Set<Tracked>();
  readonly #byName = new Map<string, Tracked>();
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
    return new Promise((resolve) => {
      const party: Party = {
        targets: following.call.targets,
        end: (end) => {
          signal.removeEventListener("abort", handOver);
          resolve(end);
        },
      };
      if (this.#options.stopped.aborted || signal.aborted) {
        resolve({ kind: "handed-over" });
        return;
      }
      const tracked = this.#joinOrAdd(following, ageMs);
      const handOver = () => this.#leave(tracked, party);
      tracked.parties.add(party);
      signal.addEventListener("abort", handOver, { once: true });
      this.#pump();
    });
  }

  #joinOrAdd(following: Following, ageMs: number): Tracked {
    const { now, intervalMs, timeoutMs } = this.#options;
    const name = callNameOf(following);
    const known = this.#byName.get(name);
    // What was read is about the targets that were known then.
    if (known !== undefined && !known.wasPolled) {
      known.following = joinedFollowing(known.following, following);
      return known;
    }
    if (known !== undefined && covers(known.following, following)) return known;
    const since = now() - ageMs;
    const firstPollMs = pollDelayMs(intervalMs, 0);
    // An old one that comes from somebody else is looked at as soon as a young one is.
    const nextPollAt = now() + firstPollMs;
    const tracked: Tracked = {
      ...{ name, following, since, nextPollAt, parties: new Set(), wasPolled: false },
      giveUpAt: Math.max(nextPollAt, since + firstPollMs + timeoutMs),
      lastTold: "it was never looked at",
    };
    this.#tracked.add(tracked);
    this.#byName.set(name, tracked);
    this.#due.push(tracked);
    return tracked;
  }

  #leave(tracked: Tracked, party: Party): void {
    tracked.parties.delete(party);
    if (tracked.parties.size === 0) this.#drop(tracked);
    party.end({ kind: "handed-over" });
  }

  #drop(tracked: Tracked): void {
    this.#tracked.delete(tracked);
    if (this.#byName.get(tracked.name) === tracked) this.#byName.delete(tracked.name);
  }

  #end(tracked: Tracked, end: TrackEnd): void {
    this.#drop(tracked);
    for (const party of tracked.parties) party.end(onlyOf(end, party.targets));
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
    for (const tracked of this.#tracked) this.#end(tracked, { kind: "handed-over" });
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
    tracked.wasPolled = true;
    const progress = await this.#options.provider.follow(tracked.following, this.#options.turns);
    this.#rounds -= 1;
    this.#steps += 1;
    if (this.#tracked.has(tracked)) this.#learn(tracked, progress);
    this.#pump();
  }

  #learn(tracked: Tracked, progress: Progress): void {
    const { now, intervalMs, timeoutMs } = this.#options;
    if (progress.kind === "ended") {
      this.#end(tracked, { kind: "ended", by: progress.by, targets: progress.targets });
      return;
    }
    if (progress.kind === "open") {
      tracked.following = progress.following;
      tracked.lastTold = `when last looked at: ${progress.told}`;
    } else {
      tracked.lastTold = `it could not be read the last time: ${progress.message}`;
    }
    if (now() >= tracked.giveUpAt) {
      this.#end(tracked, lost(tracked, `its end was not seen within ${timeoutMs} ms`));
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

/** The call's end as it is about some of its targets, in their order. */
function onlyOf(end: TrackEnd, wanted: readonly string[]): TrackEnd {
  if (end.kind === "handed-over") return end;
  return { ...end, targets: endsInOrder(wanted, end.targets) };
}
