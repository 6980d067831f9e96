import type { LedgerRecord, Limits, SlotUse, Stamp } from "../../src/slots/slot-record.ts";
import { ownWindowsOf, sharedWindowsOf } from "../../src/slots/slot-record.ts";
import { SLOT_TERMS } from "../../src/slots/slot-terms.ts";
import type { Random } from "../simulation/random.ts";

/** One record of a random log, and what is known of it besides. */
export interface PlannedSlot {
  readonly record: LedgerRecord;
  readonly stamp: Stamp;
  /** Brokers' time of its leader minus true time. */
  readonly offsetMs: number;
}

const { validityMs, mostValidityMs } = SLOT_TERMS;
const RECORDS = 64;
const COUNTS = [1, 2, 5, 20];
const OPERATIONS = ["slow", "fast"];
const ACTIONS = ["look", "list"];
const BEGINNING = 1_700_000_000_000;

/**
 * What several replicas may have written: limits that differ and change, operations and reads under
 * a total, stamps that go backwards, leaders whose clocks differ, clocks that are set.
 */
export function randomLedger(random: Random): readonly PlannedSlot[] {
  const authors = Array.from({ length: random.whole(1, 4) }, () => randomLimits(random));
  const common = random.chance(0.6) ? randomLimits(random) : null;
  const keys = random.chance(0.2) ? ["a", "b"] : ["a"];
  const pace = random.pick(["burst", "steady", "mixed"] as const);
  const isTroubled = random.chance(0.25);
  let at = BEGINNING;
  let leaderEpoch = 0;
  let offsetMs = 0;
  return Array.from({ length: RECORDS }, (_, index): PlannedSlot => {
    at += pauseOf(random, pace);
    const author = random.whole(0, authors.length - 1);
    if (random.chance(0.03)) authors[author] = randomLimits(random);
    const trouble = isTroubled && random.chance(0.05) ? random.pick(["leader", "reset"]) : null;
    if (trouble !== null) offsetMs += random.between(-5000, 5000);
    if (trouble === "leader") leaderEpoch += 1;
    const backwards = random.chance(0.15) ? random.between(0, 100) : 0;
    const appendedAt = Math.floor(at + offsetMs - backwards);
    const stamp = { offset: BigInt(index), appendedAt, leaderEpoch };
    const instance = `replica-${author}`;
    if (trouble === "reset") {
      return { stamp, offsetMs, record: { kind: "reset", instance, why: "a clock was set" } };
    }
    const limits = common ?? authors[author] ?? {};
    return {
      stamp,
      offsetMs,
      record: randomRecord(random, index, random.pick(keys), instance, limits),
    };
  });
}

function randomRecord(
  random: Random,
  index: number,
  key: string,
  instance: string,
  limits: Limits,
): LedgerRecord {
  const written = { key, instance, snapshot: null };
  if (random.chance(0.06)) {
    const pauseMs = random.chance(0.1) ? random.whole(1, 3000) : 0;
    return { ...written, kind: "limits", limits, pauseMs };
  }
  const use = randomUse(random);
  const names = [...sharedWindowsOf(use), ...ownWindowsOf(use)];
  const told = Object.entries(limits).filter(([name]) => names.includes(name));
  return {
    ...{ ...written, ...use, kind: "slot", id: index, limits: Object.fromEntries(told) },
    validityMs: random.chance(0.5) ? validityMs : random.whole(validityMs, mostValidityMs),
  };
}

function randomUse(random: Random): SlotUse {
  if (random.chance(0.25)) return { traffic: "read", names: [random.pick(ACTIONS)] };
  const names = random.chance(0.2) ? OPERATIONS : [random.pick(OPERATIONS)];
  return { traffic: "call", names };
}

function randomLimits(random: Random): Limits {
  const maybe = (name: string, probability: number) =>
    random.chance(probability) ? { [name]: random.pick(COUNTS) } : {};
  return {
    call: random.pick(COUNTS),
    ...maybe("total", 0.5),
    ...maybe("op:slow", 0.4),
    ...maybe("op:fast", 0.1),
    "read:look": random.pick(COUNTS),
    "read:list": random.pick(COUNTS),
  };
}

function pauseOf(random: Random, pace: "burst" | "steady" | "mixed"): number {
  const kind = pace === "mixed" ? random.pick(["burst", "steady", "rest"] as const) : pace;
  switch (kind) {
    case "burst":
      return random.between(0, 5);
    case "steady":
      return random.between(10, 120);
    case "rest":
      return random.magnitude(1, 12_000);
  }
}
