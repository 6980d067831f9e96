import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchKeyOf, joined, narrowed } from "../../src/domain/batch.ts";
import type { Operation } from "../../src/domain/operation.ts";
import { targetsOf } from "../../src/domain/targets.ts";
import { aDataWorksRerun, aTencentRerun } from "../support/a-received-request.ts";

const RUN: Extract<Operation, { kind: "TencentRerunTriggerWorkflowRun" }> = {
  kind: "TencentRerunTriggerWorkflowRun",
  ...{ projectId: "p", workflowId: "w", workflowExecutionId: "e1", executeType: "ORDINARY" },
  ...{ advancedParams: [], taskIds: [] },
  ...{ schedulingResourceGroup: null, integrationResourceGroup: null },
};
const FLOW: Extract<Operation, { kind: "DmsRerunTaskFlowInstance" }> = {
  ...{ kind: "DmsRerunTaskFlowInstance", dagId: "1", dagInstanceId: "2" },
  ...{ dagVersion: null, tenantId: null },
};
const SCHEDULED: Extract<Operation, { kind: "TencentRerunScheduleInstances" }> = {
  ...{ kind: "TencentRerunScheduleInstances", projectId: "p", rerunScope: "SELF" },
  instances: [{ taskId: "1", curRunDate: "2025-10-01 00:00:00" }],
  ...{ checkParents: false, skipEventListening: false, asyncMode: true, dependency: null },
  ...{ downstreamScope: null, parentCheck: null, keepSelfDependency: null },
  ...{ keepSelfWorkflowDependency: null, selfWorkflowDependency: null, parallelism: null },
  ...{ dataTimeOrder: null, redoParams: null, additionalParameters: null },
};

/** Each field of the operation changed to something else, but for its list of targets. */
function variantsOf(operation: Operation, list: string): readonly Operation[] {
  return Object.keys(operation)
    .filter((field) => field !== "kind" && field !== list)
    .map((field) => ({ ...operation, [field]: "something else" }));
}

const names = fc.uniqueArray(fc.nat(9).map(String), { minLength: 1, maxLength: 6 });
const LISTS = [
  (ids: readonly string[]): Operation => aDataWorksRerun({ instanceIds: ids }),
  (ids: readonly string[]): Operation => aTencentRerun({ instanceKeys: ids }),
  (ids: readonly string[]): Operation => ({
    ...SCHEDULED,
    instances: ids.map((taskId) => ({ taskId, curRunDate: "2025-10-01 00:00:00" })),
  }),
] as const;
const operations = fc.tuple(fc.constantFrom(...LISTS), fc.array(names, { minLength: 1 }));

describe("batchKeyOf", () => {
  it("is the same whichever instances are listed, and in whatever order fields were set", () => {
    const a = aDataWorksRerun({ instanceIds: ["1", "2"], comment: "c" });
    const { kind, comment, useLatestConfig } = a;
    const b = { useLatestConfig, comment, instanceIds: ["3"], kind };
    expect(batchKeyOf(b)).toBe(batchKeyOf(a));
  });

  it.each([
    ["instanceKeys", aTencentRerun()],
    ["instances", SCHEDULED],
    ["instanceIds", aDataWorksRerun()],
    ["", RUN],
    ["", FLOW],
  ])("differs with every option: all but %j of %o", (list, operation) => {
    const variants = variantsOf(operation, list);
    const keys = new Set([operation, ...variants].map(batchKeyOf));
    expect(variants.length).toBeGreaterThan(1);
    expect(keys.size).toBe(1 + variants.length);
  });
});

describe("joined and narrowed", () => {
  it("unite the lists in order, each target once, and take any part of it out again", () => {
    fc.assert(
      fc.property(operations, fc.infiniteStream(fc.boolean()), ([make, lists], wants) => {
        const all = joined(lists.map(make));
        const united = targetsOf(make([...new Set(lists.flat())]));
        expect(targetsOf(all)).toStrictEqual(united);
        expect(batchKeyOf(all)).toBe(batchKeyOf(make(["1"])));
        const [first = "", ...others] = united;
        const wanted = [first, ...others.filter(() => wants.next().value)];
        const part = narrowed(all, wanted.toReversed());
        expect(targetsOf(part)).toStrictEqual(wanted);
        expect(joined([part, all]).kind).toBe(all.kind);
        expect(new Set(targetsOf(joined([part, all])))).toStrictEqual(new Set(united));
      }),
    );
  });

  it("list an instance once that one request names twice", () => {
    const twice = { ...SCHEDULED, instances: [...SCHEDULED.instances, ...SCHEDULED.instances] };
    expect(joined([twice])).toStrictEqual(SCHEDULED);
  });

  it("join operations of one target only with their equals", () => {
    expect(joined([RUN, { ...RUN }])).toStrictEqual(RUN);
    expect(joined([FLOW, { ...FLOW }])).toStrictEqual(FLOW);
    expect(() => joined([FLOW, { ...FLOW, dagInstanceId: "3" }])).toThrow("does not fit");
  });

  it("refuse what is of another kind or has other options, and what is left without a target", () => {
    expect(() => joined([aDataWorksRerun(), aTencentRerun()])).toThrow("does not fit");
    expect(() => joined([aDataWorksRerun(), aDataWorksRerun({ comment: "x" })])).toThrow("fit");
    expect(() => joined([])).toThrow("nothing");
    expect(() => narrowed(RUN, ["e2"])).toThrow("without a target");
    expect(narrowed(RUN, ["e1", "e2"])).toStrictEqual(RUN);
    expect(narrowed(FLOW, ["2"])).toStrictEqual(FLOW);
  });
});
