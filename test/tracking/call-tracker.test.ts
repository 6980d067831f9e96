import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Following, Progress } from "../../src/domain/following.ts";
import type { ReadEnd, ReadTurns } from "../../src/domain/provider.ts";
import {
  CallTracker,
  type CallTrackerOptions,
  type FollowTerms,
} from "../../src/tracking/call-tracker.ts";
import { aTencentRerun } from "../support/a-received-request.ts";
import { aFollowing } from "../support/followings.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ended: Progress = {
  kind: "ended",
  by: "job",
  targets: [{ target: "a", status: "SUCCEEDED", message: null }],
};
const unreadable: Progress = { kind: "unreadable", result: "uncertain", message: "no answer" };
const openOf = (following: Following): Progress => ({
  kind: "open",
  following,
  told: "it was still running",
});
type Answer = Progress | "open";

const jobOf = (jobId: string): Following =>
  aFollowing({ job: { jobId, scope: { projectId: "p1" } } });
const idOf = ({ job }: Following): string => job?.jobId ?? "runs";
/** Of a call that nobody followed before, and that stays this tracker's. */
const young = (): FollowTerms => ({ ageMs: 0, signal: new AbortController().signal });

/** Turns that come at once, or after as long as told. */
const turnsAfter = (ms: number): ReadTurns => ({
  take: async (_action, read) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return read({ gate: { pass: async () => () => undefined }, signal: AbortSignal.any([]) });
  },
});

/** A tracker whose rounds say what `answer` says, each after one read. */
function aTracker(
  answer: (jobId: string, nth: number, following: Following) => Answer | Promise<Answer>,
  overrides: Partial<CallTrackerOptions> = {},
) {
  const rounds: { readonly jobId: string; readonly atMs: number }[] = [];
  const failures: unknown[] = [];
  const counts = new Map<string, number>();
  const stop = new AbortController();
  const read = async (): Promise<ReadEnd<null>> => ({ kind: "read", value: null });
  const tracker = new CallTracker({
    provider: {
      follow: async (following, turns) => {
        const jobId = idOf(following);
        rounds.push({ jobId, atMs: performance.now() });
        const nth = (counts.get(jobId) ?? 0) + 1;
        counts.set(jobId, nth);
        await turns.take("Read", read);
        const progress = await answer(jobId, nth, following);
        return progress === "open" ? openOf(following) : progress;
      },
    },
    turns: turnsAfter(1),
    intervalMs: 2000,
    timeoutMs: 60_000,
    stopped: stop.signal,
    readsMade: () => 0,
    now: () => performance.now(),
    onFailure: (error) => void failures.push(error),
    ...overrides,
  });
  return { tracker, rounds, failures, counts, stop: () => stop.abort(new Error("stopped")) };
}

