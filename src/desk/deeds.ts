import type { TrackUntil } from "../domain/following.ts";
import { narrowed } from "../domain/batch.ts";
import type { Operation } from "../domain/operation.ts";
import { type Outcome, plainVerdict, type Verdict } from "../domain/outcome.ts";
import type { DecidedEnd } from "../domain/verdict.ts";
import type { Entry } from "../journal/claim-entry.ts";
import type { Journal } from "../journal/journal.ts";
import type { Told } from "../journal/journal-record.ts";
import type { JournalReplica } from "../journal/journal-replica.ts";
import { JointJudge } from "../judging/joint-judge.ts";
import type { Judge } from "../judging/judge.ts";
import type { CallTracker, TrackEnd } from "../tracking/call-tracker.ts";
import { concludeCall } from "./conclude-call.ts";
import { concludeFollowing } from "./conclude-following.ts";
import { outcomeOf, type Unpack } from "./outcome-of.ts";

/** What settling needs of a provider connection. */
export interface SettlingCounter {
  readonly judge: Pick<Judge, "judge">;
  readonly tracker: Pick<CallTracker, "follow">;
  readonly until: TrackUntil;
}

export interface DeedsParts {
  readonly journal: Pick<Journal, "accepted" | "done" | "published">;
  readonly replica: Pick<JournalReplica, "of">;
  /** Undefined: the connection is not configured here. */
  readonly counterOf: (provider: string) => SettlingCounter | undefined;
  readonly unpack: Unpack;
  /** Resolves when Kafka has acknowledged the outcome. */
  readonly publish: (outcome: Outcome) => Promise<void>;
  /** Instance id and version. */
  readonly dispatcher: string;
  /** Milliseconds since the epoch. */
  readonly epoch: () => number;
}

/** What can be done for an open request. */
export type Deed = "judge" | "follow" | "publish-accepted" | "publish-final";

/** What an open request needs done, by what the journal says of it. */
export function deedsFor(entry: Entry): readonly Deed[] {
  switch (entry.phase) {
    case "free":
      return [];
    case "claimed":
      return ["judge"];
    case "accepted":
      return entry.taken.isPublished ? ["follow"] : ["publish-accepted", "follow"];
    case "done":
      return ["publish-final"];
  }
}

/**
 * Does what open requests need, each from what the journal says of it. Every deed resolves when the
 * journal shows its result, or when somebody else has to do it; an entry that has moved on meanwhile
 * is left alone by the journal itself.
 */
export class Deeds {
  readonly #parts: DeedsParts;
  readonly #judges = new WeakMap<SettlingCounter["judge"], JointJudge>();

  constructor(parts: DeedsParts) {
    this.#parts = parts;
  }

  /** `leave` aborts when a followed call is somebody else's to follow. */
  async do(deed: Deed, entry: Entry, leave: AbortSignal): Promise<void> {
    switch (deed) {
      case "judge":
        return this.#judge(entry);
      case "follow":
        return this.#follow(entry, leave);
      case "publish-accepted":
        return this.#publish(entry, "accepted");
      case "publish-final":
        return this.#publish(entry, "final");
    }
  }

  async #judge(entry: Entry): Promise<void> {
    const { journal, unpack, counterOf, dispatcher, epoch } = this.#parts;
    const { claim, provider, request, tries } = entry;
    if (entry.phase !== "claimed" || claim === null || request.packed === null) return;
    const { claimId, logTime, shared = 1 } = claim;
    const tell = (verdict: Verdict, reconciled: boolean): Told => {
      const history = { attempts: tries + 1, calledAt: logTime, coalesced: shared, reconciled };
      return { verdict, history, completedAt: epoch(), dispatcher };
    };
    const done = async (told: Told): Promise<void> =>
      journal.done({ claimId, provider }, new Map([[request.requestId, told]]));
    const counter = counterOf(provider);
    if (counter === undefined) {
      const message = `Its call was cut off, and the connection ${provider} is not configured any more: nobody can tell whether it ran.`;
      const unknown = plainVerdict("UNKNOWN", { code: "CALL_UNCERTAIN", message });
      return done(tell({ ...unknown, targets: claim.targets.map(unknownTarget) }, false));
    }
    const operation = calledIn(entry, unpack(request.packed).operation);
    const conclusion = await concludeCall(
      {
        call: { claimId, operation, targets: claim.targets },
        ...{ before: claim.before, rivals: claim.rivals, end: CUT_OFF, calledAt: logTime },
      },
      { until: counter.until, judge: this.#together(counter.judge) },
    );
    if (conclusion.kind === "unjudged") return;
    if (conclusion.kind === "final") {
      return done(tell(conclusion.verdict, conclusion.reconciled));
    }
    const { taken, verdict } = conclusion;
    const result = { taken, told: tell(verdict, taken.reconciled) };
    await journal.accepted({ claimId, provider }, new Map([[request.requestId, result]]));
  }

  async #follow(entry: Entry, signal: AbortSignal): Promise<void> {
    const { journal, replica, unpack, counterOf, dispatcher, epoch } = this.#parts;
    const { claim, taken: accepted, provider, request } = entry;
    if (entry.phase !== "accepted" || claim === null || accepted === null) return;
    if (request.packed === null) return;
    const { taken, told } = accepted;
    const { claimId, targets, before } = claim;
    const operation = calledIn(entry, unpack(request.packed).operation);
    const call = { claimId, operation, targets };
    const ageMs = Math.max(0, replica.of(provider).logTime - accepted.logTime);
    const following = { ...taken.following, call, before };
    const end =
      (await counterOf(provider)?.tracker.follow(following, { ageMs, signal })) ??
      unconfigured(provider, targets);
    if (end.kind === "handed-over") return;
    const { verdict, reconciled } = concludeFollowing(taken, end);
    const history = { ...told.history, reconciled };
    const final = { verdict, history, completedAt: epoch(), dispatcher };
    await journal.done({ claimId, provider }, new Map([[request.requestId, final]]));
  }

  /** Requests that shared a call are judged together. */
  #together(judge: SettlingCounter["judge"]): JointJudge {
    const known = this.#judges.get(judge) ?? new JointJudge(judge);
    this.#judges.set(judge, known);
    return known;
  }

  async #publish(entry: Entry, which: "accepted" | "final"): Promise<void> {
    const { journal, publish, unpack } = this.#parts;
    const told = which === "accepted" ? entry.taken?.told : entry.told;
    if (told === undefined || told === null) return;
    await publish(outcomeOf(entry.request, told, unpack));
    await journal.published(entry.provider, entry.request.requestId, which);
  }
}

/** What of the request was called: what the guards left out of the call says nothing about it. */
function calledIn({ claim, leftOut }: Entry, operation: Operation): Operation {
  return leftOut === undefined ? operation : narrowed(operation, claim?.targets ?? []);
}

/** How a call ended whose caller is gone. */
const CUT_OFF: DecidedEnd = {
  kind: "uncertain",
  message: "the dispatcher that made it fell silent before it told how it ended",
  providerRequestId: null,
  providerErrorCode: null,
};

function unconfigured(provider: string, targets: readonly string[]): TrackEnd {
  const message = `the connection ${provider} is not configured any more`;
  return { kind: "lost", targets: targets.map(unknownTarget), message };
}

function unknownTarget(target: string) {
  return { target, status: "UNKNOWN" as const, message: null };
}
