import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OUTCOME_STATUSES, REASON_CODE_LIST } from "../../src/domain/outcome.ts";
import { type JournalRecord, PROTOCOL_VERSION } from "../../src/journal/journal-record.ts";
import { decodeRecord, encodeRecord } from "../../src/journal/record-codec.ts";
import { ANY_RECORD, anyRecord } from "./any-record.ts";
import {
  aCheckpoint,
  aClaim,
  aClose,
  aDone,
  anAccepted,
  anEcho,
  aPublished,
  aReading,
  aRelease,
} from "./records.ts";

/** For a machine that has other work as well. */
const BUSY = { timeout: 30_000 };

const KINDS = ["record", "unreadable", "other-version"];

function jsonOf(record: JournalRecord): Record<string, unknown> {
  return JSON.parse(encodeRecord(record).toString("utf8")) as Record<string, unknown>;
}

function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

const one = { requestId: "r", before: aReading("x"), evidenceAt: 5n };
const trace = { traceparent: "00-1", tracestate: null };
/** One record of each kind, with nothing left out. */
const SAMPLES: readonly JournalRecord[] = [
  aClaim("c", [{ ...one, trace }]),
  aRelease("c"),
  anAccepted("c"),
  aDone("c"),
  aClose([{ trace }]),
  aPublished(),
  aCheckpoint([{ ranges: [{ from: 3n, to: 5n }] }], true),
];

describe("a journal record", () => {
  it.each(Object.entries(ANY_RECORD))(
    "of kind %s is what was written",
    BUSY,
    (_kind, arbitrary) => {
      fc.assert(
        fc.property(arbitrary as fc.Arbitrary<JournalRecord>, (record) => {
          expect(decodeRecord(encodeRecord(record))).toStrictEqual({ kind: "record", record });
        }),
        { numRuns: 60 },
      );
    },
  );

  it("is JSON of one line with its version and its kind", BUSY, () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const text = encodeRecord(record).toString("utf8");

        expect(text).not.toMatch(/[\n\r]/);
        expect(JSON.parse(text)).toMatchObject({ v: 1, kind: record.kind });
      }),
      { numRuns: 60 },
    );
  });

  it("keeps offsets that a number would round", () => {
    const low = 2n ** 63n - 1n;

    expect(jsonOf(aCheckpoint([{ low }]))).toMatchObject({
      partitions: [{ low: "9223372036854775807" }],
    });
    expect(decodeRecord(encodeRecord(aCheckpoint([{ low }])))).toMatchObject({
      record: { partitions: [{ low }] },
    });
  });

  it("has its own bytes whoever writes it", () => {
    for (const record of SAMPLES) {
      const decoded = decodeRecord(encodeRecord(record)) as { readonly record: JournalRecord };

      expect(encodeRecord(decoded.record).equals(encodeRecord(record))).toBe(true);
    }
  });

  it("may carry labels under any name that JSON keeps", () => {
    const labels = {
      ...{ constructor: "a", toString: "b", "": "c", "\u0000": "d", $n: "e" },
      ["__proto__"]: "f",
    };
    const record = aClose([{ echo: { ...anEcho(), labels } }]);

    expect(decodeRecord(encodeRecord(record))).toStrictEqual({ kind: "record", record });
  });

  it("is read although it says more than is known", () => {
    for (const record of SAMPLES) {
      expect(decodeRecord(bytesOf(withMore(jsonOf(record))))).toStrictEqual({
        ...{ kind: "record", record },
      });
    }
  });
});

