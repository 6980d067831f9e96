import { ABSENCE_PROVES_AFTER_MS } from "../../src/domain/evidence.ts";
import type { BookedCall, Books, Violation } from "./books.ts";
import {
  callsByTarget,
  historiesOf,
  type RequestHistory,
  targetNamesOf,
} from "./request-histories.ts";

/** Requests that ask for one target, and the calls that name it: mostly it is one request. */
interface Askers {
  readonly requests: readonly RequestHistory[];
  /** In the order of their arrival. */
  readonly calls: readonly BookedCall[];
}

/** A call that is refused as a whole is made again in halves, which are no attempts of theirs. */
const BISECTIONS = 5;

/** What the services were told to keep. */
export interface Rules {
  /** Calls of one request. */
  readonly maxAttempts: number;
  /** Reruns of one target that are not forced. */
  readonly budget: number;
}

type CallsByTarget = ReadonlyMap<string, readonly BookedCall[]>;
type Owners = ReadonlyMap<string, readonly RequestHistory[]>;

/**
 * Calls that must not have been made: after one of the same request of which nobody could be sure
 * that it did not run, of a request that lost its id to another one, or too many.
 */
export function auditCalls(books: Books, { maxAttempts, budget }: Rules): readonly Violation[] {
  const histories = historiesOf(books);
  const calls = callsByTarget(books);
  const owners = ownersOf(histories);
  return [
    ...askersOf(owners, calls).flatMap((askers) => [
      ...callsTooMany(askers, budget),
      ...callsTooOften(askers, maxAttempts),
    ]),
    ...callsForNobody(histories, owners, calls),
    ...callsForSeveral(histories, owners, calls),
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
 * Who may make which calls. A request with several contents may make those of the one that got the
 * id, or of any while nobody knows which one that is.
 */
function ownersOf(histories: readonly RequestHistory[]): Owners {
  const owners = new Map<string, RequestHistory[]>();
  for (const history of histories) {
    const { asked, records } = history;
    const contents = asked === null ? records.map((record) => record.asked) : [asked];
    for (const name of new Set(contents.flatMap(targetNamesOf))) {
      owners.set(name, [...(owners.get(name) ?? []), history]);
    }
  }
  return owners;
}

function askersOf(owners: Owners, calls: CallsByTarget): readonly Askers[] {
  return [...owners].map(([name, requests]) => ({ requests, calls: calls.get(name) ?? [] }));
}

/**
 * Of one target each request may have one call that ran, or may have, as far as the target's budget
 * goes: past it only the forced ones may.
 */
function callsTooMany({ requests, calls }: Askers, budget: number): readonly Violation[] {
  const forced = requests.filter(({ records }) => records.some(({ asked }) => asked.isForced));
  const most = Math.min(requests.length, budget + forced.length);
  const retriesAbsent = requests.every(({ records }) =>
    records.every(({ asked }) => asked.retriesAbsent),
  );
  const found: Violation[] = [];
  let mayHaveRun: BookedCall[] = [];
  for (const call of calls) {
    mayHaveRun = mayHaveRun.filter((one) => !isProvenUnexecuted(one, call, retriesAbsent));
    if (mayHaveRun.length >= most) {
      const before = mayHaveRun.map(textOf).join(", ");
      found.push(about(requests, "twice", `${textOf(call)} came after ${before}`));
    }
    mayHaveRun.push(call);
  }
  return found;
}

function callsTooOften({ requests, calls }: Askers, maxAttempts: number): readonly Violation[] {
  // Only what was refused as a whole is made again in halves; all other calls are attempts.
  const refused = calls.filter(({ answer }) => answer === "refused" || answer === "error").length;
  const attempts = calls.length - refused;
  const most = maxAttempts * requests.length;
  const mostRefused = (1 + BISECTIONS) * requests.length;
  if (attempts <= most && refused <= mostRefused) return [];
  const message = `${attempts} calls and ${refused} refused ones, ${most} and ${mostRefused} are allowed`;
  return [about(requests, "too-often", message)];
}

/** Nobody asked for the target, or whoever did lost its id to another request. */
function callsForNobody(
  histories: readonly RequestHistory[],
  owners: Owners,
  calls: CallsByTarget,
): readonly Violation[] {
  return [...calls].flatMap(([name, made]) => {
    if (owners.has(name)) return [];
    const losers = histories.filter(({ records }) =>
      records.some((record) => targetNamesOf(record.asked).includes(name)),
    );
    return made
      .filter(({ targets }) => targets.length > 0)
      .map((call) => about(losers, "twice", `${textOf(call)} was made for nobody who may call`));
  });
}

/** Two requests with one id: one of them may be called, whichever it is. */
function callsForSeveral(
  histories: readonly RequestHistory[],
  owners: Owners,
  calls: CallsByTarget,
): readonly Violation[] {
  return histories.flatMap((history) => {
    if (history.asked !== null) return [];
    const isCalled = (name: string): boolean =>
      owners.get(name)?.length === 1 && (calls.get(name) ?? []).length > 0;
    const called = history.records.filter(({ asked }) => targetNamesOf(asked).some(isCalled));
    const contents = new Set(called.map(({ asked }) => asked.content));
    if (contents.size < 2) return [];
    return [about([history], "twice", `${contents.size} requests with this id were called`)];
  });
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
