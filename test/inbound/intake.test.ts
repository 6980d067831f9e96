import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { anIntake } from "./fakes.ts";
import { aRecord, records } from "./a-record.ts";
import { aSenselessRequest, aSource } from "./a-request.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const settle = async () => vi.advanceTimersByTimeAsync(0);
const tooLarge = async () => ({ kind: "too-large", message: "2 MB" }) as const;
const never = async () => new Promise<never>(() => {});

describe("records", () => {
  test("go to the desk once and in order", async () => {
    const { intake, desk, counted } = anIntake();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 3), 8n);
    intake.onRecords(0, records(6n, 3), 9n);
    await settle();
    expect(desk.received).toEqual([5n, 6n, 7n, 8n]);
    expect(counted[0]).toBe("dataworks-sh DataWorksRerunTaskInstances");
  });

  test("of a partition that is not ours are dropped", async () => {
    const { intake, desk } = anIntake();
    intake.onAssignment([1], 1);
    intake.onRecords(0, records(5n, 3), 8n);
    await settle();
    expect(desk.received).toEqual([]);
  });

  test("of a topic that was made anew end the process: old knowledge does not fit them", async () => {
    const { intake, desk, failures } = anIntake();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(0n, 3), 3n);
    await settle();
    intake.onRecords(0, records(0n, 2), 2n);
    await settle();
    expect(failures.map(String)).toEqual([expect.stringContaining("made anew")]);
    expect(desk.received).toEqual([0n, 1n, 2n]);
  });

  test("that make no sense are rejected at the desk", async () => {
    const { intake, decoder, desk, counted } = anIntake();
    decoder.ends.set(5n, () => aSenselessRequest(5n));
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await settle();
    expect(desk.rejected).toEqual([5n]);
    expect(counted).toEqual(["dataworks-sh DataWorksRerunTaskInstances"]);
    expect(intake.openCount).toBe(1);
  });

  test("that make no sense and ask for something else under a known id are dead letters", async () => {
    const { intake, decoder, desk, deadLetters } = anIntake();
    decoder.ends.set(5n, () => aSenselessRequest(5n));
    desk.conflicts = true;
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await settle();
    expect(deadLetters.published).toEqual(["5 conflicting-request-id"]);
  });

  test("that cannot be worked are dead letters, and the next one is worked", async () => {
    const { intake, decoder, desk, deadLetters, counted } = anIntake();
    decoder.ends.set(5n, () => ({ kind: "dead-letter", reason: "undecodable", message: "m" }));
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 2), 7n);
    await settle();
    expect(deadLetters.published).toEqual(["5 undecodable"]);
    expect(counted).toContain("dead undecodable");
    expect(desk.received).toEqual([6n]);
    expect(intake.openCount).toBe(1);
  });

  test("that ask for something else under a known id are dead letters", async () => {
    const { intake, desk, deadLetters } = anIntake();
    desk.conflicts = true;
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await settle();
    expect(deadLetters.published).toEqual(["5 conflicting-request-id"]);
  });

  test("by the thousand let the event loop have its turns", async () => {
    vi.useRealTimers();
    const { intake, desk } = anIntake({ maxWaiting: 10_000 });
    let atNextTurn = 0;
    setImmediate(() => (atNextTurn = desk.received.length));
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(0n, 3_000), 3_000n);
    await vi.waitFor(() => expect(desk.received).toHaveLength(3_000), { timeout: 60_000 });
    expect(atNextTurn).toBeGreaterThan(0);
    expect(atNextTurn).toBeLessThan(3_000);
  }, 60_000);

  test("a bug on the way is told, and nothing after it is handed over", async () => {
    const { intake, decoder, desk, failures } = anIntake();
    const bug = new Error("bug");
    decoder.ends.set(5n, () => {
      throw bug;
    });
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 2), 7n);
    await settle();
    expect(failures).toEqual([bug]);
    expect(desk.received).toEqual([]);
  });
});

