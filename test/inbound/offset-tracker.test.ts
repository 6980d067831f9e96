import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { OffsetTracker, type Stretch } from "../../src/inbound/offset-tracker.ts";

function begun(...offsets: bigint[]): OffsetTracker {
  const tracker = new OffsetTracker();
  for (const offset of offsets) tracker.begin(offset);
  return tracker;
}

describe("what may be committed", () => {
  test("is nothing before anything was delivered", () => {
    expect(new OffsetTracker().committable()).toBeNull();
  });

  test("is the lowest unfinished offset, in whatever order the others finish", () => {
    const tracker = begun(10n, 11n, 12n);
    tracker.finish(12n);
    tracker.finish(11n);
    expect(tracker.committable()).toBe(10n);
    tracker.finish(10n);
    expect(tracker.committable()).toBe(13n);
  });

  test("passes over gaps between offsets", () => {
    const tracker = begun(10n, 15n, 90n);
    tracker.finish(10n);
    expect(tracker.committable()).toBe(15n);
    tracker.finish(90n);
    tracker.finish(15n);
    expect(tracker.committable()).toBe(91n);
  });

  test("does not go back when a kept partition is delivered again", () => {
    const tracker = begun(10n, 11n, 12n);
    tracker.finish(10n);
    tracker.finish(12n);
    expect([10n, 11n, 12n, 13n].map((offset) => tracker.begin(offset))).toEqual([
      "finished",
      "in-progress",
      "finished",
      "new",
    ]);
    expect(tracker.committable()).toBe(11n);
  });

  test("is nothing between a loss and the next delivery", () => {
    const tracker = begun(10n);
    tracker.lose(new Set());
    expect(tracker.committable()).toBeNull();
  });

  test("starts from where others came to, however low our own unfinished ones are", () => {
    const tracker = begun(10n, 11n);
    tracker.lose(new Set([10n]));
    tracker.begin(50n);
    tracker.finish(50n);
    expect(tracker.committable()).toBe(51n);
  });

  test("gives up what it knew below a fresh start, which would pile up", () => {
    const tracker = begun(10n, 11n);
    tracker.finish(11n);
    tracker.lose(new Set());
    tracker.begin(50n);
    expect(tracker.begin(11n)).toBe("new");
  });

  test("follows a group that was set back", () => {
    const tracker = begun(10n, 11n);
    tracker.finish(10n);
    expect(tracker.begin(5n)).toBe("new");
    expect(tracker.committable()).toBe(5n);
    tracker.finish(5n);
    expect([10n, 11n].map((offset) => tracker.begin(offset))).toEqual(["finished", "in-progress"]);
    expect(tracker.committable()).toBe(11n);
  });
});

describe("a partition that was lost and came back", () => {
  test("knows those going on and those finished, and gives out the rest again", () => {
    const tracker = begun(10n, 11n, 12n, 13n);
    tracker.finish(10n);
    tracker.finish(12n);
    tracker.lose(new Set([11n]));
    expect([10n, 11n, 12n, 13n].map((offset) => tracker.begin(offset))).toEqual([
      "finished",
      "in-progress",
      "finished",
      "new",
    ]);
    expect(tracker.committable()).toBe(11n);
  });

  test("knows what was finished while it was lost, even what it had forgotten", () => {
    const tracker = begun(10n, 11n);
    tracker.lose(new Set([10n]));
    tracker.finish(10n);
    tracker.finish(11n);
    expect([10n, 11n].map((offset) => tracker.begin(offset))).toEqual(["finished", "finished"]);
    expect(tracker.committable()).toBe(12n);
  });

  test("gives out again what went on and came to no end", () => {
    const tracker = begun(10n);
    tracker.lose(new Set([10n]));
    expect(tracker.keeps(10n)).toBe(false);
    expect(tracker.begin(10n)).toBe("new");
  });
});

test("a record that the present run delivered is kept, also when it had been lost before", () => {
  const tracker = begun(10n);
  expect(tracker.keeps(10n)).toBe(true);
  tracker.lose(new Set([10n]));
  tracker.begin(10n);
  expect(tracker.keeps(10n)).toBe(true);
  expect([tracker.openCount, tracker.committable()]).toEqual([1, 10n]);
});

test("counts what is open, and what the committable offset does not cover", () => {
  const tracker = begun(10n, 11n, 12n);
  tracker.finish(11n);
  expect([tracker.openCount, tracker.uncommittedCount]).toEqual([2, 3]);
  tracker.finish(10n);
  expect([tracker.openCount, tracker.uncommittedCount]).toEqual([1, 1]);
});

describe("the finished stretches above what may be committed", () => {
  test("are none before a run, and none where all below is finished", () => {
    expect(new OffsetTracker().finishedStretches(10)).toEqual([]);
    const tracker = begun(10n, 11n, 12n);
    tracker.finish(10n);
    tracker.finish(11n);
    expect(tracker.finishedStretches(10)).toEqual([]);
  });

  test("end where an unfinished one stands, the last one behind what was delivered", () => {
    const tracker = begun(10n, 11n, 12n, 20n, 21n);
    for (const offset of [11n, 12n, 21n]) tracker.finish(offset);
    expect(tracker.finishedStretches(10)).toEqual([
      { from: 11n, to: 20n },
      { from: 21n, to: 22n },
    ]);
  });

  test("are the lowest ones when there are too many", () => {
    const tracker = begun(...Array.from({ length: 21 }, (_, offset) => BigInt(offset)));
    for (let offset = 1n; offset < 21n; offset += 2n) tracker.finish(offset);
    expect(tracker.finishedStretches(2)).toEqual([
      { from: 1n, to: 2n },
      { from: 3n, to: 4n },
    ]);
    expect(tracker.finishedStretches(10)).toHaveLength(10);
    expect(tracker.finishedStretches(11)).toHaveLength(10);
  });
});

