import { beforeEach, describe, expect, it } from "vitest";
import type { CheckpointValues } from "../../src/journal/checkpoint-store.ts";
import { ClaimStates } from "../../src/journal/claim-states.ts";
import type { JournalLog, LoggedRecord } from "../../src/journal/journal-log.ts";
import type { JournalRecord } from "../../src/journal/journal-record.ts";
import { JournalReplica } from "../../src/journal/journal-replica.ts";
import { LostHistory, recover } from "../../src/journal/recover.ts";
import { encodeRecord } from "../../src/journal/record-codec.ts";
import { borderOf, SummaryWriter } from "../../src/journal/summary-writer.ts";
import { aCheckpoint, aClaim, aClose, aPublished } from "./records.ts";

/** A journal of one partition as it can be asked about. */
class AskedLog implements Pick<JournalLog, "ranges" | "recordsAt"> {
  readonly records: LoggedRecord[] = [];
  low = 0;
  readonly asked: bigint[] = [];

  write(appendedAt: number, ...records: readonly JournalRecord[]): void {
    for (const record of records) {
      const offset = BigInt(this.records.length);
      this.records.push({ offset, appendedAt, value: encodeRecord(record) });
    }
  }

  async ranges() {
    return [{ low: BigInt(this.low), high: BigInt(this.records.length) }];
  }

  async recordsAt(offsets: ReadonlyMap<number, bigint>) {
    this.asked.push(...offsets.values());
    const found = this.records.slice(this.low).find(({ offset }) => offset === offsets.get(0));
    return new Map(found === undefined ? [] : [[0, found]]);
  }
}

const PAST = [aClaim("c"), aClose([{ requestId: "s" }]), aPublished(["s"]), aCheckpoint([], true)];
const NOON = 1_700_000_000_000;

let log: AskedLog;
let values: CheckpointValues;

/** A journal with a summary of its first four records, and one record more. */
beforeEach(async () => {
  log = new AskedLog();
  log.write(NOON, ...PAST);
  values = await summaryOf(log);
  log.write(NOON, aClaim("later", [{ requestId: "t" }]));
});

/** What is written to the checkpoint when the last record of the log ends a stretch. */
async function summaryOf({ records }: AskedLog): Promise<CheckpointValues> {
  const written = new Map<string, Buffer>();
  const states = new ClaimStates(0);
  const fail = (error: unknown) => {
    throw error;
  };
  const replica = new JournalReplica({ states: [states], now: () => 0, onFailure: fail });
  replica.onRecords(0, records);
  const store = {
    write: async (key: string, value: Buffer | null) => void written.set(key, value!),
  };
  const writer = new SummaryWriter({ store, partitions: 1, epoch: () => 0 });
  await writer.write(borderOf(states, replica.lastRecord(0)));
  return written;
}

/** The log when its topic was deleted, made anew and written to. */
function anotherLog(appendedAt: number, ...records: readonly JournalRecord[]): AskedLog {
  const another = new AskedLog();
  another.write(appendedAt, ...records);
  return another;
}

describe("a journal that is begun with", () => {
  it("goes on at the border of its summary", async () => {
    const [states] = await recover(values, log);

    expect(states).toMatchObject({ position: 4n, openCount: 1 });
    expect(log.asked).toStrictEqual([3n]);
  });

  it("goes on there when everything below the border was deleted by its age", async () => {
    log.low = 4;
    const [states] = await recover(values, log);

    expect(states?.position).toBe(4n);
    expect(log.asked).toStrictEqual([]);
  });

  it("is read from its beginning when nothing was ever written down of it", async () => {
    const [states] = await recover(new Map(), log);

    expect(states?.position).toBe(0n);
  });

  it.each([
    ["is shorter", anotherLog(NOON, ...PAST.slice(1)), /goes on at 4: records are missing/],
    [
      "has grown past the border, with other records",
      anotherLog(NOON, ...PAST.slice(1), aClaim("d"), aClaim("e")),
      /partition 0 has another record at 3 than before: it is another journal/,
    ],
    [
      "has grown past the border, with the same record at another time",
      anotherLog(NOON + 1, ...PAST, aClaim("d")),
      /partition 0 has another record at 3 than before: .*topics --accept-lost-journal/,
    ],
  ])("is lost when it was made anew and %s", async (_, another, message) => {
    await expect(recover(values, another)).rejects.toThrow(LostHistory);
    await expect(recover(values, another)).rejects.toThrow(message);
  });

  it("is lost when the record before the border is gone and older ones are there", async () => {
    log.records.splice(3, 1);

    await expect(recover(values, log)).rejects.toThrow(/another record at 3/);
  });

  it("is not taken for lost while it cannot be asked", async () => {
    const away = new Error("no broker answers");
    log.recordsAt = async () => Promise.reject(away);

    await expect(recover(values, log)).rejects.toBe(away);
  });

  it("is refused when it has another number of partitions than before", async () => {
    log.ranges = async () => [0, 1].map(() => ({ low: 0n, high: 9n }));

    await expect(recover(values, log)).rejects.toThrow(/has 2 partitions and had 1 before/);
  });
});
