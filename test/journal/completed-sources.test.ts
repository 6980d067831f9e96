import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CompletedSources } from "../../src/journal/completed-sources.ts";
import type { CompletedOffsets } from "../../src/journal/journal-record.ts";

/** For a machine that has other work as well. */
const BUSY = { timeout: 30_000 };

const MOST = 24;

/** Some offsets that are complete, as an owner tells them: the lowest stretch as `low`. */
function toldOf(complete: ReadonlySet<number>, partition: number, era: number): CompletedOffsets {
  const isComplete = (offset: number) => complete.has(offset);
  const all = Array.from({ length: MOST + 1 }, (_, offset) => offset);
  const low = all.find((offset) => !isComplete(offset)) ?? MOST + 1;
  const ranges = all
    .filter((offset) => offset > low && isComplete(offset) && !isComplete(offset - 1))
    .map((from) => {
      const to = all.find((offset) => offset > from && !isComplete(offset)) ?? MOST + 1;
      return { from: BigInt(from), to: BigInt(to) };
    });
  return { partition, low: BigInt(low), ranges, era };
}

const someOffsets = fc
  .tuple(fc.nat(MOST), fc.uniqueArray(fc.nat(MOST)))
  .map(([low, above]) => new Set([...Array.from({ length: low }, (_, one) => one), ...above]));
const aTelling = fc.record({
  partition: fc.nat(1),
  complete: someOffsets,
  era: fc.constantFrom(0, 0, 0, 1, 1, 2),
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
  it("are all that anybody told of a partition's newest era, in whatever order", BUSY, () => {
    fc.assert(
      fc.property(fc.array(aTelling, { maxLength: 8 }), (tellings) => {
        const sources = new CompletedSources();
        const known = [new Set<number>(), new Set<number>()];
        const freshAt: (bigint | null)[] = [null, null];
        const eras = [-1, -1];
        for (const [index, { partition, complete, era }] of tellings.entries()) {
          const position = BigInt(index) * 10n;
          const before = eras[partition]!;
          const isTaken = sources.learn(toldOf(complete, partition, era), position);
          expect(isTaken).toBe(era >= before);
          if (!isTaken) continue;
          known[partition] = new Set([...(era > before ? [] : known[partition]!), ...complete]);
          if (before !== -1 && era > before) freshAt[partition] = position;
          eras[partition] = era;
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
  });

  it("do not shrink when a late copy or a new owner tells less", () => {
    const sources = new CompletedSources();
    const ranges = [{ from: 10n, to: 20n }];
    sources.learn({ partition: 0, low: 5n, ranges, era: 0 }, 1n);
    sources.learn({ partition: 0, low: 5n, ranges: [], era: 0 }, 2n);
    sources.learn({ partition: 0, low: 3n, ranges: [{ from: 19n, to: 25n }], era: 0 }, 3n);
    sources.learn({ partition: 0, low: 7n, ranges: [{ from: 8n, to: 9n }], era: 0 }, 4n);

    expect(sources.of(0)).toStrictEqual({
      ...{ partition: 0, era: 0, low: 7n, freshAt: null },
      ranges: [
        { from: 8n, to: 9n },
        { from: 10n, to: 25n },
      ],
    });
  });

  it("join what touches and drop what the watermark has passed", () => {
    const sources = new CompletedSources();
    const ranges = [10n, 12n, 16n].map((from) => ({ from, to: from + 2n }));
    sources.learn({ partition: 0, low: 5n, ranges, era: 0 }, 1n);
    expect(sources.of(0)?.ranges).toStrictEqual([
      { from: 10n, to: 14n },
      { from: 16n, to: 18n },
    ]);

    sources.learn({ partition: 0, low: 17n, ranges: [], era: 0 }, 2n);
    expect(sources.of(0)?.ranges).toStrictEqual([{ from: 17n, to: 18n }]);
  });

  it("let go of what finished before the partition began anew, and of nothing later", () => {
    const sources = new CompletedSources();
    sources.learn({ partition: 0, low: 900n, ranges: [], era: 0 }, 10n);
    sources.learn({ partition: 0, low: 0n, ranges: [], era: 1 }, 50n);
    const span = { partition: 0, least: 3n, most: 8n };

    expect([49n, 50n, 51n].map((end) => sources.covers(span, end))).toStrictEqual([
      ...[true, true, false],
    ]);
    sources.learn({ partition: 0, low: 9n, ranges: [], era: 1 }, 60n);
    expect(sources.covers(span, 51n)).toBe(true);
    expect(sources.of(0)?.freshAt).toBe(50n);
  });

  it("are not what anybody tells who still reads the partition as it was before", () => {
    const sources = new CompletedSources();
    sources.learn({ partition: 0, low: 900n, ranges: [], era: 0 }, 10n);
    sources.learn({ partition: 0, low: 0n, ranges: [], era: 1 }, 50n);

    expect(sources.learn({ partition: 0, low: 950n, ranges: [], era: 0 }, 60n)).toBe(false);
    expect(sources.has(0, 0n)).toBe(false);
  });

  it("are of one era when two find out at once that it began, and when one's copy comes late", () => {
    const sources = new CompletedSources();
    sources.learn({ partition: 0, low: 900n, ranges: [], era: 0 }, 10n);
    const fresh = { partition: 0, low: 0n, ranges: [], era: 1 };
    sources.learn(fresh, 50n);
    sources.learn({ ...fresh, low: 7n }, 60n);
    sources.learn(fresh, 70n);

    expect(sources.of(0)).toStrictEqual({ ...fresh, low: 7n, freshAt: 50n });
  });

  it("do not hide what finished before anything was told of a partition, whatever its era", () => {
    const sources = new CompletedSources();
    sources.learn({ partition: 0, low: 5n, ranges: [], era: 3 }, 50n);

    expect(sources.covers({ partition: 0, least: 8n, most: 8n }, 40n)).toBe(false);
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
      sources.learn({ partition, low: 1n, ranges: [], era: 0 }, 0n);
    }

    expect(sources.saved().map(({ partition }) => partition)).toStrictEqual([1, 2, 3]);
  });
});
