import { z } from "zod";
import { OUTCOME_STATUSES, REASON_CODE_LIST, REASON_CODES } from "../domain/outcome.ts";
import type { JournalRecord } from "./journal-record.ts";
import { PROTOCOL_VERSION } from "./journal-record.ts";

/** What bytes of the journal turned out to be. */
export type DecodedRecord =
  | { readonly kind: "record"; readonly record: JournalRecord }
  /** Nobody's: ignored by every instance alike. */
  | { readonly kind: "unreadable"; readonly why: string }
  /** Written by rules that this version does not know: nobody here may claim any more. */
  | { readonly kind: "other-version"; readonly version: number };

/** The record as JSON of one line, so that any console consumer shows what happened. */
export function encodeRecord(record: JournalRecord): Buffer {
  // The codec's arrays are writable, ours are not; encoding writes to none.
  const encoded = recordCodec.encode(record as z.output<typeof recordCodec>);
  return Buffer.from(JSON.stringify({ v: PROTOCOL_VERSION, ...encoded }));
}

/** Never throws, whatever the bytes are; a function of the bytes alone. */
export function decodeRecord(bytes: Buffer | null): DecodedRecord {
  if (bytes === null) return { kind: "unreadable", why: "a tombstone" };
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch {
    return { kind: "unreadable", why: "not JSON" };
  }
  const versioned = anyVersion.safeParse(value);
  if (!versioned.success) return { kind: "unreadable", why: "it has no version" };
  const { v: version } = versioned.data;
  if (version !== PROTOCOL_VERSION) return { kind: "other-version", version };
  const parsed = recordCodec.safeDecode(value as z.input<typeof recordCodec>); // checked by decoding
  if (!parsed.success) return { kind: "unreadable", why: z.prettifyError(parsed.error) };
  return { kind: "record", record: parsed.data };
}

/** An object with any keys, as it is: a zod record loses a label that somebody calls `__proto__`. */
function dictionary<T>(
  isValue: (one: unknown) => one is T,
): z.ZodCustom<Readonly<Record<string, T>>> {
  return z.custom<Readonly<Record<string, T>>>((found) => {
    if (typeof found !== "object" || found === null || Array.isArray(found)) return false;
    return Object.values(found).every(isValue);
  });
}

/** What every version of a record has. */
const anyVersion = z.object({ v: z.int() });

const text = z.string();
const texts = z.array(text);
const nullableText = text.nullable();
const millis = z.number();
const count = z.int().nonnegative();

/** Offsets are decimal texts: JSON numbers would round them past 2^53. */
const offset = z.codec(z.string().regex(/^\d+$/), z.bigint(), {
  decode: (digits) => BigInt(digits),
  encode: (value) => String(value),
});

/** Bytes that live in strings of one byte a character. */
const bytes = z.codec(z.string().regex(/^[A-Za-z0-9_-]*$/), z.string(), {
  decode: (base64) => Buffer.from(base64, "base64url").toString("latin1"),
  encode: (latin1) => Buffer.from(latin1, "latin1").toString("base64url"),
});

const source = z.object({ topic: text, partition: count, offset });
const trace = z.object({ traceparent: text, tracestate: nullableText }).nullable();
const textsByName = dictionary((one) => typeof one === "string");
const mark = dictionary(
  (one): one is string | number | null =>
    one === null || typeof one === "string" || typeof one === "number",
);
const evidence = z.object({ marks: z.array(z.object({ target: text, mark })) }).nullable();
const targetStatus = z.enum(["SUCCEEDED", "FAILED", "UNKNOWN"]);
const targetEnds = z.array(z.object({ target: text, status: targetStatus, message: nullableText }));

const verdict = z.object({
  status: z.enum(OUTCOME_STATUSES),
  reason: z.object({ code: z.enum(REASON_CODE_LIST), message: text }).nullable(),
  targets: z.array(
    z.object({
      target: text,
      status: z.enum([...targetStatus.options, "SUPPRESSED"]),
      message: nullableText,
    }),
  ),
  providerRequestId: nullableText,
  asyncJobId: nullableText,
  providerErrorCode: nullableText,
});

