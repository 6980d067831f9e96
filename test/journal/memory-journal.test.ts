import { beforeEach, describe, expect, it } from "vitest";
import { MemoryJournal } from "../../src/journal/memory-journal.ts";
import { aDataWorksRerun, aReceived } from "../support/a-received-request.ts";

const first = aReceived({ offset: 1 }, { requestId: "r" });
const again = aReceived({ offset: 2, partition: 1 }, { requestId: "r", reason: "once more" });
const third = aReceived({ offset: 3, partition: 2 }, { requestId: "r" });
const other = aReceived(
  { offset: 4 },
  { requestId: "r", operation: aDataWorksRerun({ instanceIds: ["9"] }) },
);

let journal: MemoryJournal;
beforeEach(() => {
  journal = new MemoryJournal();
});

describe("a journal in memory", () => {
  it("knows a request as new once", () => {
    expect(journal.open(first)).toStrictEqual({ kind: "new" });
    expect(journal.open(again)).toStrictEqual({ kind: "duplicate", settled: false });
  });

  it("takes one requestId of two connections for two requests", () => {
    journal.open(first);

    expect(
      journal.open(aReceived({ offset: 9 }, { requestId: "r", provider: "other" })),
    ).toStrictEqual({
      kind: "new",
    });
  });

  it("completes the waiting duplicates together with the first", () => {
    [first, again, third].forEach((one) => journal.open(one));

    expect(journal.published(first)).toStrictEqual(
      [first, again, third].map(({ source }) => source),
    );
    expect(journal.open(again)).toStrictEqual({ kind: "duplicate", settled: true });
    expect(journal.published(first)).toStrictEqual([]);
  });

  it("tells a conflict, and where the other one stands, while that is open", () => {
    journal.open(first);

    expect(journal.open(other)).toMatchObject({
      kind: "conflict",
      message: expect.stringContaining("rerun.requests/0/1") as string,
    });
    expect(journal.published(first)).toStrictEqual([first.source]);
  });

  it("tells a conflict with a request that is over", () => {
    journal.open(first);
    journal.published(first);

    expect(journal.open(other)).toMatchObject({ kind: "conflict" });
  });

  it("lets the first waiting duplicate take the place of a forgotten request", () => {
    [first, again, third].forEach((one) => journal.open(one));

    expect(journal.forget(first)).toBe(again);
    expect(journal.open(first)).toStrictEqual({ kind: "duplicate", settled: false });
    expect(journal.published(again)).toStrictEqual(
      [again, third, first].map(({ source }) => source),
    );
  });

  it("knows nothing any more of a forgotten request that nobody else asked for", () => {
    journal.open(first);

    expect(journal.forget(first)).toBeNull();
    expect(journal.open(other)).toStrictEqual({ kind: "new" });
  });

  it("forgets the waiting duplicates of one partition only", () => {
    [first, again, third].forEach((one) => journal.open(one));
    journal.forgetDuplicates(1);

    expect(journal.published(first)).toStrictEqual([first.source, third.source]);
  });

  it("leaves the request itself alone when its partition's duplicates are forgotten", () => {
    journal.open(first);
    journal.open(aReceived({ offset: 7 }, { requestId: "r" }));
    journal.forgetDuplicates(0);

    expect(journal.published(first)).toStrictEqual([first.source]);
  });

  it("grants every claim, under a name of its own", async () => {
    const claims = [await journal.claim([first]), await journal.claim([first])];

    expect(claims.map(({ granted }) => granted)).toStrictEqual([[first], [first]]);
    expect(new Set(claims.map(({ claimId }) => claimId)).size).toBe(2);
  });

  it("remembers so many finished requests and no more, the newest", () => {
    const small = new MemoryJournal({ remembered: 2 });
    const requests = [1, 2, 3].map((offset) => aReceived({ offset }));
    for (const one of requests) {
      small.open(one);
      small.published(one);
    }

    expect(requests.toReversed().map((one) => small.open(one))).toStrictEqual([
      { kind: "duplicate", settled: true },
      { kind: "duplicate", settled: true },
      { kind: "new" },
    ]);
  });

  it("completes nothing for a request that it does not know", () => {
    expect(journal.published(first)).toStrictEqual([]);
    expect(journal.forget(first)).toBeNull();
  });
});
