import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type ParsedRequest, RequestParser } from "../../src/inbound/parse-request.ts";
import { throughAvro } from "./avro-request.ts";
import {
  aDecodedOperation,
  aDecodedRequest,
  DECODED_OPERATIONS,
  REQUEST_RECORD,
} from "./a-request.ts";

const OPERATIONS = Object.keys(DECODED_OPERATIONS);

function parse(value: unknown, schemaName = REQUEST_RECORD): ParsedRequest {
  return new RequestParser({ targetsPerRequest: 3 }).parse(schemaName, value);
}

function faults(value: unknown): string {
  const parsed = parse(value);
  return parsed.kind === "senseless"
    ? `${parsed.reason.code}: ${parsed.reason.message}`
    : parsed.kind;
}

function mismatch(value: unknown): string {
  const parsed = parse(value);
  return parsed.kind === "wrong-schema" ? parsed.message : parsed.kind;
}

describe("a request as the published schema writes it", () => {
  test("keeps every field", () => {
    const fields = {
      reason: "late data",
      priority: "HIGH",
      notBefore: 1_700_000_000_001,
      notAfter: 1_700_000_000_002,
      dryRun: true,
      force: true,
      replayOf: "req-0",
      causedBy: "req-9",
      correlationId: "c-1",
      labels: { team: "billing" },
    };
    expect(parse(throughAvro(aDecodedRequest(fields)))).toEqual({
      kind: "request",
      request: {
        requestId: "req-1",
        provider: "dataworks-sh",
        operation: {
          kind: "DataWorksRerunTaskInstances",
          instanceIds: ["9007199254740993"],
          comment: null,
          useLatestConfig: null,
        },
        requestedAt: 1_700_000_000_000,
        requestedBy: "quality-gate",
        ...fields,
      },
    });
  });

  test("TencentRerunTaskInstances keeps every field", () => {
    const fields = {
      projectId: "p1",
      instanceKeys: ["a", "b"],
      rerunScope: "CHILDREN",
      parentCheck: "ALL",
      downstreamScope: "PROJECT",
      skipEventListening: true,
      parallelism: 4,
      selfWorkflowDependency: false,
      param: { key: "k", value: "" },
    };
    const parsed = parse(throughAvro(aDecodedOperation("TencentRerunTaskInstances", fields)));
    expect(parsed).toMatchObject({
      kind: "request",
      request: { operation: { kind: "TencentRerunTaskInstances", ...fields } },
    });
  });

  test("TencentRerunScheduleInstances keeps every field", () => {
    const fields = {
      projectId: "p1",
      instances: [{ taskId: "t", curRunDate: "d" }],
      checkParents: true,
      rerunScope: "SELF_AND_CHILDREN",
      skipEventListening: true,
      asyncMode: false,
      dependency: "TASK",
      downstreamScope: "ALL",
      parentCheck: "MAKE_SCOPE",
      keepSelfDependency: true,
      keepSelfWorkflowDependency: false,
      selfWorkflowDependency: true,
      parallelism: 1,
      dataTimeOrder: "DESCENDING",
      redoParams: "r",
      additionalParameters: '{"A":9007199254740993}',
    };
    const parsed = parse(throughAvro(aDecodedOperation("TencentRerunScheduleInstances", fields)));
    expect(parsed).toMatchObject({
      kind: "request",
      request: { operation: { kind: "TencentRerunScheduleInstances", ...fields } },
    });
  });

  test("TencentRerunTriggerWorkflowRun keeps every field", () => {
    const fields = {
      projectId: "p1",
      workflowId: "w",
      workflowExecutionId: "x",
      executeType: "ADVANCED",
      advancedParams: [{ key: "k", value: "v", extProperties: "e" }],
      taskIds: ["t"],
      schedulingResourceGroup: "s",
      integrationResourceGroup: "i",
    };
    const parsed = parse(throughAvro(aDecodedOperation("TencentRerunTriggerWorkflowRun", fields)));
    expect(parsed).toMatchObject({
      kind: "request",
      request: { operation: { kind: "TencentRerunTriggerWorkflowRun", ...fields } },
    });
  });

  test("DmsRerunTaskFlowInstance keeps every field, int64 exactly", () => {
    const fields = {
      dagId: 9007199254740993n,
      dagInstanceId: 9223372036854775807n,
      dagVersion: "3",
      tenantId: 9007199254740995n,
    };
    const parsed = parse(throughAvro(aDecodedOperation("DmsRerunTaskFlowInstance", fields)));
    expect(parsed).toMatchObject({
      request: {
        operation: {
          kind: "DmsRerunTaskFlowInstance",
          dagId: "9007199254740993",
          dagInstanceId: "9223372036854775807",
          dagVersion: "3",
          tenantId: "9007199254740995",
        },
      },
    });
  });

  test.each(OPERATIONS)(
    "%s: what an older writer left out equals the schema's defaults",
    (name) => {
      const value = aDecodedOperation(name);
      const parsed = parse(value);
      expect(parsed.kind).toBe("request");
      expect(parsed).toEqual(parse(throughAvro(value)));
    },
  );
});

