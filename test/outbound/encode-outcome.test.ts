import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createRegistry } from "../../src/avro/registry.ts";
import { loadSchemas } from "../../src/avro/schemas.ts";
import type { RerunRequest } from "../../src/avro/wire-types.ts";
import type { Outcome, TargetOutcome } from "../../src/domain/outcome.ts";
import { echoOf, type RerunRequest as DomainRequest } from "../../src/domain/rerun-request.ts";
import { RequestParser } from "../../src/inbound/parse-request.ts";
import {
  outcomeHeadersOf,
  outcomeKeyOf,
  outcomeOverheadBytes,
  wireOutcomeOf,
  withoutTargetMessages,
} from "../../src/outbound/encode-outcome.ts";
import { aFakeRegistry } from "../avro/fake-registry.ts";
import { A_REQUEST } from "../avro/wire-values.ts";
import { packing } from "../support/packing.ts";
import { anOutcome } from "./an-outcome.ts";

const LIMIT_BYTES = 1_048_588; // what brokers take by default

/** A registry that knows both schemas: 1 is the request's, 2 the outcome's. */
async function encoder() {
  const fake = await aFakeRegistry();
  const { requests, outcomes } = loadSchemas({ requests: "r", outcomes: "o" });
  fake.schemas.set(1, { schema: requests.text }).set(2, { schema: outcomes.text });
  return createRegistry(fake.config);
}

function recordBytes(outcome: Outcome, value: Buffer): number {
  const headers = Object.entries(outcomeHeadersOf(outcome)).flat();
  return value.length + Buffer.byteLength([outcomeKeyOf(outcome), ...headers].join("")) + 200;
}

describe("the labels of a request", () => {
  it("stand in its outcome as they stood in its record, whatever their names", async () => {
    const labels = { ["__proto__"]: "a", constructor: "b", toString: "c" };
    const registry = await encoder();
    const record = await registry.encode(1, { ...A_REQUEST, labels });
    const asked = (await registry.decode(record)) as { readonly value: object };
    const parser = new RequestParser({ targetsPerRequest: 200 });
    const parsed = parser.parse("rerun.v1.RerunRequest", asked.value);
    const { request } = parsed as { readonly request: DomainRequest };
    const outcome = anOutcome({ echo: echoOf(packing.unpack(packing.pack(request))) });
    const told = await registry.decode(await registry.encode(2, wireOutcomeOf(outcome)));

    const { value } = told as { readonly value: { readonly labels: object } };
    expect(Object.entries(value.labels)).toStrictEqual(Object.entries(labels));
    expect(Object.getPrototypeOf(value.labels)).toBe(Object.prototype);
  });
});

describe("wireOutcomeOf", () => {
  it("says everything that the outcome says", () => {
    const target: TargetOutcome = { target: "12", status: "FAILED", message: "gone" };
    const outcome = anOutcome({
      status: "PARTIALLY_SUCCEEDED",
      reason: { code: "TARGETS_FAILED", message: "1 of 2" },
      targets: [target],
      providerRequestId: "p-1",
      asyncJobId: "j-1",
      providerErrorCode: "E",
      attempts: 2,
      calledAt: 5,
      coalesced: 1,
      dispatcher: "pod-2 0.1.0",
    });
    expect(wireOutcomeOf(outcome)).toEqual({
      outcomeId: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      requestId: "r-1",
      provider: "dw",
      operation: "DataWorksRerunTaskInstances",
      requestedBy: "test",
      correlationId: null,
      labels: { team: "a" },
      replayOf: null,
      status: "PARTIALLY_SUCCEEDED",
      final: true,
      reason: { code: "TARGETS_FAILED", message: "1 of 2" },
      targets: [target],
      attempts: 2,
      reconciled: false,
      coalesced: 1,
      providerRequestId: "p-1",
      asyncJobId: "j-1",
      providerErrorCode: "E",
      source: { topic: "rerun.requests", partition: 3, offset: 9007199254740993n },
      requestedAt: 1,
      receivedAt: 2,
      calledAt: 5,
      completedAt: 3,
      dispatcher: "pod-2 0.1.0",
    });
  });

  it("is not final when it was only accepted", () => {
    expect(wireOutcomeOf(anOutcome({ status: "ACCEPTED", reason: null })).final).toBe(false);
  });

  it("keeps 200 talkative targets under the limit of a topic", async () => {
    const registry = await encoder();
    const targets = Array.from({ length: 200 }, (_, i) => ({
      target: `task-${i}_2026-01-01 00:00:00`,
      status: "FAILED" as const,
      message: "失".repeat(10_000),
    }));
    const wire = wireOutcomeOf(anOutcome({ targets }));
    expect(wire.targets[0]?.message).toHaveLength(300);
    expect((await registry.encode(2, wire)).length).toBeLessThan(LIMIT_BYTES / 4);
  });
});

describe("outcomeHeadersOf", () => {
  it("names the request and its status, and hands on the trace", () => {
    const trace = { traceparent: "00-aa-bb-01", tracestate: "x=1" };
    expect(outcomeHeadersOf(anOutcome({ trace }))).toEqual({
      "rerun-request-id": "r-1",
      "rerun-status": "REJECTED",
      traceparent: "00-aa-bb-01",
      tracestate: "x=1",
    });
  });

  it("has no trace headers when the request had none", () => {
    const traced = anOutcome({ trace: { traceparent: "00-aa-bb-01", tracestate: null } });
    expect(Object.keys(outcomeHeadersOf(traced))).not.toContain("tracestate");
    expect(Object.keys(outcomeHeadersOf(anOutcome()))).toEqual([
      "rerun-request-id",
      "rerun-status",
    ]);
  });
});

describe("outcomeOverheadBytes", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "失", "😀"), maxLength: 3_000 });
  const ids = fc.array(fc.constantFrom(0n, 63n, 2n ** 63n - 1n, -(2n ** 63n)), { maxLength: 200 });

  it("covers what the outcome of a request adds to the request's bytes", async () => {
    const registry = await encoder();
    const input = fc.record({
      requestId: text,
      by: text,
      label: text,
      said: text,
      instanceIds: ids,
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ requestId, by, label, said, instanceIds }) => {
        const request: RerunRequest = {
          ...{ ...A_REQUEST, requestId, requestedBy: by, labels: { [label]: by } },
          operation: {
            "rerun.v1.DataWorksRerunTaskInstances": {
              ...{ instanceIds, comment: null, useLatestConfig: null },
            },
          },
        };
        const outcome = anOutcome({
          echo: {
            ...{ ...anOutcome().echo, requestId, provider: request.provider },
            ...{ requestedBy: by, labels: { [label]: by } },
          },
          source: { topic: "t".repeat(249), partition: 2 ** 31 - 1, offset: 2n ** 63n - 1n },
          reason: { code: "RETRIES_EXHAUSTED", message: said },
          ...{ providerRequestId: said, asyncJobId: said, providerErrorCode: said },
          dispatcher: "d".repeat(300),
          trace: { traceparent: "0".repeat(55), tracestate: "x".repeat(512) },
          targets: instanceIds.map((id) => {
            return { target: String(id), status: "FAILED", message: said };
          }),
        });
        const asked = await registry.encode(1, request);
        const wire = withoutTargetMessages(wireOutcomeOf(outcome));
        const told = recordBytes(outcome, await registry.encode(2, wire));
        expect(told - asked.length).toBeLessThanOrEqual(outcomeOverheadBytes(instanceIds.length));
      }),
    );
  });
});
