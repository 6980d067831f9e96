import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AsyncJob, JobReading } from "../../src/domain/call-end.ts";
import type { Provider, RerunCall } from "../../src/domain/provider.ts";
import { JobTracker, type JobTrackerOptions } from "../../src/tracking/job-tracker.ts";
import { aTencentRerun } from "../support/a-received-request.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const running: JobReading = { kind: "running" };
const ended: JobReading = {
  kind: "ended",
  failed: false,
  targets: [{ target: "a", status: "SUCCEEDED", message: null }],
};
const unreadable: JobReading = { kind: "unreadable", result: "uncertain", message: "no answer" };

const aJob = (jobId = "job-1"): AsyncJob => ({ jobId, scope: { projectId: "p1" } });
const call: RerunCall = { claimId: "c1", operation: aTencentRerun(), targets: ["a"] };

interface Read {
  readonly jobId: string;
  readonly atMs: number;
}

/** A tracker whose reads give what `answer` says; a ticket takes a millisecond unless told. */
function aTracker(
  answer: (jobId: string, nth: number) => JobReading | Promise<JobReading>,
  overrides: Partial<JobTrackerOptions> = {},
) {
  const reads: Read[] = [];
  const failures: unknown[] = [];
  const told: JobReading[] = [];
  const counts = new Map<string, number>();
  const tracker = new JobTracker({
    provider: {
      readJob: async ({ jobId }: AsyncJob) => {
        reads.push({ jobId, atMs: performance.now() });
        const nth = (counts.get(jobId) ?? 0) + 1;
        counts.set(jobId, nth);
        return answer(jobId, nth);
      },
    } as unknown as Provider, // nothing else of it is asked for
    gate: { pass: async () => () => undefined },
    ticket: async () => new Promise((resolve) => setTimeout(resolve, 1)),
    intervalMs: 2000,
    timeoutMs: 60_000,
    now: () => performance.now(),
    onRead: (reading) => void told.push(reading),
    onFailure: (error) => void failures.push(error),
    ...overrides,
  });
  return { tracker, reads, failures, told, counts };
}

