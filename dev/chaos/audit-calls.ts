import { ABSENCE_PROVES_AFTER_MS } from "../../src/domain/evidence.ts";
import type { BookedCall, Books, Violation } from "./books.ts";
import { callNameOf, callsByName, historiesOf, type RequestHistory } from "./request-histories.ts";

/** Requests that ask for the very same calls, and these calls: mostly it is one request. */
interface Askers {
  readonly requests: readonly RequestHistory[];
  /** In the order of their arrival. */
  readonly calls: readonly BookedCall[];
}

/**
 * Calls that must not have been made: after one of the same request of which nobody could be sure
 * that it did not run, of a request that lost its id to another one, or too many.
 */
export function auditCalls(books: Books, maxAttempts: number): readonly Violation[] {
  const histories = historiesOf(books);
  const calls = callsByName(books);
  return [
    ...askersIn(histories, calls).flatMap((askers) => [
      ...callsTooMany(askers),
      ...callsTooOften(askers, maxAttempts),
    ]),
    ...histories.flatMap((history) => callsOfLosers(history, calls)),
    ...repeatedNonces(books),
  ];
}

/**
 * Whether everybody could know, before the next call, that this one did not run: the provider said
 * so, or it left no trace for as long as that proves something.
 */
export function isProvenUnexecuted(
  call: BookedCall,
  next: Pick<BookedCall, "at">,
  retriesAbsent: boolean,
): boolean {
  if (call.executed || call.ranTargets.length > 0) return false;
  if (isTold(call)) return call.answer !== "success";
  return retriesAbsent && next.at - call.at >= ABSENCE_PROVES_AFTER_MS;
}

/** Whether the provider itself said, truly, whether the call ran. */
export function isTold({ answer }: BookedCall): boolean {
  return ["success", "throttle", "refused", "error"].includes(answer);
}

/**
 * Who asks for what. A request with several contents is one asker of all their calls; contents that
 * several requests have belong to these requests together.
 */
function askersIn(
  histories: readonly RequestHistory[],
  calls: ReadonlyMap<string, readonly BookedCall[]>,
): readonly Askers[] {
  const owners = new Map<string, RequestHistory[]>();
  for (const history of histories) {
    for (const name of namesOf(history)) {
      owners.set(name, [...(owners.get(name) ?? []), history]);
    }
  }
  const shared = [...owners].filter(([, requests]) => requests.length > 1);
  const sharers = new Set(shared.flatMap(([, requests]) => requests));
  const own = histories.filter((history) => !sharers.has(history));
  return [
    ...shared.map(([name, requests]) => ({ requests, calls: calls.get(name) ?? [] })),
    ...own.map((history) => {
      const made = namesOf(history).flatMap((name) => calls.get(name) ?? []);
      return { requests: [history], calls: made.toSorted((a, b) => a.sequence - b.sequence) };
    }),
  ];
}

function namesOf({ records }: RequestHistory): readonly string[] {
  return [...new Set(records.map(({ asked }) => callNameOf(asked)))];
}

/** Each request may have one call that ran, or may have. */
function callsTooMany({ requests, calls }: Askers): readonly Violation[] {
  const retriesAbsent = requests.every(({ records }) =>
    records.every(({ asked }) => asked.retriesAbsent),
  );
  const found: Violation[] = [];
  let mayHaveRun: BookedCall[] = [];
  for (const call of calls) {
    mayHaveRun = mayHaveRun.filter((one) => !isProvenUnexecuted(one, call, retriesAbsent));
    if (mayHaveRun.length >= requests.length) {
      const before = mayHaveRun.map(textOf).join(", ");
      found.push(about(requests, "twice", `${textOf(call)} came after ${before}`));
    }
    mayHaveRun.push(call);
  }
  return found;
}

function callsTooOften({ requests, calls }: Askers, maxAttempts: number): readonly Violation[] {
  const most = maxAttempts * requests.length;
  if (calls.length <= most) return [];
  return [about(requests, "too-often", `${calls.length} calls, ${most} are allowed`)];
}

/** Only one of several contents under one id may be called. */
function callsOfLosers(
  history: RequestHistory,
  calls: ReadonlyMap<string, readonly BookedCall[]>,
): readonly Violation[] {
  const { asked, records } = history;
  if (asked === null) return [];
  const losers = records.filter((record) => record.asked.content !== asked.content);
  const names = new Set(losers.map((record) => callNameOf(record.asked)));
  names.delete(callNameOf(asked));
  return [...names].flatMap((name) =>
    (calls.get(name) ?? []).map((call) =>
      about([history], "twice", `${textOf(call)} was made for a request that lost its id`),
    ),
  );
}

/** Alibaba takes a nonce once, and every claim has its own: whoever sends it again calls twice. */
function repeatedNonces({ calls }: Books): readonly Violation[] {
  const repeated = calls.filter(({ code }) => code?.includes("NonceUsed") === true);
  return repeated.map((call) => {
    const message = `${textOf(call)} repeated the nonce of an earlier call`;
    return { kind: "twice", mode: "?", requestId: null, message };
  });
}

function about(
  requests: readonly RequestHistory[],
  kind: Violation["kind"],
  message: string,
): Violation {
  const [first] = requests;
  return { kind, mode: first?.mode ?? "?", requestId: first?.requestId ?? null, message };
}

function textOf({ sequence, at, answer, executed }: BookedCall): string {
  const ran = executed ? "executed" : "not executed";
  return `call ${sequence} at ${(at / 1000).toFixed(3)} s (${answer}, ${ran})`;
}
