import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLedgerRecord, encodeLedgerRecord } from "../../src/slots/slot-codec.ts";
import type { LedgerRecord } from "../../src/slots/slot-record.ts";
import { SlotSchedule } from "../../src/slots/slot-schedule.ts";
import { SLOT_TERMS } from "../../src/slots/slot-terms.ts";

const written = { key: "a", instance: "one", limits: { call: 20, "op:x": 2 }, snapshot: null };
const aSlot: LedgerRecord = {
  ...{ ...written, kind: "slot", id: 7, traffic: "call", names: ["x", "y"], validityMs: 40 },
};

function aSnapshot() {
  const schedule = new SlotSchedule(SLOT_TERMS);
  const stamp = { offset: 0n, appendedAt: 1_700_000_000_000, leaderEpoch: 3 };
  for (let i = 0; i < 5; i++) schedule.take(aSlot, stamp);
  return schedule.snapshot(5n);
}

describe("a record of the slots topic", () => {
  it.each<[string, LedgerRecord]>([
    ["a slot", aSlot],
    ["a slot with a snapshot", { ...aSlot, snapshot: aSnapshot() }],
    ["limits", { ...written, kind: "limits", pauseMs: 0 }],
    ["limits with a pause", { ...written, kind: "limits", pauseMs: 8000 }],
    ["a reset", { kind: "reset", instance: "one", why: "the clock was set" }],
  ])("is read as it was written: %s", (_, record) => {
    const value = encodeLedgerRecord(record);

    expect(decodeLedgerRecord(value)).toStrictEqual({ kind: "read", record });
  });

  it("of another version is told apart from one that cannot be read", () => {
    expect(decodeLedgerRecord(Buffer.from('{"v":2,"kind":"slot"}'))).toStrictEqual({
      ...{ kind: "foreign", version: 2 },
    });
    expect(decodeLedgerRecord(Buffer.from("{}"))).toStrictEqual({ kind: "unreadable" });
    expect(decodeLedgerRecord(null)).toStrictEqual({ kind: "unreadable" });
  });

  it.each([
    { limits: { call: 0 } },
    { limits: { call: 1.5 } },
    { names: [] },
    { use: "write" },
    { id: "7" },
    { valid: SLOT_TERMS.validityMs - 1 },
    { valid: SLOT_TERMS.mostValidityMs + 1 },
    { valid: 20.5 },
  ])("that makes no sense counts as unreadable: %j", (change) => {
    const value = { ...(JSON.parse(String(encodeLedgerRecord(aSlot))) as object), ...change };

    expect(decodeLedgerRecord(Buffer.from(JSON.stringify(value))).kind).toBe("unreadable");
  });

  it("never throws, whatever stands there", () => {
    const anything = fc.oneof(
      fc.json().map((text) => Buffer.from(text)),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc
        .dictionary(fc.constantFrom("kind", "by", "key", "limits", "snapshot"), fc.jsonValue())
        .map((found) => Buffer.from(JSON.stringify({ v: 1, ...found }))),
    );
    const check = () =>
      fc.assert(
        fc.property(anything, (value) =>
          ["read", "foreign", "unreadable"].includes(decodeLedgerRecord(value).kind),
        ),
      );
    expect(check).not.toThrow();
  });
});
