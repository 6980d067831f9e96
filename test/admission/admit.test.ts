import { describe, expect, it } from "vitest";
import { admit, type Candidate, expiredVerdict } from "../../src/admission/admit.ts";
import { aRequest, aTencentRerun } from "../support/a-received-request.ts";

const EPOCH = 1_700_000_000_000;
const WEEK_MS = 604_800_000;

function admitted(
  request: Parameters<typeof aRequest>[0] = {},
  rest: Partial<Omit<Candidate, "request">> = {},
): string | null {
  const verdict = admit({
    request: aRequest(request),
    connection: {
      kind: "alibaba-dataworks",
      operations: ["DataWorksRerunTaskInstances"],
      objection: () => null,
    },
    configured: ["dataworks-sh", "wedata-intl"],
    epoch: EPOCH,
    requestsRetentionMs: WEEK_MS,
    ...rest,
  });
  return verdict === null ? null : `${verdict.status} ${verdict.reason?.code ?? "-"}`;
}

const nothing = { connection: undefined };
const anything = { objection: () => null };
const wrongKind = { connection: { kind: "tencent-wedata", operations: [], ...anything } } as const;
const unbuilt = { connection: { kind: "alibaba-dataworks", operations: [], ...anything } } as const;
const unsendable = {
  connection: {
    kind: "alibaba-dataworks",
    operations: ["DataWorksRerunTaskInstances"],
    objection: () => "it is too odd",
  },
} as const;
const late = { notAfter: EPOCH - 1 };

describe("admission", () => {
  it("lets a plain request through", () => {
    expect(admitted()).toBeNull();
    expect(admitted({ priority: "LOW", replayOf: "r0", notAfter: EPOCH + 1 })).toBeNull();
  });

  it.each<[string, Parameters<typeof admitted>, string]>([
    ["an unknown connection", [{}, nothing], "REJECTED UNKNOWN_PROVIDER"],
    ["an operation of another cloud", [{}, wrongKind], "REJECTED WRONG_PROVIDER_KIND"],
    ["another cloud's operation", [{ operation: aTencentRerun() }], "REJECTED WRONG_PROVIDER_KIND"],
    ["an operation that is not built", [{}, unbuilt], "REJECTED NOT_SUPPORTED"],
    ["an operation that cannot be sent", [{}, unsendable], "REJECTED INVALID_REQUEST"],
    [
      "a notBefore beyond the retention",
      [{ notBefore: EPOCH + WEEK_MS + 1 }],
      "REJECTED INVALID_REQUEST",
    ],
    ["a request that comes too late", [late], "EXPIRED NOT_AFTER_PASSED"],
    ["a dry run", [{ dryRun: true }], "DRY_RUN -"],
  ])("does not let through %s", (_name, args, verdict) => {
    expect(admitted(...args)).toBe(verdict);
  });

  it("still lets through at notAfter itself", () => {
    expect(admitted({ notAfter: EPOCH })).toBeNull();
  });

  it("lets through what the guards are to decide", () => {
    expect(admitted({ force: true, causedBy: "r0" })).toBeNull();
  });

  it("lets through what Kafka keeps until its notBefore", () => {
    const forEver = { requestsRetentionMs: Infinity };

    expect(admitted({ notBefore: EPOCH + WEEK_MS })).toBeNull();
    expect(admitted({ notBefore: EPOCH + 100 * WEEK_MS }, forEver)).toBeNull();
  });

  it.each<[Parameters<typeof admitted>, string]>([
    [[{ dryRun: true, ...late }, nothing], "REJECTED UNKNOWN_PROVIDER"],
    [[{ dryRun: true, ...late }, wrongKind], "REJECTED WRONG_PROVIDER_KIND"],
    [[{ dryRun: true, ...late }, unbuilt], "REJECTED NOT_SUPPORTED"],
    [[{ dryRun: true, ...late }], "EXPIRED NOT_AFTER_PASSED"],
  ])("tells what can never be before what could have been (case %#)", (args, verdict) => {
    expect(admitted(...args)).toBe(verdict);
  });

  it("says in words what is wrong", () => {
    const reasonOf = (candidate: Partial<Candidate>) =>
      admit({
        request: aRequest(),
        connection: {
          kind: "alibaba-dataworks",
          operations: ["DataWorksRerunTaskInstances"],
          objection: () => null,
        },
        configured: ["a", "b"],
        epoch: EPOCH,
        requestsRetentionMs: WEEK_MS,
        ...candidate,
      })?.reason?.message;

    expect(reasonOf({ connection: undefined })).toBe(
      'No provider connection is named "dataworks-sh"; configured: a, b.',
    );
    expect(reasonOf({ request: aRequest({ notBefore: EPOCH + WEEK_MS + 1 }) })).toContain(
      "is deleted about 2023-11-21T22:13:20.000Z",
    );
    expect(expiredVerdict(EPOCH).reason?.message).toContain("2023-11-14T22:13:20.000Z");
  });
});
