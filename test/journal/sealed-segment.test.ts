import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type FinishedRequest,
  SealedSegment,
  type SegmentFacts,
} from "../../src/journal/sealed-segment.ts";

/** For a machine that has other work as well. */
const BUSY = { timeout: 30_000 };

const sixteen = fc
  .bigInt({ min: 0n, max: 2n ** 128n - 1n })
  .map((bits) => Buffer.from(bits.toString(16).padStart(32, "0"), "hex").toString("latin1"));
const anOffset = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const plain = { noNullPrototype: true } as const;
const aRequest: fc.Arbitrary<FinishedRequest> = fc.record(
  { key: sixteen, digest: sixteen, partition: fc.nat(10_000), offset: anOffset },
  plain,
);
const someRequests = fc.uniqueArray(aRequest, { selector: ({ key }) => key, maxLength: 60 });
const aSpan = fc.record({ partition: fc.nat(9), least: anOffset, most: anOffset }, plain);
const someFacts: fc.Arbitrary<SegmentFacts> = fc.record(
  {
    journalPartition: fc.nat(100),
    end: anOffset,
    lastTime: fc.maxSafeNat(),
    windowMs: fc.maxSafeNat(),
    spans: fc.array(aSpan),
  },
  plain,
);

const facts: SegmentFacts = {
  ...{ journalPartition: 3, end: 500n, lastTime: 1_700_000_000_000, windowMs: 86_400_000 },
  spans: [{ partition: 0, least: 5n, most: 2n ** 60n }],
};
const request: FinishedRequest = {
  ...{ key: "k".repeat(16), digest: "d".repeat(16), partition: 1, offset: 7n },
};

describe("a sealed segment", () => {
  it(
    "knows each of its requests and no other, and is the same when read from its bytes",
    BUSY,
    () => {
      fc.assert(
        fc.property(someRequests, someFacts, sixteen, (requests, about, absent) => {
          const sealed = SealedSegment.seal(about, requests);
          const read = SealedSegment.fromBytes(sealed.toBytes());

          expect(read.facts).toStrictEqual(about);
          expect(read.toBytes().equals(sealed.toBytes())).toBe(true);
          const all = requests.map(() => ({ isSameContent: true, isSameSource: true }));
          const isIn = requests.some(({ key }) => key === absent);
          for (const segment of [sealed, read]) {
            expect(segment.size).toBe(requests.length);
            expect(requests.map((one) => segment.find(one))).toStrictEqual(all);
            expect(requests.every(({ key }) => segment.has(key))).toBe(true);
            expect(segment.has(absent)).toBe(isIn);
            expect(segment.find({ ...request, key: absent }) !== undefined).toBe(isIn);
          }
        }),
        { numRuns: 100 },
      );
    },
  );

  it("tells neighbours apart: keys that differ in one bit", () => {
    fc.assert(
      fc.property(sixteen, fc.nat(127), (key, bit) => {
        const bytes = Buffer.from(key, "latin1");
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const segment = SealedSegment.seal(facts, [{ ...request, key }]);

        expect(segment.has(bytes.toString("latin1"))).toBe(false);
      }),
    );
  });

  it("has the same bytes in whatever order its requests came", BUSY, () => {
    const mixed = someRequests.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
      ),
    );
    fc.assert(
      fc.property(mixed, ([all, shuffled]) => {
        const [one, other] = [all, shuffled].map((some) => SealedSegment.seal(facts, some));
        expect(one!.toBytes().equals(other!.toBytes())).toBe(true);
      }),
    );
  });

  it("knows a request whose content or whose record is another one", () => {
    const segment = SealedSegment.seal(facts, [request]);

    expect(segment.find({ ...request, digest: `e${request.digest.slice(1)}` })).toStrictEqual({
      ...{ isSameContent: false, isSameSource: true },
    });
    expect(segment.find({ ...request, offset: 8n })).toStrictEqual({
      ...{ isSameContent: true, isSameSource: false },
    });
    expect(segment.find({ ...request, partition: 2 })).toStrictEqual({
      ...{ isSameContent: true, isSameSource: false },
    });
  });

  it("tells apart the records next to one another, in all partitions", BUSY, () => {
    const offsets = Array.from({ length: 2_000 }, (_, one) => BigInt(one));
    const far = [2n ** 32n, 2n ** 33n, 2n ** 62n].map((one) => one + request.offset);
    const segment = SealedSegment.seal(facts, [request]);
    const taken = [0, 1, 2, 3].flatMap((partition) =>
      [...offsets, ...far].filter(
        (offset) => segment.find({ ...request, partition, offset })?.isSameSource === true,
      ),
    );

    expect(taken).toStrictEqual([request.offset]);
  });

  it("takes 28 bytes for a request", () => {
    const many = Array.from({ length: 1_000 }, (_, one) => {
      return { ...request, key: String(one).padStart(16, "0") };
    });
    const bytes = SealedSegment.seal(facts, many).toBytes().length;

    expect(bytes - SealedSegment.seal(facts, []).toBytes().length).toBe(28_000);
  });

  it("keeps offsets beyond what a number can hold", () => {
    const bytes = SealedSegment.seal({ ...facts, end: 2n ** 63n - 1n }, []).toBytes();

    expect(SealedSegment.fromBytes(bytes).facts).toMatchObject({
      end: 2n ** 63n - 1n,
      spans: [{ most: 2n ** 60n }],
    });
  });
});

describe("bytes that are no segment", () => {
  const good = SealedSegment.seal(facts, [request, { ...request, key: "l".repeat(16) }]).toBytes();

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["seven bytes", good.subarray(0, 7)],
    ["its head alone", good.subarray(0, 8)],
    ["something else", Buffer.from(JSON.stringify({ some: "other value" }))],
    ["another magic number", Buffer.concat([Buffer.from("RRS2"), good.subarray(4)])],
    ["cut off within a row", good.subarray(0, -1)],
    ["one byte too many", Buffer.concat([good, Buffer.alloc(1)])],
  ])("are refused: %s", (_what, bytes) => {
    expect(() => SealedSegment.fromBytes(bytes)).toThrow(Error);
  });

  it("are refused wherever the facts are cut off", () => {
    const ends = Array.from({ length: 8 + good.readUInt32LE(4) }, (_, end) => end);

    expect(ends.filter((end) => !isRefused(good.subarray(0, end)))).toStrictEqual([]);
  });

  it.each([0, 1, 2 ** 31, 2 ** 32 - 1])("are refused when its facts are of length %i", (length) => {
    const bytes = Buffer.from(good);
    bytes.writeUInt32LE(length, 4);

    expect(isRefused(bytes)).toBe(true);
  });

  it("never end in anything but a segment or an Error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (some, isMarked) => {
        const head = isMarked ? good.subarray(0, 4) : Buffer.alloc(0);
        const bytes = Buffer.concat([head, some]);
        expect(isRefused(bytes)).toBe(true);
      }),
    );
  });
});

function isRefused(bytes: Buffer): boolean {
  try {
    SealedSegment.fromBytes(bytes);
    return false;
  } catch (error) {
    return error instanceof Error;
  }
}