describe("commits", () => {
  test("what changed, every 300 ms, of assigned partitions only", async () => {
    const { intake, feed } = anIntake();
    intake.start();
    intake.onAssignment([0, 1], 1);
    intake.onRecords(0, records(5n, 3), 8n);
    intake.onRecords(1, records(9n, 1, 1), 10n);
    await settle();
    intake.complete(aSource(6n));
    intake.complete(aSource(9n, 1));
    await vi.advanceTimersByTimeAsync(300);
    expect(feed.commits).toEqual([
      [
        [0, 5n],
        [1, 10n],
      ],
    ]);
    intake.complete(aSource(5n));
    await vi.advanceTimersByTimeAsync(600);
    expect(feed.commits.slice(1)).toEqual([[[0, 7n]]]);
    intake.onAssignment([1], 2);
    intake.complete(aSource(7n));
    await vi.advanceTimersByTimeAsync(300);
    expect(feed.commits.slice(2)).toEqual([[[1, 10n]]]);
  });

  test("a failed one is told once and made again with the newest offsets", async () => {
    const { intake, feed, log } = anIntake();
    intake.start();
    feed.commitFails = new Error("rebalancing");
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 2), 7n);
    await vi.advanceTimersByTimeAsync(600);
    intake.complete(aSource(5n));
    feed.commitFails = null;
    await vi.advanceTimersByTimeAsync(900);
    expect(feed.commits).toEqual([[[0, 5n]], [[0, 5n]], [[0, 6n]]]);
    expect(log.events.filter((event) => event === "warn offset-commit.failed")).toHaveLength(1);
  });

  test("one at a time", async () => {
    const { intake, feed } = anIntake();
    let open: () => void = () => undefined;
    feed.commitGate = new Promise((resolve) => (open = resolve));
    intake.start();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await vi.advanceTimersByTimeAsync(300);
    intake.complete(aSource(5n));
    await vi.advanceTimersByTimeAsync(900);
    expect(feed.commits).toHaveLength(1);
    open();
    await vi.advanceTimersByTimeAsync(300);
    expect(feed.commits).toHaveLength(2);
  });

  test("the last one waits for the one under way and takes the newest offsets", async () => {
    const { intake, feed } = anIntake();
    let open: () => void = () => undefined;
    feed.commitGate = new Promise((resolve) => (open = resolve));
    intake.start();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await vi.advanceTimersByTimeAsync(300);
    const last = intake.finalCommit();
    intake.complete(aSource(5n));
    open();
    expect(await last).toBe(true);
    expect(feed.commits).toEqual([[[0, 5n]], [[0, 6n]]]);
    intake.onRecords(0, records(7n, 1), 8n);
    intake.complete(aSource(7n));
    await vi.advanceTimersByTimeAsync(900);
    expect(feed.commits).toHaveLength(2);
  });

  test("the last one says when it failed", async () => {
    const { intake, feed } = anIntake();
    feed.commitFails = new Error("away");
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    expect(await intake.finalCommit()).toBe(false);
  });
});

