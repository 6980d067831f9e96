import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf, keyOf } from "../../src/journal/digest.ts";
import { aDataWorksRerun, aRequest, aTencentRerun } from "../support/a-received-request.ts";

type Overrides = Parameters<typeof aRequest>[0];

const base = digestOf(aRequest());

describe("the digest of a request", () => {
  it.each<[string, Overrides]>([
    ["labels", { labels: { team: "a" } }],
    ["reason", { reason: "bad data" }],
    ["priority", { priority: "HIGH" }],
    ["requestedAt", { requestedAt: 1 }],
    ["requestedBy", { requestedBy: "somebody else" }],
    ["correlationId", { correlationId: "c1" }],
    ["replayOf", { replayOf: "r0" }],
    ["causedBy", { causedBy: "r0" }],
    ["requestId", { requestId: "another" }],
  ])("does not count %s", (_field, overrides) => {
    expect(digestOf(aRequest(overrides))).toBe(base);
  });

  it.each<[string, Overrides]>([
    ["provider", { provider: "another" }],
    ["notBefore", { notBefore: 1 }],
    ["notAfter", { notAfter: 1 }],
    ["dryRun", { dryRun: true }],
    ["force", { force: true }],
    ["the targets", { operation: aDataWorksRerun({ instanceIds: ["1235"] }) }],
    ["one target more", { operation: aDataWorksRerun({ instanceIds: ["1234", "1235"] }) }],
    ["an option of the operation", { operation: aDataWorksRerun({ comment: "again" }) }],
    ["another option", { operation: aDataWorksRerun({ useLatestConfig: false }) }],
    ["the operation", { operation: aTencentRerun() }],
  ])("counts %s", (_field, overrides) => {
    expect(digestOf(aRequest(overrides))).not.toBe(base);
  });

  it("tells notBefore from notAfter, and absent from false", () => {
    const digests = [
      aRequest({ notBefore: 5 }),
      aRequest({ notAfter: 5 }),
      aRequest({ operation: aDataWorksRerun({ useLatestConfig: null }) }),
      aRequest({ operation: aDataWorksRerun({ useLatestConfig: false }) }),
      aRequest({ dryRun: true }),
      aRequest({ force: true }),
    ].map(digestOf);

    expect(new Set(digests).size).toBe(digests.length);
  });

  it("counts neither the order of targets nor their repetition", () => {
    const ids = fc.array(fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String), { minLength: 1 });
    const mixed = ids.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length })),
    );
    fc.assert(
      fc.property(mixed, ([all, some]) => {
        const asked = aRequest({ operation: aDataWorksRerun({ instanceIds: all }) });
        const again = aRequest({ operation: aDataWorksRerun({ instanceIds: some }) });
        const isSame = new Set(all).size === new Set(some).size;

        expect(digestOf(asked) === digestOf(again)).toBe(isSame);
      }),
    );
  });

  it("does not depend on the order of an object's keys", () => {
    const operation = aDataWorksRerun();
    const reversed = Object.fromEntries(Object.entries(operation).toReversed());

    expect(digestOf(aRequest({ operation: reversed as never }))).toBe(base);
  });

  it("is 16 characters, like the key", () => {
    expect([base.length, keyOf("p", "r").length]).toStrictEqual([16, 16]);
  });
});

describe("the key of a request", () => {
  it("tells apart what would read the same when written together", () => {
    const keys = [keyOf("a", "bc"), keyOf("ab", "c"), keyOf("a/b", "c"), keyOf("a", "b/c")];

    expect(new Set(keys).size).toBe(4);
  });
});