describe("what makes no sense", () => {
  test("is told in one message, all of it", () => {
    const value = aDecodedOperation("TencentRerunTaskInstances", {
      projectId: " ",
      instanceKeys: [""],
      rerunScope: "EVERYTHING",
      parallelism: 0,
    });
    Object.assign(value, { requestId: "no spaces", requestedBy: "", priority: "URGENT" });
    expect(faults(value)).toBe(
      "INVALID_REQUEST: TencentRerunTaskInstances.projectId is empty; " +
        "TencentRerunTaskInstances.instanceKeys[0] is empty; " +
        'TencentRerunTaskInstances.rerunScope is "EVERYTHING", not one of SELF, CHILDREN, SELF_AND_CHILDREN; ' +
        "TencentRerunTaskInstances.parallelism is 0, less than 1; " +
        "requestedBy is empty; " +
        'priority is "URGENT", not one of LOW, NORMAL, HIGH; ' +
        'requestId is "no spaces", not 1 to 128 of A-Z a-z 0-9 . _ : -',
    );
  });

  test.each([
    ["an empty requestId", { requestId: "" }, "requestId"],
    ["a requestId of 129", { requestId: "x".repeat(129) }, "requestId"],
    ["a requestId with a newline at its end", { requestId: "x\n" }, "requestId"],
    ["an empty provider", { provider: "" }, "provider is empty"],
    ["an empty causedBy", { causedBy: "" }, "causedBy is empty"],
    ["an empty replayOf", { replayOf: " " }, "replayOf is empty"],
    ["a time before 1970", { requestedAt: -1 }, "requestedAt is -1"],
    ["a time that no calendar has", { notBefore: 9e15 }, "notBefore is 9000000000000000"],
    ["notAfter before requestedAt", { notAfter: 5 }, "notAfter lies before requestedAt"],
    [
      "notAfter before notBefore",
      { notAfter: 1_700_000_000_001, notBefore: 1_700_000_000_002 },
      "notAfter lies before notBefore",
    ],
  ])("%s", (_, overrides, message) => {
    expect(faults(aDecodedRequest(overrides))).toContain(`INVALID_REQUEST: ${message}`);
  });

  test.each([
    ["TencentRerunTaskInstances", { instanceKeys: [] }, "names no targets"],
    ["TencentRerunTaskInstances", { param: { key: "", value: "v" } }, "param.key is empty"],
    ["TencentRerunTaskInstances", { parentCheck: "?" }, "parentCheck is"],
    ["TencentRerunTaskInstances", { downstreamScope: "?" }, "downstreamScope is"],
    ["TencentRerunScheduleInstances", { instances: [] }, "names no targets"],
    [
      "TencentRerunScheduleInstances",
      { instances: [{ taskId: "", curRunDate: "d" }] },
      "[0].taskId is empty",
    ],
    [
      "TencentRerunScheduleInstances",
      { instances: [{ taskId: "t", curRunDate: "" }] },
      "[0].curRunDate is empty",
    ],
    ["TencentRerunScheduleInstances", { dependency: "?" }, "dependency is"],
    ["TencentRerunScheduleInstances", { dataTimeOrder: "?" }, "dataTimeOrder is"],
    ["TencentRerunScheduleInstances", { parallelism: -1 }, "parallelism is -1"],
    ["TencentRerunScheduleInstances", { additionalParameters: "[1]" }, "not a JSON object"],
    ["TencentRerunScheduleInstances", { additionalParameters: "{" }, "not a JSON object"],
    ["TencentRerunTriggerWorkflowRun", { workflowId: "" }, "workflowId is empty"],
    ["TencentRerunTriggerWorkflowRun", { workflowExecutionId: "" }, "workflowExecutionId is empty"],
    ["TencentRerunTriggerWorkflowRun", { executeType: "?" }, "executeType is"],
    ["TencentRerunTriggerWorkflowRun", { taskIds: ["t", ""] }, "taskIds[1] is empty"],
    [
      "TencentRerunTriggerWorkflowRun",
      { schedulingResourceGroup: "" },
      "schedulingResourceGroup is empty",
    ],
    [
      "TencentRerunTriggerWorkflowRun",
      { integrationResourceGroup: "" },
      "integrationResourceGroup is empty",
    ],
    [
      "TencentRerunTriggerWorkflowRun",
      { advancedParams: [{ key: "", value: "" }] },
      "advancedParams[0].key is empty",
    ],
    ["DataWorksRerunTaskInstances", { instanceIds: [] }, "names no targets"],
    ["DataWorksRerunTaskInstances", { instanceIds: [0n] }, "instanceIds[0] is 0"],
    ["DataWorksRerunTaskInstances", { instanceIds: [1n, -5n] }, "instanceIds[1] is -5"],
    ["DmsRerunTaskFlowInstance", { dagId: 0n }, "dagId is 0"],
    ["DmsRerunTaskFlowInstance", { dagInstanceId: -1n }, "dagInstanceId is -1"],
    ["DmsRerunTaskFlowInstance", { tenantId: 0n }, "tenantId is 0"],
    ["DmsRerunTaskFlowInstance", { dagVersion: "" }, "dagVersion is empty"],
  ])("%s: %#", (name, overrides, message) => {
    expect(faults(aDecodedOperation(name, overrides))).toMatch(/^INVALID_REQUEST: /);
    expect(faults(aDecodedOperation(name, overrides))).toContain(message);
  });

  test("more targets than allowed, but not the same one many times", () => {
    const four = aDecodedOperation("DataWorksRerunTaskInstances", {
      instanceIds: [1n, 2n, 3n, 4n],
    });
    const three = aDecodedOperation("DataWorksRerunTaskInstances", {
      instanceIds: [1n, 2n, 3n, 3n],
    });
    expect(faults(four)).toBe("INVALID_REQUEST: the request names 4 targets, more than 3");
    expect(faults(three)).toBe("request");
  });

  test("is answered with what the requester wrote about itself", () => {
    const value = aDecodedRequest({
      requestId: "?",
      correlationId: "c",
      labels: { a: "b" },
      replayOf: "r",
    });
    expect(parse(value)).toMatchObject({
      kind: "senseless",
      request: {
        requestId: "?",
        provider: "dataworks-sh",
        operation: { kind: "DataWorksRerunTaskInstances", instanceIds: ["9007199254740993"] },
        requestedAt: 1_700_000_000_000,
        requestedBy: "quality-gate",
        correlationId: "c",
        labels: { a: "b" },
        replayOf: "r",
      },
    });
  });

  test("an endless id makes a message that can be read", () => {
    expect(faults(aDecodedRequest({ requestId: "x".repeat(100_000) })).length).toBeLessThan(200);
  });

  test("10,000 faults make a message that can be read", () => {
    const instanceIds = Array.from({ length: 10_000 }, () => 0n);
    const value = aDecodedOperation("DataWorksRerunTaskInstances", { instanceIds });
    const message = faults(value);
    expect(message).toContain("; and 9980 more");
    expect(message.length).toBeLessThan(2_000);
  });
});

