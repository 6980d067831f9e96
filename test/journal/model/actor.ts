import type { Change } from "../../../src/journal/change.ts";
import type { Entry } from "../../../src/journal/claim-entry.ts";
import { keyOf } from "../../../src/journal/digest.ts";
import type { JournalRecord, Told } from "../../../src/journal/journal-record.ts";
import type { OutcomeStatus } from "../../../src/domain/outcome.ts";
import type { Evidence } from "../../../src/domain/evidence.ts";
import {
  aClaim,
  aClose,
  aDone,
  anAccepted,
  aPublished,
  aRelease,
  PROVIDER,
  told,
} from "../records.ts";
import { Rules } from "./rules.ts";
import { type Asked, type CallEnd, SECOND, type Surroundings } from "./surroundings.ts";

const CALL_WITHIN_MS = 2 * SECOND;
const SETTLE_WITHIN_MS = 6 * SECOND;
const GRACE_MS = SECOND;
/** Missing traces prove something after this. */
const ABSENCE_PROVES_MS = 30 * SECOND;
const READING_KEEPS_MS = 30 * SECOND;
const MOST_TRIES = 3;

/** A record of the requests topic in somebody's hands. */
interface Hand {
  readonly asked: Asked;
  readonly key: string;
  reading: { readonly before: Evidence; readonly evidenceAt: bigint; readonly at: number } | null;
}

/** A claim that this process asked for and drives. */
interface Drive {
  readonly claimId: string;
  readonly sentAt: number;
  readonly keys: readonly string[];
  state: "asked" | "granted" | "called" | "told";
  end: CallEnd | null;
  calledAt: number;
}

/** Where a partition of the requests topic stands, as one of its readers sees it. */
interface Position {
  next: bigint;
  readonly unfinished: Set<bigint>;
}

/**
 * One process that does what the protocol says, a step at a time, and knows only what it has read. It
 * may be stopped between any two steps, for as long as you like, or for ever.
 */
export class Actor {
  readonly #world: Surroundings;
  readonly #name: string;
  readonly #rules: Rules;
  readonly #positions = new Map<number, Position>();
  readonly #hands = new Map<string, Hand>();
  readonly #driving = new Map<string, Drive>();
  readonly #outbox: { readonly record: JournalRecord; readonly dropAt: number }[] = [];
  /** What was told already, so that it is not told in every step. */
  readonly #told = new Set<string>();
  readonly #seen = new Map<string, number>();
  #read = 0;
  #claims = 0;
  #liveSince = Infinity;

  constructor(world: Surroundings, name: string) {
    this.#world = world;
    this.#name = name;
    this.#rules = new Rules(world.bug);
  }

  /** It takes over a partition; whoever had it does not hear of that at once. */
  assigned(partition: number): void {
    this.#drop(partition);
    const next = this.#world.committed[partition]!;
    this.#positions.set(partition, { next, unfinished: new Set() });
  }

  /** It hears that it has lost partitions. What is under way goes on. */
  hearsOfLosses(): void {
    for (const partition of this.#positions.keys()) {
      this.#drop(partition);
      this.#positions.delete(partition);
    }
  }

  get isIdle(): boolean {
    const { topic } = this.#world;
    const isAtEnd = ([partition, { next }]: [number, Position]) =>
      next === BigInt(topic[partition]!.length);
    return this.#hands.size === 0 && [...this.#positions].every(isAtEnd);
  }

