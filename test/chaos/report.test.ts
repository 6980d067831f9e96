import { describe, expect, it } from "vitest";

import { type Findings, hasRecovered, renderRows, rowsOf } from "../../dev/chaos/report.ts";
import { aCall, aCallInVain, aFailure, anEnd, aRecord, booksOf } from "./books-of.ts";

const NOTHING: Findings = {
  ...{ books: booksOf({}), violations: [], recoveries: [], deaths: new Map() },
};

describe("a row", () => {
  it("counts what came and what became of it, each request once", () => {
    const other = { requestId: "other", content: "other", targets: ["other"] };
    const source = { topic: "requests", partition: 0, offset: 4n };
    const books = booksOf({
      records: [
        aRecord(),
        aRecord({}, { partition: 1 }),
        aRecord({ content: "loser", targets: ["loser"] }, { offset: 3n }),
        aRecord(other, { offset: 4n }),
      ],
      calls: [aCall({ sequence: 1 }), aCall({ sequence: 2, targets: ["other"] })],
      outcomes: [
        ...[anEnd({ reconciled: true }), anEnd({ reconciled: true })],
        aFailure({ requestId: "other", outcomeId: "other", source, reconciled: true }),
      ],
    });
    const deaths = new Map([["kill", 7]]);
    expect(rowsOf({ ...NOTHING, books, deaths })).toMatchObject([
      {
        ...{ mode: "kill", requests: 2, calls: 2, deaths: 7, repeats: 1, conflicts: 1 },
        ...{ ran: 1, absent: 1, unknown: 0 },
      },
    ]);
  });

  it("counts the calls that were made again for want of traces", () => {
    const calls = [
      aCallInVain("throttle", { sequence: 1 }),
      aCallInVain("reset", { sequence: 2 }),
      aCall({ sequence: 3, at: 60_000 }),
    ];
    const again = (retriesAbsent: boolean) =>
      rowsOf({ ...NOTHING, books: booksOf({ records: [aRecord({ retriesAbsent })], calls }) }).map(
        (row) => row.again,
      );
    expect(again(true)).toEqual([1]);
    expect(again(false)).toEqual([0]);
  });

  it("tells what is broken, where nothing was asked for too", () => {
    const violations = (["twice", "twice", "lie"] as const).map((kind) => ({
      ...{ kind, mode: "kill", requestId: "r", message: "so it is" },
    }));
    const stray = { kind: "twice", mode: "?", requestId: null, message: "a nonce" } as const;
    const books = booksOf({ records: [aRecord()] });
    const rows = rowsOf({ ...NOTHING, books, violations: [...violations, stray] });
    expect(rows.map(({ mode, broken }) => [mode, broken.twice, broken.lie])).toEqual([
      ["kill", 2, 1],
      ["?", 1, 0],
    ]);
    expect(renderRows(rows)).toMatch(/^in all .* 3 +0 +0 +1 +0 +0$/m);
  });
});

describe("a broker's return", () => {
  it("has to be followed by a claim and a call within ten seconds", () => {
    const mode = "broker";
    expect(hasRecovered({ mode, claimMs: 9000, callMs: 10_000 })).toBe(true);
    expect(hasRecovered({ mode, claimMs: 9000, callMs: 10_001 })).toBe(false);
    expect(hasRecovered({ mode, claimMs: null, callMs: 100 })).toBe(false);
    expect(hasRecovered({ mode, claimMs: 100, callMs: null })).toBe(false);
  });
});