describe("a call tracker", () => {
  it("looks at a call soon and then ever more rarely, until it ends", async () => {
    const { tracker, rounds } = aTracker((_, nth) => (nth < 12 ? "open" : ended));
    const end = tracker.follow(jobOf("job-1"), young());
    await vi.advanceTimersByTimeAsync(490);
    expect([rounds, tracker.size, tracker.runnable]).toStrictEqual([[], 1, false]);
    await vi.advanceTimersByTimeAsync(60_000);

    await expect(end).resolves.toStrictEqual({ kind: "ended", by: "job", targets: ended.targets });
    const waits = rounds.slice(1).map(({ atMs }, i) => atMs - (rounds[i]?.atMs ?? 0));
    expect(waits).toStrictEqual(waits.toSorted((a, b) => a - b));
    expect(waits[0]).toBeLessThan(520);
    expect(waits.at(-1)).toBeGreaterThan(1000);
    expect([tracker.size, vi.getTimerCount()]).toStrictEqual([0, 0]);
  });

  it("goes on from where the last round came to", async () => {
    const ends = [{ target: "a", status: "FAILED", message: "no" }] as const;
    const seen: Following[] = [];
    const { tracker } = aTracker((_id, _nth, following) => {
      seen.push(following);
      return seen.length === 1
        ? { kind: "open", told: "half", following: { ...following, job: null, ended: ends } }
        : ended;
    });
    const end = tracker.follow(jobOf("job-1"), young());
    await vi.advanceTimersByTimeAsync(2000);

    expect(seen).toMatchObject([{ job: { jobId: "job-1" } }, { job: null, ended: ends }]);
    await expect(end).resolves.toMatchObject({ kind: "ended" });
  });

  it("goes on when a call cannot be read for a while", async () => {
    const { tracker, rounds } = aTracker((_, nth) => (nth < 4 ? unreadable : ended));
    const end = tracker.follow(jobOf("job-1"), young());
    await vi.advanceTimersByTimeAsync(10_000);

    await expect(end).resolves.toMatchObject({ kind: "ended" });
    expect(rounds).toHaveLength(4);
  });

  it("gives a call up when its time is over, counted from its first poll, after one last look", async () => {
    const options = { intervalMs: 4000, timeoutMs: 10_000 };
    const { tracker, rounds } = aTracker(() => "open", options);
    let end: unknown = null;
    void tracker.follow(jobOf("job-1"), young()).then((value) => (end = value));
    await vi.advanceTimersByTimeAsync(10_990);
    expect(end).toBeNull();
    await vi.advanceTimersByTimeAsync(20);

    expect(end).toStrictEqual({
      kind: "lost",
      targets: [
        { target: "a", status: "UNKNOWN", message: "the provider took it; its end was not seen" },
      ],
      message:
        "Job job-1 was not followed to the end: its end was not seen within 10000 ms; when last looked at: it was still running",
    });
    expect(rounds.at(-1)?.atMs).toBeCloseTo(11_000 + (rounds[0]?.atMs ?? 0) - 1000, -1);
    expect([tracker.size, vi.getTimerCount()]).toStrictEqual([0, 0]);
  });

  it("keeps the ends it learned of a call that it gives up", async () => {
    const ended = [{ target: "b", status: "FAILED", message: "skipped" }] as const;
    const call = { ...aFollowing().call, targets: ["a", "b"] };
    const { tracker } = aTracker(() => "open", { timeoutMs: 1000 });
    const end = tracker.follow(aFollowing({ call, job: null, ended }), young());
    await vi.advanceTimersByTimeAsync(10_000);

    await expect(end).resolves.toMatchObject({
      kind: "lost",
      targets: [{ target: "a", status: "UNKNOWN" }, ended[0]],
      message: expect.stringMatching(/^The runs were not followed to the end/) as string,
    });
  });

  it("tells what it saw last of a call that could not be read", async () => {
    const { tracker } = aTracker(() => unreadable, { timeoutMs: 3000 });
    const end = tracker.follow(jobOf("job-1"), young());
    await vi.advanceTimersByTimeAsync(10_000);

    await expect(end).resolves.toMatchObject({
      kind: "lost",
      message: expect.stringContaining("it could not be read the last time: no answer") as string,
    });
  });

  it("stretches the polls of many calls on the read limiter, and none starves", async () => {
    let free = 0;
    const oneAtATime: ReadTurns = {
      take: async (action, read) => {
        const at = Math.max(free, performance.now()) + 50;
        free = at;
        return turnsAfter(at - performance.now()).take(action, read);
      },
    };
    const { tracker, counts } = aTracker(() => "open", {
      turns: oneAtATime,
      timeoutMs: 3_600_000,
    });
    const names = Array.from({ length: 200 }, (_, index) => `job-${index}`);
    for (const name of names) void tracker.follow(jobOf(name), young());
    await vi.advanceTimersByTimeAsync(60_000);

    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(1100);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });

  it("does not let a read that hangs hold up the other calls", async () => {
    const { tracker } = aTracker(async (jobId) =>
      jobId === "hung" ? new Promise<never>(() => undefined) : ended,
    );
    void tracker.follow(jobOf("hung"), young());
    const end = tracker.follow(jobOf("well"), young());
    await vi.advanceTimersByTimeAsync(3000);

    await expect(end).resolves.toMatchObject({ kind: "ended" });
    expect(tracker.size).toBe(1);
  });

  it("counts its rounds and the connection's reads as steps", async () => {
    let reads = 7;
    const { tracker } = aTracker(() => "open", { readsMade: () => reads });
    expect(tracker.steps).toBe(7);
    void tracker.follow(jobOf("a"), young());
    await vi.advanceTimersByTimeAsync(550);
    reads = 9;

    expect(tracker.steps).toBe(10);
  });

  it("shows that a poll is due while all rounds are taken", async () => {
    const { tracker } = aTracker(async () => new Promise<never>(() => undefined));
    for (let one = 0; one < 21; one++) void tracker.follow(jobOf(String(one)), young());
    await vi.advanceTimersByTimeAsync(550);

    expect([tracker.steps, tracker.runnable]).toStrictEqual([0, true]);
  });

  it("brings every call to exactly one end, whatever its rounds say", async () => {
    const answer = fc.constantFrom<Answer>("open", unreadable, ended);
    const script = fc.record({ startMs: fc.nat(20_000), answers: fc.array(answer) });
    const runs = fc.asyncProperty(fc.array(script, { maxLength: 20 }), async (scripts) => {
      vi.useFakeTimers();
      const { tracker, failures } = aTracker(
        (jobId, nth) => scripts[Number(jobId)]?.answers[nth - 1] ?? "open",
      );
      const ends: string[] = [];
      scripts.forEach(({ startMs }, index) =>
        setTimeout(() => {
          void tracker
            .follow(jobOf(String(index)), young())
            .then(({ kind }) => ends.push(`${index} ${kind}`));
        }, startMs),
      );
      await vi.advanceTimersByTimeAsync(200_000);

      // Twelve looks fit into a minute.
      const found = (answers: readonly Answer[]) => answers.slice(0, 12).includes(ended);
      expect(ends.toSorted()).toStrictEqual(
        scripts
          .map(({ answers }, index) => `${index} ${found(answers) ? "ended" : "lost"}`)
          .toSorted(),
      );
      expect([tracker.size, failures, vi.getTimerCount()]).toStrictEqual([0, [], 0]);
    });
    await fc.assert(runs, { numRuns: 50 });
  }, 60_000);
});