  /** Before time passes: what is not read by then is a break. */
  timePasses(isAwake: boolean): void {
    if (isAwake) this.#readOn(Infinity);
    if (this.#read < this.#world.log.length) this.#liveSince = Infinity;
  }

  /** A few things, in the usual order. */
  act(): void {
    const draw = (count: number) => this.#world.draw(count);
    this.#readOn(draw(4) === 3 ? draw(4) : Infinity);
    if (draw(3) === 0) this.#takeNext();
    if (this.#hands.size > 0) this.#work(this.#world.one([...this.#hands.values()]));
    if (this.#driving.size > 0 && draw(4) > 0)
      this.#drive(this.#world.one([...this.#driving.values()]));
    if (draw(4) > 0) this.#flush();
    if (draw(3) === 0) this.#commit();
  }

  /** All that can be done now. */
  actFully(): void {
    for (let turn = 0; turn < 8; turn += 1) {
      this.#readOn(Infinity);
      this.#takeNext();
      for (const hand of [...this.#hands.values()]) this.#work(hand);
      for (const drive of [...this.#driving.values()]) this.#drive(drive);
      for (let left = this.#outbox.length; left > 0; left -= 1) this.#flush();
    }
    this.#commit();
  }

  // The requests topic.

  #takeNext(): void {
    for (const [partition, position] of this.#positions) {
      const asked = this.#world.topic[partition]![Number(position.next)];
      if (asked === undefined) continue;
      position.next += 1n;
      position.unfinished.add(asked.offset);
      const key = keyOf(PROVIDER, asked.requestId);
      this.#hands.set(placeOf(asked), { asked, key, reading: null });
    }
  }

  #complete({ asked }: Hand): void {
    this.#hands.delete(placeOf(asked));
    this.#positions.get(asked.partition)?.unfinished.delete(asked.offset);
  }

  /** Anybody may commit, also long after it lost the partition. */
  #commit(): void {
    for (const [partition, { next, unfinished }] of this.#positions) {
      const [lowest = next] = [...unfinished].toSorted((a, b) => Number(a - b));
      this.#world.committed[partition] = lowest;
    }
  }

  #drop(partition: number): void {
    for (const [place, { asked }] of this.#hands) {
      if (asked.partition === partition) this.#hands.delete(place);
    }
  }

  // The journal.

  #readOn(most: number): void {
    const { log, now } = this.#world;
    for (const { record, appendedAt } of log.slice(this.#read, this.#read + most)) {
      this.#read += 1;
      for (const change of this.#rules.apply(record, appendedAt)) this.#changed(change);
    }
    if (this.#read === log.length && this.#liveSince === Infinity) this.#liveSince = now;
  }

  #changed(change: Change): void {
    if (change.kind !== "claimed") return;
    const { claimId, granted } = change;
    if (granted.length > 0) this.#seen.set(claimId, this.#world.now);
    if (change.instance !== this.#name) return;
    const drive = this.#driving.get(claimId);
    if (drive?.state === "asked" && this.#world.now <= drive.sentAt + CALL_WITHIN_MS) {
      if (granted.length === 0) this.#driving.delete(claimId);
      else
        this.#driving.set(claimId, {
          ...drive,
          state: "granted",
          keys: granted.map(({ key }) => key),
        });
      return;
    }
    if (drive?.state === "asked") this.#driving.delete(claimId);
    const ghosts = granted.filter(
      ({ key }) => drive?.state === "asked" || drive?.keys.includes(key) !== true,
    );
    const ids = ghosts.map(({ request }) => request.requestId);
    if (ids.length > 0) this.#write(aRelease(claimId, ids, { why: "ghost" }));
  }

  #write(record: JournalRecord, dropAt = Infinity): void {
    this.#outbox.push({ record, dropAt });
  }

  /** One produce in flight: what is not acknowledged is sent again before anything else. */
  #flush(): void {
    while (this.#outbox[0] !== undefined && this.#outbox[0].dropAt <= this.#world.now)
      this.#outbox.shift();
    const first = this.#outbox[0];
    if (first !== undefined && this.#world.send(first.record)) this.#outbox.shift();
  }

  /** Says it, unless it was said by this process already. */
  #tellOnce(name: string, record: () => JournalRecord): void {
    if (this.#told.has(name)) return;
    this.#told.add(name);
    this.#write(record());
  }

  // One record.

  #work(hand: Hand): void {
    const { states } = this.#rules;
    const { asked, key } = hand;
    const known = states.known(key, asked.digest, asked);
    const entry = states.entry(key);
    if (known?.isSameContent === true) {
      this.#complete(hand);
    } else if (known !== undefined || (entry !== undefined && entry.digest !== asked.digest)) {
      this.#world.deadLetters.add(placeOf(asked));
      this.#complete(hand);
    } else if (entry === undefined || entry.phase === "free") {
      this.#begin(hand, entry);
    } else if (this.#isSkipped(entry, asked)) {
      this.#complete(hand);
    } else {
      this.#settle(entry);
    }
  }

  #isSkipped({ request: { source } }: Entry, { partition, offset }: Asked): boolean {
    const isOther = source.partition !== partition || source.offset !== offset;
    return isOther && this.#world.bug === "duplicates are skipped at once";
  }

  #begin(hand: Hand, entry: Entry | undefined): void {
    const { tries = 0, grants = 0 } = entry ?? {};
    const isExpired = this.#world.draw(24) === 23;
    if (tries >= MOST_TRIES || isExpired) {
      const status = isExpired ? "EXPIRED" : "FAILED";
      this.#tellOnce(`close ${hand.key} ${grants}`, () => this.#closeOf(hand, status, grants + 1));
      return;
    }
    if (hand.reading === null) this.#readTargets(hand);
    else if (this.#world.draw(2) === 0) this.#claim(hand);
  }

  #closeOf({ asked }: Hand, status: OutcomeStatus, attempt: number): JournalRecord {
    const { requestId, digest: of, partition, offset } = asked;
    const source = { topic: "t", partition, offset };
    const request = { requestId, digest: of, source, attempt, told: this.#tell(status) };
    return aClose([request], { instance: this.#name });
  }

  #readTargets(hand: Hand): void {
    const marks = hand.asked.targets.map((target) => {
      return { target, mark: { runs: this.#world.runsOf(target) } };
    });
    const evidenceAt = this.#rules.states.position;
    hand.reading = { before: { marks }, evidenceAt, at: this.#world.now };
  }

  /** Claims it together with what else waits in these hands, as far as nothing is asked for it. */
  #claim(first: Hand): void {
    const waiting = [first, ...this.#hands.values()].filter(({ key, asked }) => {
      const entry = this.#rules.states.entry(key);
      const isFree =
        entry === undefined || (entry.phase === "free" && entry.digest === asked.digest);
      const isOver = this.#rules.states.finished.has(key);
      return (
        isFree && !isOver && ![...this.#driving.values()].some(({ keys }) => keys.includes(key))
      );
    });
    const byKey = new Map(waiting.toReversed().map((hand) => [hand.key, hand]));
    if (!byKey.has(first.key)) return;
    const hands = [...byKey.values()].slice(-1 - this.#world.draw(3));
    this.#claims += 1;
    const { now } = this.#world;
    const claimId = `${this.#name}.${this.#claims}`;
    const keys = hands.map(({ key }) => key);
    this.#driving.set(claimId, {
      ...{ claimId, sentAt: now, keys, state: "asked", end: null, calledAt: 0 },
    });
    const requests = hands.map(({ asked, key, reading }) => {
      const { requestId, digest: of, partition, offset, targets } = asked;
      const isYoung = reading !== null && now <= reading.at + READING_KEEPS_MS;
      return {
        ...{ requestId, digest: of, targets, source: { topic: "t", partition, offset } },
        attempt: (this.#rules.states.entry(key)?.grants ?? 0) + 1,
        before: isYoung ? reading.before : null,
        evidenceAt: isYoung ? reading.evidenceAt : null,
      };
    });
    for (const hand of hands) hand.reading = null;
    const terms = { callWithinMs: CALL_WITHIN_MS, settleWithinMs: SETTLE_WITHIN_MS };
    this.#write(
      aClaim(claimId, requests, { ...terms, instance: this.#name }),
      now + CALL_WITHIN_MS,
    );
  }

  // One claim of its own.

  #drive(drive: Drive): void {
    const { now } = this.#world;
    const { claimId, state } = drive;
    if (state === "asked") {
      if (now > drive.sentAt + CALL_WITHIN_MS) this.#driving.delete(claimId);
      return;
    }
    const open = drive.keys.flatMap((key) => {
      const entry = this.#rules.states.entry(key);
      return entry?.phase === "claimed" && entry.claim.claimId === claimId ? [entry] : [];
    });
    if (open.length === 0) {
      this.#driving.delete(claimId);
    } else if (state === "granted" && now > drive.sentAt + CALL_WITHIN_MS) {
      drive.state = "told";
      this.#write(aRelease(claimId, idsOf(open), { why: "late" }));
    } else if (state === "granted") {
      drive.state = "called";
      drive.end = this.#world.call(claimId, open);
      drive.calledAt = now;
    } else if (state === "called") {
      this.#tellEnd(drive, open);
    }
  }

  #tellEnd(drive: Drive, open: readonly Entry[]): void {
    const { claimId, end } = drive;
    const ids = idsOf(open);
    if (end === "silent") {
      if (this.#world.now < drive.calledAt + SETTLE_WITHIN_MS + ABSENCE_PROVES_MS) return;
      for (const entry of open) this.#write(aDone(claimId, idsOf([entry]), this.#verdictOn(entry)));
    } else if (end === "throttled") {
      this.#write(aRelease(claimId, ids, { called: true, why: "throttled" }));
    } else if (end === "job") {
      this.#write(anAccepted(claimId, ids));
    } else {
      this.#write(aDone(claimId, ids, this.#tell(end === "ok" ? "SUCCEEDED" : "REJECTED")));
    }
    drive.state = "told";
  }

  // Anybody's claim.

  #settle(entry: Entry): void {
    const { requestId } = entry.request;
    if (entry.phase === "claimed") {
      this.#judge(entry);
    } else if (entry.phase === "accepted") {
      const { claimId } = entry.claim;
      this.#tellOnce(`follow ${claimId} ${requestId}`, () =>
        aDone(claimId, [requestId], this.#tell("SUCCEEDED")),
      );
    } else if (entry.phase === "done") {
      if (this.#told.has(`publish ${entry.key}`)) return;
      this.#world.publish(requestId, entry.told);
      this.#tellOnce(`publish ${entry.key}`, () => aPublished([requestId]));
    }
  }

  #judge(entry: Entry & { readonly phase: "claimed" }): void {
    const { claimId, settleWithinMs } = entry.claim;
    const { requestId } = entry.request;
    if (this.#driving.has(claimId)) return;
    const since = Math.max(this.#seen.get(claimId) ?? Infinity, this.#liveSince);
    if (this.#world.now < since + settleWithinMs + GRACE_MS + ABSENCE_PROVES_MS) return;
    this.#tellOnce(`judge ${claimId} ${requestId}`, () => {
      const verdict = this.#verdictOn(entry);
      const isReleased =
        this.#world.bug === "judges release" && verdict.verdict.status !== "SUCCEEDED";
      return isReleased
        ? aRelease(claimId, [requestId], { called: true, why: "it did not run" })
        : aDone(claimId, [requestId], verdict);
    });
  }

  /** What the provider's state says of a call that ended without an answer. */
  #verdictOn({ claim }: Entry): Told {
    const { before, rivals = [], targets = [] } = claim ?? {};
    // Some readings fail.
    if (before === null || before === undefined || this.#world.draw(5) === 4)
      return this.#tell("UNKNOWN");
    const findings = targets.map((target) => {
      const mark = before.marks.find((one) => one.target === target)?.mark["runs"];
      const ran = this.#world.runsOf(target) > Number(mark);
      return ran && rivals.includes(target) ? "cannot-tell" : ran ? "ran" : "did-not-run";
    });
    if (findings.every((one) => one === "ran")) return this.#tell("SUCCEEDED");
    return this.#tell(findings.every((one) => one === "did-not-run") ? "FAILED" : "UNKNOWN");
  }

  #tell(status: OutcomeStatus): Told {
    return told(status, `${this.#name} at ${this.#world.now}`);
  }
}

function placeOf({ partition, offset }: Asked): string {
  return `${partition}/${offset}`;
}

function idsOf(entries: readonly Entry[]): readonly string[] {
  return entries.map(({ request }) => request.requestId);
}
