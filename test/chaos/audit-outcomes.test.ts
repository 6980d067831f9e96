import { describe, expect, it } from "vitest";

import { auditOutcomes } from "../../dev/chaos/audit-outcomes.ts";
import type { Books } from "../../dev/chaos/books.ts";
import { anEnd, aPoison, aRecord, booksOf } from "./books-of.ts";

function foundIn(books: Partial<Books>): readonly string[] {
  return auditOutcomes(booksOf(books)).map(({ kind }) => kind);
}

const accepted = anEnd({ outcomeId: "accepted of r", status: "ACCEPTED", final: false });
const elsewhere = { topic: "requests", partition: 1, offset: 1n };

describe("a request", () => {
  it("ends with one final outcome, however often that is repeated", () => {
    const outcomes = [accepted, anEnd(), accepted, anEnd()];
    expect(foundIn({ records: [aRecord()], outcomes })).toEqual([]);
  });

  it("is lost without one, once its records count as done", () => {
    expect(foundIn({ records: [aRecord()], outcomes: [accepted] })).toEqual(["lost"]);
  });

  it("is stuck without one as long as one of its records does not", () => {
    const records = [aRecord({}, { offset: 99n }), aRecord({}, { offset: 100n })];
    expect(foundIn({ records })).toEqual(["stuck", "stuck"]);
  });

  it("must not have two different ends", () => {
    const records = [aRecord(), aRecord({}, { partition: 1 })];
    const other = anEnd({ outcomeId: "another final of r", source: elsewhere });
    expect(foundIn({ records, outcomes: [anEnd(), other] })).toEqual(["conflicting"]);
  });

  it("must not be told twice, in different words, to be under way", () => {
    const records = [aRecord(), aRecord({}, { partition: 1 })];
    const other = { ...accepted, outcomeId: "another of r", source: elsewhere };
    const found = foundIn({ records, outcomes: [anEnd(), accepted, other] });
    expect(found).toEqual(["conflicting"]);
  });

  it("must not be told differently under one outcome id", () => {
    const outcomes = [anEnd(), anEnd({ completedAt: 5 })];
    expect(foundIn({ records: [aRecord()], outcomes })).toEqual(["conflicting"]);
  });

  it("holds a partition up for no longer than it takes", () => {
    const books = { records: [aRecord({}, { offset: 100n })], outcomes: [] };
    const source = { topic: "requests", partition: 0, offset: 100n };
    expect(foundIn({ ...books, outcomes: [anEnd({ source })] })).toEqual(["stuck"]);
  });
});

describe("an outcome", () => {
  it("is about a record of its request", () => {
    const source = { topic: "requests", partition: 0, offset: 7n };
    const found = foundIn({ records: [aRecord()], outcomes: [anEnd(), anEnd({ source })] });
    expect(found).toContain("conflicting");
    const nobodys = anEnd({ requestId: "nobody's" });
    expect(foundIn({ records: [aRecord()], outcomes: [anEnd(), nobodys] })).toEqual([
      "conflicting",
    ]);
  });
});

describe("a record that cannot be worked", () => {
  const letter = { partition: 0, offset: 1n, reason: "undecodable" };

  it("becomes a dead letter, however often", () => {
    expect(foundIn({ records: [aPoison()], deadLetters: [letter, letter] })).toEqual([]);
  });

  it("is lost when it counts as done and is none", () => {
    expect(foundIn({ records: [aPoison()] })).toEqual(["lost"]);
  });

  it("is stuck when it is neither", () => {
    expect(foundIn({ records: [aPoison({ offset: 100n })] })).toEqual(["stuck", "stuck"]);
  });
});

describe("a dead letter", () => {
  const winner = aRecord({ content: "winner" });
  const loser = aRecord({ content: "loser" }, { partition: 1 });
  const ofLoser = { partition: 1, offset: 1n, reason: "conflicting-request-id" };

  it("is what lost its id to another request", () => {
    const books = { records: [winner, loser], outcomes: [anEnd()] };
    expect(foundIn({ ...books, deadLetters: [ofLoser] })).toEqual([]);
    expect(foundIn(books)).toEqual(["lost"]);
  });

  it("is not what won it", () => {
    const ofWinner = { ...ofLoser, partition: 0 };
    const books = { records: [winner, loser], outcomes: [anEnd()] };
    expect(foundIn({ ...books, deadLetters: [ofLoser, ofWinner] })).toEqual(["conflicting"]);
  });

  it("is not what can be read and is asked for once", () => {
    const undecodable = { ...ofLoser, partition: 0, reason: "undecodable" };
    const books = { records: [winner], outcomes: [anEnd()], deadLetters: [undecodable] };
    expect(foundIn(books)).toEqual(["conflicting"]);
  });

  it("says that it lost its id, when it did", () => {
    const books = { records: [winner, loser], outcomes: [anEnd()] };
    const undecodable = { ...ofLoser, reason: "undecodable" };
    expect(foundIn({ ...books, deadLetters: [undecodable] })).toEqual(["conflicting"]);
  });
});
