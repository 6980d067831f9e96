import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import type { AskedRequest, BookedCall, Books, RequestRecord } from "../../dev/chaos/books.ts";

/** Books in which everything is committed, unless said otherwise. */
export function booksOf(overrides: Partial<Books>): Books {
  return {
    ...{ records: [], calls: [], outcomes: [], deadLetters: [] },
    committed: new Map([
      [0, 100n],
      [1, 100n],
    ]),
    ...overrides,
  };
}

/** A request for one target of DataWorks, `target` unless said otherwise. */
export function anAsked(overrides: Partial<AskedRequest> = {}): AskedRequest {
  return {
    ...{ requestId: "r", provider: "dataworks", content: "the content", product: "dataworks" },
    ...{ targets: ["target"], retriesAbsent: false, isForced: false },
    ...overrides,
  };
}

/** A record at 0/1 of such a request. */
export function aRecord(
  asked: Partial<AskedRequest> | null = {},
  place: Partial<Omit<RequestRecord, "asked">> = {},
): RequestRecord {
  return {
    ...{ partition: 0, offset: 1n, mode: "kill", ...place },
    asked: asked === null ? null : anAsked(asked),
  };
}

/** A record that nobody can read. */
export function aPoison(place: Partial<Omit<RequestRecord, "asked">> = {}): RequestRecord {
  return aRecord(null, place);
}

/** A call of `target` that ran and was answered so. */
export function aCall(overrides: Partial<BookedCall> = {}): BookedCall {
  const targets = overrides.targets ?? ["target"];
  return {
    ...{ sequence: 1, at: 1000, product: "dataworks", targets, ranTargets: targets },
    ...{ executed: true, answer: "success" },
    ...overrides,
  };
}

/** A call that did not run, and how it was answered. */
export function aCallInVain(
  answer: BookedCall["answer"],
  overrides: Partial<BookedCall> = {},
): BookedCall {
  return aCall({ executed: false, ranTargets: [], answer, ...overrides });
}

/** The final outcome of the request at 0/1: its target ran. */
export function anEnd(overrides: Partial<RerunOutcome> = {}): RerunOutcome {
  return {
    ...{ outcomeId: "final of r", requestId: "r", provider: "dataworks", final: true },
    ...{ operation: "DataWorksRerunTaskInstances", requestedBy: "test", correlationId: null },
    ...{ labels: {}, replayOf: null, status: "SUCCEEDED", reason: null },
    targets: [{ target: "target", status: "SUCCEEDED", message: null }],
    ...{ attempts: 1, reconciled: false, coalesced: 1 },
    ...{ providerRequestId: null, asyncJobId: null, providerErrorCode: null },
    source: { topic: "requests", partition: 0, offset: 1n },
    ...{ requestedAt: 1, receivedAt: 2, calledAt: 3, completedAt: 4, dispatcher: "a" },
    ...overrides,
  };
}

/** The end of a request of which nothing ran. */
export function aFailure(overrides: Partial<RerunOutcome> = {}): RerunOutcome {
  return anEnd({
    status: "FAILED",
    reason: { code: "NOT_EXECUTED", message: "nothing ran" },
    targets: [{ target: "target", status: "FAILED", message: null }],
    ...overrides,
  });
}
