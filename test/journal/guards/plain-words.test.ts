import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { GuardLimits } from "../../../src/domain/guard-limits.ts";
import { ClaimStates } from "../../../src/journal/claim-states.ts";
import { keyOf } from "../../../src/journal/digest.ts";
import type { ClaimRecord, JournalRecord } from "../../../src/journal/journal-record.ts";
import { aClaim, aDone, anAccepted, aRelease, told } from "../records.ts";

/** What happens next: each number stands for one record, or for time that passes. */
const anyStory = fc.array(fc.nat(), { minLength: 80, maxLength: 80 });
const MINUTE = 60_000;
const GUARDS: readonly GuardLimits[] = [
  { budget: { reruns: 2, perMs: 5 * MINUTE }, coolDownMs: null, maxChain: null },
  { budget: { reruns: 3, perMs: 9 * MINUTE }, coolDownMs: null, maxChain: null },
  { budget: null, coolDownMs: 2 * MINUTE, maxChain: null },
];
const TARGETS = [["x"], ["y"], ["x", "y"]] as const;

/** The next record of a story. Every request is asked for once. */
function recordOf(number: number, index: number, states: ClaimStates): JournalRecord {
  const pick = (step: number, count: number) => Math.floor(number / step) % count;
  const open = [...states.entries].filter(({ claim }) => claim !== null);
  const entry = open[pick(8, Math.max(1, open.length))];
  if (entry === undefined || entry.claim === null || pick(1, 8) < 3) {
    const requests = Array.from({ length: 1 + pick(64, 3) }, (_, one) => ({
      requestId: `r${index}.${one}`,
      targets: TARGETS[pick(256 * (one + 1), 3)]!,
      guarded: { force: pick(1024 * (one + 1), 8) === 0, causedBy: null, leftOut: [] },
    }));
    return aClaim(`c${index}`, requests, { guards: GUARDS[pick(8192, GUARDS.length)] });
  }
  const { claim, request } = entry;
  const ids = [request.requestId];
  if (entry.phase === "claimed" && pick(1, 8) < 5)
    return aRelease(claim.claimId, ids, { called: true });
  if (entry.phase === "claimed" && pick(64, 4) === 0) return anAccepted(claim.claimId, ids);
  return aDone(claim.claimId, ids, told(pick(64, 2) === 0 ? "REJECTED" : "SUCCEEDED"));
}

/** A mistake that somebody could make in what is counted, or when. */
type Bug =
  "given back forgotten" | "a local clock" | "counted per request" | "force counts nothing";

/** One rerun by the rules in plain words: what a claim did to a target. */
interface Rerun {
  readonly name: string;
  readonly at: number;
  readonly requests: Set<string>;
  isUsed: boolean;
  isGivenBack: boolean;
}

/** The states of a journal partition, with or without a bug planted in them. */
function statesWith(bug: Bug | null): ClaimStates {
  const states = new ClaimStates(0);
  const { guards } = states;
  const { targets } = guards;
  const [left, granted] = [targets.left.bind(targets), targets.granted.bind(targets)];
  const objection = guards.claimObjection.bind(guards);
  if (bug === "given back forgotten") {
    targets.left = (provider, target, claimId) => left(provider, target, claimId, true);
  }
  if (bug === "a local clock") {
    guards.claimObjection = (record, asked, at) => objection(record, asked, at - 61_000);
  }
  if (bug === "counted per request") {
    let requests = 0;
    targets.granted = (provider, target, claimId, at) => {
      requests += 1;
      granted(provider, target, `${claimId} ${requests}`, at);
      granted(provider, target, claimId, at);
    };
  }
  if (bug === "force counts nothing") {
    const all = guards.granted.bind(guards);
    guards.granted = (record, asked, at) => {
      if (asked.guarded?.force !== true) all(record, asked, at);
    };
  }
  return states;
}

/** Follows the reruns of a log, and compares what is decided with what the rules say. */
class Book {
  readonly #reruns: Rerun[] = [];
  readonly seen = { granted: 0, forbidden: 0, givenBack: 0 };

