import type { DayCount } from "./day-count.ts";
import { decodeLedgerRecord } from "./slot-codec.ts";
import type { SlotLogRecord, SlotTailBegin } from "./slot-log.ts";
import { DAY, type LedgerRecord, type SlotRecord } from "./slot-record.ts";
import { SlotSchedule, type SlotSpan } from "./slot-schedule.ts";
import { SLOT_TERMS, silenceMs } from "./slot-terms.ts";

/** What became of a slot that was asked for. */
export type SlotFate = ({ readonly kind: "granted" } & SlotSpan) | { readonly kind: "void" };

/** Who is told of what the log says. */
export interface SlotEvents {
  slot(record: SlotRecord, fate: SlotFate): void;
  /** A new time scale began: no slot of the old one may be used any more. */
  restarted(why: string): void;
  /** Any record was taken. */
  taken(record: LedgerRecord): void;
}

export interface SlotReaderParts {
  readonly events: SlotEvents;
  /** The day of a key; null: it is not counted here. */
  readonly dayOf: (key: string) => DayCount | null;
}

const OTHER_LEADER = "the slots topic has another leader";
/** A snapshot refers to a position shortly before it. */
const MOST_KEPT = 2000;

/**
 * Reads the slots topic into a schedule, from the first place at which it can be known.
 *
 * The schedule goes on from record to record and under load never comes to an end by itself: reading
 * "the last N" would give another one than everybody else has. It is known at the beginning of the
 * log, at a snapshot, behind a silence, and where a new time scale begins.
 */
export class SlotReader {
  readonly #parts: SlotReaderParts;
  #schedule: SlotSchedule | null = null;
  /** What was read and could not be reckoned with yet. */
  #kept: { readonly record: LedgerRecord; readonly at: SlotLogRecord }[] = [];
  #last: SlotLogRecord | null = null;
  #position = 0n;
  #foreignVersion: number | null = null;

  constructor(parts: SlotReaderParts) {
    this.#parts = parts;
  }

  /** Null while it is not known. */
  get schedule(): SlotSchedule | null {
    return this.#foreignVersion === null ? this.#schedule : null;
  }

  /** The offset of the next record. */
  get position(): bigint {
    return this.#position;
  }

  /** A version that this process does not know stands in the log; null: none. */
  get foreignVersion(): number | null {
    return this.#foreignVersion;
  }

  /** Reading begins: whatever was known is known no more. */
  begin({ position }: SlotTailBegin): void {
    this.#position = position;
    this.#kept = [];
    this.#last = null;
    this.#schedule = position === 0n ? new SlotSchedule(SLOT_TERMS) : null;
  }

  take(at: SlotLogRecord): void {
    this.#position = at.offset + 1n;
    const read = decodeLedgerRecord(at.value);
    if (read.kind === "foreign") this.#foreignVersion = read.version;
    if (read.kind !== "read") return;
    if (this.#schedule === null) this.#lookForBeginning(read.record, at);
    else this.#reckon(this.#schedule, read.record, at);
    this.#last = at;
  }

  #lookForBeginning(record: LedgerRecord, at: SlotLogRecord): void {
    const last = this.#last;
    const isOtherLeader = last !== null && last.leaderEpoch !== at.leaderEpoch;
    if (isOtherLeader) this.#parts.events.restarted(OTHER_LEADER);
    if (record.kind === "reset" || isOtherLeader) {
      const schedule = new SlotSchedule(SLOT_TERMS);
      // Whoever knows more takes it for a new time scale too.
      schedule.take({ kind: "reset", instance: record.instance, why: "" }, at);
      this.#beginWith(schedule, record, at);
    } else if (last !== null && at.appendedAt - last.appendedAt >= silenceMs(SLOT_TERMS)) {
      this.#beginWith(new SlotSchedule(SLOT_TERMS), record, at);
    } else {
      this.#kept.push({ record, at });
      if (this.#kept.length > MOST_KEPT) this.#kept.shift();
      this.#beginAtSnapshot(record);
    }
  }

  #beginWith(schedule: SlotSchedule, record: LedgerRecord, at: SlotLogRecord): void {
    this.#kept = [];
    this.#schedule = schedule;
    this.#reckon(schedule, record, at);
  }

  #beginAtSnapshot(record: LedgerRecord): void {
    const snapshot = record.kind === "reset" ? null : record.snapshot;
    const from = this.#kept[0]?.at.offset;
    if (snapshot === null || from === undefined || snapshot.position < from) return;
    const schedule = SlotSchedule.restore(snapshot, SLOT_TERMS);
    const kept = this.#kept;
    this.#kept = [];
    this.#schedule = schedule;
    for (const one of kept) {
      if (one.at.offset >= snapshot.position) this.#reckon(schedule, one.record, one.at);
    }
  }

  #reckon(schedule: SlotSchedule, record: LedgerRecord, at: SlotLogRecord): void {
    const { events, dayOf } = this.#parts;
    if (schedule.isOtherScale(at)) events.restarted(OTHER_LEADER);
    if (record.kind === "reset") events.restarted(record.why);
    const verdict = schedule.take(record, at);
    if (record.kind === "slot") {
      const limit = record.limits[DAY] ?? Infinity;
      const isGranted = verdict?.kind === "granted";
      const day = isGranted ? dayOf(record.key) : null;
      const isOfTheDay = day?.take(record.traffic, limit, schedule.tp) ?? true;
      const isOurs = isGranted && isOfTheDay;
      events.slot(record, isOurs ? verdict : { kind: "void" });
    }
    events.taken(record);
  }
}
