import { describe, expect, it } from "vitest";

import { InstanceBook } from "../../dev/simulator/instance-book.ts";
import { JobBook } from "../../dev/simulator/job-book.ts";
import { NonceBook } from "../../dev/simulator/nonce-book.ts";
import { offsetHours, wallClock } from "../../dev/simulator/wall-clock.ts";

describe("a job", () => {
  it.each([
    ["SUCCESS", 0, "SUCCESS", 3, 3],
    ["PART_SUCCESS", 1, "PART_SUCCESS", 3, 2],
    ["FAIL", 3, "FAIL", 3, 0],
    ["NEVER", 0, "RUNNING", 0, 0],
  ] as const)(
    "ordered to end in %s moves with the clock",
    (end, failed, last, finished, succeeded) => {
      let now = 1000;
      const jobs = new JobBook(300, () => now);
      const id = jobs.open({ total: 3, failed, end });
      const statusAt = (ms: number) => {
        now = ms;
        return jobs.read(id)?.status;
      };

      expect([1000, 1099, 1100, 1299, 1300].map(statusAt)).toStrictEqual([
        "INIT",
        "INIT",
        "RUNNING",
        "RUNNING",
        last,
      ]);
      expect(jobs.read(id)).toMatchObject({ total: 3, finished, succeeded });
    },
  );
});

describe("an instance", () => {
  it("waits, runs and succeeds after each rerun", () => {
    let now = 0;
    const instances = new InstanceBook({ runMs: 400, denied: [], now: () => now });
    const at = (ms: number) => {
      now = ms;
      const { phase, runNumber } = instances.read("i") ?? {};
      return `${String(phase)} ${String(runNumber)}`;
    };

    const first = at(0);
    instances.rerun("i");

    expect([first, at(99), at(100), at(399), at(400)]).toStrictEqual([
      "failed 1",
      "waiting 2",
      "running 2",
      "running 2",
      "succeeded 2",
    ]);
    instances.rerun("i");
    expect([at(400), at(800)]).toStrictEqual(["waiting 3", "succeeded 3"]);
  });
});

describe("a nonce", () => {
  it("is free again after fifteen minutes, not before", () => {
    const nonces = new NonceBook();
    const minutes = 60_000;

    expect(nonces.take("key", "n", 0)).toBe(true);
    expect(nonces.take("key", "n", 15 * minutes - 1)).toBe(false);
    expect(nonces.take("key", "n", 15 * minutes)).toBe(true);
    expect(nonces.take("key", "n", 30 * minutes - 1)).toBe(false);
  });
});

describe("a wall clock", () => {
  it("shows a moment in the zone that was asked for", () => {
    const moment = Date.UTC(2025, 9, 1, 20, 30, 5);

    expect(wallClock(moment, offsetHours("UTC+8") ?? 0)).toBe("2025-10-02 04:30:05");
    expect(wallClock(moment, offsetHours("UTC-3") ?? 0)).toBe("2025-10-01 17:30:05");
    expect(offsetHours("Mars")).toBeUndefined();
  });
});
