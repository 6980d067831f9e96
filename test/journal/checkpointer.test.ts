import { describe, expect, it } from "vitest";
import { anchorOf } from "../../src/journal/anchor.ts";
import { Checkpointer } from "../../src/journal/checkpointer.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import type { JournalRecord } from "../../src/journal/journal-record.ts";
import { JournalReplica } from "../../src/journal/journal-replica.ts";
import { encodeRecord } from "../../src/journal/record-codec.ts";
import { decodeManifest, manifestKey } from "../../src/journal/summary-codec.ts";
import {
  decodeWatermark,
  encodeWatermark,
  type Watermark,
  watermarkKey,
} from "../../src/journal/watermark.ts";
import { aLog } from "../kafka/a-log.ts";
import { aCheckpoint, aClaim } from "./records.ts";

const KEY = watermarkKey(0);
const anchor = { offset: 90n, timestamp: "1700000000000", hash: "the old one" };
/** Of a partition as it was at first. */
const OLD: Watermark = { era: 0, low: 100n, ranges: [], anchor };
const ANEW: Watermark = { era: 1, low: 0n, ranges: [], anchor: null };

/** What two processes have in common: a journal of two partitions and a checkpoint. */
class Surroundings {
  readonly records: JournalRecord[][] = [[], []];
  readonly values = new Map<string, Buffer>();
  readonly #processes: Process[] = [];

  /** `writes`: it writes the summaries. */
  begin(writes = false): Process {
    const process = new Process(this, writes);
    this.#processes.push(process);
    return process;
  }

