/** The last value under each key. */
export type CheckpointValues = ReadonlyMap<string, Buffer>;

/**
 * A few values under names, of which only the newest counts: Kafka's compacted checkpoints topic, or
 * the embedded one. Values are written by several processes; the last write wins.
 */
export interface CheckpointStore {
  /** Everything that stands in it now. Rejects when it cannot be read. */
  load(): Promise<CheckpointValues>;
  /**
   * From now on tells each write in its order, one's own included; `null`: deleted. What was written
   * since `load` is told too. Synchronous and must not throw. Called once, after `load`.
   */
  follow(onWrite: (key: string, value: Buffer | null) => void): void;
  /** Resolves when all in-sync replicas have it. Rejects when they may not have it. */
  write(key: string, value: Buffer | null): Promise<void>;
  close(timeoutMs: number): Promise<void>;
}