describe("another structure is a wrong schema", () => {
  test("another record", () => {
    expect(parse(aDecodedRequest(), "rerun.v1.RerunOutcome")).toEqual({
      kind: "wrong-schema",
      message: 'the record is a "rerun.v1.RerunOutcome", not a rerun.v1.RerunRequest',
    });
  });

  test("an operation that this version does not know", () => {
    const value = aDecodedRequest({ operation: { "rerun.v1.RestoreBackup": {} } });
    expect(mismatch(value)).toContain('"rerun.v1.RestoreBackup"');
  });

  test.each([
    ["no fields", {}, "operation is not one"],
    ["an operation without its name", aDecodedRequest({ operation: {} }), "operation is not one"],
    ["two operations", aDecodedRequest({ operation: { a: 1, b: 2 } }), "operation is not one"],
    [
      "an operation of no fields",
      aDecodedRequest({ operation: { "rerun.v1.DmsRerunTaskFlowInstance": null } }),
      "operation.DmsRerunTaskFlowInstance is not a record",
    ],
    [
      "a number as id",
      aDecodedRequest({ requestId: 5 }),
      "requestId is of type number, not a string",
    ],
    ["no requestedAt", aDecodedRequest({ requestedAt: undefined }), "requestedAt is missing"],
    ["half a millisecond", aDecodedRequest({ requestedAt: 0.5 }), "requestedAt is of type number"],
    ["labels of numbers", aDecodedRequest({ labels: { a: 1 } }), "labels is of type object"],
    ["a list of labels", aDecodedRequest({ labels: ["a"] }), "labels is an array"],
    ["a word as flag", aDecodedRequest({ dryRun: "yes" }), "dryRun is of type string"],
    ["a number as symbol", aDecodedRequest({ priority: 1 }), "priority is of type number"],
    [
      "targets that are no list",
      aDecodedOperation("DataWorksRerunTaskInstances", { instanceIds: "1" }),
      "DataWorksRerunTaskInstances.instanceIds is of type string, not an array",
    ],
    [
      "an id that was rounded",
      aDecodedOperation("DataWorksRerunTaskInstances", { instanceIds: [2 ** 53] }),
      "instanceIds[0] is of type number, not a long",
    ],
    [
      "an instance that is no record",
      aDecodedOperation("TencentRerunScheduleInstances", { instances: ["x"] }),
      "instances[0] is of type string, not a record",
    ],
    [
      "a count that is no int",
      aDecodedOperation("TencentRerunTaskInstances", { parallelism: 2 ** 31 }),
      "parallelism is of type number, not an int",
    ],
  ])("%s", (_, value, message) => {
    expect(mismatch(value)).toContain(message);
  });
});

