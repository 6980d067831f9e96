import type { Stamp } from "./slot-record.ts";

/** One record as it stands in the slots topic. */
export interface SlotLogRecord extends Stamp {
  readonly value: Buffer | null;
}

/** Who gets what is read. Everything is called synchronously. */
export interface SlotTailHandlers {
  /** Reading begins, or begins anew behind a gap: nothing of what was read before goes on. */
  onBegin(begin: SlotTailBegin): void;
  onRecords(records: readonly SlotLogRecord[]): void;
  /** Everything was handed over that stood in the log a moment ago. */
  onCaughtUp(): void;
}

export interface SlotTailBegin {
  /** The offset of the first record that comes. */
  readonly position: bigint;
  /** Records that were read may have been lost, as after an unclean election. */
  readonly isTorn: boolean;
}

/** What the brokers said of an append. */
export interface Appended {
  /** Of the first value. */
  readonly offset: bigint;
  /** Time of the brokers, milliseconds since the epoch. */
  readonly appendedAt: number;
}

/** The slots topic: one partition, stamped by the brokers. */
export interface SlotLog {
  /**
   * Reads on for as long as the process lives, from `backMs` before now or a little earlier. It says
   * so in `health` when it cannot, and tries again.
   */
  follow(backMs: number, handlers: SlotTailHandlers): void;
  /**
   * Resolves when all in-sync replicas have the values, in one batch. Rejects when they may have
   * them or not, now or later.
   */
  append(key: string, values: readonly Buffer[]): Promise<Appended>;
  /** Why nothing is being read, in words for people; null when all is well. */
  health(): string | null;
  /** Hands over nothing more; resolves when all connections are closed or the time is over. */
  close(timeoutMs: number): Promise<void>;
}
