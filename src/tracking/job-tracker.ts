import type { AsyncJob, JobReading, TargetEnd } from "../domain/call-end.ts";
import type { Gate, Provider, RerunCall } from "../domain/provider.ts";
import { Heap } from "../lanes/heap.ts";

/** How following a job ended. */
export type JobEnd =
  | { readonly kind: "ended"; readonly targets: readonly TargetEnd[] }
  /** Not followed to its end: the time limit, or the dispatcher's stop. */
  | { readonly kind: "lost"; readonly message: string };

export interface JobTrackerOptions {
  readonly provider: Provider;
  /** The gate of the reads. */
  readonly gate: Gate;
  /** Resolves when the next read is due; one is asked for at a time. */
  readonly ticket: () => Promise<void>;
  readonly intervalMs: number;
  /** Counted from the moment at which a job's first poll is due. */
  readonly timeoutMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly onRead: (reading: JobReading, ms: number) => void;
  /** Something threw that must not. */
  readonly onFailure: (error: unknown) => void;
}

interface Tracked {
  readonly job: AsyncJob;
  readonly call: RerunCall;
  readonly giveUpAt: number;
  readonly end: (end: JobEnd) => void;
  nextPollAt: number;
  lastTold: string;
}

/**
 * Follows the asynchronous jobs of one provider connection to their ends.
 *
 * The most overdue job is read next, whenever the read limiter has a turn: with more jobs than turns
 * the polls stretch, and no job starves.
 */
export class JobTracker {
  readonly #options: JobTrackerOptions;
  readonly #due = new Heap<Tracked>((a, b) => a.nextPollAt < b.nextPollAt);
  readonly #tracked = new Set<Tracked>();
  readonly #stopped = new AbortController();
  #ticketPending = false;
  #steps = 0;
  #wakeTimer: NodeJS.Timeout | null = null;

  constructor(options: JobTrackerOptions) {
    this.#options = options;
  }

  /** How many jobs are followed. */
  get size(): number {
    return this.#tracked.size;
  }

  /** Counts reads; with `runnable` it shows a tracker that is stuck. */
  get steps(): number {
    return this.#steps;
  }

  /** A job's poll is due this instant, but for the pace. */
  get runnable(): boolean {
    if (this.#stopped.signal.aborted) return false;
    return (this.#due.peek()?.nextPollAt ?? Infinity) <= this.#options.now();
  }

  /** Resolves with the job's end. Never rejects. */
  async follow(job: AsyncJob, call: RerunCall): Promise<JobEnd> {
    const firstPollAt = this.#options.now() + this.#options.intervalMs;
    const giveUpAt = firstPollAt + this.#options.timeoutMs;
    return new Promise((resolve) => {
      const tracked: Tracked = {
        job,
        call,
        giveUpAt,
        nextPollAt: firstPollAt,
        lastTold: "it was never read",
        end: (end) => {
          this.#tracked.delete(tracked);
          resolve(end);
        },
      };
      this.#tracked.add(tracked);
      if (this.#stopped.signal.aborted) {
        this.#lose(tracked, "the dispatcher is stopping");
        return;
      }
      this.#due.push(tracked);
      this.#pump();
    });
  }

  /** Ends every job that is still followed as lost: the process is about to go. */
  abandon(): void {
    if (this.#wakeTimer !== null) clearTimeout(this.#wakeTimer);
    this.#stopped.abort(new Error("the dispatcher is stopping"));
    for (const tracked of this.#tracked) this.#lose(tracked, "the dispatcher was stopped");
  }

  #pump(): void {
    if (this.#ticketPending || this.#stopped.signal.aborted) return;
    const next = this.#due.peek();
    if (next === undefined) return;
    const waitMs = next.nextPollAt - this.#options.now();
    if (waitMs > 0) {
      if (this.#wakeTimer !== null) clearTimeout(this.#wakeTimer);
      this.#wakeTimer = setTimeout(() => this.#pump(), Math.ceil(waitMs));
      return;
    }
    this.#ticketPending = true;
    this.#options.ticket().then(() => this.#ticketCame(), this.#options.onFailure);
  }

  #ticketCame(): void {
    this.#ticketPending = false;
    this.#steps += 1;
    const tracked = this.#stopped.signal.aborted ? undefined : this.#due.pop();
    if (tracked !== undefined) this.#read(tracked).catch(this.#options.onFailure);
    this.#pump();
  }

  async #read(tracked: Tracked): Promise<void> {
    const { provider, gate, now, onRead, intervalMs } = this.#options;
    const started = now();
    const terms = { gate, signal: this.#stopped.signal };
    const reading = await provider.readJob(tracked.job, tracked.call, terms);
    onRead(reading, now() - started);
    if (!this.#tracked.has(tracked)) return;
    if (reading.kind === "ended") {
      tracked.end({ kind: "ended", targets: reading.targets });
      return;
    }
    tracked.lastTold = reading.kind === "running" ? "it was still running" : reading.message;
    if (now() >= tracked.giveUpAt) {
      this.#lose(tracked, `it did not end within ${this.#options.timeoutMs} ms`);
      return;
    }
    tracked.nextPollAt = Math.min(now() + intervalMs, tracked.giveUpAt);
    this.#due.push(tracked);
    this.#pump();
  }

  #lose(tracked: Tracked, why: string): void {
    const message = `Job ${tracked.job.jobId} was not followed to its end, ${why}; when last looked at: ${tracked.lastTold}`;
    tracked.end({ kind: "lost", message });
  }
}