describe("the rules of version 1", () => {
  /**
   * What an older process cannot read it ignores, and then it disagrees with the others about who may
   * call and what is published: with other words or fields than these comes another version.
   */
  it("know these words", () => {
    expect(PROTOCOL_VERSION).toBe(1);
    expect(OUTCOME_STATUSES).toStrictEqual([
      ...["REJECTED", "SUPPRESSED", "EXPIRED", "FAILED", "PARTIALLY_SUCCEEDED", "UNKNOWN"],
      ...["SUCCEEDED", "ACCEPTED", "DRY_RUN"],
    ]);
    expect(REASON_CODE_LIST).toStrictEqual([
      ...["INVALID_REQUEST", "UNKNOWN_PROVIDER", "WRONG_PROVIDER_KIND", "REFUSED_BY_PROVIDER"],
      ...["NOT_PERMITTED", "NOT_SUPPORTED", "BUDGET_EXCEEDED", "COOLING_DOWN", "CHAIN_LIMIT"],
      ...["NOT_AFTER_PASSED", "RETENTION", "NOT_EXECUTED", "RETRIES_EXHAUSTED", "JOB_FAILED"],
      ...["TARGETS_FAILED", "TARGETS_FAILED", "TARGETS_SUPPRESSED", "CALL_UNCERTAIN"],
      "TRACKING_TIMED_OUT",
    ]);
  });

  const who = '"provider":"dataworks-sh"';
  const source = '"source":{"topic":"rerun.requests","partition":0,"offset":"1"}';
  const introduced = `"requestId":"r","digest":"YWFhYWFhYWFhYWFhYWFhYQ","attempt":1,${source},"receivedAt":1700000000000`;
  const toldOf = (status: string) =>
    `"told":{"verdict":{"status":"${status}","reason":null,"targets":[],"providerRequestId":null,"asyncJobId":null,"providerErrorCode":null},` +
    '"history":{"attempts":0,"calledAt":null,"coalesced":1,"reconciled":false},"completedAt":1700000002000,"dispatcher":"me"}';
  const job = '"job":{"jobId":"job-1","scope":{}}';

  it.each<[string, JournalRecord, string]>([
    [
      "CLAIM",
      aClaim("c", [{ ...one, trace }]),
      `${who},"claimId":"c","instance":"me","callWithinMs":2000,"settleWithinMs":12000,"windowMs":604800000,` +
        `"requests":[{${introduced},"trace":{"traceparent":"00-1","tracestate":null},"packed":"cGFja2VkIHI",` +
        '"targets":["target of r"],"before":{"marks":[{"target":"x","mark":{"runs":1}}]},"evidenceAt":"5"}]',
    ],
    [
      "RELEASE",
      aRelease("c"),
      `${who},"claimId":"c","requestIds":["r"],"called":false,"why":"late"`,
    ],
    [
      "ACCEPTED",
      anAccepted("c"),
      `${who},"claimId":"c","results":[{"requestId":"r","taken":{"end":{"kind":"accepted",${job},"asyncJobId":"job-1",` +
        `"providerRequestId":"call-1","providerErrorCode":null,"targets":[]},"following":{"until":"submitted",${job},` +
        `"calledAt":1700000001500,"ended":[],"notes":{}},"reconciled":false,"evidence":[]},${toldOf("ACCEPTED")}}]`,
    ],
    [
      "DONE",
      aDone("c"),
      `${who},"claimId":"c","results":[{"requestId":"r",${toldOf("SUCCEEDED")}}]`,
    ],
    [
      "CLOSE",
      aClose(),
      `${who},"instance":"me","windowMs":604800000,"requests":[{${introduced},"trace":null,` +
        `"echo":{"requestId":"r",${who},"operationName":"DataWorksRerunTaskInstances","requestedAt":1700000000000,` +
        `"requestedBy":"quality-gate","correlationId":null,"labels":{},"replayOf":null},${toldOf("REJECTED")}}]`,
    ],
    ["PUBLISHED", aPublished(), `${who},"requestIds":["r"],"which":"final"`],
    [
      "CHECKPOINTED",
      aCheckpoint([{ low: 2n, ranges: [{ from: 3n, to: 5n }] }], true),
      '"partitions":[{"partition":0,"low":"2","ranges":[{"from":"3","to":"5"}],"era":0}],"seal":true',
    ],
  ])("are told by %s like this", (kind, record, rest) => {
    const text = `{"v":1,"kind":"${kind}",${rest}}`;

    expect(JSON.parse(encodeRecord(record).toString("utf8"))).toStrictEqual(JSON.parse(text));
    expect(decodeRecord(Buffer.from(text))).toStrictEqual({ kind: "record", record });
  });
});

describe("a record of other rules", () => {
  it.each([0, 2, 3, -1, 2 ** 40])("is told by its version %i", (version) => {
    for (const record of SAMPLES) {
      expect(decodeRecord(bytesOf({ ...jsonOf(record), v: version }))).toStrictEqual({
        ...{ kind: "other-version", version },
      });
    }
  });

  it("is told whatever else it says", () => {
    expect(decodeRecord(bytesOf({ v: 2, kind: "SOMETHING", of: [{ ours: false }] }))).toStrictEqual(
      {
        ...{ kind: "other-version", version: 2 },
      },
    );
  });
});

