import { type Anchor, anchorOfLogged } from "./anchor.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import type { SavedSegments, SavedStates } from "./change.ts";
import type { ClaimStates } from "./claim-states.ts";
import type { LoggedRecord } from "./journal-log.ts";
import { PROTOCOL_VERSION } from "./journal-record.ts";
import {
  decodeManifest,
  encodeManifest,
  encodeState,
  guardSegmentKey,
  keysOf,
  type Manifest,
  manifestKey,
  segmentKey,
  stateKey,
} from "./summary-codec.ts";

/** One partition of the journal as it was at a border. */
export interface Border extends SavedSegments {
  readonly partition: number;
  readonly saved: SavedStates;
  /** The record right before it; null: it was not read. */
  readonly anchor: Anchor | null;
}

export interface SummaryWriterParts {
  readonly store: Pick<CheckpointStore, "write">;
  /** How many partitions the journal has. */
  readonly partitions: number;
  /** Milliseconds since the epoch. */
  readonly epoch: () => number;
}

/** What no manifest has named for this long nobody who reads one still looks for. */
const RETIRED_FOR_MS = 3_600_000;

/**
 * Writes summaries to the checkpoint: segments and state first, then the manifest that names the
 * complete set, then it deletes what has long not been named. Whoever stops in between, or writes the
 * same border too, leaves a checkpoint from which everybody recovers.
 */
export class SummaryWriter {
  readonly #parts: SummaryWriterParts;
  /** What stands in the checkpoint, as far as it was told. */
  readonly #present = new Set<string>();
  readonly #manifests = new Map<string, Manifest>();

  constructor(parts: SummaryWriterParts) {
    this.#parts = parts;
  }

  /** Something was written to the checkpoint, by whomever. */
  noteWrite(key: string, value: Buffer | null): void {
    if (value === null) this.#present.delete(key);
    else this.#present.add(key);
    if (value !== null && key.endsWith("/manifest"))
      this.#manifests.set(key, decodeManifest(value));
  }

  /** The border up to which a partition's summary goes; null: there is none. */
  borderOf(partition: number): bigint | null {
    return this.#manifests.get(manifestKey(partition))?.border ?? null;
  }

  /** Resolves when the summary stands in the checkpoint; rejects when it may not. */
  async write({ partition, saved, anchor, segments, guardSegments }: Border): Promise<void> {
    const { store, partitions, epoch } = this.#parts;
    const last = this.#manifests.get(manifestKey(partition));
    const border = saved.position;
    // An older border would only take back what a newer one says.
    if (last !== undefined && last.border >= border) return;
    for (const segment of segments) {
      const key = segmentKey(partition, segment.facts.end);
      if (!this.#present.has(key)) await store.write(key, segment.toBytes());
    }
    for (const segment of guardSegments) {
      const key = guardSegmentKey(partition, segment.name);
      if (!this.#present.has(key)) await store.write(key, segment.toBytes());
    }
    const parts = encodeState(saved);
    for (const [part, bytes] of parts.entries()) {
      await store.write(stateKey(partition, border, part), bytes);
    }
    const next: Manifest = {
      ...{ version: PROTOCOL_VERSION, partitions, border, anchor, stateParts: parts.length },
      segments: segments.map(({ facts }) => facts.end),
      ...(guardSegments.length === 0
        ? {}
        : { guardSegments: guardSegments.map(({ name }) => name) }),
      retired: [],
    };
    const now = epoch();
    const retired = retiredBy(partition, last, next, now);
    const isOver = ({ since }: { since: number }) => since + RETIRED_FOR_MS < now;
    const kept = retired.filter((one) => !isOver(one));
    await store.write(manifestKey(partition), encodeManifest({ ...next, retired: kept }));
    for (const { key } of retired.filter(isOver)) await store.write(key, null);
  }
}

/** What the last manifest named and the next one does not, and what was retired before. */
function retiredBy(
  partition: number,
  last: Manifest | undefined,
  next: Manifest,
  now: number,
): Manifest["retired"] {
  if (last === undefined) return [];
  const named = new Set(keysOf(partition, next));
  const fresh = keysOf(partition, last).map((key) => ({ key, since: now }));
  return [...last.retired, ...fresh].filter(({ key }) => !named.has(key));
}

/** The partition as it is now, right after a border and the record that was read last. */
export function borderOf(states: ClaimStates, last: LoggedRecord | null): Border {
  const { journalPartition: partition, finished, guards } = states;
  const segments = { segments: finished.segments, guardSegments: guards.segments };
  const anchor = last === null ? null : anchorOfLogged(last);
  return { partition, saved: states.saved(), anchor, ...segments };
}
