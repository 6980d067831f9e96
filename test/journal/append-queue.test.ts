import { getEventListeners } from "node:events";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { AppendQueue } from "../../src/journal/append-queue.ts";
import { ALog } from "./a-log.ts";

const KB = 1024;
let log: ALog;
let stop: AbortController;
let troubles: unknown[];
let queue: AppendQueue;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  log = new ALog(3);
  log.appendMs = 10;
  stop = new AbortController();
  troubles = [];
  queue = new AppendQueue({
    ...{ log, partition: 2, key: "dataworks-sh", signal: stop.signal, stepsBefore: 0 },
    now: () => performance.now(),
    onTrouble: (error) => troubles.push(error),
  });
});

/** Appends a text; `true` or `false` is noted under it when that has ended. */
const ends = new Map<string, boolean>();
beforeEach(() => ends.clear());

function append(text: string, within = Infinity): void {
  void queue
    .append(Buffer.from(text), performance.now() + within)
    .then((isWritten) => ends.set(text, isWritten));
}

/** The texts of each append so far, the long ones cut. */
function batches(): readonly (readonly string[])[] {
  return log.appends.map(({ values }) => values.map((value) => value.toString("utf8", 0, 8)));
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

describe("an append queue", () => {
  it("writes to its partition, under its key", async () => {
    append("a");
    await pass(11);

    expect(log.appends).toMatchObject([
      { partition: 2, key: "dataworks-sh", values: [Buffer.from("a")] },
    ]);
    expect(ends).toStrictEqual(new Map([["a", true]]));
  });

  it("puts into one batch what is asked for in one turn of the loop", async () => {
    for (const text of ["a", "b", "c"]) append(text);
    await pass(11);

    expect(batches()).toStrictEqual([["a", "b", "c"]]);
    expect([...ends]).toStrictEqual([
      ["a", true],
      ["b", true],
      ["c", true],
    ]);
  });

  it("has one append in flight; what comes meanwhile makes the next batch, in order", async () => {
    append("a");
    await pass(5);
    append("b");
    append("c");
    await pass(4);
    expect(batches()).toStrictEqual([["a"]]);
    expect(ends.size).toBe(0);

    await pass(5);
    append("d");
    await pass(30);
    expect(batches()).toStrictEqual([["a"], ["b", "c"], ["d"]]);
    expect([...ends.keys()]).toStrictEqual(["a", "b", "c", "d"]);
  });

  it("writes again when it has been idle", async () => {
    append("a");
    await pass(50);
    append("b");
    await pass(50);

    expect(batches()).toStrictEqual([["a"], ["b"]]);
    expect(queue.isBusy).toBe(false);
  });

  it("bounds a batch by its records", async () => {
    const texts = Array.from({ length: 450 }, (_, index) => String(index));
    for (const text of texts) append(text);
    await pass(100);

    expect(batches().map(({ length }) => length)).toStrictEqual([200, 200, 50]);
    expect(batches().flat()).toStrictEqual(texts);
  });

  it("bounds a batch by its bytes, but lets one large record go alone", async () => {
    for (const [text, kb] of [
      ["a", 300],
      ["b", 90],
      ["c", 20],
      ["d", 900],
      ["e", 1],
    ] as const) {
      append(text.padEnd(kb * KB, text));
    }
    await pass(100);

    expect(batches().map((batch) => batch.map(([letter]) => letter))).toStrictEqual([
      ["a", "b"],
      ["c"],
      ["d"],
      ["e"],
    ]);
  });

  it("sends again what failed until it is acknowledged, before what came later", async () => {
    log.plan.push("lost", "unacknowledged", "lost");
    append("a");
    await pass(15);
    append("b");
    await pass(1_000);

    expect(batches()).toStrictEqual([["a"], ["a", "b"], ["a", "b"], ["a", "b"]]);
    expect(troubles).toHaveLength(3);
    expect(ends).toStrictEqual(
      new Map([
        ["a", true],
        ["b", true],
      ]),
    );
  });

  it("waits longer after each failure, up to half a second", async () => {
    log.plan.push(...Array.from({ length: 8 }, () => "lost" as const));
    append("a");
    await pass(10_000);

    const waits = log.appends.slice(1).map(({ at }, index) => at - log.appends[index]!.at - 10);
    expect(waits).toStrictEqual([50, 100, 200, 400, 500, 500, 500, 500]);
    expect(ends.get("a")).toBe(true);
  });

  it("begins with the shortest wait again after a success", async () => {
    log.plan.push("lost", "lost", "written", "lost");
    append("a");
    // Its third attempt begins after 10 + 50 + 10 + 100 ms, and `b` waits behind it.
    await pass(175);
    append("b");
    await pass(5 + 10 + 49);
    expect(log.appends).toHaveLength(4);
    await pass(1);

    expect(log.appends).toHaveLength(5);
  });

  it("drops a claim that is too old, and goes on with the others", async () => {
    log.plan.push("lost");
    append("claim", 40);
    append("done");
    append("young claim", 5_000);
    await pass(100);

    expect(batches()).toStrictEqual([
      ["claim", "done", "young cl"],
      ["done", "young cl"],
    ]);
    expect(ends).toStrictEqual(
      new Map([
        ["claim", false],
        ["done", true],
        ["young claim", true],
      ]),
    );
  });

  it("drops a claim that became too old behind another append", async () => {
    append("a");
    await pass(1);
    append("claim", 9);
    append("b");
    await pass(50);

    expect(batches()).toStrictEqual([["a"], ["b"]]);
    expect(ends.get("claim")).toBe(false);
  });

  it("sends nothing when all that waits is too old, and is ready for more", async () => {
    log.plan.push("lost");
    append("claim", 20);
    await pass(200);
    expect([queue.isBusy, queue.stuckMs, ends.get("claim")]).toStrictEqual([false, 0, false]);

    append("b");
    await pass(50);
    expect(batches()).toStrictEqual([["claim"], ["b"]]);
  });

  it("lets a claim count that is acknowledged late: it stands there", async () => {
    log.appendMs = 100;
    append("claim", 20);
    await pass(101);

    expect(ends.get("claim")).toBe(true);
  });

  it("ends all waiting when it is told to, also when the brokers never answer", async () => {
    log.plan.push("silent");
    append("a");
    await pass(20);
    append("b");
    stop.abort(new Error("over"));
    await pass(0);

    expect(ends).toStrictEqual(
      new Map([
        ["a", false],
        ["b", false],
      ]),
    );
    expect(queue.isBusy).toBe(false);
  });

  it("ends all waiting when it is told to before anything was sent", async () => {
    append("a");
    stop.abort(new Error("over"));
    await pass(0);

    expect([ends.get("a"), queue.isBusy, log.appends]).toStrictEqual([false, false, []]);
  });

  it("listens for its end only while it has anything to write", async () => {
    append("a");
    await pass(5);
    const atWork = getEventListeners(stop.signal, "abort").length;
    await pass(10);

    expect([atWork, getEventListeners(stop.signal, "abort").length]).toStrictEqual([1, 0]);
  });

  it("does not send again after it was told to end", async () => {
    log.plan.push("lost");
    append("a");
    await pass(30);
    stop.abort(new Error("over"));
    await pass(1_000);

    expect(batches()).toStrictEqual([["a"]]);
    expect(ends.get("a")).toBe(false);
  });

  it("writes nothing at all after that", async () => {
    stop.abort(new Error("over"));
    append("a");
    await pass(100);

    expect(ends.get("a")).toBe(false);
    expect(log.appends).toStrictEqual([]);
  });

  it("shows whether it is busy, how far it came and how long it is stuck", async () => {
    const shown = () => [queue.isBusy, queue.steps, queue.stuckMs];
    expect(shown()).toStrictEqual([false, 0, 0]);

    log.plan.push("lost", "silent");
    append("a");
    expect(shown()).toStrictEqual([true, 0, 0]);
    await pass(1);
    await pass(5);
    const [, , stuckMs] = shown();
    await pass(1_000);
    expect(shown()).toStrictEqual([true, 0, Number(stuckMs) + 1_000]);
  });

  it("counts each acknowledged batch", async () => {
    append("a");
    await pass(11);
    append("b");
    append("c");
    await pass(11);

    expect([queue.isBusy, queue.steps, queue.stuckMs]).toStrictEqual([false, 2, 0]);
  });
});
