import type { Change } from "../../../src/journal/change.ts";
import { ClaimStates } from "../../../src/journal/claim-states.ts";
import { keyOf } from "../../../src/journal/digest.ts";
import type { JournalRecord } from "../../../src/journal/journal-record.ts";
import { PROVIDER } from "../records.ts";

/** A mistake that somebody could make in the rules, or in how they are followed. */
export type Bug =
  /** The attempt that a record names is not looked at. */
  | "attempts are no fence"
  /** PUBLISHED ends all requests that were decided together. */
  | "published by claim"
  /** A record is complete when another one with its id is being worked. */
  | "duplicates are skipped at once"
  /** Whoever judges a call that did not visibly run gives the request back. */
  | "judges release"
  /** A target may be in several claims. */
  | "targets are not held"
  /** A reading may be older than the claim that held its target last. */
  | "readings are never too old"
  /** Nobody is told that a run may be an earlier call's. */
  | "rivals are not told";

/** The journal's states, with or without a bug planted in their rules. */
export class Rules {
  readonly states = new ClaimStates(0);
  readonly #bug: Bug | null;
  /** Entry → the claim that decided it. */
  readonly #decidedBy = new Map<string, string>();

  constructor(bug: Bug | null) {
    this.#bug = bug;
    const { targets } = this.states;
    const asked = targets.objection.bind(targets);
    if (bug === "rivals are not told") targets.hasRival = () => false;
    if (bug === "targets are not held") targets.objection = () => null;
    if (bug === "readings are never too old") {
      targets.objection = (provider, target, { claimId }) =>
        asked(provider, target, { claimId, evidenceAt: null });
    }
  }

  apply(record: JournalRecord, appendedAt: number): readonly Change[] {
    const { states } = this;
    const place = { offset: states.position, appendedAt };
    const changes = states.apply(this.#bent(record), place);
    for (const change of changes) {
      if (change.kind === "done" && record.kind === "DONE") {
        this.#decidedBy.set(change.entry.key, record.claimId);
      }
    }
    return changes;
  }

  /** The record as the bug lets it count. */
  #bent(record: JournalRecord): JournalRecord {
    if (this.#bug === "attempts are no fence" && record.kind === "CLAIM") {
      const requests = record.requests.map((asked) => {
        const grants = this.states.entry(keyOf(PROVIDER, asked.requestId))?.grants ?? 0;
        return { ...asked, attempt: grants + 1 };
      });
      return { ...record, requests };
    }
    if (this.#bug === "published by claim" && record.kind === "PUBLISHED") {
      const claims = record.requestIds.map((id) => this.#decidedBy.get(keyOf(PROVIDER, id)));
      const others = [...this.states.entries].filter(
        ({ key, phase }) => phase === "done" && claims.includes(this.#decidedBy.get(key) ?? "?"),
      );
      const ids = others.map(({ request }) => request.requestId);
      return { ...record, requestIds: [...new Set([...record.requestIds, ...ids])] };
    }
    return record;
  }
}
