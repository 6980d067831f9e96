import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgingSegment } from "../../src/journal/aging-segment.ts";
import type { Change, SavedStates } from "../../src/journal/change.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import { keyOf } from "../../src/journal/digest.ts";
import { JournalReplica } from "../../src/journal/journal-replica.ts";
import { encodeRecord } from "../../src/journal/record-codec.ts";
import { SealedSegment } from "../../src/journal/sealed-segment.ts";
import { aSource } from "../support/a-received-request.ts";
import { anyLog, type LogLine } from "./random-log.ts";
import { aCheckpoint, aClaim, aClose, aDone, aPublished, digest, PROVIDER } from "./records.ts";

/** Everything that is in it, as a text: long ones are compared quickly. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? `n${one}` : one));
}

/** The state and the bytes of its segments. */
function stateOf(states: ClaimStates): string {
  return textOf({ saved: states.saved(), segments: bytesOf(states), border: states.border });
}

function bytesOf(states: ClaimStates): readonly string[] {
  const all = [...states.finished.segments, ...states.guards.segments];
  return all.map((one) => one.toBytes().toString("latin1"));
}

function apply(states: ClaimStates, { record, appendedAt }: LogLine): readonly Change[] {
  return states.apply(record, { offset: states.position, appendedAt });
}

function statesAfter(log: readonly LogLine[]): ClaimStates {
  const states = new ClaimStates(0);
  for (const line of log) apply(states, line);
  return states;
}

/** Written down as JSON, with its large numbers marked, and read again. */
function throughJson(saved: SavedStates): SavedStates {
  return JSON.parse(textOf(saved), (_key, value: unknown) =>
    typeof value === "string" && /^n\d+$/.test(value) ? BigInt(value.slice(1)) : value,
  ) as SavedStates; // the same that was written
}

/** What a new process begins with after one that ended here. */
function restarted(states: ClaimStates): ClaimStates {
  const again = new ClaimStates(0);
  const segments = states.finished.segments.map((one) => SealedSegment.fromBytes(one.toBytes()));
  const guardSegments = states.guards.segments.map((one) => AgingSegment.fromBytes(one.toBytes()));
  again.restore(throughJson(states.saved()), { segments, guardSegments });
  return again;
}

/** Hands a log to a replica, so many records at a time, in turn. */
function replicate(log: readonly LogLine[], chunks: readonly number[]): ClaimStates {
  const states = new ClaimStates(0);
  const failures: unknown[] = [];
  const replica = new JournalReplica({
    ...{ states: [states], now: () => 0 },
    onFailure: (error) => failures.push(error),
  });
  const records = log.map(({ record, appendedAt }, index) => {
    const value = record === null ? Buffer.from("?") : encodeRecord(record);
    return { offset: BigInt(index), appendedAt, value };
  });
  for (let from = 0, turn = 0; from < records.length; turn += 1) {
    const size = chunks[turn % chunks.length]!;
    replica.onRecords(0, records.slice(from, from + size));
    from += size;
  }
  expect(failures).toStrictEqual([]);
  return states;
}

const LENGTH = 120;
const someChunks = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 });
const SEEDED = { seed: 20_251_122 } as const;

describe("the log alone", { timeout: 30_000 }, () => {
  it("makes the state, however it is cut into reads", () => {
    fc.assert(
      fc.property(anyLog(LENGTH), someChunks, someChunks, (log, these, those) => {
        const direct = stateOf(statesAfter(log));

        expect(stateOf(replicate(log, these))).toBe(direct);
        expect(stateOf(replicate(log, those))).toBe(direct);
      }),
      { ...SEEDED, numRuns: 30 },
    );
  });

  it("makes the state also when processes begin anew at any borders, to the byte", () => {
    const seen = { borders: 0, segments: 0, forgotten: 0, open: 0 };
    fc.assert(
      fc.property(anyLog(LENGTH), fc.array(fc.boolean(), { minLength: 1 }), (log, restarts) => {
        const lasting = new ClaimStates(0);
        let restarting = new ClaimStates(0);
        const [lastingAt, restartingAt]: [string[], string[]] = [[], []];
        for (const line of log) {
          const before = lasting.finished.segments.length;
          const changes = apply(lasting, line);
          lastingAt.push(textOf(changes));
          restartingAt.push(textOf(apply(restarting, line)));
          if (!changes.some(({ kind }) => kind === "border")) continue;
          lastingAt.push(stateOf(lasting));
          restartingAt.push(stateOf(restarting));
          seen.borders += 1;
          seen.segments += lasting.finished.segments.length;
          seen.open += lasting.openCount;
          if (lasting.finished.segments.length < before) seen.forgotten += 1;
          if (restarts[seen.borders % restarts.length] === true) restarting = restarted(restarting);
        }
        expect(restartingAt).toStrictEqual(lastingAt);
        expect(stateOf(restarting)).toBe(stateOf(lasting));
      }),
      { ...SEEDED, numRuns: 80 },
    );
    expect(Math.min(...Object.values(seen)), `seen: ${JSON.stringify(seen)}`).toBeGreaterThan(20);
  });

  it("writes open requests down in the order of their keys", () => {
    const ids = Array.from({ length: 50 }, (_, one) => ({ requestId: `r${one}` }));
    const states = statesAfter([{ record: aClaim("c", ids), appendedAt: 0 }]);
    const keys = states.saved().entries.map(({ key }) => key);

    expect(keys).toStrictEqual(keys.toSorted());
  });

  it("forgets nothing within its window, nor what may be delivered again", () => {
    let watched = 0;
    fc.assert(
      fc.property(anyLog(LENGTH), (log) => {
        const states = new ClaimStates(0);
        const memory = new Memory();
        for (const line of log) {
          memory.note(line, apply(states, line), states);
          const due = memory.due(states.logTime);
          watched += due.length;
          expect(due.filter((key) => !states.finished.has(key))).toStrictEqual([]);
        }
      }),
      { ...SEEDED, numRuns: 100 },
    );
    expect(watched).toBeGreaterThan(1_000);
  });
});

