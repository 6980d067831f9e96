import type { RerunOutcome } from "../../src/avro/wire-types.ts";
import { keyOf } from "../../src/journal/digest.ts";
import type { RerunCall } from "../../src/domain/rerun-call.ts";
import { GATE_WINDOW_MS } from "../../src/lanes/send-window.ts";
import { SLOT_TERMS } from "../../src/slots/slot-terms.ts";
import type { Alarm } from "./alarm.ts";
import type { BookedCall, Cloud } from "./cloud.ts";
import type { Grant, JournalAudit } from "./journal-audit.ts";

export interface CallAuditParts {
  readonly cloud: Cloud;
  readonly journal: JournalAudit;
  readonly alarm: Alarm;
  readonly nameOf: (claimId: string) => string;
  /** Milliseconds of virtual time. */
  readonly now: () => number;
  /** After its claim was written a call's first byte leaves in so many milliseconds, or never. */
  readonly leavesWithinMs: (provider: string) => number;
  /** Calls in a second that may be made: by one process, or by all of them together. */
  readonly callsPerSecond: (provider: string) => number;
  readonly isLimitShared: boolean;
  readonly maxAttempts: (provider: string) => number;
}

const SLOT_WINDOW_MS = 1000 + SLOT_TERMS.marginMs;
/** Timers go by whole milliseconds. */
const ROUNDING_MS = 10;

/** Verdicts that say that nothing was run. */
const NOTHING_RAN: readonly string[] = [
  ...["REJECTED", "EXPIRED", "SUPPRESSED", "DRY_RUN", "NOT_EXECUTED", "RETRIES_EXHAUSTED"],
];

/** Holds calls and verdicts against the cloud's books. */
export class CallAudit {
  readonly #parts: CallAuditParts;
  /** The booked calls of each claim. */
  readonly #calls = new Map<string, BookedCall>();
  readonly #departures = new Map<string, number[]>();

  constructor(parts: CallAuditParts) {
    this.#parts = parts;
  }

  /** The first byte of a call is about to leave. */
  leaves(provider: string, call: RerunCall, by: string): BookedCall {
    const { cloud, journal, alarm, nameOf, now } = this.#parts;
    const name = nameOf(call.claimId);
    const grants = journal.grantsOf(call.claimId);
    if (grants.length === 0) alarm.raise(`${by} calls with ${name}, which nobody granted`);
    if (this.#calls.has(call.claimId)) alarm.raise(`${by} calls with ${name} again`);
    const held = grants.filter((one) => journal.isHeldBy(one) && isAbout(one, call));
    const covered = new Set(held.flatMap(({ targets }) => targets));
    if (!call.targets.every((target) => covered.has(target))) {
      alarm.raise(`${by} calls with ${name}, which does not hold all of it any more`);
    }
    for (const grant of held) this.#mayBeCalled(grant, by);
    // The process counts from before it wrote the claim.
    const lateMs = now() - (grants[0]?.at ?? 0) - this.#parts.leavesWithinMs(provider);
    if (lateMs > 0) alarm.raise(`${by} calls with ${name} ${Math.ceil(lateMs)} ms too late`);
    const booked = cloud.book(provider, call, by);
    this.#calls.set(call.claimId, booked);
    this.#count(provider, booked);
    return booked;
  }

  /** What a final outcome says of its targets must be what happened. */
  check({ requestId, provider, status, reason, targets, attempts }: RerunOutcome): void {
    const { alarm, maxAttempts } = this.#parts;
    if (attempts > maxAttempts(provider)) alarm.raise(`${requestId} took ${attempts} attempts`);
    const key = keyOf(provider, requestId);
    const told = `${requestId} is told ${status}${reason === null ? "" : ` ${reason.code}`}`;
    const nothingRan = NOTHING_RAN.includes(status) || NOTHING_RAN.includes(reason?.code ?? "");
    const grants = this.#parts.journal.grantsTo(key);
    const own = new Set(grants.flatMap((grant) => grant.targets));
    for (const target of own) {
      if (nothingRan && this.#ran(provider, target, grants))
        alarm.raise(`${told}, and ${target} ran`);
    }
    for (const { target, status: end } of targets) {
      // What shared its call says nothing of it.
      const isOthers = grants.length > 0 && !own.has(target) && end !== "SUPPRESSED";
      if (isOthers) alarm.raise(`${told} about ${target} of another`);
      const ran = this.#ran(provider, target, grants);
      const isTainted = this.#parts.cloud.isTainted(provider, target);
      if (end === "SUCCEEDED" && !ran && !isTainted)
        alarm.raise(`${told}, and ${target} never ran`);
      if (end === "FAILED" && ran) alarm.raise(`${told}, ${target} as failed, and it ran`);
    }
    if (status === "SUCCEEDED" && targets.length === 0) alarm.raise(`${told} of no target`);
  }

  /** No earlier call of the request may have run, nor be able to. */
  #mayBeCalled(grant: Grant, by: string): void {
    const { journal, alarm, nameOf } = this.#parts;
    const what = `${by} calls ${grant.requestId} with ${nameOf(grant.claimId)}`;
    for (const { claimId, targets } of journal.grantsTo(grant.key)) {
      const call = this.#calls.get(claimId);
      if (claimId === grant.claimId || call === undefined) continue;
      if (!targets.some((target) => call.targets.includes(target))) continue;
      const name = nameOf(claimId);
      if (targets.some((target) => call.executed.has(target))) {
        alarm.raise(`${what}, and ${name} has run it`);
      }
      const isAbsent = call.isOver && targets.every((target) => call.provenAbsent.has(target));
      if (!call.isToldUnexecuted && !isAbsent) {
        alarm.raise(`${what}, and nothing shows that ${name} did not run it`);
      }
    }
  }

  #ran(provider: string, target: string, grants: readonly Grant[]): boolean {
    const { cloud } = this.#parts;
    if (cloud.isTainted(provider, target)) return false;
    return grants.some(({ claimId }) => cloud.ran(provider, target, claimId));
  }

  /** Never more in a second than the limit. */
  #count(provider: string, { by, leftAt }: BookedCall): void {
    const { isLimitShared, callsPerSecond, alarm } = this.#parts;
    const limit = callsPerSecond(provider);
    const who = isLimitShared ? "all together" : by;
    const departures = this.#departures.get(`${who} ${provider}`) ?? [];
    this.#departures.set(`${who} ${provider}`, departures);
    departures.push(leftAt);
    const before = departures.at(-1 - limit);
    const apartMs = isLimitShared ? SLOT_WINDOW_MS : GATE_WINDOW_MS;
    if (before === undefined || leftAt - before >= apartMs - ROUNDING_MS) return;
    alarm.raise(`${who} make ${limit + 1} calls to ${provider} within a second`);
  }
}

function isAbout({ targets }: Grant, call: RerunCall): boolean {
  return targets.some((target) => call.targets.includes(target));
}
