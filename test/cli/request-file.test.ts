import { describe, expect, it } from "vitest";

import { loadSchemas } from "../../src/avro/schemas.ts";
import type { RerunRequest } from "../../src/avro/wire-types.ts";
import { parseRequestFile, type RequestFileOptions } from "../../src/cli/request-file.ts";

const { requests } = loadSchemas({ requests: "r", outcomes: "o" });

const MINIMAL =
  '"provider":"dw","requestedBy":"me","operation":{"DataWorksRerunTaskInstances":{"instanceIds":[1]}}';

function parse(text: string, options: Partial<RequestFileOptions> = {}) {
  let ids = 0;
  return parseRequestFile(text, {
    schemaText: requests.text,
    requestedBy: null,
    now: 1_700_000_000_000,
    newId: () => `id-${++ids}`,
    ...options,
  });
}

function requestsIn(text: string, options: Partial<RequestFileOptions> = {}): RerunRequest[] {
  const parsed = parse(text, options);
  expect(parsed).toMatchObject({ kind: "requests" });
  return parsed.kind === "requests" ? [...parsed.requests] : [];
}

function problemsIn(text: string): readonly string[] {
  const parsed = parse(text);
  expect(parsed).toMatchObject({ kind: "problems" });
  return parsed.kind === "problems" ? parsed.problems : [];
}

describe("a request", () => {
  it("gets what it does not say itself", () => {
    expect(requestsIn(`{${MINIMAL}}`)).toEqual([
      {
        requestId: "id-1",
        provider: "dw",
        operation: {
          "rerun.v1.DataWorksRerunTaskInstances": {
            ...{ instanceIds: [1n], comment: null, useLatestConfig: null },
          },
        },
        requestedAt: 1_700_000_000_000,
        requestedBy: "me",
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
      },
    ]);
  });

  it("keeps what it says itself", () => {
    const text = `{${MINIMAL},"requestId":"mine","requestedAt":5,"priority":"HIGH","labels":{"a":"b"},"dryRun":true}`;
    const [request] = requestsIn(text, { requestedBy: "somebody else" });
    expect(request).toMatchObject({
      ...{ requestId: "mine", requestedAt: 5, priority: "HIGH" },
      ...{ labels: { a: "b" }, dryRun: true, requestedBy: "me" },
    });
  });

  it("is asked for by whom the command line says, when it does not say", () => {
    const text = `{${MINIMAL.replace('"requestedBy":"me",', "")}}`;
    expect(problemsIn(text)).toEqual(["requestedBy: is missing"]);
    expect(requestsIn(text, { requestedBy: "me" })).toMatchObject([{ requestedBy: "me" }]);
  });

  it.each([
    ["a bare number", "9223372036854775807"],
    ["a decimal string", '"9223372036854775807"'],
  ])("carries int64 exactly as %s", (_, id) => {
    const [request] = requestsIn(`{${MINIMAL.replace("[1]", `[${id},-9223372036854775808]`)}}`);
    expect(request?.operation).toMatchObject({
      "rerun.v1.DataWorksRerunTaskInstances": { instanceIds: [2n ** 63n - 1n, -(2n ** 63n)] },
    });
  });

  it.each([
    ['"2026-11-22T10:00:00Z"', 1_795_341_600_000],
    ['"2026-11-22T18:00:00.250+08:00"', 1_795_341_600_250],
    ['"2026-11-22"', 1_795_305_600_000],
    ["1795341600000", 1_795_341_600_000],
    ["null", null],
  ])("takes the time %s", (time, millis) => {
    expect(requestsIn(`{${MINIMAL},"notAfter":${time}}`)).toMatchObject([{ notAfter: millis }]);
  });

  it("takes an operation of records in records, by its short or its full name", () => {
    const operation = `{"rerun.v1.TencentRerunTriggerWorkflowRun":{"projectId":"p","workflowId":"w","workflowExecutionId":"x","advancedParams":[{"key":"k","value":"v"}]}}`;
    const text = `{"provider":"t","requestedBy":"me","operation":${operation}}`;
    const expected = {
      "rerun.v1.TencentRerunTriggerWorkflowRun": {
        executeType: "ORDINARY",
        advancedParams: [{ key: "k", value: "v", extProperties: null }],
      },
    };
    expect(requestsIn(text)).toMatchObject([{ operation: expected }]);
    expect(requestsIn(text.replace("rerun.v1.", ""))).toMatchObject([{ operation: expected }]);
  });

  it("takes an enum that stands first in another operation", () => {
    const operation = `{"TencentRerunScheduleInstances":{"projectId":"p","instances":[],"parentCheck":"ALL"}}`;
    expect(
      requestsIn(`{"provider":"t","requestedBy":"me","operation":${operation}}`),
    ).toMatchObject([
      {
        operation: {
          "rerun.v1.TencentRerunScheduleInstances": { parentCheck: "ALL", rerunScope: "SELF" },
        },
      },
    ]);
  });
});