describe("bytes that nobody can read", () => {
  it.each([
    ["nothing", ""],
    ["text", "hello"],
    ["half a record", encodeRecord(aRelease("c")).toString("utf8").slice(0, -1)],
    ["two records", `${encodeRecord(aRelease("c")).toString("utf8")}{}`],
    ["null", "null"],
    ["a list", "[]"],
    ["a list of records", JSON.stringify([jsonOf(aRelease("c"))])],
    ["a number", "1"],
    ["a text", '"CLAIM"'],
    ["no version", JSON.stringify({ ...jsonOf(aRelease("c")), v: undefined })],
    ["a version that is text", JSON.stringify({ ...jsonOf(aRelease("c")), v: "1" })],
    ["a version between two", JSON.stringify({ ...jsonOf(aRelease("c")), v: 1.5 })],
    ["an unknown kind", JSON.stringify({ ...jsonOf(aRelease("c")), kind: "STEAL" })],
    ["no kind", JSON.stringify({ ...jsonOf(aRelease("c")), kind: undefined })],
    ["lists too deep for a stack", "[".repeat(100_000)],
    [
      "a negative offset",
      JSON.stringify(aCheckpoint()).replace(
        '"partitions":[]',
        '"partitions":[{"partition":0,"low":"-1","ranges":[],"era":0}],"v":1',
      ),
    ],
  ])("are unreadable: %s", (_what, text) => {
    expect(decodeRecord(Buffer.from(text))).toStrictEqual({
      ...{ kind: "unreadable", why: expect.any(String) as string },
    });
  });

  it("are unreadable: a tombstone", () => {
    expect(decodeRecord(null)).toStrictEqual({ kind: "unreadable", why: "a tombstone" });
  });

  it(
    "are what is left of a record without one of its fields, or with another in its place",
    BUSY,
    () => {
      const spoilt = SAMPLES.flatMap((record) =>
        pathsIn(jsonOf(record)).map((path) => ({ record, path })),
      );
      const read = spoilt.flatMap(({ record, path }) =>
        [undefined, [[]]]
          .map((value) => decodeRecord(bytesOf(withValueAt(jsonOf(record), path, value))))
          .filter(({ kind }) => kind !== "unreadable")
          .map(() => [record.kind, ...path].join(".")),
      );

      expect(spoilt.length).toBeGreaterThan(100);
      expect(read).toStrictEqual([]);
    },
  );

  it("never throw, and are read alike by everybody", BUSY, () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((array) => Buffer.from(array)),
      fc.json().map((text) => Buffer.from(text)),
      fc.jsonValue().map((value) => bytesOf({ v: 1, kind: "CLAIM", requests: value })),
      fc.tuple(anyRecord, fc.nat(), fc.nat(255)).map(([record, place, byte]) => {
        const bytes = encodeRecord(record);
        bytes[place % bytes.length] = byte;
        return bytes;
      }),
      fc.tuple(anyRecord, fc.nat()).map(([record, length]) => {
        const bytes = encodeRecord(record);
        return bytes.subarray(0, length % bytes.length);
      }),
    );
    fc.assert(
      fc.property(any, (bytes) => {
        const decoded = decodeRecord(bytes);

        expect(KINDS).toContain(decoded.kind);
        expect(decodeRecord(Buffer.from(bytes))).toStrictEqual(decoded);
      }),
      { numRuns: 300 },
    );
  });
});

/** What people put into it: any name is as good as another there. */
const FREE = ["labels", "mark", "scope", "notes"];

/** The same with one more field in every object. */
function withMore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMore);
  if (typeof value !== "object" || value === null) return value;
  const more = Object.entries(value).map(([key, inner]: [string, unknown]) => {
    return [key, FREE.includes(key) ? inner : withMore(inner)] as const;
  });
  return { ...Object.fromEntries(more), newSince: { version: 1.1 } };
}

/** Where the fields of an object and of those in it are. */
function pathsIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const below = FREE.includes(key) ? [] : pathsIn(inner).map((path) => [key, ...path]);
    const isElement = Array.isArray(value);
    return isElement ? below : [[key], ...below];
  });
}

function withValueAt(
  value: unknown,
  [key = "", ...rest]: readonly string[],
  put: unknown,
): unknown {
  const inner = (value as Record<string, unknown>)[key];
  const next = rest.length === 0 ? put : withValueAt(inner, rest, put);
  if (Array.isArray(value))
    return value.map((one: unknown, index) => (String(index) === key ? next : one));
  return { ...(value as object), [key]: next };
}
