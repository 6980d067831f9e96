import type { Change } from "../../../src/journal/change.ts";
import type { Entry } from "../../../src/journal/claim-entry.ts";
import { keyOf } from "../../../src/journal/digest.ts";
import type { JournalRecord, Told } from "../../../src/journal/journal-record.ts";
import { digest, PROVIDER } from "../records.ts";
import { Actor } from "./actor.ts";
import { type Bug, Rules } from "./rules.ts";
import { type Asked, type CallEnd, SECOND, type Surroundings } from "./surroundings.ts";

/** A run may show this long after it began; less than what the rules count on. */
const TRACES_LAG_MS = 25 * SECOND;

/** What was done at the provider, whatever its caller got to know. */
interface Call {
  readonly claimId: string;
  readonly requestIds: readonly string[];
  readonly ran: boolean;
  readonly end: CallEnd;
}

/** A broken promise. */
export class Broken extends Error {
  override readonly name = "Broken";
}

const CONTENTS: Readonly<Record<string, readonly string[]>> = {
  a: ["x"],
  b: ["x", "y"],
  c: ["z"],
};

/**
 * Kafka, the provider and some dispatchers that follow the rules of the journal, driven by numbers:
 * each decides something that nobody can foresee. With the last of them the weather clears.
 */
export class World implements Surroundings {
  readonly bug: Bug | null;
  readonly log: { readonly record: JournalRecord; readonly appendedAt: number }[] = [];
  /** The requests topic, by partition. */
  readonly topic: readonly (readonly Asked[])[];
  readonly committed = [0n, 0n];
  readonly deadLetters = new Set<string>();
  /** requestId → the distinct final outcomes. */
  readonly outcomes = new Map<string, Set<string>>();
  /** What happened to requests, by the journal's own words. */
  readonly happened = new Set<string>();
  now = 1_700_000_000_000;
  /** Records that were sent and may still arrive, once more or for the first time. */
  readonly #air: JournalRecord[] = [];
  readonly #truth: Rules;
  readonly #numbers: readonly number[];
  #used = 0;
  #actors: Actor[] = [];
  #named = 0;
  readonly #calls: Call[] = [];
  readonly #runs: { readonly target: string; readonly visibleAt: number }[] = [];
  readonly #grants = new Set<string>();

  constructor(numbers: readonly number[], bug: Bug | null = null) {
    this.#numbers = numbers;
    this.bug = bug;
    this.#truth = new Rules(bug);
    this.topic = [0, 1].map((partition) =>
      Array.from({ length: 2 + this.draw(2) }, (_, index) => {
        const requestId = this.one(["a", "a", "b", "b", "c"]);
        const isOther = this.draw(8) === 7;
        const targets = isOther ? ["w"] : CONTENTS[requestId]!;
        const of = digest(isOther ? "b" : "a");
        return { partition, offset: BigInt(index), requestId, digest: of, targets };
      }),
    );
    this.#actors = [this.#newActor(), this.#newActor(), this.#newActor()];
    this.#actors[0]!.assigned(0);
    this.#actors[1]!.assigned(1);
  }

  /** A number below `count` that nobody can foresee. */
  draw(count: number): number {
    const number = this.#numbers[this.#used] ?? 0;
    this.#used += 1;
    return number % count;
  }

  one<const T>(all: readonly T[]): T {
    return all[this.draw(all.length)]!;
  }

  get isCalm(): boolean {
    return this.#used >= this.#numbers.length;
  }

  /** All of it. Throws `Broken` when a promise is. */
  run(): void {
    while (!this.isCalm) this.#step();
    this.#clearUp();
    for (const asked of this.topic.flat()) this.#expectNotLost(asked);
  }