  /** A record is appended, and read by everybody. */
  append(record: JournalRecord, partition: number): void {
    this.records[partition]!.push(record);
    for (const process of this.#processes) process.readOn();
  }

  write(key: string, value: Buffer | null): void {
    if (value === null) this.values.delete(key);
    else this.values.set(key, value);
    for (const process of this.#processes) process.checkpointer.noteWrite(key, value);
  }

  get watermark(): Watermark | null {
    return decodeWatermark(this.values.get(KEY)!);
  }
}

class Process {
  readonly replica: JournalReplica;
  readonly checkpointer: Checkpointer;
  /** Where its partitions of the requests topic stand. */
  readonly watermarks = new Map<number, Watermark>();
  readonly #around: Surroundings;

  constructor(around: Surroundings, writes: boolean) {
    this.#around = around;
    const states = [new ClaimStates(0), new ClaimStates(1)];
    this.replica = new JournalReplica({ states, now: () => 0, onFailure: fail });
    this.replica.startedWith(new Map());
    this.replica.onFetched();
    this.checkpointer = new Checkpointer({
      replica: this.replica,
      journal: {
        append: async (partition, record) => {
          around.append(record, partition);
          return true;
        },
      },
      store: {
        load: async () => around.values,
        follow: () => undefined,
        write: async (key, value) => around.write(key, value),
        close: async () => undefined,
      },
      watermarks: () => this.watermarks,
      ...{ writes: () => writes, now: () => 0, epoch: () => 0, log: aLog() },
    });
    for (const [key, value] of around.values) this.checkpointer.noteWrite(key, value);
    this.readOn();
  }

  readOn(): void {
    for (const [partition, records] of this.#around.records.entries()) {
      const from = Number(this.replica.partitions[partition]!.position);
      const unread = records.slice(from).map((record, index) => ({
        ...{ offset: BigInt(from + index), appendedAt: 0, value: encodeRecord(record) },
      }));
      this.replica.onRecords(partition, unread);
    }
  }
}

function fail(error: unknown): never {
  throw error;
}

/** Surroundings in which the old partition was complete up to 100, with something open in each journal partition. */
function surroundings(): Surroundings {
  const around = new Surroundings();
  for (const partition of [0, 1]) {
    around.append(aClaim(`c${partition}`), partition);
    around.append(aCheckpoint([{ low: 100n }]), partition);
  }
  around.write(KEY, encodeWatermark(OLD));
  return around;
}

function completedIn({ replica }: Process): readonly object[] {
  return replica.partitions.map(({ completed }) => {
    const { era, low } = completed.of(0)!;
    return { era, low };
  });
}

describe("a partition that begins anew", () => {
  it("has a watermark of its own, for everybody and after every start", async () => {
    const around = surroundings();
    const [finder, other] = [around.begin(), around.begin()];
    expect(await finder.checkpointer.void(0, OLD)).toStrictEqual(ANEW);

    const known = [finder, other, around.begin()].map(({ checkpointer }) => checkpointer.of(0));
    expect(known).toStrictEqual([ANEW, ANEW, ANEW]);
    expect(completedIn(other)).toStrictEqual([ANEW, ANEW].map(({ era, low }) => ({ era, low })));
  });

  it("is of one era when two find it out at once", async () => {
    const around = surroundings();
    const [one, two] = [around.begin(), around.begin()];
    const found = [one, two].map(async ({ checkpointer }) => checkpointer.void(0, OLD));
    expect(await Promise.all(found)).toStrictEqual([ANEW, ANEW]);

    one.watermarks.set(0, { ...ANEW, low: 7n });
    two.watermarks.set(0, { ...ANEW, low: 5n });
    for (const { checkpointer } of [one, two]) expect(await checkpointer.final()).toBe(true);
    expect(around.begin().checkpointer.of(0)).toMatchObject({ era: 1, low: 7n });
  });

  it("is not complete where the old one was, whatever a process writes that still reads that", async () => {
    const around = surroundings();
    const [finder, frozen] = [around.begin(), around.begin()];
    await finder.checkpointer.void(0, OLD);
    finder.watermarks.set(0, { ...ANEW, low: 3n });
    await finder.checkpointer.final();
    frozen.watermarks.set(0, { ...OLD, low: 110n });
    expect(await frozen.checkpointer.final()).toBe(true);
    expect(around.watermark).toMatchObject({ era: 0, low: 110n });

    expect(completedIn(finder)).toStrictEqual([3n, 3n].map((low) => ({ era: 1, low })));
    const expected = { era: 1, low: 3n, ranges: [], anchor: null };
    const known = [finder, around.begin()].map(({ checkpointer }) => checkpointer.of(0));
    expect(known).toStrictEqual([expected, expected]);
  });

  it("is begun by whoever comes next when its finder ended before it was told everywhere", () => {
    const around = surroundings();
    around.append(aCheckpoint([{ era: 1 }], true), 0);
    const { checkpointer } = around.begin();

    expect(checkpointer.of(0)).toStrictEqual(ANEW);
  });

  it("keeps the record by which it is recognised when an older watermark overwrites its own", () => {
    const around = surroundings();
    const { checkpointer } = around.begin();
    const own = { era: 1, low: 9n, ranges: [], anchor: { ...anchor, offset: 8n } };
    around.write(KEY, encodeWatermark(own));
    around.write(KEY, encodeWatermark(OLD));

    expect(checkpointer.of(0)).toStrictEqual(own);
  });
});

describe("a summary", () => {
  it("names the record right before its border, whatever was read together with it", async () => {
    const around = surroundings();
    for (const record of [aCheckpoint([], true), aClaim("later", [{ requestId: "t" }])]) {
      around.append(record, 1);
    }
    const process = around.begin(true);
    await process.checkpointer.final();

    const { border, anchor } = decodeManifest(around.values.get(manifestKey(1))!);
    expect(border).toBe(3n);
    const value = encodeRecord(aCheckpoint([], true));
    expect(anchor).toStrictEqual(anchorOf({ offset: 2n, timestamp: "0", value }));
  });
});

describe("the newest watermark of a partition", () => {
  it("is the journal's where the checkpoint's is older, and is recognised as before", () => {
    const around = surroundings();
    const { checkpointer } = around.begin();
    around.append(aCheckpoint([{ low: 120n, ranges: [{ from: 130n, to: 140n }] }]), 1);

    const ranges = [{ from: 130n, to: 140n }];
    expect(checkpointer.of(0)).toStrictEqual({ era: 0, low: 120n, ranges, anchor });
  });

  it("is the checkpoint's while the journal is not read up to where its era begins", () => {
    const around = surroundings();
    const { checkpointer } = around.begin();
    const own = { era: 1, low: 9n, ranges: [], anchor };
    around.write(KEY, encodeWatermark(own));

    expect(checkpointer.of(0)).toStrictEqual(own);
  });

  it("is written whenever it has moved", async () => {
    const around = surroundings();
    const process = around.begin();
    process.watermarks.set(0, { ...OLD, low: 101n });
    await process.checkpointer.final();
    process.watermarks.set(0, { ...OLD, low: 102n });
    await process.checkpointer.final();

    expect(completedIn(process)).toStrictEqual([102n, 102n].map((low) => ({ era: 0, low })));
    expect(around.watermark).toStrictEqual({ ...OLD, low: 102n });
  });

  it("is not known where nobody ever told", () => {
    expect(new Surroundings().begin().checkpointer.of(0)).toBeNull();
  });
});
