import { describe, expect, it } from "vitest";

import { BUDGET } from "../../dev/chaos/chaos-config.ts";
import type { Fate } from "../../dev/chaos/fates.ts";
import { type Mix, RequestPlanner } from "../../dev/chaos/planned-requests.ts";
import { Random } from "../../dev/chaos/random.ts";
import { contentOf, type Errand, targetsOfWire } from "../../dev/chaos/wire-operations.ts";

const FATES: Readonly<Record<Fate, number>> = {
  ...{ smooth: 1, throttled: 1, "throttled-out": 1, "answer-lost": 1, "call-lost": 1 },
  ...{ refused: 1, partly: 1, "job-failed": 1 },
};
const ERRANDS: Readonly<Record<Errand, number>> = {
  ...{ "wedata-tasks": 1, "wedata-schedule": 1, "wedata-workflow": 1 },
  ...{ dataworks: 1, "dataworks-retry": 1, dms: 1 },
};
const PLAIN: Mix = { errands: ERRANDS, fates: FATES, repeated: 0, contested: 0, shared: 0 };

function planned(mix: Mix, seed = 1) {
  return new RequestPlanner(new Random(seed)).plan("mode", 200, mix);
}

describe("planned requests", () => {
  it("follow from their seed", () => {
    const withoutTimes = (seed: number) =>
      planned(PLAIN, seed).map(({ wire, faults }) => [targetsOfWire(wire.operation), faults]);
    expect(withoutTimes(7)).toEqual(withoutTimes(7));
    expect(withoutTimes(7)).not.toEqual(withoutTimes(8));
  });

  it("have ids and targets of their own, and no target is part of another", () => {
    const requests = planned(PLAIN).map(({ wire }) => wire);
    const targets = requests.flatMap(({ operation }) => targetsOfWire(operation));
    expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(200);
    const parts = targets.filter(
      (one) => targets.filter((other) => other.includes(one)).length > 1,
    );
    expect(parts).toEqual([]);
  });

  it("name a target of another one only where that is wanted", () => {
    const askers = new Map<string, number>();
    for (const { wire } of planned({ ...PLAIN, shared: 1 })) {
      for (const one of targetsOfWire(wire.operation)) askers.set(one, (askers.get(one) ?? 0) + 1);
    }
    const counts = [...askers.values()];
    expect(new Set(counts)).toEqual(new Set([1, 2, 3, 4, 5]));
    // Past the budget there is something to be left out.
    expect(counts.filter((count) => count > BUDGET).length).toBeGreaterThan(20);
  });

  it("come again as they are, or with another content under their id", () => {
    const repeated = planned({ ...PLAIN, repeated: 1 });
    const contested = planned({ ...PLAIN, contested: 1 });
    const pairsOf = (requests: typeof repeated) =>
      requests.flatMap(({ wire, copies }) => copies.map((copy) => [wire, copy.wire] as const));
    const isSame = pairsOf(repeated).map(([a, b]) => contentOf(a) === contentOf(b));
    const isOther = pairsOf(contested).map(([a, b]) => contentOf(a) !== contentOf(b));
    expect(isSame).toEqual(Array.from({ length: 600 }, () => true));
    expect(isOther).toEqual(Array.from({ length: 200 }, () => true));
    expect(pairsOf(contested).every(([a, b]) => a.requestId === b.requestId)).toBe(true);
  });
});

describe("the content of a request", () => {
  it("is the same with its targets in another order, and with other words about it", () => {
    const request = planned(PLAIN).find(
      ({ wire }) => "rerun.v1.DataWorksRerunTaskInstances" in wire.operation,
    )!.wire;
    const withIds = (instanceIds: readonly bigint[]) => ({
      ...request,
      operation: {
        "rerun.v1.DataWorksRerunTaskInstances": {
          ...{ instanceIds, comment: null, useLatestConfig: null },
        },
      },
    });
    const content = contentOf(withIds([1n, 2n]));
    expect(contentOf(withIds([2n, 1n]))).toBe(content);
    expect(contentOf({ ...withIds([1n, 2n]), requestedAt: 1, labels: { a: "b" } })).toBe(content);
    expect(contentOf(withIds([1n, 3n]))).not.toBe(content);
    expect(contentOf({ ...withIds([1n, 2n]), dryRun: true })).not.toBe(content);
    expect(contentOf({ ...withIds([1n, 2n]), notAfter: 1 })).not.toBe(content);
    expect(contentOf({ ...withIds([1n, 2n]), provider: "other" })).not.toBe(content);
  });
});
