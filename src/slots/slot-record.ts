import type { Traffic } from "../lanes/send-gate.ts";
import type { SlotSnapshot } from "./slot-snapshot.ts";

/**
 * The most departures in a second that somebody lives by, by the name of the window that counts
 * them (`windowsOf`), and the most in 24 hours as `day`.
 */
export type Limits = Readonly<Record<string, number>>;

/** What may be counted together: the windows' names of one slot. */
export interface SlotUse {
  readonly traffic: Traffic;
  /** The operations that it may be used for, or the one read API. */
  readonly names: readonly string[];
}

interface Written {
  /** Whose limit it is: the connection's, or the one's that shares its own. */
  readonly key: string;
  /** The process that wrote it, and no other before or after it. */
  readonly instance: string;
  /** What its author lives by now, of every window that it may fall into. */
  readonly limits: Limits;
  /** What everybody knows at a position before it. */
  readonly snapshot: SlotSnapshot | null;
}

/** Asks for the right to one departure. */
export interface SlotRecord extends Written, SlotUse {
  readonly kind: "slot";
  /** Unique within its instance. */
  readonly id: number;
  /** How long it may be used when it is reserved ahead, in milliseconds: as late as its author runs. */
  readonly validityMs: number;
}

/** Tells limits without wanting a slot. */
export interface LimitRecord extends Written {
  readonly kind: "limits";
  /** Nothing of the key may start for so long: the provider asked for it. */
  readonly pauseMs: number;
}

/** The brokers' clock was set: a new time scale begins for everybody. */
export interface ResetRecord {
  readonly kind: "reset";
  readonly instance: string;
  readonly why: string;
}

export type LedgerRecord = SlotRecord | LimitRecord | ResetRecord;

/** Where a record stands, as the brokers tell it. */
export interface Stamp {
  readonly offset: bigint;
  /** Time of the brokers, milliseconds since the epoch. */
  readonly appendedAt: number;
  /** Each leader of the partition has a number of its own, and may have a clock of its own. */
  readonly leaderEpoch: number;
}

/** Calls and reads together. */
export const TOTAL = "total";
/** Calls of all operations. */
export const CALLS = "call";
/** The name under which `Limits` tells of 24 hours. */
export const DAY = "day";

/** The windows that many kinds of use share. */
export function sharedWindowsOf({ traffic }: Pick<SlotUse, "traffic">): readonly string[] {
  return traffic === "call" ? [CALLS, TOTAL] : [TOTAL];
}

/** The windows of one operation or one read API. */
export function ownWindowsOf({ traffic, names }: SlotUse): readonly string[] {
  return names.map((name) => (traffic === "call" ? operationWindow(name) : readWindow(name)));
}

/** Counts one operation. */
export function operationWindow(operation: string): string {
  return `op:${operation}`;
}

/** Counts one read API. */
export function readWindow(action: string): string {
  return `read:${action}`;
}

/** Slots with the same key may be used for the same. */
export function useKey({ traffic, names }: SlotUse): string {
  return `${traffic} ${names.join(",")}`;
}
