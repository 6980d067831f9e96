import fc from "fast-check";
import type { GuardLimits } from "../../src/domain/guard-limits.ts";
import { plainVerdict, type Verdict } from "../../src/domain/outcome.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import { keyOf } from "../../src/journal/digest.ts";
import type {
  AskedOfGuards,
  AskedRequest,
  ClosedRequest,
  JournalRecord,
} from "../../src/journal/journal-record.ts";
import { aSource } from "../support/a-received-request.ts";
import {
  aCheckpoint,
  aClaim,
  aClose,
  aDone,
  anAccepted,
  aPublished,
  aRelease,
  digest,
  PROVIDER,
  told,
} from "./records.ts";

/** One record of a log, as it was appended. */
export interface LogLine {
  /** Null: unreadable. */
  readonly record: JournalRecord | null;
  readonly appendedAt: number;
}

const HOUR = 3_600_000;
const IDS = ["r0", "r1", "r2", "r3", "r4", "r5"] as const;
const KINDS = [
  ...[
    "CLAIM",
    "CLAIM",
    "CLAIM",
    "CLOSE",
    "CLOSE",
    "DONE",
    "DONE",
    "DONE",
    "PUBLISHED",
    "PUBLISHED",
  ],
  ...["PUBLISHED", "PUBLISHED", "ACCEPTED", "RELEASE", "CHECKPOINTED", "CHECKPOINTED", "copy", "?"],
] as const;
const STEPS_MS = [0, 1, 1_000, 1_000, 30_000, 90_000, 400_000, 700_000, HOUR, 5 * HOUR] as const;

/**
 * A log as many writers could have written it: most records fit the state that they find, some come
 * late, twice or from nowhere. Each number stands for one record.
 */
export function aLogOf(numbers: readonly number[]): readonly LogLine[] {
  const scribe = new Scribe();
  return numbers.map((number) => scribe.write(number));
}

/** Any such log. */
export function anyLog(maxLength: number): fc.Arbitrary<readonly LogLine[]> {
  return fc.array(fc.maxSafeNat(), { maxLength, size: "max" }).map(aLogOf);
}

const TOO_OFTEN = { code: "BUDGET_EXCEEDED", message: "too often" } as const;

function suppressed(targets: readonly string[]): Verdict {
  const outcomes = targets.map((target) => {
    return { target, status: "SUPPRESSED", message: TOO_OFTEN.message } as const;
  });
  return { ...plainVerdict("SUPPRESSED", TOO_OFTEN), targets: outcomes };
}

/** What different instances may be configured to. */
const GUARDS: readonly (GuardLimits | undefined)[] = [
  { budget: { reruns: 2, perMs: HOUR }, coolDownMs: null, maxChain: 1 },
  { budget: { reruns: 3, perMs: 3 * HOUR }, coolDownMs: null, maxChain: null },
  { budget: null, coolDownMs: 60_000, maxChain: 0 },
  undefined,
];

type Asked = Pick<
  AskedRequest,
  "requestId" | "attempt" | "digest" | "source" | "targets" | "evidenceAt" | "guarded"
>;

class Scribe {
  readonly #states = new ClaimStates(0);
  readonly #written: JournalRecord[] = [];
  #time = 1_700_000_000_000;
  #rest = 0;
  #claims = 0;
  #offsets: [number, number] = [0, 0];

  write(number: number): LogLine {
    this.#rest = number;
    this.#time += this.#one(STEPS_MS);
    // Clocks of brokers differ, so time may seem to go back a little.
    const appendedAt = this.#time - this.#one([0, 0, 0, 700]);
    const record = this.#record(this.#one(KINDS));
    if (record !== null) this.#written.push(record);
    this.#states.apply(record, { offset: this.#states.position, appendedAt });
    return { record, appendedAt };
  }

