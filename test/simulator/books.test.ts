import { describe, expect, it } from "vitest";

import { FlowBook } from "../../dev/simulator/flow-book.ts";
import { InstanceBook } from "../../dev/simulator/instance-book.ts";
import { JobBook } from "../../dev/simulator/job-book.ts";
import { jobOrder } from "../../dev/simulator/job-order.ts";
import { NonceBook } from "../../dev/simulator/nonce-book.ts";
import { type RerunSplit } from "../../dev/simulator/rerun-targets.ts";
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
      const id = jobs.open({ type: "TEST", total: 3, failed, end });
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
      const { phase, last } = instances.read("i") ?? {};
      return `${String(phase)} ${String(last?.number)}`;
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

  it("keeps a record of every run, whoever started it", () => {
    let now = 1_000_000;
    const instances = new InstanceBook({ runMs: 400, denied: [], now: () => now });
    instances.read("i");
    instances.rerun("i", { by: "somebody-else" });
    now += 1000;
    instances.rerun("i");
    now += 100;

    expect(instances.read("i")?.runs).toStrictEqual([
      {
        number: 1,
        by: "somebody-else",
        phase: "failed",
        orderedAtMs: 940_000,
        modifiedAtMs: 940_000,
        startedAtMs: 940_000,
        finishedAtMs: 940_000,
      },
      {
        number: 2,
        by: "somebody-else",
        phase: "succeeded",
        orderedAtMs: 1_000_000,
        modifiedAtMs: 1_000_400,
        startedAtMs: 1_000_100,
        finishedAtMs: 1_000_400,
      },
      {
        number: 3,
        by: "caller",
        phase: "running",
        orderedAtMs: 1_001_000,
        modifiedAtMs: 1_001_100,
        startedAtMs: 1_001_100,
      },
    ]);
  });

  it.each([
    ["failed", "failed"],
    ["never", "running"],
    ["succeeded", "succeeded"],
  ] as const)("whose run is to end %s stands at %s", (end, phase) => {
    let now = 0;
    const instances = new InstanceBook({ runMs: 400, denied: [], now: () => now });
    instances.rerun("i", { end });

    now = 1_000_000;

    expect(instances.read("i")).toMatchObject({ phase, last: { number: 2 } });
  });

  it("ends a run, as failed, that a later one overtakes", () => {
    let now = 0;
    const instances = new InstanceBook({ runMs: 400, denied: [], now: () => now });
    instances.rerun("i", { end: "never" });
    now = 50;
    instances.rerun("i");
    now = 200;
    instances.rerun("i");

    const [, waited, ran, last] = instances.read("i")?.runs ?? [];

    expect(waited).toMatchObject({ phase: "failed", finishedAtMs: 50 });
    expect(waited).not.toHaveProperty("startedAtMs");
    expect(ran).toMatchObject({ phase: "failed", startedAtMs: 150, finishedAtMs: 200 });
    expect(last).toMatchObject({ phase: "waiting", number: 4 });
  });

  it("shows nothing of a hidden run before its time, and then all of it", () => {
    let now = 0;
    const instances = new InstanceBook({ runMs: 400, denied: [], now: () => now });
    const at = (ms: number) => {
      now = ms;
      return instances.read("i");
    };
    const before = at(0);
    instances.rerun("i", { hiddenForMs: 5000 });

    expect(at(4999)).toStrictEqual(before);
    expect(at(5000)).toMatchObject({
      phase: "succeeded",
      last: { number: 2, orderedAtMs: 0, finishedAtMs: 400 },
    });
  });

  it("that was made anew has one run, from now", () => {
    let now = 0;
    const instances = new InstanceBook({ runMs: 400, denied: [], now: () => now });
    instances.create("made");
    instances.create("hidden", { hiddenForMs: 100 });

    expect(instances.has("made")).toBe(true);
    expect(instances.readAll()).toMatchObject([{ id: "made", phase: "waiting", createdAtMs: 0 }]);
    now = 100;
    expect(instances.readAll()).toMatchObject([{ id: "made" }, { id: "hidden" }]);
  });
});

describe("a job's order", () => {
  const split = (ran: number, failed: number): RerunSplit => ({
    ran: Array.from({ length: ran }, (_, index) => `r${index}`),
    failed: Array.from({ length: failed }, (_, index) => ({ target: `f${index}`, message: "" })),
  });

  it.each([
    [2, 0, undefined, "SUCCESS", 2, 0],
    [1, 1, undefined, "PART_SUCCESS", 2, 1],
    [0, 2, undefined, "FAIL", 2, 2],
    [1, 0, "PART_SUCCESS", "PART_SUCCESS", 2, 1],
    [1, 2, "PART_SUCCESS", "PART_SUCCESS", 3, 2],
    [0, 1, "PART_SUCCESS", "FAIL", 1, 1],
    [1, 1, "SUCCESS", "SUCCESS", 2, 0],
    [0, 2, "FAIL", "FAIL", 2, 2],
    [2, 0, "NEVER", "NEVER", 2, 0],
  ] as const)(
    "after %d ran and %d failed, told %s, ends in %s of %d with %d failed",
    (ran, unmet, wanted, end, total, failed) => {
      const order = jobOrder("TEST", split(ran, unmet), wanted);

      expect(order).toStrictEqual({ type: "TEST", end, total, failed });
    },
  );
});

describe("a flow", () => {
  it("knows the instances that were named with it, and after clearing its seeds alone", () => {
    const flows = new FlowBook([{ flowId: "7", instanceIds: ["1"] }]);
    flows.seed({ flowId: "7", instanceIds: ["2", "1"] });
    flows.addMade("7", "3");

    expect(flows.instancesOf("7")).toStrictEqual(["1", "2", "3"]);
    expect(flows.instancesOf("8")).toStrictEqual([]);
    expect([flows.flowOf("3"), flows.flowOf("4")]).toStrictEqual(["7", undefined]);
    expect([flows.isMade("3"), flows.isMade("2")]).toStrictEqual([true, false]);
    flows.clear();
    expect(flows.instancesOf("7")).toStrictEqual(["1"]);
    expect(flows.isMade("3")).toBe(false);
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
