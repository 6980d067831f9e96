import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Operation } from "../../src/domain/operation.ts";
import type { RerunRequest } from "../../src/domain/rerun-request.ts";
import { aRequest } from "../support/a-received-request.ts";
import { packing } from "../support/packing.ts";

const int64 = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String);
const text = fc
  .string({ minLength: 1, maxLength: 40, unit: "grapheme" })
  .filter((t) => t.trim() !== "");
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant("DataWorksRerunTaskInstances" as const),
    instanceIds: fc.array(int64, { minLength: 1, maxLength: 5 }),
    comment: maybe(fc.string()),
    useLatestConfig: maybe(fc.boolean()),
  }),
  fc.record({
    kind: fc.constant("DmsRerunTaskFlowInstance" as const),
    dagId: int64,
    dagInstanceId: int64,
    dagVersion: maybe(text),
    tenantId: maybe(int64),
  }),
  fc.record({
    kind: fc.constant("TencentRerunTaskInstances" as const),
    projectId: text,
    instanceKeys: fc.array(text, { minLength: 1, maxLength: 5 }),
    rerunScope: fc.constantFrom("SELF" as const, "CHILDREN" as const, "SELF_AND_CHILDREN" as const),
    parentCheck: fc.constantFrom("ALL" as const, "MAKE_SCOPE" as const, "NONE" as const),
    downstreamScope: fc.constantFrom("WORKFLOW" as const, "PROJECT" as const, "ALL" as const),
    skipEventListening: maybe(fc.boolean()),
    parallelism: maybe(fc.integer({ min: 1, max: 1000 })),
    selfWorkflowDependency: maybe(fc.boolean()),
    param: maybe(fc.record({ key: text, value: fc.string() })),
  }),
  fc.record({
    kind: fc.constant("TencentRerunTriggerWorkflowRun" as const),
    projectId: text,
    workflowId: text,
    workflowExecutionId: text,
    executeType: fc.constantFrom("ORDINARY" as const, "ADVANCED" as const),
    advancedParams: fc.array(
      fc.record({ key: text, value: fc.string(), extProperties: maybe(fc.string()) }),
      { maxLength: 3 },
    ),
    taskIds: fc.array(text, { maxLength: 3 }),
    schedulingResourceGroup: maybe(text),
    integrationResourceGroup: maybe(text),
  }),
);

const request: fc.Arbitrary<RerunRequest> = fc
  .record({
    operation,
    priority: fc.constantFrom("LOW" as const, "NORMAL" as const, "HIGH" as const),
    dryRun: fc.boolean(),
    reason: maybe(fc.string({ unit: "grapheme" })),
    correlationId: maybe(fc.string()),
    labels: fc.dictionary(
      text.filter((key) => key !== "__proto__"),
      fc.string(),
    ),
  })
  .map((fields) => aRequest(fields));

describe("a packed request", () => {
  it("comes out as it went in, whatever it holds", () => {
    fc.assert(
      fc.property(request, (original) => {
        expect(packing.unpack(packing.pack(original))).toEqual(original);
      }),
    );
  });

  it("keeps labels under names that mean something to JavaScript", () => {
    const labels = { ["__proto__"]: "a", constructor: "b", toString: "c" };
    const unpacked = packing.unpack(packing.pack(aRequest({ labels })));

    expect(Object.entries(unpacked.labels)).toStrictEqual(Object.entries(labels));
    expect(Object.getPrototypeOf(unpacked.labels)).toBe(Object.prototype);
  });

  it("takes one byte a character and little more than its texts", () => {
    const packed = packing.pack(aRequest());
    expect(Buffer.from(packed, "latin1").toString("latin1")).toBe(packed);
    expect(packed.length).toBeLessThan(120);
  });

  it("is refused when it was cut", () => {
    const packed = packing.pack(aRequest());
    expect(() => packing.unpack(packed.slice(0, -3))).toThrow(/truncated/);
  });
});