describe("a file", () => {
  it("may hold one request, an array, or one a line", () => {
    expect(requestsIn(` {${MINIMAL}}\n`)).toHaveLength(1);
    expect(requestsIn(`[{${MINIMAL}},\n{${MINIMAL}}]`)).toHaveLength(2);
    const lines = requestsIn(`{${MINIMAL}}\n\n{${MINIMAL}}\r\n{${MINIMAL}}`);
    expect(lines.map(({ requestId }) => requestId)).toEqual(["id-1", "id-2", "id-3"]);
  });

  it.each([
    ["", "there is no request in it"],
    ["[]", "there is no request in it"],
    ["{oops", "not JSON"],
    ["5", "expected an object, found 5"],
    ["[null]", "[0]: expected an object, found null"],
    [`{${MINIMAL}}\n{oops`, "line 2: not JSON"],
    [`{${MINIMAL}}\n{}`, "line 2.provider: is missing"],
    ['{"provider":"a","provider":"b"}', "not JSON"],
  ])("%j is refused: %s", (text, problem) => {
    expect(problemsIn(text).join("\n")).toContain(problem);
  });

  it("is refused with everything that is wrong with it", () => {
    const bad = `[{${MINIMAL}},{
      "requestId": 5, "provider": null, "priority": "URGENT", "dryRun": "yes", "extra": 1,
      "notAfter": "2026-02-30T00:00:00Z", "notBefore": "2026-11-22T10:00:00", "labels": {"a": 1},
      "operation": {"DmsRerunTaskFlowInstance": {"dagId": 1.5, "dagInstanceId": 9223372036854775808}}
    }]`;
    const problems = problemsIn(bad);
    expect(problems.map((problem) => problem.split(": ")[0]).toSorted()).toEqual(
      [
        "[1].requestId",
        "[1].provider",
        "[1].requestedBy",
        "[1].priority",
        "[1].dryRun",
        "[1].extra",
        "[1].notAfter",
        "[1].notBefore",
        "[1].labels.a",
        "[1].operation.DmsRerunTaskFlowInstance.dagId",
        "[1].operation.DmsRerunTaskFlowInstance.dagInstanceId",
      ].toSorted(),
    );
    expect(problems).toContain('[1].priority: expected one of LOW, NORMAL, HIGH, found "URGENT"');
  });

  it.each([
    ['{"NoSuchOperation":{}}', "found NoSuchOperation"],
    ["{}", "found no key"],
    [
      '{"DataWorksRerunTaskInstances":{"instanceIds":[]},"DmsRerunTaskFlowInstance":{}}',
      "found DataWorksRerunTaskInstances, DmsRerunTaskFlowInstance",
    ],
    ['"DataWorksRerunTaskInstances"', 'found "DataWorksRerunTaskInstances"'],
  ])("is refused for the operation %s", (operation, found) => {
    const text = `{"provider":"p","requestedBy":"me","operation":${operation}}`;
    expect(problemsIn(text)).toEqual([expect.stringContaining(found)]);
  });

  it.each([
    ["2147483648", "a 32-bit integer"],
    ['"5"', "a 32-bit integer"],
    ["1e3", "a 32-bit integer"],
  ])("is refused for the int %s", (value, expected) => {
    const operation = `{"TencentRerunTaskInstances":{"projectId":"p","instanceKeys":[],"parallelism":${value}}}`;
    const text = `{"provider":"p","requestedBy":"me","operation":${operation}}`;
    expect(problemsIn(text)).toEqual([expect.stringContaining(expected)]);
  });
});