  #record(kind: (typeof KINDS)[number]): JournalRecord | null {
    switch (kind) {
      case "CLAIM":
        this.#claims += 1;
        return aClaim(`c${this.#claims}`, this.#asked(), {
          ...{ windowMs: this.#window(), guards: this.#one(GUARDS) },
        });
      case "CLOSE":
        return aClose(this.#closed(), { windowMs: this.#window(), guards: this.#one(GUARDS) });
      case "RELEASE":
        return aRelease(this.#claimId(), this.#ids(), { called: this.#pick(2) === 0 });
      case "ACCEPTED":
        return anAccepted(this.#claimId(), this.#ids());
      case "DONE":
        return aDone(this.#claimId(), IDS, told(this.#one(["SUCCEEDED", "UNKNOWN", "REJECTED"])));
      case "PUBLISHED":
        return aPublished(this.#ids(), {
          which: this.#one(["final", "final", "final", "accepted"]),
        });
      case "CHECKPOINTED":
        return this.#checkpoint();
      case "copy":
        return this.#written.at(-1 - this.#pick(12)) ?? null;
      case "?":
        return null;
    }
  }

  #asked(): readonly Asked[] {
    return this.#ids()
      .slice(0, 3)
      .map((requestId) => {
        const grants = this.#states.entry(keyOf(PROVIDER, requestId))?.grants ?? 0;
        const partition = this.#pick(2);
        this.#offsets[partition === 0 ? 0 : 1] += 1;
        return {
          ...{ requestId, attempt: grants + this.#one([1, 1, 1, 1, 1, 0, 2]) },
          digest: digest(this.#one(["a", "a", "a", "a", "b"])),
          source: aSource(this.#offsets[partition === 0 ? 0 : 1], partition),
          targets: this.#one([["x"], ["y"], ["x", "y"], [`of ${requestId}`], [`of ${requestId}`]]),
          evidenceAt: this.#one([null, null, this.#states.position, 0n]),
          guarded: this.#guarded(),
        };
      });
  }

  #guarded(): AskedOfGuards {
    const leftOut = ["z"].map((target) => ({ target, ...TOO_OFTEN }));
    return {
      force: this.#pick(8) === 0,
      causedBy: this.#one([null, null, null, ...IDS.slice(0, 3)]),
      leftOut: this.#pick(16) === 0 ? leftOut : [],
    };
  }

  #closed(): readonly Partial<ClosedRequest>[] {
    return this.#asked().map(({ requestId, attempt, digest: of, source, targets }) => {
      const verdict = this.#pick(2) === 0 ? plainVerdict("REJECTED") : suppressed(targets);
      const asked = { requestId, attempt, digest: of, source };
      return { ...asked, told: { ...told("REJECTED"), verdict }, causedBy: this.#one(IDS) };
    });
  }

  #checkpoint(): JournalRecord {
    const partition = this.#pick(2);
    const most = this.#offsets[partition === 0 ? 0 : 1];
    const low = BigInt(Math.max(0, most + 1 - this.#one([0, 0, 1, 5, 20])));
    const ranges = this.#one([[], [{ from: low + 2n, to: low + 4n }]]);
    const known = this.#states.completed.of(partition)?.era ?? 0;
    const era = Math.max(0, known + this.#one([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, -1]));
    return aCheckpoint([{ partition, low, ranges, era }], this.#pick(3) !== 0);
  }

  /** Mostly one that is open. */
  #claimId(): string {
    const open = [...this.#states.entries].flatMap(({ claim }) => claim?.claimId ?? []);
    return this.#one([...open, ...open, "nobody's"]);
  }

  #ids(): readonly string[] {
    const first = this.#pick(IDS.length);
    return this.#one([IDS.slice(first), IDS.slice(first), IDS.slice(0, first + 1)]);
  }

  #window(): number {
    return this.#one([HOUR, HOUR, 2 * HOUR, 10 * HOUR]);
  }

  #one<const T>(all: readonly T[]): T {
    return all[this.#pick(all.length)]!;
  }

  #pick(count: number): number {
    const picked = this.#rest % count;
    this.#rest = Math.floor(this.#rest / count);
    return picked;
  }
}