test("fields that a newer writer added are ignored", () => {
  const newer = aDecodedOperation("DmsRerunTaskFlowInstance", { extra: Buffer.from("x") });
  expect(parse({ ...newer, another: { deep: 1 } })).toEqual(
    parse(aDecodedOperation("DmsRerunTaskFlowInstance")),
  );
});

test("timestamps without their logical type are understood", () => {
  expect(parse(aDecodedRequest({ requestedAt: 1_700_000_000_000n }))).toEqual(
    parse(aDecodedRequest()),
  );
});

test("a label named __proto__ stays a label", () => {
  const labels = JSON.parse('{"__proto__":"x"}') as unknown;
  expect(parse(aDecodedRequest({ labels }))).toHaveProperty("request.labels", labels);
});

test("requests that wait share what repeats", () => {
  const parser = new RequestParser({ targetsPerRequest: 3 });
  const one = parser.parse(REQUEST_RECORD, aDecodedRequest());
  const two = parser.parse(REQUEST_RECORD, aDecodedRequest({ requestId: "req-2" }));
  const labelsOf = (parsed: ParsedRequest) =>
    parsed.kind === "request" ? parsed.request.labels : null;
  expect(labelsOf(one)).toBe(labelsOf(two));
  expect(Object.isFrozen(labelsOf(one))).toBe(true);
});

describe("never throws", () => {
  const parser = new RequestParser({ targetsPerRequest: 3 });
  const anything = fc.anything({
    withBigInt: true,
    withNullPrototype: true,
    withDate: true,
    withMap: true,
  });
  const kinds = ["request", "senseless", "wrong-schema"];

  test("on any value", () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(kinds).toContain(parser.parse(REQUEST_RECORD, value).kind);
      }),
      { numRuns: 2_000 },
    );
  }, 60_000);

  test("on requests with any value in any of their places", () => {
    const places = [
      "requestId",
      "provider",
      "requestedAt",
      "requestedBy",
      "reason",
      "priority",
    ].concat([
      "notBefore",
      "notAfter",
      "dryRun",
      "force",
      "replayOf",
      "causedBy",
      "correlationId",
      "labels",
    ]);
    const operationPlaces = [
      "projectId",
      "instanceKeys",
      "instances",
      "instanceIds",
      "param",
    ].concat([
      "parallelism",
      "advancedParams",
      "taskIds",
      "dagId",
      "tenantId",
      "rerunScope",
      "comment",
    ]);
    fc.assert(
      fc.property(
        fc.constantFrom(...OPERATIONS),
        fc.dictionary(fc.constantFrom(...places), anything),
        fc.dictionary(fc.constantFrom(...operationPlaces), anything),
        (name, fields, operationFields) => {
          const value = { ...aDecodedOperation(name, operationFields), ...fields };
          expect(kinds).toContain(parser.parse(REQUEST_RECORD, value).kind);
        },
      ),
      { numRuns: 3_000 },
    );
  }, 60_000);
});
