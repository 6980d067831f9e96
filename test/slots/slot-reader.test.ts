import { describe, expect, it } from "vitest";
import { encodeLedgerRecord } from "../../src/slots/slot-codec.ts";
import type { SlotLogRecord } from "../../src/slots/slot-log.ts";
import { SlotReader } from "../../src/slots/slot-reader.ts";
import type { LedgerRecord } from "../../src/slots/slot-record.ts";
import { SlotSchedule } from "../../src/slots/slot-schedule.ts";
import { SLOT_TERMS, silenceMs } from "../../src/slots/slot-terms.ts";

const T = 1_700_000_000_000;
const written = { key: "a", instance: "one", limits: { call: 2 }, snapshot: null };
const aSlot: LedgerRecord = {
  ...{ ...written, kind: "slot", id: 1, traffic: "call", names: ["x"], validityMs: 15 },
};
const aReset: LedgerRecord = { kind: "reset", instance: "one", why: "a clock was set" };

function aReader(position: bigint) {
  const fates: string[] = [];
  const restarts: string[] = [];
  const reader = new SlotReader({
    dayOf: () => null,
    events: {
      slot: (_, fate) => void fates.push(fate.kind === "granted" ? String(fate.start - T) : "void"),
      restarted: (why) => void restarts.push(why),
      taken: () => undefined,
    },
  });
  reader.begin({ position, isTorn: false });
  return { reader, fates, restarts };
}

const at = (offset: number, ms: number, record: LedgerRecord, leaderEpoch = 1): SlotLogRecord => ({
  ...{ offset: BigInt(offset), appendedAt: T + ms, leaderEpoch },
  value: encodeLedgerRecord(record),
});

describe("a newcomer that reads the slots topic", () => {
  it("knows the schedule from the very beginning of the log", () => {
    const { reader, fates } = aReader(0n);
    reader.take(at(0, 0, aSlot));

    expect(fates).toStrictEqual(["0"]);
  });

  it("does not guess it from what it happens to have read", () => {
    const { reader, fates } = aReader(100n);
    for (let i = 0; i < 50; i++) reader.take(at(100 + i, 500 * i, aSlot));

    expect(reader.schedule).toBeNull();
    expect(fates).toStrictEqual([]);
  });

  it("knows it from a snapshot on, and reckons what lies between", () => {
    const log = Array.from({ length: 40 }, (_, i) => at(i, 500 * i, aSlot));
    const others = new SlotSchedule(SLOT_TERMS);
    for (const record of log.slice(0, 30)) others.take(aSlot, record);
    const snapshot = others.snapshot(30n);
    const expected = log.slice(30).map((record) => {
      const verdict = others.take(aSlot, record);
      return verdict?.kind === "granted" ? String(verdict.start - T) : "void";
    });
    const { reader, fates } = aReader(25n);
    log[33] = at(33, 500 * 33, { ...aSlot, snapshot });
    for (const record of log.slice(25)) reader.take(record);

    expect(fates).toStrictEqual(expected);
  });

  it("cannot use a snapshot of what it has not read", () => {
    const { reader } = aReader(100n);
    const snapshot = new SlotSchedule(SLOT_TERMS).snapshot(99n);
    reader.take(at(100, 0, { ...aSlot, snapshot: { ...snapshot, tp: T } }));

    expect(reader.schedule).toBeNull();
  });

  it("knows it behind a silence after which nothing older counts", () => {
    const { reader, fates } = aReader(100n);
    reader.take(at(100, 0, aSlot));
    reader.take(at(101, silenceMs(SLOT_TERMS) - 1, aSlot));
    expect(reader.schedule).toBeNull();

    reader.take(at(102, 2 * silenceMs(SLOT_TERMS), aSlot));
    expect(fates).toHaveLength(1);
  });

  it.each([
    ["a clock was set", at(101, 10, aReset)],
    ["the slots topic has another leader", at(101, 10, aSlot, 2)],
  ])("knows it where it begins anew for everybody: %s", (_, record) => {
    const { reader, restarts } = aReader(100n);
    reader.take(at(100, 0, aSlot));
    reader.take(record);

    expect(reader.schedule).not.toBeNull();
    expect(restarts).not.toHaveLength(0);
  });

  it("knows nothing any more when records appear whose rules it does not know", () => {
    const { reader } = aReader(0n);
    reader.take(at(0, 0, aSlot));
    reader.take({ ...at(1, 0, aSlot), value: Buffer.from('{"v":2}') });

    expect(reader.schedule).toBeNull();
    expect(reader.foreignVersion).toBe(2);
  });
});