describe("a call tracker that is stopped", () => {
  it("hands every call over at once, and holds no timer", async () => {
    const { tracker, rounds, stop } = aTracker(() => "open");
    const ends = [tracker.follow(jobOf("a"), young()), tracker.follow(jobOf("b"), young())];
    await vi.advanceTimersByTimeAsync(600);
    stop();

    await expect(Promise.all(ends)).resolves.toStrictEqual([
      { kind: "handed-over" },
      { kind: "handed-over" },
    ]);
    expect([tracker.size, vi.getTimerCount(), tracker.runnable]).toStrictEqual([0, 0, false]);
    const before = rounds.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(rounds).toHaveLength(before);
  });

  it("does not mind what a round under way still brings", async () => {
    let answer: (progress: Progress) => void = () => undefined;
    const { tracker, failures, stop } = aTracker(
      async () => new Promise((resolve) => (answer = resolve)),
    );
    const end = tracker.follow(jobOf("a"), young());
    await vi.advanceTimersByTimeAsync(600);
    stop();
    answer(ended);
    await vi.advanceTimersByTimeAsync(10);

    await expect(end).resolves.toStrictEqual({ kind: "handed-over" });
    expect(failures).toStrictEqual([]);
  });

  it("follows nothing new", async () => {
    const { tracker, stop } = aTracker(() => "open");
    stop();

    await expect(tracker.follow(jobOf("a"), young())).resolves.toStrictEqual({
      kind: "handed-over",
    });
    expect([tracker.size, vi.getTimerCount()]).toStrictEqual([0, 0]);
  });
});