describe("a partition that is lost", () => {
  test("is forgotten but for what goes on, and worked again when it comes back", async () => {
    const { intake, desk } = anIntake();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 4), 9n);
    await settle();
    intake.complete(aSource(5n));
    desk.goingOn.add(6n);
    intake.onAssignment([], 2);
    expect(intake.openCount).toBe(1);
    intake.onAssignment([0], 3);
    intake.onRecords(0, records(5n, 4), 9n);
    await settle();
    expect(desk.received).toEqual([5n, 6n, 7n, 8n, 7n, 8n]);
  });

  test("hands over nothing that was still being decoded", async () => {
    const { intake, desk } = anIntake();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 2), 7n);
    intake.onAssignment([], 2);
    await settle();
    expect(desk.received).toEqual([]);
    expect(intake.openCount).toBe(0);
  });

  test("does not work a record again whose dead letter is being published", async () => {
    const { intake, decoder, deadLetters } = anIntake();
    let publish: () => void = () => undefined;
    const published = new Promise<void>((resolve) => (publish = resolve));
    deadLetters.answer = async () => published.then(() => ({ kind: "published" as const }));
    decoder.ends.set(5n, () => ({ kind: "dead-letter", reason: "empty", message: "m" }));
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await settle();
    intake.onAssignment([], 2);
    intake.onAssignment([0], 3);
    intake.onRecords(0, records(5n, 1), 6n);
    publish();
    await settle();
    expect(deadLetters.published).toEqual(["5 empty"]);
    expect(intake.openCount).toBe(0);
  });

  test("takes back a dead letter that turned out too large meanwhile", async () => {
    const { intake, decoder, deadLetters } = anIntake();
    let answer: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (answer = resolve));
    deadLetters.answer = async () => first.then(tooLarge);
    decoder.ends.set(5n, () => ({ kind: "dead-letter", reason: "empty", message: "m" }));
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await settle();
    intake.onAssignment([], 2);
    intake.onAssignment([0], 3);
    intake.onRecords(0, records(5n, 1), 6n);
    answer();
    await settle();
    expect(intake.blocked()).toMatchObject([{ partition: 0 }]);
    deadLetters.answer = async () => ({ kind: "published" });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(deadLetters.published).toEqual(["5 empty"]);
  });

  test("forgets a dead letter that turned out too large when the partition is somebody else's", async () => {
    const { intake, decoder, deadLetters } = anIntake();
    let answer: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (answer = resolve));
    deadLetters.answer = async () => first.then(tooLarge);
    decoder.ends.set(5n, () => ({ kind: "dead-letter", reason: "empty", message: "m" }));
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await settle();
    intake.onAssignment([], 2);
    answer();
    await settle();
    expect(intake.openCount).toBe(0);
    deadLetters.answer = async () => ({ kind: "published" });
    intake.onAssignment([0], 3);
    intake.onRecords(0, records(5n, 1), 6n);
    await settle();
    expect(deadLetters.published).toEqual(["5 empty"]);
  });

  test("keeps what came back unexecuted only if it was delivered again", async () => {
    const { intake, desk } = anIntake();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 2), 7n);
    await settle();
    expect(intake.keeps(aSource(5n))).toBe(true);
    desk.goingOn.add(5n).add(6n);
    intake.onAssignment([], 2);
    expect(intake.keeps(aSource(5n))).toBe(false);
    intake.onAssignment([0], 3);
    intake.onRecords(0, records(5n, 2), 7n);
    await settle();
    expect(intake.keeps(aSource(6n))).toBe(true);
    expect(desk.received).toEqual([5n, 6n, 5n]);
  });
});

describe("memory", () => {
  test("is bounded: all partitions pause at the limit and resume below nine tenths of it", async () => {
    const { intake, feed } = anIntake({ maxWaiting: 100 });
    intake.onAssignment([0, 1], 1);
    intake.onRecords(0, records(0n, 99), 99n);
    await settle();
    expect([...feed.paused]).toEqual([]);
    intake.onRecords(0, records(99n, 5), 104n);
    await settle();
    expect([...feed.paused]).toEqual([0, 1]);
    expect(intake.full).toBe(true);
    for (let offset = 0n; offset < 14n; offset++) intake.complete(aSource(offset));
    expect([...feed.paused]).toEqual([0, 1]);
    intake.complete(aSource(14n));
    expect([...feed.paused]).toEqual([]);
  });

  test("is not filled by what waits outside of it", async () => {
    let outside = 0;
    const { intake, feed } = anIntake({ maxWaiting: 10, outside: () => outside });
    intake.onAssignment([0], 1);
    outside = 5;
    intake.onRecords(0, records(0n, 7), 7n);
    await settle();
    intake.onRecords(0, records(7n, 7), 14n);
    await settle();
    expect([...feed.paused]).toEqual([]);
    intake.onRecords(0, records(14n, 1), 15n);
    await settle();
    expect([...feed.paused]).toEqual([0]);
  });

  test("is full for partitions that come later, and for kept ones whose pauses were forgotten", () => {
    const { intake, feed } = anIntake({ maxWaiting: 2 });
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(0n, 2), 2n);
    feed.paused.clear();
    intake.onAssignment([0, 1], 2);
    expect([...feed.paused]).toEqual([0, 1]);
  });

  test("has room again when the partition that filled it is lost", () => {
    const { intake, feed } = anIntake({ maxWaiting: 2 });
    intake.onAssignment([0, 1], 1);
    intake.onRecords(0, records(0n, 2), 2n);
    expect([...feed.paused]).toEqual([0, 1]);
    intake.onAssignment([1], 2);
    expect([...feed.paused]).toEqual([]);
  });
});