/** Whether the stretches come in order and apart, each with something in it. */
function areApart(stretches: readonly Stretch[]): boolean {
  return stretches.every(({ from, to }, index) => {
    const next = stretches[index + 1];
    return from < to && (next === undefined || to < next.from);
  });
}

test("200,000 open offsets cost no more per step than a few", () => {
  const tracker = new OffsetTracker();
  const count = 200_000n;
  for (let offset = 0n; offset < count; offset++) tracker.begin(offset);
  for (let offset = count - 1n; offset > 0n; offset--) {
    tracker.finish(offset);
    tracker.committable();
  }
  expect(tracker.committable()).toBe(0n);
  tracker.finish(0n);
  expect([tracker.committable(), tracker.uncommittedCount]).toEqual([count, 0]);
});

/** The same promises, kept naively: one entry per offset, everything by search. */
class Model {
  readonly finished = new Set<bigint>();
  readonly open = new Set<bigint>();
  seen: bigint[] = [];

  begin(offset: bigint): string {
    if (!this.seen.includes(offset)) this.seen.push(offset);
    if (this.open.has(offset)) return "in-progress";
    if (this.finished.has(offset)) return "finished";
    this.open.add(offset);
    return "new";
  }

  finish(offset: bigint): void {
    this.open.delete(offset);
    this.finished.add(offset);
  }

  lose(goingOn: ReadonlySet<bigint>): void {
    for (const offset of [...this.open]) if (!goingOn.has(offset)) this.open.delete(offset);
    this.seen = [];
  }

  /** The delivered and finished ones above the lowest unfinished one. */
  finishedAbove(): readonly bigint[] {
    const low = this.committable() ?? 0n;
    return this.seen.filter((offset) => offset >= low && this.finished.has(offset));
  }

  committable(): bigint | null {
    const unfinished = this.seen.filter((offset) => !this.finished.has(offset));
    if (this.seen.length === 0) return null;
    const lowest = unfinished.toSorted((a, b) => (a < b ? -1 : 1))[0];
    return lowest ?? this.seen.reduce((a, b) => (a > b ? a : b)) + 1n;
  }
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("deliver" as const), count: fc.nat(4) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("finish" as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ kind: "redeliver" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "commit" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("lose" as const),
      keep: fc.array(fc.boolean(), { maxLength: 12 }),
      others: fc.nat(3),
    }),
  },
);

test("agrees with a naive model in any order of delivery, completion, redelivery, loss and regain", () => {
  const gaps = fc.array(fc.bigInt({ min: 1n, max: 4n }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(gaps, fc.array(step, { maxLength: 120 }), (distances, steps) => {
      let end = 0n;
      const log = distances.map((distance) => (end += distance));
      const tracker = new OffsetTracker();
      const model = new Model();
      const inHand = new Set<bigint>();
      const handedOutTwice: bigint[] = [];
      const found: unknown[] = [];
      const expected: unknown[] = [];
      let committed = 0;
      let position = 0;

      for (const action of steps) {
        if (action.kind === "deliver") {
          const delivered = log.slice(position, position + action.count);
          const begun = delivered.map((offset) => tracker.begin(offset));
          found.push(...begun);
          expected.push(...delivered.map((offset) => model.begin(offset)));
          const handedOut = delivered.filter((_, i) => begun[i] === "new");
          handedOutTwice.push(...handedOut.filter((offset) => inHand.has(offset)));
          for (const offset of handedOut) inHand.add(offset);
          position = Math.min(log.length, position + action.count);
        } else if (action.kind === "finish") {
          const open = [...model.open];
          const offset = open[action.pick % Math.max(1, open.length)];
          if (offset !== undefined) tracker.finish(offset);
          if (offset !== undefined) model.finish(offset);
        } else if (action.kind === "redeliver") {
          position = committed;
        } else if (action.kind === "commit") {
          const offset = tracker.committable();
          if (offset !== null) committed = log.filter((one) => one < offset).length;
        } else {
          const open = [...model.open];
          const goingOn = new Set(open.filter((_, i) => action.keep[i] ?? false));
          tracker.lose(goingOn);
          model.lose(goingOn);
          const forgotten = open.filter((offset) => !goingOn.has(offset));
          for (const offset of forgotten) inHand.delete(offset);
          // Others come further than we did before it comes back.
          committed = Math.min(log.length, committed + action.others);
          position = committed;
        }
        const stretches = tracker.finishedStretches(1000);
        const isInOne = (offset: bigint) =>
          stretches.some(({ from, to }) => offset >= from && offset < to);
        found.push(tracker.committable(), tracker.openCount, areApart(stretches));
        expected.push(model.committable(), model.open.size, true);
        found.push(model.seen.filter(isInOne), tracker.finishedStretches(2));
        expected.push(model.finishedAbove(), stretches.slice(0, 2));
      }
      expect(found).toEqual(expected);
      expect(handedOutTwice).toEqual([]);

      for (const offset of log.slice(committed)) {
        tracker.begin(offset);
        tracker.finish(offset);
      }
      expect(tracker.committable() ?? end + 1n).toBe(end + 1n);
    }),
    { numRuns: 2_000 },
  );
});
