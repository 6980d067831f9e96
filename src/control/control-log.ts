import type { CheckpointStore } from "../journal/checkpoint-store.ts";

/**
 * Operators' orders and the lanes' reports, under keys of which only the newest value counts: the
 * control topic. It promises the same as the checkpoints do.
 */
export type ControlLog = CheckpointStore;
