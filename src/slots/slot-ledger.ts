import type { Repeated } from "../lifecycle/repeated.ts";
import type { Log } from "../observability/log.ts";
import { BrokerClock, type SureTime } from "./broker-clock.ts";
import type { DayCount } from "./day-count.ts";
import { encodeLedgerRecord } from "./slot-codec.ts";
import type { Appended, SlotLog } from "./slot-log.ts";
import { type SlotFate, SlotReader } from "./slot-reader.ts";
import type { LedgerRecord, LimitRecord, Limits, SlotRecord, SlotUse } from "./slot-record.ts";
import type { SlotSchedule } from "./slot-schedule.ts";
import { SLOT_TERMS } from "./slot-terms.ts";

/** Who holds the slots of one key in this process. */
export interface SlotHolder {
  readonly key: string;
  /** What it lives by now, of every window. */
  limits(): Limits;
  /** Whether others must be told of its limits again and again: they are lower than configured. */
  readonly isLowered: boolean;
  /** Whether somebody waits for a slot of it. */
  readonly isWaitedFor: boolean;
  /** The day of the key; null: it is not counted. */
  readonly day: DayCount | null;
  /** What became of an own slot. */
  slot(id: number, fate: SlotFate): void;
  /** None of the own slots may be used any more. */
  dropAll(): void;
  /** Something was read, or it can be reserved again. */
  changed(): void;
}

/** A slot that is asked for. */
export interface SlotAsk extends SlotUse {
  readonly id: number;
  readonly limits: Limits;
  readonly validityMs: number;
}

export interface SlotLedgerParts {
  readonly log: SlotLog;
  /** This process, and no other before or after it. */
  readonly instance: string;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly tell: Pick<Log, "info" | "warn" | "error">;
  readonly repeated: Repeated;
  /** A new time scale began, whoever said so. */
  readonly onRestarted: () => void;
}

/** What `/metrics` and `/status` tell of the ledger. */
export interface LedgerFigures {
  /** How well the brokers' time is known, in milliseconds; null: not at all. */
  readonly clockWidthMs: number | null;
}

const LOOK_EVERY_MS = 250;
const PROBE_WHEN_IDLE_MS = 30_000;
/** Where the brokers' time is known less well, slots get lost: they are asked again and again. */
const VAGUE_MS = 5;
const PROBE_WHEN_VAGUE_MS = 500;
const TELL_LOWERED_EVERY_MS = 5000;
const SNAPSHOT_EVERY_RECORDS = 64;
const SNAPSHOT_EVERY_MS = 10_000;
/** The log is read from so long ago, which holds a snapshot when anybody works. */
const READ_BACK_MS = 60_000;
const READ_BACK_DAY_MS = 24.1 * 60 * 60 * 1000;
/** A granted slot that lies further ahead by our clock than any may shows that a clock was set. */
const TOO_FAR_MS = SLOT_TERMS.leadMs + 200;
/** After so long every slot is over that was granted by a clock of which we know nothing. */
const TRUSTED_AFTER_MS = SLOT_TERMS.holdMs + 1000 + SLOT_TERMS.marginMs;

/**
 * One process's part in the shared rate limit: it reads the slots topic, writes into it, and knows
 * what time it is for the brokers.
 *
 * Nothing is reserved or used while the schedule is not known, the brokers' time is not known for long
 * enough, or a clock was set and not everybody knows.
 */
export class SlotLedger {
  readonly #parts: SlotLedgerParts;
  readonly #clock = new BrokerClock();
  readonly #reader: SlotReader;
  readonly #holders = new Map<string, SlotHolder>();
  readonly #toldAt = new Map<string, number>();
  readonly #pauses = new Map<string, number>();
  /** Each time scale has its own: what was asked in an older one tells nothing of this one's clock. */
  #scale = 0;
  #reset: string | null = null;
  #isWriting = false;
  #probe: bigint | null = null;
  #sinceSnapshot = 0;
  #snapshotTp = -Infinity;
  #toldForeign = false;
  /** Whether anybody else may have slots, as far as the log tells. */
  #isAlone = false;

