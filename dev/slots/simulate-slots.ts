import { decodeLedgerRecord, encodeLedgerRecord } from "../../src/slots/slot-codec.ts";
import { SlotSchedule, type SlotVerdict } from "../../src/slots/slot-schedule.ts";
import { SLOT_TERMS } from "../../src/slots/slot-terms.ts";
import { Random } from "../simulation/random.ts";
import { type Departure, overfullWindow } from "./audit-ledger.ts";
import { type PlannedSlot, randomLedger } from "./random-ledger.ts";
import type { SlotRule } from "./slot-bugs.ts";

/** What one random log showed. */
export interface SimulatedLedger {
  /** What was wrong; null: every limit held, and every newcomer agreed. */
  readonly violation: string | null;
  readonly used: number;
}

const RESTORED_SHARE = 0.1;

/** Works a random log, uses most of its slots as badly as their spans allow, and counts. */
export function simulateSlots(seed: number, rule?: SlotRule): SimulatedLedger {
  const random = new Random(seed);
  const log = randomLedger(random);
  const schedule = new SlotSchedule(rule?.terms ?? SLOT_TERMS, rule?.createWindow);
  const lateness = random.pick(["any", "first", "last", "extremes"] as const);
  const snapshotAt = random.chance(RESTORED_SHARE) ? random.whole(1, log.length - 1) : null;
  const departures: Departure[] = [];
  const verdicts: (SlotVerdict | null)[] = [];
  const snapshots: Buffer[] = [];
  log.forEach(({ record, stamp, offsetMs }, index) => {
    if (index === snapshotAt) snapshots.push(packed(schedule, stamp.offset));
    const verdict = schedule.take(record, stamp);
    verdicts.push(verdict);
    if (verdict?.kind !== "granted" || random.chance(0.12)) return;
    const at = leavesAt(random, lateness, verdict) - offsetMs;
    departures.push({ index, at });
  });
  const used = departures.length;
  const overfull = overfullWindow(log, departures);
  if (overfull !== null) return { violation: `seed ${seed}: ${overfull}`, used };
  const isAgreed = snapshots.every((snapshot) => agrees(snapshot, log, verdicts));
  return { violation: isAgreed ? null : `seed ${seed}: a newcomer reckons otherwise`, used };
}

function leavesAt(
  random: Random,
  lateness: "any" | "first" | "last" | "extremes",
  { start, end }: { readonly start: number; readonly end: number },
): number {
  switch (lateness) {
    case "any":
      return random.between(start, end);
    case "first":
      return start;
    case "last":
      return end;
    case "extremes":
      return random.chance(0.5) ? start : end;
  }
}

/** A snapshot as it travels: inside of a record. */
function packed(schedule: SlotSchedule, position: bigint): Buffer {
  return encodeLedgerRecord({
    ...{ kind: "limits", key: "a", instance: "i", limits: {}, pauseMs: 0 },
    snapshot: schedule.snapshot(position),
  });
}

function agrees(
  value: Buffer,
  log: readonly PlannedSlot[],
  verdicts: readonly (SlotVerdict | null)[],
): boolean {
  const read = decodeLedgerRecord(value);
  if (read.kind !== "read" || read.record.kind !== "limits") return false;
  const { snapshot } = read.record;
  if (snapshot === null) return false;
  const restored = SlotSchedule.restore(snapshot, SLOT_TERMS);
  return log.slice(Number(snapshot.position)).every(({ record, stamp }) => {
    const [mine, theirs] = [restored.take(record, stamp), verdicts[Number(stamp.offset)]];
    if (mine?.kind !== "granted" || theirs?.kind !== "granted") return mine?.kind === theirs?.kind;
    return mine.start === theirs.start && mine.end === theirs.end;
  });
}
