import type { Change } from "../../src/journal/change.ts";
import type { Entry, EntryClaim } from "../../src/journal/claim-entry.ts";
import type { ClaimRecord, JournalRecord } from "../../src/journal/journal-record.ts";
import type { Alarm } from "./alarm.ts";

/** One claim's rerun of one target. */
interface Rerun {
  readonly provider: string;
  readonly target: string;
  readonly claimId: string;
  /** Log time. */
  readonly at: number;
  /** The requests of the claim that hold it. */
  readonly holders: Set<string>;
  isUsed: boolean;
}

/**
 * Counts reruns by the rules in plain words, and looks at every grant: what its CLAIM allows must not
 * be exceeded, whoever asked and however often.
 */
export class GuardAudit {
  readonly #alarm: Alarm;
  #reruns: readonly Rerun[] = [];
  readonly #claims = new Map<string, EntryClaim>();
  /** The requests that the provider took. */
  readonly #taken = new Set<string>();

  constructor(alarm: Alarm) {
    this.#alarm = alarm;
  }

  /** A record was applied. */
  note(record: JournalRecord | null, changes: readonly Change[], logTime: number): void {
    for (const change of changes) {
      if (change.kind === "claimed" && record?.kind === "CLAIM") {
        for (const entry of change.granted) this.#grant(record, entry, logTime);
      }
      if (change.kind === "accepted") this.#taken.add(change.entry.key);
      if (change.kind === "released") this.#leave(change.entry, false);
      if (change.kind === "done") this.#leave(change.entry, this.#mayHaveRun(change.entry));
    }
  }

  #grant(record: ClaimRecord, { key, provider, request, claim }: Entry, logTime: number): void {
    const { guards } = record;
    if (guards === undefined || claim === null) return;
    this.#claims.set(key, claim);
    const { claimId, targets } = claim;
    const asked = record.requests.find(({ requestId }) => requestId === request.requestId);
    for (const target of targets) {
      const counted = this.#reruns.filter(
        (one) => one.provider === provider && one.target === target,
      );
      const shared = counted.find((one) => one.claimId === claimId && one.holders.size > 0);
      if (shared !== undefined) {
        shared.holders.add(key);
        continue;
      }
      const within = (ms: number) => counted.filter(({ at }) => at + ms > logTime).length;
      const { budget, coolDownMs } = guards;
      const isOver = budget !== null && within(budget.perMs) >= budget.reruns;
      const isEarly = coolDownMs !== null && within(coolDownMs) > 0;
      if ((isOver || isEarly) && asked?.guarded?.force !== true) {
        const why = isOver ? "above its budget" : "in its cool-down";
        this.#alarm.raise(`${request.requestId} is granted target ${target} ${why}`);
      }
      const holders = new Set([key]);
      this.#reruns = [
        ...this.#reruns,
        { provider, target, claimId, at: logTime, holders, isUsed: false },
      ];
    }
  }

  /** What the provider refused as a whole did not, unless it had taken it first. */
  #mayHaveRun({ key, told }: Entry): boolean {
    return this.#taken.has(key) || told?.verdict.status !== "REJECTED";
  }

  #leave({ key }: Entry, isUsed: boolean): void {
    const claim = this.#claims.get(key);
    this.#claims.delete(key);
    for (const rerun of this.#reruns) {
      if (rerun.claimId !== claim?.claimId || !rerun.holders.delete(key)) continue;
      rerun.isUsed ||= isUsed;
    }
    this.#reruns = this.#reruns.filter((one) => one.isUsed || one.holders.size > 0);
  }
}