describe("while the registry is away", () => {
  const away = () => ({ kind: "unavailable", message: "refused" }) as const;

  test("its partition waits, visibly, and goes on by itself; others do not notice", async () => {
    const { intake, decoder, desk, feed, deadLetters } = anIntake();
    decoder.ends.set(5n, away);
    intake.onAssignment([0, 1], 1);
    intake.onRecords(0, records(5n, 2), 7n);
    intake.onRecords(1, records(50n, 2, 1), 52n);
    const since = Date.now();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(desk.received).toEqual([50n, 51n]);
    expect([...feed.paused]).toEqual([0]);
    expect(intake.blocked()).toEqual([
      { partition: 0, since, why: "the schema registry is unavailable: refused" },
    ]);
    expect(intake.runnable).toBe(false);
    decoder.ends.clear();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(desk.received).toEqual([50n, 51n, 5n, 6n]);
    expect([...feed.paused]).toEqual([]);
    expect(intake.blocked()).toEqual([]);
    expect(deadLetters.published).toEqual([]);
  });

  test("is asked less and less often", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const { intake, decoder } = anIntake();
    let asked = 0;
    decoder.ends.set(5n, () => {
      asked += 1;
      return away();
    });
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await vi.advanceTimersByTimeAsync(12_600);
    expect(asked).toBe(7);
    await vi.advanceTimersByTimeAsync(100_000);
    expect(asked).toBe(17);
  });

  test("what waits behind the blocked record does not fill the memory of others", async () => {
    const { intake, decoder, feed } = anIntake({ maxWaiting: 10 });
    decoder.ends.set(0n, away);
    intake.onAssignment([0, 1], 1);
    intake.onRecords(0, records(0n, 50), 50n);
    await settle();
    expect([...feed.paused]).toEqual([0]);
    intake.onRecords(1, records(0n, 9, 1), 9n);
    expect([...feed.paused]).toEqual([0, 1]);
  });

  test("a loss ends the waiting", async () => {
    const { intake, decoder, feed } = anIntake();
    decoder.ends.set(5n, away);
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await settle();
    intake.onAssignment([], 2);
    expect([...feed.paused]).toEqual([]);
    expect(intake.blocked()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    await settle();
    expect(intake.openCount).toBe(0);
  });
});