  /** What was decided otherwise than by the rules, in words. */
  follow(record: JournalRecord, appendedAt: number, states: ClaimStates): readonly string[] {
    const before = [...states.entries];
    const changes = states.apply(record, { offset: states.position, appendedAt });
    const wrong: string[] = [];
    for (const change of changes) {
      if (change.kind === "released" || change.kind === "done") {
        const { key } = change.entry;
        const left = before.find((one) => one.key === key);
        const isRefused =
          change.kind === "done" && change.entry.told?.verdict.status === "REJECTED";
        const isAsIfNeverCalled =
          change.kind === "released" || (isRefused && left?.phase === "claimed");
        this.#leave(key, left?.claim ?? null, isAsIfNeverCalled);
      }
      if (change.kind !== "claimed" || record.kind !== "CLAIM") continue;
      for (const { requestId } of record.requests) {
        const key = keyOf(record.provider, requestId);
        const isGranted = change.granted.some((one) => one.key === key);
        const why = change.refused.find((one) => one.key === key)?.why ?? null;
        wrong.push(...this.#decide(record, requestId, { key, isGranted, why, at: states.logTime }));
      }
    }
    return wrong;
  }

  #decide(
    record: ClaimRecord,
    requestId: string,
    is: { key: string; isGranted: boolean; why: string | null; at: number },
  ): readonly string[] {
    const asked = record.requests.find((one) => one.requestId === requestId);
    const { targets = [], guarded } = asked ?? {};
    const isForced = guarded?.force === true;
    const forbidden = targets.filter((target) => this.#isForbidden(record, target, is.at));
    if (is.isGranted) {
      this.seen.granted += 1;
      this.#grant(record, targets, is);
      return !isForced && forbidden.length > 0
        ? [`${requestId} is granted ${forbidden.join(", ")}`]
        : [];
    }
    if (is.why !== "guarded") return [];
    this.seen.forbidden += 1;
    const isRight = !isForced && forbidden.length > 0;
    return isRight ? [] : [`${requestId} is forbidden ${targets.join(", ")}`];
  }

  #isForbidden({ guards, provider, claimId }: ClaimRecord, target: string, at: number): boolean {
    const name = `${provider} ${target}`;
    const counted = this.#reruns.filter((one) => one.name === name && !one.isGivenBack);
    if (counted.some((one) => one.requests.has(`open ${claimId}`))) return false;
    const { budget = null, coolDownMs = null } = guards ?? {};
    const within = (ms: number) => counted.filter((one) => one.at + ms > at).length;
    return (
      (budget !== null && within(budget.perMs) >= budget.reruns) ||
      (coolDownMs !== null && within(coolDownMs) > 0)
    );
  }

  #grant(
    { provider, claimId }: ClaimRecord,
    targets: readonly string[],
    is: { key: string; at: number },
  ) {
    for (const target of targets) {
      const name = `${provider} ${target}`;
      const open = this.#reruns.find(
        (one) => one.name === name && one.requests.has(`open ${claimId}`),
      );
      if (open !== undefined) open.requests.add(is.key);
      else
        this.#reruns.push({
          ...{ name, at: is.at, isUsed: false, isGivenBack: false },
          requests: new Set([`open ${claimId}`, is.key]),
        });
    }
  }

  #leave(key: string, claim: { readonly claimId: string } | null, isGivenBack: boolean): void {
    for (const rerun of this.#reruns) {
      const open = `open ${claim?.claimId}`;
      if (!rerun.requests.has(open) || !rerun.requests.delete(key)) continue;
      if (!isGivenBack) rerun.isUsed = true;
      if (rerun.requests.size > 1) continue;
      rerun.requests.delete(open);
      rerun.isGivenBack = !rerun.isUsed;
      if (rerun.isGivenBack) this.seen.givenBack += 1;
    }
  }
}

/** What is decided wrongly in a story. */
function wrongIn(story: readonly number[], bug: Bug | null, book = new Book()): readonly string[] {
  const states = statesWith(bug);
  let now = 1_700_000_000_000;
  return story.flatMap((number, index) => {
    now += [0, 1000, MINUTE, 3 * MINUTE][number % 4]!;
    return book.follow(recordOf(Math.floor(number / 4), index, states), now, states);
  });
}

const SEEDED = { seed: 20_251_123 } as const;

describe("what is granted and forbidden in any log", { timeout: 60_000 }, () => {
  it("is what the rules say in plain words", () => {
    const seen = { granted: 0, forbidden: 0, givenBack: 0 };
    fc.assert(
      fc.property(anyStory, (story) => {
        const book = new Book();
        expect(wrongIn(story, null, book)).toStrictEqual([]);
        seen.granted += book.seen.granted;
        seen.forbidden += book.seen.forbidden;
        seen.givenBack += book.seen.givenBack;
      }),
      { ...SEEDED, numRuns: 800 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(1_000);
  });

  it.each<Bug>([
    "given back forgotten",
    "a local clock",
    "counted per request",
    "force counts nothing",
  ])("is found to be wrong with %s", (bug) => {
    const { failed } = fc.check(
      fc.property(anyStory, (story) => wrongIn(story, bug).length === 0),
      { ...SEEDED, numRuns: 200, endOnFailure: true },
    );

    expect(failed).toBe(true);
  });
});