interface Remembered {
  readonly finishedAt: number;
  readonly windowMs: number;
  readonly source: { readonly partition: number; readonly offset: bigint };
}

/** What must be known still, by the rules in plain words. */
class Memory {
  /** Key → the window that was asked for when it was granted. */
  readonly #windows = new Map<string, number>();
  readonly #finished = new Map<string, Remembered>();
  readonly #complete = new Set<string>();
  readonly #eras = new Map<number, number>();
  /** Those whose partition began anew. */
  readonly #loose = new Set<string>();

  note({ record }: LogLine, changes: readonly Change[], states: ClaimStates): void {
    for (const change of changes) {
      if (change.kind === "claimed" || change.kind === "closed") {
        const { windowMs } = record as { readonly windowMs: number }; // both kinds have one
        for (const { key } of change.granted) this.#windows.set(key, windowMs);
      }
      if (change.kind === "published") {
        const { key, request } = change.entry;
        const finishedAt = states.logTime;
        const windowMs = this.#windows.get(key)!;
        this.#finished.set(key, { finishedAt, windowMs, source: request.source });
        this.#loose.delete(key);
      }
    }
    if (record?.kind !== "CHECKPOINTED") return;
    for (const { partition, low, ranges, era } of record.partitions) {
      const known = this.#eras.get(partition) ?? era;
      if (era < known) continue;
      if (era > known) this.#beginAnew(partition);
      this.#eras.set(partition, era);
      for (const { from, to } of [{ from: 0n, to: low }, ...ranges]) {
        for (let offset = from; offset < to; offset += 1n) {
          this.#complete.add(`${partition}/${offset}`);
        }
      }
    }
  }

  due(logTime: number): readonly string[] {
    return [...this.#finished].flatMap(([key, { finishedAt, windowMs, source }]) => {
      const isYoung = logTime <= finishedAt + windowMs;
      const isComplete = this.#complete.has(`${source.partition}/${source.offset}`);
      return isYoung || !(isComplete || this.#loose.has(key)) ? [key] : [];
    });
  }

  #beginAnew(partition: number): void {
    for (const place of this.#complete) {
      if (place.startsWith(`${partition}/`)) this.#complete.delete(place);
    }
    for (const [key, { source }] of this.#finished) {
      if (source.partition === partition) this.#loose.add(key);
    }
  }
}

