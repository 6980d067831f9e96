import fc from "fast-check";
import type { GuardLimits } from "../../src/domain/guard-limits.ts";
import { OUTCOME_STATUSES, REASON_CODE_LIST, REASON_CODES } from "../../src/domain/outcome.ts";
import type { Taken } from "../../src/domain/taken.ts";
import type {
  AskedOfGuards,
  JournalRecord,
  JournalRecordKind,
} from "../../src/journal/journal-record.ts";

/** Objects like ours, not such as nobody makes. */
/** Without the fields that are undefined: they are not written. */
const bare = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  some.map((one) => {
    const fields = Object.entries(one as object).filter(([, value]) => value !== undefined);
    return Object.fromEntries(fields) as T; // the same but for those
  });
const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  bare(fc.record(fields, { noNullPrototype: true })); // all keys are required

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("", "\n", "\u2028", "\ud800", '"}', "10000000000000000000"),
);
const bytes = fc
  .uint8Array({ maxLength: 20 })
  .map((array) => Buffer.from(array).toString("latin1"));
/** JSON knows one zero. */
const millis = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const count = fc.nat();
const offset = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const nullable = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null });
const few = <T>(some: fc.Arbitrary<T>) => fc.array(some, { maxLength: 3 });
const dictionary = <T>(value: fc.Arbitrary<T>) =>
  fc.dictionary(fc.string({ maxLength: 5 }), value, { maxKeys: 3, noNullPrototype: true });

const source = record({ topic: text, partition: count, offset });
const trace = nullable(record({ traceparent: text, tracestate: nullable(text) }));
const mark = dictionary(fc.oneof(text, millis, fc.constant(null)));
const before = nullable(record({ marks: few(record({ target: text, mark })) }));
const targetStatus = fc.constantFrom("SUCCEEDED", "FAILED", "UNKNOWN");
const targetEnd = record({ target: text, status: targetStatus, message: nullable(text) });
const targetOutcome = record({
  target: text,
  status: fc.constantFrom("SUCCEEDED", "FAILED", "UNKNOWN", "SUPPRESSED"),
  message: nullable(text),
});
const verdict = record({
  status: fc.constantFrom(...OUTCOME_STATUSES),
  reason: nullable(record({ code: fc.constantFrom(...REASON_CODE_LIST), message: text })),
  targets: few(targetOutcome),
  providerRequestId: nullable(text),
  asyncJobId: nullable(text),
  providerErrorCode: nullable(text),
});
const told = record({
  verdict,
  history: record({
    ...{ attempts: count, calledAt: nullable(millis), coalesced: count },
    reconciled: fc.boolean(),
  }),
  completedAt: millis,
  dispatcher: text,
});

const ofProvider = { providerRequestId: nullable(text), providerErrorCode: nullable(text) };
const job = record({ jobId: text, scope: dictionary(text) });
const kind = <const K extends string>(name: K) => fc.constant<K>(name);
const end = fc.oneof(
  record({
    ...{ kind: kind("accepted"), job, asyncJobId: text, ...ofProvider },
    targets: fc.constant([] as const),
  }),
  record({
    ...{ kind: kind("accepted"), job: fc.constant(null), asyncJobId: nullable(text) },
    ...{ targets: few(targetEnd), ...ofProvider },
  }),
  record({ kind: kind("refused"), notPermitted: fc.boolean(), message: text, ...ofProvider }),
  record({ kind: kind("uncertain"), message: text, ...ofProvider }),
);
const taken: fc.Arbitrary<Taken> = record({
  end,
  following: record({
    until: fc.constantFrom("submitted", "finished"),
    ...{ job: nullable(job), calledAt: millis, ended: few(targetEnd), notes: dictionary(text) },
  }),
  reconciled: fc.boolean(),
  evidence: few(targetEnd),
});
const echo = record({
  ...{ requestId: text, provider: text, operationName: text, requestedAt: millis },
  ...{ requestedBy: text, correlationId: nullable(text), labels: dictionary(text) },
  replayOf: nullable(text),
});
const introduced = {
  ...{ requestId: text, digest: bytes, attempt: count, source, receivedAt: millis, trace },
};
const limits: fc.Arbitrary<GuardLimits> = record({
  budget: nullable(record({ reruns: count, perMs: millis })),
  ...{ coolDownMs: nullable(millis), maxChain: nullable(count) },
});
const guards = fc.option(limits, { nil: undefined });
const leftOut = record({
  target: text,
  code: fc.constantFrom(...REASON_CODES.SUPPRESSED),
  message: text,
});
const asked: fc.Arbitrary<AskedOfGuards> = record({
  ...{ force: fc.boolean(), causedBy: nullable(text), leftOut: few(leftOut) },
});
const guarded = fc.option(asked, { nil: undefined });
const causedBy = fc.option(text, { nil: undefined });
const range = record({ from: offset, to: offset });
const completed = record({
  ...{ partition: count, low: offset, ranges: few(range), era: count },
});

/** Any record of a kind, whether it makes sense or not. */
export const ANY_RECORD: {
  readonly [K in JournalRecordKind]: fc.Arbitrary<Extract<JournalRecord, { kind: K }>>;
} = {
  CLAIM: record({
    ...{ kind: kind("CLAIM"), provider: text, claimId: text, instance: text },
    ...{ callWithinMs: millis, settleWithinMs: millis, windowMs: millis, guards },
    requests: few(
      record({
        ...{ ...introduced, packed: bytes, targets: few(text), before },
        ...{ evidenceAt: nullable(offset), guarded },
      }),
    ),
  }),
  RELEASE: record({
    ...{ kind: kind("RELEASE"), provider: text, claimId: text, requestIds: few(text) },
    ...{ called: fc.boolean(), why: text },
  }),
  ACCEPTED: record({
    ...{ kind: kind("ACCEPTED"), provider: text, claimId: text },
    results: few(record({ requestId: text, taken, told })),
  }),
  DONE: record({
    ...{ kind: kind("DONE"), provider: text, claimId: text },
    results: few(record({ requestId: text, told })),
  }),
  CLOSE: record({
    ...{ kind: kind("CLOSE"), provider: text, instance: text, windowMs: millis },
    ...{ guards, requests: few(record({ ...introduced, echo, told, causedBy })) },
  }),
  PUBLISHED: record({
    ...{ kind: kind("PUBLISHED"), provider: text, requestIds: few(text) },
    which: fc.constantFrom("accepted", "final"),
  }),
  CHECKPOINTED: record({
    ...{ kind: kind("CHECKPOINTED"), partitions: few(completed), seal: fc.boolean() },
  }),
};

/** Any record of any kind. */
export const anyRecord: fc.Arbitrary<JournalRecord> = fc.oneof(...Object.values(ANY_RECORD));
