import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CompletedSources } from "../../src/journal/completed-sources.ts";
import type { CompletedOffsets } from "../../src/journal/journal-record.ts";

/** For a machine that has other work as well. */
const BUSY = { timeout: 30_000 };

const MOST = 24;

/** Some offsets that are complete, as an owner tells them: the lowest stretch as `low`. */
function toldOf(
  complete: ReadonlySet<number>,
  partition: number,
  fresh: boolean,
): CompletedOffsets {
  const isComplete = (offset: number) => complete.has(offset);
  const all = Array.from({ length: MOST + 1 }, (_, offset) => offset);
  const low = all.find((offset) => !isComplete(offset)) ?? MOST + 1;
  const ranges = all
    .filter((offset) => offset > low && isComplete(offset) && !isComplete(offset - 1))
    .map((from) => {
      const to = all.find((offset) => offset > from && !isComplete(offset)) ?? MOST + 1;
      return { from: BigInt(from), to: BigInt(to) };
    });
  return { partition, low: BigInt(low), ranges, fresh };
}

const someOffsets = fc
  .tuple(fc.nat(MOST), fc.uniqueArray(fc.nat(MOST)))
  .map(([low, above]) => new Set([...Array.from({ length: low }, (_, one) => one), ...above]));
const aTelling = fc.record({
  partition: fc.nat(1),
  complete: someOffsets,
  fresh: fc.integer({ min: 0, max: 5 }).map((one) => one === 0),
});

function offsetsOf(least: number, most: number): readonly number[] {
  return Array.from({ length: most - least + 1 }, (_, one) => least + one);
}

/** Every stretch of up to five offsets. */
const SPANS = [0, 1].flatMap((partition) =>
  offsetsOf(0, MOST).flatMap((least) =>
    offsetsOf(least, Math.min(MOST, least + 4)).map((most) => ({ partition, least, most })),
  ),
);

describe("completed sources", () => {
  it(
    "are all that anybody told of a partition, in whatever order, since it began anew",
    BUSY,
    () => {
      fc.assert(
        fc.property(fc.array(aTelling, { maxLength: 8 }), (tellings) => {
          const sources = new CompletedSources();
          const known = [new Set<number>(), new Set<number>()];
          const freshAt: (bigint | null)[] = [null, null];
          for (const [index, { partition, complete, fresh }] of tellings.entries()) {
            const position = BigInt(index) * 10n;
            sources.learn(toldOf(complete, partition, fresh), position);
            known[partition] = new Set([...(fresh ? [] : known[partition]!), ...complete]);
            if (fresh) freshAt[partition] = position;
          }
          const answers = SPANS.map(({ partition, least, most }) => {
            const span = { partition, least: BigInt(least), most: BigInt(most) };
            return [
              sources.has(partition, span.least),
              sources.covers(span, 1_000n),
              sources.covers(span, freshAt[partition] ?? -1n),
            ];
          });
          const expected = SPANS.map(({ partition, least, most }) => {
            const complete = known[partition]!;
            const isOver = offsetsOf(least, most).every((one) => complete.has(one));
            const isTold = tellings.some((one) => one.partition === partition);
            const wasFresh = freshAt[partition] !== null;
            return [complete.has(least), isTold && isOver, wasFresh || (isTold && isOver)];
          });
          expect(answers).toStrictEqual(expected);
          const again = new CompletedSources();
          again.restore(sources.saved());
          expect(again.saved()).toStrictEqual(sources.saved());
        }),
        { numRuns: 100 },
      );
    },
  );

  it("do not shrink when a late copy or a new owner tells less", () => {
    const sources = new CompletedSources();
    const ranges = [{ from: 10n, to: 20n }];
    sources.learn({ partition: 0, low: 5n, ranges, fresh: false }, 1n);
    sources.learn({ partition: 0, low: 5n, ranges: [], fresh: false }, 2n);
    sources.learn({ partition: 0, low: 3n, ranges: [{ from: 19n, to: 25n }], fresh: false }, 3n);
    sources.learn({ partition: 0, low: 7n, ranges: [{ from: 8n, to: 9n }], fresh: false }, 4n);

    expect(sources.of(0)).toStrictEqual({
      ...{ partition: 0, low: 7n, freshAt: null },
      ranges: [
        { from: 8n, to: 9n },
        { from: 10n, to: 25n },
      ],
    });
  });

  it("join what touches and drop what the watermark has passed", () => {
    const sources = new CompletedSources();
    const ranges = [10n, 12n, 16n].map((from) => ({ from, to: from + 2n }));
    sources.learn({ partition: 0, low: 5n, ranges, fresh: false }, 1n);
    expect(sources.of(0)?.ranges).toStrictEqual([
      { from: 10n, to: 14n },
      { from: 16n, to: 18n },
    ]);

    sources.learn({ partition: 0, low: 17n, ranges: [], fresh: false }, 2n);
    expect(sources.of(0)?.ranges).toStrictEqual([{ from: 17n, to: 18n }]);
  });

  it("let go of what finished before the partition began anew, and of nothing later", () => {
    const sources = new CompletedSources();
    sources.learn({ partition: 0, low: 900n, ranges: [], fresh: false }, 10n);
    sources.learn({ partition: 0, low: 0n, ranges: [], fresh: true }, 50n);
    const span = { partition: 0, least: 3n, most: 8n };

    expect([49n, 50n, 51n].map((end) => sources.covers(span, end))).toStrictEqual([
      ...[true, true, false],
    ]);
    sources.learn({ partition: 0, low: 9n, ranges: [], fresh: false }, 60n);
    expect(sources.covers(span, 51n)).toBe(true);
    expect(sources.of(0)?.freshAt).toBe(50n);
  });

  it("know nothing of a partition that nobody told of", () => {
    const sources = new CompletedSources();

    expect(sources.has(0, 0n)).toBe(false);
    expect(sources.covers({ partition: 0, least: 0n, most: 0n }, 0n)).toBe(false);
    expect(sources.of(0)).toBeUndefined();
  });

  it("are written down in the order of the partitions", () => {
    const sources = new CompletedSources();
    for (const partition of [3, 1, 2]) {
      sources.learn({ partition, low: 1n, ranges: [], fresh: false }, 0n);
    }

    expect(sources.saved().map(({ partition }) => partition)).toStrictEqual([1, 2, 3]);
  });
});
