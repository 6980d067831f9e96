import { describe, expect, test } from "vitest";
import { anchorOf } from "../../src/journal/anchor.ts";
import { PartitionStart } from "../../src/inbound/partition-start.ts";
import { aRecord, records } from "./a-record.ts";

/** Complete up to 10, known by the record at 7. */
const anchored = new PartitionStart({
  era: 0,
  low: 10n,
  ranges: [],
  anchor: anchorOf(aRecord(7n)),
});
const unanchored = new PartitionStart({ era: 0, low: 10n, ranges: [], anchor: null });

describe("the start of a partition", () => {
  test("is where its anchor stands, or its watermark where no anchor is known", () => {
    expect([anchored.offset, unanchored.offset]).toEqual([7n, 10n]);
  });

  test("holds when the very record comes again", () => {
    expect(anchored.look(records(7n, 5), 12n)).toEqual({ kind: "holds", doubt: null });
  });

  test.each([
    ["another value", aRecord(7n, { value: Buffer.from("another") })],
    ["no value", aRecord(7n, { value: null })],
    ["another time", aRecord(7n, { timestamp: "1700000000001" })],
  ])("is void when the record there has %s", (_, record) => {
    expect(anchored.look([record, aRecord(8n)], 12n)).toEqual({
      kind: "void",
      why: "the record at 7 is another one than before",
    });
  });

  test("is void when the partition ends before it began", () => {
    expect(anchored.look(records(0n, 5), 5n)).toEqual({
      kind: "void",
      why: "it ends at 5 and was complete up to 10",
    });
    expect(unanchored.look(records(0n, 10), 10n)).toMatchObject({ kind: "void" });
  });

  test("is still to come when older records were on their way", () => {
    expect(anchored.look(records(3n, 9), 12n)).toEqual({ kind: "too-early" });
    expect(unanchored.look(records(3n, 2), 11n)).toEqual({ kind: "too-early" });
    expect(anchored.look([], 12n)).toEqual({ kind: "too-early" });
  });

  test("holds, with a doubt that is told, when the record was deleted meanwhile", () => {
    expect(anchored.look(records(8n, 4), 12n)).toEqual({
      kind: "holds",
      doubt: "the record at 7, by which the topic is recognised, is gone",
    });
  });

  test("holds without a record to compare", () => {
    expect(unanchored.look(records(10n, 2), 12n)).toEqual({ kind: "holds", doubt: null });
    expect(unanchored.look(records(50n, 2), 52n)).toEqual({ kind: "holds", doubt: null });
  });
});
