import fc from "fast-check";

import type { RerunOutcome, RerunRequest } from "../../src/avro/wire-types.ts";

const text = fc.string({ unit: "grapheme", maxLength: 12 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const millis = fc.integer({ min: 0, max: 4_102_444_800_000 });
// A map of Avro may have any key, but not every key is one of a JavaScript object.
const labels = fc.dictionary(
  text.filter((key) => key !== "__proto__"),
  text,
  { noNullPrototype: true },
);
const scope = fc.constantFrom("SELF" as const, "CHILDREN" as const, "SELF_AND_CHILDREN" as const);
const check = fc.constantFrom("ALL" as const, "MAKE_SCOPE" as const, "NONE" as const);
const downstream = fc.constantFrom("WORKFLOW" as const, "PROJECT" as const, "ALL" as const);

const operation: fc.Arbitrary<RerunRequest["operation"]> = fc.oneof(
  fc.record({
    "rerun.v1.TencentRerunTaskInstances": fc.record({
      projectId: text,
      instanceKeys: fc.array(text),
      rerunScope: scope,
      parentCheck: check,
      downstreamScope: downstream,
      skipEventListening: maybe(fc.boolean()),
      parallelism: maybe(int32),
      selfWorkflowDependency: maybe(fc.boolean()),
      param: maybe(fc.record({ key: text, value: text })),
    }),
  }),
  fc.record({
    "rerun.v1.TencentRerunScheduleInstances": fc.record({
      projectId: text,
      instances: fc.array(fc.record({ taskId: text, curRunDate: text })),
      checkParents: fc.boolean(),
      rerunScope: scope,
      skipEventListening: fc.boolean(),
      asyncMode: fc.boolean(),
      dependency: maybe(
        fc.constantFrom("SELF" as const, "TASK" as const, "SELF_AND_TASK" as const),
      ),
      downstreamScope: maybe(downstream),
      parentCheck: maybe(check),
      keepSelfDependency: maybe(fc.boolean()),
      keepSelfWorkflowDependency: maybe(fc.boolean()),
      selfWorkflowDependency: maybe(fc.boolean()),
      parallelism: maybe(int32),
      dataTimeOrder: maybe(
        fc.constantFrom("NORMAL" as const, "ASCENDING" as const, "DESCENDING" as const),
      ),
      redoParams: maybe(text),
      additionalParameters: maybe(text),
    }),
  }),
  fc.record({
    "rerun.v1.TencentRerunTriggerWorkflowRun": fc.record({
      projectId: text,
      workflowId: text,
      workflowExecutionId: text,
      executeType: fc.constantFrom("ORDINARY" as const, "ADVANCED" as const),
      advancedParams: fc.array(fc.record({ key: text, value: text, extProperties: maybe(text) })),
      taskIds: fc.array(text),
      schedulingResourceGroup: maybe(text),
      integrationResourceGroup: maybe(text),
    }),
  }),
  fc.record({
    "rerun.v1.DataWorksRerunTaskInstances": fc.record({
      instanceIds: fc.array(int64),
      comment: maybe(text),
      useLatestConfig: maybe(fc.boolean()),
    }),
  }),
  fc.record({
    "rerun.v1.DmsRerunTaskFlowInstance": fc.record({
      dagId: int64,
      dagInstanceId: int64,
      dagVersion: maybe(text),
      tenantId: maybe(int64),
    }),
  }),
);

/** Any request that its schema can hold. */
export const anyRequest: fc.Arbitrary<RerunRequest> = fc.record({
  requestId: text,
  provider: text,
  operation,
  requestedAt: millis,
  requestedBy: text,
  reason: maybe(text),
  priority: fc.constantFrom("LOW" as const, "NORMAL" as const, "HIGH" as const),
  notBefore: maybe(millis),
  notAfter: maybe(millis),
  dryRun: fc.boolean(),
  force: fc.boolean(),
  replayOf: maybe(text),
  causedBy: maybe(text),
  correlationId: maybe(text),
  labels,
});

/** Any outcome that its schema can hold. */
export const anyOutcome: fc.Arbitrary<RerunOutcome> = fc.record({
  outcomeId: text,
  requestId: text,
  provider: text,
  operation: text,
  requestedBy: text,
  correlationId: maybe(text),
  labels,
  replayOf: maybe(text),
  status: fc.constantFrom(
    ...(["ACCEPTED", "SUCCEEDED", "PARTIALLY_SUCCEEDED", "FAILED", "REJECTED"] as const),
    ...(["SUPPRESSED", "EXPIRED", "DRY_RUN", "UNKNOWN"] as const),
  ),
  final: fc.boolean(),
  reason: maybe(fc.record({ code: text, message: text })),
  targets: fc.array(
    fc.record({
      target: text,
      status: fc.constantFrom(
        "SUCCEEDED" as const,
        "FAILED" as const,
        "SUPPRESSED" as const,
        "UNKNOWN" as const,
      ),
      message: maybe(text),
    }),
  ),
  attempts: int32,
  reconciled: fc.boolean(),
  coalesced: int32,
  providerRequestId: maybe(text),
  asyncJobId: maybe(text),
  providerErrorCode: maybe(text),
  source: fc.record({ topic: text, partition: int32, offset: int64 }),
  requestedAt: millis,
  receivedAt: millis,
  calledAt: maybe(millis),
  completedAt: millis,
  dispatcher: text,
});

/** A request about one DataWorks instance. */
export const A_REQUEST: RerunRequest = {
  requestId: "r-1",
  provider: "dw",
  operation: {
    "rerun.v1.DataWorksRerunTaskInstances": {
      instanceIds: [9007199254740993n],
      comment: null,
      useLatestConfig: null,
    },
  },
  requestedAt: 1_700_000_000_000,
  requestedBy: "test",
  reason: null,
  priority: "NORMAL",
  notBefore: null,
  notAfter: null,
  dryRun: false,
  force: false,
  replayOf: null,
  causedBy: null,
  correlationId: null,
  labels: {},
};
