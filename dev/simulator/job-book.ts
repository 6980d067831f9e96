import { randomUUID } from "node:crypto";

/** How an asynchronous job ends; `NEVER` stays RUNNING for good. */
export const jobEnds = ["SUCCESS", "FAIL", "PART_SUCCESS", "NEVER"] as const;

/** One way in which an asynchronous job ends. */
export type JobEnd = (typeof jobEnds)[number];

/** What a new job is about. */
export interface JobOrder {
  /** In the words of GetOpsAsyncJob's `AsyncType`, whose values are published nowhere. */
  readonly type: string;
  readonly total: number;
  readonly failed: number;
  readonly end: JobEnd;
}

/** A job as it stands now; statuses are those of Tencent's GetOpsAsyncJob (2025-08-06). */
export interface JobView {
  readonly id: string;
  readonly type: string;
  readonly status: "INIT" | "RUNNING" | Exclude<JobEnd, "NEVER">;
  readonly total: number;
  readonly finished: number;
  readonly succeeded: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/**
 * The asynchronous jobs. They move with the clock alone:
 *
 *     INIT ── a third of the duration ──▶ RUNNING ── the rest ──▶ SUCCESS | FAIL | PART_SUCCESS
 */
export class JobBook {
  readonly #jobs = new Map<string, JobOrder & { readonly createdAtMs: number }>();
  readonly #durationMs: number;
  readonly #now: () => number;

  constructor(durationMs: number, now: () => number) {
    this.#durationMs = durationMs;
    this.#now = now;
  }

  /** Opens a job and says its id. */
  open(order: JobOrder): string {
    const id = randomUUID();
    this.#jobs.set(id, { ...order, createdAtMs: this.#now() });
    return id;
  }

  /** The job now, or nothing when no such job was opened. */
  read(id: string): JobView | undefined {
    const job = this.#jobs.get(id);
    if (job === undefined) {
      return undefined;
    }
    const { type, total, failed, end, createdAtMs } = job;
    const runningAtMs = createdAtMs + this.#durationMs / 3;
    const endsAtMs = createdAtMs + this.#durationMs;
    const now = this.#now();
    const open = { id, type, total, finished: 0, succeeded: 0, createdAtMs };
    if (now < runningAtMs) {
      return { ...open, status: "INIT", updatedAtMs: createdAtMs };
    }
    if (now < endsAtMs || end === "NEVER") {
      return { ...open, status: "RUNNING", updatedAtMs: runningAtMs };
    }
    return {
      ...open,
      status: end,
      finished: total,
      succeeded: total - failed,
      updatedAtMs: endsAtMs,
    };
  }

  clear(): void {
    this.#jobs.clear();
  }
}
