import { describe, expect, it } from "vitest";
import { journalPartitionOf } from "../../src/journal/journal-partition.ts";

/** From the page of the algorithm's authors, and one name beyond ASCII. */
const HASHES = { "": 0x811c_9dc5, a: 0xe40c_292c, foobar: 0xbf9c_f968 };

describe("the journal partition of a connection", () => {
  it.each(Object.entries(HASHES))("follows from its name %j by FNV-1a", (name, hash) => {
    const counts = [1, 2, 7, 8, 24];

    expect(counts.map((count) => journalPartitionOf(name, count))).toStrictEqual(
      counts.map((count) => hash % count),
    );
  });

  it("follows from the bytes of names beyond ASCII", () => {
    const [basis, prime, size] = [0x811c_9dc5n, 0x0100_0193n, 2n ** 32n];
    const afterOne = ((basis ^ 0xc3n) * prime) % size;
    const afterTwo = ((afterOne ^ 0xa9n) * prime) % size;

    expect(journalPartitionOf("\u00e9", 1_000)).toBe(Number(afterTwo % 1_000n));
  });
});