describe("a request that is forgotten", () => {
  const HOUR = 3_600_000;
  const key = keyOf(PROVIDER, "r");

  /** States in which `r` of offset 1 finished and was sealed at 0 o'clock, with a window of an hour. */
  function midnight(): ClaimStates {
    return statesAfter(
      [aClose([{}], { windowMs: HOUR }), aPublished(), aCheckpoint([{ low: 2n }], true)].map(
        (record) => ({ record, appendedAt: 0 }),
      ),
    );
  }

  const border = aCheckpoint([], true);

  it("is known until a border after its window", () => {
    const states = midnight();
    apply(states, { record: border, appendedAt: HOUR });
    expect(states.finished.has(key)).toBe(true);
    apply(states, { record: null, appendedAt: 2 * HOUR });
    expect(states.finished.has(key)).toBe(true);
    apply(states, { record: border, appendedAt: 2 * HOUR });

    expect(states.finished.has(key)).toBe(false);
    expect(states.finished.segments).toHaveLength(0);
  });

  it("may be called again, for a record of its own and with another content", () => {
    const states = midnight();
    apply(states, { record: border, appendedAt: 2 * HOUR });
    const claim = aClaim("c", [{ digest: digest("b"), source: aSource(9) }]);

    expect(apply(states, { record: claim, appendedAt: 2 * HOUR })).toMatchObject([
      { granted: [{ grants: 1 }], refused: [] },
    ]);
  });

  it("is not one whose record is not complete", () => {
    const states = statesAfter(
      [aClose([{}], { windowMs: HOUR }), aPublished(), aCheckpoint([{ low: 1n }], true)].map(
        (record) => ({ record, appendedAt: 0 }),
      ),
    );
    apply(states, { record: border, appendedAt: 900 * HOUR });
    expect(states.finished.has(key)).toBe(true);

    const complete = aCheckpoint([{ low: 2n }], true);
    apply(states, { record: complete, appendedAt: 900 * HOUR });
    expect(states.finished.has(key)).toBe(false);
  });

  it("is forgotten when its partition began anew, however little of that is complete", () => {
    const states = statesAfter(
      [aClose([{}], { windowMs: HOUR }), aPublished(), aCheckpoint([{ low: 1n }], true)].map(
        (record) => ({ record, appendedAt: 0 }),
      ),
    );
    apply(states, { record: aCheckpoint([{ low: 0n, era: 1 }], true), appendedAt: HOUR });
    expect(states.finished.has(key)).toBe(true);
    apply(states, { record: border, appendedAt: HOUR + 1 });

    expect(states.finished.has(key)).toBe(false);
  });

  it("stays known for the larger window that any claim asks for in the meantime", () => {
    const states = midnight();
    const claim = aClaim("c", [{ requestId: "s" }], { windowMs: 5 * HOUR });
    apply(states, { record: claim, appendedAt: HOUR });
    apply(states, { record: border, appendedAt: 5 * HOUR });
    expect(states.finished.has(key)).toBe(true);

    apply(states, { record: border, appendedAt: 5 * HOUR + 1 });
    expect(states.finished.has(key)).toBe(false);
  });

  it("stays known until the larger window of what is remembered with it is over", () => {
    const states = midnight();
    const closes = [
      aClose([{ requestId: "s" }], { windowMs: 5 * HOUR }),
      aPublished(["s"]),
      border,
    ];
    for (const record of closes) apply(states, { record, appendedAt: HOUR });
    // Since then everybody is content with half an hour.
    const later = [
      aClose([{ requestId: "t" }], { windowMs: HOUR / 2 }),
      ...[aPublished(["t"]), aCheckpoint([{ low: 100n }], true)],
    ];
    for (const record of later) apply(states, { record, appendedAt: 4 * HOUR });
    const known = () => ["r", "s", "t"].map((id) => states.finished.has(keyOf(PROVIDER, id)));
    expect(known()).toStrictEqual([true, true, true]);

    apply(states, { record: border, appendedAt: 5 * HOUR + 1 });
    expect(known()).toStrictEqual([false, true, true]);
    apply(states, { record: border, appendedAt: 6 * HOUR + 1 });
    expect(known()).toStrictEqual([false, false, true]);
    apply(states, { record: border, appendedAt: 6 * HOUR + 2 });
    expect(known()).toStrictEqual([false, false, false]);
  });

  it("stays known for the window of its grant, however much later it ended", () => {
    const states = statesAfter(
      [
        aClaim("c", [{}], { windowMs: 3 * HOUR }),
        ...[aClose([{ requestId: "s" }], { windowMs: HOUR }), aPublished(["s"])],
        ...[border, aDone("c", ["r"])],
      ].map((record) => ({ record, appendedAt: 0 })),
    );
    // Nobody claims anything in this stretch.
    apply(states, { record: aPublished(), appendedAt: 10 * HOUR });
    const complete = aCheckpoint([{ low: 100n }], true);
    for (const at of [10, 11, 13]) apply(states, { record: complete, appendedAt: at * HOUR });
    expect(states.finished.has(key)).toBe(true);

    apply(states, { record: border, appendedAt: 13 * HOUR + 1 });
    expect(states.finished.has(key)).toBe(false);
  });

  it("is never an open one", () => {
    const states = statesAfter(
      [aClaim("c", [{}], { windowMs: 1 }), aCheckpoint([{ low: 50n }], true)].map((record) => ({
        ...{ record, appendedAt: 0 },
      })),
    );
    apply(states, { record: border, appendedAt: 1_000 * HOUR });

    expect(states.entry(key)?.phase).toBe("claimed");
  });
});