describe("a dead letter", () => {
  const dead = () => ({ kind: "dead-letter", reason: "undecodable", message: "m" }) as const;

  test("too large for its topic pauses its partition alone, and is tried again every 30 s", async () => {
    const { intake, decoder, desk, deadLetters, feed } = anIntake();
    let asked = 0;
    deadLetters.answer = async () => {
      asked += 1;
      return tooLarge();
    };
    decoder.ends.set(5n, dead);
    intake.onAssignment([0, 1], 1);
    intake.onRecords(0, records(5n, 2), 7n);
    intake.onRecords(1, records(50n, 1, 1), 51n);
    await vi.advanceTimersByTimeAsync(89_000);
    expect(asked).toBe(3);
    expect(desk.received).toEqual([50n]);
    expect([...feed.paused]).toEqual([0]);
    expect(intake.blocked()[0]?.why).toBe("offset 5: too large for the dead-letter topic: 2 MB");
    deadLetters.answer = async () => ({ kind: "published" });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(desk.received).toEqual([50n, 6n]);
    expect([...feed.paused]).toEqual([]);
    expect(intake.blocked()).toEqual([]);
  });

  test("that takes long is told, not one that takes a moment", async () => {
    const { intake, decoder, deadLetters } = anIntake();
    deadLetters.answer = never;
    decoder.ends.set(5n, dead);
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(intake.blocked()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(intake.blocked()).toMatchObject([{ partition: 0 }]);
  });

  test("that takes long keeps its partition from being read ahead without bound", async () => {
    const { intake, decoder, deadLetters, feed } = anIntake({ maxWaiting: 100 });
    let publish: () => void = () => undefined;
    const published = new Promise<void>((resolve) => (publish = resolve));
    deadLetters.answer = async () => published.then(() => ({ kind: "published" as const }));
    decoder.ends.set(0n, dead);
    intake.onAssignment([0, 1], 1);
    intake.onRecords(0, records(0n, 101), 101n);
    await settle();
    expect([...feed.paused]).toEqual([0]);
    publish();
    await settle();
    expect([...feed.paused]).toEqual([0, 1]);
    for (let offset = 1n; offset < 12n; offset++) intake.complete(aSource(offset));
    expect([...feed.paused]).toEqual([]);
  });
});

describe("while draining", () => {
  test("nothing is handed over or fetched, and commits go on", async () => {
    const { intake, desk, feed } = anIntake();
    intake.start();
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await settle();
    intake.onRecords(0, records(6n, 2), 8n);
    const drained = intake.drain();
    intake.onRecords(0, records(8n, 2), 10n);
    await drained;
    await settle();
    intake.onAssignment([0, 1], 2);
    intake.onRecords(1, records(1n, 2, 1), 3n);
    intake.complete(aSource(5n));
    await vi.advanceTimersByTimeAsync(300);
    expect(desk.received).toEqual([5n]);
    expect([...feed.paused]).toEqual([0, 1]);
    expect(feed.commits).toEqual([[[0, 6n]]]);
    expect(await intake.finalCommit()).toBe(true);
  });

  test("the dead letter under way is waited for, and its offset released", async () => {
    const { intake, decoder, deadLetters, feed } = anIntake();
    let publish: () => void = () => undefined;
    const published = new Promise<void>((resolve) => (publish = resolve));
    deadLetters.answer = async () => published.then(() => ({ kind: "published" as const }));
    decoder.ends.set(5n, () => ({ kind: "dead-letter", reason: "empty", message: "m" }));
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await settle();
    let isDrained = false;
    const drained = intake.drain().then(() => (isDrained = true));
    await settle();
    expect(isDrained).toBe(false);
    publish();
    await drained;
    await intake.finalCommit();
    expect(feed.commits).toEqual([[[0, 6n]]]);
  });

  test("giving up on Kafka is no bug", async () => {
    const { intake, decoder, deadLetters, failures } = anIntake();
    let giveUp: () => void = () => undefined;
    const aborted = new Promise<never>((_, reject) => (giveUp = () => reject(new Error("abort"))));
    deadLetters.answer = async () => aborted;
    decoder.ends.set(5n, () => ({ kind: "dead-letter", reason: "empty", message: "m" }));
    intake.onAssignment([0], 1);
    intake.onRecords(0, records(5n, 1), 6n);
    await settle();
    const drained = intake.drain();
    giveUp();
    await drained;
    expect(failures).toEqual([]);
    expect(intake.openCount).toBe(1);
  });
});

test("says how far behind each partition is, and what is not covered by commits", async () => {
  const { intake } = anIntake();
  intake.onAssignment([0, 1], 1);
  intake.onRecords(0, records(5n, 3), 20n);
  await settle();
  intake.complete(aSource(5n));
  intake.complete(aSource(7n));
  expect([...intake.lag()]).toEqual([[0, 14n]]);
  expect([...intake.uncommitted()]).toEqual([
    [0, 2],
    [1, 0],
  ]);
  expect(intake.steps).toBe(3);
  intake.onAssignment([1], 2);
  expect([...intake.lag()]).toEqual([]);
});

test("a record may be completed twice, and one that nobody knows", () => {
  const { intake } = anIntake();
  intake.onAssignment([0], 1);
  intake.onRecords(0, [aRecord(5n)], 6n);
  intake.complete(aSource(5n));
  intake.complete(aSource(5n));
  intake.complete(aSource(99n, 7));
  expect(intake.openCount).toBe(0);
});
