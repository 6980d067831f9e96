import { describe, expect, it } from "vitest";

import { auditCalls } from "../../dev/chaos/audit-calls.ts";
import type { BookedCall } from "../../dev/chaos/books.ts";
import { aCall, aCallInVain, anEnd, aRecord, booksOf } from "./books-of.ts";

const RULES = { maxAttempts: 5, budget: 2 };

/** The kinds of what is found of one request's calls. */
function foundOf(calls: readonly BookedCall[], retriesAbsent = false): readonly string[] {
  const books = booksOf({ records: [aRecord({ retriesAbsent })], calls, outcomes: [anEnd()] });
  return auditCalls(books, RULES).map(({ kind }) => kind);
}

describe("a second call of a request", () => {
  it("is fine after the provider said that the first one did not run", () => {
    for (const answer of ["throttle", "refused", "error"] as const) {
      const second = aCall({ sequence: 2, at: 1100 });
      expect(foundOf([aCallInVain(answer), second])).toEqual([]);
    }
  });

  it("is a double after one that ran, whatever was answered", () => {
    for (const answer of ["success", "reset", "hang", "throttle"] as const) {
      const second = aCallInVain("throttle", { sequence: 2, at: 60_000 });
      expect(foundOf([aCall({ answer }), second])).toEqual(["twice"]);
    }
  });

  it("is a double after one of which nobody could know that it did not run", () => {
    for (const answer of ["reset", "close", "hang", "html", "pending", "client-gone"] as const) {
      const second = aCall({ sequence: 2, at: 60_000 });
      expect(foundOf([aCallInVain(answer), second])).toEqual(["twice"]);
    }
  });

  it("is a double after an answer, even if no target ran", () => {
    const calls = [aCallInVain("success"), aCall({ sequence: 2, at: 60_000 })];
    expect(foundOf(calls)).toEqual(["twice"]);
    expect(foundOf(calls, true)).toEqual(["twice"]);
  });

  it("is fine where absent ones are retried, once missing traces prove something", () => {
    const first = aCallInVain("reset", { at: 1000 });
    expect(foundOf([first, aCall({ sequence: 2, at: 31_000 })], true)).toEqual([]);
    expect(foundOf([first, aCall({ sequence: 2, at: 30_999 })], true)).toEqual(["twice"]);
  });

  it("counts once for every call that is too many", () => {
    const calls = [1, 2, 3].map((sequence) => aCall({ sequence, at: sequence * 1000 }));
    expect(foundOf(calls)).toEqual(["twice", "twice"]);
  });
});

describe("calls of different requests", () => {
  it("may be for one target, when each names something of its own beside it", () => {
    const records = [
      aRecord({ requestId: "a", content: "a", targets: ["own-a", "shared"] }),
      aRecord({ requestId: "b", content: "b", targets: ["own-b", "shared"] }, { offset: 2n }),
    ];
    const calls = [
      aCall({ sequence: 1, targets: ["own-a", "shared"] }),
      aCall({ sequence: 2, targets: ["own-b", "shared"] }),
    ];
    expect(auditCalls(booksOf({ records, calls }), RULES)).toEqual([]);
    const again = aCall({ sequence: 3, targets: ["shared", "own-b"] });
    const found = auditCalls(booksOf({ records, calls: [...calls, again] }), RULES);
    expect(found.map(({ kind }) => kind)).toEqual(["twice", "twice"]);
  });

  it("may run a target as often as its budget allows, and besides when they are forced", () => {
    const foundWith = (forced: number) => {
      const records = Array.from({ length: 4 }, (_, n) =>
        aRecord(
          { requestId: `r${n}`, content: `c${n}`, isForced: n < forced },
          { offset: BigInt(n) },
        ),
      );
      const calls = records.map((_, n) => aCall({ sequence: n, at: n * 1000 }));
      return auditCalls(booksOf({ records, calls }), RULES).map(({ kind }) => kind);
    };
    expect(foundWith(0)).toEqual(["twice", "twice"]);
    expect(foundWith(1)).toEqual(["twice"]);
    expect(foundWith(2)).toEqual([]);
  });

  it("may come again for a target that a call before left out, once its absence is proven", () => {
    const asked = { targets: ["ran", "left"], retriesAbsent: true };
    const first = aCall({ sequence: 1, at: 0, answer: "html", ...asked, ranTargets: ["ran"] });
    const foundAfter = (targets: readonly string[]) => {
      const again = aCall({ sequence: 2, at: 40_000, targets, ranTargets: targets });
      const books = booksOf({ records: [aRecord(asked)], calls: [first, again] });
      return auditCalls(books, RULES).map(({ kind }) => kind);
    };
    expect(foundAfter(["left"])).toEqual([]);
    expect(foundAfter(["ran"])).toEqual(["twice"]);
  });

  it("may be the very same, as many as there are requests", () => {
    const records = [
      aRecord({ requestId: "a", content: "a" }),
      aRecord({ requestId: "b", content: "b" }, { offset: 2n }),
    ];
    const calls = [1, 2, 3].map((sequence) => aCall({ sequence }));
    expect(auditCalls(booksOf({ records, calls: calls.slice(0, 2) }), RULES)).toEqual([]);
    const found = auditCalls(booksOf({ records, calls }), RULES);
    expect(found.map(({ kind }) => kind)).toEqual(["twice"]);
  });

  it("do not meet when they are for different products", () => {
    const records = [
      aRecord({ requestId: "a", product: "dms" }),
      aRecord({ requestId: "b", content: "b" }, { offset: 2n }),
    ];
    const calls = [aCall({ sequence: 1, product: "dms" }), aCall({ sequence: 2, product: "dms" })];
    const found = auditCalls(booksOf({ records, calls }), RULES);
    expect(found).toMatchObject([{ kind: "twice", requestId: "a" }]);
  });
});

