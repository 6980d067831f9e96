import type { Traffic } from "../lanes/send-gate.ts";
import type { LedgerRecord, Limits } from "./slot-record.ts";
import type { SlotSnapshot } from "./slot-snapshot.ts";
import { SLOT_TERMS, SLOT_VERSION } from "./slot-terms.ts";
import type { WindowSnapshot } from "./slot-window.ts";

/** What a record of the slots topic holds. */
export type ReadLedgerRecord =
  | { readonly kind: "read"; readonly record: LedgerRecord }
  /** Somebody reckons by other rules: nothing may be reckoned from here on. */
  | { readonly kind: "foreign"; readonly version: number }
  | { readonly kind: "unreadable" };

/** A snapshot as JSON: offsets as text, no instant as null. */
interface WireSnapshot {
  readonly position: string;
  readonly tp: number;
  readonly epoch: number | null;
  readonly floor: number | null;
  readonly keys: Readonly<
    Record<
      string,
      {
        readonly floor: number | null;
        readonly windows: Readonly<
          Record<
            string,
            {
              readonly ends: readonly number[];
              readonly last: number | null;
              readonly named: readonly (readonly [number, number])[];
            }
          >
        >;
      }
    >
  >;
}

/** A record as the value of a Kafka record: JSON, for people who look into the topic. */
export function encodeLedgerRecord(record: LedgerRecord): Buffer {
  const { kind, instance } = record;
  if (kind === "reset") return asBytes({ v: SLOT_VERSION, kind, by: instance, why: record.why });
  const { key, limits, snapshot } = record;
  const own =
    kind === "slot"
      ? { id: record.id, use: record.traffic, names: record.names, valid: record.validityMs }
      : { ...(record.pauseMs > 0 ? { pause: record.pauseMs } : {}) };
  return asBytes({
    ...{ v: SLOT_VERSION, kind, by: instance, key, limits, ...own },
    ...(snapshot === null ? {} : { snapshot: wireSnapshot(snapshot) }),
  });
}

/** Never throws: whatever stands in the topic is read, foreign or unreadable. */
export function decodeLedgerRecord(value: Buffer | null): ReadLedgerRecord {
  let found: unknown;
  try {
    found = JSON.parse(value?.toString("utf8") ?? "");
  } catch {
    return { kind: "unreadable" };
  }
  if (!isMap(found)) return { kind: "unreadable" };
  const version = found["v"];
  if (typeof version !== "number") return { kind: "unreadable" };
  if (version !== SLOT_VERSION) return { kind: "foreign", version };
  const record = readRecord(found);
  return record === null ? { kind: "unreadable" } : { kind: "read", record };
}

function readRecord(found: Readonly<Record<string, unknown>>): LedgerRecord | null {
  const { kind, by: instance, why, key } = found;
  if (typeof instance !== "string") return null;
  if (kind === "reset") return { kind, instance, why: typeof why === "string" ? why : "" };
  const limits = readLimits(found["limits"]);
  if (typeof key !== "string" || limits === null) return null;
  const snapshot = readSnapshot(found["snapshot"]);
  const written = { key, instance, limits, snapshot };
  if (kind === "limits") return { ...written, kind, pauseMs: numberOr(found["pause"], 0) };
  const { id, use, names, valid: validityMs } = found;
  if (kind !== "slot" || typeof id !== "number" || !isTraffic(use) || !isNames(names)) return null;
  if (!isValidity(validityMs)) return null;
  return { ...written, kind, id, traffic: use, names, validityMs };
}

function readLimits(found: unknown): Limits | null {
  if (!isMap(found)) return null;
  const all = Object.values(found);
  const areLimits = all.every((one) => Number.isInteger(one) && Number(one) >= 1);
  return areLimits ? (found as Limits) : null; // all of its values are whole numbers
}

/** One that cannot be read is none: whoever begins waits for the next one. */
function readSnapshot(found: unknown): SlotSnapshot | null {
  if (!isMap(found) || typeof found["position"] !== "string") return null;
  const { position, tp, epoch, floor, keys } = found as unknown as WireSnapshot; // we write no other
  const told = Object.entries(keys).map(([name, key]) => {
    const windows = Object.entries(key.windows).map(([window, { ends, last, named }]) => {
      const one: WindowSnapshot = { ends, lastStart: last, named };
      return [window, one] as const;
    });
    return [name, { floor: instant(key.floor), windows: Object.fromEntries(windows) }] as const;
  });
  const all = { tp, epoch, floor: instant(floor), keys: Object.fromEntries(told) };
  return { position: BigInt(position), ...all };
}

function wireSnapshot({ position, tp, epoch, floor, keys }: SlotSnapshot): WireSnapshot {
  const told = Object.entries(keys).map(([name, key]) => {
    const windows = Object.entries(key.windows).map(([window, { ends, lastStart, named }]) => {
      return [window, { ends, last: lastStart, named }] as const;
    });
    return [name, { floor: finite(key.floor), windows: Object.fromEntries(windows) }] as const;
  });
  const all = { tp, epoch, floor: finite(floor), keys: Object.fromEntries(told) };
  return { position: String(position), ...all };
}

function finite(at: number): number | null {
  return Number.isFinite(at) ? at : null;
}

function instant(at: number | null): number {
  return at ?? -Infinity;
}

function asBytes(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function isMap(found: unknown): found is Readonly<Record<string, unknown>> {
  return typeof found === "object" && found !== null && !Array.isArray(found);
}

function isTraffic(found: unknown): found is Traffic {
  return found === "call" || found === "read";
}

/** Longer ones could outlive the beginning of a new time scale. */
function isValidity(found: unknown): found is number {
  const { validityMs, mostValidityMs } = SLOT_TERMS;
  return Number.isInteger(found) && Number(found) >= validityMs && Number(found) <= mostValidityMs;
}

function isNames(found: unknown): found is readonly string[] {
  return Array.isArray(found) && found.length > 0 && found.every((one) => typeof one === "string");
}

function numberOr(found: unknown, otherwise: number): number {
  return typeof found === "number" ? found : otherwise;
}