  constructor(parts: SlotLedgerParts) {
    this.#parts = parts;
    this.#reader = new SlotReader({
      dayOf: (key) => this.#holders.get(key)?.day ?? null,
      events: {
        slot: (record, fate) => this.#slot(record, fate),
        restarted: (why) => this.#restarted(why),
        taken: (record) => this.#taken(record),
      },
    });
  }

  /** Adds a key, before `start`. */
  add(holder: SlotHolder): void {
    this.#holders.set(holder.key, holder);
  }

  /** Begins to read, and to look after the clock. */
  start(): void {
    const { log, repeated } = this.#parts;
    const countsDays = [...this.#holders.values()].some(({ day }) => day !== null);
    log.follow(countsDays ? READ_BACK_DAY_MS : READ_BACK_MS, {
      onBegin: (begin) => {
        this.#reader.begin(begin);
        this.#isAlone = begin.position === 0n;
        this.#probe = null;
        if (begin.isTorn) this.#mustReset("records of the slots topic were lost");
      },
      onRecords: (records) => {
        for (const record of records) this.#reader.take(record);
        for (const holder of this.#holders.values()) holder.changed();
      },
      onCaughtUp: () => undefined,
    });
    repeated.every(LOOK_EVERY_MS, async () => this.#look());
  }

  /** What everybody knows; null while it is not known here. */
  get schedule(): SlotSchedule | null {
    return this.#reset === null ? this.#reader.schedule : null;
  }

  /** The brokers' time; null while no slot may be reserved or used. */
  time(): SureTime | null {
    const { now } = this.#parts;
    const { firstAt } = this.#clock;
    if (firstAt === null) return null;
    // A log without a slot of anybody else: no clock that is set can make one overlap with ours.
    const isTrusted = this.#isAlone || now() - firstAt >= TRUSTED_AFTER_MS;
    return isTrusted && this.schedule !== null ? this.#clock.at(now()) : null;
  }

  /** Asks for slots. Resolves with whether the brokers have acknowledged them; never rejects. */
  async reserve(key: string, asks: readonly SlotAsk[]): Promise<boolean> {
    const { instance } = this.#parts;
    const records = asks.map((ask): SlotRecord => {
      return { ...ask, kind: "slot", key, instance, snapshot: null };
    });
    return (await this.#append(key, records)) !== null;
  }

  /** Tells everybody of the key's limits, and that nothing of it may start for `pauseMs`. */
  tell(key: string, pauseMs: number): void {
    this.#pauses.set(key, Math.max(pauseMs, this.#pauses.get(key) ?? 0));
    void this.#look();
  }

  /** Why no slots are to be had, in words for people; null when all is well. */
  health(): string | null {
    const { foreignVersion } = this.#reader;
    if (foreignVersion !== null) {
      return `the slots topic holds records of version ${foreignVersion}, which this version does not know: no calls are made`;
    }
    const trouble = this.#parts.log.health();
    if (trouble !== null) return trouble;
    if (this.#reset !== null) return `the shared rate limit begins anew: ${this.#reset}`;
    return this.time() === null ? "the shared rate limit is not known yet" : null;
  }

  get figures(): LedgerFigures {
    const time = this.#clock.at(this.#parts.now());
    return { clockWidthMs: time === null ? null : time.hi - time.lo };
  }

  async #look(): Promise<void> {
    this.#tellForeign();
    if (this.#isWriting || this.#reader.foreignVersion !== null) return;
    this.#isWriting = true;
    try {
      await this.#writeWhatIsDue();
    } finally {
      this.#isWriting = false;
    }
  }

  async #writeWhatIsDue(): Promise<void> {
    const { now, instance } = this.#parts;
    const [first] = this.#holders.keys();
    if (first === undefined) return;
    const isLost = this.#probe !== null && this.#reader.position > this.#probe;
    if (this.#reader.schedule === null && isLost) this.#mustReset("nobody alive knows it");
    const why = this.#reset;
    if (why !== null) {
      const record = { kind: "reset", instance, why } as const;
      const appended = await this.#append(first, [record]);
      if (appended !== null && this.#reset === why) this.#reset = null;
      return;
    }
    for (const holder of this.#holders.values()) await this.#tellIfDue(holder);
    const { lastAt } = this.#clock;
    const isOld = lastAt === null || now() - lastAt >= this.#probeEveryMs();
    const isUnknown = this.#reader.schedule === null && this.#probe === null;
    if (isOld || isUnknown) await this.#tell(first, 0);
  }

  #probeEveryMs(): number {
    const isWaitedFor = [...this.#holders.values()].some((holder) => holder.isWaitedFor);
    const isVague = (this.figures.clockWidthMs ?? Infinity) > VAGUE_MS;
    return isWaitedFor && isVague ? PROBE_WHEN_VAGUE_MS : PROBE_WHEN_IDLE_MS;
  }

  async #tellIfDue({ key, isLowered }: SlotHolder): Promise<void> {
    const pauseMs = this.#pauses.get(key);
    const toldAt = this.#toldAt.get(key);
    const isOld = toldAt === undefined || this.#parts.now() - toldAt >= TELL_LOWERED_EVERY_MS;
    const isDue = pauseMs !== undefined || toldAt === undefined || (isLowered && isOld);
    if (isDue && (await this.#tell(key, pauseMs ?? 0)) && this.#pauses.get(key) === pauseMs) {
      this.#pauses.delete(key);
    }
  }

  async #tell(key: string, pauseMs: number): Promise<boolean> {
    const limits = this.#holders.get(key)?.limits() ?? {};
    const { instance, now } = this.#parts;
    const record: LimitRecord = { kind: "limits", key, instance, limits, pauseMs, snapshot: null };
    const appended = await this.#append(key, [record]);
    if (appended === null) return false;
    this.#toldAt.set(key, now());
    if (this.#reader.schedule === null) this.#probe = appended.offset;
    return true;
  }

  async #append(key: string, records: readonly LedgerRecord[]): Promise<Appended | null> {
    const { log, now } = this.#parts;
    const scale = this.#scale;
    const values = this.#withSnapshot(records).map(encodeLedgerRecord);
    const sentAt = now();
    let appended: Appended;
    try {
      appended = await log.append(key, values);
    } catch (error) {
      this.#parts.tell.warn("slots.append-failed", { key, error });
      return null;
    }
    // Read back meanwhile, it may have begun another time scale.
    if (scale !== this.#scale) return appended;
    const { appendedAt: stamp } = appended;
    if (this.#clock.note({ sentAt, receivedAt: now(), stamp }) === "step") {
      this.#mustReset("the brokers' clock was set");
    }
    return appended;
  }

  /** The first of them tells all that is known when nobody did for a while. */
  #withSnapshot(records: readonly LedgerRecord[]): readonly LedgerRecord[] {
    const { schedule, position } = this.#reader;
    const [first, ...others] = records;
    if (schedule === null || first === undefined || first.kind === "reset") return records;
    const isDue =
      this.#sinceSnapshot >= SNAPSHOT_EVERY_RECORDS ||
      schedule.tp - this.#snapshotTp >= SNAPSHOT_EVERY_MS;
    if (!isDue || !Number.isFinite(schedule.tp)) return records;
    return [{ ...first, snapshot: schedule.snapshot(position) }, ...others];
  }

  #slot(record: SlotRecord, fate: SlotFate): void {
    if (record.instance !== this.#parts.instance) return;
    this.#holders.get(record.key)?.slot(record.id, fate);
    const time = this.#clock.at(this.#parts.now());
    if (fate.kind !== "granted" || time === null || fate.start <= time.hi + TOO_FAR_MS) return;
    this.#mustReset("slots lie further ahead than they can: a clock was set");
  }

  #taken(record: LedgerRecord): void {
    if (record.instance !== this.#parts.instance) this.#isAlone = false;
    const hasSnapshot = record.kind !== "reset" && record.snapshot !== null;
    this.#sinceSnapshot = hasSnapshot ? 0 : this.#sinceSnapshot + 1;
    if (hasSnapshot) this.#snapshotTp = this.#reader.schedule?.tp ?? -Infinity;
  }

  #mustReset(why: string): void {
    if (this.#reset === null) this.#parts.tell.error("slots.reset", { why });
    this.#reset ??= why;
    for (const holder of this.#holders.values()) holder.dropAll();
  }

  /** A new time scale: its clock has to be learnt, and everybody's limits are to be named again. */
  #restarted(why: string): void {
    this.#parts.tell.warn("slots.restarted", { why });
    this.#parts.onRestarted();
    this.#isAlone = false;
    this.#scale += 1;
    this.#clock.forget();
    this.#snapshotTp = -Infinity;
    this.#toldAt.clear();
    for (const holder of this.#holders.values()) holder.dropAll();
  }

  #tellForeign(): void {
    const { foreignVersion: version } = this.#reader;
    if (version === null || this.#toldForeign) return;
    this.#toldForeign = true;
    this.#parts.tell.error("slots.foreign-version", { version });
  }
}