describe("contents under one id", () => {
  const records = [
    aRecord({ content: "winner", targets: ["winner"] }),
    aRecord({ content: "loser", targets: ["loser"] }, { partition: 1 }),
  ];

  it("are one request: a call for each of them is a double", () => {
    const calls = [
      aCall({ sequence: 1, targets: ["winner"] }),
      aCall({ sequence: 2, targets: ["loser"] }),
    ];
    const found = auditCalls(booksOf({ records, calls }), RULES);
    expect(found.map(({ kind }) => kind)).toEqual(["twice"]);
  });

  it("must not be called when another one got the id", () => {
    const calls = [aCall({ targets: ["loser"] })];
    const found = auditCalls(booksOf({ records, calls, outcomes: [anEnd()] }), RULES);
    expect(found).toMatchObject([{ kind: "twice", requestId: "r" }]);
    expect(found[0]?.message).toContain("nobody who may call");
  });

  it("leave their calls to others who ask for the same", () => {
    const other = aRecord({ requestId: "o", content: "o", targets: ["loser"] }, { offset: 2n });
    const all = { records: [...records, other], outcomes: [anEnd()] };
    const call = aCall({ targets: ["loser"] });
    expect(auditCalls(booksOf({ ...all, calls: [call] }), RULES)).toEqual([]);
    const calls = [call, aCall({ sequence: 2, targets: ["loser"] })];
    const found = auditCalls(booksOf({ ...all, calls }), RULES);
    expect(found).toMatchObject([{ kind: "twice", requestId: "o" }]);
  });
});

describe("a call that nobody asked for", () => {
  it("is one too many", () => {
    expect(foundOf([aCall(), aCall({ sequence: 2, targets: ["nobody's"] })])).toEqual(["twice"]);
  });
});

describe("the provider's own witness", () => {
  it("is a nonce that came again", () => {
    const refused = aCallInVain("refused", { targets: [], code: "SignatureNonceUsed" });
    expect(foundOf([aCall(), refused])).toEqual(["twice"]);
  });
});

describe("calls that were made in vain", () => {
  it("may not be more than the attempts of a request", () => {
    const calls = Array.from({ length: 6 }, (_, n) => aCallInVain("throttle", { sequence: n }));
    expect(foundOf(calls.slice(0, 5))).toEqual([]);
    expect(foundOf(calls)).toEqual(["too-often"]);
  });

  it("may besides be the halves of calls that were refused as a whole, and no more", () => {
    const calls = Array.from({ length: 7 }, (_, n) => aCallInVain("refused", { sequence: n }));
    expect(foundOf(calls.slice(0, 6))).toEqual([]);
    expect(foundOf(calls)).toEqual(["too-often"]);
  });
});
