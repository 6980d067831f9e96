import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CompletedSources } from "../../src/journal/completed-sources.ts";
import { FinishedRequests } from "../../src/journal/finished-requests.ts";
import { type FinishedRequest, SealedSegment } from "../../src/journal/sealed-segment.ts";

/** For a machine that has other work as well. */
const BUSY = { timeout: 30_000 };

const HOUR = 3_600_000;

/** A request that finished, by a number; its record stands at offset `number` of partition 0. */
function finished(number: number, overrides: Partial<FinishedRequest> = {}): FinishedRequest {
  const key = String(number).padStart(16, "k");
  return { key, digest: "d".repeat(16), partition: 0, offset: BigInt(number), ...overrides };
}

/** Everything below this offset of partition 0 is complete. */
function completeBelow(low: number): CompletedSources {
  const completed = new CompletedSources();
  completed.learn({ partition: 0, low: BigInt(low), ranges: [], era: 0 }, 0n);
  return completed;
}

function at(position: number, logTime: number) {
  return { journalPartition: 2, position: BigInt(position), logTime };
}

describe("finished requests", () => {
  it("are known before and after they are sealed", () => {
    const requests = new FinishedRequests();
    requests.add(finished(1));
    const other = { digest: "e".repeat(16), offset: 9n };
    const answers = () => [
      requests.find(finished(1)),
      requests.find(finished(1, other)),
      requests.find(finished(2)),
      [requests.has(finished(1).key), requests.has(finished(2).key)],
      requests.size,
    ];
    const expected = [
      { isSameContent: true, isSameSource: true },
      { isSameContent: false, isSameSource: false },
      undefined,
      [true, false],
      1,
    ];

    expect(answers()).toStrictEqual(expected);
    expect(requests.recentCount).toBe(1);
    requests.seal(at(5, 10), completeBelow(0));
    expect(answers()).toStrictEqual(expected);
    expect(requests.recentCount).toBe(0);
  });

  it("tell one partition's record from another's", () => {
    const requests = new FinishedRequests();
    requests.add(finished(1));

    expect(requests.find(finished(1, { partition: 1 }))?.isSameSource).toBe(false);
  });

  it("are sealed with where they ended and came from, and the window that was asked for", () => {
    const requests = new FinishedRequests();
    requests.needsWindow(2 * HOUR);
    requests.needsWindow(HOUR);
    for (const [number, partition] of [
      [7, 1],
      [3, 0],
      [5, 1],
      [9, 1],
    ] as const) {
      requests.add(finished(number, { partition }));
    }
    requests.seal(at(40, 1_000), completeBelow(0));

    expect(requests.segments.map(({ facts }) => facts)).toStrictEqual([
      {
        ...{ journalPartition: 2, end: 40n, lastTime: 1_000, windowMs: 2 * HOUR },
        spans: [
          { partition: 0, least: 3n, most: 3n },
          { partition: 1, least: 5n, most: 9n },
        ],
      },
    ]);
  });

  it("make no segment when there are none", () => {
    const requests = new FinishedRequests();
    requests.needsWindow(HOUR);
    requests.seal(at(40, 1_000), completeBelow(0));

    expect(requests.segments).toStrictEqual([]);
    expect(requests.saved()).toStrictEqual({ requests: [], windowMs: HOUR });
  });

  describe("are forgotten", () => {
    /** One that finished at 0 o'clock, with a window of an hour, in a segment. */
    function sealedAtMidnight(low: number): {
      requests: FinishedRequests;
      completed: CompletedSources;
    } {
      const requests = new FinishedRequests();
      const completed = completeBelow(low);
      requests.needsWindow(HOUR);
      requests.add(finished(1));
      requests.seal(at(10, 0), completed);
      return { requests, completed };
    }

    it("when they are older than the window and their records complete", () => {
      const { requests, completed } = sealedAtMidnight(2);

      requests.seal(at(20, HOUR), completed);
      expect(requests.has(finished(1).key)).toBe(true);
      requests.seal(at(21, HOUR + 1), completed);
      expect(requests.has(finished(1).key)).toBe(false);
      expect(requests.size).toBe(0);
    });

    it("only when all of their segment's records are complete, however old they are", () => {
      const { requests, completed } = sealedAtMidnight(1);
      requests.seal(at(20, 1_000 * HOUR), completed);
      expect(requests.has(finished(1).key)).toBe(true);

      completed.learn({ partition: 0, low: 2n, ranges: [], era: 0 }, 21n);
      requests.seal(at(21, 1_000 * HOUR), completed);
      expect(requests.has(finished(1).key)).toBe(false);
    });

    it("not before the largest window is over that any kept segment asked for", () => {
      const { requests, completed } = sealedAtMidnight(100);
      requests.needsWindow(3 * HOUR);
      requests.add(finished(2));
      requests.seal(at(20, HOUR), completed);

      // From here on everybody is content with half an hour.
      requests.needsWindow(HOUR / 2);
      requests.add(finished(3));
      requests.seal(at(30, 3 * HOUR), completed);
      expect(requests.size).toBe(3);

      requests.seal(at(31, 3 * HOUR + 1), completed);
      expect([1, 2, 3].map((one) => requests.has(finished(one).key))).toStrictEqual([
        ...[false, true, true],
      ]);
      // Once whoever wanted more has not asked for it in all that time, the short window holds.
      requests.seal(at(32, 4 * HOUR + 1), completed);
      expect([1, 2, 3].map((one) => requests.has(finished(one).key))).toStrictEqual([
        ...[false, false, true],
      ]);
      requests.seal(at(33, 4 * HOUR + 2), completed);
      expect(requests.size).toBe(0);
    });

    it("not while a claim since the last border asks for a larger window", () => {
      const { requests, completed } = sealedAtMidnight(2);
      requests.needsWindow(5 * HOUR);
      requests.seal(at(20, 5 * HOUR), completed);
      expect(requests.size).toBe(1);

      requests.seal(at(21, 5 * HOUR + 1), completed);
      expect(requests.size).toBe(0);
    });

    it("when their partition of the requests topic began anew after they finished", () => {
      const { requests, completed } = sealedAtMidnight(0);
      requests.add(finished(2));
      requests.seal(at(30, 0), completed);
      completed.learn({ partition: 0, low: 0n, ranges: [], era: 1 }, 20n);
      requests.seal(at(40, HOUR), completed);
      expect(requests.size).toBe(2);

      requests.seal(at(41, HOUR + 1), completed);
      expect([1, 2].map((one) => requests.has(finished(one).key))).toStrictEqual([false, true]);
    });
  });

  it("are what a list without segments says, over any borders, restarts and windows", BUSY, () => {
    const aNumber = fc.integer({ min: 1, max: 12 });
    const anOp = fc.record({
      what: fc.constantFrom("add", "add", "add", "seal", "complete", "window", "restart"),
      number: aNumber,
      waitMs: fc.constantFrom(0, HOUR / 2, HOUR, 3 * HOUR),
    });
    fc.assert(
      fc.property(fc.array(anOp, { maxLength: 40 }), (ops) => {
        let requests = new FinishedRequests();
        const completed = new CompletedSources();
        const list = new NaiveList();
        let time = 0;
        for (const [index, { what, number, waitMs }] of ops.entries()) {
          time += waitMs;
          const position = BigInt(index + 1);
          if (what === "add" && !requests.has(finished(number).key)) {
            requests.add(finished(number));
            list.add(number);
          }
          if (what === "window") {
            requests.needsWindow(number * HOUR);
            list.windowMs = Math.max(list.windowMs, number * HOUR);
          }
          if (what === "complete") {
            completed.learn({ partition: 0, low: BigInt(number), ranges: [], era: 0 }, position);
            list.low = Math.max(list.low, number);
          }
          if (what === "seal") {
            requests.seal(at(index + 1, time), completed);
            list.seal(time);
          }
          if (what === "restart") {
            const again = new FinishedRequests();
            const segments = requests.segments.map((one) => SealedSegment.fromBytes(one.toBytes()));
            again.restore(requests.saved(), segments);
            requests = again;
          }
          const all = Array.from({ length: 12 }, (_, one) => one + 1);
          const known = all.filter((one) => requests.find(finished(one)) !== undefined);
          expect(known, `after ${index}: ${what}`).toStrictEqual(list.numbers);
          expect([requests.size, requests.recentCount]).toStrictEqual([
            ...[known.length, list.recentCount],
          ]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** The same rules on a plain list: each request with its stretch, each stretch with its window. */
class NaiveList {
  low = 0;
  windowMs = 0;
  #recent: number[] = [];
  #stretches: { numbers: readonly number[]; endedAt: number; windowMs: number }[] = [];

  get numbers(): readonly number[] {
    return [...this.#recent, ...this.#stretches.flatMap(({ numbers }) => numbers)].toSorted(
      (a, b) => a - b,
    );
  }

  get recentCount(): number {
    return this.#recent.length;
  }

  add(number: number): void {
    this.#recent.push(number);
  }

  seal(now: number): void {
    if (this.#recent.length > 0) {
      this.#stretches.push({ numbers: this.#recent, endedAt: now, windowMs: this.windowMs });
      this.#recent = [];
      this.windowMs = 0;
    }
    const windowMs = Math.max(this.windowMs, ...this.#stretches.map((one) => one.windowMs));
    this.#stretches = this.#stretches.filter(({ numbers, endedAt }) => {
      const isYoung = now - endedAt <= windowMs;
      return isYoung || numbers.some((number) => number >= this.low);
    });
  }
}