describe("a call that is somebody else's to follow", () => {
  const terms = (): FollowTerms & { readonly leave: () => void } => {
    const left = new AbortController();
    return { ageMs: 0, signal: left.signal, leave: () => left.abort() };
  };

  it("is handed over at once, and looked at no more", async () => {
    const { tracker, counts } = aTracker(() => "open");
    const mine = terms();
    const end = tracker.follow(jobOf("left"), mine);
    void tracker.follow(jobOf("kept"), young());
    await vi.advanceTimersByTimeAsync(600);
    mine.leave();

    await expect(end).resolves.toStrictEqual({ kind: "handed-over" });
    expect(tracker.size).toBe(1);
    const looks = counts.get("left");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(counts.get("left")).toBe(looks);
    expect(counts.get("kept")).toBeGreaterThan(5);
  });

  it("is no work that could go on", async () => {
    const { tracker } = aTracker(async () => new Promise<never>(() => undefined));
    const mine = terms();
    for (let one = 0; one < 20; one += 1) void tracker.follow(jobOf(String(one)), young());
    await vi.advanceTimersByTimeAsync(10);
    void tracker.follow(jobOf("left"), mine);
    await vi.advanceTimersByTimeAsync(1000);
    expect(tracker.runnable).toBe(true);
    mine.leave();

    expect(tracker.runnable).toBe(false);
  });

  it("hides no other that is due and finds no round", async () => {
    const { tracker } = aTracker(async () => new Promise<never>(() => undefined));
    const mine = terms();
    for (let one = 0; one < 20; one += 1) void tracker.follow(jobOf(String(one)), young());
    await vi.advanceTimersByTimeAsync(10);
    void tracker.follow(jobOf("left"), mine);
    await vi.advanceTimersByTimeAsync(10);
    void tracker.follow(jobOf("due"), young());
    await vi.advanceTimersByTimeAsync(1000);
    mine.leave();

    expect(tracker.runnable).toBe(true);
  });

  it("brings nothing any more when its round ends after that", async () => {
    let answer: (progress: Progress) => void = () => undefined;
    const { tracker } = aTracker(async () => new Promise((resolve) => (answer = resolve)));
    const mine = terms();
    const end = tracker.follow(jobOf("a"), mine);
    await vi.advanceTimersByTimeAsync(600);
    mine.leave();
    answer(openOf(jobOf("a")));
    await vi.advanceTimersByTimeAsync(60_000);

    await expect(end).resolves.toStrictEqual({ kind: "handed-over" });
    expect([tracker.size, vi.getTimerCount()]).toStrictEqual([0, 0]);
  });

  it("is not begun when it was so from the start", async () => {
    const { tracker, rounds } = aTracker(() => "open");
    const mine = terms();
    mine.leave();

    await expect(tracker.follow(jobOf("a"), mine)).resolves.toStrictEqual({ kind: "handed-over" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect([tracker.size, rounds]).toStrictEqual([0, []]);
  });
});

describe("a call that comes from somebody else", () => {
  it("is looked at as soon as a young one, and then as rarely as its age asks for", async () => {
    const { tracker, rounds } = aTracker(() => "open", { timeoutMs: 3_600_000 });
    void tracker.follow(jobOf("old"), { ...young(), ageMs: 600_000 });
    await vi.advanceTimersByTimeAsync(520);
    expect(rounds).toHaveLength(1);

    await vi.advanceTimersByTimeAsync(29_900);
    expect(rounds).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(rounds).toHaveLength(2);
  });

  it("is given up when its whole time is over, whoever followed it", async () => {
    const { tracker } = aTracker(() => "open", { timeoutMs: 60_000 });
    let end: string | null = null;
    const terms = { ...young(), ageMs: 50_000 };
    void tracker.follow(jobOf("old"), terms).then(({ kind }) => (end = kind));
    await vi.advanceTimersByTimeAsync(10_400);
    expect(end).toBeNull();
    await vi.advanceTimersByTimeAsync(200);

    expect(end).toBe("lost");
  });

  it("is looked at once before it is given up, however old it is", async () => {
    const { tracker, rounds } = aTracker((_, nth) => (nth === 1 ? ended : "open"));
    const end = tracker.follow(jobOf("old"), { ...young(), ageMs: 86_400_000 });
    await vi.advanceTimersByTimeAsync(600);

    await expect(end).resolves.toMatchObject({ kind: "ended" });
    expect(rounds).toHaveLength(1);
  });
});

describe("a call tracker's surprise", () => {
  it("is told: a round that throws", async () => {
    const { tracker, failures } = aTracker(async () => Promise.reject(new Error("a bug")));
    void tracker.follow(jobOf("a"), young());
    await vi.advanceTimersByTimeAsync(600);

    expect(failures).toMatchObject([{ message: "a bug" }]);
  });
});

describe("a call that several requests shared", () => {
  /** The job of one claim, as one of its requests knows it. */
  const partOf = (target: string, extra: Partial<Following> = {}): Following => {
    const { call, ...rest } = jobOf("job-1");
    const operation = aTencentRerun({ instanceKeys: [target] });
    return { ...rest, call: { ...call, operation, targets: [target] }, ...extra };
  };
  const allSucceeded = ({ call }: Following): Progress => ({
    ...{ kind: "ended", by: "job" },
    targets: call.targets.map((target) => ({ target, status: "SUCCEEDED", message: null })),
  });
  const targetsOfEnd = async (end: ReturnType<CallTracker["follow"]>) => {
    const ended = await end;
    return ended.kind === "handed-over" ? [] : ended.targets.map(({ target }) => target);
  };

  it("is read once for all of them, and each is told of its own targets", async () => {
    const { tracker, rounds } = aTracker((_, nth, following) =>
      nth < 2 ? "open" : allSucceeded(following),
    );
    const ends = ["a", "b", "a"].map(async (target) => tracker.follow(partOf(target), young()));
    expect(tracker.size).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);

    expect(rounds).toHaveLength(2);
    expect(await Promise.all(ends.map(targetsOfEnd))).toStrictEqual([["a"], ["b"], ["a"]]);
    expect([tracker.size, vi.getTimerCount()]).toStrictEqual([0, 0]);
  });

  it("is followed on while one of them is left, and dropped with the last", async () => {
    const { tracker, rounds } = aTracker(() => "open");
    const leaving = [new AbortController(), new AbortController()];
    const ends = leaving.map(async ({ signal }, i) =>
      tracker.follow(partOf(i === 0 ? "a" : "b"), { ageMs: 0, signal }),
    );
    leaving[0]?.abort();
    expect([await ends[0], tracker.size]).toStrictEqual([{ kind: "handed-over" }, 1]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(rounds.length).toBeGreaterThan(0);

    leaving[1]?.abort();
    await ends[1];
    expect([tracker.size, tracker.runnable]).toStrictEqual([0, false]);
  });

  it("is followed apart for who comes later with targets that were not read", async () => {
    const { tracker } = aTracker((_, nth, following) =>
      nth < 3 ? "open" : allSucceeded(following),
    );
    const early = tracker.follow(partOf("a"), young());
    await vi.advanceTimersByTimeAsync(600);
    const late = [tracker.follow(partOf("a"), young()), tracker.follow(partOf("b"), young())];
    expect(tracker.size).toBe(2);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await Promise.all([early, ...late].map(targetsOfEnd))).toStrictEqual([
      ["a"],
      ["a"],
      ["b"],
    ]);
  });

  it("is one by its claim, its job and how it is followed, and knows what each of them knows", async () => {
    const seen: Following[] = [];
    const { tracker } = aTracker((_, __, following) => {
      seen.push(following);
      return allSucceeded(following);
    });
    const mark = { runs: 1 };
    const end = { target: "b", status: "FAILED", message: null } as const;
    const parts = [
      partOf("a", { before: { marks: [{ target: "a", mark }] }, notes: { a: "1" } }),
      partOf("b", { before: null, ended: [end], notes: { b: "2" } }),
      partOf("c", { until: "finished" }),
    ];
    for (const part of parts) void tracker.follow(part, young());
    expect(tracker.size).toBe(2);
    await vi.advanceTimersByTimeAsync(600);
    expect(seen[0]).toMatchObject({
      ...{ before: { marks: [{ target: "a", mark }] }, ended: [end], notes: { a: "1", b: "2" } },
      call: { targets: ["a", "b"], operation: { instanceKeys: ["a", "b"] } },
    });
  });
});
