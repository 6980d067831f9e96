import type { TrackUntil } from "../domain/following.ts";
import type { Outcome } from "../domain/outcome.ts";
import { plainVerdict, type Verdict } from "../domain/outcome.ts";
import type { DecidedEnd } from "../domain/verdict.ts";
import { targetsOf } from "../domain/targets.ts";
import type { Entry } from "../journal/claim-entry.ts";
import type { Journal } from "../journal/journal.ts";
import type { Told } from "../journal/journal-record.ts";
import type { JournalReplica } from "../journal/journal-replica.ts";
import type { Judge } from "../judging/judge.ts";
import type { CallTracker } from "../tracking/call-tracker.ts";
import { concludeCall } from "./conclude-call.ts";
import { concludeFollowing } from "./conclude-following.ts";
import { outcomeOf, type Unpack } from "./outcome-of.ts";
import { UnfinishedWork } from "./unfinished-work.ts";

/**
 * Why an open request is this process's to settle: it has the record that was claimed, it has another
 * record of the same id, or nobody may have one and its number fell on this process. Null: it is
 * others' to settle.
 */
export type Role = "source" | "duplicate" | "orphan" | null;

/** What settling needs of a provider connection. */
export interface SettlingCounter {
  readonly judge: Pick<Judge, "judge">;
  readonly tracker: Pick<CallTracker, "follow">;
  readonly until: TrackUntil;
}

export interface SettlerParts {
  readonly journal: Pick<Journal, "accepted" | "done" | "published" | "isDriven">;
  readonly replica: Pick<JournalReplica, "of" | "seenAt" | "liveSince" | "isTrusted">;
  /** Undefined: the connection is not configured here. */
  readonly counterOf: (provider: string) => SettlingCounter | undefined;
  readonly roleOf: (entry: Entry) => Role;
  readonly unpack: Unpack;
  /** Resolves when Kafka has acknowledged the outcome. */
  readonly publish: (outcome: Outcome) => Promise<void>;
  readonly graceMs: number;
  /** Instance id and version. */
  readonly dispatcher: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Milliseconds since the epoch. */
  readonly epoch: () => number;
  /** Aborts when nothing is judged or followed here any more. */
  readonly stopped: AbortSignal;
  readonly onFailure: (error: unknown) => void;
}

/** What can be done for an open request. */
type Deed = "judge" | "follow" | "publish-accepted" | "publish-final";

/** Whoever has the claimed record goes first, so that usually nobody does it twice. */
const DUPLICATE_WAITS_MS = 5000;
/** For a request whose claim, and with it the length of a call, is not known any more. */
const USUAL_SETTLE_WITHIN_MS = 30_000;
/** While the journal is not read without a break nobody knows what to wait for. */
const LOOK_AGAIN_MS = 1000;
/** A connection that is configured nowhere any more cannot be asked about its calls. */
const UNCONFIGURED_WAITS_MS = 600_000;

/**
 * Brings open requests to their end by what the journal says of them, whoever called: judges claims
 * whose caller has fallen silent, follows what the provider took, publishes what is decided.
 *
 * All of it may be done by several processes at once: the first DONE wins, and outcomes with one id
 * are repeats. Who is to do it only saves work.
 */
export class Settler {
  readonly #parts: SettlerParts;
  readonly #work = new UnfinishedWork();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Key → when it came to its present state, as seen here; monotonic. */
  readonly #since = new Map<string, { readonly state: string; readonly at: number }>();
  readonly #following = new Map<string, AbortController>();

