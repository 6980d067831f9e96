import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Anchors } from "../../src/inbound/anchors.ts";
import { anchorOf } from "../../src/journal/anchor.ts";
import { aRecord, records } from "./a-record.ts";

/** The offsets of all that is known, highest first. */
function known(anchors: Anchors): readonly bigint[] {
  const offsets: bigint[] = [];
  for (let next = anchors.below(2n ** 62n); next !== null; next = anchors.below(next.offset)) {
    offsets.push(next.offset);
  }
  return offsets;
}

describe("an anchor", () => {
  test("tells a record by its offset, its time and its value", () => {
    const sha = createHash("sha256").update("value").digest("hex");
    const record = aRecord(5n, { value: Buffer.from("value") });
    expect(anchorOf(record)).toEqual({
      ...{ offset: 5n, timestamp: "1700000000000", hash: sha.slice(0, 32) },
    });
    const others = [
      aRecord(5n, { value: Buffer.from("other") }),
      aRecord(5n, { value: null }),
      aRecord(5n, { value: Buffer.from("value"), timestamp: "1" }),
      aRecord(6n, { value: Buffer.from("value") }),
    ];
    for (const other of others) expect(anchorOf(other)).not.toEqual(anchorOf(record));
  });

  test("does not hold the record's bytes", () => {
    const value = Buffer.from("value");
    const anchors = new Anchors();
    anchors.note([aRecord(5n, { value })]);
    const before = anchors.below(6n);
    value.fill(0);
    expect(anchors.below(6n)).toEqual(before);
  });
});

describe("the anchors of a partition", () => {
  test("are none before anything came, and none at or above the offset asked for", () => {
    const anchors = new Anchors();
    anchors.note([]);
    expect(anchors.below(100n)).toBeNull();
    anchors.note(records(5n, 1));
    expect([anchors.below(5n), anchors.below(6n)?.offset]).toEqual([null, 5n]);
  });

  test("are the first and the last record of each delivery", () => {
    const anchors = new Anchors();
    anchors.note(records(5n, 10));
    anchors.note(records(15n, 1));
    expect(known(anchors)).toEqual([15n, 14n, 5n]);
  });

  test("follow a delivery that begins anew below", () => {
    const anchors = new Anchors();
    anchors.note(records(5n, 10));
    anchors.note(records(8n, 3));
    expect(known(anchors)).toEqual([10n, 8n, 5n]);
  });

  test("stay few however much comes, the newest and old ones among them", () => {
    const delivery = fc.record({ skip: fc.integer({ min: 1, max: 1000 }), count: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(delivery, { minLength: 1, maxLength: 500 }), (deliveries) => {
        const anchors = new Anchors();
        let next = 0n;
        for (const { skip, count } of deliveries) {
          anchors.note(records(next, count + 1));
          const newest = next + BigInt(count);
          expect(anchors.below(newest + 1n)?.offset).toBe(newest);
          next = newest + BigInt(skip);
        }
        const offsets = known(anchors);
        expect(offsets.length).toBeLessThanOrEqual(64);
        // A watermark that stands still for long finds one below it, too.
        expect(offsets.filter((offset) => offset * 4n <= next)).not.toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
