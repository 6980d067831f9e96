/** One record of the journal as it stands in its partition. */
export interface LoggedRecord {
  readonly offset: bigint;
  /** When the broker appended it, milliseconds since the epoch by the broker's clock. */
  readonly appendedAt: number;
  readonly value: Buffer | null;
}

/** Who gets what is read from the journal. Everything is called synchronously and must not throw. */
export interface TailHandlers {
  /** Records of one partition in their order, without gaps and without repeats. */
  onRecords(partition: number, records: readonly LoggedRecord[]): void;
  /**
   * The log has less than was asked for: records between `expected` and `found` are gone. With
   * `found` below `expected` the log ends there, or is another one than was read. Told once; nothing
   * is handed over any more, and the process has to start anew from the checkpoint.
   */
  onGap(partition: number, expected: bigint, found: bigint): void;
  /**
   * Everything was handed over that stood in any partition a second ago. With nothing to read it comes
   * about four times a second; not while anything cannot be read, and not while there is more to be
   * caught up than one read gives.
   */
  onFetched(): void;
}

/** Where a partition begins and the offset behind its last record. */
export interface LogRange {
  readonly low: bigint;
  readonly high: bigint;
}

/**
 * The log whose order decides who may call: Kafka's journal topic, or the embedded one.
 *
 * Nothing here knows what the records mean.
 */
export interface JournalLog {
  /**
   * The present range of every partition, in the order of their numbers. Rejects when the log cannot
   * be asked.
   */
  ranges(): Promise<readonly LogRange[]>;

  /**
   * The records that stand at one offset of each of these partitions; an offset without one is left
   * out. Rejects when the log cannot be asked; it may do so also for an offset outside its range.
   */
  recordsAt(offsets: ReadonlyMap<number, bigint>): Promise<ReadonlyMap<number, LoggedRecord>>;

  /**
   * Appends records to one partition, in one batch and in their order. Resolves when all in-sync
   * replicas have them. Rejects when it is not known whether they have: they may stand there none,
   * one or several times, now or later.
   */
  append(partition: number, key: string, values: readonly Buffer[]): Promise<void>;

  /**
   * Begins to read every partition from the offset given for it, for as long as the process lives:
   * whatever breaks is built anew, at the own position. Called once. Resolves when reading has begun
   * or is being tried again.
   */
  follow(from: ReadonlyMap<number, bigint>, handlers: TailHandlers): Promise<void>;

  /** Why nothing is being read, in words for people; null when all is well. */
  health(): string | null;

  /** Ends reading and appending. Resolves within `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}