  constructor(parts: SettlerParts) {
    this.#parts = parts;
    parts.stopped.addEventListener("abort", () => this.#stop(), { once: true });
  }

  /** The request moved, or whose it is to settle may have changed. */
  consider(entry: Entry): void {
    const { key } = entry;
    this.#clearTimer(key);
    if (entry.phase === "free") {
      this.#since.delete(key);
      return;
    }
    if (!this.#wants(entry, "follow")) this.#following.get(key)?.abort();
    const now = this.#parts.now();
    let nextAt = Infinity;
    for (const deed of deedsFor(entry)) {
      if (this.#work.has(nameOf(deed, entry))) continue;
      const dueAt = this.#dueAt(entry, deed);
      if (dueAt <= now) this.#begin(entry, deed);
      else nextAt = Math.min(nextAt, dueAt);
    }
    if (nextAt === Infinity) return;
    const delayMs = Math.max(1, Math.ceil(nextAt - now));
    this.#timers.set(
      key,
      setTimeout(() => this.#reconsider(entry), delayMs),
    );
  }

  /** The request is finished. */
  finished({ key }: Entry): void {
    this.#clearTimer(key);
    this.#since.delete(key);
    this.#following.get(key)?.abort();
  }

  /** Resolves when nothing is being published. */
  async idle(): Promise<void> {
    return this.#work.idle((name) => name.startsWith("publish"));
  }

  #reconsider({ provider, key }: Entry): void {
    const entry = this.#parts.replica.of(provider).entry(key);
    if (entry === undefined) this.#clearTimer(key);
    else this.consider(entry);
  }

  #wants(entry: Entry, deed: Deed): boolean {
    return deedsFor(entry).includes(deed) && this.#parts.roleOf(entry) !== null;
  }

  /** Monotonic instant at which this process does it; `Infinity`: it is not its to do. */
  #dueAt(entry: Entry, deed: Deed): number {
    const { journal, replica, roleOf, graceMs, now, stopped, counterOf } = this.#parts;
    const isReading = deed === "judge" || deed === "follow";
    if (isReading && stopped.aborted) return Infinity;
    const role = roleOf(entry);
    if (role === null || !replica.isTrusted) return Infinity;
    const settleWithinMs = entry.claim?.settleWithinMs ?? USUAL_SETTLE_WITHIN_MS;
    const roleWaits = {
      source: 0,
      duplicate: DUPLICATE_WAITS_MS,
      orphan: DUPLICATE_WAITS_MS + 2 * settleWithinMs,
    };
    const unconfigured =
      isReading && counterOf(entry.provider) === undefined ? UNCONFIGURED_WAITS_MS : 0;
    const waits = roleWaits[role] + unconfigured;
    if (deed !== "judge" || entry.claim === null) return this.#stateSince(entry) + waits;
    if (journal.isDriven(entry.claim.claimId)) return Infinity;
    const { liveSince } = replica;
    // What ended meanwhile may stand in the part that was not read.
    if (liveSince === Infinity) return now() + LOOK_AGAIN_MS;
    const seenAt = Math.max(replica.seenAt(entry.claim.claimId), liveSince);
    return seenAt + settleWithinMs + graceMs + waits;
  }