  #step(): void {
    const what = this.draw(20);
    if (what < 12) this.one(this.#actors).act();
    else if (what < 15) this.#pass(this.one([100, SECOND, 3 * SECOND, 8 * SECOND, 40 * SECOND]));
    else if (what < 16) this.#arrive();
    else if (what < 17) this.#crash(this.draw(this.#actors.length));
    else if (what < 19) this.one(this.#actors).assigned(this.draw(2));
    else this.one(this.#actors).hearsOfLosses();
  }

  #pass(ms: number): void {
    for (const actor of this.#actors) actor.timePasses(this.isCalm || this.draw(3) > 0);
    this.now += ms;
  }

  /** Everybody dies, the network comes to rest, and new processes bring everything to its end. */
  #clearUp(): void {
    while (this.#air.length > 0) this.append(this.#air.shift()!);
    this.#actors = [this.#newActor(), this.#newActor()];
    this.#actors.forEach((actor, partition) => actor.assigned(partition));
    for (let round = 0; round < 60 && this.#actors.some(({ isIdle }) => !isIdle); round += 1) {
      for (const actor of this.#actors) actor.actFully();
      this.#pass(5 * SECOND);
    }
  }

  #newActor(): Actor {
    this.#named += 1;
    return new Actor(this, `i${this.#named}`);
  }

  #crash(index: number): void {
    this.#actors[index] = this.#newActor();
  }

  /** A record comes late, or once more. */
  #arrive(): void {
    if (this.#air.length === 0) return;
    const index = this.draw(this.#air.length);
    this.append(this.#air[index]!);
    if (this.draw(2) === 0) this.#air.splice(index, 1);
  }

  /** Sends a record. Returns whether its writer hears that it was written. */
  send(record: JournalRecord): boolean {
    if (this.isCalm) {
      this.append(record);
      return true;
    }
    const end = this.draw(8);
    if (end === 7) return false;
    // A copy of it may be under way for long.
    if (end >= 3) this.#air.push(record);
    if (end === 6) return false;
    this.append(record);
    return end !== 5;
  }

  append(record: JournalRecord): void {
    this.log.push({ record, appendedAt: this.now });
    for (const change of this.#truth.apply(record, this.now)) {
      this.#note(change);
      if (change.kind !== "claimed") continue;
      for (const { request } of change.granted) this.#noteGrant(change.claimId, request.requestId);
    }
    this.#expectTargetsApart();
  }

  /** Makes a call. Its caller learns how it ended later, or never. */
  call(claimId: string, asked: readonly Entry[]): CallEnd {
    const end = this.one([
      "ok",
      "job",
      "throttled",
      "throttled",
      "refused",
      "silent",
      "silent",
    ] as const);
    const ran = end === "ok" || end === "job" || (end === "silent" && this.draw(2) === 0);
    const requestIds = asked.map(({ request }) => request.requestId);
    for (const id of requestIds) {
      const before = this.#calls.filter((call) => call.requestIds.includes(id));
      const mayHaveRun = before.find((call) => call.end !== "throttled");
      if (mayHaveRun !== undefined) {
        throw new Broken(
          `${id} is called by ${claimId} after ${mayHaveRun.claimId}, which may have run`,
        );
      }
    }
    this.#calls.push({ claimId, requestIds, ran, end });
    const targets = new Set(asked.flatMap(({ claim }) => claim?.targets ?? []));
    if (ran) {
      const visibleAt = this.now + this.one([0, SECOND, TRACES_LAG_MS]);
      for (const target of targets) this.#runs.push({ target, visibleAt });
    }
    return end;
  }

  /** How often a target ran, as far as can be seen now. */
  runsOf(target: string): number {
    return this.#runs.filter((run) => run.target === target && run.visibleAt <= this.now).length;
  }

  /** Publishes a final outcome. */
  publish(requestId: string, told: Told): void {
    const outcomes = this.outcomes.get(requestId) ?? new Set();
    this.outcomes.set(requestId, outcomes.add(JSON.stringify(told)));
    if (outcomes.size > 1) {
      throw new Broken(`${requestId} has two final outcomes: ${[...outcomes].join(" and ")}`);
    }
    const { status } = told.verdict;
    const ran = this.#calls.some((call) => call.ran && call.requestIds.includes(requestId));
    const isLie = status === "SUCCEEDED" ? !ran : status !== "UNKNOWN" && ran;
    if (isLie)
      throw new Broken(
        `${requestId} is told to be ${status}, and it ${ran ? "ran" : "did not run"}`,
      );
  }

  #note(change: Change): void {
    this.happened.add(change.kind);
    const refused = "refused" in change ? change.refused : [];
    for (const { why } of refused) this.happened.add(`${change.kind}: ${why}`);
    if (change.kind === "done") this.happened.add(change.entry.told?.verdict.status ?? "?");
  }

  /** No attempt is granted twice: nobody would drive the second one. */
  #noteGrant(claimId: string, requestId: string): void {
    const grant = `${claimId} for ${requestId}`;
    if (this.#grants.has(grant)) throw new Broken(`${grant} is granted again`);
    this.#grants.add(grant);
  }

  #expectTargetsApart(): void {
    const holders = new Map<string, string>();
    for (const { claim } of this.#truth.states.entries) {
      for (const target of claim?.targets ?? []) {
        const holder = holders.get(target) ?? claim!.claimId;
        if (holder !== claim!.claimId) {
          throw new Broken(`${target} is in the claims ${holder} and ${claim!.claimId}`);
        }
        holders.set(target, holder);
      }
    }
  }

  /** It came to a fact that never changes again: an outcome, or another request with its id. */
  #expectNotLost({ partition, offset, requestId, digest: of }: Asked): void {
    const place = `${requestId} at ${partition}/${offset}`;
    const known = this.#truth.states.known(keyOf(PROVIDER, requestId), of, { partition, offset });
    if (known === undefined) throw new Broken(`${place} is lost: it never ended`);
    const isDeadLetter = this.deadLetters.has(`${partition}/${offset}`);
    if (!known.isSameContent && !isDeadLetter) throw new Broken(`${place} is lost: no dead letter`);
    if (known.isSameContent && isDeadLetter) throw new Broken(`${place} is a dead letter in error`);
    if (!this.outcomes.has(requestId)) throw new Broken(`${place} is lost: it has no outcome`);
  }
}