const told = z.object({
  verdict,
  history: z.object({
    attempts: count,
    calledAt: millis.nullable(),
    coalesced: count,
    reconciled: z.boolean(),
  }),
  completedAt: millis,
  dispatcher: text,
});

const job = z.object({ jobId: text, scope: textsByName });
const ofProvider = { providerRequestId: nullableText, providerErrorCode: nullableText };

const decidedEnd = z.union([
  z.object({
    kind: z.literal("accepted"),
    job,
    asyncJobId: text,
    targets: z.tuple([]),
    ...ofProvider,
  }),
  z.object({
    ...{ kind: z.literal("accepted"), job: z.null(), asyncJobId: nullableText, ...ofProvider },
    targets: targetEnds,
  }),
  z.object({
    ...{ kind: z.literal("refused"), notPermitted: z.boolean(), message: text, ...ofProvider },
  }),
  z.object({ kind: z.literal("uncertain"), message: text, ...ofProvider }),
]);

const taken = z.object({
  end: decidedEnd,
  following: z.object({
    until: z.enum(["submitted", "finished"]),
    job: job.nullable(),
    calledAt: millis,
    ended: targetEnds,
    notes: textsByName,
  }),
  reconciled: z.boolean(),
  evidence: targetEnds,
});

const introduced = {
  ...{ requestId: text, digest: bytes, attempt: count, source, receivedAt: millis, trace },
};

const echo = z.object({
  ...{ requestId: text, provider: text, operationName: text, requestedAt: millis },
  ...{ requestedBy: text, correlationId: nullableText, labels: textsByName },
  replayOf: nullableText,
});

const guards = z
  .object({
    budget: z.object({ reruns: count, perMs: millis }).nullable(),
    ...{ coolDownMs: millis.nullable(), maxChain: count.nullable() },
  })
  .optional();
const guardCode = z.enum(REASON_CODES.SUPPRESSED);
const causedBy = text.optional();
const guarded = z
  .object({
    ...{ force: z.boolean(), causedBy: nullableText },
    leftOut: z.array(z.object({ target: text, code: guardCode, message: text })),
  })
  .optional();

const recordCodec = z.discriminatedUnion("kind", [
  z.object({
    ...{ kind: z.literal("CLAIM"), provider: text, claimId: text, instance: text },
    ...{ callWithinMs: millis, settleWithinMs: millis, windowMs: millis, guards },
    requests: z.array(
      z.object({
        ...{ ...introduced, packed: bytes, targets: texts, before: evidence },
        ...{ evidenceAt: offset.nullable(), guarded },
      }),
    ),
  }),
  z.object({
    ...{ kind: z.literal("RELEASE"), provider: text, claimId: text },
    ...{ requestIds: texts, called: z.boolean(), why: text },
  }),
  z.object({
    ...{ kind: z.literal("ACCEPTED"), provider: text, claimId: text },
    results: z.array(z.object({ requestId: text, taken, told })),
  }),
  z.object({
    ...{ kind: z.literal("DONE"), provider: text, claimId: text },
    results: z.array(z.object({ requestId: text, told })),
  }),
  z.object({
    ...{ kind: z.literal("CLOSE"), provider: text, instance: text, windowMs: millis },
    ...{ guards, requests: z.array(z.object({ ...introduced, echo, told, causedBy })) },
  }),
  z.object({
    ...{ kind: z.literal("PUBLISHED"), provider: text, requestIds: texts },
    which: z.enum(["accepted", "final"]),
  }),
  z.object({
    ...{ kind: z.literal("CHECKPOINTED"), seal: z.boolean() },
    partitions: z.array(
      z.object({
        ...{ partition: count, low: offset, era: count },
        ranges: z.array(z.object({ from: offset, to: offset })),
      }),
    ),
  }),
]);