describe("a job tracker", () => {
  it("reads a job when its interval is over, again and again, until it ends", async () => {
    const { tracker, reads, told } = aTracker((_, nth) => (nth < 3 ? running : ended));
    const end = tracker.follow(aJob(), call);
    await vi.advanceTimersByTimeAsync(1990);
    expect([reads, tracker.size, tracker.runnable]).toStrictEqual([[], 1, false]);
    await vi.advanceTimersByTimeAsync(5000);

    await expect(end).resolves.toStrictEqual({ kind: "ended", targets: ended.targets });
    expect([reads.length, told, tracker.size]).toStrictEqual([3, [running, running, ended], 0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("goes on when a job cannot be read for a while", async () => {
    const { tracker, reads } = aTracker((_, nth) => (nth < 4 ? unreadable : ended));
    const end = tracker.follow(aJob(), call);
    await vi.advanceTimersByTimeAsync(10_000);

    await expect(end).resolves.toMatchObject({ kind: "ended" });
    expect(reads).toHaveLength(4);
  });

  it("gives a job up when its time is over, counted from its first poll, after one last look", async () => {
    const { tracker, reads } = aTracker(() => running, { intervalMs: 7000, timeoutMs: 10_000 });
    let end: unknown = null;
    void tracker.follow(aJob(), call).then((value) => (end = value));
    await vi.advanceTimersByTimeAsync(16_900);
    expect(end).toBeNull();
    await vi.advanceTimersByTimeAsync(200);

    expect(end).toStrictEqual({
      kind: "lost",
      message:
        "Job job-1 was not followed to its end, it did not end within 10000 ms; when last looked at: it was still running",
    });
    expect(reads.map(({ atMs }) => Math.round(atMs / 1000))).toStrictEqual([7, 14, 17]);
    expect([tracker.size, vi.getTimerCount()]).toStrictEqual([0, 0]);
  });

  it("takes the end that the last look finds", async () => {
    const options = { intervalMs: 1000, timeoutMs: 1000 };
    const { tracker } = aTracker((_, nth) => (nth < 2 ? running : ended), options);
    const end = tracker.follow(aJob(), call);
    await vi.advanceTimersByTimeAsync(2100);

    await expect(end).resolves.toMatchObject({ kind: "ended" });
  });

  it("tells what it saw last of a job that could not be read", async () => {
    const { tracker } = aTracker(() => unreadable, { timeoutMs: 3000 });
    const end = tracker.follow(aJob(), call);
    await vi.advanceTimersByTimeAsync(10_000);

    await expect(end).resolves.toMatchObject({
      kind: "lost",
      message: expect.stringContaining("when last looked at: no answer") as string,
    });
  });

  it("stretches the polls of many jobs on the read limiter, in the order in which they are due", async () => {
    const { tracker, reads, counts } = aTracker(() => running, {
      ticket: async () => new Promise((resolve) => setTimeout(resolve, 50)),
      timeoutMs: 3_600_000,
    });
    const names = Array.from({ length: 200 }, (_, index) => `job-${index}`);
    for (const name of names) {
      void tracker.follow(aJob(name), call);
      await vi.advanceTimersByTimeAsync(1);
    }
    await vi.advanceTimersByTimeAsync(60_000);

    // 20 reads a second for 200 jobs: each is read every 10 seconds instead of every 2.
    expect(reads.length).toBeGreaterThan(1100);
    expect(reads.slice(0, 600).map(({ jobId }) => jobId)).toStrictEqual([
      ...names,
      ...names,
      ...names,
    ]);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });

  it("asks for one ticket at a time", async () => {
    let pending = 0;
    let most = 0;
    const { tracker } = aTracker(() => running, {
      ticket: async () => {
        pending += 1;
        most = Math.max(most, pending);
        await new Promise((resolve) => setTimeout(resolve, 50));
        pending -= 1;
      },
    });
    for (let one = 0; one < 20; one++) void tracker.follow(aJob(String(one)), call);
    await vi.advanceTimersByTimeAsync(10_000);

    expect(most).toBe(1);
  });

  it("does not let a read that hangs hold up the other jobs", async () => {
    const { tracker } = aTracker(async (jobId) =>
      jobId === "hung" ? new Promise<never>(() => undefined) : ended,
    );
    void tracker.follow(aJob("hung"), call);
    const end = tracker.follow(aJob("well"), call);
    await vi.advanceTimersByTimeAsync(3000);

    await expect(end).resolves.toMatchObject({ kind: "ended" });
    expect(tracker.size).toBe(1);
  });

  it("counts its steps, and shows that a poll is due", async () => {
    const { tracker } = aTracker(() => running, {
      ticket: async () => new Promise((resolve) => setTimeout(resolve, 100)),
    });
    void tracker.follow(aJob(), call);
    await vi.advanceTimersByTimeAsync(2050);
    expect([tracker.steps, tracker.runnable]).toStrictEqual([0, true]);
    await vi.advanceTimersByTimeAsync(100);

    expect([tracker.steps, tracker.runnable]).toStrictEqual([1, false]);
  });

  it("brings every job to exactly one end, whatever its reads say", async () => {
    const reading = fc.constantFrom(running, unreadable, ended);
    const script = fc.record({ startMs: fc.nat(20_000), readings: fc.array(reading) });
    const runs = fc.asyncProperty(fc.array(script, { maxLength: 20 }), async (scripts) => {
      vi.useFakeTimers();
      const { tracker, failures } = aTracker(
        (jobId, nth) => scripts[Number(jobId)]?.readings[nth - 1] ?? running,
      );
      const ends: string[] = [];
      scripts.forEach(({ startMs }, index) =>
        setTimeout(() => {
          void tracker
            .follow(aJob(String(index)), call)
            .then(({ kind }) => ends.push(`${index} ${kind}`));
        }, startMs),
      );
      await vi.advanceTimersByTimeAsync(200_000);

      expect(ends.toSorted()).toStrictEqual(
        scripts
          .map(({ readings }, index) => `${index} ${readings.includes(ended) ? "ended" : "lost"}`)
          .toSorted(),
      );
      expect([tracker.size, failures, vi.getTimerCount()]).toStrictEqual([0, [], 0]);
    });
    await fc.assert(runs, { numRuns: 50 });
  }, 60_000);
});

describe("a job tracker that is abandoned", () => {
  it("ends every job as lost at once, and holds no timer", async () => {
    const { tracker, reads } = aTracker(() => running);
    const ends = [tracker.follow(aJob("a"), call), tracker.follow(aJob("b"), call)];
    await vi.advanceTimersByTimeAsync(2100);
    tracker.abandon();

    await expect(Promise.all(ends)).resolves.toMatchObject([
      { kind: "lost", message: expect.stringContaining("it was still running") as string },
      { kind: "lost" },
    ]);
    expect([tracker.size, vi.getTimerCount()]).toStrictEqual([0, 0]);
    const readBefore = reads.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reads).toHaveLength(readBefore);
  });

  it("has nothing to do any more", async () => {
    const { tracker } = aTracker(() => running);
    void tracker.follow(aJob(), call);
    await vi.advanceTimersByTimeAsync(1000);
    tracker.abandon();
    await vi.advanceTimersByTimeAsync(60_000);

    expect(tracker.runnable).toBe(false);
  });

  it("ends a read that is under way, and does not mind what it brings", async () => {
    let answer: (reading: JobReading) => void = () => undefined;
    const signals: AbortSignal[] = [];
    const { tracker, failures } = aTracker(() => running, {
      provider: {
        readJob: async (_job: AsyncJob, _call: RerunCall, terms: { signal: AbortSignal }) => {
          signals.push(terms.signal);
          return new Promise((resolve) => (answer = resolve));
        },
      } as unknown as Provider,
    });
    const end = tracker.follow(aJob(), call);
    await vi.advanceTimersByTimeAsync(2100);
    tracker.abandon();
    answer(ended);
    await vi.advanceTimersByTimeAsync(10);

    expect(signals.map(({ aborted }) => aborted)).toStrictEqual([true]);
    await expect(end).resolves.toMatchObject({ kind: "lost" });
    expect(failures).toStrictEqual([]);
  });

  it("follows nothing new", async () => {
    const { tracker } = aTracker(() => running);
    tracker.abandon();

    await expect(tracker.follow(aJob(), call)).resolves.toMatchObject({
      kind: "lost",
      message: expect.stringContaining("it was never read") as string,
    });
    expect([tracker.size, vi.getTimerCount()]).toStrictEqual([0, 0]);
  });
});

describe("a job tracker's surprises", () => {
  it.each<[string, Partial<JobTrackerOptions>]>([
    [
      "a read that throws",
      { provider: { readJob: async () => Promise.reject(new Error("a bug")) } as never },
    ],
    ["a ticket that is refused", { ticket: async () => Promise.reject(new Error("a bug")) }],
  ])("are told: %s", async (_name, overrides) => {
    const { tracker, failures } = aTracker(() => running, overrides);
    void tracker.follow(aJob(), call);
    await vi.advanceTimersByTimeAsync(2100);

    expect(failures).toMatchObject([{ message: "a bug" }]);
  });
});