  #stateSince(entry: Entry): number {
    const state = [entry.phase, entry.claim?.claimId, entry.grants].join(" ");
    const known = this.#since.get(entry.key);
    if (known?.state === state) return known.at;
    const at = this.#parts.now();
    this.#since.set(entry.key, { state, at });
    return at;
  }

  #begin(entry: Entry, deed: Deed): void {
    const deeds: Readonly<Record<Deed, () => Promise<void>>> = {
      judge: async () => this.#judge(entry),
      follow: async () => this.#follow(entry),
      "publish-accepted": async () => this.#publish(entry, "accepted"),
      "publish-final": async () => this.#publish(entry, "final"),
    };
    this.#work
      .run(nameOf(deed, entry), deeds[deed])
      .then(() => this.#ended(entry))
      .catch((error: unknown) => this.#parts.onFailure(error));
  }

  /** What it was done for moved on by that; where it did not, there is no hurry to do it again. */
  #ended(entry: Entry): void {
    const { key, provider } = entry;
    if (this.#parts.replica.of(provider).entry(key) !== entry) {
      this.#reconsider(entry);
      return;
    }
    this.#clearTimer(key);
    this.#timers.set(
      key,
      setTimeout(() => this.#reconsider(entry), LOOK_AGAIN_MS),
    );
  }

  async #judge(entry: Entry): Promise<void> {
    const { journal, unpack, counterOf, dispatcher, epoch } = this.#parts;
    const { claim, provider, request, tries } = entry;
    if (entry.phase !== "claimed" || claim === null || request.packed === null) return;
    const { operation } = unpack(request.packed);
    const counter = counterOf(provider);
    const history = { attempts: tries + 1, calledAt: claim.logTime, coalesced: 1 };
    const tell = (verdict: Verdict, reconciled: boolean): Told => {
      return { verdict, history: { ...history, reconciled }, completedAt: epoch(), dispatcher };
    };
    if (counter === undefined) {
      const message = `Its call was cut off, and the connection ${provider} is not configured any more: nobody can tell whether it ran.`;
      const unknown = plainVerdict("UNKNOWN", { code: "CALL_UNCERTAIN", message });
      const targets = claim.targets.map((target) => unknownTarget(target));
      const told = tell({ ...unknown, targets }, false);
      return journal.done(
        { claimId: claim.claimId, provider },
        new Map([[request.requestId, told]]),
      );
    }
    const conclusion = await concludeCall(
      {
        call: { claimId: claim.claimId, operation, targets: targetsOf(operation) },
        ...{ before: claim.before, rivals: claim.rivals, end: CUT_OFF, calledAt: claim.logTime },
      },
      counter,
    );
    if (conclusion.kind === "unjudged") return;
    if (conclusion.kind === "final") {
      const told = tell(conclusion.verdict, conclusion.reconciled);
      await journal.done(
        { claimId: claim.claimId, provider },
        new Map([[request.requestId, told]]),
      );
      return;
    }
    const { taken, verdict } = conclusion;
    const result = { taken, told: tell(verdict, taken.reconciled) };
    await journal.accepted(
      { claimId: claim.claimId, provider },
      new Map([[request.requestId, result]]),
    );
  }

  async #follow(entry: Entry): Promise<void> {
    const { journal, replica, unpack, counterOf, dispatcher, epoch } = this.#parts;
    const { claim, taken: accepted, provider, request, key } = entry;
    if (entry.phase !== "accepted" || claim === null || accepted === null) return;
    if (request.packed === null) return;
    const { taken, told } = accepted;
    const call = {
      ...{ claimId: claim.claimId, operation: unpack(request.packed).operation },
      targets: claim.targets,
    };
    const counter = counterOf(provider);
    const leave = new AbortController();
    this.#following.set(key, leave);
    const following = { ...taken.following, call, before: claim.before };
    const ageMs = Math.max(0, replica.of(provider).logTime - accepted.logTime);
    const end =
      counter === undefined
        ? {
            kind: "lost" as const,
            targets: claim.targets.map((target) => unknownTarget(target)),
            message: `the connection ${provider} is not configured any more`,
          }
        : await counter.tracker.follow(following, { ageMs, signal: leave.signal });
    if (this.#following.get(key) === leave) this.#following.delete(key);
    if (end.kind === "handed-over") return;
    const { verdict, reconciled } = concludeFollowing(taken, end);
    const history = { ...told.history, reconciled };
    const final = { verdict, history, completedAt: epoch(), dispatcher };
    await journal.done({ claimId: claim.claimId, provider }, new Map([[request.requestId, final]]));
  }

  async #publish(entry: Entry, which: "accepted" | "final"): Promise<void> {
    const { journal, publish, unpack } = this.#parts;
    const told = which === "accepted" ? entry.taken?.told : entry.told;
    if (told === undefined || told === null) return;
    await publish(outcomeOf(entry.request, told, unpack));
    await journal.published(entry.provider, entry.request.requestId, which);
  }

  #stop(): void {
    for (const leave of this.#following.values()) leave.abort();
  }

  #clearTimer(key: string): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }
}

/** How a call ended whose caller is gone. */
const CUT_OFF: DecidedEnd = {
  kind: "uncertain",
  message: "the dispatcher that made it fell silent before it told how it ended",
  providerRequestId: null,
  providerErrorCode: null,
};

function deedsFor(entry: Entry): readonly Deed[] {
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

function nameOf(deed: Deed, { key, claim, grants }: Entry): string {
  return `${deed} ${grants} ${claim?.claimId ?? ""} ${key}`;
}

function unknownTarget(target: string) {
  return { target, status: "UNKNOWN" as const, message: null };
}
