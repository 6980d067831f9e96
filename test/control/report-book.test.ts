import { describe, expect, it } from "vitest";
import { encodeReport, type LaneReport } from "../../src/control/lane-report.ts";
import { ReportBook } from "../../src/control/report-book.ts";

const NOW = 1_700_000_000_000;

function aReport(ageMs: number, overrides: Partial<LaneReport> = {}): Buffer {
  const report: LaneReport = {
    ...{ at: NOW - ageMs, waiting: 0, inFlight: 0, callsPerSecond: 20, limitedTo: null },
    ...{ held: [], breaker: "closed", heard: { pause: null, limit: null } },
    ...overrides,
  };
  return encodeReport(report);
}

const namesIn = (book: ReportBook) =>
  book.live(NOW).map(({ lane, instance }) => `${lane} ${instance}`);

describe("the reports of all instances", () => {
  it("are the newest of each, by lane and instance", () => {
    const book = new ReportBook();
    book.take("report/b/2", aReport(0));
    book.take("report/b/1", aReport(50_000));
    book.take("report/b/1", aReport(10_000));
    book.take("report/a/2", aReport(0));

    expect(namesIn(book)).toStrictEqual(["a 2", "b 1", "b 2"]);
    expect(book.live(NOW)[1]?.at).toBe(NOW - 10_000);
  });

  it("tell what waits outside of memory, if their version does", () => {
    const book = new ReportBook();
    book.take("report/a/older", aReport(0));
    book.take("report/a/newer", aReport(0, { waitingOutsideOfMemory: 875_000 }));

    expect(book.live(NOW)).toMatchObject([{ waitingOutsideOfMemory: 875_000 }, { waiting: 0 }]);
    expect(book.live(NOW)[1]).not.toHaveProperty("waitingOutsideOfMemory");
  });

  it("leave out who took leave, and who cannot be understood", () => {
    const book = new ReportBook();
    for (const instance of ["1", "2", "3"]) book.take(`report/a/${instance}`, aReport(0));
    book.take("report/a/1", null);
    book.take("report/a/2", Buffer.from("{"));

    expect(namesIn(book)).toStrictEqual(["a 3"]);
    expect(book.silent(NOW)).toBe(0);
  });

  it("leave out, and count, who was not heard of for more than a minute", () => {
    const book = new ReportBook();
    book.take("report/a/1", aReport(60_000));
    book.take("report/a/2", aReport(60_001));
    book.take("report/b/2", aReport(60_001));
    book.take("report/b/3", aReport(3_600_000));

    expect(namesIn(book)).toStrictEqual(["a 1"]);
    expect(book.silent(NOW)).toBe(2);
  });

  it("are not made of orders", () => {
    const book = new ReportBook();
    book.take("a", aReport(0));
    book.take("a/limit", aReport(0));

    expect(namesIn(book)).toStrictEqual([]);
  });
});
